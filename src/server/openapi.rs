//! `GET /openapi.json`: the HTTP interface as an OpenAPI 3.1 document, generated from the tables of routes and problem kinds.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::http::problem::Kind;
use super::routes::{ANYWHERE, Route, routes};

/// Kinds of problem that an address may answer which reads a signature.
const SIGNED: &[Kind] = &[Kind::SignatureRefused, Kind::SignatureTime];

/// The headers of a signed request: all of them, or none.
const SIGNATURE: [(&str, &str); 3] = [
    ("Content-Digest", "of a signed request: sha-256 of the body (RFC 9530)"),
    (
        "Signature-Input",
        "of a signed request (RFC 9421): (\"@method\" \"@target-uri\" \"content-digest\") with created, expires, nonce, alg, keyid, tag; docs/formats.md",
    ),
    ("Signature", "of a signed request (RFC 9421): Ed25519 by a key that is in force on the ledger"),
];

/// The schemas of the answers.
const SCHEMAS: &str = include_str!("../../schemas/http.schema.json");

/// The schemas as components; a test reads the file.
fn schemas() -> Map<String, Value> {
    let text = SCHEMAS.replace("#/$defs/", "#/components/schemas/");
    let document: Value = serde_json::from_str(&text).unwrap_or_default();
    document["$defs"].as_object().cloned().unwrap_or_default()
}

fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a body in this media type; `named` is that of JSON.
fn schema(media: &str, named: &str) -> Value {
    match media {
        "application/linkset+json" => component("Linkset"),
        _ if media.ends_with("json") && !named.is_empty() => component(named),
        _ if media.starts_with("text/") || media.ends_with("xml") => json!({ "type": "string" }),
        _ => json!({ "type": "string", "format": "binary" }),
    }
}

fn content(types: &[&str], named: &str) -> Value {
    types
        .iter()
        .map(|media| ((*media).to_owned(), json!({ "schema": schema(media, named) })))
        .collect::<Map<_, _>>()
        .into()
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    if !route.produces.is_empty() {
        let content = content(route.produces, route.answers);
        responses.insert("200".to_owned(), json!({ "description": "The answer", "content": content }));
    }
    for status in route.also {
        let answer = match status {
            201 => json!({ "description": "Acknowledged", "content": content(route.produces, "Accepted") }),
            300..=399 => json!({
                "description": "Go there",
                "headers": { "Location": { "description": "the address", "schema": { "type": "string" } } }
            }),
            _ => json!({ "description": "Done" }),
        };
        responses.insert(status.to_string(), answer);
    }
    let signature = if route.signed { SIGNED } else { &[] };
    for kind in route.problems.iter().chain(signature).chain(ANYWHERE) {
        responses.insert(kind.status().to_string(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    responses.into()
}

/// Groups of operations, by how their paths begin.
const TAGS: [(&str, &str, &[&str]); 5] = [
    ("Records", "Writing records, and reading them with their receipts", &["/entries", "/evidence", "/enrolments"]),
    ("Log", "The transparency log, for auditors", &["/checkpoint", "/history", "/tile"]),
    (
        "Goods",
        "Lots, parties, regions, products, places, profiles and specifications",
        &[
            "/lots",
            "/parties",
            "/regions",
            "/accreditations",
            "/products",
            "/places",
            "/profiles",
            "/specifications",
            "/labels",
        ],
    ),
    (
        "Codes",
        "What is behind a code: GS1 Digital Links and the search",
        &["/01", "/00", "/414", "/417", "/search", "/.well-known/gs1"],
    ),
    ("Node", "Pages and the state of the node", &["/"]),
];

fn tag(path: &str) -> &'static str {
    let begins = |start: &&str| path.starts_with(*start);
    TAGS.iter().find(|(_, _, starts)| starts.iter().any(begins)).map_or("Node", |(name, ..)| name)
}

/// The method and the words of the path: `getLotsByGtinByLotTrace`.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.to_owned();
    for part in route.path.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('{') {
            id.push_str("By");
        }
        for word in part.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            let (first, rest) = word.split_at(1);
            id.push_str(&first.to_ascii_uppercase());
            id.push_str(rest);
        }
    }
    if route.path == "/" { format!("{id}Home") } else { id }
}

