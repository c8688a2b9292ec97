//! Formats numbers, amounts, dates and units in each language.
//!
//! What it is not: arithmetic. Every number is an exact decimal text and keeps its digits. A no-break space joins a number and
//! its unit.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::Words;
use super::bidi::isolated;
use crate::gs1::{Amount, BaseUnit};
use crate::record::registry::Region;
use crate::server::i18n::Lang;

/// No-break space between a number and its unit.
const NBSP: char = '\u{a0}';

/// A plain decimal (`-1040.25`) with the separators of the language: `1.040,25` in Indonesian, `1,040.25` in English.
/// In text that is not a plain decimal (`<0.5`, `absent`) only the decimal point is replaced.
pub fn number(lang: Lang, text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(w, p)| (w, Some(p)));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || part.is_some_and(|p| !plain(p)) {
        // in `<0.5` and ranges a point between digits is still a decimal point
        let shown = text.replace('.', lang.point());
        return if text.is_ascii() { shown } else { isolated(&shown) };
    }
    let mut shown = String::new();
    if digits.len() != text.len() {
        shown.push('\u{2212}');
    }
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            shown.push_str(lang.group());
        }
        shown.push(c);
    }
    if let Some(part) = part {
        shown.push_str(lang.point());
        shown.push_str(part);
    }
    shown
}

/// An amount with its unit: from one kilogram on in kg, from one litre on in litres. The word for pieces is that of the
/// commodity's profile.
pub fn amount(words: Words<'_>, lang: Lang, amount: Amount, unit: BaseUnit) -> String {
    let (text, sign) = unit.written(amount);
    let sign = match unit {
        BaseUnit::Gram | BaseUnit::Millilitre => sign.to_owned(),
        BaseUnit::Piece => words.piece(lang),
    };
    format!("{}{NBSP}{sign}", number(lang, &text))
}

/// The usual symbol for a UN/CEFACT Recommendation 20 or UCUM code; the code itself if there is none.
pub fn unit_sign(code: &str) -> &str {
    match code {
        "P1" | "%" => "%",
        "C62" | "1" | "" => "",
        "KGM" => "kg",
        "GRM" => "g",
        "MGM" => "mg",
        "MLT" => "ml",
        "LTR" => "L",
        "CEL" | "Cel" => "°C",
        "MMT" => "mm",
        "CMT" => "cm",
        "CMK" => "cm²",
        "MIN" => "min",
        "HUR" => "h",
        "NA" | "mg/kg" | "M29" => "mg/kg",
        "GK" | "g/kg" => "g/kg",
        "J33" | "ug/kg" => "µg/kg",
        "A18" => "Bq/kg",
        "[CFU]/g" => "CFU/g",
        "{MPN}/g" => "MPN/g",
        "mg/(100.g)" => "mg/100\u{a0}g",
        "59" => "ppm",
        "DD" | "deg" => "°",
        "GL" | "g/L" => "g/L",
        "23" => "g/cm³",
        "H87" => "",
        other => other,
    }
}

/// A measured value with its unit.
pub fn measured(lang: Lang, value: &str, uom: Option<&str>) -> String {
    let code = uom.unwrap_or_default();
    let sign = match unit_sign(code) {
        // a code that has no sign is shown as it was written
        same if !same.is_ascii() && same == code => isolated(code),
        sign => sign.to_owned(),
    };
    if sign.is_empty() { number(lang, value) } else { format!("{}{NBSP}{sign}", number(lang, value)) }
}

/// A region with its kind in the reader's language: `Kabupaten Donggala`, `Donggala Regency`, `Donggala 县`.
pub fn region(lang: Lang, name: &str) -> String {
    for kind in ["Kabupaten", "Kota", "Provinsi"] {
        if let Some(own) = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' ')) {
            return lang.with(&format!("region-{}", kind.to_lowercase()), &[("name", &isolated(own))]);
        }
    }
    isolated(name)
}

/// A region and the code by which an authority knows it: `Donggala Regency (kemendagri 72.03)`.
pub fn coded_region(lang: Lang, region: &Region) -> String {
    let code = isolated(&format!("{} {}", region.authority, region.code));
    lang.with("region-coded", &[("name", &self::region(lang, &region.name)), ("code", &code)])
}

