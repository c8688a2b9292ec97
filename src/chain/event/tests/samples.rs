//! Samples: a result of a laboratory counts only on a sample of the goods that was drawn before the test.

use serde_json::{Value, json};

use super::{headline, with_oil};
use crate::chain::Rule;
use crate::chain::lineage::Lineage;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::{Fit, LotState, LotView};

/// The warnings that stand on a lot.
fn warnings(w: &World, lot: &LotId) -> Vec<Rule> {
    Lineage::new(&w.state, w).of(lot).unwrap().unwrap().looked_up.iter().map(|(_, finding)| finding.rule).collect()
}

fn view(w: &World, lot: &LotId) -> LotView {
    crate::query::lot_view(&w.state, w, lot).unwrap().unwrap()
}

/// Holds that a lot is not green, with this warning, in the acknowledgement and on the page.
#[track_caller]
fn partly(w: &mut World, lot: &LotId, event: Value, warning: Rule) {
    assert_eq!(w.found(LAB, event), [warning]);
    assert_eq!((headline(w, lot), warnings(w, lot)), (LotState::PartlyTested, vec![warning]));
    let shown = view(w, lot);
    assert!(shown.findings.iter().any(|finding| finding.rule == warning));
    assert!(shown.inspections[0].is_uncounted());
}

/// Another lot of oil.
fn other_oil(w: &mut World, name: &str) -> LotId {
    let (raw, made) = (leaf(&format!("D-{name}")), oil(name));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&made, "100")]));
    made
}

#[test]
fn sample_of_the_lot_drawn_before_the_test_makes_it_green() {
    let (mut w, lot) = with_oil();
    w.ok(LAB, draw("LAB-77", &[&lot], VILLAGE));
    assert!(w.found(LAB, analyse(&lot, "5", Some("LAB-77"))).is_empty());
    assert_eq!(headline(&w, &lot), LotState::Verified);
    let shown = view(&w, &lot).inspections.remove(0).sample.unwrap();
    let drawn = shown.drawn.unwrap();
    assert_eq!((shown.fit, drawn.by.party.as_str(), drawn.submitted_by_producer), (Fit::Fits, LAB, false));
}

#[test]
fn sample_of_another_lot_makes_no_green() {
    let (mut w, sb) = with_oil();
    let sa = other_oil(&mut w, "SA");
    w.ok(LAB, draw("LAB-77", &[&sa], VILLAGE));
    partly(&mut w, &sb, analyse(&sb, "5", Some("LAB-77")), Rule::SampleOfAnotherLot);
    // the lot it was drawn of is another matter
    assert_eq!(headline(&w, &sa), LotState::NotInspected);
    assert!(w.found(LAB, analyse(&sa, "5", Some("LAB-77"))).is_empty());
    assert_eq!(headline(&w, &sa), LotState::Verified);
}

#[test]
fn sample_that_nobody_drew_or_named_makes_no_green() {
    let (mut w, lot) = with_oil();
    partly(&mut w, &lot, analyse(&lot, "5", Some("LAB-78")), Rule::SampleUnknown);
    let (mut w, lot) = with_oil();
    partly(&mut w, &lot, analyse(&lot, "5", None), Rule::SampleNotNamed);
}

#[test]
fn sample_dated_after_its_test_makes_no_green() {
    let (mut w, lot) = with_oil();
    let later = with(draw("LAB-77", &[&lot], VILLAGE), "eventTime", json!("2026-11-03T09:20:00Z"));
    w.ok(LAB, later);
    partly(&mut w, &lot, analyse(&lot, "5", Some("LAB-77")), Rule::SampleAfterTest);
}

#[test]
fn sample_named_as_a_business_transaction_is_the_same_sample() {
    let (mut w, lot) = with_oil();
    w.ok(LAB, draw("LAB-77", &[&lot], VILLAGE));
    let transaction = json!([{ "type": "testres", "bizTransaction": "urn:jejak:sample:LAB-77" }]);
    w.ok(LAB, with(analyse(&lot, "5", None), "bizTransactionList", transaction));
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn sample_of_the_source_counts_in_the_same_form_only() {
    let mut w = World::new();
    let (raw, whole, part) = (leaf("D1"), oil("N1"), oil("N2"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(LAB, draw("LEAF", &[&raw], VILLAGE));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&whole, "100")]));
    w.ok(LAB, draw("OIL", &[&whole], VILLAGE));
    w.ok(VILLAGE, process(&[(&whole, "50")], &[(&part, "50")]));
    partly(&mut w, &part, analyse(&part, "5", Some("LEAF")), Rule::SampleOfAnotherLot);
    assert!(w.found(LAB, analyse(&part, "5", Some("OIL"))).is_empty());
    // the lot that was split is not tested by the test of a part
    assert_eq!(headline(&w, &whole), LotState::NotInspected);
}

