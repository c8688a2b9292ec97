//! The register on sled after restarts and damage; no call may block for ever.

use std::path::Path;
use std::sync::mpsc;

use super::*;

/// The value of slot `slot` after its `round`-th write.
fn value(slot: u32, round: u32) -> Vec<u8> {
    [slot.to_be_bytes(), round.to_be_bytes()].concat().repeat(5)
}

fn sound(dir: &Path) -> SledRegister {
    let opened = SledRegister::open(dir);
    assert!(opened.problem.is_none(), "{:?}", opened.problem);
    opened.register
}

/// Puts, and waits while the queue is full.
fn put(register: &dyn Register, ring: Ring, slot: u32, value: &[u8]) {
    while let Err(error) = register.put(ring, slot, value) {
        assert!(matches!(error, RegisterError::Busy), "{error}");
        std::thread::yield_now();
    }
}

/// Fails the test when `work` takes longer than a minute.
fn watched<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || done.send(work()));
    let result = wait.recv_timeout(Duration::from_secs(60)).expect("timed out");
    thread.join().unwrap().unwrap();
    result
}

#[test]
fn slots_have_their_last_value_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    let register = sound(&dir);
    assert_eq!(register.load(Ring::Refused).unwrap(), Slots::default());
    for slot in 0..300 {
        register.put(Ring::Refused, slot, &value(slot, 1)).unwrap();
    }
    register.put(Ring::Refused, 7, &value(7, 2)).unwrap();
    register.put(Ring::Refused, 8, b"").unwrap();
    register.put(Ring::Uploads, 8, &value(8, 3)).unwrap();
    let before = register.load(Ring::Refused).unwrap();
    register.close().unwrap();
    assert!(matches!(register.put(Ring::Refused, 0, b"late"), Err(RegisterError::Unavailable(_))));
    assert!(matches!(register.load(Ring::Refused), Err(RegisterError::Unavailable(_))));
    register.close().unwrap();
    drop(register);
    let register = sound(&dir);
    let want: Vec<_> = (0..300).filter(|s| *s != 8).map(|s| (s, value(s, if s == 7 { 2 } else { 1 }))).collect();
    assert_eq!(register.load(Ring::Refused).unwrap(), Slots { filled: want, damaged: 0 });
    assert_eq!(register.load(Ring::Refused).unwrap(), before);
    assert_eq!(register.load(Ring::Uploads).unwrap().filled, [(8, value(8, 3))]);
}

#[test]
fn slot_outside_the_ring_or_too_large_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let register = sound(&home.path().join("register"));
    for (slot, bytes) in [(Ring::Uploads.slots(), 1), (0, SLOT_BYTES + 1)] {
        match register.put(Ring::Uploads, slot, &vec![0; bytes]) {
            Err(RegisterError::Slot { ring, slot: at, bytes: size }) => {
                assert_eq!((ring, at, size), ("uploads", slot, bytes));
            }
            other => panic!("{other:?}"),
        }
    }
    register.put(Ring::Uploads, Ring::Uploads.slots() - 1, &[0; SLOT_BYTES]).unwrap();
    assert_eq!(register.load(Ring::Uploads).unwrap().filled.len(), 1);
}

/// sled 0.34.7 hangs in one of ten closes after large values were overwritten or neighbouring keys removed. Rings of small
/// slots must not: two threads write to both rings until the close.
#[test]
fn hundred_closes_under_load_never_hang_and_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    let mut last = std::collections::BTreeMap::new();
    for round in 0..100u32 {
        let path = dir.clone();
        let (loaded, written) = watched(move || {
            let register = sound(&path);
            let loaded = register.load(Ring::Refused).unwrap();
            let written = std::thread::scope(|scope| {
                let refused = scope.spawn(|| {
                    let slots = (0..2_000).map(|n| (round * 1_700 + n) % Ring::Refused.slots());
                    slots
                        .map(|slot| (slot, value(slot, round)))
                        .collect::<Vec<_>>()
                        .into_iter()
                        .map(|(slot, value)| {
                            put(&register, Ring::Refused, slot, &value);
                            (slot, value)
                        })
                        .collect::<Vec<_>>()
                });
                let uploads = scope.spawn(|| {
                    for n in 0..1_000 {
                        let slot = n * 13 % 40;
                        put(&register, Ring::Uploads, slot, if n % 3 == 0 { b"" } else { b"an upload" });
                    }
                });
                uploads.join().unwrap();
                refused.join().unwrap()
            });
            register.close().unwrap();
            (loaded, written)
        });
        assert_eq!(loaded.damaged, 0, "round {round}");
        assert!(loaded.filled.into_iter().eq(last.clone()), "round {round}");
        last.extend(written);
    }
}

