//! Signed requests over a real socket, and what hangs on them: who makes a document public, and who has room for uploads.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::command::command;
use crate::common::http::{Answer, COSE, Node};
use crate::common::village::{
    PRODUCER, PartySigner, admitted, authority, enrol_village, harvest, lot_uri, product, with,
};
use crate::common::{NOW, eventually, keys, party};
use ed25519_dalek::SigningKey;
use jejak::httpsig::{LONGEST, TOLERANCE, digest};
use jejak::record::registry::{Key, KeyRevocation, Names, Party, PartyStatus, Purpose, Role, Standing};
use jejak::record::{Hash32, PublicKey, Statement, prove_possession};
use serde_json::{Value, json};

const STRANGER: &str = "urn:jejak:party:stranger";
const STRANGERS_LOT: &str = "https://id.gs1.org/01/09521322000017/10/X-1";

/// Another producer with a product of its own, that has nothing to do with the village.
fn enrol_stranger(node: &Node, authority: &mut PartySigner) -> PartySigner {
    let key = SigningKey::from_bytes(&[22; 32]);
    let ledger = node.ledger.id().to_owned();
    let stranger = Party { prefixes: vec!["9521322".into()], ..party(STRANGER, "Stranger", &[Role::Producer]) };
    let public = PublicKey(key.verifying_key().to_bytes());
    let possession = prove_possession(&key, &ledger, STRANGER, Purpose::Admin);
    for statement in [
        Statement::Party(stranger),
        Statement::Key(Key { party: STRANGER.into(), key: public, purpose: Purpose::Admin, possession, label: None }),
    ] {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    let mut signer = PartySigner { key, iss: STRANGER.into(), ledger, seq: 0 };
    let leaf = Statement::Product(product("09521322000017", Names::english("Leaf"), STRANGER));
    admitted(&node.post(COSE, &signer.statement(&leaf)));
    signer
}

fn path(blob: &[u8]) -> String {
    format!("/evidence/{}", Hash32::of(blob))
}

/// A harvest of this lot that names the blob.
fn naming(lot: &str, blob: &[u8], access: &str) -> Value {
    with(
        &harvest("any"),
        json!({
            "readPoint": null,
            "quantityList": [{ "epcClass": lot, "quantity": 1, "uom": "KGM" }],
            "jejak:evidence": [{
                "jejak:blake3": Hash32::of(blob).to_string(), "jejak:mediaType": "image/jpeg", "jejak:bytes": blob.len(),
                "jejak:documentType": "photo", "jejak:title": "Photo", "jejak:access": access,
            }],
        }),
    )
}

fn name(node: &Node, signer: &mut PartySigner, lot: &str, blob: &[u8], access: &str) {
    admitted(&node.post(COSE, &signer.event(lot, naming(lot, blob, access).to_string().as_bytes())));
}

fn put_signed(node: &Node, signer: &PartySigner, blob: &[u8]) -> Answer {
    node.put_signed(&signer.key, &path(blob), blob, |_| {})
}

#[test]
fn restricted_blob_stays_private_when_a_stranger_names_its_hash_as_public() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    let mut stranger = enrol_stranger(&node, &mut authority(&node));
    let secret = b"a contract with prices".as_slice();
    assert_eq!(put_signed(&node, &village, secret).status, 204);
    name(&node, &mut village, &lot_uri("A-1"), secret, "restricted");
    let hidden = |why: &str| {
        let answer = node.get(&path(secret), &[]);
        let problem = answer.problem(404, "not-found");
        let unknown = node.get(&path(b"never heard of"), &[]).json();
        assert_eq!(problem["detail"], unknown["detail"], "{why}: it does not say whether the bytes are here");
    };
    hidden("restricted");
    // the hash is on the log: the stranger knows it, and names it
    name(&node, &mut stranger, STRANGERS_LOT, secret, "public");
    hidden("named by a stranger");
    // it has not the bytes: a signature over other bytes does not help, nor does one over the digest of the right ones
    let lie = node.put_signed(&stranger.key, &path(secret), b"other bytes", |_| {});
    lie.problem(400, "malformed-request");
    let headers = node.signed_headers(&stranger.key, "PUT", &path(secret), &digest::of(secret), |_| {});
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    node.send("PUT", &path(secret), &headers, b"other bytes").problem(400, "malformed-request");
    hidden("no bytes");
    // unsigned uploads make nobody's naming count, not even the owner's bytes sent by somebody
    assert_eq!(node.send("PUT", &path(secret), &[], secret).status, 204);
    hidden("unsigned");
    // the page of the stranger's lot does not say that the bytes are here
    let page = node.get("/01/09521322000017/10/X-1", &[("Accept", "text/html")]).text();
    assert!(page.contains("promised") && !page.contains(&format!("href=\"{}\"", path(secret))), "{page}");
    // who holds the bytes may publish them: the stranger got them after all
    assert_eq!(put_signed(&node, &stranger, secret).status, 204);
    let there = node.get(&path(secret), &[]);
    assert_eq!((there.status, there.body.as_slice()), (200, secret));
    eventually(|| node.stored("quarantine") == 0);
    assert_eq!((node.stored("evidence"), node.stored("handed-in")), (1, 1), "one copy");
    let page = node.get("/01/09521322000017/10/X-1", &[("Accept", "text/html")]).text();
    assert!(page.contains(&format!("href=\"{}\"", path(secret))), "{page}");
    node.stop();
}

