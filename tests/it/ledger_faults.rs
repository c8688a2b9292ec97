//! Every call to storage fails once, in both ways: failed and not persisted, failed **but** persisted. After the restart no
//! acknowledged record is lost, the tree only grew, and the same bytes get the same acknowledgement.

use std::collections::HashMap;

use crate::common::{
    Author, NOW, TestClock, config, eventually, init_options, keys, node_keys, numbered, options, settle, stores,
};
use bytes::Bytes;
use jejak::chain::state::Scan;
use jejak::chain::{RecordSource, State, Table};
use jejak::ledger::{Ack, Ledger, Lost, OpenError, Options, SubmitError};
use jejak::log::Frontier;
use jejak::log::merkle::{consistency_verify, leaf_hash};
use jejak::record::Hash32;
use jejak::store::memory::{Disk, Fault};
use jejak::store::{Head, Index, Journal};

fn open(disk: &Disk) -> Result<Ledger, OpenError> {
    Ledger::assemble(stores(disk), config(), node_keys(), &options(&TestClock::at(NOW)))
}

/// Opens until the disk lets it: a restart may meet the fault as well.
fn reopen(disk: &Disk) -> Ledger {
    for _ in 0..4 {
        if let Ok(ledger) = open(disk) {
            return ledger;
        }
    }
    open(disk).unwrap()
}

/// A new ledger, and who writes to it.
fn founded(disk: &Disk) -> (Ledger, Author) {
    let ledger = open(disk).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    let author = Author::new(ledger.id());
    (ledger, author)
}

/// Founds a ledger, submits four batches, and returns what was acknowledged and the largest published head.
fn drive(disk: &Disk) -> (Vec<(Bytes, Ack)>, Option<Head>) {
    let mut acked = Vec::new();
    let Ok(ledger) = open(disk) else { return (acked, None) };
    if ledger.found(&init_options(), NOW).is_ok() {
        let mut author = Author::new(ledger.id());
        for batch in 0..4 {
            let records = author.records(batch * 3..batch * 3 + 3);
            let answers = ledger.submit_many_blocking(records.clone());
            acked.extend(records.into_iter().zip(answers).filter_map(|(bytes, answer)| Some((bytes, answer.ok()?))));
            settle(&ledger);
        }
    }
    let head = ledger.checkpoint().map(|head| Head { size: head.size, root: head.root });
    ledger.shutdown();
    (acked, head)
}

fn check(disk: &Disk, acked: &[(Bytes, Ack)], head: Option<Head>, what: &str) {
    let ledger = reopen(disk);
    settle(&ledger);
    assert!(ledger.failure().is_none(), "{what}");
    for (bytes, ack) in acked {
        assert_eq!(ledger.entry(ack.index).unwrap().as_ref(), Some(bytes), "{what}");
        assert_eq!(ledger.record(&ack.id).unwrap().unwrap().0, ack.index, "{what}");
        let again = ledger.submit_blocking(bytes.clone()).unwrap();
        assert_eq!(again, Ack { duplicate: true, ..*ack }, "{what}");
        if ledger.checkpoint().is_some() {
            assert!(ledger.inclusion(ack.index).unwrap().is_some(), "{what}");
        }
    }
    if let Some(Head { size, root }) = head {
        let (now, path) = ledger.consistency(size).unwrap().unwrap();
        consistency_verify(size, now.size, &path, &root, &now.root).unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    // the whole tree, and the index against a rebuild
    let mut tree = Frontier::new();
    for index in 0..ledger.size() {
        tree.push(leaf_hash(&ledger.entry(index).unwrap().unwrap()));
    }
    assert_eq!(tree.root(), disk.journal().head().root, "{what}");
    ledger.shutdown();
    let kept = disk.index().cursor().unwrap();
    disk.index().wipe().unwrap();
    let rebuilt = open(disk).unwrap();
    rebuilt.shutdown();
    assert_eq!(disk.index().cursor().unwrap(), kept, "{what}: the index is the one a rebuild makes");
}

#[test]
fn without_faults_every_record_is_acknowledged_and_published() {
    let disk = Disk::new();
    let (acked, head) = drive(&disk);
    assert_eq!(acked.len(), 12);
    assert!(head.unwrap().size >= 12 + 7);
    check(&disk, &acked, head, "no fault");
}

#[test]
fn storage_fault_at_any_call_keeps_acknowledged_records() {
    let calls = {
        let disk = Disk::new();
        drive(&disk);
        disk.calls()
    };
    let mut verbs: HashMap<&str, usize> = HashMap::new();
    calls.iter().for_each(|call| *verbs.entry(call.verb).or_default() += 1);
    for verb in ["append", "raise", "begin", "put", "publish", "apply"] {
        assert!(verbs.contains_key(verb), "the drive makes every kind of call: {verbs:?}");
    }
    for number in 0..calls.len() as u64 {
        for fault in [Fault::NotPersisted, Fault::Persisted] {
            let disk = Disk::new();
            disk.script(move |call| (call.number == number).then_some(fault));
            let (acked, head) = drive(&disk);
            disk.heal();
            check(&disk, &acked, head, &format!("call {number} {:?}, {fault:?}", calls[number as usize]));
        }
    }
}

#[test]
fn failed_append_acknowledges_nothing_and_stops_the_ledger() {
    for fault in [Fault::NotPersisted, Fault::Persisted] {
        let disk = Disk::new();
        let (ledger, mut author) = founded(&disk);
        disk.script(move |call| (call.verb == "append").then_some(fault));
        let bytes = author.record(1);
        assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::Storage)));
        assert!(matches!(ledger.submit_blocking(author.record(2)), Err(SubmitError::Storage)), "nothing more is taken");
        assert!(ledger.failure().is_some());
        ledger.shutdown();
        disk.heal();
        let ledger = open(&disk).unwrap();
        let ack = ledger.submit_blocking(bytes).unwrap();
        assert_eq!(ack.duplicate, fault == Fault::Persisted, "what was persisted is the first acknowledgement");
    }
}

