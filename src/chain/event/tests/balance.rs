//! What comes of what: change of form, growth, units and additives, as findings on the lots made.

use serde_json::{Value, json};

use super::headline;
use crate::chain::testing::*;
use crate::chain::{Finding, Rule, Severity};
use crate::gs1::{BaseUnit, Gtin, LotId};
use crate::query::view::LotState;
use crate::record::registry::{Names, Product, Statement};

/// 10 kg of leaf D1 and 1 kg of oil N1 at the village, by the mill's press.
fn stocked() -> World {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "10000"));
    w.ok(VILLAGE, harvest(&leaf("D0"), "1000"));
    w.ok(VILLAGE, process(&[(&leaf("D0"), "1000")], &[(&oil("N1"), "1000")]));
    w
}

fn named(event: Value, process: &str) -> Value {
    with(event, "jejak:process", json!(process))
}

fn findings(w: &mut World, event: Value) -> Vec<Finding> {
    w.submit(VILLAGE, event).unwrap().1.findings
}

/// Lots of oil in another unit, made by the village.
fn oil_in(w: &mut World, number: u32, unit: BaseUnit) -> impl Fn(&str) -> LotId + use<> {
    let body = format!("09521321002{number:02}");
    let gtin: Gtin = format!("{body}{}", crate::gs1::check::digit(&body).unwrap()).parse().unwrap();
    let product = Product {
        gtin,
        name: Names::english("Oil"),
        commodity: "essential-oil".to_owned(),
        form: "patchouli-oil".to_owned(),
        unit,
        makers: vec![VILLAGE.to_owned()],
        net_content: None,
        hs: None,
        storage: None,
        replaces: None,
    };
    w.state(AUTHORITY, Statement::Product(product));
    move |lot| LotId { gtin, lot: lot.parse().unwrap() }
}

fn arg<'a>(finding: &'a Finding, name: &str) -> &'a str {
    finding.args.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap()
}

#[test]
fn oil_made_of_leaf_without_the_process_is_not_verified() {
    let mut w = stocked();
    let distil = |to: &LotId, out: &str| unnamed(&[(&leaf("D1"), "1000")], &[(to, out)]);
    for (lot, process, rule) in [
        ("A", None, Rule::ProcessMissing),
        ("B", Some("splitting"), Rule::ProcessMissing),
        ("C", Some("purification"), Rule::ProcessMisnamed),
        ("D", Some("steam-distillation"), Rule::YieldImplausible),
    ] {
        let event = distil(&oil(lot), "999");
        let event = process.map_or(event.clone(), |process| named(event, process));
        let found = findings(&mut w, event);
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [rule], "{lot}");
        assert_eq!((found[0].severity, &found[0].lots), (Severity::Warning, &vec![oil(lot)]));
        w.ok(LAB, inspect(&oil(lot), "1", "1"));
        assert_eq!(headline(&w, &oil(lot)), LotState::Findings, "{lot}");
    }
    let honest = named(distil(&oil("E"), "24"), "steam-distillation");
    assert!(findings(&mut w, honest).is_empty());
    w.ok(LAB, inspect(&oil("E"), "1", "1"));
    assert_eq!(headline(&w, &oil("E")), LotState::Verified);
}

#[test]
fn finding_about_forms_names_them_and_the_process() {
    let mut w = stocked();
    let event = named(unnamed(&[(&leaf("D1"), "10"), (&oil("N1"), "1")], &[(&oil("N2"), "2")]), "bottling");
    let found = findings(&mut w, event);
    assert_eq!(found[0].rule, Rule::ProcessMisnamed);
    assert_eq!(arg(&found[0], "from-forms"), "patchouli-dried-leaf,patchouli-oil");
    assert_eq!((arg(&found[0], "to-forms"), arg(&found[0], "process")), ("patchouli-oil", "bottling"));
}

#[test]
fn split_and_relabel_need_no_process_and_may_not_grow() {
    let mut w = stocked();
    let split = unnamed(&[(&oil("N1"), "100")], &[(&oil("N2"), "60"), (&oil("N3"), "40")]);
    assert!(findings(&mut w, split).is_empty());
    assert!(findings(&mut w, unnamed(&[(&oil("N2"), "50"), (&oil("N3"), "40")], &[(&oil("N4"), "89")])).is_empty());
    let grown = findings(&mut w, unnamed(&[(&oil("N1"), "100")], &[(&oil("N5"), "60"), (&oil("N6"), "40.000001")]));
    assert_eq!((grown[0].rule, grown[0].lots.len()), (Rule::OutputExceedsInput, 2));
    assert_eq!(
        (arg(&grown[0], "input"), arg(&grown[0], "output"), arg(&grown[0], "unit")),
        ("100", "100.000001", "gram")
    );
    // a named process that keeps the form: a loss is for the record, a gain a warning
    let bottle = |to: &str, out: &str| named(unnamed(&[(&oil("N1"), "100")], &[(&oil(to), out)]), "bottling");
    let lost = findings(&mut w, bottle("N7", "90"));
    assert_eq!((lost[0].rule, lost[0].severity), (Rule::YieldImplausible, Severity::Notice));
    let gained = findings(&mut w, bottle("N8", "101"));
    assert_eq!((gained[0].rule, gained[0].severity), (Rule::YieldImplausible, Severity::Warning));
}

