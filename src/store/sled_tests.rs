//! The index against damage of every file of its directory.

use super::*;

fn cursor(size: u64) -> Cursor {
    Cursor { head: Head { size, root: [size as u8; 32] }, digest: [3; 32], frontier: vec![[9; 32], [8; 32]] }
}

fn key(n: u64) -> Vec<u8> {
    row_key(Table::Record, &n.to_be_bytes(), <[u8]>::to_vec)
}

fn write(index: &Sled, rows: &[(u64, Option<String>)], at: &Cursor) {
    let keys: Vec<Vec<u8>> = rows.iter().map(|(n, _)| key(*n)).collect();
    let rows = rows.iter().zip(&keys);
    let writes: Vec<Write<'_>> = rows
        .map(|((_, value), row)| Write { table: Table::Record, row, value: value.as_deref().map(str::as_bytes) })
        .collect();
    index.apply(&writes, at).unwrap();
}

const CACHE: u64 = 8 << 20;

fn filled(dir: &Path) {
    let index = Sled::open(dir, CACHE).unwrap().index;
    let rows: Vec<_> = (0..400).map(|i| (i, Some(format!("row {i} {}", "x".repeat(60))))).collect();
    write(&index, &rows, &cursor(400));
}

#[test]
fn rows_and_cursor_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    filled(&path);
    let opened = Sled::open(&path, CACHE).unwrap();
    assert!(opened.broken.is_none());
    let index = opened.index;
    assert_eq!(index.cursor().unwrap(), Some(cursor(400)));
    assert_eq!(
        index.get(Table::Record, &7u64.to_be_bytes()).unwrap().unwrap(),
        format!("row 7 {}", "x".repeat(60)).as_bytes()
    );
    assert_eq!(index.get(Table::Party, &7u64.to_be_bytes()).unwrap(), None);
    assert_eq!(index.scan(Table::Record, &[0; 7]).unwrap().len(), 256);
    let mut seen = 0;
    index
        .each(&mut |table, _, _| {
            assert_eq!(table, Table::Record as u8);
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 400);
    write(&index, &[(7, None)], &cursor(401));
    assert_eq!(index.get(Table::Record, &7u64.to_be_bytes()).unwrap(), None);
    index.wipe().unwrap();
    assert_eq!(index.cursor().unwrap(), None);
}

#[test]
fn an_index_that_is_open_elsewhere_is_not_moved_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let first = Sled::open(&path, CACHE).unwrap().index;
    assert!(Sled::open(&path, CACHE).is_err());
    drop(first);
    assert!(Sled::open(&path, CACHE).unwrap().broken.is_none());
}

#[test]
fn a_block_that_changed_or_moved_or_went_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    filled(&path);
    let file = path.join("runs/0000000000000000");
    let good = fs::read(&file).unwrap();
    let whole = |index: &Sled| {
        let row = index.get(Table::Record, &7u64.to_be_bytes());
        let all = index.scan(Table::Record, &[]);
        row.is_ok() && all.is_ok_and(|rows| rows.len() == 400) && index.each(&mut |_, _, _| {}).is_ok()
    };
    // one bit of every 13th byte; where it is of what stays in memory, the whole directory is set aside
    for at in (0..good.len()).step_by(13) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, bad).unwrap();
        let opened = Sled::open(&path, CACHE).unwrap();
        assert!(opened.broken.is_some() || !whole(&opened.index), "byte {at}");
        drop(opened.index);
        if let Some((aside, _)) = opened.broken {
            fs::remove_dir_all(&path).unwrap();
            fs::rename(aside, &path).unwrap();
        }
    }
    fs::write(&file, &good).unwrap();
    assert!(whole(&Sled::open(&path, CACHE).unwrap().index));
    fs::remove_file(&file).unwrap();
    assert!(Sled::open(&path, CACHE).unwrap().broken.is_some());
}

