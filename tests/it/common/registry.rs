//! A registry through `chain::apply`: an authority, a region and a village with their keys.

use ed25519_dalek::SigningKey;
use jejak::chain::{Context, MemState, NoProfiles, Overlay, Refusal, Rejection, Rule, apply};
use jejak::record::registry::{Key, Names, Party, Purpose, Region, Role, Ruleset, Statement};
use jejak::record::{ContentType, PublicKey, Record, RecordId, SignerClaims, key, ledger_id, sign};

pub const AUTHORITY: &str = "urn:jejak:party:authority";
pub const REGION: &str = "urn:jejak:party:donggala";
pub const VILLAGE: &str = "urn:jejak:party:nilam-sojol";

/// A registry and its state, one record after the other.
pub struct World {
    pub state: MemState,
    pub ledger: String,
    pub index: u64,
    pub seqs: std::collections::BTreeMap<[u8; 32], u64>,
}

pub fn key_of(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(seed: u8) -> PublicKey {
    PublicKey(key_of(seed).verifying_key().to_bytes())
}

pub fn party(uri: &str, roles: &[Role], region: Option<&str>) -> Party {
    let region = region.map(|code| Region {
        authority: "kemendagri".into(),
        edition: "2025".into(),
        code: code.into(),
        name: "x".into(),
    });
    Party { region, ..Party::new(uri, Names::english(uri), roles, "ID") }
}

/// A place that its signer registers.
pub fn place(gln: &str, replaces: Option<RecordId>) -> Statement {
    let mut place = serde_json::json!({
        "type": "Place", "gln": gln, "name": { "en": "Packing house" }, "kind": "processing", "country": "ID",
    });
    if let Some(id) = replaces {
        place["replaces"] = id.to_string().into();
    }
    Statement::from_json(place.to_string().as_bytes()).unwrap()
}

impl World {
    /// Authority signs with key 1; its successor is key 9.
    pub fn founded() -> World {
        let nonce = [3u8; 16];
        let mut world =
            World { state: MemState::new(), ledger: ledger_id(&public(1), &nonce), index: 0, seqs: Default::default() };
        let mut founder = party(AUTHORITY, &[Role::Authority], None);
        founder.nonce = Some(data_encoding::HEXLOWER.encode(&nonce));
        founder.successor = Some(key::successor_commitment(&public(9)));
        founder.prefixes = vec!["9521321".into()];
        world.ok(1, AUTHORITY, Statement::Party(founder));
        world.ok(1, AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
        world
    }

    /// With a region (key 2) and a village it enrolled (key 3).
    pub fn with_village() -> World {
        let mut w = World::founded();
        w.ok(1, AUTHORITY, Statement::Party(party(REGION, &[Role::Region], Some("72.03"))));
        let key = w.key(REGION, 2, Purpose::Admin);
        w.ok(1, AUTHORITY, key);
        w.ok(2, REGION, Statement::Party(party(VILLAGE, &[Role::Producer], Some("72.03.05"))));
        let key = w.key(VILLAGE, 3, Purpose::Admin);
        w.ok(2, REGION, key);
        w
    }

    pub fn key(&self, party: &str, seed: u8, purpose: Purpose) -> Statement {
        Statement::Key(Key {
            party: party.into(),
            key: public(seed),
            purpose,
            possession: jejak::record::prove_possession(&key_of(seed), &self.ledger, party, purpose),
            label: None,
        })
    }

    pub fn bytes(&self, seed: u8, iss: &str, statement: &Statement, seq: u64) -> Vec<u8> {
        let claims = SignerClaims { iss, aud: &self.ledger, iat: 1, seq, seen: None };
        sign(&key_of(seed), &claims, ContentType::Registry, statement.to_json().unwrap().as_bytes()).unwrap()
    }

    pub fn submit(&mut self, bytes: &[u8]) -> Result<RecordId, Rejection> {
        let record = Record::decode(bytes).unwrap();
        record.verify().unwrap();
        let before = self.state.clone();
        let mut overlay = Overlay::new(&before);
        overlay.mark();
        match apply(&mut overlay, self.index, &record, &Context::replay(&NoProfiles)) {
            Ok(_) => {
                self.state.commit(overlay.into_changes()).unwrap();
                self.index += 1;
                Ok(record.id)
            }
            Err(Refusal::Rejected(rejection)) => {
                assert!(overlay.into_changes().is_empty(), "a refused record writes nothing");
                Err(rejection)
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub fn send(&mut self, seed: u8, iss: &str, statement: Statement) -> Result<RecordId, Rejection> {
        let key = key_of(seed).verifying_key().to_bytes();
        let seq = self.seqs.get(&key).copied().unwrap_or(0) + 1;
        let bytes = self.bytes(seed, iss, &statement, seq);
        let sent = self.submit(&bytes);
        if sent.is_ok() {
            self.seqs.insert(key, seq);
        }
        sent
    }

    pub fn ok(&mut self, seed: u8, iss: &str, statement: Statement) -> RecordId {
        self.send(seed, iss, statement).unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn refused(&mut self, rule: Rule, seed: u8, iss: &str, statement: Statement) {
        let got = self.send(seed, iss, statement).expect_err(rule.id());
        assert_eq!(got.rule, rule, "{got}");
    }
}
