//! `GET /parties`, `GET /parties/{name}`: who is who.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use super::negotiate::{Kind, best};
use super::problem::Problem;
use super::{App, passport};

/// Every party, as JSON.
pub async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let parties = app.blocking(|app| app.parties()).await?;
    Ok(Json(&*parties).into_response())
}

/// One party, named by its URI or by the last part of it: JSON, or its page. Of two that end alike, the one that is named in no
/// other way (`urn:jejak:party:`) is meant.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parties = app.blocking(|app| app.parties()).await?;
    let urn = format!("urn:jejak:party:{name}");
    let found = parties
        .iter()
        .find(|p| p.party == name)
        .or_else(|| parties.iter().find(|p| p.party == urn))
        .or_else(|| parties.iter().find(|p| p.party.rsplit([':', '/']).next() == Some(name.as_str())))
        .cloned();
    match (best(&headers, &[Kind::Json, Kind::Html])?, found) {
        (Kind::Html, found) => {
            // an unknown one gets a page that says so
            let party = found.map_or(name, |p| p.party);
            passport::party_page(&app, &headers, &uri, &party).await
        }
        (_, Some(party)) => Ok(Json(party).into_response()),
        (_, None) => Err(Problem::not_found("no party of that name is on this ledger")),
    }
}
