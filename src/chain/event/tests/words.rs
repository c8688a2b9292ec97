//! Times, parents, forks, documents, samples and the closed table.

use serde_json::json;

use super::{sale_of, sampling};
use crate::chain::Rule;
use crate::chain::Table;
use crate::chain::rows::OwnerRow;
use crate::chain::state::get;
use crate::chain::testing::*;
use crate::record::Hash32;

#[test]
fn events_outside_the_table_of_acts_are_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.refused(Rule::ActNotInTable, VILLAGE, with(harvest(&raw, "1"), "bizStep", json!("shipping")));
    w.refused(Rule::ActNotInTable, VILLAGE, with(adjust(&raw, "1", "drying"), "action", json!("OBSERVE")));
    w.refused(Rule::GoodsMisplaced, VILLAGE, with(harvest(&raw, "1"), "epcList", json!([sscc(1)])));
    w.refused(Rule::ProductUnknown, VILLAGE, {
        let mut other = raw.clone();
        other.gtin = "09506000134352".parse().unwrap();
        harvest(&other, "1")
    });
    let mut bare = harvest(&raw, "1");
    bare.as_object_mut().unwrap().remove("ilmd");
    w.refused(Rule::OriginMissing, VILLAGE, bare);
    // it says which day is wrong
    for (start, end, word) in [
        (None, Some("2026-11-03"), "harvestStart"),
        (Some("2026-11-01"), None, "harvestEnd"),
        (Some("2026-11-01"), Some("2027-11-03"), "after the day of its event"),
    ] {
        let mut wrong = harvest(&raw, "1");
        for (name, day) in [("jejak:harvestStart", start), ("jejak:harvestEnd", end)] {
            let ilmd = wrong["ilmd"].as_object_mut().unwrap();
            match day {
                Some(day) => ilmd.insert(name.into(), json!(day)),
                None => ilmd.remove(name),
            };
        }
        let refused = w.submit(VILLAGE, wrong).unwrap_err();
        assert_eq!(refused.rule, Rule::OriginMissing);
        assert!(refused.detail.contains(word), "{}", refused.detail);
    }
    let mut wrong = harvest(&raw, "1");
    wrong["ilmd"]["jejak:form"] = json!("patchouli-oil");
    w.refused(Rule::IlmdOfProduct, VILLAGE, wrong);
    w.refused(Rule::ReasonUnknown, VILLAGE, adjust(&raw, "1", "theft"));
}

#[test]
fn event_time_ahead_of_the_clock_is_refused_or_found() {
    let mut w = World::new();
    let raw = leaf("D1");
    let at = |amount: &str, time: &str| with(harvest(&raw, amount), "eventTime", json!(time));
    assert!(w.found(VILLAGE, at("1", "2026-11-03T08:25:00Z")).is_empty());
    assert_eq!(w.found(VILLAGE, at("2", "2026-11-03T09:20:00Z")), [Rule::EventTimeAhead]);
    w.refused(Rule::EventTimeImplausible, VILLAGE, at("3", "2026-11-04T08:20:01Z"));
    w.clock(T0 + 30 * 86_400);
    assert_eq!(w.found(VILLAGE, at("3", "2026-11-03T08:25:00Z")), [Rule::LateSync]);
}

#[test]
fn event_before_its_lot_was_made_is_refused_or_found() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let at = |time: &str| with(adjust(&raw, "1", "drying"), "eventTime", json!(time));
    assert_eq!(w.found(VILLAGE, at("2026-11-03T07:20:00Z")), [Rule::EventEarly]);
    w.refused(Rule::EventBeforeLot, VILLAGE, at("2026-11-02T07:20:00Z"));
}

#[test]
fn receipt_dated_before_its_shipment_is_a_finding() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, with(harvest(&raw, "100"), "eventTime", json!("2026-11-02T08:20:00Z")));
    let shipment = with(ship(VILLAGE, MILL, &[(&raw, "10")], &[]), "eventTime", json!("2026-11-03T08:24:00Z"));
    let mut sent = || w.ok(VILLAGE, shipment.clone());
    let (one, two, three) = (sent(), sent(), sent());
    let got = |id: Hash32, time: &str| with(receive(id, &[(&raw, "10")], &[]), "eventTime", json!(time));
    assert!(w.found(MILL, got(one, "2026-11-03T08:24:00Z")).is_empty(), "the same moment");
    let (_, outcome) = w.submit(MILL, got(two, "2026-11-03T07:24:00Z")).unwrap();
    let found: Vec<_> = outcome.findings.iter().map(|f| (f.rule, f.args[0].1.as_str())).collect();
    assert_eq!(found, [(Rule::ReceivedBeforeShipped, "60")]);
    // more than a day: a refusal would only leave the goods in transit for ever
    assert_eq!(w.found(MILL, got(three, "2026-11-02T08:20:00Z")), [Rule::ReceivedBeforeShipped]);
    assert_eq!(w.held(&raw, MILL), amount("30"));
    w.assert_conserved();
}

