//! Operator errors: an `init` that fails and a node that does not start. Each cause names its own next step.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn jejak(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jejak"));
    for variable in ["JEJAK_NODE", "JEJAK_PASSPHRASE", "JEJAK_PUBLIC_URL", "JEJAK_DIR", "JEJAK_METRICS"] {
        command.env_remove(variable);
    }
    command.args(args).current_dir(dir).stdin(Stdio::null()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn fails(output: &Output, code: i32, words: &[&str]) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    for word in words {
        assert!(stderr(output).contains(word), "{word}: {}", stderr(output));
    }
    stderr(output)
}

/// `init` with some of its options replaced.
fn init(dir: &Path, other: &[(&str, &str)]) -> Output {
    let mut options = vec![
        ("--origin", "jejak.example/log"),
        ("--public-url", "https://jejak.example"),
        ("--authority", "urn:jejak:party:ministry"),
        ("--name", "Ministry"),
        ("--prefix", "952132100"),
    ];
    for (name, value) in other {
        match options.iter_mut().find(|(option, _)| option == name) {
            Some(option) => option.1 = value,
            None => options.push((name, value)),
        }
    }
    let args: Vec<&str> = options.iter().flat_map(|(name, value)| [*name, *value]).collect();
    jejak(dir, &[&["init", "--no-passphrase", "--json"], &args[..]].concat())
}

fn there(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[test]
fn init_checks_its_arguments_before_it_writes_files() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(200);
    for (option, value, word) in [
        ("--origin", "https://x.example/log", "without scheme"),
        ("--origin", "x.example/log?a", "without scheme"),
        ("--origin", "", "without scheme"),
        ("--origin", "jejak example", "without scheme"),
        ("--public-url", "http://h/?x=1", "web address"),
        ("--public-url", "foo", "web address"),
        ("--name", long.as_str(), "name"),
        ("--name", "", "name"),
        ("--prefix", "95", "prefixes"),
        ("--country", "Indonesia", "country"),
        ("--authority", "https://id.gs1.org/417/9521321000013", "check digit"),
        ("--authority", "ministry", "urn:jejak:party:"),
        ("--region", "74 12", "region"),
    ] {
        let region = [(option, value), ("--region-name", "Konawe")];
        let shown = init(dir.path(), if option == "--region" { &region } else { &region[..1] });
        fails(&shown, 2, &[word, "hint"]);
        assert_eq!(there(dir.path()), 0, "{option} {value}: nothing was made");
    }
    // after all these failures the same directory can be used
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    assert_eq!(there(dir.path()), 3);
}

#[test]
fn init_keeps_the_trust_file_of_another_ledger() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    fs::remove_dir_all(dir.path().join("jejak-ledger")).unwrap();
    fs::remove_dir_all(dir.path().join("authority-keys")).unwrap();
    let trust = dir.path().join("jejak-ledger.trust.toml");
    let before = fs::read(&trust).unwrap();
    fails(&init(dir.path(), &[]), 2, &["jejak-ledger.trust.toml", "move"]);
    assert_eq!((there(dir.path()), fs::read(&trust).unwrap()), (1, before), "nothing was made, and it is kept");
    fs::remove_file(&trust).unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
}

