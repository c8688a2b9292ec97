//! `recover`: brings a lost tail of the journal back from published entry bundles.
//!
//! Bundles hold the records of the log byte for byte. They are taken only if the whole tree, of the journal's entries and then of
//! the bundles', has the root of a head that this log signed (a checkpoint, the last line of a history) or that the floor states: so a
//! bundle from anybody may be used. The order:
//! 1. every entry is read and hashed. Nothing is written yet.
//! 2. a torn tail of the journal is saved to a file and cut; the missing entries are appended, frame by frame. A crash leaves a shorter
//!    journal, which refuses to start as before; `recover` continues;
//! 3. the index is marked, and the next start rebuilds it; but not an index that shows that still more is missing.
//!
//! What it is not: a repair of damage within the journal, nor a way to go on without the missing records.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::open::{FLOOR, OpenError, REBUILD};
use super::recover;
use super::{Config, Keys};
use crate::log::merkle::leaf_hash;
use crate::log::note::{KeyType, Verifier};
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::log::{Frontier, bundle};
use crate::store::files::{Files, write_durably};
use crate::store::fjall::Fjall;
use crate::store::floor::FloorFile;
use crate::store::lock::DirLock;
use crate::store::segments::{self, Found, SegmentOptions, Segments};
use crate::store::{Floor, FloorState, Frame, Head, Index, Journal, Objects};

/// What was brought back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refilled {
    /// Entries in the journal before.
    pub from: u64,
    /// And now.
    pub to: u64,
    /// Where the missing ones were found.
    pub source: Option<PathBuf>,
}

/// Brings back what the journal of the ledger in `dir` lacks, from its own published files and from `sources`, directories with
/// copies of the log's files (`checkpoint`, `tile/entries/…`).
///
/// # Errors
/// [`OpenError`] when files can't be read or written, or the journal is damaged before its end.
pub fn refill(dir: &Path, sources: &[PathBuf]) -> Result<Refilled, OpenError> {
    let config = Config::load(dir)?;
    let _lock = DirLock::acquire(dir)?;
    let keys = Keys::load(dir, &config)?;
    let log = Verifier::of(&keys.log, KeyType::Ed25519).map_err(super::KeysError::from)?;
    let (from, tree) = whole_part(&dir.join("journal"))?;
    let places: Vec<PathBuf> = std::iter::once(dir.join("log")).chain(sources.iter().cloned()).collect();
    let mut heads = Vec::new();
    for place in &places {
        heads.extend(recover::signed_heads(&Files::reader(place), &log));
    }
    if let FloorState::At { head, .. } = FloorFile::at(&dir.join(FLOOR), &config.ledger).stated() {
        heads.push(head);
    }
    heads.retain(|head| head.size > from);
    heads.sort_by_key(|head| std::cmp::Reverse(head.size));
    let indexed = indexed(&dir.join("index"), &config);
    for head in heads {
        for place in &places {
            let source = Files::reader(place);
            if leads_to(&source, &tree, head)? {
                append(&dir.join("journal"), &source, tree, head)?;
                // an index that has these entries has grouped its rows by other frames. Not before: until the journal is whole, an
                // index that is ahead shows what is missing
                if indexed <= head.size {
                    write_durably(&dir.join(REBUILD), b"", 0o644)?;
                }
                return Ok(Refilled { from, to: head.size, source: Some(place.clone()) });
            }
        }
    }
    Ok(Refilled { from, to: from, source: None })
}

/// Size and tree of the sound frames at the start of the journal.
fn whole_part(journal: &Path) -> Result<(u64, Frontier), OpenError> {
    let (mut tree, mut damaged) = (Frontier::new(), false);
    if !journal.exists() {
        return Ok((0, tree));
    }
    segments::check(journal, &mut |found| match found {
        Found::Frame { frame, .. } if !damaged && frame.first == tree.size() => {
            frame.entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
        }
        _ => damaged = true,
    })?;
    Ok((tree.size(), tree))
}

/// Entries in the index, as far as it can be read.
fn indexed(index: &Path, config: &Config) -> u64 {
    // opening creates one that is missing
    if !index.exists() {
        return 0;
    }
    let opened = Fjall::open_strict(index, config.limits.index_cache_bytes);
    opened.and_then(|index| index.cursor()).ok().flatten().map_or(0, |cursor| cursor.head.size)
}

/// Calls `each` with the entries `from .. size` of published bundles; false when one is missing or damaged.
fn entries(
    source: &dyn Objects,
    from: u64,
    size: u64,
    each: &mut dyn FnMut(&[u8]) -> Result<(), OpenError>,
) -> Result<bool, OpenError> {
    let mut at = from;
    while at < size {
        let index = at / WIDTH;
        let width = (size - index * WIDTH).min(WIDTH);
        let Some(bytes) = bundle_of(source, index, width)? else { return Ok(false) };
        let Ok(found) = bundle::decode(&bytes) else { return Ok(false) };
        let (skip, take) = (at - index * WIDTH, width);
        let Some(found) = found.get(skip as usize..take as usize) else { return Ok(false) };
        for entry in found {
            each(entry)?;
        }
        at = index * WIDTH + width;
    }
    Ok(true)
}

/// The bundle with this index, of at least `width` entries.
fn bundle_of(source: &dyn Objects, index: u64, width: u64) -> Result<Option<Bytes>, OpenError> {
    let full = Tile { kind: Kind::Entries, index, width: WIDTH as u16 };
    if let Some(bytes) = source.get(&full.to_string())? {
        return Ok(Some(bytes));
    }
    for (name, _) in source.list(&format!("{full}.p"))? {
        if Tile::parse(&name).is_some_and(|tile| u64::from(tile.width) >= width) {
            return Ok(source.get(&name)?);
        }
    }
    Ok(None)
}

/// Whether the bundles in `source` continue `tree` to `head`.
fn leads_to(source: &dyn Objects, tree: &Frontier, head: Head) -> Result<bool, OpenError> {
    let mut tree = tree.clone();
    let from = tree.size();
    let whole = entries(source, from, head.size, &mut |entry| {
        tree.push(leaf_hash(entry));
        Ok(())
    })?;
    Ok(whole && tree.root() == head.root)
}

/// Appends the entries after `tree` up to `head`, to which they were found to lead.
fn append(journal: &Path, source: &dyn Objects, mut tree: Frontier, head: Head) -> Result<(), OpenError> {
    let from = tree.size();
    // what is torn is in the bundles
    let journal = Segments::open(journal, SegmentOptions { accepted: Some(from), ..SegmentOptions::default() })?;
    if journal.head() != (Head { size: from, root: tree.root() }) {
        return Err(OpenError::Tree(from));
    }
    let mut batch: Vec<Bytes> = Vec::new();
    let write = |batch: &mut Vec<Bytes>, tree: &Frontier| -> Result<(), OpenError> {
        let first = tree.size() - batch.len() as u64;
        let frame =
            Frame { first, head: Head { size: tree.size(), root: tree.root() }, entries: std::mem::take(batch) };
        Ok(journal.append(first, &frame)?)
    };
    let whole = entries(source, from, head.size, &mut |entry| {
        tree.push(leaf_hash(entry));
        batch.push(Bytes::copy_from_slice(entry));
        // a frame of a bundle is far below the longest frame
        if batch.len() as u64 == WIDTH { write(&mut batch, &tree) } else { Ok(()) }
    })?;
    if !batch.is_empty() {
        write(&mut batch, &tree)?;
    }
    let there = recover::has(&journal, head)?;
    if whole && there { Ok(()) } else { Err(OpenError::Tree(head.size)) }
}
