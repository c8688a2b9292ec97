//! The log code against two independent implementations, `tlog_tiles` (a port of Go's sumdb/tlog) and `signed_note`: trees around
//! every tile boundary, proofs made by one and checked by the other, notes both ways. Only bytes are exchanged, never types.

use std::cell::RefCell;
use std::sync::OnceLock;

use jejak::causes::Cause;
use jejak::log::merkle::{Frontier, Hash, consistency_verify, inclusion_verify, leaf_hash};
use jejak::log::note::{KeyType, Verifier};
use jejak::log::prove::{NodeError, NodeReader, consistency_proof, inclusion_proof};
use jejak::log::publish::{TileBuilder, TileReader, TileSource, new_between};
use jejak::log::tile::{Kind, Tile};
use jejak::log::{Checkpoint, Note, Signer};
use proptest::prelude::*;
use tlog_tiles::{HashReader, check_record, check_tree, prove_record, prove_tree, record_hash, tree_hash};

const LARGEST: u64 = 66_000;
const BOUNDARIES: [u64; 10] = [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, LARGEST];

/// Both trees with leaves "entry 0".. up to [`LARGEST`].
struct Trees {
    /// Of `tlog_tiles`: hashes in the order of `stored_hash_index`.
    stored: Vec<tlog_tiles::Hash>,
    /// Of this crate: nodes by level.
    levels: Vec<Vec<Hash>>,
    /// Our root at each size.
    roots: Vec<Hash>,
}

impl HashReader for Trees {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.stored[*index as usize]).collect())
    }
}

impl NodeReader for Trees {
    fn node(&self, level: u8, index: u64) -> Result<Hash, NodeError> {
        let node = self.levels.get(usize::from(level)).and_then(|nodes| nodes.get(index as usize));
        node.copied().ok_or(NodeError { level, index, source: Cause::new("absent") })
    }
}

/// Hashes stored so far, for a tree that is still growing.
struct Growing<'a>(&'a RefCell<Vec<tlog_tiles::Hash>>);

impl HashReader for Growing<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0.borrow()[*index as usize]).collect())
    }
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn trees() -> &'static Trees {
    static TREES: OnceLock<Trees> = OnceLock::new();
    TREES.get_or_init(|| {
        let stored = RefCell::new(Vec::new());
        let (mut frontier, mut levels) = (Frontier::new(), Vec::<Vec<Hash>>::new());
        let mut roots = vec![frontier.root()];
        for index in 0..LARGEST {
            let more = tlog_tiles::stored_hashes(index, &entry(index), &Growing(&stored)).unwrap();
            stored.borrow_mut().extend(more);
            frontier.push_nodes(leaf_hash(&entry(index)), |level, at, hash| {
                let level = usize::from(level);
                if levels.len() == level {
                    levels.push(Vec::new());
                }
                assert_eq!(levels[level].len() as u64, at);
                levels[level].push(*hash);
            });
            roots.push(frontier.root());
        }
        Trees { stored: stored.into_inner(), levels, roots }
    })
}

/// A tree size: a boundary or any.
fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![prop::sample::select(BOUNDARIES.to_vec()), 1..=600u64, 1..=LARGEST]
}

fn theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|hash| tlog_tiles::Hash(*hash)).collect()
}

fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| hash.0).collect()
}

#[test]
fn roots_match_tlog_tiles_at_tile_boundaries() {
    let trees = trees();
    for size in BOUNDARIES {
        assert_eq!(tree_hash(size, trees).unwrap().0, trees.roots[size as usize], "size {size}");
    }
}

