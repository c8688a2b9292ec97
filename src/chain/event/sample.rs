//! Sample: a part of a lot was drawn for a test, by an inspector, or by who made or holds the goods and sends it in.

use super::goods::{goods_misplaced, goods_missing};
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
    let amounts = tx.amounts(&event.quantities, false)?;
    goods_missing(amounts.is_empty())?;
    let stated = event.ext.sample.as_ref().and_then(|sample| Some((&sample.id, sample.holder.as_ref()?)));
    let Some((id, holder)) = stated else {
        return Err(Rejection::new(Rule::SampleMissing, "a sampling event states jejak:sample with the holder").into());
    };
    let lots: Vec<LotId> = amounts.iter().map(|(lot, _)| lot.clone()).collect();
    let submitted = submitted(tx, holder, &lots)?;
    for (lot, amount) in amounts {
        // rule `sample-exceeds-lot`: a sample is drawn from what the holder it names has
        tx.within_stock(Rule::SampleExceedsLot, &lot, holder, amount, "the sample takes")?;
        let row = SampleRow {
            record: tx.record,
            signed: tx.signed,
            at: event.event_time,
            by: tx.on_behalf.clone().unwrap_or_else(|| tx.signer().to_owned()),
            submitted,
        };
        let key = [of_sample(id, &lot), tx.index.to_be_bytes().to_vec()].concat();
        tx.put(Table::Sample, key, &row)?;
        // what is added later is not in the sample
        tx.lot_mut(&lot)?.closed = true;
    }
    Ok(())
}

/// Whether the sample is submitted by a party to the goods, which is shown with every test of it. An inspector draws it where the goods
/// are, unless it has to do with them. Others draw what they made or hold, or what a party holds that gave them its mandate (rule
/// `not-mandated`).
fn submitted(tx: &mut Tx<'_>, holder: &str, lots: &[LotId]) -> Result<bool, Refusal> {
    let mut maker = true;
    for lot in lots {
        maker &= tx.shared_lot(lot)?.maker == tx.signer();
    }
    if tx.by.has(Role::Inspector) {
        let mut party = false;
        for lot in lots {
            party |= is_own_check(tx, lot)?;
        }
        return Ok(party);
    }
    if !maker {
        tx.require_mandate(holder, Act::Sample, lots)?;
    }
    Ok(true)
}

/// Undoes a voided sampling: the sample is on the ledger no more.
pub(super) fn undo(tx: &mut Tx<'_>, original: &RecordRow) {
    let Some(sample) = &tx.event.ext.sample else { return };
    for lot in &original.lots {
        let key = [of_sample(&sample.id, lot), original.index.to_be_bytes().to_vec()].concat();
        tx.remove(Table::Sample, key);
    }
}
