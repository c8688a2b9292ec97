//! The rules that hold for every event: plausible times, known earlier records, forks, an index of its evidence.

use std::collections::{BTreeMap, BTreeSet};

use super::goods::lots_named;
use super::inspector::inspector_only;
use super::long_ago;
use super::tx::Tx;
use super::{correct, double};
use crate::chain::rows::{Documents, EvidenceRow, RecordRow, evidence_key, evidence_shipment_key};
use crate::chain::state::row;
use crate::chain::times::{DAY, LATE, SKEW};
use crate::chain::{
    Act, Context, Refusal, Rejection, Rule, Severity, State, Table, cleared, entity_index, given_up, lot_reads,
};
use crate::epcis::{Event, QuantityElement};
use crate::gs1::{LotId, Sscc};
use crate::record::RecordId;

/// Most entities one event may name: keeps the work of one record bounded.
pub const MAX_GOODS: usize = 500;

/// Before the act's own rules.
pub(super) fn check(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    too_many_goods(tx)?;
    event_time_implausible(tx)?;
    form_misplaced(tx)?;
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let direct = lists.into_iter().flatten().filter_map(|element| LotId::from_uri(&element.epc_class).ok());
    tx.each_lot(&Vec::from_iter(direct), event_before_lot)?;
    // these acts need no quantity; one that is stated must be valid
    if matches!(tx.act, Act::Observe | Act::Trade | Act::Hold | Act::VoidShipment) {
        let stated: Vec<QuantityElement> = event.quantities.iter().filter(|q| q.quantity.is_some()).cloned().collect();
        tx.amounts(&stated, false)?;
    }
    correct::replacement(tx)?;
    for evidence in &event.ext.evidence {
        let Ok(hash) = evidence.blake3.parse::<RecordId>() else {
            return Err(Rejection::new(Rule::EvidenceNamedByHash, "evidence is named by its BLAKE3 hash").into());
        };
        // only the first naming, the first public one, the first for a shipment and a larger size leave something: a hash named again and
        // again costs two rows read
        let key = evidence_key(&hash, tx.signer());
        let known: Option<EvidenceRow> = tx.latest(Table::Evidence, &key)?;
        let before = known.unwrap_or(EvidenceRow { record: tx.record, public: None, bytes: 0 });
        let public = before.public.or(evidence.public.then_some(tx.record));
        let row = EvidenceRow { public, bytes: before.bytes.max(evidence.bytes), ..before };
        if known != Some(row) {
            let more = Documents { files: u32::from(known.is_none()), bytes: row.bytes - before.bytes };
            tx.documents = tx.documents.plus(more);
            tx.put(Table::Evidence, key, &row)?;
        }
        named_for_shipment(tx, &hash)?;
    }
    named(tx)
}

/// A document or observation about a shipment opens its evidence to the parties of the shipment.
fn named_for_shipment(tx: &mut Tx<'_>, hash: &RecordId) -> Result<(), Refusal> {
    let about = tx.event.ext.shipment.as_deref().filter(|_| matches!(tx.act, Act::Trade | Act::Observe));
    let Some(shipment) = about.and_then(|id| id.parse::<RecordId>().ok()) else { return Ok(()) };
    let key = evidence_shipment_key(hash, tx.signer(), Some(&shipment));
    if let Some(before) = tx.latest::<RecordId>(Table::EvidenceShipment, &key)?
        && cleared::standing(tx.state, &before)?
    {
        return Ok(());
    }
    Ok(tx.put(Table::EvidenceShipment, key, &tx.record.clone())?)
}

/// Adds the evidence that the signer's party had not named before to all that it named: nodes keep it for ever, and share their room by it.
fn named(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    if tx.documents == Documents::default() {
        return Ok(());
    }
    let key = tx.signer().as_bytes().to_vec();
    let before: Documents = tx.latest(Table::Named, &key)?.unwrap_or_default();
    Ok(tx.put(Table::Named, key, &before.plus(tx.documents))?)
}

