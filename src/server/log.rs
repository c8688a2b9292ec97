//! The C2SP log: checkpoint, tiles, entry bundles, and the history of published checkpoints.
//!
//! Pages of any origin may read it (`cors`); tiles are immutable, and a 404 is never cached.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::http::Problem;
use super::http::paging::link_next;
use super::http::response::{immutable, immutable_file};
use crate::ledger::history::{Line, Page};

const TEXT: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
const FRESH: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// `GET /checkpoint`: the newest published checkpoint.
pub async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let head = app.ledger.checkpoint().ok_or_else(|| Problem::not_found("no checkpoint is published yet"))?;
    Ok(([TEXT, FRESH], head.note).into_response())
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

/// The tag as one that says that the content is the same, in whatever encoding.
fn weak(tag: &HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("W/{}", tag.to_str().ok()?)).ok()
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
    let headers = response.headers_mut();
    headers.remove(header::VARY);
    // records are JSON in large part: the bundle is sent compressed to those who take it so. Hashes do not compress
    if is_bundle && let Some(tag) = headers.get(header::ETAG).and_then(weak) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}
