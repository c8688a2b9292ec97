//! The chain rules: a pure, deterministic state machine over admitted records.
//!
//! [`apply`] is the only door: the ledger calls it at admission, the proof bundle and an auditor call the same function on
//! replay. It reads no clock, no file and no table outside the log. What it is not: storage (rows come through [`State`]),
//! nor signature checking (that is `record`).
//!
//! Order of a record: the checks every record gets (`authority`), then `registry` or `event`, then the rows every record
//! leaves (`entity_index`). A rule is a function named after its id; [`RULES`] lists them all.

use std::sync::Arc;

pub mod authority;
mod binding;
pub mod catalogue;
pub mod clock;
pub mod entity_index;
pub mod event;
pub mod keys;
pub mod lineage;
pub mod mandate;
pub mod outcome;
pub mod overlay;
pub mod party;
pub mod place;
pub mod product;
pub mod query;
mod registry;
mod replay;
pub mod rows;
pub mod said;
pub mod state;
pub mod statements;
pub mod view;

pub use authority::Signer;
pub use catalogue::{Kind, RULES, RuleInfo};
pub use outcome::{Act, Finding, Outcome, Refusal, Rejection, Severity};
pub use overlay::Overlay;
pub use replay::{Stopped, Void, replay};
pub use state::{MemState, State, StateError, Table};

use crate::quality::Profile;
use crate::record::{Hash32, Payload, Record, RecordId};
use entity_index::Moved;

/// The newest ruleset this binary knows.
pub const RULESET: u32 = 1;

/// The rule that a replay must stop at, rather than go on with the record void: see [`statements`].
pub const UNKNOWN_RULESET: &str = "unknown-ruleset";

/// Where the bytes of the commodity profiles in force come from: they are mandatory objects of the log.
pub trait ProfileSource {
    /// The profile whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>>;
}

/// Where queries read records from.
pub trait RecordSource {
    /// The admitted record, or `None`.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError>;
}

/// No profiles at all: a ledger that has none in force yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProfiles;

impl ProfileSource for NoProfiles {
    fn profile(&self, _: &Hash32) -> Option<Arc<Profile>> {
        None
    }
}

/// What a ledger remembers beside its log, for records that are not on the log yet.
pub trait Refusals {
    /// Whether a rule refused this record for good. The log does not hold what was refused, so only the node that refused it
    /// can say so, as long as it remembers.
    fn refused(&self, id: &RecordId) -> bool;
}

/// What [`apply`] may look at beside the state.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The profiles on the log.
    pub profiles: &'a dyn ProfileSource,
    /// The records are a closure, not the whole log: gaps in a key's numbers say nothing.
    pub partial: bool,
    /// At admission, what was refused before: a record that follows one that is neither here nor among these waits for it.
    /// On replay there is nothing to wait for: a record is on the log because what it follows and is not here was refused.
    pub refusals: Option<&'a dyn Refusals>,
}

impl<'a> Context<'a> {
    /// For a record that is not on the log yet.
    pub fn admission(profiles: &'a dyn ProfileSource, refusals: &'a dyn Refusals) -> Context<'a> {
        Context { profiles, partial: false, refusals: Some(refusals) }
    }

    /// For every record of a log, in order.
    pub fn replay(profiles: &'a dyn ProfileSource) -> Context<'a> {
        Context { profiles, partial: false, refusals: None }
    }

    /// For the records of a closure ([`query::closure`]), in order.
    pub fn closure(profiles: &'a dyn ProfileSource) -> Context<'a> {
        Context { profiles, partial: true, refusals: None }
    }
}

/// Applies one record at `index`. The caller calls [`Overlay::mark`] before; on refusal every write of the record is
/// taken back here.
///
/// # Errors
/// [`Refusal::Rejected`] when a rule refuses it, [`Refusal::Storage`] when state can't be read.
pub fn apply(state: &mut Overlay<'_>, index: u64, record: &Record, ctx: &Context<'_>) -> Result<Outcome, Refusal> {
    let outcome = admit(state, index, record, ctx);
    if outcome.is_err() {
        state.undo();
    }
    outcome
}

fn admit(state: &mut Overlay<'_>, index: u64, record: &Record, ctx: &Context<'_>) -> Result<Outcome, Refusal> {
    if index == 0 {
        return party::found(state, record);
    }
    let ledger = authority::shared_ledger(state)?;
    statements::unknown_ruleset(ledger.ruleset)?;
    authority::wrong_ledger(record, &ledger)?;
    authority::duplicate_record(state, record)?;
    if keys::rotate_by_successor(state, index, record, &ledger)? {
        return Ok(Outcome { act: Act::Registry, findings: Vec::new() });
    }
    let signer = authority::signer(state, record)?;
    authority::key_purpose(record, &signer)?;
    let mut findings = authority::sequence(state, record, &signer, ctx)?;
    if let Payload::Event(event) = &record.payload {
        authority::ruleset_missing(&ledger)?;
        authority::event_id_taken(state, record, event)?;
    }
    let (mut outcome, moved) = match &record.payload {
        Payload::Registry(statement) => {
            (registry::apply(state, index, record, statement, ctx, &signer, &ledger)?, Moved::default())
        }
        Payload::Event(event) => event::apply(state, index, record, event, ctx, &signer, ledger.clock)?,
    };
    outcome.findings.append(&mut findings);
    entity_index::settle(state, index, record, &ledger, &outcome, moved)?;
    Ok(outcome)
}

#[cfg(test)]
pub(crate) mod testing;
