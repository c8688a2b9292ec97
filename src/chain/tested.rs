//! What the inspections of one lot come to: which of its parameters passed and count, and which passed and do not.
//!
//! A result counts when its inspection stands, was made by an outsider with a key that was not stolen, and, if it was measured on a
//! sample, when the sample fits. What failed always counts, and is not here (`lineage`).

use std::collections::BTreeSet;

use super::accredited::accredited;
use super::marks::marked;
use super::rows::{InspectionRow, Late, PartyRow, ProductRow, RecordRow, of_lot, under_lot};
use super::samples::{self, Fit};
use super::state::{Scan, row, rows};
use super::{Act, Finding, Rule, Severity, State, StateError, Table};
use crate::gs1::LotId;
use crate::quality::Verdict;
use crate::record::RecordId;
use crate::record::registry::Standing;

/// What the inspections of a lot come to.
#[derive(Debug, Default)]
pub(super) struct Tested {
    /// An inspection passed, in results that count.
    pub passed: bool,
    /// Parameters that passed in results that count.
    pub sound: BTreeSet<String>,
    /// Parameters that passed in results that do not.
    pub uncounted: BTreeSet<String>,
    /// Findings that are looked up, with the index of their record.
    pub findings: Vec<(u64, Finding)>,
}

/// Reads the inspections of a lot. `marks`: whether any key or party of the ledger is marked as compromised.
pub(super) fn of(state: &dyn State, lot: &LotId, marks: bool) -> Result<Tested, StateError> {
    let mut tested = Tested::default();
    let prefix = under_lot(lot, b"");
    for inspection in rows::<InspectionRow>(state, Table::Inspection, Scan::prefix(&prefix)) {
        let (key, inspection) = inspection?;
        let index = key.get(prefix.len()..).and_then(|rest| rest.try_into().ok()).map(u64::from_be_bytes);
        let Some(index) = index.filter(|_| !inspection.voided && !inspection.own) else { continue };
        if marks && signed_by_marked(state, &inspection.record)? {
            continue;
        }
        let fits = fits(state, &inspection, index)?;
        tested.findings.extend(samples::finding(&inspection, fits).map(|finding| (index, finding)));
        if suspended(state, &inspection)? {
            tested.findings.push((index, suspension(&inspection)));
        }
        let mut counted = false;
        for parameter in passed(&inspection) {
            if counts(&inspection, parameter, fits) {
                counted = true;
                tested.sound.insert(parameter.to_owned());
            } else {
                tested.uncounted.insert(parameter.to_owned());
            }
        }
        tested.passed |= counted && inspection.verdict == Verdict::Pass;
    }
    Ok(tested)
}

/// Whether the retest `by` of a lot clears what failed of a parameter. A process that cures it does.
pub(super) fn clears(
    state: &dyn State,
    lot: &LotId,
    by: &RecordId,
    parameter: &str,
    marks: bool,
) -> Result<bool, StateError> {
    let Some(record) = row::<RecordRow>(state, Table::Record, by.as_bytes())? else { return Ok(false) };
    if record.act != Act::Inspect {
        return Ok(true);
    }
    let inspection = row::<InspectionRow>(state, Table::Inspection, &of_lot(lot, record.index))?;
    let Some(inspection) = inspection else { return Ok(false) };
    if marks && marked(state, &record)? {
        return Ok(false);
    }
    Ok(counts(&inspection, parameter, fits(state, &inspection, record.index)?))
}

fn signed_by_marked(state: &dyn State, id: &RecordId) -> Result<bool, StateError> {
    match row::<RecordRow>(state, Table::Record, id.as_bytes())? {
        Some(record) => marked(state, &record),
        None => Ok(true),
    }
}

/// How the sample of an inspection fits; one that measured nothing in a laboratory needs none.
fn fits(state: &dyn State, inspection: &InspectionRow, index: u64) -> Result<Fit, StateError> {
    if inspection.laboratory.is_empty() {
        return Ok(Fit::Fits);
    }
    Ok(samples::find(state, inspection, index)?.fit)
}

fn counts(inspection: &InspectionRow, parameter: &str, fit: Fit) -> bool {
    let sampled = fit == Fit::Fits || !inspection.laboratory.iter().any(|measured| measured == parameter);
    sampled && inspection.late != Some(Late::Uncounted)
}

/// Whether the inspector was suspended, or its accreditation ended early by the authority, since the inspection was made.
fn suspended(state: &dyn State, inspection: &InspectionRow) -> Result<bool, StateError> {
    let party = row::<PartyRow>(state, Table::Party, inspection.inspector.as_bytes())?;
    if party.is_none_or(|party| party.standing == Standing::Suspended) {
        return Ok(true);
    }
    let product = row::<ProductRow>(state, Table::Product, &inspection.lot.gtin.number().to_be_bytes())?;
    let Some(product) = product else { return Ok(false) };
    let found = accredited(state, &inspection.inspector, &product.commodity, inspection.at.as_second())?;
    Ok(found.is_none_or(|found| found.cut))
}

/// Finding `inspector-suspended`: the test was made before that, and counts unless its key was reported stolen.
fn suspension(inspection: &InspectionRow) -> Finding {
    Finding {
        rule: Rule::InspectorSuspended,
        severity: Severity::Notice,
        lots: vec![inspection.lot.clone()],
        record: inspection.record,
        args: vec![("by".to_owned(), inspection.inspector.clone())],
    }
}

/// The parameters that passed every limit that judged them.
fn passed(inspection: &InspectionRow) -> BTreeSet<&str> {
    let of = |verdicts: &[Verdict]| -> BTreeSet<&str> {
        let gating = inspection.results.iter().filter(|r| !r.advisory && verdicts.contains(&r.verdict));
        gating.map(|r| r.parameter.as_str()).collect()
    };
    &of(&[Verdict::Pass]) - &of(&[Verdict::Fail, Verdict::Inconclusive])
}
