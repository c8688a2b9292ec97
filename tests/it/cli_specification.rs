//! Banana flour at home, from the adoption of a specification to a green page, by the real command and over real HTTP: no public figure was
//! found for it, so a limit that the producer signed makes the gate.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::cli_new_user::{ADMIN, LAB, MINISTRY, PLACE, User, VILLAGE, enrol, fails, founded, json as done, stderr};
use crate::common::http::{Answer, request};
use crate::common::{eventually, without_bdi};

const FLOUR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/flour-specification.json");
const GREEN: &str = "(01)09521321001015(10)PISANG-1";
const OTHER: &str = "https://id.gs1.org/417/9521321000315";

/// Every parameter of the list of banana flour for Indonesia.
const RESULTS: [&str; 17] = [
    "appearance=conforms",
    "foreign-matter=absent",
    "insects=absent",
    "other-starch=absent",
    "fineness=97,P1,0.5",
    "moisture=8.1,P1,0.2",
    "so2=5,NA,1",
    "pb=0.05,NA,0.01",
    "cu=2,NA,0.1",
    "zn=9,NA,0.5",
    "hg=0.01,NA,0.002",
    "as=0.1,NA,0.02",
    "tpc=20000,[CFU]/g,900",
    "e-coli=<3,{MPN}/g",
    "mould-yeast=80,[CFU]/g,10",
    "salmonella=negatif",
    "staph=<10,[CFU]/g",
];

fn get(user: &User, path: &str, accept: &str) -> Answer {
    let mut stream = TcpStream::connect(user.node.trim_start_matches("http://")).unwrap();
    stream.write_all(&request("GET", path, &[("Accept", accept)], b"")).unwrap();
    Answer::read(&mut stream)
}

fn page(user: &User, path: &str) -> String {
    without_bdi(&get(user, path, "text/html").text())
}

/// A ledger with a village that grows and mills bananas, and a laboratory.
fn mill() -> User {
    let (user, _) = founded();
    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "inspector", "lab.pem");
    let accredit = ["party", "accredit", LAB, "--scope", "banana-flour", "--body", "KAN", "--number", "LP-1"];
    let period = ["--from", "2026-01-01T00:00:00Z", "--until", "2099-01-01T00:00:00Z"];
    user.done(MINISTRY, ADMIN, &[&accredit[..], &period[..]].concat());
    for (gtin, form) in [("09521321001015", "green-banana"), ("09521321001022", "banana-flour")] {
        let product = ["product", gtin, "--name", form, "--unit", "gram", "--maker", VILLAGE];
        let kind = ["--commodity", "banana-flour", "--form", form];
        user.done(VILLAGE, "village.pem", &[&product[..], &kind[..]].concat());
    }
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Mill", "--kind", "processing"]);
    let green = format!("{GREEN}=2500KGM");
    let harvest = ["record", "new", "harvest", "--lot", &green, "--at", PLACE];
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    user.done(VILLAGE, "village.pem", &[&harvest[..], &days[..]].concat());
    user
}

/// Mills flour of so many kilograms of bananas, and draws a sample of it.
fn flour(user: &User, name: &str, kilos: u32) -> String {
    let lot = format!("(01)09521321001022(10){name}");
    let (green, made) = (format!("{GREEN}={kilos}KGM"), format!("{lot}={}KGM", kilos / 5));
    let milled =
        ["record", "new", "process", "--input", &green, "--output", &made, "--process", "milling", "--at", PLACE];
    user.done(VILLAGE, "village.pem", &milled);
    let (part, id) = (format!("{lot}=0.5KGM"), format!("S-{name}"));
    let sample = ["record", "new", "sample", "--lot", &part, "--sample", &id, "--holder", VILLAGE, "--at", PLACE];
    user.done(LAB, "lab.pem", &sample);
    lot
}

/// An inspection of everything, by the standard and by `more`.
fn inspected(user: &User, lot: &str, moisture: &str, more: &[&str]) -> std::process::Output {
    let (_, name) = lot.split_once("(10)").unwrap();
    let sample = format!("S-{name}");
    let mut args = vec!["record", "new", "inspect", "--lot", lot, "--at", PLACE, "--sample", &sample];
    for result in RESULTS {
        args.extend(["--result", if result.starts_with("moisture=") { moisture } else { result }]);
    }
    for set in ["ID/SNI-01-3841-1995", "ID/SNI-01-3841-1995/type-B"] {
        args.extend(["--requirement", set]);
    }
    user.signed(LAB, "lab.pem", &[&args, more].concat())
}

