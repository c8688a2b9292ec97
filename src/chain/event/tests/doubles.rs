//! The same act entered twice, and lots that people take for each other.

use serde_json::{Value, json};

use super::{document, sale};
use crate::chain::lineage::{self, Lineage, LotState};
use crate::chain::rows::DoneRow;
use crate::chain::testing::*;
use crate::chain::{Rule, Table, cleared};
use crate::gs1::LotId;
use crate::record::RecordId;

const PLACE: &str = "https://id.gs1.org/414/9521321000131";

fn at(event: Value, place: &str) -> Value {
    with(event, "readPoint", json!({ "id": place }))
}

fn knowing(event: Value, first: RecordId) -> Value {
    with(event, "jejak:after", json!([first.uri()]))
}

/// Whether the warning of `rule` stands on a lot now.
fn warned(w: &World, rule: Rule, lot: &LotId) -> bool {
    let found = lineage::findings(&w.state, lot).unwrap();
    found.iter().any(|(_, finding)| {
        finding.rule == rule
            && cleared::standing(&w.state, &finding.record).unwrap()
            && cleared::still_true(&w.state, finding).unwrap()
    })
}

#[test]
fn harvest_entered_twice_counts_twice_and_is_a_warning() {
    let mut w = World::new();
    let lot = leaf("D1");
    let entered = at(harvest(&lot, "1000"), PLACE);
    let first = w.ok(VILLAGE, entered.clone());
    assert!(!warned(&w, Rule::LooksLikeEntry, &lot));
    let (_, outcome) = w.submit(VILLAGE, entered.clone()).unwrap();
    let found = outcome.findings.iter().find(|finding| finding.rule == Rule::LooksLikeEntry).unwrap();
    let entry = w.log.iter().position(|record| record.id == first).unwrap().to_string();
    assert!(found.args.contains(&("entry".to_owned(), entry)), "{:?}", found.args);
    assert_eq!(w.held(&lot, VILLAGE), amount("2000"), "never refused");
    assert!(warned(&w, Rule::LooksLikeEntry, &lot));
    let states = Lineage::new(&w.state, &w).of(&lot).unwrap().unwrap().states();
    assert!(states.contains(&LotState::Findings));
}

#[test]
fn harvest_of_another_amount_day_place_lot_or_party_looks_like_no_other() {
    let mut w = World::new();
    let lot = leaf("D1");
    let entered = at(harvest(&lot, "1000"), PLACE);
    w.ok(VILLAGE, entered.clone());
    let days = json!({ "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-02" });
    for other in [
        at(harvest(&lot, "1001"), PLACE),
        at(harvest(&leaf("D2"), "1000"), PLACE),
        at(harvest(&lot, "1000"), "https://id.gs1.org/414/9521321000124"),
        harvest(&lot, "1000"),
        with(entered.clone(), "eventTime", json!("2026-11-02T08:20:00Z")),
        with(entered.clone(), "ilmd", days),
    ] {
        assert!(!w.found(VILLAGE, other.clone()).contains(&Rule::LooksLikeEntry), "{other}");
    }
    // what is not done by it may differ, and the time of the day
    for same in [
        with(entered.clone(), "eventTime", json!("2026-11-03T09:41:00Z")),
        with(entered.clone(), "jejak:claims", json!(["organic"])),
        with(entered.clone(), "quantityList", json!([{ "epcClass": lot.uri(), "quantity": 1, "uom": "KGM" }])),
    ] {
        assert!(w.found(VILLAGE, same.clone()).contains(&Rule::LooksLikeEntry), "{same}");
    }
}

#[test]
fn signer_that_names_the_first_record_knows_it_and_is_not_warned() {
    let mut w = World::new();
    let lot = leaf("D1");
    let first = w.ok(VILLAGE, harvest(&lot, "1000"));
    assert!(!w.found(VILLAGE, knowing(harvest(&lot, "1000"), first)).contains(&Rule::LooksLikeEntry));
    assert!(!warned(&w, Rule::LooksLikeEntry, &lot));
}

#[test]
fn warning_of_a_double_is_cleared_when_one_of_the_two_is_voided() {
    for void_first in [true, false] {
        let mut w = World::new();
        let lot = leaf("D1");
        let entered = harvest(&lot, "1000");
        let both = [w.ok(VILLAGE, entered.clone()), w.ok(VILLAGE, entered.clone())];
        assert!(warned(&w, Rule::LooksLikeEntry, &lot));
        w.ok(VILLAGE, void(both[usize::from(!void_first)], entered.clone()));
        assert!(!warned(&w, Rule::LooksLikeEntry, &lot), "the first voided: {void_first}");
        let states = Lineage::new(&w.state, &w).of(&lot).unwrap().unwrap().states();
        assert!(!states.contains(&LotState::Findings));
        // the one that stands is still looked like
        assert!(w.found(VILLAGE, entered.clone()).contains(&Rule::LooksLikeEntry));
    }
}

#[test]
fn third_entry_stays_marked_while_one_of_the_first_two_stands() {
    let mut w = World::new();
    let lot = leaf("D1");
    let entered = harvest(&lot, "1000");
    let first = w.ok(VILLAGE, entered.clone());
    let second = w.ok(VILLAGE, entered.clone());
    w.ok(VILLAGE, entered.clone());
    w.ok(VILLAGE, void(first, entered.clone()));
    assert!(warned(&w, Rule::LooksLikeEntry, &lot));
    w.ok(VILLAGE, void(second, entered));
    assert!(!warned(&w, Rule::LooksLikeEntry, &lot));
}

