//! The state as of the last durable batch: rows not yet in the index on top of the index, and the thread that moves them.
//!
//! The sequencer [`Live::merge`]s a batch only after its journal frame is durable. The indexer thread takes what has
//! gathered, however many batches, and applies it to the index as one, with the cursor of the last batch. Dying anywhere
//! here loses nothing: the index stands at an earlier cursor, and the start replays the journal from there.
//!
//! Nobody waits for a reader: a [`Snapshot`] is the layers of a moment and the index's view of the same moment. The view is
//! taken under `layers`: rows leave the layers only after the index has them, so what it shows is what the layers lack, or
//! the same as they hold. The sequencer waits only when [`MOST_PENDING`] rows wait for the indexer. `progress` is taken before
//! `layers`; under `layers` nothing but the index's own view is taken.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, RwLock};

use super::digest::Digest;
use super::layers::{Before, Layer, Layers};
use crate::chain::state::{Changes, Rows};
use crate::chain::{State, StateError, Table};
use crate::log::Frontier;
use crate::store::{Cursor, Head, Index, IndexError, View, Write, row_key};

/// More rows than these in memory and the sequencer waits for the indexer: about 100 MB.
const MOST_PENDING: usize = 200_000;
/// So many rows are moved into the index as one, or what there is after [`GATHER`]: a row that many batches touch (a key's
/// counter, the ledger's own) is then written once, and the index gets few long runs. A start replays what was not moved.
const ENOUGH: usize = 32_768;
const GATHER: Duration = Duration::from_millis(250);

/// Told once that the index can't be read.
type OnDamage = Box<dyn Fn(&StateError) + Send + Sync>;

/// The state of a running ledger.
pub struct Live {
    index: Arc<dyn Index>,
    layers: RwLock<Arc<Layers>>,
    progress: Mutex<Progress>,
    /// For the indexer: there is something, or enough; or no more will come.
    work: Condvar,
    /// For the sequencer: something was moved, or never will be.
    room: Condvar,
    on_damage: OnceLock<OnDamage>,
}

struct Progress {
    /// Batches merged so far.
    merged: u64,
    /// Batches in the index.
    applied: u64,
    tree: Frontier,
    digest: Digest,
    closed: bool,
    failed: Option<String>,
}

impl Live {
    /// On top of `index`, which stands at `tree` with `digest`.
    pub fn new(index: Arc<dyn Index>, tree: Frontier, digest: Digest) -> Live {
        let progress = Progress { merged: 0, applied: 0, tree, digest, closed: false, failed: None };
        Live {
            index,
            layers: RwLock::default(),
            progress: Mutex::new(progress),
            work: Condvar::new(),
            room: Condvar::new(),
            on_damage: OnceLock::new(),
        }
    }

    /// Who is told when a reader meets a damaged row.
    pub(super) fn on_damage(&self, tell: OnDamage) {
        let _ = self.on_damage.set(tell);
    }

    fn damaged<T>(&self, read: Result<T, StateError>) -> Result<T, StateError> {
        if let (Err(error), Some(tell)) = (&read, self.on_damage.get()) {
            tell(error);
        }
        read
    }

    /// Makes a durable batch visible. Waits while too much is pending.
    ///
    /// # Errors
    /// [`IndexError`] when the indexer has failed.
    pub fn merge(&self, changes: Changes, tree: &Frontier) -> Result<(), IndexError> {
        self.merge_layer(Layer::new(changes, |_, _, _| Before::Unknown), tree)
    }

    /// [`Live::merge`], knowing what stood there before.
    ///
    /// # Errors
    /// As for [`Live::merge`].
    pub fn merge_layer(&self, layer: Layer, tree: &Frontier) -> Result<(), IndexError> {
        let mut progress = self.progress.lock();
        while progress.failed.is_none() && self.pending_rows() > MOST_PENDING {
            self.room.wait(&mut progress);
        }
        if let Some(why) = &progress.failed {
            return Err(IndexError(why.clone()));
        }
        let first = progress.merged == progress.applied;
        progress.merged += 1;
        progress.tree = tree.clone();
        Arc::make_mut(&mut *self.layers.write()).push(layer);
        // in between the indexer gathers, and need not be woken for every batch
        if first || self.pending_rows() >= ENOUGH {
            self.work.notify_all();
        }
        Ok(())
    }