/// Waits until the ledger takes the record.
fn taken(ledger: &Ledger, bytes: &Bytes) -> Ack {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        match ledger.submit_blocking(bytes.clone()) {
            Ok(ack) => return ack,
            Err(SubmitError::NoRoom) => assert!(std::time::Instant::now() < end, "it goes on when there is room"),
            Err(error) => panic!("{error}, {:?}", ledger.failure()),
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn full_journal_refuses_records_and_goes_on_when_there_is_room() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    let size = ledger.size();
    disk.script(|call| (call.verb == "append").then_some(Fault::Refused));
    let records = author.records(0..6);
    for bytes in &records {
        assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
    }
    // a record that is refused only because of another one in its batch, which did not reach the log
    let mut rival = Author::new(ledger.id());
    rival.next = author.next - 1;
    let rival = rival.record(77);
    let both = ledger.submit_many_blocking(vec![records[5].clone(), rival.clone()]);
    assert!(both.iter().all(|answer| matches!(answer, Err(SubmitError::NoRoom))), "{both:?}");
    assert_eq!((ledger.size(), ledger.failure()), (size, None));
    disk.heal();
    let ack = ledger.submit_blocking(rival).unwrap();
    assert_eq!((ack.index, ack.duplicate), (size, false), "its own turn");
    assert!(ledger.submit_blocking(records[0].clone()).is_ok());
    settle(&ledger);
    ledger.shutdown();
    check(&disk, &[], None, "after a full journal");
}

#[test]
fn index_that_cannot_be_written_catches_up_and_only_then_acknowledges() {
    for fault in [Fault::NotPersisted, Fault::Persisted] {
        let disk = Disk::new();
        let (ledger, mut author) = founded(&disk);
        disk.set_free(0);
        disk.script(move |call| (call.verb == "apply").then_some(fault));
        let (first, second) = (author.record(1), author.record(2));
        for bytes in [&first, &second, &first] {
            assert!(
                matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)),
                "no reader would see it"
            );
        }
        let index = ledger.size();
        assert_eq!(disk.journal().head().size, index + 1, "one that no reader sees");
        assert_eq!((ledger.entry(index).unwrap(), ledger.failure()), (Some(first.clone()), None), "it is on the log");
        disk.heal();
        disk.set_free(u64::MAX);
        let ack = taken(&ledger, &first);
        assert_eq!((ack.index, ack.duplicate), (index, true), "{fault:?}");
        assert_eq!(ledger.record(&ack.id).unwrap().unwrap().0, ack.index);
        let after = taken(&ledger, &second);
        assert_eq!((after.index, ledger.stats().index_failures), (ack.index + 1, 0));
        settle(&ledger);
        ledger.shutdown();
        let acked = [(first, Ack { duplicate: false, ..ack }), (second, after)];
        check(&disk, &acked, None, "after the index had no room");
    }
}

#[test]
fn index_that_fails_although_there_is_room_stops_the_ledger() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    disk.script(|call| (call.verb == "apply").then_some(Fault::NotPersisted));
    let bytes = author.record(1);
    assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
    eventually(|| ledger.failure().is_some());
    assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::Storage)));
    assert!(ledger.failure().unwrap().contains("rebuilds the index"), "{:?}", ledger.failure());
    ledger.shutdown();
    disk.heal();
    let ledger = open(&disk).unwrap();
    assert!(ledger.submit_blocking(bytes).unwrap().duplicate, "it was durable");
}

