//! Units as people write them, and the codes of UN/CEFACT Recommendation 20 and UCUM that records carry.
//!
//! A unit with one meaning in trade is understood; one with several (ons of 28 g or 100 g, pikul, ounce, gallon, ton of 907 kg) is
//! refused with what to write. What it is not: the units that the rules convert (`gs1::unit`).

use rust_decimal::Decimal;

use super::failure::Failure;
use super::profile::nearest;

/// A unit of amounts: its code, how many of the code's unit one is, and how people write it, in lower case.
struct Known {
    code: &'static str,
    /// `None` for one.
    factor: Option<&'static str>,
    sign: &'static str,
    words: &'static [&'static str],
}

const fn known(code: &'static str, sign: &'static str, words: &'static [&'static str]) -> Known {
    Known { code, factor: None, sign, words }
}

const fn times(code: &'static str, factor: &'static str, sign: &'static str, words: &'static [&'static str]) -> Known {
    Known { code, factor: Some(factor), sign, words }
}

/// Units of amounts. The pound is that of the International Yard and Pound Agreement of 1959; a kuintal is 100 kg (Indonesian law
/// 2/1981 on metrology knows the metric units), jin (斤) 500 g (order of the State Council of China on units, 1984).
const AMOUNTS: [Known; 13] = [
    known("KGM", "kg", &["kgm", "kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "公斤", "千克"]),
    known("GRM", "g", &["grm", "g", "gr", "gram", "grams", "gramme", "克"]),
    known("MGM", "mg", &["mgm", "mg", "milligram", "milligrams", "miligram", "毫克"]),
    known("TNE", "t", &["tne", "t", "ton", "tonne", "tonnes", "吨"]),
    known("LTR", "L", &["ltr", "l", "lt", "liter", "litre", "liters", "litres", "升"]),
    known("MLT", "ml", &["mlt", "ml", "cc", "milliliter", "millilitre", "mililiter", "毫升"]),
    known("MTQ", "m³", &["mtq", "m3", "m³", "cbm", "kubik", "立方米"]),
    known(
        "H87",
        "pcs",
        &[
            "h87", "ea", "c62", "pc", "pcs", "piece", "pieces", "ekor", "buah", "biji", "butir", "batang", "unit",
            "units", "只", "个", "件", "枚",
        ],
    ),
    times("KGM", "100", "kuintal", &["dtn", "kuintal", "kwintal", "quintal", "kw", "公担"]),
    times("KGM", "0.45359237", "lb", &["lbr", "lb", "lbs", "pound", "pounds", "磅"]),
    times("KGM", "0.5", "斤", &["斤", "市斤", "jin"]),
    times("H87", "12", "lusin", &["dzn", "dpc", "lusin", "dozen", "打"]),
    times("H87", "20", "kodi", &["kodi"]),
];

/// Words with several meanings, and what to write.
const SEVERAL: [(&[&str], &str); 4] = [
    (&["ons", "oz", "ounce", "ounces", "onz"], "grams, such as 100 g"),
    (&["pikul", "dan", "担", "pon"], "kilograms, such as 60 kg"),
    (&["gal", "gallon", "galon", "drum", "jeriken", "jerigen", "barrel"], "litres, such as 200 L"),
    (
        &["karung", "keranjang", "peti", "ikat", "tandan", "sisir", "box", "dus", "kardus", "bag", "sack", "箱", "袋"],
        "its weight, such as 50 kg",
    ),
];

/// Units that differ in nothing but the case of their prefix, m for a thousandth and M for a million (SI brochure, table 7): the word in
/// lower case, what it is with either prefix, and what to write.
const BY_CASE: [(&str, &str, &str); 2] = [
    ("mg", "milligrams (mg) or megagrams (Mg, 1000 kg)", "write mg for milligrams, t for tonnes"),
    ("ml", "millilitres (ml) or megalitres (ML, 1000 m³)", "write ml for millilitres, m3 for cubic metres"),
];

/// Units of measured values: the code, and how people write it.
const MEASURES: [(&str, &[&str]); 17] = [
    ("P1", &["%", "persen", "percent", "per cent", "百分之", "％"]),
    ("NA", &["mg/kg", "毫克/千克"]),
    ("J33", &["ug/kg", "µg/kg", "μg/kg", "mcg/kg", "ppb"]),
    ("GK", &["g/kg"]),
    ("GL", &["g/l"]),
    ("23", &["g/cm3", "g/cm³", "g/ml"]),
    ("A18", &["bq/kg"]),
    ("[CFU]/g", &["cfu/g", "kol/g", "koloni/g", "colonies/g", "cfu/gram"]),
    ("{MPN}/g", &["mpn/g", "apm/g"]),
    ("mg/(100.g)", &["mg/100g", "mg/100 g", "mg/100\u{a0}g", "mg%"]),
    ("CEL", &["°c", "c", "℃", "celsius", "derajat celsius", "degc"]),
    ("CMT", &["cm", "sentimeter", "centimetre", "centimeter", "厘米"]),
    ("MMT", &["mm", "milimeter", "millimetre", "millimeter", "毫米"]),
    ("CMK", &["cm2", "cm²"]),
    ("MIN", &["min", "mins", "menit", "minute", "minutes", "分钟"]),
    ("DD", &["°", "deg", "derajat"]),
    ("59", &["ppm"]),
];

/// A unit of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Its code, which the record carries.
    pub code: &'static str,
    /// As people write it.
    pub sign: &'static str,
    /// How many of the code's unit one is, unless one.
    factor: Option<&'static str>,
}

impl Unit {
    /// `value` of this unit in the code's unit, exactly; `None` beyond 28 digits.
    pub fn converted(&self, value: Decimal) -> Option<Decimal> {
        match self.factor {
            Some(factor) => value.checked_mul(factor.parse().ok()?).map(|product| product.normalize()),
            None => Some(value),
        }
    }

    /// Whether a value of it is stated in another unit.
    pub const fn is_converted(&self) -> bool {
        self.factor.is_some()
    }
}

/// The sign of a code's own unit.
pub fn sign(code: &str) -> &str {
    AMOUNTS.iter().find(|known| known.code == code && known.factor.is_none()).map_or(code, |known| known.sign)
}

/// Refuses a unit that has two meanings with its capital letter.
///
/// # Errors
/// [`Failure`] naming both.
pub fn clear_by_case(text: &str) -> Result<(), Failure> {
    let text = text.trim();
    let lower = text.to_lowercase();
    match BY_CASE.iter().find(|(word, ..)| text.starts_with('M') && *word == lower) {
        Some((_, both, instead)) => Err(Failure::usage(format!("{text} can be {both}")).hint(*instead)),
        None => Ok(()),
    }
}

/// A unit of amounts, by its code or as people write it.
///
/// # Errors
/// [`Failure`] with what to write.
pub fn of_amount(text: &str) -> Result<Unit, Failure> {
    clear_by_case(text)?;
    let lower = text.trim().to_lowercase();
    if let Some(Known { code, factor, sign, .. }) = AMOUNTS.iter().find(|known| known.words.contains(&lower.as_str())) {
        return Ok(Unit { code, sign, factor: *factor });
    }
    let failure = Failure::usage(format!("{text} is not a unit of amounts"));
    if let Some((_, instead)) = SEVERAL.iter().find(|(words, _)| words.contains(&lower.as_str())) {
        return Err(failure.because("it has another weight or volume in each trade").hint(format!("write {instead}")));
    }
    let words: Vec<&str> = AMOUNTS.iter().flat_map(|known| known.words).copied().collect();
    let signs: Vec<&str> = AMOUNTS.iter().map(|known| known.sign).collect();
    let failure = failure.because(format!("amounts have one of the units {}", signs.join(", ")));
    Err(match nearest(&lower, &words) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None => failure.hint("write kg for kilograms, L for litres, pcs for pieces"),
    })
}

/// The code of a unit of measured values; a text that is none of the words stays as it is, since profiles may use any code.
pub fn of_measure(text: &str) -> &str {
    let text = text.trim();
    let is_code = |code: &str| code == text;
    if text == "C62"
        || MEASURES.iter().any(|(code, _)| is_code(code))
        || AMOUNTS.iter().any(|known| is_code(known.code))
    {
        return text;
    }
    let lower = text.to_lowercase();
    let measure = MEASURES.iter().find(|(_, words)| words.contains(&lower.as_str())).map(|(code, _)| *code);
    let amount = || {
        let known = AMOUNTS.iter().find(|known| known.factor.is_none() && known.words.contains(&lower.as_str()));
        known.map(|known| known.code)
    };
    measure.or_else(amount).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_as_people_write_them_have_their_code() {
        for (text, code, two) in [
            ("kg", "KGM", "2"),
            ("KGM", "KGM", "2"),
            ("Kilogram", "KGM", "2"),
            ("公斤", "KGM", "2"),
            ("ton", "TNE", "2"),
            ("L", "LTR", "2"),
            ("ekor", "H87", "2"),
            ("EA", "H87", "2"),
            ("kuintal", "KGM", "200"),
            ("kwintal", "KGM", "200"),
            ("lb", "KGM", "0.90718474"),
            ("斤", "KGM", "1"),
            ("lusin", "H87", "24"),
        ] {
            let unit = of_amount(text).unwrap();
            assert_eq!((unit.code, unit.converted(2.into()).unwrap().to_string().as_str()), (code, two), "{text}");
            assert!(crate::gs1::Unit::from_code(unit.code).is_some());
        }
        for (text, hint) in [("ons", "grams"), ("karung", "weight"), ("kilogam", "kilogram"), ("XYZ", "kg"), ("", "kg")]
        {
            assert!(of_amount(text).unwrap_err().hint.unwrap().contains(hint), "{text}");
        }
    }

    #[test]
    fn capital_letter_that_makes_a_million_of_a_thousandth_is_refused() {
        for (text, both) in
            [("Mg", ["milligrams", "1000 kg"]), ("MG", ["mg", "Mg"]), (" ML ", ["ml", "1000 m³"]), ("Ml", ["ml", "ML"])]
        {
            let failure = of_amount(text).unwrap_err();
            assert!(both.iter().all(|word| failure.message.contains(word)), "{text}: {}", failure.message);
            assert!(failure.hint.unwrap().contains("write"), "{text}");
        }
        // the code, and letters whose case means nothing
        for (text, code) in [("mg", "MGM"), ("MGM", "MGM"), ("mL", "MLT"), ("MLT", "MLT"), ("KG", "KGM"), ("M3", "MTQ")]
        {
            assert_eq!(of_amount(text).unwrap().code, code, "{text}");
        }
        // each word that a capital M changes is one of those
        let prefixed = |word: &&&str| word.starts_with('m') && matches!(&word[1..], "g" | "l" | "t" | "gram" | "pcs");
        for word in AMOUNTS.iter().flat_map(|known| known.words).filter(prefixed) {
            assert!(BY_CASE.iter().any(|(known, ..)| known == word), "{word}");
        }
    }

    #[test]
    fn units_of_results_have_the_codes_of_the_profiles() {
        for (text, code) in [
            ("%", "P1"),
            ("CFU/g", "[CFU]/g"),
            ("mg/kg", "NA"),
            ("µg/kg", "J33"),
            ("μg/kg", "J33"),
            ("°C", "CEL"),
            ("cm", "CMT"),
            ("g", "GRM"),
        ] {
            assert_eq!(of_measure(text), code);
        }
        let profiles = crate::quality::builtin();
        for unit in profiles
            .iter()
            .flat_map(|shipped| &shipped.profile.parameters)
            .filter_map(|parameter| parameter.unit.as_deref())
        {
            assert_eq!(of_measure(unit), unit, "the code of a profile stays");
        }
    }
}
