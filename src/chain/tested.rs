//! What the inspections of a lot come to: what was tested in results that count, and what passed in results that do not.
//!
//! A result counts when its inspection stands, was made by an outsider with a key that was not stolen, was entered in time, and, if it
//! was measured on a sample, when the sample fits; and until it expires. What failed always counts, and is not here (`lineage`). All of this
//! is looked up each time: a sample, a renewal of the accreditation or the end of a key may come later.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::accredited::{accredited, in_time};
use super::marks::marked;
use super::rows::{InspectionRow, PartyRow, ProductRow, RecordRow, of_lot, under_lot};
use super::samples::{self, Fit};
use super::state::{Scan, row, rows};
use super::{Act, Finding, Rule, Severity, State, StateError, Table};
use crate::gs1::LotId;
use crate::quality::profile::PARAMETER;
use crate::quality::{self, Judged, Verdict};
use crate::record::RecordId;
use crate::record::registry::Standing;

/// The inspection by whose profile a lot is judged: the newest whose results count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Newest {
    /// Its index.
    pub index: u64,
    /// Its record.
    pub record: RecordId,
    /// Its event time.
    pub at: Timestamp,
    /// The profile's id and version.
    pub profile: (String, String),
}

/// What was tested of a lot: in its own inspections, and in those of all that it was made from in the same form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Results {
    /// An inspection passed, in results that count.
    pub passed: bool,
    /// All results that count.
    pub counted: quality::Tested,
    /// Parameters that passed in results that do not count.
    pub uncounted: BTreeSet<String>,
    /// The newest inspection whose results count.
    pub newest: Option<Newest>,
}

impl Results {
    /// What was tested of all of several lots that were mixed.
    pub(super) fn common<'s>(mut parts: impl Iterator<Item = &'s Arc<Results>>) -> Arc<Results> {
        let mut all = parts.next().cloned().unwrap_or_default();
        for part in parts {
            if Arc::ptr_eq(&all, part) {
                continue;
            }
            let both = Arc::make_mut(&mut all);
            both.passed &= part.passed;
            both.counted = both.counted.shared(&part.counted);
            both.uncounted.extend(part.uncounted.iter().cloned());
            both.newest = both.newest.take().max(part.newest.clone());
        }
        all
    }

    /// With what was tested of the lots above.
    pub(super) fn with(mut self, above: &Results) -> Results {
        self.passed |= above.passed;
        self.counted.merge(&above.counted);
        self.uncounted.extend(above.uncounted.iter().cloned());
        self.newest = self.newest.max(above.newest.clone());
        self
    }
}

/// What the inspections of one lot come to.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub results: Results,
    /// Findings that are looked up, with the index of their record.
    pub findings: Vec<(u64, Finding)>,
    /// Limits that an inspection left out, with its index and record: later inspections may fill them.
    pub lacking: Vec<(u64, RecordId, Vec<String>)>,
}

/// What the whole ledger says at the time of reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// The last clock, Unix seconds.
    pub clock: i64,
    /// Whether any key or party is marked as compromised. Rare: without one nothing more is read.
    pub marks: bool,
}

/// Reads the inspections of a lot.
pub(super) fn of(state: &dyn State, lot: &LotId, now: Now) -> Result<Own, StateError> {
    let mut own = Own::default();
    let prefix = under_lot(lot, b"");
    for inspection in rows::<InspectionRow>(state, Table::Inspection, Scan::prefix(&prefix)) {
        let (key, inspection) = inspection?;
        let index = key.get(prefix.len()..).and_then(|rest| rest.try_into().ok()).map(u64::from_be_bytes);
        let Some(index) = index.filter(|_| !inspection.voided && !inspection.own) else { continue };
        if now.marks && signed_by_marked(state, &inspection.record)? {
            continue;
        }
        let sound = Sound::of(state, &inspection, index)?;
        own.findings.extend(samples::finding(&inspection, sound.fit).map(|finding| (index, finding)));
        if suspended(state, &inspection)? {
            own.findings.push((index, suspension(&inspection)));
        }
        own.results.add(&inspection, index, sound, now);
        if !inspection.lacking.is_empty() {
            own.lacking.push((index, inspection.record, inspection.lacking));
        }
    }
    Ok(own)
}

