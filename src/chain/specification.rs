//! `Specification`: limits that a producer, processor or buyer adopts for goods that it makes or buys. They gate as contract, beside what the
//! market of a lot asks for.
//!
//! A version is in force from the clock of its statement until it is replaced or withdrawn; the days in the file bound it further. So an
//! adoption says nothing about tests that came before it. What it is not: the judging (`quality`), and which parties have to do with goods.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authority::Signer;
use super::checks::{StatementContext, require_current, too_many_in_force};
use super::rows::{LotRow, RecordRow, SpecificationRow, specifications_key};
use super::state::{Scan, row, rows};
use super::statements::profiles_in_force;
use super::times::SKEW;
use super::{Overlay, ProfileSource, Refusal, Rejection, Rule, State, StateError, Table};
use crate::quality::profile::Problem;
use crate::quality::specification::ADOPTED;
use crate::quality::{Judged, Profile, Specification};
use crate::record::registry::{self, Role};
use crate::record::{Hash32, RecordId};

/// Most statements of a party about specifications for one commodity, those that were replaced among them: judging a lot reads them all.
pub const MAX_SPECIFICATIONS: usize = 256;
/// Most of them that are in force at once: a lot must keep to them all.
pub const MAX_IN_FORCE: usize = 16;

pub(super) fn state(
    state: &mut Overlay<'_>,
    s: &registry::Specification,
    by: &StatementContext<'_>,
) -> Result<(), Refusal> {
    specification_by_whom(by.signer)?;
    let party = &by.signer.iss;
    let (mut there, mut others, mut current) = (0, 0, None);
    for known in rows::<SpecificationRow>(state, Table::Specification, Scan::prefix(&prefix(party, &s.commodity))) {
        let (key, known) = known?;
        there += 1;
        if known.id == s.id && known.ended.is_none() {
            current = Some((key, known));
        } else if known.ended.is_none() {
            others += 1;
        }
    }
    let replaced = current.as_ref().map(|(_, row)| row.record);
    require_current(s.replaces, replaced, &format!("specification {} of {party} for {}", s.id, s.commodity))?;
    if let Some(blake3) = s.blake3 {
        too_many_in_force(there, MAX_SPECIFICATIONS, &format!("specifications of {party} for {}", s.commodity))?;
        too_many_in_force(others, MAX_IN_FORCE, &format!("specifications of {party} in force for {}", s.commodity))?;
        // the rules of a proof hold for the bytes that it needs: those of others need not be there
        if !by.ctx.partial {
            let file = specification_bytes_missing(s, &blake3, by)?;
            specification_unfit_for_all(state, s, &file, by)?;
            if !by.ctx.profiles.keep(&blake3) {
                return Err(bytes_missing(s).into());
            }
        }
        let row = SpecificationRow {
            record: by.record.id,
            id: s.id.clone(),
            version: s.version.clone(),
            blake3,
            index: by.index,
            from: by.ledger.clock,
            ended: None,
        };
        state.put(Table::Specification, &specifications_key(party, &s.commodity, Some(by.index)), &row)?;
    }
    if let Some((key, row)) = current {
        let ended = SpecificationRow { ended: Some((by.index, by.ledger.clock)), ..row };
        state.put(Table::Specification, &key, &ended)?;
    }
    Ok(())
}

fn prefix(party: &str, commodity: &str) -> Vec<u8> {
    specifications_key(party, commodity, None)
}

/// Rule `specification-by-whom`: a specification is adopted by who makes or buys goods, for itself.
fn specification_by_whom(signer: &Signer) -> Result<(), Rejection> {
    if [Role::Producer, Role::Processor, Role::Buyer].into_iter().any(|role| signer.has(role)) {
        return Ok(());
    }
    let detail = format!("{} is neither a producer, a processor nor a buyer", signer.iss);
    Err(Rejection::new(Rule::SpecificationByWhom, detail).arg("party", &signer.iss))
}

/// Rule `specification-bytes-missing`: the bytes of a specification are a mandatory object of the log, uploaded before the statement, and say
/// what the statement says.
fn specification_bytes_missing(
    s: &registry::Specification,
    blake3: &Hash32,
    by: &StatementContext<'_>,
) -> Result<Arc<Specification>, Rejection> {
    let same =
        |file: &Arc<Specification>| file.id == s.id && file.version == s.version && file.commodity == s.commodity;
    by.ctx.profiles.specification(blake3).filter(same).ok_or_else(|| bytes_missing(s))
}

fn bytes_missing(s: &registry::Specification) -> Rejection {
    let detail = format!("upload the bytes of specification {} {} for {} first", s.id, s.version, s.commodity);
    Rejection::new(Rule::SpecificationBytesMissing, detail)
        .arg("specification", &s.id)
        .arg("version", &s.version)
        .retryable()
}

/// Rule `specification-unfit`: a specification goes together with a profile of its commodity that is in force: its limits are on parameters
/// of the profile, in its words, forms and sampling plans.
fn specification_unfit_for_all(
    state: &Overlay<'_>,
    s: &registry::Specification,
    file: &Specification,
    by: &StatementContext<'_>,
) -> Result<(), Refusal> {
    let profiles = profiles_in_force(state, by.ctx.profiles, &s.commodity, by.ledger.clock)?;
    let mut first = None;
    for profile in &profiles {
        match file.problems(profile) {
            problems if problems.is_empty() => return Ok(()),
            problems => first = first.or(Some((profile, problems))),
        }
    }
    Err(match first {
        Some((profile, problems)) => unfit(&s.id, profile, &problems),
        None => Rejection::new(Rule::SpecificationUnfit, format!("no profile is in force for {}", s.commodity))
            .arg("specification", &s.id)
            .arg("problems", format!("no profile of {} is in force", s.commodity)),
    }
    .into())
}