#[test]
fn millilitres_of_grams_do_not_evade_the_yield() {
    let mut w = stocked();
    let flask = oil_in(&mut w, 2, BaseUnit::Millilitre);
    let distil = |lot: &str, out: &str| {
        let mut event = named(unnamed(&[(&leaf("D1"), "1000")], &[(&oil("X"), "1")]), "steam-distillation");
        event["outputQuantityList"] = json!([{
            "epcClass": flask(lot).uri(), "quantity": out.parse::<serde_json::Number>().unwrap(), "uom": "MLT",
        }]);
        event
    };
    assert!(w.found(VILLAGE, distil("L1", "25")).is_empty());
    assert_eq!(w.found(VILLAGE, distil("L2", "999")), [Rule::YieldImplausible]);
    assert_eq!(w.found(VILLAGE, distil("L3", "43")), [Rule::YieldImplausible]);
}

#[test]
fn voided_and_replaced_process_is_judged_by_its_replacement() {
    let mut w = stocked();
    let wrong = unnamed(&[(&leaf("D1"), "1000")], &[(&oil("N2"), "24")]);
    let id = w.ok(VILLAGE, wrong.clone());
    w.ok(LAB, inspect(&oil("N2"), "1", "1"));
    assert_eq!(headline(&w, &oil("N2")), LotState::Findings);
    let voiding = w.ok(VILLAGE, void(id, wrong.clone()));
    let right = with(named(wrong, "steam-distillation"), "jejak:voids", json!(voiding.uri()));
    let found = findings(&mut w, right);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::RemadeAfterInspection]);
}

#[test]
fn void_repeats_what_was_added() {
    let mut w = stocked();
    let salt = |value: &str| json!([{ "jejak:substance": "salt", "jejak:value": value, "jejak:uom": "KGM" }]);
    let event = unnamed(&[(&oil("N1"), "100")], &[(&oil("N2"), "100")]);
    let id = w.ok(VILLAGE, with(event.clone(), "jejak:additives", salt("1")));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(id, event.clone()));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(id, with(event.clone(), "jejak:additives", salt("2"))));
    w.ok(VILLAGE, void(id, with(event, "jejak:additives", salt("1"))));
}

#[test]
fn additive_that_the_process_does_not_list_counts_for_nothing() {
    let mut w = stocked();
    let blend = |lot: &str, out: &str, value: &str, uom: &str| {
        let added = json!([{ "jejak:substance": "carrier-oil", "jejak:value": value, "jejak:uom": uom }]);
        with(named(unnamed(&[(&oil("N1"), "100")], &[(&oil(lot), out)]), "blending"), "jejak:additives", added)
    };
    let found = findings(&mut w, blend("N2", "150", "50", "GRM"));
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::YieldImplausible, Rule::AdditiveUncounted]);
    assert_eq!((found[1].severity, arg(&found[1], "additives")), (Severity::Notice, "carrier-oil"));
    w.refused(Rule::UnitUnknown, VILLAGE, blend("N3", "100", "1", "XYZ"));
    w.refused(Rule::QuantityPositive, VILLAGE, blend("N3", "100", "0", "GRM"));
    w.refused(Rule::QuantityPositive, VILLAGE, blend("N3", "100", "-1", "GRM"));
    w.refused(Rule::QuantityExact, VILLAGE, blend("N3", "100", "0.0000001", "GRM"));
}

#[test]
fn amounts_in_units_that_say_nothing_of_each_other_are_a_finding() {
    let mut w = stocked();
    let counted = oil_in(&mut w, 3, BaseUnit::Piece);
    let mut event = named(unnamed(&[(&oil("N1"), "100")], &[(&oil("X"), "1")]), "bottling");
    event["outputQuantityList"] = json!([{ "epcClass": counted("B1").uri(), "quantity": 2, "uom": "H87" }]);
    assert_eq!(w.found(VILLAGE, event), [Rule::AmountsNotComparable]);
}

#[test]
fn process_that_the_version_in_force_does_not_know_is_missing() {
    let mut w = stocked();
    let press = |lot: &str| process(&[(&leaf("D1"), "1000")], &[(&oil(lot), "24")]);
    assert!(findings(&mut w, press("N2")).is_empty());
    w.profile("2");
    let found = findings(&mut w, press("N3"));
    assert_eq!((found[0].rule, arg(&found[0], "process")), (Rule::ProcessMissing, PRESSING));
}
