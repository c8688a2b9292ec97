//! Names that come with the commodity profiles.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::format;
use crate::names::Names;
use crate::quality::profile::PARAMETER;
use crate::quality::{self, Profile};
use crate::server::i18n::Lang;

/// Names that come with the commodity profiles, so that a new commodity needs no new sentence here.
#[derive(Debug, Clone, Default)]
pub struct Glossary {
    /// By parameter URI.
    pub parameters: BTreeMap<String, Names>,
    /// By process id, form id or requirement id; the standard of a requirement.
    pub terms: BTreeMap<String, Names>,
}

impl Glossary {
    /// The name of a parameter: our own, else that of a profile, else words made of its id.
    pub fn parameter(&self, lang: Lang, uri: &str) -> String {
        let own = uri.strip_prefix(PARAMETER).and_then(|id| lang.find(&format!("parameter-{id}"), &[]));
        own.or_else(|| self.parameters.get(uri).map(|n| lang.pick(n).to_owned())).unwrap_or_else(|| format::words(uri))
    }

    /// The name of a requirement set: our own, else the standard as its profile cites it, else as the id cites it, without
    /// who issued it.
    pub fn requirement(&self, lang: Lang, id: &str) -> String {
        let parts: Vec<&str> = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let own = lang.find(&format!("requirement-{}", parts.join("-")), &[]);
        own.or_else(|| self.terms.get(id).map(|n| lang.pick(n).to_owned()))
            .unwrap_or_else(|| id.split_once('/').map_or(id, |(_, cited)| cited).replacen('-', " ", 1))
    }

    /// The name of a process or form.
    pub fn term(&self, lang: Lang, id: &str) -> String {
        self.terms.get(id).map_or_else(|| format::words(id), |n| lang.pick(n).to_owned())
    }
}

pub(in crate::server) fn glossary() -> &'static Glossary {
    static CELL: OnceLock<Glossary> = OnceLock::new();
    CELL.get_or_init(|| {
        let mut glossary = Glossary::default();
        for (_, _, bytes) in quality::builtin() {
            let Ok(profile) = Profile::from_json(bytes) else { continue };
            glossary.terms.insert(profile.id.clone(), profile.names.clone());
            for p in &profile.parameters {
                glossary.parameters.insert(format!("{}{}", quality::profile::PARAMETER, p.id), p.names.clone());
            }
            for p in &profile.processes {
                glossary.terms.insert(p.id.clone(), p.names.clone());
            }
            for r in &profile.requirements {
                glossary.terms.insert(r.id.clone(), Names::english(r.standard.clone()));
            }
            for f in &profile.forms {
                glossary.terms.insert(f.id.clone(), f.names.clone());
            }
        }
        glossary
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_has_a_name_for_people() {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (mut seen, names) = (0, glossary());
        for (_, _, bytes) in quality::builtin() {
            for r in Profile::from_json(bytes).unwrap().requirements {
                let shown: Vec<String> = Lang::all().map(|lang| names.requirement(lang, &r.id)).collect();
                // what is shown in one form to everybody is the citation of a standard, and says all that the id says
                let cited = r.id.split_once('/').unwrap().1;
                let citation =
                    r.standard.bytes().any(|b| b.is_ascii_digit()) && bare(&r.standard).starts_with(&bare(cited));
                let translated = shown[0] != shown[1] && shown[1] != shown[2] && shown[0] != shown[2];
                assert!(translated || (citation && shown[0] == r.standard), "{}: {shown:?}", r.id);
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
        assert_eq!(
            names.requirement(Lang::of("id"), "ID/SNI-9999-2030"),
            "SNI 9999-2030",
            "of a profile that is not built in"
        );
    }

    #[test]
    fn parameters_are_written_as_people_write_them() {
        let names = glossary();
        for lang in Lang::all() {
            let shown = |id: &str| names.parameter(lang, &format!("{}{id}", quality::profile::PARAMETER));
            assert!(shown("ri-20").contains("20\u{a0}°C") && shown("rd-25").contains("25\u{a0}°C"), "{lang:?}");
            for uri in names.parameters.keys() {
                let name = names.parameter(lang, uri);
                assert!(!name.contains("degC") && !name.ends_with(" C"), "{name}");
                assert!(lang != Lang::of("zh") || !name.contains(['(', ',']) || name.is_ascii(), "{name}");
            }
        }
        assert_eq!(names.parameter(Lang::of("id"), "urn:jejak:param:quality-tolerance"), "Buah di luar kelas mutu");
    }
}
