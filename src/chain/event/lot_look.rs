//! Lots of one product whose numbers people take for each other: a warning on the one that is made later.
//!
//! Each look of a number has one row with the first lot that bears it; a lot that was voided bears it no more. What it is not: the
//! characters that a number may hold ([`crate::gs1::plain`]), nor names of parties (`lookalike`).

use super::tx::Tx;
use crate::chain::rows::lot_look_key;
use crate::chain::{Refusal, Rule, Table};
use crate::gs1::LotId;

/// Finding `lot-looks-alike`: a lot that is made differs from another of its product only in case, or in letters and digits that look
/// alike. Called before it is made.
pub(super) fn lot_looks_alike(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    let key = lot_look_key(lot);
    let first: Option<LotId> = tx.latest(Table::LotLook, &key)?;
    let other = match first {
        Some(other) if other != *lot && tx.lot(&other)?.is_some_and(|row| !row.produced.is_zero()) => other,
        _ => return Ok(tx.put(Table::LotLook, key, lot)?),
    };
    tx.finding(Rule::LotLooksAlike, std::slice::from_ref(lot), &[("other", other.uri())]);
    tx.alike.push(other);
    Ok(())
}
