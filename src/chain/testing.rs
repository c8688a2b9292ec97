//! A small ledger for the tests of the rules: signed statements and events, all through [`super::apply`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::event::tests::counted::{Cost, Counting};
use super::lineage::Lineage;
use super::rows::*;
use super::state::{Scan, get};
use super::{
    Context, MemState, Outcome, Overlay, ProfileSource, RecordSource, Refusal, Refusals, Rejection, Rule, StateError,
    Table, lot_reads,
};
use crate::gs1::{Amount, BaseUnit, Gln, Gtin, LotId};
use crate::quality::Criteria;
use crate::record::registry::{
    Accreditation, Clock, Key, KeyRevocation, Mandate, Names, Party, Place, Product, Profile, Purpose, Region, Role,
    Ruleset, Specification, Statement,
};
use crate::record::{ContentType, Hash32, PublicKey, Record, RecordId, SignerClaims, key, ledger_id, sign};

mod acts;
mod late;
mod profile;

pub use acts::*;
pub use profile::{NEWER, OVERSEAS, OneProfile, PRESSING, PROFILE, SAMPLED, SPECIFIED, STRICTER, UNFIT};

pub const AUTHORITY: &str = "urn:jejak:party:authority";
pub const REGION: &str = "urn:jejak:party:region";
pub const VILLAGE: &str = "urn:jejak:party:village";
pub const MILL: &str = "urn:jejak:party:mill";
pub const LAB: &str = "urn:jejak:party:laboratory";
/// Enrolled where a test asks for it ([`World::second_laboratory`]).
pub const SECOND_LAB: &str = "urn:jejak:party:second-laboratory";
pub const FORWARDER: &str = "urn:jejak:party:forwarder";
pub const BUYER: &str = "urn:jejak:party:buyer";
/// Enrolled nowhere.
pub const OUTSIDE: &str = "urn:jejak:party:outside";

/// 2026-11-03T08:20:00Z.
pub const T0: i64 = 1_793_694_000;
const NONCE: [u8; 16] = [3; 16];
const OPERATOR: &str = "urn:jejak:party:operator";
/// Seed of the operator's clock key.
const CLOCK: &str = "clock";

/// Leaf, in grams, made by the village.
pub fn leaf(lot: &str) -> LotId {
    of(&gtin("0952132100101"), lot)
}

/// Oil, in grams, made by the mill and the village.
pub fn oil(lot: &str) -> LotId {
    of(&gtin("0952132100102"), lot)
}

/// Bottled oil, 50 g a piece, in grams.
pub fn bottle(lot: &str) -> LotId {
    of(&gtin("0952132100103"), lot)
}

fn gtin(body: &str) -> String {
    let digit = crate::gs1::check::digit(body).unwrap();
    format!("{body}{digit}")
}

fn of(gtin: &str, lot: &str) -> LotId {
    LotId { gtin: gtin.parse().unwrap(), lot: lot.parse().unwrap() }
}

/// The URI of a container of prefix 9521321.
pub fn sscc(number: u32) -> String {
    let body = format!("09521321{number:09}");
    let digit = crate::gs1::check::digit(&body).unwrap();
    format!("https://id.gs1.org/00/{body}{digit}")
}

/// `(lot, grams)` as an element of a quantity list.
pub fn grams(lot: &LotId, grams: &str) -> Value {
    json!({ "epcClass": lot.uri(), "quantity": grams.parse::<serde_json::Number>().unwrap(), "uom": "GRM" })
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn party(uri: &str, roles: &[Role], region: &str, prefixes: &[&str]) -> Party {
    let region = (!region.is_empty()).then(|| Region {
        authority: "kemendagri".to_owned(),
        edition: "2025".to_owned(),
        code: region.to_owned(),
        name: "R".to_owned(),
    });
    let prefixes = prefixes.iter().map(|p| (*p).to_owned()).collect();
    Party { region, prefixes, ..Party::new(uri, Names::english(uri), roles, "ID") }
}

/// The memory of a ledger, unbounded.
#[derive(Default)]
pub struct Refused(pub BTreeSet<RecordId>);

impl Refusals for Refused {
    fn refused(&self, id: &RecordId) -> bool {
        self.0.contains(id)
    }
}

pub struct World {
    pub state: MemState,
    pub index: u64,
    pub log: Vec<Arc<Record>>,
    pub profiles: Box<dyn ProfileSource>,
    /// What was refused for good; forgotten by a ledger that starts anew.
    pub refused: Refused,
    /// What each admitted record cost, by its index.
    pub costs: BTreeMap<u64, Cost>,
    /// Every record that was handed in, with what became of it.
    pub tried: Vec<Tried>,
    seqs: BTreeMap<String, u64>,
    mandates: BTreeMap<(String, String), RecordId>,
    ledger: String,
    events: u64,
}

/// A record that was handed in.
#[derive(Clone)]
pub struct Tried {
    /// The seed of the key that signed it.
    pub seed: String,
    pub record: Arc<Record>,
    pub outcome: Result<Outcome, Rejection>,
}

impl RecordSource for World {
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
        Ok(self.log.iter().find(|record| record.id == *id).cloned())
    }
}

