//! What the form of a profile alone can't say of its complete tests, sampling plans and words: what they name exists, and every list of
//! tests can be fulfilled.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::check::{Check, TEXT};
use super::complete::{CompleteTests, Condition};
use super::monitoring::MOST_DAYS;
use super::plan::{MOST_UNITS, Plan, PlanKind, Step};
use super::profile::{Confidence, Force, Limit, Parameter, ParameterKind, Provenance, Requirement, Rule};
use super::words::{Word, folded};

impl<'a> Check<'a> {
    /// Word lists, plans, market groups and complete tests.
    pub(super) fn tests(&mut self) {
        let p = self.profile;
        self.count("wordLists", p.word_lists.len());
        for (id, words) in &p.word_lists {
            let at = format!("wordLists.{id}");
            self.id(&at, id);
            self.words(&at, words);
        }
        self.list("samplingPlans", p.sampling_plans.iter().map(|plan| plan.id.as_str()));
        for (i, plan) in p.sampling_plans.iter().enumerate() {
            self.plan(&format!("samplingPlans[{i}]"), plan);
        }
        self.count("marketGroups", p.market_groups.len());
        let mut grouped = BTreeSet::new();
        for (group, countries) in &p.market_groups {
            let at = format!("marketGroups.{group}");
            self.market(&at, group);
            self.count(&at, countries.len());
            for country in countries {
                self.market(&at, country);
                self.demand(grouped.insert(country), &at, format!("{country} stands in the groups twice"));
            }
        }
        self.count("completeTests", p.complete_tests.len());
        let mut seen = BTreeSet::new();
        for (i, list) in p.complete_tests.iter().enumerate() {
            let at = format!("completeTests[{i}]");
            let first = seen.insert((&list.form, &list.market));
            self.demand(first, &at, format!("{} for {} has a list already", list.form, list.market));
            self.complete_tests(&at, list);
        }
    }

    /// A list of words: no word is understood as two.
    fn words(&mut self, at: &str, words: &'a [Word]) {
        self.list(at, words.iter().map(|word| word.id.as_str()));
        self.demand(!words.is_empty(), at, "is empty: no value would be understood");
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for (i, word) in words.iter().enumerate() {
            let at = format!("{at}[{i}]");
            self.names(&format!("{at}.names"), &word.names);
            self.texts(&format!("{at}.also"), &word.also);
            for spelling in word.spellings() {
                let other = known.insert(folded(spelling), &word.id).filter(|other| *other != word.id);
                if let Some(other) = other {
                    self.wrong(&at, format!("{spelling} would be {other} as well"));
                }
                // a value of a result ends at a comma
                self.demand(!spelling.contains(','), &at, format!("{spelling} has a comma"));
            }
        }
    }

    /// The words and days of a parameter.
    pub(super) fn parameter_words(&mut self, at: &str, parameter: &Parameter) {
        let list = parameter.words.as_ref();
        let exists = list.is_none_or(|id| self.profile.word_lists.contains_key(id));
        self.demand(exists, &format!("{at}.words"), "there is no such list in wordLists");
        let worded = parameter.kind == ParameterKind::Decimal || list.is_some();
        self.demand(worded, at, "is no number, and needs the list of its words");
        let days = parameter.valid_days.is_none_or(|days| (1..=MOST_DAYS).contains(&days));
        self.demand(days, &format!("{at}.validDays"), format!("is not 1 to {MOST_DAYS}"));
    }

