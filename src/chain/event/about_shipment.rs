//! A document, payment or observation about a shipment (`jejak:shipment`), while it is under way or after it was received.
//!
//! What it is not: the receipt, refusal or void of a shipment, which close it (`receive`, `ship`).

use super::ship::{named_shipment, not_in_shipment};
use super::tx::Tx;
use crate::chain::Refusal;
use crate::chain::rows::TransitRow;
use crate::record::RecordId;

/// The shipment that the event names, which carries all goods that it names (rules `shipment-unknown`, `not-in-shipment`).
pub(super) fn named(tx: &mut Tx<'_>) -> Result<Option<(RecordId, TransitRow)>, Refusal> {
    if tx.event.ext.shipment.is_none() {
        return Ok(None);
    }
    let (id, row) = named_shipment(tx)?;
    not_in_shipment(tx, id, &row)?;
    Ok(Some((id, row)))
}
