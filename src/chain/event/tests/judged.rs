//! Inspections, failures that stick, holds and recalls.

use serde_json::json;

use super::{headline, with_oil};
use crate::chain::lineage::Lineage;
use crate::chain::rows::lot_key;
use crate::chain::testing::*;
use crate::chain::{Rule, Table};
use crate::gs1::LotId;
use crate::quality::Verdict;
use crate::query::view::LotState;
use crate::record::RecordId;

#[test]
fn inspection_without_accreditation_is_refused() {
    let (mut w, oil) = with_oil();
    w.refused(Rule::InspectorOnly, MILL, inspect(&oil, "1", "1"));
    w.ok(LAB, inspect(&oil, "1", "1"));
    let late = with(inspect(&oil, "1", "1"), "eventTime", json!("2026-01-01T00:00:00Z"));
    w.refused(Rule::EventBeforeLot, LAB, late);
    w.put(crate::chain::Table::Accreditation, LAB.as_bytes(), &Vec::<crate::chain::rows::AccreditationRow>::new());
    w.refused(Rule::NotAccredited, LAB, inspect(&oil, "1", "1"));
}

#[test]
fn inspector_that_holds_goods_checks_for_itself_and_releases_nothing() {
    let (mut w, oil) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&oil, "10")], &[]));
    let id = w.ok(VILLAGE, ship(VILLAGE, LAB, &[], &[1]));
    w.ok(LAB, receive(id, &[(&oil, "10")], &[1]));
    assert_eq!(w.found(LAB, inspect(&oil, "1", "1")), [Rule::OwnCheck]);
    let release = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "accepting", "quantityList": [{ "epcClass": oil.uri() }],
    });
    w.refused(Rule::SeparationOfDuties, LAB, release);
}

#[test]
fn wrong_verdict_and_profile_not_in_force_are_refused() {
    let (mut w, oil) = with_oil();
    let lie = with(inspect(&oil, "11", "1"), "disposition", json!("conformant"));
    w.refused(Rule::VerdictDisagrees, LAB, lie);
    w.refused(Rule::VerdictDisagrees, LAB, with(inspect(&oil, "1", "1"), "disposition", json!("non_conformant")));
    let mut other = inspect(&oil, "1", "1");
    other["jejak:profile"]["jejak:version"] = json!("2");
    w.refused(Rule::ProfileNotInForce, LAB, other);
    let mut bytes = inspect(&oil, "1", "1");
    bytes["jejak:profile"]["jejak:blake3"] = json!(crate::record::Hash32([1; 32]).to_string());
    w.refused(Rule::ProfileNotInForce, LAB, bytes);
    let mut none = inspect(&oil, "1", "1");
    none.as_object_mut().unwrap().remove("jejak:profile");
    w.refused(Rule::ProfileMissing, LAB, none);
    let mut empty = inspect(&oil, "1", "1");
    empty.as_object_mut().unwrap().remove("sensorElementList");
    w.refused(Rule::ResultsMissing, LAB, empty);
    w.refused(Rule::LotUnknown, LAB, inspect(&crate::chain::testing::oil("N9"), "1", "1"));
}

#[test]
fn lot_without_a_pass_is_never_verified() {
    let states = |w: &World, lot: &LotId| Lineage::new(&w.state, w).of(lot).unwrap().unwrap().states();
    let (mut w, oil) = with_oil();
    w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&oil, "1")], &[]));
    assert_eq!(states(&w, &oil), [LotState::NotInspected, LotState::Findings]);
    // measured, and nothing that judges
    let (mut w, oil) = with_oil();
    let mut unjudged = inspect(&oil, "1", "1");
    unjudged["jejak:profile"]["jejak:requirements"] = json!([]);
    unjudged["sensorElementList"][0]["sensorReport"][0]["type"] = json!("urn:jejak:param:colour");
    w.ok(LAB, unjudged);
    assert_eq!(headline(&w, &oil), LotState::NoVerdict);
    w.ok(LAB, inspect(&oil, "1", "1"));
    assert_eq!(headline(&w, &oil), LotState::Verified);
}

#[test]
fn result_signed_with_a_compromised_key_does_not_pass() {
    let (mut w, oil) = with_oil();
    w.ok(LAB, inspect(&oil, "1", "1"));
    assert_eq!(headline(&w, &oil), LotState::Verified);
    w.end_compromised_key(LAB, 0);
    let view = crate::query::lot_view(&w.state, &w, &oil).unwrap().unwrap();
    assert_eq!(view.states, [LotState::NoVerdict, LotState::Findings]);
    assert!(view.inspections[0].marked && view.inspections[0].verdict == Verdict::Pass);
}

#[test]
fn non_conformant_without_a_limit_is_a_finding() {
    let (mut w, oil) = with_oil();
    w.ok(LAB, inspect(&oil, "1", "1"));
    let mut unjudged = inspect(&oil, "1", "1");
    unjudged["jejak:profile"]["jejak:requirements"] = json!([]);
    unjudged["disposition"] = json!("non_conformant");
    assert_eq!(w.found(LAB, unjudged), [Rule::NonConformantUnjudged]);
    assert_eq!(headline(&w, &oil), LotState::Findings);
}

