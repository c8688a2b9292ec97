//! The real server over a real socket: valid records are acknowledged, invalid requests get a problem document or a timeout, and
//! nothing is written partially.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::common::http::{Answer, COSE, Node, SEQ, request};
use crate::common::village::{admitted, enrol_village, harvest, lot_uri};
use crate::common::{AUTHORITY, NOW, TestClock, healthy, keys, options, party};
use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use jejak::ledger::{Ledger, sign};
use jejak::record::registry::Role;
use jejak::record::{Hash32, Statement};

#[test]
fn submitted_record_is_acknowledged_proven_and_served() {
    let node = Node::start(|_| {});
    let record = node.author().record(1);
    let answer =
        node.send("POST", "/entries", &[("Content-Type", COSE), ("Prefer", "respond-async, wait=10")], &record);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "wait=10");
    let ack = answer.json();
    let id = ack["id"].as_str().unwrap();
    assert_eq!(id, Hash32::of(&record).to_string());
    assert_eq!(answer.header("location"), format!("/entries/{id}"));
    let index = ack["index"].as_u64().unwrap();
    assert_eq!(ack["receipt"]["index"], index);
    assert!(ack["receipt"]["checkpoint"].as_str().unwrap().starts_with(crate::common::ORIGIN));

    let again = node.post(COSE, &record);
    assert_eq!(again.status, 200);
    assert_eq!((again.json()["index"].as_u64(), again.json()["duplicate"].as_bool()), (Some(index), Some(true)));

    let path = format!("/entries/{id}");
    let json = node.get(&path, &[]);
    assert_eq!(json.status, 200);
    assert_eq!(BASE64.decode(json.json()["record"].as_str().unwrap().as_bytes()).unwrap(), record);
    assert!(json.header("vary").contains("accept"));
    let cose = node.get(&path, &[("Accept", COSE)]);
    assert_eq!(cose.body, record);
    assert_eq!(cose.header("content-type"), COSE);
    assert!(cose.header("cache-control").contains("immutable") && cose.header("etag").starts_with('"'));
    let asked = node.get(&format!("{path}?format=cose"), &[("Accept", "text/html")]);
    assert_eq!((asked.header("content-type"), &asked.body), (COSE, &cose.body), "the link of the page");
    assert_eq!(node.get(&format!("{path}?format=json"), &[("Accept", "text/html")]).json()["id"], id);
    node.get(&format!("{path}?format=pdf"), &[]).problem(400, "malformed-request");
    let kept = node.get(&path, &[("Accept", COSE), ("If-None-Match", &format!("W/{}", cose.header("etag")))]);
    assert_eq!((kept.status, kept.body.len()), (304, 0));
    let page = node.get(&path, &[("Accept", "text/html"), ("Accept-Language", "id")]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("lang=\"id\"") && page.header("content-type").starts_with("text/html"));
    assert_eq!(node.get(&format!("{path}/receipt"), &[]).status, 200);
    assert!(node.get(&format!("{path}/tlog-proof"), &[]).text().starts_with("c2sp.org/tlog-proof@v1"));

    let statement = node.get(&format!("{path}/statement"), &[]);
    let kind = "application/scitt-statement+cose";
    assert_eq!((statement.status, statement.header("content-type")), (200, kind), "{}", statement.text());
    assert_eq!(statement.header("content-disposition"), format!("attachment; filename=\"{id}.cose\""));
    let trust = jejak::proof::Trust::pinned(node.ledger.id(), node.ledger.verifier().unwrap());
    let verdict = jejak::proof::verify_transparent_statement(&statement.body, &trust);
    assert!(verdict.failed().next().is_none() && verdict.is_proven(), "{verdict:?}");
    let (inner, receipts) = jejak::log::receipt::detach(&statement.body).unwrap();
    assert_eq!((inner, receipts.len()), (record.to_vec(), 1), "the very bytes that were submitted");
    node.get(&format!("/entries/{}/statement", Hash32::of(b"nobody's")), &[]).problem(404, "not-found");
    node.get("/entries/nonsense/statement", &[]).problem(404, "not-found");

    let checkpoint = node.get("/checkpoint", &[]);
    assert_eq!(checkpoint.header("access-control-allow-origin"), "*");
    assert_eq!(checkpoint.header("cache-control"), "no-store");
    let size: u64 = checkpoint.text().lines().nth(1).unwrap().parse().unwrap();
    let tile = node.get(&format!("/tile/0/000.p/{size}"), &[]);
    assert_eq!(tile.body.len() as u64, size * 32);
    assert!(tile.header("cache-control").contains("immutable"));
    assert_eq!(tile.header("access-control-allow-origin"), "*");
    let bundle = node.get(&format!("/tile/entries/000.p/{size}"), &[]);
    assert!(bundle.body.windows(record.len()).any(|w| w == record), "the bundle has the record");
    node.get(&format!("/tile/0/000.p/{}", size + 1), &[]).problem(404, "not-found");
    assert!(node.get("/history", &[]).text().lines().count() >= 1);
    node.stop();
}