fn shown(user: &User, lot: &str) -> Value {
    done(&user.run(&["lot", "show", lot, "--json"]))
}

#[test]
fn adopted_specification_makes_flour_at_home_verified_and_is_named_wherever_it_is_shown() {
    let user = mill();
    // without a specification nobody can say that it is enough
    let before = flour(&user, "TEPUNG-0", 1_250);
    done(&inspected(&user, &before, "moisture=8.1,P1,0.2", &[]));
    assert_eq!(shown(&user, &before)["headline"], "no-verdict");

    done(&user.run(&["specification", "check", FLOUR, "--json"]));
    let adopted = user.done(VILLAGE, "village.pem", &["specification", "adopt", FLOUR]);
    let record = adopted["id"].as_str().unwrap().to_owned();
    let listed = done(&user.run(&["specification", "list", "--json"]));
    assert_eq!((&listed[0]["record"], &listed[0]["party"]), (&json!(record), &json!(VILLAGE)), "{listed}");
    let file = done(&user.run(&["specification", "show", &record, "--json"]));
    assert_eq!(file, serde_json::from_slice::<Value>(&std::fs::read(FLOUR).unwrap()).unwrap());

    let lot = flour(&user, "TEPUNG-1", 1_000);
    // the inspector that does not name it is warned
    let unnamed = inspected(&user, &lot, "moisture=8.1,P1,0.2", &[]);
    done(&unnamed);
    assert!(stderr(&unnamed).contains(&format!("--requirement SPEC/{record}")), "{}", stderr(&unnamed));
    assert_eq!(shown(&user, &lot)["headline"], "no-verdict");
    let unknown = ["--requirement", "SPEC/rice"];
    fails(&inspected(&user, &lot, "moisture=8.1,P1,0.2", &unknown), 2, "mill-24/flour");
    done(&inspected(&user, &lot, "moisture=8.1,P1,0.2", &["--requirement", "SPEC/mill-24/flour"]));

    let view = shown(&user, &lot);
    assert_eq!(view["headline"], "verified", "{}", view["findings"]);
    let gating = &view["judged"]["specifications"][0];
    assert_eq!(
        (&gating["record"], &gating["id"], &gating["version"]),
        (&json!(record), &json!("mill-24/flour"), &json!("1"))
    );
    assert_eq!(view["inspections"][0]["specifications"][0]["record"], *record);
    let text = String::from_utf8(user.run(&["lot", "show", &lot]).stdout).unwrap();
    assert!(text.contains(&format!("contract   mill-24/flour 1 of producer (SPEC/{record})")), "{text}");

    // the page names it, in each language, and leads to the statement and the file
    for (language, name) in [
        ("en", "Banana flour specification of the village enterprise"),
        ("id", "Spesifikasi tepung pisang BUM Desa"),
        ("zh", "村企业香蕉粉规格"),
    ] {
        let path = format!("/01/09521321001022/10/TEPUNG-1?lang={language}");
        // a record is published shortly after it is acknowledged
        eventually(|| page(&user, &path).contains("class=\"band verified"));
        let lot = page(&user, &path);
        assert!(lot.matches(name).count() >= 3, "band, tests and inspection: {lot}");
        assert!(lot.contains(&format!("/entries/{record}")), "{lot}");
        let party = page(&user, &format!("/parties/9521321000117?lang={language}"));
        assert!(party.contains(name), "{party}");
    }
    let blake3 = gating["blake3"].as_str().unwrap();
    assert_eq!(get(&user, &format!("/profiles/{blake3}"), "*/*").body, std::fs::read(FLOUR).unwrap());

    // whoever checks the proof, or the whole log, comes to the same
    let proof = format!("{}/lots/09521321001022/TEPUNG-1/proof", user.node);
    let verdict = done(&user.run(&["verify", &proof, "--json"]));
    assert_eq!((&verdict["consistent"], &verdict["lot"]["headline"]), (&json!(true), &json!("verified")));
    assert_eq!(verdict["lot"]["judged"], view["judged"]);
    assert_eq!(done(&user.run(&["audit", &user.node, "--json"]))["sound"], true);

    // a new version does not reach back; a withdrawn one gates nothing that comes later
    let next = std::fs::read_to_string(FLOUR).unwrap().replacen("\"version\": \"1\"", "\"version\": \"2\"", 1);
    std::fs::write(user.path("next.json"), next).unwrap();
    fails(&user.signed(VILLAGE, "village.pem", &["specification", "adopt", "next.json"]), 4, "replaces-not-current");
    let second = user.done(VILLAGE, "village.pem", &["specification", "adopt", "next.json", "--replaces", &record]);
    assert_eq!(shown(&user, &lot)["headline"], "verified");
    user.done(VILLAGE, "village.pem", &["specification", "withdraw", second["id"].as_str().unwrap()]);
    assert_eq!(done(&user.run(&["specification", "list", "--json"])), json!([]));
    assert_eq!(done(&user.run(&["specification", "list", "--all", "--json"])).as_array().unwrap().len(), 2);
}

