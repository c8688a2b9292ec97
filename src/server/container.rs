//! A container's page and its JSON: where it is and what it holds.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use axum::response::Response;

use super::home::line;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::page::Reader;
use super::labels::content::{Carton, Content};
use super::pages::{self, ContainerInfo, LotLine, Notice};
use super::place::first_place;
use crate::chain::rows::{At, TransitRow};
use crate::chain::{Act, RecordSource, State, StateError, Table, cleared, entity_index, state};
use crate::gs1::{Amount, LotId, Sscc};
use crate::query;
use crate::query::view::{LotState, PlaceView};
use crate::record::Payload;

/// A container's page.
pub(super) fn page(s: &Snapshot<'_>, reader: &Reader, sscc: Sscc) -> Result<Response, Problem> {
    let Some(info) = container(s.state, s.records, sscc)? else {
        return reader.missing(s.app, &Notice::UnknownNumber(format!("(00) {sscc}")));
    };
    let ctx = reader.ctx(s)?;
    Ok(reader.html(StatusCode::OK, &ctx, pages::render_container(&ctx, &info)?))
}

/// A container as JSON: where it is and what it holds.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn container_state(
    s: &dyn State,
    r: &dyn RecordSource,
    sscc: Sscc,
) -> Result<Option<serde_json::Value>, StateError> {
    let Some(info) = container(s, r, sscc)? else { return Ok(None) };
    let contents: Vec<_> = info
        .contents
        .iter()
        .map(|l| {
            let (lot, product) = (&l.lot, &l.product);
            serde_json::json!({ "lot": lot, "product": product, "amount": l.amount, "unit": l.unit, "headline": l.headline })
        })
        .collect();
    Ok(Some(serde_json::json!({
        "holder": info.holder,
        "shipment": info.shipment,
        "parent": info.parent,
        "children": info.children,
        "contents": contents,
        "headline": worst_inside(s, r, sscc)?,
        "held": info.held,
    })))
}

/// What a label of the container says.
///
/// # Errors
/// [`StateError`] when storage fails.
pub(super) fn carton(s: &dyn State, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<Carton>, StateError> {
    let Some(info) = container(s, r, sscc)? else { return Ok(None) };
    let content =
        |line: LotLine| Content { lot: line.lot, product: line.product, amount: line.amount, unit: line.unit };
    Ok(Some(Carton {
        contents: info.contents.into_iter().map(content).collect(),
        children: info.children.iter().map(ToString::to_string).collect(),
        headline: worst_inside(s, r, sscc)?,
        held: info.held,
    }))
}

/// The worst state of the lots in a container and in those within it; none when it is empty. The rules bound how much there is
/// (`MAX_LOAD`, `MAX_SHIPPED`).
fn worst_inside(s: &dyn State, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<LotState>, StateError> {
    let (mut lots, mut open, mut seen) = (BTreeSet::new(), vec![sscc], BTreeSet::from([sscc]));
    while let Some(next) = open.pop() {
        let Some(row) = query::container(s, next)? else { continue };
        lots.extend(row.contents.into_iter().map(|(lot, _)| lot));
        open.extend(row.children.into_iter().filter(|child| seen.insert(*child)));
    }
    Ok(query::briefs(s, r, lots.into_iter().collect())?.into_iter().map(|brief| brief.headline).max())
}

fn container(s: &dyn State, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<ContainerInfo>, StateError> {
    let Some(row) = query::container(s, sscc)? else { return Ok(None) };
    let root = query::outermost(s, row.clone())?;
    let (holder, shipment) = match &root.at {
        At::Party(party) => (Some(query::party_view(s, party)?), None),
        At::Transit(id) => {
            let transit: Option<TransitRow> = state::get(s, Table::Transit, id.as_bytes())?;
            let to = transit.map(|t| query::party_view(s, &t.to)).transpose()?;
            (to, Some(*id))
        }
        At::Gone => (None, None),
    };
    let amounts: BTreeMap<&LotId, Amount> = row.contents.iter().map(|(lot, amount)| (lot, *amount)).collect();
    let contents = query::briefs(s, r, row.contents.iter().map(|(lot, _)| lot.clone()).collect())?
        .into_iter()
        .map(|brief| Ok(LotLine { amount: amounts.get(&brief.lot).copied().unwrap_or_default(), ..line(s, brief)? }))
        .collect::<Result<_, StateError>>()?;
    Ok(Some(ContainerInfo {
        sscc,
        holder,
        shipment,
        place: last_seen(s, r, sscc)?,
        parent: row.parent,
        children: row.children.iter().copied().collect(),
        contents,
        held: !row.holds.is_empty() || !root.holds.is_empty(),
    }))
}

/// Where the newest record that names a container happened; a void names no place.
fn last_seen(s: &dyn State, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<PlaceView>, StateError> {
    for entry in entity_index::newest_entries(s, &sscc.uri(), u64::MAX).take(query::MOST_READ) {
        let entry = entry?;
        let Some(record) = r.record(&entry.record)? else { continue };
        let Payload::Event(event) = &record.payload else { continue };
        if entry.act == Act::Correct || !cleared::standing(s, &record.id)? {
            continue;
        }
        if let Some(view) = first_place(s, [&event.biz_location, &event.read_point])? {
            return Ok(Some(view));
        }
    }
    Ok(None)
}
