//! The pages rendered from example lots: every state in every language, without JavaScript, within the size budget.
//!
//! `JEJAK_PAGES=DIR cargo test --test it pages::` also writes them to DIR as HTML, to look at.

use crate::common::{lots, without_bdi};
use jejak::chain::Rule;
use jejak::gs1::LinkError;
use jejak::guide::Paper;
use jejak::names::Names;
use jejak::query::view::{LotState, LotView, SpecificationView};
use jejak::record::Hash32;
use jejak::server::i18n::Lang;
use jejak::server::pages::{
    self, CheckOutcome, ContainerInfo, Ctx, Extras, Glossary, IndexInfo, KeyState, LotLine, Node, Notice, PageCheck,
    PageProof, PartyInfo, PlaceInfo, ProductInfo, RecordInfo, Scanned, SerialScan,
};

pub(crate) fn ctx(lang: Lang, path: &str) -> Ctx {
    Ctx {
        lang,
        chosen: true,
        base_url: "https://jejak.example".into(),
        path: path.into(),
        ledger: format!("urn:jejak:ledger:{}", Hash32::of(b"ledger")),
        log_key: "jejak.example/demo+7a864099+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4".into(),
        glossary: lots::glossary(),
        scanned: Scanned::default(),
        node: node(),
    }
}

fn node() -> Node {
    let named = |uri: &str, name: &str| Some((uri.to_owned(), Names::english(name)));
    Node {
        operator: named("urn:jejak:party:node", "Sample node"),
        authority: named("urn:jejak:party:authority", "Sample authority"),
        clock: 1_794_234_600,
    }
}

/// The page of a lot, with nothing that is not on the ledger.
fn render_lot(ctx: &Ctx, view: &LotView, proof: &PageProof) -> Result<String, pages::PageError> {
    pages::render_lot(ctx, view, proof, &Extras::default())
}

pub(crate) fn proof(broken: bool) -> PageProof {
    let check = |name: &str, outcome| PageCheck { name: name.into(), outcome, detail: String::new() };
    let mut checks: Vec<PageCheck> = ["records", "signatures", "inclusion", "checkpoint", "keys", "replay", "lot"]
        .iter()
        .map(|n| check(n, CheckOutcome::Passed))
        .collect();
    if broken {
        checks[2] = PageCheck {
            detail: "record 17 is not under the checkpoint".into(),
            ..check("inclusion", CheckOutcome::Failed)
        };
    }
    let open = PageCheck {
        detail: "no map of all lots is signed yet".into(),
        ..check("completeness", CheckOutcome::NotChecked)
    };
    checks.push(open);
    PageProof { size: 1284, time: None, checks, ..PageProof::default() }
}

fn wrong(value: &str) -> LinkError {
    LinkError::Value { ai: "10".into(), value: value.into() }
}

/// What the texts of participants are on the pages of [`all`].
pub(crate) struct Texts {
    pub(crate) view: fn(LotView) -> LotView,
    pub(crate) line: fn(LotLine) -> LotLine,
    pub(crate) text: fn(&str) -> String,
    pub(crate) glossary: fn() -> Glossary,
}

/// As the examples have them.
const AS_IT_IS: Texts = Texts { view: |view| view, line: |line| line, text: str::to_owned, glossary: lots::glossary };

/// Every page, by file name.
fn all(lang: Lang) -> Vec<(String, String)> {
    drawn_with(lang, &AS_IT_IS)
}

