//! `verify`: checks a bundle with a given trust. Checkpoint, records, signatures, inclusion; then the closure is replayed
//! through the chain rules on an empty state, and the lot's view is read from the result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bundle::{Bundle, Part};
use super::seen;
use super::trust::Trust;
use super::verdict::Verdict;
use super::verify::{checkpoint, inclusion};
use crate::causes::causes;
use crate::chain::{Context, MemState, Overlay, ProfileSource, RecordSource, Refusal, StateError, apply, authority};
use crate::log::note::Verifier;
use crate::quality::Criteria;
use crate::query;
use crate::record::registry::Statement;
use crate::record::{Hash32, Payload, Record, RecordId};

/// The records of a bundle, by id, and its profiles.
struct Records<'a>(BTreeMap<RecordId, Arc<Record>>, &'a Profiles);

impl RecordSource for Records<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
        Ok(self.0.get(id).cloned())
    }
}

impl ProfileSource for Records<'_> {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        self.1.criteria(blake3)
    }
}

/// The profiles and specifications of a bundle, by hash.
struct Profiles(BTreeMap<Hash32, Criteria>);

impl ProfileSource for Profiles {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        self.0.get(blake3).cloned()
    }
}

/// Verifies `bundle` offline, judged as of the last clock among its records. A pure function.
pub fn verify(bundle: &Bundle, trust: &Trust) -> Verdict {
    verify_at(bundle, trust, None)
}

/// The same, by a verifier that has a clock of its own (Unix seconds): the verdict names what has expired by it. It judges nothing else by
/// that clock, which no record shows.
pub fn verify_at(bundle: &Bundle, trust: &Trust, now: Option<i64>) -> Verdict {
    let mut verdict = Verdict::new(trust.is_pinned());
    checks(&mut verdict, bundle, trust, now);
    if !verdict.is_consistent() {
        // a state computed from what is not proven is none
        verdict.lot = None;
        verdict.expired.clear();
    }
    verdict
}

fn checks(verdict: &mut Verdict, bundle: &Bundle, trust: &Trust, now: Option<i64>) {
    if let Some(Part { number, of }) = bundle.part {
        return verdict.fail("format", format!("part {number} of {of} of a proof: all parts are needed"));
    }
    verdict.pass("format", "proof bundle version 1");
    let Some(records) = records(verdict, bundle) else { return };
    let Some(log) = log_key(verdict, &records, trust) else { return };
    let Some(head) = checkpoint(verdict, &bundle.checkpoint, &log, trust) else { return };
    if !signatures(verdict, &records) {
        return;
    }
    let placed = bundle.records.iter().map(|r| (r.index, r.record.as_slice(), r.path.as_slice()));
    if !inclusion(verdict, &head, placed) || !seen::check(verdict, &head, bundle, &records) {
        return;
    }
    if !ledger(verdict, bundle, &records, trust) {
        return;
    }
    let Some(profiles) = profiles(verdict, bundle, &records) else { return };
    if let Some(state) = rules(verdict, bundle, &records, &profiles) {
        log_keys(verdict, &state, &log);
        lot(verdict, bundle, &state, records, &profiles, now);
    }
}

fn records(verdict: &mut Verdict, bundle: &Bundle) -> Option<Vec<(u64, Arc<Record>)>> {
    let mut records = Vec::with_capacity(bundle.records.len());
    for r in &bundle.records {
        match Record::decode(&r.record) {
            Ok(record) => records.push((r.index, Arc::new(record))),
            Err(error) => {
                verdict.fail("records", format!("record {}: {}", r.index, causes(&error)));
                return None;
            }
        }
    }
    verdict.pass("records", format!("{} records decode", records.len()));
    Some(records)
}

