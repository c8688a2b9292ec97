//! The directory lock: one process per ledger directory.
//!
//! `flock(2)` on the file `lock`: the kernel releases it when the process ends, however it ends. What it is not: a lock
//! across machines; a network file system must not hold a ledger.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// Held until dropped.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

/// The directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another process{0} has this directory open")]
    Held(String),
    /// The lock file can't be used.
    #[error("the lock file can't be used")]
    Io(#[from] io::Error),
}

impl DirLock {
    /// Locks `dir`, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process (or another open in this one) has it.
    pub fn acquire(dir: &Path) -> Result<DirLock, LockError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join("lock"))?;
        let mut lock = DirLock::lock(file)?;
        // the pid is for people; only the flock counts
        lock.file.set_len(0)?;
        lock.file.rewind()?;
        writeln!(lock.file, "{}", std::process::id())?;
        Ok(lock)
    }

    /// Locks `dir` without writing to it; `None` when it has no lock file.
    ///
    /// # Errors
    /// As for [`DirLock::acquire`].
    pub fn look(dir: &Path) -> Result<Option<DirLock>, LockError> {
        let file = match File::open(dir.join("lock")) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        DirLock::lock(file).map(Some)
    }

    fn lock(mut file: File) -> Result<DirLock, LockError> {
        let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) else {
            return Ok(DirLock { file });
        };
        if error != rustix::io::Errno::WOULDBLOCK {
            return Err(LockError::Io(error.into()));
        }
        let mut text = String::new();
        let _ = file.read_to_string(&mut text);
        let who = text.trim().parse::<u32>().map(|pid| format!(" (pid {pid})")).unwrap_or_default();
        Err(LockError::Held(who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_open_is_refused_and_names_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path()).unwrap();
        let second = DirLock::acquire(dir.path()).unwrap_err();
        assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
        drop(first);
        DirLock::acquire(dir.path()).unwrap();
    }
}