/// Rule `too-many-goods`: an event names at most [`MAX_GOODS`] lots, containers and items.
fn too_many_goods(tx: &Tx<'_>) -> Result<(), Rejection> {
    let event = tx.event;
    let named = [event.epcs.len(), event.child_epcs.len(), event.input_epcs.len(), event.output_epcs.len()]
        .into_iter()
        .chain([event.quantities.len(), event.child_quantities.len(), event.inputs.len(), event.outputs.len()])
        .sum::<usize>();
    if named > MAX_GOODS {
        return Err(Rejection::new(Rule::TooManyGoods, format!("{named} goods in one event; {MAX_GOODS} at most"))
            .arg("named", named)
            .arg("most", MAX_GOODS));
    }
    Ok(())
}

/// Rule `form-misplaced`: a transfer, a rejection and a payment stand in trade events, a visit, a leg and a handover in observations, a monitored
/// period in monitoring. A void repeats its event.
fn form_misplaced(tx: &Tx<'_>) -> Result<(), Rejection> {
    let (event, ext) = (tx.event, &tx.event.ext);
    let act = Act::of_form(event);
    let of_trade = [
        ("jejak:transfer", ext.transfer),
        ("jejak:rejects", ext.rejects.is_some()),
        ("jejak:milestone", event.is_payment()),
    ];
    let of_observation = [
        ("jejak:visit", ext.visit.is_some()),
        ("jejak:leg", ext.leg.is_some()),
        ("jejak:handover", ext.handover.is_some()),
    ];
    let misplaced = of_trade
        .into_iter()
        .filter(|_| act != Some(Act::Trade))
        .chain(of_observation.into_iter().filter(|_| act != Some(Act::Observe)))
        .chain([("jejak:monitoring", ext.monitoring.is_some())].into_iter().filter(|_| act != Some(Act::Monitor)))
        .find(|(_, there)| *there);
    let Some((member, _)) = misplaced else { return Ok(()) };
    let detail = format!("{member} does not stand in this act");
    Err(Rejection::new(Rule::FormMisplaced, detail).arg("member", member))
}

/// Rule `event-time-implausible`: nothing happens more than a day after now; within a day it is the finding
/// `event-time-ahead`. Long before now is the notice `late-sync`, and more than [`long_ago::OLDEST`] before it is a wrong year. A void repeats the time
/// of its record; a replacement is held against the clock of that (`correct::replacement`).
fn event_time_implausible(tx: &mut Tx<'_>) -> Result<(), Rejection> {
    if tx.clock == 0 {
        return Ok(());
    }
    let at = tx.event.event_time.as_second();
    let ahead = at.saturating_sub(tx.clock);
    if ahead > DAY {
        return Err(Rejection::new(Rule::EventTimeImplausible, "the event is dated more than a day after now")
            .arg("eventTime", tx.event.event_time)
            .arg("seconds", ahead));
    }
    if tx.event.ext.voids.is_none() {
        long_ago::too_long_ago(tx.event, tx.clock)?;
    }
    let lots = lots_named(tx.event);
    if ahead > SKEW {
        let severity = severity_of_time(tx.act);
        tx.finding_of(Rule::EventTimeAhead, severity, &lots, &[("minutes", (ahead / 60).to_string())]);
    } else if -ahead > LATE && tx.event.error.is_none() && tx.event.ext.voids.is_none() {
        tx.finding(Rule::LateSync, &lots, &[("days", (-ahead / DAY).to_string())]);
    }
    Ok(())
}

/// A wrong clock of a party that only adds facts about goods is a notice.
fn severity_of_time(act: Act) -> Severity {
    if act.info().remark { Severity::Notice } else { Severity::Warning }
}

