//! What scanners, labels and people send, in every spelling.

use proptest::prelude::*;

use super::*;
use crate::gs1::{Gtin, Lot, LotId, Serial};

const GTIN: &str = "09521321001015";

fn lot(text: &str) -> PrimaryKey {
    PrimaryKey::Lot(LotId { gtin: GTIN.parse().unwrap(), lot: text.parse().unwrap() })
}

/// What the first reading names.
fn first(text: &str) -> PrimaryKey {
    let scan = read(text);
    scan.readings.first().unwrap_or_else(|| panic!("{text}: {scan:?}")).key.clone()
}

fn codes(elements: &Elements) -> Vec<&str> {
    elements.iter().map(|(code, _)| code.as_str()).collect()
}

#[test]
fn element_strings_are_read_as_scanners_send_them() {
    let body = "010952132100101510BAKAU-2611-02";
    let spelt = |fnc1: &str| format!("{fnc1}0109521321001015{fnc1}10BAKAU-2611-02{fnc1}");
    let symbologies = ["", "]C1", "]d2", "]Q3", "]e0", "]J1", "]C0", "]d1"].map(|id| format!("{id}{body}"));
    let fnc1 = [
        "\u{1d}", "<GS>", "<gs>", "{GS}", "[GS]", "<FNC1>", "^]", "^", "~1", "~d029", "\\F", "\\x1D", "\\u001d",
        "&#29;", "␝", "↔",
    ];
    let others = [
        "]Q1https://x.example/01/09521321001015/10/BAKAU-2611-02".to_owned(),
        "HTTPS://X.EXAMPLE/01/09521321001015/10/BAKAU-2611-02".to_owned(),
        "x.example/01/09521321001015/10/BAKAU-2611-02".to_owned(),
        "https://x.example/01/9521321001015/10/BAKAU-2611-02".to_owned(),
        "https://x.example/CxFRtemAbtoIBQCn23Wuv2mw".to_owned(),
        "(01)09521321001015(10)BAKAU-2611-02".to_owned(),
        " (01) 09521321001015 (10) BAKAU-2611-02\r\n".to_owned(),
        "(10)BAKAU 2611 02 (01) 0952 1321 001015".to_owned(),
        "（０１）０９５２１３２１００１０１５（１０）ＢＡＫＡＵ－２６１１－０２".to_owned(),
        "01 09521321001015 10 BAKAU-2611-02".to_owned(),
        "[)>\u{1e}05\u{1d}010952132100101510BAKAU-2611-02\u{1e}\u{4}".to_owned(),
        "10BAKAU-2611-02\u{1d}0109521321001015".to_owned(),
        "]C1\u{1d}0109521321001015\u{1d}10BAKAU-2611-02".to_owned(),
    ];
    for text in symbologies.into_iter().chain(fnc1.map(spelt)).chain(others) {
        assert_eq!(first(&text), lot("BAKAU-2611-02"), "{text}");
        assert!(read(&text).certain, "{text}");
    }
}

#[test]
fn bare_numbers_of_packs_and_containers_are_read() {
    let gtin = |text: &str| PrimaryKey::Gtin(text.parse().unwrap());
    for (text, key) in [
        ("09521321001015", gtin(GTIN)),
        ("9521321001015", gtin(GTIN)),
        ("]E09521321001015", gtin(GTIN)),
        ("]E3952132100101512345", gtin(GTIN)),
        ("]I109521321001015", gtin(GTIN)),
        ("952132100101 5", gtin(GTIN)),
        ("614141123452", gtin("00614141123452")),
        ("]E00614141123452", gtin("00614141123452")),
        ("02345673", gtin("00000002345673")),
        ("095213210000000018", PrimaryKey::Sscc("095213210000000018".parse().unwrap())),
        ("00095213210000000018", PrimaryKey::Sscc("095213210000000018".parse().unwrap())),
        ("]C100095213210000000018", PrimaryKey::Sscc("095213210000000018".parse().unwrap())),
        ("0109521321001015", gtin(GTIN)),
    ] {
        assert_eq!(first(text), key, "{text}");
    }
    // a UPC-E number is not what it looks like
    let upc_e = read("01234565").readings.into_iter().map(|reading| reading.key).collect::<Vec<_>>();
    assert!(upc_e.contains(&gtin("00012345000065")), "{upc_e:?}");
    assert!(!read("095213210000000018").certain, "a bare number may be a lot");
    for none in ["", "1", "BAKAU-2611-02", "10-A", "21B", "2611", "9521321001016", "https", "(", "()", "]", "]C1"] {
        assert_eq!(read(none).readings, [], "{none}");
    }
}

