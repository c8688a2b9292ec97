//! A commodity is one JSON file: vanilla, of which nothing stands in the program, goes from `profile enact` through harvest and
//! inspection to its pages, by the real command and over real HTTP.

use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;

use crate::cli_new_user::{ADMIN, LAB, MINISTRY, PLACE, User, VILLAGE, enrol, fails, founded, json, stderr};
use crate::common::http::{Answer, request};
use crate::common::without_bdi;

const VANILLA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/vanilla.json");
const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/vanilla-guide.json");
const LOT: &str = "(01)09521321001015(10)VANILI-1";

fn page(user: &User, path: &str) -> String {
    let mut stream = TcpStream::connect(user.node.trim_start_matches("http://")).unwrap();
    stream.write_all(&request("GET", path, &[("Accept", "text/html")], b"")).unwrap();
    // names stand in elements of their own
    without_bdi(&Answer::read(&mut stream).text())
}

#[test]
fn a_commodity_added_by_one_file_has_pages_in_its_own_words() {
    let (user, _) = founded();
    json(&user.run(&["profile", "check", VANILLA, "--json"]));
    page(&user, "/"); // the words of the profiles are cached from here on
    let from = ["--from", "2026-01-01T00:00:00Z"];
    user.done(MINISTRY, ADMIN, &[&["profile", "enact", VANILLA][..], &from[..]].concat());
    let shown = json(&user.run(&["profile", "show", "vanilla", "--json"]));
    assert_eq!(shown, serde_json::from_slice::<Value>(&std::fs::read(VANILLA).unwrap()).unwrap());
    let listed = json(&user.run(&["profile", "list", "--json"]));
    assert!(listed["ledger"].as_array().unwrap().iter().any(|profile| profile["id"] == "vanilla"), "{listed}");
    assert!(!listed["shipped"].as_array().unwrap().iter().any(|profile| profile["id"] == "vanilla"), "{listed}");

    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "inspector", "lab.pem");
    let accredit = ["party", "accredit", LAB, "--scope", "vanilla", "--body", "KAN", "--number", "LP-1"];
    let period = ["--from", "2026-01-01T00:00:00Z", "--until", "2099-01-01T00:00:00Z"];
    user.done(MINISTRY, ADMIN, &[&accredit[..], &period[..]].concat());
    let product = ["product", "09521321001015", "--name", "Bourbon beans", "--unit", "piece", "--maker", VILLAGE];
    let names = ["--name-in", "id=Vanili bourbon", "--name-in", "fr=Gousses de vanille"];
    let kind = ["--commodity", "vanilla", "--form", "cured-beans"];
    user.done(VILLAGE, "village.pem", &[&product[..], &names[..], &kind[..]].concat());
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Garden", "--kind", "village"]);
    let beans = format!("{LOT}=120H87");
    let harvest = ["record", "new", "harvest", "--lot", &beans, "--at", PLACE];
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    user.done(VILLAGE, "village.pem", &[&harvest[..], &days[..]].concat());
    let sample = format!("{LOT}=2H87");
    let sample = ["record", "new", "sample", "--lot", &sample, "--sample", "S-1", "--holder", VILLAGE, "--at", PLACE];
    user.done(LAB, "lab.pem", &sample);
    let inspect = ["record", "new", "inspect", "--lot", LOT, "--at", PLACE, "--sample", "S-1"];
    let requirement = ["--requirement", "BUYER/gourmet"];
    let of = |mould| [&inspect[..], &["--result", "vanilla-moisture=30,P1", "--result", mould], &requirement].concat();
    let refused = user.signed(LAB, "lab.pem", &of("mould=negatiff"));
    fails(&refused, 2, "negatiff is not a word of mould");
    for part in ["BUYER/gourmet accepts absent", "did you mean negatif?", "absent (tidak ada, 无)"] {
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
    // a word of the village's language is signed in the one form of the profile
    let inspected = user.done(LAB, "lab.pem", &of("mould=NEGATIF"));
    let shown = json(&user.run(&["record", "show", inspected["id"].as_str().unwrap(), "--json"]));
    let reports = &shown["payload"]["sensorElementList"][0]["sensorReport"];
    assert_eq!(reports[1]["stringValue"], "absent", "{reports}");

    // what is missing before its export is a file, too
    let asked = ["lot", "readiness", LOT, "--market", "EU"];
    let unguided = json(&user.run(&[&asked[..], &["--json"]].concat()));
    assert_eq!((&unguided["outcome"], unguided["gates"].as_array().unwrap().len()), (&"not-known".into(), 0));
    user.done(MINISTRY, ADMIN, &["guide", "enact", GUIDE]);
    let guided = json(&user.run(&[&asked[..], &["--json"]].concat()));
    assert_eq!(guided["gates"][0]["status"], "unknown", "nobody has looked into it: {guided}");
    let phyto = |answer: &Value| {
        let documents = answer["documents"].as_array().unwrap();
        documents.iter().find(|item| item["id"] == "phyto").unwrap()["state"].clone()
    };
    assert_eq!(phyto(&guided), "asked");
    let answered = [&asked[..], &["--yes", "phytosanitary-asked", "--json"]].concat();
    assert_eq!(phyto(&json(&user.run(&answered))), "missing");
    let said = user.run(&[&asked[..], &["--lang", "id"]].concat());
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("Belum diketahui") && said.contains("vanili Indonesia"), "{said}");

    // in each language: harvest, count, parameter, requirement, product's name, commodity
    let languages = [
        (
            "en",
            [
                "Picked 1\u{2013}2\u{a0}Jan\u{a0}2026",
                "120\u{a0}beans",
                "Moisture",
                "Gourmet beans",
                "Bourbon beans",
                "Vanilla",
            ],
        ),
        (
            "id",
            [
                "Dipetik 1\u{2013}2\u{a0}Jan\u{a0}2026",
                "120\u{a0}batang",
                "Kadar air",
                "Vanili gourmet",
                "Vanili bourbon",
                "Vanili",
            ],
        ),
        ("zh", ["采摘：2026年1月1日至2日", "120\u{a0}根", "水分", "特级香草荚", "Bourbon beans", "香草"]),
    ];
    for (language, words) in languages {
        let lot = page(&user, &format!("/01/09521321001015/10/VANILI-1?lang={language}"));
        for word in &words[..5] {
            assert!(lot.contains(word), "{word} in {language}: {lot}");
        }
        let product = page(&user, &format!("/01/09521321001015?lang={language}"));
        assert!(product.contains(words[5]), "{} in {language}: {product}", words[5]);
        for drawn in [&lot, &product, &page(&user, &format!("/?lang={language}"))] {
            assert!(drawn.contains(r##"<use href="#p-0"/>"##), "the page uses the drawing: {drawn}");
            assert!(drawn.contains(r#"<path class="tint" d="M20 8c2 16 6 34 16 48"#), "and defines it: {drawn}");
        }
    }
}

#[test]
fn profile_check_names_each_mistake_and_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.json");
    let text = std::fs::read_to_string(VANILLA).unwrap();
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        crate::common::command::jejak(dir.path(), &["profile", "check", "bad.json"])
    };
    let misspelt = text.replacen("\"max\": \"38\"", "\"mx\": \"38\"", 1);
    assert_ne!(misspelt, text);
    let line = 1 + misspelt.lines().position(|line| line.contains("\"mx\"")).unwrap();
    fails(&check(&misspelt), 2, "unknown field `mx`");
    fails(&check(&misspelt), 2, &format!("line {line}, column "));
    // every value that does not fit is named at once
    let crossed = text.replacen("\"min\": \"25\"", "\"min\": \"36\"", 1).replacen("\"M20 8c", "\"<script>", 1);
    let crossed = check(&crossed);
    fails(&crossed, 2, "requirements[1].rules[0].min: is above max");
    assert!(stderr(&crossed).contains("drawing: "), "{}", stderr(&crossed));
    // a way that leads from or to a form that the profile does not define
    let astray = text.replacen("\"green-beans\"\n", "\"green-bean\"\n", 1).replacen(
        "\"to\": [\n      \"cured-",
        "\"to\": [\n      \"dried-",
        1,
    );
    let astray = check(&astray);
    fails(&astray, 2, "processes[0].conversions[0].from: there is no form green-bean");
    assert!(
        stderr(&astray).contains("processes[0].conversions[0].to: there is no form dried-beans"),
        "{}",
        stderr(&astray)
    );
    fails(&check("{\"format\": 1, \"format\": 1}"), 2, "not strict JSON");
}
