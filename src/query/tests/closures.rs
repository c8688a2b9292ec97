//! Closures that hold what decides a finding later: another lot of a like number, a record that was given up.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::chain::event::tests::{document, seen_all};
use crate::chain::rows::{MandateRow, RecordRow, mandate_key};
use crate::chain::state::get;
use crate::record::RecordId;
use crate::record::registry::{Purpose, Role};

const DAY: i64 = 24 * 60 * 60;

/// An observation of lots and containers.
fn seen_with(lots: &[LotId], boxes: &[u32]) -> Value {
    with(seen_all(lots), "epcList", json!(boxes.iter().map(|number| sscc(*number)).collect::<Vec<_>>()))
}

/// A hold of lots and containers.
fn held(lots: &[LotId], boxes: &[u32], class: &str) -> Value {
    let mut event = hold(&lots[0], class);
    event["quantityList"] = seen_all(lots)["quantityList"].clone();
    with(event, "epcList", json!(boxes.iter().map(|number| sscc(*number)).collect::<Vec<_>>()))
}

#[test]
fn remark_that_names_bulky_lots_beside_a_lot_brings_none_of_them_into_its_proof() {
    let mut w = World::new();
    let victim = oil("N1");
    w.ok(VILLAGE, harvest(&victim, "1000"));
    let bulky: Vec<LotId> = (0..20).map(|n| oil(&format!("B{n}"))).collect();
    for lot in &bulky {
        w.ok(VILLAGE, harvest(lot, "1000"));
        for _ in 0..10 {
            w.ok(VILLAGE, adjust(lot, "1", "drying"));
        }
    }
    w.ok(VILLAGE, pack(1, &bulky.iter().map(|lot| (lot, "1")).collect::<Vec<_>>(), &[]));
    let size = |w: &World, lot: &LotId| closure(&w.state, w, lot, Most::ALL).unwrap().unwrap().len();
    let all = Vec::from_iter([victim.clone()].into_iter().chain(bulky.iter().cloned()));
    w.ok(LAB, seen_all(&all[..1]));
    w.ok(LAB, hold(&victim, "damaged"));
    let before = size(&w, &victim);
    let composite: Vec<&LotId> = all.iter().collect();
    let remarks = [
        (LAB, seen_with(&all, &[1])),
        (VILLAGE, seen_with(&all, &[])),
        (VILLAGE, document("inv:1", &all)),
        (LAB, held(&all, &[1], "damaged")),
        (LAB, draw("S1", &composite, VILLAGE)),
    ];
    for (number, (by, event)) in remarks.into_iter().enumerate() {
        let id = w.ok(by, event.clone());
        let voided = w.ok(by, void(id, event));
        assert_eq!(size(&w, &victim), before + 2 * (number + 1), "the remark and its void");
        assert!(w.log.iter().any(|record| record.id == voided));
        assert_closed(&w, &victim);
    }
    let lifted = w.ok(LAB, held(&all, &[1], "damaged"));
    w.ok(LAB, with(lift(lifted, &victim), "persistentDisposition", json!({ "unset": ["damaged"] })));
    assert_eq!(size(&w, &victim), before + 12);
    // the first sample of this number is of other lots
    w.ok(VILLAGE, draw("A", &composite[1..], VILLAGE));
    w.ok(LAB, analyse(&victim, "5", Some("A")));
    assert_eq!(size(&w, &victim), before + 14);
    for lot in &all[..3] {
        assert_closed(&w, lot);
    }
}

#[test]
fn lift_that_names_another_lot_than_its_hold_says_nothing_of_what_it_follows() {
    let mut w = World::new();
    let (one, other) = (oil("N1"), oil("N2"));
    w.ok(VILLAGE, harvest(&one, "100"));
    let follows = w.ok(VILLAGE, harvest(&other, "100"));
    let held = w.ok(AUTHORITY, hold(&one, "recalled"));
    w.ok(AUTHORITY, with(lift(held, &other), "jejak:after", json!([follows.uri()])));
    assert_closed(&w, &one);
    assert_closed(&w, &other);
}

