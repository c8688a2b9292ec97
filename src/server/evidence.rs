//! `PUT` and `GET /evidence/{blake3}`: content-addressed blobs. An upload that no admitted record names yet stays in
//! quarantine; only named blobs are served, with a safe type and as a download.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::http::problem::Kind;
use super::http::response::immutable_file;
use super::http::{Problem, body};
use crate::causes::causes;
use crate::chain::rows::EvidenceRow;
use crate::chain::state::{Scan, rows};
use crate::chain::{RecordSource, State as ChainState, StateError, Table};
use crate::ledger::EvidenceError;
use crate::record::{Hash32, Payload};
use crate::store::ObjectError;

fn name(text: &str) -> Result<Hash32, Problem> {
    text.parse().map_err(|_| Problem::not_found("an evidence blob is named by 52 characters of lower-case base32"))
}

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Problem {
        match error {
            EvidenceError::Hash(_) => Problem::new(Kind::MalformedRequest, error.to_string()),
            EvidenceError::TooLarge(..) => Problem::new(Kind::TooLarge, error.to_string()),
            EvidenceError::Quota => Problem::new(Kind::Busy, error.to_string()),
            EvidenceError::NoRoom => Problem::new(Kind::InsufficientStorage, error.to_string()),
            EvidenceError::TakenDown => Problem::new(Kind::Gone, error.to_string()),
            EvidenceError::Object(ObjectError::Unavailable { .. }) => {
                tracing::error!(error = %causes(&error), "a blob was not written or read");
                Problem::new(Kind::Busy, "the node can't reach its storage now; try again in a moment")
            }
            EvidenceError::Damaged(_) | EvidenceError::Object(_) | EvidenceError::State(_) => Problem::internal(&error),
        }
    }
}

/// Types that are safe in a browser; anything else is served as bytes.
fn safe_type(named: &str) -> &'static str {
    match named {
        "application/pdf" => "application/pdf",
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "image/webp" => "image/webp",
        "text/csv" => "text/csv; charset=utf-8",
        "text/plain" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `PUT /evidence/{blake3}`. The ledger's own limit on a blob is the limit of the body.
pub async fn put(State(app): State<Arc<App>>, Path(hash): Path<String>, body: Body) -> Result<Response, Problem> {
    let hash = name(&hash)?;
    let most = usize::try_from(app.ledger.config().limits.evidence_bytes).unwrap_or(usize::MAX);
    let held = body::collect(&app, body, most).await?;
    app.offload(move |app| Ok(app.ledger.evidence_put(&hash, &held.bytes)?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /evidence/{blake3}`.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = name(&hash)?;
    let missing = || Problem::not_found("not uploaded yet, not public, or named by no record");
    let read = app.read(move |s| {
        let Some(media_type) = public_type(s.state, s.records, &hash)? else { return Ok(None) };
        if s.app.ledger.evidence_taken_down(&hash)? {
            return Err(EvidenceError::TakenDown.into());
        }
        Ok(s.app.ledger.evidence_file(&hash)?.map(|file| (media_type, file)))
    });
    let (media_type, file) = read.await?.ok_or_else(missing)?;
    let mut response = immutable_file(&app, &headers, safe_type(&media_type), file)?;
    let out = response.headers_mut();
    out.remove(header::VARY);
    // the bytes never change, but may be taken down: caches must revalidate within an hour
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    out.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The media type in the admitted record that names the blob as public; `None` when no record does.
fn public_type(
    state: &dyn ChainState,
    records: &dyn RecordSource,
    hash: &Hash32,
) -> Result<Option<String>, StateError> {
    let wanted = hash.to_string();
    for naming in rows::<EvidenceRow>(state, Table::Evidence, Scan::prefix(hash.as_bytes())) {
        let Some(id) = naming?.1.public else { continue };
        let Some(record) = records.record(&id)? else { continue };
        let Payload::Event(event) = &record.payload else { continue };
        if let Some(named) = event.ext.evidence.iter().find(|e| e.blake3 == wanted && e.public) {
            return Ok(Some(named.media_type.clone()));
        }
    }
    Ok(None)
}
