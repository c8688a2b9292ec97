//! The right edge of the published tree, built leaf by leaf: the content that each hash tile must have.

use crate::log::merkle::{Hash, node_hash};
use crate::log::tile::WIDTH;

/// The last tile of each level: roots of complete subtrees.
#[derive(Default)]
pub(super) struct Edge(pub(super) Vec<Vec<Hash>>);

impl Edge {
    /// Adds the next leaf of the log.
    pub(super) fn push(&mut self, leaf: Hash) {
        let (mut hash, mut level) = (leaf, 0);
        loop {
            if self.0.len() <= level {
                self.0.push(Vec::new());
            }
            let tile = &mut self.0[level];
            if tile.len() as u64 == WIDTH {
                tile.clear();
            }
            tile.push(hash);
            if (tile.len() as u64) < WIDTH {
                return;
            }
            let mut row = tile.clone();
            while row.len() > 1 {
                row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            }
            hash = row[0];
            level += 1;
        }
    }
}
