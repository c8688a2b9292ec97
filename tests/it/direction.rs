//! Module layering: modules depend downwards only, and the pure modules hold no I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom: `cli -> server -> label, ledger -> store, proof -> query -> guide, region, chain -> quality, record -> epcis, names ->
/// gs1`, and `chain, proof -> log`, directly or through others. The table is stricter where a module needs less.
const ALLOWED: &[(&str, &[&str])] = &[
    ("causes", &[]),
    ("gs1", &[]),
    ("names", &[]),
    ("text", &[]),
    ("cbor", &[]),
    ("epcis", &["gs1", "text"]),
    ("record", &["causes", "epcis", "gs1", "names", "text"]),
    ("quality", &["epcis", "gs1", "names", "text"]),
    ("chain", &["causes", "quality", "record", "epcis", "gs1", "log", "names", "text"]),
    ("guide", &["quality", "record", "names", "text"]),
    ("region", &["record"]),
    ("query", &["guide", "region", "chain", "quality", "record", "epcis", "gs1", "names"]),
    ("log", &["causes", "cbor"]),
    ("proof", &["causes", "query", "chain", "quality", "record", "epcis", "gs1", "log", "names"]),
    ("httpsig", &["record"]),
    ("store", &["causes", "chain", "quality", "record", "epcis", "gs1"]),
    (
        "ledger",
        &["causes", "guide", "store", "proof", "query", "chain", "quality", "record", "epcis", "gs1", "log", "names"],
    ),
    ("witness", &["ledger", "log"]),
    ("label", &["causes", "epcis", "gs1"]),
    (
        "server",
        &[
            "causes", "guide", "region", "label", "ledger", "store", "proof", "query", "chain", "quality", "record",
            "epcis", "gs1", "log", "names", "cbor", "httpsig",
        ],
    ),
    (
        "cli",
        &[
            "causes", "guide", "region", "server", "label", "ledger", "store", "proof", "query", "chain", "quality",
            "record", "epcis", "gs1", "log", "names", "httpsig", "witness",
        ],
    ),
];

/// What no pure module may name. That they name no server, engine or network is held by the build without the feature `node`.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "OsRng",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "println!",
];
const PURE: &[&str] = &[
    "causes", "gs1", "names", "text", "cbor", "epcis", "record", "quality", "guide", "region", "chain", "query", "log",
    "proof", "httpsig",
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    out
}

