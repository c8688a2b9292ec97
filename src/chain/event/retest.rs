//! What an inspection fails of a lot, and the failures that a retest clears.

use std::collections::BTreeSet;

use super::tx::Tx;
use crate::chain::lineage::Lineage;
use crate::chain::rows::{Failure, FailureRow, InspectionRow, RecordRow, of_lot};
use crate::chain::state::{get, row};
use crate::chain::{Refusal, Rejection, Rule, StateError, Table, lot_reads, specification};
use crate::gs1::LotId;
use crate::quality::{Judged, Verdict};
use crate::record::RecordId;

/// Sets what the inspection at `index` failed of a lot.
pub(super) fn set_failures(tx: &mut Tx<'_>, lot: &LotId, index: u64, failed: &FailureRow) -> Result<(), Refusal> {
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
pub(super) fn failures_at(tx: &Tx<'_>, lot: &LotId, index: u64) -> Result<FailureRow, StateError> {
    Ok(tx.latest(Table::Failure, &of_lot(lot, index))?.unwrap_or_default())
}

/// Whether results `now` clear what `first` failed of a parameter: every requirement that it failed passes, without a value of it that is
/// unclear, and none fails.
fn clears(first: &[Judged], now: &[Judged], parameter: &str) -> bool {
    let of = |results: &[Judged], verdict: Verdict| -> BTreeSet<Option<String>> {
        let mine = results.iter().filter(|r| r.parameter == parameter && r.verdict == verdict && !r.advisory);
        mine.map(|r| r.requirement.clone()).collect()
    };
    let (failed, unclear) = (of(first, Verdict::Fail), of(now, Verdict::Inconclusive));
    of(now, Verdict::Fail).is_empty() && failed.is_subset(&of(now, Verdict::Pass)) && failed.is_disjoint(&unclear)
}

/// Rule `retest-unknown`: a retest names inspections that failed this lot or an ancestor. Clears the failures whose requirements pass
/// now, and returns the inspections named. Whether a retest counts is looked up with the lot ([`Lineage`]): its sample may be on its way.
pub(super) fn apply_retests(
    tx: &mut Tx<'_>,
    lot: &LotId,
    commodity: &str,
    now: &[Judged],
) -> Result<Vec<RecordId>, Refusal> {
    let mut retests = Vec::new();
    if tx.event.ext.retests.is_empty() {
        return Ok(retests);
    }
    let now = specification::lasting(tx.state, commodity, now)?;
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
        // what failed it may be a specification, of goods of another commodity
        let first = match first.iter().any(specification::is_by_one) {
            true => {
                let commodity = tx.require_product(failed_lot.gtin)?.commodity.clone();
                specification::lasting(tx.state, &commodity, &first)?
            }
            false => first,
        };
        let mut failures = failures_at(tx, lot, index)?;
        for failure in of_failed.into_iter().filter(|failure| clears(&first, &now, &failure.parameter)) {
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

/// The index of a record, which is on the ledger.
pub(super) fn index_of(tx: &Tx<'_>, id: &RecordId) -> Result<u64, StateError> {
    let row: Option<std::sync::Arc<RecordRow>> = row(tx.state, Table::Record, id.as_bytes())?;
    row.map(|row| row.index).ok_or_else(|| StateError::new(format!("no row of record {id}")))
}
