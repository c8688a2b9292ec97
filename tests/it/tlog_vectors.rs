//! The tree, tiles, notes, receipts and proofs against test vectors of other projects (`tests/testdata/README.md`): RFC 6962 and
//! 9162 probes of transparency-dev, a log written by Tessera, a mirror written by Sunlight, receipts of scitt-cose, and trees and
//! proofs cross-checked between other implementations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::testdata;
use data_encoding::{BASE64, HEXLOWER};
use jejak::causes::Cause;
use jejak::log::merkle::{Frontier, Hash, consistency_verify, inclusion_verify, leaf_hash, node_hash};
use jejak::log::note::{KeyType, Verifier};
use jejak::log::policy::Policy;
use jejak::log::prove::{consistency_proof, inclusion_proof, root};
use jejak::log::publish::{TileBuilder, TileReader, TileSource, layout};
use jejak::log::receipt::{self, Proof, Receipt};
use jejak::log::sign::{ReceiptClaims, attach, inclusion_receipt};
use jejak::log::tile::{Kind, Tile};
use jejak::log::{Checkpoint, Note, Signer, TlogProof, bundle};
use serde_json::Value;

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

fn text(path: impl AsRef<Path>) -> String {
    String::from_utf8(read(path)).unwrap()
}

fn b64(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

/// `None` unless it is 32 bytes long.
fn hash_of(hash: &[u8]) -> Option<Hash> {
    hash.try_into().ok()
}

/// Hashes of any length, as a verifier gets them.
fn hashes(value: &Value) -> Option<Vec<Hash>> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|hash| hash_of(&b64(hash))).collect()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

/// Probes under `kind` whose answer is not the wanted one, and how many there are.
fn probe(folder: &Path, kind: &str, holds: impl Fn(&Value) -> bool) -> (usize, Vec<String>) {
    let folder = folder.join("transparency-dev-merkle/testdata").join(kind);
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let differing = paths.iter().filter(|path| {
        let case = json(path);
        holds(&case) == case["wantErr"].as_bool().unwrap_or(false)
    });
    let name = |path: &PathBuf| path.strip_prefix(&folder).unwrap().display().to_string();
    (paths.len(), differing.map(name).collect())
}

#[test]
fn merkle_probes_give_the_wanted_verdict() {
    let folder = testdata("tlog");
    let number = |case: &Value, name: &str| case[name].as_u64().unwrap_or(0);
    let (count, differing) = probe(&folder, "inclusion", |case| {
        let (leaf, root) = (hash_of(&b64(&case["leafHash"])), hash_of(&b64(&case["root"])));
        let (Some(leaf), Some(root), Some(path)) = (leaf, root, hashes(&case["proof"])) else { return false };
        inclusion_verify(&leaf, number(case, "leafIdx"), number(case, "treeSize"), &path, &root).is_ok()
    });
    println!("inclusion probes: {} of {count} agree", count - differing.len());
    assert_eq!((count, differing), (98, vec![]));

    let (count, differing) = probe(&folder, "consistency", |case| {
        let (old, new) = (hash_of(&b64(&case["root1"])), hash_of(&b64(&case["root2"])));
        let (Some(old), Some(new), Some(path)) = (old, new, hashes(&case["proof"])) else { return false };
        consistency_verify(number(case, "size1"), number(case, "size2"), &path, &old, &new).is_ok()
    });
    println!("consistency probes: {} of {count} agree; differing: {differing:?}", count - differing.len());
    // its roots are equal, but 12 bytes long: it wants success, 32 bytes are demanded here
    assert_eq!((count, differing), (98, vec!["additional/sizes-are-equal-one-and-proof-is-empty.json".to_owned()]));
    println!("not used: subtreeinclusion and subtreeconsistency (Merkle Tree Certificates)");
}

/// A log directory.
struct Folder(PathBuf);

