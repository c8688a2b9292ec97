//! Void first, then replace.

use super::{citing, headline};
use crate::chain::Rule;
use crate::chain::lineage::{Lineage, LotState};
use crate::chain::testing::*;

#[test]
fn void_undoes_exactly_the_changes_of_its_record() {
    let mut w = World::new();
    let raw = leaf("D1");
    let first = w.ok(VILLAGE, harvest(&raw, "1040"));
    w.refused(Rule::VoidNotByParty, MILL, void(first, harvest(&raw, "1040")));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(first, adjust(&raw, "1", "drying")));
    w.refused(Rule::VoidUnknown, VILLAGE, void(crate::record::Hash32([1; 32]), harvest(&raw, "1040")));
    let voiding = w.ok(VILLAGE, void(first, harvest(&raw, "1040")));
    w.refused(Rule::VoidUnknown, VILLAGE, void(first, harvest(&raw, "1040")));
    assert!(w.held(&raw, VILLAGE).is_zero() && !w.lot(&raw).deficit);
    w.refused(Rule::ReplacementUnknown, VILLAGE, citing(harvest(&raw, "104"), first));
    w.refused(Rule::ReplacementDiffers, MILL, citing(harvest(&raw, "104"), voiding));
    w.ok(VILLAGE, citing(harvest(&raw, "104"), voiding));
    w.refused(Rule::ReplacementUnknown, VILLAGE, citing(harvest(&raw, "104"), voiding));
    assert_eq!(w.held(&raw, VILLAGE), amount("104"));
    assert_eq!(w.lot(&raw).provenance.parts(), 1);
    w.assert_conserved();
}

#[test]
fn voided_lot_is_called_withdrawn_and_not_untested() {
    let mut w = World::new();
    let raw = leaf("D1");
    let first = w.ok(VILLAGE, harvest(&raw, "1040"));
    assert_eq!(headline(&w, &raw), LotState::NotInspected);
    let voiding = w.ok(VILLAGE, void(first, harvest(&raw, "1040")));
    assert_eq!(Lineage::new(&w.state, &w).of(&raw).unwrap().unwrap().states(), [LotState::Withdrawn]);
    w.ok(VILLAGE, citing(harvest(&raw, "104"), voiding));
    assert_eq!(headline(&w, &raw), LotState::NotInspected);
    // one of two harvests was wrong: there is a lot
    let second = w.ok(VILLAGE, harvest(&raw, "7"));
    w.ok(VILLAGE, void(second, harvest(&raw, "7")));
    assert_eq!(headline(&w, &raw), LotState::NotInspected);
    // a recall is worse, a test is not
    let third = w.ok(VILLAGE, harvest(&oil("N2"), "9"));
    w.ok(LAB, inspect(&oil("N2"), "99", "1"));
    w.ok(VILLAGE, hold(&oil("N2"), "recalled"));
    w.ok(VILLAGE, void(third, harvest(&oil("N2"), "9")));
    let states = Lineage::new(&w.state, &w).of(&oil("N2")).unwrap().unwrap().states();
    assert_eq!(states, [LotState::Recalled, LotState::Withdrawn, LotState::Failed]);
}

#[test]
fn deficit_blocks_outflow_and_marks_descendants_until_replaced() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    let first = w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "800")], &[(&made, "20")]));
    let (voiding, outcome) = w.submit(VILLAGE, void(first, harvest(&raw, "1000"))).unwrap();
    let rules: Vec<_> = outcome.findings.iter().map(|f| (f.rule, f.lots.clone())).collect();
    assert!(
        rules.contains(&(Rule::Deficit, vec![raw.clone()]))
            && rules.contains(&(Rule::AncestorDeficit, vec![made.clone()]))
    );
    assert!(w.lot(&raw).deficit);
    assert_eq!(w.held(&raw, VILLAGE), amount("-800"));
    w.refused(Rule::DeficitBlocksOutflow, VILLAGE, adjust(&raw, "1", "drying"));
    w.refused(Rule::LotClosed, VILLAGE, harvest(&raw, "900"));
    w.refused(Rule::ReplacementDiffers, VILLAGE, citing(harvest(&leaf("D2"), "900"), voiding));
    w.ok(VILLAGE, citing(harvest(&raw, "900"), voiding));
    assert!(!w.lot(&raw).deficit);
    assert_eq!(w.held(&raw, VILLAGE), amount("100"));
    w.ok(VILLAGE, adjust(&raw, "1", "drying"));
    w.assert_conserved();
}

