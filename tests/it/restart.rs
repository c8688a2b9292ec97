//! Restarts: the clock set back, an older copy, a forked history, a full disk, a failing fsync. Each is survived or refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Author, NOW, TestClock, child, copy, files, healthy, init, numbered, options, settle};
use jejak::ledger::{Ledger, OpenError, Part, SeenHead};
use jejak::record::{Payload, Statement};
use jejak::store::JournalError;

fn founded(root: &Path) -> PathBuf {
    let path = root.join("ledger");
    init(&path, &TestClock::at(NOW));
    path
}

/// Submits `count` records from number `from`, and waits until they are published.
fn grow(path: &Path, from: u64, count: u64) -> u64 {
    let ledger = Ledger::open(path, &options(&TestClock::at(NOW))).unwrap();
    for n in from..from + count {
        ledger.submit_blocking(numbered(ledger.id(), n)).unwrap();
    }
    settle(&ledger);
    ledger.shutdown();
    ledger.size()
}

fn clocks(ledger: &Ledger) -> Vec<i64> {
    let records = (0..ledger.size()).map(|index| ledger.record_at(index).unwrap().unwrap());
    records
        .filter_map(|record| match &record.payload {
            Payload::Registry(statement) => match **statement {
                Statement::Clock(clock) => Some(clock.time),
                _ => None,
            },
            Payload::Event(_) => None,
        })
        .collect()
}

#[test]
fn system_clock_set_back_never_moves_ledger_time_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    let clock = TestClock::at(NOW + 30);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    let mut author = Author::new(ledger.id());
    let mut at = |ledger: &Ledger, now: i64, n: u64| {
        clock.set(now);
        ledger.submit_blocking(author.record(n)).unwrap().clock
    };
    assert_eq!(at(&ledger, NOW + 30, 1), NOW, "a clock every 60 s is enough");
    assert_eq!(at(&ledger, NOW + 60, 2), NOW);
    assert_eq!(at(&ledger, NOW + 61, 3), NOW + 61);
    assert_eq!(at(&ledger, NOW - 86_400, 4), NOW + 61, "the wall clock jumped back a day");
    assert_eq!(at(&ledger, NOW + 3_000, 5), NOW + 3_000);
    ledger.shutdown();
    drop(ledger);
    clock.set(NOW - 1_000_000);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    assert!(ledger.recovered().clock.as_ref().unwrap().contains("ahead"), "and it is shown");
    assert_eq!(at(&ledger, NOW - 1_000_000, 6), NOW + 3_000, "and while the node was down");
    let shown = clocks(&ledger);
    assert_eq!(shown, [NOW, NOW + 61, NOW + 3_000]);
    ledger.shutdown();
    healthy(&path);
}

#[test]
fn system_clock_jump_forward_is_ignored_while_running() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    let clock = TestClock::at(NOW + 100);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    assert_eq!(ledger.recovered().clock, None);
    let mut author = Author::new(ledger.id());
    let mut submit = |ledger: &Ledger, n: u64| ledger.submit_blocking(author.record(n)).unwrap().clock;
    clock.set(NOW + 10 * 365 * 86_400);
    assert_eq!(submit(&ledger, 1), NOW + 100, "ten years too far: the time that passed counts");
    clock.pass(500);
    assert_eq!(submit(&ledger, 2), NOW + 600);
    clock.set(NOW + 700);
    assert_eq!(submit(&ledger, 3), NOW + 700, "put right, it is followed again");
    // hours that really passed are not a jump
    clock.pass(20_000);
    assert_eq!(submit(&ledger, 4), NOW + 20_700);
    ledger.shutdown();
    drop(ledger);
    // a ledger that was stopped for a month starts, reports the gap, and takes records once its operator confirmed it
    let clock = TestClock::at(NOW + 30 * 86_400);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    assert!(ledger.recovered().clock.as_ref().unwrap().contains("29 days"), "{:?}", ledger.recovered().clock);
    assert_eq!(ledger.confirm_clock(), None);
    assert_eq!(submit(&ledger, 5), NOW + 30 * 86_400);
    ledger.shutdown();
    drop(ledger);
    healthy(&path);
}

#[test]
fn config_of_another_ledger_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    let config = path.join("config.toml");
    let sound = fs::read_to_string(&config).unwrap();
    let operator = format!("operator = \"{}\"", crate::common::OPERATOR);
    for (from, to) in
        [("urn:jejak:ledger:", "urn:jejak:ledger:x"), (operator.as_str(), "operator = \"urn:jejak:party:x\"")]
    {
        assert!(sound.contains(from), "{sound}");
        fs::write(&config, sound.replacen(from, to, 1)).unwrap();
        match Ledger::open(&path, &options(&TestClock::at(NOW))).map(|_| ()) {
            Err(OpenError::Other { what, .. }) => assert!(from.starts_with(what) || from.contains(what)),
            other => panic!("{other:?}"),
        }
        let report = jejak::ledger::doctor(&path, &jejak::ledger::DoctorOptions::default());
        assert!(report.failed().all(|check| check.name == Part::Config) && !report.ok(), "{:?}", report.checks);
    }
    fs::write(&config, sound).unwrap();
    healthy(&path);
}