impl ProfileSource for World {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        self.profiles.criteria(blake3)
    }
}

impl World {
    pub fn new() -> World {
        World::founded(true)
    }

    /// A ledger on which no ruleset is in force yet.
    pub fn without_ruleset() -> World {
        World::founded(false)
    }

    fn founded(ruleset: bool) -> World {
        let mut world = World {
            state: MemState::new(),
            index: 0,
            log: Vec::new(),
            profiles: Box::new(OneProfile),
            refused: Refused::default(),
            costs: BTreeMap::new(),
            tried: Vec::new(),
            seqs: BTreeMap::new(),
            mandates: BTreeMap::new(),
            ledger: ledger_id(&key_of(AUTHORITY), &NONCE),
            events: 0,
        };
        let mut founder = party(AUTHORITY, &[Role::Authority], "", &["9521321"]);
        founder.nonce = Some(data_encoding::HEXLOWER.encode(&NONCE));
        founder.successor = Some(key::successor_commitment(&key_of("successor")));
        world.state(AUTHORITY, Statement::Party(founder));
        if ruleset {
            world.state(AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
        }
        world.enrol(OPERATOR, &[Role::Operator], "", &[], Purpose::Admin);
        let clock_key = world.key(OPERATOR, CLOCK, Purpose::Operator);
        world.state(OPERATOR, clock_key);
        world.clock(T0);
        world.enrol(REGION, &[Role::Region], "74.12", &[], Purpose::Admin);
        world.enrol(VILLAGE, &[Role::Producer], "74.12.05.2003", &[], Purpose::Admin);
        world.enrol(MILL, &[Role::Processor], "74.71", &["9521321"], Purpose::Admin);
        world.enrol(LAB, &[Role::Inspector], "74.71", &[], Purpose::Admin);
        world.enrol(FORWARDER, &[Role::Forwarder], "", &[], Purpose::Admin);
        world.enrol(BUYER, &[Role::Buyer], "", &[], Purpose::Admin);
        world.product(leaf("X").gtin, "patchouli-dried-leaf", &[VILLAGE], None);
        world.product(oil("X").gtin, "patchouli-oil", &[MILL, VILLAGE], None);
        world.product(bottle("X").gtin, "patchouli-oil", &[MILL], Some("50"));
        world.accredit(LAB);
        World::profile(&mut world, "1");
        world
    }

    /// Puts a version of the profile of the tests in force.
    pub fn profile(&mut self, version: &str) {
        self.state(AUTHORITY, profile(version));
    }

    /// Holds that the authority's statement of that version is refused by a rule.
    #[track_caller]
    pub fn refuses_profile(&mut self, rule: Rule, version: &str) {
        self.refuses(rule, AUTHORITY, &profile(version));
    }

    /// Enrols and accredits [`SECOND_LAB`].
    pub fn second_laboratory(&mut self) {
        self.enrol_second_laboratory();
        self.accredit(SECOND_LAB);
    }

    /// Enrols [`SECOND_LAB`] as an inspector that is not accredited yet.
    pub fn enrol_second_laboratory(&mut self) {
        self.enrol(SECOND_LAB, &[Role::Inspector], "74.71", &[], Purpose::Admin);
    }

    /// Accredits an inspector for the commodity of the tests.
    pub fn accredit(&mut self, inspector: &str) {
        self.accredit_for(inspector, T0 - 1_000_000, T0 + 100_000_000, None);
    }

    /// The same, for a time.
    pub fn accredit_for(&mut self, inspector: &str, from: i64, until: i64, replaces: Option<RecordId>) -> RecordId {
        let accreditation = self.accreditation(inspector, from, until, replaces);
        self.state(AUTHORITY, accreditation)
    }

    /// The statement that accredits an inspector.
    pub fn accreditation(&self, inspector: &str, from: i64, until: i64, replaces: Option<RecordId>) -> Statement {
        Statement::Accreditation(Accreditation {
            party: inspector.to_owned(),
            scope: vec!["essential-oil".to_owned()],
            body: "KAN".to_owned(),
            number: "LP-1".to_owned(),
            from,
            until,
            replaces,
        })
    }

    pub fn put<T: super::state::Row>(&mut self, table: Table, key: &[u8], row: &T) {
        let base = self.state.clone();
        let mut overlay = Overlay::new(&base);
        overlay.put(table, key, row).unwrap();
        self.state.commit(overlay.into_changes()).unwrap();
    }

    /// Enrols a party and its first key, both by the authority.
    pub fn enrol(&mut self, uri: &str, roles: &[Role], region: &str, prefixes: &[&str], purpose: Purpose) {
        self.state(AUTHORITY, Statement::Party(party(uri, roles, region, prefixes)));
        let key = self.key(uri, uri, purpose);
        self.state(AUTHORITY, key);
    }

    fn key(&self, party: &str, seed: &str, purpose: Purpose) -> Statement {
        Statement::Key(Key {
            party: party.to_owned(),
            key: key_of(seed),
            purpose,
            possession: crate::record::prove_possession(&signer(seed), &self.ledger, party, purpose),
            label: None,
        })
    }

    fn product(&mut self, gtin: Gtin, form: &str, makers: &[&str], net: Option<&str>) {
        self.state(
            AUTHORITY,
            Statement::Product(Product {
                gtin,
                name: Names::english(form),
                commodity: "essential-oil".to_owned(),
                form: form.to_owned(),
                unit: BaseUnit::Gram,
                makers: makers.iter().map(|m| (*m).to_owned()).collect(),
                net_content: net.map(amount),
                hs: None,
                storage: None,
                replaces: None,
            }),
        );
    }

    /// Registers a place within the mill's prefix.
    pub fn place(&mut self, number: u32) -> Gln {
        let body = format!("9521321{number:05}");
        let gln: Gln = format!("{body}{}", crate::gs1::check::digit(&body).unwrap()).parse().unwrap();
        self.state(
            MILL,
            Statement::Place(Place {
                gln,
                name: Names::english(&body),
                kind: "village".to_owned(),
                country: "ID".to_owned(),
                region: None,
                near: None,
                point: None,
                replaces: None,
            }),
        );
        gln
    }

    pub fn mandate(&mut self, from: &str, to: &str, acts: &[&str]) {
        let pair = (from.to_owned(), to.to_owned());
        let mandate = Mandate {
            to: to.to_owned(),
            acts: acts.iter().map(|a| (*a).to_owned()).collect(),
            lots: None,
            until: T0 + 1_000_000,
            replaces: self.mandates.get(&pair).copied(),
        };
        let id = self.state(from, Statement::Mandate(mandate));
        self.mandates.insert(pair, id);
    }

    /// A party adopts a specification of the tests.
    #[track_caller]
    pub fn adopt(&mut self, party: &str, blake3: Hash32, replaces: Option<RecordId>) -> RecordId {
        let statement = adoption(self, blake3, replaces);
        self.state(party, statement)
    }

    pub fn clock(&mut self, time: i64) {
        self.state_with(CLOCK, OPERATOR, Statement::Clock(Clock { time }));
    }

    #[track_caller]
    pub fn state(&mut self, party: &str, statement: Statement) -> RecordId {
        self.state_with(party, party, statement)
    }

    #[track_caller]
    fn state_with(&mut self, seed: &str, party: &str, statement: Statement) -> RecordId {
        let json = statement.to_json().unwrap();
        let record = self.sign(seed, party, ContentType::Registry, json.as_bytes());
        let id = record.id;
        self.admit(seed, record).unwrap();
        id
    }

    fn sign(&self, seed: &str, iss: &str, kind: ContentType, payload: &[u8]) -> Record {
        let seq = self.seqs.get(seed).copied().unwrap_or_default() + 1;
        let claims = SignerClaims { iss, aud: &self.ledger, iat: T0, seq, seen: None };
        Record::decode(&sign(&signer(seed), &claims, kind, payload).unwrap()).unwrap()
    }

    /// Adds a key of `seed` for a party's events, by its admin key.
    pub fn event_key(&mut self, party: &str, seed: &str) {
        let key = self.key(party, seed, Purpose::Event);
        self.state(party, key);
    }

    /// Ends a key that was lost, by the authority.
    pub fn end_key(&mut self, seed: &str) {
        self.revoke_key(seed, "lost", None);
    }

    /// Ends a key as compromised since a time, by the authority.
    pub fn end_compromised_key(&mut self, seed: &str, since: i64) {
        self.revoke_key(seed, "compromised", Some(since));
    }

    fn revoke_key(&mut self, seed: &str, reason: &str, compromised_since: Option<i64>) {
        let ended = KeyRevocation { key: key_of(seed), reason: reason.to_owned(), compromised_since };
        self.state(AUTHORITY, Statement::KeyRevocation(ended));
    }

    /// The record a party would sign, at `T0` unless the members say otherwise.
    pub fn record(&mut self, party: &str, members: Value) -> Record {
        self.record_by(party, party, members)
    }

    /// A key signs a record that arrives later.
    pub fn delayed(&mut self, party: &str, members: Value) -> Record {
        let record = self.record(party, members);
        self.seqs.insert(party.to_owned(), record.claims.seq);
        record
    }

    /// The same, by the key of `seed`.
    fn record_by(&mut self, seed: &str, party: &str, members: Value) -> Record {
        self.events += 1;
        let mut event = json!({
            "@context": crate::epcis::profile::context(),
            "eventID": format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.events),
            "eventTime": "2026-11-03T08:20:00Z",
            "eventTimeZoneOffset": "+08:00",
        });
        for (name, value) in members.as_object().unwrap() {
            event[name] = value.clone();
        }
        self.sign(seed, party, ContentType::Event, event.to_string().as_bytes())
    }

