//! Lots as JSON: what is known, trace up, impact down, and the proof bundle.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::catalogue::Wanted;
use super::http::Problem;
use super::http::response::attachment;
use super::{App, record};
use crate::chain::{State as ChainState, StateError};
use crate::gs1::LotId;
use crate::query;
use crate::query::view::Trace;
use crate::query::walk::{After, Part};

/// Reads a lot from the two path components.
pub fn lot(gtin: &str, lot: &str) -> Result<LotId, Problem> {
    let wrong = |e: crate::gs1::KeyError| Problem::new("malformed-request", e.to_string());
    Ok(LotId { gtin: gtin.parse().map_err(wrong)?, lot: lot.parse().map_err(wrong)? })
}

fn unknown(lot: &LotId) -> Problem {
    Problem::not_found(format!("lot {lot} is not on this ledger"))
}

/// Lots of one answer.
const MOST: usize = 200;

/// Which lots `GET /lots` is asked for.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: Option<u64>,
    limit: usize,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { after: None, limit: MOST }
    }
}

/// How many are told of so many that are asked for.
fn most(limit: usize, at_most: usize) -> Result<usize, Problem> {
    match limit {
        0 => Err(Problem::new("malformed-request", "limit is 1 or more")),
        some => Ok(some.min(at_most)),
    }
}

/// `GET /lots?after=&limit=`: the newest lots, newest first; the next page, when there is one, in a `Link` header.
pub async fn list(State(app): State<Arc<App>>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let most = most(asked.limit, MOST)?;
    let (lots, next) = app
        .blocking(move |app| {
            let page = app.lots(Wanted { before: asked.after, most, product: None })?;
            Ok((app.briefs(page.lots)?, page.next))
        })
        .await?;
    let mut response = Json(lots).into_response();
    if let Some(next) = next
        && let Ok(link) = HeaderValue::from_str(&format!("</lots?after={next}&limit={most}>; rel=\"next\""))
    {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// `GET /lots/{gtin}/{lot}`.
pub async fn get(State(app): State<Arc<App>>, Path((gtin, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let id = lot(&gtin, &name)?;
    let wanted = id.clone();
    let view = app.read(move |state, records| query::lot_view(state, records, &wanted)).await?;
    Ok(Json(view.ok_or_else(|| unknown(&id))?).into_response())
}

/// Lots of one part of a trace or impact.
const PART: usize = 200;

/// Which part of a trace or impact is asked for.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct AskedPart {
    after: Option<String>,
    limit: usize,
}

impl Default for AskedPart {
    fn default() -> AskedPart {
        AskedPart { after: None, limit: PART }
    }
}

/// `GET /lots/{gtin}/{lot}/trace?after=&limit=`: up to every harvest, nearest lots first; the next part in a `Link` header.
pub async fn trace(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(asked): Query<AskedPart>,
) -> Result<Response, Problem> {
    part(&app, lot(&gtin, &name)?, &asked, "trace", query::trace).await
}

/// `GET /lots/{gtin}/{lot}/impact?after=&limit=`: down to every shipment, consignee and label issue, in parts as well.
pub async fn impact(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(asked): Query<AskedPart>,
) -> Result<Response, Problem> {
    part(&app, lot(&gtin, &name)?, &asked, "impact", query::impact).await
}

type Walk = fn(&dyn ChainState, &LotId, &Part) -> Result<Option<Trace>, StateError>;

async fn part(app: &Arc<App>, id: LotId, asked: &AskedPart, what: &str, walk: Walk) -> Result<Response, Problem> {
    let wrong = |_| Problem::new("malformed-request", "after is what next of the part before says");
    let after: Option<After> = asked.after.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let part = Part { after, most: most(asked.limit, PART)? };
    let (wanted, most) = (id.clone(), part.most);
    let told = app.read(move |state, _| walk(state, &wanted, &part)).await?.ok_or_else(|| unknown(&id))?;
    let next = told.next.as_ref().map(|next| crate::gs1::link::encode_component(&next.to_string()));
    let mut response = Json(told).into_response();
    let lot = crate::gs1::link::encode_component(id.lot.as_str());
    if let Some(next) = next
        && let Ok(link) = HeaderValue::from_str(&format!(
            "</lots/{}/{lot}/{what}?after={next}&limit={}>; rel=\"next\"",
            id.gtin, most
        ))
    {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// `GET /lots/{gtin}/{lot}/proof`: the proof bundle, one file.
pub async fn proof(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = lot(&gtin, &name)?;
    let wanted = id.clone();
    // a proof is made for a published head: one that is older than the lot would look like a broken proof
    let newest = app.ledger.size().saturating_sub(1);
    record::published(&app, newest).await?;
    let bundle = app
        .blocking(move |app| {
            let bundle =
                app.ledger.bundle(&wanted).map_err(|e| Problem::internal(&e))?.ok_or_else(|| unknown(&wanted))?;
            bundle.to_json().map_err(|e| Problem::internal(&e))
        })
        .await?;
    let file: String =
        id.lot.as_str().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let mut response = bundle.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.jejak.proof+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    attachment(headers, &format!("{}-{file}.jejak", id.gtin));
    Ok(response)
}
