//! Links that the GS1 toolkit made, and those that are packed here, are unpacked again.

use proptest::prelude::*;

use super::super::link::PrimaryKey;
use super::*;

/// Made with the GS1 Digital Link toolkit (github.com/gs1/GS1DigitalLinkToolkit.js @52dc9ce), with and without its optimisations.
const LINKS: &[(&str, &str)] = &[
    ("AQnYUc1gmiCNV4JG", "01/05412345000013/10/ABC123"),
    ("DBHKVAdpQgqrgw", "01/09780345418913/21/43907"),
    ("CxFRtemAbtoIBQCn23Wuv2mw", "01/09521321001015/10/BAKAU-2611-02"),
    ("ARFRtemAbiDaCAUAp9t1rr9ps", "01/09521321001015/10/BAKAU-2611-02"),
    ("CxFRtemAbtoIBQCn23Wuv2mxCxJag", "01/09521321001015/10/BAKAU-2611-02/21/S1"),
    ("CxFRtemAbsrbUjVw", "01/09521321001015/10/bakau"),
    ("CxFRtemAbpG9W33e", "01/09521321001015/10/DEADBEEF"),
    ("ARFRtemAbiBRvVt93g", "01/09521321001015/10/deadbeef"),
    ("CxFRtemAbwsFfCV4w", "01/09521321001015/10/A%2FB%2Bc"),
    ("ARFRtemAbg", "01/09521321001015"),
    ("CxFRtemAbsReouhG_g", "01/09521321001015/10/L1?17=271231"),
    ("GhFRtemAbsReqEb-xJeg", "01/09521321001015/10/L1/21/S9?17=271231"),
    ("LRFRtemAbgAYY", "01/09521321001015?3103=000195"),
    ("PRFRtemAbgAYYuhG_g", "01/09521321001015?3203=000195&17=271231"),
    ("ChFRtemAboRU", "01/09521321001015/22/2A"),
    ("QUio2vS8tQ", "414/9521321000117"),
    ("nWYYBMT7WKja9Ly1", "414/9521321000117/254/GATE-1"),
    ("DhFRtemAbk3aWckIMResiwLI", "01/09521321001015/10/L1?7003=2612310930&91=Z"),
    ("CxFRtemAbsReouhG_-DutmYLHU", "01/09521321001015/10/L1?17=271231&utm=x1"),
    ("01/09521321001015/EG0EAoBT7brXX7TY", "01/09521321001015/10/BAKAU-2611-02"),
    ("01/09521321001015/EGIvUXQjfw", "01/09521321001015/10/L1?17=271231"),
];

fn expanded(path: &str) -> Option<String> {
    let (path, query) = expand(&path.split('/').collect::<Vec<_>>(), "")?;
    Some(if query.is_empty() { path } else { format!("{path}?{query}") })
}

#[test]
fn links_of_the_toolkit_are_unpacked() {
    for (packed, plain) in LINKS {
        assert_eq!(expanded(packed).as_deref(), Some(*plain), "{packed}");
        let stem = format!("some/stem/{packed}");
        assert_eq!(expanded(&stem).as_deref(), Some(*plain), "{stem}");
        let link = DigitalLink::parse(&format!("https://x.example/{packed}")).unwrap();
        assert_eq!(link.uri("").trim_start_matches('/').split("&utm").next(), plain.split("&utm").next(), "{packed}");
        let resolved = DigitalLink::resolve(packed, "utm=y").unwrap();
        assert!(resolved.moved && resolved.link.extra.iter().any(|(name, _)| name == "utm"), "{packed}");
    }
}

#[test]
fn words_and_damaged_links_are_not_unpacked() {
    for word in [
        "administrator",
        "apple-touch-icon",
        "AndroidManifest",
        "WordPress-Login",
        "A",
        "",
        "AQnYUc1gmiCNV4J",
        "CxFRtemAbtoIBQCn23Wuv2m",
        "ARFRtemAbk",
    ] {
        assert_eq!(expanded(word), None, "{word}");
    }
    assert_eq!(expanded(&"A".repeat(5_000)), None);
    assert!(matches!(DigitalLink::resolve("CxFRtemAbtoIBQCn23Wuv2m", ""), Err(super::super::LinkError::Compressed)));
}

/// Packs elements in their order, as the toolkit does without optimisations.
fn pack(elements: &[(&str, String)]) -> String {
    let mut bits = String::new();
    let mut push = |value: u128, width: usize| bits.push_str(&format!("{value:0width$b}"));
    for (code, value) in elements {
        code.bytes().for_each(|digit| push(u128::from(digit - b'0'), 4));
        let mut rest = value.as_str();
        for piece in pieces(ai::find(code).unwrap()) {
            let (text, after) = rest.split_at(if piece.fixed { piece.most } else { rest.len().min(piece.most) });
            rest = after;
            let all = |test: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|b| test(&b));
            let encoding = if piece.digits || all(u8::is_ascii_digit) {
                0
            } else if all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b)) {
                2
            } else if all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)) {
                1
            } else if all(|b| ALPHABET.contains(b)) {
                3
            } else {
                4
            };
            if !piece.digits {
                push(encoding, 3);
            }
            if !piece.fixed {
                push(text.len() as u128, length_bits(piece.most));
            }
            match encoding {
                0 => push(text.parse().unwrap_or_default(), digit_bits(text.len())),
                1 | 2 => text.chars().for_each(|c| push(u128::from(c.to_digit(16).unwrap()), 4)),
                3 => text.bytes().for_each(|b| push(ALPHABET.iter().position(|l| *l == b).unwrap() as u128, 6)),
                _ => text.bytes().for_each(|b| push(u128::from(b), 7)),
            }
        }
    }
    while !bits.len().is_multiple_of(6) {
        bits.push('0');
    }
    let letter = |at: usize| char::from(ALPHABET[usize::from_str_radix(&bits[at..at + 6], 2).unwrap()]);
    (0..bits.len()).step_by(6).map(letter).collect()
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(
        number in 0u64..10_000_000_000_000, lot in "[!-\"%-/0-?A-Z_a-z]{1,20}", serial in proptest::option::of("[0-9]{1,20}"),
        count in proptest::option::of(0u32..100_000_000), piece in proptest::option::of("[0-9]{1,30}"),
    ) {
        let body = format!("{number:013}");
        let gtin = format!("{body}{}", super::super::check::digit(&body).unwrap());
        let mut elements = vec![("01", gtin), ("10", lot)];
        elements.extend(serial.map(|serial| ("21", serial)));
        elements.extend(count.map(|count| ("30", count.to_string())));
        elements.extend(piece.map(|piece| ("240", piece)));
        let owned = elements.iter().map(|(code, value)| ((*code).to_owned(), value.clone())).collect();
        let plain = DigitalLink::from_elements(owned).unwrap().uri("");
        for (packed, stem) in [(pack(&elements), String::new()), (pack(&elements[1..]), format!("01/{}/", elements[0].1))] {
            let found = expanded(&format!("{stem}{packed}"));
            prop_assert_eq!(found.as_deref(), Some(plain.trim_start_matches('/')));
        }
    }

    #[test]
    fn arbitrary_letters_never_panic_and_unpack_to_links_only(text in "[A-Za-z0-9_-]{0,60}") {
        if let Some((path, query)) = expand(&[&text], "") {
            let link = DigitalLink::from_path_and_query(&path, &query).unwrap();
            prop_assert!(!link.elements.is_empty());
            let _ = link.key().map(|key| PrimaryKey::path(&key));
        }
    }
}
