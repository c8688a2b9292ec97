//! Trace and impact: up to every harvest, down to every shipment, consignee and label issue, with quantities.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::ViewCache;
use super::view::{Trace, TraceEdge, TraceNode, TraceShipment};
use super::walk::{self, After, PageRequest, Walked};
use crate::chain::entity_index::entries;
use crate::chain::lineage::Lineage;
use crate::chain::rows::{IssueRow, RecordRow, TransformationRow, TransitRow, under_lot};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, RecordSource, State, StateError, Table};
use crate::gs1::{Amount, LotId};
use crate::record::RecordId;

/// Walks up from a lot to every harvest; `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn trace(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    page: &PageRequest,
) -> Result<Option<Trace>, StateError> {
    nodes_and_edges(state, source, lot, &walk::ancestors_page(state, lot, page)?, true)
}

/// Walks down from a lot to every shipment, consignee and label issue; `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn impact(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    page: &PageRequest,
) -> Result<Option<Trace>, StateError> {
    let walked = walk::descendants_page(state, lot, page)?;
    let Some(mut trace) = nodes_and_edges(state, source, lot, &walked, false)? else { return Ok(None) };
    let lots = walked.lots.get(walked.before..).unwrap_or_default();
    trace.shipments = shipments(state, lots)?;
    for (lot, _) in lots {
        for issue in rows::<IssueRow>(state, Table::Issue, Scan::prefix(&under_lot(lot, b""))) {
            let (_, issue) = issue?;
            if issue.voided_by.is_none() {
                trace.labels.push((lot.clone(), issue.count, issue.net));
            }
        }
    }
    Ok(Some(trace))
}

fn nodes_and_edges(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    walked: &Walked,
    up: bool,
) -> Result<Option<Trace>, StateError> {
    let Some((last, depth)) = walked.lots.last() else { return Ok(None) };
    let (nodes, edges) = graph(state, source, &walked.lots, walked.before, up)?;
    let next = walked.more.then(|| After { depth: *depth, lot: last.clone() });
    Ok(Some(Trace { lot: lot.clone(), nodes, edges, shipments: Vec::new(), labels: Vec::new(), next }))
}

/// The lots after `skip`, and the processes that made them from lots of the walk. On the way `up` the inputs come later.
fn graph(
    state: &dyn State,
    source: &dyn RecordSource,
    lots: &[(LotId, u32)],
    skip: usize,
    up: bool,
) -> Result<(Vec<TraceNode>, Vec<TraceEdge>), StateError> {
    let mut lineage = Lineage::new(state, source);
    let mut parts = ViewCache::new(state);
    let within: BTreeSet<&LotId> = lots.iter().map(|(lot, _)| lot).collect();
    let (mut nodes, mut edges) = (Vec::new(), BTreeMap::new());
    for (lot, depth) in lots.iter().skip(skip) {
        let Some(known) = lineage.of(lot)? else { continue };
        let (headline, row) = (known.headline(), &known.row);
        let process: Option<TransformationRow> = get(state, Table::Transformation, row.created_by.as_bytes())?;
        // a process is an edge only if it links two lots of the graph
        if let Some(process) = process
            && (up || process.inputs.iter().any(|(input, _)| within.contains(input)))
            && row.made_in.contains(&row.created_by)
        {
            edges.entry(row.created_by).or_insert_with(|| TraceEdge {
                record: row.created_by,
                process: process.process,
                inputs: process.inputs,
                outputs: process.outputs,
            });
        }
        let place = match row.place {
            Some(gln) => parts.place_at(gln)?,
            None => None,
        };
        let product = parts.product(lot.gtin)?;
        nodes.push(TraceNode {
            lot: lot.clone(),
            depth: *depth,
            product: product.name,
            unit: product.unit,
            maker: parts.party(&row.maker)?,
            produced: row.produced,
            place,
            headline,
        });
    }
    Ok((nodes, edges.into_values().collect()))
}

fn shipments(state: &dyn State, lots: &[(LotId, u32)]) -> Result<Vec<TraceShipment>, StateError> {
    let mut parts = ViewCache::new(state);
    let within: BTreeSet<&LotId> = lots.iter().map(|(lot, _)| lot).collect();
    let mut found: BTreeMap<u64, RecordId> = BTreeMap::new();
    for (lot, _) in lots {
        for entry in entries(state, &lot.uri()) {
            let entry = entry?;
            if entry.act == Act::Ship {
                found.insert(entry.index, entry.record);
            }
        }
    }
    let ours = |list: &[(LotId, Amount)]| -> Vec<(LotId, Amount)> {
        list.iter().filter(|(lot, _)| within.contains(lot)).cloned().collect()
    };
    let mut shipments = Vec::new();
    for record in found.into_values() {
        let voided =
            get::<RecordRow>(state, Table::Record, record.as_bytes())?.is_some_and(|row| row.voided_by.is_some());
        let Some(row) = get::<TransitRow>(state, Table::Transit, record.as_bytes())? else { continue };
        // a shipment that its source took back is left out
        let taken_back = match &row.closed {
            Some((by, received)) => {
                received.is_empty()
                    && get::<RecordRow>(state, Table::Record, by.as_bytes())?
                        .is_some_and(|by| matches!(by.act, Act::VoidShipment | Act::Correct))
            }
            None => false,
        };
        if voided || taken_back {
            continue;
        }
        shipments.push(TraceShipment {
            record,
            from: parts.party(&row.from)?,
            to: parts.party(&row.to)?,
            market: row.market,
            event_time: row.at,
            shipped: ours(&row.shipped),
            received: row.closed.map(|(_, received)| ours(&received)),
        });
    }
    Ok(shipments)
}
