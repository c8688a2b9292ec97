//! From measured values to a verdict, recomputed the same way by the ledger, an auditor and an offline check.

use rust_decimal::Decimal;

use super::profile::{Decision, Force, Limit, PARAMETER, ParameterKind, Profile, Requirement, Rule};
use super::{Judged, Verdict};
use crate::epcis::SensorReport;
use crate::gs1::exact_decimal;

/// A measured value, as an inspection states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The parameter's URI.
    pub parameter: String,
    /// As measured: a decimal, `<` and a decimal, or a word.
    pub value: String,
    /// Unit.
    pub uom: Option<String>,
    /// Expanded uncertainty, same unit.
    pub uncertainty: Option<Decimal>,
    /// Limit of quantification, same unit.
    pub loq: Option<Decimal>,
    /// Test method.
    pub method: Option<String>,
}

/// What an inspection comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The whole.
    pub verdict: Verdict,
    /// Each value under each limit, in the order measured.
    pub results: Vec<Judged>,
    /// Parameters that a requirement named has a gating limit for and that were not measured. Of an `anyOf`, one alternative
    /// measured is enough.
    pub lacking: Vec<String>,
    /// Parameters whose value is in another unit than the profile's: it can't be held against a limit.
    pub other_unit: Vec<String>,
}

impl Measured {
    /// From a sensor report: `stringValue` governs, then `value`, then `booleanValue`.
    pub fn from_report(report: &SensorReport) -> Measured {
        let value = report
            .string_value
            .clone()
            .or_else(|| report.value.map(|v| v.to_string()))
            .or_else(|| report.boolean_value.map(|b| if b { "yes" } else { "no" }.to_owned()))
            .unwrap_or_default();
        Measured {
            parameter: report.parameter.clone(),
            value,
            uom: report.uom.clone(),
            uncertainty: report.uncertainty,
            loq: report.loq,
            method: report.method.clone(),
        }
    }
}

/// A value against one side of a limit.
struct Side {
    limit: Decimal,
    inclusive: bool,
    /// Whether the limit is a largest value; else a smallest.
    upper: bool,
}

impl Side {
    /// Whether `x` lies within.
    fn holds(&self, x: Decimal) -> bool {
        match (self.upper, self.inclusive) {
            (true, true) => x <= self.limit,
            (true, false) => x < self.limit,
            (false, true) => x >= self.limit,
            (false, false) => x > self.limit,
        }
    }

    fn judge(&self, value: Decimal, uncertainty: Option<Decimal>, decision: Decision) -> Verdict {
        let straddle = |towards: bool| {
            // the edge of the uncertainty interval nearer to (or further from) the outside
            let u = uncertainty.unwrap_or_default().abs();
            let outward = if self.upper == towards { value.checked_add(u) } else { value.checked_sub(u) };
            outward.is_some_and(|edge| self.holds(edge))
        };
        match decision {
            Decision::SimpleAcceptance => {
                if self.holds(value) {
                    Verdict::Pass
                } else {
                    Verdict::Fail
                }
            }
            Decision::GuardBandProducer => {
                if straddle(true) {
                    Verdict::Pass
                } else if straddle(false) {
                    Verdict::Inconclusive
                } else {
                    Verdict::Fail
                }
            }
            Decision::GuardBandOfficial => {
                if self.holds(value) {
                    Verdict::Pass
                } else if straddle(false) {
                    Verdict::Inconclusive
                } else {
                    Verdict::Fail
                }
            }
        }
    }

    /// A value below the limit of quantification: it passes an upper limit only if that limit is not below the LOQ; under a
    /// lower limit it fails when even the LOQ would.
    fn below(&self, loq: Decimal) -> Verdict {
        match (self.upper, self.upper && loq <= self.limit, loq <= self.limit) {
            (true, true, _) => Verdict::Pass,
            (true, false, _) => Verdict::Inconclusive,
            (false, _, true) => Verdict::Fail,
            (false, _, false) => Verdict::Inconclusive,
        }
    }
}

