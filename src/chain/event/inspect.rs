//! Sample and inspect: an accredited inspector measures a lot; the ledger recomputes the verdict.

use std::collections::BTreeSet;

use super::goods::{goods_misplaced, goods_missing};
use super::tx::Tx;
use crate::chain::lineage::Lineage;
use crate::chain::rows::{AccreditationRow, Failure, InspectionRow, ProfileRow, RecordRow, profile_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table, authority};
use crate::gs1::LotId;
use crate::quality::{Judged, Judgement, Measured, Verdict};
use crate::record::RecordId;
use crate::record::registry::Role;

/// A sample was drawn: moves nothing, the holder books the quantity off with an adjustment.
pub(super) fn sample(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    inspector_only(tx)?;
    let amounts = tx.amounts(&event.quantities, false)?;
    goods_missing(amounts.is_empty())?;
    let Some(sample) = event.ext.sample.as_ref() else {
        return Err(Rejection::new(Rule::SampleMissing, "a sampling event states jejak:sample with the holder").into());
    };
    for (lot, amount) in amounts {
        tx.require_lot(&lot)?;
        let held = tx.held_anywhere(&lot, &sample.holder)?;
        sample_exceeds_lot(tx, &lot, &sample.holder, held, amount)?;
    }
    Ok(())
}

/// Rule `sample-exceeds-lot`: a sample is drawn from what the holder it names has.
fn sample_exceeds_lot(
    tx: &mut Tx<'_>,
    lot: &LotId,
    holder: &str,
    held: crate::gs1::Amount,
    amount: crate::gs1::Amount,
) -> Result<(), Refusal> {
    if held < amount {
        let (has, takes) = (tx.with_unit(lot, held)?, tx.with_unit(lot, amount)?);
        let detail = format!("{holder} holds {has} of lot {lot}, the sample takes {takes}");
        return Err(Rejection::new(Rule::SampleExceedsLot, detail)
            .arg("lot", lot)
            .arg("party", holder)
            .arg("held", held)
            .arg("taken", amount)
            .into());
    }
    Ok(())
}

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    inspector_only(tx)?;
    let lots = super::goods::lots_named(tx.event);
    let [lot] = lots.as_slice() else {
        return Err(Rejection::new(Rule::OneLotPerInspection, "an inspection is about one lot").into());
    };
    let lot = lot.clone();
    tx.require_lot(&lot)?;
    if event.quantities.iter().any(|q| q.quantity.is_some()) {
        tx.amounts(&event.quantities, false)?;
    }
    let product = tx.require_product(lot.gtin)?.clone();
    let accreditation = require_accreditation(tx, &product.commodity)?;
    let own = is_own_check(tx, &lot)?;
    let judgement = judge(tx, &product.commodity, &product.form)?;
    verdict_disagrees(event.disposition.as_deref(), judgement.verdict)?;

    // an own check clears nothing, but what it failed stands
    let retests = if own { Vec::new() } else { apply_retests(tx, &lot, &judgement.results)? };
    let record = tx.record;
    let row = tx.lot_mut(&lot)?;
    row.inspections.push(record);
    row.closed = true;
    for judged in judgement.results.iter().filter(|r| r.verdict == Verdict::Fail && !r.advisory) {
        let failure = Failure { record, lot: lot.clone(), parameter: judged.parameter.clone(), cleared_by: None };
        if !row.failures.contains(&failure) {
            row.failures.push(failure);
        }
    }
    if own {
        tx.finding(Rule::OwnCheck, std::slice::from_ref(&lot), &[("by", tx.signer().to_owned())]);
    }
    let silent = judgement.results.iter().filter(|r| r.uncertainty.is_none() && !r.advisory).count();
    if silent > 0 {
        tx.finding(Rule::UncertaintyMissing, std::slice::from_ref(&lot), &[("results", silent.to_string())]);
    }
    if !judgement.lacking.is_empty() {
        let parameters = judgement.lacking.join(", ");
        tx.finding(Rule::RequirementIncomplete, std::slice::from_ref(&lot), &[("parameters", parameters)]);
    }
    if !judgement.other_unit.is_empty() {
        let parameters = judgement.other_unit.join(", ");
        tx.finding(Rule::ResultUnit, std::slice::from_ref(&lot), &[("parameters", parameters)]);
    }
    if judgement.verdict == Verdict::NotEvaluated && event.disposition.as_deref() == Some("non_conformant") {
        tx.finding(Rule::NonConformantUnjudged, std::slice::from_ref(&lot), &[]);
    }
    let unclear =
        |r: &Judged| r.verdict == Verdict::Inconclusive && !r.advisory && !judgement.other_unit.contains(&r.parameter);
    if judgement.verdict == Verdict::Inconclusive && judgement.results.iter().any(unclear) {
        tx.finding(Rule::InspectionInconclusive, std::slice::from_ref(&lot), &[]);
    }
    let profile = named_profile(tx)?;
    let row = InspectionRow {
        lot,
        inspector: tx.signer().to_owned(),
        at: event.event_time,
        profile: (profile.id.clone(), profile.version.clone()),
        requirements: profile.requirements.clone(),
        verdict: judgement.verdict,
        results: judgement.results,
        retests,
        accreditation: Some((accreditation.body, accreditation.number)),
        own,
    };
    tx.put(Table::Inspection, record.as_bytes().to_vec(), &row)?;
    Ok(())
}

