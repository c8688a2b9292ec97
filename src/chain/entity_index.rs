//! The rows that every admitted record leaves: its own, the entity index, and what it found.
//!
//! [`settle`] writes them once the record's rules have run: only they know for whom it acted, and which lots and containers
//! it moves without naming them ([`Affected`]). The entity index leads from a lot, container or party to the records about it, by
//! index; the records of one batch share rows ([`Overlay::add_to_entity`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::repeats::statement_hash;
use super::rows::{
    Documents, ENTITY, Effects, EntityEntry, EntityRow, EvidenceRow, LedgerRow, LotRow, RecordRow, entity_key, lot_key,
    lot_number_key, under_lot,
};
use super::samples;
use super::state::{Scan, row, rows};
use super::{Act, Finding, Outcome, Overlay, Rule, State, StateError, Table};
use crate::epcis::Event;
use crate::epcis::profile::is_party;
use crate::gs1::{Gtin, LotId, Sscc};
use crate::record::registry::{ClockPermit, ClockReset, Purpose, Statement};
use crate::record::{Hash32, Payload, PublicKey, Record, RecordId};

/// A key as an entity, `urn:jejak:key:<52 characters>`.
pub fn key_uri(key: &PublicKey) -> String {
    format!("urn:jejak:key:{key}")
}

/// A profile as an entity, `urn:jejak:profile:<id>:<version>`.
pub fn profile_uri(id: &str, version: &str) -> String {
    format!("urn:jejak:profile:{id}:{version}")
}

/// A trade document as an entity, apart from whatever else its id may spell.
pub fn document_uri(id: &str) -> String {
    format!("document {id}")
}

/// The documents and observations about a shipment, as an entity: by the id of its shipping record.
pub fn shipment_uri(id: &str) -> String {
    format!("shipment {id}")
}

/// The mandates that one party gave another, as an entity: apart from all else about either, as anyone may give a mandate to anyone.
pub fn mandate_uri(from: &str, to: &str) -> String {
    format!("mandate {from} {to}")
}

/// The specifications that a party adopted for a commodity, as an entity: proofs of other goods need none of them.
pub fn specifications_uri(party: &str, commodity: &str) -> String {
    format!("specifications {party} {commodity}")
}

/// The certificates of a party, as an entity: no proof needs them.
pub fn certificates_uri(party: &str) -> String {
    format!("certificates {party}")
}

/// What the registry statements that name an entity are found by, apart from the many events that name it.
pub fn registry_uri(entity: &str) -> String {
    format!("registry {entity}")
}

/// The lots a record names itself, each once, in order.
pub fn lots(record: &Record) -> Vec<LotId> {
    match &record.payload {
        Payload::Event(event) => lots_of(event),
        Payload::Registry(_) => Vec::new(),
    }
}

/// The lots an event names itself, an item's lot among them, each once, in order.
pub fn lots_of(event: &Event) -> Vec<LotId> {
    let mut found = Vec::new();
    of_event(event, &mut found);
    found.sort_unstable();
    lots_among(&found)
}

fn lots_among(entities: &[String]) -> Vec<LotId> {
    let mut seen = BTreeSet::new();
    // only a lot has a Digital Link with this in it
    let named = entities.iter().filter(|uri| uri.contains("/10/")).filter_map(|uri| LotId::from_uri(uri).ok());
    named.filter(|lot| seen.insert(lot.clone())).collect()
}

/// Every entity a record names itself, each once, sorted: lots and their products, containers, parties, the signer's
/// key, places, documents, and the records it cites.
pub fn entities(record: &Record) -> Vec<String> {
    let mut found = vec![record.claims.iss.clone(), key_uri(&record.kid)];
    match &record.payload {
        Payload::Event(event) => of_event(event, &mut found),
        Payload::Registry(statement) => of_statement(statement, &mut found),
    }
    found.sort();
    found.dedup();
    found
}