#[test]
fn closure_shows_that_a_sample_of_another_lot_was_voided() {
    let mut w = World::new();
    let (one, other) = (leaf("D1"), leaf("D2"));
    for lot in [&one, &other] {
        w.ok(VILLAGE, harvest(lot, "100"));
    }
    let drawn = w.ok(LAB, draw("S", &[&other], VILLAGE));
    // the proof of the one holds the other up to here
    w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&one, "10"), (&other, "10")], &[]));
    w.ok(LAB, void(drawn, draw("S", &[&other], VILLAGE)));
    w.ok(LAB, analyse(&one, "5", Some("S")));
    assert_closed(&w, &one);
    let view = lot_view(&w.state, &w, &one).unwrap().unwrap();
    assert!(view.findings.iter().any(|finding| finding.rule == Rule::SampleUnknown), "{:?}", view.findings);
}

#[test]
fn composite_sample_of_a_lot_of_the_laboratory_is_submitted_for_that_lot_only() {
    let mut w = World::new();
    let (own, other) = (oil("N1"), oil("N2"));
    for lot in [&own, &other] {
        w.ok(VILLAGE, harvest(lot, "100"));
    }
    let sent = w.ok(VILLAGE, ship(VILLAGE, LAB, &[(&own, "10")], &[]));
    w.ok(LAB, receive(sent, &[(&own, "10")], &[]));
    w.ok(LAB, draw("C", &[&own, &other], VILLAGE));
    for lot in [&own, &other] {
        w.ok(LAB, analyse(lot, "5", Some("C")));
        let view = lot_view(&w.state, &w, lot).unwrap().unwrap();
        let drawn = view.inspections[0].sample.as_ref().unwrap().drawn.clone().unwrap();
        assert_eq!(drawn.submitted_by_producer, *lot == own, "{lot}");
        assert_closed(&w, lot);
    }
}

#[test]
fn remark_by_a_stranger_is_found_in_the_proof_of_the_lot_that_it_may_not_remark_on() {
    let mut w = World::new();
    let (strange, own) = (oil("N1"), oil("N2"));
    for lot in [&strange, &own] {
        w.ok(VILLAGE, harvest(lot, "100"));
    }
    let sent = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&own, "10")], &[]));
    w.ok(BUYER, receive(sent, &[(&own, "10")], &[]));
    for (event, rule) in [
        (seen_all(&[strange.clone(), own.clone()]), Rule::NotConcerned),
        (document("inv:1", &[strange.clone(), own.clone()]), Rule::NotConcerned),
        (held(&[strange.clone(), own.clone()], &[], "damaged"), Rule::HoldNotAllowed),
        (draw("S", &[&strange, &own], BUYER), Rule::SampleExceedsLot),
    ] {
        w.refused(rule, BUYER, event.clone());
        // as a node that breaks the rules would log it
        let record = w.record(BUYER, event);
        let mut overlay = Overlay::new(&w.state);
        overlay.mark();
        crate::chain::apply(&mut overlay, w.index, &record, &Context::closure(&*w.profiles)).unwrap();
        let mut state = w.state.clone();
        let changes = overlay.into_changes();
        state.commit(changes).unwrap();
        assert_eq!(
            refusal_of(&state, &strange).unwrap().map(|found| (found.rule, found.record)),
            Some((rule, record.id))
        );
    }
}

