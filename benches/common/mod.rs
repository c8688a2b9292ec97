//! The world of the benches: an authority, parties with keys, products, and the events they sign.
#![allow(dead_code)] // each bench uses a part

use std::path::Path;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jejak::cli::demo::world;
use jejak::epcis::EventBuilder;
use jejak::gs1::{BaseUnit, LotId};
use jejak::ledger::{InitKeys, InitOptions, Ledger, Limits, Options};
use jejak::record::registry::{Accreditation, Key, Names, Party, Product, Purpose, Role, Statement};
use jejak::record::{ContentType, PublicKey, RecordId, SignerClaims, prove_possession, sign};

/// The party of entry 0.
pub const AUTHORITY: &str = "urn:jejak:party:authority";
/// The party that runs the node.
pub const OPERATOR: &str = "urn:jejak:party:operator";
/// When the signers' devices say that they signed, Unix seconds.
const IAT: i64 = 1_790_000_000;

/// A party with its keys, used one after the other: one key signs only so much in a day (rule `day-quota`).
pub struct Signer {
    /// Its URI.
    pub party: String,
    /// Its keys.
    pub keys: Vec<SigningKey>,
    /// The ledger it signs for.
    pub ledger: String,
    /// How many records it has signed.
    pub signed: u64,
    /// Records that each key signs before the next key is used.
    pub per_key: u64,
}

/// Records that each key signs, by default.
pub const PER_KEY: u64 = 9_000;

impl Signer {
    /// A party with `keys` keys that follow from its URI.
    pub fn new(party: &str, ledger: &str, keys: usize) -> Signer {
        let seed = |n: usize| *RecordId::tagged("bench-key", &[party.as_bytes(), &n.to_be_bytes()]).as_bytes();
        let keys = (0..keys).map(|n| SigningKey::from_bytes(&seed(n))).collect();
        Signer { party: party.into(), keys, ledger: ledger.into(), signed: 0, per_key: PER_KEY }
    }

    /// Its next record.
    pub fn sign(&mut self, kind: ContentType, json: &str) -> Vec<u8> {
        let key = self.keys.get((self.signed / self.per_key) as usize).expect("a key for each 9,000 records");
        let claims = SignerClaims {
            iss: &self.party,
            aud: &self.ledger,
            iat: IAT,
            seq: self.signed % self.per_key + 1,
            seen: None,
        };
        self.signed += 1;
        sign(key, &claims, kind, json.as_bytes()).expect("a record of the bench")
    }

    /// Goes on with the next key, if there is one.
    pub fn next_key(&mut self) {
        let next = self.signed / self.per_key + 1;
        if next < self.keys.len() as u64 {
            self.signed = next * self.per_key;
        }
    }

    /// Its next record, of an event.
    pub fn event(&mut self, event: &EventBuilder) -> Vec<u8> {
        self.sign(ContentType::Event, &event.build())
    }

    /// Its next record, of a statement.
    pub fn statement(&mut self, statement: &Statement) -> Bytes {
        self.sign(ContentType::Registry, &statement.to_json().expect("a statement")).into()
    }

    /// The statement that registers one of its keys.
    pub fn register(&self, key: usize, purpose: Purpose) -> Statement {
        let key = &self.keys[key];
        Statement::Key(Key {
            party: self.party.clone(),
            key: PublicKey(key.verifying_key().to_bytes()),
            purpose,
            possession: prove_possession(key, &self.ledger, &self.party, purpose),
            label: None,
        })
    }
}

/// A party of the demo's country.
pub fn party(uri: &str, roles: &[Role]) -> Party {
    let prefixes = if roles == [Role::Authority] { vec!["9521321".into()] } else { vec![] };
    Party { prefixes, demo: true, ..Party::new(uri, Names::english(uri), roles, "ID") }
}

/// A product measured in grams.
pub fn product(gtin: &str, maker: &str) -> Statement {
    Statement::Product(Product {
        gtin: gtin.parse().expect("a GTIN"),
        name: Names::english("Leaf"),
        commodity: "essential-oil".into(),
        form: "patchouli-dried-leaf".into(),
        unit: BaseUnit::Gram,
        makers: vec![maker.into()],
        net_content: None,
        hs: None,
        storage: None,
        replaces: None,
    })
}

/// The accreditation of an inspector for the goods of the benches.
pub fn accreditation(inspector: &str) -> Statement {
    Statement::Accreditation(Accreditation {
        party: inspector.into(),
        scope: vec!["essential-oil".into()],
        body: "KAN".into(),
        number: "LP-0".into(),
        from: 0,
        until: i64::from(u32::MAX),
        replaces: None,
    })
}

/// A lot of a product.
pub fn lot(gtin: &str, name: &str) -> LotId {
    LotId { gtin: gtin.parse().expect("a GTIN"), lot: name.parse().expect("a lot") }
}

/// The product of the village of this number: one that no other makes.
pub fn village_gtin(village: u64) -> String {
    world::gtin(1_000 + village as u32).expect("an item number of five digits").to_string()
}

/// The id of event number `n`.
pub fn event_id(n: u64) -> String {
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&RecordId::tagged("bench", &[&n.to_be_bytes()]).as_bytes()[..16]);
    format!("urn:uuid:{}", uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated())
}

/// A harvest without its lots.
pub fn harvest(n: u64) -> EventBuilder {
    EventBuilder::new("ObjectEvent", &event_id(n), "2026-11-03T16:20:00+08:00")
        .act("ADD", "commissioning")
        .set("ilmd", serde_json::json!({ "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03" }))
}

/// A process without its inputs and outputs.
pub fn process(n: u64) -> EventBuilder {
    EventBuilder::new("TransformationEvent", &event_id(n), "2026-11-04T16:20:00+08:00").set("bizStep", "commissioning")
}

/// Founds a ledger in `at` and opens it; answers with the authority, which has registered nothing yet.
pub fn found(at: &Path, limits: Limits) -> (Ledger, Signer) {
    let keys = InitKeys::from_seed(&[7; 32]);
    let authority = keys.authority[0].clone();
    let init = InitOptions {
        origin: "bench.example/log".into(),
        public_url: "http://localhost".into(),
        authority: party(AUTHORITY, &[Role::Authority]),
        operator: party(OPERATOR, &[Role::Operator]),
        keys,
        limits,
        profiles_from: 0,
    };
    let founded = Ledger::init(at, &init, &Options::default()).expect("a ledger");
    let ledger = Ledger::open(at, &Options::default()).expect("the ledger opens");
    let signed = founded.authority_seq;
    let signer =
        Signer { party: AUTHORITY.into(), keys: vec![authority], ledger: founded.ledger, signed, per_key: PER_KEY };
    (ledger, signer)
}

/// Enrols a party, registers all its keys and a product that it makes.
pub fn enrol(ledger: &Ledger, authority: &mut Signer, signer: &mut Signer, roles: &[Role], gtin: &str) {
    let submit = |record: Bytes| ledger.submit_blocking(record).expect("the bench's world is admitted");
    let party = Statement::Party(party(&signer.party, roles));
    for statement in [party, signer.register(0, Purpose::Admin), product(gtin, &signer.party)] {
        submit(authority.statement(&statement));
    }
    for n in 1..signer.keys.len() {
        let statement = signer.register(n, Purpose::Event);
        submit(signer.statement(&statement));
    }
}
