//! The index: packed runs of rows in files, and in sled 0.34.7, the last stable release, which of them count.
//!
//! Facts this file works around, seen on that release: `flush()` on Linux does not fsync, and a half-written snapshot file
//! makes `open` fail for good; a row of its own costs some 11 us of CPU; where large values are written over or removed, one
//! close in ten never ends (reservations of its log are not given back, and the flush waits for them). So only what the
//! journal can rebuild lives here; rows go into blocks in files ([`super::packed`]); sled holds one small value, which runs
//! count and the cursor, so rows and cursor move together; `open` runs inside `catch_unwind`, and on any error the directory
//! is moved to `index.broken-<time>` and an empty one takes its place; nobody waits for a flush longer than [`PATIENCE`]; the
//! background flush (the only fsync sled has) stays on; the cache has a size.
//!
//! A run is durable before it counts. One that counts no more is kept for [`KEPT`], while sled makes its successor durable.
//! Files of runs that do not count are removed at the next open. Value in sled: 8 bytes of BLAKE3 over key length, key and
//! bytes, then the bytes. What it is not: a store to trust. Every block is checked when read.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::{Condvar, Mutex, RwLock};
use serde::{Deserialize, Serialize};

use super::files::sync_dir;
use super::packed::files::{Files, Passing};
use super::packed::hash_of;
use super::packed::merge::{Merged, due};
use super::packed::run::{Meta, Prefix, Run, Writer};
use super::{Cursor, EachRow, Head, Index, IndexError, View, Write, row_key};
use crate::chain::state::Rows;
use crate::chain::{State, StateError, Table};

/// What sled says when another handle has the directory.
const LOCKED: &str = "could not acquire lock";
/// How long another handle may take to let the directory go.
const LET_GO: Duration = Duration::from_secs(1);
/// Version of the rows. Another one is rebuilt from the journal.
const SCHEMA: u8 = 5;
const MANIFEST: &[u8] = b"\0cursor";
/// How long a flush of sled may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the file of a run that was joined is kept: many times [`FLUSH_EVERY_MS`].
const KEPT: Duration = Duration::from_secs(10);
/// After how long runs that could not be joined are tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// Bytes of sled's own cache: it holds one small value.
const SLED_CACHE: u64 = 4 << 20;
/// How often sled's own thread makes what was written durable.
const FLUSH_EVERY_MS: u64 = 500;

/// What counts: every run that it does not name is left over. Its value is a version, and no more when all was wiped.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    size: u64,
    root: [u8; 32],
    digest: [u8; 32],
    frontier: Vec<[u8; 32]>,
    /// Newest first.
    runs: Vec<Meta>,
}

impl Manifest {
    fn new(cursor: &Cursor, runs: &[Arc<Run>]) -> Manifest {
        let Cursor { head, digest, frontier } = cursor.clone();
        let runs = runs.iter().map(|run| run.meta).collect();
        Manifest { size: head.size, root: head.root, digest, frontier, runs }
    }

    fn cursor(&self) -> Cursor {
        let head = Head { size: self.size, root: self.root };
        Cursor { head, digest: self.digest, frontier: self.frontier.clone() }
    }

    fn to_bytes(&self) -> Result<Vec<u8>, IndexError> {
        let bytes = postcard::to_extend(self, vec![SCHEMA]);
        bytes.map_err(|e| IndexError(format!("encode the manifest: {e}")))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Option<Manifest>, IndexError> {
        match bytes.split_first() {
            Some((&SCHEMA, [])) => Ok(None),
            Some((&SCHEMA, rest)) => match postcard::from_bytes(rest) {
                Ok(manifest) => Ok(Some(manifest)),
                Err(error) => Err(IndexError(format!("the manifest does not decode: {error}"))),
            },
            _ => Err(IndexError("a cursor of another version".into())),
        }
    }
}

/// Newest first.
type Runs = Arc<Vec<Arc<Run>>>;

/// An index in a directory, and the thread that joins its runs.
pub struct Sled {
    inner: Arc<Inner>,
    joiner: Option<JoinHandle<()>>,
}

struct Inner {
    db: Db,
    blocks: Files,
    dir: PathBuf,
    runs: RwLock<Runs>,
    /// `None` while nothing was applied. Held while it is decided what counts.
    cursor: Mutex<Option<Cursor>>,
    /// The number of the next run. No number is used twice, also not after a wipe.
    next: AtomicU64,
    /// Runs that no longer count, and since when: their files go once no view shows them.
    retired: Mutex<Vec<(Instant, Arc<Run>)>>,
    work: Mutex<Work>,
    wake: Condvar,
}

#[derive(Default)]
struct Work {
    /// Something was applied.
    more: bool,
    closed: bool,
}

/// sled, dropped by a thread of its own: its drop flushes, and a flush may never end.
struct Db(Option<sled::Db>);

/// How opening went.
pub struct Opened {
    /// The index.
    pub index: Sled,
    /// Where the damaged one was moved, when there was one.
    pub broken: Option<(PathBuf, String)>,
}

impl Sled {
    /// Opens the index in `dir`, or moves a damaged one aside and starts an empty one. It keeps some `cache_bytes` of what was
    /// read lately.
    ///
    /// # Errors
    /// [`IndexError`] when even an empty one can't be made.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Opened, IndexError> {
        // sled's own threads may hold its lock for a moment after the last handle is gone
        let end = Instant::now() + LET_GO;
        loop {
            match Sled::try_open(dir, cache_bytes) {
                Ok(index) => return Ok(Opened { index, broken: None }),
                Err(why) if why.0.contains(LOCKED) && Instant::now() < end => std::thread::sleep(LET_GO / 40),
                // whole, but still open elsewhere: nothing to move
                Err(why) if why.0.contains(LOCKED) => return Err(why),
                Err(why) => {
                    let aside = Sled::move_aside(dir)?;
                    let index = Sled::try_open(dir, cache_bytes)?;
                    return Ok(Opened { index, broken: Some((aside, why.0)) });
                }
            }
        }
    }

