//! Walks over the lineage of a lot, up to its ancestors or down to its descendants, whole or page by page.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::chain::rows::{LotRow, lot_key};
use crate::chain::state::row;
use crate::chain::{State, StateError, Table};
use crate::gs1::{KeyError, LotId};

/// Which lots of a trace or impact to return: a large one is read in pages, nearest lots first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Those that come after this one; from the first on when absent.
    pub after: Option<After>,
    /// So many at the most.
    pub most: usize,
}

impl Part {
    /// All at once.
    pub const ALL: Part = Part { after: None, most: usize::MAX };
}

/// A place in a trace or impact: a lot and its distance. As text `<distance>.<gtin>.<lot>`. Lots that come or go meanwhile
/// move no other lot to the other side of it.
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

/// The lots of a walk, each with its distance in processes: nearest first, and by GTIN and lot among those.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The lots, the one it began with first; empty when that was never made.
    pub lots: Vec<(LotId, u32)>,
    /// How many of them come before those asked for.
    pub before: usize,
    /// There are more than were asked for.
    pub more: bool,
}

/// A lot and all its ancestors, nearest first, with their distance in processes.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn above(state: &dyn State, lot: &LotId) -> Result<Vec<(LotId, u32)>, StateError> {
    Ok(above_in_part(state, lot, &Part::ALL)?.lots)
}

/// A lot and its ancestors, no further than `part` goes.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn above_in_part(state: &dyn State, lot: &LotId, part: &Part) -> Result<Walked, StateError> {
    walk(state, lot, part, |row| &row.parents)
}

/// A lot and its descendants, no further than `part` goes.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn below_in_part(state: &dyn State, lot: &LotId, part: &Part) -> Result<Walked, StateError> {
    walk(state, lot, part, |row| &row.children)
}

fn walk(
    state: &dyn State,
    lot: &LotId,
    part: &Part,
    next: impl Fn(&LotRow) -> &BTreeSet<LotId>,
) -> Result<Walked, StateError> {
    let mut walked = Walked::default();
    let (mut seen, mut level) = (BTreeSet::from([lot.clone()]), BTreeSet::from([lot.clone()]));
    for depth in 0.. {
        let mut further = BTreeSet::new();
        for lot in level {
            let Some(row) = row::<LotRow>(state, Table::Lot, &lot_key(&lot))? else { continue };
            let skipped = part.after.as_ref().is_some_and(|after| (depth, &lot) <= (after.depth, &after.lot));
            if !skipped && walked.lots.len() - walked.before == part.most {
                walked.more = true;
                return Ok(walked);
            }
            further.extend(next(&row).iter().filter(|other| seen.insert((*other).clone())).cloned());
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
