//! The proof bundle of a lot: its closure with inclusion paths under the newest published head.

use super::{Ledger, QueryError};
use crate::chain::query;
use crate::gs1::LotId;
use crate::proof::{Bundle, BundleProfile, BundleRecord};
use crate::record::registry::Statement;
use crate::record::{Hash32, Payload};

impl Ledger {
    /// The proof bundle of `lot` as of the newest published head; `None` when the lot, or its first record's head, is not
    /// there yet.
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn bundle(&self, lot: &LotId) -> Result<Option<Bundle>, QueryError> {
        let Some(head) = self.checkpoint() else { return Ok(None) };
        let closure = self.with_state(|state, records| query::closure(state, records, lot))?;
        // what is sequenced but not published yet belongs to the next head
        let indices: Vec<u64> = closure.into_iter().filter(|index| *index < head.size).collect();
        if indices.is_empty() {
            return Ok(None);
        }
        let paths = self.paths(&indices, &head)?;
        let mut records = Vec::with_capacity(indices.len());
        let mut profiles: Vec<BundleProfile> = Vec::new();
        for (index, path) in indices.into_iter().zip(paths) {
            let Some(record) = self.record_at(index)? else { continue };
            for hash in profiles_named(&record.payload) {
                if profiles.iter().any(|p| p.blake3 == hash) {
                    continue;
                }
                if let Some(bytes) = self.profile_bytes(&hash).map_err(|e| QueryError::Proof(e.to_string()))? {
                    profiles.push(BundleProfile { blake3: hash, bytes: bytes.to_vec() });
                }
            }
            records.push(BundleRecord { index, record: record.bytes.to_vec(), path });
        }
        Ok(Some(Bundle::new(self.id().to_owned(), lot.clone(), head.note, records, profiles)))
    }
}

fn profiles_named(payload: &Payload) -> Vec<Hash32> {
    match payload {
        Payload::Registry(statement) => match &**statement {
            Statement::Profile(profile) => vec![profile.blake3],
            _ => Vec::new(),
        },
        Payload::Event(_) => Vec::new(),
    }
}
