//! `GET /regions`, `GET /regions/{code}`: what the ledger has of each region, as JSON, as pages and as tables.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::home::lines;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::negotiate::Media;
use super::http::page::Reader;
use super::http::table::{about_format, csv, media, varies};
use super::pages::{self, Notice, RegionInfo, RegionsInfo};
use super::{App, readiness};
use crate::chain::{StateError, authority};
use crate::guide::Guide;
use crate::query::{self, Counts, Known, Overview, RegionFacts, RegionRow, RegionView};
use crate::region::Code;

/// In which form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    format: Option<String>,
}

impl Described for Form {
    fn about(field: &str) -> Option<About> {
        (field == "format").then(about_format)
    }
}

/// The regions of the ledger.
pub(super) fn known(s: &Snapshot<'_>) -> Result<Arc<Known>, Problem> {
    Ok(s.app.memo.known_regions(s.size, || query::known_regions(s.state))?)
}

/// The regions, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    regions: &'a [RegionRow],
    /// How many lots were counted: the newest.
    counted: usize,
    /// There are older lots, or more parties, than were read.
    more: bool,
    /// Parties whose region has a code that is not read here.
    unread: usize,
    /// The ledger's clock, Unix seconds.
    clock: i64,
}

/// `GET /regions?format=`: those whose government is enrolled first, then the regencies of Perpres 63/2020, then others.
pub async fn list(State(app): State<Arc<App>>, Query(form): Query<Form>, reader: Reader) -> Result<Response, Problem> {
    let media = media(form.format.as_deref(), &reader.headers)?;
    app.read(move |s| {
        let known = known(s)?;
        let found = s.app.memo.overview(s.size, || query::overview(s.state, s.records, &known))?;
        let Overview { rows, counted, more } = &*found;
        let ledger = authority::shared_ledger(s.state)?;
        match media {
            Media::Html => {
                let ctx = reader.ctx(s)?;
                let info = RegionsInfo {
                    rows,
                    counted: *counted,
                    more: *more,
                    more_parties: known.more,
                    unread: known.unread,
                    demo: ledger.any_demo,
                };
                Ok(reader.html(StatusCode::OK, &ctx, pages::render_regions(&ctx, &info)?))
            }
            Media::Csv => csv("regions", &REGIONS, rows.iter().map(line)),
            _ => {
                let (more, unread, clock) = (*more || known.more, known.unread, ledger.clock);
                let mut response =
                    Json(Listed { regions: rows, counted: *counted, more, unread, clock }).into_response();
                varies(&mut response);
                Ok(response)
            }
        }
    })
    .await
}

const REGIONS: [&str; 10] =
    ["code", "name", "province", "government", "listed", "producers", "suspended", "lots", "failed", "held"];

fn line(row: &RegionRow) -> Vec<String> {
    let region = &row.region;
    vec![
        region.code.to_string(),
        region.name.clone(),
        region.province.clone().unwrap_or_default(),
        region.offices.join(" "),
        region.listed.to_string(),
        row.producers.to_string(),
        row.suspended.to_string(),
        row.lots.to_string(),
        row.failed.to_string(),
        row.held.to_string(),
    ]
}

/// A region, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<'a> {
    #[serde(flatten)]
    region: &'a RegionView,
    /// The regions that lie in it.
    inside: Vec<&'a Code>,
    #[serde(flatten)]
    facts: &'a RegionFacts,
}

/// `GET /regions/{code}?format=`: what the records of the region's producers come to.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
    Query(form): Query<Form>,
    reader: Reader,
) -> Result<Response, Problem> {
    let media = media(form.format.as_deref(), &reader.headers)?;
    app.read(move |s| {
        let known = known(s)?;
        let asked = code.parse::<Code>().ok();
        let Some((code, region)) = asked.as_ref().and_then(|code| Some((code, known.find(code)?))) else {
            let holder = asked.as_ref().and_then(|code| known.holder(code));
            return match media {
                Media::Html => {
                    reader.missing(s.app, &Notice::UnknownRegion(code, holder.map(|region| region.code.clone())))
                }
                _ => Err(unknown(&code, holder)),
            };
        };
        let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
        let facts = s.app.memo.region(&(code.clone(), s.size, today), || facts(s, &known, code, today))?;
        match media {
            Media::Html => {
                let ctx = reader.ctx(s)?;
                let mut offices = Vec::with_capacity(region.offices.len());
                for office in &region.offices {
                    offices.push(query::party_view(s.state, office)?);
                }
                let info = RegionInfo {
                    region: &region,
                    offices,
                    inside: known.inside(code),
                    around: known.find(&code.province()).filter(|around| around.code != *code),
                    facts: &facts,
                    newest: lines(s.state, facts.newest.clone())?,
                    open: lines(s.state, facts.open.iter().map(|open| open.brief.clone()).collect())?,
                    demo: authority::shared_ledger(s.state)?.any_demo,
                };
                Ok(reader.html(StatusCode::OK, &ctx, pages::render_region(&ctx, &info)?))
            }
            Media::Csv => csv(&format!("region-{code}"), &MONTHS, months(&region, &facts)),
            _ => {
                let inside = known.inside(code).into_iter().map(|region| &region.code).collect();
                let mut response = Json(Answered { region: &region, inside, facts: &facts }).into_response();
                varies(&mut response);
                Ok(response)
            }
        }
    })
    .await
}

/// The problem that there is no such region here, and which one holds what was asked for.
fn unknown(code: &str, holder: Option<&RegionView>) -> Problem {
    let hint = match holder {
        Some(region) => format!("it lies in {}, which /regions/{} answers", region.name, region.code),
        None => "/regions lists those that the ledger knows, by Kemendagri code".to_owned(),
    };
    Problem::not_found(format!("no region {code} is on this ledger: {hint}"))
}

fn facts(s: &Snapshot<'_>, known: &Known, code: &Code, today: Date) -> Result<RegionFacts, Problem> {
    let guides = readiness::in_force(s)?;
    let guides: Option<Vec<&Guide>> = guides.iter().map(|(_, guide)| guide.as_deref()).collect();
    let found: Result<RegionFacts, StateError> =
        query::region_facts(s.state, s.records, (known, code), guides.as_deref(), today);
    Ok(found?)
}

const MONTHS: [&str; 11] = [
    "code",
    "name",
    "month",
    "lots",
    "testsPassed",
    "testsFailed",
    "testsUnclear",
    "shipments",
    "findings",
    "holds",
    "recalls",
];

/// The months, and a last row with all that was read.
fn months(region: &RegionView, facts: &RegionFacts) -> Vec<Vec<String>> {
    let row = |month: String, counts: &Counts| {
        let numbers = [
            counts.lots,
            counts.passed,
            counts.failed,
            counts.unclear,
            counts.shipments,
            counts.findings,
            counts.holds,
            counts.recalls,
        ];
        let mut row = vec![region.code.to_string(), region.name.clone(), month];
        row.extend(numbers.map(|number| number.to_string()));
        row
    };
    let months = facts.months.iter().map(|month| row(month.month.strftime("%Y-%m").to_string(), &month.counts));
    months.chain([row("all".to_owned(), &facts.counts)]).collect()
}
