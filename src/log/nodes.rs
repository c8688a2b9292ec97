//! The complete subtrees of a tree that grows, in memory: the root at every size that it had. 64 bytes for each leaf.

use super::merkle::{EMPTY_ROOT, Frontier, Hash};

/// Roots of complete subtrees, by level and position.
#[derive(Debug, Default)]
pub struct Nodes(Vec<Vec<Hash>>);

impl Nodes {
    /// Appends a leaf to `tree`, and keeps the subtrees that it completes. The tree's earlier leaves must have come the same way.
    pub fn push(&mut self, tree: &mut Frontier, leaf: Hash) {
        tree.push_nodes(leaf, |level, _, hash| {
            let level = usize::from(level);
            if self.0.len() <= level {
                self.0.resize_with(level + 1, Vec::new);
            }
            if let Some(nodes) = self.0.get_mut(level) {
                nodes.push(*hash);
            }
        });
    }

    /// The root of the first `size` leaves; `None` when there are fewer.
    pub fn root(&self, size: u64) -> Option<Hash> {
        if size == 0 {
            return Some(EMPTY_ROOT);
        }
        let (mut peaks, mut start) = (Vec::new(), 0u64);
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            let at = usize::try_from(start >> level).ok()?;
            peaks.push(*self.0.get(usize::from(level))?.get(at)?);
            start += 1 << level;
        }
        Some(Frontier { size, peaks }.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::merkle::leaf_hash;

    #[test]
    fn root_of_every_earlier_size_is_the_one_it_had() {
        let (mut nodes, mut tree, mut roots) = (Nodes::default(), Frontier::new(), vec![EMPTY_ROOT]);
        for n in 0..70u8 {
            nodes.push(&mut tree, leaf_hash(&[n]));
            roots.push(tree.root());
            for (size, root) in roots.iter().enumerate() {
                assert_eq!(nodes.root(size as u64), Some(*root), "{size} of {}", n + 1);
            }
            assert_eq!(nodes.root(u64::from(n) + 2), None);
        }
    }
}
