//! What the log can decide of a lot and its makers, and how a guide asks for it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::names::Names;
use crate::record::RecordId;

/// A condition of a guide: an object with one member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Each of them.
    All(Vec<Condition>),
    /// One of them.
    Any(Vec<Condition>),
    /// A standing record of this act of the lot or of what it was made from.
    Act(String),
    /// Every harvest that it comes from states it.
    Origin(OriginField),
    /// Every harvest was made with one of these.
    Gear(Vec<String>),
    /// Each of them passed in an inspection that counts.
    Parameters(Vec<String>),
    /// All that the market asks for was tested and passed.
    Tests(Complete),
    /// A document of this type, as evidence or document of trade, of a record of the lot.
    Document(String),
    /// A certificate of this kind of a maker of the lot, in force.
    Certificate(String),
    /// What the ledger has of its maker.
    Party(PartyField),
    /// What only the phone knows. The log never says it: a step that waits for it may be left out.
    Phone(PhoneField),
    /// What the statement of its product says.
    Product(ProductField),
    /// What is stated of the lot.
    Stated(StatedField),
    /// Its maker gave another party a mandate for this act.
    Mandate(String),
    /// A claim that all its origins share.
    Claim(String),
    /// The gate of the market.
    Gate(Open),
}

/// The word `open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Open {
    /// The good may enter.
    Open,
}

/// The word `complete`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Complete {
    /// All that is asked for.
    Complete,
}

/// What a harvest may state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginField {
    /// The village.
    Village,
    /// Fishing gear.
    Gear,
    /// First and last day.
    Dates,
    /// Commitments of the plots.
    Plots,
    /// Number of the catch certificate.
    CatchCertificate,
}

/// What the ledger may have of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyField {
    /// Its enrolment.
    Enrolled,
    /// A key that may sign.
    Key,
    /// Two keys that may admit and end others: one phone may be lost.
    SecondPhone,
    /// A product that it may make.
    Product,
    /// A place of it, or one in its region.
    Place,
    /// Its legal form.
    LegalForm,
    /// Its registration number.
    Registration,
    /// Its region.
    Region,
    /// Its GLN.
    Gln,
}

/// What a phone knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneField {
    /// The app is installed on it.
    Installed,
}

/// What a product's statement may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductField {
    /// HS code.
    Hs,
    /// Net content.
    NetContent,
}

/// What may be stated of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatedField {
    /// Its market.
    Market,
    /// Best before.
    BestBefore,
}

/// A document or certificate that the log names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paper {
    /// Its type.
    pub kind: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The first day on which it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Who put it on the log.
    pub by: Names,
    /// The record that names it.
    pub record: RecordId,
}

/// A harvest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// What it states.
    pub stated: BTreeSet<OriginField>,
    /// Fishing gear.
    pub gear: Option<String>,
}

/// What the tests of a lot come to for the market.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tests {
    /// Something is lacking, or nothing says what a complete test is.
    #[default]
    Lacking,
    /// All is there, and passed.
    Complete,
    /// Something failed.
    Failed,
}

/// What the log says of a lot and its makers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Standing acts of the lot and of what it was made from, each with its newest record.
    pub acts: Vec<(String, RecordId)>,
    /// Its harvests.
    pub origins: Vec<Origin>,
    /// Parameters that passed, in inspections that count.
    pub passed: BTreeSet<String>,
    /// Parameters that failed, where the failure is open.
    pub failed: BTreeSet<String>,
    /// Whether what was tested is all that the market asks for.
    pub tests: Tests,
    /// Documents of its records.
    pub documents: Vec<Paper>,
    /// Certificates of its makers.
    pub certificates: Vec<Paper>,
    /// What the ledger has of its maker.
    pub party: BTreeSet<PartyField>,
    /// What a phone says of itself; `None` where no phone is asked, and steps that it decides are left out.
    pub phone: Option<BTreeSet<PhoneField>>,
    /// What its product's statement says.
    pub product: BTreeSet<ProductField>,
    /// What is stated of it.
    pub stated: BTreeSet<StatedField>,
    /// Acts for which its maker gave a mandate.
    pub mandates: BTreeSet<String>,
    /// Claims.
    pub claims: BTreeSet<String>,
    /// Whether a buyer or maker adopted a specification that gates it.
    pub specified: bool,
    /// Whether every gate is open; set by the answer itself.
    pub gate_open: bool,
}

/// How a condition stands, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It holds.
    Holds,
    /// Nothing says so.
    Missing,
    /// It held once: a document is no longer valid.
    Lapsed,
    /// The log says otherwise: a test failed, or the gear is another.
    Contradicted,
}

/// How a condition stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'f> {
    /// How it stands.
    pub standing: Standing,
    /// The documents that decide it.
    pub papers: Vec<&'f Paper>,
    /// Other records that decide it.
    pub records: Vec<RecordId>,
    /// The last day on which it holds, where a document ends.
    pub until: Option<Date>,
}

