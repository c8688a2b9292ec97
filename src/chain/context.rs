//! What the rules may look at beside the state: the profiles and specifications on the log, and at admission what was refused before.

use std::sync::Arc;

use super::state::StateError;
use crate::quality::{Criteria, Profile, Specification};
use crate::record::{Hash32, Record, RecordId};

/// The newest ruleset this binary knows.
pub const RULESET: u32 = 1;

/// Where the files by which goods are judged come from, commodity profiles and specifications of parties alike: their bytes are mandatory
/// objects of the log.
pub trait ProfileSource {
    /// The file whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria>;

    /// Keeps the bytes with the log, once a statement that names them follows the rules. Returns whether they are there for good.
    fn keep(&self, blake3: &Hash32) -> bool {
        let _ = blake3;
        true
    }

    /// Id and version of the export guide whose bytes have this BLAKE3 hash. Only a node, which admits guides, reads one.
    fn guide(&self, blake3: &Hash32) -> Option<(String, String)> {
        let _ = blake3;
        None
    }

    /// The profile whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>> {
        match self.criteria(blake3)? {
            Criteria::Profile(profile) => Some(profile),
            Criteria::Specification(_) => None,
        }
    }

    /// The specification whose bytes have this BLAKE3 hash, or `None` when it is not there.
    fn specification(&self, blake3: &Hash32) -> Option<Arc<Specification>> {
        match self.criteria(blake3)? {
            Criteria::Specification(specification) => Some(specification),
            Criteria::Profile(_) => None,
        }
    }
}

/// Where queries read records from, and the files that judged them.
pub trait RecordSource: ProfileSource {
    /// The admitted record, or `None`.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError>;
}

/// No profiles: a ledger that has none in force yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProfiles;

impl ProfileSource for NoProfiles {
    fn criteria(&self, _: &Hash32) -> Option<Criteria> {
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
    /// The profiles and specifications on the log.
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
