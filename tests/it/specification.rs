//! A producer's or buyer's own specification: adopted limits gate as contract, and never take the place of a law's; and their bytes, which a
//! node must keep.

use jejak::ledger::{Ledger, OpenError};
use jejak::quality::complete::Facts;
use jejak::quality::plan::LotSize;
use jejak::quality::profile::ProfileError;
use jejak::quality::{Completeness, Judgement, Measured, Occasion, Profile, Specification, Tested, Verdict, builtin};
use jejak::record::registry::Specification as Adoption;
use jejak::record::{Hash32, Statement};
use serde_json::{Value, json};

use crate::common::http::{COSE, Node, next_page};
use crate::common::village::{PRODUCER, PartySigner, admitted, enrol_village};
use crate::common::{TestClock, healthy, options};

const FLOUR: &[u8] = include_bytes!("../testdata/flour-specification.json");

fn profile(id: &str) -> &'static Profile {
    &builtin().iter().find(|shipped| shipped.profile.id == id).unwrap().profile
}

fn flour() -> Specification {
    Specification::from_json(FLOUR).unwrap()
}

fn with(change: impl Fn(&mut Value)) -> Result<Specification, ProfileError> {
    let mut json: Value = serde_json::from_slice(FLOUR).unwrap();
    change(&mut json);
    Specification::from_json(json.to_string().as_bytes())
}

fn judge(specification: &Specification, values: &[(&str, &str)]) -> Judgement {
    let profile = profile("banana-flour");
    let measured = |(id, text): &(&str, &str)| {
        let parameter = profile.parameter(id).unwrap();
        Measured {
            parameter: format!("urn:jejak:param:{id}"),
            value: (*text).into(),
            uom: if profile.word(parameter, text).is_some() { None } else { parameter.unit.clone() },
            uncertainty: None,
            loq: None,
            method: None,
            units: 1,
        }
    };
    let values: Vec<Measured> = values.iter().map(measured).collect();
    let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size: LotSize { pieces: Some(200), grams: None } };
    profile.judge_with("banana-flour", &[], &[specification], &values, occasion)
}

#[test]
fn adopted_limits_gate_where_the_profile_only_informs() {
    let specification = flour();
    assert_eq!(specification.problems(profile("banana-flour")), []);
    let good = judge(&specification, &[("moisture", "8.1"), ("salmonella", "negatif"), ("tpc", "20000")]);
    assert_eq!((good.verdict, good.lacking), (Verdict::Pass, vec![]));
    assert!(good.results.iter().all(|r| r.requirement.as_deref() == Some("SPEC/mill-24/flour") && !r.advisory));
    let wet = judge(&specification, &[("moisture", "12.5")]);
    assert_eq!(wet.verdict, Verdict::Fail);
    assert_eq!(wet.lacking, ["urn:jejak:param:salmonella", "urn:jejak:param:tpc"]);
}

#[test]
fn adoption_makes_a_list_gate_that_only_advised() {
    let (profile, specification) = (profile("banana-flour"), flour());
    let of = |values: &[(&str, &str)], own: &[&Specification]| {
        let mut tested = Tested::default();
        tested.add(&judge(&specification, values).results);
        let facts = Facts { specifications: own, ..Facts::default() };
        profile.completeness("banana-flour", "ID", &tested, &facts)
    };
    // without it the list of the market advises, and nothing passed
    let values = [("moisture", "8.1"), ("salmonella", "absent"), ("tpc", "20000")];
    assert!(matches!(of(&values, &[]), Completeness::Partly { advisory: true, .. }));
    let Completeness::Partly { advisory, lacking } = of(&values, &[&specification]) else {
        panic!("the list asks for more")
    };
    assert!(!advisory);
    let lacking: Vec<&str> = lacking.iter().flat_map(|l| &l.one_of).map(String::as_str).collect();
    assert!(lacking.contains(&"pb"), "{lacking:?}");
    assert!(!lacking.contains(&"moisture"), "what the contract settles is settled: {lacking:?}");
}

#[test]
fn specification_is_all_that_is_known_of_a_market_without_a_list_only_if_it_names_that_market() {
    let profile = profile("banana-flour");
    let found = |market: Option<&str>, asked: &str| {
        let specification = with(|spec| match market {
            Some(market) => spec["market"] = market.into(),
            None => _ = spec.as_object_mut().unwrap().remove("market"),
        })
        .unwrap();
        let mut tested = Tested::default();
        tested
            .add(&judge(&specification, &[("moisture", "8"), ("salmonella", "absent"), ("mould-yeast", "10")]).results);
        let facts = Facts { specifications: &[&specification], ..Facts::default() };
        profile.completeness("banana-flour", asked, &tested, &facts)
    };
    assert_eq!(found(Some("AE"), "AE"), Completeness::Complete { advisory: false, monitored: vec![] });
    assert_eq!(found(None, "AE"), Completeness::UnknownMarket);
    assert_eq!(found(Some("MY"), "AE"), Completeness::UnknownMarket);
}

