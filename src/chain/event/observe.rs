//! Observe: loading, transport, a temperature log, a release from quarantine. Attaches facts and evidence; moves nothing.

use super::inspector::{inspector_only, is_accredited_inspector, not_accredited, separation_of_duties};
use super::tx::Tx;
use super::{about_shipment, handover};
use crate::chain::checks::lies_in;
use crate::chain::{Refusal, Rejection, Rule};
use crate::gs1::{LotId, Sscc};
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    for element in &event.quantities {
        tx.named.insert(super::goods::parse_lot(&element.epc_class)?);
    }
    let mut empty = Vec::new();
    for uri in &event.epcs {
        if let Ok(sscc) = Sscc::from_uri(uri) {
            // the contents of the container are affected too
            let (containers, lots) = tx.remarked_inside(sscc)?;
            if lots.is_empty() {
                empty.push(sscc);
            }
            tx.entities.extend(containers.into_iter().map(|(sscc, _)| sscc.uri()));
            tx.named.extend(lots.into_iter().map(|(lot, _)| lot));
        } else if let Some((lot, _)) = uri.split_once("/21/")
            && let Ok(lot) = LotId::from_uri(lot)
        {
            tx.named.insert(lot);
        } else {
            return Err(Rejection::new(Rule::GoodsKind, format!("{uri} does not name a lot, item or container"))
                .arg("uri", uri)
                .into());
        }
    }
    let lots: Vec<LotId> = tx.named.iter().cloned().collect();
    tx.each_lot(&lots, |tx, lot| tx.require_lot(lot).map(drop))?;
    release_by_inspector(tx, &lots)?;
    let shipment = about_shipment::named(tx, &lots)?;
    if handover::apply(tx, &lots)? {
        return Ok(());
    }
    if let Some((id, row)) = shipment
        && !about_shipment::is_party(tx, tx.signer(), id, &row)?
    {
        tx.each_lot(&lots, |tx, lot| {
            let office = lies_in_own_region(tx, lot)? || is_accredited_inspector(tx, lot)?;
            if office { Ok(()) } else { Err(tx.not_concerned(tx.signer(), id).into()) }
        })?;
    }
    concerned(tx, &lots, &empty)
}

/// Rule `not-concerned`: an observation comes from a party that has to do with every lot ([`Tx::has_to_do_with`]), the authority, a
/// region that one of the lot's parties lies in, or an inspector accredited for the commodity; of a container that holds no lot, from who
/// packed it first or has it, or the authority. Of a shipment it comes from one of its parties, or from such a region or inspector.
fn concerned(tx: &mut Tx<'_>, lots: &[LotId], empty: &[Sscc]) -> Result<(), Refusal> {
    if tx.by.has(Role::Authority) {
        return Ok(());
    }
    let signer = tx.signer();
    tx.each_lot(lots, |tx, lot| {
        if tx.has_to_do_with(signer, lot)? || lies_in_own_region(tx, lot)? || is_accredited_inspector(tx, lot)? {
            return Ok(());
        }
        Err(tx.not_concerned(signer, lot).into())
    })?;
    empty.iter().try_for_each(|sscc| tx.empty_not_concerned(signer, *sscc))
}

fn lies_in_own_region(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    let Some(own) = tx.by.party.region.as_ref().filter(|_| tx.by.has(Role::Region)) else { return Ok(false) };
    let row = tx.shared_lot(lot)?;
    for side in row.sides.iter() {
        if tx.party(side)?.and_then(|row| row.region.clone()).is_some_and(|region| lies_in(&region, own)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rules `inspector-only`, `not-accredited` and `separation-of-duties` for a release from quarantine (step `accepting`): it comes from
/// an accredited inspector.
fn release_by_inspector(tx: &mut Tx<'_>, lots: &[LotId]) -> Result<(), Refusal> {
    if tx.event.biz_step.as_deref() != Some("accepting") {
        return Ok(());
    }
    inspector_only(tx)?;
    tx.each_lot(lots, |tx, lot| {
        let commodity = tx.require_product(lot.gtin)?.commodity.clone();
        not_accredited(tx, &commodity)?;
        separation_of_duties(tx, lot)
    })
}
