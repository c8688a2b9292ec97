//! The register of a node: uploads keep their time over a restart, a damaged or lost register never stops a start, and a
//! process that is killed while it writes leaves one that opens.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{
    AUTHORITY, NOW, TestClock, child, config, copy, files, healthy, init, init_options, keys, node_keys, numbered,
    options, stores,
};
use bytes::Bytes;
use jejak::ledger::{DoctorOptions, Ledger, Part, SubmitError, doctor, sign};
use jejak::record::registry::Clock;
use jejak::record::{Hash32, Statement};
use jejak::store::memory::{Disk, Fault};
use jejak::store::register::SledRegister;
use jejak::store::{Objects, Register, Ring};

const WAIT: i64 = 60;

/// A ledger on files whose uploads wait for [`WAIT`] seconds.
fn founded(path: &Path) {
    let mut founding = init_options();
    founding.limits.quarantine_seconds = WAIT as u64;
    Ledger::init(path, &founding, &options(&TestClock::at(NOW))).unwrap();
}

fn open(path: &Path, now: i64) -> Ledger {
    Ledger::open(path, &options(&TestClock::at(now))).unwrap()
}

fn upload(ledger: &Ledger, blob: &[u8]) {
    ledger.evidence_put(&Hash32::of(blob), blob).unwrap();
}

/// Whether the blob lies in quarantine after uploads that are too old have been removed, at `now`.
fn waits(path: &Path, blob: &[u8], now: i64) -> bool {
    let ledger = open(path, now);
    upload(&ledger, b"any upload removes those that are too old");
    ledger.shutdown();
    path.join("objects/quarantine").join(Hash32::of(blob).to_string()).exists()
}

/// A record of a key of this ledger that is refused for good (rule `operator-only`): the authority states the time.
fn refused(ledger: &str, n: u64) -> Bytes {
    let statement = Statement::Clock(Clock { time: NOW });
    sign::statement(&keys().authority[1], AUTHORITY, ledger, NOW, n + 1, &statement).unwrap().into()
}

#[test]
fn an_upload_expires_by_the_time_it_came_although_the_node_restarted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    founded(&path);
    let ledger = open(&path, NOW);
    upload(&ledger, b"photo");
    upload(&ledger, b"sent twice");
    ledger.shutdown();
    drop(ledger);
    assert!(waits(&path, b"photo", NOW + WAIT - 1));
    let ledger = open(&path, NOW + WAIT - 1);
    upload(&ledger, b"sent twice");
    ledger.shutdown();
    drop(ledger);
    healthy(&path);
    assert!(!waits(&path, b"photo", NOW + WAIT + 1));
    assert!(waits(&path, b"sent twice", NOW + WAIT + 1), "it waits from when it was sent last");
    assert!(!waits(&path, b"sent twice", NOW + 2 * WAIT));
    // what was removed has left its slot
    let register = SledRegister::open(&path.join("register")).register;
    assert_eq!(register.load(Ring::Uploads).unwrap().filled.len(), 1);
}

#[test]
fn without_its_register_a_node_starts_and_uploads_wait_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    founded(&path);
    let ledger = open(&path, NOW);
    upload(&ledger, b"photo");
    ledger.shutdown();
    drop(ledger);
    fs::remove_dir_all(path.join("register")).unwrap();
    let late = NOW + 10 * WAIT;
    let ledger = open(&path, late);
    assert_eq!(ledger.recovered().register, None);
    ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
    ledger.shutdown();
    drop(ledger);
    assert!(waits(&path, b"photo", late + WAIT - 1));
    assert!(!waits(&path, b"photo", late + WAIT + 1));
    healthy(&path);
}

#[test]
fn a_damaged_register_is_reported_and_moved_aside_and_the_node_starts() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    founded(&whole);
    let ledger = open(&whole, NOW);
    for n in 0..50u8 {
        upload(&ledger, &[n; 40]);
    }
    ledger.shutdown();
    drop(ledger);
    let mut moved = 0;
    let names = files(&whole.join("register"));
    assert!(!names.is_empty());
    for name in names {
        for damage in ["truncated", "flipped", "deleted"] {
            let path = dir.path().join("ledger");
            copy(&whole, &path);
            let file = path.join("register").join(&name);
            let mut bytes = fs::read(&file).unwrap();
            match damage {
                "truncated" => fs::write(&file, &bytes[..bytes.len() / 2]).unwrap(),
                "flipped" => {
                    bytes.iter_mut().step_by(31).for_each(|b| *b ^= 4);
                    fs::write(&file, bytes).unwrap();
                }
                _ => fs::remove_file(&file).unwrap(),
            }
            let reported = doctor(&path, &DoctorOptions::default());
            let ledger = open(&path, NOW);
            let problem = ledger.recovered().register.clone();
            if let Some(problem) = &problem {
                moved += 1;
                assert!(problem.contains("register.broken-"), "{problem}");
                assert!(reported.failed().any(|check| check.name == Part::Register), "{name:?} {damage}: {reported:?}");
            }
            ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
            upload(&ledger, b"after the damage");
            ledger.shutdown();
            drop(ledger);
            // every upload is still there, whatever the register knew of it
            assert_eq!(fs::read_dir(path.join("objects/quarantine")).unwrap().count(), 51, "{name:?} {damage}");
            healthy(&path);
            fs::remove_dir_all(&path).unwrap();
        }
    }
    assert!(moved > 0);
}

