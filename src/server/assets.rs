//! `GET /static/<version>/<name>`: style sheets, modules, word lists, sentences and icons, embedded in the binary. The version is a
//! hash of the whole set, so what an address serves never changes. Scripts and style sheets of ours go out without comments and
//! indentation, a fifth of their weight.
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
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        // Fluent has no registered type
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => return None,
    };
    let bytes = match file.data {
        text if is_ours(name) => lean(std::str::from_utf8(&text).ok()?).into(),
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(Asset { bytes, kind, brotli: OnceLock::new() })
}

fn is_ours(name: &str) -> bool {
    (name.ends_with(".js") || name.ends_with(".css")) && !name.starts_with(VENDOR)
}

/// A script or style sheet without lines that are comments and without indentation. What goes over the end of a line between backticks stays as it is.
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

    /// A script without comments and without space outside texts, read character by character: strings, templates with code in them,
    /// regular expressions. What [`lean()`] reads line by line is compared with it.
    fn tokens(script: &str) -> String {
        let (mut kept, mut rest) = (String::new(), script);
        // of each template that is open: how many braces are open in its code
        let mut templates: Vec<usize> = Vec::new();
        let mut in_template = false;
        while let Some(c) = rest.chars().next() {
            let mut length = c.len_utf8();
            if in_template {
                if c == '\\' {
                    length += rest[length..].chars().next().map_or(0, char::len_utf8);
                } else if rest.starts_with("${") {
                    (in_template, length) = (false, 2);
                    templates.push(0);
                } else {
                    in_template = c != '`';
                }
            } else if rest.starts_with("//") {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            } else if rest.starts_with("/*") {
                rest = &rest[rest.find("*/").map_or(rest.len(), |at| at + 2)..];
                continue;
            } else if c.is_whitespace() {
                rest = &rest[length..];
                continue;
            } else if matches!(c, '"' | '\'') || (c == '/' && begins_expression(&kept)) {
                length = literal(rest, c);
            } else if c == '`' {
                in_template = true;
            } else if c == '{' {
                if let Some(open) = templates.last_mut() {
                    *open += 1;
                }
            } else if c == '}' {
                match templates.pop() {
                    Some(0) => in_template = true,
                    Some(open) => templates.push(open - 1),
                    None => {}
                }
            }
            kept.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        kept
    }

    /// Whether a slash after this code begins a regular expression, and divides nothing.
    fn begins_expression(code: &str) -> bool {
        let operator = code.ends_with(|c: char| "(,=:[!&|?{};+-*%<>~^".contains(c));
        operator || code.is_empty() || ["return", "typeof", "case"].iter().any(|word| code.ends_with(word))
    }

    /// Bytes of a string or regular expression on one line that ends with `end`.
    fn literal(text: &str, end: char) -> usize {
        let (mut escaped, mut in_class) = (false, false);
        for (at, c) in text.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' if end == '/' => in_class = true,
                ']' => in_class = false,
                '\n' => panic!("{}", &text[..at]),
                c if c == end && !in_class => return at + 1,
                _ => {}
            }
        }
        panic!("{text}")
    }

    #[test]
    fn scripts_have_the_same_code_and_texts_as_they_are_served() {
        for name in Static::iter().filter(|name| is_ours(name)) {
            let script = Static::get(&name).unwrap().data;
            let script = std::str::from_utf8(&script).unwrap();
            assert_eq!(tokens(&lean(script)), tokens(script), "{name}");
        }
        // what the lines do not show is found: a backtick in a string, a comment between two pieces of code
        for script in
            ["f(\"`\");\nconst a = `\n  // b\n`;\nf(\"`\");\n", "/* a\n */ f();\ng();\n", "f( /* a\n// */ );\n"]
        {
            assert_ne!(tokens(&lean(script)), tokens(script), "{script}");
        }
        let code = "a = b / c; // d\nx = `${ f({ y: `//${ 1 }` }) } //`; /* z */ /[/`]\\//.test('//')";
        assert_eq!(tokens(code), "a=b/c;x=`${f({y:`//${1}`})} //`;/[/`]\\//.test('//')");
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
    }
}
