//! The journey of a lot: the records about it and its ancestors, of which a view shows the most important and the newest.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{ViewCache, event};
use super::view::{
    Cleared, DrawnView, EvidenceView, HoldView, InspectionView, Omitted, SampleView, SpecificationView, Step,
    TradeDocument,
};
use crate::chain::accredited;
use crate::chain::authority::shared_ledger;
use crate::chain::clock;
use crate::chain::entity_index::entries;
use crate::chain::lineage::Inherited;
use crate::chain::marks;
use crate::chain::rows::{HoldRow, InspectionRow, LedgerRow, RecordRow, TransformationRow, TransitRow, of_lot};
use crate::chain::samples;
use crate::chain::specification;
use crate::chain::state::get;
use crate::chain::{Act, RecordSource, State, StateError, Table};
use crate::epcis::documents::Document;
use crate::epcis::{Event, EventType};
use crate::gs1::{Amount, LotId, Sscc, Unit};
use crate::record::{Record, RecordId};

/// The first records of a journey that a view shows.
pub const FIRST_STEPS: usize = 30;
/// The last ones. Those of the inspections and holds in the view are shown besides, and of stolen keys.
pub const LAST_STEPS: usize = 70;
/// Inspections in a view that are no own checks: failures that are open first, the lot's own before its ancestors', the newest.
pub const MOST_INSPECTIONS: usize = 50;
/// Own checks in a view. They have a number of their own, so that they can't take the place of others.
pub const MOST_OWN_CHECKS: usize = 20;
/// Holds in a view that stand, recalls first, the newest; and as many that were lifted.
pub const MOST_HOLDS: usize = 50;
/// Records of stolen keys in a view: the newest.
const MOST_MARKED: usize = 50;
/// Lots, containers and facts of each kind that a step lists; the page of its record has all.
const OF_A_STEP: usize = 20;
/// Adopted specifications that an inspection lists with their names.
const MOST_SPECIFICATIONS: usize = 4;
/// Documents that the steps of a view list: the newest.
const MOST_DOCUMENTS: usize = 100;

/// A record about a lot.
type Entry = (RecordId, Act);

/// What a view shows of a journey.
pub(super) struct Journey {
    pub(super) steps: Vec<Step>,
    pub(super) inspections: Vec<InspectionView>,
    pub(super) holds: Vec<HoldView>,
}

/// Chooses what is shown of the records about `family`, which begins with the lot itself, and counts in `omitted` what is not.
pub(super) fn shown(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    family: &[LotId],
    known: &Inherited,
    omitted: &mut Omitted,
) -> Result<Journey, StateError> {
    let of_family: BTreeSet<&LotId> = family.iter().collect();
    let all = records(parts.state, family)?;
    let edges = all.keys().take(FIRST_STEPS).chain(all.keys().rev().take(LAST_STEPS));
    let mut chosen: BTreeSet<u64> = edges.copied().collect();

    let tests = tests(parts.state, &all, family.first(), known)?;
    let mut inspections = Vec::with_capacity(tests.len());
    let mut room = [MOST_INSPECTIONS, MOST_OWN_CHECKS];
    for (rank, index) in tests {
        let left = &mut room[usize::from(rank.own)];
        let Some((id, _)) = all.get(&index).filter(|_| *left > 0) else {
            omitted.inspections += 1;
            continue;
        };
        *left -= 1;
        if let Some(row) = get::<RecordRow>(parts.state, Table::Record, id.as_bytes())?
            && let Some(result) = inspection_row(parts.state, &row)?
        {
            inspections.push(inspection(parts, source, (index, id, &row), result, known)?);
            chosen.insert(index);
        }
    }
    inspections.sort_by_key(|test| std::cmp::Reverse(test.index));

    let mut found = Vec::new();
    for (index, (id, _)) in all.iter().filter(|(_, (_, act))| *act == Act::Hold) {
        if let Some(hold) = get::<HoldRow>(parts.state, Table::Hold, id.as_bytes())? {
            found.push(((hold.lifted_by.is_some(), !hold.recall, std::cmp::Reverse(*index)), *id));
        }
    }
    found.sort_unstable();
    let (mut holds, mut room) = (Vec::new(), [MOST_HOLDS; 2]);
    for ((lifted, _, std::cmp::Reverse(index)), id) in found {
        let left = &mut room[usize::from(lifted)];
        if *left == 0 {
            omitted.holds += 1;
            continue;
        }
        *left -= 1;
        if let Some(row) = get::<RecordRow>(parts.state, Table::Record, id.as_bytes())?
            && let Some(hold) = get::<HoldRow>(parts.state, Table::Hold, id.as_bytes())?
            && let Some(hold) = hold_view(parts, &id, &row, hold, &of_family)?
        {
            holds.push((index, hold));
            chosen.insert(index);
        }
    }
    holds.sort_by_key(|(index, _)| std::cmp::Reverse(*index));

    if marks::any_marked(parts.state)? {
        chosen.extend(marked(parts.state, &all)?);
    }
    omitted.steps = all.len() - chosen.len();
    let shown = all.iter().filter(|(index, _)| chosen.contains(index)).map(|(index, (id, _))| (*index, *id));
    let mut steps = steps_of(parts, source, shown)?;
    let mut room = MOST_DOCUMENTS;
    for step in steps.iter_mut().rev() {
        let more = cut(&mut step.evidence, room);
        (room, step.more) = (room - step.evidence.len(), step.more + more);
        omitted.documents += more;
    }
    Ok(Journey { steps, inspections, holds: holds.into_iter().map(|(_, hold)| hold).collect() })
}

