//! What a complete test is for a market: one value is no test, laboratories and days add up in any order, and what the log can't decide
//! counts as lacking.

use jejak::quality::complete::{CompleteTests, Facts};
use jejak::quality::plan::LotSize;
use jejak::quality::{Completeness, Judged, Lacking, Measured, Occasion, Profile, Tested, Verdict, builtin};
use proptest::prelude::*;

const VANILLA: &[u8] = include_bytes!("../testdata/vanilla.json");

fn profile(id: &str) -> &'static Profile {
    &builtin().iter().find(|shipped| shipped.profile.id == id).unwrap().profile
}

fn on(day: &str) -> Occasion {
    Occasion { day: day.parse().unwrap(), size: LotSize::default() }
}

fn value(parameter: &str, value: &str, uom: Option<&str>, units: u32) -> Measured {
    Measured {
        parameter: format!("urn:jejak:param:{parameter}"),
        value: value.into(),
        uom: uom.map(Into::into),
        uncertainty: None,
        loq: None,
        method: None,
        units,
    }
}

/// A value in the unit of its parameter.
fn fitted(profile: &Profile, parameter: &str, text: &str, units: u32) -> Measured {
    let known = profile.parameter(parameter).unwrap();
    let uom = if profile.word(known, text).is_some() { None } else { known.unit.as_deref() };
    value(parameter, text, uom, units)
}

/// One inspection of a form by the sets of its list, as (parameter, value, units).
fn inspection(profile: &Profile, form: &str, market: &str, values: &[(&str, &str, u32)]) -> Vec<Judged> {
    let sets = &profile.complete_list(form, market).unwrap().requirements;
    let values: Vec<Measured> = values.iter().map(|(p, v, units)| fitted(profile, p, v, *units)).collect();
    profile.judge(form, sets, &values, on("2026-11-20")).results
}

fn tested(inspections: &[Vec<Judged>]) -> Tested {
    let mut tested = Tested::default();
    inspections.iter().for_each(|results| tested.add(results));
    tested
}

fn claims(list: &[&str]) -> Vec<String> {
    list.iter().map(|claim| (*claim).to_owned()).collect()
}

fn lacking(completeness: &Completeness) -> Vec<String> {
    match completeness {
        Completeness::Partly { lacking, .. } => lacking.iter().map(|lacking| lacking.one_of.join("|")).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_value_makes_no_lot_complete_and_the_rest_is_named() {
    let avocado = profile("avocado");
    let cadmium = tested(&[inspection(avocado, "fresh", "EU", &[("cd", "0.01", 1)])]);
    let found = avocado.completeness("fresh", "EU", &cadmium, &Facts::default());
    let want = ["chlorpyrifos", "dry-matter", "fruit-fly", "min-requirements", "pb", "residue-default", "soil-leaf"];
    assert_eq!(lacking(&found), want);
    let crab = profile("crab");
    let berried = tested(&[inspection(crab, "live-mud-crab", "ID", &[("berried", "no", 1)])]);
    let found = crab.completeness("live-mud-crab", "ID", &berried, &Facts::default());
    assert_eq!(lacking(&found), ["carapace-width|mass-individual", "gear-passive", "species-id"]);
}

/// An inspection split over an inspector, two laboratories and three days.
fn crab_for_home() -> Vec<Vec<Judged>> {
    let crab = profile("crab");
    let of = |values: &[(&str, &str, u32)]| inspection(crab, "live-mud-crab", "ID", values);
    vec![
        of(&[("berried", "tidak bertelur", 1), ("gear-passive", "ya", 1)]),
        of(&[("species-id", "Scylla serrata", 1)]),
        of(&[("carapace-width", "12.0", 1), ("mass-individual", "151", 1)]),
    ]
}

#[test]
fn tests_split_over_laboratories_and_days_add_up_to_a_complete_one() {
    let all = crab_for_home();
    let complete = Completeness::Complete { advisory: false, monitored: vec![] };
    let found =
        |some: &[Vec<Judged>]| profile("crab").completeness("live-mud-crab", "ID", &tested(some), &Facts::default());
    assert_eq!(found(&all), complete);
    for left_out in 0..all.len() {
        let some: Vec<Vec<Judged>> =
            all.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, r)| r.clone()).collect();
        assert_ne!(found(&some), complete, "without {left_out}");
    }
}

