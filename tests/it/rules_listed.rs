//! Every rule has a row in `docs/rules.md`, a sentence in three languages, and a place in the catalogue.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jejak::chain::{Kind, RULES};
use jejak::server::i18n::Lang;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// Ids that follow `before` in the shipped sources of the chain.
fn spoken(before: &[&str]) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src/chain"), &mut files);
    let mut ids = BTreeSet::new();
    for path in files {
        if path.components().any(|c| c.as_os_str() == "tests") || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let text: String = text.split("#[cfg(test)]").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for word in before {
            for (at, _) in text.match_indices(word) {
                let rest = text[at + word.len()..].trim_start();
                if let Some(id) = rest.strip_prefix('"').and_then(|r| r.split('"').next()) {
                    ids.insert(id.to_owned());
                }
            }
        }
    }
    ids
}

#[test]
fn every_rule_has_a_row_and_a_sentence_in_three_languages() {
    let doc = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let mut missing = Vec::new();
    for rule in RULES {
        if !doc.contains(&format!("| `{}` |", rule.id)) {
            missing.push(format!("docs/rules.md: {}", rule.id));
        }
        let prefix = if rule.kind == Kind::Rejection { "rule" } else { "finding" };
        for lang in Lang::all() {
            if lang.find(&format!("{prefix}-{}", rule.id), &[]).is_none() {
                missing.push(format!("{}: {prefix}-{}", lang.code(), rule.id));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let rows = doc.lines().filter(|l| l.starts_with("| `") && l.matches('|').count() == 4).count();
    assert_eq!(rows, RULES.len(), "no row without a rule");
    let ids: BTreeSet<&str> = RULES.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), RULES.len(), "each id once");
}

#[test]
fn no_rule_speaks_that_is_not_in_the_catalogue() {
    let ids: BTreeSet<&str> = RULES.iter().map(|r| r.id).collect();
    let spoken = spoken(&["Rejection::new(", ".finding(", "finding( "]);
    assert!(spoken.len() > 100, "the test reads the sources ({} ids)", spoken.len());
    let unlisted: Vec<&String> = spoken.iter().filter(|id| !ids.contains(id.as_str())).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

/// Refused by the form of a record before any rule is asked; the rule stands behind it (tests/it/record.rs, tests/it/schemas.rs).
const BY_FORM: [&str; 6] =
    ["sequence-zero", "event-id-missing", "evidence-named-by-hash", "goods-kind", "goods-missing", "document-missing"];

#[test]
fn every_rule_is_met_in_a_test() {
    let mut files = Vec::new();
    sources(&root().join("tests"), &mut files);
    sources(&root().join("src/chain"), &mut files);
    let is_test = |path: &PathBuf| {
        path.extension().is_some_and(|e| e == "rs")
            && !path.ends_with("rules_listed.rs")
            && (path.starts_with(root().join("tests"))
                || path.components().any(|c| c.as_os_str() == "tests")
                || path.ends_with("tests.rs"))
    };
    let shown: String = files.iter().filter(|p| is_test(p)).map(|p| fs::read_to_string(p).unwrap()).collect();
    let untested: Vec<&str> = RULES
        .iter()
        .map(|r| r.id)
        .filter(|id| !BY_FORM.contains(id) && !shown.contains(&format!("\"{id}\"")))
        .collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
}
