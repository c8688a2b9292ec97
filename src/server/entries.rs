//! `POST /entries` (one record, or many as a CBOR sequence) and `GET /entries/{id}` (a record with its receipt).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::limits::Limits;
use super::negotiate::{Kind, best};
use super::problem::Problem;
use super::{App, body};
use crate::ledger::{Ack, SubmitError};
use crate::proof;
use crate::record::envelope::MAX_RECORD;
use crate::record::{Record, RecordId};

/// A record on its own.
pub const COSE: &str = "application/cose";
/// A record with its receipt (RFC 9943 registers the type).
pub const STATEMENT: &str = "application/scitt-statement+cose";
/// Many records, one after the other (RFC 8742).
pub const CBOR_SEQ: &str = "application/cbor-seq";

/// What an accepted record is answered with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Record id.
    pub id: RecordId,
    /// Its index, for ever.
    pub index: u64,
    /// The last clock before it, Unix seconds.
    pub clock: i64,
    /// Whether these bytes were already there.
    pub duplicate: bool,
    /// The receipt, when it was asked for and came in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// A receipt as JSON: the inclusion path under a published checkpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Index of the record.
    pub index: u64,
    /// Size of the tree the path is for.
    pub size: u64,
    /// Inclusion path (RFC 9162 2.1.3), base64.
    pub path: Vec<String>,
    /// The checkpoint with its signatures.
    pub checkpoint: String,
}

/// One record's outcome among many.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum OneOf {
    /// Acknowledged.
    Accepted(Accepted),
    /// Refused.
    Refused(Problem),
}

/// How long `Prefer: wait=N` asks to wait, capped; zero when it does not.
pub fn wait(headers: &HeaderMap, limits: &Limits) -> Duration {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter_map(|v| v.trim().strip_prefix("wait="))
        .filter_map(|v| v.parse::<u64>().ok())
        .map(Duration::from_secs)
        .next()
        .unwrap_or_default()
        .min(limits.wait)
}

/// The receipt of `index` under the newest checkpoint, if one covers it.
///
/// # Errors
/// `internal` when the published tree does not prove it.
pub fn receipt(app: &App, index: u64) -> Result<Option<Receipt>, Problem> {
    let found = app.ledger.inclusion(index).map_err(|e| Problem::internal(&e))?;
    Ok(found.map(|(head, path)| Receipt {
        index,
        size: head.size,
        path: path.iter().map(|h| BASE64.encode(h)).collect(),
        checkpoint: head.note,
    }))
}

fn find(app: &App, id: &RecordId) -> Result<(u64, Arc<Record>), Problem> {
    app.ledger
        .record(id)
        .map_err(|e| Problem::internal(&e))?
        .ok_or_else(|| Problem::not_found("no record of that id is on this ledger"))
}

fn unpublished() -> Problem {
    Problem::new("too-early", "no checkpoint covers this record yet; try again in a second")
}

fn waits() -> Problem {
    Problem::new("busy", "the newest records are not published yet; ask again in a moment")
}

/// Waits until a published head covers `index`.
///
/// # Errors
/// `busy` when none does within the limit.
pub async fn published(app: &App, index: u64) -> Result<(), Problem> {
    if app.ledger.wait_published(index, app.config.limits.wait).await { Ok(()) } else { Err(waits()) }
}

async fn accepted(app: &Arc<App>, ack: Ack, wait: Duration) -> Result<Accepted, Problem> {
    let published = !wait.is_zero() && app.ledger.wait_published(ack.index, wait).await;
    let receipt = if published { app.offload(move |app| receipt(app, ack.index)).await? } else { None };
    Ok(Accepted { id: ack.id, index: ack.index, clock: ack.clock, duplicate: ack.duplicate, receipt })
}

