//! The shipments of a party: those that it sent, signed or gets, and those whose goods it carries, the newest first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::{Folder, Named, PaymentStatus, PaymentView, ShipmentState, StageSide, folder, marked, named, state_of};
use crate::chain::entity_index::newest_records;
use crate::chain::rows::{PartyRow, RecordRow, TransitRow};
use crate::chain::state::get;
use crate::chain::{Act, RecordSource, State, StateError, Table};
use crate::query::MOST_READ;
use crate::query::parts::{ViewCache, event};
use crate::record::RecordId;

/// Most shipments in a list.
pub const MOST_SHIPMENTS: usize = 50;
/// Most of these, the newest, of which is read what waits for the party.
const MOST_READ_WHOLE: usize = 20;

/// Something of a shipment that waits for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Waiting {
    /// A handover that the other side signed.
    Handover {
        /// Its record.
        record: RecordId,
    },
    /// A payment that the other side signed and the party has not.
    Payment {
        /// URI of its document.
        document: String,
    },
    /// A payment that the other side says it paid, and the party has not received yet.
    Receipt {
        /// URI of its document.
        document: String,
    },
    /// A payment that is due, and the party has not paid.
    Due {
        /// URI of its document.
        document: String,
    },
    /// The goods are on their way to the party.
    Goods,
}

/// A shipment in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentLine {
    /// The shipping record.
    pub shipment: RecordId,
    /// Who sent it.
    pub from: Named,
    /// Who gets it.
    pub to: Named,
    /// Event time.
    pub sent: Timestamp,
    /// The market that it states.
    pub market: Option<String>,
    /// Where it stands.
    pub state: ShipmentState,
    /// Whether the shipment, or what closed it, was signed with a stolen key.
    pub marked: bool,
    /// How many lots it carries.
    pub lots: usize,
    /// What waits for the party.
    pub waiting: Vec<Waiting>,
}

/// The shipments of a party.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PartyShipments {
    /// The newest [`MOST_SHIPMENTS`].
    pub shipments: Vec<ShipmentLine>,
    /// Whether something was left unread or left out.
    pub more: bool,
}

/// The shipments of a party; `None` when it is not enrolled.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn shipments_of(
    state: &dyn State,
    source: &dyn RecordSource,
    party: &str,
) -> Result<Option<PartyShipments>, StateError> {
    if get::<PartyRow>(state, Table::Party, party.as_bytes())?.is_none() {
        return Ok(None);
    }
    let (mut found, mut seen, mut parts) = (PartyShipments::default(), BTreeSet::new(), ViewCache::new(state));
    for (read, about) in newest_records(state, party, u64::MAX).enumerate() {
        let (entry, _) = about?;
        if read == MOST_READ || found.shipments.len() == MOST_SHIPMENTS {
            found.more = true;
            break;
        }
        let shipment = match entry.act {
            Act::Ship => Some(entry.record),
            Act::Trade | Act::Observe | Act::Receive | Act::DeliverOutside => {
                let record = source.record(&entry.record)?;
                let named = record.as_deref().and_then(event).and_then(|event| event.ext.shipment.clone());
                named.and_then(|id| id.parse().ok())
            }
            _ => None,
        };
        let Some(id) = shipment.filter(|id| seen.insert(*id)) else { continue };
        let transit = get::<TransitRow>(state, Table::Transit, id.as_bytes())?;
        let row = get::<RecordRow>(state, Table::Record, id.as_bytes())?;
        let (Some(transit), Some(row)) = (transit, row) else { continue };
        let how = state_of(state, source, &row, &transit)?;
        let mut line = ShipmentLine {
            shipment: id,
            from: named(&mut parts, &transit.from)?,
            to: named(&mut parts, &transit.to)?,
            sent: transit.at,
            market: transit.market.clone(),
            state: how,
            marked: marked(state, &row, &transit)?,
            lots: transit.shipped.len(),
            waiting: Vec::new(),
        };
        if found.shipments.len() < MOST_READ_WHOLE && how != ShipmentState::Voided {
            line.waiting = folder(state, source, id)?.map(|folder| waiting(&folder, party)).unwrap_or_default();
        }
        found.shipments.push(line);
    }
    Ok(Some(found))
}

/// What of a folder waits for a party.
fn waiting(folder: &Folder, party: &str) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    if folder.state == ShipmentState::UnderWay && folder.to.party == party {
        waiting.push(Waiting::Goods);
    }
    let open = folder.handovers.iter().filter(|handover| handover.awaits() == Some(party));
    waiting.extend(open.map(|handover| Waiting::Handover { record: handover.signed.record }));
    for payment in &folder.payments {
        let document = payment.document.clone();
        let signed = |party: &str| {
            let by = |stage: &super::Stage| stage.signed.on_behalf.as_ref().unwrap_or(&stage.signed.by).party == party;
            payment.stages.iter().any(by)
        };
        let pays = payment.to.party == party;
        if !pays && payment.from.party != party {
            continue;
        }
        if payment.status == PaymentStatus::Paid && !pays {
            waiting.push(Waiting::Receipt { document });
        } else if pays && is_due(payment) {
            waiting.push(Waiting::Due { document });
        } else if payment.status < PaymentStatus::Paid && !signed(party) {
            waiting.push(Waiting::Payment { document });
        }
    }
    waiting
}

/// Whether a payment is due, and neither paid nor, by the word of who is paid, with a third party.
fn is_due(payment: &PaymentView) -> bool {
    let stated = |milestone: &str, side: Option<StageSide>| {
        payment.stages.iter().any(|one| one.milestone == milestone && side.is_none_or(|side| one.side == side))
    };
    let kept = stated("payment-in-escrow", Some(StageSide::Seller));
    payment.status < PaymentStatus::Paid && stated("payment-due", None) && !kept
}
