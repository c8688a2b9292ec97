//! Evidence blobs, commodity profiles and specifications of parties: bytes named by their BLAKE3, kept beside the log.
//!
//! An upload ([`upload`](super::upload)) that no admitted record names yet is kept in [`quarantine`](super::quarantine); only
//! named blobs (`evidence/<hash>`) are served, and each is checked when read. A blob is public when a party named it as public **and**
//! handed in its bytes itself by a signed request ([`handed_in`](super::handed_in)): the hash alone, which is on the log, makes nobody's
//! restricted document public. A commodity profile, or a specification, is uploaded the same way and becomes mandatory (`profiles/<hash>`)
//! when a statement that follows the rules names it: the authority's `Profile`, or the `Specification` of a party. If its file is lost or damaged
//! and the same bytes are uploaded again, they are kept from the next start or the next time that they are read. What it is not: signed
//! requests, by which a restricted blob is read (`server`).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::sync::Cache;

use super::handed_in::HandedIn;
use super::quarantine::Quarantine;
use super::{Ledger, Limits, Shared};
use crate::causes::causes;
use crate::chain::rows::{Documents, EvidenceRow, RecordRow, TransitRow, evidence_key, evidence_shipment_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, ProfileSource, RecordSource, State, StateError, Table, entity_index, marks, shipments};
use crate::epcis::Event;
use crate::epcis::documents::OPENING;
use crate::guide::Guide;
use crate::quality::{Criteria, Profile, Specification};
use crate::record::{Hash32, Payload, RecordId};
use crate::store::{ObjectError, Objects, Register};

/// Why a blob was not stored or not served.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EvidenceError {
    /// The bytes don't have the hash in the request.
    #[error("the bytes have the hash {0}")]
    Hash(Hash32),
    /// Larger than the limit.
    #[error("{0} bytes; a blob has at most {1}")]
    TooLarge(u64, u64),
    /// The bytes don't have the SHA-256 that was signed.
    #[error("the body does not have the digest that was signed")]
    Digest,
    /// Too many uploads wait for a record that names them.
    #[error("too many uploads wait for a record that names them; a signed upload has more room")]
    Quota,
    /// Uploads of the same party or address take as much room as is left for all others.
    #[error("your uploads take as much room as is left for others until records name them")]
    Share,
    /// The disk is nearly full.
    #[error("the node has no room for uploads now")]
    NoRoom,
    /// Too many parties handed in the same blob.
    #[error("{0} parties handed in this blob, more are not noted")]
    Parties(usize),
    /// It was taken down.
    #[error("this blob was taken down")]
    TakenDown,
    /// The stored bytes don't have the hash.
    #[error("the stored blob {0} is damaged")]
    Damaged(Hash32),
    /// Storage.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// State.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStatus {
    /// A record names it: it is served.
    Named,
    /// It is kept until a record names it or its time is up.
    Quarantined,
}

pub(crate) fn evidence_path(hash: &Hash32) -> String {
    format!("evidence/{hash}")
}

pub(crate) fn profile_path(hash: &Hash32) -> String {
    format!("profiles/{hash}")
}

pub(super) fn taken_down_path(hash: &Hash32) -> String {
    format!("taken-down/{hash}")
}

/// Stores a named blob, replacing a damaged copy.
pub(super) fn store(objects: &dyn Objects, hash: &Hash32, bytes: &[u8]) -> Result<(), ObjectError> {
    store_or_replace(objects, &evidence_path(hash), bytes)
}

/// Stores `bytes`, which have the hash in `path`. If other bytes are there, they are damaged and are replaced.
fn store_or_replace(objects: &dyn Objects, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
    match objects.put(path, bytes) {
        Err(ObjectError::Different(_)) => objects.publish(path, bytes),
        done => done,
    }
}

/// Removes a blob that was stored while it was taken down: the look before it was stored came too early. Whether it was.
pub(super) fn forget_taken_down(objects: &dyn Objects, hash: &Hash32) -> Result<bool, ObjectError> {
    let taken_down = objects.get(&taken_down_path(hash))?.is_some();
    if taken_down {
        objects.forget(&evidence_path(hash))?;
    }
    Ok(taken_down)
}

/// Decoded profiles and specifications kept; the shipped profiles have 20 to 40 kB as JSON, a specification some 2 kB.
const PROFILES: usize = 256;
/// Decoded export guides kept; those that ship have 40 to 120 kB as JSON.
const GUIDES: usize = 32;

