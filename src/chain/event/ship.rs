//! Ship, and take a shipment back: goods go into transit under the shipping record's id.

use std::collections::BTreeSet;

use super::goods::{MAX_SHIPPED, goods_misplaced, goods_missing, parse_containers};
use super::market;
use super::pack::{container_elsewhere, container_nested};
use super::tx::{Totals, Tx, negated};
use super::who::end;
use crate::chain::lineage::Lineage;
use crate::chain::rows::{At, Delta, RecordRow, TransitRow};
use crate::chain::state::get;
use crate::chain::{Act, Refusal, Rejection, Rule, Severity, Table, authority};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.parent.is_none(), event.child_quantities.is_empty(), event.child_epcs.is_empty()])?;
    goods_missing(event.epcs.is_empty() && event.quantities.is_empty())?;
    let (from, to) = consignor_and_consignee(tx)?;
    let loose = tx.amounts(&event.quantities, false)?;
    let containers = parse_containers(&event.epcs)?;
    let mut shipped = Totals::default();
    for (lot, amount) in &loose {
        shipped.add(lot, *amount)?;
    }
    for sscc in &containers {
        container_elsewhere(tx, *sscc, &from)?;
        container_nested(tx, *sscc)?;
        let (inside, lots) = tx.inside(*sscc)?;
        let mut on_hold = false;
        for (sscc, _) in &inside {
            on_hold |= !tx.require_container(*sscc)?.holds.is_empty();
        }
        tx.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
        for (lot, amount) in lots {
            tx.deficit_blocks_outflow(&lot)?;
            shipped.add(&lot, amount)?;
            if on_hold && tx.require_lot(&lot)?.holds.is_empty() {
                tx.finding(Rule::ShippedOnHold, std::slice::from_ref(&lot), &[]);
            }
        }
    }
    too_many_to_count(&containers, &shipped)?;
    let shipped = shipped.into_vec();
    container_empty(&containers, &shipped)?;
    let lots: Vec<LotId> = shipped.iter().map(|(lot, _)| lot.clone()).collect();
    tx.named.extend(lots.iter().cloned());
    tx.require_mandate(&from, Act::Ship, &lots)?;

    let row = TransitRow {
        from: from.clone(),
        to: to.clone(),
        shipped_by: tx.signer().to_owned(),
        loose: Vec::new(),
        containers: containers.iter().copied().collect(),
        shipped,
        at: event.event_time,
        market: event.ext.market.clone(),
        closed: None,
    };
    tx.open_transit(row);
    tx.on_the_way(tx.record, true)?;
    for (lot, amount) in &loose {
        tx.take(lot, &from, *amount)?;
        tx.load(tx.record, lot, *amount)?;
    }
    for sscc in containers {
        tx.locate(sscc, At::Transit(tx.record))?;
    }
    let mut lineage = Lineage::for_shipment(tx.state);
    for lot in &lots {
        tx.lot_mut(lot)?.closed = true;
        // the consignee has not agreed to anything yet: see `Tx::has_to_do_with`
        tx.join_sides(lot, &[&from, tx.signer()])?;
        state_at_shipment(tx, &mut lineage, lot, &to)?;
    }
    Ok(())
}

/// Rule `consignee-missing`: a shipment names the party that has the goods and the one that gets them; they differ.
fn consignor_and_consignee(tx: &Tx<'_>) -> Result<(String, String), Rejection> {
    let from = end(&tx.event.sources, "possessing_party");
    let to = end(&tx.event.destinations, "possessing_party");
    match (from, to) {
        (Some(from), Some(to)) if from != to => Ok((from.to_owned(), to.to_owned())),
        _ => Err(Rejection::new(
            Rule::ConsigneeMissing,
            "a shipment names one possessing_party as source and another as destination",
        )),
    }
}

