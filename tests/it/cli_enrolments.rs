//! `jejak key invite`, `requests`, `approve` and `refuse` with a real node: nothing is signed unless the eight words are those of the
//! request.

use std::path::Path;
use std::process::Stdio;

use ed25519_dalek::SigningKey;
use jejak::record::eight::{self, Language};
use jejak::record::enrolment::Invitation;
use jejak::record::registry::Purpose;
use jejak::record::{PublicKey, prove_possession};
use serde_json::{Value, json};

use crate::common::command::{Served, code, jejak, ok, stderr};

const VILLAGE: &str = "urn:jejak:party:bumdes-maju";
const MINISTRY: &str = "urn:jejak:party:ministry";

struct Desk {
    dir: tempfile::TempDir,
    node: Served,
    ledger: String,
    log: String,
}

impl Desk {
    fn start() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let init =
            ["init", "--origin", "jejak.example/log", "--public-url", "https://jejak.example", "--no-passphrase"];
        let authority = ["--authority", MINISTRY, "--name", "Ministry", "--prefix", "952132100"];
        ok(&jejak(dir.path(), &[&init[..], &authority].concat()));
        let node = Served::start(&dir.path().join("jejak-ledger"), &[], Stdio::null());
        let trust: toml::Table =
            std::fs::read_to_string(dir.path().join("jejak-ledger.trust.toml")).unwrap().parse().unwrap();
        let text = |name: &str| trust[name].as_str().unwrap().to_owned();
        let (ledger, log) = (text("ledger"), text("log"));
        Desk { dir, node, ledger, log }
    }

    fn run(&self, verb: &[&str], key: &str, party: &str) -> std::process::Output {
        let signing = ["--key", key, "--as", party, "--ledger", &self.ledger, "--node", &self.node.url, "--json"];
        jejak(self.dir.path(), &[&["key"], verb, &signing].concat())
    }

    fn by_authority(&self, verb: &[&str]) -> std::process::Output {
        self.run(verb, "authority-keys/authority-1.pem", MINISTRY)
    }

    fn ask(&self, key: &SigningKey, purpose: Purpose, about: Value) -> PublicKey {
        let public = PublicKey(key.verifying_key().to_bytes());
        let mut request = json!({
            "type": "enrolment", "ledger": self.ledger, "party": VILLAGE, "key": public, "purpose": purpose,
            "possession": prove_possession(key, &self.ledger, VILLAGE, purpose),
        });
        request.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        let sent = ureq::post(format!("{}/enrolments", self.node.url))
            .content_type("application/json")
            .send(request.to_string().as_bytes());
        assert_eq!(sent.unwrap().status(), 204);
        public
    }

    fn get(&self, path: &str) -> Option<Value> {
        let text = ureq::get(format!("{}{path}", self.node.url)).call().ok()?.body_mut().read_to_string().unwrap();
        Some(serde_json::from_str(&text).unwrap())
    }

    fn words(&self, key: &PublicKey) -> String {
        eight::words(&self.ledger, &self.log, VILLAGE, key, Language::Indonesian).join(" ")
    }
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name and text of every value in a statement.
fn values(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(member, value)| values(&format!("{name}.{member}"), value)).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| values(name, item)).collect(),
        Value::String(text) => vec![format!("{} {text}", name.trim_start_matches('.'))],
        other => vec![format!("{} {other}", name.trim_start_matches('.'))],
    }
}

fn new_key(dir: &Path, file: &str) -> SigningKey {
    ok(&jejak(dir, &["key", "new", file, "--no-passphrase"]));
    jejak::store::keyfile::read(&dir.join(file), None).unwrap()
}

