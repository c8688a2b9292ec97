//! The profile and the specifications that an inspection is judged by, and its verdict.

use std::sync::Arc;

use super::tx::Tx;
use crate::chain::rows::{ProductRow, ProfileRow, profile_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Refusal, Rejection, Rule, StateError, Table, specification};
use crate::gs1::LotId;
use crate::quality::plan::LotSize;
use crate::quality::{Judgement, Measured, Occasion, Profile, Specification};
use crate::record::RecordId;

/// Rule `profile-missing`: an inspection names the profile it is judged by.
pub(super) fn named_profile<'a>(tx: &Tx<'a>) -> Result<&'a crate::epcis::ProfileRef, Rejection> {
    let event: &'a crate::epcis::Event = tx.event;
    event.ext.profile.as_ref().ok_or_else(|| Rejection::new(Rule::ProfileMissing, "an inspection names jejak:profile"))
}

/// The profile that judges an inspection.
pub(super) struct Standard {
    pub(super) profile: Arc<Profile>,
    /// When it, or a specification beside it, ends or was ended by a later version, Unix seconds.
    pub(super) end: Option<i64>,
}

/// Rule `profile-not-in-force`: the profile named is on the ledger with these bytes, covers the commodity, and was in force at
/// the event's time. Returns its row, and when it ended.
fn require_profile_in_force(tx: &Tx<'_>, commodity: &str) -> Result<(ProfileRow, Option<i64>), Refusal> {
    let named = named_profile(tx)?;
    let at = tx.event.event_time.as_second();
    let row: Option<ProfileRow> = get(tx.state, Table::Profile, &profile_key(&named.id, &named.version))?;
    let of_commodity = named.id == commodity || named.id.split_once('/').is_some_and(|(of, _)| of == commodity);
    let not_in_force = || {
        let detail = format!(
            "profile {} {} with these bytes was not in force for {commodity} at the event time",
            named.id, named.version
        );
        Rejection::new(Rule::ProfileNotInForce, detail).arg("profile", &named.id).arg("version", &named.version)
    };
    let row = row.filter(|row| of_commodity && row.blake3.to_string() == named.blake3 && row.from <= at);
    let row = row.ok_or_else(not_in_force)?;
    let end = in_force_until(tx, &named.id, &row, at)?.ok_or_else(not_in_force)?;
    Ok((row, end))
}

/// Until when a version of a profile that is in force at `at` stays so, if that is known; `None` when it is not in force then. A later
/// version that is in force ends the earlier ones.
fn in_force_until(tx: &Tx<'_>, id: &str, row: &ProfileRow, at: i64) -> Result<Option<Option<i64>>, StateError> {
    let mut end = row.until;
    for other in rows::<ProfileRow>(tx.state, Table::Profile, Scan::prefix(&profile_key(id, ""))) {
        let (_, other) = other?;
        if other.index > row.index && other.until.is_none_or(|until| at.max(other.from) < until) {
            end = Some(end.map_or(other.from, |end| end.min(other.from)));
        }
    }
    Ok(end.is_none_or(|end| at < end).then_some(end))
}

/// The profile that judges, and the recomputed verdict.
pub(super) fn judge(
    tx: &mut Tx<'_>,
    lot: &LotId,
    product: &ProductRow,
    size: LotSize,
) -> Result<(Standard, Judgement), Refusal> {
    let (row, mut end) = require_profile_in_force(tx, &product.commodity)?;
    let named = named_profile(tx)?;
    let missing = || StateError::new(format!("the bytes of profile {} {} are missing", named.id, named.version));
    let profile = tx.ctx.profiles.profile(&row.blake3).ok_or_else(missing)?;
    let mut specifications = Vec::new();
    for id in &named.requirements {
        match specification::record_of(id) {
            Some(record) => {
                let (found, until) = require_specification(tx, lot, product, &profile, id, &record)?;
                specifications.push(found);
                end = [end, until].into_iter().flatten().min();
            }
            None if profile.requirement(id).is_none() => return Err(requirement_unknown(&named.id, id).into()),
            None => {}
        }
    }
    let values = require_results(tx)?;
    let occasion = Occasion { size, ..Occasion::at(tx.event.event_time) };
    let specifications: Vec<&Specification> = specifications.iter().collect();
    let judgement = profile.judge_with(&product.form, &named.requirements, &specifications, &values, occasion);
    Ok((Standard { profile, end }, judgement))
}

/// Rule `specification-not-in-force`: a specification that an inspection names was adopted by a party that has to do with the lot or buys it, is for
/// goods of its form, and was in force at the event's time. Rule `specification-unfit`: it goes with the profile that the
/// inspection names. Returns it, and when it ended.
fn require_specification(
    tx: &mut Tx<'_>,
    lot: &LotId,
    product: &ProductRow,
    profile: &Profile,
    requirement: &str,
    record: &RecordId,
) -> Result<(Specification, Option<i64>), Refusal> {
    let detail = format!("{requirement} is no specification for lot {lot} that was in force at the event time");
    let refused = || {
        Rejection::new(Rule::SpecificationNotInForce, detail.clone()).arg("requirement", requirement).arg("lot", lot)
    };
    let Some((party, row)) = specification::by_record(tx.state, record, &product.commodity)? else {
        // its adoption may be on the way
        return Err(refused().retryable().into());
    };
    let at = tx.event.event_time.as_second();
    let buys = tx.require_lot(lot)?.buyers.contains_key(&party);
    if !row.is_in_force(at, tx.index) || !(buys || tx.has_to_do_with(&party, lot)?) {
        return Err(refused().into());
    }
    let missing = || StateError::new(format!("the bytes of specification {} {} are missing", row.id, row.version));
    let file = tx.ctx.profiles.specification(&row.blake3).ok_or_else(missing)?;
    if !file.is_for(&product.form, Occasion::at(tx.event.event_time).day) {
        return Err(refused().into());
    }
    let problems = file.problems(profile);
    if !problems.is_empty() {
        return Err(specification::unfit(&row.id, profile, &problems).into());
    }
    Ok((file.adopted(&record.to_string()), row.ended.map(|(_, clock)| clock)))
}

/// Rule `requirement-unknown`: the profile has the requirements that an inspection names.
fn requirement_unknown(profile: &str, requirement: &str) -> Rejection {
    Rejection::new(Rule::RequirementUnknown, format!("profile {profile} has no requirement {requirement}"))
        .arg("profile", profile)
        .arg("requirement", requirement)
}

/// The measured values of an event, as the profile reads them. Rule `results-missing`: there is at least one.
pub(super) fn require_results(tx: &Tx<'_>) -> Result<Vec<Measured>, Rejection> {
    let values: Vec<Measured> = Measured::of_event(tx.event).collect();
    if values.is_empty() {
        return Err(Rejection::new(Rule::ResultsMissing, "an inspection carries at least one measured value"));
    }
    Ok(values)
}
