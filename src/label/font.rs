//! The fonts of printed labels: which glyph a character has, how wide it is, and its outline.
//!
//! They are embedded (`fonts/README.md`): a label looks the same whatever fonts a machine has, and a line is as wide on paper as it was
//! measured. What it is not: shaping. A character is one glyph, so only scripts that need no more are here: Latin, and the Chinese
//! characters of GB 2312. Any other character is an error that names it.

use std::fmt::Write as _;
use std::sync::OnceLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// A font of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Latin.
    Regular,
    /// Latin, bold: values and headings.
    Bold,
    /// Chinese. It has one weight.
    Han,
}

impl Face {
    /// All.
    pub const ALL: [Face; 3] = [Face::Regular, Face::Bold, Face::Han];

    /// The font file.
    pub const fn data(self) -> &'static [u8] {
        match self {
            Face::Regular => include_bytes!("fonts/NotoSans-Regular.ttf"),
            Face::Bold => include_bytes!("fonts/NotoSans-Bold.ttf"),
            Face::Han => include_bytes!("fonts/DroidSansFallback.ttf"),
        }
    }

    fn font(self) -> Option<&'static FontRef<'static>> {
        static FONTS: [OnceLock<Option<FontRef<'static>>>; 3] = [const { OnceLock::new() }; 3];
        FONTS[self as usize].get_or_init(|| FontRef::new(self.data()).ok()).as_ref()
    }

    /// Units of the font's own coordinates in an em.
    pub fn units_per_em(self) -> f64 {
        self.font()
            .map_or(1000.0, |font| f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em))
    }

    /// The outline of a glyph as an SVG path in the font's units, y upwards; empty for a space.
    pub fn outline(self, glyph: u32) -> String {
        let mut pen = Pen(String::new());
        let found = self.font().and_then(|font| font.outline_glyphs().get(GlyphId::new(glyph)));
        if let Some(outline) = found {
            // a glyph that does not draw would be a damaged font, which `embedded_fonts_are_whole` excludes
            let _ = outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen);
        }
        pen.0
    }
}

struct Pen(String);

// writing to a String can't fail
impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "M{x} {y}");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "L{x} {y}");
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let _ = write!(self.0, "Q{cx} {cy} {x} {y}");
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let _ = write!(self.0, "C{ax} {ay} {bx} {by} {x} {y}");
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

/// A character as it is printed. Lengths are in ems: times the size of the text they are millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// The character.
    pub char: char,
    /// The font that has it.
    pub face: Face,
    /// Its number in that font.
    pub id: u32,
    /// Distance to the next glyph.
    pub advance: f64,
    /// How far it reaches above the baseline.
    pub above: f64,
    /// How far it reaches below the baseline.
    pub below: f64,
}

/// Whether a character is a letter of a script without spaces: a line may end after it.
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// Marks of direction, which pages put around names that others wrote: they have no glyph, and are not needed where every script runs from
/// left to right.
const fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')
}

/// The glyphs of a text.
///
/// # Errors
/// The first character that no font has.
pub fn glyphs(text: &str, bold: bool) -> Result<Vec<Glyph>, char> {
    let latin = if bold { Face::Bold } else { Face::Regular };
    let found = |face: Face, c: char| glyph(face, c);
    text.chars()
        .filter(|c| !is_direction_mark(*c))
        .map(|c| found(latin, c).or_else(|| found(Face::Han, c)).ok_or(c))
        .collect()
}

fn glyph(face: Face, char: char) -> Option<Glyph> {
    let font = face.font()?;
    let id = font.charmap().map(char)?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let em = face.units_per_em();
    let bounds = metrics.bounds(id).unwrap_or_default();
    Some(Glyph {
        char,
        face,
        id: id.to_u32(),
        advance: f64::from(metrics.advance_width(id)?) / em,
        above: f64::from(bounds.y_max) / em,
        below: f64::from(-bounds.y_min) / em,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::i18n::Lang;

    #[test]
    fn embedded_fonts_are_whole() {
        for face in Face::ALL {
            let font = face.font().unwrap();
            let mut drawn = 0;
            for (_, id) in font.charmap().mappings() {
                let outline = font.outline_glyphs().get(id).unwrap();
                let mut pen = Pen(String::new());
                outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen).unwrap();
                drawn += usize::from(!pen.0.is_empty());
            }
            assert!(drawn > 300, "{face:?}: {drawn}");
        }
    }

    #[test]
    fn digits_and_capitals_are_as_high_as_the_smallest_size_supposes() {
        for face in [Face::Regular, Face::Bold] {
            for c in ['0', '7', 'E', 'H'] {
                assert!(glyph(face, c).unwrap().above >= 0.714, "{face:?} {c}");
            }
            assert!(glyph(face, 'x').unwrap().above >= 0.53, "{face:?}");
        }
    }

    #[test]
    fn every_language_of_the_pages_can_be_printed() {
        let lines =
            Lang::all().flat_map(|lang| ["sheet-lot", "sheet-scan", "state-recalled"].map(|key| lang.text(key)));
        for line in lines.chain(["Buah dinginkan – 2 °C, “éclair”, 野生青蟹（活）".to_owned()]) {
            assert!(glyphs(&line, true).is_ok(), "{line}");
        }
    }

    #[test]
    fn characters_without_a_glyph_are_named() {
        for (text, missing) in [("Teh\u{301}", '\u{301}'), ("กล้วย", 'ก'), ("kopi ☕", '☕'), ("a\tb", '\t')]
        {
            assert_eq!(glyphs(text, false).unwrap_err(), missing);
        }
        assert_eq!(glyphs("\u{2068}abc\u{2069}", false).unwrap().len(), 3);
    }
}