#[test]
fn public_blob_is_served_only_after_its_own_party_handed_it_in() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    let stranger = enrol_stranger(&node, &mut authority(&node));
    let photo = b"a photo".as_slice();
    name(&node, &mut village, &lot_uri("A-1"), photo, "public");
    assert_eq!(node.send("PUT", &path(photo), &[], photo).status, 204);
    node.get(&path(photo), &[]).problem(404, "not-found");
    assert_eq!(put_signed(&node, &stranger, photo).status, 204, "another party's upload is noted for that party");
    node.get(&path(photo), &[]).problem(404, "not-found");
    // the village can still hand it in: nothing was locked by those before
    assert_eq!(put_signed(&node, &village, photo).status, 204);
    assert_eq!(node.get(&path(photo), &[]).body, photo);
    let report = jejak::ledger::doctor(&node.dir.path().join("ledger"), &jejak::ledger::DoctorOptions::default());
    assert!(report.ok());
    // upload first, then the record
    let later = b"another photo".as_slice();
    assert_eq!(put_signed(&node, &village, later).status, 204);
    node.get(&path(later), &[]).problem(404, "not-found");
    name(&node, &mut village, &lot_uri("A-2"), later, "public");
    assert_eq!(node.get(&path(later), &[]).body, later);
    node.stop();
}

