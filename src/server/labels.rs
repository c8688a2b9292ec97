//! `GET /labels/…`: QR codes as SVG and PNG, and a sheet ready to print.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::blocking::Snapshot;
use super::http::problem::Kind;
use super::i18n::Lang;
use super::{App, lots};
use crate::causes::causes;
use crate::gs1::LotId;
use crate::label::{self, Label, LabelError, Sheet};
use crate::query;
use crate::query::view::LotState;

impl From<LabelError> for Problem {
    fn from(error: LabelError) -> Problem {
        Problem::new(Kind::MalformedRequest, causes(&error).to_string())
    }
}

/// The content of a lot's QR code: its Digital Link under the node's public URL.
pub fn link(app: &App, lot: &LotId) -> String {
    lot.uri().replacen("https://id.gs1.org", &app.config.public_url, 1)
}

/// Largest scale of a picture over HTTP, in pixels per module: the code of a lot is then some 650 pixels wide. The command draws
/// larger ones on one's own machine.
const MAX_SCALE: u32 = 16;

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

impl Described for Picture {
    fn about(field: &str) -> Option<About> {
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": MAX_SCALE, "default": 8 });
        (field == "scale").then_some((schema, "pixels per module"))
    }
}

/// Nobody prints an old picture of goods that were recalled since.
const FRESH: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

/// The lot, if it is on the ledger: no code leads to a page that does not exist. With it what its labels are marked with, if the goods
/// must not be sold now: their state, in every language.
fn known(snapshot: &Snapshot<'_>, lot: LotId) -> Result<(LotId, Option<String>), Problem> {
    let brief =
        query::briefs(snapshot.state, snapshot.records, vec![lot.clone()])?.pop().ok_or_else(|| lots::unknown(&lot))?;
    let state = match brief.headline {
        LotState::Recalled => "state-recalled",
        LotState::Held => "state-held",
        LotState::Failed => "state-failed",
        _ => return Ok((lot, None)),
    };
    let words: Vec<String> = Lang::all().map(|lang| lang.text(state)).collect();
    Ok((lot, Some(words.join(" · "))))
}

/// `GET /labels/{gtin}/{lot}/qr.svg`.
pub async fn svg(State(app): State<Arc<App>>, Path((gtin, lot)): Path<(String, String)>) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let svg = app
        .read(move |s| {
            let (lot, mark) = known(s, lot)?;
            Ok(label::svg(&link(s.app, &lot), mark.as_deref())?)
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), FRESH], svg).into_response())
}

/// `GET /labels/{gtin}/{lot}/qr.png`.
pub async fn png(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(picture): Query<Picture>,
) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    if !(1..=MAX_SCALE).contains(&picture.scale) {
        return Err(Problem::new(Kind::MalformedRequest, format!("scale must be 1 to {MAX_SCALE} pixels per module")));
    }
    let png = app
        .read(move |s| {
            let (lot, mark) = known(s, lot)?;
            Ok(label::png(&link(s.app, &lot), picture.scale, mark.is_some())?)
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "image/png"), FRESH], png).into_response())
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

/// The language of the names on a printed label: labels are printed where the goods are made.
const PRINTED: &str = "id";

impl Described for SheetOptions {
    fn about(field: &str) -> Option<About> {
        let schema = json!({ "type": "string", "enum": ["2x7", "3x8", "2x4"], "default": "3x8" });
        (field == "stock").then_some((schema, "columns and rows of the labels on a page"))
    }
}

/// `GET /labels/{gtin}/{lot}/sheet.svg`.
pub async fn sheet(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let sheet = Sheet::named(&options.stock)
        .ok_or_else(|| Problem::new(Kind::MalformedRequest, "stock must be 2x7, 3x8 or 2x4"))?;
    let page = app.read(move |s| {
        let (lot, mark) = known(s, lot)?;
        let view = query::lot_view(s.state, s.records, &lot)?.ok_or_else(|| lots::unknown(&lot))?;
        let mut lines = vec![view.product.name.best(PRINTED).1.to_owned()];
        if let Some(origin) = view.origins.first() {
            lines.extend(origin.place.as_ref().map(|p| p.name.best(PRINTED).1.to_owned()));
            lines.extend(origin.harvest_end.clone());
        }
        let hri = vec![format!("(01) {}", lot.gtin), format!("(10) {}", lot.lot)];
        let one = Label { link: link(s.app, &lot), hri, lines, mark };
        Ok(sheet.page(&vec![one; sheet.capacity()])?)
    });
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), FRESH], page.await?).into_response())
}
