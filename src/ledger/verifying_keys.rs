//! A cache of decompressed public keys of frequent signers: decompression costs a tenth of a verification.

use ed25519_dalek::VerifyingKey;
use quick_cache::sync::Cache;

use crate::record::{PublicKey, Record, RecordError};

/// Keys kept; a decompressed key has 192 bytes.
const KEYS: usize = 8_192;

/// Decompressed keys of records that verified.
pub(crate) struct VerifyingKeys(Cache<[u8; 32], VerifyingKey>);

impl VerifyingKeys {
    pub(super) fn new() -> VerifyingKeys {
        VerifyingKeys(Cache::new(KEYS))
    }

    /// `record.verify()`, with the decompressed key if it is cached.
    pub(super) fn verify(&self, record: &Record) -> Result<(), RecordError> {
        let PublicKey(kid) = &record.kid;
        if let Some(key) = self.0.get(kid) {
            return record.verify_with(&key);
        }
        let key = VerifyingKey::from_bytes(kid).map_err(|_| RecordError::Signature)?;
        record.verify_with(&key)?;
        // only keys with a valid signature are cached
        self.0.insert(*kid, key);
        Ok(())
    }
}
