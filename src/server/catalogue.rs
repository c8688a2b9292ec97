//! The lots of the ledger, newest first, by product and by number; and its parties. Kept in memory beside the ledger, so that a
//! list or a search costs what it shows and not what there is.
//!
//! It is caught up from the records that were sequenced since it was last asked, at most a second late. What it is not: the
//! truth of a lot. It holds names; what is said of a lot comes from the state when it is said.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::App;
use super::http::Problem;
use crate::chain::rows::{LotRow, RecordRow};
use crate::chain::{State, Table, state};
use crate::gs1::{Gtin, LotId};
use crate::ledger::Ledger;
use crate::query::view::PartyView;
use crate::query::{self, LotBrief};

/// It is caught up at most so often.
const EVERY: Duration = Duration::from_millis(500);

/// When so many records are new, one walk over the lots is cheaper than one over the records.
const MANY: u64 = 50_000;

/// So many lots whose numbers begin alike are looked at for the newest of them.
const BEGUN: usize = 1_000;

/// The lots, and the parties.
#[derive(Default)]
pub struct Catalogue(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Records that are in it.
    upto: u64,
    /// When it was caught up.
    at: Option<Instant>,
    /// By index of the record that created them.
    lots: Vec<(u64, LotId)>,
    by_product: HashMap<Gtin, Vec<u32>>,
    by_number: BTreeMap<String, Vec<u32>>,
    parties: Option<(u64, Arc<Vec<PartyView>>)>,
}

/// Which lots are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Of this product only.
    pub product: Option<Gtin>,
    /// Created before the record of this index.
    pub before: Option<u64>,
    /// How many; all lots that one record created stay together, so there may be a few more.
    pub most: usize,
}

/// A page of lots.
pub struct Page {
    /// The lots, newest first, with the index of the record that created each.
    pub lots: Vec<(u64, LotId)>,
    /// The index to go on before, when there are more.
    pub next: Option<u64>,
}

impl Inner {
    fn add(&mut self, created: u64, lot: LotId) {
        let Ok(at) = u32::try_from(self.lots.len()) else { return };
        self.by_product.entry(lot.gtin).or_default().push(at);
        self.by_number.entry(folded(lot.lot.as_str())).or_default().push(at);
        self.lots.push((created, lot));
    }

    fn catch_up(&mut self, ledger: &Ledger) -> Result<(), Problem> {
        let (now, size) = (Instant::now(), ledger.size());
        let fresh = self.at.is_some_and(|at| now.duration_since(at) < EVERY);
        if size == self.upto || (fresh && self.upto > 0) {
            return Ok(());
        }
        let state = ledger.state();
        if size - self.upto > MANY || self.upto == 0 {
            let mut all = query::lots_created(&*state)?;
            // a record that came while this was read is added in its turn
            all.retain(|(created, _)| *created < size);
            all.sort();
            *self = Inner { parties: self.parties.take(), ..Inner::default() };
            all.into_iter().for_each(|(created, lot)| self.add(created, lot));
        } else {
            for index in self.upto..size {
                for lot in created_by(ledger, &*state, index)? {
                    self.add(index, lot);
                }
            }
        }
        (self.upto, self.at) = (size, Some(now));
        Ok(())
    }

    fn numbered(&self, number: &str, most: usize) -> Vec<(u64, LotId)> {
        let number = folded(number);
        let mut found: Vec<u32> = match self.by_number.get(&number) {
            Some(exact) => exact.clone(),
            None => {
                let after = self.by_number.range(number.clone()..).take_while(|(other, _)| other.starts_with(&number));
                after.flat_map(|(_, lots)| lots).copied().take(BEGUN).collect()
            }
        };
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.iter().take(most).filter_map(|at| self.lots.get(*at as usize)).cloned().collect()
    }

    fn page(&self, wanted: Wanted) -> Page {
        let none = Vec::new();
        let of_product = wanted.product.map(|gtin| self.by_product.get(&gtin).unwrap_or(&none));
        let count = of_product.map_or(self.lots.len(), Vec::len);
        let nth = |i: usize| match of_product {
            Some(of) => of.get(i).and_then(|at| self.lots.get(*at as usize)),
            None => self.lots.get(i),
        };
        let end = match wanted.before {
            Some(before) => partition(count, |i| nth(i).is_some_and(|(created, _)| *created < before)),
            None => count,
        };
        let mut page = Page { lots: Vec::new(), next: None };
        for i in (0..end).rev() {
            let Some((created, lot)) = nth(i) else { break };
            if let Some((last, _)) = page.lots.last().filter(|_| page.lots.len() >= wanted.most)
                && last != created
            {
                page.next = Some(*last);
                break;
            }
            page.lots.push((*created, lot.clone()));
        }
        page
    }
}

