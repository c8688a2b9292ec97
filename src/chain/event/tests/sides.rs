//! Who counts as a party to goods: who signed that it takes part, and nobody whom others only name.

use serde_json::{Value, json};

use super::{between, sale, seen, with_oil};
use crate::chain::Rule;
use crate::chain::sides::MAX_SIDES;
use crate::chain::testing::*;
use crate::gs1::LotId;

/// Whether a test by the laboratory is an own check now.
#[track_caller]
fn own_check(w: &mut World, lot: &LotId) -> bool {
    match w.found(LAB, inspect(lot, "1", "1"))[..] {
        [] => false,
        [Rule::OwnCheck] => true,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn laboratory_that_signed_an_order_tests_its_own_goods_and_one_that_others_named_does_not() {
    let (mut w, lot) = with_oil();
    let order = between(VILLAGE, LAB, "po:1", &lot);
    w.ok(VILLAGE, order.clone());
    w.ok(VILLAGE, sale(VILLAGE, LAB, "inv:1", &lot));
    assert!(!own_check(&mut w, &lot), "named by others, it has agreed to nothing");
    w.ok(LAB, order);
    assert!(own_check(&mut w, &lot), "it bought what it tests");
}

#[test]
fn seller_of_an_order_that_both_signed_is_no_outsider_to_the_goods() {
    let (mut w, lot) = with_oil();
    w.mandate(VILLAGE, LAB, &["trade"]);
    w.ok(LAB, between(VILLAGE, BUYER, "po:1", &lot));
    w.ok(BUYER, between(VILLAGE, BUYER, "po:1", &lot));
    w.mandate(VILLAGE, LAB, &[]);
    assert!(
        w.lot(&lot).sides.contains(LAB) && w.lot(&lot).sides.contains(BUYER),
        "who signed for the seller, and the buyer"
    );
    w.ok(BUYER, seen(&lot));
}

#[test]
fn consignee_is_a_side_while_goods_come_to_it_and_not_after_it_refused_them() {
    let (mut w, lot) = with_oil();
    let sent = |w: &mut World, qty: &str| w.ok(VILLAGE, ship(VILLAGE, LAB, &[(&lot, qty)], &[]));
    let shipped = sent(&mut w, "1");
    assert!(own_check(&mut w, &lot), "on the way");
    w.ok(LAB, refusal(shipped, &lot));
    assert!(!own_check(&mut w, &lot), "refused");
    let shipped = sent(&mut w, "2");
    let back = w.ok(VILLAGE, void_shipment(shipped, &lot));
    assert!(!own_check(&mut w, &lot), "taken back");
    w.ok(VILLAGE, void(back, void_shipment(shipped, &lot)));
    assert!(own_check(&mut w, &lot), "on the way again");
    w.ok(VILLAGE, void_shipment(shipped, &lot));
    let shipped = sent(&mut w, "3");
    w.ok(VILLAGE, void(shipped, ship(VILLAGE, LAB, &[(&lot, "3")], &[])));
    assert!(!own_check(&mut w, &lot), "never sent");
    // two shipments, of which one is refused
    let (first, second) = (sent(&mut w, "4"), sent(&mut w, "5"));
    w.ok(LAB, refusal(first, &lot));
    assert!(own_check(&mut w, &lot), "one is on the way");
    w.ok(LAB, receive(second, &[(&lot, "5")], &[]));
    assert!(own_check(&mut w, &lot), "received");
}

#[test]
fn goods_in_a_container_come_to_their_consignee_too() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    let shipped = w.ok(VILLAGE, ship(VILLAGE, LAB, &[], &[1]));
    assert!(own_check(&mut w, &lot));
    w.ok(LAB, refusal(shipped, &lot));
    assert!(!own_check(&mut w, &lot));
}

#[test]
fn grams_sent_to_many_who_signed_nothing_take_no_laboratory_its_independence() {
    let (mut w, lot) = with_oil();
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let evidence = json!([{
        "jejak:blake3": crate::record::Hash32([7; 32]).to_string(), "jejak:mediaType": "image/jpeg", "jejak:bytes": 1,
        "jejak:documentType": "photo", "jejak:title": "Photo", "jejak:access": "public",
    }]);
    for n in 0..=MAX_SIDES {
        let to = format!("urn:jejak:party:outside-{n}");
        let shipped = w.ok(FORWARDER, ship(VILLAGE, &to, &[(&lot, "1")], &[]));
        if n % 2 == 0 {
            w.ok(FORWARDER, with(receive(shipped, &[(&lot, "1")], &[]), "jejak:evidence", evidence.clone()));
        }
    }
    let sides = w.lot(&lot).sides;
    assert_eq!((sides.iter().count(), sides.is_incomplete()), (2, false), "the village and the forwarder");
    assert!(!own_check(&mut w, &lot));
}

#[test]
fn mandate_that_ended_just_before_the_test_makes_nobody_an_outsider() {
    let (mut w, lot) = with_oil();
    w.clock(T0 + 120);
    w.mandate(VILLAGE, LAB, &["ship"]);
    w.mandate(VILLAGE, LAB, &[]);
    assert!(own_check(&mut w, &lot), "ended after the lot was made");
    w.clock(T0 + 240);
    // given again and ended again, it is remembered as the last that was in force
    let later = oil("N2");
    w.ok(VILLAGE, harvest(&later, "10"));
    w.mandate(VILLAGE, LAB, &[]);
    assert!(!own_check(&mut w, &later), "ended before the lot was made");
    w.mandate(VILLAGE, LAB, &["ship"]);
    let dated = |event: Value| with(event, "eventTime", json!("2026-11-14T22:00:00Z"));
    w.clock(T0 + 1_000_060);
    let last = oil("N3");
    w.ok(VILLAGE, dated(harvest(&last, "10")));
    assert_eq!(w.found(LAB, dated(inspect(&later, "1", "1"))), [Rule::OwnCheck], "expired after the lot was made");
    assert!(w.found(LAB, dated(inspect(&last, "1", "1"))).is_empty(), "expired before");
}
