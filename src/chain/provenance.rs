//! The provenance of a lot: its origins, claims, chain-of-custody mode and best-before date. Each record that made some of the
//! lot states a part, and the lot's provenance combines all parts; voiding a record removes exactly the part it stated.
//!
//! The first part is in the lot's row; each further one has a row of its own ([`super::Table::Part`]), and the lot's row has what
//! they come to together.

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
    /// Number of its certificate, for a catch.
    pub catch_certificate: Option<String>,
    /// First day, days since 1970-01-01.
    pub harvest_start: Option<i32>,
    /// Last day.
    pub harvest_end: Option<i32>,
}

/// Who harvested what a lot consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Producers {
    /// Nobody known.
    #[default]
    None,
    /// One party.
    One(String),
    /// More than one.
    Several,
}

impl Producers {
    /// These and `other`.
    #[must_use]
    pub fn with(self, other: Producers) -> Producers {
        match (self, other) {
            (Producers::None, any) | (any, Producers::None) => any,
            (Producers::One(a), Producers::One(b)) if a == b => Producers::One(a),
            _ => Producers::Several,
        }
    }
}

/// Where a part of a lot comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// This harvest.
    Harvest(Origin),
    /// A process: its origins are those of its inputs, and only who harvested those is kept.
    Process(Producers),
}

/// The provenance stated by one record that made some of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenancePart {
    /// Index of the record.
    pub index: u64,
    /// Where it comes from.
    pub source: Source,
    /// Claims; for a process, those that all inputs share.
    pub claims: BTreeSet<String>,
    /// Chain-of-custody mode; for a process, the weakest of the inputs.
    pub mode: Option<Mode>,
    /// Best-before date, days since 1970-01-01.
    pub best_before: Option<i32>,
    /// The market that it was made for, as the record states.
    pub market: Option<String>,
}

impl ProvenancePart {
    fn producers(&self) -> Producers {
        match &self.source {
            Source::Harvest(origin) => Producers::One(origin.producer.clone()),
            Source::Process(producers) => producers.clone(),
        }
    }

    fn market(&self) -> Option<(u64, String)> {
        self.market.clone().map(|market| (self.index, market))
    }
}

/// What the parts after the first come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Others {
    parts: u32,
    producers: Producers,
    claims: BTreeSet<String>,
    mode: Option<Mode>,
    best_before: Option<i32>,
    /// The newest market, with the index of its record.
    market: Option<(u64, String)>,
}

impl Others {
    fn add(self, part: &ProvenancePart) -> Others {
        Others {
            parts: self.parts.saturating_add(1),
            producers: self.producers.with(part.producers()),
            claims: &self.claims & &part.claims,
            mode: self.mode.min(part.mode),
            best_before: self.best_before.into_iter().chain(part.best_before).min(),
            market: self.market.max(part.market()),
        }
    }
}

impl From<&ProvenancePart> for Others {
    fn from(part: &ProvenancePart) -> Others {
        Others {
            parts: 1,
            producers: part.producers(),
            claims: part.claims.clone(),
            mode: part.mode,
            best_before: part.best_before,
            market: part.market(),
        }
    }
}

/// The provenance of a lot (a field of [`super::rows::LotRow`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    first: Option<ProvenancePart>,
    others: Option<Others>,
}

impl Provenance {
    /// Adds the part of a record; returned when it gets a row of its own.
    #[must_use]
    pub fn push(&mut self, part: ProvenancePart) -> Option<ProvenancePart> {
        if self.parts() == 0 {
            self.first = Some(part);
            return None;
        }
        self.others = Some(match self.others.take() {
            Some(others) => others.add(&part),
            None => Others::from(&part),
        });
        Some(part)
    }

    /// Removes the part of the record at `index` if it is the first; whether it was.
    pub fn retract_first(&mut self, index: u64) -> bool {
        let first = self.first.as_ref().is_some_and(|part| part.index == index);
        if first {
            self.first = None;
        }
        first
    }

    /// Sets the parts that have rows of their own.
    pub fn set_others<'p>(&mut self, parts: impl IntoIterator<Item = &'p ProvenancePart>) {
        self.others = parts.into_iter().fold(None, |so_far: Option<Others>, part| {
            Some(so_far.map_or_else(|| Others::from(part), |others| others.add(part)))
        });
    }

    /// The part of the first record, unless that was voided.
    pub fn first(&self) -> Option<&ProvenancePart> {
        self.first.as_ref()
    }

    /// Whether there are parts that have rows of their own.
    pub fn has_others(&self) -> bool {
        self.others.is_some()
    }

    /// How many parts there are.
    pub fn parts(&self) -> u32 {
        self.others.as_ref().map_or(0, |others| others.parts).saturating_add(u32::from(self.first.is_some()))
    }

    fn each(&self) -> impl Iterator<Item = Others> + '_ {
        self.first.iter().map(Others::from).chain(self.others.clone())
    }

    /// Who harvested it.
    pub fn producers(&self) -> Producers {
        self.each().fold(Producers::None, |so_far, each| so_far.with(each.producers))
    }

    /// The claims that hold for the whole lot: those that every part states.
    pub fn claims(&self) -> BTreeSet<String> {
        let mut each = self.each().map(|each| each.claims);
        let first = each.next().unwrap_or_default();
        each.fold(first, |so_far, claims| &so_far & &claims)
    }

    /// The weakest chain-of-custody mode of all parts; `None` is weaker than any.
    pub fn mode(&self) -> Option<Mode> {
        self.each().map(|each| each.mode).min().flatten()
    }

    /// The earliest best-before date, days since 1970-01-01.
    pub fn best_before(&self) -> Option<i32> {
        self.each().filter_map(|each| each.best_before).min()
    }

    /// The market of the newest part that states one.
    pub fn market(&self) -> Option<String> {
        self.each().filter_map(|each| each.market).max().map(|(_, market)| market)
    }
}

impl From<ProvenancePart> for Provenance {
    fn from(part: ProvenancePart) -> Provenance {
        Provenance { first: Some(part), others: None }
    }
}
