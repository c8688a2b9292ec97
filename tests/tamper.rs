//! One flipped bit anywhere under `journal/`, `log/` or `objects/` is found, and its place is named. A damaged index costs
//! nothing: the next start is right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::{Author, NOW, TestClock, copy, files, healthy, init, options, settle};
use jejak::chain::Table;
use jejak::ledger::{DoctorOptions, Ledger, OpenError, doctor};

/// Every how many bytes one is flipped; 1 takes minutes.
fn stride() -> usize {
    std::env::var("JEJAK_TAMPER_STRIDE").ok().and_then(|n| n.parse().ok()).unwrap_or(61)
}

/// A small ledger with a few published heads, stopped.
fn small(root: &Path) -> PathBuf {
    let path = root.join("ledger");
    let clock = TestClock::at(NOW);
    init(&path, &clock);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    let mut author = Author::new(ledger.id());
    for batch in 0..3 {
        for answer in ledger.submit_many_blocking(author.records(batch * 4..batch * 4 + 4)) {
            answer.unwrap();
        }
        settle(&ledger);
    }
    let blob = b"a photo that no record names yet";
    ledger.evidence_put(&jejak::record::Hash32::of(blob), blob).unwrap();
    ledger.shutdown();
    healthy(&path);
    path
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn every_flipped_bit_is_found_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let quick = DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() };
    let (mut flips, mut kinds) = (0, std::collections::BTreeMap::new());
    for folder in ["journal", "log", "objects"] {
        for file in files(&path.join(folder)) {
            let name = format!("{folder}/{}", file.display());
            let place = path.join(&name);
            let sound = fs::read(&place).unwrap();
            // a prime step, and another bit each time; the first and the last byte always
            let step = if sound.len() < 400 { 1 + stride() / 8 } else { stride() };
            for at in (0..sound.len()).step_by(step).chain(sound.len().checked_sub(1)) {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << (at % 8);
                overwrite(&place, &bytes);
                let report = doctor(&path, &quick);
                let named = report.damages().any(|check| check.place.as_deref().is_some_and(|p| p.contains(&name)));
                assert!(named, "byte {at} of {name}: {:#?}", report.checks);
                flips += 1;
            }
            *kinds.entry(folder).or_insert(0) += 1;
            // cut short, and gone
            overwrite(&place, &sound[..sound.len() / 2]);
            assert!(!doctor(&path, &quick).ok(), "{name} cut short");
            overwrite(&place, &sound);
        }
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert!(flips > 200, "{flips}");
    healthy(&path);
}

#[test]
fn a_damaged_index_is_found_and_the_next_start_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let rows = |path: &Path| {
        let ledger = Ledger::open(path, &options(&TestClock::at(NOW))).unwrap();
        let state = ledger.state();
        let rows: Vec<_> = [Table::Ledger, Table::Party, Table::Key, Table::Record, Table::Touch]
            .into_iter()
            .map(|table| state.scan(table, &[]).unwrap())
            .collect();
        let rebuilt = ledger.recovered().rebuilt.is_some();
        ledger.shutdown();
        (rows, rebuilt)
    };
    let (sound, _) = rows(&path);
    assert!(sound[3].len() >= 12);
    let mut rebuilds = 0;
    for file in files(&path.join("index")).into_iter().map(Some).chain([None]) {
        for damage in ["truncate", "zero", "flip", "delete"] {
            let hurt = tempfile::tempdir().unwrap();
            let hurt = hurt.path().join("ledger");
            copy(&path, &hurt);
            let target = file.as_ref().map(|file| hurt.join("index").join(file));
            match (&target, damage) {
                (None, _) => fs::write(hurt.join("index/snap.0000000000000001.generating"), b"half").unwrap(),
                (Some(target), "delete") => fs::remove_file(target).unwrap(),
                (Some(target), damage) => {
                    let mut bytes = fs::read(target).unwrap();
                    match damage {
                        "truncate" => bytes.truncate(bytes.len() / 3),
                        "zero" => bytes.fill(0),
                        _ => bytes.iter_mut().step_by(101).for_each(|b| *b ^= 0x20),
                    }
                    fs::write(target, bytes).unwrap();
                }
            }
            let (now, rebuilt) = rows(&hurt);
            assert_eq!(now, sound, "{damage} {file:?}");
            rebuilds += u32::from(rebuilt);
            healthy(&hurt);
        }
    }
    assert!(rebuilds > 0, "some damage was met");
}

#[test]
fn tiles_that_are_gone_are_written_again_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let before: Vec<_> = files(&path.join("log/tile"))
        .into_iter()
        .map(|f| (f.clone(), fs::read(path.join("log/tile").join(f)).unwrap()))
        .collect();
    fs::remove_dir_all(path.join("log/tile")).unwrap();
    assert!(
        doctor(&path, &DoctorOptions::default())
            .damages()
            .any(|c| c.place.as_deref().is_some_and(|p| p.starts_with("log/tile/")))
    );
    let ledger = Ledger::open(&path, &options(&TestClock::at(NOW))).unwrap();
    assert!(!ledger.recovered().tiles_restored.is_empty());
    ledger.shutdown();
    healthy(&path);
    let newest: Vec<_> = files(&path.join("log/tile"));
    assert!(newest.iter().all(|file| {
        before.iter().any(|(f, bytes)| f == file && *bytes == fs::read(path.join("log/tile").join(file)).unwrap())
    }));
}

#[test]
fn reindex_mends_every_damage_of_the_published_tree_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let sound = files(&path.join("log"));
    let tiles: Vec<_> = sound.iter().filter(|file| file.starts_with("tile")).collect();
    for (n, tile) in tiles.iter().enumerate() {
        let place = path.join("log").join(tile);
        let mut bytes = fs::read(&place).unwrap();
        let at = n * 31 % bytes.len();
        bytes[at] ^= 4;
        overwrite(&place, &bytes);
    }
    assert!(!doctor(&path, &DoctorOptions::default()).ok());
    let done = jejak::ledger::reindex(&path).unwrap();
    assert!(!done.tiles_restored.is_empty());
    // what belongs to older heads is not of the published tree any more
    let left: Vec<_> = doctor(&path, &DoctorOptions::default()).damages().filter_map(|c| c.place.clone()).collect();
    let head = fs::read_to_string(path.join("log/checkpoint")).unwrap();
    let size: u64 = head.lines().nth(1).unwrap().parse().unwrap();
    for tile in jejak::log::tile::layout(size) {
        assert!(!left.contains(&format!("log/{tile}")), "{left:?}");
    }
    let names: Vec<_> = fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("index.broken")), "{names:?}");
}

#[test]
fn the_doctor_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let seen = || -> Vec<_> {
        let all = files(&path).into_iter();
        all.map(|file| {
            (fs::read(path.join(&file)).unwrap(), fs::metadata(path.join(&file)).unwrap().modified().unwrap(), file)
        })
        .collect()
    };
    let before = seen();
    healthy(&path);
    assert!(before == seen());
}

#[test]
fn a_damaged_profile_is_named_and_the_start_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let profile = path.join("objects/profiles").join(files(&path.join("objects/profiles")).remove(0));
    let mut bytes = fs::read(&profile).unwrap();
    bytes[0] ^= 1;
    overwrite(&profile, &bytes);
    match Ledger::open(&path, &options(&TestClock::at(NOW))) {
        Err(OpenError::Replay(error)) => assert!(error.to_string().contains("objects/profiles/"), "{error}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened on a damaged profile"),
    }
}
