//! The Application Identifiers this product reads (GS1 General Specifications section 3; the figures are those of the GS1
//! Barcode Syntax Dictionary, release 2026-01-27). An AI that is not here is refused by name, never guessed.

use super::check;
use super::keys::in_cset82;

/// What a component of an AI's value may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Exactly so many digits.
    Digits(usize),
    /// One to so many digits.
    DigitsTo(usize),
    /// Exactly so many digits, the last a check digit.
    Checked(usize),
    /// A date YYMMDD; day 00 (the whole month) allowed or not.
    Date(bool),
    /// One to so many characters of CSET 82.
    Text(usize),
    /// So many digits, or nothing.
    Maybe(usize),
    /// Hours and minutes HHMM.
    Time,
    /// ISO 3166-1 numeric code.
    Country,
}

/// An Application Identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ai {
    /// Its digits.
    pub code: &'static str,
    /// Data title.
    pub title: &'static str,
    parts: &'static [Part],
    /// Whether FNC1 must end it when something follows (General Specifications figure 7.8.5-2: it is not of predefined length).
    pub fnc1: bool,
    /// One of these must be there too; none when empty.
    pub requires: &'static [&'static str],
    /// None of these may be there too.
    pub excludes: &'static [&'static str],
}

const fn ai(
    code: &'static str,
    title: &'static str,
    parts: &'static [Part],
    fnc1: bool,
    requires: &'static [&'static str],
    excludes: &'static [&'static str],
) -> Ai {
    Ai { code, title, parts, fnc1, requires, excludes }
}

use Part::{Checked, Country, Date, Digits, DigitsTo, Maybe, Text, Time};

/// The table.
pub const TABLE: &[Ai] = &[
    ai("00", "SSCC", &[Checked(18)], false, &[], &[]),
    ai("01", "GTIN", &[Checked(14)], false, &[], &["37"]),
    ai("02", "CONTENT", &[Checked(14)], false, &["37"], &["01"]),
    ai("10", "BATCH/LOT", &[Text(20)], true, &["01", "02"], &[]),
    ai("11", "PROD DATE", &[Date(true)], false, &["01", "02"], &[]),
    ai("13", "PACK DATE", &[Date(true)], false, &["01", "02"], &[]),
    ai("15", "BEST BEFORE", &[Date(true)], false, &["01", "02"], &[]),
    ai("17", "USE BY", &[Date(true)], false, &["01", "02"], &[]),
    ai("21", "SERIAL", &[Text(20)], true, &["01"], &["235"]),
    ai("22", "CPV", &[Text(20)], true, &["01"], &[]),
    ai("235", "TPX", &[Text(28)], true, &["01"], &[]),
    ai("251", "REF. TO SOURCE", &[Text(30)], true, &["01"], &[]),
    ai("254", "GLN EXTENSION", &[Text(20)], true, &["414"], &[]),
    ai("30", "VAR. COUNT", &[DigitsTo(8)], true, &["01", "02"], &[]),
    ai("3100", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3101", "3102", "3103", "3104", "3105"]),
    ai("3101", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3100", "3102", "3103", "3104", "3105"]),
    ai("3102", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3100", "3101", "3103", "3104", "3105"]),
    ai("3103", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3100", "3101", "3102", "3104", "3105"]),
    ai("3104", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3100", "3101", "3102", "3103", "3105"]),
    ai("3105", "NET WEIGHT (kg)", &[Digits(6)], false, &["01", "02"], &["3100", "3101", "3102", "3103", "3104"]),
    ai("37", "COUNT", &[DigitsTo(8)], true, &["02"], &[]),
    ai("400", "ORDER NUMBER", &[Text(30)], true, &[], &[]),
    ai("414", "LOC No.", &[Checked(13)], false, &[], &[]),
    ai("416", "PROD/SERV LOC", &[Checked(13)], false, &[], &[]),
    ai("417", "PARTY", &[Checked(13)], false, &[], &[]),
    ai("422", "ORIGIN", &[Country], true, &["01", "02"], &[]),
    ai("7003", "EXPIRY TIME", &[Date(false), Time], true, &["01", "02"], &[]),
    ai("7007", "HARVEST DATE", &[Date(false), Maybe(6)], true, &["01", "02"], &[]),
    ai("7008", "AQUATIC SPECIES", &[Text(3)], true, &["01", "02"], &[]),
    ai("7009", "FISHING GEAR TYPE", &[Text(10)], true, &["01", "02"], &[]),
    ai("7010", "PROD METHOD", &[Text(2)], true, &["01", "02"], &[]),
    ai("91", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("92", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("93", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("94", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("95", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("96", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("97", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("98", "INTERNAL", &[Text(90)], true, &[], &[]),
    ai("99", "INTERNAL", &[Text(90)], true, &[], &[]),
];

/// The primary keys a Digital Link may name, with the orders their qualifiers may stand in.
pub const KEYS: &[(&str, &[&[&str]])] =
    &[("00", &[&[]]), ("01", &[&["22", "10", "21"], &["235"]]), ("414", &[&["254"]]), ("417", &[&[]])];

/// The AI of these digits.
pub fn find(code: &str) -> Option<&'static Ai> {
    TABLE.iter().find(|a| a.code == code)
}

/// The AI that `text` begins with.
pub fn prefix_of(text: &str) -> Option<&'static Ai> {
    (2..=4).filter_map(|n| text.get(..n)).find_map(find)
}

fn date(text: &str, month_only: bool) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<i8>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..2), number(2..4), number(4..6)) else { return false };
    if day == 0 {
        return month_only && (1..=12).contains(&month);
    }
    // the century does not matter for the length of a month, but for 1900 and 2100, which no two-digit year means
    jiff::civil::Date::new(2000 + i16::from(year), month, day).is_ok()
}

/// ISO 3166-1 numeric codes are checked by their range (004 to 894), not one by one.
fn country(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|n| (4..=894).contains(&n))
}

impl Ai {
    /// The whole length, when the AI has one.
    pub fn fixed(&self) -> Option<usize> {
        self.parts
            .iter()
            .map(|part| match part {
                Digits(n) | Checked(n) => Some(*n),
                Date(_) => Some(6),
                Time => Some(4),
                Country => Some(3),
                _ => None,
            })
            .sum()
    }

    /// Whether nothing but the check digit is wrong with `value`.
    pub fn wrong_check_digit(&self, value: &str) -> bool {
        let [Checked(n)] = self.parts else { return false };
        value.len() == *n && value.bytes().all(|b| b.is_ascii_digit()) && !check::holds(value)
    }

    /// Whether `value` is one of this AI.
    pub fn accepts(&self, value: &str) -> bool {
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let mut rest = value;
        for part in self.parts {
            let take = match part {
                Digits(n) | Checked(n) => *n,
                Date(_) => 6,
                Time => 4,
                Country => 3,
                Maybe(n) => (*n).min(rest.len()),
                DigitsTo(n) | Text(n) => rest.len().min(*n),
            };
            let Some((head, tail)) = rest.split_at_checked(take) else { return false };
            rest = tail;
            let good = match part {
                Digits(_) | DigitsTo(_) => !head.is_empty() && digits(head),
                Checked(_) => digits(head) && check::holds(head),
                Date(month_only) => digits(head) && date(head, *month_only),
                Time => digits(head) && head[..2] < *"24" && head[2..] < *"60",
                Country => digits(head) && country(head),
                Maybe(n) => head.is_empty() || (head.len() == *n && digits(head) && date(head, false)),
                Text(_) => !head.is_empty() && head.bytes().all(in_cset82),
            };
            if !good {
                return false;
            }
        }
        rest.is_empty()
    }
}
