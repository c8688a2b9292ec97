//! What is found by words and by the beginnings of numbers. Each read is bounded, however long the log is.

use std::collections::BTreeSet;

use super::lists::{LotQuery, briefs, lots_numbered, newest_lots, recent_lots_of};
use crate::chain::rows::{PartyRow, PlaceRow, ProductRow};
use crate::chain::state::{Scan, row};
use crate::chain::words::{self, Asked, Thing};
use crate::chain::{RecordSource, State, StateError, Table};
use crate::gs1::{LotId, Sscc};

/// Most rows that are read for a word, and for the beginning of a number.
pub const MOST_ROWS: usize = 400;
/// Most products, parties, places and containers that are found, of each.
pub const MOST_FOUND: usize = 20;
/// Most words of a query that count.
const MOST_WORDS: usize = 6;
/// Products and parties of which the lots are listed too.
const MOST_WITH_LOTS: usize = 3;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Products, parties and places, in this order.
    pub things: Vec<Thing>,
    /// Containers, by number.
    pub containers: Vec<Sscc>,
    /// Lots, newest first, with the index of the record that made each.
    pub lots: Vec<(u64, LotId)>,
}

impl Found {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty() && self.containers.is_empty() && self.lots.is_empty()
    }
}

/// Finds `text`: lots by number, whatever stands between its letters and digits; products, parties and places by words, with the lots and
/// containers of the first of them; and what has a number that begins with it. At most `most` lots.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn search(state: &dyn State, source: &dyn RecordSource, text: &str, most: usize) -> Result<Found, StateError> {
    let mut found = Found { lots: lots_numbered(state, text, most)?, ..Found::default() };
    found.things = by_words(state, &words::asked(text))?;
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
        by_number(state, &digits, &mut found)?;
    }
    for kind in 0..3 {
        let mut seen = 0;
        found.things.retain(|thing| {
            let same = rank(thing) == kind;
            seen += usize::from(same);
            !same || seen <= MOST_FOUND
        });
    }
    for thing in found.things.iter().take(MOST_WITH_LOTS) {
        let room = most.saturating_sub(found.lots.len());
        let lots = match thing {
            Thing::Product(gtin) => {
                newest_lots(state, LotQuery { product: Some(*gtin), most: room, ..LotQuery::default() })?.lots
            }
            Thing::Party(uri) => {
                let lots = recent_lots_of(state, source, uri, room)?.lots;
                lots.into_iter().map(|brief| (brief.created, brief.lot)).collect()
            }
            Thing::Place(_) => Vec::new(),
        };
        for lot in lots.into_iter().take(room) {
            if !found.lots.contains(&lot) {
                found.lots.push(lot);
            }
        }
    }
    found.containers.extend(containers_of(state, source, &found.lots)?);
    found.containers.sort_unstable();
    found.containers.dedup();
    found.containers.truncate(MOST_FOUND);
    Ok(found)
}

fn rank(thing: &Thing) -> u8 {
    match thing {
        Thing::Product(_) => 0,
        Thing::Party(_) => 1,
        Thing::Place(_) => 2,
    }
}

/// The things that have, for each word asked for, one that begins with it.
fn by_words(state: &dyn State, asked: &[Asked]) -> Result<Vec<Thing>, StateError> {
    let asked = asked.get(..MOST_WORDS).unwrap_or(asked);
    let mut rarest: Option<Vec<Thing>> = None;
    for word in asked {
        let mut things = Vec::new();
        for beginning in word.beginnings() {
            for row in state.scan(Table::Word, Scan::prefix(beginning.as_bytes())).take(MOST_ROWS) {
                things.extend(Thing::of_key(&row?.0));
            }
            if !things.is_empty() {
                break;
            }
        }
        if rarest.as_ref().is_none_or(|rarest| things.len() < rarest.len()) {
            rarest = Some(things);
        }
    }
    let things: BTreeSet<Thing> = rarest.into_iter().flatten().collect();
    let mut found = Vec::new();
    for thing in things {
        let listed = words_of(state, &thing)?;
        if asked.iter().all(|asked| asked.is_in(&listed)) {
            found.push(thing);
        }
    }
    found.sort_by_key(rank);
    Ok(found)
}

