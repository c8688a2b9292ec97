//! Bringing stored bytes back to life: the published tree held against the journal, the index caught up or rebuilt.
//!
//! The same functions run when a ledger is opened after a clean stop, after a crash, and by `reindex`. The order:
//! 1. the published checkpoint and the history: signed by this log, not ahead of the journal, of the same tree. Otherwise
//!    an older copy was restored (or another log's): refuse, because going on would sign a second history.
//! 2. the index: its cursor must be a head the journal knows. Otherwise it is emptied; from its cursor on (or from 0) the
//!    journal is replayed through `chain::apply`. A record that would be rejected now is void: reported, not applied.
//! 3. the right edge of the published tiles, against the journal. What is missing or damaged is written again from it;
//!    by `reindex`, and when a reader met a damaged tile, the whole published tree is.
//!
//! A checkpoint that is gone or damaged is the history's last line again, and the other way round: each holds the log's own
//! signature. With both gone the tiles still tell how far the log was published, so that a journal that is shorter is
//! refused, and the next head is signed for a tree that holds them.

use rayon::prelude::*;

use super::history::{History, Line};
use super::index::{LedgerIndex, tree_of};
use super::open::OpenError;
use super::publish::{CHECKPOINT, Entries};
use super::query::ObjectTiles;
use super::row_cache::RowCache;
use super::{Config, Keys, PublishedHead, SeenHead, Stores};
use crate::chain::rows::{KeyRow, LedgerRow, ProfileRow};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{self, Overlay, ProfileSource, State, Stopped, Table, Void};
use crate::log::merkle::leaf_hash;
use crate::log::note::Verifier;
use crate::log::prove::NodeReader;
use crate::log::publish::{TileBuilder, TileReader};
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::log::{Checkpoint, Frontier, bundle};
use crate::record::{Hash32, Record};
use crate::store::segments::Torn;
use crate::store::{Frame, Head, Index, IndexError, Journal, JournalError, Objects};

/// What opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The journal's torn tail, kept aside and cut.
    pub torn: Option<Torn>,
    /// Why the index was rebuilt from nothing.
    pub rebuilt: Option<String>,
    /// Why the register was started empty, or is not kept at all. Nothing signed is lost with it.
    pub register: Option<String>,
    /// Entries replayed into the index.
    pub replayed: u64,
    /// Void records among them.
    pub voids: Vec<Void>,
    /// What is odd about the machine's clock.
    pub clock: Option<String>,
    /// Published tiles, bundles, or heads that were missing or damaged and were written again.
    pub tiles_restored: Vec<String>,
}

/// The largest size that this log signed, as far as `log/` tells before the journal is open: so many entries were durable.
pub(super) fn signed_size(log: &dyn Objects, key: &Verifier) -> u64 {
    let line = History::open(log).ok().and_then(|h| h.last().filter(|line| line.verify(key).is_ok()).map(|l| l.size));
    let note = log.get(CHECKPOINT).ok().flatten().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let checkpoint = note.and_then(|note| Checkpoint::open(&note, key).ok()).map(|(at, _)| at.size);
    line.max(checkpoint).unwrap_or(0)
}

