//! Compressed GS1 Digital Link URIs (GS1 Digital Link 1.1, section "Compression"; as the GS1 Digital Link toolkit reads and writes them):
//! the whole path, or what follows the key, as bits in base64url.
//!
//! What it is not: a compressor. Nothing is taken from bits that do not hold identifiers with right values to their end, so that a word
//! in an address is no link by accident.

use super::ai::{self, Ai, Set};
use super::link::{DigitalLink, check_value, encode_component};

/// The letters of base64url, by value. 64 is the first that there is not.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Most letters that are unpacked.
const MOST: usize = 1024;

/// Identifiers that often stand together, by the two hex digits for them. Ranges of the last digit of the second are below.
const TOGETHER: &[(u8, &[&str])] = &[
    (0x0a, &["01", "22"]),
    (0x0b, &["01", "10"]),
    (0x0c, &["01", "21"]),
    (0x0d, &["01", "17"]),
    (0x0e, &["01", "7003"]),
    (0x0f, &["01", "30"]),
    (0x1a, &["01", "10", "21", "17"]),
    (0x1b, &["01", "15"]),
    (0x1c, &["01", "11"]),
    (0x1d, &["01", "16"]),
    (0x1e, &["01", "91"]),
    (0x1f, &["01", "10", "15"]),
    (0x9a, &["8010", "8011"]),
    (0x9b, &["8017", "8019"]),
    (0x9c, &["8018", "8019"]),
    (0x9d, &["414", "254"]),
];

/// First code, number of codes, key, and the identifier of the first code.
const RANGES: &[(u8, u8, &str, u16)] = &[
    (0x2a, 6, "01", 3100),
    (0x3a, 6, "01", 3200),
    (0xa0, 10, "01", 3920),
    (0xc0, 10, "255", 3900),
    (0xca, 4, "255", 3940),
];

/// The identifiers that `code` stands for.
fn together(code: u8) -> Option<Vec<String>> {
    if let Some((_, all)) = TOGETHER.iter().find(|(known, _)| *known == code) {
        return Some(all.iter().map(|ai| (*ai).to_owned()).collect());
    }
    let (first, _, key, ai) = RANGES.iter().find(|(first, count, ..)| (*first..*first + *count).contains(&code))?;
    Some(vec![(*key).to_owned(), (ai + u16::from(code - first)).to_string()])
}

/// Whether a path component can be a compressed link: base64url of both cases, longer than any word.
pub fn may_be(last: &str) -> bool {
    last.len() >= 10
        && last.bytes().all(|b| ALPHABET.contains(&b))
        && last.bytes().any(|b| b.is_ascii_lowercase())
        && last.bytes().any(|b| b.is_ascii_uppercase())
}

/// The path and query that a compressed link stands for; `parts` are those of its path. `None` when it is no such link.
pub(super) fn expand(parts: &[&str], query: &str) -> Option<(String, String)> {
    let (last, before) = parts.split_last()?;
    // the key may stand before it, as it is
    let key = match before {
        [.., code, value] if ai::find(code).is_some_and(|ai| !ai.orders.is_empty() && ai.accepts(value)) => {
            Some(((*code).to_owned(), (*value).to_owned()))
        }
        _ => None,
    };
    // the toolkit sorts the identifiers that stand together, the standard does not: only one of the two gives right values
    [true, false].into_iter().find_map(|sorted| {
        let unpacked = unpack(last, sorted)?;
        let link = DigitalLink::from_elements(key.iter().cloned().chain(unpacked.elements).collect()).ok()?;
        let uri = link.uri("");
        let (path, own) = uri.split_once('?').unwrap_or((&uri, ""));
        let others: Vec<String> =
            unpacked.others.iter().map(|(name, value)| format!("{name}={}", encode_component(value))).collect();
        let all = [own, &others.join("&"), query];
        let query: Vec<&str> = all.into_iter().filter(|part| !part.is_empty()).collect();
        Some((path.trim_start_matches('/').to_owned(), query.join("&")))
    })
}

/// What a compressed part holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unpacked {
    elements: Vec<(String, String)>,
    /// Parameters of the query that are no identifiers.
    others: Vec<(String, String)>,
}

fn unpack(text: &str, sorted: bool) -> Option<Unpacked> {
    let mut bits = Bits::of(text)?;
    let mut out = Unpacked::default();
    // what is left fills the last letter
    while bits.left() > 5 {
        let (high, low) = (bits.number(4)?, bits.number(4)?);
        if high == 15 {
            // the name's length has seven bits: four were read
            let length = (usize::try_from(low).ok()? << 3) | usize::try_from(bits.number(3)?).ok()?;
            let name = bits.letters(length)?;
            let (encoding, length) = (bits.number(3)?, usize::try_from(bits.number(7)?).ok()?);
            out.others.push((name, bits.text(encoding, length)?));
            continue;
        }
        let mut codes = if high < 10 && low < 10 {
            vec![identifier(&mut bits, format!("{high}{low}"))?]
        } else {
            together(u8::try_from(high * 16 + low).ok()?)?
        };
        if sorted {
            codes.sort();
        }
        for code in codes {
            let known = ai::find(&code)?;
            let value = value(&mut bits, known)?;
            check_value(known, &value).ok()?;
            out.elements.push((code, value));
        }
    }
    let rest = bits.left();
    (bits.number(rest)? == 0 && !out.elements.is_empty()).then_some(out)
}

