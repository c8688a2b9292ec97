//! Uploads: limits, quarantine, promotion, and failing disks.

use std::sync::atomic::{AtomicI64, Ordering};

use super::super::Uploader;
use super::*;
use crate::chain::Table;
use crate::chain::rows::{ProfileRow, profile_key};
use crate::chain::state::{Change, Written};
use crate::ledger::{Config, InitKeys, Keys, Limits, Options, Stores, WallClock, init::log_verifier, recover};
use crate::log::Frontier;
use crate::store::memory::Disk;

/// A clock that the test sets.
struct SetClock(AtomicI64);

impl WallClock for SetClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn open(disk: &Disk, clock: &Arc<SetClock>) -> Ledger {
    open_with(disk, clock, |_| {})
}

fn open_with(disk: &Disk, clock: &Arc<SetClock>, change: impl FnOnce(&mut Limits)) -> Ledger {
    let keys = InitKeys::from_seed(&[1; 32]);
    let mut limits = Limits { evidence_bytes: 100, quarantine_bytes: 150, quarantine_seconds: 60, ..Limits::default() };
    change(&mut limits);
    let config = Config {
        version: 1,
        origin: "ledger.example".into(),
        ledger: "urn:jejak:ledger:x".into(),
        log_key: log_verifier("ledger.example", &keys.log).unwrap().to_string(),
        operator: "urn:jejak:party:node".into(),
        public_url: "https://ledger.example".into(),
        limits,
        server: toml::Table::new(),
    };
    let stores = Stores {
        journal: Box::new(disk.journal()),
        floor: Box::new(disk.floor()),
        log: Arc::new(disk.objects("log")),
        objects: Arc::new(disk.objects("objects")),
        index: Arc::new(disk.index()),
        register: Arc::new(disk.register()),
    };
    let options = Options { clock: clock.clone(), ..Options::default() };
    Ledger::assemble(stores, config, Keys::new("ledger.example", keys.log, keys.operator), &options).unwrap()
}

const VILLAGE: &str = "urn:jejak:party:village";

/// As if an admitted record named the blob.
fn name(ledger: &Ledger, hash: &Hash32) {
    name_by(ledger, hash, VILLAGE, 1 << 20, Documents::default());
}

/// As if a record of `party` named the blob and stated its size, and the party had named so much in all.
fn name_by(ledger: &Ledger, hash: &Hash32, party: &str, bytes: u64, in_all: Documents) {
    let row = EvidenceRow { record: Hash32([0; 32]), public: None, bytes };
    let naming =
        Change { table: Table::Evidence, key: evidence_key(hash, party), value: Some(Written::row(Arc::new(row))) };
    let named =
        Change { table: Table::Named, key: party.as_bytes().to_vec(), value: Some(Written::row(Arc::new(in_all))) };
    ledger.inner.shared.index.apply(vec![naming, named], &Frontier::new()).unwrap();
}

/// The bytes that are served.
fn served(ledger: &Ledger, hash: &Hash32) -> Result<Option<Bytes>, EvidenceError> {
    let file = ledger.with_state(|state, _| ledger.evidence_file(state, hash))?;
    Ok(file.map(|file| ledger.stored_part(&file, 0, 1 << 20).unwrap()))
}

