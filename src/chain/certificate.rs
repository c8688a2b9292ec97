//! `Certificate`: what a party holds of offices outside the ledger, such as a business number or a plant approval, as it is stated here.
//!
//! Nothing is admitted or refused by one: it is for people, who see who states it, and for what is still missing before an export.

use super::authority::require_party;
use super::checks::{StatementContext, is_enroller, require_current, too_many_in_force};
use super::rows::{CertificateRow, PartyRow};
use super::state::get;
use super::{Overlay, Refusal, Rejection, Rule, State, StateError, Table};
use crate::record::registry::Certificate;

/// Most certificates of a party that were not replaced: a reader reads them all.
pub const MAX_CERTIFICATES: usize = 64;

pub(super) fn state(state: &mut Overlay<'_>, s: &Certificate, by: &StatementContext<'_>) -> Result<(), Refusal> {
    let party = require_party(state, &s.party)?;
    certificate_by_whom(s, &party, by)?;
    let mut held = of_party(state, &s.party)?;
    if let Some(old) = s.replaces {
        let Some(at) = held.iter().position(|row| row.record == old && row.kind == s.kind) else {
            return Ok(require_current(Some(old), None, &format!("certificate {old}"))?);
        };
        held.remove(at);
    }
    if !s.withdrawn {
        too_many_in_force(held.len(), MAX_CERTIFICATES, &format!("certificates of {}", s.party))?;
        held.push(CertificateRow {
            record: by.record.id,
            by: by.signer.iss.clone(),
            kind: s.kind.clone(),
            number: s.number.clone(),
            issuer: s.issuer.clone(),
            from: s.from.map(|day| day.to_string()),
            until: s.until.map(|day| day.to_string()),
            document: s.document,
        });
    }
    state.put(Table::Certificate, s.party.as_bytes(), &held)?;
    Ok(())
}

/// Rule `certificate-by-whom`: a certificate is stated by the party that holds it, the region that enrolled it, or the authority.
fn certificate_by_whom(s: &Certificate, party: &PartyRow, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.signer.iss == s.party || is_enroller(by.signer, party) {
        return Ok(());
    }
    let detail = format!("a certificate of {} is stated by itself, by {} or by the authority", s.party, party.enroller);
    Err(Rejection::new(Rule::CertificateByWhom, detail).arg("party", &s.party).arg("enroller", &party.enroller))
}

/// The certificates of a party that were not replaced or withdrawn, oldest first.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn of_party(state: &dyn State, party: &str) -> Result<Vec<CertificateRow>, StateError> {
    Ok(get(state, Table::Certificate, party.as_bytes())?.unwrap_or_default())
}
