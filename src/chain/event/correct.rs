//! Correct: void first, then replace.
//!
//! A void applies the opposite of every delta of the voided record at its own index: history is never run again. What that
//! leaves short is a deficit, which blocks further outflow and marks every descendant. The replacement is a new event of the
//! same act that cites the voiding record in `jejak:voids`, without `errorDeclaration`.

use std::collections::BTreeSet;

use super::common::lots_named;
use super::tx::{Totals, Tx, negated};
use super::{hold, inspect, pack, table};
use crate::chain::lineage;
use crate::chain::rows::{Account, At, Delta, Effects, IssueRow, RecordRow, TransformationRow, under_lot};
use crate::chain::state::{self, get};
use crate::chain::{Act, Refusal, Rejection, Severity, StateError, Table};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let (id, original) = void_unknown(tx)?;
    void_repeats_event(tx, &original)?;
    void_not_by_party(tx, &original)?;
    let lifted = original.effects.lifts;
    tx.voids = Some(id);
    tx.entities.insert(id.uri());
    tx.named.extend(original.lots.iter().cloned());
    let deltas = &original.effects.deltas;
    void_out_of_order(tx, id, &original, deltas)?;
    for delta in deltas.iter().rev() {
        take_back(tx, delta)?;
    }
    match original.act {
        Act::Harvest => unsay(tx, &original)?,
        Act::Inspect => inspect::undo(tx, id, &original)?,
        Act::Hold => hold::undo(tx, id, &original, lifted)?,
        Act::Label => undo_issue(tx, &original)?,
        Act::Process => undo_lineage(tx, id)?,
        _ => {}
    }
    for lot in original.lots.clone() {
        deficit(tx, &lot)?;
    }
    if let Some(row) = tx.latest::<RecordRow>(Table::Record, id.as_bytes())? {
        tx.put(Table::Record, id.as_bytes().to_vec(), &RecordRow { voided_by: Some(tx.record), ..row })?;
    }
    tx.finding("record-voided", Severity::Notice, &original.lots, &[("voided", id.to_string())]);
    Ok(())
}

/// Rule `void-unknown`: a void names a record of this ledger (worth trying again if it is not here yet), which is an event and
/// was not voided before.
fn void_unknown(tx: &Tx<'_>) -> Result<(RecordId, RecordRow), Refusal> {
    let named = tx.event.ext.voids.as_deref().unwrap_or_default();
    let id = named.parse::<RecordId>().ok();
    let row: Option<RecordRow> = match id {
        Some(id) => get(tx.state, Table::Record, id.as_bytes())?,
        None => None,
    };
    let (Some(id), Some(row)) = (id, row) else {
        return Err(Rejection::new("void-unknown", format!("jejak:voids {named:?} is no record known here"))
            .arg("record", named)
            .retryable()
            .into());
    };
    if let Some(by) = row.voided_by {
        return Err(Rejection::new("void-unknown", format!("the record {id} was voided before"))
            .arg("record", id)
            .conflicts(by)
            .into());
    }
    Ok((id, row))
}

/// Rule `void-repeats-event`: a void is the event again: same act, same time, same lots; a voiding record is not voided itself.
fn void_repeats_event(tx: &Tx<'_>, original: &RecordRow) -> Result<(), Rejection> {
    let same_form = match table::repeated(tx.event) {
        Some(Act::Receive) => matches!(original.act, Act::Receive | Act::DeliverOutside),
        act => act == Some(original.act),
    };
    let named = lots_named(tx);
    let same_lots = named.iter().all(|lot| original.lots.contains(lot));
    if !same_form || !same_lots || original.event_time != Some(tx.event.event_time) {
        return Err(Rejection::new(
            "void-repeats-event",
            "a void repeats the event it voids: same act, same time, same lots",
        ));
    }
    Ok(())
}

/// Rule `void-not-by-party`: who stands behind a record voids it, or acts by its mandate; an inspection or hold only its issuer.
fn void_not_by_party(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    let own_word = matches!(original.act, Act::Inspect | Act::Sample | Act::Hold | Act::Observe);
    let holder = original.on_behalf.clone().unwrap_or_else(|| original.party.clone());
    let allowed = if own_word {
        original.party == tx.signer()
    } else {
        // who signed for another voids for it only while its mandate lasts
        holder == tx.signer()
            || tx.may_act(&holder, Act::Correct, &original.lots)?
            || (original.party == tx.signer() && tx.may_act(&holder, original.act, &original.lots)?)
    };
    if !allowed {
        return Err(Rejection::new("void-not-by-party", format!("the record was signed by {}", original.party))
            .arg("party", &original.party)
            .into());
    }
    if holder != tx.signer() {
        tx.on_behalf = Some(holder);
    }
    Ok(())
}

