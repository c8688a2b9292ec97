//! Vectors for the pure modules of the app: what the program reads of texts, numbers, plans and keys, written below the folder of build
//! artefacts for `tests/browser/app-*.test.mjs`, which read the same with JavaScript. The same seed gives the same vectors.

use std::path::Path;

use jejak::gs1::ai::{self, Ai, Set};
use jejak::gs1::check;
use jejak::gs1::scan;
use jejak::gs1::{LinkError, PrimaryKey};
use serde_json::{Value, json};

/// A generator of numbers (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    pub fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    pub fn of(&mut self, letters: &str, length: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    pub fn digits(&mut self, length: usize) -> String {
        self.of("0123456789", length)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Writes vectors for the tests of the app.
pub fn write(name: &str, vectors: &Value) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("app-vectors");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(name), serde_json::to_vec(vectors).unwrap()).unwrap();
}

const DIGITS: &str = "0123456789";
const CSET82: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const PLAIN: &str = "ABCDEFGHKLMNPRSTUVWXYZ0123456789-._";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ODD: &[&str] = &[
    "é", "٣", "１", "（", "）", "\u{a0}", "\u{200b}", "中文", "𝟙", "%zz", "%C3%A9", "%FF", "+", "İ", "\u{feff}",
    "\u{85}",
];
const FNC1: &[&str] = &["\u{1d}", "<GS>", "{fnc1}", "^]", "^", "~1", "\\x1D", "&#29;", "\u{241d}", "\u{2194}", "\\F"];

/// A number of so many digits with its check digit, which is wrong now and then.
fn checked(dice: &mut Dice, width: usize) -> String {
    let body = format!("{}{}", dice.one(&["952132", "0952132", "8", "0", "00000"]), dice.digits(width));
    let body = &body[..width - 1];
    let right = check::digit(body).unwrap();
    let last = if dice.chance(12) { u8::try_from(dice.below(10)).unwrap() } else { right };
    format!("{body}{last}")
}

/// A value of an identifier; mostly one that it accepts.
fn value_of(dice: &mut Dice, ai: &Ai) -> String {
    for _ in 0..40 {
        let mut value = String::new();
        for part in &ai.components {
            if part.optional && dice.chance(50) {
                break;
            }
            let length = part.least + dice.below(part.most - part.least + 1);
            let letters = match part.set {
                Set::Digits => DIGITS,
                Set::Cset82 if dice.chance(70) => PLAIN,
                Set::Cset82 => CSET82,
                Set::Cset39 => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ#-/",
                Set::Base64 => BASE64,
            };
            let text = match (part.set, length) {
                (Set::Digits, 6) if dice.chance(80) => {
                    format!("{}{:02}{:02}", dice.digits(2), dice.below(14), dice.below(33))
                }
                (Set::Digits, 13 | 14 | 17 | 18) => checked(dice, length),
                _ => dice.of(letters, length),
            };
            value.push_str(&text);
        }
        if ai.accepts(&value) || dice.chance(3) {
            return value;
        }
    }
    dice.digits(ai.most().min(6))
}

fn any_ai(dice: &mut Dice) -> &'static Ai {
    let common = [
        "01", "10", "21", "17", "00", "02", "37", "3103", "414", "417", "8006", "22", "235", "7040", "254", "410",
        "240",
    ];
    match dice.chance(65) {
        true => ai::find(dice.one(&common)).unwrap(),
        false => &ai::table()[dice.below(ai::table().len())],
    }
}

/// An element string, as scanners and people send it.
fn elements(dice: &mut Dice) -> String {
    let bracketed = dice.below(3);
    let fnc1 = dice.one(FNC1);
    let mut out = String::new();
    if dice.chance(35) {
        out.push_str(dice.one(&["]C1", "]d2", "]Q3", "]e0", "]J1", "]C0", "]E0", "]E3", "]x", "]d2 "]));
    }
    if dice.chance(15) {
        out.push_str(fnc1);
    }
    let lost = dice.chance(40);
    for at in 0..1 + dice.below(4) {
        let known = if at == 0 && dice.chance(60) { ai::find("01").unwrap() } else { any_ai(dice) };
        let mut value = match (known.code.as_str(), dice.below(10)) {
            ("01" | "02", 0) => checked(dice, 13),
            ("01" | "02", 1) => checked(dice, 12),
            ("01" | "02", 2) => checked(dice, 8),
            _ => value_of(dice, known),
        };
        if dice.chance(4) {
            value.insert_str(0, dice.one(ODD));
        }
        let (open, close) = if bracketed == 0 || (bracketed == 1 && dice.chance(50)) { ("(", ")") } else { ("", "") };
        let space = if dice.chance(10) { " " } else { "" };
        out.push_str(&format!("{open}{}{close}{space}{value}{space}", known.code));
        if open.is_empty() && known.fnc1 && !lost {
            out.push_str(fnc1);
        }
    }
    out
}