    /// Holds that a statement is refused by a rule.
    #[track_caller]
    pub fn refuses(&mut self, rule: Rule, party: &str, statement: &Statement) {
        let record = self.sign(party, party, ContentType::Registry, statement.to_json().unwrap().as_bytes());
        assert_eq!(self.admit(party, record).unwrap_err().rule, rule);
    }

    /// A statement signed by the key of `seed`.
    pub fn signed_by(&self, seed: &str, party: &str, statement: &Statement) -> Record {
        self.sign(seed, party, ContentType::Registry, statement.to_json().unwrap().as_bytes())
    }

    #[track_caller]
    pub fn admitted(&mut self, seed: &str, record: Record) {
        self.admit(seed, record).unwrap();
    }

    /// A statement that adds a key of `seed` to a party.
    pub fn key_of_seed(&self, party: &str, seed: &str, purpose: Purpose) -> Statement {
        self.key(party, seed, purpose)
    }

    /// Applies an event; a refusal must leave the state as it was.
    pub fn submit(&mut self, party: &str, members: Value) -> Result<(RecordId, Outcome), Rejection> {
        self.submit_by(party, party, members)
    }

    /// The same, signed by the key of `seed`.
    pub fn submit_by(&mut self, seed: &str, party: &str, members: Value) -> Result<(RecordId, Outcome), Rejection> {
        let record = self.record_by(seed, party, members);
        let id = record.id;
        Ok((id, self.admit(seed, record)?))
    }