    /// The words, plan, share and days of a limit.
    pub(super) fn limit_tests(&mut self, at: &str, limit: &Limit, set: &Requirement) {
        if let Some(parameter) = self.profile.parameter(&limit.parameter) {
            let known: Vec<&str> = self.profile.words_of(parameter).iter().map(|word| word.id.as_str()).collect();
            for word in limit.words.iter().filter(|word| !known.contains(&word.as_str())) {
                self.wrong(format!("{at}.words"), format!("{word} is no word of {}", parameter.id));
            }
        }
        let (share, of) = (limit.loq_share.unwrap_or(Decimal::ONE), format!("{at}.loqShare"));
        self.demand(share > Decimal::ZERO && share <= Decimal::ONE, &of, "is not above 0 and at most 1");
        self.demand(limit.loq_share.is_none() || limit.max.is_some(), &of, "is a share of max, which is missing");
        let period = limit.from.zip(limit.until).is_none_or(|(from, until)| from < until);
        self.demand(period, &format!("{at}.until"), "is not after from");
        let m = format!("{at}.rejectAbove");
        let ordered = limit.reject_above.is_none_or(|above| limit.max.is_some_and(|max| max <= above));
        self.demand(ordered, &m, "is M of a plan, and not below max, its m");
        let Some(id) = &limit.plan else {
            return self.demand(limit.reject_above.is_none(), &m, "needs a plan");
        };
        let Some(plan) = self.profile.plan(id) else {
            return self.wrong(format!("{at}.plan"), format!("there is no plan {id}"));
        };
        let at = format!("{at}.plan");
        let by_law = |set: &Requirement, limit: &Limit| set.force == Force::Legal && !limit.advisory;
        let others = self.profile.requirements.iter().any(|other| {
            let mut limits = other.rules.iter().flat_map(Rule::limits);
            limits.any(|l| l.parameter == limit.parameter && by_law(other, l))
        });
        let aql = matches!(plan.kind, PlanKind::LotSize { .. });
        self.demand(
            !aql || !(others || by_law(set, limit)),
            &at,
            "goes by lot size: what the law forbids may be in no unit",
        );
        let sure = plan.confidence != Confidence::Low && plan.provenance != Provenance::FromMemory;
        self.demand(
            limit.advisory || sure || self.adopted,
            &at,
            "is from memory or of low confidence: its limit is advisory",
        );
        self.demand(
            limit.reject_above.is_none() || plan.tolerates(),
            &m,
            "is of a plan that lets some units be above max",
        );
    }

    fn plan(&mut self, at: &str, plan: &Plan) {
        self.names(&format!("{at}.names"), &plan.names);
        self.text(&format!("{at}.standard"), &plan.standard, TEXT);
        self.texts(&format!("{at}.sources"), &plan.sources);
        self.text_if(&format!("{at}.note"), plan.note.as_ref());
        let at = format!("{at}.kind");
        match &plan.kind {
            PlanKind::Units { n, c } => self.step(&at, *n, *c),
            PlanKind::LotSize { steps, .. } | PlanKind::Composite { steps, .. } => self.steps(&at, steps),
        }
    }

    fn steps(&mut self, at: &str, steps: &[Step]) {
        self.count(at, steps.len());
        let ends = steps.last().is_some_and(|step| step.up_to.is_none());
        self.demand(ends, at, "does not end with a step without upTo");
        let sizes: Vec<u64> = steps.iter().filter_map(|step| step.up_to).collect();
        let rises = sizes.len() + 1 == steps.len() && sizes.windows(2).all(|pair| pair[0] < pair[1]);
        self.demand(rises, at, "does not rise from step to step");
        for step in steps {
            self.step(at, step.n, step.c);
        }
    }

    fn step(&mut self, at: &str, n: u32, c: u32) {
        self.demand((1..=MOST_UNITS).contains(&n), at, format!("tests 1 to {MOST_UNITS} units"));
        self.demand(c < n, at, "would pass a lot of which every unit is outside");
    }

