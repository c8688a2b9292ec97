//! Lots as JSON: the view, the trace, the impact, and the proof bundle.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::negotiate::{Media, best};
use super::http::paging::{MOST, PageArguments, about_limit, link_next, page_size};
use super::http::problem::Kind;
use super::http::response::attachment;
use super::pages::lot_api;
use super::record::{published, unpublished};
use crate::chain::{RecordSource, State as ChainState, StateError};
use crate::gs1::link::encode_component;
use crate::gs1::{KeyError, LotId};
use crate::ledger::{Planned, ProofPlan};
use crate::proof::compact;
use crate::query;
use crate::query::view::Trace;
use crate::query::walk::{After, PageRequest};

/// Reads a lot from the two path components.
///
/// # Errors
/// `malformed-request`.
pub fn lot(gtin: &str, lot: &str) -> Result<LotId, Problem> {
    let wrong = |e: KeyError| Problem::new(Kind::MalformedRequest, e.to_string());
    Ok(LotId { gtin: gtin.parse().map_err(wrong)?, lot: lot.parse().map_err(wrong)? })
}

/// The problem that the ledger has no such lot.
pub(super) fn unknown(lot: &LotId) -> Problem {
    Problem::not_found(format!("lot {lot} is not on this ledger"))
}

/// Which page of a list whose items are found by log indices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IndexPage {
    pub(super) after: Option<u64>,
    pub(super) limit: Option<usize>,
}

impl Described for IndexPage {
    fn about(field: &str) -> Option<About> {
        match field {
            "after" => {
                let schema = json!({ "type": "integer", "minimum": 0 });
                Some((schema, "the log index at which the previous page ended: take it from its `Link`"))
            }
            "limit" => Some(about_limit()),
            _ => None,
        }
    }
}

/// `GET /lots/{gtin}/{lot}`.
pub async fn get(State(app): State<Arc<App>>, Path((gtin, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let id = lot(&gtin, &name)?;
    let view = app.read(move |s| query::lot_view(s.state, s.records, &id)?.ok_or_else(|| unknown(&id))).await?;
    Ok(Json(view).into_response())
}

/// Most records of a journey in one answer: each may name three parties in 32 languages.
pub(super) const MOST_STEPS: usize = 100;

/// `GET /lots/{gtin}/{lot}/steps?after=&limit=`: the records about the lot and its ancestors, in log order; the next page in a `Link`
/// header.
pub async fn steps(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(page): Query<IndexPage>,
) -> Result<Response, Problem> {
    let (id, most) = (lot(&gtin, &name)?, page_size(page.limit, MOST_STEPS)?);
    let base = format!("{}/steps", lot_api(&id));
    let (steps, next) =
        app.read(move |s| query::steps(s.state, s.records, &id, page.after, most)?.ok_or_else(|| unknown(&id))).await?;
    let mut response = Json(steps).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("{base}?after={next}&limit={most}"));
    }
    Ok(response)
}

/// `GET /lots/{gtin}/{lot}/trace?after=&limit=`: up to every harvest, nearest lots first; the next page in a `Link` header.
pub async fn trace(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(page): Query<PageArguments>,
) -> Result<Response, Problem> {
    walked(&app, lot(&gtin, &name)?, &page, "trace", query::trace).await
}

/// `GET /lots/{gtin}/{lot}/impact?after=&limit=`: down to every shipment, consignee and label issue, in pages too.
pub async fn impact(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(page): Query<PageArguments>,
) -> Result<Response, Problem> {
    walked(&app, lot(&gtin, &name)?, &page, "impact", query::impact).await
}

type Walk = fn(&dyn ChainState, &dyn RecordSource, &LotId, &PageRequest) -> Result<Option<Trace>, StateError>;

