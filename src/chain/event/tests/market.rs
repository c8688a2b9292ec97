//! The market by contract: that of the newest shipment or trade document that stands, in whatever order others are taken back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{between, with_oil};
use crate::chain::Rule;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::MarketFrom;
use crate::record::RecordId;

fn to(event: Value, market: &str) -> Value {
    with(event, "jejak:market", json!(market))
}

/// The market that a lot is judged for, and where that is stated.
fn judged(w: &World, lot: &LotId) -> (String, MarketFrom) {
    let judged = crate::query::lot_view(&w.state, w, lot).unwrap().unwrap().judged;
    (judged.market, judged.market_from)
}

fn nothing() -> (String, MarketFrom) {
    ("ID".to_owned(), MarketFrom::Default)
}

fn agreed(market: &str) -> (String, MarketFrom) {
    (market.to_owned(), MarketFrom::Contract)
}

fn order(lot: &LotId, id: &str, market: &str) -> Value {
    to(between(VILLAGE, BUYER, id, lot), market)
}

fn rejecting(event: Value, signed: RecordId) -> Value {
    with(with(event, "jejak:rejects", json!(signed.uri())), "jejak:reason", json!("another price"))
}

#[test]
fn documents_voided_in_any_order_leave_no_market_behind() {
    for first in [0, 1] {
        let (mut w, lot) = with_oil();
        let orders = [order(&lot, "po:1", "EU"), order(&lot, "po:2", "DE")];
        let ids = orders.clone().map(|order| w.ok(VILLAGE, order));
        let void_of = |w: &mut World, at: usize| w.ok(VILLAGE, void(ids[at], orders[at].clone()));
        void_of(&mut w, first);
        assert_eq!(judged(&w, &lot), agreed(["DE", "EU"][first]));
        void_of(&mut w, 1 - first);
        assert_eq!(judged(&w, &lot), nothing());
    }
}

#[test]
fn shipment_that_goes_back_names_its_market_no_longer() {
    let (mut w, lot) = with_oil();
    let ship_to = |w: &mut World| w.ok(VILLAGE, to(ship(VILLAGE, MILL, &[(&lot, "10")], &[]), "DE"));
    let sent = ship_to(&mut w);
    assert_eq!(judged(&w, &lot), agreed("DE"));
    let refused = w.ok(MILL, refusal(sent, &lot));
    assert_eq!(judged(&w, &lot), nothing());
    // the refusal was a mistake: the shipment is under way again
    w.ok(MILL, void(refused, refusal(sent, &lot)));
    assert_eq!(judged(&w, &lot), agreed("DE"));
    let cancelled = w.ok(VILLAGE, void_shipment(sent, &lot));
    assert_eq!(judged(&w, &lot), nothing());
    w.ok(VILLAGE, void(cancelled, void_shipment(sent, &lot)));
    w.ok(VILLAGE, void(sent, to(ship(VILLAGE, MILL, &[(&lot, "10")], &[]), "DE")));
    assert_eq!(judged(&w, &lot), nothing());
    ship_to(&mut w);
    assert_eq!(judged(&w, &lot), agreed("DE"));
}

#[test]
fn goods_sent_back_after_their_receipt_keep_the_market_until_another_is_named() {
    let (mut w, lot) = with_oil();
    let sent = w.ok(VILLAGE, to(ship(VILLAGE, MILL, &[(&lot, "10")], &[]), "DE"));
    w.ok(MILL, receive(sent, &[(&lot, "10")], &[]));
    let back = ship(MILL, VILLAGE, &[(&lot, "10")], &[]);
    let returned = w.ok(MILL, back.clone());
    assert_eq!(judged(&w, &lot), agreed("DE"), "the shipment took place");
    w.ok(MILL, void(returned, back.clone()));
    let returned = w.ok(MILL, to(back, "ID"));
    assert_eq!(judged(&w, &lot), agreed("ID"));
    w.ok(VILLAGE, receive(returned, &[(&lot, "10")], &[]));
    assert_eq!(judged(&w, &lot), agreed("ID"));
}

