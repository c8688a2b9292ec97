//! SIGKILL at random moments under load, again and again (`JEJAK_KILLS`, 5 unless told). After each restart every
//! acknowledged record is at its index, the published tree only grew, and the doctor finds nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{NOW, TestClock, child, healthy, init, numbered, options, settle};
use jejak::ledger::Ledger;
use jejak::log::merkle::consistency_verify;

/// Threads that submit at the same time.
const SENDERS: u64 = 4;

#[test]
#[ignore = "the process that is killed"]
fn process() {
    let (Ok(dir), Ok(from)) = (std::env::var("JEJAK_CHILD_DIR"), std::env::var("JEJAK_CHILD_FROM")) else { return };
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

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    init(&path, &TestClock::at(NOW));
    let kills: u64 = std::env::var("JEJAK_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let mut acked: BTreeMap<u64, u64> = BTreeMap::new();
    let mut published = None;
    let mut torn = 0;
    for kill in 0..kills {
        // the first that was not acknowledged is sent again: it may be on the log
        let from = (0..).find(|n| !acked.contains_key(n)).unwrap();
        let dir = path.to_str().unwrap();
        let mut process = child(&[("JEJAK_CHILD_DIR", dir), ("JEJAK_CHILD_FROM", &from.to_string())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (first, started) = std::sync::mpsc::channel();
        let out = process.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut acks = Vec::new();
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // the harness prints on the same line now and then
                let Some(at) = line.find("ack ") else { continue };
                let mut words = line[at + 4..].split(' ').filter_map(|word| word.parse::<u64>().ok());
                if let (Some(n), Some(index)) = (words.next(), words.next()) {
                    acks.push((n, index));
                    let _ = first.send(());
                }
            }
            acks
        });
        started.recv_timeout(Duration::from_secs(60)).expect("the child acknowledges");
        let mut noise = [0; 2];
        getrandom::fill(&mut noise).unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(u16::from_be_bytes(noise)) * 5));
        process.kill().unwrap();
        process.wait().unwrap();
        for (n, index) in reader.join().unwrap() {
            assert_eq!(*acked.entry(n).or_insert(index), index, "record {n} is sequenced once");
        }

        let ledger = Ledger::open(&path, &options(&TestClock::at(NOW))).unwrap();
        torn += u32::from(ledger.recovered().torn.is_some());
        settle(&ledger);
        for (n, index) in &acked {
            assert_eq!(ledger.entry(*index).unwrap().unwrap(), numbered(ledger.id(), *n), "kill {kill}: record {n}");
        }
        let head = ledger.checkpoint().unwrap();
        if let Some((size, root)) = published {
            let (now, path) = ledger.consistency(size).unwrap().unwrap();
            consistency_verify(size, now.size, &path, &root, &now.root).unwrap();
        }
        published = Some((head.size, head.root));
        ledger.shutdown();
        healthy(&path);
    }
    assert!(acked.len() as u64 >= kills, "{} records in {kills} rounds", acked.len());
    eprintln!("{kills} kills, {} acknowledged records, {torn} torn tails", acked.len());
}
