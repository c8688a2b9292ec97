//! What is still missing before a lot may go to a market: gate, the exporter's standing, the lot's documents, what lapses before the
//! planned shipment, and the steps.
//!
//! Only what must be there blocks, and no row of low confidence does. A market that nobody has looked into is never ready, and no paper opens a
//! closed gate.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::COMMON;
use super::condition::{Condition, Facts, Found, Standing};
use super::file::{BorderRefusal, Class, Gate, GateStatus, Guide, Item, Misunderstanding, Question, Scope, Step};
use super::view::{GateView, ItemState, ItemView, Outcome, QuestionView, Readiness, Remark, StepState, StepView, Used};
use crate::names::Names;
use crate::quality::profile::Confidence;

/// What a person said beside the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Ids of the questions that were answered with yes.
    pub yes: BTreeSet<String>,
    /// And with no.
    pub no: BTreeSet<String>,
    /// The day of the planned shipment.
    pub shipment: Option<Date>,
}

/// For what the answer is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Commodity id.
    pub commodity: &'a str,
    /// Form id.
    pub form: &'a str,
    /// The market, and the groups that it belongs to.
    pub markets: &'a [String],
    /// Today.
    pub today: Date,
    /// What a person said.
    pub answers: &'a Answers,
}

/// What is missing, by the guides of the commodity and the one for all.
pub fn readiness(guides: &[&Guide], asked: &Asked<'_>, facts: &Facts) -> Readiness {
    let used = used(guides, asked);
    let scoped = Scoped::new(&used, asked);
    let gates = scoped.gates(facts);
    let gate_open = !gates.is_empty() && gates.iter().all(|gate| gate.status == GateStatus::Open);
    let facts = &Facts { gate_open, ..facts.clone() };
    let standing = scoped.items(used.iter().flat_map(|guide| &guide.standing), facts);
    let documents = scoped.items(used.iter().flat_map(|guide| &guide.documents), facts);
    let all: BTreeMap<&str, &ItemView> =
        standing.iter().chain(&documents).map(|item| (item.id.as_str(), item)).collect();
    let questions = scoped.questions(&all);
    let steps = scoped.steps(&all, facts);
    let named = |items: &[String]| -> Vec<String> {
        items.iter().filter(|item| all.contains_key(item.as_str())).cloned().collect()
    };
    let misunderstandings = scoped.misunderstandings(named);
    let refusals = scoped.refusals(named);
    let (missing, open) = counted(all.values().copied());
    let mut answer = Readiness {
        outcome: match used.iter().any(|guide| guide.id == COMMON) {
            true => outcome(&gates, missing, open),
            // what every good needs is not said
            false => Outcome::NotKnown,
        },
        missing,
        open,
        gates,
        standing,
        documents,
        questions,
        steps,
        misunderstandings,
        refusals,
        roles: BTreeMap::new(),
        terms: BTreeMap::new(),
        sources: BTreeMap::new(),
        guides: used
            .iter()
            .map(|guide| Used { id: guide.id.clone(), version: guide.version.clone(), as_of: guide.as_of })
            .collect(),
    };
    answer.explain(&used);
    answer
}

/// The guide of the commodity and the one for all.
fn used<'g>(guides: &[&'g Guide], asked: &Asked<'_>) -> Vec<&'g Guide> {
    guides.iter().copied().filter(|guide| guide.id == COMMON || guide.id == asked.commodity).collect()
}

/// Whether a good may enter a market, before anything is known of a lot.
pub fn gate_of(guides: &[&Guide], asked: &Asked<'_>) -> GateStatus {
    let used = used(guides, asked);
    let gates = Scoped::new(&used, asked).gates(&Facts::default());
    gates.iter().map(|gate| gate.status).max().unwrap_or(GateStatus::Unknown)
}

/// How many items block, and how many questions are open that decide about one.
pub(super) fn counted<'i>(items: impl Iterator<Item = &'i ItemView> + Clone) -> (usize, usize) {
    let missing = items.clone().filter(|item| item.blocks).count();
    let asked = items.filter(|item| item.state == ItemState::Asked && item.confidence != Confidence::Low);
    (missing, asked.filter_map(|item| item.question.as_deref()).collect::<BTreeSet<_>>().len())
}

