//! Acknowledged records at the end of the journal are lost, or one of the files that show them: a start never goes on with fewer records
//! than were acknowledged, unless its operator accepts exactly that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use proptest::prelude::*;

use crate::common::command::{Served, code, jejak, stderr};
use crate::common::{NOW, TestClock, copy, eventually, files, healthy, init_options, numbered, options, settle};
use jejak::ledger::{DoctorOptions, Ledger, Lost, OpenError, Options, Part, doctor, refill};

/// How a phase of the ledger's life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Everything is published, the index is flushed.
    Stopped,
    /// SIGKILL, and the publisher had been failing since the start.
    KilledUnpublished,
}

/// What is damaged afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    LoseFrames(usize),
    TearLastFrame,
    LoseLastSegment,
    LoseJournal,
    OlderJournal,
    LoseFloor,
    EmptyFloor,
    HalfFloor,
    OlderFloor,
    LoseIndex,
    OlderIndex,
    LoseCheckpoint,
    OlderCheckpoint,
    LoseHistory,
    OlderHistory,
    OlderLog,
}

const FAULTS: [Fault; 17] = [
    Fault::LoseFrames(1),
    Fault::LoseFrames(3),
    Fault::TearLastFrame,
    Fault::LoseLastSegment,
    Fault::LoseJournal,
    Fault::OlderJournal,
    Fault::LoseFloor,
    Fault::EmptyFloor,
    Fault::HalfFloor,
    Fault::OlderFloor,
    Fault::LoseIndex,
    Fault::OlderIndex,
    Fault::LoseCheckpoint,
    Fault::OlderCheckpoint,
    Fault::LoseHistory,
    Fault::OlderHistory,
    Fault::OlderLog,
];

impl Fault {
    fn of_the_journal(self) -> bool {
        use Fault::*;
        matches!(self, LoseFrames(_) | TearLastFrame | LoseLastSegment | LoseJournal | OlderJournal)
    }

    fn of_the_floor(self) -> bool {
        matches!(self, Fault::LoseFloor | Fault::EmptyFloor | Fault::HalfFloor | Fault::OlderFloor)
    }
}

/// A ledger with small segments, whose publisher works or does not get to work.
struct Life {
    _home: tempfile::TempDir,
    path: PathBuf,
    /// A copy from the middle of its life, 20 frames ago.
    older: PathBuf,
    /// Entries that were acknowledged.
    acked: u64,
}

fn unpublished() -> Options {
    // longer than the test: as if publishing failed all the time
    Options { publish_every: Some(Duration::from_secs(3_600)), ..options(&TestClock::at(NOW)) }
}

fn submit(ledger: &Ledger, range: std::ops::Range<u64>) -> u64 {
    let mut acked = 0;
    for n in range {
        acked = ledger.submit_blocking(numbered(ledger.id(), n)).unwrap().index + 1;
    }
    acked
}

fn life(end: End) -> Life {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ledger");
    let mut founding = init_options();
    founding.limits.segment_bytes = 4_096;
    Ledger::init(&path, &founding, &options(&TestClock::at(NOW))).unwrap();
    let (older, killed) = (home.path().join("older"), home.path().join("killed"));
    let opened = match end {
        End::Stopped => options(&TestClock::at(NOW)),
        End::KilledUnpublished => unpublished(),
    };
    let ledger = Ledger::open(&path, &opened).unwrap();
    submit(&ledger, 0..20);
    if end == End::Stopped {
        settle(&ledger);
    }
    // as after a kill at this moment
    copy(&path, &older);
    let acked = submit(&ledger, 20..40);
    assert!(segments(&path).len() > 3, "the journal has several segments");
    if end == End::Stopped {
        settle(&ledger);
        ledger.shutdown();
        return Life { _home: home, path, older, acked };
    }
    copy(&path, &killed);
    Life { _home: home, path: killed, older, acked }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let journal = dir.join("journal");
    files(&journal)
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "seg"))
        .map(|f| journal.join(f))
        .collect()
}

/// Offsets of the frames of a segment.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let (mut offsets, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        offsets.push(at);
        at += 4 + u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    }
    offsets
}

/// Loses the last `count` frames, whole segments among them.
fn lose_frames(dir: &Path, mut count: usize) {
    while count > 0 {
        let last = segments(dir).pop().unwrap();
        let bytes = fs::read(&last).unwrap();
        match frames(&bytes).pop() {
            Some(offset) => {
                fs::write(&last, &bytes[..offset]).unwrap();
                count -= 1;
            }
            None => fs::remove_file(last).unwrap(),
        }
    }
}

