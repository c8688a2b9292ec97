//! The ledger's public interface: group commit, order, duplicates, refusals, limits, publication, records that a replay voids.

use std::time::Duration;

use crate::common::{
    AUTHORITY, Author, NOW, TestClock, config, healthy, init, init_options, keys, node_keys, numbered, options, party,
    settle, stores,
};
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jejak::chain::state::Scan;
use jejak::chain::{Broken, Rule, Table};
use jejak::ledger::{Ledger, SubmitError, history, reindex, sign};
use jejak::log::merkle::{Frontier, consistency_verify, leaf_hash};
use jejak::log::receipt::Receipt;
use jejak::log::{Checkpoint, bundle};
use jejak::record::registry::{Key, Purpose, Role};
use jejak::record::{Hash32, PublicKey, RecordError, Statement, key};
use jejak::store::memory::Disk;
use jejak::store::{Frame, Head, Index, Journal};

fn open_with(disk: &Disk, queue: usize) -> Ledger {
    let mut config = config();
    config.limits.queue = queue;
    Ledger::assemble(stores(disk), config, node_keys(), &options(&TestClock::at(NOW))).unwrap()
}

fn founded(disk: &Disk) -> Ledger {
    let ledger = open_with(disk, 4_096);
    ledger.found(&init_options(), NOW).unwrap();
    ledger
}

#[test]
fn concurrent_senders_share_frames_and_get_distinct_indexes() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let before = disk.calls().iter().filter(|call| call.verb == "append").count();
    let acks: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..8u64)
            .map(|sender| {
                let ledger = ledger.clone();
                scope.spawn(move || {
                    (0..25)
                        .map(|n| ledger.submit_blocking(numbered(ledger.id(), sender * 25 + n)).unwrap())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    let mut indices: Vec<u64> = acks.iter().map(|ack| ack.index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), 200);
    assert_eq!(*indices.last().unwrap() + 1, ledger.size());
    let frames = disk.calls().iter().filter(|call| call.verb == "append").count() - before;
    assert!(frames <= 200, "{frames}");
    settle(&ledger);
    assert_eq!(ledger.checkpoint().unwrap().root, disk.journal().head().root);
}

#[test]
fn long_reader_sees_one_snapshot_and_blocks_no_writer() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let parties = |state: &dyn jejak::chain::State| state.scan(Table::Party, Scan::default()).count();
    ledger.with_state(|state, _| {
        let before = parties(state);
        for n in 0..60 {
            ledger.submit_blocking(numbered(ledger.id(), n)).unwrap();
        }
        assert_eq!(parties(state), before);
        // the same thread may ask anew
        assert_eq!(ledger.with_state(|now, _| parties(now)), before + 60);
    });
    settle(&ledger);
    ledger.shutdown();
}

#[test]
fn refused_record_in_a_batch_keeps_the_others_in_order() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let member = SigningKey::from_bytes(&[42; 32]);
    let uri = "urn:jejak:party:region-one";
    let mut author = Author::new(ledger.id());
    let admin = keys().authority[1].clone();
    let mut state = |statement: Statement| -> Bytes {
        let seq = author.next;
        author.next += 1;
        sign::statement(&admin, AUTHORITY, ledger.id(), NOW, seq, &statement).unwrap().into()
    };
    let key = Statement::Key(Key {
        party: uri.into(),
        key: PublicKey(member.verifying_key().to_bytes()),
        purpose: Purpose::Admin,
        possession: jejak::record::prove_possession(&member, ledger.id(), uri, Purpose::Admin),
        label: None,
    });
    // the key depends on the party before it, the last on nothing; between them one for another ledger, one damaged, one twice
    let party_record = state(Statement::Party(party(uri, "Region one", &[Role::Buyer])));
    let foreign = sign::statement(&admin, AUTHORITY, "urn:jejak:ledger:other", NOW, 90, &key).unwrap();
    let key_record = state(key);
    let mut damaged = key_record.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    let last = state(Statement::Party(party("urn:jejak:party:last", "Last", &[Role::Buyer])));
    let all = vec![party_record.clone(), foreign.into(), damaged.into(), key_record, party_record, last];
    let answers = ledger.submit_many_blocking(all);
    let first = answers[0].clone().unwrap();
    assert!(
        matches!(&answers[1], Err(SubmitError::Rejected(rejection)) if rejection.rule == Rule::WrongLedger),
        "{answers:?}"
    );
    assert!(matches!(answers[2], Err(SubmitError::Record(RecordError::Signature))));
    assert_eq!(answers[3].clone().unwrap().index, first.index + 1);
    let again = answers[4].clone().unwrap();
    assert!(again.duplicate && again.index == first.index && again.id == first.id, "{again:?}");
    assert_eq!(answers[5].clone().unwrap().index, first.index + 2);
}