#[test]
fn voided_process_returns_its_inputs_and_can_be_replaced() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let wrong = process(&[(&raw, "1000")], &[(&made, "250")]);
    let first = w.ok(VILLAGE, wrong.clone());
    let voiding = w.ok(VILLAGE, void(first, wrong));
    assert_eq!(w.held(&raw, VILLAGE), amount("1000"));
    assert!(w.children(&raw).is_empty() && w.parents(&made).is_empty());
    w.ok(VILLAGE, citing(process(&[(&raw, "1000")], &[(&made, "25")]), voiding));
    assert_eq!(w.held(&made, VILLAGE), amount("25"));
    assert!(w.children(&raw).contains(&made));
    w.assert_conserved();
}

#[test]
fn void_is_refused_while_later_records_depend_on_it() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    let packed = w.ok(VILLAGE, pack(1, &[(&raw, "10")], &[]));
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "20")], &[1]));
    w.refused(Rule::VoidOutOfOrder, VILLAGE, void(packed, pack(1, &[(&raw, "10")], &[])));
    let got = w.ok(MILL, receive(sent, &[(&raw, "29")], &[1]));
    let sending = ship(VILLAGE, MILL, &[(&raw, "20")], &[1]);
    w.refused(Rule::VoidOutOfOrder, VILLAGE, void(sent, sending.clone()));
    w.ok(MILL, void(got, receive(sent, &[(&raw, "29")], &[1])));
    w.assert_conserved();
    assert!(w.lot(&raw).lost.is_zero());
    w.ok(VILLAGE, void(sent, sending));
    w.refused(Rule::ShipmentClosed, MILL, receive(sent, &[(&raw, "30")], &[1]));
    let voiding = w.ok(VILLAGE, void(packed, pack(1, &[(&raw, "10")], &[])));
    assert_eq!(w.held(&raw, VILLAGE), amount("100"));
    // the number is on the carton: the replacement may use it
    w.ok(VILLAGE, citing(pack(1, &[(&raw, "12")], &[]), voiding));
    w.assert_conserved();
}

#[test]
fn void_of_a_receipt_after_use_is_a_deficit() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "100"));
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "100")], &[]));
    let got = w.ok(MILL, receive(sent, &[(&raw, "100")], &[]));
    w.ok(MILL, process(&[(&raw, "60")], &[(&oil("N1"), "1")]));
    w.ok(MILL, void(got, receive(sent, &[(&raw, "100")], &[])));
    assert!(w.lot(&raw).deficit);
    w.assert_conserved();
    w.ok(MILL, receive(sent, &[(&raw, "90")], &[]));
    assert!(!w.lot(&raw).deficit);
    assert_eq!(w.held(&raw, MILL), amount("30"));
    w.assert_conserved();
}

#[test]
fn voided_process_that_made_a_lot_again_frees_what_the_first_one_used() {
    let mut w = World::new();
    let (raw, other, made) = (leaf("D1"), leaf("D2"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, harvest(&other, "1000"));
    let first = process(&[(&raw, "1000")], &[(&made, "25")]);
    let wrong = w.ok(VILLAGE, first.clone());
    w.ok(VILLAGE, pack(1, &[(&made, "25")], &[]));
    let voiding = w.ok(VILLAGE, void(wrong, first));
    assert!(w.children(&raw).contains(&made), "it was passed on");
    let second = citing(process(&[(&raw, "500"), (&other, "500")], &[(&made, "25")]), voiding);
    let again = w.ok(VILLAGE, second.clone());
    w.ok(VILLAGE, unpack(1, &[(&made, "25")], &[]));
    w.ok(VILLAGE, void(again, second));
    assert!(w.parents(&made).is_empty());
    for lot in [&raw, &other] {
        assert!(w.children(lot).is_empty());
        assert_eq!((w.lot(lot).counts.uses, w.held(lot, VILLAGE)), (0, amount("1000")), "lot {lot}");
    }
    w.assert_conserved();
}
