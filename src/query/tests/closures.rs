//! Closures that hold what decides a finding later: another lot of a like number, a record that was given up.

use super::*;
use crate::record::registry::{Purpose, Role};

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
