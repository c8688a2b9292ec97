//! Printed labels: what `jejak label` takes of a node and what it refuses; and how programs of others see the PDF. Poppler draws it at 150
//! dpi, ZBar reads the codes.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::command::{code, jejak, ok, stderr};
use crate::common::http::{COSE, Node};
use crate::common::village::{GTIN, admitted, enrol_village, harvest, lot_uri, with};
use jejak::label::{Field, Label, LabelError, STOCKS, Stock, pdf, sheet};
use serde_json::json;

const LINK: &str = "https://jejak.example/01/09521321001022/10/NILAM-2611-03";
const SSCC: &str = "095213210000000018";

#[test]
fn label_command_prints_what_the_node_knows_and_nothing_of_recalled_goods() {
    let node = Node::start(|_| {});
    let mut village = enrol_village(&node);
    admitted(&node.post(COSE, &village.event(&lot_uri("L1"), harvest("L1").to_string().as_bytes())));
    let container = format!("https://id.gs1.org/00/{SSCC}");
    let packed = with(
        &harvest("L1"),
        json!({
            "type": "AggregationEvent", "bizStep": "packing", "disposition": "in_progress", "ilmd": null, "jejak:mode": null,
            "quantityList": null, "parentID": container,
            "childQuantityList": [{ "epcClass": lot_uri("L1"), "quantity": 1, "uom": "KGM" }],
        }),
    );
    admitted(&node.post(COSE, &village.event(&container, packed.to_string().as_bytes())));
    let dir = tempfile::tempdir().unwrap();
    let address = format!("http://{}", node.addr);
    let url = ["--url", "https://ledger.example", "--format", "sheet", "--lang", "en", "--node"];
    let label = |code: &str, node: &str, more: &[&str]| {
        jejak(dir.path(), &[&["label", code], &url[..], &[node], more].concat())
    };
    let lot = format!("(01){GTIN}(10)L1");
    let carton = format!("(00){SSCC}");
    let printed = label(&lot, &address, &["--line", "Ibu Sari, +62 812 3456"]);
    let page = ok(&printed);
    for word in ["Lot: L1", "Harvested: ", "From: ", "(10) L1", "Ibu Sari"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!stderr(&printed).contains("warning"), "{}", stderr(&printed));
    let page = ok(&label(&carton, &address, &[]));
    assert!(
        page.contains(", 1\u{a0}kg") && page.contains("Lot: L1") && page.contains(&format!("(00) {SSCC}")),
        "{page}"
    );
    let sheet = format!("/labels/00/{SSCC}/sheet.svg?lang=en");
    assert!(node.get(&sheet, &[]).text().contains(", 1\u{a0}kg"));
    // printed in advance, or without a network
    let unknown = label(&format!("(01){GTIN}(10)L2"), &address, &[]);
    assert_eq!(code(&unknown), 4);
    assert!(stderr(&unknown).contains("--offline"), "{}", stderr(&unknown));
    for (node, more) in [("http://127.0.0.1:9", &[][..]), (&address, &["--offline"][..])] {
        let unchecked = label(&lot, node, more);
        ok(&unchecked);
        assert!(stderr(&unchecked).contains("not checked whether"), "{}", stderr(&unchecked));
    }
    let recall = with(
        &harvest("L1"),
        json!({
            "action": "OBSERVE", "bizStep": "holding", "disposition": "recalled", "ilmd": null, "jejak:mode": null,
            "quantityList": [{ "epcClass": lot_uri("L1") }], "persistentDisposition": { "set": ["recalled"] },
            "jejak:reason": "adulteration-suspected",
        }),
    );
    admitted(&node.post(COSE, &village.event(&lot_uri("L1"), recall.to_string().as_bytes())));
    for goods in [&lot, &carton] {
        let refused = label(goods, &address, &[]);
        assert_eq!(code(&refused), 5, "{}", stderr(&refused));
        assert!(refused.stdout.is_empty() && stderr(&refused).contains("--force"), "{}", stderr(&refused));
        let forced = label(goods, &address, &["--force"]);
        assert!(ok(&forced).contains("Recalled") && stderr(&forced).contains("recalled"), "{}", stderr(&forced));
    }
    node.get(&sheet, &[]).problem(409, "goods-stopped");
    assert!(node.get(&format!("{sheet}&force=true"), &[]).text().contains("已召回"));
    node.stop();
}

fn field(title: &str, value: &str) -> Field {
    Field { title: title.into(), value: value.into() }
}

fn label() -> Label {
    Label {
        link: LINK.into(),
        heading: Some(field("Produk:", "Minyak nilam Aceh")),
        fields: vec![field("Lot:", "NILAM-2611-03"), field("产品：", "广藿香油")],
        hri: vec!["(01) 09521321001022".into(), "(10) NILAM-2611-03".into()],
        scan: Some("Pindai saya".into()),
        ..Label::default()
    }
}

