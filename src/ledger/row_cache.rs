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
        | Table::Buyer
        | Table::Guide
        | Table::Certificate
        | Table::Carrier
        | Table::EvidenceShipment => false,
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
    use crate::chain::event::tests::law::{Op, op, play, ungrouped};
    use crate::chain::state::{get, row};
    use crate::chain::testing::*;
    use crate::chain::{Context, MemState, Overlay, Refusal, apply};
    use crate::record::registry::{KeyRevocation, PartyStatus, Purpose, Standing, Statement};
    use crate::record::{Record, RecordId};

    /// What is handed in next.
    #[derive(Debug, Clone)]
    enum Turn {
        Act(Op),
        /// The village adds a phone, or the authority ends the newest one's key.
        Phone(bool),
        /// The newest phone, be its key ended or not, signs a harvest into one of a few lots.
        ByPhone(u8),
        /// The authority suspends the village, or reinstates it.
        Village(Standing),
        /// A record that was handed in before, once more.
        Again(u16),
    }

    fn turn() -> impl Strategy<Value = Turn> {
        prop_oneof![
            8 => op().prop_map(Turn::Act),
            2 => any::<bool>().prop_map(Turn::Phone),
            3 => (0u8..4).prop_map(Turn::ByPhone),
            1 => prop_oneof![Just(Standing::Active), Just(Standing::Suspended)].prop_map(Turn::Village),
            2 => any::<u16>().prop_map(Turn::Again),
        ]
    }

    /// Hands it in, whether it is admitted or not.
    fn take(w: &mut World, turn: &Turn, phones: &mut u32, done: &mut Vec<(String, RecordId, serde_json::Value)>) {
        let statement = |w: &mut World, by: &str, statement: &Statement| {
            let record = w.signed_by(by, by, statement);
            let _ = w.admit(by, record);
        };
        let phone = format!("phone {phones}");
        match turn {
            Turn::Act(op) => play(w, op, done),
            Turn::Phone(true) => {
                *phones += 1;
                let key = w.key_of_seed(VILLAGE, &format!("phone {phones}"), Purpose::Event);
                statement(w, VILLAGE, &key);
            }
            Turn::Phone(false) => {
                let ended = KeyRevocation { key: key_of(&phone), reason: "lost".to_owned(), compromised_since: None };
                statement(w, AUTHORITY, &Statement::KeyRevocation(ended));
            }
            Turn::ByPhone(lot) => {
                let _ = w.submit_by(&phone, VILLAGE, harvest(&leaf(&format!("F{lot}")), "5"));
            }
            Turn::Village(standing) => {
                let status = PartyStatus { party: VILLAGE.to_owned(), status: *standing, reason: None };
                statement(w, AUTHORITY, &Statement::PartyStatus(status));
            }
            Turn::Again(pick) => {
                let Tried { seed, record, .. } = w.tried[usize::from(*pick) % w.tried.len()].clone();
                let _ = w.admit(&seed, Record::clone(&record));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// Whatever is refused between the records of a batch, and whatever they end, suspend or void in it.
        #[test]
        fn batch_over_the_cache_comes_to_the_rows_and_outcomes_of_its_records_one_by_one(
            turns in prop::collection::vec(turn(), 1..60),
            sizes in prop::collection::vec(1usize..24, 1..8),
            capacity in prop::sample::select(vec![1, 7, 1_024]),
        ) {
            let mut w = World::new();
            let (mut state, mut index, first) = (w.state.clone(), w.index, w.tried.len());
            let (mut phones, mut done) = (0, Vec::new());
            for turn in &turns {
                take(&mut w, turn, &mut phones, &mut done);
            }
            let (cache, mut refused) = (RowCache::with_capacity(capacity), Refused::default());
            let (mut rest, mut sizes) = (&w.tried[first..], sizes.iter().cycle());
            while !rest.is_empty() {
                let (batch, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                rest = later;
                let changes = {
                    let cached = cache.over(&state);
                    let mut overlay = Overlay::new(&cached);
                    for tried in batch {
                        overlay.mark();
                        let outcome = match apply(&mut overlay, index, &tried.record, &Context::admission(&*w.profiles, &refused)) {
                            Ok(outcome) => {
                                index += 1;
                                Ok(outcome)
                            }
                            Err(Refusal::Rejected(rejection)) => Err(rejection),
                            Err(Refusal::Storage(error)) => panic!("storage: {error}"),
                        };
                        if outcome.as_ref().is_err_and(|rejection| !rejection.retryable) {
                            refused.0.insert(tried.record.id);
                        }
                        prop_assert_eq!(&outcome, &tried.outcome);
                    }
                    overlay.into_changes()
                };
                cache.update(&changes);
                state.commit(changes).unwrap();
            }
            prop_assert_eq!(index, w.index);
            prop_assert!(ungrouped(&state) == ungrouped(&w.state));
        }
    }

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