#[test]
fn mandates_that_anyone_gives_to_a_party_of_a_proof_do_not_enter_it() {
    let mut w = chain();
    let bottled = bottle("B1");
    let before = closure(&w.state, &w, &bottled, Most::ALL).unwrap().unwrap();
    for _ in 0..30 {
        w.mandate(FORWARDER, VILLAGE, &["ship"]);
    }
    let counted = Counting::new(&w.state);
    assert_eq!(closure(&counted, &w, &bottled, Most::ALL).unwrap().unwrap(), before);
    let reads = counted.take(Table::Entity);
    w.mandate(FORWARDER, VILLAGE, &["ship"]);
    let counted = Counting::new(&w.state);
    closure(&counted, &w, &bottled, Most::ALL).unwrap();
    assert_eq!(counted.take(Table::Entity), reads, "nor are they read");
    // nor those that a party of the proof gives to others, however many
    let read = |w: &World| {
        let counted = Counting::new(&w.state);
        assert_eq!(closure(&counted, w, &bottled, Most::ALL).unwrap().unwrap(), before);
        counted.take(Table::Mandate)
    };
    let row = w.all::<MandateRow>(Table::Mandate).remove(0).1;
    let mut reads = Vec::new();
    for n in 0..2_000 {
        w.put(Table::Mandate, &mandate_key(VILLAGE, &format!("urn:jejak:party:z{n}")), &row);
        if [99, 1_999].contains(&n) {
            reads.push(read(&w));
        }
    }
    assert!(reads[0] == reads[1] && reads[0] < 200, "{reads:?}");
    // one between two parties of the proof is in it
    w.mandate(VILLAGE, MILL, &["ship"]);
    let after = closure(&w.state, &w, &bottled, Most::ALL).unwrap().unwrap();
    assert_eq!(after.len(), before.len() + 1);
    // and a closure that is larger than asked for is none
    let most = Most { records: before.len() - 1, bytes: usize::MAX };
    assert_eq!(closure(&w.state, &w, &bottled, most).unwrap(), None);
    assert_eq!(closure(&w.state, &w, &bottled, Most { records: usize::MAX, bytes: 1_000 }).unwrap(), None);
}

/// A remark on some lots and containers: who, what, and of which.
fn remark() -> impl Strategy<Value = (u8, u8, u16, u8)> {
    (0u8..5, 0u8..9, any::<u16>(), 0u8..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn replay_of_any_closure_with_remarks_on_several_lots_gives_the_same_view(
        ops in proptest::collection::vec((op(), remark()), 1..50),
    ) {
        let mut w = World::new();
        let (mut done, mut remarks) = (Vec::new(), Vec::new());
        let mut holds = Vec::new();
        for (number, (op, (who, what, of, sscc_number))) in ops.iter().enumerate() {
            play(&mut w, op, &mut done);
            let there = law_lots(&w);
            if there.is_empty() {
                continue;
            }
            let pick = |n: usize| there[(usize::from(*of) / 7 + n * usize::from(*of % 5)) % there.len()].clone();
            let lots = Vec::from_iter(BTreeSet::from_iter((0..=usize::from(*of % 3)).map(pick)));
            let boxes: Vec<u32> = (1..19).contains(sscc_number).then(|| u32::from(*sscc_number)).into_iter().collect();
            let by = [VILLAGE, MILL, LAB, AUTHORITY, BUYER][usize::from(*who)];
            let class = ["damaged", "recalled"][usize::from(*of % 2)];
            let event = match what {
                0 => seen_with(&lots, &boxes),
                1 => seen_all(&lots),
                2 => document(&format!("inv:{}", of % 3), &lots),
                3 => held(&lots, &boxes, class),
                4 => held(&lots, &[], class),
                5 => draw(["S", "T"][usize::from(*of % 2)], &lots.iter().collect::<Vec<_>>(), VILLAGE),
                6 => analyse(&lots[0], "5", Some(["S", "T"][usize::from(*of % 2)])),
                7 => match holds.get(usize::from(*of) % holds.len().max(1)) {
                    Some(id) => lift(*id, &lots[0]),
                    None => continue,
                },
                _ => match remarks.get(usize::from(*of) % remarks.len().max(1)) {
                    Some((_, id, event)) => void(*id, Value::clone(event)),
                    None => continue,
                },
            };
            let by = match (what, remarks.get(usize::from(*of) % remarks.len().max(1))) {
                (8, Some((by, ..))) => *by,
                _ => by,
            };
            let mut event = event;
            if number % 3 == 0 && let Some((_, id, _)) = done.get(usize::from(*of) % done.len().max(1)) {
                event["jejak:after"] = json!([id.uri()]);
            }
            if let Ok((id, _)) = w.submit(by, event.clone()) {
                if *what == 3 || *what == 4 {
                    holds.push(id);
                }
                remarks.push((by, id, event));
            }
        }
        for lot in law_lots(&w) {
            assert_closed(&w, &lot);
        }
    }
}

#[test]
fn closure_of_a_lot_has_the_renewal_that_repairs_its_test_and_the_first_record_of_the_key() {
    let mut w = World::new();
    let (lot, other) = (leaf("D1"), leaf("D2"));
    w.enrol_second_laboratory();
    w.accredit_for(SECOND_LAB, T0 - DAY, T0 + DAY, None);
    w.ok(VILLAGE, harvest(&lot, "1000"));
    w.ok(VILLAGE, harvest(&other, "1000"));
    // at work before, with goods that have nothing to do with these
    w.ok(SECOND_LAB, draw("EARLIER", &[&other], VILLAGE));
    w.clock(T0 + 40 * DAY);
    w.ok(SECOND_LAB, inspect(&lot, "1", "1"));
    assert_closed(&w, &lot);
    w.accredit_for(SECOND_LAB, T0 + DAY, T0 + 30 * DAY, None);
    assert_eq!(lot_view(&w.state, &w, &lot).unwrap().unwrap().headline, LotState::Verified);
    assert_closed(&w, &lot);
}

#[test]
fn closure_of_a_lot_has_the_end_of_the_stolen_key_whose_retest_was_repeated() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.second_laboratory();
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let failed = w.ok(LAB, inspect(&lot, "11", "1"));
    let retest = with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()]));
    w.ok(SECOND_LAB, retest.clone());
    w.end_compromised_key(SECOND_LAB, T0);
    assert!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[])).contains(&Rule::ShippedFailed));
    assert_closed(&w, &lot);
    w.ok(LAB, retest);
    assert_closed(&w, &lot);
}

