//! The event half of the rules: what each act of the closed table does to lots, stock, containers and shipments.
//!
//! Order: the act is found ([`act_of`]), what holds for every event is checked ([`common`]), then the rules in the act's own file.
//! All changes are held in a [`tx::Tx`] and written together, so a refused event leaves nothing. What it is not: the checks every
//! record gets (`authority`), nor queries about a lot (`query`).

mod about_shipment;
mod adjust;
mod balance;
mod buyer;
mod common;
mod correct;
mod double;
mod goods;
mod handover;
mod harvest;
mod hold;
mod inspect;
mod inspector;
mod label;
mod long_ago;
mod lot_look;
mod market;
mod monitor;
mod observe;
mod pack;
mod process;
mod receive;
mod retest;
mod sample;
mod ship;
mod standard;
mod trade;
mod tx;
mod who;

pub use adjust::{GAINS, LOSSES};
pub(super) use common::cited;

use super::authority::Signer;
use super::entity_index::Affected;
use super::rows::Effects;
use super::{Act, Context, Outcome, Overlay, Refusal, Rejection, Rule};
use crate::epcis::{Action, Event};
use crate::record::Record;
use tx::{Input, Tx};

/// Applies an event at `clock`, which is "now" in every rule: the last `Clock`, Unix seconds, 0 before the first. Returns the outcome,
/// and the entities that the event affects without naming them.
///
/// # Errors
/// [`Refusal`] as for [`super::apply`].
pub fn apply(
    state: &mut Overlay<'_>,
    index: u64,
    record: &Record,
    event: &Event,
    ctx: &Context<'_>,
    signer: &Signer,
    clock: i64,
) -> Result<(Outcome, Affected), Refusal> {
    let act = act_of(event)?;
    let signed = (record.kid, record.claims.seq);
    let input = Input { index, record: record.id, by: signer, signed, clock, event, act };
    let mut tx = Tx::new(state, ctx, input);
    perform(&mut tx)?;
    let done = Done::take(&mut tx);
    for (table, key, value) in done.writes {
        state.write(table, key, value);
    }
    Ok((Outcome { act: done.act, findings: done.findings }, done.affected))
}

/// The act that `event` performs.
///
/// # Errors
/// Rule `act-not-in-table`: an event that has the form of no act is refused.
pub fn act_of(event: &Event) -> Result<Act, Rejection> {
    match Act::of_form(event) {
        Some(_) if event.error.is_some() => Ok(Act::Correct),
        Some(act) => Ok(act),
        None => {
            let (kind, action) = (event.kind.name(), event.action.map_or("none", Action::name));
            let step = event.biz_step.as_deref().unwrap_or("none");
            let detail = format!("no act has type {kind}, action {action} and bizStep {step}");
            Err(Rejection::new(Rule::ActNotInTable, detail).arg("type", kind).arg("action", action).arg("step", step))
        }
    }
}

fn perform(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    common::check(tx)?;
    match tx.act {
        Act::Harvest => harvest::apply(tx),
        Act::Process => process::apply(tx),
        Act::Adjust => adjust::apply(tx),
        Act::Sample => sample::apply(tx),
        Act::Monitor => monitor::apply(tx),
        Act::Inspect => inspect::apply(tx),
        Act::Observe => observe::apply(tx),
        Act::Pack => pack::pack(tx),
        Act::Unpack => pack::unpack(tx),
        Act::Label => label::apply(tx),
        Act::Ship => ship::apply(tx),
        Act::VoidShipment => ship::void(tx),
        Act::Receive | Act::DeliverOutside => receive::apply(tx),
        Act::Trade => trade::apply(tx),
        Act::Hold => hold::apply(tx),
        Act::Correct => correct::apply(tx),
        Act::Registry | Act::Clock => Ok(()),
    }?;
    market::apply(tx)?;
    buyer::apply(tx)?;
    common::settle(tx)
}

/// What is left of a [`Tx`] once it no longer borrows the state.
struct Done {
    act: Act,
    writes: Vec<tx::Write>,
    affected: Affected,
    findings: Vec<super::Finding>,
}

impl Done {
    fn take(tx: &mut Tx<'_>) -> Done {
        let deltas = std::mem::take(&mut tx.deltas);
        let affected = Affected {
            lots: std::mem::take(&mut tx.named),
            entities: std::mem::take(&mut tx.entities),
            on_behalf: tx.on_behalf.take(),
            documents: tx.documents,
            effects: Effects {
                deltas,
                voids: tx.voids,
                replaced_by: None,
                lifts: tx.lifts,
                alike: std::mem::take(&mut tx.alike),
            },
        };
        Done { act: tx.act, writes: tx.drain(), affected, findings: std::mem::take(&mut tx.findings) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
