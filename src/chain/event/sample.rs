//! Sample: a part of a lot was drawn for a test, by an inspector, or by who made or holds the goods and sends it in.

use std::collections::BTreeMap;

use super::goods::{goods_misplaced, goods_missing, lots_named};
use super::inspector::is_own_check;
use super::tx::Tx;
use crate::chain::rows::{RecordRow, SampleRow, of_sample};
use crate::chain::{Act, Refusal, Rejection, Rule, Table};
use crate::gs1::LotId;
use crate::record::registry::Role;

/// A sample was drawn: moves nothing, the holder books the quantity off with an adjustment.
pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    let amounts = BTreeMap::from_iter(tx.amounts(&event.quantities, false)?);
    let lots = lots_named(event);
    goods_missing(lots.is_empty())?;
    let stated = event.ext.sample.as_ref().and_then(|sample| Some((&sample.id, sample.holder.as_ref()?)));
    let Some((id, holder)) = stated else {
        return Err(Rejection::new(Rule::SampleMissing, "a sampling event states jejak:sample with the holder").into());
    };
    let mandated = mandated(tx, holder, &lots)?;
    for lot in &lots {
        let mut submitted = true;
        tx.each_lot(std::slice::from_ref(lot), |tx, lot| {
            submitted = is_submitted(tx, holder, lot, mandated)?;
            if let Some(amount) = amounts.get(lot) {
                // rule `sample-exceeds-lot`: a sample is drawn from what the holder it names has
                tx.within_stock(Rule::SampleExceedsLot, lot, holder, *amount, "the sample takes")?;
            }
            // what is added later is not in the sample
            tx.lot_mut(lot)?.closed = true;
            Ok(())
        })?;
        let row = SampleRow {
            record: tx.record,
            signed: tx.signed,
            at: event.event_time,
            by: tx.on_behalf.clone().unwrap_or_else(|| tx.signer().to_owned()),
            submitted,
        };
        tx.put(Table::Sample, row_key(id, lot, tx.index), &row)?;
    }
    Ok(())
}

/// Key of the sample of this id that the record at `index` drew of a lot.
fn row_key(id: &str, lot: &LotId, index: u64) -> Vec<u8> {
    [of_sample(id, lot), index.to_be_bytes().to_vec()].concat()
}

/// Whether who is no inspector draws what it holds itself, or what a party holds that gave it its mandate for all of it: it acts for that
/// party then.
fn mandated(tx: &mut Tx<'_>, holder: &str, lots: &[LotId]) -> Result<bool, Refusal> {
    if tx.by.has(Role::Inspector) || holder == tx.signer() {
        return Ok(true);
    }
    let mandated = tx.may_act(holder, Act::Sample, lots)?;
    tx.on_behalf = mandated.then(|| holder.to_owned());
    Ok(mandated)
}

/// Whether the sample of a lot is submitted by a party to it, which is shown with every test of it. An inspector draws it where the goods
/// are, unless it has to do with them. Others draw what they made or hold, or what a party holds that gave them its mandate (rule
/// `not-mandated`).
fn is_submitted(tx: &mut Tx<'_>, holder: &str, lot: &LotId, mandated: bool) -> Result<bool, Refusal> {
    if tx.by.has(Role::Inspector) {
        return is_own_check(tx, lot);
    }
    let signer = tx.signer();
    let maker = tx.require_lot(lot)?.maker == signer;
    if !(mandated || maker) {
        return Err(tx.not_mandated(holder).into());
    }
    Ok(true)
}

/// Undoes a voided sampling: the sample is on the ledger no more.
pub(super) fn undo(tx: &mut Tx<'_>, original: &RecordRow) {
    let Some(sample) = &tx.event.ext.sample else { return };
    for lot in &original.lots {
        tx.remove(Table::Sample, row_key(&sample.id, lot, original.index));
    }
}