#[test]
fn wait_returns_a_receipt_once_a_checkpoint_covers_the_record() {
    let node = Node::publishing(Duration::from_secs(600), |limits| limits.wait = Duration::from_millis(50));
    let record = node.author().record(1);
    assert_eq!(node.post(COSE, &record).status, 201);
    let path = format!("/entries/{}/statement", Hash32::of(&record));
    let problem = node.get(&path, &[]).problem(503, "busy");
    assert_eq!(problem["retryable"], true);
    node.stop();
}

#[test]
fn batch_returns_one_outcome_per_record_in_order() {
    let node = Node::start(|_| {});
    let mut author = node.author();
    let (first, second) = (author.record(1), author.record(2));
    let mut forged = second.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let body = [&first[..], &forged, b"\x83\x01\x02\x03", &second, &first].concat();
    let answer = node.post(SEQ, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let outcomes = answer.json();
    let kinds: Vec<String> = outcomes
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            o["type"].as_str().map_or_else(|| o["duplicate"].to_string(), |t| t.rsplit(':').next().unwrap().into())
        })
        .collect();
    assert_eq!(kinds, ["false", "bad-signature", "malformed-record", "false", "true"]);
    assert_eq!(outcomes[0]["index"].as_u64().unwrap() + 1, outcomes[3]["index"].as_u64().unwrap());
    node.stop();
}

