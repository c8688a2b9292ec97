//! The examples of `docs/formats.md` equal the library's output byte for byte, and decode again from the page.
//!
//! `JEJAK_WRITE_EXAMPLES=1` rewrites them in the page: for an intended change of format only, never to make a test pass.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use jejak::gs1::LotId;
use jejak::httpsig::{self, Fields, Params, Target, Unverified};
use jejak::ledger::history::Line;
use jejak::ledger::sign::LogKey;
use jejak::log::merkle::{Hash, inclusion_verify, leaf_hash, node_hash};
use jejak::log::note::{KeyType, Verifier};
use jejak::log::receipt::Receipt;
use jejak::log::sign::{ReceiptClaims, cosign, inclusion_receipt};
use jejak::log::{Checkpoint, bundle, tlog_proof::TlogProof};
use jejak::proof::bundle::BundleRecord;
use jejak::proof::{Bundle, export};
use jejak::record::registry::{Key, Names, Party, Purpose, Role, Statement};
use jejak::record::{ContentType, Hash32, PublicKey, Record, SignerClaims, key, sign};
use jejak::store::segments::{self, SegmentOptions, Segments};
use jejak::store::{Frame, Head, Journal};

const ORIGIN: &str = "formats.example/log";
const WITNESS: &str = "witness.example/w1";
const NONCE: [u8; 16] = [0x11; 16];
const PARTY: &str = "urn:jejak:party:authority";
const TIME: i64 = 1_767_225_600;

fn secret(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn public(n: u8) -> PublicKey {
    PublicKey(secret(n).verifying_key().to_bytes())
}

fn ledger() -> String {
    key::ledger_id(&public(1), &NONCE)
}

fn signed(by: u8, seq: u64, statement: &Statement) -> Vec<u8> {
    let ledger = ledger();
    let claims = SignerClaims { iss: PARTY, aud: &ledger, iat: TIME, seq, seen: None };
    sign(&secret(by), &claims, ContentType::Registry, statement.to_json().unwrap().as_bytes()).unwrap()
}

/// Entry 0 of the example's ledger: the authority's own statement.
fn founding() -> Vec<u8> {
    signed(
        1,
        1,
        &Statement::Party(Party {
            nonce: Some(HEXLOWER.encode(&NONCE)),
            successor: Some(key::successor_commitment(&public(4))),
            ..Party::new(PARTY, Names::english("Authority"), &[Role::Authority], "ID")
        }),
    )
}

/// Entry 1: a second key.
fn second() -> Vec<u8> {
    let purpose = Purpose::Admin;
    let possession = jejak::record::prove_possession(&secret(5), &ledger(), PARTY, purpose);
    signed(1, 2, &Statement::Key(Key { party: PARTY.into(), key: public(5), purpose, possession, label: None }))
}

struct World {
    entries: [Vec<u8>; 2],
    leaves: [Hash; 2],
    root: Hash,
    note: String,
    line: Line,
}

fn world() -> World {
    let entries = [founding(), second()];
    let leaves = [leaf_hash(&entries[0]), leaf_hash(&entries[1])];
    let root = node_hash(&leaves[0], &leaves[1]);
    let head = Checkpoint { origin: ORIGIN.into(), size: 2, root };
    let mut note = head.sign(&LogKey::new(ORIGIN, secret(2))).unwrap();
    let line = Line::of(&head, &note).unwrap();
    cosign(&mut note, &LogKey::new(WITNESS, secret(3)), TIME as u64 + 1).unwrap();
    World { entries, leaves, root, note: note.to_string(), line }
}

const BLOB: &[u8] = b"a photo\n";
const HOST: &str = "jejak.example";

fn upload() -> String {
    format!("/evidence/{}", Hash32::of(BLOB))
}

/// Method, address and digest of a request.
type SignedTarget = (String, String, String);

fn of(target: &SignedTarget) -> Target<'_> {
    Target { method: &target.0, uri: &target.1, digest: &target.2 }
}

/// An upload signed by the second key.
fn signed_request() -> (Params, SignedTarget, Fields) {
    let params = Params {
        created: TIME,
        expires: TIME + 120,
        nonce: "aaaqeayeaudaocajbifqydiob4".into(),
        key: public(5),
        ledger: ledger(),
    };
    let target = ("PUT".to_owned(), format!("https://{HOST}{}", upload()), httpsig::digest::of(BLOB));
    let fields = httpsig::sign(&secret(5), &params, &of(&target)).unwrap();
    (params, target, fields)
}