#[test]
fn signature_of_a_request_counts_once_here_and_for_this_request_only() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    let blob = b"a photo".as_slice();
    let send = |method: &str, path: &str, headers: &[(&str, String)], body: &[u8]| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        node.send(method, path, &headers, body)
    };
    let refused = |answer: Answer, what: &str| {
        let problem = answer.problem(403, "signature-refused");
        assert!(problem["detail"].as_str().unwrap().contains(what), "{what}: {problem}");
        assert_eq!(node.stored("quarantine"), 0, "{what}");
        problem
    };
    let headers = |change: fn(&mut jejak::httpsig::Params)| {
        node.signed_headers(&village.key, "PUT", &path(blob), &digest::of(blob), change)
    };
    let other = headers(|params| params.ledger = "urn:jejak:ledger:other".into());
    refused(send("PUT", &path(blob), &other, blob), "not for this ledger");
    let stranger = SigningKey::from_bytes(&[99; 32]);
    let unknown = node.put_signed(&stranger, &path(blob), blob, |_| {});
    assert_eq!(refused(unknown, "no party has registered")["rule"], "key-unknown");
    let operator = node.put_signed(&keys().operator, &path(blob), blob, |_| {});
    assert_eq!(refused(operator, "signs no requests")["rule"], "key-purpose");
    let claimed = headers(|params| params.key = PublicKey(keys().operator.verifying_key().to_bytes()));
    refused(send("PUT", &path(blob), &claimed, blob), "does not verify");
    let elsewhere = node.signed_headers(&village.key, "PUT", &path(b"x"), &digest::of(blob), |_| {});
    refused(send("PUT", &path(blob), &elsewhere, blob), "does not verify");
    let method = node.signed_headers(&village.key, "POST", &path(blob), &digest::of(blob), |_| {});
    refused(send("PUT", &path(blob), &method, blob), "does not verify");
    let query = headers(|_| {});
    refused(send("PUT", &format!("{}?x=1", path(blob)), &query, blob), "does not verify");
    let whole = headers(|_| {});
    // what is signed in part is refused, never taken as unsigned
    for missing in ["content-digest", "signature-input", "signature"] {
        let part: Vec<_> = whole.iter().filter(|(name, _)| *name != missing).cloned().collect();
        refused(send("PUT", &path(blob), &part, blob), "missing");
    }
    for (name, value, why) in [
        ("signature", "x", "can't be read"),
        ("signature-input", "(", "can't be read"),
        ("content-digest", "sha-512=:AAAA:", "no sha-256"),
    ] {
        let mut changed = whole.clone();
        changed.iter_mut().filter(|header| header.0 == name).for_each(|header| header.1 = value.into());
        refused(send("PUT", &path(blob), &changed, blob), why);
    }
    // the digest is signed, the body is another one whose BLAKE3 is in the path
    let digest = node.signed_headers(&village.key, "PUT", &path(blob), &digest::of(b"other"), |_| {});
    refused(send("PUT", &path(blob), &digest, blob), "digest that was signed");
    assert_eq!(node.stored("handed-in"), 0);
    // each of those above was refused before its nonce counted, but for the last
    assert_eq!(send("PUT", &path(blob), &whole, blob).status, 204);
    let again = send("PUT", &path(blob), &whole, blob);
    assert!(again.problem(403, "signature-refused")["detail"].as_str().unwrap().contains("used already"));
    assert_eq!(put_signed(&node, &village, blob).status, 204, "signed again");
    node.stop();
}

#[test]
fn device_with_a_wrong_clock_learns_the_nodes_time_and_signs_again() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    let blob = b"a photo".as_slice();
    for (created, outcome) in [
        (NOW + TOLERANCE, 204),
        (NOW + TOLERANCE + 1, 403),
        (NOW - LONGEST - 1, 403),
        // the node started at this moment: what was used before is not known
        (NOW - 1, 403),
        (NOW, 204),
    ] {
        let answer = node.put_signed(&village.key, &path(blob), blob, |params| {
            (params.created, params.expires) = (created, created + LONGEST);
        });
        assert_eq!(answer.status, outcome, "{}: {}", created - NOW, answer.text());
        if outcome == 403 {
            let problem = answer.problem(403, "signature-time");
            assert_eq!(problem["serverTime"], NOW);
            let again = node.put_signed(&village.key, &path(blob), blob, |params| {
                params.created = problem["serverTime"].as_i64().unwrap();
                params.expires = params.created + 60;
            });
            assert_eq!(again.status, 204);
        }
    }
    let long = node.put_signed(&village.key, &path(blob), blob, |params| params.expires = params.created + LONGEST + 1);
    long.problem(403, "signature-refused");
    node.stop();
}