impl Results {
    fn add(&mut self, inspection: &InspectionRow, index: u64, sound: Sound, now: Now) {
        let expired =
            |parameter: &str| inspection.expires.iter().any(|(of, until)| of == parameter && *until <= now.clock);
        let counted = |r: &&Judged| sound.counts(inspection, &r.parameter) && !expired(&r.parameter);
        let kept: Vec<Judged> = inspection.results.iter().filter(counted).cloned().collect();
        let passed = passed(inspection);
        let holds = passed.iter().any(|parameter| kept.iter().any(|r| r.parameter == *parameter));
        self.uncounted.extend(
            passed.into_iter().filter(|parameter| !kept.iter().any(|r| r.parameter == *parameter)).map(str::to_owned),
        );
        self.passed |= holds && inspection.verdict == Verdict::Pass;
        if kept.is_empty() {
            return;
        }
        self.counted.add(&kept);
        let (record, at, profile) = (inspection.record, inspection.at, inspection.profile.clone());
        let newest = Newest { index, record, at, profile };
        self.newest = self.newest.take().max(Some(newest));
    }
}

/// Finding `requirement-incomplete`: an inspection left out limits of a set that it names, and no other result that counts fills them.
pub(super) fn incomplete(
    lot: &LotId,
    record: RecordId,
    lacking: &[String],
    counted: &quality::Tested,
) -> Option<Finding> {
    // a value that no limit judged, or of too few units of a sampling plan, fills nothing
    let filled: BTreeSet<&str> = counted.passed().collect();
    let open = |uri: &&String| !uri.strip_prefix(PARAMETER).is_some_and(|id| filled.contains(id));
    let open: Vec<&str> = lacking.iter().filter(open).map(String::as_str).collect();
    (!open.is_empty()).then(|| Finding {
        rule: Rule::RequirementIncomplete,
        severity: Severity::Warning,
        lots: vec![lot.clone()],
        record,
        args: vec![("parameters".to_owned(), open.join(", "))],
    })
}

/// What cleared a failure of a lot.
pub(super) enum Clearing {
    /// A process that cures it.
    Cure,
    /// A retest, which may count.
    Retest(Arc<InspectionRow>, Sound),
    /// A retest that counts for nothing: a stolen key signed it.
    Nothing,
}

impl Clearing {
    /// What the record `by` is to a lot; `marks` as in [`Now`].
    pub(super) fn of(state: &dyn State, lot: &LotId, by: &RecordId, marks: bool) -> Result<Clearing, StateError> {
        let Some(record) = row::<RecordRow>(state, Table::Record, by.as_bytes())? else { return Ok(Clearing::Nothing) };
        if record.act != Act::Inspect {
            return Ok(Clearing::Cure);
        }
        let test = row::<InspectionRow>(state, Table::Inspection, &of_lot(lot, record.index))?;
        let Some(test) = test else { return Ok(Clearing::Nothing) };
        if marks && marked(state, &record)? {
            return Ok(Clearing::Nothing);
        }
        let sound = Sound::of(state, &test, record.index)?;
        Ok(Clearing::Retest(test, sound))
    }

    /// Whether it clears what failed of a parameter.
    pub(super) fn clears(&self, parameter: &str) -> bool {
        match self {
            Clearing::Cure => true,
            Clearing::Retest(test, sound) => sound.counts(test, parameter),
            Clearing::Nothing => false,
        }
    }
}

fn signed_by_marked(state: &dyn State, id: &RecordId) -> Result<bool, StateError> {
    match row::<RecordRow>(state, Table::Record, id.as_bytes())? {
        Some(record) => marked(state, &record),
        None => Ok(true),
    }
}

/// What the results of an inspection count by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    /// How its sample fits; one that measured nothing in a laboratory needs none.
    fit: Fit,
    /// It was entered in time.
    in_time: bool,
}

impl Sound {
    fn of(state: &dyn State, inspection: &InspectionRow, index: u64) -> Result<Sound, StateError> {
        let fit = match inspection.laboratory.is_empty() {
            true => Fit::Fits,
            false => samples::find(state, inspection, index)?.fit,
        };
        Ok(Sound { fit, in_time: in_time(state, inspection)? })
    }

    fn counts(self, inspection: &InspectionRow, parameter: &str) -> bool {
        let sampled = self.fit == Fit::Fits || !inspection.laboratory.iter().any(|measured| measured == parameter);
        sampled && self.in_time
    }
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
