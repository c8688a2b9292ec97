//! Blocks in files, one a run: appended while the run is written, durable before it counts, removed some time after it does
//! not count any more.
//!
//! Block in a file: 8 bytes of BLAKE3 over run, place and bytes, then the bytes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::super::IndexError;
use super::super::files::sync_dir;
use super::super::generations::Generations;
use super::Blocks;
use super::block::BLOCK;

const SEAL: usize = 8;

/// The files of a directory, and blocks read lately: a block is checked once while it is at hand.
pub(in super::super) struct Files {
    dir: PathBuf,
    open: Mutex<HashMap<u64, Arc<File>>>,
    lately: Mutex<Generations<(u64, u64), Bytes>>,
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> IndexError {
    IndexError(format!("{what} {}: {error}", path.display()))
}

impl Files {
    /// The files in `dir`, which is made when it is not there; those of other runs than `known` are left over, and go. Blocks
    /// read lately hold some `cache_bytes`.
    ///
    /// # Errors
    /// [`IndexError`] when the system refuses.
    pub(in super::super) fn open(dir: PathBuf, known: &[u64], cache_bytes: u64) -> Result<Files, IndexError> {
        fs::create_dir_all(&dir).map_err(|e| failed("make", &dir, &e))?;
        // two generations of so many
        let most = usize::try_from(cache_bytes / (2 * BLOCK as u64)).unwrap_or(usize::MAX).max(1);
        let files = Files { dir, open: Mutex::default(), lately: Mutex::new(Generations::new(most)) };
        let names = fs::read_dir(&files.dir).map_err(|e| failed("list", &files.dir, &e))?;
        for name in names.flatten() {
            let run = name.file_name().to_str().and_then(|name| u64::from_str_radix(name, 16).ok());
            if !run.is_some_and(|run| known.contains(&run)) {
                fs::remove_file(name.path()).map_err(|e| failed("remove", &name.path(), &e))?;
            }
        }
        Ok(files)
    }

    fn path(&self, run: u64) -> PathBuf {
        self.dir.join(format!("{run:016x}"))
    }

    fn file(&self, run: u64, new: bool) -> Result<Arc<File>, IndexError> {
        let mut open = self.open.lock();
        if let Some(file) = open.get(&run) {
            return Ok(file.clone());
        }
        let path = self.path(run);
        let opened = if new { File::create_new(&path) } else { File::open(&path) };
        let file = Arc::new(opened.map_err(|e| failed("open", &path, &e))?);
        open.insert(run, file.clone());
        Ok(file)
    }

    /// Makes a run durable that is written whole.
    ///
    /// # Errors
    /// [`IndexError`] when the system refuses.
    pub(in super::super) fn sync(&self, run: u64) -> Result<(), IndexError> {
        let synced = self.file(run, false)?.sync_data().and_then(|()| sync_dir(&self.dir));
        synced.map_err(|e| failed("fsync", &self.path(run), &e))
    }

    /// Removes the file of a run; failing costs its room until the next open.
    pub(in super::super) fn forget(&self, run: u64) {
        self.open.lock().remove(&run);
        if let Err(error) = fs::remove_file(self.path(run))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, run, "a run that does not count was not removed");
        }
    }

    fn read_anew(&self, run: u64, at: Range<u64>) -> Result<Bytes, IndexError> {
        let length = usize::try_from(at.end.saturating_sub(at.start)).unwrap_or(usize::MAX);
        let mut sealed = vec![0; length];
        let read = self.file(run, false)?.read_exact_at(&mut sealed, at.start);
        read.map_err(|e| failed("read", &self.path(run), &e))?;
        match sealed.split_at_checked(SEAL) {
            Some((sum, bytes)) if *sum == seal(run, at.start, bytes) => Ok(Bytes::from(sealed).slice(SEAL..)),
            _ => Err(IndexError(format!("{} is damaged at byte {}", self.path(run).display(), at.start))),
        }
    }
}

fn seal(run: u64, at: u64, bytes: &[u8]) -> [u8; SEAL] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&run.to_be_bytes()).update(&at.to_be_bytes()).update(bytes);
    let mut sum = [0; SEAL];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SEAL]);
    sum
}

impl Blocks for Files {
    fn write(&self, run: u64, at: u64, bytes: &[u8]) -> Result<u64, IndexError> {
        let sealed = [&seal(run, at, bytes), bytes].concat();
        let written = self.file(run, at == 0)?.write_all_at(&sealed, at);
        written.map_err(|e| failed("write", &self.path(run), &e))?;
        Ok(at + sealed.len() as u64)
    }

    fn read(&self, run: u64, at: Range<u64>) -> Result<Bytes, IndexError> {
        if let Some(block) = self.lately.lock().get(&(run, at.start)) {
            return Ok(block);
        }
        let block = self.read_anew(run, at.clone())?;
        // a tail, or what a single long row fills, would take the room of many
        if block.len() < 2 * BLOCK {
            self.lately.lock().put((run, at.start), block.clone());
        }
        Ok(block)
    }
}

/// The blocks for who goes over many once: what others read lately stays at hand.
pub(in super::super) struct Passing<'a>(pub &'a Files);

impl Blocks for Passing<'_> {
    fn write(&self, run: u64, at: u64, bytes: &[u8]) -> Result<u64, IndexError> {
        self.0.write(run, at, bytes)
    }

    fn read(&self, run: u64, at: Range<u64>) -> Result<Bytes, IndexError> {
        self.0.read_anew(run, at)
    }
}
