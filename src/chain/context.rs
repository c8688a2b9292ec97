//! What the rules may look at beside the state: the profiles on the log, and at admission what was refused before.

use std::sync::Arc;

use super::state::StateError;
use crate::quality::Profile;
use crate::record::{Hash32, Record, RecordId};

/// The newest ruleset this binary knows.
pub const RULESET: u32 = 1;

/// Where the bytes of the commodity profiles in force come from: they are mandatory objects of the log.
pub trait ProfileSource {
    /// The profile whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>>;
}

/// Where queries read records from, and the profiles that judged them.
pub trait RecordSource {
    /// The admitted record, or `None`.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError>;

    /// The profile whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>>;
}

/// No profiles: a ledger that has none in force yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProfiles;

impl ProfileSource for NoProfiles {
    fn profile(&self, _: &Hash32) -> Option<Arc<Profile>> {
        None
    }
}

/// The records that a node refused. The log does not hold them.
pub trait Refusals {
    /// Whether a rule refused this record for good, as far as the node remembers.
    fn refused(&self, id: &RecordId) -> bool;
}

/// What [`super::apply`] may look at beside the state.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The profiles on the log.
    pub profiles: &'a dyn ProfileSource,
    /// The records are a closure, not the whole log: a gap in the numbers of a key means nothing.
    pub partial: bool,
    /// At admission, the records refused before. A record that follows one that is neither on the ledger nor among these has
    /// to wait for it. `None` on replay, where nothing waits: a record that is named on the log and is not there was refused.
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

    /// For the records of a closure (`query::closure`), in order.
    pub fn closure(profiles: &'a dyn ProfileSource) -> Context<'a> {
        Context { profiles, partial: true, refusals: None }
    }
}
