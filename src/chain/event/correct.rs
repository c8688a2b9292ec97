//! Correct: void first, then replace.
//!
//! A void applies the opposite of every delta of the voided record at its own index: history is not run again. If that leaves more
//! taken out than there was, the lot has a deficit, which blocks further outflow and marks every descendant. The replacement is a
//! new event of the same act that cites the voiding record in `jejak:voids`, without `errorDeclaration`.

use std::collections::BTreeSet;

use super::goods::lots_named;
use super::tx::{Totals, Tx, negated};
use super::{buyer, double, hold, inspect, long_ago, market, monitor, pack, retest, sample};
use crate::chain::acts::Voidable;
use crate::chain::repeats::statement_hash;
use crate::chain::rows::{
    Account, At, Delta, Effects, IssueRow, Provenance, ProvenancePart, RecordRow, of_lot, under_lot,
};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table};
use crate::chain::{cleared, entity_index, lineage, lot_reads};
use crate::gs1::{LotId, Sscc};
use crate::record::RecordId;

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let (id, original) = record_to_void(tx)?;
    void_repeats_event(tx, &original)?;
    void_not_by_party(tx, &original)?;
    let lifted = original.effects.lifts;
    tx.voids = Some(id);
    tx.entities.insert(id.uri());
    tx.named.extend(original.lots.iter().cloned());
    let deltas = &original.effects.deltas;
    void_out_of_order(tx, id, &original, deltas)?;
    // the containers that change are affected, even if the voiding event does not name them: as they are now, and as they were
    name_touched(tx, deltas)?;
    for delta in deltas.iter().rev() {
        take_back(tx, delta)?;
    }
    name_touched(tx, deltas)?;
    put_back_fits(tx, deltas)?;
    match original.act {
        Act::Harvest => retract_provenance(tx, &original)?,
        Act::Inspect => inspect::undo(tx, id, &original)?,
        Act::Hold => hold::undo(tx, id, &original, lifted)?,
        Act::Label => undo_issue(tx, &original)?,
        Act::Process => undo_lineage(tx, id, original.index)?,
        Act::Sample => sample::undo(tx, &original),
        Act::Monitor => monitor::undo(tx, &original),
        // their deltas are all they did
        Act::Adjust
        | Act::Observe
        | Act::Pack
        | Act::Unpack
        | Act::Ship
        | Act::Receive
        | Act::DeliverOutside
        | Act::VoidShipment
        | Act::Trade => {}
        // never voidable
        Act::Registry | Act::Clock | Act::Correct => {}
    }
    tx.each_lot(&original.lots, deficit)?;
    double::forget(tx, id, &original)?;
    if let Some(row) = tx.latest::<RecordRow>(Table::Record, id.as_bytes())? {
        tx.put(Table::Record, id.as_bytes().to_vec(), &RecordRow { voided_by: Some(tx.record), ..row })?;
    }
    tx.finding(Rule::RecordVoided, &original.lots, &[("voided", id.to_string())]);
    Ok(())
}

/// Rule `void-unknown`: a void names a record of this ledger (retryable if it is not here yet) that was not voided before.
fn record_to_void(tx: &Tx<'_>) -> Result<(RecordId, RecordRow), Refusal> {
    let named = tx.event.ext.voids.as_deref().unwrap_or_default();
    let id = named.parse::<RecordId>().ok();
    let row: Option<RecordRow> = match id {
        Some(id) => get(tx.state, Table::Record, id.as_bytes())?,
        None => None,
    };
    let (Some(id), Some(row)) = (id, row) else {
        let unknown =
            Rejection::new(Rule::VoidUnknown, format!("jejak:voids {named:?} is not a record on this ledger"))
                .arg("record", named);
        return Err(tx.awaits(id, unknown)?.into());
    };
    if let Some(by) = row.voided_by {
        return Err(Rejection::new(Rule::VoidUnknown, format!("the record {id} was voided before"))
            .arg("record", id)
            .conflicts(by)
            .into());
    }
    Ok((id, row))
}

