//! Text of a label in lines: broken at spaces, between Chinese characters, and only when a word is longer than the line within it.
//! Nothing is squeezed or cut.

use std::ops::Range;

use super::drawing::{Run, Shape};
use super::font::{self, Glyph, is_han};
use super::qr::LabelError;

/// Space between two lines, in ems.
const LEADING: f64 = 0.14;
/// Least height of a line above and below its baseline, in ems: that of digits and capitals, and of the tail of a g.
const LEAST: (f64, f64) = (0.72, 0.22);

/// A text that is set in one size.
#[derive(Debug, Clone)]
pub struct Paragraph {
    /// The text.
    pub text: String,
    glyphs: Vec<Glyph>,
    /// Its size, times that of the label's text.
    scale: f64,
    /// Whether it is white on black.
    inverse: bool,
}

/// A line of a paragraph: which of its glyphs, and where its baseline is below the top of the block.
#[derive(Debug, Clone)]
pub struct Line {
    paragraph: usize,
    glyphs: Range<usize>,
    baseline: f64,
}

/// Paragraphs in lines below each other.
#[derive(Debug, Clone)]
pub struct Block {
    lines: Vec<Line>,
    /// Bands behind the inverse paragraphs: top and height.
    pub bands: Vec<(f64, f64)>,
    /// Height of all.
    pub height: f64,
}

impl Paragraph {
    /// A paragraph of parts, bold or not.
    ///
    /// # Errors
    /// [`LabelError::Character`].
    pub fn new(parts: &[(&str, bool)], scale: f64) -> Result<Paragraph, LabelError> {
        let text: String = parts.iter().map(|(part, _)| *part).collect();
        let mut glyphs = Vec::new();
        for (part, bold) in parts {
            let found = font::glyphs(part, *bold);
            glyphs.extend(found.map_err(|char| LabelError::Character { char, text: text.clone() })?);
        }
        Ok(Paragraph { text, glyphs, scale, inverse: false })
    }

    /// The same, white on black.
    #[must_use]
    pub fn inverse(self) -> Paragraph {
        Paragraph { inverse: true, ..self }
    }

    /// Its lines in this width, in ems; `None` if a single character is wider.
    fn wrapped(&self, width: f64) -> Option<Vec<Range<usize>>> {
        let (mut lines, mut start) = (Vec::new(), 0);
        while start < self.glyphs.len() {
            let end = self.line_end(start, width)?;
            let space = self.glyphs[start..end].iter().rev().take_while(|glyph| glyph.char == ' ').count();
            lines.push(start..end - space);
            let skipped = self.glyphs[end..].iter().take_while(|glyph| glyph.char == ' ').count();
            start = end + skipped;
        }
        Some(lines)
    }

    /// Where the line that begins at `start` ends.
    fn line_end(&self, start: usize, width: f64) -> Option<usize> {
        let (mut used, mut last_break) = (0.0, None);
        for at in start..self.glyphs.len() {
            let glyph = self.glyphs[at];
            used += glyph.advance;
            // a space may hang over the end
            if used > width && glyph.char != ' ' {
                let within = (at > start).then_some(at);
                return last_break.or(within);
            }
            if self.may_break_after(at) {
                last_break = Some(at + 1);
            }
        }
        Some(self.glyphs.len())
    }

    fn may_break_after(&self, at: usize) -> bool {
        let (this, next) = (self.glyphs[at].char, self.glyphs.get(at + 1).map(|glyph| glyph.char));
        let Some(next) = next else { return true };
        match (this, next) {
            (' ', _) => true,
            (_, ' ') => false,
            // opening and closing marks stay with what they enclose or follow
            ('（' | '《' | '“' | '‘' | '(', _) => false,
            (_, '）' | '》' | '”' | '’' | ')' | '，' | '。' | '、' | '：' | '；' | '？' | '！' | ',' | '.') => {
                false
            }
            _ => is_han(this) || is_han(next),
        }
    }

