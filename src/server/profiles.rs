//! `GET /profiles?after=&limit=`, `GET /profiles/{blake3}`: the commodity profiles that the authority has put in force, and their bytes. An
//! inspection names one of them, by id, version and hash.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::compress;
use super::http::paging::{MOST_FILES, PageArguments, link_next, page_size};
use super::http::response::{immutable_file, known, unchanging, weaken_tag};
use super::pages::Glossary;
use crate::chain::rows::{ProfileRow, profile_key};
use crate::chain::state::{self, Scan};
use crate::chain::{Table, authority};
use crate::gs1::link::encode_component;
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

/// The glossary of the profiles on the log: those in force by the ledger's clock first, newest statement first. It is made again
/// after a statement of the authority, and when the clock passes the start or end of a profile.
///
/// # Errors
/// [`Problem`] when the state can't be read.
pub(super) fn glossary(s: &Snapshot<'_>) -> Result<Glossary, Problem> {
    let ledger = authority::shared_ledger(s.state)?;
    let (statements, clock) = (ledger.statements, ledger.clock);
    if let Some(glossary) = s.app.memo.glossary(statements, clock) {
        return Ok(glossary);
    }
    let rows = state::rows::<ProfileRow>(s.state, Table::Profile, Scan::default());
    let rows: Vec<ProfileRow> = rows.map(|row| row.map(|(_, row)| row)).collect::<Result<_, _>>()?;
    let mut found: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((in_force(row, clock), row.index, s.app.ledger.profile(&row.blake3)?)))
        .collect();
    let complete = found.len() == rows.len();
    found.sort_by_key(|(in_force, index, _)| Reverse((*in_force, *index)));
    let glossary = Glossary::new(found.into_iter().map(|(_, _, profile)| profile).collect());
    // a profile whose bytes are missing may be uploaded again, and is kept once it is found: it is looked for at each clock
    let until = if complete { unchanged(&rows, clock) } else { clock..clock.saturating_add(1) };
    s.app.memo.set_glossary(statements, until, glossary.clone());
    Ok(glossary)
}

fn in_force(row: &ProfileRow, clock: i64) -> bool {
    row.from <= clock && row.until.is_none_or(|until| clock < until)
}

/// The times around `clock` at which the same profiles are in force.
fn unchanged(rows: &[ProfileRow], clock: i64) -> Range<i64> {
    let changes = || rows.iter().flat_map(|row| [Some(row.from), row.until]).flatten();
    let start = changes().filter(|at| *at <= clock).max().unwrap_or(i64::MIN);
    start..changes().filter(|at| *at > clock).min().unwrap_or(i64::MAX)
}

/// `GET /profiles?after=&limit=`: the profiles by id and version, as JSON, at most [`MOST_FILES`] on a page; the next page, when there is
/// one, in a `Link` header.
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<PageArguments>) -> Result<Response, Problem> {
    let most = page_size(page.limit, MOST_FILES)?;
    let (listed, next) = app
        .read(move |s| {
            let after = page.after.as_deref().map(|item| item.split_once('@').unwrap_or((item, "")));
            let after = after.map(|(id, version)| profile_key(id, version));
            let scan = Scan { after: after.as_deref(), ..Scan::default() };
            let (mut listed, mut last) = (Vec::new(), None);
            for row in state::rows::<ProfileRow>(s.state, Table::Profile, scan) {
                let (_, row) = row?;
                if listed.len() == most {
                    return Ok((listed, last));
                }
                let Some(profile) = s.app.ledger.profile(&row.blake3) else { continue };
                last = Some(format!("{}@{}", profile.id, profile.version));
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
            Ok((listed, None))
        })
        .await?;
    let mut response = ([(header::CACHE_CONTROL, "no-cache")], Json(listed)).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("/profiles?after={}&limit={most}", encode_component(&next)));
    }
    Ok(response)
}

/// The bytes of one, as they were put in force. Each page of a lot fetches those of its proof.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("no profile of that hash is on this ledger; /profiles lists those there are");
    let hash: Hash32 = hash.parse().map_err(|_| missing())?;
    let etag = format!("\"{hash}\"");
    let kept = match compress::accepted(&headers) && !known(&headers, &etag) {
        true => brotli(&app, hash).await?,
        false => None,
    };
    let mut response = match kept {
        Some(brotli) => unchanging(compress::answer(brotli), JSON, &etag),
        None => {
            let file = app.blocking(move |app| Ok(app.ledger.profile_file(&hash)?)).await?.ok_or_else(missing)?;
            immutable_file(&app, &headers, JSON, file)?
        }
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // a phone keeps several, and JSON of this kind is an eighth when compressed
    weaken_tag(&mut response);
    Ok(response)
}

const JSON: &str = "application/json";

/// A profile in Brotli, made once. Not of a specification: any party may adopt those.
async fn brotli(app: &Arc<App>, hash: Hash32) -> Result<Option<Bytes>, Problem> {
    if let Some(made) = app.memo.profile(&hash) {
        return Ok(Some(made));
    }
    let bytes = app
        .blocking(move |app| match app.ledger.profile(&hash) {
            Some(_) => Ok(app.ledger.profile_bytes(&hash)?),
            None => Ok(None),
        })
        .await?;
    let Some(bytes) = bytes else { return Ok(None) };
    let of = app.clone();
    let make = move || {
        of.memo.profile(&hash).unwrap_or_else(|| {
            let made = compress::brotli(&bytes);
            of.memo.keep_profile(hash, made.clone());
            made
        })
    };
    Ok(compress::in_turn(make).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_glossary_holds_until_a_profile_starts_or_ends() {
        let of = |from, until| ProfileRow {
            record: Hash32::of(b"statement"),
            index: 1,
            blake3: Hash32::of(b"profile"),
            from,
            until,
        };
        let rows = [of(10, Some(30)), of(20, None), of(30, Some(40))];
        let state = |clock| rows.each_ref().map(|row| in_force(row, clock));
        for clock in 0..50 {
            let same = unchanged(&rows, clock);
            assert!(same.contains(&clock), "{clock} in {same:?}");
            assert!((0..50).all(|other| !same.contains(&other) || state(other) == state(clock)), "{clock}: {same:?}");
        }
        assert_eq!((unchanged(&rows, 5), unchanged(&rows, 25)), (i64::MIN..10, 20..30));
        assert_eq!(unchanged(&rows, 45), 40..i64::MAX);
        assert_eq!(unchanged(&[], 45), i64::MIN..i64::MAX);
    }
}
