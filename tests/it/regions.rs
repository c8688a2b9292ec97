//! Lists with filters and regions, over HTTP: what fits, page by page, in each form; and what the records of a region come to.

use axum::body::Body;
use axum::http::Request;
use ed25519_dalek::SigningKey;
use jejak::record::registry::{Accreditation, Key, Names, Party, PartyStatus, Purpose, Region, Role, Standing};
use jejak::record::{PublicKey, Statement, prove_possession};
use jejak::server::{App, Config, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::command::{code, jejak, ok};
use crate::common::demo_ledger::demo_ledger;
use crate::common::http::{Answer, COSE, Node, next_page};
use crate::common::village::{
    PRODUCER, PartySigner, admitted, authority, enrol_village, harvest, lot_uri, product, with,
};
use crate::common::{NOW, party};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const CSV: (&str, &str) = ("Accept", "text/csv");
/// A village of 53.02, and the one of the tests, which has no region.
const HILL: &str = "urn:jejak:party:hill";
const OFFICE: &str = "urn:jejak:party:tts";
const SECOND: &str = "09521321001022";

fn region(code: &str, name: &str) -> Region {
    Region { authority: "kemendagri".into(), edition: "300.2.2-2430/2025".into(), code: code.into(), name: name.into() }
}

/// The authority, the village of the tests, and one more in a village of Timor Tengah Selatan, whose government is enrolled.
struct World {
    node: Node,
    authority: PartySigner,
    village: PartySigner,
    hill: PartySigner,
}

fn world() -> World {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    let mut authority = authority(&node);
    let state = |authority: &mut PartySigner, statement: Statement| {
        admitted(&node.post(COSE, &authority.statement(&statement)));
    };
    let office = Party {
        region: Some(region("53.02", "Kabupaten Timor Tengah Selatan")),
        ..party(OFFICE, "Government", &[Role::Region])
    };
    state(&mut authority, Statement::Party(office));
    let hill = Party {
        region: Some(region("53.02.05.2003", "Desa Netpala")),
        contact: Some("+62 811 000".into()),
        ..party(HILL, "=Hill, \"the\" village", &[Role::Producer])
    };
    state(&mut authority, Statement::Party(hill));
    let key = SigningKey::from_bytes(&[31; 32]);
    let ledger = node.ledger.id().to_owned();
    let possession = prove_possession(&key, &ledger, HILL, Purpose::Admin);
    let public = PublicKey(key.verifying_key().to_bytes());
    let first = Key { party: HILL.into(), key: public, purpose: Purpose::Admin, possession, label: None };
    state(&mut authority, Statement::Key(first));
    let of_hill = product(SECOND, Names::english("Leaf of the hill"), HILL);
    admitted(&node.post(COSE, &village.statement(&Statement::Product(of_hill))));
    let hill = PartySigner { key, iss: HILL.into(), ledger, seq: 0 };
    World { node, authority, village, hill }
}

impl World {
    /// A lot of each village, one after the other.
    fn harvests(&mut self, count: usize) {
        for n in 0..count {
            let lot = format!("V-{n:02}");
            let event = harvest(&lot).to_string();
            admitted(&self.node.post(COSE, &self.village.event(&lot_uri(&lot), event.as_bytes())));
            let uri = format!("https://id.gs1.org/01/{SECOND}/10/H-{n:02}");
            let event =
                with(&harvest(&lot), json!({ "quantityList": [{ "epcClass": uri, "quantity": 1, "uom": "KGM" }] }));
            admitted(&self.node.post(COSE, &self.hill.event(&uri, event.to_string().as_bytes())));
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.node.get(path, &[])
    }

    /// All lots of a filter, page by page.
    fn lots(&self, query: &str) -> Vec<String> {
        self.pages(&format!("/lots?{query}"), |lot| lot["lot"]["lot"].as_str().unwrap().to_owned())
    }

    fn parties(&self, query: &str) -> Vec<String> {
        self.pages(&format!("/parties?{query}"), |party| party["party"].as_str().unwrap().to_owned())
    }

    fn pages(&self, first: &str, name: impl Fn(&Value) -> String) -> Vec<String> {
        let (mut seen, mut next) = (Vec::new(), first.to_owned());
        loop {
            let page = self.get(&next);
            assert_eq!(page.status, 200, "{}", page.text());
            seen.extend(page.json().as_array().unwrap().iter().map(&name));
            match next_page(&page) {
                Some(path) => next = path,
                None => return seen,
            }
        }
    }
}

#[test]
fn pages_of_a_filter_have_each_lot_that_fits_once() {
    let mut world = world();
    world.harvests(7);
    let hill: Vec<String> = (0..7).rev().map(|n| format!("H-{n:02}")).collect();
    assert_eq!(world.lots("").len(), 14);
    for query in [
        "region=53.02",
        "region=53",
        "region=53.02.05.2003",
        &format!("product={SECOND}"),
        &format!("maker={HILL}"),
        "maker=hill",
    ] {
        assert_eq!(world.lots(query), hill, "{query}");
        for limit in [1, 2, 3, 7] {
            assert_eq!(world.lots(&format!("{query}&limit={limit}")), hill, "{query} by {limit}");
        }
    }
    assert_eq!(world.lots("product=9521321001022"), hill, "a GTIN of 13 digits");
    for (query, count) in [
        ("region=53.01", 0),
        ("region=53.02&maker=hill&state=not-inspected&market=ID&commodity=essential-oil", 7),
        ("state=not-inspected", 14),
        ("state=verified", 0),
        ("market=CN", 0),
        ("commodity=crab", 0),
        ("region=&state=&market=&maker=&product=&commodity=", 14),
    ] {
        assert_eq!(world.lots(query).len(), count, "{query}");
    }
    world.node.stop();
}

#[test]
fn filter_that_is_none_is_refused_with_what_there_is() {
    let world = world();
    for (query, allowed) in [
        ("state=good", "verified, findings"),
        ("region=donggala", "72.03"),
        ("market=cn", "ISO 3166-1"),
        ("product=oil", "product=oil"),
        ("maker=nobody", "/parties"),
        ("commodity=gold", "essential-oil"),
        ("format=xml", "json, html, csv"),
    ] {
        let problem = world.get(&format!("/lots?{query}")).problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains(allowed), "{problem}");
    }
    for (query, allowed) in [
        ("role=king", "authority, region"),
        ("standing=gone", "active, suspended"),
        ("accredited-until=soon", "2026-12-31"),
        ("region=7", "72.03"),
        ("format=pdf", "json, html, csv"),
    ] {
        let problem = world.get(&format!("/parties?{query}")).problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains(allowed), "{problem}");
    }
    for path in ["/lots?state=good", "/parties?role=king"] {
        let page = world.node.get(path, &[HTML]);
        assert!(page.status == 400 && page.header("content-type").starts_with("text/html"), "{path}");
    }
    world.node.get("/regions", &[("Accept", "image/png")]).problem(406, "not-acceptable");
    world.node.stop();
}

