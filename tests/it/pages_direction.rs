//! Names in a right-to-left script on every page: each stands in `<bdi>`, or between isolates where no element may stand, so that the
//! sentence around it keeps its order.

use std::sync::Arc;

use jejak::names::{LanguageTag, Names};
use jejak::quality::{Judged, Profile};
use jejak::query::view::{
    EvidenceView, HoldView, InspectionView, LotView, OriginView, PartyView, PlaceView, ProductView, Step,
};
use jejak::record::registry::Region;
use jejak::server::i18n::Lang;
use jejak::server::pages::{self, Extras, Glossary, LotLine};
use serde_json::Value;
use unicode_bidi::{BidiInfo, Level};

use crate::common::lots;
use crate::pages::{Hand, ctx, proof, written};

/// Written in Arabic; the sentence around it would begin at its right end.
const ARABIC: Hand = Hand { view: lot, line, text, glossary };

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

// every member is named, so that a new text is decided on here

fn party(view: PartyView) -> PartyView {
    let PartyView {
        party,
        name,
        legal_form,
        roles,
        country,
        region: of,
        registration,
        contact,
        standing,
        demo,
        record,
        gln,
        gln_verified,
        looks_like,
    } = view;
    let written = |of: Option<String>| of.as_deref().map(text);
    PartyView {
        name: names(&name),
        legal_form: written(legal_form),
        region: of.map(region),
        registration: written(registration),
        contact: written(contact),
        party,
        roles,
        country,
        standing,
        demo,
        record,
        gln,
        gln_verified,
        looks_like,
    }
}

fn place(view: PlaceView) -> PlaceView {
    let PlaceView { gln, name, kind, country, region: of, near } = view;
    PlaceView { name: names(&name), region: of.map(region), gln, kind, country, near }
}

fn product(view: ProductView) -> ProductView {
    let ProductView { gtin, name, commodity, form, unit, net_content, hs, storage } = view;
    ProductView {
        name: names(&name),
        hs: hs.as_deref().map(text),
        storage: storage.as_ref().map(names),
        gtin,
        commodity,
        form,
        unit,
        net_content,
    }
}

fn step(view: Step) -> Step {
    let evidence = |view: EvidenceView| EvidenceView { title: text(&view.title), ..view };
    // free text has spaces; what has none is a code
    let free = |(name, value): (String, String)| match name.as_str() {
        "reason" => (name, text(&value)),
        _ => (name, value),
    };
    Step {
        party: party(view.party),
        on_behalf: view.on_behalf.map(party),
        place: view.place.map(place),
        counterparty: view.counterparty.map(party),
        facts: view.facts.into_iter().map(free).collect(),
        evidence: view.evidence.into_iter().map(evidence).collect(),
        ..view
    }
}

fn inspection(view: InspectionView) -> InspectionView {
    let judged = |view: Judged| Judged { method: view.method.as_deref().map(text), uom: view.uom, ..view };
    InspectionView {
        inspector: party(view.inspector),
        accreditation: view.accreditation.map(|(body, number)| (text(&body), text(&number))),
        results: view.results.into_iter().map(judged).collect(),
        ..view
    }
}

fn lot(view: LotView) -> LotView {
    let origin = |view: OriginView| OriginView { producer: party(view.producer), place: view.place.map(place), ..view };
    let hold =
        |view: HoldView| HoldView { issuer: party(view.issuer), reason: view.reason.as_deref().map(text), ..view };
    let mut view = LotView {
        product: product(view.product),
        maker: party(view.maker),
        origins: view.origins.into_iter().map(origin).collect(),
        inspections: view.inspections.into_iter().map(inspection).collect(),
        holds: view.holds.into_iter().map(hold).collect(),
        steps: view.steps.into_iter().map(step).collect(),
        ..view
    };
    // a value that no profile or locale has words for
    if let Some(inspection) = view.inspections.first_mut() {
        let word = Judged { value: text("bersih"), uom: Some(text("unit")), ..inspection.results[1].clone() };
        inspection.results.push(word);
    }
    for finding in &mut view.findings {
        finding.args.push(("reason".into(), text("reweigh")));
    }
    view
}

fn line(line: LotLine) -> LotLine {
    LotLine { product: names(&line.product), maker: names(&line.maker), ..line }
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
        for (name, html) in written(lang, &ARABIC) {
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
    let titles: Vec<&str> =
        page.split("<span class=\"title\">").skip(1).map(|rest| rest.split("</span>").next().unwrap()).collect();
    let shipped = titles.iter().find(|title| title.starts_with("Shipped")).unwrap();
    assert!(drawn(shipped).starts_with("Shipped to 7 "), "{}", drawn(shipped));
    // a number behind the name stays behind it; without isolation it would be drawn before
    let amount = format!("Held by <bdi>{}</bdi> 24.2 kg", text("x"));
    assert!(drawn(&amount).ends_with(" 24.2 kg"), "{}", drawn(&amount));
    let bare = amount.replace("<bdi>", "").replace("</bdi>", "");
    assert!(!drawn(&bare).ends_with(" 24.2 kg"), "the test would show it: {}", drawn(&bare));
    let held = page.split("<dt>").filter(|row| row.contains("<bdi>") && row.contains("</dt>")).count();
    assert!(held >= 2, "the rows of who holds it");
}
