//! Lots and parties that fit a filter, page by page. What is read for one page is bounded, so that a filter that fits nothing costs no more
//! than one that fits all: a page may have few items or none, and leads on.

use std::collections::BTreeMap;

use super::lists::{Briefs, LotBrief, MOST_READ, Page};
use super::parts::of_party;
use super::view::{LotState, PartyView};
use crate::chain::authority::shared_ledger;
use crate::chain::entity_index::{ALL_LOTS, lots_of_product, newest_entries};
use crate::chain::rows::{AccreditationRow, LotRow, PartyRow, ProductRow, RecordRow, lot_key};
use crate::chain::state::{Scan, get, row, rows};
use crate::chain::{Act, RecordSource, State, StateError, Table};
use crate::gs1::Gtin;
use crate::record::registry::{Role, Standing};
use crate::region::Code;

/// Most lots whose state is looked up for one page: each may have a long lineage.
pub const MOST_JUDGED: usize = 500;

/// Which lots; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LotFilter {
    /// Of this product.
    pub product: Option<Gtin>,
    /// Of this commodity.
    pub commodity: Option<String>,
    /// Made by this party.
    pub maker: Option<String>,
    /// Made by a party of this region, or of one that lies in it.
    pub region: Option<Code>,
    /// In this state, as the headline of its page has it.
    pub state: Option<LotState>,
    /// Judged for this market.
    pub market: Option<String>,
}

/// Lots that fit, the newest first, made before the record of index `before`; and the `before` of the next page, if there is one. Lots that
/// one record made stay together, so a page may have a few more than `most`; it has fewer when so much was read.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn filtered_lots(
    state: &dyn State,
    source: &dyn RecordSource,
    filter: &LotFilter,
    before: Option<u64>,
    most: usize,
) -> Result<(Vec<LotBrief>, Option<u64>), StateError> {
    let entity = match (&filter.maker, filter.product) {
        (Some(maker), _) => maker.clone(),
        (None, Some(gtin)) => lots_of_product(gtin),
        (None, None) => ALL_LOTS.to_owned(),
    };
    let (mut found, mut last, mut judged) = (Vec::new(), None, 0);
    let mut fits = Fits { state, filter, regions: BTreeMap::new(), commodities: BTreeMap::new() };
    let mut briefs = Briefs::new(state, source);
    for (read, entry) in newest_entries(state, &entity, before.unwrap_or(u64::MAX)).enumerate() {
        let entry = entry?;
        if found.len() >= most || read == MOST_READ || judged >= MOST_JUDGED {
            return Ok((found, last));
        }
        last = Some(entry.index);
        if !matches!(entry.act, Act::Harvest | Act::Process) {
            continue;
        }
        let Some(record) = row::<RecordRow>(state, Table::Record, entry.record.as_bytes())? else { continue };
        for lot in &record.lots {
            let made = row::<LotRow>(state, Table::Lot, &lot_key(lot))?.filter(|row| row.created == entry.index);
            let Some(made) = made else { continue };
            if !fits.before_judging(lot.gtin, &made)? {
                continue;
            }
            judged += 1;
            let Some(brief) = briefs.of(lot)? else { continue };
            let in_state = filter.state.is_none_or(|wanted| wanted == brief.headline);
            if in_state && filter.market.as_ref().is_none_or(|wanted| *wanted == brief.market) {
                found.push(brief);
            }
        }
    }
    Ok((found, None))
}

/// What is compared without the lineage of a lot.
struct Fits<'a> {
    state: &'a dyn State,
    filter: &'a LotFilter,
    /// Whether a maker is of the region.
    regions: BTreeMap<String, bool>,
    /// Whether a product is of the commodity.
    commodities: BTreeMap<Gtin, bool>,
}

impl Fits<'_> {
    fn before_judging(&mut self, gtin: Gtin, made: &LotRow) -> Result<bool, StateError> {
        let filter = self.filter;
        let own = filter.product.is_none_or(|wanted| wanted == gtin)
            && filter.maker.as_ref().is_none_or(|wanted| *wanted == made.maker);
        Ok(own && self.of_region(&made.maker)? && self.of_commodity(gtin)?)
    }

    fn of_region(&mut self, maker: &str) -> Result<bool, StateError> {
        let Some(region) = &self.filter.region else { return Ok(true) };
        if let Some(known) = self.regions.get(maker) {
            return Ok(*known);
        }
        let party = row::<PartyRow>(self.state, Table::Party, maker.as_bytes())?;
        let inside = party.is_some_and(|party| lies_in(&party, region));
        self.regions.insert(maker.to_owned(), inside);
        Ok(inside)
    }

    fn of_commodity(&mut self, gtin: Gtin) -> Result<bool, StateError> {
        let Some(commodity) = &self.filter.commodity else { return Ok(true) };
        if let Some(known) = self.commodities.get(&gtin) {
            return Ok(*known);
        }
        let product = row::<ProductRow>(self.state, Table::Product, &gtin.number().to_be_bytes())?;
        let is = product.is_some_and(|product| product.commodity == *commodity);
        self.commodities.insert(gtin, is);
        Ok(is)
    }
}

fn lies_in(party: &PartyRow, region: &Code) -> bool {
    party.region.as_ref().and_then(Code::of).is_some_and(|code| region.holds(&code))
}

/// Which parties; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartyFilter {
    /// With this role.
    pub role: Option<Role>,
    /// Of this region, or of one that lies in it.
    pub region: Option<Code>,
    /// With this standing.
    pub standing: Option<Standing>,
    /// With an accreditation in force that ends at this time or before (Unix seconds, exclusive).
    pub accredited_until: Option<i64>,
}

/// At most `most` parties that fit, by URI, after `after`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn filtered_parties(
    state: &dyn State,
    filter: &PartyFilter,
    after: Option<&str>,
    most: usize,
) -> Result<Page<PartyView>, StateError> {
    let clock = shared_ledger(state)?.clock;
    let (mut items, mut last) = (Vec::new(), None);
    let scan = Scan { after: after.map(str::as_bytes), ..Scan::default() };
    for (read, party) in rows::<PartyRow>(state, Table::Party, scan).enumerate() {
        let (key, row) = party?;
        if items.len() == most || read == MOST_READ {
            return Ok(Page { items, next: last });
        }
        let uri = String::from_utf8_lossy(&key).into_owned();
        last = Some(uri.clone());
        let own = filter.role.is_none_or(|role| row.roles.contains(&role))
            && filter.standing.is_none_or(|standing| row.standing == standing)
            && filter.region.as_ref().is_none_or(|region| lies_in(&row, region));
        let ends = |until| Ok::<_, StateError>(accreditation_ends(state, &uri, clock)?.is_some_and(|end| end <= until));
        if own && filter.accredited_until.map_or(Ok(true), ends)? {
            items.push(of_party(&uri, row));
        }
    }
    Ok(Page { items, next: None })
}

/// When the first accreditation of a party ends of those that are in force (Unix seconds, exclusive).
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn accreditation_ends(state: &dyn State, party: &str, clock: i64) -> Result<Option<i64>, StateError> {
    let held: Vec<AccreditationRow> = get(state, Table::Accreditation, party.as_bytes())?.unwrap_or_default();
    Ok(held.into_iter().filter(|row| row.from <= clock && clock < row.until).map(|row| row.until).min())
}
