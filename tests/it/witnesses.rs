//! Witnesses (C2SP tlog-witness): the node asks those of its policy over HTTP, and shows who cosigned. A witness here is a small HTTP
//! server with a state, which keeps to the protocol or breaks it in one way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::common::{NOW, TestClock, copy, eventually, init, numbered, options, settle};
use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use jejak::gs1::LotId;
use jejak::ledger::sign::LogKey;
use jejak::ledger::{Ledger, OpenError, Options, WitnessOptions, WitnessReport};
use jejak::log::merkle::consistency_verify;
use jejak::log::note::{KeyType, Note, Verifier};
use jejak::log::{Checkpoint, Policy};
use jejak::proof::{Bundle, Outcome, Trust, verify};
use jejak::witness::HttpWitnesses;

/// In which way a witness answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Honest,
    /// It answers nothing until its manner changes.
    Hangs,
    /// It cosigns with another key than its own.
    OtherKey,
    /// It says that it cosigned a tree of this size, and has nothing to show.
    Claims(u64),
    /// It refuses every proof.
    Refuses,
    /// It sends what is no HTTP, without end.
    Babbles,
    /// It sends headers without end.
    EndlessHead,
    /// It sends more than anybody reads.
    Endless,
}

struct State {
    manner: Manner,
    /// Size and root that it cosigned last.
    head: Option<(u64, [u8; 32])>,
    /// The checkpoint that it shows.
    shown: Option<String>,
    /// Sizes from which it was asked.
    asked: Vec<u64>,
}

/// A witness on a port of its own. It ends with the process of the test.
#[derive(Clone)]
struct Witness {
    name: String,
    key: Arc<LogKey>,
    url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

impl Witness {
    fn start(seed: u8, manner: Manner) -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("w{seed}");
        let witness = Witness {
            key: Arc::new(LogKey::new(&format!("{name}.example"), secret(seed))),
            name,
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new((Mutex::new(State { manner, head: None, shown: None, asked: Vec::new() }), Condvar::new())),
        };
        let serving = witness.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (witness, mut stream) = (serving.clone(), stream.unwrap());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let (mut head, mut length) = (String::new(), 0);
                    loop {
                        let mut line = String::new();
                        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                            break;
                        }
                        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap();
                        }
                        head.push_str(&line);
                    }
                    let mut body = vec![0; length];
                    let _ = reader.read_exact(&mut body);
                    let answer = witness.answer(&head, &String::from_utf8(body).unwrap());
                    let mut sent = stream.write_all(&answer);
                    while sent.is_ok() && witness.never_ends() {
                        sent = stream.write_all(&[b'x'; 1024]);
                    }
                });
            }
        });
        witness
    }

    fn verifier(&self) -> Verifier {
        Verifier::of(&*self.key, KeyType::Cosignature).unwrap()
    }

    fn set(&self, manner: Manner) {
        self.state.0.lock().unwrap().manner = manner;
        self.state.1.notify_all();
    }

    fn never_ends(&self) -> bool {
        matches!(self.state.0.lock().unwrap().manner, Manner::Babbles | Manner::EndlessHead)
    }

    /// Sizes from which it was asked so far.
    fn asked(&self) -> Vec<u64> {
        self.state.0.lock().unwrap().asked.clone()
    }

    fn line(&self) -> String {
        format!("witness {} {} {}\n", self.name, self.verifier(), self.url)
    }

    fn answer(&self, head: &str, body: &str) -> Vec<u8> {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap();
        if head.starts_with("GET ") {
            return match &state.shown {
                Some(note) => http(200, note),
                None => http(404, ""),
            };
        }
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        state.asked.push(old);
        changed.notify_all();
        while state.manner == Manner::Hangs {
            state = changed.wait(state).unwrap();
        }
        match state.manner {
            Manner::Babbles => return b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
            Manner::EndlessHead => return b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
            Manner::Endless => return http(200, &"x".repeat(4 << 20)),
            Manner::Refuses => return http(422, "no such tree"),
            Manner::Claims(size) => return http(409, &format!("{size}\n")),
            Manner::Honest | Manner::Hangs | Manner::OtherKey => {}
        }
        let mut note = Note::parse(note).unwrap();
        let at = Checkpoint::parse(note.text()).unwrap();
        let (size, root) = state.head.unwrap_or((0, [0; 32]));
        if old != size {
            return http(409, &format!("{size}\n"));
        }
        let proof: Vec<[u8; 32]> =
            lines.map(|line| BASE64.decode(line.as_bytes()).unwrap().try_into().unwrap()).collect();
        if size > 0 && consistency_verify(size, at.size, &proof, &root, &at.root).is_err() {
            return http(422, "");
        }
        state.head = Some((at.size, at.root));
        state.shown = Some(note.to_string());
        let own = &*self.key;
        let other = LogKey::new("w.example", secret(99));
        let line = note.cosign(if state.manner == Manner::OtherKey { &other } else { own }, NOW as u64).unwrap();
        http(200, &line.to_string())
    }
}

