//! Hold and recall, and the lift of one. A hold flags a lot or container and everything downstream; it moves nothing.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::goods::{goods_missing, lots_named, parse_containers};
use super::inspector::is_accredited_inspector;
use super::tx::Tx;
use crate::chain::checks::lies_in;
use crate::chain::quota::states_recall;
use crate::chain::rows::{At, HoldRow, RecordRow};
use crate::chain::state::{get, row};
use crate::chain::{Act, Refusal, Rejection, Rule, Table, cleared};
use crate::gs1::{LotId, Sscc};
use crate::record::RecordId;
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    if tx.event.ext.lifts.is_some() { lift(tx) } else { hold(tx) }
}

fn hold(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    let set = event.persistent.as_ref().map(|p| p.set.clone()).unwrap_or_default();
    hold_without_class(&set)?;
    let mut lots = lots_named(tx.event);
    let containers = parse_containers(&event.epcs)?;
    goods_missing(lots.is_empty() && containers.is_empty())?;
    tx.each_lot(&lots, |tx, lot| tx.require_lot(lot).map(drop))?;
    hold_not_allowed(tx, &lots, &containers)?;
    for sscc in &containers {
        let (inside, carried) = tx.remarked_inside(*sscc)?;
        tx.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
        for (lot, _) in carried {
            tx.named.insert(lot.clone());
            // a party that has only this container can hold it, not the rest of the lot
            if tx.by.has(Role::Authority) || may_hold(tx, &lot)? {
                lots.push(lot);
            }
        }
    }
    lots.sort();
    lots.dedup();
    tx.named.extend(lots.iter().cloned());
    let record = tx.record;
    tx.each_lot(&lots, |tx, lot| {
        let holds = tx.require_lot(lot)?.holds.clone();
        held_too_often(tx, &holds, lot)?;
        tx.lot_mut(lot)?.holds.insert(record);
        Ok(())
    })?;
    for sscc in &containers {
        if !tx.lots_left_out {
            let holds = tx.require_container(*sscc)?.holds.clone();
            held_too_often(tx, &holds, sscc)?;
        }
        flag(tx, *sscc, record, true)?;
    }
    let row = HoldRow {
        recall: states_recall(event),
        issuer: tx.signer().to_owned(),
        reason: event.ext.reason.clone(),
        lots,
        containers,
        lifted_by: None,
    };
    tx.put(Table::Hold, record.as_bytes().to_vec(), &row)?;
    Ok(())
}

/// Puts a hold on a container or takes it off, unless a closure has left the container out.
fn flag(tx: &mut Tx<'_>, sscc: Sscc, hold: RecordId, on: bool) -> Result<(), Refusal> {
    if tx.lots_left_out && tx.container(sscc)?.is_none() {
        return Ok(());
    }
    let holds = &mut tx.container_mut(sscc)?.holds;
    let _ = if on { holds.insert(hold) } else { holds.remove(&hold) };
    Ok(())
}

/// Most holds of one party that stand on one lot or container.
pub const MAX_HOLDS: usize = 64;

/// Rule `held-too-often`: at most [`MAX_HOLDS`] holds of one party stand on the same goods; it lifts one before the next. Each party has
/// its own count, so that nobody keeps another from a hold.
fn held_too_often(tx: &Tx<'_>, holds: &BTreeSet<RecordId>, goods: impl Display) -> Result<(), Refusal> {
    if holds.len() < MAX_HOLDS {
        return Ok(());
    }
    let mut own = 0;
    for id in holds {
        let row = row::<HoldRow>(tx.state, Table::Hold, id.as_bytes())?;
        own += usize::from(row.is_some_and(|row| row.issuer == tx.signer()));
    }
    if own >= MAX_HOLDS {
        let detail = format!("{own} holds of {} stand on {goods}: lift one first", tx.signer());
        return Err(Rejection::new(Rule::HeldTooOften, detail)
            .arg("party", tx.signer())
            .arg("goods", goods)
            .arg("most", MAX_HOLDS)
            .into());
    }
    Ok(())
}

