//! The ledger's clock against a wrong machine, a long stop and a hostile operator: what the node does about it. The rules themselves are
//! in `registry_rules`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::common::command::{Served, code, jejak, ok, stderr};
use crate::common::{
    AUTHORITY, NOW, OPERATOR, TestClock, eventually, healthy, init, keys, node_keys, numbered, options, settle,
};
use bytes::Bytes;
use jejak::chain::{Rule, authority, clock};
use jejak::ledger::{Ack, ClockHold, Ledger, SubmitError, Waits, sign};
use jejak::record::registry::{Clock, ClockPermit, ClockReset, KeyRevocation};
use jejak::record::{PublicKey, RecordId, Statement};
use serde_json::Value;
use tempfile::TempDir;

const DAY: i64 = 86_400;
const YEARS: i64 = 9 * 365 * DAY;

/// A ledger that was founded at `now`, and the folder around it.
fn ledger_at(now: i64) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    init(&path, &TestClock::at(now));
    (dir, path)
}

fn open(path: &Path, clock: &TestClock) -> Ledger {
    Ledger::open(path, &options(clock)).unwrap()
}

/// Stops the ledger once everything is published; nothing of it is damaged.
#[track_caller]
fn ended(ledger: Ledger, path: &Path) {
    settle(&ledger);
    ledger.shutdown();
    drop(ledger);
    healthy(path);
}

/// Submits party `n`, as the authority would in any week.
fn submit(ledger: &Ledger, n: u64) -> Result<Ack, SubmitError> {
    ledger.submit_blocking(numbered(ledger.id(), n))
}

fn last_clock(ledger: &Ledger) -> (i64, Option<RecordId>) {
    ledger.with_state(|state, _| {
        let row = authority::ledger(state).unwrap();
        (row.clock, row.clock_record)
    })
}

/// A statement of the authority's second key about the clock; its numbers do not meet those of `numbered`.
fn stated(ledger: &Ledger, seq: u64, statement: Statement) -> Result<Ack, SubmitError> {
    let bytes = sign::statement(&keys().authority[1], AUTHORITY, ledger.id(), NOW, 1_000 + seq, &statement).unwrap();
    ledger.submit_blocking(Bytes::from(bytes))
}

fn permit(ledger: &Ledger, seq: u64, until: i64) -> Result<Ack, SubmitError> {
    stated(ledger, seq, Statement::ClockPermit(ClockPermit { until, after: last_clock(ledger).1 }))
}

#[track_caller]
fn waits(answer: Result<Ack, SubmitError>, last: i64, now: i64, whom: Waits) {
    match answer {
        Err(SubmitError::Clock(hold)) => assert_eq!(hold, ClockHold { last, now, waits: whom }),
        other => panic!("{other:?}"),
    }
}

#[test]
fn node_that_was_off_for_a_season_takes_records_after_one_answer() {
    let (_dir, path) = ledger_at(NOW);
    let ledger = open(&path, &TestClock::at(NOW));
    let first = submit(&ledger, 0).unwrap();
    ledger.shutdown();
    drop(ledger);
    let now = NOW + 90 * DAY;
    let ledger = open(&path, &TestClock::at(now));
    let size = ledger.size();
    waits(submit(&ledger, 1), NOW, now, Waits::Operator);
    assert_eq!(ledger.size(), size, "nothing was logged by a clock that nobody confirmed");
    assert!(ledger.stats().clock_held);
    // what it has is served, and a record that is on the ledger is acknowledged again
    assert!(ledger.record_at(first.index).unwrap().is_some());
    assert_eq!(submit(&ledger, 0).unwrap(), Ack { duplicate: true, ..first });
    assert_eq!(ledger.confirm_clock(), None);
    assert_eq!(submit(&ledger, 1).unwrap().clock, now);
    assert!(!ledger.stats().clock_held);
    ended(ledger, &path);
}

#[test]
fn machine_that_was_put_right_needs_no_answer() {
    let (_dir, path) = ledger_at(NOW);
    let clock = TestClock::at(NOW + YEARS);
    let ledger = open(&path, &clock);
    waits(submit(&ledger, 1), NOW, NOW + YEARS, Waits::Authority);
    clock.set(NOW + 100);
    assert_eq!(submit(&ledger, 1).unwrap().clock, NOW + 100);
    ledger.shutdown();
}