/// Step 1: the newest published head, if there is one.
pub(super) fn published(
    stores: &Stores,
    log: &Verifier,
    restored: &mut Vec<String>,
) -> Result<(Option<PublishedHead>, History), OpenError> {
    let (objects, journal) = (&*stores.log, &*stores.journal);
    let (mut history, cut) = History::recover(objects, log)?;
    if let Some(line) = history.last() {
        holds(journal, "history", Head { size: line.size, root: line.root })?;
    }
    let stored = objects.get(CHECKPOINT)?;
    let opened = stored.as_ref().map(|bytes| {
        let note = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
        let (at, signed) = Checkpoint::open(note, log).map_err(|e| e.to_string())?;
        Ok::<_, String>((PublishedHead { size: at.size, root: at.root, note: note.to_owned() }, Line::of(&at, &signed)))
    });
    if let Some(Ok((head, line))) = opened {
        holds(journal, "checkpoint", Head { size: head.size, root: head.root })?;
        if let Some(line) = line.filter(|line| history.last().is_none_or(|last| last.size < line.size)) {
            // each is durable before the next: a history that is behind has lost its end
            history.add(objects, line)?;
            restored.push("history".into());
        }
        return Ok((Some(head), history));
    }
    let damaged = opened.and_then(Result::err);
    if cut || damaged.is_some() || stored.is_none() {
        ahead_of_tiles(objects, journal)?;
    }
    // no line and no checkpoint: never published, or all of it lost; then it is published from the first entry on
    let Some(line) = history.last() else {
        if let Some(why) = damaged {
            // whatever is wrong with it, a size that it states is not gone below
            let said = String::from_utf8_lossy(&stored.unwrap_or_default()).lines().nth(1).and_then(|l| l.parse().ok());
            let size = journal.head().size;
            if let Some(published) = said.filter(|said| *said > size) {
                return Err(OpenError::Ahead { what: CHECKPOINT.into(), published, journal: size });
            }
            tracing::error!(why, "the checkpoint is damaged and there is no history: a new head is signed");
            objects.forget(CHECKPOINT)?;
        }
        return Ok((None, history));
    };
    tracing::error!(
        why = damaged.unwrap_or_else(|| "missing".into()),
        "the checkpoint is the history's last line again"
    );
    let head = PublishedHead { size: line.size, root: line.root, note: line.note(log.name()) };
    objects.publish(CHECKPOINT, head.note.as_bytes())?;
    restored.push(CHECKPOINT.into());
    Ok((Some(head), history))
}

/// No tile holds more than the journal: tiles are written only for what is durable there.
fn ahead_of_tiles(log: &dyn Objects, journal: &dyn Journal) -> Result<(), OpenError> {
    let mut published = 0;
    for (name, _) in log.list("tile/entries")? {
        if let Some(tile) = Tile::parse(&name) {
            published = published.max(tile.index * WIDTH + u64::from(tile.width));
        }
    }
    let size = journal.head().size;
    if published > size {
        return Err(OpenError::Ahead { what: "tiles".into(), published, journal: size });
    }
    Ok(())
}

/// Step 1 for heads that others hold.
pub(super) fn seen(journal: &dyn Journal, log: &Verifier, heads: &[SeenHead]) -> Result<(), OpenError> {
    for head in heads {
        let at = Checkpoint::open(&head.note, log).map_err(|e| OpenError::Published(format!("{}: {e}", head.by)))?.0;
        holds(journal, &head.by, Head { size: at.size, root: at.root })?;
    }
    Ok(())
}

/// Step 1 for the settings: entry 0 was made for this ledger id.
pub(super) fn this_ledger(journal: &dyn Journal, config: &Config) -> Result<(), OpenError> {
    let Some(entry) = Entries::new(journal).get(0)? else { return Ok(()) };
    match Record::decode(&entry) {
        Ok(record) if record.claims.aud != config.ledger => {
            Err(OpenError::Other { what: "ledger", config: config.ledger.clone(), log: record.claims.aud })
        }
        // not a record: the replay says so
        _ => Ok(()),
    }
}

/// The node's clock key is the operator's that the settings name, once it is enrolled.
pub(super) fn this_operator(state: &dyn State, config: &Config, keys: &Keys) -> Result<(), OpenError> {
    let key = keys.operator.verifying_key().to_bytes();
    let row = get::<KeyRow>(state, Table::Key, &key).map_err(|e| ReplayError::Index(IndexError(e.0)))?;
    match row {
        Some(row) if row.party != config.operator => {
            Err(OpenError::Other { what: "operator", config: config.operator.clone(), log: row.party })
        }
        _ => Ok(()),
    }
}

