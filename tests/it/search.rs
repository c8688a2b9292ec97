//! `GET /search`: whatever a scanner or a person sends leads to what it names, or to what is found; what exists on the ledger decides.

use crate::common::http::{Answer, COSE, Node};
use crate::common::village::{
    GTIN, PLACE, PRODUCER, PartySigner, admitted, authority, enrol_village, harvest, lot_uri, product, with,
};
use crate::common::without_bdi;
use jejak::names::Names;
use jejak::record::Statement;
use jejak::record::registry::{Party, Place, Product};
use serde_json::json;

const HTML: (&str, &str) = ("Accept", "text/html");
const SSCC: &str = "095213210000000018";

/// A village with names in three languages, and lots `BAKAU-2611-02` and `A-7`, the second in a container.
fn ledger() -> (Node, PartySigner) {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    for lot in ["BAKAU-2611-02", "A-7"] {
        admitted(&node.post(COSE, &signer.event(&lot_uri(lot), harvest(lot).to_string().as_bytes())));
    }
    let packed = with(
        &harvest("A-7"),
        json!({
            "type": "AggregationEvent", "bizStep": "packing", "disposition": "in_progress", "quantityList": null,
            "ilmd": null, "jejak:mode": null, "parentID": format!("https://id.gs1.org/00/{SSCC}"),
            "childQuantityList": [{ "epcClass": lot_uri("A-7"), "quantity": 1, "uom": "KGM" }],
        }),
    );
    admitted(&node.post(COSE, &signer.event(&format!("https://id.gs1.org/00/{SSCC}"), packed.to_string().as_bytes())));
    (node, signer)
}

/// A text as a parameter of a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn ask(node: &Node, q: &str) -> Answer {
    node.get(&format!("/search?q={}", encoded(q)), &[HTML])
}

/// Where a search leads, without its query.
fn leads(node: &Node, q: &str) -> String {
    let answer = ask(node, q);
    assert_eq!(answer.status, 303, "{q}: {}", answer.text());
    answer.header("location").split('?').next().unwrap().to_owned()
}

#[test]
fn every_scan_of_a_lot_leads_to_it() {
    let (node, _) = ledger();
    let lot = format!("/01/{GTIN}/10/BAKAU-2611-02");
    for q in [
        format!("01{GTIN}10BAKAU-2611-02"),
        format!("]C101{GTIN}10BAKAU-2611-02"),
        format!("]d201{GTIN}10BAKAU-2611-02"),
        format!("]C101{GTIN}320200110010BAKAU-2611-02"),
        format!("]Q1https://elsewhere.example/01/{GTIN}/10/BAKAU-2611-02?17=271231"),
        format!("https://elsewhere.example/01/{}/10/BAKAU-2611-02", GTIN.trim_start_matches('0')),
        "https://elsewhere.example/CxFRtemAbtoIBQCn23Wuv2mw".into(),
        format!("(01) {GTIN} (10) BAKAU-2611-02"),
        format!("(01){GTIN}(10)BAKAU 2611 02"),
        format!("(01){GTIN}(235)TPX(10)BAKAU-2611-02"),
        format!("01{GTIN}10bakau-2611-02"),
        format!("{{GS}}01{GTIN}{{GS}}10BAKAU-2611-02<GS>17271231"),
        // FNC1 was lost: the lot that is there
        format!("01{GTIN}10BAKAU-2611-0230120"),
        format!("01{GTIN}10BAKAU-2611-0217271231"),
        // short GTINs, and identifiers in brackets in part
        "(01)9521321001015(10)BAKAU-2611-02".into(),
        "01952132100101510BAKAU-2611-02".into(),
        "]C101952132100101510BAKAU-2611-02".into(),
        "(01)952132100101510BAKAU-2611-02".into(),
        format!("01{GTIN}(10)BAKAU-2611-02"),
        format!("{GTIN} (10) BAKAU 2611 02"),
        format!("(01){GTIN}10BAKAU-2611-02"),
        format!("01/{GTIN}/10/BAKAU-2611-02"),
        format!("GTIN: {GTIN} Lot: BAKAU-2611-02"),
        "9521321001015 BAKAU-2611-02".into(),
        format!("]C100{SSCC}"),
    ] {
        let wanted = if q.contains(SSCC) { format!("/00/{SSCC}") } else { lot.clone() };
        assert_eq!(leads(&node, &q), wanted, "{q}");
    }
    for (q, wanted) in [
        ("BAKAU 2611 02", lot.as_str()),
        ("bakau/2611/02", &lot),
        ("bakau261102", &lot),
        ("lot bakau 2611 02", &lot),
        ("Lot: BAKAU-2611-02", &lot),
        ("nomor lot BAKAU-2611-02", &lot),
        ("批号BAKAU-2611-02", &lot),
        ("(10)BAKAU-2611-02", &lot),
        ("(10) bakau 2611 02 (17)271231", &lot),
        ("]C110BAKAU-2611-02", &lot),
        ("10BAKAU-2611-02", &lot),
        (GTIN, &format!("/01/{GTIN}")),
        (GTIN.trim_start_matches('0'), &format!("/01/{GTIN}")),
        (&format!("]E0{}", GTIN.trim_start_matches('0')), &format!("/01/{GTIN}")),
        (&format!("00{SSCC}"), &format!("/00/{SSCC}")),
    ] {
        assert_eq!(leads(&node, q), wanted, "{q}");
    }
    // what is not here leads to a page that says what was read
    let unknown = leads(&node, &format!("]C101{GTIN}10NONE"));
    assert_eq!(unknown, format!("/01/{GTIN}/10/NONE"));
    let page = node.get(&unknown, &[HTML]);
    assert!(page.status == 404 && page.text().contains("NONE"));
    node.stop();
}

