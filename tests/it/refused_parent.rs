//! A record whose parent the ledger refused is admitted with a finding while the node remembers the refusal, over restarts too,
//! and waits when the node never saw the parent or lost its register; every replay agrees.

use crate::common::http::{COSE, Node};
use crate::common::village::{GTIN, PartySigner, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::{NOW, TestClock, healthy, options};
use jejak::chain::Rule;
use jejak::gs1::LotId;
use jejak::ledger::{Ledger, SubmitError, reindex};
use jejak::proof::{self, Trust};
use jejak::query;
use jejak::record::Hash32;
use serde_json::{Value, json};

/// An addition to lot `L1`, after `parent`.
fn after(parent: &Hash32) -> Value {
    with(&harvest("L1"), json!({ "jejak:after": [parent.uri()] }))
}

fn signed(signer: &mut PartySigner, event: &Value) -> Vec<u8> {
    signer.event(&lot_uri("L1"), event.to_string().as_bytes())
}

#[test]
fn child_of_refused_record_is_admitted_and_child_of_unknown_record_waits() {
    let mut node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    // more than a day ahead of the clock: refused, whatever comes later
    let parent = signed(&mut signer, &with(&harvest("L1"), json!({ "eventTime": "2026-09-24T13:00:00Z" })));
    let parent_id = Hash32::of(&parent);
    let child = signed(&mut signer, &after(&parent_id));
    assert_eq!(node.post(COSE, &child).problem(424, "too-early")["rule"], "parent-unknown", "never seen yet");
    assert_eq!(node.post(COSE, &parent).problem(422, "rejected")["rule"], "event-time-implausible");
    admitted(&node.post(COSE, &child));

    // a record that waits is not a refused one: what follows it waits too
    let waiting = signed(&mut signer, &after(&Hash32([7; 32])));
    node.post(COSE, &waiting).problem(424, "too-early");
    let grandchild = signed(&mut signer, &after(&Hash32::of(&waiting)));
    node.post(COSE, &grandchild).problem(424, "too-early");
    // nor is one whose signature does not hold, or that a stranger signed
    let mut forged = signed(&mut signer, &harvest("L1"));
    *forged.last_mut().unwrap() ^= 1;
    node.post(COSE, &forged).problem(400, "bad-signature");
    let of_forged = signed(&mut signer, &after(&Hash32::of(&forged)));
    node.post(COSE, &of_forged).problem(424, "too-early");
    let strange = ed25519_dalek::SigningKey::from_bytes(&[77; 32]);
    let mut stranger = PartySigner {
        key: strange,
        iss: signer.iss.clone(),
        ledger: "urn:jejak:ledger:of-someone-else".into(),
        seq: 0,
    };
    let foreign = signed(&mut stranger, &harvest("L1"));
    assert_eq!(node.post(COSE, &foreign).problem(422, "rejected")["rule"], "wrong-ledger");
    let of_foreign = signed(&mut signer, &after(&Hash32::of(&foreign)));
    node.post(COSE, &of_foreign).problem(424, "too-early");

    // the finding is on the lot, and a replay of its proof finds the same
    crate::common::settle(&node.ledger);
    let lot = LotId { gtin: GTIN.parse().unwrap(), lot: "L1".parse().unwrap() };
    let view = node.ledger.with_state(|s, r| query::lot_view(s, r, &lot)).unwrap().unwrap();
    let shown: Vec<_> = view.findings.iter().filter(|f| f.rule == Rule::AfterRefused).collect();
    assert_eq!(shown.len(), 1, "{:?}", view.findings);
    assert_eq!((shown[0].record, &shown[0].args[0].1), (Hash32::of(&child), &parent_id.to_string()));
    let trust = Trust::pinned(node.ledger.id(), node.ledger.verifier().unwrap());
    let verdict = proof::verify(&node.ledger.bundle(&lot).unwrap().unwrap(), &trust);
    assert!(verdict.is_proven(), "{verdict:?}");
    let after_refused = |f: &&jejak::chain::Finding| f.rule == Rule::AfterRefused;
    let proven = verdict.lot.unwrap();
    assert!(proven.findings.iter().filter(after_refused).eq(view.findings.iter().filter(after_refused)));
    assert_eq!(proven.headline, view.headline);

    // over a restart the node remembers what it refused
    let _ = node.stop.take().unwrap().send(());
    node.thread.take().unwrap().join().unwrap();
    let path = node.dir.path().join("ledger");
    drop(node.ledger);
    healthy(&path);
    let options = options(&TestClock::at(NOW));
    let report = reindex(&path).unwrap();
    assert!(report.voids.is_empty(), "{:?}", report.voids);
    let ledger = Ledger::open(&path, &options).unwrap();
    ledger.submit_blocking(signed(&mut signer, &after(&parent_id)).into()).unwrap();
    ledger.shutdown();
    drop(ledger);
    // one that lost its register does not: the refused record is sent again, then the one that follows it
    std::fs::remove_dir_all(path.join("register")).unwrap();
    let ledger = Ledger::open(&path, &options).unwrap();
    let second = signed(&mut signer, &after(&parent_id));
    let submit = |bytes: &[u8]| ledger.submit_blocking(bytes.to_vec().into());
    let rule = |answer| match answer {
        Err(SubmitError::Rejected(rejection)) => (rejection.rule, rejection.retryable),
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(submit(&second)), (Rule::ParentUnknown, true));
    assert_eq!(rule(submit(&parent)), (Rule::EventTimeImplausible, false));
    submit(&second).unwrap();
    assert!(submit(&child).unwrap().duplicate);
    ledger.shutdown();
    drop(ledger);
    healthy(&path);
}
