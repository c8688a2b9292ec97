//! Words and drawings from the commodity profiles of the log: names of parameters, requirements, processes, forms, harvests and
//! pieces, and the pictogram. So a new commodity needs no sentence and no code here; what is common to all is in `web/locales`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bidi::isolated;
use super::format;
use crate::names::Names;
use crate::quality::Profile;
use crate::quality::profile::{HarvestIcon, PARAMETER};
use crate::server::i18n::Lang;

/// The commodity profiles of the log: those in force first, the last enacted first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Glossary(Arc<[Arc<Profile>]>);

impl Glossary {
    /// A glossary of profiles, in order of precedence.
    pub fn new(profiles: Vec<Arc<Profile>>) -> Glossary {
        Glossary(profiles.into())
    }

    /// The same with the profiles of these commodities alone: those that the proof of a lot has, so that a device that compares a page with
    /// it reads the same words.
    #[must_use]
    pub fn of(&self, commodities: &BTreeSet<String>) -> Glossary {
        let own = self.0.iter().filter(|profile| commodities.iter().any(|commodity| profile.is_of(commodity)));
        Glossary(own.cloned().collect())
    }

    /// The words for a commodity; of two profiles, that with the form takes precedence.
    pub fn words(&self, commodity: &str, form: Option<&str>) -> Words<'_> {
        let of_it = || self.0.iter().filter(|profile| profile.is_of(commodity));
        let with_form = form.and_then(|form| of_it().find(|profile| profile.form(form).is_some()));
        Words { own: with_form.or_else(|| of_it().next()), all: self }
    }

    /// The ids of the commodities, in order.
    pub fn commodities(&self) -> BTreeSet<&str> {
        self.0.iter().filter_map(|profile| profile.id.split('/').next()).collect()
    }

    /// The words without a particular commodity.
    pub fn any(&self) -> Words<'_> {
        Words { own: None, all: self }
    }
}

/// The words of one commodity, with those of the others as fallback.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    own: Option<&'a Arc<Profile>>,
    all: &'a Glossary,
}

