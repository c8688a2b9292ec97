//! What a page shows of a proof that was verified here, and of what is not on the ledger.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::record::Hash32;

/// The outcome of a check of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It ran and holds.
    Passed,
    /// It ran and does not hold.
    Failed,
    /// It did not run; the detail gives the reason.
    NotChecked,
}

/// One check of a proof, as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageCheck {
    /// Stable name; the sentence is `check-<name>`.
    pub name: String,
    /// Its outcome.
    pub outcome: CheckOutcome,
    /// What was found, or why it did not run.
    pub detail: String,
}

/// The result of verifying the lot's proof on this server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageProof {
    /// Tree size of the checkpoint it was checked under.
    pub size: u64,
    /// When it was checked.
    pub time: Option<Timestamp>,
    /// Each check.
    pub checks: Vec<PageCheck>,
    /// When it is checked.
    pub when: When,
    /// The witnesses that cosigned the checkpoint, by name.
    pub witnesses: Vec<String>,
    /// How many keys, of how many parties, had seen this history when they signed, and up to how many entries.
    pub seen: Option<(usize, usize, u64)>,
    /// The profiles and specifications of the proof.
    pub profiles: Vec<Hash32>,
}

/// When a proof is checked on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// While its page is made.
    #[default]
    WithThePage,
    /// Later, because it has very many records: the checks may be of an older size of the log, or not made yet.
    Later,
    /// Never: it is too large for this server.
    Never,
}

impl PageProof {
    /// How many checks passed, and how many ran.
    pub fn tally(&self) -> (usize, usize) {
        let count = |outcome| self.checks.iter().filter(|c| c.outcome == outcome).count();
        let passed = count(CheckOutcome::Passed);
        (passed, passed + count(CheckOutcome::Failed))
    }

    /// How many checks did not run.
    pub fn open(&self) -> usize {
        self.checks.iter().filter(|c| c.outcome == CheckOutcome::NotChecked).count()
    }

    /// The first check that does not hold.
    pub fn broken(&self) -> Option<&PageCheck> {
        self.checks.iter().find(|c| c.outcome == CheckOutcome::Failed)
    }
}

/// What a lot's page shows that is not on the ledger.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The serial that was scanned, if the link had one.
    pub serial: Option<SerialScan>,
    /// The serial in the link, if there is no register of serials to check it with.
    pub unchecked_serial: Option<String>,
    /// The day of the reader, for what was best before another.
    pub today: Option<jiff::civil::Date>,
    /// Evidence that a record names and that its party has not handed in yet.
    pub awaited: BTreeSet<Hash32>,
    /// Evidence that was taken down: its hash stays.
    pub withdrawn: BTreeSet<Hash32>,
}

/// A serial that was issued, and how often it was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialScan {
    /// The serial.
    pub serial: String,
    /// How many labels the issue had.
    pub issued: u64,
    /// How often its page was opened.
    pub scans: u64,
    /// When it was first opened.
    pub first: Option<Timestamp>,
    /// Whether that is too often for one pack.
    pub suspicious: bool,
}