#[test]
fn limit_of_another_market_completes_nothing() {
    let crab = profile("crab");
    // 2.5 mg/kg of cadmium is within the limit of China, five times that of the EU
    let values = [value("cd", "2.5", Some("NA"), 1)];
    let results = crab.judge("live-mud-crab", &["CN/GB-2762-2025".to_owned()], &values, on("2026-11-20")).results;
    assert_eq!(results[0].verdict, Verdict::Pass);
    let found = crab.completeness("live-mud-crab", "EU", &tested(&[results]), &Facts::default());
    assert!(lacking(&found).contains(&"cd".to_owned()));
}

#[test]
fn value_outside_a_limit_for_information_is_not_known_to_be_right() {
    let crab = profile("crab");
    let list = crab.complete_list("live-mud-crab", "CN").unwrap();
    assert!(list.known.contains_key("wssv"), "the limit is not sure enough to gate");
    let lacks = |word: &str| {
        let results = inspection(crab, "live-mud-crab", "CN", &[("wssv", word, 1)]);
        let found = crab.completeness("live-mud-crab", "CN", &tested(&[results]), &Facts::default());
        lacking(&found).contains(&"wssv".to_owned())
    };
    assert!(!lacks("negatif"));
    assert!(lacks("positif"));
    assert!(lacks("nonsense"));
}

#[test]
fn what_the_log_does_not_decide_counts_as_lacking_until_a_claim_decides_it() {
    let crab = profile("crab");
    let none = Tested::default();
    let list = |claims: &[String], gear_stated| {
        let facts = Facts { claims, gear_stated, ..Facts::default() };
        crab.completeness("live-mud-crab", "CN", &none, &facts)
    };
    let asks = |found: &Completeness, id: &str| lacking(found).contains(&id.to_owned());
    let undecided = list(&[], false);
    assert!(asks(&undecided, "enrofloxacin"));
    let Completeness::Partly { lacking: due, .. } = &undecided else { panic!("{undecided:?}") };
    let drug = due.iter().find(|lacking| lacking.one_of == ["enrofloxacin"]).unwrap();
    assert_eq!(drug.or_claim, ["wild"], "the claim that would do as well is named");
    assert!(asks(&list(&claims(&["farmed"]), false), "enrofloxacin"));
    assert!(!asks(&list(&claims(&["wild"]), false), "enrofloxacin"));
    assert!(!asks(&list(&[], true), "enrofloxacin"), "fishing gear makes a wild catch");
    assert!(asks(&list(&claims(&["fattened"]), true), "enrofloxacin"), "claims that contradict decide nothing");
    // total mercury within the figure makes methylmercury needless; more does not
    let with = |hg: &str| {
        let results = inspection(crab, "live-mud-crab", "CN", &[("hg", hg, 1)]);
        crab.completeness("live-mud-crab", "CN", &tested(&[results]), &Facts::default())
    };
    assert!(asks(&undecided, "mehg") && asks(&with("0.51"), "mehg") && !asks(&with("0.5"), "mehg"));
    assert!(!asks(&with("<0.05"), "mehg"));
}

#[test]
fn condition_that_replaces_a_test_asks_for_both_while_undecided() {
    let crab = profile("crab");
    let asks = |claim: &[&str]| {
        let claims = claims(claim);
        let facts = Facts { claims: &claims, ..Facts::default() };
        let due = lacking(&crab.completeness("bsc-frozen-meat", "CN", &Tested::default(), &facts));
        (due.contains(&"cd".to_owned()), due.contains(&"salmonella".to_owned()))
    };
    assert_eq!(asks(&[]), (true, true));
    assert_eq!(asks(&["cooked"]), (false, true));
    assert_eq!(asks(&["raw"]), (true, false));
}

