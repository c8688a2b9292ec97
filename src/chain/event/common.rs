//! What every event owes, whatever its act: plausible times, known parents, no fork unnoticed, its evidence found again.

use std::collections::BTreeSet;

use super::correct;
use super::tx::Tx;
use crate::chain::rows::RecordRow;
use crate::chain::state::get;
use crate::chain::{Act, Refusal, Rejection, Severity, Table, entity_index};
use crate::epcis::QuantityElement;
use crate::gs1::{LotId, Sscc};
use crate::record::RecordId;

/// How far a device's clock may be ahead of the ledger's, seconds: 5 minutes.
pub const SKEW: i64 = 5 * 60;
/// Beyond this an implausible time is a rejection, seconds: one day.
pub const DAY: i64 = 24 * 60 * 60;
/// From here on a record is late enough to say so, seconds: seven days.
pub const LATE: i64 = 7 * DAY;
/// Most entities one event may name: keeps the work of one record bounded.
pub const MAX_GOODS: usize = 500;

/// Before the act's own rules.
pub(super) fn check(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    too_many_goods(tx)?;
    event_time_implausible(tx)?;
    parent_unknown(tx)?;
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    for element in lists.into_iter().flatten() {
        if let Ok(lot) = LotId::from_uri(&element.epc_class) {
            event_before_lot(tx, &lot)?;
        }
    }
    // where nothing moves a quantity is not asked for; one that is stated is a quantity all the same
    if matches!(tx.act, Act::Observe | Act::Trade | Act::Hold | Act::VoidShipment) {
        let stated: Vec<QuantityElement> = event.quantities.iter().filter(|q| q.quantity.is_some()).cloned().collect();
        tx.amounts(&stated, false)?;
    }
    correct::replacement(tx)?;
    for evidence in &event.ext.evidence {
        let Ok(hash) = evidence.blake3.parse::<RecordId>() else {
            return Err(Rejection::new("evidence-named-by-hash", "evidence is named by its BLAKE3 hash").into());
        };
        let mut names: Vec<RecordId> = tx.latest(Table::Evidence, hash.as_bytes())?.unwrap_or_default();
        if !names.contains(&tx.record) {
            names.push(tx.record);
            tx.put(Table::Evidence, hash.as_bytes().to_vec(), &names)?;
        }
    }
    Ok(())
}

/// Rule `too-many-goods`: an event names at most [`MAX_GOODS`] lots, containers and items.
fn too_many_goods(tx: &Tx<'_>) -> Result<(), Rejection> {
    let event = tx.event;
    let named = [event.epcs.len(), event.child_epcs.len(), event.input_epcs.len(), event.output_epcs.len()]
        .into_iter()
        .chain([event.quantities.len(), event.child_quantities.len(), event.inputs.len(), event.outputs.len()])
        .sum::<usize>();
    if named > MAX_GOODS {
        return Err(Rejection::new("too-many-goods", format!("{named} goods in one event; {MAX_GOODS} at most"))
            .arg("named", named)
            .arg("most", MAX_GOODS));
    }
    Ok(())
}

/// Rule `event-time-implausible`: nothing happens more than a day after now; within a day it is the finding
/// `event-time-ahead`. Long before now is the notice `late-sync`.
fn event_time_implausible(tx: &mut Tx<'_>) -> Result<(), Rejection> {
    if tx.clock == 0 {
        return Ok(());
    }
    let at = tx.event.event_time.as_second();
    let ahead = at.saturating_sub(tx.clock);
    if ahead > DAY {
        return Err(Rejection::new("event-time-implausible", "the event is dated more than a day after now")
            .arg("eventTime", tx.event.event_time)
            .arg("seconds", ahead));
    }
    let lots = lots_named(tx);
    if ahead > SKEW {
        let severity = severity_of_time(tx.act);
        tx.finding("event-time-ahead", severity, &lots, &[("minutes", (ahead / 60).to_string())]);
    } else if -ahead > LATE && tx.event.error.is_none() && tx.event.ext.voids.is_none() {
        tx.finding("late-sync", Severity::Notice, &lots, &[("days", (-ahead / DAY).to_string())]);
    }
    Ok(())
}

/// A wrong clock of who only remarks on goods is no news of the goods.
fn severity_of_time(act: Act) -> Severity {
    if matches!(act, Act::Observe | Act::Trade | Act::Sample) { Severity::Notice } else { Severity::Warning }
}

/// Rule `event-before-lot`: an event more than a day before the creation of a lot it names is refused; within a day it is the
/// finding `event-early`.
pub(super) fn event_before_lot(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let at = tx.event.event_time.as_second();
    let Some(row) = tx.lot(lot)? else { return Ok(()) };
    let before = row.created_at.as_second().saturating_sub(at);
    // an addition to a harvest may have happened before the first part of it was written down
    if before <= 0 || matches!(tx.act, Act::Harvest | Act::Correct) {
        return Ok(());
    }
    if before > DAY {
        return Err(Rejection::new("event-before-lot", format!("the event is dated before lot {lot} was made"))
            .arg("lot", lot)
            .arg("seconds", before)
            .into());
    }
    let severity = severity_of_time(tx.act);
    tx.finding("event-early", severity, std::slice::from_ref(lot), &[("minutes", (before / 60).to_string())]);
    Ok(())
}