    /// Moves `dir` to `index.broken-<time>`.
    ///
    /// # Errors
    /// [`IndexError`] when the system refuses.
    pub fn move_aside(dir: &Path) -> Result<PathBuf, IndexError> {
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut aside = dir.with_file_name(format!("{name}.broken-{stamp}"));
        let mut n = 1;
        while aside.exists() {
            aside = dir.with_file_name(format!("{name}.broken-{stamp}-{n}"));
            n += 1;
        }
        fs::rename(dir, &aside).map_err(|e| IndexError(format!("move {} aside: {e}", dir.display())))?;
        Ok(aside)
    }

    fn try_open(dir: &Path, cache_bytes: u64) -> Result<Sled, IndexError> {
        let opened = quietly(|| {
            sled::Config::new()
                .path(dir)
                .cache_capacity(SLED_CACHE)
                .flush_every_ms(Some(FLUSH_EVERY_MS))
                .mode(sled::Mode::HighThroughput)
                .open()
        })?;
        let db = Db(Some(opened.map_err(|e| IndexError(e.to_string()))?));
        // none: killed before the first rows were whole, and there is nothing to go on from
        let manifest = match db.get(MANIFEST)? {
            Some(bytes) => Manifest::from_bytes(&bytes)?,
            None => None,
        };
        let metas = manifest.as_ref().map(|m| m.runs.as_slice()).unwrap_or_default();
        let known: Vec<u64> = metas.iter().map(|meta| meta.id).collect();
        let blocks = Files::open(dir.join("runs"), &known, cache_bytes)?;
        let runs = metas.iter().map(|meta| Run::open(*meta, &blocks).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        let next = metas.iter().map(|meta| meta.id + 1).max().unwrap_or_default();
        let inner = Arc::new(Inner {
            db,
            blocks,
            dir: dir.to_owned(),
            runs: RwLock::new(Arc::new(runs)),
            cursor: Mutex::new(manifest.as_ref().map(Manifest::cursor)),
            next: AtomicU64::new(next),
            retired: Mutex::default(),
            // what an earlier process did not come to
            work: Mutex::new(Work { more: true, closed: false }),
            wake: Condvar::new(),
        });
        let joining = inner.clone();
        let joiner = std::thread::Builder::new().name("jejak-runs".into()).spawn(move || joining.join_runs());
        let joiner = joiner.map_err(|e| IndexError(format!("a thread for the index: {e}")))?;
        Ok(Sled { inner, joiner: Some(joiner) })
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        self.inner.work.lock().closed = true;
        self.inner.wake.notify_all();
        let _ = self.joiner.take().map(JoinHandle::join);
    }
}

impl Db {
    fn tree(&self) -> Result<&sled::Db, IndexError> {
        self.0.as_ref().ok_or_else(|| IndexError("closed".into()))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError> {
        let tree = self.tree()?;
        let found = quietly(|| tree.get(key))?.map_err(|e| IndexError(e.to_string()))?;
        found.map(|value| open_value(key, value)).transpose()
    }

    fn put(&self, key: &[u8], bytes: &[u8]) -> Result<(), IndexError> {
        let (tree, sealed) = (self.tree()?, [&seal(key, bytes), bytes].concat());
        quietly(|| tree.insert(key, sealed))?.map(|_| ()).map_err(|e| IndexError(e.to_string()))
    }

    fn flush(&self) -> Result<(), IndexError> {
        let tree = self.tree()?.clone();
        within_patience(move || quietly(|| tree.flush())?.map(|_| ()).map_err(|e| IndexError(e.to_string())))?
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        let tree = self.0.take();
        if let Err(error) = within_patience(move || drop(tree)) {
            tracing::error!(%error, "sled did not close; the next start catches up from the journal");
        }
    }
}

/// Does `work` on a thread of its own, and waits no longer than [`PATIENCE`] for it.
fn within_patience<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, IndexError> {
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    let spawned = std::thread::Builder::new().name("jejak-sled".into()).spawn(move || done.send(work()));
    let thread = spawned.map_err(|e| IndexError(format!("a thread for sled: {e}")))?;
    let said = wait.recv_timeout(PATIENCE).map_err(|_| IndexError("sled's flush does not end".into()))?;
    let _ = thread.join();
    Ok(said)
}

/// sled panics on some damage: that is an error like any other.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        IndexError(format!("sled panicked: {said}"))
    })
}

