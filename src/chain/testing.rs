//! A small ledger for the tests of the rules: its registry is written as rows, its events go through [`super::apply`].

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::rows::*;
use super::state::get;
use super::{
    Context, MemState, Outcome, Overlay, ProfileSource, RecordSource, Refusal, Rejection, State, StateError, Table,
};
use crate::gs1::{Amount, BaseUnit, Gtin, LotId};
use crate::record::envelope::{Stated, sign};
use crate::record::registry::{Names, Purpose, Region, Role, Standing};
use crate::record::{ContentType, Hash32, PublicKey, Record, RecordId};

pub const AUTHORITY: &str = "urn:jejak:party:authority";
pub const REGION: &str = "urn:jejak:party:region";
pub const VILLAGE: &str = "urn:jejak:party:village";
pub const MILL: &str = "urn:jejak:party:mill";
pub const LAB: &str = "urn:jejak:party:laboratory";
pub const FORWARDER: &str = "urn:jejak:party:forwarder";
pub const BUYER: &str = "urn:jejak:party:buyer";
/// Enrolled nowhere.
pub const OUTSIDE: &str = "urn:jejak:party:outside";

/// 2026-11-03T08:20:00Z.
pub const T0: i64 = 1_793_694_000;
pub const LEDGER: &str = "urn:jejak:ledger:test";

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

/// Names the profile of the tests.
pub const PROFILE: Hash32 = Hash32([4; 32]);

/// The product's own profile with one requirement: iron at most 10, acid value at most 8.
pub struct OneProfile;

impl ProfileSource for OneProfile {
    fn profile(&self, blake3: &Hash32) -> Option<Arc<crate::quality::Profile>> {
        static CELL: std::sync::OnceLock<Arc<crate::quality::Profile>> = std::sync::OnceLock::new();
        let profile = CELL.get_or_init(|| {
            let (_, _, bytes) = crate::quality::builtin().iter().find(|(id, _, _)| *id == "essential-oil").unwrap();
            let mut json: Value = serde_json::from_slice(bytes).unwrap();
            let mut requirement = json["requirements"][0].clone();
            let rule = requirement["rules"][1].clone();
            let limit = |parameter: &str, max: &str| {
                let mut rule = rule.clone();
                rule.as_object_mut().unwrap().remove("min");
                rule["parameter"] = json!(parameter);
                rule["max"] = json!(max);
                rule["advisory"] = json!(false);
                rule
            };
            requirement["rules"] = json!([limit("iron", "10"), limit("acid-value", "8")]);
            requirement["id"] = json!("TEST");
            json["requirements"] = json!([requirement]);
            let bytes = serde_json::to_vec(&json).unwrap();
            crate::quality::Profile::from_json(&bytes).unwrap().shared()
        });
        (*blake3 == PROFILE).then(|| Arc::clone(profile))
    }
}

pub struct World {
    pub state: MemState,
    pub index: u64,
    pub log: Vec<Arc<Record>>,
    pub profiles: Box<dyn ProfileSource>,
    seqs: BTreeMap<String, u64>,
    events: u64,
}

impl RecordSource for World {
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
        Ok(self.log.iter().find(|record| record.id == *id).cloned())
    }
}

impl World {
    pub fn new() -> World {
        let mut world = World {
            state: MemState::new(),
            index: 100,
            log: Vec::new(),
            profiles: Box::new(OneProfile),
            seqs: BTreeMap::new(),
            events: 0,
        };
        let ledger = LedgerRow {
            ledger: LEDGER.to_owned(),
            authority: AUTHORITY.to_owned(),
            clock: T0,
            clock_index: 1,
            ruleset: 1,
            origin: None,
            log_keys: Vec::new(),
            witnesses: Vec::new(),
            successor: None,
            statements: Vec::new(),
        };
        world.put(Table::Ledger, b"", &ledger);
        world.party(AUTHORITY, &[Role::Authority], "", &["9521321"]);
        world.party(REGION, &[Role::Region], "74.12", &[]);
        world.party(VILLAGE, &[Role::Producer], "74.12.05.2003", &[]);
        world.party(MILL, &[Role::Processor], "74.71", &["9521321"]);
        world.party(LAB, &[Role::Inspector], "74.71", &[]);
        world.party(FORWARDER, &[Role::Forwarder], "", &[]);
        world.party(BUYER, &[Role::Buyer], "", &[]);
        world.product(&leaf("X").gtin, "patchouli-dried-leaf", &[VILLAGE], None);
        world.product(&oil("X").gtin, "patchouli-oil", &[MILL, VILLAGE], None);
        world.product(&bottle("X").gtin, "patchouli-oil", &[MILL], Some("50"));
        let accreditation = AccreditationRow {
            record: Hash32([9; 32]),
            index: 2,
            scope: vec!["essential-oil".to_owned()],
            body: "KAN".to_owned(),
            number: "LP-1".to_owned(),
            from: T0 - 1_000_000,
            until: T0 + 100_000_000,
        };
        world.put(Table::Accreditation, LAB.as_bytes(), &vec![accreditation]);
        let profile = ProfileRow {
            record: Hash32([6; 32]),
            index: 6,
            blake3: PROFILE,
            from: T0 - 1_000_000,
            until: Some(T0 + 10_000_000),
        };
        world.put(Table::Profile, &profile_key("essential-oil", "1"), &profile);
        world
    }

