//! What this node has refused for good, as far back as it remembers: a record that follows one of these is admitted and says
//! so, where one that follows a record nobody has seen waits for it (rule `parent-unknown`).
//!
//! Bounded, and in memory alone: after a start the sender submits the refused record again, then the one that follows it.
//! What it is not: part of the log. A replay needs none of it.

use std::cell::RefCell;

use crate::chain::rows::KeyRow;
use crate::chain::state::get;
use crate::chain::{Refusals, Rejection, State, StateError, Table};
use crate::record::{Record, RecordId};
use quick_cache::unsync::Cache;

/// Ids kept: some 8 MB.
const IDS: usize = 131_072;

/// The ids of refused records.
pub(super) struct Refused(RefCell<Cache<RecordId, ()>>);

impl Refused {
    pub(super) fn new() -> Refused {
        Refused(RefCell::new(Cache::new(IDS)))
    }

    /// Remembers a record whose signature held and that `rejection` refused for good. Only keys of this ledger count: anyone
    /// can make a key, and push the others out.
    pub(super) fn note(&self, state: &dyn State, record: &Record, rejection: &Rejection) -> Result<(), StateError> {
        if !rejection.retryable && get::<KeyRow>(state, Table::Key, &record.kid.0)?.is_some() {
            self.0.borrow_mut().insert(record.id, ());
        }
        Ok(())
    }
}

impl Refusals for Refused {
    fn refused(&self, id: &RecordId) -> bool {
        self.0.borrow().get(id).is_some()
    }
}