impl<'a> Words<'a> {
    fn find<T>(self, read: impl Fn(&'a Profile) -> Option<T>) -> Option<T> {
        self.own.into_iter().chain(self.all.0.iter()).find_map(|profile| read(profile))
    }

    /// The name of a parameter, else words from its URI.
    pub fn parameter(self, lang: Lang, uri: &str) -> String {
        let id = uri.strip_prefix(PARAMETER).unwrap_or(uri);
        let names = self.find(|profile| profile.parameter(id).map(|parameter| &parameter.names));
        names.map_or_else(|| format::words(uri), |names| lang.name(names))
    }

    /// A word that was measured, in the reader's language.
    pub fn value(self, lang: Lang, uri: &str, value: &str) -> Option<String> {
        let id = uri.strip_prefix(PARAMETER).unwrap_or(uri);
        self.find(|profile| profile.named_word(id, value).map(|word| lang.name(&word.names)))
    }

    /// The name of a requirement set: from its profile, else the standard cited there, else the standard in the id without its
    /// issuer.
    pub fn requirement(self, lang: Lang, id: &str) -> String {
        let named = self.find(|profile| {
            let requirement = profile.requirement(id)?;
            Some(requirement.names.as_ref().map_or_else(|| isolated(&requirement.standard), |names| lang.name(names)))
        });
        let cited = || id.split_once('/').map_or(id, |(_, cited)| cited).replacen('-', " ", 1);
        named.unwrap_or_else(cited)
    }

    /// The name of a commodity.
    pub fn commodity(self, lang: Lang, id: &str) -> String {
        self.name(lang, id, |profile| profile.is_of(id).then_some(&profile.names))
    }

    /// The name of a form.
    pub fn form(self, lang: Lang, id: &str) -> String {
        self.name(lang, id, |profile| profile.form(id).map(|form| &form.names))
    }

    fn name(self, lang: Lang, id: &str, read: impl Fn(&'a Profile) -> Option<&'a Names>) -> String {
        self.find(read).map_or_else(|| format::words(id), |names| lang.name(names))
    }

    /// A coded value of an event in words: from the commodity's profile (`gear-pot`), else the locale, else from the code itself.
    pub fn term(self, lang: Lang, kind: &str, code: &str) -> String {
        let key = format!("{kind}-{code}");
        let own = self.own.and_then(|profile| profile.terms.get(&key)).map(|names| lang.name(names));
        let any = || self.find(|profile| profile.terms.get(&key)).map(|names| lang.name(names));
        own.or_else(|| lang.find(&key, &[])).or_else(any).unwrap_or_else(|| format::words(code))
    }

    /// The sentence for a process.
    pub fn process(self, lang: Lang, id: &str) -> String {
        let done = self.find(|profile| profile.process(id).and_then(|process| process.done.as_ref()));
        let named = || self.find(|profile| profile.process(id).map(|process| &process.names));
        done.map(|names| lang.name(names))
            .or_else(|| lang.find(&format!("process-{id}"), &[]))
            .or_else(|| named().map(|names| lang.name(names)))
            .unwrap_or_else(|| format::words(id))
    }

    /// The name of a process, as a noun.
    pub fn process_name(self, lang: Lang, id: &str) -> String {
        self.name(lang, id, |profile| profile.process(id).map(|process| &process.names))
    }

    /// The name of an additive.
    pub fn additive(self, lang: Lang, id: &str) -> String {
        self.name(lang, id, |profile| profile.processes.iter().find_map(|p| p.additive(id)).map(|known| &known.names))
    }

    /// The sentence for the harvest.
    pub fn harvested(self, lang: Lang) -> String {
        let done = self.own.and_then(|profile| profile.harvest.as_ref()).map(|harvest| &harvest.done);
        done.map_or_else(|| lang.text("act-harvest"), |names| lang.name(names))
    }

    /// The symbol of a harvest.
    pub fn harvest_icon(self) -> &'static str {
        match self.own.and_then(|profile| profile.harvest.as_ref()).map(|harvest| harvest.icon).unwrap_or_default() {
            HarvestIcon::Leaf => "i-leaf",
            HarvestIcon::Water => "i-water",
        }
    }

    /// The word for pieces after a number.
    pub fn piece(self, lang: Lang) -> String {
        let own = self.own.and_then(|profile| profile.piece.as_ref());
        own.map_or_else(|| lang.text("unit-piece"), |names| lang.name(names))
    }

    /// The symbol id of the commodity's drawing, which is added to `symbols` once; a parcel if it has none.
    pub(crate) fn pictogram(self, symbols: &mut Vec<Symbol>) -> String {
        let drawn = self.own.and_then(|profile| Some((profile, profile.drawing.as_ref()?)));
        let Some((profile, drawing)) = drawn else { return "p-parcel".to_owned() };
        let place = self.all.0.iter().position(|other| Arc::ptr_eq(other, profile)).unwrap_or_default();
        let id = format!("p-{place}");
        if !symbols.iter().any(|symbol| symbol.id == id) {
            symbols.push(Symbol { id: id.clone(), tint: drawing.tint.clone(), line: drawing.line.clone() });
        }
        id
    }
}

/// A drawing that a page defines once.
pub(crate) struct Symbol {
    pub(crate) id: String,
    pub(crate) tint: String,
    pub(crate) line: String,
}

#[cfg(test)]
mod tests {
    use super::super::bidi::plain;
    use super::*;
    use crate::quality;

    fn shipped() -> Vec<Arc<Profile>> {
        quality::builtin().iter().map(|shipped| shipped.profile.clone()).collect()
    }

    fn glossary() -> Glossary {
        Glossary::new(shipped())
    }