/// Rule `too-many-goods`, here for what containers hold: a receipt names every container and counts every lot, and it is a
/// record like any other.
fn too_many_to_count(containers: &[Sscc], shipped: &Totals) -> Result<(), Rejection> {
    let named = containers.len() + shipped.len();
    if named > MAX_SHIPPED {
        return Err(Rejection::new(Rule::TooManyGoods, format!("{named} containers and lots; {MAX_SHIPPED} at most"))
            .arg("named", named)
            .arg("most", MAX_SHIPPED));
    }
    Ok(())
}

/// Rule `container-empty`: a shipment carries goods.
fn container_empty(containers: &[Sscc], shipped: &[(LotId, Amount)]) -> Result<(), Rejection> {
    if shipped.is_empty() {
        let named = containers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(
            Rejection::new(Rule::ContainerEmpty, "the containers of the shipment are empty").arg("containers", named)
        );
    }
    Ok(())
}

/// Findings `shipped-failed` (`parameters` names what failed, `unread` states that more inspections failed than were read), `shipped-on-hold` and `shipped-uninspected`. The last is a warning once the goods leave the
/// chain of producers (a market is named, or a buyer or an outside party gets them), and a notice before: village harvests
/// are tested after they were brought together.
fn state_at_shipment(tx: &mut Tx<'_>, lineage: &mut Lineage<'_>, lot: &LotId, to: &str) -> Result<(), Refusal> {
    let Some(above) = lineage.of(lot)? else { return Ok(()) };
    let one = std::slice::from_ref(lot);
    let open: BTreeSet<String> = above
        .failures
        .iter()
        .filter(|failure| failure.cleared_by.is_none())
        .map(|failure| failure.parameter.clone())
        .collect();
    if !open.is_empty() || above.more_failed {
        let mut args = Vec::new();
        if !open.is_empty() {
            args.push(("parameters", open.into_iter().collect::<Vec<_>>().join(", ")));
        }
        if above.more_failed {
            args.push(("unread", "true".to_owned()));
        }
        tx.finding(Rule::ShippedFailed, one, &args);
    }
    if !above.holds.is_empty() {
        tx.finding(Rule::ShippedOnHold, one, &[]);
    }
    if !above.tested {
        let leaves = tx.event.ext.market.is_some() || outside(tx, to)?;
        let severity = if leaves { Severity::Warning } else { Severity::Notice };
        tx.finding_of(Rule::ShippedUninspected, severity, one, &[("to", to.to_owned())]);
    }
    Ok(())
}

/// Whether goods shipped to `to` leave the chain of producers: `to` is a buyer, or has no key in force (an event key still signs after
/// the last admin key was revoked).
fn outside(tx: &Tx<'_>, to: &str) -> Result<bool, Refusal> {
    Ok(match authority::party(tx.state, to)? {
        None => true,
        Some(row) if row.roles.contains(&Role::Buyer) => true,
        Some(row) => !row.keys.sign(),
    })
}

/// The shipment an event names, still open.
///
/// Rules `shipment-unknown` (retryable: it may be on its way) and `shipment-closed`.
pub(super) fn open_shipment(tx: &mut Tx<'_>) -> Result<(RecordId, TransitRow), Refusal> {
    let (id, row) = named_shipment(tx)?;
    if let Some((by, _)) = row.closed {
        return Err(Rejection::new(Rule::ShipmentClosed, format!("shipment {id} was closed before"))
            .arg("shipment", id)
            .conflicts(by)
            .into());
    }
    let record: Option<RecordRow> = get(tx.state, Table::Record, id.as_bytes())?;
    if let Some(by) = record.and_then(|row| row.voided_by) {
        return Err(Rejection::new(Rule::ShipmentClosed, format!("shipment {id} was voided"))
            .arg("shipment", id)
            .conflicts(by)
            .into());
    }
    Ok((id, row))
}