#[test]
fn full_queue_and_closed_ledger_refuse_records() {
    let disk = Disk::new();
    drop(founded(&disk));
    let ledger = open_with(&disk, 2);
    // the writer is blocked, so that records queue
    let (hold, gate) = std::sync::mpsc::channel::<()>();
    disk.script(move |call| {
        if call.verb == "append" {
            let _ = gate.recv();
        }
        None
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let submit = |n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.submit(numbered(ledger.id(), n)).await })
        };
        let waiting: Vec<_> = (0..2).map(submit).collect();
        let both = async {
            while ledger.waiting() < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
        assert!(matches!(ledger.submit(numbered(ledger.id(), 7)).await, Err(SubmitError::Busy)));
        drop(hold);
        for answer in waiting {
            assert!(answer.await.unwrap().is_ok());
        }
        assert!(ledger.submit(numbered(ledger.id(), 7)).await.is_ok());
    });
    ledger.shutdown();
    assert!(matches!(ledger.submit_blocking(numbered(ledger.id(), 8)), Err(SubmitError::Closed)));
    assert!(ledger.submit_many_blocking(vec![numbered(ledger.id(), 8)])[0].is_err());
}

#[test]
fn shutdown_answers_pending_submissions() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..40u64)
            .map(|n| {
                let ledger = ledger.clone();
                scope.spawn(move || (n, ledger.submit_blocking(numbered(ledger.id(), n))))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(3));
        ledger.shutdown();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    let ledger = open_with(&disk, 4_096);
    for (n, answer) in answers {
        match answer {
            Ok(ack) => assert_eq!(ledger.entry(ack.index).unwrap().unwrap(), numbered(ledger.id(), n)),
            Err(error) => assert!(matches!(error, SubmitError::Closed), "{error}"),
        }
    }
    assert_eq!(ledger.recovered().replayed, 0, "a clean stop leaves the index complete");
    assert_eq!(ledger.checkpoint().unwrap().size, ledger.size(), "and everything published");
}

#[test]
fn every_published_entry_has_an_inclusion_proof() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let tile = |path: &str| {
        let file = ledger.tile_file(path).unwrap()?;
        Some(ledger.stored_part(&file, 0, 1 << 20).unwrap())
    };
    assert_eq!(tile("tile/0/000"), None);
    // beyond one full tile, so that partials are superseded
    for part in 0..3u64 {
        let records = (part * 100..part * 100 + 100).map(|n| numbered(ledger.id(), n)).collect();
        assert!(ledger.submit_many_blocking(records).iter().all(Result::is_ok));
        settle(&ledger);
    }
    let log = ledger.verifier().unwrap();
    let head = ledger.checkpoint().unwrap();
    let (at, _) = Checkpoint::open(&head.note, &log).unwrap();
    assert_eq!((at.size, at.root), (head.size, head.root));
    let stats = ledger.stats();
    assert_eq!((stats.size, stats.published, stats.waiting), (head.size, head.size, 0));
    assert!(stats.batches >= 3);
    let mut tree = Frontier::new();
    for index in 0..head.size {
        let entry = ledger.entry(index).unwrap().unwrap();
        tree.push(leaf_hash(&entry));
        if index % 37 == 0 {
            assert!(ledger.inclusion(index).unwrap().is_some());
            let receipt = Receipt::decode(&ledger.receipt_cose(index).unwrap().unwrap()).unwrap();
            let included = receipt.verify(&entry, log.public_key()).unwrap();
            assert_eq!((included.index, included.size, included.root), (index, at.size, at.root));
            assert_eq!(receipt.iss.as_deref(), Some(at.origin.as_str()));
        }
    }
    assert_eq!(tree.root(), head.root);
    assert!(ledger.inclusion(head.size).unwrap().is_none());
    let full = tile("tile/entries/000").unwrap();
    assert_eq!(bundle::decode(&full).unwrap().len(), 256);
    assert_eq!(tile("tile/0/000").unwrap().len(), 256 * 32);
    let partials = stores(&disk).log.list("tile/0/000.p").unwrap();
    assert!(partials.is_empty(), "superseded: {partials:?}");
    for odd in ["../config.toml", "history/000000", "tile/0/999", "tile/entries/001.p/255", "", "keys/log.pem"] {
        assert_eq!(tile(odd), None, "{odd}");
    }
    // every head of the history is signed and consistent with the latest
    let history = history::read(&*stores(&disk).log).unwrap();
    assert!(history.len() >= 3);
    for line in &history {
        line.verify(&log).unwrap();
        let (now, path) = ledger.consistency(line.size).unwrap().unwrap();
        consistency_verify(line.size, now.size, &path, &line.root, &now.root).unwrap();
    }
    assert_eq!(history.last().unwrap().size, head.size);
    assert!(history.windows(2).all(|pair| pair[0].size < pair[1].size));
}

