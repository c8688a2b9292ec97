//! Errors as RFC 9457 problem documents: a stable `type`, the rule that refused, and a request id.
//!
//! Internals are never shown: a problem says that storage failed; the error and its chain of sources go to the log.

use std::error::Error;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

use crate::causes::causes;
use crate::chain::{Rejection, Rule, StateError};
use crate::ledger::{QueryError, SubmitError};
use crate::record::RecordError;

/// Prefix of every problem `type`.
pub const TYPE: &str = "urn:jejak:problem:";

macro_rules! kinds {
    ($($variant:ident $code:literal $status:literal $title:literal;)+) => {
        /// The kind of a problem: its `type`, status and title, part of the interface contract (`/openapi.json`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = $title] $variant,)+
        }

        impl Kind {
            /// Every kind, by status.
            pub const ALL: &[Kind] = &[$(Kind::$variant,)+];

            /// Last part of its `type`.
            pub const fn code(self) -> &'static str {
                match self { $(Kind::$variant => $code,)+ }
            }

            /// HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Kind::$variant => $status,)+ }
            }

            /// The kind in words.
            pub const fn title(self) -> &'static str {
                match self { $(Kind::$variant => $title,)+ }
            }
        }
    };
}

kinds! {
    MalformedRecord "malformed-record" 400 "The bytes are not a record";
    BadSignature "bad-signature" 400 "The signature does not verify";
    MalformedRequest "malformed-request" 400 "The request can't be read";
    SignatureRefused "signature-refused" 403 "The request's signature is refused";
    SignatureTime "signature-time" 403 "The request's signature is not valid now: sign again";
    NotFound "not-found" 404 "Nothing is known by that name";
    MethodNotAllowed "method-not-allowed" 405 "This address does not take that method";
    NotAcceptable "not-acceptable" 406 "None of the types asked for can be made";
    RequestTimeout "request-timeout" 408 "The request took too long to arrive";
    Conflict "conflict" 409 "An earlier record says otherwise";
    GoodsStopped "goods-stopped" 409 "The goods must not be sold now";
    Gone "gone" 410 "It was taken down";
    TooLarge "too-large" 413 "The body is larger than allowed";
    UnsupportedMediaType "unsupported-media-type" 415 "The body is of a type this address does not take";
    Rejected "rejected" 422 "A rule of the chain refuses the record";
    TooEarly "too-early" 424 "Something this record depends on is not here yet";
    TooManyRequests "too-many-requests" 429 "Too many requests";
    Internal "internal" 500 "The node failed";
    Busy "busy" 503 "The node has more to do than it can take";
    Closing "closing" 503 "The node is shutting down";
    ClockHeld "clock-held" 503 "The ledger's clock waits for the node's operator or the authority";
    InsufficientStorage "insufficient-storage" 507 "The node has no room for it";
}

impl Kind {
    /// The whole `type`.
    pub fn uri(self) -> String {
        format!("{TYPE}{}", self.code())
    }

    /// Whether the same request may succeed later.
    pub const fn retryable(self) -> bool {
        matches!(self.status(), 408 | 424 | 429 | 503 | 507)
    }

    /// Seconds to wait before trying again.
    const fn retry_after(self) -> Option<u32> {
        match self.status() {
            // people have to act
            _ if matches!(self, Kind::ClockHeld) => Some(300),
            408 | 424 | 429 | 503 => Some(1),
            // somebody has to make room
            507 => Some(60),
            _ => None,
        }
    }
}

/// A problem.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What kind of problem.
    pub kind: Kind,
    /// What happened here, and what to do.
    pub detail: String,
    /// The rule that refused.
    pub rule: Option<Rule>,
    /// Values for the sentence of the rule, by name.
    pub args: Vec<(String, String)>,
    /// The earlier record it conflicts with.
    pub conflicts: Option<String>,
    /// Whether trying again later can help.
    pub retryable: bool,
    /// The node's time (Unix seconds), for a signer whose clock is wrong.
    pub server_time: Option<i64>,
    /// Id of this request in the node's log.
    pub request_id: Option<String>,
}

