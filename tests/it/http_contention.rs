//! One address that takes all it can get: memory, connections, bodies, turns. What it holds is bounded, and a client at another
//! address is served meanwhile. Cost is asserted as counts of the budgets in `/metrics`.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::http::{Answer, COSE, Node, SEQ, request};
use crate::common::village::{GTIN, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::{child, eventually};
use jejak::httpsig::digest;
use jejak::record::Hash32;
use serde_json::json;

const HOSTILE: [u8; 4] = [127, 0, 0, 1];
const HONEST: [u8; 4] = [127, 0, 0, 2];

/// What this process has in memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Sets a flag when it is dropped.
struct Set<'a>(&'a AtomicBool);

impl Drop for Set<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All of a `POST` or `PUT` but its last ten bytes.
fn held_back(node: &Node, whole: &[u8]) -> TcpStream {
    let mut stream = node.connect_from(HOSTILE);
    // the node may have refused it already
    let _ = stream.write_all(&whole[..whole.len() - 10]);
    stream
}

#[test]
fn readers_that_take_nothing_hold_one_part_of_a_file_each() {
    // alone in its process, so that no other test's memory is counted
    let attack = child(module_path!(), &[]).output().unwrap();
    let printed = [attack.stdout, attack.stderr].concat();
    assert!(attack.status.success(), "{}", String::from_utf8_lossy(&printed));
    assert!(String::from_utf8_lossy(&printed).contains("1 passed"), "{}", String::from_utf8_lossy(&printed));
}

#[test]
#[ignore = "child process of another test, which measures its memory"]
fn process() {
    const BLOB: usize = 20 << 20;
    const READERS: u64 = 250;
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let blob: Vec<u8> = (0..BLOB as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = format!("/evidence/{}", Hash32::of(&blob));
    assert_eq!(node.put_signed(&signer.key, &path, &blob, |_| {}).status, 204);
    let event = with(
        &harvest("L1"),
        json!({ "jejak:evidence": [{
            "jejak:blake3": Hash32::of(&blob).to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": BLOB,
            "jejak:documentType": "certificate", "jejak:title": "Certificate", "jejak:access": "public",
        }] }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), event.to_string().as_bytes())));
    let ask = request("GET", &path, &[], b"");
    let before = resident();
    let readers: Vec<TcpStream> = (0..READERS)
        .map(|_| {
            let mut stream = node.connect_from(HOSTILE);
            stream.write_all(&ask).unwrap();
            stream
        })
        .collect();
    eventually(|| node.budget("used", "answers") == READERS * (32 << 10));
    assert_eq!(node.send_from(HONEST, "GET", "/", &[], b"").status, 200);
    let read = node.send_from(HONEST, "GET", &path, &[], b"");
    assert_eq!((read.status, read.body.len()), (200, BLOB));
    assert!(read.body == blob, "in parts, and the same bytes");
    // the buffers of the honest client are some of it, the 5 GiB that the others asked for are not
    let more = resident().saturating_sub(before);
    assert!(more < 200 << 20, "{more} bytes more than {before}");
    drop(readers);
    eventually(|| node.budget("used", "answers") == 0);
    node.stop();
}

#[test]
fn unread_answers_of_one_address_do_not_refuse_those_of_another() {
    // a sheet of labels is made in memory
    let sheet = format!("/labels/{GTIN}/L1/sheet.svg");
    let most = 100_000;
    let node = Node::start(|limits| limits.answers = most);
    let mut signer = enrol_village(&node);
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes())));
    let size = node.get(&sheet, &[]).body.len();
    assert!((20_000..=most / 2).contains(&size), "{size}");
    let ask = format!("GET {sheet} HTTP/1.1\r\nHost: l\r\n\r\n").repeat(100);
    let mut stalled: Vec<TcpStream> = Vec::new();
    let end = Instant::now() + Duration::from_secs(60);
    let refused = loop {
        let mut stream = node.connect_from(HOSTILE);
        stream.write_all(ask.as_bytes()).unwrap();
        stalled.push(stream);
        let answer = node.send_from(HOSTILE, "GET", &sheet, &[], b"");
        if answer.status != 200 {
            break answer;
        }
        assert!(Instant::now() < end, "what is not read is not counted");
    };
    refused.problem(503, "busy");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert_eq!(node.budget("gave_way", "answers"), 0, "the newest of an address goes, not the oldest");
    let honest = node.send_from(HONEST, "GET", &sheet, &[], b"");
    assert_eq!((honest.status, honest.body.len()), (200, size));
    assert!(node.budget("gave_way", "answers") >= 1);
    assert!(node.budget("most", "answers") as usize <= most + size);
    drop(stalled);
    node.stop();
}