fn replace(dir: &Path, older: &Path, what: &str) {
    let (to, from) = (dir.join(what), older.join(what));
    if to.is_dir() {
        fs::remove_dir_all(&to).unwrap();
    } else if to.exists() {
        fs::remove_file(&to).unwrap();
    }
    if from.is_dir() {
        copy(&from, &to);
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}

fn lose(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.exists() {
        fs::remove_file(path).unwrap();
    }
}

fn damage(dir: &Path, older: &Path, fault: Fault) {
    if fault.of_the_journal() && !dir.join("journal").exists() && fault != Fault::OlderJournal {
        // nothing of it is left to damage
        return;
    }
    match fault {
        Fault::LoseFrames(count) => lose_frames(dir, count),
        Fault::TearLastFrame => {
            let last = segments(dir).pop().unwrap();
            let bytes = fs::read(&last).unwrap();
            fs::write(&last, &bytes[..bytes.len() - 30]).unwrap();
        }
        Fault::LoseLastSegment => {
            fs::remove_file(segments(dir).pop().unwrap()).unwrap();
        }
        Fault::LoseJournal => lose(&dir.join("journal")),
        Fault::OlderJournal => replace(dir, older, "journal"),
        Fault::LoseFloor => lose(&dir.join("floor")),
        Fault::EmptyFloor => fs::write(dir.join("floor"), b"").unwrap(),
        Fault::HalfFloor => {
            // only the slot that is not the newest is left
            let Ok(mut bytes) = fs::read(dir.join("floor")) else { return };
            // another fault may have emptied it
            if bytes.is_empty() {
                return;
            }
            let size = |at: usize| u64::from_be_bytes(bytes[at + 48..at + 56].try_into().unwrap());
            let newest = if size(0) > size(4_096) { 0 } else { 4_096 };
            bytes[newest..newest + 512].fill(0);
            fs::write(dir.join("floor"), bytes).unwrap();
        }
        Fault::OlderFloor => replace(dir, older, "floor"),
        Fault::LoseIndex => lose(&dir.join("index")),
        Fault::OlderIndex => replace(dir, older, "index"),
        Fault::LoseCheckpoint => lose(&dir.join("log/checkpoint")),
        Fault::OlderCheckpoint => replace(dir, older, "log/checkpoint"),
        Fault::LoseHistory => lose(&dir.join("log/history")),
        Fault::OlderHistory => replace(dir, older, "log/history"),
        Fault::OlderLog => replace(dir, older, "log"),
    }
}

fn open(dir: &Path, options: &Options) -> Result<u64, OpenError> {
    let ledger = Ledger::open(dir, options)?;
    ledger.shutdown();
    Ok(ledger.size())
}

/// The records of a [`Life`] have their first acknowledgements.
fn all_there(dir: &Path) {
    let ledger = Ledger::open(dir, &options(&TestClock::at(NOW))).unwrap();
    assert!((0..40).all(|n| ledger.submit_blocking(numbered(ledger.id(), n)).unwrap().duplicate));
    ledger.shutdown();
}

/// The part of `doctor` that needs no replay finds what a start refuses.
fn found_by_doctor(dir: &Path) -> bool {
    let quick = DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() };
    !doctor(dir, &quick).ok()
}

fn refused_or_whole(life: &Life, faults: &[Fault]) -> Result<u64, OpenError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    copy(&life.path, &path);
    faults.iter().for_each(|fault| damage(&path, &life.older, *fault));
    let found = found_by_doctor(&path);
    let opened = open(&path, &options(&TestClock::at(NOW)));
    match &opened {
        Ok(size) => {
            assert!(*size >= life.acked, "{faults:?}: {size} of {} entries", life.acked);
            all_there(&path);
        }
        Err(error) => assert!(found, "{faults:?}: refused, but doctor finds nothing: {error}"),
    }
    opened
}