#[test]
fn damage_in_a_published_frame_is_reported_not_truncated() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 3);
    let segment = path.join("journal").join(files(&path.join("journal")).pop().unwrap());
    let mut bytes = fs::read(&segment).unwrap();
    // the last whole sector: it lies in frames that were acknowledged and published
    let end = bytes.len() / 512 * 512;
    bytes[end - 512..end].fill(0);
    fs::write(&segment, &bytes).unwrap();
    for index_too in [false, true] {
        if index_too {
            fs::remove_dir_all(path.join("index")).unwrap();
        }
        match Ledger::open(&path, &options(&TestClock::at(NOW))).map(|_| ()) {
            Err(OpenError::Journal(JournalError::Corrupt { file, .. })) => assert!(segment.ends_with(file)),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(&segment).unwrap(), bytes, "nothing was cut");
    }
}

#[test]
fn a_clean_stop_flushes_the_index_and_the_next_start_replays_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 5);
    let ledger = Ledger::open(&path, &options(&TestClock::at(NOW))).unwrap();
    assert_eq!((ledger.recovered().replayed, ledger.recovered().rebuilt.clone()), (0, None));
    ledger.shutdown();
}

#[test]
fn older_journal_restored_from_backup_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 3);
    let older = dir.path().join("older");
    copy(&path.join("journal"), &older);
    let size = grow(&path, 3, 3);
    fs::remove_dir_all(path.join("journal")).unwrap();
    copy(&older, &path.join("journal"));
    for index_too in [false, true] {
        if index_too {
            fs::remove_dir_all(path.join("index")).unwrap();
        }
        match Ledger::open(&path, &options(&TestClock::at(NOW))).map(|_| ()) {
            Err(OpenError::Ahead { published, journal, .. }) => assert!(published == size && journal < size),
            other => panic!("{other:?}"),
        }
    }
    // with the checkpoint put back as well, the history still shows it
    fs::remove_file(path.join("log/checkpoint")).unwrap();
    assert!(matches!(
        Ledger::open(&path, &options(&TestClock::at(NOW))).map(|_| ()),
        Err(OpenError::Ahead { what, .. }) if what == "history"
    ));
}

#[test]
fn older_copy_is_refused_when_a_witness_is_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 3);
    let older = dir.path().join("older");
    copy(&path, &older);
    grow(&path, 3, 3);
    let note = fs::read_to_string(path.join("log/checkpoint")).unwrap();
    let mut options = options(&TestClock::at(NOW));
    options.seen = vec![SeenHead { by: "witness.example".into(), note }];
    Ledger::open(&path, &options).unwrap().shutdown();
    match Ledger::open(&older, &options).map(|_| ()) {
        Err(OpenError::Ahead { what, .. }) => assert_eq!(what, "witness.example"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn forked_history_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 2);
    let fork = dir.path().join("fork");
    copy(&path, &fork);
    grow(&path, 2, 3);
    let size = grow(&fork, 100, 3);
    // same size, signed by the same key, another root
    fs::copy(fork.join("log/checkpoint"), path.join("log/checkpoint")).unwrap();
    match Ledger::open(&path, &options(&TestClock::at(NOW))).map(|_| ()) {
        Err(OpenError::Disagrees { what, size: at }) => assert_eq!((what.as_str(), at), ("checkpoint", size)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn damaged_checkpoint_or_history_is_rebuilt_from_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    grow(&path, 0, 2);
    let (checkpoint, history) = (path.join("log/checkpoint"), path.join("log/history/000000"));
    let note = fs::read_to_string(&checkpoint).unwrap();
    let lines = fs::read_to_string(&history).unwrap();
    let (text, line) = note.split_at(note.len() - 20);
    // signed by another key, not text, missing
    let foreign = format!("{text}{}", line.replace(|c: char| c.is_ascii_lowercase(), "A"));
    let open = || Ledger::open(&path, &options(&TestClock::at(NOW)));
    for damaged in [Some(foreign.as_bytes()), Some(b"\xff".as_slice()), None] {
        match damaged {
            Some(bytes) => fs::write(&checkpoint, bytes).unwrap(),
            None => fs::remove_file(&checkpoint).unwrap(),
        }
        let ledger = open().unwrap();
        assert_eq!(ledger.recovered().tiles_restored, ["checkpoint"]);
        ledger.shutdown();
        drop(ledger);
        assert_eq!(fs::read_to_string(&checkpoint).unwrap(), note, "the same head is the same note");
    }
    // the newest line is damaged: it is the checkpoint's
    fs::write(&history, lines.replacen(lines.lines().last().unwrap(), "rubbish", 1)).unwrap();
    open().unwrap().shutdown();
    assert_eq!(fs::read_to_string(&history).unwrap(), lines);
    healthy(&path);
    // both, and a tile: the log is published again, and the next start finds no damage
    fs::remove_file(&checkpoint).unwrap();
    fs::remove_file(&history).unwrap();
    let tile = path.join("log/tile/entries").join(files(&path.join("log/tile/entries")).remove(0));
    let mut bytes = fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    fs::remove_file(&tile).unwrap();
    fs::write(&tile, bytes).unwrap();
    let ledger = open().unwrap();
    settle(&ledger);
    assert!(ledger.failure().is_none());
    assert_eq!(ledger.checkpoint().unwrap().note, note);
    ledger.shutdown();
    drop(ledger);
    // but never for a tree that is smaller than what was published
    fs::remove_file(&checkpoint).unwrap();
    fs::remove_file(&history).unwrap();
    fs::remove_dir_all(path.join("index")).unwrap();
    let segment = path.join("journal").join(files(&path.join("journal")).pop().unwrap());
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 20]).unwrap();
    let refused = |opened: Result<Ledger, OpenError>| opened.map(|_| ()).unwrap_err();
    assert!(
        matches!(refused(open()), OpenError::Journal(JournalError::Corrupt { .. })),
        "the floor is above the torn frame"
    );
    // nor without the floor
    fs::remove_file(path.join("floor")).unwrap();
    assert!(matches!(refused(open()), OpenError::Ahead { what, .. } if what == "tiles"));
}