    /// Moves everything merged so far into the index, as one.
    ///
    /// # Errors
    /// [`IndexError`]: the index is at the old cursor or at the new one.
    pub fn apply_pending(&self) -> Result<bool, IndexError> {
        let (batch, tree, mut digest, layer) = {
            let progress = self.progress.lock();
            if progress.merged == progress.applied {
                return Ok(false);
            }
            let layer = Arc::make_mut(&mut *self.layers.write()).freeze();
            (progress.merged, progress.tree.clone(), progress.digest, layer)
        };
        let mut rows = Vec::with_capacity(layer.rows().len());
        for row in layer.rows() {
            let write = Write { table: row.table, row: &row.row, value: row.value.as_deref() };
            let asked = match &row.before {
                Before::Known(_) => None,
                Before::Unknown => self.index.get(row.table, write.key()).map_err(|e| IndexError(e.0))?,
            };
            let old = if let Before::Known(known) = &row.before { known.as_deref() } else { asked.as_deref() };
            digest.change(row.table, write.key(), old, write.value);
            // what is absent and stays so is no row
            if write.value.is_some() || old.is_some() {
                rows.push(write);
            }
        }
        self.index.apply(&rows, &cursor(&tree, digest))?;
        Arc::make_mut(&mut *self.layers.write()).thaw();
        let mut progress = self.progress.lock();
        progress.applied = batch;
        progress.digest = digest;
        self.room.notify_all();
        Ok(true)
    }

    /// The indexer thread: until [`Live::close`], and all is in the index.
    ///
    /// # Errors
    /// [`IndexError`]; whoever waits is told as well.
    pub fn run(&self) -> Result<(), IndexError> {
        loop {
            let closed = {
                let mut progress = self.progress.lock();
                while progress.merged == progress.applied && !progress.closed {
                    self.work.wait(&mut progress);
                }
                let end = Instant::now() + GATHER;
                while !progress.closed && self.pending_rows() < ENOUGH {
                    if self.work.wait_until(&mut progress, end).timed_out() {
                        break;
                    }
                }
                progress.closed
            };
            match self.apply_pending() {
                Ok(false) if closed => return Ok(()),
                Ok(_) => {}
                Err(e) => {
                    self.progress.lock().failed = Some(e.0.clone());
                    self.room.notify_all();
                    return Err(e);
                }
            }
        }
    }

    /// No more batches will come.
    pub fn close(&self) {
        self.progress.lock().closed = true;
        self.work.notify_all();
    }

    /// Makes the index durable.
    ///
    /// # Errors
    /// [`IndexError`] when the system refuses.
    pub fn sync(&self) -> Result<(), IndexError> {
        self.index.sync()
    }

    /// Rows not in the index yet.
    pub fn pending_rows(&self) -> usize {
        self.layers.read().len()
    }

    /// One state for several reads, whatever is merged or applied meanwhile.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let layers = self.layers.read();
        Snapshot { live: self, view: self.index.view(), layers: layers.clone() }
    }
}

/// The cursor of a tree and digest.
pub fn cursor(tree: &Frontier, digest: Digest) -> Cursor {
    let peaks = tree.to_bytes();
    let frontier = peaks.get(8..).unwrap_or_default().as_chunks::<32>().0.to_vec();
    Cursor { head: Head { size: tree.size(), root: tree.root() }, digest: digest.to_bytes(), frontier }
}

/// The tree of a cursor; `None` when its hashes don't make its root.
pub fn tree_of(cursor: &Cursor) -> Option<Frontier> {
    let mut bytes = cursor.head.size.to_be_bytes().to_vec();
    cursor.frontier.iter().for_each(|hash| bytes.extend_from_slice(hash));
    Frontier::from_bytes(&bytes).filter(|tree| tree.root() == cursor.head.root)
}

/// A state that does not move.
pub struct Snapshot<'a> {
    live: &'a Live,
    layers: Arc<Layers>,
    view: View,
}

impl State for Snapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match row_key(table, key, |row| self.layers.get(row)) {
            Some(value) => Ok(value.as_deref().map(<[u8]>::to_vec)),
            None => self.live.damaged(self.view.get(table, key)),
        }
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        self.layers.scan(table, prefix, || self.live.damaged(self.view.scan(table, prefix)))
    }
}

