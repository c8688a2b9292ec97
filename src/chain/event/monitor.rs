//! Monitor: what an accredited inspector measured of a place over a period, such as residues or the waters of a bay.
//!
//! It names no goods. For which lots it counts, and by which limits, is looked up with the lot (`chain::monitored`), by the market that the
//! lot is judged for.

use jiff::ToSpan;

use super::inspector::{inspector_only, not_accredited};
use super::standard::{named_profile, require_results};
use super::tx::Tx;
use crate::chain::rows::{MonitoringRow, PlaceRow, ProfileRow, RecordRow, of_monitoring, profile_key};
use crate::chain::state::get;
use crate::chain::times::days;
use crate::chain::{Refusal, Rejection, Rule, Table};
use crate::epcis::ext::Period;
use crate::gs1::Gln;
use crate::quality::profile::commodity_of;

/// Most days between the first and the last day of the period that one record stands for: a year.
const LONGEST: i64 = 366;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    inspector_only(tx)?;
    let place = require_place(tx)?;
    let period = require_period(tx)?;
    let named = named_profile(tx)?;
    let commodity = commodity_of(&named.id);
    not_accredited(tx, commodity)?;
    profile_on_ledger(tx)?;
    require_results(tx)?;
    let row = MonitoringRow {
        record: tx.record,
        by: tx.signer().to_owned(),
        from: days(period.from),
        until: days(period.until),
    };
    tx.put(Table::Monitoring, of_monitoring(place, commodity, tx.index), &row)?;
    Ok(())
}

/// Rule `place-unknown`: a place that is monitored is registered on the ledger, and the event happened there. Retryable: its statement may
/// be on its way.
fn require_place(tx: &Tx<'_>) -> Result<Gln, Refusal> {
    let Some(place) = tx.event.gln() else {
        return Err(Rejection::new(Rule::PlaceUnknown, "monitoring names the place in readPoint, by its GLN").into());
    };
    if get::<PlaceRow>(tx.state, Table::Place, &place.number().to_be_bytes())?.is_none() {
        let detail = format!("place {place} is not on this ledger");
        return Err(Rejection::new(Rule::PlaceUnknown, detail).arg("place", place).retryable().into());
    }
    Ok(place)
}

/// Rule `monitoring-period`: monitoring states its first and last day (`jejak:monitoring`), at most [`LONGEST`] days apart, the last not
/// after the day of the event.
fn require_period(tx: &Tx<'_>) -> Result<Period, Rejection> {
    let wrong = |why: &str| Rejection::new(Rule::MonitoringPeriod, why.to_owned());
    let Some(period) = tx.event.ext.monitoring.clone() else {
        return Err(wrong("monitoring states its first and last day in jejak:monitoring"));
    };
    let day = jiff::tz::TimeZone::UTC.to_datetime(tx.event.event_time).date();
    // where the event happened it may be the next day already
    if day.tomorrow().is_ok_and(|most| period.until > most) {
        return Err(wrong("the last day that was monitored is after the day of the event"));
    }
    if period.from.checked_add(LONGEST.days()).is_ok_and(|most| period.until > most) {
        let why = format!("the first and last day that were monitored are at most {LONGEST} days apart");
        return Err(wrong(&why).arg("most", LONGEST));
    }
    Ok(period)
}

/// Rule `profile-not-in-force`: the profile that names the parameters is on the ledger, with these bytes.
fn profile_on_ledger(tx: &Tx<'_>) -> Result<(), Refusal> {
    let named = named_profile(tx)?;
    let row: Option<ProfileRow> = get(tx.state, Table::Profile, &profile_key(&named.id, &named.version))?;
    if row.is_some_and(|row| row.blake3.to_string() == named.blake3) {
        return Ok(());
    }
    let detail = format!("profile {} {} with these bytes is not on this ledger", named.id, named.version);
    Err(Rejection::new(Rule::ProfileNotInForce, detail).arg("profile", &named.id).arg("version", &named.version).into())
}

/// Undoes voided monitoring: it counts for no lot any more.
pub(super) fn undo(tx: &mut Tx<'_>, original: &RecordRow) {
    // a void repeats the event, and with it the place and the profile
    if let (Some(place), Some(named)) = (tx.event.gln(), &tx.event.ext.profile) {
        tx.remove(Table::Monitoring, of_monitoring(place, commodity_of(&named.id), original.index));
    }
}
