//! The folder of a shipment: documents, payments and observations about it, and handovers that both sides sign.

use serde_json::{Value, json};

use super::{named, seen, with_oil};
use crate::chain::Rule;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::record::RecordId;

/// A certificate of a shipment.
fn paper(shipment: RecordId, lot: &LotId) -> Value {
    json!({
        "type": "TransactionEvent", "action": "ADD", "quantityList": named(std::slice::from_ref(lot)),
        "bizTransactionList": [{ "type": "cert", "bizTransaction": "urn:jejak:doc:health:9" }],
        "jejak:documents": [{
            "jejak:document": "urn:jejak:doc:health:9", "jejak:kind": "health-certificate", "jejak:number": "HC-9",
            "jejak:issuer": "Balai Karantina", "jejak:until": "2026-12-31",
        }],
        "jejak:shipment": shipment.uri(),
    })
}

/// A milestone of the payment of a shipment from the village to the buyer.
fn payment(shipment: RecordId, lot: &LotId, milestone: &str) -> Value {
    json!({
        "type": "TransactionEvent", "action": "ADD", "bizTransactionList": [{ "bizTransaction": "urn:jejak:doc:pay:1" }],
        "quantityList": named(std::slice::from_ref(lot)),
        "sourceList": [{ "type": "owning_party", "source": VILLAGE }],
        "destinationList": [{ "type": "owning_party", "destination": BUYER }],
        "jejak:documents": [{ "jejak:document": "urn:jejak:doc:pay:1", "jejak:kind": "payment", "jejak:date": "2026-11-30" }],
        "jejak:milestone": milestone, "jejak:shipment": shipment.uri(),
    })
}

/// The village ships oil to the buyer.
fn shipped() -> (World, LotId, RecordId) {
    let (mut w, lot) = with_oil();
    let shipment = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "3")], &[]));
    (w, lot, shipment)
}

#[test]
fn paper_about_a_shipment_names_goods_that_it_carries() {
    let (mut w, lot, shipment) = shipped();
    for by in [VILLAGE, BUYER] {
        w.ok(by, paper(shipment, &lot));
    }
    w.refused(Rule::NotConcerned, FORWARDER, paper(shipment, &lot));
    w.mandate(VILLAGE, FORWARDER, &["trade"]);
    w.ok(FORWARDER, paper(shipment, &lot));
    w.refused(Rule::ShipmentUnknown, VILLAGE, paper(RecordId::of(b"no shipment"), &lot));
    // after it was received too, and of those goods alone that it carries
    w.ok(BUYER, receive(shipment, &[(&lot, "3")], &[]));
    w.ok(BUYER, paper(shipment, &lot));
    w.refused(Rule::NotInShipment, VILLAGE, paper(shipment, &leaf("D1")));
    w.refused(Rule::NotInShipment, VILLAGE, with(seen(&leaf("D1")), "jejak:shipment", json!(shipment.uri())));
    w.ok(VILLAGE, with(seen(&lot), "jejak:shipment", json!(shipment.uri())));
}

#[test]
fn nobody_else_writes_into_the_folder_of_a_shipment() {
    let (mut w, lot) = with_oil();
    let first = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "2")], &[]));
    w.ok(MILL, receive(first, &[(&lot, "2")], &[]));
    let shipment = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "3")], &[]));
    let seen = with(seen(&lot), "jejak:shipment", json!(shipment.uri()));
    // who has some of the lot has nothing to do with the rest of it
    w.ok(MILL, super::seen(&lot));
    w.refused(Rule::NotConcerned, MILL, seen.clone());
    w.refused(Rule::NotConcerned, MILL, paper(shipment, &lot));
    // an office looks, and writes no papers
    w.ok(REGION, seen.clone());
    w.refused(Rule::NotConcerned, REGION, paper(shipment, &lot));
    // without goods nothing is about a shipment
    let mut of_place = seen.clone();
    of_place["quantityList"] = json!([]);
    of_place["readPoint"] = json!({ "id": w.place(1).uri() });
    of_place["sensorElementList"] = json!([{ "sensorReport": [{ "type": "Temperature", "value": 3, "uom": "CEL" }] }]);
    w.refused(Rule::GoodsMissing, MILL, of_place);
    w.ok(VILLAGE, void_shipment(shipment, &lot));
    w.refused(Rule::ShipmentClosed, VILLAGE, seen);
}

#[test]
fn each_side_of_a_payment_states_what_is_its_own_to_state() {
    let (mut w, lot, shipment) = shipped();
    for by in [VILLAGE, BUYER] {
        for milestone in ["payment-agreed", "payment-due", "payment-in-escrow"] {
            w.ok(by, payment(shipment, &lot, milestone));
        }
    }
    w.refused(Rule::PaymentSide, VILLAGE, payment(shipment, &lot, "payment-paid"));
    w.refused(Rule::PaymentSide, BUYER, payment(shipment, &lot, "payment-received"));
    w.ok(BUYER, payment(shipment, &lot, "payment-paid"));
    w.ok(VILLAGE, payment(shipment, &lot, "payment-received"));
    // who acts for both sides states each for the right one
    w.mandate(VILLAGE, FORWARDER, &["trade"]);
    w.mandate(BUYER, FORWARDER, &["trade"]);
    for milestone in ["payment-paid", "payment-received"] {
        w.ok(FORWARDER, payment(shipment, &lot, milestone));
    }
    w.mandate(BUYER, FORWARDER, &[]);
    w.refused(Rule::PaymentSide, FORWARDER, payment(shipment, &lot, "payment-paid"));
    let mut of_nobody = payment(shipment, &lot, "payment-due");
    of_nobody["destinationList"] = json!([]);
    w.refused(Rule::PaymentSide, VILLAGE, of_nobody);
    let mut drying = adjust(&lot, "1", "drying");
    drying["bizTransactionList"] = json!([{ "bizTransaction": "pay:1" }]);
    drying["jejak:documents"] = json!([{ "jejak:document": "pay:1", "jejak:kind": "payment" }]);
    w.refused(Rule::FormMisplaced, VILLAGE, with(drying, "jejak:milestone", json!("payment-due")));
}

