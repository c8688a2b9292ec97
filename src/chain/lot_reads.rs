//! What lies under a lot in rows of its own: parents and children, parts of its provenance, failures. Each is read lazily, in the
//! order of the log; the lot's row says how many there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::provenance::{Origin, ProvenancePart, Source};
use super::rows::{Failure, FailureRow, LotRow, TransformationRow, lot_key, under_lot};
use super::state::{Scan, row, rows};
use super::{State, StateError, Table};
use crate::gs1::LotId;
use crate::record::RecordId;

/// So many members of a long list count as a row.
pub(super) const LIST: usize = 8;

/// The transformation of a record.
///
/// # Errors
/// [`StateError`] when storage fails or it is not there.
pub fn transformation(state: &dyn State, id: &RecordId) -> Result<Arc<TransformationRow>, StateError> {
    let found = row::<TransformationRow>(state, Table::Transformation, id.as_bytes())?;
    let found = found.ok_or_else(|| StateError::new(format!("no row of transformation {id}")))?;
    state.charge((found.inputs.len() + found.outputs.len()) / LIST)?;
    Ok(found)
}

/// The lots that a lot was made from.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn parents(state: &dyn State, lot: &LotRow) -> Result<BTreeSet<LotId>, StateError> {
    let mut found = BTreeSet::new();
    for id in &lot.made_in {
        found.extend(transformation(state, id)?.inputs.iter().map(|(lot, _)| lot.clone()));
    }
    Ok(found)
}

/// The processes that consumed some of a lot, in the order of the log.
pub fn uses<'s>(
    state: &'s dyn State,
    lot: &LotId,
    lot_row: &LotRow,
) -> impl Iterator<Item = Result<RecordId, StateError>> + use<'s> {
    let first = lot_row.first_use.map(|(_, id)| Ok(id));
    let others = lot_row.counts.uses > u32::from(first.is_some());
    let prefix = under_lot(lot, b"");
    let further = others.then(|| rows::<RecordId>(state, Table::Use, Scan::prefix(&prefix)));
    first.into_iter().chain(further.into_iter().flatten().map(|row| row.map(|(_, id)| id)))
}

/// The first `most` lots made from a lot, in the order of the log, and whether there are more. One whose process was voided before it
/// was passed on is none.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn children(
    state: &dyn State,
    lot: &LotId,
    lot_row: &LotRow,
    most: usize,
) -> Result<(BTreeSet<LotId>, bool), StateError> {
    let mut found = BTreeSet::new();
    for id in uses(state, lot, lot_row) {
        for child in made_by(state, &id?)? {
            if found.len() >= most && !found.contains(&child) {
                return Ok((found, true));
            }
            found.insert(child);
        }
    }
    Ok((found, false))
}

/// The lots that a process made and that are still its own.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn made_by(state: &dyn State, id: &RecordId) -> Result<Vec<LotId>, StateError> {
    let mut found = Vec::new();
    for (output, _) in &transformation(state, id)?.outputs {
        let made = row::<LotRow>(state, Table::Lot, &lot_key(output))?;
        if made.is_some_and(|row| row.made_in.contains(id)) {
            found.push(output.clone());
        }
    }
    Ok(found)
}

/// What the records that made some of a lot state of its provenance, in the order of the log.
fn parts<'s>(
    state: &'s dyn State,
    lot: &LotId,
    lot_row: &LotRow,
) -> impl Iterator<Item = Result<ProvenancePart, StateError>> + use<'s> {
    let prefix = under_lot(lot, b"");
    let further = lot_row.provenance.has_others().then(|| rows(state, Table::Part, Scan::prefix(&prefix)));
    let first = lot_row.provenance.first().cloned().map(Ok);
    first.into_iter().chain(further.into_iter().flatten().map(|row| row.map(|(_, part)| part)))
}

/// The harvests that a harvested lot comes from.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn origins(state: &dyn State, lot: &LotId, lot_row: &LotRow) -> Result<BTreeSet<Origin>, StateError> {
    let mut found = BTreeSet::new();
    for part in parts(state, lot, lot_row) {
        if let Source::Harvest(origin) = part?.source {
            found.insert(origin);
        }
    }
    Ok(found)
}

/// The failed parameters that stick to a lot itself, by inspection.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn failures(state: &dyn State, lot: &LotId, lot_row: &LotRow) -> Result<Vec<Failure>, StateError> {
    let mut found = Vec::new();
    if lot_row.counts.failures > 0 {
        for row in rows::<FailureRow>(state, Table::Failure, Scan::prefix(&under_lot(lot, b""))) {
            found.extend(row?.1);
        }
    }
    Ok(found)
}