fn of_event(event: &Event, found: &mut Vec<String>) {
    let lists = [&event.epcs, &event.child_epcs, &event.input_epcs, &event.output_epcs];
    let classes = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let things = lists
        .into_iter()
        .flatten()
        .chain(&event.parent)
        .chain(classes.into_iter().flatten().map(|element| &element.epc_class));
    for uri in things {
        found.push(uri.clone());
        // an item names its lot, a lot its product
        if let Some((lot, _)) = uri.split_once("/21/") {
            found.push(lot.to_owned());
        }
        if let Some((product, _)) = uri.split_once("/10/") {
            found.push(product.to_owned());
        }
    }
    found.extend(event.sources.iter().chain(&event.destinations).map(|end| end.id.clone()));
    found.extend([&event.read_point, &event.biz_location].into_iter().flatten().map(|place| place.id.clone()));
    // a document's id is anyone's words: under a name of its own it is no other entity's
    found.extend(event.transactions.iter().map(|document| document_uri(&document.id)));
    found.extend(event.ext.sample.iter().filter_map(|sample| sample.holder.clone()).filter(|holder| is_party(holder)));
    // who hands over and who takes over find it among their records
    let handover = event.ext.handover.iter();
    found.extend(handover.flat_map(|handover| [handover.from.clone(), handover.to.clone()]));
    found.extend(event.ext.profile.iter().map(|profile| profile_uri(&profile.id, &profile.version)));
    let ext = &event.ext;
    let cited = ext
        .after
        .iter()
        .chain(&ext.voids)
        .chain(&ext.shipment)
        .chain(&ext.retests)
        .chain(&ext.lifts)
        .chain(&ext.rejects)
        .chain(&ext.confirms);
    found.extend(cited.filter_map(|id| id.parse::<RecordId>().ok()).map(|id| id.uri()));
}

fn of_statement(statement: &Statement, found: &mut Vec<String>) {
    let replaces = match statement {
        Statement::Party(s) => {
            found.push(s.party.clone());
            s.replaces
        }
        Statement::PartyStatus(s) => {
            found.push(s.party.clone());
            None
        }
        Statement::Key(s) => {
            found.extend([s.party.clone(), key_uri(&s.key)]);
            None
        }
        Statement::KeyRevocation(s) => {
            found.push(key_uri(&s.key));
            None
        }
        Statement::Accreditation(s) => {
            found.push(s.party.clone());
            s.replaces
        }
        Statement::Mandate(s) => {
            found.push(s.to.clone());
            s.replaces
        }
        Statement::Product(s) => {
            found.push(s.gtin.uri());
            found.extend(s.makers.iter().cloned());
            s.replaces
        }
        Statement::Place(s) => {
            found.push(s.gln.uri());
            s.replaces
        }
        Statement::Profile(s) => {
            found.push(profile_uri(&s.id, &s.version));
            None
        }
        Statement::Specification(s) => s.replaces,
        Statement::Guide(_) => None,
        Statement::Certificate(s) => {
            found.push(s.party.clone());
            s.replaces
        }
        Statement::LogKeys(s) => s.replaces,
        Statement::ClockPermit(ClockPermit { after, .. }) | Statement::ClockReset(ClockReset { after, .. }) => *after,
        Statement::Ruleset(_) | Statement::Clock(_) => None,
    };
    found.extend(replaces.map(|id| id.uri()));
}

/// The entities a statement of `iss` is about, rather than signed by or naming among others: reading about one costs what
/// is stated of it, not what its enroller states of everyone.
pub fn subjects(statement: &Statement, iss: &str) -> Vec<String> {
    match statement {
        Statement::Party(s) => vec![s.party.clone()],
        Statement::PartyStatus(s) => vec![s.party.clone()],
        Statement::Key(s) => vec![s.party.clone(), key_uri(&s.key)],
        Statement::KeyRevocation(s) => vec![key_uri(&s.key)],
        Statement::Accreditation(s) => vec![s.party.clone()],
        Statement::Mandate(s) => vec![mandate_uri(iss, &s.to)],
        Statement::Product(s) => vec![s.gtin.uri()],
        Statement::Place(s) => vec![s.gln.uri()],
        Statement::Specification(s) => vec![specifications_uri(iss, &s.commodity)],
        Statement::Certificate(s) => vec![certificates_uri(&s.party)],
        Statement::Profile(_)
        | Statement::Guide(_)
        | Statement::Ruleset(_)
        | Statement::LogKeys(_)
        | Statement::Clock(_)
        | Statement::ClockPermit(_)
        | Statement::ClockReset(_) => Vec::new(),
    }
}

/// The entity under which the statements are found that everyone needs: rulesets, profiles, keys of the log, resets of the clock, and keys
/// of operators, which sign the clocks.
pub const IN_FORCE: &str = "in force";

