//! The view of one lot: its state, its journey, its tests, its holds and its findings, ancestors included.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{ViewCache, date, event};
use super::view::{Cleared, EvidenceView, HoldView, Holding, InspectionView, LotState, LotView, OriginView, Step};
use super::walk::ancestors;
use crate::chain::authority::shared_ledger;
use crate::chain::clock;
use crate::chain::entity_index::entries;
use crate::chain::lineage::{self, Inherited, Lineage};
use crate::chain::rows::{
    At, ContainerRow, HoldRow, HoldingRow, InspectionRow, LedgerRow, LotRow, Origin, RecordRow, Stowed,
    TransformationRow, TransitRow, of_lot, under_lot,
};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, Finding, RecordSource, Rule, State, StateError, Table, lot_reads};
use crate::epcis::{Event, EventType};
use crate::gs1::{Amount, LotId, Sscc, Unit};
use crate::record::{Record, RecordId};

/// Most lots made from a lot that its view lists. The impact lists all, page by page.
pub const MOST_CHILDREN: usize = 100;

/// Everything about a lot, or `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lot_view(state: &dyn State, source: &dyn RecordSource, lot: &LotId) -> Result<Option<LotView>, StateError> {
    let mut lineage = Lineage::new(state);
    let Some(known) = lineage.of(lot)?.cloned() else { return Ok(None) };
    let mut parts = ViewCache::new(state);
    let family: Vec<LotId> = ancestors(state, lot)?.into_iter().map(|(lot, _)| lot).collect();
    let of_family: BTreeSet<&LotId> = family.iter().collect();
    let product = parts.product(lot.gtin)?;
    let maker = parts.party(&known.row.maker)?;
    let journey = journey(state, &family)?;
    let ledger = shared_ledger(state)?;

    let mut steps = Vec::with_capacity(journey.len());
    let mut holds = Vec::new();
    let mut inspections = Vec::new();
    for (index, id) in &journey {
        let row: Option<RecordRow> = get(state, Table::Record, id.as_bytes())?;
        let (Some(row), Some(record)) = (row, source.record(id)?) else { continue };
        match row.act {
            Act::Inspect => inspections.extend(inspection(&mut parts, *index, id, &row, &known)?),
            Act::Hold => holds.extend(hold(&mut parts, id, &row, &of_family)?),
            _ => {}
        }
        steps.extend(step(&mut parts, &ledger, *index, &row, &record)?);
    }
    inspections.reverse();
    holds.reverse();

    let states = known.states();
    let row = &known.row;
    let (children, more_children) = lot_reads::children(state, lot, row, MOST_CHILDREN)?;
    Ok(Some(LotView {
        lot: lot.clone(),
        uri: lot.uri(),
        product,
        maker,
        produced: row.produced,
        held: whereabouts(state, lot, row)?,
        labelled: row.labelled,
        mode: known.mode,
        claims: known.claims.iter().cloned().collect(),
        best_before: row.provenance.best_before().and_then(date),
        origins: origins(&mut parts, &known.origins)?,
        parents: lot_reads::parents(state, row)?.into_iter().collect(),
        children: children.into_iter().collect(),
        more_children,
        headline: states.first().copied().unwrap_or(LotState::NotInspected),
        states,
        inspections,
        holds,
        findings: findings(state, lot, &family)?,
        steps,
        demo: parts.any_demo(),
    }))
}

/// The event records that name any of `family`, by index.
fn journey(state: &dyn State, family: &[LotId]) -> Result<BTreeMap<u64, RecordId>, StateError> {
    let mut found = BTreeMap::new();
    for lot in family {
        for entry in entries(state, &lot.uri()) {
            let entry = entry?;
            found.insert(entry.index, entry.record);
        }
    }
    Ok(found)
}