#[test]
fn closure_of_a_lot_that_looks_like_another_has_what_decides_whether_it_still_does() {
    let mut w = World::new();
    let (first, alike) = (leaf("NILAM-10"), leaf("nilam-1O"));
    let made = w.ok(VILLAGE, harvest(&first, "1000"));
    w.ok(VILLAGE, harvest(&alike, "500"));
    w.ok(VILLAGE, harvest(&alike, "500"));
    let found = |w: &World| lot_view(&w.state, w, &alike).unwrap().unwrap().findings;
    assert_eq!(found(&w).iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::LotLooksAlike, Rule::LooksLikeEntry]);
    [&first, &alike].into_iter().for_each(|lot| assert_closed(&w, lot));
    w.ok(VILLAGE, void(made, harvest(&first, "1000")));
    assert_eq!(found(&w).iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::LooksLikeEntry]);
    [&first, &alike].into_iter().for_each(|lot| assert_closed(&w, lot));
}

#[test]
fn closure_of_a_lot_has_the_record_that_gives_up_an_inspection_of_it() {
    let mut w = World::new();
    let (lot, other) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&lot, "1000"));
    w.ok(VILLAGE, harvest(&other, "1000"));
    let given = json!([{
        "jejak:seq": 1, "jejak:record": crate::record::Hash32([7; 32]).uri(), "jejak:reason": "refused",
        "jejak:act": "inspect", "jejak:lots": [lot.uri()],
    }]);
    w.skip(LAB, 1);
    w.ok(LAB, with(inspect(&other, "1", "1"), "jejak:givenUp", given));
    let view = lot_view(&w.state, &w, &lot).unwrap().unwrap();
    assert!(view.findings.iter().any(|finding| finding.rule == Rule::InspectionGivenUp));
    [&lot, &other].into_iter().for_each(|lot| assert_closed(&w, lot));
}