/// Every file under `dir`, then the names in it.
fn sync_all(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            match fs::File::open(entry.path()) {
                Ok(file) => file.sync_all()?,
                // a snapshot that a newer one replaced
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
    sync_dir(dir)
}

fn seal(key: &[u8], value: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(value);
    let mut sum = [0; 8];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    sum
}

fn open_value(key: &[u8], sealed: sled::IVec) -> Result<Bytes, IndexError> {
    match sealed.split_at_checked(8) {
        Some((sum, value)) if *sum == seal(key, value) => Ok(Bytes::from_owner(sealed).slice(8..)),
        _ => Err(IndexError(format!("the value at {} is damaged", data_encoding::HEXLOWER.encode(key)))),
    }
}

impl Inner {
    /// A number for a run that is written now.
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes these runs and this cursor what counts, as one value. `at` is locked by the caller.
    fn commit(&self, at: &mut Option<Cursor>, cursor: &Cursor, runs: Vec<Arc<Run>>) -> Result<(), IndexError> {
        self.db.put(MANIFEST, &Manifest::new(cursor, &runs).to_bytes()?)?;
        *self.runs.write() = Arc::new(runs);
        *at = Some(cursor.clone());
        Ok(())
    }

    /// The joining thread: until closed.
    fn join_runs(&self) {
        loop {
            {
                let mut work = self.work.lock();
                while !work.more && !work.closed {
                    self.wake.wait(&mut work);
                }
                if work.closed {
                    return;
                }
                work.more = false;
            }
            let joined = self.join_due();
            self.forget_retired();
            if let Err(error) = joined {
                // what is there stays right; whoever reads a damaged block has the index rebuilt. A full disk may get room
                tracing::error!(%error, "runs of the index could not be joined; tried again in a while");
                let mut work = self.work.lock();
                let again = Instant::now() + AGAIN;
                while !work.closed && !self.wake.wait_until(&mut work, again).timed_out() {}
                work.more = true;
            }
        }
    }

    fn join_due(&self) -> Result<(), IndexError> {
        loop {
            let runs = self.runs.read().clone();
            let rows: Vec<u64> = runs.iter().map(|run| run.meta.rows).collect();
            let Some(window) = due(&rows) else { return Ok(()) };
            let (id, oldest) = (self.number(), window.end == runs.len());
            let joined = self.join(id, &runs[window], oldest);
            if !matches!(joined, Ok(true)) {
                self.blocks.forget(id);
                return joined.map(|_| ());
            }
        }
    }

    /// Joins neighbouring runs into run `id`, in their place; false when it is closed, or all was wiped meanwhile.
    fn join(&self, id: u64, old: &[Arc<Run>], oldest: bool) -> Result<bool, IndexError> {
        let blocks = Passing(&self.blocks);
        let mut writer = Writer::new(&blocks, id, old.iter().map(|run| run.meta.rows).sum());
        let mut merged = Merged::new(&blocks, old, &[])?;
        let mut told = 0u32;
        while let Some((row, value)) = merged.next()? {
            // with nothing below, a deleted row is no row
            if value.is_some() || !oldest {
                writer.push(row, value)?;
            }
            told = told.wrapping_add(1);
            if told.is_multiple_of(1_024) && self.work.lock().closed {
                return Ok(false);
            }
        }
        let new = writer.finish()?;
        self.blocks.sync(id)?;
        let mut at = self.cursor.lock();
        // newer ones may have come in front
        let mut runs = self.runs.read().to_vec();
        let place = runs.iter().position(|run| old.first().is_some_and(|old| old.meta.id == run.meta.id));
        let (Some(place), Some(cursor)) = (place, at.clone()) else { return Ok(false) };
        runs.splice(place..place + old.len(), [new]);
        self.commit(&mut at, &cursor, runs)?;
        drop(at);
        self.retired.lock().extend(old.iter().map(|run| (Instant::now(), run.clone())));
        Ok(true)
    }

    /// Removes the files of runs that nobody looks at any more, and that no start will ask for.
    fn forget_retired(&self) {
        self.retired.lock().retain(|(since, run)| {
            let keep = Arc::strong_count(run) > 1 || since.elapsed() < KEPT;
            if !keep {
                self.blocks.forget(run.meta.id);
            }
            keep
        });
    }

    fn get(&self, runs: &[Arc<Run>], row: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let hash = hash_of(row);
        for run in runs {
            if let Some(found) = run.get(&self.blocks, row, hash)? {
                return Ok(found.map(Vec::from));
            }
        }
        Ok(None)
    }

    fn scan(&self, runs: &[Arc<Run>], prefix: &[u8]) -> Result<Rows, IndexError> {
        let begins = Prefix::new(prefix);
        let runs: Vec<Arc<Run>> = runs.iter().filter(|run| run.may_begin(&begins)).cloned().collect();
        let (mut merged, mut rows) = (Merged::new(&self.blocks, &runs, prefix)?, Vec::new());
        while let Some((row, value)) = merged.next()?.filter(|(row, _)| row.starts_with(prefix)) {
            if let Some(value) = value {
                rows.push((row[1..].to_vec(), value.to_vec()));
            }
        }
        Ok(rows)
    }
}

/// The index at one moment.
struct AsOf {
    inner: Arc<Inner>,
    runs: Runs,
}

impl State for AsOf {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        row_key(table, key, |row| self.inner.get(&self.runs, row)).map_err(|e| StateError(e.0))
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        row_key(table, prefix, |prefix| self.inner.scan(&self.runs, prefix)).map_err(|e| StateError(e.0))
    }
}

