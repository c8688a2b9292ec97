//! Times of ruleset 1. An event's time is its signer's word; "now" is the log's clock.

use jiff::ToSpan;
use jiff::civil::Date;

/// How far a device's clock may be ahead of the ledger's, seconds: 5 minutes.
pub const SKEW: i64 = 5 * 60;
/// Beyond this an implausible time is a rejection, seconds: one day.
pub const DAY: i64 = 24 * 60 * 60;
/// An event logged later than this after it happened gets the notice `late-sync`, seconds: seven days.
pub const LATE: i64 = 7 * DAY;
/// So long after a validity ended an event that is dated within it still counts, seconds: 14 days. A laboratory may be without signal.
pub const GRACE: i64 = 14 * DAY;

/// The day from which days are counted in rows.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01.
pub fn days(date: Date) -> i32 {
    date.since(EPOCH).map_or(0, |span| span.get_days())
}

/// The date so many days after 1970-01-01; `None` when there is none.
pub fn date(days: i32) -> Option<Date> {
    EPOCH.checked_add(i64::from(days).days()).ok()
}
