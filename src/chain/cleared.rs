//! Findings that say what is so until a later record clears them. What it is not: findings of voided records, which stay listed and no longer
//! count (`lineage`).

use std::sync::Arc;

use super::accredited::{self, Standing};
use super::outcome::{Finding, RECORD};
use super::rows::{InspectionRow, LotRow, RecordRow, lot_key, of_lot};
use super::state::row;
use super::{Rule, State, StateError, Table, given_up};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Whether what a finding says is still so: a later record may have cleared it. One that is not is no longer shown.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn still_true(state: &dyn State, finding: &Finding) -> Result<bool, StateError> {
    let values = |name: &'static str| finding.args.iter().filter(move |(arg, _)| arg == name).map(|(_, value)| value);
    match finding.rule {
        Rule::LooksLikeEntry => {
            for id in values(RECORD).filter_map(|id| id.parse::<RecordId>().ok()) {
                if standing(state, &id)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Rule::LotLooksAlike => match values("other").next().and_then(|uri| LotId::from_uri(uri).ok()) {
            Some(other) => {
                Ok(row::<LotRow>(state, Table::Lot, &lot_key(&other))?.is_some_and(|row| !row.produced.is_zero()))
            }
            None => Ok(true),
        },
        Rule::SequenceGap => given_up::is_open(state, finding),
        Rule::AccreditationEnded => match inspection(state, finding)? {
            Some(test) => Ok(accredited::of_test(state, &test)? == Standing::Ended),
            None => Ok(true),
        },
        _ => Ok(true),
    }
}

/// The inspection that was admitted with a finding about its lot.
fn inspection(state: &dyn State, finding: &Finding) -> Result<Option<Arc<InspectionRow>>, StateError> {
    let record = row::<RecordRow>(state, Table::Record, finding.record.as_bytes())?;
    let (Some(record), Some(lot)) = (record, finding.lots.first()) else { return Ok(None) };
    row(state, Table::Inspection, &of_lot(lot, record.index))
}

/// Whether the record is there and was not voided.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn standing(state: &dyn State, id: &RecordId) -> Result<bool, StateError> {
    Ok(row::<RecordRow>(state, Table::Record, id.as_bytes())?.is_some_and(|row| row.voided_by.is_none()))
}
