//! The parts of an answer to what is still missing: gates, items, questions, steps, sources, as the pages of a lot (`readiness`) and of a party's
//! way (`path`) have them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::bidi::isolated;
use super::format;
use super::lot_text::country;
use super::piece::Piece;
use super::{Ctx, record_path};
use crate::guide::Answers;
use crate::guide::condition::Paper;
use crate::guide::file::{Class, GateStatus, Range, SourceKind};
use crate::guide::view::{GateView, ItemState, ItemView, Readiness, Remark, StepState, StepView};
use crate::names::Names;
use crate::quality::profile::Confidence;
use crate::server::i18n::Lang;
use crate::server::readiness::INTERNATIONAL;

/// A link that is the present choice, or another.
pub(super) struct Choice {
    pub text: String,
    pub url: String,
    pub chosen: bool,
}

pub(super) struct GateLine {
    pub state: &'static str,
    pub word: String,
    pub text: Vec<Piece>,
    pub small: Vec<String>,
    pub sources: Vec<Piece>,
}

pub(super) struct ItemLine {
    pub id: String,
    /// `done`, `bad`, `open`, `asked` or `none`.
    pub state: &'static str,
    pub word: String,
    pub name: Vec<Piece>,
    pub text: Vec<Piece>,
    pub papers: Vec<Piece>,
    pub more: Vec<(String, Vec<Piece>)>,
    pub bring: Vec<Vec<Piece>>,
    pub sources: Vec<Piece>,
}

pub(super) struct QuestionLine {
    pub text: Vec<Piece>,
    pub yes: Choice,
    pub no: Choice,
}

pub(super) struct StepLine {
    pub state: &'static str,
    pub word: String,
    pub text: Vec<Piece>,
    pub small: Vec<String>,
}

pub(super) struct RemarkLine {
    pub claim: Option<String>,
    pub text: Vec<Piece>,
    pub small: Vec<String>,
    pub sources: Vec<Piece>,
}

pub(super) struct SourceLine {
    pub anchor: String,
    pub title: String,
    pub url: Option<String>,
    pub small: String,
}

/// `term-e-ska` of `e-SKA`: an anchor of letters, digits and hyphens.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    format!("{kind}-{}", plain.collect::<String>())
}

/// Where a page of an answer is, and what its address says.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    /// The path.
    pub url: String,
    /// Parameters beside the market and the answers.
    pub more: Vec<(&'static str, String)>,
    /// The market.
    pub market: &'a str,
    /// What a person said.
    pub answers: &'a Answers,
}

/// What a market is called; of a lot that is judged by international standards alone the country is not chosen.
pub(super) fn market_name(lang: Lang, market: &str) -> String {
    if market == INTERNATIONAL { lang.text("market-open") } else { country(lang, market) }
}

/// Draws the parts of an answer.
pub(super) struct Draw<'a> {
    pub ctx: &'a Ctx,
    pub lang: Lang,
    pub asked: &'a Asked<'a>,
    pub answer: &'a Readiness,
}

impl Draw<'_> {
    /// The address of this page with another market, or other answers.
    pub(super) fn link(&self, market: &str, answers: &Answers) -> String {
        let join = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(",");
        let mut url = format!("{}?market={market}", self.asked.url);
        let given = [("yes", join(&answers.yes)), ("no", join(&answers.no))];
        for (name, value) in self.asked.more.iter().cloned().chain(given) {
            if !value.is_empty() {
                url.push_str(&format!("&{name}={value}"));
            }
        }
        if let Some(shipment) = answers.shipment {
            url.push_str(&format!("&shipment={shipment}"));
        }
        self.ctx.link(&url)
    }

    /// The address of this page in another language.
    pub(super) fn in_language(&self, lang: Lang) -> String {
        let ctx = Ctx { lang, chosen: true, ..self.ctx.clone() };
        Draw { ctx: &ctx, lang, asked: self.asked, answer: self.answer }.link(self.asked.market, self.asked.answers)
    }

    /// A link to this answer for each of these markets.
    pub(super) fn markets(&self, named: &BTreeSet<String>) -> Vec<Choice> {
        let mut all: BTreeSet<&str> = named.iter().map(String::as_str).collect();
        all.insert(self.asked.market);
        let choice = |market: &str| Choice {
            text: market_name(self.lang, market),
            url: self.link(market, self.asked.answers),
            chosen: market == self.asked.market,
        };
        all.into_iter().map(choice).collect()
    }

    /// What a form sends along.
    pub(super) fn hidden(&self) -> Vec<(&'static str, String)> {
        let join = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(",");
        let answers = self.asked.answers;
        let mut hidden = vec![("market", self.asked.market.to_owned())];
        hidden.extend(self.asked.more.iter().cloned());
        hidden.extend(
            [("yes", join(&answers.yes)), ("no", join(&answers.no))].into_iter().filter(|(_, list)| !list.is_empty()),
        );
        if self.ctx.chosen {
            hidden.push(("lang", self.lang.code().to_owned()));
        }
        hidden
    }

    /// A sentence in which each official short name leads to its explanation.
    pub(super) fn explained(&self, names: &Names) -> Vec<Piece> {
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

    pub(super) fn gate(&self, gate: &GateView) -> GateLine {
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

    pub(super) fn questions(&self) -> Vec<QuestionLine> {
        let with = |id: &str, yes: bool| {
            let mut answers = self.asked.answers.clone();
            answers.yes.remove(id);
            answers.no.remove(id);
            if yes { &mut answers.yes } else { &mut answers.no }.insert(id.to_owned());
            self.link(self.asked.market, &answers)
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

    pub(super) fn item(&self, item: &ItemView) -> ItemLine {
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
            // a summary holds no link
            name: vec![Piece::plain(lang.name(&item.name))],
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

    pub(super) fn lapse(&self, item: &ItemView) -> String {
        let day = item.expires.map(|day| format::date(self.lang, day)).unwrap_or_default();
        self.lang.with("readiness-lapse", &[("what", &self.lang.name(&item.name)), ("day", &day)])
    }

    pub(super) fn step(&self, step: &StepView) -> StepLine {
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

    pub(super) fn remark(&self, remark: &Remark) -> RemarkLine {
        RemarkLine {
            claim: remark.claim.as_ref().map(|claim| self.lang.name(claim)),
            text: self.explained(&remark.text),
            small: remark.date.iter().map(|date| self.lang.with("readiness-reported", &[("when", date)])).collect(),
            sources: self.references(&remark.sources),
        }
    }

    pub(super) fn sources(&self) -> Vec<SourceLine> {
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

    /// The official short names in the answer: anchor, name, meaning.
    pub(super) fn terms(&self) -> Vec<(String, String, String)> {
        let terms = self.answer.terms.iter();
        terms.map(|(term, names)| (anchor("term", term), term.clone(), self.lang.name(names))).collect()
    }

    /// Which guides gave the answer.
    pub(super) fn guides(&self) -> String {
        let lang = self.lang;
        let said = self.answer.guides.iter().map(|used| {
            let day = format::date(lang, used.as_of);
            lang.with("readiness-guide", &[("id", &used.id), ("version", &used.version), ("day", &day)])
        });
        format::list(lang, &said.collect::<Vec<_>>())
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