#[test]
fn only_what_a_record_names_is_served_and_uploads_wait_within_limits() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let (photo, other) = (vec![1; 100], vec![2; 80]);
    let (hash, second) = (Hash32::of(&photo), Hash32::of(&other));
    assert!(matches!(ledger.evidence_put(&second, &photo), Err(EvidenceError::Hash(named)) if named == hash));
    assert!(matches!(ledger.evidence_put(&Hash32::of(&[0; 101]), &[0; 101]), Err(EvidenceError::TooLarge(101, 100))));
    assert_eq!(ledger.evidence_put(&hash, &photo).unwrap(), UploadStatus::Quarantined);
    assert_eq!(ledger.evidence_put(&hash, &photo).unwrap(), UploadStatus::Quarantined, "safe to repeat");
    assert_eq!(served(&ledger, &hash).unwrap(), None, "nothing names it");
    assert!(matches!(ledger.evidence_put(&second, &other), Err(EvidenceError::Quota)));
    name(&ledger, &hash);
    assert_eq!(served(&ledger, &hash).unwrap().unwrap(), photo, "served from where it waits");
    ledger.inner.shared.profiles.quarantine.claim([hash].iter());
    ledger.inner.shared.profiles.quarantine.promote_claimed(&ledger.inner.shared);
    assert_eq!(served(&ledger, &hash).unwrap().unwrap(), photo);
    assert_eq!(
        ledger.evidence_put(&second, &other).unwrap(),
        UploadStatus::Quarantined,
        "the first one left quarantine"
    );
    drop(ledger);
    // uploads survive a restart, and their time runs out
    let ledger = open(&disk, &clock);
    clock.0.store(1_061, Ordering::SeqCst);
    let third = vec![3; 90];
    assert_eq!(ledger.evidence_put(&Hash32::of(&third), &third).unwrap(), UploadStatus::Quarantined);
    name(&ledger, &second);
    assert_eq!(served(&ledger, &second).unwrap(), None, "expired before a record named it");
    assert_eq!(ledger.evidence_put(&second, &other).unwrap(), UploadStatus::Named);
    assert_eq!(served(&ledger, &second).unwrap().unwrap(), other);
}

#[test]
fn a_damaged_blob_is_not_served_and_what_was_taken_down_stays_down() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"report");
    name(&ledger, &hash);
    ledger.evidence_put(&hash, b"report").unwrap();
    disk.objects("objects").publish(&evidence_path(&hash), b"reporT").unwrap();
    assert!(matches!(served(&ledger, &hash), Err(EvidenceError::Damaged(named)) if named == hash));
    assert_eq!(ledger.evidence_put(&hash, b"report").unwrap(), UploadStatus::Named, "uploading it again repairs it");
    assert_eq!(served(&ledger, &hash).unwrap().unwrap(), &b"report"[..]);
    ledger.evidence_take_down(&hash).unwrap();
    assert_eq!(served(&ledger, &hash).unwrap(), None);
    assert!(ledger.evidence_taken_down(&hash).unwrap());
    assert!(matches!(ledger.evidence_put(&hash, b"report"), Err(EvidenceError::TakenDown)));
}

#[test]
fn a_named_blob_never_expires_and_an_unnamed_one_does() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let put = |bytes: &[u8]| ledger.evidence_put(&Hash32::of(bytes), bytes);
    let (named, unnamed) = (Hash32::of(b"named"), Hash32::of(b"unnamed"));
    put(b"named").unwrap();
    put(b"unnamed").unwrap();
    // without a claim: the sequencer died before it made one
    name(&ledger, &named);
    clock.0.store(1_061, Ordering::SeqCst);
    put(b"another").unwrap();
    let waiting: Vec<String> = disk.objects("objects").list("quarantine").unwrap().into_iter().map(|n| n.0).collect();
    assert!(!waiting.iter().any(|name| name.ends_with(&unnamed.to_string())), "{waiting:?}");
    assert_eq!(served(&ledger, &named).unwrap().unwrap(), &b"named"[..]);
    ledger.shutdown();
    assert!(disk.objects("objects").get(&evidence_path(&named)).unwrap().is_some(), "shutdown moved it");
}

#[test]
fn a_failing_upload_is_refused_and_the_ledger_goes_on() {
    use crate::store::memory::Fault;
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"photo");
    disk.script(|call| (call.verb == "put").then_some(Fault::Refused));
    assert!(matches!(
        ledger.evidence_put(&hash, b"photo"),
        Err(EvidenceError::Object(ObjectError::Unavailable { .. }))
    ));
    disk.heal();
    disk.set_free(1 << 20);
    assert!(matches!(ledger.evidence_put(&hash, b"photo"), Err(EvidenceError::NoRoom)));
    disk.set_free(1 << 40);
    assert_eq!(ledger.evidence_put(&hash, b"photo").unwrap(), UploadStatus::Quarantined);
    assert!(ledger.failure().is_none());
    // a write in doubt ends the ledger
    disk.script(|call| (call.verb == "put").then_some(Fault::Persisted));
    name(&ledger, &hash);
    let shared = &ledger.inner.shared;
    shared.profiles.quarantine.claim([hash].iter());
    shared.profiles.quarantine.promote_claimed(shared);
    assert!(ledger.failure().is_some());
}

