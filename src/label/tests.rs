//! Every stock as a scanner sees it: drawn at 150 dpi, turned, small, slightly damaged; and what no label may do to its text.

use proptest::prelude::*;
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg;

use super::drawing::{Drawing, Page, Run, Shape};
use super::layout::{self, MODULE, SMALLEST, place};
use super::stock::{Kind, STOCKS, Stock};
use super::{Field, Label, LabelError, page, pdf, sheet, svg, test_page};

const LINK: &str = "https://jejak.example/01/09521321001022/10/NILAM-2611-03";

fn field(title: &str, value: &str) -> Field {
    Field { title: title.into(), value: value.into() }
}

fn label() -> Label {
    Label {
        link: LINK.into(),
        heading: Some(field("Produk:", "Minyak nilam Aceh, suling uap")),
        fields: vec![
            field("Lot:", "NILAM-2611-03"),
            field("Berat bersih:", "25\u{a0}kg"),
            field("Panen:", "1–3\u{a0}Nov\u{a0}2026"),
            field("Baik digunakan sebelum:", "1\u{a0}Nov\u{a0}2028"),
            field("Asal:", "Desa Teluk Bakau"),
        ],
        hri: vec!["(01) 09521321001022".into(), "(10) NILAM-2611-03".into()],
        scan: Some("Pindai saya: asal dan hasil uji".into()),
        ..Label::default()
    }
}

fn carton() -> Label {
    Label {
        link: "https://jejak.example/00/095213210000000018".into(),
        sscc: Some("095213210000000018".parse().unwrap()),
        fields: vec![field("", "Minyak nilam Aceh, 25\u{a0}kg"), field("Lot:", "NILAM-2611-03")],
        scan: Some("Pindai saya: asal dan hasil uji".into()),
        ..Label::default()
    }
}

fn runs(drawing: &Drawing) -> impl Iterator<Item = &Run> {
    drawing.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(run) => Some(run),
        Shape::Fill(_) => None,
    })
}

/// The page as an office scanner would see it, turned by some degrees about its middle, and shifted by a part of a pixel.
fn drawn(page: &Page, dpi: f64, degrees: f64, shift: f32) -> Pixmap {
    let options = usvg::Options { dpi: dpi as f32, ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&svg::page(page), &options).unwrap();
    let (width, height) = (tree.size().width(), tree.size().height());
    // room for what is turned
    let side = if degrees == 0.0 { (width, height) } else { (width.hypot(height), width.hypot(height)) };
    let mut pixels = Pixmap::new(side.0.ceil() as u32, side.1.ceil() as u32).unwrap();
    pixels.fill(resvg::tiny_skia::Color::WHITE);
    let middle = Transform::from_translate((side.0 - width) / 2.0, (side.1 - height) / 2.0);
    let turned = middle.post_rotate_at(degrees as f32, side.0 / 2.0, side.1 / 2.0).post_translate(shift, shift);
    resvg::render(&tree, turned, &mut pixels.as_mut());
    pixels
}

fn scanned(pixels: &Pixmap) -> Vec<String> {
    let (width, grey) = (pixels.width() as usize, pixels.pixels());
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, pixels.height() as usize, |x, y| grey[y * width + x].red());
    prepared.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}

/// Shifts of the frames of a page: where the edges of modules lie between pixels is chance, and a scanner takes many frames.
const SHIFTS: [f32; 4] = [0.0, 0.25, 0.5, 0.75];