#[test]
#[ignore = "child process of the fault tests, not a test"]
fn process() {
    let dir = std::env::var("JEJAK_CHILD_DIR").expect("started by another test");
    let ledger = match Ledger::open(Path::new(&dir), &options(&TestClock::at(NOW))) {
        Ok(ledger) => ledger,
        Err(error) => return println!("refused: {error}"),
    };
    for n in 0..400 {
        match ledger.submit_blocking(numbered(ledger.id(), n)) {
            Ok(ack) => println!("ack {n} {}", ack.index),
            Err(error) => {
                println!("failed {n}: {error}; {}", ledger.failure().unwrap_or("no failure"));
                // as the server does: after a failed write only a new open shows what is durable
                std::process::exit(70);
            }
        }
    }
    ledger.shutdown();
    println!("done");
}

/// Runs the child under `wrapper`, then compares what it acknowledged with a new open.
fn survives(path: &Path, mut command: Command) -> String {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let ledger = Ledger::open(path, &options(&TestClock::at(NOW))).unwrap_or_else(|e| panic!("{e}\n{printed}"));
    let mut acked = 0;
    for line in printed.lines() {
        let Some(at) = line.find("ack ") else { continue };
        let words: Vec<u64> = line[at + 4..].split(' ').filter_map(|word| word.parse().ok()).collect();
        assert_eq!(ledger.entry(words[1]).unwrap().unwrap(), numbered(ledger.id(), words[0]), "{printed}");
        acked += 1;
    }
    // and it goes on
    ledger.submit_blocking(numbered(ledger.id(), 999)).unwrap();
    settle(&ledger);
    ledger.shutdown();
    healthy(path);
    eprintln!("{acked} acknowledged before the failure");
    printed
}

fn through(wrapper: &[&str], path: &Path) -> Command {
    let inner = child(module_path!(), &[("JEJAK_CHILD_DIR", path.to_str().unwrap())]);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

#[test]
fn full_disk_keeps_acknowledged_records() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    // no file may grow beyond 128 KiB (the unit of ulimit -f is 512 or 1024 bytes); the signal for it is ignored, so that
    // the write fails as on a full disk
    let script = "trap '' XFSZ; ulimit -f 128; exec \"$@\"";
    let printed = survives(&path, through(&["sh", "-c", script, "sh"], &path));
    assert!(printed.contains("failed") || printed.contains("refused"), "{printed}");
}

#[test]
#[ignore = "needs strace, which scripts/test.sh installs"]
fn injected_system_call_fault_stops_the_process_and_keeps_acknowledged_records() {
    // the journal's write and its sync; the objects' sync, link and rename
    let faults = [
        ("fdatasync:error=EIO", "3+"),
        ("fdatasync:error=EIO", "1"),
        ("fsync:error=EIO", "12+"),
        ("linkat:error=EIO", "3+"),
        ("rename:error=ENOSPC", "4+"),
        ("pwrite64:error=ENOSPC", "9+"),
    ];
    for (call, when) in faults {
        let dir = tempfile::tempdir().unwrap();
        let path = founded(dir.path());
        let inject = format!("inject={call}:when={when}");
        let printed = survives(&path, through(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject], &path));
        assert!(printed.contains("failed") || printed.contains("refused"), "{call} {when}: {printed}");
    }
}

#[test]
fn unknown_file_in_the_log_directory_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = founded(dir.path());
    fs::write(path.join("log/tile/rubbish"), b"x").unwrap();
    let report = jejak::ledger::doctor(&path, &jejak::ledger::DoctorOptions::default());
    assert!(report.failed().any(|check| check.place.as_deref() == Some("log/tile/rubbish")), "{:?}", report.checks);
    assert!(!files(&path).is_empty());
}