/// No gate at all is one that nobody has looked at; of several the worst counts.
pub(super) fn outcome(gates: &[GateView], missing: usize, open: usize) -> Outcome {
    let worst = gates.iter().map(|gate| gate.status).max().unwrap_or(GateStatus::Unknown);
    match worst {
        GateStatus::Closed => Outcome::Closed,
        GateStatus::Unknown => Outcome::NotKnown,
        // what opens it is not there yet
        GateStatus::Conditional => Outcome::Missing,
        GateStatus::Open if missing > 0 => Outcome::Missing,
        GateStatus::Open if open > 0 => Outcome::Questions,
        GateStatus::Open => Outcome::Ready,
    }
}

/// The rows of guides that are for the form and market asked for.
struct Scoped<'a> {
    guides: &'a [&'a Guide],
    asked: &'a Asked<'a>,
    /// Whether the market has no rules of its own.
    other: bool,
}

impl<'a> Scoped<'a> {
    fn new(guides: &'a [&'a Guide], asked: &'a Asked<'a>) -> Scoped<'a> {
        let named = guides.iter().flat_map(|guide| &guide.markets).any(|market| asked.markets.contains(market));
        Scoped { guides, asked, other: !named }
    }

    fn covers(&self, scope: &Scope<'_>) -> bool {
        let of_market = |market: &String| self.asked.markets.contains(market) || (market == "other" && self.other);
        (scope.forms.is_empty() || scope.forms.iter().any(|form| form == self.asked.form))
            && (scope.markets.is_empty() || scope.markets.iter().any(of_market))
    }

    fn gates(&self, facts: &Facts) -> Vec<GateView> {
        let gates = self.guides.iter().flat_map(|guide| &guide.gates).filter(|gate| self.covers(&gate.scope()));
        gates.map(|gate| self.gate(gate, facts)).collect()
    }

    fn gate(&self, gate: &Gate, facts: &Facts) -> GateView {
        let opens = gate.opens.as_ref().filter(|_| gate.status == GateStatus::Conditional);
        let decided = opens.and_then(|opens| match opens.find(facts, self.asked.today).standing {
            Standing::Holds => Some(GateStatus::Open),
            Standing::Contradicted => Some(GateStatus::Closed),
            Standing::Missing | Standing::Lapsed => None,
        });
        GateView {
            id: gate.id.clone(),
            status: decided.unwrap_or(gate.status),
            decided_by_lot: decided.is_some(),
            text: gate.text.clone(),
            as_of: gate.as_of.clone(),
            review: gate.review,
            overdue: gate.review < self.asked.today,
            confidence: gate.confidence,
            sources: gate.sources.clone(),
        }
    }

    fn items<'i>(&self, items: impl Iterator<Item = &'i Item>, facts: &Facts) -> Vec<ItemView> {
        let mut found: Vec<&Item> = items.filter(|item| self.covers(&item.scope())).collect();
        found.sort_by_key(|item| item.order);
        in_order(found, |item| &item.id, |item| &item.after).into_iter().map(|item| self.item(item, facts)).collect()
    }

    fn item(&self, item: &Item, facts: &Facts) -> ItemView {
        let found = item.closes.find(facts, self.asked.today);
        let answers = &self.asked.answers;
        // one without a question is asked about all the same: by its own id
        let question = (item.class == Class::Conditional).then(|| item.question.as_ref().unwrap_or(&item.id));
        let state = match (found.standing, question) {
            (Standing::Holds, _) => ItemState::Done,
            (_, Some(question)) if answers.no.contains(question) => ItemState::NotNeeded,
            (_, Some(question)) if !answers.yes.contains(question) => ItemState::Asked,
            (Standing::Missing, _) => ItemState::Missing,
            (Standing::Lapsed, _) => ItemState::Lapsed,
            (Standing::Contradicted, _) => ItemState::Failed,
        };
        let Found { papers, records, until, .. } = found;
        let expires = until.filter(|_| matches!(state, ItemState::Done | ItemState::Lapsed));
        let lapses =
            state == ItemState::Done && expires.zip(answers.shipment).is_some_and(|(until, shipment)| until < shipment);
        let lacks = matches!(state, ItemState::Missing | ItemState::Lapsed | ItemState::Failed) || lapses;
        let binds = match item.class {
            Class::Must | Class::Conditional => true,
            Class::Contract => facts.specified,
            Class::Usual => false,
        };
        ItemView {
            id: item.id.clone(),
            name: item.name.clone(),
            text: item.text.clone(),
            class: item.class,
            state,
            blocks: lacks && binds && item.confidence != Confidence::Low,
            expires,
            lapses,
            documents: item.closes.documents().map(str::to_owned).collect(),
            certificates: item.closes.certificates().map(str::to_owned).collect(),
            papers: papers.into_iter().cloned().collect(),
            records,
            question: question.cloned(),
            after: item.after.clone(),
            issuer: item.issuer.clone(),
            issuer_name: item.issuer_name.clone(),
            basis: item.basis.clone(),
            bring: item.bring.clone(),
            validity: item.validity.clone(),
            lead_days: item.lead_days,
            cost_rupiah: item.cost_rupiah,
            note: item.note.clone(),
            review: item.review,
            overdue: item.review < self.asked.today,
            confidence: item.confidence,
            sources: item.sources.clone(),
        }
    }

    fn questions(&self, items: &BTreeMap<&str, &ItemView>) -> Vec<QuestionView> {
        let all = self.guides.iter().flat_map(|guide| &guide.questions);
        all.filter_map(|Question { id, text }| {
            let of = items.values().filter(|item| item.question.as_ref() == Some(id) && item.state != ItemState::Done);
            let items: Vec<String> = of.map(|item| item.id.clone()).collect();
            let answers = &self.asked.answers;
            let answer = if answers.no.contains(id) { Some(false) } else { answers.yes.contains(id).then_some(true) };
            (!items.is_empty()).then(|| QuestionView { id: id.clone(), text: text.clone(), answer, items })
        })
        .collect()
    }

    fn steps(&self, items: &BTreeMap<&str, &ItemView>, facts: &Facts) -> Vec<StepView> {
        let phone = |step: &Step| {
            step.closes.iter().flat_map(Condition::leaves).any(|leaf| matches!(leaf, Condition::Phone(_)))
        };
        let all = self.guides.iter().flat_map(|guide| &guide.steps).filter(|step| self.covers(&step.scope()));
        let all = all.filter(|step| facts.phone.is_some() || !phone(step));
        let sorted = in_order(all.collect(), |step| &step.id, |step| &step.after);
        let here: BTreeSet<&str> = sorted.iter().map(|step| step.id.as_str()).collect();
        let mut found: Vec<StepView> = Vec::with_capacity(sorted.len());
        for step in &sorted {
            let own: Vec<String> = step.items.iter().filter(|id| items.contains_key(id.as_str())).cloned().collect();
            let closed = match &step.closes {
                Some(closes) => closes.find(facts, self.asked.today).standing == Standing::Holds,
                None => settled(&own, items),
            };
            found.push(StepView {
                id: step.id.clone(),
                text: step.text.clone(),
                who: step.who.clone(),
                state: if closed { StepState::Done } else { StepState::Later },
                optional: step.optional,
                after: step.after.iter().filter(|id| here.contains(id.as_str())).cloned().collect(),
                by_items: step.closes.is_none(),
                items: own,
                screen: step.screen,
                days: step.days,
            });
        }
        arrange(&mut found);
        found
    }

    fn misunderstandings(&self, named: impl Fn(&[String]) -> Vec<String>) -> Vec<Remark> {
        let all = self.guides.iter().flat_map(|guide| &guide.misunderstandings);
        all.filter(|row| self.covers(&row.scope()))
            .map(|row| Remark {
                id: row.id.clone(),
                claim: Some(row.claim.clone()),
                text: row.truth.clone(),
                items: named(&row.items),
                date: None,
                confidence: row.confidence,
                sources: row.sources.clone(),
            })
            .collect()
    }

    fn refusals(&self, named: impl Fn(&[String]) -> Vec<String>) -> Vec<Remark> {
        let all = self.guides.iter().flat_map(|guide| &guide.refusals);
        all.filter(|row| self.covers(&row.scope()))
            .map(|row| Remark {
                id: row.id.clone(),
                claim: None,
                text: row.text.clone(),
                items: named(&row.items),
                date: row.date.clone(),
                confidence: row.confidence,
                sources: row.sources.clone(),
            })
            .collect()
    }
}

