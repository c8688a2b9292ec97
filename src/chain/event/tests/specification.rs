//! Specifications that parties adopt: who may, what an inspection may name, and what they gate.

use serde_json::{Value, json};

use super::{between, headline};
use crate::chain::event::buyer::MAX_BUYERS;
use crate::chain::rows::{SpecificationRow, lot_key, specifications_key};
use crate::chain::specification::{MAX_IN_FORCE, MAX_SPECIFICATIONS};
use crate::chain::testing::*;
use crate::chain::{ProfileSource, Rule, Table};
use crate::gs1::LotId;
use crate::quality::{Completeness, Criteria, Verdict};
use crate::query;
use crate::query::view::{LotState, LotView};
use crate::record::registry::{Specification, Statement};
use crate::record::{Hash32, RecordId};

const DAY: i64 = 24 * 60 * 60;

fn view(w: &World, lot: &LotId) -> LotView {
    query::lot_view(&w.state, w, lot).unwrap().unwrap()
}

/// The village's oil N1, for China, whose list only advises.
fn oil_for_china(w: &mut World) -> LotId {
    oil_for(w, "CN")
}

fn oil_for(w: &mut World, market: &str) -> LotId {
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, with(process(&[(&raw, "1000")], &[(&made, "100")]), "jejak:market", json!(market)));
    made
}

fn set(adopted: RecordId) -> String {
    format!("SPEC/{adopted}")
}

/// Iron and acid value, judged by TEST and by an adopted specification.
fn inspect_by(lot: &LotId, iron: &str, adopted: RecordId) -> Value {
    let mut event = inspect(lot, iron, "1");
    event["jejak:profile"]["jejak:requirements"] = json!(["TEST", set(adopted)]);
    event
}

fn gating(w: &World, lot: &LotId) -> Vec<RecordId> {
    view(w, lot).judged.specifications.iter().map(|adopted| adopted.record).collect()
}

fn dated(event: Value, time: &str) -> Value {
    with(event, "eventTime", json!(time))
}

#[test]
fn specification_of_the_maker_makes_an_advising_list_gate() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    assert_eq!(gating(&w, &lot), [adopted], "named before the first test");
    // what the list asks for, and not what was adopted
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    w.ok(LAB, inspect_by(&lot, "1", adopted));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    let judged = view(&w, &lot).judged;
    assert_eq!(judged.completeness, Some(Completeness::Complete { advisory: false, monitored: vec![] }));
    assert_eq!((judged.specifications[0].party.party.as_str(), judged.specifications[0].id.as_str()), (VILLAGE, "oil"));
    // the same goods of who adopted nothing
    let mut w = World::new();
    let lot = oil_for_china(&mut w);
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::Tested);
}

#[test]
fn failure_of_a_specification_sticks_until_a_retest_by_it_or_a_later_version_passes() {
    let mut w = World::new();
    let first = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    // within the law's 10, beyond the contract's 5
    w.refused(Rule::VerdictDisagrees, LAB, inspect_by(&lot, "7", first));
    let failed = w.ok(LAB, with(inspect_by(&lot, "7", first), "disposition", json!("non_conformant")));
    assert_eq!(headline(&w, &lot), LotState::Failed);
    let shown = &view(&w, &lot).inspections[0];
    assert_eq!((shown.verdict, shown.specifications[0].record), (Verdict::Fail, first));
    let again = |event: Value| with(event, "jejak:retests", json!([failed.uri()]));
    // a retest by the law alone clears nothing
    w.ok(LAB, again(inspect(&lot, "7", "1")));
    assert_eq!(headline(&w, &lot), LotState::Failed);
    w.clock(T0 + 600);
    let second = w.adopt(VILLAGE, STRICTER, Some(first));
    let later = dated(again(inspect_by(&lot, "1", second)), "2026-11-03T08:30:00Z");
    w.ok(LAB, later);
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn pass_by_an_old_version_says_nothing_about_a_new_one() {
    let mut w = World::new();
    let first = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.ok(LAB, inspect_by(&lot, "4", first));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    w.clock(T0 + 3_600);
    let second = w.adopt(VILLAGE, STRICTER, Some(first));
    assert_eq!(headline(&w, &lot), LotState::Verified, "a later version does not reach back");
    // once the lot is tested again it is judged by what is in force then
    let now = "2026-11-03T10:00:00Z";
    w.clock(T0 + 2 * 3_600);
    w.refused(Rule::SpecificationNotInForce, LAB, dated(inspect_by(&lot, "4", first), now));
    w.ok(LAB, dated(inspect(&lot, "4", "1"), now));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    w.ok(LAB, dated(inspect_by(&lot, "1", second), now));
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn date_of_a_test_does_not_reach_back_before_an_adoption() {
    let mut w = World::new();
    let lot = oil_for_china(&mut w);
    w.clock(T0 + 10 * DAY);
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    w.refused(Rule::SpecificationNotInForce, LAB, inspect_by(&lot, "1", adopted));
    // dated before it, entered a month after it: the date is the signer's word
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::Tested, "entered soon after its date");
    w.clock(T0 + 40 * DAY);
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
}

#[test]
fn test_by_a_version_that_had_ended_long_before_it_was_entered_passes_nothing() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.clock(T0 + DAY);
    w.adopt(VILLAGE, STRICTER, Some(adopted));
    w.clock(T0 + 5 * DAY);
    // a laboratory without signal for some days
    assert!(!w.found(LAB, inspect_by(&lot, "1", adopted)).contains(&Rule::ProfileEnded));
    w.clock(T0 + 20 * DAY);
    assert!(w.found(LAB, inspect_by(&lot, "1", adopted)).contains(&Rule::ProfileEnded));
    assert_eq!(gating(&w, &lot), [adopted]);
}