/// The profiles and specifications on the log, and the quarantine in which a new one is looked up.
pub(crate) struct Profiles {
    objects: Arc<dyn Objects>,
    known: Cache<Hash32, Criteria>,
    guides: Cache<Hash32, Arc<Guide>>,
    pub quarantine: Quarantine,
    pub(super) handed_in: HandedIn,
}

impl Profiles {
    pub(super) fn open(
        objects: Arc<dyn Objects>,
        register: Arc<dyn Register>,
        limits: &Limits,
        now: i64,
    ) -> Result<Profiles, ObjectError> {
        let quarantine = Quarantine::open(&*objects, register, limits, now)?;
        let handed_in = HandedIn::new(objects.clone());
        Ok(Profiles { objects, known: Cache::new(PROFILES), guides: Cache::new(GUIDES), quarantine, handed_in })
    }

    /// The export guide whose bytes have this hash.
    fn guide_file(&self, hash: &Hash32) -> Option<Arc<Guide>> {
        if let Some(known) = self.guides.get(hash) {
            return Some(known);
        }
        let (bytes, kept) = self
            .find(hash)
            .map_err(|error| tracing::error!(error = %causes(&error), "an export guide can't be read"))
            .ok()??;
        let guide = Arc::new(Guide::from_json(&bytes).ok()?);
        if kept {
            self.guides.insert(*hash, guide.clone());
        }
        Some(guide)
    }

    /// The same on other objects.
    pub(super) fn with_objects(self, objects: Arc<dyn Objects>) -> Profiles {
        Profiles { handed_in: HandedIn::new(objects.clone()), objects, ..self }
    }

    /// The bytes of a profile or specification, which have this hash, and whether they are kept with the log: until a statement that names
    /// them follows the rules they wait in the quarantine, whose room and time are limited. What has left the quarantine as evidence stays
    /// evidence: a restricted document would become public.
    fn find(&self, hash: &Hash32) -> Result<Option<(Bytes, bool)>, ObjectError> {
        if let Some(bytes) = self.stored(hash)? {
            return Ok(Some((bytes, true)));
        }
        let waiting = self.quarantine.get(&*self.objects, hash)?.filter(|bytes| Hash32::of(bytes) == *hash);
        if let Some(bytes) = waiting {
            return Ok(Some((bytes, false)));
        }
        // another thread may have moved them in between
        Ok(self.stored(hash)?.map(|bytes| (bytes, true)))
    }

    /// The bytes that are kept with the log; `None` when they are missing or damaged.
    fn stored(&self, hash: &Hash32) -> Result<Option<Bytes>, ObjectError> {
        let bytes = self.objects.get(&profile_path(hash))?;
        let sound = bytes.as_ref().is_none_or(|bytes| Hash32::of(bytes) == *hash);
        if !sound {
            tracing::error!(%hash, "the stored profile or specification is damaged");
        }
        Ok(bytes.filter(|_| sound))
    }

    /// Moves the bytes out of the quarantine: durable before the statement that names them is sequenced. Whether they are kept.
    fn keep_with_log(&self, hash: &Hash32) -> Result<bool, ObjectError> {
        let Some((bytes, kept)) = self.find(hash)? else { return Ok(false) };
        if !kept {
            store_or_replace(&*self.objects, &profile_path(hash), &bytes)?;
            if let Err(error) = self.handed_in.forget(hash) {
                tracing::warn!(%error, "the note who handed in a profile or specification was not removed");
            }
            self.quarantine.forget(&*self.objects, hash);
        }
        Ok(true)
    }

    fn keep_or_log_error(&self, hash: &Hash32) -> bool {
        self.keep_with_log(hash).unwrap_or_else(|error| {
            tracing::error!(error = %causes(&error), "a profile or specification can't be kept");
            false
        })
    }

    /// Keeps an upload of a profile or specification whose file was kept, is lost now, and is in memory still: while it is, no reader looks
    /// for the upload. Whether it did.
    pub(super) fn keep_again(&self, hash: &Hash32) -> bool {
        let lost = || matches!(self.find(hash), Ok(Some((_, false))));
        self.known.get(hash).is_some() && lost() && self.keep_or_log_error(hash)
    }
}

