//! Closures that hold what decides a finding later: another lot of a like number, a record that was given up.

use super::*;
use crate::chain::rows::RecordRow;
use crate::chain::state::get;
use crate::record::RecordId;

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
