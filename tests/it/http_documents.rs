//! Documents beside pages and lists: profiles, errors, entry bundles, evidence, labels and events; none is stale.

use crate::common::http::{COSE, Node, next_page};
use crate::common::village::{GTIN, PartySigner, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::{NOW, without_bdi};
use jejak::record::Hash32;
use serde_json::{Value, json};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[test]
fn profiles_are_listed_with_their_bytes() {
    let node = Node::start(|_| {});
    let listed = node.get("/profiles", &[]).json();
    let oil = listed.as_array().unwrap().iter().find(|p| p["id"].as_str().unwrap().contains("oil")).unwrap();
    assert!(!oil["requirements"].as_array().unwrap().is_empty() && oil["from"].is_i64(), "{oil}");
    let hash = oil["blake3"].as_str().unwrap();
    let bytes = node.get(&format!("/profiles/{hash}"), &[]);
    assert_eq!(Hash32::of(&bytes.body).to_string(), hash);
    assert!(bytes.header("cache-control").contains("immutable"));
    node.get(&format!("/profiles/{}", Hash32::of(b"x")), &[]).problem(404, "not-found");
    let ids = |listed: &Value| -> Vec<String> {
        listed.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids(&listed);
    assert!(all.len() > 2 && all.is_sorted(), "{all:?}");
    for limit in [1, 2, all.len()] {
        let (mut seen, mut next) = (Vec::new(), Some(format!("/profiles?limit={limit}")));
        while let Some(path) = next {
            let page = node.get(&path, &[]);
            assert_eq!(page.status, 200, "{}", page.text());
            let found = page.json().as_array().unwrap().clone();
            assert!((1..=limit).contains(&found.len()), "{found:?}");
            seen.extend(found);
            next = next_page(&page);
        }
        assert_eq!(Value::from(seen), listed, "pages of {limit}");
    }
    assert_eq!(node.get("/profiles?after=zzz", &[]).json(), json!([]));
    assert_eq!(ids(&node.get(&format!("/profiles?after={}", all[0]), &[]).json()), all, "an id without a version");
    node.get("/profiles?limit=0", &[]).problem(400, "malformed-request");
    node.stop();
}

#[test]
fn errors_are_html_for_browsers_and_problem_documents_for_programs() {
    let node = Node::start(|_| {});
    for (path, status) in [("/nonsense", 404), ("/entries/x", 404), ("/lots?after=x", 400), ("/tile/0/999", 404)] {
        let page = node.get(path, &[HTML, ("Accept-Language", "id")]);
        assert_eq!((page.status, page.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains("lang=\"id\"") && page.text().contains(page.header("x-request-id")), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for path in ["/lots?after=x", "/labels/09521321001015/A/qr.png?scale=large"] {
        let problem = node.get(path, &[]).problem(400, "malformed-request");
        for word in ["deserialize", "Failed", "parse", "integer", "field"] {
            assert!(!problem["detail"].as_str().unwrap().contains(word), "{problem}");
        }
    }
    node.stop();
}

#[test]
fn strong_etags_identify_the_encoded_bytes_and_bundles_are_compressed() {
    let node = Node::start(|_| {});
    node.post(COSE, &node.author().record(1));
    crate::common::settle(&node.ledger);
    let size = node.ledger.checkpoint().unwrap().size;
    let hashes = node.get(&format!("/tile/0/000.p/{size}"), &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(hashes.header("content-encoding"), "");
    assert_eq!(hashes.header("etag"), format!("\"{}\"", Hash32::of(&hashes.body)));
    let bundle = format!("/tile/entries/000.p/{size}");
    let plain = node.get(&bundle, &[]);
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    for encoding in ["gzip", "br"] {
        let packed = node.get(&bundle, &[("Accept-Encoding", encoding)]);
        assert_eq!((packed.status, packed.header("content-encoding")), (200, encoding));
        assert!(packed.body.len() < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
        assert_eq!(packed.header("etag"), format!("W/\"{}\"", Hash32::of(&plain.body)), "the same content");
        assert!(packed.header("cache-control").contains("immutable"));
        let again = node.get(&bundle, &[("Accept-Encoding", encoding), ("If-None-Match", packed.header("etag"))]);
        assert_eq!(again.status, 304);
    }
    let listed = node.get("/profiles", &[]).json();
    let profile = format!("/profiles/{}", listed[0]["blake3"].as_str().unwrap());
    let (plain, packed) = (node.get(&profile, &[]), node.get(&profile, &[("Accept-Encoding", "br")]));
    assert_eq!((packed.header("content-encoding"), packed.header("etag")), ("br", plain.header("etag")));
    assert!(packed.body.len() < plain.body.len() / 4 && packed.header("cache-control").contains("immutable"));
    let page = node.get("/", &[HTML, ("Accept-Encoding", "gzip")]);
    assert!(page.header("content-encoding") == "gzip" && page.header("etag").starts_with("W/"));
    node.stop();
}

#[test]
fn removed_evidence_is_reported_as_gone() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let blob = b"%PDF-1.7 a certificate";
    let path = format!("/evidence/{}", Hash32::of(blob));
    assert_eq!(node.put_signed(&signer.key, &path, blob, |_| {}).status, 204);
    let event = with(
        &harvest("L1"),
        json!({ "jejak:evidence": [{
            "jejak:blake3": Hash32::of(blob).to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": blob.len(),
            "jejak:documentType": "certificate", "jejak:title": "Certificate", "jejak:access": "public",
        }] }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), event.to_string().as_bytes())));
    let there = node.get(&path, &[]);
    assert_eq!((there.status, there.body.as_slice()), (200, &blob[..]));
    assert_eq!(there.header("cache-control"), "public, max-age=3600", "a take-down reaches every cache");
    node.ledger.evidence_take_down(&Hash32::of(blob)).unwrap();
    node.get(&path, &[]).problem(410, "gone");
    let page = node.get(&path, &[HTML]);
    assert!(page.status == 410 && page.text().contains("taken down"), "{}", page.text());
    node.send("PUT", &path, &[], blob).problem(410, "gone");
    node.stop();
}

/// A village with lot `L1`, and what recalls it.
fn recallable(node: &Node) -> (PartySigner, Value) {
    let mut signer = enrol_village(node);
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes())));
    let recall = with(
        &harvest("L1"),
        json!({
            "action": "OBSERVE", "bizStep": "holding", "disposition": "recalled", "ilmd": null, "jejak:mode": null,
            "quantityList": [{ "epcClass": lot_uri("L1") }], "persistentDisposition": { "set": ["recalled"] },
            "jejak:reason": "adulteration-suspected",
        }),
    );
    (signer, recall)
}

#[test]
fn cached_page_is_replaced_after_a_new_record() {
    let node = Node::start(|_| {});
    let (mut signer, recall) = recallable(&node);
    crate::common::settle(&node.ledger);
    let page = || node.get(&format!("/01/{GTIN}/10/L1"), &[HTML]);
    let (first, second) = (page(), page());
    assert_eq!(first.status, 200);
    assert_eq!(first.header("etag"), second.header("etag"), "nothing happened between the two");
    assert!(!first.text().contains("adulteration"));
    // who answers, and up to when it knows
    let shown = without_bdi(&first.text());
    assert!(
        shown.contains(&format!(
            "data-of=\"{NOW}\">As of 21\u{a0}Sep\u{a0}2026, 14:13\u{a0}UTC or later, by the ledger\u{2019}s clock</p>"
        )),
        "{shown}"
    );
    assert!(shown.contains("run by <a href=\"/parties/node\">Node</a>"), "{shown}");
    assert!(shown.contains("this ledger is <a href=\"/parties/authority\">Authority</a>"), "{shown}");
    for path in ["/trust.toml", "/parties/node"] {
        assert_eq!(node.get(path, &[]).status, 200, "{path}");
    }
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    let third = page();
    assert_ne!(first.header("etag"), third.header("etag"), "a recall is seen at once");
    assert!(third.text().contains("data-state=\"recalled\""), "{}", third.text());
    node.stop();
}

#[test]
fn labels_of_recalled_goods_are_refused_unless_forced_and_then_marked() {
    let node = Node::start(|_| {});
    let (mut signer, recall) = recallable(&node);
    let get = |file: &str| node.get(&format!("/labels/{GTIN}/L1/{file}"), &[]);
    let files = ["qr.svg", "qr.png", "sheet.svg?force=true", "sheet.pdf?force=true"];
    let before = files.map(get);
    assert_eq!(get("sheet.svg").body, before[2].body, "nothing to force");
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    let after = files.map(get);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.status, after.status), (200, 200));
        assert_eq!(after.header("cache-control"), "no-cache", "nobody prints an old picture");
        assert!(after.body.len() > before.body.len());
    }
    for svg in [&after[0], &after[2]] {
        for word in ["Recalled", "Ditarik", "已召回"] {
            assert!(svg.text().contains(word), "{word}: {}", svg.text());
        }
    }
    assert!(!before[0].text().contains("Recalled") && !before[2].text().contains("Recalled"));
    for sheet in ["sheet.svg", "sheet.pdf", "sheet.pdf?force=false"] {
        let refused = get(sheet).problem(409, "goods-stopped");
        assert!(refused["detail"].as_str().unwrap().contains("force=true"), "{refused}");
    }
    for file in ["qr.svg", "qr.png", "sheet.svg", "sheet.pdf"] {
        node.get(&format!("/labels/{GTIN}/NONE/{file}"), &[]).problem(404, "not-found");
    }
    node.stop();
}

