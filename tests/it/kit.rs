//! What a phone of a party keeps, and what waits for the party: from the demo's ledger, over the router.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use ed25519_dalek::SigningKey;
use jejak::cli::demo::phones::PERSONS;
use jejak::cli::demo::world::{self, who};
use jejak::ledger::{Ledger, sign};
use jejak::record::registry::{Key, Profile, Purpose, Role, Statement};
use jejak::record::{Hash32, PublicKey, demo, prove_possession};
use jejak::server::{App, Config, router};
use serde_json::Value;
use tower::ServiceExt;

use crate::common::demo_ledger::demo_ledger;
use crate::common::http::{COSE, Node};
use crate::common::{AUTHORITY, NOW};

struct Demo {
    ledger: Ledger,
    app: Router,
    runtime: tokio::runtime::Runtime,
}

impl Demo {
    fn start(dir: &Path) -> Demo {
        let (ledger, _) = demo_ledger(dir);
        let config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
        let app = router(App::new(ledger.clone(), config));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Demo { ledger, app, runtime }
    }

    fn get(&self, path: &str, have: &str) -> (u16, String, Value) {
        self.runtime.block_on(async {
            let request = Request::get(path).header("if-none-match", have).body(Body::empty()).unwrap();
            let answer = self.app.clone().oneshot(request).await.unwrap();
            let tag = answer.headers().get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
            let status = answer.status().as_u16();
            let body = axum::body::to_bytes(answer.into_body(), 64 << 20).await.unwrap();
            (status, tag, serde_json::from_slice(&body).unwrap_or_default())
        })
    }

    fn of(&self, party: u32, what: &str) -> Value {
        let (status, _, answer) = self.get(&format!("/parties/{}/{what}", name(party)), "");
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn name(party: u32) -> String {
    world::party(party).unwrap().rsplit(['/', ':']).next().unwrap().to_owned()
}

fn all<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[member].as_str().unwrap()).collect()
}

#[test]
fn kit_has_what_a_party_makes_where_and_with_whom() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let kit = demo.of(who::OIL, "kit");
    assert_eq!(kit["ledger"], demo.ledger.id());
    assert_eq!(kit["log"], demo.ledger.verifier().unwrap().to_string());
    assert_eq!(kit["party"]["uri"], world::party(who::OIL).unwrap());
    assert_eq!(kit["party"]["enroller"]["party"], world::party(who::DONGGALA).unwrap());
    // the authority registered them; the village may make lots of them
    let products = all(&kit["products"], "gtin");
    for wanted in [world::what::LEAF, world::what::OIL] {
        assert!(products.contains(&world::gtin(wanted).unwrap().to_string().as_str()), "{products:?}");
    }
    assert!(!products.contains(&world::gtin(world::what::CRAB).unwrap().to_string().as_str()), "{products:?}");
    assert!(
        all(&kit["places"], "gln").contains(&world::gln(world::places::LEAF_VILLAGE).unwrap().to_string().as_str())
    );
    let partners = all(&kit["counterparts"], "party");
    assert!(partners.contains(&world::party(who::FORWARDER).unwrap().as_str()), "{partners:?}");
    assert!(!partners.contains(&world::party(who::OIL).unwrap().as_str()), "not itself");
    for profile in kit["profiles"].as_array().unwrap() {
        let (status, _, file) = demo.get(profile["url"].as_str().unwrap(), "");
        assert_eq!((status, &file["id"]), (200, &profile["id"]));
    }
    // the second party ended a key
    for party in [who::OIL, who::BANANA] {
        let keys = demo.of(party, "kit")["keys"].clone();
        assert!(!all(&keys, "key").is_empty());
        for kept in keys.as_array().unwrap() {
            let (_, _, key) = demo.get(&format!("/keys/{}", kept["key"].as_str().unwrap()), "");
            assert_eq!((&key["active"], &key["purpose"]), (&true.into(), &kept["purpose"]), "{kept}");
            assert_eq!(key["party"], world::party(party).unwrap(), "{kept}");
        }
    }
    assert!(kit["accreditations"].as_array().unwrap().is_empty());
    for key in all(&kit["keys"], "key") {
        let (_, _, enrolled) = demo.get(&format!("/keys/{key}"), "");
        assert_eq!((&enrolled["party"], &enrolled["active"]), (&kit["party"]["uri"], &true.into()), "{enrolled}");
    }
    assert!(!kit["keys"].as_array().unwrap().is_empty());
    let supervisor = demo.of(who::SUPERVISOR, "kit");
    assert!(!supervisor["accreditations"].as_array().unwrap().is_empty());
    // again only when it changed
    let path = format!("/parties/{}/kit", name(who::OIL));
    let (_, tag, _) = demo.get(&path, "");
    assert!(tag.starts_with("W/"), "{tag}");
    assert_eq!(demo.get(&path, &tag).0, 304);
    assert_eq!(demo.get("/parties/nobody/kit", "").0, 404);
    assert_eq!(demo.get("/parties/nobody/work", "").0, 404);
    demo.ledger.shutdown();
}

