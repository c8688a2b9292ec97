//! Dates: an event's time is its signer's word, and the log's clock bounds what it can do.

use serde_json::json;

use super::{headline, with_oil};
use crate::chain::lineage::Lineage;
use crate::chain::rows::AccreditationRow;
use crate::chain::testing::*;
use crate::chain::{Rule, Table};
use crate::gs1::LotId;
use crate::query::view::LotState;
use crate::record::registry::{PartyStatus, Profile, Standing, Statement};
use crate::record::{Hash32, RecordId};

const DAY: i64 = 24 * 60 * 60;

/// A lot of oil, and a laboratory whose accreditation ends a day after [`T0`], with the record of that; it has signed something before,
/// if `at_work`.
fn expiring(at_work: bool) -> (World, LotId, RecordId) {
    let (mut w, lot) = with_oil();
    w.put(Table::Accreditation, LAB.as_bytes(), &Vec::<AccreditationRow>::new());
    let accreditation = w.accredit_for(LAB, T0 - DAY, T0 + DAY, None);
    if at_work {
        let other = leaf("D9");
        w.ok(VILLAGE, harvest(&other, "10"));
        w.ok(LAB, draw("EARLIER", &[&other], VILLAGE));
    }
    (w, lot, accreditation)
}

#[test]
fn test_entered_long_after_its_accreditation_expired_makes_no_green() {
    let (mut w, lot, _) = expiring(true);
    w.clock(T0 + 40 * DAY);
    assert_eq!(w.found(LAB, inspect(&lot, "1", "1")), [Rule::LateSync, Rule::AccreditationEnded]);
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
    let view = crate::query::lot_view(&w.state, &w, &lot).unwrap().unwrap();
    assert!(view.inspections[0].too_late && view.inspections[0].is_uncounted());
    // outside of any accreditation it is no test at all
    w.refused(Rule::NotAccredited, LAB, with(inspect(&lot, "1", "1"), "eventTime", json!("2026-11-20T00:00:00Z")));
}

#[test]
fn test_of_a_laboratory_without_signal_counts_for_fourteen_days_after_the_expiry() {
    for (days, counts) in [(2, true), (14, true), (15, false)] {
        let (mut w, lot, _) = expiring(true);
        w.clock(T0 + days * DAY + 60);
        let found = w.found(LAB, inspect(&lot, "1", "1"));
        assert_eq!(found.contains(&Rule::LateSync) && !found.contains(&Rule::AccreditationEnded), counts, "{found:?}");
        let state = if counts { LotState::Verified } else { LotState::PartlyTested };
        assert_eq!(headline(&w, &lot), state, "{days} days");
    }
}

#[test]
fn key_that_was_not_at_work_before_the_expiry_has_no_grace() {
    let (mut w, lot, _) = expiring(false);
    w.clock(T0 + 3 * DAY);
    assert_eq!(w.found(LAB, inspect(&lot, "1", "1")), [Rule::AccreditationEnded]);
    // nor has one that was enrolled after it
    w.event_key(LAB, "new phone");
    let (_, outcome) = w.submit_by("new phone", LAB, inspect(&lot, "1", "1")).unwrap();
    assert_eq!(outcome.findings[0].rule, Rule::AccreditationEnded);
    assert_eq!(headline(&w, &lot), LotState::PartlyTested);
}

#[test]
fn renewal_without_a_gap_continues_and_one_after_a_gap_does_not() {
    for (from, continues) in [(T0 + DAY, true), (T0 + DAY / 2, true), (T0 + 2 * DAY, false)] {
        let (mut w, lot, _) = expiring(true);
        w.accredit_for(LAB, from, T0 + 90 * DAY, None);
        w.clock(T0 + 40 * DAY);
        let found = w.found(LAB, inspect(&lot, "1", "1"));
        assert_eq!(!found.contains(&Rule::AccreditationEnded), continues, "{found:?}");
        assert_eq!(headline(&w, &lot) == LotState::Verified, continues);
    }
}

/// Whether the lot's test is shown as too late, and whether its warning is.
fn shown_late(w: &World, lot: &LotId) -> (bool, bool) {
    let view = crate::query::lot_view(&w.state, w, lot).unwrap().unwrap();
    let warned = view.findings.iter().any(|finding| finding.rule == Rule::AccreditationEnded);
    (view.inspections[0].too_late, warned)
}

#[test]
fn renewal_that_is_logged_after_the_test_makes_it_count_and_clears_its_warning() {
    for (from, counts) in [(T0 + DAY, true), (T0 + DAY / 2, true), (T0 + 2 * DAY, false)] {
        let (mut w, lot, _) = expiring(false);
        w.clock(T0 + 40 * DAY);
        assert!(w.found(LAB, inspect(&lot, "1", "1")).contains(&Rule::AccreditationEnded));
        assert_eq!((headline(&w, &lot), shown_late(&w, &lot)), (LotState::PartlyTested, (true, true)));
        w.accredit_for(LAB, from, T0 + 90 * DAY, None);
        assert_eq!(headline(&w, &lot) == LotState::Verified, counts);
        assert_eq!(shown_late(&w, &lot), (!counts, !counts));
    }
}