#[test]
fn sample_of_one_of_two_mixed_lots_makes_the_mixture_not_green() {
    let (mut w, one) = with_oil();
    let two = other_oil(&mut w, "N2");
    let mixed = oil("N3");
    w.ok(LAB, draw("ONE", &[&one], VILLAGE));
    w.ok(LAB, draw("BOTH", &[&one, &two], VILLAGE));
    w.ok(VILLAGE, process(&[(&one, "2"), (&two, "90")], &[(&mixed, "92")]));
    partly(&mut w, &mixed, analyse(&mixed, "5", Some("ONE")), Rule::SampleOfAnotherLot);
    assert!(w.found(LAB, analyse(&mixed, "5", Some("BOTH"))).is_empty());
}

#[test]
fn late_sample_of_the_same_key_with_a_lower_number_clears_its_test() {
    let (mut w, lot) = with_oil();
    let sample = w.delayed(LAB, draw("LAB-77", &[&lot], VILLAGE));
    let (_, outcome) = w.submit(LAB, analyse(&lot, "5", Some("LAB-77"))).unwrap();
    let rules: Vec<Rule> = outcome.findings.iter().map(|finding| finding.rule).collect();
    assert!(rules.contains(&Rule::SampleUnknown), "{rules:?}");
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    w.admitted(LAB, sample);
    assert_eq!((headline(&w, &lot), warnings(&w, &lot)), (LotState::Verified, vec![]));
    assert!(!view(&w, &lot).findings.iter().any(|finding| finding.rule == Rule::SampleUnknown), "it is gone");
}

#[test]
fn late_sample_with_a_higher_number_or_of_another_key_clears_nothing() {
    for by in [LAB, VILLAGE] {
        let (mut w, lot) = with_oil();
        w.ok(LAB, analyse(&lot, "5", Some("LAB-77")));
        w.ok(by, draw("LAB-77", &[&lot], VILLAGE));
        assert_eq!((headline(&w, &lot), warnings(&w, &lot)), (LotState::PartlyTested, vec![Rule::SampleAfterTest]));
    }
}

#[test]
fn late_sample_of_a_phone_clears_a_test_that_follows_what_the_phone_signed_next() {
    // the village's phone sends its later record first; the laboratory names that record
    let booked = |lot: &LotId| adjust(lot, "1", "sample");
    let (mut w, lot) = with_oil();
    let sample = w.delayed(VILLAGE, draw("V-1", &[&lot], VILLAGE));
    let after = w.ok(VILLAGE, booked(&lot));
    w.ok(LAB, with(analyse(&lot, "5", Some("V-1")), "jejak:after", json!([after.uri()])));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    w.admitted(VILLAGE, sample);
    assert_eq!(headline(&w, &lot), LotState::Verified);
    // what the phone signed before the sample shows nothing
    let (mut w, lot) = with_oil();
    let before = w.ok(VILLAGE, booked(&lot));
    let sample = w.delayed(VILLAGE, draw("V-1", &[&lot], VILLAGE));
    w.ok(LAB, with(analyse(&lot, "5", Some("V-1")), "jejak:after", json!([before.uri()])));
    w.admitted(VILLAGE, sample);
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
}

#[test]
fn test_that_waits_for_its_sample_is_taken_once_the_sample_is_there() {
    let (mut w, lot) = with_oil();
    let sample = w.delayed(VILLAGE, draw("V-1", &[&lot], VILLAGE));
    let test = with(analyse(&lot, "5", Some("V-1")), "jejak:after", json!([sample.id.uri()]));
    assert!(w.submit(LAB, test.clone()).unwrap_err().retryable);
    w.admitted(VILLAGE, sample);
    w.ok(LAB, test);
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn sample_sent_in_by_the_village_counts_and_is_shown_so() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, draw("V-1", &[&lot], VILLAGE));
    assert!(w.found(LAB, analyse(&lot, "5", Some("V-1"))).is_empty());
    assert_eq!(headline(&w, &lot), LotState::Verified);
    let sample = view(&w, &lot).inspections.remove(0).sample.unwrap();
    let drawn = sample.drawn.unwrap();
    assert_eq!((drawn.by.party.as_str(), drawn.submitted_by_producer), (VILLAGE, true));
    // an inspector with a hand in the goods submits them too
    let (mut w, lot) = with_oil();
    w.mandate(VILLAGE, LAB, &["ship"]);
    w.ok(LAB, draw("L-1", &[&lot], VILLAGE));
    w.second_laboratory();
    w.ok(SECOND_LAB, analyse(&lot, "5", Some("L-1")));
    assert!(view(&w, &lot).inspections.remove(0).sample.unwrap().drawn.unwrap().submitted_by_producer);
}

#[test]
fn sample_of_a_stranger_is_refused() {
    let (mut w, lot) = with_oil();
    w.refused(Rule::NotMandated, FORWARDER, draw("F-1", &[&lot], VILLAGE));
    w.refused(Rule::SampleExceedsLot, FORWARDER, draw("F-1", &[&lot], FORWARDER));
    w.mandate(VILLAGE, FORWARDER, &["sample"]);
    w.ok(FORWARDER, draw("F-1", &[&lot], VILLAGE));
    let mut bare = draw("F-2", &[&lot], VILLAGE);
    bare["jejak:sample"].as_object_mut().unwrap().remove("jejak:holder");
    w.refused(Rule::SampleMissing, VILLAGE, bare);
}

