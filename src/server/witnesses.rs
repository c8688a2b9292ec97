//! Who cosigned the log, and what a verifier may pin: `GET /witnesses` and `GET /trust.toml`.
//!
//! Not here: asking witnesses (`ledger::witnesses`).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::App;
use super::http::Problem;
use crate::ledger::WitnessReport;

/// `GET /witnesses`: what each witness of the node's policy cosigned last. A node without a policy has none.
pub async fn witnesses(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let none = || WitnessReport {
        size: app.ledger.checkpoint().map_or(0, |head| head.size),
        quorum: false,
        witnesses: Vec::new(),
    };
    // every cosignature of the head is verified
    let report = app.blocking(|app| Ok(app.ledger.witnesses())).await?.unwrap_or_else(none);
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(report)).into_response())
}

/// `GET /trust.toml`: a trust file for `jejak verify` and `jejak audit`, with the node's witness policy. It pins what this node says:
/// who wants to find a false node compares it with the same file from another source.
pub async fn trust(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "application/toml")], app.ledger.trust_file()).into_response()
}
