//! The findings that are kept of a lot, and the lots made from it.

use std::collections::BTreeSet;

use crate::chain::outcome::{Finding, Severity};
use crate::chain::rows::{LotRow, lot_key, under_lot};
use crate::chain::state::{Scan, row, rows};
use crate::chain::{Rule, State, StateError, Table, cleared, lot_reads, market};
use crate::gs1::LotId;

/// The findings about `lot`, by index and number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn findings(state: &dyn State, lot: &LotId) -> Result<Vec<(Vec<u8>, Finding)>, StateError> {
    let prefix = under_lot(lot, b"");
    let found = rows(state, Table::Finding, Scan::prefix(&prefix));
    found.map(|row| row.map(|(key, finding)| (key[prefix.len()..].to_vec(), finding))).collect()
}

/// What the findings that are kept say of a lot.
#[derive(Default)]
pub(super) struct KeptFindings {
    pub(super) warned: bool,
    pub(super) fattened: bool,
}

/// Whether a warning about the lot stands, and whether stock was booked on because it was fattened. A finding of a voided record no longer
/// counts; a deficit counts while the lot's row has it. All findings stay listed.
pub(super) fn kept(state: &dyn State, lot: &LotId) -> Result<KeptFindings, StateError> {
    let mut kept = KeptFindings::default();
    for (_, finding) in findings(state, lot)? {
        let counted_elsewhere = matches!(finding.rule, Rule::Deficit | Rule::AncestorDeficit);
        if finding.severity == Severity::Warning
            && !counted_elsewhere
            && cleared::standing(state, &finding.record)?
            && cleared::still_true(state, &finding)?
        {
            kept.warned = true;
            let reason = |(name, value): &(String, String)| name == "reason" && value == market::FATTENED_BY;
            kept.fattened |= finding.rule == Rule::QuantityGained && finding.args.iter().any(reason);
        }
    }
    Ok(kept)
}

/// A lot and its descendants, nearest first, at most `most` lots.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn below(state: &dyn State, lot: &LotId, most: usize) -> Result<Vec<LotId>, StateError> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::from([lot.clone()]));
    let mut level = seen.clone();
    while !level.is_empty() {
        let mut further = BTreeSet::new();
        for lot in level {
            let Some(row) = row::<LotRow>(state, Table::Lot, &lot_key(&lot))? else { continue };
            for id in lot_reads::uses(state, &lot, &row) {
                if seen.len() >= most {
                    break;
                }
                further.extend(lot_reads::made_by(state, &id?)?.into_iter().filter(|child| seen.insert(child.clone())));
            }
            found.push(lot);
        }
        level = further;
    }
    found.truncate(most);
    Ok(found)
}
