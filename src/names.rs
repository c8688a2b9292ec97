//! Names for people in several languages: a map of BCP 47 language tags to texts, in which English always stands.
//!
//! A tag is `language[-script][-region][-variant]…` (RFC 5646 section 2.1, without extensions and private use), written in the case
//! that its section 2.1.1 recommends (`zh-Hant`, `pt-BR`), so that a language has one tag. A reader gets the text that lookup finds
//! (RFC 4647 section 3.4). What it is not: the sentences of the pages, which stand in `web/locales`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most languages of one name: more than any ledger needs, and a bound on the size of a statement and of its rows.
pub const MAX_LANGUAGES: usize = 32;

/// Longest tag in bytes (RFC 5646 section 4.4.1).
const MAX_TAG: usize = 35;

/// Why a text is no tag, or a map of texts no [`Names`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// Not well-formed, or not in canonical case.
    #[error("{0:?} is not a language tag in canonical form, such as en, zh-Hant or pt-BR")]
    Tag(String),
    /// No entry `en`.
    #[error("a name in English (en) is required")]
    NoEnglish,
    /// More than [`MAX_LANGUAGES`].
    #[error("a name holds {0} languages, more than {MAX_LANGUAGES}")]
    TooMany(usize),
}

/// A BCP 47 language tag in canonical case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct LanguageTag(Cow<'static, str>);

impl LanguageTag {
    /// English, the language that every name has.
    pub const ENGLISH: LanguageTag = LanguageTag(Cow::Borrowed("en"));
    /// Indonesian.
    pub const INDONESIAN: LanguageTag = LanguageTag(Cow::Borrowed("id"));
    /// Chinese, in simplified characters where no script is stated.
    pub const CHINESE: LanguageTag = LanguageTag(Cow::Borrowed("zh"));

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = NamesError;

    fn try_from(text: String) -> Result<LanguageTag, NamesError> {
        if canonical(&text) { Ok(LanguageTag(Cow::Owned(text))) } else { Err(NamesError::Tag(text)) }
    }
}

impl FromStr for LanguageTag {
    type Err = NamesError;

    fn from_str(text: &str) -> Result<LanguageTag, NamesError> {
        LanguageTag::try_from(text.to_owned())
    }
}

/// `language[-Script][-REGION][-variant]…`; `schemas/registry.schema.json` holds the same as a pattern, and a test compares them.
fn canonical(tag: &str) -> bool {
    let lower = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let script = |part: &str| {
        part.len() == 4 && part.starts_with(|c: char| c.is_ascii_uppercase()) && part.get(1..).is_some_and(lower)
    };
    let region = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase())) || (part.len() == 3 && digits(part))
    };
    let variant = |part: &str| {
        let long = (5..=8).contains(&part.len()) || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit()));
        long && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let mut parts = tag.split('-').peekable();
    let language = parts.next().unwrap_or_default();
    let _ = parts.next_if(|part| script(part));
    let _ = parts.next_if(|part| region(part));
    tag.len() <= MAX_TAG && matches!(language.len(), 2 | 3) && lower(language) && parts.all(variant)
}

/// A text in one or more languages; English is always among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<LanguageTag, String>")]
pub struct Names(BTreeMap<LanguageTag, String>);

impl TryFrom<BTreeMap<LanguageTag, String>> for Names {
    type Error = NamesError;

    fn try_from(names: BTreeMap<LanguageTag, String>) -> Result<Names, NamesError> {
        if names.len() > MAX_LANGUAGES {
            return Err(NamesError::TooMany(names.len()));
        }
        if !names.contains_key(&LanguageTag::ENGLISH) {
            return Err(NamesError::NoEnglish);
        }
        Ok(Names(names))
    }
}

impl Names {
    /// A name in English alone.
    pub fn english(text: impl Into<String>) -> Names {
        Names(BTreeMap::from([(LanguageTag::ENGLISH, text.into())]))
    }

    /// The same with `text` as its form in `tag`.
    #[must_use]
    pub fn with(mut self, tag: LanguageTag, text: impl Into<String>) -> Names {
        self.0.insert(tag, text.into());
        self
    }