#[test]
fn lot_named_by_a_person_is_not_its_container_nor_its_product() {
    let (node, mut signer) = ledger();
    let lot = format!("/01/{GTIN}/10/A-7");
    // in a container, which has none of these words
    for q in ["lot A-7", "LOT a7", "A-7 lot", "batch no. A-7", "bets: A-7", "批次A-7", "(10)A-7", "A-7"] {
        assert_eq!(leads(&node, q), lot, "{q}");
    }
    assert_eq!(leads(&node, "kontainer A-7"), format!("/00/{SSCC}"));
    // the lots of what is named by words, and nothing else
    let page = ask(&node, "lot leaf").text();
    assert!(page.contains("/10/A-7\"") && page.contains("/10/BAKAU-2611-02\""), "{page}");
    assert!(!page.contains(&format!("/00/{SSCC}\"")), "{page}");
    // a number that is of several products is asked about
    let another = "09521321001060";
    second_product(&node, &mut signer, another);
    let uri = format!("https://id.gs1.org/01/{another}/10/A-7");
    let again = with(&harvest("A-7"), json!({ "quantityList": [{ "epcClass": uri, "quantity": 5, "uom": "KGM" }] }));
    admitted(&node.post(COSE, &signer.event(&uri, again.to_string().as_bytes())));
    for q in ["lot A-7", "(10)A-7"] {
        let page = ask(&node, q);
        let both = [GTIN, another].map(|gtin| page.text().contains(&format!("/01/{gtin}/10/A-7\"")));
        assert!(page.status == 200 && both == [true, true], "{q}: {} {}", page.status, page.text());
    }
    node.stop();
}

#[test]
fn what_a_scan_holds_beside_is_listed_on_the_page() {
    let (node, _) = ledger();
    let answer = ask(&node, &format!("]C100{SSCC}410952132100011733020012504036J-7\u{1d}42093721\u{1d}29XYZ"));
    let page = node.get(answer.header("location"), &[HTML]);
    assert_eq!(page.status, 200);
    let text = without_bdi(&page.text());
    for wanted in
        ["(410) SHIP TO LOC 9521321000117", "(3302) GROSS WEIGHT (kg) 001250", "(403) ROUTE 6J-7", "(420)", "(29)"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let answer = ask(&node, &format!("]C101{GTIN}320200110010BAKAU-2611-02"));
    let page = node.get(answer.header("location"), &[HTML, ("Accept-Language", "zh")]);
    assert!(without_bdi(&page.text()).contains("本页未使用：(3202) NET WEIGHT (lb) 001100"), "{}", page.text());
    node.stop();
}

#[test]
fn lots_that_a_scan_may_name_are_offered_when_several_exist() {
    let (node, mut signer) = ledger();
    let long = "A-717271231";
    admitted(&node.post(COSE, &signer.event(&lot_uri(long), harvest(long).to_string().as_bytes())));
    let page = ask(&node, &format!("01{GTIN}10A-717271231"));
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("/10/A-7\"") && page.text().contains("/10/A-717271231\""), "{}", page.text());
    // with FNC1 there is no question
    assert_eq!(leads(&node, &format!("]C101{GTIN}10A-7\u{1d}17271231")), format!("/01/{GTIN}/10/A-7"));
    node.stop();
}

#[test]
fn wrong_check_digit_is_answered_with_the_right_one() {
    let (node, _) = ledger();
    for (q, right) in [
        ("(01)09521321001016(10)A", 5),
        ("(01)9521321001016(10)A", 5),
        ("09521321001016(10)A", 5),
        ("09521321001016", 5),
        ("9521321001016", 5),
        ("GTIN 9521321001016", 5),
        ("]C100095213210000000019", 8),
        ("095213210000000019", 8),
        ("SSCC: 095213210000000019", 8),
        ("(414)9521321000110", 7),
    ] {
        for (lang, wanted) in [("en", "with its other digits it is"), ("id", "seharusnya"), ("zh", "应为")] {
            let page = node.get(&format!("/search?q={}", encoded(q)), &[HTML, ("Accept-Language", lang)]);
            let found = page.text().contains(&format!("{wanted} {right}"));
            assert!(page.status == 404 && found, "{lang} {q}: {}", page.text());
        }
    }
    let long = format!("/search?q={}", "9".repeat(3_000));
    assert_eq!(node.get(&long, &[HTML]).status, 404);
    node.stop();
}