#[test]
fn document_that_the_other_side_rejects_names_no_market_and_neither_does_the_rejection() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, order(&lot, "po:1", "DE"));
    let offer = order(&lot, "po:2", "EU");
    let offered = w.ok(VILLAGE, offer.clone());
    let rejection = rejecting(offer.clone(), offered);
    let rejected = w.ok(BUYER, rejection.clone());
    assert_eq!(judged(&w, &lot), agreed("DE"));
    // neither comes back with the void of the rejection, nor by that of the offer
    w.ok(BUYER, void(rejected, rejection));
    assert_eq!(judged(&w, &lot), agreed("DE"));
    w.ok(VILLAGE, void(offered, offer.clone()));
    assert_eq!(judged(&w, &lot), agreed("DE"));
    w.ok(VILLAGE, offer);
    assert_eq!(judged(&w, &lot), agreed("EU"), "signed anew");
}

#[test]
fn addition_to_a_harvest_that_is_voided_leaves_the_market_of_the_first() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, to(harvest(&lot, "1000"), "EU"));
    let addition = to(harvest(&lot, "7"), "DE");
    let added = w.ok(VILLAGE, addition.clone());
    assert_eq!(judged(&w, &lot), ("DE".to_owned(), MarketFrom::Lot));
    w.ok(VILLAGE, harvest(&lot, "8"));
    assert_eq!(judged(&w, &lot).0, "DE", "one that states none changes none");
    w.ok(VILLAGE, void(added, addition));
    assert_eq!(judged(&w, &lot), ("EU".to_owned(), MarketFrom::Lot));
}

#[test]
fn what_is_made_of_goods_keeps_the_contract_they_had_then_and_loses_it_with_them() {
    let (mut w, lot) = with_oil();
    let (part, further) = (oil("N2"), oil("N3"));
    let first = w.ok(VILLAGE, order(&lot, "po:1", "EU"));
    w.ok(VILLAGE, process(&[(&lot, "50")], &[(&part, "50")]));
    w.ok(VILLAGE, process(&[(&part, "20")], &[(&further, "20")]));
    w.ok(VILLAGE, order(&lot, "po:2", "DE"));
    assert_eq!(judged(&w, &lot), agreed("DE"), "the rest");
    assert_eq!([judged(&w, &part), judged(&w, &further)], [agreed("EU"), agreed("EU")]);
    w.ok(VILLAGE, void(first, order(&lot, "po:1", "EU")));
    assert_eq!([judged(&w, &part), judged(&w, &further)], [nothing(), nothing()]);
    assert_eq!(judged(&w, &lot), agreed("DE"));
}

#[test]
fn mixture_keeps_only_a_market_that_all_its_parts_have() {
    let (mut w, one) = with_oil();
    let (two, three) = (oil("N2"), oil("N3"));
    w.ok(VILLAGE, harvest(&leaf("D2"), "1000"));
    w.ok(VILLAGE, to(process(&[(&leaf("D2"), "1000")], &[(&two, "100")]), "EU"));
    let mix = |n: &str| process(&[(&one, "10"), (&two, "10")], &[(&oil(n), "20")]);
    w.ok(VILLAGE, mix("N4"));
    assert_eq!(judged(&w, &oil("N4")), nothing(), "nobody named one for the first");
    w.ok(VILLAGE, order(&one, "po:1", "EU"));
    w.ok(VILLAGE, mix("N5"));
    assert_eq!(judged(&w, &oil("N5")), agreed("EU"), "by the one's record and the other's contract");
    w.ok(VILLAGE, order(&one, "po:2", "DE"));
    w.ok(VILLAGE, mix("N6"));
    assert_eq!(judged(&w, &oil("N6")), nothing());
    w.ok(VILLAGE, process(&[(&two, "10")], &[(&three, "10")]));
    assert_eq!(judged(&w, &three), ("EU".to_owned(), MarketFrom::Lot));
}

