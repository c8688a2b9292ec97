//! `GET /labels/…`: QR codes as SVG and PNG, and a sheet ready to print.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::http::Problem;
use super::{App, lots};
use crate::gs1::LotId;
use crate::label::{self, Label, LabelError, Sheet};
use crate::query;

/// The addresses of this file.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/labels/{gtin}/{lot}/qr.svg", get(svg))
        .route("/labels/{gtin}/{lot}/qr.png", get(png))
        .route("/labels/{gtin}/{lot}/sheet.svg", get(sheet))
}

impl From<LabelError> for Problem {
    fn from(error: LabelError) -> Problem {
        Problem::new("malformed-request", error.to_string())
    }
}

/// What a lot's QR code holds: its Digital Link under the node's public URL.
pub fn link(app: &App, lot: &LotId) -> String {
    lot.uri().replacen("https://id.gs1.org", &app.config.public_url, 1)
}

/// Options of a picture.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct Picture {
    scale: u32,
}

impl Default for Picture {
    fn default() -> Picture {
        Picture { scale: 8 }
    }
}

async fn svg(State(app): State<Arc<App>>, Path((gtin, lot)): Path<(String, String)>) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let svg = app.blocking(move |app| Ok(label::svg(&link(app, &lot))?)).await?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=3600")], svg)
        .into_response())
}

async fn png(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(picture): Query<Picture>,
) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let png = app.blocking(move |app| Ok(label::png(&link(app, &lot), picture.scale)?)).await?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=3600")], png).into_response())
}

/// Options of a sheet.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct SheetOptions {
    stock: String,
}

impl Default for SheetOptions {
    fn default() -> SheetOptions {
        SheetOptions { stock: "3x8".to_owned() }
    }
}

async fn sheet(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let sheet = Sheet::named(&options.stock)
        .ok_or_else(|| Problem::new("malformed-request", "stock must be 2x7, 3x8 or 2x4"))?;
    let wanted = lot.clone();
    let view = app
        .read(move |s, r| query::lot_view(s, r, &wanted))
        .await?
        .ok_or_else(|| Problem::not_found(format!("lot {lot} is not on this ledger")))?;
    let mut lines = vec![view.product.name.id.clone().unwrap_or_else(|| view.product.name.en.clone())];
    lines.extend(
        view.origins
            .iter()
            .take(1)
            .filter_map(|o| o.place.as_ref())
            .map(|p| p.name.id.clone().unwrap_or_else(|| p.name.en.clone())),
    );
    lines.extend(view.origins.iter().take(1).filter_map(|o| o.harvest_end.clone()));
    let one =
        Label { link: link(&app, &lot), hri: vec![format!("(01) {}", lot.gtin), format!("(10) {}", lot.lot)], lines };
    let page = app.blocking(move |_| Ok(sheet.page(&vec![one; sheet.capacity()])?)).await?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], page).into_response())
}
