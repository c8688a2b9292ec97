//! `GET /static/<version>/<name>`: style sheets, modules, word lists, sentences and icons, embedded in the binary. The version is a
//! hash of the whole set, so what an address serves never changes. Scripts and style sheets of ours go out as in
//! [`lean`].
//!
//! `web/static` is served with its folders, and `web/locales` below `locales/`. A name is looked up among the embedded files and
//! never on the disk, so no name leads out of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use rust_embed::{EmbeddedFile, RustEmbed};

use super::http::{Problem, compress};
use super::i18n::Locales;
use super::lean;
use crate::record::Hash32;

#[derive(RustEmbed)]
#[folder = "web/static"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.json"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.txt"]
struct Static;

/// The folder in which the locales are served.
const LOCALES: &str = "locales/";
/// The folder with files of others, which are served byte for byte.
const VENDOR: &str = "vendor/";

/// A file as it is served.
struct Asset {
    bytes: Bytes,
    kind: &'static str,
    /// The same in Brotli, made at the first request for it.
    brotli: OnceLock<Bytes>,
}

/// One file. A page of an older build may request an older version: it gets the current file, which is not cached.
pub async fn get(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = asset(&name).ok_or_else(|| Problem::not_found("no such file"))?;
    // a picture is compressed already
    let brotli = match asset.kind != "image/png" && compress::accepted(&headers) {
        true => asset.brotli_in_turn().await,
        false => None,
    };
    let mut response = brotli.map_or_else(|| asset.bytes.clone().into_response(), compress::answer);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
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
    asset(name).map(|asset| (asset.bytes.clone(), asset.kind))
}

impl Asset {
    /// [`Asset::brotli`], made once, when it is its turn; `None` while the node stops.
    async fn brotli_in_turn(&'static self) -> Option<Bytes> {
        match self.brotli.get() {
            Some(made) => Some(made.clone()),
            None => compress::in_turn(|| self.brotli()).await,
        }
    }

    fn brotli(&self) -> Bytes {
        self.brotli.get_or_init(|| compress::brotli(&self.bytes)).clone()
    }
}

/// The bytes of a file as a browser is sent them.
pub fn compressed(name: &str) -> Option<Bytes> {
    asset(name).map(Asset::brotli)
}

fn asset(name: &str) -> Option<&'static Asset> {
    static FILES: OnceLock<BTreeMap<String, Asset>> = OnceLock::new();
    let files = || names().into_iter().filter_map(|name| read(&name).map(|asset| (name, asset))).collect();
    FILES.get_or_init(files).get(name)
}

fn read(name: &str) -> Option<Asset> {
    let file = embedded(name)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        // Fluent has no registered type
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => return None,
    };
    let bytes = match file.data {
        text if is_ours(name) => {
            let text = std::str::from_utf8(&text).ok()?;
            if name.ends_with(".js") { lean::script(text) } else { lean::style(text) }.into()
        }
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(Asset { bytes, kind, brotli: OnceLock::new() })
}

fn is_ours(name: &str) -> bool {
    (name.ends_with(".js") || name.ends_with(".css")) && !name.starts_with(VENDOR)
}

/// The names of all files, as [`file()`] takes them, in order.
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
            if let Some(asset) = asset(&name) {
                hasher.update(name.as_bytes()).update(&[0]).update(blake3::hash(&asset.bytes).as_bytes());
            }
        }
        Hash32(*hasher.finalize().as_bytes()).to_string().chars().take(12).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_of_ours_is_read_to_its_end() {
        for name in Static::iter().filter(|name| is_ours(name)) {
            let written = Static::get(&name).unwrap().data;
            assert!(asset(&name).unwrap().bytes.len() < written.len(), "{name}");
        }
    }

    #[test]
    fn every_file_is_whole_in_brotli() {
        for name in Static::iter() {
            let mut whole = Vec::new();
            brotli::BrotliDecompress(&mut &compressed(&name).unwrap()[..], &mut whole).unwrap();
            assert_eq!(whole, asset(&name).unwrap().bytes, "{name}");
        }
    }
}
