//! What a complete test of a form is for a market, and whether what was tested of a lot comes to that.
//!
//! A profile has one list for each form and market. A lot is complete when every parameter of the list passed in some valid inspection,
//! whatever the inspection, laboratory or day. What can't be decided counts as lacking; no text decides. What it is not: the verdict on
//! a value (`judge`), nor which inspections are valid (`chain`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::profile::{Confidence, Force, Limit, PARAMETER, Profile, Requirement, Rule, decimal};
use super::specification::Specification;
use super::{Judged, Verdict};
use crate::gs1::exact_decimal;

/// What makes the test of a form complete for a market.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteTests {
    /// Form id.
    pub form: String,
    /// Market: a country, a market group, `INT` or `BUYER`.
    pub market: String,
    /// Requirement sets whose limits count for it. Another market's limit is another figure.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Parameters that must all have passed.
    #[serde(default)]
    pub all: Vec<String>,
    /// Of each of these lists one parameter must have passed.
    #[serde(default)]
    pub one_of: Vec<Vec<String>>,
    /// What is added or dropped under a condition.
    #[serde(default)]
    pub conditional: Vec<Conditional>,
    /// Parameters that no limit gates here, each with the reason: a value is enough.
    #[serde(default)]
    pub known: BTreeMap<String, String>,
    /// Parameters that a monitoring result of the place or period may cover, with the days that such a result counts.
    #[serde(default)]
    pub monitored: BTreeMap<String, u32>,
    /// Document types that go with it.
    #[serde(default)]
    pub documents: Vec<String>,
    /// Ids of the sampling plans that go with it.
    #[serde(default)]
    pub plans: Vec<String>,
    /// What the list is based on.
    pub basis: String,
    /// How sure the list is.
    pub confidence: Confidence,
    /// The list only advises: of low confidence.
    #[serde(default)]
    pub advisory: bool,
    /// The market is closed for this form: no test makes it complete.
    #[serde(default)]
    pub closed: bool,
    /// A note for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// A change of the list under a condition. A condition that can't be decided adds, and drops nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditional {
    /// When it holds.
    pub when: Condition,
    /// Parameters that must have passed as well.
    #[serde(default)]
    pub add: Vec<String>,
    /// Parameters that need not.
    #[serde(default)]
    pub drop: Vec<String>,
}

/// What the log can decide of a lot.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ConditionMembers")]
pub enum Condition {
    /// One of the conditions holds.
    AnyOf(Vec<Condition>),
    /// The lot has this claim, such as `farmed`. Without a claim the other way a claim that is not made does not hold.
    Claim {
        /// The claim.
        claim: String,
        /// Claims that say the opposite, such as `wild`. Without one of either the condition is undecided.
        unless: Vec<String>,
    },
    /// The lot, or what it was made of, went through this process of the profile.
    Process {
        /// The process.
        process: String,
        /// Claims that say that it did not.
        unless: Vec<String>,
    },
    /// The largest value of a parameter is above, or at most, a number; undecided without a value.
    Value {
        /// The parameter.
        parameter: String,
        /// The number.
        number: Decimal,
        /// Above it; else at most it.
        above: bool,
    },
}

/// The members of a condition as they are written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConditionMembers {
    any_of: Option<Vec<Condition>>,
    claim: Option<String>,
    process: Option<String>,
    unless: Option<Vec<String>>,
    parameter: Option<String>,
    #[serde(default, deserialize_with = "decimal")]
    above: Option<Decimal>,
    #[serde(default, deserialize_with = "decimal")]
    at_most: Option<Decimal>,
}

impl TryFrom<ConditionMembers> for Condition {
    type Error = &'static str;

    fn try_from(m: ConditionMembers) -> Result<Condition, &'static str> {
        let plain = m.unless.is_none();
        let unless = m.unless.unwrap_or_default();
        match (m.any_of, m.claim, m.process, m.parameter, m.above, m.at_most) {
            (Some(list), None, None, None, None, None) if plain => Ok(Condition::AnyOf(list)),
            (None, Some(claim), None, None, None, None) => Ok(Condition::Claim { claim, unless }),
            (None, None, Some(process), None, None, None) => Ok(Condition::Process { process, unless }),
            (None, None, None, Some(parameter), Some(number), None) if plain => {
                Ok(Condition::Value { parameter, number, above: true })
            }
            (None, None, None, Some(parameter), None, Some(number)) if plain => {
                Ok(Condition::Value { parameter, number, above: false })
            }
            _ => Err(
                "a condition is `anyOf`, a `claim`, a `process`, or a `parameter` with `above` or `atMost`, and only one of these",
            ),
        }
    }
}