/// In which order inspections have a place in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    own: bool,
    /// No parameter that it failed is open.
    cleared: bool,
    voided: bool,
    of_ancestor: bool,
    age: std::cmp::Reverse<u64>,
}

/// All inspections among these records, in the order in which they have a place.
fn tests(
    state: &dyn State,
    all: &BTreeMap<u64, Entry>,
    lot: Option<&LotId>,
    known: &Inherited,
) -> Result<Vec<(Rank, u64)>, StateError> {
    let open = known.failures.iter().filter(|failure| failure.cleared_by.is_none());
    let open: BTreeSet<RecordId> = open.map(|failure| failure.record).collect();
    let mut found = Vec::new();
    for (index, (id, _)) in all.iter().filter(|(_, (_, act))| *act == Act::Inspect) {
        let Some(row) = get::<RecordRow>(state, Table::Record, id.as_bytes())? else { continue };
        let Some(result) = inspection_row(state, &row)? else { continue };
        let rank = Rank {
            own: result.own,
            cleared: !open.contains(id),
            voided: row.voided_by.is_some(),
            of_ancestor: Some(&result.lot) != lot,
            age: std::cmp::Reverse(*index),
        };
        found.push((rank, *index));
    }
    found.sort_unstable();
    Ok(found)
}

/// The newest of these records that a stolen key signed.
fn marked(state: &dyn State, all: &BTreeMap<u64, Entry>) -> Result<Vec<u64>, StateError> {
    let mut found = Vec::new();
    for (index, (id, _)) in all.iter().rev() {
        if let Some(row) = get::<RecordRow>(state, Table::Record, id.as_bytes())?
            && marks::marked(state, &row)?
        {
            found.push(*index);
            if found.len() == MOST_MARKED {
                break;
            }
        }
    }
    Ok(found)
}

/// One page of the records about `family`: at most `most` of those after entry `after`, and whether there are more.
#[cfg(any(test, feature = "node"))]
pub(super) fn page(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    family: &[LotId],
    after: Option<u64>,
    most: usize,
) -> Result<super::lot::StepsPage, StateError> {
    let all = records(parts.state, family)?;
    let mut rest = all.range(after.map_or(0, |after| after.saturating_add(1))..);
    let page: Vec<_> = rest.by_ref().take(most).map(|(index, (id, _))| (*index, *id)).collect();
    let next = page.last().map(|(index, _)| *index).filter(|_| rest.next().is_some());
    Ok((steps_of(parts, source, page.into_iter())?, next))
}

