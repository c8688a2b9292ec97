//! `Mandate`: a party lets another act for it. A facilitator ships for a village, a field officer enters its harvests.

use std::collections::BTreeSet;

use super::checks::{StatementContext, require_current};
use super::rows::{MandateRow, mandate_key};
use super::state::get;
use super::{Act, Overlay, Refusal, Rejection, Rule, Table, authority};
use crate::gs1::LotId;
use crate::record::registry::Mandate;

pub(super) fn state(state: &mut Overlay<'_>, s: &Mandate, by: &StatementContext<'_>) -> Result<(), Refusal> {
    mandate_to_self(s, by)?;
    mandate_acts(s)?;
    authority::require_party(state, &s.to)?;
    let key = mandate_key(&by.signer.iss, &s.to);
    let current: Option<MandateRow> = get(state, Table::Mandate, &key)?;
    require_current(
        s.replaces,
        current.as_ref().map(|row| row.record),
        &format!("the mandate of {} for {}", by.signer.iss, s.to),
    )?;
    let row = MandateRow {
        record: by.record.id,
        index: by.index,
        acts: s.acts.clone(),
        lots: s.lots.clone(),
        until: s.until,
        ended: current.and_then(|row| {
            let last = (!row.acts.is_empty()).then(|| row.until.min(by.ledger.clock));
            last.max(row.ended)
        }),
    };
    state.put(Table::Mandate, &key, &row)?;
    Ok(())
}

/// Rule `mandate-to-self`: a mandate is for another party.
fn mandate_to_self(s: &Mandate, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if s.to == by.signer.iss {
        return Err(Rejection::new(Rule::MandateToSelf, "a mandate is for another party").arg("party", &s.to));
    }
    Ok(())
}

/// Rule `mandate-acts`: a mandate names acts of the table.
fn mandate_acts(s: &Mandate) -> Result<(), Rejection> {
    match s.acts.iter().find(|named| !Act::in_mandates().any(|act| act.name() == **named)) {
        None => Ok(()),
        Some(act) => {
            let known: Vec<&str> = Act::in_mandates().map(Act::name).collect();
            Err(Rejection::new(Rule::MandateActs, format!("{act} is no act a mandate can give"))
                .arg("act", act)
                .arg("acts", known.join(", ")))
        }
    }
}

/// Whether a mandate is in force at `now` (Unix seconds) for `act` on `lots`.
pub(super) fn covers(row: &MandateRow, act: Act, lots: &[LotId], now: i64) -> bool {
    let all = |given: &Vec<LotId>| {
        let given: BTreeSet<&LotId> = given.iter().collect();
        lots.iter().all(|lot| given.contains(lot))
    };
    act.info().mandate
        && now < row.until
        && row.acts.iter().any(|named| named == act.name())
        && row.lots.as_ref().is_none_or(all)
}
