//! Numbers as people write them: decimal comma or point, digits in groups of three, no zero before the point.
//!
//! A text that has one meaning is read as that, whatever the locale: `1,5` is one and a half everywhere. One separator with three
//! digits behind it has two meanings: `1.040` is a thousand and forty in Indonesian and one and a bit in English. Then the locale
//! decides, and without one the person is asked. What it is not: units (`units`), nor the exact decimals of records (`gs1::amount`).

use std::fmt;
use std::str::FromStr;

/// How a person writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// Decimal point: `1,040.5` (English, Chinese).
    Point,
    /// Decimal comma: `1.040,5` (Indonesian).
    Comma,
}

impl Locale {
    const fn decimal(self) -> char {
        match self {
            Locale::Point => '.',
            Locale::Comma => ',',
        }
    }

    /// An exact decimal as people read it: the locale's decimal sign, and spaces between groups of three digits (ISO 80000-1, 7.3.1),
    /// which no locale takes for a decimal sign.
    pub fn shown(self, exact: &str) -> String {
        let (sign, digits) = exact.strip_prefix('-').map_or(("", exact), |digits| ("-", digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let mut out = String::from(sign);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 && whole.len() > 3 {
                out.push(' ');
            }
            out.push(digit);
        }
        if !part.is_empty() {
            out.push(self.decimal());
            out.push_str(part);
        }
        out
    }
}

impl FromStr for Locale {
    type Err = String;

    /// A BCP 47 tag (`zh-Hans`), or the name of a POSIX locale (`id_ID.UTF-8`). By the number formats of CLDR for the languages of the
    /// product and those of Indonesia; any other is not guessed.
    fn from_str(tag: &str) -> Result<Locale, String> {
        let name = tag.trim().split(['.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        let mut parts = name.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let is_in = |region: &str| parts.clone().any(|part| part == region);
        match language {
            "en" if is_in("za") => Ok(Locale::Comma),
            "id" | "in" | "jv" | "su" => Ok(Locale::Comma),
            "en" | "zh" => Ok(Locale::Point),
            "" => Err("it names no language; write id for 1.040,5, en or zh for 1,040.5".to_owned()),
            other => Err(format!(
                "how numbers are written in the language \"{other}\" is not known here; write id for 1.040,5, en or zh for 1,040.5"
            )),
        }
    }
}

/// What a text can mean: exact decimals, as `gs1::exact_decimal` reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// One number.
    One(String),
    /// Two: with the separator as decimal sign, and as mark between thousands.
    Two {
        /// The separator.
        separator: char,
        /// As a decimal sign.
        decimal: String,
        /// Between thousands.
        grouped: String,
    },
}

impl Reading {
    /// What it means in a locale.
    pub fn in_locale(&self, locale: Locale) -> &str {
        match self {
            Reading::One(number) => number,
            Reading::Two { separator, decimal, .. } if *separator == locale.decimal() => decimal,
            Reading::Two { grouped, .. } => grouped,
        }
    }
}

/// The text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber(&'static str);

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotANumber {}

/// Marks between groups of digits that are no decimal sign anywhere.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}')
}

/// Whether `c` may stand in a number as people write it.
pub fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',') || is_space(c)
}

const DIGITS: NotANumber = NotANumber("write it in digits, such as 1.5");
const GROUPS: NotANumber = NotANumber("between thousands every group has three digits; leave the marks out to be sure");
const TWO_SIGNS: NotANumber = NotANumber("there is one decimal sign in a number");

/// The digits of a whole number, whose groups `is_mark` divides; without zeros before it.
fn whole(text: &str, is_mark: impl Fn(char) -> bool) -> Result<String, NotANumber> {
    let mut groups = text.split(&is_mark);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped =
        (1..=3).contains(&first.len()) && !first.starts_with('0') && rest.iter().all(|group| group.len() == 3);
    if !rest.is_empty() && !grouped {
        return Err(GROUPS);
    }
    let digits = format!("{first}{}", rest.concat());
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DIGITS);
    }
    let bare = digits.trim_start_matches('0');
    Ok(if bare.is_empty() { "0".to_owned() } else { bare.to_owned() })
}

/// `whole` and the digits behind the decimal sign.
fn joined(whole: &str, part: &str) -> Result<String, NotANumber> {
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotANumber("digits are missing behind the decimal sign"));
    }
    Ok(format!("{whole}.{part}"))
}

