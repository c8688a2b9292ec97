//! The index engine after a stop, a kill, and damage to its files.

use proptest::prelude::*;

use super::*;
use crate::chain::MemState;

const CACHE: u64 = 8 << 20;

fn cursor(size: u64) -> Cursor {
    Cursor { head: Head { size, root: [size as u8; 32] }, frontier: vec![[7; 32]; 3] }
}

fn write(table: Table, key: &[u8], value: Option<&[u8]>) -> Write {
    let row = [&[table as u8], key].concat();
    Write { row, value: value.map(Bytes::copy_from_slice) }
}

/// Batches of ten rows of 100 bytes: batch `n` ends at size `n + 1`, and overwrites the row `newest`.
fn fill(index: &Fjall, batches: std::ops::Range<u64>) {
    for n in batches {
        let mut rows: Vec<Write> = (0..10u64)
            .map(|row| write(Table::Record, &[n.to_be_bytes(), row.to_be_bytes()].concat(), Some(&[n as u8; 100])))
            .collect();
        rows.push(write(Table::Ledger, b"newest", Some(&n.to_be_bytes())));
        index.apply(rows, &cursor(n + 1)).unwrap();
    }
}

/// Asserts that the rows are exactly those of the batches up to the cursor.
fn assert_whole(index: &Fjall) -> u64 {
    let size = index.cursor().unwrap().map_or(0, |cursor| cursor.head.size);
    let (mut rows, mut newest) = (0, None);
    index
        .each(&mut |table, key, value| match table {
            5 => {
                let batch = u64::from_be_bytes(key[..8].try_into().unwrap());
                assert!(batch < size && value == [batch as u8; 100]);
                rows += 1;
            }
            _ => newest = Some(u64::from_be_bytes(value.try_into().unwrap())),
        })
        .unwrap();
    assert_eq!((rows, newest), (size * 10, size.checked_sub(1)));
    size
}

#[test]
fn rows_and_cursor_survive_a_clean_stop() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("index");
    for start in [0, 50] {
        let opened = Fjall::open(&at, CACHE).unwrap();
        assert!(opened.broken.is_none());
        assert_eq!(assert_whole(&opened.index), start);
        fill(&opened.index, start..start + 50);
        opened.index.sync().unwrap();
    }
    assert_eq!(assert_whole(&Fjall::open(&at, CACHE).unwrap().index), 100);
}

#[test]
fn kill_loses_whole_unflushed_batches_which_can_be_applied_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("index");
    let index = Fjall::open(&at, CACHE).unwrap().index;
    fill(&index, 0..40);
    index.sync().unwrap();
    fill(&index, 40..60);
    // as after a kill: a copy made while it is open
    let copy = dir.path().join("copy");
    copy_dir(&at, &copy);
    drop(index);
    let index = Fjall::open(&copy, CACHE).unwrap().index;
    assert_eq!(assert_whole(&index), 40, "the engine's own log is not used");
    // sequence numbers continue: new rows are newer than flushed ones
    fill(&index, 40..70);
    assert_eq!(assert_whole(&index), 70);
    index.sync().unwrap();
    drop(index);
    assert_eq!(assert_whole(&Fjall::open(&copy, CACHE).unwrap().index), 70);
}

#[test]
fn reopened_index_is_at_its_durable_cursor_and_waits_for_views() {
    let dir = tempfile::tempdir().unwrap();
    let index = Fjall::open(&dir.path().join("index"), CACHE).unwrap().index;
    fill(&index, 0..40);
    index.sync().unwrap();
    fill(&index, 40..60);
    let view = index.view();
    assert!(matches!(index.reopen(), Err(IndexError::Held)), "a reader holds a view");
    assert_eq!(assert_whole(&index), 60, "and nothing was closed");
    drop(view);
    index.reopen().unwrap();
    assert_eq!(assert_whole(&index), 40);
    fill(&index, 40..70);
    assert_eq!(assert_whole(&index), 70);
    assert!(index.has_room() && index.has_room_to_flush());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the probe is removed");
}

