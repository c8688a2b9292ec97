//! A handover that both sides sign: who hands goods over and who takes them over, each in a record of its own.
//!
//! The first states it; the other side repeats it (from, to, goods) and names that record in `jejak:confirms`, with the condition and seal that
//! it saw itself. Who confirmed has to do with the goods from then on, such as a haulier that nobody shipped them to. What it is not: a
//! change of stock or owner, nor a rule on who may state something (`observe`).

use super::tx::Tx;
use crate::chain::rows::{RecordRow, TradeRow, handover_key};
use crate::chain::state::{get, row};
use crate::chain::{Refusal, Rejection, Rule, Table};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Keeps an open handover, or confirms the one that is named. Whether it confirmed: then the signer needs no other tie to the goods.
pub(super) fn apply(tx: &mut Tx<'_>, lots: &[LotId]) -> Result<bool, Refusal> {
    let event = tx.event;
    let Some(handover) = &event.ext.handover else { return Ok(false) };
    let hands_over = tx.signer() == handover.from;
    if !hands_over && tx.signer() != handover.to {
        // somebody else tells of it: neither side's word
        return if event.ext.confirms.is_some() { Err(confirms_unknown(tx)?) } else { Ok(false) };
    }
    let mut goods: Vec<&str> = event.epcs.iter().map(String::as_str).collect();
    goods.extend(event.quantities.iter().map(|element| element.epc_class.as_str()));
    goods.sort_unstable();
    goods.dedup();
    let key = handover_key(&handover.from, &handover.to, &goods);
    let mut open: TradeRow = get(tx.state, Table::Trade, &key)?.unwrap_or_default();
    let Some(named) = &event.ext.confirms else {
        let own = if hands_over { &mut open.from } else { &mut open.to };
        *own = Some(tx.record);
        tx.put(Table::Trade, key, &open)?;
        return Ok(false);
    };
    let other = if hands_over { open.to } else { open.from };
    let Some(first) = other.filter(|id| named.parse::<RecordId>().ok() == Some(*id)) else {
        return Err(confirms_unknown(tx)?);
    };
    let stands =
        row::<RecordRow>(tx.state, Table::Record, first.as_bytes())?.is_some_and(|row| row.voided_by.is_none());
    if !stands {
        return Err(confirms_unknown(tx)?);
    }
    // both have signed: a later handover of the same goods begins anew
    tx.remove(Table::Trade, key);
    tx.entities.insert(first.uri());
    let sides = [handover.from.as_str(), handover.to.as_str()];
    tx.each_lot(lots, |tx, lot| tx.join_sides(lot, &sides))?;
    Ok(true)
}

/// Rule `confirms-unknown`: a handover confirms the other side's record of the same goods between the same two, while it is open.
fn confirms_unknown(tx: &Tx<'_>) -> Result<Refusal, Refusal> {
    let named = tx.event.ext.confirms.as_deref().unwrap_or_default();
    let detail =
        format!("{named} is no open handover of the same goods between the same two, signed by the other side");
    let unknown = Rejection::new(Rule::ConfirmsUnknown, detail).arg("record", named);
    Ok(tx.awaits(named.parse().ok(), unknown)?.into())
}