    fn complete_tests(&mut self, at: &str, list: &'a CompleteTests) {
        let p = self.profile;
        self.demand(p.form(&list.form).is_some(), &format!("{at}.form"), format!("there is no form {}", list.form));
        self.market(&format!("{at}.market"), &list.market);
        for (name, text) in [("basis", Some(&list.basis)), ("note", list.note.as_ref())] {
            self.text_if(&format!("{at}.{name}"), text);
        }
        self.demand(
            list.advisory || list.confidence != Confidence::Low,
            at,
            "is of low confidence: such a list is advisory",
        );
        for (name, count) in [
            ("requirements", list.requirements.len()),
            ("all", list.all.len()),
            ("oneOf", list.one_of.len()),
            ("known", list.known.len()),
            ("monitored", list.monitored.len()),
            ("documents", list.documents.len()),
            ("plans", list.plans.len()),
        ] {
            self.count(&format!("{at}.{name}"), count);
        }
        for document in &list.documents {
            let named = p.terms.contains_key(&format!("document-{document}"));
            self.demand(named, &format!("{at}.documents"), format!("terms has no document-{document}"));
        }
        for id in list.plans.iter().filter(|id| p.plan(id).is_none()) {
            self.wrong(format!("{at}.plans"), format!("there is no plan {id}"));
        }
        for id in &list.requirements {
            let fits = p.requirement(id).is_some_and(|set| set.forms.is_empty() || set.forms.contains(&list.form));
            self.demand(fits, &format!("{at}.requirements"), format!("there is no requirement {id} of {}", list.form));
        }
        self.condition_list(&format!("{at}.conditional"), list);
        let (all, today) = (list.parameters(), p.as_of.as_ref().and_then(|day| day.parse().ok()));
        if list.closed {
            return self.demand(all.is_empty(), at, "is closed, and asks for nothing");
        }
        self.demand(!all.is_empty(), at, "asks for nothing: every lot would be complete");
        let mut once = BTreeSet::new();
        for id in list.all.iter().filter(|id| !once.insert(*id)).collect::<Vec<_>>() {
            self.wrong(format!("{at}.all"), format!("{id} stands in the list twice"));
        }
        for (i, one_of) in list.one_of.iter().enumerate() {
            self.demand(one_of.len() > 1, &format!("{at}.oneOf[{i}]"), "is no choice");
            self.count(&format!("{at}.oneOf[{i}]"), one_of.len());
        }
        for id in all {
            let known = list.known.contains_key(id);
            let gates = p.limiting(list, id, today, true).next().is_some();
            if p.parameter(id).is_none() {
                self.wrong(at, format!("there is no parameter {id}"));
            } else if !known && !gates {
                self.wrong(at, format!("no limit of its requirements gates {id}: name one, or the reason in known"));
            } else if known && gates {
                self.wrong(format!("{at}.known"), format!("a limit of its requirements gates {id}"));
            }
        }
        let parameters = list.parameters();
        let gates = parameters.iter().any(|id| !list.known.contains_key(*id));
        self.demand(list.advisory || gates, at, "asks for nothing that a limit gates: such a list is advisory");
        for (name, ids) in
            [("known", list.known.keys().collect::<Vec<_>>()), ("monitored", list.monitored.keys().collect())]
        {
            for id in ids.into_iter().filter(|id| !parameters.contains(id.as_str())) {
                self.wrong(format!("{at}.{name}"), format!("the list does not ask for {id}"));
            }
        }
        for (id, reason) in &list.known {
            self.text(&format!("{at}.known.{id}"), reason, TEXT);
        }
        let days = list.monitored.values().all(|days| (1..=MOST_DAYS).contains(days));
        self.demand(days, &format!("{at}.monitored"), format!("is not 1 to {MOST_DAYS} days"));
    }

    fn condition_list(&mut self, at: &str, list: &'a CompleteTests) {
        self.count(at, list.conditional.len());
        for (i, change) in list.conditional.iter().enumerate() {
            let at = format!("{at}[{i}]");
            self.condition(&format!("{at}.when"), &change.when, true);
            let changes = change.add.len() + change.drop.len();
            self.demand(changes > 0, &at, "changes nothing");
            self.count(&at, changes);
            let asked = |id: &String| list.all.contains(id) || list.conditional.iter().any(|c| c.add.contains(id));
            for id in change.drop.iter().filter(|id| !asked(id)) {
                self.wrong(format!("{at}.drop"), format!("the list does not ask for {id}"));
            }
        }
    }

    fn condition(&mut self, at: &str, condition: &'a Condition, outer: bool) {
        match condition {
            Condition::AnyOf(list) => {
                self.demand(outer && list.len() > 1, at, "is one list of several conditions");
                self.count(at, list.len());
                if outer {
                    list.iter().for_each(|one| self.condition(at, one, false));
                }
            }
            Condition::Claim { claim, unless } => {
                self.id(at, claim);
                unless.iter().for_each(|other| self.id(at, other));
                self.count(at, unless.len());
                self.demand(!unless.contains(claim), at, "is its own opposite");
            }
            Condition::Process { process, unless } => {
                let known = self.profile.process(process).is_some();
                self.demand(known, at, format!("there is no process {process}"));
                unless.iter().for_each(|other| self.id(at, other));
                self.count(at, unless.len());
            }
            Condition::Value { parameter, .. } => {
                let kind = self.profile.parameter(parameter).map(|parameter| parameter.kind);
                let number = kind == Some(ParameterKind::Decimal);
                self.demand(number, at, format!("{parameter} is no parameter that is a number"));
            }
        }
    }
}
