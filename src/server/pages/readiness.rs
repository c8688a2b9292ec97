//! What is still missing before a lot may go to a market: a page, and a checklist when it is printed.

use std::collections::BTreeSet;

use askama::Template;

use super::needs::{
    Asked, Choice, Draw, GateLine, ItemLine, QuestionLine, RemarkLine, SourceLine, StepLine, market_name,
};
use super::{Ctx, PageError, Shell, Tr, lot_api, lot_path};
use crate::gs1::LotId;
use crate::guide::Answers;
use crate::guide::view::{Outcome, Readiness};
use crate::query::view::ProductView;
use crate::server::i18n::Lang;
use crate::server::readiness::INTERNATIONAL;

/// For what the answer is given.
pub struct ReadinessInfo<'a> {
    /// The lot.
    pub lot: &'a LotId,
    /// Its product.
    pub product: &'a ProductView,
    /// The market.
    pub market: &'a str,
    /// What a person said.
    pub answers: &'a Answers,
    /// Markets with rules of their own.
    pub named: BTreeSet<String>,
}

#[derive(Template)]
#[template(path = "readiness.html")]
struct ReadinessPage {
    shell: Shell,
    t: Tr,
    title: String,
    lot: String,
    lot_url: String,
    state: &'static str,
    outcome: String,
    why: String,
    markets: Vec<Choice>,
    action: String,
    hidden: Vec<(&'static str, String)>,
    shipment: String,
    gates: Vec<GateLine>,
    questions: Vec<QuestionLine>,
    standing: Vec<ItemLine>,
    documents: Vec<ItemLine>,
    lapsing: Vec<String>,
    steps: Vec<StepLine>,
    misunderstandings: Vec<RemarkLine>,
    refusals: Vec<RemarkLine>,
    terms: Vec<(String, String, String)>,
    sources: Vec<SourceLine>,
    guides: String,
}

/// Draws the page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_readiness(ctx: &Ctx, info: &ReadinessInfo<'_>, answer: &Readiness) -> Result<String, PageError> {
    let lang = ctx.lang;
    let asked = Asked {
        url: format!("{}/readiness", lot_api(info.lot)),
        more: Vec::new(),
        market: info.market,
        answers: info.answers,
    };
    let draw = Draw { ctx, lang, asked: &asked, answer };
    let (product, market) = (lang.name(&info.product.name), market_name(lang, info.market));
    let title = lang.with("readiness-title", &[("product", &product), ("market", &market)]);
    let items = || answer.standing.iter().chain(&answer.documents);
    let n = [("n", answer.missing.to_string()), ("q", answer.open.to_string()), ("market", market)];
    let n: Vec<(&str, &str)> = n.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let (state, key) = match answer.outcome {
        Outcome::Ready => ("done", "ready"),
        Outcome::Questions => ("asked", "questions"),
        Outcome::Missing => ("open", "missing"),
        Outcome::NotKnown => ("asked", "not-known"),
        Outcome::Closed => ("bad", "closed"),
    };
    let mut shell = Shell::new(ctx, title.clone(), lang.text("readiness-lead"));
    for (language, other) in shell.languages.iter_mut().zip(Lang::all()) {
        language.href = draw.in_language(other);
    }
    let page = ReadinessPage {
        shell,
        t: Tr(lang),
        title,
        lot: info.lot.to_string(),
        lot_url: ctx.link(&lot_path(info.lot)),
        state,
        outcome: lang.text(&format!("readiness-{key}")),
        why: match info.market == INTERNATIONAL {
            true => lang.text("readiness-no-country-why"),
            false => lang.with(&format!("readiness-{key}-why"), &n),
        },
        markets: draw.markets(&info.named),
        action: asked.url.clone(),
        hidden: draw.hidden(),
        shipment: info.answers.shipment.map(|day| day.to_string()).unwrap_or_default(),
        gates: answer.gates.iter().map(|gate| draw.gate(gate)).collect(),
        questions: draw.questions(),
        standing: answer.standing.iter().map(|item| draw.item(item)).collect(),
        documents: answer.documents.iter().map(|item| draw.item(item)).collect(),
        lapsing: items().filter(|item| item.lapses).map(|item| draw.lapse(item)).collect(),
        steps: answer.steps.iter().map(|step| draw.step(step)).collect(),
        misunderstandings: answer.misunderstandings.iter().map(|remark| draw.remark(remark)).collect(),
        refusals: answer.refusals.iter().map(|remark| draw.remark(remark)).collect(),
        terms: draw.terms(),
        sources: draw.sources(),
        guides: draw.guides(),
    };
    super::with_drawings(&page, &[])
}