#[test]
fn market_that_is_closed_unknown_or_without_a_list_is_never_complete() {
    let crab = profile("crab");
    let found = |form, market| crab.completeness(form, market, &Tested::default(), &Facts::default());
    assert_eq!(found("bsc-pasteurised-meat", "SG"), Completeness::Closed);
    assert_eq!(
        profile("avocado").completeness("fresh", "CN", &Tested::default(), &Facts::default()),
        Completeness::Closed
    );
    assert_eq!(found("live-mud-crab", "ZZ"), Completeness::UnknownMarket);
    assert_eq!(found("live-mud-crab", "JP"), Completeness::NoList);
    assert_eq!(found("no-such-form", "EU"), Completeness::NoList);
    // a country is judged as its group
    assert_eq!(crab.market("NL"), Some("EU"));
    assert_eq!(found("live-mud-crab", "NL"), found("live-mud-crab", "EU"));
    assert_eq!(crab.market("ZZ"), None);
}

#[test]
fn monitoring_covers_only_what_the_list_lets_it_cover() {
    let crab = profile("crab");
    let sums =
        [("pfos", "0.5"), ("pfoa", "0.1"), ("pfna", "0.1"), ("pfhxs", "0.1"), ("pfas-sum", "0.8"), ("cd", "0.1")];
    let sums: Vec<(&str, &str, u32)> = sums.iter().map(|(p, v)| (*p, *v, 1)).collect();
    let monitoring = tested(&[inspection(crab, "live-bsc", "EU", &sums)]);
    let own = tested(&[inspection(
        crab,
        "live-bsc",
        "EU",
        &[
            ("species-id", "portunus-pelagicus", 1),
            ("berried", "no", 1),
            ("mass-individual", "75", 1),
            ("pb", "0.1", 1),
            ("hg", "0.1", 1),
        ],
    )]);
    let facts = Facts { monitoring: Some(&monitoring), ..Facts::default() };
    assert_eq!(lacking(&crab.completeness("live-bsc", "EU", &own, &facts)), ["cd"], "cadmium is tested in the lot");
    let mut with_cadmium = own.clone();
    with_cadmium.add(&inspection(crab, "live-bsc", "EU", &[("cd", "0.1", 1)]));
    let monitored = ["pfas-sum", "pfhxs", "pfna", "pfoa", "pfos"].map(str::to_owned).to_vec();
    let complete = Completeness::Complete { advisory: false, monitored };
    assert_eq!(crab.completeness("live-bsc", "EU", &with_cadmium, &facts), complete);
    assert_ne!(crab.completeness("live-bsc", "EU", &with_cadmium, &Facts::default()), complete);
}

#[test]
fn value_outside_its_limit_spoils_the_others_of_the_same_inspection() {
    let crab = profile("crab");
    let results = inspection(crab, "live-mud-crab", "EU", &[("cd", "0.1", 1), ("cd", "0.9", 1)]);
    let found = crab.completeness("live-mud-crab", "EU", &tested(&[results]), &Facts::default());
    assert!(lacking(&found).contains(&"cd".to_owned()));
}

#[test]
fn limits_count_from_and_until_their_days() {
    let crab = profile("crab");
    let judged = |set: &str, parameter: &str, number: &str, uom: &str, day: &str| {
        crab.judge("live-bsc", &[set.to_owned()], &[value(parameter, number, Some(uom), 1)], on(day)).results.remove(0)
    };
    let old = |day| judged("CN/GB-2762-2022", "cd", "3.5", "NA", day);
    assert_eq!((old("2026-09-01").verdict, old("2026-09-02").verdict), (Verdict::Fail, Verdict::NotEvaluated));
    let new = |day| judged("CN/GB-2762-2025", "cd", "3.5", "NA", day);
    assert_eq!((new("2026-09-01").verdict, new("2026-09-02").verdict), (Verdict::NotEvaluated, Verdict::Fail));
    assert!(!new("2026-09-02").advisory && old("2026-09-01").advisory);
    // repealed in 2024
    let repealed = judged("ID/Permen-KP-16/2022", "mass-individual", "20", "GRM", "2026-11-20");
    assert_eq!(repealed.verdict, Verdict::NotEvaluated);
}

