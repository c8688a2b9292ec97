//! Proof bundles: the bundle of every demo lot verifies offline, and every flipped bit of a bundle is detected.

use crate::common::demo_ledger::{demo_ledger, pinned};
use crate::common::stride;
use jejak::chain::Rule;
use jejak::cli::demo::world;
use jejak::gs1::LotId;
use jejak::proof::{self, Bundle, Outcome, Trust};
use jejak::query;
use jejak::query::view::LotState;
use jejak::query::walk::PageRequest;
use jejak::record::{ContentType, Record};

#[test]
fn bundle_of_every_demo_lot_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let trust = pinned(&ledger);
    let wanted = query::LotQuery { most: 1_000, ..query::LotQuery::default() };
    let lots = ledger.with_state(|s, _| query::newest_lots(s, wanted)).unwrap().lots;
    assert!(lots.len() >= 10);
    for (_, lot) in lots {
        let bundle = ledger.bundle(&lot).unwrap().unwrap();
        let bundle = Bundle::from_json(&bundle.to_json().unwrap()).unwrap();
        let verdict = proof::verify(&bundle, &trust);
        let failed: Vec<_> = verdict.failed().collect();
        assert!(verdict.is_proven(), "{}: {failed:?}", lot);
        assert_eq!(verdict.outcome("completeness"), Some(Outcome::NotChecked));
        let view = ledger.with_state(|s, r| query::lot_view(s, r, &lot)).unwrap().unwrap();
        let proven = verdict.lot.unwrap();
        assert_eq!(proven.headline, view.headline, "{}", lot);
        assert_eq!(proven.steps, view.steps, "{}", lot);
        assert_eq!(proven.held, view.held, "{}", lot);
        // without pinned trust it is never proven, only consistent
        let loose = proof::verify(&bundle, &Trust::none());
        assert!(loose.is_consistent() && !loose.is_proven());
        // no list that ships lets a result expire: whatever the verifier's clock, the verdict is the same
        let later = proof::verify_at(&bundle, &trust, Some(i64::MAX));
        assert!(later.is_proven() && later.expired.is_empty());
    }
}

#[test]
fn demo_lots_have_the_documented_states() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    let view = |lot: &LotId| ledger.with_state(|s, r| query::lot_view(s, r, lot)).unwrap().unwrap();
    let by = |name: &str| view(lots.iter().find(|l| l.lot.as_str() == name).unwrap());
    let found = |name: &str, rule: Rule| by(name).findings.iter().any(|f| f.rule == rule);
    assert_eq!(by("NILAM-2611-03K").headline, LotState::Verified, "all that Indonesia asks for");
    assert_eq!(by("NILAM-2611-03B").headline, LotState::Verified, "all that the international standard asks for");
    assert_eq!(by("TEPUNG-2611-02").headline, LotState::PartlyTested);
    assert_eq!(by("BAKAU-2611-02").headline, LotState::Findings, "all that Singapore asks for");
    assert_eq!(by("NILAM-2611-02").headline, LotState::Failed);
    assert_eq!(by("ALP-2611-04").headline, LotState::Recalled);
    assert!(found("BAKAU-2611-02", Rule::Fork) && found("BAKAU-2611-02", Rule::ReceivedShort));
    assert!(found("ALP-2611-04", Rule::RecordVoided));
    assert_eq!(by("ALP-2611-04").origins.len(), 2, "two villages merged");
    let released = by("DAUN-2611-08");
    assert_eq!((released.headline, released.holds.len()), (LotState::NotInspected, 1));
    assert!(released.holds[0].lifted_by.is_some(), "its issuer lifted the hold");
    let stolen = by("KEPOK-2611-09");
    assert_eq!(stolen.states, [LotState::NotInspected, LotState::Findings]);
    assert!(stolen.steps.iter().all(|step| step.marked) && !by("TEPUNG-2611-02").steps.iter().any(|step| step.marked));
    let trace =
        ledger.with_state(|s, r| query::trace(s, r, &by("NILAM-2611-03B").lot, &PageRequest::ALL)).unwrap().unwrap();
    assert_eq!(trace.nodes.len(), 5, "bottles, split oil, purified oil, raw oil, leaf");
    let recalled =
        LotId { gtin: world::gtin(world::what::AVOCADO_FIELD).unwrap(), lot: "OENINO-2611-1".parse().unwrap() };
    let impact = ledger.with_state(|s, r| query::impact(s, r, &recalled, &PageRequest::ALL)).unwrap().unwrap();
    assert!(impact.shipments.iter().any(|s| s.market.as_deref() == Some("INT")), "down to the consignee in Dubai");
}

