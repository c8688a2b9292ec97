//! What belongs to the folder of a shipment, and what does not.

use serde_json::{Value, json};

use super::{Folder, ShipmentState, folder};
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::record::RecordId;

fn of(w: &World, shipment: RecordId) -> Folder {
    folder(&w.state, w, shipment).unwrap().unwrap()
}

/// An observation of a lot.
fn seen(lot: &LotId, step: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "quantityList": [{ "epcClass": lot.uri() }],
    })
}

/// An invoice of a lot to a buyer.
fn invoice(lot: &LotId, number: &str, buyer: &str) -> Value {
    json!({
        "type": "TransactionEvent", "action": "ADD", "quantityList": [{ "epcClass": lot.uri() }],
        "bizTransactionList": [{ "type": "inv", "bizTransaction": format!("inv:{number}") }],
        "sourceList": [{ "type": "owning_party", "source": VILLAGE }],
        "destinationList": [{ "type": "owning_party", "destination": buyer }],
    })
}

fn papers(folder: &Folder) -> Vec<&str> {
    folder.documents.iter().filter_map(|paper| paper.document.as_deref()).collect()
}

#[test]
fn papers_of_another_buyer_or_shipment_and_what_happened_before_it_are_not_in_the_folder() {
    let mut w = World::new();
    let (raw, lot) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&lot, "20")]));
    // a visit to what it was made of, and a look at the goods before they were sent
    let visit = json!({ "jejak:purpose": "production-supervision", "jejak:outcome": "in-order" });
    w.ok(REGION, with(seen(&raw, "other"), "jejak:visit", visit));
    w.ok(VILLAGE, seen(&lot, "storing"));
    w.ok(VILLAGE, invoice(&lot, "before", BUYER));
    w.ok(VILLAGE, invoice(&lot, "other-buyer", MILL));
    let first = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "3")], &[]));
    let second = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "4")], &[]));
    w.ok(VILLAGE, with(invoice(&lot, "of-second", BUYER), "jejak:shipment", json!(second.uri())));
    w.ok(VILLAGE, with(seen(&lot, "departing"), "jejak:shipment", json!(first.uri())));
    let (one, two) = (of(&w, first), of(&w, second));
    assert_eq!(papers(&one), ["inv:before"]);
    assert_eq!(papers(&two), ["inv:before", "inv:of-second"]);
    assert_eq!((one.visits.len(), one.travel.len(), two.travel.len()), (1, 1, 0));
    assert_eq!(one.visits[0].lots, [raw.uri()]);
    // what was voided is left out, and so is all that a folder has of no shipment
    let event = with(invoice(&lot, "of-first", BUYER), "jejak:shipment", json!(first.uri()));
    let signed = w.ok(VILLAGE, event.clone());
    assert_eq!(papers(&of(&w, first)), ["inv:before", "inv:of-first"]);
    w.ok(VILLAGE, void(signed, event));
    assert_eq!(papers(&of(&w, first)), ["inv:before"]);
    assert!(folder(&w.state, &w, signed).unwrap().is_none());
}

#[test]
fn state_of_a_shipment_follows_what_closed_it() {
    let mut w = World::new();
    let (raw, lot) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&lot, "20")]));
    let mut sent = || w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "2")], &[]));
    let (received, refused, voided, open) = (sent(), sent(), sent(), sent());
    w.ok(BUYER, receive(received, &[(&lot, "1.5")], &[]));
    w.ok(BUYER, refusal(refused, &lot));
    w.ok(VILLAGE, void_shipment(voided, &lot));
    let states = [received, refused, voided, open].map(|id| of(&w, id).state);
    let all = [ShipmentState::Received, ShipmentState::Refused, ShipmentState::Voided, ShipmentState::UnderWay];
    assert_eq!(states, all);
    assert_eq!(of(&w, received).lots[0].received, Some(amount("1.5")));
    assert_eq!(of(&w, open).lots[0].received, None);
}

#[test]
fn payment_says_who_agreed_and_whether_both_mean_one_sum() {
    let mut w = World::new();
    let (raw, lot) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&lot, "20")]));
    let id = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "2")], &[]));
    let paid = |milestone: &str, day: &str, sum: &str| {
        let mut event = with(invoice(&lot, "", BUYER), "jejak:shipment", json!(id.uri()));
        event["bizTransactionList"] = json!([{ "bizTransaction": "pay:1" }]);
        event["jejak:documents"] =
            json!([{ "jejak:document": "pay:1", "jejak:kind": "payment", "jejak:number": "1", "jejak:date": day }]);
        event["jejak:milestone"] = milestone.into();
        event["jejak:commitment"] = sum.repeat(52).into();
        event
    };
    let told = |w: &World| {
        let payment = of(w, id).payments.remove(0);
        serde_json::to_value((payment.status, payment.agreed, payment.same_amount, payment.confirmed, payment.date))
            .unwrap()
    };
    w.ok(VILLAGE, paid("payment-agreed", "2026-12-01", "a"));
    assert_eq!(told(&w), json!(["agreed", "one", null, false, "2026-12-01"]));
    w.ok(BUYER, paid("payment-agreed", "2026-12-01", "b"));
    assert_eq!(told(&w), json!(["agreed", "both", false, false, "2026-12-01"]));
    w.ok(BUYER, paid("payment-agreed", "2026-12-02", "a"));
    assert_eq!(told(&w), json!(["agreed", "both", true, false, "2026-12-02"]));
    w.ok(VILLAGE, paid("payment-received", "2026-12-05", "a"));
    assert_eq!(told(&w), json!(["received", "both", true, false, "2026-12-02"]), "who pays has not said so");
    w.ok(BUYER, paid("payment-paid", "2026-12-04", "a"));
    assert_eq!(told(&w), json!(["received", "both", true, true, "2026-12-02"]));
}