#[test]
fn index_is_not_opened_again_under_a_scan_that_is_not_finished() {
    let dir = tempfile::tempdir().unwrap();
    let index = Fjall::open(&dir.path().join("index"), CACHE).unwrap().index;
    fill(&index, 0..40);
    index.sync().unwrap();
    for reverse in [false, true] {
        let mut rows = index.scan(Table::Record, Scan { reverse, ..Scan::default() });
        assert!(rows.next().is_some_and(|row| row.is_ok()));
        assert!(matches!(index.reopen(), Err(IndexError::Held)));
        assert_eq!(rows.map(Result::unwrap).count(), 399);
        index.reopen().unwrap();
    }
}

#[test]
fn lost_or_foreign_write_ahead_log_leaves_no_gap() {
    for damage in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("index");
        {
            let index = Fjall::open(&at, CACHE).unwrap().index;
            fill(&index, 0..20);
            index.sync().unwrap();
            fill(&index, 20..30);
        }
        let logs: Vec<_> = fs::read_dir(&at)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "jnl"))
            .collect();
        assert!(!logs.is_empty());
        for log in logs {
            match damage {
                0 => fs::remove_file(log).unwrap(),
                1 => fs::write(log, [0xff; 4096]).unwrap(),
                _ => fs::copy(&log, at.join("9999.jnl")).map(drop).unwrap(),
            }
        }
        let opened = Fjall::open(&at, CACHE).unwrap();
        assert!(opened.broken.is_none());
        let size = assert_whole(&opened.index);
        fill(&opened.index, size..40);
        assert_eq!(assert_whole(&opened.index), 40);
    }
}

#[test]
fn damaged_file_is_detected_or_has_no_effect() {
    let dir = tempfile::tempdir().unwrap();
    let sound = dir.path().join("sound");
    {
        let index = Fjall::open(&sound, CACHE).unwrap().index;
        for start in (0..300).step_by(60) {
            fill(&index, start..start + 60);
            index.sync().unwrap();
        }
    }
    // the last batch is in the first level only: just the manifest says which of two runs is newer
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below.max(1)
    };
    let mut found = 0;
    for round in 0..200 {
        let at = dir.path().join(format!("round-{round}"));
        copy_dir(&sound, &at);
        let files = files_below(&at);
        let file = &files[random(files.len() as u64) as usize];
        let mut bytes = fs::read(file).unwrap();
        match round % 4 {
            0 => fs::remove_file(file).unwrap(),
            1 => {
                bytes.truncate(random(bytes.len() as u64) as usize);
                fs::write(file, bytes).unwrap();
            }
            2 => {
                let start = random(bytes.len() as u64) as usize;
                let end = (start + 512).min(bytes.len());
                bytes[start..end].fill(0);
                fs::write(file, bytes).unwrap();
            }
            _ if bytes.is_empty() => fs::write(file, b"x").unwrap(),
            _ => {
                let at = random(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << random(8);
                fs::write(file, bytes).unwrap();
            }
        }
        // as the ledger does: open, read the cursor, read every row; any error leads to a rebuild
        let opened = Fjall::open(&at, CACHE).unwrap_or_else(|e| panic!("{round}, {}: {e}", file.display()));
        if opened.broken.is_some() || opened.index.cursor().is_err() || opened.index.each(&mut |_, _, _| {}).is_err() {
            found += 1;
        } else {
            // an older state is fine, because the journal is replayed; rows that do not match the cursor are not
            assert_whole(&opened.index);
        }
        drop(opened);
        fs::remove_dir_all(&at).unwrap();
    }
    assert!(found > 50, "damage was detected in only {found} of 200 cases: are files damaged at all?");
}

