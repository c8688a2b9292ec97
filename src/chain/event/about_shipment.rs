//! A document, payment or observation about a shipment (`jejak:shipment`), while it is under way or after it was received.
//!
//! What it is not: the receipt, refusal or void of a shipment, which close it (`receive`, `ship`).

use std::collections::BTreeSet;

use super::ship::named_shipment;
use super::tx::Tx;
use crate::chain::rows::{TransitRow, carrier_key};
use crate::chain::state::get;
use crate::chain::{Refusal, Rejection, Rule, StateError, Table, cleared, shipments};
use crate::gs1::{LotId, Sscc};
use crate::record::RecordId;
use crate::record::registry::Role;

/// The shipment that the event names: it took place, and carries all goods that the event names, `lots` among them and in its containers
/// (rules `shipment-unknown`, `shipment-closed`, `goods-missing`, `not-in-shipment`).
pub(super) fn named(tx: &mut Tx<'_>, lots: &[LotId]) -> Result<Option<(RecordId, TransitRow)>, Refusal> {
    if tx.event.ext.shipment.is_none() {
        return Ok(None);
    }
    let (id, row) = named_shipment(tx)?;
    if let Some(by) = shipments::voided_by(tx.state, &id, &row)? {
        return Err(Rejection::new(Rule::ShipmentClosed, format!("shipment {id} was voided"))
            .arg("shipment", id)
            .conflicts(by)
            .into());
    }
    if !tx.event.names_goods() {
        return Err(
            Rejection::new(Rule::GoodsMissing, "what is stated of a shipment names goods that it carries").into()
        );
    }
    let outside = |named: String| -> Refusal {
        Rejection::new(Rule::NotInShipment, format!("{named} is not in shipment {id}"))
            .arg("named", named)
            .arg("shipment", id)
            .into()
    };
    for sscc in tx.event.epcs.iter().filter_map(|uri| Sscc::from_uri(uri).ok()) {
        let carried = row.containers.contains(&sscc)
            || (tx.container(sscc)?.is_some() && row.containers.contains(&tx.outermost(sscc)?.0));
        if !carried && !tx.lots_left_out {
            return Err(outside(sscc.to_string()));
        }
    }
    let carried: BTreeSet<&LotId> = row.shipped.iter().map(|(lot, _)| lot).collect();
    match lots.iter().find(|lot| !carried.contains(lot)) {
        Some(lot) => Err(outside(lot.to_string())),
        None => Ok(Some((id, row))),
    }
}

/// Whether a party has to do with a shipment as a whole: it sent, signed or is to get it, acts for one of its two ends by a mandate, took the goods
/// over by a handover that both sides signed, or is the authority.
pub(super) fn is_party(tx: &mut Tx<'_>, party: &str, id: RecordId, row: &TransitRow) -> Result<bool, StateError> {
    if [row.from.as_str(), &row.to, &row.shipped_by].contains(&party) || tx.by.has(Role::Authority) {
        return Ok(true);
    }
    // in a closure it may have taken over goods that are not there
    if tx.lots_left_out {
        return Ok(true);
    }
    let carrier: Option<RecordId> = get(tx.state, Table::Carrier, &carrier_key(&id, party))?;
    if let Some(by) = carrier
        && cleared::standing(tx.state, &by)?
    {
        return Ok(true);
    }
    for side in [&row.from, &row.to] {
        if party == tx.signer() && tx.mandated_by(side)? {
            return Ok(true);
        }
    }
    Ok(false)
}