/// Dispositions of CBV 2.0 (section 7.2) that keep goods from being sold.
pub const CLASSES: [&str; 6] = ["recalled", "non_sellable_other", "non_conformant", "damaged", "expired", "stolen"];

/// Rule `hold-without-class`: a hold sets persistent dispositions that keep goods from being sold.
fn hold_without_class(set: &[String]) -> Result<(), Rejection> {
    if set.is_empty() || set.iter().any(|class| !CLASSES.contains(&class.as_str())) {
        let classes = CLASSES.join(", ");
        return Err(Rejection::new(
            Rule::HoldWithoutClass,
            format!("a hold sets a persistentDisposition of: {classes}"),
        ));
    }
    Ok(())
}

/// Rule `hold-not-allowed`: a hold comes from the authority, the region of the maker, an inspector accredited for the
/// commodity, the maker of every lot (or by its mandate), or the holder of all that is left of them; for a container, also its
/// holder. A hold of one lot by a mandate is the maker's.
fn hold_not_allowed(tx: &mut Tx<'_>, lots: &[LotId], containers: &[Sscc]) -> Result<(), Refusal> {
    if tx.by.has(Role::Authority) {
        return Ok(());
    }
    let mut of_maker = None;
    tx.each_lot(lots, |tx, lot| match right_to_hold(tx, lot)? {
        Some(Right::Own) => Ok(()),
        Some(Right::OfMaker(maker)) => {
            of_maker = Some(maker);
            Ok(())
        }
        None => Err(refusal(tx).into()),
    })?;
    // in a closure they need not hold what they held
    let judged = if tx.lots_left_out { &[] } else { containers };
    for sscc in judged {
        let (root, _) = tx.outermost(*sscc)?;
        let here = At::Party(tx.signer().to_owned());
        let here = tx.require_container(root)?.at == here;
        let (_, carried) = tx.inside(*sscc)?;
        // an empty container can be held only by its holder
        let mut all = !carried.is_empty();
        for (lot, _) in &carried {
            all = all && may_hold(tx, lot)?;
        }
        if !(here || all) {
            return Err(refusal(tx).into());
        }
    }
    // of several lots each may have another maker, and what is said of one does not depend on the others
    if let ([_], [], Some(maker)) = (lots, containers, of_maker) {
        tx.on_behalf = Some(maker);
    }
    Ok(())
}

fn refusal(tx: &Tx<'_>) -> Rejection {
    Rejection::new(Rule::HoldNotAllowed, format!("{} may not hold these goods", tx.signer())).arg("party", tx.signer())
}

fn may_hold(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    Ok(right_to_hold(tx, lot)?.is_some())
}

/// By what right the signer puts a lot on hold.
enum Right {
    /// Its own.
    Own,
    /// That of the lot's maker, by its mandate.
    OfMaker(String),
}

/// By what right the signer may put a lot on hold; `None` when it may not. Its own right comes before that of the maker.
fn right_to_hold(tx: &mut Tx<'_>, lot: &LotId) -> Result<Option<Right>, Refusal> {
    let signer = tx.signer();
    let maker = tx.require_lot(lot)?.maker.clone();
    let left = tx.left(lot)?;
    // the holder of a part of a lot decides on that part only
    if maker == signer || (left.is_positive() && tx.held_anywhere(lot, signer)? == left) {
        return Ok(Some(Right::Own));
    }
    if tx.by.has(Role::Region)
        && let (Some(own), Some(region)) =
            (tx.by.party.region.as_ref(), tx.party(&maker)?.and_then(|row| row.region.clone()))
        && lies_in(&region, own)
    {
        return Ok(Some(Right::Own));
    }
    if is_accredited_inspector(tx, lot)? {
        return Ok(Some(Right::Own));
    }
    let mandated = tx.may_act(&maker, Act::Hold, std::slice::from_ref(lot))?;
    Ok(mandated.then_some(Right::OfMaker(maker)))
}

