//! The inbox of enrolment requests over real sockets: verified, bounded, shown to who may approve them and to nobody else.

use std::collections::BTreeMap;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jejak::httpsig::digest;
use jejak::ledger::sign;
use jejak::record::registry::{Key, Purpose, Role, Statement};
use jejak::record::{PublicKey, prove_possession};
use jejak::server::Config;
use serde_json::{Value, json};

use crate::common::http::{Answer, COSE, Node};
use crate::common::registry::{REGION, VILLAGE, key_of, party, public};
use crate::common::{AUTHORITY, NOW, eventually, keys};

/// A node with a region (key 2), a village with an admin key (key 3), and the number that each key signed last.
struct Registry {
    node: Node,
    seqs: BTreeMap<[u8; 32], u64>,
}

fn authority() -> SigningKey {
    keys().authority[1].clone()
}

impl Registry {
    fn start(change: impl FnOnce(&mut Config)) -> Registry {
        let node = Node::with(Duration::from_millis(10), |_| {}, change);
        let mut world = Registry { node, seqs: BTreeMap::new() };
        world.sign(&authority(), AUTHORITY, Statement::Party(party(REGION, &[Role::Region], Some("72.03"))));
        world.sign(&authority(), AUTHORITY, world.key(2, REGION));
        world.sign(&key_of(2), REGION, Statement::Party(party(VILLAGE, &[Role::Producer], Some("72.03.05"))));
        world.sign(&key_of(2), REGION, world.key(3, VILLAGE));
        world
    }

    fn key(&self, seed: u8, of: &str) -> Statement {
        Statement::Key(Key {
            party: of.into(),
            key: public(seed),
            purpose: Purpose::Admin,
            possession: prove_possession(&key_of(seed), self.node.ledger.id(), of, Purpose::Admin),
            label: None,
        })
    }

