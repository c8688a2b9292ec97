//! The lot's passport: the page a buyer sees after scanning. Verdict first, then its reasons.
//!
//! The view model holds finished sentences and numbers; the template only lays them out.

use std::collections::BTreeMap;

use askama::Template;
use serde_json::json;

use super::bars::{Bar, bar};
use super::facts::Fact;
use super::journey::Line;
use super::map::{Map, map};
use super::piece::{Piece, named};
use super::state::{self, PageState};
use super::{
    CheckOutcome, Ctx, Extras, PageError, PageProof, Shell, Tr, animals, format, lot_api, lot_path, parties, pictogram,
    record_path,
};
use crate::chain::outcome::{Act, Finding, Severity};
use crate::chain::view::{EvidenceView, InspectionView, LotView, PartyView, PlaceView};
use crate::epcis::Mode;
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::quality::Verdict;
use crate::record::RecordId;
use crate::server::i18n::Lang;

#[derive(Template)]
#[template(path = "lot.html")]
struct LotPage {
    shell: Shell,
    t: Tr,
    band: Band,
    pictogram: &'static str,
    name: String,
    lot: String,
    gtin: String,
    quantity: String,
    facts: Vec<Fact>,
    serial: Option<String>,
    unchecked_serial: Option<String>,
    /// That the link says more than the page looks at.
    aside: Option<String>,
    map: Option<Map>,
    steps: Vec<Line>,
    inspections: Vec<Tested>,
    documents: Vec<Document>,
    balance: Vec<Balance>,
    findings: Vec<Told>,
    product_facts: Vec<(String, String)>,
    checks: Vec<Checked>,
    proof_url: String,
    lot_url: String,
    size: String,
    /// The same as a plain number, for the check on the device.
    bare_size: u64,
    ledger: String,
    log_key: String,
    verify_command: String,
    maker: String,
    maker_url: String,
    contact: Option<String>,
    uri: String,
}

/// The verdict band, and the sentences the phone's script puts into it.
struct Band {
    state: &'static str,
    word: String,
    /// What else is true: class and word.
    also: Vec<(&'static str, String)>,
    tally: String,
    /// Why, when a check fails.
    reason: Option<String>,
    bundle: String,
}

/// An inspection.
struct Tested {
    record: String,
    record_url: String,
    verdict: &'static str,
    word: String,
    inspector: String,
    /// Place of the record in the log.
    index: u64,
    accreditation: Option<String>,
    when: String,
    standard: String,
    notes: Vec<String>,
    bars: Vec<Bar>,
}

struct Document {
    title: String,
    kind: String,
    size: String,
    hash: String,
    url: Option<String>,
    note: Option<String>,
    record: String,
}

struct Balance {
    label: String,
    amount: String,
    strong: bool,
}

struct Told {
    warning: bool,
    text: String,
    record_url: String,
}

struct Checked {
    outcome: &'static str,
    name: String,
    detail: String,
}

/// Draws a lot's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_lot(ctx: &Ctx, view: &LotView, proof: &PageProof) -> Result<String, PageError> {
    render_lot_with(ctx, view, proof, &Extras::default())
}