#[test]
fn the_doctor_counts_what_the_register_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let id = init(&path, &TestClock::at(NOW)).ledger;
    let ledger = open(&path, NOW);
    for n in 0..3 {
        assert!(matches!(ledger.submit_blocking(refused(&id, n)), Err(SubmitError::Rejected(r)) if !r.retryable));
    }
    // again: it is remembered once
    assert!(ledger.submit_blocking(refused(&id, 0)).is_err());
    upload(&ledger, b"photo");
    ledger.shutdown();
    drop(ledger);
    let report = doctor(&path, &DoctorOptions::default());
    let check = report.checks.iter().find(|check| check.name == Part::Register).unwrap();
    assert!(check.ok && check.detail == "3 refused records, 1 uploads in quarantine", "{check:?}");
}

/// Every call to the register fails, persisted or not: nothing else does.
#[test]
fn a_register_that_always_fails_costs_no_record_and_no_upload() {
    for fault in [Fault::NotPersisted, Fault::Persisted, Fault::Refused] {
        let (disk, clock) = (Disk::new(), TestClock::at(NOW));
        disk.script(move |call| matches!(call.verb, "load" | "slot" | "close").then_some(fault));
        for round in 0..2u64 {
            let ledger = Ledger::assemble(stores(&disk), config(), node_keys(), &options(&clock)).unwrap();
            if round == 0 {
                ledger.found(&init_options(), NOW).unwrap();
            }
            assert!(ledger.submit_blocking(refused(ledger.id(), round)).is_err());
            ledger.submit_blocking(numbered(ledger.id(), 2 + round)).unwrap();
            upload(&ledger, &[round as u8]);
            ledger.shutdown();
            assert_eq!(ledger.failure(), None);
        }
        assert_eq!(disk.objects("objects").list("quarantine").unwrap().len(), 2, "{fault:?}");
        let verbs: Vec<_> = disk.calls().iter().map(|call| call.verb).collect();
        assert!(["load", "slot", "close"].iter().all(|verb| verbs.contains(verb)), "{verbs:?}");
    }
}

#[test]
#[ignore = "the process that is killed"]
fn process() {
    let dir = std::env::var("JEJAK_CHILD_DIR").expect("set by the test that kills it");
    let ledger = open(Path::new(&dir), NOW);
    assert_eq!(ledger.recovered().register, None);
    println!("open");
    std::io::stdout().flush().unwrap();
    for n in 1_000.. {
        assert!(ledger.submit_blocking(refused(ledger.id(), n)).is_err());
        if n % 7 == 0 {
            upload(&ledger, &n.to_be_bytes());
        }
    }
}

/// Up to a third of a second.
fn a_random_moment() {
    let mut noise = [0; 2];
    getrandom::fill(&mut noise).unwrap();
    std::thread::sleep(Duration::from_micros(u64::from(u16::from_be_bytes(noise)) * 5));
}

#[test]
fn a_kill_while_the_register_is_written_leaves_one_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    init(&path, &TestClock::at(NOW));
    for kill in 0..8 {
        let mut process = child(module_path!(), &[("JEJAK_CHILD_DIR", path.to_str().unwrap())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("open")), "kill {kill}: it did not open");
        a_random_moment();
        process.kill().unwrap();
        process.wait().unwrap();
        let ledger = open(&path, NOW);
        assert_eq!(ledger.recovered().register, None, "kill {kill}");
        ledger.shutdown();
        drop(ledger);
        let register = SledRegister::open(&path.join("register"));
        assert!(register.problem.is_none(), "kill {kill}: {:?}", register.problem);
        let uploads = register.register.load(Ring::Uploads).unwrap();
        assert_eq!(uploads.damaged, 0);
        assert_eq!(uploads.filled.len(), fs::read_dir(path.join("objects/quarantine")).map_or(0, Iterator::count));
        assert_eq!(register.register.load(Ring::Refused).unwrap().damaged, 0);
    }
    healthy(&path);
}