/// Reads a number: digits, `.` and `,` as decimal sign or between thousands, spaces or apostrophes between thousands, a minus.
///
/// # Errors
/// [`NotANumber`], with what to write instead.
pub fn read(text: &str) -> Result<Reading, NotANumber> {
    let text = text.trim();
    let (minus, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let sign = |number: String| if number == "0" { number } else { format!("{minus}{number}") };
    if digits.is_empty() || !digits.chars().all(is_of_number) || !digits.contains(|c: char| c.is_ascii_digit()) {
        return Err(DIGITS);
    }
    if digits.starts_with(is_space) || digits.ends_with(is_space) {
        return Err(DIGITS);
    }
    let separators: Vec<char> = digits.chars().filter(|c| matches!(c, '.' | ',')).collect();
    let spaced = digits.contains(is_space);
    let (Some(first), Some(last)) = (separators.first().copied(), separators.last().copied()) else {
        return Ok(Reading::One(sign(whole(digits, is_space)?)));
    };
    if first != last || spaced {
        // the last separator is the decimal sign; what stands before it are groups
        let (before, part) = digits.rsplit_once(last).unwrap_or((digits, ""));
        if before.contains(last) || (spaced && before.contains(['.', ','])) {
            return Err(TWO_SIGNS);
        }
        let number = if spaced { whole(before, is_space)? } else { whole(before, |c| c == first)? };
        return Ok(Reading::One(sign(joined(&number, part)?)));
    }
    if separators.len() > 1 {
        return Ok(Reading::One(sign(whole(digits, |c| c == first)?)));
    }
    let (before, part) = digits.split_once(first).unwrap_or((digits, ""));
    let number = if before.is_empty() { "0".to_owned() } else { whole(before, is_space)? };
    let decimal = sign(joined(&number, part)?);
    match whole(digits, |c| c == first) {
        Ok(grouped) => Ok(Reading::Two { separator: first, decimal, grouped: sign(grouped) }),
        Err(_) => Ok(Reading::One(decimal)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gs1::exact_decimal;

    fn one(text: &str) -> String {
        match read(text) {
            Ok(Reading::One(number)) => number,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_with_one_meaning_need_no_locale() {
        for (text, number) in [
            ("1,5", "1.5"),
            ("1.5", "1.5"),
            (".5", "0.5"),
            (",5", "0.5"),
            ("0,250", "0.250"),
            ("0.250", "0.250"),
            ("1040", "1040"),
            ("1 040", "1040"),
            ("1\u{a0}040,5", "1040.5"),
            ("1'040.25", "1040.25"),
            ("1.040.000", "1040000"),
            ("1,040,000", "1040000"),
            ("1.040,5", "1040.5"),
            ("1,040.5", "1040.5"),
            ("12.040.000,125", "12040000.125"),
            ("1040,250", "1040.250"),
            ("007", "7"),
            ("0", "0"),
            ("-18", "-18"),
            ("\u{2212}18,5", "-18.5"),
            ("-0", "0"),
            ("1040.1234", "1040.1234"),
        ] {
            assert_eq!(one(text), number, "{text}");
        }
    }

    #[test]
    fn one_mark_before_three_digits_is_read_by_locale() {
        for (text, point, comma) in [
            ("1.040", "1.040", "1040"),
            ("1,040", "1040", "1.040"),
            ("999.999", "999.999", "999999"),
            ("-1.500", "-1.500", "-1500"),
        ] {
            let reading = read(text).unwrap();
            assert!(matches!(reading, Reading::Two { .. }), "{text}");
            assert_eq!((reading.in_locale(Locale::Point), reading.in_locale(Locale::Comma)), (point, comma), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            " ",
            "-",
            ".",
            ",",
            "1.",
            "1,",
            "1..5",
            "1,,5",
            "1.5.2",
            "1,50,000",
            "1.040.00",
            "1,040,5",
            "1.040,500,000",
            "12 34",
            "1 040 5",
            "+5",
            "1e3",
            "0x10",
            "1/2",
            "\u{bd}",
            "\u{ff11}",
            "\u{661}",
            "1,5,",
            "1 040.500.000",
            "0.500.000",
            "--5",
            "5-",
            "NaN",
        ] {
            assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
        }
    }

    #[test]
    fn shown_numbers_have_groups_and_the_sign_of_the_locale() {
        for (exact, point, comma) in [
            ("1040", "1 040", "1 040"),
            ("1.04", "1.04", "1,04"),
            ("-1234567.8901", "-1 234 567.8901", "-1 234 567,8901"),
            ("100", "100", "100"),
        ] {
            assert_eq!((Locale::Point.shown(exact), Locale::Comma.shown(exact)), (point.to_owned(), comma.to_owned()));
        }
    }

    #[test]
    fn locales_are_named_as_systems_name_them_and_unknown_ones_are_not_guessed() {
        for (tag, locale) in [
            ("id", Locale::Comma),
            ("ID", Locale::Comma),
            ("id_ID", Locale::Comma),
            ("id_ID.UTF-8", Locale::Comma),
            ("id-ID", Locale::Comma),
            ("id-Latn-ID", Locale::Comma),
            ("in_ID", Locale::Comma),
            ("jv_ID.utf8", Locale::Comma),
            ("en-ZA", Locale::Comma),
            (" en-GB ", Locale::Point),
            ("en_US.UTF-8@euro", Locale::Point),
            ("en-u-nu-latn", Locale::Point),
            ("zh-Hans", Locale::Point),
            ("zh_CN.GB18030", Locale::Point),
            ("zh-Hant-TW", Locale::Point),
        ] {
            assert_eq!(tag.parse(), Ok(locale), "{tag}");
        }
        for tag in ["de_DE.UTF-8", "C", "POSIX", "", "english", "_", "idn"] {
            let why = tag.parse::<Locale>().unwrap_err();
            assert!(why.contains("write id for 1.040,5, en or zh for 1,040.5"), "{tag}: {why}");
        }
        assert!("de_DE".parse::<Locale>().unwrap_err().contains("\"de\""));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(whole in 0u64..10_000_000_000, part in proptest::option::of("[0-9]{1,6}"), comma in any::<bool>(), minus in any::<bool>()) {
            let locale = if comma { Locale::Comma } else { Locale::Point };
            let sign = if minus && whole > 0 { "-" } else { "" };
            let exact = match &part {
                Some(part) => format!("{sign}{whole}.{part}"),
                None => format!("{sign}{whole}"),
            };
            let reading = read(&locale.shown(&exact)).unwrap();
            prop_assert_eq!(reading.in_locale(locale), exact.as_str());
        }

        #[test]
        fn any_text_gives_exact_decimals_or_an_error(text in "[-0-9., ']{0,16}") {
            match read(&text) {
                Ok(Reading::One(number)) => prop_assert!(exact_decimal(&number).is_ok(), "{}", number),
                Ok(Reading::Two { decimal, grouped, .. }) => {
                    prop_assert!(exact_decimal(&decimal).is_ok() && exact_decimal(&grouped).is_ok());
                    prop_assert_ne!(decimal, grouped);
                }
                Err(_) => {}
            }
        }
    }
}
