//! The journal's promises, tested on real files: order, torn tails, damage, rotation.

use proptest::prelude::*;

use super::*;

fn frame(first: u64, entries: &[&[u8]]) -> Frame {
    let size = first + entries.len() as u64;
    let mut root = [0; 32];
    root[..8].copy_from_slice(&size.to_be_bytes());
    root[31] = 1;
    Frame { first, head: Head { size, root }, entries: entries.iter().map(|e| Bytes::copy_from_slice(e)).collect() }
}

fn open(dir: &Path) -> Result<Segments, JournalError> {
    Segments::open(dir, SegmentOptions::default())
}

fn three(dir: &Path) -> Vec<Frame> {
    let journal = open(dir).unwrap();
    let frames = vec![
        frame(0, &[b"first", b""]),
        frame(2, &[&[0xab; 700]]),
        frame(3, &[b"x", b"y", b"the last of the entries"]),
    ];
    for frame in &frames {
        journal.append(frame.first, frame).unwrap();
    }
    frames
}

fn only_segment(dir: &Path) -> PathBuf {
    segment_files(dir).unwrap().remove(0).1
}

#[test]
fn appended_frames_are_read_back_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let frames = three(dir.path());
    let journal = open(dir.path()).unwrap();
    assert_eq!(journal.head(), frames[2].head);
    for frame in &frames {
        for index in frame.first..frame.head.size {
            assert_eq!(journal.frame(index).unwrap().as_ref(), Some(frame));
        }
    }
    assert_eq!(journal.frame(6).unwrap(), None);
    assert_eq!(frames[2].entry(4).unwrap(), &b"y"[..]);
    assert_eq!(frames[2].entry(2), None);
}

#[test]
fn writer_that_is_behind_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    three(dir.path());
    let journal = open(dir.path()).unwrap();
    assert!(matches!(journal.append(3, &frame(3, &[b"z"])), Err(JournalError::Lost { expected: 3, size: 6 })));
    assert_eq!(journal.head().size, 6);
}

#[test]
fn truncation_anywhere_keeps_earlier_frames_and_saves_the_cut_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let frames = three(dir.path());
    let path = only_segment(dir.path());
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = frames
        .iter()
        .scan(0, |at, f| {
            *at += encode(f).unwrap().len();
            Some(*at)
        })
        .collect();
    for cut in 0..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(path.file_name().unwrap()), &whole[..cut]).unwrap();
        let journal = open(dir.path()).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        let kept = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(journal.head().size, kept.checked_sub(1).map_or(0, |k| frames[k].head.size), "cut at {cut}");
        let sound = kept.checked_sub(1).map_or(0, |k| ends[k]);
        match journal.torn() {
            None => assert_eq!(sound, cut),
            Some(torn) => assert_eq!(fs::read(&torn.kept).unwrap(), &whole[sound..cut]),
        }
        // the writer continues where the sound part ends
        let size = journal.head().size;
        journal.append(size, &frame(size, &[b"again"])).unwrap();
        drop(journal);
        assert_eq!(open(dir.path()).unwrap().head().size, size + 1);
    }
}

#[test]
fn tail_with_missing_sectors_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let frames = three(dir.path());
    let journal = open(dir.path()).unwrap();
    journal.append(6, &frame(6, &[&[0x55; 3000]])).unwrap();
    drop(journal);
    let path = only_segment(dir.path());
    let whole = fs::read(&path).unwrap();
    let start: usize = frames.iter().map(|f| encode(f).unwrap().len()).sum();
    // the file has its full length, but one or all sectors of the last frame are zero
    let first_sector = (start / 512 + 1) * 512;
    for (from, to) in
        [(first_sector, first_sector + 512), (first_sector + 1024, first_sector + 1536), (start, whole.len())]
    {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0);
        fs::write(&path, &bytes).unwrap();
        // a frame known to have been durable is damaged, and nothing is cut
        let known = SegmentOptions { durable: 7, ..SegmentOptions::default() };
        match Segments::open(dir.path(), known).map(|j| j.head()) {
            Err(JournalError::Corrupt { offset, .. }) => assert_eq!(offset, start as u64),
            other => panic!("zero from {from} to {to}: {other:?}"),
        }
        assert_eq!(fs::read(&path).unwrap(), bytes);
        let journal = Segments::open(dir.path(), SegmentOptions { durable: 6, ..SegmentOptions::default() }).unwrap();
        assert_eq!(journal.head().size, 6, "zero from {from} to {to}");
        assert_eq!(journal.torn().unwrap().offset, start as u64);
    }
}

#[test]
fn flipped_bit_in_a_complete_frame_is_located() {
    let dir = tempfile::tempdir().unwrap();
    let frames = three(dir.path());
    let path = only_segment(dir.path());
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = frames
        .iter()
        .scan(0, |at, f| {
            *at += encode(f).unwrap().len();
            Some(*at)
        })
        .collect();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        let start = ends.iter().rev().find(|end| **end <= at).copied().unwrap_or(0) as u64;
        match open(dir.path()).map(|j| j.head()) {
            Err(JournalError::Corrupt { file, offset, .. }) => {
                assert_eq!((file.as_str(), offset), (path.file_name().unwrap().to_str().unwrap(), start), "byte {at}");
            }
            other => panic!("byte {at}: {other:?}"),
        }
        let mut found_at = Vec::new();
        check(dir.path(), &mut |found| {
            if let Found::Damage { offset, .. } = found {
                found_at.push(offset);
            }
        })
        .unwrap();
        assert_eq!(found_at, [start], "byte {at}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing is repaired");
    }
}

