//! The way of a party to its first export, over HTTP: what each record closes, what is chosen when nothing is asked for, and the page.

use jejak::names::Names;
use jejak::record::Statement;
use jejak::record::registry::{Certificate, Product};
use serde_json::{Value, json};

use crate::common::http::{COSE, Node};
use crate::common::village::{BUYER, PRODUCER, admitted, enrol_village, harvest, product, with};

const HTML: (&str, &str) = ("Accept", "text/html,*/*;q=0.8");
const OIL: &str = "09521321001039";

fn ask(node: &Node, at: &str) -> Value {
    let answer = node.get(at, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn state<'a>(answer: &'a Value, id: &str) -> &'a str {
    let step = answer["steps"].as_array().unwrap().iter().find(|step| step["id"] == id);
    step.unwrap_or_else(|| panic!("no step {id}"))["state"].as_str().unwrap()
}

fn village() -> String {
    format!("/parties/{}/path", PRODUCER.rsplit([':', '/']).next().unwrap())
}

#[test]
fn way_follows_the_records_of_the_party_and_of_its_lots() {
    let node = Node::start(|_| {});
    let nobody = ask(&node, "/path?commodity=essential-oil&market=EU");
    assert_eq!(nobody.get("party"), None);
    // that the market is open is known without anybody
    assert_eq!((&nobody["done"], state(&nobody, "c.gate")), (&json!(1), "done"));
    assert_eq!((state(&nobody, "c.start"), state(&nobody, "c.enrol")), ("next", "later"));

    let mut signer = enrol_village(&node);
    let oil = Product { form: "patchouli-oil".into(), ..product(OIL, Names::english("Patchouli oil"), PRODUCER) };
    admitted(&node.post(COSE, &signer.statement(&Statement::Product(oil))));
    let at = format!("{}?form=patchouli-oil&market=EU", village());
    let enrolled = ask(&node, &at);
    for (step, is) in
        [("c.start", "done"), ("c.enrol", "done"), ("c.product", "done"), ("c.harvest", "next"), ("c.npwp", "later")]
    {
        assert_eq!(state(&enrolled, step), is, "{step}");
    }
    assert_eq!((&enrolled["lots"], &enrolled["good"]["own"]), (&json!(0), &json!(true)));

    let uri = format!("https://id.gs1.org/01/{OIL}/10/O-1");
    let mut event =
        with(&harvest("O-1"), json!({ "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }] }));
    event["ilmd"]["jejak:form"] = "patchouli-oil".into();
    admitted(&node.post(COSE, &signer.event(&uri, event.to_string().as_bytes())));
    let harvested = ask(&node, &at);
    assert_eq!((state(&harvested, "c.harvest"), &harvested["lots"]), ("done", &json!(1)));

    for (kind, step) in [("legal-body", "c.legal-body"), ("npwp", "c.npwp"), ("nib", "c.nib")] {
        assert_ne!(state(&ask(&node, &at), step), "done");
        let certificate = Certificate {
            party: PRODUCER.into(),
            kind: kind.into(),
            number: Some("7".into()),
            issuer: "Office".into(),
            from: None,
            until: None,
            document: None,
            withdrawn: false,
            replaces: None,
        };
        admitted(&node.post(COSE, &signer.statement(&Statement::Certificate(certificate))));
        assert_eq!(state(&ask(&node, &at), step), "done");
    }
    let last = ask(&node, &at);
    assert_eq!((state(&last, "c.sample-sale"), state(&last, "c.customs")), ("next", "next"));
    assert!(last["done"].as_u64() > harvested["done"].as_u64());

    // goods that are sent to a party take it no step further: it has signed nothing, and what their maker holds is not its own
    let buyer = format!("/parties/{}/path?form=patchouli-oil&market=EU", BUYER.rsplit([':', '/']).next().unwrap());
    let before = ask(&node, &buyer);
    let sent = with(
        &harvest("O-1"),
        json!({
            "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "ilmd": null, "jejak:mode": null,
            "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }],
            "sourceList": [{ "type": "possessing_party", "source": PRODUCER }],
            "destinationList": [{ "type": "possessing_party", "destination": BUYER }],
        }),
    );
    admitted(&node.post(COSE, &signer.event(&uri, sent.to_string().as_bytes())));
    let after = ask(&node, &buyer);
    assert_eq!((&after["lots"], &after["done"]), (&json!(0), &before["done"]));
    assert_ne!(state(&after, "c.nib"), "done");
    node.stop();
}

#[test]
fn document_of_goods_for_another_market_closes_no_step_towards_this_one() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let oil = Product { form: "patchouli-oil".into(), ..product(OIL, Names::english("Patchouli oil"), PRODUCER) };
    admitted(&node.post(COSE, &signer.statement(&Statement::Product(oil))));
    for (lot, market, expected) in [("O-1", None, "later"), ("O-2", Some("INT"), "later"), ("O-3", Some("DE"), "done")]
    {
        let uri = format!("https://id.gs1.org/01/{OIL}/10/{lot}");
        let mut event =
            with(&harvest(lot), json!({ "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }] }));
        event["ilmd"]["jejak:form"] = "patchouli-oil".into();
        if let Some(market) = market {
            event["jejak:market"] = market.into();
        }
        admitted(&node.post(COSE, &signer.event(&uri, event.to_string().as_bytes())));
        let papers = ["contract", "invoice", "packing-list"].map(|kind| {
            json!({
                "jejak:blake3": jejak::record::Hash32::of(kind.as_bytes()), "jejak:mediaType": "text/plain", "jejak:bytes": 3,
                "jejak:documentType": kind, "jejak:title": "Copy", "jejak:access": "restricted",
            })
        });
        let observed = with(
            &harvest(lot),
            json!({
                "action": "OBSERVE", "bizStep": "storing", "disposition": "in_progress", "ilmd": null, "jejak:mode": null,
                "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }], "jejak:evidence": papers,
            }),
        );
        admitted(&node.post(COSE, &signer.event(&uri, observed.to_string().as_bytes())));
        let answer = ask(&node, &format!("{}?form=patchouli-oil&market=EU", village()));
        // Germany is in the European Union by the profile of the commodity
        assert_eq!(state(&answer, "po.papers"), expected, "{lot} for {market:?}");
    }
    // no profile of the oil knows the United States: there a lot without a country counts
    let answer = ask(&node, &format!("{}?form=patchouli-oil&market=US", village()));
    assert_eq!(state(&answer, "po.papers"), "done");
    node.stop();
}

#[test]
fn good_and_market_are_chosen_where_none_is_asked_for_and_wrong_ones_are_refused() {
    let node = Node::start(|_| {});
    let any = ask(&node, "/path");
    assert_eq!(any["goods"][0]["commodity"], any["good"]["commodity"]);
    let gate = |market: &Value| {
        let all = any["markets"].as_array().unwrap().iter();
        all.clone().find(|known| known["market"] == *market).unwrap()["gate"].clone()
    };
    assert_eq!(gate(&any["market"]), "open", "without a wish a market that is open");
    let oil = ask(&node, "/path?commodity=essential-oil&market=JP");
    assert_eq!((&oil["outcome"], &oil["market"]), (&json!("not-known"), &json!("JP")));
    let crab = ask(&node, "/path?commodity=avocado&market=CN");
    assert_eq!((&crab["outcome"], state(&crab, "c.contract")), (&json!("closed"), "later"));
    // a market that no guide names may be asked for
    assert_eq!(ask(&node, "/path?commodity=avocado&market=KR")["outcome"], "not-known");
    for bad in ["market=eu", "market=INT", "market=%3Cb%3E", "yes=gs1-asked&no=gs1-asked"] {
        node.get(&format!("/path?{bad}"), &[]).problem(400, "malformed-request");
    }
    node.get("/path?commodity=honey", &[]).problem(404, "not-found");
    node.get("/parties/nobody/path", &[]).problem(404, "not-found");
    assert_eq!(node.get("/parties/nobody/path", &[HTML]).status, 404);
    node.stop();
}

#[test]
fn page_has_every_sentence_in_three_languages_and_keeps_what_was_chosen() {
    let node = Node::start(|_| {});
    enrol_village(&node);
    for (at, lang) in [("/path".to_owned(), "id"), (village(), "en"), (village(), "zh")] {
        let page = node.get(&format!("{at}?commodity=crab&form=live-mud-crab&market=SG&lang={lang}"), &[HTML]);
        assert_eq!(page.status, 200);
        let text = page.text();
        for key in ["way-", "readiness-", "step-next", "gate-open", "days-range", "item-"] {
            assert!(!text.contains(&format!(">{key}")), "{lang}: {key} has no words");
        }
        assert!(text.contains("href=\"#term-nib\"") && text.contains("id=\"term-nib\""), "{lang}");
        let links: Vec<&str> = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let own: Vec<&&str> = links.iter().filter(|link| link.contains("/path?")).collect();
        assert!(own.len() > 12, "{links:?}");
        for link in own {
            assert!(link.contains("market=") && link.contains("commodity=") && link.contains("form="), "{link}");
            assert!(link.contains("lang="), "{link}");
        }
    }
    node.stop();
}