/// Whether the published head covers only what the index has.
fn published_is_in_the_state(disk: &Disk, ledger: &Ledger) -> bool {
    let state = disk.index().cursor().unwrap().unwrap().head.size;
    ledger.size() <= state && ledger.checkpoint().is_none_or(|head| head.size <= state)
}

#[test]
fn head_is_not_published_before_the_state_has_its_records() {
    for stop in [false, true] {
        for fault in [Fault::NotPersisted, Fault::Persisted] {
            let disk = Disk::new();
            let ledger = open(&disk).unwrap();
            ledger.found(&init_options(), NOW).unwrap();
            settle(&ledger);
            let (before, mut author) = (ledger.size(), Author::new(ledger.id()));
            disk.set_free(0);
            disk.script(move |call| (call.verb == "apply").then_some(fault));
            let bytes = author.record(1);
            assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
            // several times as long as the publisher waits
            for _ in 0..20 {
                std::thread::sleep(std::time::Duration::from_millis(5));
                assert!(published_is_in_the_state(&disk, &ledger));
                assert_eq!((ledger.size(), ledger.checkpoint().unwrap().size), (before, before));
            }
            assert!(disk.journal().head().size > before);
            if stop {
                // the last head as well
                ledger.shutdown();
                assert_eq!(ledger.checkpoint().unwrap().size, before);
                disk.heal();
                disk.set_free(u64::MAX);
                check(&disk, &[], None, "stopped while the index was behind");
                continue;
            }
            disk.heal();
            disk.set_free(u64::MAX);
            assert_eq!(taken(&ledger, &bytes).index, before);
            settle(&ledger);
            let head = ledger.checkpoint().unwrap();
            assert_eq!(Head { size: head.size, root: head.root }, disk.journal().head(), "and then it is");
            assert!(published_is_in_the_state(&disk, &ledger));
            ledger.shutdown();
        }
    }
}

/// How often the engine was opened again.
fn reopened(disk: &Disk) -> usize {
    disk.calls().iter().filter(|call| call.verb == "reopen").count()
}

/// More attempts than may fail when there is room.
const ATTEMPTS: usize = 6;

#[test]
fn reader_that_holds_a_view_while_the_index_catches_up_is_answered_and_does_not_end_the_ledger() {
    use std::sync::mpsc::channel;
    let disk = Disk::new();
    let ledger = open(&disk).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    let bytes = Author::new(ledger.id()).record(1);
    let ((ask, asked), (answer, answered)) = (channel::<()>(), channel::<()>());
    let (mut failed, mut first) = (false, true);
    disk.script(move |call| match call.verb {
        "apply" if !failed => {
            failed = true;
            Some(Fault::NotPersisted)
        }
        // other readers wait for this; one that holds a view must not
        "reopen" if std::mem::take(&mut first) => {
            ask.send(()).unwrap();
            answered.recv_timeout(std::time::Duration::from_secs(20)).expect("the reader waits for what waits for it");
            None
        }
        _ => None,
    });
    ledger.with_state(|state, _| {
        assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
        asked.recv().unwrap();
        assert!(ledger.evidence_file(state, &Hash32::of(b"blob")).unwrap().is_none());
        assert!(ledger.evidence_public(state, &Hash32::of(b"blob")).unwrap().is_none());
        answer.send(()).unwrap();
        // still held, for longer than what is damaged would be tried
        eventually(|| reopened(&disk) > ATTEMPTS);
        assert_eq!(ledger.failure(), None);
    });
    taken(&ledger, &bytes);
    ledger.shutdown();
}

#[test]
fn index_that_fails_on_a_disk_with_room_for_a_little_is_not_damaged() {
    let disk = Disk::new();
    let ledger = open(&disk).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    let bytes = Author::new(ledger.id()).record(1);
    disk.set_free(1 << 20);
    disk.script(|call| (call.verb == "apply").then_some(Fault::NotPersisted));
    assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
    eventually(|| reopened(&disk) > ATTEMPTS);
    assert_eq!(ledger.failure(), None);
    disk.heal();
    taken(&ledger, &bytes);
    ledger.shutdown();
}

