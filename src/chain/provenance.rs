//! The provenance of a lot: its origins, claims, chain-of-custody mode and best-before date. Each record that made some of the
//! lot states a part, and the lot's provenance combines all parts; voiding a record removes exactly the part it stated.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

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

/// The provenance stated by one record that made some of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenancePart {
    /// Index of the record.
    pub index: u64,
    /// Origins: one for a harvest, the union over the inputs for a process.
    pub origins: BTreeSet<Origin>,
    /// Claims; for a process, those that all inputs share.
    pub claims: BTreeSet<String>,
    /// Chain-of-custody mode; for a process, the weakest of the inputs.
    pub mode: Option<Mode>,
    /// Best-before date, days since 1970-01-01.
    pub best_before: Option<i32>,
}

/// The provenance of a lot: one part for each record that made some of it, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provenance(Vec<ProvenancePart>);

impl Provenance {
    /// Adds the part of a record.
    pub fn push(&mut self, part: ProvenancePart) {
        self.0.push(part);
    }

    /// Removes the part of the record at `index`.
    pub fn retract(&mut self, index: u64) {
        self.0.retain(|part| part.index != index);
    }

    /// The harvests that the lot comes from: the union over all parts.
    pub fn origins(&self) -> BTreeSet<Origin> {
        self.0.iter().flat_map(|part| &part.origins).cloned().collect()
    }

    /// The claims that hold for the whole lot: those that every part states.
    pub fn claims(&self) -> BTreeSet<String> {
        let mut each = self.0.iter().map(|part| &part.claims);
        let first = each.next().cloned().unwrap_or_default();
        each.fold(first, |so_far, claims| &so_far & claims)
    }

    /// The weakest chain-of-custody mode of all parts; `None` is weaker than any.
    pub fn mode(&self) -> Option<Mode> {
        self.0.iter().map(|part| part.mode).min().flatten()
    }

    /// The earliest best-before date, days since 1970-01-01.
    pub fn best_before(&self) -> Option<i32> {
        self.0.iter().filter_map(|part| part.best_before).min()
    }
}

impl From<ProvenancePart> for Provenance {
    fn from(part: ProvenancePart) -> Provenance {
        Provenance(vec![part])
    }
}
