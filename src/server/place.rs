//! A place's page.

use axum::http::StatusCode;
use axum::response::Response;

use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::page::Reader;
use super::pages::{self, Notice, PlaceInfo, PlaceMonitored};
use crate::chain::rows::PlaceRow;
use crate::chain::{State, StateError, Table, monitored, state, times};
use crate::epcis::Place;
use crate::gs1::Gln;
use crate::query;
use crate::query::view::PlaceView;

/// Most records of monitoring that are listed: the newest.
const MOST_MONITORING: usize = 20;

/// A place's page.
pub(super) fn page(s: &Snapshot<'_>, reader: &Reader, gln: Gln) -> Result<Response, Problem> {
    let row: Option<PlaceRow> = state::get(s.state, Table::Place, &gln.number().to_be_bytes())?;
    let (Some(row), Some(place)) = (row, query::place_view(s.state, gln)?) else {
        return reader.missing(s.app, &Notice::UnknownNumber(format!("(414) {gln}")));
    };
    let mut monitoring = Vec::new();
    for found in monitored::newest_of_place(s.state, gln, MOST_MONITORING)? {
        if let (Some(from), Some(until)) = (times::date(found.from), times::date(found.until)) {
            let by = query::party_view(s.state, &found.by)?;
            monitoring.push(PlaceMonitored { record: found.record, by, from, until });
        }
    }
    let info = PlaceInfo { place, owner: query::party_view(s.state, &row.owner)?, record: row.record, monitoring };
    let ctx = reader.ctx(s)?;
    Ok(reader.html(StatusCode::OK, &ctx, pages::render_place(&ctx, &info)?))
}

/// The first registered place of an event.
pub(super) fn first_place(state: &dyn State, places: [&Option<Place>; 2]) -> Result<Option<PlaceView>, StateError> {
    for place in places.into_iter().flatten() {
        if let Ok(gln) = Gln::from_uri(&place.id)
            && let Some(view) = query::place_view(state, gln)?
        {
            return Ok(Some(view));
        }
    }
    Ok(None)
}
