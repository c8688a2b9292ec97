//! Ways to cheat that were tried: goods from nothing, goods twice, a bad fact out of sight, power beyond one's role.

use serde_json::{Value, json};

use super::{citing, headline, sale, sale_of, seen, with_oil};
use crate::chain::rows::OwnerRow;
use crate::chain::state::get;
use crate::chain::testing::*;
use crate::chain::{Rule, Table};
use crate::gs1::LotId;
use crate::query;
use crate::query::view::LotState;

fn seen_under(lot: &LotId, doc: &str) -> Value {
    with(seen(lot), "bizTransactionList", json!([{ "type": "po", "bizTransaction": doc }]))
}

#[test]
fn document_id_that_spells_another_entity_does_not_match_it() {
    let mut w = World::new();
    let (a, b) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&a, "10"));
    w.ok(VILLAGE, harvest(&b, "10"));
    for doc in [a.uri(), AUTHORITY.to_owned(), format!("registry:{AUTHORITY}")] {
        w.ok(VILLAGE, seen_under(&b, &doc));
    }
    assert_eq!(query::lot_view(&w.state, &w, &a).unwrap().unwrap().steps.len(), 1);
    assert!(!query::closure(&w.state, &w, &a, query::Most::ALL).unwrap().unwrap().is_empty());
}

#[test]
fn receipt_can_not_be_voided_after_its_container_was_nested() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.ok(VILLAGE, pack(1, &[(&raw, "10")], &[]));
    let one = w.ok(VILLAGE, ship(VILLAGE, MILL, &[], &[1]));
    let got = w.ok(MILL, receive(one, &[(&raw, "10")], &[1]));
    w.ok(MILL, pack(2, &[], &[1]));
    let two = w.ok(MILL, ship(MILL, BUYER, &[], &[2]));
    w.ok(BUYER, receive(two, &[(&raw, "10")], &[2]));
    w.refused(Rule::VoidOutOfOrder, MILL, void(got, receive(one, &[(&raw, "10")], &[1])));
}

#[test]
fn replacement_does_not_reopen_other_lots() {
    let mut w = World::new();
    let (good, dummy) = (leaf("D1"), leaf("D9"));
    w.ok(VILLAGE, with(harvest(&good, "100"), "jejak:close", json!(true)));
    let id = w.ok(VILLAGE, harvest(&dummy, "1"));
    let voiding = w.ok(VILLAGE, void(id, harvest(&dummy, "1")));
    w.refused(Rule::LotClosed, VILLAGE, citing(harvest(&good, "50000"), voiding));
}

#[test]
fn voided_lot_is_made_again_only_by_its_replacement() {
    let mut w = World::new();
    let (a, b, made) = (leaf("D1"), leaf("D2"), oil("N1"));
    w.ok(VILLAGE, harvest(&a, "1000"));
    w.ok(VILLAGE, harvest(&b, "1000"));
    let first = process(&[(&a, "1000")], &[(&made, "20")]);
    let id = w.ok(VILLAGE, first.clone());
    w.ok(LAB, inspect(&made, "1", "1"));
    let shipped = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&made, "20")], &[]));
    w.ok(BUYER, receive(shipped, &[(&made, "20")], &[]));
    let voiding = w.ok(VILLAGE, void(id, first));
    w.refused(Rule::LotExists, VILLAGE, process(&[(&b, "1000")], &[(&made, "20")]));
    let again = w.found(VILLAGE, citing(process(&[(&a, "1"), (&b, "999")], &[(&made, "90")]), voiding));
    assert!(again.contains(&Rule::RemadeAfterInspection), "{again:?}");
    w.ok(REGION, hold(&a, "recalled"));
    assert_eq!(headline(&w, &made), LotState::Recalled);
}

#[test]
fn process_with_more_output_than_input_is_a_finding() {
    let (mut w, one) = with_oil();
    w.ok(LAB, inspect(&one, "1", "1"));
    assert_eq!(w.found(VILLAGE, process(&[(&one, "0.001")], &[(&oil("N2"), "1000000")])), [Rule::OutputExceedsInput]);
    assert_eq!(headline(&w, &oil("N2")), LotState::Findings);
    assert!(w.found(VILLAGE, process(&[(&one, "1")], &[(&oil("N3"), "1")])).is_empty(), "a split is no gain");
}