fn sides(limit: &Limit) -> Vec<Side> {
    let lower = limit.min.map(|min| Side { limit: min, inclusive: limit.min_inclusive, upper: false });
    let upper = limit.max.map(|max| Side { limit: max, inclusive: limit.max_inclusive, upper: true });
    lower.into_iter().chain(upper).collect()
}

/// The worst of verdicts that must all hold; nothing evaluated is `NotEvaluated`.
fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::NotEvaluated, |so_far, v| match (so_far, v) {
        (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
        (Verdict::Inconclusive, _) | (_, Verdict::Inconclusive) => Verdict::Inconclusive,
        (Verdict::Pass, _) | (_, Verdict::Pass) => Verdict::Pass,
        _ => Verdict::NotEvaluated,
    })
}

/// The best of verdicts of which one must hold.
fn any(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::NotEvaluated, |so_far, v| match (so_far, v) {
        (Verdict::Pass, _) | (_, Verdict::Pass) => Verdict::Pass,
        (Verdict::Inconclusive, _) | (_, Verdict::Inconclusive) => Verdict::Inconclusive,
        (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
        _ => Verdict::NotEvaluated,
    })
}

struct Bench<'a> {
    profile: &'a Profile,
    requirement: &'a Requirement,
    form: &'a str,
    values: &'a [Measured],
}

impl Bench<'_> {
    fn is_for_form(&self, limit: &Limit) -> bool {
        let forms = if limit.forms.is_empty() { &self.requirement.forms } else { &limit.forms };
        forms.is_empty() || forms.iter().any(|f| f == self.form)
    }

    /// The verdict of one limit on one value.
    fn one(&self, limit: &Limit, value: &Measured) -> Verdict {
        let Some(parameter) = self.profile.parameter(&limit.parameter) else { return Verdict::NotEvaluated };
        if parameter.kind != ParameterKind::Decimal {
            if limit.words.is_empty() {
                return Verdict::NotEvaluated;
            }
            return if limit.words.contains(&value.value) { Verdict::Pass } else { Verdict::Fail };
        }
        if !limit.words.is_empty() && limit.words.contains(&value.value) {
            return Verdict::Pass;
        }
        if value.uom != parameter.unit {
            // a number in another unit is no number of this parameter: it can't be said to lie within
            return Verdict::Inconclusive;
        }
        if let Some(loq) = value.value.strip_prefix('<') {
            let stated = exact_decimal(loq.trim_start()).ok().or(value.loq);
            return stated.map_or(Verdict::Inconclusive, |loq| all(sides(limit).iter().map(|s| s.below(loq))));
        }
        let Ok(number) = exact_decimal(&value.value) else { return Verdict::Inconclusive };
        all(sides(limit).iter().map(|s| s.judge(number, value.uncertainty, self.requirement.decision)))
    }

    /// The verdict of a rule; its results go to `out`. Within an `anyOf` that holds, an alternative that does not is no
    /// failure: it is shown as not evaluated.
    fn rule(&self, rule: &Rule, gates: bool, out: &mut Vec<(usize, Judged)>) -> Verdict {
        match rule {
            Rule::AllOf(rules) => all(rules.iter().map(|r| self.rule(r, gates, out)).collect::<Vec<_>>().into_iter()),
            Rule::AnyOf(rules) => {
                let from = out.len();
                let verdict = any(rules.iter().map(|r| self.rule(r, gates, out)).collect::<Vec<_>>().into_iter());
                if verdict == Verdict::Pass {
                    for (_, judged) in &mut out[from..] {
                        if judged.verdict != Verdict::Pass {
                            judged.verdict = Verdict::NotEvaluated;
                        }
                    }
                }
                verdict
            }
            Rule::Limit(limit) => self.limit(limit, gates, out),
        }
    }

    /// The parameters of gating limits that no value was measured for.
    fn lacking(&self, rule: &Rule, gates: bool) -> Vec<String> {
        match rule {
            Rule::AllOf(rules) => rules.iter().flat_map(|r| self.lacking(r, gates)).collect(),
            Rule::AnyOf(rules) => rules.iter().map(|r| self.lacking(r, gates)).min_by_key(Vec::len).unwrap_or_default(),
            Rule::Limit(limit) => {
                let measured = |v: &Measured| v.parameter.strip_prefix(PARAMETER) == Some(limit.parameter.as_str());
                let due = gates && !limit.advisory && self.is_for_form(limit);
                let lacks = due && !self.values.iter().any(measured);
                if lacks { vec![format!("{PARAMETER}{}", limit.parameter)] } else { Vec::new() }
            }
        }
    }

    fn limit(&self, limit: &Limit, gates: bool, out: &mut Vec<(usize, Judged)>) -> Verdict {
        if !self.is_for_form(limit) {
            return Verdict::NotEvaluated;
        }
        let advisory = limit.advisory || !gates;
        let mut verdicts = Vec::new();
        for (at, value) in self.values.iter().enumerate() {
            if value.parameter.strip_prefix(PARAMETER) != Some(limit.parameter.as_str()) {
                continue;
            }
            let verdict = self.one(limit, value);
            if !advisory {
                verdicts.push(verdict);
            }
            out.push((at, judged(value, Some(limit), Some(&self.requirement.id), advisory, verdict)));
        }
        all(verdicts.into_iter())
    }
}

