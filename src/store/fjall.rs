//! The index on fjall 3, an LSM tree with snapshots, atomic batches and a checksum on every block.
//!
//! All rows and the cursor are in one keyspace, so they are in the same memtable and are flushed together: after a
//! crash the tables hold the state after some batch, and the cursor in them says which.
//!
//! Facts of fjall 3.1.13 that this file relies on, each covered by a test below:
//! * A memtable is rotated between two batches, never within one, and memtables are flushed in order.
//! * Its write-ahead log (`*.jnl`) is not needed: the ledger's journal is the truth. Batches are not synced, and the log is
//!   **discarded at every open** ([`discard_log`]), so that a lost or damaged log file can't leave a gap. Its content is
//!   replayed from the ledger's journal. One empty log file must exist: without any, fjall restarts at sequence number 0 and
//!   hides new rows behind old ones.
//! * It writes a checksum of each keyspace's manifest (`v<N>`, named by `current`) but does not verify it: a flipped bit there
//!   can hide new rows behind old ones. [`check_manifests`] verifies it.
//! * A write or a flush for which the disk has no room poisons the database: it still reads, and writes nothing until it is opened
//!   again ([`Index::reopen`]). Its writers wait without end for a fourth memtable to be flushed: so none is written while three wait.
//! * Opening may fail or panic on damaged files. In both cases the directory is moved to `index.broken-<time>` and an empty
//!   index is created, unless the disk has no room for what the engine writes at once: then nothing is moved, because nothing may be
//!   damaged. A damaged block that is read later is a [`StateError`]: the ledger stops, and its next start rebuilds.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fjall::compaction::Leveled;
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Snapshot};
use parking_lot::RwLock;
use xxhash_rust::xxh3::xxh3_128;

use super::files::{A_LITTLE, no_room, room, sync_dir};
use super::move_away::move_away;
use super::{Cursor, EachRow, Head, Index, IndexError, View, Write, row_key};
use crate::causes::Whole;
use crate::chain::rows::VERSION;
use crate::chain::state::{RowIter, Scan};
use crate::chain::{State, StateError, Table};

/// Bytes of one memtable. Up to four exist before writers wait (one active, three being flushed): 64 MB, or 96 MB with the
/// block cache of `config.toml`.
const MEMTABLE: u64 = 16 << 20;
/// Bytes that the engine may write at once: all memtables.
pub const FLUSH: u64 = 4 * MEMTABLE;
/// Bytes of the engine's write-ahead log, which is thrown away: the smallest that the engine takes, four memtables. Above it the
/// engine flushes the oldest memtable.
const DISCARDED_LOG: u64 = 64 << 20;
/// Sorted runs of the first level before they are merged into the next: fewer merges, for a few more filters per read.
const FIRST_LEVEL_RUNS: u8 = 8;
/// The keyspace that holds all rows.
const ROWS: &str = "rows";
/// Key of the cursor: sorts before every row, whose first byte is a table of at least 1.
const CURSOR: &[u8] = b"\0cursor";
/// How long a clean stop waits for memtables to be flushed. What is not flushed is replayed at the next start.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// Memtables that may wait to be flushed before a write waits.
const MOST_SEALED: usize = 3;
/// How long a write waits for that.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long [`Index::reopen`] waits for the views that are held.
const VIEWS_TIMEOUT: Duration = Duration::from_secs(2);

/// The index of a ledger directory.
pub struct Fjall {
    dir: PathBuf,
    cache_bytes: u64,
    /// `None` when it could not be opened again.
    live: RwLock<Option<Live>>,
}

/// The open database.
struct Live {
    database: Database,
    rows: Keyspace,
    /// Cloned into each view and each scan.
    views: Arc<()>,
}

/// Size, root and frontier, which follow the version in the row of the cursor.
type StoredCursor = (u64, [u8; 32], Vec<[u8; 32]>);

/// The result of opening.
pub struct Opened {
    /// The index.
    pub index: Fjall,
    /// Where a damaged index was moved to, and what was wrong with it.
    pub broken: Option<(PathBuf, IndexError)>,
}