/// The files of a module: its folder, or its one file.
fn files_of(module: &str) -> Vec<PathBuf> {
    let dir = root().join(module);
    if dir.is_dir() { sources(&dir) } else { vec![dir.with_extension("rs")] }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The part of a file that ships: tests inside it may reach anywhere.
fn shipped(path: &Path) -> String {
    // files of tests, and those that tests share
    let of_tests = path.strip_prefix(root()).unwrap_or(path).components().any(|part| part.as_os_str() == "tests");
    if of_tests || path.file_name().is_some_and(|n| n == "tests.rs" || n == "testing.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

fn modules_named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            names.extend(list.split(',').map(|s| s.trim().split(':').next().unwrap_or_default().to_owned()));
        } else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

#[test]
fn modules_depend_downwards_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, allowed) in ALLOWED {
        for path in files_of(module) {
            for (number, line) in shipped(&path).lines().enumerate() {
                if line.trim_start().starts_with("//") {
                    continue;
                }
                for name in modules_named(line) {
                    seen += 1;
                    let known = ALLOWED.iter().any(|(m, _)| *m == name);
                    if known && name != *module && !allowed.contains(&name.as_str()) {
                        wrong.push(format!("{}:{} uses {name}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(seen > 10, "the test reads the sources ({seen} uses seen)");
    assert!(wrong.is_empty(), "against the direction:\n{}", wrong.join("\n"));
}

/// What stands after each `start` in a text: one name, or the names in braces; of `a::b` the first.
fn names_after(text: &str, start: &str) -> Vec<String> {
    let word = |s: &str| s.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let starts = text.match_indices(start).filter(|(at, _)| !text[..*at].ends_with("super::"));
    let after = starts.map(|(at, _)| &text[at + start.len()..]);
    let list = |rest: &'_ str| rest.strip_prefix('{').map(|list| list.split('}').next().unwrap_or_default().to_owned());
    let names =
        after.flat_map(|rest| list(rest).unwrap_or_else(|| word(rest)).split(',').map(word).collect::<Vec<_>>());
    names.filter(|name| name != "self").collect()
}

#[test]
fn files_of_the_rules_use_each_other_in_one_direction() {
    // `event/tx/stock.rs` is `event::tx::stock`, and `chain/mod.rs` is empty: it only names what the others hold
    let module = |path: &Path| {
        let inside = path.strip_prefix(root().join("chain")).unwrap().with_extension("");
        let parts: Vec<_> = inside.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod").collect();
        parts.join("::")
    };
    let code =
        |path: &Path| -> String { shipped(path).lines().filter(|l| !l.trim_start().starts_with("//")).collect() };
    let files: BTreeMap<String, String> =
        sources(&root().join("chain")).iter().map(|path| (module(path), code(path))).collect();
    let parent = |file: &str| file.rsplit_once("::").map_or("", |(of, _)| of).to_owned();
    let own = |file: &str| file.rsplit("::").next().unwrap_or_default().to_owned();
    let children = |of: &str| -> Vec<&String> { files.keys().filter(|f| !f.is_empty() && parent(f) == of).collect() };
    // the file that a name seen from `base` comes from: a module, or what `base` takes from one of its modules
    let comes_from = |base: &str, name: &str| -> String {
        let taken = |child: &&String| {
            own(child) == name
                || names_after(&files[base], &format!("pub use {}::", own(child))).iter().any(|n| n == name)
        };
        children(base).into_iter().find(taken).cloned().unwrap_or_else(|| base.to_owned())
    };
    let mut uses: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| !file.is_empty()) {
        let seen = names_after(text, "super::").into_iter().map(|name| comes_from(&parent(file), &name));
        let named = names_after(text, "crate::chain::").into_iter().map(|name| comes_from("", &name));
        let below = children(file).into_iter().filter(|child| text.contains(&format!("{}::", own(child)))).cloned();
        uses.insert(file, seen.chain(named).chain(below).filter(|used| used != file).collect());
    }
    assert!(uses.len() > 40 && uses.values().map(BTreeSet::len).sum::<usize>() > 200, "the test reads the sources");
    // a file that uses none of those left, or that none of those left uses, is in no cycle
    let free = |uses: &BTreeMap<&String, BTreeSet<String>>, file: &String| {
        !uses[file].iter().any(|used| uses.contains_key(used)) || !uses.values().any(|used| used.contains(file))
    };
    while let Some(file) = uses.keys().copied().find(|file| free(&uses, file)) {
        uses.remove(file);
    }
    assert!(uses.is_empty(), "in a cycle: {:?}", uses.keys());
}

#[test]
fn every_module_has_a_place_in_the_direction() {
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let crate_root = name == "lib" || name == "main";
        assert!(crate_root || ALLOWED.iter().any(|(m, _)| *m == name), "{name} is not in the table of this test");
    }
}

#[test]
fn pure_modules_hold_no_io_clock_or_randomness() {
    let mut wrong = Vec::new();
    for module in PURE {
        for path in files_of(module) {
            for (number, line) in shipped(&path).lines().enumerate() {
                if line.trim_start().starts_with("//") {
                    continue;
                }
                for word in IMPURE.iter().filter(|w| line.contains(**w)) {
                    wrong.push(format!("{}:{} names {word}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "pure modules that are not:\n{}", wrong.join("\n"));
}

#[test]
fn every_source_file_starts_with_module_docs() {
    for path in sources(&root()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}

#[test]
fn no_file_of_source_or_tests_is_longer_than_600_lines() {
    for path in ["src", "tests", "benches"].iter().flat_map(|dir| sources(&root().with_file_name(dir))) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}
