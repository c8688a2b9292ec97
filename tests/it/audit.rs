//! The audit of a whole log: an unchanged log passes; every changed, missing, unsigned or rule-breaking entry is named.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::demo_ledger::{demo_ledger, keys, pinned};
use crate::common::http::COSE;
use crate::common::village::{admitted, enrol_village, harvest, lot_uri};
use bytes::Bytes;
use jejak::chain::{Broken, ProfileSource, Rule};
use jejak::ledger::Ledger;
use jejak::ledger::sign::LogKey;
use jejak::log::merkle::leaf_hash;
use jejak::log::{Checkpoint, Frontier};
use jejak::proof::{Audit, Audited, Earlier, Outcome, Trust};
use jejak::quality::Criteria;
use jejak::query;
use jejak::record::{Hash32, Payload, Record};

/// The profiles and specifications in a ledger's directory. Export guides lie beside them, by which nothing is judged.
struct Stored(BTreeMap<Hash32, Criteria>);

impl Stored {
    fn of(dir: &Path) -> Stored {
        let files = std::fs::read_dir(dir.join("ledger/objects/profiles")).unwrap();
        let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        Stored(bytes.filter_map(|b| Some((Hash32::of(&b), Criteria::from_json(&b).ok()?))).collect())
    }
}

impl ProfileSource for Stored {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        self.0.get(blake3).cloned()
    }
}

/// The entries under a checkpoint that the log's own key signed: what an operator could publish.
fn published(entries: &[Bytes]) -> String {
    let mut tree = Frontier::new();
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let head = Checkpoint { origin: "proof.example/log".into(), size: tree.size(), root: tree.root() };
    head.sign(&LogKey::new("proof.example/log", keys().log)).unwrap().to_string()
}

fn audited(note: &str, entries: &[Bytes], trust: &Trust, profiles: &Stored) -> Audited {
    let mut audit = Audit::new(note, trust, profiles).unwrap();
    // in parts of any size
    for part in entries.chunks(7) {
        audit.take(part);
    }
    audit.finish()
}

fn all(ledger: &Ledger) -> Vec<Bytes> {
    (0..ledger.size()).map(|index| ledger.entry(index).unwrap().unwrap()).collect()
}

/// The checks that failed.
fn failed(audited: &Audited) -> Vec<&'static str> {
    audited.verdict.failed().map(|check| check.name).collect()
}

#[test]
fn audit_of_a_sound_log_agrees_with_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let (entries, profiles) = (all(&ledger), Stored::of(dir.path()));
    let found = audited(&published(&entries), &entries, &pinned(&ledger), &profiles);
    assert!(found.is_sound() && found.verdict.pinned, "{:?}", found.verdict.checks);
    let wanted = query::LotQuery { most: 1_000, ..query::LotQuery::default() };
    assert_eq!(found.lots, ledger.with_state(|s, _| query::newest_lots(s, wanted)).unwrap().lots.len() as u64);
    let all = query::PartyFilter::default();
    let parties = ledger.with_state(|s, _| query::filtered_parties(s, &all, None, 1_000)).unwrap().items;
    assert_eq!(found.parties, parties.len() as u64);
    assert_eq!((found.findings[&Rule::Fork], found.entries), (1, ledger.size()));
    // without a trust file the key is the one that the log itself publishes
    let loose = audited(&published(&entries), &entries, &Trust::none(), &profiles);
    assert!(loose.is_sound() && !loose.verdict.pinned);
}

