//! Answers that several surfaces give: bytes that never change, files to keep, and the entity tags of both (RFC 9110 section 8.8).

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Names the file that a browser keeps the answer in; `name` holds ASCII letters, digits, `-`, `_` and `.` alone.
pub fn attachment(headers: &mut HeaderMap, name: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// Bytes that never change under their address; 304 when the client has them already.
pub fn immutable(request: &HeaderMap, kind: &'static str, bytes: Bytes) -> Response {
    let etag = format!("\"{}\"", crate::record::Hash32::of(&bytes));
    let mut response =
        if known(request, &etag) { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether the client has the representation of this tag, or any (`*`). Compared weakly (RFC 9110 section 13.1.2): a proxy that compresses
/// may have made it a weak one.
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