/// The rejection `specification-unfit`, with what does not go together.
pub(super) fn unfit(specification: &str, profile: &Profile, problems: &[Problem]) -> Rejection {
    let problems = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let detail = format!("{specification} does not go with profile {} {}: {problems}", profile.id, profile.version);
    Rejection::new(Rule::SpecificationUnfit, detail).arg("specification", specification).arg("problems", problems)
}

/// Whether a party has adopted any specification for a commodity.
pub(super) fn has_any(state: &dyn State, party: &str, commodity: &str) -> Result<bool, StateError> {
    let first = state.scan(Table::Specification, Scan::prefix(&prefix(party, commodity))).next();
    Ok(first.transpose()?.is_some())
}

/// The specification for a commodity that a record adopted, and the party that did.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn by_record(
    state: &dyn State,
    record: &RecordId,
    commodity: &str,
) -> Result<Option<(String, Arc<SpecificationRow>)>, StateError> {
    let Some(stated) = row::<RecordRow>(state, Table::Record, record.as_bytes())? else { return Ok(None) };
    let key = specifications_key(&stated.party, commodity, Some(stated.index));
    Ok(row::<SpecificationRow>(state, Table::Specification, &key)?.map(|found| (stated.party.clone(), found)))
}

/// The record that adopted the specification which an inspection names so among its requirements.
pub fn record_of(requirement: &str) -> Option<RecordId> {
    requirement.strip_prefix(ADOPTED)?.parse().ok()
}

/// Whether a result was judged by an adopted specification.
pub(super) fn is_by_one(judged: &Judged) -> bool {
    judged.requirement.as_deref().and_then(record_of).is_some()
}

/// Results under names that stay: an adopted specification by its party and its own id, so that a later version of it clears what an
/// earlier one failed.
pub(super) fn lasting(state: &dyn State, commodity: &str, results: &[Judged]) -> Result<Vec<Judged>, StateError> {
    let mut renamed = results.to_vec();
    let mut known: Vec<(RecordId, Option<String>)> = Vec::new();
    for judged in &mut renamed {
        let Some(record) = judged.requirement.as_deref().and_then(record_of) else { continue };
        if !known.iter().any(|(of, _)| *of == record) {
            let found = by_record(state, &record, commodity)?;
            known.push((record, found.map(|(party, row)| format!("{ADOPTED}{party} {commodity} {}", row.id))));
        }
        if let Some((_, Some(name))) = known.iter().find(|(of, _)| *of == record) {
            judged.requirement = Some(name.clone());
        }
    }
    Ok(renamed)
}

/// A specification that a party adopted for goods.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// The party.
    pub party: String,
    /// The statement, and what it says.
    pub row: SpecificationRow,
    /// What it asks for; `None` while the bytes are not at hand.
    pub file: Option<Arc<Specification>>,
}

impl Adopted {
    /// With its limits under the id of its statement, as results name them.
    pub(super) fn under_its_statement(self) -> Adopted {
        let file = self.file.map(|file| Arc::new(file.adopted(&self.row.record.to_string())));
        Adopted { file, ..self }
    }
}

impl SpecificationRow {
    /// Whether it was in force for what is dated `at` (Unix seconds) and stands at an index of the log. The log's clock is up to a minute
    /// behind, and a device's a few off: what was entered before the version ended is not dated after it.
    pub fn is_in_force(&self, at: i64, entered: u64) -> bool {
        let ended = |(index, clock): (u64, i64)| at >= clock && entered > index;
        self.index < entered && self.from <= at.saturating_add(SKEW) && !self.ended.is_some_and(ended)
    }
}

/// The specifications for a commodity of who made a lot and of who buys it, that were in force for what is dated `at` and stands at an index;
/// each as its party wrote it.
pub(super) fn of_goods(
    state: &dyn State,
    profiles: &dyn ProfileSource,
    lot: &LotRow,
    makers: &BTreeSet<String>,
    commodity: &str,
    (at, entered): (i64, u64),
) -> Result<Vec<Adopted>, StateError> {
    let parties: BTreeSet<&String> = makers.iter().chain(lot.buyers.keys()).collect();
    let mut found = Vec::new();
    for party in parties {
        for known in rows::<SpecificationRow>(state, Table::Specification, Scan::prefix(&prefix(party, commodity))) {
            let (_, row) = known?;
            if row.is_in_force(at, entered) {
                let file = profiles.specification(&row.blake3);
                found.push(Adopted { party: party.clone(), row, file });
            }
        }
    }
    Ok(found)
}

/// Where a specification stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecificationKey {
    /// Whose it is.
    pub party: String,
    /// The commodity it is for.
    pub commodity: String,
    /// Index of the statement.
    pub index: u64,
}

/// The specifications of a scan, in the order of party, commodity and log.
pub fn listed<'s>(
    state: &'s dyn State,
    scan: Scan<'_>,
) -> impl Iterator<Item = Result<(SpecificationKey, SpecificationRow), StateError>> + use<'s> {
    rows::<SpecificationRow>(state, Table::Specification, scan).map(|known| {
        let (key, row) = known?;
        let (names, index) =
            key.split_last_chunk().ok_or_else(|| StateError::new("a key of a specification is short"))?;
        let mut names = names.split(|byte| *byte == 0).map(|name| String::from_utf8_lossy(name).into_owned());
        let (party, commodity) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        Ok((SpecificationKey { party, commodity, index: u64::from_be_bytes(*index) }, row))
    })
}