/// The first of `count` places for which `before` does not hold; it holds for a run from the start.
fn partition(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A lot number as a reader may type it.
fn folded(number: &str) -> String {
    number.to_ascii_uppercase()
}

/// The lots that record `index` created.
fn created_by(ledger: &Ledger, state: &dyn State, index: u64) -> Result<Vec<LotId>, Problem> {
    let record = ledger.record_at(index)?;
    let Some(record) = record else { return Ok(Vec::new()) };
    let row: Option<RecordRow> = state::get(state, Table::Record, record.id.as_bytes())?;
    let mut created = Vec::new();
    for lot in row.map(|row| row.lots).unwrap_or_default() {
        let key = crate::chain::rows::lot_key(&lot);
        let row: Option<LotRow> = state::get(state, Table::Lot, &key)?;
        if row.is_some_and(|row| row.created == index) && !created.contains(&lot) {
            created.push(lot);
        }
    }
    Ok(created)
}

impl App {
    /// A page of lots. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn lots(&self, wanted: Wanted) -> Result<Page, Problem> {
        let mut inner = self.catalogue.0.lock();
        inner.catch_up(&self.ledger)?;
        Ok(inner.page(wanted))
    }

    /// The lots of this number, whatever the case of its letters; else those whose number begins with it. Newest first, with
    /// the index of the record that created each. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn lots_numbered(&self, number: &str, most: usize) -> Result<Vec<(u64, LotId)>, Problem> {
        let mut inner = self.catalogue.0.lock();
        inner.catch_up(&self.ledger)?;
        Ok(inner.numbered(number, most))
    }

    /// Every party, by URI; read again only when records came. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn parties(&self) -> Result<Arc<Vec<PartyView>>, Problem> {
        let size = self.ledger.size();
        let known = self.catalogue.0.lock().parties.clone();
        if let Some((_, parties)) = known.filter(|(at, _)| *at == size) {
            return Ok(parties);
        }
        let parties = Arc::new(query::parties(&*self.ledger.state())?);
        self.catalogue.0.lock().parties = Some((size, parties.clone()));
        Ok(parties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(gtin: &str, n: u64) -> LotId {
        LotId { gtin: gtin.parse().unwrap(), lot: format!("Lot-{n}").parse().unwrap() }
    }

    #[test]
    fn pages_are_newest_first_and_never_part_what_one_record_made() {
        let (oil, leaf) = ("09521321001022", "09521321001015");
        let mut inner = Inner::default();
        for n in 0..10 {
            inner.add(n * 10, lot(if n % 2 == 0 { oil } else { leaf }, n));
        }
        inner.add(200, lot(oil, 20));
        inner.add(200, lot(oil, 21));
        let created = |page: &Page| page.lots.iter().map(|(created, _)| *created).collect::<Vec<_>>();
        let first = inner.page(Wanted { most: 1, ..Wanted::default() });
        assert_eq!((created(&first), first.next), (vec![200, 200], Some(200)));
        let second = inner.page(Wanted { most: 3, before: first.next, ..Wanted::default() });
        assert_eq!((created(&second), second.next), (vec![90, 80, 70], Some(70)));
        let leaves = inner.page(Wanted { most: 9, product: Some(leaf.parse().unwrap()), before: Some(70) });
        assert_eq!((created(&leaves), leaves.next), (vec![50, 30, 10], None));
        assert!(inner.page(Wanted { most: 9, before: Some(0), ..Wanted::default() }).lots.is_empty());
    }

    #[test]
    fn a_number_is_found_whole_or_by_its_beginning() {
        let (oil, leaf) = ("09521321001022", "09521321001015");
        let mut inner = Inner::default();
        for n in [1, 10, 11, 2] {
            inner.add(n, lot(oil, n));
        }
        inner.add(20, lot(leaf, 2));
        let found = |number: &str, most| inner.numbered(number, most).iter().map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!(found("LOT-1", 9), [1], "whole, though others begin with it");
        assert_eq!(found("lot-2", 9), [20, 2], "of two products");
        assert_eq!(found("lot", 9), [20, 2, 11, 10, 1]);
        assert_eq!(found("Lot-", 2), [20, 2]);
        assert!(found("ot-1", 9).is_empty() && found("lot-3", 9).is_empty());
    }
}
