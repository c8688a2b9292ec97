//! `GET /`: the newest lots, or what a search found.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::App;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::page::Reader;
use super::pages::{self, Hit, IndexInfo, LotLine};
use crate::chain::{RecordSource, State as ChainState, StateError, authority};
use crate::gs1::{LinkError, LotId};
use crate::query::{self, LotBrief};

/// Newest lots on the home page.
pub(super) const RECENT: usize = 40;

/// `GET /`.
pub async fn home(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, Problem> {
    app.read(move |s| index(s, &reader, Shown::Newest)).await
}

/// What the home page shows.
pub(super) enum Shown {
    /// The newest lots.
    Newest,
    /// The newest lots, because nothing was found for this query; and what is wrong with it, if it is a code.
    NothingFound { q: String, why: Option<LinkError> },
    /// What was found for this query.
    Found { q: String, hits: Vec<Hit>, lots: Vec<(u64, LotId)> },
}

pub(super) fn index(s: &Snapshot<'_>, reader: &Reader, shown: Shown) -> Result<Response, Problem> {
    let (missed, why, found, hits, lots) = match shown {
        Shown::Found { q, hits, lots } => (None, None, Some(q), hits, Some(lots)),
        Shown::NothingFound { q, why } => (Some(q), why, None, Vec::new(), None),
        Shown::Newest => (None, None, None, Vec::new(), None),
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
    let page = pages::render_index(&ctx, &IndexInfo { lots, size, missed, why, found, hits, demo })?;
    Ok(reader.html(status, &ctx, page))
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
