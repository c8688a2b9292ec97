//! `GET /profiles`, `GET /profiles/{blake3}`: the commodity profiles that the authority has put in force, and their bytes. An
//! inspection names one of them, by id, version and hash.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::response::immutable;
use super::pages::Glossary;
use crate::chain::Table;
use crate::chain::rows::ProfileRow;
use crate::chain::state::{self, Scan};
use crate::quality::profile::ParameterKind;
use crate::record::Hash32;

/// A profile on the log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    id: String,
    version: String,
    blake3: Hash32,
    /// In force from, Unix seconds.
    from: i64,
    /// Until, exclusive.
    until: Option<i64>,
    /// Index of the statement; of two versions in force the later one applies.
    index: u64,
    /// Forms of the commodity.
    forms: Vec<String>,
    /// What may be judged.
    requirements: Vec<Required>,
    /// Parameters whose value is a number.
    decimals: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Required {
    id: String,
    market: String,
    standard: String,
    /// The forms it is for; all when empty.
    forms: Vec<String>,
}

/// The glossary of the profiles on the log: those in force first, newest statement first.
///
/// # Errors
/// [`Problem`] when the state can't be read.
pub(super) fn glossary(s: &Snapshot<'_>) -> Result<Glossary, Problem> {
    let now = jiff::Timestamp::now().as_second();
    let mut found = Vec::new();
    for row in state::rows::<ProfileRow>(s.state, Table::Profile, Scan::default()) {
        let (_, row) = row?;
        let in_force = row.from <= now && row.until.is_none_or(|until| now < until);
        found.extend(s.app.ledger.profile(&row.blake3).map(|profile| (in_force, row.index, profile)));
    }
    found.sort_by_key(|(in_force, index, _)| std::cmp::Reverse((*in_force, *index)));
    Ok(Glossary::new(found.into_iter().map(|(_, _, profile)| profile).collect()))
}

/// Every profile, by id and version.
pub async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let listed = app.read(|s| {
        let mut listed = Vec::new();
        for row in state::rows::<ProfileRow>(s.state, Table::Profile, Scan::default()) {
            let (_, row) = row?;
            let Some(profile) = s.app.ledger.profile(&row.blake3) else { continue };
            listed.push(Listed {
                id: profile.id.clone(),
                version: profile.version.clone(),
                blake3: row.blake3,
                from: row.from,
                until: row.until,
                index: row.index,
                forms: profile.forms.iter().map(|form| form.id.clone()).collect(),
                requirements: profile
                    .requirements
                    .iter()
                    .map(|r| Required {
                        id: r.id.clone(),
                        market: r.market.clone(),
                        standard: r.standard.clone(),
                        forms: r.forms.clone(),
                    })
                    .collect(),
                decimals: profile
                    .parameters
                    .iter()
                    .filter(|p| p.kind == ParameterKind::Decimal)
                    .map(|p| p.id.clone())
                    .collect(),
            });
        }
        Ok(listed)
    });
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(listed.await?)).into_response())
}

/// The bytes of one, as they were put in force.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("no profile of that hash is on this ledger; /profiles lists those there are");
    let hash: Hash32 = hash.parse().map_err(|_| missing())?;
    let bytes = app.blocking(move |app| Ok(app.ledger.profile_bytes(&hash)?)).await?.ok_or_else(missing)?;
    let mut response = immutable(&headers, "application/json", bytes);
    response.headers_mut().remove(header::VARY);
    Ok(response)
}
