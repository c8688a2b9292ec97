//! Process: inputs are consumed, outputs created. Sort, cook, mill, distil, bottle, split and merge are all this. Whether the outputs can
//! come of the inputs is in `balance`.

use std::collections::BTreeSet;

use super::balance::mass_balance;
use super::goods::{goods_misplaced, goods_missing};
use super::harvest::{ilmd_of_product, kept, new_lot, not_the_maker, remade_after_inspection};
use super::lot_look::lot_looks_alike;
use super::tx::Tx;
use crate::chain::rows::{
    Account, Delta, LotRow, OwnerRow, Producers, Provenance, ProvenancePart, Source, TransformationRow, lot_key, of_lot,
};
use crate::chain::sides::Sides;
use crate::chain::state::row;
use crate::chain::times::days;
use crate::chain::{Act, Refusal, Rejection, Rule, Table, lot_reads};
use crate::epcis::Mode;
use crate::gs1::{Amount, LotId};

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.input_epcs.is_empty(), event.output_epcs.is_empty(), event.quantities.is_empty()])?;
    goods_missing(event.inputs.is_empty() || event.outputs.is_empty())?;
    let holder = tx.holder();
    let inputs = tx.amounts(&event.inputs, false)?;
    let outputs = tx.amounts(&event.outputs, false)?;
    lots_differ(&inputs, &outputs)?;
    let lots: Vec<LotId> = inputs.iter().chain(&outputs).map(|(lot, _)| lot.clone()).collect();
    let made: Vec<LotId> = outputs.iter().map(|(lot, _)| lot.clone()).collect();
    tx.require_mandate(&holder, Act::Process, &lots)?;

    let parents: BTreeSet<LotId> = inputs.iter().map(|(lot, _)| lot.clone()).collect();
    let mut sides = Sides::default();
    let mut producers = Producers::None;
    let mut claims: Option<BTreeSet<String>> = None;
    let mut mode: Option<Option<Mode>> = None;
    for (lot, amount) in &inputs {
        tx.take(lot, &holder, *amount)?;
        tx.account(lot, Account::Consumed, *amount)?;
        use_of(tx, lot)?;
        let row = tx.require_lot(lot)?;
        producers = producers.with(row.provenance.producers());
        mode = Some(mode.map_or(row.provenance.mode(), |weakest| weakest.min(row.provenance.mode())));
        claims = Some(claims.map_or_else(|| row.provenance.claims(), |so_far| &so_far & &row.provenance.claims()));
        sides.inherit(&row.sides);
    }
    sides.add(&holder);
    sides.add(tx.signer());
    lineage_cycle(tx, &parents, &made)?;
    let ancestors = ancestors(tx, &parents)?;
    // a process can only weaken the mode
    let mode = mode.flatten().map(|m| kept(event.ext.mode.map_or(m, |stated| m.min(stated)), &producers));
    let ilmd = event.ilmd.clone().unwrap_or_default();
    for (lot, amount) in &outputs {
        not_the_maker(tx, lot, &holder)?;
        ilmd_of_product(tx, lot, &ilmd)?;
        lot_exists(tx, lot)?;
        let mut row = match tx.lot(lot)?.cloned() {
            Some(row) => {
                remade_after_inspection(tx, lot)?;
                row
            }
            None => {
                lot_looks_alike(tx, lot)?;
                new_lot(tx, &holder)
            }
        };
        row.created_by = tx.record;
        row.created_at = event.event_time;
        row.place = event.gln();
        row.maker.clone_from(&holder);
        // a lot that was passed on keeps its earlier origins, so that recalls still reach it
        row.provenance = Provenance::from(ProvenancePart {
            index: tx.index,
            source: Source::Process(row.provenance.producers().with(producers.clone())),
            claims: claims.clone().unwrap_or_default(),
            mode,
            best_before: ilmd.best_before.map(days),
            market: event.ext.market.clone(),
        });
        row.made_in.push(tx.record);
        row.ancestors = row.ancestors.saturating_add(ancestors);
        lineage_too_long(lot, &row)?;
        row.sides.inherit(&sides);
        // the output of a process is complete: a later batch is another lot
        row.closed = true;
        tx.insert_lot(lot, row);
        tx.account(lot, Account::Produced, *amount)?;
        tx.shift(lot, &holder, *amount)?;
        tx.settle_deficit(lot)?;
    }
    stays_owned(tx, &inputs, &outputs)?;
    let cures = mass_balance(tx, &inputs, &outputs)?;
    let row = TransformationRow { process: event.ext.process.clone(), inputs, outputs, cures };
    tx.put(Table::Transformation, tx.record.as_bytes().to_vec(), &row)?;
    Ok(())
}

/// Notes that this process consumed some of a lot.
fn use_of(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let (index, record) = (tx.index, tx.record);
    let row = tx.lot_mut(lot)?;
    let first = row.counts.uses == 0;
    row.counts.uses = row.counts.uses.saturating_add(1);
    if first {
        row.first_use = Some((index, record));
    } else {
        tx.put(Table::Use, of_lot(lot, index), &record)?;
    }
    Ok(())
}

/// Most ancestors of a lot, and most processes that made it: its shipment walks them all. A tank that is topped up with ten
/// lots a day has as many after a year.
pub const MAX_ANCESTORS: u32 = 4_000;
/// Most processes that made one lot, of which all but one were voided after it had been passed on.
pub const MAX_REMADE: usize = 16;

