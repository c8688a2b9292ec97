//! What scanners send and people type of a GS1 code, read as far as it can be: a Digital Link, an element string with or without
//! brackets, FNC1 and symbology identifier, or the bare number of an EAN, UPC, ITF-14 or SSCC symbol.
//!
//! Many scanners leave FNC1 out. Then a value of variable length may end in several places, and each [`Reading`] is one of them: who
//! knows the ledger takes the one that exists. Identifiers that can't be read are left unread by name, and hide nothing that can. What
//! it is not: the strict parser of `super::element`.

use super::ai::{self, Ai};
use super::check;
use super::element::Elements;
use super::keys::{Gln, Gtin, Lot, LotId};
use super::link::{DigitalLink, LinkError, PrimaryKey, check_value, encode_component, is_gtin, no_object, padded_gtin};
use super::percent::decode_component;

/// FNC1 as it is sent: ASCII 29.
const FNC1: char = '\u{1d}';
/// How it is written where that character can't be sent: by scanners, keyboards, terminals and label programs. Case is ignored.
const SPELT: &[&str] = &[
    "<gs>", "{gs}", "[gs]", "<fnc1>", "{fnc1}", "[fnc1]", "^]", "~d029", "~1", "\\f", "\\x1d", "\\u001d", "\\029",
    "&#29;", "\u{241d}", "\u{2194}", "^",
];
/// Most characters that are read.
const MOST_TEXT: usize = 2_000;
/// Most readings of one text.
const MOST_READINGS: usize = 12;
/// Most ways to split a text that are compared.
const MOST_SPLITS: usize = 100;
/// Most values that are tried for the ends that FNC1 would have marked.
const MOST_TRIED: usize = 20_000;
/// Words that people write before a number, in lower case.
const LABELS: &[&str] = &[
    "gtin", "ean", "upc", "sscc", "gln", "lot", "batch", "bets", "no", "nr", "nomor", "number", "批次", "批号", "产品",
];

/// One thing that a text may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it names.
    pub key: PrimaryKey,
    /// Other identifiers, with values that are right.
    pub beside: Elements,
    /// Identifiers that could not be read: unknown, or with a value that they can't have.
    pub unread: Elements,
}

/// What a text may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The most likely first; at most a dozen.
    pub readings: Vec<Reading>,
    /// Whether it is a GS1 code by its form, rather than a number or word that happens to read as one.
    pub certain: bool,
    /// Why a number in it names nothing.
    pub error: Option<LinkError>,
    /// The lot number of a text that names no product, so that it is no reading.
    pub lot: Option<Lot>,
}

impl Reading {
    /// Path and query of the Digital Link that carries all of it. Qualifiers without an object stand in the path, where the standard
    /// has them (`/417/…/7040/…`); those that have no place in it stand in the query.
    pub fn address(&self) -> String {
        let qualified = self.qualified();
        let mut address = qualified.as_ref().map_or_else(|| self.key.path(), |link| link.uri(""));
        let in_path = |code: &str| qualified.as_ref().is_some_and(|link| link.get(code).is_some());
        let mut mark = '?';
        let item = !matches!(self.key, PrimaryKey::Sscc(_) | PrimaryKey::Place(_) | PrimaryKey::Party(_));
        for (code, value) in self.beside.iter().filter(|(code, _)| !in_path(code)).chain(&self.unread) {
            let part_of_key =
                item && matches!(code.as_str(), "01" | "10" | "21") || address.starts_with(&format!("/{code}/"));
            if !part_of_key && !code.is_empty() {
                address.push_str(&format!("{mark}{}={}", encode_component(code), encode_component(value)));
                mark = '&';
            }
        }
        address
    }

    /// The link of the key with the qualifiers beside it that this product has no object for, where they may stand together.
    fn qualified(&self) -> Option<DigitalLink> {
        let mut elements = DigitalLink::from_path_and_query(self.key.path().trim_start_matches('/'), "").ok()?.elements;
        let of_key = elements.len();
        // a part of a path that is dots only would be taken out of it on the way
        let stays = |value: &str| value.bytes().any(|b| b != b'.');
        elements.extend(self.beside.iter().filter(|(code, value)| no_object(code) && stays(value)).cloned());
        if elements.len() > of_key { DigitalLink::from_elements(elements).ok() } else { None }
    }
}

