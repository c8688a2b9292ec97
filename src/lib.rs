//! Jejak, a product quality and traceability ledger.
//!
//! Signed, append-only records link each batch from village harvest through inspection to export shipment; a QR code on the
//! pack resolves to a page that proves the chain. A record is a COSE_Sign1 made by its actor's own Ed25519 key over an EPCIS
//! 2.0 event or a registry statement. The log is an RFC 6962 Merkle tree served as C2SP tlog-tiles. The chain is a pure state
//! machine that server and auditor run alike. Plain files are the truth; the index is derived.
//!
//! # A record, from the signer's device to anyone's hands
//!
//! ```
//! use ed25519_dalek::SigningKey;
//! use jejak::epcis::EventBuilder;
//! use jejak::gs1::LotId;
//! use jejak::record::{ContentType, Record, SignerClaims, sign};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let lot = LotId { gtin: "09521321001015".parse()?, lot: "NILAM-2611-02".parse()? };
//! let harvest = EventBuilder::new("ObjectEvent", "urn:uuid:6f8b1f0e-3a54-4a5e-9a40-0d6f6f1f7a11", "2026-11-03T16:20:00+08:00")
//!     .act("ADD", "commissioning")
//!     .quantity("quantityList", &lot.uri(), "1040", "KGM")
//!     .set("ilmd", serde_json::json!({ "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03" }));
//!
//! // on the phone, with a key that never leaves it
//! let key = SigningKey::from_bytes(&[7; 32]);
//! let claims = SignerClaims { iss: "urn:jejak:party:village", aud: "urn:jejak:ledger:example", iat: 1_793_694_000, seq: 1, seen: None };
//! let bytes = sign(&key, &claims, ContentType::Event, harvest.build().as_bytes())?;
//!
//! // anywhere else
//! let record = Record::decode(&bytes)?;
//! record.verify()?;
//! assert_eq!(record.claims.sub, lot.uri());
//!
//! // one flipped bit, and it is no longer what was signed
//! let mut forged = bytes.clone();
//! forged[200] ^= 1;
//! assert!(Record::decode(&forged).and_then(|record| record.verify()).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | module | what it is | I/O |
//! |---|---|---|
//! | [`gs1`] | GTIN, GLN, SSCC, check digits, Digital Link URIs, units, exact amounts | no |
//! | [`causes`] | errors and what caused them | no |
//! | [`cbor`] | skipping an item of CBOR | no |
//! | [`text`] | the characters that a signed text for people may hold | no |
//! | [`names`] | names for people: BCP 47 language tags to texts | no |
//! | [`epcis`] | the EPCIS 2.0 event model and CBV vocabulary, read strictly | no |
//! | [`record`] | the COSE envelope, record ids, registry statements, key rules | no |
//! | [`quality`] | commodity profiles, limits, verdicts | no |
//! | [`chain`] | the rules: authority, lots, quantities, custody, findings, correction, recall | no |
//! | [`query`] | what the rows say of a lot, a party, a place, a product; the closure, trace and impact of a lot | no |
//! | [`log`] | Merkle tree, tiles, checkpoints, proofs, receipts; knows nothing of products | no |
//! | [`proof`] | the portable proof bundle and its offline verification | no |
//! | [`region`] | codes of administrative regions, and the regencies of Perpres 63/2020 | no |
//! | [`guide`] | export guides: what is still missing before a lot may go to a market | no |
//! | [`httpsig`] | signed requests: HTTP Message Signatures, their digest, and the memory of nonces | no |
//! | [`store`] | the ports and their engines: journal, floor, objects, index, register | yes |
//! | [`ledger`] | the application: open, admit, sequence, acknowledge, publish, recover, refill, doctor | yes |
//! | [`witness`] | asks witnesses for cosignatures over HTTP | yes |
//! | [`label`] | QR codes, GS1-128, and pages of labels as PDF and SVG | no |
//! | [`server`] | HTTP, the resolver, the pages | yes |
//! | [`cli`] | the `jejak` command | yes |
//!
//! Arrows point to what may be used, directly or through others: `cli → server → label, ledger → store, proof → query → guide, region, chain →
//! quality, record → epcis, names → gs1, text`, `proof → log`, `cli → witness → ledger`, and `cli, server → httpsig → record`.
//!
//! # Features
//!
//! `node`, on by default, is everything that needs a disk engine, a network, a private key or a page. Without it
//! (`--no-default-features`) the crate is what an auditor reads: the formats, the rules and the proofs, and a `jejak` that verifies
//! and audits files. `scripts/lines.sh` counts its lines and crates.
//!
//! Formats are drawn in `docs/formats.md`, rules listed in `docs/rules.md`, and running a node is `docs/operations.md`.

pub mod causes;
pub mod cbor;
pub mod chain;
pub mod cli;
pub mod epcis;
pub mod gs1;
#[cfg(feature = "node")]
pub mod guide;
#[cfg(feature = "node")]
pub mod httpsig;
#[cfg(feature = "node")]
pub mod label;
#[cfg(feature = "node")]
pub mod ledger;
pub mod log;
pub mod names;
pub mod proof;
pub mod quality;
pub mod query;
pub mod record;
#[cfg(any(test, feature = "node"))]
pub mod region;
#[cfg(feature = "node")]
pub mod server;
#[cfg(feature = "node")]
pub mod store;
pub mod text;
#[cfg(feature = "node")]
pub mod witness;
