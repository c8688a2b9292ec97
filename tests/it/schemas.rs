//! The published schemas agree with the types: the schema accepts whatever the types accept; constraints that only the types check
//! are listed in `schemas/README.md` and tested here.

use crate::common::external_vectors;
use jejak::epcis::Event;
use jejak::names::LanguageTag;
use jejak::quality::{Profile, Specification};
use jejak::record::Statement;
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

const EVENTS: &str = include_str!("../fixtures/events.json");
/// By name, as the others are.
const PROFILE: &str = concat!("{\"vanilla\": ", include_str!("../testdata/vanilla.json"), "}");
const SPECIFICATION: &str = concat!("{\"specification\": ", include_str!("../testdata/flour-specification.json"), "}");
const STATEMENTS: &str = include_str!("../fixtures/statements.json");

fn schema(name: &str) -> Value {
    let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn validator(name: &str) -> Validator {
    jsonschema::validator_for(&schema(name)).unwrap()
}

fn members(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

fn event_is_admitted(value: &Value) -> bool {
    Event::from_json(value.to_string().as_bytes()).and_then(|e| e.check_profile()).is_ok()
}

fn statement_is_admitted(value: &Value) -> bool {
    Statement::from_json(value.to_string().as_bytes()).is_ok()
}

#[track_caller]
fn accepts(validator: &Validator, name: &str, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).take(5).collect();
    assert!(errors.is_empty(), "{name}: {}\n{value}", errors.join("\n"));
}

#[test]
fn schemas_are_valid_json_schema() {
    for name in ["event", "registry", "bundle", "profile", "specification"] {
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        assert!(schema["$id"].as_str().unwrap().ends_with(":1"), "{name} holds its version");
    }
}

#[test]
fn examples_are_accepted_by_types_and_schemas() {
    let (event, registry) = (validator("event"), validator("registry"));
    for (name, value) in members(EVENTS) {
        assert!(event_is_admitted(&value), "{name}");
        accepts(&event, &name, &value);
    }
    let statements = members(STATEMENTS);
    for (name, value) in &statements {
        Statement::from_json(value.to_string().as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        accepts(&registry, name, value);
    }
    // every type has its definition, and its example
    let types = schema("registry")["properties"]["type"]["enum"].as_array().unwrap().clone();
    assert_eq!(types.len(), 17);
    for kind in types {
        assert!(statements.values().any(|s| s["type"] == kind), "{kind} has an example");
    }
}

/// The examples are EPCIS 2.0 as GS1 defines it, not only as this product does.
#[test]
#[ignore = "GS1's schema may not be copied: JEJAK_VECTORS names it"]
fn gs1_vectors_schema_accepts_our_examples() {
    let schema = std::fs::read(external_vectors("epcis/EPCIS-JSON-Schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, mut event) in members(EVENTS) {
        let context = event.as_object_mut().unwrap().remove("@context").unwrap();
        let document = json!({
            "@context": context,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-25T00:00:00Z",
            "epcisBody": { "eventList": [event] },
        });
        accepts(&validator, &name, &document);
    }
}

#[test]
fn malformed_events_are_refused_by_types_and_schemas() {
    let validator = validator("event");
    let events = members(EVENTS);
    let both_refuse = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut value = events[name].clone();
        change(&mut value);
        assert_ne!(value, events[name]);
        assert!(!event_is_admitted(&value), "types: {value}");
        assert!(!validator.is_valid(&value), "schema: {value}");
    };
    both_refuse("harvest", &|e| e["jejak:moed"] = "x".into());
    both_refuse("harvest", &|e| e["mode"] = "x".into());
    both_refuse("harvest", &|e| e["bizStep"] = "harvesting".into());
    both_refuse("harvest", &|e| e["action"] = "OBSERVE".into());
    both_refuse("harvest", &|e| e["eventTimeZoneOffset"] = "+14:30".into());
    both_refuse("harvest", &|e| e["eventTime"] = "2026-11-03 16:20:00+08:00".into());
    both_refuse("harvest", &|e| e["eventTime"] = "2026-11-03T16:20:00+08:00[Asia/Makassar]".into());
    both_refuse("harvest", &|e| e["@context"] = json!([]));
    both_refuse("harvest", &|e| e["recordTime"] = "2026-11-03T16:20:00+08:00".into());
    both_refuse("harvest", &|e| e["quantityList"][0]["uom"] = "kg".into());
    both_refuse("harvest", &|e| e["quantityList"][0]["epcClass"] = "https://example.org/01/1/10/2".into());
    for lot in ["%44AUN", "..", ".", "A%2F1", "A.", "-A", "A%25", "%28A%29", "A%3D1KGM", "A%3B1"] {
        let uri = format!("https://id.gs1.org/01/09521321001015/10/{lot}");
        both_refuse("harvest", &|e| e["quantityList"][0]["epcClass"] = uri.as_str().into());
        both_refuse("harvest", &|e| {
            e["epcList"] = json!([format!("https://id.gs1.org/01/09521321001015/10/A/21/{lot}")])
        });
    }
    both_refuse("sample", &|e| e["jejak:sample"]["jejak:id"] = "..".into());
    both_refuse("sample", &|e| e["jejak:sample"]["jejak:id"] = "a/b".into());
    both_refuse("harvest", &|e| e["jejak:mode"] = "organic".into());
    both_refuse("distil", &|e| e["outputQuantityList"] = json!([]));
    both_refuse("distil", &|e| e["action"] = "ADD".into());
    both_refuse("extract", &|e| e["jejak:additives"][0]["jejak:value"] = 7.5.into());
    both_refuse("extract", &|e| e["jejak:additives"][0]["jejak:substance"] = "two words".into());
    both_refuse("extract", &|e| drop(e["jejak:additives"][0].as_object_mut().unwrap().remove("jejak:uom")));
    both_refuse("extract", &|e| e["jejak:additives"][0]["jejak:lot"] = "x".into());
    both_refuse("inspect", &|e| e["sensorElementList"][0]["sensorReport"] = json!([]));
    both_refuse("inspect", &|e| e["jejak:profile"]["id"] = "x".into());
    both_refuse("inspect", &|e| e["jejak:evidence"][0]["jejak:access"] = "secret".into());
    both_refuse("pack", &|e| e["parentID"] = "https://id.gs1.org/414/9521321000131".into());
    both_refuse("ship", &|e| e["sourceList"][0]["type"] = "location".into());
    both_refuse("pay", &|e| e["ilmd"] = json!({}));
    both_refuse("pay", &|e| drop(e.as_object_mut().unwrap().remove("jejak:milestone")));
    both_refuse("transfer", &|e| e["jejak:transfer"] = "yes".into());
    both_refuse("payment", &|e| e["jejak:milestone"] = "payment-lost".into());
    both_refuse("payment", &|e| e["jejak:documents"][0]["jejak:issuer"] = "x".repeat(121).into());
    both_refuse("visit", &|e| e["jejak:visit"]["jejak:checklist"][0]["jejak:answer"] = "maybe".into());
    both_refuse("handover", &|e| drop(e.as_object_mut().unwrap().remove("jejak:handover")));
    // what a schema can't say: the kind of a document by its type, an outcome by its answers
    for (name, at, wrong) in [
        ("payment", "/jejak:documents/0/jejak:kind", "cheque"),
        ("payment", "/jejak:documents/0/jejak:kind", "contract"),
        ("visit", "/jejak:visit/jejak:outcome", "in-order"),
        ("visit", "/jejak:visit/jejak:checklist/1/jejak:item", "scales-checked"),
    ] {
        let mut value = events[name].clone();
        *value.pointer_mut(at).unwrap() = wrong.into();
        assert!(!event_is_admitted(&value), "{name} {at} {wrong}");
    }
    both_refuse("visit", &|e| e["jejak:visit"]["jejak:outcome"] = "fine".into());
    both_refuse("leg", &|e| e["jejak:leg"]["jejak:mode"] = "horse".into());
    both_refuse("leg", &|e| e["jejak:leg"]["jejak:from"] = "Kendari".into());
    both_refuse("handover", &|e| e["jejak:handover"]["jejak:to"] = "Wati".into());
    both_refuse("handover", &|e| e["jejak:givenUp"][0]["jejak:reason"] = "tired".into());
    both_refuse("handover", &|e| e["jejak:givenUp"][0]["jejak:seq"] = 0.into());
    both_refuse("catch", &|e| e["ilmd"]["jejak:catchCertificate"] = "x".repeat(65).into());
}

/// `schemas/README.md`, "What only the types refuse": JSON Schema cannot express these.
#[test]
fn constraints_only_the_types_check_are_listed() {
    let readme = std::fs::read_to_string(format!("{}/schemas/README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (event, registry) = (validator("event"), validator("registry"));
    let (events, statements) = (members(EVENTS), members(STATEMENTS));
    let only_types = |listed: &str, name: &str, change: &dyn Fn(&mut Value)| {
        assert!(readme.contains(listed), "{listed} is not in schemas/README.md");
        let (mut value, is_event) = match (events.get(name), statements.get(name)) {
            (Some(event), _) => (event.clone(), true),
            (None, statement) => (statement.unwrap().clone(), false),
        };
        change(&mut value);
        let admitted = if is_event { event_is_admitted(&value) } else { statement_is_admitted(&value) };
        assert!(!admitted, "types: {listed}: {value}");
        accepts(if is_event { &event } else { &registry }, listed, &value);
    };
    only_types("check digits", "harvest", &|e| e["readPoint"]["id"] = "https://id.gs1.org/414/9521321000125".into());
    only_types("check digits", "Place", &|s| s["gln"] = "9521321000125".into());
    only_types("days that are not in the calendar", "harvest", &|e| {
        e["ilmd"]["jejak:harvestStart"] = "2026-02-30".into()
    });
    only_types("one period before the other", "harvest", &|e| e["ilmd"]["jejak:harvestEnd"] = "2026-10-01".into());
    only_types("one period before the other", "Accreditation", &|s| s["until"] = 0.into());
    only_types("another number than", "inspect", &|e| {
        e["sensorElementList"][0]["sensorReport"][0]["stringValue"] = "31.20001".into();
    });
    only_types("more digits than", "harvest", &|e| {
        e["quantityList"][0]["quantity"] = serde_json::from_str(&"9".repeat(40)).unwrap();
    });
    only_types("names of devices", "harvest", &|e| {
        e["quantityList"][0]["epcClass"] = "https://id.gs1.org/01/09521321001015/10/NUL.1".into();
    });
    only_types("of dots only", "Product", &|s| s["commodity"] = "..".into());
    only_types("not in `bizTransactionList`", "order", &|e| e["jejak:documents"][0]["jejak:document"] = "urn:x".into());
    only_types("of another kind", "order", &|e| e["jejak:documents"][0]["jejak:kind"] = "invoice".into());
    only_types("`jejak:givenUp` names twice", "handover", &|e| {
        let mut again = e["jejak:givenUp"][0].clone();
        again["jejak:reason"] = "lost".into();
        e["jejak:givenUp"].as_array_mut().unwrap().push(again);
    });
    only_types("control characters", "recall", &|e| e["jejak:reason"] = "a\u{7}b".into());
    only_types("outer spaces", "Party", &|s| s["name"]["en"] = " Maju ".into());
    only_types("a nonce", "Authority", &|s| s["roles"] = json!(["region"]));
    only_types("degrees beyond", "Place", &|s| s["near"] = "95.0,10.0".into());
    only_types("above zero", "Product", &|s| s["netContent"] = "0".into());
}

/// Every value that stands anywhere in the examples, and some that stand nowhere: what a mutation puts in.
fn pool(text: &str) -> Vec<Value> {
    fn walk(value: &Value, out: &mut Vec<Value>) {
        match value {
            Value::Object(m) => m.values().for_each(|v| walk(v, out)),
            Value::Array(a) => a.iter().for_each(|v| walk(v, out)),
            _ => {}
        }
        out.push(value.clone());
    }
    let mut out = vec![
        Value::Null,
        json!([]),
        json!({}),
        json!(""),
        json!(0),
        json!(-1),
        json!(true),
        json!("a b"),
        json!("ADD"),
        json!("OBSERVE"),
        json!("DELETE"),
        json!("é"),
        json!(1.5),
        json!("2026-11-03T16:20:00Z"),
        json!("2026-11-03T16:20:00.5+08:00"),
    ];
    walk(&serde_json::from_str(text).unwrap(), &mut out);
    out
}

/// Every member name of the examples and the schema, and some of neither.
fn names(text: &str, schema: &Value) -> Vec<String> {
    fn walk(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(m) => m.iter().for_each(|(name, v)| {
                out.push(name.clone());
                walk(v, out);
            }),
            Value::Array(a) => a.iter().for_each(|v| walk(v, out)),
            _ => {}
        }
    }
    let mut out: Vec<String> =
        ["ext:field", "https://example.org/x", "rdfs", "@id", "plain"].map(str::to_owned).to_vec();
    walk(&serde_json::from_str(text).unwrap(), &mut out);
    walk(schema, &mut out);
    out.sort();
    out.dedup();
    out
}

/// A place inside a value, as a path of member names and indices.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(m) => {
            for (name, v) in m {
                places(v, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), out);
            }
        }
        Value::Array(a) => {
            for (i, v) in a.iter().enumerate() {
                places(v, format!("{at}/{i}"), out);
            }
        }
        _ => {}
    }
    out.push(at);
}

