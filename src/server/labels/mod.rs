//! `GET /labels/…`: QR codes as SVG and PNG, sheets of labels for packs and cartons as SVG and PDF, and the test page of a stock.

pub mod content;

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
use super::{App, container, lots};
use crate::causes::causes;
use crate::gs1::{KeyError, LotId, Sscc};
use crate::label::{self, Label, LabelError, Stock};
use crate::query;
use crate::query::view::LotState;

impl From<LabelError> for Problem {
    fn from(error: LabelError) -> Problem {
        match error {
            LabelError::Picture(_) | LabelError::Document(_) => Problem::internal(&error),
            _ => Problem::new(Kind::MalformedRequest, causes(&error).to_string()),
        }
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
    Ok((lot, content::stopped(Some(brief.headline)).map(content::mark)))
}

/// `GET /labels/{gtin}/{lot}/qr.svg`.
pub async fn svg(State(app): State<Arc<App>>, Path((gtin, lot)): Path<(String, String)>) -> Result<Response, Problem> {
    let lot = lots::lot(&gtin, &lot)?;
    let svg = app
        .read(move |s| {
            let (lot, mark) = known(s, lot)?;
            Ok(label::code_svg(&link(s.app, &lot), mark.as_deref())?)
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
            Ok(label::png(&link(s.app, &lot), picture.scale, None, mark.is_some())?)
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "image/png"), FRESH], png).into_response())
}

/// Options of a sheet.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct SheetOptions {
    stock: Option<String>,
    count: Option<usize>,
    lang: String,
    crop: bool,
    force: bool,
}

impl Default for SheetOptions {
    fn default() -> SheetOptions {
        SheetOptions { stock: None, count: None, lang: PRINTED.to_owned(), crop: false, force: false }
    }
}

/// The stock of labels of packs when no other is named.
pub const STOCK: &str = "3x8";
/// The stock of labels of containers when no other is named: the smallest that has room for the bars of an SSCC.
pub const CARTON_STOCK: &str = "2x4";
/// The language of a printed label when no other is named: labels are printed where the goods are made.
pub const PRINTED: &str = "id";

fn about_stock() -> About {
    let names: Vec<&str> = Stock::names().collect();
    let about = "the label stock: columns x rows of a sheet, or a roll; 3x8 if absent, and 2x4 for a container";
    (json!({ "type": "string", "enum": names }), about)
}

fn about_lang() -> About {
    let codes: Vec<&str> = Lang::all().map(Lang::code).collect();
    (json!({ "type": "string", "enum": codes, "default": PRINTED }), "language of the titles and names")
}

impl Described for SheetOptions {
    fn about(field: &str) -> Option<About> {
        let switch = json!({ "type": "boolean", "default": false });
        match field {
            "stock" => Some(about_stock()),
            "count" => Some((json!({ "type": "integer", "minimum": 1 }), "labels on the page; a full page if absent")),
            "lang" => Some(about_lang()),
            "crop" => Some((switch, "whether marks in the margins show where to cut")),
            "force" => {
                Some((switch, "whether labels of goods that must not be sold now are printed all the same, marked"))
            }
            _ => None,
        }
    }
}

/// What a request for a page of labels asks for, checked.
struct Asked {
    stock: &'static Stock,
    count: usize,
    lang: Lang,
    crop: bool,
    force: bool,
}

fn stock(name: &str) -> Result<&'static Stock, Problem> {
    let names: Vec<&str> = Stock::names().collect();
    let wrong = || Problem::new(Kind::MalformedRequest, format!("stock must be one of {}", names.join(", ")));
    Stock::named(name).ok_or_else(wrong)
}

fn language(code: &str) -> Result<Lang, Problem> {
    let codes: Vec<&str> = Lang::all().map(Lang::code).collect();
    let wrong = || Problem::new(Kind::MalformedRequest, format!("lang must be one of {}", codes.join(", ")));
    Lang::all().find(|lang| lang.code() == code).ok_or_else(wrong)
}

impl SheetOptions {
    fn checked(&self, default: &str) -> Result<Asked, Problem> {
        let stock = stock(self.stock.as_deref().unwrap_or(default))?;
        let count = self.count.unwrap_or(stock.capacity());
        if count == 0 || count > stock.capacity() {
            let why = format!("count must be 1 to {} on stock {}", stock.capacity(), stock.name);
            return Err(Problem::new(Kind::MalformedRequest, why));
        }
        Ok(Asked { stock, count, lang: language(&self.lang)?, crop: self.crop, force: self.force })
    }
}

