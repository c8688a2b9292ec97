//! `GET /` and `GET /search`: the newest lots, and the search by number.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::page::Reader;
use super::pages::{self, IndexInfo, LotLine};
use super::{App, resolver};
use crate::chain::{RecordSource, State as ChainState, StateError, authority};
use crate::gs1::{DigitalLink, Gln, LotId, PrimaryKey, element};
use crate::query::{self, LotBrief};

/// Newest lots on the home page.
pub(super) const RECENT: usize = 40;

/// `GET /`.
pub async fn home(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, Problem> {
    app.read(move |s| index(s, &reader, Shown::Newest)).await
}

/// Which lots the home page shows.
enum Shown {
    /// The newest.
    Newest,
    /// The newest, because nothing was found for this query.
    NothingFound(String),
    /// Those found for this query.
    Found(String, Vec<(u64, LotId)>),
}

fn index(s: &Snapshot<'_>, reader: &Reader, shown: Shown) -> Result<Response, Problem> {
    let (missed, found, lots) = match shown {
        Shown::Found(q, lots) => (None, Some(q), Some(lots)),
        Shown::NothingFound(q) => (Some(q), None, None),
        Shown::Newest => (None, None, None),
    };
    let newest = || {
        query::newest_lots(s.state, query::LotQuery { most: RECENT, ..query::LotQuery::default() })
            .map(|page| page.lots)
    };
    let lots = lines(s.state, briefs(s.state, s.records, lots.map_or_else(newest, Ok)?)?)?;
    let status = if missed.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let size = s.head.as_ref().map_or(0, |head| head.size);
    let demo = authority::shared_ledger(s.state)?.any_demo;
    let mut ctx = reader.ctx(s)?;
    "/".clone_into(&mut ctx.path);
    let page = pages::render_index(&ctx, &IndexInfo { lots, size, missed, found, demo })?;
    Ok(reader.html(status, &ctx, page))
}

/// What a reader searches for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
}

impl Described for Search {
    fn about(field: &str) -> Option<About> {
        (field == "q").then(|| (json!({ "type": "string" }), "a Digital Link, an element string, a number"))
    }
}

/// `GET /search?q=`: a Digital Link, an element string, the number of a container, product, party or place, or a lot number or
/// its beginning.
pub async fn search(
    State(app): State<Arc<App>>,
    Query(search): Query<Search>,
    reader: Reader,
) -> Result<Response, Problem> {
    let q = search.q.trim().to_owned();
    app.read(move |s| {
        if q.is_empty() {
            return index(s, &reader, Shown::Newest);
        }
        let to = |path: &str| Ok(Redirect::to(&reader.ctx_without_words(s.app)?.link(path)).into_response());
        let link = scanned(&q).or_else(|| element::parse(&q).and_then(DigitalLink::from_elements).ok());
        if let Some(link) = link {
            return to(link.canonical().trim_start_matches("https://id.gs1.org"));
        }
        for (key, path) in numbered(&q) {
            if resolver::known(s.state, &key)?.is_ok() {
                return to(&path);
            }
        }
        let found = query::lots_numbered(s.state, &q, RECENT)?;
        match found.as_slice() {
            [(_, only)] => to(&pages::lot_path(only)),
            [] => index(s, &reader, Shown::NothingFound(q)),
            _ => index(s, &reader, Shown::Found(q, found)),
        }
    })
    .await
}

/// The Digital Link in an address, read as the resolver does.
fn scanned(q: &str) -> Option<DigitalLink> {
    let scheme = ["https://", "http://", "HTTPS://", "HTTP://"].iter().find(|scheme| q.starts_with(**scheme))?;
    let (_, rest) = q.strip_prefix(*scheme)?.split('#').next()?.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    DigitalLink::resolve(path.trim_end_matches('/'), query).ok().map(|resolved| resolved.link)
}

/// The keys that a bare number may be, most likely first, each with its path.
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

/// List entries of these lots, given with the index of the record that created each; a lot that was removed or created again
/// since is left out.
pub(super) fn briefs(
    state: &dyn ChainState,
    source: &dyn RecordSource,
    lots: Vec<(u64, LotId)>,
) -> Result<Vec<LotBrief>, StateError> {
    let created: HashMap<LotId, u64> = lots.iter().map(|(created, lot)| (lot.clone(), *created)).collect();
    let mut briefs = query::briefs(state, source, lots.into_iter().map(|(_, lot)| lot).collect())?;
    briefs.retain(|brief| created.get(&brief.lot) == Some(&brief.created));
    Ok(briefs)
}

/// A lot as a list line.
pub(super) fn line(s: &dyn ChainState, brief: LotBrief) -> Result<LotLine, StateError> {
    let (commodity, form) = query::product_view(s, brief.lot.gtin)?.map(|p| (p.commodity, p.form)).unwrap_or_default();
    Ok(LotLine {
        commodity,
        form,
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
