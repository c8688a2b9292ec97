//! tlog-tiles (C2SP): paths, which tiles a tree of a size has, and the bytes of hash tiles. Tile height 8: 256 hashes.
//!
//! `tile(l, n)[i] = MTH(D[(n*256+i) * 256^l : (n*256+i+1) * 256^l])`; a partial tile of width w holds the first w hashes.
//! Not here: entry bundles' bytes (`bundle`), storage, HTTP.

use std::fmt;

use super::merkle::{Hash, MAX_SIZE, NodeError, NodeReader, node_hash};

/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u64 = 256;

/// Bytes in a full hash tile: 256 hashes of 32 bytes.
pub const FULL_BYTES: usize = 256 * 32;

/// What a path under `tile/` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes at this tile level: each covers `256^level` leaves.
    Hashes(u8),
    /// Entries, indexed as level 0.
    Entries,
}

/// One tile or entry bundle of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Hashes or entries.
    pub kind: Kind,
    /// Position at its level.
    pub index: u64,
    /// Hashes (or entries) in it, 1 to 256; less than 256 is a partial tile.
    pub width: u16,
}

impl Tile {
    /// Whether it is full: immutable for good, and at the path without `.p`.
    pub const fn is_full(&self) -> bool {
        self.width as u64 == WIDTH
    }

    /// The full tile at the same place.
    pub const fn full(self) -> Tile {
        Tile { width: WIDTH as u16, ..self }
    }

    /// Tile level; entries count as 0.
    pub const fn level(&self) -> u8 {
        match self.kind {
            Kind::Hashes(level) => level,
            Kind::Entries => 0,
        }
    }

    /// The tile of this kind and index in a tree of `size` leaves, as wide as it is then; `None` if it is not there yet.
    pub fn at(kind: Kind, index: u64, size: u64) -> Option<Tile> {
        let level = match kind {
            Kind::Hashes(level) => level,
            Kind::Entries => 0,
        };
        let width = hashes_at(level, size).checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        (width > 0).then_some(Tile { kind, index, width: width as u16 })
    }

    /// Reads a path as [`Tile`]'s `Display` writes it, `tile/0/x001/234.p/5`; `None` for any other text.
    pub fn parse(path: &str) -> Option<Tile> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes(decimal(level).filter(|level| *level < 64)? as u8),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, decimal(width).filter(|width| (1..WIDTH).contains(width))?),
            None => (rest, WIDTH),
        };
        let mut value = 0u64;
        let mut groups = index.split('/').peekable();
        while let Some(group) = groups.next() {
            let digits = if groups.peek().is_some() { group.strip_prefix('x')? } else { group };
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            value = value.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Tile { kind, index: value, width: width as u16 };
        // one path per tile: leading groups of zeros are refused here
        (value <= MAX_SIZE && tile.to_string() == path).then_some(tile)
    }
}

/// A decimal without sign or leading zero.
fn decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while groups.len() > 1 {
            write!(f, "x{:03}/", groups.pop().unwrap_or_default())?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// How many hashes tile level `level` has in a tree of `size` leaves: `floor(size / 256^level)`.
const fn hashes_at(level: u8, size: u64) -> u64 {
    if level >= 8 { 0 } else { size >> (8 * level) }
}

/// Every hash tile and bundle of a tree of `size` leaves, as wide as it is then.
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

/// The partial tiles and bundles of the tree of `old` leaves whose full ones exist at `new`: these may be removed then.
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
    /// Text for people when it is missing or can't be read.
    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, String>;
}

/// Reads the nodes of a tree of `size` leaves from its tiles. Tiles are not trusted: check the root that results.
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
        let fail = |why: String| NodeError { level, index, why };
        // a node r levels above tile level L is the root of 2^r neighbouring hashes of one tile of L
        let (tile_level, above) = (level / 8, level % 8);
        let first = index.checked_shl(u32::from(above)).filter(|first| first >> above == index);
        let first = first.ok_or_else(|| fail("outside the tree".into()))?;
        let tile = Tile::at(Kind::Hashes(tile_level), first / WIDTH, self.size);
        let tile = tile.ok_or_else(|| fail("outside the tree".into()))?;
        let (offset, count) = ((first % WIDTH) as usize, 1usize << above);
        if offset + count > usize::from(tile.width) {
            return Err(fail("outside the tree".into()));
        }
        let bytes = self.source.tile(&tile).map_err(fail)?;
        let hashes = parse_hashes(&bytes).ok_or_else(|| fail(format!("{tile} is not whole hashes")))?;
        let range = hashes.get(offset..offset + count);
        subtree(range.ok_or_else(|| fail(format!("{tile} is too short")))?).ok_or_else(|| fail("empty".into()))
    }
}

