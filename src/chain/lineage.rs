//! What a lot inherits from its ancestors: failed parameters, holds, warnings, whether it was tested, and its origins.
//!
//! None of these is copied into descendants. They are found by walking up, each lot once, so that a void, a lift or a late result
//! of an ancestor takes effect at once in all descendants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::clock::EVERY;
use super::entity_index;
use super::outcome::{Finding, Severity};
use super::rows::{
    Failure, InspectionRow, KeyRow, LedgerRow, LotRow, Origin, PartyRow, ProductRow, RecordRow, TransformationRow,
    lot_key, under_lot,
};
use super::state::{Scan, get, row, rows};
use super::{Act, Rule, State, StateError, Table};
use crate::epcis::Mode;
use crate::gs1::{Gtin, LotId};
use crate::quality::Verdict;
use crate::record::RecordId;

/// The states of the verification page that the ledger can tell, worst last (`docs/rules.md`, "Headline").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LotState {
    /// Inspected, passed, nothing found.
    Verified,
    /// Inspected and passed, but something to know.
    Findings,
    /// Inspected, without a verdict: no limit that judges, or none that the measurement keeps or breaks for certain.
    NoVerdict,
    /// No inspection yet.
    NotInspected,
    /// An inspection failed and was not superseded.
    Failed,
    /// On hold or recalled, itself or by an ancestor or container.
    Held,
}

/// What is known of one lot, its ancestors included.
#[derive(Debug, Clone)]
pub struct Inherited {
    /// The lot's own row.
    pub row: LotRow,
    /// Failed parameters, its own and inherited, cleared ones too.
    pub failures: Vec<Failure>,
    /// Holds on it or above it that are not lifted.
    pub holds: BTreeSet<RecordId>,
    /// It was inspected, or all it was made from was, in the same commodity and form.
    pub tested: bool,
    /// It was inspected itself.
    pub inspected: bool,
    /// The same, and passed. For queries: what a compromised key signed passes nothing.
    pub passed: bool,
    /// A warning stands, on it or above.
    pub warned: bool,
    /// A deficit stands, on it or above.
    pub deficit: bool,
    /// Where it comes from: its own harvests, or those of all it was made from.
    pub origins: BTreeSet<Origin>,
    /// What is claimed of it: its own claims, or those that all it was made from share.
    pub claims: BTreeSet<String>,
    /// How its origin was kept apart, at the weakest.
    pub mode: Option<Mode>,
}

impl Inherited {
    /// All that is true of the lot, worst first.
    pub fn states(&self) -> Vec<LotState> {
        let mut states = Vec::new();
        if !self.holds.is_empty() {
            states.push(LotState::Held);
        }
        if self.failures.iter().any(|failure| failure.cleared_by.is_none()) {
            states.push(LotState::Failed);
        }
        let failed = states.contains(&LotState::Failed);
        if !self.passed && !self.inspected {
            states.push(LotState::NotInspected);
        } else if !self.passed && !failed {
            states.push(LotState::NoVerdict);
        }
        if self.warned || self.deficit {
            states.push(LotState::Findings);
        }
        if states.is_empty() {
            states.push(LotState::Verified);
        }
        states
    }

    /// The worst that is true.
    pub fn headline(&self) -> LotState {
        self.states().first().copied().unwrap_or(LotState::NotInspected)
    }
}

/// Walks lineages over one state, with a memo of the lots it visited.
pub struct Lineage<'a> {
    state: &'a dyn State,
    findings: bool,
    /// Whether any key or party is marked as compromised; unknown until it matters.
    marks: Option<bool>,
    memo: BTreeMap<LotId, Inherited>,
    forms: BTreeMap<Gtin, Option<(String, String)>>,
}