/// The ledger's clock is further ahead than clocks usually differ.
const AHEAD: i64 = 300;
/// The wall clock moved further than a stop usually lasts.
const LONG_STOP: i64 = 7 * 86_400;

/// What is odd about the wall clock `now`, held against the last `Clock` on the log.
pub(super) fn clock(state: &dyn State, now: i64) -> Option<String> {
    let last = get::<LedgerRow>(state, Table::Ledger, &[]).ok()??.clock;
    let told = if last == 0 {
        None
    } else if last > now.saturating_add(AHEAD) {
        Some(format!(
            "the ledger's clock is {} s ahead of this machine's: it stands still until the machine's has caught up",
            last - now
        ))
    } else if now - last > LONG_STOP {
        Some(format!(
            "the last clock on the log is {} days old: make sure that this machine's is right",
            (now - last) / 86_400
        ))
    } else {
        None
    };
    if let Some(told) = &told {
        tracing::warn!(last, now, "{told}");
    }
    told
}

/// The journal holds this published head.
fn holds(journal: &dyn Journal, what: &str, head: Head) -> Result<(), OpenError> {
    let size = journal.head().size;
    if head.size > size {
        return Err(OpenError::Ahead { what: what.to_owned(), published: head.size, journal: size });
    }
    let same = match head.size.checked_sub(1).map(|last| journal.frame(last)).transpose()?.flatten() {
        Some(frame) if frame.head.size == head.size => frame.head.root == head.root,
        // not where a batch ended: another history, unless the entries make the same tree
        _ => root_at(journal, head.size)? == head.root,
    };
    if same { Ok(()) } else { Err(OpenError::Disagrees { what: what.to_owned(), size: head.size }) }
}

fn root_at(journal: &dyn Journal, size: u64) -> Result<[u8; 32], OpenError> {
    let (mut tree, mut entries) = (Frontier::new(), Entries::new(journal));
    while tree.size() < size {
        let entry = entries.get(tree.size())?.ok_or(OpenError::Tree(tree.size()))?;
        tree.push(leaf_hash(&entry));
    }
    Ok(tree.root())
}

/// Step 2, first half: where the index stands, or why it can't be used. With `check`, every row is read: a damaged block is
/// found now, and not by the first reader that meets it.
pub(super) fn usable(index: &dyn Index, journal: &dyn Journal, check: bool) -> Result<Frontier, String> {
    let Some(cursor) = index.cursor().map_err(|e| e.0)? else { return Ok(Frontier::new()) };
    let tree = tree_of(&cursor).ok_or("its cursor does not make its root")?;
    let at = cursor.head;
    let known =
        at.size.checked_sub(1).map(|last| journal.frame(last)).transpose().map_err(|e| e.to_string())?.flatten();
    if known.map(|frame| frame.head) != Some(at) {
        return Err(format!("its cursor is at {}, which is no head of the journal", at.size));
    }
    if check {
        index.each(&mut |_, _, _| {}).map_err(|e| e.0)?;
    }
    Ok(tree)
}

/// Why a replay stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The index failed: it is emptied, and the replay begins again.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The entries don't make the root that their frame states.
    #[error("the entries up to {0} don't make the root that the journal states")]
    Tree(u64),
    /// A commodity profile whose bytes are mandatory is missing or damaged.
    #[error("the commodity profile objects/profiles/{0} is missing or damaged: restore it from a backup")]
    Profile(Hash32),
    /// This program is older than the log.
    #[error("entry {0}: {1}. This program is too old for this ledger")]
    Ruleset(u64, String),
}

