//! tlog-tiles (C2SP): the path and the width of a tile or entry bundle. Tile height 8: 256 hashes.
//!
//! `tile(l, n)[i] = MTH(D[(n*256+i) * 256^l : (n*256+i+1) * 256^l])`; a partial tile of width w holds the first w hashes.
//! Not here: the bytes of hash tiles (`publish`) and of entry bundles (`bundle`), storage, HTTP.

use std::fmt;

use super::merkle::MAX_SIZE;

/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u64 = 256;

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
    /// Whether it is full: immutable, and at the path without `.p`.
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

    /// The tile of this kind and index in a tree of `size` leaves, with its width there; `None` if it does not exist yet.
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
pub(super) const fn hashes_at(level: u8, size: u64) -> u64 {
    if level >= 8 { 0 } else { size >> (8 * level) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