    pub fn put<T: serde::Serialize>(&mut self, table: Table, key: &[u8], row: &T) {
        let base = self.state.clone();
        let mut overlay = Overlay::new(&base);
        overlay.put(table, key, row).unwrap();
        self.state.commit(overlay.into_changes());
    }

    pub fn party(&mut self, uri: &str, roles: &[Role], region: &str, prefixes: &[&str]) {
        let region = (!region.is_empty()).then(|| Region {
            authority: "kemendagri".to_owned(),
            edition: "2025".to_owned(),
            code: region.to_owned(),
            name: "R".to_owned(),
        });
        let row = PartyRow {
            record: Hash32::of(uri.as_bytes()),
            index: 3,
            enroller: AUTHORITY.to_owned(),
            enrolled_by: key_of(AUTHORITY),
            enrolled: T0,
            name: Names { id: None, en: uri.to_owned(), zh: None },
            legal_form: None,
            roles: roles.iter().copied().collect(),
            country: "ID".to_owned(),
            region,
            registration: None,
            gln: None,
            prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect(),
            contact: None,
            demo: false,
            standing: Standing::Active,
            has_admin: true,
            marked_since: None,
        };
        self.put(Table::Party, uri.as_bytes(), &row);
        let key = KeyRow {
            party: uri.to_owned(),
            purpose: Purpose::Admin,
            record: Hash32::of(uri.as_bytes()),
            index: 3,
            enrolled_by: key_of(AUTHORITY),
            enrolled: T0,
            label: None,
            revoked: None,
            compromised_since: None,
            last_seq: 0,
        };
        self.put(Table::Key, &key_of(uri).0, &key);
    }

    fn product(&mut self, gtin: &Gtin, form: &str, makers: &[&str], net: Option<&str>) {
        let row = ProductRow {
            record: Hash32([8; 32]),
            owner: AUTHORITY.to_owned(),
            name: Names { id: None, en: form.to_owned(), zh: None },
            commodity: "essential-oil".to_owned(),
            form: form.to_owned(),
            unit: BaseUnit::Gram,
            makers: makers.iter().map(|m| (*m).to_owned()).collect(),
            net_content: net.map(amount),
            hs: None,
            storage: None,
        };
        self.put(Table::Product, &gtin.number().to_be_bytes(), &row);
    }

    pub fn mandate(&mut self, from: &str, to: &str, acts: &[&str]) {
        let row = MandateRow {
            record: Hash32([7; 32]),
            index: 5,
            acts: acts.iter().map(|a| (*a).to_owned()).collect(),
            lots: None,
            until: T0 + 1_000_000,
        };
        self.put(Table::Mandate, &mandate_key(from, to), &row);
    }

    pub fn clock(&mut self, time: i64) {
        let row: LedgerRow = get(&self.state, Table::Ledger, b"").unwrap().unwrap();
        self.put(Table::Ledger, b"", &LedgerRow { clock: time, ..row });
    }

