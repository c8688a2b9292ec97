//! `GET /parties`, `GET /parties/{name}`: who is who, as JSON and as a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::App;
use super::home::{RECENT, lines};
use super::http::Problem;
use super::http::negotiate::{Kind, best};
use super::http::page::{ctx, html};
use super::pages::{self, Notice, PartyInfo};
use crate::chain::keys::keys_of;
use crate::chain::rows::AccreditationRow;
use crate::chain::view::PartyView;
use crate::chain::{RecordSource, State as ChainState, StateError, Table, entity_index, query, state};
use crate::record::Payload;
use crate::record::registry::{Standing, Statement};

/// Every party, as JSON.
pub async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let parties = app.read(|s, _| query::parties(s, None, usize::MAX)).await?;
    Ok(Json(parties.items).into_response())
}

/// One party, named by its URI or by the last part of it: JSON, or its page. Of two that end alike, the one that is named in no
/// other way (`urn:jejak:party:`) is meant.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // a party's URI has one of these two forms
    let names = [name.clone(), format!("urn:jejak:party:{name}"), format!("https://id.gs1.org/417/{name}")];
    let found = app.read(move |s, _| {
        for name in &names {
            if s.get(Table::Party, name.as_bytes())?.is_some() {
                return query::party_view(s, name).map(Some);
            }
        }
        Ok(None)
    });
    let found = found.await?;
    match (best(&headers, &[Kind::Json, Kind::Html])?, found) {
        (Kind::Html, found) => {
            // an unknown one gets a page that says so
            let party = found.map_or(name, |p| p.party);
            page(&app, &headers, &uri, &party).await
        }
        (_, Some(party)) => Ok(Json(party).into_response()),
        (_, None) => Err(Problem::not_found("no party of that name is on this ledger")),
    }
}

/// A party's page.
pub(super) async fn page(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, party: &str) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let wanted = party.to_owned();
    let info = app
        .read(move |s, r| {
            if s.get(Table::Party, wanted.as_bytes())?.is_none() {
                return Ok(None);
            }
            let keys =
                keys_of(s, &wanted)?.into_iter().map(|(key, row)| (key, row.label, row.revoked.is_none())).collect();
            let rows: Vec<AccreditationRow> =
                state::get(s, Table::Accreditation, wanted.as_bytes())?.unwrap_or_default();
            Ok(Some(PartyInfo {
                party: query::party_view(s, &wanted)?,
                keys,
                accreditations: rows.into_iter().map(|r| (r.body, r.number, r.scope, r.until)).collect(),
                suspended_for: suspended_for(s, r, &wanted)?,
                lots: lines(s, query::recent_lots_of(s, &wanted, RECENT)?)?,
            }))
        })
        .await?;
    match info {
        Some(info) => Ok(html(headers, StatusCode::OK, &ctx, pages::render_party(&ctx, &info)?)),
        None => Ok(html(headers, StatusCode::NOT_FOUND, &ctx, pages::render_notice(&ctx, &Notice::NoSuchPage)?)),
    }
}

/// Why a party is suspended, in the words of who suspended it.
fn suspended_for(
    s: &dyn ChainState,
    r: &dyn RecordSource,
    party: &str,
) -> Result<Option<(String, PartyView)>, StateError> {
    if query::party_view(s, party)?.standing == Standing::Active {
        return Ok(None);
    }
    for entry in entity_index::newest_entries(s, &entity_index::registry_uri(party), u64::MAX) {
        let Some(record) = r.record(&entry?.record)? else { continue };
        if let Payload::Registry(statement) = &record.payload
            && let Statement::PartyStatus(status) = &**statement
            && status.party == party
        {
            let by = query::party_view(s, &record.claims.iss)?;
            return Ok(status.reason.clone().map(|reason| (reason, by)));
        }
    }
    Ok(None)
}
