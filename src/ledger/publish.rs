//! The publisher: at most one interval after a record was acknowledged, the tree that holds it is published.
//!
//! The order, each step durable before the next, and what recovery does after a crash in it:
//! 1. entry bundles, then hash tiles are written. They are immutable: writing equal bytes again succeeds.
//! 2. the head is signed. Nothing to do: the same head gives the same signature.
//! 3. the line is added to the history. If it is there already, nothing is written.
//! 4. the witnesses are asked to cosign it (`witnesses`). Nothing to do: what they have seen is in the journal.
//! 5. the checkpoint is replaced. From here on the head is published.
//! 6. partials that full tiles supersede are removed. What a crash leaves is removed at the next start.
//!
//! A head is never signed before its tiles are durable, nor before the state has every record that it covers, and none is signed for a
//! tree of one leaf. A write that failed for lack of disk space or file descriptors is tried again with growing intervals, and records
//! are acknowledged meanwhile. This thread also moves blobs that records name out of quarantine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::history::{History, Line};
use super::recent::RecentFrame;
use super::{PublishedHead, Shared, recover};
use crate::causes::causes;
use crate::log::checkpoint::CheckpointError;
use crate::log::merkle::leaf_hash;
use crate::log::publish::{TileBuilder, new_between};
use crate::log::tile::{Kind, Tile, WIDTH};
use crate::log::{Checkpoint, bundle};
use crate::store::{Head, Journal, JournalError, ObjectError, Objects};

/// Name of the mutable object that is the published checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Most entries published at once when the log is far ahead: bounds memory.
const STEP: u64 = 1 << 16;
/// The smallest tree a head is signed for.
const SMALLEST: u64 = 2;

/// Longest wait between two attempts.
const SLOWEST: Duration = Duration::from_secs(10);
/// Shortest time between two comparisons of the whole tree.
const REPAIR_EVERY: Duration = Duration::from_secs(60);
/// Attempts when closing; what is not published then is published at the next start.
const LAST_ATTEMPTS: u32 = 3;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An object was not written.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The journal's entries don't give the root in its frame, or an entry does not fit a bundle.
    #[error("the entries up to {0} don't give the root in the journal")]
    Tree(u64),
    /// The head was not signed.
    #[error("the head was not signed")]
    Sign(#[from] CheckpointError),
    /// Its note has no signature of this log.
    #[error("the note of the head has no signature")]
    Unsigned,
}

impl PublishError {
    /// Nothing was written, and a later attempt may succeed.
    fn is_temporary(&self) -> bool {
        matches!(
            self,
            PublishError::Object(ObjectError::Unavailable { .. }) | PublishError::Journal(JournalError::Unavailable(_))
        )
    }
}

/// What the publisher remembers between two heads.
pub(super) struct Publisher {
    shared: Arc<Shared>,
    tiles: TileBuilder,
    history: History,
    /// When the tree was last compared with the journal, and how long that took.
    repaired: Option<(Instant, Duration)>,
}

impl Publisher {
    /// Continues after the published tree, whose right edge was checked.
    pub(super) fn new(shared: Arc<Shared>, tiles: TileBuilder, history: History) -> Publisher {
        Publisher { shared, tiles, history, repaired: None }
    }

    /// Runs until the ledger closes; then publishes everything once more.
    pub(super) fn run(mut self) {
        let (mut failures, mut last) = (0u32, 0);
        loop {
            let slower = self.shared.publish_every.saturating_mul(1 << failures.min(10));
            let stop = self.shared.wait_to_publish(slower.min(SLOWEST.max(self.shared.publish_every)));
            self.shared.profiles.quarantine.promote_claimed(&self.shared);
            self.repair();
            match self.publish_all() {
                Ok(()) if stop => return,
                Ok(()) => failures = 0,
                Err(error) if error.is_temporary() => {
                    failures = failures.saturating_add(1);
                    tracing::error!(error = %causes(&error), failures, "publishing failed and is tried again");
                    if stop {
                        last += 1;
                        if last == LAST_ATTEMPTS {
                            return;
                        }
                        std::thread::sleep(Duration::from_millis(100));
                    }
                }
                Err(error) => return self.shared.fatal.raise(&format!("publishing failed: {}", causes(&error))),
            }
            self.shared.publish_failures.store(u64::from(failures), Ordering::Relaxed);
        }
    }

