//! The records that this node finally refused, the newest ones: a record that follows one of them is admitted with a notice;
//! one that follows an unknown record is refused until that arrives (rule `parent-unknown`).
//!
//! The ids are in a ring of the register, so that they survive a restart: 8 bytes of sequence number (big-endian, from 1),
//! then the 32 bytes of the id, in slot `number % slots`; the newest overwrites the oldest. What it is not: part of the
//! log. A replay does not need it, and if the register is lost a sender submits the refused record again.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::causes::causes;
use crate::chain::rows::KeyRow;
use crate::chain::state::get;
use crate::chain::{Refusals, Rejection, State, StateError, Table};
use crate::record::{Hash32, Record, RecordId};
use crate::store::{Register, Ring};

/// The ids of refused records.
pub(super) struct Refused {
    register: Arc<dyn Register>,
    /// Used by the sequencer only.
    ids: RefCell<Ids>,
    /// Refused in the batch that is being assembled.
    pending: RefCell<Vec<RecordId>>,
}

/// What the ring holds.
#[derive(Default)]
struct Ids {
    known: HashSet<RecordId>,
    /// Content of each slot, by slot number.
    slots: Vec<Option<RecordId>>,
    /// Sequence number of the newest.
    newest: u64,
}

impl Refused {
    /// Reads the ring. One that can't be read counts as empty.
    pub(super) fn open(register: Arc<dyn Register>) -> Refused {
        let loaded = register.load(Ring::Refused).unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), "the refused records of earlier runs can't be read");
            Default::default()
        });
        let (mut ids, mut damaged) = (Ids::default(), loaded.damaged);
        for (slot, value) in loaded.filled {
            match decode(&value).filter(|(number, _)| slot_of(*number) == slot) {
                Some((number, id)) => {
                    ids.set(slot, id);
                    ids.newest = ids.newest.max(number);
                }
                None => {
                    damaged += 1;
                    if let Err(error) = register.put(Ring::Refused, slot, b"") {
                        tracing::debug!(error = %causes(&error), "a damaged slot was not emptied");
                    }
                }
            }
        }
        if damaged > 0 {
            tracing::warn!(damaged, "damaged slots of refused records in the register were skipped");
        }
        Refused { register, ids: RefCell::new(ids), pending: RefCell::default() }
    }

    /// Notes the id of a record with a valid signature that `rejection` finally refused, until [`Refused::settle`] stores it. Only for
    /// keys of this ledger: otherwise anyone could create keys and displace all other ids.
    pub(super) fn note(&self, state: &dyn State, record: &Record, rejection: &Rejection) -> Result<(), StateError> {
        if rejection.retryable || self.refused(&record.id) || get::<KeyRow>(state, Table::Key, &record.kid.0)?.is_none()
        {
            return Ok(());
        }
        self.pending.borrow_mut().push(record.id);
        Ok(())
    }

    /// The batch did not reach the log: what it refused is not known to be refused.
    pub(super) fn forget(&self) {
        self.pending.borrow_mut().clear();
    }

    /// Stores what the batch refused.
    pub(super) fn settle(&self) {
        for id in self.pending.borrow_mut().drain(..) {
            self.store(id);
        }
    }

    fn store(&self, id: RecordId) {
        let mut ids = self.ids.borrow_mut();
        ids.newest += 1;
        let slot = slot_of(ids.newest);
        ids.set(slot, id);
        let value = [&ids.newest.to_be_bytes()[..], id.as_bytes()].concat();
        if let Err(error) = self.register.put(Ring::Refused, slot, &value) {
            tracing::debug!(error = %causes(&error), "a refused record was not stored; it is unknown after the next restart");
        }
    }
}

impl Ids {
    fn set(&mut self, slot: u32, id: RecordId) {
        let at = slot as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, None);
        }
        if let Some(old) = self.slots.get_mut(at).and_then(|held| held.replace(id)) {
            self.known.remove(&old);
        }
        self.known.insert(id);
    }
}

fn slot_of(number: u64) -> u32 {
    (number % u64::from(Ring::Refused.slots())) as u32
}

fn decode(value: &[u8]) -> Option<(u64, RecordId)> {
    let (number, id) = value.split_first_chunk::<8>()?;
    let number = u64::from_be_bytes(*number);
    // leaves room for the numbers after it
    Some((number, Hash32(id.try_into().ok()?))).filter(|_| number < u64::MAX / 2)
}

impl Refusals for Refused {
    fn refused(&self, id: &RecordId) -> bool {
        self.ids.borrow().known.contains(id) || self.pending.borrow().contains(id)
    }
}