#[test]
fn renewal_that_is_logged_later_has_its_own_fourteen_days_for_a_key_at_work() {
    for at_work in [true, false] {
        let (mut w, lot, _) = expiring(at_work);
        w.clock(T0 + 40 * DAY);
        w.ok(LAB, inspect(&lot, "1", "1"));
        w.accredit_for(LAB, T0 + DAY, T0 + 20 * DAY, None);
        assert_eq!(headline(&w, &lot), LotState::PartlyTested, "entered twenty days after the renewal had expired");
        w.accredit_for(LAB, T0 + 20 * DAY, T0 + 30 * DAY, None);
        assert_eq!(headline(&w, &lot) == LotState::Verified, at_work);
    }
}

#[test]
fn late_retest_clears_its_failure_once_the_renewal_is_logged() {
    let (mut w, lot, _) = expiring(true);
    w.clock(T0 + 40 * DAY);
    let failed = w.ok(LAB, inspect(&lot, "11", "1"));
    w.ok(LAB, with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()])));
    assert!(w.found(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[])).contains(&Rule::ShippedFailed));
    w.accredit_for(LAB, T0 + DAY, T0 + 90 * DAY, None);
    assert_ne!(headline(&w, &lot), LotState::Failed);
    assert!(!w.found(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "2")], &[])).contains(&Rule::ShippedFailed));
}

#[test]
fn test_that_awaits_a_renewal_may_be_entered_again_for_fourteen_days() {
    let dated = |lot: &LotId| with(inspect(lot, "1", "1"), "eventTime", json!("2026-11-08T08:20:00Z"));
    for (days, may_come) in [(5, true), (14, true), (16, false)] {
        let (mut w, lot, _) = expiring(true);
        w.clock(T0 + days * DAY);
        let refused = w.submit(LAB, dated(&lot)).unwrap_err();
        assert_eq!((refused.rule, refused.retryable), (Rule::NotAccredited, may_come), "{days} days");
        w.accredit_for(LAB, T0 + DAY, T0 + 90 * DAY, None);
        w.ok(LAB, dated(&lot));
    }
    // nothing was to be renewed: it was ended early, or began later
    let (mut w, lot, accreditation) = expiring(true);
    w.accredit_for(LAB, T0 - DAY, T0 + DAY / 2, Some(accreditation));
    w.clock(T0 + 5 * DAY);
    assert!(!w.submit(LAB, dated(&lot)).unwrap_err().retryable);
    let (mut w, lot, accreditation) = expiring(true);
    w.accredit_for(LAB, T0 + DAY / 2, T0 + DAY, Some(accreditation));
    w.clock(T0 + 5 * DAY);
    let refused = w.submit(LAB, inspect(&lot, "1", "1")).unwrap_err();
    assert_eq!((refused.rule, refused.retryable), (Rule::NotAccredited, false));
}

#[test]
fn accreditation_that_was_ended_early_has_no_grace() {
    let (mut w, lot, accreditation) = expiring(true);
    let second = oil("N2");
    w.ok(VILLAGE, process(&[(&lot, "10")], &[(&second, "10")]));
    w.ok(LAB, inspect(&lot, "1", "1"));
    assert_eq!(headline(&w, &lot), LotState::Verified);
    w.accredit_for(LAB, T0 - DAY, T0 + 60, Some(accreditation));
    w.clock(T0 + 120);
    assert_eq!(w.found(LAB, inspect(&second, "1", "1")), [Rule::AccreditationEnded]);
    // what was tested before stays green, with a notice
    let notices: Vec<Rule> = looked_up(&w, &lot);
    assert_eq!((headline(&w, &lot), notices), (LotState::Verified, vec![Rule::InspectorSuspended]));
}

fn looked_up(w: &World, lot: &LotId) -> Vec<Rule> {
    Lineage::new(&w.state, w).of(lot).unwrap().unwrap().looked_up.iter().map(|(_, finding)| finding.rule).collect()
}

#[test]
fn later_suspension_of_the_inspector_is_a_notice_unless_its_key_was_stolen() {
    let (mut w, lot) = with_oil();
    w.ok(LAB, inspect(&lot, "1", "1"));
    let suspend = |status| {
        Statement::PartyStatus(PartyStatus { party: LAB.to_owned(), status, reason: Some("audit".to_owned()) })
    };
    w.state(AUTHORITY, suspend(Standing::Suspended));
    assert_eq!((headline(&w, &lot), looked_up(&w, &lot)), (LotState::Verified, vec![Rule::InspectorSuspended]));
    w.refused(Rule::PartySuspended, LAB, inspect(&lot, "1", "1"));
    w.end_compromised_key(LAB, T0);
    assert_eq!(headline(&w, &lot), LotState::NoVerdict);
    let (mut w, lot) = with_oil();
    w.ok(LAB, inspect(&lot, "1", "1"));
    w.state(AUTHORITY, suspend(Standing::Suspended));
    w.state(AUTHORITY, suspend(Standing::Active));
    assert_eq!(looked_up(&w, &lot), []);
}