#[test]
fn invalid_records_get_a_problem_type_and_are_not_stored() {
    let node = Node::start(|limits| limits.entries_count = 8);
    let mut author = node.author();
    let good = author.record(1);
    assert_eq!(node.post(COSE, &good).status, 201);
    let size = node.ledger.size();
    let key = &keys().authority[1];
    let of = |key: &SigningKey, iss: &str, ledger: &str, seq: u64| {
        let statement = Statement::Party(party("urn:jejak:party:party-9", "Party 9", &[Role::Buyer]));
        sign::statement(key, iss, ledger, NOW, seq, &statement).unwrap()
    };
    let flipped = |at: usize| {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1;
        bytes
    };

    node.post(COSE, b"").problem(400, "malformed-record");
    node.post(COSE, b"hello, ledger").problem(400, "malformed-record");
    node.post(COSE, &good[..good.len() - 1]).problem(400, "malformed-record");
    node.post(COSE, &[&good[..], b"\0"].concat()).problem(400, "malformed-record");
    node.post(COSE, &flipped(good.len() - 1)).problem(400, "bad-signature");
    // an indefinite length, and nesting without end
    node.post(COSE, b"\xd2\x9f\x40\xa0\x40\x40\xff").problem(400, "malformed-record");
    node.post(COSE, &[0x81; 60_000]).problem(400, "malformed-record");
    node.post(COSE, &vec![0x5a; 65_536]).problem(413, "too-large");
    // every bit of the first 200 bytes
    for at in 0..good.len().min(200) {
        let answer = node.post(COSE, &flipped(at));
        assert!((400..500).contains(&answer.status), "byte {at}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }

    let refused = |record: Vec<u8>, status: u16, kind: &str| {
        let problem = node.post(COSE, &record).problem(status, kind);
        assert!(!problem["rule"].as_str().unwrap_or_default().is_empty(), "names the rule: {problem}");
        problem
    };
    refused(of(key, AUTHORITY, "urn:jejak:ledger:of-someone-else", 2), 422, "rejected");
    // a key that nobody has registered yet may be registered later
    refused(of(&SigningKey::from_bytes(&[9; 32]), AUTHORITY, node.ledger.id(), 1), 424, "too-early");
    refused(of(key, "urn:jejak:party:party-1", node.ledger.id(), 2), 422, "rejected");
    let problem = refused(of(key, AUTHORITY, node.ledger.id(), 1), 409, "conflict");
    assert_eq!(problem["conflicts"], Hash32::of(&good).uri(), "names the first record of that number");

    node.post("application/json", &good).problem(415, "unsupported-media-type");
    node.send("POST", "/entries", &[], &good).problem(415, "unsupported-media-type");
    node.post(SEQ, b"\x5a\xff").problem(400, "malformed-request");
    node.post(SEQ, &good[..good.len() / 2]).problem(400, "malformed-request");
    node.post(SEQ, &[0x00; 9]).problem(413, "too-large");

    assert_eq!(node.ledger.size(), size, "nothing of all that is on the log");
    assert_eq!(node.post(COSE, &author.record(2)).status, 201, "and the ledger goes on");
    node.stop();
}

#[test]
fn invalid_urls_get_a_problem_document() {
    let node = Node::with(
        Duration::from_millis(10),
        |limits| limits.evidence_bytes = 1_000,
        |config| config.limits.entries_body = 100_000,
    );
    let html = [("Accept", "text/html")];
    node.get("/nothing/here", &[]).problem(404, "not-found");
    node.send("DELETE", "/entries", &[], b"").problem(405, "method-not-allowed");
    node.send("POST", "/checkpoint", &[], b"").problem(405, "method-not-allowed");
    node.post(SEQ, &vec![0; 100_001]).problem(413, "too-large");
    node.get("/entries/short", &[]).problem(404, "not-found");
    node.get(&format!("/entries/{}", Hash32::of(b"x")), &[]).problem(404, "not-found");
    let record = node.author().record(1);
    node.post(COSE, &record);
    node.get(&format!("/entries/{}", Hash32::of(&record)), &[("Accept", "image/png")]).problem(406, "not-acceptable");
    for path in [
        "/tile/../../config.toml",
        "/tile/%2e%2e/%2e%2e/keys/log.pem",
        "/tile/0/000.p/0",
        "/tile/0/0",
        "/tile/entries/999",
        "/static/x/../../Cargo.toml",
        "/static/x/%2e%2e%2fCargo.toml",
        "/static/x/app/../../../Cargo.toml",
        "/static/x/locales/../pages/base.html",
        "/static/x/locales/%2e%2e/%2e%2e/Cargo.toml",
        "/static/x//etc/passwd",
    ] {
        node.get(path, &[]).problem(404, "not-found");
    }
    // a wrong check digit; a Cyrillic letter that looks like A; bytes that are no text; a lot too long
    let lots = ["09521321001016/A", "09521321001015/%D0%90", "09521321001015/%FF", "9/A"].map(str::to_owned);
    for lot in lots.into_iter().chain([format!("09521321001015/{}", "A".repeat(21))]) {
        for below in ["", "/trace", "/impact", "/proof"] {
            node.get(&format!("/lots/{lot}{below}"), &[]).problem(400, "malformed-request");
        }
        node.get(&format!("/labels/{lot}/qr.svg"), &[]).problem(400, "malformed-request");
    }
    for below in ["", "/trace", "/impact", "/proof"] {
        node.get(&format!("/lots/09521321001015/A{below}"), &[]).problem(404, "not-found");
    }
    node.get("/labels/09521321001015/A/qr.png?scale=large", &[]).problem(400, "malformed-request");
    for scale in ["0", "17", "40", "4000000000"] {
        node.get(&format!("/labels/09521321001015/A/qr.png?scale={scale}"), &[]).problem(400, "malformed-request");
    }
    for code in ["qr.svg", "qr.png", "sheet.svg", "sheet.pdf"] {
        node.get(&format!("/labels/09521321001015/A/{code}"), &[]).problem(404, "not-found");
    }
    node.get("/labels/09521321001015/A/sheet.svg?stock=9x9", &[]).problem(400, "malformed-request");

    // the resolver: a page for people, a problem document for programs
    for path in
        ["/01/09521321001016", "/01/09521321001015/21/A/10/B", "/01/09521321001015/10/%D0%90", "/00/1", "/414/x"]
    {
        let page = node.get(path, &html);
        assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"), "{path}");
        node.get(path, &[("Accept", "application/json")]).problem(400, "malformed-request");
    }
    let unknown = node.get("/01/09521321001015/10/A", &html);
    assert_eq!((unknown.status, unknown.header("content-type")), (404, "text/html; charset=utf-8"));
    node.get("/01/09521321001015/10/A", &[("Accept", "application/ld+json")]).problem(404, "not-found");
    node.get("/01/09521321001015/10/A", &[("Accept", "image/png")]).problem(406, "not-acceptable");
    node.get("/01/09521321001015/10/A?linkType=gs1:nonsense", &[]).problem(404, "not-found");

    let blob = b"a certificate";
    let named = format!("/evidence/{}", Hash32::of(blob));
    node.send("PUT", &named, &[], b"another certificate").problem(400, "malformed-request");
    node.send("PUT", "/evidence/short", &[], blob).problem(404, "not-found");
    node.send("PUT", &named, &[], &[0; 1_001]).problem(413, "too-large");
    assert_eq!(node.send("PUT", &named, &[], blob).status, 204);
    node.get(&named, &[]).problem(404, "not-found");
    node.stop();
}

#[test]
fn labels_encode_the_public_url() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    admitted(&node.post(COSE, &village.event(&lot_uri("A-1"), harvest("A-1").to_string().as_bytes())));
    let svg = node.get("/labels/09521321001015/A-1/qr.svg", &[]);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.text().starts_with("<svg"));
    let qr = node.get("/labels/09521321001015/A-1/qr.png?scale=6", &[]);
    let mut decoder = png::Decoder::new(std::io::Cursor::new(qr.body));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut picture = vec![0; reader.output_buffer_size().unwrap()];
    let (width, height) = reader.next_frame(&mut picture).map(|i| (i.width as usize, i.height as usize)).unwrap();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| picture[y * width + x]);
    let (_, text) = prepared.detect_grids()[0].decode().unwrap();
    assert_eq!(text, "https://ledger.example/01/09521321001015/10/A-1");
    node.stop();
}

