//! `GET /lots`: the lots that fit a filter, the newest first, as JSON, as a page and as a table.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::home::lines;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::negotiate::Media;
use super::http::page::Reader;
use super::http::paging::{MOST, about_limit, link_next, page_size};
use super::http::problem::Kind;
use super::http::table::{about_format, address, csv, given, media, varies, wrong};
use super::pages::{self, LotsInfo};
use super::{App, party, readiness, regions};
use crate::chain::rows::PartyRow;
use crate::chain::state::row;
use crate::chain::{State as ChainState, StateError, Table, authority};
use crate::query::view::LotState;
use crate::query::{self, LotBrief, LotFilter};
use crate::region::Code;

/// Lots on a page for people.
const ON_PAGE: usize = 50;

/// Which lots, and which page of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    product: Option<String>,
    commodity: Option<String>,
    maker: Option<String>,
    region: Option<String>,
    state: Option<String>,
    market: Option<String>,
    after: Option<u64>,
    limit: Option<usize>,
    format: Option<String>,
}

impl Described for Wanted {
    fn about(field: &str) -> Option<About> {
        let text = || json!({ "type": "string" });
        Some(match field {
            "product" => (json!({ "type": "string", "pattern": "^[0-9]{8,14}$" }), "lots of this GTIN"),
            "commodity" => (text(), "lots of this commodity, by its id in the profiles on the log, such as crab"),
            "maker" => (text(), "lots that this party made: its URI or the last part of it"),
            "region" => (text(), "lots made in this region, by its Kemendagri code: 72, 72.03 or 72.03.05.2003"),
            "state" => {
                let names = LotState::ALL.map(LotState::name);
                (json!({ "type": "string", "enum": names }), "lots whose page has this headline")
            }
            "market" => {
                let schema = json!({ "type": "string", "pattern": "^([A-Z]{2}|INT)$" });
                (schema, "lots that are judged for this market: ISO 3166-1 alpha-2, EU, or INT")
            }
            "after" => {
                let schema = json!({ "type": "integer", "minimum": 0 });
                (schema, "the log index at which the previous page ended: take it from its `Link`")
            }
            "limit" => about_limit(),
            "format" => about_format(),
            _ => return None,
        })
    }
}

impl Wanted {
    fn filter(&self, s: &Snapshot<'_>, commodities: &BTreeSet<&str>) -> Result<LotFilter, Problem> {
        let malformed = |what: String| Problem::new(Kind::MalformedRequest, what);
        let mut filter = LotFilter { region: region(self.region.as_deref())?, ..LotFilter::default() };
        if let Some(gtin) = given(self.product.as_deref()) {
            let padded = format!("{gtin:0>14}");
            filter.product = Some(padded.parse().map_err(|e| malformed(format!("product={gtin}: {e}")))?);
        }
        if let Some(id) = given(self.commodity.as_deref()) {
            // a ledger whose profiles are lost knows no names, and has lots all the same
            if !commodities.is_empty() && !commodities.contains(id) {
                return Err(wrong("commodity", id, &commodities.iter().collect::<Vec<_>>()));
            }
            filter.commodity = Some(id.to_owned());
        }
        if let Some(name) = given(self.maker.as_deref()) {
            let found = party::named(s.state, name)?;
            let unknown = || malformed(format!("maker={name} is no party of this ledger; /parties lists them"));
            filter.maker = Some(found.ok_or_else(unknown)?);
        }
        if let Some(name) = given(self.state.as_deref()) {
            let state = LotState::ALL.into_iter().find(|state| state.name() == name);
            filter.state = Some(state.ok_or_else(|| wrong("state", name, &LotState::ALL.map(LotState::name)))?);
        }
        if let Some(market) = given(self.market.as_deref()) {
            if market != "INT" && (market.len() != 2 || !market.bytes().all(|b| b.is_ascii_uppercase())) {
                return Err(malformed(format!("market={market} is no country (ISO 3166-1 alpha-2), nor EU or INT")));
            }
            filter.market = Some(market.to_owned());
        }
        Ok(filter)
    }
}

/// A region asked for.
pub(super) fn region(code: Option<&str>) -> Result<Option<Code>, Problem> {
    let Some(code) = given(code) else { return Ok(None) };
    let no_code = |e| Problem::new(Kind::MalformedRequest, format!("region={code} is {e}; /regions lists them"));
    code.parse().map(Some).map_err(no_code)
}

