//! One flipped bit anywhere under `journal/`, `log/` or `objects/` is found and located. A damaged index is rebuilt: the next start
//! is correct.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{Author, NOW, TestClock, copy, files, healthy, init, options, settle, stride};
use bytes::Bytes;
use jejak::chain::state::Scan;
use jejak::chain::{State, Table};
use jejak::ledger::{DoctorOptions, Ledger, OpenError, Part, doctor};

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

/// What one round flips: a file and a byte of it.
type Flip<'a> = (&'a str, &'a [u8], usize);

/// Flips a bit of each, checks that `doctor` names every place, and restores the files.
fn round(path: &Path, flips: &[Flip<'_>]) {
    let quick = DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() };
    for (name, sound, at) in flips {
        let mut bytes = sound.to_vec();
        bytes[*at] ^= 1 << (at % 8);
        overwrite(&path.join(name), &bytes);
    }
    let report = doctor(path, &quick);
    for (name, sound, at) in flips {
        let named = report.failed().any(|check| check.place.as_deref().is_some_and(|p| p.contains(*name)));
        assert!(named, "byte {at} of {name}: {:#?}", report.checks);
        overwrite(&path.join(name), sound);
    }
}

#[test]
fn flipped_bit_in_any_file_is_located() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in ["journal", "log", "objects"] {
        let before = all.len();
        for file in files(&path.join(folder)) {
            let name = format!("{folder}/{}", file.display());
            let sound = fs::read(path.join(&name)).unwrap();
            all.push((name, sound));
        }
        assert!(all.len() > before, "{folder} has files");
    }
    // the tree is checked as a whole: one flip a round; objects are independent: one of each a round
    let (tree, apart): (Vec<_>, Vec<_>) = all.iter().partition(|(name, _)| !name.starts_with("objects/"));
    let in_tree: Vec<Flip<'_>> = tree
        .iter()
        .flat_map(|(name, sound)| (0..sound.len()).step_by(stride()).map(|at| (name.as_str(), sound.as_slice(), at)))
        .collect();
    let longest = apart.iter().map(|(_, sound)| sound.len().div_ceil(stride())).max().unwrap();
    let rounds = in_tree.len().max(longest);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let flips = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let own = dir.path().join(format!("copy-{thread}"));
            copy(&path, &own);
            let (in_tree, apart, flips) = (&in_tree, &apart, &flips);
            scope.spawn(move || {
                for number in (thread..rounds).step_by(threads) {
                    let alone = apart.iter().filter_map(|(name, sound)| {
                        let at = number * stride();
                        (at < sound.len()).then_some((name.as_str(), sound.as_slice(), at))
                    });
                    let now: Vec<Flip<'_>> = in_tree.get(number).copied().into_iter().chain(alone).collect();
                    round(&own, &now);
                    flips.fetch_add(now.len(), Ordering::Relaxed);
                }
            });
        }
    });
    let bytes: usize = all.iter().map(|(_, sound)| sound.len()).sum();
    eprintln!(
        "{} flips in {} files of {bytes} bytes, each found where it was",
        flips.load(Ordering::Relaxed),
        all.len()
    );
    assert!(flips.load(Ordering::Relaxed) * stride() >= bytes, "every byte, or one of each stride");
    // cut short
    let quick = DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() };
    for (name, sound) in &all {
        overwrite(&path.join(name), &sound[..sound.len() / 2]);
        assert!(!doctor(&path, &quick).ok(), "{name} cut short");
        overwrite(&path.join(name), sound);
    }
    healthy(&path);
}

/// Every row of every table after a start, and whether the start rebuilt the index.
fn rows(path: &Path) -> (Vec<Vec<(Bytes, Bytes)>>, bool) {
    let ledger = Ledger::open(path, &options(&TestClock::at(NOW))).unwrap();
    let of = |state: &dyn State, table| state.scan(table, Scan::default()).collect::<Result<_, _>>().unwrap();
    let rows = ledger.with_state(|state, _| Table::ALL.into_iter().map(|table| of(state, table)).collect());
    let rebuilt = ledger.recovered().rebuilt.is_some();
    ledger.shutdown();
    (rows, rebuilt)
}

/// Starts on a damaged index: 24, or `JEJAK_DAMAGES`.
fn damages() -> usize {
    std::env::var("JEJAK_DAMAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(24)
}

/// Random damage, several files at once: what the cases above, one file each, may miss.
#[test]
fn random_damage_of_the_index_leaves_the_rows_of_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let (sound, _) = rows(&path);
    fs::remove_dir_all(path.join("index")).unwrap();
    assert_eq!(rows(&path).0, sound, "a rebuild gives the same rows");
    let all = files(&path.join("index"));
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).unwrap();
    let mut noise = u64::from_le_bytes(seed);
    println!("seed {noise}");
    // xorshift64*: any seed but 0
    let mut below = |most: usize| {
        noise = noise.max(1);
        noise ^= noise >> 12;
        noise ^= noise << 25;
        noise ^= noise >> 27;
        (noise.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % most
    };
    let mut rebuilds = 0;
    for round in 0..damages() {
        let hurt = tempfile::tempdir().unwrap();
        let hurt = hurt.path().join("ledger");
        copy(&path, &hurt);
        let mut done = Vec::new();
        for _ in 0..=below(3) {
            let name = &all[below(all.len())];
            let file = hurt.join("index").join(name);
            let Ok(mut bytes) = fs::read(&file) else { continue };
            let damage = ["delete", "truncate", "flip"][below(3)];
            match damage {
                "delete" => fs::remove_file(&file).unwrap(),
                _ if bytes.is_empty() => {}
                "truncate" => overwrite(&file, &bytes[..below(bytes.len())]),
                _ => {
                    let at = below(bytes.len());
                    bytes[at] ^= 1 << below(8);
                    overwrite(&file, &bytes);
                }
            }
            done.push(format!("{damage} {name:?}"));
        }
        let (found, rebuilt) = rows(&hurt);
        assert!(found == sound, "round {round}: {done:?}");
        rebuilds += usize::from(rebuilt);
    }
    println!("{} random damages of an index, {rebuilds} of them rebuilt", damages());
}