#[test]
fn segments_rotate_and_old_ones_are_checked_when_read() {
    let dir = tempfile::tempdir().unwrap();
    let journal =
        Segments::open(dir.path(), SegmentOptions { segment_bytes: 400, ..SegmentOptions::default() }).unwrap();
    for first in 0..40 {
        journal.append(first, &frame(first, &[format!("entry {first}").as_bytes()])).unwrap();
    }
    drop(journal);
    let list = segment_files(dir.path()).unwrap();
    assert!(list.len() > 5, "{}", list.len());
    let lazy = SegmentOptions { segment_bytes: 400, verify_from: 40, durable: 0, accepted: None };
    let journal = Segments::open(dir.path(), lazy).unwrap();
    for index in 0..40 {
        let frame = journal.frame(index).unwrap().unwrap();
        assert_eq!(frame.entry(index).unwrap(), format!("entry {index}").as_bytes());
    }
    drop(journal);
    // damage in the first segment: a lazy open does not detect it, a read and a full open do
    let mut bytes = fs::read(&list[0].1).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&list[0].1, &bytes).unwrap();
    let journal = Segments::open(dir.path(), lazy).unwrap();
    assert!(matches!(journal.frame(list[1].0 - 1), Err(JournalError::Corrupt { .. })));
    assert!(matches!(open(dir.path()).map(|_| ()), Err(JournalError::Corrupt { .. })));
    // a missing segment is damage too; a missing first one is detected by a lazy open as well
    let away = dir.path().join("away");
    fs::rename(&list[0].1, &away).unwrap();
    assert!(matches!(Segments::open(dir.path(), lazy).map(|_| ()), Err(JournalError::Corrupt { .. })));
    fs::rename(&away, &list[0].1).unwrap();
    fs::remove_file(&list[2].1).unwrap();
    assert!(matches!(open(dir.path()).map(|_| ()), Err(JournalError::Corrupt { .. })));
}

#[test]
fn empty_last_segment_after_a_crash_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let frames = three(dir.path());
    fs::write(dir.path().join(format!("{:020}.seg", 6)), b"").unwrap();
    for verify_from in [0, 6] {
        let journal = Segments::open(dir.path(), SegmentOptions { verify_from, ..SegmentOptions::default() }).unwrap();
        assert_eq!(journal.head(), frames[2].head);
    }
    let journal = open(dir.path()).unwrap();
    journal.append(6, &frame(6, &[b"on"])).unwrap();
    assert_eq!(open(dir.path()).unwrap().head().size, 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_frames_survive_any_rotation(
        batches in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6), 1..12),
        limit in 1u64..2000,
        verify in 0u64..40,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Segments::open(dir.path(), SegmentOptions { segment_bytes: limit, ..SegmentOptions::default() }).unwrap();
        let mut all: Vec<Vec<u8>> = Vec::new();
        for batch in &batches {
            let slices: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
            let size = all.len() as u64;
            journal.append(size, &frame(size, &slices)).unwrap();
            all.extend(batch.iter().cloned());
        }
        drop(journal);
        let journal = Segments::open(dir.path(), SegmentOptions { segment_bytes: limit, verify_from: verify, durable: 0, accepted: None }).unwrap();
        prop_assert_eq!(journal.head().size, all.len() as u64);
        for (index, entry) in all.iter().enumerate() {
            let frame = journal.frame(index as u64).unwrap().unwrap();
            prop_assert_eq!(frame.entry(index as u64).unwrap(), &entry[..]);
        }
    }
}

#[test]
fn new_segment_without_file_descriptors_is_refused_and_made_when_there_are_some() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let dir = tempfile::tempdir().unwrap();
    let options = SegmentOptions { segment_bytes: 100, ..SegmentOptions::default() };
    let journal = Segments::open(dir.path(), options).unwrap();
    journal.append(0, &frame(0, &[&[1; 200]])).unwrap();
    // of this process, in which no other test runs
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..limit }).unwrap();
    let mut refused = 0;
    let mut held = Vec::new();
    while let Ok(file) = File::open(dir.path()) {
        held.push(file);
    }
    // one more descriptor each time: every step of a new segment fails once
    while let Err(error) = journal.append(1, &frame(1, &[b"next"])) {
        assert!(matches!(error, JournalError::Full(_)), "{refused} descriptors: {error}");
        assert_eq!(journal.head().size, 1);
        refused += 1;
        drop(held.pop().unwrap());
    }
    assert!(refused >= 2, "{refused}");
    setrlimit(Resource::Nofile, limit).unwrap();
    drop((held, journal));
    assert_eq!(open(dir.path()).unwrap().head().size, 2);
}
