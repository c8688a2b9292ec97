//! What the form of a profile alone can't say: ids that are named exist, limits do not cross, doubtful limits never gate.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::process::{Conversion, Density, Process};
use super::profile::{Confidence, Limit, ParameterKind, Problem, Profile, Provenance, Requirement, Rule};
use super::specification::ADOPTED;
use crate::names::Names;

/// Longest id, in bytes: a requirement's stands in a signed event.
const ID: usize = 64;
/// Longest text, in characters.
pub(super) const TEXT: usize = 300;
/// Deepest rule: an alternative of combinations of limits needs three.
const DEPTH: usize = 4;
/// Largest yield, share or density: a crab grows to a thousand times its seed.
const MOST_FACTOR: Decimal = Decimal::from_parts(1000, 0, 0, false, 0);
/// Most decimals of one. 500 largest amounts are 5 x 10^20 millionths, weighed by a density 5 x 10^23; times 10^3 x 10^6 that is
/// 5 x 10^32, below the 1.7 x 10^38 of i128.
const FACTOR_SCALE: u32 = 6;
/// Most forms, parameters, requirements, processes, terms, rules of a set, words of a limit: about ten times of what ships.
const MANY: usize = 256;

impl Profile {
    /// Everything that is wrong with its values; empty when it may be put in force.
    pub fn problems(&self) -> Vec<Problem> {
        let mut check = Check { profile: self, adopted: false, problems: Vec::new() };
        check.run();
        check.problems
    }
}