    /// Hands in a record that the key of `seed` signed.
    pub fn admit(&mut self, seed: &str, record: Record) -> Result<Outcome, Rejection> {
        let record = Arc::new(record);
        let outcome = self.judged(seed, &record);
        self.tried.push(Tried { seed: seed.to_owned(), record, outcome: outcome.clone() });
        outcome
    }

    fn judged(&mut self, seed: &str, record: &Arc<Record>) -> Result<Outcome, Rejection> {
        let counting = Counting::new(&self.state);
        let mut overlay = Overlay::new(&counting);
        overlay.mark();
        let ctx = Context::admission(&*self.profiles, &self.refused);
        match super::apply(&mut overlay, self.index, record, &ctx) {
            Ok(outcome) => {
                let changes = overlay.into_changes();
                self.costs.insert(self.index, Cost::of(record, &outcome, counting.reads(), &changes));
                self.state.commit(changes).unwrap();
                self.index += 1;
                let last = self.seqs.entry(seed.to_owned()).or_default();
                *last = record.claims.seq.max(*last);
                self.log.push(Arc::clone(record));
                Ok(outcome)
            }
            Err(Refusal::Rejected(rejection)) => {
                assert!(overlay.into_changes().is_empty(), "a refused record left rows");
                if !rejection.retryable {
                    self.refused.0.insert(record.id);
                }
                Err(rejection)
            }
            Err(Refusal::Storage(error)) => panic!("storage: {error}"),
        }
    }

