//! `Guide`: the export guides that the authority puts in force. They advise people; no rule judges by them.
//!
//! A guide of an id is in force from its statement until the next of the same id. What it is not: what a guide says (`crate::guide`).

use super::checks::{StatementContext, authority_only};
use super::rows::GuideRow;
use super::state::{Scan, row, rows};
use super::{Overlay, Refusal, Rejection, Rule, State, StateError, Table};
use crate::record::registry::Guide;

pub(super) fn state(state: &mut Overlay<'_>, s: &Guide, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    guide_exists(state, s)?;
    guide_bytes_missing(s, by)?;
    let row = GuideRow {
        record: by.record.id,
        index: by.index,
        version: s.version.clone(),
        blake3: s.blake3,
        bytes: s.bytes,
    };
    state.put(Table::Guide, s.id.as_bytes(), &row)?;
    Ok(())
}

/// Rule `guide-exists`: the next guide of an id has another version.
fn guide_exists(state: &Overlay<'_>, s: &Guide) -> Result<(), Refusal> {
    match row::<GuideRow>(state, Table::Guide, s.id.as_bytes())? {
        Some(there) if there.version == s.version => Err(Rejection::new(
            Rule::GuideExists,
            format!("version {} of guide {} is in force already", s.version, s.id),
        )
        .arg("guide", &s.id)
        .arg("version", &s.version)
        .into()),
        _ => Ok(()),
    }
}

/// Rule `guide-bytes-missing`: the bytes of a guide are uploaded before the statement, and say what the statement says. On replay
/// nothing hangs on them.
fn guide_bytes_missing(s: &Guide, by: &StatementContext<'_>) -> Result<(), Rejection> {
    let admission = by.ctx.refusals.is_some();
    let profiles = by.ctx.profiles;
    let same = || profiles.guide(&s.blake3).is_some_and(|(id, version)| id == s.id && version == s.version);
    if !admission || (same() && profiles.keep(&s.blake3)) {
        return Ok(());
    }
    Err(Rejection::new(Rule::GuideBytesMissing, format!("upload the bytes of guide {} {} first", s.id, s.version))
        .arg("guide", &s.id)
        .arg("version", &s.version)
        .retryable())
}

/// The guides in force, by id.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn in_force(state: &dyn State) -> Result<Vec<(String, GuideRow)>, StateError> {
    let found = rows::<GuideRow>(state, Table::Guide, Scan::default());
    found.map(|row| row.map(|(key, row)| (String::from_utf8_lossy(&key).into_owned(), row))).collect()
}