/// One frame through the rules; what is void is told.
pub(super) fn apply_frame(
    overlay: &mut Overlay<'_>,
    tree: &mut Frontier,
    frame: &Frame,
    profiles: &dyn ProfileSource,
    voids: &mut Vec<Void>,
) -> Result<(), ReplayError> {
    let records: Vec<_> = frame.entries.par_iter().map(|entry| (leaf_hash(entry), Record::decode(entry))).collect();
    for (index, (leaf, record)) in (frame.first..).zip(records) {
        tree.push(leaf);
        voids.extend(chain::replay(overlay, index, &record, profiles).map_err(|stopped| match stopped {
            Stopped::Storage(error) => IndexError(error.0).into(),
            Stopped::Profile(missing) => ReplayError::Profile(missing),
            Stopped::Ruleset(why) => ReplayError::Ruleset(index, why),
        })?);
    }
    if tree.size() == frame.head.size && tree.root() == frame.head.root {
        Ok(())
    } else {
        Err(ReplayError::Tree(frame.head.size))
    }
}

/// The mandatory profiles of the state so far are there.
fn profiles_present(state: &dyn State, profiles: &dyn ProfileSource) -> Result<(), ReplayError> {
    for row in rows::<ProfileRow>(state, Table::Profile, Scan::default()) {
        let (_, row) = row.map_err(|e| IndexError(e.0))?;
        if profiles.profile(&row.blake3).is_none() {
            return Err(ReplayError::Profile(row.blake3));
        }
    }
    Ok(())
}

/// Entries between two reports of progress.
const PROGRESS: u64 = 10_000;

