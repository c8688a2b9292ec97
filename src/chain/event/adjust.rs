//! Adjust: stock is booked off, or on (with a finding), with a reason code of the closed list.

use super::goods::{goods_misplaced, goods_missing};
use super::tx::Tx;
use crate::chain::rows::Account;
use crate::chain::{Act, Refusal, Rejection, Rule};
use crate::epcis::Action;
use crate::gs1::LotId;

/// Reasons that book stock off.
pub const LOSSES: [&str; 6] = ["mortality", "drying", "spillage", "sample", "domestic-sale", "reweigh-loss"];
/// Reasons that book stock on.
pub const GAINS: [&str; 2] = ["reweigh-gain", "fattening"];

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    goods_missing(event.quantities.is_empty())?;
    let gain = event.action == Some(Action::Add);
    let reason = require_reason(event.ext.reason.as_deref(), gain)?.to_owned();
    let holder = tx.holder();
    let amounts = tx.amounts(&event.quantities, false)?;
    let lots: Vec<LotId> = amounts.iter().map(|(lot, _)| lot.clone()).collect();
    tx.require_mandate(&holder, Act::Adjust, &lots)?;
    for (lot, amount) in amounts {
        if gain {
            holds_none(tx, &lot, &holder)?;
            tx.account(&lot, Account::Produced, amount)?;
            tx.shift(&lot, &holder, amount)?;
            tx.settle_deficit(&lot)?;
            let unit = tx.unit(&lot)?;
            tx.finding(
                Rule::QuantityGained,
                std::slice::from_ref(&lot),
                &[("amount", amount.to_string()), ("unit", unit), ("reason", reason.clone())],
            );
        } else {
            tx.take(&lot, &holder, amount)?;
            tx.account(&lot, Account::Adjusted, amount)?;
        }
    }
    Ok(())
}

/// Rule `reason-unknown`: an adjustment gives a reason of the closed list, in the direction it books.
fn require_reason(reason: Option<&str>, gain: bool) -> Result<&str, Rejection> {
    let reason = reason.unwrap_or_default();
    let known = if gain { GAINS.contains(&reason) } else { LOSSES.contains(&reason) };
    if !known {
        return Err(Rejection::new(
            Rule::ReasonUnknown,
            format!("{reason:?} is not a reason to book stock {}", if gain { "on" } else { "off" }),
        )
        .arg("reason", reason)
        .arg("reasons", if gain { GAINS.join(", ") } else { LOSSES.join(", ") }));
    }
    Ok(reason)
}

/// Rule `holds-none`: a gain is booked only where there is stock.
fn holds_none(tx: &mut Tx<'_>, lot: &LotId, holder: &str) -> Result<(), Refusal> {
    tx.require_lot(lot)?;
    if !tx.held(lot, holder)?.is_positive() {
        return Err(Rejection::new(Rule::HoldsNone, format!("{holder} holds nothing of lot {lot}"))
            .arg("party", holder)
            .arg("lot", lot)
            .into());
    }
    Ok(())
}
