//! The market that a lot is judged for, and whether what was tested of it is all that the market, and the specifications for it, ask for.
//!
//! The market is the lot's own, as the newest standing record that made it states; else that of the newest standing shipment or trade
//! document of it; else Indonesia. A processed lot for which nothing is stated has what all its inputs had in common when they were taken.
//! Nothing of this is kept with the lot: a void, a refusal or a rejection, in any order, takes effect at once, in all that was made of it
//! too. What a complete test is stands in the profile (`quality::complete`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::monitored::{self, Monitored};
use super::rows::{LotRow, Origin, ProfileRow, RecordRow, of_lot, profile_key, under_lot};
use super::specification::{self, Adopted};
use super::state::{Scan, row, rows};
use super::tested::Results;
use super::times::GRACE;
use super::{RecordSource, State, StateError, Table, statements};
use crate::gs1::LotId;
use crate::quality::{Completeness, Facts, Occasion, Profile, Specification};
use crate::record::RecordId;

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
    /// Who made it, and what it was made from in the same form.
    pub makers: BTreeSet<String>,
}

/// What the tests of a lot are compared with, and what they come to.
#[derive(Debug, Default)]
pub(super) struct LotAssessment {
    /// Whether what was tested is all that the market asks for; `None` when no result counts.
    pub completeness: Option<Completeness>,
    /// The specifications that gate it, of who made it and who buys it.
    pub specifications: Vec<Adopted>,
    /// The statements of all that were in force for such goods: one whose bytes are not at hand might ask for anything.
    pub needed: Vec<RecordId>,
    /// The monitoring of its places that counts for it.
    pub monitored: Vec<Monitored>,
}

/// Compares what was tested of a lot, of a commodity and form, with what its market and the specifications for it ask for: by the profile of
/// the newest inspection that counts, and what was in force at its time. The date is the signer's word: it reaches back only so far.
pub(super) fn judged(
    state: &dyn State,
    source: &dyn RecordSource,
    (lot, market): (&LotRow, &str),
    (commodity, form): (&str, &str),
    results: &Results,
    stated: &Stated,
    clock: i64,
) -> Result<LotAssessment, StateError> {
    let (at, entered) = match &results.newest {
        Some(newest) => {
            let logged = row::<RecordRow>(state, Table::Record, newest.record.as_bytes())?;
            let earliest = logged.map_or(clock, |row| row.clock).saturating_sub(GRACE);
            (newest.at.as_second().max(earliest), newest.index)
        }
        None => (clock, u64::MAX),
    };
    let mut adopted = specification::of_goods(state, source, lot, &stated.makers, commodity, (at, entered))?;
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
    let needed = adopted.iter().map(|known| known.row.record).collect();
    adopted.retain(|known| known.file.as_deref().is_some_and(applies));
    let adopted: Vec<Adopted> = adopted.into_iter().map(Adopted::under_its_statement).collect();
    if results.newest.is_none() {
        return Ok(LotAssessment { specifications: adopted, needed, ..LotAssessment::default() });
    }
    let Some(profile) = profiles.first().filter(|_| !unread) else {
        let completeness = Some(Completeness::NoList);
        return Ok(LotAssessment { completeness, specifications: adopted, needed, ..LotAssessment::default() });
    };
    let specifications: Vec<&Specification> = adopted.iter().filter_map(|known| known.file.as_deref()).collect();
    let Stated { claims, processes, gear, origins, .. } = stated;
    let found = monitored::find(state, source, profile, lot, (commodity, form, market), origins)?;
    let facts = Facts {
        day,
        claims,
        gear_stated: *gear,
        processes,
        monitoring: Some(&found.covered),
        specifications: &specifications,
    };
    let completeness = Some(profile.completeness(form, market, &results.counted, &facts));
    Ok(LotAssessment { completeness, specifications: adopted, needed, monitored: found.records })
}
