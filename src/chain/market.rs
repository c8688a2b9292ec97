//! The market that a lot is judged for, and whether what was tested of it is all that the market asks for.
//!
//! The market is the lot's own, as the record that made it states; else that of the newest shipment or trade document of it; else
//! Indonesia. What a complete test is stands in the profile (`quality::complete`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::monitored::{self, Monitored};
use super::rows::{LotRow, Origin, ProfileRow, profile_key};
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
    /// Its harvests.
    pub origins: Arc<BTreeSet<Origin>>,
}

/// What a lot comes to in its market.
#[derive(Debug)]
pub(super) struct Judged {
    /// Whether what was tested is all that the market asks for.
    pub completeness: Completeness,
    /// The monitoring that counts for it.
    pub monitored: Vec<Monitored>,
}

/// Whether what was tested of a lot of `commodity` and `form` is all that its market asks for, by the profile of the newest inspection that
/// counts; `None` when none does.
pub(super) fn judge(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotRow,
    (commodity, form): (&str, &str),
    results: &Results,
    stated: &Stated,
) -> Result<Option<Judged>, StateError> {
    let Some(newest) = &results.newest else { return Ok(None) };
    let no_list = || Some(Judged { completeness: Completeness::NoList, monitored: Vec::new() });
    let (id, version) = &newest.profile;
    let Some(named) = row::<ProfileRow>(state, Table::Profile, &profile_key(id, version))? else {
        return Ok(no_list());
    };
    let Some(profile) = source.profile(&named.blake3) else { return Ok(no_list()) };
    let day = Some(Occasion::at(newest.at).day);
    let Stated { claims, processes, gear, origins } = stated;
    let (market, _) = lot.judged_market();
    let found = monitored::find(state, source, &profile, lot, (commodity, form, market), origins)?;
    let facts =
        Facts { day, claims, gear_stated: *gear, processes, monitoring: Some(&found.covered), ..Facts::default() };
    let completeness = profile.completeness(form, market, &results.counted, &facts);
    Ok(Some(Judged { completeness, monitored: found.records }))
}
