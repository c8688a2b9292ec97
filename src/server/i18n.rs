//! The three languages of the pages: which one a reader gets, and the sentences in it (Fluent, `web/locales/*.ftl`).
//!
//! What it is not: number and date formats (`pages::format`), nor the names of parameters and processes, which come with
//! the commodity profiles. `rules.*.ftl` holds one sentence per chain rule (`rule-<id>`) and finding (`finding-<id>`).

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

use crate::record::registry::Names;

#[derive(RustEmbed)]
#[folder = "web/locales"]
#[include = "*.ftl"]
struct Locales;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Indonesian.
    Id,
    /// English.
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// All, in the order of the language switch.
    pub const ALL: [Lang; 3] = [Lang::Id, Lang::En, Lang::Zh];

    /// BCP 47 tag for the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Id => "id",
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// Two-letter code, as in `?lang=`.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Id => "id",
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// What the language calls itself in the switch.
    pub const fn label(self) -> &'static str {
        match self {
            Lang::Id => "ID",
            Lang::En => "EN",
            Lang::Zh => "中文",
        }
    }

    /// From a language tag; the primary subtag decides. `ms` (Malay) readers get Indonesian.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.split(['-', '_']).next()?.trim().to_ascii_lowercase();
        match primary.as_str() {
            "id" | "in" | "ms" => Some(Lang::Id),
            "en" => Some(Lang::En),
            "zh" => Some(Lang::Zh),
            _ => None,
        }
    }

    /// The language for a request: `?lang=` first, then `Accept-Language` by weight (RFC 9110 section 12.5.4), else English:
    /// a reader whose language we lack is more likely abroad than in a village.
    pub fn negotiate(query: Option<&str>, accept: Option<&str>) -> Lang {
        if let Some(lang) = query.and_then(Lang::from_tag) {
            return lang;
        }
        let mut best: Option<(u32, Lang)> = None;
        for part in accept.unwrap_or_default().split(',').take(32) {
            let mut pieces = part.split(';');
            let Some(lang) = pieces.next().and_then(|tag| Lang::from_tag(tag.trim())) else { continue };
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=").map(weight_of)).unwrap_or(1000);
            // the first of equal weight wins, as readers order their list
            if weight > 0 && best.is_none_or(|(seen, _)| weight > seen) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Lang::En, |(_, lang)| lang)
    }

    /// The text of `names` in this language, else in English.
    pub fn pick(self, names: &Names) -> &str {
        let own = match self {
            Lang::Id => names.id.as_deref(),
            Lang::Zh => names.zh.as_deref(),
            Lang::En => None,
        };
        own.unwrap_or(&names.en)
    }

    /// The sentence `key`; the key itself when no locale has it (a test holds that this never shows).
    pub fn text(self, key: &str) -> String {
        self.find(key, &[]).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence `key` with named values.
    pub fn with(self, key: &str, args: &[(&str, &str)]) -> String {
        self.find(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence `key` for a count: `$n` chooses the plural and is shown.
    pub fn count(self, key: &str, n: u64) -> String {
        let mut values = FluentArgs::new();
        values.set("n", n);
        self.format(key, &values).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence `key`, if there is one.
    pub fn find(self, key: &str, args: &[(&str, &str)]) -> Option<String> {
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set((*name).to_owned(), (*value).to_owned());
        }
        self.format(key, &values)
    }

    fn format(self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let bundle = bundle(self);
        let pattern = bundle.get_message(key)?.value()?;
        // a missing value is shown as {$name} by Fluent: visible, and no reason to fail a page
        let mut errors = Vec::new();
        Some(bundle.format_pattern(pattern, Some(args), &mut errors).into_owned())
    }
}

/// `q=0.8` in thousandths; anything malformed counts as zero.
fn weight_of(text: &str) -> u32 {
    let value: f32 = text.trim().parse().unwrap_or(0.0);
    if !(0.0..=1.0).contains(&value) {
        return 0;
    }
    // within 0..=1000 after the check above
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let thousandths = (value * 1000.0) as u32;
    thousandths
}

fn bundle(lang: Lang) -> &'static FluentBundle<FluentResource> {
    static ID: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    static EN: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    static ZH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    let cell = match lang {
        Lang::Id => &ID,
        Lang::En => &EN,
        Lang::Zh => &ZH,
    };
    cell.get_or_init(|| load(lang))
}

/// The locale files of a language, by name.
fn files(lang: Lang) -> impl Iterator<Item = (String, String)> {
    [format!("{}.ftl", lang.code()), format!("rules.{}.ftl", lang.code())].into_iter().filter_map(|name| {
        let file = Locales::get(&name)?;
        Some((name, String::from_utf8_lossy(&file.data).into_owned()))
    })
}

fn load(lang: Lang) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // isolation marks would break copied numbers, and all three scripts run left to right
    bundle.set_use_isolating(false);
    for (_, text) in files(lang) {
        // a file with an error still gives its good messages; the tests hold that there is none
        let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Message keys of a file, and the variables each uses.
    fn keys(text: &str) -> BTreeSet<(String, Vec<String>)> {
        let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| errors).expect("valid Fluent");
        assert!(resource.entries().count() > 0);
        let mut found = BTreeSet::new();
        let mut current: Option<(String, BTreeSet<String>)> = None;
        for line in text.lines() {
            if line.starts_with('#') {
                continue;
            }
            if let Some((key, _)) = line.split_once(" =").filter(|(k, _)| !k.starts_with(' ')) {
                if let Some((k, vars)) = current.take() {
                    found.insert((k, vars.into_iter().collect()));
                }
                current = Some((key.to_owned(), BTreeSet::new()));
            }
            if let Some((_, vars)) = &mut current {
                let mut rest = line;
                while let Some(at) = rest.find('$') {
                    let name: String = rest[at + 1..]
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
                        .collect();
                    vars.insert(name);
                    rest = &rest[at + 1..];
                }
            }
        }
        if let Some((k, vars)) = current {
            found.insert((k, vars.into_iter().collect()));
        }
        found
    }

    #[test]
    fn every_language_has_the_same_sentences_with_the_same_values() {
        for family in ["", "rules."] {
            let read = |lang: Lang| {
                Locales::get(&format!("{family}{}.ftl", lang.code()))
                    .map(|f| keys(std::str::from_utf8(&f.data).expect("UTF-8")))
            };
            let english = read(Lang::En);
            for lang in [Lang::Id, Lang::Zh] {
                assert_eq!(read(lang), english, "{family}{} differs from English", lang.code());
            }
        }
    }

    #[test]
    fn every_sentence_formats_in_every_language() {
        for lang in Lang::ALL {
            for (_, text) in files(lang) {
                for (key, vars) in keys(&text) {
                    let args: Vec<(&str, &str)> = vars.iter().map(|v| (v.as_str(), "7")).collect();
                    let shown = lang.find(&key, &args).unwrap_or_default();
                    assert!(!shown.is_empty() && !shown.contains("{$"), "{key} in {lang:?}: {shown}");
                }
            }
        }
    }

    #[test]
    fn chinese_is_punctuated_in_full_width() {
        let han = |c: Option<char>| c.is_some_and(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (name, text) in files(Lang::Zh) {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let said: Vec<char> = line.split_once(" = ").map_or(line, |(_, said)| said).chars().collect();
                for (i, c) in said.iter().enumerate().filter(|(_, c)| ",:;?!()".contains(**c)) {
                    let (before, after) = (i.checked_sub(1).map(|i| said[i]), said.get(i + 1).copied());
                    assert!(!han(before) && !han(after), "{name}: {c} in {line}");
                }
            }
        }
    }

    #[test]
    fn every_key_in_a_template_exists() {
        let keys: BTreeSet<String> = files(Lang::En).flat_map(|(_, text)| keys(&text)).map(|(key, _)| key).collect();
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/pages");
        let mut seen = 0;
        for entry in std::fs::read_dir(pages).expect("web/pages") {
            let text = std::fs::read_to_string(entry.expect("entry").path()).expect("template");
            for part in text.split("t.of(\"").skip(1) {
                let key = part.split('"').next().expect("a quoted key");
                assert!(keys.contains(key), "no sentence {key}");
                seen += 1;
            }
        }
        assert!(seen > 20, "the test read {seen} keys only");
    }

    #[test]
    fn the_query_wins_over_the_header_and_weights_count() {
        assert_eq!(Lang::negotiate(Some("zh"), Some("id")), Lang::Zh);
        assert_eq!(Lang::negotiate(Some("xx"), Some("id-ID,id;q=0.9,en;q=0.8")), Lang::Id);
        assert_eq!(Lang::negotiate(None, Some("en;q=0.3, zh-CN;q=0.9, fr")), Lang::Zh);
        assert_eq!(Lang::negotiate(None, Some("id;q=0, en;q=0.1")), Lang::En);
        assert_eq!(Lang::negotiate(None, Some("de")), Lang::En);
        assert_eq!(Lang::negotiate(None, None), Lang::En);
        assert_eq!(Lang::negotiate(None, Some("id;q=NaN")), Lang::En);
    }

    #[test]
    fn a_name_falls_back_to_english() {
        let names = Names { id: Some("Minyak nilam".into()), en: "Patchouli oil".into(), zh: None };
        assert_eq!(Lang::Id.pick(&names), "Minyak nilam");
        assert_eq!(Lang::Zh.pick(&names), "Patchouli oil");
    }
}
