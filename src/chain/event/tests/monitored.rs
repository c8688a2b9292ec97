//! Monitoring of a place: what it covers of the tests that a market asks for, for which harvests, and what it never does.

use serde_json::{Value, json};

use super::headline;
use crate::chain::lineage::Lineage;
use crate::chain::monitored::{MOST, MOST_PLACES, newest_of_place};
use crate::chain::quota::LOT_RECORDS;
use crate::chain::rows::{LotUse, MonitoringRow, of_monitoring, place_use_key};
use crate::chain::state::{encode, get};
use crate::chain::testing::*;
use crate::chain::{Rule, Table};
use crate::gs1::{Gln, LotId};
use crate::quality::Completeness;
use crate::query::view::{LotState, LotView};
use crate::record::Hash32;

fn view(w: &World, lot: &LotId) -> LotView {
    crate::query::lot_view(&w.state, w, lot).unwrap().unwrap()
}

fn rules(w: &World, lot: &LotId) -> Vec<Rule> {
    view(w, lot).findings.iter().map(|finding| finding.rule).collect()
}

fn at(event: Value, place: Gln) -> Value {
    with(event, "readPoint", json!({ "id": place.uri() }))
}

/// Oil N1 for the EU, of leaf that was harvested at a place; of what the market asks for it lacks the ester value.
fn from_place() -> (World, LotId, Gln) {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    let place = w.place(1);
    w.ok(VILLAGE, at(harvest(&raw, "1000"), place));
    w.ok(VILLAGE, with(process(&[(&raw, "1000")], &[(&made, "100")]), "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&made, "1", "1"));
    assert_eq!(headline(&w, &made), LotState::PartlyTested);
    (w, made, place)
}

fn covered(w: &World, lot: &LotId) -> bool {
    matches!(view(w, lot).judged.completeness, Some(Completeness::Complete { .. }))
}

#[test]
fn monitoring_covers_what_the_list_allows_until_it_is_voided() {
    let (mut w, lot, place) = from_place();
    let clean = monitor(place, "5");
    let record = w.ok(LAB, clean.clone());
    let judged = view(&w, &lot).judged;
    assert_eq!(headline(&w, &lot), LotState::Verified);
    let only = Completeness::Complete { advisory: false, monitored: vec!["ester-value".to_owned()] };
    assert_eq!(judged.completeness, Some(only));
    let [shown] = judged.monitoring.as_slice() else { panic!("{judged:?}") };
    assert_eq!((shown.record, shown.covers.as_slice()), (record, ["ester-value".to_owned()].as_slice()));
    assert_eq!((shown.from.as_str(), shown.until.as_str()), ("2026-06-01", "2026-07-31"));
    assert!(shown.failed.is_empty() && shown.place.as_ref().is_some_and(|shown| shown.gln == place));
    w.ok(LAB, void(record, clean));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    assert!(view(&w, &lot).judged.monitoring.is_empty());
}

#[test]
fn monitoring_is_no_test_of_a_lot() {
    let mut w = World::new();
    let (raw, place) = (leaf("D1"), w.place(1));
    w.ok(VILLAGE, at(harvest(&raw, "1000"), place));
    w.ok(LAB, monitor(place, "5"));
    assert_eq!(headline(&w, &raw), LotState::NotInspected);
}

#[test]
fn monitoring_outside_a_limit_is_a_warning_until_a_test_passes_and_no_clean_result_hides_it() {
    let (mut w, lot, place) = from_place();
    w.ok(LAB, monitor(place, "5"));
    let outside = w.ok(LAB, monitor(place, "20"));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    let found = view(&w, &lot).findings;
    let finding = found.iter().find(|finding| finding.rule == Rule::MonitoringFailed).unwrap();
    assert_eq!(finding.record, outside);
    assert!(finding.args.contains(&("parameters".to_owned(), "urn:jejak:param:ester-value".to_owned())));
    w.ok(VILLAGE, draw("S", &[&lot], VILLAGE));
    w.ok(LAB, analyse(&lot, "5", Some("S")));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    assert!(!rules(&w, &lot).contains(&Rule::MonitoringFailed));
}

#[test]
fn monitoring_of_another_place_or_time_covers_nothing() {
    let (mut w, lot, place) = from_place();
    let other = w.place(2);
    w.ok(LAB, monitor(other, "5"));
    assert!(!covered(&w, &lot), "another place");
    let period = |from: &str, until: &str| json!({ "jejak:from": from, "jejak:until": until });
    w.ok(LAB, with(monitor(place, "5"), "jejak:monitoring", period("2026-06-01", "2026-07-25")));
    assert!(!covered(&w, &lot), "the harvest ended on 3 November, 101 days later");
    w.ok(LAB, with(monitor(place, "5"), "jejak:monitoring", period("2026-11-02", "2026-11-03")));
    assert!(!covered(&w, &lot), "begun on the second day of the harvest");
    w.ok(LAB, with(monitor(place, "5"), "jejak:monitoring", period("2026-06-01", "2026-07-26")));
    assert!(covered(&w, &lot), "100 days");
}

#[test]
fn lot_of_two_places_needs_monitoring_of_both_and_a_harvest_without_a_place_has_none() {
    let (mut w, _, place) = from_place();
    let (second, third, mixed) = (leaf("D2"), leaf("D3"), oil("N2"));
    let other = w.place(2);
    w.ok(VILLAGE, at(harvest(&second, "1000"), other));
    w.ok(VILLAGE, at(harvest(&third, "1000"), place));
    let made = process(&[(&second, "500"), (&third, "500")], &[(&mixed, "100")]);
    w.ok(VILLAGE, with(made, "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&mixed, "1", "1"));
    w.ok(LAB, monitor(place, "5"));
    assert!(!covered(&w, &mixed));
    w.ok(LAB, monitor(other, "5"));
    assert!(covered(&w, &mixed));
    let (bare, made) = (leaf("D4"), oil("N3"));
    w.ok(VILLAGE, harvest(&bare, "1000"));
    w.ok(VILLAGE, with(process(&[(&bare, "500"), (&third, "500")], &[(&made, "100")]), "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&made, "1", "1"));
    assert!(!covered(&w, &made));
}

#[test]
fn monitoring_by_a_party_to_the_goods_or_with_a_stolen_key_covers_nothing() {
    let (mut w, lot, place) = from_place();
    w.second_laboratory();
    w.mandate(VILLAGE, SECOND_LAB, &["ship"]);
    w.ok(SECOND_LAB, monitor(place, "5"));
    assert!(!covered(&w, &lot), "it acts for the maker");
    w.event_key(LAB, "stolen");
    w.submit_by("stolen", LAB, monitor(place, "5")).unwrap();
    assert!(covered(&w, &lot));
    w.end_compromised_key("stolen", T0);
    assert!(!covered(&w, &lot), "its key was stolen then");
}

#[test]
fn producer_that_gives_a_laboratory_a_mandate_does_not_switch_off_what_it_found() {
    let (mut w, lot, place) = from_place();
    w.second_laboratory();
    w.ok(SECOND_LAB, monitor(place, "20"));
    w.mandate(VILLAGE, SECOND_LAB, &["ship"]);
    w.ok(LAB, monitor(place, "5"));
    assert!(!covered(&w, &lot));
    assert!(rules(&w, &lot).contains(&Rule::MonitoringFailed));
}

#[test]
fn inspector_signs_only_so_much_about_a_place() {
    let (mut w, lot, place) = from_place();
    w.ok(LAB, monitor(place, "5"));
    let key = place_use_key(place, LAB);
    let used: LotUse = get(&w.state, Table::LotUse, &key).unwrap().unwrap();
    assert_eq!(used.records, 1);
    w.put(Table::LotUse, &key, &LotUse { records: LOT_RECORDS, ..used });
    w.refused(Rule::LotQuota, LAB, monitor(place, "5"));
    let other = w.place(2);
    w.ok(LAB, monitor(other, "5"));
    w.ok(LAB, inspect(&lot, "1", "1"));
}

#[test]
fn monitoring_covers_nothing_once_as_many_newer_records_of_its_place_stand_as_are_looked_at() {
    let (mut w, lot, place) = from_place();
    let record = w.ok(LAB, monitor(place, "5"));
    // of one day in 1970: they count for no harvest
    let other = MonitoringRow { record, by: LAB.to_owned(), from: 0, until: 0 };
    let other = encode(Table::Monitoring, &other).unwrap();
    let newer = |n: usize| of_monitoring(place, "essential-oil", 1_000_000 + n as u64);
    for n in 1..MOST {
        w.state.write(Table::Monitoring, newer(n), Some(other.clone().into()));
    }
    assert!(covered(&w, &lot), "the oldest of those that are looked at");
    w.state.write(Table::Monitoring, newer(MOST), Some(other.into()));
    assert!(!covered(&w, &lot), "one more is newer");
}

#[test]
fn lot_of_more_places_than_are_looked_at_is_covered_by_no_monitoring_and_keeps_its_warnings() {
    let mut w = World::new();
    let (raw, further, made, mixed) = (leaf("D1"), leaf("D2"), oil("N1"), oil("N2"));
    let places: Vec<Gln> = (0..=MOST_PLACES as u32).map(|number| w.place(number)).collect();
    let (one_more, looked_at) = places.split_last().unwrap();
    for place in looked_at {
        w.ok(VILLAGE, at(harvest(&raw, "1000"), *place));
    }
    w.ok(VILLAGE, at(harvest(&further, "1000"), *one_more));
    for (lot, leaves) in [(&made, &[(&raw, "500")][..]), (&mixed, &[(&raw, "500"), (&further, "500")][..])] {
        w.ok(VILLAGE, with(process(leaves, &[(lot, "100")]), "jejak:market", json!("EU")));
        w.ok(LAB, inspect(lot, "1", "1"));
    }
    for place in &places {
        w.ok(LAB, monitor(*place, "5"));
    }
    assert!(covered(&w, &made), "of as many places as are looked at");
    assert!(!covered(&w, &mixed), "of one more");
    w.ok(LAB, monitor(places[0], "20"));
    for lot in [&made, &mixed] {
        assert!(!covered(&w, lot) && rules(&w, lot).contains(&Rule::MonitoringFailed), "{lot}");
    }
}

#[test]
fn failed_monitoring_of_a_place_is_of_the_lot_that_is_judged_and_of_no_other() {
    let (mut w, lot, place) = from_place();
    w.ok(LAB, monitor(place, "20"));
    let part = oil("N2");
    w.ok(VILLAGE, with(process(&[(&lot, "50")], &[(&part, "50")]), "jejak:market", json!("ID")));
    assert!(rules(&w, &lot).contains(&Rule::MonitoringFailed));
    assert!(!rules(&w, &part).contains(&Rule::MonitoringFailed), "its market asks for no ester value");
    // whatever was asked for before
    let mut lineage = Lineage::new(&w.state, &w);
    let before = lineage.of(&part).unwrap().unwrap().states();
    let mut lineage = Lineage::new(&w.state, &w);
    lineage.of(&lot).unwrap();
    assert_eq!(lineage.of(&part).unwrap().unwrap().states(), before);
}

#[test]
fn harvest_without_a_place_hides_nothing_that_was_found_at_another() {
    let (mut w, _, place) = from_place();
    let (bare, there, made) = (leaf("D4"), leaf("D5"), oil("N3"));
    w.ok(VILLAGE, harvest(&bare, "1000"));
    w.ok(VILLAGE, at(harvest(&there, "1000"), place));
    w.ok(VILLAGE, with(process(&[(&bare, "500"), (&there, "500")], &[(&made, "100")]), "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&made, "1", "1"));
    w.ok(LAB, monitor(place, "20"));
    assert!(rules(&w, &made).contains(&Rule::MonitoringFailed));
}

#[test]
fn newest_records_of_a_place_are_listed_whatever_commodity_they_are_of() {
    let mut w = World::new();
    let (place, other) = (w.place(1), w.place(2));
    // a commodity whose id begins with another's, and one that was measured only after all others
    for (commodity, index) in
        [("crab", 7), ("crab", 8), ("crab-meat", 1), ("crab-meat", 2), ("crab-meat", 3), ("vanilla", 4), ("banana", 9)]
    {
        let row = MonitoringRow { record: Hash32([index; 32]), by: LAB.to_owned(), from: 0, until: 0 };
        w.put(Table::Monitoring, &of_monitoring(place, commodity, index.into()), &row);
    }
    let newest = |place: Gln, most: usize| -> Vec<u8> {
        newest_of_place(&w.state, place, most).unwrap().iter().map(|row| row.record.0[0]).collect()
    };
    assert_eq!(newest(place, 3), [9, 8, 7]);
    assert_eq!(newest(place, 20), [9, 8, 7, 4, 3, 2, 1]);
    assert!(newest(other, 3).is_empty());
}

#[test]
fn monitoring_that_says_too_little_is_refused() {
    let (mut w, lot, place) = from_place();
    w.refused(Rule::InspectorOnly, VILLAGE, monitor(place, "5"));
    let body = "952132199999";
    let nowhere: Gln = format!("{body}{}", crate::gs1::check::digit(body).unwrap()).parse().unwrap();
    w.refused(Rule::PlaceUnknown, LAB, monitor(nowhere, "5"));
    let mut silent = monitor(place, "5");
    silent.as_object_mut().unwrap().remove("jejak:monitoring");
    w.refused(Rule::MonitoringPeriod, LAB, silent);
    for (from, until) in [("2026-11-01", "2026-11-05"), ("2025-07-01", "2026-07-03")] {
        let period = json!({ "jejak:from": from, "jejak:until": until });
        w.refused(Rule::MonitoringPeriod, LAB, with(monitor(place, "5"), "jejak:monitoring", period));
    }
    let mut unnamed = monitor(place, "5");
    unnamed.as_object_mut().unwrap().remove("jejak:profile");
    w.refused(Rule::ProfileMissing, LAB, unnamed);
    let mut other = monitor(place, "5");
    other["jejak:profile"]["jejak:version"] = json!("9");
    w.refused(Rule::ProfileNotInForce, LAB, other);
    w.enrol_second_laboratory();
    w.refused(Rule::NotAccredited, SECOND_LAB, monitor(place, "5"));
    // with goods it is an inspection of them, which is of no period
    let goods = with(monitor(place, "5"), "quantityList", json!([{ "epcClass": lot.uri() }]));
    w.refused(Rule::FormMisplaced, LAB, goods);
}
