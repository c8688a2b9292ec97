//! The market that a lot is judged for, and whether what was tested of it is all that the market, and the specifications for it, ask for.
//!
//! The market is the lot's own, as the record that made it states; else that of the newest shipment or trade document of it; else
//! Indonesia. What a complete test is stands in the profile (`quality::complete`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::rows::{LotRow, ProfileRow, RecordRow, profile_key};
use super::specification::{self, Adopted};
use super::state::row;
use super::tested::Results;
use super::times::GRACE;
use super::{RecordSource, State, StateError, Table, statements};
use crate::quality::{Completeness, Facts, Occasion, Profile, Specification};

/// The market of a lot for which nothing else is stated.
pub const HOME: &str = "ID";

/// Where the market of a lot is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarketFrom {
    /// By the record that made it.
    Lot,
    /// By a shipment or trade document.
    Contract,
    /// Nowhere.
    Default,
}

impl LotRow {
    /// The market that it is judged for, and where that is stated.
    pub fn judged_market(&self) -> (&str, MarketFrom) {
        match (&self.market, &self.contract) {
            (Some(market), _) => (market, MarketFrom::Lot),
            (None, Some(market)) => (market, MarketFrom::Contract),
            (None, None) => (HOME, MarketFrom::Default),
        }
    }
}

/// The claim of goods that were fattened, and the reason with which stock is booked on then.
pub(super) const FATTENED: &str = "fattened";
pub(super) const FATTENED_BY: &str = "fattening";

/// What the log states of a lot beside its test results, which conditions of a list go by.
#[derive(Debug)]
pub(super) struct Stated {
    /// Claims that all its origins share, and [`FATTENED`].
    pub claims: Vec<String>,
    /// Processes that it and what it was made from went through.
    pub processes: Vec<String>,
    /// Whether every harvest names its fishing gear.
    pub gear: bool,
    /// Who made it, and what it was made from in the same form.
    pub makers: BTreeSet<String>,
}

/// What the tests of a lot are compared with, and what they come to.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Whether what was tested is all that the market asks for; `None` when no result counts.
    pub completeness: Option<Completeness>,
    /// The specifications that gate it, of who made it and who buys it.
    pub specifications: Vec<Adopted>,
}

/// Compares what was tested of a lot, of a commodity and form, with what its market and the specifications for it ask for: by the profile of
/// the newest inspection that counts, and what was in force at its time. The date is the signer's word: it reaches back only so far.
pub(super) fn judged(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotRow,
    (commodity, form): (&str, &str),
    results: &Results,
    stated: &Stated,
    clock: i64,
) -> Result<Judged, StateError> {
    let (at, entered) = match &results.newest {
        Some(newest) => {
            let logged = row::<RecordRow>(state, Table::Record, newest.record.as_bytes())?;
            let earliest = logged.map_or(clock, |row| row.clock).saturating_sub(GRACE);
            (newest.at.as_second().max(earliest), newest.index)
        }
        None => (clock, u64::MAX),
    };
    let mut adopted = specification::of_goods(state, source, lot, &stated.makers, commodity, (at, entered))?;
    let (market, _) = lot.judged_market();
    let profiles: Vec<Arc<Profile>> = match &results.newest {
        Some(newest) => {
            let (id, version) = &newest.profile;
            let named = row::<ProfileRow>(state, Table::Profile, &profile_key(id, version))?;
            named.and_then(|named| source.profile(&named.blake3)).into_iter().collect()
        }
        // before the first test, what it will be compared with
        None if adopted.is_empty() => Vec::new(),
        None => statements::profiles_in_force(state, source, commodity, at)?,
    };
    let day = jiff::Timestamp::from_second(at).ok().map(|at| Occasion::at(at).day);
    // one that can't be read might ask for anything
    let unread = adopted.iter().any(|known| known.file.is_none());
    let applies = |file: &Specification| profiles.iter().any(|profile| file.applies(profile, form, market, day));
    adopted.retain(|known| known.file.as_deref().is_some_and(applies));
    if results.newest.is_none() {
        return Ok(Judged { completeness: None, specifications: adopted });
    }
    let Some(profile) = profiles.first().filter(|_| !unread) else {
        return Ok(Judged { completeness: Some(Completeness::NoList), specifications: adopted });
    };
    let specifications: Vec<&Specification> = adopted.iter().filter_map(|known| known.file.as_deref()).collect();
    let Stated { claims, processes, gear, .. } = stated;
    let facts =
        Facts { day, claims, gear_stated: *gear, processes, specifications: &specifications, ..Facts::default() };
    let completeness = Some(profile.completeness(form, market, &results.counted, &facts));
    Ok(Judged { completeness, specifications: adopted })
}
