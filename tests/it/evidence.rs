//! Evidence files: a file named by an admitted record is kept, whatever its access level and whether or not it is requested.

use crate::common::{
    AUTHORITY, NOW, TestClock, config, eventually, init_options, keys, node_keys, options, party, stores, village,
};
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jejak::epcis::EventBuilder;
use jejak::gs1::LotId;
use jejak::ledger::{Ledger, sign};
use jejak::record::registry::{Key, Names, Purpose, Role};
use jejak::record::{self, ContentType, Hash32, PublicKey, SignerClaims, Statement, prove_possession};
use jejak::store::Objects;
use jejak::store::memory::Disk;

const VILLAGE: &str = "urn:jejak:party:village";
const GTIN: &str = "09521321001015";

fn open(disk: &Disk, clock: &TestClock) -> Ledger {
    let mut config = config();
    config.limits.quarantine_seconds = 60;
    Ledger::assemble(stores(disk), config, node_keys(), &options(clock)).unwrap()
}

/// A ledger with a village that may harvest.
fn world(disk: &Disk, clock: &TestClock) -> (Ledger, SigningKey) {
    let ledger = open(disk, clock);
    let mut init = init_options();
    init.authority.prefixes = vec!["9521321".into()];
    ledger.found(&init, NOW).unwrap();
    let village = SigningKey::from_bytes(&[9; 32]);
    let statements = [
        Statement::Party(party(VILLAGE, "Village", &[Role::Producer])),
        Statement::Key(Key {
            party: VILLAGE.into(),
            key: PublicKey(village.verifying_key().to_bytes()),
            purpose: Purpose::Admin,
            possession: prove_possession(&village, ledger.id(), VILLAGE, Purpose::Admin),
            label: None,
        }),
        Statement::Product(village::product(GTIN, Names::english("Leaf"), VILLAGE)),
    ];
    for (seq, statement) in (1..).zip(statements) {
        let signed = sign::statement(&keys().authority[1], AUTHORITY, ledger.id(), NOW, seq, &statement).unwrap();
        ledger.submit_blocking(signed.into()).unwrap();
    }
    (ledger, village)
}

/// A harvest that names `blob`.
fn harvest(ledger: &Ledger, village: &SigningKey, blob: &[u8], access: &str) -> Bytes {
    let lot = LotId { gtin: GTIN.parse().unwrap(), lot: "DAUN-1".parse().unwrap() };
    let event =
        EventBuilder::new("ObjectEvent", "urn:uuid:0193a1b2-7c3d-7e4f-8a5b-000000000001", "2026-09-20T16:20:00+08:00")
            .act("ADD", "commissioning")
            .quantity("quantityList", &lot.uri(), "1000", "KGM")
            .set("ilmd", serde_json::json!({ "jejak:harvestStart": "2026-09-18", "jejak:harvestEnd": "2026-09-20" }))
            .set(
                "jejak:evidence",
                serde_json::json!([{
                    "jejak:blake3": Hash32::of(blob).to_string(), "jejak:mediaType": "image/jpeg",
                    "jejak:bytes": blob.len(), "jejak:documentType": "photo", "jejak:title": "Harvest",
                    "jejak:access": access,
                }]),
            );
    let claims = SignerClaims { iss: VILLAGE, aud: ledger.id(), iat: NOW, seq: 1, seen: None };
    record::sign(village, &claims, ContentType::Event, event.build().as_bytes()).unwrap().into()
}