#[test]
fn parties_are_filtered_by_role_region_standing_and_the_end_of_an_accreditation() {
    let mut world = world();
    assert_eq!(world.parties("role=region"), [OFFICE]);
    assert_eq!(world.parties("region=53.02"), [HILL, OFFICE]);
    assert_eq!(world.parties("region=53.02&role=producer"), [HILL]);
    assert_eq!(world.parties("role=producer&limit=1"), [PRODUCER, HILL], "page by page");
    assert_eq!(world.parties("standing=suspended"), [""; 0]);
    let status = PartyStatus { party: HILL.into(), status: Standing::Suspended, reason: None };
    admitted(&world.node.post(COSE, &world.authority.statement(&Statement::PartyStatus(status))));
    assert_eq!(world.parties("standing=suspended"), [HILL]);

    let lab = "urn:jejak:party:lab";
    let enrolled = Statement::Party(party(lab, "Laboratory", &[Role::Inspector]));
    admitted(&world.node.post(COSE, &world.authority.statement(&enrolled)));
    // until the first second of 2027
    let until = "2027-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let accredited = Accreditation {
        party: lab.into(),
        scope: vec!["*".into()],
        body: "KAN".into(),
        number: "1".into(),
        from: NOW - 86_400,
        until,
        replaces: None,
    };
    admitted(&world.node.post(COSE, &world.authority.statement(&Statement::Accreditation(accredited))));
    assert_eq!(world.parties("accredited-until=2026-12-31"), [""; 0]);
    assert_eq!(world.parties("accredited-until=2027-01-01"), [lab], "as its page writes the day");
    let page = world.node.get("/parties?accredited-until=2027-01-01&lang=en", &[HTML]).text();
    assert!(page.contains("accredited until 1\u{a0}Jan\u{a0}2027") && !page.contains("Government"), "{page}");
    world.node.stop();
}

