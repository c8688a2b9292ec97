//! `reindex`: rebuilds the index from the journal by the chain rules, compares every published tile with the journal, and
//! rewrites what is missing or damaged.

use std::path::Path;

use super::open::Start;
use super::{Config, Keys, Ledger, OpenError, Options, Recovered};
use crate::store::fjall::Fjall;
use crate::store::lock::DirLock;

/// Rebuilds the index of the ledger in `dir`, and damaged files of its published tree. The old index is kept as
/// `index.broken-<time>` until the new one is complete.
///
/// # Errors
/// [`OpenError`], as for opening.
pub fn reindex(dir: &Path) -> Result<Recovered, OpenError> {
    let config = Config::load(dir)?;
    let lock = DirLock::acquire(dir)?;
    let keys = Keys::load(dir, &config)?;
    let index = dir.join("index");
    let moved_to = if index.exists() { Some(Fjall::move_away(&index)?) } else { None };
    let start = Start { founding: false, whole: true };
    let ledger = match Ledger::open_checking(dir, config, keys, &Options::default(), lock, start) {
        Ok(ledger) => ledger,
        Err(error) => {
            // the old index shows how far the journal went
            if let Some(moved_to) = moved_to {
                let _ = std::fs::remove_dir_all(&index);
                std::fs::rename(moved_to, &index)?;
            }
            return Err(error);
        }
    };
    let recovered = ledger.recovered().clone();
    ledger.shutdown();
    if let Some(moved_to) = moved_to.filter(|_| ledger.failure().is_none()) {
        std::fs::remove_dir_all(moved_to)?;
    }
    Ok(recovered)
}
