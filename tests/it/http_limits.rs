//! Resource limits per client: memory, threads, connections. Each limit is reached over a real socket, answers with a problem
//! document that holds `Retry-After`, and is released once the client disconnects.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::common::eventually;
use crate::common::http::{Answer, COSE, Node, SEQ, request};

/// Sends all of a request but its last ten bytes.
fn begin(node: &Node, whole: &[u8]) -> TcpStream {
    let mut stream = node.connect();
    stream.write_all(&whole[..whole.len() - 10]).unwrap();
    stream
}

/// What has been answered on this connection by now, if anything.
fn answered(stream: &mut TcpStream) -> Option<Answer> {
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let mut bytes = vec![0; 64 << 10];
    let n = stream.read(&mut bytes).ok()?;
    Answer::parse(&bytes[..n])
}

#[test]
fn request_bodies_share_one_memory_budget() {
    let node = Node::start(|limits| limits.bodies = 4 << 20);
    // one byte string of a mebibyte, which is no record
    let batch = [&[0x5a, 0, 0x0f, 0xff, 0xfb][..], &vec![7; (1 << 20) - 5]].concat();
    let kind = [("Content-Type", SEQ)];
    let whole = request("POST", "/entries", &kind, &batch);
    let mut uploads: Vec<_> = (0..3).map(|_| begin(&node, &whole)).collect();
    for upload in &mut uploads {
        assert!(answered(upload).is_none(), "they have their share");
    }
    // a fourth does not fit beside the share of the small bodies
    let late = node.send("POST", "/entries", &kind, &batch);
    let problem = late.problem(503, "busy");
    assert_eq!(problem["retryable"], true);
    assert!(late.header("retry-after").parse::<u32>().unwrap() >= 1);
    // a chunked batch of records does not fit either
    let chunked = b"POST /entries HTTP/1.1\r\nHost: l\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: application/cbor-seq\r\n\r\n";
    let mut stream = node.connect();
    stream.write_all(chunked).unwrap();
    for _ in 0..16 {
        let _ = stream.write_all(&[b"10000\r\n", &[0x18; 65_536][..], b"\r\n"].concat());
    }
    Answer::read(&mut stream).problem(503, "busy");
    // a single record fits
    assert_eq!(node.post(COSE, &node.author().record(1)).status, 201);
    // the memory of the uploads is released
    let mut last = uploads.pop().unwrap();
    last.write_all(&whole[whole.len() - 10..]).unwrap();
    assert_eq!(Answer::read(&mut last).status, 200);
    drop(uploads);
    // the share of who hung up is free again
    eventually(|| node.send("POST", "/entries", &kind, &batch).status == 200);
    node.stop();
}

