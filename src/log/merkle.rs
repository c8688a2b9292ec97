//! The Merkle tree of RFC 6962 section 2.1 (= RFC 9162 section 2.1) over SHA-256: hashing, the compact frontier, and the
//! verification of inclusion and consistency proofs from bytes alone.
//!
//! ```text
//! MTH({})   = SHA-256("")                     leaf(d) = SHA-256(0x00 || d)
//! MTH(D[n]) = node(MTH(D[0:k]), MTH(D[k:n]))  node(l, r) = SHA-256(0x01 || l || r),  k = largest power of two < n
//! ```
//! Not here: making proofs (`prove`), how nodes are stored (`tile`), who signed a root (`checkpoint`). Verification follows
//! RFC 9162 sections 2.1.3.2 and 2.1.4.2, with two rules they leave open: every hash is exactly 32 bytes, and consistency
//! from size 0 holds only from the root of the empty tree.

use sha2::{Digest, Sha256};

/// A SHA-256 hash of the tree.
pub type Hash = [u8; 32];

/// Longest inclusion path: a tree has fewer than 2^63 leaves.
pub const MAX_PATH: usize = 63;

/// The largest tree supported (keeps every shift and sum within `u64`).
pub const MAX_SIZE: u64 = (1 << 63) - 1;

/// Root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Hash of a leaf with these bytes.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0u8]).chain_update(entry).finalize().into()
}

/// Hash of an inner node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1u8]).chain_update(left).chain_update(right).finalize().into()
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Index not below size, size not below 2^63, or sizes in the wrong order.
    #[error("index or size out of range")]
    Range,
    /// The number of hashes is not the one that index and size determine.
    #[error("the proof has {got} hashes, {want} are needed")]
    Length {
        /// As given.
        got: usize,
        /// Determined by index and size.
        want: usize,
    },
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The compact right edge of a tree: the roots of its complete subtrees, largest first. Enough to append and to compute the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    pub(super) size: u64,
    pub(super) peaks: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash ([`leaf_hash`]).
    pub fn push(&mut self, leaf: Hash) {
        self.push_nodes(leaf, |_, _, _| {});
    }

    /// Appends a leaf and calls `complete(level, index, hash)` for each node that became complete, the leaf itself first.
    pub fn push_nodes(&mut self, leaf: Hash, mut complete: impl FnMut(u8, u64, &Hash)) {
        let (mut hash, mut level, mut index) = (leaf, 0u8, self.size);
        complete(level, index, &hash);
        while index & 1 == 1 {
            // each set bit of the size has a peak: never empty here
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            index >>= 1;
            complete(level, index, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return EMPTY_ROOT };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// How many hashes the inclusion path of `index` in a tree of `size` leaves has; `index < size`.
pub fn inclusion_length(index: u64, size: u64) -> usize {
    // one sibling per level up to where the paths of `index` and of the last leaf meet; above, one per set bit of `index`
    let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let border = if inner == u64::BITS { 0 } else { (index >> inner).count_ones() };
    (inner + border) as usize
}

/// The root to which `path` leads from `leaf` at `index` in a tree of `size` leaves (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`VerifyError::Range`] and [`VerifyError::Length`]; the caller compares the root.
pub fn inclusion_root(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Result<Hash, VerifyError> {
    if index >= size || size > MAX_SIZE {
        return Err(VerifyError::Range);
    }
    let want = inclusion_length(index, size);
    if path.len() != want {
        return Err(VerifyError::Length { got: path.len(), want });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(VerifyError::Root);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(hash) } else { Err(VerifyError::Root) }
}

/// Checks that `leaf` is at `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// [`VerifyError`] when it is not so, or the proof is not exactly as long as it must be.
pub fn inclusion_verify(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), VerifyError> {
    if inclusion_root(leaf, index, size, path)? == *root { Ok(()) } else { Err(VerifyError::Root) }
}

/// Checks that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 9162 section 2.1.4.2).
///
/// # Errors
/// [`VerifyError`] when it is not so. From size 0 the proof must be empty and the old root that of the empty tree.
pub fn consistency_verify(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), VerifyError> {
    if old > new || new > MAX_SIZE {
        return Err(VerifyError::Range);
    }
    if old == 0 || old == new {
        let roots = if old == new { old_root == new_root } else { true };
        let empty = old != 0 || *old_root == EMPTY_ROOT;
        return match path.len() {
            0 if roots && empty => Ok(()),
            0 => Err(VerifyError::Root),
            got => Err(VerifyError::Length { got, want: 0 }),
        };
    }
    if consistency_root(old, new, path, old_root)? == *new_root { Ok(()) } else { Err(VerifyError::Root) }
}

/// The root of the tree of `new` leaves to which `path` leads from that of `old` leaves (RFC 9162 section 2.1.4.2).
///
/// # Errors
/// [`VerifyError`] unless `0 < old < new` and the path agrees with `old_root`.
pub fn consistency_root(old: u64, new: u64, path: &[Hash], old_root: &Hash) -> Result<Hash, VerifyError> {
    if old == 0 || old >= new || new > MAX_SIZE {
        return Err(VerifyError::Range);
    }
    let mut hashes = path.iter();
    // the old root is not in the path when the old tree is one complete subtree
    let seed = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(seed) = seed.filter(|_| !path.is_empty()) else {
        return Err(VerifyError::Length { got: path.len(), want: 1 });
    };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from, mut to) = (*seed, *seed);
    for hash in hashes {
        if last == 0 {
            return Err(VerifyError::Root);
        }
        if node & 1 == 1 || node == last {
            from = node_hash(hash, &from);
            to = node_hash(hash, &to);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            to = node_hash(&to, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && from == *old_root { Ok(to) } else { Err(VerifyError::Root) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn root_matches_the_certificate_transparency_test_tree() {
        let leaves: [&[u8]; 8] =
            [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43", b"PQRSTUVW", b"`abcdefghijklmno"];
        let mut frontier = Frontier::new();
        assert_eq!(frontier.root(), <[u8; 32]>::from(Sha256::digest(b"")));
        leaves.iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
        let root = data_encoding::BASE64.encode(&frontier.root());
        assert_eq!(root, "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
    }

    proptest! {
        #[test]
        fn extreme_index_and_size_never_overflow(index: u64, size: u64) {
            let path = [[0u8; 32]; 64];
            let _ = inclusion_root(&path[0], index, size, &path);
            let _ = consistency_verify(index, size, &path, &path[0], &path[1]);
        }
    }
}