/// Rule `event-before-lot`: an event more than a day before the creation of a lot it names is refused; within a day it is the
/// finding `event-early`.
pub(super) fn event_before_lot(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let at = tx.event.event_time.as_second();
    let Some(row) = tx.lot(lot)? else { return Ok(()) };
    let before = row.created_at.as_second().saturating_sub(at);
    // an addition to a harvest may have happened before the part that was logged first
    if before <= 0 || matches!(tx.act, Act::Harvest | Act::Correct) {
        return Ok(());
    }
    if before > DAY {
        return Err(Rejection::new(Rule::EventBeforeLot, format!("the event is dated before lot {lot} was made"))
            .arg("lot", lot)
            .arg("seconds", before)
            .into());
    }
    let severity = severity_of_time(tx.act);
    tx.finding_of(Rule::EventEarly, severity, std::slice::from_ref(lot), &[("minutes", (before / 60).to_string())]);
    Ok(())
}

/// Before the event is applied: the records that it cites are few enough to be looked up, and are there.
pub(in crate::chain) fn cited(state: &dyn State, ctx: &Context<'_>, event: &Event) -> Result<(), Refusal> {
    too_many_cited(event)?;
    require_parents(state, ctx, event)
}

/// Rule `parent-unknown`: every record in `jejak:after` is on the ledger, was refused by it, or was given up by a record on the log.
/// Retryable: the record may be on its way. At admission only.
fn require_parents(state: &dyn State, ctx: &Context<'_>, event: &Event) -> Result<(), Refusal> {
    let Some(refusals) = ctx.refusals else { return Ok(()) };
    for id in &event.ext.after {
        let passes = match id.parse::<RecordId>() {
            Ok(id) => {
                refusals.refused(&id)
                    || state.get(Table::Record, id.as_bytes())?.is_some()
                    || given_up::by(state, &id)?.is_some()
            }
            Err(_) => false,
        };
        if !passes {
            let detail = format!(
                "the record {id} in jejak:after is not on this ledger: submit it first (again if it was refused), then this one; \
                 if it will never come, a later record of its key gives it up by name"
            );
            return Err(Rejection::new(Rule::ParentUnknown, detail).arg("record", id).retryable().into());
        }
    }
    Ok(())
}

/// Most records in `jejak:after`, and most documents of an event.
pub const MAX_CITED: usize = 100;

/// Rule `too-many-cited`: an event names at most [`MAX_CITED`] earlier records and as many documents: each is read, and for each
/// document of a sale its goods are.
fn too_many_cited(event: &Event) -> Result<(), Rejection> {
    let named = [event.ext.after.len(), event.ext.retests.len(), event.transactions.len()].into_iter().max();
    let named = named.unwrap_or_default();
    if named > MAX_CITED {
        let detail = format!("the event cites {named} records or documents; {MAX_CITED} at most");
        return Err(Rejection::new(Rule::TooManyCited, detail).arg("named", named).arg("most", MAX_CITED));
    }
    Ok(())
}

/// The records in `jejak:after` that are on the ledger.
struct Seen {
    /// The first that is not on the ledger, or concerns none of the event's lots.
    unrelated: Option<String>,
    /// The newest for each lot, by index.
    newest: BTreeMap<LotId, u64>,
}

/// Reads the records in `jejak:after`, each once.
fn seen(tx: &mut Tx<'_>, lots: &BTreeSet<LotId>) -> Result<Seen, Refusal> {
    let mut seen = Seen { unrelated: None, newest: BTreeMap::new() };
    for id in &tx.event.ext.after {
        let row = match id.parse::<RecordId>() {
            Ok(id) => row::<RecordRow>(tx.state, Table::Record, id.as_bytes())?,
            Err(_) => None,
        };
        let mut related = false;
        if let Some(row) = row {
            tx.state.charge((row.lots.len() + row.effects.deltas.len()) / lot_reads::LIST)?;
            related = row.lots.iter().any(|lot| lots.contains(lot));
            for lot in &row.lots {
                let newest = seen.newest.entry(lot.clone()).or_default();
                *newest = row.index.max(*newest);
            }
        }
        if !related && seen.unrelated.is_none() {
            seen.unrelated = Some(id.clone());
        }
    }
    Ok(seen)
}