/// What a scanner reads of a page in most of its frames; it never reads anything else.
fn frames(page: &Page, dpi: f64, degrees: f64, change: impl Fn(&mut Pixmap)) -> String {
    let read = SHIFTS.map(|shift| {
        let mut pixels = drawn(page, dpi, degrees, shift);
        change(&mut pixels);
        scanned(&pixels)
    });
    let texts: Vec<&String> = read.iter().flatten().collect();
    assert!(texts.len() >= 2 && texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    texts[0].clone()
}

/// A part of a page.
fn cut(pixels: &Pixmap, dpi: f64, (x, y): (f64, f64), (width, height): (f64, f64)) -> Pixmap {
    let [x, y, width, height] = [x, y, width, height].map(|mm| (mm * dpi / 25.4) as i32);
    let rect = resvg::tiny_skia::IntRect::from_xywh(x, y, width as u32, height as u32).unwrap();
    pixels.clone_rect(rect).unwrap()
}

fn one(label: &Label, stock: &Stock) -> Page {
    sheet(label, stock, 1, false, "id").unwrap()
}

#[test]
fn scanner_reads_each_stock_at_150_dpi_upright_and_turned() {
    for stock in STOCKS {
        let page = one(&label(), stock);
        for degrees in [0.0, 90.0, 180.0, 7.0] {
            assert_eq!(frames(&page, 150.0, degrees, |_| ()), LINK, "{} turned by {degrees}", stock.name);
        }
        // every label of a full page
        let full = sheet(&label(), stock, stock.capacity(), true, "id").unwrap();
        let pixels = SHIFTS.map(|shift| drawn(&full, 150.0, 0.0, shift));
        for place in &full.places {
            let size = (full.label.width, full.label.height);
            assert!(
                pixels.iter().any(|pixels| scanned(&cut(pixels, 150.0, *place, size)) == [LINK]),
                "{} {place:?}",
                stock.name
            );
        }
    }
}

#[test]
fn scanner_reads_the_smallest_code_and_a_damaged_one() {
    // a long address leaves a module less than the target. This scanner wants 3 pixels for it, and `labels` has another read it at 150 dpi
    let stock = Stock::named("3x8").unwrap();
    let fields = vec![field("Lot:", "NILAM-2611-03"), field("Berat bersih:", "25\u{a0}kg")];
    let long = Label { link: format!("{LINK}?x={}", "w".repeat(130)), fields, ..label() };
    let placed = place(&long, stock).unwrap();
    assert!(placed.module < 0.495, "{}", placed.module);
    for degrees in [0.0, 7.0] {
        assert_eq!(frames(&one(&long, stock), 300.0, degrees, |_| ()), long.link, "turned by {degrees}");
    }

    for stock in STOCKS {
        let page = one(&label(), stock);
        let Some(Shape::Fill(code)) = page.label.shapes.iter().find(|s| matches!(s, Shape::Fill(_))) else { panic!() };
        // a stain and a scratch off the finder patterns, of some 4 % of the modules: level M restores 15 %
        let module = place(&label(), stock).unwrap().module;
        let (left, top) = code.iter().fold((f64::MAX, f64::MAX), |(x, y), rect| (x.min(rect.x), y.min(rect.y)));
        let (x, y) = page.places[0];
        let paint = |pixels: &mut Pixmap, [at_x, at_y, width, height]: [f64; 4], grey: u8| {
            let scale = 150.0 / 25.4;
            let from = |start: f64, at: f64| ((start + at * module) * scale) as u32;
            let across = pixels.width();
            for row in from(y + top, at_y)..from(y + top, at_y + height) {
                for column in from(x + left, at_x)..from(x + left, at_x + width) {
                    pixels.pixels_mut()[(row * across + column) as usize] =
                        PremultipliedColorU8::from_rgba(grey, grey, grey, 255).unwrap();
                }
            }
        };
        let damage = |pixels: &mut Pixmap| {
            paint(pixels, [12.0, 12.0, 5.0, 5.0], 0);
            paint(pixels, [10.0, 22.0, 20.0, 1.0], 255);
        };
        assert_eq!(frames(&page, 150.0, 0.0, damage), LINK, "{}", stock.name);
    }
}

#[test]
fn code_grows_with_the_label_up_to_the_largest_module_of_gs1() {
    let module = |stock: &str, label: &Label| place(label, Stock::named(stock).unwrap()).unwrap().module;
    let sizes: Vec<f64> = ["3x8", "2x7", "2x4", "2x2"].map(|stock| module(stock, &label())).to_vec();
    assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]), "{sizes:?}");
    assert!((sizes[3] - MODULE.2).abs() < 1e-9, "{sizes:?}");
    assert!(sizes[0] >= MODULE.1, "{sizes:?}");
    // whole dots of a label printer
    for stock in STOCKS.iter().filter(|stock| stock.kind != Kind::Sheet) {
        let dots = module(stock.name, &label()) / 0.125;
        assert!((dots - dots.round()).abs() < 1e-9 && dots >= 4.0, "{dots} on {}", stock.name);
    }
}