#[test]
fn failure_counts_however_late_and_a_late_retest_clears_none() {
    let (mut w, lot, _) = expiring(true);
    w.clock(T0 + 40 * DAY);
    let failed = w.ok(LAB, inspect(&lot, "11", "1"));
    assert_eq!(headline(&w, &lot), LotState::Failed);
    w.ok(LAB, with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()])));
    assert_eq!(headline(&w, &lot), LotState::Failed);
}

#[test]
fn honest_retest_is_taken_after_one_by_a_stolen_key() {
    // of the lot itself, and of what it inherits
    for inherited in [false, true] {
        let (mut w, whole) = with_oil();
        let part = oil("N2");
        w.second_laboratory();
        let failed = w.ok(LAB, inspect(&whole, "11", "1"));
        w.ok(VILLAGE, process(&[(&whole, "50")], &[(&part, "50")]));
        let lot = if inherited { part } else { whole };
        let retest = with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()]));
        w.ok(SECOND_LAB, retest.clone());
        assert_ne!(headline(&w, &lot), LotState::Failed);
        w.refused(Rule::RetestUnknown, LAB, retest.clone());
        w.end_compromised_key(SECOND_LAB, T0);
        assert_eq!(headline(&w, &lot), LotState::Failed);
        let sent = |amount: &str| ship(VILLAGE, MILL, &[(&lot, amount)], &[]);
        assert!(w.found(VILLAGE, sent("1")).contains(&Rule::ShippedFailed));
        let repeated = w.ok(LAB, retest.clone());
        assert_ne!(headline(&w, &lot), LotState::Failed);
        assert!(!w.found(VILLAGE, sent("2")).contains(&Rule::ShippedFailed));
        // it clears for itself: what is taken back is open again
        w.ok(LAB, void(repeated, retest));
        assert_eq!(headline(&w, &lot), LotState::Failed);
    }
}

#[test]
fn inspector_whose_accreditation_ended_releases_and_holds_nothing_by_an_earlier_date() {
    let (mut w, lot, _) = expiring(true);
    w.clock(T0 + 40 * DAY);
    let of = |step: &str| {
        json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "quantityList": [{ "epcClass": lot.uri() }],
        })
    };
    w.refused(Rule::NotAccredited, LAB, of("accepting"));
    w.refused(Rule::NotConcerned, LAB, of("storing"));
    w.refused(Rule::HoldNotAllowed, LAB, hold(&lot, "recalled"));
    // while it was accredited, and for the days after it, as a test
    let (mut w, lot, _) = expiring(true);
    w.clock(T0 + 10 * DAY);
    w.ok(LAB, hold(&lot, "recalled"));
}

#[test]
fn test_by_a_standard_that_ended_long_before_makes_no_green() {
    for (days, counts) in [(14, true), (16, false)] {
        let (mut w, lot) = with_oil();
        w.state(AUTHORITY, newer(T0 + DAY));
        w.clock(T0 + days * DAY);
        let found = w.found(LAB, inspect(&lot, "1", "1"));
        assert_eq!(!found.contains(&Rule::ProfileEnded), counts, "{found:?}");
        assert_eq!(headline(&w, &lot) == LotState::Verified, counts);
    }
}

#[test]
fn standard_that_ended_is_brought_back_by_no_later_version_and_no_renewal() {
    let (mut w, lot, _) = expiring(true);
    w.state(AUTHORITY, newer(T0 + DAY));
    w.clock(T0 + 40 * DAY);
    let found = w.found(LAB, inspect(&lot, "1", "1"));
    assert!(found.contains(&Rule::ProfileEnded) && found.contains(&Rule::AccreditationEnded), "{found:?}");
    w.accredit_for(LAB, T0 + DAY, T0 + 90 * DAY, None);
    assert_eq!((headline(&w, &lot), shown_late(&w, &lot)), (LotState::PartlyTested, (true, false)));
    // the very version goes on under no other statement
    w.refuses_profile(Rule::ProfileExists, "1");
}

/// Version 2 of the profile, from a time on.
fn newer(from: i64) -> Statement {
    Statement::Profile(Profile {
        id: "essential-oil".to_owned(),
        version: "2".to_owned(),
        blake3: NEWER,
        bytes: 1000,
        from,
        until: None,
    })
}

#[test]
fn process_is_judged_by_an_older_profile_only_for_a_time() {
    for (days, rules) in [(14, vec![Rule::LateSync]), (16, vec![Rule::LateSync, Rule::ProcessMissing])] {
        let mut w = World::new();
        w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
        // version 2 does not know the process
        w.state(AUTHORITY, newer(T0 + DAY));
        w.clock(T0 + days * DAY);
        assert_eq!(w.found(VILLAGE, process(&[(&leaf("D1"), "1000")], &[(&oil("N1"), "100")])), rules);
    }
}

#[test]
fn unknown_replaced_accreditation_is_refused() {
    let (mut w, _) = with_oil();
    let s = w.accreditation(LAB, T0, T0 + DAY, Some(Hash32([9; 32])));
    w.refuses(Rule::ReplacesNotCurrent, AUTHORITY, &s);
}
