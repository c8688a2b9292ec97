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
    let shown = |w: &World| {
        let payment = of(w, id).payments.remove(0);
        serde_json::to_value((payment.status, payment.agreed, payment.same_amount, payment.confirmed, payment.date))
            .unwrap()
    };
    w.ok(VILLAGE, paid("payment-agreed", "2026-12-01", "a"));
    assert_eq!(shown(&w), json!(["agreed", "one", null, false, "2026-12-01"]));
    w.ok(BUYER, paid("payment-agreed", "2026-12-01", "b"));
    assert_eq!(shown(&w), json!(["agreed", "both", false, false, "2026-12-01"]));
    w.ok(BUYER, paid("payment-agreed", "2026-12-02", "a"));
    assert_eq!(shown(&w), json!(["agreed", "both", true, false, "2026-12-02"]));
    w.ok(VILLAGE, paid("payment-received", "2026-12-05", "a"));
    assert_eq!(shown(&w), json!(["received", "both", true, false, "2026-12-02"]), "who pays has not said so");
    w.ok(BUYER, paid("payment-paid", "2026-12-04", "a"));
    assert_eq!(shown(&w), json!(["received", "both", true, true, "2026-12-02"]));
}

/// A lot of which some was shipped to the buyer.
fn shipped() -> (World, LotId, RecordId) {
    let mut w = World::new();
    let (raw, lot) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&lot, "20")]));
    let id = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "2")], &[]));
    (w, lot, id)
}

#[test]
fn paper_says_what_its_first_side_said_and_a_rejected_signature_is_none() {
    let (mut w, lot, id) = shipped();
    let about = |event: Value| with(event, "jejak:shipment", json!(id.uri()));
    let numbered = |number: &str| {
        let stated = json!([{ "jejak:document": "inv:1", "jejak:number": number }]);
        with(about(invoice(&lot, "1", BUYER)), "jejak:documents", stated)
    };
    w.ok(VILLAGE, numbered("INV-1"));
    w.ok(BUYER, numbered("FAKE"));
    let paper = of(&w, id).documents.remove(0);
    assert_eq!((paper.number.as_deref(), paper.signed.len()), (Some("INV-1"), 2));
    let (mut w, lot, id) = shipped();
    let about = |event: Value| with(event, "jejak:shipment", json!(id.uri()));
    let offered = w.ok(VILLAGE, about(invoice(&lot, "1", BUYER)));
    let rejecting = with(about(invoice(&lot, "1", BUYER)), "jejak:rejects", json!(offered.uri()));
    w.ok(BUYER, with(rejecting, "jejak:reason", json!("wrong-terms")));
    let paper = of(&w, id).documents.remove(0);
    assert!(paper.rejected && paper.signed.len() == 1, "{paper:?}");
    // nor does it, or its rejection, close anything before an export
    let invoices = |w: &World| {
        let facts = crate::query::readiness::gather(&w.state, w, &lot, "SG").unwrap().unwrap().facts;
        facts.documents.iter().filter(|paper| paper.kind == "invoice").count()
    };
    assert_eq!(invoices(&w), 0);
    w.ok(BUYER, about(invoice(&lot, "1", BUYER)));
    let paper = of(&w, id).documents.remove(0);
    assert_eq!((paper.rejected, paper.signed.len(), paper.signed[0].by.party.as_str()), (false, 1, BUYER));
    assert_eq!(invoices(&w), 1);
}

#[test]
fn sum_of_other_goods_and_one_signer_for_both_sides_confirm_nothing() {
    let (mut w, lot, id) = shipped();
    let paid = |milestone: &str| {
        let mut event = invoice(&lot, "", BUYER);
        event["bizTransactionList"] = json!([{ "bizTransaction": "pay:1" }]);
        event["jejak:documents"] = json!([{ "jejak:document": "pay:1", "jejak:kind": "payment" }]);
        with(event, "jejak:milestone", json!(milestone))
    };
    w.ok(BUYER, paid("payment-paid"));
    assert!(of(&w, id).payments.is_empty(), "it names no shipment");
    for side in [VILLAGE, BUYER] {
        w.mandate(side, FORWARDER, &["trade"]);
    }
    for milestone in ["payment-paid", "payment-received"] {
        w.ok(FORWARDER, with(paid(milestone), "jejak:shipment", json!(id.uri())));
    }
    let payment = of(&w, id).payments.remove(0);
    assert_eq!((payment.confirmed, payment.agreed), (false, super::Agreed::One));
}

#[test]
fn handover_that_was_stated_again_or_confirmed_elsewhere_waits_for_nobody() {
    let (mut w, lot, id) = shipped();
    let handed = || {
        let over = json!({ "jejak:from": VILLAGE, "jejak:to": MILL, "jejak:condition": "intact" });
        with(with(seen(&lot, "transporting"), "jejak:handover", over), "jejak:shipment", json!(id.uri()))
    };
    w.ok(VILLAGE, handed());
    let second = w.ok(VILLAGE, handed());
    let open = of(&w, id).handovers;
    assert_eq!((open.len(), open[0].signed.record, open[0].awaits()), (1, second, Some(MILL)));
    w.ok(MILL, with(handed(), "jejak:confirms", json!(second.uri())));
    let both = of(&w, id).handovers;
    assert_eq!((both.len(), both[0].awaits(), both[0].confirmed.is_some()), (1, None, true));
}

#[test]
fn receipt_that_a_thief_signed_is_marked() {
    let (mut w, lot, id) = shipped();
    w.event_key(BUYER, "stolen");
    let since = T0;
    w.submit_by("stolen", BUYER, receive(id, &[(&lot, "2")], &[])).unwrap();
    assert!(!of(&w, id).marked);
    w.end_compromised_key("stolen", since);
    let found = of(&w, id);
    assert!(found.marked && found.state == ShipmentState::Received);
}
