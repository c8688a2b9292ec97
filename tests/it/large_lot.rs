//! A lot that thousands of records are about: its page, its JSON and its proof stay of a bounded size, and all of it can be read and
//! verified in parts.

use ed25519_dalek::SigningKey;
use jejak::proof::bundle::{MAX_PARTS, PART_BYTES, PART_RECORDS};
use jejak::proof::{Bundle, Trust, verify};
use jejak::query::{FIRST_STEPS, LAST_STEPS};
use jejak::record::registry::{Key, Purpose};
use jejak::record::{PublicKey, Statement, prove_possession};
use serde_json::{Value, json};

use crate::common::command::{code, jejak, ok, stderr};
use crate::common::http::{COSE, Node, SEQ, next_page};
use crate::common::village::{GTIN, PLACE, PartySigner, TODAY, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::{eventually, settle, trust_file};

const LOT: &str = "L1";
/// Besides the first records of the ledger.
const RECORDS: usize = PART_RECORDS + 100;

/// A gram that is booked off.
fn adjustment() -> Value {
    let context = harvest(LOT)["@context"].clone();
    json!({
        "@context": context,
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{}", uuid::Uuid::now_v7()),
        "eventTime": TODAY,
        "eventTimeZoneOffset": "+00:00",
        "action": "DELETE",
        "bizStep": "decommissioning",
        "readPoint": { "id": format!("https://id.gs1.org/414/{PLACE}") },
        "quantityList": [{ "epcClass": lot_uri(LOT), "quantity": 1, "uom": "GRM" }],
        "jejak:reason": "drying",
    })
}

fn batch(signer: &mut PartySigner, records: usize) -> Vec<u8> {
    let record = |_| signer.event(&lot_uri(LOT), adjustment().to_string().as_bytes());
    (0..records).flat_map(record).collect()
}

/// A node with the lot, and its maker.
fn node() -> (Node, PartySigner) {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let made =
        with(&harvest(LOT), json!({ "quantityList": [{ "epcClass": lot_uri(LOT), "quantity": 100, "uom": "KGM" }] }));
    admitted(&node.post(COSE, &signer.event(&lot_uri(LOT), made.to_string().as_bytes())));
    let mut left = RECORDS;
    while left > 0 {
        let some = left.min(700);
        let answer = node.post(SEQ, &batch(&mut signer, some)).json();
        let wrong = answer.as_array().unwrap().iter().find(|outcome| outcome["duplicate"] != false);
        assert_eq!(wrong, None);
        left -= some;
    }
    settle(&node.ledger);
    (node, signer)
}

/// Adds an event key to the party of `admin`.
fn event_key(node: &Node, admin: &mut PartySigner, seed: u8) -> PartySigner {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let statement = Key {
        party: admin.iss.clone(),
        key: PublicKey(key.verifying_key().to_bytes()),
        purpose: Purpose::Event,
        possession: prove_possession(&key, &admin.ledger, &admin.iss, Purpose::Event),
        label: None,
    };
    admitted(&node.post(COSE, &admin.statement(&Statement::Key(statement))));
    PartySigner { key, iss: admin.iss.clone(), ledger: admin.ledger.clone(), seq: 0 }
}

#[test]
fn proof_that_is_larger_than_a_node_makes_is_refused_with_what_to_do_and_the_page_is_served() {
    const LOTS: usize = 3;
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let of = |lot: usize| format!("L{lot}");
    let kilograms = json!([1, 2, 3].map(|lot| json!({ "epcClass": lot_uri(&of(lot)), "quantity": 100, "uom": "KGM" })));
    let made = with(&harvest(LOT), json!({ "quantityList": kilograms }));
    admitted(&node.post(COSE, &signer.event(&lot_uri(LOT), made.to_string().as_bytes())));
    let merged = with(
        &harvest("MERGED"),
        json!({
            "type": "TransformationEvent", "action": null, "disposition": null, "quantityList": null, "ilmd": null,
            "jejak:mode": null,
            "inputQuantityList": (1..=LOTS).map(|lot| json!({ "epcClass": lot_uri(&of(lot)), "quantity": 1, "uom": "KGM" })).collect::<Vec<_>>(),
            "outputQuantityList": [{ "epcClass": lot_uri("MERGED"), "quantity": 3, "uom": "KGM" }],
        }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("MERGED"), merged.to_string().as_bytes())));
    // records with as many documents as one may name, each with an id as long as it may be
    let documents: Vec<Value> = (0..100)
        .map(|n| json!({ "type": "inv", "bizTransaction": format!("urn:example:{n:03}:{}", "x".repeat(480)) }))
        .collect();
    let mut bytes = 0;
    for seed in 31..36 {
        let mut key = event_key(&node, &mut signer, seed);
        let records: Vec<bytes::Bytes> = (0..270)
            .map(|n| {
                let lot = lot_uri(&of(1 + n % LOTS));
                let goods = json!([{ "epcClass": lot, "quantity": 1, "uom": "GRM" }]);
                let event = with(&adjustment(), json!({ "quantityList": goods, "bizTransactionList": documents }));
                key.event(&lot, event.to_string().as_bytes()).into()
            })
            .collect();
        bytes += records.iter().map(bytes::Bytes::len).sum::<usize>();
        let answers = node.ledger.submit_many_blocking(records);
        let refused = answers.iter().find_map(|answer| answer.as_ref().err());
        assert!(refused.is_none(), "{refused:?}");
    }
    assert!(bytes > PART_BYTES * MAX_PARTS as usize / 2, "{bytes} bytes");
    settle(&node.ledger);
    let problem = node.get(&format!("/lots/{GTIN}/MERGED/proof"), &[]).problem(404, "not-found");
    assert!(problem["detail"].as_str().unwrap().contains("jejak audit"), "{problem}");
    let page = node.get(&format!("/01/{GTIN}/10/MERGED"), &[("Accept", "text/html")]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-state=\"unchecked\""), "nothing is green that was not checked");
    assert_eq!(node.get(&format!("/lots/{GTIN}/MERGED"), &[]).status, 200);
    node.stop();
}