#[test]
fn clients_that_name_no_form_get_json_and_browsers_a_page_whose_filter_goes_along() {
    let mut world = world();
    world.harvests(2);
    for accept in [&[][..], &[("Accept", "*/*")], &[("Accept", "application/json")]] {
        let answer = world.node.get("/lots", accept);
        assert!(answer.header("content-type").starts_with("application/json") && answer.json().is_array());
        assert!(answer.header("vary").contains("accept"), "{}", answer.header("vary"));
    }
    let page = world.node.get("/lots?region=53.02&limit=1&lang=id", &[HTML]);
    assert!(page.header("content-type").starts_with("text/html"));
    let text = page.text();
    assert!(text.contains("H-01") && !text.contains("H-00") && !text.contains("V-01"), "{text}");
    assert!(text.contains("<option value=\"53.02\" selected>"), "{text}");
    // the next page, the table and the other languages have the same filter
    assert!(
        text.contains("href=\"/lots?region=53.02&#38;lang=en\"")
            || text.contains("href=\"/lots?region=53.02&amp;lang=en\""),
        "{text}"
    );
    let next = next_page(&page).unwrap();
    assert!(next.contains("region=53.02") && next.contains("limit=1"), "{next}");
    assert_eq!(world.node.get(&next, &[HTML]).status, 200);
    assert_eq!(world.node.get("/lots?format=html", &[]).header("content-type"), "text/html; charset=utf-8");
    assert!(world.node.get("/lots?format=json", &[HTML]).json().is_array());
    let made = world.node.get("/lots?maker=hill", &[HTML]).text();
    assert!(made.contains("Made by") && made.contains("name=\"maker\""), "{made}");
    // the home page and that of a party lead there
    let home = world.node.get("/", &[HTML]).text();
    for list in ["/lots", "/parties", "/regions"] {
        assert!(home.contains(&format!("href=\"{list}\"")), "{list}");
    }
    let party = world.node.get("/parties/hill", &[HTML]).text();
    assert!(
        party.contains("href=\"/regions/53.02\"") && party.contains("href=\"/lots?maker=urn%3Ajejak%3Aparty%3Ahill\""),
        "{party}"
    );
    world.node.stop();
}

#[test]
fn tables_quote_their_cells_and_hold_no_formula() {
    let mut world = world();
    world.harvests(1);
    let table = world.node.get("/parties?region=53.02.05", &[CSV]);
    assert_eq!(table.status, 200, "{}", table.text());
    assert!(table.header("content-type").starts_with("text/csv"));
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"parties.csv\"");
    let mut rows = csv_rows(&table.text());
    assert_eq!(rows.len(), 2, "{rows:?}");
    let party = rows.remove(1);
    assert_eq!(party[..6], [HILL, "'=Hill, \"the\" village", "producer", "active", "ID", "53.02.05.2003"]);
    assert_eq!(party[10], "'+62 811 000");
    let lots = csv_rows(&world.node.get("/lots?maker=hill&format=csv", &[HTML]).text());
    assert_eq!((lots[0][2].as_str(), lots[1][2].as_str()), ("number", "H-00"));
    assert_eq!((lots[1][6].as_str(), lots[1][7].as_str(), lots[1][10].as_str()), ("1000", "gram", "53.02.05.2003"));
    assert_eq!(lots[1][9], "'=Hill, \"the\" village");
    let regions = csv_rows(&world.get("/regions?format=csv").text());
    assert_eq!((regions.len(), regions[1][0].as_str(), regions[1][3].as_str()), (63, "53.02", OFFICE));
    let months = csv_rows(&world.get("/regions/53.02?format=csv").text());
    let last = months.last().unwrap();
    assert_eq!((months.len(), last[2].as_str(), last[3].as_str()), (14, "all", "1"), "{months:?}");
    world.node.stop();
}

/// The cells of a table in which no cell has a line break.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let row = |line: &str| {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        let mut characters = line.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    cells.last_mut().unwrap().push(characters.next().unwrap())
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    text.lines().map(row).collect()
}

