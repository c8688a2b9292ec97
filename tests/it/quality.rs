//! Profiles and verdicts: the shipped profiles are well formed, and a verdict follows from the values alone.

use jejak::quality::plan::LotSize;
use jejak::quality::profile::{ParameterKind, Rule};
use jejak::quality::{Judgement, Measured, Occasion, Profile, Shipped, Verdict, builtin};

fn profile(id: &str) -> &'static Profile {
    &builtin().iter().find(|shipped| shipped.profile.id == id).unwrap().profile
}

fn value(parameter: &str, value: &str, uom: Option<&str>, uncertainty: Option<&str>) -> Measured {
    Measured {
        parameter: format!("urn:jejak:param:{parameter}"),
        value: value.into(),
        uom: uom.map(Into::into),
        uncertainty: uncertainty.map(|u| u.parse().unwrap()),
        loq: None,
        method: None,
        units: 1,
    }
}

fn occasion() -> Occasion {
    Occasion { day: jiff::civil::date(2026, 11, 29), size: LotSize::default() }
}

fn judge(id: &str, form: &str, set: &str, values: &[Measured]) -> Judgement {
    profile(id).judge(form, &[set.to_owned()], values, occasion())
}

const SNI: &str = "ID/SNI-06-2385-2006";

#[test]
fn shipped_profiles_are_complete() {
    for Shipped { profile, .. } in builtin() {
        let id = &profile.id;
        for parameter in &profile.parameters {
            assert_eq!(parameter.kind == ParameterKind::Decimal, parameter.unit.is_some(), "{id} {}", parameter.id);
        }
        let ids: Vec<&String> = profile.requirements.iter().map(|r| &r.id).collect();
        for requirement in &profile.requirements {
            assert_eq!(ids.iter().filter(|i| ***i == requirement.id).count(), 1, "{}", requirement.id);
            assert!(requirement.id.len() <= 64 && !requirement.rules.is_empty(), "{}", requirement.id);
            for form in &requirement.forms {
                assert!(profile.forms.iter().any(|f| &f.id == form), "{} {form}", requirement.id);
            }
        }
    }
}

/// Limits noted from memory or with low confidence are advisory.
#[test]
fn profiles_without_review_are_advisory() {
    for Shipped { profile, bytes } in builtin() {
        let id = &profile.id;
        let raw: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let mut rules: Vec<serde_json::Value> = Vec::new();
        for set in raw["requirements"].as_array().unwrap() {
            rules.extend(set["rules"].as_array().unwrap().iter().cloned());
        }
        while let Some(rule) = rules.pop() {
            if let Some(list) = rule.get("anyOf").or(rule.get("allOf")) {
                rules.extend(list.as_array().unwrap().iter().cloned());
                continue;
            }
            let doubtful = rule["provenance"] == "from-memory" || rule["confidence"] == "low";
            assert!(!doubtful || rule["advisory"] == true, "{id}: {rule}");
            assert!(!rule["sources"].as_array().unwrap().is_empty() || rule["advisory"] == true, "{id}: {rule}");
        }
    }
}

#[test]
fn verdict_follows_the_limits() {
    let table: &[(&str, &str, Option<&str>, Verdict)] = &[
        ("acid-value", "8", Some("GK"), Verdict::Pass),
        ("acid-value", "8.01", Some("GK"), Verdict::Fail),
        ("patchoulol", "30", Some("P1"), Verdict::Pass),
        ("patchoulol", "29.99", Some("P1"), Verdict::Fail),
        ("ri-20", "1.507", Some("C62"), Verdict::Pass),
        ("ri-20", "1.5151", Some("C62"), Verdict::Fail),
        ("iron", "<1", Some("NA"), Verdict::Pass),
        ("iron", "<30", Some("NA"), Verdict::Inconclusive),
        ("patchoulol", "<1", Some("P1"), Verdict::Fail),
        ("iron", "12", Some("KGM"), Verdict::Inconclusive),
        ("iron", "twelve", Some("NA"), Verdict::Inconclusive),
        ("iron", "1e1", Some("NA"), Verdict::Inconclusive),
        ("flash-point", "100", Some("CEL"), Verdict::NotEvaluated),
    ];
    for (parameter, text, uom, want) in table {
        let got = judge("essential-oil", "patchouli-oil", SNI, &[value(parameter, text, *uom, None)]);
        assert_eq!(got.verdict, *want, "{parameter} {text}");
        assert_eq!(got.results.len(), 1);
    }
    let other_form = judge("essential-oil", "vetiver-oil", SNI, &[value("acid-value", "9", Some("GK"), None)]);
    assert_eq!(other_form.verdict, Verdict::NotEvaluated);
    let unknown_set = judge("essential-oil", "patchouli-oil", "ID/none", &[value("acid-value", "9", Some("GK"), None)]);
    assert_eq!(unknown_set.verdict, Verdict::NotEvaluated);
}

#[test]
fn uncertainty_follows_the_decision_rule() {
    // EU: official control fails only what is beyond doubt
    let cd = |text, u| judge("crab", "live-mud-crab", "EU/EU-2023/915", &[value("cd", text, Some("NA"), u)]).verdict;
    assert_eq!(cd("0.48", Some("0.10")), Verdict::Pass);
    assert_eq!(cd("0.55", Some("0.10")), Verdict::Inconclusive);
    assert_eq!(cd("0.65", Some("0.10")), Verdict::Fail);
    assert_eq!(cd("0.55", None), Verdict::Fail);
}

#[test]
fn mud_crab_size_rule_combines_conditions() {
    let size = |values: &[Measured]| judge("crab", "live-mud-crab", "ID/Permen-KP-7/2024", values);
    let width = |w| value("carapace-width", w, Some("CMT"), None);
    let mass = |m| value("mass-individual", m, Some("GRM"), None);
    let berried = |b| value("berried", b, None, None);
    assert_eq!(size(&[width("12.1"), mass("140"), berried("no")]).verdict, Verdict::Pass);
    assert_eq!(size(&[width("12.0"), mass("151"), berried("no")]).verdict, Verdict::Pass);
    assert_eq!(size(&[width("12.0"), mass("150"), berried("no")]).verdict, Verdict::Fail);
    assert_eq!(size(&[width("13"), mass("400"), berried("yes")]).verdict, Verdict::Fail);
    // an alternative that was not needed is not a failure
    let passed = size(&[width("12.1"), mass("140"), berried("no")]);
    assert!(passed.results.iter().all(|r| r.verdict != Verdict::Fail));
    let tree = profile("crab");
    let set = tree.requirement("ID/Permen-KP-7/2024").unwrap();
    assert!(matches!(set.rules[1], Rule::AnyOf(_)));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_are_not_a_profile(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        proptest::prop_assert!(Profile::from_json(&bytes).is_err());
    }

    /// Raising a value never turns an upper limit's fail into a pass.
    #[test]
    fn higher_value_never_improves_a_verdict_under_an_upper_limit(a in 0u32..2000, b in 0u32..2000) {
        let (low, high) = (a.min(b), a.max(b));
        let acid = |n: u32| {
            let text = format!("{}.{:02}", n / 100, n % 100);
            judge("essential-oil", "patchouli-oil", SNI, &[value("acid-value", &text, Some("GK"), None)]).verdict
        };
        if acid(low) == Verdict::Fail {
            proptest::prop_assert_eq!(acid(high), Verdict::Fail);
        }
    }
}