#[test]
fn oversized_and_truncated_bodies_get_a_problem_document() {
    let node = Node::start(|limits| limits.entries_body = 100_000);
    let size = node.ledger.size();
    let mut stream = node.connect();
    stream
        .write_all(b"POST /entries HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Type: application/cbor-seq\r\nContent-Length: 99999999999\r\n\r\n")
        .unwrap();
    Answer::read(&mut stream).problem(413, "too-large");
    let mut stream = node.connect();
    stream
        .write_all(b"POST /entries HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Type: application/cbor-seq\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    let _ = stream.write_all(&[b"186a1\r\n", &[0; 100_001][..], b"\r\n0\r\n\r\n"].concat());
    Answer::read(&mut stream).problem(413, "too-large");
    node.post(SEQ, &vec![0; 100_001]).problem(413, "too-large");
    assert_eq!(node.ledger.size(), size);
    node.stop();
}

#[test]
fn answer_before_the_body_was_read_says_that_the_connection_ends() {
    let node = Node::start(|limits| limits.entries_body = 100_000);
    let record = node.author().record(1);
    let signed: &[(&str, &str)] =
        &[("Content-Type", COSE), ("Signature-Input", "sig1=();keyid=\"?\""), ("Signature", "sig1=:AA==:")];
    let cose: &[(&str, &str)] = &[("Content-Type", COSE)];
    let png: &[(&str, &str)] = &[("Content-Type", "image/png")];
    for (path, headers, length) in [
        ("/entries", cose, 100_001),
        ("/entries", png, record.len()),
        ("/entries", signed, record.len()),
        ("/nowhere", cose, record.len()),
    ] {
        let mut head = format!("POST {path} HTTP/1.1\r\nHost: l\r\nContent-Length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = node.connect();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let answer = Answer::read(&mut stream);
        assert!((400..500).contains(&answer.status), "{head}{}", answer.text());
        assert_eq!(answer.header("connection"), "close", "{head}{}", answer.text());
    }
    // a body that was read and refused does not end the connection: it serves the next request too
    let kept =
        format!("POST /entries HTTP/1.1\r\nHost: l\r\nContent-Type: {COSE}\r\nContent-Length: 9\r\n\r\nno record");
    let both = [kept.as_bytes(), &request("POST", "/entries", &[("Content-Type", COSE)], &record)].concat();
    let mut stream = node.connect();
    stream.write_all(&both).unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).unwrap();
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!((answers.matches("HTTP/1.1 4").count(), answers.matches("HTTP/1.1 201").count()), (1, 1), "{answers}");
    node.stop();
}

/// Requests far more than the socket buffers hold and reads none of it.
fn takes_nothing(node: &Node) -> TcpStream {
    let mut stream = node.connect();
    stream.write_all(&b"GET /openapi.json HTTP/1.1\r\nHost: l\r\n\r\n".repeat(4_000)).unwrap();
    std::thread::sleep(Duration::from_millis(800));
    stream
}

#[test]
fn client_that_reads_no_response_is_disconnected() {
    // nothing but the time to write ends it: there are connections enough, and the other times are longer than the test
    let hour = Duration::from_secs(3_600);
    let node = Node::start(|limits| {
        (limits.header_time, limits.request_time) = (hour, hour);
        limits.write_time = Duration::from_millis(700);
        limits.read_burst = NonZeroU32::new(1_000_000).unwrap();
    });
    let stalled = takes_nothing(&node);
    // the connection that reads the metrics is the only one
    eventually(|| node.budget("used", "connections") == 1);
    assert_eq!(node.budget("gave_way", "connections"), 0);
    drop(stalled);
    node.stop();
}

#[test]
fn idle_connection_is_closed() {
    let node = Node::start(|limits| limits.header_time = Duration::from_millis(300));
    let mut stream = node.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n").unwrap();
    let begun = Instant::now();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 200"));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    node.stop();
}

#[test]
fn shutdown_does_not_wait_for_idle_connections() {
    let node = Node::start(|limits| limits.read_burst = NonZeroU32::new(1_000_000).unwrap());
    let stalled = takes_nothing(&node);
    let mut half = node.connect();
    half.write_all(b"GET /checkpoint HTTP/1.1\r\nHost: le").unwrap();
    let record = node.author().record(1);
    let mut trickle = begin(&node, &request("POST", "/entries", &[("Content-Type", COSE)], &record));
    let mut idle = node.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\n\r\n").unwrap();
    assert_eq!(answered(&mut idle).unwrap().status, 200);
    let size = node.ledger.size();
    let begun = Instant::now();
    let waits = std::thread::spawn(move || Answer::read(&mut trickle));
    let ledger = node.ledger.clone();
    node.stop();
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    waits.join().unwrap().problem(503, "closing");
    assert_eq!(ledger.size(), size, "half a record is none");
    drop((stalled, half, idle));
}

#[test]
fn requests_sent_before_shutdown_are_answered() {
    let mut node = Node::start(|_| {});
    let mut waiting: Vec<TcpStream> = (0..40).map(|_| node.connect()).collect();
    for stream in &mut waiting {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n").unwrap();
    }
    let _ = node.stop.take().unwrap().send(());
    for stream in &mut waiting {
        assert_eq!(Answer::read(stream).status, 200);
    }
    node.thread.take().unwrap().join().unwrap();
}

#[test]
fn read_rate_limit_counts_the_client_named_by_a_trusted_proxy() {
    let node = Node::with(
        Duration::from_millis(10),
        |_| {},
        |config| {
            config.trusted_proxies = vec!["::ffff:127.0.0.1".parse().unwrap()];
            config.limits.reads_per_second = NonZeroU32::new(1).unwrap();
            config.limits.read_burst = NonZeroU32::new(3).unwrap();
        },
    );
    let of = |client: &str| node.get("/healthz", &[("X-Forwarded-For", client)]);
    for _ in 0..3 {
        assert_eq!(of("203.0.113.9, 198.51.100.7:4711").status, 200);
    }
    of("198.51.100.7").problem(429, "too-many-requests");
    assert_eq!(of("198.51.100.8").status, 200, "another client");
    // entries left of an untrusted or malformed hop are ignored
    of("192.0.2.200, 198.51.100.7").problem(429, "too-many-requests");
    // one subscriber has a whole /64
    for host in 1..=3 {
        assert_eq!(of(&format!("[2001:db8:0:1::{host}]:443")).status, 200);
    }
    of("2001:db8:0:1:ffff::1").problem(429, "too-many-requests");
    assert_eq!(of("2001:db8:0:2::1").status, 200);
    node.stop();
}

#[test]
fn reads_over_the_concurrency_limit_get_retry_after() {
    let node = Node::start(|limits| {
        limits.reads = 1;
        limits.reads_waiting = 0;
    });
    let asks: Vec<_> = (0..24)
        .map(|_| {
            let mut stream = node.connect();
            stream.write_all(&request("GET", "/", &[("Accept", "application/json")], b"")).unwrap();
            stream
        })
        .collect();
    let mut shown = 0;
    for mut stream in asks {
        let answer = Answer::read(&mut stream);
        if answer.status == 503 {
            answer.problem(503, "busy");
            assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
            shown += 1;
        } else {
            assert_eq!(answer.status, 200);
        }
    }
    assert!(shown < 24, "some were answered");
    assert_eq!(node.get("/", &[]).status, 200, "and the turn is free again");
    node.stop();
}
