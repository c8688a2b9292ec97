//! What `doctor` found.

use super::Part;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// What.
    pub name: Part,
    /// Whether it passed.
    pub ok: bool,
    /// The file (and byte) or entry that did not.
    pub place: Option<String>,
    /// What was found, in words.
    pub detail: String,
}

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// One per part that passed, one per damaged place.
    pub checks: Vec<Check>,
    /// Entries in the journal.
    pub entries: u64,
    /// Places of files that do not belong in the directory.
    #[serde(skip)]
    pub unexpected: Vec<String>,
    /// Whether more entries are published than the journal has.
    #[serde(skip)]
    pub journal_is_behind: bool,
}

impl Report {
    /// Whether nothing is damaged.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// The checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.ok)
    }

    pub(super) fn unexpected(&mut self, name: Part, place: impl Into<String>) {
        let place = place.into();
        self.unexpected.push(place.clone());
        self.bad(name, place, "not a file of a ledger");
    }

    pub(super) fn bad(&mut self, name: Part, place: impl Into<String>, detail: impl ToString) {
        self.checks.push(Check { name, ok: false, place: Some(place.into()), detail: detail.to_string() });
    }

    pub(super) fn good(&mut self, name: Part, detail: impl ToString) {
        if !self.checks.iter().any(|check| check.name == name && !check.ok) {
            self.checks.push(Check { name, ok: true, place: None, detail: detail.to_string() });
        }
    }
}