#[test]
fn market_of_a_process_that_was_voided_is_no_market_of_what_was_passed_on() {
    let (mut w, lot) = with_oil();
    let part = oil("N2");
    let split = to(process(&[(&lot, "50")], &[(&part, "50")]), "EU");
    let made = w.ok(VILLAGE, split.clone());
    w.ok(VILLAGE, process(&[(&part, "20")], &[(&oil("N3"), "20")]));
    assert_eq!(judged(&w, &part), ("EU".to_owned(), MarketFrom::Lot));
    assert!(w.found(VILLAGE, void(made, split)).contains(&Rule::Deficit));
    assert_eq!(judged(&w, &part), nothing());
}

/// An act on the one lot: what, of which of the earlier acts, for which market.
type Step = (u8, usize, usize);

/// Plays a step; what is not possible then is refused, and changes nothing.
fn play(w: &mut World, lot: &LotId, step: Step, done: &mut Vec<(&'static str, RecordId, Value)>) {
    let (kind, pick, market) = step;
    let market = ["EU", "DE", "CN"][market];
    let earlier = done.get(pick % done.len().max(1)).cloned();
    let document = format!("po:{}", pick % 3);
    let (party, event) = match (kind, earlier) {
        (0, _) => (VILLAGE, order(lot, &document, market)),
        (1, _) => (BUYER, order(lot, &document, market)),
        (2, _) => (VILLAGE, to(ship(VILLAGE, MILL, &[(lot, "1")], &[]), market)),
        (3, Some((_, id, _))) => (MILL, refusal(id, lot)),
        (4, Some((_, id, _))) => (MILL, receive(id, &[(lot, "1")], &[])),
        (5, Some((_, id, _))) => (VILLAGE, void_shipment(id, lot)),
        (6, Some((party, id, event))) if event["type"] == "TransactionEvent" => {
            (if party == VILLAGE { BUYER } else { VILLAGE }, rejecting(event, id))
        }
        (_, Some((party, id, event))) if event["errorDeclaration"].is_null() => (party, void(id, event)),
        _ => return,
    };
    if let Ok((id, _)) = w.submit(party, event.clone()) {
        done.push((party, id, event));
    }
}

/// The market that the acts state, as a person would read it off the list of them.
fn stated(done: &[(&'static str, RecordId, Value)]) -> Option<String> {
    let voids = |event: &Value| !event["errorDeclaration"].is_null();
    let is_voided = |id: &RecordId| done.iter().any(|(_, _, by)| voids(by) && by["jejak:voids"] == id.uri());
    let went_back = |id: &RecordId| {
        done.iter().any(|(_, by, event)| {
            let back = event["disposition"] == "returned" || event["bizStep"] == "void_shipping";
            back && event["jejak:shipment"] == id.uri() && !voids(event) && !is_voided(by)
        })
    };
    let is_rejected = |id: &RecordId| done.iter().any(|(_, _, event)| event["jejak:rejects"] == id.uri());
    let names = |event: &Value| event["jejak:market"].is_string() && event["jejak:rejects"].is_null() && !voids(event);
    let newest =
        done.iter().rfind(|(_, id, event)| names(event) && !is_voided(id) && !went_back(id) && !is_rejected(id));
    newest.map(|(_, _, event)| event["jejak:market"].as_str().unwrap().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn market_is_always_one_that_a_standing_document_states(
        steps in proptest::collection::vec((0u8..9, 0usize..40, 0usize..3), 1..30),
    ) {
        let (mut w, lot) = with_oil();
        let mut done = Vec::new();
        for step in steps {
            play(&mut w, &lot, step, &mut done);
            let expected = stated(&done).map_or_else(nothing, |market| agreed(&market));
            prop_assert_eq!(judged(&w, &lot), expected, "{:#?}", done);
        }
        let standing = w.lot(&lot).counts.markets;
        prop_assert_eq!(w.all::<String>(crate::chain::Table::Market).len(), standing as usize);
    }
}
