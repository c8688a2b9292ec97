//! `Clock`: the operator's time on the log. "Now" in every rule is the last one.

use super::checks::StatementContext;
use super::rows::LedgerRow;
use super::{Overlay, Refusal, Rejection, Rule, Table};
use crate::record::registry::{Clock, Role};

/// A batch that comes more than this after the last `Clock` begins with a new one, seconds (ruleset 1).
pub const EVERY: i64 = 60;

pub(super) fn state(state: &mut Overlay<'_>, clock: Clock, by: &StatementContext<'_>) -> Result<(), Refusal> {
    operator_only(by)?;
    clock_goes_back(clock, by)?;
    let row = LedgerRow { clock: clock.time, clock_index: by.index, ..by.ledger.clone() };
    state.put(Table::Ledger, b"", &row)?;
    Ok(())
}

/// Rule `operator-only`: only an operator signs the clock.
fn operator_only(by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.signer.has(Role::Operator) {
        return Ok(());
    }
    Err(Rejection::new(Rule::OperatorOnly, format!("{} does not operate this ledger", by.signer.iss))
        .arg("party", &by.signer.iss))
}

/// Rule `clock-goes-back`: the ledger's clock never goes back.
fn clock_goes_back(clock: Clock, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if clock.time >= by.ledger.clock {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::ClockGoesBack,
        format!("the last clock is {}, this one is {}", by.ledger.clock, clock.time),
    )
    .arg("last", by.ledger.clock)
    .arg("time", clock.time))
}
