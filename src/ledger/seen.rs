//! Whether this log extends the head that a record names (`record::Seen`). If not, its signer was shown another history than this one, by
//! this node or a copy of it: the record is refused, and the signer holds the proof.
//!
//! Checked at admission, in parallel; a replay does not repeat it, an audit and a proof do (`proof`).

use super::query::ObjectTiles;
use super::{Shared, SubmitError};
use crate::causes::causes;
use crate::chain::{Rejection, Rule};
use crate::log::Hash;
use crate::log::prove::root;
use crate::log::publish::TileReader;
use crate::record::{Record, Seen};

/// Roots of earlier sizes that are kept: devices name few heads, those that they fetched last.
pub(super) const KEPT: usize = 1_024;

impl Shared {
    /// Why a record is refused by what its signer had seen.
    ///
    /// # Errors
    /// [`SubmitError::Rejected`], or [`SubmitError::Busy`] while the published tree is damaged and being repaired.
    pub(super) fn extends(&self, record: &Record) -> Result<(), SubmitError> {
        let Some(seen) = record.claims.seen else { return Ok(()) };
        let published = self.published.borrow().clone();
        let (size, newest) = published.as_ref().map_or((0, [0; 32]), |head| (head.size, head.root));
        let root = match seen.size {
            beyond if beyond > size => return Err(beyond_this_log(seen, size).into()),
            _ if seen.size == size => newest,
            _ => self.root_at(seen.size, size)?,
        };
        if root == seen.root { Ok(()) } else { Err(another_history(seen).into()) }
    }

    /// The root that the published tree, of `published` entries, had at `size`.
    fn root_at(&self, size: u64, published: u64) -> Result<Hash, SubmitError> {
        if let Some(root) = self.earlier_roots.get(&size) {
            return Ok(root);
        }
        let tiles = ObjectTiles::new(&*self.log);
        let root = root(size, &TileReader::new(&tiles, published)).map_err(|error| {
            tracing::error!(error = %causes(&error), size, "the published tree can't be read");
            self.distrust_log();
            SubmitError::Busy
        })?;
        self.earlier_roots.insert(size, root);
        Ok(root)
    }
}

fn another_history(seen: Seen) -> Rejection {
    let detail = format!(
        "this log had another root at {} entries than the head that the record names: its signer was shown another history. Keep \
         that signed checkpoint: it proves the split",
        seen.size
    );
    Rejection::new(Rule::SeenAnotherHistory, detail).arg("size", seen.size)
}

fn beyond_this_log(seen: Seen, size: u64) -> Rejection {
    let detail = format!(
        "the record names a head of {} entries, this log has published {size}: an older copy of it is running, or another log. Keep \
         that signed checkpoint",
        seen.size
    );
    // the entries may come back from a mirror
    Rejection::new(Rule::SeenAnotherHistory, detail).arg("size", seen.size).retryable()
}