#[test]
fn retest_by_a_looser_limit_does_not_clear_a_stricter_failure() {
    let (mut w, n) = with_oil();
    let strict = |iron: &str, acid: &str, good: bool| {
        let mut event = inspect(&n, iron, acid);
        event["disposition"] = json!(if good { "conformant" } else { "non_conformant" });
        event["jejak:profile"]["jejak:requirements"] = json!(["STRICT"]);
        event
    };
    let failed = w.ok(LAB, strict("1", "6", false));
    let retest = |event: Value| with(event, "jejak:retests", json!([failed.uri()]));
    w.ok(LAB, retest(inspect(&n, "1", "6")));
    assert_eq!(headline(&w, &n), LotState::Failed, "6 is within 8, and was measured against 4");
    w.ok(LAB, retest(strict("1", "3", true)));
    assert_ne!(headline(&w, &n), LotState::Failed);
}

#[test]
fn inspection_that_leaves_out_parameters_is_a_finding() {
    let (mut w, n) = with_oil();
    let mut part = inspect(&n, "1", "1");
    part["sensorElementList"][0]["sensorReport"].as_array_mut().unwrap().truncate(1);
    assert_eq!(w.found(LAB, part), [Rule::RequirementIncomplete]);
    assert_eq!(headline(&w, &n), LotState::Findings);
    let mut none = inspect(&n, "1", "1");
    none["jejak:profile"]["jejak:requirements"] = json!(["NONE"]);
    w.refused(Rule::RequirementUnknown, LAB, none);
}

#[test]
fn repeated_signature_does_not_move_ownership_twice() {
    let mut w = World::new();
    let (raw, other) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&raw, "10"));
    let all = [(&raw, "10")];
    w.refused(Rule::SoldInPart, VILLAGE, sale_of(VILLAGE, BUYER, "urn:d:0", &[(&raw, "1")], &[]));
    let mut signed = Vec::new();
    for (by, from, to, doc) in [
        (VILLAGE, VILLAGE, BUYER, "urn:d:1"),
        (BUYER, VILLAGE, BUYER, "urn:d:1"),
        (BUYER, BUYER, VILLAGE, "urn:d:2"),
        (VILLAGE, BUYER, VILLAGE, "urn:d:2"),
    ] {
        signed.push(w.ok(by, sale_of(from, to, doc, &all, &[])));
    }
    w.ok(BUYER, sale_of(VILLAGE, BUYER, "urn:d:1", &all, &[]));
    w.refused(Rule::GoodsNotOwned, BUYER, sale_of(BUYER, MILL, "urn:d:3", &all, &[]));
    for (by, at) in [(VILLAGE, 0), (BUYER, 1)] {
        w.refused(Rule::VoidOutOfOrder, by, void(signed[at], sale_of(VILLAGE, BUYER, "urn:d:1", &all, &[])));
    }
    // a carrier owns nothing of what it packs
    w.ok(VILLAGE, harvest(&other, "10"));
    let shipped = w.ok(VILLAGE, ship(VILLAGE, FORWARDER, &[(&other, "10")], &[]));
    w.ok(FORWARDER, receive(shipped, &[(&other, "10")], &[]));
    w.ok(FORWARDER, pack(5, &[(&other, "10")], &[]));
    w.refused(Rule::GoodsNotOwned, FORWARDER, sale_of(FORWARDER, BUYER, "urn:d:4", &[], &[5]));
    // a container that was sold is not sold again with its lot
    w.ok(VILLAGE, sale_of(VILLAGE, BUYER, "urn:d:5", &[], &[5]));
    w.ok(BUYER, sale_of(VILLAGE, BUYER, "urn:d:5", &[], &[5]));
    w.refused(Rule::GoodsNotOwned, VILLAGE, sale_of(VILLAGE, MILL, "urn:d:6", &[(&other, "10")], &[]));
}

