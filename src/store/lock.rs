//! The directory lock: one process per ledger directory.
//!
//! `flock(2)` on the directory itself: the kernel releases it when the process ends, however it ends, and it needs no file, so that
//! a full disk does not prevent it. The file `lock` names the process, for people. What it is not: a lock across machines; a network
//! file system must not hold a ledger.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// Held until dropped.
#[derive(Debug)]
pub struct DirLock {
    _dir: File,
}

/// The directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another process{0} has this directory open")]
    Held(String),
    /// The directory can't be locked.
    #[error("the directory can't be locked")]
    Io(#[from] io::Error),
}

impl DirLock {
    /// Locks `dir`, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process (or another open in this one) has it.
    pub fn acquire(dir: &Path) -> Result<DirLock, LockError> {
        let lock = DirLock::lock(dir)?;
        // for people: what a full disk leaves out is not missed
        let _ = fs::write(dir.join("lock"), format!("{}\n", std::process::id()));
        Ok(lock)
    }

    /// Locks `dir` without writing to it.
    ///
    /// # Errors
    /// As for [`DirLock::acquire`].
    pub fn look(dir: &Path) -> Result<DirLock, LockError> {
        DirLock::lock(dir)
    }

    fn lock(dir: &Path) -> Result<DirLock, LockError> {
        let file = File::open(dir)?;
        let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) else {
            return Ok(DirLock { _dir: file });
        };
        if error != rustix::io::Errno::WOULDBLOCK {
            return Err(LockError::Io(error.into()));
        }
        let text = fs::read_to_string(dir.join("lock")).unwrap_or_default();
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