/// Packs elements as bits in base64url, as the toolkit of GS1 does without optimisations.
fn packed(dice: &mut Dice, elements: &[(&str, String)]) -> String {
    let mut bits = String::new();
    for (code, value) in elements {
        for digit in code.bytes() {
            bits.push_str(&format!("{:04b}", digit - b'0'));
        }
        let ai = ai::find(code).unwrap();
        let text = ai.components[0].set != Set::Digits;
        if text {
            let digits = value.bytes().all(|b| b.is_ascii_digit());
            let base64 = value.chars().all(|c| BASE64.contains(c));
            let encoding = if digits {
                0
            } else if base64 {
                3
            } else {
                4
            };
            bits.push_str(&format!("{encoding:03b}"));
            bits.push_str(&format!("{:05b}", value.len()));
            match encoding {
                0 => push_number(&mut bits, value),
                3 => value.chars().for_each(|c| bits.push_str(&format!("{:06b}", BASE64.find(c).unwrap()))),
                _ => value.bytes().for_each(|b| bits.push_str(&format!("{b:07b}"))),
            }
        } else {
            push_number(&mut bits, value);
        }
    }
    while !bits.len().is_multiple_of(6) {
        bits.push('0');
    }
    let letter = |at: usize| BASE64.as_bytes()[usize::from_str_radix(&bits[at..at + 6], 2).unwrap()];
    let mut out: Vec<u8> = (0..bits.len()).step_by(6).map(letter).collect();
    if dice.chance(10) {
        let at = dice.below(out.len());
        out[at] = BASE64.as_bytes()[dice.below(64)];
    }
    String::from_utf8(out).unwrap()
}

fn push_number(bits: &mut String, digits: &str) {
    let width = (digits.len() * 3_321_928_095 + 10_000_000).div_ceil(1_000_000_000);
    bits.push_str(&format!("{:0width$b}", digits.parse::<u128>().unwrap_or_default()));
}

/// Links of the GS1 Digital Link toolkit, as `src/gs1/compressed/tests.rs` has them.
const LINKS: &[&str] = &[
    "AQnYUc1gmiCNV4JG",
    "DBHKVAdpQgqrgw",
    "CxFRtemAbtoIBQCn23Wuv2mw",
    "ARFRtemAbiDaCAUAp9t1rr9ps",
    "CxFRtemAbtoIBQCn23Wuv2mxCxJag",
    "CxFRtemAbsrbUjVw",
    "CxFRtemAbpG9W33e",
    "ARFRtemAbiBRvVt93g",
    "CxFRtemAbwsFfCV4w",
    "ARFRtemAbg",
    "CxFRtemAbsReouhG_g",
    "GhFRtemAbsReqEb-xJeg",
    "LRFRtemAbgAYY",
    "PRFRtemAbgAYYuhG_g",
    "ChFRtemAboRU",
    "QUio2vS8tQ",
    "nWYYBMT7WKja9Ly1",
    "DhFRtemAbk3aWckIMResiwLI",
    "CxFRtemAbsReouhG_-DutmYLHU",
    "01/09521321001015/EG0EAoBT7brXX7TY",
    "01/09521321001015/EGIvUXQjfw",
    "AndroidManifest",
    "WordPress-Login",
];

