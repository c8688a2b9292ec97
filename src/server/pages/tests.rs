//! Pages of lots as the rules made them: who tested a lot, and whether that counts.

use super::*;
use crate::chain::Rule;
use crate::chain::sides::MAX_SIDES;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::{self, FIRST_STEPS, LAST_STEPS};
use crate::record::registry::{Purpose, Role};

fn ctx(lang: Lang) -> Ctx {
    Ctx {
        lang,
        chosen: true,
        base_url: "https://jejak.example".to_owned(),
        path: "/x".to_owned(),
        ledger: String::new(),
        log_key: String::new(),
        glossary: Glossary::new(crate::quality::builtin().iter().map(|shipped| shipped.profile.clone()).collect()),
        scanned: Scanned::default(),
        node: Node::default(),
    }
}

fn page(w: &World, lot: &LotId, lang: Lang) -> String {
    let view = query::lot_view(&w.state, w, lot).unwrap().unwrap();
    let check = PageCheck { name: "replay".to_owned(), outcome: CheckOutcome::Passed, detail: String::new() };
    let proof =
        PageProof { size: w.index, time: None, checks: vec![check], when: When::WithThePage, ..PageProof::default() };
    render_lot(&ctx(lang), &view, &proof, &Extras::default()).unwrap()
}

/// Whether the page calls the lot verified, and whether it has the badge of an own check.
fn shown(page: &str, lang: Lang) -> (bool, bool) {
    let badge = format!("<span class=\"tag\">{}</span>", lang.text("own-check"));
    (page.contains("class=\"band verified server\""), page.contains(&badge))
}

#[test]
fn inspection_by_the_region_is_independent_until_the_region_holds_the_goods() {
    const OFFICE: &str = "urn:jejak:party:office";
    let mut w = World::new();
    w.enrol(OFFICE, &[Role::Region, Role::Inspector], "74.12", &[], Purpose::Admin);
    w.accredit(OFFICE);
    for lot in ["N1", "N2"] {
        w.ok(VILLAGE, harvest(&oil(lot), "100"));
    }
    assert!(w.found(OFFICE, inspect(&oil("N1"), "1", "1")).is_empty());
    let sent = w.ok(VILLAGE, ship(VILLAGE, OFFICE, &[(&oil("N2"), "100")], &[]));
    w.ok(OFFICE, receive(sent, &[(&oil("N2"), "100")], &[]));
    assert_eq!(w.found(OFFICE, inspect(&oil("N2"), "1", "1")), [Rule::OwnCheck]);
    for lang in Lang::all() {
        assert_eq!(shown(&page(&w, &oil("N1"), lang), lang), (true, false), "{lang:?}");
        let held = page(&w, &oil("N2"), lang);
        assert_eq!(shown(&held, lang), (false, true), "{lang:?}");
        assert!(held.contains(&lang.text("own-check-why")) && held.contains("class=\"band not-inspected server\""));
    }
}

#[test]
fn lot_of_more_parties_than_are_kept_is_tested_by_nobody_independent() {
    let mut w = World::new();
    let lot = oil("N1");
    w.ok(VILLAGE, harvest(&lot, "100"));
    let mut from = VILLAGE.to_owned();
    for n in 1..=MAX_SIDES {
        let to = format!("urn:jejak:party:carrier-{n}");
        w.enrol(&to, &[Role::Forwarder], "", &[], Purpose::Admin);
        let sent = w.ok(&from, ship(&from, &to, &[(&lot, "100")], &[]));
        w.ok(&to, receive(sent, &[(&lot, "100")], &[]));
        from = to;
        if n == MAX_SIDES - 1 {
            let sides = w.lot(&lot).sides;
            assert!(!sides.is_incomplete() && sides.iter().count() == MAX_SIDES, "the last that is kept");
        }
    }
    assert_eq!(w.found(LAB, inspect(&lot, "1", "1")), [Rule::OwnCheck], "a laboratory that never had it");
    for lang in Lang::all() {
        let page = page(&w, &lot, lang);
        assert_eq!(shown(&page, lang), (false, true), "{lang:?}");
        assert!(page.contains("class=\"band not-inspected server\""));
        assert_eq!(page.matches("<li data-record=").count(), FIRST_STEPS + LAST_STEPS);
        let hidden = (2 * MAX_SIDES + 2 - FIRST_STEPS - LAST_STEPS).to_string();
        let note = page.split("id=\"hidden\">").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(note.contains(&hidden) && note.contains("/steps"), "{note}");
    }
}

/// A page without the elements that keep names apart.
fn read(w: &World, lot: &LotId, lang: Lang) -> String {
    page(w, lot, lang).replace("<bdi>", "").replace("</bdi>", "")
}