#[test]
fn work_has_the_goods_of_a_party_with_the_record_that_the_next_one_follows() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    let mut held = 0;
    for party in [who::CRAB, who::AVOCADO, who::BANANA, who::OIL, who::FORWARDER, who::BUYER_NL] {
        for lot in demo.of(party, "work")["held"].as_array().unwrap() {
            held += 1;
            let (gtin, number) = (lot["gtin"].as_str().unwrap(), lot["number"].as_str().unwrap());
            let (_, _, view) = demo.get(&format!("/lots/{gtin}/{number}"), "");
            assert_eq!((&lot["state"], &lot["market"]), (&view["headline"], &view["judged"]["market"]), "{lot}");
            // the newest record about the lot itself
            let (_, _, steps) = demo.get(&format!("/lots/{gtin}/{number}/steps?limit=100"), "");
            let steps = steps.as_array().unwrap();
            let newest = lot["newest"][0].as_str().unwrap();
            let at = |record: &str| steps.iter().find(|step| step["record"] == record).unwrap()["index"].as_u64();
            let about = |step: &&Value| step.to_string().contains(&format!("\"lot\":\"{number}\""));
            let last = steps.iter().filter(about).filter_map(|step| step["index"].as_u64()).max();
            assert!(at(newest) >= last, "{lot}");
            assert!(lot["holder"].is_null() && lot["amount"].is_string(), "{lot}");
        }
    }
    assert!(held > 3, "{held}");
    let work = demo.of(who::SUPERVISOR, "work");
    let waiting = work["toInspect"].as_array().unwrap();
    assert!(!waiting.is_empty(), "{work}");
    for lot in waiting {
        assert!(lot["holder"]["party"].is_string(), "{lot}");
        assert!(["not-inspected", "partly-tested", "no-verdict"].contains(&lot["state"].as_str().unwrap()), "{lot}");
    }
    // who may not inspect has nothing to inspect
    assert!(demo.of(who::FORWARDER, "work")["toInspect"].as_array().unwrap().is_empty());
    demo.ledger.shutdown();
}

#[test]
fn demo_keys_open_the_app_as_persons_who_have_work() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    for person in PERSONS {
        let (status, _, key) = demo.get(&format!("/demo/keys/{}", person.number), "");
        assert_eq!((status, &key["party"]), (200, &world::party(person.party).unwrap().into()), "{key}");
        let seed: [u8; 32] =
            data_encoding::HEXLOWER.decode(key["secret"].as_str().unwrap().as_bytes()).unwrap().try_into().unwrap();
        let public = PublicKey(SigningKey::from_bytes(&seed).verifying_key().to_bytes()).to_string();
        assert_eq!(key["key"], public);
        let (_, _, enrolled) = demo.get(&format!("/keys/{public}"), "");
        let purpose = if person.at_desk { "admin" } else { "event" };
        assert_eq!((&enrolled["active"], &enrolled["purpose"]), (&true.into(), &purpose.into()), "{enrolled}");
    }
    let waiting = demo.of(who::SUPERVISOR, "work");
    let never: Vec<&Value> =
        waiting["toInspect"].as_array().unwrap().iter().filter(|lot| lot["state"] == "not-inspected").collect();
    assert!(never.len() >= 2, "{never:?}");
    let coming = demo.of(who::BUYER_SG, "work");
    assert_eq!(coming["incoming"][0]["from"], world::party(who::CRAB).unwrap(), "{coming}");
    assert_eq!(coming["incoming"][0]["lots"][0]["amount"], "42000", "{coming}");
    for none in ["0", "6", "x", "-1", "4294967296"] {
        assert_eq!(demo.get(&format!("/demo/keys/{none}"), "").0, 404, "{none}");
    }
    demo.ledger.shutdown();
}

#[test]
fn kit_names_the_commodity_of_a_profile_whose_id_has_two_parts() {
    let node = Node::start(|_| {});
    let shipped = &jejak::quality::builtin()[0];
    let commodity = &shipped.profile.id;
    let mut file: Value = serde_json::from_slice(&shipped.bytes).unwrap();
    let id = format!("{commodity}/part");
    (file["id"], file["version"]) = (id.as_str().into(), "9999".into());
    let bytes = serde_json::to_vec(&file).unwrap();
    let blake3 = Hash32::of(&bytes);
    node.ledger.evidence_put(&blake3, &bytes).unwrap();
    let statement = Statement::Profile(Profile {
        id: id.clone(),
        version: "9999".into(),
        blake3,
        bytes: bytes.len() as u64,
        from: NOW,
        until: None,
    });
    let authority = crate::common::keys().authority[1].clone();
    let record = sign::statement(&authority, AUTHORITY, node.ledger.id(), NOW, 1, &statement).unwrap();
    let answer = node.post(COSE, &record);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let name = AUTHORITY.rsplit(['/', ':']).next().unwrap();
    let kit = node.get(&format!("/parties/{name}/kit"), &[]).json();
    let listed = kit["profiles"].as_array().unwrap().iter().find(|profile| profile["id"] == id.as_str()).unwrap();
    assert_eq!(listed["commodity"], commodity.as_str());
    node.stop();
}

/// Even if the key is enrolled there, and a later entry says demo.
#[test]
fn ledger_that_is_no_demonstration_gives_no_demo_key() {
    let node = Node::start(|_| {});
    let key = demo::key(node.ledger.id(), 2);
    let authority = crate::common::keys().authority[1].clone();
    let mut buyer = crate::common::party("urn:jejak:party:buyer", "Buyer", &[Role::Buyer]);
    buyer.demo = true;
    let statements = [
        Statement::Party(buyer),
        Statement::Key(Key {
            party: "urn:jejak:party:buyer".into(),
            key: PublicKey(key.verifying_key().to_bytes()),
            purpose: Purpose::Admin,
            possession: prove_possession(&key, node.ledger.id(), "urn:jejak:party:buyer", Purpose::Admin),
            label: None,
        }),
    ];
    for (seq, statement) in (1..).zip(&statements) {
        let record = sign::statement(&authority, AUTHORITY, node.ledger.id(), NOW, seq, statement).unwrap();
        assert_eq!(node.post(COSE, &record).status, 201);
    }
    node.get("/demo/keys/2", &[]).problem(404, "not-found");
    node.stop();
}
