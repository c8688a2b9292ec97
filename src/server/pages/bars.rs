//! A measured value and its limits as a bar: the limit, the side that passes, and the value.
//!
//! Only the picture is computed here, in floating point, rounded to a tenth; the verdict is the ledger's.

use super::bidi::isolated;
use super::{Words, format};
use crate::quality::{Judged, Verdict};
use crate::server::i18n::Lang;

/// Width of the picture in its own units.
const WIDTH: f64 = 300.0;

/// One result, ready to show.
pub(crate) struct Bar {
    pub(crate) parameter: String,
    pub(crate) name: String,
    pub(crate) raw: String,
    pub(crate) value: String,
    pub(crate) uncertainty: Option<String>,
    pub(crate) limit: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) advisory: bool,
    pub(crate) verdict: &'static str,
    pub(crate) word: String,
    pub(crate) picture: Option<Picture>,
}

/// Positions along the bar: the good zone, the limits, the value.
pub(crate) struct Picture {
    pub(crate) zone_x: String,
    pub(crate) zone_w: String,
    pub(crate) ticks: Vec<String>,
    pub(crate) at: String,
    pub(crate) spread_x: String,
    pub(crate) spread_w: String,
}

pub(crate) fn bar(words: Words<'_>, lang: Lang, judged: &Judged) -> Bar {
    let uom = judged.uom.as_deref();
    // a limit for information is not judged: no green, no word for a pass
    let (verdict, word) = match (judged.verdict, judged.advisory) {
        (Verdict::Pass, true) => ("not-evaluated", "advisory-within"),
        (Verdict::Fail, true) => ("inconclusive", "advisory-beyond"),
        (Verdict::Pass, false) => ("pass", "verdict-pass"),
        (Verdict::Fail, false) => ("fail", "verdict-fail"),
        (Verdict::NotEvaluated, _) => ("not-evaluated", "verdict-not-evaluated"),
        (Verdict::Inconclusive, _) => ("inconclusive", "verdict-inconclusive"),
    };
    Bar {
        parameter: judged.parameter.clone(),
        name: words.parameter(lang, &judged.parameter),
        raw: judged.value.clone(),
        value: words
            .value(lang, &judged.parameter, &judged.value)
            .unwrap_or_else(|| format::measured(lang, &judged.value, uom)),
        uncertainty: judged.uncertainty.as_deref().map(|u| format!("±\u{a0}{}", format::measured(lang, u, uom))),
        limit: limit(lang, judged),
        method: judged.method.as_deref().filter(|m| !m.is_empty()).map(method),
        advisory: judged.advisory,
        verdict,
        word: lang.text(word),
        picture: picture(judged),
    }
}

/// A method that is the citation of a standard (`ISO 709`, `GC-MS`) is shown as it is; the inspector's own words are quoted.
fn method(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let cites = first.bytes().any(|b| b.is_ascii_digit()) || first.bytes().filter(u8::is_ascii_uppercase).count() > 1;
    if cites { isolated(text) } else { format!("\u{201c}{}\u{201d}", isolated(text)) }
}

/// The limit in words: `at least 30 %`, `30 to 34 %`.
fn limit(lang: Lang, judged: &Judged) -> Option<String> {
    let show = |text: &str| format::measured(lang, text, judged.uom.as_deref());
    let side = |(text, inclusive): &(String, bool), at: &str, beyond: &str| {
        lang.with(if *inclusive { at } else { beyond }, &[("limit", show(text).as_str())])
    };
    match (&judged.min, &judged.max) {
        (Some((min, true)), Some((max, true))) => {
            let min = format::number(lang, min);
            Some(lang.with("limit-between", &[("min", min.as_str()), ("max", show(max).as_str())]))
        }
        (Some(min), Some(max)) => {
            let (first, second) = (side(min, "limit-min", "limit-above"), side(max, "limit-max", "limit-below"));
            Some(lang.with("comma", &[("first", &first), ("second", &second)]))
        }
        (Some(min), None) => Some(side(min, "limit-min", "limit-above")),
        (None, Some(max)) => Some(side(max, "limit-max", "limit-below")),
        (None, None) => None,
    }
}

