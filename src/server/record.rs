//! `GET /entries/{id}` and below: a record with its receipt as JSON, COSE or a page, and the files made of it (RFC 9942 receipt,
//! RFC 9943 transparent statement, C2SP tlog-proof).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::App;
use super::effect;
use super::entries::{COSE, Receipt, STATEMENT, receipt};
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::negotiate::{Media, best};
use super::http::page::Reader;
use super::http::problem::Kind;
use super::http::response::{attachment, immutable};
use super::pages::{self, OtherMember, RecordInfo};
use super::place::first_place;
use crate::chain::rows::RecordRow;
use crate::chain::{Act, Table, authority, clock, state};
use crate::epcis::{Event, extension};
use crate::proof;
use crate::query;
use crate::record::{Payload, Record, RecordId};

fn parse_id(text: &str) -> Result<RecordId, Problem> {
    text.parse().map_err(|_| Problem::not_found("a record id is 52 characters of lower-case base32"))
}

fn find(s: &Snapshot<'_>, id: &RecordId) -> Result<(RecordRow, Arc<Record>), Problem> {
    let row: Option<RecordRow> = state::get(s.state, Table::Record, id.as_bytes())?;
    match (row, s.records.record(id)?) {
        (Some(row), Some(record)) => Ok((row, record)),
        _ => Err(Problem::not_found("no record of that id is on this ledger")),
    }
}

/// The problem that no checkpoint covers a record yet.
pub(super) fn unpublished() -> Problem {
    Problem::new(Kind::TooEarly, "no checkpoint covers this record yet; try again in a second")
}

fn not_yet() -> Problem {
    Problem::new(Kind::Busy, "the newest records are not published yet; try again in a moment")
}

/// Waits until a published checkpoint covers `index`.
///
/// # Errors
/// `busy` when none does within the limit.
pub async fn published(app: &App, index: u64) -> Result<(), Problem> {
    if app.ledger.wait_published(index, app.config.limits.wait).await { Ok(()) } else { Err(not_yet()) }
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
    /// Sequence number of the key.
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

/// The form of a record, where a link can't set `Accept`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    format: Option<Format>,
}

impl Described for Form {
    fn about(field: &str) -> Option<About> {
        let schema = json!({ "type": "string", "enum": ["cose", "json"] });
        (field == "format").then_some((schema, "which form, whatever Accept says"))
    }
}

/// A form of a record that can be downloaded.
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
    Query(form): Query<Form>,
    reader: Reader,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let media = match form.format {
        Some(Format::Cose) => Ok(Media::Cose),
        Some(Format::Json) => Ok(Media::Json),
        None => best(&reader.headers, &[Media::Json, Media::Cose, Media::Html]),
    };
    app.read(move |s| {
        let (row, record) = find(s, &id)?;
        match media? {
            Media::Cose => Ok(immutable(&reader.headers, COSE, Bytes::copy_from_slice(&record.bytes))),
            Media::Html => page(s, &reader, row, &record),
            _ => as_json(s.app, row.index, &record),
        }
    })
    .await
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
    Ok(([(header::VARY, HeaderValue::from_static("accept"))], Json(entry)).into_response())
}

/// `GET /entries/{id}/receipt`: an RFC 9942 receipt, built and signed for each request.
pub async fn get_receipt(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let receipt = app.read(move |s| {
        let (row, _) = find(s, &id)?;
        s.app.ledger.receipt_cose(row.index)?.ok_or_else(unpublished)
    });
    Ok(([(header::CONTENT_TYPE, "application/scitt-receipt+cose")], receipt.await?).into_response())
}

/// `GET /entries/{id}/statement`: the record with its RFC 9942 receipt in the unprotected header, a transparent statement
/// (RFC 9943), as one file.
pub async fn get_statement(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let (row, record) = app.read(move |s| find(s, &id)).await?;
    published(&app, row.index).await?;
    let statement = app.blocking(move |app| {
        let receipt = app.ledger.receipt_cose(row.index)?.ok_or_else(not_yet)?;
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
    let text = app.read(move |s| {
        let (row, _) = find(s, &id)?;
        let (head, path) = s.app.ledger.inclusion(row.index)?.ok_or_else(unpublished)?;
        Ok(proof::export::tlog_proof(row.index, &path, &head.note))
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text.await?).into_response())
}

/// The members of other vocabularies in an event.
fn others(event: &Event) -> Vec<OtherMember> {
    let named =
        event.others().into_iter().flat_map(|(at, members)| members.iter().map(move |member| (at.clone(), member)));
    // what EPCIS names itself and this product does not read stands among them
    let named = named.filter(|(_, (name, _))| name.contains(':'));
    named
        .map(|(at, (name, value))| OtherMember {
            name: if at.is_empty() { name.clone() } else { format!("{at}.{name}") },
            vocabulary: extension::of_name(name).map(|vocabulary| vocabulary.title),
            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        })
        .collect()
}

/// The page of a record.
fn page(s: &Snapshot<'_>, reader: &Reader, row: RecordRow, record: &Record) -> Result<Response, Problem> {
    let event = match &record.payload {
        Payload::Event(event) => Some(event),
        Payload::Registry(_) => None,
    };
    let place = match event {
        Some(event) => first_place(s.state, [&event.read_point, &event.biz_location])?,
        None => None,
    };
    let party = match s.state.get(Table::Party, record.claims.iss.as_bytes())? {
        Some(_) => Some(query::party_view(s.state, &record.claims.iss)?),
        None => None,
    };
    let findings = effect::findings(s, &row)?;
    let info = RecordInfo {
        id: record.id,
        index: row.index,
        clock: row.clock,
        clock_wrong: clock::was_reset(&*authority::shared_ledger(s.state)?, row.index),
        act: row.act,
        shipment: match row.act {
            Act::Ship => Some(record.id),
            _ => event.and_then(|event| event.ext.shipment.as_deref()?.parse().ok()),
        },
        party,
        key: record.kid,
        event_time: event.map(|event| (event.event_time, event.offset.clone())),
        country: place.map(|place| place.country),
        lots: row.lots,
        payload: String::from_utf8_lossy(record.payload_bytes()).into_owned(),
        findings,
        others: event.map(|event| others(event)).unwrap_or_default(),
        voided_by: row.voided_by,
    };
    let ctx = reader.ctx(s)?;
    Ok(reader.html(StatusCode::OK, &ctx, pages::render_record(&ctx, &info)?))
}