/// One change: at a place, replace, remove or add.
#[derive(Debug, Clone)]
struct Change {
    at: Index,
    kind: u8,
    name: String,
    value: Value,
}

fn changes(text: &'static str, schema: &Value) -> impl Strategy<Value = Vec<Change>> + use<> {
    let change = (any::<Index>(), 0u8..4, select(names(text, schema)), select(pool(text)))
        .prop_map(|(at, kind, name, value)| Change { at, kind, name, value });
    proptest::collection::vec(change, 1..4)
}

fn apply(value: &mut Value, change: &Change) {
    let mut all = Vec::new();
    places(value, String::new(), &mut all);
    let at = &all[change.at.index(all.len())];
    let Some(target) = value.pointer_mut(at) else { return };
    match (change.kind, target) {
        (0, target) => *target = change.value.clone(),
        (1, Value::Object(m)) => {
            m.insert(change.name.clone(), change.value.clone());
        }
        (2, Value::Object(m)) => {
            let name = m.keys().nth(change.at.index(m.len().max(1))).cloned();
            name.map(|name| m.remove(&name));
        }
        (3, Value::Object(m)) => {
            let name = m.keys().nth(change.at.index(m.len().max(1))).cloned();
            name.map(|name| m.insert(name, change.value.clone()));
        }
        (1, Value::Array(a)) => a.push(change.value.clone()),
        (_, Value::Array(a)) => {
            a.pop();
        }
        (_, target) => *target = change.value.clone(),
    }
}

