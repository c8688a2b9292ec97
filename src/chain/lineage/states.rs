//! What is true of a lot, in the states of its page.

use serde::{Deserialize, Serialize};

use super::Inherited;
use crate::quality::Completeness;

/// The states of the verification page that the ledger can tell, worst last (`docs/rules.md`, "Headline").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LotState {
    /// Inspected, passed, nothing found.
    Verified,
    /// Inspected and passed, but something to know.
    Findings,
    /// What was tested passed, and is all that an uncertain list asks for: nobody can say that it is enough.
    Tested,
    /// Inspected and passed, and it is not all that the market asks for, or some of it does not count.
    PartlyTested,
    /// Inspected, without a verdict: no limit that judges, or none that the measurement keeps or breaks for certain.
    NoVerdict,
    /// No inspection yet.
    NotInspected,
    /// An inspection failed and was not superseded.
    Failed,
    /// The records that made it were voided: there is no such lot.
    Withdrawn,
    /// On hold or recalled, itself or by an ancestor or container.
    Held,
}

impl Inherited {
    /// All that is true of the lot, worst first.
    pub fn states(&self) -> Vec<LotState> {
        let mut states = Vec::new();
        if !self.holds.is_empty() {
            states.push(LotState::Held);
        }
        let withdrawn = self.row.produced.is_zero();
        if withdrawn {
            states.push(LotState::Withdrawn);
        }
        if self.failures.iter().any(|failure| failure.cleared_by.is_none()) {
            states.push(LotState::Failed);
        }
        let failed = states.contains(&LotState::Failed);
        let passed = self.results.passed;
        if withdrawn {
            // nobody tests what there is not
        } else if passed || (!self.results.uncounted.is_empty() && !failed) {
            states.extend(match self.completeness {
                Some(Completeness::Complete { advisory: false, .. }) if passed => None,
                Some(Completeness::Complete { advisory: true, .. }) if passed => Some(LotState::Tested),
                _ => Some(LotState::PartlyTested),
            });
        } else if !self.inspected {
            states.push(LotState::NotInspected);
        } else if !failed {
            states.push(LotState::NoVerdict);
        }
        if self.warned || self.deficit {
            states.push(LotState::Findings);
        }
        if states.is_empty() {
            states.push(LotState::Verified);
        }
        states
    }

    /// The worst that is true.
    pub fn headline(&self) -> LotState {
        self.states().first().copied().unwrap_or(LotState::NotInspected)
    }
}