    /// Each language and its text, by tag.
    pub fn iter(&self) -> impl Iterator<Item = (&LanguageTag, &str)> {
        self.0.iter().map(|(tag, text)| (tag, text.as_str()))
    }

    /// The text for a reader of `language` and the tag it has here: lookup by RFC 4647 section 3.4 (`zh-Hant-TW`, `zh-Hant`, `zh`),
    /// then English.
    pub fn best(&self, language: &str) -> (&LanguageTag, &str) {
        let mut range = language;
        while !range.is_empty() {
            if let Some(found) = self.iter().find(|(tag, _)| tag.0.eq_ignore_ascii_case(range)) {
                return found;
            }
            range = range.rsplit_once('-').map_or("", |(shorter, _)| shorter);
            // a single letter opens what was cut off, and goes with it
            if let Some((shorter, opener)) = range.rsplit_once('-')
                && opener.len() == 1
            {
                range = shorter;
            }
        }
        self.0.get_key_value(&LanguageTag::ENGLISH).map_or((&LanguageTag::ENGLISH, ""), |(tag, text)| (tag, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(json: &str) -> Result<Names, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn tags_out_of_canonical_form_are_refused() {
        for good in ["en", "id", "zh-Hant", "zh-Hans-CN", "pt-BR", "es-419", "ban", "sl-rozaj-biske", "de-1996"] {
            assert_eq!(good.parse::<LanguageTag>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "e",
            "EN",
            "english",
            "zh-hant",
            "zh-HANT",
            "pt-br",
            "en_US",
            "en-",
            "-en",
            "x-private",
            "en-u-ca",
            "ü",
        ] {
            assert!(bad.parse::<LanguageTag>().is_err(), "{bad}");
        }
        assert!(format!("en{}", "-variant1".repeat(4)).parse::<LanguageTag>().is_err(), "longer than 35 bytes");
    }

    #[test]
    fn a_name_without_english_or_in_too_many_languages_is_refused() {
        assert!(names(r#"{"en":"Oil","zh-Hant":"油","fr":"Huile"}"#).is_ok());
        for bad in [r#"{"fr":"Huile"}"#, "{}", r#"["Oil"]"#, r#""Oil""#, r#"{"en":"Oil","EN":"Oil"}"#, r#"{"en":null}"#]
        {
            assert!(names(bad).is_err(), "{bad}");
        }
        let of = |n: u8| {
            let tags = (0..n).map(|i| format!("a{}", char::from(b'a' + i % 26)) + if i < 26 { "" } else { "b" });
            let all = tags.chain(["en".to_owned()]).map(|tag| (tag.parse().unwrap(), "x".to_owned()));
            Names::try_from(all.collect::<BTreeMap<LanguageTag, String>>())
        };
        assert!(of(31).is_ok());
        assert_eq!(of(32), Err(NamesError::TooMany(33)));
    }

    #[test]
    fn a_reader_gets_the_nearest_language_else_english() {
        let names = names(r#"{"en":"Oil","zh":"油","zh-Hant":"油脂","pt-BR":"Óleo"}"#).unwrap();
        for (reader, tag) in [
            ("zh-Hans", "zh"),
            ("zh-Hant-TW", "zh-Hant"),
            ("ZH-hant", "zh-Hant"),
            ("zh-Hant-x-private", "zh-Hant"),
            ("pt", "en"),
            ("pt-BR", "pt-BR"),
            ("fr", "en"),
            ("", "en"),
        ] {
            assert_eq!(names.best(reader).0.as_str(), tag, "{reader}");
        }
    }

    #[test]
    fn json_and_rows_keep_every_language() {
        let text = r#"{"en":"Oil","id":"Minyak","zh-Hant":"油"}"#;
        let names = names(text).unwrap();
        assert_eq!(serde_json::to_string(&names).unwrap(), text);
        let row = postcard::to_allocvec(&names).unwrap();
        assert_eq!(postcard::from_bytes::<Names>(&row).unwrap(), names);
    }
}
