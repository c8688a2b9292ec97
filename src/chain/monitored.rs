//! What monitoring of the places of a lot's harvests covers of the tests that its market asks for.
//!
//! Monitoring names no goods, so nothing of it is written with a lot: it is looked up, so that results that arrive late and their voids take
//! effect at once. What it is not: which values count for which harvest (`quality::monitoring`).

use std::collections::{BTreeMap, BTreeSet};

use super::marks;
use super::rows::{LotRow, MandateRow, MonitoringRow, Origin, RecordRow, mandate_key, monitoring_key};
use super::state::{Scan, row, rows};
use super::times::date;
use super::{Finding, RecordSource, Rule, Severity, State, StateError, Table};
use crate::gs1::{Gln, LotId};
use crate::quality::monitoring::{self, Monitoring};
use crate::quality::{Measured, Profile, Tested};
use crate::record::{Payload, RecordId};

/// Most records of monitoring of one place for one commodity that are looked at: the newest. One inspector signs at most 512 about a place
/// (`quota`), so that none pushes out what another found.
pub const MOST: usize = 2_048;

/// Most places of one lot that are looked at; a lot from more is covered by nothing.
pub const MOST_PLACES: usize = 64;

/// Most commodities for which the newest records of a place are listed: only the authority puts a commodity's profile in force.
#[cfg(any(test, feature = "node"))]
const MOST_COMMODITIES: usize = 64;

/// A record of monitoring that counts for a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitored {
    /// The record.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// The inspector.
    pub by: String,
    /// The place.
    pub place: Gln,
    /// First day, days since 1970-01-01.
    pub from: i32,
    /// Last day.
    pub until: i32,
    /// Ids of the parameters that it covers for the lot's harvests there.
    pub passed: Vec<String>,
    /// Ids of those that were outside a limit of the lot's market.
    pub failed: Vec<String>,
}

/// What monitoring comes to for a lot.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What it covers.
    pub covered: Tested,
    /// The records that count, by index.
    pub records: Vec<Monitored>,
}

/// The monitoring records of a place for a commodity, newest first, each with its index: at most [`MOST`].
pub fn of_place<'s>(
    state: &'s dyn State,
    place: Gln,
    commodity: &str,
) -> impl Iterator<Item = Result<(u64, MonitoringRow), StateError>> + use<'s> {
    let prefix = monitoring_key(place, commodity);
    let newest = rows::<MonitoringRow>(state, Table::Monitoring, Scan::prefix(&prefix).reversed()).take(MOST);
    newest.map(|found| {
        let (key, row) = found?;
        let (_, index) = split(&key)?;
        Ok((index, row))
    })
}

/// What a key of monitoring begins with, for its place and commodity, and the index of the record.
fn split(key: &[u8]) -> Result<(&[u8], u64), StateError> {
    let parts = key.split_last_chunk().map(|(place, index)| (place, u64::from_be_bytes(*index)));
    parts.ok_or_else(|| StateError::new("key of monitoring too short"))
}

/// The newest monitoring records of a place, for whatever commodity: at most `most`, newest first. The keys are in the order of the
/// commodities, so that the newest of each are read and put together; of more than [`MOST_COMMODITIES`] those are left out whose ids come
/// first.
///
/// # Errors
/// [`StateError`] when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn newest_of_place(state: &dyn State, place: Gln, most: usize) -> Result<Vec<MonitoringRow>, StateError> {
    let of_all = place.number().to_be_bytes();
    let mut found = Vec::new();
    // backwards: from what the keys of one commodity begin with to the last key of the commodity before it
    let mut from: Option<Vec<u8>> = None;
    for _ in 0..MOST_COMMODITIES {
        let scan = Scan { prefix: &of_all, after: from.as_deref(), reverse: true };
        let Some((last, _)) = state.scan(Table::Monitoring, scan).next().transpose()? else { break };
        let (of_commodity, _) = split(&last)?;
        let newest = rows::<MonitoringRow>(state, Table::Monitoring, Scan::prefix(of_commodity).reversed());
        for known in newest.take(most) {
            let (key, row) = known?;
            found.push((split(&key)?.1, row));
        }
        from = Some(of_commodity.to_vec());
    }
    found.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
    Ok(found.into_iter().take(most).map(|(_, row)| row).collect())
}

