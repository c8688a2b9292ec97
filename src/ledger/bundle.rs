//! The proof bundle of a lot: its closure with inclusion paths under the newest published head.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ledger, PublishedHead, QueryError};
use crate::causes::Cause;
use crate::chain::{RecordSource, State};
use crate::gs1::LotId;
use crate::proof::{Bundle, BundleProfile, BundleRecord};
use crate::query;
use crate::record::registry::Statement;
use crate::record::{Hash32, Payload, Record};

impl Ledger {
    /// The proof bundle of `lot` as of the newest published head; `None` when the lot is not there, or a record it needs is not
    /// published yet: see [`Ledger::wait_published`].
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn bundle(&self, lot: &LotId) -> Result<Option<Bundle>, QueryError> {
        let Some(head) = self.checkpoint() else { return Ok(None) };
        self.with_state(|state, records| self.bundle_in(state, records, &head, lot))
    }

    /// [`Ledger::bundle`] from a given `state`, which must be read after `head` was published.
    ///
    /// # Errors
    /// As for [`Ledger::bundle`].
    pub fn bundle_in(
        &self,
        state: &dyn State,
        records: &dyn RecordSource,
        head: &PublishedHead,
        lot: &LotId,
    ) -> Result<Option<Bundle>, QueryError> {
        let indices = query::closure(state, records, lot)?;
        // a record that is not published yet makes other records part of the closure: without it the bundle would not
        // verify, and the next head is a moment away
        if indices.last().is_none_or(|last| *last >= head.size) {
            return Ok(None);
        }
        let paths = self.paths(&indices, head)?;
        let mut records = Vec::with_capacity(indices.len());
        let mut found = Vec::with_capacity(indices.len());
        for (index, path) in indices.into_iter().zip(paths) {
            let record = self.record_at(index)?;
            let record = record.ok_or_else(|| QueryError::Proof(Cause::new(format!("record {index} is missing"))))?;
            records.push(BundleRecord { index, record: record.bytes.to_vec(), path });
            found.push(record);
        }
        let mut profiles = Vec::new();
        for blake3 in profiles_needed(&found) {
            let bytes = self
                .profile_bytes(&blake3)
                .map_err(|e| QueryError::Proof(Cause::of(format!("profile {blake3}"), e)))?;
            let bytes = bytes.ok_or_else(|| QueryError::Proof(Cause::new(format!("profile {blake3} is missing"))))?;
            profiles.push(BundleProfile { blake3, bytes: bytes.to_vec() });
        }
        Ok(Some(Bundle::new(self.id().to_owned(), lot.clone(), head.note.clone(), records, profiles)))
    }
}

/// The profiles by which the inspections and processes of the records are judged. Others may be in force on the ledger;
/// their bytes would only make the file larger.
fn profiles_needed(records: &[Arc<Record>]) -> BTreeSet<Hash32> {
    let statements = || {
        records.iter().filter_map(|record| match &record.payload {
            Payload::Registry(statement) => Some(&**statement),
            Payload::Event(_) => None,
        })
    };
    let commodities: BTreeSet<&str> = statements()
        .filter_map(|statement| match statement {
            Statement::Product(product) => Some(product.commodity.as_str()),
            _ => None,
        })
        .collect();
    statements()
        .filter_map(|statement| match statement {
            Statement::Profile(profile) => Some(profile),
            _ => None,
        })
        .filter(|profile| commodities.contains(profile.id.split('/').next().unwrap_or_default()))
        .map(|profile| profile.blake3)
        .collect()
}
