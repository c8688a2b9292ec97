//! Lists and searches over many lots and parties, and HTML pages: the cost of a page depends on what it shows.

use std::time::Duration;

use crate::common::eventually;
use crate::common::http::{COSE, Node, next_page};
use crate::common::village::{GTIN, PLACE, PRODUCER, admitted, authority, enrol_village, harvest, lot_uri, with};
use jejak::record::Statement;
use jejak::record::registry::{PartyStatus, Role, Standing};
use serde_json::{Value, json};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// Turns that the node took to read storage for an answer, and snapshots of the state that were read.
fn reads(node: &Node) -> (u64, u64) {
    let metrics = node.get("/metrics", &[]).text();
    let of = |name: &str| metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap();
    (of("jejak_read_turns_total "), of("jejak_snapshots_total "))
}

#[test]
fn parts_of_a_page_cannot_disagree_because_each_page_reads_one_snapshot_in_one_turn() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let answer = node.post(COSE, &signer.event(&lot_uri("A-1"), harvest("A-1").to_string().as_bytes()));
    admitted(&answer);
    let record = answer.json()["id"].as_str().unwrap().to_owned();
    // a record is published shortly after it is acknowledged
    eventually(|| node.get(&format!("/01/{GTIN}/10/A-1"), &[HTML]).text().contains("class=\"band not-inspected"));
    let pages = [
        (200, "/".to_owned()),
        (200, format!("/01/{GTIN}")),
        (200, format!("/01/{GTIN}/10/A-1")),
        (404, format!("/01/{GTIN}/10/A-2")),
        (200, format!("/414/{PLACE}")),
        (200, format!("/417/{}", PRODUCER.rsplit('/').next().unwrap())),
        (200, "/parties/authority".to_owned()),
        (200, "/lots".to_owned()),
        (200, "/parties".to_owned()),
        (200, "/regions".to_owned()),
        (200, "/regions/53.02".to_owned()),
        (404, "/regions/99".to_owned()),
        (404, "/00/095213210000000018".to_owned()),
        (200, format!("/entries/{record}")),
        (404, "/search?q=none".to_owned()),
        (303, "/search?q=A-1".to_owned()),
    ];
    // the first request after a record fills the caches of verdicts and of the glossary
    pages.iter().for_each(|(_, path)| drop(node.get(path, &[HTML])));
    for (status, path) in &pages {
        let (turns, snapshots) = reads(&node);
        let page = node.get(path, &[HTML]);
        assert_eq!(page.status, *status, "{path}: {}", page.text());
        assert_eq!(reads(&node), (turns + 1, snapshots + 1), "{path}");
    }
    node.stop();
}

#[test]
fn lots_are_paged_newest_first_and_found_by_number() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    assert_eq!(node.get("/lots", &[]).json(), json!([]));
    for n in 0..25 {
        let lot = format!("Lot-{n:02}");
        admitted(&node.post(COSE, &signer.event(&lot_uri(&lot), harvest(&lot).to_string().as_bytes())));
    }
    assert_eq!(node.get("/lots", &[]).json().as_array().unwrap().len(), 25, "listed once it is acknowledged");
    let (mut seen, mut next) = (Vec::new(), "/lots?limit=10".to_owned());
    loop {
        let page = node.get(&next, &[]);
        assert_eq!(page.status, 200, "{}", page.text());
        seen.extend(page.json().as_array().unwrap().iter().map(|l| l["lot"]["lot"].as_str().unwrap().to_owned()));
        match next_page(&page) {
            Some(path) => next = path,
            None => break,
        }
    }
    assert_eq!(seen, (0..25).rev().map(|n| format!("Lot-{n:02}")).collect::<Vec<_>>());
    let home = node.get("/", &[HTML]).text();
    assert!(home.contains("Lot-24") && home.contains("Lot-00"));
    assert!(node.get(&format!("/01/{GTIN}"), &[HTML]).text().contains("Lot-24"));
    let found = node.get("/search?q=lot-07", &[HTML]);
    assert_eq!((found.status, found.header("location")), (303, format!("/01/{GTIN}/10/Lot-07").as_str()));
    let missed = node.get("/search?q=lot-77", &[HTML]);
    assert!(missed.status == 404 && missed.text().contains("Nothing found for"));
    let begun = node.get("/search?q=lot-1", &[HTML]);
    assert!(begun.status == 200 && !begun.text().contains("Nothing found"), "{}", begun.text());
    assert!(begun.text().contains("Lot-10") && begun.text().contains("Lot-19") && !begun.text().contains("Lot-07"));
    let near = node.get(&format!("/01/{GTIN}/10/lot-07"), &[HTML]);
    assert!(near.status == 404 && near.text().contains(&format!("href=\"/01/{GTIN}/10/Lot-07\"")), "{}", near.text());
    let far = node.get(&format!("/01/{GTIN}/10/lot-0"), &[HTML]);
    assert!(far.status == 404 && !far.text().contains("Lot-0"), "{}", far.text());
    assert_eq!(node.get("/search", &[HTML]).status, 200, "nothing asked, nothing missed");
    for wrong in ["after=x", "limit=0", "limit=-1", "limit=x"] {
        node.get(&format!("/lots?{wrong}"), &[]).problem(400, "malformed-request");
    }
    assert_eq!(node.get("/lots?limit=9999", &[]).json().as_array().unwrap().len(), 25);
    let page = node.get("/parties/9521321000117", &[HTML]);
    assert!(page.status == 200 && page.text().contains("Lot-24"), "{}", page.text());
    node.stop();
}