    /// A language that the profile has no words in gets the English ones.
    #[test]
    fn every_shipped_requirement_is_named_in_every_language_of_its_profile_or_cites_its_standard() {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (mut seen, glossary) = (0, glossary());
        for profile in shipped() {
            let words = glossary.words(&profile.id, None);
            let has = |lang: Lang| lang == Lang::EN || profile.names.best(lang.tag()).0.as_str() != Lang::EN.tag();
            let own: Vec<Lang> = Lang::all().filter(|lang| has(*lang)).collect();
            assert!(own.len() >= 3, "{} has words in {own:?} only", profile.id);
            for r in &profile.requirements {
                let shown: Vec<String> = own.iter().map(|lang| plain(&words.requirement(*lang, &r.id))).collect();
                // a name that is the same in all languages must be a complete citation of a standard
                let cited = r.id.split_once('/').unwrap().1;
                let citation =
                    r.standard.bytes().any(|b| b.is_ascii_digit()) && bare(&r.standard).starts_with(&bare(cited));
                let translated = shown.iter().collect::<std::collections::BTreeSet<_>>().len() == shown.len();
                assert!(translated || (citation && shown[0] == r.standard), "{}: {shown:?}", r.id);
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
        let other = plain(&glossary.any().requirement(Lang::of("id"), "ID/SNI-9999-2030"));
        assert_eq!(other, "SNI 9999-2030", "of no profile on the log");
    }

    #[test]
    fn shipped_parameters_are_written_with_signs_and_punctuation_of_their_language() {
        let glossary = glossary();
        for profile in shipped() {
            for (lang, parameter) in Lang::all().flat_map(|lang| profile.parameters.iter().map(move |p| (lang, p))) {
                let name =
                    plain(&glossary.words(&profile.id, None).parameter(lang, &format!("{PARAMETER}{}", parameter.id)));
                assert!(!name.contains("degC") && !name.ends_with(" C"), "{name}");
                assert!(lang != Lang::of("zh") || !name.contains(['(', ',']) || name.is_ascii(), "{name}");
            }
        }
        let name = |id: &str| plain(&glossary.any().parameter(Lang::of("id"), &format!("{PARAMETER}{id}")));
        assert_eq!(name("quality-tolerance"), "Buah di luar kelas mutu");
        assert!(name("ri-20").contains("20\u{a0}°C") && name("rd-25").contains("25\u{a0}°C"));
    }

    #[test]
    fn a_commodity_is_shown_with_its_own_words_before_those_of_others() {
        let of = |id: &str, name: &str, form: &str| {
            let json = serde_json::json!({
                "format": 1, "id": id, "version": "1", "names": { "en": name },
                "harvest": { "done": { "en": format!("{name} picked") }, "icon": "water" },
                "drawing": { "tint": "M1 1z", "line": "M2 2z" },
                "forms": [{ "id": form, "names": { "en": form } }],
                "parameters": [{ "id": "moisture", "names": { "en": format!("{name} moisture") }, "kind": "decimal", "unit": "P1" }],
                "requirements": [], "processes": [],
            });
            Arc::new(Profile::from_json(json.to_string().as_bytes()).unwrap())
        };
        let glossary =
            Glossary::new(vec![of("oil/a", "A", "leaf"), of("oil/b", "B", "root"), of("oilseed", "C", "leaf")]);
        let moisture = |commodity: &str, form: &str| {
            plain(&glossary.words(commodity, Some(form)).parameter(Lang::EN, "urn:jejak:param:moisture"))
        };
        assert_eq!((moisture("oil", "root"), moisture("oilseed", "leaf")), ("B moisture".into(), "C moisture".into()));
        assert_eq!(moisture("tea", "leaf"), "A moisture", "a commodity without a profile");
        let (mut symbols, words) = (Vec::new(), glossary.words("oil", Some("root")));
        assert_eq!((plain(&words.harvested(Lang::EN)).as_str(), words.harvest_icon()), ("B picked", "i-water"));
        assert_eq!([words.pictogram(&mut symbols), words.pictogram(&mut symbols)], ["p-1", "p-1"]);
        assert_eq!(symbols.len(), 1, "drawn once");
        let plain = glossary.words("tea", None);
        assert_eq!((plain.pictogram(&mut symbols).as_str(), plain.harvest_icon()), ("p-parcel", "i-leaf"));
        assert_eq!(plain.harvested(Lang::EN), "Harvested");
    }
}