    fn width(&self, line: &Range<usize>) -> f64 {
        self.glyphs[line.clone()].iter().map(|glyph| glyph.advance).sum()
    }
}

impl Block {
    /// Sets paragraphs in `width` mm, with text of `size` mm. `None` if a single character is wider.
    pub fn new(paragraphs: &[Paragraph], width: f64, size: f64) -> Option<Block> {
        let mut block = Block { lines: Vec::new(), bands: Vec::new(), height: 0.0 };
        for (paragraph, text) in paragraphs.iter().enumerate() {
            let em = size * text.scale;
            let pad = if text.inverse { 0.25 * em } else { 0.0 };
            let top = block.height;
            block.height += pad;
            for glyphs in text.wrapped((width - 2.0 * pad) / em)? {
                let part = &text.glyphs[glyphs.clone()];
                let above = part.iter().map(|glyph| glyph.above).fold(LEAST.0, f64::max);
                let below = part.iter().map(|glyph| glyph.below).fold(LEAST.1, f64::max);
                block.lines.push(Line { paragraph, glyphs, baseline: block.height + above * em });
                block.height += (above + below + LEADING) * em;
            }
            if text.inverse {
                block.height += pad - LEADING * em;
                block.bands.push((top, block.height - top));
                block.height += LEADING * em;
            }
        }
        Some(block)
    }

    /// The paragraph of the first line that ends below `height`.
    pub fn overflow(&self, height: f64) -> Option<usize> {
        let over = self.lines.iter().find(|line| line.baseline > height).or(self.lines.last());
        over.filter(|_| self.height > height).map(|line| line.paragraph)
    }

    /// Draws the lines at `x`, `y`; with `centred` in the middle of that width.
    pub fn draw(&self, paragraphs: &[Paragraph], size: f64, (x, y): (f64, f64), centred: Option<f64>) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for line in &self.lines {
            let text = &paragraphs[line.paragraph];
            let em = size * text.scale;
            let pad = if text.inverse { 0.25 * em } else { 0.0 };
            let shift = centred.map_or(pad, |width| (width - text.width(&line.glyphs) * em) / 2.0);
            let mut at = x + shift;
            for glyphs in text.glyphs[line.glyphs.clone()].chunk_by(|a, b| a.face == b.face) {
                let run = Run { x: at, y: y + line.baseline, size: em, glyphs: glyphs.to_vec(), inverse: text.inverse };
                at += run.width();
                shapes.push(Shape::Text(run));
            }
        }
        shapes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: f64) -> Vec<String> {
        let paragraph = Paragraph::new(&[(text, false)], 1.0).unwrap();
        let lines = paragraph.wrapped(width).unwrap();
        lines.into_iter().map(|line| paragraph.glyphs[line].iter().map(|glyph| glyph.char).collect()).collect()
    }

    #[test]
    fn lines_end_at_spaces_and_between_chinese_characters() {
        assert_eq!(lines("Minyak nilam Aceh", 100.0), ["Minyak nilam Aceh"]);
        assert_eq!(lines("Minyak nilam  Aceh", 7.0), ["Minyak nilam", "Aceh"]);
        assert_eq!(lines("野生锯缘青蟹，活", 4.5), ["野生锯缘", "青蟹，活"]);
        assert_eq!(lines("产地：哥打巴鲁", 3.5), ["产地：", "哥打巴", "鲁"]);
        assert_eq!(lines("25 000\u{a0}kg", 4.0), ["25", "000\u{a0}kg"]);
    }

    #[test]
    fn word_longer_than_the_line_is_broken_and_nothing_is_lost() {
        let broken = lines("NILAM-2611-0300000000", 4.0);
        assert!(broken.len() > 2);
        assert_eq!(broken.concat(), "NILAM-2611-0300000000");
        assert!(Paragraph::new(&[("W", false)], 1.0).unwrap().wrapped(0.5).is_none());
    }
}