/// Rule `inspector-only`: samples and results come from parties enrolled as inspectors.
pub(super) fn inspector_only(tx: &Tx<'_>) -> Result<(), Rejection> {
    if !tx.by.has(Role::Inspector) {
        return Err(Rejection::new(Rule::InspectorOnly, format!("{} is not enrolled as an inspector", tx.signer()))
            .arg("party", tx.signer()));
    }
    Ok(())
}

/// Rule `not-accredited`: the inspector is accredited for the commodity at the event's time.
pub(super) fn require_accreditation(tx: &Tx<'_>, commodity: &str) -> Result<AccreditationRow, Refusal> {
    let at = tx.event.event_time.as_second();
    authority::accredited(tx.state, tx.signer(), commodity, at)?.ok_or_else(|| {
        Rejection::new(
            Rule::NotAccredited,
            format!("{} had no accreditation for {commodity} at the event time", tx.signer()),
        )
        .arg("party", tx.signer())
        .arg("commodity", commodity)
        .into()
    })
}

/// Whether the signer is on a side: it has to do with the lot or with what it was made from, or acts for a party that does. Of a lot
/// with more parties than are kept nobody is independent. To receive a sample is no side.
pub(super) fn is_own_check(tx: &mut Tx<'_>, lot: &LotId) -> Result<bool, Refusal> {
    Ok(tx.shared_lot(lot)?.sides.is_incomplete() || tx.has_to_do_with(tx.signer(), lot)?)
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

/// Rule `profile-missing`: an inspection names the profile it is judged by.
fn named_profile<'a>(tx: &Tx<'a>) -> Result<&'a crate::epcis::ProfileRef, Rejection> {
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

/// The recomputed verdict. Rule `results-missing`: an inspection has results.
fn judge(tx: &Tx<'_>, commodity: &str, form: &str) -> Result<Judgement, Refusal> {
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
    Ok(profile.judge(form, &named.requirements, &values))
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

/// Rule `verdict-disagrees`: the signed disposition does not contradict the values.
fn verdict_disagrees(disposition: Option<&str>, verdict: Verdict) -> Result<(), Rejection> {
    let agrees = match disposition {
        Some("conformant") => verdict != Verdict::Fail,
        Some("non_conformant") => verdict != Verdict::Pass,
        _ => false,
    };
    if !agrees {
        let stated = disposition.unwrap_or("nothing");
        return Err(Rejection::new(
            Rule::VerdictDisagrees,
            format!("the verdict of the values is {verdict:?}, the disposition states {stated}"),
        )
        .arg("disposition", stated)
        .arg("verdict", format!("{verdict:?}").to_lowercase()));
    }
    Ok(())
}

/// Whether results `now` clear what `first` failed of a parameter: every requirement that it failed passes, and none fails.
fn clears(first: &[Judged], now: &[Judged], parameter: &str) -> bool {
    let of = |results: &[Judged], verdict: Verdict| -> BTreeSet<Option<String>> {
        let mine = results.iter().filter(|r| r.parameter == parameter && r.verdict == verdict && !r.advisory);
        mine.map(|r| r.requirement.clone()).collect()
    };
    of(now, Verdict::Fail).is_empty() && of(first, Verdict::Fail).is_subset(&of(now, Verdict::Pass))
}

/// Rule `retest-unknown`: a retest names inspections that failed this lot or an ancestor. Clears the failures whose requirements pass
/// now, and returns the inspections named.
fn apply_retests(tx: &mut Tx<'_>, lot: &LotId, now: &[Judged]) -> Result<Vec<RecordId>, Refusal> {
    let mut retests = Vec::new();
    if tx.event.ext.retests.is_empty() {
        return Ok(retests);
    }
    let mut lineage = Lineage::without_findings(tx.state);
    let mut open = lineage.of(lot)?.map(|lot| lot.failures.clone()).unwrap_or_default();
    open.retain(|failure| failure.cleared_by.is_none());
    let record = tx.record;
    for id in &tx.event.ext.retests {
        let failed = id.parse::<RecordId>().ok().filter(|id| open.iter().any(|failure| failure.record == *id));
        let Some(failed) = failed else {
            return Err(Rejection::new(
                Rule::RetestUnknown,
                format!("{id} is not an open failure of lot {lot} or its ancestors"),
            )
            .arg("record", id)
            .arg("lot", lot)
            .into());
        };
        let first: Option<InspectionRow> = get(tx.state, Table::Inspection, failed.as_bytes())?;
        let first = first.map(|row| row.results).unwrap_or_default();
        let row = tx.lot_mut(lot)?;
        for failure in open.iter().filter(|f| f.record == failed && clears(&first, now, &f.parameter)) {
            match row.failures.iter_mut().find(|f| f.record == failed && f.parameter == failure.parameter) {
                Some(own) => own.cleared_by = Some(record),
                None => row.failures.push(Failure { cleared_by: Some(record), ..failure.clone() }),
            }
        }
        retests.push(failed);
    }
    Ok(retests)
}

/// Undoes a voided inspection: its failures, and the failures that it cleared. The record stays visible.
pub(super) fn undo(tx: &mut Tx<'_>, voided: RecordId, original: &RecordRow) -> Result<(), Refusal> {
    debug_assert_eq!(original.act, Act::Inspect);
    for lot in &original.lots {
        let row = tx.lot_mut(lot)?;
        row.failures.retain(|failure| failure.record != voided);
        for failure in &mut row.failures {
            if failure.cleared_by == Some(voided) {
                failure.cleared_by = None;
            }
        }
        // what was inherited and cleared here is found by walking up again
        let lot = lot.clone();
        row.failures.retain(|failure| failure.lot == lot || failure.cleared_by.is_some());
    }
    Ok(())
}
