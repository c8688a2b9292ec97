//! Shared by the tests: a small new ledger, on files or in memory, and records to submit.

pub mod command;
pub mod demo_ledger;
pub mod http;
pub mod lots;
pub mod registry;
pub mod village;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jejak::ledger::{
    Config, InitKeys, InitOptions, Initialised, Keys, Ledger, Limits, Options, Stores, WallClock, sign,
};
use jejak::record::Statement;
use jejak::record::registry::{Names, Party, Role};
use jejak::store::memory::Disk;

/// When the tests take place.
pub const NOW: i64 = 1_790_000_000;
pub const AUTHORITY: &str = "urn:jejak:party:authority";
pub const OPERATOR: &str = "urn:jejak:party:node";
pub const ORIGIN: &str = "ledger.example/log";

/// A wall clock that jumps.
#[derive(Clone, Default)]
pub struct TestClock(Arc<[AtomicI64; 2]>);

impl TestClock {
    pub fn at(now: i64) -> TestClock {
        TestClock(Arc::new([AtomicI64::new(now), AtomicI64::new(0)]))
    }

    /// Sets the wall clock; the steady clock is unchanged.
    pub fn set(&self, now: i64) {
        self.0[0].store(now, Ordering::SeqCst);
    }

    /// Advances both clocks.
    pub fn pass(&self, seconds: i64) {
        self.0.iter().for_each(|clock| {
            clock.fetch_add(seconds, Ordering::SeqCst);
        });
    }
}

impl WallClock for TestClock {
    fn now(&self) -> i64 {
        self.0[0].load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.0[1].load(Ordering::SeqCst)
    }
}

pub fn party(uri: &str, name: &str, roles: &[Role]) -> Party {
    Party::new(uri, Names::english(name), roles, "ID")
}

pub fn keys() -> InitKeys {
    InitKeys::from_seed(&[7; 32])
}

pub fn init_options() -> InitOptions {
    InitOptions {
        origin: ORIGIN.into(),
        public_url: "https://ledger.example".into(),
        authority: party(AUTHORITY, "Authority", &[Role::Authority]),
        operator: party(OPERATOR, "Node", &[Role::Operator]),
        keys: keys(),
        limits: Limits::default(),
        profiles_from: 0,
    }
}

pub fn options(clock: &TestClock) -> Options {
    Options { clock: Arc::new(clock.clone()), publish_every: Some(Duration::from_millis(10)), ..Options::default() }
}

/// A new ledger in `dir`.
pub fn init(dir: &Path, clock: &TestClock) -> Initialised {
    Ledger::init(dir, &init_options(), &options(clock)).unwrap()
}

/// Engines on `disk`.
pub fn stores(disk: &Disk) -> Stores {
    Stores {
        journal: Box::new(disk.journal()),
        floor: Box::new(disk.floor()),
        log: Arc::new(disk.objects("log")),
        objects: Arc::new(disk.objects("objects")),
        index: Arc::new(disk.index()),
        register: Arc::new(disk.register()),
    }
}

pub fn node_keys() -> Keys {
    let keys = keys();
    Keys::new(ORIGIN, keys.log, keys.operator)
}

pub fn config() -> Config {
    let keys = keys();
    let authority = jejak::record::PublicKey(keys.authority[0].verifying_key().to_bytes());
    Config {
        version: 1,
        origin: ORIGIN.into(),
        ledger: jejak::record::key::ledger_id(&authority, &keys.nonce),
        log_key: jejak::ledger::init::log_verifier(ORIGIN, &keys.log).unwrap().to_string(),
        operator: OPERATOR.into(),
        public_url: "https://ledger.example".into(),
        limits: Limits::default(),
        server: toml::Table::new(),
    }
}

/// Signs records with the authority's second admin key, counting the sequence numbers.
pub struct Author {
    key: ed25519_dalek::SigningKey,
    ledger: String,
    pub next: u64,
}

impl Author {
    pub fn new(ledger: &str) -> Author {
        Author { key: keys().authority[1].clone(), ledger: ledger.into(), next: 1 }
    }

    /// Enrols a party of that number: a record that the rules admit.
    pub fn record(&mut self, n: u64) -> Bytes {
        let statement =
            Statement::Party(party(&format!("urn:jejak:party:party-{n}"), &format!("Party {n}"), &[Role::Buyer]));
        let seq = self.next;
        self.next += 1;
        sign::statement(&self.key, AUTHORITY, &self.ledger, NOW, seq, &statement).unwrap().into()
    }

    pub fn records(&mut self, range: std::ops::Range<u64>) -> Vec<Bytes> {
        range.map(|n| self.record(n)).collect()
    }
}

/// A page without the elements that keep names apart from their sentence, to look for the sentence.
pub fn without_bdi(page: &str) -> String {
    page.replace("<bdi>", "").replace("</bdi>", "")
}

/// Waits until `what` is true, a minute at most.
#[track_caller]
pub fn eventually(what: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !what() {
        assert!(std::time::Instant::now() < end, "not seen in time");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Writes `dir/trust.json`, with which the command verifies proofs of this ledger.
pub fn trust_file(dir: &Path, ledger: &Ledger) {
    let trusted = serde_json::json!({ "ledger": ledger.id(), "log": ledger.verifier().unwrap().to_string() });
    std::fs::write(dir.join("trust.json"), trusted.to_string()).unwrap();
}

/// Waits until everything sequenced is published.
pub fn settle(ledger: &Ledger) {
    let end = std::time::Instant::now() + Duration::from_secs(30);
    // no head is ever signed for a tree of one leaf, or none
    while ledger.size() > 1
        && ledger.checkpoint().is_none_or(|head| head.size < ledger.size())
        && ledger.failure().is_none()
    {
        assert!(std::time::Instant::now() < end, "not published in 30 s");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The record of number `n`, the same bytes every time.
pub fn numbered(ledger: &str, n: u64) -> Bytes {
    let mut author = Author::new(ledger);
    author.next = n + 1;
    author.record(n)
}

/// This test binary again, as another process that runs only the `process` test of `module` with these variables.
pub fn child(module: &str, vars: &[(&str, &str)]) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let (_, module) = module.split_once("::").unwrap();
    command.args([&format!("{module}::process"), "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.envs(vars.iter().copied());
    command.stdin(std::process::Stdio::null());
    command
}

/// A file or folder of the conformance vectors that lie in the repository (`tests/testdata/README.md`).
pub fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(path)
}

/// A file or folder of the conformance vectors that may not be copied: below the folder that `JEJAK_VECTORS` names.
pub fn external_vectors(path: &str) -> PathBuf {
    let folder = std::env::var_os("JEJAK_VECTORS").expect("JEJAK_VECTORS names no folder: tests/testdata/README.md");
    Path::new(&folder).join(path)
}

/// Distance in bytes between those that a damage test flips: 1, or `JEJAK_TAMPER_STRIDE`.
pub fn stride() -> usize {
    std::env::var("JEJAK_TAMPER_STRIDE").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Every file below `dir`, as paths relative to it.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, dir: &Path, out: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                out.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut out = Vec::new();
    walk(dir, dir, &mut out);
    out
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in files(from) {
        let target = to.join(&file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&file), target).unwrap();
    }
}

/// `doctor` finds no damage.
pub fn healthy(dir: &Path) {
    let report = jejak::ledger::doctor(dir, &jejak::ledger::DoctorOptions::default());
    assert!(report.ok(), "{:#?}", report.failed().collect::<Vec<_>>());
}
