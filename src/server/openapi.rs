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

fn types(types: &[&str]) -> Value {
    types.iter().map(|name| ((*name).to_owned(), json!({}))).collect::<Map<_, _>>().into()
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": "The answer", "content": types(route.produces) }));
    for status in route.also {
        responses.insert(status.to_string(), json!({ "description": "Done, or go there" }));
    }
    let signature = if route.signed { SIGNED } else { &[] };
    for kind in route.problems.iter().chain(signature).chain(ANYWHERE) {
        responses.insert(kind.status().to_string(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    responses.into()
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
    if route.method == "post" {
        all.push(json!({
            "name": "Prefer", "in": "header", "schema": { "type": "string" },
            "description": "wait=N: wait up to N seconds for the receipt; return=representation: the answer says what the record did, in the language of Accept-Language (one record only)"
        }));
    }
    all
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({ "summary": route.summary, "responses": responses(route) });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if !route.consumes.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": types(route.consumes) });
    }
    operation
}

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in routes() {
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        path[route.method] = operation(&route);
    }
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
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
}
