//! Making, processing, packing, shipping and receiving.

use serde_json::json;

use crate::chain::{Outcome, Rule, Severity};
use crate::record::Hash32;
use crate::record::registry::{ClockReset, PartyStatus, Standing, Statement};

use crate::chain::testing::*;

#[test]
fn quantities_from_harvest_to_receipt_are_conserved() {
    let mut w = World::new();
    let (raw, oil) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1040000"));
    w.ok(VILLAGE, process(&[(&raw, "1040000")], &[(&oil, "24600")]));
    w.ok(VILLAGE, adjust(&oil, "160", "sample"));
    w.ok(VILLAGE, pack(1, &[(&oil, "12200")], &[]));
    w.ok(VILLAGE, pack(2, &[(&oil, "12240")], &[]));
    w.ok(VILLAGE, pack(3, &[], &[1, 2]));
    w.ok(VILLAGE, label(&oil, "24440", 100, "50"));
    w.assert_conserved();
    let shipment = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[], &[3]));
    w.assert_conserved();
    assert_eq!(w.lot(&oil).counts.containers, 2);
    w.ok(BUYER, receive(shipment, &[(&oil, "24440")], &[3]));
    w.ok(BUYER, unpack(3, &[], &[1, 2]));
    w.ok(BUYER, unpack(1, &[(&oil, "12200")], &[]));
    w.assert_conserved();
    assert_eq!(w.held(&oil, BUYER), amount("12200"));
    assert_eq!(w.origins(&oil), w.origins(&raw));
    assert_eq!(w.origins(&oil).len(), 1);
}

#[test]
fn taking_more_than_is_held_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.refused(Rule::MoreThanHeld, VILLAGE, process(&[(&raw, "100.000001")], &[(&oil("N1"), "1")]));
    w.refused(Rule::MoreThanHeld, VILLAGE, adjust(&raw, "101", "drying"));
    w.refused(Rule::MoreThanHeld, VILLAGE, pack(1, &[(&raw, "101")], &[]));
    w.refused(Rule::MoreThanHeld, VILLAGE, ship(VILLAGE, MILL, &[(&raw, "101")], &[]));
    w.refused(Rule::MoreThanHeld, MILL, ship(MILL, BUYER, &[(&raw, "1")], &[]));
    w.ok(VILLAGE, adjust(&raw, "100", "drying"));
    w.assert_conserved();
}

#[test]
fn quantity_that_is_inexact_not_positive_or_in_another_unit_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    let of = |quantity: serde_json::Value, uom: &str| {
        with(harvest(&raw, "1"), "quantityList", json!([{ "epcClass": raw.uri(), "quantity": quantity, "uom": uom }]))
    };
    w.refused(Rule::QuantityPositive, VILLAGE, of(json!(0), "GRM"));
    w.refused(Rule::QuantityPositive, VILLAGE, of(json!(-1), "GRM"));
    w.refused(Rule::QuantityExact, VILLAGE, of("0.0000001".parse::<serde_json::Number>().unwrap().into(), "GRM"));
    w.refused(Rule::QuantityExact, VILLAGE, of("1000000000000".parse::<serde_json::Number>().unwrap().into(), "GRM"));
    w.refused(Rule::UnitOfProduct, VILLAGE, of(json!(1), "LTR"));
    w.refused(Rule::UnitUnknown, VILLAGE, of(json!(1), "LBR"));
    w.refused(
        Rule::QuantityRequired,
        VILLAGE,
        with(harvest(&raw, "1"), "quantityList", json!([{ "epcClass": raw.uri() }])),
    );
    w.refused(
        Rule::LotListedTwice,
        VILLAGE,
        with(harvest(&raw, "1"), "quantityList", json!([grams(&raw, "1"), grams(&raw, "2")])),
    );
    w.ok(VILLAGE, of("0.25".parse::<serde_json::Number>().unwrap().into(), "KGM"));
    assert_eq!(w.held(&raw, VILLAGE), amount("250"));
}

#[test]
fn addition_to_a_lot_that_moved_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.ok(VILLAGE, harvest(&raw, "5"));
    w.ok(VILLAGE, process(&[(&raw, "1")], &[(&oil("N1"), "1")]));
    w.refused(Rule::LotClosed, VILLAGE, harvest(&raw, "1"));
    let other = leaf("D2");
    w.ok(VILLAGE, with(harvest(&other, "10"), "jejak:close", json!(true)));
    w.refused(Rule::LotClosed, VILLAGE, harvest(&other, "1"));
    w.refused(Rule::NotTheMaker, MILL, harvest(&leaf("D3"), "1"));
    w.refused(Rule::LotExists, VILLAGE, process(&[(&raw, "1")], &[(&oil("N1"), "1")]));
    w.refused(Rule::LotsDiffer, VILLAGE, process(&[(&raw, "1")], &[(&raw, "1")]));
}

