//! Which regions there are: those whose government is enrolled, then the regencies of Perpres 63/2020, then others that parties are in; and what
//! the newest lots of the ledger come to in each.
//!
//! Parties are read in the order of their URIs, a bounded number, once for each state of the ledger (the server keeps the answer). What it is
//! not: the facts of one region (`region_facts`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::lists::{Briefs, LotQuery, newest_lots};
use super::parts::place_view;
use super::view::LotState;
use crate::chain::rows::{LotRow, PartyRow, lot_key};
use crate::chain::state::{Scan, row, rows};
use crate::chain::{RecordSource, State, StateError, Table};
use crate::record::registry::{Role, Standing};
use crate::region::{Code, listed};

/// Most parties that are read.
pub const MOST_PARTIES: usize = 10_000;
/// Most lots that the overview counts: the newest.
const MOST_COUNTED: usize = 500;

/// A region.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionView {
    /// Its Kemendagri code.
    pub code: Code,
    /// Its name, such as `Kabupaten Donggala`; its code, when nobody states it.
    pub name: String,
    /// Its province, when the list names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Whether Perpres 63/2020 lists it.
    pub listed: bool,
    /// The parties that are its government.
    pub offices: Vec<String>,
    /// Its centre, degrees north and east, when the list has it.
    #[serde(skip)]
    pub centre: Option<(f64, f64)>,
}

/// A party and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) code: Code,
    /// Whether it may make lots.
    pub(super) makes: bool,
    pub(super) standing: Standing,
}

/// The regions, and who is in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    regions: BTreeMap<Code, RegionView>,
    pub(super) parties: BTreeMap<String, Located>,
    /// Parties with a region whose code is not read here.
    pub unread: usize,
    /// Not all parties were read.
    pub more: bool,
}

/// The regions of a state, from at most [`MOST_PARTIES`] parties.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn known_regions(state: &dyn State) -> Result<Known, StateError> {
    let mut known = Known::default();
    for regency in listed().values() {
        let view = RegionView {
            code: regency.code.clone(),
            name: regency.name.clone(),
            province: Some(regency.province.clone()),
            listed: true,
            offices: Vec::new(),
            centre: Some(regency.centre),
        };
        known.regions.insert(regency.code.clone(), view);
    }
    for (read, party) in rows::<PartyRow>(state, Table::Party, Scan::default()).enumerate() {
        let (key, party) = party?;
        if read == MOST_PARTIES {
            known.more = true;
            break;
        }
        let Some(stated) = &party.region else { continue };
        let Some(code) = Code::of(stated) else {
            known.unread += 1;
            continue;
        };
        let uri = String::from_utf8_lossy(&key).into_owned();
        // a name belongs to the code of its own edition
        let named = |code: &Code| (stated.code == code.to_string()).then(|| stated.name.clone());
        if party.roles.contains(&Role::Region) {
            known.add(&code, named(&code)).offices.push(uri.clone());
        } else {
            let regency = code.regency();
            known.add(&regency, named(&regency));
        }
        let makes = party.roles.contains(&Role::Producer) || party.roles.contains(&Role::Processor);
        known.parties.insert(uri, Located { code, makes, standing: party.standing });
    }
    Ok(known)
}

impl RegionView {
    fn unlisted(code: &Code, name: String) -> RegionView {
        RegionView { code: code.clone(), name, province: None, listed: false, offices: Vec::new(), centre: None }
    }
}

impl Known {
    /// The region of this code, which is added if it is not there, and has this name if nobody else stated one.
    fn add(&mut self, code: &Code, name: Option<String>) -> &mut RegionView {
        let region = self.regions.entry(code.clone());
        let region = region.or_insert_with(|| RegionView::unlisted(code, code.to_string()));
        if let Some(name) = name.filter(|_| region.name == code.to_string()) {
            region.name = name;
        }
        region
    }

    /// All: those with a government on the ledger first, then those that are listed, then others; each by code.
    pub fn all(&self) -> Vec<&RegionView> {
        let mut all: Vec<&RegionView> = self.regions.values().collect();
        all.sort_by_key(|region| (region.offices.is_empty(), !region.listed));
        all
    }

