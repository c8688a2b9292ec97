//! `src/text/skeleton16.bin`, made anew from the Unicode data of other crates and compared. `JEJAK_WRITE_EXAMPLES=1` writes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jejak::text::{check, skeleton};
use proptest::prelude::*;
use unicode_general_category::{GeneralCategory as C, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// Left out: spaces, punctuation, and marks and signs that stand beside or over a letter of any script.
fn left_out(c: char) -> bool {
    let category = get_general_category(c);
    let marks = [0x300..=0x36f, 0x1ab0..=0x1aff, 0x1dc0..=0x1dff, 0x20d0..=0x20ff, 0xfe20..=0xfe2f];
    marks.iter().any(|range| range.contains(&u32::from(c)))
        || matches!(
            category,
            C::SpaceSeparator
                | C::ModifierSymbol
                | C::ConnectorPunctuation
                | C::DashPunctuation
                | C::OpenPunctuation
                | C::ClosePunctuation
                | C::InitialPunctuation
                | C::FinalPunctuation
                | C::OtherPunctuation
        )
}

/// Full case folding, made of the mappings to upper and to lower case.
fn fold(c: char) -> Vec<char> {
    c.to_uppercase().flat_map(char::to_lowercase).collect()
}

fn step(text: &[char]) -> Vec<char> {
    let mut next = Vec::new();
    for c in text.iter().copied().filter(|c| !left_out(*c)) {
        let mut look = unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).collect::<Vec<char>>();
        // the standard leaves full-width letters and the like to compatibility decomposition
        if look.iter().copied().eq(std::iter::once(c).nfd()) {
            look = std::iter::once(c).nfkd().collect();
        }
        let letters = look.into_iter().filter(|c| !left_out(*c));
        next.extend(letters.flat_map(fold).filter(|c| !left_out(*c)));
    }
    next
}

/// What stands in the key for a text.
fn key(text: &[char]) -> Vec<char> {
    let mut now = text.to_vec();
    // twice is enough but for a few; a letter that never comes to rest stays where it is then
    for _ in 0..8 {
        let next = step(&now);
        if next == now {
            break;
        }
        now = next;
    }
    // capital I looks like l, and is the capital of i
    now.iter().map(|c| if *c == 'i' { 'l' } else { *c }).collect()
}

fn number(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn map(out: &mut Vec<u8>, entries: &BTreeMap<char, Vec<char>>) {
    number(out, u32::try_from(entries.len()).unwrap());
    let mut last = 0;
    for (c, replaced) in entries {
        let code = u32::from(*c);
        number(out, code - last);
        last = code;
        number(out, u32::try_from(replaced.len()).unwrap());
        let mut from = code;
        for to in replaced.iter().map(|to| u32::from(*to)) {
            number(out, to.abs_diff(from) << 1 | u32::from(to < from));
            from = to;
        }
    }
}

fn admitted() -> impl Iterator<Item = char> {
    // Hangul syllables are taken apart by arithmetic
    ('\0'..=char::MAX).filter(|c| check(c.encode_utf8(&mut [0; 4])).is_ok() && !('가'..='힣').contains(c))
}

fn table() -> Vec<u8> {
    assert_eq!(unicode_security::UNICODE_VERSION, (16, 0, 0));
    let (mut all, mut lowered) = (BTreeMap::new(), BTreeMap::new());
    for c in admitted() {
        let (as_is, lower) = (key(&[c]), key(&fold(c)));
        if lower != as_is {
            lowered.insert(c, lower);
        }
        if as_is != [c] {
            all.insert(c, as_is);
        }
    }
    let mut out = Vec::new();
    map(&mut out, &all);
    map(&mut out, &lowered);
    out
}

#[test]
fn the_table_of_look_alikes_is_that_of_unicode_16() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/text/skeleton16.bin");
    let table = table();
    if std::env::var_os("JEJAK_WRITE_EXAMPLES").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read(&path).unwrap();
    assert!(kept == table, "{} is not what Unicode 16 gives", path.display());
    assert!(kept.len() < 64 << 10, "{} bytes", kept.len());
    // the program reads all of it; marks it sorts
    let sorted = |mut letters: Vec<char>| {
        letters.sort_unstable();
        letters
    };
    for c in admitted().filter(|c| !left_out(*c)) {
        let want = sorted(key(&[c]));
        let keys = skeleton::keys(&c.to_string());
        assert!(want.is_empty() || keys.iter().any(|key| sorted(key.chars().collect()) == want), "{c:?} {keys:?}");
    }
}

fn text() -> impl Strategy<Value = Vec<char>> {
    let letters: Vec<char> = admitted().filter(|c| c.is_alphanumeric() && !left_out(*c)).collect();
    prop::collection::vec(prop::sample::select(letters), 1..6)
}

proptest! {
    /// A text and its skeleton by the standard have a key in common, whatever the order of marks.
    #[test]
    fn a_text_looks_like_its_skeleton(text in text()) {
        let text: String = text.into_iter().collect();
        let look: String = unicode_security::skeleton(&text).collect();
        let (a, b) = (skeleton::keys(&text), skeleton::keys(&look));
        prop_assert!(a.is_empty() || b.is_empty() || !a.is_disjoint(&b), "{text:?} {look:?} {a:?} {b:?}");
    }
}