impl Fjall {
    /// Opens the index in `dir`, with a block cache of `cache_bytes`. One that can't be opened is moved away.
    ///
    /// # Errors
    /// [`IndexError`] when not even an empty one can be created, or another process has it open.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Opened, IndexError> {
        let why = match Fjall::open_strict(dir, cache_bytes) {
            Ok(index) => return Ok(Opened { index, broken: None }),
            Err(why) => why,
        };
        if !dir.exists() || is_locked(dir) || dir.parent().is_some_and(|home| no_room(home, FLUSH)) {
            return Err(why);
        }
        let moved_to = Fjall::move_away(dir)?;
        let index = Fjall::open_strict(dir, cache_bytes)?;
        Ok(Opened { index, broken: Some((moved_to, why)) })
    }

    /// Opens the index in `dir`; a damaged one is left in place.
    ///
    /// # Errors
    /// [`IndexError`] when its files are damaged or a system call fails.
    pub fn open_strict(dir: &Path, cache_bytes: u64) -> Result<Fjall, IndexError> {
        let live = RwLock::new(Some(Live::open(dir, cache_bytes)?));
        Ok(Fjall { dir: dir.to_owned(), cache_bytes, live })
    }

    /// The ledger's directory.
    fn home(&self) -> &Path {
        self.dir.parent().unwrap_or(&self.dir)
    }
}

impl Live {
    fn open(dir: &Path, cache_bytes: u64) -> Result<Live, IndexError> {
        if is_locked(dir) {
            return Err(IndexError::new("another process has it open"));
        }
        discard_log(dir).map_err(|e| IndexError::of("discard the index's own log", e))?;
        check_manifests(dir)?;
        let opened = catch_unwind(AssertUnwindSafe(|| -> fjall::Result<Live> {
            let database = Database::builder(dir)
                .cache_size(cache_bytes)
                .max_journaling_size(DISCARDED_LOG)
                .manual_journal_persist(true)
                .worker_threads(2)
                .open()?;
            let rows = database.keyspace(ROWS, options)?;
            Ok(Live { database, rows, views: Arc::new(()) })
        }));
        match opened {
            Ok(opened) => opened.map_err(|e| IndexError::of("open", Whole(e))),
            Err(_) => Err(IndexError::new("open: the engine panicked on its files")),
        }
    }

    /// Whether a write or a flush failed: it writes nothing any more.
    fn is_poisoned(&self) -> bool {
        self.database.persist(PersistMode::Buffer).is_err()
    }