#[test]
fn specification_of_a_buyer_gates_while_a_document_names_it() {
    let mut w = World::new();
    w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!((headline(&w, &lot), gating(&w, &lot).len()), (LotState::Tested, 0));
    let order = between(VILLAGE, BUYER, "po:1", &lot);
    let ordered = w.ok(VILLAGE, order.clone());
    assert_eq!((headline(&w, &lot), gating(&w, &lot).len()), (LotState::PartlyTested, 1));
    // a later document to another buyer does not take it off
    w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[]));
    assert_eq!(gating(&w, &lot).len(), 1);
    w.ok(VILLAGE, void(ordered, order));
    assert_eq!((headline(&w, &lot), gating(&w, &lot).len()), (LotState::Tested, 0));
    // a shipment that is taken back, or refused, has no buyer
    for refused in [false, true] {
        let sent = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "1")], &[]));
        assert_eq!(gating(&w, &lot).len(), 1);
        if refused {
            w.ok(BUYER, refusal(sent, &lot));
        } else {
            w.ok(VILLAGE, void_shipment(sent, &lot));
        }
        assert_eq!(gating(&w, &lot).len(), 0, "refused: {refused}");
    }
}

#[test]
fn buyer_that_many_documents_name_gates_the_goods_until_the_last_of_them_is_voided() {
    let mut w = World::new();
    let adopted = w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    let orders: Vec<Value> = (0..9).map(|n| between(VILLAGE, BUYER, &format!("po:{n}"), &lot)).collect();
    let ids: Vec<RecordId> = orders.iter().map(|order| w.ok(VILLAGE, order.clone())).collect();
    let sent = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "1")], &[]));
    // rejected, then voided: it is taken off once
    let rejects = with(orders[0].clone(), "jejak:rejects", json!(ids[0].uri()));
    w.ok(BUYER, with(rejects, "jejak:reason", json!("price of another day")));
    for (id, order) in ids.iter().zip(&orders) {
        w.ok(VILLAGE, void(*id, order.clone()));
        assert_eq!(gating(&w, &lot), [adopted], "a later document stands");
    }
    w.ok(VILLAGE, void_shipment(sent, &lot));
    assert!(gating(&w, &lot).is_empty());
    assert!(w.lot(&lot).buyers.is_empty() && w.all::<String>(Table::Buyer).is_empty());
}

#[test]
fn shipment_that_is_on_its_way_again_has_its_buyer_again() {
    let mut w = World::new();
    let adopted = w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    let sending = ship(VILLAGE, BUYER, &[(&lot, "1")], &[]);
    let sent = w.ok(VILLAGE, sending.clone());
    let back = w.ok(VILLAGE, void_shipment(sent, &lot));
    assert!(gating(&w, &lot).is_empty());
    w.ok(VILLAGE, void(back, void_shipment(sent, &lot)));
    assert_eq!(gating(&w, &lot), [adopted]);
    w.ok(VILLAGE, void(sent, sending));
    assert!(gating(&w, &lot).is_empty());
}

#[test]
fn buyer_beyond_those_that_a_lot_keeps_binds_no_goods_by_its_document() {
    let mut w = World::new();
    let adopted = w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    let with_others = |w: &mut World, buyers: usize| {
        let mut row = w.lot(&lot);
        row.buyers = (0..buyers).map(|n| (format!("urn:jejak:party:buyer-{n}"), 1)).collect();
        w.put(Table::Lot, &lot_key(&lot), &row);
    };
    let kept = |w: &World| (w.lot(&lot).buyers.len(), gating(w, &lot));
    with_others(&mut w, MAX_BUYERS);
    let order = between(VILLAGE, BUYER, "po:1", &lot);
    let ordered = w.ok(VILLAGE, order.clone());
    assert_eq!(kept(&w), (MAX_BUYERS, vec![]));
    // nor does its void take another buyer away
    w.ok(VILLAGE, void(ordered, order));
    assert_eq!(kept(&w), (MAX_BUYERS, vec![]));
    with_others(&mut w, MAX_BUYERS - 1);
    w.ok(VILLAGE, between(VILLAGE, BUYER, "po:2", &lot));
    assert_eq!(kept(&w), (MAX_BUYERS, vec![adopted]), "the last that is kept");
}

