//! The transparency log: an RFC 6962 / RFC 9162 Merkle tree published as C2SP tlog-tiles with signed checkpoints, and proofs
//! that any standard client can check.
//!
//! What it is not: it knows nothing of products, holds no private key (a [`note::Signer`] is passed in) and does no I/O
//! (tiles come through [`tile::TileSource`]). Every parser here takes hostile bytes and returns an error, never a panic.

pub mod bundle;
pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod tile;
pub mod tlog_proof;

pub use checkpoint::Checkpoint;
pub use merkle::{Frontier, Hash, NodeReader};
pub use note::{Note, Signer, Verifier};
pub use policy::Policy;
pub use receipt::Receipt;
pub use tlog_proof::TlogProof;
