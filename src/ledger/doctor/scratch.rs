//! A copy of the index outside the ledger directory: the engine writes when it opens, and [`doctor`](super::doctor) changes nothing.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::record::id::base32;

/// A folder in the system's temporary directory, gone when this is.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A copy of `from`, for this process's user alone.
    pub(super) fn copy_of(from: &Path) -> io::Result<Scratch> {
        let mut name = [0; 10];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let dir = std::env::temp_dir().join(format!("jejak-doctor-{}", base32().encode(&name)));
        // it must not be there: whoever made it could exchange what is checked
        fs::DirBuilder::new().mode(0o700).create(&dir)?;
        let scratch = Scratch(dir);
        copy_dir(from, &scratch.path())?;
        Ok(scratch)
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> PathBuf {
        self.0.join("index")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, dir = %self.0.display(), "a copy made for checking was not removed");
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
