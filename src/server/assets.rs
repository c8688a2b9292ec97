//! `GET /static/<version>/<name>`: style sheet, checking modules and icons, embedded in the binary. The version is a hash of
//! the whole set, so what an address serves never changes.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::pages;
use super::problem::Problem;

/// One file. A page of an older build may ask by an older version: it gets today's file, for a moment only.
pub async fn get(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let (bytes, kind) = pages::asset(&name).ok_or_else(|| Problem::not_found("no such file"))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let cache = if version == pages::asset_version() { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}
