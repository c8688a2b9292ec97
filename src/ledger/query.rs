//! Reading an open ledger: entries, records, the state, the published tree with its proofs.
//!
//! Entries come from the journal, which checks them; proofs come from the published tiles and are verified before they are
//! returned. What it is not: the meaning of rows (`query`).

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::evidence::Named;
use super::history::{self, HistoryError, Page};
use super::{Ledger, PublishedHead, Shared};
use crate::causes::Cause;
use crate::chain::rows::RecordRow;
use crate::chain::state::row;
use crate::chain::{ProfileSource, RecordSource, State, StateError, Table};
use crate::log::merkle::{inclusion_verify, leaf_hash};
use crate::log::note::{KeyType, Verifier};
use crate::log::prove::{consistency_proof, inclusion_proof, subtrees};
use crate::log::publish::{TileReader, TileSource};
use crate::log::sign::{ReceiptClaims, inclusion_receipt};
use crate::log::tile::Tile;
use crate::proof::SeenProof;
use crate::quality::Criteria;
use crate::record::{Hash32, Record, RecordError, RecordId};
use crate::store::{Frame, JournalError, ObjectError, Objects};

/// A query that failed because storage is damaged or failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An object.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// An entry that is not a record.
    #[error("entry {0} is not a record")]
    Entry(u64, #[source] RecordError),
    /// A proof that does not hold, or could not be made.
    #[error("no proof was made")]
    Proof(#[source] Cause),
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// A proof, and the published head it leads to.
pub type Proven = (PublishedHead, Vec<[u8; 32]>);

/// Decoded records, the recently used ones.
pub(crate) struct Records {
    decoded: Cache<u64, Arc<Record>, Weight>,
    /// Frames read last: the records of one batch are often read one after another, and each read verifies a whole frame.
    frames: Mutex<VecDeque<Frame>>,
}

/// Records expected: at 2 kB each.
const RECORDS: usize = 8_192;
/// Bytes of the frames kept: two of the largest that are written by default.
const FRAME_BYTES: usize = 8 << 20;
/// Bytes of records kept. Counted as bytes, because a record may have 64 kB.
const RECORD_BYTES: u64 = 16 << 20;

#[derive(Clone)]
pub(crate) struct Weight;

impl Weighter<u64, Arc<Record>> for Weight {
    fn weight(&self, _: &u64, record: &Arc<Record>) -> u64 {
        // the bytes, and about the same again decoded
        2 * record.bytes.len() as u64 + 512
    }
}

impl Default for Records {
    fn default() -> Records {
        Records { decoded: Cache::with_weighter(RECORDS, 2 * RECORD_BYTES, Weight), frames: Mutex::default() }
    }
}

impl Shared {
    pub(super) fn entry(&self, index: u64) -> Result<Option<Bytes>, JournalError> {
        let known = self.records.frames.lock().iter().find_map(|frame| frame.entry(index).cloned());
        if known.is_some() {
            return Ok(known);
        }
        let Some(frame) = self.journal.frame(index)? else { return Ok(None) };
        let entry = frame.entry(index).cloned();
        let mut frames = self.records.frames.lock();
        frames.push_front(frame);
        let mut bytes = 0;
        // the newest in any case
        let kept = frames.iter().take_while(|frame| {
            let fits = bytes < FRAME_BYTES;
            bytes += frame.entries.iter().map(Bytes::len).sum::<usize>();
            fits
        });
        let kept = kept.count();
        frames.truncate(kept);
        Ok(entry)
    }

    pub(super) fn record_at(&self, index: u64) -> Result<Option<Arc<Record>>, QueryError> {
        if let Some(record) = self.records.decoded.get(&index) {
            return Ok(Some(record));
        }
        let Some(entry) = self.entry(index)? else { return Ok(None) };
        let record = Arc::new(Record::decode(&entry).map_err(|e| QueryError::Entry(index, e))?);
        self.records.decoded.insert(index, record.clone());
        Ok(Some(record))
    }

    fn record_in(&self, state: &dyn State, id: &RecordId) -> Result<Option<(u64, Arc<Record>)>, QueryError> {
        let Some(row) = row::<RecordRow>(state, Table::Record, id.as_bytes())? else { return Ok(None) };
        let found = self.record_at(row.index)?;
        // the index may be damaged: the bytes decide
        match found {
            Some(record) if record.id == *id => Ok(Some((row.index, record))),
            _ => Err(StateError::new(format!("{} is not at entry {}", id.uri(), row.index)).into()),
        }
    }
}

/// Records by their place in a given state.
pub(super) struct Source<'a> {
    pub shared: &'a Shared,
    pub state: &'a dyn State,
}

impl RecordSource for Source<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
        let found = self
            .shared
            .record_in(self.state, id)
            .map_err(|e| StateError::of(format!("record {id} can't be read"), e))?;
        Ok(found.map(|(_, record)| record))
    }
}