impl Condition {
    /// Whether it holds; `None` when the log does not decide it.
    pub fn holds(&self, tested: &Tested, facts: &Facts<'_>) -> Option<bool> {
        let claimed = |claim: &String| facts.claims.contains(claim) || (facts.gear_stated && claim == WILD);
        let otherwise = |unless: &[String]| (unless.is_empty() || unless.iter().any(claimed)).then_some(false);
        match self {
            Condition::AnyOf(list) => {
                let held: Vec<Option<bool>> = list.iter().map(|one| one.holds(tested, facts)).collect();
                if held.contains(&Some(true)) {
                    Some(true)
                } else if held.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Condition::Claim { claim, unless } => {
                // a lot that claims both ways has decided nothing
                match (claimed(claim), unless.iter().any(claimed)) {
                    (true, true) => None,
                    (true, false) => Some(true),
                    (false, _) => otherwise(unless),
                }
            }
            Condition::Process { process, unless } => {
                if facts.processes.contains(process) {
                    Some(true)
                } else {
                    otherwise(unless)
                }
            }
            Condition::Value { parameter, number, above } => {
                let largest = tested.largest(parameter)?;
                Some(if *above { largest > *number } else { largest <= *number })
            }
        }
    }

    /// The claims of which one alone would decide that it does not hold.
    fn settled_by(&self) -> Vec<String> {
        match self {
            Condition::AnyOf(list) => {
                let mut each = list.iter().map(Condition::settled_by);
                let first = each.next().unwrap_or_default();
                each.fold(first, |both, next| both.into_iter().filter(|claim| next.contains(claim)).collect())
            }
            Condition::Claim { unless, .. } | Condition::Process { unless, .. } => unless.clone(),
            Condition::Value { .. } => Vec::new(),
        }
    }
}

/// The claim that a harvest makes which names its fishing gear.
pub const WILD: &str = "wild";

/// What the log states of a lot beside its test results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The day whose limits count; all limits count without one.
    pub day: Option<Date>,
    /// Claims that all origins of the lot share, and `fattened` where stock was booked on for that reason.
    pub claims: &'a [String],
    /// Whether every harvest of the lot names its fishing gear: it claims [`WILD`].
    pub gear_stated: bool,
    /// Processes of the lot and of what it was made from, by id.
    pub processes: &'a [String],
    /// What monitoring results of its place and period come to, those that still count.
    pub monitoring: Option<&'a Tested>,
    /// Specifications that were adopted for it: they are asked for as well, and gate where the list only advises.
    pub specifications: &'a [&'a Specification],
}

/// What was tested of a lot: the union over its valid inspections, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tested {
    /// By parameter id, the requirement sets whose gating limit it passed.
    passed: BTreeMap<String, BTreeSet<String>>,
    /// By parameter id, the requirement sets whose limit for information it lies within.
    within: BTreeMap<String, BTreeSet<String>>,
    /// Parameter ids with a value that can be read.
    known: BTreeSet<String>,
    /// The largest number of each as a decimal, below a limit of quantification that limit.
    largest: BTreeMap<String, String>,
}

impl Tested {
    /// Adds the results of one valid inspection.
    pub fn add(&mut self, results: &[Judged]) {
        let of = |judged: &Judged| judged.parameter.strip_prefix(PARAMETER).map(str::to_owned);
        let bad = |judged: &&Judged| matches!(judged.verdict, Verdict::Fail | Verdict::Inconclusive);
        let spoilt: BTreeSet<(String, Option<&String>)> =
            results.iter().filter(bad).filter_map(|judged| Some((of(judged)?, judged.requirement.as_ref()))).collect();
        for judged in results {
            let Some(id) = of(judged) else { continue };
            self.measure(&id, judged.value.trim_start_matches('<').trim_start());
            if !judged.unread {
                self.known.insert(id.clone());
            }
            // one value outside a limit spoils what the others of the same inspection pass
            let clean = !spoilt.contains(&(id.clone(), judged.requirement.as_ref()));
            if let (Verdict::Pass, true, Some(requirement)) = (judged.verdict, clean, &judged.requirement) {
                let passed = if judged.advisory { &mut self.within } else { &mut self.passed };
                passed.entry(id).or_default().insert(requirement.clone());
            }
        }
    }

