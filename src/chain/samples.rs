//! Whether the sample that an inspection names fits it: it is on the ledger, was drawn of the lot or of all that the lot was made from
//! in the same form, and was drawn before the test.
//!
//! Nothing of this is written with the inspection. A sample may arrive after its test, from a laboratory that had no signal, and it may be
//! voided: each time it is looked up, so that both take effect at once. What it is not: the act of sampling (`event/inspect`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::rows::{InspectionRow, LotRow, ProductRow, RecordRow, SampleRow, lot_key, of_sample, sample_key};
use super::state::{Scan, row, rows};
use super::times::SKEW;
use super::{Finding, Rule, Severity, State, StateError, Table, lot_reads};
use crate::gs1::{Gtin, LotId};
use crate::quality::Verdict;

/// How the sample that an inspection names fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Drawn of the goods, before the test.
    Fits,
    /// The inspection names none.
    NotNamed,
    /// No sample of that id is on the ledger.
    Unknown,
    /// Drawn of other goods, or only of a part of what the lot was made from.
    OtherLot,
    /// Dated after the test, or entered after it without a sign that it was drawn first.
    AfterTest,
}

/// The sample of an inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How it fits.
    pub fit: Fit,
    /// The sampling record that fits, or that came too late.
    pub drawn: Option<SampleRow>,
}

/// Most lots above a tested one that are looked at for its sample.
pub const MOST_ABOVE: usize = 500;
/// Most sampling records of one id and one lot that are looked at: the first.
const MOST_SAMPLES: usize = 16;

/// The sample of the inspection at `index`, and how it fits.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn find(state: &dyn State, inspection: &InspectionRow, index: u64) -> Result<Found, StateError> {
    let Some(id) = &inspection.sample else { return Ok(Found { fit: Fit::NotNamed, drawn: None }) };
    let mut forms = Forms { state, known: BTreeMap::new() };
    let form = forms.of(inspection.lot.gtin)?;
    let (mut stack, mut seen) = (vec![inspection.lot.clone()], BTreeSet::from([inspection.lot.clone()]));
    let (mut first, mut late) = (None, None);
    // the sample stands for the lot when it was drawn of all that the lot was made from: of one of two lots that were mixed it shows
    // nothing of the other
    let covered = 'walk: {
        while let Some(lot) = stack.pop() {
            match drawn_of(state, id, &lot, inspection, index)? {
                Some((row, true)) => {
                    // of a composite sample it is shown when a party to any of its lots submitted it
                    if first.as_ref().is_none_or(|first: &SampleRow| row.submitted && !first.submitted) {
                        first = Some(row);
                    }
                    continue;
                }
                Some((row, false)) => late = late.or(Some(row)),
                None => {}
            }
            let Some(made) = row::<LotRow>(state, Table::Lot, &lot_key(&lot))? else { break 'walk false };
            let parents = lot_reads::parents(state, &made)?;
            if parents.is_empty() || seen.len() + parents.len() > MOST_ABOVE {
                break 'walk false;
            }
            for parent in parents {
                if forms.of(parent.gtin)? != form {
                    break 'walk false;
                }
                if seen.insert(parent.clone()) {
                    stack.push(parent);
                }
            }
        }
        true
    };
    let fit = match (covered, &late) {
        (true, _) => return Ok(Found { fit: Fit::Fits, drawn: first }),
        (false, Some(_)) => Fit::AfterTest,
        (false, None) if first.is_some() => Fit::OtherLot,
        (false, None) => match state.scan(Table::Sample, Scan::prefix(&sample_key(id))).next().transpose()? {
            Some(_) => Fit::OtherLot,
            None => Fit::Unknown,
        },
    };
    Ok(Found { fit, drawn: late })
}