fn steps_of(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    records: impl Iterator<Item = (u64, RecordId)>,
) -> Result<Vec<Step>, StateError> {
    let ledger = shared_ledger(parts.state)?;
    let mut steps = Vec::new();
    for (index, id) in records {
        let row: Option<RecordRow> = get(parts.state, Table::Record, id.as_bytes())?;
        if let (Some(row), Some(record)) = (row, source.record(&id)?) {
            steps.extend(step(parts, &ledger, index, &row, &record)?);
        }
    }
    Ok(steps)
}

/// The event records that name any of `family`, by index.
pub(super) fn records(state: &dyn State, family: &[LotId]) -> Result<BTreeMap<u64, Entry>, StateError> {
    let mut found = BTreeMap::new();
    for lot in family {
        for entry in entries(state, &lot.uri()) {
            let entry = entry?;
            found.insert(entry.index, (entry.record, entry.act));
        }
    }
    Ok(found)
}

fn inspection_row(state: &dyn State, row: &RecordRow) -> Result<Option<InspectionRow>, StateError> {
    match row.lots.first() {
        Some(lot) => get(state, Table::Inspection, &of_lot(lot, row.index)),
        None => Ok(None),
    }
}

fn inspection(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    (index, id, row): (u64, &RecordId, &RecordRow),
    result: InspectionRow,
    known: &Inherited,
) -> Result<InspectionView, StateError> {
    let mine = known.failures.iter().filter(|failure| failure.record == *id);
    // one open failure leaves the whole open
    let clearing: Option<Vec<RecordId>> = mine.map(|failure| failure.cleared_by).collect();
    let clearing = clearing.unwrap_or_default();
    let superseded_by = clearing.last().copied();
    let mut cleared_by: Vec<Cleared> = Vec::new();
    for record in clearing {
        if cleared_by.iter().any(|cleared| cleared.record == record) {
            continue;
        }
        if let Some(row) = get::<RecordRow>(parts.state, Table::Record, record.as_bytes())? {
            cleared_by.push(Cleared { record, act: row.act });
        }
    }
    let sample = sample(parts, &result, index)?;
    let too_late = !accredited::in_time(parts.state, &result)?;
    let specifications = specifications(parts, source, &result)?;
    Ok(InspectionView {
        record: *id,
        sample,
        lot: result.lot,
        index,
        event_time: result.at,
        inspector: parts.party(&result.inspector)?,
        accreditation: result.accreditation,
        profile: result.profile,
        requirements: result.requirements,
        specifications,
        verdict: result.verdict,
        results: result.results,
        own: result.own,
        too_late,
        voided_by: row.voided_by,
        superseded_by,
        cleared_by,
        marked: marks::marked(parts.state, row)?,
    })
}

/// The adopted specifications by which an inspection was judged.
fn specifications(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    inspection: &InspectionRow,
) -> Result<Vec<SpecificationView>, StateError> {
    let mut found = Vec::new();
    let named = inspection.requirements.iter().filter_map(|named| specification::record_of(named));
    for record in named.take(MOST_SPECIFICATIONS) {
        let commodity = parts.product(inspection.lot.gtin)?.commodity;
        if let Some((party, row)) = specification::by_record(parts.state, &record, &commodity)? {
            let file = source.specification(&row.blake3);
            found.push(parts.specification(&party, &row, file.as_deref())?);
        }
    }
    Ok(found)
}

/// The sample of an inspection; `None` for one that measured nothing on a sample and names none.
fn sample(parts: &mut ViewCache<'_>, inspection: &InspectionRow, index: u64) -> Result<Option<SampleView>, StateError> {
    if inspection.laboratory.is_empty() && inspection.sample.is_none() {
        return Ok(None);
    }
    let found = samples::find(parts.state, inspection, index)?;
    let drawn = match found.drawn {
        Some(row) => Some(DrawnView {
            record: row.record,
            by: parts.party(&row.by)?,
            event_time: row.at,
            submitted_by_producer: row.submitted,
        }),
        None => None,
    };
    let parameters = inspection.laboratory.clone();
    Ok(Some(SampleView { id: inspection.sample.clone(), fit: found.fit, parameters, drawn }))
}

