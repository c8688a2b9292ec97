//! `PUT` and `GET /evidence/{blake3}`: content-addressed blobs. An upload that no admitted record names yet stays in
//! quarantine; only a blob that a party named and handed in itself by a signed request is served, with a safe type and as a download: a
//! public one to everybody, a restricted one to the parties of the records that name it and to the authority, by signed requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use hyper::body::Body as _;

use super::App;
use super::http::blocking::Snapshot;
use super::http::client::Client;
use super::http::problem::Kind;
use super::http::response::immutable_file;
use super::http::signed::{self, Announced, Head};
use super::http::{Problem, body};
use crate::causes::causes;
use crate::chain::authority;
use crate::ledger::{EvidenceError, Incoming, Uploader};
use crate::record::{Hash32, Payload};
use crate::store::ObjectError;

fn name(text: &str) -> Result<Hash32, Problem> {
    text.parse().map_err(|_| Problem::not_found("an evidence blob is named by 52 characters of lower-case base32"))
}

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Problem {
        match error {
            EvidenceError::Hash(_) => Problem::new(Kind::MalformedRequest, error.to_string()),
            EvidenceError::Digest => Problem::new(Kind::SignatureRefused, error.to_string()),
            EvidenceError::TooLarge(..) => Problem::new(Kind::TooLarge, error.to_string()),
            EvidenceError::Quota | EvidenceError::Share | EvidenceError::Parties(_) => {
                Problem::new(Kind::Busy, error.to_string())
            }
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

/// Bytes of an upload that are held at a time.
const PIECE: usize = 64 << 10;

/// `PUT /evidence/{blake3}`, signed or not. The ledger's own limit on a blob is the limit of the body, which is never held whole.
pub async fn put(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    Extension(client): Extension<Client>,
    head: Head,
    body: Body,
) -> Result<Response, Problem> {
    let hash = name(&hash)?;
    let declared = body.size_hint().exact();
    let incoming = app.offload(move |app| {
        let by = match signed::announced(app, &head)? {
            Some(Announced { signer, sha256, .. }) => Uploader::Party { party: signer.iss, sha256 },
            None => Uploader::Address(client.share().to_string()),
        };
        Ok(app.ledger.upload(by, &hash, declared)?)
    });
    let incoming = receive(&app, incoming.await?, body).await?;
    app.offload(move |_| Ok(incoming.finish()?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An upload that waits for its next piece. Dropped, because its client went away, it removes what was written on a thread that may
/// block.
struct Arriving(Option<Incoming>);

impl Drop for Arriving {
    fn drop(&mut self) {
        if let Some(incoming) = self.0.take() {
            tokio::task::spawn_blocking(move || drop(incoming));
        }
    }
}

/// Writes a body to its upload, a piece at a time.
async fn receive(app: &Arc<App>, incoming: Incoming, body: Body) -> Result<Incoming, Problem> {
    let mut frames = body::Frames::new(app, body);
    let (mut piece, mut arriving) = (BytesMut::new(), Arriving(Some(incoming)));
    loop {
        let frame = frames.next().await?;
        let ended = frame.is_none();
        piece.extend_from_slice(&frame.unwrap_or_default());
        if (piece.len() >= PIECE || ended)
            && let Some(mut incoming) = arriving.0.take()
        {
            let whole = std::mem::take(&mut piece);
            let written = app.offload(move |_| incoming.write(&whole).map(|()| incoming).map_err(Problem::from));
            arriving.0 = Some(written.await?);
        }
        if ended && let Some(incoming) = arriving.0.take() {
            return Ok(incoming);
        }
    }
}

/// `GET /evidence/{blake3}`: of a restricted blob only by a signed request of a party that may read it.
pub async fn get(State(app): State<Arc<App>>, Path(hash): Path<String>, head: Head) -> Result<Response, Problem> {
    let hash = name(&hash)?;
    let headers = head.headers().clone();
    let read = app.read(move |s| {
        let (media_type, public) = match public_type(s, &hash)? {
            Some(media_type) => (media_type, true),
            None => (restricted_type(s, &head, &hash)?, false),
        };
        if s.app.ledger.evidence_taken_down(&hash)? {
            return Err(EvidenceError::TakenDown.into());
        }
        let file = s.app.ledger.evidence_file(s.state, &hash)?.ok_or_else(missing)?;
        Ok((media_type, file, public))
    });
    let (media_type, file, public) = read.await?;
    let mut response = immutable_file(&app, &headers, safe_type(&media_type), file)?;
    let out = response.headers_mut();
    out.remove(header::VARY);
    // the bytes never change, but may be taken down: caches must revalidate within an hour
    let cache = if public { "public, max-age=3600" } else { "private, no-store" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

fn missing() -> Problem {
    Problem::not_found(
        "named by no record, not handed in yet by who named it, or restricted: then the parties of the record that names it read it by a \
         signed request",
    )
}

/// The media type of a restricted blob, for the party that signed the request. To all others it is the same as a blob that is not here.
///
/// # Errors
/// `not-found`, and as for [`signed::announced`].
fn restricted_type(s: &Snapshot<'_>, head: &Head, hash: &Hash32) -> Result<String, Problem> {
    let Some(signed) = signed::announced(s.app, head)? else { return Err(missing()) };
    signed.compare(b"")?;
    let namings = s.app.ledger.evidence_namings(s.state, s.records, hash)?;
    let authority = authority::shared_ledger(s.state)?;
    let party = &signed.signer.iss;
    let may_read = |readers: &BTreeSet<String>| authority.authority == *party || readers.contains(party);
    namings.into_iter().find(|(readers, _)| may_read(readers)).map(|(_, media_type)| media_type).ok_or_else(missing)
}

/// The media type in the record by which the blob is public; `None` when it is not.
fn public_type(s: &Snapshot<'_>, hash: &Hash32) -> Result<Option<String>, EvidenceError> {
    let public = s.app.ledger.evidence_public(s.state, hash)?;
    let Some(record) = public.map(|id| s.records.record(&id)).transpose()?.flatten() else { return Ok(None) };
    let Payload::Event(event) = &record.payload else { return Ok(None) };
    let wanted = hash.to_string();
    let named = event.ext.evidence.iter().find(|e| e.blake3 == wanted && e.public);
    Ok(named.map(|named| named.media_type.clone()))
}