/// How many ancestors a lot made of `parents` has at most. They are counted by walking up only when the sum over the parents, which
/// counts an ancestor of two of them twice, is too large. Eight links between lots count as one more.
fn ancestors(tx: &mut Tx<'_>, parents: &BTreeSet<LotId>) -> Result<u32, Refusal> {
    let mut sum = 0u32;
    for lot in parents {
        sum = sum.saturating_add(tx.require_lot(lot)?.ancestors).saturating_add(1);
    }
    if sum <= MAX_ANCESTORS {
        return Ok(sum);
    }
    let most = usize::try_from(MAX_ANCESTORS).unwrap_or(usize::MAX);
    let (mut stack, mut seen) = (Vec::from_iter(parents.iter().cloned()), BTreeSet::new());
    let (mut processes, mut links) = (BTreeSet::new(), 0);
    while let Some(lot) = stack.pop() {
        if seen.len() + links > most {
            break;
        }
        if !seen.insert(lot.clone()) {
            continue;
        }
        let Some(row) = row::<LotRow>(tx.state, Table::Lot, &lot_key(&lot))? else { continue };
        for id in row.made_in.iter().filter(|id| processes.insert(**id)) {
            let process = lot_reads::transformation(tx.state, id)?;
            links += process.inputs.len() / lot_reads::LIST;
            stack.extend(process.inputs.iter().map(|(lot, _)| lot.clone()));
        }
    }
    Ok(u32::try_from(seen.len() + links).unwrap_or(u32::MAX))
}

/// Rule `lineage-too-long`: a lot has at most [`MAX_ANCESTORS`] ancestors.
fn lineage_too_long(lot: &LotId, row: &LotRow) -> Result<(), Rejection> {
    if row.ancestors <= MAX_ANCESTORS && row.made_in.len() <= MAX_REMADE {
        return Ok(());
    }
    let detail =
        format!("lot {lot} would come from more than {MAX_ANCESTORS} lots: empty the tank or heap, and begin anew");
    Err(Rejection::new(Rule::LineageTooLong, detail).arg("lot", lot).arg("most", MAX_ANCESTORS))
}

/// Goods that were sold belong to their buyer after processing: what is made of one owner's goods belongs to that owner. What is made of
/// goods of several owners belongs to the maker, with the finding `owners-mixed`.
fn stays_owned(tx: &mut Tx<'_>, inputs: &[(LotId, Amount)], outputs: &[(LotId, Amount)]) -> Result<(), Refusal> {
    let holder = tx.holder();
    let (mut bought, mut unsold) = (BTreeSet::new(), false);
    for (lot, _) in inputs {
        match tx.owner(&lot.uri())? {
            Some(row) if row.owner != holder => drop(bought.insert(row.owner)),
            _ => unsold = true,
        }
    }
    let mut bought = bought.into_iter();
    match (bought.next(), bought.next(), unsold) {
        (None, ..) => {}
        (Some(owner), None, false) => {
            for (lot, _) in outputs {
                let before = tx.owner(&lot.uri())?;
                let after = OwnerRow { owner: owner.clone(), record: tx.record };
                tx.put(Table::Owner, lot.uri().into_bytes(), &after)?;
                tx.deltas.push(Delta::Owned(lot.uri(), before, after));
            }
        }
        (Some(owner), ..) => {
            let lots: Vec<LotId> = outputs.iter().map(|(lot, _)| lot.clone()).collect();
            tx.finding(Rule::OwnersMixed, &lots, &[("owner", owner)]);
        }
    }
    Ok(())
}

/// Rule `lots-differ`: a process makes other lots than it takes in.
fn lots_differ(inputs: &[(LotId, Amount)], outputs: &[(LotId, Amount)]) -> Result<(), Rejection> {
    let consumed: BTreeSet<&LotId> = inputs.iter().map(|(lot, _)| lot).collect();
    for (lot, _) in outputs {
        if consumed.contains(lot) {
            return Err(Rejection::new(Rule::LotsDiffer, format!("lot {lot} is input and output of one process"))
                .arg("lot", lot));
        }
    }
    Ok(())
}

/// Rule `lot-exists`: an output is a new lot (or one whose making was voided, made again by the replacement).
fn lot_exists(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let remade = tx.remakes.contains(lot);
    if let Some(row) = tx.lot(lot)? {
        let voided = row.produced.is_zero() && remade;
        if !voided {
            return Err(Rejection::new(Rule::LotExists, format!("lot {lot} was made before"))
                .arg("lot", lot)
                .conflicts(row.created_by)
                .into());
        }
    }
    Ok(())
}

/// Rule `lineage-cycle`: no lot is made from its own descendant (possible only by remaking a voided lot).
fn lineage_cycle(tx: &mut Tx<'_>, parents: &BTreeSet<LotId>, made: &[LotId]) -> Result<(), Refusal> {
    let made: BTreeSet<&LotId> = made.iter().collect();
    let mut remade = false;
    for lot in &made {
        remade |= tx.lot(lot)?.is_some();
    }
    if !remade {
        return Ok(());
    }
    let (mut stack, mut seen) = (Vec::from_iter(parents.iter().cloned()), BTreeSet::new());
    while let Some(lot) = stack.pop() {
        if made.contains(&lot) {
            return Err(Rejection::new(Rule::LineageCycle, format!("lot {lot} would be its own ancestor"))
                .arg("lot", &lot)
                .into());
        }
        if seen.insert(lot.clone())
            && let Some(row) = tx.lot(&lot)?.cloned()
        {
            stack.extend(lot_reads::parents(tx.state, &row)?);
        }
    }
    Ok(())
}