/// Reads a text.
pub fn read(text: &str) -> Scan {
    let text = plain(text);
    if text.len() > MOST_TEXT {
        return Scan::default();
    }
    let (symbology, rest) = symbology(&text);
    let mut scan = address(rest).unwrap_or_else(|| {
        let marked = with_fnc1(rest);
        let body = message(&marked);
        if body.starts_with('(') { bracketed(body) } else { unbracketed(body, symbology) }
    });
    scan.certain |= symbology.is_some();
    if scan.readings.is_empty() && !scan.certain {
        scan = labelled(rest).unwrap_or(scan);
    }
    let mut seen = Vec::new();
    scan.readings.retain(|reading| {
        let new = !seen.contains(&reading.key);
        seen.push(reading.key.clone());
        new
    });
    scan.readings.truncate(MOST_READINGS);
    scan
}

/// Without what surrounds it, and with full-width characters as they are in ASCII.
fn plain(text: &str) -> String {
    let narrow = |c: char| match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    };
    let around =
        |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2}' | '\u{3}' | '\u{4}' | '\u{1e}');
    text.chars().map(narrow).collect::<String>().trim_matches(around).to_owned()
}

/// The symbology identifier before the data (ISO/IEC 15424), and the rest.
fn symbology(text: &str) -> (Option<&str>, &str) {
    let bytes = text.as_bytes();
    match bytes {
        [b']', letter, modifier, ..] if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
            (text.get(1..3), text.get(3..).unwrap_or_default().trim_start())
        }
        _ => (None, text),
    }
}

