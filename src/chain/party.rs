//! `Party`, `PartyStatus` and `Accreditation`: the parties of the ledger, who enrolled them, their standing and accreditations.

use std::collections::BTreeSet;

use super::authority::Signer;
use super::checks::{StatementContext, authority_only, lies_in, not_the_enroller, require_current, too_many_in_force};
use super::rows::{AccreditationRow, DayUse, EnrolledRow, KeyCounts, KeyRow, LedgerRow, PartyRow, enrolled_key};
use super::state::get;
use super::words::{self, Thing};
use super::{
    Act, Finding, Outcome, Overlay, Refusal, Rejection, Rule, Table, authority, binding, company, entity_index, keys,
    lookalike,
};
use crate::gs1::Gln;
#[cfg(any(test, feature = "node"))]
use crate::record::enrolment::Enrolment;
use crate::record::registry::{Accreditation, Party, PartyStatus, Purpose, Role, Standing, Statement};
use crate::record::{Payload, Record};

/// Entry 0: the authority's own statement, signed by its first admin key. It makes the ledger id.
pub(super) fn found(state: &mut Overlay<'_>, record: &Record) -> Result<Outcome, Refusal> {
    let founder = founding_statement(record)?;
    founder_key(record, founder)?;
    let ledger = LedgerRow {
        ledger: record.claims.aud.clone(),
        authority: founder.party.clone(),
        clock: 0,
        clock_index: 0,
        clock_record: None,
        clock_permit: None,
        confirmed: record.claims.iat,
        resets: Vec::new(),
        ruleset: 0,
        origin: None,
        log_keys: Vec::new(),
        log_keys_record: None,
        witnesses: Vec::new(),
        successor: founder.successor,
        statements: 0,
        any_marked: false,
        any_demo: founder.demo,
    };
    state.put(Table::Ledger, b"", &ledger)?;
    let key = KeyRow {
        party: founder.party.clone(),
        purpose: Purpose::Admin,
        record: record.id,
        index: 0,
        enrolled_by: record.kid,
        enrolled: 0,
        label: None,
        revoked: None,
        compromised_since: None,
        last_seq: record.claims.seq,
        first: Some((record.id, 0)),
        used: DayUse::default(),
        urgent: DayUse::default(),
    };
    keys::admitted(state, &record.kid, &key)?;
    authority::use_number(state, record)?;
    let row = PartyRow {
        record: record.id,
        index: 0,
        enroller: founder.party.clone(),
        keys: KeyCounts::default().with_added(Purpose::Admin, 0),
        enrolled_by: record.kid,
        enrolled: 0,
        marked_since: None,
        standing: Standing::Active,
        ..described(founder)
    };
    state.put(Table::Party, founder.party.as_bytes(), &row)?;
    lookalike::name(state, founder, None, false)?;
    company::state(state, founder, gln_of(founder), None, &[])?;
    words::list(state, &Thing::Party(founder.party.clone()), None, &words::of_party(&row))?;
    let outcome = Outcome { act: Act::Registry, findings: Vec::new() };
    entity_index::settle(state, 0, record, &ledger, &outcome, entity_index::Affected::default())?;
    Ok(outcome)
}

/// Rule `entry-zero`: the first entry is the authority's own `Party` statement, with a nonce, and makes the ledger id.
fn founding_statement(record: &Record) -> Result<&Party, Rejection> {
    let wrong = |what: &str| Err(Rejection::new(Rule::EntryZero, format!("entry 0 {what}")));
    let Payload::Registry(statement) = &record.payload else { return wrong("must be the authority's Party statement") };
    let Statement::Party(party) = &**statement else { return wrong("must be the authority's Party statement") };
    if !party.roles.contains(&Role::Authority) || party.party != record.claims.iss || record.claims.seq != 1 {
        return wrong("must be the authority's statement about itself, the first its key signs");
    }
    let id = party.nonce.as_deref().and_then(|nonce| binding::ledger_id(&record.kid, nonce));
    if id.as_ref() != Some(&record.claims.aud) {
        return wrong("must be addressed to the ledger id made of its key and nonce");
    }
    Ok(party)
}

fn founder_key(record: &Record, _: &Party) -> Result<(), Rejection> {
    record.kid.admit().map_err(|e| Rejection::new(Rule::KeyRefused, e.to_string()).arg("key", record.kid))
}

