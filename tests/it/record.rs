//! Records: one canonical encoding, and every bit of it is covered by a check.

use crate::common::testdata;
use ed25519_dalek::SigningKey;
use jejak::record::{ContentType, Payload, PublicKey, Record, SignerClaims, prove_possession, sign};
use proptest::prelude::*;

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn clock() -> Vec<u8> {
    let claims = SignerClaims {
        iss: "urn:jejak:party:operator",
        aud: "urn:jejak:ledger:x",
        iat: 1_790_000_000,
        seq: 1,
        seen: None,
    };
    sign(&signer(), &claims, ContentType::Registry, br#"{"type":"Clock","time":1790000000}"#).unwrap()
}

#[test]
fn signed_record_decodes_and_verifies() {
    let bytes = clock();
    let record = Record::decode(&bytes).unwrap();
    record.verify().unwrap();
    assert_eq!(record.claims.sub, "urn:jejak:ledger:x");
    assert_eq!(record.payload_bytes(), br#"{"type":"Clock","time":1790000000}"#);
    assert!(matches!(record.payload, Payload::Registry(_)));
    assert_eq!(record.id.to_string().len(), 52);
}

#[test]
fn example_event_of_the_format_decodes() {
    let json = br#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"jejak":"urn:jejak:v1:"}],"type":"ObjectEvent","eventID":"urn:uuid:0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b","eventTime":"2026-11-03T16:20:00+08:00","eventTimeZoneOffset":"+08:00","action":"ADD","bizStep":"commissioning","disposition":"active","quantityList":[{"epcClass":"https://id.gs1.org/01/09521321001015/10/DAUN-2611-07","quantity":1040.5,"uom":"KGM"}],"readPoint":{"id":"https://id.gs1.org/414/9521321000124"},"ilmd":{"jejak:commodity":"essential-oil","jejak:form":"patchouli-dried-leaf","jejak:harvestStart":"2026-11-01","jejak:harvestEnd":"2026-11-03"},"jejak:mode":"identity-preserved"}"#;
    let claims = SignerClaims {
        iss: "https://id.gs1.org/417/9521321000117",
        aud: "urn:jejak:ledger:x",
        iat: 1,
        seq: 1,
        seen: None,
    };
    let record = Record::decode(&sign(&signer(), &claims, ContentType::Event, json).unwrap()).unwrap();
    assert_eq!(record.claims.sub, "https://id.gs1.org/01/09521321001015/10/DAUN-2611-07");
    for (from, to) in [
        ("\"eventID\":\"urn:uuid:0193", "\"eventID\":\"urn:x:0193"),
        ("\"action\":\"ADD\"", "\"action\":\"ADD\",\"jejak:nonsense\":1"),
        ("\"action\":\"ADD\"", "\"action\":\"OBSERVE\""),
        ("1040.5", "1.0405e3"),
        ("09521321001015", "09521321001016"),
        ("\"commissioning\"", "\"harvesting\""),
        ("DAUN-2611-07", "D\u{410}UN-2611-07"),
        ("+08:00\",\"eventTimeZoneOffset", "\",\"eventTimeZoneOffset"),
    ] {
        let changed = String::from_utf8(json.to_vec()).unwrap().replace(from, to);
        assert!(sign(&signer(), &claims, ContentType::Event, changed.as_bytes()).is_err(), "{to}");
    }
}

#[test]
fn flipped_bit_in_a_record_is_detected() {
    let bytes = clock();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let seen = Record::decode(&changed).and_then(|r| r.verify());
            assert!(seen.is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn non_canonical_encodings_are_refused() {
    let bytes = clock();
    // a longer length for the protected header: 58 xx -> 59 00 xx
    let at = bytes.iter().position(|b| *b == 0x58).unwrap();
    let mut longer = bytes.clone();
    longer[at] = 0x59;
    longer.insert(at + 1, 0);
    assert!(Record::decode(&longer).is_err());
    let mut trailing = bytes.clone();
    trailing.push(0);
    assert!(Record::decode(&trailing).is_err());
    assert!(Record::decode(&bytes[1..]).is_err(), "the tag is required");
    assert!(Record::decode(&vec![0; 70_000]).is_err());
}

#[test]
fn coset_parses_our_records() {
    use coset::TaggedCborSerializable;
    let bytes = clock();
    let foreign = coset::CoseSign1::from_tagged_slice(&bytes).unwrap();
    let record = Record::decode(&bytes).unwrap();
    assert_eq!(foreign.payload.as_deref(), Some(record.payload_bytes()));
    assert_eq!(foreign.signature, record.signature());
    assert_eq!(foreign.protected.header.key_id, record.kid.0);
    let verifying = signer().verifying_key();
    foreign
        .verify_signature(&[], |signature, message| {
            verifying.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature).unwrap())
        })
        .unwrap();
}

#[test]
fn proof_of_possession_binds_key_party_and_ledger() {
    use jejak::record::registry::Purpose;
    let public = PublicKey(signer().verifying_key().to_bytes());
    let proof = prove_possession(&signer(), "l", "p", Purpose::Event);
    public.possessed(&proof, "l", "p", Purpose::Event).unwrap();
    assert!(public.possessed(&proof, "m", "p", Purpose::Event).is_err());
    assert!(public.possessed(&proof, "l", "q", Purpose::Event).is_err());
    assert!(public.possessed(&proof, "l", "p", Purpose::Admin).is_err());
    public.admit().unwrap();
}

/// The 914 edge cases of C2SP CCTV: nothing is admitted that strict verification refuses.
#[test]
fn ed25519_edge_cases_that_strict_verification_refuses_are_not_admitted() {
    #[derive(serde::Deserialize)]
    struct Case {
        key: String,
        sig: String,
        msg: String,
        flags: Option<Vec<String>>,
    }
    let text = std::fs::read(testdata("tlog/c2sp-cctv/ed25519/ed25519vectors.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&text).unwrap();
    assert_eq!(cases.len(), 914);
    let mut refused: std::collections::BTreeMap<String, (u32, u32)> = Default::default();
    let mut admitted = 0;
    let hex = |s: &str| data_encoding::HEXLOWER.decode(s.as_bytes()).unwrap();
    for case in &cases {
        let key: [u8; 32] = hex(&case.key).try_into().unwrap();
        let signature: [u8; 64] = hex(&case.sig).try_into().unwrap();
        let strict = ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok_and(|k| {
            k.verify_strict(case.msg.as_bytes(), &ed25519_dalek::Signature::from_bytes(&signature)).is_ok()
        });
        let is_admitted = strict && PublicKey(key).admit().is_ok();
        admitted += u32::from(is_admitted);
        for flag in case.flags.iter().flatten() {
            let row = refused.entry(flag.clone()).or_default();
            row.1 += 1;
            row.0 += u32::from(!is_admitted);
        }
        if is_admitted {
            let flags = case.flags.clone().unwrap_or_default();
            let low = ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_component_A"];
            assert!(!flags.iter().any(|f| low.contains(&f.as_str())), "{flags:?}");
        }
    }
    println!("{admitted} of 914 admitted; refused by flag: {refused:?}");
    assert!(admitted > 0 && admitted < 208);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Record::decode(&bytes);
    }

    #[test]
    fn arbitrary_changes_never_panic(at in 0usize..200, with in proptest::collection::vec(any::<u8>(), 0..8)) {
        let mut bytes = clock();
        let at = at.min(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        let _ = Record::decode(&bytes);
    }
}