fn hold_view(
    parts: &mut ViewCache<'_>,
    id: &RecordId,
    row: &RecordRow,
    hold: HoldRow,
    family: &BTreeSet<&LotId>,
) -> Result<Option<HoldView>, StateError> {
    let Some(event_time) = row.event_time else { return Ok(None) };
    Ok(Some(HoldView {
        record: *id,
        recall: hold.recall,
        issuer: parts.party(&hold.issuer)?,
        reason: hold.reason,
        lots: hold.lots.into_iter().filter(|lot| family.contains(lot)).collect(),
        lifted_by: hold.lifted_by,
        event_time,
    }))
}

fn step(
    parts: &mut ViewCache<'_>,
    ledger: &LedgerRow,
    index: u64,
    row: &RecordRow,
    record: &Record,
) -> Result<Option<Step>, StateError> {
    let Some(event) = event(record) else { return Ok(None) };
    let (mut inputs, mut outputs) = inputs_and_outputs(parts, row, record, event)?;
    let containers = event.parent.iter().chain(&event.epcs).chain(&event.child_epcs);
    let mut containers: Vec<Sscc> = containers.filter_map(|uri| Sscc::from_uri(uri).ok()).collect();
    let mut facts = facts(event);
    let mut trade = trade(event);
    let more = cut(&mut inputs, OF_A_STEP)
        + cut(&mut outputs, OF_A_STEP)
        + cut(&mut containers, OF_A_STEP)
        + cut(&mut facts, OF_A_STEP)
        + cut(&mut trade, OF_A_STEP);
    let units = parts.units(event, inputs.iter().chain(&outputs).map(|(lot, _)| lot))?;
    let counterparty = match counterparty(parts.state, event, record)? {
        Some(uri) if uri != row.party => Some(parts.party(&uri)?),
        _ => None,
    };
    let on_behalf = row.on_behalf.as_deref().map(|uri| parts.party(uri)).transpose()?;
    Ok(Some(Step {
        index,
        record: record.id,
        act: row.act,
        biz_step: event.biz_step.clone(),
        event_time: event.event_time,
        offset: event.offset.clone(),
        logged_after: row.clock,
        clock_wrong: clock::was_reset(ledger, row.index),
        party: parts.party(&row.party)?,
        on_behalf,
        key: record.kid,
        place: parts.place(event)?,
        inputs,
        outputs,
        units,
        containers,
        counterparty,
        facts,
        trade,
        evidence: evidence(event, record.id),
        more,
        voided_by: row.voided_by,
        marked: marks::marked(parts.state, row)?,
    }))
}

/// Cuts a list to `most`, and returns how many it had beyond that.
fn cut<T>(list: &mut Vec<T>, most: usize) -> usize {
    let more = list.len().saturating_sub(most);
    list.truncate(most);
    more
}

type InputsAndOutputs = (Vec<(LotId, Amount)>, Vec<(LotId, Amount)>);

fn inputs_and_outputs(
    parts: &ViewCache<'_>,
    row: &RecordRow,
    record: &Record,
    event: &Event,
) -> Result<InputsAndOutputs, StateError> {
    let state = parts.state;
    Ok(match row.act {
        Act::Process => match get::<TransformationRow>(state, Table::Transformation, record.id.as_bytes())? {
            Some(process) => (process.inputs, process.outputs),
            None => (Vec::new(), Vec::new()),
        },
        Act::Harvest => (Vec::new(), parts.amounts(&event.quantities)),
        Act::Ship => {
            let transit: Option<TransitRow> = get(state, Table::Transit, record.id.as_bytes())?;
            (transit.map(|transit| transit.shipped).unwrap_or_default(), Vec::new())
        }
        Act::Pack | Act::Unpack => (parts.amounts(&event.child_quantities), Vec::new()),
        Act::Correct => (Vec::new(), Vec::new()),
        _ => (parts.amounts(&event.quantities), Vec::new()),
    })
}

/// The other end: the destination of a shipment, the source of a receipt.
fn counterparty(state: &dyn State, event: &Event, record: &Record) -> Result<Option<String>, StateError> {
    if let Some(transit) = get::<TransitRow>(state, Table::Transit, record.id.as_bytes())? {
        return Ok(Some(transit.to));
    }
    // a document or an observation about a shipment has no other end
    let closes = matches!(Act::of_form(event), Some(Act::Receive | Act::VoidShipment));
    let Some(shipment) = event.ext.shipment.as_deref().filter(|_| closes).and_then(|id| id.parse::<RecordId>().ok())
    else {
        return Ok(None);
    };
    Ok(get::<TransitRow>(state, Table::Transit, shipment.as_bytes())?.map(|transit| transit.from))
}

