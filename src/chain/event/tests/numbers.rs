//! Numbers of a key: those that are missing, that arrive late, and that it gives up by name.

use serde_json::{Value, json};

use super::seen;
use crate::chain::cleared;
use crate::chain::testing::*;
use crate::chain::{Finding, Rule};
use crate::gs1::LotId;
use crate::query::lot_view;
use crate::record::{Hash32, RecordId};

/// The findings of a rule that the view of a lot shows.
fn shown(w: &World, rule: Rule, lot: &LotId) -> Vec<Finding> {
    let view = lot_view(&w.state, w, lot).unwrap().unwrap();
    view.findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

fn given_up(seq: u64, record: RecordId) -> Value {
    json!({ "jejak:seq": seq, "jejak:record": record.uri(), "jejak:reason": "refused" })
}

fn of_inspection(seq: u64, record: RecordId, lot: &LotId) -> Value {
    with(with(given_up(seq, record), "jejak:act", json!("inspect")), "jejak:lots", json!([lot.uri()]))
}

fn giving_up(event: Value, given: &[Value]) -> Value {
    with(event, "jejak:givenUp", json!(given))
}

#[test]
fn gap_that_is_filled_is_warned_of_no_more() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let late = w.record(VILLAGE, adjust(&lot, "1", "drying"));
    w.skip(VILLAGE, 1);
    let found = w.found(VILLAGE, seen(&lot));
    assert!(found.contains(&Rule::SequenceGap));
    assert_eq!(shown(&w, Rule::SequenceGap, &lot).len(), 1);
    w.admitted_late(late);
    assert!(shown(&w, Rule::SequenceGap, &lot).is_empty());
}

#[test]
fn number_that_the_next_record_gives_up_by_name_is_no_gap() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let dropped = w.record(VILLAGE, adjust(&lot, "1", "drying"));
    let seq = dropped.claims.seq;
    w.skip(VILLAGE, 1);
    assert!(!w.found(VILLAGE, giving_up(seen(&lot), &[given_up(seq, dropped.id)])).contains(&Rule::SequenceGap));
    // neither it nor another record has the number from then on
    let other = w.with_number(VILLAGE, seq, adjust(&lot, "2", "drying"));
    for record in [dropped, other] {
        assert_eq!(w.try_late(record).unwrap_err().rule, Rule::NumberGivenUp);
    }
}

#[test]
fn record_that_follows_one_that_was_given_up_waits_no_longer() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let dropped = w.record(VILLAGE, adjust(&lot, "1", "drying"));
    w.skip(VILLAGE, 1);
    let following =
        |step: &str| with(with(seen(&lot), "bizStep", json!(step)), "jejak:after", json!([dropped.id.uri()]));
    let waits = w.submit(VILLAGE, following("storing")).unwrap_err();
    assert_eq!((waits.rule, waits.retryable), (Rule::ParentUnknown, true));
    // the next record of its key follows it, and gives it up
    let next = giving_up(following("storing"), &[given_up(dropped.claims.seq, dropped.id)]);
    assert_eq!(w.found(VILLAGE, next), [Rule::AfterRefused]);
    assert_eq!(w.found(VILLAGE, following("loading")), [Rule::AfterRefused]);
    assert_eq!(w.found(REGION, following("unloading")), [Rule::AfterRefused], "a record of another party too");
}

#[test]
fn record_whose_number_another_took_is_waited_for_by_nobody_once_it_is_given_up() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    // a copy of the key on another phone signed with the same number, and arrived first
    let lost = w.record(VILLAGE, adjust(&lot, "1", "drying"));
    w.ok(VILLAGE, adjust(&lot, "2", "drying"));
    let following = with(seen(&lot), "jejak:after", json!([lost.id.uri()]));
    assert!(w.submit(REGION, following.clone()).unwrap_err().retryable);
    w.ok(VILLAGE, giving_up(seen(&lot), &[given_up(lost.claims.seq, lost.id)]));
    w.ok(REGION, following);
}

#[test]
fn what_needs_a_record_that_was_given_up_is_refused_for_good() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let sent = ship(VILLAGE, MILL, &[(&lot, "10")], &[]);
    let dropped = w.record(VILLAGE, sent.clone());
    let id = dropped.id;
    let needs = [
        (Rule::ShipmentUnknown, MILL, receive(id, &[(&lot, "10")], &[])),
        (Rule::VoidUnknown, VILLAGE, void(id, sent.clone())),
        (Rule::ReplacementUnknown, VILLAGE, super::citing(sent, id)),
        (Rule::HoldUnknown, VILLAGE, lift(id, &lot)),
    ];
    let refused = |w: &mut World, event: &(Rule, &str, Value)| {
        let rejection = w.submit(event.1, event.2.clone()).unwrap_err();
        assert_eq!(rejection.rule, event.0, "{}", rejection.detail);
        (rejection.retryable, rejection.conflicts)
    };
    for event in &needs {
        assert_eq!(refused(&mut w, event), (true, None), "it may be on its way");
    }
    w.skip(VILLAGE, 1);
    let gives_up = w.ok(VILLAGE, giving_up(seen(&lot), &[given_up(dropped.claims.seq, id)]));
    for event in &needs {
        assert_eq!(refused(&mut w, event), (false, Some(gives_up)));
    }
}