/// Every page with these texts, by file name.
pub(crate) fn drawn_with(lang: Lang, texts: &Texts) -> Vec<(String, String)> {
    let mut drawn = Vec::new();
    let mut add = |name: &str, html: Result<String, pages::PageError>| {
        drawn.push((format!("{name}.{}.html", lang.code()), html.expect("a page")));
    };
    let patchouli = (texts.view)(lots::patchouli());
    let ctx = Ctx { glossary: (texts.glossary)(), ..ctx(lang, &pages::lot_path(&patchouli.lot)) };
    add("verified", render_lot(&ctx, &(texts.view)(lots::clean()), &proof(false)));
    add("findings", render_lot(&ctx, &patchouli, &proof(false)));
    add("broken", render_lot(&ctx, &patchouli, &proof(true)));
    add("unchecked", render_lot(&ctx, &patchouli, &PageProof::default()));
    add("not-inspected", render_lot(&ctx, &(texts.view)(lots::uninspected()), &proof(false)));
    add("own-check", render_lot(&ctx, &(texts.view)(lots::own_check()), &proof(false)));
    add("failed", render_lot(&ctx, &(texts.view)(lots::failed()), &proof(false)));
    add("recalled", render_lot(&ctx, &(texts.view)(lots::recalled()), &proof(false)));
    add("held", render_lot(&ctx, &(texts.view)(lots::held()), &proof(false)));
    let scan = SerialScan {
        serial: "k3v9m2xq7hw5tz4a".into(),
        issued: 244,
        scans: 61,
        first: Some("2026-11-12T02:00:00Z".parse().expect("timestamp")),
        suspicious: true,
    };
    let extras = Extras { serial: Some(scan), ..Extras::default() };
    add("copied", pages::render_lot(&ctx, &(texts.view)(lots::clean()), &proof(false), &extras));
    add("never-issued", pages::render_never_issued(&ctx, &patchouli.lot, "AAAA"));
    add("unknown", pages::render_notice(&ctx, &Notice::UnknownLot(patchouli.lot.clone(), None)));
    add("bad-link", pages::render_notice(&ctx, &Notice::BadLink(wrong(&(texts.text)("<script>alert(1)</script>")))));
    add("error", pages::render_error(&ctx, "Busy", "Too many requests; try again in 2 s.", Some("0192")));
    let lines: Vec<LotLine> = lots::lines().into_iter().map(texts.line).collect();
    let mut index = IndexInfo { lots: lines.clone(), size: 1284, demo: true, ..IndexInfo::default() };
    add("index", pages::render_index(&ctx, &index));
    index.found = Some((texts.text)("<script>"));
    add("found", pages::render_index(&ctx, &index));
    index.missed = index.found.take();
    add("missed", pages::render_index(&ctx, &index));
    let party = PartyInfo {
        party: patchouli.maker.clone(),
        keys: vec![(jejak::record::PublicKey([7; 32]), Some((texts.text)("HP bendahara")), KeyState::Active)],
        accreditations: vec![(
            (texts.text)("KAN"),
            (texts.text)("LP-412-IDN"),
            vec!["essential-oil".into()],
            1_900_000_000,
        )],
        certificates: vec![(
            None,
            Paper {
                kind: (texts.text)("nib"),
                title: None,
                number: Some((texts.text)("91200")),
                issuer: Some((texts.text)("OSS")),
                from: None,
                until: Some(jiff::civil::date(2027, 6, 30)),
                by: patchouli.maker.name.clone(),
                record: patchouli.maker.record,
            },
        )],
        specifications: [None, Some(1_900_000_000)]
            .map(|until| ("essential-oil".to_owned(), lots::specification(&patchouli.maker), until))
            .map(|(of, adopted, until)| (of, SpecificationView { version: (texts.text)("2"), ..adopted }, until))
            .to_vec(),
        region: None,
        suspended_for: None,
        lots: lines.clone(),
        more_lots: true,
        more_keys: false,
    };
    add("party", pages::render_party(&ctx, &party));
    let mut suspended = party;
    suspended.party.standing = jejak::record::registry::Standing::Suspended;
    suspended.suspended_for = Some(((texts.text)("tidak menjawab"), patchouli.inspections[0].inspector.clone()));
    add("party-suspended", pages::render_party(&ctx, &suspended));
    let container = ContainerInfo {
        sscc: "095213210000000018".parse().expect("SSCC"),
        holder: Some(patchouli.maker.clone()),
        shipment: None,
        place: None,
        parent: None,
        children: vec![],
        contents: lines.clone(),
        held: false,
    };
    add("container", pages::render_container(&ctx, &container));
    let here = ContainerInfo { place: patchouli.steps[0].place.clone(), ..container.clone() };
    add("container-here", pages::render_container(&ctx, &here));
    let under_way = ContainerInfo { shipment: Some(patchouli.steps[0].record), ..container };
    add("container-under-way", pages::render_container(&ctx, &under_way));
    let step = &patchouli.steps[0];
    let mut product = ProductInfo {
        product: patchouli.product.clone(),
        owner: step.party.clone(),
        makers: vec![patchouli.maker.clone(), step.party.clone()],
        record: step.record,
        lots: lines,
        serial: None,
    };
    add("product", pages::render_product(&ctx, &product));
    product.serial = Some("k3v9m2xq7hw5tz4a".into());
    add("serial-without-lot", pages::render_product(&ctx, &product));
    let place = PlaceInfo {
        place: step.place.clone().expect("a place"),
        owner: step.party.clone(),
        record: step.record,
        monitoring: vec![],
    };
    add("place", pages::render_place(&ctx, &place));
    let record = RecordInfo {
        id: step.record,
        index: step.index,
        clock: step.logged_after,
        clock_wrong: false,
        act: step.act,
        shipment: None,
        party: Some(step.party.clone()),
        key: step.key,
        event_time: Some((step.event_time, step.offset.clone())),
        country: Some("ID".into()),
        lots: vec![patchouli.lot.clone()],
        payload: format!(r#"{{"type":"ObjectEvent","note":"{}"}}"#, (texts.text)("</code><script>")),
        others: Vec::new(),
        findings: patchouli.findings.clone(),
        voided_by: None,
    };
    add("record", pages::render_record(&ctx, &record));
    drawn
}

#[test]
fn every_page_renders_in_every_language_without_inline_script_or_style() {
    for lang in Lang::all() {
        for (name, html) in all(lang) {
            if let Ok(dir) = std::env::var("JEJAK_PAGES") {
                std::fs::create_dir_all(&dir).expect("directory");
                std::fs::write(std::path::Path::new(&dir).join(&name), &html).expect("page written");
            }
            assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())), "{name}");
            assert!(!html.contains(" style=") && !html.contains("<style"), "inline style in {name}");
            assert!(!html.contains(" onclick=") && !html.contains("javascript:"), "inline script in {name}");
            for script in html.split("<script").skip(1) {
                let tag = script.split('>').next().unwrap_or_default();
                assert!(tag.contains("src=") || tag.contains("application/ld+json"), "inline script in {name}: {tag}");
            }
            assert!(!html.contains("http://"), "plain http in {name}");
            for reference in html.split("href=\"#").skip(1) {
                let id = reference.split('"').next().unwrap_or_default();
                assert!(html.contains(&format!("id=\"{id}\"")), "{name} refers to #{id}, which is not there");
            }
        }
    }
}

