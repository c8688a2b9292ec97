//! The market that a lot is judged for, and whether what was tested of it is all that the market asks for.
//!
//! The market is the lot's own, as the newest standing record that made it states; else that of the newest standing shipment or trade
//! document of it; else Indonesia. A processed lot for which nothing is stated has what all its inputs had in common when they were taken.
//! Nothing of this is kept with the lot: a void, a refusal or a rejection, in any order, takes effect at once, in all that was made of it
//! too. What a complete test is stands in the profile (`quality::complete`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::monitored::{self, Monitored};
use super::rows::{LotRow, Origin, ProfileRow, of_lot, profile_key, under_lot};
use super::state::{Scan, row, rows};
use super::tested::Results;
use super::{RecordSource, State, StateError, Table};
use crate::gs1::LotId;
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

/// What is stated of the market of a lot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markets {
    /// By the records that made it, or all that it was made from.
    pub made: Option<String>,
    /// By the newest standing shipment or trade document of it.
    pub contract: Option<String>,
    /// What all that it was made from had in common when it was taken, by their own records or contracts.
    pub inherited: Option<String>,
}

impl Markets {
    /// The market that the lot is judged for, and where that is stated.
    pub fn judged(&self) -> (&str, MarketFrom) {
        let contract = || self.contract.as_deref().or(self.inherited.as_deref());
        match (self.made.as_deref(), contract()) {
            (Some(market), _) => (market, MarketFrom::Lot),
            (None, Some(market)) => (market, MarketFrom::Contract),
            (None, None) => (HOME, MarketFrom::Default),
        }
    }

    /// Of a lot for which nothing is stated, and that a process at `index` made of these inputs.
    pub(super) fn of_inputs<'i>(
        state: &dyn State,
        index: u64,
        inputs: impl Iterator<Item = (&'i LotId, &'i LotRow, &'i Markets)>,
    ) -> Result<Markets, StateError> {
        let mut shared: Option<(Option<String>, Option<String>)> = None;
        for (lot, row, Markets { made, inherited, .. }) in inputs {
            let any = match made {
                Some(made) => Some(made.clone()),
                // what was agreed of the rest of it later is nothing to this
                None => newest(state, lot, row, index)?.or_else(|| inherited.clone()),
            };
            shared = Some(match shared {
                None => (made.clone(), any),
                Some(so_far) => (
                    so_far.0.filter(|one| made.as_ref() == Some(one)),
                    so_far.1.filter(|one| any.as_ref() == Some(one)),
                ),
            });
        }
        let (made, inherited) = shared.unwrap_or_default();
        Ok(Markets { made, contract: None, inherited })
    }
}

/// The market that the newest standing shipment or trade document of a lot before entry `before` names.
pub(super) fn newest(state: &dyn State, lot: &LotId, row: &LotRow, before: u64) -> Result<Option<String>, StateError> {
    if row.counts.markets == 0 {
        return Ok(None);
    }
    let (prefix, end) = (under_lot(lot, b""), of_lot(lot, before));
    let mut found = rows::<String>(state, Table::Market, Scan::prefix(&prefix).after(&end).reversed());
    Ok(found.next().transpose()?.map(|(_, market)| market))
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

/// Whether what was tested of a lot of `commodity` and `form` is all that `market` asks for, by the profile of the newest inspection that
/// counts; `None` when none does.
pub(super) fn judge(
    state: &dyn State,
    source: &dyn RecordSource,
    (lot, market): (&LotRow, &str),
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
    let found = monitored::find(state, source, &profile, lot, (commodity, form, market), origins)?;
    let facts =
        Facts { day, claims, gear_stated: *gear, processes, monitoring: Some(&found.covered), ..Facts::default() };
    let completeness = profile.completeness(form, market, &results.counted, &facts);
    Ok(Some(Judged { completeness, monitored: found.records }))
}