/// The sample of this id that was drawn of a lot, and whether it was drawn before the test; one that was is preferred.
fn drawn_of(
    state: &dyn State,
    id: &str,
    lot: &LotId,
    inspection: &InspectionRow,
    index: u64,
) -> Result<Option<(SampleRow, bool)>, StateError> {
    let prefix = of_sample(id, lot);
    let mut late = None;
    for found in rows::<SampleRow>(state, Table::Sample, Scan::prefix(&prefix)).take(MOST_SAMPLES) {
        let (key, sample) = found?;
        let at = key.get(prefix.len()..).and_then(|rest| rest.try_into().ok()).map(u64::from_be_bytes);
        let entered_first = at.is_some_and(|at| at < index);
        let dated_first = sample.at.as_second() <= inspection.at.as_second().saturating_add(SKEW);
        if dated_first && (entered_first || signed_first(state, &sample, inspection)?) {
            return Ok(Some((sample, true)));
        }
        late = late.or(Some(sample));
    }
    Ok(late.map(|sample| (sample, false)))
}

/// Whether a sample that was entered after its test was signed before it, as the log shows: one key signed both and gave the sample the
/// lower number; or the inspection follows the sampling record itself, or a record about the same lot to which the sample's key gave a
/// higher number.
fn signed_first(state: &dyn State, sample: &SampleRow, inspection: &InspectionRow) -> Result<bool, StateError> {
    let (key, number) = sample.signed;
    if inspection.signed.0 == key && number < inspection.signed.1 {
        return Ok(true);
    }
    for id in &inspection.after {
        if *id == sample.record {
            return Ok(true);
        }
        // only of records about the lot: a proof bundle need not hold others
        let followed = row::<RecordRow>(state, Table::Record, id.as_bytes())?;
        if followed.is_some_and(|row| row.kid == key && number < row.seq && row.lots.contains(&inspection.lot)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Commodity and form of products.
struct Forms<'a> {
    state: &'a dyn State,
    known: BTreeMap<Gtin, Option<(String, String)>>,
}

impl Forms<'_> {
    fn of(&mut self, gtin: Gtin) -> Result<Option<(String, String)>, StateError> {
        if let Some(known) = self.known.get(&gtin) {
            return Ok(known.clone());
        }
        let product: Option<Arc<ProductRow>> = row(self.state, Table::Product, &gtin.number().to_be_bytes())?;
        let form = product.map(|row| (row.commodity.clone(), row.form.clone()));
        self.known.insert(gtin, form.clone());
        Ok(form)
    }
}

impl InspectionRow {
    /// The parameters that were measured on a sample and did not fail: without a sample that fits they count for nothing. What failed
    /// always counts.
    pub fn on_sample(&self) -> Vec<&str> {
        let failed = |parameter: &str| {
            self.results.iter().any(|r| r.parameter == parameter && r.verdict == Verdict::Fail && !r.advisory)
        };
        self.laboratory.iter().map(String::as_str).filter(|parameter| !failed(parameter)).collect()
    }
}

/// Findings `sample-not-named`, `sample-unknown`, `sample-of-another-lot` and `sample-after-test`: results that do not count, because no
/// sample fits them. They are looked up with the lot, and not kept: a sample that arrives clears them.
pub fn finding(inspection: &InspectionRow, fit: Fit) -> Option<Finding> {
    let rule = match fit {
        Fit::Fits => return None,
        Fit::NotNamed => Rule::SampleNotNamed,
        Fit::Unknown => Rule::SampleUnknown,
        Fit::OtherLot => Rule::SampleOfAnotherLot,
        Fit::AfterTest => Rule::SampleAfterTest,
    };
    let parameters = inspection.on_sample();
    if parameters.is_empty() || inspection.own || inspection.voided {
        return None;
    }
    let mut args = vec![("parameters".to_owned(), parameters.join(", "))];
    args.extend(inspection.sample.iter().map(|id| ("sample".to_owned(), id.clone())));
    Some(Finding {
        rule,
        severity: Severity::Warning,
        lots: vec![inspection.lot.clone()],
        record: inspection.record,
        args,
    })
}

/// Whether findings of this rule are looked up with the lot, and not kept in rows.
pub fn is_looked_up(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::SampleNotNamed
            | Rule::SampleUnknown
            | Rule::SampleOfAnotherLot
            | Rule::SampleAfterTest
            | Rule::RequirementIncomplete
    )
}
