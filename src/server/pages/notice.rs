//! Pages of one message: not found, never issued, refused, failed.

use askama::Template;

use super::bidi::isolated;
use super::{Ctx, PageError, PageState, Shell, Tr, reason};
use crate::gs1::{LinkError, LotId};
use crate::region::Code;

/// A page of one message.
#[derive(Debug, Clone)]
pub enum Notice {
    /// There is no such lot on the ledger; perhaps one whose number differs in case only.
    UnknownLot(LotId, Option<LotId>),
    /// There is no such product, place or container on the ledger.
    UnknownNumber(String),
    /// There is no such region here; perhaps one that holds it.
    UnknownRegion(String, Option<Code>),
    /// No page at this address.
    NoSuchPage,
    /// The address is not a GS1 Digital Link, with the reason.
    BadLink(LinkError),
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
    /// The same in terms of GS1 identifiers.
    technical: Option<String>,
    reference: Option<String>,
    link: Option<(String, String)>,
}

impl NoticePage {
    fn new(ctx: &Ctx, state: PageState, word: String, advice: Vec<String>) -> NoticePage {
        let description = advice.first().cloned().unwrap_or_default();
        NoticePage {
            shell: Shell::new(ctx, word.clone(), description),
            t: Tr(ctx.lang),
            state: state.name(),
            word,
            about: None,
            advice,
            technical: None,
            reference: None,
            link: None,
        }
    }
}

/// Draws a not-found page (status 404, or 400 for a link that can't be read).
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_notice(ctx: &Ctx, notice: &Notice) -> Result<String, PageError> {
    let lang = ctx.lang;
    let (about, advice, technical) = match notice {
        Notice::UnknownLot(lot, _) => (Some(lot.to_string()), vec!["unknown-why", "unknown-advice"], None),
        Notice::UnknownNumber(code) => (Some(code.clone()), vec!["unknown-number", "unknown-advice"], None),
        Notice::UnknownRegion(code, _) => (Some(isolated(code)), vec!["region-unknown"], None),
        Notice::NoSuchPage => (None, vec!["no-page"], None),
        Notice::BadLink(what) => (Some(ctx.path.clone()), vec!["bad-link"], Some(reason::of_link(lang, what))),
    };
    let advice = advice.into_iter().map(|key| lang.text(key)).collect();
    let page = NoticePage::new(ctx, PageState::Unknown, lang.text("state-unknown"), advice);
    let link = match notice {
        Notice::UnknownLot(_, Some(near)) => {
            let sentence = lang.with("unknown-near", &[("lot", near.lot.as_str())]);
            Some((ctx.link(&super::lot_path(near)), sentence))
        }
        Notice::UnknownRegion(_, Some(holder)) => {
            let sentence = lang.with("region-within", &[("code", &holder.to_string())]);
            Some((ctx.link(&super::region_path(holder)), sentence))
        }
        Notice::UnknownRegion(_, None) => Some((ctx.link("/regions"), lang.text("browse-regions"))),
        _ => None,
    };
    super::with_drawings(&NoticePage { about, technical, link, ..page }, &[])
}

/// Draws the page of a serial that is in none of the lot's label issues.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_never_issued(ctx: &Ctx, lot: &LotId, serial: &str) -> Result<String, PageError> {
    let lang = ctx.lang;
    let advice = ["never-issued-why", "never-issued-advice"].map(|key| lang.text(key)).to_vec();
    let about = Some(format!("{lot}(21){serial}"));
    let link = Some((ctx.link(&super::lot_path(lot)), lang.text("never-issued-lot")));
    let page = NoticePage::new(ctx, PageState::NeverIssued, lang.text("state-never-issued"), advice);
    super::with_drawings(&NoticePage { about, link, ..page }, &[])
}

/// Draws the page of an error: a title and a sentence for people, and the request id to report it by.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_error(ctx: &Ctx, title: &str, detail: &str, request_id: Option<&str>) -> Result<String, PageError> {
    let reference = request_id.map(|id| ctx.lang.with("error-reference", &[("id", id)]));
    let page = NoticePage::new(ctx, PageState::Unchecked, title.to_owned(), vec![detail.to_owned()]);
    super::with_drawings(&NoticePage { reference, ..page }, &[])
}