fn is_in_force(statement: &Statement) -> bool {
    match statement {
        Statement::Profile(_) | Statement::Ruleset(_) | Statement::LogKeys(_) | Statement::ClockReset(_) => true,
        Statement::Key(s) => s.purpose == Purpose::Operator,
        _ => false,
    }
}

/// The entity under which every record that made a lot is found.
pub const ALL_LOTS: &str = "lots";

/// The entity under which the records that made lots of a product are found.
pub fn lots_of_product(gtin: Gtin) -> String {
    format!("lots of {gtin}")
}

/// The records about an entity, by index.
pub fn entries<'s>(
    state: &'s dyn State,
    entity: &str,
) -> impl Iterator<Item = Result<EntityEntry, StateError>> + use<'s> {
    let first = entity_key(entity, 0);
    let groups = rows::<EntityRow>(state, Table::Entity, Scan::prefix(&first[..ENTITY]));
    groups.flat_map(|group| match group {
        Ok((_, entries)) => entries.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    })
}

/// The records about an entity that come before entry `before`, the newest first.
pub fn newest_entries<'s>(
    state: &'s dyn State,
    entity: &str,
    before: u64,
) -> impl Iterator<Item = Result<EntityEntry, StateError>> + use<'s> {
    let (first, end) = (entity_key(entity, 0), entity_key(entity, before));
    // a group that begins at `before` or later holds nothing before it
    let groups = rows::<EntityRow>(state, Table::Entity, Scan::prefix(&first[..ENTITY]).after(&end).reversed());
    groups.flat_map(move |group| match group {
        Ok((_, entries)) => entries.into_iter().rev().filter(|entry| entry.index < before).map(Ok).collect(),
        Err(error) => vec![Err(error)],
    })
}

/// [`newest_entries`], each with the row of its record.
pub fn newest_records<'s>(
    state: &'s dyn State,
    entity: &str,
    before: u64,
) -> impl Iterator<Item = Result<(EntityEntry, Arc<RecordRow>), StateError>> + use<'s> {
    newest_entries(state, entity, before).filter_map(|entry| {
        let found = entry.and_then(|entry| Ok((row(state, Table::Record, entry.record.as_bytes())?, entry)));
        found.map(|(row, entry)| row.map(|row| (entry, row))).transpose()
    })
}

