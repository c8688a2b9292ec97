//! A copy of the index or the register outside the ledger directory: their engines write when they open, and
//! [`doctor`](super::doctor) must not change anything.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::causes::causes;
use crate::record::id::base32;

/// A directory in the system's temporary directory, removed on drop.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Copies `from`; only this process's user can read the copy.
    pub(super) fn copy_of(from: &Path) -> io::Result<Scratch> {
        let mut name = [0; 10];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let dir = std::env::temp_dir().join(format!("jejak-doctor-{}", base32().encode(&name)));
        // fails if it exists: its owner could exchange the files while they are checked
        fs::DirBuilder::new().mode(0o700).create(&dir)?;
        let scratch = Scratch(dir);
        copy_dir(from, &scratch.path())?;
        Ok(scratch)
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> PathBuf {
        self.0.join("copy")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(error = %causes(&error), dir = %self.0.display(), "a copy made for checking was not removed");
        }
    }
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
