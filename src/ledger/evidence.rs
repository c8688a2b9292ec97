//! Evidence blobs and commodity profiles: bytes named by their BLAKE3, kept beside the log.
//!
//! An upload that no admitted record names yet is kept in [`quarantine`](super::quarantine); only named blobs
//! (`evidence/<hash>`) are served, and each is checked when read. A commodity profile is uploaded the same way and becomes mandatory
//! (`profiles/<hash>`) when the authority's `Profile` statement names it. What it is not: access control of
//! restricted documents (`server`).

use std::sync::Arc;

use bytes::Bytes;
use quick_cache::sync::Cache;

use super::quarantine::Quarantine;
use super::{Ledger, Shared};
use crate::causes::causes;
use crate::chain::{ProfileSource, StateError, entity_index};
use crate::quality::Profile;
use crate::record::Hash32;
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
    /// Too many uploads wait for a record that names them.
    #[error("too many uploads wait for a record that names them")]
    Quota,
    /// The disk is nearly full.
    #[error("the node has no room for uploads now")]
    NoRoom,
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
    let path = evidence_path(hash);
    match objects.put(&path, bytes) {
        // `bytes` have the hash, so what is stored does not
        Err(ObjectError::Different(_)) => objects.publish(&path, bytes),
        done => done,
    }
}

/// Decoded profiles kept; the shipped ones have 20 to 40 kB as JSON.
const PROFILES: usize = 256;

/// The profiles on the log, and the quarantine in which a new one is looked up.
pub(crate) struct Profiles {
    pub(super) objects: Arc<dyn Objects>,
    known: Cache<Hash32, Arc<Profile>>,
    pub quarantine: Quarantine,
}

impl Profiles {
    pub(super) fn open(
        objects: Arc<dyn Objects>,
        register: Arc<dyn Register>,
        now: i64,
    ) -> Result<Profiles, ObjectError> {
        let quarantine = Quarantine::open(&*objects, register, now)?;
        Ok(Profiles { objects, known: Cache::new(PROFILES), quarantine })
    }

    fn find(&self, hash: &Hash32) -> Result<Option<Bytes>, ObjectError> {
        if let Some(bytes) = self.objects.get(&profile_path(hash))? {
            return Ok(Some(bytes));
        }
        let Some(bytes) = self.quarantine.get(&*self.objects, hash)? else { return Ok(None) };
        if Hash32::of(&bytes) != *hash || Profile::from_json(&bytes).is_err() {
            return Ok(None);
        }
        // durable before the statement that names it is sequenced
        self.objects.put(&profile_path(hash), &bytes)?;
        self.quarantine.forget(&*self.objects, hash);
        Ok(Some(bytes))
    }
}

impl ProfileSource for Profiles {
    fn profile(&self, hash: &Hash32) -> Option<Arc<Profile>> {
        if let Some(profile) = self.known.get(hash) {
            return Some(profile);
        }
        let bytes = self
            .find(hash)
            .map_err(|error| tracing::error!(error = %causes(&error), "a profile can't be read"))
            .ok()??;
        if Hash32::of(&bytes) != *hash {
            tracing::error!(%hash, "the stored profile is damaged");
            return None;
        }
        let profile = Arc::new(Profile::from_json(&bytes).ok()?);
        self.known.insert(*hash, profile.clone());
        Some(profile)
    }
}

impl Shared {
    pub(super) fn is_named(&self, hash: &Hash32) -> Result<bool, StateError> {
        entity_index::names_evidence(&self.index, hash)
    }
}

impl Ledger {
    /// Stores an uploaded blob by its BLAKE3. Durable when it returns; safe to repeat.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn evidence_put(&self, hash: &Hash32, bytes: &[u8]) -> Result<UploadStatus, EvidenceError> {
        let shared = &self.inner.shared;
        let (limits, objects) = (&shared.config.limits, &*shared.objects);
        if bytes.len() as u64 > limits.evidence_bytes {
            return Err(EvidenceError::TooLarge(bytes.len() as u64, limits.evidence_bytes));
        }
        let got = Hash32::of(bytes);
        if got != *hash {
            return Err(EvidenceError::Hash(got));
        }
        if objects.get(&taken_down_path(hash))?.is_some() {
            return Err(EvidenceError::TakenDown);
        }
        let room = objects.free().bytes.unwrap_or(u64::MAX);
        if room < limits.reserve_bytes.saturating_add(bytes.len() as u64) {
            tracing::error!(room, reserve = limits.reserve_bytes, "an upload was refused: the disk is nearly full");
            return Err(EvidenceError::NoRoom);
        }
        if !shared.is_named(hash)? {
            let quarantine = &shared.profiles.quarantine;
            quarantine.put(shared, hash, bytes)?;
            // a record that was sequenced meanwhile may name it, and found nothing to claim
            if !shared.is_named(hash)? {
                return Ok(UploadStatus::Quarantined);
            }
            quarantine.promote(objects, hash)?;
            return Ok(UploadStatus::Named);
        }
        store(objects, hash, bytes)?;
        Ok(UploadStatus::Named)
    }

    /// The blob, if an admitted record names it; checked against its hash.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn evidence_get(&self, hash: &Hash32) -> Result<Option<Bytes>, EvidenceError> {
        let shared = &self.inner.shared;
        if !shared.is_named(hash)? {
            return Ok(None);
        }
        let mut found = shared.objects.get(&evidence_path(hash))?;
        if found.is_none() {
            // not moved yet
            found = shared.profiles.quarantine.get(&*shared.objects, hash)?;
        }
        if found.is_none() {
            // moved in between
            found = shared.objects.get(&evidence_path(hash))?;
        }
        match found {
            Some(bytes) if Hash32::of(&bytes) != *hash => Err(EvidenceError::Damaged(*hash)),
            found => Ok(found),
        }
    }

    /// Takes a blob down permanently: its bytes are removed and refused from then on. Its hash stays on the log.
    ///
    /// # Errors
    /// Storage.
    pub fn evidence_take_down(&self, hash: &Hash32) -> Result<(), EvidenceError> {
        let shared = &self.inner.shared;
        shared.objects.put(&taken_down_path(hash), b"")?;
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

    /// The bytes of a commodity profile on the log, checked.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn profile_bytes(&self, hash: &Hash32) -> Result<Option<Bytes>, EvidenceError> {
        match self.inner.shared.objects.get(&profile_path(hash))? {
            Some(bytes) if Hash32::of(&bytes) != *hash => Err(EvidenceError::Damaged(*hash)),
            found => Ok(found),
        }
    }

    /// A commodity profile on the log.
    pub fn profile(&self, hash: &Hash32) -> Option<Arc<Profile>> {
        self.inner.shared.profiles.profile(hash)
    }
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