#[test]
fn contract_takes_no_place_of_a_law() {
    let crab = profile("crab");
    let spec = json!({
        "format": 1, "id": "buyer/crab", "version": "1", "names": { "en": "Crab" }, "commodity": "crab",
        "forms": ["live-mud-crab"], "market": "EU", "decision": "simple-acceptance",
        "rules": [{ "parameter": "cd", "max": "2" }],
    });
    let specification = Specification::from_json(spec.to_string().as_bytes()).unwrap();
    assert_eq!(specification.problems(crab), []);
    let value = Measured {
        parameter: "urn:jejak:param:cd".into(),
        value: "1.5".into(),
        uom: Some("NA".into()),
        uncertainty: None,
        loq: None,
        method: None,
        units: 1,
    };
    let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size: LotSize::default() };
    let eu = ["EU/EU-2023/915".to_owned()];
    let judged = crab.judge_with("live-mud-crab", &eu, &[&specification], &[value], occasion);
    assert_eq!(judged.verdict, Verdict::Fail, "the weaker figure of the contract is no excuse");
    let mut tested = Tested::default();
    tested.add(&judged.results);
    let facts = Facts { specifications: &[&specification], ..Facts::default() };
    let Completeness::Partly { lacking, .. } = crab.completeness("live-mud-crab", "NL", &tested, &facts) else {
        panic!("complete")
    };
    assert!(lacking.iter().any(|l| l.one_of == ["cd"]));
}

#[test]
fn size_of_the_lot_chooses_the_sample_of_an_adopted_quality_level() {
    let avocado = profile("avocado");
    let spec = json!({
        "format": 1, "id": "importer/size", "version": "1", "names": { "en": "Size" }, "commodity": "avocado",
        "forms": ["fresh"], "decision": "simple-acceptance",
        "rules": [{ "parameter": "mass-fruit", "min": "200", "plan": "iso-2859-1-ii-4.0" }],
    });
    let specification = Specification::from_json(spec.to_string().as_bytes()).unwrap();
    assert_eq!(specification.problems(avocado), []);
    // 300 fruit: 50 are weighed, 5 may be too light
    let judged = |light: u32, heavy: u32, pieces: Option<u64>| {
        let fruit = |grams: &str, units| Measured {
            parameter: "urn:jejak:param:mass-fruit".into(),
            value: grams.into(),
            uom: Some("GRM".into()),
            uncertainty: None,
            loq: None,
            method: None,
            units,
        };
        let values = [fruit("180", light), fruit("230", heavy)];
        let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size: LotSize { pieces, grams: None } };
        avocado.judge_with("fresh", &[], &[&specification], &values, occasion)
    };
    assert_eq!(judged(5, 45, Some(300)).verdict, Verdict::Pass);
    assert_eq!(judged(6, 44, Some(300)).verdict, Verdict::Fail);
    let few = judged(1, 20, Some(300));
    assert_eq!((few.verdict, few.results[0].units), (Verdict::NotEvaluated, Some((21, 50))));
    assert_eq!(few.lacking, ["urn:jejak:param:mass-fruit"]);
    assert_eq!(judged(1, 49, None).verdict, Verdict::NotEvaluated, "of a lot of unknown size no number is enough");
}

