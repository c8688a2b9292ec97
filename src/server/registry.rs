//! `GET /parties/{name}/registry`, `/accreditations`, `/products`, `/places`: what the registry has, as JSON, for those who enrol, accredit and
//! give out numbers: the desk and the command line.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::paging::{MOST, PageArguments, about_limit, link_next, page_size};
use super::http::problem::Kind;
use super::party::named;
use crate::gs1::link::encode_component;
use crate::query::{self, Page};

/// Which page of the products or places, and of which prefix.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Numbered {
    prefix: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

impl Described for Numbered {
    fn about(field: &str) -> Option<About> {
        match field {
            "prefix" => {
                Some((json!({ "type": "string", "pattern": "^[0-9]{4,12}$" }), "only those in this GS1 Company Prefix"))
            }
            "after" => {
                Some((json!({ "type": "string" }), "the last number of the page before: take it from its `Link`"))
            }
            "limit" => Some(about_limit()),
            _ => None,
        }
    }
}

impl Numbered {
    fn prefix(&self) -> Result<Option<&str>, Problem> {
        let Some(prefix) = self.prefix.as_deref().filter(|prefix| !prefix.is_empty()) else { return Ok(None) };
        if (4..=12).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Some(prefix));
        }
        let why = format!("prefix={prefix} is no GS1 Company Prefix, which has 4 to 12 digits");
        Err(Problem::new(Kind::MalformedRequest, why))
    }

    /// The number after which the page begins.
    fn after<K: std::str::FromStr<Err: ToString>>(&self) -> Result<Option<K>, Problem> {
        let after = self.after.as_deref().map(str::parse::<K>).transpose();
        after.map_err(|e| Problem::new(Kind::MalformedRequest, e.to_string()))
    }

    fn answer<T: Serialize>(&self, path: &str, most: usize, page: Page<T>) -> Response {
        let prefix = self.prefix.as_deref().map(|prefix| format!("&prefix={prefix}")).unwrap_or_default();
        listed(path, most, &prefix, page)
    }
}

/// A page as JSON, with the address of the next.
fn listed<T: Serialize>(path: &str, most: usize, filter: &str, page: Page<T>) -> Response {
    let mut response = Json(page.items).into_response();
    if let Some(next) = page.next {
        link_next(&mut response, &format!("{path}?after={}&limit={most}{filter}", encode_component(&next)));
    }
    response
}

/// `GET /parties/{name}/registry`.
pub async fn party(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let found = app
        .read(move |s| {
            let Some(party) = named(s.state, &name)? else { return Ok(None) };
            Ok(query::registry::party_registry(s.state, &party)?)
        })
        .await?;
    let found = found.ok_or_else(|| Problem::not_found("no party of that name is on this ledger"))?;
    Ok(Json(found).into_response())
}

/// `GET /accreditations?after=&limit=`: by party.
pub async fn accreditations(
    State(app): State<Arc<App>>,
    Query(page): Query<PageArguments>,
) -> Result<Response, Problem> {
    let most = page_size(page.limit, MOST)?;
    let found = app.read(move |s| Ok(query::registry::accredited(s.state, page.after.as_deref(), most)?)).await?;
    Ok(listed("/accreditations", most, "", found))
}

/// `GET /products?prefix=&after=&limit=`: by GTIN.
pub async fn products(State(app): State<Arc<App>>, Query(wanted): Query<Numbered>) -> Result<Response, Problem> {
    let (most, after) = (page_size(wanted.limit, MOST)?, wanted.after()?);
    wanted.prefix()?;
    app.read(move |s| {
        let found = query::registry::products(s.state, wanted.prefix()?, after, most)?;
        Ok(wanted.answer("/products", most, found))
    })
    .await
}

/// `GET /places?prefix=&after=&limit=`: by GLN.
pub async fn places(State(app): State<Arc<App>>, Query(wanted): Query<Numbered>) -> Result<Response, Problem> {
    let (most, after) = (page_size(wanted.limit, MOST)?, wanted.after()?);
    wanted.prefix()?;
    app.read(move |s| {
        let found = query::registry::places(s.state, wanted.prefix()?, after, most)?;
        Ok(wanted.answer("/places", most, found))
    })
    .await
}
