//! Observe: loading, transport, a temperature log, a release from quarantine. Facts and evidence, nothing moves.

use super::inspect::{inspector_only, not_accredited};
use super::tx::Tx;
use crate::chain::{Refusal, Rejection};
use crate::gs1::{LotId, Sscc};

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    release_by_inspector(tx)?;
    for element in &event.quantities {
        let lot = super::tx::goods_kind(&element.epc_class)?;
        tx.lot_unknown(&lot)?;
        tx.named.insert(lot);
    }
    for uri in &event.epcs {
        if let Ok(sscc) = Sscc::from_uri(uri) {
            // what is in the container is concerned too
            let (containers, lots) = tx.inside(sscc)?;
            tx.entities.extend(containers.into_iter().map(|(sscc, _)| sscc.uri()));
            tx.named.extend(lots.into_iter().map(|(lot, _)| lot));
        } else if let Some((lot, _)) = uri.split_once("/21/")
            && let Ok(lot) = LotId::from_uri(lot)
        {
            tx.lot_unknown(&lot)?;
            tx.named.insert(lot);
        } else {
            return Err(Rejection::new("goods-kind", format!("{uri} does not name a lot, item or container"))
                .arg("uri", uri)
                .into());
        }
    }
    Ok(())
}

/// A release from quarantine (`accepting` by an inspector's word) comes from an accredited inspector;
/// other steps from any party in good standing (rules `inspector-only`, `not-accredited`).
fn release_by_inspector(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    if tx.event.biz_step.as_deref() != Some("accepting") {
        return Ok(());
    }
    inspector_only(tx)?;
    for lot in super::common::lots_named(tx) {
        let commodity = tx.product_unknown(lot.gtin)?.commodity.clone();
        not_accredited(tx, &commodity)?;
    }
    Ok(())
}
