//! Events and harvests of a wrong year: so long ago that they are no events of now that were entered late.

use crate::chain::times::DAY;
use crate::chain::{Rejection, Rule};
use crate::epcis::Event;

/// An event longer ago than this, or a harvest, is no event of now that was entered late, seconds: five years.
pub const OLDEST: i64 = 5 * 366 * DAY;

/// Rule `event-time-implausible`, at a clock.
pub(super) fn too_long_ago(event: &Event, clock: i64) -> Result<(), Rejection> {
    let ago = clock.saturating_sub(event.event_time.as_second());
    if ago <= OLDEST {
        return Ok(());
    }
    Err(Rejection::new(Rule::EventTimeImplausible, "the event is dated more than five years back: correct its year")
        .arg("eventTime", event.event_time)
        .arg("seconds", -ago))
}