#[test]
fn one_of_two_missing_numbers_given_up_leaves_a_gap_until_the_other_is() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let seq = w.record(VILLAGE, seen(&lot)).claims.seq;
    let id = Hash32([7; 32]);
    w.skip(VILLAGE, 2);
    assert!(w.found(VILLAGE, giving_up(seen(&lot), &[given_up(seq, id)])).contains(&Rule::SequenceGap));
    assert_eq!(shown(&w, Rule::SequenceGap, &lot).len(), 1);
    w.ok(VILLAGE, giving_up(seen(&lot), &[given_up(seq + 1, Hash32([8; 32]))]));
    assert!(shown(&w, Rule::SequenceGap, &lot).is_empty());
}

#[test]
fn number_in_use_or_to_come_can_not_be_given_up() {
    let mut w = World::new();
    let lot = leaf("D1");
    let used = w.ok(VILLAGE, harvest(&lot, "1000"));
    let seq = w.log.last().unwrap().claims.seq;
    // the record arrived after all: the next one is not held up by it
    w.ok(VILLAGE, giving_up(seen(&lot), &[given_up(seq, used), given_up(seq + 5, Hash32([9; 32]))]));
    for _ in 0..6 {
        w.ok(VILLAGE, seen(&lot));
    }
}

#[test]
fn dropped_inspection_is_named_on_the_page_of_its_lot() {
    let mut w = World::new();
    let (lot, other) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&lot, "1000"));
    w.ok(VILLAGE, harvest(&other, "1000"));
    let failed = w.record(LAB, inspect(&lot, "99", "1"));
    w.skip(LAB, 1);
    // said with a test of another lot
    let next = giving_up(inspect(&other, "1", "1"), &[of_inspection(failed.claims.seq, failed.id, &lot)]);
    let found = w.found(LAB, next);
    assert!(found.contains(&Rule::InspectionGivenUp) && !found.contains(&Rule::SequenceGap), "{found:?}");
    assert_eq!(shown(&w, Rule::InspectionGivenUp, &lot)[0].record, w.log.last().unwrap().id);
    assert!(shown(&w, Rule::InspectionGivenUp, &other).is_empty());
    // of a lot that nobody knows there is no page
    let unknown = of_inspection(failed.claims.seq, failed.id, &leaf("D9"));
    assert!(!w.found(LAB, giving_up(inspect(&other, "1", "1"), &[unknown])).contains(&Rule::InspectionGivenUp));
}

#[test]
fn void_may_give_up_numbers_of_its_own() {
    let mut w = World::new();
    let lot = leaf("D1");
    let first = w.ok(VILLAGE, harvest(&lot, "1000"));
    let seq = w.record(VILLAGE, seen(&lot)).claims.seq;
    w.skip(VILLAGE, 1);
    let voiding = giving_up(void(first, harvest(&lot, "1000")), &[given_up(seq, Hash32([7; 32]))]);
    assert!(!w.found(VILLAGE, voiding).contains(&Rule::SequenceGap));
    assert!(cleared::standing(&w.state, &w.log.last().unwrap().id).unwrap());
}

#[test]
fn harvest_of_another_century_or_of_several_years_is_refused() {
    let mut w = World::new();
    let lot = leaf("D1");
    let days = |first: &str, last: &str| json!({ "jejak:harvestStart": first, "jejak:harvestEnd": last });
    for (first, last) in [
        ("1926-11-01", "1926-11-03"),
        ("1926-11-01", "2026-11-03"),
        ("2021-10-01", "2021-10-02"),
        ("2025-10-01", "2026-11-03"),
    ] {
        w.refused(Rule::HarvestImplausible, VILLAGE, with(harvest(&lot, "1"), "ilmd", days(first, last)));
    }
    let old = with(
        with(harvest(&lot, "1"), "ilmd", days("1926-11-01", "1926-11-03")),
        "eventTime",
        json!("1926-11-03T08:20:00Z"),
    );
    w.refused(Rule::EventTimeImplausible, VILLAGE, old.clone());
    w.ok(VILLAGE, with(harvest(&lot, "1"), "ilmd", days("2024-11-01", "2025-10-31")));
    // nor by way of a void
    let first = w.ok(VILLAGE, harvest(&lot, "7"));
    let voiding = w.ok(VILLAGE, void(first, harvest(&lot, "7")));
    w.refused(Rule::EventTimeImplausible, VILLAGE, super::citing(old, voiding));
}

#[test]
fn inspection_is_given_up_by_inspectors_only() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let own = leaf("D2");
    let given = of_inspection(900, Hash32::of(b"dropped"), &lot);
    w.refused(Rule::InspectorOnly, VILLAGE, giving_up(harvest(&own, "1"), &[given]));
}