impl TileSource for Folder {
    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, Cause> {
        let read = |tile: &Tile| std::fs::read(self.0.join(tile.to_string()));
        read(tile).or_else(|_| read(&tile.full())).map_err(|error| Cause::of(tile.to_string(), error))
    }
}

#[test]
fn log_written_by_tessera_verifies() {
    let folder = testdata("tlog");
    let log = Folder(folder.join("transparency-dev-tessera/testdata/log"));
    let key: Verifier =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx".parse().unwrap();
    let mut heads: Vec<Checkpoint> = Vec::new();
    for size in 0..=15u64 {
        let signed = text(log.0.join(format!("checkpoint.{size}")));
        let (head, note) = Checkpoint::open(&signed, &key).unwrap();
        assert_eq!((head.size, note.to_string()), (size, signed));
        let reader = TileReader::new(&log, size);
        assert_eq!(root(size, &reader).unwrap(), head.root, "size {size}");
        for old in &heads {
            let path = consistency_proof(old.size, size, &reader).unwrap();
            consistency_verify(old.size, size, &path, &old.root, &head.root).unwrap();
        }
        if let Some(tile) = Tile::at(Kind::Entries, 0, size) {
            let bytes = read(log.0.join(tile.to_string()));
            let entries = bundle::decode_width(&bytes, tile.width).unwrap();
            assert_eq!(bundle::encode(&entries).unwrap(), bytes);
            let mut builder = TileBuilder::new();
            for (index, entry) in entries.iter().enumerate() {
                let path = inclusion_proof(index as u64, size, &reader).unwrap();
                inclusion_verify(&leaf_hash(entry), index as u64, size, &path, &head.root).unwrap();
                builder.push(leaf_hash(entry));
            }
            for (tile, bytes) in builder.take() {
                assert_eq!(bytes, read(log.0.join(tile.to_string())), "{tile}");
            }
        }
        heads.push(head);
    }
    assert_eq!(heads.len(), 16);
}

#[test]
fn mirror_written_by_sunlight_verifies() {
    let folder = testdata("tlog");
    let base = folder.join("filosottile-sunlight/cmd/skylight/testdata/witness/mirror");
    let log = Folder(base.join("000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"));
    let keys = json(base.join("mirror.v0.json"));
    let mirror: Verifier = keys["verifier_keys"][0].as_str().unwrap().parse().unwrap();
    assert_eq!(mirror.kind(), KeyType::Cosignature);
    let note = Note::parse(&text(log.0.join("checkpoint"))).unwrap();
    assert_eq!(note.verify(&mirror), Ok(1_767_139_200));
    let head = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(root(head.size, &TileReader::new(&log, head.size)).unwrap(), head.root);
    let mut builder = TileBuilder::new();
    (0..head.size).for_each(|i| builder.push(leaf_hash(format!("record {i}").as_bytes())));
    for (tile, bytes) in builder.take() {
        assert_eq!(bytes, read(log.0.join(tile.to_string())), "{tile}");
    }
}

#[test]
fn roots_and_proofs_of_42_tree_sizes_match() {
    let folder = testdata("tlog");
    let data = json(folder.join("generated/tlog-record-N.json"));
    let wanted: BTreeMap<u64, Hash> = data["roots"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(size, root)| (size.parse().unwrap(), hash_of(&b64(root)).unwrap()))
        .collect();
    assert_eq!(wanted.len(), 42);
    let mut frontier = Frontier::new();
    for (size, root) in &wanted {
        while frontier.size() < *size {
            frontier.push(leaf_hash(format!("record {}", frontier.size()).as_bytes()));
        }
        assert_eq!(frontier.root(), *root, "size {size}");
    }
    let cases = data["inclusion"].as_array().unwrap();
    for case in cases {
        let (leaf, root) = (hash_of(&b64(&case["leaf_hash"])).unwrap(), hash_of(&b64(&case["root"])).unwrap());
        let (index, size) = (case["index"].as_u64().unwrap(), case["size"].as_u64().unwrap());
        inclusion_verify(&leaf, index, size, &hashes(&case["proof"]).unwrap(), &root).unwrap();
        assert_eq!(leaf, leaf_hash(format!("record {index}").as_bytes()));
    }
    let pairs = data["consistency"].as_array().unwrap();
    for case in pairs {
        let (old, new) = (hash_of(&b64(&case["old_root"])).unwrap(), hash_of(&b64(&case["new_root"])).unwrap());
        let sizes = (case["old"].as_u64().unwrap(), case["new"].as_u64().unwrap());
        consistency_verify(sizes.0, sizes.1, &hashes(&case["proof"]).unwrap(), &old, &new).unwrap();
    }
    println!("roots: 42; inclusion proofs: {}; consistency proofs: {}", cases.len(), pairs.len());
}

