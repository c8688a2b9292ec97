//! `GET /lots/{gtin}/{lot}/events`: the events about a lot and its ancestors as an EPCISDocument, each as it was signed.
//!
//! What it is not: an EPCIS repository: there is no query language and no capture beside `POST /entries`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::App;
use super::http::Problem;
use super::http::negotiate::Media;
use super::http::paging::{link_next, page_size};
use super::lots::{IndexPage, MOST_STEPS, lot, unknown};
use super::pages::lot_api;
use crate::chain::authority;
use crate::epcis::profile;
use crate::query;
use crate::record::Payload;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@context")]
    context: &'a Value,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "schemaVersion")]
    version: &'static str,
    #[serde(rename = "creationDate")]
    created: String,
    #[serde(rename = "epcisBody")]
    body: Body,
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "eventList")]
    events: Vec<Box<RawValue>>,
}

/// `GET /lots/{gtin}/{lot}/events?after=&limit=`: in log order; the next page in a `Link` header.
pub async fn document(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(page): Query<IndexPage>,
) -> Result<Response, Problem> {
    let (id, most) = (lot(&gtin, &name)?, page_size(page.limit, MOST_STEPS)?);
    let base = format!("{}/events", lot_api(&id));
    let (text, next) = app
        .read(move |s| {
            let found = query::steps(s.state, s.records, &id, page.after, most)?;
            let (steps, next) = found.ok_or_else(|| unknown(&id))?;
            let mut events = Vec::with_capacity(steps.len());
            for step in &steps {
                let Some(record) = s.records.record(&step.record)? else { continue };
                if let Payload::Event(_) = &record.payload {
                    let text = String::from_utf8_lossy(record.payload_bytes()).into_owned();
                    events.push(RawValue::from_string(text).map_err(|e| Problem::internal(&e))?);
                }
            }
            // the ledger's own time: the document is of what was logged by then
            let clock = authority::shared_ledger(s.state)?.clock;
            let created = Timestamp::from_second(clock).unwrap_or_default().to_string();
            let document = Document {
                context: profile::context(),
                kind: "EPCISDocument",
                version: "2.0",
                created,
                body: Body { events },
            };
            Ok((serde_json::to_string(&document).map_err(|e| Problem::internal(&e))?, next))
        })
        .await?;
    let kind = HeaderValue::from_static(Media::JsonLd.media_type());
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("{base}?after={next}&limit={most}"));
    }
    Ok(response)
}
