//! Evidence blobs and commodity profiles: bytes named by their BLAKE3, kept beside the log.
//!
//! An upload that no admitted record names waits in [`quarantine`](super::quarantine); only named blobs (`evidence/<hash>`)
//! are served, and each is checked when read. A commodity profile is uploaded the same way and becomes mandatory
//! (`profiles/<hash>`) when the authority's `Profile` statement names it. What it is not: who may read a restricted document
//! (`server`).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::quarantine::Quarantine;
use super::{Ledger, Shared};
use crate::chain::{ProfileSource, State, StateError, Table};
use crate::quality::Profile;
use crate::record::Hash32;
use crate::store::{ObjectError, Objects, Register};

/// Why a blob was not taken or not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The bytes don't have the hash they were sent under.
    #[error("the bytes have the hash {0}")]
    Hash(Hash32),
    /// Larger than the limit.
    #[error("{0} bytes; a blob has at most {1}")]
    TooLarge(u64, u64),
    /// Too many uploads wait for a record that names them.
    #[error("too many uploads wait for a record that names them")]
    Quota,
    /// The node has no room for it.
    #[error("the node has no room for uploads now")]
    NoRoom,
    /// It was taken down.
    #[error("this blob was taken down")]
    TakenDown,
    /// What is stored under the hash has other bytes.
    #[error("the stored blob {0} is damaged")]
    Damaged(Hash32),
    /// Storage.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// State.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Whether an uploaded blob is served already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// A record names it.
    Named,
    /// It waits for a record that names it.
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

/// Puts a named blob in its place, over one that is damaged.
pub(super) fn keep(objects: &dyn Objects, hash: &Hash32, bytes: &[u8]) -> Result<(), ObjectError> {
    let path = evidence_path(hash);
    match objects.put(&path, bytes) {
        // `bytes` have the hash, so the others don't
        Err(ObjectError::Different(_)) => objects.publish(&path, bytes),
        done => done,
    }
}

/// The profiles on the log, and the uploads among which a new one is found.
pub(crate) struct Profiles {
    pub(super) objects: Arc<dyn Objects>,
    known: Mutex<HashMap<Hash32, Arc<Profile>>>,
    pub quarantine: Quarantine,
}

impl Profiles {
    pub(super) fn open(
        objects: Arc<dyn Objects>,
        register: Arc<dyn Register>,
        now: i64,
    ) -> Result<Profiles, ObjectError> {
        let quarantine = Quarantine::open(&*objects, register, now)?;
        Ok(Profiles { objects, known: Mutex::default(), quarantine })
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
        if let Some(profile) = self.known.lock().get(hash) {
            return Some(profile.clone());
        }
        let bytes = self.find(hash).map_err(|error| tracing::error!(%error, "a profile can't be read")).ok()??;
        if Hash32::of(&bytes) != *hash {
            tracing::error!(%hash, "the stored profile is damaged");
            return None;
        }
        let profile = Arc::new(Profile::from_json(&bytes).ok()?);
        self.known.lock().insert(*hash, profile.clone());
        Some(profile)
    }
}

impl Shared {
    fn named(&self, hash: &Hash32) -> Result<bool, StateError> {
        Ok(self.index.get(Table::Evidence, hash.as_bytes())?.is_some())
    }
}

impl Ledger {
    /// Takes a blob under its BLAKE3. Durable when it returns; safe to repeat.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn evidence_put(&self, hash: &Hash32, bytes: &[u8]) -> Result<Kept, EvidenceError> {
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
        let room = objects.free_bytes().unwrap_or(u64::MAX);
        if room < limits.reserve_bytes.saturating_add(bytes.len() as u64) {
            tracing::error!(room, reserve = limits.reserve_bytes, "an upload was refused: the disk is nearly full");
            return Err(EvidenceError::NoRoom);
        }
        if !shared.named(hash)? {
            let quarantine = &shared.profiles.quarantine;
            quarantine.put(shared, hash, bytes)?;
            // a record may have named it meanwhile, and found nothing to claim
            if !shared.named(hash)? {
                return Ok(Kept::Quarantined);
            }
            quarantine.promote(objects, hash)?;
            return Ok(Kept::Named);
        }
        keep(objects, hash, bytes)?;
        Ok(Kept::Named)
    }

    /// The blob, when an admitted record names it; checked against its hash.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn evidence_get(&self, hash: &Hash32) -> Result<Option<Bytes>, EvidenceError> {
        let shared = &self.inner.shared;
        if !shared.named(hash)? {
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

    /// Takes a blob down for good: its hash stays on the log, its bytes go and don't come back.
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
