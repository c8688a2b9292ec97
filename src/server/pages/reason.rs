//! Why a link can't be read, in the reader's language.

use super::bidi::isolated;
use crate::gs1::LinkError;
use crate::server::i18n::Lang;

/// The sentence `link-<kind>`.
pub(super) fn of_link(lang: Lang, error: &LinkError) -> String {
    let (padded, shown, digit);
    let (kind, args): (&str, &[(&str, &str)]) = match error {
        LinkError::NotUri => ("not-uri", &[]),
        LinkError::NoKey => ("no-key", &[]),
        LinkError::Unsupported(ai) => ("unsupported", &[("ai", ai)]),
        LinkError::Misplaced(ai) => ("misplaced", &[("ai", ai)]),
        LinkError::CheckDigit { value, right, .. } => {
            shown = isolated(value);
            digit = right.to_string();
            ("check-digit", &[("value", &shown), ("right", &digit)])
        }
        LinkError::Value { ai, value } => {
            shown = isolated(value);
            ("value", &[("ai", ai), ("value", &shown)])
        }
        LinkError::Twice(ai) => ("twice", &[("ai", ai)]),
        LinkError::Pairing(ai) => ("pairing", &[("ai", ai)]),
        LinkError::Escape => ("escape", &[]),
        LinkError::Compressed => ("compressed", &[]),
        LinkError::ShortGtin(gtin) => {
            padded = format!("{gtin:0>14}");
            ("short-gtin", &[("gtin", gtin), ("padded", &padded)])
        }
    };
    lang.with(&format!("link-{kind}"), args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_error_has_a_sentence_in_every_language() {
        let ai = || "01".to_owned();
        let errors = [
            LinkError::NotUri,
            LinkError::NoKey,
            LinkError::Unsupported(ai()),
            LinkError::Misplaced(ai()),
            LinkError::CheckDigit { ai: ai(), value: ai(), right: 7 },
            LinkError::Value { ai: ai(), value: ai() },
            LinkError::Twice(ai()),
            LinkError::Pairing(ai()),
            LinkError::Escape,
            LinkError::Compressed,
            LinkError::ShortGtin("9521321001015".into()),
        ];
        for lang in Lang::all() {
            for error in &errors {
                let sentence = of_link(lang, error);
                assert!(sentence.contains(' ') || lang == Lang::of("zh"), "{lang:?} {error:?}: {sentence}");
                assert!(!sentence.starts_with("link-") && !sentence.contains('$'), "{lang:?} {error:?}: {sentence}");
            }
            assert!(of_link(lang, &errors[10]).contains("09521321001015"));
        }
    }
}
