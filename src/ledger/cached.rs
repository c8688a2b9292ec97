//! What the sequencer and admission keep at hand: rows that every batch reads, and keys that sign often.
//!
//! Bounded by [`Generations`]. What it is not: shared state. The rows belong to the one writer, who alone changes them, so
//! they can't be stale.

use std::cell::RefCell;
use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use parking_lot::Mutex;

use super::layers::{Before, Layer, Shared};
use crate::chain::state::Changes;
use crate::chain::{State, StateError, Table};
use crate::record::{PublicKey, Record, RecordError};
use crate::store::generations::Generations;
use crate::store::row_key;

/// Rows of a generation: two of them hold some 40 MB at 600 bytes each.
const ROWS: usize = 32_768;
/// Keys of a generation; an expanded key has 192 bytes.
const KEYS: usize = 4_096;

/// Whether the writer reads rows of this table that it wrote: who may act, and where goods are. The others are written once,
/// nearly always, and would push these out.
fn read_again(table: Table) -> bool {
    match table {
        Table::Ledger
        | Table::Party
        | Table::Key
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
        Table::Seq
        | Table::Record
        | Table::Event
        | Table::Transformation
        | Table::Touch
        | Table::Inspection
        | Table::Hold
        | Table::Finding
        | Table::Issue
        | Table::Evidence
        | Table::Delta => false,
    }
}

/// Rows as the writer left them, and what it found absent.
pub(super) struct Rows(RefCell<Generations<Shared, Option<Shared>>>);

impl Rows {
    pub(super) fn new() -> Rows {
        Rows(RefCell::new(Generations::new(ROWS)))
    }

    /// The state below, through these rows.
    pub(super) fn over<'a>(&'a self, base: &'a dyn State) -> CachedState<'a> {
        CachedState { rows: self, base }
    }

    /// A durable batch changed these. The layer says what stood there before, where that is at hand.
    pub(super) fn written(&self, changes: Changes) -> Layer {
        let mut rows = self.0.borrow_mut();
        Layer::new(changes, |table, row, value| {
            let before = rows.take(&**row);
            if read_again(table) {
                rows.put(row.clone(), value.cloned());
            }
            before.map_or(Before::Unknown, Before::Known)
        })
    }
}

/// A state whose single rows are remembered.
pub(super) struct CachedState<'a> {
    rows: &'a Rows,
    base: &'a dyn State,
}

impl State for CachedState<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        row_key(table, key, |row| {
            if let Some(value) = self.rows.0.borrow_mut().get(row) {
                return Ok(value.as_deref().map(<[u8]>::to_vec));
            }
            let value = self.base.get(table, key)?;
            // what is absent as well: a new record asks for its own rows more than once, then writes them
            self.rows.0.borrow_mut().put(Arc::from(row), value.as_deref().map(Arc::from));
            Ok(value)
        })
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StateError> {
        self.base.scan(table, prefix)
    }
}

/// Public keys as points of the curve: expanding one costs a tenth of a verification.
pub(crate) struct Verifying(Mutex<Generations<[u8; 32], VerifyingKey>>);

impl Verifying {
    pub(super) fn new() -> Verifying {
        Verifying(Mutex::new(Generations::new(KEYS)))
    }

    /// `record.verify()`, with the key at hand.
    pub(super) fn check(&self, record: &Record) -> Result<(), RecordError> {
        let PublicKey(kid) = &record.kid;
        let known = self.0.lock().get(kid);
        if let Some(key) = known {
            return record.verify_with(&key);
        }
        let key = VerifyingKey::from_bytes(kid).map_err(|_| RecordError::Signature)?;
        record.verify_with(&key)?;
        // only keys that signed something
        self.0.lock().put(*kid, key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::MemState;

    proptest! {
        #[test]
        fn rows_at_hand_are_the_rows_there_are(
            steps in prop::collection::vec((0u8..12, prop::option::of(any::<u8>()), any::<bool>()), 0..200),
            table in prop::sample::select(vec![Table::Lot, Table::Delta]),
            most in 1usize..8,
        ) {
            let rows = Rows(RefCell::new(Generations::new(most)));
            let mut state = MemState::new();
            for (key, value, write) in steps {
                if write {
                    let changes: Changes = [((table, vec![key]), value.map(|v| vec![v]))].into();
                    for row in rows.written(changes.clone()).rows() {
                        let there = state.get(table, &row.row[1..]).unwrap().map(Arc::from);
                        prop_assert!(row.before == Before::Unknown || row.before == Before::Known(there));
                    }
                    state.commit(changes);
                }
                let want = state.get(table, &[key]).unwrap();
                prop_assert_eq!(rows.over(&state).get(table, &[key]).unwrap(), want);
                prop_assert!(rows.0.borrow().len() <= 2 * most);
            }
        }
    }
}