#[test]
fn receipt_waits_for_a_checkpoint_and_one_leaf_gets_none() {
    let disk = Disk::new();
    let ledger = open_with(&disk, 4_096);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // entry 0 alone
    let init = init_options();
    let mut authority = init.authority.clone();
    authority.nonce = Some(data_encoding::HEXLOWER.encode(&init.keys.nonce));
    let authority_key = PublicKey(init.keys.successor.verifying_key().to_bytes());
    authority.successor = Some(key::successor_commitment(&authority_key));
    let signer = &init.keys.authority[0];
    let founding = sign::statement(signer, AUTHORITY, ledger.id(), NOW, 1, &Statement::Party(authority)).unwrap();
    let ack = ledger.submit_blocking(founding.into()).unwrap();
    assert_eq!((ack.index, ack.clock), (0, 0));
    assert!(!runtime.block_on(ledger.wait_published(0, Duration::from_millis(80))));
    assert!(ledger.checkpoint().is_none() && ledger.receipt_cose(0).unwrap().is_none());
    let second = sign::statement(
        signer,
        AUTHORITY,
        ledger.id(),
        NOW,
        2,
        &Statement::Party(party("urn:jejak:party:two", "Two", &[Role::Buyer])),
    );
    let ack = ledger.submit_blocking(second.unwrap().into()).unwrap();
    assert!(runtime.block_on(ledger.wait_published(ack.index, Duration::from_secs(10))));
    assert!(ledger.inclusion(0).unwrap().is_some());
}

#[test]
fn replay_marks_records_that_break_a_rule_as_void() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
    ledger.shutdown();
    // a malicious operator appends two entries without applying the rules: for another ledger, and no record at all
    let mut tree = Frontier::new();
    let journal = disk.journal();
    let size = journal.head().size;
    for index in 0..size {
        tree.push(leaf_hash(journal.frame(index).unwrap().unwrap().entry(index).unwrap()));
    }
    let foreign = sign::statement(
        &keys().authority[1],
        AUTHORITY,
        "urn:jejak:ledger:other",
        NOW,
        50,
        &Statement::Party(party("urn:jejak:party:evil", "Evil", &[Role::Buyer])),
    );
    let entries = vec![Bytes::from(foreign.unwrap()), Bytes::from_static(b"no record")];
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    let head = Head { size: tree.size(), root: tree.root() };
    journal.append(size, &Frame { first: size, head, entries }).unwrap();
    let ledger = open_with(&disk, 4_096);
    let shown: Vec<_> = ledger.recovered().voids.iter().map(|void| (void.index, void.rule)).collect();
    assert_eq!(shown, [(size, Broken::Rule(Rule::WrongLedger)), (size + 1, Broken::Form)]);
    let evil = ledger.with_state(|state, _| state.get(Table::Party, b"urn:jejak:party:evil"));
    assert!(evil.unwrap().is_none());
    let ack = ledger.submit_blocking(numbered(ledger.id(), 2)).unwrap();
    assert_eq!(ack.index, size + 2, "the log goes on");
    ledger.shutdown();
    let kept = disk.index().cursor().unwrap();
    disk.index().wipe().unwrap();
    let ledger = open_with(&disk, 4_096);
    assert_eq!(ledger.recovered().voids.len(), 2);
    ledger.shutdown();
    assert_eq!(disk.index().cursor().unwrap(), kept);
}

#[test]
fn reindex_reproduces_the_index_and_init_runs_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let clock = TestClock::at(NOW);
    let made = init(&path, &clock);
    assert!(made.size > 7 && made.ledger.starts_with("urn:jejak:ledger:"));
    assert!(Ledger::init(&path, &init_options(), &options(&clock)).is_err(), "not twice");
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    assert!(ledger.recovered().rebuilt.is_none() && ledger.recovered().replayed == 0);
    let ack = ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
    ledger.shutdown();
    drop(ledger);
    let recovered = reindex(&path).unwrap();
    assert_eq!(recovered.replayed, ack.index + 1);
    assert!(recovered.voids.is_empty());
    healthy(&path);
    for secret in ["keys/log.pem", "keys/operator.pem", "keys/credential"] {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path.join(secret)).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{secret}");
    }
    let text = std::fs::read_to_string(path.join("keys/log.pem")).unwrap();
    assert!(text.contains("ENCRYPTED"));
}

#[test]
fn profile_is_mandatory_once_the_authority_enacts_it() {
    let disk = Disk::new();
    let ledger = founded(&disk);
    let shipped = &jejak::quality::builtin()[0];
    let text = std::str::from_utf8(&shipped.bytes).unwrap();
    let next = text.replacen(&format!("\"{}\"", shipped.profile.version), "\"9999\"", 1).into_bytes();
    assert_ne!(next, *shipped.bytes);
    let blake3 = Hash32::of(&next);
    let statement = Statement::Profile(jejak::record::registry::Profile {
        id: shipped.profile.id.clone(),
        version: "9999".into(),
        blake3,
        bytes: next.len() as u64,
        from: NOW,
        until: None,
    });
    let signed =
        |seq| Bytes::from(sign::statement(&keys().authority[1], AUTHORITY, ledger.id(), NOW, seq, &statement).unwrap());
    assert!(ledger.submit_blocking(signed(1)).is_err(), "its bytes are not there");
    ledger.evidence_put(&blake3, &next).unwrap();
    ledger.submit_blocking(signed(2)).unwrap();
    assert_eq!(ledger.profile_bytes(&blake3).unwrap().unwrap(), next);
    assert!(ledger.profile(&blake3).is_some());
    assert!(stores(&disk).objects.list("quarantine").unwrap().is_empty(), "it moved out of quarantine");
}