impl ProfileSource for Profiles {
    fn criteria(&self, hash: &Hash32) -> Option<Criteria> {
        if let Some(known) = self.known.get(hash) {
            return Some(known);
        }
        let (bytes, kept) = self
            .find(hash)
            .map_err(|error| tracing::error!(error = %causes(&error), "a profile or specification can't be read"))
            .ok()??;
        let criteria = Criteria::from_json(&bytes).ok()?;
        // what waits in the quarantine may be gone at any time
        if kept {
            self.known.insert(*hash, criteria.clone());
        }
        Some(criteria)
    }

    fn guide(&self, hash: &Hash32) -> Option<(String, String)> {
        self.guide_file(hash).map(|guide| (guide.id.clone(), guide.version.clone()))
    }

    fn keep(&self, hash: &Hash32) -> bool {
        // only what is kept is in memory
        self.known.get(hash).is_some() || self.keep_or_log_error(hash)
    }
}

/// The profiles and specifications that statements on the log name. One that was lost and was uploaded again is kept when it is read.
pub(super) struct Named<'a>(pub &'a Profiles);

impl ProfileSource for Named<'_> {
    fn criteria(&self, hash: &Hash32) -> Option<Criteria> {
        let criteria = self.0.criteria(hash)?;
        // a failure is logged, and the next reader tries again
        self.0.keep(hash);
        Some(criteria)
    }
}

/// Whether a blob is kept for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is kept: it is stored already, or a record names it and there is room.
    Yes,
    /// It is not: no record names it, or each record that does states a smaller size.
    Unnamed,
    /// It is not: little room is left on the disk, and each party that names it has already named more than that.
    Full,
}

/// The shares of parties count once less than so many times the reserve is free beyond it.
const CONTENDED: u64 = 8;
/// Most parties that are asked for their share of one blob.
const ASKED: usize = 64;

impl Shared {
    /// Whether a blob of at most `size` bytes is kept for good once it is here. While the disk has much room, what a record names is kept.
    /// When little is left, a party may have named as much as is still free: what is left is for the others. A blob that is stored as
    /// evidence already takes no more room, and stays.
    pub(super) fn keeps(&self, hash: &Hash32, size: u64) -> Result<Kept, EvidenceError> {
        if self.objects.part(&evidence_path(hash), 0, 0)?.is_some() {
            return Ok(Kept::Yes);
        }
        let (free, limits) = (self.objects.free(), &self.config.limits);
        let beyond = |free: Option<u64>, reserve: u64| {
            let left = free.map_or(u64::MAX, |free| free.saturating_sub(reserve));
            if left >= reserve.saturating_mul(CONTENDED) { u64::MAX } else { left }
        };
        let (bytes, files) = (beyond(free.bytes, limits.reserve_bytes), beyond(free.files, limits.reserve_files));
        let mut kept = Kept::Unnamed;
        for party in entity_index::namers(&self.index, hash, size).take(ASKED) {
            let own: Documents = get(&self.index, Table::Named, party?.as_bytes())?.unwrap_or_default();
            if own.bytes <= bytes && u64::from(own.files) <= files {
                return Ok(Kept::Yes);
            }
            kept = Kept::Full;
        }
        Ok(kept)
    }
}

/// Most namings of a party for shipments that are looked at for a reader.
const MOST_NAMINGS: usize = 64;