#[test]
fn limit_of_quantification_must_be_a_share_of_the_level_where_the_rule_says_so() {
    let crab = profile("crab");
    let cd = |text: &str, set: &str| {
        crab.judge("live-mud-crab", &[set.to_owned()], &[value("cd", text, Some("NA"), 1)], on("2026-11-20")).verdict
    };
    assert_eq!(cd("<0.10", "EU/EU-2023/915"), Verdict::Pass);
    assert_eq!(cd("<0.11", "EU/EU-2023/915"), Verdict::Inconclusive);
    assert_eq!(cd("<3.0", "CN/GB-2762-2025"), Verdict::Pass);
    let banana = profile("banana-flour");
    let cd = |text: &str| {
        let values = [value("cd", text, Some("NA"), 1)];
        banana.judge("green-banana", &["EU/EU-2023/915".to_owned()], &values, on("2026-11-20")).verdict
    };
    assert_eq!((cd("<0.008"), cd("<0.009")), (Verdict::Pass, Verdict::Inconclusive));
}

/// Every list of the profiles that ship can be fulfilled by some values, and names what it asks for.
#[test]
fn every_list_that_is_open_can_be_completed() {
    let facts = Facts { day: Some(on("2026-11-20").day), ..Facts::default() };
    for shipped in builtin() {
        let profile = &shipped.profile;
        for list in profile.complete_tests.iter().filter(|list| !list.closed) {
            let (form, market) = (list.form.as_str(), list.market.as_str());
            let none = profile.completeness(form, market, &Tested::default(), &facts);
            assert!(!lacking(&none).is_empty(), "{form} {market}");
            let results = profile.judge(form, &list.requirements, &passing(profile, list), on("2026-11-20")).results;
            let all = profile.completeness(form, market, &tested(&[results]), &facts);
            assert!(
                matches!(all, Completeness::Complete { advisory, .. } if advisory == list.advisory),
                "{form} {market}: {all:?}"
            );
        }
    }
}

/// For each parameter a list may ask for, a value that is outside none of its limits, else one that passes some of them.
fn passing(profile: &Profile, list: &CompleteTests) -> Vec<Measured> {
    let value = |id: &&str| {
        let judged = |text: &String| {
            let probe = [fitted(profile, id, text, 5)];
            profile.judge(&list.form, &list.requirements, &probe, on("2026-11-20")).results
        };
        let clean = |r: &Judged| !r.unread && matches!(r.verdict, Verdict::Pass | Verdict::NotEvaluated);
        let candidates = candidates(profile, id);
        let best = candidates.iter().find(|text| judged(text).iter().all(clean));
        let some = || candidates.iter().find(|text| judged(text).iter().any(|r| r.verdict == Verdict::Pass));
        let text = best.or_else(some).unwrap_or_else(|| panic!("{id} of {} for {}", list.form, list.market));
        fitted(profile, id, text, 5)
    };
    list.parameters().iter().map(value).collect()
}

fn candidates(profile: &Profile, id: &str) -> Vec<String> {
    let parameter = profile.parameter(id).unwrap();
    let words = profile.words_of(parameter).iter().map(|word| word.id.clone());
    let limits = profile.requirements.iter().flat_map(|set| set.rules.iter().flat_map(|rule| rule.limits()));
    let ends = limits.filter(|limit| limit.parameter == id).flat_map(|limit| [limit.min, limit.max]).flatten();
    let numbers = ends.flat_map(|end| {
        let step = "0.01".parse::<rust_decimal::Decimal>().unwrap();
        [end, end + step, end - step, end + rust_decimal::Decimal::ONE]
    });
    let numbers = numbers.map(|number| number.to_string()).chain(["0.001".into(), "0".into()]);
    words.chain(numbers.filter(|_| parameter.unit.is_some())).collect()
}

