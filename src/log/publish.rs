//! Publishing a tree as tlog-tiles (C2SP): which tiles must be written, their bytes, and reading nodes back from them.
//!
//! Not here: paths of tiles (`tile`), storage. An auditor needs none of this: entries are enough to compute a root.

use super::merkle::{Frontier, Hash, node_hash};
use super::prove::{NodeError, NodeReader};
use super::tile::{Kind, Tile, WIDTH, hashes_at};
use crate::causes::Cause;

/// Every hash tile and bundle of a tree of `size` leaves, with its width at that size.
pub fn layout(size: u64) -> Vec<Tile> {
    new_between(0, size)
}

/// What must be written when the tree grows from `old` to `new` leaves: each tile or bundle that is wider at `new`.
/// Bundles come first, then hash tiles from level 0 up.
pub fn new_between(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let kinds = std::iter::once(Kind::Entries).chain((0..8).map(Kind::Hashes));
    for kind in kinds {
        let level = if let Kind::Hashes(level) = kind { level } else { 0 };
        let (from, to) = (hashes_at(level, old), hashes_at(level, new));
        if to > from {
            tiles.extend((from / WIDTH..to.div_ceil(WIDTH)).filter_map(|index| Tile::at(kind, index, new)));
        }
    }
    tiles
}

/// The partial tiles and bundles of the tree of `old` leaves that are full at `new`: they may be removed.
pub fn superseded(old: u64, new: u64) -> Vec<Tile> {
    partials(old)
        .into_iter()
        .filter(|tile| Tile::at(tile.kind, tile.index, new).is_some_and(|now| now.is_full()))
        .collect()
}

/// The partial tiles and bundles of a tree of `size` leaves: at most one per level.
pub fn partials(size: u64) -> Vec<Tile> {
    let kinds = std::iter::once(Kind::Entries).chain((0..8).map(Kind::Hashes));
    kinds
        .filter_map(|kind| {
            let level = if let Kind::Hashes(level) = kind { level } else { 0 };
            Tile::at(kind, hashes_at(level, size) / WIDTH, size)
        })
        .collect()
}

/// Where the bytes of hash tiles come from.
pub trait TileSource {
    /// The bytes of `tile`: at least `width` hashes (a source may answer a partial tile with the full one).
    ///
    /// # Errors
    /// [`Cause`] when it is missing or can't be read.
    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, Cause>;
}

/// Reads the nodes of a tree of `size` leaves from its tiles. Tiles are not trusted: check the resulting root.
pub struct TileReader<'a, S: TileSource> {
    source: &'a S,
    size: u64,
}

impl<'a, S: TileSource> TileReader<'a, S> {
    /// A reader of the tree of `size` leaves.
    pub fn new(source: &'a S, size: u64) -> TileReader<'a, S> {
        TileReader { source, size }
    }
}

impl<S: TileSource> NodeReader for TileReader<'_, S> {
    fn node(&self, level: u8, index: u64) -> Result<Hash, NodeError> {
        let fail = |source: Cause| NodeError { level, index, source };
        let wrong = |what: &str| fail(Cause::new(what));
        // a node r levels above tile level L is the root of 2^r neighbouring hashes of one tile of L
        let (tile_level, above) = (level / 8, level % 8);
        let first = index.checked_shl(u32::from(above)).filter(|first| first >> above == index);
        let first = first.ok_or_else(|| wrong("outside the tree"))?;
        let tile = Tile::at(Kind::Hashes(tile_level), first / WIDTH, self.size);
        let tile = tile.ok_or_else(|| wrong("outside the tree"))?;
        let (offset, count) = ((first % WIDTH) as usize, 1usize << above);
        if offset + count > usize::from(tile.width) {
            return Err(wrong("outside the tree"));
        }
        let bytes = self.source.tile(&tile).map_err(fail)?;
        let hashes = parse_hashes(&bytes).ok_or_else(|| wrong(&format!("{tile} is not whole hashes")))?;
        let range = hashes.get(offset..offset + count);
        subtree(range.ok_or_else(|| wrong(&format!("{tile} is too short")))?).ok_or_else(|| wrong("empty"))
    }
}

/// The hashes of a tile; `None` unless there are 1 to 256 complete ones.
pub fn parse_hashes(bytes: &[u8]) -> Option<&[Hash]> {
    let (hashes, tail) = bytes.as_chunks::<32>();
    (tail.is_empty() && (1..=WIDTH as usize).contains(&hashes.len())).then_some(hashes)
}

/// Root over a power of two of neighbouring hashes.
fn subtree(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            Some(node_hash(&subtree(left)?, &subtree(right)?))
        }
    }
}

/// The right edge of the published tree, and the hashes of the partial tile of each level: enough to write the next tiles without
/// reading old ones, and to compute the root from the same hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TileBuilder {
    tree: Frontier,
    edge: Vec<Vec<Hash>>,
    full: Vec<(Tile, Vec<u8>)>,
    published: u64,
}

impl TileBuilder {
    /// The empty tree.
    pub fn new() -> TileBuilder {
        TileBuilder::default()
    }