/// Rule `void-repeats-event`: a void repeats the event that it voids exactly, but for what it states for itself
/// ([`statement_hash`]). A voiding record can't be voided.
fn void_repeats_event(tx: &Tx<'_>, original: &RecordRow) -> Result<(), Rejection> {
    if original.act == Act::Correct || statement_hash(tx.event) != original.states {
        return Err(Rejection::new(
            Rule::VoidRepeatsEvent,
            "a void repeats the event that it voids, every value of it; only eventID, errorDeclaration, jejak:voids, \
             jejak:after and jejak:evidence are its own",
        ));
    }
    Ok(())
}

/// Rule `void-not-by-party`: see [`Voidable`].
fn void_not_by_party(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    let holder = original.on_behalf.clone().unwrap_or_else(|| original.party.clone());
    // in a closure the containers of a remark need not be as they were
    let lots = if tx.lots_left_out { entity_index::lots_of(tx.event) } else { original.lots.clone() };
    let allowed = match original.act.info().voidable {
        Voidable::Never => false,
        Voidable::BySigner => original.party == tx.signer(),
        // a signer by mandate voids only while the mandate is in force
        Voidable::ByParty => {
            holder == tx.signer()
                || tx.may_act(&holder, Act::Correct, &lots)?
                || (original.party == tx.signer() && tx.may_act(&holder, original.act, &lots)?)
        }
    };
    if !allowed {
        return Err(Rejection::new(Rule::VoidNotByParty, format!("the record was signed by {}", original.party))
            .arg("party", &original.party)
            .into());
    }
    if holder != tx.signer() {
        tx.on_behalf = Some(holder);
    }
    Ok(())
}

/// Rule `void-out-of-order`: a record can't be voided while later records depend on it (a container was moved on, a shipment was
/// closed, an ownership was passed on); those are voided first.
fn void_out_of_order(tx: &mut Tx<'_>, id: RecordId, original: &RecordRow, deltas: &[Delta]) -> Result<(), Refusal> {
    let holder = At::Party(original.on_behalf.clone().unwrap_or_else(|| original.party.clone()));
    let packing = matches!(original.act, Act::Pack | Act::Unpack);
    let emptied = |delta: &Delta| match delta {
        Delta::Located(sscc, _, At::Gone) => Some(*sscc),
        _ => None,
    };
    let spent: BTreeSet<Sscc> = deltas.iter().filter_map(emptied).collect();
    let (mut located, mut nested) = (BTreeSet::new(), BTreeSet::new());
    for delta in deltas.iter().rev() {
        let holds = match delta {
            // only the last move of each container must still hold; a nested container has no location of its own
            Delta::Located(sscc, _, to) if located.insert(*sscc) => {
                let row = tx.require_container(*sscc)?;
                row.at == *to && (row.parent.is_none() || *to == At::Gone)
            }
            Delta::Nested(sscc, from, to) => {
                let last = nested.insert(*sscc);
                let mut around = true;
                for other in from.iter().chain(to) {
                    around &= at_or_spent(tx, *other, &holder, &spent)?;
                }
                around && (!last || tx.require_container(*sscc)?.parent == *to)
            }
            Delta::Packed(sscc, lot, by) if packing => {
                let inside = tx.require_container(*sscc)?.contents.iter().find(|(of, _)| of == lot).map(|(_, a)| *a);
                at_or_spent(tx, *sscc, &holder, &spent)? && inside.unwrap_or_default() >= *by
            }
            Delta::Opened(shipment) => tx.transit(*shipment)?.is_some_and(|row| row.closed.is_none()),
            Delta::Closed(shipment) => as_it_arrived(tx, *shipment, deltas)?,
            // a sale with both signatures is final: the goods are sold back
            Delta::Owned(..) if original.act == Act::Trade => false,
            Delta::Owned(uri, _, after) => tx.owner(uri)?.as_ref() == Some(after),
            Delta::Countersigned(by) => !cleared::standing(tx.state, by)?,
            // amounts may fall below zero: that is a deficit, not an obstacle
            Delta::Held(..) | Delta::Account(..) | Delta::Packed(..) | Delta::Loose(..) => true,
            Delta::Made(_) | Delta::Located(..) | Delta::Market(..) | Delta::Buyer(..) => true,
        };
        if !holds {
            return Err(Rejection::new(
                Rule::VoidOutOfOrder,
                format!("later records depend on {id}; void those first"),
            )
            .arg("record", id)
            .into());
        }
    }
    Ok(())
}

