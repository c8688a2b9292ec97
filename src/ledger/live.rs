//! The state as of the last durable batch: rows not yet in the index on top of the index, and the thread that moves them.
//!
//! The sequencer [`Live::merge`]s a batch only after its journal frame is durable. The indexer thread takes what has
//! gathered, however many batches, and applies it to the index as one, with the cursor of the last batch. Dying anywhere
//! here loses nothing: the index stands at an earlier cursor, and the start replays the journal from there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock, RwLockReadGuard};

use super::digest::Digest;
use crate::chain::state::Changes;
use crate::chain::{State, StateError, Table};
use crate::log::Frontier;
use crate::store::{Cursor, Head, Index, IndexError};

/// More rows than these in memory and the sequencer waits for the indexer: about 100 MB.
const MOST_PENDING: usize = 200_000;

/// A row that is not in the index yet, and the batch that wrote it last.
type Pending = BTreeMap<(Table, Vec<u8>), (u64, Option<Vec<u8>>)>;

/// The state of a running ledger.
pub struct Live {
    index: Arc<dyn Index>,
    pending: RwLock<Pending>,
    progress: Mutex<Progress>,
    changed: Condvar,
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
        Live { index, pending: RwLock::default(), progress: Mutex::new(progress), changed: Condvar::new() }
    }

    /// Makes a durable batch visible. Waits while too much is pending.
    ///
    /// # Errors
    /// [`IndexError`] when the indexer has failed.
    pub fn merge(&self, changes: Changes, tree: &Frontier) -> Result<(), IndexError> {
        let mut progress = self.progress.lock();
        while progress.failed.is_none() && self.pending.read_recursive().len() > MOST_PENDING {
            self.changed.wait(&mut progress);
        }
        if let Some(why) = &progress.failed {
            return Err(IndexError(why.clone()));
        }
        progress.merged += 1;
        progress.tree = tree.clone();
        let batch = progress.merged;
        let mut pending = self.pending.write();
        for (key, value) in changes {
            pending.insert(key, (batch, value));
        }
        drop(pending);
        self.changed.notify_all();
        Ok(())
    }

    /// Moves everything merged so far into the index, as one.
    ///
    /// # Errors
    /// [`IndexError`]: the index is at the old cursor or at the new one.
    pub fn apply_pending(&self) -> Result<bool, IndexError> {
        let (batch, tree, mut digest, changes) = {
            let progress = self.progress.lock();
            if progress.merged == progress.applied {
                return Ok(false);
            }
            let pending = self.pending.read_recursive();
            let changes: Changes = pending.iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect();
            (progress.merged, progress.tree.clone(), progress.digest, changes)
        };
        for ((table, key), value) in &changes {
            let old = self.index.get(*table, key).map_err(|e| IndexError(e.0))?;
            digest.change(*table, key, old.as_deref(), value.as_deref());
        }
        self.index.apply(&changes, &cursor(&tree, digest))?;
        self.pending.write().retain(|_, (at, _)| *at > batch);
        let mut progress = self.progress.lock();
        progress.applied = batch;
        progress.digest = digest;
        self.changed.notify_all();
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
                    self.changed.wait(&mut progress);
                }
                progress.closed
            };
            // rows that many batches touch (a key's counter, the ledger's own row) are then written once
            if !closed {
                std::thread::sleep(Duration::from_millis(5));
            }
            match self.apply_pending() {
                Ok(false) if closed => return Ok(()),
                Ok(_) => {}
                Err(e) => {
                    self.progress.lock().failed = Some(e.0.clone());
                    self.changed.notify_all();
                    return Err(e);
                }
            }
        }
    }

    /// No more batches will come.
    pub fn close(&self) {
        self.progress.lock().closed = true;
        self.changed.notify_all();
    }

    /// Rows not in the index yet.
    pub fn pending_rows(&self) -> usize {
        self.pending.read_recursive().len()
    }

    /// One state for several reads: no batch becomes visible while it is held. Hold it briefly; the sequencer waits.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot { index: &*self.index, pending: self.pending.read_recursive() }
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
    index: &'a dyn Index,
    pending: RwLockReadGuard<'a, Pending>,
}

impl State for Snapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.pending.get(&(table, key.to_vec())) {
            Some((_, value)) => Ok(value.clone()),
            None => self.index.get(table, key),
        }
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StateError> {
        let mut over = self
            .pending
            .range((table, prefix.to_vec())..)
            .take_while(|((t, key), _)| *t == table && key.starts_with(prefix))
            .peekable();
        if over.peek().is_none() {
            return self.index.scan(table, prefix);
        }
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = self.index.scan(table, prefix)?.into_iter().collect();
        for ((_, key), (_, value)) in over {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }
}

impl State for Live {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        // the guard goes before the index is asked: a row leaves `pending` only once the index has it
        if let Some((_, value)) = self.pending.read_recursive().get(&(table, key.to_vec())) {
            return Ok(value.clone());
        }
        self.index.get(table, key)
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StateError> {
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
}
