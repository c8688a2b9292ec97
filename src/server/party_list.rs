//! `GET /parties`: the parties that fit a filter, by URI, as JSON, as a page and as a table.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_json::json;

use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::negotiate::Media;
use super::http::page::Reader;
use super::http::paging::{MOST, about_limit, link_next, page_size};
use super::http::problem::Kind;
use super::http::table::{about_format, address, csv, given, media, varies, wrong};
use super::lot_list::region;
use super::pages::{self, PartiesInfo, PartyLine};
use super::{App, regions};
use crate::chain::authority;
use crate::query::{self, PartyFilter};
use crate::record::registry::{Role, Standing};
use crate::region::Code;

/// Parties on a page for people.
const ON_PAGE: usize = 100;

/// Which parties, and which page of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Wanted {
    role: Option<String>,
    region: Option<String>,
    standing: Option<String>,
    accredited_until: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
    format: Option<String>,
}

impl Described for Wanted {
    fn about(field: &str) -> Option<About> {
        Some(match field {
            "role" => (json!({ "type": "string", "enum": Role::ALL.map(Role::name) }), "parties with this role"),
            "region" => (
                json!({ "type": "string" }),
                "parties of this region, by its Kemendagri code: 72, 72.03 or 72.03.05.2003",
            ),
            "standing" => {
                (json!({ "type": "string", "enum": Standing::ALL.map(Standing::name) }), "whether they may write")
            }
            "accredited-until" => (
                json!({ "type": "string", "format": "date" }),
                "inspectors with an accreditation in force that ends on this day or before",
            ),
            "after" => (json!({ "type": "string" }), "where the previous page ended: take it from its `Link`"),
            "limit" => about_limit(),
            "format" => about_format(),
            _ => return None,
        })
    }
}

/// What is asked for.
struct Asked {
    filter: PartyFilter,
    day: Option<Date>,
}

impl Wanted {
    fn asked(&self) -> Result<Asked, Problem> {
        let mut filter = PartyFilter { region: region(self.region.as_deref())?, ..PartyFilter::default() };
        if let Some(name) = given(self.role.as_deref()) {
            let role = Role::ALL.into_iter().find(|role| role.name() == name);
            filter.role = Some(role.ok_or_else(|| wrong("role", name, &Role::ALL.map(Role::name)))?);
        }
        if let Some(name) = given(self.standing.as_deref()) {
            let standing = Standing::ALL.into_iter().find(|standing| standing.name() == name);
            filter.standing =
                Some(standing.ok_or_else(|| wrong("standing", name, &Standing::ALL.map(Standing::name)))?);
        }
        let mut day = None;
        if let Some(text) = given(self.accredited_until.as_deref()) {
            let no_day = || {
                let what = format!("accredited-until={text} is no day, such as 2026-12-31");
                Problem::new(Kind::MalformedRequest, what)
            };
            let date: Date = text.parse().map_err(|_| no_day())?;
            // the last second of that day in UTC, by which pages write the end of an accreditation
            let end = Offset::UTC.to_timestamp(date.at(23, 59, 59, 0)).map_err(|_| no_day())?;
            filter.accredited_until = Some(end.as_second());
            day = Some(date);
        }
        Ok(Asked { filter, day })
    }
}

impl Asked {
    /// Its parameters, in an address.
    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("role", self.filter.role.map(|role| role.name().to_owned())),
            ("region", self.filter.region.as_ref().map(Code::to_string)),
            ("standing", self.filter.standing.map(|standing| standing.name().to_owned())),
            ("accredited-until", self.day.map(|day| day.to_string())),
        ]
    }
}

/// `GET /parties?role=&region=&standing=&accredited-until=&after=&limit=&format=`: the parties that fit, by URI; the next page, when there is one, in
/// a `Link` header. A page with fewer parties than `limit` is not the last if it has one.
pub async fn list(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    reader: Reader,
) -> Result<Response, Problem> {
    let media = media(wanted.format.as_deref(), &reader.headers)?;
    let largest = if media == Media::Html { ON_PAGE } else { MOST };
    let most = page_size(wanted.limit, largest)?;
    let asked = wanted.asked()?;
    app.read(move |s| {
        let after = given(wanted.after.as_deref());
        let found = query::filtered_parties(s.state, &asked.filter, after, most)?;
        let parameters = asked.parameters();
        let next = found.next.map(|after| {
            let mut next = parameters.clone();
            next.push(("after", Some(after)));
            next
        });
        let link = next.as_ref().map(|next| {
            let limit = [("limit", Some(most.to_string())), ("format", wanted.format.clone())];
            address("/parties", &[next.as_slice(), &limit[..]].concat())
        });
        let ledger = authority::shared_ledger(s.state)?;
        let ends = |party: &str| query::accreditation_ends(s.state, party, ledger.clock);
        let mut response = match media {
            Media::Html => {
                let mut ctx = reader.ctx(s)?;
                ctx.path = address("/parties", &parameters);
                let short = found.items.len() < most;
                let mut parties = Vec::with_capacity(found.items.len());
                for party in found.items {
                    parties.push(PartyLine { ends: ends(&party.party)?, party });
                }
                let known = regions::known(s)?;
                let info = PartiesInfo {
                    parties,
                    short,
                    filter: asked.filter,
                    day: asked.day,
                    regions: known.with_parties().into_iter().cloned().collect(),
                    asked: parameters,
                    next: next.map(|next| ctx.link(&address("/parties", &next))),
                    further: after.is_some(),
                    demo: ledger.any_demo,
                };
                reader.html(StatusCode::OK, &ctx, pages::render_parties(&ctx, &info)?)
            }
            Media::Csv => {
                let lang = reader.ctx_without_words(s.app)?.lang;
                let mut rows = Vec::with_capacity(found.items.len());
                for party in found.items {
                    let roles: Vec<&str> = party.roles.iter().map(|role| role.name()).collect();
                    let region = party.region.as_ref();
                    let ends = ends(&party.party)?.map(day).unwrap_or_default();
                    rows.push(vec![
                        party.party.clone(),
                        party.name.best(lang.tag()).1.to_owned(),
                        roles.join(" "),
                        party.standing.name().to_owned(),
                        party.country.clone(),
                        region.and_then(Code::of).map(|code| code.to_string()).unwrap_or_default(),
                        region.map(|region| region.name.clone()).unwrap_or_default(),
                        party.legal_form.clone().unwrap_or_default(),
                        party.registration.clone().unwrap_or_default(),
                        party.gln.map(|gln| gln.to_string()).unwrap_or_default(),
                        party.contact.clone().unwrap_or_default(),
                        ends,
                    ]);
                }
                csv("parties", &HEADS, rows)?
            }
            _ => {
                let mut response = Json(found.items).into_response();
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

/// The day of Unix seconds in UTC.
fn day(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds);
    at.map_or_else(|_| seconds.to_string(), |at| Offset::UTC.to_datetime(at).date().to_string())
}

const HEADS: [&str; 12] = [
    "party",
    "name",
    "roles",
    "standing",
    "country",
    "region",
    "regionName",
    "legalForm",
    "registration",
    "gln",
    "contact",
    "accreditedUntil",
];