/// Rule `shipment-unknown`: the shipment that the event names, open or not.
pub(super) fn named_shipment(tx: &mut Tx<'_>) -> Result<(RecordId, TransitRow), Refusal> {
    let named = tx.event.ext.shipment.as_deref().unwrap_or_default();
    let id = named.parse::<RecordId>().ok();
    let row = match id {
        Some(id) => tx.transit(id)?.cloned(),
        None => None,
    };
    let (Some(id), Some(row)) = (id, row) else {
        let unknown =
            Rejection::new(Rule::ShipmentUnknown, format!("jejak:shipment {named:?} is not a shipment on this ledger"))
                .arg("shipment", named);
        return Err(tx.awaits(id, unknown)?.into());
    };
    Ok((id, row))
}

/// Void shipment: everything in transit goes back to the source.
pub(super) fn void(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.parent.is_none(), event.child_quantities.is_empty()])?;
    let (id, row) = open_shipment(tx)?;
    let lots: Vec<LotId> = row.shipped.iter().map(|(lot, _)| lot.clone()).collect();
    not_in_shipment(tx, id, &row)?;
    // a mandate to ship also allows to take the shipment back, while it is in force
    let act = if tx.may_act(&row.from, Act::Ship, &lots)? { Act::Ship } else { Act::VoidShipment };
    tx.require_mandate(&row.from, act, &lots)?;
    give_back(tx, id, &row)
}

/// Closes a shipment in favour of its source.
pub(super) fn give_back(tx: &mut Tx<'_>, id: RecordId, row: &TransitRow) -> Result<(), Refusal> {
    name_shipment(tx, id, row)?;
    if let Some(shipment) = get::<RecordRow>(tx.state, Table::Record, id.as_bytes())? {
        market::went_back(tx, &shipment)?;
    }
    for (lot, amount) in &row.loose {
        tx.load(id, lot, negated(*amount))?;
        tx.shift(lot, &row.from, *amount)?;
        tx.settle_deficit(lot)?;
    }
    for sscc in &row.containers {
        tx.locate(*sscc, At::Party(row.from.clone()))?;
    }
    close(tx, id, Vec::new())
}

/// Marks a shipment closed by this record, with what was received.
pub(super) fn close(tx: &mut Tx<'_>, id: RecordId, received: Vec<(LotId, Amount)>) -> Result<(), Refusal> {
    let record = tx.record;
    tx.transit_mut(id)?.closed = Some((record, received));
    tx.on_the_way(id, false)?;
    tx.deltas.push(Delta::Closed(id));
    Ok(())
}

/// An event on a shipment concerns all it carries.
pub(super) fn name_shipment(tx: &mut Tx<'_>, id: RecordId, row: &TransitRow) -> Result<(), Refusal> {
    tx.entities.extend([id.uri(), row.from.clone(), row.to.clone()]);
    tx.named.extend(row.shipped.iter().map(|(lot, _)| lot.clone()));
    for sscc in &row.containers {
        let (inside, _) = tx.inside(*sscc)?;
        tx.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
    }
    Ok(())
}

/// Rule `not-in-shipment`: an event on a shipment names nothing that the shipment does not carry.
pub(super) fn not_in_shipment(tx: &mut Tx<'_>, id: RecordId, row: &TransitRow) -> Result<(), Refusal> {
    for sscc in parse_containers(&tx.event.epcs)? {
        if !row.containers.contains(&sscc) {
            return Err(Rejection::new(Rule::NotInShipment, format!("container {sscc} is not in shipment {id}"))
                .arg("named", sscc)
                .arg("shipment", id)
                .into());
        }
    }
    let carried: BTreeSet<&LotId> = row.shipped.iter().map(|(lot, _)| lot).collect();
    for element in &tx.event.quantities {
        let lot = super::goods::parse_lot(&element.epc_class)?;
        if !carried.contains(&lot) {
            return Err(Rejection::new(Rule::NotInShipment, format!("lot {lot} is not in shipment {id}"))
                .arg("named", &lot)
                .arg("shipment", id)
                .into());
        }
    }
    Ok(())
}