/// Another product of the village.
fn second_product(node: &Node, signer: &mut PartySigner, gtin: &str) {
    let statement = Statement::Product(product(gtin, Names::english("Second leaf"), PRODUCER));
    admitted(&node.post(COSE, &signer.statement(&statement)));
}

/// Gives product, village and place names in three languages.
fn name_all(node: &Node, signer: &mut PartySigner) {
    let tag = |tag: &str| tag.parse().unwrap();
    let page = node.get(&format!("/01/{GTIN}"), &[HTML]).text();
    let record = page.split("/entries/").nth(1).unwrap()[..52].parse().unwrap();
    let names = Names::english("Patchouli leaf").with(tag("id"), "Daun nilam kering");
    let names = names.with(tag("zh"), "广藿香（优质）干叶");
    let statement = Product { replaces: Some(record), ..product(GTIN, names, PRODUCER) };
    let record = signer.statement(&Statement::Product(statement));
    admitted(&node.post(COSE, &record));
    let place = Place {
        gln: "9521321000131".parse().unwrap(),
        name: Names::english("Drying floor").with(tag("id"), "Lantai jemur").with(tag("zh"), "晒场"),
        kind: "processing".into(),
        country: "ID".into(),
        region: None,
        near: None,
        point: None,
        replaces: None,
    };
    let record = signer.statement(&Statement::Place(place));
    admitted(&node.post(COSE, &record));
}

#[test]
fn products_places_parties_and_containers_are_found_by_words_in_three_languages() {
    let (node, mut signer) = ledger();
    name_all(&node, &mut signer);
    for (q, wanted) in [
        ("patchouli", format!("/01/{GTIN}")),
        ("Daun NILAM", format!("/01/{GTIN}")),
        ("nilam", format!("/01/{GTIN}")),
        ("广藿香", format!("/01/{GTIN}")),
        ("藿香", format!("/01/{GTIN}")),
        // parts of a name that stand apart in it
        ("广藿香干叶", format!("/01/{GTIN}")),
        ("lantai", "/414/9521321000131".into()),
        ("晒场", "/414/9521321000131".into()),
        ("drying floor", "/414/9521321000131".into()),
        ("field", format!("/414/{PLACE}")),
        ("buyer", "/parties/9521321000315".into()),
        ("0952132100101", format!("/01/{GTIN}")),
        ("kontainer 09521321", format!("/00/{SSCC}")),
        ("container", format!("/00/{SSCC}")),
        ("集装箱", format!("/00/{SSCC}")),
        ("kontainer nilam", format!("/00/{SSCC}")),
    ] {
        let answer = ask(&node, q);
        let found = answer.header("location").split('?').next() == Some(&wanted)
            || (answer.status == 200 && answer.text().contains(&format!("href=\"{wanted}\"")));
        assert!(found, "{q}: {} {} {}", answer.status, answer.header("location"), answer.text());
    }
    // a product is shown with its lots and the containers that hold them
    let page = ask(&node, "nilam");
    for wanted in ["/10/A-7\"", "/10/BAKAU-2611-02\"", &format!("/00/{SSCC}\"")] {
        assert!(page.text().contains(wanted), "{wanted}: {}", page.text());
    }
    for none in ["nilam kelapa", "xyz", "!!!", "广州", "广藿香油", "lot XYZ", "(10)XYZ"] {
        assert_eq!(ask(&node, none).status, 404, "{none}");
    }
    node.stop();
}

#[test]
fn name_that_was_given_up_is_not_found_any_more() {
    let (node, _) = ledger();
    let mut authority = authority(&node);
    assert!(ask(&node, "village").text().contains("\"/parties/9521321000117\""));
    let known = node.get("/parties/9521321000117", &[("Accept", "application/json")]).json();
    let renamed = Party {
        prefixes: vec!["952132100".into()],
        replaces: Some(known["record"].as_str().unwrap().parse().unwrap()),
        ..crate::common::party(PRODUCER, "Cooperative", &[jejak::record::registry::Role::Producer])
    };
    admitted(&node.post(COSE, &authority.statement(&Statement::Party(renamed))));
    assert_eq!(ask(&node, "village").status, 404);
    let page = ask(&node, "coop");
    assert!(page.status == 303 || page.text().contains("/parties/9521321000117"), "{}", page.text());
    node.stop();
}