#[test]
fn short_and_over_receipts_are_findings() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    let one = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "60")], &[]));
    w.refused(Rule::NotTheConsignee, BUYER, receive(one, &[(&raw, "60")], &[]));
    w.ok(VILLAGE, harvest(&leaf("D9"), "1"));
    w.refused(Rule::NotInShipment, MILL, receive(one, &[(&raw, "60"), (&leaf("D9"), "1")], &[]));
    assert_eq!(w.found(MILL, receive(one, &[(&raw, "58.5")], &[])), [Rule::ReceivedShort]);
    w.refused(Rule::ShipmentClosed, MILL, receive(one, &[(&raw, "60")], &[]));
    assert_eq!(w.lot(&raw).lost, amount("1.5"));
    let two = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "40")], &[]));
    assert_eq!(w.found(MILL, receive(two, &[(&raw, "41")], &[])), [Rule::ReceivedOver]);
    assert_eq!(w.held(&raw, MILL), amount("99.5"));
    w.assert_conserved();
}

#[test]
fn receipt_of_short_and_missing_containers_is_booked() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, pack(1, &[(&raw, "30")], &[]));
    w.ok(VILLAGE, pack(2, &[(&raw, "30")], &[]));
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "10")], &[1, 2]));
    // container 2 did not arrive; 1 held less than stated, and no loose goods came
    assert_eq!(w.found(MILL, receive(id, &[(&raw, "25")], &[1])), [Rule::ReceivedShort]);
    assert_eq!(w.lot(&raw).lost, amount("45"));
    w.assert_conserved();
    w.refused(Rule::MoreThanPacked, MILL, unpack(1, &[(&raw, "26")], &[]));
    w.ok(MILL, unpack(1, &[(&raw, "25")], &[]));
    w.refused(Rule::ContainerElsewhere, VILLAGE, unpack(1, &[(&raw, "1")], &[]));
}

#[test]
fn received_shipment_can_not_be_voided_or_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, pack(1, &[(&raw, "30")], &[]));
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "10")], &[1]));
    w.refused(Rule::NotMandated, MILL, void_shipment(id, &raw));
    w.ok(VILLAGE, void_shipment(id, &raw));
    w.refused(Rule::ShipmentClosed, MILL, receive(id, &[(&raw, "40")], &[1]));
    assert_eq!(w.held(&raw, VILLAGE), amount("70"));
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "10")], &[1]));
    let back = |qty: &str| with(receive(id, &[(&raw, qty)], &[]), "disposition", json!("returned"));
    w.refused(Rule::RefusalCountsNothing, MILL, back("1"));
    assert_eq!(w.found(MILL, back("0")), [Rule::ShipmentRefused]);
    assert_eq!(w.held(&raw, VILLAGE), amount("70"));
    w.ok(VILLAGE, unpack(1, &[(&raw, "30")], &[]));
    w.assert_conserved();
}

#[test]
fn delivery_outside_without_evidence_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let mut send = |to: &str| w.ok(FORWARDER, ship(VILLAGE, to, &[(&raw, "10")], &[]));
    let (outside, known) = (send(OUTSIDE), send(BUYER));
    let evidence = json!([{
        "jejak:blake3": Hash32([3; 32]).to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": 9,
        "jejak:documentType": "bill-of-lading", "jejak:title": "B/L", "jejak:access": "public",
    }]);
    w.refused(Rule::DeliveryWithoutEvidence, FORWARDER, receive(outside, &[(&raw, "10")], &[]));
    w.refused(
        Rule::DestinationHasKey,
        FORWARDER,
        with(receive(known, &[(&raw, "10")], &[]), "jejak:evidence", evidence.clone()),
    );
    w.refused(
        Rule::NotTheConsignee,
        VILLAGE,
        with(receive(outside, &[(&raw, "10")], &[]), "jejak:evidence", evidence.clone()),
    );
    let found = w.found(FORWARDER, with(receive(outside, &[(&raw, "9")], &[]), "jejak:evidence", evidence));
    assert_eq!(found, [Rule::DeliveredOutside, Rule::ReceivedShort]);
    assert_eq!(w.lot(&raw).delivered, amount("9"));
    w.assert_conserved();
}

