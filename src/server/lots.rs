//! Lots as JSON: the view, the trace, the impact, and the proof bundle.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::home::briefs;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::paging::{MOST, PageArguments, about_limit, link_next, page_size};
use super::http::problem::Kind;
use super::http::response::attachment;
use super::record::published;
use crate::chain::{State as ChainState, StateError};
use crate::gs1::link::encode_component;
use crate::gs1::{KeyError, LotId};
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

/// Which page of `GET /lots`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct ListPage {
    after: Option<u64>,
    limit: usize,
}

impl Default for ListPage {
    fn default() -> ListPage {
        ListPage { after: None, limit: MOST }
    }
}

impl Described for ListPage {
    fn about(field: &str) -> Option<About> {
        match field {
            "after" => {
                let schema = json!({ "type": "integer", "minimum": 0 });
                Some((schema, "lots that were created before the record of this index"))
            }
            "limit" => Some(about_limit()),
            _ => None,
        }
    }
}

/// `GET /lots?after=&limit=`: the newest lots, newest first; the next page, when there is one, in a `Link` header. A page with
/// fewer lots than `limit` is not the last if it has one.
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<ListPage>) -> Result<Response, Problem> {
    let most = page_size(page.limit)?;
    let (lots, next) = app
        .read(move |s| {
            let page = query::newest_lots(s.state, query::LotQuery { before: page.after, most, product: None })?;
            Ok((briefs(s.state, page.lots)?, page.next))
        })
        .await?;
    let mut response = Json(lots).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("/lots?after={next}&limit={most}"));
    }
    Ok(response)
}

/// `GET /lots/{gtin}/{lot}`.
pub async fn get(State(app): State<Arc<App>>, Path((gtin, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let id = lot(&gtin, &name)?;
    let view = app.read(move |s| query::lot_view(s.state, s.records, &id)?.ok_or_else(|| unknown(&id))).await?;
    Ok(Json(view).into_response())
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

type Walk = fn(&dyn ChainState, &LotId, &PageRequest) -> Result<Option<Trace>, StateError>;

async fn walked(app: &Arc<App>, id: LotId, page: &PageArguments, name: &str, walk: Walk) -> Result<Response, Problem> {
    let wrong = |_| Problem::new(Kind::MalformedRequest, "after takes the value of next in the previous page");
    let after: Option<After> = page.after.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let page = PageRequest { after, most: page_size(page.limit)? };
    let (most, base) = (page.most, format!("/lots/{}/{}", id.gtin, encode_component(id.lot.as_str())));
    let trace = app.read(move |s| walk(s.state, &id, &page)?.ok_or_else(|| unknown(&id))).await?;
    let next = trace.next.as_ref().map(|next| encode_component(&next.to_string()));
    let mut response = Json(trace).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("{base}/{name}?after={next}&limit={most}"));
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
    // a bundle under a checkpoint that does not cover the lot would not verify
    let newest = app.ledger.size().saturating_sub(1);
    published(&app, newest).await?;
    let bundle = app
        .blocking(move |app| {
            let bundle = app.ledger.bundle(&wanted)?.ok_or_else(|| unknown(&wanted))?;
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
