//! Whether an inspector is accredited: by the date of its event, and by the log's clock.
//!
//! The date is the signer's word. So an event that is dated within an accreditation counts only while the accreditation is in force by
//! the log's clock, or was entered soon after it expired, with a key that was at work before. A renewal without a gap continues it, also one
//! that is logged after a test was entered: of a test that came too late it is looked up each time.

use super::rows::{AccreditationRow, InspectionRow, KeyRow, Late, ProductRow};
use super::state::{get, row};
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
    let of_commodity = of_commodity(state, party, commodity)?;
    let Some(row) = of_commodity.iter().rev().find(|row| row.from <= at && at < row.until) else { return Ok(None) };
    let (mut end, mut cut) = (row.until, row.cut);
    // one that goes on further, and begins before the end: a renewal without a gap
    while let Some(next) =
        of_commodity.iter().filter(|next| next.from <= end && next.until > end).max_by_key(|n| n.until)
    {
        (end, cut) = (next.until, next.cut);
    }
    Ok(Some(Accredited { row: row.clone(), end, cut }))
}

/// The accreditations of a party that cover a commodity.
fn of_commodity(state: &dyn State, party: &str, commodity: &str) -> Result<Vec<AccreditationRow>, StateError> {
    let mut rows: Vec<AccreditationRow> = get(state, Table::Accreditation, party.as_bytes())?.unwrap_or_default();
    rows.retain(|row| row.scope.iter().any(|scope| scope == "*" || scope == commodity));
    Ok(rows)
}

/// Whether an accreditation of `party` expired so short a time before `clock` that its renewal may still be on its way: one without a gap
/// would cover an event dated at `at`. The authority may log a renewal later than that; until it does, a record that waits for it would keep
/// all waiting that follow it.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn may_be_renewed(
    state: &dyn State,
    party: &str,
    commodity: &str,
    at: i64,
    clock: i64,
) -> Result<bool, StateError> {
    let expired = |row: &AccreditationRow| !row.cut && row.from <= at && clock < row.until.saturating_add(GRACE);
    Ok(of_commodity(state, party, commodity)?.iter().any(expired))
}

/// How the accreditation of a test stands that had ended when the test was entered, at clock `entered`, as far as the log showed then.
fn since(state: &dyn State, test: &InspectionRow, entered: i64) -> Result<Standing, StateError> {
    let product = row::<ProductRow>(state, Table::Product, &test.lot.gtin.number().to_be_bytes())?;
    let Some(product) = product else { return Ok(Standing::Ended) };
    let found = accredited(state, &test.inspector, &product.commodity, test.at.as_second())?;
    let Some(found) = found.filter(|found| entered < found.end.saturating_add(GRACE)) else {
        return Ok(Standing::Ended);
    };
    let key = row::<KeyRow>(state, Table::Key, &test.signed.0.0)?;
    Ok(found.standing(key.and_then(|key| key.first), entered))
}

/// How the accreditation of a test stands by the whole log: a renewal without a gap that was logged later continues it.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn of_test(state: &dyn State, test: &InspectionRow) -> Result<Standing, StateError> {
    match test.late {
        None => Ok(Standing::InForce),
        Some(Late::AfterFirst(first)) => Ok(Standing::Late(first)),
        Some(Late::Ended(entered)) => since(state, test, entered),
    }
}

/// Whether a test was entered in time: what passed in another does not count.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn in_time(state: &dyn State, test: &InspectionRow) -> Result<bool, StateError> {
    Ok(!test.outdated && of_test(state, test)? != Standing::Ended)
}

impl Accredited {
    /// How it stands when a key enters an event at `clock` whose first record, if it has one, was logged at the clock given with it.
    pub fn standing(&self, first: Option<(RecordId, i64)>, clock: i64) -> Standing {
        if clock < self.end {
            return Standing::InForce;
        }
        let soon = !self.cut && clock < self.end.saturating_add(GRACE);
        match first {
            Some((record, logged)) if soon && logged < self.end => Standing::Late(record),
            _ => Standing::Ended,
        }
    }
}