/// The trusted log key; without one, the first in the bundle's own `LogKeys` statement.
fn log_key(verdict: &mut Verdict, records: &[(u64, Arc<Record>)], trust: &Trust) -> Option<Verifier> {
    if let Some(log) = &trust.log {
        return Some(log.clone());
    }
    let named = records.iter().rev().find_map(|(_, record)| match &record.payload {
        Payload::Registry(statement) => match &**statement {
            Statement::LogKeys(keys) => keys.log.iter().find_map(|key| key.parse::<Verifier>().ok()),
            _ => None,
        },
        Payload::Event(_) => None,
    });
    if named.is_none() {
        verdict.fail("checkpoint", "no log key is trusted, and the bundle names none");
    }
    named
}

fn signatures(verdict: &mut Verdict, records: &[(u64, Arc<Record>)]) -> bool {
    for (index, record) in records {
        if let Err(error) = record.verify() {
            verdict.fail("signatures", format!("record {index}: {}", causes(&error)));
            return false;
        }
    }
    verdict.pass("signatures", format!("{0} of {0} signatures verify", records.len()));
    true
}

fn ledger(verdict: &mut Verdict, bundle: &Bundle, records: &[(u64, Arc<Record>)], trust: &Trust) -> bool {
    let trusted = trust.ledger.as_ref().unwrap_or(&bundle.ledger);
    if bundle.ledger != *trusted {
        verdict.fail("ledger", format!("the bundle is of {}, not of {trusted}", bundle.ledger));
        return false;
    }
    if let Some((index, _)) = records.iter().find(|(_, record)| record.claims.aud != *trusted) {
        verdict.fail("ledger", format!("record {index} is addressed to another ledger"));
        return false;
    }
    if !matches!(records.first(), Some((0, _))) {
        verdict.fail("ledger", "entry 0, from which the ledger id is derived, is missing");
        return false;
    }
    verdict.pass("ledger", format!("every record is addressed to {trusted}"));
    true
}

fn profiles(verdict: &mut Verdict, bundle: &Bundle, records: &[(u64, Arc<Record>)]) -> Option<Profiles> {
    let statements: Vec<&Statement> = records
        .iter()
        .filter_map(|(_, record)| match &record.payload {
            Payload::Registry(statement) => Some(&**statement),
            Payload::Event(_) => None,
        })
        .collect();
    let names = |statement: &Statement, hash: &Hash32| match statement {
        Statement::Profile(p) => p.blake3 == *hash,
        Statement::Specification(s) => s.blake3 == Some(*hash),
        _ => false,
    };
    // the statement says the same as the file
    let states = |statement: &Statement, criteria: &Criteria, length: usize| match (statement, criteria) {
        (Statement::Profile(p), Criteria::Profile(file)) => {
            p.id == file.id && p.version == file.version && p.bytes == length as u64
        }
        (Statement::Specification(s), Criteria::Specification(file)) => {
            s.id == file.id && s.version == file.version && s.commodity == file.commodity
        }
        _ => false,
    };
    let mut found = BTreeMap::new();
    for p in &bundle.profiles {
        let naming: Vec<&&Statement> = statements.iter().filter(|statement| names(statement, &p.blake3)).collect();
        if naming.is_empty() {
            verdict.fail("profiles", format!("no record puts profile {} in force", p.blake3));
            return None;
        }
        if Hash32::of(&p.bytes) != p.blake3 {
            verdict.fail("profiles", format!("the bytes of profile {} have another hash", p.blake3));
            return None;
        }
        match Criteria::from_json(&p.bytes) {
            Ok(criteria) if !naming.iter().any(|statement| states(statement, &criteria, p.bytes.len())) => {
                verdict.fail("profiles", format!("profile {} is not the one that the record names", p.blake3));
                return None;
            }
            Ok(criteria) => found.insert(p.blake3, criteria),
            Err(error) => {
                verdict.fail("profiles", format!("profile {}: {}", p.blake3, causes(&error)));
                return None;
            }
        };
    }
    let specifications = found.values().filter(|file| matches!(file, Criteria::Specification(_))).count();
    verdict.pass_profiles(found.len() - specifications, specifications);
    Some(Profiles(found))
}

