//! The languages of the pages: which one a reader gets, and the sentences in it (Fluent, `web/locales/*.ftl`).
//!
//! A further language is a line of [`LANGUAGES`] and its files: `web/locales/<code>.ftl`, the other families of `web/locales` and
//! `web/static/words-<code>.js`. The formats of numbers, dates and lists are in its `.ftl`; the names of parameters, processes and
//! forms come with the commodity profiles. `rules.*.ftl` has a sentence per chain rule (`rule-<id>`) and finding (`finding-<id>`),
//! `guide.*.ftl` what is said of exports, `lists.*.ftl` the lists and regions, `labels.*.ftl` what is printed, `shipment.*.ftl`
//! the page of a shipment, `checks.*.ftl` the points of supervision visits.

use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

#[derive(RustEmbed)]
#[folder = "web/locales"]
#[include = "*.ftl"]
pub(super) struct Locales;

/// A language of the pages, and who reads it.
struct Language {
    /// As in `?lang=` and in the names of its files.
    code: &'static str,
    /// BCP 47 tag.
    tag: &'static str,
    /// Its own name, for the language switch.
    label: &'static str,
    /// Other primary subtags whose readers get it.
    also: &'static [&'static str],
    /// Countries (ISO 3166-1 alpha-2) whose parties write in it.
    countries: &'static [&'static str],
}

/// The languages, in the order of the switch. English is first: a reader whose language is not here gets it.
const LANGUAGES: &[Language] = &[
    Language { code: "en", tag: "en", label: "EN", also: &[], countries: &["GB", "US", "AU"] },
    Language { code: "id", tag: "id", label: "ID", also: &["in", "ms"], countries: &["ID"] },
    Language { code: "zh", tag: "zh-Hans", label: "中文", also: &[], countries: &["CN"] },
];

/// A language of the pages: its line in [`LANGUAGES`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lang(usize);

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Lang {
    /// English, the fallback.
    pub const EN: Lang = Lang(0);

    /// All, in the order of the language switch.
    pub fn all() -> impl Iterator<Item = Lang> {
        (0..LANGUAGES.len()).map(Lang)
    }

    // every `Lang` is the index of a line in the table
    const fn line(self) -> &'static Language {
        &LANGUAGES[self.0]
    }

    /// BCP 47 tag for the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        self.line().tag
    }

    /// The code in `?lang=`.
    pub const fn code(self) -> &'static str {
        self.line().code
    }

    /// Its own name, for the language switch.
    pub const fn label(self) -> &'static str {
        self.line().label
    }

    /// From a language tag; the primary subtag decides. `ms` (Malay) readers get Indonesian.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.split(['-', '_']).next()?.trim().to_ascii_lowercase();
        Lang::all().find(|lang| lang.code() == primary || lang.line().also.contains(&primary.as_str()))
    }

    /// The language of a tag, else English.
    pub fn of(tag: &str) -> Lang {
        Lang::from_tag(tag).unwrap_or(Lang::EN)
    }

    /// The language of the parties of a country, if it is known.
    pub fn of_country(country: &str) -> Option<Lang> {
        Lang::all().find(|lang| lang.line().countries.contains(&country))
    }

    /// Whether this is the only country of the language: its readers know the country.
    pub fn is_of_one_country(self, country: &str) -> bool {
        self.line().countries == [country]
    }

    /// The language for a request: `?lang=` first, then `Accept-Language` by weight (RFC 9110 section 12.5.4), else English,
    /// because other readers are more likely abroad than in a village.
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
        best.map_or(Lang::EN, |(_, lang)| lang)
    }

    /// The decimal separator.
    pub(crate) fn point(self) -> &'static str {
        &self.loaded().point
    }

    /// The separator between groups of three digits.
    pub(crate) fn group(self) -> &'static str {
        &self.loaded().group
    }

    /// The name of a month, 1 to 12, as in a date.
    pub(crate) fn month(self, month: usize) -> &'static str {
        month.checked_sub(1).and_then(|at| self.loaded().months.get(at)).map_or("?", String::as_str)
    }

    /// The sentence `key`; the key itself when no locale has it (a test checks that this does not happen).
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
        let bundle = &self.loaded().bundle;
        let pattern = bundle.get_message(key)?.value()?;
        // Fluent shows a missing value as {$name}: that must not fail the page
        let mut errors = Vec::new();
        Some(bundle.format_pattern(pattern, Some(args), &mut errors).into_owned())
    }

    fn loaded(self) -> &'static Loaded {
        static LOADED: [OnceLock<Loaded>; LANGUAGES.len()] = [const { OnceLock::new() }; LANGUAGES.len()];
        LOADED[self.0].get_or_init(|| load(self))
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

/// A loaded language: its sentences, and its formats of numbers and dates.
struct Loaded {
    bundle: FluentBundle<FluentResource>,
    point: String,
    group: String,
    months: Vec<String>,
}

/// The locale files of a language, by name.
fn files(lang: Lang) -> impl Iterator<Item = (String, String)> {
    ["", "rules.", "guide.", "lists.", "labels.", "shipment.", "checks."]
        .map(|family| format!("{family}{}.ftl", lang.code()))
        .into_iter()
        .filter_map(|name| {
            let file = Locales::get(&name)?;
            Some((name, String::from_utf8_lossy(&file.data).into_owned()))
        })
}

