//! A place's page.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::App;
use super::http::Problem;
use super::http::page::{ctx, html, unknown};
use super::pages::{self, PlaceInfo};
use crate::chain::rows::PlaceRow;
use crate::chain::{State as ChainState, StateError, Table, state};
use crate::epcis::Place;
use crate::gs1::Gln;
use crate::query;
use crate::query::view::PlaceView;

/// A place's page.
pub(super) async fn page(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, gln: Gln) -> Result<Response, Problem> {
    let info = app.read(move |s, _| {
        let row: Option<PlaceRow> = state::get(s, Table::Place, &gln.number().to_be_bytes())?;
        let (Some(row), Some(place)) = (row, query::place_view(s, gln)?) else { return Ok(None) };
        Ok(Some(PlaceInfo { place, owner: query::party_view(s, &row.owner)?, record: row.record }))
    });
    let Some(info) = info.await? else { return unknown(app, headers, uri, format!("(414) {gln}")) };
    let ctx = ctx(app, headers, uri)?;
    Ok(html(headers, StatusCode::OK, &ctx, pages::render_place(&ctx, &info)?))
}

/// The first of an event's places that is registered.
pub(super) fn first_place(s: &dyn ChainState, places: [&Option<Place>; 2]) -> Result<Option<PlaceView>, StateError> {
    for place in places.into_iter().flatten() {
        if let Ok(gln) = Gln::from_uri(&place.id)
            && let Some(view) = query::place_view(s, gln)?
        {
            return Ok(Some(view));
        }
    }
    Ok(None)
}