#[test]
fn user_text_is_escaped() {
    let ctx = ctx(Lang::EN, "/x");
    let page = pages::render_notice(&ctx, &Notice::BadLink(wrong("<script>alert(1)</script>"))).expect("a page");
    assert!(!page.contains("<script>alert") && page.contains("script"));
    let mut lot = lots::patchouli();
    lot.product.name = Names::english("</script><script>alert(2)</script>");
    let page = render_lot(&ctx, &lot, &proof(false)).expect("a page");
    assert!(!page.contains("<script>alert"));
}

#[test]
fn worst_state_is_the_headline_and_others_are_listed() {
    let ctx = ctx(Lang::of("id"), "/x");
    let page = render_lot(&ctx, &lots::recalled(), &proof(true)).expect("a page");
    assert!(page.contains("class=\"band broken server\""));
    assert!(page.contains("<p class=\"word\">Bukti rusak: jangan percaya</p>"));
    assert!(page.contains("/></svg>Ditarik</li>"), "the recall is still shown");
    assert!(!page.contains(">Terverifikasi<"));
    let page = render_lot(&ctx, &lots::clean(), &proof(false)).expect("a page");
    assert!(page.contains("<p class=\"word\">Terverifikasi</p>") && page.contains("24,44\u{a0}kg"));
}

