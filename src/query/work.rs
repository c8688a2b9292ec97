//! What waits for a party: the goods that it has, the shipments on their way to it, the goods that an inspector may test, and those
//! that failed.
//!
//! There is no table of the goods of a party: they are found by its newest records. Everything is bounded, newest first, and says
//! whether more was left unread. What it is not: permission to do anything, which the rules decide when a record is handed in.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::lists::{MOST_READ, newest_lots};
use super::lot::{MOST_SPECIFICATIONS, container, outermost, whereabouts};
use super::parts::ViewCache;
use super::{LotQuery, view::LotState};
use crate::chain::entity_index::newest_records;
use crate::chain::lineage::Lineage;
use crate::chain::market::MarketFrom;
use crate::chain::rows::{
    AccreditationRow, At, HoldingRow, LotRow, PartyRow, ProductRow, Stowed, TransitRow, lot_key, under_lot,
};
use crate::chain::state::{Scan, get, row, rows};
use crate::chain::{Act, RecordSource, State, StateError, Table, authority};
use crate::gs1::{Amount, BaseUnit, Gtin, LotId, Sscc};
use crate::record::registry::{Names, Role};
use crate::record::{Hash32, RecordId};

/// Most lots of each list: the lineage of each is walked.
pub(super) const MOST_LOTS: usize = 60;

/// Most lots of the newest records of a party that are looked at.
const MOST_LOOKED_AT: usize = 400;

/// Most shipments on their way.
pub(super) const MOST_SHIPMENTS: usize = 50;

/// Most containers with goods of the party.
pub(super) const MOST_CONTAINERS: usize = 50;

/// Most lots and containers that all these shipments and containers list together.
pub(super) const MOST_LISTED: usize = 600;

/// Most newest lots of the ledger that are looked at for an inspector.
const MOST_NEWEST: usize = 400;

/// Records about a lot among which the newest that names it is looked for.
const MOST_NEWEST_RECORDS: usize = 16;

/// A party and its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// URI.
    pub party: String,
    /// Names.
    pub name: Names,
}

/// A specification that a party adopted. A test names it as `SPEC/` and the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkSpecification {
    /// The statement that adopted it.
    pub record: RecordId,
    /// Hash of its file, which is served beside those of the profiles.
    pub blake3: Hash32,
}

/// Goods that wait for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkLot {
    /// URI of the lot.
    pub lot: String,
    /// Its product.
    pub gtin: Gtin,
    /// Its number.
    pub number: String,
    /// Names of the product.
    pub product: Names,
    /// Commodity id.
    pub commodity: String,
    /// Form id.
    pub form: String,
    /// What there is of it: loose at the party; of goods of others, all that was made.
    pub amount: Amount,
    /// All that was ever made of it: its size for a sampling plan.
    pub produced: Amount,
    /// What the party has of it in containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packed: Option<Amount>,
    /// Base unit.
    pub unit: BaseUnit,
    /// The worst that is true of it.
    pub state: LotState,
    /// What a next record about it names in `jejak:after`.
    pub newest: Vec<RecordId>,
    /// The market that it is judged for.
    pub market: String,
    /// Whether that was stated, and is not the home market for want of another.
    pub market_stated: bool,
    /// The specifications that it must keep to beside the list of its market, as adopted now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub specifications: Vec<WorkSpecification>,
    /// Who has it, when it is not the party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
}

/// One lot of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComingLot {
    /// URI of the lot.
    pub lot: String,
    /// Its product.
    pub gtin: Gtin,
    /// Its number.
    pub number: String,
    /// Names of the product.
    pub product: Names,
    /// As shipped.
    pub amount: Amount,
    /// Base unit.
    pub unit: BaseUnit,
}

/// A container that a party has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkContainer {
    /// Its number.
    pub sscc: Sscc,
    /// What is directly in it.
    pub lots: Vec<ComingLot>,
    /// Whether lots are left out.
    pub more: bool,
}

/// A shipment on its way to a party, or from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coming {
    /// The shipping record, which the receipt names in `jejak:shipment` and `jejak:after`.
    pub shipment: RecordId,
    /// Who sent it.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// Names of the other side.
    pub name: Names,
    /// Event time.
    pub sent: Timestamp,
    /// The market that it states.
    pub market: Option<String>,
    /// Lots, loose or in containers, as shipped.
    pub lots: Vec<ComingLot>,
    /// Whether lots or containers are left out.
    pub more: bool,
    /// Containers, the outermost.
    pub containers: Vec<Sscc>,
}

