//! Who buys goods: the party that a shipment goes to, or that a trade document names as the owner after. The specifications that it adopted
//! gate the goods, as long as one such document stands.
//!
//! A party is kept with a lot only if it had adopted a specification for such goods before: a contract is about what there was. Each
//! document that names it has a row of its own, and the lot's row has their number. A document that is voided or rejected, and a shipment
//! that is taken back or refused, names nobody any more.

use std::collections::{BTreeMap, BTreeSet};

use super::tx::Tx;
use super::who::end;
use crate::chain::rows::{Delta, RecordRow, of_lot};
use crate::chain::{Act, Refusal, Table, entity_index, specification};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Most buyers that are kept with a lot: the first that had adopted a specification.
pub const MAX_BUYERS: usize = 64;

/// After the act's own rules.
pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    let buyer = match tx.act {
        Act::Ship => end(&event.destinations, "possessing_party"),
        // a rejection offers nothing
        Act::Trade if event.ext.rejects.is_none() => end(&event.destinations, "owning_party"),
        Act::VoidShipment => return given_back(tx),
        Act::Receive if event.disposition.as_deref() == Some("returned") => return given_back(tx),
        _ => None,
    };
    let Some(buyer) = buyer else { return Ok(()) };
    let mut lots: BTreeSet<LotId> = tx.named.iter().cloned().chain(entity_index::lots_of(event)).collect();
    tx.leave_out(&mut lots)?;
    let mut adopted: BTreeMap<String, bool> = BTreeMap::new();
    for lot in lots {
        let commodity = tx.require_product(lot.gtin)?.commodity.clone();
        let any = match adopted.get(&commodity) {
            Some(any) => *any,
            None => specification::has_any(tx.state, buyer, &commodity)?,
        };
        adopted.insert(commodity, any);
        if any {
            name(tx, &lot, tx.index, buyer)?;
            tx.deltas.push(Delta::Buyer(lot, tx.index, buyer.to_owned(), true));
        }
    }
    Ok(())
}

/// The document at `index` names a party as the buyer of a lot. One for which the lot has no room leaves no row, so that its void takes
/// nothing away.
pub(super) fn name(tx: &mut Tx<'_>, lot: &LotId, index: u64, buyer: &str) -> Result<(), Refusal> {
    let key = of_lot(lot, index);
    if tx.latest::<String>(Table::Buyer, &key)?.is_some() {
        return Ok(());
    }
    let buyers = &mut tx.lot_mut(lot)?.buyers;
    if buyers.len() >= MAX_BUYERS && !buyers.contains_key(buyer) {
        return Ok(());
    }
    let documents = buyers.entry(buyer.to_owned()).or_default();
    *documents = documents.saturating_add(1);
    tx.put(Table::Buyer, key, &buyer.to_owned())?;
    Ok(())
}

/// The document at `index` no longer names a buyer of a lot. Whether it did.
pub(super) fn forget(tx: &mut Tx<'_>, lot: &LotId, index: u64) -> Result<bool, Refusal> {
    let key = of_lot(lot, index);
    let Some(buyer) = tx.latest::<String>(Table::Buyer, &key)? else { return Ok(false) };
    let buyers = &mut tx.lot_mut(lot)?.buyers;
    if let Some(documents) = buyers.get_mut(&buyer) {
        *documents = documents.saturating_sub(1);
        if *documents == 0 {
            buyers.remove(&buyer);
        }
    }
    tx.remove(Table::Buyer, key);
    Ok(true)
}

/// A signature was rejected by the other side: it names a buyer no longer. Neither the void of the rejection nor that of the signature
/// changes that.
pub(super) fn rejected(tx: &mut Tx<'_>, signature: &RecordRow) -> Result<(), Refusal> {
    for (lot, index, _) in named_by(signature) {
        forget(tx, lot, index)?;
    }
    Ok(())
}

/// The lots that a record named a buyer of.
fn named_by(record: &RecordRow) -> impl Iterator<Item = (&LotId, u64, &str)> {
    record.effects.deltas.iter().filter_map(|delta| match delta {
        Delta::Buyer(lot, index, buyer, true) => Some((lot, *index, buyer.as_str())),
        _ => None,
    })
}

/// A shipment that came back has no buyer, until the record that closed it is voided.
fn given_back(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let Some(id) = tx.event.ext.shipment.as_deref().and_then(|id| id.parse::<RecordId>().ok()) else { return Ok(()) };
    let Some(shipped) = tx.latest::<RecordRow>(Table::Record, id.as_bytes())? else { return Ok(()) };
    for (lot, index, buyer) in named_by(&shipped) {
        if forget(tx, lot, index)? {
            tx.deltas.push(Delta::Buyer(lot.clone(), index, buyer.to_owned(), false));
        }
    }
    Ok(())
}
