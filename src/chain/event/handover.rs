//! A handover that both sides sign: who hands goods over and who takes them over, each in a record of its own.
//!
//! The first states it; the other side repeats it (from, to, goods with their amounts, shipment) and names that record in `jejak:confirms`, with
//! the condition and seal that it saw itself. Who confirmed has to do with the goods from then on, such as a haulier that nobody shipped them
//! to. While the confirmation stands, the first is not voided. What it is not: a change of stock or owner, nor a rule on who may state
//! something (`observe`).

use super::tx::Tx;
use crate::chain::repeats::measured;
use crate::chain::rows::{Delta, RecordRow, TradeRow, carrier_key, handover_key};
use crate::chain::state::get;
use crate::chain::{Refusal, Rejection, Rule, StateError, Table, cleared};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Keeps an open handover, or confirms the one that is named. Whether it confirmed: then the signer needs no other tie to the goods.
pub(super) fn apply(tx: &mut Tx<'_>, lots: &[LotId]) -> Result<bool, Refusal> {
    let event = tx.event;
    let Some(handover) = &event.ext.handover else { return Ok(false) };
    let hands_over = tx.signer() == handover.from;
    if !hands_over && tx.signer() != handover.to {
        // stated by a third party: it counts for neither side
        return if event.ext.confirms.is_some() { Err(confirms_unknown(tx)?) } else { Ok(false) };
    }
    // a stranger is brought to goods only by who has to do with them itself
    tx.each_lot(lots, |tx, lot| {
        let known = tx.is_side(&handover.from, lot)?;
        if known { Ok(()) } else { Err(tx.not_concerned(&handover.from, lot).into()) }
    })?;
    let mut goods = event.epcs.clone();
    goods.extend(event.quantities.iter().map(|element| format!("{} {}", element.epc_class, measured(element))));
    goods.sort_unstable();
    goods.dedup();
    let shipment = event.ext.shipment.as_deref().unwrap_or_default();
    let key = handover_key(&handover.from, &handover.to, shipment, &goods);
    let mut open: TradeRow = get(tx.state, Table::Trade, &key)?.unwrap_or_default();
    let (own, other) = if hands_over { (&mut open.from, open.to) } else { (&mut open.to, open.from) };
    let Some(named) = &event.ext.confirms else {
        *own = Some(tx.record);
        tx.put(Table::Trade, key, &open)?;
        return Ok(false);
    };
    let first = other.filter(|id| named.parse::<RecordId>().ok() == Some(*id));
    let Some((id, mut first)) = first.map(|id| open_row(tx, id)).transpose()?.flatten() else {
        return Err(confirms_unknown(tx)?);
    };
    // what this side had stated itself waits for nobody any more
    *own = None;
    tx.put(Table::Trade, key, &open)?;
    first.effects.deltas.push(Delta::Countersigned(tx.record));
    tx.put(Table::Record, id.as_bytes().to_vec(), &first)?;
    tx.entities.insert(id.uri());
    if let Ok(shipment) = shipment.parse::<RecordId>() {
        tx.put(Table::Carrier, carrier_key(&shipment, &handover.to), &tx.record.clone())?;
    }
    let sides = [handover.from.as_str(), handover.to.as_str()];
    tx.each_lot(lots, |tx, lot| tx.join_sides(lot, &sides))?;
    Ok(true)
}

/// A statement of the other side that stands and that nobody has confirmed.
fn open_row(tx: &Tx<'_>, id: RecordId) -> Result<Option<(RecordId, RecordRow)>, StateError> {
    let Some(row) = tx.latest::<RecordRow>(Table::Record, id.as_bytes())? else { return Ok(None) };
    for delta in &row.effects.deltas {
        if let Delta::Countersigned(by) = delta
            && cleared::standing(tx.state, by)?
        {
            return Ok(None);
        }
    }
    Ok((row.voided_by.is_none()).then_some((id, row)))
}

/// Rule `confirms-unknown`: a handover confirms the other side's record of the same goods between the same two, while it is open.
fn confirms_unknown(tx: &Tx<'_>) -> Result<Refusal, Refusal> {
    let named = tx.event.ext.confirms.as_deref().unwrap_or_default();
    let detail =
        format!("{named} is no open handover of the same goods between the same two, signed by the other side");
    let unknown = Rejection::new(Rule::ConfirmsUnknown, detail).arg("record", named);
    Ok(tx.awaits(named.parse().ok(), unknown)?.into())
}