impl<'a> Lineage<'a> {
    /// For queries: findings are read too.
    pub fn new(state: &'a dyn State) -> Lineage<'a> {
        Lineage { state, findings: true, marks: None, memo: BTreeMap::new(), forms: BTreeMap::new() }
    }

    /// For rules, which need failures, holds and tests only.
    pub fn without_findings(state: &'a dyn State) -> Lineage<'a> {
        Lineage { findings: false, ..Lineage::new(state) }
    }

    /// What `lot` has and inherits; `None` when it was never made.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    pub fn of(&mut self, lot: &LotId) -> Result<Option<&Inherited>, StateError> {
        // parents before children, without recursion: lineages may be long
        let mut stack: Vec<(LotId, Option<LotRow>)> = vec![(lot.clone(), None)];
        let mut entered = BTreeSet::new();
        while let Some((at, row)) = stack.pop() {
            if self.memo.contains_key(&at) {
                continue;
            }
            if let Some(row) = row {
                let node = self.node(&at, row)?;
                self.memo.insert(at, node);
            } else if entered.insert(at.clone())
                && let Some(row) = get::<LotRow>(self.state, Table::Lot, &lot_key(&at))?
            {
                let parents: Vec<LotId> =
                    row.parents.iter().filter(|parent| !self.memo.contains_key(*parent)).cloned().collect();
                stack.push((at, Some(row)));
                stack.extend(parents.into_iter().map(|parent| (parent, None)));
            }
        }
        Ok(self.memo.get(lot))
    }

    fn node(&mut self, lot: &LotId, row: LotRow) -> Result<Inherited, StateError> {
        let own_form = self.form(lot.gtin)?;
        let (mut tested, mut passed) = (!row.parents.is_empty(), !row.parents.is_empty());
        let mut warned = self.findings && (warned(self.state, lot)? || self.signed_by_marked(lot)?);
        let mut deficit = row.deficit;
        let mut holds = row.holds.clone();
        for parent in &row.parents {
            let same_form = self.form(parent.gtin)? == own_form;
            let above = self.memo.get(parent);
            tested &= same_form && above.is_some_and(|above| above.tested);
            passed &= same_form && above.is_some_and(|above| above.passed);
            if let Some(above) = above {
                warned |= above.warned;
                deficit |= above.deficit;
                holds.extend(above.holds.iter().copied());
            }
        }
        // after its making was voided, a lot no longer passes by the inspections of its inputs
        passed &= !self.findings || row.parents.is_empty() || standing(self.state, &row.created_by)?;
        let mut inspected = false;
        for id in &row.inspections {
            let record: Option<RecordRow> = get(self.state, Table::Record, id.as_bytes())?;
            let Some(record) = record.filter(|record| record.voided_by.is_none()) else { continue };
            // an inspection without a verdict counts as an inspection, and passes nothing; an own check counts as none
            let inspection: Option<InspectionRow> = get(self.state, Table::Inspection, id.as_bytes())?;
            let inspection = inspection.filter(|row| !row.own);
            inspected |= inspection.is_some();
            if inspection.is_some_and(|row| row.verdict == Verdict::Pass) {
                passed |= !(self.findings && self.any_marked()? && marked(self.state, &record)?);
            }
        }
        tested |= inspected;
        let failures = self.failures(&row)?;
        // taken from the parents, so that the replacement of a harvest reaches all lots made from it
        let (mut origins, mut claims, mut mode) =
            (row.provenance.origins(), row.provenance.claims(), row.provenance.mode());
        if !row.parents.is_empty() {
            origins.clear();
            let mut shared: Option<BTreeSet<String>> = None;
            for above in row.parents.iter().filter_map(|parent| self.memo.get(parent)) {
                origins.extend(above.origins.iter().cloned());
                mode = mode.min(above.mode);
                shared = Some(shared.map_or_else(|| above.claims.clone(), |so_far| &so_far & &above.claims));
            }
            claims = shared.unwrap_or_default();
        }
        Ok(Inherited { row, failures, holds, tested, inspected, passed, warned, deficit, origins, claims, mode })
    }

    /// Whether there is any compromised key or party. Rare: without one nothing more is read.
    fn any_marked(&mut self) -> Result<bool, StateError> {
        let marks = match self.marks {
            Some(known) => known,
            None => any_marked(self.state)?,
        };
        self.marks = Some(marks);
        Ok(marks)
    }

    /// Whether a compromised key signed a record about the lot.
    fn signed_by_marked(&mut self, lot: &LotId) -> Result<bool, StateError> {
        if !self.any_marked()? {
            return Ok(false);
        }
        for entry in entity_index::entries(self.state, &lot.uri()) {
            if let Some(row) = row::<RecordRow>(self.state, Table::Record, entry?.record.as_bytes())?
                && !matches!(row.act, Act::Registry | Act::Clock)
                && marked(self.state, &row)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn form(&mut self, gtin: Gtin) -> Result<Option<(String, String)>, StateError> {
        if let Some(form) = self.forms.get(&gtin) {
            return Ok(form.clone());
        }
        let row: Option<ProductRow> = get(self.state, Table::Product, &gtin.number().to_be_bytes())?;
        let form = row.map(|row| (row.commodity, row.form));
        self.forms.insert(gtin, form.clone());
        Ok(form)
    }

    /// A failure travels to every output until a process cures its parameter or a retest clears it.
    fn failures(&self, row: &LotRow) -> Result<Vec<Failure>, StateError> {
        let mut list: BTreeMap<(RecordId, &str), Failure> = BTreeMap::new();
        for failure in row.parents.iter().filter_map(|parent| self.memo.get(parent)).flat_map(|above| &above.failures) {
            let entry = list.entry((failure.record, &failure.parameter)).or_insert_with(|| failure.clone());
            // open through one parent is open
            if failure.cleared_by.is_none() {
                entry.cleared_by = None;
            }
        }
        if list.values().any(|failure| failure.cleared_by.is_none()) {
            let process: Option<TransformationRow> = get(self.state, Table::Transformation, row.created_by.as_bytes())?;
            let mut cures = process.map(|process| process.cures).unwrap_or_default();
            if !standing(self.state, &row.created_by)? {
                cures.clear();
            }
            for failure in list.values_mut().filter(|failure| failure.cleared_by.is_none()) {
                if cures.contains(&failure.parameter) {
                    failure.cleared_by = Some(row.created_by);
                }
            }
        }
        for own in &row.failures {
            list.insert((own.record, &own.parameter), own.clone());
        }
        Ok(list.into_values().collect())
    }
}

/// Whether the record is there and was not voided.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn standing(state: &dyn State, id: &RecordId) -> Result<bool, StateError> {
    Ok(get::<RecordRow>(state, Table::Record, id.as_bytes())?.is_some_and(|row| row.voided_by.is_none()))
}

/// The findings about `lot`, by index and number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn findings(state: &dyn State, lot: &LotId) -> Result<Vec<(Vec<u8>, Finding)>, StateError> {
    let prefix = under_lot(lot, b"");
    let found = rows(state, Table::Finding, Scan::prefix(&prefix));
    found.map(|row| row.map(|(key, finding)| (key[prefix.len()..].to_vec(), finding))).collect()
}

/// Whether a warning about the lot stands. A finding of a voided record no longer counts; a deficit counts while the lot's row has
/// it. All findings stay listed.
fn warned(state: &dyn State, lot: &LotId) -> Result<bool, StateError> {
    for (_, finding) in findings(state, lot)? {
        let counted_elsewhere = matches!(finding.rule, Rule::Deficit | Rule::AncestorDeficit);
        if finding.severity == Severity::Warning && !counted_elsewhere && standing(state, &finding.record)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the key, or the party that enrolled it, was compromised when a record was logged.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn marked(state: &dyn State, row: &RecordRow) -> Result<bool, StateError> {
    // it was logged between the clock before it and the next: when in doubt it is marked
    let since = |at: Option<i64>| at.is_some_and(|at| row.clock.saturating_add(EVERY) > at);
    let key: Option<KeyRow> = get(state, Table::Key, &row.kid.0)?;
    let party: Option<PartyRow> = get(state, Table::Party, row.party.as_bytes())?;
    Ok(since(key.and_then(|key| key.compromised_since)) || since(party.and_then(|party| party.marked_since)))
}

fn any_marked(state: &dyn State) -> Result<bool, StateError> {
    Ok(row::<LedgerRow>(state, Table::Ledger, b"")?.is_some_and(|ledger| ledger.any_marked))
}

/// A lot and all its descendants, nearest first.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn below(state: &dyn State, lot: &LotId) -> Result<Vec<LotId>, StateError> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::from([lot.clone()]));
    let mut level = seen.clone();
    while !level.is_empty() {
        let mut further = BTreeSet::new();
        for lot in level {
            let Some(row) = get::<LotRow>(state, Table::Lot, &lot_key(&lot))? else { continue };
            further.extend(row.children.into_iter().filter(|child| seen.insert(child.clone())));
            found.push(lot);
        }
        level = further;
    }
    Ok(found)
}
