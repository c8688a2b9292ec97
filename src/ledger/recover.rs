//! Recovery: compares the published tree with the journal, and brings the index up to date or rebuilds it.
//!
//! The same functions run when a ledger is opened after a clean stop, after a crash, and by `reindex`. The order:
//! 1. the published checkpoint and the history: signed by this log, not ahead of the journal, of the same tree. Otherwise
//!    an older or foreign copy was restored: refuse, because continuing would sign a second history.
//!    Then the cursor of the index and the floor ([`lost`]): not ahead of the journal either, otherwise acknowledged records are
//!    missing: refuse. Only now the floor is raised to the journal's head.
//! 2. the index: its cursor must be a head of the journal, otherwise it is emptied. From the cursor (or 0) on, the journal
//!    is replayed through `chain::apply`. A record that would be rejected now is void: reported, not applied.
//! 3. the right edge of the published tiles is compared with the journal; what is missing or damaged is rewritten. `reindex`
//!    does this for the whole published tree, and so does the publisher after a reader found a damaged tile.
//!
//! A missing or damaged checkpoint is restored from the last line of the history, and the other way round: each has the
//! log's signature. If both are missing, the tiles still show how far the log was published: a shorter journal is refused.

use rayon::prelude::*;

use super::history::{History, Line};
use super::index::{LedgerIndex, tree_of};
use super::lost;
use super::open::OpenError;
use super::publish::{CHECKPOINT, Entries};
use super::query::ObjectTiles;
use super::row_cache::RowCache;
use super::wall_clock::ASK;
use super::{Config, Keys, PublishedHead, SeenHead, Stores};
use crate::causes::{Cause, causes};
use crate::chain::rows::{KeyRow, LedgerRow, ProfileRow, SpecificationRow};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{self, Overlay, ProfileSource, State, StateError, Stopped, Table, Void};
use crate::log::merkle::leaf_hash;
use crate::log::note::{Note, Verifier};
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
    /// The torn tail of the journal, moved to a file of its own.
    pub torn: Option<Torn>,
    /// Why the index was rebuilt from nothing.
    pub rebuilt: Option<String>,
    /// Why the register is empty or not in use. Nothing signed is lost with it.
    pub register: Option<String>,
    /// Entries replayed into the index.
    pub replayed: u64,
    /// Void records among them.
    pub voids: Vec<Void>,
    /// A warning about the machine's clock.
    pub clock: Option<String>,
    /// Published files that were missing or damaged and were rewritten.
    pub tiles_restored: Vec<String>,
}

/// The largest size that this log signed, according to `log/`, before the journal is open: that many entries were durable.
pub(super) fn signed_size(log: &dyn Objects, key: &Verifier) -> u64 {
    signed_heads(log, key).iter().map(|head| head.size).max().unwrap_or(0)
}

/// The heads in `log/` that this log signed: of the checkpoint, and of the history's last line. What can't be read states none.
pub(super) fn signed_heads(log: &dyn Objects, key: &Verifier) -> Vec<Head> {
    let stored = log.get(CHECKPOINT).ok().flatten();
    let checkpoint = stored.and_then(|bytes| open_checkpoint(&bytes, key).ok());
    let history = History::open(log).ok();
    let line = history.as_ref().and_then(History::last).filter(|line| line.verify(key).is_ok());
    let checkpoint = checkpoint.map(|(at, _)| Head { size: at.size, root: at.root });
    checkpoint.into_iter().chain(line.map(|line| Head { size: line.size, root: line.root })).collect()
}

