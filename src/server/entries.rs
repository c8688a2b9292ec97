//! `POST /entries`: one record, or many as a CBOR sequence.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::Serialize;

use super::App;
use super::effect::{self, Effect};
use super::http::body::BufferedBody;
use super::http::limits::Limits;
use super::http::negotiate::wait;
use super::http::problem::Kind;
use super::http::shares::Owner;
use super::http::signed::{self, Announced, Head};
use super::http::turns::Turns;
use super::http::{Problem, body, client};
use super::i18n::Lang;
use crate::cbor;
use crate::ledger::{Ack, Ledger, SubmitError};
use crate::record::RecordId;
use crate::record::envelope::MAX_RECORD;

/// A record on its own.
pub const COSE: &str = "application/cose";
/// A record with its receipt (RFC 9943 registers the type).
pub const STATEMENT: &str = "application/scitt-statement+cose";
/// Many records, one after the other (RFC 8742).
pub const CBOR_SEQ: &str = "application/cbor-seq";

/// The answer to an accepted record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Record id.
    pub id: RecordId,
    /// Its index, for ever.
    pub index: u64,
    /// The last clock before it, Unix seconds.
    pub clock: i64,
    /// Whether the record was on the log already.
    pub duplicate: bool,
    /// The receipt, if the request waited for it and it was made in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// What it did, with `Prefer: return=representation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
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
pub enum Outcome {
    /// Acknowledged.
    Accepted(Accepted),
    /// Refused.
    Refused(Problem),
}

/// The receipt of `index` under the newest checkpoint, if one covers it.
///
/// # Errors
/// `internal` when the published tree does not prove it.
pub fn receipt(app: &App, index: u64) -> Result<Option<Receipt>, Problem> {
    let found = app.ledger.inclusion(index)?;
    Ok(found.map(|(head, path)| Receipt {
        index,
        size: head.size,
        path: path.iter().map(|h| BASE64.encode(h)).collect(),
        checkpoint: head.note,
    }))
}

async fn accepted(app: &Arc<App>, ack: Ack, wait: Duration) -> Result<Accepted, Problem> {
    let published = !wait.is_zero() && app.ledger.wait_published(ack.index, wait).await;
    let receipt = if published { app.offload(move |app| receipt(app, ack.index)).await? } else { None };
    Ok(Accepted { id: ack.id, index: ack.index, clock: ack.clock, duplicate: ack.duplicate, receipt, effect: None })
}

/// The turns at admitting: the records of one journal frame at once. More would wait in the ledger's queue, where nobody can go
/// first.
pub(super) fn admission_turns(ledger: &Ledger) -> Turns {
    let limits = &ledger.config().limits;
    Turns::new(limits.batch_records.clamp(1, limits.queue.max(1)), limits.queue)
}

/// Records of a batch that are admitted in one turn while others wait.
const PART: usize = 128;

/// Submits one record when it is this client's turn. The work does not end with the connection: a record that has arrived whole
/// is sequenced.
async fn admit(app: &Arc<App>, mut held: BufferedBody) -> Result<Result<Ack, SubmitError>, Problem> {
    let (app, owner) = (app.clone(), client::owner());
    let work = async move {
        let Ok(_turn) = held.begin(app.admissions.take(owner, 1)).await else { return Err(SubmitError::Busy) };
        app.ledger.submit(held.bytes.clone()).await
    };
    tokio::spawn(work).await.map_err(|e| Problem::internal(&e))
}

/// Submits many records in their order: all in one turn, or in parts while other clients wait.
async fn admit_many(
    app: &Arc<App>,
    mut held: BufferedBody,
    records: Vec<Bytes>,
) -> Result<Vec<Result<Ack, SubmitError>>, Problem> {
    let (app, owner) = (app.clone(), client::owner());
    let work = async move {
        let mut outcomes = Vec::with_capacity(records.len());
        let mut rest = records.as_slice();
        while !rest.is_empty() {
            let most = if app.admissions.is_contended() { PART } else { rest.len() };
            let (part, after) = rest.split_at(most.min(rest.len()));
            match held.begin(app.admissions.take(owner, part.len())).await {
                Ok(_turn) => outcomes.extend(app.ledger.submit_many(part.to_vec()).await),
                // the rest too: records that follow one that is missing would be refused for good
                Err(_) => {
                    outcomes.extend(rest.iter().map(|_| Err(SubmitError::Busy)));
                    break;
                }
            }
            rest = after;
        }
        drop(held);
        outcomes
    };
    tokio::spawn(work).await.map_err(|e| Problem::internal(&e))
}