fn picture(judged: &Judged) -> Option<Picture> {
    // `<0.5` is drawn at its limit of quantification
    let read = |text: &str| text.trim_start_matches(['<', '>']).trim().parse::<f64>().ok().filter(|v| v.is_finite());
    let value = read(&judged.value)?;
    let min = judged.min.as_ref().and_then(|(t, _)| read(t));
    let max = judged.max.as_ref().and_then(|(t, _)| read(t));
    let (low, high) = match (min, max) {
        (Some(min), Some(max)) => {
            let pad = ((max - min) * 0.4).max(f64::EPSILON);
            (min.min(value) - pad, max.max(value) + pad)
        }
        (None, Some(max)) => (max.min(value).min(0.0), (max * 1.35).max(value * 1.1)),
        (Some(min), None) => {
            let span = (value - min).abs().max(min.abs() * 0.1);
            let low = min.min(value) - span * 0.7;
            (if min >= 0.0 && low < 0.0 { 0.0 } else { low }, min.max(value) + span * 0.7)
        }
        (None, None) => return None,
    };
    if high <= low {
        return None;
    }
    let x = |v: f64| ((v - low) / (high - low) * WIDTH).clamp(0.0, WIDTH);
    let (from, to) = (min.map_or(0.0, x), max.map_or(WIDTH, x));
    let spread = judged.uncertainty.as_deref().and_then(read).unwrap_or(0.0);
    let (spread_from, spread_to) = (x(value - spread), x(value + spread));
    let show = |v: f64| format!("{v:.1}");
    Some(Picture {
        zone_x: show(from),
        zone_w: show((to - from).max(0.0)),
        ticks: [min, max].into_iter().flatten().map(|v| show(x(v))).collect(),
        // the mark is 14 wide: it must not be cut at the ends
        at: show(x(value).clamp(7.0, WIDTH - 7.0)),
        spread_x: show(spread_from),
        spread_w: show(spread_to - spread_from),
    })
}

#[cfg(test)]
mod tests {
    use super::super::bidi::plain;
    use super::*;

    #[test]
    fn a_method_in_words_is_quoted_and_a_citation_is_not() {
        for cited in ["ISO 11024-1", "SNI 06-2385-2006", "GC-MS", "CXS 197 annex", "15 g"] {
            assert_eq!(plain(&method(cited)), cited);
        }
        for words in ["count of 200 fruits", "Caliper, smallest of ISO 9", "meteran"] {
            assert_eq!(plain(&method(words)), format!("\u{201c}{words}\u{201d}"));
        }
    }

    fn judged(value: &str, min: Option<&str>, max: Option<&str>) -> Judged {
        Judged {
            parameter: "urn:jejak:param:acid-value".into(),
            value: value.into(),
            uom: Some("P1".into()),
            uncertainty: None,
            method: None,
            min: min.map(|m| (m.into(), true)),
            max: max.map(|m| (m.into(), false)),
            requirement: None,
            advisory: false,
            verdict: Verdict::Pass,
            unread: false,
            units: None,
        }
    }

    fn at(p: &Picture) -> f64 {
        p.at.parse().expect("a number")
    }

    #[test]
    fn mark_is_in_the_good_zone_exactly_when_the_value_is() {
        for (value, min, max, inside) in [
            ("31.2", Some("30"), None, true),
            ("28", Some("30"), None, false),
            ("3", None, Some("8"), true),
            ("9", None, Some("8"), false),
            ("1.508", Some("1.507"), Some("1.515"), true),
            ("1.6", Some("1.507"), Some("1.515"), false),
        ] {
            let p = picture(&judged(value, min, max)).expect("a picture");
            let (x, w): (f64, f64) = (p.zone_x.parse().expect("x"), p.zone_w.parse().expect("w"));
            assert_eq!((x..=x + w).contains(&at(&p)), inside, "{value} in {min:?}..{max:?}");
        }
    }

    #[test]
    fn no_limit_or_no_number_gives_no_picture_and_nothing_divides_by_zero() {
        assert!(picture(&judged("3", None, None)).is_none());
        assert!(picture(&judged("absent", None, Some("1"))).is_none());
        assert!(picture(&judged("0", None, Some("0"))).is_none());
        assert!(picture(&judged("0", Some("0"), None)).is_none());
        assert!(picture(&judged("<0.5", None, Some("1"))).is_some());
    }

    #[test]
    fn limits_read_in_words() {
        assert_eq!(limit(Lang::EN, &judged("1", Some("30"), None)).as_deref(), Some("at least 30\u{a0}%"));
        assert_eq!(limit(Lang::of("id"), &judged("1", None, Some("1.5"))).as_deref(), Some("di bawah 1,5\u{a0}%"));
    }
}
