//! The index as the ledger uses it: durable batches are applied at once, and reads of damaged rows are reported.
//!
//! The sequencer applies a batch right after its journal frame is durable and before anyone is answered: every
//! reader sees an acknowledged record. A crash between the two loses nothing: the next start replays the journal from the
//! cursor of the index. Readers never wait: a view is a snapshot of the engine. The exception: a batch could not be applied, because
//! the disk has no room. Reads go on with the rows before it; once there is room, the engine is opened again and catches up from
//! the journal ([`LedgerIndex::catch_up`]), and readers wait so long. A reader that holds a snapshot reads from that: to read the index
//! itself would wait for what waits for the snapshot.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::chain::state::{Changes, RowIter, Scan};
use crate::chain::{State, StateError, Table};
use crate::log::Frontier;
use crate::store::{Cursor, Head, Index, IndexError, View, Write};

/// Called when the index can't be read.
type OnDamage = Box<dyn Fn(&StateError) + Send + Sync>;

/// The index of a running ledger.
#[derive(Clone)]
pub struct LedgerIndex {
    index: Arc<dyn Index>,
    on_damage: Arc<OnceLock<OnDamage>>,
    behind: Arc<Behind>,
}

/// The index could not be written: it does not have all durable batches.
#[derive(Default)]
struct Behind {
    /// A read that fails now is not damage.
    set: AtomicBool,
    /// Held for writing while it catches up, so that no reader sees it go back.
    gate: RwLock<()>,
}

impl LedgerIndex {
    /// An index on an engine.
    pub fn new(index: Arc<dyn Index>) -> LedgerIndex {
        LedgerIndex { index, on_damage: Arc::default(), behind: Arc::default() }
    }

    /// Sets what is called when a damaged row is read.
    pub(super) fn on_damage(&self, call: OnDamage) {
        let _ = self.on_damage.set(call);
    }

    /// Writes the changes of a durable batch and moves the cursor to `tree`.
    ///
    /// # Errors
    /// [`IndexError`]: the index is at the old cursor or at the new one.
    pub fn apply(&self, changes: Changes, tree: &Frontier) -> Result<(), IndexError> {
        let (mut rows, mut room) = (Vec::with_capacity(changes.len()), Vec::new());
        for change in changes {
            let value = change.value.map(|value| value.encoded_in(change.table, &mut room)).transpose();
            let mut row = Vec::with_capacity(1 + change.key.len());
            row.push(change.table as u8);
            row.extend_from_slice(&change.key);
            rows.push(Write { row, value: value? });
        }
        self.index.apply(rows, &cursor(tree))
    }

    /// A write failed: from now on reads may fail too, until [`LedgerIndex::catch_up`].
    pub(super) fn fell_behind(&self) {
        self.behind.set.store(true, Ordering::Release);
    }

    /// Whether there is room to write.
    pub(super) fn has_room(&self) -> bool {
        self.index.has_room()
    }

    /// Whether there is so much room that a failure has another reason.
    pub(super) fn has_room_to_flush(&self) -> bool {
        self.index.has_room_to_flush()
    }

    /// Opens the engine again, and lets `replay` bring it from its cursor to the newest batch. Readers wait meanwhile.
    ///
    /// # Errors
    /// Those of the engine and of `replay`; it may be tried again.
    pub(super) fn catch_up<E: From<IndexError>>(
        &self,
        replay: impl FnOnce(&LedgerIndex, &dyn Index) -> Result<(), E>,
    ) -> Result<(), E> {
        let _waiting = self.behind.gate.write();
        self.index.reopen()?;
        // a handle that does not wait for itself; it is behind as well, so that a read that fails is an attempt that failed
        let behind = Arc::new(Behind { set: AtomicBool::new(true), gate: RwLock::default() });
        let ungated = LedgerIndex { behind, ..self.clone() };
        replay(&ungated, &*self.index)?;
        self.behind.set.store(false, Ordering::Release);
        Ok(())
    }

    /// Makes the index durable.
    ///
    /// # Errors
    /// [`IndexError`] when the system refuses.
    pub fn sync(&self) -> Result<(), IndexError> {
        self.index.sync()
    }

    /// A snapshot of the rows, for consistent reads.
    pub fn snapshot(&self) -> Snapshot {
        let _wait = self.behind.gate.read();
        Snapshot { view: self.index.view(), on_damage: self.on_damage.clone(), behind: self.behind.clone() }
    }
}

/// The cursor of a tree.
pub fn cursor(tree: &Frontier) -> Cursor {
    let peaks = tree.to_bytes();
    let frontier = peaks.get(8..).unwrap_or_default().as_chunks::<32>().0.to_vec();
    Cursor { head: Head { size: tree.size(), root: tree.root() }, frontier }
}

/// The tree of a cursor; `None` when its hashes don't make its root.
pub fn tree_of(cursor: &Cursor) -> Option<Frontier> {
    let mut bytes = cursor.head.size.to_be_bytes().to_vec();
    cursor.frontier.iter().for_each(|hash| bytes.extend_from_slice(hash));
    Frontier::from_bytes(&bytes).filter(|tree| tree.root() == cursor.head.root)
}

fn report<T>(on_damage: &OnceLock<OnDamage>, behind: &Behind, read: Result<T, StateError>) -> Result<T, StateError> {
    if let (Err(error), Some(call), false) = (&read, on_damage.get(), behind.set.load(Ordering::Acquire)) {
        call(error);
    }
    read
}

fn reported<'a>(on_damage: &'a OnceLock<OnDamage>, behind: &'a Behind, rows: RowIter<'a>) -> RowIter<'a> {
    Box::new(rows.map(|row| report(on_damage, behind, row)))
}

/// A snapshot of the rows.
pub struct Snapshot {
    view: View,
    on_damage: Arc<OnceLock<OnDamage>>,
    behind: Arc<Behind>,
}

impl State for Snapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        report(&self.on_damage, &self.behind, self.view.get(table, key))
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        reported(&self.on_damage, &self.behind, self.view.scan(table, scan))
    }
}

impl State for LedgerIndex {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        let _wait = self.behind.gate.read();
        report(&self.on_damage, &self.behind, self.index.get(table, key))
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        let _wait = self.behind.gate.read();
        reported(&self.on_damage, &self.behind, self.index.scan(table, scan))
    }
}