#[test]
fn one_sample_serves_two_laboratories() {
    let (mut w, lot) = with_oil();
    w.second_laboratory();
    w.ok(VILLAGE, draw("V-1", &[&lot], VILLAGE));
    assert!(w.found(LAB, analyse(&lot, "5", Some("V-1"))).is_empty());
    assert!(w.found(SECOND_LAB, analyse(&lot, "6", Some("V-1"))).is_empty());
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn failure_counts_without_a_sample() {
    let (mut w, lot) = with_oil();
    let (_, outcome) = w.submit(LAB, analyse(&lot, "11", None)).unwrap();
    assert!(outcome.findings.is_empty(), "nothing is left out: {:?}", outcome.findings);
    assert_eq!(headline(&w, &lot), LotState::Failed);
}

#[test]
fn retest_clears_a_failure_only_on_a_sample_that_fits() {
    let (mut w, lot) = with_oil();
    w.ok(LAB, draw("A", &[&lot], VILLAGE));
    let failed = w.ok(LAB, analyse(&lot, "11", Some("A")));
    let retest = |sample: &str| with(analyse(&lot, "5", Some(sample)), "jejak:retests", json!([failed.uri()]));
    let sample = w.delayed(LAB, draw("B", &[&lot], VILLAGE));
    w.ok(LAB, retest("B"));
    assert_eq!(headline(&w, &lot), LotState::Failed);
    assert!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[])).contains(&Rule::ShippedFailed));
    w.admitted(LAB, sample);
    assert_ne!(headline(&w, &lot), LotState::Failed, "its sample came");
    assert!(!w.found(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[])).contains(&Rule::ShippedFailed));
    // while it was open, another retest could name it as well
    let (mut w, lot) = with_oil();
    let failed = w.ok(LAB, analyse(&lot, "11", None));
    let retest = |sample: &str| with(analyse(&lot, "5", Some(sample)), "jejak:retests", json!([failed.uri()]));
    w.ok(LAB, retest("NOBODYS"));
    w.ok(LAB, draw("C", &[&lot], VILLAGE));
    w.ok(LAB, retest("C"));
    assert_ne!(headline(&w, &lot), LotState::Failed);
}

#[test]
fn voided_sample_takes_its_tests_with_it() {
    let (mut w, lot) = with_oil();
    let drawing = draw("V-1", &[&lot], VILLAGE);
    let sample = w.ok(VILLAGE, drawing.clone());
    w.ok(LAB, analyse(&lot, "5", Some("V-1")));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    w.ok(VILLAGE, void(sample, drawing));
    assert_eq!((headline(&w, &lot), warnings(&w, &lot)), (LotState::PartlyTested, vec![Rule::SampleUnknown]));
}

#[test]
fn what_was_measured_on_site_needs_no_sample() {
    let (mut w, lot) = with_oil();
    assert!(w.found(LAB, inspect(&lot, "1", "1")).is_empty());
    assert_eq!(headline(&w, &lot), LotState::Verified);
    assert!(view(&w, &lot).inspections.remove(0).sample.is_none());
    // in one test with what was not
    let mut both = inspect(&lot, "1", "1");
    let ester = analyse(&lot, "5", None)["sensorElementList"][0]["sensorReport"][0].clone();
    both["sensorElementList"][0]["sensorReport"].as_array_mut().unwrap().push(ester);
    both["jejak:profile"]["jejak:requirements"] = json!(["TEST", "LAB"]);
    assert_eq!(w.found(LAB, both), [Rule::SampleNotNamed]);
    assert_eq!(headline(&w, &lot), LotState::Findings, "the tests that its market asks for are there");
    let parameters = Lineage::new(&w.state, &w).of(&lot).unwrap().unwrap().looked_up[0].1.args[0].1.clone();
    assert_eq!(parameters, "urn:jejak:param:ester-value");
}

#[test]
fn untested_source_makes_its_parts_partly_tested_too() {
    let (mut w, whole) = with_oil();
    let part = oil("N2");
    w.ok(LAB, analyse(&whole, "5", None));
    w.ok(VILLAGE, process(&[(&whole, "50")], &[(&part, "50")]));
    assert_eq!(headline(&w, &part), LotState::PartlyTested);
    // a test of the source that counts makes both green but for the warning of the first
    w.ok(LAB, draw("S", &[&whole], VILLAGE));
    w.ok(LAB, analyse(&whole, "5", Some("S")));
    assert_eq!([headline(&w, &whole), headline(&w, &part)], [LotState::Findings; 2]);
}

#[test]
fn goods_are_not_added_to_a_lot_that_a_sample_was_drawn_of() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    w.ok(LAB, draw("LAB-77", &[&lot], VILLAGE));
    w.refused(Rule::LotClosed, VILLAGE, harvest(&lot, "99000"));
}
