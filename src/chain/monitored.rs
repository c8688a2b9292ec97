//! What monitoring of the places of a lot's harvests covers of the tests that its market asks for.
//!
//! Monitoring names no goods, so nothing of it is written with a lot: it is looked up, so that results that arrive late and their voids take
//! effect at once. What it is not: which values count for which harvest (`quality::monitoring`).

use std::collections::{BTreeMap, BTreeSet};

use super::marks;
use super::rows::{LotRow, MandateRow, MonitoringRow, Origin, RecordRow, mandate_key};
use super::state::{Scan, row, rows};
use super::times::date;
use super::{Finding, RecordSource, Rule, Severity, State, StateError, Table};
use crate::gs1::{Gln, LotId};
use crate::quality::monitoring::{self, Monitoring};
use crate::quality::{Measured, Profile, Tested};
use crate::record::{Payload, RecordId};

/// Most records of monitoring of one place that are looked at: the newest.
pub const MOST: usize = 256;

/// Most places of one lot that are looked at; of a lot from more, monitoring covers nothing.
pub const MOST_PLACES: usize = 64;

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

/// The monitoring records of a place, newest first, each with its index: at most [`MOST`].
pub fn of_place(
    state: &dyn State,
    place: Gln,
) -> impl Iterator<Item = Result<(u64, MonitoringRow), StateError>> + use<'_> {
    let prefix = place.number().to_be_bytes();
    let newest = rows::<MonitoringRow>(state, Table::Monitoring, Scan::prefix(&prefix).reversed()).take(MOST);
    newest.map(|found| {
        let (key, row) = found?;
        let index = key.last_chunk().map(|index| u64::from_be_bytes(*index));
        Ok((index.ok_or_else(|| StateError::new("key of monitoring too short"))?, row))
    })
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
    let asks = profile.complete_list(form, market).is_some_and(|list| !list.monitored.is_empty());
    let Some(harvests) = harvests(origins).filter(|_| asks) else { return Ok(Found::default()) };
    let places: BTreeSet<Gln> = harvests.iter().map(|(place, _)| *place).collect();
    if places.len() > MOST_PLACES {
        return Ok(Found::default());
    }
    let marks = marks::any_marked(state)?;
    let (mut records, mut results) = (Vec::new(), Vec::new());
    let mut outsiders = Outsiders { state, lot, known: BTreeMap::new() };
    for place in places {
        for found in of_place(state, place) {
            let (index, row) = found?;
            if row.commodity != commodity || !outsiders.contains(&row.by)? {
                continue;
            }
            if marks && signed_by_marked(state, &row.record)? {
                continue;
            }
            let Some(result) = read(source, place, &row)? else { continue };
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
    Ok(Found { covered: judged.covered, records })
}

/// The place and days of each harvest, each once; `None` when there is none, or one of them has no place or days: nothing was monitored
/// that could count for it.
fn harvests(origins: &BTreeSet<Origin>) -> Option<Vec<(Gln, monitoring::Origin)>> {
    let mut found = BTreeMap::new();
    for origin in origins {
        let (place, from, until) = (origin.place?, origin.harvest_start?, origin.harvest_end?);
        if let std::collections::btree_map::Entry::Vacant(entry) = found.entry((place, from, until)) {
            entry.insert(monitoring::Origin { place: place.uri(), from: date(from)?, until: date(until)? });
        }
    }
    (!found.is_empty()).then(|| found.into_iter().map(|((place, _, _), harvest)| (place, harvest)).collect())
}

/// What a record measured; `None` when it is not at hand.
fn read(source: &dyn RecordSource, place: Gln, row: &MonitoringRow) -> Result<Option<Monitoring>, StateError> {
    let Some(record) = source.record(&row.record)? else { return Ok(None) };
    let Payload::Event(event) = &record.payload else { return Ok(None) };
    let (Some(from), Some(until)) = (date(row.from), date(row.until)) else { return Ok(None) };
    Ok(Some(Monitoring { place: place.uri(), from, until, values: Measured::of_event(event).collect() }))
}

fn signed_by_marked(state: &dyn State, record: &RecordId) -> Result<bool, StateError> {
    match row::<RecordRow>(state, Table::Record, record.as_bytes())? {
        Some(row) => marks::marked(state, &row),
        None => Ok(true),
    }
}

/// The inspectors that have nothing to do with a lot, and never had a mandate of a party that has: what the others measured is an own check, and
/// covers nothing.
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
