//! `GET /entries/{id}` and below: a record with its receipt as JSON, COSE or a page, and the files made of it (RFC 9942 receipt,
//! RFC 9943 transparent statement, C2SP tlog-proof).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::App;
use super::entries::{COSE, Receipt, STATEMENT, receipt};
use super::http::Problem;
use super::http::negotiate::{Kind, best};
use super::http::page::{ctx, html};
use super::http::response::{attachment, immutable};
use super::pages::{self, RecordInfo};
use super::place::first_place;
use crate::chain::rows::RecordRow;
use crate::chain::state::Scan;
use crate::chain::{StateError, Table, query, state};
use crate::proof;
use crate::record::{Payload, Record, RecordId};

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
        Kind::Html => page(&app, &headers, &uri, index, record).await,
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

fn vary() -> [(HeaderName, HeaderValue); 1] {
    [(header::VARY, HeaderValue::from_static("accept"))]
}

/// The page of a record.
async fn page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    index: u64,
    record: Arc<Record>,
) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let info = app
        .read(move |s, _| {
            let row: RecordRow = state::get(s, Table::Record, record.id.as_bytes())?
                .ok_or_else(|| StateError(format!("no row of record {}", record.id)))?;
            let event_time = match &record.payload {
                Payload::Event(event) => Some((event.event_time, event.offset.clone())),
                Payload::Registry(_) => None,
            };
            let place = match &record.payload {
                Payload::Event(event) => first_place(s, [&event.read_point, &event.biz_location])?,
                Payload::Registry(_) => None,
            };
            let party = match s.get(Table::Party, record.claims.iss.as_bytes())? {
                Some(_) => Some(query::party_view(s, &record.claims.iss)?),
                None => None,
            };
            let mut findings = Vec::new();
            for lot in &row.lots {
                let prefix = crate::chain::rows::under_lot(lot, &index.to_be_bytes());
                for finding in state::rows::<crate::chain::Finding>(s, Table::Finding, Scan::prefix(&prefix)) {
                    let (_, finding) = finding?;
                    if !findings.contains(&finding) {
                        findings.push(finding);
                    }
                }
            }
            Ok(RecordInfo {
                id: record.id,
                index,
                clock: row.clock,
                act: row.act,
                party,
                key: record.kid,
                event_time,
                country: place.map(|place| place.country),
                lots: row.lots,
                payload: String::from_utf8_lossy(record.payload_bytes()).into_owned(),
                findings,
                voided_by: row.voided_by,
            })
        })
        .await?;
    Ok(html(headers, StatusCode::OK, &ctx, pages::render_record(&ctx, &info)?))
}