#[test]
fn tile_layout_of_42_tree_sizes_matches() {
    let folder = testdata("tlog");
    let data = json(folder.join("generated/tile-layout.json"));
    let sizes = data.as_object().unwrap();
    for (size, levels) in sizes {
        let mut want = Vec::new();
        for level in levels.as_array().unwrap() {
            let number = |name: &str| level[name].as_u64().unwrap();
            want.push((number("level"), number("full"), number("partial")));
        }
        let mut got: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for tile in layout(size.parse().unwrap()).iter().filter(|tile| tile.kind != Kind::Entries) {
            let counts = got.entry(tile.level().into()).or_default();
            if tile.is_full() { counts.0 += 1 } else { counts.1 = tile.width.into() }
        }
        let got: Vec<_> = got.into_iter().map(|(level, (full, partial))| (level, full, partial)).collect();
        assert_eq!(got, want, "size {size}");
    }
    assert_eq!(sizes.len(), 42);
}

/// A key made of a seed.
struct Seed(String, ed25519_dalek::SigningKey);

impl Seed {
    fn new(name: &str, seed: &Value) -> Seed {
        Seed(name.to_owned(), ed25519_dalek::SigningKey::from_bytes(&hex(seed).try_into().unwrap()))
    }
}

impl Signer for Seed {
    fn name(&self) -> &str {
        &self.0
    }
    fn public_key(&self) -> [u8; 32] {
        self.1.verifying_key().to_bytes()
    }
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        Ok(ed25519_dalek::Signer::sign(&self.1, message).to_bytes())
    }
}

#[test]
fn cosigned_checkpoint_and_tlog_proof_verify() {
    let folder = testdata("tlog");
    let keys = json(folder.join("generated/keys.json"));
    let log: Verifier = keys["log_vkey"].as_str().unwrap().parse().unwrap();
    let witness: Verifier = keys["witness_vkey"].as_str().unwrap().parse().unwrap();
    let signed = text(folder.join("generated/checkpoint-300-cosigned.txt"));
    let (head, note) = Checkpoint::open(&signed, &log).unwrap();
    assert_eq!(note.verify(&witness), Ok(1_767_139_200));
    // Ed25519 is deterministic: the same seeds give the same bytes
    let mut again = head.sign(&Seed::new("ledger.example/test", &keys["log_seed_hex"])).unwrap();
    again.cosign(&Seed::new("witness.example/w1", &keys["witness_seed_hex"]), 1_767_139_200).unwrap();
    assert_eq!(again.to_string(), signed);

    let policy = Policy::parse(&format!("log {log}\nwitness w1 {witness}\nquorum w1\n")).unwrap();
    let file = text(folder.join("generated/record-42.tlog-proof"));
    let proof = TlogProof::parse(&file).unwrap();
    assert_eq!(proof.to_string(), file);
    let (verified, quorum) = proof.verify(b"record 42", &log, &policy).unwrap();
    assert_eq!((verified, quorum.cosigned), (head, vec![("w1".to_owned(), 1_767_139_200)]));
    assert!(proof.verify(b"record 43", &log, &policy).is_err());
}

