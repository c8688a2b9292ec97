//! One village on a served ledger, written over HTTP: a producer with its key, a product, a place; and records of any payload,
//! also such as the library would refuse to sign.

use ed25519_dalek::{Signer, SigningKey};
use jejak::gs1::BaseUnit;
use jejak::ledger::sign;
use jejak::record::prove_possession;
use jejak::record::registry::{Key, Names, Party, Place, Product, Purpose, Role};
use jejak::record::{PublicKey, Statement};
use serde_json::{Value, json};

use super::http::{Answer, COSE, Node};
use super::{AUTHORITY, NOW, keys, party};

pub const PRODUCER: &str = "https://id.gs1.org/417/9521321000117";
pub const BUYER: &str = "https://id.gs1.org/417/9521321000315";
pub const GTIN: &str = "09521321001015";
pub const PLACE: &str = "9521321000124";
/// The wall clock of the tests, [`NOW`].
pub const TODAY: &str = "2026-09-21T13:00:00Z";

/// Who writes: a party's key and its running number.
pub struct PartySigner {
    pub key: SigningKey,
    pub iss: String,
    pub ledger: String,
    pub seq: u64,
}

impl PartySigner {
    /// Signs any bytes as the payload of an event, whatever the schema says of them.
    pub fn event(&mut self, subject: &str, payload: &[u8]) -> Vec<u8> {
        self.seq += 1;
        cose(&self.key, &self.iss, subject, &self.ledger, self.seq, payload)
    }

    /// The last number is free again: the ledger took nothing.
    pub fn back(&mut self) {
        self.seq -= 1;
    }

    pub fn statement(&mut self, statement: &Statement) -> Vec<u8> {
        self.seq += 1;
        sign::statement(&self.key, &self.iss, &self.ledger, NOW, self.seq, statement).unwrap()
    }
}

/// A COSE_Sign1 as `docs/formats.md` draws it, written by hand.
pub fn cose(key: &SigningKey, iss: &str, sub: &str, aud: &str, seq: u64, payload: &[u8]) -> Vec<u8> {
    let mut protected = minicbor::Encoder::new(Vec::new());
    protected.map(4).unwrap().u8(1).unwrap().i8(-8).unwrap();
    protected.u8(3).unwrap().str("application/ld+json").unwrap();
    protected.u8(4).unwrap().bytes(key.verifying_key().as_bytes()).unwrap();
    protected.u8(15).unwrap().map(5).unwrap();
    protected.u8(1).unwrap().str(iss).unwrap().u8(2).unwrap().str(sub).unwrap().u8(3).unwrap().str(aud).unwrap();
    protected.u8(6).unwrap().i64(NOW).unwrap().str("seq").unwrap().u64(seq).unwrap();
    let protected = protected.into_writer();
    let mut signed = minicbor::Encoder::new(Vec::new());
    signed.array(4).unwrap().str("Signature1").unwrap().bytes(&protected).unwrap();
    signed.bytes(b"").unwrap().bytes(payload).unwrap();
    let signature = key.sign(&signed.into_writer());
    let mut record = minicbor::Encoder::new(Vec::new());
    record.tag(minicbor::data::Tag::new(18)).unwrap().array(4).unwrap().bytes(&protected).unwrap();
    record.map(0).unwrap().bytes(payload).unwrap().bytes(&signature.to_bytes()).unwrap();
    record.into_writer()
}

/// Statements of the authority in [`enrol_village`].
const ENROLMENT: usize = 3;

/// The authority, which goes on after [`enrol_village`].
pub fn authority(node: &Node) -> PartySigner {
    let ledger = node.ledger.id().to_owned();
    PartySigner { key: keys().authority[1].clone(), iss: AUTHORITY.into(), ledger, seq: ENROLMENT as u64 }
}

/// Dried leaf of this GTIN, which one party makes.
pub fn product(gtin: &str, name: Names, maker: &str) -> Product {
    Product {
        gtin: gtin.parse().unwrap(),
        name,
        commodity: "essential-oil".into(),
        form: "patchouli-dried-leaf".into(),
        unit: BaseUnit::Gram,
        makers: vec![maker.into()],
        net_content: None,
        hs: None,
        storage: None,
        replaces: None,
    }
}

#[track_caller]
pub fn admitted(answer: &Answer) {
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Enrols the producer, and registers its product and place; returns its signer.
pub fn enrol_village(node: &Node) -> PartySigner {
    let ledger = node.ledger.id().to_owned();
    let mut authority = PartySigner { seq: 0, ..authority(node) };
    let key = SigningKey::from_bytes(&[21; 32]);
    let producer = Party { prefixes: vec!["952132100".into()], ..party(PRODUCER, "Village", &[Role::Producer]) };
    let public = PublicKey(key.verifying_key().to_bytes());
    let possession = prove_possession(&key, &ledger, PRODUCER, Purpose::Admin);
    let enrolment: [Statement; ENROLMENT] = [
        Statement::Party(producer),
        Statement::Party(party(BUYER, "Buyer", &[Role::Buyer])),
        Statement::Key(Key { party: PRODUCER.into(), key: public, purpose: Purpose::Admin, possession, label: None }),
    ];
    for statement in enrolment {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    let mut signer = PartySigner { key, iss: PRODUCER.into(), ledger, seq: 0 };
    let product = product(GTIN, Names::english("Patchouli leaf"), PRODUCER);
    let place = Place {
        gln: PLACE.parse().unwrap(),
        name: Names::english("Field"),
        kind: "village".into(),
        country: "ID".into(),
        region: None,
        near: None,
        point: None,
        replaces: None,
    };
    for statement in [Statement::Product(product), Statement::Place(place)] {
        let record = signer.statement(&statement);
        admitted(&node.post(COSE, &record));
    }
    signer
}

pub fn lot_uri(lot: &str) -> String {
    format!("https://id.gs1.org/01/{GTIN}/10/{lot}")
}

/// A harvest of one kilogram; change what you will.
pub fn harvest(lot: &str) -> Value {
    json!({
        "@context": context(),
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{}", uuid::Uuid::now_v7()),
        "eventTime": TODAY,
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": { "id": format!("https://id.gs1.org/414/{PLACE}") },
        "quantityList": [{ "epcClass": lot_uri(lot), "quantity": 1, "uom": "KGM" }],
        "ilmd": {
            "jejak:commodity": "essential-oil",
            "jejak:form": "patchouli-dried-leaf",
            "jejak:harvestStart": "2026-09-20",
            "jejak:harvestEnd": "2026-09-21",
            "jejak:village": "74.12.05.2003",
        },
        "jejak:mode": "identity-preserved",
    })
}

fn context() -> Value {
    let built = jejak::epcis::EventBuilder::new("ObjectEvent", "urn:uuid:0", TODAY).build();
    serde_json::from_str::<Value>(&built).unwrap()["@context"].clone()
}

/// An event whose members are those of `base`, some of them replaced; `null` takes one away.
pub fn with(base: &Value, changed: Value) -> Value {
    let mut event = base.clone();
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => event.as_object_mut().unwrap().remove(name),
            value => event.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    event
}