/// Rule `void-out-of-order`: a container that moved on, a shipment that was closed, an ownership that passed on can't be taken
/// back in the middle; the later record is voided first.
fn void_out_of_order(tx: &mut Tx<'_>, id: RecordId, original: &RecordRow, deltas: &[Delta]) -> Result<(), Refusal> {
    let holder = At::Party(original.on_behalf.clone().unwrap_or_else(|| original.party.clone()));
    let packing = matches!(original.act, Act::Pack | Act::Unpack);
    let mut checked = BTreeSet::new();
    for delta in deltas.iter().rev() {
        let holds = match delta {
            // only the last move of each container must still be true; inside another, its own place is no longer said
            Delta::Located(sscc, _, to) if checked.insert(format!("at {sscc}")) => {
                let row = tx.container_unknown(*sscc)?;
                row.at == *to && (row.parent.is_none() || *to == At::Gone)
            }
            Delta::Nested(sscc, from, to) => {
                let last = checked.insert(format!("in {sscc}"));
                let mut around = true;
                for other in from.iter().chain(to) {
                    around &= at_or_spent(tx, *other, &holder, deltas)?;
                }
                around && (!last || tx.container_unknown(*sscc)?.parent == *to)
            }
            Delta::Packed(sscc, lot, by) if packing => {
                let inside = tx.container_unknown(*sscc)?.contents.iter().find(|(of, _)| of == lot).map(|(_, a)| *a);
                at_or_spent(tx, *sscc, &holder, deltas)? && inside.unwrap_or_default() >= *by
            }
            Delta::Opened(shipment) => tx.transit(*shipment)?.is_some_and(|row| row.closed.is_none()),
            Delta::Closed(shipment) => as_it_arrived(tx, *shipment, deltas)?,
            // both signatures are the sale: the goods are sold back
            Delta::Owned(..) if original.act == Act::Trade => false,
            Delta::Owned(uri, _, after) => tx.owner(uri)?.as_ref() == Some(after),
            Delta::Countersigned(by) => !lineage::standing(tx.state, by)?,
            _ => true,
        };
        if !holds {
            return Err(Rejection::new("void-out-of-order", format!("later records rest on {id}; void those first"))
                .arg("record", id)
                .into());
        }
    }
    Ok(())
}

/// Whether a container is with `holder`, or was emptied there by the record itself.
fn at_or_spent(tx: &mut Tx<'_>, sscc: Sscc, holder: &At, deltas: &[Delta]) -> Result<bool, Refusal> {
    let (root, _) = tx.outermost(sscc)?;
    let spent = deltas.iter().any(|delta| matches!(delta, Delta::Located(of, _, At::Gone) if *of == root));
    let at = &tx.container_unknown(root)?.at;
    Ok(at == holder || (*at == At::Gone && spent))
}

/// Whether the containers of a closed shipment hold what they held when it was closed: otherwise it can't be opened again.
fn as_it_arrived(tx: &mut Tx<'_>, shipment: RecordId, deltas: &[Delta]) -> Result<bool, Refusal> {
    let Some(row) = tx.transit(shipment)?.cloned() else { return Ok(false) };
    let mut then = Totals::default();
    for (lot, amount) in &row.shipped {
        then.add(lot, *amount)?;
    }
    for delta in deltas {
        match delta {
            Delta::Loose(_, lot, by) | Delta::Packed(_, lot, by) => then.add(lot, *by)?,
            _ => {}
        }
    }
    for root in &row.containers {
        let (_, lots) = tx.inside(*root)?;
        for (lot, amount) in lots {
            then.add(&lot, negated(amount))?;
        }
    }
    Ok(then.into_vec().iter().all(|(_, amount)| amount.is_zero()))
}

