//! A product's page, with its newest lots.

use axum::http::StatusCode;
use axum::response::Response;

use super::home::{RECENT, briefs, lines};
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::page::Reader;
use super::pages::{self, Notice, ProductInfo};
use crate::chain::rows::ProductRow;
use crate::chain::{Table, state};
use crate::gs1::{Gtin, Serial};
use crate::query;

/// A product's page; 404 with a serial number, because a serial without its lot is unknown.
pub(super) fn page(
    s: &Snapshot<'_>,
    reader: &Reader,
    gtin: Gtin,
    serial: Option<&Serial>,
) -> Result<Response, Problem> {
    let row: Option<ProductRow> = state::get(s.state, Table::Product, &gtin.number().to_be_bytes())?;
    let (Some(row), Some(product)) = (row, query::product_view(s.state, gtin)?) else {
        return reader.missing(s.app, &Notice::UnknownNumber(format!("(01) {gtin}")));
    };
    let newest = query::newest_lots(
        s.state,
        query::LotQuery { product: Some(gtin), most: RECENT, ..query::LotQuery::default() },
    )?;
    let info = ProductInfo {
        product,
        owner: query::party_view(s.state, &row.owner)?,
        makers: row.makers.iter().map(|maker| query::party_view(s.state, maker)).collect::<Result<_, _>>()?,
        record: row.record,
        lots: lines(s.state, briefs(s.state, s.records, newest.lots)?)?,
        serial: serial.map(ToString::to_string),
    };
    let status = if serial.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let ctx = reader.ctx(s)?;
    Ok(reader.html(status, &ctx, pages::render_product(&ctx, &info)?))
}
