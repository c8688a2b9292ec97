//! Members of other vocabularies in an admitted event: which names they may have, so that every JSON-LD processor reads the event alike.
//!
//! A name is a prefix that the event's `@context` declares with one of the [`VOCABULARIES`], or a whole http(s) URI. Names that could
//! mean something in EPCIS (those of GS1 and of RDF itself), bare names and keywords (`@id`, `@type`, a nested `@context`) are refused, also
//! within the values: they could rename the event, or give a prefix another meaning. What it is not: a judgement of what such a member
//! says; no rule reads it.

use serde_json::{Value, json};

use super::parse::{EventError, wrong};
use super::profile::context;
use super::uri::is_uri;

/// A vocabulary whose context ships with the program. The context is known by the BLAKE3 of its compact JSON (`docs/formats.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary {
    /// What it is, for people who look it up.
    pub title: &'static str,
    /// The prefix of its names.
    pub prefix: &'static str,
    /// What the prefix stands for.
    pub namespace: &'static str,
}

/// Those that ship, in the order that contexts stand in.
pub const VOCABULARIES: [Vocabulary; 2] = [
    Vocabulary { title: "GS1 CBV 2.0 master data attributes", prefix: "cbvmda", namespace: "urn:epcglobal:cbv:mda:" },
    Vocabulary { title: "GDST", prefix: "gdst", namespace: "https://traceability-dialogue.org/epcis/" },
];

/// Hosts whose names are EPCIS's, RDF's or Dublin Core's: another spelling of a member that is read.
const RESERVED: [&str; 3] = ["gs1.org", "w3.org", "purl.org"];

impl Vocabulary {
    /// Its context, as it stands in `@context`.
    pub fn context(&self) -> Value {
        json!({ self.prefix: self.namespace })
    }
}

/// The vocabularies that an event's `@context` declares after its two own entries; `None` when it is no such context.
pub fn declared(found: &Value) -> Option<Vec<&'static Vocabulary>> {
    let (found, own) = (found.as_array()?, context().as_array()?);
    let more = found.strip_prefix(own.as_slice())?;
    let mut left = VOCABULARIES.iter();
    more.iter().map(|entry| left.find(|vocabulary| vocabulary.context() == *entry)).collect()
}

/// The vocabulary of a member's name.
pub fn of_name(name: &str) -> Option<&'static Vocabulary> {
    let (prefix, _) = name.split_once(':')?;
    VOCABULARIES.iter().find(|vocabulary| vocabulary.prefix == prefix)
}

/// Whether a member may be called so.
fn is_name(name: &str, declared: &[&Vocabulary]) -> bool {
    let Some((prefix, rest)) = name.split_once(':') else { return false };
    if let Some(address) = rest.strip_prefix("//") {
        let host = address.split(['/', '?', '#', ':']).next().unwrap_or_default().to_ascii_lowercase();
        let reserved = RESERVED.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
        return matches!(prefix, "http" | "https") && !host.is_empty() && !reserved && is_uri(name);
    }
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    name == "rdfs:comment" || (declared.iter().any(|known| known.prefix == prefix) && !rest.is_empty() && plain)
}

/// Checks a member of another vocabulary and all that is in it; `at` is where it stands.
pub(super) fn check(at: &str, name: &str, value: &Value, declared: &[&Vocabulary]) -> Result<(), EventError> {
    let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    if !is_name(name, declared) {
        return wrong(
            path,
            "is a member of a vocabulary that @context does not declare, or of one that EPCIS reads itself",
        );
    }
    check_value(&path, value, declared, false)
}

fn check_value(path: &str, value: &Value, declared: &[&Vocabulary], in_list: bool) -> Result<(), EventError> {
    match value {
        Value::Null => wrong(path, "must not be null: to some readers it is not there"),
        Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => crate::text::check(text).or_else(|error| wrong(path, error.to_string())),
        Value::Array(_) if in_list => wrong(path, "must not be a list within a list: readers join them"),
        Value::Array(items) => items.iter().try_for_each(|item| check_value(path, item, declared, true)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| check(path, name, value, declared)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(entries: &[Value]) -> Value {
        let own = context().as_array().unwrap();
        Value::Array(own.iter().chain(entries).cloned().collect())
    }

    #[test]
    fn only_bundled_contexts_are_declared() {
        let [cbvmda, gdst] = VOCABULARIES.map(|vocabulary| vocabulary.context());
        assert_eq!(declared(&with(&[])), Some(vec![]));
        assert_eq!(declared(&with(&[cbvmda.clone(), gdst.clone()])).unwrap().len(), 2);
        for other in [
            with(&[gdst.clone(), cbvmda.clone()]),
            with(&[cbvmda.clone(), cbvmda.clone()]),
            with(&[json!({ "cbvmda": "urn:other:" })]),
            with(&[json!({ "jejak": "urn:other:" })]),
            with(&[json!("https://x.example/context.jsonld")]),
            json!([cbvmda]),
            json!({}),
        ] {
            assert_eq!(declared(&other), None, "{other}");
        }
    }

    #[test]
    fn names_and_values_that_another_reader_could_read_otherwise_are_refused() {
        let all: Vec<&Vocabulary> = VOCABULARIES.iter().collect();
        let good = [
            ("cbvmda:lotNumber", json!("A-1")),
            ("gdst:productOwner", json!("urn:gdst:x")),
            ("rdfs:comment", json!("checked twice")),
            ("https://x.example/v#colour", json!(["red", 1, true])),
            ("cbvmda:vesselCatchInformationList", json!([{ "cbvmda:vesselName": "Bahari" }])),
        ];
        for (name, value) in good {
            assert_eq!(check("", name, &value, &all), Ok(()), "{name}");
        }
        assert!(check("", "cbvmda:lotNumber", &json!("A"), &[]).is_err(), "not declared");
        for name in [
            "@id",
            "@type",
            "@context",
            "@reverse",
            "id",
            "type",
            "rdfs",
            "ext:field",
            "epcis:eventTime",
            "cbv:x",
            "rdf:type",
            "gs1:x",
            "jejak:x",
            "https://ref.gs1.org/epcis/eventTime",
            "https://REF.GS1.ORG/x",
            "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
            "urn:x:y",
            "https://",
            "cbvmda:",
            "cbvmda:a b",
            "cbvmda://x",
        ] {
            assert!(check("", name, &json!(1), &all).is_err(), "{name}");
            assert!(check("", "cbvmda:x", &json!({ name: 1 }), &all).is_err(), "within: {name}");
            assert!(check("", "cbvmda:x", &json!([{ name: 1 }]), &all).is_err(), "in a list: {name}");
        }
        for value in [json!(null), json!([null]), json!([[1]]), json!("a\u{202e}b"), json!({ "cbvmda:y": null })] {
            assert!(check("", "cbvmda:x", &value, &all).is_err(), "{value}");
        }
    }
}