#[test]
fn findings_about_what_came_of_what_name_forms_processes_and_additives() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    w.ok(VILLAGE, unnamed(&[(&leaf("D1"), "500")], &[(&oil("N1"), "499")]));
    let added = serde_json::json!([{ "jejak:substance": "citric-acid", "jejak:value": "1.5", "jejak:uom": "KGM" }]);
    let step = with(unnamed(&[(&oil("N1"), "10")], &[(&oil("N2"), "11")]), "jejak:additives", added);
    w.ok(VILLAGE, step);
    w.ok(VILLAGE, with(unnamed(&[(&leaf("D1"), "10")], &[(&oil("N3"), "9")]), "jejak:process", "bottling".into()));
    for (lang, missing, grown, misnamed, fact) in [
        (
            Lang::EN,
            "Dried patchouli leaf became Patchouli oil, and no known process is named.",
            "More came out (11\u{a0}g) than went in (10\u{a0}g).",
            "The process named (Bottling) does not make Patchouli oil of Dried patchouli leaf.",
            "Added: 1.5\u{a0}kg Citric acid",
        ),
        (
            Lang::of("id"),
            "Daun nilam kering menjadi Minyak nilam, tetapi prosesnya tidak dicatat atau tidak dikenal.",
            "Hasilnya (11\u{a0}g) lebih banyak daripada bahan yang masuk (10\u{a0}g).",
            "Proses yang dicatat (Pembotolan) tidak mengubah Daun nilam kering menjadi Minyak nilam.",
            "Ditambahkan: 1,5\u{a0}kg Citric acid",
        ),
        (
            Lang::of("zh"),
            "干广藿香叶变成了广藿香油，但未注明已知的工艺。",
            "产出（11\u{a0}g）多于投入（10\u{a0}g）。",
            "所记工艺（灌装）不能将干广藿香叶制成广藿香油。",
            "添加：1.5\u{a0}kg Citric acid",
        ),
    ] {
        for (lot, wanted) in [("N1", missing), ("N2", grown), ("N2", missing), ("N3", misnamed), ("N2", fact)] {
            let page = read(&w, &oil(lot), lang);
            assert!(page.contains(wanted), "{lot}: {wanted}\n{page}");
        }
    }
}

#[test]
fn best_before_date_that_passed_is_said_on_the_first_screen() {
    let mut w = World::new();
    let dated = with(
        harvest(&leaf("D1"), "1000"),
        "ilmd",
        serde_json::json!({
            "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03", "jejak:bestBefore": "2027-05-01",
        }),
    );
    w.ok(VILLAGE, dated);
    let view = query::lot_view(&w.state, &w, &leaf("D1")).unwrap().unwrap();
    let said = |lang: Lang, today: &str| {
        let extras = Extras { today: Some(today.parse().unwrap()), ..Extras::default() };
        let page = render_lot(&ctx(lang), &view, &PageProof::default(), &extras).unwrap();
        let day = format::day(lang, "2027-05-01");
        page.contains(&lang.with("best-before-passed", &[("when", &day)]))
    };
    for lang in Lang::all() {
        assert!(said(lang, "2027-05-02"), "{lang:?}");
        assert!(!said(lang, "2027-05-01") && !said(lang, "2026-11-29"), "{lang:?}");
    }
}

#[test]
fn voided_lot_says_so_in_its_headline_and_is_not_called_untested() {
    let mut w = World::new();
    let first = w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    w.ok(VILLAGE, void(first, harvest(&leaf("D1"), "1000")));
    for lang in Lang::all() {
        let page = page(&w, &leaf("D1"), lang);
        assert!(page.contains("class=\"band withdrawn server\""), "{lang:?}");
        assert!(page.contains(&lang.text("state-withdrawn")) && page.contains(&lang.text("withdrawn-why")), "{lang:?}");
        assert!(!page.contains(&lang.text("state-not-inspected")), "{lang:?}");
    }
}

#[test]
fn specifications_that_the_view_leaves_out_are_counted_on_the_page() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    w.ok(LAB, inspect(&leaf("D1"), "1", "1"));
    w.adopt(VILLAGE, SPECIFIED, None);
    let mut view = query::lot_view(&w.state, &w, &leaf("D1")).unwrap().unwrap();
    let adopted = query::specifications_of(&w.state, &w, VILLAGE, 1).unwrap();
    view.judged.specifications = adopted.into_iter().map(|adopted| adopted.view).collect();
    view.omitted.specifications = 3;
    for lang in Lang::all() {
        let page = render_lot(&ctx(lang), &view, &PageProof::default(), &Extras::default()).unwrap();
        assert!(page.contains(&lang.with("scope-adopted-brief", &[("n", "4")])), "{lang:?}");
        assert!(page.contains(&lang.count("specifications-more", 3)), "{lang:?}");
    }
}
