//! The real binary: its output, exit codes and messages.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::command::{LOT, PARTY, code, jejak, ok, stderr};
use jejak::record::{Payload, Record};
use serde_json::Value;

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&ok(output)).unwrap()
}

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn link_explains_uris_and_element_strings() {
    let dir = dir();
    let from_text = json(&jejak(dir.path(), &["link", LOT, "--json"]));
    let from_uri = json(&jejak(
        dir.path(),
        &["link", "https://example.org/shop/01/09521321001015/10/DAUN-2611-07?linkType=all", "--json"],
    ));
    assert_eq!(from_text, from_uri);
    assert_eq!(from_text["names"], "lot");
    assert_eq!(from_text["canonical"], "https://id.gs1.org/01/09521321001015/10/DAUN-2611-07");
    assert!(ok(&jejak(dir.path(), &["link", LOT])).contains("DAUN-2611-07"));
    let wrong = jejak(dir.path(), &["link", "(01)09521321001016"]);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("caused by: ") && stderr(&wrong).contains("hint: "), "{}", stderr(&wrong));
}

#[test]
fn mistyped_command_gets_a_suggestion() {
    let dir = dir();
    for (args, wanted) in [
        (vec!["recrod"], "record"),
        (vec!["key", "shwo"], "show"),
        (vec!["party", "acredit", PARTY], "accredit"),
        (vec!["party", "suspned", PARTY, "--reason", "x"], "suspend"),
        (vec!["link", LOT, "--jsno"], "--json"),
        (vec!["party", PARTY, "--name", "x", "--role", "inspektor"], "inspector"),
    ] {
        let output = jejak(dir.path(), &args);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(wanted), "{args:?}: {}", stderr(&output));
    }
    assert_eq!(code(&jejak(dir.path(), &["--help"])), 0);
    assert_eq!(code(&jejak(dir.path(), &["--version"])), 0);
    assert_eq!(code(&jejak(dir.path(), &[])), 2);
}

