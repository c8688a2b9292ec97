//! `GET /openapi.json`: the HTTP interface as an OpenAPI 3.1 document. The set of problem types is part of it; a test holds
//! that every address of the router is in it.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::http::problem;
use super::i18n::Lang;
use crate::label;

/// (method, address, what it answers, media types, statuses beside 200)
type Operation = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [u16]);

/// Every operation.
const OPERATIONS: &[Operation] = &[
    (
        "post",
        "/entries",
        "Submits one record (application/cose) or many (application/cbor-seq)",
        &["application/json"],
        &[201, 400, 409, 413, 415, 422, 424, 429, 503],
    ),
    (
        "get",
        "/entries/{id}",
        "A record with its receipt",
        &["application/json", "application/cose", "text/html"],
        &[404, 406],
    ),
    (
        "get",
        "/entries/{id}/receipt",
        "An RFC 9942 receipt, built when asked for",
        &["application/scitt-receipt+cose"],
        &[404, 424],
    ),
    (
        "get",
        "/entries/{id}/statement",
        "The record with its receipt in one file: a transparent statement (RFC 9943); waits for the next publication",
        &["application/scitt-statement+cose"],
        &[404],
    ),
    ("get", "/entries/{id}/tlog-proof", "A C2SP tlog-proof", &["text/plain"], &[404, 424]),
    ("get", "/checkpoint", "The newest published checkpoint", &["text/plain"], &[404]),
    ("get", "/history", "The published checkpoints, oldest first", &["text/plain"], &[]),
    (
        "get",
        "/history/{page}",
        "256 lines of the history, by six digits from 000000; a full page never changes, Link names the next",
        &["text/plain"],
        &[404],
    ),
    ("get", "/tile/{path}", "A hash tile or entry bundle of C2SP tlog-tiles", &["application/octet-stream"], &[404]),
    ("get", "/lots", "The newest lots, newest first; Link names the next page", &["application/json"], &[400]),
    ("get", "/lots/{gtin}/{lot}", "All that is known about a lot", &["application/json"], &[400, 404]),
    (
        "get",
        "/lots/{gtin}/{lot}/trace",
        "Up to every harvest, with quantities, nearest lots first; Link names the next part",
        &["application/json"],
        &[400, 404],
    ),
    (
        "get",
        "/lots/{gtin}/{lot}/impact",
        "Down to every shipment, consignee and label issue, nearest lots first; Link names the next part",
        &["application/json"],
        &[400, 404],
    ),
    ("get", "/lots/{gtin}/{lot}/proof", "The proof bundle", &["application/vnd.jejak.proof+json"], &[400, 404]),
    ("put", "/evidence/{blake3}", "Uploads an evidence blob under its BLAKE3", &[], &[204, 400, 413, 429, 503]),
    (
        "get",
        "/evidence/{blake3}",
        "A public evidence blob that an admitted record names",
        &["application/octet-stream"],
        &[404, 410],
    ),
    ("get", "/profiles", "The commodity profiles on the log", &["application/json"], &[]),
    ("get", "/profiles/{blake3}", "A commodity profile, as it was put in force", &["application/json"], &[404]),
    ("get", "/parties", "Who is who", &["application/json"], &[]),
    (
        "get",
        "/parties/{name}",
        "One party, by its URI (percent-encoded) or the last part of it",
        &["application/json", "text/html"],
        &[404, 406],
    ),
    ("get", "/labels/{gtin}/{lot}/qr.svg", "The lot's QR code", &["image/svg+xml"], &[400]),
    ("get", "/labels/{gtin}/{lot}/qr.png", "The lot's QR code", &["image/png"], &[400]),
    ("get", "/labels/{gtin}/{lot}/sheet.svg", "A sheet of labels on A4 stock", &["image/svg+xml"], &[400, 404]),
    (
        "get",
        "/01/{rest}",
        "GS1 Digital Link of a product, lot or item",
        &["text/html", "application/ld+json", "application/linkset+json", "application/json"],
        &[307, 400, 404, 406],
    ),
    (
        "get",
        "/00/{rest}",
        "GS1 Digital Link of a container",
        &["text/html", "application/ld+json", "application/linkset+json", "application/json"],
        &[307, 400, 404, 406],
    ),
    (
        "get",
        "/414/{rest}",
        "GS1 Digital Link of a place",
        &["text/html", "application/ld+json", "application/linkset+json", "application/json"],
        &[307, 400, 404, 406],
    ),
    (
        "get",
        "/417/{rest}",
        "GS1 Digital Link of a party",
        &["text/html", "application/ld+json", "application/linkset+json", "application/json"],
        &[307, 400, 404, 406],
    ),
    ("get", "/.well-known/gs1resolver", "The resolver's description", &["application/json"], &[]),
    (
        "get",
        "/.well-known/jejak",
        "Origin, ledger id, log and witness keys, authority, version",
        &["application/json"],
        &[],
    ),
    ("get", "/healthz", "200 while the node takes records", &["text/plain"], &[503]),
    ("get", "/metrics", "Counters in OpenMetrics text", &["application/openmetrics-text"], &[]),
    ("get", "/openapi.json", "This document", &["application/json"], &[]),
    ("get", "/", "Home page: search and the newest lots", &["text/html"], &[]),
    (
        "get",
        "/search",
        "Finds by Digital Link, element string, number of a container, product, party or place, or lot number",
        &["text/html"],
        &[303, 404],
    ),
    ("get", "/static/{version}/{name}", "Style sheet, checking modules, icons", &[], &[404]),
];

