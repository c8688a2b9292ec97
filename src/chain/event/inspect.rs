//! Inspect: an accredited inspector measures a lot; the ledger recomputes the verdict.
//!
//! What it is not: whether the sample that an inspection names fits it, which is looked up with the lot (`chain::samples`).

use std::collections::BTreeSet;

use super::goods::goods_misplaced;
use super::inspector::{inspector_only, is_own_check, no_accreditation};
use super::retest::{apply_retests, failures_at, index_of, set_failures};
use super::standard::{Standard, judge, named_profile};
use super::tx::Tx;
use crate::chain::accredited::{Accredited, Standing};
use crate::chain::rows::{Failure, FailureRow, InspectionRow, Late, RecordRow, of_lot};
use crate::chain::samples::{self, Fit};
use crate::chain::state::get;
use crate::chain::times::{DAY, GRACE};
use crate::chain::{Act, Refusal, Rejection, Rule, Table};
use crate::gs1::LotId;
use crate::quality::plan::LotSize;
use crate::quality::profile::PARAMETER;
use crate::quality::{Judged, Judgement, Profile, Verdict};
use crate::record::RecordId;

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
    let (accreditation, late) = accreditation(tx, &lot, &product.commodity)?;
    let own = is_own_check(tx, &lot)?;
    let size = LotSize::of(product.unit, tx.require_lot(&lot)?.produced, product.net_content);
    let (standard, judgement) = judge(tx, &lot, &product, size)?;
    let outdated = !profile_in_time(tx, &lot, &standard);
    let standard = standard.profile;
    verdict_disagrees(event.disposition.as_deref(), judgement.verdict)?;

    // an own check clears nothing, but what it failed stands
    let retests = if own { Vec::new() } else { apply_retests(tx, &lot, &product.commodity, &judgement.results)? };
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
    row.closed = true;
    if own {
        tx.finding(Rule::OwnCheck, std::slice::from_ref(&lot), &[("by", tx.signer().to_owned())]);
    }
    findings(tx, &lot, &judgement);
    let profile = named_profile(tx)?;
    let key = of_lot(&lot, tx.index);
    let mut row = InspectionRow {
        record,
        lot,
        inspector: tx.signer().to_owned(),
        at: event.event_time,
        profile: (profile.id.clone(), profile.version.clone()),
        requirements: profile.requirements.clone(),
        verdict: judgement.verdict,
        laboratory: laboratory(&standard, &judgement.results),
        expires: expires(&standard, &judgement.results, event.event_time.as_second()),
        lacking: judgement.lacking,
        results: judgement.results,
        retests,
        accreditation: Some((accreditation.row.body, accreditation.row.number)),
        late,
        outdated,
        own,
        sample: event.sample_id().map(str::to_owned),
        signed: tx.signed,
        after: event.ext.after.iter().filter_map(|id| id.parse().ok()).collect(),
        voided: false,
    };
    sample_fits(tx, &mut row)?;
    tx.put(Table::Inspection, key, &row)?;
    Ok(())
}

/// Findings about the results: `uncertainty-missing`, `requirement-incomplete`, `lot-size-unknown`, `result-unit`,
/// `non-conformant-unjudged`, `inspection-inconclusive`.
fn findings(tx: &mut Tx<'_>, lot: &LotId, judgement: &Judgement) {
    let one = std::slice::from_ref(lot);
    // a word has no uncertainty
    let numbers = judgement.results.iter().filter(|r| r.min.is_some() || r.max.is_some());
    let silent = numbers.filter(|r| r.uncertainty.is_none() && !r.advisory).count();
    if silent > 0 {
        tx.finding(Rule::UncertaintyMissing, one, &[("results", silent.to_string())]);
    }
    // looked up with the lot, because other inspections may fill it: here as the signer is to see it
    if !judgement.lacking.is_empty() {
        tx.finding(Rule::RequirementIncomplete, one, &[("parameters", judgement.lacking.join(", "))]);
    }
    if !judgement.undecided_by_size.is_empty() {
        tx.finding(Rule::LotSizeUnknown, one, &[("parameters", judgement.undecided_by_size.join(", "))]);
    }
    if !judgement.other_unit.is_empty() {
        tx.finding(Rule::ResultUnit, one, &[("parameters", judgement.other_unit.join(", "))]);
    }
    if judgement.verdict == Verdict::NotEvaluated && tx.event.disposition.as_deref() == Some("non_conformant") {
        tx.finding(Rule::NonConformantUnjudged, one, &[]);
    }
    let unclear =
        |r: &Judged| r.verdict == Verdict::Inconclusive && !r.advisory && !judgement.other_unit.contains(&r.parameter);
    if judgement.verdict == Verdict::Inconclusive && judgement.results.iter().any(unclear) {
        tx.finding(Rule::InspectionInconclusive, one, &[]);
    }
}