    /// The record a party would sign, at `T0` unless the members say otherwise.
    pub fn record(&mut self, party: &str, members: Value) -> Record {
        self.events += 1;
        let seq = self.seqs.get(party).copied().unwrap_or_default() + 1;
        let mut event = json!({
            "@context": crate::epcis::profile::context(),
            "eventID": format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.events),
            "eventTime": "2026-11-03T08:20:00Z",
            "eventTimeZoneOffset": "+08:00",
        });
        for (name, value) in members.as_object().unwrap() {
            event[name] = value.clone();
        }
        let stated = Stated { iss: party, aud: LEDGER, iat: T0, seq };
        let bytes = sign(&signer(party), &stated, ContentType::Event, event.to_string().as_bytes()).unwrap();
        Record::decode(&bytes).unwrap()
    }

    /// Applies an event; a refusal must leave the state as it was.
    pub fn submit(&mut self, party: &str, members: Value) -> Result<(RecordId, Outcome), Rejection> {
        let record = self.record(party, members);
        let mut overlay = Overlay::new(&self.state);
        overlay.mark();
        let ctx = Context { profiles: &*self.profiles, partial: false };
        match super::apply(&mut overlay, self.index, &record, &ctx) {
            Ok(outcome) => {
                let changes = overlay.into_changes();
                self.state.commit(changes);
                self.index += 1;
                self.seqs.insert(party.to_owned(), record.claims.seq);
                let id = record.id;
                self.log.push(Arc::new(record));
                Ok((id, outcome))
            }
            Err(Refusal::Rejected(rejection)) => {
                assert!(overlay.into_changes().is_empty(), "a refused record left rows");
                Err(rejection)
            }
            Err(Refusal::Storage(error)) => panic!("storage: {error}"),
        }
    }

    #[track_caller]
    pub fn ok(&mut self, party: &str, members: Value) -> RecordId {
        self.submit(party, members).unwrap().0
    }

    /// Admits it and answers the rules of its findings.
    #[track_caller]
    pub fn found(&mut self, party: &str, members: Value) -> Vec<String> {
        let (_, outcome) = self.submit(party, members).unwrap();
        outcome.findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[track_caller]
    pub fn refused(&mut self, rule: &str, party: &str, members: Value) {
        match self.submit(party, members) {
            Ok(_) => panic!("admitted, {rule} expected"),
            Err(rejection) => assert_eq!(rejection.rule, rule, "{}", rejection.detail),
        }
    }

    pub fn lot(&self, lot: &LotId) -> LotRow {
        get(&self.state, Table::Lot, &lot_key(lot)).unwrap().unwrap()
    }

    pub fn held(&self, lot: &LotId, party: &str) -> Amount {
        get(&self.state, Table::Holding, &under_lot(lot, party.as_bytes())).unwrap().unwrap_or_default()
    }

    /// `produced = held + packed + in transit + consumed + adjusted + lost + delivered`, for every lot.
    pub fn assert_conserved(&self) {
        for ((table, key), value) in self.state.rows() {
            if *table != Table::Lot {
                continue;
            }
            let row: LotRow = super::state::decode(Table::Lot, value).unwrap();
            let mut prefix = key.clone();
            prefix.push(0);
            let mut sum = row.consumed.micros() + row.adjusted.micros() + row.lost.micros() + row.delivered.micros();
            for (_, held) in self.state.scan(Table::Holding, &prefix).unwrap() {
                let held: Amount = super::state::decode(Table::Holding, &held).unwrap();
                sum += held.micros();
            }
            let is = |lot: &LotId| lot_key(lot) == *key;
            for ((table, _), value) in self.state.rows() {
                if *table == Table::Container {
                    let row: ContainerRow = super::state::decode(Table::Container, value).unwrap();
                    sum += row.contents.iter().filter(|(lot, _)| is(lot)).map(|(_, a)| a.micros()).sum::<i128>();
                }
                if *table == Table::Transit {
                    let row: TransitRow = super::state::decode(Table::Transit, value).unwrap();
                    sum += row.loose.iter().filter(|(lot, _)| is(lot)).map(|(_, a)| a.micros()).sum::<i128>();
                }
            }
            assert_eq!(row.produced.micros(), sum, "lot {key:?} is out of balance: {row:?}");
        }
    }
}

fn signer(party: &str) -> SigningKey {
    SigningKey::from_bytes(Hash32::of(party.as_bytes()).as_bytes())
}

/// The public key of a party of the tests.
pub fn key_of(party: &str) -> PublicKey {
    PublicKey(signer(party).verifying_key().to_bytes())
}

