//! First use, by the real command alone: a ledger is created, served and used from the first enrolment to an inspection and a
//! void; and the messages when something is missing on the way.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub const MINISTRY: &str = "urn:jejak:party:ministry";
pub const VILLAGE: &str = "https://id.gs1.org/417/9521321000117";
pub const LAB: &str = "https://id.gs1.org/417/9521321000216";
pub const PLACE: &str = "9521321000124";
const LOT: &str = "(01)09521321001015(10)NILAM-1";

pub struct User {
    dir: tempfile::TempDir,
    ledger: String,
    pub node: String,
    server: Option<Child>,
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jejak"));
    command.args(args).current_dir(dir).env_remove("JEJAK_NODE").env_remove("JEJAK_PASSPHRASE").stdin(Stdio::null());
    command
}

impl User {
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = command(self.dir.path(), args);
        command.env("JEJAK_LEDGER", &self.ledger).env("JEJAK_NODE", &self.node).env("JEJAK_TRUST", "");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Signed by the party's key file.
    pub fn signed(&self, party: &str, key: &str, args: &[&str]) -> Output {
        self.run(&[args, &["--as", party, "--key", key, "--json"]].concat())
    }

    #[track_caller]
    pub fn done(&self, party: &str, key: &str, args: &[&str]) -> Value {
        json(&self.signed(party, key, args))
    }

    /// A file in the user's directory.
    pub fn path(&self, file: &str) -> std::path::PathBuf {
        self.dir.path().join(file)
    }