/// Step 2, second half: from `tree` to the journal's head, into the index, frame by frame as the sequencer wrote them.
pub(super) fn replay(
    journal: &dyn Journal,
    index: &LedgerIndex,
    tree: &mut Frontier,
    profiles: &dyn ProfileSource,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<Void>, ReplayError> {
    let mut voids = Vec::new();
    let end = journal.head().size;
    profiles_present(index, profiles)?;
    let (rows, mut reported) = (RowCache::new(), tree.size());
    while tree.size() < end {
        let frame = journal.frame(tree.size())?.filter(|frame| frame.first == tree.size());
        let frame = frame.ok_or(ReplayError::Tree(tree.size()))?;
        let state = rows.over(index);
        let mut overlay = Overlay::new(&state);
        apply_frame(&mut overlay, tree, &frame, profiles, &mut voids)?;
        let changes = overlay.into_changes();
        rows.update(&changes);
        index.apply(changes, tree)?;
        if tree.size() - reported >= PROGRESS {
            reported = tree.size();
            progress(reported, end);
        }
    }
    progress(end, end);
    for void in &voids {
        tracing::error!(index = void.index, rule = void.rule, detail = void.detail, "admitted-against-rule");
    }
    Ok(voids)
}

/// Step 3: what the publisher goes on from, and what had to be written again.
pub(super) fn edge(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: Option<&PublishedHead>,
    whole: bool,
) -> Result<(TileBuilder, Frontier, Vec<String>), OpenError> {
    let Some(head) = head.filter(|head| head.size > 0) else {
        return Ok((TileBuilder::new(), Frontier::new(), Vec::new()));
    };
    if whole {
        return restore(journal, log, head);
    }
    match sound_edge(journal, log, head)? {
        Some((tiles, tree)) => Ok((tiles, tree, Vec::new())),
        None => restore(journal, log, head),
    }
}

fn sound_edge(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: &PublishedHead,
) -> Result<Option<(TileBuilder, Frontier)>, OpenError> {
    let source = ObjectTiles::new(log);
    let reader = TileReader::new(&source, head.size);
    let Ok(tiles) = TileBuilder::restore(head.size, &source) else { return Ok(None) };
    let Ok(tree) = Frontier::load(head.size, &reader) else { return Ok(None) };
    if tree.root() != head.root {
        return Ok(None);
    }
    // the last bundle, entry by entry, and its leaves in the last tile
    let last = (head.size - 1) / WIDTH;
    let Some(tile) = Tile::at(Kind::Entries, last, head.size) else { return Ok(None) };
    let Some(bytes) = log.get(&tile.to_string())? else { return Ok(None) };
    let Ok(stored) = bundle::decode_width(&bytes, tile.width) else { return Ok(None) };
    let mut entries = Entries::new(journal);
    for (index, stored) in (last * WIDTH..).zip(stored) {
        let entry = entries.get(index)?.ok_or(OpenError::Tree(index))?;
        if stored != &entry[..] || reader.node(0, index) != Ok(leaf_hash(&entry)) {
            return Ok(None);
        }
    }
    Ok(Some((tiles, tree)))
}

/// Every bundle and tile of the published tree from the journal; those that differ are written again.
pub(super) fn restore(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: &PublishedHead,
) -> Result<(TileBuilder, Frontier, Vec<String>), OpenError> {
    let (mut tiles, mut tree, mut written) = (TileBuilder::new(), Frontier::new(), Vec::new());
    let (mut entries, mut edge) = (Entries::new(journal), Vec::new());
    let mut write = |tile: &Tile, bytes: &[u8]| -> Result<(), OpenError> {
        if !tile.is_full() {
            edge.push((*tile, bytes.to_vec()));
        }
        let path = tile.to_string();
        if log.get(&path)?.as_deref() != Some(bytes) {
            log.publish(&path, bytes)?;
            tracing::warn!(path, "missing or damaged: written again from the journal");
            written.push(path);
        }
        Ok(())
    };
    while tree.size() < head.size {
        let start = tree.size();
        let tile = Tile::at(Kind::Entries, start / WIDTH, head.size).ok_or(OpenError::Tree(start))?;
        let mut bytes = Vec::new();
        for index in start..start + u64::from(tile.width) {
            let entry = entries.get(index)?.ok_or(OpenError::Tree(index))?;
            bundle::push(&mut bytes, &entry).map_err(|_| OpenError::Tree(index))?;
            let leaf = leaf_hash(&entry);
            tiles.push(leaf);
            tree.push(leaf);
        }
        write(&tile, &bytes)?;
        let step = if tree.size() == head.size || tree.size() % (1 << 16) == 0 { tiles.take() } else { Vec::new() };
        for (tile, bytes) in step {
            // a partial on the way is not part of the published tree
            if Tile::at(tile.kind, tile.index, head.size) == Some(tile) {
                write(&tile, &bytes)?;
            }
        }
    }
    if tree.root() != head.root {
        return Err(OpenError::Disagrees { what: "checkpoint".into(), size: head.size });
    }
    older(log, head, &edge, &mut written)?;
    Ok((tiles, tree, written))
}

/// What lies beside the published tree: partials of older heads are the beginnings of its right edge `edge`, and go where a
/// full tile took their place. What no head covers is removed, the publisher writes it again.
fn older(
    log: &dyn Objects,
    head: &PublishedHead,
    edge: &[(Tile, Vec<u8>)],
    written: &mut Vec<String>,
) -> Result<(), OpenError> {
    for (path, _) in log.list("tile")? {
        let Some(tile) = Tile::parse(&path) else { continue };
        let now = Tile::at(tile.kind, tile.index, head.size);
        if now == Some(tile) {
            continue;
        }
        let wider = edge.iter().find(|(wide, _)| Some(*wide) == now && wide.width > tile.width);
        let Some((_, bytes)) = wider else {
            log.forget(&path)?;
            tracing::warn!(path, "superseded, or under no head: removed");
            written.push(path);
            continue;
        };
        let begins = beginning(&tile, bytes).ok_or(OpenError::Tree(head.size))?;
        if log.get(&path)?.as_deref() != Some(&begins[..]) {
            log.publish(&path, &begins)?;
            tracing::warn!(path, "damaged: written again from the journal");
            written.push(path);
        }
    }
    Ok(())
}

/// The bytes of `tile` out of those of a wider one at its place.
fn beginning(tile: &Tile, wider: &[u8]) -> Option<Vec<u8>> {
    let width = usize::from(tile.width);
    match tile.kind {
        Kind::Hashes(_) => wider.get(..width * 32).map(<[u8]>::to_vec),
        Kind::Entries => bundle::encode(bundle::decode(wider).ok()?.get(..width)?).ok(),
    }
}
