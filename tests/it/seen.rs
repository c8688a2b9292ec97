//! Every signer is a witness: a record may name the newest head of the log that its signer's device had seen. A node refuses one that its
//! log does not extend; a proof and an audit check every one.

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jejak::chain::NoProfiles;
use jejak::ledger::sign::LogKey;
use jejak::ledger::{Ledger, PublishedHead};
use jejak::log::merkle::{consistency_verify, leaf_hash};
use jejak::log::{Checkpoint, Frontier};
use jejak::proof::{Audit, Bundle, Outcome, SeenBy, Trust, Verdict, verify};
use jejak::record::{ContentType, Record, Seen, SignerClaims, sign};
use serde_json::json;

use crate::common::http::{COSE, Node};
use crate::common::village::{PRODUCER, admitted, cose, enrol_village, harvest, lot_uri};
use crate::common::{NOW, ORIGIN, eventually, keys, settle};

/// A harvest of the village, signed by a device that had seen this head.
fn signed(key: &SigningKey, ledger: &str, seq: u64, lot: &str, seen: Option<Seen>) -> Vec<u8> {
    let claims = SignerClaims { iss: PRODUCER, aud: ledger, iat: NOW, seq, seen };
    sign(key, &claims, ContentType::Event, harvest(lot).to_string().as_bytes()).unwrap()
}

fn seen(head: &PublishedHead) -> Option<Seen> {
    Some(Seen { size: head.size, root: head.root })
}

fn outcome(verdict: &Verdict) -> (Option<Outcome>, String) {
    let detail = verdict.checks.iter().find(|check| check.name == "seen").map(|check| check.detail.clone());
    (verdict.outcome("seen"), detail.unwrap_or_default())
}

fn bundle(ledger: &Ledger, lot: &str) -> Bundle {
    settle(ledger);
    ledger.bundle(&jejak::gs1::LotId::from_uri(&lot_uri(lot)).unwrap()).unwrap().unwrap()
}

#[test]
fn record_that_names_a_head_of_this_log_is_admitted_and_its_proof_shows_it() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    settle(&node.ledger);
    let (id, first) = (node.ledger.id().to_owned(), node.ledger.checkpoint().unwrap());
    let trust = Trust::pinned(&id, node.ledger.verifier().unwrap());
    admitted(&node.post(COSE, &signed(&village.key, &id, 3, "S1", None)));
    let verdict = verify(&bundle(&node.ledger, "S1"), &trust);
    assert_eq!((outcome(&verdict).0, verdict.seen), (Some(Outcome::NotChecked), None));
    // the newest head, and an older one than others have seen
    let newest = node.ledger.checkpoint().unwrap();
    assert!(newest.size > first.size);
    for (seq, head) in [(4, &newest), (5, &first)] {
        let record = signed(&village.key, &id, seq, &format!("S{seq}"), seen(head));
        admitted(&node.post(COSE, &record));
        // sent again it gets its acknowledgement
        assert_eq!(node.post(COSE, &record).status, 200);
        let proof = bundle(&node.ledger, &format!("S{seq}"));
        assert_eq!(proof.seen.iter().map(|seen| seen.size).collect::<Vec<_>>(), [head.size]);
        assert_eq!(Bundle::from_json(&proof.to_json().unwrap()).unwrap(), proof);
        let verdict = verify(&proof, &trust);
        assert!(verdict.is_proven(), "{:?}", verdict.checks);
        assert_eq!(verdict.seen, Some(SeenBy { keys: 1, parties: 1, size: head.size, time: NOW }));
        // without the proof, and with one that nobody asked for
        let mut without = proof.clone();
        without.seen.clear();
        assert_eq!(outcome(&verify(&without, &trust)).0, Some(Outcome::Failed));
        let mut extra = proof.clone();
        extra.seen.push(jejak::proof::SeenProof { size: head.size + 1, proof: Vec::new() });
        assert_eq!(outcome(&verify(&extra, &trust)).0, Some(Outcome::Failed));
        let mut other = proof.clone();
        other.seen[0].proof[0][0] ^= 1;
        let verdict = verify(&other, &trust);
        assert!(outcome(&verdict).1.contains("does not extend") && verdict.lot.is_none(), "{:?}", verdict.checks);
    }
    node.stop();
}

#[test]
fn record_whose_signer_saw_another_history_is_refused_by_name() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    settle(&node.ledger);
    let (id, head) = (node.ledger.id().to_owned(), node.ledger.checkpoint().unwrap());
    let mut root = head.root;
    root[5] ^= 1;
    for (size, root, retryable) in
        [(head.size, root, false), (2, root, false), (head.size + 1, head.root, true), (1 << 52, root, true)]
    {
        let record = signed(&village.key, &id, 3, "S1", Some(Seen { size, root }));
        let answer = node.post(COSE, &record);
        let problem = if retryable { answer.problem(424, "too-early") } else { answer.problem(422, "rejected") };
        assert_eq!(problem["rule"], "seen-another-history", "{problem}");
        assert_eq!(problem["retryable"] == json!(true), retryable, "{size}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("Keep that signed checkpoint"), "{problem}");
    }
    // nothing of it was written: the number is free
    village.seq = 2;
    admitted(&node.post(COSE, &village.event(&lot_uri("S1"), harvest("S1").to_string().as_bytes())));
    node.stop();
}