#[test]
fn delivery_outside_by_the_maker_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    let evidence = json!([{
        "jejak:blake3": Hash32([3; 32]).to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": 9,
        "jejak:documentType": "bill-of-lading", "jejak:title": "B/L", "jejak:access": "public",
    }]);
    let by_word = |id| with(receive(id, &[(&raw, "10")], &[]), "jejak:evidence", evidence.clone());
    let sent = w.ok(VILLAGE, ship(VILLAGE, OUTSIDE, &[(&raw, "10")], &[]));
    w.refused(Rule::DeliveryByForwarder, VILLAGE, by_word(sent));
    // nor another forwarder's, which carried nothing
    w.refused(Rule::NotTheConsignee, FORWARDER, by_word(sent));
    // the village takes it back, and lets the forwarder ship
    w.ok(VILLAGE, void_shipment(sent, &raw));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let sent = w.ok(FORWARDER, ship(VILLAGE, OUTSIDE, &[(&raw, "10")], &[]));
    assert_eq!(w.found(FORWARDER, by_word(sent)), [Rule::DeliveredOutside]);
    w.assert_conserved();
}

#[test]
fn destination_with_only_an_event_key_signs_its_own_receipt() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.event_key(MILL, "phone");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.end_key(MILL);
    let severities = |outcome: &Outcome| outcome.findings.iter().map(|f| f.severity).collect::<Vec<_>>();
    // still within the chain of producers: it is tested after it was brought together
    let (sent, outcome) = w.submit(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "10")], &[])).unwrap();
    assert_eq!(severities(&outcome), [Severity::Notice], "{:?}", outcome.findings);
    let evidence = json!([{
        "jejak:blake3": Hash32([3; 32]).to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": 9,
        "jejak:documentType": "bill-of-lading", "jejak:title": "B/L", "jejak:access": "public",
    }]);
    let by_word = |id| with(receive(id, &[(&raw, "10")], &[]), "jejak:evidence", evidence.clone());
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let carried = w.ok(FORWARDER, ship(VILLAGE, MILL, &[(&raw, "10")], &[]));
    w.refused(Rule::DestinationHasKey, FORWARDER, by_word(carried));
    w.refused(Rule::KeyRevoked, MILL, receive(sent, &[(&raw, "10")], &[]));
    w.submit_by("phone", MILL, receive(sent, &[(&raw, "10")], &[])).unwrap();
    assert_eq!(w.held(&raw, MILL), amount("10"));
    // and with the last key gone nobody signs for it any more
    w.end_key("phone");
    let (_, outcome) = w.submit(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "9")], &[])).unwrap();
    assert_eq!(severities(&outcome), [Severity::Warning]);
    w.ok(FORWARDER, by_word(carried));
    w.assert_conserved();
}

#[test]
fn moving_another_partys_stock_without_a_mandate_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    let of_village = |event| with(event, "sourceList", json!([{ "type": "possessing_party", "source": VILLAGE }]));
    w.refused(Rule::NotMandated, FORWARDER, of_village(harvest(&raw, "10")));
    w.mandate(VILLAGE, FORWARDER, &["harvest"]);
    w.ok(FORWARDER, of_village(harvest(&raw, "10")));
    assert_eq!(w.held(&raw, VILLAGE), amount("10"));
    w.refused(Rule::NotMandated, FORWARDER, of_village(adjust(&raw, "1", "drying")));
    w.state(
        AUTHORITY,
        Statement::PartyStatus(PartyStatus { party: VILLAGE.to_owned(), status: Standing::Suspended, reason: None }),
    );
    w.refused(Rule::NotMandated, FORWARDER, of_village(harvest(&raw, "10")));
}

#[test]
fn mandate_is_for_its_acts_and_its_time_and_in_force_again_after_a_reset_of_the_clock() {
    let mut w = World::new();
    let raw = leaf("D1");
    let of = |party: &str, event| with(event, "sourceList", json!([{ "type": "possessing_party", "source": party }]));
    let dried = || of(VILLAGE, adjust(&raw, "1", "drying"));
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.mandate(VILLAGE, FORWARDER, &["adjust"]);
    w.refused(Rule::NotMandated, FORWARDER, of(VILLAGE, pack(1, &[(&raw, "1")], &[])));
    w.refused(Rule::NotMandated, VILLAGE, of(FORWARDER, adjust(&raw, "1", "drying")));
    // `World::mandate` ends it then
    w.clock(T0 + 999_999);
    w.ok(FORWARDER, dried());
    w.clock(T0 + 1_000_059);
    w.refused(Rule::NotMandated, FORWARDER, dried());
    let ledger = crate::chain::authority::ledger(&w.state).unwrap();
    let reset = ClockReset { time: T0 + 60, after: ledger.clock_record, since: Some(ledger.clock_index) };
    w.state(AUTHORITY, Statement::ClockReset(reset));
    w.ok(FORWARDER, dried());
}