#[test]
fn every_act_that_moves_goods_is_marked_when_it_is_entered_twice() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10000"));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    let packed = pack(1, &[(&raw, "10")], &[]);
    let invoice = with(document("inv:7", std::slice::from_ref(&raw)), "quantityList", json!([grams(&raw, "10000")]));
    for (party, act) in [
        (VILLAGE, adjust(&raw, "3", "drying")),
        (VILLAGE, packed.clone()),
        (VILLAGE, unpack(1, &[(&raw, "5")], &[])),
        (VILLAGE, ship(VILLAGE, MILL, &[(&raw, "20")], &[])),
        (VILLAGE, invoice),
    ] {
        assert!(!w.found(party, act.clone()).contains(&Rule::LooksLikeEntry), "{act}");
        assert!(w.found(party, act.clone()).contains(&Rule::LooksLikeEntry), "{act}");
    }
    // for the same party, by another that acts for it
    let sent = ship(VILLAGE, MILL, &[(&raw, "20")], &[]);
    assert!(w.found(FORWARDER, sent).contains(&Rule::LooksLikeEntry));
    // what moves nothing may be repeated
    assert!(!w.found(VILLAGE, super::seen(&raw)).contains(&Rule::LooksLikeEntry));
    assert!(!w.found(VILLAGE, super::seen(&raw)).contains(&Rule::LooksLikeEntry));
    w.assert_conserved();
}

#[test]
fn thousand_doubles_leave_one_short_row() {
    let mut w = World::new();
    let lot = leaf("D1");
    for _ in 0..40 {
        w.ok(VILLAGE, harvest(&lot, "1"));
    }
    let rows: Vec<(Vec<u8>, DoneRow)> = w.all(Table::Done);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1.len(), crate::chain::event::double::MAX_LISTED);
}

#[test]
fn lot_that_differs_only_in_case_or_look_alikes_is_a_warning_when_it_is_made() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("NILAM-10"), "1000"));
    for other in ["nilam-10", "NILAM_1O", "NlLAM-lO"] {
        let found = w.found(VILLAGE, harvest(&leaf(other), "1000"));
        assert!(found.contains(&Rule::LotLooksAlike), "{other}: {found:?}");
        // it says so once, and not when more is added
        assert!(!w.found(VILLAGE, harvest(&leaf(other), "7")).contains(&Rule::LotLooksAlike));
    }
    for other in ["NILAM-11", "NILAM.10", "NILAM-1-0"] {
        assert!(!w.found(VILLAGE, harvest(&leaf(other), "1000")).contains(&Rule::LotLooksAlike), "{other}");
    }
    // of another product
    let made = process(&[(&leaf("NILAM-10"), "100")], &[(&oil("nilam-10"), "2")]);
    assert!(!w.found(VILLAGE, made).contains(&Rule::LotLooksAlike));
    let made = process(&[(&leaf("NILAM-10"), "100")], &[(&oil("NILAM-10"), "2")]);
    assert!(w.found(VILLAGE, made).contains(&Rule::LotLooksAlike));
}

#[test]
fn lot_that_was_voided_for_its_number_is_looked_like_no_more() {
    let mut w = World::new();
    let wrong = w.ok(VILLAGE, harvest(&leaf("nilam-10"), "1000"));
    w.ok(VILLAGE, void(wrong, harvest(&leaf("nilam-10"), "1000")));
    let right = leaf("NILAM-10");
    assert!(!w.found(VILLAGE, harvest(&right, "1000")).contains(&Rule::LotLooksAlike));
    // the second of two, and the first is voided afterwards
    let other = leaf("NILAM-1O");
    assert!(w.found(VILLAGE, harvest(&other, "5")).contains(&Rule::LotLooksAlike));
    assert!(warned(&w, Rule::LotLooksAlike, &other));
    let first = w.log.iter().rev().nth(1).unwrap().id;
    w.ok(VILLAGE, void(first, harvest(&right, "1000")));
    assert!(!warned(&w, Rule::LotLooksAlike, &other));
}

#[test]
fn buyer_that_signs_after_the_owner_enters_nothing_twice() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    assert!(!w.found(VILLAGE, sale(VILLAGE, MILL, "po:1", &lot)).contains(&Rule::LooksLikeEntry));
    assert!(!w.found(MILL, sale(VILLAGE, MILL, "po:1", &lot)).contains(&Rule::LooksLikeEntry));
}

#[test]
fn first_entry_is_still_known_when_later_ones_were_voided() {
    let mut w = World::new();
    let lot = leaf("D1");
    let entered = at(harvest(&lot, "1000"), PLACE);
    w.ok(VILLAGE, entered.clone());
    for _ in 0..2 {
        let again = w.ok(VILLAGE, entered.clone());
        w.ok(VILLAGE, void(again, entered.clone()));
    }
    let (second, third) = (w.ok(VILLAGE, entered.clone()), w.ok(VILLAGE, entered.clone()));
    w.ok(VILLAGE, void(second, entered.clone()));
    w.ok(VILLAGE, void(third, entered.clone()));
    let (_, outcome) = w.submit(VILLAGE, entered).unwrap();
    assert!(outcome.findings.iter().any(|finding| finding.rule == Rule::LooksLikeEntry));
}
