//! The journey of a lot: the records about it and its ancestors, of which a view shows the most important and the newest.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{ViewCache, event};
use super::view::{Cleared, EvidenceView, HoldView, InspectionView, Omitted, Step};
use crate::chain::authority::shared_ledger;
use crate::chain::clock;
use crate::chain::entity_index::entries;
use crate::chain::lineage::{self, Inherited};
use crate::chain::rows::{HoldRow, InspectionRow, LedgerRow, RecordRow, TransformationRow, TransitRow, of_lot};
use crate::chain::state::get;
use crate::chain::{Act, RecordSource, State, StateError, Table};
use crate::epcis::{Event, EventType};
use crate::gs1::{Amount, LotId, Sscc, Unit};
use crate::record::{Record, RecordId};

/// The first records of a journey that a view shows.
pub const FIRST_STEPS: usize = 50;
/// The last ones. Those of the inspections and holds in the view are shown besides.
pub const LAST_STEPS: usize = 150;
/// Inspections in a view that are no own checks: the newest.
pub const MOST_INSPECTIONS: usize = 100;
/// Own checks in a view: the newest. They have a number of their own, so that they can't take the place of others.
pub const MOST_OWN_CHECKS: usize = 50;
/// Holds in a view that stand, and those that were lifted: the newest of each.
pub const MOST_HOLDS: usize = 100;

/// Lots, containers and facts of each kind that a step lists; the page of its record has all.
const OF_A_STEP: usize = 20;
/// Documents that it lists.
const DOCUMENTS_OF_A_STEP: usize = 50;

/// What a view shows of a journey.
pub(super) struct Journey {
    pub(super) steps: Vec<Step>,
    pub(super) inspections: Vec<InspectionView>,
    pub(super) holds: Vec<HoldView>,
}

/// Chooses what is shown of the records about `family`, and counts in `omitted` what is not.
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
    let (mut inspections, mut holds) = (Vec::new(), Vec::new());
    let mut room = BTreeMap::from([(false, MOST_INSPECTIONS), (true, MOST_OWN_CHECKS)]);
    let mut room_of_holds = BTreeMap::from([(false, MOST_HOLDS), (true, MOST_HOLDS)]);
    let take = |room: &mut BTreeMap<bool, usize>, kind: bool, omitted: &mut usize| match room.get_mut(&kind) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => {
            *omitted += 1;
            false
        }
    };
    for (index, id) in all.iter().rev() {
        let Some(row) = get::<RecordRow>(parts.state, Table::Record, id.as_bytes())? else { continue };
        match row.act {
            Act::Inspect => {
                let Some(result) = inspection_row(parts.state, &row)? else { continue };
                if take(&mut room, result.own, &mut omitted.inspections) {
                    inspections.push(inspection(parts, *index, id, &row, result, known)?);
                    chosen.insert(*index);
                }
            }
            Act::Hold => {
                let Some(hold) = get::<HoldRow>(parts.state, Table::Hold, id.as_bytes())? else { continue };
                if take(&mut room_of_holds, hold.lifted_by.is_some(), &mut omitted.holds) {
                    holds.extend(hold_view(parts, id, &row, hold, &of_family)?);
                    chosen.insert(*index);
                }
            }
            _ => {}
        }
    }
    omitted.steps = all.len() - chosen.len();
    let steps = all.iter().filter(|(index, _)| chosen.contains(index));
    Ok(Journey { steps: steps_of(parts, source, steps)?, inspections, holds })
}

/// One page of the records about `family`: at most `most` of those after entry `after`, and whether there are more.
#[cfg(any(test, feature = "node"))]
pub(super) fn page(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    family: &[LotId],
    after: Option<u64>,
    most: usize,
) -> Result<(Vec<Step>, Option<u64>), StateError> {
    let all = records(parts.state, family)?;
    let mut rest = all.range(after.map_or(0, |after| after.saturating_add(1))..);
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let next = page.last().map(|(index, _)| **index).filter(|_| rest.next().is_some());
    Ok((steps_of(parts, source, page.into_iter())?, next))
}

fn steps_of<'a>(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    records: impl Iterator<Item = (&'a u64, &'a RecordId)>,
) -> Result<Vec<Step>, StateError> {
    let ledger = shared_ledger(parts.state)?;
    let mut steps = Vec::new();
    for (index, id) in records {
        let row: Option<RecordRow> = get(parts.state, Table::Record, id.as_bytes())?;
        if let (Some(row), Some(record)) = (row, source.record(id)?) {
            steps.extend(step(parts, &ledger, *index, &row, &record)?);
        }
    }
    Ok(steps)
}

/// The event records that name any of `family`, by index.
fn records(state: &dyn State, family: &[LotId]) -> Result<BTreeMap<u64, RecordId>, StateError> {
    let mut found = BTreeMap::new();
    for lot in family {
        for entry in entries(state, &lot.uri()) {
            let entry = entry?;
            found.insert(entry.index, entry.record);
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
    index: u64,
    id: &RecordId,
    row: &RecordRow,
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
    Ok(InspectionView {
        record: *id,
        lot: result.lot,
        index,
        event_time: result.at,
        inspector: parts.party(&result.inspector)?,
        accreditation: result.accreditation,
        profile: result.profile,
        requirements: result.requirements,
        verdict: result.verdict,
        results: result.results,
        own: result.own,
        voided_by: row.voided_by,
        superseded_by,
        cleared_by,
        marked: lineage::marked(parts.state, row)?,
    })
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
    let (mut facts, mut evidence) = (facts(event), evidence(event, record.id));
    let more = cut(&mut inputs, OF_A_STEP)
        + cut(&mut outputs, OF_A_STEP)
        + cut(&mut containers, OF_A_STEP)
        + cut(&mut facts, OF_A_STEP)
        + cut(&mut evidence, DOCUMENTS_OF_A_STEP);
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
        containers,
        counterparty,
        facts,
        evidence,
        more,
        voided_by: row.voided_by,
        marked: lineage::marked(parts.state, row)?,
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
    let Some(shipment) = event.ext.shipment.as_deref().and_then(|id| id.parse::<RecordId>().ok()) else {
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
    for document in &event.transactions {
        facts.push(("document".to_owned(), document.id.clone()));
    }
    facts
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
                record,
            })
        })
        .collect()
}