#[test]
fn pallet_labels_are_read_to_their_end_and_what_is_unknown_is_left_aside() {
    let sscc = "00095213210000000018";
    let scan = read(&format!("]C1{sscc}410952132100011733020012504036J-7\u{1d}42093721\u{1d}"));
    assert_eq!(codes(&scan.readings[0].beside), ["410", "3302", "403", "420"], "{scan:?}");
    assert_eq!(scan.readings[0].key.path(), "/00/095213210000000018");
    let weight = read("]C10109521321001015320200110010BAKAU-2611-02");
    assert_eq!(
        (codes(&weight.readings[0].beside), weight.readings[0].key.clone()),
        (vec!["3202"], lot("BAKAU-2611-02"))
    );
    // content of a pallet: the container first, then the lot in it
    let content = read(&format!("]C1{sscc}02{GTIN}3724\u{1d}10A-7"));
    assert_eq!(content.readings.iter().map(|r| r.key.clone()).collect::<Vec<_>>()[1..], [lot("A-7")]);
    // not assigned: skipped by the predefined length, or to the next FNC1
    for (text, unread) in [
        (format!("]C101{GTIN}1826113010A-7"), "18"),
        (format!("]C101{GTIN}29ABC\u{1d}10A-7"), "29"),
        (format!("]C101{GTIN}17269913\u{1d}10A-7"), "17"),
        (format!("(01){GTIN}(29)ABC(10)A-7"), "29"),
        (format!("https://x.example/01/{GTIN}/10/A-7?29=ABC"), "29"),
        (format!("https://x.example/01/{GTIN}/10/A-7?17=991399"), "17"),
    ] {
        let scan = read(&text);
        assert_eq!(scan.readings[0].key.path(), format!("/01/{GTIN}/10/A-7"), "{text}: {scan:?}");
        assert_eq!(codes(&scan.readings[0].unread), [unread], "{text}");
        let address = scan.readings[0].address();
        let (path, query) = address.split_once('?').unwrap();
        let resolved = DigitalLink::resolve(path.trim_start_matches('/'), query).unwrap();
        assert_eq!(resolved.ignored, [unread], "{text} {address}");
    }
    let place = read("]C14109521321000117");
    assert_eq!(
        place.readings.iter().map(|r| r.key.path()).collect::<Vec<_>>(),
        ["/417/9521321000117", "/414/9521321000117"]
    );
}

#[test]
fn lost_separators_leave_several_readings_and_the_standard_one_is_first() {
    let keys = |text: &str| read(text).readings.into_iter().map(|reading| reading.key).collect::<Vec<_>>();
    let found = keys(&format!("01{GTIN}10A-717271231"));
    assert_eq!(found[0], lot("A-717271231"), "to its end, as without FNC1 a value is");
    assert!(found.contains(&lot("A-7")), "{found:?}");
    // too long for one lot
    assert_eq!(keys(&format!("01{GTIN}10BAKAU-2611-0217271231"))[0], lot("BAKAU-2611-02"));
    let serial: Serial = "S1".parse().unwrap();
    let item = PrimaryKey::Item(LotId { gtin: GTIN.parse().unwrap(), lot: "A-7".parse().unwrap() }, serial);
    assert!(keys(&format!("]d201{GTIN}10A-721S1")).contains(&item));
    assert_eq!(keys(&format!("]d201{GTIN}10A-7\u{1d}21S1")), [item], "with FNC1 there is one");
    // a country has three digits, whether FNC1 follows or not
    assert_eq!(keys(&format!("01{GTIN}42236010A-7"))[0], lot("A-7"));
}

