//! A region's page: its numbers, by month, on the map, its producers, its newest lots, and how ready those are that are still there.

use askama::Template;
use jiff::civil::Date;

use super::lot_text::country;
use super::map::{Dot, dots};
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format, lot_api, party_path, place_path, region_path};
use crate::chain::market::HOME;
use crate::guide::view::Outcome;
use crate::query::view::{LotState, PartyView};
use crate::query::{Counts, MOST_LOTS, MOST_OPEN, OpenLot, RegionFacts, RegionView};
use crate::record::registry::Standing;
use crate::server::i18n::Lang;

/// What a region's page shows.
#[derive(Debug, Clone)]
pub struct RegionInfo<'a> {
    /// The region.
    pub region: &'a RegionView,
    /// Its government.
    pub offices: Vec<PartyView>,
    /// The regions that lie in it.
    pub inside: Vec<&'a RegionView>,
    /// The province that it lies in.
    pub around: Option<RegionView>,
    /// What its records come to.
    pub facts: &'a RegionFacts,
    /// Its newest lots.
    pub newest: Vec<LotLine>,
    /// Its open lots, as [`RegionFacts::open`].
    pub open: Vec<LotLine>,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// Width and height of a chart.
const CHART: (usize, usize) = (240, 48);

/// A text with the address of what it names, if that has a page.
type Named = (String, Option<String>);

/// A fact of the head.
struct Fact {
    title: String,
    values: Vec<Named>,
}

/// A small chart: a bar for each month.
struct Chart {
    title: String,
    total: String,
    /// `x`, `y` and height of each bar that has one.
    bars: Vec<(usize, usize, usize)>,
    bad: bool,
}

/// A row of the table of months.
struct MonthRow {
    month: String,
    numbers: Vec<String>,
}

/// An open lot, ready to show.
struct OpenLine {
    row: Row,
    /// Where its list of what is missing is.
    url: String,
    market: String,
    outcome: String,
    /// The class of its state.
    class: &'static str,
}

/// A producer, ready to show.
struct ProducerLine {
    href: String,
    name: String,
    lots: String,
    suspended: bool,
}