#[test]
fn lot_does_not_pass_by_inputs_of_a_voided_process() {
    let mut w = World::new();
    let (a, b, c) = (oil("N1"), oil("N2"), oil("N3"));
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&a, "100")]));
    w.ok(LAB, inspect(&a, "1", "1"));
    let split = process(&[(&a, "50")], &[(&b, "50")]);
    let first = w.ok(VILLAGE, split.clone());
    w.ok(VILLAGE, process(&[(&b, "20")], &[(&c, "20")]));
    assert_eq!([headline(&w, &b), headline(&w, &c)], [LotState::Verified; 2]);
    w.ok(VILLAGE, void(first, split));
    assert_eq!([headline(&w, &b), headline(&w, &c)], [LotState::Withdrawn, LotState::NotInspected]);
}

#[test]
fn result_in_another_unit_is_a_finding_of_its_own() {
    let (mut w, oil) = with_oil();
    let mut event = inspect(&oil, "1", "1");
    event["sensorElementList"][0]["sensorReport"][1]["uom"] = json!("C62");
    let (_, outcome) = w.submit(LAB, event).unwrap();
    let [finding] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    assert_eq!((finding.rule, finding.args[0].1.as_str()), (Rule::ResultUnit, "urn:jejak:param:acid-value"));
    assert_eq!(headline(&w, &oil), LotState::NoVerdict);
}

#[test]
fn lot_without_result_is_not_inspected_and_with_a_pass_is_verified() {
    let (mut w, oil) = with_oil();
    assert_eq!(headline(&w, &oil), LotState::NotInspected);
    let found = w.found(VILLAGE, ship(VILLAGE, BUYER, &[(&oil, "1")], &[]));
    assert_eq!(found, [Rule::ShippedUninspected]);
    let (mut w, oil) = with_oil();
    w.ok(LAB, inspect(&oil, "1", "1"));
    assert_eq!(headline(&w, &oil), LotState::Verified);
    assert!(w.found(VILLAGE, ship(VILLAGE, BUYER, &[(&oil, "1")], &[])).is_empty());
    // a split keeps the result, another form does not
    assert_eq!(headline(&w, &leaf("D1")), LotState::NotInspected);
}

#[test]
fn failure_passes_to_outputs_until_cured_or_retested() {
    let (mut w, raw) = with_oil();
    let failed = w.ok(LAB, inspect(&raw, "11", "9"));
    let part = oil("N2");
    w.ok(VILLAGE, process(&[(&raw, "50")], &[(&part, "50")]));
    assert_eq!(headline(&w, &part), LotState::Failed);
    assert_eq!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&part, "1")], &[])), [Rule::ShippedFailed]);
    // purification cures iron, not the acid value
    let cured = oil("N3");
    w.ok(VILLAGE, with(process(&[(&part, "40")], &[(&cured, "40")]), "jejak:process", json!("purification")));
    let open = |w: &World, lot: &LotId| {
        let mut lineage = Lineage::new(&w.state, w);
        let list = lineage.of(lot).unwrap().unwrap().failures.clone();
        list.iter().filter(|f| f.cleared_by.is_none()).map(|f| f.parameter.clone()).collect::<Vec<_>>()
    };
    assert_eq!(open(&w, &part).len(), 2);
    assert_eq!(open(&w, &cured), ["urn:jejak:param:acid-value"]);
    // a pass that does not name the failed record changes nothing
    w.ok(LAB, inspect(&cured, "1", "1"));
    assert_eq!(headline(&w, &cured), LotState::Failed);
    let unknown = with(inspect(&cured, "1", "1"), "jejak:retests", json!([crate::record::Hash32([2; 32]).uri()]));
    w.refused(Rule::RetestUnknown, LAB, unknown);
    let repeated = with(inspect(&cured, "1", "1"), "jejak:retests", json!([failed.uri()]));
    let retest = w.ok(LAB, repeated.clone());
    assert_eq!(headline(&w, &cured), LotState::Findings, "that its ancestor was shipped failed stays");
    assert_eq!(headline(&w, &part), LotState::Failed, "a retest clears the lot it was made on");
    // voided by its issuer only, and then the failure is back
    w.refused(Rule::VoidNotByParty, VILLAGE, void(retest, repeated.clone()));
    w.ok(LAB, void(retest, repeated));
    assert_eq!(headline(&w, &cured), LotState::Failed);
    let shown = crate::query::lot_view(&w.state, &w, &cured).unwrap().unwrap().inspections;
    assert_eq!(shown.iter().filter(|shown| shown.lot == cured).count(), 2, "it stays visible");
    // and with the failing one voided too, nothing is left of it
    w.ok(LAB, void(failed, inspect(&raw, "11", "9")));
    assert_eq!(open(&w, &part), Vec::<String>::new());
}

