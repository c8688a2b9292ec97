//! Invalid events signed by a valid key, and bodies meant to break a parser: each gets a problem document that names the error,
//! and nothing is written.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use crate::common::http::{Answer, COSE, Node, request};
use crate::common::village::{BUYER, PartySigner, admitted, cose, enrol_village, harvest, lot_uri, with};
use ed25519_dalek::SigningKey;
use jejak::record::Hash32;
use serde_json::{Value, json};

/// Posts an event that must be refused and returns the problem document. The sequence number it was signed with is free again.
#[track_caller]
fn refused(node: &Node, signer: &mut PartySigner, lot: &str, payload: &[u8], why: &str) -> Value {
    let size = node.ledger.size();
    let record = signer.event(&lot_uri(lot), payload);
    signer.back();
    let answer = node.post(COSE, &record);
    assert!([400, 409, 413, 422, 424].contains(&answer.status), "{why}: {} {}", answer.status, answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json", "{why}");
    let problem = answer.json();
    let kind = problem["type"].as_str().unwrap().rsplit(':').next().unwrap();
    let problem = answer.problem(answer.status, kind);
    assert_eq!(node.ledger.size(), size, "{why}: nothing is written");
    problem
}

#[test]
fn quantities_out_of_range_are_refused() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let text = harvest("L1").to_string();
    assert!(text.contains("\"quantity\":1,"));
    for quantity in [
        "-1",
        "-0.5",
        "0",
        "1e3",
        "1E-3",
        "1234567890123",
        "9999999999999999999999999999",
        "0.0000000001",
        "1.",
        ".5",
        "01",
        "+1",
        "NaN",
        "1,5",
        "\"1\"",
        "null",
        "1.7976931348623157e309",
        "111111111111111111111111111111111111111111111111111111111111111111111111",
    ] {
        let event = text.replace("\"quantity\":1,", &format!("\"quantity\":{quantity},"));
        let problem = refused(&node, &mut signer, "L1", event.as_bytes(), quantity);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    // the smallest unit is a millionth of a gram
    let fine = text.replace("\"quantity\":1,", "\"quantity\":1.1234567,").replace("KGM", "GRM");
    let problem = refused(&node, &mut signer, "L1", fine.as_bytes(), "seven decimals of a gram");
    assert_eq!(problem["rule"], "quantity-exact", "{problem}");
    for (unit, why) in [("XYZ", "a unit nobody knows"), ("LTR", "a volume of what is weighed")] {
        let event = text.replace("KGM", unit);
        let problem = refused(&node, &mut signer, "L1", event.as_bytes(), why);
        assert_eq!(problem["type"], "urn:jejak:problem:rejected", "{problem}");
        assert!(problem["rule"].as_str().unwrap().starts_with("unit-"), "{problem}");
    }
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), text.as_bytes())));
    node.stop();
}

#[test]
fn lookalike_and_invalid_identifiers_are_refused() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let text = harvest("LA1").to_string();
    for (lot, why) in [
        ("L\u{410}1", "a Cyrillic A"),
        ("L\u{ff21}1", "a full-width A"),
        ("LA1\u{200b}", "a space of no width"),
        ("LA1\u{301}", "an accent on its own"),
        ("\u{202e}1AL", "text that runs backwards"),
        ("L%D0%901", "the same, escaped"),
        ("L A1", "a space"),
        ("", "no lot number"),
    ] {
        refused(&node, &mut signer, "LA1", text.replace("LA1", lot).as_bytes(), why);
    }
    node.stop();
}

#[test]
fn mismatched_times_parties_and_ledgers_are_refused() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let event = harvest("L1");
    let ahead = with(&event, json!({ "eventTime": "2026-09-23T15:00:00Z" })).to_string();
    let problem = refused(&node, &mut signer, "L1", ahead.as_bytes(), "two days ahead");
    assert_eq!(problem["rule"], "event-time-implausible", "{problem}");
    for (time, why) in
        [("2026-13-01T00:00:00Z", "a month too many"), ("yesterday", "no time"), ("2026-09-21 13:00:00", "no offset")]
    {
        let wrong = with(&event, json!({ "eventTime": time })).to_string();
        refused(&node, &mut signer, "L1", wrong.as_bytes(), why);
    }
    let nowhere = with(&event, json!({ "bizStep": "dancing" })).to_string();
    let problem = refused(&node, &mut signer, "L1", nowhere.as_bytes(), "an act that is not in the table");
    assert!(problem["detail"].as_str().unwrap().contains("dancing"), "{problem}");

    // a party that is not enrolled, with an unknown key; and a known key in another party's name
    let size = node.ledger.size();
    let text = event.to_string();
    let stranger = SigningKey::from_bytes(&[99; 32]);
    let by = |key: &SigningKey, iss: &str, ledger: &str| {
        node.post(COSE, &cose(key, iss, &lot_uri("L1"), ledger, signer.seq + 1, text.as_bytes()))
    };
    let problem = by(&stranger, "https://id.gs1.org/417/9521321000322", node.ledger.id()).problem(424, "too-early");
    assert_eq!(problem["rule"], "key-unknown");
    assert_eq!(by(&signer.key, BUYER, node.ledger.id()).problem(422, "rejected")["rule"], "key-not-of-issuer");
    // a record that was meant for another ledger
    let other = format!("urn:jejak:ledger:{}", Hash32::of(b"another ledger"));
    assert_eq!(by(&signer.key, &signer.iss, &other).problem(422, "rejected")["rule"], "wrong-ledger");
    // a subject that is not that of the payload
    node.post(COSE, &cose(&signer.key, &signer.iss, &lot_uri("L2"), node.ledger.id(), signer.seq + 1, text.as_bytes()))
        .problem(400, "malformed-record");
    assert_eq!(node.ledger.size(), size);
    node.stop();
}

