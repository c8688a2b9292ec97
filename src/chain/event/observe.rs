//! Observe: loading, transport, a temperature log, a release from quarantine. Attaches facts and evidence; moves nothing.

use super::inspect::{inspector_only, require_accreditation, separation_of_duties};
use super::tx::Tx;
use crate::chain::rows::At;
use crate::chain::{Refusal, Rejection, Rule};
use crate::gs1::{LotId, Sscc};
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    for element in &event.quantities {
        let lot = super::goods::parse_lot(&element.epc_class)?;
        tx.require_lot(&lot)?;
        tx.named.insert(lot);
    }
    for uri in &event.epcs {
        if let Ok(sscc) = Sscc::from_uri(uri) {
            // the contents of the container are affected too
            let (containers, lots) = tx.inside(sscc)?;
            tx.entities.extend(containers.into_iter().map(|(sscc, _)| sscc.uri()));
            tx.named.extend(lots.into_iter().map(|(lot, _)| lot));
        } else if let Some((lot, _)) = uri.split_once("/21/")
            && let Ok(lot) = LotId::from_uri(lot)
        {
            tx.require_lot(&lot)?;
            tx.named.insert(lot);
        } else {
            return Err(Rejection::new(Rule::GoodsKind, format!("{uri} does not name a lot, item or container"))
                .arg("uri", uri)
                .into());
        }
    }
    let lots: Vec<LotId> = tx.named.iter().cloned().collect();
    release_by_inspector(tx, &lots)?;
    not_concerned(tx, &lots)
}

/// Rule `not-concerned`: observations come from the maker, a present or earlier holder, or a carrier of the goods, or by its mandate;
/// inspectors, forwarders, regions and the authority may observe by their role.
fn not_concerned(tx: &mut Tx<'_>, lots: &[LotId]) -> Result<(), Refusal> {
    if [Role::Inspector, Role::Forwarder, Role::Region, Role::Authority].iter().any(|role| tx.by.has(*role)) {
        return Ok(());
    }
    for lot in lots {
        if !concerned(tx, lot)? {
            return Err(Rejection::new(
                Rule::NotConcerned,
                format!("{} neither made, held nor carries lot {lot}", tx.signer()),
            )
            .arg("party", tx.signer())
            .arg("lot", lot)
            .into());
        }
    }
    Ok(())
}

fn concerned(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    let signer = tx.signer().to_owned();
    let row = tx.require_lot(lot)?.clone();
    if row.maker == signer || row.heads.iter().any(|(party, _)| *party == signer) || tx.mandated_by(&row.maker)? {
        return Ok(true);
    }
    if tx.held_anywhere(lot, &signer)?.is_positive() || tx.owner(&lot.uri())?.is_some_and(|row| row.owner == signer) {
        return Ok(true);
    }
    let mut shipments = row.transits;
    for sscc in row.packed {
        let (root, _) = tx.outermost(sscc)?;
        if let At::Transit(id) = tx.require_container(root)?.at {
            shipments.insert(id);
        }
    }
    for id in shipments {
        if tx.transit(id)?.is_some_and(|row| [&row.from, &row.to, &row.shipped_by].contains(&&signer)) {
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
    for lot in lots {
        let commodity = tx.require_product(lot.gtin)?.commodity.clone();
        require_accreditation(tx, &commodity)?;
        separation_of_duties(tx, lot)?;
    }
    Ok(())
}