/// Draws a lot's page with what is known beside the ledger: the serial scanned, evidence not uploaded.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_lot_with(ctx: &Ctx, view: &LotView, proof: &PageProof, extras: &Extras) -> Result<String, PageError> {
    let lang = ctx.lang;
    let suspicious = extras.serial.as_ref().is_some_and(|s| s.suspicious);
    let states = state::all(view, proof, suspicious);
    let headline = states.first().copied().unwrap_or(PageState::Unchecked);
    let show = Shower { ctx, view };
    let name = lang.pick(&view.product.name).to_owned();
    let word = lang.text(&format!("state-{}", headline.name()));
    let mut shell = Shell::new(
        ctx,
        format!("{word}: {name}, {}", view.lot.lot),
        lang.with("lot-description", &[("product", &name), ("lot", view.lot.lot.as_str()), ("verdict", &word)]),
    );
    shell.checks = true;
    shell.demo = view.demo;
    shell.json_ld = Some(super::json_for_script(&json_ld(ctx, view, &name)));
    let (passed, ran) = proof.tally();
    let (passed, ran, open) = (passed.to_string(), ran.to_string(), proof.open().to_string());
    let counts = [("passed", passed.as_str()), ("total", &ran), ("open", &open)];
    let tally = lang.with(
        match (ran.as_str(), open.as_str()) {
            ("0", _) => "tally-none",
            (_, "0") => "tally",
            _ => "tally-open",
        },
        &counts,
    );
    let proof_url = format!("{}/proof", lot_api(&view.lot));
    let page = LotPage {
        t: Tr(lang),
        band: Band {
            state: headline.name(),
            word,
            also: states.iter().skip(1).map(|s| (s.name(), s.beside(lang))).collect(),
            tally,
            reason: proof.broken().map(|c| check_name(lang, &c.name)),
            bundle: proof_url.clone(),
        },
        pictogram: pictogram(&view.product.commodity),
        lot: view.lot.lot.to_string(),
        gtin: view.lot.gtin.to_string(),
        quantity: show.amount(view.produced),
        facts: show.facts(),
        serial: extras.serial.as_ref().map(|s| {
            let first = s.first.map(|at| format::moment(lang, at, "+00:00", None)).unwrap_or_default();
            let args =
                [("serial", s.serial.as_str()), ("issued", &s.issued.to_string()), ("scans", &s.scans.to_string())];
            let mut text = lang.with("serial-issued", &args);
            if s.first.is_some() {
                text.push(' ');
                text.push_str(&lang.with("serial-first", &[("first", &first)]));
            }
            text
        }),
        unchecked_serial: extras.unchecked_serial.as_ref().map(|s| lang.with("serial-unchecked", &[("serial", s)])),
        aside: (!extras.aside.is_empty()).then(|| {
            let codes: Vec<String> = extras.aside.iter().map(|code| format!("({code})")).collect();
            lang.with("link-aside", &[("codes", &codes.join(" "))])
        }),
        map: map(ctx, view),
        steps: view.steps.iter().filter(|s| s.act != Act::Clock).map(|s| show.line(s)).collect(),
        inspections: view.inspections.iter().map(|i| show.tested(i)).collect(),
        documents: show.documents(extras),
        balance: show.balance(),
        findings: show
            .stolen()
            .chain(view.findings.iter().filter(|f| !show.at_its_step(f)).map(|f| show.told(f)))
            .collect(),
        product_facts: show.product_facts(),
        checks: proof
            .checks
            .iter()
            .map(|c| Checked {
                outcome: match c.outcome {
                    CheckOutcome::Passed => "passed",
                    CheckOutcome::Failed => "failed",
                    CheckOutcome::NotChecked => "not-checked",
                },
                name: check_name(lang, &c.name),
                detail: match c.outcome {
                    CheckOutcome::Passed => String::new(),
                    // what is never checked has its sentence; after a failure the verifier's own words say more
                    CheckOutcome::NotChecked if proof.broken().is_none() => {
                        lang.find(&format!("why-{}", c.name), &[]).unwrap_or_else(|| c.detail.clone())
                    }
                    CheckOutcome::NotChecked | CheckOutcome::Failed => c.detail.clone(),
                },
            })
            .collect(),
        proof_url,
        lot_url: lot_api(&view.lot),
        size: format::number(lang, &proof.size.to_string()),
        bare_size: proof.size,
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        verify_command: format!("jejak verify --trust trust.toml {}{}", ctx.base_url, lot_path(&view.lot)),
        maker: show.party(&view.maker),
        maker_url: ctx.link(&party_path(&view.maker.party)),
        contact: view.maker.contact.clone(),
        uri: view.uri.clone(),
        name,
        shell,
    };
    Ok(page.render()?)
}

