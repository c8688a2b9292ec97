//! Portable proofs: a lot's whole chain in one file, or one record, verified offline from nothing but the file and what the
//! verifier trusts beforehand; and the audit of a whole log.
//!
//! What it is not: I/O, HTTP, words for people. A verdict is as of the size of the log it was made for, and never says that
//! nothing else exists.

pub mod audit;
pub mod bundle;
#[cfg(feature = "node")]
pub mod export;
mod replay;
mod single;
pub mod trust;
pub mod verdict;
mod verify;

pub use audit::{Audit, Audited};
pub use bundle::{Bundle, BundleError, BundleProfile, BundleRecord};
pub use replay::verify;
pub use single::{verify_tlog_proof, verify_transparent_statement};
pub use trust::{Earlier, Trust, TrustError};
pub use verdict::{Check, Outcome, Verdict};
