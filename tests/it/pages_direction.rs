//! Names in a right-to-left script on every page: each stands in `<bdi>`, or between isolates where no element may stand, so that the
//! sentence around it keeps its order.

use std::sync::Arc;

use jejak::names::{LanguageTag, Names};
use jejak::quality::{Judged, Profile};
use jejak::query::view::{
    DrawnView, EvidenceView, HoldView, InspectionView, LotView, OriginView, PartyView, PlaceView, ProductView,
    SampleView, SpecificationView, Step, TradeDocument,
};
use jejak::record::registry::Region;
use jejak::server::i18n::Lang;
use jejak::server::pages::{self, Extras, Glossary, LotLine};
use serde_json::Value;
use unicode_bidi::{BidiInfo, Level};

use crate::common::{lots, without_bdi};
use crate::pages::{Texts, ctx, drawn_with, proof};

/// Written in Arabic; the sentence around it would begin at its right end.
const ARABIC: Texts = Texts { view: lot, line, text, glossary };

/// An Arabic text that differs from the others by what it replaces.
fn text(of: &str) -> String {
    format!("\u{634}\u{631}\u{643}\u{629} {of} \u{627}\u{644}\u{646}\u{648}\u{631} 7")
}

fn names(names: &Names) -> Names {
    let tags = [LanguageTag::INDONESIAN, LanguageTag::CHINESE];
    let english = Names::english(text(names.best("en").1));
    tags.into_iter().fold(english, |all, tag| {
        let written = text(names.best(tag.as_str()).1);
        all.with(tag, &written)
    })
}

fn region(region: Region) -> Region {
    let Region { authority, edition, code, name } = region;
    Region { authority: text(&authority), edition: text(&edition), code, name: text(&name) }
}

// every member of a view is named, so that a new one is decided on here: `_` is no free text

fn party(view: PartyView) -> PartyView {
    let PartyView {
        name,
        legal_form,
        region: of,
        registration,
        contact,
        party: _,
        roles: _,
        country: _,
        gln: _,
        gln_verified: _,
        looks_like: _,
        standing: _,
        demo: _,
        record: _,
    } = &view;
    let written = |of: &Option<String>| of.as_deref().map(text);
    PartyView {
        name: names(name),
        legal_form: written(legal_form),
        region: of.clone().map(region),
        registration: written(registration),
        contact: written(contact),
        ..view.clone()
    }
}

fn place(view: PlaceView) -> PlaceView {
    let PlaceView { name, region: of, gln: _, kind: _, country: _, near: _ } = &view;
    PlaceView { name: names(name), region: of.clone().map(region), ..view.clone() }
}

fn product(view: ProductView) -> ProductView {
    let ProductView { name, hs, storage, gtin: _, commodity: _, form: _, unit: _, net_content: _ } = &view;
    let (hs, storage) = (hs.as_deref().map(text), storage.as_ref().map(names));
    ProductView { name: names(name), hs, storage, ..view.clone() }
}

fn evidence(view: EvidenceView) -> EvidenceView {
    // number, issuer and days are shown by no page of a lot
    let EvidenceView { title, blake3: _, media_type: _, bytes: _, document_type: _, public: _, record: _, .. } = &view;
    EvidenceView { title: text(title), ..view.clone() }
}

fn step(view: Step) -> Step {
    let Step {
        party: by,
        on_behalf,
        place: at,
        counterparty,
        facts,
        evidence: documents,
        index: _,
        record: _,
        act: _,
        biz_step: _,
        event_time: _,
        offset: _,
        logged_after: _,
        clock_wrong: _,
        key: _,
        inputs: _,
        outputs: _,
        units: _,
        trade,
        more: _,
        containers: _,
        voided_by: _,
        marked: _,
    } = &view;
    // free text has spaces; what has none is a code
    let free = |(name, value): (String, String)| match name.as_str() {
        "reason" | "visit-advice" | "vehicle" | "catch-certificate" => (name, text(&value)),
        _ => (name, value),
    };
    Step {
        party: party(by.clone()),
        on_behalf: on_behalf.clone().map(party),
        place: at.clone().map(place),
        counterparty: counterparty.clone().map(party),
        facts: facts.iter().cloned().map(free).collect(),
        evidence: documents.iter().cloned().map(evidence).collect(),
        trade: trade
            .iter()
            .map(|document| TradeDocument { number: document.number.as_deref().map(text), ..document.clone() })
            .collect(),
        ..view.clone()
    }
}

fn judged(view: Judged) -> Judged {
    let Judged {
        method,
        parameter: _,
        value: _,
        uom: _,
        uncertainty: _,
        min: _,
        max: _,
        requirement: _,
        advisory: _,
        verdict: _,
        unread: _,
        units: _,
    } = &view;
    Judged { method: method.as_deref().map(text), ..view.clone() }
}

