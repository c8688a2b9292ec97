//! The home page: search by lot, and the newest lots.

use askama::Template;

use super::bidi::isolated;
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format, reason};
use crate::gs1::LinkError;
use crate::names::Names;

/// What the home page shows.
#[derive(Debug, Clone, Default)]
pub struct IndexInfo {
    /// Newest lots.
    pub lots: Vec<LotLine>,
    /// Records in the published tree.
    pub size: u64,
    /// The query of a search that found nothing.
    pub missed: Option<String>,
    /// What is wrong with the code that was searched for.
    pub why: Option<LinkError>,
    /// The query of a search that found these lots.
    pub found: Option<String>,
    /// What else it found.
    pub hits: Vec<Hit>,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// Which kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitKind {
    /// A lot.
    Lot,
    /// A product.
    Product,
    /// A party.
    Party,
    /// A place.
    Place,
    /// A container.
    Container,
}

impl HitKind {
    /// All.
    pub const ALL: [HitKind; 5] = [HitKind::Lot, HitKind::Product, HitKind::Party, HitKind::Place, HitKind::Container];

    /// Its name in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            HitKind::Lot => "lot",
            HitKind::Product => "product",
            HitKind::Party => "party",
            HitKind::Place => "place",
            HitKind::Container => "container",
        }
    }
}

/// What was found beside lots.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its kind.
    pub kind: HitKind,
    /// Its name; a container has only its number.
    pub names: Option<Names>,
    /// Path of its page.
    pub path: String,
}

/// A found thing, ready to show.
struct Line {
    href: String,
    kind: String,
    name: String,
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage {
    shell: Shell,
    t: Tr,
    rows: Vec<Row>,
    size: String,
    ledger: String,
    log_key: String,
    missed: Option<String>,
    why: Option<String>,
    found: Option<String>,
    hits: Vec<Line>,
    /// The lists: address and title.
    browse: Vec<(String, String)>,
}

/// Draws the home page: search by lot, and the newest lots.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_index(ctx: &Ctx, info: &IndexInfo) -> Result<String, PageError> {
    let mut shell = Shell::new(ctx, ctx.lang.text("home-title"), ctx.lang.text("home-lead"));
    shell.demo = info.demo;
    let page = IndexPage {
        t: Tr(ctx.lang),
        rows: info.lots.iter().map(|l| row(ctx, &mut shell, l)).collect(),
        size: format::number(ctx.lang, &info.size.to_string()),
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        missed: info.missed.as_deref().map(isolated),
        why: info.why.as_ref().map(|why| reason::of_link(ctx.lang, why)),
        found: info.found.as_deref().map(isolated),
        hits: info.hits.iter().map(|hit| line(ctx, hit)).collect(),
        browse: ["lots", "parties", "regions"]
            .map(|list| (ctx.link(&format!("/{list}")), ctx.lang.text(&format!("browse-{list}"))))
            .into(),
        shell,
    };
    super::with_drawings(&page, &[])
}

fn line(ctx: &Ctx, hit: &Hit) -> Line {
    let number = hit.path.rsplit('/').next().unwrap_or_default();
    Line {
        href: ctx.link(&hit.path),
        kind: ctx.lang.text(&format!("search-{}", hit.kind.name())),
        name: hit.names.as_ref().map_or_else(|| number.to_owned(), |names| ctx.lang.name(names)),
    }
}
