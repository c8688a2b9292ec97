//! What an event must state, and how much: refusals that need no history.

use serde_json::json;

use super::sampling;
use crate::chain::Rule;
use crate::chain::testing::*;
use crate::record::Hash32;

fn with_two() -> World {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "100"));
    w.ok(VILLAGE, harvest(&leaf("D2"), "100"));
    w
}

#[test]
fn inspection_or_labels_of_two_lots_are_refused() {
    let mut w = with_two();
    let both = json!([grams(&leaf("D1"), "10"), grams(&leaf("D2"), "10")]);
    w.refused(Rule::OneLotPerInspection, LAB, with(inspect(&leaf("D1"), "1", "1"), "quantityList", both.clone()));
    w.refused(Rule::OneLotPerIssue, VILLAGE, with(label(&leaf("D1"), "10", 1, "5"), "quantityList", both));
    let mut bare = label(&leaf("D1"), "10", 1, "5");
    bare.as_object_mut().unwrap().remove("jejak:serials");
    w.refused(Rule::SerialsMissing, VILLAGE, bare);
    let mut bare = sampling(&leaf("D1"), "1", VILLAGE);
    bare.as_object_mut().unwrap().remove("jejak:sample");
    w.refused(Rule::SampleMissing, LAB, bare);
}

#[test]
fn receipt_of_an_unknown_shipment_or_without_a_lot_is_refused() {
    let mut w = with_two();
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&leaf("D1"), "10"), (&leaf("D2"), "10")], &[]));
    w.refused(Rule::LotsUncounted, MILL, receive(sent, &[(&leaf("D1"), "10")], &[]));
    let unknown = w.submit(MILL, receive(Hash32([1; 32]), &[(&leaf("D1"), "10")], &[])).unwrap_err();
    assert!(unknown.rule == Rule::ShipmentUnknown && unknown.retryable);
}

#[test]
fn unknown_and_malformed_containers_are_refused() {
    let mut w = with_two();
    let item = format!("{}/21/ABC", leaf("D1").uri());
    let sending = with(ship(VILLAGE, MILL, &[], &[1]), "epcList", json!([item]));
    w.refused(Rule::ContainerKind, VILLAGE, sending);
    w.refused(Rule::ContainerUnknown, VILLAGE, unpack(7, &[(&leaf("D1"), "1")], &[]));
    w.refused(Rule::ContainerUnknown, VILLAGE, ship(VILLAGE, MILL, &[], &[7]));
    // a held container outlives the void of its packing, empty
    let packed = w.ok(VILLAGE, pack(1, &[(&leaf("D1"), "10")], &[]));
    w.ok(
        AUTHORITY,
        json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "epcList": [sscc(1)],
            "persistentDisposition": { "set": ["recalled"] },
        }),
    );
    let found = w.found(VILLAGE, void(packed, pack(1, &[(&leaf("D1"), "10")], &[])));
    assert_eq!(found, [Rule::RecordVoided]);
    w.refused(Rule::ContainerEmpty, VILLAGE, ship(VILLAGE, MILL, &[], &[1]));
}

#[test]
fn event_that_names_too_many_goods_is_refused() {
    let mut w = World::new();
    let many: Vec<_> = (0..501).map(|n| grams(&leaf(&format!("L{n}")), "1")).collect();
    w.refused(Rule::TooManyGoods, VILLAGE, with(harvest(&leaf("L0"), "1"), "quantityList", json!(many)));
}

#[test]
fn inconclusive_results_are_a_finding() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "100"));
    let made = oil("N1");
    w.ok(VILLAGE, process(&[(&leaf("D1"), "100")], &[(&made, "2")]));
    let mut unsure = inspect(&made, "1", "1");
    let report = &mut unsure["sensorElementList"][0]["sensorReport"][0];
    report["stringValue"] = json!("<12");
    report.as_object_mut().unwrap().remove("jejak:uncertainty");
    let found = w.found(LAB, unsure);
    assert_eq!(found, [Rule::UncertaintyMissing, Rule::InspectionInconclusive]);
}

#[test]
fn lot_that_would_be_its_own_ancestor_is_refused() {
    let mut w = World::new();
    let (a, b, c) = (leaf("D1"), oil("N1"), oil("N2"));
    w.ok(VILLAGE, harvest(&a, "100"));
    let first = process(&[(&a, "50")], &[(&b, "50")]);
    let made = w.ok(VILLAGE, first.clone());
    w.ok(VILLAGE, process(&[(&b, "50")], &[(&c, "50")]));
    let voiding = w.ok(VILLAGE, void(made, first));
    let citing = |event| with(event, "jejak:voids", json!(voiding.uri()));
    w.refused(Rule::LineageCycle, VILLAGE, citing(process(&[(&a, "50"), (&c, "1")], &[(&b, "50")])));
    w.ok(VILLAGE, citing(process(&[(&a, "50")], &[(&b, "50")])));
    w.assert_conserved();
}

#[test]
fn largest_amounts_add_up_without_wrapping() {
    let mut w = World::new();
    let raw = leaf("D1");
    for _ in 0..3 {
        w.ok(VILLAGE, harvest(&raw, "999999999999.999999"));
    }
    assert_eq!(w.lot(&raw).produced.to_string(), "2999999999999.999997");
    w.refused(Rule::LabelsExceedLot, VILLAGE, label(&raw, "999999999999", u32::MAX, "999999999999"));
    w.assert_conserved();
}