#[test]
fn receipts_with_algorithm_minus_8_and_minus_19_verify() {
    let folder = testdata("tlog");
    let data = json(folder.join("generated/cose-receipts-ed25519.json"));
    let log = Seed::new("https://ledger.example", &json(folder.join("generated/keys.json"))["log_seed_hex"]);
    for case in data["vectors"].as_array().unwrap() {
        let key: [u8; 32] = hex(&case["log_pub_hex"]).try_into().unwrap();
        let (statement, bytes) = (hex(&case["statement_hex"]), hex(&case["receipt_hex"]));
        let receipt = Receipt::decode(&bytes).unwrap();
        let included = receipt.verify(&statement, &key).unwrap();
        assert_eq!((included.size, included.index), (7, 3));
        assert_eq!(included.root.to_vec(), hex(&case["root_hex"]));
        assert_eq!(receipt.iss.as_deref(), Some("https://ledger.example"));
        let transparent = hex(&case["transparent_statement_hex"]);
        assert_eq!(attach(&statement, &[&bytes]).unwrap(), transparent);
        assert_eq!(receipt::detach(&transparent).unwrap(), (statement.clone(), vec![bytes]));
        let old: Hash = hex(&case["old_root_4_hex"]).try_into().unwrap();
        let receipt = Receipt::decode(&hex(&case["consistency_receipt_4_7_hex"])).unwrap();
        let [Proof::Consistency { old: 4, new: 7, path }] = &receipt.proofs[..] else { panic!("{receipt:?}") };
        consistency_verify(4, 7, path, &old, &included.root).unwrap();
        assert!(receipt.verify(&statement, &key).is_err(), "it proves no entry");
    }
    // what is built here has the same shape: it differs in kid alone, which is the raw key
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let claims = ReceiptClaims { iss: "https://ledger.example", sub: "urn:batch:CRB-2026-001" };
    let ours = inclusion_receipt(&log, claims, (0, 2), &[b], &node_hash(&a, &b)).unwrap();
    assert!(ours.starts_with(&HEXLOWER.decode(b"d284585ca40127045820").unwrap()));
}

#[test]
fn scitt_cose_receipts_give_the_wanted_verdict() {
    let folder = testdata("tlog");
    let base = folder.join("scitt-cose-0.5.0/test-vectors/v1");
    let (mut verified, mut refused, mut other) = (0, 0, 0);
    let mut cases: Vec<_> = std::fs::read_dir(base).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    for case in cases {
        let expected = json(case.join("expected.json"));
        let receipt = &expected["protected_header"]["receipt"];
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let key = log_key(&case.join("log-key.pub"));
        let entry = expected["leaf_entry"].as_str().map(|entry| HEXLOWER.decode(entry.as_bytes()).unwrap());
        let holds = Receipt::decode(&read(case.join("receipt.cose"))).ok().is_some_and(|receipt| {
            key.zip(entry.as_ref()).is_some_and(|(key, entry)| receipt.verify(entry, &key).is_ok())
        });
        if receipt["alg_code"] != -8 || receipt["vds"] != 1 {
            // ES256 and CCF are other profiles: never verified here
            assert!(!holds, "{name}");
            other += 1;
        } else {
            assert_eq!(Value::Bool(holds), expected["receipt_valid"], "{name}");
            if holds { verified += 1 } else { refused += 1 }
        }
    }
    println!("scitt-cose v1: {verified} verified, {refused} refused as wanted, {other} of other profiles");
    assert!(verified >= 2 && verified + refused + other == 8);
}

/// The raw Ed25519 key of a SubjectPublicKeyInfo in PEM; `None` for another algorithm.
fn log_key(path: &Path) -> Option<[u8; 32]> {
    let pem = text(path);
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64.decode(body.as_bytes()).unwrap();
    let prefix = HEXLOWER.decode(b"302a300506032b6570032100").unwrap();
    der.strip_prefix(prefix.as_slice())?.try_into().ok()
}
