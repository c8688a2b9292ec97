//! Names of parties that look alike: refused against an office, a notice between others.
//!
//! Each look ([`crate::text::skeleton`]) has one row: the first parties that bear it, offices before others. The rows follow what a party
//! is called now, so that a statement costs its own names, old and new, however many parties there are. What it is not: a check that a party
//! is who it says; village enterprises of one name are normal.

use std::collections::BTreeSet;

use super::checks::StatementContext;
use super::outcome::{Finding, Rejection, Severity};
use super::rows::{NameRow, PartyRow, name_key};
use super::state::get;
use super::{Overlay, Refusal, Rule, Table};
use crate::names::Names;
use crate::record::registry::{Party, Role};
use crate::text::skeleton;

/// Most bearers of one look that are listed.
pub const MOST_BEARERS: usize = 16;

/// Whether a party's name is taken for an authority: nobody else may bear it.
fn is_office(mut roles: impl Iterator<Item = Role>) -> bool {
    roles.any(|role| matches!(role, Role::Authority | Role::Region | Role::Inspector))
}

/// The looks of a name in all its languages.
fn looks(name: &Names) -> BTreeSet<String> {
    name.iter().flat_map(|(_, text)| skeleton::keys(text)).collect()
}

/// Takes the names of a statement into the rows, those that it gives up out of them. Returns the earlier party that bears one of them.
///
/// # Errors
/// Rejection `name-of-an-office`.
pub(super) fn name(
    state: &mut Overlay<'_>,
    s: &Party,
    known: Option<&PartyRow>,
    partial: bool,
) -> Result<Option<String>, Refusal> {
    // a proof has not every party
    if partial {
        return Ok(None);
    }
    let (now, before) = (looks(&s.name), known.map(|row| looks(&row.name)).unwrap_or_default());
    let office = is_office(s.roles.iter().copied());
    let mut like = None;
    for look in before.union(&now) {
        let key = name_key(look);
        let found: Option<NameRow> = get(state, Table::Name, &key)?;
        let mut row = found.clone().unwrap_or_default();
        if now.contains(look) {
            let mut others = row.bearers.iter().filter(|(party, _)| *party != s.party);
            // who bore it before the office did keeps it
            if let Some((other, _)) = others.find(|(_, office)| *office).filter(|_| !before.contains(look)) {
                return Err(name_of_an_office(s, other).into());
            }
            let first = row.bearers.first().filter(|(party, _)| *party != s.party);
            like = like.or_else(|| first.map(|(party, _)| party.clone()));
        }
        list(&mut row, &s.party, now.contains(look).then_some(office));
        if found.as_ref() != Some(&row) {
            state.put(Table::Name, &key, &row)?;
        }
    }
    Ok(like)
}

/// Lists a party that bears a name, with whether it is an office, or (`None`) takes it out. Offices are listed before others; and the
/// last of a list that was too short for all stays, or those that are not listed would be forgotten.
pub(super) fn list(row: &mut NameRow, party: &str, bears: Option<bool>) {
    let known = row.bearers.iter().position(|(listed, _)| listed == party);
    match (known, bears) {
        (None, None) => {}
        (Some(_), None) if !row.more || row.bearers.len() > 1 => row.bearers.retain(|(listed, _)| listed != party),
        (Some(at), _) => row.bearers[at].1 = bears.unwrap_or_default(),
        (None, Some(office)) if row.bearers.len() < MOST_BEARERS => row.bearers.push((party.to_owned(), office)),
        (None, Some(office)) => {
            row.more = true;
            if let Some(last) = row.bearers.iter_mut().rfind(|(_, listed)| office && !*listed) {
                *last = (party.to_owned(), office);
            }
        }
    }
}

/// Rule `name-of-an-office`: no party is called like the authority, a region's office or an inspector that was there before, in letters
/// that look the same.
fn name_of_an_office(s: &Party, other: &str) -> Rejection {
    Rejection::new(Rule::NameOfAnOffice, format!("the name of {} looks like that of {other}", s.party))
        .arg("party", &s.party)
        .arg("other", other)
}

/// Finding `name-looks-alike`: an earlier party is called alike.
pub(super) fn finding(s: &Party, other: &str, by: &StatementContext<'_>) -> Finding {
    Finding {
        rule: Rule::NameLooksAlike,
        severity: Severity::Notice,
        lots: Vec::new(),
        record: by.record.id,
        args: vec![("party".to_owned(), s.party.clone()), ("other".to_owned(), other.to_owned())],
    }
}