#[test]
fn request_is_approved_only_with_its_eight_words() {
    let desk = Desk::start();
    let village = new_key(desk.dir.path(), "village.pem");
    let region = json!({ "authority": "kemendagri", "edition": "2025", "code": "72.03.05", "name": "Sojol" });
    let about = json!({
        "name": { "id": "BUM Desa Maju", "en": "Maju" }, "roles": ["producer"], "region": region,
        "contact": "kantor desa", "label": "ponsel",
    });
    let key = desk.ask(&village, Purpose::Admin, about);
    let listed: Value = serde_json::from_str(&ok(&desk.by_authority(&["requests"]))).unwrap();
    assert_eq!(listed["requests"][0]["request"]["key"], key.to_string(), "{listed}");
    // nobody to ask; then words of another key
    let named = key.to_string();
    let unasked = desk.by_authority(&["approve", &named]);
    assert_eq!(code(&unasked), 2, "{}", stderr(&unasked));
    assert!(stderr(&unasked).contains("--words"), "{}", stderr(&unasked));
    let wrong = desk.words(&PublicKey([7; 32]));
    let approve = |words: &str, expected: &[&str]| {
        let verb = ["approve", &named, "--words", words, "--trust", "jejak-ledger.trust.toml"];
        desk.by_authority(&[&verb[..], expected].concat())
    };
    let expected = ["--role", "producer", "--region", "72.03.05"];
    let differ = approve(&wrong, &expected);
    assert_eq!(code(&differ), 4, "{}", stderr(&differ));
    // the words are over neither roles nor region, which the node may have changed
    let words = desk.words(&key);
    for (expected, status) in [
        (&[][..], 2),
        (&expected[..2], 2),
        (&expected[2..], 2),
        (&["--role", "region", "--region", "72.03.05"][..], 4),
        (&["--role", "producer", "--role", "buyer", "--region", "72.03.05"][..], 4),
        (&["--role", "producer", "--region", "72.03"][..], 4),
    ] {
        let refused = approve(&words, expected);
        assert_eq!(code(&refused), status, "{expected:?}: {}", stderr(&refused));
    }
    assert!(desk.get(&format!("/keys/{key}")).is_none() && desk.get("/parties/bumdes-maju").is_none());
    let approved = approve(&words, &expected);
    let signed: Value = serde_json::from_str(&ok(&approved)).unwrap();
    for record in ["partyRecord", "record"] {
        let entry = desk.get(&format!("/entries/{}", signed[record]["id"].as_str().unwrap())).unwrap();
        let values = values("", &entry["payload"]);
        assert!(values.len() > 4, "{entry}");
        for value in values {
            assert!(stderr(&approved).lines().any(|line| squeezed(line) == value), "{value}: {}", stderr(&approved));
        }
    }
    let enrolled = desk.get(&format!("/keys/{key}")).unwrap();
    assert_eq!((&enrolled["party"], &enrolled["active"]), (&VILLAGE.into(), &true.into()), "{enrolled}");
    assert_eq!(desk.get("/parties/bumdes-maju").unwrap()["name"]["id"], "BUM Desa Maju");
    // the second phone is the village's own to approve; the log key is the one that its key has seen
    let second = desk.ask(&SigningKey::from_bytes(&[21; 32]), Purpose::Event, json!({ "label": "ponsel dua" }));
    let third = desk.ask(&SigningKey::from_bytes(&[22; 32]), Purpose::Event, json!({ "label": "ponsel tiga" }));
    let of_authority: Value = serde_json::from_str(&ok(&desk.by_authority(&["requests"]))).unwrap();
    assert_eq!(of_authority["requests"], json!([]));
    let words = desk.words(&second);
    ok(&desk.run(&["approve", &second.to_string(), "--words", &words], "village.pem", VILLAGE));
    assert_eq!(desk.get(&format!("/keys/{second}")).unwrap()["purpose"], "event");
    ok(&desk.run(&["refuse", &third.to_string()], "village.pem", VILLAGE));
    assert!(desk.get(&format!("/keys/{third}")).is_none());
    let gone = desk.run(&["refuse", &third.to_string()], "village.pem", VILLAGE);
    assert_ne!(code(&gone), 0);
    let left: Value = serde_json::from_str(&ok(&desk.run(&["requests"], "village.pem", VILLAGE))).unwrap();
    assert_eq!(left["requests"], json!([]));
}

#[test]
fn invitation_carries_what_pins_the_ledger_and_no_secret() {
    let desk = Desk::start();
    let invite = |more: &[&str]| {
        let verb = ["key", "invite", VILLAGE, "--node", &desk.node.url];
        jejak(desk.dir.path(), &[&verb[..], more].concat())
    };
    // a party that is not on the ledger needs its role
    assert_eq!(code(&invite(&[])), 2);
    let new = ["--role", "producer", "--name", "Maju", "--trust", "jejak-ledger.trust.toml"];
    let shown: Value = serde_json::from_str(&ok(&invite(&[&new[..], &["--json"]].concat()))).unwrap();
    let (address, packed) = shown["link"].as_str().unwrap().split_once("#/invite/").unwrap();
    assert_eq!(address, "https://jejak.example/app/");
    let packed = data_encoding::BASE64URL_NOPAD.decode(packed.as_bytes()).unwrap();
    let invitation: Invitation = serde_json::from_slice(&packed).unwrap();
    assert_eq!((&invitation.ledger, &invitation.log), (&desk.ledger, &desk.log));
    assert_eq!((invitation.party.as_str(), invitation.purpose), (VILLAGE, Purpose::Admin));
    let text = ok(&invite(&new));
    assert!(text.contains(shown["link"].as_str().unwrap()) && text.contains('█'), "{text}");
}
