//! Whether a shipment took place. What it is not: what closed it, in words (`query::folder`).

use super::rows::{RecordRow, TransitRow};
use super::state::get;
use super::{Act, State, StateError, Table};
use crate::record::RecordId;

/// The record by which a shipment did not take place: the void of its record, or of the shipment.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn voided_by(state: &dyn State, id: &RecordId, row: &TransitRow) -> Result<Option<RecordId>, StateError> {
    let record: Option<RecordRow> = get(state, Table::Record, id.as_bytes())?;
    if let Some(by) = record.and_then(|row| row.voided_by) {
        return Ok(Some(by));
    }
    let Some((by, _)) = row.closed else { return Ok(None) };
    let closing: Option<RecordRow> = get(state, Table::Record, by.as_bytes())?;
    Ok(closing.filter(|row| row.act == Act::VoidShipment).map(|_| by))
}
