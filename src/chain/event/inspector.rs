//! Who inspects: an accredited inspector, and whether it is an outsider to the goods.

use super::tx::Tx;
use crate::chain::accredited::may_be_renewed;
use crate::chain::rows::RecordRow;
use crate::chain::state::row;
use crate::chain::{Refusal, Rejection, Rule, StateError, Table};
use crate::gs1::LotId;
use crate::record::registry::Role;

/// Rule `inspector-only`: results come from parties enrolled as inspectors.
pub(super) fn inspector_only(tx: &Tx<'_>) -> Result<(), Rejection> {
    if !tx.by.has(Role::Inspector) {
        return Err(Rejection::new(Rule::InspectorOnly, format!("{} is not enrolled as an inspector", tx.signer()))
            .arg("party", tx.signer()));
    }
    Ok(())
}

/// Rule `not-accredited`: the inspector is accredited for the commodity at the event's time, and was when the event was entered.
pub(super) fn not_accredited(tx: &mut Tx<'_>, commodity: &str) -> Result<(), Refusal> {
    if tx.is_accredited(commodity)? { Ok(()) } else { Err(no_accreditation(tx, commodity)?.into()) }
}

/// Whether the signer is an inspector that is accredited for the commodity of a lot.
pub(super) fn is_accredited_inspector(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    if !tx.by.has(Role::Inspector) {
        return Ok(false);
    }
    let commodity = tx.require_product(lot.gtin)?.commodity.clone();
    Ok(tx.is_accredited(&commodity)?)
}

/// Rule `not-accredited`. Retryable for so long as a renewal may be on its way.
pub(super) fn no_accreditation(tx: &Tx<'_>, commodity: &str) -> Result<Rejection, StateError> {
    let at = tx.event.event_time.as_second();
    let may_come = may_be_renewed(tx.state, tx.signer(), commodity, at, tx.clock)?;
    let mut detail = format!("{} had no accreditation for {commodity} at the event time", tx.signer());
    if may_come {
        detail.push_str("; one expired a short time ago: submit the event again once its renewal is on the ledger");
    }
    let rejection = Rejection::new(Rule::NotAccredited, detail).arg("party", tx.signer()).arg("commodity", commodity);
    Ok(if may_come { rejection.retryable() } else { rejection })
}

/// Whether the signer is on a side: it has to do with the lot or with what it was made from, or acts for a party that does, or could at
/// any time since the lot was made: a mandate that ended just before the test makes nobody an outsider. Of a lot
/// with more parties than are kept nobody is independent. To receive a sample is no side.
pub(super) fn is_own_check(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    let made = tx.shared_lot(lot)?;
    if made.sides.is_incomplete() || tx.has_to_do_with(tx.signer(), lot)? {
        return Ok(true);
    }
    let since = row::<RecordRow>(tx.state, Table::Record, made.created_by.as_bytes())?.map_or(0, |row| row.clock);
    for side in made.sides.iter() {
        if tx.mandated_since(side, since)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rule `separation-of-duties`: who has to do with goods does not release them from quarantine.
pub(super) fn separation_of_duties(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    if is_own_check(tx, lot)? {
        return Err(Rejection::new(
            Rule::SeparationOfDuties,
            format!("{} has to do with lot {lot}, or acts for a party that does", tx.signer()),
        )
        .arg("party", tx.signer())
        .arg("lot", lot)
        .into());
    }
    Ok(())
}