impl ProfileSource for Source<'_> {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        Named(&self.shared.profiles).criteria(blake3)
    }
}

/// Hash tiles of the published tree; each is read once per instance.
pub(crate) struct ObjectTiles<'a> {
    objects: &'a dyn Objects,
    seen: Mutex<HashMap<Tile, Vec<u8>>>,
}

impl<'a> ObjectTiles<'a> {
    pub(crate) fn new(objects: &'a dyn Objects) -> ObjectTiles<'a> {
        ObjectTiles { objects, seen: Mutex::default() }
    }
}

impl TileSource for ObjectTiles<'_> {
    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, Cause> {
        if let Some(bytes) = self.seen.lock().get(tile) {
            return Ok(bytes.clone());
        }
        let failed = |e| Cause::of(format!("{tile} can't be read"), e);
        let mut found = self.objects.get(&tile.to_string()).map_err(failed)?;
        if found.is_none() && !tile.is_full() {
            // a partial is removed once the full tile is written
            found = self.objects.get(&tile.full().to_string()).map_err(failed)?;
        }
        let bytes = found.ok_or_else(|| Cause::new(format!("{tile} is missing")))?.to_vec();
        self.seen.lock().insert(*tile, bytes.clone());
        Ok(bytes)
    }
}

impl Ledger {
    /// Runs `read` on a snapshot of the state and its records, without blocking writers.
    pub fn with_state<T>(&self, read: impl FnOnce(&dyn State, &dyn RecordSource) -> T) -> T {
        let shared = &*self.inner.shared;
        shared.snapshots.fetch_add(1, Ordering::Relaxed);
        let state = shared.index.snapshot();
        read(&state, &Source { shared, state: &state })
    }

    /// The admitted record and its index.
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn record(&self, id: &RecordId) -> Result<Option<(u64, Arc<Record>)>, QueryError> {
        self.inner.shared.record_in(&self.inner.shared.index, id)
    }

    /// The bytes of entry `index`.
    ///
    /// # Errors
    /// [`QueryError`] when the journal is damaged or failed.
    pub fn entry(&self, index: u64) -> Result<Option<Bytes>, QueryError> {
        Ok(self.inner.shared.entry(index)?)
    }

    /// The record at `index`.
    ///
    /// # Errors
    /// As for [`Ledger::record`].
    pub fn record_at(&self, index: u64) -> Result<Option<Arc<Record>>, QueryError> {
        self.inner.shared.record_at(index)
    }

    /// The newest published head.
    pub fn checkpoint(&self) -> Option<PublishedHead> {
        self.inner.shared.published.borrow().as_deref().cloned()
    }

    /// The log's verifier key.
    ///
    /// # Errors
    /// [`QueryError::Proof`] when the origin is not a valid key name, which `init` refuses.
    pub fn verifier(&self) -> Result<Verifier, QueryError> {
        Verifier::of(&self.inner.shared.keys.log, KeyType::Ed25519)
            .map_err(|e| QueryError::Proof(Cause::of("the key of the log", e)))
    }

    /// Waits at most `limit` until entry `index` is published; returns whether it is.
    pub async fn wait_published(&self, index: u64, limit: Duration) -> bool {
        let mut heads = self.inner.shared.published.subscribe();
        let there = heads.wait_for(|head| head.as_ref().is_some_and(|head| index < head.size));
        matches!(tokio::time::timeout(limit, there).await, Ok(Ok(_)))
    }

    /// The inclusion path of `index` in the newest published tree, verified; `None` before it is published.
    ///
    /// # Errors
    /// [`QueryError`] when the tree on disk does not prove it.
    pub fn inclusion(&self, index: u64) -> Result<Option<Proven>, QueryError> {
        let Some(head) = self.checkpoint().filter(|head| index < head.size) else { return Ok(None) };
        let path = self.path(index, &head, &ObjectTiles::new(&*self.inner.shared.log))?;
        Ok(Some((head, path)))
    }

    fn path(&self, index: u64, head: &PublishedHead, tiles: &ObjectTiles<'_>) -> Result<Vec<[u8; 32]>, QueryError> {
        let path = self.path_in(index, head, tiles);
        if matches!(path, Err(QueryError::Proof(_))) {
            self.inner.shared.distrust_log();
        }
        path
    }

    fn path_in(&self, index: u64, head: &PublishedHead, tiles: &ObjectTiles<'_>) -> Result<Vec<[u8; 32]>, QueryError> {
        let of = || format!("entry {index} in a tree of {}", head.size);
        let path = inclusion_proof(index, head.size, &TileReader::new(tiles, head.size));
        let path = path.map_err(|e| QueryError::Proof(Cause::of(of(), e)))?;
        let entry = self.entry(index)?;
        let entry =
            entry.ok_or_else(|| QueryError::Proof(Cause::new(format!("entry {index} is not in the journal"))))?;
        let verified = inclusion_verify(&leaf_hash(&entry), index, head.size, &path, &head.root);
        verified.map_err(|e| QueryError::Proof(Cause::of(of(), e)))?;
        Ok(path)
    }