#[test]
fn key_files_are_encrypted_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let no_one_to_ask = jejak(dir.path(), &["key", "new", "key.pem"]);
    assert_eq!(code(&no_one_to_ask), 2);
    assert!(stderr(&no_one_to_ask).contains("--passphrase-file"));
    assert!(!dir.path().join("key.pem").exists());
    std::fs::write(dir.path().join("pass"), "rahasia desa\n").unwrap();
    let made = json(&jejak(dir.path(), &["key", "new", "key.pem", "--passphrase-file", "pass", "--json"]));
    let pem = std::fs::read_to_string(dir.path().join("key.pem")).unwrap();
    assert!(pem.contains("ENCRYPTED PRIVATE KEY"));
    let mode = std::fs::metadata(dir.path().join("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = json(&jejak(dir.path(), &["key", "show", "key.pem", "--passphrase-file", "pass", "--json"]));
    assert_eq!(made["key"], shown["key"]);
    std::fs::write(dir.path().join("pass"), "salah\n").unwrap();
    assert_eq!(code(&jejak(dir.path(), &["key", "show", "key.pem", "--passphrase-file", "pass"])), 2);
    assert_eq!(code(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"])), 2);
    assert_eq!(std::fs::read_to_string(dir.path().join("key.pem")).unwrap(), pem);
}

#[test]
fn statements_are_signed_here_or_printed_for_another_device() {
    let dir = dir();
    ok(&jejak(dir.path(), &["key", "new", "admin.pem", "--no-passphrase"]));
    ok(&jejak(dir.path(), &["key", "new", "phone.pem", "--no-passphrase"]));
    let printed = json(&jejak(dir.path(), &["key", "enrol", "phone.pem", "--party", PARTY, "--label", "phone"]));
    assert_eq!(printed["type"], "Key");
    std::fs::write(dir.path().join("enrol.json"), printed.to_string()).unwrap();
    let signed = json(&jejak(
        dir.path(),
        &["record", "sign", "enrol.json", "--key", "admin.pem", "--out", "enrol.cose", "--json"],
    ));
    assert_eq!((&signed["seq"], &signed["subject"]), (&1.into(), &PARTY.into()));
    let record = Record::decode(&std::fs::read(dir.path().join("enrol.cose")).unwrap()).unwrap();
    record.verify().unwrap();
    let Payload::Registry(statement) = &record.payload else { panic!("a registry statement") };
    let jejak::record::Statement::Key(key) = statement.as_ref() else { panic!("a key") };
    key.key.possessed(&key.possession, "urn:jejak:ledger:x", PARTY, key.purpose).unwrap();
    // every statement command writes what the registry accepts, with consecutive numbers
    let all: &[&[&str]] = &[
        &[
            "party",
            PARTY,
            "--name",
            "BUM Desa Maju",
            "--role",
            "producer",
            "--region",
            "74.12",
            "--region-name",
            "Konawe Kepulauan",
            "--prefix",
            "952132100",
        ],
        &[
            "product",
            "09521321001015",
            "--name",
            "Patchouli leaf",
            "--commodity",
            "essential-oil",
            "--form",
            "patchouli-dried-leaf",
            "--unit",
            "gram",
            "--maker",
            PARTY,
        ],
        &["place", "9521321000124", "--name", "Field", "--kind", "village", "--near", "-4.05,122.97"],
        &[
            "key",
            "revoke",
            &key.key.to_string(),
            "--reason",
            "compromised",
            "--compromised-since",
            "2026-11-03T16:20:00+08:00",
        ],
    ];
    for (i, args) in all.iter().enumerate() {
        let out = format!("{i}.cose");
        let mut args = args.to_vec();
        args.extend(["--key", "admin.pem", "--out", out.as_str()]);
        ok(&jejak(dir.path(), &args));
        let record = Record::decode(&std::fs::read(dir.path().join(&out)).unwrap()).unwrap();
        assert_eq!(record.claims.seq, 2 + i as u64);
    }
    // a statement that the registry would refuse uses no number and writes no file
    let bad = jejak(
        dir.path(),
        &[
            "place",
            "9521321000124",
            "--name",
            "House",
            "--kind",
            "village",
            "--near",
            "-4.05123,122.97",
            "--key",
            "admin.pem",
            "--out",
            "bad.cose",
        ],
    );
    assert_eq!(code(&bad), 2);
    assert!(stderr(&bad).contains("two decimals"), "{}", stderr(&bad));
    assert!(!dir.path().join("bad.cose").exists());
    assert_eq!(std::fs::read_to_string(dir.path().join("admin.pem.seq")).unwrap().lines().next(), Some("5"));
}

#[test]
fn each_act_makes_an_event_that_the_ledger_admits() {
    let dir = dir();
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let id = "urn:jejak:record:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let kg = format!("{LOT}=1040.5KGM");
    let oil = "(01)09521321001022(10)NILAM-2611-03=24.6KGM";
    let sscc = "095213210000000018";
    let buyer = "https://id.gs1.org/417/9521321000315";
    let profile = format!("essential-oil/patchouli@1#{}", "a".repeat(52));
    let acts: &[&[&str]] = &[
        &[
            "harvest",
            "--lot",
            &kg,
            "--commodity",
            "essential-oil",
            "--form",
            "patchouli-dried-leaf",
            "--harvest-start",
            "2026-11-01",
            "--harvest-end",
            "2026-11-03",
            "--village",
            "74.12.05.2003",
            "--mode",
            "identity-preserved",
        ],
        &["process", "--input", &kg, "--output", oil, "--process", "steam-distillation", "--after", id],
        &["adjust", "--lot", oil, "--reason", "spillage"],
        &["adjust", "--lot", oil, "--reason", "reweigh-gain"],
        &["sample", "--lot", oil, "--sample", "LAB21-0042", "--holder", PARTY],
        &[
            "inspect",
            "--lot",
            oil,
            "--sample",
            "LAB21-0042",
            "--result",
            "acid-value=3.1,C62,0.2,ISO 1242",
            "--profile",
            &profile,
            "--requirement",
            "ID/SNI-06-2385-2006",
            "--after",
            id,
            "--failed",
        ],
        &["pack", "--container", sscc, "--lot", oil],
        &["unpack", "--container", sscc, "--lot", oil],
        &[
            "ship",
            "--container",
            sscc,
            "--from",
            PARTY,
            "--to",
            buyer,
            "--market",
            "DE",
            "--document",
            "po=urn:jejak:doc:po:1",
        ],
        &["receive", "--container", sscc, "--lot", oil, "--shipment", id, "--from", PARTY, "--to", buyer],
        &["void-shipment", "--container", sscc, "--shipment", id],
        &["trade", "--lot", oil, "--document", "inv=urn:jejak:doc:inv:1", "--milestone", "container-loaded"],
        &["recall", "--lot", LOT, "--reason", "adulteration-suspected"],
        &["hold", "--lot", LOT, "--reason", "documents"],
        &["lift", "--lot", LOT, "--lifts", id],
        &["observe", "--container", sscc, "--step", "arriving"],
    ];
    for act in acts {
        let mut args = vec!["record", "new"];
        args.extend_from_slice(act);
        args.extend(["--at", "9521321000124", "--time", "2026-11-05T11:00:00+08:00"]);
        args.extend(["--key", "key.pem", "--out", "-"]);
        let output = jejak(dir.path(), &args);
        assert_eq!(code(&output), 0, "{act:?}: {}", stderr(&output));
        let record = Record::decode(&output.stdout).unwrap();
        record.verify().unwrap();
        assert!(matches!(record.payload, Payload::Event(_)));
    }
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    let text = ok(&jejak(
        dir.path(),
        &[&["record", "new", "harvest", "--lot", &kg, "--at", "9521321000124"], &days[..]].concat(),
    ));
    assert!(text.contains("1040.5"), "the decimal as it was written");
    let bad = jejak(dir.path(), &["record", "new", "harvest", "--lot", "x=1KGM", "--at", "9521321000124"]);
    assert_eq!(code(&bad), 2);
    assert!(stderr(&bad).contains("hint: "));
}

#[test]
fn record_show_reports_a_broken_signature() {
    let dir = dir();
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let args =
        ["record", "new", "observe", "--lot", LOT, "--at", "9521321000124", "--key", "key.pem", "--out", "r.cose"];
    let signed = json(&jejak(dir.path(), &[&args[..], &["--json"]].concat()));
    let shown = json(&jejak(dir.path(), &["record", "show", "r.cose", "--json"]));
    assert_eq!(shown["id"], signed["id"]);
    assert_eq!(shown["signature"], true);
    // it proves no place on a log
    let bare = jejak(dir.path(), &["verify", "r.cose"]);
    assert_eq!(code(&bare), 2);
    assert!(
        stderr(&bare).contains("without a receipt") && stderr(&bare).contains("record statement"),
        "{}",
        stderr(&bare)
    );
    for wrong in [LOT, "nowhere.jejak"] {
        let wrong = jejak(dir.path(), &["verify", wrong]);
        assert_eq!(code(&wrong), 2);
        assert!(stderr(&wrong).contains("hint: ") && stderr(&wrong).contains("label"), "{}", stderr(&wrong));
    }
    let mut bytes = std::fs::read(dir.path().join("r.cose")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(dir.path().join("r.cose"), bytes).unwrap();
    let broken = jejak(dir.path(), &["record", "show", "r.cose"]);
    assert_eq!(code(&broken), 1);
    assert!(String::from_utf8_lossy(&broken.stdout).contains("INVALID"));
    assert_eq!(code(&jejak(dir.path(), &["record", "submit", "r.cose", "--node", "http://127.0.0.1:9"])), 2);
}

#[test]
fn unreachable_node_exits_3_and_keeps_the_signed_record() {
    let dir = dir();
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let args = ["record", "new", "observe", "--lot", LOT, "--at", "9521321000124", "--key", "key.pem"];
    let output = jejak(dir.path(), &[&args[..], &["--node", "http://127.0.0.1:9"]].concat());
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("jejak record submit"), "{}", stderr(&output));
    let kept: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "cose"))
        .collect();
    assert_eq!(kept.len(), 1);
    Record::decode(&std::fs::read(&kept[0]).unwrap()).unwrap().verify().unwrap();
    let asked = jejak(dir.path(), &["lot", "show", LOT, "--node", "http://127.0.0.1:9", "--json"]);
    assert_eq!(code(&asked), 3);
    let error: Value = serde_json::from_str(&stderr(&asked)).unwrap();
    assert_eq!(error["error"]["kind"], "unreachable");
    assert_eq!(code(&jejak(dir.path(), &["lot", "show", LOT, "--node", "127.0.0.1:9"])), 2);
}

#[test]
fn labels_are_drawn_and_evidence_is_hashed() {
    let dir = dir();
    let url = ["--url", "https://jejak.example/", "--offline"];
    let svg = ok(&jejak(dir.path(), &[&["label", LOT, "--format", "svg"], &url[..]].concat()));
    assert!(svg.contains("<svg"));
    ok(&jejak(dir.path(), &[&["label", LOT, "--format", "png", "--out", "l.png"], &url[..]].concat()));
    assert!(std::fs::read(dir.path().join("l.png")).unwrap().starts_with(b"\x89PNG"));
    let again = jejak(dir.path(), &[&["label", LOT, "--format", "png", "--out", "l.png"], &url[..]].concat());
    assert_eq!(code(&again), 2, "what is there is kept");
    let sheet =
        ok(&jejak(dir.path(), &[&["label", LOT, "--format", "sheet", "--line", "Daun nilam"], &url[..]].concat()));
    assert!(sheet.contains("Daun nilam"));
    // whole pixels per module at 203 dpi are 4: 0.5005 mm
    ok(&jejak(dir.path(), &[&["label", LOT, "--format", "png", "--dpi", "203", "--out", "d.png"], &url[..]].concat()));
    let png =
        png::Decoder::new(std::io::Cursor::new(std::fs::read(dir.path().join("d.png")).unwrap())).read_info().unwrap();
    let (side, dots) = (png.info().width, png.info().pixel_dims.unwrap().xppu);
    assert_eq!((side % 4, dots), (0, 7992), "{side}");
    let coarse =
        jejak(dir.path(), &[&["label", LOT, "--format", "png", "--dpi", "20", "--out", "e.png"], &url[..]].concat());
    assert_eq!(code(&coarse), 2);
    assert!(stderr(&coarse).contains("1.270 mm"), "{}", stderr(&coarse));
    for (name, args) in [
        ("pack.pdf", &[LOT, "--format", "pdf", "--stock", "58mm", "--line", "Daun nilam", "--lang", "zh"][..]),
        ("carton.pdf", &["(00)095213210000000018", "--format", "pdf", "--stock", "100x150"][..]),
        ("test.pdf", &["--format", "test", "--stock", "letter-2x5"][..]),
    ] {
        let drawn = jejak(dir.path(), &[&["label", "--out", name], args, &url[..]].concat());
        assert_eq!(code(&drawn), 0, "{}", stderr(&drawn));
        assert!(std::fs::read(dir.path().join(name)).unwrap().starts_with(b"%PDF-"));
        let warned = stderr(&drawn).contains("not checked whether");
        assert_eq!(warned, name != "test.pdf", "{}", stderr(&drawn));
    }
    let narrow = jejak(
        dir.path(),
        &[&["label", "(00)095213210000000018", "--format", "pdf", "--stock", "3x8"], &url[..]].concat(),
    );
    assert_eq!(code(&narrow), 2);
    assert!(stderr(&narrow).contains("stock 2x4 has room"), "{}", stderr(&narrow));
    let letters = jejak(dir.path(), &[&["label", LOT, "--format", "pdf", "--line", "กล้วย"], &url[..]].concat());
    assert_eq!(code(&letters), 2);
    assert!(stderr(&letters).contains("U+0E01"), "{}", stderr(&letters));
    assert_eq!(code(&jejak(dir.path(), &["label", "--format", "pdf"])), 2);
    std::fs::write(dir.path().join("coa.pdf"), b"%PDF-1.7\n").unwrap();
    let member =
        json(&jejak(dir.path(), &["evidence", "add", "coa.pdf", "--type", "certificate-of-analysis", "--json"]));
    assert_eq!(member["jejak:mediaType"], "application/pdf");
    // and a record takes it as it was printed
    let event = json(&jejak(
        dir.path(),
        &["record", "new", "observe", "--lot", LOT, "--at", "9521321000124", "--evidence", &member.to_string()],
    ));
    assert_eq!(event["jejak:evidence"][0], member);
}

#[test]
fn completions_and_manual_cover_every_command() {
    let dir = dir();
    for shell in ["bash", "zsh", "fish"] {
        assert!(ok(&jejak(dir.path(), &["completions", shell])).contains("evidence"));
    }
    assert!(ok(&jejak(dir.path(), &["man"])).contains(".TH"));
    assert!(ok(&jejak(dir.path(), &["man", "record", "sign"])).contains("passphrase"));
    assert_eq!(code(&jejak(dir.path(), &["man", "recrod"])), 2);
}

#[test]
fn init_doctor_and_reindex_run_on_a_new_ledger() {
    let dir = dir();
    let authority = "urn:jejak:party:ministry";
    let init = |more: &[&str]| {
        let args = ["init", "--origin", "jejak.example/log", "--public-url", "https://jejak.example", "--authority"];
        jejak(dir.path(), &[&args[..], &[authority, "--name", "Ministry", "--json"], more].concat())
    };
    assert_eq!(code(&init(&[])), 2, "no passphrase, and no one to ask");
    assert!(!dir.path().join("jejak-ledger").exists());
    std::fs::write(dir.path().join("pass"), "rahasia\n").unwrap();
    let founded = json(&init(&["--passphrase-file", "pass"]));
    assert!(founded["ledger"].as_str().unwrap().starts_with("urn:jejak:ledger:"));
    let keys = std::fs::read_dir(dir.path().join("authority-keys")).unwrap().count();
    assert_eq!(keys, 4, "three keys and a number");
    let trust = std::fs::read_to_string(dir.path().join("jejak-ledger.trust.toml")).unwrap();
    assert!(trust.contains(founded["ledger"].as_str().unwrap()) && trust.contains(founded["logKey"].as_str().unwrap()));
    assert_eq!(code(&init(&["--no-passphrase"])), 2, "founded once");
    let report = json(&jejak(dir.path(), &["doctor", "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["entries"], founded["size"]);
    let rebuilt = json(&jejak(dir.path(), &["reindex", "--json"]));
    assert_eq!(rebuilt["replayed"], founded["size"]);
    assert_eq!(json(&jejak(dir.path(), &["doctor", "--json"]))["ok"], true);
    // one flipped byte of the journal is damage, and exit code 1
    let segment = std::fs::read_dir(dir.path().join("jejak-ledger/journal")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let damaged = jejak(dir.path(), &["doctor", "--json"]);
    assert_eq!(code(&damaged), 1);
    assert_eq!(code(&jejak(dir.path(), &["reindex"])), 1);
    assert_eq!(code(&jejak(dir.path(), &["doctor", "--dir", "elsewhere"])), 2);
}

#[test]
fn demo_refuses_a_directory_that_is_not_a_demo() {
    let dir = dir();
    let at = |path: &str| dir.path().join(path);
    let init = ["init", "--dir", "real", "--no-passphrase", "--origin", "jejak.example/log", "--public-url"];
    let founder = ["https://jejak.example", "--authority", "urn:jejak:party:ministry", "--name", "Ministry"];
    ok(&jejak(dir.path(), &[&init[..], &founder].concat()));
    // every file below, with its bytes
    let held = |path: &str| -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let all = crate::common::files(&at(path)).into_iter();
        all.map(|file| (file.clone(), std::fs::read(at(path).join(file)).unwrap())).collect()
    };
    let refuses = |path: &str, why: &str| {
        let before = held(path);
        assert!(!before.is_empty());
        let refused = jejak(dir.path(), &["demo", "--once", "--listen", "127.0.0.1:0", "--dir", path]);
        assert_eq!(code(&refused), 2, "{path}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(why) && stderr(&refused).contains("--dir"), "{path}: {}", stderr(&refused));
        assert!(held(path) == before, "{path} was changed");
    };
    refuses("real", "the directory of another ledger");
    // where a demo would have its ledger, whole and with its settings lost
    std::fs::create_dir(at("below")).unwrap();
    std::fs::rename(at("real"), at("below/ledger")).unwrap();
    refuses("below", "jejak.example/log");
    std::fs::remove_file(at("below/ledger/config.toml")).unwrap();
    refuses("below", "files of something else");
    // and where it would keep its keys
    std::fs::create_dir_all(at("other/demo/keys")).unwrap();
    std::fs::write(at("other/demo/keys/authority.pem"), "mine").unwrap();
    refuses("other", "files of something else");
    // its own founding, cut short, is begun anew; and a founded one goes on
    std::fs::write(at("other/demo/founding"), "").unwrap();
    std::fs::create_dir(at("other/ledger")).unwrap();
    std::fs::write(at("other/ledger/lock"), "").unwrap();
    let once = ["demo", "--once", "--json", "--listen", "127.0.0.1:0", "--dir", "other"];
    let first = json(&jejak(dir.path(), &once));
    assert_eq!(first["lots"].as_array().map(Vec::is_empty), Some(false));
    let second = json(&jejak(dir.path(), &once));
    assert_eq!((&first["ledger"], &first["lots"][0]["lot"]), (&second["ledger"], &second["lots"][0]["lot"]));
    // for people each lot has its code, drawn in black and white
    let text = ok(&jejak(dir.path(), &["demo", "--once", "--listen", "127.0.0.1:0", "--dir", "other"]));
    assert!(text.contains("\u{1b}[30;107m    █▀▀▀▀▀█") && !text.contains("\\u{1b}"), "{text}");
}

/// A demo node, ended when dropped.
struct Node {
    child: std::process::Child,
    address: String,
    lots: Vec<String>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn demo(dir: &Path) -> Node {
    use std::io::{BufRead, BufReader};
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_jejak"))
        .args(["demo", "--json", "--dir", "demo", "--listen", &format!("127.0.0.1:{port}")])
        .current_dir(dir)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut shown).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let lots = shown["lots"].as_array().unwrap().iter().map(|l| l["lot"].as_str().unwrap().to_owned()).collect();
    Node { child, address, lots }
}

#[test]
fn proofs_of_a_served_node_verify_offline() {
    let dir = dir();
    let node = demo(dir.path());
    let at = ["--node", node.address.as_str(), "--json"];
    let config: toml::Table =
        std::fs::read_to_string(dir.path().join("demo/ledger/config.toml")).unwrap().parse().unwrap();
    let trust = format!("ledger = {}\nlog = {}\n", config["ledger"], config["log_key"]);
    std::fs::write(dir.path().join("trust.toml"), trust).unwrap();
    let schema = std::fs::read(format!("{}/schemas/bundle.schema.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for (i, lot) in node.lots.iter().enumerate() {
        let shown = json(&jejak(dir.path(), &[&["lot", "show", lot.as_str()], &at[..]].concat()));
        assert_eq!(shown["uri"], lot.as_str());
        assert!(!json(&jejak(dir.path(), &[&["lot", "trace", lot.as_str()], &at[..]].concat()))["nodes"].is_null());
        ok(&jejak(dir.path(), &["lot", "impact", lot, "--node", &node.address]));
        let (file, page) = (format!("{i}.jejak"), lot.replace("https://id.gs1.org", &node.address));
        // goods on hold or with a failed test have an exit code of their own, though their records are proven
        let expected = if matches!(shown["headline"].as_str(), Some("recalled" | "held" | "failed")) { 5 } else { 0 };
        let verdict = |args: &[&str]| -> Value {
            let output = jejak(dir.path(), args);
            assert_eq!(code(&output), expected, "{lot}: {}", stderr(&output));
            serde_json::from_slice(&output.stdout).unwrap()
        };
        if expected == 5 {
            let unpinned = stderr(&jejak(dir.path(), &["verify", &page]));
            assert!(unpinned.contains("not pinned") && !unpinned.contains("proven"), "{unpinned}");
        }
        let fetched = verdict(&["verify", &page, "--keep", &file, "--json"]);
        assert_eq!((&fetched["consistent"], &fetched["proven"]), (&true.into(), &false.into()), "trust is not pinned");
        let proven = verdict(&["verify", &file, "--trust", "trust.toml", "--json"]);
        assert_eq!(proven["proven"], true, "{proven}");
        codes.insert(expected);
        let complete = jejak(dir.path(), &["verify", &file, "--trust", "trust.toml", "--require-complete"]);
        assert_eq!(code(&complete), if expected == 5 { 5 } else { 6 }, "5 wins over 6: {}", stderr(&complete));
        let bundle = std::fs::read_to_string(dir.path().join(&file)).unwrap();
        assert!(schema.is_valid(&serde_json::from_str(&bundle).unwrap()), "{lot}: the bundle is of its schema");
    }
    assert_eq!(codes.len(), 2, "the demo has goods of both kinds");
    assert!(ok(&jejak(dir.path(), &["verify", "0.jejak"])).starts_with("TRUST NOT PINNED"));
    // one record of it on its own
    let lot = json(&jejak(dir.path(), &[&["lot", "show", node.lots[0].as_str()], &at[..]].concat()));
    let id = lot["steps"][0]["record"].as_str().unwrap();
    let kept = json(&jejak(dir.path(), &[&["record", "statement", id, "--out", "one.cose"], &at[..]].concat()));
    assert_eq!((&kept["file"], &kept["receipts"]), (&"one.cose".into(), &1.into()));
    let one = json(&jejak(dir.path(), &["verify", "one.cose", "--trust", "trust.toml", "--json"]));
    assert_eq!(one["proven"], true, "{one}");
    let shown = ok(&jejak(dir.path(), &["verify", "one.cose", "--trust", "trust.toml"]));
    assert!(shown.starts_with("PROVEN") && !shown.contains("entry 0") && !shown.contains("earlier check"), "{shown}");
    // without the log's key no check fails, but nothing is proven
    let unpinned = jejak(dir.path(), &["verify", "one.cose"]);
    let shown = String::from_utf8_lossy(&unpinned.stdout).into_owned();
    assert_eq!(code(&unpinned), 2, "{shown}");
    assert!(shown.starts_with("TRUST NOT PINNED") && !shown.contains("earlier check"), "{shown}");
    assert!(stderr(&unpinned).contains("--trust"), "{}", stderr(&unpinned));
    let shown = json(&jejak(dir.path(), &["record", "show", "one.cose", "--json"]));
    assert_eq!((&shown["id"], &shown["receipts"], &shown["signature"]), (&id.into(), &1.into(), &true.into()));
    let again = jejak(dir.path(), &[&["record", "statement", id, "--out", "one.cose"], &at[..]].concat());
    assert_eq!(code(&again), 2, "what is there is kept");
    let nobody = jejak(dir.path(), &[&["record", "statement", &"a".repeat(52)], &at[..]].concat());
    assert_eq!(code(&nobody), 4, "{}", stderr(&nobody));
    // one changed character of a record: not proven
    let bundle = std::fs::read_to_string(dir.path().join("0.jejak")).unwrap();
    let at_record = bundle.find("\"record\":\"").unwrap() + 300;
    let other = if &bundle[at_record..=at_record] == "A" { "B" } else { "A" };
    let mut changed = bundle;
    changed.replace_range(at_record..=at_record, other);
    std::fs::write(dir.path().join("bad.jejak"), changed).unwrap();
    let bad = jejak(dir.path(), &["verify", "bad.jejak", "--trust", "trust.toml"]);
    assert_eq!(code(&bad), 1, "{}", stderr(&bad));
    // the right proof of another ledger
    let other = std::fs::read_to_string(dir.path().join("trust.toml")).unwrap().replacen("ledger:", "ledger:x", 1);
    std::fs::write(dir.path().join("other.toml"), other).unwrap();
    assert_eq!(code(&jejak(dir.path(), &["verify", "0.jejak", "--trust", "other.toml"])), 1);
    // an unknown key is refused by the ledger, and its reason is shown
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let ledger = config["ledger"].as_str().unwrap();
    let refused = jejak(
        dir.path(),
        &[
            "record",
            "new",
            "observe",
            "--lot",
            &node.lots[0],
            "--at",
            "9521321000124",
            "--key",
            "key.pem",
            "--ledger",
            ledger,
            "--node",
            &node.address,
        ],
    );
    assert_eq!(code(&refused), 4, "{}", stderr(&refused));
    assert!(stderr(&refused).contains("rule ") && stderr(&refused).contains("caused by: "), "{}", stderr(&refused));
    let nobody = jejak(dir.path(), &["lot", "show", LOT, "--node", &node.address]);
    assert_eq!(code(&nobody), 4);
    assert!(stderr(&nobody).contains("404") || stderr(&nobody).contains("known"), "{}", stderr(&nobody));
}