    /// The region of this code; that of a province holds what is known in it.
    pub fn find(&self, code: &Code) -> Option<RegionView> {
        if let Some(region) = self.regions.get(code) {
            return Some(region.clone());
        }
        let inside = self.regions.values().find(|region| code.holds(&region.code))?;
        let name = match &inside.province {
            Some(province) if *code == code.province() => format!("Provinsi {province}"),
            _ => code.to_string(),
        };
        Some(RegionView::unlisted(code, name))
    }

    /// The smallest region that holds this code.
    pub fn holder(&self, code: &Code) -> Option<&RegionView> {
        code.outwards().find_map(|code| self.regions.get(&code))
    }

    /// The regions that lie in this one.
    pub fn inside(&self, code: &Code) -> Vec<&RegionView> {
        self.regions.values().filter(|region| region.code != *code && code.holds(&region.code)).collect()
    }

    /// Those that parties are in.
    pub fn with_parties(&self) -> Vec<&RegionView> {
        let inhabited: BTreeSet<Code> = self.parties.values().flat_map(|party| party.code.outwards()).collect();
        self.all().into_iter().filter(|region| inhabited.contains(&region.code)).collect()
    }

    /// Producers and processors by region, of what lies in it too: all, and those that are suspended.
    fn producers(&self) -> BTreeMap<Code, (usize, usize)> {
        let mut counts: BTreeMap<Code, (usize, usize)> = BTreeMap::new();
        for party in self.parties.values().filter(|party| party.makes) {
            for code in party.code.outwards() {
                let count = counts.entry(code).or_default();
                *count = (count.0 + 1, count.1 + usize::from(party.standing == Standing::Suspended));
            }
        }
        counts
    }
}

/// A region in the overview. What lies in a province counts for the province too.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionRow {
    /// The region.
    #[serde(flatten)]
    pub region: RegionView,
    /// Producers and processors.
    pub producers: usize,
    /// Of these, those that are suspended.
    pub suspended: usize,
    /// Lots that they made, of those that are counted.
    pub lots: usize,
    /// Of these, lots that failed an inspection.
    pub failed: usize,
    /// Lots that are on hold or recalled.
    pub held: usize,
    /// Where it is on a map: its centre, or a place where one of the lots was made.
    #[serde(skip)]
    pub at: Option<(f64, f64)>,
}

/// The regions, with what the newest lots come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The regions, as [`Known::all`] has them.
    pub rows: Vec<RegionRow>,
    /// How many lots were counted.
    pub counted: usize,
    /// There are older lots.
    pub more: bool,
}

/// Counts at most [`MOST_COUNTED`] lots, the newest, in the regions of their makers.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn overview(state: &dyn State, source: &dyn RecordSource, known: &Known) -> Result<Overview, StateError> {
    let mut rows: Vec<RegionRow> = Vec::new();
    let producers = known.producers();
    for region in known.all() {
        let (producers, suspended) = producers.get(&region.code).copied().unwrap_or_default();
        let at = region.centre;
        rows.push(RegionRow { region: region.clone(), producers, suspended, lots: 0, failed: 0, held: 0, at });
    }
    let page = newest_lots(state, LotQuery { most: MOST_COUNTED, ..LotQuery::default() })?;
    let (mut counted, mut briefs) = (0, Briefs::new(state, source));
    for (_, lot) in page.lots {
        let made = row::<LotRow>(state, Table::Lot, &lot_key(&lot))?;
        // of one whose records were voided nothing was made
        let Some(made) = made.filter(|made| !made.produced.is_zero()) else { continue };
        counted += 1;
        let Some(located) = known.parties.get(&made.maker) else { continue };
        let Some(brief) = briefs.of(&lot)? else { continue };
        for row in rows.iter_mut().filter(|row| row.region.code.holds(&located.code)) {
            row.lots += 1;
            row.failed += usize::from(brief.headline == LotState::Failed);
            row.held += usize::from(matches!(brief.headline, LotState::Held | LotState::Recalled));
            if row.at.is_none()
                && let Some(gln) = made.place
            {
                row.at = place_view(state, gln)?.and_then(|place| place.position());
            }
        }
    }
    Ok(Overview { rows, counted, more: page.next.is_some() })
}
