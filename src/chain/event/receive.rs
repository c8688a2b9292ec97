//! Receive, refuse, deliver outside: a shipment is closed, with what arrived counted lot by lot.
//!
//! `epcList` names the containers that arrived; `quantityList` counts every lot of the shipment, loose and in containers
//! together, zero where nothing arrived. A shortage goes to the lot's loss account, a surplus to its produced amount; both are
//! findings. A refusal (disposition `returned`, all zero) puts everything back into the source's hands; goods sent back
//! after they were received are a shipment of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::goods::{goods_misplaced, parse_containers};
use super::ship::{close, give_back, name_shipment, not_in_shipment, open_shipment};
use super::tx::{Totals, Tx, add, negated};
use super::who::end;
use crate::chain::rows::{Account, At, RecordRow, TransitRow};
use crate::chain::state::get;
use crate::chain::{Act, Refusal, Rejection, Rule, Table, authority};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;
use crate::record::registry::Role;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.parent.is_none(), event.child_quantities.is_empty(), event.child_epcs.is_empty()])?;
    let (id, row) = open_shipment(tx)?;
    not_in_shipment(tx, id, &row)?;
    let arrived = parse_containers(&event.epcs)?;
    let counted = tx.amounts(&event.quantities, true)?;
    lots_uncounted(&row, &counted)?;
    let lots: Vec<LotId> = counted.iter().map(|(lot, _)| lot.clone()).collect();
    require_consignee(tx, id, &row, &lots)?;
    received_before_shipped(tx, id, &lots)?;
    name_shipment(tx, id, &row)?;
    if event.disposition.as_deref() == Some("returned") {
        refusal_counts_nothing(&counted)?;
        tx.finding(Rule::ShipmentRefused, &lots, &[("by", row.to.clone())]);
        return give_back(tx, id, &row);
    }
    let outside = tx.act == Act::DeliverOutside;
    if outside {
        tx.finding(Rule::DeliveredOutside, &lots, &[("to", row.to.clone())]);
    }
    let carried = carried(tx, &row)?;
    for (lot, amount) in &row.loose {
        tx.load(id, lot, negated(*amount))?;
    }
    let inside = settle_containers(tx, &row, &arrived, outside)?;
    let mut short = Vec::new();
    for (lot, amount) in &counted {
        // a forwarder's word makes nobody a party to the goods
        let receiver = if outside { tx.signer() } else { &row.to };
        tx.join_sides(lot, &[receiver, tx.signer()])?;
        let expected = carried.of(lot);
        let gap = add(*amount, negated(expected))?;
        let loose = add(*amount, negated(inside.of(lot)))?;
        if outside {
            // it has left the ledger: neither loose nor in a container
            tx.account(lot, Account::Delivered, *amount)?;
        } else if loose.is_negative() {
            short.push((lot.clone(), negated(loose)));
        } else {
            tx.shift(lot, &row.to, loose)?;
        }
        if gap.is_negative() {
            tx.account(lot, Account::Lost, negated(gap))?;
            difference(tx, Rule::ReceivedShort, lot, expected, *amount, negated(gap))?;
        } else if gap.is_positive() {
            tx.account(lot, Account::Produced, gap)?;
            difference(tx, Rule::ReceivedOver, lot, expected, *amount, gap)?;
        }
    }
    take_from(tx, &arrived, short)?;
    for (lot, _) in &counted {
        tx.settle_deficit(lot)?;
    }
    close(tx, id, counted)
}

/// Finding `received-before-shipped`: a receipt dated before its shipment. One of the two event times is wrong; the goods arrived.
fn received_before_shipped(tx: &mut Tx<'_>, id: RecordId, lots: &[LotId]) -> Result<(), Refusal> {
    let shipped: Option<RecordRow> = get(tx.state, Table::Record, id.as_bytes())?;
    let Some(at) = shipped.and_then(|row| row.event_time) else { return Ok(()) };
    let before = at.as_second().saturating_sub(tx.event.event_time.as_second());
    if before > 0 {
        let minutes = [("minutes", (before / 60).to_string())];
        tx.finding(Rule::ReceivedBeforeShipped, lots, &minutes);
    }
    Ok(())
}

/// What a shipment carries now, loose and in containers.
fn carried(tx: &mut Tx<'_>, row: &TransitRow) -> Result<Totals, Refusal> {
    let mut carried = Totals::default();
    for (lot, amount) in &row.loose {
        carried.add(lot, *amount)?;
    }
    for root in &row.containers {
        let (_, lots) = tx.inside(*root)?;
        for (lot, amount) in lots {
            carried.add(&lot, amount)?;
        }
    }
    Ok(carried)
}

/// Findings `received-short` and `received-over`.
fn difference(
    tx: &mut Tx<'_>,
    rule: Rule,
    lot: &LotId,
    shipped: Amount,
    received: Amount,
    gap: Amount,
) -> Result<(), Refusal> {
    let args = [
        ("shipped", shipped.to_string()),
        ("received", received.to_string()),
        ("difference", gap.to_string()),
        ("unit", tx.unit(lot)?),
    ];
    tx.finding(rule, std::slice::from_ref(lot), &args);
    Ok(())
}