/// Splits a CBOR sequence into its items without decoding them.
fn items(body: &Bytes, most: usize) -> Result<Vec<Bytes>, Problem> {
    let mut items = Vec::new();
    let mut decoder = minicbor::Decoder::new(body);
    while decoder.position() < body.len() {
        let start = decoder.position();
        cbor::skip(&mut decoder).map_err(|e| {
            Problem::new(
                Kind::MalformedRequest,
                format!("item {} of the CBOR sequence, at byte {start}: {e}", items.len()),
            )
        })?;
        if items.len() == most {
            return Err(Problem::new(
                Kind::TooLarge,
                format!("more than {most} records in one request; send them in parts"),
            ));
        }
        items.push(body.slice(start..decoder.position()));
    }
    Ok(items)
}

/// What the answer shall have beside the acknowledgement (RFC 7240).
#[derive(Debug, Clone, Copy)]
struct Preferred {
    /// The receipt, if it is made within this time.
    wait: Duration,
    /// What the record did, in this language.
    effect: Option<Lang>,
}

impl Preferred {
    fn read(headers: &HeaderMap, limits: &Limits) -> Preferred {
        let effect = effect::is_preferred(headers).then(|| effect::language(headers));
        Preferred { wait: wait(headers, limits), effect }
    }

    /// `Preference-Applied` (RFC 7240 section 3).
    fn applied(self) -> Option<HeaderValue> {
        let wait = (!self.wait.is_zero()).then(|| format!("wait={}", self.wait.as_secs()));
        let effect = self.effect.map(|_| effect::PREFERENCE.to_owned());
        let applied = wait.into_iter().chain(effect).collect::<Vec<_>>().join(", ");
        if applied.is_empty() { None } else { HeaderValue::from_str(&applied).ok() }
    }
}

/// `POST /entries`, signed or not. The records have signatures of their own; that of the request lets an enrolled key have its own
/// share of memory and turns, whatever others do at its address.
pub async fn post(State(app): State<Arc<App>>, head: Head, body: Body) -> Result<Response, Problem> {
    let kind = head.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let preferred = Preferred::read(head.headers(), &app.config.limits);
    let signed = match head.is_signed() {
        true => app.offload(move |app| signed::announced(app, &head)).await?,
        false => None,
    };
    let mut response = match signed {
        Some(signed) => {
            let owner = Owner::Key(signed.key);
            client::on_shares_of(owner, take(&app, &kind, preferred, body, Some(signed))).await?
        }
        None => take(&app, &kind, preferred, body, None).await?,
    };
    if let Some(applied) = preferred.applied() {
        response.headers_mut().insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

async fn take(
    app: &Arc<App>,
    kind: &str,
    preferred: Preferred,
    body: Body,
    signed: Option<Announced>,
) -> Result<Response, Problem> {
    let compare = move |body: &[u8]| signed.as_ref().map_or(Ok(()), |signed| signed.compare(body));
    match kind {
        COSE => {
            let held = body::collect(app, body, MAX_RECORD).await?;
            compare(&held.bytes)?;
            let outcome = admit(app, held).await?;
            app.metrics.submitted(&outcome);
            let mut accepted = accepted(app, outcome?, preferred.wait).await?;
            if let Some(lang) = preferred.effect {
                let id = accepted.id;
                // the record is on the ledger, whether this can be read or not
                accepted.effect = app.read(move |s| effect::effect(s, &id, lang)).await.unwrap_or_default();
            }
            let location = format!("/entries/{}", accepted.id);
            let status = if accepted.duplicate { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, [(header::LOCATION, location)], Json(accepted)).into_response())
        }
        CBOR_SEQ => {
            let held = body::collect(app, body, app.config.limits.entries_body).await?;
            let sequence = held.bytes.clone();
            let records = app.offload(move |app| {
                compare(&sequence)?;
                items(&sequence, app.config.limits.entries_count)
            });
            let records = records.await?;
            let outcomes = admit_many(app, held, records).await?;
            many(app, outcomes, preferred.wait).await
        }
        _ => Err(Problem::new(
            Kind::UnsupportedMediaType,
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
    if !outcomes.is_empty() && outcomes.iter().all(|o| matches!(o, Err(SubmitError::NoRoom))) {
        return Err(SubmitError::NoRoom.into());
    }
    outcomes.iter().for_each(|outcome| app.metrics.submitted(outcome));
    let answers: Vec<Outcome> = app
        .offload(move |app| {
            let answer = |outcome| match outcome {
                Ok(Ack { id, index, clock, duplicate }) => {
                    let receipt = if wait.is_zero() { None } else { receipt(app, index)? };
                    Ok(Outcome::Accepted(Accepted { id, index, clock, duplicate, receipt, effect: None }))
                }
                Err(error) => Ok(Outcome::Refused(SubmitError::into(error))),
            };
            outcomes.into_iter().map(answer).collect::<Result<_, Problem>>()
        })
        .await?;
    Ok(Json(answers).into_response())
}