fn run(dir: &Path, program: &str, args: &[&str]) -> Output {
    let output = Command::new(program).args(args).current_dir(dir).output();
    let output = output.unwrap_or_else(|e| panic!("{program} is installed: {e}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A grey picture (PGM, as `pdftoppm -gray` writes it).
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    fn read(bytes: &[u8]) -> Grey {
        let mut at = 0;
        let mut words = (0..4).map(|_| {
            let end = at + bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap();
            let word = std::str::from_utf8(&bytes[at..end]).unwrap().to_owned();
            at = end + 1;
            word
        });
        assert_eq!(words.next().unwrap(), "P5");
        let [width, height, most]: [usize; 3] = [(); 3].map(|()| words.next().unwrap().parse().unwrap());
        assert_eq!(most, 255);
        Grey { width, height, pixels: bytes[at..].to_vec() }
    }

    fn at(&self, x: f64, y: f64) -> u8 {
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        if inside { self.pixels[y as usize * self.width + x as usize] } else { 255 }
    }

    /// Turned about its middle, on white.
    fn turned(&self, degrees: f64) -> Grey {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (self.width as f64, self.height as f64);
        let side = width.hypot(height).ceil();
        let pixels = (0..(side * side) as usize).map(|i| {
            let (x, y) = ((i % side as usize) as f64 - side / 2.0, (i / side as usize) as f64 - side / 2.0);
            self.at(x * cos + y * sin + width / 2.0, y * cos - x * sin + height / 2.0)
        });
        Grey { width: side as usize, height: side as usize, pixels: pixels.collect() }
    }

    fn write(&self, file: &Path) {
        let mut bytes = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        bytes.extend_from_slice(&self.pixels);
        std::fs::write(file, bytes).unwrap();
    }
}

/// What ZBar reads in a picture, sorted, each once.
fn read(dir: &Path, file: &str) -> Vec<String> {
    let output = run(dir, "zbarimg", &["--quiet", "--nodbus", file]);
    let mut lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    lines
}

#[test]
#[ignore = "needs poppler-utils and zbar-tools, which scripts/test.sh installs"]
fn zbar_reads_the_pdf_of_each_stock_upright_and_turned() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let carton =
        Label { link: format!("https://jejak.example/00/{SSCC}"), sscc: Some(SSCC.parse().unwrap()), ..label() };
    let mut cartons = 0;
    for (label, stock) in STOCKS.iter().flat_map(|stock| [(label(), stock), (carton.clone(), stock)]) {
        let page = match sheet(&label, stock, 1, true, "id") {
            Ok(page) => page,
            Err(LabelError::NoRoom { .. }) if label.sscc.is_some() => continue,
            Err(error) => panic!("{}: {error}", stock.name),
        };
        std::fs::write(dir.join("label.pdf"), pdf::page(&page).unwrap()).unwrap();
        let mut expected = vec![format!("QR-Code:{}", label.link)];
        if label.sscc.is_some() {
            expected.insert(0, format!("CODE-128:00{SSCC}"));
            cartons += 1;
        }
        run(dir, "pdftoppm", &["-r", "150", "-gray", "-singlefile", "label.pdf", "page"]);
        let upright = Grey::read(&std::fs::read(dir.join("page.pgm")).unwrap());
        let pixels = [page.size.0, page.size.1].map(|mm| mm * 150.0 / 25.4);
        assert!((upright.width as f64 - pixels[0]).abs() <= 1.0 && (upright.height as f64 - pixels[1]).abs() <= 1.0);
        for degrees in [0.0, 90.0, 7.0] {
            upright.turned(degrees).write(&dir.join("turned.pgm"));
            assert_eq!(read(dir, "turned.pgm"), expected, "{} turned by {degrees}", stock.name);
        }
    }
    assert!(cartons >= 4, "{cartons}");

    // a long address on a small label, with a scratch: a module is less than 3 pixels
    let small = Label { link: format!("{LINK}?x={}", "w".repeat(130)), fields: Vec::new(), ..label() };
    let stock = Stock::named("3x8").unwrap();
    std::fs::write(dir.join("label.pdf"), pdf::page(&sheet(&small, stock, 1, false, "id").unwrap()).unwrap()).unwrap();
    run(dir, "pdftoppm", &["-r", "150", "-gray", "-singlefile", "label.pdf", "page"]);
    let mut picture = Grey::read(&std::fs::read(dir.join("page.pgm")).unwrap());
    let pixel = |mm: f64| (mm * 150.0 / 25.4) as usize;
    for x in pixel(stock.left + 15.0)..pixel(stock.left + 25.0) {
        picture.pixels[pixel(stock.top + 20.0) * picture.width + x] = 255;
    }
    for degrees in [0.0, 90.0] {
        picture.turned(degrees).write(&dir.join("turned.pgm"));
        assert_eq!(read(dir, "turned.pgm"), [format!("QR-Code:{}", small.link)], "turned by {degrees}");
    }
}

#[test]
#[ignore = "needs poppler-utils and zbar-tools, which scripts/test.sh installs"]
fn fonts_of_the_pdf_are_embedded_and_its_text_can_be_copied() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let page = sheet(&label(), &STOCKS[0], STOCKS[0].capacity(), false, "id").unwrap();
    std::fs::write(dir.join("label.pdf"), pdf::page(&page).unwrap()).unwrap();
    let fonts = String::from_utf8(run(dir, "pdffonts", &["label.pdf"]).stdout).unwrap();
    let listed: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(listed.len(), 3, "{fonts}");
    assert!(listed.iter().all(|font| font.contains("TrueType") && font.contains("yes yes yes")), "{fonts}");
    let text = String::from_utf8(run(dir, "pdftotext", &["label.pdf", "-"]).stdout).unwrap();
    assert_eq!(text.matches("Minyak nilam").count(), STOCKS[0].capacity(), "{text}");
    assert!(text.contains("广藿香油") && text.contains("(10) NILAM-2611-03"), "{text}");
}