#[test]
fn container_reuse_wrong_place_and_cycles_are_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, pack(1, &[(&raw, "10")], &[]));
    w.ok(VILLAGE, pack(2, &[(&raw, "10")], &[1]));
    w.refused(Rule::ContainerCycle, VILLAGE, pack(1, &[], &[2]));
    w.refused(Rule::ContainerCycle, VILLAGE, pack(2, &[], &[2]));
    w.refused(Rule::ContainerNested, VILLAGE, ship(VILLAGE, MILL, &[], &[1]));
    w.refused(Rule::ContainerNested, VILLAGE, pack(3, &[], &[1]));
    w.refused(Rule::ContainerElsewhere, MILL, unpack(2, &[], &[1]));
    w.refused(Rule::ContainerNotInside, VILLAGE, unpack(1, &[], &[2]));
    w.ok(VILLAGE, unpack(2, &[(&raw, "10")], &[1]));
    w.refused(Rule::SsccReused, VILLAGE, pack(2, &[(&raw, "1")], &[]));
    let foreign = with(pack(3, &[(&raw, "1")], &[]), "parentID", json!("https://id.gs1.org/00/106141412345678908"));
    w.refused(Rule::SsccOutsidePrefix, VILLAGE, foreign);
    for n in 10..16 {
        w.ok(VILLAGE, pack(n, &[(&raw, "1")], &[]));
    }
    w.assert_conserved();
}

#[test]
fn rejection_message_names_the_unit_of_quantities() {
    let mut w = World::new();
    let (raw, bottled) = (leaf("D1"), bottle("B1"));
    w.ok(VILLAGE, harvest(&raw, "1250.5"));
    w.ok(VILLAGE, pack(1, &[(&raw, "500")], &[]));
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "10")], &[]));
    let mut says = |party, event, words: &str| {
        let detail = w.submit(party, event).unwrap_err().detail;
        assert!(detail.contains(words), "{detail}");
    };
    says(VILLAGE, adjust(&raw, "2000", "drying"), "holds 740.5 g of lot");
    says(VILLAGE, adjust(&raw, "2000", "drying"), "takes 2 kg");
    says(VILLAGE, unpack(1, &[(&raw, "1500")], &[]), "holds 500 g of lot");
    says(VILLAGE, label(&raw, "9000", 1, "10"), "holds 1.2405 kg of lot");
    says(VILLAGE, label(&raw, "100", 11, "10"), "labels for 110 g");
    let (_, outcome) = w.submit(MILL, receive(id, &[(&raw, "9")], &[])).unwrap();
    let unit = |outcome: &Outcome| outcome.findings[0].args.iter().any(|(name, of)| name == "unit" && of == "gram");
    assert!(unit(&outcome), "{:?}", outcome.findings);
    w.ok(MILL, process(&[(&raw, "9")], &[(&bottled, "9")]));
    let wrong = w.submit(MILL, label(&bottled, "9", 1, "49")).unwrap_err();
    assert!(wrong.detail.contains("holds 50 g, not 49 g"), "{}", wrong.detail);
}

#[test]
fn labels_for_more_than_the_lot_are_refused() {
    let mut w = World::new();
    let (raw, bottled) = (leaf("D1"), bottle("B1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "1000")], &[]));
    w.ok(MILL, receive(id, &[(&raw, "1000")], &[]));
    w.ok(MILL, process(&[(&raw, "1000")], &[(&bottled, "1000")]));
    w.refused(Rule::NetOfProduct, MILL, label(&bottled, "1000", 1, "49"));
    w.refused(Rule::LabelsBeyondStock, MILL, label(&bottled, "1001", 1, "50"));
    w.refused(Rule::LabelsBeyondStock, VILLAGE, label(&bottled, "1", 1, "50"));
    w.refused(Rule::LabelsExceedLot, MILL, label(&bottled, "1000", 21, "50"));
    let first = w.ok(MILL, label(&bottled, "1000", 15, "50"));
    w.refused(Rule::LabelsExceedLot, MILL, label(&bottled, "1000", 6, "50"));
    w.ok(MILL, void(first, label(&bottled, "1000", 15, "50")));
    w.ok(MILL, label(&bottled, "1000", 20, "50"));
}