#[test]
fn flour_that_fails_the_adopted_limit_fails_and_one_that_lacks_it_is_partly_tested() {
    let user = mill();
    let adopted = user.done(VILLAGE, "village.pem", &["specification", "adopt", FLOUR]);
    let named = format!("SPEC/{}", adopted["id"].as_str().unwrap());
    let lot = flour(&user, "TEPUNG-1", 1_000);
    let by = ["--requirement", &named];
    fails(&inspected(&user, &lot, "moisture=12.5,P1,0.2", &by), 4, "verdict-disagrees");
    done(&inspected(&user, &lot, "moisture=12.5,P1,0.2", &[&by[..], &["--failed"]].concat()));
    let view = shown(&user, &lot);
    assert_eq!(view["headline"], "failed");
    let results = view["inspections"][0]["results"].as_array().unwrap();
    let failed: Vec<&Value> = results.iter().filter(|r| r["verdict"] == "fail" && r["advisory"] == false).collect();
    assert_eq!((failed.len(), &failed[0]["requirement"]), (1, &json!(named)), "{failed:?}");

    // measured on no sample that fits: moisture does not count
    let lot = flour(&user, "TEPUNG-2", 900);
    let inspect =
        ["record", "new", "inspect", "--lot", &lot, "--at", PLACE, "--sample", "S-9", "--requirement", &named];
    done(&user.signed(LAB, "lab.pem", &[&inspect[..], &["--result", "moisture=8.1,P1,0.2"]].concat()));
    let view = shown(&user, &lot);
    assert_eq!(view["headline"], "partly-tested");
    assert_eq!(view["judged"]["specifications"][0]["version"], "1");
}

#[test]
fn specification_that_can_not_be_adopted_is_refused_before_it_is_signed() {
    type Change = (fn(&mut Value), &'static str);
    let user = mill();
    let write = |change: &dyn Fn(&mut Value)| {
        let mut file: Value = serde_json::from_slice(&std::fs::read(FLOUR).unwrap()).unwrap();
        change(&mut file);
        std::fs::write(user.path("mine.json"), file.to_string()).unwrap();
    };
    let seq = user.seq("village.pem");
    let changes: [Change; 4] = [
        (|file| file["rules"][0]["parameter"] = "wetness".into(), "no parameter wetness"),
        (|file| file["commodity"] = "durian".into(), "no profile of durian"),
        (|file| file["rules"] = json!([]), "rules: is empty"),
        (|file| file["colour"] = "red".into(), "unknown field"),
    ];
    for (change, word) in changes {
        write(&change);
        for verb in ["check", "adopt"] {
            let args = ["specification", verb, "mine.json"];
            let output = if verb == "check" { user.run(&args) } else { user.signed(VILLAGE, "village.pem", &args) };
            fails(&output, 2, word);
        }
    }
    assert_eq!(user.seq("village.pem"), seq, "nothing was signed");
    write(&|file| file["names"]["en"] = "Flour".into());
    enrol(&user, OTHER, "forwarder", "other.pem");
    fails(&user.signed(OTHER, "other.pem", &["specification", "adopt", "mine.json"]), 4, "specification-by-whom");
}
