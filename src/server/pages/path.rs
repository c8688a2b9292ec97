//! The way of a party to its first export: a page, and a list of steps when it is printed.

use askama::Template;

use super::lot_text::country;
use super::needs::{Asked, Choice, Draw, GateLine, ItemLine, QuestionLine, RemarkLine, SourceLine, StepLine};
use super::{Ctx, PageError, Shell, Tr, party_path};
use crate::guide::Answers;
use crate::guide::file::GateStatus;
use crate::guide::view::{ItemState, ItemView, Outcome, StepState, StepView};
use crate::query::view::PartyView;
use crate::query::{Good, PartyWay};
use crate::server::i18n::Lang;

/// Of whom the way is.
pub struct PathInfo<'a> {
    /// The party; `None` for one that is not on the ledger yet.
    pub party: Option<&'a PartyView>,
    /// What a person said.
    pub answers: &'a Answers,
}

/// A step, with what of its items is open.
struct WayLine {
    step: StepLine,
    needs: Vec<ItemLine>,
}

#[derive(Template)]
#[template(path = "path.html")]
struct PathPage {
    shell: Shell,
    t: Tr,
    title: String,
    party: Option<(String, String)>,
    app: &'static str,
    state: &'static str,
    outcome: String,
    why: String,
    lots: Option<String>,
    goods: Vec<Choice>,
    markets: Vec<Choice>,
    gates: Vec<GateLine>,
    questions: Vec<QuestionLine>,
    steps: Vec<WayLine>,
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
pub fn render_path(ctx: &Ctx, info: &PathInfo<'_>, found: &PartyWay) -> Result<String, PageError> {
    let (lang, way) = (ctx.lang, &found.way);
    let answer = &way.answer;
    let url = info.party.map_or_else(|| "/path".to_owned(), |party| format!("{}/path", party_path(&party.party)));
    let good = |commodity: &str, form: &str| vec![("commodity", commodity.to_owned()), ("form", form.to_owned())];
    let asked = Asked {
        url,
        more: good(&found.good.commodity, &found.good.form),
        market: &found.market,
        answers: info.answers,
    };
    let draw = Draw { ctx, lang, asked: &asked, answer };
    let names = [("good", good_name(lang, &found.good)), ("market", country(lang, &found.market))];
    let names: Vec<(&str, &str)> = names.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let title = lang.with("way-title", &names);
    let count = [("done", way.done.to_string()), ("of", way.of.to_string())];
    let count: Vec<(&str, &str)> = count.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let all = way.done == way.of;
    let (state, key) = match answer.outcome {
        Outcome::Closed => ("bad", "way-closed-why"),
        Outcome::NotKnown => ("asked", "way-not-known-why"),
        _ if all => ("done", "way-done-why"),
        _ => ("open", "way-next-why"),
    };
    let mut shell = Shell::new(ctx, title.clone(), lang.text("way-lead"));
    for (language, other) in shell.languages.iter_mut().zip(Lang::all()) {
        language.href = draw.in_language(other);
    }
    let goods = found.goods.iter().map(|other| {
        let asked = Asked { more: good(&other.commodity, &other.form), ..asked.clone() };
        Choice {
            text: good_name(lang, other),
            url: Draw { asked: &asked, ..draw }.link(&found.market, &Answers::default()),
            chosen: (&other.commodity, &other.form) == (&found.good.commodity, &found.good.form),
        }
    });
    let markets = found.markets.iter().map(|market| {
        let gate = match market.gate {
            GateStatus::Open => "gate-open",
            GateStatus::Conditional => "gate-conditional",
            GateStatus::Unknown => "gate-unknown",
            GateStatus::Closed => "gate-closed",
        };
        let words = [("market", country(lang, &market.market)), ("gate", lang.text(gate))];
        let words: Vec<(&str, &str)> = words.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Choice {
            text: lang.with("way-market", &words),
            url: draw.link(&market.market, info.answers),
            chosen: market.market == found.market,
        }
    });
    let page = PathPage {
        shell,
        t: Tr(lang),
        title,
        party: info.party.map(|party| (lang.name(&party.name), ctx.link(&party_path(&party.party)))),
        app: crate::server::app::START,
        state,
        outcome: lang.with("way-count", &count),
        why: lang.with(key, &names),
        lots: info.party.map(|_| lots(lang, found)),
        goods: goods.collect(),
        markets: markets.collect(),
        gates: answer.gates.iter().map(|gate| draw.gate(gate)).collect(),
        questions: draw.questions(),
        steps: answer.steps.iter().map(|step| line(&draw, step)).collect(),
        misunderstandings: answer.misunderstandings.iter().map(|remark| draw.remark(remark)).collect(),
        refusals: answer.refusals.iter().map(|remark| draw.remark(remark)).collect(),
        terms: draw.terms(),
        sources: draw.sources(),
        guides: draw.guides(),
    };
    super::with_drawings(&page, &[])
}

/// `Fresh fruit (avocado)`: a form alone may be that of several commodities.
fn good_name(lang: Lang, good: &Good) -> String {
    lang.with("way-good-name", &[("form", &lang.name(&good.name)), ("commodity", &lang.name(&good.commodity_name))])
}

fn lots(lang: Lang, found: &PartyWay) -> String {
    let key = match (found.lots, found.more) {
        (0, _) => "way-no-lots",
        (_, false) => "way-lots",
        (_, true) => "way-lots-more",
    };
    lang.with(key, &[("n", &found.lots.to_string())])
}

fn line(draw: &Draw<'_>, step: &StepView) -> WayLine {
    let items = || draw.answer.standing.iter().chain(&draw.answer.documents);
    let open = |item: &&ItemView| {
        step.items.contains(&item.id) && !matches!(item.state, ItemState::Done | ItemState::NotNeeded)
    };
    let needs = match step.state {
        StepState::Done => Vec::new(),
        StepState::Next | StepState::Later => items().filter(open).map(|item| draw.item(item)).collect(),
    };
    WayLine { step: draw.step(step), needs }
}