/// The parties that name the evidence blob of this BLAKE3 and state that it has at least `size` bytes.
pub fn namers<'s>(
    state: &'s dyn State,
    blake3: &Hash32,
    size: u64,
) -> impl Iterator<Item = Result<String, StateError>> + use<'s> {
    let namings = rows::<EvidenceRow>(state, Table::Evidence, Scan::prefix(blake3.as_bytes()));
    namings.filter_map(move |naming| match naming {
        Ok((key, row)) if row.bytes >= size => {
            Some(Ok(String::from_utf8_lossy(key.get(32..).unwrap_or_default()).into_owned()))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// Whether any record names the evidence blob of this BLAKE3, and states that it has at least `size` bytes. One that is larger is not what
/// was named: the bytes that are kept for ever are those that the log counts.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn names_evidence(state: &dyn State, blake3: &Hash32, size: u64) -> Result<bool, StateError> {
    namers(state, blake3, size).next().transpose().map(|party| party.is_some())
}

/// What a record concerns without naming it, and what it changed.
#[derive(Debug, Default)]
pub struct Affected {
    /// Lots, such as those in a container it ships.
    pub lots: BTreeSet<LotId>,
    /// Other entities, such as a container inside the one it ships.
    pub entities: BTreeSet<String>,
    /// For whom the signer acted, under a mandate.
    pub on_behalf: Option<String>,
    /// What voiding it takes back.
    pub effects: Effects,
    /// Evidence that the signer's party had not named before.
    pub documents: Documents,
}

/// What a record is about, and how many places it took.
#[derive(Debug, Default)]
pub(super) struct About {
    /// Its lots, those inside what it names among them.
    pub lots: Vec<LotId>,
    /// Its containers, those inside what it names among them.
    pub containers: Vec<Sscc>,
    /// Places in the entity index, and for its documents.
    pub places: usize,
    /// Evidence that its party had not named before.
    pub documents: Documents,
}

/// Whether records are looked up by this entity as it is: lots, containers and parties. An item is found by its lot; nobody asks for
/// the events of a key, a place or a document.
fn is_indexed(uri: &str) -> bool {
    is_party(uri) || (uri.contains("/10/") && !uri.contains("/21/")) || Sscc::from_uri(uri).is_ok()
}

/// Writes the record's row, its place in the entity index and its findings, after its rules have run. A clock is in no entity's
/// index: there are too many of them, and a record's row says which one was before it. Returns what the record is about.
pub(super) fn settle(
    state: &mut Overlay<'_>,
    index: u64,
    record: &Record,
    ledger: &LedgerRow,
    outcome: &Outcome,
    affected: Affected,
) -> Result<About, StateError> {
    let (event_time, states, documents) = match &record.payload {
        Payload::Event(event) => (
            Some(event.event_time),
            statement_hash(event),
            event.transactions.len() + event.ext.evidence.len() + event.ext.given_up.len(),
        ),
        Payload::Registry(_) => (None, [0; 16], 0),
    };
    let mut named: Vec<String> = match (&record.payload, outcome.act) {
        (_, Act::Clock) => Vec::new(),
        (Payload::Registry(statement), _) => {
            let about = subjects(statement, &record.claims.iss);
            let about = about.iter().map(|entity| registry_uri(entity));
            about.chain(is_in_force(statement).then(|| IN_FORCE.to_owned())).collect()
        }
        (Payload::Event(event), _) => {
            let mut named = vec![record.claims.iss.clone()];
            of_event(event, &mut named);
            named.retain(|uri| is_indexed(uri));
            // what closes a shipment stands in its row
            let about = matches!(outcome.act, Act::Trade | Act::Observe).then_some(&event.ext.shipment);
            named.extend(about.into_iter().flatten().map(|id| shipment_uri(id)));
            named.sort_unstable();
            named.dedup();
            named
        }
    };
    let mut lots = lots_among(&named);
    let known = BTreeSet::from_iter(lots.iter().cloned());
    for lot in affected.lots.difference(&known) {
        named.push(lot.uri());
        lots.push(lot.clone());
    }
    named.extend(affected.on_behalf.clone());
    named.extend(affected.entities.into_iter().filter(|uri| is_indexed(uri)));
    if matches!(outcome.act, Act::Harvest | Act::Process) {
        for lot in &lots {
            let made = row::<LotRow>(state, Table::Lot, &lot_key(lot))?.is_some_and(|row| row.created == index);
            if made {
                named.extend([ALL_LOTS.to_owned(), lots_of_product(lot.gtin)]);
                state.insert(Table::LotNumber, lot_number_key(lot), index);
            }
        }
    }
    named.sort_unstable();
    named.dedup();
    let containers = named.iter().filter_map(|uri| Sscc::from_uri(uri).ok()).collect();
    let places = named.len() + documents;
    let entry = EntityEntry { index, record: record.id, act: outcome.act };
    for entity in named {
        state.add_to_entity(&entity, entry)?;
    }
    for (number, finding) in outcome.findings.iter().enumerate() {
        // looked up with the lots that it is about
        if finding.rule == Rule::AncestorDeficit || samples::is_looked_up(finding.rule) {
            continue;
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut rest = index.to_be_bytes().to_vec();
        rest.extend_from_slice(&number.to_be_bytes());
        // an event that names containers only is about the lots inside
        let about = if finding.lots.is_empty() { &lots } else { &finding.lots };
        // a row under each lot names only that lot: their sizes together grow with the lots, not with their square
        for lot in about {
            let finding = Finding { lots: vec![lot.clone()], ..finding.clone() };
            state.put(Table::Finding, &under_lot(lot, &rest), &finding)?;
        }
    }
    let row = RecordRow {
        kid: record.kid,
        seq: record.claims.seq,
        index,
        clock: ledger.clock,
        clock_index: ledger.clock_index,
        act: outcome.act,
        party: record.claims.iss.clone(),
        on_behalf: affected.on_behalf,
        event_time,
        states,
        lots: lots.clone(),
        voided_by: None,
        findings: u32::try_from(outcome.findings.len()).unwrap_or(u32::MAX),
        effects: affected.effects,
    };
    state.insert(Table::Record, record.id.as_bytes().to_vec(), row);
    Ok(About { lots, containers, places, documents: affected.documents })
}
