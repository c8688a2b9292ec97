//! What is said of a lot: where it comes from, its claims, how it was kept apart, best before. Each record that made some of it
//! says its part, and the lot is what they say together; a void takes back exactly what its record said.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rows::LotRow;
use crate::epcis::Mode;
use crate::gs1::{Gln, LotId};

/// A harvest that a lot comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The harvested lot.
    pub lot: LotId,
    /// Who harvested it.
    pub producer: String,
    /// GLN of the read point.
    pub place: Option<Gln>,
    /// Village code.
    pub village: Option<String>,
    /// Gear, for a catch.
    pub gear: Option<String>,
    /// First day, days since 1970-01-01.
    pub harvest_start: Option<i32>,
    /// Last day.
    pub harvest_end: Option<i32>,
}

/// What a record that made some of a lot says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Index of the record.
    pub index: u64,
    /// Where it comes from: of a harvest the one, of a process the union over inputs.
    pub origins: BTreeSet<Origin>,
    /// Claims; of a process the meet over inputs.
    pub claims: BTreeSet<String>,
    /// Chain-of-custody mode; of a process the weakest over inputs.
    pub mode: Option<Mode>,
    /// Best before, days since 1970-01-01.
    pub best_before: Option<i32>,
}

impl LotRow {
    /// Where it comes from: all that is said.
    pub fn origins(&self) -> BTreeSet<Origin> {
        self.said.iter().flat_map(|said| &said.origins).cloned().collect()
    }

    /// What is claimed of all of it: by every record that made some.
    pub fn claims(&self) -> BTreeSet<String> {
        let mut each = self.said.iter().map(|said| &said.claims);
        let first = each.next().cloned().unwrap_or_default();
        each.fold(first, |so_far, claims| &so_far & claims)
    }

    /// How its origin was kept apart, at the weakest; `None` is weaker than any.
    pub fn mode(&self) -> Option<Mode> {
        self.said.iter().map(|said| said.mode).min().flatten()
    }

    /// The earliest best before, days since 1970-01-01.
    pub fn best_before(&self) -> Option<i32> {
        self.said.iter().filter_map(|said| said.best_before).min()
    }
}
