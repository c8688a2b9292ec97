//! Signers as witnesses: a record may name the newest head of the log that its signer's device had seen. A log that shows this record must
//! extend that head, so a second history would have to be kept from every signer.
//!
//! What it does not show: that a device saw all there was. One that was only ever shown old heads names old heads.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::Bundle;
use super::verdict::{SeenBy, Verdict};
use crate::causes::causes;
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::{Hash, consistency_verify};
use crate::record::{PublicKey, Record};

/// Counts signers whose heads this log extends.
#[derive(Default)]
pub(super) struct Signers {
    keys: BTreeSet<PublicKey>,
    parties: BTreeSet<String>,
    newest: Option<(u64, i64)>,
}

impl Signers {
    /// Counts the signer of a record, whose head was compared.
    pub(super) fn add(&mut self, record: &Record) {
        let Some(seen) = record.claims.seen else { return };
        self.keys.insert(record.kid);
        self.parties.insert(record.claims.iss.clone());
        self.newest = self.newest.max(Some((seen.size, record.claims.iat)));
    }

    fn counted(&self) -> Option<SeenBy> {
        let (size, time) = self.newest?;
        Some(SeenBy { keys: self.keys.len(), parties: self.parties.len(), size, time })
    }

    /// States the result, when no record contradicts it.
    pub(super) fn state(&self, verdict: &mut Verdict) {
        verdict.seen = self.counted();
        match verdict.seen {
            None => verdict.skip("seen", "no record names a head of the log that its signer had seen"),
            Some(SeenBy { keys, parties, size, .. }) => verdict.pass(
                "seen",
                format!(
                    "{keys} keys of {parties} parties had seen this history when they signed, up to {size} entries"
                ),
            ),
        }
    }
}

/// Checks that the tree of `head` extends every tree that a signer of the bundle's records had seen.
pub(super) fn check(
    verdict: &mut Verdict,
    head: &Checkpoint,
    bundle: &Bundle,
    records: &[(u64, std::sync::Arc<Record>)],
) -> bool {
    let mut signers = Signers::default();
    let proofs: BTreeMap<u64, &[Hash]> = bundle.seen.iter().map(|seen| (seen.size, seen.proof.as_slice())).collect();
    let mut sizes = BTreeSet::new();
    for (index, record) in records {
        let Some(seen) = record.claims.seen else { continue };
        sizes.insert(seen.size);
        let why = match proofs.get(&seen.size) {
            // nobody sees a tree with a record before it is signed
            _ if seen.size > *index => "that was not there yet".to_owned(),
            None => "and the bundle does not prove that the checkpoint extends it".to_owned(),
            Some(proof) => match consistency_verify(seen.size, head.size, proof, &seen.root, &head.root) {
                Ok(()) => {
                    signers.add(record);
                    continue;
                }
                Err(error) => format!("which the checkpoint does not extend: {}", causes(&error)),
            },
        };
        verdict
            .fail("seen", format!("the signer of record {index} had seen a history of {} entries, {why}", seen.size));
        return false;
    }
    if let Some(extra) = bundle.seen.iter().find(|proof| !sizes.contains(&proof.size)) {
        verdict.fail("seen", format!("no record names a head of {} entries", extra.size));
        return false;
    }
    signers.state(verdict);
    true
}