/// Where a lot's quantity is now. The rows of parties that have nothing of it stay: what is read ends with the last one that has some.
pub(super) fn whereabouts(state: &dyn State, lot: &LotId, known: &LotRow) -> Result<Vec<Holding>, StateError> {
    let prefix = under_lot(lot, b"");
    let counts = &known.counts;
    let mut held = Vec::new();
    let mut holders = counts.holders;
    let mut holdings = rows::<HoldingRow>(state, Table::Holding, Scan::prefix(&prefix));
    while holders > 0
        && let Some(row) = holdings.next()
    {
        let (key, holding) = row?;
        if holding.loose.is_zero() {
            continue;
        }
        holders -= 1;
        let party = String::from_utf8_lossy(&key[prefix.len()..]).into_owned();
        held.push(Holding { party, container: None, shipment: None, amount: holding.loose });
    }
    let stowed = usize::try_from(counts.containers.saturating_add(counts.shipments)).unwrap_or(usize::MAX);
    for row in rows::<Amount>(state, Table::Stowed, Scan::prefix(&prefix)).take(stowed) {
        let (key, amount) = row?;
        match key.get(prefix.len()..).and_then(Stowed::of_key) {
            Some(Stowed::Container(sscc)) => {
                let Some(container) = container(state, sscc)? else { continue };
                let (party, shipment) = match outermost(state, container)?.at {
                    At::Party(party) => (party, None),
                    At::Transit(id) => (consignee(state, &id)?, Some(id)),
                    At::Gone => continue,
                };
                held.push(Holding { party, container: Some(sscc), shipment, amount });
            }
            Some(Stowed::Shipment(id)) => {
                let Some(transit) = get::<TransitRow>(state, Table::Transit, id.as_bytes())? else { continue };
                held.push(Holding { party: transit.to, container: None, shipment: Some(id), amount });
            }
            None => {}
        }
    }
    Ok(held)
}

fn container(state: &dyn State, sscc: Sscc) -> Result<Option<ContainerRow>, StateError> {
    get(state, Table::Container, &sscc.number().to_be_bytes())
}

fn outermost(state: &dyn State, mut row: ContainerRow) -> Result<ContainerRow, StateError> {
    while let Some(parent) = row.parent {
        let Some(above) = container(state, parent)? else { break };
        row = above;
    }
    Ok(row)
}

fn consignee(state: &dyn State, id: &RecordId) -> Result<String, StateError> {
    Ok(get::<TransitRow>(state, Table::Transit, id.as_bytes())?.map(|row| row.to).unwrap_or_default())
}

fn origins(parts: &mut ViewCache<'_>, found: &BTreeSet<Origin>) -> Result<Vec<OriginView>, StateError> {
    found
        .iter()
        .map(|origin| {
            let place = match origin.place {
                Some(gln) => parts.place_at(gln)?,
                None => None,
            };
            Ok(OriginView {
                lot: origin.lot.clone(),
                producer: parts.party(&origin.producer)?,
                place,
                village: origin.village.clone(),
                gear: origin.gear.clone(),
                harvest_start: origin.harvest_start.and_then(date),
                harvest_end: origin.harvest_end.and_then(date),
            })
        })
        .collect()
}

fn findings(state: &dyn State, own: &LotId, family: &[LotId]) -> Result<Vec<Finding>, StateError> {
    // a finding about several of the lots is listed once: its key is its place in the log
    let mut found: BTreeMap<Vec<u8>, Finding> = BTreeMap::new();
    for lot in family {
        for (key, finding) in lineage::findings(state, lot)? {
            if finding.rule == Rule::Deficit && lot != own {
                found.insert([&key[..], &[0]].concat(), of_ancestor(&finding, own, lot));
            }
            match found.get_mut(&key) {
                Some(known) => known.lots.extend(finding.lots),
                None => drop(found.insert(key, finding)),
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The finding `ancestor-deficit` of a lot, from the deficit of an ancestor.
fn of_ancestor(deficit: &Finding, lot: &LotId, ancestor: &LotId) -> Finding {
    Finding {
        rule: Rule::AncestorDeficit,
        lots: vec![lot.clone()],
        args: vec![("ancestor".to_owned(), ancestor.to_string())],
        ..deficit.clone()
    }
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
    known: &Inherited,
) -> Result<Option<InspectionView>, StateError> {
    let Some(result) = inspection_row(parts.state, row)? else { return Ok(None) };
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
    Ok(Some(InspectionView {
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
    }))
}

fn hold(
    parts: &mut ViewCache<'_>,
    id: &RecordId,
    row: &RecordRow,
    family: &BTreeSet<&LotId>,
) -> Result<Option<HoldView>, StateError> {
    let (Some(hold), Some(event_time)) = (get::<HoldRow>(parts.state, Table::Hold, id.as_bytes())?, row.event_time)
    else {
        return Ok(None);
    };
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
    let (inputs, outputs) = inputs_and_outputs(parts, row, record, event)?;
    let counterparty = match counterparty(parts.state, event, record)? {
        Some(uri) if uri != row.party => Some(parts.party(&uri)?),
        _ => None,
    };
    let on_behalf = row.on_behalf.as_deref().map(|uri| parts.party(uri)).transpose()?;
    let containers = event.parent.iter().chain(&event.epcs).chain(&event.child_epcs);
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
        containers: containers.filter_map(|uri| Sscc::from_uri(uri).ok()).collect(),
        counterparty,
        facts: facts(event),
        evidence: evidence(event, record.id),
        voided_by: row.voided_by,
        marked: lineage::marked(parts.state, row)?,
    }))
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
