//! Lists and searches over many lots, HTML pages, caches: the cost of a page depends on what it shows, and no page is stale.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::eventually;
use crate::common::http::{Answer, COSE, Node};
use crate::common::village::{GTIN, PLACE, PRODUCER, PartySigner, admitted, enrol_village, harvest, lot_uri, with};
use ed25519_dalek::SigningKey;
use jejak::gs1::BaseUnit;
use jejak::names::{MAX_LANGUAGES, Names};
use jejak::record::registry::{Key, Party, PartyStatus, Place, Product, Purpose, Region, Role, Standing};
use jejak::record::{Hash32, PublicKey, Statement, prove_possession};
use serde_json::{Value, json};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// The address of the next page, from the `Link` header.
fn next_page(page: &Answer) -> Option<String> {
    let (path, _) = page.header("link").strip_prefix('<')?.split_once(">; rel=\"next\"")?;
    Some(path.to_owned())
}

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
    let ledger = enrol_village(&node).ledger;
    let party = "https://id.gs1.org/417/9521321000117";
    let mut authority = PartySigner {
        key: crate::common::keys().authority[1].clone(),
        iss: crate::common::AUTHORITY.into(),
        ledger,
        seq: 3,
    };
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
    let mut authority = PartySigner {
        key: crate::common::keys().authority[1].clone(),
        iss: crate::common::AUTHORITY.into(),
        ledger: node.ledger.id().to_owned(),
        seq: 3,
    };
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
    assert_eq!(parameters.iter().map(|p| p["name"].as_str().unwrap()).collect::<Vec<_>>(), ["after", "limit"]);
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

const LARGEST_PARTY: &str = "https://id.gs1.org/417/9521322000024";
const LARGEST_BUYER: &str = "https://id.gs1.org/417/9521322000031";
const LARGEST_GTIN: &str = "09521322000017";
const LARGEST_PLACE: &str = "9521322000017";

/// The longest text of so many characters: four bytes each.
fn longest(characters: usize) -> String {
    "\u{20000}".repeat(characters)
}

/// The longest name, in as many languages as a name may have.
fn longest_names() -> Names {
    let variants = (1..MAX_LANGUAGES).map(|n| format!("zho-Hant-158-{n:08}-{n:08}-1000").parse().unwrap());
    variants.fold(Names::english(longest(120)), |all, tag| all.with(tag, longest(120)))
}

