//! `GET /static/<version>/<name>`: style sheets, modules, word lists, sentences and icons, embedded in the binary. The version is a
//! hash of the whole set, so what an address serves never changes. Scripts of ours go out without comments and indentation, a fifth of
//! their weight.
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
/// The folder with files of others, which are served byte for byte.
const VENDOR: &str = "vendor/";

/// A file as it is served.
struct Asset {
    bytes: Bytes,
    kind: &'static str,
    /// The same in Brotli (RFC 7932), made at the first request for it: what answers compress as they go is a sixth heavier.
    brotli: OnceLock<Bytes>,
}

/// One file. A page of an older build may request an older version: it gets the current file, which is not cached.
pub async fn get(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = asset(&name).ok_or_else(|| Problem::not_found("no such file"))?;
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    // a picture is compressed already
    let text = asset.kind != "image/png";
    let mut response = if text && accepted.flat_map(|value| value.split(',')).any(is_brotli) {
        let encoding = [(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")];
        (encoding, asset.brotli()).into_response()
    } else {
        asset.bytes.clone().into_response()
    };
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

/// Whether an element of `Accept-Encoding` accepts Brotli: `br`, with a weight that is not zero.
fn is_brotli(element: &str) -> bool {
    let mut parts = element.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    named && weight.is_none_or(|weight| !weight.trim_matches(['0', '.']).is_empty())
}

impl Asset {
    fn brotli(&self) -> Bytes {
        let compress = || {
            let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
            let mut out = Vec::new();
            // from memory to memory nothing fails
            match brotli::BrotliCompress(&mut &self.bytes[..], &mut out, &params) {
                Ok(_) => Bytes::from(out),
                Err(_) => Bytes::new(),
            }
        };
        self.brotli.get_or_init(compress).clone()
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
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        // Fluent has no registered type
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => return None,
    };
    let bytes = match file.data {
        script if name.ends_with(".js") && !name.starts_with(VENDOR) => lean(std::str::from_utf8(&script).ok()?).into(),
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(Asset { bytes, kind, brotli: OnceLock::new() })
}

/// A script without lines that are comments and without indentation. What goes over the end of a line between backticks stays as it is.
fn lean(script: &str) -> String {
    let mut lean = String::with_capacity(script.len());
    let (mut in_comment, mut in_text) = (false, false);
    for line in script.lines() {
        let code = if in_text { line } else { line.trim_start() };
        in_comment |= !in_text && code.starts_with("/*");
        if in_text || !(in_comment || code.is_empty() || code.starts_with("//")) {
            lean.push_str(code);
            lean.push('\n');
            in_text ^= code.matches('`').count() % 2 == 1;
        }
        in_comment &= !code.trim_end().ends_with("*/");
    }
    lean
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
    fn every_line_of_a_script_is_read_as_what_it_is() {
        for name in Static::iter().filter(|name| name.ends_with(".js") && !name.starts_with(VENDOR)) {
            let script = Static::get(&name).unwrap().data;
            let (mut in_comment, mut in_text) = (false, false);
            for line in std::str::from_utf8(&script).unwrap().lines().map(str::trim) {
                in_comment |= !in_text && line.starts_with("/*");
                // a comment of several lines ends where its last line does
                assert!(!in_comment || !line.contains("*/") || line.ends_with("*/"), "{name}: {line}");
                if !in_comment && !line.starts_with("//") {
                    assert!(in_text || !line.ends_with('\\'), "{name}: {line}");
                    in_text ^= line.matches('`').count() % 2 == 1;
                }
                in_comment &= !line.ends_with("*/");
            }
            assert!(!in_comment && !in_text, "{name}: a lone backtick, or a comment without an end");
        }
    }

    #[test]
    fn scripts_are_served_without_comments_and_indentation() {
        assert_eq!(lean("// a\nf(() => {\n  // b\n  g(`//`);\n\n});\n"), "f(() => {\ng(`//`);\n});\n");
        assert_eq!(lean("/** a */\n/**\n * b\n   c */\nf(\"image/*\");\n"), "f(\"image/*\");\n");
        assert!(asset("page.js").unwrap().bytes.len() < Static::get("page.js").unwrap().data.len());
    }

    #[test]
    fn text_of_several_lines_is_served_as_it_is() {
        let text = "export default `\n  a // b\n\n/* c\n`;\n";
        assert_eq!(lean(text), text);
    }

    #[test]
    fn every_file_is_whole_in_brotli() {
        for name in Static::iter() {
            let mut whole = Vec::new();
            brotli::BrotliDecompress(&mut &compressed(&name).unwrap()[..], &mut whole).unwrap();
            assert_eq!(whole, asset(&name).unwrap().bytes, "{name}");
        }
        let accepts = ["br", " br;q=0.5", "BR; q=1"].map(is_brotli);
        let refuses = ["gzip", "br;q=0", "br; q=0.0", "brotli", ""].map(is_brotli);
        assert_eq!((accepts, refuses), ([true; 3], [false; 5]));
    }
}