#[test]
fn owner_that_signed_once_under_two_documents_loses_the_goods_once() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let owner = |w: &World| get::<OwnerRow>(&w.state, Table::Owner, raw.uri().as_bytes()).unwrap().unwrap().owner;
    let mut both = sale(VILLAGE, BUYER, "urn:d:1", &raw);
    both["bizTransactionList"].as_array_mut().unwrap().push(json!({ "type": "po", "bizTransaction": "urn:d:2" }));
    w.ok(VILLAGE, both.clone());
    w.ok(BUYER, sale(VILLAGE, BUYER, "urn:d:1", &raw));
    for by in [BUYER, VILLAGE] {
        w.ok(by, sale(BUYER, VILLAGE, "urn:d:3", &raw));
    }
    assert_eq!(owner(&w), VILLAGE);
    w.ok(BUYER, sale(VILLAGE, BUYER, "urn:d:2", &raw));
    assert_eq!(owner(&w), VILLAGE, "the owner has not signed anew");
    // it sells again by signing again, under the document that moved nothing yet
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "urn:d:1", &raw));
    assert_eq!(owner(&w), VILLAGE, "a document moves the goods once");
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "urn:d:2", &raw));
    assert_eq!(owner(&w), BUYER);
}

#[test]
fn one_record_countersigns_several_documents() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "urn:d:1", &raw));
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "urn:d:2", &raw));
    let mut both = sale(VILLAGE, BUYER, "urn:d:1", &raw);
    both["bizTransactionList"].as_array_mut().unwrap().push(json!({ "type": "po", "bizTransaction": "urn:d:2" }));
    w.ok(BUYER, both);
    for by in [BUYER, VILLAGE] {
        w.ok(by, sale(BUYER, VILLAGE, "urn:d:3", &raw));
    }
    for doc in ["urn:d:1", "urn:d:2"] {
        w.ok(VILLAGE, sale(VILLAGE, BUYER, doc, &raw));
        w.ok(BUYER, sale(VILLAGE, BUYER, doc, &raw));
    }
    let owner = get::<OwnerRow>(&w.state, Table::Owner, raw.uri().as_bytes()).unwrap().unwrap().owner;
    assert_eq!(owner, VILLAGE, "both moved the goods before");
}

#[test]
fn laboratory_that_sold_or_bought_for_another_only_checks_for_itself() {
    for (of, seller, buyer) in [(VILLAGE, LAB, BUYER), (BUYER, VILLAGE, LAB)] {
        let (mut w, lot) = with_oil();
        w.mandate(of, LAB, &["trade"]);
        w.ok(seller, sale(VILLAGE, BUYER, "urn:d:1", &lot));
        w.ok(buyer, sale(VILLAGE, BUYER, "urn:d:1", &lot));
        w.mandate(of, LAB, &[]);
        assert_eq!(w.found(LAB, inspect(&lot, "1", "1")), [Rule::OwnCheck], "for {of}");
    }
}

#[test]
fn output_of_sold_inputs_belongs_to_their_buyer() {
    let (mut w, n) = with_oil();
    for by in [VILLAGE, BUYER] {
        w.ok(by, sale_of(VILLAGE, BUYER, "urn:d:1", &[(&n, "100")], &[]));
    }
    w.ok(VILLAGE, process(&[(&n, "50")], &[(&oil("N2"), "50")]));
    w.refused(Rule::GoodsNotOwned, VILLAGE, sale_of(VILLAGE, MILL, "urn:d:2", &[(&oil("N2"), "50")], &[]));
    w.ok(BUYER, sale_of(BUYER, MILL, "urn:d:2", &[(&oil("N2"), "50")], &[]));
    w.ok(VILLAGE, harvest(&leaf("D2"), "10"));
    w.ok(VILLAGE, process(&[(&leaf("D2"), "10")], &[(&oil("N3"), "1")]));
    let mixed = w.found(VILLAGE, process(&[(&n, "50"), (&oil("N3"), "1")], &[(&oil("N4"), "51")]));
    assert_eq!(mixed, [Rule::OwnersMixed]);
}

#[test]
fn inspector_only_checks_for_itself_what_it_sent_or_made() {
    let (mut w, n) = with_oil();
    let shipped = w.ok(VILLAGE, ship(VILLAGE, LAB, &[(&n, "100")], &[]));
    w.ok(LAB, receive(shipped, &[(&n, "100")], &[]));
    w.ok(LAB, ship(LAB, BUYER, &[(&n, "100")], &[]));
    assert_eq!(w.found(LAB, inspect(&n, "1", "1")), [Rule::OwnCheck]);
    w.mandate(VILLAGE, LAB, &["harvest"]);
    let own = with(harvest(&oil("N5"), "10"), "sourceList", json!([{ "type": "possessing_party", "source": VILLAGE }]));
    w.ok(LAB, own);
    w.mandate(VILLAGE, LAB, &[]);
    assert_eq!(w.found(LAB, inspect(&oil("N5"), "1", "1")), [Rule::OwnCheck]);
}