#[test]
fn market_and_list_are_added_by_the_file_alone() {
    let vanilla = Profile::from_json(VANILLA).unwrap();
    let of = |values: &[(&str, &str, u32)]| inspection(&vanilla, "cured-beans", "FR", values);
    let complete = |inspections: &[Vec<Judged>], claimed: &[&str]| {
        let claims = claims(claimed);
        let facts = Facts { claims: &claims, ..Facts::default() };
        vanilla.completeness("cured-beans", "NL", &tested(inspections), &facts)
    };
    let all = [of(&[("vanilla-moisture", "30", 1), ("mould", "negatif", 1)]), of(&[("bean-length", "14", 5)])];
    assert_eq!(complete(&all, &["whole"]), Completeness::Complete { advisory: false, monitored: vec![] });
    assert_eq!(lacking(&complete(&all[..1], &["whole"])), ["bean-length"]);
    assert_eq!(lacking(&complete(&all, &["whole", "bourbon"])), ["vanillin"]);
    assert_eq!(vanilla.completeness("green-beans", "DE", &Tested::default(), &Facts::default()), Completeness::Closed);
    assert_eq!(
        vanilla.completeness("cured-beans", "US", &Tested::default(), &Facts::default()),
        Completeness::UnknownMarket
    );
}

#[test]
fn contradictions_of_the_lists_and_limits_are_found_by_the_check() {
    let mut json: serde_json::Value = serde_json::from_slice(VANILLA).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = json.clone();
        change(&mut changed);
        Profile::from_json(changed.to_string().as_bytes()).err().map(|error| error.to_string())
    };
    let list = |p: &mut serde_json::Value, name: &str, value: serde_json::Value| p["completeTests"][0][name] = value;
    use serde_json::json;
    type Change = Box<dyn Fn(&mut serde_json::Value)>;
    let cases: Vec<(Change, &str)> = vec![
        (Box::new(move |p| list(p, "all", json!(["no-such"]))), "there is no parameter no-such"),
        (Box::new(move |p| list(p, "all", json!(["vanillin", "mould", "vanillin"]))), "stands in the list twice"),
        (
            Box::new(move |p| list(p, "requirements", json!(["BUYER/gourmet"]))),
            "no limit of its requirements gates bean-length",
        ),
        (Box::new(move |p| list(p, "requirements", json!(["EU/none"]))), "there is no requirement EU/none"),
        (Box::new(move |p| list(p, "known", json!({ "mould": "why" }))), "a limit of its requirements gates mould"),
        (Box::new(move |p| list(p, "monitored", json!({ "vanillin-x": 3 }))), "does not ask for vanillin-x"),
        (Box::new(move |p| list(p, "documents", json!(["none"]))), "terms has no document-none"),
        (Box::new(move |p| list(p, "plans", json!(["none"]))), "there is no plan none"),
        (Box::new(move |p| list(p, "confidence", json!("low"))), "such a list is advisory"),
        (Box::new(move |p| list(p, "closed", json!(true))), "is closed, and asks for nothing"),
        (Box::new(move |p| list(p, "form", json!("green-beans"))), "has a list already"),
        (
            Box::new(|p| p["completeTests"][0]["conditional"][0]["when"] = json!({ "claim": "a", "unless": ["a"] })),
            "its own opposite",
        ),
        (
            Box::new(|p| p["completeTests"][0]["conditional"][1]["drop"] = json!(["vanillin-y"])),
            "does not ask for vanillin-y",
        ),
        (Box::new(|p| p["completeTests"][0]["conditional"][0]["when"] = json!({ "text": "farmed" })), "unknown field"),
        (Box::new(|p| p["requirements"][2]["rules"][0]["loqShare"] = json!("1.5")), "above 0 and at most 1"),
        (Box::new(|p| p["requirements"][2]["rules"][1]["plan"] = json!("none")), "there is no plan none"),
        (Box::new(|p| p["requirements"][2]["rules"][0]["rejectAbove"] = json!("40")), "needs a plan"),
        (Box::new(|p| p["requirements"][2]["rules"][2]["until"] = json!("2024-03 (repealed)")), "is no day"),
        (Box::new(|p| p["requirements"][2]["rules"][2]["until"] = json!("2025-01-01")), "is not after from"),
        (Box::new(|p| p["requirements"][1]["rules"][1]["words"] = json!(["clean"])), "clean is no word of mould"),
        (Box::new(|p| _ = p["parameters"][3].as_object_mut().unwrap().remove("words")), "needs the list of its words"),
        (Box::new(|p| p["wordLists"]["presence"][1]["also"] = json!(["NEGATIF"])), "would be"),
        (Box::new(|p| p["samplingPlans"][0]["kind"] = json!({ "units": { "n": 1, "c": 1 } })), "every unit is outside"),
        (
            Box::new(|p| {
                p["samplingPlans"][0]["kind"] =
                    json!({ "lotSize": { "of": "pieces", "steps": [{ "upTo": 9, "n": 2 }, { "n": 5, "c": 1 }] } });
            }),
            "goes by lot size",
        ),
        (Box::new(|p| p["samplingPlans"][0]["provenance"] = json!("from-memory")), "from memory"),
        (Box::new(|p| p["marketGroups"]["XX"] = json!(["DE"])), "DE stands in the groups twice"),
    ];
    for (change, want) in &cases {
        let error = refused(&**change).unwrap_or_else(|| panic!("accepted: {want}"));
        assert!(error.contains(want), "{want}: {error}");
    }
    json["completeTests"] = json!([]);
    assert!(Profile::from_json(json.to_string().as_bytes()).is_ok());
}

