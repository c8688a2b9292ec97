//! Answers stay within the bound that their route states, with the largest names and lists that the rules admit.

use std::collections::BTreeMap;

use crate::common::http::{Answer, COSE, Node};
use crate::common::village::{PartySigner, admitted, authority, enrol_village, harvest, product, with};
use ed25519_dalek::SigningKey;
use jejak::chain::party::MAX_ACCREDITATIONS;
use jejak::names::{MAX_LANGUAGES, Names};
use jejak::record::registry::{Accreditation, Key, Party, Place, Product, Purpose, Region, Role, Specification};
use jejak::record::{Hash32, PublicKey, Statement, prove_possession};
use serde_json::{Value, json};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

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
    let mut authority = authority(node);
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
    let maker = party(LARGEST_PARTY, Role::Producer);
    let buyer = Party { roles: vec![Role::Buyer, Role::Inspector], ..party(LARGEST_BUYER, Role::Buyer) };
    for statement in [Statement::Party(maker), Statement::Party(buyer), Statement::Key(statement)] {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    }
    for number in 0..MAX_ACCREDITATIONS {
        let accreditation = Accreditation {
            party: LARGEST_BUYER.into(),
            scope: vec!["*".into()],
            body: longest(64),
            number: format!("{}{number:02}", longest(62)),
            from: 0,
            until: 4_102_444_800,
            replaces: None,
        };
        admitted(&node.post(COSE, &authority.statement(&Statement::Accreditation(accreditation))));
    }
    let mut signer = PartySigner { key, iss: LARGEST_PARTY.into(), ledger, seq: 0 };
    let product = Product { storage: Some(longest_names()), ..product(LARGEST_GTIN, longest_names(), LARGEST_PARTY) };
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
    let file = json!({
        "format": 1, "id": "largest", "version": "1", "names": longest_names(), "commodity": "essential-oil",
        "forms": ["patchouli-dried-leaf"], "decision": "simple-acceptance", "rules": [{ "parameter": "acid-value", "max": "8" }],
    });
    let adopted = Specification {
        id: "largest".into(),
        version: "1".into(),
        commodity: "essential-oil".into(),
        blake3: Some(Hash32::of(file.to_string().as_bytes())),
        replaces: None,
    };
    let path = format!("/evidence/{}", Hash32::of(file.to_string().as_bytes()));
    assert_eq!(node.put_signed(&signer.key, &path, file.to_string().as_bytes(), |_| {}).status, 204);
    admitted(&node.post(COSE, &signer.statement(&Statement::Specification(adopted))));
    assert_eq!(node.put_signed(&signer.key, &format!("/evidence/{hash}"), blob, |_| {}).status, 204);
    crate::common::settle(&node.ledger);
    let (record, size) = (answer.json()["id"].as_str().unwrap().to_owned(), node.ledger.checkpoint().unwrap().size);
    let profile = node.get("/profiles", &[]).json()[0]["blake3"].as_str().unwrap().to_owned();
    let page = node.get("/", &[HTML]).text();
    let style = page.split('"').find(|part| part.ends_with("page.css")).unwrap().to_owned();
    let mut largest = BTreeMap::new();
    // the inbox is shown to enrollers only, and its requests are bounded one by one; a demonstration alone has public keys
    // and this village ships nothing: a shipment holds no more goods than an event may name (`kit` asks for one)
    let elsewhere = ["/enrolments", "/demo/keys/{number}", "/parties/{name}/work/{shipment}", "/shipments/{record}"];
    // the longest names fit no label, and are in letters that no label has: `http_documents` asks for these
    let is_sheet = |path: &str| path.starts_with("/labels/") && path.contains("/sheet.");
    let here = |path: &str| !elsewhere.contains(&path) && !is_sheet(path);
    for route in routes().iter().filter(|route| route.method == "get" && here(route.path)) {
        let path = match route.path {
            "/tile/{*path}" => format!("/tile/entries/000.p/{size}"),
            "/evidence/{blake3}" => format!("/evidence/{hash}"),
            "/profiles/{blake3}" => format!("/profiles/{profile}"),
            "/keys/{key}" => format!("/keys/{}", PublicKey(signer.key.verifying_key().to_bytes())),
            path if path.starts_with("/parties/{name}") => path.replace("{name}", "9521322000024"),
            "/static/{version}/{*name}" => style.clone(),
            // leads there
            "/app" | "/desk" => format!("{}/", route.path),
            "/01/{*rest}" => format!("/01/{LARGEST_GTIN}/10/L1"),
            "/414/{*rest}" => format!("/414/{LARGEST_PLACE}"),
            "/417/{*rest}" => "/417/9521322000024".to_owned(),
            "/00/{*rest}" => container.clone(),
            path => {
                let lot = format!("{LARGEST_GTIN}/L1");
                let path = path.replace("{id}", &record).replace("{page}", "000000").replace("{code}", "53.02");
                path.replace("{gtin}/{lot}", &lot)
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
