//! Pages of labels, and the page that shows whether a printer prints them at their size.

use super::drawing::{Drawing, Page, Rect, Shape};
use super::layout::{Field, Label, Placed, SMALLEST, line, place};
use super::qr::{self, LabelError};
use super::stock::{Kind, Stock};
use super::text::{Block, Paragraph};

/// Width of a line that is not part of a label.
const HAIRLINE: f64 = 0.1;
/// Length of a crop mark where there is room for it.
const CROP: f64 = 4.0;
/// White between a crop mark and the label's edge, so that a cut beside the line leaves none of it.
const CROP_GAP: f64 = 0.5;

/// A page of one label, `count` times.
///
/// # Errors
/// [`LabelError`] for what does not fit the stock; more labels than a page holds are left out.
pub fn sheet(
    label: &Label,
    stock: &Stock,
    count: usize,
    crop: bool,
    language: &'static str,
) -> Result<Page, LabelError> {
    let Placed { drawing, .. } = place(label, stock)?;
    let words = label.mark.iter().cloned();
    let fields = label.heading.iter().chain(&label.fields).map(Field::text);
    let sscc = label.sscc.map(|sscc| format!("(00) {sscc}"));
    let words = words.chain(fields).chain(label.hri.iter().cloned()).chain(label.scan.clone()).chain(sscc).collect();
    let height = if stock.kind == Kind::Continuous { drawing.height } else { stock.page.1 };
    let mut once = Drawing { width: stock.page.0, height, shapes: Vec::new() };
    if crop && stock.kind == Kind::Sheet {
        once.shapes.push(Shape::Fill(crop_marks(stock)));
    }
    let title = label.heading.as_ref().map_or_else(|| label.link.clone(), |heading| heading.value.clone());
    let places = stock.places().take(count).collect();
    Ok(Page { size: (stock.page.0, height), once, label: drawing, places, title, words, language })
}

/// Lines in the margins where the edges of the labels are. Where the labels reach the edge of the page, they are in the white margin of
/// the labels.
fn crop_marks(stock: &Stock) -> Vec<Rect> {
    let (page_width, page_height) = stock.page;
    let columns = (0..stock.columns).flat_map(|i| {
        let left = stock.left + i as f64 * stock.across;
        [left, left + stock.width]
    });
    let rows = (0..=stock.rows).map(|i| stock.top + i as f64 * stock.height);
    let length = |margin: f64| if margin > CROP_GAP + 1.0 { CROP.min(margin - CROP_GAP) } else { stock.margin - 1.0 };
    let start = |margin: f64, length: f64| (margin - CROP_GAP - length).max(0.0);
    let (across, down) = (length(stock.left), length(stock.top));
    let half = HAIRLINE / 2.0;
    let inside = |at: f64, most: f64| at > half && at < most - half;
    let upright = columns.filter(|x| inside(*x, page_width)).flat_map(|x| {
        let top = start(stock.top, down);
        [top, page_height - top - down].map(|y| Rect::new(x - half, y, HAIRLINE, down))
    });
    let level = rows.filter(|y| inside(*y, page_height)).flat_map(|y| {
        let left = start(stock.left, across);
        [left, page_width - left - across].map(|x| Rect::new(x, y - half, across, HAIRLINE))
    });
    upright.chain(level).collect()
}