/// The GLN that a statement gives its party: in the URI or beside it. The two agree.
fn gln_of(s: &Party) -> Option<Gln> {
    gln_named(&s.party, s.gln)
}

fn gln_named(uri: &str, beside: Option<Gln>) -> Option<Gln> {
    beside.or_else(|| Gln::from_party_uri(uri).ok())
}

fn in_any(gln: Gln, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| gln.in_prefix(prefix))
}

/// Whether the signer's own prefixes, or those that the authority lets it enrol in, hold the GLN.
fn vouched_for(gln: Gln, signer: &PartyRow) -> bool {
    in_any(gln, &signer.prefixes) || in_any(gln, &signer.enrols)
}

/// The part of a party's row that its statement gives; the caller fills in the rest.
fn described(s: &Party) -> PartyRow {
    PartyRow {
        record: crate::record::Hash32([0; 32]),
        index: 0,
        enroller: String::new(),
        name: s.name.clone(),
        legal_form: s.legal_form.clone(),
        roles: s.roles.iter().copied().collect::<BTreeSet<_>>(),
        country: s.country.clone(),
        region: s.region.clone(),
        registration: s.registration.clone(),
        gln: s.gln,
        prefixes: s.prefixes.clone(),
        enrols: s.enrols.clone(),
        gln_vouched: gln_of(s).is_none_or(|gln| in_any(gln, &s.prefixes)),
        looks_like: None,
        contact: s.contact.clone(),
        demo: s.demo,
        standing: Standing::Active,
        keys: KeyCounts::default(),
        enrolled_by: crate::record::PublicKey([0; 32]),
        enrolled: 0,
        marked_since: None,
    }
}

pub(super) fn state(state: &mut Overlay<'_>, s: &Party, by: &StatementContext<'_>) -> Result<Vec<Finding>, Refusal> {
    enrolment_not_allowed(s, by)?;
    let known = authority::party(state, &s.party)?;
    require_current(s.replaces, known.as_ref().map(|row| row.record), &s.party)?;
    enrolment_outside_prefix(state, s, known.as_ref(), by)?;
    let vouched = gln_vouched(state, s, known.as_ref(), by)?;
    let looks_like = lookalike::name(state, s, known.as_ref(), by.ctx.partial)?;
    let mut findings: Vec<Finding> =
        looks_like.as_deref().map(|other| lookalike::finding(s, other, by)).into_iter().collect();
    // a proof has not every party
    if !by.ctx.partial {
        let before = known.as_ref().map(|row| (row, gln_named(&s.party, row.gln)));
        let enroller = known.as_ref().map_or(by.signer.iss.as_str(), |row| row.enroller.as_str());
        let overlap = company::state(state, s, gln_of(s), before, &[&by.ledger.authority, enroller])?;
        findings.extend(overlap.map(|overlap| company::finding(s, overlap, by)));
    }
    let words_before = known.as_ref().map(words::of_party);
    let row = match known {
        None => {
            state.put(Table::Enrolled, &enrolled_key(&by.record.kid, s.party.as_bytes()), &EnrolledRow::Party)?;
            let marked_since = by.signer.marked_since(by.ledger.clock);
            if marked_since.is_some() {
                let ledger = LedgerRow { any_marked: true, ..authority::ledger(state)? };
                state.put(Table::Ledger, b"", &ledger)?;
            }
            PartyRow {
                record: by.record.id,
                index: by.index,
                enroller: by.signer.iss.clone(),
                enrolled_by: by.record.kid,
                enrolled: by.ledger.clock,
                marked_since,
                gln_vouched: vouched,
                looks_like,
                ..described(s)
            }
        }
        Some(old) => {
            not_the_enroller(&s.party, &old, by)?;
            authority_is_one(s, by)?;
            PartyRow {
                record: by.record.id,
                index: old.index,
                enroller: old.enroller,
                standing: old.standing,
                keys: old.keys,
                enrolled_by: old.enrolled_by,
                enrolled: old.enrolled,
                marked_since: old.marked_since,
                gln_vouched: vouched,
                looks_like,
                ..described(s)
            }
        }
    };
    state.put(Table::Party, s.party.as_bytes(), &row)?;
    // a proof is not searched
    if !by.ctx.partial {
        words::list(state, &Thing::Party(s.party.clone()), words_before, &words::of_party(&row))?;
    }
    if s.demo && !by.ledger.any_demo {
        let ledger = LedgerRow { any_demo: true, ..authority::ledger(state)? };
        state.put(Table::Ledger, b"", &ledger)?;
    }
    if s.party == by.ledger.authority && s.successor.is_some() {
        successor_committed(by)?;
        state.put(Table::Ledger, b"", &LedgerRow { successor: s.successor, ..authority::ledger(state)? })?;
    }
    Ok(findings)
}

