//! A cache of decompressed public keys of frequent signers: decompression costs a tenth of a verification.

use ed25519_dalek::VerifyingKey;
use quick_cache::sync::Cache;

use crate::record::{PublicKey, Record, RecordError};

/// Keys kept; a decompressed key has 192 bytes.
const KEYS: usize = 8_192;

/// Decompressed keys of parties whose records verified.
pub(crate) struct VerifyingKeys(Cache<[u8; 32], VerifyingKey>);

impl VerifyingKeys {
    pub(super) fn new() -> VerifyingKeys {
        VerifyingKeys(Cache::new(KEYS))
    }

    /// `record.verify()`, with the decompressed key if it is cached; whether a party has registered the key, as `is_registered` says. Only
    /// such keys are cached: anyone can make others, and would displace those of the ledger with them.
    pub(super) fn verify(
        &self,
        record: &Record,
        is_registered: impl FnOnce(&PublicKey) -> bool,
    ) -> Result<bool, RecordError> {
        let PublicKey(kid) = &record.kid;
        if let Some(key) = self.0.get(kid) {
            return record.verify_with(&key).map(|()| true);
        }
        let key = VerifyingKey::from_bytes(kid).map_err(|_| RecordError::Signature)?;
        record.verify_with(&key)?;
        let registered = is_registered(&record.kid);
        if registered {
            self.0.insert(*kid, key);
        }
        Ok(registered)
    }

    /// How many are cached.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
