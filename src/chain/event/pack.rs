//! Pack, nest and unpack: loose stock goes into containers, containers into containers, and out again.

use std::collections::BTreeSet;

use super::goods::{MAX_SHIPPED, goods_misplaced, goods_missing, parse_containers};
use super::tx::{Tx, negated};
use crate::chain::rows::At;
use crate::chain::{Act, Refusal, Rejection, Rule, authority};
use crate::gs1::{Amount, LotId, Sscc};

/// Containers may be nested this deep: unit, carton, pallet, freight container, and room.
pub const MAX_DEPTH: usize = 8;
/// Most that there is to count in a container: lots in it, containers in it, and what is to count in those. A freight container of
/// 2,400 cartons with a lot each has 4,800.
pub const MAX_LOAD: u32 = 5_000;

pub(super) fn pack(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let (parent, amounts, children) = named(tx)?;
    let holder = tx.holder();
    let lots = concerned(tx, &amounts, &children)?;
    tx.require_mandate(&holder, Act::Pack, &lots)?;
    let fresh = tx.container(parent)?.is_none();
    if fresh {
        sscc_outside_prefix(tx, parent, &holder)?;
        tx.make_container(parent, &holder);
    } else {
        sscc_reused(tx, parent)?;
        container_elsewhere(tx, parent, &holder)?;
    }
    let (_, depth) = tx.outermost(parent)?;
    let holds = tx.holds_around(parent)?;
    for (lot, amount) in &amounts {
        tx.take(lot, &holder, *amount)?;
        tx.fill(parent, lot, *amount)?;
    }
    let mut packed: BTreeSet<LotId> = amounts.into_iter().map(|(lot, _)| lot).collect();
    for child in children {
        container_elsewhere(tx, child, &holder)?;
        container_nested(tx, child)?;
        container_cycle(tx, parent, child, depth)?;
        let (_, inside) = tx.inside(child)?;
        packed.extend(inside.into_iter().map(|(lot, _)| lot));
        tx.nest(child, Some(parent))?;
    }
    tx.spread_holds(&Vec::from_iter(packed), &holds)?;
    container_full(tx, parent)
}

pub(super) fn unpack(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let (parent, amounts, children) = named(tx)?;
    let holder = tx.holder();
    let lots = concerned(tx, &amounts, &children)?;
    tx.require_mandate(&holder, Act::Unpack, &lots)?;
    container_elsewhere(tx, parent, &holder)?;
    tx.holds_around(parent)?;
    for (lot, amount) in &amounts {
        more_than_packed(tx, parent, lot, *amount)?;
        tx.fill(parent, lot, negated(*amount))?;
        tx.shift(lot, &holder, *amount)?;
        tx.settle_deficit(lot)?;
    }
    for child in children {
        if tx.require_container(child)?.parent != Some(parent) {
            return Err(Rejection::new(Rule::ContainerNotInside, format!("container {child} is not in {parent}"))
                .arg("container", child)
                .arg("parent", parent)
                .into());
        }
        // while it was nested, only the location of the outermost container was kept
        tx.locate(child, At::Party(holder.clone()))?;
        tx.nest(child, None)?;
    }
    let row = tx.require_container(parent)?;
    if row.contents.is_empty() && row.children.is_empty() {
        if row.parent.is_some() {
            tx.nest(parent, None)?;
        }
        tx.locate(parent, At::Gone)?;
    }
    Ok(())
}

/// The container, what goes in or out of it, and the containers that do.
type Named = (Sscc, Vec<(LotId, Amount)>, Vec<Sscc>);

fn named(tx: &mut Tx<'_>) -> Result<Named, Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.quantities.is_empty()])?;
    let parents: Vec<String> = event.parent.iter().cloned().collect();
    let parent = parse_containers(&parents)?;
    let [parent] = parent.as_slice() else {
        return Err(Rejection::new(Rule::ContainerKind, "parentID must be an SSCC").into());
    };
    let amounts = tx.amounts(&event.child_quantities, false)?;
    let children = parse_containers(&event.child_epcs)?;
    goods_missing(amounts.is_empty() && children.is_empty())?;
    Ok((*parent, amounts, children))
}

/// The lots of loose amounts and of containers; names everything inside the containers.
fn concerned(tx: &mut Tx<'_>, amounts: &[(LotId, Amount)], children: &[Sscc]) -> Result<Vec<LotId>, Refusal> {
    let mut lots: Vec<LotId> = amounts.iter().map(|(lot, _)| lot.clone()).collect();
    for child in children {
        let (containers, inside) = tx.inside(*child)?;
        tx.entities.extend(containers.into_iter().map(|(sscc, _)| sscc.uri()));
        lots.extend(inside.into_iter().map(|(lot, _)| lot));
    }
    tx.named.extend(lots.iter().cloned());
    Ok(lots)
}