/// Rule `enrolment-not-allowed`: the authority enrols anyone but another authority; a region enrols producers and processors
/// of its own region code, and vouches for no prefix.
fn enrolment_not_allowed(s: &Party, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if may_enrol(s, by.signer, by.ledger) {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::EnrolmentNotAllowed,
        format!("{} may not enrol {} with these roles", by.signer.iss, s.party),
    )
    .arg("signer", &by.signer.iss)
    .arg("party", &s.party))
}

fn may_enrol(s: &Party, signer: &Signer, ledger: &LedgerRow) -> bool {
    let own = s.party == ledger.authority;
    if signer.has(Role::Authority) && (own || !s.roles.contains(&Role::Authority)) {
        return true;
    }
    let village = s.roles.iter().all(|r| matches!(r, Role::Producer | Role::Processor));
    let inside = match (&signer.party.region, &s.region) {
        (Some(own), Some(other)) => lies_in(other, own),
        _ => false,
    };
    signer.has(Role::Region) && village && inside && s.prefixes.is_empty() && s.enrols.is_empty()
}

/// Whether `signer` may sign what an enrolment request asks for: a later key of its own party, the first key of a party that it enrolled,
/// or the statement and the first key of a party that is not on the ledger yet.
///
/// # Errors
/// [`StateError`](super::StateError) when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn may_approve(state: &dyn super::State, signer: &Signer, request: &Enrolment) -> Result<bool, super::StateError> {
    if signer.key.purpose != Purpose::Admin {
        return Ok(false);
    }
    let first = request.purpose == Purpose::Admin;
    Ok(match authority::party(state, &request.party)? {
        Some(row) if row.keys.admins > 0 => signer.iss == request.party,
        Some(row) => first && super::checks::is_enroller(signer, &row),
        None => first && may_enrol(&request.party_statement("ID"), signer, &*authority::shared_ledger(state)?),
    })
}

/// Why no signer may approve an enrolment request as the ledger is now, if so.
///
/// # Errors
/// [`StateError`](super::StateError) when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn nobody_may_approve(
    state: &dyn super::State,
    request: &Enrolment,
) -> Result<Option<&'static str>, super::StateError> {
    let known = authority::party(state, &request.party)?;
    let may_be_first = request.purpose == Purpose::Admin;
    let has_admin = known.as_ref().is_some_and(|row| row.keys.admins > 0);
    let would_be_authority = known.is_none() && request.roles.iter().flatten().any(|role| *role == Role::Authority);
    Ok(if !has_admin && !may_be_first {
        Some("the party has no admin key, which alone could approve this one: its first key is an admin key")
    } else if would_be_authority {
        Some("there is one authority on a ledger: nobody is enrolled as another")
    } else {
        None
    })
}

/// Rule `enrolment-outside-prefix`: a GLN that a region gives a party lies in a GS1 prefix of the region, or in one within which the
/// authority lets it enrol, and in none that is another party's; else the party is named `urn:jejak:party:…`. The authority may enrol any
/// GLN: pages say that it is not verified. A GLN that the party has already is not given anew.
fn enrolment_outside_prefix(
    state: &Overlay<'_>,
    s: &Party,
    known: Option<&PartyRow>,
    by: &StatementContext<'_>,
) -> Result<(), Refusal> {
    let Some(gln) = gln_of(s) else { return Ok(()) };
    let kept = known.is_some_and(|row| gln_named(&s.party, row.gln) == Some(gln));
    if by.signer.has(Role::Authority) || kept {
        return Ok(());
    }
    let region = &by.signer.iss;
    let outside = |detail: String| {
        let advice = "name the party urn:jejak:party:… without a GLN";
        Rejection::new(Rule::EnrolmentOutsidePrefix, format!("{detail}: {advice}"))
            .arg("gln", gln)
            .arg("signer", region)
    };
    if !vouched_for(gln, &by.signer.party) {
        return Err(outside(format!("{gln} lies in no GS1 prefix within which {region} may enrol")).into());
    }
    // a proof has not every party
    if by.ctx.partial {
        return Ok(());
    }
    match company::holder(state, gln, &[&s.party, region, &by.ledger.authority])? {
        Some(other) => Err(outside(format!("{gln} lies in a GS1 prefix of {other}")).into()),
        None => Ok(()),
    }
}

