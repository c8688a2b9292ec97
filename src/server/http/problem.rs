//! Errors as RFC 9457 problem documents with a stable `type`, the rule that refused, and a request id.
//!
//! What it is not: a place for internals. A storage error says that storage failed, never what the storage said.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::chain::Rejection;
use crate::ledger::SubmitError;
use crate::record::RecordError;

/// Prefix of every problem `type`.
pub const TYPE: &str = "urn:jejak:problem:";

/// Every problem type, with its status and title: part of the interface contract (`/openapi.json`).
pub const TYPES: &[(&str, u16, &str)] = &[
    ("malformed-record", 400, "The bytes are not a record"),
    ("bad-signature", 400, "The signature does not verify"),
    ("malformed-request", 400, "The request can't be read"),
    ("not-found", 404, "Nothing is known by that name"),
    ("method-not-allowed", 405, "This address does not take that method"),
    ("not-acceptable", 406, "None of the types asked for can be made"),
    ("request-timeout", 408, "The request took too long to arrive"),
    ("conflict", 409, "An earlier record says otherwise"),
    ("gone", 410, "It was taken down"),
    ("too-large", 413, "The body is larger than allowed"),
    ("unsupported-media-type", 415, "The body is of a type this address does not take"),
    ("rejected", 422, "A rule of the chain refuses the record"),
    ("too-early", 424, "Something this record depends on is not here yet"),
    ("too-many-requests", 429, "Too many requests"),
    ("internal", 500, "The node failed"),
    ("busy", 503, "The node has more to do than it can take"),
    ("closing", 503, "The node is shutting down"),
    ("insufficient-storage", 507, "The node has no room for it"),
];

/// A problem document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable URI of the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What happened here, and what to do.
    pub detail: String,
    /// The rule that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Named values of the rule's sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(String, String)>,
    /// The earlier record it conflicts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicts: Option<String>,
    /// Whether trying again later can help.
    pub retryable: bool,
    /// Names this request in the node's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds to wait before trying again; sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of kind `code`, one of [`TYPES`].
    pub fn new(code: &str, detail: impl Into<String>) -> Problem {
        let (code, status, title) =
            TYPES.iter().copied().find(|(c, _, _)| *c == code).unwrap_or(("internal", 500, "The node failed"));
        Problem {
            kind: format!("{TYPE}{code}"),
            title,
            status,
            detail: detail.into(),
            rule: None,
            args: Vec::new(),
            conflicts: None,
            retryable: matches!(status, 408 | 424 | 429 | 503 | 507),
            request_id: None,
            retry_after: match status {
                408 | 424 | 429 | 503 => Some(1),
                _ => None,
            },
        }
    }

    /// Nothing by that name.
    pub fn not_found(what: impl Into<String>) -> Problem {
        Problem::new("not-found", what)
    }

    /// The node failed; `what` goes to the log, not to the client.
    pub fn internal(what: &dyn std::fmt::Display) -> Problem {
        tracing::error!(error = %what, "request failed");
        Problem::new("internal", "the node failed while answering; its log names this request")
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let code = match (&rejection.conflicts, rejection.retryable) {
            (_, true) => "too-early",
            (Some(_), false) => "conflict",
            (None, false) => "rejected",
        };
        let mut problem = Problem::new(code, rejection.detail);
        problem.rule = Some(rejection.rule.id().to_owned());
        problem.args = rejection.args;
        problem.conflicts = rejection.conflicts.map(|id| id.uri());
        problem.retryable = rejection.retryable;
        problem
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Problem {
        let code = match error {
            RecordError::Signature => "bad-signature",
            RecordError::TooLong(_) => "too-large",
            _ => "malformed-record",
        };
        Problem::new(code, error.to_string())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        match error {
            SubmitError::Record(error) => error.into(),
            SubmitError::Rejected(rejection) => rejection.into(),
            SubmitError::Busy => Problem::new("busy", "the queue is full; try again in a moment"),
            SubmitError::Closed => Problem::new("closing", "the node is shutting down; try again in a moment"),
            SubmitError::Storage => Problem::new(
                "internal",
                "storage failed; the record may be on the log: send the same bytes again after the node's restart",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after;
        let mut response = (status, Json(self.clone())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // the request-id layer fills in the id: it finds the problem here
        response.extensions_mut().insert(self);
        response
    }
}