#[test]
fn region_has_what_its_villages_made_and_one_that_is_not_there_leads_to_one_that_is() {
    let mut world = world();
    world.harvests(3);
    let listed = world.get("/regions").json();
    let regions = listed["regions"].as_array().unwrap();
    assert_eq!((regions.len(), &regions[0]["code"], &regions[0]["offices"]), (62, &json!("53.02"), &json!([OFFICE])));
    assert_eq!((&regions[0]["producers"], &regions[0]["lots"]), (&json!(1), &json!(3)));
    assert_eq!(regions.iter().filter(|region| region["producers"] != 0).count(), 1);
    assert_eq!((&listed["counted"], &listed["more"]), (&json!(6), &json!(false)));

    let facts = world.get("/regions/53.02").json();
    assert_eq!(facts["producers"][0]["party"]["party"], HILL);
    assert_eq!((&facts["counts"]["lots"], &facts["states"]), (&json!(3), &json!({ "not-inspected": 3 })));
    let months = facts["months"].as_array().unwrap();
    assert_eq!((months.len(), &months[11]["month"], &months[11]["lots"]), (12, &json!("2026-09"), &json!(3)));
    assert_eq!((facts["open"].as_array().unwrap().len(), &facts["open"][0]["outcome"]), (3, &Value::Null));
    let province = world.get("/regions/53").json();
    assert_eq!((&province["counts"], &province["name"]), (&facts["counts"], &json!("Provinsi Nusa Tenggara Timur")));
    assert_eq!(province["inside"].as_array().unwrap().len(), 13);
    assert_eq!(world.get("/regions/72.03").json()["counts"]["lots"], 0, "a listed regency without anybody");

    let inside = world.get("/regions/53.02.05.2003").problem(404, "not-found");
    assert!(inside["detail"].as_str().unwrap().contains("/regions/53.02 "), "{inside}");
    for unknown in ["11.71", "99", "x", "53.02.05.2003.1", "%3Cb%3E"] {
        let problem = world.get(&format!("/regions/{unknown}")).problem(404, "not-found");
        assert!(problem["detail"].as_str().unwrap().contains("/regions "), "{problem}");
    }
    let (dir, url) = (tempfile::tempdir().unwrap(), format!("http://{}", world.node.addr));
    let shown = ok(&jejak(dir.path(), &["region", "show", "53.02", "--node", &url]));
    assert!(
        shown.contains("(53.02)\nproducers and processors 1, suspended 0") && shown.contains("     3 lots made"),
        "{shown}"
    );
    let all = ok(&jejak(dir.path(), &["region", "list", "--node", &url]));
    assert!(all.lines().count() == 63 && all.contains("53.02    government"), "{all}");
    assert_eq!(code(&jejak(dir.path(), &["region", "show", "11.71", "--node", &url])), 4, "not there");

    let page = world.node.get("/regions/53.02.05.2003?lang=en", &[HTML]);
    assert!(page.status == 404 && page.text().contains("href=\"/regions/53.02?lang=en\""), "{}", page.text());
    world.node.stop();
}

#[test]
fn counts_of_the_demo_agree_with_its_lists() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
    let app = router(App::new(ledger.clone(), config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = |path: &str, accept: &str| -> String {
        runtime.block_on(async {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let body = axum::body::to_bytes(answer.into_body(), 64 << 20).await.unwrap();
            String::from_utf8_lossy(&body).into_owned()
        })
    };
    let json = |path: &str| -> Value { serde_json::from_str(&text(path, "application/json")).unwrap() };
    let number = |value: &Value| value.as_u64().unwrap();
    // lots that were not withdrawn
    let standing = |lots: &Value| lots.as_array().unwrap().iter().filter(|lot| lot["produced"] != "0").count() as u64;
    let listed = json("/regions");
    let enrolled: Vec<&Value> =
        listed["regions"].as_array().unwrap().iter().take_while(|row| row["offices"] != json!([])).collect();
    assert_eq!(enrolled.len(), 4);
    let (mut lots, mut recalls, mut shipments, mut failed, mut asked) = (0, 0, 0, 0, 0);
    for row in enrolled {
        let code = row["code"].as_str().unwrap();
        let facts = json(&format!("/regions/{code}"));
        let made = standing(&json(&format!("/lots?region={code}")));
        assert_eq!((number(&row["lots"]), number(&facts["counts"]["lots"])), (made, made), "{code}");
        let by_state: u64 = facts["states"].as_object().unwrap().values().map(number).sum();
        assert_eq!(by_state, made, "{code}");
        for measure in ["lots", "passed", "failed", "shipments", "findings", "holds", "recalls"] {
            let by_month: u64 = facts["months"].as_array().unwrap().iter().map(|month| number(&month[measure])).sum();
            assert_eq!(by_month, number(&facts["counts"][measure]), "{measure} in {code}");
        }
        assert!(made == 0 || facts["places"][0]["place"]["near"].is_string(), "{code}: {}", facts["places"]);
        (lots, recalls) = (lots + made, recalls + number(&facts["counts"]["recalls"]));
        (shipments, failed) =
            (shipments + number(&facts["counts"]["shipments"]), failed + number(&facts["counts"]["failed"]));
        asked += facts["open"].as_array().unwrap().iter().filter(|open| open["outcome"].is_string()).count();
        for lang in ["id", "en", "zh"] {
            let page = text(&format!("/regions/{code}?lang={lang}"), "text/html");
            for key in ["region-", "outcome-", "list-", "month-of", "standing-", "filter-"] {
                let shown = page.match_indices(&format!(">{key}")).count();
                assert_eq!(shown, 0, "{key} in {lang}");
            }
        }
    }
    assert_eq!(lots, standing(&json("/lots")), "every lot is of a region");
    assert!(recalls == 1 && shipments >= 4 && failed >= 1 && asked >= 1, "{recalls} {shipments} {failed} {asked}");
    ledger.shutdown();
}
