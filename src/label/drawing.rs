//! What a page of labels consists of, in millimetres: filled rectangles and runs of glyphs. `svg` and `pdf` draw the same.

use super::font::{Face, Glyph};

/// A filled rectangle, in millimetres from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// A rectangle.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x, y, width, height }
    }
}

/// Glyphs of one font behind each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Where the first glyph begins.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    /// Size: an em in millimetres.
    pub size: f64,
    /// The glyphs, at least one.
    pub glyphs: Vec<Glyph>,
    /// White, on a black band.
    pub inverse: bool,
}

impl Run {
    /// Its width.
    pub fn width(&self) -> f64 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum::<f64>() * self.size
    }

    /// The font of its glyphs.
    pub fn face(&self) -> Face {
        self.glyphs.first().map_or(Face::Regular, |glyph| glyph.face)
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.char).collect()
    }
}

/// A part of a drawing; later ones are above earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Black rectangles, as one path: a printer sees no seam between two that touch.
    Fill(Vec<Rect>),
    /// Text.
    Text(Run),
}

/// A label, or whatever else is on a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawing {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What it consists of.
    pub shapes: Vec<Shape>,
}

/// A page, ready to print.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width and height.
    pub size: (f64, f64),
    /// What is drawn once.
    pub once: Drawing,
    /// A label.
    pub label: Drawing,
    /// Where the label is drawn, as often as there are places.
    pub places: Vec<(f64, f64)>,
    /// What it is, for the title of the document.
    pub title: String,
    /// The texts on it, for those who can't see them and for programs that search documents.
    pub words: Vec<String>,
    /// Language of the texts (BCP 47).
    pub language: &'static str,
}
