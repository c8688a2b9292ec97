//! From measured values to a verdict, recomputed the same way by the ledger, an auditor and an offline check.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::plan::{LotSize, Need, Unit};
use super::profile::{Decision, Force, Limit, PARAMETER, Parameter, ParameterKind, Profile, Requirement, Rule};
use super::{Judged, Verdict, plan};
use crate::epcis::{Event, SensorReport};
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
    /// Units of the lot for which it stands; under a sampling plan each counts.
    pub units: u32,
}

/// When values were measured, and of how large a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// The day: limits count from and until days.
    pub day: Date,
    /// The lot's size, for sampling plans that go by it.
    pub size: LotSize,
}

impl Occasion {
    /// At a time, by its day in UTC, of a lot whose size is not known.
    pub fn at(time: jiff::Timestamp) -> Occasion {
        Occasion { day: jiff::tz::TimeZone::UTC.to_datetime(time).date(), size: LotSize::default() }
    }
}

/// What an inspection comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The whole.
    pub verdict: Verdict,
    /// Each value under each limit, in the order measured.
    pub results: Vec<Judged>,
    /// Parameters that a requirement named has a gating limit for and that were not measured, or in fewer units than their plan asks
    /// for. Of an `anyOf`, one alternative measured is enough.
    pub lacking: Vec<String>,
    /// Parameters whose value is in another unit than the profile's: it can't be held against a limit.
    pub other_unit: Vec<String>,
    /// Parameters that a gating limit does not judge, because its plan goes by the size of the lot and that is not known.
    pub undecided_by_size: Vec<String>,
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
            units: report.units.unwrap_or(1),
        }
    }

    /// All that an event measured.
    pub fn of_event(event: &Event) -> impl Iterator<Item = Measured> {
        event.sensors.iter().flat_map(|element| &element.reports).map(Measured::from_report)
    }

    /// Whether it is of the parameter of this id.
    fn is_of(&self, id: &str) -> bool {
        self.parameter.strip_prefix(PARAMETER) == Some(id)
    }
}

/// A value against one side of a limit.
struct Side {
    limit: Decimal,
    inclusive: bool,
    /// Whether the limit is a largest value; else a smallest.
    upper: bool,
    /// Of an upper limit, the largest limit of quantification under which a value below it passes.
    loq: Decimal,
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

    /// A value below the limit of quantification: it passes an upper limit only if the LOQ is small enough for it; under a lower
    /// limit it fails when even the LOQ would.
    fn below(&self, loq: Decimal) -> Verdict {
        match (self.upper, loq <= self.loq, loq <= self.limit) {
            (true, true, _) => Verdict::Pass,
            (false, _, true) => Verdict::Fail,
            _ => Verdict::Inconclusive,
        }
    }
}

fn sides(limit: &Limit) -> Vec<Side> {
    // a share of 28 digits that overflows is no share: then no limit of quantification is small enough
    let share = |max: Decimal| limit.loq_share.map_or(Some(max), |share| share.checked_mul(max));
    let lower = |min| Side { limit: min, inclusive: limit.min_inclusive, upper: false, loq: min };
    let upper =
        |max| Side { limit: max, inclusive: limit.max_inclusive, upper: true, loq: share(max).unwrap_or(Decimal::MIN) };
    limit.min.map(lower).into_iter().chain(limit.max.map(upper)).collect()
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
    occasion: Occasion,
}

/// The values of a parameter under one limit.
struct Weighed {
    /// The verdict of each, by its place among all values.
    values: Vec<(usize, Verdict)>,
    /// That of all together.
    verdict: Verdict,
    /// Units tested, and units that the plan asks for.
    units: Option<(u32, u32)>,
    /// Only the size of the lot is missing for a verdict.
    undecided_by_size: bool,
}