pub(crate) fn check_name(lang: Lang, name: &str) -> String {
    lang.find(&format!("check-{name}"), &[]).unwrap_or_else(|| format::words(name))
}

/// schema.org: the product as data for search engines; states nothing that the page does not.
fn json_ld(ctx: &Ctx, view: &LotView, name: &str) -> serde_json::Value {
    let lang = ctx.lang;
    let mut product = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": view.uri,
        "url": format!("{}{}", ctx.base_url, lot_path(&view.lot)),
        "name": name,
        "gtin14": view.lot.gtin.to_string(),
        "category": ctx.glossary.term(lang, &view.product.commodity),
        "manufacturer": {"@type": "Organization", "name": lang.pick(&view.maker.name)},
        "additionalProperty": [{"@type": "PropertyValue", "name": "lot", "value": view.lot.lot.as_str()}],
    });
    if let (Some(object), Some(origin)) = (product.as_object_mut(), view.origins.first()) {
        object.insert("countryOfOrigin".to_owned(), json!({"@type": "Country", "name": origin.producer.country}));
        if let Some(day) = &origin.harvest_end {
            object.insert("productionDate".to_owned(), json!(day));
        }
    }
    product
}

/// Turns the view's parts into lines of the page.
pub(super) struct Shower<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) view: &'a LotView,
}

