//! Papers of a shipment: each document once, with all who signed it and its files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::gather::{Found, Gathered};
use super::{Signed, signed};
use crate::chain::StateError;
use crate::epcis::documents::{Document, OPENING};
use crate::epcis::ext::Evidence;
use crate::epcis::{Event, EventType, SourceDest};
use crate::query::parts::ViewCache;

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
    /// The owning party before, where it names one.
    pub from: Option<String>,
    /// The owning party after.
    pub to: Option<String>,
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
    /// Whether all that was signed of it was rejected by the other side.
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

/// A paper while it is gathered: by its URI and the two sides that it names.
#[derive(Default)]
struct Draft {
    paper: Option<PaperView>,
    /// Who signed it first: others sign what it says, and change nothing of it.
    first: String,
    /// Signatures that were rejected.
    rejected: Vec<Signed>,
}

pub(super) fn papers(parts: &mut ViewCache<'_>, found: &Gathered) -> Result<Vec<PaperView>, StateError> {
    let rejected = found.rejected();
    let mut drafts: BTreeMap<(String, Option<String>, Option<String>), Draft> = BTreeMap::new();
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let mut papers = Vec::new();
    for one in found.records.values().filter(|one| one.of_shipment) {
        let Some(event) = one.event().filter(|event| event.ext.rejects.is_none()) else { continue };
        let paper = |document: &Document<'_>| document.kind != Some("payment") && is_paper(event, document.kind);
        let named: Vec<_> = event.documents().filter(paper).collect();
        let alone = named.len() == 1;
        let end = |list: &[SourceDest]| list.iter().find(|end| end.kind == "owning_party").map(|end| end.id.clone());
        for document in named {
            let key = (document.id.to_owned(), end(&event.sources), end(&event.destinations));
            let draft = drafts.entry(key).or_default();
            let signed = signed(parts, one.id, &one.row)?;
            if rejected.contains(&(one.id, document.id.to_owned())) {
                draft.rejected.push(signed);
                if draft.paper.is_none() && draft.rejected.len() == 1 {
                    draft.first = signed_by(one);
                }
                let stated = draft.paper.get_or_insert_with(|| PaperView::of(document.id));
                if stated.signed.is_empty() {
                    state(stated, &document);
                }
                continue;
            }
            let stated = draft.paper.get_or_insert_with(|| PaperView::of(document.id));
            if stated.signed.is_empty() {
                draft.first = signed_by(one);
            }
            if draft.first == signed_by(one) {
                state(stated, &document);
            }
            stated.signed.push(signed);
            for file in files(event) {
                if (alone || Some(file.document_type.as_str()) == document.kind) && listed.insert(file.blake3.clone()) {
                    stated.files.push(file);
                }
            }
        }
        attached(parts, one, event, &mut papers, &mut listed)?;
    }
    papers.extend(drafts.into_iter().filter_map(|((_, from, to), draft)| {
        let mut paper = draft.paper?;
        (paper.from, paper.to) = (from, to);
        if paper.signed.is_empty() {
            (paper.rejected, paper.signed) = (true, draft.rejected);
        }
        Some(paper)
    }));
    papers.sort_by_key(|paper| paper.signed.last().map(|signed| signed.index));
    Ok(papers)
}

/// For whom a record was signed.
fn signed_by(one: &Found) -> String {
    one.row.on_behalf.clone().unwrap_or_else(|| one.row.party.clone())
}

/// What a record states of a paper.
fn state(paper: &mut PaperView, document: &Document<'_>) {
    let more = document.more;
    paper.kind = document.kind.map(str::to_owned).or(paper.kind.take());
    paper.number = more.and_then(|more| more.number.clone()).or(paper.number.take());
    paper.issuer = more.and_then(|more| more.issuer.clone()).or(paper.issuer.take());
    paper.date = more.and_then(|more| more.date).or(paper.date);
    paper.until = more.and_then(|more| more.until).or(paper.until);
}

impl PaperView {
    fn of(document: &str) -> PaperView {
        PaperView { document: Some(document.to_owned()), ..PaperView::empty() }
    }

    fn empty() -> PaperView {
        PaperView {
            kind: None,
            from: None,
            to: None,
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
    kind.is_some() || event.kind == EventType::Transaction
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