#[test]
fn no_upload_is_acknowledged_before_its_bytes_are_there() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"photo");
    // the first writer is held in the middle of its write
    let (hold, gate) = std::sync::mpsc::channel::<()>();
    let mut first = Some(gate);
    disk.script(move |call| {
        if let Some(gate) = (call.verb == "put").then(|| first.take()).flatten() {
            let _ = gate.recv();
            return Some(crate::store::memory::Fault::Refused);
        }
        None
    });
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| ledger.evidence_put(&hash, b"photo"));
        while !disk.calls().iter().any(|call| call.verb == "put") {
            std::thread::yield_now();
        }
        let second = scope.spawn(|| ledger.evidence_put(&hash, b"photo"));
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(!second.is_finished(), "acknowledged before the bytes are stored");
        drop(hold);
        assert!(slow.join().unwrap().is_err());
        assert_eq!(second.join().unwrap().unwrap(), UploadStatus::Quarantined);
    });
    assert!(!disk.objects("objects").list("quarantine").unwrap().is_empty());
}

/// Errors hold what caused them, which can't be compared: their texts can.
fn outcome_text<T>(outcome: Result<T, EvidenceError>) -> Result<T, String> {
    outcome.map_err(|error| error.to_string())
}

fn refusal<T>(error: EvidenceError) -> Result<T, String> {
    Err(error.to_string())
}

fn from(address: &str) -> Uploader {
    Uploader::Address(address.to_owned())
}

#[test]
fn upload_is_refused_before_a_byte_is_written_when_the_disk_is_short_of_bytes_or_files() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open_with(&disk, &clock, |limits| (limits.reserve_bytes, limits.reserve_files) = (1_000, 100));
    let hash = Hash32::of(b"photo");
    let (unsigned, signed) = (
        || outcome_text(ledger.evidence_put(&hash, b"photo")),
        || outcome_text(ledger.evidence_hand_in("urn:jejak:party:village", &hash, b"photo")),
    );
    let written = || disk.objects("objects").list("").unwrap().len();
    for (bytes, files, first, then) in [
        (1 << 40, 101, false, false),
        (1_004, 1 << 20, false, false),
        (2_004, 1 << 20, false, true),
        (1 << 40, 201, false, true),
        (1_005, 102, false, true),
        (2_005, 202, true, true),
    ] {
        disk.set_free(bytes);
        disk.set_free_files(files);
        let before = written();
        for (outcome, admitted) in [(unsigned(), first), (signed(), then)] {
            assert_eq!(outcome, if admitted { Ok(UploadStatus::Quarantined) } else { refusal(EvidenceError::NoRoom) });
        }
        assert!(then || written() == before, "nothing was written");
    }
    // what is on its way counts before it is on the disk
    let on_its_way = ledger.upload(Uploader::Node, &Hash32::of(b"slow"), Some(5)).unwrap();
    assert_eq!(unsigned(), refusal(EvidenceError::NoRoom));
    drop(on_its_way);
    assert_eq!(unsigned(), Ok(UploadStatus::Quarantined));
}

#[test]
fn slow_uploads_of_one_address_leave_turns_to_others() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open_with(&disk, &clock, |limits| (limits.quarantine_bytes, limits.uploads_open) = (1 << 20, 6));
    let begin = |by: Uploader| outcome_text(ledger.upload(by, &Hash32::of(b"slow"), Some(10)));
    let mut open: Vec<_> = (0..3).map(|_| begin(from("192.0.2.1")).unwrap()).collect();
    assert_eq!(begin(from("192.0.2.1")).err(), Some(EvidenceError::Share.to_string()));
    open.extend((0..2).map(|n| begin(from(&format!("192.0.2.{}", n + 2))).unwrap()));
    open.push(begin(from("192.0.2.9")).unwrap());
    assert_eq!(begin(from("192.0.2.10")).err(), Some(EvidenceError::Quota.to_string()));
    let signed = Uploader::Party { party: "urn:jejak:party:village".into(), sha256: [0; 32] };
    let signed: Vec<_> = (0..3).map(|_| begin(signed.clone()).unwrap()).collect();
    drop(open.drain(..1));
    assert!(begin(from("192.0.2.10")).is_ok());
    drop((open, signed));
    assert_eq!(disk.objects("objects").list("").unwrap(), [], "nothing is left of them");
    assert!((0..3).map(|_| begin(from("192.0.2.1"))).collect::<Vec<_>>().iter().all(Result::is_ok));
}