fn load(lang: Lang) -> Loaded {
    let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // isolation marks would break copied numbers; texts that others wrote come isolated (pages::bidi)
    bundle.set_use_isolating(false);
    for (_, text) in files(lang) {
        // the valid messages of a file with errors are used; the tests check that there are no errors
        let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    let plain = |key: &str| {
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        pattern.map(|p| bundle.format_pattern(p, None, &mut Vec::new()).into_owned()).unwrap_or_default()
    };
    let (point, group) = (plain("decimal-point"), plain("group-separator"));
    let months = plain("months").split(' ').map(str::to_owned).collect();
    Loaded { bundle, point, group, months }
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

    /// The kinds of file: those of the pages, of refusals, and of the app.
    fn families() -> Vec<String> {
        let english = |name: String| Some(name.strip_suffix("en.ftl")?.to_owned());
        Locales::iter().filter_map(|name| english(name.into_owned())).collect()
    }

    #[test]
    fn no_language_lacks_a_sentence_or_a_value_of_another() {
        for family in families() {
            let read = |lang: Lang| {
                let file = Locales::get(&format!("{family}{}.ftl", lang.code())).expect("a file per language");
                let all = keys(std::str::from_utf8(&file.data).expect("UTF-8"));
                // a language uses only the parts of a date range that it needs
                let written = |(key, vars): (String, Vec<String>)| {
                    if key.starts_with("date-range") { (key, Vec::new()) } else { (key, vars) }
                };
                all.into_iter().map(written).collect::<BTreeSet<_>>()
            };
            let english = read(Lang::EN);
            for lang in Lang::all() {
                assert_eq!(read(lang), english, "{family}{} differs from English", lang.code());
            }
        }
    }

    #[test]
    fn every_sentence_formats_in_every_language() {
        for lang in Lang::all() {
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
    fn one_thing_has_one_word() {
        // the second words for a sample, a pass, a prefix, the ledger, a digest; for a hold, a shipment, a container, a trade document, an
        // accreditation, a check; for voiding and a digest
        let second: [(&str, &[&str]); 3] = [
            ("id", &["contoh", "lulus", "awalan", "buku besar", "sidik jari", "hash"]),
            (
                "zh",
                &[
                    "扣留",
                    "发运",
                    "容器",
                    "单证",
                    "资质",
                    "仅由服务器验证",
                    "撤回",
                    "指纹",
                    "有提示",
                    "限量",
                    "召回 / ",
                ],
            ),
            ("en", &["fingerprint", "taken back", "facilitator"]),
        ];
        for (lang, words) in second {
            for (name, file) in files(Lang::of(lang)) {
                // what is demonstrated is an example; a search takes any word
                let kept = |line: &&str| !line.starts_with("demo =") && !line.starts_with("search-words-");
                for line in file.lines().filter(|line| !line.starts_with('#')).filter(kept) {
                    let text = line.split_once(" = ").map_or(line, |(_, text)| text).to_lowercase();
                    assert_eq!(words.iter().find(|word| text.contains(**word)), None, "{name}: {line}");
                }
            }
        }
    }

    /// Goods are held (暂扣); what is suspended (暂停) is a party.
    #[test]
    fn chinese_hold_of_goods_is_no_suspension() {
        let held = |key: &str| ["hold", "held", "lift", "recall"].iter().any(|word| key.contains(word));
        let mut seen = 0;
        for (name, file) in files(Lang::of("zh")) {
            for (key, text) in file.lines().filter_map(|line| line.split_once(" = ")).filter(|(key, _)| held(key)) {
                assert!(!text.contains("暂停"), "{name}: {key} = {text}");
                seen += usize::from(text.contains("暂扣"));
            }
        }
        assert!(seen > 12, "the test saw {seen} only");
    }

    #[test]
    fn chinese_is_punctuated_in_full_width() {
        // Han, and its own punctuation
        let chinese = |c: Option<char>| {
            c.is_some_and(|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}'))
        };
        for (name, file) in files(Lang::of("zh")) {
            for line in file.lines().filter(|line| !line.starts_with('#')) {
                let text = line.split_once(" = ").map_or(line, |(_, text)| text);
                // GS1 writes its identifiers in round brackets; a prefix of a URI has its colon
                let text =
                    ["({ $ai })", "(01)", "(10)", "urn:uuid:"].iter().fold(text.to_owned(), |t, x| t.replace(x, ""));
                // a mark beside a value or a space is beside the Chinese around it
                let mut inside = false;
                let text: Vec<char> = text
                    .chars()
                    .filter(|c| {
                        let kept = !inside && !matches!(c, '{' | ' ' | '\u{a0}');
                        inside = (inside || *c == '{') && *c != '}';
                        kept
                    })
                    .collect();
                for (i, c) in text.iter().enumerate().filter(|(_, c)| ",:;?!()".contains(**c)) {
                    let (before, after) = (i.checked_sub(1).map(|i| text[i]), text.get(i + 1).copied());
                    assert!(!chinese(before) && !chinese(after), "{name}: {c} in {line}");
                }
            }
        }
    }

    #[test]
    fn every_key_in_a_template_exists() {
        let keys: BTreeSet<String> = files(Lang::EN).flat_map(|(_, text)| keys(&text)).map(|(key, _)| key).collect();
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
        assert_eq!(Lang::negotiate(Some("zh"), Some("id")), Lang::of("zh"));
        assert_eq!(Lang::negotiate(Some("xx"), Some("id-ID,id;q=0.9,en;q=0.8")), Lang::of("id"));
        assert_eq!(Lang::negotiate(None, Some("en;q=0.3, zh-CN;q=0.9, fr")), Lang::of("zh"));
        assert_eq!(Lang::negotiate(None, Some("id;q=0, en;q=0.1")), Lang::EN);
        assert_eq!(Lang::negotiate(None, Some("de")), Lang::EN);
        assert_eq!(Lang::negotiate(None, None), Lang::EN);
        assert_eq!(Lang::negotiate(None, Some("id;q=NaN")), Lang::EN);
    }
}
