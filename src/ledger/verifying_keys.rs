//! Public keys as points of the curve, those that sign often: expanding one costs a tenth of a verification.

use ed25519_dalek::VerifyingKey;
use quick_cache::sync::Cache;

use crate::record::{PublicKey, Record, RecordError};

/// Keys kept; an expanded key has 192 bytes.
const KEYS: usize = 8_192;

/// Expanded keys of records that verified.
pub(crate) struct VerifyingKeys(Cache<[u8; 32], VerifyingKey>);

impl VerifyingKeys {
    pub(super) fn new() -> VerifyingKeys {
        VerifyingKeys(Cache::new(KEYS))
    }

    /// `record.verify()`, with the expanded key where it is known.
    pub(super) fn verify(&self, record: &Record) -> Result<(), RecordError> {
        let PublicKey(kid) = &record.kid;
        if let Some(key) = self.0.get(kid) {
            return record.verify_with(&key);
        }
        let key = VerifyingKey::from_bytes(kid).map_err(|_| RecordError::Signature)?;
        record.verify_with(&key)?;
        // only keys that signed something
        self.0.insert(*kid, key);
        Ok(())
    }
}