// ---- the acts ----------------------------------------------------------------------------------------------------------

pub fn harvest(lot: &LotId, qty: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active",
        "quantityList": [grams(lot, qty)],
        "ilmd": { "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03", "jejak:claims": ["organic"] },
        "jejak:mode": "identity-preserved",
    })
}

pub fn process(inputs: &[(&LotId, &str)], outputs: &[(&LotId, &str)]) -> Value {
    let list = |of: &[(&LotId, &str)]| of.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>();
    json!({
        "type": "TransformationEvent", "bizStep": "commissioning",
        "inputQuantityList": list(inputs), "outputQuantityList": list(outputs),
    })
}

pub fn adjust(lot: &LotId, qty: &str, reason: &str) -> Value {
    let (action, step) =
        if super::event::GAINS.contains(&reason) { ("ADD", "stocking") } else { ("DELETE", "destroying") };
    json!({
        "type": "ObjectEvent", "action": action, "bizStep": step, "quantityList": [grams(lot, qty)], "jejak:reason": reason,
    })
}

pub fn pack(parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    aggregation("ADD", "packing", parent, lots, children)
}

pub fn unpack(parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    aggregation("DELETE", "unpacking", parent, lots, children)
}

fn aggregation(action: &str, step: &str, parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    json!({
        "type": "AggregationEvent", "action": action, "bizStep": step, "parentID": sscc(parent),
        "childQuantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "childEPCs": children.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
    })
}

pub fn ship(from: &str, to: &str, lots: &[(&LotId, &str)], containers: &[u32]) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
        "quantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "epcList": containers.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
        "sourceList": [{ "type": "possessing_party", "source": from }],
        "destinationList": [{ "type": "possessing_party", "destination": to }],
    })
}

pub fn receive(shipment: RecordId, lots: &[(&LotId, &str)], containers: &[u32]) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress",
        "quantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "epcList": containers.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
        "jejak:shipment": shipment.uri(),
    })
}

pub fn void_shipment(shipment: RecordId, lot: &LotId) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "void_shipping",
        "quantityList": [{ "epcClass": lot.uri() }], "jejak:shipment": shipment.uri(),
    })
}

pub fn hold(lot: &LotId, class: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding",
        "quantityList": [{ "epcClass": lot.uri() }], "persistentDisposition": { "set": [class] }, "jejak:reason": "doubt",
    })
}

pub fn lift(hold: RecordId, lot: &LotId) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding",
        "quantityList": [{ "epcClass": lot.uri() }], "persistentDisposition": { "unset": ["recalled"] },
        "jejak:lifts": hold.uri(),
    })
}

pub fn label(lot: &LotId, stated: &str, count: u32, net: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "encoding", "disposition": "encoded",
        "quantityList": [grams(lot, stated)],
        "jejak:serials": {
            "jejak:count": count, "jejak:root": Hash32([5; 32]).to_string(),
            "jejak:net": { "jejak:value": net, "jejak:uom": "GRM" },
        },
    })
}

/// Measured iron and acid value, judged against the profile of the tests.
pub fn inspect(lot: &LotId, iron: &str, acid: &str) -> Value {
    let report = |parameter: &str, value: &str, uom: &str| {
        json!({
            "type": format!("urn:jejak:param:{parameter}"), "stringValue": value, "uom": uom, "jejak:uncertainty": "0.01",
        })
    };
    let good = iron.parse::<f64>().unwrap() <= 10.0 && acid.parse::<f64>().unwrap() <= 8.0;
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting",
        "disposition": if good { "conformant" } else { "non_conformant" },
        "quantityList": [{ "epcClass": lot.uri() }],
        "sensorElementList": [{ "sensorReport": [report("iron", iron, "NA"), report("acid-value", acid, "GK")] }],
        "jejak:profile": {
            "jejak:id": "essential-oil", "jejak:version": "1", "jejak:blake3": PROFILE.to_string(),
            "jejak:requirements": ["TEST"],
        },
    })
}

/// The voiding form of an event.
pub fn void(of: RecordId, mut event: Value) -> Value {
    event["jejak:voids"] = json!(of.uri());
    event["errorDeclaration"] = json!({ "declarationTime": "2026-11-04T08:00:00Z", "reason": "incorrect_data" });
    event
}

/// The event with another member.
pub fn with(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}
