//! `Place`: a GLN, registered by its owner within a vouched prefix.

use super::authority::Signer;
use super::checks::{StatementContext, not_the_owner, require_current};
use super::rows::PlaceRow;
use super::state::get;
use super::words::{self, Thing};
use super::{Overlay, Refusal, Rejection, Rule, Table};
use crate::record::registry::Place;

pub(super) fn state(state: &mut Overlay<'_>, s: &Place, by: &StatementContext<'_>) -> Result<(), Refusal> {
    gln_outside_prefix(s, by.signer)?;
    let key = s.gln.number().to_be_bytes();
    let current: Option<PlaceRow> = get(state, Table::Place, &key)?;
    require_current(s.replaces, current.as_ref().map(|row| row.record), &format!("place {}", s.gln))?;
    if let Some(row) = &current {
        not_the_owner(&row.owner, by.signer, &s.gln.to_string())?;
    }
    let row = PlaceRow {
        record: by.record.id,
        owner: by.signer.iss.clone(),
        name: s.name.clone(),
        kind: s.kind.clone(),
        country: s.country.clone(),
        region: s.region.clone(),
        near: s.near.clone(),
    };
    state.put(Table::Place, &key, &row)?;
    // a proof is not searched
    if !by.ctx.partial {
        words::list(state, &Thing::Place(s.gln), current.as_ref().map(words::of_place), &words::of_place(&row))?;
    }
    Ok(())
}

/// Rule `gln-outside-prefix`: a place's GLN lies in a prefix vouched for its owner; the authority registers places of
/// parties that have none.
fn gln_outside_prefix(s: &Place, signer: &Signer) -> Result<(), Rejection> {
    if signer.party.prefixes.iter().any(|prefix| s.gln.in_prefix(prefix)) {
        return Ok(());
    }
    Err(Rejection::new(Rule::GlnOutsidePrefix, format!("no prefix vouched for {} covers {}", signer.iss, s.gln))
        .arg("gln", s.gln)
        .arg("party", &signer.iss))
}