#[test]
fn signed_upload_has_its_own_room_also_after_a_restart_and_takes_over_an_unsigned_one() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let [first, second, third] = [1, 2, 3].map(|n| vec![n; 100]);
    let unsigned = |ledger: &Ledger, blob: &[u8]| outcome_text(ledger.evidence_put(&Hash32::of(blob), blob));
    let signed = |ledger: &Ledger, party: &str, blob: &[u8]| {
        outcome_text(ledger.evidence_hand_in(party, &Hash32::of(blob), blob))
    };
    assert_eq!(unsigned(&ledger, &first), Ok(UploadStatus::Quarantined));
    assert_eq!(unsigned(&ledger, &second), refusal(EvidenceError::Quota));
    assert_eq!(signed(&ledger, "urn:jejak:party:a", &first), Ok(UploadStatus::Quarantined));
    assert_eq!(unsigned(&ledger, &second), Ok(UploadStatus::Quarantined), "the first one is in the other room now");
    assert_eq!(signed(&ledger, "urn:jejak:party:b", &third), refusal(EvidenceError::Quota));
    // who sends again what waits needs no more room
    assert_eq!(unsigned(&ledger, &first), Ok(UploadStatus::Quarantined));
    assert_eq!(signed(&ledger, "urn:jejak:party:b", &first), Ok(UploadStatus::Quarantined));
    assert_eq!(signed(&ledger, "urn:jejak:party:b", &second), refusal(EvidenceError::Quota));
    ledger.shutdown();
    drop(ledger);
    let ledger = open(&disk, &clock);
    assert_eq!(unsigned(&ledger, &third), refusal(EvidenceError::Quota));
    assert_eq!(signed(&ledger, "urn:jejak:party:b", &third), refusal(EvidenceError::Quota));
    clock.0.store(1_061, Ordering::SeqCst);
    assert_eq!(unsigned(&ledger, &third), Ok(UploadStatus::Quarantined));
    assert_eq!(signed(&ledger, "urn:jejak:party:b", &second), Ok(UploadStatus::Quarantined));
    let names: Vec<String> = disk.objects("objects").list("").unwrap().into_iter().map(|(name, _)| name).collect();
    let wanted = [format!("handed-in/{}", Hash32::of(&second))];
    let notes: Vec<_> = names.iter().filter(|name| name.starts_with("handed-in/")).cloned().collect();
    assert_eq!(notes, wanted, "the note of an upload that expired goes with it");
}

#[test]
fn body_without_the_signed_digest_is_not_stored_and_its_party_not_noted() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let by = Uploader::Party { party: "urn:jejak:party:a".into(), sha256: [7; 32] };
    let mut upload = ledger.upload(by, &Hash32::of(b"photo"), None).unwrap();
    upload.write(b"pho").unwrap();
    upload.write(b"to").unwrap();
    assert_eq!(outcome_text(upload.finish()), refusal(EvidenceError::Digest));
    assert_eq!(disk.objects("objects").list("").unwrap(), []);
    let mut longer = ledger.upload(Uploader::Node, &Hash32::of(b"photo"), Some(3)).unwrap();
    assert_eq!(outcome_text(longer.write(b"photo")), refusal(EvidenceError::TooLarge(5, 3)), "longer than announced");
}

#[test]
fn upload_whose_note_fails_is_not_acknowledged_and_not_public() {
    use crate::store::memory::Fault;
    for fault in [Fault::Refused, Fault::NotPersisted, Fault::Persisted] {
        let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
        let ledger = open(&disk, &clock);
        let hash = Hash32::of(b"photo");
        disk.script(move |call| (call.verb == "publish" && call.path.starts_with("handed-in")).then_some(fault));
        assert!(ledger.evidence_hand_in("urn:jejak:party:a", &hash, b"photo").is_err());
        assert_eq!(ledger.failure().is_some(), fault != Fault::Refused);
        disk.heal();
        drop(ledger);
        let ledger = open(&disk, &clock);
        let noted = ledger.inner.shared.profiles.handed_in.parties(&hash).unwrap();
        assert_eq!(noted.len(), usize::from(fault == Fault::Persisted));
        assert_eq!(ledger.evidence_hand_in("urn:jejak:party:a", &hash, b"photo").unwrap(), UploadStatus::Quarantined);
        assert_eq!(ledger.inner.shared.profiles.handed_in.parties(&hash).unwrap().len(), 1);
    }
}

