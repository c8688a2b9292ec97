//! Repeats of a parameter in one inspection are judged by their sampling plan: n units, at most c between m and M, none above M.

use jejak::quality::plan::{LotSize, Need, Plan, PlanKind, Unit, verdict};
use jejak::quality::{Judgement, Measured, Occasion, Profile, Specification, Verdict, builtin};
use proptest::prelude::*;

fn crab() -> &'static Profile {
    &builtin().iter().find(|shipped| shipped.profile.id == "crab").unwrap().profile
}

fn judge(set: &str, parameter: &str, values: &[(&str, u32)]) -> Judgement {
    let known = crab().parameter(parameter).unwrap();
    let values: Vec<Measured> = values
        .iter()
        .map(|(text, units)| Measured {
            parameter: format!("urn:jejak:param:{parameter}"),
            value: (*text).into(),
            uom: if crab().word(known, text).is_some() { None } else { known.unit.clone() },
            uncertainty: None,
            loq: None,
            method: None,
            units: *units,
        })
        .collect();
    let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size: LotSize::default() };
    crab().judge("bsc-pasteurised-meat", &[set.to_owned()], &values, occasion)
}

const MICROBES: &str = "EU/EC-2073/2005";
const HYGIENE: &str = "EU/EC-2073/2005-process-hygiene";

#[test]
fn fewer_units_than_the_plan_asks_for_pass_nothing() {
    let four = judge(MICROBES, "salmonella", &[("absent", 1), ("absent", 1), ("not detected", 1), ("negatif", 1)]);
    assert_eq!(four.verdict, Verdict::NotEvaluated);
    assert_eq!(four.results[0].units, Some((4, 5)));
    assert!(four.lacking.contains(&"urn:jejak:param:salmonella".to_owned()));
    let five = judge(MICROBES, "salmonella", &[("absent", 5)]);
    assert_eq!((five.verdict, five.results[0].units), (Verdict::Pass, Some((5, 5))));
    assert!(!five.lacking.contains(&"urn:jejak:param:salmonella".to_owned()));
    // one positive unit of few is enough to fail
    assert_eq!(judge(MICROBES, "salmonella", &[("present", 1)]).verdict, Verdict::Fail);
    assert_eq!(judge(MICROBES, "salmonella", &[("absent", 4), ("ada", 1)]).verdict, Verdict::Fail);
}

/// Verdicts of the single values: the set only informs.
fn each(values: &[(&str, u32)]) -> Vec<Verdict> {
    judge(HYGIENE, "staph", values).results.iter().map(|r| r.verdict).collect()
}

#[test]
fn units_between_m_and_m_are_tolerated_up_to_c_and_none_above_m() {
    use Verdict::{Fail, NotEvaluated, Pass};
    // n = 5, c = 2, m = 100, M = 1000
    assert_eq!(each(&[("50", 1), ("90", 1), ("100", 1), ("500", 1), ("1000", 1)]), [Pass; 5]);
    assert_eq!(each(&[("50", 2), ("500", 3)]), [Pass, Fail], "three of five are above m");
    assert_eq!(each(&[("50", 4), ("1001", 1)]), [Pass, Fail], "one is above M");
    assert_eq!(each(&[("50", 2), ("500", 1)]), [NotEvaluated; 2], "three units are no five");
    assert_eq!(each(&[("500", 3)]), [Fail], "and three above m are too many of any number");
    assert_eq!(each(&[("<10", 5)]), [Pass]);
}

#[test]
fn value_that_can_not_be_read_counts_as_no_unit() {
    let judged = judge(MICROBES, "listeria", &[("absent", 4), ("negatiff", 1)]);
    assert_eq!(judged.verdict, Verdict::NotEvaluated);
    assert_eq!(judged.results.iter().map(|r| r.unread).collect::<Vec<_>>(), [false, true]);
    assert_eq!(judged.results[0].units, Some((4, 5)));
}

#[test]
fn without_a_plan_every_repeat_must_be_within() {
    let live = |values: &[(&str, u32)]| {
        let values: Vec<Measured> = values
            .iter()
            .map(|(text, units)| Measured {
                parameter: "urn:jejak:param:berried".into(),
                value: (*text).into(),
                uom: None,
                uncertainty: None,
                loq: None,
                method: None,
                units: *units,
            })
            .collect();
        let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size: LotSize::default() };
        crab().judge("live-mud-crab", &["ID/Permen-KP-7/2024".to_owned()], &values, occasion).verdict
    };
    assert_eq!(live(&[("no", 199), ("yes", 1)]), Verdict::Fail, "one egg-bearing crab of 200");
    assert_eq!(live(&[("tidak", 200)]), Verdict::Pass);
}

#[test]
fn plan_by_lot_size_takes_the_step_of_the_lot_and_never_more_than_there_is() {
    let plan = crab().plan("iso-2859-1-ii-4.0").unwrap();
    let need = |pieces| plan.need(LotSize { pieces: Some(pieces), grams: None });
    assert_eq!(need(2), Some(Need { n: 2, c: 0 }));
    assert_eq!(need(150), Some(Need { n: 20, c: 2 }));
    assert_eq!(need(151), Some(Need { n: 32, c: 3 }));
    assert_eq!(need(1_000_000), Some(Need { n: 315, c: 21 }));
    assert_eq!(plan.need(LotSize::default()), None);
    let metals = crab().plan("metals-333-2007").unwrap();
    assert_eq!(metals.need(LotSize::default()), Some(Need { n: 1, c: 0 }), "one result of a mixed sample");
}

