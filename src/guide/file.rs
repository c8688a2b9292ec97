//! The form of a guide file.
//!
//! A member that this version does not know is refused, as in a profile: a misspelt `closes` would be an item that nothing closes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::condition::Condition;
use crate::names::Names;
use crate::quality::ProfileError;
use crate::quality::profile::{Confidence, read};

/// A guide.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guide {
    /// Version of the file format: 1.
    pub format: u32,
    /// The commodity, or [`COMMON`](super::COMMON).
    pub id: String,
    /// Its version.
    pub version: String,
    /// The day to which its facts were checked.
    #[serde(deserialize_with = "day")]
    pub as_of: Date,
    /// Markets with rules of their own: `other` in a list of markets is none of these.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Who does or issues something, by code.
    #[serde(default)]
    pub roles: BTreeMap<String, Names>,
    /// Official short names, explained.
    #[serde(default)]
    pub terms: BTreeMap<String, Names>,
    /// What only a person can answer.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// Whether the good may enter at all.
    #[serde(default)]
    pub gates: Vec<Gate>,
    /// What an exporter needs once.
    #[serde(default)]
    pub standing: Vec<Item>,
    /// What a lot needs.
    #[serde(default)]
    pub documents: Vec<Item>,
    /// The way to the first export.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What people believe, and what is so.
    #[serde(default)]
    pub misunderstandings: Vec<Misunderstanding>,
    /// Why goods were refused at a border.
    #[serde(default)]
    pub refusals: Vec<BorderRefusal>,
    /// Where it is from, by reference.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
}

/// For which goods and markets a row is: for all where a list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Form ids of the commodity.
    pub forms: &'a [String],
    /// ISO 3166-1 alpha-2, a market group, or `other`.
    pub markets: &'a [String],
}

/// A question of yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// The question.
    pub text: Names,
}

/// Whether a good may enter a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateStatus {
    /// It may.
    Open,
    /// It may under a condition.
    Conditional,
    /// Nobody has looked.
    Unknown,
    /// It may not. No paper opens it.
    Closed,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gate {
    /// Its id.
    pub id: String,
    /// The forms it is for.
    #[serde(default)]
    pub forms: Vec<String>,
    /// The markets.
    #[serde(default)]
    pub markets: Vec<String>,
    /// How it stands.
    pub status: GateStatus,
    /// Of a conditional one: open where it holds, closed where the log contradicts it.
    #[serde(default)]
    pub opens: Option<Condition>,
    /// The sentence for people.
    pub text: Names,
    /// As of when, as its source says: a year, a month or a day.
    #[serde(default)]
    pub as_of: Option<String>,
    /// The day on which it is to be looked at again.
    #[serde(deserialize_with = "day")]
    pub review: Date,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// Whether something blocks an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It blocks.
    Must,
    /// It blocks where the answer to its question is yes.
    Conditional,
    /// It blocks where a buyer adopted a specification.
    Contract,
    /// It advises.
    Usual,
}

/// A thing that is needed: a registration of the exporter, or a document or test of a lot.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Names,
    /// The sentence while it is missing.
    pub text: Names,
    /// The forms it is for.
    #[serde(default)]
    pub forms: Vec<String>,
    /// The markets.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Whether it blocks.
    pub class: Class,
    /// The question that decides whether a conditional one is needed.
    #[serde(default)]
    pub question: Option<String>,
    /// Where it stands among those that depend on the same.
    #[serde(default)]
    pub order: u32,
    /// Items that come first.
    #[serde(default)]
    pub after: Vec<String>,
    /// Role of who issues it.
    pub issuer: String,
    /// Who issues it.
    #[serde(default)]
    pub issuer_name: Option<Names>,
    /// The rule that it comes from, as it is cited.
    #[serde(default)]
    pub basis: Option<String>,
    /// What to bring.
    #[serde(default)]
    pub bring: Vec<Names>,
    /// How long it is valid.
    #[serde(default)]
    pub validity: Option<Names>,
    /// Days until it is there.
    #[serde(default)]
    pub lead_days: Option<Range>,
    /// What it costs, rupiah.
    #[serde(default)]
    pub cost_rupiah: Option<Range>,
    /// A remark.
    #[serde(default)]
    pub note: Option<Names>,
    /// What of the log closes it.
    pub closes: Condition,
    /// The day on which it is to be looked at again.
    #[serde(deserialize_with = "day")]
    pub review: Date,
    /// How sure it is. A row of low confidence never blocks.
    pub confidence: Confidence,
    /// References; none where there is no source.
    pub sources: Vec<String>,
}