/// Hex in rows of 32 bytes, a remark on the first.
fn hex(out: &mut String, bytes: &[u8], remark: &str) {
    for (n, row) in bytes.chunks(32).enumerate() {
        let row = HEXLOWER.encode(row);
        match n {
            0 => writeln!(out, "{row:<66}# {remark}").unwrap(),
            _ => writeln!(out, "{row}").unwrap(),
        }
    }
}

/// The bytes of a block of hex with remarks.
fn unhex(block: &str) -> Vec<u8> {
    let digits: String = block
        .lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().chars())
        .filter(|c| !c.is_whitespace())
        .collect();
    HEXLOWER.decode(digits.as_bytes()).unwrap()
}

fn record_block(bytes: &[u8]) -> String {
    let mut out = String::new();
    // d2 84, then bstr heads of two or three bytes: the parts are found with a generic CBOR decoder
    let mut d = minicbor::Decoder::new(bytes);
    d.tag().unwrap();
    d.array().unwrap();
    let mut at = d.position();
    hex(&mut out, &bytes[..at], "tag 18, array of four");
    let protected = d.bytes().unwrap();
    hex(&mut out, &bytes[at..d.position() - protected.len()], "protected header: a byte string");
    let mut p = minicbor::Decoder::new(protected);
    p.map().unwrap();
    let mut inner = p.position();
    hex(&mut out, &protected[..inner], "map of four");
    for remark in ["1 alg: -8", "3 content type", "4 kid: the public key", "15 CWT claims: iss, sub, aud, iat, \"seq\""]
    {
        p.skip().unwrap();
        p.skip().unwrap();
        hex(&mut out, &protected[inner..p.position()], remark);
        inner = p.position();
    }
    at = d.position();
    d.skip().unwrap();
    hex(&mut out, &bytes[at..d.position()], "unprotected header: empty");
    at = d.position();
    let payload = d.bytes().unwrap();
    hex(&mut out, &bytes[at..d.position() - payload.len()], "payload: a byte string of JSON");
    hex(&mut out, payload, "{\"type\":\"Party\", ...}");
    at = d.position();
    d.skip().unwrap();
    hex(&mut out, &bytes[at..d.position()], "signature: 64 bytes");
    out
}

fn frame_bytes(dir: &Path) -> Vec<u8> {
    let journal = Segments::open(dir, SegmentOptions::default()).unwrap();
    let entries = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let root = node_hash(&leaf_hash(b"one"), &leaf_hash(b"two"));
    journal.append(0, &Frame { first: 0, head: Head { size: 2, root }, entries }).unwrap();
    std::fs::read(dir.join(format!("{:020}.seg", 0))).unwrap()
}

fn lot() -> LotId {
    LotId { gtin: "09521321001015".parse().unwrap(), lot: "L1".parse().unwrap() }
}

const SERIALS: [&str; 2] = ["aaaaaaaaaaaaaaaa", "mzxw6ytboi234567"];

fn serial_leaf(serial: &str) -> Vec<u8> {
    [b"jejak/1/serial\0".as_slice(), b"09521321001015\0", b"L1\0", serial.as_bytes()].concat()
}

fn claims(subject: &str) -> ReceiptClaims<'_> {
    ReceiptClaims { iss: ORIGIN, sub: subject }
}