/// The page that is printed before the first labels: rulers at all four edges, the corners of the labels, and codes of the sizes that GS1
/// allows. `words` are shown at the top.
///
/// # Errors
/// [`LabelError::Character`] for words that can't be printed.
pub fn test_page(stock: &Stock, words: &[String], language: &'static str) -> Result<Page, LabelError> {
    let (width, height) = match stock.kind {
        Kind::Continuous => (stock.page.0, 200.0),
        Kind::Sheet | Kind::Roll => stock.page,
    };
    let mut once = Drawing { width, height, shapes: Vec::new() };
    rulers(&mut once, stock)?;
    let left = if stock.kind == Kind::Continuous { INSET + 9.0 } else { INSET + 14.0 };
    let room = width - 2.0 * left;
    // what is drawn in the middle: no corner mark crosses it
    let mut taken = Vec::new();
    let mut y = left;
    let size = if width <= 100.0 { SMALLEST } else { 3.6 };
    for text in words {
        let paragraphs = [Paragraph::new(&[(text, false)], 1.0)?];
        let Some(block) = Block::new(&paragraphs, room, size) else { continue };
        once.shapes.extend(block.draw(&paragraphs, size, (left, y), None));
        taken.push(Rect::new(left, y, room, block.height));
        y += block.height + 0.5 * size;
    }
    let (mut x, mut row) = (left, 0.0f64);
    for module in SAMPLES {
        let name = format!("{module:.3} mm");
        let (side, runs) = qr::runs(&name)?;
        let across = side as f64 * module;
        if x + across > width - left {
            (x, y, row) = (left, y + row, 0.0);
        }
        let rect = |(column, row, length): (usize, usize, usize)| {
            Rect::new(x + column as f64 * module, y + row as f64 * module, length as f64 * module, module)
        };
        once.shapes.push(Shape::Fill(runs.into_iter().map(rect).collect()));
        once.shapes.extend(line(&name, SMALLEST, (x + 4.0 * module, y + across))?);
        let below = across + 2.0 * SMALLEST;
        taken.push(Rect::new(x, y, across, below));
        x += across + 4.0;
        row = row.max(below);
    }
    if stock.kind == Kind::Sheet {
        once.shapes.push(Shape::Fill(corners(stock, &taken)));
    }
    let title = words.first().cloned().unwrap_or_default();
    let size = (width, height);
    Ok(Page { size, once, label: Drawing::default(), places: Vec::new(), title, words: words.to_vec(), language })
}

/// A cross at each corner of each label, but for those on the rulers or on what is `taken`.
fn corners(stock: &Stock, taken: &[Rect]) -> Vec<Rect> {
    let (width, height) = stock.page;
    let (arm, half) = (CROP / 2.0, HAIRLINE / 2.0);
    let rulers = INSET + 9.0;
    let free = |(x, y): &(f64, f64)| {
        let inside = *x > rulers && *x < width - rulers && *y > rulers && *y < height - rulers;
        let apart = |rect: &Rect| {
            x + arm < rect.x || x - arm > rect.x + rect.width || y + arm < rect.y || y - arm > rect.y + rect.height
        };
        inside && taken.iter().all(apart)
    };
    let corners = stock.places().flat_map(|(x, y)| {
        let (right, bottom) = (x + stock.width, y + stock.height);
        [(x, y), (right, y), (x, bottom), (right, bottom)]
    });
    let cross = |(x, y): (f64, f64)| {
        [Rect::new(x - arm, y - half, CROP, HAIRLINE), Rect::new(x - half, y - arm, HAIRLINE, CROP)]
    };
    corners.filter(free).flat_map(cross).collect()
}

/// Widths of a module that the test page shows: the smallest, the target and the largest of GS1, and one between.
const SAMPLES: [f64; 4] = [0.396, 0.495, 0.743, 0.990];
/// Distance of a ruler from the edge: a printer leaves some white.
const INSET: f64 = 5.0;

/// A ruler of whole centimetres at each edge, from the corner inwards; a line each millimetre.
fn rulers(drawing: &mut Drawing, stock: &Stock) -> Result<(), LabelError> {
    // a label printer prints up to the edge of a label, but of a continuous roll only the middle
    let inset = if stock.kind == Kind::Roll { 2.0 } else { INSET };
    let (width, height) = (drawing.width, drawing.height);
    let half = HAIRLINE / 2.0;
    let mut lines = Vec::new();
    for (long, flat) in [(width, true), (height, false)] {
        // whole centimetres that leave the corners free
        let count = ((long - 2.0 * (inset + 5.0)) / 10.0).floor() * 10.0;
        let start = (long - count) / 2.0;
        // a page is less than a metre long
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        for mm in 0..=count as u32 {
            let at = start + f64::from(mm);
            let length = match mm {
                mm if mm % 10 == 0 => 4.0,
                mm if mm % 5 == 0 => 3.0,
                _ => 2.0,
            };
            let far = if flat { height } else { width } - inset;
            for near in [inset, far - length] {
                lines.push(match flat {
                    true => Rect::new(at - half, near, HAIRLINE, length),
                    false => Rect::new(near, at - half, length, HAIRLINE),
                });
            }
            if mm % 10 == 0 {
                let number = (mm / 10).to_string();
                let places = match flat {
                    true => [(at + 0.4, inset + 3.2), (at + 0.4, far - 5.2)],
                    false => [(inset + 4.4, at - 0.9), (far - 4.4 - 1.4 * number.len() as f64, at - 0.9)],
                };
                for place in places {
                    drawing.shapes.extend(line(&number, 2.2, place)?);
                }
            }
        }
    }
    drawing.shapes.push(Shape::Fill(lines));
    Ok(())
}