impl State for Live {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        // the layers go before the index is asked: a row leaves them only once the index has it
        if let Some(value) = row_key(table, key, |row| self.layers.read().get(row).cloned()) {
            return Ok(value.as_deref().map(<[u8]>::to_vec));
        }
        self.damaged(self.index.get(table, key))
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        self.snapshot().scan(table, prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::merkle::leaf_hash;
    use crate::store::memory::{Disk, Fault};

    fn changes(rows: &[(u64, Option<&str>)]) -> Changes {
        rows.iter().map(|(k, v)| ((Table::Lot, k.to_be_bytes().to_vec()), v.map(|v| v.as_bytes().to_vec()))).collect()
    }

    fn digest_of(index: &dyn Index) -> [u8; 32] {
        let mut digest = Digest::default();
        index.each(&mut |t, k, v| digest.add(t, k, v)).unwrap();
        digest.to_bytes()
    }

    #[test]
    fn what_is_merged_is_seen_before_and_after_it_is_in_the_index() {
        let disk = Disk::new();
        let live = Live::new(Arc::new(disk.index()), Frontier::new(), Digest::default());
        let mut tree = Frontier::new();
        for (n, rows) in [
            changes(&[(1, Some("a")), (2, Some("b"))]),
            changes(&[(1, Some("c")), (2, None)]),
            changes(&[(3, Some("d"))]),
        ]
        .into_iter()
        .enumerate()
        {
            tree.push(leaf_hash(&[n as u8]));
            live.merge(rows, &tree).unwrap();
            if n == 0 {
                assert!(live.apply_pending().unwrap());
            }
        }
        let seen = |live: &Live| {
            assert_eq!(live.get(Table::Lot, &2u64.to_be_bytes()).unwrap(), None);
            live.scan(Table::Lot, &[])
                .unwrap()
                .into_iter()
                .map(|(_, v)| String::from_utf8(v).unwrap())
                .collect::<String>()
        };
        assert_eq!(seen(&live), "cd");
        assert!(live.apply_pending().unwrap());
        assert!(!live.apply_pending().unwrap());
        assert_eq!(seen(&live), "cd");
        let at = disk.index().cursor().unwrap().unwrap();
        assert_eq!(tree_of(&at).unwrap(), tree);
        assert_eq!(at.digest, digest_of(&disk.index()));
    }

    #[test]
    fn a_failed_index_ends_the_writer() {
        for fault in [Fault::NotPersisted, Fault::Persisted] {
            let disk = Disk::new();
            disk.script(move |_| Some(fault));
            let live = Live::new(Arc::new(disk.index()), Frontier::new(), Digest::default());
            live.merge(changes(&[(1, Some("a"))]), &Frontier::new()).unwrap();
            live.run().unwrap_err();
            assert!(live.merge(changes(&[(2, Some("b"))]), &Frontier::new()).is_err());
        }
    }

    #[test]
    fn a_reader_holds_up_neither_the_writer_nor_other_readers_and_sees_one_state() {
        let disk = Disk::new();
        let live = Live::new(Arc::new(disk.index()), Frontier::new(), Digest::default());
        live.merge(changes(&[(0, Some("old"))]), &Frontier::new()).unwrap();
        std::thread::scope(|scope| {
            let indexer = scope.spawn(|| live.run());
            let held = live.snapshot();
            for n in 1..200u64 {
                live.merge(changes(&[(0, Some("new")), (n, Some("row"))]), &Frontier::new()).unwrap();
            }
            assert_eq!(live.scan(Table::Lot, &[]).unwrap().len(), 200);
            while live.pending_rows() > 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
            assert_eq!(live.snapshot().scan(Table::Lot, &[]).unwrap().len(), 200);
            assert_eq!(held.scan(Table::Lot, &[]).unwrap().len(), 1);
            assert_eq!(held.get(Table::Lot, &0u64.to_be_bytes()).unwrap().unwrap(), b"old");
            drop(held);
            live.close();
            indexer.join().unwrap().unwrap();
        });
        assert_eq!(live.pending_rows(), 0);
        assert_eq!(disk.index().cursor().unwrap().unwrap().digest, digest_of(&disk.index()));
        assert_eq!(live.scan(Table::Lot, &[]).unwrap().len(), 200);
    }
}
