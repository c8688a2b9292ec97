//! Names that look alike have one key: "KAN Lab", "kan-lab" and the same with a Cyrillic а or a capital I for the l.
//!
//! The key follows the skeleton of Unicode Technical Standard 39 (confusables), with letters folded in case, and spaces, punctuation and
//! the accents of the Latin kind left out. Because capital I looks like l and is the capital of i, the three are one letter. A name has
//! a second key, of its lower-case form, where the capital of a letter looks like another than the letter itself (Greek Ν and ν).
//!
//! `skeleton16.bin` holds both maps, of Unicode 16.0.0, which ruleset 1 fixes like the tables of [`super::check`]: replay has to agree in
//! ten years. It is made from `confusables.txt`, the case mappings and the canonical decompositions of the Unicode Character Database
//! (© Unicode, Inc., Unicode License v3) by `tests/it/lookalike_table.rs`, which compares it each time. What it is not: a judgement
//! whether two names are one party's.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::lies_in;
use super::unicode16::MARKS;

const BYTES: &[u8] = include_bytes!("skeleton16.bin");

/// A letter, and where its replacement is in the list of all replacements.
struct Entry {
    code: u32,
    from: usize,
    to: usize,
}

#[derive(Default)]
struct Map {
    entries: Vec<Entry>,
    replacements: Vec<char>,
}

impl Map {
    fn get(&self, c: char) -> Option<&[char]> {
        let at = self.entries.binary_search_by_key(&u32::from(c), |entry| entry.code).ok()?;
        let entry = self.entries.get(at)?;
        self.replacements.get(entry.from..entry.to)
    }
}