#[test]
fn sheets_say_in_each_language_what_the_ledger_knows() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    admitted(&node.post(COSE, &village.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes())));
    let sheet = |query: &str| node.get(&format!("/labels/{GTIN}/L1/sheet.svg?{query}"), &[]);
    for (lang, words) in [
        ("id", ["Lot: L1", "Panen:", "Asal:"]),
        ("en", ["Lot: L1", "Harvested:", "From:"]),
        ("zh", ["批次：L1", "收获日期：", "产地："]),
    ] {
        let page = sheet(&format!("lang={lang}"));
        assert_eq!((page.status, page.header("content-type")), (200, "image/svg+xml"));
        for word in words {
            assert!(page.text().contains(word), "{lang} {word}: {}", page.text());
        }
        assert!(page.text().contains("(01) 09521321001015") && page.text().contains("(10) L1"));
    }
    let pdf = node.get(&format!("/labels/{GTIN}/L1/sheet.pdf?stock=100x150&crop=true"), &[]);
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    for (name, most) in [("svg", 100_000), ("pdf", 50_000)] {
        let full = node.get(&format!("/labels/{GTIN}/L1/sheet.{name}?lang=zh&crop=true"), &[]);
        assert!(full.body.len() < most, "{name}: {} bytes", full.body.len());
    }
    assert_eq!(sheet("stock=2x7&count=3").text().matches("href=\"#label\"").count(), 3);
    for wrong in ["stock=9x9", "count=0", "count=25", "count=many", "lang=fr", "crop=2", "force=1"] {
        sheet(wrong).problem(400, "malformed-request");
    }
    let test = node.get("/labels/test.pdf?stock=2x2&lang=zh", &[]);
    assert_eq!((test.status, test.header("content-type")), (200, "application/pdf"));
    node.get("/labels/test.pdf?stock=9x9", &[]).problem(400, "malformed-request");
    for sscc in ["095213210000000018", "095213210000000019"] {
        let missing = node.get(&format!("/labels/00/{sscc}/sheet.pdf"), &[]);
        assert_eq!(missing.status, if sscc.ends_with('8') { 404 } else { 400 });
    }
    node.stop();
}