/// Whether items are there, all of them, or are not needed; no item at all is nothing that is done.
pub(super) fn settled(ids: &[String], items: &BTreeMap<&str, &ItemView>) -> bool {
    let is = |item: &&ItemView| matches!(item.state, ItemState::Done | ItemState::NotNeeded);
    !ids.is_empty() && ids.iter().filter_map(|id| items.get(id.as_str())).all(is)
}

/// Which of the steps that are not done may be done now: those of which everything before is done, or may be left out.
pub(super) fn arrange(steps: &mut [StepView]) {
    let mut passed: BTreeSet<String> = BTreeSet::new();
    for step in steps {
        if step.state != StepState::Done {
            let free = step.after.iter().all(|id| passed.contains(id));
            step.state = if free { StepState::Next } else { StepState::Later };
        }
        if step.state == StepState::Done || step.optional {
            passed.insert(step.id.clone());
        }
    }
}

/// Rows in an order in which each stands behind those that it comes after, and otherwise as they came.
fn in_order<'r, R>(
    rows: Vec<&'r R>,
    id: impl Fn(&'r R) -> &'r String,
    after: impl Fn(&'r R) -> &'r [String],
) -> Vec<&'r R> {
    let here: BTreeSet<&String> = rows.iter().map(|row| id(row)).collect();
    let (mut waiting, mut sorted, mut there) = (rows, Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let free = |row: &&'r R| after(row).iter().all(|id| !here.contains(id) || there.contains(id));
        // a circle, which no guide that was read has, would wait for ever
        let next = waiting.iter().position(free).unwrap_or(0);
        let row = waiting.remove(next);
        there.insert(id(row));
        sorted.push(row);
    }
    sorted
}