    /// The edge of the tree of `size` leaves, read from its partial tiles.
    ///
    /// # Errors
    /// [`NodeError`] when a partial tile is missing or of the wrong width.
    pub fn restore(size: u64, source: &impl TileSource) -> Result<TileBuilder, NodeError> {
        let tree = Frontier::load(size, &TileReader::new(source, size))?;
        let mut builder = TileBuilder { tree, published: size, ..TileBuilder::default() };
        for tile in partials(size) {
            let Kind::Hashes(level) = tile.kind else { continue };
            let fail = |source: Cause| NodeError { level: 8 * level, index: tile.index, source };
            let bytes = source.tile(&tile).map_err(fail)?;
            let hashes = parse_hashes(&bytes).and_then(|hashes| hashes.get(..usize::from(tile.width)));
            let hashes = hashes.ok_or_else(|| fail(Cause::new(format!("{tile} is not {} hashes", tile.width))))?;
            edge_of(&mut builder.edge, level).extend_from_slice(hashes);
        }
        Ok(builder)
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Appends a leaf by its hash. Each node is hashed once.
    pub fn push(&mut self, leaf: Hash) {
        let (edge, full) = (&mut self.edge, &mut self.full);
        self.tree.push_nodes(leaf, |level, index, hash| {
            // each hash of tile level L is a node of tree level 8 L
            if !level.is_multiple_of(8) {
                return;
            }
            let hashes = edge_of(edge, level / 8);
            hashes.push(*hash);
            if hashes.len() as u64 == WIDTH {
                let tile = Tile { kind: Kind::Hashes(level / 8), index: index / WIDTH, width: WIDTH as u16 };
                full.push((tile, std::mem::take(hashes).concat()));
            }
        });
    }

    /// The hash tiles of [`new_between`] (size at the last call, size now) with their bytes.
    pub fn take(&mut self) -> Vec<(Tile, Vec<u8>)> {
        let mut out = std::mem::take(&mut self.full);
        for (level, hashes) in self.edge.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()) {
            let total = hashes_at(level as u8, self.tree.size());
            // a level whose count did not change since the last call is already on disk
            if total > hashes_at(level as u8, self.published) {
                let tile = Tile { kind: Kind::Hashes(level as u8), index: total / WIDTH, width: hashes.len() as u16 };
                out.push((tile, hashes.concat()));
            }
        }
        self.published = self.tree.size();
        out.sort_by_key(|(tile, _)| *tile);
        out
    }
}

/// The hashes of the partial tile of this level.
fn edge_of(edge: &mut Vec<Vec<Hash>>, level: u8) -> &mut Vec<Hash> {
    let level = usize::from(level);
    if edge.len() <= level {
        edge.resize_with(level + 1, Vec::new);
    }
    &mut edge[level]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::log::merkle::leaf_hash;

    struct Map(HashMap<String, Vec<u8>>);

    impl TileSource for Map {
        fn tile(&self, tile: &Tile) -> Result<Vec<u8>, Cause> {
            let full = self.0.get(&tile.full().to_string());
            self.0.get(&tile.to_string()).or(full).cloned().ok_or_else(|| Cause::new(format!("{tile} is absent")))
        }
    }

    #[test]
    fn layout_of_seventy_thousand() {
        let tiles = layout(70_000);
        let count = |level, full| {
            tiles
                .iter()
                .filter(|t| t.kind == Kind::Hashes(level) && t.is_full() == full)
                .map(|t| t.width)
                .collect::<Vec<_>>()
        };
        assert_eq!(count(0, true).len(), 273);
        assert_eq!((count(0, false), count(1, true).len(), count(1, false)), (vec![112], 1, vec![17]));
        assert_eq!((count(2, true).len(), count(2, false)), (0, vec![1]));
        assert_eq!(tiles.iter().filter(|t| t.kind == Kind::Entries).count(), 274);
    }

    #[test]
    fn tiles_built_in_steps_match_the_layout() {
        let mut builder = TileBuilder::new();
        let mut frontier = Frontier::new();
        let mut map = Map(HashMap::new());
        let mut before = 0;
        for step in [0u64, 1, 254, 1, 1, 255, 256, 3, 64_000, 764, 1, 300] {
            for i in before..before + step {
                let leaf = leaf_hash(&i.to_be_bytes());
                builder.push(leaf);
                frontier.push(leaf);
            }
            let size = before + step;
            let made = builder.take();
            let mut want = new_between(before, size);
            want.retain(|tile| tile.kind != Kind::Entries);
            want.sort();
            assert_eq!(made.iter().map(|(tile, _)| *tile).collect::<Vec<_>>(), want, "{before} to {size}");
            for (tile, bytes) in made {
                assert_eq!(bytes.len(), usize::from(tile.width) * 32);
                map.0.insert(tile.to_string(), bytes);
            }
            superseded(before, size).iter().for_each(|tile| drop(map.0.remove(&tile.to_string())));
            let reader = TileReader::new(&map, size);
            assert_eq!(crate::log::prove::root(size, &reader).unwrap(), frontier.root());
            assert_eq!(builder.root(), frontier.root());
            let restored = TileBuilder::restore(size, &map).unwrap();
            assert_eq!(restored.root(), frontier.root());
            assert_eq!(restored.edge.iter().flatten().count(), builder.edge.iter().flatten().count());
            if step % 2 == 0 {
                builder = restored;
            }
            before = size;
        }
    }
}