/// With one character for FNC1, however it is spelt.
fn with_fnc1(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let spelt =
            SPELT.iter().find(|spelt| rest.get(..spelt.len()).is_some_and(|head| head.eq_ignore_ascii_case(spelt)));
        match spelt {
            Some(spelt) => {
                out.push(FNC1);
                rest = rest.get(spelt.len()..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// The data within an ISO/IEC 15434 envelope for GS1 identifiers, or the text as it is.
fn message(text: &str) -> &str {
    text.strip_prefix("[)>\u{1e}05").unwrap_or(text).trim()
}

/// What an address names, with any host. Schemes are read in any case. Without one it is an address only if it names something: a lot
/// number may hold slashes.
fn address(text: &str) -> Option<Scan> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let scheme =
        ["https://", "http://"].iter().find(|s| text.get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s)));
    let rest = scheme.map_or(Some(text.as_str()), |scheme| text.get(scheme.len()..))?;
    let whole = rest.split('#').next()?;
    let (host, rest) = whole.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let scan = of_link(path.trim_matches('/'), query);
    if scheme.is_some() || (is_host && scan.error.is_none()) {
        return Some(scan);
    }
    // the path alone, as it stands on some labels
    let path = whole.split_once('?').map_or(whole, |(path, _)| path);
    Some(of_link(path.trim_matches('/'), query)).filter(|scan| scan.error.is_none())
}

fn of_link(path: &str, query: &str) -> Scan {
    match DigitalLink::resolve(path, query) {
        Err(error) => Scan { certain: true, error: Some(error), ..Scan::default() },
        Ok(resolved) => {
            let unread = query.split('&').filter_map(|pair| pair.split_once('='));
            let unread = unread.filter(|(name, _)| resolved.ignored.iter().any(|ignored| ignored == name));
            let decoded = |value: &str| decode_component(value).unwrap_or_else(|| value.to_owned());
            let unread = unread.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
            let used = |code: &str| match &resolved.key {
                PrimaryKey::Lot(_) => matches!(code, "01" | "10"),
                PrimaryKey::Item(..) => matches!(code, "01" | "10" | "21"),
                PrimaryKey::Serial(..) => code == "21",
                _ => false,
            };
            let beside = resolved.link.elements.iter().skip(1).filter(|(code, _)| !used(code)).cloned().collect();
            Scan { readings: vec![Reading { key: resolved.key, beside, unread }], certain: true, ..Scan::default() }
        }
    }
}

/// What is gathered of an element string: what can be read, and what can't.
#[derive(Debug, Clone, Default)]
struct Gathered {
    elements: Elements,
    unread: Elements,
    error: Option<LinkError>,
}

impl Gathered {
    fn take(&mut self, known: &Ai, value: &str) {
        let element = (known.code.clone(), value.to_owned());
        match check_value(known, value) {
            Ok(()) => self.add(element),
            Err(error) => {
                self.unread.push(element);
                if names(&known.code) || matches!(error, LinkError::CheckDigit { .. }) {
                    self.error = self.error.take().or(Some(error));
                }
            }
        }
    }

    /// Adds an element whose value is right. A second value of the same identifier is left unread.
    fn add(&mut self, element: (String, String)) {
        if self.elements.iter().all(|(code, _)| *code != element.0) {
            self.elements.push(element);
        } else if !self.elements.contains(&element) {
            // an equal one may be read from two symbols of one item
            self.unread.push(element);
        }
    }

    /// Takes the elements of a part of the text, which are read already.
    fn join(&mut self, part: Gathered) {
        part.elements.into_iter().for_each(|element| self.add(element));
        self.unread.extend(part.unread);
        self.error = self.error.take().or(part.error);
    }

    /// As the answer to a text that is a GS1 code by its form.
    fn scan(self) -> Scan {
        let (error, lot) = (self.error.clone(), self.lot());
        let readings = self.readings();
        // a code whose product can't be read names one
        Scan { lot: lot.filter(|_| readings.is_empty() && error.is_none()), readings, certain: true, error }
    }

    /// The lot number in it.
    fn lot(&self) -> Option<Lot> {
        self.elements.iter().find(|(code, _)| code == "10").and_then(|(_, value)| value.parse().ok())
    }

    /// What it names.
    fn readings(self) -> Vec<Reading> {
        let get = |code: &str| self.elements.iter().find(|(known, _)| known == code).map(|(_, value)| value.as_str());
        let mut keys: Vec<(PrimaryKey, &[&str])> = Vec::new();
        for (code, used) in NAMING {
            let qualifier = |code: &str| used.contains(&code).then(|| get(code)).flatten();
            if let Some(value) = get(code)
                && let Ok(key) = PrimaryKey::of(code, value, qualifier("10"), qualifier("21"))
            {
                keys.push((key, *used));
            }
        }
        // a label of a place alone
        let place = self.elements.iter().find(|(code, _)| code.starts_with("41"));
        if let Some(gln) = place.and_then(|(_, value)| value.parse::<Gln>().ok()).filter(|_| keys.is_empty()) {
            keys.extend([(PrimaryKey::Party(gln), &[][..]), (PrimaryKey::Place(gln), &[][..])]);
        }
        keys.into_iter()
            .map(|(key, used)| Reading {
                key,
                beside: self.elements.iter().filter(|(code, _)| !used.contains(&code.as_str())).cloned().collect(),
                unread: self.unread.clone(),
            })
            .collect()
    }
}

/// The identifiers that say what a code is on, a container before what it holds, each with those that it is read with.
const NAMING: &[(&str, &[&str])] = &[
    ("00", &["00"]),
    ("01", &["01", "10", "21"]),
    ("8006", &["8006", "10", "21"]),
    ("02", &["02", "10"]),
    ("03", &["03", "10", "21"]),
    ("8026", &["8026", "10"]),
    ("414", &["414"]),
    ("417", &["417"]),
];

/// Whether an identifier says what the code is on.
fn names(code: &str) -> bool {
    NAMING.iter().any(|(known, _)| *known == code)
}

/// Identifiers in brackets. What stands before the first bracket is a number as it is printed, or elements without brackets.
fn bracketed(text: &str) -> Scan {
    let mut found = Gathered::default();
    let (before, mut rest) = text.split_at_checked(next_bracket(text).unwrap_or(0)).unwrap_or(("", text));
    let before: String = before.chars().filter(|c| *c != FNC1 && !c.is_whitespace()).collect();
    if !before.is_empty() {
        found.join(printed(&before).unwrap_or_else(|| gathered(&before, false)));
    }
    while let Some((code, tail)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        // a bracket may be part of a value: it ends where digits in brackets are an identifier
        let (value, after) = tail.split_at_checked(next_bracket(tail).unwrap_or(tail.len())).unwrap_or((tail, ""));
        let code = code.trim();
        let value = value.trim_matches(|c: char| c == FNC1 || c.is_whitespace());
        match ai::find(code) {
            Some(known) => {
                let value = spaced(known, value);
                // the next identifier may have no brackets
                let goes_on = |(_, more): &(String, &str)| more.is_empty() || ai::prefix_of(more).is_some();
                match fixed(known, &value).filter(goes_on) {
                    Some((value, more)) => {
                        found.take(known, &value);
                        if !more.is_empty() {
                            found.join(gathered(more, false));
                        }
                    }
                    None => found.take(known, padded_gtin(code, &value).as_deref().unwrap_or(&value)),
                }
            }
            None => found.unread.push((code.chars().take(8).collect(), value.to_owned())),
        }
        rest = after;
    }
    found.scan()
}

/// Where the next identifier in brackets begins.
fn next_bracket(text: &str) -> Option<usize> {
    text.match_indices('(').map(|(at, _)| at).find(|at| {
        let code = text.get(at + 1..).and_then(|rest| rest.split_once(')')).map_or("", |(code, _)| code.trim());
        (2..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The number of a product or container without its identifier.
fn printed(text: &str) -> Option<Gathered> {
    let code = code_of_number(text)?;
    let known = ai::find(code)?;
    let mut found = Gathered::default();
    found.take(known, &padded_gtin(code, text).unwrap_or_else(|| text.to_owned()));
    Some(found)
}

/// The identifier of a number that has as many digits as that of a container or product.
fn code_of_number(text: &str) -> Option<&'static str> {
    match text.len() {
        _ if !text.bytes().all(|b| b.is_ascii_digit()) => None,
        18 => Some("00"),
        8 | 12..=14 => Some("01"),
        _ => None,
    }
}

/// The value of fixed length that `text` begins with, of a GTIN also without the zeros before it, and what follows it.
fn fixed<'t>(known: &Ai, text: &'t str) -> Option<(String, &'t str)> {
    let whole = text.split_at_checked(known.fixed()?).filter(|(value, _)| known.accepts(value));
    if let Some((value, rest)) = whole {
        return Some((value.to_owned(), rest));
    }
    [13, 12, 8].iter().find_map(|digits| {
        let (value, rest) = text.split_at_checked(*digits)?;
        let value = padded_gtin(&known.code, value).filter(|value| known.accepts(value))?;
        let ends = rest.is_empty() || rest.starts_with(FNC1) || ai::prefix_of(rest).is_some();
        ends.then_some((value, rest))
    })
}

/// Numbers behind the words that people write before them, and a lot number behind that of its product: `GTIN 9521321001015, lot A-7`.
fn labelled(text: &str) -> Option<Scan> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '#' | '='));
    let is_label = |word: &&str| LABELS.contains(&word.trim_end_matches('.').to_lowercase().as_str());
    let (labels, numbers): (Vec<&str>, Vec<&str>) = words.filter(|word| !word.is_empty()).partition(is_label);
    let (first, rest) = numbers.split_first()?;
    if rest.is_empty() {
        return Some(number(first, None))
            .filter(|scan| !labels.is_empty() && (scan.error.is_some() || !scan.readings.is_empty()));
    }
    let gtin: Gtin = padded_gtin("01", first).as_deref().unwrap_or(first).parse().ok()?;
    let lot: Lot = rest.join("-").parse().ok()?;
    let key = PrimaryKey::Lot(LotId { gtin, lot });
    Some(Scan { readings: vec![Reading { key, beside: Vec::new(), unread: Vec::new() }], ..Scan::default() })
}