#[test]
fn many_batches_are_joined_and_what_does_not_count_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let opened = Sled::open(&path, CACHE).unwrap().index;
    let old = opened.view();
    let mut want = std::collections::BTreeMap::new();
    for batch in 0..60u64 {
        let rows: Vec<_> = (0..300u64)
            .map(|i| ((batch * 97 + i * 13) % 5_000, (i % 7 != 0).then(|| format!("{batch} {i}"))))
            .collect::<std::collections::BTreeMap<_, _>>()
            .into_iter()
            .collect();
        want.extend(rows.iter().cloned());
        write(&opened, &rows, &cursor(batch));
    }
    // a run that no manifest names, as a kill leaves it
    fs::write(path.join("runs/00000000000003e7"), b"left over").unwrap();
    let shown = |index: &dyn State| -> std::collections::BTreeMap<u64, Option<String>> {
        let rows = index.scan(Table::Record, &[]).unwrap().into_iter();
        rows.map(|(k, v)| (u64::from_be_bytes(k.try_into().unwrap()), Some(String::from_utf8(v).unwrap()))).collect()
    };
    want.retain(|_, value| value.is_some());
    assert_eq!(shown(&opened), want);
    assert!(shown(&*old).is_empty(), "a view does not move");
    let end = Instant::now() + Duration::from_secs(30);
    while opened.inner.runs.read().len() > 12 {
        assert!(Instant::now() < end, "{} runs", opened.inner.runs.read().len());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(shown(&opened), want);
    // files of joined runs go, after a while
    while opened.inner.retired.lock().len() < 48 {
        assert!(Instant::now() < end, "joined runs are set aside");
        std::thread::sleep(Duration::from_millis(5));
    }
    write(&opened, &[(7, Some("late".into()))], &cursor(69));
    want.insert(7, Some("late".into()));
    while !opened.inner.retired.lock().is_empty() {
        assert!(Instant::now() < end, "the files of joined runs stay");
        opened.inner.retired.lock().iter_mut().for_each(|(since, _)| *since -= KEPT);
        opened.inner.work.lock().more = true;
        opened.inner.wake.notify_all();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(shown(&opened), want);
    drop((old, opened));
    let again = Sled::open(&path, CACHE).unwrap().index;
    assert_eq!(shown(&again), want);
    assert_eq!(again.cursor().unwrap(), Some(cursor(69)));
    assert!(!path.join("runs/00000000000003e7").exists(), "what does not count is gone");
    drop(again);
    let index = Sled::open(&path, CACHE).unwrap().index;
    index.wipe().unwrap();
    assert_eq!((index.cursor().unwrap(), shown(&index).len()), (None, 0));
    write(&index, &[(7, Some("again".into()))], &cursor(1));
    assert_eq!(shown(&index), [(7, Some("again".to_owned()))].into());
    drop(index);
    assert_eq!(shown(&Sled::open(&path, CACHE).unwrap().index), [(7, Some("again".to_owned()))].into());
}

#[test]
fn runs_that_can_not_be_joined_stay_and_leave_no_file_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let index = Sled::open(&path, CACHE).unwrap().index;
    let row = |n: u64| (n, Some(format!("row {n}")));
    (0..3).for_each(|n| write(&index, &[row(n)], &cursor(n)));
    // the third of four is damaged on the disk, and not at hand
    let file = path.join("runs/0000000000000001");
    let good = fs::read(&file).unwrap();
    fs::write(&file, vec![0; good.len()]).unwrap();
    write(&index, &[row(3)], &cursor(3));
    let end = Instant::now() + Duration::from_secs(30);
    let names = || fs::read_dir(path.join("runs")).unwrap().count();
    let tried = || index.inner.next.load(Ordering::Relaxed) > 4;
    while !tried() || names() > 4 {
        assert!(Instant::now() < end, "{} files", names());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(index.inner.runs.read().len(), 4);
    write(&index, &[row(4)], &cursor(4));
    assert!(index.get(Table::Record, &1u64.to_be_bytes()).is_err(), "what is damaged is not guessed");
    assert!(index.get(Table::Record, &4u64.to_be_bytes()).unwrap().is_some());
    fs::write(&file, good).unwrap();
    drop(index);
    let again = Sled::open(&path, CACHE).unwrap();
    assert!(again.broken.is_none());
    let index = again.index;
    while index.inner.runs.read().len() > 3 {
        assert!(Instant::now() < end, "joined after the next open");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(index.scan(Table::Record, &[]).unwrap().len(), 5);
}

/// For every file: truncate, zero, flip, delete; and the half-written snapshot sled itself leaves. The directory opens
/// every time, and what can be read is either right, or an error, or gone together with its cursor.
#[test]
fn every_damage_ends_in_a_right_or_an_empty_index() {
    let master = tempfile::tempdir().unwrap();
    let made = master.path().join("index");
    filled(&made);
    let mut files = Vec::new();
    collect(&made, &made, &mut files);
    assert!(files.iter().any(|f| f.ends_with("db")), "{files:?}");
    let mut tried = 0;
    for file in files.iter().map(Some).chain([None]) {
        for damage in ["truncate", "empty", "zero", "flip", "delete"] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("index");
            copy(&made, &path);
            match file {
                None => fs::write(path.join("snap.0000000000000001.generating"), b"half").unwrap(),
                Some(file) => hurt(&path.join(file), damage),
            }
            let opened = Sled::open(&path, CACHE).unwrap_or_else(|e| panic!("{damage} {file:?}: {e}"));
            tried += 1;
            if let Some((aside, _)) = &opened.broken {
                assert!(aside.exists() && opened.index.cursor().unwrap().is_none());
            }
            let index = opened.index;
            let Ok(Some(at)) = index.cursor() else { continue };
            assert_eq!(at, cursor(400), "{damage} {file:?}");
            for i in 0..400u64 {
                if let Ok(Some(row)) = index.get(Table::Record, &i.to_be_bytes()) {
                    assert_eq!(row, format!("row {i} {}", "x".repeat(60)).into_bytes(), "{damage} {file:?}");
                }
            }
        }
    }
    assert!(tried >= 10, "{tried}");
}

fn hurt(path: &Path, damage: &str) {
    let mut bytes = fs::read(path).unwrap();
    match damage {
        "truncate" => bytes.truncate(bytes.len() / 2),
        "empty" => bytes.clear(),
        "zero" => bytes.fill(0),
        "flip" => bytes.iter_mut().step_by(97).for_each(|b| *b ^= 0x10),
        _ => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

fn collect(root: &Path, dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, into);
        } else {
            into.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}