/// Step 1: the newest published head, if there is one.
pub(super) fn published(
    stores: &Stores,
    log: &Verifier,
    restored: &mut Vec<String>,
) -> Result<(Option<PublishedHead>, History), OpenError> {
    let (objects, journal) = (&*stores.log, &*stores.journal);
    let (mut history, _) = History::recover(objects, log)?;
    if let Some(line) = history.last() {
        holds(journal, "history", Head { size: line.size, root: line.root })?;
    }
    let stored = objects.get(CHECKPOINT)?;
    let opened = stored.as_ref().map(|bytes| {
        let (at, signed) = open_checkpoint(bytes, log)?;
        let note = signed.to_string();
        Ok::<_, Cause>((PublishedHead { size: at.size, root: at.root, note }, Line::of(&at, &signed)))
    });
    let (size, every) = (journal.head().size, !matches!(opened, Some(Ok(_))));
    if let Some(published) = lost::published_beyond(objects, size, every)? {
        return Err(OpenError::Ahead { what: "tiles".into(), published, journal: size });
    }
    if let Some(Ok((head, line))) = opened {
        holds(journal, "checkpoint", Head { size: head.size, root: head.root })?;
        if let Some(line) = line.filter(|line| history.last().is_none_or(|last| last.size < line.size)) {
            // the history is durable before the checkpoint: a shorter one has lost its end
            history.add(objects, line)?;
            restored.push("history".into());
        }
        return Ok((Some(head), history));
    }
    let damaged = opened.and_then(Result::err);
    // no line and no checkpoint: never published, or lost; publish from the first entry on
    let Some(line) = history.last() else {
        if let Some(why) = damaged {
            // even a damaged checkpoint may state a size: the journal must not be smaller
            let stated =
                String::from_utf8_lossy(&stored.unwrap_or_default()).lines().nth(1).and_then(|l| l.parse().ok());
            if let Some(published) = stated.filter(|stated| *stated > size) {
                return Err(OpenError::Ahead { what: CHECKPOINT.into(), published, journal: size });
            }
            tracing::error!(why = %causes(&why), "the checkpoint is damaged and there is no history: a new head is signed");
            objects.forget(CHECKPOINT)?;
        }
        return Ok((None, history));
    };
    tracing::error!(
        why = damaged.map_or_else(|| "missing".to_owned(), |why| causes(&why).to_string()),
        "the checkpoint was restored from the last line of the history"
    );
    let head = PublishedHead { size: line.size, root: line.root, note: line.note(log.name()) };
    objects.publish(CHECKPOINT, head.note.as_bytes())?;
    restored.push(CHECKPOINT.into());
    Ok((Some(head), history))
}

/// The checkpoint in the bytes of its object.
pub(super) fn open_checkpoint(bytes: &[u8], log: &Verifier) -> Result<(Checkpoint, Note), Cause> {
    let note = std::str::from_utf8(bytes).map_err(|e| Cause::of("not text", e))?;
    Checkpoint::open(note, log).map_err(|e| Cause::of("not a checkpoint of this log", e))
}

/// Step 1 for heads that others hold.
pub(super) fn seen(journal: &dyn Journal, log: &Verifier, heads: &[SeenHead]) -> Result<(), OpenError> {
    for head in heads {
        let at =
            Checkpoint::open(&head.note, log).map_err(|source| OpenError::Published { by: head.by.clone(), source })?.0;
        holds(journal, &head.by, Head { size: at.size, root: at.root })?;
    }
    Ok(())
}

/// Step 1 for the settings: entry 0 has this ledger id.
pub(super) fn this_ledger(journal: &dyn Journal, config: &Config) -> Result<(), OpenError> {
    let Some(entry) = Entries::new(journal).get(0)? else { return Ok(()) };
    match Record::decode(&entry) {
        Ok(record) if record.claims.aud != config.ledger => {
            Err(OpenError::Other { what: "ledger", config: config.ledger.clone(), log: record.claims.aud })
        }
        // not a record: the replay reports it
        _ => Ok(()),
    }
}

/// The node's clock key must be enrolled for the operator that the settings name, if it is enrolled.
pub(super) fn this_operator(state: &dyn State, config: &Config, keys: &Keys) -> Result<(), OpenError> {
    let key = keys.operator.verifying_key().to_bytes();
    let row = get::<KeyRow>(state, Table::Key, &key).map_err(IndexError::from)?;
    match row {
        Some(row) if row.party != config.operator => {
            Err(OpenError::Other { what: "operator", config: config.operator.clone(), log: row.party })
        }
        _ => Ok(()),
    }
}

/// Warn when the ledger's clock is more than this ahead: clocks usually differ less.
const AHEAD: i64 = 300;

/// A warning if the wall clock `now` is far from the last `Clock` on the log.
pub(super) fn clock(state: &dyn State, now: i64) -> Option<String> {
    let last = get::<LedgerRow>(state, Table::Ledger, &[]).ok()??.clock;
    let warning = if last == 0 {
        None
    } else if last > now.saturating_add(AHEAD) {
        Some(format!(
            "the ledger's clock is {} s ahead of this machine's: it does not advance until the machine's has caught up, or the \
             authority resets it",
            last - now
        ))
    } else if now - last > ASK {
        Some(format!(
            "the last clock on the log is {} days old: make sure that this machine's clock is right",
            (now - last) / 86_400
        ))
    } else {
        None
    };
    if let Some(warning) = &warning {
        tracing::warn!(last, now, "{warning}");
    }
    warning
}

