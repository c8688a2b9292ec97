//! Who buys goods: the party that a shipment goes to, or that a trade document names as the owner after. The specifications that it adopted
//! gate the goods, as long as the document stands.
//!
//! A party is kept with a lot only if it had adopted a specification for such goods before: a contract is about what there was. A document
//! that is voided, and a shipment that is taken back or refused, name nobody any more.

use std::collections::{BTreeMap, BTreeSet};

use super::tx::Tx;
use super::who::end;
use crate::chain::rows::{Delta, RecordRow};
use crate::chain::{Act, Refusal, Table, entity_index, specification};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Most buyers that are kept with a lot: the first that had adopted a specification.
pub const MAX_BUYERS: usize = 64;
/// Most documents that are kept of one of them: the first that name it.
const MAX_DOCUMENTS: usize = 8;

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

/// The document at `index` names a party as the buyer of a lot.
pub(super) fn name(tx: &mut Tx<'_>, lot: &LotId, index: u64, buyer: &str) -> Result<(), Refusal> {
    let buyers = &mut tx.lot_mut(lot)?.buyers;
    if buyers.len() >= MAX_BUYERS && !buyers.contains_key(buyer) {
        return Ok(());
    }
    let documents = buyers.entry(buyer.to_owned()).or_default();
    if documents.len() < MAX_DOCUMENTS {
        documents.insert(index);
    }
    Ok(())
}

/// The document at `index` no longer names a buyer of a lot. Whether it did.
pub(super) fn forget(tx: &mut Tx<'_>, lot: &LotId, index: u64, buyer: &str) -> Result<bool, Refusal> {
    let buyers = &mut tx.lot_mut(lot)?.buyers;
    let Some(documents) = buyers.get_mut(buyer) else { return Ok(false) };
    let named = documents.remove(&index);
    if documents.is_empty() {
        buyers.remove(buyer);
    }
    Ok(named)
}

/// A signature was rejected by the other side: the buyer that it names is none. The void of the rejection does not bring it back.
pub(super) fn rejected(tx: &mut Tx<'_>, signature: &RecordRow) -> Result<(), Refusal> {
    for (lot, index, buyer) in named_by(signature) {
        forget(tx, lot, index, buyer)?;
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
        if forget(tx, lot, index, buyer)? {
            tx.deltas.push(Delta::Buyer(lot.clone(), index, buyer.to_owned(), false));
        }
    }
    Ok(())
}
