//! The proof of a lot: its closure with inclusion paths under a published head, in one file or in parts.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::{Ledger, PublishedHead, QueryError};
use crate::causes::Cause;
use crate::chain::{RecordSource, State, specification};
use crate::gs1::LotId;
use crate::log::Hash;
use crate::proof::bundle::{MAX_PARTS, PART_BYTES, PART_RECORDS, Part};
use crate::proof::{Bundle, BundleProfile, BundleRecord};
use crate::quality::profile::commodity_of;
use crate::query::{self, Most};
use crate::record::registry::Statement;
use crate::record::{Hash32, Payload, Record, RecordId};

/// The largest proof: as many records and bytes as its parts have room for, if each is half full.
pub const LARGEST: Most =
    Most { records: MAX_PARTS as usize * PART_RECORDS / 2, bytes: MAX_PARTS as usize * PART_BYTES / 2 };

/// The records of a lot's proof under one head, and how they are cut into parts: the parts that are made of one plan fit each other,
/// however the log grows.
#[derive(Debug)]
pub struct ProofPlan {
    lot: LotId,
    head: PublishedHead,
    indices: Vec<u64>,
    parts: Vec<Range<usize>>,
    profiles: BTreeSet<Hash32>,
}

impl ProofPlan {
    /// Size of the tree that it proves the records to be in.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// How many parts it has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// How many records it has.
    pub fn records(&self) -> usize {
        self.indices.len()
    }
}

/// What is known of a lot's proof.
#[derive(Debug)]
pub enum Planned {
    /// Its records.
    Whole(ProofPlan),
    /// The lot is not there.
    Unknown,
    /// A record that it needs is not published yet: see [`Ledger::wait_published`].
    NotYet,
    /// It is larger than asked for.
    TooLarge,
}

impl Ledger {
    /// The proof of `lot` as of the newest published head, in one bundle; `None` when the lot is not there, or it is
    /// [`Planned::NotYet`].
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed, or it is larger than [`LARGEST`].
    pub fn bundle(&self, lot: &LotId) -> Result<Option<Bundle>, QueryError> {
        match self.plan_proof(lot)? {
            Planned::Whole(plan) => {
                let parts = (1..=plan.parts()).map(|number| self.proof_part(&plan, number));
                let parts = parts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                let joined =
                    Bundle::join(parts).map_err(|e| QueryError::Proof(Cause::of("the parts of a proof", e)))?;
                Ok(Some(joined))
            }
            Planned::Unknown | Planned::NotYet => Ok(None),
            Planned::TooLarge => Err(QueryError::Proof(Cause::new("the proof is too large"))),
        }
    }

    /// Plans the proof of `lot` as of the newest published head, of at most [`LARGEST`].
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn plan_proof(&self, lot: &LotId) -> Result<Planned, QueryError> {
        let Some(head) = self.checkpoint() else { return Ok(Planned::NotYet) };
        self.with_state(|state, records| self.plan_proof_in(state, records, &head, lot, LARGEST))
    }

    /// [`Ledger::plan_proof`] of at most `most`, from a given `state`, which must be read after `head` was published.
    ///
    /// # Errors
    /// As for [`Ledger::plan_proof`].
    pub fn plan_proof_in(
        &self,
        state: &dyn State,
        records: &dyn RecordSource,
        head: &PublishedHead,
        lot: &LotId,
        most: Most,
    ) -> Result<Planned, QueryError> {
        let Some(indices) = query::closure(state, records, lot, most)? else { return Ok(Planned::TooLarge) };
        let Some(last) = indices.last() else { return Ok(Planned::Unknown) };
        // a record that is not published yet makes other records part of the closure: without it the bundle would not
        // verify, and the next head is a moment away
        if *last >= head.size {
            return Ok(Planned::NotYet);
        }
        let gating = query::specifications(state, records, lot)?;
        let (mut parts, mut statements) = (Vec::new(), ProfilesNeeded::new(gating));
        let (mut from, mut bytes) = (0, 0);
        for (at, index) in indices.iter().enumerate() {
            let record = self.record_needed(*index)?;
            statements.add(&record);
            if at - from == PART_RECORDS || bytes + record.bytes.len() > PART_BYTES {
                parts.push(from..at);
                (from, bytes) = (at, 0);
            }
            bytes += record.bytes.len();
        }
        parts.push(from..indices.len());
        if parts.len() > MAX_PARTS as usize {
            return Ok(Planned::TooLarge);
        }
        let profiles = statements.needed();
        Ok(Planned::Whole(ProofPlan { lot: lot.clone(), head: head.clone(), indices, parts, profiles }))
    }

