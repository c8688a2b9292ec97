//! Objects as files: names, temporary files, room.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn put_writes_once_and_accepts_equal_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(&dir.path().join("log")).unwrap();
    assert_eq!(files.get("tile/0/000.p/3").unwrap(), None);
    files.put("tile/0/000.p/3", b"abc").unwrap();
    files.put("tile/0/000.p/3", b"abc").unwrap();
    assert!(
        matches!(files.put("tile/0/000.p/3", b"abd"), Err(ObjectError::Different(name)) if name == "tile/0/000.p/3")
    );
    assert_eq!(files.get("tile/0/000.p/3").unwrap().unwrap(), &b"abc"[..]);
    assert_eq!(files.get("tile/0").unwrap(), None, "a folder is not an object");
    assert_eq!(files.get("tile/0/000.p/3/x").unwrap(), None);
    let part = |from, most| files.part("tile/0/000.p/3", from, most).unwrap();
    assert_eq!(part(1, 1), Some((3, Bytes::from_static(b"b"))));
    assert_eq!(part(1, 9), Some((3, Bytes::from_static(b"bc"))));
    assert_eq!((part(3, 9), part(9, 9)), (Some((3, Bytes::new())), Some((3, Bytes::new()))));
    assert_eq!(files.part("tile/0", 0, 9).unwrap(), None, "a folder is not an object");
    assert_eq!(files.part("tile/9", 0, 9).unwrap(), None);
    assert_eq!(files.list("tile").unwrap(), vec![("tile/0/000.p/3".to_owned(), 3)]);
    files.forget("tile/0/000.p/3").unwrap();
    files.forget("tile/0/000.p/3").unwrap();
    assert_eq!(files.list("").unwrap(), vec![]);
    assert!(!dir.path().join("log/tile/0/000.p").exists(), "the folder of partials goes with its last file");
}

#[test]
fn publish_replaces_atomically() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path()).unwrap();
    files.publish("checkpoint", b"one").unwrap();
    files.publish("checkpoint", b"two, longer").unwrap();
    assert_eq!(files.get("checkpoint").unwrap().unwrap(), &b"two, longer"[..]);
}

#[test]
fn names_cannot_leave_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path()).unwrap();
    for bad in ["../x", "/etc/passwd", "a/../../x", ".tmp/0"] {
        assert!(matches!(files.put(bad, b""), Err(ObjectError::Name(name)) if name == bad));
        assert!(files.get(bad).is_err());
    }
}

#[test]
fn failure_before_the_link_is_unavailable_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path()).unwrap();
    files.put("a/one", b"1").unwrap();
    let unavailable = |r| matches!(r, Err(ObjectError::Unavailable { .. }));
    // a file has the name of a folder
    assert!(unavailable(files.put("a/one/two", b"2")));
    // no temporary file can be created
    fs::rename(dir.path().join(".tmp"), dir.path().join(".away")).unwrap();
    fs::write(dir.path().join(".tmp"), b"a file in its place").unwrap();
    assert!(unavailable(files.put("a/two", b"2")) && unavailable(files.publish("a/one", b"2")));
    fs::remove_file(dir.path().join(".tmp")).unwrap();
    // a lost folder is made again
    files.put("a/two", b"2").unwrap();
    fs::remove_dir_all(dir.path().join(".tmp")).unwrap();
    fs::rename(dir.path().join(".away"), dir.path().join(".tmp")).unwrap();
    files.put("a/two", b"2").unwrap();
    assert_eq!(files.get("a/one").unwrap().unwrap(), &b"1"[..]);
    // a failed link is unknown, and the temporary file is removed too
    fs::create_dir(dir.path().join("a/three")).unwrap();
    assert!(matches!(files.publish("a/three", b"3"), Err(ObjectError::Unknown { .. })));
    assert_eq!(fs::read_dir(dir.path().join(".tmp")).unwrap().count(), 0);
    assert!(files.free().bytes.unwrap() > 0 && files.free().files.is_none_or(|files| files > 0));
}