fn http(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

/// A policy that asks for `quorum` of these witnesses.
fn policy(witnesses: &[&Witness], quorum: usize) -> String {
    let lines: String = witnesses.iter().map(|witness| witness.line()).collect();
    let names: Vec<&str> = witnesses.iter().map(|witness| witness.name.as_str()).collect();
    format!("{lines}group all {quorum} {}\nquorum all\n", names.join(" "))
}

fn asking(policy: &str) -> Options {
    let text = policy.to_owned();
    let ask = Arc::new(HttpWitnesses::with_timeout(Duration::from_secs(5)));
    let witnesses = Some(WitnessOptions { policy: Policy::parse(policy).unwrap(), text, ask });
    Options { witnesses, ..options(&TestClock::at(NOW)) }
}

fn founded(root: &Path) -> PathBuf {
    let path = root.join("ledger");
    init(&path, &TestClock::at(NOW));
    path
}

fn submit(ledger: &Ledger, from: u64, count: u64) {
    for n in from..from + count {
        ledger.submit_blocking(numbered(ledger.id(), n)).unwrap();
    }
    settle(ledger);
}

/// The report once it is as wanted.
fn until(ledger: &Ledger, wanted: impl Fn(&WitnessReport) -> bool) -> WitnessReport {
    let report = || ledger.witnesses().unwrap();
    eventually(|| wanted(&report()));
    report()
}

fn cosigned_by(ledger: &Ledger, witness: &Witness) -> bool {
    Note::parse(&ledger.checkpoint().unwrap().note).unwrap().verify(&witness.verifier()).is_ok()
}

#[test]
fn quorum_of_witnesses_is_on_the_checkpoint_and_satisfies_the_same_policy_of_a_verifier() {
    let dir = tempfile::tempdir().unwrap();
    let all: Vec<Witness> = (10..13).map(|seed| Witness::start(seed, Manner::Honest)).collect();
    all[2].set(Manner::Refuses);
    let text = policy(&all.iter().collect::<Vec<_>>(), 2);
    let ledger = Ledger::open(&founded(dir.path()), &asking(&text)).unwrap();
    submit(&ledger, 0, 3);
    let report = until(&ledger, |report| report.quorum && report.witnesses[2].error.is_some());
    assert!(cosigned_by(&ledger, &all[0]) && cosigned_by(&ledger, &all[1]));
    assert_eq!(report.witnesses[0].size, Some(report.size));
    assert_eq!(report.witnesses[0].time, Some(NOW as u64));
    assert!(report.witnesses[2].error.as_ref().unwrap().contains("does not extend its own"));
    // the trust file that the node gives out holds the policy
    let trust = Trust::from_toml(&ledger.trust_file()).unwrap();
    assert!(trust.policy.unwrap().requires_witnesses());
    ledger.shutdown();
}

#[test]
fn witness_that_hangs_delays_no_later_head_and_no_close() {
    let dir = tempfile::tempdir().unwrap();
    let (good, hanging) = (Witness::start(20, Manner::Honest), Witness::start(21, Manner::Hangs));
    let text = policy(&[&good, &hanging], 2);
    let ledger = Ledger::open(&founded(dir.path()), &asking(&text)).unwrap();
    submit(&ledger, 0, 2);
    submit(&ledger, 2, 2);
    assert!(!ledger.witnesses().unwrap().quorum, "published without it");
    assert_eq!(hanging.asked().len(), 1, "it is asked one thing at a time");
    // what it answers in the end joins the newest head
    hanging.set(Manner::Honest);
    until(&ledger, |report| report.quorum);
    assert!(cosigned_by(&ledger, &hanging));
    hanging.set(Manner::Hangs);
    submit(&ledger, 4, 1);
    ledger.shutdown();
}

#[test]
fn witness_that_answers_wrongly_is_named_and_never_counted() {
    for (seed, manner, said) in [
        (30, Manner::OtherKey, "no cosignature"),
        (31, Manner::Claims(1_000_000), "does not show them"),
        (32, Manner::Refuses, "does not extend its own"),
        (33, Manner::Babbles, ""),
        (34, Manner::Endless, "can't be read"),
        (35, Manner::EndlessHead, ""),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let witness = Witness::start(seed, manner);
        let ledger = Ledger::open(&founded(dir.path()), &asking(&policy(&[&witness], 1))).unwrap();
        submit(&ledger, 0, 2);
        let report = until(&ledger, |report| report.witnesses[0].error.is_some());
        let error = report.witnesses[0].error.clone().unwrap();
        assert!(error.contains(said), "{manner:?}: {error}");
        assert!(!report.quorum && report.witnesses[0].size.is_none(), "{manner:?}");
        assert!(ledger.failure().is_none(), "{manner:?} stops nothing");
        ledger.shutdown();
    }
}

#[test]
fn witness_that_is_ahead_of_its_kept_size_is_asked_again_from_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    let witness = Witness::start(40, Manner::Honest);
    let text = policy(&[&witness], 1);
    let ledger = Ledger::open(&path, &asking(&text)).unwrap();
    submit(&ledger, 0, 3);
    let first = until(&ledger, |report| report.quorum).size;
    ledger.shutdown();
    drop(ledger);
    // kept over a restart: the question starts from there
    let ledger = Ledger::open(&path, &asking(&text)).unwrap();
    assert_eq!(ledger.witnesses().unwrap().witnesses[0].size, Some(first));
    submit(&ledger, 3, 2);
    until(&ledger, |report| report.quorum && report.size > first);
    assert_eq!(witness.asked().iter().filter(|old| **old == 0).count(), 1, "{:?}", witness.asked());
    ledger.shutdown();
    drop(ledger);
    // forgotten: the witness says it
    std::fs::remove_dir_all(path.join("objects/witnesses")).unwrap();
    let ledger = Ledger::open(&path, &asking(&text)).unwrap();
    submit(&ledger, 5, 1);
    until(&ledger, |report| report.quorum && report.witnesses[0].size == Some(report.size));
    ledger.shutdown();
}

