//! Signed records: the COSE_Sign1 envelope (RFC 9052, RFC 9943), record ids, keys, and registry statements.
//!
//! What it is not: the rules of who may state what (that is `chain`). A [`Record`] that decodes is well formed and its
//! signature can be checked; whether the ledger admits it is another question. Pure: no I/O, no clock, no random source.

#[cfg(any(test, feature = "node"))]
pub mod demo;
#[cfg(any(test, feature = "node"))]
pub mod eight;
#[cfg(any(test, feature = "node"))]
pub mod enrolment;
pub mod envelope;
pub mod id;
pub mod key;
pub mod opening;
pub mod registry;
#[cfg(any(test, feature = "node"))]
pub mod sign;
mod statement;

pub use envelope::{Claims, ContentType, Payload, Record, RecordError, Seen};
pub use id::{Hash32, RecordId};
pub use key::{KeyRefused, PublicKey, ledger_id};
pub use opening::{Opening, OpeningError};
pub use registry::Statement;
#[cfg(any(test, feature = "node"))]
pub use sign::{SignerClaims, prove_possession, sign};