/// Every example, as it should stand in the page.
fn examples() -> BTreeMap<&'static str, String> {
    let w = world();
    let mut all = BTreeMap::new();
    let id = Hash32::of(&w.entries[0]);
    all.insert(
        "ledger-id",
        format!("authority key {}\nnonce         {}\n{}\n", public(1), HEXLOWER.encode(&NONCE), ledger()),
    );
    all.insert("record", record_block(&w.entries[0]));
    all.insert(
        "record-payload",
        format!("{}\n", String::from_utf8(Record::decode(&w.entries[0]).unwrap().payload_bytes().to_vec()).unwrap()),
    );
    all.insert("record-id", format!("{id}\n{}\n", id.uri()));
    let mut block = String::new();
    let purpose = Purpose::Admin;
    hex(
        &mut block,
        &key::possession_message(&ledger(), PARTY, purpose, &public(5)),
        "tag, ledger id, party, purpose, key",
    );
    writeln!(block, "\n{}", jejak::record::prove_possession(&secret(5), &ledger(), PARTY, purpose)).unwrap();
    all.insert("possession", block);
    all.insert(
        "successor",
        format!("key        {}\ncommitment {}\n", public(4), key::successor_commitment(&public(4))),
    );
    let opening = [0x22; 16];
    let value = "-3.0512,133.5061";
    all.insert(
        "point",
        format!(
            "random     {}\nvalue      {value}\ncommitment {}\n",
            HEXLOWER.encode(&opening),
            Hash32::tagged("point", &[&opening, value.as_bytes()])
        ),
    );
    let mut block = String::new();
    hex(&mut block, &bundle::encode(&[b"one", b"two"]).unwrap(), "\"one\", \"two\"");
    all.insert("entry-bundle", block);
    all.insert("checkpoint", w.note.clone());
    all.insert("history", w.line.to_text());
    let dir = tempfile::tempdir().unwrap();
    let frame = frame_bytes(dir.path());
    let mut block = String::new();
    for (range, remark) in [
        (0..4, "length"),
        (4..20, "checksum"),
        (20..28, "first index"),
        (28..36, "resulting size"),
        (36..68, "resulting root"),
        (68..73, "\"one\""),
        (73..78, "\"two\""),
    ] {
        hex(&mut block, &frame[range], remark);
    }
    all.insert("journal-frame", block);
    let signer = LogKey::new(ORIGIN, secret(2));
    let path = [w.leaves[1]];
    let made = inclusion_receipt(&signer, claims(&id.uri()), (0, 2), &path, &w.root).unwrap();
    let mut block = String::new();
    hex(&mut block, &made, "18([protected, {396: {-1: [proof]}}, nil, signature])");
    all.insert("receipt", block);
    all.insert("tlog-proof", export::tlog_proof(0, &path, &w.note));
    let records = vec![BundleRecord { index: 0, record: w.entries[0].clone(), path: path.to_vec() }];
    let made = Bundle::new(ledger(), lot(), w.note, records, vec![]).to_json().unwrap();
    all.insert("proof-bundle", format!("{}\n", String::from_utf8(made).unwrap()));
    let (params, target, fields) = signed_request();
    let input = &fields.input;
    all.insert(
        "signed-request",
        format!(
            "PUT {} HTTP/1.1\nHost: {HOST}\nContent-Length: {}\nContent-Digest: {}\nSignature-Input: {input}\nSignature: {}\n",
            upload(),
            BLOB.len(),
            target.2,
            fields.signature
        ),
    );
    all.insert("signature-base", format!("{}\n", params.base(&of(&target)).unwrap()));
    let parties = "urn:jejak:party:farm\nurn:jejak:party:lab\n";
    let lines = format!("jejak/1/handed-in\n{parties}");
    let sum = Hash32::tagged("handed-in", &[Hash32::of(BLOB).as_bytes(), lines.as_bytes()]);
    all.insert("handed-in", format!("{lines}{sum}\n"));
    let leaves = SERIALS.map(|serial| leaf_hash(&serial_leaf(serial)));
    all.insert(
        "serials",
        format!("{}\n{}\nroot {}\n", SERIALS[0], SERIALS[1], Hash32(node_hash(&leaves[0], &leaves[1]))),
    );
    all
}

fn page_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md")
}

/// The blocks of the page: `<!-- example: NAME -->`, then a fenced block.
fn blocks(page: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<!-- example: ") {
        let (name, after) = after.split_once(" -->\n").expect("the mark of an example ends");
        let after = after.strip_prefix("```text\n").unwrap_or_else(|| panic!("{name}: a fenced block follows"));
        let (block, after) = after.split_once("```\n").expect("the block ends");
        assert!(found.insert(name.to_owned(), block.to_owned()).is_none(), "{name} stands twice");
        rest = after;
    }
    found
}

fn page() -> BTreeMap<String, String> {
    blocks(&std::fs::read_to_string(page_path()).unwrap())
}

#[test]
fn formats_doc_examples_match_the_library() {
    let want = examples();
    if std::env::var_os("JEJAK_WRITE_EXAMPLES").is_some() {
        let mut page = std::fs::read_to_string(page_path()).unwrap();
        for (name, old) in blocks(&page) {
            let new = &want[name.as_str()];
            let mark = format!("<!-- example: {name} -->\n```text\n");
            page = page.replace(&format!("{mark}{old}"), &format!("{mark}{new}"));
        }
        std::fs::write(page_path(), page).unwrap();
    }
    let have = page();
    for (name, text) in &want {
        let shown = have.get(*name).unwrap_or_else(|| panic!("docs/formats.md has no example {name}"));
        assert_eq!(shown, text, "{name}");
    }
    assert_eq!(have.len(), want.len(), "an example nobody makes: {:?}", have.keys());
}

