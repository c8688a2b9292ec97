//! Sample and inspect: an accredited inspector measures a lot; the ledger recomputes the verdict.

use std::collections::BTreeSet;

use super::goods::{goods_misplaced, goods_missing};
use super::tx::Tx;
use crate::chain::lineage::Lineage;
use crate::chain::rows::{
    AccreditationRow, Failure, FailureRow, InspectionRow, ProfileRow, RecordRow, of_lot, profile_key,
};
use crate::chain::state::{Scan, get, row, rows};
use crate::chain::{Act, Refusal, Rejection, Rule, StateError, Table, lot_reads};
use crate::gs1::LotId;
use crate::quality::plan::LotSize;
use crate::quality::{Judged, Judgement, Measured, Occasion, Verdict};
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
    let size = LotSize::of(product.unit, tx.require_lot(&lot)?.produced, product.net_content);
    let judgement = judge(tx, &product.commodity, &product.form, size)?;
    verdict_disagrees(event.disposition.as_deref(), judgement.verdict)?;

    // an own check clears nothing, but what it failed stands
    let retests = if own { Vec::new() } else { apply_retests(tx, &lot, &judgement.results)? };
    let record = tx.record;
    let failed = judgement.results.iter().filter(|r| r.verdict == Verdict::Fail && !r.advisory);
    let failed: BTreeSet<&str> = failed.map(|judged| judged.parameter.as_str()).collect();
    let failed = failed.into_iter().map(|parameter| Failure {
        record,
        lot: lot.clone(),
        parameter: parameter.to_owned(),
        cleared_by: None,
    });
    set_failures(tx, &lot, tx.index, &failed.collect())?;
    let row = tx.lot_mut(&lot)?;
    row.counts.standing = row.counts.standing.saturating_add(1);
    row.counts.tested = row.counts.tested.saturating_add(u32::from(!own));
    row.counts.passed = row.counts.passed.saturating_add(u32::from(passes(own, judgement.verdict)));
    row.closed = true;
    if own {
        tx.finding(Rule::OwnCheck, std::slice::from_ref(&lot), &[("by", tx.signer().to_owned())]);
    }
    // a word has no uncertainty
    let number = |r: &&Judged| r.min.is_some() || r.max.is_some();
    let silent = judgement.results.iter().filter(number).filter(|r| r.uncertainty.is_none() && !r.advisory).count();
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
    let key = of_lot(&lot, tx.index);
    let row = InspectionRow {
        record,
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
        voided: false,
    };
    tx.put(Table::Inspection, key, &row)?;
    Ok(())
}

/// Whether an inspection makes a lot tested and passed.
fn passes(own: bool, verdict: Verdict) -> bool {
    !own && verdict == Verdict::Pass
}

/// Sets what the inspection at `index` failed of a lot.
fn set_failures(tx: &mut Tx<'_>, lot: &LotId, index: u64, failed: &FailureRow) -> Result<(), Refusal> {
    let before = failures_at(tx, lot, index)?.is_empty();
    let key = of_lot(lot, index);
    if before != failed.is_empty() {
        let counts = &mut tx.lot_mut(lot)?.counts;
        counts.failures = counts.failures.saturating_add(u32::from(before)).saturating_sub(u32::from(!before));
    }
    match (failed.is_empty(), before) {
        (true, true) => {}
        (true, false) => tx.remove(Table::Failure, key),
        (false, _) => tx.put(Table::Failure, key, failed)?,
    }
    Ok(())
}

/// What the inspection at `index` failed of a lot, or failed of an ancestor and was cleared here.
fn failures_at(tx: &Tx<'_>, lot: &LotId, index: u64) -> Result<FailureRow, StateError> {
    Ok(tx.latest(Table::Failure, &of_lot(lot, index))?.unwrap_or_default())
}

/// The index of a record, which is on the ledger.
pub(super) fn index_of(tx: &Tx<'_>, id: &RecordId) -> Result<u64, StateError> {
    let row: Option<std::sync::Arc<RecordRow>> = row(tx.state, Table::Record, id.as_bytes())?;
    row.map(|row| row.index).ok_or_else(|| StateError::new(format!("no row of record {id}")))
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
pub(super) fn require_accreditation(tx: &mut Tx<'_>, commodity: &str) -> Result<AccreditationRow, Refusal> {
    tx.accredited(commodity)?.ok_or_else(|| {
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
fn judge(tx: &Tx<'_>, commodity: &str, form: &str, size: LotSize) -> Result<Judgement, Refusal> {
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
    let occasion = Occasion { size, ..Occasion::at(tx.event.event_time) };
    Ok(profile.judge(form, &named.requirements, &values, occasion))
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
    let mut open = lineage.of(lot)?.map(|lot| lot.failures.to_vec()).unwrap_or_default();
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
        let of_failed: Vec<&Failure> = open.iter().filter(|failure| failure.record == failed).collect();
        let (index, failed_lot) = (index_of(tx, &failed)?, of_failed.first().map_or(lot, |failure| &failure.lot));
        let first: Option<InspectionRow> = get(tx.state, Table::Inspection, &of_lot(failed_lot, index))?;
        let first = first.map(|row| row.results).unwrap_or_default();
        tx.state.charge(first.len() / lot_reads::LIST)?;
        let mut failures = failures_at(tx, lot, index)?;
        for failure in of_failed.into_iter().filter(|failure| clears(&first, now, &failure.parameter)) {
            match failures.iter_mut().find(|own| own.parameter == failure.parameter) {
                Some(own) => own.cleared_by = Some(record),
                None => failures.push(Failure { cleared_by: Some(record), ..failure.clone() }),
            }
        }
        set_failures(tx, lot, index, &failures)?;
        retests.push(failed);
    }
    Ok(retests)
}

/// Undoes a voided inspection: its failures, and the failures that it cleared. The record stays visible.
pub(super) fn undo(tx: &mut Tx<'_>, voided: RecordId, original: &RecordRow) -> Result<(), Refusal> {
    debug_assert_eq!(original.act, Act::Inspect);
    for lot in &original.lots {
        let key = of_lot(lot, original.index);
        let Some(inspection) = get::<InspectionRow>(tx.state, Table::Inspection, &key)? else { continue };
        set_failures(tx, lot, original.index, &FailureRow::new())?;
        for retested in &inspection.retests {
            let index = index_of(tx, retested)?;
            let mut failures = failures_at(tx, lot, index)?;
            for failure in failures.iter_mut().filter(|failure| failure.cleared_by == Some(voided)) {
                failure.cleared_by = None;
            }
            // what was inherited and cleared here is found by walking up again
            failures.retain(|failure| failure.lot == *lot || failure.cleared_by.is_some());
            set_failures(tx, lot, index, &failures)?;
        }
        let counts = &mut tx.lot_mut(lot)?.counts;
        counts.standing = counts.standing.saturating_sub(1);
        counts.tested = counts.tested.saturating_sub(u32::from(!inspection.own));
        counts.passed = counts.passed.saturating_sub(u32::from(passes(inspection.own, inspection.verdict)));
        tx.put(Table::Inspection, key, &InspectionRow { voided: true, ..inspection })?;
    }
    Ok(())
}
