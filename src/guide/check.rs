//! Whether the rows of a guide go together.

use std::collections::{BTreeMap, BTreeSet};

use super::COMMON;
use super::condition::Condition;
use super::file::{Class, GateStatus, Guide, Range, Scope};
use crate::names::{LanguageTag, Names};
use crate::quality::profile::Problem;
use crate::text;

/// Most rows of one kind: a bound on the work of an answer.
const MOST: usize = 500;
/// Longest text, in characters.
const TEXT: usize = 500;
/// Deepest condition.
const DEPTH: usize = 8;
/// The languages of every sentence.
const LANGUAGES: [LanguageTag; 3] = [LanguageTag::ENGLISH, LanguageTag::INDONESIAN, LanguageTag::CHINESE];

impl Guide {
    /// What is out of place in it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut check = Check { guide: self, problems: Vec::new() };
        check.all();
        check.problems
    }
}

struct Check<'a> {
    guide: &'a Guide,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into() });
    }

    fn all(&mut self) {
        let guide = self.guide;
        if guide.format != 1 {
            self.problem("format", format!("{} is no form of a guide that this version reads: 1", guide.format));
        }
        for (name, count) in [
            ("markets", guide.markets.len()),
            ("roles", guide.roles.len()),
            ("terms", guide.terms.len()),
            ("questions", guide.questions.len()),
            ("gates", guide.gates.len()),
            ("standing", guide.standing.len()),
            ("documents", guide.documents.len()),
            ("steps", guide.steps.len()),
            ("misunderstandings", guide.misunderstandings.len()),
            ("refusals", guide.refusals.len()),
            ("sources", guide.sources.len()),
        ] {
            if count > MOST {
                self.problem(name, format!("has {count} rows, more than {MOST}"));
            }
        }
        if !guide.markets.is_empty() && guide.id != COMMON {
            self.problem("markets", "stand in the guide `common` only");
        }
        self.unique("questions", guide.questions.iter().map(|row| &row.id));
        self.unique("gates", guide.gates.iter().map(|row| &row.id));
        self.unique("standing and documents", guide.items().map(|row| &row.id));
        self.unique("steps", guide.steps.iter().map(|row| &row.id));
        self.unique("misunderstandings", guide.misunderstandings.iter().map(|row| &row.id));
        self.unique("refusals", guide.refusals.iter().map(|row| &row.id));
        self.texts();
        self.rows();
        self.circle(
            "standing and documents",
            guide.items().map(|row| (row.id.as_str(), row.after.as_slice())).collect(),
        );
        self.circle("steps", guide.steps.iter().map(|row| (row.id.as_str(), row.after.as_slice())).collect());
    }

    fn unique<'i>(&mut self, name: &str, ids: impl Iterator<Item = &'i String>) {
        let mut there = BTreeSet::new();
        for id in ids {
            if !there.insert(id) {
                self.problem(format!("{name}: {id}"), "stands twice");
            }
        }
    }

    fn names(&mut self, at: &str, names: &Names) {
        for language in &LANGUAGES {
            if !names.iter().any(|(tag, _)| tag == language) {
                self.problem(at, format!("is not in {language}"));
            }
        }
        for (tag, value) in names.iter() {
            if value.trim().is_empty() || value.chars().count() > TEXT {
                self.problem(format!("{at}.{tag}"), format!("must be 1 to {TEXT} characters"));
            } else if let Err(error) = text::check(value) {
                self.problem(format!("{at}.{tag}"), error.to_string());
            }
        }
    }

    fn texts(&mut self) {
        let guide = self.guide;
        for (name, map) in [("roles", &guide.roles), ("terms", &guide.terms)] {
            for (key, names) in map {
                self.names(&format!("{name}.{key}"), names);
            }
        }
        for row in &guide.questions {
            self.names(&format!("questions: {}", row.id), &row.text);
        }
        for row in &guide.gates {
            self.names(&format!("gates: {}", row.id), &row.text);
        }
        for item in guide.items() {
            let texts = [&item.name, &item.text].into_iter();
            let more = [&item.issuer_name, &item.validity, &item.note].into_iter().flatten();
            for names in texts.chain(&item.bring).chain(more) {
                self.names(&item.id, names);
            }
        }
        for row in &guide.steps {
            self.names(&format!("steps: {}", row.id), &row.text);
        }
        for row in &guide.misunderstandings {
            self.names(&format!("misunderstandings: {}", row.id), &row.claim);
            self.names(&format!("misunderstandings: {}", row.id), &row.truth);
        }
        for row in &guide.refusals {
            self.names(&format!("refusals: {}", row.id), &row.text);
        }
    }

    fn rows(&mut self) {
        let guide = self.guide;
        for gate in &guide.gates {
            let at = format!("gates: {}", gate.id);
            self.scope(&at, &gate.scope());
            self.sources(&at, &gate.sources);
            if let Some(opens) = &gate.opens {
                self.condition(&at, opens);
                if gate.status != GateStatus::Conditional {
                    self.problem(&at, "`opens` is for a conditional gate");
                }
            }
        }
        for item in guide.items() {
            self.scope(&item.id, &item.scope());
            self.sources(&item.id, &item.sources);
            self.condition(&item.id, &item.closes);
            for range in [item.lead_days, item.cost_rupiah].into_iter().flatten() {
                self.range(&item.id, range);
            }
            match (&item.question, item.class) {
                (Some(_), Class::Conditional) | (None, Class::Must | Class::Contract | Class::Usual) => {}
                (Some(_), _) => self.problem(&item.id, "`question` is for a conditional item"),
                (None, Class::Conditional) => self.problem(&item.id, "a conditional item names its `question`"),
            }
            if let Some(question) = &item.question
                && !guide.questions.iter().any(|row| row.id == *question)
            {
                self.problem(&item.id, format!("there is no question {question}"));
            }
        }
        for step in &guide.steps {
            let at = format!("steps: {}", step.id);
            self.scope(&at, &step.scope());
            self.sources(&at, &step.sources);
            if let Some(closes) = &step.closes {
                self.condition(&at, closes);
            }
            if let Some(days) = step.days {
                self.range(&at, days);
            }
        }
        for row in &guide.misunderstandings {
            self.scope(&row.id, &row.scope());
            self.sources(&row.id, &row.sources);
        }
        for row in &guide.refusals {
            self.scope(&row.id, &row.scope());
            self.sources(&row.id, &row.sources);
        }
        for (key, source) in &guide.sources {
            if source.url.as_ref().is_some_and(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
                self.problem(format!("sources.{key}"), "its address is not http or https");
            }
        }
    }

    fn scope(&mut self, at: &str, scope: &Scope<'_>) {
        let country = |market: &&String| {
            market.as_str() == "other" || (market.len() == 2 && market.bytes().all(|b| b.is_ascii_uppercase()))
        };
        if let Some(bad) = scope.markets.iter().find(|market| !country(market)) {
            self.problem(at, format!("{bad} is no market: two capital letters, or `other`"));
        }
    }

    fn sources(&mut self, at: &str, named: &[String]) {
        for reference in named {
            if !self.guide.sources.contains_key(reference) {
                self.problem(at, format!("there is no source {reference}"));
            }
        }
    }

    fn range(&mut self, at: &str, range: Range) {
        if range.min > range.max {
            self.problem(at, format!("from {} to {}", range.min, range.max));
        }
    }

    fn condition(&mut self, at: &str, condition: &Condition) {
        if depth(condition) > DEPTH {
            self.problem(at, format!("a condition is deeper than {DEPTH}"));
        }
        let empty = |leaf: &Condition| match leaf {
            Condition::All(list) | Condition::Any(list) => list.is_empty(),
            Condition::Gear(list) | Condition::Parameters(list) => list.is_empty(),
            _ => false,
        };
        if condition.leaves().is_empty() || condition.leaves().into_iter().any(empty) {
            self.problem(at, "a condition names nothing");
        }
    }

    /// Rows that wait for each other in a circle. What a row waits for may stand in another guide.
    fn circle(&mut self, name: &str, mut rows: BTreeMap<&str, &[String]>) {
        loop {
            let free: Vec<&str> = rows
                .iter()
                .filter(|(_, after)| !after.iter().any(|id| rows.contains_key(id.as_str())))
                .map(|(id, _)| *id)
                .collect();
            if free.is_empty() {
                break;
            }
            for id in free {
                rows.remove(id);
            }
        }
        if let Some((id, _)) = rows.first_key_value() {
            self.problem(format!("{name}: {id}"), "waits for itself, through `after`");
        }
    }
}

/// How deep a condition is. Its reader bounds the depth of JSON, so this ends.
fn depth(condition: &Condition) -> usize {
    match condition {
        Condition::All(list) | Condition::Any(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}
