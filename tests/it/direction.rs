//! Module layering: modules depend downwards only, and the pure modules hold no I/O.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom: `cli -> server -> label, ledger -> store, proof -> query -> chain -> quality, record -> epcis, names -> gs1`, and
/// `proof -> log`, directly or through others. The table is stricter where a module needs less.
const ALLOWED: &[(&str, &[&str])] = &[
    ("causes", &[]),
    ("gs1", &[]),
    ("names", &[]),
    ("text", &[]),
    ("cbor", &[]),
    ("epcis", &["gs1", "text"]),
    ("record", &["causes", "epcis", "gs1", "names", "text"]),
    ("quality", &["epcis", "gs1", "names"]),
    ("chain", &["causes", "quality", "record", "epcis", "gs1", "names"]),
    ("query", &["chain", "quality", "record", "epcis", "gs1", "names"]),
    ("log", &["causes", "cbor"]),
    ("proof", &["causes", "query", "chain", "quality", "record", "epcis", "gs1", "log", "names"]),
    ("store", &["causes", "chain", "quality", "record", "epcis", "gs1"]),
    ("ledger", &["causes", "store", "proof", "query", "chain", "quality", "record", "epcis", "gs1", "log", "names"]),
    ("label", &["causes", "epcis", "gs1"]),
    (
        "server",
        &[
            "causes", "label", "ledger", "store", "proof", "query", "chain", "quality", "record", "epcis", "gs1",
            "log", "names", "cbor",
        ],
    ),
    (
        "cli",
        &[
            "causes", "server", "label", "ledger", "store", "proof", "query", "chain", "quality", "record", "epcis",
            "gs1", "log", "names",
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
const PURE: &[&str] =
    &["causes", "gs1", "names", "text", "cbor", "epcis", "record", "quality", "chain", "query", "log", "proof"];

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
fn no_source_file_is_longer_than_600_lines() {
    for path in sources(&root()) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}
