//! `GET /specifications?after=&limit=`: the specifications that parties adopted, those that were replaced among them. Their bytes are served
//! beside those of the profiles. An inspection names one as `SPEC/` and the id of the statement.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::paging::{MOST_FILES, PageArguments, link_next, page_size};
use crate::chain::rows::specifications_key;
use crate::chain::specification::{SpecificationKey, listed};
use crate::chain::state::Scan;
use crate::gs1::link::encode_component;
use crate::record::{Hash32, RecordId};

/// A specification on the log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Whose it is.
    party: String,
    commodity: String,
    id: String,
    version: String,
    blake3: Hash32,
    /// The statement that adopted it.
    record: RecordId,
    /// Its index.
    index: u64,
    /// In force from, Unix seconds.
    from: i64,
    /// Until, exclusive: when it was replaced or withdrawn.
    until: Option<i64>,
    /// Forms of the commodity that it is for.
    forms: Vec<String>,
    /// The market that it is for; any when absent.
    market: Option<String>,
}

/// The key of the last item of a page, as the next page names it: party, commodity and index, which hold no space.
fn key_of(item: &str) -> Option<Vec<u8>> {
    let mut parts = item.splitn(3, ' ');
    let (party, commodity) = (parts.next()?, parts.next()?);
    Some(specifications_key(party, commodity, Some(parts.next()?.parse().ok()?)))
}

/// The specifications by party, commodity and statement, as JSON, at most [`MOST_FILES`] on a page; the next page, when there is one, in a
/// `Link` header.
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<PageArguments>) -> Result<Response, Problem> {
    let most = page_size(page.limit, MOST_FILES)?;
    let (items, next) = app
        .read(move |s| {
            let after = page.after.as_deref().map(|item| key_of(item).unwrap_or_else(|| item.as_bytes().to_vec()));
            let scan = Scan { after: after.as_deref(), ..Scan::default() };
            let (mut items, mut last) = (Vec::new(), None);
            for found in listed(s.state, scan) {
                let (SpecificationKey { party, commodity, index }, row) = found?;
                if items.len() == most {
                    return Ok((items, last));
                }
                let file = s.app.ledger.specification(&row.blake3);
                last = Some(format!("{party} {commodity} {index}"));
                items.push(Listed {
                    party,
                    commodity,
                    id: row.id,
                    version: row.version,
                    blake3: row.blake3,
                    record: row.record,
                    index,
                    from: row.from,
                    until: row.ended.map(|(_, clock)| clock),
                    forms: file.as_ref().map(|file| file.set.forms.clone()).unwrap_or_default(),
                    market: file.and_then(|file| file.market.clone()),
                });
            }
            Ok((items, None))
        })
        .await?;
    let mut response = Json(items).into_response();
    if let Some(next) = next {
        link_next(&mut response, &format!("/specifications?after={}&limit={most}", encode_component(&next)));
    }
    Ok(response)
}