/// The document as it is written (RFC 9457 section 3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    args: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<&'a str>,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = Document {
            r#type: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status(),
            detail: &self.detail,
            rule: self.rule,
            args: &self.args,
            conflicts: self.conflicts.as_deref(),
            retryable: self.retryable,
            server_time: self.server_time,
            request_id: self.request_id.as_deref(),
        };
        document.serialize(serializer)
    }
}

impl Problem {
    /// The detail that clients see for an internal failure.
    pub const INTERNAL: &str = "the node failed while answering; its log names this request";

    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        Problem {
            kind,
            detail: detail.into(),
            rule: None,
            args: Vec::new(),
            conflicts: None,
            retryable: kind.retryable(),
            server_time: None,
            request_id: None,
        }
    }

    /// `not-found`.
    pub fn not_found(what: impl Into<String>) -> Problem {
        Problem::new(Kind::NotFound, what)
    }

    /// The node failed; the error and its sources go to the log, not to the client.
    pub fn internal(error: &(dyn Error + 'static)) -> Problem {
        tracing::error!(error = %causes(error), "request failed");
        Problem::new(Kind::Internal, Problem::INTERNAL)
    }

    /// Seconds to wait before trying again; sent as `Retry-After`.
    pub const fn retry_after(&self) -> Option<u32> {
        self.kind.retry_after()
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<StateError> for Problem {
    fn from(error: StateError) -> Problem {
        Problem::internal(&error)
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Problem {
        Problem::internal(&error)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let kind = match (&rejection.conflicts, rejection.retryable) {
            (_, true) => Kind::TooEarly,
            (Some(_), false) => Kind::Conflict,
            (None, false) => Kind::Rejected,
        };
        let mut problem = Problem::new(kind, rejection.detail);
        problem.rule = Some(rejection.rule);
        problem.args = rejection.args;
        problem.conflicts = rejection.conflicts.map(|id| id.uri());
        problem.retryable = rejection.retryable;
        problem
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Problem {
        let kind = match error {
            RecordError::Signature => Kind::BadSignature,
            RecordError::TooLong(_) => Kind::TooLarge,
            _ => Kind::MalformedRecord,
        };
        Problem::new(kind, causes(&error).to_string())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        match error {
            SubmitError::Record(error) => error.into(),
            SubmitError::Rejected(rejection) => rejection.into(),
            SubmitError::Busy => Problem::new(Kind::Busy, "the queue is full; try again in a moment"),
            SubmitError::NoRoom => {
                Problem::new(Kind::InsufficientStorage, "the node's disk is full; send the same bytes again later")
            }
            SubmitError::Closed => Problem::new(Kind::Closing, "the node is shutting down; try again in a moment"),
            SubmitError::Clock(hold) => {
                Problem::new(Kind::ClockHeld, format!("{hold}; send the same bytes again then"))
            }
            SubmitError::ClockAhead { .. } => {
                Problem::new(Kind::ClockHeld, format!("{error}; a clock is taken once its time has come"))
            }
            SubmitError::Storage => Problem::new(
                Kind::Internal,
                "storage failed; the record may be on the log: send the same bytes again after the node's restart",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // `answer` reads the problem from here and adds the request id
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ClockHold, Waits};

    #[test]
    fn record_while_the_clock_waits_is_to_be_sent_again_later() {
        let hold = ClockHold { last: 1_790_000_000, now: 2_090_000_000, waits: Waits::Authority };
        let problem = Problem::from(SubmitError::Clock(hold));
        assert_eq!((problem.kind, problem.retryable, problem.retry_after()), (Kind::ClockHeld, true, Some(300)));
        assert_eq!(
            problem.detail,
            "the last clock on the ledger is 2026-09-21T14:13:20Z, the node's machine says 2036-03-24T19:33:20Z: no record is taken \
             until the authority permits that or resets the clock; send the same bytes again then"
        );
    }

    #[test]
    fn problem_types_are_distinct_and_ordered_by_status() {
        let codes: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(Kind::ALL.windows(2).all(|pair| pair[0].status() <= pair[1].status()));
    }
}
