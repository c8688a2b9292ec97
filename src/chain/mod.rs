//! The chain rules: a pure, deterministic state machine over admitted records.
//!
//! [`apply`] is the only door: the ledger calls it at admission, the proof bundle and an auditor call the same function on
//! replay. It reads no clock, no file and no table outside the log. What it is not: storage (rows come through [`State`]),
//! nor signature checking (that is `record`).

pub mod outcome;
pub mod rows;
pub mod state;
pub mod view;

pub use outcome::{Act, Finding, Outcome, Refusal, Rejection, Severity};
pub use state::{MemState, Overlay, State, StateError, Table};

mod door;
pub use door::*;
