//! Counts of what a key and its party have signed, and of the party's keys; `quota` and `keys` bound them.

use serde::{Deserialize, Serialize};

use crate::record::registry::Purpose;

/// Evidence blobs that were named, each by its first naming of a party, and the bytes that were stated of them
/// ([`super::Table::Named`], and of one day a field of [`DayUse`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    /// Blobs.
    pub files: u32,
    /// Their bytes.
    pub bytes: u64,
}

impl Documents {
    /// Both together.
    #[must_use]
    pub fn plus(self, more: Documents) -> Documents {
        Documents { files: self.files.saturating_add(more.files), bytes: self.bytes.saturating_add(more.bytes) }
    }
}

/// What a key signed on one day of the ledger's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Records.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Their places in the entity index.
    pub places: u32,
    /// Rows that they read and wrote.
    pub rows: u64,
    /// Evidence that they named and its party had not named before.
    pub documents: Documents,
}

impl DayUse {
    /// The counts of `day`: these, or none when they are of another day.
    #[must_use]
    pub fn of_day(self, day: i64) -> DayUse {
        if self.day == day { self } else { DayUse { day, ..DayUse::default() } }
    }
}

/// The keys of a party, counted (a field of [`super::rows::PartyRow`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCounts {
    /// Admin keys in force.
    pub admins: u32,
    /// Event keys in force.
    pub events: u32,
    /// Operator keys in force.
    pub operators: u32,
    /// Admin keys ever.
    pub admins_ever: u32,
    /// Days since 1970-01-01, of the next two.
    pub day: i64,
    /// Keys that were added on that day.
    pub added: u32,
    /// Keys that were ended on that day.
    pub ended: u32,
}

impl KeyCounts {
    fn of_day(self, day: i64) -> KeyCounts {
        if self.day == day { self } else { KeyCounts { day, added: 0, ended: 0, ..self } }
    }

    fn of(&mut self, purpose: Purpose) -> &mut u32 {
        match purpose {
            Purpose::Admin => &mut self.admins,
            Purpose::Event => &mut self.events,
            Purpose::Operator => &mut self.operators,
        }
    }

    /// With one more key.
    #[must_use]
    pub fn with_added(self, purpose: Purpose, day: i64) -> KeyCounts {
        let mut counts = self.of_day(day);
        counts.added = counts.added.saturating_add(1);
        counts.admins_ever = counts.admins_ever.saturating_add(u32::from(purpose == Purpose::Admin));
        let keys = counts.of(purpose);
        *keys = keys.saturating_add(1);
        counts
    }

    /// With one key less.
    #[must_use]
    pub fn with_ended(self, purpose: Purpose, day: i64) -> KeyCounts {
        let mut counts = self.of_day(day);
        counts.ended = counts.ended.saturating_add(1);
        let keys = counts.of(purpose);
        *keys = keys.saturating_sub(1);
        counts
    }

    /// Keys in force.
    pub fn in_force(&self) -> u32 {
        self.admins.saturating_add(self.events).saturating_add(self.operators)
    }

    /// Whether a key in force signs the party's events.
    pub fn sign(&self) -> bool {
        self.admins > 0 || self.events > 0
    }

    /// Keys added on `day`.
    pub fn added_on(self, day: i64) -> u32 {
        self.of_day(day).added
    }

    /// Keys that were in force at any time of `day`, as far as it has passed.
    pub fn on(self, day: i64) -> u32 {
        self.in_force().saturating_add(self.of_day(day).ended)
    }
}

/// [`super::Table::LotUse`]: what a party signed about a lot or container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotUse {
    /// Records.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
}