fn rules(
    verdict: &mut Verdict,
    bundle: &Bundle,
    records: &[(u64, Arc<Record>)],
    profiles: &Profiles,
) -> Option<MemState> {
    let mut state = MemState::new();
    let ctx = Context::closure(profiles);
    for (index, record) in records {
        if matches!(record.payload, Payload::Event(_)) && authority::ledger(&state).is_ok_and(|row| row.clock == 0) {
            verdict.fail("rules", format!("record {index}: no clock statement precedes it"));
            return None;
        }
        let mut overlay = Overlay::new(&state);
        overlay.mark();
        match apply(&mut overlay, *index, record, &ctx) {
            Ok(_) => {}
            Err(Refusal::Rejected(rejection)) => {
                verdict.fail("rules", format!("record {index} breaks a rule: {rejection}"));
                return None;
            }
            Err(Refusal::Storage(error)) => {
                verdict.fail("rules", format!("record {index}: {}", causes(&error)));
                return None;
            }
        }
        let changes = overlay.into_changes();
        if let Err(error) = state.commit(changes) {
            verdict.fail("rules", causes(&error).to_string());
            return None;
        }
    }
    match query::refusal_of(&state, &bundle.lot) {
        Ok(None) => {}
        Ok(Some(refused)) => {
            let text = format!("record {} breaks a rule for a lot of this proof: {}", refused.record, refused.rule);
            verdict.fail("rules", text);
            return None;
        }
        Err(error) => {
            verdict.fail("rules", causes(&error).to_string());
            return None;
        }
    }
    verdict.pass("rules", format!("{0} of {0} records follow the rules, as far as this bundle shows", records.len()));
    Some(state)
}

/// Checks that the authority bound the key that signed the checkpoint.
pub(super) fn log_keys(verdict: &mut Verdict, state: &MemState, log: &Verifier) {
    match authority::ledger(state) {
        Ok(row) => {
            verdict.clock = Some(row.clock).filter(|clock| *clock > 0);
            let bound = row.log_keys.iter().filter_map(|key| key.parse::<Verifier>().ok());
            if bound.into_iter().any(|key| key == *log) {
                verdict.pass("log-keys", "the authority bound this log key on the log");
            } else {
                verdict.fail("log-keys", "the authority did not bind this log key on the log");
            }
        }
        Err(error) => verdict.fail("log-keys", causes(&error).to_string()),
    }
}

fn lot(
    verdict: &mut Verdict,
    bundle: &Bundle,
    state: &MemState,
    records: Vec<(u64, Arc<Record>)>,
    profiles: &Profiles,
    now: Option<i64>,
) {
    let source = Records(records.into_iter().map(|(_, record)| (record.id, record)).collect(), profiles);
    // the file must have exactly the records of the lot's closure: one made for another lot is refused
    let most = query::Most { records: bundle.records.len(), bytes: usize::MAX };
    match query::closure(state, &source, &bundle.lot, most) {
        Ok(Some(closure)) if closure.iter().copied().eq(bundle.records.iter().map(|r| r.index)) => {}
        Ok(_) => return verdict.fail("lot", format!("the records are not those of lot {}", bundle.lot)),
        Err(error) => return verdict.fail("lot", causes(&error).to_string()),
    }
    match query::lot_view(state, &source, &bundle.lot) {
        Ok(Some(view)) => {
            verdict
                .pass("lot", format!("{} records concern lot {}", view.steps.len() + view.omitted.steps, bundle.lot));
            verdict.lot = Some(view);
            match now.map(|now| query::expired(state, &source, &bundle.lot, now)).transpose() {
                Ok(expired) => verdict.expired = expired.unwrap_or_default(),
                Err(error) => verdict.fail("lot", causes(&error).to_string()),
            }
        }
        Ok(None) => verdict.fail("lot", format!("no record of the bundle makes lot {}", bundle.lot)),
        Err(error) => verdict.fail("lot", causes(&error).to_string()),
    }
}
