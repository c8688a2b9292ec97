//! GS1 Digital Link URIs and element strings against the vectors of the GS1 syntax engine (`tests/testdata/README.md`). Vectors
//! with an Application Identifier that this product does not support are counted by identifier.

use std::collections::BTreeMap;

use crate::common::testdata;
use jejak::gs1::element;
use jejak::gs1::{DigitalLink, LinkError, PrimaryKey};
use serde::Deserialize;
use serde_json::Value;

fn load<T: for<'a> Deserialize<'a>>(file: &str) -> T {
    let bytes = std::fs::read(testdata("digital-link").join(file)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[derive(Default)]
struct Tally {
    passed: u32,
    unsupported: BTreeMap<String, u32>,
    wrong: Vec<String>,
}

impl Tally {
    fn unsupported(&mut self, why: impl Into<String>) {
        *self.unsupported.entry(why.into()).or_default() += 1;
    }

    fn end(self, what: &str, at_least: u32) {
        println!("{what}: {} passed; not supported, by AI: {:?}", self.passed, self.unsupported);
        assert!(self.wrong.is_empty(), "{what}:\n{}", self.wrong.join("\n"));
        assert!(self.passed >= at_least, "{what}: only {} passed", self.passed);
    }
}

#[derive(Deserialize)]
struct Parse {
    valid: bool,
    uri: String,
    element_string: String,
    options: BTreeMap<String, Value>,
}

#[test]
fn uris_parse_as_in_the_gs1_syntax_engine() {
    let cases = load::<Vec<Parse>>("parse_dl_uri.json");
    let mut tally = Tally::default();
    for case in cases {
        if let Some(option) = case.options.keys().next() {
            tally.unsupported(format!("option {option}"));
            continue;
        }
        match (DigitalLink::parse(&case.uri), case.valid) {
            (Ok(link), true) => {
                let got = element::unbracketed_text(&link.elements);
                if got == case.element_string {
                    tally.passed += 1;
                } else {
                    tally.wrong.push(format!("{}: {got}, not {}", case.uri, case.element_string));
                }
            }
            (Err(LinkError::Unsupported(ai)), true) => tally.unsupported(ai),
            (Err(_), false) => tally.passed += 1,
            (Err(error), true) => tally.wrong.push(format!("{}: {error}", case.uri)),
            (Ok(_), false) => tally.wrong.push(format!("{} was accepted", case.uri)),
        }
    }
    tally.end("URIs read", 45);
}

#[test]
fn resolver_ignores_invalid_attributes_and_the_strict_parser_refuses_them() {
    let lot = "01/09521321001015/10/A";
    for (path, query, ignored) in [
        (lot, "", &[][..]),
        (lot, "17=271231&utm=x&23=1", &["23"]),
        (lot, "17=991399", &["17"]),
        (lot, "3103=abc&3102=000100&3101=000100", &["3103", "3101"]),
        (lot, "17=271231&17=271231", &["17"]),
        ("01/09521321001015/22/2A/10/A", "37=%zz", &["22", "37"]),
        (lot, "22=2A&8200=x", &["22", "8200"]),
    ] {
        let resolved = DigitalLink::resolve(path, query).unwrap();
        assert!(matches!(resolved.key, PrimaryKey::Lot(_)), "{path}?{query}");
        assert_eq!(resolved.ignored, ignored, "{path}?{query}");
        let strict = DigitalLink::parse(&format!("https://x.example/{path}?{query}"));
        let qualified = !path.contains("/22/");
        assert_eq!(strict.is_ok_and(|link| link.key().is_ok()), ignored.is_empty() && qualified, "{path}?{query}");
    }
    for (path, query) in
        [(lot, "10=B"), (lot, "21=S"), (lot, "01=09521321001015"), ("01/09521321001016/10/A", ""), ("22/2A/10/A", "")]
    {
        assert!(DigitalLink::resolve(path, query).is_err(), "{path}?{query}");
    }
    let wrong = DigitalLink::parse("https://example.org/01/09521321001016").unwrap_err();
    assert_eq!(wrong.to_string(), "(01) 09521321001016 has a wrong check digit: it should be 5");
}

#[derive(Deserialize)]
struct Generate {
    valid: bool,
    stem: Option<String>,
    ai: String,
    uri: String,
    options: BTreeMap<String, Value>,
}

#[test]
fn uris_are_built_as_in_the_gs1_syntax_engine() {
    let cases = load::<Vec<Generate>>("generate_dl_uri.json");
    let mut tally = Tally::default();
    for case in cases {
        if let Some(option) = case.options.keys().next() {
            tally.unsupported(format!("option {option}"));
            continue;
        }
        let stem = case.stem.as_deref().unwrap_or("https://id.gs1.org").trim_end_matches('/');
        let got = element::parse(&case.ai).and_then(DigitalLink::from_elements).map(|l| l.uri(stem));
        match (got, case.valid) {
            (Ok(uri), true) if uri == case.uri => tally.passed += 1,
            (Ok(uri), _) => tally.wrong.push(format!("{}: {uri}, not {}", case.ai, case.uri)),
            (Err(LinkError::Unsupported(ai)), true) => tally.unsupported(ai),
            (Err(_), false) => tally.passed += 1,
            (Err(error), true) => tally.wrong.push(format!("{}: {error}", case.ai)),
        }
    }
    tally.end("URIs written", 18);
}

#[derive(Deserialize)]
struct Element {
    valid: bool,
    element_string: String,
}

#[test]
fn element_strings_parse_as_in_the_gs1_syntax_engine() {
    let cases = load::<Vec<Element>>("process_ai_data.json");
    let mut tally = Tally::default();
    for case in cases {
        match (element::parse(&case.element_string), case.valid) {
            (Ok(_), true) | (Err(_), false) => tally.passed += 1,
            (Err(LinkError::Unsupported(ai)), true) => tally.unsupported(ai),
            // the vectors of this file test one identifier at a time, without those it requires
            (Err(LinkError::Pairing(ai)), true) => tally.unsupported(format!("{ai} alone")),
            (Err(error), true) => tally.wrong.push(format!("{}: {error}", case.element_string)),
            (Ok(_), false) => tally.wrong.push(format!("{} was accepted", case.element_string)),
        }
    }
    tally.end("element strings", 45);
}

#[test]
fn path_qualifiers_are_accepted_in_standard_order_only() {
    let orders = load::<Vec<Vec<String>>>("valid_path_ai_sequences.json");
    let checked = |body: &str| format!("{body}{}", jejak::gs1::check::digit(body).unwrap());
    let sample = |ai: &str| match ai {
        "00" | "8017" | "8018" => checked("00614141123456789"),
        "01" => checked("1231231231233"),
        "402" => checked("9520123456780012"),
        "414" | "417" | "253" | "255" => checked("952012345678"),
        "8003" => format!("0{}", checked("952012345678")),
        "8004" | "401" | "8010" => "95201".to_owned(),
        "8006" => format!("{}0102", checked("1231231231233")),
        "8013" => "1987654Ad4X4bL5ttr2310c2K".to_owned(),
        "8011" | "8019" => "12".to_owned(),
        "7040" => "1A2b".to_owned(),
        _ => "A1".to_owned(),
    };
    let mut tally = Tally::default();
    for order in &orders {
        let path: Vec<String> = order.iter().map(|ai| format!("{ai}/{}", sample(ai))).collect();
        match DigitalLink::from_path_and_query(&path.join("/"), "") {
            Ok(_) => tally.passed += 1,
            // the dictionary asks for (01) beside (22); the vectors are about the order
            Err(LinkError::Pairing(ai)) if ai == "22" => tally.passed += 1,
            Err(LinkError::Unsupported(ai)) => tally.unsupported(ai),
            Err(error) => tally.wrong.push(format!("{order:?}: {error}")),
        }
    }
    // and every other order of the same qualifiers is refused
    for path in ["01/12312312312333/21/A/10/B", "01/12312312312333/10/A/22/B", "01/12312312312333/235/A/10/B"] {
        assert!(DigitalLink::from_path_and_query(path, "").is_err(), "{path}");
    }
    assert!(tally.unsupported.is_empty(), "{:?}", tally.unsupported);
    tally.end("path orders", 39);
}

#[derive(Deserialize)]
struct Escapes {
    escape: Vec<Escape>,
}

#[derive(Deserialize)]
struct Escape {
    input: String,
    path: String,
}

#[test]
fn path_components_are_escaped_as_in_the_gs1_syntax_engine() {
    let cases = load::<Escapes>("uri_escape.json");
    for case in cases.escape {
        assert_eq!(jejak::gs1::link::encode_component(&case.input), case.path);
        assert_eq!(jejak::gs1::link::decode_component(&case.path).as_deref(), Some(case.input.as_str()));
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        let _ = DigitalLink::parse(&text);
        let _ = element::parse(&text);
        let _ = DigitalLink::parse(&format!("https://x/01/{text}"));
    }

    #[test]
    fn lot_uris_round_trip(lot in "[!-Z_a-z]{1,20}") {
        if let Ok(lot) = lot.parse() {
            let id = jejak::gs1::LotId { gtin: "09521321001015".parse().unwrap(), lot };
            let link = DigitalLink::parse(&id.uri()).unwrap();
            proptest::prop_assert_eq!(link.canonical(), id.uri());
            proptest::prop_assert_eq!(link.key().unwrap(), jejak::gs1::PrimaryKey::Lot(id));
        }
    }
}

#[test]
fn refused_uri_names_the_reason() {
    let why = |uri: &str| DigitalLink::parse(uri).map(|link| link.canonical()).map_err(|error| error.to_string());
    let lot = "01/09521321001015/10/A-1";
    assert_eq!(why(&format!("HTTPS://x.example/{lot}")), Ok(format!("https://id.gs1.org/{lot}")));
    assert!(why("https://x.example/01/9521321001015/10/A-1").unwrap_err().contains("09521321001015"));
    assert!(why("https://x.example/DBHKVAdpQgqrg").unwrap_err().contains("compressed"));
    assert!(why(&format!("https://x.example/{lot}?3922=1")).unwrap_err().contains("3922"));
    // a resolver still resolves the lot
    let resolved = DigitalLink::resolve(lot, "3922=1&23=1&linkType=all").unwrap();
    assert_eq!(
        (resolved.link.canonical(), resolved.ignored),
        (format!("https://id.gs1.org/{lot}"), vec!["3922".into(), "23".into()])
    );
    let scanned = "0109521321001015";
    for symbology in ["]C1", "]d2", "]e0", "]Q3"] {
        assert_eq!(element::parse(&format!("{symbology}{scanned}")).unwrap()[0].1, "09521321001015");
    }
}