/// The journal must contain this published head.
fn holds(journal: &dyn Journal, what: &str, head: Head) -> Result<(), OpenError> {
    let size = journal.head().size;
    if head.size > size {
        return Err(OpenError::Ahead { what: what.to_owned(), published: head.size, journal: size });
    }
    if has(journal, head)? { Ok(()) } else { Err(OpenError::Disagrees { what: what.to_owned(), size: head.size }) }
}

/// Whether the journal's tree of that size has that root.
pub(super) fn has(journal: &dyn Journal, head: Head) -> Result<bool, OpenError> {
    Ok(match head.size.checked_sub(1).map(|last| journal.frame(last)).transpose()?.flatten() {
        Some(frame) if frame.head.size == head.size => frame.head.root == head.root,
        // no batch ended here: another history, unless the entries give the same root
        _ => root_at(journal, head.size)? == head.root,
    })
}

fn root_at(journal: &dyn Journal, size: u64) -> Result<[u8; 32], OpenError> {
    let (mut tree, mut entries) = (Frontier::new(), Entries::new(journal));
    while tree.size() < size {
        let entry = entries.get(tree.size())?.ok_or(OpenError::Tree(tree.size()))?;
        tree.push(leaf_hash(&entry));
    }
    Ok(tree.root())
}

/// Step 2, first half: the cursor of the index, or why it can't be used. With `check`, every row is read, so that a damaged
/// block is found now and not by a later reader.
pub(super) fn usable(index: &dyn Index, journal: &dyn Journal, check: bool) -> Result<Frontier, Cause> {
    let cursor = index.cursor().map_err(|e| Cause::of("its cursor can't be read", e))?;
    let Some(cursor) = cursor else { return Ok(Frontier::new()) };
    let tree = tree_of(&cursor).ok_or_else(|| Cause::new("the hashes of its cursor do not give its root"))?;
    let at = cursor.head;
    let known = at.size.checked_sub(1).map(|last| journal.frame(last)).transpose();
    let known = known.map_err(|e| Cause::of("its cursor can't be compared with the journal", e))?.flatten();
    if known.map(|frame| frame.head) != Some(at) {
        return Err(Cause::new(format!("its cursor is at {}, which is not a head of the journal", at.size)));
    }
    if check {
        index.each(&mut |_, _, _| {}).map_err(|e| Cause::of("a row can't be read", e))?;
    }
    Ok(tree)
}

/// Why a replay stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The index failed: it is emptied, and the replay starts again.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The entries don't give the root in their frame.
    #[error("the entries up to {0} don't give the root in the journal")]
    Tree(u64),
    /// A commodity profile or specification whose bytes are mandatory is missing or damaged.
    #[error("the profile or specification objects/profiles/{0} is missing or damaged: restore it from a backup")]
    Profile(Hash32),
    /// This program is older than the log.
    #[error("entry {0}: {1}. This program is too old for this ledger")]
    Ruleset(u64, String),
}

/// Applies a frame by the rules; adds its void records to `voids`.
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
            Stopped::Storage(error) => IndexError::from(error).into(),
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

/// Checks that every profile and specification named in the state is readable and kept with the log: one that was lost and was uploaded
/// again leaves the quarantine, where it would expire.
fn profiles_present(state: &dyn State, profiles: &dyn ProfileSource) -> Result<(), ReplayError> {
    let enacted =
        rows::<ProfileRow>(state, Table::Profile, Scan::default()).map(|row| Ok::<_, StateError>(row?.1.blake3));
    let adopted = rows::<SpecificationRow>(state, Table::Specification, Scan::default());
    let adopted = adopted.map(|row| Ok::<_, StateError>(row?.1.blake3));
    for named in enacted.chain(adopted) {
        let named = named.map_err(IndexError::from)?;
        if profiles.criteria(&named).is_none() || !profiles.keep(&named) {
            return Err(ReplayError::Profile(named));
        }
    }
    Ok(())
}

/// Entries between two reports of progress.
const PROGRESS: u64 = 10_000;