#[test]
fn verified_mark_needs_checks_that_ran() {
    let clean = lots::clean();
    assert_eq!(clean.headline, LotState::Verified);
    let page = render_lot(&ctx(Lang::EN, "/x"), &clean, &PageProof::default()).expect("a page");
    assert!(page.contains("class=\"band unchecked server\""));
    assert!(!page.contains("<p class=\"word\">Verified</p>"));
    // nor is it said that somebody has checked
    assert!(
        page.contains("<p class=\"by\"></p>") && !page.contains(&format!(">{}<", Lang::EN.text("checked-by-server")))
    );
}

#[test]
fn first_screen_shows_what_where_when_who_and_recall() {
    let page = render_lot(&ctx(Lang::of("id"), "/x"), &lots::patchouli(), &proof(false)).expect("a page");
    let first = page.split("class=\"jump\"").next().expect("the first screen");
    for wanted in [
        "Terverifikasi, ada temuan",
        "Minyak nilam",
        "NILAM-2611-03",
        "Desa Lampeapi",
        "Dipanen 1\u{2013}3\u{a0}Nov\u{a0}2026",
        "Lolos uji mutu",
        "KAN LP-412-IDN",
        "Tidak ditarik, tidak ditahan",
    ] {
        assert!(first.contains(wanted), "the first screen does not say {wanted:?}");
    }
}

#[test]
fn finding_parameters_are_translated() {
    let mut lot = lots::patchouli();
    let mut finding = lot.findings[0].clone();
    finding.rule = Rule::RequirementIncomplete;
    finding.args = vec![("parameters".into(), "urn:jejak:param:iron, urn:jejak:param:acid-value".into())];
    lot.findings = vec![finding];
    for (lang, wanted) in [
        (Lang::EN, "Iron (Fe), Acid value"),
        (Lang::of("id"), "Besi (Fe), Bilangan asam"),
        (Lang::of("zh"), "铁 (Fe)、酸值"),
    ] {
        let page = render_lot(&ctx(lang, "/x"), &lot, &proof(false)).expect("a page");
        let page = without_bdi(&page);
        assert!(page.contains(wanted) && !page.contains("urn:jejak:param:iron,"), "{}", lang.code());
    }
}

#[test]
fn page_explains_how_a_failure_was_resolved() {
    let mut lot = lots::patchouli();
    let record = lot.inspections[0].record;
    lot.inspections[0].verdict = jejak::quality::Verdict::Fail;
    let (retest, cure) =
        ("A later test of the same points passed", "Processed since in a way that the standard accepts");
    for (act, wanted, not) in [(jejak::chain::Act::Inspect, retest, cure), (jejak::chain::Act::Process, cure, retest)] {
        lot.inspections[0].superseded_by = Some(record);
        lot.inspections[0].cleared_by = vec![jejak::query::view::Cleared { record, act }];
        let page = render_lot(&ctx(Lang::EN, "/x"), &lot, &proof(false)).expect("a page");
        assert!(page.contains(wanted) && !page.contains(not), "{act:?}");
    }
}

#[test]
fn unjudged_and_stolen_key_results_are_never_green() {
    let first = |page: &str| page.split("class=\"jump\"").next().expect("the first screen").to_owned();
    // measured against limits for information, and made of what had passed
    let mut lot = lots::clean();
    lot.states = vec![LotState::NoVerdict];
    lot.headline = LotState::NoVerdict;
    let mut source = lot.inspections[0].clone();
    source.lot.lot = "SOURCE".parse().expect("a lot");
    let own = &mut lot.inspections[0];
    own.verdict = jejak::quality::Verdict::NotEvaluated;
    own.results.truncate(1);
    own.results[0].advisory = true;
    lot.inspections.insert(0, source);
    let page = render_lot(&ctx(Lang::EN, "/x"), &lot, &proof(false)).expect("a page");
    assert!(first(&page).contains("Tested, no verdict") && first(&page).contains("Tested, not judged"));
    assert!(!first(&page).contains("Passed inspection"));
    assert!(page.contains("<span class=\"verdict\">Within</span>"));
    // a pass of a key that was stolen
    let mut lot = lots::clean();
    lot.states = vec![LotState::NoVerdict, LotState::Findings];
    lot.headline = LotState::NoVerdict;
    lot.inspections[0].marked = true;
    let signed = lot.inspections[0].record;
    lot.steps.iter_mut().filter(|step| step.record == signed).for_each(|step| step.marked = true);
    let page = render_lot(&ctx(Lang::EN, "/x"), &lot, &proof(false)).expect("a page");
    assert!(first(&page).contains("do not rely on it") && first(&page).contains("Findings</li>"));
    assert!(!page.contains("<article class=\"test pass\""));
    assert!(
        page.contains("Signed with a key that was reported stolen: Inspection: passed"),
        "it stands among the findings"
    );
}