    pub fn seq(&self, key: &str) -> String {
        let text = std::fs::read_to_string(self.dir.path().join(format!("{key}.seq"))).unwrap();
        text.lines().next().unwrap().to_owned()
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
pub fn fails(output: &Output, code: i32, word: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(stderr(output).contains(word), "{}", stderr(output));
}

const INIT: [&str; 9] = [
    "init",
    "--origin",
    "jejak.example/log",
    "--public-url",
    "https://jejak.example",
    "--authority",
    MINISTRY,
    "--name",
    "Ministry",
];

fn serve(dir: &Path) -> (Child, Value) {
    let mut child = command(dir, &["serve", "--json", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut shown).unwrap();
    (child, serde_json::from_str(&shown).unwrap())
}

/// A new ledger, served, and the record id of the authority's own statement.
pub fn founded() -> (User, String) {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let output = command(dir.path(), &[&INIT[..], &["--no-passphrase", "--json"]].concat()).output().unwrap();
    let founding = json(&output);
    assert!(
        stderr(&output).contains("--prefix"),
        "an authority without a prefix can register nothing: {}",
        stderr(&output)
    );
    let mode = std::fs::metadata(dir.path().join("authority-keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(dir.path().join("jejak-ledger.trust.toml").exists(), "given away, so not among the keys");
    let (server, shown) = serve(dir.path());
    let node = format!("http://{}", shown["listen"].as_str().unwrap());
    let ledger = founding["ledger"].as_str().unwrap().to_owned();
    (User { dir, ledger, node, server: Some(server) }, founding["record"].as_str().unwrap().to_owned())
}

pub const ADMIN: &str = "authority-keys/authority-1.pem";

/// Enrols a party with a key of its own.
pub fn enrol(user: &User, uri: &str, role: &str, key: &str) {
    user.done(MINISTRY, ADMIN, &["party", uri, "--name", role, "--role", role, "--prefix", "952132100"]);
    json(&user.run(&["key", "new", key, "--no-passphrase", "--json"]));
    user.done(MINISTRY, ADMIN, &["key", "enrol", key, "--party", uri, "--for", "admin"]);
}

#[test]
fn new_user_founds_a_ledger_writes_records_and_voids_one() {
    let (user, entry) = founded();
    // an update names the record that it replaces, which init printed
    let update = ["party", MINISTRY, "--name", "Ministry of Villages", "--role", "authority", "--role", "operator"];
    fails(&user.signed(MINISTRY, ADMIN, &update), 2, "--replaces");
    user.done(MINISTRY, ADMIN, &[&update[..], &["--prefix", "952132100", "--replaces", &entry]].concat());

    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "inspector", "lab.pem");
    let before = user.seq(ADMIN);
    let again = ["party", LAB, "--name", "Laboratory", "--role", "inspector"];
    fails(&user.signed(MINISTRY, ADMIN, &again), 4, "replaces-not-current");
    assert_eq!(user.seq(ADMIN), before, "what was refused uses up no number");
    let product = |gtin: &str, commodity: &str, form: &str| {
        let name = ["product", gtin, "--name", "Leaf", "--unit", "gram", "--maker", VILLAGE];
        user.signed(VILLAGE, "village.pem", &[&name[..], &["--commodity", commodity, "--form", form]].concat())
    };
    // the commodity of a GTIN cannot change after its first statement: an input error is reported before signing
    for (commodity, form, words) in
        [("durian", "whole", "essential-oil"), ("essential-oil", "patchuli-oil", "did you mean patchouli-oil?")]
    {
        let changed = product("09521321001022", commodity, form);
        fails(&changed, 2, words);
        assert!(stderr(&changed).contains("--force"), "{}", stderr(&changed));
    }
    let nobodys = ["product", "09521321001022", "--name", "x", "--unit", "gram", "--maker", "urn:jejak:party:nobody"];
    let oil = ["--commodity", "essential-oil", "--form", "patchouli-oil"];
    fails(&user.signed(VILLAGE, "village.pem", &[&nobodys[..], &oil[..]].concat()), 2, "not a party of this ledger");
    assert!(!user.dir.path().join("village.pem.seq").exists(), "nothing was signed");
    let forced = ["product", "09521321001022", "--name", "Durian", "--unit", "gram", "--maker", VILLAGE, "--force"];
    let forced =
        user.signed(VILLAGE, "village.pem", &[&forced[..], &["--commodity", "durian", "--form", "whole"]].concat());
    json(&forced);
    assert!(stderr(&forced).contains("durian"), "{}", stderr(&forced));
    let usual = product("09521321001015", "essential-oil", "patchouli-oil");
    json(&usual);
    assert_eq!(stderr(&usual), "");
    let kilos = format!("{LOT}=10KGM");
    let harvest = [
        "record",
        "new",
        "harvest",
        "--lot",
        &kilos,
        "--commodity",
        "essential-oil",
        "--form",
        "patchouli-oil",
        "--harvest-start",
        "2026-01-01",
        "--harvest-end",
        "2026-01-02",
        "--village",
        "74.12.05.2003",
        "--at",
        PLACE,
    ];
    fails(&user.signed(VILLAGE, "village.pem", &harvest), 2, "not a place of this ledger");
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Field", "--kind", "village"]);
    user.done(VILLAGE, "village.pem", &harvest);

    // the profile in force is taken; its hash need not be given
    let inspect = |result: &str, more: &[&str]| {
        let args = ["record", "new", "inspect", "--lot", LOT, "--at", PLACE, "--sample", "S-1", "--result", result];
        user.signed(LAB, "lab.pem", &[&args[..], &["--requirement", "ID/SNI-06-2385-2006"], more].concat())
    };
    fails(&inspect("acid-value=3.1%,GK", &[]), 2, "number");
    for wrong in ["acid-value=3.1,C62,0.2", "acid-value=3.1"] {
        fails(&inspect(wrong, &[]), 2, "acid-value=3.1,GK");
    }
    fails(&inspect("acid=3.1,GK", &[]), 2, "did you mean acid-value?");
    fails(&inspect("acid-value=3.1,GK", &["--requirement", "SNI"]), 2, "ID/SNI-06-2385-2006");
    assert!(!user.dir.path().join("lab.pem.seq").exists(), "nothing was signed");
    fails(&inspect("acid-value=3.1,GK", &[]), 4, "not-accredited");
    let typo = ["party", "accredit", LAB, "--scope", "essentialoil", "--body", "KAN", "--number", "LP-1"];
    let until = ["--until", "2099-01-01T00:00:00Z"];
    fails(&user.signed(MINISTRY, ADMIN, &[&typo[..], &until[..]].concat()), 2, "did you mean essential-oil?");
    let accredit = ["party", "accredit", LAB, "--scope", "essential-oil", "--body", "KAN", "--number", "LP-1"];
    user.done(
        MINISTRY,
        ADMIN,
        &[&accredit[..], &["--from", "2026-01-01T00:00:00Z", "--until", "2099-01-01T00:00:00Z"]].concat(),
    );
    let drawn = format!("{LOT}=0.1KGM");
    let sample = ["record", "new", "sample", "--lot", &drawn, "--sample", "S-1", "--holder", VILLAGE, "--at", PLACE];
    user.done(LAB, "lab.pem", &sample);
    let inspected = json(&inspect("acid-value=3.1,GK,0.1,ISO 1242", &[]));
    let shown = json(&user.run(&["record", "show", inspected["id"].as_str().unwrap(), "--json"]));
    assert_eq!(shown["payload"]["jejak:profile"]["jejak:id"], "essential-oil");

    // an event that was wrong is voided by its name
    let observed = user.done(VILLAGE, "village.pem", &["record", "new", "observe", "--lot", LOT, "--at", PLACE]);
    let id = observed["id"].as_str().unwrap();
    let voiding = user.done(VILLAGE, "village.pem", &["record", "new", "void", id, "--reason", "did_not_occur"]);
    fails(&user.signed(VILLAGE, "village.pem", &["record", "new", "void", id]), 4, "voided before");
    fails(&user.signed(VILLAGE, "village.pem", &["record", "new", "observe", id]), 2, "only void");
    let shown = json(&user.run(&["record", "show", voiding["id"].as_str().unwrap(), "--json"]));
    assert_eq!(shown["payload"]["jejak:voids"], format!("urn:jejak:record:{id}"));

    user.done(VILLAGE, "village.pem", &["party", "mandate", LAB, "--act", "ship", "--until", "2099-01-01T00:00:00Z"]);
    user.done(MINISTRY, ADMIN, &["party", "suspend", VILLAGE, "--reason", "forged papers"]);
    let observe = ["record", "new", "observe", "--lot", LOT, "--at", PLACE];
    fails(&user.signed(VILLAGE, "village.pem", &observe), 4, "party-suspended");
    user.done(MINISTRY, ADMIN, &["party", "reinstate", VILLAGE]);
    user.done(VILLAGE, "village.pem", &observe);
}

#[test]
fn range_of_the_prefix_of_the_authority_is_given_to_a_village_and_not_to_another() {
    let (user, entry) = founded();
    let numbers = |uri: &str, room: &str| user.signed(MINISTRY, ADMIN, &["party", "numbers", uri, "--room", room]);
    fails(&numbers(VILLAGE, "100"), 2, "is not on this ledger");
    for uri in [VILLAGE, LAB] {
        user.done(
            MINISTRY,
            ADMIN,
            &["party", uri, "--name", "BUM Desa", "--role", "producer", "--legal-form", "BUM Desa"],
        );
    }
    fails(&numbers(VILLAGE, "100"), 2, "has no GS1 Company Prefix");
    let own =
        ["party", MINISTRY, "--name", "Ministry", "--role", "authority", "--role", "operator", "--prefix", "952132100"];
    user.done(MINISTRY, ADMIN, &[&own[..], &["--replaces", &entry]].concat());
    user.done(MINISTRY, ADMIN, &["place", PLACE, "--name", "Field", "--kind", "village"]);
    fails(&numbers(VILLAGE, "7"), 2, "possible values: 10, 100, 1000, 10000");
    fails(&numbers(VILLAGE, "1000"), 2, "no range for 1000 products and places is left");
    let registry = |uri: &str| {
        let shown = json(&user.signed(MINISTRY, ADMIN, &["party", "numbers", uri, "--room", "100"]));
        let record = json(&user.run(&["record", "show", shown["id"].as_str().unwrap(), "--json"]));
        (record["payload"]["prefixes"].clone(), record["payload"]["legalForm"].clone())
    };
    // what else is stated of the party stays
    assert_eq!(registry(VILLAGE), (serde_json::json!(["9521321009"]), "BUM Desa".into()));
    assert_eq!(registry(LAB).0, serde_json::json!(["9521321008"]));
    assert_eq!(registry(VILLAGE).0, serde_json::json!(["9521321009", "9521321007"]));
}

/// A lot of the village, made on a ledger with a laboratory.
fn with_a_lot() -> User {
    let (user, _) = founded();
    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "forwarder", "lab.pem");
    let named = ["product", "09521321001015", "--name", "Oil", "--unit", "gram", "--maker", VILLAGE];
    let oil = ["--commodity", "essential-oil", "--form", "patchouli-oil"];
    user.done(VILLAGE, "village.pem", &[&named[..], &oil[..]].concat());
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Field", "--kind", "village"]);
    let kilos = format!("{LOT}=100.1234567KGM");
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    let harvest = ["record", "new", "harvest", "--lot", &kilos, "--at", PLACE];
    user.done(VILLAGE, "village.pem", &[&harvest[..], &days[..]].concat());
    user
}

/// A shipment that is not on the ledger: the receipt of it waits.
const NO_SHIPMENT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

impl User {
    /// Signs a record that waits for a shipment, into `file`.
    fn waiting(&self, file: &str, more: &[&str]) -> Output {
        let some = format!("{LOT}=1KGM");
        let act = ["record", "new", "receive", "--lot", &some, "--shipment", NO_SHIPMENT, "--at", PLACE, "--out", file];
        self.signed(LAB, "lab.pem", &[&act[..], more].concat())
    }

    /// Signs a record that would be admitted, into `file`, without sending it.
    #[track_caller]
    fn admissible(&self, file: &str) {
        let act = ["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--out", file, "--node", "", "--force"];
        self.done(VILLAGE, "village.pem", &act);
    }

    fn given_up(&self, file: &str, key: &str, more: &[&str]) -> Output {
        self.run(&[&["record", "drop", file, "--key", key, "--json"], more].concat())
    }

    fn there(&self, file: &str) -> bool {
        self.dir.path().join(file).exists()
    }
}

#[test]
fn void_marker_of_another_record_frees_no_number() {
    let user = with_a_lot();
    fails(&user.waiting("a.cose", &[]), 4, "record drop");
    let path = |name: &str| user.dir.path().join(name);
    let mark = std::fs::read(path("a.cose.refused")).unwrap();
    std::fs::remove_file(path("a.cose")).unwrap();
    user.admissible("a.cose");
    assert!(!user.there("a.cose.refused"), "it was about the record before");
    let seq = user.seq("village.pem");
    fails(&user.given_up("a.cose", "village.pem", &[]), 2, "was not refused");
    // not even when the marker file is restored
    std::fs::write(path("a.cose.refused"), mark).unwrap();
    fails(&user.given_up("a.cose", "village.pem", &[]), 2, "was not refused");
    assert!(user.there("a.cose"));
    assert_eq!(user.seq("village.pem"), seq);
    json(&user.run(&["record", "submit", "a.cose", "--json"]));
    fails(&user.given_up("a.cose", "village.pem", &[]), 2, "was not refused");
    // a submission that got no response
    fails(&user.waiting("b.cose", &[]), 4, "record drop");
    std::fs::remove_file(path("b.cose")).unwrap();
    fails(&user.waiting("b.cose", &["--node", "http://127.0.0.1:9"]), 3, "record submit");
    fails(&user.given_up("b.cose", "lab.pem", &[]), 2, "was not refused");
}

#[test]
fn outbox_file_of_a_phone_is_handed_in_line_by_line() {
    let user = with_a_lot();
    let write = |name: &str, text: &str| std::fs::write(user.dir.path().join(name), text).unwrap();
    let mut lines = vec!["Jejak outbox: 2 signed records".to_owned()];
    for file in ["a.cose", "b.cose"] {
        user.admissible(file);
        let bytes = std::fs::read(user.dir.path().join(file)).unwrap();
        lines.push(data_encoding::BASE64URL_NOPAD.encode(&bytes));
    }
    write("wrong.txt", &[&lines[..], &["Yg".to_owned()]].concat().join("\n"));
    fails(&user.run(&["record", "submit", "wrong.txt"]), 2, "wrong.txt line 4 is not a signed record");
    write("outbox.txt", &format!("{}\r\n", lines.join("\r\n")));
    let sent = json(&user.run(&["record", "submit", "outbox.txt", "--json"]));
    let of = |n: usize, member: &str| sent[n]["ack"][member].clone();
    assert_eq!((of(0, "duplicate"), of(1, "duplicate")), (false.into(), false.into()), "nothing was sent before");
    assert_eq!(sent[1]["file"], "outbox.txt line 3");
    // somebody else hands it in too
    let again = json(&user.run(&["record", "submit", "outbox.txt", "--json"]));
    assert_eq!((&again[0]["ack"]["duplicate"], &again[1]["ack"]["index"]), (&true.into(), &of(1, "index")));
}

#[test]
fn node_of_another_ledger_frees_no_number() {
    let (user, (other, _)) = (with_a_lot(), founded());
    let there = ["--node", &other.node];
    user.admissible("c.cose");
    fails(&user.run(&["record", "submit", "c.cose", "--node", &other.node]), 4, "wrong-ledger");
    assert!(!user.there("c.cose.refused"), "that node serves another ledger");
    fails(&user.given_up("c.cose", "village.pem", &there), 2, "was not refused");
    json(&user.run(&["record", "submit", "c.cose", "--json"]));
    // signed and sent: kept, because the node may have it
    let before = user.seq("village.pem");
    let act = ["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--force", "--node", &other.node];
    let strayed = user.signed(VILLAGE, "village.pem", &act);
    fails(&strayed, 4, &user.ledger);
    assert!(stderr(&strayed).contains(".cose"), "{}", stderr(&strayed));
    assert_ne!(user.seq("village.pem"), before);

    fails(&user.waiting("d.cose", &[]), 4, "record drop");
    fails(&user.given_up("d.cose", "lab.pem", &there), 2, "another ledger");
    let same = user.node.replace("127.0.0.1", "127.0.0.2");
    let mark = std::fs::read_to_string(user.dir.path().join("d.cose.refused")).unwrap();
    std::fs::write(user.dir.path().join("d.cose.refused"), mark.replace("127.0.0.1", "127.0.0.2")).unwrap();
    fails(&user.given_up("d.cose", "lab.pem", &[]), 2, &same);
    std::fs::write(user.dir.path().join("d.cose.refused"), mark).unwrap();
    assert_eq!(json(&user.given_up("d.cose", "lab.pem", &[]))["free"], true);
}

#[test]
fn number_used_by_another_record_is_not_freed() {
    let user = with_a_lot();
    user.admissible("first.cose");
    let seq = user.seq("village.pem");
    let some = format!("{LOT}=1KGM");
    let waits = ["record", "new", "receive", "--lot", &some, "--shipment", NO_SHIPMENT, "--at", PLACE, "--seq", &seq];
    let again = |file: &str| user.signed(VILLAGE, "village.pem", &[&waits[..], &["--out", file]].concat());
    // refused before the first with the number is on the ledger
    fails(&again("second.cose"), 4, "shipment-unknown");
    assert_eq!(json(&user.given_up("second.cose", "village.pem", &[]))["free"], false);
    assert_eq!(user.seq("village.pem"), seq);
    json(&user.run(&["record", "submit", "first.cose", "--json"]));
    // and after
    let repeated = again("third.cose");
    fails(&repeated, 4, "sequence-repeated");
    assert!(stderr(&repeated).contains("does not free its number"), "{}", stderr(&repeated));
    assert_eq!(json(&user.given_up("third.cose", "village.pem", &[]))["free"], false);
    // the number of the first of two drafts is not freed either
    fails(&user.waiting("fourth.cose", &[]), 4, "shipment-unknown");
    let taken = user.seq("lab.pem");
    fails(
        &user.waiting("fifth.cose", &["--seq", &taken, "--node", "http://127.0.0.1:9", "--force"]),
        3,
        "record submit",
    );
    assert_eq!(json(&user.given_up("fourth.cose", "lab.pem", &[]))["free"], false);
    assert_eq!(user.seq("lab.pem"), taken);
    // a copy of a dropped draft does not free the number of the record that uses it now
    fails(&user.waiting("a.cose", &["--force"]), 4, "shipment-unknown");
    for ending in ["", ".refused"] {
        let name = |file: &str| user.dir.path().join(format!("{file}{ending}"));
        std::fs::copy(name("a.cose"), name("copy.cose")).unwrap();
    }
    assert_eq!(json(&user.given_up("a.cose", "lab.pem", &[]))["free"], true);
    // another record was signed with that number
    let act = ["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--out", "now.cose", "--node", "", "--force"];
    user.done(LAB, "lab.pem", &act);
    let taken = user.seq("lab.pem");
    assert_eq!(json(&user.given_up("copy.cose", "lab.pem", &[]))["free"], false);
    assert_eq!(user.seq("lab.pem"), taken);
}

#[test]
fn dropped_draft_leaves_no_gap_in_the_numbers() {
    let user = with_a_lot();
    let some = format!("{LOT}=1KGM");
    let receive = |shipment: &str| {
        user.signed(
            LAB,
            "lab.pem",
            &["record", "new", "receive", "--lot", &some, "--shipment", shipment, "--at", PLACE],
        )
    };
    // a mistyped shipment id: the shipment could still arrive, so the record is kept
    let waits = receive(&"a".repeat(52));
    fails(&waits, 4, "record drop");
    let kept: Vec<_> = std::fs::read_dir(user.dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    let kept = kept.iter().find(|path| path.extension().is_some_and(|e| e == "cose")).unwrap();
    let file = kept.to_str().unwrap();
    let drop = |key: &str| user.run(&["record", "drop", file, "--key", key, "--json"]);
    // the wrong key's number is not touched
    fails(&drop("village.pem"), 2, "did not sign");
    // sent again without a response: it is unknown whether the node has it
    let lost = user.run(&["record", "submit", file, "--node", "http://127.0.0.1:9"]);
    assert_eq!(lost.status.code(), Some(3));
    fails(&drop("lab.pem"), 2, "record submit");
    fails(&user.run(&["record", "submit", file]), 4, "shipment-unknown");
    let dropped = json(&drop("lab.pem"));
    assert_eq!((&dropped["seq"], &dropped["free"]), (&1.into(), &true.into()));
    assert!(!kept.exists());
    let left = std::fs::read_dir(user.dir.path()).unwrap().map(|e| e.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().contains("refused")), "no mark is left");

    let bottle =
        ["record", "new", "process", "--input", &some, "--output", "(01)09521321001015(10)B-1=1KGM", "--at", PLACE];
    let process = |id: &str| user.signed(VILLAGE, "village.pem", &[&bottle[..], &["--process", id]].concat());
    fails(&process("distilling"), 2, "steam-distillation");
    fails(&process("purificaton"), 2, "did you mean purification?");
    let ship = ["record", "new", "ship", "--lot", &some, "--to", LAB, "--at", PLACE];
    let nobody = ["record", "new", "ship", "--lot", &some, "--to", "urn:jejak:party:nobody", "--at", PLACE];
    fails(&user.signed(VILLAGE, "village.pem", &nobody), 2, "not a party of this ledger");
    let shipped = user.done(VILLAGE, "village.pem", &ship);
    let received = json(&receive(shipped["id"].as_str().unwrap()));
    assert_eq!(received["seq"], 1);
    let lot = json(&user.run(&["lot", "show", LOT, "--json"]));
    assert!(!lot["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "sequence-gap"), "{}", lot["findings"]);

    // a record on the ledger cannot be dropped
    let observe = ["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--out", "o.cose"];
    let observed = user.done(LAB, "lab.pem", &observe);
    let on = |name: &str| user.run(&["record", "drop", name, "--key", "lab.pem"]);
    fails(&on("o.cose"), 2, "not refused");
    let mark = serde_json::json!({ "record": observed["id"], "node": user.node, "rule": "x" });
    std::fs::write(user.dir.path().join("o.cose.refused"), mark.to_string()).unwrap();
    fails(&on("o.cose"), 2, "is on the ledger");
    assert_eq!(user.seq("lab.pem"), "2");
    // a number given by hand counts as used
    user.done(LAB, "lab.pem", &["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--seq", "20"]);
    assert_eq!(user.seq("lab.pem"), "20");
}

#[test]
fn usage_errors_are_reported_as_json_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["recrod", "--json"][..], &["party", VILLAGE, "--json"], &["label", "x", "--json"]] {
        let output = command(dir.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error: Value =
            serde_json::from_str(stderr(&output).trim()).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
        assert_eq!(error["error"]["kind"], "usage");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    }
    let picture = ["label", LOT, "--url", "https://jejak.example", "--offline", "--json", "--format"];
    let svg = json(&command(dir.path(), &[&picture[..], &["svg"]].concat()).output().unwrap());
    assert!(svg["picture"].as_str().unwrap().starts_with("<svg"));
    let png = json(&command(dir.path(), &[&picture[..], &["png"]].concat()).output().unwrap());
    let bytes = data_encoding::BASE64.decode(png["picture"].as_str().unwrap().as_bytes()).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    let scaled =
        |scale: &str| command(dir.path(), &[&picture[..], &["png", "--scale", scale]].concat()).output().unwrap();
    json(&scaled("40"));
    fails(&scaled("41"), 2, "40");
}

#[test]
fn empty_environment_variable_counts_as_unset() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["lot", "show", LOT];
    fails(&command(dir.path(), &args).env("JEJAK_NODE", "").output().unwrap(), 2, "--node");
    let args = ["record", "new", "observe", "--lot", LOT, "--at", PLACE];
    let printed = command(dir.path(), &args).env("JEJAK_NODE", "").env("JEJAK_PARTY", "").output().unwrap();
    assert_eq!(json(&printed)["bizStep"], "storing");
}

#[test]
fn unknown_or_invalid_server_settings_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    json(&command(dir.path(), &[&INIT[..], &["--no-passphrase", "--json"]].concat()).output().unwrap());
    let file = dir.path().join("jejak-ledger/config.toml");
    let founded = std::fs::read_to_string(&file).unwrap();
    let served = |table: &str, variables: &[(&str, &str)]| {
        std::fs::write(&file, format!("{founded}\n{table}")).unwrap();
        let mut command = command(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    fails(&served("[server]\ntrusted_proxy = []", &[]), 2, "trusted_proxy");
    fails(&served("[server.limits]\nconections = 3", &[]), 2, "conections");
    fails(&served("", &[("JEJAK_LIMIT_CONECTIONS", "3")]), 2, "conections");
    fails(&served("", &[("JEJAK_LIMIT_CONNECTIONS", "many")]), 2, "JEJAK_LIMIT_CONNECTIONS");
    std::fs::write(&file, format!("{founded}\n[server]\npublic_url = \"https://seen.example\"\n")).unwrap();
    let (mut child, shown) = serve(dir.path());
    assert_eq!(shown["publicUrl"], "https://seen.example");
    let _ = child.kill();
    let _ = child.wait();
}
