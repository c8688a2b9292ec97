//! `GET /parties`: who is who.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;
use crate::chain::query;

/// Every party, as JSON.
pub async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let parties = super::lots::read(&app, |state, _| query::parties(state)).await?;
    Ok(Json(parties).into_response())
}
