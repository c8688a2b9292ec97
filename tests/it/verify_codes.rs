//! Exit codes of `jejak verify` (docs/operations.md, "Exit codes of the command"): goods that are not to be relied on, files that were
//! changed, and files that leave records out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jejak::chain::{Context, MemState, Overlay, ProfileSource, RecordSource, StateError};
use jejak::gs1::LotId;
use jejak::proof::{Bundle, Trust, verify};
use jejak::quality::{Criteria, Verdict};
use jejak::query::view::LotState;
use jejak::query::{self, Most};
use jejak::record::{Hash32, Record, RecordId};
use serde_json::json;

use crate::common::command::{code, jejak, stderr};
use crate::common::demo_ledger::{demo_ledger, pinned};
use crate::common::http::{COSE, Node};
use crate::common::village::{GTIN, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::{settle, trust_file};

/// Exit code, first line, and messages of `jejak verify` on this file or address.
fn verified(dir: &Path, proof: &str) -> (i32, String, String) {
    let output = jejak(dir, &["verify", proof, "--trust", "trust.json"]);
    let shown = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    (code(&output), shown, stderr(&output))
}

#[test]
fn lot_that_was_withdrawn_is_proven_and_exits_with_5() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let made = harvest("L1");
    let answer = node.post(COSE, &signer.event(&lot_uri("L1"), made.to_string().as_bytes()));
    admitted(&answer);
    let void = with(
        &made,
        json!({
            "eventID": format!("urn:uuid:{}", uuid::Uuid::now_v7()),
            "errorDeclaration": { "declarationTime": "2026-09-21T13:00:00Z", "reason": "incorrect_data" },
            "jejak:voids": format!("urn:jejak:record:{}", answer.json()["id"].as_str().unwrap()),
        }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), void.to_string().as_bytes())));
    settle(&node.ledger);
    let dir = tempfile::tempdir().unwrap();
    trust_file(dir.path(), &node.ledger);
    let (code, shown, messages) = verified(dir.path(), &format!("http://{}/01/{GTIN}/10/L1", node.addr));
    assert_eq!(code, 5, "{messages}");
    assert!(shown.starts_with("PROVEN") && messages.contains("withdrawn"), "{shown}\n{messages}");
    node.stop();
}

#[test]
fn changed_proof_of_a_held_lot_exits_with_1_and_not_with_5() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    trust_file(dir.path(), &ledger);
    let lot = lots.iter().find(|lot| lot.lot.as_str() == "ALP-2611-04").unwrap();
    let bundle = ledger.bundle(lot).unwrap().unwrap();
    std::fs::write(dir.path().join("held.jejak"), bundle.to_json().unwrap()).unwrap();
    let (code, shown, messages) = verified(dir.path(), "held.jejak");
    assert_eq!(code, 5, "{messages}");
    assert!(shown.starts_with("PROVEN") && messages.contains("is recalled"), "{shown}\n{messages}");
    // a signature; a record that the state of the lot does not depend on; the checkpoint
    let mut signature = bundle.clone();
    *signature.records.last_mut().unwrap().record.last_mut().unwrap() ^= 1;
    let mut fewer = bundle.clone();
    fewer.records.remove(fewer.records.len() / 2);
    let mut head = bundle;
    head.checkpoint = head.checkpoint.replacen("\n", "0\n", 2);
    for (name, changed) in [("signature", signature), ("fewer", fewer), ("head", head)] {
        let file = format!("{name}.jejak");
        std::fs::write(dir.path().join(&file), changed.to_json().unwrap()).unwrap();
        let (code, shown, messages) = verified(dir.path(), &file);
        assert!(code == 1 && shown.starts_with("NOT PROVEN"), "{name}: {code} {shown} {messages}");
    }
    ledger.shutdown();
}

/// What a bundle holds.
struct Held {
    records: BTreeMap<RecordId, Arc<Record>>,
    profiles: BTreeMap<Hash32, Criteria>,
}

impl Held {
    fn of(bundle: &Bundle) -> Held {
        let records = bundle.records.iter().map(|r| Arc::new(Record::decode(&r.record).unwrap()));
        let profiles = bundle.profiles.iter().map(|p| (p.blake3, Criteria::from_json(&p.bytes).unwrap()));
        Held { records: records.map(|record| (record.id, record)).collect(), profiles: profiles.collect() }
    }
}

impl ProfileSource for Held {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        self.profiles.get(blake3).cloned()
    }
}

impl RecordSource for Held {
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
        Ok(self.records.get(id).cloned())
    }
}

/// The bundle without some of its records, and without all that only these need.
fn without(bundle: &Bundle, dropped: &BTreeSet<u64>) -> Bundle {
    let mut kept = bundle.clone();
    kept.records.retain(|record| !dropped.contains(&record.index));
    loop {
        let source = Held::of(&kept);
        let mut state = MemState::new();
        for placed in &kept.records {
            let record = Record::decode(&placed.record).unwrap();
            let mut overlay = Overlay::new(&state);
            overlay.mark();
            jejak::chain::apply(&mut overlay, placed.index, &record, &Context::closure(&source)).unwrap();
            let changes = overlay.into_changes();
            state.commit(changes).unwrap();
        }
        let needed = query::closure(&state, &source, &kept.lot, Most::ALL).unwrap().unwrap();
        let before = kept.records.len();
        kept.records.retain(|record| needed.contains(&record.index));
        if kept.records.len() == before {
            return kept;
        }
    }
}

#[test]
fn proof_without_its_failed_test_exits_with_0_only_under_a_line_that_says_that_records_may_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    trust_file(dir.path(), &ledger);
    let lot: &LotId = lots.iter().find(|lot| lot.lot.as_str() == "NILAM-2611-02").unwrap();
    let bundle = ledger.bundle(lot).unwrap().unwrap();
    let trust: Trust = pinned(&ledger);
    let whole = verify(&bundle, &trust).lot.unwrap();
    assert_eq!(whole.headline, LotState::Failed);
    let failed = whole.inspections.iter().filter(|test| test.verdict == Verdict::Fail).map(|test| test.index);
    let dropped = without(&bundle, &failed.collect());
    assert!(dropped.records.len() < bundle.records.len());
    std::fs::write(dir.path().join("whole.jejak"), bundle.to_json().unwrap()).unwrap();
    std::fs::write(dir.path().join("dropped.jejak"), dropped.to_json().unwrap()).unwrap();
    assert_eq!(verified(dir.path(), "whole.jejak").0, 5);
    let (code, shown, messages) = verified(dir.path(), "dropped.jejak");
    assert_eq!(code, 0, "{messages}");
    assert!(shown.contains("Records may be missing: completeness is not proven"), "{shown}");
    let complete = jejak(dir.path(), &["verify", "dropped.jejak", "--trust", "trust.json", "--require-complete"]);
    assert_eq!(crate::common::command::code(&complete), 6, "{}", stderr(&complete));
    ledger.shutdown();
}