/// Reads numbers of 7 bits a byte, the low ones first.
struct Reader(std::slice::Iter<'static, u8>);

impl Reader {
    fn number(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = u32::from(*self.0.next()?);
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// How many entries there are; each has the distance of its letter from the last one, the number of letters that replace it, and the
    /// distance of each from the one before, first from itself, with the sign in the lowest bit.
    fn map(&mut self) -> Option<Map> {
        let mut map = Map::default();
        let mut code = 0;
        for _ in 0..self.number()? {
            code += self.number()?;
            let (from, mut last) = (map.replacements.len(), code);
            for _ in 0..self.number()? {
                let distance = self.number()?;
                let half = distance >> 1;
                last = if distance & 1 == 0 { last.checked_add(half)? } else { last.checked_sub(half)? };
                map.replacements.push(char::from_u32(last)?);
            }
            map.entries.push(Entry { code, from, to: map.replacements.len() });
        }
        Some(map)
    }
}

/// What replaces a letter; and what replaces its lower-case form, where that is another.
fn maps() -> &'static (Map, Map) {
    static MAPS: OnceLock<(Map, Map)> = OnceLock::new();
    MAPS.get_or_init(|| {
        let mut reader = Reader(BYTES.iter());
        // a test reads the whole table
        (reader.map().unwrap_or_default(), reader.map().unwrap_or_default())
    })
}

/// The jamo of a Hangul syllable (Unicode, section 3.12), which are too many for a table.
fn jamo(c: char) -> Option<[Option<char>; 3]> {
    let at = u32::from(c).checked_sub(0xac00).filter(|at| *at < 11_172)?;
    let (lead, vowel, trail) = (at / 588, at % 588 / 28, at % 28);
    let of = |base: u32, n: u32| char::from_u32(base + n);
    Some([of(0x1100, lead), of(0x1161, vowel), (trail > 0).then(|| of(0x11a7, trail)).flatten()])
}

fn key(text: &str, lower: bool) -> String {
    let (all, lowered) = maps();
    let mut key = Vec::new();
    let mut add = |c: char| {
        match lowered.get(c).filter(|_| lower).or_else(|| all.get(c)) {
            Some(replaced) => key.extend_from_slice(replaced),
            None => key.push(c),
        };
    };
    for c in text.chars() {
        match jamo(c) {
            Some(parts) => parts.into_iter().flatten().for_each(&mut add),
            None => add(c),
        }
    }
    // marks of one letter are drawn alike in whatever order they are written
    let is_mark = |c: &char| lies_in(&MARKS, u32::from(*c));
    for marks in key.chunk_by_mut(|a, b| is_mark(a) && is_mark(b)) {
        marks.sort_unstable();
    }
    key.into_iter().collect()
}

/// A word in its look, for comparing beginnings: letters in lower case, those that look alike as one, accents and punctuation left out.
pub fn folded(word: &str) -> String {
    key(word, true)
}

/// The keys of a name: one or two, or none when nothing of it is left. Names with a key in common look alike.
pub fn keys(name: &str) -> BTreeSet<String> {
    [key(name, false), key(name, true)].into_iter().filter(|key| !key.is_empty()).collect()
}

/// The look of a code in ASCII, such as a lot number: those that differ in case or in letters and digits that look alike have one. Its
/// punctuation counts, since parts of numbers are distinguished by it; `-` and `_` are one.
pub fn of_code(code: &str) -> String {
    let mut look = String::new();
    for part in code.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let letters = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        look.push_str(&key(letters, false));
        look.push_str(&part[letters.len()..].replace('_', "-"));
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        !keys(a).is_disjoint(&keys(b))
    }

    #[test]
    fn names_that_differ_only_to_a_machine_look_alike() {
        for (a, b) in [
            ("Laboratorium Uji", "LABORATORIUM  UJI"),
            ("Laboratorium Uji", "laboratorium-uji."),
            ("Laboratorium Uji", "Laboratorium Ujı"),
            ("Laboratorium Uji", "Lаbоrаtоrium Uji"),
            ("Laboratorium Uji", "Labοratοrium Uјi"),
            ("KAN Lab", "KAN Iab"),
            ("Karantina", "KARANTlNA"),
            ("Karantina", "lnspektorat Karantina".trim_start_matches("lnspektorat ")),
            ("Inspektorat", "lnspektorat"),
            ("Mutu", "rnutu"),
            ("Oil 10", "0il lO"),
            ("Café", "Cafe\u{301}"),
            ("Café", "CAFE"),
            ("ΝΑΥΣ", "ναυς"),
            ("Лаборатория", "ЛАБОРАТОРИЯ"),
            ("Fisheries", "𝐅𝐢𝐬𝐡𝐞𝐫𝐢𝐞𝐬"),
            ("Fisheries", "Ｆｉｓｈｅｒｉｅｓ"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("見本", "⾒本"),
        ] {
            assert!(alike(a, b), "{a} {b}: {:?} {:?}", keys(a), keys(b));
        }
    }

    #[test]
    fn names_of_different_villages_do_not_look_alike() {
        let names = [
            "BUM Desa Maju",
            "BUM Desa Maju Jaya",
            "BUM Desa Nilam",
            "BUM Desa Muna",
            "BUM Desa Runa",
            "Kasih Netpala",
            "Sumber Oenino",
            "马朱村企业",
            "宾图尼湾县政府",
            "北龙目县政府",
            "กา",
            "กี",
            "חברה",
            "خبر",
            "हिन्द",
            "हन्द",
        ];
        for (at, a) in names.iter().enumerate() {
            for b in &names[at + 1..] {
                assert!(!alike(a, b), "{a} {b}");
            }
        }
        assert!(keys("… - !").is_empty());
    }

    #[test]
    fn codes_that_people_take_for_each_other_have_one_look() {
        for (a, b) in [
            ("NILAM-2611-03", "nilam-2611-03"),
            ("NILAM-2611-03", "NILAM_2611-O3"),
            ("L-1", "I-l"),
            ("BIN.10", "bin.lO"),
            ("MUNA", "rnuna"),
        ] {
            assert_eq!(of_code(a), of_code(b), "{a} {b}");
        }
        for (a, b) in
            [("A-1-11", "A-11-1"), ("A-1", "A.1"), ("A-1", "A-2"), ("A1", "A-1"), ("A-S", "A-5"), ("A--1", "A-1")]
        {
            assert_ne!(of_code(a), of_code(b), "{a} {b}");
        }
    }

    #[test]
    fn an_ordinary_name_has_one_key() {
        for name in ["BUM Desa Maju Jaya", "Laboratorium Uji Nusantara (contoh)", "马朱村企业", "Straits Live Seafood"]
        {
            assert_eq!(keys(name).len(), 1, "{name}");
        }
        assert_eq!(keys("Kantor 1"), BTreeSet::from(["kantorl".to_owned()]));
    }
}
