//! The table of rules against what is written by hand beside it: the sentences in three languages, `docs/rules.md`, the tests.

use std::fs;
use std::path::{Path, PathBuf};

use jejak::chain::{Act, Rule};
use jejak::server::i18n::Lang;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_rule_has_a_sentence_in_every_language() {
    let missing: Vec<String> = Rule::ALL
        .iter()
        .flat_map(|rule| Lang::all().map(move |lang| (lang, rule.sentence_key())))
        .filter(|(lang, key)| lang.find(key, &[]).is_none())
        .map(|(lang, key)| format!("{}: {key}", lang.code()))
        .collect();
    assert!(missing.is_empty(), "no sentence for {missing:?}");
}

/// Act, EPCIS form and signer of each row of the table of acts, as the program has them.
fn acts() -> Vec<String> {
    let events = Act::ALL.iter().filter(|act| !matches!(act, Act::Registry | Act::Clock));
    events
        .map(|act| {
            let info = act.info();
            let forms = info.forms.iter().map(|form| {
                let steps: Vec<String> = form.steps.iter().map(|step| format!("`{step}`")).collect();
                let words = [Some(form.kind.name().to_owned()), form.action.map(|action| action.name().to_owned())];
                let words = words.into_iter().flatten().chain((!steps.is_empty()).then(|| steps.join(", ")));
                let words = words.collect::<Vec<_>>().join(" ");
                if form.of_place { format!("{words}, without goods") } else { words }
            });
            format!("| {} | {} | {} |", info.name, forms.collect::<Vec<_>>().join(" or "), info.signer)
        })
        .collect()
}

#[test]
fn the_acts_in_the_manual_are_the_acts_of_the_program() {
    let manual = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let begin = manual.find("| act | EPCIS 2.0 form | signed by |").expect("docs/rules.md has the table of acts");
    let rows: Vec<&str> = manual[begin..].lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let acts = acts();
    for (row, act) in rows.iter().zip(&acts) {
        let effect = row.strip_prefix(act.as_str());
        assert!(effect.is_some_and(|effect| effect.len() > 4), "docs/rules.md has\n{row}\nthe program has\n{act}");
    }
    assert_eq!(rows.len(), acts.len(), "one row for each act");
}

#[test]
fn an_act_has_one_name_and_a_sentence_in_every_language() {
    for act in Act::ALL {
        assert_eq!(serde_json::to_value(act).unwrap(), act.name(), "in JSON and in mandates");
        for lang in Lang::all() {
            assert!(lang.find(&format!("act-{}", act.name()), &[]).is_some(), "{}: act-{}", lang.code(), act.name());
        }
    }
}

/// The table of `docs/rules.md` as the program has it: the English sentence, named values in italics.
fn table() -> String {
    let mut table = String::from("| id | kind | sentence |\n|---|---|---|\n");
    for rule in Rule::ALL {
        // without values, Fluent leaves their names in place
        let sentence = Lang::EN.find(rule.sentence_key(), &[]).unwrap().replace("{$", "*").replace('}', "*");
        table.push_str(&format!("| `{rule}` | {} | {sentence} |\n", rule.kind()));
    }
    table
}

#[test]
fn the_table_in_the_manual_is_the_table_of_the_program() {
    let manual = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let begin = manual.find("| id | kind | sentence |").expect("docs/rules.md has the table of rules");
    let written = manual[begin..].split_inclusive('\n').take_while(|line| line.starts_with('|')).collect::<String>();
    let table = table();
    let differ: Vec<_> = table.lines().zip(written.lines()).filter(|(want, is)| want != is).collect();
    assert!(differ.is_empty(), "docs/rules.md differs (program, manual): {differ:#?}");
    assert_eq!(written, table, "rows are missing from docs/rules.md, or stand at its end");
}

#[test]
fn a_rule_is_found_by_its_id_and_by_nothing_else() {
    for rule in Rule::ALL {
        // the name in the source and the id on the wire are one word
        let name: String = rule.id().split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(format!("{rule:?}"), name);
        assert_eq!(rule.id().parse(), Ok(*rule));
        assert_eq!(serde_json::to_string(rule).unwrap(), format!("{:?}", rule.id()));
    }
    assert!("more-than-had".parse::<Rule>().is_err());
}

/// Refused by the form of a record before any rule is asked; the rule stands behind it (tests/it/record.rs, tests/it/schemas.rs).
const BY_FORM: [Rule; 6] = [
    Rule::SequenceZero,
    Rule::EventIdMissing,
    Rule::EvidenceNamedByHash,
    Rule::GoodsKind,
    Rule::GoodsMissing,
    Rule::DocumentMissing,
];

fn tests_in(dir: &Path, all: bool, text: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let tests = all || path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() {
            tests_in(&path, tests, text);
        } else if tests && path.extension().is_some_and(|e| e == "rs") && !path.ends_with(file!()) {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_rule_is_named_by_a_test() {
    let mut tests = String::new();
    tests_in(&root().join("tests"), true, &mut tests);
    tests_in(&root().join("src/chain"), false, &mut tests);
    let named = |rule: &Rule| {
        let whole = |name: String| {
            tests.match_indices(&name).any(|(at, _)| !tests[at + name.len()..].starts_with(char::is_alphanumeric))
        };
        whole(format!("Rule::{rule:?}")) || tests.contains(&format!("\"{rule}\""))
    };
    let untested: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !BY_FORM.contains(rule) && !named(rule)).collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
}