#[test]
fn events_of_a_lot_are_one_epcis_document_as_they_were_signed() {
    let node = Node::start(|_| {});
    let (mut signer, recall) = recallable(&node);
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    let path = format!("/lots/{GTIN}/L1/events");
    let whole = node.get(&path, &[]);
    assert_eq!((whole.status, whole.header("content-type")), (200, "application/ld+json"));
    let document = whole.json();
    assert_eq!((&document["type"], &document["schemaVersion"]), (&json!("EPCISDocument"), &json!("2.0")));
    let events = document["epcisBody"]["eventList"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1], recall);
    assert!(whole.text().contains(&recall.to_string()), "byte for byte");
    let first = node.get(&format!("{path}?limit=1"), &[]);
    assert_eq!(first.json()["epcisBody"]["eventList"].as_array().unwrap().len(), 1);
    let second = node.get(&next_page(&first).unwrap(), &[]).json();
    assert_eq!(second["epcisBody"]["eventList"][0], recall);
    node.get(&format!("/lots/{GTIN}/NONE/events"), &[]).problem(404, "not-found");
    // one request away from the scanned link
    let linked = node.get(&format!("/01/{GTIN}/10/L1?linkType=gs1:epcis"), &[]);
    assert_eq!((linked.status, linked.header("location")), (307, format!("https://ledger.example{path}").as_str()));
    let data = node.get(&format!("/01/{GTIN}/10/L1"), &[("Accept", "application/ld+json")]).json();
    assert_eq!(data["gs1:epcis"]["@id"], format!("https://ledger.example{path}"));
    let state = &data["@context"]["jejak:state"]["@context"];
    assert_eq!((&state["@vocab"], &state["name"]["@container"]), (&json!("urn:jejak:v1:"), &json!("@language")));
    node.stop();
}