fn words_of(state: &dyn State, thing: &Thing) -> Result<BTreeSet<String>, StateError> {
    Ok(match thing {
        Thing::Product(gtin) => {
            row::<ProductRow>(state, Table::Product, &gtin.number().to_be_bytes())?.map(|row| words::of_product(&row))
        }
        Thing::Party(uri) => row::<PartyRow>(state, Table::Party, uri.as_bytes())?.map(|row| words::of_party(&row)),
        Thing::Place(gln) => {
            row::<PlaceRow>(state, Table::Place, &gln.number().to_be_bytes())?.map(|row| words::of_place(&row))
        }
    }
    .unwrap_or_default())
}

/// Adds the products, places and containers whose number, of so many digits, begins with these.
fn by_number(state: &dyn State, digits: &str, found: &mut Found) -> Result<(), StateError> {
    for number in numbers(state, Table::Product, digits, 14)? {
        found.things.extend(format!("{number:014}").parse().ok().map(Thing::Product));
    }
    // the number under an EAN symbol has no zero before it
    for number in numbers(state, Table::Product, &format!("0{digits}"), 14)? {
        found.things.extend(format!("{number:014}").parse().ok().map(Thing::Product));
    }
    for number in numbers(state, Table::Place, digits, 13)? {
        found.things.extend(format!("{number:013}").parse().ok().map(Thing::Place));
    }
    for number in numbers(state, Table::Container, digits, 18)? {
        found.containers.extend(format!("{number:018}").parse::<Sscc>().ok());
    }
    found.things.sort_by_key(rank);
    found.things.dedup();
    Ok(())
}

/// The numbers of a table that begin with `digits` when they are written with `width` digits, the first [`MOST_FOUND`].
fn numbers(state: &dyn State, table: Table, digits: &str, width: usize) -> Result<Vec<u64>, StateError> {
    let Some(missing) = width.checked_sub(digits.len()).and_then(|missing| u32::try_from(missing).ok()) else {
        return Ok(Vec::new());
    };
    let head = if digits.is_empty() { Ok(0) } else { digits.parse::<u64>() };
    let (Ok(head), Some(unit)) = (head, 10u64.checked_pow(missing)) else { return Ok(Vec::new()) };
    let Some(first) = head.checked_mul(unit) else { return Ok(Vec::new()) };
    let last = first.saturating_add(unit - 1);
    let before = first.checked_sub(1).map(u64::to_be_bytes);
    let scan = Scan { after: before.as_ref().map(<[u8; 8]>::as_slice), ..Scan::default() };
    let mut numbers = Vec::new();
    for listed in state.scan(table, scan).take(MOST_FOUND) {
        let (key, _) = listed?;
        match key.as_ref().try_into().map(u64::from_be_bytes) {
            Ok(number) if number <= last => numbers.push(number),
            _ => break,
        }
    }
    Ok(numbers)
}

/// The first containers.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn containers(state: &dyn State) -> Result<Vec<Sscc>, StateError> {
    let all = numbers(state, Table::Container, "", 18)?;
    Ok(all.into_iter().filter_map(|number| format!("{number:018}").parse().ok()).collect())
}

/// The containers that hold some of these lots.
fn containers_of(state: &dyn State, source: &dyn RecordSource, lots: &[(u64, LotId)]) -> Result<Vec<Sscc>, StateError> {
    let lots = lots.iter().take(MOST_FOUND).map(|(_, lot)| lot.clone()).collect();
    let held = briefs(state, source, lots)?.into_iter().flat_map(|brief| brief.held);
    Ok(held.filter_map(|holding| holding.container).collect())
}