/// The check of a profile, with what it found.
pub(super) struct Check<'a> {
    pub(super) profile: &'a Profile,
    /// Limits that a party signed: they gate, wherever they were read.
    pub(super) adopted: bool,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    /// The check of limits that are adopted beside a profile.
    pub(super) fn adopted(profile: &'a Profile) -> Check<'a> {
        Check { profile, adopted: true, problems: Vec::new() }
    }

    pub(super) fn wrong(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into() });
    }

    pub(super) fn demand(&mut self, holds: bool, at: &str, what: impl Into<String>) {
        if !holds {
            self.wrong(at, what);
        }
    }

    fn run(&mut self) {
        let p = self.profile;
        self.demand(p.format == 1, "format", format!("format {} is not known here", p.format));
        self.id("id", &p.id);
        self.id("version", &p.version);
        let day = |day: &String| day.parse::<jiff::civil::Date>().is_ok_and(|read| read.to_string() == *day);
        self.demand(p.as_of.as_ref().is_none_or(day), "asOf", "is no day, such as 2026-11-25");
        self.names("names", &p.names);
        let plain = p.drawing.as_ref().is_none_or(super::drawing::Drawing::is_plain);
        self.demand(plain, "drawing", "is not two SVG paths of commands, numbers, spaces and commas");
        if let Some(harvest) = &p.harvest {
            self.names("harvest.done", &harvest.done);
        }
        if let Some(piece) = &p.piece {
            self.names("piece", piece);
        }
        self.count("terms", p.terms.len());
        for (code, names) in &p.terms {
            let at = format!("terms.{code}");
            self.id(&at, code);
            self.names(&at, names);
        }
        self.list("forms", p.forms.iter().map(|form| form.id.as_str()));
        self.demand(!p.forms.is_empty(), "forms", "is empty: a product is of a form");
        for (i, form) in p.forms.iter().enumerate() {
            let at = format!("forms[{i}]");
            self.names(&format!("{at}.names"), &form.names);
            let digits = |hs: &String| (4..=10).contains(&hs.len()) && hs.bytes().all(|b| b.is_ascii_digit());
            self.demand(form.hs.as_ref().is_none_or(digits), &format!("{at}.hs"), "is not 4 to 10 digits");
            self.density(&format!("{at}.density"), form.density.as_ref());
        }
        self.list("parameters", p.parameters.iter().map(|parameter| parameter.id.as_str()));
        for (i, parameter) in p.parameters.iter().enumerate() {
            let at = format!("parameters[{i}]");
            self.names(&format!("{at}.names"), &parameter.names);
            match (parameter.kind, &parameter.unit) {
                (ParameterKind::Decimal, None) => self.wrong(&at, "a number needs its unit (C62 for none)"),
                (ParameterKind::Decimal, Some(unit)) => self.text(&format!("{at}.unit"), unit, 32),
                (_, Some(_)) => self.wrong(format!("{at}.unit"), "only a number has a unit"),
                (_, None) => {}
            }
            self.texts(&format!("{at}.methods"), &parameter.methods);
            self.parameter_words(&at, parameter);
        }
        self.list("requirements", p.requirements.iter().map(|requirement| requirement.id.as_str()));
        for (i, requirement) in p.requirements.iter().enumerate() {
            let at = format!("requirements[{i}]");
            let reserved = requirement.id.starts_with(ADOPTED);
            self.demand(!reserved, &format!("{at}.id"), format!("begins with {ADOPTED}, as adopted specifications do"));
            self.requirement(&at, requirement);
        }
        self.list("processes", p.processes.iter().map(|process| process.id.as_str()));
        for (i, process) in p.processes.iter().enumerate() {
            self.process(&format!("processes[{i}]"), process);
        }
        self.tests();
    }

    fn process(&mut self, at: &str, process: &'a Process) {
        self.names(&format!("{at}.names"), &process.names);
        if let Some(done) = &process.done {
            self.names(&format!("{at}.done"), done);
        }
        let conversions = format!("{at}.conversions");
        self.count(&conversions, process.conversions.len());
        self.demand(!process.conversions.is_empty(), &conversions, "is empty: the process would lead nowhere");
        for (i, conversion) in process.conversions.iter().enumerate() {
            self.conversion(&format!("{conversions}[{i}]"), conversion);
        }
        self.list(&format!("{at}.additives"), process.additives.iter().map(|additive| additive.id.as_str()));
        for (i, additive) in process.additives.iter().enumerate() {
            let at = format!("{at}.additives[{i}]");
            self.names(&format!("{at}.names"), &additive.names);
            self.factor(&format!("{at}.most"), additive.most);
            self.density(&format!("{at}.density"), additive.density.as_ref());
            self.text_if(&format!("{at}.note"), additive.note.as_ref());
            self.texts(&format!("{at}.sources"), &additive.sources);
        }
        self.count(&format!("{at}.cures"), process.cures.len());
        for id in process.cures.iter().filter(|id| self.profile.parameter(id).is_none()).collect::<Vec<_>>() {
            self.wrong(format!("{at}.cures"), format!("there is no parameter {id}"));
        }
        self.text_if(&format!("{at}.note"), process.note.as_ref());
    }

    fn conversion(&mut self, at: &str, conversion: &Conversion) {
        for (name, forms) in
            [("from", &conversion.from), ("to", &conversion.to), ("byproducts", &conversion.byproducts)]
        {
            let at = format!("{at}.{name}");
            self.forms(&at, forms);
            self.demand(name == "byproducts" || !forms.is_empty(), &at, "is empty: it would lead nowhere");
        }
        for form in conversion.byproducts.iter().filter(|form| conversion.to.contains(form)) {
            self.wrong(format!("{at}.byproducts"), format!("{form} stands in to as well"));
        }
        self.factor(&format!("{at}.yieldMin"), conversion.yield_min);
        self.factor(&format!("{at}.yieldMax"), conversion.yield_max);
        self.demand(conversion.yield_min <= conversion.yield_max, &format!("{at}.yieldMin"), "is above yieldMax");
        self.text_if(&format!("{at}.note"), conversion.note.as_ref());
        self.texts(&format!("{at}.sources"), &conversion.sources);
    }

    fn density(&mut self, at: &str, density: Option<&Density>) {
        let Some(density) = density else { return };
        self.factor(&format!("{at}.min"), density.min);
        self.factor(&format!("{at}.max"), density.max);
        let range = Decimal::ZERO < density.min && density.min <= density.max;
        self.demand(range, &format!("{at}.min"), "is not above zero, or is above max");
        self.text_if(&format!("{at}.note"), density.note.as_ref());
        self.texts(&format!("{at}.sources"), &density.sources);
    }

    /// What amounts are multiplied by: small enough that sums stay exact.
    fn factor(&mut self, at: &str, factor: Decimal) {
        let fits = !factor.is_sign_negative() && factor <= MOST_FACTOR && factor.scale() <= FACTOR_SCALE;
        self.demand(fits, at, format!("is not 0 to {MOST_FACTOR} with at most {FACTOR_SCALE} decimals"));
    }

    pub(super) fn requirement(&mut self, at: &str, requirement: &Requirement) {
        if let Some(names) = &requirement.names {
            self.names(&format!("{at}.names"), names);
        }
        self.market(&format!("{at}.market"), &requirement.market);
        self.text(&format!("{at}.standard"), &requirement.standard, TEXT);
        self.forms(&format!("{at}.forms"), &requirement.forms);
        self.demand(!requirement.rules.is_empty(), &format!("{at}.rules"), "is empty: nothing would be judged");
        self.rules(&format!("{at}.rules"), &requirement.rules, requirement, 1);
    }

    pub(super) fn market(&mut self, at: &str, market: &str) {
        let known =
            matches!(market, "INT" | "BUYER") || (market.len() == 2 && market.bytes().all(|b| b.is_ascii_uppercase()));
        self.demand(known, at, "is not two capital letters (ISO 3166-1, EU), INT or BUYER");
    }

    fn rules(&mut self, at: &str, rules: &[Rule], set: &Requirement, depth: usize) {
        self.count(at, rules.len());
        if depth > DEPTH {
            self.wrong(at, format!("is nested deeper than {DEPTH}"));
            return;
        }
        for (i, rule) in rules.iter().enumerate() {
            let at = format!("{at}[{i}]");
            match rule {
                Rule::AllOf(inner) | Rule::AnyOf(inner) => {
                    self.demand(!inner.is_empty(), &at, "is a list without rules");
                    self.rules(&at, inner, set, depth + 1);
                }
                Rule::Limit(limit) => self.limit(&at, limit, set),
            }
        }
    }

    pub(super) fn limit(&mut self, at: &str, limit: &Limit, set: &Requirement) {
        match self.profile.parameter(&limit.parameter).map(|parameter| parameter.kind) {
            None => self.wrong(format!("{at}.parameter"), format!("there is no parameter {}", limit.parameter)),
            Some(ParameterKind::Decimal) => {}
            Some(_) if limit.min.is_some() || limit.max.is_some() => {
                self.wrong(at, format!("{} is no number, and has no min or max", limit.parameter));
            }
            Some(_) => {}
        }
        let crossed = limit.min.zip(limit.max).is_some_and(|(min, max)| min > max);
        self.demand(!crossed, &format!("{at}.min"), "is above max");
        self.demand(
            limit.judges() || limit.advisory,
            at,
            "has no min, max or words, and is not advisory: nothing could pass it",
        );
        self.texts(&format!("{at}.words"), &limit.words);
        self.forms(&format!("{at}.forms"), &limit.forms);
        let source = &limit.source;
        for (name, text) in [
            ("clause", &source.clause),
            ("edition", &source.edition),
            ("matrix", &source.matrix),
            ("text", &source.text),
            ("note", &source.note),
        ] {
            self.text_if(&format!("{at}.{name}"), text.as_ref());
        }
        self.limit_tests(at, limit, set);
        self.texts(&format!("{at}.sources"), &source.sources);
        let doubtful = source.confidence == Some(Confidence::Low) || source.provenance == Some(Provenance::FromMemory);
        self.demand(
            limit.advisory || !doubtful || self.adopted,
            at,
            "is from memory or of low confidence: such a limit is advisory",
        );
    }

    fn forms(&mut self, at: &str, forms: &[String]) {
        self.count(at, forms.len());
        for form in forms.iter().filter(|form| self.profile.form(form).is_none()).collect::<Vec<_>>() {
            self.wrong(at, format!("there is no form {form}"));
        }
    }

    /// Ids of a list: each a code, none twice.
    pub(super) fn list(&mut self, at: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (i, id) in ids.enumerate() {
            self.id(&format!("{at}[{i}].id"), id);
            if !seen.insert(id) {
                self.wrong(format!("{at}[{i}].id"), format!("{id} stands in the list twice"));
            }
        }
        self.count(at, seen.len());
    }

    pub(super) fn count(&mut self, at: &str, count: usize) {
        self.demand(count <= MANY, at, format!("holds {count}, more than {MANY}"));
    }

    pub(super) fn id(&mut self, at: &str, id: &str) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_:/.".contains(&b);
        let holds = !id.is_empty() && id.len() <= ID && id.bytes().all(plain);
        self.demand(holds, at, format!("is not 1 to {ID} letters, digits and - _ : / ."));
    }

    pub(super) fn names(&mut self, at: &str, names: &Names) {
        for (tag, text) in names.iter() {
            self.text(&format!("{at}.{tag}"), text, TEXT);
        }
    }

    pub(super) fn texts(&mut self, at: &str, texts: &[String]) {
        self.count(at, texts.len());
        for (i, text) in texts.iter().enumerate() {
            self.text(&format!("{at}[{i}]"), text, TEXT);
        }
    }

    pub(super) fn text_if(&mut self, at: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.text(at, text, TEXT);
        }
    }

    pub(super) fn text(&mut self, at: &str, text: &str, most: usize) {
        let fits = !text.is_empty() && text.chars().count() <= most && text.trim() == text;
        self.demand(fits, at, format!("is not 1 to {most} characters without outer spaces"));
        // a number and its unit stay on one line: 20 °C
        if let Err(e) = crate::text::check(&text.replace('\u{a0}', " ")) {
            self.wrong(at, e.to_string());
        }
    }
}

#[cfg(all(test, feature = "node"))]
mod tests {
    use super::*;
    use crate::quality::builtin;

    #[test]
    fn text_of_a_profile_that_hides_or_reorders_characters_is_refused() {
        let shipped = Profile::clone(&builtin()[0].profile);
        assert!(shipped.problems().is_empty());
        for hidden in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{7}'] {
            let profile = Profile { names: Names::english(format!("Oil{hidden} A")), ..shipped.clone() };
            let problems = profile.problems();
            assert!(problems.len() == 1 && problems[0].at == "names.en", "{problems:?}");
        }
    }
}
