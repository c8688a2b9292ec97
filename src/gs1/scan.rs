//! What scanners send and people type of a GS1 code, read as far as it can be: a Digital Link, an element string with or without
//! brackets, FNC1 and symbology identifier, or the bare number of an EAN, UPC, ITF-14 or SSCC symbol.
//!
//! Many scanners leave FNC1 out. Then a value of variable length may end in several places, and each [`Reading`] is one of them: who
//! knows the ledger takes the one that exists. Identifiers that can't be read are left unread by name, and hide nothing that can. What
//! it is not: the strict parser of `super::element`.

use super::ai::{self, Ai};
use super::element::Elements;
use super::keys::Gln;
use super::link::{DigitalLink, LinkError, PrimaryKey, check, encode_component};
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
}

impl Reading {
    /// Path and query of the Digital Link that carries all of it. Qualifiers that have no place in it are left out.
    pub fn address(&self) -> String {
        let mut address = self.key.path();
        let mut mark = '?';
        let item = !matches!(self.key, PrimaryKey::Sscc(_) | PrimaryKey::Place(_) | PrimaryKey::Party(_));
        for (code, value) in self.beside.iter().chain(&self.unread) {
            let part_of_key =
                item && matches!(code.as_str(), "01" | "10" | "21") || address.starts_with(&format!("/{code}/"));
            if !part_of_key && !code.is_empty() {
                address.push_str(&format!("{mark}{}={}", encode_component(code), encode_component(value)));
                mark = '&';
            }
        }
        address
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
    let (host, rest) = rest.split('#').next()?.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let scan = of_link(path.trim_matches('/'), query);
    (scheme.is_some() || (is_host && scan.error.is_none())).then_some(scan)
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
            Scan { readings: vec![Reading { key: resolved.key, beside, unread }], certain: true, error: None }
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
        match check(known, value) {
            Ok(()) if self.elements.iter().any(|(code, _)| *code == known.code) => {
                let again = (known.code.clone(), value.to_owned());
                // the same may be read from two symbols of one item
                if !self.elements.contains(&again) {
                    self.unread.push(again);
                }
            }
            Ok(()) => self.elements.push((known.code.clone(), value.to_owned())),
            Err(error) => {
                self.unread.push((known.code.clone(), value.to_owned()));
                if names(&known.code) {
                    self.error = self.error.take().or(Some(error));
                }
            }
        }
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

fn bracketed(text: &str) -> Scan {
    let mut found = Gathered::default();
    let mut rest = text;
    while let Some((code, tail)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        // a bracket may be part of a value: it ends where digits in brackets are an identifier
        let end = tail.match_indices('(').map(|(at, _)| at).find(|at| {
            let code = tail.get(at + 1..).and_then(|rest| rest.split_once(')')).map_or("", |(code, _)| code.trim());
            (2..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())
        });
        let (value, after) = tail.split_at_checked(end.unwrap_or(tail.len())).unwrap_or((tail, ""));
        let code = code.trim();
        let value = value.trim_matches(|c: char| c == FNC1 || c.is_whitespace());
        match ai::find(code) {
            Some(known) => found.take(known, &spaced(known, value)),
            None => found.unread.push((code.chars().take(8).collect(), value.to_owned())),
        }
        rest = after;
    }
    let error = found.error.clone();
    Scan { readings: found.readings(), certain: true, error }
}

/// A value that was typed with spaces: none belongs into digits, and where a lot has one in speech it has a hyphen in print.
fn spaced(known: &Ai, value: &str) -> String {
    let digits = known.components.iter().all(|part| part.set == ai::Set::Digits);
    value.split_whitespace().collect::<Vec<_>>().join(if digits { "" } else { "-" })
}

fn unbracketed(text: &str, symbology: Option<&str>) -> Scan {
    let text: String = text.chars().filter(|c| *c == FNC1 || !c.is_whitespace()).collect();
    let body = text.trim_matches(FNC1);
    let marked = body.contains(FNC1);
    let begins = text.starts_with(FNC1);
    // those whose data are element strings: GS1-128, DataBar and composite, DataMatrix, QR, DotCode
    let elements_only =
        symbology.is_some_and(|id| matches!(id, "C1" | "e0" | "e1" | "e2" | "d2" | "Q3" | "J1")) || begins;
    let mut readings = if elements_only || marked { Vec::new() } else { bare(body, symbology) };
    let is_number = !readings.is_empty();
    let mut error = None;
    let mut sure = false;
    if !marked {
        let mut splits = Splits::default();
        splits.walk(body, &mut Vec::new());
        // each value of any length is a guess at where it ends: the fewer the likelier
        let open = |elements: &Elements| {
            elements.iter().filter(|(code, _)| ai::find(code).is_some_and(|ai| ai.fixed().is_none())).count()
        };
        splits.found.sort_by_key(open);
        for elements in splits.found {
            sure |= elements.first().is_some_and(|(code, _)| names(code));
            readings.extend(Gathered { elements, ..Gathered::default() }.readings());
        }
    }
    if readings.is_empty() && (elements_only || marked || ai::prefix_of(body).is_some_and(|ai| names(&ai.code))) {
        let found = gathered(body, marked);
        error.clone_from(&found.error);
        sure = found.elements.first().is_some_and(|(code, _)| names(code));
        readings = found.readings();
    }
    Scan { readings, certain: elements_only || marked || (sure && !is_number), error }
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

/// The ways in which a text without FNC1 is an element string to its end, the longest values first: as the standard reads it, then
/// with each end that a lost FNC1 may have marked.
#[derive(Default)]
struct Splits {
    found: Vec<Elements>,
    tried: usize,
}

impl Splits {
    fn walk(&mut self, rest: &str, elements: &mut Elements) {
        if rest.is_empty() {
            self.found.push(elements.clone());
            return;
        }
        let Some(known) = ai::prefix_of(rest) else { return };
        let Some(tail) = rest.get(known.code.len()..) else { return };
        let (least, most) = known.fixed().map_or((1, known.most().min(tail.len())), |length| (length, length));
        for end in (least..=most).rev() {
            self.tried += 1;
            if self.tried > MOST_TRIED || self.found.len() >= MOST_SPLITS {
                return;
            }
            let Some((value, after)) = tail.split_at_checked(end) else { continue };
            if known.accepts(value) && !elements.iter().any(|(code, _)| *code == known.code) {
                elements.push((known.code.clone(), value.to_owned()));
                self.walk(after, elements);
                elements.pop();
            }
        }
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
        match known {
            Some(known) => found.take(known, value),
            None => found.unread.push((code.to_owned(), value.to_owned())),
        }
        rest = after.trim_start_matches(FNC1);
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