#[test]
fn unknown_parent_is_refused_and_fork_is_a_finding() {
    let mut w = World::new();
    let raw = leaf("D1");
    let unknown = with(harvest(&raw, "10"), "jejak:after", json!([Hash32([1; 32]).uri()]));
    let refused = w.submit(VILLAGE, unknown).unwrap_err();
    assert!(refused.rule == Rule::ParentUnknown && refused.retryable);
    let first = w.ok(VILLAGE, harvest(&raw, "10"));
    let after = |id: Hash32, amount: &str| with(adjust(&raw, amount, "drying"), "jejak:after", json!([id.uri()]));
    let second = w.submit(VILLAGE, after(first, "1")).unwrap();
    assert!(second.1.findings.is_empty());
    assert_eq!(w.found(VILLAGE, after(first, "2")), [Rule::Fork]);
    let third = w.log.last().unwrap().id;
    let both = with(adjust(&raw, "1", "drying"), "jejak:after", json!([second.0.uri(), third.uri()]));
    assert!(w.found(VILLAGE, both).is_empty());
}

#[test]
fn event_after_a_refused_record_is_admitted_with_a_finding() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "10"));
    let lost = w.record(VILLAGE, adjust(&raw, "11", "drying")).id;
    let follows = |id: Hash32| with(adjust(&raw, "1", "drying"), "jejak:after", json!([id.uri()]));
    let waits = w.submit(VILLAGE, follows(lost)).unwrap_err();
    assert!(waits.rule == Rule::ParentUnknown && waits.retryable, "it may be on its way");
    w.refused.0.insert(lost);
    assert_eq!(w.found(VILLAGE, follows(lost)), [Rule::AfterRefused]);
    assert_eq!(w.lot(&raw).adjusted, amount("1"), "and does what it says");
    let last = w.log.last().unwrap().id;
    assert!(w.found(VILLAGE, follows(last)).is_empty());
    // what is about other goods may be missing in a closure, where nobody can tell it from a refused one
    let other = w.ok(VILLAGE, harvest(&leaf("D2"), "10"));
    assert!(w.found(VILLAGE, follows(other)).contains(&Rule::AfterRefused));
    let both = with(process(&[(&raw, "1")], &[(&made, "1")]), "jejak:after", json!([other.uri(), lost.uri()]));
    let (_, outcome) = w.submit(VILLAGE, both).unwrap();
    let found = outcome.findings.iter().find(|f| f.rule == Rule::AfterRefused).unwrap();
    assert_eq!(found.args, [("record".to_owned(), other.to_string())]);
}

#[test]
fn gain_without_stock_is_refused_and_with_stock_is_a_finding() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.refused(Rule::LotUnknown, VILLAGE, adjust(&raw, "1", "fattening"));
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.refused(Rule::HoldsNone, MILL, adjust(&raw, "1", "fattening"));
    assert_eq!(w.found(VILLAGE, adjust(&raw, "1", "fattening")), [Rule::QuantityGained]);
    assert_eq!(w.lot(&raw).produced, amount("11"));
    w.assert_conserved();
}

#[test]
fn implausible_yield_is_a_finding() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let distil = |out: &str, name: &str| {
        with(process(&[(&raw, "100")], &[(&oil(name), out)]), "jejak:process", json!("steam-distillation"))
    };
    assert!(w.found(VILLAGE, distil("2.4", "N1")).is_empty());
    assert_eq!(w.found(VILLAGE, distil("20", "N2")), [Rule::YieldImplausible]);
}

#[test]
fn sample_without_holder_or_beyond_its_stock_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let sample = |qty: &str, holder: &str| sampling(&raw, qty, holder);
    w.refused(Rule::NotMandated, FORWARDER, sample("1", VILLAGE));
    w.refused(Rule::SampleExceedsLot, LAB, sample("11", VILLAGE));
    w.refused(Rule::SampleExceedsLot, LAB, sample("1", MILL));
    w.ok(LAB, sample("1", VILLAGE));
    assert_eq!(w.held(&raw, VILLAGE), amount("10"), "the holder books it off");
}

#[test]
fn ownership_does_not_move_with_one_signature() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let sale = |from: &str, to: &str| sale_of(from, to, "urn:jejak:doc:po:1", &[(&raw, "10")], &[]);
    let owner = |w: &World| get::<OwnerRow>(&w.state, Table::Owner, raw.uri().as_bytes()).unwrap().map(|row| row.owner);
    w.refused(Rule::NotAPartyToIt, MILL, sale(VILLAGE, BUYER));
    w.refused(Rule::GoodsNotOwned, BUYER, sale(BUYER, MILL));
    w.ok(VILLAGE, sale(VILLAGE, BUYER));
    assert_eq!(owner(&w), None, "one signature moves nothing");
    let second = w.ok(BUYER, sale(VILLAGE, BUYER));
    assert_eq!(owner(&w).as_deref(), Some(BUYER));
    w.refused(Rule::GoodsNotOwned, VILLAGE, sale(VILLAGE, MILL));
    w.refused(Rule::VoidOutOfOrder, BUYER, void(second, sale(VILLAGE, BUYER)));
    assert_eq!(owner(&w).as_deref(), Some(BUYER), "a sale is not taken back by one side");
}

#[test]
fn release_from_quarantine_by_another_than_an_inspector_is_refused() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    let step = |step: &str| {
        json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "quantityList": [{ "epcClass": raw.uri() }],
        })
    };
    w.refused(Rule::InspectorOnly, FORWARDER, step("accepting"));
    w.ok(LAB, step("accepting"));
    w.refused(Rule::NotConcerned, FORWARDER, step("loading"));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    w.ok(FORWARDER, step("loading"));
    w.refused(
        Rule::ConsigneeMissing,
        VILLAGE,
        json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "quantityList": [grams(&raw, "1")],
        }),
    );
}