#[test]
fn party_page_shows_the_reason_of_a_suspension() {
    let node = Node::start(|_| {});
    enrol_village(&node);
    let party = "https://id.gs1.org/417/9521321000117";
    let mut authority = authority(&node);
    let page = || node.get("/parties/9521321000117", &[HTML]).text();
    for (status, reason) in [
        (Standing::Suspended, Some("two sets of books")),
        (Standing::Active, None),
        (Standing::Suspended, None),
        (Standing::Active, Some("books are in order")),
    ] {
        let reason = reason.map(str::to_owned);
        let update = PartyStatus { party: party.into(), status, reason: reason.clone() };
        admitted(&node.post(COSE, &authority.statement(&Statement::PartyStatus(update))));
        let (page, suspended) = (page(), status == Standing::Suspended);
        assert_eq!(page.contains("Suspended: this party may not write now."), suspended);
        assert_eq!(page.contains("Reason, as written by"), suspended && reason.is_some(), "{page}");
        assert!(!page.contains("in order"));
    }
    node.stop();
}

/// Follows `Link: rel="next"` and gathers the lots of `nodes`.
fn lot_names(node: &Node, path: &str) -> Vec<String> {
    let (mut seen, mut next) = (Vec::new(), path.to_owned());
    loop {
        let part = node.get(&next, &[]);
        assert_eq!(part.status, 200, "{}", part.text());
        let json = part.json();
        seen.extend(json["nodes"].as_array().unwrap().iter().map(|n| n["lot"]["lot"].as_str().unwrap().to_owned()));
        match next_page(&part) {
            Some(path) => next = path,
            None => return seen,
        }
        assert!(json["next"].is_string(), "{json}");
    }
}

#[test]
fn large_trace_and_impact_are_paged() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    admitted(&node.post(COSE, &signer.event(&lot_uri("T-1"), harvest("T-1").to_string().as_bytes())));
    let amount = |lot: &str, kilos: f64| json!({ "epcClass": lot_uri(lot), "quantity": kilos, "uom": "KGM" });
    let outputs: Vec<String> = (2..7).map(|n| format!("T-{n}")).collect();
    let split = with(
        &harvest("T-1"),
        json!({
            "type": "TransformationEvent", "action": null, "bizStep": "commissioning", "disposition": null,
            "quantityList": null, "ilmd": null, "jejak:mode": null,
            "eventID": "urn:uuid:0197b2d4-7f5e-7c3a-9b1d-2f8e6a4c0d91",
            "inputQuantityList": [amount("T-1", 1.0)],
            "outputQuantityList": outputs.iter().map(|lot| amount(lot, 0.2)).collect::<Vec<_>>(),
        }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri(&outputs[0]), split.to_string().as_bytes())));
    let at = |lot: &str, what: &str| format!("/lots/{GTIN}/{lot}/{what}");
    let all = [&["T-1".to_owned()][..], &outputs].concat();
    for limit in ["", "?limit=1", "?limit=2", "?limit=6"] {
        assert_eq!(lot_names(&node, &format!("{}{limit}", at("T-1", "impact"))), all, "{limit}");
        assert_eq!(lot_names(&node, &format!("{}{limit}", at("T-4", "trace"))), ["T-4", "T-1"], "{limit}");
    }
    let after = |place: &str| format!("{}?after={place}", at("T-1", "impact"));
    assert_eq!(lot_names(&node, &after(&format!("1.{GTIN}.T-4"))), ["T-5", "T-6"]);
    assert!(lot_names(&node, &after(&format!("9.{GTIN}.T"))).is_empty(), "past the end there is nothing");
    for wrong in ["x", "1", "1.2.3", "-1.09521321001015.T"] {
        node.get(&after(wrong), &[]).problem(400, "malformed-request");
    }
    node.get(&at("T-9", "impact"), &[]).problem(404, "not-found");
    node.get(&format!("{}?limit=0", at("T-1", "trace")), &[]).problem(400, "malformed-request");
    node.stop();
}

