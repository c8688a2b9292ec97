//! What a lot's page claims, and on whose word: the records and the goods are spoken of apart, the gravest finding comes first, a test
//! says its result, what only the server computed is marked, and the page says who answers and as of when.

use axum::body::Body;
use axum::http::Request;
use jejak::chain::{Act, Rule, Severity};
use jejak::names::Names;
use jejak::quality::Verdict;
use jejak::query::view::{Cleared, LotState, LotView};
use jejak::record::registry::Region;
use jejak::server::i18n::Lang;
use jejak::server::pages::{self, Extras, Node, PageProof};
use jejak::server::{App, Config, router};
use tower::ServiceExt;

use crate::common::demo_ledger::demo_ledger;
use crate::common::{lots, without_bdi};
use crate::pages::{ctx, drawn_with, proof};

fn drawn(lang: Lang, view: &LotView, proof: &PageProof) -> String {
    let page = pages::render_lot(&ctx(lang, "/x"), view, proof, &Extras::default()).expect("a page");
    without_bdi(&page)
}

fn page(lang: Lang, view: &LotView) -> String {
    drawn(lang, view, &proof(false))
}

fn first_screen(page: &str) -> &str {
    page.split("class=\"jump\"").next().expect("the first screen")
}

/// What stands between two texts, from the first of the one on.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let rest = page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}")).1;
    rest.split(to).next().expect("a text")
}

#[test]
fn tally_speaks_of_the_records_and_praises_no_goods() {
    let mut withdrawn = lots::clean();
    (withdrawn.headline, withdrawn.states) = (LotState::Withdrawn, vec![LotState::Withdrawn]);
    for (lang, good, bad) in [
        (Lang::EN, "Records genuine: 7 of 7", "Genuine records say so: 7 of 7"),
        (Lang::of("id"), "Catatan asli: 7 dari 7", "Menurut catatan asli: 7 dari 7"),
        (Lang::of("zh"), "记录未遭篡改：证明的 7 项", "作此结论的记录未遭篡改：证明的 7 项"),
    ] {
        let tally = |view: &LotView, broken| {
            between(&drawn(lang, view, &proof(broken)), "class=\"tally\" data-by=\"server\">", "<").to_owned()
        };
        assert!(tally(&lots::clean(), false).starts_with(good), "{lang:?}");
        for view in [lots::failed(), lots::recalled(), lots::held(), withdrawn.clone()] {
            assert!(tally(&view, false).starts_with(bad), "{lang:?}, {:?}", view.headline);
        }
        // no record is called genuine where a check of the proof failed
        let broken = tally(&lots::clean(), true);
        assert!(!broken.contains(good.split([':', '：']).next().expect("words")), "{broken}");
        assert!(broken.contains('6') && broken.contains('7'), "{broken}");
    }
}

#[test]
fn recall_and_hold_are_two_states() {
    let band = |page: &str| between(page, "<section id=\"verdict\"", "</section>").to_owned();
    for (lang, recalled, held) in
        [(Lang::EN, "Recalled", "On hold"), (Lang::of("id"), "Ditarik", "Ditahan"), (Lang::of("zh"), "已召回", "暂扣")]
    {
        for (view, name, word, other) in
            [(lots::recalled(), "recalled", recalled, held), (lots::held(), "held", held, recalled)]
        {
            let band = band(&page(lang, &view));
            assert!(band.contains(&format!("class=\"band {name} server\"")), "{band}");
            assert!(band.contains(&format!("href=\"#s-{name}\"")), "{band}");
            assert!(band.contains(&format!("<p class=\"word\">{word}</p>")) && !band.contains(other), "{band}");
        }
    }
    let sprite = include_str!("../../web/pages/sprite.svg");
    let shape = |name: &str| between(sprite, &format!("id=\"s-{name}\""), "</symbol>").to_owned();
    assert_ne!(shape("recalled"), shape("held"));
}

