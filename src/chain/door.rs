//! The door's shape, until the rules land: `apply` refuses everything, as storage that can't be read.
//!
//! Named items of `chain` shadow this glob, so the rules replace it by being there; this file then goes.

use std::sync::Arc;

use super::{Outcome, Overlay, Refusal, StateError};
use crate::quality::Profile;
use crate::record::{Hash32, Record, RecordId};

/// The newest ruleset this binary knows.
pub const RULESET: u32 = 1;

/// The rule that a replay must stop at, rather than go on with the record void.
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

/// What [`apply`] may look at beside the state.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The profiles on the log.
    pub profiles: &'a dyn ProfileSource,
    /// The records are a closure, not the whole log: findings about what is missing are not raised.
    pub partial: bool,
}

/// Refuses.
///
/// # Errors
/// Always [`Refusal::Storage`].
pub fn apply(_: &mut Overlay<'_>, _: u64, _: &Record, _: &Context<'_>) -> Result<Outcome, Refusal> {
    Err(StateError("the rules are not there yet".into()).into())
}