/// Whether someone vouched for the prefix of the party's GLN: the authority with the party's own prefixes, or with those of its enroller.
fn gln_vouched(
    state: &Overlay<'_>,
    s: &Party,
    known: Option<&PartyRow>,
    by: &StatementContext<'_>,
) -> Result<bool, Refusal> {
    let Some(gln) = gln_of(s) else { return Ok(true) };
    if in_any(gln, &s.prefixes) || vouched_for(gln, &by.signer.party) {
        return Ok(true);
    }
    let Some(known) = known else { return Ok(false) };
    Ok(authority::party(state, &known.enroller)?.is_some_and(|enroller| vouched_for(gln, &enroller)))
}

/// Rule `successor-committed`: a commitment to the authority's next key stands until that key is used, so that a stolen present key
/// can't replace it.
fn successor_committed(by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.ledger.successor.is_none() {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::SuccessorCommitted,
        "the commitment to the authority's next key stands until that key is used",
    ))
}

/// Rule `authority-is-one`: the authority keeps its role, and no other party gets it.
fn authority_is_one(s: &Party, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if s.roles.contains(&Role::Authority) == (s.party == by.ledger.authority) {
        return Ok(());
    }
    Err(Rejection::new(Rule::AuthorityIsOne, "there is one authority, and it keeps its role").arg("party", &s.party))
}

pub(super) fn status(state: &mut Overlay<'_>, s: &PartyStatus, by: &StatementContext<'_>) -> Result<(), Refusal> {
    let row = authority::require_party(state, &s.party)?;
    not_the_enroller(&s.party, &row, by)?;
    authority_not_suspended(s, by)?;
    state.put(Table::Party, s.party.as_bytes(), &PartyRow { standing: s.status, ..row })?;
    Ok(())
}

/// Rule `authority-not-suspended`: the authority can't be suspended, which would lock the ledger.
fn authority_not_suspended(s: &PartyStatus, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if s.party == by.ledger.authority {
        return Err(Rejection::new(Rule::AuthorityNotSuspended, "the authority can't be suspended"));
    }
    Ok(())
}

pub(super) fn accredit(state: &mut Overlay<'_>, s: &Accreditation, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    let row = authority::require_party(state, &s.party)?;
    accredits_inspectors(s, &row)?;
    let mut rows: Vec<AccreditationRow> = get(state, Table::Accreditation, s.party.as_bytes())?.unwrap_or_default();
    let mut cut = false;
    if let Some(old) = s.replaces {
        let Some(at) = rows.iter().position(|row| row.record == old) else {
            return Ok(require_current(Some(old), None, &format!("accreditation {old}"))?);
        };
        let replaced = rows.remove(at);
        cut = s.until < replaced.until || (replaced.cut && s.until <= replaced.until);
    }
    too_many_in_force(rows.len(), MAX_ACCREDITATIONS, &format!("accreditations of {}", s.party))?;
    rows.push(AccreditationRow {
        record: by.record.id,
        index: by.index,
        scope: s.scope.clone(),
        body: s.body.clone(),
        number: s.number.clone(),
        from: s.from,
        until: s.until,
        cut,
    });
    state.put(Table::Accreditation, s.party.as_bytes(), &rows)?;
    Ok(())
}

/// Most accreditations of an inspector that were not replaced.
pub const MAX_ACCREDITATIONS: usize = 64;

/// Rule `accredits-inspectors`: accreditations are for parties enrolled as inspectors.
fn accredits_inspectors(s: &Accreditation, row: &PartyRow) -> Result<(), Rejection> {
    if row.roles.contains(&Role::Inspector) {
        return Ok(());
    }
    Err(Rejection::new(Rule::AccreditsInspectors, format!("{} is not enrolled as an inspector", s.party))
        .arg("party", &s.party))
}
