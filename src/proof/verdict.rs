//! The result of a verification, check by check: passed, failed, or skipped and why. It holds for one size of the log.
//!
//! Not here: display. The sentence for a check is `check-<name>` in `web/locales`; `detail` is English, for a log or terminal.

use serde::Serialize;

use crate::query::view::LotView;

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It was skipped.
    NotChecked,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its stable name, one of [`CHECKS`].
    pub name: &'static str,
    /// The outcome.
    pub outcome: Outcome,
    /// What was found, in English.
    pub detail: String,
}

/// Every check, in the order in which a verdict lists them.
pub const CHECKS: [&str; 14] = [
    "format",
    "checkpoint",
    "witnesses",
    "consistency",
    "records",
    "signatures",
    "inclusion",
    "seen",
    "ledger",
    "profiles",
    "rules",
    "log-keys",
    "lot",
    "completeness",
];

/// The signers whose records name a head of the log that their device had seen, and that this log extends. Each is a witness: a second
/// history would have to be kept from all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenBy {
    /// How many keys.
    pub keys: usize,
    /// Of how many parties.
    pub parties: usize,
    /// Size of the newest tree that one had seen.
    pub size: u64,
    /// When that record was signed, by its device's clock, Unix seconds.
    pub time: i64,
}

/// The whole result.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Size of the log the result is about; 0 when no checkpoint was accepted.
    pub size: u64,
    /// The last `Clock` among the records, Unix seconds: the result is not older.
    pub clock: Option<i64>,
    /// Parameters whose results count by that clock, and have expired by the verifier's own, if it has one.
    pub expired: Vec<String>,
    /// Whether ledger id and log key were pinned. Otherwise a bundle can only be consistent with itself.
    pub pinned: bool,
    /// Whose devices had seen this history when they signed.
    pub seen: Option<SeenBy>,
    /// Every check, in the order of [`CHECKS`].
    pub checks: Vec<Check>,
    /// The lot's view; only when everything it is computed from was proven.
    pub lot: Option<LotView>,
}

impl Verdict {
    pub(super) fn new(pinned: bool) -> Verdict {
        let check = |name| Check { name, outcome: Outcome::NotChecked, detail: "an earlier check failed".into() };
        let mut verdict = Verdict {
            size: 0,
            clock: None,
            expired: Vec::new(),
            pinned,
            seen: None,
            checks: CHECKS.map(check).to_vec(),
            lot: None,
        };
        verdict.skip("completeness", "nothing shows what was left out: a hold, a failed test, a void, an ended key, another use of the same goods");
        verdict
    }

    fn set(&mut self, name: &str, outcome: Outcome, detail: String) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.name == name) {
            check.outcome = outcome;
            check.detail = detail;
        }
    }

    pub(super) fn pass(&mut self, name: &str, detail: impl Into<String>) {
        self.set(name, Outcome::Passed, detail.into());
    }

    pub(super) fn fail(&mut self, name: &str, detail: impl Into<String>) {
        self.set(name, Outcome::Failed, detail.into());
    }

    pub(super) fn skip(&mut self, name: &str, detail: impl Into<String>) {
        self.set(name, Outcome::NotChecked, detail.into());
    }

    /// The check `profiles` passed for so many files.
    pub(super) fn pass_profiles(&mut self, profiles: usize, specifications: usize) {
        let more = if specifications > 0 { format!(" and {specifications} specifications") } else { String::new() };
        self.pass("profiles", format!("{profiles} commodity profiles{more} are the ones named on the log"));
    }

    /// The outcome of a check; `None` for a name that is not in [`CHECKS`].
    pub fn outcome(&self, name: &str) -> Option<Outcome> {
        self.checks.iter().find(|check| check.name == name).map(|check| check.outcome)
    }

    /// The checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome == Outcome::Failed)
    }

    /// Whether it may be shown as proven: pinned, and nothing failed. Says nothing about the state of the lot.
    pub fn is_proven(&self) -> bool {
        self.pinned && self.is_consistent()
    }

    /// Whether nothing failed, and the checkpoint, records, signatures and inclusion were checked. Without pinned trust a
    /// verdict can show no more than this.
    pub fn is_consistent(&self) -> bool {
        let made = |name| self.outcome(name) == Some(Outcome::Passed);
        self.failed().next().is_none() && ["checkpoint", "records", "signatures", "inclusion"].into_iter().all(made)
    }
}