#[test]
fn refusal_for_lack_of_space_is_no_doubt_about_the_bytes() {
    use rustix::io::Errno;
    for (errno, refusal) in [
        (Errno::NOSPC, true),
        (Errno::DQUOT, true),
        (Errno::MLINK, true),
        (Errno::ROFS, true),
        (Errno::ACCESS, true),
        (Errno::IO, false),
        (Errno::INTR, false),
    ] {
        let failed = refused_or_doubt(errno.into());
        assert_eq!(matches!(failed, Failed::Nothing(_)), refusal, "{errno:?}");
    }
    // a link that the kernel refuses: the folder may not be written. Root may write everywhere
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path()).unwrap();
    files.put("a/one", b"1").unwrap();
    let folder = dir.path().join("a");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let put = files.put("a/two", b"2");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(put.is_ok() || matches!(put, Err(ObjectError::Unavailable { .. })), "{put:?}");
}

#[test]
fn staged_object_is_seen_only_when_it_is_whole_and_leaves_nothing_when_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let files = Arc::new(Files::open(dir.path()).unwrap());
    let temporary = || fs::read_dir(dir.path().join(".tmp")).unwrap().count();
    let mut staged = files.clone().stage().unwrap();
    staged.write(b"one ").unwrap();
    staged.write(b"two").unwrap();
    assert_eq!((files.list("").unwrap(), temporary()), (vec![], 1));
    staged.put("a/b").unwrap();
    staged.put("a/b").unwrap();
    assert_eq!(files.get("a/b").unwrap().unwrap(), &b"one two"[..]);
    drop(staged);
    assert_eq!(temporary(), 0);
    let long = vec![7; 3 * PIECE + 1];
    for (written, outcome) in [(&b"one two"[..], true), (b"one tw", false), (b"one twO", false), (&long, false)] {
        let mut staged = files.clone().stage().unwrap();
        staged.write(written).unwrap();
        let put = staged.put("a/b");
        assert_eq!(put.is_ok(), outcome);
        assert!(outcome || matches!(put, Err(ObjectError::Different(name)) if name == "a/b"));
        if !outcome {
            staged.publish("a/c").unwrap();
            assert_eq!(files.get("a/c").unwrap().unwrap(), written);
        }
    }
    assert_eq!(files.get("a/b").unwrap().unwrap(), &b"one two"[..]);
    let mut same = files.clone().stage().unwrap();
    long.chunks(1_000).for_each(|piece| same.write(piece).unwrap());
    same.put("a/c").unwrap();
    drop(same);
    drop(files.clone().stage().unwrap());
    assert_eq!(temporary(), 0);
    assert!(matches!(files.clone().stage().unwrap().put("../x"), Err(ObjectError::Name(_))));
}

#[test]
fn writers_that_miss_the_temporary_folder_at_once_all_succeed() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path()).unwrap();
    let together = std::sync::Barrier::new(8);
    for round in 0..20 {
        fs::remove_dir(dir.path().join(".tmp")).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let (files, together) = (&files, &together);
                scope.spawn(move || {
                    together.wait();
                    files.put(&format!("{round}-{writer}"), b"x").unwrap();
                });
            }
        });
    }
    assert_eq!(files.list("").unwrap().len(), 20 * 8);
}

#[test]
fn room_counts_bytes_that_are_there_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    assert!(room(dir.path(), A_LITTLE).is_ok() && !no_room(dir.path(), A_LITTLE));
    let free = free(dir.path()).bytes.unwrap();
    assert!(no_room(dir.path(), free.saturating_mul(2)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    // that no file can be made is no sign of a full disk
    let missing = dir.path().join("missing");
    assert!(room(&missing, A_LITTLE).is_err() && !no_room(&missing, A_LITTLE));
}

#[test]
fn temporary_files_of_a_dead_process_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(Files::open(dir.path()).unwrap());
    fs::write(dir.path().join(".tmp/7"), b"rubbish").unwrap();
    let files = Files::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(dir.path().join(".tmp")).unwrap().count(), 0);
    assert_eq!(files.list("").unwrap(), vec![]);
}