    #[track_caller]
    pub fn ok(&mut self, party: &str, members: Value) -> RecordId {
        self.submit(party, members).unwrap().0
    }

    /// Admits it and returns the rules of its findings.
    #[track_caller]
    pub fn found(&mut self, party: &str, members: Value) -> Vec<Rule> {
        let (_, outcome) = self.submit(party, members).unwrap();
        outcome.findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[track_caller]
    pub fn refused(&mut self, rule: Rule, party: &str, members: Value) {
        match self.submit(party, members) {
            Ok(_) => panic!("admitted, {rule} expected"),
            Err(rejection) => assert_eq!(rejection.rule, rule, "{}", rejection.detail),
        }
    }

    pub fn lot(&self, lot: &LotId) -> LotRow {
        get(&self.state, Table::Lot, &lot_key(lot)).unwrap().unwrap()
    }

    pub fn held(&self, lot: &LotId, party: &str) -> Amount {
        self.holding(lot, party).loose
    }

    fn holding(&self, lot: &LotId, party: &str) -> HoldingRow {
        get(&self.state, Table::Holding, &under_lot(lot, party.as_bytes())).unwrap().unwrap_or_default()
    }

    pub fn children(&self, lot: &LotId) -> BTreeSet<LotId> {
        lot_reads::children(&self.state, lot, &self.lot(lot), usize::MAX).unwrap().0
    }

    pub fn parents(&self, lot: &LotId) -> BTreeSet<LotId> {
        lot_reads::parents(&self.state, &self.lot(lot)).unwrap()
    }

    pub fn origins(&self, lot: &LotId) -> Arc<BTreeSet<Origin>> {
        Arc::clone(&Lineage::new(&self.state, self).of(lot).unwrap().unwrap().origins)
    }

    /// The rows of a table.
    pub fn all<T: super::state::Row>(&self, table: Table) -> Vec<(Vec<u8>, T)> {
        super::state::rows(&self.state, table, Scan::default())
            .map(|row| row.map(|(key, row)| (key.to_vec(), row)).unwrap())
            .collect()
    }
}

/// The statement that adopts a specification of the tests.
pub fn adoption(w: &World, blake3: Hash32, replaces: Option<RecordId>) -> Statement {
    let file = w.profiles.specification(&blake3).unwrap();
    let (id, version, commodity) = (file.id.clone(), file.version.clone(), file.commodity.clone());
    Statement::Specification(Specification { id, version, commodity, blake3: Some(blake3), replaces })
}

fn profile(version: &str) -> Statement {
    Statement::Profile(Profile {
        id: "essential-oil".to_owned(),
        version: version.to_owned(),
        blake3: if version == "2" { NEWER } else { PROFILE },
        bytes: 1000,
        from: T0 - 1_000_000,
        until: Some(T0 + 10_000_000),
    })
}

fn signer(party: &str) -> SigningKey {
    SigningKey::from_bytes(Hash32::of(party.as_bytes()).as_bytes())
}

/// The public key of a party of the tests.
pub fn key_of(party: &str) -> PublicKey {
    PublicKey(signer(party).verifying_key().to_bytes())
}
