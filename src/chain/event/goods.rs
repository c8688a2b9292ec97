//! The lots and containers that an event names, and the checks of its lists.

use std::collections::BTreeSet;

use crate::chain::{Rejection, Rule};
use crate::epcis::{Event, QuantityElement};
use crate::gs1::{LotId, Sscc};

/// Most containers and lots of one shipment: a receipt counts each in some 150 bytes of at most 65,535.
pub const MAX_SHIPPED: usize = 300;

/// The lots an event names itself.
pub(super) fn lots_named(event: &Event) -> Vec<LotId> {
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let set: BTreeSet<LotId> =
        lists.into_iter().flatten().filter_map(|e: &QuantityElement| LotId::from_uri(&e.epc_class).ok()).collect();
    set.into_iter().collect()
}

/// Rule `container-kind`: where containers move they are named by SSCC, as a canonical Digital Link, each once.
pub(super) fn parse_containers(list: &[String]) -> Result<Vec<Sscc>, Rejection> {
    let mut seen = BTreeSet::new();
    list.iter()
        .map(|uri| match Sscc::from_uri(uri) {
            Ok(sscc) if seen.insert(sscc) => Ok(sscc),
            _ => Err(Rejection::new(Rule::ContainerKind, format!("{uri} is not an SSCC, or is listed twice"))
                .arg("uri", uri)),
        })
        .collect()
}

/// Rule `goods-missing`: the event names goods.
pub(super) fn goods_missing(empty: bool) -> Result<(), Rejection> {
    if empty {
        return Err(Rejection::new(Rule::GoodsMissing, "the event names no lot and no container"));
    }
    Ok(())
}

/// Rule `goods-misplaced`: lists that an act does not use are empty, so that every goods list is checked by a rule.
pub(super) fn goods_misplaced(unused: &[bool]) -> Result<(), Rejection> {
    if unused.iter().any(|empty| !empty) {
        return Err(Rejection::new(Rule::GoodsMisplaced, "the event names goods in a list that this act does not use"));
    }
    Ok(())
}

/// Rule `goods-kind`: where goods move they are named by lot, as a canonical Digital Link.
///
/// # Errors
/// [`Rejection`] for another kind of URI.
pub(super) fn parse_lot(uri: &str) -> Result<LotId, Rejection> {
    LotId::from_uri(uri)
        .map_err(|_| Rejection::new(Rule::GoodsKind, format!("{uri} does not name a lot")).arg("uri", uri))
}
