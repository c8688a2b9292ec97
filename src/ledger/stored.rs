//! Large files of a ledger, read part by part: tiles, entry bundles, evidence blobs, profiles. A reader holds one part in memory, not
//! 20 MB.
//!
//! A file is checked from its first byte to its last before any of it is handed out; a blob of which that was done is not checked
//! again for a while, because a client may ask for 20 MB as often as it likes. What it is not: access control (`server`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use quick_cache::sync::Cache;

use super::evidence::{EvidenceError, evidence_path, profile_path};
use super::{Ledger, QueryError, Shared};
use crate::chain::{State, entity_index};
use crate::record::Hash32;
use crate::store::ObjectError;

/// Bytes read at once while a file is checked.
const PART: usize = 64 << 10;
/// A blob is checked again after this time.
const CHECKED_FOR: Duration = Duration::from_secs(600);
/// Blobs that are known to be checked, at some 100 bytes each.
const CHECKED: usize = 4_096;

/// Blobs that were checked, with their size and when.
pub(super) struct Checked(Cache<Hash32, (u64, Instant)>);

impl Default for Checked {
    fn default() -> Checked {
        Checked(Cache::new(CHECKED))
    }
}

enum Place {
    /// An object of the published log.
    Log(String),
    /// A blob, named or still in quarantine.
    Evidence,
    /// A commodity profile on the log.
    Profile,
}

/// A file that was checked.
pub struct StoredFile {
    place: Place,
    /// Its size.
    pub size: u64,
    /// BLAKE3 of its bytes.
    pub hash: Hash32,
}

/// A file that could be checked can't be read any more.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoredError {
    /// Storage.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// It was removed or replaced in between: a partial tile that is full by now, a blob that was taken down.
    #[error("the file was removed while it was read")]
    Removed,
}

type Part = Result<Option<(u64, Bytes)>, ObjectError>;

/// Size and hash of what `part` reads; `None` when there is nothing.
fn check(mut part: impl FnMut(u64) -> Part) -> Result<Option<(u64, Hash32)>, ObjectError> {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    loop {
        let Some((size, bytes)) = part(at)? else { return Ok(None) };
        hasher.update(&bytes);
        at += bytes.len() as u64;
        if at >= size || bytes.is_empty() {
            return Ok(Some((at, Hash32(*hasher.finalize().as_bytes()))));
        }
    }
}

impl Shared {
    fn evidence_part(&self, hash: &Hash32, from: u64, most: usize) -> Part {
        let named = || self.objects.part(&evidence_path(hash), from, most);
        if let Some(found) = named()? {
            return Ok(Some(found));
        }
        // not moved out of quarantine yet, or moved in between
        match self.profiles.quarantine.part(&*self.objects, hash, from, most)? {
            Some(found) => Ok(Some(found)),
            None => named(),
        }
    }
}

impl Ledger {
    /// A tile or entry bundle of the published tree, by its URL path without the leading slash.
    ///
    /// # Errors
    /// [`QueryError::Object`] when it can't be read.
    pub fn tile_file(&self, path: &str) -> Result<Option<StoredFile>, QueryError> {
        if !self.is_published_tile(path) {
            return Ok(None);
        }
        let log = &self.inner.shared.log;
        let found = check(|from| log.part(path, from, PART))?;
        Ok(found.map(|(size, hash)| StoredFile { place: Place::Log(path.to_owned()), size, hash }))
    }

    /// The blob, if an admitted record names it in `state`; checked against its hash.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn evidence_file(&self, state: &dyn State, hash: &Hash32) -> Result<Option<StoredFile>, EvidenceError> {
        let shared = &self.inner.shared;
        if !entity_index::names_evidence(state, hash, 0)? {
            return Ok(None);
        }
        let checked = &shared.checked.0;
        if checked.get(hash).is_some_and(|(_, at)| at.elapsed() >= CHECKED_FOR) {
            checked.remove(hash);
        }
        // another reader who asks for the same blob meanwhile waits for this one check
        let found = checked.get_or_insert_with(hash, || match check(|from| shared.evidence_part(hash, from, PART)) {
            Ok(Some((_, found))) if found != *hash => Err(Some(EvidenceError::Damaged(*hash))),
            Ok(Some((size, _))) => Ok((size, Instant::now())),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error.into())),
        });
        match found {
            // still there
            Ok((size, _)) if shared.evidence_part(hash, 0, 0)?.is_some_and(|(now, _)| now == size) => {
                Ok(Some(StoredFile { place: Place::Evidence, size, hash: *hash }))
            }
            Ok(_) => {
                checked.remove(hash);
                Ok(None)
            }
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    /// A commodity profile or specification on the log, checked against its hash.
    ///
    /// # Errors
    /// [`EvidenceError::Damaged`], or storage.
    pub fn profile_file(&self, hash: &Hash32) -> Result<Option<StoredFile>, EvidenceError> {
        let path = profile_path(hash);
        match check(|from| self.inner.shared.objects.part(&path, from, PART))? {
            Some((_, found)) if found != *hash => Err(EvidenceError::Damaged(*hash)),
            found => Ok(found.map(|(size, hash)| StoredFile { place: Place::Profile, size, hash })),
        }
    }

    /// At most `most` bytes of a file, from byte `from`, which lies in it; never none.
    ///
    /// # Errors
    /// [`StoredError`].
    pub fn stored_part(&self, file: &StoredFile, from: u64, most: usize) -> Result<Bytes, StoredError> {
        let shared = &self.inner.shared;
        let found = match &file.place {
            Place::Log(path) => shared.log.part(path, from, most)?,
            Place::Evidence => shared.evidence_part(&file.hash, from, most)?,
            Place::Profile => shared.objects.part(&profile_path(&file.hash), from, most)?,
        };
        let found = found.filter(|(size, bytes)| *size == file.size && !bytes.is_empty());
        found.map(|(_, bytes)| bytes).ok_or(StoredError::Removed)
    }
}