/// The hashes of a tile; `None` unless there are 1 to 256 whole ones.
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

/// The right edge of the published tree, as the hashes of the partial tile of each level: what the publisher needs to
/// write the next tiles without reading old ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TileBuilder {
    size: u64,
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
        let mut builder = TileBuilder { size, published: size, ..TileBuilder::default() };
        for tile in partials(size) {
            let Kind::Hashes(level) = tile.kind else { continue };
            let fail = |why: String| NodeError { level: 8 * level, index: tile.index, why };
            let bytes = source.tile(&tile).map_err(fail)?;
            let hashes = parse_hashes(&bytes).and_then(|hashes| hashes.get(..usize::from(tile.width)));
            let hashes = hashes.ok_or_else(|| fail(format!("{tile} is not {} hashes", tile.width)))?;
            builder.level(usize::from(level)).extend_from_slice(hashes);
        }
        Ok(builder)
    }

    fn level(&mut self, level: usize) -> &mut Vec<Hash> {
        if self.edge.len() <= level {
            self.edge.resize_with(level + 1, Vec::new);
        }
        &mut self.edge[level]
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut carry = Some(leaf);
        let mut level = 0usize;
        while let Some(hash) = carry.take() {
            let edge = self.level(level);
            edge.push(hash);
            if edge.len() as u64 == WIDTH {
                let hashes = std::mem::take(edge);
                let index = (self.size >> (8 * level)) / WIDTH;
                let tile = Tile { kind: Kind::Hashes(level as u8), index, width: WIDTH as u16 };
                self.full.push((tile, hashes.concat()));
                carry = subtree(&hashes);
                level += 1;
            }
        }
        self.size += 1;
    }

    /// The hash tiles of [`new_between`] (size at the last call, size now) with their bytes.
    pub fn take(&mut self) -> Vec<(Tile, Vec<u8>)> {
        let mut out = std::mem::take(&mut self.full);
        for (level, hashes) in self.edge.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()) {
            let total = hashes_at(level as u8, self.size);
            // a level whose count did not change since the last call is on disk already
            if total > hashes_at(level as u8, self.published) {
                let tile = Tile { kind: Kind::Hashes(level as u8), index: total / WIDTH, width: hashes.len() as u16 };
                out.push((tile, hashes.concat()));
            }
        }
        self.published = self.size;
        out.sort_by_key(|(tile, _)| *tile);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::log::merkle::{Frontier, leaf_hash};

    struct Map(HashMap<String, Vec<u8>>);

    impl TileSource for Map {
        fn tile(&self, tile: &Tile) -> Result<Vec<u8>, String> {
            let full = self.0.get(&tile.full().to_string());
            self.0.get(&tile.to_string()).or(full).cloned().ok_or_else(|| format!("{tile} is absent"))
        }
    }

    #[test]
    fn tile_paths_match_the_specification_and_others_are_refused() {
        let tile = |kind, index, width| Tile { kind, index, width };
        let cases = [
            ("tile/0/000", tile(Kind::Hashes(0), 0, 256)),
            ("tile/0/x001/x234/067", tile(Kind::Hashes(0), 1_234_067, 256)),
            ("tile/2/000.p/1", tile(Kind::Hashes(2), 0, 1)),
            ("tile/entries/x001/000.p/255", tile(Kind::Entries, 1000, 255)),
        ];
        for (path, tile) in cases {
            assert_eq!(tile.to_string(), path);
            assert_eq!(Tile::parse(path), Some(tile));
        }
        let wrong = [
            "tile/0/0",
            "tile/00/000",
            "tile/64/000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0/000.p",
            "tile/entries/",
            "tile/+1/000",
        ];
        for path in wrong {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    #[test]
    fn layout_of_70000_leaves_has_the_specified_tiles() {
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
    fn incremental_build_writes_the_tiles_of_the_layout() {
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
            assert_eq!(crate::log::merkle::root(size, &reader).unwrap(), frontier.root());
            let restored = TileBuilder::restore(size, &map).unwrap();
            assert_eq!(restored.edge.iter().flatten().count(), builder.edge.iter().flatten().count());
            if step % 2 == 0 {
                builder = restored;
            }
            before = size;
        }
    }

    proptest! {
        #[test]
        fn a_parsed_path_is_written_back_unchanged(text in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
            if let Some(tile) = Tile::parse(&text) {
                prop_assert_eq!(tile.to_string(), text);
            }
        }

        #[test]
        fn any_text_is_refused_or_read(text: String) {
            let _ = Tile::parse(&text);
        }
    }
}