#[test]
fn audit_names_each_manipulation_by_the_operator() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let (entries, profiles, trust) = (all(&ledger), Stored::of(dir.path()), pinned(&ledger));
    let note = published(&entries);
    let audit = |note: &str, entries: &[Bytes]| audited(note, entries, &trust, &profiles);

    // other entries than those that were signed for
    let mut changed = entries.clone();
    changed.swap(40, 41);
    assert!(failed(&audit(&note, &changed)).contains(&"inclusion"));
    let short = audit(&note, &entries[..60]);
    // what was not read is not checked, and nobody is blamed for it
    assert_eq!(failed(&short), [""; 0]);
    for check in ["inclusion", "completeness"] {
        assert_eq!(short.verdict.outcome(check), Some(Outcome::NotChecked), "{check}");
    }
    assert!(!short.is_sound());
    assert!(!audit(&note, &[]).is_sound());

    // entries under a valid checkpoint: a repeated record, one with a bad signature, and bytes that are no record
    let mut twice = entries.clone();
    twice.push(entries[60].clone());
    let found = audit(&published(&twice), &twice);
    assert_eq!(failed(&found), ["rules"]);
    let [void] = found.voids.as_slice() else { panic!("{:?}", found.voids) };
    assert_eq!((void.index, void.rule), (ledger.size(), Broken::Rule(Rule::DuplicateRecord)));
    let mut forged = entries.clone();
    let last = forged.last_mut().unwrap();
    let mut bytes = last.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    *last = Bytes::from(bytes);
    assert_eq!(failed(&audit(&published(&forged), &forged)), ["signatures"]);
    let mut foreign = entries.clone();
    foreign.push(Bytes::from_static(b"no record"));
    assert_eq!(failed(&audit(&published(&foreign), &foreign)), ["records"]);

    // nothing of a checkpoint is used that the trusted key did not sign, its size included
    let grown = note.replacen(&format!("\n{}\n", ledger.size()), "\n1125899906842624\n", 1);
    assert!(Audit::new(&grown, &trust, &profiles).is_err());
    // many failures are reported as a count
    let garbage = vec![Bytes::new(); 3_000];
    let found = audit(&published(&garbage), &garbage);
    assert!(found.void == 3_000 && found.voids.len() == 1_000 && found.is_refuted());
    // an unreadable entry gives no verdict on its content
    assert!(!short.is_refuted());
    assert!(audited(&published(&forged), &forged[..forged.len() - 1], &trust, &profiles).verdict.size > 0);

    // without the profiles that records are judged by nothing is called void
    let found = audited(&note, &entries, &trust, &Stored(BTreeMap::new()));
    assert_eq!(failed(&found), [""; 0]);
    for check in ["profiles", "rules"] {
        assert_eq!(found.verdict.outcome(check), Some(Outcome::NotChecked), "{check}");
    }
    assert!(found.voids.is_empty() && !found.is_sound() && !found.is_refuted());
}

#[test]
fn audit_detects_another_ledger_and_a_rewritten_history() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ((ledger, _), (second, _)) = (demo_ledger(dir.path()), demo_ledger(other.path()));
    let (entries, profiles) = (all(&ledger), Stored::of(dir.path()));
    let note = published(&entries);
    let trust = Trust { ledger: Some("urn:jejak:ledger:other".into()), ..pinned(&ledger) };
    assert_eq!(failed(&audited(&note, &entries, &trust, &profiles)), ["ledger"]);
    // the same key signed for other entries: one of the two was not the log's history
    for (past, holds) in [(&entries[..50], true), (&all(&second)[..50], false)] {
        let earlier = Earlier { checkpoint: published(past), proof: vec![] };
        let trust = Trust { earlier: Some(earlier), ..pinned(&ledger) };
        let found = audited(&note, &entries, &trust, &profiles);
        let want: &[&str] = if holds { &[] } else { &["consistency"] };
        assert_eq!(failed(&found), want, "{:?}", found.verdict.checks);
    }
    // an empty log is a prefix of every log; a trust file needs no proof
    let checkpoint = published(&[]);
    let file = format!(
        "ledger = \"{}\"\nlog = \"{}\"\n[earlier]\ncheckpoint = '''\n{checkpoint}'''\n",
        ledger.id(),
        ledger.verifier().unwrap()
    );
    let found = audited(&note, &entries, &Trust::from_toml(&file).unwrap(), &profiles);
    assert_eq!(found.verdict.outcome("consistency"), Some(Outcome::Passed), "{:?}", found.verdict.checks);
}