#[test]
fn machine_years_ahead_at_the_start_waits_for_the_authority() {
    let (_dir, path) = ledger_at(NOW);
    let now = NOW + YEARS;
    let ledger = open(&path, &TestClock::at(now));
    // the operator's word is not enough
    assert_eq!(ledger.confirm_clock().map(|hold| hold.waits), Some(Waits::Authority));
    waits(submit(&ledger, 1), NOW, now, Waits::Authority);
    // a permit that ends before what the machine says
    permit(&ledger, 1, now - 1).unwrap();
    waits(submit(&ledger, 1), NOW, now, Waits::Authority);
    // the permit, and a record in the same batch after it
    let permit = Statement::ClockPermit(ClockPermit { until: now + DAY, after: last_clock(&ledger).1 });
    let permit = sign::statement(&keys().authority[1], AUTHORITY, ledger.id(), NOW, 1_002, &permit).unwrap();
    let answers = ledger.submit_many_blocking(vec![numbered(ledger.id(), 1), permit.into(), numbered(ledger.id(), 2)]);
    assert!(matches!(answers[0], Err(SubmitError::Clock(_))), "{answers:?}");
    assert_eq!(answers[1].as_ref().unwrap().clock, NOW);
    assert_eq!(answers[2].as_ref().unwrap().clock, now);
    ended(ledger, &path);
    // the permit is spent
    let later = now + clock::STEP + 1;
    let ledger = open(&path, &TestClock::at(later));
    ledger.confirm_clock();
    waits(submit(&ledger, 3), now, later, Waits::Authority);
    ledger.shutdown();
}

#[test]
fn permit_on_the_ledger_answers_for_an_operator_who_is_not_there() {
    let (_dir, path) = ledger_at(NOW);
    let now = NOW + 30 * DAY;
    let ledger = open(&path, &TestClock::at(now));
    waits(submit(&ledger, 1), NOW, now, Waits::Operator);
    permit(&ledger, 1, now + DAY).unwrap();
    assert_eq!(submit(&ledger, 1).unwrap().clock, now);
    ledger.shutdown();
}

#[test]
fn operator_that_posts_the_year_9999_is_refused() {
    let (_dir, path) = ledger_at(NOW);
    let ledger = open(&path, &TestClock::at(NOW));
    let post = |time, seq| {
        let statement = Statement::Clock(Clock { time });
        let bytes = sign::statement(&node_keys().operator, OPERATOR, ledger.id(), NOW, seq, &statement).unwrap();
        ledger.submit_blocking(bytes.into())
    };
    // a clock ahead of the machine's, be it by two minutes
    let size = ledger.size();
    for time in [253_402_300_799, NOW + clock::STEP + 1, NOW + clock::STEP, NOW + 120] {
        let refused = post(time, 100).unwrap_err();
        assert!(matches!(refused, SubmitError::ClockAhead { stated, now: NOW } if stated == time), "{refused}");
    }
    assert_eq!((ledger.size(), last_clock(&ledger).0), (size, NOW));
    // a machine years ahead believes it, and the rules do not
    ledger.shutdown();
    drop(ledger);
    let ledger = open(&path, &TestClock::at(NOW + YEARS));
    let post = |time, seq| {
        let statement = Statement::Clock(Clock { time });
        let bytes = sign::statement(&node_keys().operator, OPERATOR, ledger.id(), NOW, seq, &statement).unwrap();
        ledger.submit_blocking(bytes.into())
    };
    for seq in 100..104 {
        waits(post(NOW + clock::STEP, seq), NOW, NOW + YEARS, Waits::Authority);
    }
    ended(ledger, &path);
}

#[test]
fn stolen_operator_key_is_ended_before_the_clock_is_reset() {
    let (_dir, path) = ledger_at(NOW);
    let clock = TestClock::at(NOW);
    let ledger = open(&path, &clock);
    let mut seq = 100;
    let mut post = |time| {
        seq += 1;
        let statement = Statement::Clock(Clock { time });
        let bytes = sign::statement(&node_keys().operator, OPERATOR, ledger.id(), NOW, seq, &statement).unwrap();
        ledger.submit_blocking(bytes.into())
    };
    // a minute ahead may be another machine's clock, and is what a thief can do
    assert_eq!(post(NOW + 60).unwrap().clock, NOW);
    // without the end of the key the thief would name the new clock at once
    let key = PublicKey(node_keys().operator.verifying_key().to_bytes());
    let ended_key = KeyRevocation { key, reason: "compromised".to_owned(), compromised_since: None };
    stated(&ledger, 1, Statement::KeyRevocation(ended_key)).unwrap();
    clock.pass(200);
    let refused = post(NOW + 200).unwrap_err();
    assert!(matches!(&refused, SubmitError::Rejected(r) if r.rule == Rule::KeyRevoked), "{refused}");
    let (_, after) = last_clock(&ledger);
    stated(&ledger, 2, Statement::ClockReset(ClockReset { time: NOW + 5, after, since: Some(9) })).unwrap();
    assert_eq!(
        submit(&ledger, 1).unwrap().clock,
        NOW + 5,
        "the node's own clock is refused too, and its operator needs a new key"
    );
    ended(ledger, &path);
}