#[test]
fn gravest_finding_comes_first() {
    let mut view = lots::patchouli();
    let of = |rule: Rule, severity, step: usize| {
        let mut finding = view.findings[0].clone();
        (finding.rule, finding.severity) = (rule, severity);
        // a notice about no step of the journey is in the list
        finding.record = view.steps.get(step).map_or(jejak::record::Hash32([9; 32]), |step| step.record);
        finding.args =
            vec![("difference".into(), "2500".into()), ("days".into(), "9".into()), ("to".into(), "x".into())];
        finding
    };
    view.findings = vec![
        of(Rule::LateSync, Severity::Notice, 99),
        of(Rule::Fork, Severity::Warning, 0),
        of(Rule::ShippedUninspected, Severity::Warning, 6),
        of(Rule::ReceivedShort, Severity::Warning, 7),
    ];
    let page = page(Lang::EN, &view);
    let list = between(&page, "<section id=\"findings\"", "</section>");
    let places: Vec<usize> = ["2.5\u{a0}kg less", "without an inspection", "two phones", "Logged 9 days"]
        .iter()
        .map(|text| list.find(text).unwrap_or_else(|| panic!("no {text} in {list}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let first = first_screen(&page);
    assert!(first.contains("2.5\u{a0}kg less") && !first.contains("two phones"), "{first}");
    assert!(first.contains("and 2 more findings below"), "{first}");
    // what a stolen key signed comes before all of them
    view.steps[0].marked = true;
    let page = self::page(Lang::EN, &view);
    assert!(first_screen(&page).contains("reported stolen"), "{page}");
    assert!(first_screen(&page).contains("and 3 more findings below"), "{page}");
}

#[test]
fn test_in_the_journey_says_its_result() {
    let title = |lang: Lang, change: &dyn Fn(&mut LotView)| {
        let mut view = lots::clean();
        change(&mut view);
        let page = page(lang, &view);
        let step = page.split("<li data-record=\"").find(|s| s.starts_with(&view.steps[4].record.to_string()));
        let title = between(step.expect("the test"), "<span class=\"title\"", "</span>");
        title.split_once('>').expect("a text").1.to_owned()
    };
    let verdict = |verdict| move |view: &mut LotView| view.inspections[0].verdict = verdict;
    for (lang, passed, failed, unclear, own) in [
        (Lang::EN, "Inspection: passed", "Inspection: failed", "Inspection: no clear result", "Own check: failed"),
        (
            Lang::of("id"),
            "Uji mutu: lolos",
            "Uji mutu: tidak lolos",
            "Uji mutu: hasil belum pasti",
            "Pemeriksaan sendiri: tidak lolos",
        ),
        (Lang::of("zh"), "检验：合格", "检验：不合格", "检验：结果不确定", "自检：不合格"),
    ] {
        assert_eq!(title(lang, &|_| ()), passed);
        assert_eq!(title(lang, &verdict(Verdict::Fail)), failed);
        assert_eq!(title(lang, &verdict(Verdict::Inconclusive)), unclear);
        let failed_own = |view: &mut LotView| {
            view.inspections[0].verdict = Verdict::Fail;
            view.inspections[0].own = true;
        };
        assert_eq!(title(lang, &failed_own), own);
        // of a test that the view leaves out no result is known
        assert_eq!(title(lang, &|view| view.inspections.clear()), lang.text("act-inspect"));
    }
}

#[test]
fn failure_that_was_cured_is_on_the_first_screen() {
    let cured = |act, of_source: bool| {
        let mut view = lots::clean();
        let mut failed = view.inspections[0].clone();
        failed.record = view.steps[0].record;
        failed.verdict = Verdict::Fail;
        failed.superseded_by = Some(view.inspections[0].record);
        failed.cleared_by = vec![Cleared { record: view.inspections[0].record, act }];
        if of_source {
            failed.lot.lot = "RAW-1".parse().expect("a lot");
        }
        view.inspections.push(failed);
        view
    };
    for lang in Lang::all() {
        for (act, key, other) in
            [(Act::Inspect, "cured-by-test", "cured-by-process"), (Act::Process, "cured-by-process", "cured-by-test")]
        {
            let page = page(lang, &cured(act, false));
            let first = first_screen(&page);
            assert!(first.contains(&lang.text(key)) && !first.contains(&lang.text(other)), "{lang:?}");
            assert!(!first.contains("RAW-1") && first.contains("class=\"band verified server\""), "{lang:?}");
            let page = self::page(lang, &cured(act, true));
            assert!(first_screen(&page).contains(&lang.with("cured-of", &[("lot", "RAW-1")])), "{lang:?}");
        }
        let page = page(lang, &lots::clean());
        assert!(!page.contains(&lang.text("cured-by-test")) && !page.contains(&lang.text("cured-by-process")));
        // one that its inspector voided was no failure
        let mut voided = cured(Act::Inspect, false);
        voided.inspections[1].voided_by = Some(voided.inspections[0].record);
        assert!(!first_screen(&self::page(lang, &voided)).contains(&lang.text("cured-by-test")));
    }
}

#[test]
fn page_says_who_answers_and_as_of_when_and_that_trust_is_not_pinned() {
    let when = "9\u{a0}Nov\u{a0}2026, 14:30\u{a0}UTC";
    for (lang, as_of) in [
        (Lang::EN, format!("As of {when} or later, by the ledger\u{2019}s clock")),
        (
            Lang::of("id"),
            "Per 9\u{a0}Nov\u{a0}2026, 14.30\u{a0}UTC atau sesudahnya, menurut jam buku catatan".to_owned(),
        ),
        (Lang::of("zh"), "截至 2026年11月9日 14:30\u{a0}UTC 或之后（以账本时钟为准）".to_owned()),
    ] {
        let page = page(lang, &lots::clean());
        let card = between(&page, "<article class=\"card what\">", "</article>");
        assert!(card.contains(&format!("data-fact=\"clock\" data-of=\"1794234600\">{as_of}</p>")), "{card}");
        let (_, section) = page.split_once("<section id=\"proof\"").expect("the section");
        let node = "<a href=\"/parties/node?lang=";
        let authority = "<a href=\"/parties/authority?lang=";
        assert!(section.contains(node) && section.contains("Sample node</a>"), "{section}");
        assert!(section.contains(authority) && section.contains("Sample authority</a>"), "{section}");
        assert!(section.contains(&as_of) && section.contains(&lang.text("trust-not-pinned")), "{section}");
        assert!(section.contains(&format!("<a href=\"/trust.toml\">{}</a>", lang.text("trust-file"))), "{section}");
        assert!(section.contains("jejak verify --trust trust.toml"), "{section}");
    }
    // before the first clock there is no time to name
    let bare = pages::Ctx { node: Node::default(), ..ctx(Lang::EN, "/x") };
    let page = pages::render_lot(&bare, &lots::clean(), &proof(false), &Extras::default()).expect("a page");
    assert!(!page.contains("data-fact=\"clock\"") && !page.contains("As of"), "{page}");
}

/// The names of elements from the outermost to the one that begins at each tag, with what `data-by` and `data-fact` each has.
fn open_elements(page: &str, mut see: impl FnMut(&[(String, String)])) {
    const EMPTY: [&str; 6] = ["meta", "link", "input", "br", "hr", "img"];
    let mut open: Vec<(String, String)> = Vec::new();
    for part in page.split('<').skip(1) {
        let tag = part.split('>').next().unwrap_or_default();
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default().to_owned();
        if tag.starts_with('!') {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop().map(|(name, _)| name), Some(name), "closed in order");
            continue;
        }
        open.push((name.clone(), tag.to_owned()));
        see(&open);
        if tag.ends_with('/') || EMPTY.contains(&name.as_str()) {
            open.pop();
        }
    }
}

/// The browser compares every fact; what the server marks as its own it leaves out.
#[test]
fn what_only_the_server_computed_is_marked_and_holds_no_compared_fact() {
    let mut view = lots::patchouli();
    view.findings.extend(lots::patchouli().findings);
    for lang in Lang::all() {
        let page = page(lang, &view);
        let (mut facts, mut marked) = (0, Vec::new());
        open_elements(&page, |open| {
            let of_server = |(_, tag): &&(String, String)| tag.contains(" data-by=\"server\"");
            let (name, tag) = open.last().expect("an element");
            if tag.contains(" data-fact=") {
                facts += 1;
                assert_eq!(open.iter().find(of_server), None, "{tag}");
            }
            if tag.contains(" data-by=\"server\"") {
                let of = tag.split([' ', '\n']).find(|a| a.starts_with("id=") || a.starts_with("class="));
                marked.push(format!("{name} {}", of.unwrap_or_default()));
            }
        });
        assert!(facts > 15, "{facts}");
        for wanted in [
            "p class=\"why",
            "p class=\"tally\"",
            "li class=\"warn\"",
            "section id=\"findings\"",
            "figure class=\"map\"",
            "p class=\"lead\"",
            "section id=\"balance\"",
            "div ",
        ] {
            assert!(marked.iter().any(|one| one == wanted), "{wanted} is not among {marked:?}");
        }
        let label = format!("<small class=\"computed\">{}</small>", lang.text("by-server"));
        for (from, to) in [
            ("class=\"why scope\"", "</p>"),
            ("<ul class=\"facts\">", "</ul>"),
            ("<section id=\"findings\"", "<ul"),
            ("<figure class=\"map\"", "</figure>"),
            ("<section id=\"tests\"", "<article"),
            ("<section id=\"balance\"", "<dl"),
            ("<ul class=\"checks\"", "<h3"),
        ] {
            assert_eq!(between(&page, from, to).matches(&label).count(), 1, "{lang:?}: {from}");
        }
    }
}

#[test]
fn page_links_to_what_it_names() {
    let view = lots::patchouli();
    let page = page(Lang::EN, &view);
    let first = first_screen(&page);
    let tail = |path: &str| format!("<a href=\"{path}?lang=en\">");
    assert!(first.contains(&format!("{}Patchouli oil</a></h1>", tail("/01/09521321001022"))), "{first}");
    let fact = |path: &str, fact: &str| format!("{}<span data-fact=\"{fact}\"", tail(path));
    assert!(first.contains(&fact("/414/9521321000124", "origin")), "where it was harvested: {first}");
    assert!(first.contains(&fact("/parties/9521321000117", "maker")), "who made it: {first}");
    assert!(first.contains(&fact("/parties/9521321000216", "signer")), "who tested it: {first}");
    let journey = between(&page, "<section id=\"journey\"", "</section>");
    assert!(journey.contains(&fact("/414/9521321000131", "place")), "where it was distilled: {journey}");
    assert!(journey.contains("href=\"/00/095213210000000018?lang=en\""), "in which container: {journey}");
    assert!(journey.contains(&tail("/414/9521321000124")), "{journey}");
    let balance = between(&page, "<section id=\"balance\"", "</section>");
    assert!(balance.contains(&format!("{}With ", tail("/parties/9521321000315"))), "who has it: {balance}");
    let tests = between(&page, "<section id=\"tests\"", "</section>");
    assert!(tests.contains(&fact("/parties/9521321000216", "signer")), "{tests}");
}

#[test]
fn every_list_of_lots_says_that_this_device_did_not_check_it() {
    let as_it_is =
        crate::pages::Texts { view: |view| view, line: |line| line, text: str::to_owned, glossary: lots::glossary };
    for lang in Lang::all() {
        let note = format!("<p class=\"more\">{}</p>", lang.text("list-not-checked"));
        for (name, page) in drawn_with(lang, &as_it_is) {
            let list = ["index.", "found.", "missed.", "party", "container", "product.", "serial-without", "place."];
            let wanted = usize::from(list.iter().any(|kind| name.starts_with(kind)));
            assert_eq!(page.matches(&note).count(), wanted, "{name}");
        }
    }
}

#[test]
fn title_of_a_document_has_the_language_of_who_wrote_it() {
    for lang in Lang::all() {
        let documents =
            |view: &LotView| between(&page(lang, view), "<section id=\"documents\"", "</section>").to_owned();
        let mut view = lots::patchouli();
        assert!(documents(&view).contains("<p lang=\"id\"><a href=\"/evidence/"), "{}", documents(&view));
        view.steps.iter_mut().for_each(|step| step.party.country = "NL".into());
        assert!(documents(&view).contains("<p><a href=\"/evidence/"), "{}", documents(&view));
    }
}

#[test]
fn regency_has_one_name_on_a_page() {
    let mut view = lots::patchouli();
    for step in &mut view.steps {
        if let Some(place) = &mut step.place {
            place.name = Names::english("Market of Donggala Regency");
            place.region = Some(Region {
                authority: "kemendagri".into(),
                edition: "2025".into(),
                code: "72.03".into(),
                name: "Kabupaten Donggala".into(),
            });
        }
    }
    let page = page(Lang::EN, &view);
    let journey = between(&page, "<ol class=\"timeline\">", "</ol>");
    assert!(journey.contains("Market of Donggala Regency</span></a></p>"), "{journey}");
    assert!(!journey.contains("Kabupaten") && !journey.contains("Regency, "), "{journey}");
}

#[test]
fn demo_has_a_lifted_hold_and_a_stolen_key_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    let config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
    let app = router(App::new(ledger.clone(), config));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let get = |path: &str| {
        runtime.block_on(async {
            let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            without_bdi(&String::from_utf8_lossy(&body))
        })
    };
    let lot = |name: &str| get(&pages::lot_path(lots.iter().find(|lot| lot.lot.as_str() == name).expect(name)));
    let released = lot("DAUN-2611-08");
    assert!(first_screen(&released).contains("An earlier hold was lifted"), "{released}");
    assert!(released.contains(">Put on hold</span>") && released.contains(">Hold lifted</span>"), "{released}");
    let stolen = lot("KEPOK-2611-09");
    assert!(stolen.contains("<span class=\"tag bad\">key was compromised</span>"), "{stolen}");
    assert!(first_screen(&stolen).contains("reported stolen") && stolen.contains("band not-inspected"), "{stolen}");
    let village = between(&stolen, "<a href=\"/parties/", "\"");
    assert!(get(&format!("/parties/{village}")).contains("<span class=\"tag bad\">key was compromised</span>"));
    // a regency has one name, in the region of a place as in the name of its government
    let recalled = lot("ALP-2611-04");
    assert!(recalled.contains("class=\"band recalled server\"") && !recalled.contains("South Central"), "{recalled}");
    assert!(recalled.contains("Timor Tengah Selatan Regency (demo)"), "{recalled}");
    assert!(first_screen(&recalled).contains(", Timor Tengah Selatan Regency"), "{recalled}");
    // oil that was purified after a failed test
    let oil = lot("NILAM-2611-03B");
    assert!(first_screen(&oil).contains(&Lang::EN.text("cured-by-process")), "{oil}");
}
