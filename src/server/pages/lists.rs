//! The lists of lots and of parties: a filter, the items, and the way to the next page.

use std::collections::BTreeSet;

use askama::Template;
use jiff::civil::Date;

use super::lot_text::country;
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format, party_path};
use crate::chain::market::HOME;
use crate::query::view::{LotState, PartyView, ProductView};
use crate::query::{LotFilter, PartyFilter, RegionView};
use crate::record::registry::{Role, Standing};
use crate::region::Code;

/// The market of goods that keep to international standards.
const WORLD: &str = "INT";

/// Parameters of an address, those without a value among them.
type Parameters = Vec<(&'static str, Option<String>)>;

/// What the list of lots shows.
#[derive(Debug, Clone, Default)]
pub struct LotsInfo {
    /// The lots of this page.
    pub lots: Vec<LotLine>,
    /// What is asked for.
    pub filter: LotFilter,
    /// The maker asked for.
    pub maker: Option<PartyView>,
    /// The product asked for.
    pub product: Option<ProductView>,
    /// Regions to choose from.
    pub regions: Vec<RegionView>,
    /// Markets to choose from.
    pub markets: BTreeSet<String>,
    /// What is asked for, as parameters.
    pub asked: Parameters,
    /// The address of the next page.
    pub next: Option<String>,
    /// It has fewer lots than fit on it.
    pub short: bool,
    /// It is not the first page.
    pub further: bool,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// A party in the list.
#[derive(Debug, Clone)]
pub struct PartyLine {
    /// The party.
    pub party: PartyView,
    /// When the first of its accreditations ends (Unix seconds).
    pub ends: Option<i64>,
}

/// What the list of parties shows.
#[derive(Debug, Clone, Default)]
pub struct PartiesInfo {
    /// The parties of this page.
    pub parties: Vec<PartyLine>,
    /// What is asked for.
    pub filter: PartyFilter,
    /// The last day of accreditations asked for.
    pub day: Option<Date>,
    /// Regions to choose from.
    pub regions: Vec<RegionView>,
    /// What is asked for, as parameters.
    pub asked: Parameters,
    /// The address of the next page.
    pub next: Option<String>,
    /// It has fewer parties than fit on it.
    pub short: bool,
    /// It is not the first page.
    pub further: bool,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// A choice of a filter.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

impl Choice {
    fn new(value: impl Into<String>, text: String, chosen: bool) -> Choice {
        Choice { value: value.into(), text, chosen }
    }
}

/// A filter, ready to show.
struct Select {
    name: &'static str,
    label: String,
    choices: Vec<Choice>,
}

/// What both lists have in common, ready to show.
struct Frame {
    /// The address of the list without a filter.
    path: &'static str,
    selects: Vec<Select>,
    /// What the form sends along.
    hidden: Vec<(&'static str, String)>,
    /// What is asked for and is no choice, in words.
    about: Vec<String>,
    /// Anything is asked for.
    filtered: bool,
    plain: String,
    csv: String,
    next: Option<String>,
    short: bool,
    further: bool,
}

impl Frame {
    fn new(ctx: &Ctx, path: &'static str, asked: &Parameters, next: Option<&String>) -> Frame {
        let csv = [asked.as_slice(), &[("format", Some("csv".to_owned()))]].concat();
        Frame {
            path,
            selects: Vec::new(),
            hidden: ctx.chosen.then(|| ("lang", ctx.lang.code().to_owned())).into_iter().collect(),
            about: Vec::new(),
            filtered: asked.iter().any(|(_, value)| value.is_some()),
            plain: ctx.link(path),
            csv: ctx.link(&super::super::http::table::address(path, &csv)),
            next: next.cloned(),
            short: false,
            further: false,
        }
    }

    fn select(&mut self, ctx: &Ctx, name: &'static str, label: &str, choices: impl IntoIterator<Item = Choice>) {
        self.selects.push(Select { name, label: ctx.lang.text(label), choices: choices.into_iter().collect() });
    }
}

/// The regions, that which is asked for among them.
fn regions(ctx: &Ctx, regions: &[RegionView], asked: Option<&Code>) -> Vec<Choice> {
    let choice = |region: &RegionView| {
        Choice::new(region.code.to_string(), format::region(ctx.lang, &region.name), asked == Some(&region.code))
    };
    let mut choices: Vec<Choice> = regions.iter().map(choice).collect();
    if let Some(code) = asked.filter(|_| !choices.iter().any(|choice| choice.chosen)) {
        choices.insert(0, Choice::new(code.to_string(), code.to_string(), true));
    }
    choices
}

#[derive(Template)]
#[template(path = "lots.html")]
struct LotsPage {
    shell: Shell,
    t: Tr,
    frame: Frame,
    rows: Vec<Row>,
}

/// Draws the list of lots.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_lots(ctx: &Ctx, info: &LotsInfo) -> Result<String, PageError> {
    let (lang, filter) = (ctx.lang, &info.filter);
    let mut shell = Shell::new(ctx, lang.text("lots-title"), lang.text("lots-lead"));
    shell.demo = info.demo;
    let mut frame = Frame::new(ctx, "/lots", &info.asked, info.next.as_ref());
    (frame.short, frame.further) = (info.short, info.further);
    let words = ctx.glossary.any();
    let commodities = ctx.glossary.commodities();
    let commodity = |id: &&str| Choice::new(*id, words.commodity(lang, id), filter.commodity.as_deref() == Some(*id));
    frame.select(ctx, "commodity", "filter-commodity", commodities.iter().map(commodity));
    frame.select(ctx, "region", "filter-region", regions(ctx, &info.regions, filter.region.as_ref()));
    let state = |state: LotState| {
        Choice::new(state.name(), lang.text(&format!("state-{}", state.name())), filter.state == Some(state))
    };
    frame.select(ctx, "state", "filter-state", LotState::ALL.map(state));
    let mut markets = info.markets.clone();
    markets.extend([HOME, WORLD].map(str::to_owned));
    markets.extend(filter.market.clone());
    let market = |code: &String| Choice::new(code, country(lang, code), filter.market.as_ref() == Some(code));
    frame.select(ctx, "market", "filter-market", markets.iter().map(market));
    if let Some(maker) = &info.maker {
        frame.about.push(lang.with("made-by", &[("party", &lang.name(&maker.name))]));
        frame.hidden.push(("maker", maker.party.clone()));
    }
    if let Some(gtin) = filter.product {
        let name = info.product.as_ref().map_or_else(|| gtin.to_string(), |product| lang.name(&product.name));
        frame.about.push(lang.with("filter-of-product", &[("product", &name)]));
        frame.hidden.push(("product", gtin.to_string()));
    }
    let rows = info.lots.iter().map(|line| row(ctx, &mut shell, line)).collect();
    super::with_drawings(&LotsPage { t: Tr(lang), frame, rows, shell }, &[])
}

/// A party, ready to show.
struct Line {
    href: String,
    name: String,
    roles: String,
    /// Region and end of accreditation, as there are.
    more: Vec<String>,
    suspended: bool,
}

#[derive(Template)]
#[template(path = "parties.html")]
struct PartiesPage {
    shell: Shell,
    t: Tr,
    frame: Frame,
    day: String,
    lines: Vec<Line>,
}

/// Draws the list of parties.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_parties(ctx: &Ctx, info: &PartiesInfo) -> Result<String, PageError> {
    let (lang, filter) = (ctx.lang, &info.filter);
    let mut shell = Shell::new(ctx, lang.text("parties-title"), lang.text("parties-lead"));
    shell.demo = info.demo;
    let mut frame = Frame::new(ctx, "/parties", &info.asked, info.next.as_ref());
    (frame.short, frame.further) = (info.short, info.further);
    let word = |of: Role| lang.text(&format!("role-{}", of.name()));
    let of_role = |of: Role| Choice::new(of.name(), word(of), filter.role == Some(of));
    frame.select(ctx, "role", "party-roles", Role::ALL.map(of_role));
    frame.select(ctx, "region", "filter-region", regions(ctx, &info.regions, filter.region.as_ref()));
    let standing = |of: Standing| {
        Choice::new(of.name(), lang.text(&format!("standing-{}", of.name())), filter.standing == Some(of))
    };
    frame.select(ctx, "standing", "filter-standing", Standing::ALL.map(standing));
    let line = |PartyLine { party, ends }: &PartyLine| {
        let roles: Vec<String> = party.roles.iter().map(|of| word(*of)).collect();
        let region = party.region.as_ref().map(|region| format::region(lang, &region.name));
        let abroad = (party.country != "ID").then(|| country(lang, &party.country));
        let ends = ends.map(|end| lang.with("parties-accredited", &[("day", &format::unix_day(lang, end))]));
        Line {
            href: ctx.link(&party_path(&party.party)),
            name: lang.name(&party.name),
            roles: format::list(lang, &roles),
            more: region.into_iter().chain(abroad).chain(ends).collect(),
            suspended: party.standing == Standing::Suspended,
        }
    };
    let lines = info.parties.iter().map(line).collect();
    let day = info.day.map(|day| day.to_string()).unwrap_or_default();
    super::with_drawings(&PartiesPage { t: Tr(lang), frame, day, lines, shell }, &[])
}
