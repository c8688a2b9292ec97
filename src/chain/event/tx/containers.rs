//! Containers and shipments of the event being applied.

use std::collections::BTreeSet;

use super::{Cell, Kind, Totals, Tx, add, negated};
use crate::chain::rows::{At, ContainerRow, Delta, HoldRow, Stowed, TransitRow, stowed_key};
use crate::chain::{Refusal, Rejection, Rule, StateError, Table, state};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;

/// Most lots that one hold is on: those it names, and those that were packed into containers that it holds.
pub(in crate::chain::event) const MAX_HELD: usize = 1_000;

/// Containers with their depth, and the lots in them.
pub(in crate::chain::event) type Inside = (Vec<(Sscc, usize)>, Vec<(LotId, Amount)>);

impl Tx<'_> {
    // ---- containers --------------------------------------------------------------------------------------------------

    fn load_container(&mut self, sscc: Sscc) -> Result<&mut Cell<ContainerRow>, StateError> {
        if !self.containers.contains_key(&sscc) {
            let row = state::row(self.state, Table::Container, &sscc.number().to_be_bytes())?;
            self.containers.insert(sscc, Cell { row, dirty: false });
        }
        self.containers.get_mut(&sscc).ok_or_else(|| StateError::new("container cell vanished"))
    }

    /// The container, if it was ever packed.
    pub(in crate::chain::event) fn container(&mut self, sscc: Sscc) -> Result<Option<&ContainerRow>, StateError> {
        Ok(self.load_container(sscc)?.row.as_deref())
    }

    /// Rule `container-unknown`: a container must have been packed before it is named.
    pub(in crate::chain::event) fn require_container(&mut self, sscc: Sscc) -> Result<&ContainerRow, Refusal> {
        self.load_container(sscc)?.row.as_deref().ok_or_else(|| container_unknown(sscc).into())
    }

    /// The container, to be changed.
    pub(in crate::chain::event) fn container_mut(&mut self, sscc: Sscc) -> Result<&mut ContainerRow, Refusal> {
        self.load_container(sscc)?.change().ok_or_else(|| container_unknown(sscc).into())
    }

    /// Puts a container in use.
    pub(in crate::chain::event) fn make_container(&mut self, sscc: Sscc, maker: &str) {
        let row = ContainerRow {
            maker: maker.to_owned(),
            at: At::Party(maker.to_owned()),
            parent: None,
            children: BTreeSet::new(),
            contents: Vec::new(),
            load: 0,
            holds: BTreeSet::new(),
        };
        self.containers.insert(sscc, Cell::new(row));
        self.deltas.push(Delta::Made(sscc));
    }

    /// Frees an unused container number.
    pub(in crate::chain::event) fn unmake_container(&mut self, sscc: Sscc) {
        self.containers.insert(sscc, Cell { row: None, dirty: true });
    }

    /// Adds to (or takes from) what is in a container.
    pub(in crate::chain::event) fn fill(&mut self, sscc: Sscc, lot: &LotId, by: Amount) -> Result<(), Refusal> {
        let row = self.container_mut(sscc)?;
        let entries = row.contents.len();
        let (before, now) = book(&mut row.contents, lot, by)?;
        let (entries, then) = (row.contents.len(), entries);
        self.reload(Some(sscc), entries, then)?;
        if let At::Party(party) = self.place_of(sscc)? {
            self.packed(lot, &party, by)?;
        }
        self.stow(lot, Stowed::Container(sscc), now)?;
        self.rebalance(lot, Kind::Container, before, now)?;
        self.deltas.push(Delta::Packed(sscc, lot.clone(), by));
        Ok(())
    }

    /// Adds to (or takes from) what `party` has of a lot in containers at its place.
    fn packed(&mut self, lot: &LotId, party: &str, by: Amount) -> Result<(), Refusal> {
        let holding = self.holding_mut(lot, party)?;
        holding.packed = add(holding.packed, by)?;
        Ok(())
    }

    /// Notes how much of a lot is somewhere.
    fn stow(&mut self, lot: &LotId, what: Stowed, now: Amount) -> Result<(), Refusal> {
        let key = stowed_key(lot, what);
        if now.is_zero() {
            self.remove(Table::Stowed, key)
        } else {
            self.put(Table::Stowed, key, &now)?
        }
        Ok(())
    }

    /// Keeps the load of a container and of all around it when `now` is to count in it where `before` was.
    fn reload(&mut self, sscc: Option<Sscc>, now: usize, before: usize) -> Result<(), Refusal> {
        let count = |entries: usize| u32::try_from(entries).unwrap_or(u32::MAX);
        let mut at = sscc.filter(|_| now != before);
        while let Some(sscc) = at {
            let row = self.container_mut(sscc)?;
            row.load = row.load.saturating_add(count(now)).saturating_sub(count(before));
            at = row.parent;
        }
        Ok(())
    }

    /// Where a container is: where the outermost around it is.
    fn place_of(&mut self, sscc: Sscc) -> Result<At, Refusal> {
        let (root, _) = self.outermost(sscc)?;
        Ok(self.require_container(root)?.at.clone())
    }

    /// What is in `sscc` goes from one place to another: the parties have less and more in containers.
    fn carry(&mut self, sscc: Sscc, from: &At, to: &At) -> Result<(), Refusal> {
        if from == to {
            return Ok(());
        }
        let (_, lots) = self.inside(sscc)?;
        for (lot, amount) in lots {
            if let At::Party(party) = from {
                self.packed(&lot, party, negated(amount))?;
            }
            if let At::Party(party) = to {
                self.packed(&lot, party, amount)?;
            }
        }
        Ok(())
    }

    /// Moves a container. One that is nested is where the outermost around it is.
    pub(in crate::chain::event) fn locate(&mut self, sscc: Sscc, to: At) -> Result<(), Refusal> {
        let row = self.container_mut(sscc)?;
        let from = std::mem::replace(&mut row.at, to.clone());
        if row.parent.is_none() {
            self.carry(sscc, &from, &to)?;
        }
        self.deltas.push(Delta::Located(sscc, from, to));
        Ok(())
    }

    /// Nests a container into `to`, or takes it out of where it is.
    pub(in crate::chain::event) fn nest(&mut self, sscc: Sscc, to: Option<Sscc>) -> Result<(), Refusal> {
        let place = self.place_of(sscc)?;
        let row = self.container_mut(sscc)?;
        let from = std::mem::replace(&mut row.parent, to);
        let entries = usize::try_from(row.load).unwrap_or(usize::MAX).saturating_add(1);
        if let Some(parent) = from {
            self.container_mut(parent)?.children.remove(&sscc);
        }
        if let Some(parent) = to {
            self.container_mut(parent)?.children.insert(sscc);
        }
        self.reload(from, 0, entries)?;
        self.reload(to, entries, 0)?;
        let now = self.place_of(sscc)?;
        self.carry(sscc, &place, &now)?;
        self.deltas.push(Delta::Nested(sscc, from, to));
        Ok(())
    }

    /// The outermost container around `sscc` (itself when it is not nested), and how deep `sscc` lies in it.
    pub(in crate::chain::event) fn outermost(&mut self, sscc: Sscc) -> Result<(Sscc, usize), Refusal> {
        let (mut root, mut depth) = (sscc, 0);
        while let Some(parent) = self.require_container(root)?.parent {
            root = parent;
            depth += 1;
        }
        Ok((root, depth))
    }

    /// Everything in `sscc`, what is nested in it included: containers with their depth, and contents.
    pub(in crate::chain::event) fn inside(&mut self, sscc: Sscc) -> Result<Inside, Refusal> {
        let mut stack = vec![(sscc, 0)];
        let (mut containers, mut lots) = (Vec::new(), Totals::default());
        while let Some((sscc, depth)) = stack.pop() {
            let row = self.require_container(sscc)?;
            stack.extend(row.children.iter().map(|child| (*child, depth + 1)));
            for (lot, amount) in &row.contents {
                lots.add(lot, *amount)?;
            }
            containers.push((sscc, depth));
        }
        Ok((containers, lots.into_vec()))
    }

    /// [`Tx::inside`] for an event that only remarks; nothing of a container that a closure leaves out. Those around a lot of the proof are
    /// there: the record that packed it names them.
    pub(in crate::chain::event) fn remarked_inside(&mut self, sscc: Sscc) -> Result<Inside, Refusal> {
        if self.lots_left_out && self.container(sscc)?.is_none() {
            return Ok((Vec::new(), Vec::new()));
        }
        self.inside(sscc)
    }

    /// The holds on a container and on all containers around it, which are affected by what goes in or out.
    pub(in crate::chain::event) fn holds_around(&mut self, sscc: Sscc) -> Result<BTreeSet<RecordId>, Refusal> {
        let (mut holds, mut at) = (BTreeSet::new(), Some(sscc));
        while let Some(sscc) = at {
            self.entities.insert(sscc.uri());
            let row = self.require_container(sscc)?;
            holds.extend(row.holds.iter().copied());
            at = row.parent;
        }
        Ok(holds)
    }

    /// Marks as affected: a container, all containers around it and in it, and the lots in it.
    pub(in crate::chain::event) fn name_container(&mut self, sscc: Sscc) -> Result<(), Refusal> {
        self.entities.insert(sscc.uri());
        if self.container(sscc)?.is_none() {
            return Ok(());
        }
        let (inside, lots) = self.inside(sscc)?;
        self.entities.extend(inside.into_iter().map(|(sscc, _)| sscc.uri()));
        self.named.extend(lots.into_iter().map(|(lot, _)| lot));
        self.holds_around(sscc).map(drop)
    }

    /// Extends holds on a container to lots that are packed into it.
    ///
    /// Rule `too-many-goods`: a hold spreads to at most [`MAX_HELD`] lots; other goods go into another container.
    pub(in crate::chain::event) fn spread_holds(
        &mut self,
        lots: &[LotId],
        holds: &BTreeSet<RecordId>,
    ) -> Result<(), Refusal> {
        for id in holds {
            let mut fresh = Vec::new();
            for lot in lots {
                if self.lot_mut(lot)?.holds.insert(*id) {
                    fresh.push(lot.clone());
                }
            }
            if fresh.is_empty() {
                continue;
            }
            let Some(mut row) = self.latest::<HoldRow>(Table::Hold, id.as_bytes())? else { continue };
            let known: BTreeSet<LotId> = row.lots.iter().cloned().collect();
            self.named.extend(fresh.iter().cloned());
            row.lots.extend(fresh.into_iter().filter(|lot| !known.contains(lot)));
            if row.lots.len() > MAX_HELD {
                let detail = format!("the hold {id} is on {MAX_HELD} lots already: use a container that is not held");
                return Err(Rejection::new(Rule::TooManyGoods, detail)
                    .arg("named", row.lots.len())
                    .arg("most", MAX_HELD)
                    .into());
            }
            self.put(Table::Hold, id.as_bytes().to_vec(), &row)?;
        }
        Ok(())
    }

    // ---- shipments ---------------------------------------------------------------------------------------------------

    fn load_transit(&mut self, id: RecordId) -> Result<&mut Cell<TransitRow>, StateError> {
        if !self.transits.contains_key(&id) {
            let row = state::row(self.state, Table::Transit, id.as_bytes())?;
            self.transits.insert(id, Cell { row, dirty: false });
        }
        self.transits.get_mut(&id).ok_or_else(|| StateError::new("transit cell vanished"))
    }

    /// The shipment, to be read.
    pub(in crate::chain::event) fn transit(&mut self, id: RecordId) -> Result<Option<&TransitRow>, StateError> {
        Ok(self.load_transit(id)?.row.as_deref())
    }

    /// The shipment, to be changed.
    pub(in crate::chain::event) fn transit_mut(&mut self, id: RecordId) -> Result<&mut TransitRow, Refusal> {
        let cell = self.load_transit(id)?;
        cell.change().ok_or_else(|| Rejection::new(Rule::ShipmentUnknown, format!("{id} is not a shipment")).into())
    }

    /// Opens a shipment under this record's id.
    pub(in crate::chain::event) fn open_transit(&mut self, row: TransitRow) {
        self.transits.insert(self.record, Cell::new(row));
        self.deltas.push(Delta::Opened(self.record));
    }

    /// Notes that the goods of a shipment are on their way to its consignee, or no longer.
    pub(in crate::chain::event) fn on_the_way(&mut self, shipment: RecordId, coming: bool) -> Result<(), Refusal> {
        let Some(row) = self.load_transit(shipment)?.row.clone() else { return Ok(()) };
        for (lot, _) in &row.shipped {
            let count = &mut self.holding_mut(lot, &row.to)?.coming;
            *count = if coming { count.saturating_add(1) } else { count.saturating_sub(1) };
        }
        Ok(())
    }

    /// Adds to (or takes from) the loose goods of a shipment.
    pub(in crate::chain::event) fn load(&mut self, shipment: RecordId, lot: &LotId, by: Amount) -> Result<(), Refusal> {
        let (before, now) = book(&mut self.transit_mut(shipment)?.loose, lot, by)?;
        self.stow(lot, Stowed::Shipment(shipment), now)?;
        self.rebalance(lot, Kind::Shipment, before, now)?;
        self.deltas.push(Delta::Loose(shipment, lot.clone(), by));
        Ok(())
    }
}

/// Books on a list of amounts, from which a lot with nothing is left out. Returns what was there and what is there now.
fn book(list: &mut Vec<(LotId, Amount)>, lot: &LotId, by: Amount) -> Result<(Amount, Amount), Refusal> {
    let at = list.iter().position(|(of, _)| of == lot);
    let before = at.and_then(|at| list.get(at)).map_or(Amount::ZERO, |(_, amount)| *amount);
    let now = add(before, by)?;
    match at {
        Some(at) if now.is_zero() => drop(list.remove(at)),
        Some(at) => list[at].1 = now,
        None if now.is_zero() => {}
        None => list.push((lot.clone(), now)),
    }
    Ok((before, now))
}

fn container_unknown(sscc: Sscc) -> Rejection {
    Rejection::new(Rule::ContainerUnknown, format!("container {sscc} is not on this ledger"))
        .arg("container", sscc)
        .retryable()
}
