//! Answers that several handlers give: bytes that never change, downloads, and their entity tags (RFC 9110 section 8.8).

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::{client, sending};
use crate::ledger::StoredFile;
use crate::server::App;

/// Makes the answer a download named `name`, which has only ASCII letters, digits, `-`, `_` and `.`.
pub fn attachment(headers: &mut HeaderMap, name: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// Bytes that never change at their address; 304 if the client has them already.
pub fn immutable(request: &HeaderMap, kind: &'static str, bytes: Bytes) -> Response {
    let etag = format!("\"{}\"", crate::record::Hash32::of(&bytes));
    let response = if known(request, &etag) { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    unchanging(response, kind, &etag)
}

/// [`immutable`], for a file that is read while it is sent.
///
/// # Errors
/// `busy` when too many answers are being sent.
pub fn immutable_file(
    app: &Arc<App>,
    request: &HeaderMap,
    kind: &'static str,
    file: StoredFile,
) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", file.hash);
    let response = match known(request, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => sending::from_file(app, client::owner(), file)?,
    };
    Ok(unchanging(response, kind, &etag))
}

/// Makes an answer one that never changes at its address.
pub fn unchanging(mut response: Response, kind: &'static str, etag: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Makes the tag of an answer one that says that the content is the same, in whatever encoding: it is compressed then.
pub fn weaken_tag(response: &mut Response) {
    let headers = response.headers_mut();
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(Ok(weak)) = tag.map(|tag| HeaderValue::from_str(&format!("W/{tag}"))) {
        headers.insert(header::ETAG, weak);
    }
}

/// Whether the client has the representation of this tag, or any (`*`). Compared weakly (RFC 9110 section 13.1.2), because a proxy
/// that compresses makes the tag weak.
pub fn known(request: &HeaderMap, etag: &str) -> bool {
    let strong = etag.trim_start_matches("W/");
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == strong)
}
