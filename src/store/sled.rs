//! The index in sled 0.34.7, the last stable release.
//!
//! Facts this file works around, seen on that release: `flush()` on Linux does not fsync, and a half-written snapshot file
//! makes `open` fail for good. So only what the journal can rebuild lives here; rows and cursor go in one batch; `open` runs
//! inside `catch_unwind`, and on any error the directory is moved to `index.broken-<time>` and an empty one takes its place;
//! the background flush (the only fsync sled has) stays on; the cache has a size.
//!
//! Row: key = table byte, key; value = 8 bytes of BLAKE3 over key length, key and value, then the value. Table byte 0 holds
//! the cursor. What it is not: a store to trust. Every row is checked when read.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::files::sync_dir;
use super::{Cursor, EachRow, Head, Index, IndexError, Write, row_key};
use crate::chain::{State, StateError, Table};

/// What sled says when another handle has the directory.
const LOCKED: &str = "could not acquire lock";
/// How long another handle may take to let the directory go.
const LET_GO: Duration = Duration::from_secs(1);
/// Version of the rows. Another one is rebuilt from the journal.
const SCHEMA: u8 = 2;
const CURSOR: &[u8] = b"\0cursor";
/// How often sled's own thread makes what was written durable.
const FLUSH_EVERY_MS: u64 = 500;

/// An index in a directory.
pub struct Sled {
    tree: sled::Db,
    dir: PathBuf,
}

/// How opening went.
pub struct Opened {
    /// The index.
    pub index: Sled,
    /// Where the damaged one was moved, when there was one.
    pub broken: Option<(PathBuf, String)>,
}

impl Sled {
    /// Opens the index in `dir`, or moves a damaged one aside and starts an empty one.
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
                .cache_capacity(cache_bytes)
                .flush_every_ms(Some(FLUSH_EVERY_MS))
                .mode(sled::Mode::HighThroughput)
                .open()
        })?;
        let index = Sled { tree: opened.map_err(|e| IndexError(e.to_string()))?, dir: dir.to_owned() };
        let cursor = index.cursor()?;
        if cursor.is_none() && !quietly(|| index.tree.is_empty())? {
            return Err(IndexError("rows without a cursor".into()));
        }
        Ok(index)
    }

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let found = quietly(|| self.tree.get(key))?.map_err(|e| IndexError(e.to_string()))?;
        found.map(|value| open_value(key, &value)).transpose()
    }
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

fn open_value(key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, IndexError> {
    match sealed.split_at_checked(8) {
        Some((sum, value)) if *sum == seal(key, value) => Ok(value.to_vec()),
        _ => Err(IndexError(format!("the row at {} is damaged", data_encoding::HEXLOWER.encode(key)))),
    }
}

fn cursor_bytes(cursor: &Cursor) -> Vec<u8> {
    let mut bytes = vec![SCHEMA];
    bytes.extend_from_slice(&cursor.head.size.to_be_bytes());
    bytes.extend_from_slice(&cursor.head.root);
    bytes.extend_from_slice(&cursor.digest);
    for hash in &cursor.frontier {
        bytes.extend_from_slice(hash);
    }
    bytes
}

fn cursor_from(bytes: &[u8]) -> Option<Cursor> {
    let hash = |at: usize| bytes.get(at..at + 32).and_then(|b| <[u8; 32]>::try_from(b).ok());
    if bytes.first() != Some(&SCHEMA) || bytes.len() < 73 || !(bytes.len() - 73).is_multiple_of(32) {
        return None;
    }
    let size = u64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?);
    let frontier = (73..bytes.len()).step_by(32).map(hash).collect::<Option<Vec<_>>>()?;
    Some(Cursor { head: Head { size, root: hash(9)? }, digest: hash(41)?, frontier })
}

impl State for Sled {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        row_key(table, key, |row| self.read(row)).map_err(|e| StateError(e.0))
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StateError> {
        let found = quietly(|| {
            row_key(table, prefix, |prefix| self.tree.scan_prefix(prefix))
                .map(|row| {
                    let (key, value) = row.map_err(|e| IndexError(e.to_string()))?;
                    let value = open_value(&key, &value)?;
                    Ok((key[1..].to_vec(), value))
                })
                .collect::<Result<Vec<_>, IndexError>>()
        });
        found.and_then(|rows| rows).map_err(|e| StateError(e.0))
    }
}

impl Index for Sled {
    fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        match self.read(CURSOR)? {
            None => Ok(None),
            Some(bytes) => {
                cursor_from(&bytes).map(Some).ok_or_else(|| IndexError("a cursor of another version".into()))
            }
        }
    }

    fn apply(&self, rows: &[Write<'_>], cursor: &Cursor) -> Result<(), IndexError> {
        let (mut batch, mut sealed) = (sled::Batch::default(), Vec::new());
        let mut put = |batch: &mut sled::Batch, key: &[u8], value: &[u8]| {
            sealed.clear();
            sealed.extend_from_slice(&seal(key, value));
            sealed.extend_from_slice(value);
            batch.insert(key, sealed.as_slice());
        };
        put(&mut batch, CURSOR, &cursor_bytes(cursor));
        for write in rows {
            match write.value {
                Some(value) => put(&mut batch, write.row, value),
                None => batch.remove(write.row),
            }
        }
        quietly(|| self.tree.apply_batch(batch))?.map_err(|e| IndexError(e.to_string()))
    }

    fn each(&self, each: &mut EachRow<'_>) -> Result<(), IndexError> {
        quietly(|| {
            for row in self.tree.iter() {
                let (key, value) = row.map_err(|e| IndexError(e.to_string()))?;
                let value = open_value(&key, &value)?;
                if let Some((table, key)) = key.split_first().filter(|(table, _)| **table != 0) {
                    each(*table, key, &value);
                }
            }
            Ok(())
        })?
    }

    fn sync(&self) -> Result<(), IndexError> {
        quietly(|| self.tree.flush())?.map_err(|e| IndexError(e.to_string()))?;
        // sled wrote, and did not fsync
        sync_all(&self.dir).map_err(|e| IndexError(format!("fsync {}: {e}", self.dir.display())))
    }

    fn wipe(&self) -> Result<(), IndexError> {
        quietly(|| self.tree.clear())?.map_err(|e| IndexError(e.to_string()))
    }
}

#[cfg(test)]
#[path = "sled_tests.rs"]
mod tests;