fn link(dice: &mut Dice) -> String {
    let mut out = dice
        .one(&[
            "https://x.example/",
            "HTTP://X.EXAMPLE/",
            "x.example/",
            "/",
            "",
            "https://x.example/a/b/",
            "http://[::1]:80/",
        ])
        .to_owned();
    match dice.below(4) {
        0 => out.push_str(dice.one(LINKS)),
        1 => {
            let gtin = checked(dice, 14);
            let length = 1 + dice.below(20);
            let letters = dice.one(&[PLAIN, DIGITS, "abcdef0123456789", CSET82]);
            let lot = dice.of(letters, length);
            let mut all = vec![("01", gtin), ("10", lot)];
            if dice.chance(40) {
                all.push(("17", format!("{}{:02}{:02}", dice.digits(2), 1 + dice.below(12), dice.below(29))));
            }
            if dice.chance(20) {
                all.remove(0);
                out.push_str(&format!("01/{}/", checked(dice, 14)));
            }
            out.push_str(&packed(dice, &all));
        }
        _ => {
            for at in 0..1 + dice.below(3) {
                let known = if at == 0 && dice.chance(70) { ai::find("01").unwrap() } else { any_ai(dice) };
                let value =
                    if known.code == "01" && dice.chance(20) { checked(dice, 13) } else { value_of(dice, known) };
                out.push_str(&format!("{}/{}/", known.code, jejak::gs1::link::encode_component(&value)));
            }
            if dice.chance(80) {
                out.pop();
            }
        }
    }
    for at in 0..dice.below(4) {
        out.push(if at == 0 { '?' } else { '&' });
        let (name, value) = match dice.below(5) {
            0 => ("linkType".to_owned(), "all".to_owned()),
            1 => (dice.digits(2), dice.one(ODD).to_owned()),
            _ => {
                let known = any_ai(dice);
                (known.code.clone(), value_of(dice, known))
            }
        };
        let value = if dice.chance(80) { jejak::gs1::link::encode_component(&value) } else { value };
        out.push_str(&format!("{name}={value}"));
    }
    if dice.chance(10) {
        out.push_str("#top");
    }
    out
}

/// Pieces of everything, as proptest would throw them.
fn rubble(dice: &mut Dice) -> String {
    let mut out = String::new();
    for _ in 0..dice.below(12) {
        match dice.below(12) {
            0 => out.push_str("01"),
            1 => out.push_str("09521321001015"),
            2 => out.push_str("10"),
            3 => out.push('('),
            4 => out.push(')'),
            5 => out.push_str("]C1"),
            6 => out.push_str(dice.one(FNC1)),
            7 => out.push_str("https://x.example/01/"),
            8 => out.push_str(dice.one(ODD)),
            9 => {
                let length = 1 + dice.below(8);
                out.push_str(&dice.digits(length));
            }
            10 => out.push_str(dice.one(&["GTIN ", " lot ", "batch no. ", "SSCC:", ", ", "#", "批号 ", "=", "\r\n"])),
            _ => {
                let length = 1 + dice.below(6);
                out.push_str(&dice.of(CSET82, length));
            }
        }
    }
    out
}

fn number(dice: &mut Dice) -> String {
    let width = [8, 12, 13, 14, 18, 7, 15][dice.below(7)];
    let number = checked(dice, width);
    let number = if dice.chance(15) { format!("00{number}") } else { number };
    let before = dice.one(&["", "", "", "GTIN ", "]E0", "]E3", "]E4", "(01)", "(00)", "(414)", "01", "EAN: "]);
    let after = dice.one(&["", "", "", " A-7", "(10)A-7", ", lot B 2", "10A-7", "12", "\r\n"]);
    format!("{before}{number}{after}")
}

/// The code of an error, and what it names: one for each variant.
fn error(error: &LinkError) -> Value {
    match error {
        LinkError::NotUri => json!({ "code": "not-uri" }),
        LinkError::NoKey => json!({ "code": "no-key" }),
        LinkError::Unsupported(ai) => json!({ "code": "unsupported", "ai": ai }),
        LinkError::Misplaced(ai) => json!({ "code": "misplaced", "ai": ai }),
        LinkError::CheckDigit { ai, value, right } => {
            json!({ "code": "check-digit", "ai": ai, "value": value, "right": right })
        }
        LinkError::Value { ai, value } => json!({ "code": "value", "ai": ai, "value": value }),
        LinkError::Twice(ai) => json!({ "code": "twice", "ai": ai }),
        LinkError::Pairing(ai) => json!({ "code": "pairing", "ai": ai }),
        LinkError::Escape => json!({ "code": "escape" }),
        LinkError::Compressed => json!({ "code": "compressed" }),
        LinkError::ShortGtin(value) => json!({ "code": "short-gtin", "value": value }),
    }
}

