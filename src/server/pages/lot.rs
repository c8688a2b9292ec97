//! A lot's verification page, which a buyer sees after scanning: the verdict, then its reasons.
//!
//! The view model has complete sentences and numbers; the template only arranges them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use askama::Template;
use serde_json::json;

use super::bars::Bar;
use super::bidi::{self, isolated};
use super::facts::Fact;
use super::journey::Line;
use super::lot_text::LotText;
use super::map::{Map, map};
use super::piece::Piece;
use super::scope::Monitoring;
use super::state::{self, PageState};
use super::{
    CheckOutcome, Ctx, Extras, PageError, PageProof, Shell, Tr, When, format, lot_api, lot_in_app, lot_path, operator,
    party_path, product_path, record_path, stated,
};
use crate::chain::outcome::Act;
use crate::query::view::LotView;
use crate::record::Hash32;
use crate::server::app::with_needed;
use crate::server::i18n::Lang;

#[derive(Template)]
#[template(path = "lot.html")]
struct LotPage {
    shell: Shell,
    t: Tr,
    band: Band,
    pictogram: String,
    name: String,
    product_url: String,
    lot: String,
    gtin: String,
    quantity: String,
    /// The market that it is judged for, and what was tested or is lacking.
    scope: String,
    /// The specifications that gate it: the name, and where the statement and the file are.
    specifications: Vec<(String, String, String)>,
    facts: Vec<Fact>,
    serial: Option<String>,
    unchecked_serial: Option<String>,
    /// Names the identifiers of the link that the page ignores.
    map: Option<Map>,
    steps: Vec<Line>,
    /// How many records the list of steps leaves out, in words.
    hidden: Option<String>,
    steps_url: String,
    /// The lot in the field app.
    app_url: String,
    readiness_url: String,
    /// What the other lists leave out, in words.
    more_documents: Option<String>,
    more_tests: Option<String>,
    more_findings: Option<String>,
    inspections: Vec<Tested>,
    monitoring: Vec<Monitoring>,
    documents: Vec<Document>,
    balance: Vec<Balance>,
    findings: Vec<FindingLine>,
    product_facts: Vec<(String, String)>,
    checks: Vec<CheckLine>,
    /// Who has seen or cosigned the log, in words.
    watched: Vec<String>,
    proof_url: String,
    lot_url: String,
    size: String,
    /// The same as a plain number, for the check in the browser.
    bare_size: u64,
    ledger: String,
    log_key: String,
    /// As of when the page is.
    as_of: Option<String>,
    clock: i64,
    /// Who runs the node and who decides on its ledger: sentence, and the page of the party.
    node: Vec<Vec<Piece>>,
    verify_command: String,
    maker: String,
    maker_url: String,
    contact: Option<String>,
    uri: String,
}