/// Applies the opposite of one delta, as a delta of this record.
fn take_back(tx: &mut Tx<'_>, delta: &Delta) -> Result<(), Refusal> {
    // the containers it changes are concerned, whatever the voiding event repeats
    match delta {
        Delta::Packed(sscc, ..) | Delta::Made(sscc) | Delta::Located(sscc, ..) | Delta::Nested(sscc, ..) => {
            pack::concern(tx, *sscc)?;
        }
        Delta::Owned(uri, ..) => drop(tx.entities.insert(uri.clone())),
        Delta::Held(..)
        | Delta::Account(..)
        | Delta::Loose(..)
        | Delta::Opened(_)
        | Delta::Closed(_)
        | Delta::Countersigned(_) => {}
    }
    match delta {
        Delta::Held(lot, party, by) => tx.shift(lot, party, negated(*by)),
        Delta::Account(lot, account, by) => tx.account(lot, *account, negated(*by)),
        Delta::Packed(sscc, lot, by) => tx.fill(*sscc, lot, negated(*by)),
        Delta::Loose(shipment, lot, by) => tx.load(*shipment, lot, negated(*by)),
        Delta::Made(sscc) => {
            if pack::unused(tx, *sscc)? {
                tx.unmake_container(*sscc);
            }
            Ok(())
        }
        Delta::Located(sscc, from, _) => tx.locate(*sscc, from.clone()),
        Delta::Nested(sscc, from, _) => {
            if let Some(parent) = from {
                let (_, depth) = tx.outermost(*parent)?;
                pack::container_cycle(tx, *parent, *sscc, depth)?;
            }
            tx.nest(*sscc, *from)
        }
        Delta::Opened(shipment) => {
            let record = tx.record;
            tx.transit_mut(*shipment)?.closed = Some((record, Vec::new()));
            Ok(())
        }
        Delta::Closed(shipment) => {
            tx.transit_mut(*shipment)?.closed = None;
            Ok(())
        }
        Delta::Countersigned(_) => Ok(()),
        Delta::Owned(uri, before, _) => {
            match before {
                Some(row) => tx.put(Table::Owner, uri.as_bytes().to_vec(), row)?,
                None => tx.remove(Table::Owner, uri.as_bytes().to_vec()),
            }
            Ok(())
        }
    }
}

/// Spoiled sheets: the issue is marked, its serials count no more.
fn undo_issue(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    for lot in &original.lots {
        let key = under_lot(lot, &original.index.to_be_bytes());
        if let Some(row) = get::<IssueRow>(tx.state, Table::Issue, &key)? {
            let voided = IssueRow { voided_by: Some(tx.record), ..row };
            tx.put(Table::Issue, key, &voided)?;
        }
    }
    Ok(())
}

/// What a harvest said of its lots is said no more.
fn unsay(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    for lot in &original.lots {
        tx.lot_mut(lot)?.said.retain(|said| said.index != original.index);
    }
    Ok(())
}

/// An output that has nothing left and no descendants comes from nowhere any more; one that was passed on keeps its lineage,
/// so that recalls above still reach it.
fn undo_lineage(tx: &mut Tx<'_>, id: RecordId) -> Result<(), Refusal> {
    let row: Option<TransformationRow> = get(tx.state, Table::Transformation, id.as_bytes())?;
    for (lot, _) in row.iter().flat_map(|row| &row.outputs) {
        let output = tx.lot_unknown(lot)?;
        if !output.children.is_empty() || !output.produced.is_zero() || !tx.nowhere(lot)? {
            continue;
        }
        let output = tx.lot_mut(lot)?;
        let parents = std::mem::take(&mut output.parents);
        output.said.clear();
        for parent in parents {
            tx.lot_mut(&parent)?.children.remove(lot);
        }
    }
    Ok(())
}

/// Finding `deficit`: the void left more taken out of a lot than was there; `ancestor-deficit` marks every descendant.
fn deficit(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let short = tx.shortage(lot)?;
    let row = tx.lot_mut(lot)?;
    let before = std::mem::replace(&mut row.deficit, short.is_positive());
    if before || !short.is_positive() {
        return Ok(());
    }
    let args = [("short", short.to_string()), ("unit", tx.unit(lot)?)];
    tx.finding("deficit", Severity::Warning, std::slice::from_ref(lot), &args);
    let below: Vec<LotId> = lineage::below(tx.state, lot)?.into_iter().skip(1).map(|(lot, _)| lot).collect();
    if !below.is_empty() {
        tx.named.extend(below.iter().cloned());
        tx.finding("ancestor-deficit", Severity::Warning, &below, &[("ancestor", lot.to_string())]);
    }
    Ok(())
}

/// Rules `replacement-unknown` and `replacement-differs`: a replacement cites a voiding record that no other replacement cites,
/// is of the same act and party, and, where something depends on the voided record, of the same lots.
pub(super) fn replacement(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let Some(named) = tx.event.ext.voids.clone() else { return Ok(()) };
    if tx.event.error.is_some() {
        return Ok(());
    }
    let id = named.parse::<RecordId>().ok();
    let row: Option<RecordRow> = match id {
        Some(id) => tx.latest(Table::Record, id.as_bytes())?,
        None => None,
    };
    let voided = row.as_ref().and_then(|row| row.effects.voids);
    let (Some(id), Some(row), Some(voided)) = (id, row, voided) else {
        return Err(Rejection::new("replacement-unknown", format!("jejak:voids {named:?} is no voiding record"))
            .arg("record", named)
            .retryable()
            .into());
    };
    if let Some(other) = row.effects.replaced_by {
        return Err(Rejection::new("replacement-unknown", format!("the record {voided} was replaced before"))
            .arg("record", voided)
            .conflicts(other)
            .into());
    }
    let missing = || StateError(format!("no row of voided record {voided}"));
    let original: RecordRow = get(tx.state, Table::Record, voided.as_bytes())?.ok_or_else(missing)?;
    replacement_differs(tx, voided, &original)?;
    // what the voided record made is made anew by this one; no other lot is opened by it
    tx.remakes = original
        .effects
        .deltas
        .into_iter()
        .filter_map(|delta| match delta {
            Delta::Account(lot, Account::Produced, by) if by.is_positive() => Some(lot),
            _ => None,
        })
        .collect();
    tx.entities.extend([id.uri(), voided.uri()]);
    let effects = Effects { replaced_by: Some(tx.record), ..row.effects };
    tx.put(Table::Record, id.as_bytes().to_vec(), &RecordRow { effects, ..row })?;
    Ok(())
}