#[test]
fn parties_are_found_by_full_uri() {
    let node = Node::start(|_| {});
    enrol_village(&node);
    let whole = "https%3A%2F%2Fid.gs1.org%2F417%2F9521321000117";
    for path in [format!("/parties/{whole}"), "/parties/9521321000117".into()] {
        assert_eq!(node.get(&path, &[]).json()["party"], "https://id.gs1.org/417/9521321000117", "{path}");
    }
    assert_eq!(node.get("/parties/urn%3Ajejak%3Aparty%3Aauthority", &[]).json()["party"], crate::common::AUTHORITY);
    node.stop();
}

#[test]
fn parties_are_paged_by_uri_and_each_is_listed_once() {
    let node = Node::start(|_| {});
    enrol_village(&node);
    let mut authority = authority(&node);
    for n in 0..5 {
        let uri = format!("urn:jejak:party:buyer-{n}");
        let statement = Statement::Party(crate::common::party(&uri, "Buyer", &[Role::Buyer]));
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    let all: Vec<String> = names(&node.get("/parties", &[]).json());
    assert!(all.len() == 9 && all.is_sorted(), "{all:?}");
    for limit in [1, 2, 4, 9] {
        let (mut seen, mut next) = (Vec::new(), format!("/parties?limit={limit}"));
        loop {
            let page = node.get(&next, &[]);
            assert_eq!(page.status, 200, "{}", page.text());
            let listed = names(&page.json());
            assert!(listed.len() <= limit, "{listed:?}");
            seen.extend(listed);
            match next_page(&page) {
                Some(path) => next = path,
                None => break,
            }
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
    assert_eq!(next_page(&node.get("/parties?limit=9", &[])), None, "no empty last page");
    assert_eq!(node.get("/parties?after=urn%3Az", &[]).json(), json!([]));
    for wrong in ["limit=0", "limit=x"] {
        node.get(&format!("/parties?{wrong}"), &[]).problem(400, "malformed-request");
    }
    let document = node.get("/openapi.json", &[]).json();
    let parameters = document["paths"]["/parties"]["get"]["parameters"].as_array().unwrap();
    let parameters: Vec<&str> = parameters.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(parameters, ["role", "region", "standing", "accredited-until", "after", "limit", "format", "lang"]);
    node.stop();
}

/// The URIs of the parties listed.
fn names(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|p| p["party"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn full_history_pages_are_immutable() {
    let node = Node::publishing(Duration::from_millis(1), |_| {});
    let mut author = node.author();
    let mut n = 0;
    while node.get("/history/000001", &[]).text().lines().count() <= 4 {
        n += 1;
        assert_eq!(node.post(COSE, &author.record(n)).status, 201);
        crate::common::settle(&node.ledger);
    }
    let whole = node.get("/history", &[]);
    assert_eq!(whole.header("link"), "</history/000001>; rel=\"next\"");
    let first = node.get("/history/000000", &[]);
    assert_eq!(first.text().lines().count(), 256);
    assert!(first.header("cache-control").contains("immutable") && first.header("etag").starts_with('"'));
    assert_eq!(first.header("link"), "</history/000001>; rel=\"next\"");
    let second = node.get("/history/000001", &[]);
    assert_eq!(second.header("cache-control"), "no-store");
    assert_eq!(first.text(), whole.text());
    let all = jejak::ledger::history::read(&jejak::store::files::Files::reader(&node.dir.path().join("ledger/log")));
    let all: String = all.unwrap().iter().map(|line| line.to_text()).collect();
    assert_eq!(first.text() + &second.text(), all);
    for path in ["/history/000009", "/history/1", "/history/abcdef", "/history/%2e%2e"] {
        node.get(path, &[]).problem(404, "not-found");
    }
    node.stop();
}
