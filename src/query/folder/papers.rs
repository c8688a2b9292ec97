//! Papers of a shipment: each document once, with all who signed it and its files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::gather::{Found, Gathered};
use super::{Signed, signed};
use crate::chain::StateError;
use crate::epcis::Event;
use crate::epcis::ext::Evidence;
use crate::query::parts::ViewCache;

/// Document type of the opening of a payment's commitment.
pub const OPENING: &str = "payment-opening";

/// A file that a record names by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileView {
    /// BLAKE3-256.
    pub blake3: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Document type.
    pub document_type: String,
    /// Title.
    pub title: String,
    /// Whether anyone may read it.
    pub public: bool,
}

/// A paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperView {
    /// Its kind.
    pub kind: Option<String>,
    /// Its URI; none of a file that only stands in the evidence of a record.
    pub document: Option<String>,
    /// Its number.
    pub number: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Its date.
    pub date: Option<Date>,
    /// The last day on which it is valid.
    pub until: Option<Date>,
    /// Who signed it.
    pub signed: Vec<Signed>,
    /// Whether a side rejected what the other signed, and nobody signed it anew.
    pub rejected: bool,
    /// Its files.
    pub files: Vec<FileView>,
}

pub(super) fn files(event: &Event) -> Vec<FileView> {
    event.ext.evidence.iter().filter(|file| file.document_type != OPENING).map(file).collect()
}

fn file(evidence: &Evidence) -> FileView {
    FileView {
        blake3: evidence.blake3.clone(),
        media_type: evidence.media_type.clone(),
        bytes: evidence.bytes,
        document_type: evidence.document_type.clone(),
        title: evidence.title.clone(),
        public: evidence.public,
    }
}

pub(super) fn papers(parts: &mut ViewCache<'_>, found: &Gathered) -> Result<Vec<PaperView>, StateError> {
    let mut papers: Vec<PaperView> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for one in found.records.values().filter(|one| one.of_shipment) {
        let Some(event) = one.event() else { continue };
        if let Some(rejected) = &event.ext.rejects {
            reject(&mut papers, rejected);
            continue;
        }
        let named: Vec<_> = event
            .documents()
            .filter(|document| document.kind != Some("payment") && is_paper(event, document.kind))
            .collect();
        let alone = named.len() == 1;
        for document in named {
            let at = *at.entry(document.id.to_owned()).or_insert_with(|| {
                papers.push(PaperView { document: Some(document.id.to_owned()), ..PaperView::empty() });
                papers.len() - 1
            });
            let Some(paper) = papers.get_mut(at) else { continue };
            let more = document.more;
            paper.kind = document.kind.map(str::to_owned).or(paper.kind.take());
            paper.number = more.and_then(|more| more.number.clone()).or(paper.number.take());
            paper.issuer = more.and_then(|more| more.issuer.clone()).or(paper.issuer.take());
            paper.date = more.and_then(|more| more.date).or(paper.date);
            paper.until = more.and_then(|more| more.until).or(paper.until);
            paper.rejected = false;
            paper.signed.push(signed(parts, one.id, &one.row)?);
            for file in files(event) {
                if (alone || Some(file.document_type.as_str()) == document.kind) && listed.insert(file.blake3.clone()) {
                    paper.files.push(file);
                }
            }
        }
        attached(parts, one, event, &mut papers, &mut listed)?;
    }
    papers.sort_by_key(|paper| paper.signed.last().map(|signed| signed.index));
    Ok(papers)
}

impl PaperView {
    fn empty() -> PaperView {
        PaperView {
            kind: None,
            document: None,
            number: None,
            issuer: None,
            date: None,
            until: None,
            signed: Vec::new(),
            rejected: false,
            files: Vec::new(),
        }
    }
}

/// A document of trade: not the sample or the result that an inspection names.
fn is_paper(event: &Event, kind: Option<&str>) -> bool {
    kind.is_some() || event.kind == crate::epcis::EventType::Transaction
}

/// Files with a number or an issuer that no document of the record stands for: a certificate that was attached to it.
fn attached(
    parts: &mut ViewCache<'_>,
    one: &Found,
    event: &Event,
    papers: &mut Vec<PaperView>,
    listed: &mut BTreeSet<String>,
) -> Result<(), StateError> {
    for evidence in event.ext.evidence.iter().filter(|file| file.number.is_some() || file.issuer.is_some()) {
        if evidence.document_type == OPENING || !listed.insert(evidence.blake3.clone()) {
            continue;
        }
        papers.push(PaperView {
            kind: Some(evidence.document_type.clone()),
            number: evidence.number.clone(),
            issuer: evidence.issuer.clone(),
            date: evidence.from,
            until: evidence.until,
            signed: vec![signed(parts, one.id, &one.row)?],
            files: vec![file(evidence)],
            ..PaperView::empty()
        });
    }
    Ok(())
}

/// What a side rejected counts for nothing; a paper of which nothing is left is shown as rejected.
fn reject(papers: &mut [PaperView], record: &str) {
    for paper in papers {
        let before = paper.signed.len();
        if paper.signed.iter().any(|signed| signed.record.to_string() == record) {
            paper.rejected = before == 1;
            if before > 1 {
                paper.signed.retain(|signed| signed.record.to_string() != record);
            }
        }
    }
}