#[test]
fn voided_process_no_longer_cures() {
    let (mut w, failed) = with_oil();
    w.ok(LAB, inspect(&failed, "11", "1"));
    let (cured, below) = (oil("N2"), oil("N3"));
    let purify = with(process(&[(&failed, "40")], &[(&cured, "40")]), "jejak:process", json!("purification"));
    let mix = process(&[(&failed, "40")], &[(&cured, "40")]);
    let citing =
        |event: &serde_json::Value, voiding: RecordId| with(event.clone(), "jejak:voids", json!(voiding.uri()));
    let fails = |w: &World| {
        let mut lineage = Lineage::new(&w.state, w);
        [&cured, &below].map(|lot| lineage.of(lot).unwrap().unwrap().states().contains(&LotState::Failed))
    };
    let first = w.ok(VILLAGE, purify.clone());
    w.ok(VILLAGE, process(&[(&cured, "20")], &[(&below, "20")]));
    assert_eq!(fails(&w), [false, false]);
    // passed on: both keep their lineage, and the failure is back in what was made of it
    let voiding = w.ok(VILLAGE, void(first, purify.clone()));
    assert_eq!(fails(&w), [true, true]);
    // a replacement that cures nothing leaves it failed
    let second = w.ok(VILLAGE, citing(&mix, voiding));
    assert_eq!(fails(&w), [true, true]);
    assert!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&below, "1")], &[])).contains(&Rule::ShippedFailed));
    // one that cures it cures it, also in what was made of it before
    let voiding = w.ok(VILLAGE, void(second, mix));
    w.ok(VILLAGE, citing(&purify, voiding));
    assert_eq!(fails(&w), [false, false]);
    w.assert_conserved();
}

#[test]
fn descendants_stay_held_until_all_holds_are_lifted() {
    let (mut w, made) = with_oil();
    w.ok(LAB, inspect(&made, "1", "1"));
    let raw = leaf("D1");
    w.refused(Rule::HoldNotAllowed, FORWARDER, hold(&raw, "recalled"));
    w.refused(
        Rule::HoldWithoutClass,
        VILLAGE,
        with(hold(&raw, "recalled"), "persistentDisposition", json!({ "unset": ["recalled"] })),
    );
    let by_region = w.ok(REGION, hold(&raw, "recalled"));
    let by_owner = w.ok(VILLAGE, hold(&raw, "non_sellable_other"));
    assert_eq!(headline(&w, &made), LotState::Recalled);
    assert!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&made, "1")], &[])).contains(&Rule::ShippedOnHold));
    w.refused(Rule::LiftNotAllowed, VILLAGE, lift(by_region, &raw));
    w.ok(REGION, lift(by_region, &raw));
    w.refused(Rule::HoldUnknown, REGION, lift(by_region, &raw));
    assert_eq!(headline(&w, &made), LotState::Held);
    let lifted = w.ok(AUTHORITY, lift(by_owner, &raw));
    assert_ne!(headline(&w, &made), LotState::Held);
    w.ok(AUTHORITY, void(lifted, lift(by_owner, &raw)));
    assert_eq!(headline(&w, &made), LotState::Held);
    w.ok(VILLAGE, void(by_owner, hold(&raw, "non_sellable_other")));
    assert_ne!(headline(&w, &made), LotState::Held);
}

#[test]
fn goods_packed_into_a_held_container_are_held() {
    let (mut w, made) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&made, "10")], &[]));
    let by_sscc = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "epcList": [sscc(1)],
        "persistentDisposition": { "set": ["recalled"] },
    });
    let held = w.ok(LAB, by_sscc);
    assert_eq!(headline(&w, &made), LotState::Recalled);
    let other = oil("N7");
    w.ok(VILLAGE, process(&[(&made, "50")], &[(&other, "50")]));
    let clean = leaf("D8");
    w.ok(VILLAGE, harvest(&clean, "10"));
    let also = leaf("D9");
    w.ok(VILLAGE, harvest(&also, "10"));
    w.ok(VILLAGE, pack(1, &[(&clean, "5"), (&also, "5")], &[]));
    assert_eq!(headline(&w, &clean), LotState::Recalled);
    w.ok(LAB, lift(held, &clean));
    assert_eq!((headline(&w, &clean), headline(&w, &also)), (LotState::NotInspected, LotState::NotInspected));
}

#[test]
fn region_can_not_hold_goods_of_another_region() {
    let (mut w, _) = with_oil();
    let of_mill = bottle("B1");
    let id = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&oil("N1"), "100")], &[]));
    w.ok(MILL, receive(id, &[(&oil("N1"), "100")], &[]));
    w.ok(MILL, process(&[(&oil("N1"), "100")], &[(&of_mill, "100")]));
    w.refused(Rule::HoldNotAllowed, REGION, hold(&of_mill, "recalled"));
    w.ok(REGION, hold(&oil("N1"), "recalled"));
}

#[test]
fn shipment_that_does_not_read_all_failed_inspections_names_no_parameters_and_says_so() {
    let (mut w, lot) = with_oil();
    let mut row = w.lot(&lot);
    row.counts.failures = 601;
    w.put(Table::Lot, &lot_key(&lot), &row);
    let (_, outcome) = w.submit(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[])).unwrap();
    let failed = outcome.findings.iter().find(|finding| finding.rule == Rule::ShippedFailed).unwrap();
    assert_eq!(failed.args, [("unread".to_owned(), "true".to_owned())]);
}
