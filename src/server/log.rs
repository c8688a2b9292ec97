//! The C2SP log: checkpoint, tiles, entry bundles, and the history of published checkpoints.
//!
//! Any client may read it from any page (CORS `*`); tiles are immutable, and a miss is never cached.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;

/// Readable from any page.
pub const ANYONE: (HeaderName, HeaderValue) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
const TEXT: (HeaderName, HeaderValue) = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
const FRESH: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// `GET /checkpoint`: the newest published checkpoint.
pub async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let head = app.ledger.checkpoint().ok_or_else(|| Problem::not_found("no checkpoint is published yet"))?;
    Ok(([ANYONE, TEXT, FRESH], head.note).into_response())
}

/// `GET /history`: the published checkpoints that grew the tree, oldest first, one after the other.
pub async fn history(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let history = app.ledger.object("history").map_err(|e| Problem::internal(&e))?;
    Ok(([ANYONE, TEXT, FRESH], history.unwrap_or_default()).into_response())
}

/// `GET /tile/…`: hash tiles and entry bundles.
pub async fn tile(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = app.ledger.object(&format!("tile/{path}")).map_err(|e| Problem::internal(&e))?;
    let bytes = found.ok_or_else(|| Problem::not_found("no such tile is published"))?;
    let mut response = super::entries::immutable(&headers, "application/octet-stream", bytes);
    response.headers_mut().remove(header::VARY);
    response.headers_mut().insert(ANYONE.0, ANYONE.1);
    Ok(response)
}