#[test]
fn own_check_has_a_badge_and_is_never_green() {
    for (lang, badge, why) in [
        (Lang::EN, "Own check", "Tested by a party to the goods"),
        (Lang::of("id"), "Pemeriksaan sendiri", "Diuji oleh pihak yang terlibat"),
        (Lang::of("zh"), "自检", "由货物相关方检验"),
    ] {
        let page = render_lot(&ctx(lang, "/x"), &lots::own_check(), &proof(false)).expect("a page");
        let first = page.split("class=\"jump\"").next().expect("the first screen");
        assert!(first.contains(why), "{}: {first}", lang.code());
        assert!(page.contains(&format!("<span class=\"tag\">{badge}</span>")), "{}", lang.code());
        assert!(!page.contains("<article class=\"test pass\"") && !first.contains("<li class=\"good\""), "no green");
        let clean = render_lot(&ctx(lang, "/x"), &lots::clean(), &proof(false)).expect("a page");
        assert!(!clean.contains(&format!(">{badge}<")) && clean.contains("<article class=\"test pass\""));
        // a failure of an own check is a failure
        let mut failed = lots::failed();
        failed.inspections[0].own = true;
        let page = render_lot(&ctx(lang, "/x"), &failed, &proof(false)).expect("a page");
        assert!(page.contains("<article class=\"test fail\"") && page.contains(&format!(">{badge}<")));
    }
    // an independent result is shown first
    let mut both = lots::clean();
    let mut own = both.inspections[0].clone();
    own.own = true;
    both.inspections.insert(0, own);
    let page = render_lot(&ctx(Lang::EN, "/x"), &both, &proof(false)).expect("a page");
    assert!(page.split("class=\"jump\"").next().expect("the first screen").contains("<li class=\"good\""));
}

#[test]
fn user_text_is_attributed_to_its_author() {
    let mut lot = lots::recalled();
    lot.holds[0].reason = Some("residu di atas batas".into());
    lot.inspections = lots::patchouli().inspections;
    lot.inspections[0].results[0].method = Some("caliper, smallest animal".into());
    let by = lot.holds[0].issuer.clone();
    assert_eq!(by.country, "ID");
    for (lang, wanted) in [(Lang::EN, "(as written by"), (Lang::of("zh"), "原文）")] {
        let page = render_lot(&ctx(lang, "/x"), &lot, &proof(false)).expect("a page");
        let page = without_bdi(&page);
        assert!(page.contains("<span lang=\"id\">\u{201c}residu di atas batas\u{201d}</span>"), "{page}");
        assert!(page.contains(wanted) && page.contains("\u{201c}caliper, smallest animal\u{201d}"), "{}", lang.code());
    }
    let page = render_lot(&ctx(Lang::of("id"), "/x"), &lot, &proof(false)).expect("a page");
    assert!(page.contains("residu di atas batas") && !page.contains("ditulis oleh"));
}

