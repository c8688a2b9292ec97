//! `GET /shipments/{record}`: the folder of a shipment, as JSON and as a page for all its parties. `GET /parties/{name}/shipments`: the
//! shipments of a party, and what of each waits for it. Both are public, as the records are that they are made of; private papers and the sums
//! of payments are read by signed requests (`evidence`).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::negotiate::{Media, best};
use super::http::page::Reader;
use super::kit::{AsOf, answer, as_of, tag};
use super::pages::{self, Notice, ShipmentInfo};
use super::party::named;
use super::readiness;
use crate::query;
use crate::query::folder::{self, Folder, PartyShipments};
use crate::record::RecordId;

#[derive(Debug, Serialize)]
struct FolderAnswer {
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    folder: Folder,
}

#[derive(Debug, Serialize)]
struct ShipmentsAnswer {
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    list: PartyShipments,
}

/// `GET /shipments/{record}`.
pub async fn get(State(app): State<Arc<App>>, Path(id): Path<String>, reader: Reader) -> Result<Response, Problem> {
    let media = best(&reader.headers, &[Media::Json, Media::Html])?;
    app.read(move |s| {
        let found = match id.parse::<RecordId>() {
            Ok(id) => folder::folder(s.state, s.records, id)?,
            Err(_) => None,
        };
        let Some(folder) = found else {
            return match media {
                Media::Html => reader.missing(s.app, &Notice::NoSuchPage),
                _ => Err(Problem::not_found("no shipment of that id is on this ledger")),
            };
        };
        if media == Media::Html {
            let ctx = reader.ctx(s)?;
            let guides = readiness::in_force(s)?;
            let name =
                |kind: &str| guides.iter().find_map(|(_, guide)| guide.as_ref()?.name_of_document(kind).cloned());
            let demo = query::party_view(s.state, &folder.from.party)?.demo
                || query::party_view(s.state, &folder.to.party)?.demo;
            let info = ShipmentInfo { folder: &folder, demo, name: &name };
            return Ok(reader.html(StatusCode::OK, &ctx, pages::render_shipment(&ctx, &info)?));
        }
        let as_of = as_of(s)?;
        let tag = tag(&as_of, &folder)?;
        let mut response = answer(&reader.headers, &tag, &FolderAnswer { as_of, folder });
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
        Ok(response)
    })
    .await
}

/// `GET /parties/{name}/shipments`.
pub async fn of_party(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    reader: Reader,
) -> Result<Response, Problem> {
    let media = best(&reader.headers, &[Media::Json, Media::Html])?;
    app.read(move |s| {
        let party = named(s.state, &name)?;
        let list = match &party {
            Some(party) => folder::shipments_of(s.state, s.records, party)?.map(|list| (party, list)),
            None => None,
        };
        let Some((party, list)) = list else {
            return match media {
                Media::Html => reader.missing(s.app, &Notice::NoSuchPage),
                _ => Err(Problem::not_found("no party of that name is on this ledger")),
            };
        };
        if media == Media::Html {
            let (ctx, view) = (reader.ctx(s)?, query::party_view(s.state, party)?);
            return Ok(reader.html(StatusCode::OK, &ctx, pages::render_shipments(&ctx, &view, &list)?));
        }
        let as_of = as_of(s)?;
        let tag = tag(&as_of, &list)?;
        let mut response = answer(&reader.headers, &tag, &ShipmentsAnswer { as_of, list });
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
        Ok(response)
    })
    .await
}
