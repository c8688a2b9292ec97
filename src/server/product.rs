//! A product's page, with its newest lots.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::App;
use super::catalogue::Wanted;
use super::home::{RECENT, lines};
use super::http::Problem;
use super::http::page::{ctx, html, unknown};
use super::pages::{self, ProductInfo};
use crate::chain::rows::ProductRow;
use crate::chain::{StateError, Table, state};
use crate::gs1::{Gtin, Serial};
use crate::query;

/// A product's page; 404 with a serial number, which is issued within a lot: without it nothing is known of the pack.
pub(super) async fn page(
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
