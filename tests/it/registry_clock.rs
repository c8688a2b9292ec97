//! The clock of the log, which the operator signs, accepted and refused cases, through `chain::apply`.

use jejak::chain::Rule;
use jejak::record::RecordId;
use jejak::record::registry::{Clock, ClockPermit, ClockReset, Purpose, Role, Ruleset, Statement};

use crate::common::registry::{AUTHORITY, REGION, VILLAGE, World, party};

#[test]
fn clock_is_signed_by_the_operator_and_only_advances() {
    const OPERATOR: &str = "urn:jejak:party:operator";
    let mut w = World::founded();
    w.refused(Rule::KeyPurpose, 1, AUTHORITY, Statement::Clock(Clock { time: 5 }));
    w.ok(1, AUTHORITY, Statement::Party(party(OPERATOR, &[Role::Operator], None)));
    let key = w.key(OPERATOR, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.ok(7, OPERATOR, Statement::Clock(Clock { time: 100 }));
    // not more than once a minute: clocks are not counted in a day's records
    w.refused(Rule::ClockTooOften, 7, OPERATOR, Statement::Clock(Clock { time: 100 }));
    w.refused(Rule::ClockTooOften, 7, OPERATOR, Statement::Clock(Clock { time: 159 }));
    w.ok(7, OPERATOR, Statement::Clock(Clock { time: 160 }));
    w.refused(Rule::ClockGoesBack, 7, OPERATOR, Statement::Clock(Clock { time: 159 }));
    w.refused(Rule::KeyPurpose, 7, OPERATOR, Statement::Ruleset(Ruleset { version: 1 }));
}

const NODE: &str = "urn:jejak:party:operator";

/// With a village, and an operator's key 7 that signed one clock.
fn with_clock(time: i64) -> World {
    let mut w = World::with_village();
    w.ok(1, AUTHORITY, Statement::Party(party(NODE, &[Role::Operator], None)));
    let key = w.key(NODE, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.ok(7, NODE, Statement::Clock(Clock { time }));
    w
}

fn tick(time: i64) -> Statement {
    Statement::Clock(Clock { time })
}

fn last_clock(w: &World) -> Option<RecordId> {
    jejak::chain::authority::ledger(&w.state).unwrap().clock_record
}

#[test]
fn operator_alone_moves_the_clock_only_so_far() {
    use jejak::chain::clock::{ALONE, EVERY, STEP};
    // the first clock too: entry 0 was signed at second 1
    let mut w = World::with_village();
    w.ok(1, AUTHORITY, Statement::Party(party(NODE, &[Role::Operator], None)));
    let key = w.key(NODE, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(STEP + 2));
    w.ok(7, NODE, tick(STEP + 1));
    // the authority states something: from here on the operator is alone
    let from = STEP + 1;
    w.ok(1, AUTHORITY, Statement::Party(party("urn:jejak:party:one", &[Role::Buyer], None)));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(253_402_300_799));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + STEP + 1));
    for steps in 1..=ALONE / STEP {
        w.ok(7, NODE, tick(from + steps * STEP));
    }
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + ALONE + EVERY));
    // what others state does not count
    let more = w.key(VILLAGE, 4, Purpose::Event);
    w.ok(3, VILLAGE, more);
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + ALONE + EVERY));
    w.ok(1, AUTHORITY, Statement::Party(party("urn:jejak:party:two", &[Role::Buyer], None)));
    w.ok(7, NODE, tick(from + ALONE + EVERY));
}

#[test]
fn permit_serves_one_clock_and_is_the_authoritys_alone() {
    use jejak::chain::clock::STEP;
    let mut w = with_clock(100);
    let far = 100 + 5 * STEP;
    let permit = |w: &World, until| Statement::ClockPermit(ClockPermit { until, after: last_clock(w) });
    let wanted = permit(&w, far);
    w.refused(Rule::AuthorityOnly, 2, REGION, wanted.clone());
    w.refused(Rule::AuthorityOnly, 3, VILLAGE, wanted.clone());
    w.refused(Rule::KeyPurpose, 7, NODE, wanted.clone());
    let past = permit(&w, 99);
    w.refused(Rule::ClockGoesBack, 1, AUTHORITY, past);
    w.ok(1, AUTHORITY, wanted.clone());
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + 1));
    w.ok(7, NODE, tick(far));
    // it is spent: neither it nor one that was kept back serves again
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + STEP + 1));
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    // a permit that was not used ends with the next clock
    let unused = permit(&w, far + 3 * STEP);
    w.ok(1, AUTHORITY, unused);
    w.ok(7, NODE, tick(far + 60));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + 2 * STEP));
}

#[test]
fn reset_sets_a_wrong_clock_back() {
    use jejak::chain::{authority, clock::STEP};
    let mut w = with_clock(100);
    let first = w.index;
    w.ok(7, NODE, tick(100 + STEP));
    w.ok(7, NODE, tick(100 + 2 * STEP));
    let reset = |w: &World| Statement::ClockReset(ClockReset { time: 200, after: last_clock(w), since: Some(first) });
    let wanted = reset(&w);
    w.refused(Rule::AuthorityOnly, 2, REGION, wanted.clone());
    w.refused(Rule::KeyPurpose, 7, NODE, wanted.clone());
    // signed for an earlier clock: it can't be kept and used later
    w.ok(7, NODE, tick(160 + 2 * STEP));
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    let wanted = reset(&w);
    let at = w.index;
    w.ok(1, AUTHORITY, wanted.clone());
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    w.refused(Rule::ClockGoesBack, 7, NODE, tick(199));
    w.ok(7, NODE, tick(260));
    let ledger = authority::ledger(&w.state).unwrap();
    assert_eq!((ledger.clock, ledger.resets.as_slice()), (260, &[(first, at)][..]));
}
