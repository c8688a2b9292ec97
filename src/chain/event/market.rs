//! The market that an event names: one that the profile of the goods knows, and then the market that the goods are judged for.

use std::collections::BTreeSet;

use super::balance::in_force;
use super::tx::Tx;
use crate::chain::rows::Delta;
use crate::chain::times::GRACE;
use crate::chain::{Act, Refusal, Rejection, Rule, entity_index};
use crate::gs1::LotId;

/// After the act's own rules. A shipment, or a trade document between owners, gives its lots their market, as far as the record that made them gave none.
pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    let Some(market) = event.ext.market.as_deref().filter(|_| tx.act != Act::Correct) else { return Ok(()) };
    let mut lots: BTreeSet<LotId> = tx.named.iter().cloned().chain(entity_index::lots_of(event)).collect();
    tx.leave_out(&mut lots)?;
    market_unknown(tx, market, &lots)?;
    // a document that names no owners is of anyone who has to do with the goods: it is no contract
    let names_owners = || event.sources.iter().any(|end| end.kind == "owning_party");
    if !(tx.act == Act::Ship || (tx.act == Act::Trade && names_owners())) {
        return Ok(());
    }
    for lot in lots {
        let before = tx.require_lot(&lot)?.contract.clone();
        if before.as_deref() != Some(market) {
            tx.lot_mut(&lot)?.contract = Some(market.to_owned());
            tx.deltas.push(Delta::Market(lot, before, market.to_owned()));
        }
    }
    Ok(())
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
        let profiles = in_force(tx, &commodity, at)?;
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
