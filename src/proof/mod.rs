//! Portable proofs of a lot's whole chain, or of one record, verified offline with only the file and what the verifier
//! trusts beforehand; and the audit of a whole log.
//!
//! What it is not: I/O, HTTP, or sentences for people. A verdict holds for one size of the log, and never means that nothing
//! else exists.

pub mod audit;
pub mod bundle;
#[cfg(feature = "node")]
pub mod compact;
#[cfg(feature = "node")]
pub mod export;
mod replay;
mod seen;
mod single;
pub mod trust;
pub mod verdict;
mod verify;

pub use audit::{Audit, Audited, Following, Gap};
pub use bundle::{Bundle, BundleError, BundleProfile, BundleRecord, SeenProof};
pub use replay::{verify, verify_at};
pub use single::{verify_tlog_proof, verify_transparent_statement};
pub use trust::{Earlier, Trust, TrustError};
pub use verdict::{Check, Outcome, SeenBy, Verdict};
