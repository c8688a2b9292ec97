//! A commodity profile: one JSON file, put in force on a ledger by the authority's `Profile` statement. A commodity, a market or a
//! limit is added by such a file alone; `schemas/profile.schema.json` is its published form.
//!
//! A member that this version does not know is refused: a misspelt `max` would be a limit that judges nothing. A later form of the
//! file has another `format`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use super::complete::CompleteTests;
use super::drawing::Drawing;
use super::plan::Plan;
use super::process::{Density, Process};
use super::words::Word;
use crate::epcis::strict;
use crate::gs1::exact_decimal;
use crate::names::Names;

/// Prefix of a parameter's URI.
pub const PARAMETER: &str = "urn:jejak:param:";

/// The bytes are not a profile this version reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not strict JSON.
    #[error("not strict JSON")]
    Json(#[from] strict::StrictError),
    /// Not of the form; line and column in the file, from 1.
    #[error("line {line}, column {column}: {what}")]
    Form {
        /// What is wrong.
        what: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Of the form, with values that do not go together.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Values(Vec<Problem>),
}

/// A value that is out of place, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct Problem {
    /// The member, such as `requirements[2].rules[0].max`.
    pub at: String,
    /// What is wrong with it.
    pub what: String,
}

/// A commodity profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// Version of the file format: 1.
    pub format: u32,
    /// Profile id, such as `essential-oil`: the commodity's, or one under it (`essential-oil/patchouli`).
    pub id: String,
    /// Its version.
    pub version: String,
    /// The day to which its facts were checked, `YYYY-MM-DD`.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Names.
    pub names: Names,
    /// Its picture on the pages.
    #[serde(default)]
    pub drawing: Option<Drawing>,
    /// How its harvest is called and pictured.
    #[serde(default)]
    pub harvest: Option<Harvest>,
    /// What a counted piece of it is called behind a number, such as `pcs`.
    #[serde(default)]
    pub piece: Option<Names>,
    /// Words for coded values of its events, by code: fishing gear, claims, reasons, document types.
    #[serde(default)]
    pub terms: BTreeMap<String, Names>,
    /// Forms of the commodity.
    pub forms: Vec<Form>,
    /// What is measured.
    pub parameters: Vec<Parameter>,
    /// Sets of limits, each of one market and standard.
    pub requirements: Vec<Requirement>,
    /// Processes: the forms they lead from and to, and their plausible yield.
    pub processes: Vec<Process>,
    /// Lists of words, by id: what values that are no numbers may be.
    #[serde(default)]
    pub word_lists: BTreeMap<String, Vec<Word>>,
    /// Sampling plans.
    #[serde(default)]
    pub sampling_plans: Vec<Plan>,
    /// Markets of several countries, such as `EU`, and the countries (ISO 3166-1 alpha-2) of each.
    #[serde(default)]
    pub market_groups: BTreeMap<String, Vec<String>>,
    /// What a complete test is, for each form and market.
    #[serde(default)]
    pub complete_tests: Vec<CompleteTests>,
}

/// How the harvest of a commodity is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harvest {
    /// The past participle, such as `Caught`.
    pub done: Names,
    /// The picture of the act.
    #[serde(default)]
    pub icon: HarvestIcon,
}

/// The picture of a harvest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HarvestIcon {
    /// Of a plant.
    #[default]
    Leaf,
    /// Out of the water.
    Water,
}

/// A form of the commodity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Form id, such as `patchouli-oil`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// HS code, digits.
    #[serde(default)]
    pub hs: Option<String>,
    /// Its density, where it may be counted by volume.
    #[serde(default)]
    pub density: Option<Density>,
}

/// What kind of value a parameter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterKind {
    /// A number with a unit.
    Decimal,
    /// Detected or not.
    Presence,
    /// A word.
    Attribute,
}

/// A measured parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Parameter id, such as `acid-value`; its URI is `urn:jejak:param:<id>`.
    pub id: String,
    /// Names.
    pub names: Names,
    /// Kind of value.
    pub kind: ParameterKind,
    /// UN/CEFACT Rec 20 code or UCUM unit: of numbers, and of no other kind.
    #[serde(default)]
    pub unit: Option<String>,
    /// Test methods.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Measured where the goods are, such as eggs, size or temperature; else in a laboratory, on a sample.
    #[serde(default)]
    pub on_site: bool,
    /// Id of the list of words that its value may be.
    #[serde(default)]
    pub words: Option<String>,
    /// Days after which a result says nothing about the goods any more; without it a result stands.
    #[serde(default)]
    pub valid_days: Option<u32>,
}

/// Why a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// By law.
    Legal,
    /// By contract, or a standard that parties agree on.
    Contract,
    /// Shown, never gates.
    Advisory,
}

/// How measurement uncertainty is weighed (ISO/IEC 17025 7.8.6; JCGM 106).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The value alone decides.
    SimpleAcceptance,
    /// Passes only when the value with its uncertainty lies within.
    GuardBandProducer,
    /// Fails only when the value with its uncertainty lies outside.
    GuardBandOfficial,
}

