//! A page as SVG, sized in millimetres. Text is drawn as the outlines of its glyphs, so that it looks and measures the same wherever it is
//! opened; the texts themselves are in its title.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::drawing::{Drawing, Page, Run, Shape};
use super::font::Face;
use super::qr::escape;

const fn letter(face: Face) -> char {
    match face {
        Face::Regular => 'r',
        Face::Bold => 'b',
        Face::Han => 'h',
    }
}

/// Draws a page.
pub fn page(page: &Page) -> String {
    let (width, height) = page.size;
    let words: Vec<String> = page.words.iter().map(|text| escape(text)).collect();
    let mut out = String::new();
    // writing to a String can't fail
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height:.2}mm\" viewBox=\"0 0 {width} {height:.2}\" \
         lang=\"{}\"><title>{}</title>\n<path fill=\"#fff\" d=\"M0 0h{width}v{height:.2}H0z\"/>\n<defs>",
        page.language,
        words.join("\n"),
    );
    let texts =
        [&page.once, &page.label].into_iter().flat_map(|drawing| &drawing.shapes).filter_map(|shape| match shape {
            Shape::Text(run) => Some(run),
            Shape::Fill(_) => None,
        });
    let glyphs: BTreeSet<(Face, u32)> = texts.flat_map(|run| &run.glyphs).map(|glyph| (glyph.face, glyph.id)).collect();
    for (face, id) in glyphs {
        let outline = face.outline(id);
        if !outline.is_empty() {
            let _ = write!(out, "<path id=\"{}{id}\" d=\"{outline}\"/>", letter(face));
        }
    }
    out.push_str("<g id=\"label\">");
    draw(&mut out, &page.label);
    out.push_str("</g></defs>\n");
    draw(&mut out, &page.once);
    for (x, y) in &page.places {
        let _ = write!(out, "<use href=\"#label\" x=\"{x:.2}\" y=\"{y:.2}\"/>");
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, drawing: &Drawing) {
    for shape in &drawing.shapes {
        match shape {
            Shape::Fill(rects) => {
                out.push_str("<path d=\"");
                for rect in rects {
                    let _ = write!(
                        out,
                        "M{} {}h{w}v{}h-{w}z",
                        number(rect.x),
                        number(rect.y),
                        number(rect.height),
                        w = number(rect.width),
                    );
                }
                out.push_str("\"/>");
            }
            Shape::Text(run) => text(out, run),
        }
    }
}

fn text(out: &mut String, run: &Run) {
    let units = run.face().units_per_em();
    let scale = run.size / units;
    let fill = if run.inverse { " fill=\"#fff\"" } else { "" };
    let _ = write!(
        out,
        "<g transform=\"translate({} {}) scale({scale:.6} -{scale:.6})\"{fill}>",
        number(run.x),
        number(run.y)
    );
    let mut at = 0.0;
    for glyph in &run.glyphs {
        if glyph.above > -glyph.below {
            let _ = write!(out, "<use href=\"#{}{}\" x=\"{}\"/>", letter(glyph.face), glyph.id, number(at * units));
        }
        at += glyph.advance;
    }
    out.push_str("</g>");
}

/// To a tenth of a micrometre, without zeros at the end.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
