//! Foreign EPCIS events parse, events of the product's profile are admitted, and no input makes the parser panic.

use crate::common::external_vectors;
use jejak::epcis::{Event, strict};
use proptest::prelude::*;
use serde_json::Value;

/// One event of each act of a patchouli chain, by the act's name, and one of each form of trade, supervision and transport.
const EVENTS: &str = include_str!("../fixtures/events.json");

fn events() -> serde_json::Map<String, Value> {
    serde_json::from_str(EVENTS).unwrap()
}

#[test]
fn example_event_of_each_act_parses() {
    let events = events();
    assert_eq!(events.len(), 21);
    for (name, value) in events {
        let event = Event::from_json(value.to_string().as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        event.check_profile().unwrap_or_else(|e| panic!("{name}: {e}"));
        let subject = event.subject().unwrap();
        assert!(subject.starts_with("https://id.gs1.org/"), "{name}: {subject}");
    }
}

#[test]
fn decimals_keep_every_digit() {
    let events = events();
    let inspect = Event::from_json(events["inspect"].to_string().as_bytes()).unwrap();
    let report = &inspect.sensors[0].reports[2];
    assert_eq!(report.string_value.as_deref(), Some("1.5089"));
    assert_eq!(report.value.unwrap().to_string(), "1.5089");
    assert_eq!(inspect.quantities[0].quantity.unwrap().to_string(), "24.44");
}

/// Each change to an admitted event that must be refused, by schema or by profile.
#[test]
fn malformed_events_are_refused() {
    let events = events();
    let refused = |name: &str, from: &str, to: &str| {
        let text = events[name].to_string();
        assert!(text.contains(from), "{name} holds {from}");
        let changed = text.replacen(from, to, 1);
        let answer = Event::from_json(changed.as_bytes()).and_then(|e| e.check_profile());
        assert!(answer.is_err(), "{name}: {from} -> {to} must be refused");
    };
    refused("harvest", "\"jejak:mode\"", "\"jejak:moed\"");
    refused("harvest", "\"jejak:mode\"", "\"mode\"");
    refused("harvest", "\"jejak:mode\"", "\"urn:jejak:v1:mode\"");
    refused("harvest", "\"ADD\"", "\"DELETE\"");
    refused("harvest", "\"+08:00\"", "\"+8:00\"");
    refused("harvest", "\"+08:00\"", "\"+15:00\"");
    refused("harvest", "\"commissioning\"", "\"https://ref.gs1.org/cbv/BizStep-commissioning\"");
    refused("harvest", "\"quantity\":1040", "\"quantity\":1.04e3");
    refused("harvest", "\"quantity\":1040", "\"quantity\":\"1040\"");
    refused("harvest", "https://id.gs1.org/01/", "https://example.org/01/");
    refused("harvest", "/414/9521321000124", "/414/9521321000125");
    refused("harvest", "urn:uuid:0193a1b2-7c3d-7", "urn:uuid:0193a1b2-7c3d-1");
    refused("harvest", "urn:uuid:0193a1b2", "urn:uuid:0193A1B2");
    refused("harvest", "urn:jejak:v1:", "urn:jejak:v2:");
    refused("harvest", "\"2026-11-01\"", "\"2026-13-01\"");
    refused("distil", "\"type\":\"TransformationEvent\"", "\"action\":\"ADD\",\"type\":\"TransformationEvent\"");
    refused("distil", "\"outputQuantityList\"", "\"childQuantityList\"");
    refused("sample", "\"jejak:holder\"", "\"jejak:keeper\"");
    refused("inspect", "\"stringValue\":\"31.2\"", "\"stringValue\":\"31.20001\"");
    refused("inspect", "\"conformant\"", "\"fine\"");
    refused("pack", "/00/095213210000000018", "/00/095213210000000019");
    refused("pay", "\"bizTransactionList\"", "\"x:bizTransactionList\"");
    refused("ship", "\"possessing_party\"", "\"carrying_party\"");
    refused("ship", "\"DE\"", "\"de\"");
    refused("recall", "\"recalled\"", "\"called back\"");
    refused("correct", "urn:jejak:record:", "urn:jejak:recrod:");
}

#[test]
fn members_of_other_namespaces_are_kept() {
    let text = events()["harvest"].to_string().replacen(
        "\"jejak:mode\"",
        "\"example:myField\":{\"example:a\":[1.50]},\"jejak:mode\"",
        1,
    );
    let event = Event::from_json(text.as_bytes()).unwrap();
    assert_eq!(event.other["example:myField"].to_string(), r#"{"example:a":[1.50]}"#);
    assert!(event.check_profile().is_err(), "its prefix is not declared");
}

/// Events inside a document of GS1's examples, each with the document's file name.
pub(crate) fn gs1_events() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(external_vectors("epcis/examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let list = document
            .pointer("/epcisBody/eventList")
            .or(document.pointer("/epcisBody/queryResults/resultsBody/eventList"));
        for event in list.and_then(Value::as_array).unwrap_or_else(|| panic!("{name} holds no events")) {
            found.push((name.clone(), event.clone()));
        }
    }
    found
}

#[test]
#[ignore = "GS1's examples may not be copied: JEJAK_VECTORS names them"]
fn gs1_vectors_example_events_parse() {
    let events = gs1_events();
    assert!(events.len() >= 23, "{} events", events.len());
    let mut unexpected = Vec::new();
    for (name, value) in &events {
        let answer = Event::from_json(value.to_string().as_bytes());
        match answer {
            Ok(event) => assert!(event.check_profile().is_err(), "{name}: an example is not of the product's profile"),
            Err(error) => unexpected.push(format!("{name}: {error}")),
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    let associations = events.iter().filter(|(_, v)| v["type"] == "AssociationEvent").count();
    assert!(associations > 0, "all five types are among them");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = strict::check(&bytes);
        let _ = Event::from_json(&bytes);
    }

    #[test]
    fn damaged_events_never_panic(which in 0usize..11, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let text = events().values().nth(which).unwrap().to_string();
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Event::from_json(&bytes).and_then(|e| e.check_profile());
    }

    /// `serde_json` parses whatever passes the strict check, so that no later parser disagrees about the structure.
    #[test]
    fn json_that_passes_the_strict_check_parses(text in "[\\[\\]{}\",:0-9eE.+ \\-a-c\\\\unl]{0,40}") {
        if strict::check(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }
}
