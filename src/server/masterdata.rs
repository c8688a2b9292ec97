//! The pages of what is registered beside parties: a product with its newest lots, and a place.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::App;
use super::catalogue::Wanted;
use super::lots::read;
use super::pages::{self, Notice, PlaceInfo, ProductInfo};
use super::passport::{RECENT, ctx, html, lines};
use super::problem::Problem;
use crate::chain::rows::{PlaceRow, ProductRow};
use crate::chain::{StateError, Table, query, state};
use crate::gs1::{Gln, Gtin, Serial};

/// The page that says that the ledger knows nothing of a number.
pub(super) fn unknown(app: &App, headers: &HeaderMap, uri: &Uri, code: String) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let page = pages::render_notice(&ctx, &Notice::UnknownNumber(code))?;
    Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page))
}

/// A product's page; 404 with a serial number, which is issued within a lot: without it nothing is known of the pack.
pub(super) async fn product_page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    gtin: Gtin,
    serial: Option<&Serial>,
) -> Result<Response, Problem> {
    let status = if serial.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let serial = serial.map(ToString::to_string);
    let info = app.blocking(move |app| {
        let newest = app.lots(Wanted { product: Some(gtin), before: None, most: RECENT })?;
        let briefs = app.briefs(newest.lots)?;
        let found = app.ledger.with_state(|s, _| {
            let row: Option<ProductRow> = state::get(s, Table::Product, &gtin.number().to_be_bytes())?;
            let (Some(row), Some(product)) = (row, query::product_view(s, gtin)?) else { return Ok(None) };
            Ok(Some(ProductInfo {
                product,
                owner: query::party_view(s, &row.owner)?,
                makers: row.makers.iter().map(|maker| query::party_view(s, maker)).collect::<Result<_, _>>()?,
                record: row.record,
                lots: lines(s, briefs)?,
                serial,
            }))
        });
        found.map_err(|e: StateError| Problem::internal(&e))
    });
    let Some(info) = info.await? else { return unknown(app, headers, uri, format!("(01) {gtin}")) };
    let ctx = ctx(app, headers, uri)?;
    Ok(html(headers, status, &ctx, pages::render_product(&ctx, &info)?))
}

/// A place's page.
pub(super) async fn place_page(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, gln: Gln) -> Result<Response, Problem> {
    let info = read(app, move |s, _| {
        let row: Option<PlaceRow> = state::get(s, Table::Place, &gln.number().to_be_bytes())?;
        let (Some(row), Some(place)) = (row, query::place_view(s, gln)?) else { return Ok(None) };
        Ok(Some(PlaceInfo { place, owner: query::party_view(s, &row.owner)?, record: row.record }))
    });
    let Some(info) = info.await? else { return unknown(app, headers, uri, format!("(414) {gln}")) };
    let ctx = ctx(app, headers, uri)?;
    Ok(html(headers, StatusCode::OK, &ctx, pages::render_place(&ctx, &info)?))
}