/// A village whose statements hold the longest texts there may be, with a lot `L1` and another that was made of it and shipped to a
/// buyer of the same kind. The event that harvests `L1` has these members too. Returns its answer.
fn enrol_largest_village(node: &Node, event: Value) -> (PartySigner, Answer) {
    let ledger = enrol_village(node).ledger;
    let mut authority = PartySigner {
        key: crate::common::keys().authority[1].clone(),
        iss: crate::common::AUTHORITY.into(),
        ledger: ledger.clone(),
        seq: 3,
    };
    let region = || Region {
        authority: "kemendagri".into(),
        edition: longest(64),
        code: "74.12.05.2003".into(),
        name: longest(120),
    };
    let party = |uri: &str, role: Role| Party {
        prefixes: vec!["9521322".into()],
        legal_form: Some(longest(64)),
        registration: Some(longest(64)),
        contact: Some(longest(300)),
        region: Some(region()),
        ..Party::new(uri, longest_names(), &[role], "ID")
    };
    let key = SigningKey::from_bytes(&[23; 32]);
    let statement = Key {
        party: LARGEST_PARTY.into(),
        key: PublicKey(key.verifying_key().to_bytes()),
        purpose: Purpose::Admin,
        possession: prove_possession(&key, &ledger, LARGEST_PARTY, Purpose::Admin),
        label: None,
    };
    let (maker, buyer) = (party(LARGEST_PARTY, Role::Producer), party(LARGEST_BUYER, Role::Buyer));
    for statement in [Statement::Party(maker), Statement::Party(buyer), Statement::Key(statement)] {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    let mut signer = PartySigner { key, iss: LARGEST_PARTY.into(), ledger, seq: 0 };
    let product = Product {
        gtin: LARGEST_GTIN.parse().unwrap(),
        name: longest_names(),
        commodity: "essential-oil".into(),
        form: "patchouli-dried-leaf".into(),
        unit: BaseUnit::Gram,
        makers: vec![LARGEST_PARTY.into()],
        net_content: None,
        hs: None,
        storage: Some(longest_names()),
        replaces: None,
    };
    let place = Place {
        gln: LARGEST_PLACE.parse().unwrap(),
        name: longest_names(),
        kind: "village".into(),
        country: "ID".into(),
        region: Some(region()),
        near: Some("-4.12,122.51".into()),
        point: None,
        replaces: None,
    };
    for statement in [Statement::Product(product), Statement::Place(place)] {
        let record = signer.statement(&statement);
        admitted(&node.post(COSE, &record));
    }
    let uri = |lot: &str| format!("https://id.gs1.org/01/{LARGEST_GTIN}/10/{lot}");
    let amount = |lot: &str| json!([{ "epcClass": uri(lot), "quantity": 1, "uom": "KGM" }]);
    let at = json!({ "readPoint": { "id": format!("https://id.gs1.org/414/{LARGEST_PLACE}") } });
    let base = with(&harvest("any"), at);
    let harvested = with(&with(&base, json!({ "quantityList": amount("L1") })), event);
    let answer = node.post(COSE, &signer.event(&uri("L1"), harvested.to_string().as_bytes()));
    admitted(&answer);
    let made = with(
        &base,
        json!({
            "type": "TransformationEvent", "action": null, "disposition": null, "quantityList": null, "ilmd": null,
            "jejak:mode": null, "eventID": "urn:uuid:0197b2d4-7f5e-7c3a-9b1d-2f8e6a4c0d92",
            "inputQuantityList": amount("L1"), "outputQuantityList": amount("L2"),
        }),
    );
    admitted(&node.post(COSE, &signer.event(&uri("L2"), made.to_string().as_bytes())));
    let shipped = with(
        &base,
        json!({
            "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "ilmd": null, "jejak:mode": null,
            "quantityList": amount("L2"), "eventID": "urn:uuid:0197b2d4-7f5e-7c3a-9b1d-2f8e6a4c0d93",
            "sourceList": [{ "type": "possessing_party", "source": LARGEST_PARTY }],
            "destinationList": [{ "type": "possessing_party", "destination": LARGEST_BUYER }],
        }),
    );
    admitted(&node.post(COSE, &signer.event(&uri("L2"), shipped.to_string().as_bytes())));
    (signer, answer)
}

/// A container of the largest village with as many lots as one may hold; its Digital Link without the host.
fn largest_box(node: &Node, signer: &mut PartySigner) -> String {
    const LOTS: usize = 300;
    let body = "19521322000000001";
    let sscc =
        (0..10).map(|digit| format!("{body}{digit}")).find(|sscc| sscc.parse::<jejak::gs1::Sscc>().is_ok()).unwrap();
    let lots = |kilograms: u32| -> Value {
        let uri = |n| format!("https://id.gs1.org/01/{LARGEST_GTIN}/10/BOX-{n:016}");
        (0..LOTS).map(|n| json!({ "epcClass": uri(n), "quantity": kilograms, "uom": "KGM" })).collect()
    };
    let at = json!({ "readPoint": { "id": format!("https://id.gs1.org/414/{LARGEST_PLACE}") } });
    let harvested = with(&with(&harvest("any"), at.clone()), json!({ "quantityList": lots(2) }));
    let packed = with(
        &with(&harvest("any"), at),
        json!({
            "type": "AggregationEvent", "bizStep": "packing", "disposition": "in_progress", "ilmd": null, "jejak:mode": null,
            "quantityList": null, "parentID": format!("https://id.gs1.org/00/{sscc}"), "childQuantityList": lots(1),
        }),
    );
    let first = format!("https://id.gs1.org/01/{LARGEST_GTIN}/10/BOX-{:016}", 0);
    for (subject, event) in [(first, harvested), (format!("https://id.gs1.org/00/{sscc}"), packed)] {
        admitted(&node.post(COSE, &signer.event(&subject, event.to_string().as_bytes())));
    }
    format!("/00/{sscc}")
}

/// The items of a page of a list, each as bytes.
fn items(page: &Answer) -> Vec<Vec<u8>> {
    if !page.header("content-type").starts_with("application/json") {
        return page.body.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    }
    let page = page.json();
    let lists = match &page {
        Value::Array(_) => vec![&page],
        _ => ["nodes", "edges", "shipments", "labels"].map(|list| &page[list]).to_vec(),
    };
    let items = lists.into_iter().flat_map(|list| list.as_array().unwrap());
    items.map(|item| serde_json::to_vec(item).unwrap()).collect()
}

#[test]
fn every_answer_is_within_the_bound_that_its_route_states() {
    use jejak::server::routes::{Bound, routes};
    let node = Node::start(|_| {});
    let blob = b"%PDF-1.7 a certificate";
    let hash = Hash32::of(blob);
    let named = json!({ "jejak:evidence": [{
        "jejak:blake3": hash.to_string(), "jejak:mediaType": "application/pdf", "jejak:bytes": blob.len(),
        "jejak:documentType": "certificate", "jejak:title": "Certificate", "jejak:access": "public",
    }] });
    let (mut signer, answer) = enrol_largest_village(&node, named);
    let container = largest_box(&node, &mut signer);
    assert_eq!(node.put_signed(&signer.key, &format!("/evidence/{hash}"), blob, |_| {}).status, 204);
    crate::common::settle(&node.ledger);
    let (record, size) = (answer.json()["id"].as_str().unwrap().to_owned(), node.ledger.checkpoint().unwrap().size);
    let profile = node.get("/profiles", &[]).json()[0]["blake3"].as_str().unwrap().to_owned();
    let page = node.get("/", &[HTML]).text();
    let style = page.split('"').find(|part| part.ends_with("page.css")).unwrap().to_owned();
    let mut largest = BTreeMap::new();
    for route in routes().iter().filter(|route| route.method == "get") {
        let path = match route.path {
            "/tile/{*path}" => format!("/tile/entries/000.p/{size}"),
            "/evidence/{blake3}" => format!("/evidence/{hash}"),
            "/profiles/{blake3}" => format!("/profiles/{profile}"),
            "/keys/{key}" => format!("/keys/{}", PublicKey(signer.key.verifying_key().to_bytes())),
            "/parties/{name}" => "/parties/9521322000024".to_owned(),
            "/static/{version}/{name}" => style.clone(),
            "/01/{*rest}" => format!("/01/{LARGEST_GTIN}/10/L1"),
            "/414/{*rest}" => format!("/414/{LARGEST_PLACE}"),
            "/417/{*rest}" => "/417/9521322000024".to_owned(),
            "/00/{*rest}" => container.clone(),
            path => {
                let lot = format!("{LARGEST_GTIN}/L1");
                path.replace("{id}", &record).replace("{page}", "000000").replace("{gtin}/{lot}", &lot)
            }
        };
        assert!(!path.contains('{'), "give an example of {path}");
        let answer = node.get(&path, if route.produces == ["text/html"] { &[HTML] } else { &[] });
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let most = match route.bound {
            Bound::Bytes(bytes) | Bound::File(bytes) => bytes,
            Bound::Page(bytes) => {
                let items = items(&answer);
                let most = items.iter().map(|item| item.len() as u64).max().unwrap();
                assert!(most <= bytes, "{path}: an item of {most} bytes, at most {bytes}");
                largest.insert(route.path, most);
                bytes * items.len() as u64
            }
        };
        assert!(answer.body.len() as u64 <= most, "{path}: {} bytes, at most {most}", answer.body.len());
    }
    // names in every language are in the items
    for path in ["/lots", "/parties", "/lots/{gtin}/{lot}/trace", "/lots/{gtin}/{lot}/impact"] {
        assert!(largest[path] > 15_000, "{largest:?}");
    }
    node.stop();
}

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

#[test]
fn cached_page_is_replaced_after_a_new_record() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes())));
    crate::common::settle(&node.ledger);
    let page = || node.get(&format!("/01/{GTIN}/10/L1"), &[HTML]);
    let (first, second) = (page(), page());
    assert_eq!(first.status, 200);
    assert_eq!(first.header("etag"), second.header("etag"), "nothing happened between the two");
    assert!(!first.text().contains("adulteration"));
    let recall = with(
        &harvest("L1"),
        json!({
            "action": "OBSERVE", "bizStep": "holding", "disposition": "recalled", "ilmd": null, "jejak:mode": null,
            "quantityList": [{ "epcClass": lot_uri("L1") }], "persistentDisposition": { "set": ["recalled"] },
            "jejak:reason": "adulteration-suspected",
        }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    let third = page();
    assert_ne!(first.header("etag"), third.header("etag"), "a recall is seen at once");
    assert!(third.text().contains("data-state=\"held\""), "{}", third.text());
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
fn labels_of_recalled_goods_are_marked_and_still_scan() {
    let node = Node::start(|_| {});
    let (mut signer, recall) = recallable(&node);
    let get = |file: &str| node.get(&format!("/labels/{GTIN}/L1/{file}"), &[]);
    let before = ["qr.svg", "qr.png", "sheet.svg"].map(get);
    admitted(&node.post(COSE, &signer.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    let after = ["qr.svg", "qr.png", "sheet.svg"].map(get);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.status, after.status), (200, 200));
        assert_eq!(after.header("cache-control"), "no-cache", "nobody prints an old picture");
        assert!(after.body.len() > before.body.len());
    }
    for svg in [&after[0], &after[2]] {
        for word in ["Recalled / on hold", "Ditarik / ditahan", "已召回"] {
            assert!(svg.text().contains(word), "{word}: {}", svg.text());
        }
    }
    assert!(!before[0].text().contains("Recalled") && !before[2].text().contains("Recalled"));
    for file in ["qr.svg", "qr.png", "sheet.svg"] {
        node.get(&format!("/labels/{GTIN}/NONE/{file}"), &[]).problem(404, "not-found");
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
