//! The folder of a shipment: where it stands, its papers, payments, visits of supervision, travel and handovers, from the records that name
//! the shipment or its goods.
//!
//! ```text
//! shipping record ─► records that name it ─┐
//! its lots and containers ─► records about them that fit ─┴─► gather ─► papers, payments, observations
//! ```
//! A record that names the shipment is its own. One that names only the goods is when it goes with the shipment: a paper between others,
//! or a journey before or after it, is not. Records that were voided, or signed with a stolen key, count for nothing. Everything is bounded,
//! and says whether more was left unread. What it is not: permission to read private papers (`server::evidence`).

mod gather;
mod list;
mod observed;
mod papers;
mod payments;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

pub use list::{MOST_SHIPMENTS, PartyShipments, ShipmentLine, Waiting, shipments_of};
pub use observed::{Confirmed, HandoverView, Point, Temperature, TravelView, VisitView};
pub use papers::{FileView, PaperView};
pub use payments::{Agreed, PaymentStatus, PaymentView, Stage, StageSide};

use super::parts::{ViewCache, event};
use crate::chain::lineage::Lineage;
use crate::chain::rows::{RecordRow, TransitRow};
use crate::chain::state::get;
use crate::chain::{Act, RecordSource, State, StateError, Table, marks};
use crate::gs1::{Amount, BaseUnit, Gtin, LotId, Sscc};
use crate::query::view::LotState;
use crate::record::RecordId;
use crate::record::registry::Names;

/// Most lots of a shipment that are listed, and looked through.
pub const MOST_LOTS: usize = 60;
/// Most of each list of a folder: the newest.
pub const MOST_LISTED: usize = 100;

/// A party by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// URI.
    pub party: String,
    /// Names.
    pub name: Names,
}

/// A record, and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// Record id.
    pub record: RecordId,
    /// Where it is in the log.
    pub index: u64,
    /// Event time.
    pub time: Timestamp,
    /// Who signed it.
    #[serde(flatten)]
    pub by: Named,
    /// For whom, when under a mandate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Named>,
}

/// Where a shipment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShipmentState {
    /// Nobody has received it yet.
    UnderWay,
    /// Its consignee received it.
    Received,
    /// It was delivered to a party without a key, by the word of who carried it.
    DeliveredOutside,
    /// Its consignee refused it: everything went back.
    Refused,
    /// It did not take place.
    Voided,
}

impl ShipmentState {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            ShipmentState::UnderWay => "under-way",
            ShipmentState::Received => "received",
            ShipmentState::DeliveredOutside => "delivered-outside",
            ShipmentState::Refused => "refused",
            ShipmentState::Voided => "voided",
        }
    }
}

/// A lot of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderLot {
    /// URI.
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
    /// As received, once it was.
    pub received: Option<Amount>,
    /// The worst that is true of it.
    pub state: LotState,
}

/// The folder of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// The shipping record.
    pub shipment: RecordId,
    /// Where it is in the log.
    pub index: u64,
    /// Who sent it.
    pub from: Named,
    /// Who gets it.
    pub to: Named,
    /// Who signed it.
    pub shipped_by: Named,
    /// Event time.
    pub sent: Timestamp,
    /// The market that it states.
    pub market: Option<String>,
    /// Where it stands.
    pub state: ShipmentState,
    /// What closed it.
    pub closed: Option<Signed>,
    /// Whether the shipment, or what closed it, was signed with a key that was compromised at that time.
    pub marked: bool,
    /// What it carries, at most [`MOST_LOTS`].
    pub lots: Vec<FolderLot>,
    /// Its containers, the outermost.
    pub containers: Vec<Sscc>,
    /// Papers, each once.
    pub documents: Vec<PaperView>,
    /// Payments, each with its milestones.
    pub payments: Vec<PaymentView>,
    /// Visits of supervision, of what the goods were made of too.
    pub visits: Vec<VisitView>,
    /// Legs, arrivals and temperatures, as they happened.
    pub travel: Vec<TravelView>,
    /// Handovers, as they happened.
    pub handovers: Vec<HandoverView>,
    /// Whether something was left unread or left out.
    pub more: bool,
}