#[test]
fn read_that_fails_while_the_index_catches_up_is_an_attempt_and_not_the_end() {
    let disk = Disk::new();
    let ledger = open(&disk).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    let bytes = Author::new(ledger.id()).record(1);
    let (damaged, mut failed) = (disk.clone(), false);
    disk.script(move |call| {
        let fails = call.verb == "apply" && !failed;
        failed |= fails;
        fails.then(|| damaged.damage_index(true)).map(|()| Fault::NotPersisted)
    });
    assert!(matches!(ledger.submit_blocking(bytes.clone()), Err(SubmitError::NoRoom)));
    eventually(|| ledger.failure().is_some() || reopened(&disk) >= 3);
    assert_eq!(ledger.failure(), None);
    disk.damage_index(false);
    taken(&ledger, &bytes);
    ledger.shutdown();
}

#[test]
fn ledger_that_closes_without_room_for_its_floor_starts_again() {
    let disk = Disk::new();
    let mut config = config();
    // each record in a frame of its own
    config.limits.batch_records = 1;
    let ledger = Ledger::assemble(stores(&disk), config, node_keys(), &options(&TestClock::at(NOW))).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    let records: Vec<Bytes> = (0..16).map(|n| numbered(ledger.id(), n)).collect();
    disk.script(|call| (call.verb == "raise").then_some(Fault::Refused));
    let appended = || disk.calls().iter().filter(|call| call.verb == "append").count();
    let before = appended();
    std::thread::scope(|scope| {
        let send = |bytes: &Bytes| {
            let (ledger, bytes) = (ledger.clone(), bytes.clone());
            scope.spawn(move || ledger.submit_blocking(bytes))
        };
        let senders: Vec<_> = records.iter().map(send).collect();
        // one or two that the floor waits for, one in the queue, one that the sequencer holds
        eventually(|| appended() - before >= 3 && ledger.stats().waiting == 16);
        ledger.shutdown();
        for sender in senders {
            assert!(matches!(sender.join().unwrap(), Err(SubmitError::Storage)));
        }
    });
    assert!(ledger.failure().unwrap().contains("floor"), "{:?}", ledger.failure());
    disk.heal();
    let ledger = open(&disk).unwrap();
    let answers = ledger.submit_many_blocking(records);
    let duplicates = answers.iter().filter(|answer| answer.as_ref().unwrap().duplicate).count();
    assert!((3..=4).contains(&duplicates), "{duplicates} frames above the floor");
    ledger.shutdown();
}

#[test]
fn nothing_is_acknowledged_before_the_floor_is_raised() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    disk.script(|call| (call.verb == "raise").then_some(Fault::Refused));
    let first = author.record(1);
    let (waiting, bytes) = (ledger.clone(), first.clone());
    let sender = std::thread::spawn(move || waiting.submit_blocking(bytes));
    eventually(|| disk.calls().iter().filter(|call| call.verb == "raise").count() >= 4);
    assert!(!sender.is_finished() && ledger.failure().is_none());
    assert!(disk.floor_at().unwrap().size < ledger.size());
    disk.heal();
    let ack = sender.join().unwrap().unwrap();
    assert_eq!(disk.floor_at(), Some(disk.journal().head()));
    // in doubt: the sender gets no acknowledgement
    for fault in [Fault::NotPersisted, Fault::Persisted] {
        let disk = Disk::new();
        let (ledger, _) = founded(&disk);
        disk.script(move |call| (call.verb == "raise").then_some(fault));
        assert!(matches!(ledger.submit_blocking(first.clone()), Err(SubmitError::Storage)));
        assert!(ledger.failure().is_some());
        ledger.shutdown();
        disk.heal();
        assert!(open(&disk).unwrap().submit_blocking(first.clone()).unwrap().duplicate);
    }
    ledger.shutdown();
    check(&disk, &[(first, ack)], None, "after the floor had no room");
}

#[test]
fn lost_frame_or_floor_is_refused_whatever_else_is_there() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    for n in 0..8 {
        ledger.submit_blocking(author.record(n)).unwrap();
    }
    settle(&ledger);
    ledger.shutdown();
    drop(ledger);
    let (whole, floor) = (disk.journal().head(), disk.floor_at());
    disk.set_floor(None);
    assert!(matches!(open(&disk).map(drop), Err(OpenError::Lost(Lost::NoFloor { .. }))));
    disk.set_floor(Some(Head { size: 1, root: disk.journal().head().root }));
    assert!(matches!(open(&disk).map(drop), Err(OpenError::Lost(Lost::Other { size: 1 }))));
    disk.set_floor(floor);
    // everything that was published and derived is lost: the floor is enough
    let log = disk.objects("log");
    for (name, _) in jejak::store::Objects::list(&log, "").unwrap() {
        jejak::store::Objects::forget(&log, &name).unwrap();
    }
    disk.index().wipe().unwrap();
    disk.lose_frames(6);
    match open(&disk).map(drop) {
        Err(OpenError::Lost(Lost::Tail { size, journal, .. })) => assert!(size == whole.size && journal < size),
        other => panic!("{other:?}"),
    }
}