#[test]
fn specification_that_could_not_be_judged_is_refused_with_its_place() {
    let refused = |change: &dyn Fn(&mut Value), want: &str| {
        let error = match with(change) {
            Err(error) => error.to_string(),
            Ok(specification) => {
                let problems = specification.problems(profile("banana-flour"));
                problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
        };
        assert!(error.contains(want), "{want}: {error}");
    };
    refused(&|s| s["format"] = json!(2), "format: is not 1");
    refused(&|s| s["id"] = json!(""), "id: is empty");
    refused(&|s| s["forms"] = json!([]), "forms: is empty");
    refused(&|s| s["forms"] = json!(["patchouli-oil"]), "there is no form patchouli-oil");
    refused(&|s| s["commodity"] = json!("crab"), "commodity: profile banana-flour is of another");
    refused(&|s| s["market"] = json!("Europe"), "is not two capital letters");
    refused(&|s| s["document"]["blake3"] = json!("x"), "document.blake3");
    refused(&|s| s["until"] = json!("2025-01-01"), "until: is not after from");
    refused(&|s| s["from"] = json!("tomorrow"), "is no day");
    refused(&|s| s["rules"] = json!([]), "rules: is empty");
    refused(&|s| s["rules"][0]["parameter"] = json!("none"), "there is no parameter none");
    refused(&|s| s["rules"][0]["plan"] = json!("none"), "there is no plan none");
    refused(&|s| s["rules"][0]["advisory"] = json!(true), "what is adopted gates");
    refused(&|s| _ = s["rules"][0].as_object_mut().unwrap().remove("max"), "nothing could pass it");
    refused(&|s| s["rules"][1]["words"] = json!(["clean"]), "clean is no word of salmonella");
    refused(&|s| s["rules"][0] = json!({ "allOf": [{ "parameter": "moisture", "max": "12" }] }), "anyOf of limits");
    refused(&|s| s["colour"] = json!(1), "unknown field");
    refused(&|s| s["market"] = Value::Null, "null is not a value");
    // eggs, size and the like are in no unit by law: no quality level by lot size
    let berried = json!({
        "format": 1, "id": "b", "version": "1", "names": { "en": "B" }, "commodity": "crab", "forms": ["live-mud-crab"],
        "decision": "simple-acceptance",
        "rules": [{ "parameter": "berried", "words": ["no"], "plan": "iso-2859-1-ii-4.0" }],
    });
    let berried = Specification::from_json(berried.to_string().as_bytes()).unwrap();
    let problems = berried.problems(profile("crab"));
    assert!(problems.iter().any(|p| p.to_string().contains("may be in no unit")), "{problems:?}");
}

/// The flour specification as its `n`-th version, and the statement of a party that adopts it.
fn version(n: u32, replaces: Option<Hash32>) -> (Vec<u8>, Hash32, Statement) {
    let mut json: Value = serde_json::from_slice(FLOUR).unwrap();
    json["version"] = json!(n.to_string());
    let bytes = json.to_string().into_bytes();
    let blake3 = Hash32::of(&bytes);
    let statement = Statement::Specification(Adoption {
        id: "mill-24/flour".into(),
        version: n.to_string(),
        commodity: "banana-flour".into(),
        blake3: Some(blake3),
        replaces,
    });
    (bytes, blake3, statement)
}

fn sent(node: &Node, signer: &mut PartySigner, statement: &Statement) -> Hash32 {
    let answer = node.post(COSE, &signer.statement(statement));
    admitted(&answer);
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn specification_is_mandatory_once_a_party_adopts_it_and_waits_in_quarantine_before() {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    let (bytes, blake3, statement) = version(1, None);
    let refused = node.post(COSE, &signer.statement(&statement));
    assert_eq!(refused.problem(424, "too-early")["rule"], "specification-bytes-missing");
    signer.back();
    let upload = |bytes: &[u8]| node.send("PUT", &format!("/evidence/{}", Hash32::of(bytes)), &[], bytes).status;
    // one that goes with no profile stays where time and room are limited, however often it is named
    let unfit = String::from_utf8(bytes.clone()).unwrap().replace("\"moisture\"", "\"wetness\"").into_bytes();
    assert_eq!(upload(&unfit), 204);
    let Statement::Specification(named) = statement.clone() else { unreachable!() };
    let named = Statement::Specification(Adoption { blake3: Some(Hash32::of(&unfit)), ..named });
    let kept = node.stored("profiles");
    assert_eq!(node.post(COSE, &signer.statement(&named)).problem(422, "rejected")["rule"], "specification-unfit");
    signer.back();
    assert_eq!((node.stored("profiles"), node.stored("quarantine")), (kept, 1));

    assert_eq!(upload(&bytes), 204);
    let first = sent(&node, &mut signer, &statement);
    assert_eq!((node.stored("profiles"), node.stored("quarantine")), (kept + 1, 1), "it moved out of quarantine");
    assert_eq!(node.get(&format!("/profiles/{blake3}"), &[]).body, bytes);
    let (next, _, statement) = version(2, Some(first));
    assert_eq!(upload(&next), 204);
    let second = sent(&node, &mut signer, &statement);
    // listed by party, commodity and log, page by page
    let (mut seen, mut next) = (Vec::new(), Some("/specifications?limit=1".to_owned()));
    while let Some(path) = next {
        let page = node.get(&path, &[]);
        let listed = page.json();
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["party"]), (1, &json!(PRODUCER)), "{listed}");
        seen.push((listed[0]["record"].as_str().unwrap().to_owned(), listed[0]["until"].is_null()));
        next = next_page(&page);
    }
    assert_eq!(seen, [(first.to_string(), false), (second.to_string(), true)]);
    assert_eq!(node.get("/specifications?after=zzz", &[]).json(), json!([]));
    node.get("/specifications?limit=0", &[]).problem(400, "malformed-request");

    // a node that lost it does not judge without it
    let Node { dir, ledger, stop, thread, .. } = node;
    let _ = stop.unwrap().send(());
    thread.unwrap().join().unwrap();
    ledger.shutdown();
    drop(ledger);
    let path = dir.path().join("ledger");
    healthy(&path);
    std::fs::remove_file(path.join("objects/profiles").join(blake3.to_string())).unwrap();
    let report = jejak::ledger::doctor(&path, &jejak::ledger::DoctorOptions::default());
    let failed: Vec<String> = report.failed().map(|check| format!("{check:?}")).collect();
    assert!(failed.iter().any(|check| check.contains(&blake3.to_string())), "{failed:?}");
    let error = Ledger::open(&path, &options(&TestClock::at(crate::common::NOW))).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, OpenError::Replay(_)) && causes(&error).contains(&blake3.to_string()),
        "{}",
        causes(&error)
    );
}

fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    jejak::causes::causes(error).to_string()
}
