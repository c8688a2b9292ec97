//! `GET /` and `GET /search`: the newest lots, and what leads from a number to its page.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::catalogue::Wanted;
use super::http::Problem;
use super::http::page::{ctx, html};
use super::pages::{self, IndexInfo, LotLine};
use super::{App, resolver};
use crate::chain::query::{self, LotBrief};
use crate::chain::{State as ChainState, StateError, authority};
use crate::gs1::{DigitalLink, Gln, LotId, PrimaryKey, element};

/// Newest lots on the home page.
pub(super) const RECENT: usize = 40;

/// `GET /`.
pub async fn home(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    index(&app, &headers, &uri, Sought::Nothing).await
}

/// What the lots of the home page are.
enum Sought {
    /// The newest.
    Nothing,
    /// The newest, for nothing was found for this.
    Missed(String),
    /// Those that were found for this.
    Found(String, Vec<(u64, LotId)>),
}

async fn index(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, sought: Sought) -> Result<Response, Problem> {
    let mut ctx = ctx(app, headers, uri)?;
    "/".clone_into(&mut ctx.path);
    let (missed, found, lots, demo) = app
        .blocking(move |app| {
            let (missed, found, lots) = match sought {
                Sought::Found(q, lots) => (None, Some(q), Some(lots)),
                Sought::Missed(q) => (Some(q), None, None),
                Sought::Nothing => (None, None, None),
            };
            let newest = || app.lots(Wanted { product: None, before: None, most: RECENT }).map(|page| page.lots);
            let briefs = app.briefs(lots.map_or_else(newest, Ok)?)?;
            let lots = app.ledger.with_state(|s, _| lines(s, briefs)).map_err(|e| Problem::internal(&e))?;
            let ledger =
                app.ledger.with_state(|s, _| authority::shared_ledger(s)).map_err(|e| Problem::internal(&e))?;
            Ok((missed, found, lots, ledger.any_demo))
        })
        .await?;
    let size = app.ledger.checkpoint().map_or(0, |head| head.size);
    let status = if missed.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let info = IndexInfo { lots, size, missed, found, demo };
    let page = pages::render_index(&ctx, &info)?;
    Ok(html(headers, status, &ctx, page))
}

/// What a reader searches for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
}

/// `GET /search?q=`: a Digital Link, an element string, the number of a container, product, party or place, or a lot number or
/// its beginning.
pub async fn search(
    State(app): State<Arc<App>>,
    Query(search): Query<Search>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let q = search.q.trim().to_owned();
    if q.is_empty() {
        return index(&app, &headers, &uri, Sought::Nothing).await;
    }
    let ctx = ctx(&app, &headers, &uri)?;
    let link = scanned(&q).or_else(|| element::parse(&q).and_then(DigitalLink::from_elements).ok());
    if let Some(link) = link {
        let path = link.canonical();
        return Ok(Redirect::to(&ctx.link(path.trim_start_matches("https://id.gs1.org"))).into_response());
    }
    let numbers = numbered(&q);
    let known = app.read(move |s, _| {
        for (key, path) in numbers {
            if resolver::known(s, &key)?.is_ok() {
                return Ok(Some(path));
            }
        }
        Ok(None)
    });
    if let Some(path) = known.await? {
        return Ok(Redirect::to(&ctx.link(&path)).into_response());
    }
    let wanted = q.clone();
    let mut found = app.blocking(move |app| app.lots_numbered(&wanted, RECENT)).await?;
    match found.as_slice() {
        [(_, only)] => Ok(Redirect::to(&ctx.link(&pages::lot_path(only))).into_response()),
        [] => index(&app, &headers, &uri, Sought::Missed(q)).await,
        _ => index(&app, &headers, &uri, Sought::Found(q, std::mem::take(&mut found))).await,
    }
}

/// The link in a text that is an address, read as the resolver reads it.
fn scanned(q: &str) -> Option<DigitalLink> {
    let scheme = ["https://", "http://", "HTTPS://", "HTTP://"].iter().find(|scheme| q.starts_with(**scheme))?;
    let (_, rest) = q.strip_prefix(*scheme)?.split('#').next()?.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    DigitalLink::resolve(path.trim_end_matches('/'), query).ok().map(|resolved| resolved.link)
}

/// What a number without its identifier may be, likeliest first, with the path of each.
fn numbered(q: &str) -> Vec<(PrimaryKey, String)> {
    let digits: String = q.chars().filter(|c| !c.is_whitespace()).collect();
    let mut keys = Vec::new();
    keys.extend(digits.parse().ok().map(PrimaryKey::Sscc));
    if matches!(digits.len(), 8 | 12..=14) {
        keys.extend(format!("{digits:0>14}").parse().ok().map(PrimaryKey::Gtin));
    }
    let gln: Option<Gln> = digits.parse().ok();
    keys.extend(gln.into_iter().flat_map(|gln| [PrimaryKey::Party(gln), PrimaryKey::Place(gln)]));
    let path = |key: &PrimaryKey| match key {
        PrimaryKey::Sscc(sscc) => format!("/00/{sscc}"),
        PrimaryKey::Party(gln) => format!("/417/{gln}"),
        PrimaryKey::Place(gln) => format!("/414/{gln}"),
        _ => format!("/01/{digits:0>14}"),
    };
    keys.into_iter().map(|key| (key.clone(), path(&key))).collect()
}

pub(super) fn line(s: &dyn ChainState, brief: LotBrief) -> Result<LotLine, StateError> {
    Ok(LotLine {
        commodity: query::product_view(s, brief.lot.gtin)?.map(|p| p.commodity).unwrap_or_default(),
        maker: query::party_view(s, &brief.maker)?.name,
        lot: brief.lot,
        product: brief.product,
        unit: brief.unit,
        amount: brief.produced,
        headline: brief.headline,
    })
}

/// Lots as list lines.
pub(super) fn lines(s: &dyn ChainState, lots: Vec<LotBrief>) -> Result<Vec<LotLine>, StateError> {
    lots.into_iter().map(|l| line(s, l)).collect()
}
