//! The journey: each record about the lot as a step.

use super::bidi::isolated;
use super::lot_text::LotText;
use super::piece::{Piece, around_all, named};
use super::{Words, format, record_path};
use crate::chain::event::GAINS;
use crate::chain::outcome::Act;
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::quality::Verdict;
use crate::query::view::{PartyView, Step, TradeDocument};
use crate::server::i18n::Lang;

/// A step of the journey.
pub(super) struct Line {
    pub(super) record: String,
    pub(super) record_url: String,
    pub(super) icon: &'static str,
    pub(super) title: Vec<Piece>,
    pub(super) when: String,
    /// Place in the log.
    pub(super) index: u64,
    /// Who signed.
    pub(super) who: String,
    pub(super) who_url: String,
    /// For whom, when for another.
    pub(super) for_whom: Option<String>,
    pub(super) place: Vec<Piece>,
    /// Amounts and lots, each with the sign before it.
    pub(super) moved: Vec<String>,
    /// Whether the record does not state them: what a container holds that is shipped.
    pub(super) moved_by_server: bool,
    /// Link and number of each.
    pub(super) containers: Vec<(String, String)>,
    pub(super) facts: Vec<Vec<Piece>>,
    /// Findings about this record that are not warnings.
    pub(super) notes: Vec<String>,
    pub(super) voided: bool,
    pub(super) marked: bool,
}