/// `9 Nov 2026`; in Chinese `2026年11月9日`.
pub fn date(lang: Lang, date: Date) -> String {
    let (day, year) = (date.day().to_string(), date.year().to_string());
    lang.with("date", &[("day", &day), ("month", month(lang, date)), ("year", &year)])
}

/// `1–3 Nov 2026`: month and year are written once if both days share them.
pub fn date_range(lang: Lang, from: Date, to: Date) -> String {
    if from == to {
        return date(lang, from);
    }
    let key = match (from.year() == to.year(), from.month() == to.month()) {
        (true, true) => "date-range-in-month",
        (true, false) => "date-range-in-year",
        (false, _) => "date-range",
    };
    let (first, last) = (date(lang, from), date(lang, to));
    let (first_day, last_day) = (from.day().to_string(), to.day().to_string());
    let values = [
        ("first", first.as_str()),
        ("first-day", &first_day),
        ("first-month", month(lang, from)),
        ("last", &last),
        ("last-day", &last_day),
    ];
    lang.with(key, &values)
}

fn month(lang: Lang, date: Date) -> &'static str {
    lang.month(date.month().unsigned_abs().into())
}

/// A day written `YYYY-MM-DD`; unreadable text is returned as it is.
pub fn day(lang: Lang, text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |d| date(lang, d))
}

/// The instant in its own offset: `9 Nov 2026, 14.30 WITA` with an Indonesian country code.
pub fn moment(lang: Lang, at: Timestamp, offset: &str, country: Option<&str>) -> String {
    let seconds = offset_seconds(offset).unwrap_or(0);
    let local = Offset::from_seconds(seconds).unwrap_or(Offset::UTC).to_datetime(at);
    let (hour, minute) = (format!("{:02}", local.hour()), format!("{:02}", local.minute()));
    let time = lang.with("time", &[("hour", &hour), ("minute", &minute)]);
    let zone = zone_name(lang, seconds, country);
    lang.with("moment", &[("date", &date(lang, local.date())), ("time", &time), ("zone", &zone)])
}

/// The day of the instant in its own offset.
pub fn day_of(lang: Lang, at: Timestamp, offset: &str) -> String {
    let zone = offset_seconds(offset).and_then(|s| Offset::from_seconds(s).ok()).unwrap_or(Offset::UTC);
    date(lang, zone.to_datetime(at).date())
}

/// Unix seconds as a moment in UTC.
pub fn unix(lang: Lang, seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| moment(lang, at, "+00:00", None))
}

/// The day of Unix seconds in UTC.
pub fn unix_day(lang: Lang, seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| day_of(lang, at, "+00:00"))
}

