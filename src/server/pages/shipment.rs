//! The page of a shipment: where it stands, for all its parties. Private papers stand there by name; they are opened in the field app.

use askama::Template;

use super::bidi::isolated;
use super::format;
use super::lot_text::country;
use super::rows::item_state;
use super::shipments::standing;
use super::{Ctx, PageError, Shell, Tr, lot_path, party_path, record_path};
use crate::gs1::LotId;
use crate::names::Names;
use crate::query::folder::{
    Agreed, FileView, Folder, HandoverView, Named, PaperView, PaymentStatus, PaymentView, Signed, TravelView, VisitView,
};
use crate::server::i18n::Lang;

/// What the page is drawn from.
pub struct ShipmentInfo<'a> {
    /// The folder.
    pub folder: &'a Folder,
    /// Whether a party of it is a demonstration.
    pub demo: bool,
    /// What the export guides in force call a kind of document.
    pub name: &'a dyn Fn(&str) -> Option<Names>,
}

/// A text, and where it leads.
struct Link {
    text: String,
    url: Option<String>,
}

struct Goods {
    url: String,
    name: String,
    lot: String,
    amount: String,
    received: Option<String>,
    state: &'static str,
    word: String,
}

/// A line of a list: its state, the words beside it, small print, links.
struct Item {
    /// `done`, `open`, `bad` or `none`.
    state: &'static str,
    word: String,
    text: String,
    small: Vec<String>,
    links: Vec<Link>,
    points: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "shipment.html")]
struct ShipmentPage {
    shell: Shell,
    t: Tr,
    from: Link,
    to: Link,
    state: &'static str,
    word: String,
    why: String,
    facts: Vec<(String, Link)>,
    app_url: String,
    goods: Vec<Goods>,
    containers: Vec<(String, String)>,
    papers: Vec<Item>,
    payments: Vec<Item>,
    visits: Vec<Item>,
    travel: Vec<Item>,
    more: bool,
}

/// Draws the page of a shipment.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_shipment(ctx: &Ctx, info: &ShipmentInfo<'_>) -> Result<String, PageError> {
    let (lang, folder) = (ctx.lang, info.folder);
    let draw = Draw { ctx, lang, info };
    let title = lang.with("shipment-title", &[("from", &draw.name(&folder.from)), ("to", &draw.name(&folder.to))]);
    let (state, word) = standing(ctx, folder.state, folder.marked);
    let why =
        if folder.marked { "shipment-marked".to_owned() } else { format!("shipment-{}-why", folder.state.name()) };
    let when = folder.closed.as_ref().map_or(folder.sent, |closed| closed.time);
    let mut shell = Shell::new(ctx, title, lang.text("shipment-lead"));
    shell.demo = info.demo;
    let page = ShipmentPage {
        shell,
        t: Tr(lang),
        from: draw.party(&folder.from),
        to: draw.party(&folder.to),
        state,
        word,
        why: lang.with(&why, &[("day", &draw.day(when))]),
        facts: draw.facts(),
        app_url: format!("/app/#/shipment/{}", folder.shipment),
        goods: draw.goods(),
        containers: folder.containers.iter().map(|sscc| (ctx.link(&format!("/00/{sscc}")), sscc.to_string())).collect(),
        papers: folder.documents.iter().rev().map(|paper| draw.paper(paper)).collect(),
        payments: folder.payments.iter().map(|payment| draw.payment(payment)).collect(),
        visits: folder.visits.iter().rev().map(|visit| draw.visit(visit)).collect(),
        travel: draw.travel(),
        more: folder.more,
    };
    super::with_drawings(&page, &[])
}

struct Draw<'a> {
    ctx: &'a Ctx,
    lang: Lang,
    info: &'a ShipmentInfo<'a>,
}

