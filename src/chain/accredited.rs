//! Whether an inspector is accredited: by the date of its event, and by the log's clock.
//!
//! The date is the signer's word. So an event that is dated within an accreditation counts only while the accreditation is in force by
//! the log's clock, or was entered soon after it expired, with a key that was at work before.

use super::authority::Signer;
use super::rows::AccreditationRow;
use super::state::get;
use super::times::GRACE;
use super::{State, StateError, Table};
use crate::record::RecordId;

/// The accreditation of an inspector for a commodity at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accredited {
    /// The newest that covers the time.
    pub row: AccreditationRow,
    /// When it ends, or the last of those that follow it without a gap, Unix seconds.
    pub end: i64,
    /// It was ended early by the authority.
    pub cut: bool,
}

/// How an accreditation stands by the log's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In force.
    InForce,
    /// It expired, and the event came soon after. The record of the same key that was logged before.
    Late(RecordId),
    /// It had ended before the event was entered.
    Ended,
}

/// The accreditation of `party` for `commodity` that was in force at `at` (Unix seconds).
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn accredited(state: &dyn State, party: &str, commodity: &str, at: i64) -> Result<Option<Accredited>, StateError> {
    let rows: Vec<AccreditationRow> = get(state, Table::Accreditation, party.as_bytes())?.unwrap_or_default();
    let covers = |row: &&AccreditationRow| row.scope.iter().any(|scope| scope == "*" || scope == commodity);
    let of_commodity: Vec<&AccreditationRow> = rows.iter().filter(covers).collect();
    let Some(row) = of_commodity.iter().rev().find(|row| row.from <= at && at < row.until) else { return Ok(None) };
    let (mut end, mut cut) = (row.until, row.cut);
    // one that goes on further, and begins before the end: a renewal without a gap
    while let Some(next) =
        of_commodity.iter().filter(|next| next.from <= end && next.until > end).max_by_key(|n| n.until)
    {
        (end, cut) = (next.until, next.cut);
    }
    Ok(Some(Accredited { row: (*row).clone(), end, cut }))
}

impl Accredited {
    /// How it stands when `signer` enters an event at `clock`.
    pub fn standing(&self, signer: &Signer, clock: i64) -> Standing {
        if clock < self.end {
            return Standing::InForce;
        }
        let soon = !self.cut && clock < self.end.saturating_add(GRACE);
        match signer.key.first {
            Some((record, logged)) if soon && logged < self.end => Standing::Late(record),
            _ => Standing::Ended,
        }
    }
}