impl State for Sled {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.now().get(table, key)
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        self.now().scan(table, prefix)
    }
}

impl Sled {
    fn now(&self) -> AsOf {
        AsOf { inner: self.inner.clone(), runs: self.inner.runs.read().clone() }
    }
}

impl Index for Sled {
    fn view(&self) -> View {
        Arc::new(self.now())
    }

    fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        Ok(self.inner.cursor.lock().clone())
    }

    fn apply(&self, rows: &[Write<'_>], cursor: &Cursor) -> Result<(), IndexError> {
        let inner = &*self.inner;
        let mut ordered: Vec<&Write<'_>> = rows.iter().collect();
        ordered.sort_by_key(|write| write.row);
        let mut new = None;
        if !ordered.is_empty() {
            let mut writer = Writer::new(&inner.blocks, inner.number(), ordered.len() as u64);
            for write in ordered {
                writer.push(write.row, write.value)?;
            }
            let run = writer.finish()?;
            inner.blocks.sync(run.meta.id)?;
            new = Some(run);
        }
        let mut at = inner.cursor.lock();
        let runs = new.into_iter().chain(inner.runs.read().iter().cloned()).collect();
        inner.commit(&mut at, cursor, runs)?;
        drop(at);
        inner.work.lock().more = true;
        inner.wake.notify_all();
        Ok(())
    }

    fn each(&self, each: &mut EachRow<'_>) -> Result<(), IndexError> {
        let (runs, blocks) = (self.inner.runs.read().clone(), Passing(&self.inner.blocks));
        let mut merged = Merged::new(&blocks, &runs, &[])?;
        while let Some((row, value)) = merged.next()? {
            if let (Some((table, key)), Some(value)) = (row.split_first(), value) {
                each(*table, key, value);
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        self.inner.db.flush()?;
        // sled wrote, and did not fsync
        sync_all(&self.inner.dir).map_err(|e| IndexError(format!("fsync {}: {e}", self.inner.dir.display())))
    }

    fn wipe(&self) -> Result<(), IndexError> {
        let inner = &*self.inner;
        let mut at = inner.cursor.lock();
        inner.db.put(MANIFEST, &[SCHEMA])?;
        let gone = std::mem::take(&mut *inner.runs.write());
        inner.retired.lock().extend(gone.iter().map(|run| (Instant::now(), run.clone())));
        *at = None;
        Ok(())
    }
}

#[cfg(test)]
#[path = "sled_tests.rs"]
mod tests;