#[test]
fn formats_doc_examples_decode() {
    let page = page();
    let w = world();
    let log = Verifier::new(ORIGIN, KeyType::Ed25519, secret(2).verifying_key().to_bytes()).unwrap();
    let witness = Verifier::new(WITNESS, KeyType::Cosignature, secret(3).verifying_key().to_bytes()).unwrap();

    let entry = unhex(&page["record"]);
    let record = Record::decode(&entry).unwrap();
    record.verify().unwrap();
    assert_eq!(record.claims.aud, page["ledger-id"].lines().last().unwrap());
    assert_eq!(record.id.to_string(), page["record-id"].lines().next().unwrap());
    assert_eq!(page["record-payload"].trim_end().as_bytes(), record.payload_bytes());

    let (message, proof) = page["possession"].split_once("\n\n").unwrap();
    assert_eq!(unhex(message)[unhex(message).len() - 32..], public(5).0);
    public(5).possessed(proof.trim(), &ledger(), PARTY, Purpose::Admin).unwrap();
    assert!(public(5).possessed(proof.trim(), &ledger(), PARTY, Purpose::Event).is_err());

    let (head, note) = Checkpoint::open(&page["checkpoint"], &log).unwrap();
    assert_eq!((head.size, head.root), (2, w.root));
    assert_eq!(note.verify(&witness).unwrap(), TIME as u64 + 1);
    let mut words = page["history"].split_whitespace();
    let (size, root, signature) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let rebuilt = format!("{ORIGIN}\n{size}\n{root}\n\n\u{2014} {ORIGIN} {signature}\n");
    assert_eq!(Checkpoint::open(&rebuilt, &log).unwrap().0, head);

    let bytes = unhex(&page["entry-bundle"]);
    assert_eq!(bundle::decode(&bytes).unwrap(), [b"one", b"two"]);

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(format!("{:020}.seg", 0)), unhex(&page["journal-frame"])).unwrap();
    let mut sizes = Vec::new();
    segments::check(dir.path(), &mut |found| match found {
        segments::Found::Frame { frame, .. } => sizes.push((frame.first, frame.head.size, frame.entries.len())),
        segments::Found::Damage { what, .. } => panic!("{what}"),
    })
    .unwrap();
    assert_eq!(sizes, [(0, 2, 2)]);

    let receipt = Receipt::decode(&unhex(&page["receipt"])).unwrap();
    let included = receipt.verify(&entry, &secret(2).verifying_key().to_bytes()).unwrap();
    assert_eq!((included.index, included.size, included.root), (0, head.size, head.root));
    assert!(receipt.verify(&w.entries[1], &secret(2).verifying_key().to_bytes()).is_err());

    let proof = TlogProof::parse(&page["tlog-proof"]).unwrap();
    assert_eq!(proof.index, 0);
    inclusion_verify(&leaf_hash(&entry), proof.index, head.size, &proof.path, &head.root).unwrap();

    let bundle = Bundle::from_json(page["proof-bundle"].trim_end().as_bytes()).unwrap();
    assert_eq!((bundle.lot, bundle.records[0].record.as_slice()), (lot(), entry.as_slice()));

    let request = &page["signed-request"];
    let header = |name: &str| {
        let line = request.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
        line.split_once(": ").unwrap().1
    };
    let digest = header("Content-Digest");
    let signed = Unverified::read(header("Signature-Input"), header("Signature"), &ledger()).unwrap();
    let uri = format!("https://{HOST}{}", upload());
    signed.verify(&Target { method: "PUT", uri: &uri, digest }).unwrap();
    assert!(signed.verify(&Target { method: "POST", uri: &uri, digest }).is_err());
    assert_eq!(signed.params.key, public(5));
    assert!(request.starts_with(&format!("PUT {} HTTP/1.1\n", upload())));
    assert!(page["signature-base"].contains(&format!("\"@target-uri\": {uri}\n")));

    assert!(SERIALS.is_sorted(), "leaves are sorted");
}