#[derive(Template)]
#[template(path = "region.html")]
struct RegionPage {
    shell: Shell,
    t: Tr,
    name: String,
    facts: Vec<Fact>,
    numbers: Vec<(String, String)>,
    states: Vec<(&'static str, String, String)>,
    charts: Vec<Chart>,
    heads: Vec<String>,
    months: Vec<MonthRow>,
    first_month: String,
    last_month: String,
    dots: Vec<Dot>,
    places: Vec<(String, String, String)>,
    producers: Vec<ProducerLine>,
    parties_url: String,
    rows: Vec<Row>,
    lots_url: String,
    open: Vec<OpenLine>,
    inside: Vec<(String, String)>,
    notes: Vec<String>,
    csv: Vec<(String, String)>,
}

/// A measure of the charts and the table: its word, and how to read it.
type Measure = (&'static str, fn(&Counts) -> usize, bool);

/// In the order of the table.
const MEASURES: [Measure; 7] = [
    ("region-lots", |counts| counts.lots, false),
    ("region-passed", |counts| counts.passed, false),
    ("region-failed", |counts| counts.failed, true),
    ("region-unclear", |counts| counts.unclear, false),
    ("region-shipments", |counts| counts.shipments, false),
    ("region-findings", |counts| counts.findings, true),
    ("region-holds", |counts| counts.holds + counts.recalls, true),
];

/// Draws a region's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_region(ctx: &Ctx, info: &RegionInfo<'_>) -> Result<String, PageError> {
    let (lang, facts) = (ctx.lang, info.facts);
    let name = format::region(lang, &info.region.name);
    let mut shell = Shell::new(ctx, name.clone(), lang.with("region-description", &[("region", &name)]));
    shell.demo = info.demo;
    let code = &info.region.code;
    let open = facts.open.iter().zip(&info.open).map(|(open, line)| open_line(ctx, &mut shell, open, line)).collect();
    let own = info.region.centre.filter(|_| facts.places.is_empty());
    let at = facts.places.iter().filter_map(|place| place.place.position());
    let n = |count: usize| format::number(lang, &count.to_string());
    let page = RegionPage {
        t: Tr(lang),
        facts: head(ctx, info),
        numbers: numbers(lang, facts),
        states: states(lang, facts),
        charts: MEASURES.iter().map(|measure| chart(lang, measure, facts)).collect(),
        heads: MEASURES.iter().map(|(key, ..)| lang.text(key)).collect(),
        months: months(lang, facts),
        first_month: facts.months.first().map(|month| month_name(lang, month.month)).unwrap_or_default(),
        last_month: facts.months.last().map(|month| month_name(lang, month.month)).unwrap_or_default(),
        dots: dots(at.map(|at| (at, true)).chain(own.map(|at| (at, false)))),
        places: facts
            .places
            .iter()
            .map(|place| {
                let lots = lang.count("region-lots-n", place.lots as u64);
                (ctx.link(&place_path(place.place.gln)), lang.name(&place.place.name), lots)
            })
            .collect(),
        producers: facts
            .producers
            .iter()
            .map(|producer| ProducerLine {
                href: ctx.link(&party_path(&producer.party.party)),
                name: lang.name(&producer.party.name),
                lots: lang.count("region-lots-n", producer.lots as u64),
                suspended: producer.party.standing == Standing::Suspended,
            })
            .collect(),
        parties_url: ctx.link(&format!("/parties?region={code}")),
        rows: info.newest.iter().map(|line| row(ctx, &mut shell, line)).collect(),
        lots_url: ctx.link(&format!("/lots?region={code}")),
        open,
        inside: info
            .inside
            .iter()
            .map(|region| (ctx.link(&region_path(&region.code)), format::region(lang, &region.name)))
            .collect(),
        notes: [
            Some(lang.text("region-counted")),
            facts.more.then(|| lang.with("region-more", &[("lots", &n(MOST_LOTS)), ("open", &n(MOST_OPEN))])),
        ]
        .into_iter()
        .flatten()
        .collect(),
        csv: vec![
            (ctx.link(&format!("/regions/{code}?format=csv")), lang.text("region-csv-months")),
            (ctx.link(&format!("/lots?region={code}&format=csv")), lang.text("region-csv-lots")),
            (ctx.link(&format!("/parties?region={code}&format=csv")), lang.text("region-csv-parties")),
        ],
        name,
        shell,
    };
    super::with_drawings(&page, &[])
}

/// Code, province, list and government.
fn head(ctx: &Ctx, info: &RegionInfo<'_>) -> Vec<Fact> {
    let (lang, region) = (ctx.lang, info.region);
    let fact = |key: &str, values: Vec<Named>| Fact { title: lang.text(key), values };
    let mut facts = vec![fact("region-code", vec![(format!("Kemendagri {}", region.code), None)])];
    if let Some(around) = &info.around {
        let province = (format::region(lang, &around.name), Some(ctx.link(&region_path(&around.code))));
        facts.push(fact("region-province", vec![province]));
    }
    if region.listed {
        facts.push(fact("region-list", vec![(lang.text("region-on-list"), None)]));
    }
    let office = |office: &PartyView| (lang.name(&office.name), Some(ctx.link(&party_path(&office.party))));
    let mut offices: Vec<Named> = info.offices.iter().map(office).collect();
    if offices.is_empty() {
        offices.push((lang.text("region-no-office"), None));
    }
    facts.push(fact("role-region", offices));
    facts
}

/// The numbers over all that was read.
fn numbers(lang: Lang, facts: &RegionFacts) -> Vec<(String, String)> {
    let n = |count: usize| format::number(lang, &count.to_string());
    let of = |key: &str, all: usize, part_key: &str, part: usize| {
        let part = (part > 0).then(|| lang.count(part_key, part as u64));
        let text =
            part.map_or_else(|| n(all), |part| lang.with("region-of-which", &[("all", &n(all)), ("part", &part)]));
        (lang.text(key), text)
    };
    let counts = &facts.counts;
    let standing = facts.held + facts.recalled;
    let mut numbers = vec![
        of("region-producers", facts.producers.len(), "region-suspended-n", facts.suspended),
        (lang.text("region-lots"), n(counts.lots)),
        (lang.text("region-passed"), n(counts.passed)),
        (lang.text("region-failed"), n(counts.failed)),
        (lang.text("region-unclear"), n(counts.unclear)),
        (lang.text("region-shipments"), n(counts.shipments)),
        (lang.text("region-findings"), n(counts.findings)),
        of("region-holds", counts.holds + counts.recalls, "region-standing-n", standing),
        (lang.text("region-open"), n(facts.open.len())),
    ];
    let outcome = |wanted: Option<Outcome>| facts.open.iter().filter(|open| open.outcome == wanted).count();
    for known in [Outcome::Ready, Outcome::Questions, Outcome::Missing, Outcome::NotKnown, Outcome::Closed] {
        let count = outcome(Some(known));
        if count > 0 {
            numbers.push((word(lang, Some(known)), n(count)));
        }
    }
    numbers
}

/// The lots by state, the worst first.
fn states(lang: Lang, facts: &RegionFacts) -> Vec<(&'static str, String, String)> {
    let shown = |(state, count): (&LotState, &usize)| {
        let word = lang.text(&format!("state-{}", state.name()));
        (state.name(), word, format::number(lang, &count.to_string()))
    };
    facts.states.iter().rev().map(shown).collect()
}

fn chart(lang: Lang, (key, read, bad): &Measure, facts: &RegionFacts) -> Chart {
    let values: Vec<usize> = facts.months.iter().map(|month| read(&month.counts)).collect();
    let most = values.iter().copied().max().unwrap_or_default().max(1);
    let (width, height) = CHART;
    let step = width / values.len().max(1);
    let bar = |(at, value): (usize, &usize)| {
        // what there is at all is seen
        let tall = (value * height / most).max(2);
        (*value > 0).then(|| (at * step + 2, height - tall, tall))
    };
    Chart {
        title: lang.text(key),
        total: format::number(lang, &values.iter().sum::<usize>().to_string()),
        bars: values.iter().enumerate().filter_map(bar).collect(),
        bad: *bad,
    }
}

/// The months, the newest first, and all that was read; nothing where nothing was.
fn months(lang: Lang, facts: &RegionFacts) -> Vec<MonthRow> {
    if facts.counts == Counts::default() {
        return Vec::new();
    }
    let numbers = |counts: &Counts| -> Vec<String> {
        MEASURES.iter().map(|(_, read, _)| format::number(lang, &read(counts).to_string())).collect()
    };
    let months = facts.months.iter().rev();
    let row = |month: &crate::query::Month| MonthRow {
        month: month_name(lang, month.month),
        numbers: numbers(&month.counts),
    };
    let all = MonthRow { month: lang.text("region-all"), numbers: numbers(&facts.counts) };
    months.map(row).chain([all]).collect()
}

/// `Nov 2026`.
fn month_name(lang: Lang, first: Date) -> String {
    let month = lang.month(first.month().unsigned_abs().into());
    lang.with("month-of-year", &[("month", month), ("year", &first.year().to_string())])
}

/// How ready a lot is, in a word or two.
fn word(lang: Lang, outcome: Option<Outcome>) -> String {
    lang.text(match outcome {
        Some(Outcome::Ready) => "outcome-ready",
        Some(Outcome::Questions) => "outcome-questions",
        Some(Outcome::Missing) => "outcome-missing",
        Some(Outcome::NotKnown) => "outcome-not-known",
        Some(Outcome::Closed) => "outcome-closed",
        None => "outcome-none",
    })
}

fn open_line(ctx: &Ctx, shell: &mut Shell, open: &OpenLot, line: &LotLine) -> OpenLine {
    let lang = ctx.lang;
    let outcome = match open.outcome {
        Some(Outcome::Missing) => lang.count("outcome-missing-n", open.missing as u64),
        None if open.market == HOME => lang.text("outcome-home"),
        outcome => word(lang, outcome),
    };
    let class = match open.outcome {
        Some(Outcome::Ready) => "done",
        Some(Outcome::Missing | Outcome::Closed) => "bad",
        Some(Outcome::Questions) => "open",
        Some(Outcome::NotKnown) | None => "none",
    };
    let market = country(lang, &open.market);
    // without a market the answer is for that for which the lot is judged
    let url = format!("{}/readiness", lot_api(&open.brief.lot));
    OpenLine { row: row(ctx, shell, line), url: ctx.link(&url), market, outcome, class }
}