    fn sign(&mut self, key: &SigningKey, iss: &str, statement: Statement) {
        let seq = self.seqs.entry(key.verifying_key().to_bytes()).or_default();
        *seq += 1;
        let record = sign::statement(key, iss, self.node.ledger.id(), NOW, *seq, &statement).unwrap();
        let answer = self.node.post(COSE, &record);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    fn request(&self, seed: u8, of: &str, purpose: Purpose, about: Value) -> Value {
        let mut request = json!({
            "type": "enrolment", "ledger": self.node.ledger.id(), "party": of, "key": public(seed), "purpose": purpose,
            "possession": prove_possession(&key_of(seed), self.node.ledger.id(), of, purpose),
        });
        request.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        request
    }

    fn ask(&self, request: &Value) -> Answer {
        self.node.send("POST", "/enrolments", &[("Content-Type", "application/json")], request.to_string().as_bytes())
    }

    fn signed(&self, key: &SigningKey, method: &str, path: &str) -> Answer {
        let headers = self.node.signed_headers(key, method, path, &digest::of(b""), |_| {});
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.node.send(method, path, &headers, b"")
    }

    /// The keys whose requests this key may approve.
    fn seen_by(&self, key: &SigningKey) -> Vec<String> {
        let answer = self.signed(key, "GET", "/enrolments");
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let inbox = answer.json();
        let requests = inbox["requests"].as_array().unwrap();
        requests.iter().map(|waiting| waiting["request"]["key"].as_str().unwrap().to_owned()).collect()
    }
}

fn path(seed: u8) -> String {
    format!("/enrolments/{}", public(seed))
}

#[test]
fn request_is_seen_and_removed_by_who_may_approve_it_and_nobody_else() {
    let mut world = Registry::start(|_| {});
    // a second phone of the village, a new village of the region, a buyer whom only the authority enrols
    let phone = world.request(11, VILLAGE, Purpose::Event, json!({ "label": "ponsel Ibu Sari" }));
    let region = json!({ "authority": "kemendagri", "edition": "2025", "code": "72.03.07", "name": "Sojol" });
    let about = json!({ "name": { "en": "New village" }, "roles": ["producer"], "region": region });
    let village = world.request(12, "urn:jejak:party:new-village", Purpose::Admin, about);
    let buyer = world.request(13, "urn:jejak:party:new-buyer", Purpose::Admin, json!({ "roles": ["buyer"] }));
    for request in [&phone, &village, &buyer] {
        let answer = world.ask(request);
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
    let key = |seed: u8| public(seed).to_string();
    assert_eq!(world.seen_by(&key_of(3)), [key(11)], "the village: its own phones");
    assert_eq!(world.seen_by(&key_of(2)), [key(12)], "the region: new parties in it");
    assert_eq!(world.seen_by(&authority()), [key(13), key(12)], "the authority: new parties, newest first");
    // unsigned, of a key that is not on the ledger, of one that asks itself
    world.node.get("/enrolments", &[]).problem(403, "signature-refused");
    world.signed(&key_of(11), "GET", "/enrolments").problem(403, "signature-refused");
    // who may not approve it can't remove it
    world.signed(&key_of(2), "DELETE", &path(11)).problem(404, "not-found");
    world.node.send("DELETE", &path(11), &[], b"").problem(403, "signature-refused");
    world.signed(&authority(), "DELETE", "/enrolments/nonsense").problem(404, "not-found");
    assert_eq!(world.signed(&authority(), "DELETE", &path(13)).status, 204);
    world.signed(&authority(), "DELETE", &path(13)).problem(404, "not-found");
    assert_eq!(world.seen_by(&authority()), [key(12)]);
    // approved by a statement: it waits no more, even if nobody removes it
    let statement: Statement = {
        let wanted: Key = serde_json::from_value(json!({
            "party": phone["party"], "key": phone["key"], "purpose": phone["purpose"],
            "possession": phone["possession"], "label": phone["label"],
        }))
        .unwrap();
        Statement::Key(wanted)
    };
    world.sign(&key_of(3), VILLAGE, statement);
    assert!(world.seen_by(&key_of(3)).is_empty());
    world.ask(&phone).problem(409, "conflict");
    // a phone with an event key approves nothing
    assert!(world.seen_by(&key_of(11)).is_empty());
    world.node.stop();
}

#[test]
fn request_that_proves_nothing_is_not_kept() {
    let world = Registry::start(|_| {});
    let good = world.request(11, VILLAGE, Purpose::Event, json!({}));
    for (member, value, status, kind) in [
        ("possession", json!("00".repeat(64)), 400, "bad-signature"),
        ("purpose", json!("admin"), 400, "bad-signature"),
        ("key", json!(public(12)), 400, "bad-signature"),
        ("purpose", json!("operator"), 400, "malformed-request"),
        ("ledger", json!("urn:jejak:ledger:x"), 400, "malformed-request"),
        ("label", json!("\u{202e}evil"), 400, "malformed-request"),
        ("admin", json!(true), 400, "malformed-request"),
        ("contact", json!("a".repeat(3_000)), 413, "too-large"),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value;
        world.ask(&wrong).problem(status, kind);
    }
    for body in ["", "{", "[]", "null", "{\"type\":\"enrolment\",\"type\":\"enrolment\"}"] {
        world.node.send("POST", "/enrolments", &[], body.as_bytes()).problem(400, "malformed-request");
    }
    assert!(world.seen_by(&key_of(3)).is_empty());
    world.node.stop();
}

#[test]
fn request_that_nobody_could_approve_is_refused() {
    let mut world = Registry::start(|_| {});
    let (old, new) = ("urn:jejak:party:without-keys", "urn:jejak:party:new-village");
    world.sign(&key_of(2), REGION, Statement::Party(party(old, &[Role::Producer], Some("72.03.06"))));
    for of in [old, new] {
        world.ask(&world.request(11, of, Purpose::Event, json!({}))).problem(409, "conflict");
        let first = world.ask(&world.request(11, of, Purpose::Admin, json!({})));
        assert_eq!(first.status, 204, "{}", first.text());
    }
    // a second authority; a further phone of the authority that there is
    let about = json!({ "roles": ["authority"] });
    world.ask(&world.request(12, new, Purpose::Admin, about.clone())).problem(409, "conflict");
    let phone = world.ask(&world.request(12, AUTHORITY, Purpose::Event, about));
    assert_eq!(phone.status, 204, "{}", phone.text());
    assert!(world.seen_by(&authority()).contains(&public(12).to_string()));
    world.node.stop();
}

#[test]
fn full_inbox_takes_from_the_network_that_has_most_and_else_says_busy() {
    let world = Registry::start(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]);
    let ask = |n: u16, from: &str| {
        let mut seed = [200; 32];
        seed[..2].copy_from_slice(&n.to_be_bytes());
        let key = SigningKey::from_bytes(&seed);
        let ledger = world.node.ledger.id();
        let request = json!({
            "type": "enrolment", "ledger": ledger, "party": VILLAGE, "purpose": "event", "label": n.to_string(),
            "key": PublicKey(key.verifying_key().to_bytes()),
            "possession": prove_possession(&key, ledger, VILLAGE, Purpose::Event),
        });
        world.node.send("POST", "/enrolments", &[("X-Forwarded-For", from)], request.to_string().as_bytes())
    };
    let waits = |n: u16| {
        let label = Some(n.to_string());
        world.node.ledger.enrolments().iter().any(|waiting| waiting.request.label == label)
    };
    // two subnets of one subscriber, and 510 others
    for (n, from) in [(0, "2001:db8:0:1::1".to_owned()), (1, "2001:db8:0:2::1".to_owned())] {
        assert_eq!(ask(n, &from).status, 204);
    }
    for n in 2..512 {
        assert_eq!(ask(n, &format!("2001:db8:{n:x}::1")).status, 204, "{n}");
    }
    assert_eq!(ask(600, "192.0.2.1").status, 204);
    assert!(!waits(0) && waits(1) && waits(600));
    ask(601, "192.0.2.2").problem(503, "busy");
    ask(601, "2001:db8:0:3::1").problem(503, "busy");
    assert!((1..512).all(waits));
    world.node.stop();
}

#[test]
fn address_has_a_rate_of_requests_and_the_same_key_replaces_its_own() {
    let world = Registry::start(|config| config.limits.enrolment_burst = 3.try_into().unwrap());
    for label in ["first", "second", "third"] {
        assert_eq!(world.ask(&world.request(11, VILLAGE, Purpose::Event, json!({ "label": label }))).status, 204);
    }
    world.ask(&world.request(12, VILLAGE, Purpose::Event, json!({}))).problem(429, "too-many-requests");
    assert_eq!(world.node.metric("jejak_rate_limited_total"), 1);
    let request = world.request(12, VILLAGE, Purpose::Event, json!({})).to_string();
    let other = world.node.send_from([127, 0, 0, 9], "POST", "/enrolments", &[], request.as_bytes());
    assert_eq!(other.status, 204, "another address has a rate of its own");
    let inbox = world.signed(&key_of(3), "GET", "/enrolments").json();
    let labels: Vec<&Value> =
        inbox["requests"].as_array().unwrap().iter().map(|waiting| &waiting["request"]["label"]).collect();
    assert_eq!(labels, [&Value::Null, &json!("third")]);
    let schema = jejak::server::openapi::document();
    let schema = json!({ "$ref": "#/components/schemas/Enrolments", "components": schema["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&inbox), "{inbox}");
    eventually(|| world.node.ledger.enrolments().len() == 2);
    world.node.stop();
}

#[test]
fn requests_are_there_after_a_restart() {
    let world = Registry::start(|_| {});
    assert_eq!(world.ask(&world.request(11, VILLAGE, Purpose::Event, json!({}))).status, 204);
    let mut node = world.node;
    let _ = node.stop.take().unwrap().send(());
    node.thread.take().unwrap().join().unwrap();
    let path = node.dir.path().join("ledger");
    drop(node.ledger);
    let ledger = jejak::ledger::Ledger::open(&path, &crate::common::options(&node.clock)).unwrap();
    let keys: Vec<PublicKey> = ledger.enrolments().into_iter().map(|waiting| waiting.request.key).collect();
    assert_eq!(keys, [public(11)]);
    ledger.shutdown();
}