#[test]
fn blob_that_is_taken_down_while_it_is_uploaded_does_not_come_back() {
    for named in [false, true] {
        let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
        let ledger = open(&disk, &clock);
        let hash = Hash32::of(b"photo");
        if named {
            name(&ledger, &hash);
        }
        let taking_down = disk.clone();
        disk.script(move |call| {
            if call.verb == "put" {
                taking_down.set_object(&format!("objects/{}", taken_down_path(&hash)), b"");
            }
            None
        });
        let by = "urn:jejak:party:village";
        assert_eq!(outcome_text(ledger.evidence_hand_in(by, &hash, b"photo")), refusal(EvidenceError::TakenDown));
        let left = disk.objects("objects").list("").unwrap();
        assert_eq!(left, [(taken_down_path(&hash), 0)], "named: {named}");
        assert_eq!(ledger.failure(), None);
    }
}

#[test]
fn blob_that_is_taken_down_while_it_leaves_quarantine_does_not_come_back() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"photo");
    ledger.evidence_put(&hash, b"photo").unwrap();
    name(&ledger, &hash);
    let taking_down = disk.clone();
    disk.script(move |call| {
        if call.verb == "put" && call.path.starts_with("evidence/") {
            taking_down.set_object(&format!("objects/{}", taken_down_path(&hash)), b"");
        }
        None
    });
    let shared = &ledger.inner.shared;
    shared.profiles.quarantine.promote(shared, &hash).unwrap();
    assert_eq!(disk.objects("objects").list("").unwrap(), [(taken_down_path(&hash), 0)]);
}

/// Rows in which nothing is named; an upload comes again while they are read.
struct Renewing<'a>(&'a dyn Fn());

impl State for Renewing<'_> {
    fn get(&self, _: Table, _: &[u8]) -> Result<Option<Bytes>, StateError> {
        (self.0)();
        Ok(None)
    }

    fn scan(&self, _: Table, _: crate::chain::state::Scan<'_>) -> crate::chain::state::RowIter<'_> {
        (self.0)();
        Box::new(std::iter::empty())
    }
}

#[test]
fn upload_that_comes_again_while_it_expires_keeps_its_acknowledged_note() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let (by, hash) = ("urn:jejak:party:village", Hash32::of(b"photo"));
    let hand_in = || ledger.evidence_hand_in(by, &hash, b"photo").unwrap();
    hand_in();
    clock.0.store(1_061, Ordering::SeqCst);
    let again = || assert_eq!(hand_in(), UploadStatus::Quarantined);
    let shared = &ledger.inner.shared;
    let profiles = &shared.profiles;
    profiles.quarantine.expire(&*shared.objects, &profiles.handed_in, 1_001, &Renewing(&again)).unwrap();
    assert!(profiles.handed_in.parties(&hash).unwrap().contains(by));
    assert_eq!(profiles.quarantine.get(&*shared.objects, &hash).unwrap().unwrap(), &b"photo"[..]);
    // and goes with its note once its time is up
    profiles.quarantine.expire(&*shared.objects, &profiles.handed_in, 1_062, &Renewing(&|| ())).unwrap();
    assert!(profiles.handed_in.parties(&hash).unwrap().is_empty());
    assert_eq!(disk.objects("objects").list("").unwrap(), []);
}

#[test]
fn note_that_is_not_removed_keeps_the_upload_until_it_is() {
    use crate::store::memory::Fault;
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"photo");
    ledger.evidence_hand_in("urn:jejak:party:village", &hash, b"photo").unwrap();
    let shared = &ledger.inner.shared;
    let profiles = &shared.profiles;
    let expire = || profiles.quarantine.expire(&*shared.objects, &profiles.handed_in, 2_000, &shared.index).unwrap();
    disk.script(|call| (call.verb == "forget" && call.path.starts_with("handed-in/")).then_some(Fault::Refused));
    expire();
    assert_eq!(disk.objects("objects").list("").unwrap().len(), 2, "the blob and its note");
    disk.heal();
    expire();
    assert_eq!(disk.objects("objects").list("").unwrap(), []);
}