impl Ledger {
    /// The record by which the blob is public in `state`: one that names it so, of a party that handed in its bytes itself. `None`
    /// when there is none: the blob is not public. Costs one row for each party that handed it in.
    ///
    /// # Errors
    /// Storage.
    pub fn evidence_public(&self, state: &dyn State, hash: &Hash32) -> Result<Option<RecordId>, EvidenceError> {
        for party in self.inner.shared.profiles.handed_in.parties(hash)?.iter() {
            let naming: Option<EvidenceRow> = get(state, Table::Evidence, &evidence_key(hash, party))?;
            if let Some(record) = naming.and_then(|row| row.public) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The namings of a blob by parties that handed in its bytes themselves: who may read it by each party's first naming (itself, and the parties
    /// that the record is from and to) and by those for a shipment (its parties too), and the media type stated. One that was voided, or signed
    /// with a stolen key, opens nothing. Costs at most [`MOST_NAMINGS`] records for each party that handed it in.
    ///
    /// # Errors
    /// Storage.
    pub fn evidence_namings(
        &self,
        state: &dyn State,
        records: &dyn RecordSource,
        hash: &Hash32,
    ) -> Result<Vec<(BTreeSet<String>, String)>, EvidenceError> {
        let (mut namings, wanted) = (Vec::new(), hash.to_string());
        for party in self.inner.shared.profiles.handed_in.parties(hash)?.iter() {
            let Some(first) = get::<EvidenceRow>(state, Table::Evidence, &evidence_key(hash, party))? else { continue };
            let mut ids = BTreeSet::from([first.record]);
            let prefix = evidence_shipment_key(hash, party, None);
            for row in rows::<RecordId>(state, Table::EvidenceShipment, Scan::prefix(&prefix)).take(MOST_NAMINGS) {
                ids.insert(row?.1);
            }
            for id in ids {
                let counts = get::<RecordRow>(state, Table::Record, id.as_bytes())?;
                let Some(row) = counts.filter(|row| row.voided_by.is_none()) else { continue };
                let record = records.record(&id)?;
                let Some(Payload::Event(event)) = record.as_deref().map(|record| &record.payload) else { continue };
                let Some(named) = event.ext.evidence.iter().find(|evidence| evidence.blake3 == wanted) else {
                    continue;
                };
                if marks::marked(state, &row)? {
                    continue;
                }
                let ends = event.sources.iter().chain(&event.destinations).filter(|end| end.kind.ends_with("_party"));
                let mut readers: BTreeSet<String> = ends.map(|end| end.id.clone()).chain([party.clone()]).collect();
                if matches!(row.act, Act::Trade | Act::Observe) && named.document_type != OPENING {
                    readers.extend(of_shipment(state, event)?);
                }
                namings.push((readers, named.media_type.clone()));
            }
        }
        Ok(namings)
    }

    /// Takes a blob down permanently: its bytes are removed and refused from then on. Its hash stays on the log.
    ///
    /// # Errors
    /// Storage.
    pub fn evidence_take_down(&self, hash: &Hash32) -> Result<(), EvidenceError> {
        let shared = &self.inner.shared;
        shared.objects.put(&taken_down_path(hash), b"")?;
        // who handed it in stays noted: it is reported as gone to those who could read it
        shared.profiles.quarantine.forget(&*shared.objects, hash);
        Ok(shared.objects.forget(&evidence_path(hash))?)
    }

    /// Whether a blob was taken down.
    ///
    /// # Errors
    /// Storage.
    pub fn evidence_taken_down(&self, hash: &Hash32) -> Result<bool, EvidenceError> {
        Ok(self.inner.shared.objects.get(&taken_down_path(hash))?.is_some())
    }

    /// The bytes of a commodity profile or specification on the log, checked.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn profile_bytes(&self, hash: &Hash32) -> Result<Option<Bytes>, EvidenceError> {
        match self.inner.shared.objects.get(&profile_path(hash))? {
            Some(bytes) if Hash32::of(&bytes) != *hash => Err(EvidenceError::Damaged(*hash)),
            found => Ok(found),
        }
    }

    /// An export guide, by the hash that a statement on the log names.
    pub fn guide(&self, hash: &Hash32) -> Option<Arc<Guide>> {
        self.inner.shared.profiles.guide_file(hash)
    }

    /// A commodity profile, by the hash that a statement on the log names.
    pub fn profile(&self, hash: &Hash32) -> Option<Arc<Profile>> {
        Named(&self.inner.shared.profiles).profile(hash)
    }

    /// A specification, by the hash that a statement on the log names.
    pub fn specification(&self, hash: &Hash32) -> Option<Arc<Specification>> {
        Named(&self.inner.shared.profiles).specification(hash)
    }
}

/// The parties of the shipment that an event names, unless it did not take place: they read its papers. What a record states of a payment is for
/// its two sides alone.
fn of_shipment(state: &dyn State, event: &Event) -> Result<Vec<String>, StateError> {
    let named = event.ext.shipment.as_deref().filter(|_| !event.is_payment());
    let Some(id) = named.and_then(|id| id.parse::<RecordId>().ok()) else { return Ok(Vec::new()) };
    let Some(transit) = get::<TransitRow>(state, Table::Transit, id.as_bytes())? else { return Ok(Vec::new()) };
    let stands = shipments::voided_by(state, &id, &transit)?.is_none();
    Ok(if stands { vec![transit.from, transit.to, transit.shipped_by] } else { Vec::new() })
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