#[test]
fn unrelated_party_can_not_observe_and_wrong_clock_of_an_observer_is_a_notice() {
    let (mut w, n) = with_oil();
    w.ok(LAB, inspect(&n, "1", "1"));
    w.refused(Rule::NotConcerned, BUYER, seen_under(&n, "urn:d:1"));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    w.refused(
        Rule::QuantityPositive,
        FORWARDER,
        with(seen_under(&n, "urn:d:1"), "quantityList", json!([grams(&n, "-5")])),
    );
    let ahead = with(seen_under(&n, "urn:d:1"), "eventTime", json!("2026-11-03T09:20:00Z"));
    assert_eq!(w.found(FORWARDER, ahead), [Rule::EventTimeAhead]);
    assert_eq!(headline(&w, &n), LotState::Verified);
}

#[test]
fn findings_of_a_container_shipment_are_listed_at_its_lots() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "10"));
    w.ok(VILLAGE, pack(1, &[(&leaf("D1"), "10")], &[]));
    let early = with(ship(VILLAGE, MILL, &[], &[1]), "eventTime", json!("2026-10-20T09:20:00Z"));
    w.refused(Rule::EventBeforeLot, VILLAGE, early);
    w.ok(VILLAGE, with(ship(VILLAGE, MILL, &[], &[1]), "eventTime", json!("2026-11-03T09:20:00Z")));
    let view = query::lot_view(&w.state, &w, &leaf("D1")).unwrap().unwrap();
    assert!(view.findings.iter().any(|f| f.rule == Rule::EventTimeAhead));
}

#[test]
fn replacement_of_a_voided_unpack_clears_the_deficit() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "50"));
    w.ok(VILLAGE, pack(1, &[(&raw, "50")], &[]));
    let out = unpack(1, &[(&raw, "10")], &[]);
    let id = w.ok(VILLAGE, out.clone());
    w.ok(VILLAGE, adjust(&raw, "8", "drying"));
    let voiding = w.ok(VILLAGE, void(id, out));
    assert!(w.lot(&raw).deficit);
    w.ok(VILLAGE, citing(unpack(1, &[(&raw, "8")], &[]), voiding));
    assert!(!w.lot(&raw).deficit);
}

#[test]
fn void_of_an_unpack_whose_container_is_used_up_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.ok(VILLAGE, pack(1, &[(&raw, "10")], &[]));
    let out = unpack(1, &[(&raw, "5")], &[]);
    let id = w.ok(VILLAGE, out.clone());
    let shipped = w.ok(VILLAGE, ship(VILLAGE, MILL, &[], &[1]));
    w.ok(MILL, receive(shipped, &[(&raw, "5")], &[1]));
    w.ok(MILL, unpack(1, &[(&raw, "5")], &[]));
    w.refused(Rule::VoidOutOfOrder, VILLAGE, void(id, out));
}

#[test]
fn hold_on_an_inner_container_reaches_goods_packed_into_it() {
    let mut w = World::new();
    let (a, b) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&a, "10"));
    w.ok(VILLAGE, harvest(&b, "10"));
    w.ok(VILLAGE, pack(1, &[(&a, "5")], &[]));
    w.ok(VILLAGE, pack(2, &[], &[1]));
    w.ok(VILLAGE, pack(3, &[], &[2]));
    w.ok(AUTHORITY, hold_box(2, "recalled"));
    w.ok(VILLAGE, pack(1, &[(&b, "5")], &[]));
    assert_eq!(headline(&w, &b), LotState::Recalled);
}

fn hold_box(number: u32, class: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "epcList": [sscc(number)],
        "persistentDisposition": { "set": [class] },
    })
}

