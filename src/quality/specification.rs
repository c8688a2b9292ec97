//! A producer's or buyer's own specification: limits that a party adopts by a signed record, and that gate as contract from then on.
//!
//! Where no public figure was found, as for banana flour at home, the adoption makes the gate: not where a number was read, but that a
//! party signed it. What it is not: a law's limit made weaker; the sets of the profile judge beside it.

use jiff::civil::Date;
use serde::Deserialize;

use super::check::Check;
use super::complete::Lacking;
use super::judge::{Judgement, Measured, Occasion};
use super::profile::{Decision, Force, Limit, Problem, Profile, ProfileError, Requirement, Rule, day, read};
use crate::epcis::is_hash;
use crate::names::Names;

/// What the id of an adopted specification begins with, where it stands beside the requirement sets of a profile. The id of the record
/// that adopts it follows: two parties may give theirs the same id, and a later version has other limits.
pub const ADOPTED: &str = "SPEC/";

/// Largest file, bytes: some twenty times of what a specification with thirty limits has.
pub const MOST_BYTES: usize = 64 << 10;

/// A specification as it is written: a JSON file, named by its BLAKE3 hash in the statement that adopts it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Members {
    format: u32,
    id: String,
    version: String,
    names: Names,
    commodity: String,
    forms: Vec<String>,
    #[serde(default)]
    market: Option<String>,
    #[serde(default)]
    document: Option<Document>,
    #[serde(default, deserialize_with = "day")]
    from: Option<Date>,
    #[serde(default, deserialize_with = "day")]
    until: Option<Date>,
    decision: Decision,
    rules: Vec<Rule>,
}

/// The signed document that the limits were taken from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// BLAKE3-256 of its bytes, 52 base32 characters.
    pub blake3: String,
    /// Its title.
    pub title: String,
}

/// A specification of a party.
#[derive(Debug, Clone, PartialEq)]
pub struct Specification {
    /// Its id among those of its party for the commodity.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The commodity it is for.
    pub commodity: String,
    /// The market it is for; any when absent.
    pub market: Option<String>,
    /// The document that the limits were taken from.
    pub document: Option<Document>,
    /// First day on which it applies.
    pub from: Option<Date>,
    /// First day on which it no longer applies.
    pub until: Option<Date>,
    /// Its limits, as a requirement set with the force of a contract. Its id is `SPEC/<id>` until it is [adopted](Specification::adopted).
    pub set: Requirement,
}

impl Specification {
    /// Reads a specification, and checks what can be checked without the profile.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Specification, ProfileError> {
        if bytes.len() > MOST_BYTES {
            let what = format!("has {} bytes, more than {MOST_BYTES}", bytes.len());
            return Err(ProfileError::Values(vec![Problem { at: "the file".to_owned(), what }]));
        }
        let m: Members = read(bytes)?;
        let mut problems = Vec::new();
        let mut demand = |holds: bool, at: &str, what: &str| {
            if !holds {
                problems.push(Problem { at: at.to_owned(), what: what.to_owned() });
            }
        };
        demand(m.format == 1, "format", "is not 1");
        demand(!m.id.is_empty(), "id", "is empty");
        demand(!m.forms.is_empty(), "forms", "is empty: a specification is for some form");
        demand(
            m.document.as_ref().is_none_or(|d| is_hash(&d.blake3)),
            "document.blake3",
            "is not 52 characters of base32",
        );
        demand(m.from.zip(m.until).is_none_or(|(from, until)| from < until), "until", "is not after from");
        for (i, rule) in m.rules.iter().enumerate() {
            let at = format!("rules[{i}]");
            let plain = match rule {
                Rule::Limit(_) => true,
                Rule::AnyOf(rules) => rules.iter().all(|rule| matches!(rule, Rule::Limit(_))),
                Rule::AllOf(_) => false,
            };
            demand(plain, &at, "is not a limit, or anyOf of limits");
            for limit in rule.limits() {
                demand(limit.judges(), &at, "has no min, max or words: nothing could pass it");
                demand(!limit.advisory, &at, "is advisory: what is adopted gates");
            }
        }
        if !problems.is_empty() {
            return Err(ProfileError::Values(problems));
        }
        let set = Requirement {
            id: format!("{ADOPTED}{}", m.id),
            standard: format!("{} {}", m.names.best("en").1, m.version),
            names: Some(m.names),
            market: m.market.clone().unwrap_or_else(|| "BUYER".to_owned()),
            force: Force::Contract,
            forms: m.forms,
            decision: m.decision,
            rules: m.rules,
        };
        let Members { id, version, commodity, market, document, from, until, .. } = m;
        Ok(Specification { id, version, commodity, market, document, from, until, set })
    }

    /// As it was adopted by the statement of this record id: its limits have an id of their own.
    pub fn adopted(&self, record: &str) -> Specification {
        let mut adopted = self.clone();
        adopted.set.id = format!("{ADOPTED}{record}");
        adopted
    }

    /// Whether it is for goods of a form on a day, by what the file says.
    pub fn is_for(&self, form: &str, day: Date) -> bool {
        self.set.forms.iter().any(|known| known == form)
            && self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day < until)
    }

    /// What does not go together with the profile that the commodity is judged by; empty when it may be adopted.
    pub fn problems(&self, profile: &Profile) -> Vec<Problem> {
        let mut check = Check::adopted(profile);
        check.demand(profile.is_of(&self.commodity), "commodity", format!("profile {} is of another", profile.id));
        check.id("version", &self.version);
        if let Some(document) = &self.document {
            check.text("document.title", &document.title, super::check::TEXT);
        }
        check.id("id", &self.set.id);
        check.requirement("specification", &self.set);
        check.problems
    }

    /// Whether it applies to a form for a market on a day. A country is a market of its own here, and of its group.
    pub fn applies(&self, profile: &Profile, form: &str, market: &str, day: Option<Date>) -> bool {
        let here = |own: &String| own == market || profile.market(market) == Some(own.as_str());
        let form_and_day = match day {
            Some(day) => self.is_for(form, day),
            None => self.set.forms.iter().any(|known| known == form),
        };
        form_and_day && self.market.as_ref().is_none_or(here)
    }

    /// What it asks for of a form: of each rule one parameter.
    pub(super) fn due(&self, form: &str, day: Option<Date>) -> Vec<Lacking> {
        let counts = |limit: &&Limit| limit.is_for(&self.set, form) && day.is_none_or(|day| limit.is_in_force(day));
        let rules = self.set.rules.iter().map(|rule| {
            let limits = rule.limits();
            limits.into_iter().filter(counts).map(|limit| limit.parameter.clone()).collect::<Vec<_>>()
        });
        rules.filter(|one_of| !one_of.is_empty()).map(|one_of| Lacking { one_of, or_claim: Vec::new() }).collect()
    }
}

impl Profile {
    /// [`Profile::judge`] by requirement sets of the profile and by adopted specifications.
    pub fn judge_with(
        &self,
        form: &str,
        requirements: &[String],
        specifications: &[&Specification],
        values: &[Measured],
        occasion: Occasion,
    ) -> Judgement {
        let own = requirements.iter().filter_map(|id| self.requirement(id));
        self.judge_by(form, own.chain(specifications.iter().map(|adopted| &adopted.set)), values, occasion)
    }
}