/// A step on the way to the first export.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// What to do.
    pub text: Names,
    /// Role of who does it.
    pub who: String,
    /// The forms it is for.
    #[serde(default)]
    pub forms: Vec<String>,
    /// The markets.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Steps that come first.
    #[serde(default)]
    pub after: Vec<String>,
    /// Items that it works on.
    #[serde(default)]
    pub items: Vec<String>,
    /// What of the log closes it; without it the step is done when its items are.
    #[serde(default)]
    pub closes: Option<Condition>,
    /// It may be left out.
    #[serde(default)]
    pub optional: bool,
    /// Where in the app it is done.
    #[serde(default)]
    pub screen: Option<Screen>,
    /// Days it takes.
    #[serde(default)]
    pub days: Option<Range>,
    /// The day on which it is to be looked at again.
    #[serde(deserialize_with = "day")]
    pub review: Date,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// A screen of the field app on which a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    /// Makes the key of the phone.
    Key,
    /// Installs the app.
    Install,
    /// Asks to be enrolled.
    Enrol,
    /// Admits another phone.
    SecondPhone,
    /// States a certificate of the party.
    Certificate,
    /// Records a harvest.
    Harvest,
    /// Records a process.
    Process,
    /// Records a sample.
    Sample,
    /// Packs.
    Pack,
    /// Records a document.
    Document,
    /// Ships.
    Ship,
}

/// What people believe, and what is so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Misunderstanding {
    /// Its id.
    pub id: String,
    /// What people believe.
    pub claim: Names,
    /// What is so.
    pub truth: Names,
    /// The forms it is for.
    #[serde(default)]
    pub forms: Vec<String>,
    /// The markets.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Items that it is about.
    #[serde(default)]
    pub items: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// Why goods were refused at a border.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BorderRefusal {
    /// Its id.
    pub id: String,
    /// The sentence for people.
    pub text: Names,
    /// The forms it is for.
    #[serde(default)]
    pub forms: Vec<String>,
    /// The markets.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Items that prevent it.
    #[serde(default)]
    pub items: Vec<String>,
    /// When it was reported, as its source says.
    #[serde(default)]
    pub date: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// From a least to a most, in days or rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// Whether a source gave the figure; else it is an estimate.
    pub sourced: bool,
}

/// Where a row is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is.
    pub title: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its date, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// `official`, `legal-text`, `secondary`, `earlier` or `none`.
    pub kind: SourceKind,
}

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Of the office that decides.
    Official,
    /// The text of a rule.
    LegalText,
    /// A report on it.
    Secondary,
    /// Of an earlier study.
    Earlier,
    /// None was found.
    None,
}

fn day<'de, D: Deserializer<'de>>(d: D) -> Result<Date, D::Error> {
    crate::quality::profile::day(d)?.ok_or_else(|| serde::de::Error::custom("a day is required"))
}

impl Guide {
    /// Reads a guide.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Guide, ProfileError> {
        let guide: Guide = read(bytes)?;
        match guide.problems() {
            problems if problems.is_empty() => Ok(guide),
            problems => Err(ProfileError::Values(problems)),
        }
    }

    /// What a certificate of a kind is called: the name of the first item that only it closes, else of one that it helps to close.
    pub fn name_of_certificate(&self, kind: &str) -> Option<&Names> {
        self.name_of(|leaf| matches!(leaf, Condition::Certificate(named) if named == kind))
    }

    /// What a document of a kind is called: the name of the item that it closes alone, or helps to close.
    pub fn name_of_document(&self, kind: &str) -> Option<&Names> {
        self.name_of(|leaf| matches!(leaf, Condition::Document(named) if named == kind))
    }

    fn name_of(&self, is: impl Fn(&Condition) -> bool) -> Option<&Names> {
        let closed = |item: &&Item| item.closes.leaves().into_iter().any(&is);
        let only = self.items().find(|item| is(&item.closes));
        only.or_else(|| self.items().find(closed)).map(|item| &item.name)
    }

    /// Standing and documents.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.standing.iter().chain(&self.documents)
    }
}