/// A value that was typed with spaces: none belongs into digits, and where a lot has one in speech it has a hyphen in print.
fn spaced(known: &Ai, value: &str) -> String {
    let digits = known.components.iter().all(|part| part.set == ai::Set::Digits);
    value.split_whitespace().collect::<Vec<_>>().join(if digits { "" } else { "-" })
}

fn unbracketed(sent: &str, symbology: Option<&str>) -> Scan {
    let text: String = sent.chars().filter(|c| *c == FNC1 || !c.is_whitespace()).collect();
    let body = text.trim_matches(FNC1);
    let marked = body.contains(FNC1);
    let begins = text.starts_with(FNC1);
    // those whose data are element strings: GS1-128, DataBar and composite, DataMatrix, QR, DotCode
    let elements_only =
        symbology.is_some_and(|id| matches!(id, "C1" | "e0" | "e1" | "e2" | "d2" | "Q3" | "J1")) || begins;
    let bare = if elements_only || marked { Scan::default() } else { number(body, symbology) };
    let (mut readings, mut error) = (bare.readings, bare.error);
    let is_number = !readings.is_empty();
    let (mut sure, mut lot) = (false, None);
    if !marked {
        for elements in splits(body) {
            sure |= elements.first().is_some_and(|(code, _)| names(code));
            let found = Gathered { elements, ..Gathered::default() };
            lot = lot.or_else(|| found.lot());
            readings.extend(found.readings());
        }
        // some of the identifiers in brackets, as people complete what a scanner sent
        if !elements_only && next_bracket(sent).is_some() {
            let mixed = bracketed(sent);
            sure |= !mixed.readings.is_empty();
            readings.extend(mixed.readings);
            error = error.or(mixed.error);
        }
    }
    if readings.is_empty() && (elements_only || marked || ai::prefix_of(body).is_some_and(|ai| names(&ai.code))) {
        let found = gathered(body, marked);
        error = found.error.clone().or(error);
        sure = found.elements.first().is_some_and(|(code, _)| names(code));
        lot = lot.or_else(|| found.lot());
        readings = found.readings();
    }
    let lot = lot.filter(|_| readings.is_empty() && error.is_none());
    Scan { readings, certain: elements_only || marked || (sure && !is_number), error, lot }
}

