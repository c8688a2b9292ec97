//! Documents of trade move nothing; a transfer does; and what the other side may reject.

use serde_json::{Value, json};

use super::{between, sale};
use crate::chain::rows::OwnerRow;
use crate::chain::state::get;
use crate::chain::testing::*;
use crate::chain::{Rule, Table};
use crate::gs1::LotId;
use crate::query::lot_view;
use crate::query::view::Step;
use crate::record::RecordId;

fn owner(w: &World, lot: &LotId) -> Option<String> {
    get::<OwnerRow>(&w.state, Table::Owner, lot.uri().as_bytes()).unwrap().map(|row| row.owner)
}

/// The event with a document of another type in place of its own.
fn of_type(event: Value, kind: &str, id: &str) -> Value {
    with(event, "bizTransactionList", json!([{ "type": kind, "bizTransaction": id }]))
}

fn rejecting(event: Value, signed: RecordId) -> Value {
    with(with(event, "jejak:rejects", json!(signed.uri())), "jejak:reason", json!("price of another day"))
}

fn with_leaf() -> (World, LotId) {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    (w, lot)
}

fn last_step(w: &World, lot: &LotId) -> Step {
    lot_view(&w.state, w, lot).unwrap().unwrap().steps.pop().unwrap()
}

#[test]
fn countersigned_order_moves_no_ownership_and_the_invoice_goes_to_another_buyer() {
    let (mut w, lot) = with_leaf();
    let order = of_type(between(VILLAGE, BUYER, "", &lot), "po", "po:31");
    w.ok(VILLAGE, order.clone());
    w.ok(BUYER, order);
    assert_eq!(owner(&w, &lot), None);
    for kind in ["poc", "inv", "bol"] {
        let id = format!("{kind}:7");
        w.ok(VILLAGE, of_type(between(VILLAGE, MILL, "", &lot), kind, &id));
        w.ok(MILL, of_type(between(VILLAGE, MILL, "", &lot), kind, &id));
    }
    assert_eq!(owner(&w, &lot), None);
    w.ok(VILLAGE, sale(VILLAGE, MILL, "inv:8", &lot));
    w.ok(MILL, sale(VILLAGE, MILL, "inv:8", &lot));
    assert_eq!(owner(&w, &lot).as_deref(), Some(MILL));
}

#[test]
fn signature_under_a_document_is_never_taken_for_one_under_a_transfer() {
    let (mut w, lot) = with_leaf();
    // the owner ordered, the buyer claims a transfer; and the other way round
    w.ok(VILLAGE, between(VILLAGE, BUYER, "inv:1", &lot));
    w.refused(Rule::NotConcerned, BUYER, sale(VILLAGE, BUYER, "inv:1", &lot));
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "inv:2", &lot));
    w.refused(Rule::NotConcerned, BUYER, between(VILLAGE, BUYER, "inv:2", &lot));
    assert_eq!(owner(&w, &lot), None);
}

#[test]
fn transfer_without_both_owners_is_refused() {
    let (mut w, lot) = with_leaf();
    let whole = sale(VILLAGE, BUYER, "inv:1", &lot);
    for (member, by) in [("sourceList", BUYER), ("destinationList", VILLAGE)] {
        let mut event = whole.clone();
        event.as_object_mut().unwrap().remove(member);
        w.refused(Rule::TransferIncomplete, by, event);
    }
    w.refused(Rule::TransferIncomplete, VILLAGE, sale(VILLAGE, VILLAGE, "inv:1", &lot));
}

#[test]
fn who_is_no_party_to_the_goods_orders_nothing_of_them() {
    let (mut w, lot) = with_leaf();
    w.refused(Rule::NotConcerned, MILL, between(MILL, BUYER, "po:1", &lot));
    w.refused(Rule::NotConcerned, BUYER, between(VILLAGE, BUYER, "po:1", &lot));
}

