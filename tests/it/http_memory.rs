//! Resident memory of a real node under requests that are made to take it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use crate::common::command::Served;
use crate::common::http::{COSE, SEQ, request};
use crate::common::{NOW, TestClock, init};

/// The most resident memory that the process had, KiB.
fn most_resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Sends a body and reads the status of the answer; 0 when the connection ends before one.
fn post(address: &str, kind: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    // a node that refuses a body by its head may close before all of it was sent
    let _ = stream.write_all(&request("POST", "/entries", &[("Content-Type", kind)], body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
#[test]
fn seven_bodies_of_arrays_in_arrays_without_end_take_no_memory_but_their_own() {
    const BODY: usize = 8 << 20;
    const BODIES: u64 = 7;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    init(&path, &TestClock::at(NOW));
    let node = Served::start(Path::new(&path), &[], Stdio::null());
    let address = node.url.trim_start_matches("http://").to_owned();
    assert_eq!(post(&address, COSE, &[0x82, 0x9f]), 400);
    let before = most_resident(node.process.id());
    // an array of two, whose first is an array without end, whose first is one, and so on
    let body = [vec![0x82], vec![0x9f; BODY - 1]].concat();
    for kind in [SEQ, COSE] {
        std::thread::scope(|scope| {
            let sent: Vec<_> = (0..BODIES).map(|_| scope.spawn(|| post(&address, kind, &body))).collect();
            for sent in sent {
                let status = sent.join().unwrap();
                assert!([0, 200, 400, 413, 429, 503].contains(&status), "{status}");
            }
        });
    }
    let more = most_resident(node.process.id()) - before;
    // the bodies themselves, and what a request takes; each took 240 MB once
    assert!(more < BODIES * (BODY as u64 >> 10) + (32 << 10), "{more} KiB more");
    assert_eq!(post(&address, COSE, &[0x82, 0x9f]), 400, "it goes on");
}
