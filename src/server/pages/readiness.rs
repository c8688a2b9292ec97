//! What is still missing before a lot may go to a market: a page, and a checklist when it is printed.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use jiff::civil::Date;

use super::bidi::isolated;
use super::format;
use super::lot_text::country;
use super::piece::Piece;
use super::{Ctx, PageError, Shell, Tr, lot_api, lot_path, record_path};
use crate::gs1::LotId;
use crate::guide::Answers;
use crate::guide::condition::Paper;
use crate::guide::file::{Class, GateStatus, Range, SourceKind};
use crate::guide::view::{GateView, ItemState, ItemView, Outcome, Readiness, Remark, StepState, StepView};
use crate::names::Names;
use crate::quality::profile::Confidence;
use crate::query::view::ProductView;
use crate::server::i18n::Lang;

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
    /// Today.
    pub today: Date,
}

/// A link that is the present choice, or another.
struct Choice {
    text: String,
    url: String,
    chosen: bool,
}

struct GateLine {
    state: &'static str,
    word: String,
    text: Vec<Piece>,
    small: Vec<String>,
    sources: Vec<Piece>,
}

struct ItemLine {
    id: String,
    /// `done`, `bad`, `open`, `asked` or `none`.
    state: &'static str,
    word: String,
    text: Vec<Piece>,
    papers: Vec<Piece>,
    more: Vec<(String, Vec<Piece>)>,
    bring: Vec<Vec<Piece>>,
    sources: Vec<Piece>,
}

struct QuestionLine {
    text: Vec<Piece>,
    yes: Choice,
    no: Choice,
}

struct StepLine {
    state: &'static str,
    word: String,
    text: Vec<Piece>,
    small: Vec<String>,
}

struct RemarkLine {
    claim: Option<String>,
    text: Vec<Piece>,
    small: Vec<String>,
    sources: Vec<Piece>,
}

struct SourceLine {
    anchor: String,
    title: String,
    url: Option<String>,
    small: String,
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
    let draw = Draw { ctx, lang, info, answer };
    let (product, market) = (lang.name(&info.product.name), country(lang, info.market));
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
    let guides = answer.guides.iter().map(|used| {
        lang.with(
            "readiness-guide",
            &[("id", &used.id), ("version", &used.version), ("day", &format::date(lang, used.as_of))],
        )
    });
    let mut shell = Shell::new(ctx, title.clone(), lang.text("readiness-lead"));
    for (language, other) in shell.languages.iter_mut().zip(Lang::all()) {
        let other = Ctx { lang: other, chosen: true, ..ctx.clone() };
        language.href = Draw { ctx: &other, lang, info, answer }.link(info.market, info.answers);
    }
    let page = ReadinessPage {
        shell,
        t: Tr(lang),
        title,
        lot: info.lot.to_string(),
        lot_url: ctx.link(&lot_path(info.lot)),
        state,
        outcome: lang.text(&format!("readiness-{key}")),
        why: lang.with(&format!("readiness-{key}-why"), &n),
        markets: draw.markets(),
        action: format!("{}/readiness", lot_api(info.lot)),
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
        terms: answer
            .terms
            .iter()
            .map(|(term, names)| (anchor("term", term), term.clone(), lang.name(names)))
            .collect(),
        sources: draw.sources(),
        guides: format::list(lang, &guides.collect::<Vec<_>>()),
    };
    super::with_drawings(&page, &[])
}

/// `term-e-ska` of `e-SKA`: an anchor of letters, digits and hyphens.
fn anchor(kind: &str, name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    format!("{kind}-{}", plain.collect::<String>())
}

struct Draw<'a> {
    ctx: &'a Ctx,
    lang: Lang,
    info: &'a ReadinessInfo<'a>,
    answer: &'a Readiness,
}

