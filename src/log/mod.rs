//! The transparency log: an RFC 6962 / RFC 9162 Merkle tree published as C2SP tlog-tiles with signed checkpoints, and proofs
//! that any standard client can check.
//!
//! What it is not: it knows nothing of products, holds no private key (a `Signer` is passed in) and does no I/O (tiles
//! come through a `TileSource`). Making proofs, tiles and signatures (`prove`, `publish`, `sign`) is part of the feature
//! `node`: a verifier does not need it. No parser here panics on hostile bytes.

pub mod bundle;
pub mod checkpoint;
pub mod merkle;
pub mod nodes;
pub mod note;
pub mod policy;
#[cfg(any(test, feature = "node"))]
pub mod prove;
#[cfg(any(test, feature = "node"))]
pub mod publish;
pub mod receipt;
#[cfg(any(test, feature = "node"))]
pub mod sign;
pub mod tile;
pub mod tlog_proof;
pub mod vkey;

pub use checkpoint::Checkpoint;
pub use merkle::{Frontier, Hash};
pub use note::{Note, Verifier};
pub use policy::Policy;
pub use receipt::Receipt;
#[cfg(any(test, feature = "node"))]
pub use sign::Signer;
pub use tlog_proof::TlogProof;
pub use vkey::AnyVerifier;