#[test]
fn buyer_that_adopts_after_the_document_binds_no_goods_by_it() {
    let mut w = World::new();
    let lot = oil_for_china(&mut w);
    w.ok(VILLAGE, between(VILLAGE, BUYER, "po:1", &lot));
    w.adopt(BUYER, SPECIFIED, None);
    assert!(gating(&w, &lot).is_empty());
    w.ok(VILLAGE, between(VILLAGE, BUYER, "po:2", &lot));
    assert_eq!(gating(&w, &lot).len(), 1);
}

#[test]
fn specification_of_a_stranger_judges_nothing() {
    let mut w = World::new();
    let strangers = w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.refused(Rule::SpecificationNotInForce, LAB, inspect_by(&lot, "7", strangers));
    // nor one for another form
    w.adopt(VILLAGE, SPECIFIED, None);
    assert!(gating(&w, &leaf("D1")).is_empty());
    // nor what nobody adopted, which may be on the way
    let refused = w.submit(LAB, inspect_by(&lot, "1", Hash32([1; 32]))).unwrap_err();
    assert!(refused.rule == Rule::SpecificationNotInForce && refused.retryable);
}

#[test]
fn split_keeps_the_specification_of_its_maker_and_a_mixture_of_two_makers_has_its_own() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.ok(LAB, inspect_by(&lot, "1", adopted));
    let (part, mixed) = (oil("N2"), oil("N3"));
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "50")], &[]));
    w.ok(MILL, receive(sent, &[(&lot, "50")], &[]));
    w.ok(MILL, process(&[(&lot, "50")], &[(&part, "50")]));
    assert_eq!((headline(&w, &part), gating(&w, &part)), (LotState::Verified, vec![adopted]));
    let own = oil("N4");
    w.ok(MILL, with(harvest(&own, "10"), "jejak:market", json!("CN")));
    w.ok(MILL, process(&[(&part, "10"), (&own, "10")], &[(&mixed, "20")]));
    assert!(gating(&w, &mixed).is_empty());
}

#[test]
fn specification_for_a_market_is_all_that_is_known_of_it() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, OVERSEAS, None);
    let lot = oil_for(&mut w, "US");
    w.ok(LAB, inspect_by(&lot, "1", adopted));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    // for China it says nothing
    let mut w = World::new();
    w.adopt(VILLAGE, OVERSEAS, None);
    let lot = oil_for_china(&mut w);
    assert!(gating(&w, &lot).is_empty());
}

#[test]
fn specification_is_adopted_by_who_makes_or_buys_goods_once_its_bytes_are_there() {
    let mut w = World::new();
    for party in [FORWARDER, LAB, REGION, AUTHORITY] {
        let statement = adoption(&w, SPECIFIED, None);
        w.refuses(Rule::SpecificationByWhom, party, &statement);
    }
    let named = |id: &str, blake3| {
        Statement::Specification(Specification {
            id: id.to_owned(),
            version: "1".to_owned(),
            commodity: "essential-oil".to_owned(),
            blake3: Some(blake3),
            replaces: None,
        })
    };
    w.refuses(Rule::SpecificationBytesMissing, VILLAGE, &named("oil", Hash32([99; 32])));
    w.refuses(Rule::SpecificationBytesMissing, VILLAGE, &named("another", SPECIFIED));
    w.refuses(Rule::SpecificationBytesMissing, VILLAGE, &named("oil", PROFILE));
    let unfit = adoption(&w, UNFIT, None);
    w.refuses(Rule::SpecificationUnfit, VILLAGE, &unfit);
    for party in [VILLAGE, MILL, BUYER] {
        w.adopt(party, SPECIFIED, None);
    }
    let again = adoption(&w, STRICTER, None);
    w.refuses(Rule::ReplacesNotCurrent, VILLAGE, &again);
}