fn facts(event: &Event) -> Vec<(String, String)> {
    let ext = &event.ext;
    let mut facts: Vec<(String, String)> = [
        ("process", &ext.process),
        ("reason", &ext.reason),
        ("market", &ext.market),
        ("milestone", &ext.milestone),
        ("disposition", &event.disposition),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    .collect();
    if event.kind == EventType::Transformation {
        let added = ext.additives.iter().filter_map(|added| {
            let unit = Unit::from_code(&added.uom)?;
            Some(format!("{} {} {}", added.substance, unit.to_base(added.value).ok()?, unit.base().0.name()))
        });
        facts.extend(added.map(|added| ("additive".to_owned(), added)));
    }
    if let Some(serials) = &ext.serials {
        facts.push(("serials".to_owned(), serials.count.to_string()));
    }
    if let Some(sample) = &ext.sample {
        facts.push(("sample".to_owned(), sample.id.clone()));
    }
    facts.extend(forms(event).map(|(name, value)| (name.to_owned(), value)));
    facts
}

/// What the forms of trade, supervision and transport state, in the order in which it is shown.
fn forms(event: &Event) -> impl Iterator<Item = (&'static str, String)> {
    let ext = &event.ext;
    let buyer = event.destinations.iter().find(|end| end.kind == "owning_party").filter(|_| ext.transfer);
    let (visit, leg, handover) = (ext.visit.as_ref(), ext.leg.as_ref(), ext.handover.as_ref());
    let seal = leg.and_then(|leg| leg.seal.clone()).or_else(|| handover.and_then(|handover| handover.seal.clone()));
    let ilmd = event.ilmd.as_ref();
    [
        ("transfer", buyer.map(|end| end.id.clone())),
        ("rejects", ext.rejects.clone()),
        ("commitment", ext.commitment.clone()),
        ("catch-certificate", ilmd.and_then(|ilmd| ilmd.catch_certificate.clone())),
        ("visit-purpose", visit.map(|visit| visit.purpose.clone())),
        ("visit", visit.map(|visit| visit.outcome.clone())),
        ("visit-advice", visit.and_then(|visit| visit.advice.clone())),
        ("leg", leg.map(|leg| leg.mode.clone())),
        ("vehicle", leg.and_then(|leg| leg.vehicle.clone())),
        ("leg-from", leg.and_then(|leg| leg.from.clone())),
        ("leg-to", leg.and_then(|leg| leg.to.clone())),
        ("handover-from", handover.map(|handover| handover.from.clone())),
        ("handover-to", handover.map(|handover| handover.to.clone())),
        ("condition", handover.and_then(|handover| handover.condition.clone())),
        ("seal", seal),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// The documents of trade that an event names; a sample or a test result is none.
fn trade(event: &Event) -> Vec<TradeDocument> {
    let of_trade = |document: &Document<'_>| document.kind.is_some() || event.kind == EventType::Transaction;
    let shown = event.documents().filter(of_trade).map(|document| TradeDocument {
        id: document.id.to_owned(),
        kind: document.group.map(str::to_owned),
        number: document.more.and_then(|more| more.number.clone()),
        date: document.more.and_then(|more| more.date).map(|date| date.to_string()),
    });
    shown.collect()
}

fn evidence(event: &Event, record: RecordId) -> Vec<EvidenceView> {
    event
        .ext
        .evidence
        .iter()
        .filter_map(|evidence| {
            Some(EvidenceView {
                blake3: evidence.blake3.parse().ok()?,
                media_type: evidence.media_type.clone(),
                bytes: evidence.bytes,
                document_type: evidence.document_type.clone(),
                title: evidence.title.clone(),
                public: evidence.public,
                number: evidence.number.clone(),
                issuer: evidence.issuer.clone(),
                from: evidence.from.map(|day| day.to_string()),
                until: evidence.until.map(|day| day.to_string()),
                record,
            })
        })
        .collect()
}
