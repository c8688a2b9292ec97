//! A page as PDF: vectors at their true size, with the glyphs that it uses embedded.
//!
//! There is no time in it: the same labels are the same bytes.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::graphic::Graphic;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::drawing::{Drawing, Page, Run, Shape};
use super::font::Face;
use super::qr::LabelError;
use crate::causes::Whole;

/// Points of a PDF in a millimetre: 72 to an inch.
pub const POINTS: f64 = 72.0 / 25.4;

// krilla draws in single precision: on a page of 300 mm that is exact to 0.03 micrometres
#[allow(clippy::cast_possible_truncation)]
const fn single(value: f64) -> f32 {
    value as f32
}

/// Draws a page.
///
/// # Errors
/// [`LabelError::Document`].
pub fn page(page: &Page) -> Result<Vec<u8>, LabelError> {
    let fonts = Fonts::new()?;
    let mut document = Document::new();
    let metadata =
        Metadata::new().title(page.title.clone()).language(page.language.to_owned()).creator("Jejak".to_owned());
    document.set_metadata(metadata);
    let (width, height) = (single(page.size.0 * POINTS), single(page.size.1 * POINTS));
    let settings = PageSettings::from_wh(width, height).ok_or(LabelError::Document(None))?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    surface.push_transform(&Transform::from_scale(single(POINTS), single(POINTS)));
    draw(&mut surface, &page.once, &fonts);
    if !page.places.is_empty() {
        // written once, used as often as there are labels
        let mut builder = surface.stream_builder();
        let mut label = builder.surface();
        draw(&mut label, &page.label, &fonts);
        label.finish();
        let label = Graphic::new(builder.finish(), false);
        for (x, y) in &page.places {
            surface.push_transform(&Transform::from_translate(single(*x), single(*y)));
            surface.draw_graphic(label.clone());
            surface.pop();
        }
    }
    surface.pop();
    surface.finish();
    sheet.finish();
    document.finish().map_err(|e| LabelError::Document(Some(std::sync::Arc::new(Whole(e)))))
}

struct Fonts([Font; 3]);

impl Fonts {
    fn new() -> Result<Fonts, LabelError> {
        let font = |face: Face| Font::new(face.data().into(), 0).ok_or(LabelError::Document(None));
        let [regular, bold, han] = Face::ALL;
        Ok(Fonts([font(regular)?, font(bold)?, font(han)?]))
    }
}

fn draw(surface: &mut Surface<'_>, drawing: &Drawing, fonts: &Fonts) {
    for shape in &drawing.shapes {
        match shape {
            Shape::Fill(rects) => {
                let mut path = PathBuilder::new();
                for rect in rects {
                    let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(single);
                    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
                        path.push_rect(rect);
                    }
                }
                surface.set_fill(Some(Fill { paint: rgb::Color::black().into(), ..Fill::default() }));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
            Shape::Text(run) => text(surface, run, fonts),
        }
    }
}

fn text(surface: &mut Surface<'_>, run: &Run, fonts: &Fonts) {
    let text = run.text();
    let glyphs: Vec<KrillaGlyph> = run
        .glyphs
        .iter()
        .zip(text.char_indices())
        .map(|(glyph, (at, char))| {
            let range = at..at + char.len_utf8();
            KrillaGlyph::new(GlyphId::new(glyph.id), single(glyph.advance), 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    let colour = if run.inverse { rgb::Color::white() } else { rgb::Color::black() };
    surface.set_fill(Some(Fill { paint: colour.into(), ..Fill::default() }));
    let start = Point::from_xy(single(run.x), single(run.y));
    surface.draw_glyphs(start, &glyphs, fonts.0[run.face() as usize].clone(), &text, single(run.size), false);
}