/// The query parameters of an address: name, schema, what it says.
fn queries(path: &str, types: &[&str]) -> Vec<Value> {
    let limit = || {
        let more = "more than 200 are answered as 200";
        ("limit", json!({ "type": "integer", "minimum": 1, "default": 200 }), more)
    };
    let mut all = match path {
        "/entries/{id}" => {
            vec![("format", json!({ "type": "string", "enum": ["cose", "json"] }), "which form, whatever Accept says")]
        }
        "/lots" => {
            let after = "lots that were created before the record of this index";
            vec![("after", json!({ "type": "integer", "minimum": 0 }), after), limit()]
        }
        "/lots/{gtin}/{lot}/trace" | "/lots/{gtin}/{lot}/impact" => {
            vec![("after", json!({ "type": "string" }), "next of the part before"), limit()]
        }
        "/labels/{gtin}/{lot}/qr.png" => {
            let scale = json!({ "type": "integer", "minimum": 1, "maximum": label::MAX_SCALE, "default": 8 });
            vec![("scale", scale, "pixels per module")]
        }
        "/labels/{gtin}/{lot}/sheet.svg" => {
            let stock = json!({ "type": "string", "enum": ["2x7", "3x8", "2x4"], "default": "3x8" });
            vec![("stock", stock, "columns and rows of the labels on a page")]
        }
        "/search" => vec![("q", json!({ "type": "string" }), "a Digital Link, an element string, a number")],
        "/01/{rest}" | "/00/{rest}" | "/414/{rest}" | "/417/{rest}" => {
            let kind = "linkset or all: every link; a link type (gs1:pip): goes there";
            vec![("linkType", json!({ "type": "string" }), kind)]
        }
        _ => Vec::new(),
    };
    if types.contains(&"text/html") {
        let lang = json!({ "type": "string", "enum": Lang::all().map(Lang::code).collect::<Vec<_>>() });
        all.push(("lang", lang, "the language of the page, whatever Accept-Language says"));
    }
    all.into_iter()
        .map(|(name, schema, said)| json!({ "name": name, "in": "query", "schema": schema, "description": said }))
        .collect()
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, summary, types, statuses) in OPERATIONS {
        let mut responses = Map::new();
        let content: Map<String, Value> = types.iter().map(|t| ((*t).to_owned(), json!({}))).collect();
        responses.insert("200".to_owned(), json!({ "description": "The answer", "content": content }));
        // what the node answers anywhere: too slow, too many, failed, busy or closing
        let anywhere: &[u16] = &[408, 429, 500, 503];
        for status in statuses.iter().chain(anywhere) {
            let answer = if *status >= 400 {
                json!({ "$ref": "#/components/responses/Problem" })
            } else {
                json!({ "description": "Done, or go there" })
            };
            responses.insert(status.to_string(), answer);
        }
        let mut parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        if *method == "get" {
            parameters.extend(queries(path, types));
        }
        let mut operation = json!({ "summary": summary, "responses": responses });
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        if *method == "post" {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/cose": {}, "application/cbor-seq": {} }
            });
            operation["parameters"] = json!([{
                "name": "Prefer", "in": "header", "schema": { "type": "string" },
                "description": "wait=N: wait up to N seconds for the receipt"
            }]);
        }
        if let Some(item) = paths.entry((*path).to_owned()).or_insert_with(|| json!({})).as_object_mut() {
            item.insert((*method).to_owned(), operation);
        }
    }
    let types: Vec<String> = problem::TYPES.iter().map(|(code, ..)| format!("{}{code}", problem::TYPE)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jejak",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Product quality and traceability ledger. Writing needs a signed record, never an account.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" }
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": {
                    "type": "object",
                    "description": "RFC 9457",
                    "required": ["type", "title", "status", "detail", "retryable"],
                    "properties": {
                        "type": { "type": "string", "enum": types },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                        "rule": { "type": "string", "description": "id of the chain rule, docs/rules.md" },
                        "args": { "type": "array", "description": "named values; quantities in the product's base unit", "items": { "type": "array", "items": { "type": "string" } } },
                        "conflicts": { "type": "string", "description": "URI of the earlier record" },
                        "retryable": { "type": "boolean" },
                        "requestId": { "type": "string" }
                    }
                }
            },
            "responses": {
                "Problem": {
                    "description": "A problem document",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
                }
            }
        }
    })
}

