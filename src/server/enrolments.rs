//! `POST`, `GET /enrolments`, `DELETE /enrolments/{key}`: the inbox of requests of new phones to be enrolled.
//!
//! Anybody may send one, within a rate; it is verified before it is kept. Who may sign what a request asks for, and nobody else, sees it
//! and removes it, by signed requests. To approve one is to sign statements and to submit them as any other: the inbox only carries the
//! request from the phone to the enroller, who compares eight words with it, because a node could put another key into it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;

use super::App;
use super::http::blocking::Snapshot;
use super::http::client::Client;
use super::http::problem::Kind;
use super::http::signed::{self, Head};
use super::http::{Problem, body, limits};
use crate::causes::causes;
use crate::chain::authority::Signer;
use crate::chain::{Table, party};
use crate::record::PublicKey;
use crate::record::enrolment::{Enrolment, EnrolmentError, MOST_BYTES};

/// A request, as an enroller sees it.
#[derive(Debug, Serialize)]
struct Listed {
    /// When it came, Unix seconds.
    received: i64,
    request: Enrolment,
}

#[derive(Debug, Serialize)]
struct Inbox {
    requests: Vec<Listed>,
}

impl From<EnrolmentError> for Problem {
    fn from(error: EnrolmentError) -> Problem {
        let kind = match error {
            EnrolmentError::TooLarge => Kind::TooLarge,
            EnrolmentError::Key(_) => Kind::BadSignature,
            _ => Kind::MalformedRequest,
        };
        Problem::new(kind, causes(&error).to_string())
    }
}

/// `POST /enrolments`.
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Result<Response, Problem> {
    limits::enrolment_rate(&app, &client)?;
    let collected = body::collect(&app, body, MOST_BYTES).await?;
    app.read(move |s| {
        let request = Enrolment::read(&collected.bytes, s.app.ledger.id())?;
        if s.state.get(Table::Key, &request.key.0)?.is_some() {
            return Err(Problem::new(Kind::Conflict, "this key is on the ledger already; a key is enrolled once"));
        }
        if let Some(why) = party::nobody_may_approve(s.state, &request)? {
            return Err(Problem::new(Kind::Conflict, why));
        }
        let kept = s.app.ledger.enrolment_add(&client.site().to_string(), request);
        kept.map_err(|full| Problem::new(Kind::Busy, format!("{full}; show the code of the request to who enrols")))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Who signed the request: an enroller, or a party that may have phones of its own.
fn signer(s: &Snapshot<'_>, head: &Head) -> Result<Signer, Problem> {
    signed::signer(s.app, head, "these requests are shown to who may approve them: sign the request")
}

/// `GET /enrolments`: the requests that the signer may approve, the newest first.
pub async fn list(State(app): State<Arc<App>>, head: Head) -> Result<Response, Problem> {
    app.read(move |s| {
        let signer = signer(s, &head)?;
        let mut requests = Vec::new();
        for waiting in s.app.ledger.enrolments() {
            // enrolled meanwhile, here or by a code that was shown
            if s.state.get(Table::Key, &waiting.request.key.0)?.is_some() {
                s.app.ledger.enrolment_remove(&waiting.request.key);
            } else if party::may_approve(s.state, &signer, &waiting.request)? {
                requests.push(Listed { received: waiting.received, request: waiting.request });
            }
        }
        let mut response = Json(Inbox { requests }).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        Ok(response)
    })
    .await
}

/// `DELETE /enrolments/{key}`: approved or refused. A request that the signer may not approve is the same as none.
pub async fn delete(State(app): State<Arc<App>>, Path(key): Path<String>, head: Head) -> Result<Response, Problem> {
    let missing = || Problem::not_found("no request of this key waits here that you may approve");
    let key: PublicKey = key.parse().map_err(|_| missing())?;
    app.read(move |s| {
        let signer = signer(s, &head)?;
        let request = s.app.ledger.enrolment(&key).ok_or_else(missing)?;
        // what is enrolled already is nobody's to approve, and goes all the same
        if s.state.get(Table::Key, &key.0)?.is_none() && !party::may_approve(s.state, &signer, &request)? {
            return Err(missing());
        }
        s.app.ledger.enrolment_remove(&key);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