/// `+08:00` in seconds.
fn offset_seconds(offset: &str) -> Option<i32> {
    let (sign, rest) = match offset.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The name of a time zone if the language has one (`zone-<country>-<minutes east>`), such as WITA; else `UTC+3`.
fn zone_name(lang: Lang, seconds: i32, country: Option<&str>) -> String {
    if let Some(named) = country.and_then(|country| lang.find(&format!("zone-{country}-{}", seconds / 60), &[])) {
        return named;
    }
    if seconds == 0 {
        return "UTC".to_owned();
    }
    let (sign, size) = (if seconds < 0 { '\u{2212}' } else { '+' }, seconds.unsigned_abs());
    let minutes = size / 60 % 60;
    if minutes == 0 { format!("UTC{sign}{}", size / 3600) } else { format!("UTC{sign}{}:{minutes:02}", size / 3600) }
}

/// A file size: `184 kB`.
pub fn bytes(lang: Lang, size: u64) -> String {
    match size {
        0..=999 => format!("{size}{NBSP}B"),
        1_000..=999_999 => format!("{}{NBSP}kB", size / 1000),
        _ => format!("{}{NBSP}MB", number(lang, &format!("{}.{}", size / 1_000_000, size % 1_000_000 / 100_000))),
    }
}

/// Names one after the other, with the comma of the language.
pub fn list(lang: Lang, names: &[String]) -> String {
    let joined = names.iter().cloned().reduce(|all, name| lang.with("list", &[("first", &all), ("second", &name)]));
    joined.unwrap_or_default()
}

/// An id such as `steam-distillation` as words, if no locale or profile names it.
pub fn words(id: &str) -> String {
    let tail = id.rsplit([':', '/']).next().unwrap_or(id).replace(['-', '_'], " ");
    let mut chars = tail.chars();
    let written: String = chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    isolated(&written)
}

#[cfg(test)]
mod tests {
    use super::super::bidi::plain;
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_take_the_separators_of_the_language() {
        assert_eq!(number(Lang::of("id"), "24.40"), "24,40");
        assert_eq!(number(Lang::EN, "1040.25"), "1,040.25");
        assert_eq!(number(Lang::of("id"), "1234567"), "1.234.567");
        assert_eq!(number(Lang::of("zh"), "-3"), "\u{2212}3");
        assert_eq!(number(Lang::of("id"), "<0.5"), "<0,5");
        assert_eq!(number(Lang::EN, "absent"), "absent");
    }

    #[test]
    fn grams_become_kilograms_when_large_and_stay_exact() {
        let of = |text: &str| text.parse::<Amount>().expect("amount");
        let glossary = super::super::Glossary::default();
        let any = glossary.any();
        assert_eq!(amount(any, Lang::of("id"), of("24400"), BaseUnit::Gram), "24,4\u{a0}kg");
        assert_eq!(amount(any, Lang::EN, of("24400"), BaseUnit::Gram), "24.4\u{a0}kg");
        assert_eq!(amount(any, Lang::EN, of("999.5"), BaseUnit::Gram), "999.5\u{a0}g");
        assert_eq!(amount(any, Lang::EN, of("1000.000001"), BaseUnit::Gram), "1.000000001\u{a0}kg");
        assert_eq!(amount(any, Lang::EN, of("-1500"), BaseUnit::Millilitre), "\u{2212}1.5\u{a0}L");
        assert_eq!(amount(any, Lang::of("id"), of("1040000"), BaseUnit::Gram), "1.040\u{a0}kg");
        assert_eq!(amount(any, Lang::of("id"), of("120"), BaseUnit::Piece), "120\u{a0}buah");
    }

    #[test]
    fn dates_read_as_written_in_each_language() {
        let d = |text: &str| text.parse::<Date>().expect("date");
        assert_eq!(date(Lang::of("id"), d("2026-08-09")), "9\u{a0}Agu\u{a0}2026");
        assert_eq!(date(Lang::of("zh"), d("2026-11-09")), "2026年11月9日");
        assert_eq!(date_range(Lang::EN, d("2026-11-01"), d("2026-11-03")), "1\u{2013}3\u{a0}Nov\u{a0}2026");
        assert_eq!(date_range(Lang::of("zh"), d("2026-11-01"), d("2026-11-03")), "2026年11月1日至3日");
        let at: Timestamp = "2026-11-09T06:30:00Z".parse().expect("timestamp");
        let here = Some("ID");
        assert_eq!(moment(Lang::of("id"), at, "+08:00", here), "9\u{a0}Nov\u{a0}2026, 14.30\u{a0}WITA");
        for elsewhere in [Some("SG"), None] {
            assert_eq!(moment(Lang::of("id"), at, "+08:00", elsewhere), "9\u{a0}Nov\u{a0}2026, 14.30\u{a0}UTC+8");
        }
        assert_eq!(moment(Lang::EN, at, "+08:00", here), "9\u{a0}Nov\u{a0}2026, 14:30\u{a0}UTC+8");
        assert_eq!(moment(Lang::of("zh"), at, "+08:00", here), "2026年11月9日 14:30\u{a0}UTC+8");
        assert_eq!(moment(Lang::EN, at, "nonsense", here), "9\u{a0}Nov\u{a0}2026, 06:30\u{a0}UTC");
        assert_eq!(moment(Lang::EN, at, "+05:30", None), "9\u{a0}Nov\u{a0}2026, 12:00\u{a0}UTC+5:30");
    }

    #[test]
    fn a_region_is_called_by_its_kind() {
        assert_eq!(plain(&region(Lang::of("id"), "Kabupaten Donggala")), "Kabupaten Donggala");
        assert_eq!(plain(&region(Lang::EN, "Kabupaten Donggala")), "Donggala Regency");
        assert_eq!(plain(&region(Lang::of("zh"), "Kota Bontang")), "Bontang 市");
        assert_eq!(plain(&region(Lang::EN, "Hamburg")), "Hamburg");
    }

    #[test]
    fn an_unknown_id_still_reads_as_words() {
        assert_eq!(plain(&words("urn:jejak:param:acid-value")), "Acid value");
        assert_eq!(words(""), "");
    }
}