/// The document.
pub async fn get() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string());
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], text.as_str())
        .into_response()
}

/// Every address, for the test that compares it with the router.
pub fn addresses() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATIONS.iter().map(|(method, path, ..)| (*method, *path))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
    use serde::forward_to_deserialize_any;

    use super::*;

    /// Every address in the routers' sources, `{*rest}` read as `{rest}`.
    fn routed() -> BTreeSet<String> {
        [include_str!("mod.rs"), include_str!("resolver.rs"), include_str!("labels.rs")]
            .into_iter()
            .flat_map(|text| text.split("route(").skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .map(|path| path.replace("{*", "{"))
            .collect()
    }

    #[test]
    fn every_address_is_described_and_nothing_else() {
        let described: BTreeSet<String> = addresses().map(|(_, path)| path.to_owned()).collect();
        assert_eq!(routed(), described);
    }

    /// Gathers the names that a type reads of a query.
    struct Names(Vec<&'static str>);

    impl<'de> Deserializer<'de> for &mut Names {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("not a set of parameters"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            names: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            names.clone_into(&mut self.0);
            self.deserialize_any(visitor)
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
            seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn names<T: DeserializeOwned>() -> Vec<&'static str> {
        let mut names = Names(Vec::new());
        assert!(T::deserialize(&mut names).is_err() && !names.0.is_empty());
        names.0
    }

    /// What a handler reads of the query, by the type in its signature.
    fn read_by(handler: &str, signature: &str) -> Vec<&'static str> {
        let Some(rest) = signature.split("Query<").nth(1) else {
            return if signature.contains("RawQuery") { vec!["linkType"] } else { Vec::new() };
        };
        let (module, _) = handler.split_once("::").unwrap();
        match (module, rest.split('>').next().unwrap()) {
            ("record", "Asked") => names::<crate::server::record::Asked>(),
            ("labels", "Picture") => names::<crate::server::labels::Picture>(),
            ("labels", "SheetOptions") => names::<crate::server::labels::SheetOptions>(),
            ("lots", "Asked") => names::<crate::server::lots::Asked>(),
            ("lots", "AskedPart") => names::<crate::server::lots::AskedPart>(),
            ("home", "Search") => names::<crate::server::home::Search>(),
            unknown => panic!("{handler} reads {unknown:?}: say here which names that has"),
        }
    }

    #[test]
    fn every_query_parameter_that_a_handler_reads_is_described_and_no_other() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server");
        let mut sources = BTreeMap::new();
        let files = |dir: std::path::PathBuf| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        for file in files(dir.join("http")).chain(files(dir)).filter(|p| p.is_file()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let served = text.split("#[cfg(test)]").next().unwrap().to_owned();
            sources.insert(file.file_stem().unwrap().to_str().unwrap().to_owned(), served);
        }
        // there is no other way into the query: the language of a page, and the extractors in the handlers' signatures
        let all: String = sources.values().map(String::as_str).collect();
        assert_eq!(all.matches("uri.query()").count(), 1, "ctx reads lang=");
        let document = document();
        let (mut seen, mut extractors) = (0, BTreeSet::new());
        for (module, text) in &sources {
            for route in text.split("route(").skip(1) {
                let Some(path) = route.trim_start().strip_prefix('"').and_then(|r| r.split('"').next()) else {
                    continue;
                };
                let handlers = route.lines().next().unwrap().split("get(").skip(1);
                for name in handlers.map(|rest| rest.split(')').next().unwrap()) {
                    let handler = if name.contains("::") { name.to_owned() } else { format!("{module}::{name}") };
                    let (of, function) = handler.split_once("::").unwrap();
                    let body = sources[of].split(&format!("async fn {function}(")).nth(1).unwrap();
                    let mut read = read_by(&handler, body.split(" -> ").next().unwrap());
                    if body.split(" -> ").next().unwrap().contains("Query") {
                        extractors.insert(handler.clone());
                    }
                    let operation = &document["paths"][path.replace("{*", "{")]["get"];
                    if operation["responses"]["200"]["content"]["text/html"].is_object() {
                        read.push("lang");
                    }
                    let told = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
                    let told = told.iter().filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap());
                    let said: BTreeSet<&str> = told.collect();
                    assert_eq!(said, read.into_iter().collect(), "{path}, {handler}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 30, "the test read {seen} routes only");
        let extracting = all.matches(": Query<").count() + all.matches(": RawQuery").count();
        assert_eq!(extractors.len(), extracting, "a handler that no route was seen to have reads the query");
    }

    #[test]
    fn every_problem_type_is_listed() {
        let document = document();
        let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].as_array().unwrap();
        assert_eq!(listed.len(), problem::TYPES.len());
        assert!(document["paths"]["/evidence/{blake3}"]["put"].is_object());
    }
}