#[test]
fn one_lost_part_never_starts_with_fewer_acknowledged_records() {
    for end in [End::Stopped, End::KilledUnpublished] {
        let life = life(end);
        for fault in FAULTS {
            let opened = refused_or_whole(&life, &[fault]);
            if fault.of_the_journal() {
                assert!(opened.is_err(), "{end:?} {fault:?}");
            } else if fault.of_the_floor() {
                let refused = matches!(&opened, Err(OpenError::Lost(Lost::NoFloor { .. })));
                // half a floor of a killed process is what a torn write leaves, when the journal is ahead of it
                let torn = fault == Fault::HalfFloor && opened.is_ok();
                assert!(refused || torn, "{end:?} {fault:?}: {opened:?}");
            } else {
                assert_eq!(opened.unwrap(), life.acked, "{end:?} {fault:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The journal and one of the parts that show its length, or two of these.
    #[test]
    fn two_lost_parts_never_start_with_fewer_acknowledged_records(
        first in prop::sample::select(&FAULTS[..]),
        second in prop::sample::select(&FAULTS[..]),
        stopped in any::<bool>(),
    ) {
        use std::sync::LazyLock;
        static STOPPED: LazyLock<Life> = LazyLock::new(|| life(End::Stopped));
        static KILLED: LazyLock<Life> = LazyLock::new(|| life(End::KilledUnpublished));
        let life = if stopped { &*STOPPED } else { &*KILLED };
        // a journal and a floor from the same earlier moment, with nothing published since, are an older copy of the whole: only a
        // head that others hold shows it
        let older_copy = first != second && [first, second].iter().all(|f| matches!(f, Fault::OlderJournal | Fault::OlderFloor));
        prop_assume!(!older_copy || stopped);
        let _ = refused_or_whole(life, &[first, second]);
    }
}

#[test]
fn operator_accepts_a_lost_tail_by_its_exact_size_only() {
    let life = life(End::KilledUnpublished);
    lose_frames(&life.path, 2);
    let size = life.acked - 2;
    match open(&life.path, &unpublished()) {
        Err(OpenError::Lost(lost @ Lost::Tail { .. })) => {
            let text = lost.to_string();
            assert!(text.contains(&format!("entries {size} to {}", life.acked - 1)), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let report = doctor(&life.path, &DoctorOptions::default());
    assert!(report.failed().any(|check| check.name == Part::Floor), "{:?}", report.checks);
    for wrong in [size - 1, size + 1] {
        let accepting = Options { accept_lost_tail: Some(wrong), ..unpublished() };
        assert!(matches!(open(&life.path, &accepting), Err(OpenError::Accepted { journal, .. }) if journal == size));
    }
    let accepting = Options { accept_lost_tail: Some(size), ..unpublished() };
    let ledger = Ledger::open(&life.path, &accepting).unwrap();
    assert_eq!(ledger.size(), size);
    ledger.shutdown();
    drop(ledger);
    assert!(life.path.join(format!("floor.accepted-{size}")).exists(), "what was lost stays known");
    // from now on it starts as before, and takes the lost records again
    let ledger = Ledger::open(&life.path, &unpublished()).unwrap();
    assert_eq!(ledger.submit_blocking(numbered(ledger.id(), 39)).unwrap().index, size);
    ledger.shutdown();
    drop(ledger);
    healthy(&life.path);
}

#[test]
fn signed_head_is_never_given_up_with_a_lost_tail() {
    let life = life(End::Stopped);
    lose_frames(&life.path, 2);
    let size = life.acked - 2;
    let accepting = Options { accept_lost_tail: Some(size), ..options(&TestClock::at(NOW)) };
    for fault in [None, Some(Fault::LoseCheckpoint), Some(Fault::LoseHistory), Some(Fault::LoseFloor)] {
        if let Some(fault) = fault {
            damage(&life.path, &life.older, fault);
        }
        let opened = open(&life.path, &accepting);
        assert!(matches!(opened, Err(OpenError::Ahead { .. })), "{fault:?}: {opened:?}");
    }
}

#[test]
fn lost_tail_comes_back_from_published_bundles() {
    let life = life(End::Stopped);
    for fault in
        [Fault::LoseFrames(1), Fault::LoseFrames(3), Fault::TearLastFrame, Fault::LoseLastSegment, Fault::LoseJournal]
    {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        copy(&life.path, &path);
        damage(&path, &life.older, fault);
        let back = refill(&path, &[]).unwrap();
        assert_eq!((back.to, back.source), (life.acked, Some(path.join("log"))), "{fault:?}");
        assert_eq!(open(&path, &options(&TestClock::at(NOW))).unwrap(), life.acked, "{fault:?}");
        healthy(&path);
        assert_eq!(refill(&path, &[]).unwrap().source, None, "nothing more is missing");
    }
}

#[test]
fn lost_tail_comes_back_from_a_mirror_and_not_from_another_log() {
    let (life, other) = (life(End::Stopped), life(End::KilledUnpublished));
    let mirror = life.path.with_file_name("mirror");
    copy(&life.path.join("log"), &mirror);
    damage(&life.path, &life.older, Fault::OlderLog);
    damage(&life.path, &life.older, Fault::OlderJournal);
    let size = match open(&life.path, &options(&TestClock::at(NOW))) {
        Err(OpenError::Lost(Lost::Tail { journal, .. })) => journal,
        other => panic!("{other:?}"),
    };
    // a damaged bundle leads to another root
    let spoiled = life.path.with_file_name("spoiled");
    copy(&mirror, &spoiled);
    for file in files(&spoiled.join("tile/entries")) {
        let file = spoiled.join("tile/entries").join(file);
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 5;
        bytes[last] ^= 1;
        fs::remove_file(&file).unwrap();
        fs::write(&file, bytes).unwrap();
    }
    for useless in [spoiled, other.path.join("log")] {
        assert_eq!(refill(&life.path, &[useless]).unwrap().source, None);
    }
    let back = refill(&life.path, std::slice::from_ref(&mirror)).unwrap();
    assert_eq!((back.from, back.to, back.source), (size, life.acked, Some(mirror)));
    assert_eq!(open(&life.path, &options(&TestClock::at(NOW))).unwrap(), life.acked);
    healthy(&life.path);
}

#[test]
fn index_that_shows_more_lost_records_than_came_back_is_kept() {
    let life = life(End::Stopped);
    damage(&life.path, &life.older, Fault::OlderLog);
    lose_frames(&life.path, 30);
    damage(&life.path, &life.older, Fault::LoseFloor);
    let back = refill(&life.path, &[]).unwrap();
    assert!(back.source.is_some() && back.from < back.to && back.to < life.acked, "{back:?}");
    match open(&life.path, &unpublished()) {
        Err(OpenError::Lost(Lost::Tail { size, journal, .. })) => assert_eq!((size, journal), (life.acked, back.to)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn floor_of_another_ledger_is_not_reported_as_missing_records() {
    let (life, other) = (life(End::Stopped), tempfile::tempdir().unwrap());
    let mut founding = init_options();
    founding.keys.nonce = [8; 16];
    let path = other.path().join("ledger");
    Ledger::init(&path, &founding, &options(&TestClock::at(NOW))).unwrap();
    fs::copy(path.join("floor"), life.path.join("floor")).unwrap();
    let report = doctor(&life.path, &DoctorOptions::default());
    let failed: Vec<_> = report.failed().collect();
    let [check] = &failed[..] else { panic!("{failed:?}") };
    let text = format!("{check:?}");
    assert!(check.name == Part::Floor && text.contains("another ledger"), "{text}");
}

/// Everything that the command printed.
fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(output)
}

#[test]
fn killed_server_with_a_lost_tail_names_the_missing_records_and_recovers_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ledger");
    let mut founding = init_options();
    founding.limits.publish_every_ms = 20;
    // today: the server goes by the clock of this machine
    let id = Ledger::init(&path, &founding, &Options::default()).unwrap().ledger;
    let server = Served::start(&path, &[], Stdio::null());
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
    let mut acked = 0;
    for n in 0..10 {
        let mut sent =
            agent.post(format!("{}/entries", server.url)).content_type("application/cose").send(&numbered(&id, n)[..]);
        let ack: serde_json::Value =
            serde_json::from_str(&sent.as_mut().unwrap().body_mut().read_to_string().unwrap()).unwrap();
        acked = ack["index"].as_u64().unwrap() + 1;
    }
    let published = || {
        let note = agent.get(format!("{}/checkpoint", server.url)).call().unwrap().body_mut().read_to_string().unwrap();
        note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()).unwrap_or(0)
    };
    eventually(|| published() >= acked);
    server.kill();
    lose_frames(&path, 1);
    let run = |args: &[&str], exit: i32, why: &str| {
        let output = jejak(home.path(), &[args, &["--dir", "ledger"]].concat());
        assert!(code(&output) == exit && printed(&output).contains(why), "{output:?}");
    };
    run(&["serve", "--listen", "127.0.0.1:0"], 1, "jejak recover");
    // what was published can't be given up
    let size = (acked - 1).to_string();
    let log = path.join("log");
    let away = home.path().join("away");
    fs::rename(log.join("tile"), &away).unwrap();
    run(&["recover", "--accept-lost-tail", &size], 1, "second history");
    fs::rename(&away, log.join("tile")).unwrap();
    run(&["recover"], 0, "brought back 1 of ");
    run(&["doctor"], 0, "floor");
    Served::start(&path, &[], Stdio::null());
}