impl Draw<'_> {
    fn name(&self, party: &Named) -> String {
        self.lang.name(&party.name)
    }

    fn party(&self, party: &Named) -> Link {
        Link { text: self.name(party), url: Some(self.ctx.link(&party_path(&party.party))) }
    }

    /// The day of a moment, in UTC.
    fn day(&self, at: jiff::Timestamp) -> String {
        format::day_of(self.lang, at, "+00:00")
    }

    /// A coded value in words.
    fn term(&self, kind: &str, code: &str) -> String {
        self.ctx.glossary.any().term(self.lang, kind, code)
    }

    fn facts(&self) -> Vec<(String, Link)> {
        let (lang, folder) = (self.lang, self.info.folder);
        let plain = |text: String| Link { text, url: None };
        let mut facts = vec![
            (lang.text("shipment-sent"), plain(self.day(folder.sent))),
            (lang.text("shipment-signed-by"), self.party(&folder.shipped_by)),
        ];
        if let Some(market) = &folder.market {
            facts.push((lang.text("fact-market"), plain(country(lang, market))));
        }
        let record = |text: String, id| Link { text, url: Some(self.ctx.link(&record_path(id))) };
        facts.push((lang.text("shipment-record"), record(folder.index.to_string(), &folder.shipment)));
        if let Some(closed) = &folder.closed {
            facts.push((lang.text("shipment-closed-by"), record(self.name(&closed.by), &closed.record)));
        }
        facts
    }

    fn goods(&self) -> Vec<Goods> {
        let lang = self.lang;
        let line = |one: &crate::query::folder::FolderLot| {
            let words = self.ctx.glossary.any();
            let (state, word) = item_state(lang, one.state);
            Some(Goods {
                url: self.ctx.link(&lot_path(&LotId::from_uri(&one.lot).ok()?)),
                name: lang.name(&one.product),
                lot: one.number.clone(),
                amount: format::amount(words, lang, one.amount, one.unit),
                received: one
                    .received
                    .map(|got| lang.with("shipment-got", &[("amount", &format::amount(words, lang, got, one.unit))])),
                state,
                word,
            })
        };
        self.info.folder.lots.iter().filter_map(line).collect()
    }

    /// What a kind of document is called.
    fn kind(&self, kind: Option<&str>, title: Option<&str>) -> String {
        let Some(kind) = kind else { return self.lang.text("document-kind") };
        let known = self.lang.find(&format!("document-kind-{kind}"), &[]);
        let named = || (self.info.name)(kind).map(|names| self.lang.name(&names));
        known.or_else(named).or_else(|| title.map(isolated)).unwrap_or_else(|| format::words(kind))
    }

    fn by(&self, signed: &Signed) -> Link {
        let who = match &signed.on_behalf {
            Some(party) => self.lang.with(
                "shipment-signed-for",
                &[("party", &self.name(&signed.by)), ("for", &self.name(party)), ("day", &self.day(signed.time))],
            ),
            None => {
                let args = [("party", self.name(&signed.by)), ("day", self.day(signed.time))];
                self.lang.with("shipment-signed", &args.each_ref().map(|(key, value)| (*key, value.as_str())))
            }
        };
        Link { text: who, url: Some(self.ctx.link(&record_path(&signed.record))) }
    }

    fn files(&self, files: &[FileView]) -> impl Iterator<Item = Link> {
        files.iter().map(|file| {
            let key = if file.public { "shipment-file" } else { "shipment-private-file" };
            let size = format::bytes(self.lang, file.bytes);
            let text = self.lang.with(key, &[("title", &isolated(&file.title)), ("size", &size)]);
            Link { text, url: file.public.then(|| format!("/evidence/{}", file.blake3)) }
        })
    }

    fn paper(&self, paper: &PaperView) -> Item {
        let lang = self.lang;
        let title = paper.files.first().map(|file| file.title.as_str());
        let mut text = self.kind(paper.kind.as_deref(), title);
        if let Some(number) = &paper.number {
            text = lang.with("pair", &[("label", &text), ("value", &isolated(number))]);
        }
        let pair = |key: &str, value: String| lang.with("pair", &[("label", &lang.text(key)), ("value", &value)]);
        let mut small = Vec::new();
        small.extend(paper.issuer.as_ref().map(|issuer| pair("shipment-issuer", isolated(issuer))));
        small.extend(paper.date.map(|date| pair("shipment-dated", format::date(lang, date))));
        small.extend(paper.until.map(|date| pair("shipment-until", format::date(lang, date))));
        let (state, key) = if paper.rejected { ("bad", "shipment-rejected") } else { ("done", "shipment-there") };
        let links = paper.signed.iter().map(|signed| self.by(signed)).chain(self.files(&paper.files)).collect();
        Item { state, word: lang.text(key), text, small, links, points: Vec::new() }
    }

    fn payment(&self, payment: &PaymentView) -> Item {
        let lang = self.lang;
        let number = payment.number.as_deref().map(isolated).unwrap_or_else(|| isolated(&payment.document));
        let args = [("number", number), ("from", self.name(&payment.to)), ("to", self.name(&payment.from))];
        let text = lang.with("shipment-payment", &args.each_ref().map(|(key, value)| (*key, value.as_str())));
        let key = match payment.status {
            _ if payment.confirmed => "payment-confirmed",
            PaymentStatus::Agreed => "payment-agreed",
            PaymentStatus::Due => "payment-due",
            PaymentStatus::InEscrow => "payment-in-escrow",
            PaymentStatus::Paid => "payment-paid",
            PaymentStatus::Received => "payment-received",
        };
        let mut small = Vec::new();
        small.extend(payment.date.map(|date| {
            lang.with("pair", &[("label", &lang.text("payment-due-by")), ("value", &format::date(lang, date))])
        }));
        small.push(lang.text(match payment.agreed {
            Agreed::Both => "payment-by-both",
            Agreed::One => "payment-by-one",
        }));
        small.extend(payment.same_amount.map(|same| lang.text(if same { "payment-same" } else { "payment-other" })));
        let state = if payment.confirmed && payment.same_amount != Some(false) { "done" } else { "open" };
        let stages = payment.stages.iter().map(|stage| {
            let by = self.by(&stage.signed);
            let word = lang.text(&stage.milestone);
            Link { text: lang.with("pair", &[("label", &word), ("value", &by.text)]), url: by.url }
        });
        Item { state, word: lang.text(key), text, small, links: stages.collect(), points: Vec::new() }
    }

    fn visit(&self, visit: &VisitView) -> Item {
        let lang = self.lang;
        let state = match visit.outcome.as_str() {
            // of its own goods nobody is a supervisor
            "in-order" if visit.own => "none",
            "in-order" => "done",
            "advice" => "open",
            _ => "bad",
        };
        let point = |point: &crate::query::folder::Point| {
            let answer = self.term("answer", &point.answer);
            let mut text = lang.with("pair", &[("label", &self.term("visit-item", &point.item)), ("value", &answer)]);
            if let Some(note) = &point.note {
                text = format!("{text} \u{b7} {}", isolated(note));
            }
            let mark = match point.answer.as_str() {
                "yes" => "done",
                "no" => "bad",
                _ => "none",
            };
            (mark, text)
        };
        let links = std::iter::once(self.by(&visit.signed)).chain(self.files(&visit.files)).collect();
        Item {
            state,
            word: self.term("visit", &visit.outcome),
            text: self.term("purpose", &visit.purpose),
            small: visit
                .advice
                .iter()
                .map(|advice| isolated(advice))
                .chain(visit.own.then(|| lang.text("shipment-visit-own")))
                .collect(),
            links,
            points: visit.checklist.iter().map(point).collect(),
        }
    }

    /// Legs and handovers in one list, by their time.
    fn travel(&self) -> Vec<Item> {
        let folder = self.info.folder;
        let mut lines: Vec<_> = folder.travel.iter().map(|leg| (leg.signed.time, self.leg(leg))).collect();
        lines.extend(folder.handovers.iter().map(|one| (one.signed.time, self.handover(one))));
        lines.sort_by_key(|(time, _)| *time);
        lines.into_iter().map(|(_, item)| item).collect()
    }

    fn leg(&self, leg: &TravelView) -> Item {
        let lang = self.lang;
        let pair = |key: &str, value: &str| lang.with("pair", &[("label", &lang.text(key)), ("value", value)]);
        let mut small = Vec::new();
        small.extend(leg.place.as_ref().map(|place| lang.name(&place.name)));
        small.extend(leg.mode.as_ref().map(|mode| pair("fact-leg", &self.term("leg", mode))));
        small.extend(leg.vehicle.as_ref().map(|vehicle| pair("fact-vehicle", &isolated(vehicle))));
        small.extend(leg.to.as_ref().map(|place| pair("fact-leg-to", &lang.name(&place.name))));
        small.extend(leg.seal.as_ref().map(|seal| pair("fact-seal", &isolated(seal))));
        small.extend(leg.temperature.as_ref().map(|t| {
            let one = |text: &str| format::measured(lang, text, Some(&t.unit));
            let range = if t.min == t.max {
                one(&t.min)
            } else {
                format!("{} \u{2013} {}", format::number(lang, &t.min), one(&t.max))
            };
            pair("shipment-temperature", &range)
        }));
        let links = std::iter::once(self.by(&leg.signed)).chain(self.files(&leg.files)).collect();
        let word = match leg.step.as_str() {
            "other" => lang.text("shipment-noted"),
            step => self.term("step", &step.replace('_', "-")),
        };
        Item { state: "none", word, text: String::new(), small, links, points: Vec::new() }
    }

    fn handover(&self, one: &HandoverView) -> Item {
        let lang = self.lang;
        let args = [("from", self.name(&one.from)), ("to", self.name(&one.to))];
        let text = lang.with("shipment-handover", &args.each_ref().map(|(key, value)| (*key, value.as_str())));
        let by = &one.signed.by.party;
        let (state, word) = match &one.confirmed {
            Some(other) => {
                let sound = |condition: &Option<String>| condition.as_deref().is_none_or(|code| code == "intact");
                let agree = other.condition == one.condition && other.seal == one.seal;
                let fine = agree && sound(&one.condition) && sound(&other.condition);
                (if fine { "done" } else { "bad" }, lang.text("handover-by-both"))
            }
            None if *by == one.from.party || *by == one.to.party => ("open", lang.text("handover-by-one")),
            None => ("none", lang.with("handover-by-neither", &[("party", &self.name(&one.signed.by))])),
        };
        let seen = |condition: &Option<String>, seal: &Option<String>| {
            let pair = |key: &str, value: &str| lang.with("pair", &[("label", &lang.text(key)), ("value", value)]);
            let condition = condition.as_ref().map(|code| pair("fact-condition", &self.term("handed", code)));
            let seal = seal.as_ref().map(|seal| pair("fact-seal", &isolated(seal)));
            condition.into_iter().chain(seal)
        };
        let mut small: Vec<String> = seen(&one.condition, &one.seal).collect();
        let mut links = vec![self.by(&one.signed)];
        if let Some(other) = &one.confirmed {
            let differs = other.condition != one.condition || other.seal != one.seal;
            small.extend(
                seen(&other.condition, &other.seal)
                    .filter(|_| differs)
                    .map(|text| lang.with("pair", &[("label", &self.name(&other.signed.by)), ("value", &text)])),
            );
            links.push(self.by(&other.signed));
        }
        Item { state, word, text, small, links, points: Vec::new() }
    }
}
