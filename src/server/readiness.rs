//! `GET /lots/{gtin}/{lot}/readiness?market=&shipment=&yes=&no=`: what is still missing before a lot may go to a market, as JSON or as a page
//! and checklist. `GET /guides`: the export guides in force, by which that is answered.
//!
//! The log says what is there, the guides say what is needed, and a person answers what neither can know. What it is not: a rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::negotiate::{Media, best};
use super::http::page::Reader;
use super::http::problem::Kind;
use super::lots::{lot, unknown};
use super::pages::{self, Notice, ReadinessInfo};
use crate::chain::{StateError, guide};
use crate::gs1::LotId;
use crate::guide::readiness::{Asked, readiness};
use crate::guide::{Answers, Guide, Readiness};
use crate::query;
use crate::query::view::ProductView;
use crate::record::{Hash32, RecordId};

/// The market of a lot that is judged by international standards alone.
pub(crate) const INTERNATIONAL: &str = "INT";

/// Most answers that are read.
const MOST_ANSWERS: usize = 100;

/// For which market, and what a person says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    market: Option<String>,
    shipment: Option<String>,
    yes: Option<String>,
    no: Option<String>,
}

impl Described for Wanted {
    fn about(field: &str) -> Option<About> {
        Some(match field {
            "market" => (
                json!({ "type": "string", "pattern": "^([A-Z]{2}|INT)$" }),
                "the market: ISO 3166-1 alpha-2, EU, or INT where no country is chosen, of which nothing is known; without it that for which the lot is judged",
            ),
            "shipment" => (
                json!({ "type": "string", "format": "date" }),
                "the day of the planned shipment: what is no longer valid then is missing",
            ),
            "yes" => (json!({ "type": "string" }), "ids of questions that are answered with yes, separated by commas"),
            "no" => (json!({ "type": "string" }), "ids of questions that are answered with no, separated by commas"),
            _ => return None,
        })
    }
}

impl Wanted {
    /// Of these parameters, without a day.
    pub(super) fn of(market: Option<String>, yes: Option<String>, no: Option<String>) -> Wanted {
        Wanted { market, yes, no, shipment: None }
    }

    /// What a person says.
    pub(super) fn answers(&self) -> Result<Answers, Problem> {
        let wrong = |what: String| Problem::new(Kind::MalformedRequest, what);
        let ids = |list: &Option<String>| -> BTreeSet<String> {
            let list = list.as_deref().unwrap_or_default();
            list.split(',').filter(|id| !id.is_empty()).take(MOST_ANSWERS).map(str::to_owned).collect()
        };
        let (yes, no) = (ids(&self.yes), ids(&self.no));
        if let Some(both) = yes.intersection(&no).next() {
            return Err(wrong(format!("{both} is answered with yes and with no")));
        }
        let day = |text: &String| {
            text.parse::<Date>().map_err(|_| wrong(format!("shipment={text} is no day, such as 2026-12-20")))
        };
        // a form sends an empty field for none
        let shipment = self.shipment.as_ref().filter(|text| !text.is_empty()).map(day).transpose()?;
        Ok(Answers { yes, no, shipment })
    }

    /// The market asked for.
    pub(super) fn market(&self) -> Result<Option<&str>, Problem> {
        let Some(market) = self.market.as_deref().filter(|market| !market.is_empty()) else { return Ok(None) };
        // a lot may be judged by international standards before its country is known
        if market == INTERNATIONAL || (market.len() == 2 && market.bytes().all(|b| b.is_ascii_uppercase())) {
            return Ok(Some(market));
        }
        let what = format!("market={market} is no country (ISO 3166-1 alpha-2), nor EU or {INTERNATIONAL}");
        Err(Problem::new(Kind::MalformedRequest, what))
    }
}

/// What is missing of a lot for a market.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'a> {
    lot: &'a LotId,
    product: &'a ProductView,
    market: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<Date>,
    #[serde(flatten)]
    answer: &'a Readiness,
}

/// `GET /lots/{gtin}/{lot}/readiness`.
pub async fn get(
    State(app): State<Arc<App>>,
    Path((gtin, name)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    reader: Reader,
) -> Result<Response, Problem> {
    let media = best(&reader.headers, &[Media::Json, Media::Html])?;
    let id = lot(&gtin, &name)?;
    let answers = wanted.answers()?;
    wanted.market()?;
    app.read(move |s| {
        let missing = |reader: &Reader| match media {
            Media::Html => reader.missing(s.app, &Notice::UnknownLot(id.clone(), None)),
            _ => Err(unknown(&id)),
        };
        let market = match wanted.market()? {
            Some(market) => market.to_owned(),
            None => match query::readiness::own_market(s.state, s.records, &id)? {
                Some(market) => market,
                None => return missing(&reader),
            },
        };
        let Some(gathered) = query::readiness::gather(s.state, s.records, &id, &market)? else {
            return missing(&reader);
        };
        let Some(product) = query::product_view(s.state, id.gtin)? else { return missing(&reader) };
        let guides = all_in_force(s)?;
        let guides: Vec<&Guide> = guides.iter().map(AsRef::as_ref).collect();
        let today = today();
        let query::readiness::Gathered { commodity, form, markets, facts, .. } = &gathered;
        let asked = Asked { commodity, form, markets, today, answers: &answers };
        let answer = readiness(&guides, &asked, facts);
        if media == Media::Json {
            let answered =
                Answered { lot: &id, product: &product, market: &market, shipment: answers.shipment, answer: &answer };
            let mut response = Json(answered).into_response();
            response.headers_mut().append(header::VARY, header::HeaderValue::from_static("accept"));
            return Ok(response);
        }
        let named = guides.iter().flat_map(|guide| &guide.markets).cloned().collect();
        let ctx = reader.ctx(s)?;
        let info = ReadinessInfo { lot: &id, product: &product, market: &market, answers: &answers, named };
        Ok(reader.html(StatusCode::OK, &ctx, pages::render_readiness(&ctx, &info, &answer)?))
    })
    .await
}

/// A guide in force, by its id, and what it says.
type Named = (String, Option<Arc<Guide>>);

/// The guides in force, each with its id: `None` for one whose bytes are lost.
pub(super) fn in_force(s: &Snapshot<'_>) -> Result<Vec<Named>, Problem> {
    let rows = guide::in_force(s.state)?;
    Ok(rows.into_iter().map(|(id, row)| (id, s.app.ledger.guide(&row.blake3))).collect())
}

/// Today, in UTC.
pub(super) fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// The guides in force, all of them: without one, what it asks for would not be missing.
pub(super) fn all_in_force(s: &Snapshot<'_>) -> Result<Vec<Arc<Guide>>, Problem> {
    let found = |(id, guide): Named| {
        guide.ok_or_else(|| StateError::new(format!("the bytes of export guide {id} are missing")))
    };
    Ok(in_force(s)?.into_iter().map(found).collect::<Result<_, _>>()?)
}

/// A guide on the log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    version: String,
    blake3: Hash32,
    record: RecordId,
    bytes: u64,
}

/// `GET /guides`: the export guides in force, by id; `/profiles/{blake3}` has their bytes.
pub async fn guides(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let rows = app.read(move |s| Ok(guide::in_force(s.state)?)).await?;
    let listed: Vec<Listed> = rows
        .into_iter()
        .map(|(id, row)| Listed { id, version: row.version, blake3: row.blake3, record: row.record, bytes: row.bytes })
        .collect();
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(listed)).into_response())
}