/// What waits for a party.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    /// The goods that it has.
    pub held: Vec<WorkLot>,
    /// Containers with these goods.
    pub containers: Vec<WorkContainer>,
    /// Shipments on their way to it.
    pub incoming: Vec<Coming>,
    /// Shipments that it sent or signed, and that nobody has received.
    pub outgoing: Vec<Coming>,
    /// For an inspector: goods within its accreditations that were not tested, or not for all that their market asks for.
    pub to_inspect: Vec<WorkLot>,
    /// Goods that it has or tested, that failed.
    pub failed: Vec<WorkLot>,
    /// Whether something was left unread or left out: there may be more of each.
    pub more: bool,
}

/// What waits for a party; `None` when it is not enrolled.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn work(state: &dyn State, source: &dyn RecordSource, party: &str) -> Result<Option<Work>, StateError> {
    let Some(own) = get::<PartyRow>(state, Table::Party, party.as_bytes())? else { return Ok(None) };
    let recent = recent(state, party)?;
    let mut desk = Desk::new(state, source, MOST_LISTED);
    desk.more = recent.more;
    let mut work = Work::default();
    for (shipment, transit) in recent.shipments {
        let shown = desk.coming(shipment, &transit, party)?;
        if transit.to == party {
            work.incoming.push(shown);
        } else {
            work.outgoing.push(shown);
        }
    }
    for lot in &recent.lots {
        let holding = get::<HoldingRow>(state, Table::Holding, &under_lot(lot, party.as_bytes()))?.unwrap_or_default();
        if !holding.loose.is_positive() && !holding.packed.is_positive() {
            continue;
        }
        if work.held.len() == MOST_LOTS {
            desk.more = true;
            break;
        }
        let Some((mut entry, failed)) = desk.lot(lot)? else { continue };
        entry.amount = holding.loose;
        if holding.packed.is_positive() {
            entry.packed = Some(holding.packed);
            desk.containers(lot, party, &mut work.containers)?;
        }
        if failed {
            work.failed.push(entry.clone());
        }
        work.held.push(entry);
    }
    desk.more |= recent.inspected.len() > MOST_LOTS;
    for lot in recent.inspected.iter().take(MOST_LOTS) {
        let known = |list: &[WorkLot]| list.iter().any(|entry| entry.lot == lot.uri());
        if known(&work.failed) || !desk.is_somewhere(lot)? {
            continue;
        }
        if let Some((mut entry, true)) = desk.lot(lot)? {
            entry.holder = desk.holder(lot)?;
            work.failed.push(entry);
        }
    }
    if own.roles.contains(&Role::Inspector) {
        desk.add_untested(party, &mut work)?;
    }
    work.more = desk.more;
    Ok(Some(work))
}

/// What the newest records of a party lead to.
#[derive(Default)]
struct Recent {
    lots: Vec<LotId>,
    inspected: Vec<LotId>,
    shipments: Vec<(RecordId, TransitRow)>,
    more: bool,
}

fn recent(state: &dyn State, party: &str) -> Result<Recent, StateError> {
    let (mut recent, mut seen) = (Recent::default(), BTreeSet::new());
    for (read, named) in newest_records(state, party, u64::MAX).enumerate() {
        let (entry, record) = named?;
        if read == MOST_READ || seen.len() >= MOST_LOOKED_AT {
            recent.more = true;
            break;
        }
        if entry.act == Act::Ship
            && let Some(transit) = under_way(state, party, entry.record)?
        {
            match recent.shipments.len() {
                MOST_SHIPMENTS => recent.more = true,
                _ => recent.shipments.push((entry.record, transit)),
            }
        }
        for lot in &record.lots {
            if entry.act == Act::Inspect && record.party == party && !recent.inspected.contains(lot) {
                recent.inspected.push(lot.clone());
            }
            if seen.insert(lot.clone()) {
                recent.lots.push(lot.clone());
            }
        }
    }
    Ok(recent)
}