/// The folder of a shipment; `None` when the record is no shipment.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn folder(state: &dyn State, source: &dyn RecordSource, id: RecordId) -> Result<Option<Folder>, StateError> {
    let Some(transit) = get::<TransitRow>(state, Table::Transit, id.as_bytes())? else { return Ok(None) };
    let Some(row) = get::<RecordRow>(state, Table::Record, id.as_bytes())? else { return Ok(None) };
    let mut parts = ViewCache::new(state);
    let (how, closed) = standing(&mut parts, source, &row, &transit)?;
    let found = gather::gather(state, source, id, &row, &transit)?;
    let mut more = found.more || transit.shipped.len() > MOST_LOTS || transit.containers.len() > MOST_LOTS;
    let (mut documents, payments) = (papers::papers(&mut parts, &found)?, payments::payments(&mut parts, &found)?);
    let (mut visits, mut travel, mut handovers) = observed::observed(&mut parts, &found)?;
    let mut cut = |len: usize| more |= len > MOST_LISTED;
    for len in [documents.len(), payments.len(), visits.len(), travel.len(), handovers.len()] {
        cut(len);
    }
    newest(&mut documents);
    newest(&mut visits);
    newest(&mut travel);
    newest(&mut handovers);
    let mut payments = payments;
    newest(&mut payments);
    Ok(Some(Folder {
        shipment: id,
        index: row.index,
        from: named(&mut parts, &transit.from)?,
        to: named(&mut parts, &transit.to)?,
        shipped_by: named(&mut parts, &transit.shipped_by)?,
        sent: transit.at,
        market: transit.market.clone(),
        state: how,
        closed,
        marked: marked(state, &row, &transit)?,
        lots: lots(state, source, &mut parts, &transit)?,
        containers: transit.containers.iter().copied().take(MOST_LOTS).collect(),
        documents,
        payments,
        visits,
        travel,
        handovers,
        more,
    }))
}

/// Leaves the last [`MOST_LISTED`].
fn newest<T>(list: &mut Vec<T>) {
    list.drain(..list.len().saturating_sub(MOST_LISTED));
}

fn named(parts: &mut ViewCache<'_>, party: &str) -> Result<Named, StateError> {
    Ok(Named { party: party.to_owned(), name: parts.party(party)?.name })
}

fn signed(parts: &mut ViewCache<'_>, record: RecordId, row: &RecordRow) -> Result<Signed, StateError> {
    let on_behalf = row.on_behalf.as_deref().map(|party| named(parts, party)).transpose()?;
    let time = row.event_time.unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Signed { record, index: row.index, time, by: named(parts, &row.party)?, on_behalf })
}

/// Where a shipment stands, without the record that closed it: for lists.
fn state_of(
    state: &dyn State,
    source: &dyn RecordSource,
    row: &RecordRow,
    transit: &TransitRow,
) -> Result<ShipmentState, StateError> {
    if row.voided_by.is_some() {
        return Ok(ShipmentState::Voided);
    }
    let Some((by, _)) = &transit.closed else { return Ok(ShipmentState::UnderWay) };
    let Some(closing) = get::<RecordRow>(state, Table::Record, by.as_bytes())? else {
        return Ok(ShipmentState::Received);
    };
    Ok(match closing.act {
        Act::VoidShipment => ShipmentState::Voided,
        Act::DeliverOutside => ShipmentState::DeliveredOutside,
        _ => {
            let record = source.record(by)?;
            let returned =
                record.as_deref().and_then(event).is_some_and(|e| e.disposition.as_deref() == Some("returned"));
            if returned { ShipmentState::Refused } else { ShipmentState::Received }
        }
    })
}

/// Whether the shipment, or what closed it, was signed with a stolen key.
fn marked(state: &dyn State, row: &RecordRow, transit: &TransitRow) -> Result<bool, StateError> {
    if !marks::any_marked(state)? {
        return Ok(false);
    }
    let closing = match &transit.closed {
        Some((by, _)) => get::<RecordRow>(state, Table::Record, by.as_bytes())?,
        None => None,
    };
    Ok(marks::marked(state, row)? || closing.map(|row| marks::marked(state, &row)).transpose()?.unwrap_or_default())
}

fn standing(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    row: &RecordRow,
    transit: &TransitRow,
) -> Result<(ShipmentState, Option<Signed>), StateError> {
    let how = state_of(parts.state, source, row, transit)?;
    let by = row.voided_by.or(transit.closed.as_ref().map(|(by, _)| *by));
    let Some(by) = by else { return Ok((how, None)) };
    let closing = get::<RecordRow>(parts.state, Table::Record, by.as_bytes())?;
    Ok((how, closing.map(|row| signed(parts, by, &row)).transpose()?))
}

fn lots(
    state: &dyn State,
    source: &dyn RecordSource,
    parts: &mut ViewCache<'_>,
    transit: &TransitRow,
) -> Result<Vec<FolderLot>, StateError> {
    let mut lineage = Lineage::new(state, source);
    let mut listed = Vec::new();
    for (lot, amount) in transit.shipped.iter().take(MOST_LOTS) {
        let product = parts.product(lot.gtin)?;
        let received = transit.closed.as_ref().map(|(_, lots)| lots.iter().find(|(other, _)| other == lot));
        let state = lineage.of(lot)?.and_then(|known| known.states().first().copied());
        listed.push(FolderLot {
            lot: lot.uri(),
            gtin: lot.gtin,
            number: lot.lot.to_string(),
            product: product.name,
            amount: *amount,
            unit: product.unit,
            received: received.flatten().map(|(_, amount)| *amount),
            state: state.unwrap_or(LotState::NotInspected),
        });
    }
    Ok(listed)
}

/// The lots of a shipment that are looked through.
fn looked_through(transit: &TransitRow) -> BTreeSet<&LotId> {
    transit.shipped.iter().map(|(lot, _)| lot).take(MOST_LOTS).collect()
}
