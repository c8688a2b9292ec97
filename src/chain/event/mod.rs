//! The event half of the rules: what each act of the closed table does to lots, stock, containers and shipments.
//!
//! Order: the act is found ([`table`]), what every event owes is checked ([`common`]), then the act's own file decides. All
//! changes are held in a [`tx::Tx`] and written together, so a refused event leaves nothing. What it is not: the checks every
//! record gets (`authority`), nor the answers about a lot (`query`).

mod adjust;
mod common;
mod correct;
mod harvest;
mod hold;
mod inspect;
mod label;
mod observe;
mod pack;
mod process;
mod receive;
mod ship;
pub mod table;
mod trade;
mod tx;
mod who;

pub use adjust::{GAINS, LOSSES};

use super::authority::Signer;
use super::entity_index::Moved;
use super::rows::Effects;
use super::{Act, Context, Outcome, Overlay, Refusal};
use crate::epcis::Event;
use crate::record::Record;
use tx::{Input, Tx};

/// Applies an event at `clock`, which is "now" in every rule: the last `Clock`, Unix seconds, 0 before the first. Says as well
/// what the event concerns without naming it. The closed table of acts admits nothing else.
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
) -> Result<(Outcome, Moved), Refusal> {
    let act = table::act_not_in_table(event)?;
    let mut tx = Tx::new(state, ctx, Input { index, record: record.id, by: signer, clock, event, act });
    perform(&mut tx)?;
    let done = Done::take(&mut tx);
    for (table, key, value) in done.writes {
        state.write(table, key, value);
    }
    Ok((Outcome { act: done.act, findings: done.findings }, done.moved))
}

fn perform(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    common::check(tx)?;
    match tx.act {
        Act::Harvest => harvest::apply(tx),
        Act::Process => process::apply(tx),
        Act::Adjust => adjust::apply(tx),
        Act::Sample => inspect::sample(tx),
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
    common::settle(tx)
}

/// What is left of a [`Tx`] once it no longer borrows the state.
struct Done {
    act: Act,
    writes: Vec<tx::Write>,
    moved: Moved,
    findings: Vec<super::Finding>,
}

impl Done {
    fn take(tx: &mut Tx<'_>) -> Done {
        let deltas = std::mem::take(&mut tx.deltas);
        let moved = Moved {
            lots: std::mem::take(&mut tx.named),
            entities: std::mem::take(&mut tx.entities),
            on_behalf: tx.on_behalf.take(),
            effects: Effects { deltas, voids: tx.voids, replaced_by: None, lifts: tx.lifts },
        };
        Done { act: tx.act, writes: tx.drain(), moved, findings: std::mem::take(&mut tx.findings) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