#[test]
fn damaged_slot_is_left_out_and_counted_once() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    let register = sound(&dir);
    for slot in 0..3 {
        register.put(Ring::Uploads, slot, &value(slot, 1)).unwrap();
    }
    drop(register);
    let raw = sled::open(&dir).unwrap();
    let key = Ring::Uploads.key(1);
    let mut bytes = raw.get(key).unwrap().unwrap().to_vec();
    bytes[CHECKSUM_BYTES] ^= 1;
    raw.insert(key, bytes).unwrap();
    // the value of another key, a value without a checksum, a key of an unknown ring
    raw.insert(Ring::Uploads.key(5), raw.get(Ring::Uploads.key(0)).unwrap().unwrap()).unwrap();
    raw.insert(Ring::Uploads.key(6), b"short").unwrap();
    raw.insert([99, 0, 0, 0, 1], b"of a later version").unwrap();
    raw.insert([Ring::Uploads as u8, 1], b"no slot").unwrap();
    drop(raw);
    let register = sound(&dir);
    let whole = vec![(0, value(0, 1)), (2, value(2, 1))];
    assert_eq!(register.load(Ring::Uploads).unwrap(), Slots { filled: whole.clone(), damaged: 3 });
    assert_eq!(register.load(Ring::Uploads).unwrap(), Slots { filled: whole, damaged: 0 });
}

#[test]
fn register_that_is_still_open_is_not_moved_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    let first = sound(&dir);
    let second = SledRegister::open(&dir);
    assert!(second.problem.unwrap().outcome.contains("left where it is"));
    assert!(matches!(second.register.put(Ring::Refused, 1, b"second"), Err(RegisterError::Unavailable(_))));
    drop(second.register);
    first.put(Ring::Refused, 1, b"first").unwrap();
    drop(first);
    assert_eq!(sound(&dir).load(Ring::Refused).unwrap().filled, [(1, b"first".to_vec())]);
}

#[test]
fn foreign_files_are_moved_away_and_unwritable_directory_stores_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    std::fs::write(&dir, b"a file").unwrap();
    let opened = SledRegister::open(&dir);
    assert!(opened.problem.unwrap().outcome.contains("register.broken-"));
    opened.register.put(Ring::Refused, 1, b"one").unwrap();
    assert_eq!(opened.register.load(Ring::Refused).unwrap().filled.len(), 1);

    std::fs::write(home.path().join("file"), b"no folder").unwrap();
    let opened = SledRegister::open(&home.path().join("file/register"));
    assert!(opened.problem.unwrap().outcome.contains("nothing is stored"));
    assert!(matches!(opened.register.put(Ring::Refused, 1, b"one"), Err(RegisterError::Unavailable(_))));
    assert!(matches!(opened.register.load(Ring::Refused), Err(RegisterError::Unavailable(_))));
    opened.register.close().unwrap();
}

fn damage_file(path: &Path, damage: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    match damage {
        "truncate" => bytes.truncate(bytes.len() / 2),
        "empty" => bytes.clear(),
        "zero" => bytes.fill(0),
        "flip" => bytes.iter_mut().step_by(97).for_each(|b| *b ^= 0x10),
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
}

/// Each file is truncated, emptied, zeroed, flipped or deleted: the register opens every time, and no slot has a wrong
/// value.
#[test]
fn damaged_register_opens_without_wrong_slots() {
    let home = tempfile::tempdir().unwrap();
    let master = home.path().join("master");
    let register = sound(&master);
    for slot in 0..400 {
        register.put(Ring::Refused, slot, &value(slot, 1)).unwrap();
    }
    drop(register);
    // a second open writes a snapshot
    drop(sound(&master));
    let names: Vec<_> = std::fs::read_dir(&master).unwrap().map(|e| e.unwrap()).collect();
    let files: Vec<_> = names.iter().filter(|e| e.path().is_file()).map(|e| e.file_name()).collect();
    assert!(files.len() >= 3, "{files:?}");
    let mut replaced = 0;
    for (file, damage) in
        files.iter().flat_map(|file| ["truncate", "empty", "zero", "flip", "delete"].map(|damage| (file, damage)))
    {
        let dir = home.path().join("tried").join("register");
        copy(&master, &dir);
        damage_file(&dir.join(file), damage);
        let path = dir.clone();
        let opened = watched(move || SledRegister::open(&path));
        replaced += u32::from(opened.problem.is_some());
        for (slot, got) in opened.register.load(Ring::Refused).unwrap().filled {
            assert_eq!(got, value(slot, 1), "{damage} {file:?}");
        }
        opened.register.put(Ring::Refused, 3, b"new").unwrap();
        opened.register.close().unwrap();
        drop(opened);
        let again = sound(&dir);
        assert!(again.load(Ring::Refused).unwrap().filled.contains(&(3, b"new".to_vec())), "{damage} {file:?}");
        drop(again);
        std::fs::remove_dir_all(home.path().join("tried")).unwrap();
    }
    assert!(replaced > 0, "no damage was detected at open");
}

#[test]
fn unfinished_snapshot_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("register");
    let register = sound(&dir);
    register.put(Ring::Refused, 3, b"kept").unwrap();
    drop(register);
    std::fs::write(dir.join("snap.FFFFFFFFFFFFFFFF.generating"), b"half").unwrap();
    assert_eq!(sound(&dir).load(Ring::Refused).unwrap().filled, [(3, b"kept".to_vec())]);
}
