//! `reindex`: throws the index away and rebuilds it from the journal through the chain rules.

use std::path::Path;

use super::{Config, Keys, Ledger, OpenError, Options, Recovered};
use crate::store::lock::DirLock;
use crate::store::sled::Sled;

/// Rebuilds the index of the ledger in `dir`. The old one is kept as `index.broken-<time>`.
///
/// # Errors
/// [`OpenError`], as for opening.
pub fn reindex(dir: &Path) -> Result<Recovered, OpenError> {
    let config = Config::load(dir)?;
    let lock = DirLock::acquire(dir)?;
    let keys = Keys::load(dir, &config)?;
    let index = dir.join("index");
    if index.exists() {
        Sled::move_aside(&index)?;
    }
    let ledger = Ledger::open_locked(dir, config, keys, &Options::default(), lock)?;
    let recovered = ledger.recovered().clone();
    ledger.shutdown();
    Ok(recovered)
}