    /// Compares the published tree with the journal after a reader found damage, and rewrites what differs. It runs on this
    /// thread, the only one that writes to the log, so publishing waits meanwhile. Repairs are rate-limited: otherwise damage
    /// that can't be repaired would cost a pass over the whole log for every reader that finds it.
    fn repair(&mut self) {
        if self.repaired.is_some_and(|(at, took)| at.elapsed() < REPAIR_EVERY.max(took.saturating_mul(10)))
            || !self.shared.log_damaged.swap(false, Ordering::Relaxed)
        {
            return;
        }
        let Some(head) = self.shared.published.borrow().clone() else { return };
        let started = Instant::now();
        match recover::restore(&*self.shared.journal, &*self.shared.log, &head) {
            Ok((_, written)) => tracing::error!(?written, "the published tree was damaged; compared with the journal"),
            Err(error) => {
                tracing::error!(error = %causes(&error), "the published tree is damaged and was not repaired")
            }
        }
        self.repaired = Some((Instant::now(), started.elapsed()));
    }

    fn publish_all(&mut self) -> Result<(), PublishError> {
        while !self.shared.fatal.raised() && self.publish()? {}
        Ok(())
    }

    /// Publishes the next head, if the state has more records.
    pub(super) fn publish(&mut self) -> Result<bool, PublishError> {
        let (old, size) = (self.tiles.size(), self.shared.sequenced.load(Ordering::Acquire));
        if size <= old || size < SMALLEST {
            return Ok(false);
        }
        let mut head = self.shared.journal.head();
        // the newest frame may not be in the state, or not yet
        let last = if size - old > STEP { old + STEP } else { size - 1 };
        if head.size > size || last != size - 1 {
            head = self.shared.journal.frame(last)?.ok_or(PublishError::Tree(last))?.head;
        }
        let tiles = self.write_tiles(old, head)?;
        let at = Checkpoint { origin: self.shared.config.origin.clone(), size: head.size, root: head.root };
        let note = at.sign(&self.shared.keys.log)?;
        let line = Line::of(&at, &note).ok_or_else(|| PublishError::Unsigned)?;
        self.history.add(&*self.shared.log, line)?;
        let mut signed = PublishedHead { size: head.size, root: head.root, note: note.to_string() };
        if let Some(witnesses) = &self.shared.witnesses {
            signed.note = witnesses.gather(&signed);
        }
        self.shared.replace_checkpoint(signed)?;
        // what came between the witnesses' wait and the checkpoint
        self.shared.refresh_checkpoint(head.size);
        // only now: an attempt that failed before must start from the same state
        self.tiles = tiles;
        forget_partials(&*self.shared.log, old, head.size);
        Ok(true)
    }

    fn write_tiles(&self, old: u64, head: Head) -> Result<TileBuilder, PublishError> {
        let mut tiles = self.tiles.clone();
        let (mut entries, mut recent) = (Entries::new(&*self.shared.journal), None::<Arc<RecentFrame>>);
        for tile in new_between(old, head.size).into_iter().filter(|tile| tile.kind == Kind::Entries) {
            let first = tile.index * WIDTH;
            let mut bytes = Vec::new();
            for index in first..first + u64::from(tile.width) {
                let mut found = recent.as_ref().and_then(|frame| frame.get(index));
                if found.is_none() {
                    recent = self.shared.recent.holding(index);
                    found = recent.as_ref().and_then(|frame| frame.get(index));
                }
                let (entry, leaf) = match found {
                    Some((entry, leaf)) => (entry, Some(leaf)),
                    None => (entries.get(index)?.ok_or(PublishError::Tree(head.size))?, None),
                };
                bundle::push(&mut bytes, &entry).map_err(|_| PublishError::Tree(head.size))?;
                if index >= old {
                    tiles.push(leaf.unwrap_or_else(|| leaf_hash(&entry)));
                }
            }
            self.put(&tile, &bytes)?;
        }
        if tiles.size() != head.size || tiles.root() != head.root {
            return Err(PublishError::Tree(head.size));
        }
        for (tile, bytes) in tiles.take() {
            self.put(&tile, &bytes)?;
        }
        Ok(tiles)
    }