    /// One part of a proof, from 1; `None` when it does not have so many.
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn proof_part(&self, plan: &ProofPlan, number: usize) -> Result<Option<Bundle>, QueryError> {
        let range = number.checked_sub(1).and_then(|at| plan.parts.get(at)).cloned();
        let Some(indices) = range.and_then(|range| plan.indices.get(range)) else { return Ok(None) };
        let paths = self.paths(indices, &plan.head)?;
        let (mut records, mut seen) = (Vec::with_capacity(indices.len()), BTreeSet::new());
        for (index, path) in indices.iter().zip(paths) {
            let record = self.record_needed(*index)?;
            seen.extend(record.claims.seen.map(|seen| seen.size));
            records.push(BundleRecord { index: *index, record: record.bytes.to_vec(), path });
        }
        let mut profiles = Vec::new();
        for blake3 in plan.profiles.iter().filter(|_| number == 1) {
            let bytes =
                self.profile_bytes(blake3).map_err(|e| QueryError::Proof(Cause::of(format!("profile {blake3}"), e)))?;
            let bytes = bytes.ok_or_else(|| QueryError::Proof(Cause::new(format!("profile {blake3} is missing"))))?;
            profiles.push(BundleProfile { blake3: *blake3, bytes: bytes.to_vec() });
        }
        let mut bundle = Bundle::new(self.id().to_owned(), plan.lot.clone(), plan.head.note.clone(), records, profiles);
        bundle.seen = self.seen_proofs(&seen, &plan.head)?;
        if plan.parts.len() > 1 {
            // both are at most MAX_PARTS
            bundle.part = Some(Part { number: number as u32, of: plan.parts.len() as u32 });
        }
        Ok(Some(bundle))
    }

    /// The hashes that give the root of the log, and the heads that the signers of this part had seen, with the records of this part.
    ///
    /// # Errors
    /// [`QueryError`] when storage is damaged or failed.
    pub fn proof_subtrees(&self, plan: &ProofPlan, part: &Bundle) -> Result<Vec<Hash>, QueryError> {
        let indices: Vec<u64> = part.records.iter().map(|record| record.index).collect();
        let sizes: Vec<u64> = part.seen.iter().map(|seen| seen.size).collect();
        self.subtrees(&indices, &sizes, &plan.head)
    }

    fn record_needed(&self, index: u64) -> Result<Arc<Record>, QueryError> {
        let record = self.record_at(index)?;
        record.ok_or_else(|| QueryError::Proof(Cause::new(format!("record {index} is missing"))))
    }
}

/// The profiles and specifications by which the inspections and processes of some records, and the lot, are judged. Others may be in force
/// on the ledger; their bytes would only make the file larger.
struct ProfilesNeeded {
    commodities: BTreeSet<String>,
    /// The commodity of each, and its hash.
    profiles: Vec<(String, Hash32)>,
    /// The statements of the specifications that are needed: those that gate the lot, and those that inspections name.
    adopted: BTreeSet<RecordId>,
    /// The statement of each, and its hash.
    specifications: Vec<(RecordId, Hash32)>,
}

impl ProfilesNeeded {
    fn new(adopted: BTreeSet<RecordId>) -> ProfilesNeeded {
        ProfilesNeeded { commodities: BTreeSet::new(), profiles: Vec::new(), adopted, specifications: Vec::new() }
    }

    fn add(&mut self, record: &Record) {
        let statement = match &record.payload {
            Payload::Registry(statement) => statement,
            Payload::Event(event) => {
                let named = event.ext.profile.iter().flat_map(|profile| &profile.requirements);
                return self.adopted.extend(named.filter_map(|named| specification::record_of(named)));
            }
        };
        match &**statement {
            Statement::Specification(adopted) => {
                self.specifications.extend(adopted.blake3.map(|blake3| (record.id, blake3)));
            }
            Statement::Product(product) => drop(self.commodities.insert(product.commodity.clone())),
            Statement::Profile(profile) => {
                self.profiles.push((commodity_of(&profile.id).to_owned(), profile.blake3));
            }
            _ => {}
        }
    }

    fn needed(self) -> BTreeSet<Hash32> {
        let ProfilesNeeded { commodities, profiles, adopted, specifications } = self;
        let profiles = profiles.into_iter().filter(|(commodity, _)| commodities.contains(commodity));
        let specifications = specifications.into_iter().filter(|(record, _)| adopted.contains(record));
        profiles.map(|(_, blake3)| blake3).chain(specifications.map(|(_, blake3)| blake3)).collect()
    }
}