fn key(key: &PrimaryKey) -> Value {
    match key {
        PrimaryKey::Gtin(gtin) => json!({ "kind": "gtin", "gtin": gtin }),
        PrimaryKey::Lot(id) => json!({ "kind": "lot", "gtin": id.gtin, "lot": id.lot }),
        PrimaryKey::Item(id, serial) => json!({ "kind": "item", "gtin": id.gtin, "lot": id.lot, "serial": serial }),
        PrimaryKey::Serial(gtin, serial) => json!({ "kind": "serial", "gtin": gtin, "serial": serial }),
        PrimaryKey::Sscc(sscc) => json!({ "kind": "sscc", "sscc": sscc }),
        PrimaryKey::Place(gln) => json!({ "kind": "place", "gln": gln }),
        PrimaryKey::Party(gln) => json!({ "kind": "party", "gln": gln }),
    }
}

/// What the program reads of a text.
fn scanned(text: &str) -> Value {
    let scan = scan::read(text);
    let readings: Vec<Value> = scan
        .readings
        .iter()
        .map(|reading| {
            json!({
                "key": key(&reading.key), "path": reading.key.path(), "address": reading.address(),
                "beside": reading.beside, "unread": reading.unread,
            })
        })
        .collect();
    json!({ "text": text, "readings": readings, "certain": scan.certain, "error": scan.error.as_ref().map(error), "lot": scan.lot })
}

#[test]
fn texts_that_are_scanned_are_written_for_the_app() {
    let mut dice = Dice(1);
    let makers: [fn(&mut Dice) -> String; 4] = [elements, link, rubble, number];
    let mut all: Vec<Value> = (0..8_000).map(|at| scanned(&makers[at % makers.len()](&mut dice))).collect();
    // each identifier alone and in a link, and texts of more than the most characters
    for known in ai::table() {
        let value = value_of(&mut dice, known);
        all.push(scanned(&format!("({}){value}", known.code)));
        all.push(scanned(&format!("]d201095213210010151 0A-7\u{1d}{}{value}", known.code)));
        all.push(scanned(&format!("https://x.example/01/09521321001015?{}={value}", known.code)));
    }
    for length in [1_999, 2_000, 2_001] {
        all.push(scanned(&format!("]C110{}", "A".repeat(length - 5))));
        all.push(scanned(&format!("é{}", "1".repeat(length - 2))));
    }
    let read = all.iter().filter(|one| one["readings"].as_array().is_some_and(|list| !list.is_empty())).count();
    let codes: std::collections::BTreeSet<_> = all.iter().filter_map(|one| one["error"]["code"].as_str()).collect();
    assert!(read > 2_500 && codes.len() >= 9, "{read} of {} read, errors {codes:?}", all.len());
    let open = all.iter().filter(|one| one["readings"].as_array().is_some_and(|list| list.len() > 1)).count();
    assert!(open > 300, "{open} with several readings");
    write("scan.json", &Value::Array(all));
}

/// The table of the app is the dictionary without remarks, titles and spaces. `JEJAK_WRITE_TABLE=1` writes it anew.
#[test]
fn dictionary_of_the_app_is_that_of_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dictionary = std::fs::read_to_string(root.join("src/gs1/dictionary/gs1-syntax-dictionary.txt")).unwrap();
    let entries = dictionary.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let entry =
        |line: &str| line.split('#').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let table: Vec<String> = entries.map(entry).collect();
    let file = root.join("web/static/app/scan/table.js");
    let held = std::fs::read_to_string(&file).unwrap();
    let (head, _) = held.split_once("export default `\n").unwrap();
    let wanted = format!("{head}export default `\n{}\n`;\n", table.join("\n"));
    if std::env::var_os("JEJAK_WRITE_TABLE").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    assert_eq!(held, wanted, "JEJAK_WRITE_TABLE=1 writes it anew");
    let release = dictionary.lines().find_map(|line| line.strip_prefix("# Release: ")).unwrap();
    assert!(head.contains(&format!("release {release}")), "{release}");
}
