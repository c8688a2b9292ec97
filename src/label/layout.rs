//! Lays a label out on its stock: the code as large as GS1 allows and the text leaves room for, the text in lines that are never squeezed.
//!
//! The X-dimension of a QR code is 0.396 to 0.990 mm (GS1 General Specifications 5.12.3.1), with 0.495 mm as the target: text is made
//! smaller before the code goes below the target, and only then the code. What does not fit even so is an error that names the line and
//! a stock that has room.

use super::drawing::{Drawing, Rect, Shape};
use super::gs1_128;
use super::qr::{self, LabelError};
use super::stock::{Kind, STOCKS, Stock};
use super::text::{Block, Paragraph};
use crate::gs1::Sscc;

/// Smallest, intended and largest printed width of a module of a QR code, in millimetres.
pub const MODULE: (f64, f64, f64) = (0.396, 0.495, 0.990);
/// Smallest size of text: digits and capitals, 0.714 em, are then 1.8 mm high (China, GB 7718, for packs of more than 35 cm2) and an x,
/// 0.536 em, is 1.35 mm high (EU, Regulation 1169/2011 article 13: 1.2 mm; Indonesia, BPOM 31/2018: 1 mm).
pub const SMALLEST: f64 = 1.8 / 0.714;
/// Size of text where there is room.
const NORMAL: f64 = 3.0;
/// Largest size of text: what is left of a large label is white.
const LARGEST: f64 = 6.0;
/// From one size that is tried to the next.
const STEP: f64 = 0.06;
/// Between code and text, in addition to the white of the code.
const GAP: f64 = 1.0;
/// Between what is below the code and the text, in ems.
const SPACE: f64 = 0.6;
/// Size of the digits below the bars of a carton.
const HRI: f64 = 3.0;
/// Size of the product's name, times that of the other text.
const HEADING: f64 = 1.25;

/// A title and what it is the title of: `Lot:` `NILAM-1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The title, with the colon of its language; none of a text that needs none.
    pub title: String,
    /// The value.
    pub value: String,
}

impl Field {
    /// What is between title and value: nothing after the wide colon of Chinese.
    fn space(&self) -> &'static str {
        if self.title.is_ascii() && !self.title.is_empty() { " " } else { "" }
    }

    /// Title and value.
    pub fn text(&self) -> String {
        [&self.title, self.space(), &self.value].concat()
    }
}

/// The contents of a label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// What the QR code holds.
    pub link: String,
    /// The number of a carton, which is then on the label in bars too.
    pub sscc: Option<Sscc>,
    /// What must be seen first, such as that the goods are recalled: white on black.
    pub mark: Option<String>,
    /// The name of the product, in larger letters.
    pub heading: Option<Field>,
    /// Weight, harvest date, village.
    pub fields: Vec<Field>,
    /// Human-readable interpretation of the code, one identifier per line: `(01) 09521321001022`.
    pub hri: Vec<String>,
    /// Why to scan it.
    pub scan: Option<String>,
}

/// A label on its stock.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The drawing.
    pub drawing: Drawing,
    /// Printed width of a module of the QR code, in millimetres.
    pub module: f64,
    /// Size of the text, in millimetres.
    pub size: f64,
}

/// What is too large for the stock.
enum TooLarge {
    Code,
    /// The paragraph that begins to be too much.
    Paragraph(usize),
}

struct Plan<'a> {
    stock: &'a Stock,
    /// Modules across the code, white included, and its dark runs: column, row, length.
    side: usize,
    runs: Vec<qr::Run>,
    /// The bars of a carton, and their digits.
    bars: Option<(Vec<bool>, Vec<Paragraph>)>,
    /// All text; the last says why to scan it, if anything does.
    text: Vec<Paragraph>,
    /// How much of the text is before that.
    scan_at: usize,
}

/// Lays a label out.
///
/// # Errors
/// [`LabelError`] for a character without a glyph, and for what does not fit the stock.
pub fn place(label: &Label, stock: &Stock) -> Result<Placed, LabelError> {
    let plan = Plan::new(label, stock)?;
    let left_over = match plan.best() {
        Ok(placed) => return Ok(placed),
        Err(left_over) => left_over,
    };
    let fits = |other: &&Stock| Plan::new(label, other).is_ok_and(|plan| plan.best().is_ok());
    let mut larger: Vec<&Stock> = STOCKS.iter().filter(fits).collect();
    larger.sort_by(|a, b| (a.width * a.height).total_cmp(&(b.width * b.height)));
    Err(LabelError::NoRoom {
        line: match left_over {
            TooLarge::Code => None,
            TooLarge::Paragraph(at) => plan.text.get(at).map(|paragraph| paragraph.text.clone()),
        },
        stock: stock.name,
        fits: larger.first().map(|stock| stock.name),
    })
}