/// A bare number. One with as many digits as a number in a symbol, and another last digit, is named with the right one.
fn number(text: &str, symbology: Option<&str>) -> Scan {
    let readings = bare(text, symbology);
    let (digits, last) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or(("", text));
    // eight digits are more often a date or the number of a lot
    let is_code = text.len() > 8 || symbology.is_some();
    let wrong = code_of_number(text).filter(|_| readings.is_empty() && is_code);
    let error = wrong
        .zip(check::digit(digits))
        .filter(|(_, right)| last != right.to_string())
        .map(|(_, right)| LinkError::CheckDigit { ai: String::new(), value: text.to_owned(), right });
    Scan { readings, error, ..Scan::default() }
}

/// The keys that a bare number may be, the most likely first.
fn bare(text: &str, symbology: Option<&str>) -> Vec<Reading> {
    // an add-on of two or five digits follows a book's or journal's number
    let text = match (symbology, text.len()) {
        (Some("E3"), 15 | 18) => text.get(..13).unwrap_or(text),
        _ => text,
    };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let gtin = |digits: &str| format!("{digits:0>14}").parse().ok().map(PrimaryKey::Gtin);
    let mut keys: Vec<PrimaryKey> = Vec::new();
    keys.extend(text.parse().ok().map(PrimaryKey::Sscc));
    if matches!(text.len(), 8 | 12..=14) {
        keys.extend(gtin(text));
    }
    keys.extend(upc_e(text).as_deref().and_then(gtin));
    let gln: Option<Gln> = text.parse().ok();
    keys.extend(gln.into_iter().flat_map(|gln| [PrimaryKey::Party(gln), PrimaryKey::Place(gln)]));
    keys.into_iter().map(|key| Reading { key, beside: Vec::new(), unread: Vec::new() }).collect()
}

/// The twelve digits of a UPC-E number, which leaves out its zeros (General Specifications 5.2.2.4.2).
fn upc_e(text: &str) -> Option<String> {
    if text.len() != 8 || !text.starts_with(['0', '1']) {
        return None;
    }
    let (system, digits, check) = (text.get(..1)?, text.get(1..7)?, text.get(7..)?);
    let (head, last) = digits.split_at_checked(5)?;
    let body = match last {
        "0" | "1" | "2" => format!("{}{last}0000{}", head.get(..2)?, head.get(2..)?),
        "3" => format!("{}00000{}", head.get(..3)?, head.get(3..)?),
        "4" => format!("{}00000{}", head.get(..4)?, head.get(4..)?),
        _ => format!("{head}0000{last}"),
    };
    Some(format!("{system}{body}{check}"))
}

