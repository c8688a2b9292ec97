//! What is enough for "verified": all that the market asks for, in results that count, by any laboratory on any day.

use serde_json::{Value, json};

use super::{between, document, headline, with_oil};
use crate::chain::Rule;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::quality::Completeness;
use crate::query::view::{LotState, LotView, MarketFrom};

fn view(w: &World, lot: &LotId) -> LotView {
    crate::query::lot_view(&w.state, w, lot).unwrap().unwrap()
}

/// What is lacking, by parameter id.
fn lacking(w: &World, lot: &LotId) -> Vec<String> {
    match view(w, lot).judged.completeness {
        Some(Completeness::Partly { lacking, .. }) => lacking.into_iter().flat_map(|one| one.one_of).collect(),
        Some(Completeness::Complete { .. }) => Vec::new(),
        other => panic!("{other:?}"),
    }
}

/// The village's oil N1, made for a market, with a sample of it.
fn oil_for(market: &str) -> (World, LotId) {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, to(process(&[(&raw, "1000")], &[(&made, "100")]), market));
    w.ok(VILLAGE, draw("S", &[&made], VILLAGE));
    (w, made)
}

fn to(event: Value, market: &str) -> Value {
    with(event, "jejak:market", json!(market))
}

/// One parameter of [`inspect`]: 0 is iron, 1 the acid value.
fn only(lot: &LotId, at: usize) -> Value {
    let mut event = inspect(lot, "1", "1");
    let report = event["sensorElementList"][0]["sensorReport"][at].clone();
    event["sensorElementList"] = json!([{ "sensorReport": [report] }]);
    event
}

#[test]
fn one_value_verifies_no_lot_whose_market_asks_for_more() {
    let (mut w, lot) = oil_for("EU");
    assert_eq!(w.found(LAB, only(&lot, 0)), [Rule::RequirementIncomplete]);
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    assert_eq!(lacking(&w, &lot), ["acid-value", "ester-value"]);
    assert_eq!(view(&w, &lot).judged.tested, ["iron"]);
}

#[test]
fn later_tests_of_other_laboratories_complete_it_and_clear_its_warnings() {
    let (mut w, lot) = oil_for("EU");
    w.second_laboratory();
    w.ok(LAB, only(&lot, 0));
    w.clock(T0 + 7_200);
    w.ok(SECOND_LAB, with(only(&lot, 1), "eventTime", json!("2026-11-03T09:20:00Z")));
    assert_eq!((headline(&w, &lot), lacking(&w, &lot)), (LotState::PartlyTested, vec!["ester-value".to_owned()]));
    w.ok(SECOND_LAB, analyse(&lot, "5", Some("S")));
    assert_eq!((headline(&w, &lot), lacking(&w, &lot)), (LotState::Verified, vec![]));
    assert!(view(&w, &lot).findings.iter().all(|finding| finding.rule != Rule::RequirementIncomplete));
}

#[test]
fn results_that_do_not_count_complete_nothing() {
    let (mut w, lot) = oil_for("EU");
    w.ok(LAB, inspect(&lot, "1", "1"));
    w.ok(LAB, analyse(&lot, "5", None));
    assert_eq!((headline(&w, &lot), lacking(&w, &lot)), (LotState::PartlyTested, vec!["ester-value".to_owned()]));
    // nor does one that its signer took back
    let good = w.ok(LAB, analyse(&lot, "5", Some("S")));
    assert_eq!(lacking(&w, &lot), [""; 0]);
    w.ok(LAB, void(good, analyse(&lot, "5", Some("S"))));
    assert_eq!(lacking(&w, &lot), ["ester-value"]);
}

#[test]
fn split_keeps_the_tests_and_a_mixture_has_only_what_both_have() {
    let (mut w, whole) = oil_for("EU");
    let (part, other, mixed) = (oil("N2"), oil("N3"), oil("N4"));
    w.ok(LAB, inspect(&whole, "1", "1"));
    w.ok(VILLAGE, process(&[(&whole, "50")], &[(&part, "40"), (&other, "10")]));
    w.ok(LAB, analyse(&part, "5", Some("S")));
    assert_eq!(view(&w, &part).judged.market, "EU", "made of goods for one market");
    assert_eq!((headline(&w, &part), lacking(&w, &part)), (LotState::Verified, vec![]));
    assert_eq!(lacking(&w, &other), ["ester-value"]);
    w.ok(VILLAGE, process(&[(&part, "10"), (&other, "10")], &[(&mixed, "20")]));
    assert_eq!(lacking(&w, &mixed), ["ester-value"]);
}

#[test]
fn market_that_is_closed_or_without_a_list_is_never_complete() {
    for (market, completeness) in [("SG", Completeness::Closed), ("US", Completeness::NoList)] {
        let (mut w, lot) = oil_for(market);
        w.ok(LAB, inspect(&lot, "1", "1"));
        w.ok(LAB, analyse(&lot, "5", Some("S")));
        assert_eq!(headline(&w, &lot), LotState::PartlyTested, "{market}");
        assert_eq!(view(&w, &lot).judged.completeness, Some(completeness));
    }
}