/// A handover of a lot from the village to a haulier, by each side's own words.
fn handed_over(lot: &LotId, condition: &str) -> Value {
    with(
        seen(lot),
        "jejak:handover",
        json!({ "jejak:from": VILLAGE, "jejak:to": MILL, "jejak:condition": condition, "jejak:seal": "S-9" }),
    )
}

fn confirming(event: Value, first: RecordId) -> Value {
    with(event, "jejak:confirms", json!(first.uri()))
}

#[test]
fn who_confirms_a_handover_has_to_do_with_the_goods_from_then_on() {
    let (mut w, lot) = with_oil();
    w.refused(Rule::NotConcerned, MILL, seen(&lot));
    // nobody takes over what nobody handed over
    w.refused(Rule::NotConcerned, MILL, handed_over(&lot, "intact"));
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(handed_over(&lot, "intact"), RecordId::of(b"none")));
    let first = w.ok(VILLAGE, handed_over(&lot, "intact"));
    w.refused(Rule::NotConcerned, MILL, seen(&lot));
    // of other goods, by another party, by the same side
    let other = oil("N9");
    w.ok(VILLAGE, harvest(&leaf("D9"), "1000"));
    w.ok(VILLAGE, process(&[(&leaf("D9"), "1000")], &[(&other, "20")]));
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(handed_over(&other, "intact"), first));
    w.refused(Rule::ConfirmsUnknown, VILLAGE, confirming(handed_over(&lot, "intact"), first));
    w.refused(Rule::ConfirmsUnknown, LAB, confirming(handed_over(&lot, "intact"), first));
    w.ok(MILL, confirming(handed_over(&lot, "damaged"), first));
    assert!(w.lot(&lot).sides.contains(MILL));
    w.ok(MILL, seen(&lot));
    // once
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(handed_over(&lot, "intact"), first));
    // the same goods again, begun by who takes over
    let again = w.ok(MILL, handed_over(&lot, "intact"));
    w.ok(VILLAGE, confirming(handed_over(&lot, "intact"), again));
}

#[test]
fn handover_comes_from_who_has_to_do_with_the_goods_and_names_the_same_amount() {
    let (mut w, lot) = with_oil();
    // an accredited laboratory may look at goods, and hand over none
    let of_lab = json!({ "jejak:from": LAB, "jejak:to": MILL });
    w.ok(LAB, seen(&lot));
    w.refused(Rule::NotConcerned, LAB, with(seen(&lot), "jejak:handover", of_lab));
    let of = |grams: &str| {
        with(handed_over(&lot, "intact"), "quantityList", json!([crate::chain::testing::grams(&lot, grams)]))
    };
    let first = w.ok(VILLAGE, of("20"));
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(of("5"), first));
    w.ok(MILL, confirming(of("20.0"), first));
}

#[test]
fn confirmed_handover_stands_until_its_confirmation_is_voided() {
    let (mut w, lot) = with_oil();
    let event = handed_over(&lot, "intact");
    let first = w.ok(VILLAGE, event.clone());
    let taken = w.ok(MILL, confirming(event.clone(), first));
    w.refused(Rule::VoidOutOfOrder, VILLAGE, void(first, event.clone()));
    w.ok(MILL, void(taken, confirming(event.clone(), first)));
    // open again
    let taken = w.ok(MILL, confirming(event.clone(), first));
    w.ok(MILL, void(taken, confirming(event.clone(), first)));
    w.ok(VILLAGE, void(first, event));
}

#[test]
fn carrier_that_took_goods_over_writes_about_their_shipment() {
    let (mut w, lot, shipment) = shipped();
    let of = |event: Value| with(event, "jejak:shipment", json!(shipment.uri()));
    w.refused(Rule::NotConcerned, MILL, of(seen(&lot)));
    let first = w.ok(VILLAGE, of(handed_over(&lot, "intact")));
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(handed_over(&lot, "intact"), first));
    let taken = w.ok(MILL, confirming(of(handed_over(&lot, "intact")), first));
    w.ok(MILL, of(seen(&lot)));
    w.ok(MILL, void(taken, confirming(of(handed_over(&lot, "intact")), first)));
    w.refused(Rule::NotConcerned, MILL, of(seen(&lot)));
}

#[test]
fn handover_that_was_voided_is_not_confirmed() {
    let (mut w, lot) = with_oil();
    let event = handed_over(&lot, "intact");
    let first = w.ok(VILLAGE, event.clone());
    w.ok(VILLAGE, void(first, event.clone()));
    w.refused(Rule::ConfirmsUnknown, MILL, confirming(event, first));
}
