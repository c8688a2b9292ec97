//! `GET /static/<version>/<name>`: style sheet, checking modules and icons, embedded in the binary. The version is a hash of
//! the whole set, so what an address serves never changes.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use rust_embed::RustEmbed;

use super::http::Problem;
use crate::record::Hash32;

#[derive(RustEmbed)]
#[folder = "web/static"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Static;

/// One file. A page of an older build may request an older version: it gets the current file, which is not cached.
pub async fn get(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let (bytes, kind) = file(&name).ok_or_else(|| Problem::not_found("no such file"))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let cache = if version == self::version() { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// A file of `web/static`: its bytes and media type.
pub fn file(name: &str) -> Option<(Bytes, &'static str)> {
    let file = Static::get(name)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return None,
    };
    // embedded, so that an answer costs no memory
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((bytes, kind))
}

/// The version of this build's static files, which are served under `/static/<version>/<name>`. The modules import each other
/// by relative name, so all are of one version.
pub fn version() -> &'static str {
    static VERSION: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    VERSION.get_or_init(|| {
        let mut names: Vec<_> = Static::iter().collect();
        names.sort();
        let mut hasher = blake3::Hasher::new();
        for name in names {
            if let Some(file) = Static::get(&name) {
                hasher.update(name.as_bytes()).update(&[0]).update(&file.metadata.sha256_hash());
            }
        }
        Hash32(*hasher.finalize().as_bytes()).to_string().chars().take(12).collect()
    })
}