#[test]
fn damaged_tile_accuses_no_signer_of_another_history() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    settle(&node.ledger);
    let (id, head) = (node.ledger.id().to_owned(), node.ledger.checkpoint().unwrap());
    let leaves: Vec<Bytes> = (0..2).map(|at| node.ledger.entry(at).unwrap().unwrap()).collect();
    let mut tree = Frontier::new();
    leaves.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let record = signed(&village.key, &id, 3, "S1", Some(Seen { size: 2, root: tree.root() }));
    let tile = node.dir.path().join(format!("ledger/log/tile/0/000.p/{}", head.size));
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&tile, &bytes).unwrap();
    node.post(COSE, &record).problem(503, "busy");
    bytes[3] ^= 1;
    std::fs::write(&tile, &bytes).unwrap();
    // the wrong root was not kept
    eventually(|| node.post(COSE, &record).status == 201);
    node.stop();
}

#[test]
fn head_of_another_form_is_no_record() {
    let key = SigningKey::from_bytes(&[21; 32]);
    let good = signed(&key, "urn:jejak:ledger:x", 1, "S1", Some(Seen { size: 2, root: [7; 32] }));
    let record = Record::decode(&good).unwrap();
    assert_eq!(record.claims.seen, Some(Seen { size: 2, root: [7; 32] }));
    record.verify().unwrap();
    for size in [0, 1, 1 << 53] {
        let claims = SignerClaims {
            iss: PRODUCER,
            aud: "urn:jejak:ledger:x",
            iat: NOW,
            seq: 1,
            seen: Some(Seen { size, root: [7; 32] }),
        };
        assert!(sign(&key, &claims, ContentType::Event, harvest("S1").to_string().as_bytes()).is_err(), "{size}");
    }
    // every byte of it is signed
    let at = good.windows(4).position(|four| four == b"seen").unwrap();
    for at in at..at + 40 {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(Record::decode(&bad).and_then(|record| record.verify()).is_err(), "byte {at}");
    }
    let without = cose(&key, PRODUCER, &lot_uri("S1"), "urn:jejak:ledger:x", 1, harvest("S1").to_string().as_bytes());
    assert_eq!(Record::decode(&without).unwrap().claims.seen, None);
}

#[test]
fn audit_names_the_entry_whose_signer_had_seen_another_history() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    settle(&node.ledger);
    let (id, head) = (node.ledger.id().to_owned(), node.ledger.checkpoint().unwrap());
    admitted(&node.post(COSE, &signed(&village.key, &id, 3, "S1", seen(&head))));
    settle(&node.ledger);
    let mut entries: Vec<Bytes> = (0..node.ledger.size()).map(|at| node.ledger.entry(at).unwrap().unwrap()).collect();
    let trust = Trust::pinned(&id, node.ledger.verifier().unwrap());
    let audited = |entries: &[Bytes]| {
        let mut tree = Frontier::new();
        entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
        let head = Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root() };
        let note = head.sign(&LogKey::new(ORIGIN, keys().log)).unwrap().to_string();
        let mut audit = Audit::new(&note, &trust, &NoProfiles).unwrap();
        entries.chunks(3).for_each(|part| audit.take(part));
        audit.finish()
    };
    let sound = audited(&entries);
    assert_eq!(sound.verdict.seen, Some(SeenBy { keys: 1, parties: 1, size: head.size, time: NOW }));
    // an operator that shows two histories puts the record of a signer of the one into the other
    let mut root = head.root;
    root[0] ^= 1;
    let split = signed(&village.key, &id, 4, "S2", Some(Seen { size: head.size, root }));
    entries.push(split.into());
    let found = audited(&entries);
    let (failed, detail) = outcome(&found.verdict);
    assert_eq!(failed, Some(Outcome::Failed));
    assert!(detail.contains(&format!("entry {}", entries.len() - 1)) && detail.contains(PRODUCER), "{detail}");
    assert!(!found.is_sound() && found.is_refuted());
    node.stop();
}

#[test]
fn node_proves_that_one_published_tree_extends_another() {
    let node = Node::start(|_| {});
    enrol_village(&node);
    settle(&node.ledger);
    let (first, size) = (node.ledger.checkpoint().unwrap(), node.ledger.checkpoint().unwrap().size);
    for n in 0..5 {
        node.ledger.submit_blocking(crate::common::numbered(node.ledger.id(), 3 + n)).unwrap();
    }
    settle(&node.ledger);
    let head = node.ledger.checkpoint().unwrap();
    let answer = node.get(&format!("/consistency?from={size}&to={}", head.size), &[]).json();
    let proof: Vec<[u8; 32]> = answer["proof"].as_array().unwrap().iter().map(hash).collect();
    consistency_verify(size, head.size, &proof, &first.root, &head.root).unwrap();
    assert_eq!(answer["checkpoint"], json!(head.note));
    assert_eq!(node.get(&format!("/consistency?from={size}"), &[]).json()["to"], json!(head.size));
    assert_eq!(node.get(&format!("/consistency?from={}", head.size + 1), &[]).status, 404);
    assert_eq!(node.get("/consistency?from=9&to=8", &[]).status, 404);
    assert_eq!(node.get("/consistency?from=x", &[]).status, 400);
    assert_eq!(node.get("/consistency", &[]).json()["proof"], json!([]), "every tree extends the empty one");
    node.stop();
}

fn hash(text: &serde_json::Value) -> [u8; 32] {
    data_encoding::BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap()
}