fn judged(
    value: &Measured,
    limit: Option<&Limit>,
    requirement: Option<&str>,
    advisory: bool,
    verdict: Verdict,
) -> Judged {
    Judged {
        parameter: value.parameter.clone(),
        value: value.value.clone(),
        uom: value.uom.clone(),
        uncertainty: value.uncertainty.map(|u| u.to_string()),
        method: value.method.clone(),
        min: limit.and_then(|l| l.min.map(|m| (m.to_string(), l.min_inclusive))),
        max: limit.and_then(|l| l.max.map(|m| (m.to_string(), l.max_inclusive))),
        requirement: requirement.map(str::to_owned),
        advisory,
        verdict,
    }
}

impl Profile {
    /// Judges `values` of a lot of `form` by the requirement sets named. A set that the profile does not have judges
    /// nothing; a value without a limit is `NotEvaluated`.
    pub fn judge(&self, form: &str, requirements: &[String], values: &[Measured]) -> Judgement {
        let mut found: Vec<(usize, Judged)> = Vec::new();
        let (mut verdicts, mut lacking) = (Vec::new(), Vec::new());
        for id in requirements {
            let Some(requirement) = self.requirement(id) else { continue };
            let gates = requirement.force != Force::Advisory;
            let bench = Bench { profile: self, requirement, form, values };
            for rule in &requirement.rules {
                verdicts.push(bench.rule(rule, gates, &mut found));
                lacking.extend(bench.lacking(rule, gates));
            }
        }
        for (at, value) in values.iter().enumerate() {
            if !found.iter().any(|(of, _)| *of == at) {
                found.push((at, judged(value, None, None, true, Verdict::NotEvaluated)));
            }
        }
        found.sort_by_key(|(at, _)| *at);
        lacking.sort();
        lacking.dedup();
        let differs = |v: &&Measured| {
            let known = v.parameter.strip_prefix(PARAMETER).and_then(|id| self.parameter(id));
            known.is_some_and(|p| p.kind == ParameterKind::Decimal && v.uom != p.unit)
        };
        let other_unit = values.iter().filter(differs).map(|v| v.parameter.clone()).collect();
        let results = found.into_iter().map(|(_, j)| j).collect();
        Judgement { verdict: all(verdicts.into_iter()), results, lacking, other_unit }
    }
}