#[test]
fn uncertain_list_names_what_was_tested_and_verifies_nothing() {
    let (mut w, lot) = oil_for("CN");
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::Tested);
    assert_eq!(view(&w, &lot).judged.tested, ["acid-value", "iron"]);
    assert!(LotState::Tested > LotState::Findings, "the word for findings says verified");
}

#[test]
fn market_is_the_lots_own_else_the_contracts_else_indonesia() {
    let (mut w, lot) = with_oil();
    let judged = |w: &World, lot: &LotId| (view(w, lot).judged.market, view(w, lot).judged.market_from);
    assert_eq!(judged(&w, &lot), ("ID".to_owned(), MarketFrom::Default));
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    // a document that names no owners is of anyone who has to do with the goods
    w.ok(VILLAGE, to(document("letter:1", std::slice::from_ref(&lot)), "CN"));
    assert_eq!(judged(&w, &lot).1, MarketFrom::Default);
    let order = to(between(VILLAGE, BUYER, "po:1", &lot), "EU");
    let first = w.ok(VILLAGE, order.clone());
    assert_eq!(judged(&w, &lot), ("EU".to_owned(), MarketFrom::Contract));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    let shipped = to(ship(VILLAGE, MILL, &[(&lot, "1")], &[]), "DE");
    let second = w.ok(VILLAGE, shipped.clone());
    assert_eq!(judged(&w, &lot).0, "DE", "the newest");
    w.ok(VILLAGE, void(second, shipped));
    assert_eq!(judged(&w, &lot).0, "EU");
    w.ok(VILLAGE, void(first, order));
    assert_eq!(judged(&w, &lot).1, MarketFrom::Default);
    // its own goes first
    let (mut w, lot) = oil_for("EU");
    w.ok(VILLAGE, to(ship(VILLAGE, MILL, &[(&lot, "1")], &[]), "DE"));
    assert_eq!(judged(&w, &lot), ("EU".to_owned(), MarketFrom::Lot));
}

#[test]
fn market_that_no_requirement_knows_is_refused() {
    let (mut w, lot) = with_oil();
    w.refused(Rule::MarketUnknown, VILLAGE, to(ship(VILLAGE, BUYER, &[(&lot, "1")], &[]), "BR"));
    w.refused(Rule::MarketUnknown, VILLAGE, to(document("po:1", std::slice::from_ref(&lot)), "BR"));
    w.refused(Rule::MarketUnknown, VILLAGE, to(harvest(&leaf("D2"), "10"), "BR"));
    w.refused(Rule::MarketUnknown, VILLAGE, to(process(&[(&lot, "1")], &[(&oil("N2"), "1")]), "BR"));
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    w.refused(Rule::MarketUnknown, VILLAGE, to(ship(VILLAGE, BUYER, &[], &[1]), "BR"));
    w.ok(VILLAGE, to(ship(VILLAGE, BUYER, &[(&lot, "1")], &[]), "EU"));
}

#[test]
fn country_of_a_group_is_judged_by_the_list_of_the_group() {
    let (mut w, lot) = oil_for("NL");
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(view(&w, &lot).judged.market, "NL");
    assert_eq!(lacking(&w, &lot), ["ester-value"]);
}

#[test]
fn result_that_expired_counts_no_more() {
    const DAY: i64 = 24 * 60 * 60;
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, draw("S", &[&lot], VILLAGE));
    w.ok(LAB, analyse(&lot, "5", Some("S")));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    w.clock(T0 + 29 * DAY);
    assert_eq!(headline(&w, &lot), LotState::Verified);
    w.clock(T0 + 30 * DAY);
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
}

#[test]
fn proof_that_was_made_before_a_result_expired_names_it_by_a_later_clock() {
    const DAY: i64 = 24 * 60 * 60;
    let (mut w, whole) = with_oil();
    let part = oil("N2");
    w.ok(VILLAGE, draw("S", &[&whole], VILLAGE));
    w.ok(LAB, inspect(&whole, "1", "1"));
    w.ok(LAB, analyse(&whole, "5", Some("S")));
    w.ok(VILLAGE, process(&[(&whole, "50")], &[(&part, "50")]));
    let expired =
        |w: &World, now: i64| [&whole, &part].map(|lot| crate::query::expired(&w.state, w, lot, now).unwrap());
    let (none, ester) = ([const { Vec::<String>::new() }; 2], ["ester-value".to_owned()]);
    assert_eq!(expired(&w, T0 + 30 * DAY - 1), none);
    assert_eq!(expired(&w, T0 + 30 * DAY), [ester.to_vec(), ester.to_vec()]);
    assert_eq!(expired(&w, 0), none, "a computer whose clock is behind the ledger's");
    // once the ledger's own clock is there, the page and the proof say it themselves
    w.clock(T0 + 30 * DAY);
    assert_eq!(expired(&w, T0 + 31 * DAY), none);
}