fn sampled(view: SampleView) -> SampleView {
    let SampleView { id, drawn, fit: _, parameters: _ } = &view;
    let drawn = drawn.clone().map(|drawn| DrawnView { by: party(drawn.by.clone()), ..drawn });
    SampleView { id: id.as_deref().map(text), drawn, ..view.clone() }
}

fn specification(view: SpecificationView) -> SpecificationView {
    let SpecificationView { party: of, version, name, record: _, id: _, blake3: _ } = &view;
    SpecificationView { party: party(of.clone()), version: text(version), name: names(name), ..view.clone() }
}

fn inspection(view: InspectionView) -> InspectionView {
    let InspectionView {
        inspector,
        accreditation,
        results,
        record: _,
        lot: _,
        index: _,
        event_time: _,
        profile: _,
        requirements: _,
        specifications,
        verdict: _,
        voided_by: _,
        superseded_by: _,
        cleared_by: _,
        own: _,
        too_late: _,
        sample,
        marked: _,
    } = &view;
    InspectionView {
        sample: sample.clone().map(sampled),
        specifications: specifications.iter().cloned().map(specification).collect(),
        inspector: party(inspector.clone()),
        accreditation: accreditation.as_ref().map(|(body, number)| (text(body), text(number))),
        results: results.iter().cloned().map(judged).collect(),
        ..view.clone()
    }
}

fn origin(view: OriginView) -> OriginView {
    let OriginView {
        producer,
        place: at,
        lot: _,
        village: _,
        gear: _,
        catch_certificate: _,
        harvest_start: _,
        harvest_end: _,
    } = &view;
    OriginView { producer: party(producer.clone()), place: at.clone().map(place), ..view.clone() }
}

fn hold(view: HoldView) -> HoldView {
    let HoldView { issuer, reason, record: _, recall: _, lots: _, lifted_by: _, event_time: _ } = &view;
    HoldView { issuer: party(issuer.clone()), reason: reason.as_deref().map(text), ..view.clone() }
}

fn lot(view: LotView) -> LotView {
    let LotView {
        product: of,
        maker,
        origins,
        inspections,
        holds,
        steps,
        others,
        // a text of others is added to the findings below
        findings: _,
        lot: _,
        uri: _,
        produced: _,
        present: _,
        harvested: _,
        omitted: _,
        more_children: _,
        held: _,
        labelled: _,
        mode: _,
        claims: _,
        best_before: _,
        parents: _,
        children: _,
        headline: _,
        states: _,
        // one is added below
        judged: _,
        commodities: _,
        demo: _,
    } = &view;
    let mut view = LotView {
        product: product(of.clone()),
        maker: party(maker.clone()),
        origins: origins.iter().cloned().map(origin).collect(),
        inspections: inspections.iter().cloned().map(inspection).collect(),
        holds: holds.iter().cloned().map(hold).collect(),
        steps: steps.iter().cloned().map(step).collect(),
        others: others.iter().cloned().map(party).collect(),
        ..view.clone()
    };
    // a value that no profile or locale has words for
    if let Some(inspection) = view.inspections.first_mut() {
        let word = Judged { value: text("bersih"), uom: Some(text("unit")), ..inspection.results[1].clone() };
        inspection.results.push(word);
    }
    let adopted = specification(lots::specification(&view.maker));
    for inspection in &mut view.inspections {
        inspection.requirements.push(format!("SPEC/{}", adopted.record));
        inspection.specifications.push(adopted.clone());
    }
    view.judged.specifications.push(adopted);
    for finding in &mut view.findings {
        finding.args.push(("reason".into(), text("reweigh")));
    }
    view
}

fn line(line: LotLine) -> LotLine {
    let LotLine { product, maker, lot: _, commodity: _, form: _, unit: _, amount: _, headline: _ } = &line;
    LotLine { product: names(product), maker: names(maker), ..line.clone() }
}

/// The profiles with every name in Arabic.
fn glossary() -> Glossary {
    fn rewrite(value: &mut Value) {
        match value {
            Value::Object(members) if members.get("en").is_some_and(Value::is_string) => {
                members.values_mut().for_each(|name| *name = text(name.as_str().unwrap()).into());
            }
            Value::Object(members) => {
                if let Some(standard) = members.get_mut("standard") {
                    *standard = text(standard.as_str().unwrap()).into();
                }
                members.values_mut().for_each(rewrite);
            }
            Value::Array(items) => items.iter_mut().for_each(rewrite),
            _ => {}
        }
    }
    let profile = |shipped: &jejak::quality::Shipped| {
        let mut json: Value = serde_json::from_slice(&shipped.bytes).unwrap();
        rewrite(&mut json);
        Arc::new(Profile::from_json(json.to_string().as_bytes()).unwrap())
    };
    Glossary::new(jejak::quality::builtin().iter().map(profile).collect())
}

fn right_to_left(c: char) -> bool {
    ('\u{590}'..='\u{8ff}').contains(&c)
}