    /// Adds what another union holds.
    pub fn merge(&mut self, other: &Tested) {
        for (own, others) in [(&mut self.passed, &other.passed), (&mut self.within, &other.within)] {
            for (id, requirements) in others {
                own.entry(id.clone()).or_default().extend(requirements.iter().cloned());
            }
        }
        self.known.extend(other.known.iter().cloned());
        for (id, number) in &other.largest {
            self.measure(id, number);
        }
    }

    /// What both hold: passed here and there. Of a parameter that both measured, the larger number.
    pub fn shared(&self, other: &Tested) -> Tested {
        let both = |a: &BTreeMap<String, BTreeSet<String>>, b: &BTreeMap<String, BTreeSet<String>>| {
            let common = a.iter().filter_map(|(id, sets)| Some((id.clone(), sets & b.get(id)?)));
            common.filter(|(_, sets)| !sets.is_empty()).collect()
        };
        let mut shared = Tested {
            passed: both(&self.passed, &other.passed),
            within: both(&self.within, &other.within),
            known: &self.known & &other.known,
            largest: BTreeMap::new(),
        };
        for (id, number) in &self.largest {
            if let Some(there) = other.largest.get(id) {
                shared.measure(id, number);
                shared.measure(id, there);
            }
        }
        shared
    }

    /// The largest number measured of a parameter.
    fn largest(&self, id: &str) -> Option<Decimal> {
        self.largest.get(id).and_then(|number| exact_decimal(number).ok())
    }

    fn measure(&mut self, id: &str, number: &str) {
        let Ok(new) = exact_decimal(number) else { return };
        if self.largest(id).is_none_or(|known| known < new) {
            self.largest.insert(id.to_owned(), new.normalize().to_string());
        }
    }

    /// Ids of the parameters that have a value that can be read.
    pub fn measured(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// Parameter ids that passed a limit that gates.
    pub fn passed(&self) -> impl Iterator<Item = &str> {
        self.passed.keys().map(String::as_str)
    }
}

/// Whether what was tested is all that a market asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum Completeness {
    /// Every parameter of the list.
    Complete {
        /// The list only advises.
        advisory: bool,
        /// Parameters that only a monitoring result covers.
        monitored: Vec<String>,
    },
    /// Some are lacking.
    Partly {
        /// The list only advises.
        advisory: bool,
        /// What is lacking; never empty.
        lacking: Vec<Lacking>,
    },
    /// The profile has no list for this form and market.
    NoList,
    /// The market is closed for this form.
    Closed,
    /// No requirement and no list knows the market.
    UnknownMarket,
}

/// A test that a list asks for and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacking {
    /// Parameter ids, of which one is enough.
    pub one_of: Vec<String>,
    /// Claims of which one, signed, would do as well: the test is asked for because the log does not decide.
    pub or_claim: Vec<String>,
}

impl Profile {
    /// The market under which the profile knows a code: the code itself, or the group that the country belongs to.
    pub fn market<'a>(&'a self, code: &'a str) -> Option<&'a str> {
        let named = |market: &str| {
            self.requirements.iter().any(|requirement| requirement.market == market)
                || self.complete_tests.iter().any(|list| list.market == market)
        };
        if named(code) {
            return Some(code);
        }
        let groups = self.market_groups.iter().filter(|(_, countries)| countries.iter().any(|country| country == code));
        groups.map(|(group, _)| group.as_str()).find(|group| named(group))
    }

    /// The list of a form for a market, which may be given as a country of a group.
    pub fn complete_list(&self, form: &str, market: &str) -> Option<&CompleteTests> {
        let market = self.market(market)?;
        self.complete_tests.iter().find(|list| list.form == form && list.market == market)
    }