impl<'a> Plan<'a> {
    fn new(label: &Label, stock: &'a Stock) -> Result<Plan<'a>, LabelError> {
        let (side, runs) = qr::runs(&label.link)?;
        let field = |field: &Field, scale: f64| {
            Paragraph::new(&[(&field.title, false), (field.space(), false), (&field.value, true)], scale)
        };
        let mut text = Vec::new();
        if let Some(mark) = &label.mark {
            text.push(Paragraph::new(&[(mark, true)], 1.0)?.inverse());
        }
        if let Some(heading) = &label.heading {
            text.push(field(heading, HEADING)?);
        }
        for one in &label.fields {
            text.push(field(one, 1.0)?);
        }
        for one in &label.hri {
            text.push(Paragraph::new(&[(one, false)], 1.0)?);
        }
        let scan_at = text.len();
        if let Some(scan) = &label.scan {
            text.push(Paragraph::new(&[(scan, false)], 1.0)?);
        }
        let bars = match label.sscc {
            Some(sscc) => {
                let digits = Paragraph::new(&[(&format!("(00) {sscc}"), false)], 1.0)?;
                Some((gs1_128::modules(sscc)?, vec![digits]))
            }
            None => None,
        };
        Ok(Plan { stock, side, runs, bars, text, scan_at })
    }

    /// The area for code and text, and what the bars of a carton take of it: their module and the height of all.
    fn area(&self) -> Result<(Rect, f64, f64), TooLarge> {
        let margin = self.stock.margin;
        let (width, height) = (self.stock.width - 2.0 * margin, self.stock.height - 2.0 * margin);
        let Some((modules, digits)) = &self.bars else {
            return Ok((Rect::new(margin, margin, width, height), 0.0, 0.0));
        };
        let room = width / (modules.len() + 2 * gs1_128::QUIET) as f64;
        let module = whole_dots(room.min(gs1_128::MODULE.1), self.stock.kind);
        let below = Block::new(digits, width, HRI).ok_or(TooLarge::Code)?.height;
        let bars = gs1_128::HEIGHT + GAP + below + GAP;
        if module < gs1_128::MODULE.0 || bars > height {
            return Err(TooLarge::Code);
        }
        Ok((Rect::new(margin, margin, width, height - bars), module, bars))
    }

    /// The arrangement with the largest code, and then the largest text.
    fn best(&self) -> Result<Placed, TooLarge> {
        let (area, ..) = self.area()?;
        let kind = self.stock.kind;
        let most = MODULE.2.min(area.width.min(area.height) / self.side as f64);
        let tried = |from: f64, to: f64| {
            let steps = (0..).map(move |i| from - f64::from(i) * 0.01).take_while(move |module| *module > to);
            let mut all: Vec<f64> = steps.chain([to]).map(|module| whole_dots(module, kind)).collect();
            all.retain(|module| *module >= to && *module <= most);
            all.dedup();
            all
        };
        let (large, small) = (tried(most, MODULE.1), tried(most.min(MODULE.1), MODULE.0));
        let sizes =
            || (0..).map(|i| NORMAL - f64::from(i) * STEP).take_while(|size| *size > SMALLEST).chain([SMALLEST]);
        for modules in [&large, &small] {
            for size in sizes() {
                for module in modules {
                    if let Ok(placed) = self.arrange(*module, size) {
                        return Ok(if size < NORMAL { placed } else { self.grown(placed) });
                    }
                }
            }
        }
        let smallest = small.last().or(large.last()).ok_or(TooLarge::Code)?;
        self.arrange(*smallest, SMALLEST)
    }

    /// The same code with the largest text.
    fn grown(&self, mut placed: Placed) -> Placed {
        if self.stock.kind == Kind::Continuous {
            return placed;
        }
        while placed.size + STEP <= LARGEST {
            match self.arrange(placed.module, placed.size + STEP) {
                Ok(larger) => placed = larger,
                Err(_) => break,
            }
        }
        placed
    }

    fn arrange(&self, module: f64, size: f64) -> Result<Placed, TooLarge> {
        let (area, bar, bars) = self.area()?;
        let mut drawing = Drawing { width: self.stock.width, height: self.stock.height, shapes: Vec::new() };
        let used = if area.width > 1.2 * area.height && self.stock.kind != Kind::Continuous {
            self.beside(&mut drawing, &area, module, size)?
        } else {
            self.below(&mut drawing, &area, module, size)?
        };
        if self.stock.kind == Kind::Continuous {
            drawing.height = used + bars + 2.0 * self.stock.margin;
        }
        if let Some((modules, digits)) = &self.bars {
            let top = drawing.height - self.stock.margin - bars + GAP;
            let left = (self.stock.width - modules.len() as f64 * bar) / 2.0;
            drawing.shapes.push(Shape::Fill(gs1_128::bars(modules, bar, (left, top))));
            let below = top + gs1_128::HEIGHT + GAP;
            let block = Block::new(digits, area.width, HRI).ok_or(TooLarge::Code)?;
            drawing.shapes.extend(block.draw(digits, HRI, (area.x, below), Some(area.width)));
        }
        Ok(Placed { drawing, module, size })
    }

    /// The code, with what it is for below it where there is room, and the other text to its right.
    fn beside(&self, drawing: &mut Drawing, area: &Rect, module: f64, size: f64) -> Result<f64, TooLarge> {
        let code = module * self.side as f64;
        let width = area.width - code - GAP;
        if code > area.height || width <= 0.0 {
            return Err(TooLarge::Code);
        }
        let (text, scan_text) = self.text.split_at(self.scan_at);
        let below = Block::new(scan_text, code, size).filter(|scan| code + scan.height <= area.height);
        let text = if below.is_some() { text } else { &self.text };
        let block = Block::new(text, width, size).ok_or(TooLarge::Paragraph(0))?;
        if let Some(paragraph) = block.overflow(area.height) {
            return Err(TooLarge::Paragraph(paragraph));
        }
        let top = area.y + (area.height - code - below.as_ref().map_or(0.0, |scan| scan.height)) / 2.0;
        self.code(drawing, module, (area.x, top));
        if let Some(scan) = below {
            write(drawing, &scan, scan_text, size, (area.x, top + code), (code, Some(code)));
        }
        let at = (area.x + code + GAP, area.y + (area.height - block.height) / 2.0);
        write(drawing, &block, text, size, at, (width, None));
        Ok(area.height)
    }

    /// The code, what it is for, and the text below.
    fn below(&self, drawing: &mut Drawing, area: &Rect, module: f64, size: f64) -> Result<f64, TooLarge> {
        let code = module * self.side as f64;
        let (text, scan_text) = self.text.split_at(self.scan_at);
        let scan = Block::new(scan_text, area.width, size).ok_or(TooLarge::Paragraph(self.scan_at))?;
        let block = Block::new(text, area.width, size).ok_or(TooLarge::Paragraph(0))?;
        let above = code + scan.height + SPACE * size;
        if code > area.width || above > area.height {
            return Err(TooLarge::Code);
        }
        if let Some(paragraph) = block.overflow(area.height - above) {
            return Err(TooLarge::Paragraph(paragraph));
        }
        let used = above + block.height;
        let top = match self.stock.kind {
            Kind::Continuous => area.y,
            Kind::Sheet | Kind::Roll => area.y + (area.height - used) / 2.0,
        };
        self.code(drawing, module, (area.x + (area.width - code) / 2.0, top));
        write(drawing, &scan, scan_text, size, (area.x, top + code), (area.width, Some(area.width)));
        write(drawing, &block, text, size, (area.x, top + above), (area.width, None));
        Ok(used)
    }

    fn code(&self, drawing: &mut Drawing, module: f64, (x, y): (f64, f64)) {
        let rect = |&(column, row, length): &qr::Run| {
            Rect::new(x + column as f64 * module, y + row as f64 * module, length as f64 * module, module)
        };
        drawing.shapes.push(Shape::Fill(self.runs.iter().map(rect).collect()));
    }
}

/// Draws a block with its black bands.
fn write(
    drawing: &mut Drawing,
    block: &Block,
    text: &[Paragraph],
    size: f64,
    (x, y): (f64, f64),
    (width, centred): (f64, Option<f64>),
) {
    let bands: Vec<Rect> = block.bands.iter().map(|(top, height)| Rect::new(x, y + top, width, *height)).collect();
    if !bands.is_empty() {
        drawing.shapes.push(Shape::Fill(bands));
    }
    drawing.shapes.extend(block.draw(text, size, (x, y), centred));
}

/// The largest width of a module up to `module` that is whole dots of the printer.
fn whole_dots(module: f64, kind: Kind) -> f64 {
    kind.dot().map_or(module, |dot| (module / dot + 1e-9).floor() * dot)
}

/// A line of text where nothing else is, such as on the test page.
///
/// # Errors
/// [`LabelError::Character`].
pub fn line(text: &str, size: f64, (x, y): (f64, f64)) -> Result<Vec<Shape>, LabelError> {
    let paragraph = [Paragraph::new(&[(text, false)], 1.0)?];
    Ok(Block::new(&paragraph, f64::INFINITY, size)
        .map_or_else(Vec::new, |block| block.draw(&paragraph, size, (x, y), None)))
}