#[test]
fn holder_of_a_part_can_hold_only_that_part() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.ok(VILLAGE, pack(1, &[(&raw, "4")], &[]));
    let shipped = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&raw, "1")], &[1]));
    w.ok(BUYER, receive(shipped, &[(&raw, "5")], &[1]));
    w.refused(Rule::HoldNotAllowed, BUYER, hold(&raw, "recalled"));
    w.refused(Rule::HoldWithoutClass, BUYER, hold_box(1, "sellable_accessible"));
    w.ok(BUYER, hold_box(1, "damaged"));
    assert_ne!(headline(&w, &raw), LotState::Held, "the village's six are as good as before");
    assert!(w.found(BUYER, ship(BUYER, MILL, &[], &[1])).contains(&Rule::ShippedOnHold));
}

#[test]
fn ended_mandate_does_not_allow_a_void() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.mandate(VILLAGE, FORWARDER, &["ship", "adjust"]);
    let shipped = w.ok(FORWARDER, ship(VILLAGE, BUYER, &[(&raw, "5")], &[]));
    let sources = json!([{ "type": "possessing_party", "source": VILLAGE }]);
    let lost = with(adjust(&raw, "1", "drying"), "sourceList", sources);
    let id = w.ok(FORWARDER, lost.clone());
    w.mandate(VILLAGE, FORWARDER, &[]);
    w.refused(Rule::NotMandated, FORWARDER, void_shipment(shipped, &raw));
    w.refused(Rule::VoidNotByParty, FORWARDER, void(id, lost.clone()));
    w.ok(VILLAGE, void(id, lost));
    w.ok(VILLAGE, void_shipment(shipped, &raw));
}

#[test]
fn lift_voided_after_its_hold_does_not_restore_the_hold() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let held = w.ok(VILLAGE, hold(&raw, "damaged"));
    let lifted = w.ok(VILLAGE, lift(held, &raw));
    w.ok(VILLAGE, void(held, hold(&raw, "damaged")));
    w.ok(VILLAGE, void(lifted, lift(held, &raw)));
    assert_ne!(headline(&w, &raw), LotState::Held);
}

#[test]
fn voided_production_of_labelled_goods_is_a_deficit() {
    let mut w = World::new();
    let raw = leaf("D1");
    let id = w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, label(&raw, "100", 2, "50"));
    assert!(w.found(VILLAGE, void(id, harvest(&raw, "100"))).contains(&Rule::Deficit));
}

#[test]
fn shipment_too_large_for_one_receipt_is_refused() {
    let mut w = World::new();
    let lots: Vec<LotId> = (0..301).map(|n| leaf(&format!("D{n}"))).collect();
    for part in lots.chunks(100) {
        let mut event = harvest(&part[0], "1");
        event["quantityList"] = json!(part.iter().map(|lot| grams(lot, "1")).collect::<Vec<_>>());
        w.ok(VILLAGE, event);
    }
    for (number, part) in lots.chunks(100).enumerate() {
        let inside: Vec<(&LotId, &str)> = part.iter().map(|lot| (lot, "1")).collect();
        w.ok(VILLAGE, pack(number as u32 + 1, &inside, &[]));
    }
    w.refused(Rule::TooManyGoods, VILLAGE, ship(VILLAGE, BUYER, &[], &[1, 2, 3, 4]));
    w.ok(VILLAGE, ship(VILLAGE, BUYER, &[], &[1, 2]));
}

#[test]
fn newer_profile_version_ends_the_older_one() {
    let (mut w, n) = with_oil();
    w.profile("2");
    w.refused(Rule::ProfileNotInForce, LAB, inspect(&n, "1", "1"));
    let mut event = inspect(&n, "1", "1");
    event["jejak:profile"]["jejak:version"] = json!("2");
    event["jejak:profile"]["jejak:blake3"] = json!(NEWER.to_string());
    w.ok(LAB, event);
}

#[test]
fn events_before_a_ruleset_and_events_with_a_used_id_are_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    let id = json!("urn:uuid:00000000-0000-4000-8000-00000000abcd");
    w.ok(VILLAGE, with(harvest(&raw, "10"), "eventID", id.clone()));
    w.refused(Rule::EventIdTaken, VILLAGE, with(harvest(&leaf("D2"), "10"), "eventID", id));
    w.refuses_profile(Rule::ProfileExists, "1");
    let mut bare = World::without_ruleset();
    bare.refused(Rule::RulesetMissing, VILLAGE, harvest(&raw, "10"));
}
