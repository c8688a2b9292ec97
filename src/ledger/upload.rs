//! An upload on its way: bytes that are hashed and written to a temporary file as they come, under a reservation.
//!
//! The order, and what a crash in each step leaves:
//! 1. room is reserved, in memory only; a temporary file is made. The next open removes it.
//! 2. the pieces are written. The same.
//! 3. the hash is compared; then the file gets its name in `quarantine/` or `evidence/`, durably. Handed in by nobody. If the blob was
//!    taken down meanwhile, the file is removed again; a crash before that leaves a blob that has to be taken down once more.
//! 4. for a signed request, its party is noted ([`super::handed_in`]).
//! 5. if these are the bytes of a profile or specification whose file was lost while it is in memory, they are kept with the log again;
//!    after a crash the next start does so. Only now the upload is acknowledged.
//!
//! Memory is what the caller holds of one piece, whatever the size of the upload. What it is not: HTTP, or the check of a
//! signature; the caller says who sends and which digest was signed.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::evidence::{EvidenceError, Kept, UploadStatus, evidence_path, forget_taken_down, taken_down_path};
use super::quarantine::{Class, Reservation};
use super::room::Owner;
use super::{Ledger, Shared};
use crate::record::Hash32;
use crate::store::{ObjectError, Staged};

/// Who sends an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploader {
    /// A party, by a signed request whose signature was verified. It covers the SHA-256 of the body.
    Party {
        /// The party of the key.
        party: String,
        /// The digest that was signed.
        sha256: [u8; 32],
    },
    /// A client without a signature, by its address or the network of one subscriber.
    Address(String),
    /// The node itself.
    Node,
}

/// An upload on its way. Dropped before [`Incoming::finish`], it leaves nothing.
pub struct Incoming {
    shared: Arc<Shared>,
    hash: Hash32,
    by: Uploader,
    staged: Box<dyn Staged>,
    reservation: Option<Reservation>,
    most: u64,
    size: u64,
    blake3: blake3::Hasher,
    sha256: Sha256,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            self.shared.profiles.quarantine.discharge(&reservation);
        }
    }
}

/// Stores a named blob, replacing a damaged copy.
fn store_named(staged: &mut dyn Staged, hash: &Hash32) -> Result<(), ObjectError> {
    put_or_replace(staged, &evidence_path(hash))
}

/// Gives the staged bytes, which have the hash in `path`, their name. What is there with other bytes is damaged.
pub(super) fn put_or_replace(staged: &mut dyn Staged, path: &str) -> Result<(), ObjectError> {
    match staged.put(path) {
        Err(ObjectError::Different(_)) => staged.publish(path),
        done => done,
    }
}

impl Ledger {
    /// Begins an upload of the blob with this BLAKE3, of at most `declared` bytes where that is known.
    ///
    /// # Errors
    /// [`EvidenceError`]; nothing was written.
    pub fn upload(&self, by: Uploader, hash: &Hash32, declared: Option<u64>) -> Result<Incoming, EvidenceError> {
        let shared = &self.inner.shared;
        let limit = shared.config.limits.evidence_bytes;
        let most = declared.unwrap_or(limit);
        if most > limit {
            return Err(EvidenceError::TooLarge(most, limit));
        }
        if shared.objects.get(&taken_down_path(hash))?.is_some() {
            return Err(EvidenceError::TakenDown);
        }
        let owner = match &by {
            Uploader::Party { party, .. } => Owner::party(party),
            Uploader::Address(share) => Owner::address(share),
            Uploader::Node => Owner::Nobody,
        };
        // of an upload of unknown length it is known at its end whether it is larger than the records that name it state
        let kept = shared.keeps(hash, declared.unwrap_or(0))?;
        if kept == Kept::Full {
            return Err(EvidenceError::NoRoom);
        }
        let class = Class::of(matches!(by, Uploader::Party { .. }), kept == Kept::Yes);
        let reservation = shared.profiles.quarantine.reserve(shared, hash, class, owner, most)?;
        let staged = shared.objects.clone().stage();
        let staged = staged.inspect_err(|_| shared.profiles.quarantine.discharge(&reservation))?;
        Ok(Incoming {
            shared: shared.clone(),
            hash: *hash,
            by,
            staged,
            reservation: Some(reservation),
            most,
            size: 0,
            blake3: blake3::Hasher::new(),
            sha256: Sha256::new(),
        })
    }

    /// Stores a whole blob by its BLAKE3, as [`Ledger::upload`] does. Durable when it returns; safe to repeat.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn evidence_put(&self, hash: &Hash32, bytes: &[u8]) -> Result<UploadStatus, EvidenceError> {
        self.upload_whole(Uploader::Node, hash, bytes)
    }

    /// [`Ledger::evidence_put`] for `party`, as if it had sent the bytes by a signed request.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn evidence_hand_in(&self, party: &str, hash: &Hash32, bytes: &[u8]) -> Result<UploadStatus, EvidenceError> {
        let by = Uploader::Party { party: party.to_owned(), sha256: Sha256::digest(bytes).into() };
        self.upload_whole(by, hash, bytes)
    }

    fn upload_whole(&self, by: Uploader, hash: &Hash32, bytes: &[u8]) -> Result<UploadStatus, EvidenceError> {
        let mut incoming = self.upload(by, hash, Some(bytes.len() as u64))?;
        incoming.write(bytes)?;
        incoming.finish()
    }
}

impl Incoming {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`EvidenceError`]: drop it.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), EvidenceError> {
        self.size = self.size.saturating_add(piece.len() as u64);
        if self.size > self.most {
            return Err(EvidenceError::TooLarge(self.size, self.most));
        }
        self.blake3.update(piece);
        if matches!(self.by, Uploader::Party { .. }) {
            self.sha256.update(piece);
        }
        Ok(self.staged.write(piece)?)
    }

    /// Stores the blob. Durable when it returns.
    ///
    /// # Errors
    /// [`EvidenceError`]; the bytes may be stored all the same, and the upload may be repeated.
    pub fn finish(mut self) -> Result<UploadStatus, EvidenceError> {
        let (shared, hash) = (self.shared.clone(), self.hash);
        let quarantine = &shared.profiles.quarantine;
        let got = Hash32(*self.blake3.finalize().as_bytes());
        if got != hash {
            return Err(EvidenceError::Hash(got));
        }
        if let Uploader::Party { sha256, .. } = &self.by
            && self.sha256.clone().finalize()[..] != sha256[..]
        {
            return Err(EvidenceError::Digest);
        }
        let mut status = UploadStatus::Named;
        match shared.keeps(&hash, self.size)? {
            Kept::Yes => store_named(&mut *self.staged, &hash)?,
            Kept::Full => return Err(EvidenceError::NoRoom),
            Kept::Unnamed => {
                let reservation = self.reservation.take();
                quarantine.store(&shared, reservation, &hash, self.size, &mut *self.staged)?;
                // a record that was sequenced meanwhile may name it, and found nothing to claim
                if !quarantine.promote(&shared, &hash)? {
                    status = UploadStatus::Quarantined;
                }
            }
        }
        if forget_taken_down(&*shared.objects, &hash)? {
            quarantine.forget(&*shared.objects, &hash);
            return Err(EvidenceError::TakenDown);
        }
        if let Uploader::Party { party, .. } = &self.by {
            shared.profiles.handed_in.note(&hash, party)?;
        }
        if status == UploadStatus::Quarantined && shared.profiles.keep_again(&hash) {
            status = UploadStatus::Named;
        }
        Ok(status)
    }
}