#[test]
fn request_without_exactly_one_host_is_refused() {
    let node = Node::start(|_| {});
    let first_line = |request: &str| {
        let mut stream = node.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let close = "Connection: close\r\n\r\n";
    assert!(first_line(&format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{close}")).contains("200"));
    assert!(first_line("GET /healthz HTTP/1.0\r\n\r\n").contains("200"));
    assert!(first_line(&format!("GET /healthz HTTP/1.1\r\n{close}")).contains("400"));
    assert!(first_line(&format!("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n{close}")).contains("400"));
    assert!(first_line("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n").contains("400"));
    node.stop();
}

#[test]
fn well_known_document_describes_the_node() {
    let node = Node::start(|_| {});
    let about = node.get("/.well-known/jejak", &[]).json();
    assert_eq!(about["origin"], crate::common::ORIGIN);
    assert_eq!(about["ledger"], node.ledger.id());
    assert_eq!(about["logKeys"][0], node.ledger.config().log_key);
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(node.get("/healthz", &[]).text(), "ok\n");
    assert_eq!(node.post(COSE, b"junk").status, 400);
    let metrics = node.get("/metrics", &[]).text();
    assert!(metrics.contains("jejak_log_size ") && metrics.contains("outcome=\"Malformed\"} 1"), "{metrics}");
    assert!(metrics.trim_end().ends_with("# EOF"));
    let page = include_str!("../../docs/operations.md");
    for name in metrics.lines().filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split_once(' ')?.0)) {
        assert!(page.contains(&format!("| `{name}` |")), "{name} is not in docs/operations.md");
    }
    assert!(metrics.contains("\njejak_waiting 0\n") && metrics.contains("\njejak_publish_failures 0\n"), "{metrics}");
    let document = node.get("/openapi.json", &[]).json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_some() && !path.contains('{') {
            let answer = node.get(path, &[]);
            // unsigned, some are refused
            assert!([200, 303, 308, 400, 403].contains(&answer.status), "{path}: {}", answer.status);
        }
    }
    node.stop();
}

#[test]
fn party_is_served_as_page_and_json() {
    let node = Node::start(|_| {});
    assert_eq!(node.get("/parties", &[]).json().as_array().unwrap().len(), 2);
    assert_eq!(node.get("/parties/authority", &[]).json()["party"], AUTHORITY);
    let page = node.get("/parties/authority", &[("Accept", "text/html")]);
    assert_eq!(page.status, 200, "{}", page.text());
    let tag = page.header("etag").to_owned();
    for have in [tag.as_str(), "*", "\"x\", *"] {
        assert_eq!(node.get("/parties/authority", &[("Accept", "text/html"), ("If-None-Match", have)]).status, 304);
    }
    let missing = node.get("/parties/nobody", &[("Accept", "text/html"), ("If-None-Match", "*")]);
    assert_eq!(missing.status, 404, "there is nothing of it to have");
    assert_eq!(node.get("/parties/nobody", &[("Accept", "text/html")]).status, 404);
    node.get("/parties/nobody", &[]).problem(404, "not-found");
    node.stop();
}

