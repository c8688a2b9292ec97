//! The profile that an inspection is judged by, and its verdict.

use std::sync::Arc;

use super::super::tx::Tx;
use crate::chain::rows::{ProfileRow, profile_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Refusal, Rejection, Rule, StateError, Table};
use crate::quality::{Judgement, Measured, Profile};

/// Rule `profile-missing`: an inspection names the profile it is judged by.
pub(super) fn named_profile<'a>(tx: &Tx<'a>) -> Result<&'a crate::epcis::ProfileRef, Rejection> {
    let event: &'a crate::epcis::Event = tx.event;
    event.ext.profile.as_ref().ok_or_else(|| Rejection::new(Rule::ProfileMissing, "an inspection names jejak:profile"))
}

/// Rule `profile-not-in-force`: the profile named is on the ledger with these bytes, covers the commodity, and was in force at
/// the event's time.
fn require_profile_in_force(tx: &Tx<'_>, commodity: &str) -> Result<ProfileRow, Refusal> {
    let named = named_profile(tx)?;
    let at = tx.event.event_time.as_second();
    let row: Option<ProfileRow> = get(tx.state, Table::Profile, &profile_key(&named.id, &named.version))?;
    let of_commodity = named.id == commodity || named.id.split_once('/').is_some_and(|(of, _)| of == commodity);
    match row {
        Some(row)
            if of_commodity
                && row.blake3.to_string() == named.blake3
                && row.from <= at
                && row.until.is_none_or(|until| at < until)
                && !superseded(tx, &named.id, &row, at)? =>
        {
            Ok(row)
        }
        _ => Err(Rejection::new(
            Rule::ProfileNotInForce,
            format!(
                "profile {} {} with these bytes was not in force for {commodity} at the event time",
                named.id, named.version
            ),
        )
        .arg("profile", &named.id)
        .arg("version", &named.version)
        .into()),
    }
}

/// Whether a later version of the profile was in force at `at`: it ends the earlier one.
fn superseded(tx: &Tx<'_>, id: &str, row: &ProfileRow, at: i64) -> Result<bool, StateError> {
    for other in rows::<ProfileRow>(tx.state, Table::Profile, Scan::prefix(&profile_key(id, ""))) {
        let (_, other) = other?;
        if other.index > row.index && other.from <= at && other.until.is_none_or(|until| at < until) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The profile that judges, and the recomputed verdict. Rule `results-missing`: an inspection has results.
pub(super) fn judge(tx: &Tx<'_>, commodity: &str, form: &str) -> Result<(Arc<Profile>, Judgement), Refusal> {
    let row = require_profile_in_force(tx, commodity)?;
    let named = named_profile(tx)?;
    let missing = || StateError::new(format!("the bytes of profile {} {} are missing", named.id, named.version));
    let profile = tx.ctx.profiles.profile(&row.blake3).ok_or_else(missing)?;
    if let Some(unknown) = named.requirements.iter().find(|id| profile.requirement(id).is_none()) {
        return Err(requirement_unknown(&named.id, unknown).into());
    }
    let values = measured(tx);
    if values.is_empty() {
        return Err(Rejection::new(Rule::ResultsMissing, "an inspection carries at least one measured value").into());
    }
    let judgement = profile.judge(form, &named.requirements, &values);
    Ok((profile, judgement))
}

/// Rule `requirement-unknown`: the profile has the requirements that an inspection names.
fn requirement_unknown(profile: &str, requirement: &str) -> Rejection {
    Rejection::new(Rule::RequirementUnknown, format!("profile {profile} has no requirement {requirement}"))
        .arg("profile", profile)
        .arg("requirement", requirement)
}

/// The measured values of an event, as the profile reads them.
fn measured(tx: &Tx<'_>) -> Vec<Measured> {
    let reports = tx.event.sensors.iter().flat_map(|element| &element.reports);
    reports.map(Measured::from_report).collect()
}