/// Results of one parameter, for the unions below.
fn judged() -> impl Strategy<Value = Vec<Judged>> {
    let ids = ["berried", "gear-passive", "species-id", "carapace-width", "mass-individual", "cd"];
    let words = ["no", "ya", "scylla-serrata", "12.5", "151", "0.1", "x", "11"];
    let one = (0..ids.len(), 0..words.len()).prop_map(move |(id, word)| (ids[id], words[word], 1));
    proptest::collection::vec(one, 1..5).prop_map(|values| inspection(profile("crab"), "live-mud-crab", "ID", &values))
}

fn score(completeness: &Completeness) -> Vec<Lacking> {
    match completeness {
        Completeness::Partly { lacking, .. } => lacking.clone(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn union_does_not_depend_on_the_order_of_inspections(all in proptest::collection::vec(judged(), 1..6), cut in 0usize..6) {
        let forward = tested(&all);
        let backward: Vec<_> = all.iter().rev().cloned().collect();
        prop_assert_eq!(&forward, &tested(&backward));
        let (a, b) = all.split_at(cut.min(all.len()));
        let mut merged = tested(b);
        merged.merge(&tested(a));
        prop_assert_eq!(&forward, &merged);
        let mut twice = forward.clone();
        twice.merge(&forward);
        prop_assert_eq!(forward, twice);
    }

    /// One more inspection never makes a lot lack what it did not lack before.
    #[test]
    fn more_tests_never_take_away_what_was_complete(all in proptest::collection::vec(judged(), 1..6), more in judged()) {
        let crab = profile("crab");
        let before = crab.completeness("live-mud-crab", "ID", &tested(&all), &Facts::default());
        let mut all = all;
        all.push(more);
        let after = crab.completeness("live-mud-crab", "ID", &tested(&all), &Facts::default());
        for lacking in score(&after) {
            prop_assert!(score(&before).contains(&lacking), "{lacking:?}");
        }
    }
}

#[test]
fn value_of_one_part_of_a_mixture_drops_no_test_of_the_whole() {
    let crab = profile("crab");
    let of = |values: &[(&str, &str, u32)]| tested(&[inspection(crab, "live-mud-crab", "CN", values)]);
    let (with, without) = (of(&[("hg", "0.1", 1), ("cd", "0.1", 1)]), of(&[("cd", "0.1", 1)]));
    let lacks = |tested: &Tested| {
        lacking(&crab.completeness("live-mud-crab", "CN", tested, &Facts::default())).contains(&"mehg".to_owned())
    };
    assert!(!lacks(&with) && lacks(&without));
    assert!(lacks(&with.shared(&without)) && lacks(&without.shared(&with)));
    assert!(!lacks(&with.shared(&with)));
}
