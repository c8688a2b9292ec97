//! The answer to what is still missing: its parts, as they are shown and sent as JSON.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::condition::Paper;
use super::file::{Class, GateStatus, Range, Screen, Source};
use crate::names::Names;
use crate::quality::profile::Confidence;
use crate::record::RecordId;

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing that is known to be needed is missing.
    Ready,
    /// Nothing is missing, and questions are open.
    Questions,
    /// Something that blocks is missing, failed or lapsed.
    Missing,
    /// Nobody has looked into this market for this good.
    NotKnown,
    /// The market is closed for this good.
    Closed,
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// The log says something else: a test failed.
    Failed,
    /// Its document is no longer valid.
    Lapsed,
    /// Nothing closes it.
    Missing,
    /// It is needed if the answer to a question is yes.
    Asked,
    /// It is there.
    Done,
    /// The answer to its question was no.
    NotNeeded,
}

/// A gate, as it stands for the lot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateView {
    /// Its id.
    pub id: String,
    /// How it stands: a conditional one that holds is open, one that the log contradicts is closed.
    pub status: GateStatus,
    /// Whether that follows from the log of this lot, and not from the guide alone.
    pub decided_by_lot: bool,
    /// The sentence.
    pub text: Names,
    /// As of when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// When it is to be looked at again.
    pub review: Date,
    /// Whether that day has passed.
    pub overdue: bool,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// An item, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Names,
    /// The sentence while it is missing.
    pub text: Names,
    /// Whether it blocks, as researched.
    pub class: Class,
    /// How it stands.
    pub state: ItemState,
    /// Whether it keeps the lot from going: it must be there, and is not.
    pub blocks: bool,
    /// The last day on which what closes it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// Whether that is before the planned shipment.
    pub lapses: bool,
    /// Types of documents that may close it, as the guide names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// Kinds of certificates of the maker that may close it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// The documents that decide it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Other records that decide it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// The question that decides whether it is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Items that come first, those in the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Role of who issues it.
    pub issuer: String,
    /// Who issues it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_name: Option<Names>,
    /// The rule, as it is cited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// What to bring.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bring: Vec<Names>,
    /// How long it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Names>,
    /// Days until it is there: an estimate unless `sourced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_days: Option<Range>,
    /// What it costs, rupiah: an estimate unless `sourced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_rupiah: Option<Range>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Names>,
    /// When it is to be looked at again.
    pub review: Date,
    /// Whether that day has passed.
    pub overdue: bool,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// A question, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuestionView {
    /// Its id.
    pub id: String,
    /// The question.
    pub text: Names,
    /// The answer, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<bool>,
    /// Items that depend on it.
    pub items: Vec<String>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Done.
    Done,
    /// What comes first is done.
    Next,
    /// Others come first.
    Later,
}

/// A step, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// What to do.
    pub text: Names,
    /// Role of who does it.
    pub who: String,
    /// How it stands.
    pub state: StepState,
    /// It may be left out.
    pub optional: bool,
    /// Steps that come first, those in the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Items that it works on, those in the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// Whether it is done when its items are; else a condition of its own decides.
    #[serde(skip)]
    pub by_items: bool,
    /// Where in the app it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen: Option<Screen>,
    /// Days it takes: an estimate unless `sourced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Range>,
}

/// A remark of the guide: a misunderstanding, or a refusal at a border.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// Its id.
    pub id: String,
    /// What people believe; absent for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Names>,
    /// What is so.
    pub text: Names,
    /// Items that it is about, or that prevent it; those in the answer.
    pub items: Vec<String>,
    /// When it was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// References.
    pub sources: Vec<String>,
}

/// A guide that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The day to which its facts were checked.
    pub as_of: Date,
}

/// What is still missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// In a word.
    pub outcome: Outcome,
    /// How many items block.
    pub missing: usize,
    /// How many questions are open that decide about one.
    pub open: usize,
    /// Gates: one for the form and market, or more.
    pub gates: Vec<GateView>,
    /// What the exporter needs once, what comes first at first.
    pub standing: Vec<ItemView>,
    /// What the lot needs, likewise.
    pub documents: Vec<ItemView>,
    /// Questions.
    pub questions: Vec<QuestionView>,
    /// Steps, likewise.
    pub steps: Vec<StepView>,
    /// What people believe, and what is so.
    pub misunderstandings: Vec<Remark>,
    /// Refusals at borders.
    pub refusals: Vec<Remark>,
    /// Who issues or does something, of the roles in the answer.
    pub roles: BTreeMap<String, Names>,
    /// Official short names that occur in the answer.
    pub terms: BTreeMap<String, Names>,
    /// The sources that the answer refers to.
    pub sources: BTreeMap<String, Source>,
    /// The guides.
    pub guides: Vec<Used>,
}