/// Rule `parent-unknown`: every record in `jejak:after` is on the ledger, or was refused by it. Worth trying again: it may be
/// on its way.
fn parent_unknown(tx: &Tx<'_>) -> Result<(), Refusal> {
    let Some(refusals) = tx.ctx.refusals else { return Ok(()) };
    for id in &tx.event.ext.after {
        let passes = match id.parse::<RecordId>() {
            Ok(id) => refusals.refused(&id) || tx.state.get(Table::Record, id.as_bytes())?.is_some(),
            Err(_) => false,
        };
        if !passes {
            let detail = format!(
                "the record {id} in jejak:after is not here: send it first, again if it was refused, then this one"
            );
            return Err(Rejection::new("parent-unknown", detail).arg("record", id).retryable().into());
        }
    }
    Ok(())
}

/// Finding `after-refused`: a record in `jejak:after` is not on the ledger, which can only have refused it, or it is about none
/// of these lots. The two are one finding because a closure holds every earlier record about these lots and need not hold
/// another: whoever replays it finds the same. Only the first is named: the list may be long.
fn after_refused(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    if event.ext.after.is_empty() {
        return Ok(());
    }
    let own = entity_index::lots_of(event);
    let lots: BTreeSet<&LotId> = own.iter().chain(&tx.named).collect();
    let mut strange = None;
    for id in &event.ext.after {
        let row = match id.parse::<RecordId>() {
            Ok(id) => get::<RecordRow>(tx.state, Table::Record, id.as_bytes())?,
            Err(_) => None,
        };
        if !row.is_some_and(|row| row.lots.iter().any(|lot| lots.contains(lot))) {
            strange = Some(id.clone());
            break;
        }
    }
    if let (Some(id), false) = (strange, lots.is_empty()) {
        tx.finding("after-refused", Severity::Notice, &[], &[("record", id)]);
    }
    Ok(())
}

/// After the act's own rules: what it follows, the time against what containers hold, the newest record per holder and lot,
/// and forks.
pub(super) fn settle(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let direct = lots_named(tx);
    after_refused(tx)?;
    if !matches!(tx.act, Act::Correct | Act::Receive | Act::DeliverOutside) {
        let inside: Vec<LotId> = tx.named.iter().filter(|lot| !direct.contains(lot)).cloned().collect();
        for lot in inside {
            event_before_lot(tx, &lot)?;
        }
    }
    let moves = matches!(
        tx.act,
        Act::Harvest | Act::Process | Act::Adjust | Act::Pack | Act::Unpack | Act::Label | Act::Ship | Act::Receive
    );
    if !moves {
        return Ok(());
    }
    let party = tx.on_behalf.clone().unwrap_or_else(|| tx.signer().to_owned());
    for lot in tx.changed_lots() {
        fork(tx, &lot, &party)?;
        let record = tx.record;
        let heads = &mut tx.lot_mut(&lot)?.heads;
        match heads.iter_mut().find(|(holder, _)| *holder == party) {
            Some(head) => head.1 = record,
            None => heads.push((party.clone(), record)),
        }
    }
    Ok(())
}

/// Finding `fork`: two acts of one holder on one lot that both follow the same parent (two phones offline).
fn fork(tx: &mut Tx<'_>, lot: &LotId, party: &str) -> Result<(), Refusal> {
    if tx.event.ext.after.is_empty() {
        return Ok(());
    }
    let Some(row) = tx.lot(lot)? else { return Ok(()) };
    let Some((_, head)) = row.heads.iter().find(|(holder, _)| holder == party).cloned() else { return Ok(()) };
    let Some(head_row) = get::<RecordRow>(tx.state, Table::Record, head.as_bytes())? else { return Ok(()) };
    let mut newest = None;
    for id in tx.event.ext.after.iter().filter_map(|id| id.parse::<RecordId>().ok()) {
        if let Some(row) = get::<RecordRow>(tx.state, Table::Record, id.as_bytes())?
            && row.lots.contains(lot)
        {
            newest = newest.max(Some(row.index));
        }
    }
    if newest.is_some_and(|seen| seen < head_row.index) {
        tx.finding("fork", Severity::Warning, std::slice::from_ref(lot), &[("other", head.to_string())]);
    }
    Ok(())
}

/// The lots an event names itself.
pub(super) fn lots_named(tx: &Tx<'_>) -> Vec<LotId> {
    let event = tx.event;
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let set: BTreeSet<LotId> =
        lists.into_iter().flatten().filter_map(|e: &QuantityElement| LotId::from_uri(&e.epc_class).ok()).collect();
    set.into_iter().collect()
}

/// Rule `container-kind`: where containers move they are named by SSCC, as a canonical Digital Link, each once.
pub(super) fn container_kind(list: &[String]) -> Result<Vec<Sscc>, Rejection> {
    let mut seen = BTreeSet::new();
    list.iter()
        .map(|uri| match Sscc::from_uri(uri) {
            Ok(sscc) if seen.insert(sscc) => Ok(sscc),
            _ => {
                Err(Rejection::new("container-kind", format!("{uri} is not a container, or stands twice"))
                    .arg("uri", uri))
            }
        })
        .collect()
}

/// Rule `goods-missing`: an act is about something.
pub(super) fn goods_missing(empty: bool) -> Result<(), Rejection> {
    if empty {
        return Err(Rejection::new("goods-missing", "the event names no lot and no container"));
    }
    Ok(())
}

/// Rule `goods-misplaced`: lists that an act does not use are empty, so that nothing is stated that no rule reads.
pub(super) fn goods_misplaced(unused: &[bool]) -> Result<(), Rejection> {
    if unused.iter().any(|empty| !empty) {
        return Err(Rejection::new("goods-misplaced", "goods stand in a list that this act does not use"));
    }
    Ok(())
}