fn trust(node: &Node) -> Trust {
    Trust::pinned(node.ledger.id(), node.ledger.verifier().unwrap())
}

#[test]
fn lot_with_thousands_of_records_is_served_and_proven_in_bounded_parts() {
    let (node, mut signer) = node();
    let path = format!("/lots/{GTIN}/{LOT}/proof");

    // the proof, part by part, although the log grows
    let first = node.get(&path, &[]);
    assert_eq!(first.status, 200);
    assert!(first.header("content-disposition").contains(&format!("{GTIN}-{LOT}.1.jejak")));
    let second = next_page(&first).unwrap();
    admitted(&node.post(COSE, &batch(&mut signer, 1)));
    settle(&node.ledger);
    let last = node.get(&second, &[]);
    assert_eq!((last.status, next_page(&last)), (200, None));
    let parts: Vec<Bundle> = [&first, &last].map(|part| Bundle::from_json(&part.body).unwrap()).to_vec();
    assert!(parts.iter().all(|part| part.records.len() <= PART_RECORDS));
    assert!(!verify(&parts[0], &trust(&node)).is_consistent(), "one part proves nothing");
    let verdict = verify(&Bundle::join(parts).unwrap(), &trust(&node));
    assert!(verdict.is_proven(), "{:?}", verdict.checks);
    for wrong in [format!("{path}?part=2"), format!("{path}?part=2&size=7"), second.replace("part=2", "part=3")] {
        node.get(&wrong, &[]).problem(404, "not-found");
    }

    // the command line follows the parts, and keeps them
    let dir = tempfile::tempdir().unwrap();
    trust_file(dir.path(), &node.ledger);
    let label = format!("http://{}/01/{GTIN}/10/{LOT}", node.addr);
    let run = |args: &[&str]| jejak(dir.path(), &[&["verify", "--trust", "trust.json"], args].concat());
    assert!(ok(&run(&[&label, "--keep", "lot.jejak"])).contains("PROVEN"));
    assert!(ok(&run(&["lot.2.jejak", "lot.1.jejak"])).contains("PROVEN"));
    let half = run(&["lot.2.jejak"]);
    assert_eq!(code(&half), 2, "{}", stderr(&half));
    assert!(stderr(&half).contains("these are missing: 1"), "{}", stderr(&half));

    // the lot as JSON says what its lists leave out, and all its records can be read
    let lot = node.get(&format!("/lots/{GTIN}/{LOT}"), &[]);
    let (shown, omitted) = (lot.json()["steps"].as_array().unwrap().len(), lot.json()["omitted"]["steps"].as_u64());
    assert_eq!(shown, FIRST_STEPS + LAST_STEPS);
    assert_eq!(omitted.unwrap() as usize, RECORDS + 2 - shown);
    assert!(lot.body.len() < 512 << 10, "{} bytes", lot.body.len());
    let (mut read, mut next) = (0, Some(format!("/lots/{GTIN}/{LOT}/steps?limit=200")));
    while let Some(path) = next {
        let page = node.get(&path, &[]);
        read += page.json().as_array().unwrap().len();
        next = next_page(&page);
    }
    assert_eq!(read, RECORDS + 2);

    // the page is made without the check, and shows it when it was made
    let page = || node.get(&format!("/01/{GTIN}/10/{LOT}"), &[("Accept", "text/html")]);
    let before = page();
    assert_eq!(before.status, 200);
    assert!(before.text().contains("data-state=\"unchecked\""), "nothing is green that was not checked");
    assert!(!before.text().contains("data-bundle="));
    assert!(before.text().contains(&format!("{} records between", omitted.unwrap())), "{}", before.text());
    // documents of records that are left out are not looked at: the page does not say that there are none
    assert!(before.text().contains("may have documents of their own"), "{}", before.text());
    assert!(!before.text().contains("No documents are attached"));
    assert!(before.body.len() < 512 << 10, "{} bytes", before.body.len());
    eventually(|| page().text().contains("data-state=\"not-inspected\""));
    node.stop();
}