    /// Waits until fewer than `most` memtables wait to be flushed.
    fn flushed_below(&self, most: usize, timeout: Duration) -> Result<(), IndexError> {
        let end = Instant::now() + timeout;
        while self.rows.sealed_memtable_count() >= most {
            if self.is_poisoned() {
                return Err(IndexError::new("flush: an earlier write failed"));
            }
            if Instant::now() > end {
                return Err(IndexError::new(format!("not flushed within {} s", timeout.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// After a reopen failed.
fn closed() -> IndexError {
    IndexError::new("it is closed: there was no room to open it again")
}

impl Fjall {
    /// Moves the directory away, to `index.broken-<time>` beside it.
    ///
    /// # Errors
    /// [`IndexError`] when a system call fails.
    pub fn move_away(dir: &Path) -> Result<PathBuf, IndexError> {
        let moved = move_away(dir).and_then(|moved_to| {
            dir.parent().map_or(Ok(()), sync_dir)?;
            Ok(moved_to)
        });
        moved.map_err(|e| IndexError::of("move the index away", e))
    }
}

fn options() -> KeyspaceCreateOptions {
    // not for the first two levels, which are soon rewritten
    let compression = [CompressionType::None, CompressionType::None, CompressionType::Lz4];
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE)
        .manual_journal_persist(true)
        .data_block_compression_policy(CompressionPolicy::new(compression))
        .compaction_strategy(Arc::new(Leveled::default().with_l0_threshold(FIRST_LEVEL_RUNS)))
}

/// Whether another handle has the engine's lock. The ledger's own lock is held, so nobody takes this one meanwhile.
fn is_locked(dir: &Path) -> bool {
    let held = |file: fs::File| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
    fs::OpenOptions::new().read(true).write(true).open(dir.join("lock")).is_ok_and(held)
}

/// Removes the engine's write-ahead log, except for one empty file.
fn discard_log(dir: &Path) -> io::Result<()> {
    // missing or never fully created: fjall creates it
    if !dir.join("keyspaces").exists() {
        return Ok(());
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jnl") {
            fs::remove_file(path)?;
        }
    }
    fs::File::create(dir.join("0.jnl"))?.sync_all()
}

/// Verifies the manifest of every keyspace against the checksum in its `current`: version (u64 little-endian), then XXH3-128 of
/// the manifest (u128 little-endian).
fn check_manifests(dir: &Path) -> Result<(), IndexError> {
    let Ok(keyspaces) = fs::read_dir(dir.join("keyspaces")) else { return Ok(()) };
    for keyspace in keyspaces {
        let keyspace = keyspace.map_err(|e| IndexError::of("list the keyspaces", e))?.path();
        let name = format!("the manifest of {}", keyspace.display());
        // without one fjall creates an empty keyspace, which has no cursor
        let Ok(current) = fs::read(keyspace.join("current")) else { continue };
        let version = current.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
        let checksum = current.get(8..24).and_then(|bytes| bytes.try_into().ok()).map(u128::from_le_bytes);
        let (Some(version), Some(checksum)) = (version, checksum) else {
            return Err(IndexError::new(format!("{name}: its pointer is too short")));
        };
        let manifest = fs::read(keyspace.join(format!("v{version}"))).map_err(|e| IndexError::of(name.as_str(), e))?;
        if xxh3_128(&manifest) != checksum {
            return Err(IndexError::new(format!("{name}: its checksum does not hold")));
        }
    }
    Ok(())
}

fn state_error(error: fjall::Error) -> StateError {
    StateError::of("the index can't be read", Whole(error))
}

fn read(rows: &Keyspace, snapshot: Option<&Snapshot>, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
    let found = row_key(table, key, |row| match snapshot {
        Some(snapshot) => snapshot.get(rows, row),
        None => rows.get(row),
    });
    Ok(found.map_err(state_error)?.map(Bytes::from))
}

/// The rows hold `views` as long as they are read.
fn scan(rows: &Keyspace, snapshot: &Snapshot, table: Table, scan: Scan<'_>, views: &Arc<()>) -> RowIter<'static> {
    let of = |key: Vec<u8>| [&[table as u8], &key[..]].concat();
    let (from, to) = scan.bounds();
    let to = match to.map(of) {
        std::ops::Bound::Unbounded => std::ops::Bound::Excluded(vec![table as u8 + 1]),
        to => to,
    };
    let found = snapshot.range(rows, (from.map(of), to));
    let held = views.clone();
    let row = move |guard: fjall::Guard| {
        let _held = &held;
        let (key, value) = guard.into_inner().map_err(state_error)?;
        Ok((Bytes::from(key).slice(1..), Bytes::from(value)))
    };
    if scan.reverse { Box::new(found.rev().map(row)) } else { Box::new(found.map(row)) }
}

/// A snapshot of the rows.
struct SnapshotView {
    rows: Keyspace,
    snapshot: Snapshot,
    held: Arc<()>,
}

/// A snapshot of an index that is closed.
struct ClosedView;

impl State for ClosedView {
    fn get(&self, _: Table, _: &[u8]) -> Result<Option<Bytes>, StateError> {
        Err(StateError::of("the index can't be read", closed()))
    }

    fn scan(&self, _: Table, _: Scan<'_>) -> RowIter<'_> {
        Box::new(std::iter::once(Err(StateError::of("the index can't be read", closed()))))
    }
}

impl State for SnapshotView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        read(&self.rows, Some(&self.snapshot), table, key)
    }

    fn scan(&self, table: Table, wanted: Scan<'_>) -> RowIter<'_> {
        scan(&self.rows, &self.snapshot, table, wanted, &self.held)
    }
}

impl State for Fjall {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        match &*self.live.read() {
            Some(live) => read(&live.rows, None, table, key),
            None => ClosedView.get(table, key),
        }
    }

    fn scan(&self, table: Table, wanted: Scan<'_>) -> RowIter<'_> {
        match &*self.live.read() {
            Some(live) => scan(&live.rows, &live.database.snapshot(), table, wanted, &live.views),
            None => Box::new(std::iter::once(Err(StateError::of("the index can't be read", closed())))),
        }
    }
}

impl Index for Fjall {
    fn view(&self) -> View {
        match &*self.live.read() {
            Some(live) => Arc::new(SnapshotView {
                rows: live.rows.clone(),
                snapshot: live.database.snapshot(),
                held: live.views.clone(),
            }),
            None => Arc::new(ClosedView),
        }
    }

    fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        let live = self.live.read();
        let live = live.as_ref().ok_or_else(closed)?;
        let Some(bytes) = live.rows.get(CURSOR).map_err(|e| IndexError::of("read the cursor", Whole(e)))? else {
            return Ok(None);
        };
        let Some((version, bytes)) = bytes.split_first() else { return Err(IndexError::new("the cursor is empty")) };
        if *version != VERSION {
            return Err(IndexError::new(format!("its rows are of version {version}, this program writes {VERSION}")));
        }
        let decoded = postcard::from_bytes::<StoredCursor>(bytes);
        let (size, root, frontier) = decoded.map_err(|e| IndexError::of("decode the cursor", e))?;
        Ok(Some(Cursor { head: Head { size, root }, frontier }))
    }

    fn apply(&self, rows: Vec<Write>, cursor: &Cursor) -> Result<(), IndexError> {
        let live = self.live.read();
        let live = live.as_ref().ok_or_else(closed)?;
        // a fourth would make the engine wait without end if it can't flush
        live.flushed_below(MOST_SEALED, STALL_TIMEOUT)?;
        let mut batch = live.database.batch();
        for Write { row, value } in rows {
            match value {
                Some(value) => batch.insert(&live.rows, Bytes::from(row), value),
                None => batch.remove(&live.rows, Bytes::from(row)),
            }
        }
        let Cursor { head, frontier } = cursor;
        let bytes = postcard::to_extend(&(head.size, head.root, frontier), vec![VERSION]);
        batch.insert(&live.rows, CURSOR, bytes.map_err(|e| IndexError::of("encode the cursor", e))?);
        batch.commit().map_err(|e| IndexError::of("write", Whole(e)))
    }

    fn each(&self, each: &mut EachRow<'_>) -> Result<(), IndexError> {
        let live = self.live.read();
        let live = live.as_ref().ok_or_else(closed)?;
        for guard in live.database.snapshot().iter(&live.rows) {
            let (key, value) = guard.into_inner().map_err(|e| IndexError::of("read", Whole(e)))?;
            match key.split_first() {
                Some((0, _)) | None => {}
                Some((table, key)) => each(*table, key, &value),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        let live = self.live.read();
        let live = live.as_ref().ok_or_else(closed)?;
        live.rows.rotate_memtable().map_err(|e| IndexError::of("flush", Whole(e)))?;
        live.flushed_below(1, FLUSH_TIMEOUT)
    }

    fn wipe(&self) -> Result<(), IndexError> {
        let live = self.live.read();
        live.as_ref().ok_or_else(closed)?.rows.clear().map_err(|e| IndexError::of("clear", Whole(e)))
    }

    fn reopen(&self) -> Result<(), IndexError> {
        let mut live = self.live.write();
        if let Some(open) = &*live {
            let end = Instant::now() + VIEWS_TIMEOUT;
            while Arc::strong_count(&open.views) > 1 {
                if Instant::now() > end {
                    return Err(IndexError::Held);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        // the old one first: it holds the lock
        *live = None;
        *live = Some(Live::open(&self.dir, self.cache_bytes)?);
        Ok(())
    }

    fn has_room(&self) -> bool {
        room(self.home(), A_LITTLE).is_ok()
    }

    fn has_room_to_flush(&self) -> bool {
        room(self.home(), FLUSH).is_ok()
    }
}

#[cfg(test)]
#[path = "fjall_tests.rs"]
mod tests;
