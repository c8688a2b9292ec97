//! Pages with one thing to say: not found, never issued, refused, failed.

use askama::Template;

use super::{Ctx, PageError, PageState, Shell, Tr};
use crate::gs1::LotId;

/// A page with one thing to say.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The ledger knows no such lot.
    UnknownLot(LotId),
    /// No page at this address.
    NoSuchPage,
    /// The address is no GS1 Digital Link: what is wrong with it.
    BadLink(String),
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    shell: Shell,
    t: Tr,
    state: &'static str,
    word: String,
    about: Option<String>,
    advice: Vec<String>,
    reference: Option<String>,
    link: Option<(String, String)>,
}

fn draw(
    ctx: &Ctx,
    state: &'static str,
    word: String,
    about: Option<String>,
    advice: Vec<String>,
    reference: Option<String>,
    link: Option<(String, String)>,
) -> Result<String, PageError> {
    let description = advice.first().cloned().unwrap_or_default();
    let shell = Shell::new(ctx, word.clone(), description);
    Ok(NoticePage { shell, t: Tr(ctx.lang), state, word, about, advice, reference, link }.render()?)
}

/// Draws a not-found page (status 404, or 400 for a link that can't be read).
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_notice(ctx: &Ctx, notice: &Notice) -> Result<String, PageError> {
    let lang = ctx.lang;
    let (about, advice) = match notice {
        Notice::UnknownLot(lot) => (Some(lot.to_string()), vec!["unknown-why", "unknown-advice"]),
        Notice::NoSuchPage => (None, vec!["no-page"]),
        Notice::BadLink(what) => (Some(what.clone()), vec!["bad-link"]),
    };
    let advice = advice.into_iter().map(|key| lang.text(key)).collect();
    let state = PageState::Unknown.name();
    draw(ctx, state, lang.text("state-unknown"), about, advice, None, None)
}

/// Draws the page of a serial that the lot's label issues do not contain.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_never_issued(ctx: &Ctx, lot: &LotId, serial: &str) -> Result<String, PageError> {
    let lang = ctx.lang;
    let advice = ["never-issued-why", "never-issued-advice"].map(|key| lang.text(key)).to_vec();
    let about = Some(format!("{lot}(21){serial}"));
    let link = Some((super::lot_path(lot), lang.text("never-issued-lot")));
    draw(ctx, PageState::NeverIssued.name(), lang.text("state-never-issued"), about, advice, None, link)
}

/// Draws the page of an error: a title and a sentence for people, and the request id to report it by.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_error(ctx: &Ctx, title: &str, detail: &str, request_id: Option<&str>) -> Result<String, PageError> {
    let reference = request_id.map(|id| ctx.lang.with("error-reference", &[("id", id)]));
    draw(ctx, PageState::Unchecked.name(), title.to_owned(), None, vec![detail.to_owned()], reference, None)
}
