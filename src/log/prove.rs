//! Inclusion and consistency proofs (RFC 9162 sections 2.1.3.1 and 2.1.4.1), made from the stored nodes of a tree.
//!
//! Not here: their verification (`merkle`), where the nodes come from (`publish`, or any other [`NodeReader`]).

use super::merkle::{EMPTY_ROOT, Frontier, Hash, MAX_SIZE, node_hash};
use crate::causes::Cause;

/// A stored node could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("node {level}/{index}")]
pub struct NodeError {
    /// Height over the leaves; leaves are level 0.
    pub level: u8,
    /// Position at that level.
    pub index: u64,
    /// What went wrong.
    pub source: Cause,
}

/// Roots of complete subtrees.
pub trait NodeReader {
    /// `MTH` of the `2^level` leaves from `index * 2^level` on. Called only for complete subtrees.
    ///
    /// # Errors
    /// [`NodeError`] when the node is missing or damaged.
    fn node(&self, level: u8, index: u64) -> Result<Hash, NodeError>;
}

/// Why a proof was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProveError {
    /// The index or size lies outside the tree.
    #[error("{0} lies outside a tree of {1} leaves")]
    Range(u64, u64),
    /// A node could not be read.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl Frontier {
    /// The frontier of a stored tree.
    ///
    /// # Errors
    /// [`NodeError`] when a node can't be read.
    pub fn load(size: u64, nodes: &impl NodeReader) -> Result<Frontier, NodeError> {
        let mut peaks = Vec::new();
        let mut start = 0u64;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(nodes.node(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Frontier { size, peaks })
    }

    /// Size (u64 big-endian) and peaks, largest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| out.extend_from_slice(peak));
        out
    }

    /// From [`Frontier::to_bytes`]; `None` unless the length is the one for the size.
    pub fn from_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (peaks, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() || size > MAX_SIZE || peaks.len() != size.count_ones() as usize {
            return None;
        }
        Some(Frontier { size, peaks: peaks.to_vec() })
    }
}

/// The largest power of two below `n`; `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// `MTH(D[start:end])` for a range that RFC 6962 splits off.
fn range_root(nodes: &impl NodeReader, start: u64, end: u64) -> Result<Hash, NodeError> {
    let n = end - start;
    if n.is_power_of_two() {
        let level = n.trailing_zeros() as u8;
        return nodes.node(level, start >> level);
    }
    let k = split(n);
    Ok(node_hash(&range_root(nodes, start, start + k)?, &range_root(nodes, start + k, end)?))
}

/// Root of the first `size` leaves of a stored tree.
///
/// # Errors
/// [`NodeError`] when a node can't be read.
pub fn root(size: u64, nodes: &impl NodeReader) -> Result<Hash, NodeError> {
    if size == 0 { Ok(EMPTY_ROOT) } else { range_root(nodes, 0, size) }
}

