//! What a label says of goods, in one language: from the ledger here, from a node's answer on the command line.

use serde::Deserialize;

use crate::gs1::{Amount, BaseUnit, LotId, Sscc};
use crate::label::stock::Kind;
use crate::label::{Field, Label, Stock};
use crate::names::Names;
use crate::query::view::{LotState, LotView};
use crate::server::i18n::Lang;
use crate::server::pages::format;

/// Most places of origin, and most lots of a carton, that a label names; the others are counted.
const MOST_NAMED: usize = 3;

/// What the label of a pack says of its lot. Read of a node, it is a part of `GET /lots/{gtin}/{lot}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Goods {
    product: Product,
    harvested: Option<(String, String)>,
    best_before: Option<String>,
    origins: Vec<Origin>,
    /// The worst state that applies.
    pub headline: LotState,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    name: Names,
    unit: BaseUnit,
    net_content: Option<Amount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Origin {
    place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Place {
    name: Names,
}

impl From<&LotView> for Goods {
    fn from(view: &LotView) -> Goods {
        let product = &view.product;
        let place = |name: &Names| Place { name: name.clone() };
        Goods {
            product: Product { name: product.name.clone(), unit: product.unit, net_content: product.net_content },
            harvested: view.harvested.clone(),
            best_before: view.best_before.clone(),
            origins: view
                .origins
                .iter()
                .map(|origin| Origin { place: origin.place.as_ref().map(|p| place(&p.name)) })
                .collect(),
            headline: view.headline,
        }
    }
}

/// What the label of a carton says of what is in it. Read of a node, it is `jejak:container` of `GET /00/{sscc}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Carton {
    /// The lots in it, directly.
    pub contents: Vec<Content>,
    /// Containers in it.
    pub children: Vec<String>,
    /// The worst state of all lots in it, also of those in the containers in it; none when it is empty.
    pub headline: Option<LotState>,
    /// Whether a hold or recall is on the container.
    pub held: bool,
}

/// A lot in a container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Content {
    /// The lot.
    pub lot: LotId,
    /// Names of the product.
    pub product: Names,
    /// How much of it.
    pub amount: Amount,
    /// In which unit.
    pub unit: BaseUnit,
}

impl Carton {
    /// The worst state that applies to it.
    pub fn headline(&self) -> Option<LotState> {
        self.headline.max(self.held.then_some(LotState::Held))
    }
}

/// The state of goods that must not be sold now, for which no labels are printed.
pub fn stopped(headline: Option<LotState>) -> Option<LotState> {
    headline.filter(|state| *state >= LotState::Failed)
}

/// The state that a label is marked with, in every language: whoever reads it must understand.
pub fn mark(state: LotState) -> String {
    let words: Vec<String> = Lang::all().map(|lang| lang.text(&format!("state-{}", state.name()))).collect();
    words.join(" · ")
}

/// The label of a pack.
pub fn pack(lang: Lang, link: String, hri: Vec<String>, lot: &LotId, goods: &Goods) -> Label {
    let titled = |key: &str, value: String| Field { title: lang.text(key), value };
    let mut fields = vec![titled("sheet-lot", lot.lot.to_string())];
    let product = &goods.product;
    if let Some(net) = product.net_content {
        fields.push(titled(&format!("sheet-net-{}", product.unit.name()), amount(lang, net, product.unit)));
    }
    if let Some((from, until)) = &goods.harvested {
        fields.push(titled("sheet-harvest", days(lang, from, until)));
    }
    if let Some(day) = &goods.best_before {
        fields.push(titled("sheet-best-before", days(lang, day, day)));
    }
    let mut places: Vec<&str> = Vec::new();
    for place in goods.origins.iter().filter_map(|origin| origin.place.as_ref()) {
        let name = place.name.best(lang.tag()).1;
        if !places.contains(&name) {
            places.push(name);
        }
    }
    if !places.is_empty() {
        let mut shown: Vec<String> = places.iter().take(MOST_NAMED).map(|name| (*name).to_owned()).collect();
        shown.extend(more(lang, places.len()));
        fields.push(titled("sheet-origin", format::list(lang, &shown)));
    }
    let heading = Some(titled("sheet-product", product.name.best(lang.tag()).1.to_owned()));
    Label { link, heading, fields, hri, scan: Some(lang.text("sheet-scan")), ..Label::default() }
}

/// The label of a carton or pallet; `carton` is what is known of its content.
pub fn carton(lang: Lang, link: String, sscc: Sscc, carton: Option<&Carton>) -> Label {
    let mut fields = Vec::new();
    for content in carton.iter().flat_map(|carton| &carton.contents).take(MOST_NAMED) {
        let name = content.product.best(lang.tag()).1.to_owned();
        let value = format::list(lang, &[name, amount(lang, content.amount, content.unit)]);
        fields.push(Field { title: String::new(), value });
        fields.push(Field { title: lang.text("sheet-lot"), value: content.lot.lot.to_string() });
    }
    let further = carton.and_then(|carton| more(lang, carton.contents.len()));
    fields.extend(further.map(|value| Field { title: String::new(), value }));
    let inside = carton.map_or(0, |carton| carton.children.len() as u64);
    if inside > 0 {
        fields.push(Field { title: String::new(), value: lang.count("sheet-containers", inside) });
    }
    Label { link, sscc: Some(sscc), fields, scan: Some(lang.text("sheet-scan")), ..Label::default() }
}

/// `and 4 more`, when there are more than are named.
fn more(lang: Lang, all: usize) -> Option<String> {
    (all > MOST_NAMED).then(|| lang.count("sheet-more", (all - MOST_NAMED) as u64))
}

fn amount(lang: Lang, amount: Amount, unit: BaseUnit) -> String {
    let (text, sign) = unit.written(amount);
    let sign = if unit == BaseUnit::Piece { lang.text("unit-piece") } else { sign.to_owned() };
    format!("{}\u{a0}{sign}", format::number(lang, &text))
}

/// A day or a range of days, which no line ends within.
fn days(lang: Lang, from: &str, until: &str) -> String {
    let written = match (from.parse(), until.parse()) {
        (Ok(from), Ok(until)) => format::date_range(lang, from, until),
        _ => format::day(lang, until),
    };
    written.replace(' ', "\u{a0}")
}

/// The sentences of the test page.
pub fn test_words(lang: Lang, stock: &Stock) -> Vec<String> {
    let first = lang.with("sheet-test", &[("stock", stock.name)]);
    // of a roll there is nothing to lay it on
    let edges = (stock.kind == Kind::Sheet).then_some("sheet-test-edges");
    let others = ["sheet-test-print", "sheet-test-ruler"].into_iter().chain(edges).chain(["sheet-test-codes"]);
    std::iter::once(first).chain(others.map(|key| lang.text(key))).collect()
}