impl LotText<'_> {
    pub(super) fn line(&self, step: &Step) -> Line {
        let lang = self.lang();
        let counterparty = step.counterparty.as_ref().map(|p| self.party(p)).unwrap_or_default();
        let facts: Vec<Vec<Piece>> = step
            .facts
            .iter()
            .filter_map(|(name, value)| {
                let key = format!("fact-{name}");
                lang.find(&key, &[])?;
                let value = match name.as_str() {
                    "serials" => vec![Piece::plain(format::number(lang, value))],
                    "sample" => vec![Piece::plain(value)],
                    "market" => vec![Piece::plain(self.country(value))],
                    "reason" | "visit-advice" => self.reason(value, &step.party),
                    "transfer" | "handover-from" | "handover-to" => {
                        vec![Piece::plain(self.name_of(value).unwrap_or_else(|| isolated(value)))]
                    }
                    "catch-certificate" | "vehicle" | "commitment" => vec![Piece::plain(isolated(value))],
                    "leg-from" | "leg-to" => vec![Piece::plain(value.rsplit('/').next().unwrap_or_default())],
                    "additive" => vec![Piece::plain(self.added(value))],
                    _ => vec![Piece::plain(self.value(name, value))],
                };
                Some(around_all(lang, "pair", "value", &[("label", &lang.text(&key))], value))
            })
            .collect();
        let documents = step.trade.iter().map(|document| self.document_of_trade(document));
        let facts = facts
            .into_iter()
            .chain(documents)
            .chain((step.more > 0).then(|| vec![Piece::plain(lang.count("step-more", step.more as u64))]));
        let facts = facts.collect();
        let noticed = self.view.findings.iter().filter(|f| f.record == step.record && self.is_noted_at_its_step(f));
        Line {
            record: step.record.to_string(),
            record_url: self.ctx.link(&record_path(&step.record)),
            icon: icon(step.act, self.words),
            title: self.linked_title(step, &counterparty),
            when: format::moment(lang, step.event_time, &step.offset, step.place.as_ref().map(|p| p.country.as_str())),
            index: step.index,
            who: self.party(&step.party),
            for_whom: step.on_behalf.as_ref().map(|owner| lang.with("on-behalf", &[("owner", &self.party(owner))])),
            who_url: self.party_url(&step.party),
            place: step.place.as_ref().map(|p| self.place(p, &step.record)).unwrap_or_default(),
            moved: self.moved(step),
            moved_by_server: step.act == Act::Ship && !step.containers.is_empty(),
            containers: step.containers.iter().map(|c| (self.ctx.link(&format!("/00/{c}")), c.to_string())).collect(),
            facts,
            notes: noticed.map(|f| self.finding(f)).collect(),
            voided: step.voided_by.is_some(),
            marked: step.marked,
        }
    }

    /// `Invoice: INV-7 · 3 Nov 2026`. Without a number its id stands there.
    fn document_of_trade(&self, document: &TradeDocument) -> Vec<Piece> {
        let lang = self.lang();
        let key = document.kind.as_ref().map_or("document-kind".to_owned(), |kind| format!("document-kind-{kind}"));
        let mut value = isolated(document.number.as_deref().unwrap_or(&document.id));
        if let Some(date) = &document.date {
            value = format!("{value} · {}", format::day(lang, date));
        }
        around_all(lang, "pair", "value", &[("label", &lang.text(&key))], vec![Piece::plain(value)])
    }

    /// What a process added: `salt 1500 gram` as `1,5 kg Garam`.
    fn added(&self, fact: &str) -> String {
        let mut parts = fact.split(' ');
        let parts = (parts.next(), parts.next().map(str::parse::<Amount>), parts.next().and_then(BaseUnit::from_name));
        let (Some(substance), Some(Ok(amount)), Some(unit)) = parts else { return fact.to_owned() };
        let amount = format::amount(self.words, self.lang(), amount, unit);
        format!("{amount} {}", self.words.additive(self.lang(), substance))
    }

    /// The title of a step outside the journey.
    pub(super) fn act(&self, step: &Step) -> String {
        let counterparty = step.counterparty.as_ref().map(|p| self.party(p)).unwrap_or_default();
        self.title(step, &counterparty)
    }

    /// A reason by its code. Text with spaces is free text, shown with its author to readers of another language.
    pub(super) fn reason(&self, reason: &str, by: &PartyView) -> Vec<Piece> {
        let lang = self.lang();
        if !reason.contains(' ') {
            return vec![Piece::plain(self.value("reason", reason))];
        }
        let words = vec![Piece::written(reason, by)];
        if Lang::of_country(&by.country) == Some(lang) {
            return words;
        }
        around_all(lang, "as-written", "text", &[("party", &self.party(by))], words)
    }

    /// The title, with a link to the party that it names.
    fn linked_title(&self, step: &Step, counterparty: &str) -> Vec<Piece> {
        let title = self.title(step, counterparty);
        match &step.counterparty {
            Some(party) if !counterparty.is_empty() => {
                named(&title, &[("", String::new(), counterparty.to_owned(), self.party_url(party))])
            }
            _ => vec![Piece::plain(title)],
        }
    }

    fn title(&self, step: &Step, counterparty: &str) -> String {
        let lang = self.lang();
        let fact = |name: &str| step.facts.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        match step.act {
            Act::Harvest => self.words.harvested(lang),
            Act::Process => fact("process").map_or_else(|| lang.text("act-process"), |p| self.value("process", p)),
            Act::Ship if !counterparty.is_empty() => lang.with("act-ship-to", &[("party", counterparty)]),
            Act::Receive if !counterparty.is_empty() => lang.with("act-receive-from", &[("party", counterparty)]),
            Act::Hold => lang.text(self.held(step)),
            Act::Inspect => self.result(step),
            Act::Trade if fact("rejects").is_some() => lang.text("act-rejection"),
            Act::Trade if fact("transfer").is_some() => lang.text("act-transfer"),
            Act::Trade => {
                let kind = step.trade.iter().find_map(|document| document.kind.as_ref());
                kind.map_or_else(|| lang.text("act-trade"), |kind| lang.text(&format!("document-kind-{kind}")))
            }
            Act::Observe if fact("handover-to").is_some() => lang.text("act-handover"),
            Act::Observe if fact("visit").is_some() => lang.text("act-visit"),
            Act::Observe => step
                .biz_step
                .as_deref()
                .and_then(|b| lang.find(&format!("step-{}", b.replace('_', "-")), &[]))
                .unwrap_or_else(|| lang.text("act-observe")),
            _ => lang.text(&format!("act-{}", step.act.name())),
        }
    }

    /// `Inspection: passed`; an own check is called one. Of a test whose result the view leaves out only that it was made.
    fn result(&self, step: &Step) -> String {
        let Some(test) = self.view.inspections.iter().find(|test| test.record == step.record) else {
            return self.lang().text("act-inspect");
        };
        let result = match test.verdict {
            Verdict::Pass => "result-pass",
            Verdict::Fail => "result-fail",
            Verdict::Inconclusive => "result-inconclusive",
            Verdict::NotEvaluated => "result-not-evaluated",
        };
        self.labelled(if test.own { "own-check" } else { "inspection" }, &self.lang().text(result))
    }

    /// The sentence of a hold: whether it was a recall, or the end of an earlier one.
    fn held(&self, step: &Step) -> &'static str {
        if self.view.holds.iter().any(|h| h.lifted_by == Some(step.record)) {
            return "act-lift";
        }
        match self.view.holds.iter().find(|h| h.record == step.record) {
            Some(hold) if hold.recall => "act-recall",
            Some(_) => "act-on-hold",
            None => "act-hold",
        }
    }

    /// `1.040 kg DAUN-2611-07`, `→ 24,6 kg NILAM-2611-03`.
    fn moved(&self, step: &Step) -> Vec<String> {
        let gained = step.facts.iter().any(|(name, value)| name == "reason" && GAINS.contains(&value.as_str()));
        let first = match step.act {
            Act::Adjust if gained => "+",
            Act::Adjust => "\u{2212}",
            _ => "",
        };
        let side = |lots: &[(LotId, Amount)], first: &str| {
            let signs = std::iter::once(first.to_owned()).chain(std::iter::repeat("+ ".to_owned()));
            lots.iter()
                .zip(signs)
                .map(|((lot, amount), sign)| format!("{sign}{} {}", self.amount_of(lot, *amount, &step.units), lot.lot))
                .collect::<Vec<_>>()
        };
        let mut pieces = side(&step.inputs, first);
        pieces.extend(side(&step.outputs, if step.inputs.is_empty() { "" } else { "→ " }));
        pieces
    }
}

pub(super) fn icon(act: Act, words: Words<'_>) -> &'static str {
    match act {
        Act::Harvest => words.harvest_icon(),
        _ => act.info().icon,
    }
}