/// Cuts a CBOR sequence into its items without decoding them.
fn items(body: &Bytes, most: usize) -> Result<Vec<Bytes>, Problem> {
    let mut items = Vec::new();
    let mut decoder = minicbor::Decoder::new(body);
    while decoder.position() < body.len() {
        let start = decoder.position();
        decoder.skip().map_err(|e| {
            Problem::new(
                "malformed-request",
                format!("item {} of the CBOR sequence, at byte {start}: {e}", items.len()),
            )
        })?;
        if items.len() == most {
            return Err(Problem::new(
                "too-large",
                format!("more than {most} records in one request; send them in parts"),
            ));
        }
        items.push(body.slice(start..decoder.position()));
    }
    Ok(items)
}

/// `POST /entries`.
pub async fn post(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let wait = wait(&headers, &app.config.limits);
    let mut response = take(&app, kind, wait, body).await?;
    // RFC 7240 section 3: what became of the preference
    if !wait.is_zero()
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", wait.as_secs()))
    {
        response.headers_mut().insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

async fn take(app: &Arc<App>, kind: &str, wait: Duration, body: Body) -> Result<Response, Problem> {
    match kind {
        COSE => {
            let held = body::collect(app, body, MAX_RECORD).await?;
            let outcome = app.ledger.submit(held.bytes.clone()).await;
            app.metrics.submitted(&outcome);
            let accepted = accepted(app, outcome?, wait).await?;
            let location = format!("/entries/{}", accepted.id);
            let status = if accepted.duplicate { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, [(header::LOCATION, location)], Json(accepted)).into_response())
        }
        CBOR_SEQ => {
            let held = body::collect(app, body, app.config.limits.entries_body).await?;
            let sequence = held.bytes.clone();
            let records = app.offload(move |app| items(&sequence, app.config.limits.entries_count)).await?;
            let outcomes = app.ledger.submit_many(records).await;
            drop(held);
            many(app, outcomes, wait).await
        }
        _ => Err(Problem::new(
            "unsupported-media-type",
            format!("send one record as {COSE} or many, one after the other, as {CBOR_SEQ}"),
        )),
    }
}

/// One answer for the outcomes of many records, in their order.
async fn many(app: &Arc<App>, outcomes: Vec<Result<Ack, SubmitError>>, wait: Duration) -> Result<Response, Problem> {
    let last = outcomes.iter().filter_map(|o| o.as_ref().ok()).map(|a| a.index).max();
    if let (Some(last), false) = (last, wait.is_zero()) {
        app.ledger.wait_published(last, wait).await;
    }
    if !outcomes.is_empty() && outcomes.iter().all(|o| matches!(o, Err(SubmitError::Busy))) {
        return Err(SubmitError::Busy.into());
    }
    outcomes.iter().for_each(|outcome| app.metrics.submitted(outcome));
    let answers: Vec<OneOf> = app
        .offload(move |app| {
            let answer = |outcome| match outcome {
                Ok(Ack { id, index, clock, duplicate }) => {
                    let receipt = if wait.is_zero() { None } else { receipt(app, index)? };
                    Ok(OneOf::Accepted(Accepted { id, index, clock, duplicate, receipt }))
                }
                Err(error) => Ok(OneOf::Refused(SubmitError::into(error))),
            };
            outcomes.into_iter().map(answer).collect::<Result<_, Problem>>()
        })
        .await?;
    Ok(Json(answers).into_response())
}

/// A record as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    /// Record id.
    pub id: RecordId,
    /// Its index.
    pub index: u64,
    /// `iss`.
    pub iss: &'a str,
    /// `sub`.
    pub sub: &'a str,
    /// `aud`.
    pub aud: &'a str,
    /// `iat`, Unix seconds by the signer's device.
    pub iat: i64,
    /// The key's running number.
    pub seq: u64,
    /// The key, base32.
    pub kid: String,
    /// Content type of the payload.
    pub content_type: &'static str,
    /// The payload as it was signed.
    pub payload: &'a RawValue,
    /// The whole record, base64.
    pub record: String,
    /// The receipt, once a checkpoint covers it.
    pub receipt: Option<Receipt>,
}

fn parse_id(text: &str) -> Result<RecordId, Problem> {
    text.parse().map_err(|_| Problem::not_found("a record id is 52 characters of lower-case base32"))
}

/// What of a record is asked for, where a link can't set `Accept`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    format: Option<Format>,
}