/// Step 2, second half: replays the journal from `tree` to its head into the index, frame by frame.
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
        tracing::error!(index = void.index, rule = %void.rule, detail = void.detail, "admitted-against-rule");
    }
    Ok(voids)
}

/// Step 3: the right edge that the publisher continues from, and the files that were rewritten.
pub(super) fn edge(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: Option<&PublishedHead>,
    whole: bool,
) -> Result<(TileBuilder, Vec<String>), OpenError> {
    let Some(head) = head.filter(|head| head.size > 0) else {
        return Ok((TileBuilder::new(), Vec::new()));
    };
    if whole {
        return restore(journal, log, head);
    }
    match sound_edge(journal, log, head)? {
        Some(tiles) => Ok((tiles, Vec::new())),
        None => restore(journal, log, head),
    }
}

fn sound_edge(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: &PublishedHead,
) -> Result<Option<TileBuilder>, OpenError> {
    let source = ObjectTiles::new(log);
    let reader = TileReader::new(&source, head.size);
    let Ok(tiles) = TileBuilder::restore(head.size, &source) else { return Ok(None) };
    if tiles.root() != head.root {
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
        if stored != &entry[..] || reader.node(0, index).ok() != Some(leaf_hash(&entry)) {
            return Ok(None);
        }
    }
    Ok(Some(tiles))
}

/// Computes every bundle and tile of the published tree from the journal, and rewrites those that differ.
pub(super) fn restore(
    journal: &dyn Journal,
    log: &dyn Objects,
    head: &PublishedHead,
) -> Result<(TileBuilder, Vec<String>), OpenError> {
    let (mut tiles, mut written) = (TileBuilder::new(), Vec::new());
    let (mut entries, mut edge) = (Entries::new(journal), Vec::new());
    let mut write = |tile: &Tile, bytes: &[u8]| -> Result<(), OpenError> {
        if !tile.is_full() {
            edge.push((*tile, bytes.to_vec()));
        }
        let path = tile.to_string();
        if log.get(&path)?.as_deref() != Some(bytes) {
            log.publish(&path, bytes)?;
            tracing::warn!(path, "missing or damaged: restored from the journal");
            written.push(path);
        }
        Ok(())
    };
    while tiles.size() < head.size {
        let start = tiles.size();
        let tile = Tile::at(Kind::Entries, start / WIDTH, head.size).ok_or(OpenError::Tree(start))?;
        let mut bytes = Vec::new();
        for index in start..start + u64::from(tile.width) {
            let entry = entries.get(index)?.ok_or(OpenError::Tree(index))?;
            bundle::push(&mut bytes, &entry).map_err(|_| OpenError::Tree(index))?;
            tiles.push(leaf_hash(&entry));
        }
        write(&tile, &bytes)?;
        let step = if tiles.size() == head.size || tiles.size() % (1 << 16) == 0 { tiles.take() } else { Vec::new() };
        for (tile, bytes) in step {
            // an intermediate partial is not part of the published tree
            if Tile::at(tile.kind, tile.index, head.size) == Some(tile) {
                write(&tile, &bytes)?;
            }
        }
    }
    if tiles.root() != head.root {
        return Err(OpenError::Disagrees { what: "checkpoint".into(), size: head.size });
    }
    older(log, head, &edge, &mut written)?;
    Ok((tiles, written))
}

/// Checks the other files in `tile/`. Partials of older heads must be prefixes of the right edge `edge`; those that a full
/// tile superseded, and files that no head covers, are removed. The publisher writes the latter again.
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
            tracing::warn!(path, "superseded, or covered by no head: removed");
            written.push(path);
            continue;
        };
        let narrow = prefix(&tile, bytes).ok_or(OpenError::Tree(head.size))?;
        if log.get(&path)?.as_deref() != Some(&narrow[..]) {
            log.publish(&path, &narrow)?;
            tracing::warn!(path, "damaged: restored from the journal");
            written.push(path);
        }
    }
    Ok(())
}

/// The bytes of `tile`, a prefix of a wider one of the same index.
fn prefix(tile: &Tile, wider: &[u8]) -> Option<Vec<u8>> {
    let width = usize::from(tile.width);
    match tile.kind {
        Kind::Hashes(_) => wider.get(..width * 32).map(<[u8]>::to_vec),
        Kind::Entries => bundle::encode(bundle::decode(wider).ok()?.get(..width)?).ok(),
    }
}
