//! The page of all regions: a map with a dot for each, and the list.

use askama::Template;

use super::map::{Dot, dots};
use super::{Ctx, PageError, Shell, Tr, format, region_path};
use crate::query::{MOST_PARTIES, RegionRow};

/// What the page of all regions shows.
#[derive(Debug, Clone)]
pub struct RegionsInfo<'a> {
    /// The regions: those with a government on the ledger, then those that are listed, then others.
    pub rows: &'a [RegionRow],
    /// How many lots were counted.
    pub counted: usize,
    /// There are older lots.
    pub more: bool,
    /// There are more parties than were read.
    pub more_parties: bool,
    /// Parties whose region has a code that is not read here.
    pub unread: usize,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// A region, ready to show.
struct Line {
    href: String,
    name: String,
    /// Code and province.
    place: String,
    /// What there is of it, in words.
    facts: Vec<String>,
    /// What went wrong, in words.
    trouble: Vec<String>,
}

/// Regions under one heading.
struct Group {
    title: String,
    lead: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "regions.html")]
struct RegionsPage {
    shell: Shell,
    t: Tr,
    dots: Vec<Dot>,
    groups: Vec<Group>,
    notes: Vec<String>,
    csv: String,
}

/// Draws the page of all regions.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_regions(ctx: &Ctx, info: &RegionsInfo<'_>) -> Result<String, PageError> {
    let lang = ctx.lang;
    let mut shell = Shell::new(ctx, lang.text("regions-title"), lang.text("regions-lead"));
    shell.demo = info.demo;
    let group = |key: &str, fits: &dyn Fn(&RegionRow) -> bool| Group {
        title: lang.text(&format!("regions-{key}")),
        lead: lang.text(&format!("regions-{key}-lead")),
        lines: info.rows.iter().filter(|row| fits(row)).map(|row| line(ctx, row)).collect(),
    };
    let enrolled = |row: &RegionRow| !row.region.offices.is_empty();
    let mut groups = vec![
        group("enrolled", &enrolled),
        group("listed", &|row| !enrolled(row) && row.region.listed),
        group("others", &|row| !enrolled(row) && !row.region.listed),
    ];
    groups.retain(|group| !group.lines.is_empty());
    let mut notes = vec![lang.count("regions-counted", info.counted as u64)];
    notes.extend(info.more.then(|| lang.text("regions-older")));
    notes.extend(info.more_parties.then(|| {
        let most = format::number(lang, &MOST_PARTIES.to_string());
        lang.with("regions-more-parties", &[("most", &most)])
    }));
    notes.extend((info.unread > 0).then(|| lang.count("regions-unread", info.unread as u64)));
    let page = RegionsPage {
        t: Tr(lang),
        dots: dots(info.rows.iter().filter_map(|row| Some((row.at?, enrolled(row) || row.producers > 0)))),
        groups,
        notes,
        csv: ctx.link("/regions?format=csv"),
        shell,
    };
    super::with_drawings(&page, &[])
}

fn line(ctx: &Ctx, row: &RegionRow) -> Line {
    let (lang, region) = (ctx.lang, &row.region);
    let counted = |key: &str, n: usize| (n > 0).then(|| lang.count(key, n as u64));
    let place = [Some(region.code.to_string()), region.province.clone()];
    Line {
        href: ctx.link(&region_path(&region.code)),
        name: format::region(lang, &region.name),
        place: place.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        facts: [counted("region-producers-n", row.producers), counted("region-lots-n", row.lots)]
            .into_iter()
            .flatten()
            .collect(),
        trouble: [
            counted("region-suspended-n", row.suspended),
            counted("region-failed-n", row.failed),
            counted("region-held-n", row.held),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