#[test]
fn damaged_index_is_rebuilt_on_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let (sound, _) = rows(&path);
    assert!(sound[Table::ALL.iter().position(|table| *table == Table::Record).unwrap()].len() >= 12);
    let mut rebuilds = 0;
    for file in files(&path.join("index")).into_iter().map(Some).chain([None]) {
        for damage in ["truncate", "zero", "flip", "delete"] {
            let hurt = tempfile::tempdir().unwrap();
            let hurt = hurt.path().join("ledger");
            copy(&path, &hurt);
            let target = file.as_ref().map(|file| hurt.join("index").join(file));
            match (&target, damage) {
                (None, _) => fs::write(hurt.join("index/keyspaces/stray"), b"half").unwrap(),
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
fn missing_tiles_are_rewritten_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let before: Vec<_> = files(&path.join("log/tile"))
        .into_iter()
        .map(|f| (f.clone(), fs::read(path.join("log/tile").join(f)).unwrap()))
        .collect();
    fs::remove_dir_all(path.join("log/tile")).unwrap();
    assert!(
        doctor(&path, &DoctorOptions::default())
            .failed()
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
fn reindex_repairs_any_damage_of_the_published_tree() {
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
    // those of older heads too, whose partials are the beginnings of the newest
    healthy(&path);
    assert_eq!(files(&path.join("log")), sound);
    assert!(jejak::ledger::reindex(&path).unwrap().tiles_restored.is_empty());
    // and every byte of the history, whose lines are heads that the journal has
    let history = path.join("log/history/000000");
    let lines = fs::read(&history).unwrap();
    for at in (0..lines.len()).step_by(37) {
        let mut bytes = lines.clone();
        bytes[at] ^= 1 << (at % 7);
        overwrite(&history, &bytes);
        assert!(!doctor(&path, &DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() }).ok());
        jejak::ledger::reindex(&path).unwrap();
        assert_eq!(fs::read(&history).unwrap(), lines, "byte {at}");
    }
    // files that a crash left before their checkpoint was signed
    let (mut tree, mut over) = (sound.iter().filter(|file| file.starts_with("tile/entries")), 0);
    let partials = tree.next().unwrap().parent().unwrap();
    for name in [250, 255] {
        fs::write(path.join("log").join(partials).join(name.to_string()), b"half").unwrap();
        over += 1;
    }
    assert_eq!(doctor(&path, &DoctorOptions::default()).failed().count(), over);
    jejak::ledger::reindex(&path).unwrap();
    healthy(&path);
    let names: Vec<_> = fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("index.broken")), "{names:?}");
}

#[test]
fn one_damaged_journal_byte_is_one_finding() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let segment = path.join("journal").join(files(&path.join("journal")).remove(0));
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    overwrite(&segment, &bytes);
    let report = doctor(&path, &DoctorOptions::default());
    let failed: Vec<_> = report.failed().map(|check| (check.name, check.place.clone().unwrap())).collect();
    assert!(matches!(&failed[..], [(Part::Journal, place)] if place.starts_with("journal/")), "{failed:?}");
    for name in [Part::Log, Part::Checkpoint, Part::History, Part::Index] {
        let shown: Vec<_> = report.checks.iter().filter(|check| check.name == name).collect();
        assert!(shown.iter().any(|check| check.detail.contains("not checked")), "{name:?}: {:?}", report.checks);
    }
}

#[test]
fn doctor_checks_the_key_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let quick = DoctorOptions { signatures: false, replay: false, ..DoctorOptions::default() };
    let shown = |options: &DoctorOptions| -> Vec<_> {
        doctor(&path, options).failed().map(|check| (check.name, check.detail.clone())).collect()
    };
    let log = path.join("keys/log.pem");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(&shown(&quick)[..], [(Part::Keys, why)] if why.contains("log.pem")));
    fs::set_permissions(&log, fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["log.pem", "operator.pem", "credential"] {
        fs::rename(path.join("keys").join(name), path.join("moved")).unwrap();
        for options in [&quick, &DoctorOptions::default()] {
            assert!(
                matches!(&shown(options)[..], [(Part::Keys, why)] if why.contains(name) && why.contains("missing"))
            );
        }
        fs::rename(path.join("moved"), path.join("keys").join(name)).unwrap();
    }
    fs::copy(path.join("keys/operator.pem"), &log).unwrap();
    assert!(matches!(&shown(&DoctorOptions::default())[..], [(Part::Keys, why)] if why.contains("log_key")));
}

#[test]
fn doctor_changes_no_file() {
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
fn damaged_profile_is_named_and_start_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    // export guides lie there too: without one nothing is judged otherwise
    let stored = files(&path.join("objects/profiles")).into_iter().map(|name| path.join("objects/profiles").join(name));
    let is_profile = |file: &PathBuf| jejak::quality::Profile::from_json(&fs::read(file).unwrap()).is_ok();
    let profile = stored.into_iter().find(is_profile).unwrap();
    let mut bytes = fs::read(&profile).unwrap();
    bytes[0] ^= 1;
    overwrite(&profile, &bytes);
    match Ledger::open(&path, &options(&TestClock::at(NOW))) {
        Err(OpenError::Replay(error)) => assert!(error.to_string().contains("objects/profiles/"), "{error}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened on a damaged profile"),
    }
}
