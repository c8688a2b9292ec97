//! `GET /parties/{name}`: a party, as JSON and as a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::App;
use super::home::{RECENT, lines};
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::negotiate::{Media, best};
use super::http::page::Reader;
use super::pages::{self, KeyState, Notice, PartyInfo};
use super::{readiness, regions};
use crate::chain::keys::keys_of;
use crate::chain::rows::{AccreditationRow, KeyRow};
use crate::chain::{RecordSource, State as ChainState, StateError, Table, entity_index, state};
use crate::guide::Paper;
use crate::names::Names;
use crate::query;
use crate::query::view::{PartyView, SpecificationView};
use crate::record::registry::{Standing, Statement};
use crate::record::{Payload, PublicKey};
use crate::region::Code;

/// Most keys on a party's page: those in force come first.
const MOST_KEYS: usize = 100;

/// Most specifications on a party's page: the file of each is read.
const MOST_SPECIFICATIONS: usize = 50;

/// One party, named by its URI or by the last part of it: JSON, or its page.
pub async fn get(State(app): State<Arc<App>>, Path(name): Path<String>, reader: Reader) -> Result<Response, Problem> {
    let media = best(&reader.headers, &[Media::Json, Media::Html])?;
    app.read(move |s| {
        let party = named(s.state, &name)?;
        match (media, party) {
            (Media::Html, Some(party)) => page(s, &reader, &party),
            (Media::Html, None) => reader.missing(s.app, &Notice::NoSuchPage),
            (_, Some(party)) => Ok(Json(query::party_view(s.state, &party)?).into_response()),
            (_, None) => Err(Problem::not_found("no party of that name is on this ledger")),
        }
    })
    .await
}

/// The URI of the party of this name: the URI itself, or what follows `urn:jejak:party:` or the (417) of a GLN in it.
pub(super) fn named(state: &dyn ChainState, name: &str) -> Result<Option<String>, StateError> {
    for uri in [name.to_owned(), format!("urn:jejak:party:{name}"), format!("https://id.gs1.org/417/{name}")] {
        if state.get(Table::Party, uri.as_bytes())?.is_some() {
            return Ok(Some(uri));
        }
    }
    Ok(None)
}

/// A party's page.
pub(super) fn page(s: &Snapshot<'_>, reader: &Reader, party: &str) -> Result<Response, Problem> {
    if s.state.get(Table::Party, party.as_bytes())?.is_none() {
        return reader.missing(s.app, &Notice::NoSuchPage);
    }
    let accreditations: Option<Vec<AccreditationRow>> = state::get(s.state, Table::Accreditation, party.as_bytes())?;
    let view = query::party_view(s.state, party)?;
    let recent = query::recent_lots_of(s.state, s.records, party, RECENT)?;
    let mut keys = keys(s.state, party)?;
    let more_keys = keys.len() > MOST_KEYS;
    keys.truncate(MOST_KEYS);
    let info = PartyInfo {
        keys,
        more_keys,
        accreditations: accreditations
            .unwrap_or_default()
            .into_iter()
            .map(|row| (row.body, row.number, row.scope, row.until))
            .collect(),
        specifications: specifications(s, party)?,
        certificates: certificates(s, party)?,
        suspended_for: suspended_for(s.state, s.records, &view)?,
        lots: lines(s.state, recent.lots)?,
        more_lots: recent.more,
        region: region(s, &view)?,
        party: view,
    };
    let ctx = reader.ctx(s)?;
    Ok(reader.html(StatusCode::OK, &ctx, pages::render_party(&ctx, &info)?))
}

/// The smallest region with a page that a party lies in.
fn region(s: &Snapshot<'_>, party: &PartyView) -> Result<Option<Code>, Problem> {
    let Some(code) = party.region.as_ref().and_then(Code::of) else { return Ok(None) };
    Ok(regions::known(s)?.holder(&code).map(|region| region.code.clone()))
}

/// The certificates of a party, each with what the guides in force call its kind.
fn certificates(s: &Snapshot<'_>, party: &str) -> Result<Vec<(Option<Names>, Paper)>, Problem> {
    let held = query::readiness::certificates(s.state, party)?;
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let guides = readiness::in_force(s)?;
    let name = |kind: &str| guides.iter().find_map(|(_, guide)| guide.as_ref()?.name_of_certificate(kind).cloned());
    let named = |paper: Paper| (name(&paper.kind), paper);
    Ok(held.into_iter().map(named).collect())
}

/// The newest specifications of a party, those in force first.
fn specifications(s: &Snapshot<'_>, party: &str) -> Result<Vec<(String, SpecificationView, Option<i64>)>, StateError> {
    let found = query::specifications_of(s.state, s.records, party, MOST_SPECIFICATIONS)?;
    Ok(found.into_iter().map(|adopted| (adopted.commodity, adopted.view, adopted.until)).collect())
}

/// The keys of a party, each with its label and whether it may be relied on.
fn keys(state: &dyn ChainState, party: &str) -> Result<Vec<(PublicKey, Option<String>, KeyState)>, StateError> {
    let keys = keys_of(state, party, MOST_KEYS + 1)?.into_iter();
    let of = |row: &KeyRow| match (row.compromised_since, &row.revoked) {
        (Some(_), _) => KeyState::Compromised,
        (None, Some(_)) => KeyState::Ended,
        (None, None) => KeyState::Active,
    };
    let shown = |(key, row): (PublicKey, KeyRow)| {
        let state = of(&row);
        (key, row.label, state)
    };
    Ok(keys.map(shown).collect())
}

/// Why a party is suspended, as stated by the party that suspended it.
fn suspended_for(
    state: &dyn ChainState,
    records: &dyn RecordSource,
    party: &PartyView,
) -> Result<Option<(String, PartyView)>, StateError> {
    if party.standing == Standing::Active {
        return Ok(None);
    }
    for entry in
        entity_index::newest_entries(state, &entity_index::registry_uri(&party.party), u64::MAX).take(query::MOST_READ)
    {
        let Some(record) = records.record(&entry?.record)? else { continue };
        if let Payload::Registry(statement) = &record.payload
            && let Statement::PartyStatus(status) = &**statement
            && status.party == party.party
        {
            let by = query::party_view(state, &record.claims.iss)?;
            return Ok(status.reason.clone().map(|reason| (reason, by)));
        }
    }
    Ok(None)
}