#[test]
fn identifiers_that_have_no_place_in_one_link_are_read() {
    let scan = read(&format!("(01){GTIN}(235)TPX(10)A-7"));
    assert_eq!((scan.readings[0].key.clone(), codes(&scan.readings[0].beside)), (lot("A-7"), vec!["235"]));
    assert!(super::super::element::parse(&format!("(01){GTIN}(235)TPX(10)A-7")).is_ok());
    let address = scan.readings[0].address();
    let (path, query) = address.split_once('?').unwrap();
    assert_eq!(DigitalLink::resolve(path.trim_start_matches('/'), query).unwrap().ignored, ["235"]);
}

#[test]
fn qualifiers_without_an_object_keep_their_place_in_the_path() {
    let gln = "9521321000117";
    for (text, wanted) in [
        (format!("https://x.example/417/{gln}/7040/1aB-"), format!("/417/{gln}/7040/1aB-")),
        (format!("https://x.example/414/{gln}/7040/1ABC?99=x"), format!("/414/{gln}/7040/1ABC?99=x")),
        (format!("https://x.example/414/{gln}/254/GATE%2F1"), format!("/414/{gln}/254/GATE%2F1")),
        (format!("(417){gln}(7040)1ABC"), format!("/417/{gln}/7040/1ABC")),
        (format!("]C1414{gln}70401ABC"), format!("/414/{gln}/7040/1ABC")),
        (format!("(01){GTIN}(22)2A(10)A-7"), format!("/01/{GTIN}/22/2A/10/A-7")),
        // these go together in no path
        (format!("(414){gln}(254)G(7040)1ABC"), format!("/414/{gln}?254=G&7040=1ABC")),
        // a value that would be taken out of a path, and a wrong one
        (format!("(414){gln}(254).."), format!("/414/{gln}?254=..")),
        (format!("(417){gln}(7040)XABC"), format!("/417/{gln}?7040=XABC")),
    ] {
        let address = read(&text).readings[0].address();
        assert_eq!(address, wanted, "{text}");
        let (path, query) = address.split_once('?').unwrap_or((&address, ""));
        let resolved = DigitalLink::resolve(path.trim_start_matches('/'), query).unwrap();
        assert_eq!(resolved.key, first(&text), "{text}");
    }
}

#[test]
fn short_gtins_and_brackets_in_part_are_read() {
    for text in [
        "(01)9521321001015(10)A-7",
        "(10)A-7(01)9521321001015",
        "01952132100101510A-7",
        "01 9521321001015 10 A-7",
        "]C101952132100101510A-7",
        "10A-7\u{1d}019521321001015",
        "(01)952132100101510A-7",
        "(01)0952132100101510A-7",
        "0109521321001015(10)A-7",
        "09521321001015(10)A-7",
        "9521321001015 (10) A-7",
        "01/09521321001015/10/A-7",
        "/01/09521321001015/10/A-7",
        "GTIN 09521321001015 LOT A-7",
        "GTIN: 9521321001015, batch no. A-7",
        "9521321001015 A 7",
    ] {
        assert_eq!(first(text), lot("A-7"), "{text}");
    }
    // a bracket within a lot number that a scanner sent is part of it
    let found = read(&format!("01{GTIN}10A(21)B"));
    assert_eq!(found.readings[0].key, lot("A(21)B"), "{found:?}");
    assert_eq!(codes(&read(&format!("01{GTIN}(10)A-7(17)271231")).readings[0].beside), ["17"]);
}