fn mutated(text: &str, which: Index, changes: &[Change]) -> Value {
    let all = members(text);
    let mut value = all.values().nth(which.index(all.len())).unwrap().clone();
    changes.iter().for_each(|change| apply(&mut value, change));
    value
}

/// Language tags, some of them well-formed and in canonical case.
fn tag() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z]{2,4}",
        "[A-Z][a-z]{3}",
        "[A-Z]{2}",
        "[0-9]{3}",
        "[a-z0-9]{4,9}",
        "[0-9][a-z0-9]{3}",
        "[A-Za-z0-9ü_]{0,5}",
    ];
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.join("-"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn types_and_schema_accept_the_same_language_tags(tag in tag()) {
        let mut place = members(STATEMENTS)["Place"].clone();
        place["name"][&tag] = "x".into();
        prop_assert_eq!(tag.parse::<LanguageTag>().is_ok(), shared("registry").is_valid(&place), "{}", tag);
        prop_assert_eq!(statement_is_admitted(&place), shared("registry").is_valid(&place), "{}", tag);
    }

    #[test]
    fn event_schema_accepts_every_event_the_types_accept(which in any::<Index>(), changes in changes(EVENTS, &schema("event"))) {
        let value = mutated(EVENTS, which, &changes);
        if event_is_admitted(&value) {
            accepts(shared("event"), "mutated", &value);
        }
    }

    #[test]
    fn registry_schema_accepts_every_statement_the_types_accept(which in any::<Index>(), changes in changes(STATEMENTS, &schema("registry"))) {
        let value = mutated(STATEMENTS, which, &changes);
        if statement_is_admitted(&value) {
            accepts(shared("registry"), "mutated", &value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn what_the_types_accept_the_profile_schema_accepts(changes in changes(PROFILE, &schema("profile"))) {
        let mut value = members(PROFILE)["vanilla"].clone();
        changes.iter().for_each(|change| apply(&mut value, change));
        if Profile::from_json(value.to_string().as_bytes()).is_ok() {
            accepts(shared("profile"), "mutated", &value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn what_the_types_accept_the_specification_schema_accepts(changes in changes(SPECIFICATION, &schema("specification"))) {
        let mut value = members(SPECIFICATION)["specification"].clone();
        changes.iter().for_each(|change| apply(&mut value, change));
        if Specification::from_json(value.to_string().as_bytes()).is_ok_and(|s| s.problems(&flour()).is_empty()) {
            accepts(shared("specification"), "mutated", &value);
        }
    }
}

/// The profile that specifications of the tests are checked against.
fn flour() -> std::sync::Arc<Profile> {
    jejak::quality::builtin().iter().find(|shipped| shipped.profile.id == "banana-flour").unwrap().profile.clone()
}

#[test]
fn every_shipped_profile_is_accepted_by_types_and_schema() {
    let shipped = jejak::quality::builtin().iter().map(|shipped| (shipped.profile.id.as_str(), &*shipped.bytes));
    let vanilla = ("vanilla", &include_bytes!("../testdata/vanilla.json")[..]);
    for (id, bytes) in shipped.chain([vanilla]) {
        Profile::from_json(bytes).unwrap_or_else(|e| panic!("{id}: {e}"));
        accepts(shared("profile"), id, &serde_json::from_slice(bytes).unwrap());
    }
}

/// What only the types refuse of a profile is listed in `schemas/README.md`; what both refuse is a misspelt or unfit member.
#[test]
fn unfit_profiles_are_refused_by_types_and_where_it_can_by_the_schema() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut value = members(PROFILE)["vanilla"].clone();
        change(&mut value);
        assert!(Profile::from_json(value.to_string().as_bytes()).is_err(), "types: {value}");
        shared("profile").is_valid(&value)
    };
    let both: [&dyn Fn(&mut Value); 15] = [
        &|p| p["format"] = 2.into(),
        &|p| p["colour"] = "x".into(),
        &|p| p["requirements"][0]["rules"][0]["mx"] = "1".into(),
        &|p| p["requirements"][0]["rules"][0]["max"] = 38.into(),
        &|p| p["requirements"][0]["rules"][0]["anyOf"] = json!([]),
        &|p| p["requirements"][0]["rules"] = json!([]),
        &|p| p["names"] = json!({ "id": "Vanili" }),
        &|p| p["names"]["zh-hant"] = "x".into(),
        &|p| p["drawing"]["line"] = "M1 1<script>".into(),
        &|p| p["parameters"][0]["unit"] = Value::Null,
        &|p| p["parameters"][3]["unit"] = "P1".into(),
        &|p| p["processes"][0]["conversions"] = json!([]),
        &|p| p["processes"][0]["conversions"][0]["to"] = json!([]),
        &|p| p["processes"][0]["yieldMin"] = "0.1".into(),
        &|p| p["processes"][1]["additives"][0]["most"] = "-1".into(),
    ];
    for (i, change) in both.into_iter().enumerate() {
        assert!(!refused(change), "schema: change {i}");
    }
    let types_alone: [&dyn Fn(&mut Value); 13] = [
        &|p| p["requirements"][1]["rules"][0]["min"] = "36".into(),
        &|p| p["requirements"][1]["rules"][0]["parameter"] = "none".into(),
        &|p| p["requirements"][0]["rules"][0]["advisory"] = false.into(),
        &|p| p["requirements"][0]["forms"] = json!(["none"]),
        &|p| p["parameters"][1]["id"] = "vanilla-moisture".into(),
        &|p| p["processes"][0]["conversions"][0]["yieldMin"] = "0.5".into(),
        &|p| p["processes"][0]["conversions"][0]["from"] = json!(["none"]),
        &|p| p["processes"][0]["conversions"][0]["to"] = json!(["cured-beans", "none"]),
        &|p| p["processes"][1]["conversions"][0]["byproducts"] = json!(["vanilla-extract"]),
        &|p| p["processes"][1]["additives"][0]["most"] = "1000.5".into(),
        &|p| p["forms"][2]["density"]["min"] = "1.03".into(),
        &|p| p["processes"][0]["cures"] = json!(["none"]),
        &|p| p["names"]["en"] = " Vanilla ".into(),
    ];
    for (i, change) in types_alone.into_iter().enumerate() {
        assert!(refused(change), "the schema can't say it: change {i}");
    }
}

/// A validator compiled once for all cases.
fn shared(name: &'static str) -> &'static Validator {
    use std::sync::OnceLock;
    static EVENT: OnceLock<Validator> = OnceLock::new();
    static REGISTRY: OnceLock<Validator> = OnceLock::new();
    static PROFILES: OnceLock<Validator> = OnceLock::new();
    static SPECIFICATIONS: OnceLock<Validator> = OnceLock::new();
    let cell = match name {
        "event" => &EVENT,
        "registry" => &REGISTRY,
        "specification" => &SPECIFICATIONS,
        _ => &PROFILES,
    };
    cell.get_or_init(|| validator(name))
}