#[test]
fn label_that_has_too_much_names_the_line_and_a_stock_with_room() {
    let name =
        "Minyak nilam Aceh suling uap dari kebun rakyat, diendapkan dua belas bulan dalam drum baja, siap ekspor";
    let long = Label { heading: Some(field("Produk:", name)), ..label() };
    let Err(LabelError::NoRoom { line, stock, fits }) = place(&long, Stock::named("3x8").unwrap()) else { panic!() };
    assert_eq!((stock, fits.is_some()), ("3x8", true));
    let line = line.unwrap();
    assert!(
        ["Produk", "Asal", "(01)", "(10)", "Pindai", "Baik", "Panen"].iter().any(|word| line.starts_with(word)),
        "{line}"
    );
    assert!(place(&long, Stock::named(fits.unwrap()).unwrap()).is_ok());
    // bars of a carton are 87 mm wide and 31.75 mm high at least
    for small in ["2x7", "3x8", "58mm", "letter-2x5"] {
        let refused = place(&carton(), Stock::named(small).unwrap()).unwrap_err();
        assert!(matches!(refused, LabelError::NoRoom { fits: Some("2x4"), .. }), "{refused}");
    }
    let words = Label { heading: Some(field("", "กล้วย")), ..label() };
    assert!(place(&words, STOCKS.first().unwrap()).unwrap_err().to_string().contains("U+0E01"));
}

