//! Closures that hold what decides a finding later: another lot of a like number, a record that was given up.

use super::*;
use crate::chain::rows::RecordRow;
use crate::chain::state::get;
use crate::record::RecordId;
use crate::record::registry::{KeyRevocation, Purpose, Role, Statement};

const DAY: i64 = 24 * 60 * 60;
const SECOND: &str = "urn:jejak:party:second-laboratory";

/// A laboratory beside [`LAB`], not accredited yet.
fn with_second() -> World {
    let mut w = World::new();
    w.enrol(SECOND, &[Role::Inspector], "74.71", &[], Purpose::Admin);
    w
}

#[test]
fn closure_of_a_lot_has_the_renewal_that_repairs_its_test_and_the_first_record_of_the_key() {
    let mut w = with_second();
    let (lot, other) = (leaf("D1"), leaf("D2"));
    w.accredit_for(SECOND, T0 - DAY, T0 + DAY, None);
    w.ok(VILLAGE, harvest(&lot, "1000"));
    w.ok(VILLAGE, harvest(&other, "1000"));
    // at work before, with goods that have nothing to do with these
    w.ok(SECOND, draw("EARLIER", &[&other], VILLAGE));
    w.clock(T0 + 40 * DAY);
    w.ok(SECOND, inspect(&lot, "1", "1"));
    assert_closed(&w, &lot);
    w.accredit_for(SECOND, T0 + DAY, T0 + 30 * DAY, None);
    assert_eq!(lot_view(&w.state, &w, &lot).unwrap().unwrap().headline, LotState::Verified);
    assert_closed(&w, &lot);
}

#[test]
fn closure_of_a_lot_has_the_end_of_the_stolen_key_whose_retest_was_repeated() {
    let mut w = with_second();
    let lot = leaf("D1");
    w.accredit(SECOND);
    w.ok(VILLAGE, harvest(&lot, "1000"));
    let failed = w.ok(LAB, inspect(&lot, "11", "1"));
    let retest = with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()]));
    w.ok(SECOND, retest.clone());
    let end = KeyRevocation { key: key_of(SECOND), reason: "compromised".into(), compromised_since: Some(T0) };
    w.state(AUTHORITY, Statement::KeyRevocation(end));
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