fn lift(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let (id, mut row) = require_hold(tx)?;
    lift_not_allowed(tx, id, &row)?;
    for sscc in &row.containers {
        tx.name_container(*sscc)?;
    }
    row.lifted_by = Some(tx.record);
    release(tx, id, &row)?;
    tx.entities.insert(id.uri());
    tx.named.extend(row.lots.iter().cloned());
    tx.lifts = Some(id);
    tx.put(Table::Hold, id.as_bytes().to_vec(), &row)?;
    Ok(())
}

/// Rule `hold-unknown`: a lift names a hold that was not lifted.
fn require_hold(tx: &Tx<'_>) -> Result<(RecordId, HoldRow), Refusal> {
    let named = tx.event.ext.lifts.as_deref().unwrap_or_default();
    let id = named.parse::<RecordId>().ok();
    let row: Option<HoldRow> = match id {
        Some(id) => get(tx.state, Table::Hold, id.as_bytes())?,
        None => None,
    };
    match (id, row) {
        (Some(id), Some(row)) if row.lifted_by.is_none() => Ok((id, row)),
        (_, row) => {
            let rejection = Rejection::new(
                Rule::HoldUnknown,
                format!("jejak:lifts {named:?} is not a hold in force on this ledger"),
            )
            .arg("hold", named);
            Err(match row.and_then(|row| row.lifted_by) {
                Some(by) => rejection.conflicts(by),
                None => tx.awaits(id, rejection)?,
            }
            .into())
        }
    }
}

/// Rule `lift-not-allowed`: a hold is lifted by its issuer or the authority.
fn lift_not_allowed(tx: &Tx<'_>, id: RecordId, row: &HoldRow) -> Result<(), Rejection> {
    if row.issuer != tx.signer() && !tx.by.has(Role::Authority) {
        return Err(Rejection::new(Rule::LiftNotAllowed, format!("the hold {id} was issued by {}", row.issuer))
            .arg("hold", id)
            .arg("issuer", &row.issuer)
            .conflicts(id));
    }
    Ok(())
}

/// Takes a hold off its lots and containers.
fn release(tx: &mut Tx<'_>, id: RecordId, row: &HoldRow) -> Result<(), Refusal> {
    tx.each_lot(&row.lots, |tx, lot| {
        tx.lot_mut(lot)?.holds.remove(&id);
        Ok(())
    })?;
    row.containers.iter().try_for_each(|sscc| flag(tx, *sscc, id, false))
}

/// Takes a hold back, or the lift of one; both records stay visible.
pub(super) fn undo(
    tx: &mut Tx<'_>,
    voided: RecordId,
    original: &RecordRow,
    lifted: Option<RecordId>,
) -> Result<(), Refusal> {
    debug_assert_eq!(original.act, Act::Hold);
    let id = lifted.unwrap_or(voided);
    let Some(mut row) = get::<HoldRow>(tx.state, Table::Hold, id.as_bytes())? else { return Ok(()) };
    for sscc in &row.containers {
        tx.name_container(*sscc)?;
    }
    if lifted.is_some() {
        // the hold itself was voided meanwhile: nothing to restore
        if !cleared::standing(tx.state, &id)? {
            return Ok(());
        }
        row.lifted_by = None;
        tx.each_lot(&row.lots, |tx, lot| {
            tx.lot_mut(lot)?.holds.insert(id);
            Ok(())
        })?;
        row.containers.iter().try_for_each(|sscc| flag(tx, *sscc, id, true))?;
    } else {
        row.lifted_by = Some(tx.record);
        release(tx, id, &row)?;
    }
    tx.named.extend(row.lots.iter().cloned());
    tx.put(Table::Hold, id.as_bytes().to_vec(), &row)?;
    Ok(())
}
