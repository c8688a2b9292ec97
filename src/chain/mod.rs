//! The chain rules: a pure, deterministic state machine over admitted records.
//!
//! [`apply`] is the only entry point: the ledger calls it at admission, a proof bundle and an auditor call the same function on
//! replay. It reads no clock, no file and no table outside the log. What it is not: storage (rows are read through [`State`])
//! or signature checking (`record`).
//!
//! Order of a record: the checks every record gets (`authority`), then `registry` or `event`, then the rows every record
//! leaves (`entity_index`); see `apply`. The files form no cycle: a file uses only files that do not use it. [`Rule`] lists every
//! rule; the function that checks a rule names its id in the doc comment.

pub mod accredited;
pub mod acts;
mod apply;
pub mod authority;
mod binding;
pub mod certificate;
pub(crate) mod checks;
pub mod cleared;
pub mod clock;
mod company;
pub mod context;
pub mod effects;
pub mod entity_index;
pub mod event;
mod given_up;
pub mod guide;
pub mod keys;
pub mod lineage;
pub mod lookalike;
pub mod lot_reads;
pub mod lot_rows;
mod mandate;
pub mod market;
pub mod marks;
pub mod monitored;
pub mod outcome;
pub mod overlay;
pub mod party;
pub mod place;
pub mod product;
pub mod provenance;
pub mod quota;
mod registry;
mod repeats;
mod replay;
pub mod row_keys;
pub mod rows;
pub mod rules;
pub mod samples;
pub mod shipments;
pub mod sides;
pub mod specification;
pub mod state;
pub mod statements;
pub mod tested;
pub mod times;
mod usage;
pub mod words;

pub use acts::Act;
pub use apply::apply;
pub use authority::Signer;
pub use context::{Context, NoProfiles, ProfileSource, RULESET, RecordSource, Refusals};
pub use outcome::{Finding, Outcome, Refusal, Rejection, Severity};
pub use overlay::Overlay;
pub use replay::{Broken, Stopped, Void, replay};
pub use rules::{Rule, RuleKind, Weight};
pub use state::{MemState, State, StateError, Table};

#[cfg(test)]
pub(crate) mod testing;