impl<'f> Found<'f> {
    fn plain(standing: Standing) -> Found<'f> {
        Found { standing, papers: Vec::new(), records: Vec::new(), until: None }
    }

    fn when(holds: bool) -> Found<'f> {
        Found::plain(if holds { Standing::Holds } else { Standing::Missing })
    }
}

impl Condition {
    /// How it stands by what the log says, on `today`.
    pub fn find<'f>(&self, facts: &'f Facts, today: Date) -> Found<'f> {
        match self {
            Condition::All(all) => all_of(all.iter().map(|one| one.find(facts, today))),
            Condition::Any(any) => best_of(any.iter().map(|one| one.find(facts, today))),
            Condition::Act(act) => match facts.acts.iter().find(|(there, _)| there == act) {
                Some((_, record)) => Found { records: vec![*record], ..Found::plain(Standing::Holds) },
                None => Found::plain(Standing::Missing),
            },
            Condition::Origin(field) => Found::when(
                !facts.origins.is_empty() && facts.origins.iter().all(|origin| origin.stated.contains(field)),
            ),
            Condition::Gear(allowed) => gear(allowed, facts),
            Condition::Parameters(asked) => {
                if asked.iter().any(|parameter| facts.failed.contains(parameter)) {
                    return Found::plain(Standing::Contradicted);
                }
                Found::when(asked.iter().all(|parameter| facts.passed.contains(parameter)))
            }
            Condition::Tests(Complete::Complete) => Found::plain(match facts.tests {
                Tests::Complete => Standing::Holds,
                Tests::Lacking => Standing::Missing,
                Tests::Failed => Standing::Contradicted,
            }),
            Condition::Document(kind) => paper(&facts.documents, kind, today),
            Condition::Certificate(kind) => paper(&facts.certificates, kind, today),
            Condition::Party(field) => Found::when(facts.party.contains(field)),
            Condition::Phone(field) => Found::when(facts.phone.as_ref().is_some_and(|phone| phone.contains(field))),
            Condition::Product(field) => Found::when(facts.product.contains(field)),
            Condition::Stated(field) => Found::when(facts.stated.contains(field)),
            Condition::Mandate(act) => Found::when(facts.mandates.contains(act)),
            Condition::Claim(claim) => Found::when(facts.claims.contains(claim)),
            Condition::Gate(Open::Open) => Found::when(facts.gate_open),
        }
    }

    /// The types of documents that it asks for.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Condition::Document(kind) => Some(kind.as_str()),
            _ => None,
        })
    }

    /// The kinds of certificates that it asks for.
    pub fn certificates(&self) -> impl Iterator<Item = &str> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Condition::Certificate(kind) => Some(kind.as_str()),
            _ => None,
        })
    }

    /// Each condition that has no others in it.
    pub fn leaves(&self) -> Vec<&Condition> {
        match self {
            Condition::All(list) | Condition::Any(list) => list.iter().flat_map(Condition::leaves).collect(),
            leaf => vec![leaf],
        }
    }
}

/// The worst of all; what holds until the first of them ends.
fn all_of<'f>(each: impl Iterator<Item = Found<'f>>) -> Found<'f> {
    each.fold(Found::plain(Standing::Holds), |mut so_far, one| {
        so_far.standing = so_far.standing.max(one.standing);
        so_far.papers.extend(one.papers);
        so_far.records.extend(one.records);
        so_far.until = [so_far.until, one.until].into_iter().flatten().min();
        so_far
    })
}

/// One that holds, the longest; else the worst: what failed is not hidden by what is merely missing.
fn best_of<'f>(each: impl Iterator<Item = Found<'f>>) -> Found<'f> {
    let each: Vec<Found<'f>> = each.collect();
    let lasts = |found: &Found<'_>| (found.until.is_none(), found.until);
    let (holding, others): (Vec<_>, Vec<_>) = each.into_iter().partition(|found| found.standing == Standing::Holds);
    let best = holding.into_iter().max_by_key(lasts);
    best.or_else(|| others.into_iter().max_by_key(|found| found.standing)).unwrap_or(Found::plain(Standing::Missing))
}

/// One harvest with other gear is enough to contradict.
fn gear<'f>(allowed: &[String], facts: &Facts) -> Found<'f> {
    let stated = || facts.origins.iter().map(|origin| origin.gear.as_ref());
    if stated().flatten().any(|gear| !allowed.contains(gear)) {
        return Found::plain(Standing::Contradicted);
    }
    Found::when(!facts.origins.is_empty() && stated().all(|gear| gear.is_some()))
}

/// The one of a kind that is valid the longest.
fn paper<'f>(papers: &'f [Paper], kind: &str, today: Date) -> Found<'f> {
    let of_kind = || papers.iter().filter(|paper| paper.kind == kind && paper.from.is_none_or(|from| from <= today));
    let lasts = |paper: &&Paper| (paper.until.is_none(), paper.until);
    let Some(best) = of_kind().max_by_key(lasts) else { return Found::plain(Standing::Missing) };
    let standing = if best.until.is_none_or(|until| today <= until) { Standing::Holds } else { Standing::Lapsed };
    Found { standing, papers: vec![best], records: Vec::new(), until: best.until }
}
