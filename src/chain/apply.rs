//! One record through the rules: the checks every record gets, those of its statement or act, and the rows it leaves.

use super::acts::Act;
use super::context::Context;
use super::entity_index::{self, Affected};
use super::outcome::{Outcome, Refusal};
use super::overlay::Overlay;
use super::{authority, event, keys, party, quota, registry, statements};
use crate::record::{Payload, Record};

/// Applies one record at `index`. The caller calls [`Overlay::mark`] before; when the record is refused, its writes are undone here.
///
/// # Errors
/// [`Refusal::Rejected`] when a rule refuses it, [`Refusal::Storage`] when state can't be read.
pub fn apply(state: &mut Overlay<'_>, index: u64, record: &Record, ctx: &Context<'_>) -> Result<Outcome, Refusal> {
    let outcome = admit(state, index, record, ctx);
    if outcome.is_err() {
        state.undo();
    }
    outcome
}

fn admit(state: &mut Overlay<'_>, index: u64, record: &Record, ctx: &Context<'_>) -> Result<Outcome, Refusal> {
    if index == 0 {
        return party::found(state, record);
    }
    let ledger = authority::shared_ledger(state)?;
    statements::unknown_ruleset(ledger.ruleset)?;
    authority::wrong_ledger(record, &ledger)?;
    authority::duplicate_record(state, record)?;
    if keys::rotate_by_successor(state, index, record, &ledger)? {
        return Ok(Outcome { act: Act::Registry, findings: Vec::new() });
    }
    let signer = authority::signer(state, record)?;
    authority::key_purpose(record, &signer)?;
    quota::day_quota(record, &signer, ledger.clock, ctx)?;
    let mut findings = authority::sequence(state, record, &signer, ledger.clock, ctx)?;
    if let Payload::Event(event) = &record.payload {
        authority::ruleset_missing(&ledger)?;
        authority::claim_event_id(state, record, event)?;
    }
    let (mut outcome, affected) = match &record.payload {
        Payload::Registry(statement) => {
            (registry::apply(state, index, record, statement, ctx, &signer, &ledger)?, Affected::default())
        }
        Payload::Event(event) => {
            state.uncounted(|state| event::cited(state, ctx, event))?;
            let clock = ledger.clock;
            let apply = |state: &mut Overlay<'_>| event::apply(state, index, record, event, ctx, &signer, clock);
            match state.limited(quota::EVENT_ROWS, apply) {
                (Err(_), true) => return Err(quota::too_much_to_read().into()),
                (applied, _) => applied?,
            }
        }
    };
    outcome.findings.append(&mut findings);
    let about = entity_index::settle(state, index, record, &ledger, &outcome, affected)?;
    quota::count(state, index, record, &signer, &outcome, ledger.clock, &about)?;
    Ok(outcome)
}