/// The inclusion path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up.
///
/// # Errors
/// [`ProveError::Range`] unless `index < size`; [`ProveError::Node`] when a node can't be read.
pub fn inclusion_proof(index: u64, size: u64, nodes: &impl NodeReader) -> Result<Vec<Hash>, ProveError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProveError::Range(index, size));
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves; empty when `old` is 0 or `new`.
///
/// # Errors
/// [`ProveError::Range`] unless `old <= new`; [`ProveError::Node`] when a node can't be read.
pub fn consistency_proof(old: u64, new: u64, nodes: &impl NodeReader) -> Result<Vec<Hash>, ProveError> {
    if old > new || new > MAX_SIZE {
        return Err(ProveError::Range(old, new));
    }
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let (mut low, mut high) = (0, new);
    // RFC 9162 section 2.1.4.1: descend to where the old tree ends; its root is left out when it is a complete subtree at 0
    while old < high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
        }
    }
    if low != 0 {
        path.push(range_root(nodes, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// The hashes of the largest subtrees in which none of `leaves` lies and no tree of one of the sizes `prefixes` ends; both are sorted, the
/// hashes come from left to right. With those leaves they give the root of the tree of `size` leaves and of each of its prefixes.
///
/// # Errors
/// [`NodeError`] when a node can't be read.
pub fn subtrees(leaves: &[u64], prefixes: &[u64], size: u64, nodes: &impl NodeReader) -> Result<Vec<Hash>, NodeError> {
    let any =
        |sorted: &[u64], from, to| sorted.partition_point(|one| *one < from) < sorted.partition_point(|one| *one < to);
    let (mut found, mut open) = (Vec::new(), vec![(0, size)]);
    while let Some((from, to)) = open.pop() {
        if !any(leaves, from, to) && !any(prefixes, from + 1, to) {
            found.push(range_root(nodes, from, to)?);
        } else if to - from > 1 {
            let middle = from + split(to - from);
            open.extend([(middle, to), (from, middle)]);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;
    use crate::log::merkle::{consistency_verify, inclusion_length, inclusion_verify, leaf_hash};

    struct Nodes(HashMap<(u8, u64), Hash>);

    impl NodeReader for Nodes {
        fn node(&self, level: u8, index: u64) -> Result<Hash, NodeError> {
            self.0.get(&(level, index)).copied().ok_or(NodeError { level, index, source: Cause::new("absent") })
        }
    }

    /// Frontiers (by size) and nodes of the tree with leaves `0..n`, as text.
    fn tree(n: u64) -> (Vec<Frontier>, Nodes) {
        let (mut frontier, mut nodes) = (Frontier::new(), HashMap::new());
        let mut sizes = vec![frontier.clone()];
        for i in 0..n {
            frontier.push_nodes(leaf_hash(i.to_string().as_bytes()), |level, index, hash| {
                nodes.insert((level, index), *hash);
            });
            sizes.push(frontier.clone());
        }
        (sizes, Nodes(nodes))
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other() {
        let (sizes, nodes) = tree(40);
        for size in 1..=40u64 {
            let root = sizes[size as usize].root();
            assert_eq!(root, super::root(size, &nodes).unwrap());
            assert_eq!(Frontier::load(size, &nodes).unwrap(), sizes[size as usize]);
            for index in 0..size {
                let leaf = leaf_hash(index.to_string().as_bytes());
                let path = inclusion_proof(index, size, &nodes).unwrap();
                assert_eq!(path.len(), inclusion_length(index, size));
                inclusion_verify(&leaf, index, size, &path, &root).unwrap();
                for other in 0..size {
                    let holds = inclusion_verify(&leaf, other, size, &path, &root).is_ok();
                    assert_eq!(holds, other == index, "{index} as {other} of {size}");
                }
                for at in 0..path.len() {
                    let mut bad = path.clone();
                    bad[at][7] ^= 1;
                    assert!(inclusion_verify(&leaf, index, size, &bad, &root).is_err());
                }
                let mut longer = path.clone();
                longer.push(EMPTY_ROOT);
                assert!(inclusion_verify(&leaf, index, size, &longer, &root).is_err());
            }
            for old in 0..=size {
                let before = sizes[old as usize].root();
                let path = consistency_proof(old, size, &nodes).unwrap();
                consistency_verify(old, size, &path, &before, &root).unwrap();
                for at in 0..path.len() {
                    let mut bad = path.clone();
                    bad[at][0] ^= 128;
                    assert!(consistency_verify(old, size, &bad, &before, &root).is_err(), "{old} {size} {at}");
                    let mut shorter = path.clone();
                    shorter.remove(at);
                    assert!(consistency_verify(old, size, &shorter, &before, &root).is_err());
                }
                let mut longer = path;
                longer.push(EMPTY_ROOT);
                assert!(consistency_verify(old, size, &longer, &before, &root).is_err());
                if old < size {
                    let junk = leaf_hash(b"junk");
                    assert!(consistency_verify(old, size, &longer[..longer.len() - 1], &junk, &root).is_err());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_frontier_survives_its_bytes_and_no_other_bytes_do(n in 0u64..300, cut in 0usize..400) {
            let frontier = tree(n).0.pop().unwrap();
            let bytes = frontier.to_bytes();
            prop_assert_eq!(Frontier::from_bytes(&bytes), Some(frontier));
            if cut < bytes.len() {
                prop_assert_eq!(Frontier::from_bytes(&bytes[..cut]), None);
            }
        }
    }

    /// The root of `from..to`, from what [`subtrees`] gave, as a reader computes it; `known` keeps the ranges that were computed.
    fn computed(
        (from, to): (u64, u64),
        (leaves, prefixes): (&[u64], &[u64]),
        others: &mut impl Iterator<Item = Hash>,
        known: &mut HashMap<(u64, u64), Hash>,
    ) -> Hash {
        let split_here =
            leaves.iter().any(|leaf| (from..to).contains(leaf)) || prefixes.iter().any(|end| from < *end && *end < to);
        let hash = match (split_here, to - from) {
            (false, _) => others.next().unwrap(),
            (true, 1) => leaf_hash(from.to_string().as_bytes()),
            (true, n) => {
                let middle = from + split(n);
                let left = computed((from, middle), (leaves, prefixes), others, known);
                node_hash(&left, &computed((middle, to), (leaves, prefixes), others, known))
            }
        };
        known.insert((from, to), hash);
        hash
    }

    fn prefix((from, to): (u64, u64), known: &HashMap<(u64, u64), Hash>) -> Hash {
        known.get(&(from, to)).copied().unwrap_or_else(|| {
            let middle = from + split(to - from);
            node_hash(&prefix((from, middle), known), &prefix((middle, to), known))
        })
    }

    #[test]
    fn subtrees_and_leaves_give_the_root_and_those_of_the_prefixes() {
        for size in 1..=9_u64 {
            let (_, nodes) = tree(size);
            for chosen in 1..1_u64 << size {
                let leaves: Vec<u64> = (0..size).filter(|leaf| chosen >> leaf & 1 == 1).collect();
                for first in 1..=size {
                    let prefixes: Vec<u64> = BTreeSet::from([first, size.div_ceil(2)]).into_iter().collect();
                    let mut others = subtrees(&leaves, &prefixes, size, &nodes).unwrap().into_iter();
                    let mut known = HashMap::new();
                    let found = computed((0, size), (&leaves, &prefixes), &mut others, &mut known);
                    assert_eq!((found, others.next()), (root(size, &nodes).unwrap(), None), "{chosen:b} of {size}");
                    for end in prefixes {
                        assert_eq!(prefix((0, end), &known), root(end, &nodes).unwrap(), "{end} of {size}");
                    }
                }
            }
        }
    }
}
