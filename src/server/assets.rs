//! `GET /static/<version>/<name>`: style sheets, modules, word lists, sentences and icons, embedded in the binary. The version is a
//! hash of the whole set, so what an address serves never changes.
//!
//! `web/static` is served with its folders, and `web/locales` below `locales/`. A name is looked up among the embedded files and
//! never on the disk, so no name leads out of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use rust_embed::{EmbeddedFile, RustEmbed};

use super::http::Problem;
use super::i18n::Locales;
use crate::record::Hash32;

#[derive(RustEmbed)]
#[folder = "web/static"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.txt"]
struct Static;

/// The folder in which the locales are served.
const LOCALES: &str = "locales/";

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

fn embedded(name: &str) -> Option<EmbeddedFile> {
    match name.strip_prefix(LOCALES) {
        Some(locale) => Locales::get(locale),
        None => Static::get(name),
    }
}

/// A file of `web/static`, or one of `web/locales` below `locales/`: its bytes and media type.
pub fn file(name: &str) -> Option<(Bytes, &'static str)> {
    let file = embedded(name)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        // Fluent has no registered type
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => return None,
    };
    // embedded, so that an answer costs no memory
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((bytes, kind))
}

/// The names of all files, as [`file`] takes them, in order.
pub fn names() -> BTreeSet<String> {
    let locales = Locales::iter().map(|name| format!("{LOCALES}{name}"));
    Static::iter().map(Cow::into_owned).chain(locales).collect()
}

/// The version of this build's static files, which are served under `/static/<version>/<name>`. The modules import each other
/// by relative name, so all are of one version.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        for name in names() {
            if let Some(file) = embedded(&name) {
                hasher.update(name.as_bytes()).update(&[0]).update(&file.metadata.sha256_hash());
            }
        }
        Hash32(*hasher.finalize().as_bytes()).to_string().chars().take(12).collect()
    })
}