#[test]
fn every_response_carries_the_security_headers() {
    let node = Node::start(|_| {});
    for path in ["/", "/checkpoint", "/nothing", "/01/09521321001015/10/A", "/entries/x"] {
        let answer = node.get(path, &[("Accept", "text/html, */*;q=0.1")]);
        let csp = answer.header("content-security-policy");
        assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
        assert!(!csp.contains("unsafe"), "{csp}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(answer.header("x-request-id").len() >= 32, "{path}");
        assert!(answer.headers.keys().all(|name| name != "set-cookie" && name != "server"), "{path}");
    }
    let page = node.get("/", &[("Accept", "text/html")]).text();
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("onclick"), "nothing inline");
    let small = node.get("/", &[("Accept", "text/html"), ("Accept-Encoding", "gzip")]);
    assert_eq!(small.header("content-encoding"), "gzip");
    assert!(small.body.len() < page.len());
    // every style sheet, module and icon that the page names is there
    for name in page.split("\"/static/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let asset = node.get(&format!("/static/{name}"), &[]);
        assert_eq!(asset.status, 200, "{name}");
        assert!(asset.header("cache-control").contains("immutable"), "{name}");
    }
    node.stop();
}

#[test]
fn slow_request_headers_time_out() {
    let node = Node::start(|limits| {
        limits.header_time = Duration::from_millis(300);
        limits.request_time = Duration::from_millis(600);
    });
    let size = node.ledger.size();
    // headers without end
    let started = Instant::now();
    let mut stream = node.connect();
    stream.write_all(b"GET /checkpoint HTTP/1.1\r\nHost: le").unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(started.elapsed() < Duration::from_secs(10), "closed in time");
    assert!(bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&bytes));
    // a body that never comes
    let record = node.author().record(1);
    let mut stream = node.connect();
    let whole = request("POST", "/entries", &[("Content-Type", COSE)], &record);
    stream.write_all(&whole[..whole.len() - 10]).unwrap();
    Answer::read(&mut stream).problem(408, "request-timeout");
    // half a body, then disconnected
    let mut stream = node.connect();
    stream.write_all(&whole[..whole.len() - 10]).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    // not HTTP at all
    let mut stream = node.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").unwrap();
    let _ = stream.shutdown(Shutdown::Write);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(node.ledger.size(), size, "no half record");
    assert_eq!(node.post(COSE, &record).status, 201);
    node.stop();
}

#[test]
fn client_that_disconnects_while_waiting_finds_its_record_later() {
    let node = Node::publishing(Duration::from_secs(1), |_| {});
    let record = node.author().record(1);
    let mut stream = node.connect();
    let whole = request("POST", "/entries", &[("Content-Type", COSE), ("Prefer", "wait=10")], &record);
    stream.write_all(&whole).unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while node.ledger.record(&Hash32::of(&record)).unwrap().is_none() {
        assert!(Instant::now() < end, "a record that arrived whole is sequenced");
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.shutdown(Shutdown::Both).unwrap();
    let again = node.post(COSE, &record);
    assert_eq!((again.status, again.json()["duplicate"].as_bool()), (200, Some(true)));
    node.stop();
}

#[test]
fn write_rate_limit_answers_429_with_retry_after() {
    let node = Node::start(|limits| {
        limits.writes_per_second = NonZeroU32::new(1).unwrap();
        limits.write_burst = NonZeroU32::new(3).unwrap();
    });
    let answers: Vec<Answer> = (0..6).map(|_| node.post(COSE, b"junk")).collect();
    assert!(answers[..3].iter().all(|a| a.status == 400));
    let last = answers.last().unwrap();
    let problem = last.problem(429, "too-many-requests");
    assert_eq!(problem["retryable"], true);
    assert!(last.header("retry-after").parse::<u32>().unwrap() >= 1);
    assert_eq!(node.get("/checkpoint", &[]).status, 200, "reading goes on");
    node.stop();
}

#[test]
fn shutdown_answers_waiting_requests() {
    let mut node = Node::publishing(Duration::from_secs(1), |_| {});
    let mut author = node.author();
    let waiting: Vec<_> = (1..=4)
        .map(|n| {
            let record = author.record(n);
            let mut stream = node.connect();
            let whole = request("POST", "/entries", &[("Content-Type", COSE), ("Prefer", "wait=8")], &record);
            stream.write_all(&whole).unwrap();
            // one key's records are numbered: the next is sent when this one is in
            crate::common::eventually(|| node.ledger.record(&Hash32::of(&record)).unwrap().is_some());
            std::thread::spawn(move || Answer::read(&mut stream))
        })
        .collect();
    let _ = node.stop.take().unwrap().send(());
    for answer in waiting {
        let answer = answer.join().unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let Node { addr, ledger, thread, dir, .. } = node;
    thread.unwrap().join().unwrap();
    assert!(TcpStream::connect(addr).is_err(), "and takes nobody new");
    let (path, size) = (dir.path().join("ledger"), ledger.size());
    drop(ledger);
    healthy(&path);
    let again = Ledger::open(&path, &options(&TestClock::at(NOW))).unwrap();
    assert_eq!(again.size(), size, "what was acknowledged is there");
    again.shutdown();
}
