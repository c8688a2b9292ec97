//! The C2SP log: checkpoint, tiles, entry bundles, and the history of published checkpoints.
//!
//! Pages of any origin may read it (`cors`); tiles are immutable, and a 404 is never cached.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::paging::link_next;
use super::http::response::{immutable, immutable_file, weaken_tag};
use crate::ledger::history::{Line, Page};

const TEXT: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
const FRESH: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// `GET /checkpoint`: the newest published checkpoint.
pub async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let head = app.ledger.checkpoint().ok_or_else(|| Problem::not_found("no checkpoint is published yet"))?;
    Ok(([TEXT, FRESH], head.note).into_response())
}

/// From one published size to another.
#[derive(Debug, Deserialize)]
pub struct Span {
    #[serde(default)]
    from: u64,
    to: Option<u64>,
}

impl Described for Span {
    fn about(field: &str) -> Option<About> {
        let about = match field {
            "from" => "size of the earlier tree; 0 without it, which every tree extends",
            "to" => "size of the later tree; without it that of the newest checkpoint",
            _ => return None,
        };
        Some((json!({ "type": "integer", "minimum": 0 }), about))
    }
}

/// `GET /consistency?from=SIZE&to=SIZE`: the proof that the published tree of one size is a prefix of another's (RFC 9162 section 2.1.4),
/// and the newest checkpoint.
pub async fn consistency(State(app): State<Arc<App>>, Query(span): Query<Span>) -> Result<Response, Problem> {
    let Span { from, to } = span;
    let head = app.ledger.checkpoint().ok_or_else(|| Problem::not_found("no checkpoint is published yet"))?;
    let to = to.unwrap_or(head.size);
    if from > to || to > head.size {
        return Err(Problem::not_found(format!("the published tree has {} entries", head.size)));
    }
    let note = head.note.clone();
    let proof = app.blocking(move |app| Ok(app.ledger.extension(from, to, &head)?)).await?;
    let proof: Vec<String> = proof.iter().map(|hash| BASE64.encode(hash)).collect();
    Ok(([FRESH], Json(json!({ "from": from, "to": to, "proof": proof, "checkpoint": note }))).into_response())
}

/// `GET /history`: the first page of the published checkpoints, oldest first; `Link` leads to the others. Nothing before the first
/// publication.
pub async fn history(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let found = app.blocking(|app| Ok(app.ledger.history_page(0)?)).await?;
    let Some(page) = found else { return Ok(([TEXT, FRESH], "").into_response()) };
    let mut response = ([TEXT, FRESH], text(&page)).into_response();
    if page.more {
        link_next(&mut response, &page_address(1));
    }
    Ok(response)
}

fn text(page: &Page) -> String {
    page.lines.iter().map(Line::to_text).collect()
}

fn page_address(number: usize) -> String {
    format!("/history/{number:06}")
}

/// `GET /history/{page}`: 256 lines of it. A full page never changes again.
pub async fn history_page(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("the history has no such page; pages are numbered 000000, 000001 and so on");
    let number: usize = Some(&name)
        .filter(|name| name.len() == 6 && name.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|name| name.parse().ok())
        .ok_or_else(missing)?;
    let found = app.blocking(move |app| Ok(app.ledger.history_page(number)?)).await?;
    let page = found.ok_or_else(missing)?;
    let mut response = if page.full {
        immutable(&headers, "text/plain; charset=utf-8", text(&page).into())
    } else {
        ([TEXT, FRESH], text(&page)).into_response()
    };
    response.headers_mut().remove(header::VARY);
    if page.more {
        link_next(&mut response, &page_address(number + 1));
    }
    Ok(response)
}

/// `GET /tile/…`: hash tiles and entry bundles.
pub async fn tile(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_bundle = path.starts_with("entries/");
    let read = app.blocking(move |app| Ok(app.ledger.tile_file(&format!("tile/{path}"))?));
    let file = read.await?.ok_or_else(|| Problem::not_found("no such tile is published"))?;
    let mut response = immutable_file(&app, &headers, "application/octet-stream", file)?;
    response.headers_mut().remove(header::VARY);
    // records are JSON in large part: the bundle is sent compressed to those who take it so. Hashes do not compress
    if is_bundle {
        weaken_tag(&mut response);
    }
    Ok(response)
}