/// Judges the width of crabs by an adopted limit whose plan goes by lot size.
fn width(size: LotSize, values: &[(&str, u32)]) -> Judgement {
    let mut json: serde_json::Value =
        serde_json::from_slice(include_bytes!("../testdata/flour-specification.json")).unwrap();
    json["commodity"] = "crab".into();
    json["forms"] = serde_json::json!(["live-mud-crab"]);
    json["rules"] = serde_json::json!([{ "parameter": "carapace-width", "min": "12", "plan": "iso-2859-1-ii-4.0" }]);
    let adopted = Specification::from_json(json.to_string().as_bytes()).unwrap();
    let value = |(value, units): &(&str, u32)| Measured {
        parameter: "urn:jejak:param:carapace-width".into(),
        value: (*value).into(),
        uom: Some("CMT".into()),
        uncertainty: None,
        loq: None,
        method: None,
        units: *units,
    };
    let values: Vec<Measured> = values.iter().map(value).collect();
    let occasion = Occasion { day: jiff::civil::date(2026, 11, 20), size };
    crab().judge_with("live-mud-crab", &[], &[&adopted], &values, occasion)
}

#[test]
fn of_unknown_size_fails_what_fails_in_every_size_and_nothing_passes() {
    let unknown = LotSize::default();
    for (small, good) in [(0, 315), (0, 10_000), (21, 294), (1, 2)] {
        let values: &[(&str, u32)] = &[("13", good), ("11", small)];
        let judged = width(unknown, &values[..if small == 0 { 1 } else { 2 }]);
        assert_eq!(judged.verdict, Verdict::NotEvaluated, "{small} of {good} too small");
        assert_eq!(judged.undecided_by_size, ["urn:jejak:param:carapace-width"]);
        assert_eq!(judged.lacking, judged.undecided_by_size, "and so the limit lacks");
    }
    // the largest step lets 21 of 315 be too small
    let failed = width(unknown, &[("11", 22), ("13", 10_000)]);
    assert_eq!((failed.verdict, failed.undecided_by_size), (Verdict::Fail, vec![]));
    assert_eq!(failed.results.iter().map(|r| r.verdict).collect::<Vec<_>>(), [Verdict::Fail, Verdict::Pass]);
    let known = width(LotSize { pieces: Some(40), grams: None }, &[("11", 1), ("13", 12)]);
    assert_eq!((known.verdict, known.undecided_by_size), (Verdict::Pass, vec![]));
}

proptest! {
    /// What fails without the size fails with it, whatever it is.
    #[test]
    fn failure_without_the_size_is_one_with_every_size(small in 0u32..40, good in 0u32..400, pieces in 1u64..1_000_000) {
        prop_assume!(small + good > 0);
        let values: Vec<(&str, u32)> =
            [("11", small), ("13", good)].into_iter().filter(|(_, units)| *units > 0).collect();
        let unknown = width(LotSize::default(), &values).verdict;
        prop_assert_ne!(unknown, Verdict::Pass);
        if unknown == Verdict::Fail {
            prop_assert_eq!(width(LotSize { pieces: Some(pieces), grams: None }, &values).verdict, Verdict::Fail);
        }
    }
}

fn units() -> impl Strategy<Value = Vec<(Unit, u32)>> {
    let unit = prop_oneof![Just(Unit::Within), Just(Unit::Marginal), Just(Unit::Beyond), Just(Unit::Unclear)];
    proptest::collection::vec((unit, 1u32..6), 0..8)
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::NotEvaluated | Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    }
}

proptest! {
    #[test]
    fn order_and_grouping_of_units_change_no_verdict(units in units(), n in 1u32..12, c in 0u32..4) {
        let need = Need { n, c };
        let all = verdict(need, units.iter().copied());
        prop_assert_eq!(all, verdict(need, units.iter().rev().copied()));
        let single = units.iter().flat_map(|(unit, count)| (0..*count).map(move |_| (*unit, 1)));
        prop_assert_eq!(all, verdict(need, single));
    }

    /// A better unit in place of a worse one never makes the verdict worse, nor does a unit within the limit.
    #[test]
    fn better_units_never_make_a_verdict_worse(units in units(), n in 1u32..12, c in 0u32..4, at in 0usize..8) {
        let need = Need { n, c };
        let before = rank(verdict(need, units.iter().copied()));
        let mut better = units.clone();
        if let Some(unit) = better.get_mut(at) {
            unit.0 = Unit::Within;
        }
        prop_assert!(rank(verdict(need, better.into_iter())) >= before);
        let more = units.iter().copied().chain([(Unit::Within, 1)]);
        prop_assert!(rank(verdict(need, more)) >= before);
    }

    #[test]
    fn unit_above_m_always_fails(units in units(), n in 1u32..12, c in 0u32..4) {
        let with = units.iter().copied().chain([(Unit::Beyond, 1)]);
        prop_assert_eq!(verdict(Need { n, c }, with), Verdict::Fail);
    }

    /// A verdict that passes had n units, at most c of them outside m.
    #[test]
    fn what_passes_has_enough_units(units in units(), n in 1u32..12, c in 0u32..4) {
        if verdict(Need { n, c }, units.iter().copied()) == Verdict::Pass {
            let sum = |of: Option<Unit>| units.iter().filter(|(unit, _)| of.is_none_or(|of| of == *unit)).map(|(_, n)| n).sum::<u32>();
            prop_assert!(sum(None) >= n && sum(Some(Unit::Marginal)) <= c);
        }
    }
}

#[test]
fn every_plan_that_ships_asks_for_something_of_some_lot() {
    for plan in builtin().iter().flat_map(|shipped| &shipped.profile.sampling_plans) {
        let size = LotSize { pieces: Some(500), grams: Some(500_000) };
        let need = Plan::need(plan, size).unwrap();
        assert!(need.n >= 1 && need.c < need.n, "{}", plan.id);
        assert!(!matches!(plan.kind, PlanKind::Units { n, c } if c >= n));
    }
}
