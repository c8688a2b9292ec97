//! The pages of registered products and places.

use askama::Template;
use jiff::civil::Date;

use super::bidi::isolated;
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format, party_path, record_path};
use crate::gs1::BaseUnit;
use crate::query::view::{PartyView, PlaceView, ProductView};
use crate::record::RecordId;

/// What a product's page shows.
#[derive(Debug, Clone)]
pub struct ProductInfo {
    /// The product.
    pub product: ProductView,
    /// Who registered it.
    pub owner: PartyView,
    /// Who may make lots of it.
    pub makers: Vec<PartyView>,
    /// The statement in force.
    pub record: RecordId,
    /// Its newest lots.
    pub lots: Vec<LotLine>,
    /// The serial number, if it was scanned without its lot.
    pub serial: Option<String>,
}

/// What a place's page shows.
#[derive(Debug, Clone)]
pub struct PlaceInfo {
    /// The place.
    pub place: PlaceView,
    /// Who registered it.
    pub owner: PartyView,
    /// The statement in force.
    pub record: RecordId,
    /// What was measured of it over a period, newest first.
    pub monitoring: Vec<PlaceMonitored>,
}

/// A record of monitoring of a place.
#[derive(Debug, Clone)]
pub struct PlaceMonitored {
    /// The record.
    pub record: RecordId,
    /// The inspector.
    pub by: PartyView,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// A value of a fact, and its link.
struct Value {
    text: String,
    url: Option<String>,
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value { text, url: None }
    }
}

#[derive(Template)]
#[template(path = "masterdata.html")]
struct MasterDataPage {
    shell: Shell,
    t: Tr,
    pictogram: String,
    over: String,
    name: String,
    code: String,
    note: Option<String>,
    facts: Vec<(String, Vec<Value>)>,
    record: String,
    lots: Option<Vec<Row>>,
}

fn party(ctx: &Ctx, party: &PartyView) -> Value {
    Value { text: ctx.lang.name(&party.name), url: Some(ctx.link(&party_path(&party.party))) }
}

/// Draws a product's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_product(ctx: &Ctx, info: &ProductInfo) -> Result<String, PageError> {
    let (lang, product) = (ctx.lang, &info.product);
    let name = lang.name(&product.name);
    let description = lang.with("product-description", &[("product", &name)]);
    let mut shell = Shell::new(ctx, format!("{name} · GTIN {}", product.gtin), description);
    shell.demo = info.owner.demo;
    let words = ctx.glossary.words(&product.commodity, Some(&product.form));
    let counted = match product.unit {
        BaseUnit::Gram => lang.text("counted-gram"),
        BaseUnit::Millilitre => lang.text("counted-millilitre"),
        BaseUnit::Piece => words.piece(lang),
    };
    let mut facts = vec![
        ("product-commodity", vec![words.commodity(lang, &product.commodity).into()]),
        ("product-form", vec![words.form(lang, &product.form).into()]),
        ("product-makers", info.makers.iter().map(|maker| party(ctx, maker)).collect()),
        ("product-counted", vec![counted.into()]),
    ];
    if let Some(net) = product.net_content {
        let net = format::amount(words, lang, net, product.unit);
        facts.push(("product-pack", vec![net.into()]));
    }
    if let Some(storage) = &product.storage {
        facts.push(("product-storage", vec![lang.name(storage).into()]));
    }
    if let Some(hs) = &product.hs {
        facts.push(("product-hs", vec![isolated(hs).into()]));
    }
    facts.push(("registered-by", vec![party(ctx, &info.owner)]));
    let page = MasterDataPage {
        t: Tr(lang),
        pictogram: words.pictogram(&mut shell.symbols),
        over: lang.text("product-title"),
        code: format!("(01) {}", product.gtin),
        note: info.serial.as_ref().map(|serial| lang.with("serial-needs-lot", &[("serial", serial)])),
        facts: facts.into_iter().map(|(key, values)| (lang.text(key), values)).collect(),
        record: ctx.link(&record_path(&info.record)),
        lots: Some(info.lots.iter().map(|line| row(ctx, &mut shell, line)).collect()),
        name,
        shell,
    };
    super::with_drawings(&page, &[])
}

/// Draws a place's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_place(ctx: &Ctx, info: &PlaceInfo) -> Result<String, PageError> {
    let (lang, place) = (ctx.lang, &info.place);
    let name = lang.name(&place.name);
    let description = lang.with("place-description", &[("place", &name)]);
    let mut shell = Shell::new(ctx, format!("{name} · GLN {}", place.gln), description);
    shell.demo = info.owner.demo;
    let kind = lang.find(&format!("place-{}", place.kind), &[]).unwrap_or_else(|| format::words(&place.kind));
    let country = lang.find(&format!("country-{}", place.country), &[]).unwrap_or_else(|| place.country.clone());
    let mut facts = vec![("place-kind", vec![kind.into()]), ("registered-by", vec![party(ctx, &info.owner)])];
    if let Some(region) = &place.region {
        facts.push(("party-region", vec![format::coded_region(lang, region).into()]));
    }
    facts.push(("place-country", vec![country.into()]));
    if !info.monitoring.is_empty() {
        let line = |monitored: &PlaceMonitored| {
            let [from, until] = [monitored.from, monitored.until].map(|day| format::day(lang, &day.to_string()));
            let by = lang.name(&monitored.by.name);
            let args: [(&str, &str); 3] = [("from", &from), ("until", &until), ("by", &by)];
            let url = ctx.link(&record_path(&monitored.record));
            Value { text: lang.with("place-monitored-by", &args), url: Some(url) }
        };
        facts.push(("place-monitored", info.monitoring.iter().map(line).collect()));
    }
    let page = MasterDataPage {
        t: Tr(lang),
        pictogram: "p-parcel".to_owned(),
        over: lang.text("place-title"),
        code: format!("(414) {}", place.gln),
        note: None,
        facts: facts.into_iter().map(|(key, values)| (lang.text(key), values)).collect(),
        record: ctx.link(&record_path(&info.record)),
        lots: None,
        name,
        shell,
    };
    super::with_drawings(&page, &[])
}
