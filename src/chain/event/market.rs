//! The market that an event names: one that the profile of the goods knows, and then the market that the goods are judged for.

use std::collections::BTreeSet;

use super::tx::Tx;
use crate::chain::rows::{Delta, RecordRow, of_lot};
use crate::chain::statements::profiles_in_force;
use crate::chain::times::GRACE;
use crate::chain::{Act, Refusal, Rejection, Rule, Table, entity_index};
use crate::gs1::LotId;

/// After the act's own rules. A shipment, or a trade document between owners, names the market of its lots; which one a lot is judged for
/// is looked up with it (`chain::market`). A rejection repeats what it rejects, and names none.
pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    let Some(market) = event.ext.market.as_deref().filter(|_| tx.act != Act::Correct) else { return Ok(()) };
    let mut lots: BTreeSet<LotId> = tx.named.iter().cloned().chain(entity_index::lots_of(event)).collect();
    tx.leave_out(&mut lots)?;
    market_unknown(tx, market, &lots)?;
    // a document that names no owners is of anyone who has to do with the goods: it is no contract
    let names_owners = || event.sources.iter().any(|end| end.kind == "owning_party");
    let agrees = tx.act == Act::Trade && event.ext.rejects.is_none() && names_owners();
    if tx.act != Act::Ship && !agrees {
        return Ok(());
    }
    for lot in lots {
        name(tx, &lot, tx.index, market)?;
        tx.deltas.push(Delta::Market(lot, tx.index, market.to_owned(), true));
    }
    Ok(())
}

/// The record at `index` names this market for a lot.
pub(super) fn name(tx: &mut Tx<'_>, lot: &LotId, index: u64, market: &str) -> Result<(), Refusal> {
    let key = of_lot(lot, index);
    if tx.latest::<String>(Table::Market, &key)?.is_none() {
        let counts = &mut tx.lot_mut(lot)?.counts;
        counts.markets = counts.markets.saturating_add(1);
        tx.put(Table::Market, key, &market.to_owned())?;
    }
    Ok(())
}

/// The record at `index` no longer names a market for a lot. Whether it did.
pub(super) fn forget(tx: &mut Tx<'_>, lot: &LotId, index: u64) -> Result<bool, Refusal> {
    let key = of_lot(lot, index);
    if tx.latest::<String>(Table::Market, &key)?.is_none() {
        return Ok(false);
    }
    let counts = &mut tx.lot_mut(lot)?.counts;
    counts.markets = counts.markets.saturating_sub(1);
    tx.remove(Table::Market, key);
    Ok(true)
}

/// A shipment went back before it was received: its market is no longer named, until the record that closed it is voided.
pub(super) fn went_back(tx: &mut Tx<'_>, shipment: &RecordRow) -> Result<(), Refusal> {
    for (lot, index, market) in named_by(shipment) {
        if forget(tx, lot, index)? {
            tx.deltas.push(Delta::Market(lot.clone(), index, market.to_owned(), false));
        }
    }
    Ok(())
}

/// A signature was rejected by the other side: it names a market no longer. Neither the void of the rejection nor that of the signature
/// changes that.
pub(super) fn rejected(tx: &mut Tx<'_>, signature: &RecordRow) -> Result<(), Refusal> {
    for (lot, index, _) in named_by(signature) {
        forget(tx, lot, index)?;
    }
    Ok(())
}

/// The lots that a record named a market for.
fn named_by(record: &RecordRow) -> impl Iterator<Item = (&LotId, u64, &str)> {
    record.effects.deltas.iter().filter_map(|delta| match delta {
        Delta::Market(lot, index, market, true) => Some((lot, *index, market.as_str())),
        _ => None,
    })
}

/// Rule `market-unknown`: a profile of the commodity that is in force has a requirement or a list for the market, or for a group of
/// countries that it belongs to. Without any profile nothing is known of markets.
fn market_unknown(tx: &mut Tx<'_>, market: &str, lots: &BTreeSet<LotId>) -> Result<(), Refusal> {
    let mut commodities = BTreeSet::new();
    for lot in lots {
        commodities.insert(tx.require_product(lot.gtin)?.commodity.clone());
    }
    let at = tx.event.event_time.as_second().max(tx.clock.saturating_sub(GRACE));
    for commodity in commodities {
        let profiles = profiles_in_force(tx.state, tx.ctx.profiles, &commodity, at)?;
        if profiles.is_empty() || profiles.iter().any(|profile| profile.market(market).is_some()) {
            continue;
        }
        let known: BTreeSet<&str> =
            profiles.iter().flat_map(|profile| &profile.requirements).map(|set| set.market.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        let detail = format!("no requirement of {commodity} knows the market {market}; known: {known}");
        return Err(Rejection::new(Rule::MarketUnknown, detail)
            .arg("market", market)
            .arg("commodity", commodity)
            .arg("known", known)
            .into());
    }
    Ok(())
}
