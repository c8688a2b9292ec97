//! SIGKILL at random moments under load, `JEJAK_KILLS` times (default 5). After each restart every acknowledged record is at its
//! index, byte for byte, and the published tree only grew. `doctor`, which recomputes the whole ledger, finds no damage: it runs
//! after each of the first ten kills, after every twentieth, and after the last.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use crate::common::command::Served;
use crate::common::{NOW, TestClock, child, eventually, healthy, init, init_options, numbered, options, settle};
use jejak::ledger::Ledger;
use jejak::log::merkle::consistency_verify;

/// Threads that submit at the same time.
const SENDERS: u64 = 4;

#[test]
#[ignore = "child process of the kill test, not a test"]
fn process() {
    let var = |name: &str| std::env::var(name).expect("started by another test");
    let (dir, from) = (var("JEJAK_CHILD_DIR"), var("JEJAK_CHILD_FROM"));
    let from: u64 = from.parse().unwrap();
    let ledger = Ledger::open(Path::new(&dir), &options(&TestClock::at(NOW))).unwrap();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let ledger = &ledger;
            scope.spawn(move || {
                for n in (from + sender..).step_by(SENDERS as usize) {
                    let ack = ledger.submit_blocking(numbered(ledger.id(), n)).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "ack {n} {}", ack.index).unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

fn kills() -> u64 {
    std::env::var("JEJAK_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5)
}

/// Up to a third of a second.
fn sleep_randomly() {
    let mut noise = [0; 2];
    getrandom::fill(&mut noise).unwrap();
    std::thread::sleep(Duration::from_micros(u64::from(u16::from_be_bytes(noise)) * 5));
}

/// What was acknowledged: by the record's number, its index and the BLAKE3 of its bytes.
#[derive(Default)]
struct Acked(BTreeMap<u64, (u64, [u8; 32])>);

impl Acked {
    /// The first record that was not acknowledged; it is sent again and may already be on the log.
    fn next(&self) -> u64 {
        (0..).find(|n| !self.0.contains_key(n)).unwrap()
    }

    fn add(&mut self, ledger: &str, acks: Vec<(u64, u64)>) {
        for (n, index) in acks {
            let (known, _) = self.0.entry(n).or_insert_with(|| (index, *blake3::hash(&numbered(ledger, n)).as_bytes()));
            assert_eq!(*known, index, "record {n} is sequenced once");
        }
    }
}

/// Every acknowledged record is at its index, the published tree grew, `doctor` finds no damage.
fn after(path: &Path, acked: &Acked, published: &mut Option<(u64, [u8; 32])>, kill: u64) {
    let ledger = Ledger::open(path, &options(&TestClock::at(NOW))).unwrap();
    settle(&ledger);
    for (n, (index, hash)) in &acked.0 {
        let entry = ledger.entry(*index).unwrap().unwrap();
        assert_eq!(blake3::hash(&entry).as_bytes(), hash, "kill {kill}: record {n}");
    }
    let head = ledger.checkpoint().unwrap();
    if let Some((size, root)) = *published {
        let (now, path) = ledger.consistency(size).unwrap().unwrap();
        consistency_verify(size, now.size, &path, &root, &now.root).unwrap();
    }
    *published = Some((head.size, head.root));
    ledger.shutdown();
    drop(ledger);
    // doctor recomputes everything: after each of 200 kills its total time would be quadratic in the number of records
    if kill < 10 || kill % 20 == 19 || kill + 1 == kills() {
        healthy(path);
    }
}

/// The server as it ships, with records coming in over HTTP.
#[test]
fn kill_of_the_server_keeps_acknowledged_records() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let mut founding = init_options();
    // heads are published while records come in
    founding.limits.publish_every_ms = 40;
    // the server has the machine's clock, and would ask about a ledger that was off since `NOW`
    let now = TestClock::at(jiff::Timestamp::now().as_second());
    let id = Ledger::init(&path, &founding, &options(&now)).unwrap().ledger;
    let mut acked = Acked::default();
    let mut published = None;
    for kill in 0..kills() {
        let server = Served::start(&path, &[], Stdio::null());
        let url = format!("{}/entries", server.url);
        let from = acked.next();
        let acks = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (url, id, acks) = (&url, &id, &acks);
                scope.spawn(move || {
                    let agent: ureq::Agent =
                        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
                    for n in (from + sender..).step_by(SENDERS as usize) {
                        let sent = agent.post(url).content_type("application/cose").send(&numbered(id, n)[..]);
                        // the kill, or too many requests: what is not acknowledged is sent again in the next round
                        let Ok(mut answer) = sent else { return };
                        let Ok(text) = answer.body_mut().read_to_string() else { return };
                        let ack: serde_json::Value = serde_json::from_str(&text).unwrap();
                        acks.lock().unwrap().push((n, ack["index"].as_u64().unwrap()));
                    }
                });
            }
            eventually(|| !acks.lock().unwrap().is_empty());
            sleep_randomly();
            server.kill();
        });
        acked.add(&id, acks.into_inner().unwrap());
        after(&path, &acked, &mut published, kill);
    }
    eprintln!("{} kills, {} acknowledged records over HTTP", kills(), acked.0.len());
}

#[test]
fn kill_during_append_keeps_acknowledged_records() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let id = init(&path, &TestClock::at(NOW)).ledger;
    let kills = kills();
    let mut acked = Acked::default();
    let mut published = None;
    for kill in 0..kills {
        let from = acked.next();
        let dir = path.to_str().unwrap();
        let mut process = child(module_path!(), &[("JEJAK_CHILD_DIR", dir), ("JEJAK_CHILD_FROM", &from.to_string())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (first, started) = std::sync::mpsc::channel();
        let out = process.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut acks = Vec::new();
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // the test harness sometimes prints on the same line
                let Some(at) = line.find("ack ") else { continue };
                let mut words = line[at + 4..].split(' ').filter_map(|word| word.parse::<u64>().ok());
                if let (Some(n), Some(index)) = (words.next(), words.next()) {
                    acks.push((n, index));
                    let _ = first.send(());
                }
            }
            acks
        });
        started.recv_timeout(Duration::from_secs(60)).expect("the child process acknowledges");
        sleep_randomly();
        process.kill().unwrap();
        process.wait().unwrap();
        acked.add(&id, reader.join().unwrap());
        after(&path, &acked, &mut published, kill);
    }
    assert!(acked.0.len() as u64 >= kills, "{} records in {kills} rounds", acked.0.len());
    eprintln!("{kills} kills, {} acknowledged records", acked.0.len());
}