/// The parameters of a filter, in an address.
fn parameters(filter: &LotFilter) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("product", filter.product.map(|gtin| gtin.to_string())),
        ("commodity", filter.commodity.clone()),
        ("maker", filter.maker.clone()),
        ("region", filter.region.as_ref().map(Code::to_string)),
        ("state", filter.state.map(|state| state.name().to_owned())),
        ("market", filter.market.clone()),
    ]
}

/// `GET /lots?product=&commodity=&maker=&region=&state=&market=&after=&limit=&format=`: the lots that fit, the newest first; the next page, when
/// there is one, in a `Link` header. A page with fewer lots than `limit` is not the last if it has one.
pub async fn list(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    reader: Reader,
) -> Result<Response, Problem> {
    let media = media(wanted.format.as_deref(), &reader.headers)?;
    let largest = if media == Media::Html { ON_PAGE } else { MOST };
    let most = page_size(wanted.limit, largest)?;
    app.read(move |s| {
        let mut ctx = reader.ctx(s)?;
        let glossary = ctx.glossary.clone();
        let filter = wanted.filter(s, &glossary.commodities())?;
        let (lots, next) = query::filtered_lots(s.state, s.records, &filter, wanted.after, most)?;
        let asked = parameters(&filter);
        let next = next.map(|after| {
            let mut asked = asked.clone();
            asked.push(("after", Some(after.to_string())));
            asked
        });
        let page = |asked: &[(&'static str, Option<String>)]| {
            let limit = [("limit", Some(most.to_string())), ("format", wanted.format.clone())];
            address("/lots", &[asked, &limit[..]].concat())
        };
        let link = next.as_deref().map(page);
        let mut response = match media {
            Media::Html => {
                ctx.path = address("/lots", &asked);
                let maker = filter.maker.as_ref().map(|maker| query::party_view(s.state, maker)).transpose()?;
                let product = filter.product.map(|gtin| query::product_view(s.state, gtin)).transpose()?.flatten();
                let known = regions::known(s)?;
                let info = LotsInfo {
                    short: lots.len() < most,
                    lots: lines(s.state, lots)?,
                    maker,
                    product,
                    regions: known.with_parties().into_iter().cloned().collect(),
                    markets: markets(s)?,
                    asked,
                    next: next.map(|next| ctx.link(&address("/lots", &next))),
                    further: wanted.after.is_some(),
                    demo: authority::shared_ledger(s.state)?.any_demo,
                    filter,
                };
                reader.html(StatusCode::OK, &ctx, pages::render_lots(&ctx, &info)?)
            }
            Media::Csv => {
                let rows = lots.into_iter().map(|lot| line(s.state, ctx.lang.tag(), lot));
                csv("lots", &HEADS, rows.collect::<Result<Vec<_>, StateError>>()?)?
            }
            _ => {
                let mut response = Json(lots).into_response();
                varies(&mut response);
                response
            }
        };
        if let Some(link) = link {
            link_next(&mut response, &link);
        }
        Ok(response)
    })
    .await
}

/// The markets that the guides in force know.
fn markets(s: &Snapshot<'_>) -> Result<BTreeSet<String>, Problem> {
    let guides = readiness::in_force(s)?;
    Ok(guides.iter().filter_map(|(_, guide)| guide.as_ref()).flat_map(|guide| guide.markets.iter().cloned()).collect())
}

const HEADS: [&str; 15] = [
    "lot",
    "gtin",
    "number",
    "product",
    "commodity",
    "form",
    "amount",
    "unit",
    "maker",
    "makerName",
    "region",
    "state",
    "market",
    "heldBy",
    "created",
];

/// A lot as a row of the table; the region is that of its maker.
fn line(state: &dyn ChainState, language: &str, lot: LotBrief) -> Result<Vec<String>, StateError> {
    let product = query::product_view(state, lot.lot.gtin)?;
    let maker = query::party_view(state, &lot.maker)?;
    let party = row::<PartyRow>(state, Table::Party, lot.maker.as_bytes())?;
    let region = party.and_then(|party| Code::of(party.region.as_ref()?));
    let held: Vec<String> = lot.held.iter().map(|held| held.party.clone()).collect();
    Ok(vec![
        lot.uri,
        lot.lot.gtin.to_string(),
        lot.lot.lot.to_string(),
        lot.product.best(language).1.to_owned(),
        product.as_ref().map(|product| product.commodity.clone()).unwrap_or_default(),
        product.map(|product| product.form).unwrap_or_default(),
        lot.produced.to_string(),
        lot.unit.name().to_owned(),
        lot.maker,
        maker.name.best(language).1.to_owned(),
        region.map(|code| code.to_string()).unwrap_or_default(),
        lot.headline.name().to_owned(),
        lot.market,
        held.join(" "),
        lot.created.to_string(),
    ])
}