impl Bench<'_> {
    /// Whether a limit is for the form, and in force.
    fn applies(&self, limit: &Limit) -> bool {
        limit.is_for(self.requirement, self.form) && limit.is_in_force(self.occasion.day)
    }

    /// The verdict of one limit on one value.
    fn one(&self, limit: &Limit, value: &Measured) -> Verdict {
        let Some(parameter) = self.profile.parameter(&limit.parameter) else { return Verdict::NotEvaluated };
        let word = self.profile.word(parameter, &value.value);
        if let Some(word) = word
            && !limit.words.is_empty()
        {
            return if limit.words.contains(&word.id) { Verdict::Pass } else { Verdict::Fail };
        }
        if parameter.kind != ParameterKind::Decimal {
            // a word that nobody knows is no failure: failures stick
            return Verdict::NotEvaluated;
        }
        if value.uom != parameter.unit {
            // a number in another unit is no number of this parameter: it can't be said to lie within
            return Verdict::Inconclusive;
        }
        if let Some(loq) = value.value.strip_prefix('<') {
            let stated = exact_decimal(loq.trim_start()).ok().or(value.loq);
            let sides = sides(limit);
            return match stated {
                Some(loq) if !sides.is_empty() => all(sides.iter().map(|s| s.below(loq))),
                _ => Verdict::Inconclusive,
            };
        }
        let Ok(number) = exact_decimal(&value.value) else { return Verdict::Inconclusive };
        if limit.min.is_none() && limit.max.is_none() && !limit.words.is_empty() {
            // what must not be found was found, in that amount
            return if number.is_zero() { Verdict::Inconclusive } else { Verdict::Fail };
        }
        all(sides(limit).iter().map(|s| s.judge(number, value.uncertainty, self.requirement.decision)))
    }

    /// All values of a limit's parameter, by its sampling plan if it has one, else each must be within.
    fn weigh(&self, limit: &Limit) -> Weighed {
        let values = self.values.iter().enumerate().filter(|(_, value)| value.is_of(&limit.parameter));
        let each: Vec<(usize, &Measured, Verdict)> = values.map(|(at, v)| (at, v, self.one(limit, v))).collect();
        let plan = limit.plan.as_ref().and_then(|id| self.profile.plan(id));
        let Some(plan) = plan.filter(|_| !each.is_empty()) else {
            let verdict = all(each.iter().map(|(_, _, verdict)| *verdict));
            let values = each.into_iter().map(|(at, _, v)| (at, v)).collect();
            return Weighed { values, verdict, units: None, undecided_by_size: false };
        };
        let known = plan.need(self.occasion.size);
        let need = known.unwrap_or_else(|| plan.of_any_size());
        let unit = |value: &Measured, verdict| match verdict {
            Verdict::Pass => Some(Unit::Within),
            Verdict::Fail if self.is_beyond(limit, value, need) => Some(Unit::Beyond),
            Verdict::Fail => Some(Unit::Marginal),
            Verdict::Inconclusive => Some(Unit::Unclear),
            Verdict::NotEvaluated => None,
        };
        let units: Vec<(Unit, u32)> =
            each.iter().filter_map(|(_, value, verdict)| Some((unit(value, *verdict)?, value.units))).collect();
        let found = units.iter().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
        let verdict = plan::verdict(need, units.into_iter());
        let values = each.iter().map(|(at, _, own)| {
            let shown = match (verdict, own) {
                (Verdict::Pass, Verdict::Fail) => Verdict::Pass,
                (Verdict::NotEvaluated, _) => Verdict::NotEvaluated,
                (_, own) => *own,
            };
            (*at, shown)
        });
        Weighed {
            values: values.collect(),
            verdict,
            units: known.map(|need| (found, need.n)),
            undecided_by_size: known.is_none() && found > 0 && verdict == Verdict::NotEvaluated,
        }
    }

    /// Whether a value outside a limit is so by more than its plan lets any unit be.
    fn is_beyond(&self, limit: &Limit, value: &Measured, need: Need) -> bool {
        match limit.reject_above {
            None => need.c == 0,
            Some(above) => {
                let most = Limit { max: Some(above), loq_share: None, words: Vec::new(), ..limit.clone() };
                self.one(&most, value) == Verdict::Fail
            }
        }
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
                let due = gates && !limit.advisory && self.applies(limit);
                let lacks = due && {
                    let weighed = self.weigh(limit);
                    let short = weighed.verdict == Verdict::NotEvaluated && limit.plan.is_some();
                    short || weighed.values.iter().all(|(_, verdict)| *verdict == Verdict::NotEvaluated)
                };
                if lacks { vec![format!("{PARAMETER}{}", limit.parameter)] } else { Vec::new() }
            }
        }
    }

    /// The parameters of gating limits for which only the size of the lot is missing.
    fn undecided_by_size(&self, rule: &Rule, gates: bool) -> Vec<String> {
        let waits = |limit: &&Limit| {
            gates
                && !limit.advisory
                && self.applies(limit)
                && limit.plan.is_some()
                && self.weigh(limit).undecided_by_size
        };
        rule.limits().into_iter().filter(waits).map(|limit| format!("{PARAMETER}{}", limit.parameter)).collect()
    }

    fn limit(&self, limit: &Limit, gates: bool, out: &mut Vec<(usize, Judged)>) -> Verdict {
        if !self.applies(limit) {
            return Verdict::NotEvaluated;
        }
        let advisory = limit.advisory || !gates;
        let weighed = self.weigh(limit);
        for (at, verdict) in weighed.values {
            let Some(value) = self.values.get(at) else { continue };
            let mut judged = self.profile.judged(value, Some((limit, self.requirement)), advisory, verdict);
            judged.units = weighed.units;
            out.push((at, judged));
        }
        if advisory { Verdict::NotEvaluated } else { weighed.verdict }
    }
}