#[test]
fn hostile_json_is_refused() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let text = harvest("L1").to_string();
    let inside = |value: &str| text.replacen("\"quantity\":1,", &format!("\"quantity\":1,\"jejak:x\":{value},"), 1);
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for (payload, why) in [
        (inside(&nested(33)), "33 deep"),
        (inside(&"[".repeat(60_000)), "60 kB of opening brackets"),
        ("[".repeat(60_000), "nothing but opening brackets"),
        (inside(&"9".repeat(50_000)), "a number of 50,000 digits"),
        (text.replacen("\"action\":\"ADD\"", "\"action\":\"ADD\",\"action\":\"ADD\"", 1), "a key twice"),
        (inside("{\"a\":1,\"\\u0061\":2}"), "a key twice, once escaped"),
        (inside("\"\\ud800\""), "half a surrogate pair"),
        (format!("{text}\n{{}}"), "something after the value"),
        (format!("\u{feff}{text}"), "a byte order mark"),
        (text[..text.len() - 1].to_owned(), "no end"),
        (String::new(), "nothing"),
        ("null".to_owned(), "null"),
    ] {
        let problem = refused(&node, &mut signer, "L1", payload.as_bytes(), why);
        assert_eq!(problem["type"], "urn:jejak:problem:malformed-record", "{why}: {problem}");
    }
    refused(&node, &mut signer, "L1", &[text.as_bytes(), b"\xff\xfe"].concat(), "bytes that are no UTF-8");
    node.stop();
}

#[test]
fn records_over_65535_bytes_are_refused() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let base = harvest("L1");
    // white space is kept as it was signed: it makes a record as long as is wanted
    let sized = |signer: &mut PartySigner, bytes: usize| {
        let text = base.to_string();
        let short = signer.event(&lot_uri("L1"), text.as_bytes()).len();
        signer.back();
        // the length of a payload takes two bytes more than that of a short one at most
        (0..8)
            .map(|less| {
                let padded = format!("{}{}", text, " ".repeat(bytes - short - less));
                let record = signer.event(&lot_uri("L1"), padded.as_bytes());
                signer.back();
                record
            })
            .find(|record| record.len() == bytes)
            .expect("a record of that length")
    };
    let size = node.ledger.size();
    let beyond = sized(&mut signer, 65_536);
    node.post(COSE, &beyond).problem(413, "too-large");
    assert_eq!(node.ledger.size(), size);
    let longest = sized(&mut signer, 65_535);
    let answer = node.post(COSE, &longest);
    admitted(&answer);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(node.get(&format!("/entries/{id}"), &[("Accept", COSE)]).body, longest);
    node.stop();
}

#[test]
fn slow_and_aborted_bodies_do_not_block_the_server() {
    let node = Node::start(|limits| limits.request_time = Duration::from_secs(2));
    let mut signer = enrol_village(&node);
    let record = signer.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes());
    let size = node.ledger.size();
    let head = format!(
        "POST /entries HTTP/1.1\r\nHost: l\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: {COSE}\r\n\r\n"
    );
    // an invalid chunk
    let mut stream = node.connect();
    stream.write_all(format!("{head}zz\r\nhello\r\n").as_bytes()).unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 400, "{}", answer.text());
    // one byte at a time, without end
    let mut stream = node.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let trickle = std::thread::spawn(move || {
        while writer.write_all(b"1\r\nA\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    Answer::read(&mut stream).problem(408, "request-timeout");
    drop(stream);
    trickle.join().unwrap();
    // half a record, then disconnected
    for cut in [1, record.len() / 2, record.len() - 1] {
        let mut stream = node.connect();
        let whole = request("POST", "/entries", &[("Content-Type", COSE)], &record);
        stream.write_all(&whole[..whole.len() - record.len() + cut]).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(node.ledger.size(), size, "half a record is none");
    // a few bytes at a time, but complete
    let mut stream = node.connect();
    stream.write_all(head.as_bytes()).unwrap();
    for part in record.chunks(97) {
        stream.write_all(&[format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat()).unwrap();
        stream.flush().unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    admitted(&Answer::read(&mut stream));
    node.stop();
}

#[test]
fn body_that_came_fast_and_then_stops_is_ended() {
    // at a thousand bytes a second the beginning alone would buy a minute; the connection's reader gives up after 20 s
    let node = Node::start(|limits| {
        limits.header_time = Duration::from_millis(500);
        limits.least_rate = 1_000;
    });
    let whole = request("POST", "/entries", &[("Content-Type", COSE)], &[7; 60_000]);
    let mut stream = node.connect();
    stream.write_all(&whole[..whole.len() - 10]).unwrap();
    Answer::read(&mut stream).problem(408, "request-timeout");
    node.stop();
}