    /// Whether what was `tested` of a lot of `form` is all that `market` asks for.
    pub fn completeness(&self, form: &str, market: &str, tested: &Tested, facts: &Facts<'_>) -> Completeness {
        let adopted = facts.specifications.iter().filter(|own| own.applies(self, form, market, facts.day));
        let adopted: Vec<&&Specification> = adopted.collect();
        let list = match self.complete_list(form, market) {
            Some(list) if list.closed => return Completeness::Closed,
            // a specification for this very market is all that is known of it
            None if adopted.iter().any(|own| own.market.as_deref() == Some(market)) => None,
            None if self.market(market).is_none() => return Completeness::UnknownMarket,
            None => return Completeness::NoList,
            list => list,
        };
        // what a party signed gates, where the list alone would only advise
        let advisory = adopted.is_empty() && list.is_some_and(|list| list.advisory);
        let (mut lacking, mut monitored) = (Vec::new(), BTreeSet::new());
        let passed =
            |own: &Specification, id: &String| tested.passed.get(id).is_some_and(|sets| sets.contains(&own.set.id));
        for own in &adopted {
            let due = own.due(form, facts.day).into_iter();
            lacking.extend(due.filter(|due| !due.one_of.iter().any(|id| passed(own, id))));
        }
        for (list, due) in
            list.into_iter().flat_map(|list| list.due(tested, facts).into_iter().map(move |due| (list, due)))
        {
            // a contract settles what no limit of the list gates, and never what one gates
            let agreed = |id: &String| list.known.contains_key(id) && adopted.iter().any(|own| passed(own, id));
            if due.one_of.iter().any(|id| agreed(id) || self.is_satisfied(list, id, tested, facts)) {
                continue;
            }
            let covered = |id: &&String| {
                let monitoring = facts.monitoring.filter(|_| list.monitored.contains_key(*id));
                monitoring.is_some_and(|results| self.is_satisfied(list, id, results, facts))
            };
            match due.one_of.iter().find(covered) {
                Some(id) => _ = monitored.insert(id.clone()),
                None => lacking.push(due),
            }
        }
        lacking.sort();
        lacking.dedup();
        if lacking.is_empty() {
            Completeness::Complete { advisory, monitored: monitored.into_iter().collect() }
        } else {
            Completeness::Partly { advisory, lacking }
        }
    }

    /// The requirement sets of a list with a limit on a parameter that is in force on `day`: those that gate, or those that only inform.
    pub(super) fn limiting<'a>(
        &'a self,
        list: &'a CompleteTests,
        parameter: &'a str,
        day: Option<Date>,
        gating: bool,
    ) -> impl Iterator<Item = &'a Requirement> {
        let sets = list.requirements.iter().filter_map(|id| self.requirement(id));
        sets.filter(move |set| {
            let counts = |limit: &Limit| {
                limit.parameter == parameter
                    && limit.judges()
                    && (set.force != Force::Advisory && !limit.advisory) == gating
                    && limit.is_for(set, &list.form)
                    && day.is_none_or(|day| limit.is_in_force(day))
            };
            set.rules.iter().flat_map(Rule::limits).any(counts)
        })
    }

    /// Whether a parameter of a list passed one of its gating limits. Where none gates, a value within a limit for information is enough,
    /// and where there is none of these either, a value.
    fn is_satisfied(&self, list: &CompleteTests, id: &str, tested: &Tested, facts: &Facts<'_>) -> bool {
        let among = |sets: &BTreeMap<String, BTreeSet<String>>, gating: bool| {
            let of = |set: &Requirement| sets.get(id).is_some_and(|sets| sets.contains(&set.id));
            self.limiting(list, id, facts.day, gating).any(of)
        };
        if !list.known.contains_key(id) {
            return among(&tested.passed, true);
        }
        let informs = self.limiting(list, id, facts.day, false).next().is_some();
        if informs { among(&tested.within, false) } else { tested.known.contains(id) }
    }
}

impl CompleteTests {
    /// What it asks for of this lot, by its conditions: what is undecided adds, and drops nothing.
    fn due(&self, tested: &Tested, facts: &Facts<'_>) -> Vec<Lacking> {
        let mut all: BTreeMap<&String, Vec<String>> = self.all.iter().map(|id| (id, Vec::new())).collect();
        let mut dropped: BTreeSet<&String> = BTreeSet::new();
        for change in &self.conditional {
            match change.when.holds(tested, facts) {
                Some(false) => {}
                Some(true) => {
                    all.extend(change.add.iter().map(|id| (id, Vec::new())));
                    dropped.extend(&change.drop);
                }
                None => {
                    let settled = change.when.settled_by();
                    for id in &change.add {
                        // asked for by two undecided conditions, no one claim settles both
                        let both = all.entry(id).or_insert_with(|| settled.clone());
                        both.retain(|claim| settled.contains(claim));
                    }
                }
            }
        }
        all.retain(|id, _| !dropped.contains(id));
        let one_of = self.one_of.iter().map(|one_of| Lacking { one_of: one_of.clone(), or_claim: Vec::new() });
        let all = all.into_iter().map(|(id, or_claim)| Lacking { one_of: vec![id.clone()], or_claim });
        let mut due: Vec<Lacking> = all.chain(one_of).collect();
        due.sort();
        due
    }

    /// Every parameter that it may ask for, each once.
    pub fn parameters(&self) -> BTreeSet<&str> {
        let changes = self.conditional.iter().flat_map(|change| &change.add);
        self.all.iter().chain(self.one_of.iter().flatten()).chain(changes).map(String::as_str).collect()
    }
}