/// A set of limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Id, such as `ID/SNI-06-2385-2006`.
    pub id: String,
    /// Names for people, where the standard as it is cited says too little.
    #[serde(default)]
    pub names: Option<Names>,
    /// Market: ISO 3166-1 alpha-2, `EU`, `INT` or `BUYER`.
    pub market: String,
    /// The standard or rule.
    pub standard: String,
    /// Why it binds.
    pub force: Force,
    /// The forms it is for; all when empty.
    pub forms: Vec<String>,
    /// How uncertainty is weighed.
    pub decision: Decision,
    /// Its rules; all must hold.
    pub rules: Vec<Rule>,
}

/// A rule of a requirement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RuleMembers")]
pub enum Rule {
    /// Every rule of the list must hold.
    AllOf(Vec<Rule>),
    /// One rule of the list must hold.
    AnyOf(Vec<Rule>),
    /// A limit on one parameter.
    Limit(Box<Limit>),
}

/// A limit on one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Parameter id.
    pub parameter: String,
    /// Lower limit.
    pub min: Option<Decimal>,
    /// Whether the lower limit itself is within.
    pub min_inclusive: bool,
    /// Upper limit.
    pub max: Option<Decimal>,
    /// Whether the upper limit itself is within.
    pub max_inclusive: bool,
    /// The canonical words that are within, for attributes and presence.
    pub words: Vec<String>,
    /// The forms it is for; those of its set when empty.
    pub forms: Vec<String>,
    /// Id of the sampling plan by which several values are judged: the limit is its m. Without one each value must be within.
    pub plan: Option<String>,
    /// M of the plan: no unit may be above it.
    pub reject_above: Option<Decimal>,
    /// A value below the limit of quantification passes only when that is at most this share of the largest value; 1 when absent.
    pub loq_share: Option<Decimal>,
    /// First day on which it is in force.
    pub from: Option<Date>,
    /// First day on which it is no longer in force.
    pub until: Option<Date>,
    /// Shown, never gates: of low confidence, or from memory.
    pub advisory: bool,
    /// Where it is from.
    pub source: Source,
}

/// Where a limit is from; nothing is judged by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Clause of the standard.
    pub clause: Option<String>,
    /// Edition of the standard.
    pub edition: Option<String>,
    /// What of the goods it binds, such as white meat of the claws and legs.
    pub matrix: Option<String>,
    /// What the standard says, where it is no number.
    pub text: Option<String>,
    /// A note for people.
    pub note: Option<String>,
    /// How sure the limit is.
    pub confidence: Option<Confidence>,
    /// How it was found.
    pub provenance: Option<Provenance>,
    /// Documents that it was taken from.
    pub sources: Vec<String>,
}

/// How sure a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// As good as certain.
    High,
    /// Likely.
    Medium,
    /// Doubtful: such a limit is advisory.
    Low,
}

/// How a limit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The standard itself was read.
    Read,
    /// A document that cites it was read.
    ReadSecondary,
    /// Written down from memory: such a limit is advisory.
    FromMemory,
}

/// The members of a rule as they are written: one list of rules, or a limit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleMembers {
    all_of: Option<Vec<Rule>>,
    any_of: Option<Vec<Rule>>,
    parameter: Option<String>,
    #[serde(default, deserialize_with = "decimal")]
    min: Option<Decimal>,
    min_inclusive: Option<bool>,
    #[serde(default, deserialize_with = "decimal")]
    max: Option<Decimal>,
    max_inclusive: Option<bool>,
    words: Option<Vec<String>>,
    forms: Option<Vec<String>>,
    plan: Option<String>,
    #[serde(default, deserialize_with = "decimal")]
    reject_above: Option<Decimal>,
    #[serde(default, deserialize_with = "decimal")]
    loq_share: Option<Decimal>,
    #[serde(default, deserialize_with = "day")]
    from: Option<Date>,
    #[serde(default, deserialize_with = "day")]
    until: Option<Date>,
    advisory: Option<bool>,
    clause: Option<String>,
    edition: Option<String>,
    matrix: Option<String>,
    text: Option<String>,
    note: Option<String>,
    confidence: Option<Confidence>,
    provenance: Option<Provenance>,
    sources: Option<Vec<String>>,
}

impl TryFrom<RuleMembers> for Rule {
    type Error = &'static str;