/// A shipment that nobody has received yet, to the party, from it, or signed by it.
fn under_way(state: &dyn State, party: &str, shipment: RecordId) -> Result<Option<TransitRow>, StateError> {
    let transit = get::<TransitRow>(state, Table::Transit, shipment.as_bytes())?;
    Ok(transit.filter(|transit| {
        let sides = [&transit.to, &transit.from, &transit.shipped_by];
        transit.closed.is_none() && sides.into_iter().any(|side| side == party)
    }))
}

/// One shipment of the work of a party with all that is in it, however much that is: who receives it counts every lot. `None` when it is
/// none of the party's, or was received.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn shipment(
    state: &dyn State,
    source: &dyn RecordSource,
    party: &str,
    id: RecordId,
) -> Result<Option<Coming>, StateError> {
    let Some(transit) = under_way(state, party, id)? else { return Ok(None) };
    let mut desk = Desk::new(state, source, usize::MAX);
    desk.coming(id, &transit, party).map(Some)
}

struct Desk<'a> {
    state: &'a dyn State,
    lineage: Lineage<'a>,
    parts: ViewCache<'a>,
    /// What is left of [`MOST_LISTED`].
    room: usize,
    /// Whether something was left unread or left out.
    more: bool,
}

impl<'a> Desk<'a> {
    fn new(state: &'a dyn State, source: &'a dyn RecordSource, room: usize) -> Desk<'a> {
        Desk { state, lineage: Lineage::new(state, source), parts: ViewCache::new(state), room, more: false }
    }

    fn row(&self, lot: &LotId) -> Result<Option<Arc<LotRow>>, StateError> {
        row(self.state, Table::Lot, &lot_key(lot))
    }

    fn is_somewhere(&self, lot: &LotId) -> Result<bool, StateError> {
        Ok(self.row(lot)?.is_some_and(|row| !row.is_nowhere()))
    }

    /// A lot, and whether a failure of it stands.
    fn lot(&mut self, lot: &LotId) -> Result<Option<(WorkLot, bool)>, StateError> {
        let Some(known) = self.lineage.of(lot)? else { return Ok(None) };
        let states = known.states();
        let (market, from) = known.markets.judged();
        let (market, market_stated) = (market.to_owned(), from != MarketFrom::Default);
        let (amount, created_by) = (known.row.produced, known.row.created_by);
        let adopted = known.specifications.iter().take(MOST_SPECIFICATIONS);
        let specifications =
            adopted.map(|one| WorkSpecification { record: one.row.record, blake3: one.row.blake3 }).collect();
        let product = self.parts.product(lot.gtin)?;
        let entry = WorkLot {
            lot: lot.uri(),
            gtin: lot.gtin,
            number: lot.lot.to_string(),
            product: product.name,
            commodity: product.commodity,
            form: product.form,
            amount,
            produced: amount,
            packed: None,
            unit: product.unit,
            state: states.first().copied().unwrap_or(LotState::NotInspected),
            newest: vec![self.newest(lot)?.unwrap_or(created_by)],
            market,
            market_stated,
            specifications,
            holder: None,
        };
        Ok(Some((entry, states.contains(&LotState::Failed))))
    }

    /// The newest record that is about the lot.
    fn newest(&self, lot: &LotId) -> Result<Option<RecordId>, StateError> {
        for about in newest_records(self.state, &lot.uri(), u64::MAX).take(MOST_NEWEST_RECORDS) {
            let (entry, record) = about?;
            if record.lots.contains(lot) {
                return Ok(Some(entry.record));
            }
        }
        Ok(None)
    }

    /// The first that has some of a lot.
    fn holder(&mut self, lot: &LotId) -> Result<Option<Holder>, StateError> {
        let Some(row) = self.row(lot)? else { return Ok(None) };
        let Some(held) = whereabouts(self.state, lot, &row, 1)?.into_iter().next() else { return Ok(None) };
        let name = self.parts.party(&held.party)?.name;
        Ok(Some(Holder { party: held.party, name }))
    }

    /// The containers of a party in which some of a lot is, those that are not listed yet.
    fn containers(&mut self, lot: &LotId, party: &str, found: &mut Vec<WorkContainer>) -> Result<(), StateError> {
        let prefix = under_lot(lot, b"");
        for (read, row) in rows::<Amount>(self.state, Table::Stowed, Scan::prefix(&prefix)).enumerate() {
            let (key, _) = row?;
            if read == MOST_CONTAINERS {
                self.more = true;
                break;
            }
            let Some(Stowed::Container(sscc)) = key.get(prefix.len()..).and_then(Stowed::of_key) else { continue };
            let Some(row) = container(self.state, sscc)? else { continue };
            let contents = row.contents.clone();
            let is_here = matches!(outermost(self.state, row)?.at, At::Party(at) if at == party);
            if !is_here || found.iter().any(|known| known.sscc == sscc) {
                continue;
            }
            if found.len() == MOST_CONTAINERS {
                self.more = true;
                break;
            }
            let lots = self.portions(&contents)?;
            found.push(WorkContainer { sscc, more: contents.len() > lots.len(), lots });
        }
        Ok(())
    }

    /// How many of `wanted` there is room for.
    fn take(&mut self, wanted: usize) -> usize {
        let taken = wanted.min(self.room);
        self.room -= taken;
        self.more |= taken < wanted;
        taken
    }

    fn portions(&mut self, parts: &[(LotId, Amount)]) -> Result<Vec<ComingLot>, StateError> {
        let most = self.take(parts.len());
        let mut lots = Vec::with_capacity(most);
        for (lot, amount) in parts.iter().take(most) {
            let product = self.parts.product(lot.gtin)?;
            lots.push(ComingLot {
                lot: lot.uri(),
                gtin: lot.gtin,
                number: lot.lot.to_string(),
                product: product.name,
                amount: *amount,
                unit: product.unit,
            });
        }
        Ok(lots)
    }

    /// A shipment, as `party` sees it.
    fn coming(&mut self, shipment: RecordId, transit: &TransitRow, party: &str) -> Result<Coming, StateError> {
        let other = if transit.to == party { &transit.from } else { &transit.to };
        let lots = self.portions(&transit.shipped)?;
        let containers = self.take(transit.containers.len());
        Ok(Coming {
            shipment,
            from: transit.from.clone(),
            to: transit.to.clone(),
            name: self.parts.party(other)?.name,
            sent: transit.at,
            market: transit.market.clone(),
            more: transit.shipped.len() > lots.len() || transit.containers.len() > containers,
            lots,
            containers: transit.containers.iter().copied().take(containers).collect(),
        })
    }

    /// The newest goods that an inspector is accredited for and that wait to be tested.
    fn add_untested(&mut self, party: &str, work: &mut Work) -> Result<(), StateError> {
        let clock = authority::shared_ledger(self.state)?.clock;
        let rows: Vec<AccreditationRow> = get(self.state, Table::Accreditation, party.as_bytes())?.unwrap_or_default();
        let scope: BTreeSet<String> =
            rows.into_iter().filter(|row| row.from <= clock && clock < row.until).flat_map(|row| row.scope).collect();
        if scope.is_empty() {
            return Ok(());
        }
        let newest = newest_lots(self.state, LotQuery { most: MOST_NEWEST, ..LotQuery::default() })?;
        self.more |= newest.next.is_some();
        let mut walked = 0;
        for (_, lot) in newest.lots {
            let Some(row) = self.row(&lot)? else { continue };
            let product = row_of_product(self.state, lot.gtin)?;
            let covered = product.is_some_and(|product| scope.contains("*") || scope.contains(&product.commodity));
            if row.is_nowhere() || !covered {
                continue;
            }
            if work.to_inspect.len() == MOST_LOTS || walked == 2 * MOST_LOTS {
                self.more = true;
                break;
            }
            walked += 1;
            let Some((mut entry, _)) = self.lot(&lot)? else { continue };
            if matches!(entry.state, LotState::NotInspected | LotState::PartlyTested | LotState::NoVerdict) {
                entry.holder = self.holder(&lot)?;
                work.to_inspect.push(entry);
            }
        }
        // what nobody tested comes first
        work.to_inspect.sort_by_key(|entry| entry.state != LotState::NotInspected);
        Ok(())
    }
}

fn row_of_product(state: &dyn State, gtin: Gtin) -> Result<Option<Arc<ProductRow>>, StateError> {
    row(state, Table::Product, &gtin.number().to_be_bytes())
}