#[test]
fn party_page_shows_accreditations_and_suspension() {
    let mut party = lots::patchouli().maker;
    party.standing = jejak::record::registry::Standing::Suspended;
    let accredited = |scope: &str| ("KAN".to_owned(), "LP-412-IDN".to_owned(), vec![scope.to_owned()], 1_900_000_000);
    let key = |label: &str| (jejak::record::PublicKey([7; 32]), Some(label.to_owned()), KeyState::Active);
    let info = PartyInfo {
        region: None,
        suspended_for: Some(("kunci hilang".into(), party.clone())),
        party,
        keys: vec![key("first key"), key("HP bendahara")],
        accreditations: vec![accredited("*"), accredited("urn:unknown:cocoa-beans")],
        certificates: Vec::new(),
        specifications: Vec::new(),
        lots: Vec::new(),
        more_lots: false,
        more_keys: false,
    };
    for (lang, all, first, reason) in [
        (Lang::of("id"), "semua komoditas", "kunci pertama", "Alasan"),
        (Lang::EN, "all commodities", "first key", "Reason"),
        (Lang::of("zh"), "所有品类", "首个密钥", "原因"),
    ] {
        let page = without_bdi(&pages::render_party(&ctx(lang, "/x"), &info).expect("a page"));
        for wanted in [all, "Cocoa beans", reason, "<span lang=\"id\">\u{201c}kunci hilang\u{201d}</span>"] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        assert!(page.contains(&format!("<span lang=\"{}\">{first}</span>", lang.tag())), "{page}");
        assert!(page.contains("<span lang=\"id\">HP bendahara</span>"));
        assert!(!page.contains(&lang.text("marked")) && !page.contains(&format!("· {}", lang.text("key-ended"))));
        let (mut ended, mut stolen) = (info.clone(), info.clone());
        (ended.keys[1].2, stolen.keys[1].2) = (KeyState::Ended, KeyState::Compromised);
        for (info, word) in [(ended, format!("· {}", lang.text("key-ended"))), (stolen, lang.text("marked"))] {
            let page = pages::render_party(&ctx(lang, "/x"), &info).expect("a page");
            assert_eq!(page.matches(&word).count(), 1, "{word}: {page}");
        }
    }
}

#[test]
fn unrun_checks_are_counted_separately() {
    for (lang, wanted) in [
        (Lang::of("id"), "7 dari 7 pemeriksaan berhasil (1 dilewati)"),
        (Lang::EN, "7 of 7 checks passed (1 not checked)"),
        (Lang::of("zh"), "证明的 7 项核验中 7 项通过（1 项未核验）"),
    ] {
        let page = render_lot(&ctx(lang, "/x"), &lots::clean(), &proof(false)).expect("a page");
        assert!(page.contains(wanted), "{}", lang.code());
    }
}

#[test]
fn finding_quantities_use_their_own_unit() {
    let mut lot = lots::patchouli();
    let mut finding = lot.findings[0].clone();
    finding.rule = Rule::ReceivedShort;
    finding.severity = jejak::chain::Severity::Warning;
    // leaf is weighed, the bottles made of it are counted or measured
    for (unit, wanted) in [("gram", "1.25\u{a0}kg"), ("millilitre", "1.25\u{a0}L"), ("piece", "1,250\u{a0}")] {
        finding.args = vec![("difference".into(), "1250".into()), ("unit".into(), unit.into())];
        lot.findings = vec![finding.clone()];
        let page = render_lot(&ctx(Lang::EN, "/x"), &lot, &proof(false)).expect("a page");
        assert!(page.contains(&format!("Received {wanted}")), "{unit}");
        let record = RecordInfo {
            id: finding.record,
            index: 7,
            clock: 0,
            clock_wrong: false,
            act: lot.steps[0].act,
            shipment: None,
            party: None,
            key: lot.steps[0].key,
            event_time: None,
            country: None,
            lots: vec![],
            payload: "{}".into(),
            others: Vec::new(),
            findings: vec![finding.clone()],
            voided_by: None,
        };
        let page = pages::render_record(&ctx(Lang::EN, "/x"), &record).expect("a page");
        assert!(page.contains(&format!("Received {wanted}")), "{unit}");
    }
}