    fn try_from(rule: RuleMembers) -> Result<Rule, &'static str> {
        const ONE: &str = "a rule is `allOf`, `anyOf`, or a limit with its `parameter`, and only one of these";
        let of_limit = [
            rule.min.is_some(),
            rule.min_inclusive.is_some(),
            rule.max.is_some(),
            rule.max_inclusive.is_some(),
            rule.words.is_some(),
            rule.forms.is_some(),
            rule.plan.is_some(),
            rule.reject_above.is_some(),
            rule.loq_share.is_some(),
            rule.from.is_some(),
            rule.until.is_some(),
            rule.advisory.is_some(),
            rule.clause.is_some(),
            rule.edition.is_some(),
            rule.matrix.is_some(),
            rule.text.is_some(),
            rule.note.is_some(),
            rule.confidence.is_some(),
            rule.provenance.is_some(),
            rule.sources.is_some(),
        ];
        match (rule.all_of, rule.any_of, rule.parameter) {
            (Some(rules), None, None) if !of_limit.contains(&true) => Ok(Rule::AllOf(rules)),
            (None, Some(rules), None) if !of_limit.contains(&true) => Ok(Rule::AnyOf(rules)),
            (None, None, Some(parameter)) => Ok(Rule::Limit(Box::new(Limit {
                parameter,
                min: rule.min,
                min_inclusive: rule.min_inclusive.unwrap_or(true),
                max: rule.max,
                max_inclusive: rule.max_inclusive.unwrap_or(true),
                words: rule.words.unwrap_or_default(),
                forms: rule.forms.unwrap_or_default(),
                plan: rule.plan,
                reject_above: rule.reject_above,
                loq_share: rule.loq_share,
                from: rule.from,
                until: rule.until,
                advisory: rule.advisory.unwrap_or(false),
                source: Source {
                    clause: rule.clause,
                    edition: rule.edition,
                    matrix: rule.matrix,
                    text: rule.text,
                    note: rule.note,
                    confidence: rule.confidence,
                    provenance: rule.provenance,
                    sources: rule.sources.unwrap_or_default(),
                },
            }))),
            _ => Err(ONE),
        }
    }
}

/// A decimal as text, exact.
pub(super) fn required_decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(d)?;
    exact_decimal(&text).map_err(|e| serde::de::Error::custom(format!("{text}: {e}")))
}

pub(super) fn decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Decimal>, D::Error> {
    required_decimal(d).map(Some)
}

/// A day in its one form, `YYYY-MM-DD`.
pub(crate) fn day<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(d)?;
    let read = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    read.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{text} is no day, such as 2026-09-02")))
}

/// Reads a file of this form, without looking at its values.
pub(crate) fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ProfileError> {
    // serde reads null as absent: one profile would have two texts
    if strict::read(bytes)?.has_null_member() {
        let what = "null is not a value here: leave the member out".to_owned();
        return Err(ProfileError::Form { what, line: 1, column: 1 });
    }
    serde_json::from_slice(bytes).map_err(|e| {
        let (line, column, text) = (e.line(), e.column(), e.to_string());
        // serde_json writes the place behind the text
        let place = format!(" at line {line} column {column}");
        let what = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        ProfileError::Form { what, line, column }
    })
}

/// The commodity of a profile, by the profile's id: `crab` of `crab` and of `crab/meat`.
pub fn commodity_of(profile_id: &str) -> &str {
    profile_id.split_once('/').map_or(profile_id, |(commodity, _)| commodity)
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Profile, ProfileError> {
        let profile: Profile = read(bytes)?;
        match profile.problems() {
            problems if problems.is_empty() => Ok(profile),
            problems => Err(ProfileError::Values(problems)),
        }
    }

    /// Behind a shared pointer.
    pub fn shared(self) -> Arc<Profile> {
        Arc::new(self)
    }

    /// Whether it is of this commodity: its id is the commodity's, or one under it; `crab-meat` is not under `crab`.
    pub fn is_of(&self, commodity: &str) -> bool {
        self.id.strip_prefix(commodity).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The parameter of this id.
    pub fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.id == id)
    }

    /// The process of this id.
    pub fn process(&self, id: &str) -> Option<&Process> {
        self.processes.iter().find(|p| p.id == id)
    }

    /// The requirement set of this id.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.id == id)
    }

    /// The sampling plan of this id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.sampling_plans.iter().find(|p| p.id == id)
    }

    /// The form of this id.
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|f| f.id == id)
    }
}

impl Parameter {
    /// Whether a result of day `tested` still says something about the goods on `day`.
    pub fn is_valid(&self, tested: Date, day: Date) -> bool {
        let days = tested.until(day).map_or(i32::MAX, |span| span.get_days());
        self.valid_days.is_none_or(|most| i64::from(days) <= i64::from(most))
    }
}

impl Limit {
    /// Whether it is for a form: of its own list, else of that of its set.
    pub fn is_for(&self, set: &Requirement, form: &str) -> bool {
        let forms = if self.forms.is_empty() { &set.forms } else { &self.forms };
        forms.is_empty() || forms.iter().any(|known| known == form)
    }

    /// Whether a value can be held against it: it is more than a text.
    pub fn judges(&self) -> bool {
        self.min.is_some() || self.max.is_some() || !self.words.is_empty()
    }

    /// Whether it is in force on a day.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

impl Rule {
    /// Every limit in it.
    pub fn limits(&self) -> Vec<&Limit> {
        match self {
            Rule::AllOf(rules) | Rule::AnyOf(rules) => rules.iter().flat_map(Rule::limits).collect(),
            Rule::Limit(limit) => vec![limit],
        }
    }
}
