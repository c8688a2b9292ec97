//! A cache of decoded rows that nearly every batch reads: who may act, and where goods are. Only the sequencer uses it, and
//! only the sequencer changes rows, so it can't be stale. Bounded; the rows used least are dropped.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::unsync::Cache;

use crate::chain::state::{AnyRow, Change, DecodeRow, RowIter, Scan, Written};
use crate::chain::{State, StateError, Table};
use crate::store::row_key;

/// Rows kept: some 20 MB. Single records (P1) cost the same with 8,192 as with 65,536.
const ROWS: usize = 16_384;

/// Whether rows of this table are read often. Those of other tables are mostly written once and would displace them.
fn is_cached(table: Table) -> bool {
    match table {
        Table::Ledger
        | Table::Party
        | Table::Key
        | Table::Seq
        | Table::Product
        | Table::Place
        | Table::Lot
        | Table::Holding
        | Table::Container
        | Table::Transit
        | Table::Profile
        | Table::Accreditation
        | Table::Mandate
        | Table::Owner
        | Table::Trade => true,
        Table::Record
        | Table::Event
        | Table::Transformation
        | Table::Entity
        | Table::Inspection
        | Table::Hold
        | Table::Finding
        | Table::Issue
        | Table::Evidence
        | Table::PartyKey
        | Table::Enrolled
        | Table::LotNumber
        | Table::TradeSigner
        | Table::LotUse
        | Table::Use
        | Table::Part
        | Table::Failure
        | Table::Stowed
        | Table::Name
        | Table::Sample
        | Table::LotLook
        | Table::Done
        | Table::Word
        | Table::Market
        | Table::GivenUp
        | Table::Monitoring
        | Table::Company
        | Table::Specification
        | Table::Named
        | Table::Buyer => false,
    }
}

/// Whether a row of this table that does not exist is read again and again. One of another table is read once, before it is written.
fn is_often_absent(table: Table) -> bool {
    matches!(table, Table::Accreditation | Table::Mandate | Table::Owner)
}

/// Rows as last written; `None` is a row that does not exist.
pub(super) struct RowCache(RefCell<Cache<Box<[u8]>, Option<AnyRow>>>);

impl RowCache {
    pub(super) fn new() -> RowCache {
        RowCache::with_capacity(ROWS)
    }

    fn with_capacity(rows: usize) -> RowCache {
        RowCache(RefCell::new(Cache::new(rows)))
    }

    /// `base`, read through this cache.
    pub(super) fn over<'a>(&'a self, base: &'a dyn State) -> CachedState<'a> {
        CachedState { cache: self, base }
    }

    /// Updates the rows that a durable batch changed.
    pub(super) fn update(&self, changes: &[Change]) {
        let mut cache = self.0.borrow_mut();
        for change in changes.iter().filter(|change| is_cached(change.table)) {
            row_key(change.table, &change.key, |row| match &change.value {
                Some(Written::Row(value, _)) => cache.insert(row.into(), Some(Arc::clone(value))),
                None => cache.insert(row.into(), None),
                Some(Written::Bytes(_)) => {
                    cache.remove(row);
                }
            });
        }
    }
}

/// A state that caches its decoded rows.
pub(super) struct CachedState<'a> {
    cache: &'a RowCache,
    base: &'a dyn State,
}

impl State for CachedState<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.base.get(table, key)
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        self.base.scan(table, scan)
    }

    fn decoded(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        if !is_cached(table) {
            return self.base.decoded(table, key, decode);
        }
        row_key(table, key, |row| {
            if let Some(known) = self.cache.0.borrow().get(row) {
                return Ok(known.clone());
            }
            let read = self.base.decoded(table, key, decode)?;
            if read.is_some() || is_often_absent(table) {
                self.cache.0.borrow_mut().insert(row.into(), read.clone());
            }
            Ok(read)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::state::{get, row};
    use crate::chain::{MemState, Overlay};

    proptest! {
        #[test]
        fn cached_rows_are_never_stale(
            steps in prop::collection::vec((0u8..12, prop::option::of(any::<u64>()), any::<bool>()), 0..200),
            table in prop::sample::select(vec![Table::Lot, Table::Record]),
            capacity in 1usize..8,
        ) {
            let cache = RowCache::with_capacity(capacity);
            let mut state = MemState::new();
            for (key, value, write) in steps {
                if write {
                    let mut overlay = Overlay::new(&state);
                    match value {
                        Some(value) => overlay.put(table, &[key], &value).unwrap(),
                        None => overlay.delete(table, &[key]),
                    }
                    let changes = overlay.into_changes();
                    cache.update(&changes);
                    state.commit(changes).unwrap();
                }
                let want: Option<u64> = get(&state, table, &[key]).unwrap();
                let got = row::<u64>(&cache.over(&state), table, &[key]).unwrap();
                prop_assert_eq!(got.as_deref().copied(), want);
            }
        }
    }
}