impl Readiness {
    /// Adds the roles, terms and sources that the answer refers to.
    fn explain(&mut self, guides: &[&Guide]) {
        let items = || self.standing.iter().chain(&self.documents);
        let roles: BTreeSet<&String> =
            items().map(|item| &item.issuer).chain(self.steps.iter().map(|step| &step.who)).collect();
        let sources: BTreeSet<&String> = items()
            .flat_map(|item| &item.sources)
            .chain(self.gates.iter().flat_map(|gate| &gate.sources))
            .chain(self.misunderstandings.iter().chain(&self.refusals).flat_map(|remark| &remark.sources))
            .collect();
        let texts: Vec<&str> = items()
            .flat_map(|item| [&item.name, &item.text].into_iter().chain(&item.bring).chain(&item.issuer_name))
            .chain(self.gates.iter().map(|gate| &gate.text))
            .chain(self.steps.iter().map(|step| &step.text))
            .flat_map(|names| names.iter().map(|(_, text)| text))
            .collect();
        let of = |pick: fn(&Guide) -> &BTreeMap<String, Names>, wanted: &dyn Fn(&String) -> bool| {
            let all = guides.iter().flat_map(|guide| pick(guide));
            all.filter(|(key, _)| wanted(key)).map(|(key, names)| (key.clone(), names.clone())).collect()
        };
        let found_roles = of(|guide| &guide.roles, &|key| roles.contains(key));
        let found_terms = of(|guide| &guide.terms, &|term| texts.iter().any(|text| word_at(text, term).is_some()));
        let found_sources = guides
            .iter()
            .flat_map(|guide| &guide.sources)
            .filter(|(key, _)| sources.contains(key))
            .map(|(key, source)| (key.clone(), source.clone()))
            .collect();
        (self.roles, self.terms, self.sources) = (found_roles, found_terms, found_sources);
    }
}

/// Where a text has a term as a word of its own: `SKA` is not in `SKAla`.
pub fn word_at(text: &str, term: &str) -> Option<usize> {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    let mut found = text.match_indices(term).map(|(at, _)| at);
    found.find(|at| {
        let (before, after) = (&text[..*at], &text[at + term.len()..]);
        ends(before.chars().next_back()) && ends(after.chars().next())
    })
}

macro_rules! scoped {
    ($($row:ty),*) => {
        $(impl $row {
            /// For which goods and markets it is.
            pub fn scope(&self) -> Scope<'_> {
                Scope { forms: &self.forms, markets: &self.markets }
            }
        })*
    };
}
scoped!(Gate, Item, Step, Misunderstanding, BorderRefusal);
