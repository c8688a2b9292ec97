//! Lists for the server and the command line: parties, places, products, lots.

use serde::Serialize;

use super::lot::whereabouts;
use super::parts::{of_party, of_place, of_product};
use super::view::{Held, LotState, PartyView, PlaceView, ProductView};
use crate::chain::lineage::{Lineage, touches};
use crate::chain::rows::{LotRow, ProductRow};
use crate::chain::state::decode;
use crate::chain::{Act, State, StateError, Table};
use crate::gs1::{Amount, BaseUnit, Gln, Gtin, LotId};
use crate::record::registry::Names;

/// A lot in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LotBrief {
    /// The lot.
    pub lot: LotId,
    /// Its URI.
    pub uri: String,
    /// Product names.
    pub product: Names,
    /// Base unit.
    pub unit: BaseUnit,
    /// Who made it.
    pub maker: String,
    /// All that was made.
    pub produced: Amount,
    /// Where it is now.
    pub held: Vec<Held>,
    /// The worst that is true.
    pub headline: LotState,
    /// Index of the record that created it.
    pub created: u64,
}

/// Every party, by URI.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn parties(state: &dyn State) -> Result<Vec<PartyView>, StateError> {
    let rows = state.scan(Table::Party, b"")?;
    rows.into_iter()
        .map(|(key, value)| Ok(of_party(&String::from_utf8_lossy(&key), decode(Table::Party, &value)?)))
        .collect()
}

/// Every place, by GLN.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn places(state: &dyn State) -> Result<Vec<PlaceView>, StateError> {
    let mut found = Vec::new();
    for (key, value) in state.scan(Table::Place, b"")? {
        if let Some(gln) = number(&key).and_then(|n| format!("{n:013}").parse::<Gln>().ok()) {
            found.push(of_place(gln, decode(Table::Place, &value)?));
        }
    }
    Ok(found)
}

/// Every product, by GTIN, with its makers.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn products(state: &dyn State) -> Result<Vec<(ProductView, Vec<String>)>, StateError> {
    let mut found = Vec::new();
    for (key, value) in state.scan(Table::Product, b"")? {
        if let Some(gtin) = number(&key).and_then(|n| format!("{n:014}").parse::<Gtin>().ok()) {
            let row: ProductRow = decode(Table::Product, &value)?;
            let makers = row.makers.clone();
            found.push((of_product(gtin, row), makers));
        }
    }
    Ok(found)
}

fn number(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

/// Every lot, by GTIN and lot number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lots(state: &dyn State) -> Result<Vec<LotBrief>, StateError> {
    let mut found = Vec::new();
    for (key, _) in state.scan(Table::Lot, b"")? {
        found.extend(lot_of_key(&key));
    }
    briefs(state, found)
}

/// The lots that a party made or that passed through its hands, by GTIN and lot number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lots_of(state: &dyn State, party: &str) -> Result<Vec<LotBrief>, StateError> {
    let mut found = std::collections::BTreeSet::new();
    for (_, touch) in touches(state, party)? {
        if matches!(touch.act, Act::Registry | Act::Clock) {
            continue;
        }
        let row: Option<crate::chain::rows::RecordRow> =
            crate::chain::state::get(state, Table::Record, touch.record.as_bytes())?;
        found.extend(row.into_iter().flat_map(|row| row.lots));
    }
    briefs(state, found.into_iter().collect())
}

/// Every lot with the index of the record that created it, by GTIN and lot number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lots_created(state: &dyn State) -> Result<Vec<(u64, LotId)>, StateError> {
    let mut found = Vec::new();
    for (key, value) in state.scan(Table::Lot, b"")? {
        let row: LotRow = decode(Table::Lot, &value)?;
        found.extend(lot_of_key(&key).map(|lot| (row.created, lot)));
    }
    Ok(found)
}

/// The lots that a party touched last, newest first: at most `most`, and all that the oldest record of them names.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn recent_lots_of(state: &dyn State, party: &str, most: usize) -> Result<Vec<LotBrief>, StateError> {
    let mut found = Vec::new();
    for (_, touch) in touches(state, party)?.into_iter().rev() {
        if found.len() >= most {
            break;
        }
        if matches!(touch.act, Act::Registry | Act::Clock) {
            continue;
        }
        let row: Option<crate::chain::rows::RecordRow> =
            crate::chain::state::get(state, Table::Record, touch.record.as_bytes())?;
        for lot in row.into_iter().flat_map(|row| row.lots) {
            if !found.contains(&lot) {
                found.push(lot);
            }
        }
    }
    briefs(state, found)
}

fn lot_of_key(key: &[u8]) -> Option<LotId> {
    let (gtin, lot) = key.split_at_checked(8)?;
    let gtin = format!("{:014}", number(gtin)?).parse().ok()?;
    Some(LotId { gtin, lot: std::str::from_utf8(lot).ok()?.parse().ok()? })
}

/// List entries of these lots, in their order; a lot that was never made is left out.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn briefs(state: &dyn State, lots: Vec<LotId>) -> Result<Vec<LotBrief>, StateError> {
    let mut lineage = Lineage::new(state);
    let mut parts = super::parts::Parts::new(state);
    let mut found = Vec::with_capacity(lots.len());
    for lot in lots {
        let Some(known) = lineage.of(&lot)? else { continue };
        let headline = known.headline();
        let row: LotRow = known.row.clone();
        let product = parts.product(lot.gtin)?;
        found.push(LotBrief {
            uri: lot.uri(),
            product: product.name,
            unit: product.unit,
            held: whereabouts(state, &lot, &row)?,
            maker: row.maker,
            produced: row.produced,
            headline,
            created: row.created,
            lot,
        });
    }
    Ok(found)
}