#[test]
fn upload_that_finds_no_slot_after_it_was_written_leaves_no_file() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let hash = Hash32::of(b"photo");
    let shared = Arc::downgrade(&ledger.inner.shared);
    disk.script(move |call| {
        if call.verb == "put" {
            shared.upgrade().unwrap().profiles.quarantine.use_up_slots();
        }
        None
    });
    assert_eq!(outcome_text(ledger.evidence_put(&hash, b"photo")), refusal(EvidenceError::Quota));
    assert_eq!(disk.objects("objects").list("").unwrap(), []);
}

#[test]
fn blob_that_is_larger_than_its_naming_states_is_not_kept_for_good() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let (early, late) = (Hash32::of(b"larger"), Hash32::of(b"as large"));
    // before and after the record that names it, which states one byte
    ledger.evidence_put(&early, b"larger").unwrap();
    for hash in [&early, &late] {
        name_by(&ledger, hash, VILLAGE, 1, Documents::default());
    }
    let shared = &ledger.inner.shared;
    let promote = || {
        shared.profiles.quarantine.claim([early, late].iter());
        shared.profiles.quarantine.promote_claimed(shared);
        disk.objects("objects").list("evidence").unwrap().len()
    };
    assert_eq!(ledger.evidence_put(&late, b"as large").unwrap(), UploadStatus::Quarantined);
    assert_eq!(promote(), 0);
    // another party states it right
    name_by(&ledger, &late, "urn:jejak:party:mill", 8, Documents::default());
    assert_eq!(promote(), 1);
    clock.0.store(1_061, Ordering::SeqCst);
    ledger.evidence_put(&Hash32::of(b"x"), b"x").unwrap();
    assert_eq!(served(&ledger, &early).unwrap(), None, "its time is up");
    assert_eq!(served(&ledger, &late).unwrap().unwrap(), &b"as large"[..]);
}

#[test]
fn party_that_named_more_than_is_left_on_the_disk_leaves_it_to_others() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let reserve = |limits: &mut Limits| (limits.reserve_bytes, limits.reserve_files) = (1_000, 100);
    let ledger = open_with(&disk, &clock, reserve);
    let (large, small) = (Hash32::of(b"of the large"), Hash32::of(b"of the small"));
    let (much, little) = (Documents { files: 9, bytes: 5_000 }, Documents { files: 1, bytes: 100 });
    ledger.evidence_put(&large, b"of the large").unwrap();
    name_by(&ledger, &large, VILLAGE, 12, much);
    name_by(&ledger, &small, "urn:jejak:party:mill", 12, little);
    let shared = &ledger.inner.shared;
    let promoted = || {
        shared.profiles.quarantine.claim([large].iter());
        shared.profiles.quarantine.promote_claimed(shared);
        disk.objects("objects").get(&evidence_path(&large)).unwrap().is_some()
    };
    // 4,000 beyond the reserve are less than the large one has named, and more than the small one has
    disk.set_free(5_000);
    let again = |hash: &Hash32, blob: &[u8]| outcome_text(ledger.evidence_put(hash, blob));
    assert_eq!(again(&large, b"of the large"), refusal(EvidenceError::NoRoom));
    assert!(!promoted());
    assert_eq!(again(&small, b"of the small"), Ok(UploadStatus::Named));
    // it waits, and is kept when there is room
    clock.0.store(1_061, Ordering::SeqCst);
    disk.set_free_files(105);
    again(&Hash32::of(b"x"), b"x").unwrap_err();
    assert!(!promoted());
    disk.set_free(1 << 20);
    assert!(!promoted(), "as files count too");
    disk.set_free_files(1 << 20);
    assert!(promoted());
}

#[test]
fn blob_that_is_stored_as_evidence_stays_whatever_is_stated_of_it_and_however_full_the_disk_is() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let reserve = |limits: &mut Limits| (limits.reserve_bytes, limits.reserve_files) = (1_000, 100);
    let ledger = open_with(&disk, &clock, reserve);
    let hash = Hash32::of(b"photo");
    name(&ledger, &hash);
    assert_eq!(ledger.evidence_put(&hash, b"photo").unwrap(), UploadStatus::Named);
    // a smaller size is stated now; then its party has named more than is left
    for (stated, in_all) in [(1, 0), (5, 50_000)] {
        name_by(&ledger, &hash, VILLAGE, stated, Documents { files: 9, bytes: in_all });
        disk.set_free(5_000);
        assert_eq!(outcome_text(ledger.evidence_put(&hash, b"photo")), Ok(UploadStatus::Named), "{stated}");
        assert_eq!(disk.objects("objects").list("quarantine").unwrap(), []);
    }
}