async fn walked(app: &Arc<App>, id: LotId, page: &PageArguments, name: &str, walk: Walk) -> Result<Response, Problem> {
    let wrong = |_| Problem::new(Kind::MalformedRequest, "after takes the value of next in the previous page");
    let after: Option<After> = page.after.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let page = PageRequest { after, most: page_size(page.limit, MOST)? };
    let (most, base) = (page.most, lot_api(&id));
    let trace = app.read(move |s| walk(s.state, s.records, &id, &page)?.ok_or_else(|| unknown(&id))).await?;
    let next = trace.next.as_ref().map(|next| encode_component(&next.to_string()));
    let mut response = Json(trace).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("{base}/{name}?after={next}&limit={most}"));
    }
    Ok(response)
}

/// Which part of a proof.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProofPart {
    part: Option<usize>,
    size: Option<u64>,
}

impl Described for ProofPart {
    fn about(field: &str) -> Option<About> {
        let about = match field {
            "part" => "a further part of a proof; take it from the `Link` of the part before",
            "size" => "the tree size of the first part",
            _ => return None,
        };
        Some((json!({ "type": "integer", "minimum": 1 }), about))
    }
}

/// `GET /lots/{gtin}/{lot}/proof?part=&size=`: the proof bundle, in JSON or, as the page asks for it, in CBOR; of a lot with very many records
/// the first part, whose `Link` names the next.
pub async fn proof(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(wanted): Query<ProofPart>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = lot(&gtin, &name)?;
    // `application/json` and `*/*` get the file format that `jejak verify` reads
    let media = best(&headers, &[Media::Proof, Media::CompactProof]).unwrap_or(Media::Proof);
    let number = wanted.part.unwrap_or(1);
    let head = app.ledger.checkpoint().map_or(0, |head| head.size);
    // the first part is of the newest plan, the others are of the same
    let kept = app.memo.plan(&(id.clone(), wanted.size.unwrap_or(head)));
    let plan = match kept {
        Some(plan) => plan,
        None if number > 1 => {
            let why = "the node does not keep this proof any more; begin again with the first part";
            return Err(Problem::not_found(why));
        }
        None => planned(&app, &id).await?,
    };
    let of = plan.clone();
    let bundle = app
        .blocking(move |app| {
            let part = app.ledger.proof_part(&of, number)?;
            let part = part.ok_or_else(|| Problem::not_found(format!("the proof has {} parts", of.parts())))?;
            match media {
                Media::CompactProof => Ok(compact::to_cbor(&part, &app.ledger.proof_subtrees(&of, &part)?)),
                _ => part.to_json().map_err(|e| Problem::internal(&e)),
            }
        })
        .await?;
    let part = if plan.parts() > 1 { format!(".{number}") } else { String::new() };
    let file: String =
        id.lot.as_str().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let mut response = bundle.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.media_type()));
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if media == Media::Proof {
        attachment(headers, &format!("{}-{file}{part}.jejak", id.gtin));
    }
    if number < plan.parts() {
        let (next, size) = (number + 1, plan.size());
        link_next(&mut response, &format!("{}/proof?part={next}&size={size}", lot_api(&id)));
    }
    Ok(response)
}

/// The plan of a lot's proof under the newest head. One that has parts is kept for their requests.
async fn planned(app: &Arc<App>, lot: &LotId) -> Result<Arc<ProofPlan>, Problem> {
    for _ in 0..3 {
        // a bundle under a checkpoint that does not cover the lot would not verify
        published(app, app.ledger.size().saturating_sub(1)).await?;
        let of = lot.clone();
        match app.blocking(move |app| Ok(app.ledger.plan_proof(&of)?)).await? {
            Planned::Whole(plan) => {
                let plan = Arc::new(plan);
                if plan.parts() > 1 {
                    app.memo.keep_plan(lot, &plan);
                }
                return Ok(plan);
            }
            Planned::Unknown => return Err(unknown(lot)),
            Planned::TooLarge => {
                let why = "the proof of this lot is too large to be made here; audit the log instead: jejak audit";
                return Err(Problem::not_found(why));
            }
            // a record about it was admitted just now
            Planned::NotYet => {}
        }
    }
    Err(unpublished())
}