/// The parameter of a profile that a URI names.
fn parameter<'a>(standard: &'a Profile, uri: &str) -> Option<&'a crate::quality::profile::Parameter> {
    uri.strip_prefix(PARAMETER).and_then(|id| standard.parameter(id))
}

/// The parameters that were measured on a sample: all that the profile does not list as measured on site, each once.
fn laboratory(standard: &Profile, results: &[Judged]) -> Vec<String> {
    let on_site = |uri: &str| parameter(standard, uri).is_some_and(|p| p.on_site);
    let mut seen = BTreeSet::new();
    let measured = results.iter().map(|r| &r.parameter).filter(|uri| !on_site(uri) && seen.insert(uri.as_str()));
    measured.cloned().collect()
}

/// The parameters measured whose results the profile lets expire, each once, and when.
fn expires(standard: &Profile, results: &[Judged], at: i64) -> Vec<(String, i64)> {
    let measured: BTreeSet<&String> = results.iter().map(|r| &r.parameter).collect();
    let until = |uri: &String| {
        let days = parameter(standard, uri)?.valid_days?;
        Some((uri.clone(), at.saturating_add(i64::from(days) * DAY)))
    };
    measured.into_iter().filter_map(until).collect()
}

/// The findings of [`samples::finding`], as the signer is to see them. What follows from `jejak:after` is kept only while the sample may
/// still arrive.
fn sample_fits(tx: &mut Tx<'_>, row: &mut InspectionRow) -> Result<(), Refusal> {
    if row.laboratory.is_empty() {
        row.after = Vec::new();
        return Ok(());
    }
    let found = samples::find(tx.state, row, tx.index)?;
    if found.fit == Fit::Fits {
        row.after = Vec::new();
    }
    tx.findings.extend(samples::finding(row, found.fit));
    Ok(())
}

/// The accreditation that a test was made under. Rule `not-accredited` for one that is dated outside of any. Finding
/// `accreditation-ended`: it had ended before the test was entered; cleared by a renewal without a gap (`chain::cleared`). Finding `late-sync`: it had expired a
/// short time before.
fn accreditation(tx: &mut Tx<'_>, lot: &LotId, commodity: &str) -> Result<(Accredited, Option<Late>), Refusal> {
    let Some((found, standing)) = tx.accreditation(commodity)? else {
        return Err(no_accreditation(tx, commodity)?.into());
    };
    let one = std::slice::from_ref(lot);
    let late = match standing {
        Standing::InForce => None,
        Standing::Late(first) => {
            if !tx.findings.iter().any(|finding| finding.rule == Rule::LateSync) {
                let days = tx.clock.saturating_sub(tx.event.event_time.as_second()) / DAY;
                tx.finding(Rule::LateSync, one, &[("days", days.max(1).to_string())]);
            }
            Some(Late::AfterFirst(first))
        }
        Standing::Ended => {
            let days = tx.clock.saturating_sub(found.end) / DAY;
            let by = tx.signer().to_owned();
            tx.finding(Rule::AccreditationEnded, one, &[("by", by), ("days", days.to_string())]);
            Some(Late::Ended(tx.clock))
        }
    };
    Ok((found, late))
}

/// Finding `profile-ended`: the profile, or a specification, had ended by more than [`GRACE`] before the test was entered. Returns whether it counts. A version is
/// put in force once, and later ones only end it earlier: nothing that is logged later changes this.
fn profile_in_time(tx: &mut Tx<'_>, lot: &LotId, standard: &Standard) -> bool {
    let Some(end) = standard.end.filter(|end| tx.clock >= end.saturating_add(GRACE)) else { return true };
    let days = tx.clock.saturating_sub(end) / DAY;
    tx.finding(Rule::ProfileEnded, std::slice::from_ref(lot), &[("days", days.to_string())]);
    false
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
        tx.put(Table::Inspection, key, &InspectionRow { voided: true, ..inspection })?;
    }
    Ok(())
}