    /// Inclusion paths of several entries in one published tree.
    ///
    /// # Errors
    /// As for [`Ledger::inclusion`]; an index that is not published yet is an error.
    pub fn paths(&self, indices: &[u64], head: &PublishedHead) -> Result<Vec<Vec<[u8; 32]>>, QueryError> {
        let tiles = ObjectTiles::new(&*self.inner.shared.log);
        indices.iter().map(|index| self.path(*index, head, &tiles)).collect()
    }

    /// The proof that the tree of `old` entries is a prefix of the newest published tree.
    ///
    /// # Errors
    /// [`QueryError`] when the tree on disk does not prove it, or `old` is larger.
    pub fn consistency(&self, old: u64) -> Result<Option<Proven>, QueryError> {
        let Some(head) = self.checkpoint() else { return Ok(None) };
        let path = self.extension(old, head.size, &head)?;
        Ok(Some((head, path)))
    }

    /// The proof that the tree of `old` entries is a prefix of that of `new`, both within the published tree of `head`.
    ///
    /// # Errors
    /// As for [`Ledger::consistency`].
    pub fn extension(&self, old: u64, new: u64, head: &PublishedHead) -> Result<Vec<[u8; 32]>, QueryError> {
        self.extension_in(old, new, head, &ObjectTiles::new(&*self.inner.shared.log))
    }

    /// For each of these sizes, the proof that its tree is a prefix of the published tree of `head`.
    pub(super) fn seen_proofs(
        &self,
        sizes: &BTreeSet<u64>,
        head: &PublishedHead,
    ) -> Result<Vec<SeenProof>, QueryError> {
        let tiles = ObjectTiles::new(&*self.inner.shared.log);
        let proof = |size| Ok(SeenProof { size, proof: self.extension_in(size, head.size, head, &tiles)? });
        sizes.iter().copied().map(proof).collect()
    }

    /// The subtrees of the published tree of `head` that, with these entries, give its root and that of each tree that is a prefix of one
    /// of these sizes; both sorted.
    pub(super) fn subtrees(
        &self,
        indices: &[u64],
        sizes: &[u64],
        head: &PublishedHead,
    ) -> Result<Vec<[u8; 32]>, QueryError> {
        let tiles = ObjectTiles::new(&*self.inner.shared.log);
        subtrees(indices, sizes, head.size, &TileReader::new(&tiles, head.size)).map_err(|e| {
            self.inner.shared.distrust_log();
            QueryError::Proof(Cause::of(format!("subtrees of {} entries", head.size), e))
        })
    }

    fn extension_in(
        &self,
        old: u64,
        new: u64,
        head: &PublishedHead,
        tiles: &ObjectTiles<'_>,
    ) -> Result<Vec<[u8; 32]>, QueryError> {
        let path = consistency_proof(old, new, &TileReader::new(tiles, head.size));
        path.map_err(|e| {
            // up to the size of the head every tile must be there
            if old <= new && new <= head.size {
                self.inner.shared.distrust_log();
            }
            QueryError::Proof(Cause::of(format!("from {old} to {new} entries"), e))
        })
    }

    /// The RFC 9942 receipt of entry `index`, built and signed now; `None` before it is published.
    ///
    /// # Errors
    /// As for [`Ledger::inclusion`].
    pub fn receipt_cose(&self, index: u64) -> Result<Option<Vec<u8>>, QueryError> {
        let (Some((head, path)), Some(record)) = (self.inclusion(index)?, self.record_at(index)?) else {
            return Ok(None);
        };
        let sub = record.id.uri();
        let claims = ReceiptClaims { iss: &self.config().origin, sub: &sub };
        inclusion_receipt(&self.inner.shared.keys.log, claims, (index, head.size), &path, &head.root)
            .map(Some)
            .map_err(|e| QueryError::Proof(Cause::of(format!("the receipt of entry {index}"), e)))
    }

    /// Whether this URL path, without the leading slash, is that of a tile of the published tree: those of a head that is not
    /// signed yet are not served.
    pub(super) fn is_published_tile(&self, path: &str) -> bool {
        let Some(tile) = Tile::parse(path) else { return false };
        let size = self.checkpoint().map_or(0, |head| head.size);
        Tile::at(tile.kind, tile.index, size).is_some_and(|now| now.width >= tile.width)
    }

    /// Page `number` of the history, counted from 0; `None` when there is none.
    ///
    /// # Errors
    /// [`QueryError::History`].
    pub fn history_page(&self, number: usize) -> Result<Option<Page>, QueryError> {
        Ok(history::page(&*self.inner.shared.log, number)?)
    }
}
