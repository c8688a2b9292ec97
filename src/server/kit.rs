//! `GET /parties/{name}/kit`, `GET /parties/{name}/work`: what a phone of a party keeps to work without a signal, and what waits for
//! the party. `GET /parties/{name}/work/{shipment}`: a shipment of which that lists a part, whole. All are public, as all that they are
//! made of is.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::response::known;
use super::party::named;
use crate::chain::rows::ProfileRow;
use crate::chain::state::{self, Scan};
use crate::chain::{Table, authority};
use crate::quality::profile::commodity_of;
use crate::query;
use crate::record::{Hash32, RecordId};

/// Most profiles in a kit: those in force by the ledger's clock, and those that begin later.
const MOST_PROFILES: usize = 100;

/// Most rows of profiles that are read for them, old versions among them.
const MOST_PROFILES_READ: usize = 2_000;

/// As of when an answer is.
#[derive(Debug, Serialize)]
pub(super) struct AsOf {
    /// The ledger's id.
    ledger: String,
    /// The log's verifier key.
    log: String,
    /// Records.
    size: u64,
    /// The newest clock, Unix seconds.
    clock: i64,
}

#[derive(Debug, Serialize)]
struct KitProfile {
    id: String,
    version: String,
    blake3: Hash32,
    commodity: String,
    from: i64,
    until: Option<i64>,
    url: String,
}

#[derive(Debug, Serialize)]
struct KitAnswer {
    #[serde(flatten)]
    as_of: AsOf,
    origin: String,
    #[serde(flatten)]
    kit: query::Kit,
    profiles: Vec<KitProfile>,
}

#[derive(Debug, Serialize)]
struct WorkAnswer {
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    work: query::Work,
}

pub(super) fn as_of(s: &Snapshot<'_>) -> Result<AsOf, Problem> {
    Ok(AsOf {
        ledger: s.app.ledger.id().to_owned(),
        log: s.app.ledger.verifier()?.to_string(),
        size: s.size,
        clock: authority::shared_ledger(s.state)?.clock,
    })
}

fn missing() -> Problem {
    Problem::not_found("no party of that name is on this ledger")
}

/// `GET /parties/{name}/kit`.
pub async fn kit(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.read(move |s| {
        let party = named(s.state, &name)?.ok_or_else(missing)?;
        let kit = query::kit(s.state, &party)?.ok_or_else(missing)?;
        let (profiles, as_of) = (profiles(s)?, as_of(s)?);
        let tag = tag(&as_of, &(&kit, &profiles))?;
        let origin = s.app.ledger.config().origin.clone();
        Ok(answer(&headers, &tag, &KitAnswer { as_of, origin, kit, profiles }))
    })
    .await
}

/// `GET /parties/{name}/work`.
pub async fn work(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.read(move |s| {
        let party = named(s.state, &name)?.ok_or_else(missing)?;
        let work = query::work(s.state, s.records, &party)?.ok_or_else(missing)?;
        let as_of = as_of(s)?;
        let tag = tag(&as_of, &work)?;
        Ok(answer(&headers, &tag, &WorkAnswer { as_of, work }))
    })
    .await
}

/// `GET /parties/{name}/work/{shipment}`: one shipment whole.
pub async fn shipment(
    State(app): State<Arc<App>>,
    Path((name, shipment)): Path<(String, String)>,
) -> Result<Response, Problem> {
    app.read(move |s| {
        let party = named(s.state, &name)?.ok_or_else(missing)?;
        let unknown = || Problem::not_found("no shipment of that id is on its way to or from the party");
        let id: RecordId = shipment.parse().map_err(|_| unknown())?;
        let found = query::shipment(s.state, s.records, &party, id)?.ok_or_else(unknown)?;
        Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], Json(found)).into_response())
    })
    .await
}

/// A weak tag over an answer without its size and clock, which change with every record: a phone that gets 304 keeps the older ones
/// beside contents that are still current.
pub(super) fn tag(as_of: &AsOf, what: &impl Serialize) -> Result<String, Problem> {
    let bytes = serde_json::to_vec(&(&as_of.ledger, &as_of.log, what)).map_err(|e| Problem::internal(&e))?;
    Ok(format!("W/\"{}\"", Hash32::of(&bytes)))
}

pub(super) fn answer(request: &HeaderMap, tag: &str, what: &impl Serialize) -> Response {
    let mut response =
        if known(request, tag) { StatusCode::NOT_MODIFIED.into_response() } else { Json(what).into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The profiles that a phone may need: those that have not ended.
fn profiles(s: &Snapshot<'_>) -> Result<Vec<KitProfile>, Problem> {
    let clock = authority::shared_ledger(s.state)?.clock;
    let mut rows = Vec::new();
    for row in state::rows::<ProfileRow>(s.state, Table::Profile, Scan::default()).take(MOST_PROFILES_READ) {
        let (key, row) = row?;
        if row.until.is_none_or(|until| clock < until) {
            rows.push((String::from_utf8_lossy(&key).into_owned(), row));
        }
    }
    Ok(in_order(rows))
}

/// In the order in which they were put in force, the newest [`MOST_PROFILES`]: of several versions that have begun the last one judges
/// (`docs/rules.md`, "Profiles").
fn in_order(mut rows: Vec<(String, ProfileRow)>) -> Vec<KitProfile> {
    rows.sort_by_key(|(_, row)| row.index);
    rows.drain(..rows.len().saturating_sub(MOST_PROFILES));
    let shown = |(key, row): (String, ProfileRow)| {
        let (id, version) = key.split_once('\0').unwrap_or((&key, ""));
        KitProfile {
            id: id.to_owned(),
            version: version.to_owned(),
            blake3: row.blake3,
            commodity: commodity_of(id).to_owned(),
            from: row.from,
            until: row.until,
            url: format!("/profiles/{}", row.blake3),
        }
    };
    rows.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kit_lists_profiles_in_the_order_in_which_they_were_put_in_force() {
        let row = |index, from| ProfileRow {
            record: RecordId::of(b"a statement"),
            index,
            blake3: Hash32::of(&[u8::try_from(index).unwrap_or(0)]),
            from,
            until: None,
        };
        // the keys of a table go by version, as text
        let rows = vec![("crab\u{0}10".to_owned(), row(9, 200)), ("crab\u{0}9".to_owned(), row(4, 100))];
        let versions: Vec<String> = in_order(rows).into_iter().map(|profile| profile.version).collect();
        assert_eq!(versions, ["9", "10"]);
    }
}