#[test]
fn offer_that_the_buyer_rejects_is_signed_by_nobody_any_more() {
    let (mut w, lot) = with_leaf();
    let offer = sale(VILLAGE, BUYER, "inv:1", &lot);
    let offered = w.ok(VILLAGE, offer.clone());
    let missing = with(offer.clone(), "jejak:rejects", json!(offered.uri()));
    w.refused(Rule::RejectsUnknown, BUYER, missing);
    w.refused(Rule::NotAPartyToIt, MILL, rejecting(offer.clone(), offered));
    w.refused(Rule::RejectsUnknown, VILLAGE, rejecting(offer.clone(), offered));
    w.refused(Rule::RejectsUnknown, BUYER, rejecting(sale(VILLAGE, BUYER, "inv:2", &lot), offered));
    assert_eq!(w.found(BUYER, rejecting(offer.clone(), offered)), [Rule::Rejected]);
    w.refused(Rule::RejectsUnknown, BUYER, rejecting(offer.clone(), offered));
    w.refused(Rule::NotConcerned, BUYER, offer.clone());
    assert_eq!(owner(&w, &lot), None);
    // signed anew
    w.ok(VILLAGE, offer.clone());
    let bought = w.ok(BUYER, offer.clone());
    assert_eq!(owner(&w, &lot).as_deref(), Some(BUYER));
    w.refused(Rule::RejectsUnknown, VILLAGE, rejecting(offer, bought));
}

#[test]
fn document_is_identified_by_kind_number_and_date() {
    let (mut w, lot) = with_leaf();
    let numbered = json!([{ "jejak:document": "inv:7", "jejak:number": "INV-7", "jejak:date": "2026-11-03" }]);
    w.ok(VILLAGE, with(between(VILLAGE, BUYER, "inv:7", &lot), "jejak:documents", numbered));
    let shown = last_step(&w, &lot).trade;
    assert_eq!(
        serde_json::to_value(shown).unwrap(),
        json!([{ "id": "inv:7", "kind": "invoice", "number": "INV-7", "date": "2026-11-03" }])
    );
    let mut paid =
        with(between(VILLAGE, BUYER, "", &lot), "bizTransactionList", json!([{ "bizTransaction": "pay:1" }]));
    paid["jejak:documents"] = json!([{ "jejak:document": "pay:1", "jejak:kind": "payment" }]);
    w.ok(VILLAGE, paid);
    assert_eq!(last_step(&w, &lot).trade[0].kind.as_deref(), Some("payment"));
}

#[test]
fn forms_of_supervision_and_transport_are_shown_and_stand_in_observations_only() {
    let (mut w, lot) = with_leaf();
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let seen = super::seen(&lot);
    let visit =
        json!({ "jejak:purpose": "quality-supervision", "jejak:outcome": "advice", "jejak:advice": "dry longer" });
    let leg = json!({ "jejak:mode": "sea", "jejak:vehicle": "KM Bahari 7", "jejak:seal": "S-9" });
    let handover = json!({ "jejak:from": VILLAGE, "jejak:to": FORWARDER, "jejak:condition": "intact" });
    for (by, member, form, fact) in [
        (REGION, "jejak:visit", visit, ("visit", "advice")),
        (FORWARDER, "jejak:leg", leg, ("vehicle", "KM Bahari 7")),
        (FORWARDER, "jejak:handover", handover, ("handover-to", FORWARDER)),
    ] {
        w.ok(by, with(seen.clone(), member, form.clone()));
        let facts = last_step(&w, &lot).facts;
        assert!(facts.contains(&(fact.0.to_owned(), fact.1.to_owned())), "{facts:?}");
        w.refused(Rule::FormMisplaced, VILLAGE, with(adjust(&lot, "1", "drying"), member, form));
    }
    w.refused(Rule::FormMisplaced, VILLAGE, with(seen, "jejak:transfer", json!(true)));
}

#[test]
fn number_of_the_catch_certificate_is_an_origin_of_all_that_is_made_of_the_catch() {
    let mut w = World::new();
    let (lot, made) = (leaf("D1"), oil("N1"));
    let mut caught = harvest(&lot, "1000");
    caught["ilmd"]["jejak:catchCertificate"] = json!("SHTI-LA 0042/2026");
    w.ok(VILLAGE, caught);
    w.ok(VILLAGE, process(&[(&lot, "1000")], &[(&made, "20")]));
    let view = lot_view(&w.state, &w, &made).unwrap().unwrap();
    assert_eq!(view.origins[0].catch_certificate.as_deref(), Some("SHTI-LA 0042/2026"));
}
