//! What this node has refused for good, as far back as it remembers: a record that follows one of these is admitted with a
//! notice, where one that follows a record this node never saw waits for it (rule `parent-unknown`).
//!
//! The ids lie in a ring of the register, so that they outlive a restart: 8 bytes of sequence number (big-endian, from 1),
//! then the 32 bytes of the id, in the slot `number % slots`. The newest written over the oldest. What it is not: part of
//! the log. A replay needs none of it, and when the register is lost a sender submits the refused record again.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::chain::rows::KeyRow;
use crate::chain::state::get;
use crate::chain::{Refusals, Rejection, State, StateError, Table};
use crate::record::{Hash32, Record, RecordId};
use crate::store::{Register, Ring};

/// The ids of refused records.
pub(super) struct Refused {
    register: Arc<dyn Register>,
    /// The sequencer's alone.
    ids: RefCell<Ids>,
}

/// What the ring holds.
#[derive(Default)]
struct Ids {
    known: HashSet<RecordId>,
    /// What each slot holds, by slot number.
    slots: Vec<Option<RecordId>>,
    /// Sequence number of the newest.
    newest: u64,
}

impl Refused {
    /// Reads the ring. One that can't be read is taken for empty.
    pub(super) fn open(register: Arc<dyn Register>) -> Refused {
        let loaded = register.load(Ring::Refused).unwrap_or_else(|error| {
            tracing::warn!(%error, "the refused records of earlier runs are not known");
            Default::default()
        });
        let (mut ids, mut damaged) = (Ids::default(), loaded.damaged);
        for (slot, value) in loaded.filled {
            match decode(&value).filter(|(number, _)| slot_of(*number) == slot) {
                Some((number, id)) => {
                    ids.hold(slot, id);
                    ids.newest = ids.newest.max(number);
                }
                None => {
                    damaged += 1;
                    if let Err(error) = register.put(Ring::Refused, slot, b"") {
                        tracing::debug!(%error, "a damaged slot stays");
                    }
                }
            }
        }
        if damaged > 0 {
            tracing::warn!(damaged, "slots of the register with refused records are damaged and were skipped");
        }
        Refused { register, ids: RefCell::new(ids) }
    }

    /// Remembers a record whose signature held and that `rejection` refused for good. Only keys of this ledger count: anyone
    /// can make a key, and push the others out.
    pub(super) fn note(&self, state: &dyn State, record: &Record, rejection: &Rejection) -> Result<(), StateError> {
        if rejection.retryable || self.refused(&record.id) || get::<KeyRow>(state, Table::Key, &record.kid.0)?.is_none()
        {
            return Ok(());
        }
        let mut ids = self.ids.borrow_mut();
        ids.newest += 1;
        let slot = slot_of(ids.newest);
        ids.hold(slot, record.id);
        let value = [&ids.newest.to_be_bytes()[..], record.id.as_bytes()].concat();
        if let Err(error) = self.register.put(Ring::Refused, slot, &value) {
            tracing::debug!(%error, "a refused record is not remembered after the next restart");
        }
        Ok(())
    }
}

impl Ids {
    fn hold(&mut self, slot: u32, id: RecordId) {
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
    // the numbers after it must exist
    Some((number, Hash32(id.try_into().ok()?))).filter(|_| number < u64::MAX / 2)
}

impl Refusals for Refused {
    fn refused(&self, id: &RecordId) -> bool {
        self.ids.borrow().known.contains(id)
    }
}