impl Shower<'_> {
    pub(super) fn lang(&self) -> Lang {
        self.ctx.lang
    }

    pub(super) fn amount(&self, amount: Amount) -> String {
        format::amount(self.lang(), amount, self.view.product.unit, animals(&self.view.product.commodity))
    }

    pub(super) fn party(&self, party: &PartyView) -> String {
        self.lang().pick(&party.name).to_owned()
    }

    /// Place name, then the region it lies in unless the name says so already.
    pub(super) fn place(&self, place: &PlaceView, record: &RecordId) -> Vec<Piece> {
        let name = self.lang().pick(&place.name).to_owned();
        let text = match &place.region {
            Some(region) if !name.contains(&region.name) => {
                self.comma(&name, &format::region(self.lang(), &region.name))
            }
            _ => name.clone(),
        };
        named(&text, &[("place", record.to_string(), name)])
    }

    pub(super) fn comma(&self, first: &str, second: &str) -> String {
        self.lang().with("comma", &[("first", first), ("second", second)])
    }

    pub(super) fn labelled(&self, key: &str, value: &str) -> String {
        self.lang().with("pair", &[("label", &self.lang().text(key)), ("value", value)])
    }

    /// A country or market by its name, else by its code.
    pub(super) fn country(&self, code: &str) -> String {
        self.lang().find(&format!("country-{code}"), &[]).unwrap_or_else(|| code.to_owned())
    }

    pub(super) fn finding(&self, finding: &Finding) -> String {
        let product = &self.view.product;
        // a finding about what the lot was made from is in the unit of that
        let amount = |amount, unit: Option<BaseUnit>| {
            format::amount(self.lang(), amount, unit.unwrap_or(product.unit), animals(&product.commodity))
        };
        finding_text(self.ctx, finding, &amount, &|uri| self.name_of(uri))
    }

    /// The name of a party the view knows, for a URI in a finding's values.
    fn name_of(&self, uri: &str) -> Option<String> {
        parties(self.view).get(uri).map(|p| self.party(p))
    }

    /// Whether the finding is told where it belongs in the journey; warnings stand in the list as well.
    pub(super) fn at_its_step(&self, finding: &Finding) -> bool {
        finding.severity == Severity::Notice && self.view.steps.iter().any(|s| s.record == finding.record)
    }

    fn told(&self, finding: &Finding) -> Told {
        Told {
            warning: finding.severity == Severity::Warning,
            text: self.finding(finding),
            record_url: self.ctx.link(&record_path(&finding.record)),
        }
    }

    /// The records that a stolen key signed, each as a warning.
    fn stolen(&self) -> impl Iterator<Item = Told> {
        self.view.steps.iter().filter(|step| step.marked).map(|step| Told {
            warning: true,
            text: self.lang().with("marked-finding", &[("act", &self.act(step))]),
            record_url: self.ctx.link(&record_path(&step.record)),
        })
    }

    /// A coded value in words: `reason-drying`, `process-steam-distillation`, else what the profile calls it.
    /// What has spaces is no code: somebody's own words, shown as they are.
    pub(super) fn value(&self, kind: &str, code: &str) -> String {
        if code.contains(' ') {
            return format!("\u{201c}{code}\u{201d}");
        }
        self.lang().find(&format!("{kind}-{code}"), &[]).unwrap_or_else(|| self.ctx.glossary.term(self.lang(), code))
    }

    fn tested(&self, inspection: &InspectionView) -> Tested {
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
        let requirements: Vec<String> =
            all.iter().filter(own).map(|r| self.ctx.glossary.requirement(lang, r)).collect();
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
            for (act, said) in [(Act::Inspect, "inspection-superseded"), (Act::Process, "inspection-cured")] {
                if inspection.cleared_by.iter().any(|cleared| cleared.act == act) {
                    notes.push(lang.text(said));
                }
            }
        }
        Tested {
            record: inspection.record.to_string(),
            record_url: self.ctx.link(&record_path(&inspection.record)),
            // a pass of a stolen key is not green
            verdict: if inspection.marked { "inconclusive" } else { verdict },
            word: lang.text(&format!("verdict-{verdict}")),
            inspector: self.party(&inspection.inspector),
            index: inspection.index,
            accreditation: inspection.accreditation.as_ref().map(|(body, number)| format!("{body} {number}")),
            when: self.when_day(inspection),
            standard: format::list(lang, &requirements),
            notes,
            bars: inspection.results.iter().map(|r| bar(self.ctx, r)).collect(),
        }
    }

    fn documents(&self, extras: &Extras) -> Vec<Document> {
        let mut seen = std::collections::BTreeSet::new();
        let all = self.view.steps.iter().flat_map(|s| &s.evidence);
        all.filter(|e| seen.insert(e.blake3)).map(|e| self.document(e, extras)).collect()
    }

    fn document(&self, evidence: &EvidenceView, extras: &Extras) -> Document {
        let lang = self.lang();
        let hash = evidence.blake3.to_string();
        let note = if extras.withdrawn.contains(&evidence.blake3) {
            Some("document-withdrawn")
        } else if extras.awaited.contains(&evidence.blake3) {
            Some("document-awaited")
        } else if evidence.public {
            None
        } else {
            Some("document-restricted")
        };
        Document {
            title: evidence.title.clone(),
            kind: self.value("document", &evidence.document_type),
            size: format::bytes(lang, evidence.bytes),
            url: note.is_none().then(|| format!("/evidence/{hash}")),
            note: note.map(|key| lang.text(key)),
            record: self.ctx.link(&record_path(&evidence.record)),
            hash,
        }
    }

    fn balance(&self) -> Vec<Balance> {
        let lang = self.lang();
        let known = parties(self.view);
        let mut rows = vec![Balance {
            label: lang.text("balance-produced"),
            amount: self.amount(self.view.produced),
            strong: true,
        }];
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
            rows.push(Balance {
                label: lang.with(key, &[("party", &name)]),
                amount: self.amount(amount),
                strong: false,
            });
        }
        if let Some(rest) = self.view.produced.checked_sub(held).filter(|a| !a.is_zero()) {
            rows.push(Balance { label: lang.text("balance-rest"), amount: self.amount(rest), strong: false });
        }
        if !self.view.labelled.is_zero() {
            rows.push(Balance {
                label: lang.text("balance-labelled"),
                amount: self.amount(self.view.labelled),
                strong: false,
            });
        }
        rows
    }

    fn product_facts(&self) -> Vec<(String, String)> {
        let lang = self.lang();
        let product = &self.view.product;
        let mut facts = Vec::new();
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.push((lang.text(key), value));
            }
        };
        let pack = |a| format::amount(lang, a, product.unit, animals(&product.commodity));
        add("product-pack", product.net_content.map(pack));
        add("product-best-before", self.view.best_before.as_deref().map(|d| format::day(lang, d)));
        add("product-storage", product.storage.as_ref().map(|n| lang.pick(n).to_owned()));
        add("product-hs", product.hs.clone());
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

