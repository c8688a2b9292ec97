//! What applying a record can come to: admitted with findings, rejected by a rule, or undecided because storage failed.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

pub use super::acts::Act;
pub use super::rules::Severity;
use super::rules::{Rule, RuleKind, Weight};
use super::state::StateError;
use crate::gs1::LotId;
use crate::record::RecordId;

/// The value of a finding that names an earlier record. [`Rule::LooksLikeEntry`] has several, and stands while one of them does.
pub const RECORD: &str = "record";

/// A fact that people must see. Admitted, and shown wherever the lot is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule, such as `received-short`.
    pub rule: Rule,
    /// Its severity: that of the rule, or a notice where a rule of severity warning was lowered.
    pub severity: Severity,
    /// The lots it is about.
    pub lots: Vec<LotId>,
    /// The record that was admitted with it.
    pub record: RecordId,
    /// Named values for the sentence in `web/locales` ([`Rule::sentence_key`]), as text: ids, and quantities in the base unit that the
    /// value `unit` names ([`crate::gs1::BaseUnit::name`]).
    pub args: Vec<(String, String)>,
}

impl Finding {
    /// Sorts findings as people should see them: warnings before notices, and of each first what says most of the goods.
    pub fn gravity(&self) -> (Reverse<Severity>, Weight) {
        (Reverse(self.severity), self.rule.weight())
    }
}

/// The record would make the ledger incoherent: nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{rule}: {detail}")]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// The rule, such as `more-than-held`.
    pub rule: Rule,
    /// What happened, why, and what to do, in English; the sentence in every language is [`Rule::sentence_key`].
    pub detail: String,
    /// Named values for that sentence; quantities in the base unit of the product.
    pub args: Vec<(String, String)>,
    /// The earlier record it conflicts with, if one does.
    pub conflicts: Option<RecordId>,
    /// Whether trying again later can help (a parent not received yet).
    pub retryable: bool,
}

impl Rejection {
    /// A final rejection by `rule`.
    pub fn new(rule: Rule, detail: impl Into<String>) -> Rejection {
        debug_assert_eq!(rule.kind(), RuleKind::Rejection, "{rule} admits with a finding");
        Rejection { rule, detail: detail.into(), args: Vec::new(), conflicts: None, retryable: false }
    }

    /// Adds a named value.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Rejection {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }

    /// Names the earlier record.
    #[must_use]
    pub fn conflicts(mut self, id: RecordId) -> Rejection {
        self.conflicts = Some(id);
        self
    }

    /// Marks it as worth trying again.
    #[must_use]
    pub fn retryable(mut self) -> Rejection {
        self.retryable = true;
        self
    }
}

/// Why [`super::apply`] did not admit a record.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// A rule refused it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// State could not be read: neither admitted nor rejected.
    #[error(transparent)]
    Storage(#[from] StateError),
}

/// An admitted record's effect beside the rows written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it did.
    pub act: Act,
    /// What people must see.
    pub findings: Vec<Finding>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_sort_by_severity_and_then_by_what_they_say_of_the_goods() {
        let finding = |rule: Rule| {
            let RuleKind::Finding(severity) = rule.kind() else { panic!("{rule} is a finding") };
            Finding { rule, severity, lots: Vec::new(), record: RecordId::of(b"r"), args: Vec::new() }
        };
        let gravest_first = [
            Rule::ShippedFailed,
            Rule::ReceivedShort,
            Rule::ProcessMissing,
            Rule::RequirementIncomplete,
            Rule::Fork,
            Rule::AdditiveUncounted,
            Rule::LateSync,
        ];
        let mut found: Vec<Finding> = gravest_first.into_iter().rev().map(finding).collect();
        found.sort_by_key(Finding::gravity);
        assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), gravest_first);
        let weighed = |rule: &&Rule| rule.kind() == RuleKind::Rejection && rule.weight() != Weight::Records;
        assert_eq!(Rule::ALL.iter().find(weighed), None, "a rejection has no weight");
    }
}