fn jejak(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jejak")).args(args).env_remove("JEJAK_TRUST").output().unwrap()
}

#[test]
fn audit_reads_a_log_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let trust = dir.path().join("trust.toml");
    let vkey = ledger.verifier().unwrap();
    std::fs::write(&trust, format!("ledger = \"{}\"\nlog = \"{vkey}\"\n", ledger.id())).unwrap();
    ledger.shutdown();
    drop(ledger);
    let at = dir.path().join("ledger");
    let run = || {
        let out = jejak(&["audit", at.to_str().unwrap(), "--trust", trust.to_str().unwrap(), "--json"]);
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, out, stderr) = run();
    assert_eq!(code, 0, "{stderr}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&found["sound"], &found["pinned"]), (&true.into(), &true.into()));

    // a copy of the static files is enough
    let copy = dir.path().join("copy");
    let files = |from: &Path, to: &Path| {
        let copied = Command::new("cp").arg("-r").args([from, to]).status().unwrap();
        assert!(copied.success());
    };
    files(&at.join("log"), &copy);
    files(&at.join("objects/profiles"), &copy.join("profiles"));
    assert_eq!(jejak(&["audit", copy.to_str().unwrap()]).status.code(), Some(0));

    let bundles = at.join("log/tile/entries");
    let newest = std::fs::read_dir(bundles.join("000.p")).unwrap();
    let newest = newest.map(|f| f.unwrap().path()).max_by_key(|p| p.metadata().unwrap().len()).unwrap();
    let whole = std::fs::read(&newest).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest, &bytes).unwrap();
    let (code, out, _) = run();
    assert_eq!((code, out.contains("\"sound\":true")), (1, false));
    std::fs::remove_file(&newest).unwrap();
    let (code, out, stderr) = run();
    assert!(
        code == 2 && stderr.contains("cannot read") && !stderr.contains("failed the audit"),
        "{code} {out} {stderr}"
    );
    std::fs::write(&newest, &whole).unwrap();
    assert_eq!(run().0, 0);
    assert_eq!(jejak(&["audit", dir.path().to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn audit_reads_a_node_over_http() {
    let node = crate::common::http::Node::start(|_| {});
    let last = node.ledger.size() - 1;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(node.ledger.wait_published(last, std::time::Duration::from_secs(20))));
    let out = jejak(&["audit", &format!("http://{}", node.addr)]);
    let (text, stderr) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert!(out.status.success() && text.starts_with("TRUST NOT PINNED"), "{text} {stderr}");
    assert!(text.contains("every entry of the log was read"));
    let nowhere = jejak(&["audit", "http://127.0.0.1:1"]);
    assert_eq!(nowhere.status.code(), Some(3), "{}", String::from_utf8_lossy(&nowhere.stderr));
    node.stop();
}

#[test]
fn one_record_that_an_operator_swallowed_is_one_root_and_not_eleven_innocent_entries() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let (entries, profiles) = (all(&ledger), Stored::of(dir.path()));
    let makes = |entry: &Bytes| match &Record::decode(entry).unwrap().payload {
        Payload::Event(event) => event.biz_step.as_deref() == Some("commissioning"),
        Payload::Registry(_) => false,
    };
    let swallowed = entries.iter().position(makes).unwrap();
    let mut rest = entries.clone();
    rest.remove(swallowed);
    let found = audited(&published(&rest), &rest, &pinned(&ledger), &profiles);
    assert!(failed(&found).contains(&"rules"), "{:?}", found.verdict.checks);
    let following: u64 = found.following.values().map(|following| following.count).sum();
    assert_eq!(found.void, found.voids.len() as u64 + following);
    let [root] = found.voids.as_slice() else { panic!("one root: {:?}", found.voids) };
    assert!(root.index as usize >= swallowed);
    assert!(following >= 2, "{:?}", found.following);
    assert!(found.following[&root.index].first.iter().all(|later| *later > root.index));
    let rules = found.verdict.checks.iter().find(|check| check.name == "rules").unwrap();
    assert!(rules.detail.starts_with("1 record breaks a rule and is void: entry"), "{}", rules.detail);
}

#[test]
fn gap_in_the_numbers_of_a_key_is_named_with_key_entry_and_goods() {
    let node = crate::common::http::Node::start(|_| {});
    let mut village = enrol_village(&node);
    village.seq += 2;
    let record = village.event(&lot_uri("G1"), harvest("G1").to_string().as_bytes());
    admitted(&node.post(COSE, &record));
    crate::common::settle(&node.ledger);
    let out = jejak(&["audit", &format!("http://{}", node.addr)]);
    let text = String::from_utf8(out.stdout).unwrap();
    let key = jejak::record::PublicKey(village.key.verifying_key().to_bytes());
    let (entry, goods) = (node.ledger.size() - 1, "(01)09521321001015(10)G1");
    let line = format!("numbers 3 to 4 of the key {key} are missing before entry {entry}, which is about {goods}");
    assert!(text.contains(&line), "{line}\n{text}");
    node.stop();
}

#[test]
fn document_that_was_deleted_or_damaged_is_named_by_the_audit() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let trusted = format!("ledger = \"{}\"\nlog = \"{}\"\n", ledger.id(), ledger.verifier().unwrap());
    ledger.shutdown();
    drop(ledger);
    let at = dir.path().join("ledger");
    let run = || {
        let out = jejak(&["audit", at.to_str().unwrap()]);
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, before, _) = run();
    assert_eq!(code, 0);
    assert!(before.contains("documents named") && !before.contains("absent"), "{before}");
    let mut files: Vec<_> =
        std::fs::read_dir(at.join("objects/evidence")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    std::fs::remove_file(&files[0]).unwrap();
    let (code, missing, _) = run();
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert_eq!(code, 0, "a document is no part of the log");
    assert!(missing.lines().next().unwrap().contains("absent: 1 of the documents that they name"), "{missing}");
    assert!(missing.contains(&format!("document {name} of entry ")) && missing.contains("is absent"), "{missing}");
    std::fs::write(&files[1], b"other bytes").unwrap();
    let (code, damaged, why) = run();
    assert_eq!(code, 1, "{why}");
    let headline = damaged.lines().next().unwrap();
    assert!(headline.contains("DAMAGED: 1 of the documents that they name: the hash differs"), "{headline}");
    assert!(damaged.contains("is damaged: its hash differs") && why.contains("damaged documents"), "{damaged}{why}");
    // with the log pinned the first line is not "sound"
    let trust = dir.path().join("trust.toml");
    std::fs::write(&trust, trusted).unwrap();
    let pinned = jejak(&["audit", at.to_str().unwrap(), "--trust", trust.to_str().unwrap()]);
    let text = String::from_utf8(pinned.stdout).unwrap();
    assert!(text.starts_with("DOCUMENTS DAMAGED: the ") && pinned.status.code() == Some(1), "{text}");
}

#[test]
fn file_that_cannot_be_read_ends_no_audit_without_its_report() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    ledger.shutdown();
    drop(ledger);
    let at = dir.path().join("ledger");
    let first = |under: &str| {
        let mut files: Vec<_> = std::fs::read_dir(at.join(under)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.swap_remove(0)
    };
    let name = |file: &Path| file.file_name().unwrap().to_str().unwrap().to_owned();
    let run = || {
        let out = jejak(&["audit", at.to_str().unwrap()]);
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    // in place of a file there is a directory, which no one can read as a file
    let document = first("objects/evidence");
    let bytes = std::fs::read(&document).unwrap();
    std::fs::remove_file(&document).unwrap();
    std::fs::create_dir(&document).unwrap();
    let (code, text, why) = run();
    assert_eq!(code, 2, "{why}");
    assert!(text.starts_with("TRUST NOT PINNED") && text.contains("unreadable: 1 of the documents"), "{text}");
    assert!(
        text.contains(&format!("document {} of entry ", name(&document))) && text.contains("can't be read"),
        "{text}"
    );
    assert!(why.contains(&name(&document)) && why.contains("the log itself is sound"), "{why}");
    std::fs::remove_dir(&document).unwrap();
    std::fs::write(&document, &bytes).unwrap();
    // a profile is needed to judge: the audit is not finished, and says why
    let mut profiles = std::fs::read_dir(at.join("objects/profiles")).unwrap().map(|file| file.unwrap().path());
    let profile = profiles.find(|file| Criteria::from_json(&std::fs::read(file).unwrap()).is_ok()).unwrap();
    let bytes = std::fs::read(&profile).unwrap();
    for damaged in [false, true] {
        std::fs::remove_file(&profile).unwrap();
        match damaged {
            true => std::fs::write(&profile, b"{}").unwrap(),
            false => std::fs::create_dir(&profile).unwrap(),
        }
        let (code, text, why) = run();
        assert_eq!(code, if damaged { 1 } else { 2 }, "{why}");
        let line = format!("profile {} was not read: ", name(&profile));
        assert!(text.starts_with("NOT FINISHED") && text.contains(&line), "{text}");
        assert!(text.contains(if damaged { "its hash differs" } else { "it is not a file" }), "{text}");
        if !damaged {
            std::fs::remove_dir(&profile).unwrap();
        }
        std::fs::write(&profile, &bytes).unwrap();
    }
    assert_eq!(run().0, 0);
}

#[test]
fn each_record_that_an_operator_swallows_is_one_root() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let (entries, profiles) = (all(&ledger), Stored::of(dir.path()));
    let trust = pinned(&ledger);
    let mut wrong = Vec::new();
    for swallowed in 4..entries.len() {
        let mut rest = entries.clone();
        let gone = rest.remove(swallowed);
        let found = audited(&published(&rest), &rest, &trust, &profiles);
        if found.voids.len() > 1 {
            let roots: Vec<String> =
                found.voids.iter().map(|void| format!("{} {} {}", void.index, void.rule, void.detail)).collect();
            let gone = Record::decode(&gone).unwrap();
            let kind = match &gone.payload {
                Payload::Event(event) => format!("{:?} {:?}", event.biz_step, event.disposition),
                Payload::Registry(statement) => format!("{statement:?}").chars().take(60).collect(),
            };
            wrong.push(format!("without entry {swallowed} ({kind}):\n    {}", roots.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
}

#[test]
fn two_frauds_about_the_same_goods_are_two_roots() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let (mut entries, profiles) = (all(&ledger), Stored::of(dir.path()));
    let harvest = entries.iter().position(|entry| match &Record::decode(entry).unwrap().payload {
        Payload::Event(event) => event.biz_step.as_deref() == Some("commissioning"),
        Payload::Registry(_) => false,
    });
    // the same two records again: neither lacks what the other would have made
    let harvest = harvest.unwrap();
    entries.extend([entries[harvest].clone(), entries[harvest].clone()]);
    let found = audited(&published(&entries), &entries, &pinned(&ledger), &profiles);
    assert_eq!((found.voids.len(), found.void), (2, 2), "{:?}", found.following);
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    // both streams end before anything is written
    let dir = tempfile::tempdir().unwrap();
    let command = format!(
        "{} audit {} 2>&1 | true; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_jejak"),
        dir.path().join("nothing").display()
    );
    let out = Command::new("bash").args(["-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap().trim(), "2", "the exit code of a wrong use, not of a panic");
}