/// Places the containers that arrived, and empties those that did not (or that leave the ledger). Returns the contents of those that
/// arrived and stay.
fn settle_containers(tx: &mut Tx<'_>, row: &TransitRow, arrived: &[Sscc], outside: bool) -> Result<Totals, Refusal> {
    let mut kept = Totals::default();
    for root in &row.containers {
        if arrived.contains(root) && !outside {
            tx.locate(*root, At::Party(row.to.clone()))?;
            let (_, lots) = tx.inside(*root)?;
            for (lot, amount) in lots {
                kept.add(&lot, amount)?;
            }
            continue;
        }
        let (inside, _) = tx.inside(*root)?;
        for (sscc, _) in inside {
            for (lot, amount) in tx.require_container(sscc)?.contents.clone() {
                tx.fill(sscc, &lot, negated(amount))?;
            }
            tx.locate(sscc, At::Gone)?;
        }
    }
    Ok(kept)
}

/// Takes shortages from the containers that arrived, in the order of their numbers.
fn take_from(tx: &mut Tx<'_>, arrived: &[Sscc], short: Vec<(LotId, Amount)>) -> Result<(), Refusal> {
    if short.is_empty() {
        return Ok(());
    }
    let mut short: BTreeMap<LotId, Amount> = short.into_iter().collect();
    for root in BTreeSet::from_iter(arrived.iter().copied()) {
        let (inside, _) = tx.inside(root)?;
        for (sscc, _) in inside {
            for (lot, here) in tx.require_container(sscc)?.contents.clone() {
                let Some(left) = short.get_mut(&lot) else { continue };
                let part = here.min(*left);
                if part.is_positive() {
                    *left = add(*left, negated(part))?;
                    tx.fill(sscc, &lot, negated(part))?;
                }
            }
        }
    }
    Ok(())
}

/// Rule `not-the-consignee`: a shipment is received by its destination (or by its mandate); if the destination has no key, the
/// forwarder that shipped may close it with evidence; a finding says so.
fn require_consignee(tx: &mut Tx<'_>, id: RecordId, row: &TransitRow, lots: &[LotId]) -> Result<(), Refusal> {
    if let Some(stated) = end(&tx.event.destinations, "possessing_party")
        && stated != row.to
    {
        return Err(consignee(tx, id, row).into());
    }
    if row.to == tx.signer() {
        return Ok(());
    }
    if tx.may_act(&row.to, Act::Receive, lots)? {
        tx.on_behalf = Some(row.to.clone());
        return Ok(());
    }
    if row.shipped_by != tx.signer() {
        return Err(consignee(tx, id, row).into());
    }
    destination_has_key(tx, &row.to)?;
    delivery_by_forwarder(tx)?;
    if tx.event.ext.evidence.is_empty() {
        return Err(Rejection::new(Rule::DeliveryWithoutEvidence, "delivery outside the ledger needs evidence").into());
    }
    tx.act = Act::DeliverOutside;
    Ok(())
}

fn consignee(tx: &Tx<'_>, id: RecordId, row: &TransitRow) -> Rejection {
    Rejection::new(Rule::NotTheConsignee, format!("shipment {id} is for {}, not for {}", row.to, tx.signer()))
        .arg("shipment", id)
        .arg("to", &row.to)
        .arg("party", tx.signer())
}

/// Rule `destination-has-key`: a destination that has a key signs its own receipt.
fn destination_has_key(tx: &Tx<'_>, to: &str) -> Result<(), Refusal> {
    if authority::party(tx.state, to)?.is_some_and(|row| row.keys.sign()) {
        return Err(Rejection::new(Rule::DestinationHasKey, format!("{to} has a key and signs its own receipt"))
            .arg("party", to)
            .into());
    }
    Ok(())
}

/// Rule `delivery-by-forwarder`: only a forwarder that shipped the goods may state their delivery; the maker or seller has an interest
/// in it.
fn delivery_by_forwarder(tx: &Tx<'_>) -> Result<(), Rejection> {
    if !tx.by.has(Role::Forwarder) {
        let detail = format!("{} is not enrolled as a forwarder: let one ship, or take the shipment back", tx.signer());
        return Err(Rejection::new(Rule::DeliveryByForwarder, detail).arg("party", tx.signer()));
    }
    Ok(())
}

/// Rule `lots-uncounted`: a receipt counts every lot of the shipment; zero is allowed.
fn lots_uncounted(row: &TransitRow, counted: &[(LotId, Amount)]) -> Result<(), Rejection> {
    let counted: BTreeSet<&LotId> = counted.iter().map(|(lot, _)| lot).collect();
    for (lot, _) in &row.shipped {
        if !counted.contains(lot) {
            return Err(
                Rejection::new(Rule::LotsUncounted, format!("the receipt does not count lot {lot}")).arg("lot", lot)
            );
        }
    }
    Ok(())
}

/// Rule `refusal-counts-nothing`: a refused shipment counts zero for every lot.
fn refusal_counts_nothing(counted: &[(LotId, Amount)]) -> Result<(), Rejection> {
    match counted.iter().find(|(_, amount)| !amount.is_zero()) {
        Some((lot, _)) => Err(Rejection::new(
            Rule::RefusalCountsNothing,
            format!("a refused shipment counts zero, also for lot {lot}"),
        )
        .arg("lot", lot)),
        None => Ok(()),
    }
}