/// Whether a container is with `holder`, or was emptied there by the record itself.
fn at_or_spent(tx: &mut Tx<'_>, sscc: Sscc, holder: &At, spent: &BTreeSet<Sscc>) -> Result<bool, Refusal> {
    let (root, _) = tx.outermost(sscc)?;
    let at = &tx.require_container(root)?.at;
    Ok(at == holder || (*at == At::Gone && spent.contains(&root)))
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

/// Marks as affected what a voided record changed: its containers with all around and in them, each once, and what changed owner.
fn name_touched(tx: &mut Tx<'_>, deltas: &[Delta]) -> Result<(), Refusal> {
    let mut containers = BTreeSet::new();
    for delta in deltas {
        match delta {
            Delta::Packed(sscc, ..) | Delta::Made(sscc) | Delta::Located(sscc, ..) | Delta::Nested(sscc, ..) => {
                containers.insert(*sscc);
            }
            Delta::Owned(uri, ..) => drop(tx.entities.insert(uri.clone())),
            Delta::Held(..)
            | Delta::Account(..)
            | Delta::Loose(..)
            | Delta::Opened(_)
            | Delta::Closed(_)
            | Delta::Market(..)
            | Delta::Buyer(..)
            | Delta::Countersigned(_) => {}
        }
    }
    for sscc in containers {
        tx.name_container(sscc)?;
    }
    Ok(())
}

/// Rule `container-full`: what a void puts back into a container fits beside what was packed into it meanwhile.
fn put_back_fits(tx: &mut Tx<'_>, deltas: &[Delta]) -> Result<(), Refusal> {
    let filled = deltas.iter().filter_map(|delta| match delta {
        Delta::Packed(sscc, _, by) if by.is_negative() => Some(*sscc),
        Delta::Nested(_, Some(parent), _) => Some(*parent),
        _ => None,
    });
    for sscc in filled.collect::<BTreeSet<Sscc>>() {
        pack::container_full(tx, sscc)?;
    }
    Ok(())
}

/// Applies the opposite of one delta, as a delta of this record.
fn take_back(tx: &mut Tx<'_>, delta: &Delta) -> Result<(), Refusal> {
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
            tx.on_the_way(*shipment, false)
        }
        Delta::Closed(shipment) => {
            tx.transit_mut(*shipment)?.closed = None;
            tx.on_the_way(*shipment, true)
        }
        Delta::Market(lot, index, _, true) => market::forget(tx, lot, *index).map(|_| ()),
        Delta::Market(lot, index, named, false) => market::name(tx, lot, *index, named),
        Delta::Buyer(lot, index, _, true) => buyer::forget(tx, lot, *index).map(|_| ()),
        Delta::Buyer(lot, index, party, false) => buyer::name(tx, lot, *index, party),
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

/// Marks a voided issue of labels; its serials no longer count.
fn undo_issue(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    for lot in &original.lots {
        let key = of_lot(lot, original.index);
        if let Some(row) = get::<IssueRow>(tx.state, Table::Issue, &key)? {
            let voided = IssueRow { voided_by: Some(tx.record), ..row };
            tx.put(Table::Issue, key, &voided)?;
        }
    }
    Ok(())
}

/// Removes the provenance that a voided harvest stated of its lots.
fn retract_provenance(tx: &mut Tx<'_>, original: &RecordRow) -> Result<(), Refusal> {
    for lot in &original.lots {
        if tx.lot_mut(lot)?.provenance.retract_first(original.index) {
            continue;
        }
        let mut others = Vec::new();
        for part in rows::<ProvenancePart>(tx.state, Table::Part, Scan::prefix(&under_lot(lot, b""))) {
            others.push(part?.1);
        }
        let standing = others.iter().filter(|part| part.index != original.index);
        tx.lot_mut(lot)?.provenance.set_others(standing);
        tx.remove(Table::Part, of_lot(lot, original.index));
    }
    Ok(())
}

/// Removes the lineage of outputs that have no stock and no descendants, and with it the uses of what they were made from, by this
/// process and by earlier ones that they had kept. An output that was passed on keeps its lineage, so that recalls of ancestors still
/// reach it.
fn undo_lineage(tx: &mut Tx<'_>, id: RecordId, index: u64) -> Result<(), Refusal> {
    let row = lot_reads::transformation(tx.state, &id)?;
    let mut undone = BTreeSet::new();
    for (lot, _) in &row.outputs {
        let output = tx.require_lot(lot)?;
        if output.counts.uses > 0 || !output.produced.is_zero() || !output.is_nowhere() {
            continue;
        }
        let output = tx.lot_mut(lot)?;
        undone.extend(std::mem::take(&mut output.made_in));
        output.ancestors = 0;
        output.provenance = Provenance::default();
    }
    for process in undone {
        let index = if process == id { index } else { retest::index_of(tx, &process)? };
        undo_uses(tx, &process, index)?;
    }
    Ok(())
}

/// Removes what a process used when no lot is any longer made by it.
fn undo_uses(tx: &mut Tx<'_>, process: &RecordId, index: u64) -> Result<(), Refusal> {
    let row = lot_reads::transformation(tx.state, process)?;
    for (lot, _) in &row.outputs {
        if tx.lot(lot)?.is_some_and(|output| output.made_in.contains(process)) {
            return Ok(());
        }
    }
    for (lot, _) in &row.inputs {
        tx.named.insert(lot.clone());
        let used = tx.lot_mut(lot)?;
        used.counts.uses = used.counts.uses.saturating_sub(1);
        if used.first_use.is_some_and(|(at, _)| at == index) {
            used.first_use = None;
        } else {
            tx.remove(Table::Use, of_lot(lot, index));
        }
    }
    Ok(())
}

/// Most descendants of a lot that the finding `ancestor-deficit` names to the signer of the void. All of them show it: it is found by
/// walking up.
pub const MAX_NAMED: usize = 100;

/// Finding `deficit`: after the void, more was taken out of the lot than was there. `ancestor-deficit` marks every descendant.
fn deficit(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let short = tx.shortage(lot)?;
    let row = tx.lot_mut(lot)?;
    let before = std::mem::replace(&mut row.deficit, short.is_positive());
    if before || !short.is_positive() {
        return Ok(());
    }
    let args = [("short", short.to_string()), ("unit", tx.unit(lot)?)];
    tx.finding(Rule::Deficit, std::slice::from_ref(lot), &args);
    let below: Vec<LotId> = lineage::below(tx.state, lot, MAX_NAMED)?.into_iter().skip(1).collect();
    if !below.is_empty() {
        tx.finding(Rule::AncestorDeficit, &below, &[("ancestor", lot.to_string())]);
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
        let unknown =
            Rejection::new(Rule::ReplacementUnknown, format!("jejak:voids {named:?} is not a voiding record"))
                .arg("record", named);
        return Err(tx.awaits(id, unknown)?.into());
    };
    if let Some(other) = row.effects.replaced_by {
        return Err(Rejection::new(Rule::ReplacementUnknown, format!("the record {voided} was replaced before"))
            .arg("record", voided)
            .conflicts(other)
            .into());
    }
    let missing = || StateError::new(format!("no row of voided record {voided}"));
    let original: RecordRow = get(tx.state, Table::Record, voided.as_bytes())?.ok_or_else(missing)?;
    replacement_differs(tx, voided, &original)?;
    long_ago::too_long_ago(tx.event, original.clock)?;
    // the lots that the voided record made may be made again by this one, and no others
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
    // in a closure the mandate under which lots were held that are not there is not known
    let mut differs = !same_act || !(tx.lots_left_out || stands(&holder) || stands(tx.signer()));
    let lots = BTreeSet::from_iter(lots_named(tx.event));
    if !differs && !lots.is_empty() && !tx.lots_left_out {
        for lot in &original.lots {
            let depends = tx.lot(lot)?.is_some_and(|row| row.deficit || row.counts.uses > 0);
            differs |= depends && !lots.contains(lot);
        }
    }
    if differs {
        return Err(Rejection::new(
            Rule::ReplacementDiffers,
            "a replacement keeps the act and the party, and the lots that others depend on",
        )
        .arg("record", voided)
        .conflicts(voided)
        .into());
    }
    Ok(())
}