#[test]
fn evidence_named_by_a_record_outlives_quarantine_unread() {
    for access in ["public", "restricted"] {
        let (disk, clock) = (Disk::new(), TestClock::at(NOW));
        let (ledger, village) = world(&disk, &clock);
        let (named, unnamed) = (b"a photo".as_slice(), b"never named".as_slice());
        for blob in [named, unnamed] {
            ledger.evidence_put(&Hash32::of(blob), blob).unwrap();
        }
        ledger.submit_blocking(harvest(&ledger, &village, named, access)).unwrap();
        let objects = disk.objects("objects");
        let place = format!("evidence/{}", Hash32::of(named));
        // moved out of quarantine
        eventually(|| objects.get(&place).unwrap().is_some());
        clock.pass(61);
        ledger.evidence_put(&Hash32::of(b"later"), b"later").unwrap();
        assert_eq!(objects.get(&place).unwrap().unwrap(), named);
        let waiting = objects.list("quarantine").unwrap();
        assert!(waiting.len() == 1 && waiting[0].0.ends_with(&Hash32::of(b"later").to_string()), "{waiting:?}");
        ledger.shutdown();
    }
}

#[test]
fn restart_after_crash_finds_quarantined_uploads() {
    let (disk, clock) = (Disk::new(), TestClock::at(NOW));
    let (ledger, village) = world(&disk, &clock);
    let blob = b"a photo".as_slice();
    ledger.submit_blocking(harvest(&ledger, &village, blob, "restricted")).unwrap();
    ledger.shutdown();
    drop(ledger);
    // as if the process had died between the frame and the promotion
    let objects = disk.objects("objects");
    objects.put(&format!("quarantine/{}", Hash32::of(blob)), blob).unwrap();
    clock.pass(1_000);
    let ledger = open(&disk, &clock);
    ledger.evidence_put(&Hash32::of(b"later"), b"later").unwrap();
    ledger.shutdown();
    assert_eq!(objects.get(&format!("evidence/{}", Hash32::of(blob))).unwrap().unwrap(), blob);
}

#[test]
fn who_handed_in_a_blob_outlives_restart_and_rebuild_and_a_lost_or_damaged_note_is_not_public() {
    let (disk, clock) = (Disk::new(), TestClock::at(NOW));
    let (ledger, village) = world(&disk, &clock);
    let blob = b"a photo".as_slice();
    let hash = Hash32::of(blob);
    let public =
        |ledger: &Ledger| ledger.with_state(|state, _| ledger.evidence_public(state, &hash).unwrap().is_some());
    ledger.submit_blocking(harvest(&ledger, &village, blob, "public")).unwrap();
    ledger.evidence_put(&hash, blob).unwrap();
    assert!(!public(&ledger), "uploaded by nobody in particular");
    ledger.evidence_hand_in("urn:jejak:party:stranger", &hash, blob).unwrap();
    assert!(!public(&ledger), "by another party");
    ledger.evidence_hand_in(VILLAGE, &hash, blob).unwrap();
    assert!(public(&ledger));
    let reopen = |ledger: Ledger, change: &dyn Fn(&dyn Objects)| {
        ledger.shutdown();
        drop(ledger);
        change(&disk.objects("objects"));
        // the index goes too: the note is not derived from the log
        jejak::store::Index::wipe(&disk.index()).unwrap();
        open(&disk, &clock)
    };
    let ledger = reopen(ledger, &|_| {});
    assert!(public(&ledger));
    let note = format!("handed-in/{hash}");
    let ledger = reopen(ledger, &|objects| {
        let mut bytes = objects.get(&note).unwrap().unwrap().to_vec();
        bytes[30] ^= 1;
        objects.publish(&note, &bytes).unwrap();
    });
    assert!(!public(&ledger), "damaged");
    ledger.evidence_hand_in(VILLAGE, &hash, blob).unwrap();
    assert!(public(&ledger), "handed in again");
    let ledger = reopen(ledger, &|objects| objects.forget(&note).unwrap());
    assert!(!public(&ledger), "lost");
    let kept = ledger.with_state(|state, _| ledger.evidence_file(state, &hash)).unwrap().unwrap();
    assert_eq!(ledger.stored_part(&kept, 0, 1 << 20).unwrap(), blob, "the bytes are kept");
    ledger.shutdown();
}