/// In which form a page is sent.
#[derive(Clone, Copy)]
enum Form {
    Svg,
    Pdf,
}

impl Form {
    fn answer(self, page: &label::drawing::Page) -> Result<Response, LabelError> {
        Ok(match self {
            Form::Svg => ([(header::CONTENT_TYPE, "image/svg+xml"), FRESH], label::svg::page(page)).into_response(),
            Form::Pdf => ([(header::CONTENT_TYPE, "application/pdf"), FRESH], label::pdf::page(page)?).into_response(),
        })
    }
}

impl Asked {
    /// Draws a page of labels of goods in this state.
    fn page(&self, mut label: Label, headline: Option<LotState>, form: Form) -> Result<Response, Problem> {
        if let Some(state) = content::stopped(headline) {
            if !self.force {
                let why =
                    format!("the goods are {}: labels of them are printed with force=true only, marked", state.name());
                return Err(Problem::new(Kind::GoodsStopped, why));
            }
            label.mark = Some(content::mark(state));
        }
        let page = label::sheet(&label, self.stock, self.count, self.crop, self.lang.tag())?;
        Ok(form.answer(&page)?)
    }
}

async fn pack(app: Arc<App>, gtin: &str, lot: &str, options: &SheetOptions, form: Form) -> Result<Response, Problem> {
    let (lot, asked) = (lots::lot(gtin, lot)?, options.checked(STOCK)?);
    app.read(move |s| {
        let view = query::lot_view(s.state, s.records, &lot)?.ok_or_else(|| lots::unknown(&lot))?;
        let hri = vec![format!("(01) {}", lot.gtin), format!("(10) {}", lot.lot)];
        let goods = content::Goods::from(&view);
        asked.page(content::pack(asked.lang, link(s.app, &lot), hri, &lot, &goods), Some(view.headline), form)
    })
    .await
}

async fn carton(app: Arc<App>, sscc: &str, options: &SheetOptions, form: Form) -> Result<Response, Problem> {
    let wrong = |e: KeyError| Problem::new(Kind::MalformedRequest, e.to_string());
    let (sscc, asked) = (sscc.parse::<Sscc>().map_err(wrong)?, options.checked(CARTON_STOCK)?);
    app.read(move |s| {
        let carton = container::carton(s.state, s.records, sscc)?
            .ok_or_else(|| Problem::not_found(format!("container (00) {sscc} is not on this ledger")))?;
        let link = format!("{}/00/{sscc}", s.app.config.public_url);
        asked.page(content::carton(asked.lang, link, sscc, Some(&carton)), carton.headline(), form)
    })
    .await
}

/// `GET /labels/{gtin}/{lot}/sheet.svg`.
pub async fn sheet_svg(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    pack(app, &gtin, &lot, &options, Form::Svg).await
}

/// `GET /labels/{gtin}/{lot}/sheet.pdf`.
pub async fn sheet_pdf(
    State(app): State<Arc<App>>,
    Path((gtin, lot)): Path<(String, String)>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    pack(app, &gtin, &lot, &options, Form::Pdf).await
}

/// `GET /labels/00/{sscc}/sheet.svg`.
pub async fn carton_svg(
    State(app): State<Arc<App>>,
    Path(sscc): Path<String>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    carton(app, &sscc, &options, Form::Svg).await
}

/// `GET /labels/00/{sscc}/sheet.pdf`.
pub async fn carton_pdf(
    State(app): State<Arc<App>>,
    Path(sscc): Path<String>,
    Query(options): Query<SheetOptions>,
) -> Result<Response, Problem> {
    carton(app, &sscc, &options, Form::Pdf).await
}

/// Options of a test page.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct TestOptions {
    stock: String,
    lang: String,
}

impl Default for TestOptions {
    fn default() -> TestOptions {
        TestOptions { stock: STOCK.to_owned(), lang: PRINTED.to_owned() }
    }
}

impl Described for TestOptions {
    fn about(field: &str) -> Option<About> {
        match field {
            "stock" => Some(about_stock()),
            "lang" => Some(about_lang()),
            _ => None,
        }
    }
}

/// `GET /labels/test.pdf`: the same for every ledger. It is drawn in the client's turn, as all that takes a processor for a while.
pub async fn test(State(app): State<Arc<App>>, Query(options): Query<TestOptions>) -> Result<Response, Problem> {
    let (stock, lang) = (stock(&options.stock)?, language(&options.lang)?);
    app.blocking(move |_| {
        let page = label::test_page(stock, &content::test_words(lang, stock), lang.tag())?;
        Ok(Form::Pdf.answer(&page)?)
    })
    .await
}