#[test]
fn lot_number_without_a_product_is_kept() {
    for (text, certain) in [
        ("(10)A-7", true),
        ("(10)A-7(17)271231", true),
        ("]C110A-7", true),
        ("10A-7\u{1d}17271231", true),
        ("10A-7", false),
    ] {
        let scan = read(text);
        assert_eq!((scan.readings.len(), scan.lot, scan.certain), (0, "A-7".parse().ok(), certain), "{text}");
    }
    for text in [format!("(01){GTIN}(10)A-7"), "(01)09521321001016(10)A-7".into(), "09521321001016(10)A-7".into()] {
        assert_eq!(read(&text).lot, None, "{text} names a product");
    }
}

#[test]
fn right_check_digit_is_named_for_each_kind_of_number() {
    for (text, wanted) in [
        ("(01)09521321001016(10)A", 5),
        ("(01)9521321001016(10)A", 5),
        ("(02)09521321001016(37)4", 5),
        ("09521321001016(10)A", 5),
        ("0109521321001016", 5),
        ("9521321001016", 5),
        ("GTIN 9521321001016", 5),
        ("614141123459", 2),
        ("(00)095213210000000019", 8),
        ("00095213210000000019", 8),
        ("095213210000000019", 8),
        ("(414)9521321000110", 7),
        ("(417)9521321000110", 7),
        ("]C14109521321000110", 7),
        ("(8006)095213210010160102", 5),
        ("https://x.example/00/095213210000000019", 8),
        ("https://x.example/01/9521321001016", 5),
    ] {
        let scan = read(text);
        assert!(scan.readings.is_empty(), "{text}: {scan:?}");
        match scan.error {
            Some(LinkError::CheckDigit { right, .. }) => assert_eq!(right, wanted, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    // what follows a number is an identifier, or the number is wrong
    assert_eq!(read("(01)09521321001015X(10)A-7").readings, []);
    assert!(read("0952132100101A").error.is_none() && read("12345").error.is_none());
    assert!(read("20261129").error.is_none(), "a date");
}

#[test]
fn wrong_numbers_are_refused_by_name() {
    for text in ["(01)09521321001016(10)A", "]C1010952132100101610A", "https://x.example/01/09521321001016/10/A"] {
        let scan = read(text);
        assert!(scan.certain && scan.readings.is_empty(), "{text}: {scan:?}");
        assert!(matches!(scan.error, Some(LinkError::CheckDigit { .. })), "{text}: {scan:?}");
    }
}

fn arbitrary_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("01".to_owned()),
        Just(GTIN.to_owned()),
        Just("10".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("]C1".to_owned()),
        Just("\u{1d}".to_owned()),
        Just("https://x.example/01/".to_owned()),
        Just("/".to_owned()),
        "[0-9]{1,8}",
        "[!-~]{1,6}",
        "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics_and_every_reading_has_an_address(text in arbitrary_text()) {
        let scan = read(&text);
        for reading in scan.readings {
            let address = reading.address();
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            let resolved = DigitalLink::resolve(path.trim_start_matches('/'), query);
            prop_assert_eq!(resolved.map(|r| r.key), Ok(reading.key), "{} {}", text, address);
        }
    }

    #[test]
    fn every_way_of_writing_a_lot_reads_the_same(number in 0u64..10_000_000_000_000, name in "[!-\"%-'*-/0-?A-Z_a-z]{1,20}") {
        let body = format!("{number:013}");
        let gtin: Gtin = format!("{body}{}", super::super::check::digit(&body).unwrap()).parse().unwrap();
        let name: Lot = name.parse().unwrap();
        let id = LotId { gtin, lot: name.clone() };
        for text in [
            format!("(01){gtin}(10){name}"),
            format!("01{gtin}10{name}"),
            format!("]C101{gtin}10{name}"),
            format!("]d210{name}\u{1d}01{gtin}"),
            id.uri(),
            format!("]Q1{}", id.uri()),
        ] {
            // a name that spells FNC1 is read as it by scanners too
            if SPELT.iter().any(|spelt| text.to_ascii_lowercase().contains(spelt)) {
                continue;
            }
            let readings = read(&text).readings;
            let known = readings.iter().any(|reading| reading.key == PrimaryKey::Lot(id.clone()));
            prop_assert!(known, "{}: {:?}", text, readings);
        }
    }
}
