//! Files of each released format version verify for ever: a proof bundle, and the journal and checkpoint it was made from.
//! `tests/fixtures/v1` is format version 1 (docs/formats.md); after its release it is never regenerated.

use std::path::Path;

use jejak::log::merkle::leaf_hash;
use jejak::log::{Checkpoint, Frontier};
use jejak::proof::{Bundle, Outcome, Trust, verify};
use jejak::query::view::LotState;
use jejak::record::Record;
use jejak::store::segments::{self, Found};

const TRUST: &str = include_str!("../fixtures/v1/trust.toml");

#[test]
fn frozen_v1_bundle_verifies() {
    let bytes = include_bytes!("../fixtures/v1/nilam.jejak");
    let trust = Trust::from_toml(TRUST).unwrap();
    let bundle = Bundle::from_json(bytes).unwrap();
    assert_eq!(bundle.to_json().unwrap(), bytes, "the one text of the bundle");
    let verdict = verify(&bundle, &trust);
    assert!(verdict.is_proven(), "{:?}", verdict.failed().collect::<Vec<_>>());
    assert_eq!(verdict.outcome("completeness"), Some(Outcome::NotChecked));
    let lot = verdict.lot.unwrap();
    assert_eq!((lot.headline, lot.lot.lot.as_str()), (LotState::Verified, "NILAM-2611-03B"));
    assert!(!verify(&bundle, &Trust::none()).is_proven(), "without a pinned key nothing is");
}

#[test]
fn frozen_v1_journal_rebuilds_the_signed_tree() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let mut tree = Frontier::new();
    segments::check(&dir.join("journal"), &mut |found| match found {
        Found::Frame { frame, .. } => {
            for entry in &frame.entries {
                Record::decode(entry).unwrap().verify().unwrap();
                tree.push(leaf_hash(entry));
            }
            assert_eq!((tree.size(), tree.root()), (frame.head.size, frame.head.root));
        }
        Found::Damage { what, .. } => panic!("{what}"),
    })
    .unwrap();
    let log = Trust::from_toml(TRUST).unwrap().log.unwrap();
    let note = std::fs::read_to_string(dir.join("checkpoint")).unwrap();
    let (head, _) = Checkpoint::open(&note, &log).unwrap();
    assert_eq!((head.size, head.root), (tree.size(), tree.root()));
}