fn replacement_differs(tx: &mut Tx<'_>, voided: RecordId, original: &RecordRow) -> Result<(), Refusal> {
    let holder = tx.holder();
    let stands = |party: &str| party == original.party || original.on_behalf.as_deref() == Some(party);
    let same_act = tx.act == original.act || (tx.act == Act::Receive && original.act == Act::DeliverOutside);
    let mut differs = !same_act || !(stands(&holder) || stands(tx.signer()));
    let lots = lots_named(tx);
    if !differs && !lots.is_empty() {
        for lot in &original.lots {
            let depends = tx.lot(lot)?.is_some_and(|row| row.deficit || !row.children.is_empty());
            differs |= depends && !lots.contains(lot);
        }
    }
    if differs {
        return Err(Rejection::new(
            "replacement-differs",
            "a replacement keeps the act and the party, and the lots that others depend on",
        )
        .arg("record", voided)
        .conflicts(voided)
        .into());
    }
    Ok(())
}

impl Tx<'_> {
    /// What `party` has of a lot, loose or in containers at its place.
    pub(super) fn held_anywhere(&mut self, lot: &LotId, party: &str) -> Result<Amount, Refusal> {
        let mut sum = self.held(lot, party)?;
        let packed = self.lot(lot)?.map(|row| row.packed.clone()).unwrap_or_default();
        for sscc in packed {
            let (root, _) = self.outermost(sscc)?;
            if self.container_unknown(root)?.at == At::Party(party.to_owned()) {
                for (of, amount) in self.container_unknown(sscc)?.contents.clone() {
                    if of == *lot {
                        sum = super::tx::add(sum, amount)?;
                    }
                }
            }
        }
        Ok(sum)
    }

    /// How much more was taken out of a lot than was there: the sum of what is below zero.
    fn shortage(&mut self, lot: &LotId) -> Result<Amount, Refusal> {
        let mut short = Amount::ZERO;
        let mut amounts: Vec<Amount> = self.holders(lot)?.into_values().collect();
        let row = self.lot_unknown(lot)?;
        amounts.push(row.produced);
        // labels for goods whose making was voided
        amounts.push(super::tx::add(row.produced, negated(row.labelled))?);
        for sscc in row.packed.clone() {
            amounts.extend(self.container_unknown(sscc)?.contents.iter().filter(|(of, _)| of == lot).map(|(_, a)| *a));
        }
        for amount in amounts.into_iter().filter(|amount| amount.is_negative()) {
            short = super::tx::add(short, negated(amount))?;
        }
        Ok(short)
    }

    /// What is left of a lot, wherever it is.
    pub(super) fn left(&mut self, lot: &LotId) -> Result<Amount, Refusal> {
        let row = self.lot_unknown(lot)?;
        let gone = [row.consumed, row.adjusted, row.lost, row.delivered];
        let mut left = row.produced;
        for amount in gone {
            left = super::tx::add(left, negated(amount))?;
        }
        Ok(left)
    }

    /// Whether nothing of a lot is anywhere.
    fn nowhere(&mut self, lot: &LotId) -> Result<bool, Refusal> {
        let row = self.lot_unknown(lot)?;
        let away = !row.packed.is_empty() || !row.transits.is_empty();
        Ok(!away && self.holders(lot)?.is_empty())
    }

    /// Clears the deficit of a lot once nothing of it is below zero.
    pub(super) fn settle_deficit(&mut self, lot: &LotId) -> Result<(), Refusal> {
        if self.lot_unknown(lot)?.deficit && !self.shortage(lot)?.is_positive() {
            self.lot_mut(lot)?.deficit = false;
        }
        Ok(())
    }

    /// Whether `party` lets the signer act for it in anything now.
    pub(super) fn mandated_by(&self, party: &str) -> Result<bool, StateError> {
        let key = crate::chain::rows::mandate_key(party, self.signer());
        let row: Option<crate::chain::rows::MandateRow> = state::get(self.state, Table::Mandate, &key)?;
        Ok(row.is_some_and(|row| !row.acts.is_empty() && self.clock < row.until))
    }
}
