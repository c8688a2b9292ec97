//! Dispatch of registry statements: each kind has its own file.

use super::authority::Signer;
use super::checks::StatementContext;
use super::rows::LedgerRow;
use super::{
    Act, Context, Outcome, Overlay, Refusal, certificate, clock, guide, keys, mandate, party, place, product,
    specification, statements,
};
use crate::record::Record;
use crate::record::registry::{Role, Statement};

/// Applies a registry statement.
pub(super) fn apply(
    state: &mut Overlay<'_>,
    index: u64,
    record: &Record,
    statement: &Statement,
    ctx: &Context<'_>,
    signer: &Signer,
    ledger: &LedgerRow,
) -> Result<Outcome, Refusal> {
    let by = &StatementContext { index, record, signer, ledger, ctx };
    let mut act = Act::Registry;
    let mut findings = Vec::new();
    match statement {
        Statement::Party(s) => findings.extend(party::state(state, s, by)?),
        Statement::PartyStatus(s) => party::status(state, s, by)?,
        Statement::Key(s) => keys::admit(state, s, by)?,
        Statement::KeyRevocation(s) => keys::revoke(state, s, by)?,
        Statement::Accreditation(s) => party::accredit(state, s, by)?,
        Statement::Mandate(s) => mandate::state(state, s, by)?,
        Statement::Product(s) => product::state(state, s, by)?,
        Statement::Place(s) => place::state(state, s, by)?,
        Statement::Profile(s) => statements::profile(state, s, by)?,
        Statement::Specification(s) => specification::state(state, s, by)?,
        Statement::Guide(s) => guide::state(state, s, by)?,
        Statement::Certificate(s) => certificate::state(state, s, by)?,
        Statement::Ruleset(s) => statements::ruleset(state, s, by)?,
        Statement::LogKeys(s) => statements::log_keys(state, s, by)?,
        Statement::Clock(s) => {
            clock::state(state, *s, by)?;
            act = Act::Clock;
        }
        Statement::ClockPermit(s) => clock::permit(state, *s, by)?,
        Statement::ClockReset(s) => clock::reset(state, *s, by)?,
    }
    // a clock of a node that the authority runs does not confirm the clock
    if signer.has(Role::Authority) && act != Act::Clock {
        clock::confirmed(state)?;
    }
    Ok(Outcome { act, findings })
}
