//! The home page: search by lot, and the newest lots.

use askama::Template;

use super::bidi::isolated;
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format};

/// What the home page shows.
#[derive(Debug, Clone, Default)]
pub struct IndexInfo {
    /// Newest lots.
    pub lots: Vec<LotLine>,
    /// Records in the published tree.
    pub size: u64,
    /// The query of a search that found nothing.
    pub missed: Option<String>,
    /// The query of a search that found these lots.
    pub found: Option<String>,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
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
    found: Option<String>,
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
        found: info.found.as_deref().map(isolated),
        shell,
    };
    Ok(page.render()?)
}
