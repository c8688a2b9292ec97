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
    /// On hold, itself or by an ancestor or container.
    Held,
    /// Recalled, itself or by an ancestor or container.
    Recalled,
}

impl LotState {
    /// All, from good to worst.
    pub const ALL: [LotState; 10] = [
        LotState::Verified,
        LotState::Findings,
        LotState::Tested,
        LotState::PartlyTested,
        LotState::NoVerdict,
        LotState::NotInspected,
        LotState::Failed,
        LotState::Withdrawn,
        LotState::Held,
        LotState::Recalled,
    ];

    /// Its name in JSON, and in the names of its word (`state-<name>`) and symbol (`s-<name>`).
    pub const fn name(self) -> &'static str {
        match self {
            LotState::Verified => "verified",
            LotState::Findings => "findings",
            LotState::Tested => "tested",
            LotState::PartlyTested => "partly-tested",
            LotState::NoVerdict => "no-verdict",
            LotState::NotInspected => "not-inspected",
            LotState::Failed => "failed",
            LotState::Withdrawn => "withdrawn",
            LotState::Held => "held",
            LotState::Recalled => "recalled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_of_a_lot_has_one_name_in_json_and_on_pages() {
        for state in LotState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert!(LotState::ALL.is_sorted(), "from good to worst");
    }
}