/// The verdict band, and the sentences that the script may put into it.
struct Band {
    state: &'static str,
    word: String,
    /// Other states that apply: class and word.
    also: Vec<(&'static str, String)>,
    /// The market that it is judged for, in brief.
    scope: Option<String>,
    tally: String,
    /// Why, when a check fails.
    reason: Option<String>,
    /// Who has checked it; nothing while nobody has.
    by: String,
    /// Where this device fetches the proof, if it has not too many records.
    bundle: Option<String>,
    /// The files of the proof that it fetches meanwhile, by hash.
    profiles: String,
}

/// An inspection.
pub(super) struct Tested {
    pub(super) record: String,
    pub(super) record_url: String,
    pub(super) verdict: &'static str,
    pub(super) word: String,
    /// By a party to the goods.
    pub(super) own: bool,
    pub(super) inspector: String,
    pub(super) inspector_url: String,
    /// Place of the record in the log.
    pub(super) index: u64,
    pub(super) accreditation: Option<String>,
    pub(super) when: String,
    pub(super) standard: String,
    pub(super) notes: Vec<String>,
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Document {
    pub(super) title: String,
    /// The language of the title, if known.
    pub(super) language: Option<Lang>,
    pub(super) kind: String,
    pub(super) size: String,
    pub(super) hash: String,
    pub(super) url: Option<String>,
    pub(super) note: Option<String>,
    pub(super) record: String,
}

pub(super) struct Balance {
    pub(super) label: String,
    /// The page of who has it.
    pub(super) url: Option<String>,
    pub(super) amount: String,
    pub(super) strong: bool,
}

pub(super) struct FindingLine {
    pub(super) warning: bool,
    pub(super) text: String,
    pub(super) record_url: String,
}

struct CheckLine {
    outcome: &'static str,
    name: String,
    detail: String,
}

/// Draws a lot's page with what is not on the ledger: the serial scanned, evidence not uploaded.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_lot(ctx: &Ctx, view: &LotView, proof: &PageProof, extras: &Extras) -> Result<String, PageError> {
    let lang = ctx.lang;
    let suspicious = extras.serial.as_ref().is_some_and(|s| s.suspicious);
    let states = state::all(view, proof, suspicious);
    let headline = states.first().copied().unwrap_or(PageState::Unchecked);
    let glossary = ctx.glossary.of(&view.commodities);
    let words = glossary.words(&view.product.commodity, Some(&view.product.form));
    let text = LotText { ctx, view, words, today: extras.today };
    let name = lang.name(&view.product.name);
    let word = lang.text(&format!("state-{}", headline.name()));
    let mut shell = Shell::new(
        ctx,
        format!("{word}: {name}, {}", view.lot.lot),
        lang.with("lot-description", &[("product", &name), ("lot", view.lot.lot.as_str()), ("verdict", &word)]),
    );
    shell.checks = true;
    shell.modules = modules_of_check(lang);
    // the page says it where it is compared, and where the proof is
    shell.stands.clear();
    // it stands above, with the proof
    shell.stands.clear();
    shell.demo = view.demo;
    shell.json_ld = Some(super::json_for_script(&json_ld(ctx, view, &bidi::plain(&name))));
    let proof_url = format!("{}/proof", lot_api(&view.lot));
    let page = LotPage {
        t: Tr(lang),
        band: Band {
            state: headline.name(),
            word,
            also: states.iter().skip(1).map(|s| (s.name(), s.beside(lang))).collect(),
            scope: text.scope_in_brief(headline),
            tally: tally(lang, proof, headline),
            reason: proof.broken().map(|c| check_name(lang, &c.name)),
            by: match proof.when {
                When::WithThePage if proof.tally().1 == 0 => String::new(),
                When::WithThePage => lang.text("checked-by-server"),
                When::Later | When::Never => lang.text("checked-later"),
            },
            bundle: (proof.when == When::WithThePage).then(|| proof_url.clone()),
            profiles: proof.profiles.iter().map(Hash32::to_string).collect::<Vec<_>>().join(" "),
        },
        pictogram: words.pictogram(&mut shell.symbols),
        product_url: ctx.link(&product_path(view.lot.gtin)),
        lot: view.lot.lot.to_string(),
        gtin: view.lot.gtin.to_string(),
        quantity: text.amount(view.produced),
        scope: text.scope(),
        monitoring: text.monitoring(),
        specifications: view
            .judged
            .specifications
            .iter()
            .map(|adopted| {
                let file = format!("/profiles/{}", adopted.blake3);
                (text.specification(adopted), ctx.link(&record_path(&adopted.record)), file)
            })
            .collect(),
        facts: text.facts(),
        serial: extras.serial.as_ref().map(|s| {
            let first = s.first.map(|at| format::moment(lang, at, "+00:00", None)).unwrap_or_default();
            let args =
                [("serial", s.serial.as_str()), ("issued", &s.issued.to_string()), ("scans", &s.scans.to_string())];
            let mut shown = lang.with("serial-issued", &args);
            if s.first.is_some() {
                shown.push(' ');
                shown.push_str(&lang.with("serial-first", &[("first", &first)]));
            }
            shown
        }),
        unchecked_serial: extras.unchecked_serial.as_ref().map(|s| lang.with("serial-unchecked", &[("serial", s)])),
        map: map(ctx, view),
        steps: view.steps.iter().filter(|s| s.act != Act::Clock).map(|s| text.line(s)).collect(),
        hidden: more(lang, "steps-more", view.omitted.steps),
        steps_url: format!("{}/steps", lot_api(&view.lot)),
        app_url: lot_in_app(&view.lot),
        readiness_url: ctx.link(&format!("{}/readiness", lot_api(&view.lot))),
        more_documents: more(lang, "documents-more", view.omitted.documents),
        more_tests: more(lang, "tests-more", view.omitted.inspections),
        more_findings: more(lang, "findings-rest", view.omitted.warnings + view.omitted.notices),
        inspections: view.inspections.iter().map(|i| text.tested(i)).collect(),
        documents: text.documents(extras),
        balance: text.balance(),
        findings: text.findings(),
        product_facts: text.product_facts(),
        checks: proof
            .checks
            .iter()
            .map(|c| CheckLine {
                outcome: match c.outcome {
                    CheckOutcome::Passed => "passed",
                    CheckOutcome::Failed => "failed",
                    CheckOutcome::NotChecked => "not-checked",
                },
                name: check_name(lang, &c.name),
                detail: match c.outcome {
                    CheckOutcome::Passed => String::new(),
                    // a check that never runs has its own sentence; after a failure the detail of the verdict is more precise
                    CheckOutcome::NotChecked if proof.broken().is_none() => {
                        lang.find(&format!("why-{}", c.name), &[]).unwrap_or_else(|| c.detail.clone())
                    }
                    CheckOutcome::NotChecked | CheckOutcome::Failed => c.detail.clone(),
                },
            })
            .collect(),
        watched: watched(lang, proof),
        proof_url,
        lot_url: lot_api(&view.lot),
        size: format::number(lang, &proof.size.to_string()),
        bare_size: proof.size,
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        as_of: ctx.node.as_of(lang),
        clock: ctx.node.clock,
        node: node(ctx),
        verify_command: format!("jejak verify --trust trust.toml {}{}", ctx.base_url, lot_path(&view.lot)),
        maker: text.party(&view.maker),
        maker_url: ctx.link(&party_path(&view.maker.party)),
        contact: view.maker.contact.as_deref().map(isolated),
        uri: view.uri.clone(),
        name,
        shell,
    };
    super::with_drawings(&page, &["s-broken", "s-unchecked"])
}

/// The modules that each check of a page loads, with the words of its language.
fn modules_of_check(lang: Lang) -> Vec<String> {
    static ALWAYS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let first = || ["verify.js", "remember.js", "shown.js"].map(str::to_owned);
    ALWAYS.get_or_init(|| with_needed(first())).iter().cloned().chain([format!("words-{}.js", lang.code())]).collect()
}

/// What the checks of the proof came to. It speaks of the records alone: the headline has the verdict on the goods.
fn tally(lang: Lang, proof: &PageProof, headline: PageState) -> String {
    let (passed, ran) = proof.tally();
    if ran == 0 {
        return lang.text(match proof.when {
            When::Later => "tally-later",
            When::Never => "tally-never",
            When::WithThePage => "tally-none",
        });
    }
    let open = proof.open();
    let (counted, total, unrun) = (passed.to_string(), ran.to_string(), open.to_string());
    let counts = [("passed", counted.as_str()), ("total", &total), ("open", &unrun)];
    let checks = lang.with(if open == 0 { "tally-checks" } else { "tally-checks-open" }, &counts);
    let genuine = match headline {
        _ if passed < ran => return checks,
        bad if bad.is_bad() => "tally-genuine-bad",
        _ => "tally-genuine",
    };
    lang.with(genuine, &[("checks", &checks)])
}

/// Who else has seen this log: signers' devices, and witnesses by name. The same sentences as the check in the browser uses.
fn watched(lang: Lang, proof: &PageProof) -> Vec<String> {
    let seen = proof.seen.map(|(keys, parties, size)| {
        let shown = [("%keys%", keys as u64), ("%parties%", parties as u64), ("%size%", size)];
        shown.iter().fold(lang.text("phone-seen"), |text, (name, n)| text.replace(name, &n.to_string()))
    });
    let names = format::list(lang, &proof.witnesses.iter().map(|name| isolated(name)).collect::<Vec<_>>());
    let cosigned = (!names.is_empty()).then(|| lang.text("phone-cosigned").replace("%names%", &names));
    seen.into_iter().chain(cosigned).collect()
}

fn more(lang: Lang, key: &str, count: usize) -> Option<String> {
    (count > 0).then(|| lang.count(key, count as u64))
}

/// Who runs the node, and who decides on its ledger.
fn node(ctx: &Ctx) -> Vec<Vec<Piece>> {
    let authority = ctx.node.authority.as_ref().map(|party| stated(ctx, "node-authority", party));
    operator(ctx).into_iter().chain(authority).collect()
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
        "category": bidi::plain(&ctx.glossary.any().commodity(lang, &view.product.commodity)),
        "manufacturer": {"@type": "Organization", "name": bidi::plain(&lang.name(&view.maker.name))},
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