#[test]
fn withdrawn_specification_gates_no_later_test() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.clock(T0 + 600);
    let withdrawal = |replaces| {
        Statement::Specification(Specification {
            id: "oil".to_owned(),
            version: "1".to_owned(),
            commodity: "essential-oil".to_owned(),
            blake3: None,
            replaces: Some(replaces),
        })
    };
    w.state(VILLAGE, withdrawal(adopted));
    w.refuses(Rule::ReplacesNotCurrent, VILLAGE, &withdrawal(adopted));
    assert!(gating(&w, &lot).is_empty());
    let now = "2026-11-03T08:30:00Z";
    w.refused(Rule::SpecificationNotInForce, LAB, dated(inspect_by(&lot, "1", adopted), now));
    // it may be adopted anew
    let anew = w.adopt(VILLAGE, SPECIFIED, None);
    w.ok(LAB, dated(inspect_by(&lot, "1", anew), now));
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn party_adopts_only_so_many_specifications_for_one_commodity() {
    let mut w = World::new();
    let mut last = w.adopt(VILLAGE, SPECIFIED, None);
    for n in 1..MAX_SPECIFICATIONS {
        last = w.adopt(VILLAGE, if n % 2 == 0 { SPECIFIED } else { STRICTER }, Some(last));
    }
    let more = adoption(&w, SPECIFIED, Some(last));
    w.refuses(Rule::TooManyInForce, VILLAGE, &more);
    w.adopt(MILL, SPECIFIED, None);
    assert_eq!(w.all::<SpecificationRow>(Table::Specification).len(), MAX_SPECIFICATIONS + 1);
    let withdrawal = Specification {
        id: "oil".to_owned(),
        version: "2".to_owned(),
        commodity: "essential-oil".to_owned(),
        blake3: None,
        replaces: Some(last),
    };
    w.state(VILLAGE, Statement::Specification(withdrawal));
}

#[test]
fn party_has_only_so_many_specifications_in_force_for_one_commodity_until_it_withdraws_one() {
    let mut w = World::new();
    let first = w.adopt(VILLAGE, SPECIFIED, None);
    let (_, row) = w.all::<SpecificationRow>(Table::Specification).remove(0);
    for n in 1..MAX_IN_FORCE as u64 {
        let other = SpecificationRow { id: format!("other-{n}"), index: 1_000 + n, ..row.clone() };
        let key = specifications_key(VILLAGE, "essential-oil", Some(other.index));
        w.put(Table::Specification, &key, &other);
    }
    let one_more = adoption(&w, OVERSEAS, None);
    w.refuses(Rule::TooManyInForce, VILLAGE, &one_more);
    // a later version takes the place of the one before it
    let second = w.adopt(VILLAGE, STRICTER, Some(first));
    w.refuses(Rule::TooManyInForce, VILLAGE, &one_more);
    // other parties have counts of their own
    w.state(MILL, one_more.clone());
    let withdrawal = Specification {
        id: "oil".to_owned(),
        version: "2".to_owned(),
        commodity: "essential-oil".to_owned(),
        blake3: None,
        replaces: Some(second),
    };
    w.state(VILLAGE, Statement::Specification(withdrawal));
    w.state(VILLAGE, one_more);
    let in_force = w.all::<SpecificationRow>(Table::Specification);
    let of_village = specifications_key(VILLAGE, "essential-oil", None);
    let in_force = in_force.iter().filter(|(key, row)| key.starts_with(&of_village) && row.ended.is_none());
    assert_eq!(in_force.count(), MAX_IN_FORCE);
}

#[test]
fn specification_whose_bytes_are_gone_leaves_nothing_verified() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    w.ok(LAB, inspect_by(&lot, "1", adopted));
    struct Without(OneProfile);
    impl ProfileSource for Without {
        fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
            (*blake3 != SPECIFIED).then(|| self.0.criteria(blake3))?
        }
    }
    w.profiles = Box::new(Without(OneProfile));
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    assert_eq!(view(&w, &lot).judged.completeness, Some(Completeness::NoList));
}

#[test]
fn offer_that_a_buyer_rejects_gates_nothing_and_its_void_takes_nothing_from_the_next() {
    let mut w = World::new();
    let adopted = w.adopt(BUYER, SPECIFIED, None);
    let lot = oil_for_china(&mut w);
    let offer = between(VILLAGE, BUYER, "po:1", &lot);
    let offered = w.ok(VILLAGE, offer.clone());
    assert_eq!(gating(&w, &lot), [adopted]);
    let rejects = with(offer.clone(), "jejak:rejects", json!(offered.uri()));
    w.ok(BUYER, with(rejects, "jejak:reason", json!("price of another day")));
    assert!(gating(&w, &lot).is_empty());
    w.ok(VILLAGE, void(offered, offer));
    assert!(gating(&w, &lot).is_empty());
    w.ok(VILLAGE, between(VILLAGE, BUYER, "po:2", &lot));
    assert_eq!(gating(&w, &lot), [adopted]);
}