#[test]
fn tiles_match_tlog_tiles_at_tile_boundaries() {
    let trees = trees();
    let mut builder = TileBuilder::new();
    let (mut before, mut compared) = (0, 0);
    for size in BOUNDARIES {
        (before..size).for_each(|index| builder.push(leaf_hash(&entry(index))));
        let mut wanted: Vec<(String, Vec<u8>)> = tlog_tiles::Tile::new_tiles(8, before, size)
            .iter()
            .map(|tile| (tile.path().replacen("tile/8/", "tile/", 1), tile.read_data(trees).unwrap()))
            .collect();
        wanted.sort();
        let mut made: Vec<_> = builder.take().into_iter().map(|(tile, bytes)| (tile.to_string(), bytes)).collect();
        made.sort();
        let paths = |tiles: &[(String, Vec<u8>)]| tiles.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&made), paths(&wanted), "{before} to {size}");
        assert!(made == wanted, "bytes differ, {before} to {size}");
        let mut listed: Vec<_> =
            new_between(before, size).into_iter().filter(|t| t.kind != Kind::Entries).map(|t| t.to_string()).collect();
        listed.sort();
        assert_eq!(listed, paths(&wanted));
        compared += made.len();
        before = size;
    }
    println!("{compared} tiles, equal byte for byte");
}

/// Serves their tiles to our reader.
struct TheirTiles<'a>(&'a Trees);

impl TileSource for TheirTiles<'_> {
    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, Cause> {
        let theirs = tlog_tiles::Tile::new(8, tile.level(), tile.index, u32::from(tile.width), false);
        theirs.read_data(self.0).map_err(|error| Cause::new(format!("{error:?}")))
    }
}

