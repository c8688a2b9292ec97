//! Lists for the server: lots by age, by number and by party. Each read is bounded, however long the log is.

use serde::Serialize;

use super::lot::whereabouts;
use super::parts::ViewCache;
use super::view::{Holding, LotState};
use crate::chain::entity_index::{ALL_LOTS, lots_of_product, newest_records};
use crate::chain::lineage::Lineage;
use crate::chain::rows::{LotRow, folded_number, lot_key};
use crate::chain::state::{Scan, row, rows};
use crate::chain::{RecordSource, State, StateError, Table};
use crate::gs1::{Amount, BaseUnit, Gtin, LotId};
use crate::quality::Completeness;
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
    /// Where it is now: the first 20 places.
    pub held: Vec<Holding>,
    /// The worst state that applies.
    pub headline: LotState,
    /// Index of the record that created it.
    pub created: u64,
    /// The market that it is judged for. Not in the list as JSON.
    #[serde(skip)]
    pub market: String,
    /// Whether what was tested is all that the market asks for; `None` when no result counts. Not in the list as JSON.
    #[serde(skip)]
    pub completeness: Option<Completeness>,
}

/// A page of a list that is read in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The name of what was read last, after which the next page begins, if there is one.
    pub next: Option<String>,
}

fn number(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

/// Which lots to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct LotQuery {
    /// Of this product only.
    pub product: Option<Gtin>,
    /// Made before the record of this index.
    pub before: Option<u64>,
    /// Page size. Lots that one record made stay together, so a page may have a few more; it has fewer, even none, when
    /// [`MOST_READ`] records were read before it was full, because their lots were voided.
    pub most: usize,
}

/// Most records that are read for one list. A party may have a million records on a few lots, and any
/// number of lots may be voided.
pub const MOST_READ: usize = 2_000;

/// Most places of a lot in a list.
const MOST_HELD: usize = 20;

/// A page of lots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LotPage {
    /// The lots, newest first, with the index of the record that made each.
    pub lots: Vec<(u64, LotId)>,
    /// `before` of the next page, if there is one.
    pub next: Option<u64>,
}

/// Lots, newest first.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn newest_lots(state: &dyn State, wanted: LotQuery) -> Result<LotPage, StateError> {
    let entity = wanted.product.map_or_else(|| ALL_LOTS.to_owned(), lots_of_product);
    let mut page = LotPage::default();
    let mut last = None;
    for (read, found) in newest_records(state, &entity, wanted.before.unwrap_or(u64::MAX)).enumerate() {
        let (entry, record) = found?;
        if page.lots.len() >= wanted.most || read == MOST_READ {
            page.next = last;
            break;
        }
        last = Some(entry.index);
        for lot in &record.lots {
            let of_product = wanted.product.is_none_or(|gtin| gtin == lot.gtin);
            let made = row::<LotRow>(state, Table::Lot, &lot_key(lot))?.is_some_and(|row| row.created == entry.index);
            if of_product && made {
                page.lots.push((entry.index, lot.clone()));
            }
        }
    }
    Ok(page)
}

/// Most lots with the same prefix of which the newest are listed.
const PREFIX_MATCHES: usize = 1_000;

/// The lots with this number, ignoring case; if there are none, those whose number begins with it. Newest first, with the index
/// of the record that made each.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lots_numbered(state: &dyn State, text: &str, most: usize) -> Result<Vec<(u64, LotId)>, StateError> {
    let folded = folded_number(text).into_bytes();
    let whole = [&folded[..], &[0]].concat();
    let mut found = Vec::new();
    for prefix in [&whole, &folded] {
        for listed in rows::<u64>(state, Table::LotNumber, Scan::prefix(prefix)).take(PREFIX_MATCHES) {
            let (key, made) = listed?;
            let lot = key.iter().position(|byte| *byte == 0).and_then(|zero| lot_of_key(key.get(zero + 1..)?));
            found.extend(lot.map(|lot| (made, lot)));
        }
        if !found.is_empty() {
            break;
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.truncate(most);
    Ok(found)
}

/// The newest lots of a party.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentLots {
    /// The lots, that of the newest record first.
    pub lots: Vec<LotBrief>,
    /// Whether older records were left unread.
    pub more: bool,
}

/// The lots of a party's newest records, newest first: at most `most`, from at most [`MOST_READ`] records.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn recent_lots_of(
    state: &dyn State,
    source: &dyn RecordSource,
    party: &str,
    most: usize,
) -> Result<RecentLots, StateError> {
    let (mut found, mut more) = (Vec::new(), false);
    for (read, named) in newest_records(state, party, u64::MAX).enumerate() {
        let (_, record) = named?;
        if found.len() >= most || read == MOST_READ {
            more = true;
            break;
        }
        for lot in &record.lots {
            if !found.contains(lot) {
                found.push(lot.clone());
            }
        }
    }
    Ok(RecentLots { lots: briefs(state, source, found)?, more })
}

/// The lot of a key of [`Table::Lot`].
pub(crate) fn lot_of_key(key: &[u8]) -> Option<LotId> {
    let (gtin, lot) = key.split_at_checked(8)?;
    let gtin = format!("{:014}", number(gtin)?).parse().ok()?;
    Some(LotId { gtin, lot: std::str::from_utf8(lot).ok()?.parse().ok()? })
}

/// List entries of these lots, in their order; a lot that was never made is left out.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn briefs(state: &dyn State, source: &dyn RecordSource, lots: Vec<LotId>) -> Result<Vec<LotBrief>, StateError> {
    let mut briefs = Briefs::new(state, source);
    let mut found = Vec::with_capacity(lots.len());
    for lot in lots {
        found.extend(briefs.of(&lot)?);
    }
    Ok(found)
}

/// Makes list entries one by one, and reads what they have in common once.
pub(super) struct Briefs<'a> {
    lineage: Lineage<'a>,
    pub(super) parts: ViewCache<'a>,
}

impl<'a> Briefs<'a> {
    pub(super) fn new(state: &'a dyn State, source: &'a dyn RecordSource) -> Briefs<'a> {
        Briefs { lineage: Lineage::new(state, source), parts: ViewCache::new(state) }
    }

    /// The list entry of a lot; `None` when it was never made.
    pub(super) fn of(&mut self, lot: &LotId) -> Result<Option<LotBrief>, StateError> {
        let Some(known) = self.lineage.of(lot)? else { return Ok(None) };
        let headline = known.headline();
        let (market, completeness) = (known.markets.judged().0.to_owned(), known.completeness.clone());
        let row = std::sync::Arc::clone(&known.row);
        let product = self.parts.product(lot.gtin)?;
        Ok(Some(LotBrief {
            uri: lot.uri(),
            product: product.name,
            unit: product.unit,
            held: whereabouts(self.parts.state, lot, &row, MOST_HELD)?,
            maker: row.maker.clone(),
            produced: row.produced,
            headline,
            created: row.created,
            market,
            completeness,
            lot: lot.clone(),
        }))
    }
}