#[test]
fn older_copy_is_refused_by_what_a_witness_cosigned() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    let witness = Witness::start(50, Manner::Honest);
    let text = policy(&[&witness], 1);
    let older = dir.path().join("older");
    copy(&path, &older);
    let ledger = Ledger::open(&path, &asking(&text)).unwrap();
    submit(&ledger, 0, 3);
    until(&ledger, |report| report.quorum);
    ledger.shutdown();
    drop(ledger);
    // the node kept it
    copy(&path.join("objects"), &older.join("objects"));
    match Ledger::open(&older, &asking(&text)).map(|_| ()) {
        Err(OpenError::Ahead { what, .. }) => assert!(what.contains("witness w50"), "{what}"),
        other => panic!("{other:?}"),
    }
    // or the witness shows it, signed by this log, once a second history begins
    std::fs::remove_dir_all(older.join("objects/witnesses")).unwrap();
    let ledger = Ledger::open(&older, &asking(&text)).unwrap();
    let _ = ledger.submit_blocking(numbered(ledger.id(), 7));
    eventually(|| ledger.failure().is_some());
    assert!(ledger.failure().unwrap().contains("witness w50"), "{:?}", ledger.failure());
}

#[test]
fn bundle_verifies_under_the_policy_that_its_checkpoint_satisfies() {
    let dir = tempfile::tempdir().unwrap();
    let witness = Witness::start(60, Manner::Honest);
    let text = policy(&[&witness], 1);
    let ledger = Ledger::open(&founded(dir.path()), &asking(&text)).unwrap();
    submit(&ledger, 0, 2);
    until(&ledger, |report| report.quorum);
    let head = ledger.checkpoint().unwrap();
    let (log, note) = (ledger.verifier().unwrap(), Note::parse(&head.note).unwrap());
    let quorum = Policy::parse(&text).unwrap().check(&note, &log);
    assert!(quorum.reached);
    assert_eq!(quorum.cosigned, [("w60".to_owned(), NOW as u64)]);
    // a bundle without records says what it can of its checkpoint
    let lot = LotId::from_uri("https://id.gs1.org/01/09521321001015/10/L1").unwrap();
    let bundle = Bundle::new(ledger.id().to_owned(), lot, head.note, Vec::new(), Vec::new());
    let trust = Trust { policy: Policy::parse(&text).ok(), ..Trust::pinned(ledger.id(), log) };
    assert_eq!(verify(&bundle, &trust).outcome("witnesses"), Some(Outcome::Passed));
    ledger.shutdown();
}