#[test]
fn closure_of_a_lot_has_the_monitoring_of_its_place_that_may_count() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    let (place, other) = (w.place(1), w.place(2));
    w.ok(VILLAGE, with(harvest(&raw, "1000"), "readPoint", json!({ "id": place.uri() })));
    w.ok(VILLAGE, with(process(&[(&raw, "1000")], &[(&made, "100")]), "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&made, "1", "1"));
    let (clean, elsewhere) = (monitor(place, "5"), monitor(other, "5"));
    let clean = w.ok(LAB, clean);
    let elsewhere = w.ok(LAB, elsewhere);
    assert_closed(&w, &made);
    let held = closure(&w.state, &w, &made, Most::ALL).unwrap().unwrap();
    let index = |id: &RecordId| get::<RecordRow>(&w.state, Table::Record, id.as_bytes()).unwrap().unwrap().index;
    assert!(held.contains(&index(&clean)) && !held.contains(&index(&elsewhere)));
    assert_eq!(lot_view(&w.state, &w, &made).unwrap().unwrap().headline, LotState::Verified);
    w.ok(LAB, monitor(place, "20"));
    assert_closed(&w, &made);
    assert_eq!(lot_view(&w.state, &w, &made).unwrap().unwrap().headline, LotState::PartlyTested);
}

#[test]
fn closure_of_a_lot_has_the_specifications_of_its_parties_for_its_goods() {
    let mut w = World::new();
    let old = w.adopt(VILLAGE, SPECIFIED, None);
    w.clock(T0 + 60);
    let adopted = w.adopt(VILLAGE, STRICTER, Some(old));
    let buyers = w.adopt(BUYER, SAMPLED, None);
    let stranger = "urn:jejak:party:stranger";
    w.enrol(stranger, &[Role::Buyer], "", &[], Purpose::Admin);
    let strangers = w.adopt(stranger, SPECIFIED, None);
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, with(process(&[(&raw, "1000")], &[(&made, "100")]), "jejak:market", json!("CN")));
    let sent = w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&made, "10")], &[]));
    let by = with(inspect(&made, "1", "1"), "eventTime", json!("2026-11-03T08:21:00Z"));
    let named = json!({
        "jejak:id": "essential-oil", "jejak:version": "1", "jejak:blake3": PROFILE.to_string(),
        "jejak:requirements": ["TEST", format!("SPEC/{adopted}")],
    });
    w.ok(LAB, with(by, "jejak:profile", named));
    w.ok(BUYER, receive(sent, &[(&made, "10")], &[]));
    let view = lot_view(&w.state, &w, &made).unwrap().unwrap();
    let gating: Vec<_> = view.judged.specifications.iter().map(|adopted| adopted.record).collect();
    assert_eq!(gating, [buyers, adopted], "by party");
    let found = closure(&w.state, &w, &made, Most::ALL).unwrap().unwrap();
    let has = |id: RecordId| found.iter().any(|index| w.log[*index as usize].id == id);
    assert!(has(old) && has(adopted) && has(buyers) && !has(strangers));
    [&raw, &made].into_iter().for_each(|lot| assert_closed(&w, lot));
}

#[test]
fn closure_of_a_lot_with_monitoring_that_was_entered_after_an_accreditation_expired_still_replays() {
    let mut w = World::new();
    let (raw, made, other) = (leaf("D1"), oil("N1"), leaf("D2"));
    let place = w.place(1);
    w.enrol_second_laboratory();
    w.accredit_for(SECOND_LAB, T0 - DAY, T0 + DAY, None);
    w.ok(VILLAGE, harvest(&other, "1000"));
    // at work before, with goods that have nothing to do with these
    w.ok(SECOND_LAB, draw("EARLIER", &[&other], VILLAGE));
    w.ok(VILLAGE, with(harvest(&raw, "1000"), "readPoint", json!({ "id": place.uri() })));
    w.ok(VILLAGE, with(process(&[(&raw, "1000")], &[(&made, "100")]), "jejak:market", json!("EU")));
    w.ok(LAB, inspect(&made, "1", "1"));
    w.clock(T0 + 3 * DAY);
    w.ok(SECOND_LAB, monitor(place, "5"));
    assert_eq!(lot_view(&w.state, &w, &made).unwrap().unwrap().headline, LotState::Verified);
    assert_closed(&w, &made);
}