/// Rule `sscc-outside-prefix`: a container's number lies within a prefix vouched for its maker, or for the party that packs by the
/// maker's mandate; the authority's prefixes serve parties without one.
fn sscc_outside_prefix(tx: &Tx<'_>, sscc: Sscc, maker: &str) -> Result<(), Refusal> {
    let row = authority::require_party(tx.state, maker)?;
    let mut prefixes = row.prefixes;
    prefixes.extend(tx.by.party.prefixes.iter().cloned());
    if prefixes.is_empty() {
        let authority = authority::ledger(tx.state)?.authority;
        prefixes = authority::party(tx.state, &authority)?.map(|row| row.prefixes).unwrap_or_default();
    }
    if !prefixes.iter().any(|prefix| sscc.in_prefix(prefix)) {
        return Err(Rejection::new(Rule::SsccOutsidePrefix, format!("no prefix vouched for {maker} covers {sscc}"))
            .arg("container", sscc)
            .arg("party", maker)
            .into());
    }
    Ok(())
}

/// Rule `sscc-reused`: a container number is used once; after the container was emptied or delivered it is not used again.
fn sscc_reused(tx: &mut Tx<'_>, sscc: Sscc) -> Result<(), Refusal> {
    if tx.require_container(sscc)?.at == At::Gone {
        return Err(Rejection::new(Rule::SsccReused, format!("container number {sscc} was used before"))
            .arg("container", sscc)
            .into());
    }
    Ok(())
}

/// Rule `container-elsewhere`: a container is acted on by the party that has it.
pub(super) fn container_elsewhere(tx: &mut Tx<'_>, sscc: Sscc, holder: &str) -> Result<(), Refusal> {
    let (root, _) = tx.outermost(sscc)?;
    let at = &tx.require_container(root)?.at;
    if *at != At::Party(holder.to_owned()) {
        let place = match at {
            At::Party(party) => party.clone(),
            At::Transit(shipment) => shipment.uri(),
            At::Gone => "nowhere on this ledger".to_owned(),
        };
        return Err(Rejection::new(
            Rule::ContainerElsewhere,
            format!("container {sscc} is at {place}, not at {holder}"),
        )
        .arg("container", sscc)
        .arg("party", holder)
        .arg("at", place)
        .into());
    }
    Ok(())
}

/// Rule `container-nested`: what lies inside another container can't be packed elsewhere or shipped by itself.
pub(super) fn container_nested(tx: &mut Tx<'_>, sscc: Sscc) -> Result<(), Refusal> {
    if let Some(parent) = tx.require_container(sscc)?.parent {
        return Err(Rejection::new(Rule::ContainerNested, format!("container {sscc} is inside {parent}"))
            .arg("container", sscc)
            .arg("parent", parent)
            .into());
    }
    Ok(())
}

/// Rule `container-cycle`: no container is inside itself at any depth, and none is deeper than [`MAX_DEPTH`].
pub(super) fn container_cycle(tx: &mut Tx<'_>, parent: Sscc, child: Sscc, depth: usize) -> Result<(), Refusal> {
    let (inside, _) = tx.inside(child)?;
    let deepest = inside.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
    if inside.iter().any(|(sscc, _)| *sscc == parent) || depth + deepest + 2 > MAX_DEPTH {
        return Err(Rejection::new(
            Rule::ContainerCycle,
            format!(
                "container {child} can't be packed into {parent}: it contains it, or the nesting would be too deep"
            ),
        )
        .arg("container", child)
        .arg("parent", parent)
        .into());
    }
    Ok(())
}

/// Rule `container-full`: a container holds at most [`MAX_SHIPPED`] lots directly, as many as a shipment can count, and what is to
/// count in the outermost container is at most [`MAX_LOAD`]: who acts on a container reads all of it.
pub(super) fn container_full(tx: &mut Tx<'_>, sscc: Sscc) -> Result<(), Refusal> {
    let (root, _) = tx.outermost(sscc)?;
    let (load, lots) = (tx.require_container(root)?.load, tx.require_container(sscc)?.contents.len());
    if load > MAX_LOAD || lots > MAX_SHIPPED {
        let detail = format!("container {sscc} would hold {lots} lots, and {root} {load} lots and containers in all");
        return Err(Rejection::new(Rule::ContainerFull, detail)
            .arg("container", sscc)
            .arg("most", MAX_LOAD)
            .arg("lots", MAX_SHIPPED)
            .into());
    }
    Ok(())
}

/// Rule `more-than-packed`: no more comes out of a container than went in.
fn more_than_packed(tx: &mut Tx<'_>, sscc: Sscc, lot: &LotId, amount: Amount) -> Result<(), Refusal> {
    let row = tx.require_container(sscc)?;
    let inside = row.contents.iter().find(|(of, _)| of == lot).map_or(Amount::ZERO, |(_, amount)| *amount);
    if inside < amount {
        let (holds, takes) = (tx.with_unit(lot, inside)?, tx.with_unit(lot, amount)?);
        let detail = format!("container {sscc} holds {holds} of lot {lot}, the event takes {takes}");
        return Err(Rejection::new(Rule::MoreThanPacked, detail)
            .arg("container", sscc)
            .arg("lot", lot)
            .arg("held", inside)
            .arg("taken", amount)
            .into());
    }
    Ok(())
}

/// Whether a container number can be freed again: nothing in it, nothing nested.
pub(super) fn unused(tx: &mut Tx<'_>, sscc: Sscc) -> Result<bool, Refusal> {
    let row = tx.require_container(sscc)?;
    Ok(row.contents.is_empty() && row.children.is_empty() && row.parent.is_none() && row.holds.is_empty())
}
