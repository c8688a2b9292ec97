//! A real file system that is full, by bytes or by files, while the ledger runs, stops, is killed and starts: nothing acknowledged is
//! lost, nothing is moved or deleted, the process lives and goes on when there is room again.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::command::{Served, code, stderr};
use crate::common::{NOW, TestClock, child, files, healthy, init, numbered, options, settle};
use jejak::chain::state::Scan;
use jejak::chain::{State, Table};
use jejak::ledger::{Config, Ledger, OpenError, SubmitError};
use jejak::store::floor::FloorFile;
use jejak::store::{Floor, FloorState};

/// A small file system of its own.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(bytes: &str, inodes: u32) -> Disk {
        let dir = tempfile::tempdir().unwrap();
        let how = format!("size={bytes},nr_inodes={inodes}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &how, "tmpfs"]).arg(dir.path()).status().unwrap();
        assert!(mounted.success(), "mount");
        Disk(dir)
    }

    fn ledger(&self) -> PathBuf {
        self.0.path().join("ledger")
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    fn ballast_files(&self) -> PathBuf {
        self.0.path().join("ballast-files")
    }

    /// Fills it, except for `pages` pages of 4 KiB.
    fn fill(&self, pages: usize) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.ballast()).unwrap();
        for chunk in [1 << 16, 4_096, 1] {
            while file.write_all(&vec![1; chunk]).is_ok() {}
        }
        let size = file.metadata().unwrap().len();
        file.set_len(size.saturating_sub(4_096 * pages as u64)).unwrap();
    }

    /// Uses up all files, except for `files`.
    fn fill_files(&self, files: u32) {
        let dir = self.ballast_files();
        fs::create_dir_all(&dir).unwrap();
        let mut made = 0;
        while fs::write(dir.join(format!("{made}")), b"").is_ok() {
            made += 1;
        }
        for n in 0..files.min(made) {
            fs::remove_file(dir.join(format!("{n}"))).unwrap();
        }
    }

    fn free(&self) {
        let _ = fs::remove_file(self.ballast());
        let _ = fs::remove_dir_all(self.ballast_files());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// What was acknowledged: the number of the record, and its index.
type Acked = Vec<(u64, u64)>;

/// Submits records, and returns how many found no room.
fn submit(ledger: &Ledger, range: std::ops::Range<u64>, acked: &mut Acked) -> usize {
    let mut refused = 0;
    for n in range {
        match ledger.submit_blocking(numbered(ledger.id(), n)) {
            Ok(ack) => acked.push((n, ack.index)),
            Err(SubmitError::NoRoom) => refused += 1,
            Err(error) => panic!("{error}, {:?}", ledger.failure()),
        }
    }
    refused
}

/// Submits a record again until it is acknowledged.
fn goes_on(ledger: &Ledger, n: u64, acked: &mut Acked) {
    let end = Instant::now() + Duration::from_secs(60);
    while submit(ledger, n..n + 1, acked) > 0 {
        assert!(Instant::now() < end, "it goes on when there is room");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn all_there(ledger: &Ledger, acked: &Acked) {
    for (n, index) in acked {
        assert_eq!(ledger.entry(*index).unwrap().unwrap(), numbered(ledger.id(), *n));
    }
    let parties = ledger.with_state(|state: &dyn State, _| state.scan(Table::Party, Scan::default()).count());
    let records: BTreeSet<u64> = acked.iter().map(|(n, _)| *n).collect();
    assert!(parties >= records.len(), "{parties} parties in the index, {} acknowledged", records.len());
}

fn nothing_moved(path: &Path) {
    let names: Vec<String> =
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.contains("broken")), "{names:?}");
    assert!(names.iter().any(|name| name == "index"), "{names:?}");
}

fn open(path: &Path) -> Result<Ledger, OpenError> {
    Ledger::open(path, &options(&TestClock::at(NOW)))
}

#[test]
#[ignore = "mounts a small file system, which needs root"]
fn full_disk_while_records_come_in_loses_nothing_and_ends_nothing() {
    let disk = Disk::new("12m", 1_000);
    let path = disk.ledger();
    init(&path, &TestClock::at(NOW));
    let ledger = open(&path).unwrap();
    let (mut acked, mut next, mut refused) = (Acked::new(), 0, 0);
    for round in 0..8 {
        submit(&ledger, next..next + 3, &mut acked);
        match round % 4 {
            3 => disk.fill_files(round as u32 / 4),
            pages => disk.fill(pages * 2 + round / 4),
        }
        refused += submit(&ledger, next + 3..next + 60, &mut acked);
        assert_eq!(ledger.failure(), None, "round {round}");
        // reads go on
        all_there(&ledger, &acked.iter().take(3).copied().collect());
        disk.free();
        goes_on(&ledger, next + 59, &mut acked);
        next += 60;
        all_there(&ledger, &acked);
    }
    assert!(refused > 100, "the disk was full: {refused} records refused");
    settle(&ledger);
    ledger.shutdown();
    drop(ledger);
    let ledger = open(&path).unwrap();
    all_there(&ledger, &acked);
    ledger.shutdown();
    drop(ledger);
    healthy(&path);
    nothing_moved(&path);
}

/// As a running node does that has read a damaged row: the next start makes the index again, which takes room.
fn mark_damaged(path: &Path) {
    fs::write(path.join("index.rebuild"), b"").unwrap();
}

/// The size that the floor states.
fn floor(path: &Path) -> u64 {
    let ledger = Config::load(path).unwrap().ledger;
    match FloorFile::at(&path.join("floor"), &ledger).stated() {
        FloorState::At { head, .. } => head.size,
        other => panic!("{other:?}"),
    }
}

/// Starts while the disk is full, then when it has room.
fn start_full(disk: &Disk, acked: &Acked, what: &str) -> bool {
    let path = disk.ledger();
    let before = floor(&path);
    let started = match open(&path) {
        Ok(ledger) => {
            all_there(&ledger, acked);
            submit(&ledger, 5_000..5_003, &mut Acked::new());
            assert_eq!(ledger.failure(), None, "{what}");
            ledger.shutdown();
            true
        }
        Err(error @ OpenError::Full { .. }) => {
            let text = error.to_string();
            assert!(text.contains(path.to_str().unwrap()) && text.contains("full"), "{text}");
            // it may have been raised to frames that were durable and not acknowledged
            assert!(floor(&path) >= before, "{what}");
            false
        }
        Err(error) => panic!("{what}: {error}"),
    };
    nothing_moved(&path);
    disk.free();
    let ledger = open(&path).unwrap();
    assert_eq!(ledger.recovered().rebuilt, None, "{what}: the index is as it was");
    all_there(&ledger, acked);
    goes_on(&ledger, 6_000, &mut Acked::new());
    settle(&ledger);
    ledger.shutdown();
    drop(ledger);
    healthy(&path);
    started
}

#[test]
#[ignore = "mounts a small file system, which needs root"]
fn start_on_a_full_disk_moves_nothing_and_says_so() {
    for (pages, inodes) in [(Some(0), None), (Some(3), None), (None, Some(0)), (None, Some(1)), (Some(0), Some(0))] {
        for (in_the_end, damaged) in [(false, false), (true, false), (true, true)] {
            // making an index again needs room for a flush of the engine
            let disk = Disk::new(if damaged { "100m" } else { "12m" }, 1_000);
            let path = disk.ledger();
            init(&path, &TestClock::at(NOW));
            let ledger = open(&path).unwrap();
            let mut acked = Acked::new();
            submit(&ledger, 0..40, &mut acked);
            settle(&ledger);
            if !in_the_end {
                ledger.shutdown();
            }
            if damaged {
                mark_damaged(&path);
            }
            if let Some(pages) = pages {
                disk.fill(pages);
            }
            if let Some(files) = inodes {
                disk.fill_files(files);
            }
            // stopped on the full disk: the index can't be flushed
            ledger.shutdown();
            drop(ledger);
            let what = format!("{pages:?} pages, {inodes:?} files, stopped full: {in_the_end}, damaged: {damaged}");
            let started = start_full(&disk, &acked, &what);
            eprintln!("{what}: started {started}");
            assert!(!(damaged && started), "{what}: the index is not made again on a full disk");
        }
    }
}

#[test]
#[ignore = "child process of the full disk test, not a test"]
fn process() {
    let dir = std::env::var("JEJAK_CHILD_DIR").expect("started by another test");
    let ledger = open(Path::new(&dir)).unwrap();
    for n in 0..100_000 {
        match ledger.submit_blocking(numbered(ledger.id(), n)) {
            Ok(ack) => println!("ack {n} {}", ack.index),
            Err(error) => println!("no {n} {error}"),
        }
    }
}

#[test]
#[ignore = "mounts a small file system, which needs root"]
fn kill_on_a_full_disk_and_start_there_lose_nothing() {
    for by_files in [false, true] {
        let disk = Disk::new("12m", 1_000);
        let path = disk.ledger();
        init(&path, &TestClock::at(NOW));
        let mut process = child(module_path!(), &[("JEJAK_CHILD_DIR", path.to_str().unwrap())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut acked, mut refused) = (Acked::new(), 0);
        let out = process.stdout.take().unwrap();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if let Some(at) = line.find("ack ") {
                let words: Vec<u64> = line[at + 4..].split(' ').filter_map(|word| word.parse().ok()).collect();
                acked.push((words[0], words[1]));
                if acked.len() == 30 {
                    if by_files { disk.fill_files(0) } else { disk.fill(1) }
                }
            }
            refused += usize::from(line.starts_with("no "));
            // by files alone the journal still grows
            if refused == 20 || acked.len() == 200 {
                process.kill().unwrap();
            }
        }
        process.wait().unwrap();
        assert!(acked.len() >= 30 && (by_files || refused >= 20), "{} acknowledged, {refused} refused", acked.len());
        start_full(&disk, &acked, &format!("killed, by files: {by_files}"));
    }
}

#[test]
#[ignore = "mounts a small file system, which needs root"]
fn server_on_a_full_disk_starts_or_says_which_disk_is_full() {
    for (by_files, damaged) in [(false, false), (true, false), (false, true), (true, true)] {
        let disk = Disk::new("12m", 1_000);
        let path = disk.ledger();
        init(&path, &TestClock::at(NOW));
        if damaged {
            mark_damaged(&path);
        }
        if by_files {
            disk.fill_files(0)
        } else {
            disk.fill(0)
        }
        // the engine of the index makes and removes files of its own
        let mut before = files(&path);
        before.retain(|file| !file.starts_with("index"));
        assert!(before.iter().any(|file| file.starts_with("journal")), "{before:?}");
        match Served::try_start(&path, &[], Stdio::piped()) {
            Ok(_) => assert!(!damaged, "the index is not made again on a full disk"),
            Err(ended) => {
                let text = stderr(&ended);
                assert_eq!(code(&ended), 3, "{text}");
                assert!(text.contains("is full") && text.contains(path.to_str().unwrap()), "{text}");
            }
        }
        for file in before {
            assert!(path.join(&file).exists(), "{} was removed", file.display());
        }
        nothing_moved(&path);
    }
}

/// Sets the limit on the size of the files of a process.
fn limit_files(process: u32, bytes: &str) {
    let limited =
        Command::new("prlimit").arg(format!("--pid={process}")).arg(format!("--fsize={bytes}:")).status().unwrap();
    assert!(limited.success(), "prlimit");
}

#[cfg_attr(not(target_os = "linux"), ignore = "needs prlimit")]
#[test]
fn limit_on_the_size_of_files_refuses_records_and_ends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    // the server goes by the machine's clock
    let now = TestClock::at(jiff::Timestamp::now().as_second());
    let id = init(&path, &now).ledger;
    let mut server = Served::start(&path, &[], Stdio::null());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let url = format!("{}/entries", server.url);
    let send = |n: u64| {
        let mut answer = agent.post(&url).content_type("application/cose").send(&numbered(&id, n)[..]).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let mut acked = Acked::new();
    let mut refused = 0;
    limit_files(server.process.id(), "40000");
    for n in 0..200 {
        let (status, text) = send(n);
        match serde_json::from_str::<serde_json::Value>(&text).unwrap()["index"].as_u64() {
            Some(index) => acked.push((n, index)),
            None => {
                assert_eq!(status, 507, "{text}");
                refused += 1;
            }
        }
        if refused == 20 {
            break;
        }
    }
    assert!(!acked.is_empty() && refused == 20, "{} acknowledged, {refused} refused", acked.len());
    assert!(server.process.try_wait().unwrap().is_none(), "the limit ended the process");
    limit_files(server.process.id(), "unlimited");
    let end = Instant::now() + Duration::from_secs(60);
    let index = loop {
        let (_, text) = send(500);
        if let Some(index) = serde_json::from_str::<serde_json::Value>(&text).unwrap()["index"].as_u64() {
            break index;
        }
        assert!(Instant::now() < end, "it goes on without the limit: {text}");
        std::thread::sleep(Duration::from_millis(20));
    };
    acked.push((500, index));
    server.kill();
    let ledger = Ledger::open(&path, &options(&now)).unwrap();
    all_there(&ledger, &acked);
}