#[test]
fn reset_after_a_wrong_machine_clock_is_followed_and_replayed() {
    let (_dir, path) = ledger_at(NOW);
    // the operator confirmed a clock that was wrong
    let wrong = NOW + 60 * DAY;
    let ledger = open(&path, &TestClock::at(wrong));
    ledger.confirm_clock();
    let size = ledger.size();
    let dated = submit(&ledger, 1).unwrap();
    assert_eq!(dated.clock, wrong);
    ledger.shutdown();
    drop(ledger);
    let clock = TestClock::at(NOW + 1_000);
    let ledger = open(&path, &clock);
    assert!(ledger.recovered().clock.as_ref().unwrap().contains("resets"), "{:?}", ledger.recovered().clock);
    assert_eq!(submit(&ledger, 2).unwrap().clock, wrong, "the clock stands still");
    let stale = ClockReset { time: NOW + 1_000, after: None, since: Some(size) };
    let refused = stated(&ledger, 1, Statement::ClockReset(stale)).unwrap_err();
    assert!(matches!(&refused, SubmitError::Rejected(r) if r.rule == Rule::ClockMovedOn), "{refused}");
    let reset = ClockReset { after: last_clock(&ledger).1, ..stale };
    let reset = stated(&ledger, 1, Statement::ClockReset(reset)).unwrap();
    assert_eq!(last_clock(&ledger).0, NOW + 1_000);
    clock.pass(100);
    let after = submit(&ledger, 3).unwrap();
    assert_eq!(after.clock, NOW + 1_100, "the node goes on from there");
    ledger.with_state(|state, _| {
        let row = authority::ledger(state).unwrap();
        let shown = |index| clock::was_reset(&row, index);
        assert!(shown(size) && shown(dated.index) && !shown(reset.index) && !shown(after.index) && !shown(0));
    });
    // the index against a replay of the journal
    ended(ledger, &path);
}

#[test]
fn running_node_without_records_signs_a_clock_a_day() {
    let (_dir, path) = ledger_at(NOW);
    let clock = TestClock::at(NOW);
    let ledger = open(&path, &clock);
    let size = ledger.size();
    // less than a day: no clock alone
    clock.pass(DAY - 100);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(ledger.size(), size);
    clock.pass(200);
    eventually(|| ledger.size() > size);
    assert_eq!((ledger.size(), last_clock(&ledger).0), (size + 1, NOW + DAY + 100));
    // so a node that idled for a season is not one that was off
    for _ in 0..5 {
        clock.pass(21 * DAY);
        let before = ledger.size();
        eventually(|| ledger.size() > before);
    }
    assert_eq!(submit(&ledger, 1).unwrap().clock, NOW + 106 * DAY + 100);
    ended(ledger, &path);
}

#[test]
fn service_without_a_terminal_serves_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let today = jiff::Timestamp::now().as_second();
    let ledger = init(&path, &TestClock::at(today - 30 * DAY)).ledger;
    let file = dir.path().join("party.cose");
    std::fs::write(&file, numbered(&ledger, 1)).unwrap();
    let submit = |node: &Served| jejak(dir.path(), &["record", "submit", "party.cose", "--node", &node.url]);
    let node = Served::start(&path, &[], Stdio::piped());
    let refused = submit(&node);
    assert_eq!(code(&refused), 3, "{}", stderr(&refused));
    assert!(stderr(&refused).contains("no record is taken until its operator confirms"), "{}", stderr(&refused));
    let shown = ok(&jejak(dir.path(), &["clock", "show", "--node", &node.url]));
    assert!(shown.contains("waits   for the operator"), "{shown}");
    let output = node.kill();
    assert!(output.contains("--today"), "{output}");
    // another date than the machine's
    let wrong = jejak(dir.path(), &["serve", "--dir", "ledger", "--listen", "127.0.0.1:0", "--today", "2020-01-01"]);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("set the machine's clock"), "{}", stderr(&wrong));
    let date = jiff::Timestamp::from_second(today).unwrap().to_string();
    let node = Served::start(&path, &["--today", &date[..10]], Stdio::null());
    ok(&submit(&node));
    let shown = ok(&jejak(dir.path(), &["clock", "show", "--node", &node.url]));
    assert!(!shown.contains("waits"), "{shown}");
    node.kill();
    healthy(&path);
}

#[test]
fn permit_and_reset_name_the_last_clock_of_the_node() {
    let (dir, path) = ledger_at(NOW);
    let without = jejak(dir.path(), &["clock", "permit", "--until", "2036-01-01T00:00:00Z"]);
    assert_eq!(code(&without), 2);
    assert!(stderr(&without).contains("--after"), "{}", stderr(&without));
    let ledger = open(&path, &TestClock::at(NOW));
    let last = last_clock(&ledger).1.unwrap();
    ledger.shutdown();
    let last = last.to_string();
    let reset = ["clock", "reset", "--to", "2026-01-01T00:00:00Z", "--since", "7", "--after", &last];
    let payload: Value = serde_json::from_str(&ok(&jejak(dir.path(), &reset))).unwrap();
    let wanted = serde_json::json!({ "type": "ClockReset", "time": 1_767_225_600, "after": last, "since": 7 });
    assert_eq!(payload, wanted);
}
