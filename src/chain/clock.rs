//! `Clock`, `ClockPermit` and `ClockReset`: the time on the log. "Now" in every rule is the last one.
//!
//! The operator signs the clock, and nothing on a log shows what time it is. So the operator alone may go on only so far: a longer
//! step, or a longer way without a statement of the authority, takes a permit that the authority signs for the clock in force; and the
//! authority can set a clock that went wrong. What it is not: how a node reads its machine's clock (`ledger::wall_clock`).

use super::checks::{StatementContext, authority_only, too_many_in_force};
use super::rows::LedgerRow;
use super::{Overlay, Refusal, Rejection, Rule, Table, authority};
use crate::record::RecordId;
use crate::record::registry::{Clock, ClockPermit, ClockReset, Role};

/// A batch that comes more than this after the last `Clock` begins with a new one, seconds (ruleset 1). None comes sooner.
pub const EVERY: i64 = 60;
const DAY: i64 = 24 * 60 * 60;
/// The longest step of the clock without a permit: 100 days. A running node signs a clock every day, so a step is a time that the node
/// was off: an office without power or ferry for a season goes on by itself.
pub const STEP: i64 = 100 * DAY;
/// How far the clock goes in all without a permit after the authority's last statement: 400 days. Else many short steps would go as far
/// as one long one. An authority that renews anything once a year never meets it.
pub const ALONE: i64 = 400 * DAY;

/// Most resets that name a first wrong entry: every record that is shown is looked up in them all.
pub const MAX_RESETS: usize = 64;

/// Whether the operator may not set the clock to `time` by itself.
pub fn needs_permit(ledger: &LedgerRow, time: i64) -> bool {
    // before the first clock there is the time that the authority's device stated in entry 0
    let last = if ledger.clock == 0 { ledger.confirmed } else { ledger.clock };
    let far = time.saturating_sub(last) > STEP || time.saturating_sub(ledger.confirmed) > ALONE;
    far && ledger.clock_permit.is_none_or(|until| time > until)
}

/// Whether a reset states that the entry `index` was logged while the clock was wrong.
pub fn was_reset(ledger: &LedgerRow, index: u64) -> bool {
    ledger.resets.iter().any(|(since, reset)| (*since..*reset).contains(&index))
}

pub(super) fn state(state: &mut Overlay<'_>, clock: Clock, by: &StatementContext<'_>) -> Result<(), Refusal> {
    operator_only(by)?;
    clock_goes_back(clock.time, by)?;
    clock_too_often(clock, by)?;
    clock_needs_permit(clock, by)?;
    let mut row = by.ledger.clone();
    // as far as it permits, the authority knows what time it is
    if row.clock_permit.is_some_and(|until| clock.time <= until) {
        row.confirmed = clock.time;
    }
    put(state, clock.time, by, row)
}

/// A new clock ends the permit: it was for the clock before.
fn put(state: &mut Overlay<'_>, time: i64, by: &StatementContext<'_>, before: LedgerRow) -> Result<(), Refusal> {
    let row = LedgerRow {
        clock: time,
        clock_index: by.index,
        clock_record: Some(by.record.id),
        clock_permit: None,
        ..before
    };
    state.put(Table::Ledger, b"", &row)?;
    Ok(())
}

pub(super) fn permit(state: &mut Overlay<'_>, s: ClockPermit, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    clock_moved_on(s.after, by)?;
    clock_goes_back(s.until, by)?;
    state.put(Table::Ledger, b"", &LedgerRow { clock_permit: Some(s.until), ..by.ledger.clone() })?;
    Ok(())
}

pub(super) fn reset(state: &mut Overlay<'_>, s: ClockReset, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    clock_moved_on(s.after, by)?;
    if s.since.is_some() {
        too_many_in_force(by.ledger.resets.len(), MAX_RESETS, "resets of the clock that name a first wrong entry")?;
    }
    let mut row = by.ledger.clone();
    // every proof holds it, like what else the authority puts in force: the clocks around it make sense only with it
    row.statements = row.statements.saturating_add(1);
    row.resets.extend(s.since.map(|since| (since, by.index)));
    put(state, s.time, by, row)
}

/// The authority stated something: from this time on the operator goes on alone.
pub(super) fn confirmed(state: &mut Overlay<'_>) -> Result<(), Refusal> {
    let ledger = authority::shared_ledger(state)?;
    if ledger.clock != 0 && ledger.confirmed != ledger.clock {
        state.put(Table::Ledger, b"", &LedgerRow { confirmed: ledger.clock, ..LedgerRow::clone(&ledger) })?;
    }
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

/// Rule `clock-goes-back`: the ledger's clock never goes back, but by the authority's reset.
fn clock_goes_back(time: i64, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if time >= by.ledger.clock {
        return Ok(());
    }
    Err(Rejection::new(Rule::ClockGoesBack, format!("the last clock is {}, this one is {time}", by.ledger.clock))
        .arg("last", by.ledger.clock)
        .arg("time", time))
}

/// Rule `clock-too-often`: a clock comes a minute after the last one. Clocks stand outside the limits of a day, and would be without
/// bound.
fn clock_too_often(clock: Clock, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.ledger.clock == 0 || clock.time - by.ledger.clock >= EVERY {
        return Ok(());
    }
    Err(Rejection::new(Rule::ClockTooOften, format!("the last clock, {}, is less than a minute old", by.ledger.clock))
        .arg("last", by.ledger.clock)
        .arg("time", clock.time))
}

/// Rule `clock-needs-permit`: a step of more than 100 days, or a way of more than 400 days since the authority's last statement, takes
/// the authority's permit. Some clocks are missing in a proof, so that its steps cannot be judged.
fn clock_needs_permit(clock: Clock, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.ctx.partial || !needs_permit(by.ledger, clock.time) {
        return Ok(());
    }
    let detail = format!("from {} to {} the clock goes only with the authority's permit", by.ledger.clock, clock.time);
    Err(Rejection::new(Rule::ClockNeedsPermit, detail).arg("last", by.ledger.clock).arg("time", clock.time))
}

/// Rule `clock-moved-on`: a permit or reset names the clock in force that it follows, so that none can be kept for later.
fn clock_moved_on(after: Option<RecordId>, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.ctx.partial || after == by.ledger.clock_record {
        return Ok(());
    }
    let rejection = Rejection::new(Rule::ClockMovedOn, "it does not name the last clock on the ledger: sign it again");
    Err(match by.ledger.clock_record {
        Some(last) => rejection.conflicts(last),
        None => rejection,
    })
}