/// A form of a record that a file is made of.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The record as it was signed.
    Cose,
    /// With its receipt, as JSON.
    Json,
}

/// `GET /entries/{id}?format=`.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let (index, record) = app.blocking(move |app| find(app, &id)).await?;
    let kind = match asked.format {
        Some(Format::Cose) => Kind::Cose,
        Some(Format::Json) => Kind::Json,
        None => best(&headers, &[Kind::Json, Kind::Cose, Kind::Html])?,
    };
    match kind {
        Kind::Cose => Ok(immutable(&headers, COSE, Bytes::copy_from_slice(&record.bytes))),
        Kind::Html => super::passport::record(&app, &headers, &uri, index, record).await,
        _ => app.blocking(move |app| as_json(app, index, &record)).await,
    }
}

fn as_json(app: &App, index: u64, record: &Record) -> Result<Response, Problem> {
    let payload = std::str::from_utf8(record.payload_bytes()).map_err(|e| Problem::internal(&e))?;
    let entry = Entry {
        id: record.id,
        index,
        iss: &record.claims.iss,
        sub: &record.claims.sub,
        aud: &record.claims.aud,
        iat: record.claims.iat,
        seq: record.claims.seq,
        kid: record.kid.to_string(),
        content_type: record.content_type.media_type(),
        payload: serde_json::from_str(payload).map_err(|e| Problem::internal(&e))?,
        record: BASE64.encode(&record.bytes),
        receipt: receipt(app, index)?,
    };
    Ok((vary(), Json(entry)).into_response())
}

/// `GET /entries/{id}/receipt`: an RFC 9942 receipt, built and signed when asked for.
pub async fn get_receipt(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let receipt = app.blocking(move |app| {
        let (index, _) = find(app, &id)?;
        app.ledger.receipt_cose(index).map_err(|e| Problem::internal(&e))?.ok_or_else(unpublished)
    });
    Ok(([(header::CONTENT_TYPE, "application/scitt-receipt+cose")], receipt.await?).into_response())
}

/// `GET /entries/{id}/statement`: the record with its RFC 9942 receipt in the unprotected header, a transparent statement
/// (RFC 9943), as one file.
pub async fn get_statement(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let (index, record) = app.blocking(move |app| find(app, &id)).await?;
    published(&app, index).await?;
    let statement = app.blocking(move |app| {
        let receipt = app.ledger.receipt_cose(index).map_err(|e| Problem::internal(&e))?.ok_or_else(waits)?;
        proof::export::transparent_statement(&record.bytes, &receipt).map_err(|e| Problem::internal(&e))
    });
    let mut response = statement.await?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(STATEMENT));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    attachment(headers, &format!("{id}.cose"));
    Ok(response)
}

/// `GET /entries/{id}/tlog-proof`: C2SP tlog-proof.
pub async fn get_tlog_proof(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let text = app.blocking(move |app| {
        let (index, _) = find(app, &id)?;
        let found = app.ledger.inclusion(index).map_err(|e| Problem::internal(&e))?;
        let (head, path) = found.ok_or_else(unpublished)?;
        Ok(proof::export::tlog_proof(index, &path, &head.note))
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text.await?).into_response())
}

/// Names the file that a browser keeps the answer in; `name` holds ASCII letters, digits, `-`, `_` and `.` alone.
pub fn attachment(headers: &mut HeaderMap, name: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// Bytes that never change under their address; 304 when the client has them already.
pub fn immutable(request: &HeaderMap, kind: &'static str, bytes: Bytes) -> Response {
    let etag = format!("\"{}\"", crate::record::Hash32::of(&bytes));
    let mut response =
        if known(request, &etag) { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether the client has the representation of this tag, or any (`*`). Compared weakly (RFC 9110 section 13.1.2): a proxy that compresses
/// may have made it a weak one.
pub fn known(request: &HeaderMap, etag: &str) -> bool {
    let strong = etag.trim_start_matches("W/");
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == strong)
}

fn vary() -> [(HeaderName, HeaderValue); 1] {
    [(header::VARY, HeaderValue::from_static("accept"))]
}
