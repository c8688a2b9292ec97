//! `GET /parties/{name}/path?commodity=&form=&market=&yes=&no=`: the way of a party to its first export, step by step, as JSON or as a page that
//! can be printed. `GET /path`: the same for one that is not on the ledger yet.
//!
//! By the export guides in force and the engine of `/lots/{gtin}/{lot}/readiness`. What it is not: a rule.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::negotiate::{Media, best};
use super::http::page::Reader;
use super::http::problem::Kind;
use super::pages::{self, Notice, PathInfo};
use super::party::named;
use super::readiness::{self, INTERNATIONAL, all_in_force, today};
use crate::guide::{Guide, Readiness};
use crate::query::view::PartyView;
use crate::query::{self, Good, Market, PartyWay, WantedWay};

/// Which good, for which market, and what a person says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    commodity: Option<String>,
    form: Option<String>,
    market: Option<String>,
    yes: Option<String>,
    no: Option<String>,
}

impl Described for Wanted {
    fn about(field: &str) -> Option<About> {
        let code = || json!({ "type": "string" });
        Some(match field {
            "commodity" => {
                (code(), "the commodity; without it that of the first product of the party, or of the first guide")
            }
            "form" => (code(), "the form of the commodity"),
            "market" => (
                json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
                "the market: ISO 3166-1 alpha-2, or EU; without it the first that the good may enter",
            ),
            _ => return readiness::Wanted::about(field),
        })
    }
}

impl Wanted {
    fn read(self) -> Result<WantedWay, Problem> {
        let Wanted { commodity, form, market, yes, no } = self;
        let asked = readiness::Wanted::of(market, yes, no);
        let market = asked.market()?.map(str::to_owned);
        if market.as_deref() == Some(INTERNATIONAL) {
            let what =
                format!("market={INTERNATIONAL} is no country: the way leads to one (ISO 3166-1 alpha-2), or to EU");
            return Err(Problem::new(Kind::MalformedRequest, what));
        }
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(WantedWay { commodity: given(commodity), form: given(form), market, answers: asked.answers()? })
    }
}

/// The way.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<&'a PartyView>,
    good: &'a Good,
    goods: &'a [Good],
    market: &'a str,
    markets: &'a [Market],
    done: usize,
    of: usize,
    lots: usize,
    more: bool,
    #[serde(flatten)]
    answer: &'a Readiness,
}

/// `GET /parties/{name}/path`.
pub async fn of_party(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    reader: Reader,
) -> Result<Response, Problem> {
    let (media, wanted) = (best(&reader.headers, &[Media::Json, Media::Html])?, wanted.read()?);
    app.read(move |s| match (named(s.state, &name)?, media) {
        (Some(party), _) => answer(s, &reader, media, Some(&party), &wanted),
        (None, Media::Html) => reader.missing(s.app, &Notice::NoSuchPage),
        (None, _) => Err(Problem::not_found("no party of that name is on this ledger")),
    })
    .await
}

/// `GET /path`.
pub async fn of_nobody(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    reader: Reader,
) -> Result<Response, Problem> {
    let (media, wanted) = (best(&reader.headers, &[Media::Json, Media::Html])?, wanted.read()?);
    app.read(move |s| answer(s, &reader, media, None, &wanted)).await
}

fn answer(
    s: &Snapshot<'_>,
    reader: &Reader,
    media: Media,
    party: Option<&str>,
    wanted: &WantedWay,
) -> Result<Response, Problem> {
    let guides = all_in_force(s)?;
    let guides: Vec<&Guide> = guides.iter().map(AsRef::as_ref).collect();
    let found = query::party_way(s.state, s.records, party, &guides, wanted, today())?;
    let Some(found) = found else {
        return match media {
            Media::Html => reader.missing(s.app, &Notice::NoSuchPage),
            _ => Err(Problem::not_found("no export guide in force is for that good")),
        };
    };
    let party = party.map(|party| query::party_view(s.state, party)).transpose()?;
    if media == Media::Html {
        let ctx = reader.ctx(s)?;
        let info = PathInfo { party: party.as_ref(), answers: &wanted.answers };
        return Ok(reader.html(StatusCode::OK, &ctx, pages::render_path(&ctx, &info, &found)?));
    }
    let PartyWay { good, goods, market, markets, lots, more, way } = &found;
    let answered = Answered {
        party: party.as_ref(),
        good,
        goods,
        market,
        markets,
        done: way.done,
        of: way.of,
        lots: *lots,
        more: *more,
        answer: &way.answer,
    };
    let mut response = Json(answered).into_response();
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}
