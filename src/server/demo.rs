//! `GET /demo/keys/{number}`: the public keys of a demonstration, with their secrets. They open the app as a person of the demo.
//!
//! Only on a ledger whose first entry says that it is a demonstration, and only keys that it enrolled: on any other ledger there is
//! nothing at this address, whatever its later entries say.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde_json::json;

use super::App;
use super::http::Problem;
use super::http::blocking::Snapshot;
use crate::chain::rows::{KeyRow, PartyRow};
use crate::chain::state::row;
use crate::chain::{StateError, Table};
use crate::record::registry::Statement;
use crate::record::{Payload, PublicKey, demo};

/// Whether entry 0 of the ledger says that it is a demonstration.
fn is_demo(s: &Snapshot<'_>) -> Result<bool, Problem> {
    let founder = s.app.ledger.record_at(0)?;
    Ok(founder.is_some_and(|record| match &record.payload {
        Payload::Registry(statement) => matches!(&**statement, Statement::Party(party) if party.demo),
        Payload::Event(_) => false,
    }))
}

/// `GET /demo/keys/{number}`.
pub async fn key(State(app): State<Arc<App>>, Path(number): Path<String>) -> Result<Response, Problem> {
    let missing = || Problem::not_found("this ledger has no public demo key of that number");
    let number: u32 = number.parse().map_err(|_| missing())?;
    app.read(move |s| {
        if !is_demo(s)? {
            return Err(missing());
        }
        let ledger = s.app.ledger.id();
        let public = PublicKey(demo::key(ledger, number).verifying_key().to_bytes());
        let enrolled = row::<KeyRow>(s.state, Table::Key, &public.0)?.filter(|row| row.revoked.is_none());
        let enrolled = enrolled.ok_or_else(missing)?;
        let party = row::<PartyRow>(s.state, Table::Party, enrolled.party.as_bytes())?
            .ok_or_else(|| StateError::new("a key of a party that is not there"))?;
        let answer = json!({
            "number": number,
            "notice": "a public key of a demonstration: anybody can sign with it",
            "ledger": ledger,
            "party": enrolled.party,
            "name": party.name,
            "roles": party.roles,
            "purpose": enrolled.purpose,
            "key": public,
            "secret": HEXLOWER.encode(&demo::secret(ledger, number)),
        });
        let mut response = Json(answer).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    })
    .await
}