fn parameters(route: &Route) -> Vec<Value> {
    let parts = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = parts
        .map(|name| {
            let name = name.trim_start_matches('*');
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    all.extend(route.query.iter().map(|parameter| {
        let (schema, description) = parameter.about.clone().unwrap_or_default();
        json!({ "name": parameter.name, "in": "query", "schema": schema, "description": description })
    }));
    if route.signed {
        all.extend(SIGNATURE.iter().map(|(name, description)| {
            json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": description })
        }));
    }
    if route.path == "/entries" {
        all.push(json!({
            "name": "Prefer", "in": "header", "schema": { "type": "string" },
            "description": "wait=N: wait up to N seconds for the receipt; return=representation: the answer says what the record did, in the language of Accept-Language (one record only)"
        }));
    }
    all
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [tag(route.path)],
        "summary": route.summary,
        "description": format!("{}.", route.summary),
        "responses": responses(route),
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if !route.consumes.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": content(route.consumes, route.takes) });
    }
    operation
}

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    // an address and the one it leads to, with a slash at its end, are one for readers of the document
    for route in routes().into_iter().filter(|route| route.path == "/" || !route.path.ends_with('/')) {
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        path[route.method] = operation(&route);
    }
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
    let mut schemas = schemas();
    schemas.insert("Problem".to_owned(), problem(&kinds));
    let tags: Vec<Value> = TAGS.iter().map(|(name, about, _)| json!({ "name": name, "description": about })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jejak",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Product quality and traceability ledger. Writing needs a signed record, never an account.",
            "contact": { "name": "The operator of the node" },
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" }
        },
        "servers": [{ "url": "/", "description": "this node" }],
        // no operation takes a credential: what a signed request needs stands in its headers
        "security": [],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "A problem document",
                    "content": { "application/problem+json": { "schema": component("Problem") } }
                }
            }
        }
    })
}

fn problem(kinds: &[String]) -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "retryable"],
        "properties": {
            "type": { "type": "string", "enum": kinds },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "rule": { "type": "string", "description": "id of the chain rule, docs/rules.md" },
            "args": { "type": "array", "description": "named values; quantities in the product's base unit", "items": { "type": "array", "items": { "type": "string" } } },
            "conflicts": { "type": "string", "description": "URI of the earlier record" },
            "retryable": { "type": "boolean" },
            "serverTime": { "type": "integer", "description": "the node's time in Unix seconds, when a signature is not valid now: sign again by it" },
            "requestId": { "type": "string" }
        }
    })
}

/// The document, generated once.
pub async fn get() -> Response {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string().into());
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], text.clone())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_names_every_problem_kind_and_where_it_is_answered() {
        let document = document();
        let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].as_array().unwrap();
        assert_eq!(listed.len(), Kind::ALL.len());
        let statuses =
            |path: &str, method: &str| document["paths"][path][method]["responses"].as_object().unwrap().len();
        assert!(statuses("/entries", "post") > statuses("/entries/{id}", "get"));
        assert!(document["paths"]["/tile/{path}"]["get"]["parameters"][0]["name"] == "path");
        assert!(document["paths"]["/evidence/{blake3}"]["put"]["responses"]["413"].is_object());
        assert!(document["paths"]["/evidence/{blake3}"]["put"]["responses"]["403"].is_object());
        let signed = |path: &str, method: &str| {
            let parameters = &document["paths"][path][method]["parameters"];
            parameters.as_array().unwrap().iter().any(|parameter| parameter["name"] == "Signature-Input")
        };
        assert!(signed("/evidence/{blake3}", "put") && signed("/evidence/{blake3}", "get"));
        assert!(!signed("/profiles/{blake3}", "get"));
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_body_for_each_success() {
        let document = document();
        let mut names = std::collections::BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} stands twice");
                let responses = operation["responses"].as_object().unwrap();
                assert!(
                    responses.keys().any(|status| status.starts_with('2') || status.starts_with('3')),
                    "{method} {path}"
                );
                let bodies = operation["requestBody"]["content"].as_object();
                for (media, body) in bodies.into_iter().flatten().filter(|(media, _)| media.ends_with("json")) {
                    let schema = body["schema"]["$ref"].as_str().unwrap_or_else(|| panic!("{method} {path} {media}"));
                    assert!(document.pointer(&schema.replacen('#', "", 1)).is_some(), "{method} {path}: {schema}");
                }
                for (status, response) in
                    responses.iter().filter(|(status, _)| matches!(status.as_str(), "200" | "201"))
                {
                    for (media, body) in response["content"].as_object().unwrap() {
                        let schema = &body["schema"];
                        let named = schema["$ref"].as_str().map(|name| name.replacen('#', "", 1));
                        let there = named.is_none_or(|name| document.pointer(&name).is_some());
                        assert!(there && schema.is_object(), "{method} {path} {status} {media}: {schema}");
                        assert_eq!(schema["$ref"].is_string(), media.ends_with("json"), "{method} {path} {media}");
                    }
                }
            }
        }
        assert_eq!(document["security"], json!([]));
    }
}