#[test]
fn refusal_of_a_signature_comes_before_the_body() {
    use std::io::{Read, Write};
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    let blob = vec![7; 1 << 20];
    let begin = |created: i64| {
        let headers = node.signed_headers(&village.key, "PUT", &path(&blob), &digest::of(&blob), |params| {
            (params.created, params.expires) = (created, created + 60);
        });
        let mut text = format!(
            "PUT {} HTTP/1.1\r\nHost: ledger.example\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n",
            path(&blob),
            blob.len()
        );
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        let mut stream = node.connect();
        stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
        stream
    };
    Answer::read(&mut begin(NOW - 1_000)).problem(403, "signature-time");
    let mut stream = begin(NOW);
    let mut go = [0; 25];
    stream.read_exact(&mut go).unwrap();
    assert_eq!(&go, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&blob).unwrap();
    assert_eq!(Answer::read(&mut stream).status, 204);
    node.stop();
}

#[test]
fn revoked_key_and_suspended_party_sign_no_requests() {
    let node = Node::start(|_| {});
    let village = enrol_village(&node);
    let mut authority = authority(&node);
    let stranger = enrol_stranger(&node, &mut authority);
    let blob = b"a photo".as_slice();
    assert_eq!((put_signed(&node, &village, blob).status, put_signed(&node, &stranger, blob).status), (204, 204));
    let status = Statement::PartyStatus(PartyStatus {
        party: STRANGER.into(),
        status: Standing::Suspended,
        reason: Some("under inquiry".into()),
    });
    let revocation = Statement::KeyRevocation(KeyRevocation {
        key: PublicKey(village.key.verifying_key().to_bytes()),
        reason: "lost".into(),
        compromised_since: None,
    });
    for statement in [status, revocation] {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    for (signer, rule) in [(&village, "key-revoked"), (&stranger, "party-suspended")] {
        assert_eq!(put_signed(&node, signer, blob).problem(403, "signature-refused")["rule"], rule);
    }
    node.stop();
}

/// A node behind a proxy on this machine, with room for ten small uploads of each kind.
fn small_node(bytes: u64, files: u64) -> Node {
    let ledgers = |limits: &mut jejak::ledger::Limits| {
        (limits.evidence_bytes, limits.quarantine_bytes, limits.quarantine_files) = (100, bytes, files);
    };
    Node::with(Duration::from_millis(10), ledgers, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
}

#[test]
fn one_address_fills_neither_the_room_of_others_nor_that_of_signed_uploads() {
    for (size, bytes, files) in [(100, 1_000, 1_000), (5, 1_000_000, 10)] {
        let node = small_node(bytes, files);
        let village = enrol_village(&node);
        let mut blobs = (0..).map(|n: u32| [&n.to_be_bytes()[..], &vec![7; size - 4]].concat());
        // as many as are taken until one is refused
        let mut fill = |client: &str| {
            let mut taken = 0;
            loop {
                let blob = blobs.next().unwrap();
                let answer = node.send("PUT", &path(&blob), &[("X-Forwarded-For", client)], &blob);
                if answer.status != 204 {
                    let problem = answer.problem(503, "busy");
                    assert!(problem["retryable"] == true && !answer.header("retry-after").is_empty());
                    return taken;
                }
                taken += 1;
            }
        };
        // alone it gets half, without having to leave anything to those who do not come
        assert_eq!(fill("198.51.100.7"), 5);
        assert_eq!(fill("10.9.9.9, 198.51.100.7"), 0, "what a client writes itself is not read");
        assert!(fill("198.51.100.8") >= 2, "another one");
        assert_eq!(fill("2001:db8:1:2::1"), 1);
        assert_eq!(fill("2001:db8:1:2:ffff::1"), 0, "the same /64");
        let crowd: BTreeMap<u32, u32> = (0..20).map(|n| (n, fill(&format!("203.0.113.{n}")))).collect();
        assert_eq!(crowd.values().sum::<u32>(), 1, "many addresses can fill it: {crowd:?}");
        // and a signed upload has its room
        for n in 0..5u8 {
            let blob = vec![n; size];
            assert_eq!(put_signed(&node, &village, &blob).status, 204, "{n}");
        }
        let blob = vec![99; size];
        put_signed(&node, &village, &blob).problem(503, "busy");
        // of another party
        let stranger = enrol_stranger(&node, &mut authority(&node));
        assert_eq!(put_signed(&node, &stranger, &blob).status, 204);
        node.stop();
    }
}

#[test]
fn upload_takes_no_memory_for_its_size() {
    // the budget for bodies has room for no more than a record
    let node = Node::start(|limits| limits.bodies = 200_000);
    let village = enrol_village(&node);
    let blob: Vec<u8> = (0..5_000_000u32).map(|n| n as u8).collect();
    assert_eq!(node.send("PUT", &path(&blob), &[], &blob).status, 204);
    assert_eq!(put_signed(&node, &village, &blob).status, 204);
    // without a length, in pieces of any size
    let mut stream = node.connect();
    use std::io::Write;
    let head =
        format!("PUT {} HTTP/1.1\r\nHost: l\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n", path(&blob));
    stream.write_all(head.as_bytes()).unwrap();
    for piece in blob.chunks(300_001) {
        stream.write_all(&[format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut stream).status, 204);
    assert_eq!((node.stored("quarantine"), node.stored("handed-in")), (1, 1));
    assert_eq!(node.stored(".tmp"), 0);
    node.stop();
}

#[test]
fn uploads_that_break_off_leave_neither_files_nor_reservations() {
    use std::io::Write;
    let node = small_node(1_000, 1_000);
    let blob = vec![7; 100];
    for _ in 0..30 {
        let mut stream = node.connect();
        let whole = crate::common::http::request("PUT", &path(&blob), &[], &blob);
        stream.write_all(&whole[..whole.len() - 10]).unwrap();
    }
    // each has begun and ended: connections are accepted in their order, and that of the metrics is the only one now
    eventually(|| node.budget("used", "connections") == 1);
    // their files are removed on other threads; then their room is free again
    eventually(|| node.stored(".tmp") == 0 && node.send("PUT", &path(&blob), &[], &blob).status == 204);
    let rest = (0..20u8).filter(|n| {
        let blob = vec![*n + 100; 100];
        node.send("PUT", &path(&blob), &[], &blob).status == 204
    });
    assert_eq!(rest.count(), 4, "five of ten are for one address");
    node.stop();
}

#[test]
fn command_line_signs_an_upload_by_the_nodes_clock_only_if_that_is_within_a_day() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    let dir = tempfile::tempdir().unwrap();
    jejak::store::keyfile::write(&dir.path().join("village.pem"), &village.key, None).unwrap();
    std::fs::write(dir.path().join("photo.txt"), b"a photo, in words").unwrap();
    let address = format!("http://{}", node.addr);
    let run = |args: &[&str]| {
        let all = [&["evidence", "add", "photo.txt", "--node", &address], args].concat();
        command(dir.path(), &all).env_remove("JEJAK_LEDGER").output().unwrap()
    };
    let blob = b"a photo, in words".as_slice();
    name(&node, &mut village, &lot_uri("A-1"), blob, "public");
    let unsigned = run(&[]);
    assert!(unsigned.status.success() && String::from_utf8_lossy(&unsigned.stdout).contains("--key"));
    node.get(&path(blob), &[]).problem(404, "not-found");
    let wrong = run(&["--key", "village.pem", "--ledger", "urn:jejak:ledger:other"]);
    assert_eq!(wrong.status.code(), Some(4), "{wrong:?}");
    let here = jiff::Timestamp::now().as_second();
    // a signature for a day that has not come could be kept, and used then
    for hours in [-26, 26] {
        node.clock.set(here + hours * 3600);
        let refused = run(&["--key", "village.pem"]);
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("set the clock that is wrong"), "{refused:?}");
    }
    node.clock.set(here + 20 * 3600);
    let signed = run(&["--key", "village.pem"]);
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    assert_eq!(node.get(&path(blob), &[]).body, blob);
    assert_eq!(village.iss, PRODUCER);
    node.stop();
}
