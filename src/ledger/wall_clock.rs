//! How far a node believes its machine's clock, and what it does when it does not.
//!
//! The rules bound how far the clock goes without the authority (`chain::clock`). Within that bound a machine may still be wrong, and its
//! operator is there to be asked: a node that was off for more than a week takes no records until the operator has confirmed the machine's
//! clock ([`super::Ledger::confirm_clock`]) or the authority has permitted the step. It serves what it has meanwhile, and takes
//! the authority's statements that put it right. What it is not: the rules of the clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::WallClock;
use crate::chain::clock;
use crate::chain::rows::LedgerRow;

/// A step of more than this is believed only after a confirmation, seconds: a week, so that a node that was off over holidays starts
/// without anyone there. A running node's last clock is at most a day old ([`ALONE`]).
pub const ASK: i64 = 7 * 86_400;
/// A running node without records signs a clock when the last one is this old, seconds: a day. Else a ledger that nobody wrote to for a
/// season would look like a node that was off.
pub const ALONE: i64 = 86_400;
/// A wall clock that is this many seconds ahead of the monotonic clock was set, and is ignored.
const JUMP: i64 = 3_600;

/// Why the clock does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// For the operator, or the authority's permit.
    Operator,
    /// For the authority's permit.
    Authority,
}

/// The clock does not go on, and no records are taken but those of the authority that put it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockHold {
    /// The last clock on the ledger, Unix seconds.
    pub last: i64,
    /// What this machine says.
    pub now: i64,
    /// For whom it waits.
    pub waits: Waits,
}

/// A time for people, in UTC.
pub fn readable(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

impl fmt::Display for ClockHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.waits {
            Waits::Operator => "its operator confirms that, or the authority permits it",
            Waits::Authority => "the authority permits that or resets the clock",
        };
        write!(
            f,
            "the last clock on the ledger is {}, the node's machine says {}: no record is taken until {who}",
            readable(self.last),
            readable(self.now)
        )
    }
}

/// What keeps the clock from going on to `now`.
pub(super) fn hold(ledger: &LedgerRow, now: i64, confirmed: bool) -> Option<ClockHold> {
    let last = ledger.clock;
    // a machine that is behind waits until it has caught up
    if now <= last {
        return None;
    }
    let wait = |waits| Some(ClockHold { last, now, waits });
    if clock::needs_permit(ledger, now) {
        return wait(Waits::Authority);
    }
    let permitted = ledger.clock_permit.is_some_and(|until| now <= until);
    if last != 0 && now.saturating_sub(last) > ASK && !confirmed && !permitted {
        return wait(Waits::Operator);
    }
    None
}

/// The hold in force and the operator's answer, shared between the sequencer and who asks.
#[derive(Default)]
pub(crate) struct ClockState {
    confirmed: AtomicBool,
    hold: Mutex<Option<ClockHold>>,
}

impl ClockState {
    /// Judges `now` against the ledger's clock. What was believed once is not asked again while the node runs.
    pub(super) fn judge(&self, ledger: &LedgerRow, now: i64) -> Option<ClockHold> {
        let held = hold(ledger, now, self.confirmed.load(Ordering::Acquire));
        if held.is_none() {
            self.confirm();
        }
        *self.hold.lock() = held;
        held
    }

    pub(super) fn confirm(&self) {
        self.confirmed.store(true, Ordering::Release);
        self.hold.lock().take_if(|hold| hold.waits == Waits::Operator);
    }

    pub(super) fn held(&self) -> Option<ClockHold> {
        *self.hold.lock()
    }
}

/// The wall clock, checked against the monotonic clock. What it says at the start is judged by [`hold`]; a jump forward while the node
/// runs is ignored.
pub(super) struct CheckedClock {
    clock: Arc<dyn WallClock>,
    /// Wall clock minus monotonic clock at the start.
    offset: i64,
    jumped: bool,
}

impl CheckedClock {
    pub(super) fn new(clock: Arc<dyn WallClock>) -> CheckedClock {
        let offset = clock.now().saturating_sub(clock.monotonic());
        CheckedClock { clock, offset, jumped: false }
    }

    pub(super) fn monotonic(&self) -> i64 {
        self.clock.monotonic()
    }

    pub(super) fn now(&mut self) -> i64 {
        let (wall, expected) = (self.clock.now(), self.offset.saturating_add(self.clock.monotonic()));
        let jumps = wall.saturating_sub(expected) > JUMP;
        if jumps && !self.jumped {
            tracing::error!(
                wall,
                expected,
                "the machine's clock jumped forward and is ignored; restart the node if it is right"
            );
        }
        self.jumped = jumps;
        if jumps { expected } else { wall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::clock::STEP;
    use crate::chain::testing::{T0, World};
    use crate::chain::{Table, state};

    #[test]
    fn a_stop_of_more_than_a_week_waits_for_an_answer_and_of_a_season_for_a_permit() {
        let world = World::new();
        let ledger: LedgerRow = state::get(&world.state, Table::Ledger, b"").unwrap().unwrap();
        let waits = |ledger: &LedgerRow, passed, confirmed| hold(ledger, T0 + passed, confirmed).map(|hold| hold.waits);
        assert_eq!(waits(&ledger, -STEP, false), None, "a machine that is behind waits for its own clock");
        assert_eq!(waits(&ledger, ASK, false), None);
        assert_eq!(waits(&ledger, ASK + 1, false), Some(Waits::Operator));
        assert_eq!(waits(&ledger, ASK + 1, true), None);
        assert_eq!(waits(&ledger, STEP, true), None);
        assert_eq!(waits(&ledger, STEP + 1, true), Some(Waits::Authority));
        let permitted = LedgerRow { clock_permit: Some(T0 + STEP + 1), ..ledger };
        assert_eq!(waits(&permitted, STEP + 1, false), None, "the authority answered for the operator");
        assert_eq!(waits(&permitted, STEP + 2, true), Some(Waits::Authority), "beyond the permit");
    }
}