#[test]
fn chosen_language_is_kept_in_every_link() {
    let lot = lots::patchouli();
    let asked = render_lot(&ctx(Lang::of("zh"), "/x"), &lot, &proof(false)).expect("a page");
    let by_itself =
        render_lot(&Ctx { chosen: false, ..ctx(Lang::of("zh"), "/x") }, &lot, &proof(false)).expect("a page");
    for kind in ["/entries/", "/parties/", "/414/", "/01/", "/00/"] {
        for (page, carried) in [(&asked, true), (&by_itself, false)] {
            let links: Vec<&str> = page.split(&format!("href=\"{kind}")).skip(1).collect();
            assert!(!links.is_empty());
            for link in links {
                let href = link.split('"').next().unwrap_or_default();
                assert_eq!(href.ends_with("?lang=zh"), carried, "{kind}{href}");
            }
        }
    }
}

/// Bytes after `gzip -9`.
fn gzipped(bytes: &[u8]) -> usize {
    use std::io::Write;
    let mut child = std::process::Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("gzip is installed");
    let mut stdin = child.stdin.take().expect("piped");
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().expect("gzip runs");
    writer.join().expect("no panic").expect("gzip reads all");
    out.stdout.len()
}

/// Bytes of files of `web/static` as a browser is sent them, with a table of them.
fn weights(names: &[&str]) -> (usize, String) {
    let (mut total, mut table) = (0, String::new());
    for name in names {
        let size = jejak::server::assets::compressed(name).expect("file").len();
        table.push_str(&format!("{size:>6}  {name}\n"));
        total += size;
    }
    (total, table)
}

const FIRST: [&str; 3] = ["page.css", "mark.svg", "page.js"];
/// Loaded only where the browser has no Ed25519 of its own, or no WebCrypto at all; where the device has seen another head; and for a document
/// that a reader wants to be compared.
const LATER: [(&str, usize); 4] =
    [("ed25519-plain.js", 1_500), ("sha2.js", 1_600), ("consistency.js", 600), ("document.js", 500)];

#[test]
fn first_load_is_at_most_16_kb_compressed() {
    const BUDGET: usize = 16_000;
    let page = render_lot(&ctx(Lang::of("id"), "/x"), &lots::patchouli(), &proof(false)).expect("a page");
    let (page, (files, table)) = (gzipped(page.as_bytes()), weights(&FIRST));
    let total = page + files;
    println!("{page:>6}  lot page\n{table}{total:>6}  in all");
    assert!(total <= BUDGET, "{total} bytes, the budget is {BUDGET}:\n{page:>6}  lot page\n{table}");
}

/// The check comes after the page is there: its modules, and the words of the reader's language. A third of them judge values and compare
/// titles, amounts, limits and every other text of the page, in each form that it may have, which the server's word stood for before.
#[test]
fn browser_check_is_at_most_38_kb_compressed() {
    const BUDGET: usize = 37_500;
    let words = |name: &str| name.starts_with("words-");
    // the words are imported by the language of the page
    let mut names: Vec<String> = jejak::server::app::with_imports(["page.js".to_owned()]).into_iter().collect();
    names.extend(jejak::server::assets::names().into_iter().filter(|name| words(name)));
    names.retain(|n| !FIRST.contains(&n.as_str()) && LATER.iter().all(|(name, _)| n != name));
    let shared: Vec<&str> = names.iter().map(String::as_str).filter(|n| !words(n)).collect();
    let (modules, table) = weights(&shared);
    let languages: Vec<&str> = names.iter().map(String::as_str).filter(|n| words(n)).collect();
    assert_eq!(languages.len(), Lang::all().count());
    let heaviest = languages.iter().map(|n| weights(&[n]).0).max().expect("a language");
    let total = modules + heaviest;
    println!("{table}{heaviest:>6}  words of one language\n{total:>6}  in all");
    assert!(total <= BUDGET, "{total} bytes, the budget is {BUDGET}:\n{table}{heaviest:>6}  words of one language");
    for (name, most) in LATER {
        let (bytes, _) = weights(&[name]);
        assert!(bytes <= most, "{bytes} bytes of {name}");
    }
}