#[test]
fn flipped_bit_in_a_manifest_is_detected() {
    let dir = tempfile::tempdir().unwrap();
    let sound = dir.path().join("sound");
    {
        let index = Fjall::open(&sound, CACHE).unwrap().index;
        for start in (0..40).step_by(10) {
            fill(&index, start..start + 10);
            index.sync().unwrap();
        }
    }
    let version = u64::from_le_bytes(fs::read(sound.join("keyspaces/1/current")).unwrap()[..8].try_into().unwrap());
    let name = format!("keyspaces/1/v{version}");
    let manifest = fs::read(sound.join(&name)).unwrap();
    for bit in 0..manifest.len() * 8 {
        let mut damaged = manifest.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(sound.join(&name), damaged).unwrap();
        assert!(check_manifests(&sound).is_err(), "bit {bit}");
    }
    fs::write(sound.join(&name), manifest).unwrap();
    assert!(Fjall::open(&sound, CACHE).unwrap().broken.is_none());
}

#[test]
fn rows_of_another_version_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let index = Fjall::open(&dir.path().join("index"), CACHE).unwrap().index;
    fill(&index, 0..3);
    let rows = index.live.read().as_ref().unwrap().rows.clone();
    let mut bytes = rows.get(CURSOR).unwrap().unwrap().to_vec();
    bytes[0] += 1;
    rows.insert(CURSOR, bytes).unwrap();
    drop(rows);
    assert!(index.cursor().unwrap_err().to_string().contains("version"));
}

#[test]
fn view_does_not_change_while_rows_are_written_and_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let index = Fjall::open(&dir.path().join("index"), CACHE).unwrap().index;
    fill(&index, 0..5);
    let view = index.view();
    let before: Vec<_> = view.scan(Table::Record, Scan::default()).collect::<Result<_, _>>().unwrap();
    for start in [5, 30, 60] {
        fill(&index, start..start + 25);
        index.sync().unwrap();
    }
    let after: Vec<_> = view.scan(Table::Record, Scan::default()).collect::<Result<_, _>>().unwrap();
    assert_eq!((before.len(), &before), (50, &after));
    assert_eq!(view.get(Table::Ledger, b"newest").unwrap().unwrap()[..], 4u64.to_be_bytes());
    assert_eq!(index.get(Table::Ledger, b"newest").unwrap().unwrap()[..], 84u64.to_be_bytes());
}

#[test]
fn second_handle_is_refused_and_moves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("index");
    let first = Fjall::open(&at, CACHE).unwrap();
    assert!(Fjall::open_strict(&at, CACHE).is_err());
    fill(&first.index, 0..3);
    assert_eq!(assert_whole(&first.index), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn scans_agree_with_a_map(
        rows in prop::collection::vec((0usize..3, prop::collection::vec(0u8..3, 0..4), prop::option::of(any::<u8>())), 1..60),
        flush_every in 5usize..30,
    ) {
        let tables = [Table::Ledger, Table::Lot, Table::LotNumber];
        let dir = tempfile::tempdir().unwrap();
        let index = Fjall::open(&dir.path().join("index"), CACHE).unwrap().index;
        let mut want = MemState::new();
        for (n, (table, key, value)) in rows.into_iter().enumerate() {
            let value = value.map(|value| [value]);
            index.apply(vec![write(tables[table], &key, value.as_ref().map(|v| &v[..]))], &cursor(n as u64)).unwrap();
            want.write(tables[table], key, value.map(|value| Bytes::copy_from_slice(&value)));
            if n % flush_every == 0 {
                index.sync().unwrap();
            }
        }
        for table in tables {
            for prefix in [&[][..], &[0], &[1, 2], &[2, 2, 2]] {
                for after in [None, Some(&[1u8][..]), Some(&[1, 2, 0]), Some(&[9])] {
                    for reverse in [false, true] {
                        let scan = Scan { prefix, after, reverse };
                        let got: Vec<_> = index.scan(table, scan).collect::<Result<_, _>>().unwrap();
                        let expected: Vec<_> = want.scan(table, scan).collect::<Result<_, _>>().unwrap();
                        prop_assert_eq!(got, expected, "{:?} {:?}", table, scan);
                    }
                }
            }
        }
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else if fs::copy(entry.path(), target).is_err() {
            // a table that a compaction removed meanwhile
            assert!(!entry.path().exists());
        }
    }
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.file_name().is_some_and(|name| name != "lock") {
            found.push(path);
        }
    }
    found.sort();
    found
}
