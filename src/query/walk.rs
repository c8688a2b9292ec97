//! Walks over the lineage of a lot, up to its ancestors or down to its descendants, whole or page by page.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::chain::rows::{LotRow, lot_key};
use crate::chain::state::row;
use crate::chain::{State, StateError, Table, lot_reads};
use crate::gs1::{KeyError, LotId};

/// A page of a trace or impact, nearest lots first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The last lot of the page before; `None` for the first page.
    pub after: Option<After>,
    /// Most lots on the page.
    pub most: usize,
}

impl PageRequest {
    /// All lots on one page.
    pub const ALL: PageRequest = PageRequest { after: None, most: usize::MAX };
}

/// A position in a trace or impact: a lot and its distance. As text `<distance>.<gtin>.<lot>`. It stays valid when lots are
/// added or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Distance in processes.
    pub depth: u32,
    /// The lot.
    pub lot: LotId,
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.depth, self.lot.gtin, self.lot.lot)
    }
}

impl FromStr for After {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<After, KeyError> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().unwrap_or_default();
        let depth = part().parse().map_err(|_| KeyError::NotDigits { key: "distance" })?;
        Ok(After { depth, lot: LotId { gtin: part().parse()?, lot: part().parse()? } })
    }
}

impl Serialize for After {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The lots of a walk with their distance in processes, nearest first; lots of one distance by GTIN and lot number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The lots, beginning with the one asked for; empty when that was never made.
    pub lots: Vec<(LotId, u32)>,
    /// How many of them come before the page.
    pub before: usize,
    /// Whether more lots follow the page.
    pub more: bool,
}

/// A lot and all its ancestors, nearest first, with their distance in processes.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn ancestors(state: &dyn State, lot: &LotId) -> Result<Vec<(LotId, u32)>, StateError> {
    Ok(ancestors_page(state, lot, &PageRequest::ALL)?.lots)
}

/// A lot and its ancestors, up to the end of `page`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn ancestors_page(state: &dyn State, lot: &LotId, page: &PageRequest) -> Result<Walked, StateError> {
    walk(state, lot, page, |_, row| lot_reads::parents(state, row))
}

/// A lot and its descendants, up to the end of `page`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn descendants_page(state: &dyn State, lot: &LotId, page: &PageRequest) -> Result<Walked, StateError> {
    walk(state, lot, page, |lot, row| Ok(lot_reads::children(state, lot, row, usize::MAX)?.0))
}

fn walk(
    state: &dyn State,
    lot: &LotId,
    page: &PageRequest,
    next: impl Fn(&LotId, &LotRow) -> Result<BTreeSet<LotId>, StateError>,
) -> Result<Walked, StateError> {
    let mut walked = Walked::default();
    let (mut seen, mut level) = (BTreeSet::from([lot.clone()]), BTreeSet::from([lot.clone()]));
    for depth in 0.. {
        let mut further = BTreeSet::new();
        let skip = |lot: &LotId| page.after.as_ref().is_some_and(|after| (depth, lot) <= (after.depth, &after.lot));
        // the lots of a level are in order only when all are known; a page that ends within one needs nothing of the next
        let room = page.most - (walked.lots.len() - walked.before);
        let last = level.iter().filter(|lot| !skip(lot)).nth(room).is_some();
        for lot in level {
            let Some(row) = row::<LotRow>(state, Table::Lot, &lot_key(&lot))? else { continue };
            let skipped = skip(&lot);
            if !skipped && walked.lots.len() - walked.before == page.most {
                walked.more = true;
                return Ok(walked);
            }
            if !last {
                further.extend(next(&lot, &row)?.into_iter().filter(|other| seen.insert(other.clone())));
            }
            walked.before += usize::from(skipped);
            walked.lots.push((lot, depth));
        }
        if further.is_empty() {
            break;
        }
        level = further;
    }
    Ok(walked)
}
