//! Whether this log extends the head that a record names (`record::Seen`). If not, its signer was shown another history than this one, by
//! this node or a copy of it: the record is refused, and the signer holds the proof.
//!
//! Checked at admission, in parallel; a replay does not repeat it, an audit and a proof do (`proof`).

use super::query::ObjectTiles;
use super::{Shared, SubmitError};
use crate::causes::causes;
use crate::chain::{Rejection, Rule};
use crate::log::Hash;
use crate::log::merkle::consistency_verify;
use crate::log::prove::{consistency_proof, root};
use crate::log::publish::TileReader;
use crate::record::{Record, Seen};

/// Roots of earlier sizes that are kept: devices name few heads, those that they fetched last.
pub(super) const KEPT: usize = 1_024;

impl Shared {
    /// Why a record is refused by what its signer had seen.
    ///
    /// # Errors
    /// [`SubmitError::Rejected`], or [`SubmitError::Busy`] while the published tree is damaged and being repaired: a damaged tile accuses
    /// nobody.
    pub(super) fn extends(&self, record: &Record) -> Result<(), SubmitError> {
        let Some(seen) = record.claims.seen else { return Ok(()) };
        let published = self.published.borrow().clone();
        let (size, newest) = published.as_ref().map_or((0, [0; 32]), |head| (head.size, head.root));
        let root = match seen.size {
            beyond if beyond > size => return Err(beyond_this_log(seen, size).into()),
            _ if seen.size == size => newest,
            _ => match self.earlier_roots.get(&seen.size) {
                Some(root) => root,
                None => self.root_at(seen, size, &newest)?,
            },
        };
        if root == seen.root { Ok(()) } else { Err(another_history(seen).into()) }
    }

    /// The root that the published tree, of `published` entries and root `newest`, had at the size of `seen`. If it is not the one of `seen`,
    /// the tiles must prove that the published tree extends it.
    fn root_at(&self, seen: Seen, published: u64, newest: &Hash) -> Result<Hash, SubmitError> {
        let tiles = ObjectTiles::new(&*self.log);
        let nodes = TileReader::new(&tiles, published);
        let damaged = |error: &(dyn std::error::Error + 'static)| {
            tracing::error!(error = %causes(error), size = seen.size, "the published tree is damaged");
            self.distrust_log();
            SubmitError::Busy
        };
        let earlier = root(seen.size, &nodes).map_err(|error| damaged(&error))?;
        if earlier != seen.root {
            let proof = consistency_proof(seen.size, published, &nodes).map_err(|error| damaged(&error))?;
            consistency_verify(seen.size, published, &proof, &earlier, newest).map_err(|error| damaged(&error))?;
        }
        self.earlier_roots.insert(seen.size, earlier);
        Ok(earlier)
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
