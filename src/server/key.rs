//! `GET /keys/{key}`: whose a key is, whether it may sign, and the last number that it used. A second device with the same key, or one
//! whose counter was lost, learns from it where to go on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::http::Problem;
use crate::chain::rows::KeyRow;
use crate::chain::{Table, state};
use crate::record::registry::Purpose;
use crate::record::{PublicKey, RecordId};

/// A key as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyState {
    key: PublicKey,
    /// Whose it is.
    party: String,
    purpose: Purpose,
    /// Whether it may sign.
    active: bool,
    /// The highest sequence number on the ledger; 0 before the first.
    seq: u64,
    /// The statement that enrolled it.
    record: RecordId,
}

/// `GET /keys/{key}`.
pub async fn get(State(app): State<Arc<App>>, Path(key): Path<String>) -> Result<Response, Problem> {
    let key: PublicKey = key.parse().map_err(|_| Problem::not_found("a key is 52 characters of lower-case base32"))?;
    app.read(move |s| {
        let row: Option<KeyRow> = state::get(s.state, Table::Key, &key.0)?;
        let row = row.ok_or_else(|| Problem::not_found("no party of this ledger has this key"))?;
        let active = row.revoked.is_none();
        let answer =
            KeyState { key, party: row.party, purpose: row.purpose, active, seq: row.last_seq, record: row.record };
        Ok(Json(answer).into_response())
    })
    .await
}