#[test]
fn bundle_of_another_lot_or_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    let trust = pinned(&ledger);
    let bundle = ledger.bundle(&lots[0]).unwrap().unwrap();
    let failing = |bundle: &Bundle, trust: &Trust| {
        let verdict = proof::verify(bundle, trust);
        assert!(!verdict.is_proven());
        verdict.failed().next().map(|c| c.name).unwrap_or_default()
    };
    let mut other = bundle.clone();
    other.lot = lots[1].clone();
    assert_eq!(failing(&other, &trust), "lot");
    let mut fewer = bundle.clone();
    // the newest event; what follows it are keys that sign nothing of this lot
    let is_event = |entry: &[u8]| Record::decode(entry).unwrap().content_type == ContentType::Event;
    fewer.records.remove(fewer.records.iter().rposition(|r| is_event(&r.record)).unwrap());
    assert_eq!(failing(&fewer, &trust), "lot");
    let mut elsewhere = trust.clone();
    elsewhere.ledger = Some("urn:jejak:ledger:other".into());
    assert_eq!(failing(&bundle, &elsewhere), "ledger");
    let foreign = jejak::log::note::Verifier::new("proof.example/log", jejak::log::note::KeyType::Ed25519, [7; 32]);
    if let Ok(key) = foreign {
        assert_eq!(failing(&bundle, &Trust::pinned(ledger.id(), key)), "checkpoint");
    }
    let mut moved = bundle.clone();
    let (a, b) = (moved.records[3].path.clone(), moved.records[4].path.clone());
    (moved.records[3].path, moved.records[4].path) = (b, a);
    assert_eq!(failing(&moved, &trust), "inclusion");
    let mut profile = bundle;
    profile.profiles[0].bytes.push(b' ');
    assert_eq!(failing(&profile, &trust), "profiles");
}

/// Flips one bit of each byte of a bundle (`JEJAK_TAMPER_STRIDE`): parsing or verification fails every time.
#[test]
fn flipped_bit_in_a_bundle_is_detected() {
    use rayon::prelude::*;
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let trust = pinned(&ledger);
    let leaf = LotId { gtin: world::gtin(world::what::LEAF).unwrap(), lot: "DAUN-2611-07".parse().unwrap() };
    let text = ledger.bundle(&leaf).unwrap().unwrap().to_json().unwrap();
    // a profile is 50 kB of base64 under one hash: every 40th byte of it, every byte of the rest
    let profiles = text.windows(12).position(|w| w == b"\"profiles\":[").unwrap();
    let unseen: Vec<usize> = (0..text.len())
        .into_par_iter()
        .filter(|at| at % stride() == 0 && (*at < profiles || at % 40 == 0))
        .filter(|at| {
            let mut bad = text.clone();
            bad[*at] ^= 1 << (at % 7);
            Bundle::from_json(&bad).is_ok_and(|bundle| proof::verify(&bundle, &trust).is_proven())
        })
        .collect();
    assert!(unseen.is_empty(), "bytes {unseen:?} of {}", text.len());
    eprintln!("one byte in {} of a bundle of {} bytes flipped, each detected", stride(), text.len());
}
