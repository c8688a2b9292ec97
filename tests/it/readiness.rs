//! What is still missing before an export, over HTTP: what closes an item, what never does, and the guides that say what is needed.

use jejak::guide;
use jejak::names::Names;
use jejak::record::registry::{Certificate, Guide, KeyRevocation, Product};
use jejak::record::{Hash32, PublicKey, Statement};
use serde_json::{Value, json};

use crate::common::http::{COSE, Node};
use crate::common::village::{
    BUYER, PRODUCER, PartySigner, admitted, authority, enrol_village, harvest, product, with,
};

const HTML: (&str, &str) = ("Accept", "text/html,*/*;q=0.8");
const OIL: &str = "09521321001039";

/// A village with a lot of patchouli oil, for which the European Union is open.
fn with_oil(node: &Node) -> PartySigner {
    let mut signer = enrol_village(node);
    let oil = Product { form: "patchouli-oil".into(), ..product(OIL, Names::english("Patchouli oil"), PRODUCER) };
    admitted(&node.post(COSE, &signer.statement(&Statement::Product(oil))));
    let uri = format!("https://id.gs1.org/01/{OIL}/10/O-1");
    let mut event =
        with(&harvest("O-1"), json!({ "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }] }));
    event["ilmd"]["jejak:form"] = "patchouli-oil".into();
    admitted(&node.post(COSE, &signer.event(&uri, event.to_string().as_bytes())));
    signer
}

fn ask(node: &Node, query: &str) -> Value {
    let answer = node.get(&format!("/lots/{OIL}/O-1/readiness?{query}"), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn item<'a>(answer: &'a Value, id: &str) -> &'a Value {
    let all = ["standing", "documents"].into_iter().flat_map(|list| answer[list].as_array().unwrap());
    all.into_iter().find(|item| item["id"] == id).unwrap_or_else(|| panic!("no item {id}"))
}

fn nib(until: Option<&str>) -> Certificate {
    Certificate {
        party: PRODUCER.into(),
        kind: "nib".into(),
        number: Some("9120001234567".into()),
        issuer: "OSS".into(),
        from: None,
        until: until.map(|day| day.parse().unwrap()),
        document: None,
        withdrawn: false,
        replaces: None,
    }
}

/// The lot with an observation that names a document.
fn observed(document: Value) -> Value {
    let uri = format!("https://id.gs1.org/01/{OIL}/10/O-1");
    with(
        &harvest("O-1"),
        json!({
            "action": "OBSERVE", "bizStep": "storing", "disposition": "in_progress", "ilmd": null, "jejak:mode": null,
            "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }], "jejak:evidence": [document],
        }),
    )
}

fn document(kind: &str, more: Value) -> Value {
    with(
        &json!({
            "jejak:blake3": Hash32::of(kind.as_bytes()), "jejak:mediaType": "text/plain", "jejak:bytes": 3,
            "jejak:documentType": kind, "jejak:title": "Copy", "jejak:access": "restricted",
        }),
        more,
    )
}

#[test]
fn answer_follows_the_log_and_says_what_is_missing() {
    let node = Node::start(|_| {});
    let mut signer = with_oil(&node);
    let answer = ask(&node, "market=EU");
    assert_eq!((&answer["outcome"], &answer["market"]), (&json!("missing"), &json!("EU")));
    assert_eq!(answer["gates"][0]["status"], "open");
    assert_eq!(item(&answer, "nib-kbli")["state"], "missing");
    assert_eq!(item(&answer, "nib-kbli")["blocks"], true);
    assert_eq!(item(&answer, "lot-record")["state"], "done", "the harvest states village and days");
    let before = answer["missing"].as_u64().unwrap();

    // a certificate of the maker closes it, until it is withdrawn or its day passes
    let stated = node.post(COSE, &signer.statement(&Statement::Certificate(nib(Some("2099-01-01")))));
    admitted(&stated);
    let record: Hash32 = stated.json()["id"].as_str().unwrap().parse().unwrap();
    let answer = ask(&node, "market=EU");
    let closed = item(&answer, "nib-kbli");
    assert_eq!(
        (&closed["state"], &closed["blocks"], &closed["expires"]),
        (&json!("done"), &json!(false), &json!("2099-01-01"))
    );
    assert_eq!(
        (&closed["papers"][0]["number"], &closed["papers"][0]["by"]["en"]),
        (&json!("9120001234567"), &json!("Village"))
    );
    assert_eq!(answer["missing"].as_u64().unwrap(), before - 1);
    let late = ask(&node, "market=EU&shipment=2099-02-01");
    assert_eq!((&item(&late, "nib-kbli")["lapses"], &item(&late, "nib-kbli")["blocks"]), (&json!(true), &json!(true)));
    let old = Certificate { replaces: Some(record), ..nib(Some("2020-01-01")) };
    let stated = node.post(COSE, &signer.statement(&Statement::Certificate(old)));
    admitted(&stated);
    assert_eq!(item(&ask(&node, "market=EU"), "nib-kbli")["state"], "lapsed");
    let record: Hash32 = stated.json()["id"].as_str().unwrap().parse().unwrap();
    let withdrawn = Certificate { withdrawn: true, replaces: Some(record), ..nib(None) };
    admitted(&node.post(COSE, &signer.statement(&Statement::Certificate(withdrawn))));
    assert_eq!(item(&ask(&node, "market=EU"), "nib-kbli")["state"], "missing");
    node.stop();
}

#[test]
fn document_of_the_lot_closes_its_item_until_its_record_is_voided() {
    let node = Node::start(|_| {});
    let mut signer = with_oil(&node);
    assert_eq!(item(&ask(&node, "market=EU"), "invoice")["state"], "missing");
    let uri = format!("https://id.gs1.org/01/{OIL}/10/O-1");
    let event = observed(document(
        "invoice",
        json!({ "jejak:number": "INV-7", "jejak:issuer": "Village", "jejak:until": "2099-01-01" }),
    ));
    let answer = node.post(COSE, &signer.event(&uri, event.to_string().as_bytes()));
    admitted(&answer);
    let answered = ask(&node, "market=EU");
    let closed = item(&answered, "invoice");
    assert_eq!((&closed["state"], &closed["papers"][0]["number"]), (&json!("done"), &json!("INV-7")), "{closed}");
    let record = format!("urn:jejak:record:{}", answer.json()["id"].as_str().unwrap());
    let void = with(
        &event,
        json!({
            "eventID": format!("urn:uuid:{}", uuid::Uuid::now_v7()), "jejak:voids": record,
            "errorDeclaration": { "declarationTime": event["eventTime"], "reason": "incorrect_data" },
        }),
    );
    admitted(&node.post(COSE, &signer.event(&uri, void.to_string().as_bytes())));
    assert_eq!(item(&ask(&node, "market=EU"), "invoice")["state"], "missing");

    let wrong = observed(document("invoice", json!({ "jejak:from": "2026-02-01", "jejak:until": "2026-01-01" })));
    let refused = node.post(COSE, &signer.event(&uri, wrong.to_string().as_bytes()));
    assert_eq!(refused.status, 400, "{}", refused.text());
    node.stop();
}

#[test]
fn document_that_a_stolen_key_named_closes_nothing() {
    let node = Node::start(|_| {});
    let mut signer = with_oil(&node);
    let uri = format!("https://id.gs1.org/01/{OIL}/10/O-1");
    let event = observed(document("invoice", json!({ "jejak:number": "INV-7" })));
    admitted(&node.post(COSE, &signer.event(&uri, event.to_string().as_bytes())));
    assert_eq!(item(&ask(&node, "market=EU"), "invoice")["state"], "done");
    let stolen = KeyRevocation {
        key: PublicKey(signer.key.verifying_key().to_bytes()),
        reason: "compromised".into(),
        compromised_since: Some(1),
    };
    admitted(&node.post(COSE, &authority(&node).statement(&Statement::KeyRevocation(stolen))));
    assert_eq!(item(&ask(&node, "market=EU"), "invoice")["state"], "missing");
    node.stop();
}

#[test]
fn questions_are_answered_in_the_address_alone() {
    let node = Node::start(|_| {});
    with_oil(&node);
    let open = ask(&node, "market=EU");
    let question = open["questions"][0].clone();
    let (id, of) = (question["id"].as_str().unwrap(), question["items"][0].as_str().unwrap());
    assert_eq!((item(&open, of)["state"].as_str(), item(&open, of)["blocks"].as_bool()), (Some("asked"), Some(false)));
    let no = ask(&node, &format!("market=EU&no={id}"));
    assert_eq!(item(&no, of)["state"], "not-needed");
    let yes = ask(&node, &format!("market=EU&yes={id}"));
    assert_eq!(item(&yes, of)["state"], "missing");
    let both = node.get(&format!("/lots/{OIL}/O-1/readiness?market=EU&yes={id}&no={id}"), &[]);
    both.problem(400, "malformed-request");
    for bad in ["market=eu", "market=EUR", "shipment=tomorrow", "market=%3Cb%3E"] {
        node.get(&format!("/lots/{OIL}/O-1/readiness?{bad}"), &[]).problem(400, "malformed-request");
    }
    node.get(&format!("/lots/{OIL}/none/readiness?market=EU"), &[]).problem(404, "not-found");
    node.stop();
}

#[test]
fn unresearched_market_and_group_of_countries_are_what_they_are() {
    let node = Node::start(|_| {});
    with_oil(&node);
    assert_eq!(ask(&node, "market=JP")["outcome"], "not-known");
    assert_eq!(ask(&node, "market=KR")["outcome"], "not-known");
    // Germany is in the European Union by the profile of the commodity
    let (germany, union) = (ask(&node, "market=DE"), ask(&node, "market=EU"));
    assert_eq!(germany["gates"], union["gates"]);
    assert_eq!(germany["outcome"], "missing");
    // without a market that for which the lot is judged: at home nothing is asked
    assert_eq!(ask(&node, "")["market"], "ID");
    node.stop();
}

#[test]
fn page_has_every_sentence_in_three_languages_and_links_its_terms() {
    let node = Node::start(|_| {});
    with_oil(&node);
    for lang in ["id", "en", "zh"] {
        let page = node.get(&format!("/lots/{OIL}/O-1/readiness?market=EU&lang={lang}"), &[HTML]);
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(text.contains("href=\"#term-nib\"") && text.contains("id=\"term-nib\""), "{lang}");
        for key in [
            "readiness-",
            "item-missing",
            "gate-open",
            "class-must",
            "step-next",
            "days-range",
            "source-official",
            "paper-",
        ] {
            assert!(!text.contains(&format!(">{key}")), "{lang}: {key} has no words");
        }
        // every choice keeps the market and the language, and so does the switch of the language
        let links: Vec<&str> = text.split("href=\"/lots/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() > 12, "{links:?}");
        for link in links {
            assert!(link.contains("market=") && link.contains("lang="), "{link}");
        }
    }
    assert_eq!(node.get(&format!("/lots/{OIL}/none/readiness"), &[HTML]).status, 404);
    node.stop();
}

fn enact(node: &Node, signer: &mut PartySigner, bytes: &[u8], id: &str, version: &str) -> crate::common::http::Answer {
    let guide = Guide { id: id.into(), version: version.into(), blake3: Hash32::of(bytes), bytes: bytes.len() as u64 };
    node.post(COSE, &signer.statement(&Statement::Guide(guide)))
}

#[test]
fn authority_replaces_a_guide_without_a_release() {
    let node = Node::start(|_| {});
    let mut village = with_oil(&node);
    let mut authority = authority(&node);
    let shipped = guide::builtin().iter().find(|shipped| shipped.guide.id == "essential-oil").unwrap();
    let mut next: Value = serde_json::from_slice(&shipped.bytes).unwrap();
    next["version"] = "2099".into();
    for gate in next["gates"].as_array_mut().unwrap() {
        gate["status"] = "closed".into();
    }
    let next = next.to_string().into_bytes();

    let early = enact(&node, &mut authority, &next, "essential-oil", "2099");
    assert_eq!(early.problem(424, "too-early")["rule"], "guide-bytes-missing");
    authority.back();
    assert_eq!(node.send("PUT", &format!("/evidence/{}", Hash32::of(&next)), &[], &next).status, 204);
    let other = enact(&node, &mut authority, &next, "crab", "2099");
    assert_eq!(other.problem(424, "too-early")["rule"], "guide-bytes-missing", "it says that it is another");
    authority.back();
    let foreign = enact(&node, &mut village, &next, "essential-oil", "2099");
    assert_eq!(foreign.problem(422, "rejected")["rule"], "authority-only");
    village.back();
    admitted(&enact(&node, &mut authority, &next, "essential-oil", "2099"));
    let again = enact(&node, &mut authority, &next, "essential-oil", "2099");
    assert_eq!(again.problem(422, "rejected")["rule"], "guide-exists");
    authority.back();

    assert_eq!(ask(&node, "market=EU")["outcome"], "closed");
    let listed = node.get("/guides", &[]).json();
    let oil = listed.as_array().unwrap().iter().find(|row| row["id"] == "essential-oil").unwrap();
    assert_eq!(oil["version"], "2099");
    assert_eq!(node.get(&format!("/profiles/{}", oil["blake3"].as_str().unwrap()), &[]).body, next);
    node.stop();
}

#[test]
fn certificate_is_stated_by_its_party_its_enroller_or_the_authority_and_by_nobody_else() {
    let node = Node::start(|_| {});
    let mut village = with_oil(&node);
    let mut authority = authority(&node);
    let of_buyer = Certificate { party: BUYER.into(), ..nib(None) };
    let refused = node.post(COSE, &village.statement(&Statement::Certificate(of_buyer)));
    assert_eq!(refused.problem(422, "rejected")["rule"], "certificate-by-whom");
    village.back();
    admitted(&node.post(COSE, &authority.statement(&Statement::Certificate(nib(None)))));
    // one that replaces nothing that is there
    let stray = Certificate { replaces: Some(Hash32([3; 32])), ..nib(None) };
    let refused = node.post(COSE, &village.statement(&Statement::Certificate(stray)));
    assert_eq!(refused.json()["rule"], "replaces-not-current", "{}", refused.text());
    node.stop();
}

#[test]
fn lot_without_a_country_is_answered_and_nothing_is_known_of_it() {
    let node = Node::start(|_| {});
    with_oil(&node);
    let answer = ask(&node, "market=INT");
    assert_eq!(
        (&answer["outcome"], &answer["market"], &answer["gates"]),
        (&json!("not-known"), &json!("INT"), &json!([]))
    );
    for (lang, words) in [("en", "Choose the country"), ("id", "Pilih negaranya"), ("zh", "请选择国家")] {
        let page = node.get(&format!("/lots/{OIL}/O-1/readiness?market=INT&lang={lang}"), &[HTML]);
        assert!(page.status == 200 && page.text().contains(words), "{lang}: {}", page.status);
    }
    node.stop();
}

#[test]
fn guide_whose_file_is_lost_is_an_error_and_not_a_better_answer() {
    let node = Node::start(|_| {});
    with_oil(&node);
    let shipped = guide::builtin().iter().find(|shipped| shipped.guide.id == "common").unwrap();
    let mut next: Value = serde_json::from_slice(&shipped.bytes).unwrap();
    next["version"] = "2099".into();
    let next = next.to_string().into_bytes();
    assert_eq!(node.send("PUT", &format!("/evidence/{}", Hash32::of(&next)), &[], &next).status, 204);
    admitted(&enact(&node, &mut authority(&node), &next, "common", "2099"));
    // its bytes go before anybody has read them
    let file = node.dir.path().join("ledger/objects/profiles").join(Hash32::of(&next).to_string());
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for address in [format!("/lots/{OIL}/O-1/readiness?market=EU"), "/path?commodity=essential-oil".to_owned()] {
        let answer = node.get(&address, &[]);
        assert_eq!(answer.status, 500, "{address}: {}", answer.text());
        assert!(!answer.text().contains("outcome"), "{address}");
        assert_eq!(node.get(&address, &[HTML]).status, 500, "{address}");
    }
    // what names the kinds of certificates only is shown all the same
    assert_eq!(node.get(&format!("/parties/{}", PRODUCER.rsplit('/').next().unwrap()), &[HTML]).status, 200);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(ask(&node, "market=EU")["outcome"], "missing");
    node.stop();
}