#[test]
fn headers_above_their_limit_are_refused_unread() {
    let node = Node::start(|_| {});
    let ask = |headers: &str| {
        let mut stream = node.connect();
        let _ =
            stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n{headers}").as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes).map_or(0, |answer| answer.status)
    };
    assert_eq!(ask(&format!("X-A: {}\r\n\r\n", "a".repeat(8_000))), 200);
    // no end is needed to refuse them; the answer may be lost when the node closes with bytes unread
    for endless in [format!("X-A: {}", "a".repeat(400_000)), "X-A: a\r\n".repeat(101) + "\r\n"] {
        let status = ask(&endless);
        assert!(status == 431 || status == 0, "{status}");
    }
    let mut filling = node.connect();
    filling.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    filling.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\nX-A: ").unwrap();
    let mut taken = 0;
    while taken < 64 << 20 && filling.write_all(&[b'a'; 4_096]).is_ok() {
        taken += 4_096;
    }
    assert!(taken < 64 << 20, "the node goes on reading");
    node.stop();
}

#[test]
fn connections_of_one_address_give_way_to_another() {
    const CONNECTIONS: usize = 20;
    let node = Node::start(|limits| limits.connections = CONNECTIONS);
    let mut author = node.author();
    let whole = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 1_000]);
    let mut held: Vec<TcpStream> = (0..CONNECTIONS).map(|_| held_back(&node, &whole)).collect();
    let refused = (0..10 * CONNECTIONS).find_map(|_| {
        let answer = node.send_from(HOSTILE, "GET", "/healthz", &[], b"");
        held.push(held_back(&node, &whole));
        (answer.status != 200).then_some(answer)
    });
    let refused = refused.expect("one address has no more connections than there are");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.json()["type"], "urn:jejak:problem:busy");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    for n in 1..=5 {
        assert_eq!(
            node.send_from(HONEST, "POST", "/entries", &[("Content-Type", COSE)], &author.record(n)).status,
            201
        );
        held.push(held_back(&node, &whole));
    }
    assert!(node.budget("most", "connections") <= CONNECTIONS as u64 + CONNECTIONS as u64 / 8);
    drop(held);
    node.stop();
}

#[test]
fn idle_connections_give_way_to_a_new_one_of_the_same_address() {
    // their own time for headers does not end them
    let node = Node::start(|limits| (limits.connections, limits.header_time) = (4, Duration::from_secs(3_600)));
    let idle: Vec<TcpStream> = (0..4).map(|_| node.connect_from(HOSTILE)).collect();
    // after a second without a byte
    eventually(|| node.send_from(HOSTILE, "GET", "/healthz", &[], b"").status == 200);
    drop(idle);
    node.stop();
}

#[test]
fn bodies_that_hold_back_their_end_do_not_keep_out_records_of_another_address() {
    let node = Node::start(|_| {});
    let mut author = node.author();
    let whole = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 65_535]);
    let rest = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 110]);
    let held: Vec<TcpStream> = (0..135).map(|_| held_back(&node, &whole)).collect();
    let held = RefCell::new(held);
    // those that arrive side by side at the end can refuse each other: until nothing is left
    eventually(|| {
        held.borrow_mut().extend([&whole, &rest].map(|body| held_back(&node, body)));
        node.budget("used", "small-bodies") >= (4 << 20) - 100
    });
    let mut held = held.into_inner();
    for n in 1..=3 {
        let answer = node.send_from(HONEST, "POST", "/entries", &[("Content-Type", COSE)], &author.record(n));
        assert_eq!(answer.status, 201, "{}", answer.text());
        // and again: what is free is taken at once
        held.extend((0..5).map(|_| held_back(&node, &whole)));
    }
    assert!(node.budget("gave_way", "small-bodies") >= 1);
    assert!(node.budget("most", "small-bodies") <= (9 << 20));
    drop(held);
    node.stop();
}

#[test]
fn signed_request_of_an_enrolled_key_has_its_own_share_behind_a_crowded_address() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    let whole = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 65_535]);
    let held = RefCell::new(Vec::new());
    eventually(|| {
        held.borrow_mut().extend((0..20).map(|_| held_back(&node, &whole)));
        node.budget("used", "small-bodies") > (4 << 20) - 65_536
    });
    let rest = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 1_000]);
    eventually(|| {
        held.borrow_mut().extend((0..20).map(|_| held_back(&node, &rest)));
        node.budget("used", "small-bodies") > (4 << 20) - 1_000
    });
    let record = village.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes());
    let unsigned = node.send_from(HOSTILE, "POST", "/entries", &[("Content-Type", COSE)], &record);
    assert_eq!(unsigned.status, 503, "{}", unsigned.text());
    let digest = digest::of(&record);
    let mut headers = node.signed_headers(&village.key, "POST", "/entries", &digest, |_| {});
    headers.push(("Content-Type", COSE.to_owned()));
    let signed = |headers: &[(&'static str, String)], body: &[u8]| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        node.send_from(HOSTILE, "POST", "/entries", &headers, body)
    };
    assert_eq!(signed(&headers, &record).status, 201);
    // the signature is for this body alone
    let other = village.event(&lot_uri("L2"), harvest("L2").to_string().as_bytes());
    let mut headers = node.signed_headers(&village.key, "POST", "/entries", &digest, |_| {});
    headers.push(("Content-Type", COSE.to_owned()));
    signed(&headers, &other).problem(403, "signature-refused");
    drop(held);
    node.stop();
}