/// The ways in which a text without FNC1 is an element string to its end; each value of any length is a guess at where it ends: the
/// fewer the likelier. With GTINs of fewer than 14 digits only if there is no other way.
fn splits(text: &str) -> Vec<Elements> {
    let open = |elements: &Elements| {
        elements.iter().filter(|(code, _)| ai::find(code).is_some_and(|ai| ai.fixed().is_none())).count()
    };
    for short in [false, true] {
        let mut splits = Splits { short, ..Splits::default() };
        splits.walk(text, &mut Vec::new());
        if !splits.found.is_empty() {
            splits.found.sort_by_key(open);
            return splits.found;
        }
    }
    Vec::new()
}

/// The ways, the longest values first: as the standard reads it, then with each end that a lost FNC1 may have marked.
#[derive(Default)]
struct Splits {
    found: Vec<Elements>,
    tried: usize,
    /// Whether a GTIN may have fewer than 14 digits.
    short: bool,
}

impl Splits {
    fn walk(&mut self, rest: &str, elements: &mut Elements) {
        if rest.is_empty() {
            self.found.push(elements.clone());
            return;
        }
        let Some(known) = ai::prefix_of(rest) else { return };
        let Some(tail) = rest.get(known.code.len()..) else { return };
        if elements.iter().any(|(code, _)| *code == known.code) {
            return;
        }
        if self.short && is_gtin(&known.code) {
            if let Some((value, after)) = fixed(known, tail) {
                self.step(known, value, after, elements);
            }
            return;
        }
        let (least, most) = known.fixed().map_or((1, known.most().min(tail.len())), |length| (length, length));
        for end in (least..=most).rev() {
            self.tried += 1;
            if self.tried > MOST_TRIED || self.found.len() >= MOST_SPLITS {
                return;
            }
            let Some((value, after)) = tail.split_at_checked(end) else { continue };
            if known.accepts(value) {
                self.step(known, value.to_owned(), after, elements);
            }
        }
    }

    fn step(&mut self, known: &Ai, value: String, after: &str, elements: &mut Elements) {
        elements.push((known.code.clone(), value));
        self.walk(after, elements);
        elements.pop();
    }
}

/// Reads to the end, whatever is in between: what can't be read is left unread up to its predefined length or the next FNC1.
fn gathered(text: &str, marked: bool) -> Gathered {
    let mut found = Gathered::default();
    let mut rest = text.trim_start_matches(FNC1);
    while !rest.is_empty() {
        let known = ai::prefix_of(rest);
        let digits = known.map_or_else(|| unknown_code(rest), |known| known.code.len());
        let (code, tail) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let marked_end = tail.find(FNC1).unwrap_or(tail.len());
        let predefined = ai::predefined(rest).map(|length| length.saturating_sub(code.len()));
        // without FNC1 a fixed length ends a value too
        let lost = known.and_then(Ai::fixed).filter(|_| !marked);
        let end = predefined.or(lost).map_or(marked_end, |length| length.min(marked_end));
        let (value, after) = tail.split_at_checked(end).unwrap_or(tail.split_at(marked_end));
        // a GTIN without the zeros before it ends earlier
        let short = known.filter(|known| !known.accepts(value)).and_then(|known| fixed(known, tail));
        match (known, &short) {
            (Some(known), Some((value, _))) => found.take(known, value),
            (Some(known), None) => found.take(known, value),
            (None, _) => found.unread.push((code.to_owned(), value.to_owned())),
        }
        rest = short.map_or(after, |(_, after)| after).trim_start_matches(FNC1);
    }
    found
}

/// How many digits an unknown identifier has: as many as those known ones that begin alike, else two.
fn unknown_code(text: &str) -> usize {
    let first = text.get(..2).filter(|first| first.bytes().all(|b| b.is_ascii_digit()));
    let like = first.and_then(|first| ai::table().iter().find(|ai| ai.code.starts_with(first)));
    let most = text.bytes().take_while(u8::is_ascii_digit).count();
    match first {
        Some(_) => like.map_or(2, |ai| ai.code.len()).min(most),
        // no identifier begins so: up to the next FNC1
        None => 0,
    }
}

#[cfg(test)]
mod tests;
