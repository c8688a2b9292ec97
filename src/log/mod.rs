//! The transparency log: an RFC 6962 / RFC 9162 Merkle tree published as C2SP tlog-tiles with signed checkpoints, and the
//! proofs that a stranger can check with a standard client.
//!
//! What it is not: it knows nothing of products, holds no private key (a [`note::Signer`] is passed in) and does no I/O
//! (tiles come through [`tile::TileSource`]). Everything here takes bytes that may be hostile and answers with an error.

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