/// What monitoring covers for a lot of `form` and `commodity`, made for `market`, that was harvested at `origins`.
pub(super) fn find(
    state: &dyn State,
    source: &dyn RecordSource,
    profile: &Profile,
    lot: &LotRow,
    (commodity, form, market): (&str, &str, &str),
    origins: &BTreeSet<Origin>,
) -> Result<Found, StateError> {
    let list = profile.complete_list(form, market);
    let Some(days) = list.and_then(|list| list.monitored.values().max()) else { return Ok(Found::default()) };
    let (harvests, mut whole) = harvests(origins);
    let mut places: BTreeSet<Gln> = harvests.iter().map(|(place, _)| *place).collect();
    while places.len() > MOST_PLACES {
        whole = false;
        places.pop_last();
    }
    let marks = marks::any_marked(state)?;
    let (mut records, mut results) = (Vec::new(), Vec::new());
    let mut outsiders = Outsiders { state, lot, known: BTreeMap::new() };
    for place in places {
        for found in of_place(state, place, commodity) {
            let (index, row) = found?;
            let period = |(there, harvest): &(Gln, monitoring::Origin)| {
                let (Some(from), Some(until)) = (date(row.from), date(row.until)) else { return false };
                *there == place && monitoring::counts_for((from, until), harvest, *days)
            };
            if !harvests.iter().any(period) {
                continue;
            }
            let own = !outsiders.contains(&row.by)? || (marks && signed_by_marked(state, &row.record)?);
            let Some(result) = read(source, place, &row, own)? else { continue };
            records.push(Monitored {
                record: row.record,
                index,
                by: row.by,
                place,
                from: row.from,
                until: row.until,
                passed: Vec::new(),
                failed: Vec::new(),
            });
            results.push(result);
        }
    }
    let harvests: Vec<monitoring::Origin> = harvests.into_iter().map(|(_, harvest)| harvest).collect();
    let judged = profile.monitored(form, market, &harvests, &results);
    for ((record, passed), failed) in records.iter_mut().zip(judged.passed).zip(judged.failed) {
        (record.passed, record.failed) = (passed, failed);
    }
    records.retain(|record| !record.passed.is_empty() || !record.failed.is_empty());
    records.sort_by_key(|record| record.index);
    // a harvest of which nothing was monitored is covered by nothing
    Ok(Found { covered: if whole { judged.covered } else { Tested::default() }, records })
}

/// The place and days of each harvest, each once, and whether all have them: of one that has not nothing was monitored that could count
/// for it.
fn harvests(origins: &BTreeSet<Origin>) -> (Vec<(Gln, monitoring::Origin)>, bool) {
    let mut whole = !origins.is_empty();
    let mut found = BTreeMap::new();
    for origin in origins {
        let days = (origin.harvest_start.and_then(date), origin.harvest_end.and_then(date));
        if let (Some(place), (Some(from), Some(until))) = (origin.place, days) {
            found.insert((place, from, until), monitoring::Origin { place: place.uri(), from, until });
        } else {
            whole = false;
        }
    }
    (found.into_iter().map(|((place, ..), harvest)| (place, harvest)).collect(), whole)
}

/// What a record measured; `None` when it is not at hand.
fn read(
    source: &dyn RecordSource,
    place: Gln,
    row: &MonitoringRow,
    own: bool,
) -> Result<Option<Monitoring>, StateError> {
    let Some(record) = source.record(&row.record)? else { return Ok(None) };
    let Payload::Event(event) = &record.payload else { return Ok(None) };
    let (Some(from), Some(until)) = (date(row.from), date(row.until)) else { return Ok(None) };
    Ok(Some(Monitoring { place: place.uri(), from, until, values: Measured::of_event(event).collect(), own }))
}

fn signed_by_marked(state: &dyn State, record: &RecordId) -> Result<bool, StateError> {
    match row::<RecordRow>(state, Table::Record, record.as_bytes())? {
        Some(row) => marks::marked(state, &row),
        None => Ok(true),
    }
}

/// The inspectors that have nothing to do with a lot, and never had a mandate of a party that has: what the others measured is an own check, of which
/// only failures count.
struct Outsiders<'a> {
    state: &'a dyn State,
    lot: &'a LotRow,
    known: BTreeMap<String, bool>,
}

impl Outsiders<'_> {
    fn contains(&mut self, inspector: &str) -> Result<bool, StateError> {
        if let Some(known) = self.known.get(inspector) {
            return Ok(*known);
        }
        let outside = self.is_outside(inspector)?;
        self.known.insert(inspector.to_owned(), outside);
        Ok(outside)
    }

    fn is_outside(&self, inspector: &str) -> Result<bool, StateError> {
        let sides = &self.lot.sides;
        if sides.is_incomplete() || sides.contains(inspector) {
            return Ok(false);
        }
        for side in sides.iter() {
            if row::<MandateRow>(self.state, Table::Mandate, &mandate_key(side, inspector))?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Finding `monitoring-failed`: monitoring of the place of a harvest found a parameter outside a limit of the lot's market, within the time
/// that it counts for, and no test of the lot passed it.
pub(super) fn failed(lot: &LotId, found: &[Monitored], tested: &Tested) -> Vec<(u64, Finding)> {
    let passed: BTreeSet<&str> = tested.passed().collect();
    let open = found.iter().filter_map(|record| {
        let open: Vec<&str> =
            record.failed.iter().map(String::as_str).filter(|parameter| !passed.contains(parameter)).collect();
        (!open.is_empty()).then(|| {
            let parameters: Vec<String> =
                open.iter().map(|id| format!("{}{id}", crate::quality::profile::PARAMETER)).collect();
            let finding = Finding {
                rule: Rule::MonitoringFailed,
                severity: Severity::Warning,
                lots: vec![lot.clone()],
                record: record.record,
                args: vec![("parameters".to_owned(), parameters.join(", ")), ("by".to_owned(), record.by.clone())],
            };
            (record.index, finding)
        })
    });
    open.collect()
}