#[test]
fn upload_of_unknown_length_has_the_room_of_named_blobs_if_it_is_as_large_as_stated() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let ledger = open(&disk, &clock);
    let waiting = vec![1; 100];
    assert_eq!(ledger.evidence_put(&Hash32::of(&waiting), &waiting).unwrap(), UploadStatus::Quarantined);
    let send = |blob: &[u8]| -> Result<UploadStatus, EvidenceError> {
        let mut upload = ledger.upload(Uploader::Node, &Hash32::of(blob), None)?;
        upload.write(blob)?;
        upload.finish()
    };
    // 50 of 150 bytes are left for what no record names, and an upload of unknown length may have 100
    assert_eq!(outcome_text(send(b"unnamed")), refusal(EvidenceError::Quota));
    name(&ledger, &Hash32::of(b"photo"));
    assert_eq!(outcome_text(send(b"photo")), Ok(UploadStatus::Named));
    // one that is larger than its record states waits with those that no record names, if there is room
    let (too_large, fits) = (vec![2; 51], vec![3; 50]);
    for (blob, outcome) in [(&too_large, refusal(EvidenceError::Quota)), (&fits, Ok(UploadStatus::Quarantined))] {
        name_by(&ledger, &Hash32::of(blob), VILLAGE, 49, Documents::default());
        assert_eq!(outcome_text(send(blob)), outcome, "{} bytes", blob.len());
    }
}

/// As if the authority had put a profile with these bytes in force.
fn enact(ledger: &Ledger, blake3: Hash32) {
    let row = ProfileRow { record: Hash32([0; 32]), index: 0, blake3, from: 0, until: None };
    let value = Some(Written::row(Arc::new(row)));
    let enacted = Change { table: Table::Profile, key: profile_key("oil", "1"), value };
    ledger.inner.shared.index.apply(vec![enacted], &Frontier::new()).unwrap();
}

#[test]
fn profile_that_was_lost_and_is_uploaded_again_leaves_the_quarantine() {
    let (disk, clock) = (Disk::new(), Arc::new(SetClock(AtomicI64::new(1_000))));
    let bytes = &crate::quality::builtin()[0].bytes[..];
    let (hash, objects) = (Hash32::of(bytes), disk.objects("objects"));
    let open = || {
        let ledger = open_with(&disk, &clock, |l| (l.evidence_bytes, l.quarantine_bytes) = (1 << 20, 1 << 20));
        enact(&ledger, hash);
        ledger
    };
    let start = |ledger: &Ledger| {
        let shared = &ledger.inner.shared;
        recover::replay(&*shared.journal, &shared.index, &mut Frontier::new(), &shared.profiles, &|_, _| {}).map(drop)
    };
    let kept = || {
        let stored = objects.get(&profile_path(&hash)).unwrap();
        stored.is_some_and(|stored| stored[..] == *bytes) && objects.list("quarantine").unwrap().is_empty()
    };
    for (damaged, by_reader) in [(false, false), (false, true), (true, false), (true, true)] {
        objects.forget(&profile_path(&hash)).unwrap();
        if damaged {
            objects.put(&profile_path(&hash), b"{}").unwrap();
        }
        let ledger = open();
        assert!(start(&ledger).is_err() && ledger.profile(&hash).is_none());
        assert_eq!(ledger.evidence_put(&hash, bytes).unwrap(), UploadStatus::Quarantined);
        if by_reader {
            assert!(ledger.profile(&hash).is_some());
        } else {
            start(&ledger).unwrap();
        }
        assert!(kept(), "damaged: {damaged}, found by a reader: {by_reader}");
    }
    // lost while it is in memory, so that no reader looks for it
    let ledger = open();
    assert!(ledger.profile(&hash).is_some());
    objects.forget(&profile_path(&hash)).unwrap();
    assert_eq!(ledger.evidence_hand_in(VILLAGE, &hash, bytes).unwrap(), UploadStatus::Named);
    assert!(kept() && ledger.inner.shared.profiles.handed_in.parties(&hash).unwrap().is_empty());
}
