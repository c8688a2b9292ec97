//! The parts of a lot's view as lines of its page.

use std::collections::BTreeMap;

use super::bars::bar;
use super::bidi::{self, isolated};
use super::findings::finding_text;
use super::lot::{Balance, Document, FindingLine, Tested};
use super::piece::{Piece, named};
use super::{Ctx, Extras, Words, format, party_path, place_path, record_path};
use crate::chain::outcome::{Act, Finding, Severity};
use crate::chain::specification;
use crate::epcis::Mode;
use crate::gs1::{Amount, BaseUnit, Gtin, LotId};
use crate::quality::Verdict;
use crate::query::view::{EvidenceView, Fit, InspectionView, LotView, PartyView, PlaceView, SampleView};
use crate::record::RecordId;
use crate::server::i18n::Lang;

/// A country or market by its name, else by its code.
pub(super) fn country(lang: Lang, code: &str) -> String {
    lang.find(&format!("country-{code}"), &[]).unwrap_or_else(|| code.to_owned())
}

/// Turns the view's parts into lines of the page.
pub(super) struct LotText<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) view: &'a LotView,
    pub(super) words: Words<'a>,
    pub(super) today: Option<jiff::civil::Date>,
}

impl LotText<'_> {
    pub(super) fn lang(&self) -> Lang {
        self.ctx.lang
    }

    pub(super) fn amount(&self, amount: Amount) -> String {
        format::amount(self.words, self.lang(), amount, self.view.product.unit)
    }

    /// An amount of another lot, in the unit of its own product.
    pub(super) fn amount_of(&self, lot: &LotId, amount: Amount, units: &BTreeMap<Gtin, BaseUnit>) -> String {
        let unit = units.get(&lot.gtin).copied().unwrap_or(self.view.product.unit);
        format::amount(self.words, self.lang(), amount, unit)
    }

    pub(super) fn party(&self, party: &PartyView) -> String {
        self.lang().name(&party.name)
    }

    pub(super) fn party_url(&self, party: &PartyView) -> String {
        self.ctx.link(&party_path(&party.party))
    }

    pub(super) fn place_url(&self, place: &PlaceView) -> String {
        self.ctx.link(&place_path(place.gln))
    }

    /// Place name, then its region unless the name contains it.
    pub(super) fn place(&self, place: &PlaceView, record: &RecordId) -> Vec<Piece> {
        let name = self.lang().name(&place.name);
        let region = place.region.as_ref().map(|region| format::region(self.lang(), &region.name));
        let text = match &region {
            Some(region) if !bidi::plain(&name).contains(&bidi::plain(region)) => self.comma(&name, region),
            _ => name.clone(),
        };
        named(&text, &[("place", record.to_string(), name, self.place_url(place))])
    }

    pub(super) fn comma(&self, first: &str, second: &str) -> String {
        self.lang().with("comma", &[("first", first), ("second", second)])
    }

    pub(super) fn labelled(&self, key: &str, value: &str) -> String {
        self.lang().with("pair", &[("label", &self.lang().text(key)), ("value", value)])
    }

    /// A country or market by its name, else by its code.
    pub(super) fn country(&self, code: &str) -> String {
        country(self.lang(), code)
    }

    pub(super) fn finding(&self, finding: &Finding) -> String {
        let product = &self.view.product;
        // a finding about a source lot is in that lot's unit
        let amount = |amount, unit: Option<BaseUnit>| {
            format::amount(self.words, self.lang(), amount, unit.unwrap_or(product.unit))
        };
        finding_text(self.words, self.lang(), finding, &amount, &|uri| self.name_of(uri))
    }

    /// The name of a party in the view, for a URI in a finding's values.
    pub(super) fn name_of(&self, uri: &str) -> Option<String> {
        parties(self.view).get(uri).map(|p| self.party(p))
    }

    /// Whether the journey shows the finding at its step; warnings are in the list of findings.
    pub(super) fn is_noted_at_its_step(&self, finding: &Finding) -> bool {
        finding.severity == Severity::Notice && self.view.steps.iter().any(|s| s.record == finding.record)
    }

    /// All findings that are not shown at their step, the gravest first: what stolen keys signed, warnings, notices.
    pub(super) fn findings(&self) -> Vec<FindingLine> {
        let mut found: Vec<&Finding> = self.view.findings.iter().filter(|f| !self.is_noted_at_its_step(f)).collect();
        found.sort_by_key(|finding| finding.gravity());
        self.signed_by_stolen_keys().chain(found.into_iter().map(|finding| self.finding_line(finding))).collect()
    }

    fn finding_line(&self, finding: &Finding) -> FindingLine {
        FindingLine {
            warning: finding.severity == Severity::Warning,
            text: self.finding(finding),
            record_url: self.ctx.link(&record_path(&finding.record)),
        }
    }

    /// The records that a stolen key signed, each as a warning.
    fn signed_by_stolen_keys(&self) -> impl Iterator<Item = FindingLine> {
        self.view.steps.iter().filter(|step| step.marked).map(|step| FindingLine {
            warning: true,
            text: self.lang().with("marked-finding", &[("act", &self.act(step))]),
            record_url: self.ctx.link(&record_path(&step.record)),
        })
    }

    /// A coded value in words: `reason-drying`, `process-steam-distillation`, else the word of the profile. Text with spaces is
    /// free text, shown as it is.
    pub(super) fn value(&self, kind: &str, code: &str) -> String {
        if code.contains(' ') {
            return format!("\u{201c}{}\u{201d}", isolated(code));
        }
        match kind {
            "process" => self.words.process(self.lang(), code),
            _ => self.words.term(self.lang(), kind, code),
        }
    }

    pub(super) fn tested(&self, inspection: &InspectionView) -> Tested {
        let lang = self.lang();
        let verdict = match inspection.verdict {
            Verdict::Pass => "pass",
            Verdict::NotEvaluated => "not-evaluated",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Fail => "fail",
        };
        // a class of a standard names the standard too
        let all = &inspection.requirements;
        let own = |r: &&String| !all.iter().any(|other| other.starts_with(&format!("{r}/")));
        let named = |requirement: &String| {
            let record = specification::record_of(requirement)?;
            inspection.specifications.iter().find(|adopted| adopted.record == record)
        };
        let requirement = |requirement: &String| match named(requirement) {
            Some(adopted) => self.specification(adopted),
            None => self.words.requirement(lang, requirement),
        };
        let requirements: Vec<String> = all.iter().filter(own).map(requirement).collect();
        let mut notes = Vec::new();
        if inspection.marked {
            notes.push(lang.text("marked-signed"));
        }
        if inspection.lot != self.view.lot {
            notes.push(lang.with("inspection-inherited", &[("lot", inspection.lot.lot.as_str())]));
        }
        if inspection.voided_by.is_some() {
            notes.push(lang.text("inspection-voided"));
        } else {
            for (act, key) in [(Act::Inspect, "inspection-superseded"), (Act::Process, "inspection-cured")] {
                if inspection.cleared_by.iter().any(|cleared| cleared.act == act) {
                    notes.push(lang.text(key));
                }
            }
        }
        notes.extend(inspection.too_late.then(|| lang.text("inspection-too-late")));
        notes.extend(inspection.sample.as_ref().and_then(|sample| self.sample(sample)));
        Tested {
            record: inspection.record.to_string(),
            record_url: self.ctx.link(&record_path(&inspection.record)),
            // a pass signed with a stolen key, by a party to the goods, or on no sample that fits, is not green
            verdict: match inspection.verdict {
                _ if inspection.marked => "inconclusive",
                Verdict::Pass if inspection.own || inspection.is_uncounted() => "not-evaluated",
                _ => verdict,
            },
            own: inspection.own,
            word: lang.text(&format!("verdict-{verdict}")),
            inspector: self.party(&inspection.inspector),
            inspector_url: self.party_url(&inspection.inspector),
            index: inspection.index,
            accreditation: inspection
                .accreditation
                .as_ref()
                .map(|(body, number)| isolated(&format!("{body} {number}"))),
            when: self.when_day(inspection),
            standard: format::list(lang, &requirements),
            notes,
            bars: inspection.results.iter().map(|r| bar(self.words, lang, r)).collect(),
        }
    }

    /// The sample of an inspection: who drew it or sent it in, or that none fits.
    fn sample(&self, sample: &SampleView) -> Option<String> {
        let lang = self.lang();
        let (Fit::Fits, Some(id), Some(drawn)) = (sample.fit, &sample.id, &sample.drawn) else {
            return (!sample.parameters.is_empty()).then(|| lang.text("inspection-sample-none"));
        };
        let when = format::day_of(lang, drawn.event_time, self.offset(&drawn.record));
        let key = if drawn.submitted_by_producer { "inspection-sample-submitted" } else { "inspection-sample" };
        Some(lang.with(key, &[("sample", &isolated(id)), ("when", &when), ("party", &self.party(&drawn.by))]))
    }

    pub(super) fn documents(&self, extras: &Extras) -> Vec<Document> {
        let mut seen = std::collections::BTreeSet::new();
        let all = self.view.steps.iter().flat_map(|step| step.evidence.iter().map(move |one| (one, &step.party)));
        all.filter(|(one, _)| seen.insert(one.blake3)).map(|(one, by)| self.document(one, by, extras)).collect()
    }

    /// A document, with its title as its party wrote it.
    fn document(&self, evidence: &EvidenceView, by: &PartyView, extras: &Extras) -> Document {
        let lang = self.lang();
        let hash = evidence.blake3.to_string();
        let note = if extras.withdrawn.contains(&evidence.blake3) {
            Some("file-withdrawn")
        } else if extras.awaited.contains(&evidence.blake3) {
            Some("file-awaited")
        } else if evidence.public {
            None
        } else {
            Some("file-restricted")
        };
        Document {
            title: isolated(&evidence.title),
            language: Lang::of_country(&by.country),
            kind: self.value("document", &evidence.document_type),
            size: format::bytes(lang, evidence.bytes),
            url: note.is_none().then(|| format!("/evidence/{hash}")),
            note: note.map(|key| lang.text(key)),
            record: self.ctx.link(&record_path(&evidence.record)),
            hash,
        }
    }

    pub(super) fn balance(&self) -> Vec<Balance> {
        let lang = self.lang();
        let known = parties(self.view);
        let row = |label: String, amount| Balance { label, url: None, amount: self.amount(amount), strong: false };
        let mut rows = vec![Balance { strong: true, ..row(lang.text("balance-produced"), self.view.produced) }];
        let mut held = Amount::ZERO;
        let mut by_place: BTreeMap<(String, bool), Amount> = BTreeMap::new();
        for h in &self.view.held {
            held = held.checked_add(h.amount).unwrap_or(held);
            let sum = by_place.entry((h.party.clone(), h.shipment.is_some())).or_default();
            *sum = sum.checked_add(h.amount).unwrap_or(*sum);
        }
        for ((party, under_way), amount) in by_place {
            let name = known.get(party.as_str()).map_or_else(|| format::words(&party), |p| self.party(p));
            let key = if under_way { "balance-under-way" } else { "balance-held" };
            let url = Some(self.ctx.link(&party_path(&party)));
            rows.push(Balance { url, ..row(lang.with(key, &[("party", &name)]), amount) });
        }
        let others = self.view.omitted.held;
        if others > 0 {
            let label = lang.count("balance-others", others as u64);
            let amount = self.view.present.checked_sub(held).unwrap_or_default();
            rows.push(row(label, amount));
            held = self.view.present;
        }
        if let Some(rest) = self.view.produced.checked_sub(held).filter(|a| !a.is_zero()) {
            rows.push(row(lang.text("balance-rest"), rest));
        }
        if !self.view.labelled.is_zero() {
            rows.push(row(lang.text("balance-labelled"), self.view.labelled));
        }
        rows
    }

    pub(super) fn product_facts(&self) -> Vec<(String, String)> {
        let lang = self.lang();
        let product = &self.view.product;
        let mut facts = Vec::new();
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.push((lang.text(key), value));
            }
        };
        let pack = |a| format::amount(self.words, lang, a, product.unit);
        add("product-pack", product.net_content.map(pack));
        add("product-best-before", self.view.best_before.as_deref().map(|d| format::day(lang, d)));
        add("product-storage", product.storage.as_ref().map(|n| lang.name(n)));
        add("product-hs", product.hs.as_deref().map(isolated));
        add(
            "product-mode",
            self.view.mode.map(|m| {
                lang.text(match m {
                    Mode::IdentityPreserved => "mode-identity-preserved",
                    Mode::Segregated => "mode-segregated",
                    Mode::MassBalance => "mode-mass-balance",
                })
            }),
        );
        let gear: std::collections::BTreeSet<&str> =
            self.view.origins.iter().filter_map(|o| o.gear.as_deref()).collect();
        let gear: Vec<String> = gear.into_iter().map(|g| self.value("gear", g)).collect();
        add("product-gear", (!gear.is_empty()).then(|| format::list(lang, &gear)));
        let claims: Vec<String> = self.view.claims.iter().map(|c| self.value("claim", &c.replace(':', "-"))).collect();
        add("product-claims", (!claims.is_empty()).then(|| format::list(lang, &claims)));
        facts
    }
}

/// Every party the view names, by URI.
pub(super) fn parties(view: &LotView) -> BTreeMap<&str, &crate::query::view::PartyView> {
    let mut found = BTreeMap::new();
    let all = std::iter::once(&view.maker)
        .chain(view.origins.iter().map(|o| &o.producer))
        .chain(view.inspections.iter().map(|i| &i.inspector))
        .chain(view.holds.iter().map(|h| &h.issuer))
        .chain(
            view.steps.iter().flat_map(|s| [Some(&s.party), s.on_behalf.as_ref(), s.counterparty.as_ref()]).flatten(),
        )
        .chain(&view.others);
    for party in all {
        found.entry(party.party.as_str()).or_insert(party);
    }
    found
}