#[test]
fn error_on_open_names_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    let at = |name: &str| dir.path().join("jejak-ledger").join(name);
    let never = |shown: String| assert!(!shown.contains("jejak demo") && !shown.contains("found a ledger"), "{shown}");
    // every command that opens the ledger reports the same
    let refused = |words: &[&str]| {
        never(fails(&jejak(dir.path(), &["serve", "--listen", "127.0.0.1:0"]), 2, words));
        never(fails(&jejak(dir.path(), &["reindex"]), 2, words));
    };
    let checked = |words: &[&str]| never(fails(&jejak(dir.path(), &["doctor"]), 1, words));
    fs::set_permissions(at("keys/log.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(&["others may read it", "hint: chmod 600", "log.pem"]);
    checked(&["keys"]);
    fs::set_permissions(at("keys/log.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["keys/log.pem", "keys/operator.pem", "keys/credential"] {
        fs::rename(at(name), at("moved")).unwrap();
        refused(&[name, "missing", "backup"]);
        checked(&["keys"]);
        fs::rename(at("moved"), at(name)).unwrap();
    }
    let config = fs::read_to_string(at("config.toml")).unwrap();
    let with = |from: &str, to: &str| fs::write(at("config.toml"), config.replacen(from, to, 1)).unwrap();
    with("origin = \"jejak.example/log\"", "origin = \"jejak.example/lgo\"");
    refused(&["jejak.example/lgo", "origin = \"jejak.example/log\""]);
    checked(&["config.toml"]);
    with("reserve_bytes", "reserve_byte");
    refused(&["reserve_byte", "docs/operations.md"]);
    checked(&["config.toml", "docs/operations.md"]);
    fs::remove_file(at("config.toml")).unwrap();
    refused(&["config.toml", "backup"]);
    never(fails(&jejak(dir.path(), &["doctor"]), 2, &["backup"]));
    fs::write(at("config.toml"), &config).unwrap();
    // only where there is no ledger
    fails(&jejak(dir.path(), &["serve", "--dir", "elsewhere"]), 2, &["jejak init", "jejak demo", "--dir"]);
    // an undamaged ledger opens
    assert_eq!(jejak(dir.path(), &["doctor"]).status.code(), Some(0));
}

#[test]
fn public_url_is_validated_the_same_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for url in ["foo", "http://h/?x=1"] {
        fails(&jejak(dir.path(), &[&serve[..], &["--public-url", url]].concat()), 2, &["web address", "--public-url"]);
        let lot = "(01)09521321001015(10)A";
        fails(&jejak(dir.path(), &["label", lot, "--url", url]), 2, &["web address", "--url"]);
    }
    let file = dir.path().join("jejak-ledger/config.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{config}\n[server]\npublic_url = \"foo bar\"\n")).unwrap();
    fails(&jejak(dir.path(), &serve), 2, &["foo bar", "config.toml"]);
    fs::write(&file, &config).unwrap();
    // the metrics port is in use
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    fails(&jejak(dir.path(), &[&serve[..], &["--metrics", &at]].concat()), 2, &[&at, "--metrics"]);
}

#[test]
fn doctor_names_stray_files_and_suggests_no_reindex() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    for stray in ["log/notes.txt", "objects/notes.txt"] {
        let stray = dir.path().join("jejak-ledger").join(stray);
        fs::write(&stray, "x").unwrap();
        let shown = fails(&jejak(dir.path(), &["doctor", "--quick"]), 1, &["move it away"]);
        assert!(!shown.contains("reindex") && !shown.contains("backup"), "{shown}");
        fs::remove_file(stray).unwrap();
    }
    assert_eq!(jejak(dir.path(), &["doctor", "--quick"]).status.code(), Some(0));
}

#[test]
fn damaged_journal_is_reported_as_needing_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(init(dir.path(), &[]).status.code(), Some(0));
    let journal = dir.path().join("jejak-ledger/journal");
    let segment = fs::read_dir(&journal).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let output = jejak(dir.path(), &["doctor"]);
    let shown = fails(&output, 1, &["1 problem in", "backup"]);
    assert!(!shown.contains("reindex"), "{shown}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("not checked: the journal ends at"));
    let report: Value = serde_json::from_slice(&jejak(dir.path(), &["doctor", "--json"]).stdout).unwrap();
    assert_eq!(report["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == false).count(), 1);
}

#[test]
fn witnesses_in_force_are_not_ended_by_a_statement_without_a_node() {
    let dir = tempfile::tempdir().unwrap();
    let key = "log.example+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let set = |more: &[&str]| {
        jejak(dir.path(), &[&["log-keys", "set", "--origin", "log.example", "--log", key], more].concat())
    };
    fails(&set(&[]), 2, &["the keys of the witnesses", "--no-witnesses"]);
    let stated = set(&["--no-witnesses"]);
    assert_eq!(stated.status.code(), Some(0), "{}", stderr(&stated));
    let statement: Value = serde_json::from_slice(&stated.stdout).unwrap();
    assert_eq!((&statement["log"][0], &statement["witnesses"]), (&key.into(), &serde_json::json!([])));
}