#[test]
fn announced_batches_of_one_address_give_way_to_those_of_another() {
    const BATCH: u64 = 8 << 20;
    let node = Node::start(|_| {});
    let head = format!("POST /entries HTTP/1.1\r\nHost: l\r\nContent-Type: {SEQ}\r\nContent-Length: {BATCH}\r\n\r\n");
    let announced: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = node.connect_from(HOSTILE);
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // of 32 MiB, an eighth is for single records
    eventually(|| node.budget("used", "large-bodies") == 3 * BATCH);
    let batch = node.author().records(1..501).concat();
    assert!(batch.len() > 64 << 10);
    let answer = node.send_from(HONEST, "POST", "/entries", &[("Content-Type", SEQ)], &batch);
    assert_eq!(answer.status, 200, "{}", answer.text());
    drop(announced);
    node.stop();
}

#[test]
fn announced_uploads_of_one_address_leave_room_for_those_of_another() {
    const UPLOADS: usize = 100;
    let node = Node::start(|_| {});
    let blob = vec![7; 20 << 20];
    let path = format!("/evidence/{}", Hash32::of(&blob));
    let head = format!("PUT {path} HTTP/1.1\r\nHost: l\r\nContent-Length: {}\r\n\r\n", blob.len());
    let announced: Vec<TcpStream> = (0..UPLOADS)
        .map(|_| {
            let mut stream = node.connect_from(HOSTILE);
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // each is open, or it was refused and its answer is here
    let refused = |stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.peek(&mut [0]).is_ok()
    };
    eventually(|| node.stored(".tmp") + announced.iter().filter(|stream| refused(stream)).count() == UPLOADS);
    let open = node.stored(".tmp");
    assert!(open >= 10, "{open} uploads are open");
    let answer = node.send_from(HONEST, "PUT", &path, &[], &blob);
    assert_eq!(answer.status, 204, "{}", answer.text());
    drop(announced);
    node.stop();
}

#[test]
fn body_slower_than_the_least_rate_is_ended_and_a_steady_one_may_outlast_the_time_of_a_request() {
    let node = Node::start(|limits| {
        limits.header_time = Duration::from_millis(1_000);
        limits.request_time = Duration::from_millis(700);
        limits.least_rate = 100;
    });
    let record = node.author().record(1);
    let steady = request("POST", "/entries", &[("Content-Type", COSE)], &record);
    let mut stream = node.connect();
    for part in steady.chunks(steady.len().div_ceil(6)) {
        stream.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(Answer::read(&mut stream).status, 201);
    let whole = request("POST", "/entries", &[("Content-Type", SEQ)], &[7; 100_000]);
    let mut stream = node.connect();
    stream.write_all(&whole[..1_000]).unwrap();
    Answer::read(&mut stream).problem(408, "request-timeout");
    node.stop();
}

#[test]
fn batches_of_one_address_do_not_fill_the_queue_for_another() {
    let node = Node::with(
        Duration::from_millis(10),
        |limits| (limits.queue, limits.batch_records) = (64, 32),
        |config| {
            config.limits.entries_count = 1_000;
            config.limits.writes_per_second = NonZeroU32::MAX;
            config.limits.write_burst = NonZeroU32::MAX;
        },
    );
    let mut author = node.author();
    let batch: Vec<u8> = author.records(1..201).concat();
    assert_eq!(node.post(SEQ, &batch).status, 200);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // also when an assertion fails: the scope waits for the threads
        let _stop = Set(&stop);
        for _ in 0..6 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let answer = node.send_from(HOSTILE, "POST", "/entries", &[("Content-Type", SEQ)], &batch);
                    assert!([200, 503].contains(&answer.status), "{}", answer.text());
                }
            });
        }
        for n in 201..=210 {
            // batches wait for their turn, now and from then on
            eventually(|| node.budget("used", "records-waiting") > 0);
            let answer = node.send_from(HONEST, "POST", "/entries", &[("Content-Type", COSE)], &author.record(n));
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
    });
    assert_eq!(node.metric("jejak_waiting"), 0);
    node.stop();
}
