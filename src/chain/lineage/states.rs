//! What is true of a lot, in the states of its page.

use serde::{Deserialize, Serialize};

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