/// Position and size that the page has in a PDF, in points.
fn media_box(pdf: &[u8]) -> Vec<f64> {
    let text = String::from_utf8_lossy(pdf);
    let (_, rest) = text.split_once("/MediaBox").unwrap();
    let numbers = rest.trim_start_matches([' ', '[']).split(']').next().unwrap();
    numbers.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn pdf_has_the_true_size_and_the_same_bytes_each_time() {
    for stock in STOCKS {
        let page = sheet(&label(), stock, stock.capacity(), true, "id").unwrap();
        let pdf = pdf::page(&page).unwrap();
        assert!(pdf.starts_with(b"%PDF-1."));
        let size = media_box(&pdf);
        let millimetres = [size[2] * 25.4 / 72.0, size[3] * 25.4 / 72.0];
        assert!((millimetres[0] - page.size.0).abs() < 0.01 && (millimetres[1] - page.size.1).abs() < 0.01, "{size:?}");
        assert_eq!(pdf, super::pdf::page(&page).unwrap());
        let module = place(&label(), stock).unwrap().module;
        assert!((MODULE.0..=MODULE.2).contains(&module), "{module}");
    }
}

/// Where a code is, with its white.
fn code_of(shape: &Shape) -> Option<super::drawing::Rect> {
    let Shape::Fill(rects) = shape else { return None };
    let edge = |of: fn(&super::drawing::Rect) -> f64, most: bool| {
        rects.iter().map(of).fold(if most { f64::MIN } else { f64::MAX }, if most { f64::max } else { f64::min })
    };
    let (left, top) = (edge(|r| r.x, false), edge(|r| r.y, false));
    let (width, height) = (edge(|r| r.x + r.width, true) - left, edge(|r| r.y + r.height, true) - top);
    let white = 2.0;
    let rect = super::drawing::Rect::new(left - white, top - white, width + 2.0 * white, height + 2.0 * white);
    (rects.len() > 40 && (width - height).abs() < 0.01 && width < 40.0).then_some(rect)
}

#[test]
fn test_page_fits_every_stock_and_its_codes_can_be_scanned() {
    let words = ["Cetak dengan ukuran 100 %".to_owned()];
    for stock in STOCKS {
        let page = test_page(stock, &words, "id").unwrap();
        for run in runs(&page.once) {
            assert!(run.x >= 0.0 && run.x + run.width() <= page.size.0 && run.y <= page.size.1, "{}", run.text());
        }
        // each code is a path of many rectangles, as wide as high; the last two are the rulers and the corners
        let pixels = drawn(&page, 300.0, 0.0, 0.0);
        let read: Vec<String> = page
            .once
            .shapes
            .iter()
            .filter_map(code_of)
            .flat_map(|rect| scanned(&cut(&pixels, 300.0, (rect.x, rect.y), (rect.width, rect.height))))
            .collect();
        assert_eq!(read, ["0.396 mm", "0.495 mm", "0.743 mm", "0.990 mm"], "{}", stock.name);
        pdf::page(&page).unwrap();
    }
}

/// Left, top, right and bottom of the ink of a run.
fn ink(run: &Run) -> [f64; 4] {
    let above = run.glyphs.iter().map(|glyph| glyph.above).fold(f64::MIN, f64::max) * run.size;
    let below = run.glyphs.iter().map(|glyph| glyph.below).fold(f64::MIN, f64::max) * run.size;
    [run.x, run.y - above, run.x + run.width(), run.y + below]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zÀ-žẠ-ỹ0-9 ,.()-]{0,60}",
        "[一-丁产品批次收获野生锯缘青蟹，（）A-Z0-9 ]{0,30}"
            .prop_filter("in the font", |text| super::font::glyphs(text, true).is_ok()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_leaves_its_label_or_covers_another(
        heading in text(),
        values in proptest::collection::vec(("[A-Z][a-z ]{0,20}:", text()), 0..6),
        mark in proptest::option::of(text()),
        on_carton in any::<bool>(),
        stock in 0..STOCKS.len(),
    ) {
        let stock = &STOCKS[stock];
        let base = if on_carton { carton() } else { label() };
        let fields = values.iter().map(|(title, value)| field(title, value)).collect();
        let label = Label { heading: Some(field("Produk:", &heading)), fields, mark, ..base };
        let placed = match place(&label, stock) {
            Ok(placed) => placed,
            Err(LabelError::NoRoom { .. }) => return Ok(()),
            Err(error) => panic!("{error}"),
        };
        prop_assert!(placed.size >= SMALLEST - 1e-9);
        prop_assert!((MODULE.0 - 1e-9..=MODULE.2 + 1e-9).contains(&placed.module));
        let drawing = &placed.drawing;
        let runs: Vec<&Run> = runs(drawing).collect();
        let edge = 1e-6;
        for (i, run) in runs.iter().enumerate() {
            let [left, top, right, bottom] = ink(run);
            let margin = stock.margin - edge;
            prop_assert!(left >= margin && right <= drawing.width - margin, "{} on {}", run.text(), stock.name);
            prop_assert!(top >= margin - 0.3 * run.size && bottom <= drawing.height - margin + 0.3 * run.size, "{}", run.text());
            prop_assert!(top >= 0.0 && bottom <= drawing.height);
            for other in &runs[i + 1..] {
                let [l, t, r, b] = ink(other);
                let apart = right <= l + edge || r <= left + edge || bottom <= t + edge || b <= top + edge;
                prop_assert!(apart, "{} and {} on {}", run.text(), other.text(), stock.name);
            }
            for shape in &drawing.shapes {
                if let Shape::Fill(rects) = shape && !run.inverse {
                    let covers = |rect: &&super::drawing::Rect| {
                        left < rect.x + rect.width - edge && rect.x + edge < right && top < rect.y + rect.height - edge && rect.y + edge < bottom
                    };
                    prop_assert!(!rects.iter().any(|rect| covers(&rect)), "{} on a code or band", run.text());
                }
            }
        }
        // every word is there, in its order
        let drawn: String = runs.iter().map(|run| run.text()).collect::<String>().replace([' ', '\u{a0}'], "");
        let wanted: String = values.iter().map(|(_, value)| value.replace([' ', '\u{a0}'], "")).collect::<Vec<_>>().join("\n");
        for value in wanted.lines() {
            prop_assert!(drawn.contains(value), "{value} in {drawn}");
        }
    }
}

/// Writes every stock for the eyes: `JEJAK_DRAW=DIR cargo nextest run -E 'test(draw_every_stock)' --run-ignored only`.
#[test]
#[ignore = "writes pictures to JEJAK_DRAW"]
fn draw_every_stock() {
    let Ok(dir) = std::env::var("JEJAK_DRAW") else { return };
    let write = |name: String, page: &Page| {
        std::fs::write(format!("{dir}/{name}.pdf"), pdf::page(page).unwrap()).unwrap();
        std::fs::write(format!("{dir}/{name}.svg"), svg::page(page)).unwrap();
    };
    for stock in STOCKS {
        write(format!("{}-pack", stock.name), &sheet(&label(), stock, stock.capacity(), true, "id").unwrap());
        if let Ok(page) = sheet(&carton(), stock, stock.capacity(), true, "id") {
            write(format!("{}-carton", stock.name), &page);
        }
        write(format!("{}-test", stock.name), &page::test_page(stock, &["Halaman uji".into()], "id").unwrap());
        let _ = layout::place(&label(), stock);
    }
}
