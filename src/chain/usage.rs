//! Counts of what a key has signed; [`super::quota`] bounds them.

use serde::{Deserialize, Serialize};

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
}

impl DayUse {
    /// The counts of `day`: these, or none when they are of another day.
    #[must_use]
    pub fn of_day(self, day: i64) -> DayUse {
        if self.day == day { self } else { DayUse { day, ..DayUse::default() } }
    }
}

/// [`super::Table::LotUse`]: what a key signed about a lot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotUse {
    /// Records.
    pub records: u32,
    /// Their bytes.
    pub bytes: u64,
}