#[test]
fn tile_reader_reads_tiles_of_tlog_tiles() {
    let trees = trees();
    let source = TheirTiles(trees);
    for size in BOUNDARIES {
        let reader = TileReader::new(&source, size);
        assert_eq!(jejak::log::prove::root(size, &reader).unwrap(), trees.roots[size as usize]);
        let frontier = Frontier::load(size, &reader).unwrap();
        assert_eq!(frontier.root(), trees.roots[size as usize]);
        for index in [0, size / 3, size - 1] {
            assert_eq!(inclusion_proof(index, size, &reader).unwrap(), inclusion_proof(index, size, trees).unwrap());
        }
        let mut restored = TileBuilder::restore(size, &source).unwrap();
        assert_eq!((restored.size(), restored.take().len()), (size, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn inclusion_proofs_verify_both_ways((size, index) in sizes().prop_flat_map(|size| (Just(size), 0..size)), bit in 0usize..512, other in 0u64..LARGEST) {
        let trees = trees();
        let root = trees.roots[size as usize];
        let made = inclusion_proof(index, size, trees).unwrap();
        prop_assert_eq!(&made, &ours(&prove_record(size, index, trees).unwrap()));
        let (leaf, their_root) = (leaf_hash(&entry(index)), tlog_tiles::Hash(root));
        prop_assert_eq!(leaf, record_hash(&entry(index)).0);
        prop_assert!(check_record(&theirs(&made), size, their_root, index, record_hash(&entry(index))).is_ok());
        prop_assert!(inclusion_verify(&leaf, index, size, &made, &root).is_ok());
        // a changed proof: refused by both
        if let Some(at) = (!made.is_empty()).then(|| bit % made.len()) {
            let mut bad = made.clone();
            bad[at][bit / 16] ^= 1 << (bit % 8);
            prop_assert!(inclusion_verify(&leaf, index, size, &bad, &root).is_err());
            prop_assert!(check_record(&theirs(&bad), size, their_root, index, record_hash(&entry(index))).is_err());
            let mut cut = made.clone();
            cut.remove(at);
            prop_assert!(inclusion_verify(&leaf, index, size, &cut, &root).is_err());
            let mut doubled = made.clone();
            doubled.insert(at, made[at]);
            prop_assert!(inclusion_verify(&leaf, index, size, &doubled, &root).is_err());
        }
        // another index under the same path: the same answer from both
        let elsewhere = other % size;
        let we = inclusion_verify(&leaf, elsewhere, size, &made, &root).is_ok();
        prop_assert_eq!(we, elsewhere == index);
        let they = check_record(&theirs(&made), size, their_root, elsewhere, record_hash(&entry(index))).is_ok();
        prop_assert_eq!(we, they);
        // another size too, but for sizes where RFC 9162 itself cannot distinguish them
        let we = inclusion_verify(&leaf, index, other + 1, &made, &root).is_ok();
        if index <= other {
            let they = check_record(&theirs(&made), other + 1, their_root, index, record_hash(&entry(index))).is_ok();
            prop_assert_eq!(we, they);
        }
    }

    #[test]
    fn consistency_proofs_verify_both_ways((new, old) in sizes().prop_flat_map(|new| (Just(new), 1..=new)), bit in 0usize..512) {
        let trees = trees();
        let (before, after) = (trees.roots[old as usize], trees.roots[new as usize]);
        let made = consistency_proof(old, new, trees).unwrap();
        prop_assert_eq!(&made, &ours(&prove_tree(new, old, trees).unwrap()));
        let (their_before, their_after) = (tlog_tiles::Hash(before), tlog_tiles::Hash(after));
        prop_assert!(check_tree(&theirs(&made), new, their_after, old, their_before).is_ok());
        prop_assert!(consistency_verify(old, new, &made, &before, &after).is_ok());
        if old < new {
            let mut forged = before;
            forged[bit / 16] ^= 1 << (bit % 8);
            prop_assert!(consistency_verify(old, new, &made, &forged, &after).is_err());
            let mut forged = after;
            forged[bit / 16] ^= 1 << (bit % 8);
            prop_assert!(consistency_verify(old, new, &made, &before, &forged).is_err());
            let mut bad = made.clone();
            let at = bit % made.len();
            bad[at][bit / 16] ^= 1 << (bit % 8);
            prop_assert!(consistency_verify(old, new, &bad, &before, &after).is_err());
            prop_assert!(check_tree(&theirs(&bad), new, their_after, old, their_before).is_err());
        }
    }
}

struct Key(ed25519_dalek::SigningKey);

impl Signer for Key {
    fn name(&self) -> &str {
        "log.example/jejak"
    }
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        Ok(ed25519_dalek::Signer::sign(&self.0, message).to_bytes())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn checkpoints_verify_both_ways(seed: [u8; 32], size in 1u64..1 << 40, root: [u8; 32], bit in 0usize..4096) {
        let key = Key(ed25519_dalek::SigningKey::from_bytes(&seed));
        let vkey = Verifier::of(&key, KeyType::Ed25519).unwrap();
        let head = Checkpoint { origin: "log.example/jejak".into(), size, root };
        let signed = head.sign(&key).unwrap().to_string();
        let list = || {
            let verifier = signed_note::StandardVerifier::new(&vkey.to_string()).unwrap();
            signed_note::VerifierList::new(vec![Box::new(verifier)])
        };
        // ours, read by theirs
        let note = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
        prop_assert_eq!(note.verify(&list()).unwrap().0.len(), 1);
        let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
        prop_assert_eq!((checkpoint.origin(), checkpoint.size(), checkpoint.hash().0), ("log.example/jejak", size, root));
        // theirs, read by ours
        let id = data_encoding::HEXLOWER.encode(&vkey.id());
        let secret = data_encoding::BASE64.encode(&[&[1u8][..], &seed].concat());
        let signer = signed_note::StandardSigner::new(&format!("PRIVATE+KEY+log.example/jejak+{id}+{secret}")).unwrap();
        let mut note = signed_note::Note::new(&checkpoint.to_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        prop_assert_eq!(note.to_bytes(), signed.as_bytes());
        prop_assert_eq!(Checkpoint::open(&signed, &vkey).unwrap().0, head);
        // one changed bit: refused by both
        let mut bad = signed.into_bytes();
        let at = bit % (bad.len() * 8);
        bad[at / 8] ^= 1 << (at % 8);
        let they = signed_note::Note::from_bytes(&bad).is_ok_and(|note| note.verify(&list()).is_ok());
        let we = String::from_utf8(bad).is_ok_and(|text| Checkpoint::open(&text, &vkey).is_ok());
        prop_assert!(!we && !they);
    }

    #[test]
    fn every_note_we_parse_parses_in_signed_note(text in "([a-c ]{0,4}\n){1,3}\n(\u{2014} [a-c+]{1,2} [A-D/]{8,12}={0,2}\n){0,3}") {
        if let Ok(note) = Note::parse(&text) {
            prop_assert!(signed_note::Note::from_bytes(note.to_string().as_bytes()).is_ok());
        }
    }
}