impl Profile {
    /// Judges `values` of a lot of `form` by the requirement sets named. A set that the profile does not have judges
    /// nothing; a value without a limit is `NotEvaluated`.
    pub fn judge(&self, form: &str, requirements: &[String], values: &[Measured], occasion: Occasion) -> Judgement {
        let sets = requirements.iter().filter_map(|id| self.requirement(id));
        self.judge_by(form, sets, values, occasion)
    }

    /// Judges `values` by sets of limits, of the profile or adopted beside it.
    pub(super) fn judge_by<'a>(
        &'a self,
        form: &'a str,
        sets: impl Iterator<Item = &'a Requirement>,
        values: &'a [Measured],
        occasion: Occasion,
    ) -> Judgement {
        let mut found: Vec<(usize, Judged)> = Vec::new();
        let (mut verdicts, mut lacking, mut undecided_by_size) = (Vec::new(), Vec::new(), Vec::new());
        for requirement in sets {
            let gates = requirement.force != Force::Advisory;
            let bench = Bench { profile: self, requirement, form, values, occasion };
            for rule in &requirement.rules {
                verdicts.push(bench.rule(rule, gates, &mut found));
                lacking.extend(bench.lacking(rule, gates));
                undecided_by_size.extend(bench.undecided_by_size(rule, gates));
            }
        }
        for (at, value) in values.iter().enumerate() {
            if !found.iter().any(|(of, _)| *of == at) {
                found.push((at, self.judged(value, None, true, Verdict::NotEvaluated)));
            }
        }
        found.sort_by_key(|(at, _)| *at);
        for list in [&mut lacking, &mut undecided_by_size] {
            list.sort();
            list.dedup();
        }
        let differs = |v: &&Measured| {
            let known = v.parameter.strip_prefix(PARAMETER).and_then(|id| self.parameter(id));
            known.is_some_and(|p| self.is_in_other_unit(p, v))
        };
        let other_unit = values.iter().filter(differs).map(|v| v.parameter.clone()).collect();
        let results = found.into_iter().map(|(_, j)| j).collect();
        Judgement { verdict: all(verdicts.into_iter()), results, lacking, other_unit, undecided_by_size }
    }

    /// Whether a value is a number in another unit than that of its parameter.
    fn is_in_other_unit(&self, parameter: &Parameter, value: &Measured) -> bool {
        parameter.kind == ParameterKind::Decimal
            && value.uom != parameter.unit
            && self.word(parameter, &value.value).is_none()
    }

    /// Whether a value is no number of its parameter in its unit, and no word of it.
    fn is_unread(&self, value: &Measured) -> bool {
        let parameter = value.parameter.strip_prefix(PARAMETER).and_then(|id| self.parameter(id));
        parameter.is_some_and(|parameter| {
            let number = || exact_decimal(value.value.strip_prefix('<').unwrap_or(&value.value).trim_start()).is_ok();
            let fits = parameter.kind == ParameterKind::Decimal && value.uom == parameter.unit && number();
            !fits && self.word(parameter, &value.value).is_none()
        })
    }

    fn judged(
        &self,
        value: &Measured,
        limit: Option<(&Limit, &Requirement)>,
        advisory: bool,
        verdict: Verdict,
    ) -> Judged {
        Judged {
            parameter: value.parameter.clone(),
            value: value.value.clone(),
            uom: value.uom.clone(),
            uncertainty: value.uncertainty.map(|u| u.to_string()),
            method: value.method.clone(),
            min: limit.and_then(|(l, _)| l.min.map(|m| (m.to_string(), l.min_inclusive))),
            max: limit.and_then(|(l, _)| l.max.map(|m| (m.to_string(), l.max_inclusive))),
            requirement: limit.map(|(_, set)| set.id.clone()),
            advisory,
            verdict,
            unread: self.is_unread(value),
            units: None,
        }
    }
}