#[test]
fn accepting_a_size_keeps_a_sound_index_when_only_the_floor_is_missing() {
    let disk = Disk::new();
    let ledger = open(&disk).unwrap();
    ledger.found(&init_options(), NOW).unwrap();
    ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
    let size = ledger.size();
    ledger.shutdown();
    drop(ledger);
    let accept = |size: u64| {
        let accepting = Options { accept_lost_tail: Some(size), ..options(&TestClock::at(NOW)) };
        Ledger::assemble(stores(&disk), config(), node_keys(), &accepting)
    };
    let wiped = || disk.calls().iter().filter(|call| call.verb == "wipe").count();
    disk.set_floor(None);
    let ledger = accept(size).unwrap();
    assert_eq!((wiped(), ledger.recovered().replayed), (0, 0), "{:?}", ledger.recovered());
    ledger.shutdown();
    drop(ledger);
    // an index that has what the journal lost is emptied, but not without room to fill it again
    for name in ["checkpoint", "history", "tile"] {
        let log = disk.objects("log");
        for (object, _) in jejak::store::Objects::list(&log, "").unwrap() {
            if object.starts_with(name) {
                jejak::store::Objects::forget(&log, &object).unwrap();
            }
        }
    }
    let frames = disk.calls().iter().filter(|call| call.verb == "append").count();
    disk.lose_frames(frames - 1);
    let size = disk.journal().head().size;
    disk.set_free(1 << 20);
    let refused = accept(size).map(drop).unwrap_err();
    assert!(refused.to_string().contains("no room to rebuild it"), "{refused}");
    assert_eq!(wiped(), 0);
    disk.set_free(u64::MAX);
    accept(size).unwrap().shutdown();
    assert_eq!(wiped(), 1);
}

#[test]
fn failed_publication_is_retried_while_records_are_accepted() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    settle(&ledger);
    let published = ledger.checkpoint().unwrap().size;
    // no room, or no file descriptor, for any of the objects, one after the other
    let refused = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = refused.clone();
    disk.script(move |call| {
        let publishing = matches!(call.verb, "put" | "publish");
        (publishing && counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 4 != 3).then_some(Fault::Refused)
    });
    for n in 0..20 {
        ledger.submit_blocking(author.record(n)).unwrap();
    }
    eventually(|| refused.load(std::sync::atomic::Ordering::SeqCst) >= 3);
    assert!(ledger.failure().is_none());
    disk.heal();
    settle(&ledger);
    assert!(ledger.failure().is_none());
    let head = ledger.checkpoint().unwrap();
    assert!(head.size > published && head.root == disk.journal().head().root);
    // counted down a moment after the checkpoint can be read
    eventually(|| ledger.stats().publish_failures == 0);
    ledger.shutdown();
    check(&disk, &[], Some(Head { size: head.size, root: head.root }), "after refusals");
}

#[test]
fn damaged_tile_is_rewritten_when_read() {
    let disk = Disk::new();
    let (ledger, mut author) = founded(&disk);
    assert!(ledger.submit_many_blocking(author.records(0..600)).iter().all(Result::is_ok));
    settle(&ledger);
    let log = disk.objects("log");
    let mut tile = jejak::store::Objects::get(&log, "tile/0/000").unwrap().unwrap().to_vec();
    tile[77] ^= 1;
    jejak::store::Objects::publish(&log, "tile/0/000", &tile).unwrap();
    assert!(ledger.inclusion(5).is_err());
    eventually(|| ledger.inclusion(5).is_ok());
    assert!(ledger.failure().is_none());
}

#[test]
fn damaged_index_row_stops_the_ledger_and_restart_rebuilds() {
    let disk = Disk::new();
    let (ledger, _) = founded(&disk);
    ledger.shutdown();
    drop(ledger);
    let ledger = open(&disk).unwrap();
    let party =
        |state: &dyn State, _: &dyn RecordSource| state.scan(Table::Party, Scan::default()).next().unwrap().map(drop);
    assert!(ledger.with_state(party).is_ok());
    disk.damage_index(true);
    assert!(ledger.with_state(party).is_err());
    assert!(ledger.failure().unwrap().contains("rebuilds the index"), "{:?}", ledger.failure());
    disk.damage_index(false);
}

#[test]
fn test_keys_are_deterministic() {
    assert_eq!(keys().nonce, keys().nonce);
}
