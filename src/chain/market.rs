//! The market that a lot is judged for, and whether what was tested of it is all that the market asks for.
//!
//! The market is the lot's own, as the record that made it states; else that of the newest shipment or trade document of it; else
//! Indonesia. What a complete test is stands in the profile (`quality::complete`).

use std::collections::BTreeSet;

use super::rows::{LotRow, ProfileRow, profile_key};
use super::state::row;
use super::tested::Results;
use super::{RecordSource, State, StateError, Table};
use crate::quality::{Completeness, Facts, Occasion};

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

/// Whether what was tested of a lot of `form` is all that its market asks for, by the profile of the newest inspection that counts;
/// `None` when none does.
pub(super) fn completeness(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotRow,
    form: &str,
    results: &Results,
    [claims, processes]: [&BTreeSet<String>; 2],
) -> Result<Option<Completeness>, StateError> {
    let Some(newest) = &results.newest else { return Ok(None) };
    let (id, version) = &newest.profile;
    let Some(named) = row::<ProfileRow>(state, Table::Profile, &profile_key(id, version))? else {
        return Ok(Some(Completeness::NoList));
    };
    let Some(profile) = source.profile(&named.blake3) else { return Ok(Some(Completeness::NoList)) };
    let claims: Vec<String> = claims.iter().cloned().collect();
    let processes: Vec<String> = processes.iter().cloned().collect();
    let day = Some(Occasion::at(newest.at).day);
    let facts = Facts { day, claims: &claims, processes: &processes, monitoring: None };
    let (market, _) = lot.judged_market();
    Ok(Some(profile.completeness(form, market, &results.counted, &facts)))
}