/// The rest of an identifier whose first two digits were read. Identifiers that begin alike are of one length.
fn identifier(bits: &mut Bits, mut code: String) -> Option<String> {
    let length = ai::table().iter().find(|ai| ai.code.starts_with(&code))?.code.len();
    while code.len() < length {
        let digit = u32::try_from(bits.number(4)?).ok()?;
        code.push(char::from_digit(digit, 10)?);
    }
    Some(code)
}

/// A piece of a value, as it is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    digits: bool,
    fixed: bool,
    most: usize,
}

/// How the value of an identifier is packed: components of one kind are one piece.
fn pieces(ai: &Ai) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for part in &ai.components {
        let fixed = part.least == part.most && !part.optional;
        let piece = Piece { digits: part.set == Set::Digits, fixed, most: part.most };
        match pieces.last_mut() {
            // digits of a fixed number stay apart from those that follow in any number
            Some(last) if last.digits == piece.digits && (!piece.digits || last.fixed == piece.fixed) => {
                last.most += piece.most;
                last.fixed &= piece.fixed;
            }
            _ => pieces.push(piece),
        }
    }
    pieces
}

fn value(bits: &mut Bits, ai: &Ai) -> Option<String> {
    let mut value = String::new();
    for piece in pieces(ai) {
        let encoding = if piece.digits { 0 } else { bits.number(3)? };
        let length =
            if piece.fixed { piece.most } else { usize::try_from(bits.number(length_bits(piece.most))?).ok()? };
        if length > piece.most {
            return None;
        }
        value.push_str(&bits.text(encoding, length)?);
    }
    Some(value)
}

/// Bits of a length up to `most`.
fn length_bits(most: usize) -> usize {
    (usize::BITS - most.leading_zeros()) as usize
}

/// Bits of a number of so many digits: the logarithm of ten, and one hundredth, rounded up.
fn digit_bits(digits: usize) -> usize {
    (digits * 3_321_928_095 + 10_000_000).div_ceil(1_000_000_000)
}

/// A text as bits, read from the first.
struct Bits {
    letters: Vec<u8>,
    at: usize,
}

impl Bits {
    fn of(text: &str) -> Option<Bits> {
        if text.len() > MOST {
            return None;
        }
        let value = |b: u8| ALPHABET.iter().position(|letter| *letter == b).and_then(|at| u8::try_from(at).ok());
        Some(Bits { letters: text.bytes().map(value).collect::<Option<_>>()?, at: 0 })
    }

    fn left(&self) -> usize {
        self.letters.len() * 6 - self.at
    }

    fn bit(&mut self) -> Option<u8> {
        let letter = *self.letters.get(self.at / 6)?;
        self.at += 1;
        Some((letter >> (5 - (self.at - 1) % 6)) & 1)
    }

    /// A number of at most 64 bits.
    fn number(&mut self, bits: usize) -> Option<u64> {
        (0..bits).try_fold(0, |number, _| Some((number << 1) | u64::from(self.bit()?)))
    }

    /// So many digits, with the zeros before them.
    fn digits(&mut self, length: usize) -> Option<String> {
        // most significant first; a number of 90 digits fits no integer
        let mut digits = vec![0u8; length];
        for _ in 0..digit_bits(length) {
            let mut carry = self.bit()?;
            for digit in digits.iter_mut().rev() {
                let doubled = *digit * 2 + carry;
                (*digit, carry) = (doubled % 10, doubled / 10);
            }
            // larger than so many digits hold
            if carry > 0 {
                return None;
            }
        }
        Some(digits.into_iter().map(|digit| char::from(b'0' + digit)).collect())
    }

    fn letters(&mut self, length: usize) -> Option<String> {
        (0..length).map(|_| Some(char::from(*ALPHABET.get(usize::try_from(self.number(6)?).ok()?)?))).collect()
    }

    /// So many characters in one of the five encodings.
    fn text(&mut self, encoding: u64, length: usize) -> Option<String> {
        let hex = |bits: &mut Bits, upper: bool| -> Option<String> {
            let digit = |bits: &mut Bits| char::from_digit(u32::try_from(bits.number(4)?).ok()?, 16);
            let text = (0..length).map(|_| digit(bits)).collect::<Option<String>>()?;
            Some(if upper { text.to_ascii_uppercase() } else { text })
        };
        match encoding {
            0 => self.digits(length),
            1 => hex(self, false),
            2 => hex(self, true),
            3 => self.letters(length),
            4 => (0..length).map(|_| Some(char::from(u8::try_from(self.number(7)?).ok()?))).collect(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