impl Draw<'_> {
    /// The address of this page with another market, or other answers.
    fn link(&self, market: &str, answers: &Answers) -> String {
        let join = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(",");
        let mut url = format!("{}/readiness?market={market}", lot_api(self.info.lot));
        for (name, value) in [("yes", join(&answers.yes)), ("no", join(&answers.no))] {
            if !value.is_empty() {
                url.push_str(&format!("&{name}={value}"));
            }
        }
        if let Some(shipment) = answers.shipment {
            url.push_str(&format!("&shipment={shipment}"));
        }
        self.ctx.link(&url)
    }

    fn markets(&self) -> Vec<Choice> {
        let mut all: BTreeSet<&str> = self.info.named.iter().map(String::as_str).collect();
        all.insert(self.info.market);
        let choice = |market: &str| Choice {
            text: country(self.lang, market),
            url: self.link(market, self.info.answers),
            chosen: market == self.info.market,
        };
        all.into_iter().map(choice).collect()
    }

    /// What the form of the day sends along.
    fn hidden(&self) -> Vec<(&'static str, String)> {
        let join = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(",");
        let answers = self.info.answers;
        let mut hidden = vec![("market", self.info.market.to_owned())];
        hidden.extend(
            [("yes", join(&answers.yes)), ("no", join(&answers.no))].into_iter().filter(|(_, list)| !list.is_empty()),
        );
        if self.ctx.chosen {
            hidden.push(("lang", self.lang.code().to_owned()));
        }
        hidden
    }

    /// A sentence in which each official short name leads to its explanation.
    fn explained(&self, names: &Names) -> Vec<Piece> {
        let text = self.lang.name(names);
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((at, term)) = first_term(rest, &self.answer.terms) {
            if at > 0 {
                pieces.push(Piece::plain(&rest[..at]));
            }
            pieces.push(Piece::plain(term).at(format!("#{}", anchor("term", term))));
            rest = &rest[at + term.len()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::plain(rest));
        }
        pieces
    }

    fn references(&self, sources: &[String]) -> Vec<Piece> {
        let number = |reference: &String| self.answer.sources.keys().position(|key| key == reference);
        let numbers = sources.iter().filter_map(|reference| Some((number(reference)? + 1, reference)));
        numbers
            .map(|(n, reference)| Piece::plain(format!("[{n}]")).at(format!("#{}", anchor("source", reference))))
            .collect()
    }

    /// How sure a row is, as of when, and when it is looked at again.
    fn small(&self, confidence: Confidence, as_of: Option<&str>, review: Date, overdue: bool) -> Vec<String> {
        let lang = self.lang;
        let mut small = Vec::new();
        small.extend(as_of.map(|when| lang.with("readiness-as-of", &[("when", when)])));
        small.push(lang.text(match confidence {
            Confidence::High => "readiness-sure",
            Confidence::Medium => "readiness-likely",
            Confidence::Low => "readiness-unsure",
        }));
        let key = if overdue { "readiness-overdue" } else { "readiness-review" };
        small.push(lang.with(key, &[("day", &format::date(lang, review))]));
        small
    }

    fn gate(&self, gate: &GateView) -> GateLine {
        let (state, word) = match gate.status {
            GateStatus::Open => ("done", "gate-open"),
            GateStatus::Conditional => ("open", "gate-conditional"),
            GateStatus::Unknown => ("asked", "gate-unknown"),
            GateStatus::Closed => ("bad", "gate-closed"),
        };
        let mut small = self.small(gate.confidence, gate.as_of.as_deref(), gate.review, gate.overdue);
        if gate.decided_by_lot {
            small.insert(0, self.lang.text("gate-by-lot"));
        }
        GateLine {
            state,
            word: self.lang.text(word),
            text: self.explained(&gate.text),
            small,
            sources: self.references(&gate.sources),
        }
    }

    fn questions(&self) -> Vec<QuestionLine> {
        let with = |id: &str, yes: bool| {
            let mut answers = self.info.answers.clone();
            answers.yes.remove(id);
            answers.no.remove(id);
            if yes { &mut answers.yes } else { &mut answers.no }.insert(id.to_owned());
            self.link(self.info.market, &answers)
        };
        let asked = self.answer.questions.iter();
        asked
            .map(|question| QuestionLine {
                text: self.explained(&question.text),
                yes: Choice {
                    text: self.lang.text("answer-yes"),
                    url: with(&question.id, true),
                    chosen: question.answer == Some(true),
                },
                no: Choice {
                    text: self.lang.text("answer-no"),
                    url: with(&question.id, false),
                    chosen: question.answer == Some(false),
                },
            })
            .collect()
    }

    fn item(&self, item: &ItemView) -> ItemLine {
        let lang = self.lang;
        let (state, word) = match item.state {
            _ if item.lapses => ("bad", "item-lapses"),
            ItemState::Done => ("done", "item-done"),
            ItemState::NotNeeded => ("none", "item-not-needed"),
            ItemState::Asked => ("asked", "item-asked"),
            ItemState::Failed => ("bad", "item-failed"),
            ItemState::Lapsed => ("bad", "item-lapsed"),
            ItemState::Missing if item.blocks => ("open", "item-missing"),
            ItemState::Missing => ("none", "item-advised"),
        };
        let settled = matches!(item.state, ItemState::Done | ItemState::NotNeeded);
        ItemLine {
            id: anchor("item", &item.id),
            state,
            word: lang.text(word),
            text: self.explained(if settled { &item.name } else { &item.text }),
            papers: item.papers.iter().map(|paper| self.paper(paper)).collect(),
            more: self.more(item),
            bring: if settled { Vec::new() } else { item.bring.iter().map(|names| self.explained(names)).collect() },
            sources: self.references(&item.sources),
        }
    }

    /// Number, issuer and last day of a document, with a link to its record.
    fn paper(&self, paper: &Paper) -> Piece {
        Piece::plain(paper_line(self.lang, paper)).at(self.ctx.link(&record_path(&paper.record)))
    }

    fn more(&self, item: &ItemView) -> Vec<(String, Vec<Piece>)> {
        let lang = self.lang;
        let role = self.answer.roles.get(&item.issuer);
        let issuer = item.issuer_name.as_ref().or(role).map(|names| self.explained(names));
        let names: BTreeMap<&str, &Names> = self
            .answer
            .standing
            .iter()
            .chain(&self.answer.documents)
            .map(|item| (item.id.as_str(), &item.name))
            .collect();
        let mut after: Vec<Piece> = Vec::new();
        for (id, name) in item.after.iter().filter_map(|id| Some((id, names.get(id.as_str())?))) {
            if !after.is_empty() {
                after.push(Piece::plain(", "));
            }
            after.push(Piece::plain(lang.name(name)).at(format!("#{}", anchor("item", id))));
        }
        let plain = |text: String| vec![Piece::plain(text)];
        let class = match item.class {
            Class::Must => "class-must",
            Class::Conditional => "class-conditional",
            Class::Contract => "class-contract",
            Class::Usual => "class-usual",
        };
        let small = self.small(item.confidence, None, item.review, item.overdue);
        let rows = [
            ("readiness-issuer", issuer),
            ("readiness-after", Some(after).filter(|after| !after.is_empty())),
            ("readiness-days", item.lead_days.map(|range| plain(self.range(range, "days")))),
            ("readiness-cost", item.cost_rupiah.map(|range| plain(self.range(range, "rupiah")))),
            ("readiness-validity", item.validity.as_ref().map(|names| self.explained(names))),
            ("readiness-note", item.note.as_ref().map(|names| self.explained(names))),
            ("readiness-basis", item.basis.as_ref().map(|basis| plain(basis.clone()))),
            ("readiness-class", Some(plain(lang.text(class)))),
            ("readiness-sureness", Some(plain(small.join(" ")))),
        ];
        rows.into_iter().filter_map(|(key, value)| Some((lang.text(key), value?))).collect()
    }

    /// A range of days or rupiah, called an estimate where no source gave it.
    fn range(&self, range: Range, unit: &str) -> String {
        let lang = self.lang;
        let number = |n: u64| format::number(lang, &n.to_string());
        let key = match (range.min, range.max) {
            (_, 0) => format!("{unit}-none"),
            (min, max) if min == max => format!("{unit}-one"),
            _ => format!("{unit}-range"),
        };
        let text = lang.with(&key, &[("min", &number(range.min)), ("max", &number(range.max))]);
        if range.sourced { text } else { lang.with("readiness-estimate", &[("what", &text)]) }
    }

    fn lapse(&self, item: &ItemView) -> String {
        let day = item.expires.map(|day| format::date(self.lang, day)).unwrap_or_default();
        self.lang.with("readiness-lapse", &[("what", &self.lang.name(&item.name)), ("day", &day)])
    }

    fn step(&self, step: &StepView) -> StepLine {
        let lang = self.lang;
        let (state, word) = match step.state {
            StepState::Done => ("done", "step-done"),
            StepState::Next => ("open", "step-next"),
            StepState::Later => ("none", "step-later"),
        };
        let mut small: Vec<String> =
            self.answer.roles.get(&step.who).map(|names| lang.name(names)).into_iter().collect();
        small.extend(step.days.map(|range| self.range(range, "days")));
        if step.optional {
            small.push(lang.text("step-optional"));
        }
        StepLine { state, word: lang.text(word), text: self.explained(&step.text), small }
    }

    fn remark(&self, remark: &Remark) -> RemarkLine {
        RemarkLine {
            claim: remark.claim.as_ref().map(|claim| self.lang.name(claim)),
            text: self.explained(&remark.text),
            small: remark.date.iter().map(|date| self.lang.with("readiness-reported", &[("when", date)])).collect(),
            sources: self.references(&remark.sources),
        }
    }

    fn sources(&self) -> Vec<SourceLine> {
        let kind = |kind| {
            self.lang.text(match kind {
                SourceKind::Official => "source-official",
                SourceKind::LegalText => "source-legal-text",
                SourceKind::Secondary => "source-secondary",
                SourceKind::Earlier => "source-earlier",
                SourceKind::None => "source-none",
            })
        };
        let all = self.answer.sources.iter();
        all.map(|(reference, source)| SourceLine {
            anchor: anchor("source", reference),
            title: source.title.clone(),
            url: source.url.clone(),
            small: [Some(kind(source.kind)), source.date.clone()].into_iter().flatten().collect::<Vec<_>>().join(", "),
        })
        .collect()
    }
}

/// `CPIB 7 · no. 41 · issued by BPPMHKP · valid until 30 Jun 2027 · on the ledger by Region`
pub(super) fn paper_line(lang: Lang, paper: &Paper) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(paper.title.iter().map(|title| isolated(title)));
    parts.extend(paper.number.iter().map(|number| lang.with("paper-number", &[("number", &isolated(number))])));
    parts.extend(paper.issuer.iter().map(|issuer| lang.with("paper-issuer", &[("issuer", &isolated(issuer))])));
    parts.extend(paper.until.map(|day| lang.with("paper-until", &[("day", &format::date(lang, day))])));
    parts.push(lang.with("paper-by", &[("party", &lang.name(&paper.by))]));
    parts.join(" · ")
}

/// The first official short name in a text that stands as a word of its own, and where; of several at one place the longest.
fn first_term<'t>(text: &str, terms: &'t BTreeMap<String, Names>) -> Option<(usize, &'t str)> {
    let found = terms.keys().filter_map(|term| Some((crate::guide::readiness::word_at(text, term)?, term.as_str())));
    found.min_by_key(|(at, term)| (*at, std::cmp::Reverse(term.len())))
}