/// A finding's sentence, with amounts and parties as the reader writes them.
pub(crate) fn finding_text(
    ctx: &Ctx,
    finding: &Finding,
    amount: &dyn Fn(Amount, Option<BaseUnit>) -> String,
    name: &dyn Fn(&str) -> Option<String>,
) -> String {
    let unit = finding.args.iter().find(|(key, _)| key == "unit").and_then(|(_, name)| BaseUnit::from_name(name));
    let amount = |of| amount(of, unit);
    let shown: Vec<(String, String)> =
        finding.args.iter().map(|(k, v)| (k.clone(), argument(ctx, k, v, &amount, name))).collect();
    let args: Vec<(&str, &str)> = shown.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    ctx.lang.find(&format!("finding-{}", finding.rule), &args).unwrap_or_else(|| {
        let values: Vec<String> = shown.iter().map(|(k, v)| format!("{} {v}", format::words(k))).collect();
        let rule = format::words(&finding.rule);
        if values.is_empty() { rule } else { format!("{rule} ({})", values.join(", ")) }
    })
}

/// One value of a finding. Counts and numbers in a sequence stay numbers, other plain decimals are quantities.
fn argument(
    ctx: &Ctx,
    key: &str,
    value: &str,
    amount: &dyn Fn(Amount) -> String,
    name: &dyn Fn(&str) -> Option<String>,
) -> String {
    if let Some(name) = name(value) {
        return name;
    }
    if let Ok(lot) = LotId::from_uri(value) {
        return lot.lot.to_string();
    }
    const QUANTITIES: [&str; 7] = ["amount", "difference", "input", "output", "received", "shipped", "short"];
    match value.parse::<Amount>() {
        Ok(parsed) if QUANTITIES.contains(&key) => amount(parsed),
        Ok(_) => format::number(ctx.lang, value),
        Err(_) if key == "parameter" => ctx.glossary.parameter(ctx.lang, value),
        Err(_) if key == "parameters" => {
            let names: Vec<String> = value.split(',').map(|uri| ctx.glossary.parameter(ctx.lang, uri.trim())).collect();
            format::list(ctx.lang, &names)
        }
        Err(_) if key == "reason" => ctx.lang.find(&format!("reason-{value}"), &[]).unwrap_or_else(|| value.to_owned()),
        Err(_) => value.to_owned(),
    }
}

/// Path of a party's page.
pub(crate) fn party_path(uri: &str) -> String {
    format!("/parties/{}", uri.rsplit([':', '/']).next().unwrap_or_default())
}

/// The act's rule name, for its sentence `act-<name>`.
pub(crate) const fn act_name(act: Act) -> &'static str {
    match act {
        Act::Registry => "registry",
        Act::Clock => "clock",
        Act::Harvest => "harvest",
        Act::Process => "process",
        Act::Adjust => "adjust",
        Act::Sample => "sample",
        Act::Inspect => "inspect",
        Act::Observe => "observe",
        Act::Pack => "pack",
        Act::Unpack => "unpack",
        Act::Label => "label",
        Act::Ship => "ship",
        Act::Receive => "receive",
        Act::DeliverOutside => "deliver-outside",
        Act::VoidShipment => "void-shipment",
        Act::Trade => "trade",
        Act::Hold => "hold",
        Act::Correct => "correct",
    }
}