/// Finding `after-refused`: a record in `jejak:after` is not on the ledger, so it was refused or given up, or it concerns none of these lots. The
/// two are one finding because a closure holds every earlier record about these lots but need not hold others: its replay gives the
/// same finding. Only the first such record is named, because the list may be long. A remark about several lots has no such finding.
fn after_refused(tx: &mut Tx<'_>) -> Result<BTreeMap<LotId, u64>, Refusal> {
    if tx.event.ext.after.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut lots = BTreeSet::from_iter(entity_index::lots_of(tx.event));
    if Act::only_remarks(tx.event) {
        // the proof of one of several lots need not hold the others; a lift is about those of its hold
        let more = tx.event.ext.lifts.is_some() || tx.event.epcs.iter().any(|uri| Sscc::from_uri(uri).is_ok());
        if more || lots.len() != 1 {
            return Ok(BTreeMap::new());
        }
    } else {
        lots.extend(tx.named.iter().cloned());
    }
    let seen = seen(tx, &lots)?;
    if let (Some(id), false) = (seen.unrelated, lots.is_empty()) {
        tx.finding(Rule::AfterRefused, &[], &[("record", id)]);
    }
    Ok(seen.newest)
}

/// After the act's own rules: earlier records, event time against the lots in containers, the newest record of each holder and lot,
/// and forks.
pub(super) fn settle(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let newest = after_refused(tx)?;
    if !matches!(tx.act, Act::Correct | Act::Receive | Act::DeliverOutside) {
        let direct = BTreeSet::from_iter(lots_named(tx.event));
        tx.each_lot(&Vec::from_iter(tx.named.difference(&direct).cloned()), event_before_lot)?;
    }
    double::looks_like_entry(tx)?;
    inspection_given_up(tx)?;
    if !tx.act.info().moves {
        return Ok(());
    }
    let party = tx.on_behalf.clone().unwrap_or_else(|| tx.signer().to_owned());
    for lot in tx.changed_lots() {
        fork(tx, &lot, &party, newest.get(&lot).copied())?;
        tx.holding_mut(&lot, &party)?.head = Some(tx.record);
    }
    Ok(())
}

/// Finding `inspection-given-up`: the signer says that it made an inspection and will never hand it in. The pages of its lots say so: a
/// test that failed could be dropped so.
fn inspection_given_up(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    for given in event.ext.given_up.iter().filter(|given| given.act.as_deref() == Some(Act::Inspect.name())) {
        let mut lots = Vec::new();
        for lot in &given.lots {
            if tx.lot(lot)?.is_some() {
                lots.push(lot.clone());
            }
        }
        if lots.is_empty() {
            continue;
        }
        // others could write on the pages of any lot
        inspector_only(tx)?;
        // the record is found by these lots, but is not about them: its void and its replacement have nothing to do with them
        tx.entities.extend(lots.iter().map(LotId::uri));
        let args = [("seq", given.seq.to_string()), ("reason", given.reason.clone()), ("by", tx.signer().to_owned())];
        tx.finding(Rule::InspectionGivenUp, &lots, &args);
    }
    Ok(())
}

/// Finding `fork`: two acts of one holder on one lot that follow the same earlier record, as when two phones were offline. `newest` is
/// the index of the newest record about the lot that the signer had seen.
fn fork(tx: &mut Tx<'_>, lot: &LotId, party: &str, newest: Option<u64>) -> Result<(), Refusal> {
    let Some(newest) = newest else { return Ok(()) };
    let Some(head) = tx.holding(lot, party)?.head else { return Ok(()) };
    if row::<RecordRow>(tx.state, Table::Record, head.as_bytes())?.is_some_and(|row| newest < row.index) {
        tx.finding(Rule::Fork, std::slice::from_ref(lot), &[("other", head.to_string())]);
    }
    Ok(())
}