/// Holds that every right-to-left letter of a page is in `<bdi>`, or between isolates in attributes and `<title>`. Returns how many letters
/// it saw.
fn check(name: &str, html: &str) -> usize {
    let (mut seen, mut depth, mut isolates) = (0, 0usize, 0usize);
    let (mut in_tag, mut in_title, mut in_data) = (false, false, false);
    for (at, c) in html.char_indices() {
        let rest = &html[at..];
        let around = || html[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect::<String>();
        match c {
            '<' if in_data && !rest.starts_with("</script") => {}
            '<' => {
                assert!(!in_tag, "{name}: an element within a tag, behind {}", around());
                in_tag = true;
                in_data = rest.starts_with("<script");
                in_title = rest.starts_with("<title") || (in_title && !rest.starts_with("</title"));
                assert!(!in_title || !rest.starts_with("<bdi"), "{name}: an element in the title");
                depth += usize::from(rest.starts_with("<bdi>"));
                if rest.starts_with("</bdi>") {
                    depth = depth.checked_sub(1).unwrap_or_else(|| panic!("{name}: closed twice, behind {}", around()));
                }
            }
            '>' if in_tag => in_tag = false,
            '\u{2068}' => isolates += 1,
            '\u{2069}' => isolates -= 1,
            c if right_to_left(c) => {
                seen += 1;
                // data of the page for search engines, which is not drawn, and text that is
                let apart = if in_tag || in_title { isolates > 0 } else { in_data || depth > 0 };
                // the value as signed, which the script compares and nobody sees
                let compared =
                    in_tag && html[..at].rsplit_once("=\"").is_some_and(|(tag, _)| tag.ends_with("data-value"));
                assert!(apart || compared, "{name}: not kept apart, behind {}", around());
            }
            _ => assert!(in_tag || in_title || isolates == 0, "{name}: an isolate in the text, behind {}", around()),
        }
    }
    assert_eq!((depth, isolates), (0, 0), "{name}");
    seen
}

#[test]
fn name_of_another_direction_is_kept_apart_on_every_page() {
    // pages that show no text of others
    let bare = ["never-issued", "unknown", "error"];
    for lang in Lang::all() {
        for (name, html) in drawn_with(lang, &ARABIC) {
            let seen = check(&name, &html);
            assert_eq!(seen == 0, bare.iter().any(|bare| name.starts_with(bare)), "{name}: {seen} letters");
        }
    }
}

#[test]
fn check_finds_a_name_that_is_not_kept_apart() {
    let found = |html: &'static str| std::panic::catch_unwind(|| check("page", html)).is_err();
    assert!(!found("<p title=\"\u{2068}\u{634}\u{2069}\"><bdi>\u{634}</bdi></p>"));
    for html in
        ["<p>\u{634}</p>", "<p title=\"\u{634}\">", "<p title=\"<bdi>\u{634}</bdi>\">", "<title><bdi>\u{634}</bdi>"]
    {
        assert!(found(html), "{html}");
    }
}

/// The text of a page element as it is drawn from left to right (UAX 9), `<bdi>` as the isolates that it stands for.
fn drawn(element: &str) -> String {
    let text = element.replace("<bdi>", "\u{2068}").replace("</bdi>", "\u{2069}");
    let info = BidiInfo::new(&text, Some(Level::ltr()));
    let paragraph = &info.paragraphs[0];
    info.reorder_line(paragraph, paragraph.range.clone()).replace(['\u{2068}', '\u{2069}'], "")
}

#[test]
fn sentence_around_an_arabic_name_keeps_its_order() {
    let view = lot(lots::patchouli());
    let page = pages::render_lot(&ctx(Lang::EN, "/x"), &view, &proof(false), &Extras::default()).unwrap();
    // the party is linked
    let bare = |title: &str| {
        let parts = title.split_once('>').unwrap().1.split("<a ");
        let linked = parts.map(|part| part.strip_prefix("href").map_or(part, |rest| rest.split_once('>').unwrap().1));
        linked.collect::<String>().replace("</a>", "")
    };
    let titles = page.split("<span class=\"title\"").skip(1).map(|rest| bare(rest.split("</span>").next().unwrap()));
    let shipped = titles.into_iter().find(|title| title.starts_with("Shipped")).unwrap();
    assert!(page.contains(">Shipped to <a href=\"/parties/"), "{page}");
    assert!(drawn(&shipped).starts_with("Shipped to 7 "), "{}", drawn(&shipped));
    // a number behind the name stays behind it; without isolation it would be drawn before
    let amount = format!("Held by <bdi>{}</bdi> 24.2 kg", text("x"));
    assert!(drawn(&amount).ends_with(" 24.2 kg"), "{}", drawn(&amount));
    let bare = without_bdi(&amount);
    assert!(!drawn(&bare).ends_with(" 24.2 kg"), "the test would show it: {}", drawn(&bare));
    let held = page.split("<dt>").filter(|row| row.contains("<bdi>") && row.contains("</dt>")).count();
    assert!(held >= 2, "the rows of who holds it");
}