    /// Writes a tile. If the name has other bytes, they are damaged: no head covers them yet, and the journal is the truth.
    fn put(&self, tile: &Tile, bytes: &[u8]) -> Result<(), ObjectError> {
        let path = tile.to_string();
        match self.shared.log.put(&path, bytes) {
            Err(ObjectError::Different(_)) => {
                tracing::error!(path, "damaged: restored from the journal");
                self.shared.log.publish(&path, bytes)
            }
            done => done,
        }
    }
}

/// Removes the partials of every tile that became full. A failure leaves a few unneeded files.
pub(super) fn forget_partials(log: &dyn Objects, old: u64, new: u64) {
    for tile in new_between(old, new).into_iter().filter(Tile::is_full) {
        let Ok(names) = log.list(&format!("{tile}.p")) else { continue };
        for (name, _) in names {
            if let Err(error) = log.forget(&name) {
                tracing::warn!(error = %causes(&error), "a superseded partial was not removed");
            }
        }
    }
}

/// Reads entries of the journal, with one frame in memory.
pub(super) struct Entries<'a> {
    journal: &'a dyn Journal,
    frame: Option<crate::store::Frame>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(journal: &'a dyn Journal) -> Entries<'a> {
        Entries { journal, frame: None }
    }

    pub(super) fn get(&mut self, index: u64) -> Result<Option<Bytes>, JournalError> {
        if self.frame.as_ref().and_then(|frame| frame.entry(index)).is_none() {
            self.frame = self.journal.frame(index)?;
        }
        Ok(self.frame.as_ref().and_then(|frame| frame.entry(index)).cloned())
    }
}

impl Shared {
    fn replace_checkpoint(&self, head: PublishedHead) -> Result<(), ObjectError> {
        let _writing = self.checkpoint.lock();
        self.put_checkpoint(head)
    }

    /// Keeps what a witness cosigned, as `object`, for the next start: it asks from there, and refuses a journal that is behind. Writes
    /// nothing once the ledger is closing, because another process may have the directory then.
    pub(super) fn keep_cosigned(&self, object: &str, note: &str) {
        let _writing = self.checkpoint.lock();
        if self.witnesses.as_ref().is_none_or(|witnesses| witnesses.is_closing()) {
            return;
        }
        if let Err(error) = self.objects.publish(object, note.as_bytes()) {
            tracing::warn!(error = %causes(&error), "what a witness cosigned was not kept");
        }
    }

    /// Publishes the head of `size` again with the cosignatures that came since, if it is still the newest; not once the ledger is closing.
    pub(super) fn refresh_checkpoint(&self, size: u64) {
        let _writing = self.checkpoint.lock();
        let Some(witnesses) = self.witnesses.as_ref().filter(|witnesses| !witnesses.is_closing()) else { return };
        let Some(head) = self.published.borrow().clone().filter(|head| head.size == size) else { return };
        let Some(note) = witnesses.note(size).filter(|note| *note != head.note) else { return };
        if let Err(error) = self.put_checkpoint(PublishedHead { note, ..(*head).clone() }) {
            tracing::warn!(error = %causes(&error), "the cosignatures of a head were not published");
        }
    }

    fn put_checkpoint(&self, head: PublishedHead) -> Result<(), ObjectError> {
        self.log.publish(CHECKPOINT, head.note.as_bytes())?;
        self.published.send_replace(Some(Arc::new(head)));
        Ok(())
    }

    /// Sleeps for one interval; true when the ledger is closing.
    fn wait_to_publish(&self, interval: Duration) -> bool {
        let (closing, wake) = &self.publisher;
        let mut closing = closing.lock();
        if !*closing {
            wake.wait_for(&mut closing, interval);
        }
        *closing
    }
}
