//! What a lot inherits from its ancestors: failed parameters, holds, warnings, whether it was tested, and its origins.
//!
//! None of these is copied into descendants. They are found by walking up, each lot once, so that a void, a lift or a late result
//! of an ancestor takes effect at once in all descendants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::clock::EVERY;
use super::entity_index;
use super::outcome::{Finding, RECORD, Severity};
use super::rows::{
    Failure, InspectionRow, KeyRow, LedgerRow, LotRow, Origin, PartyRow, ProductRow, RecordRow, TransformationRow,
    lot_key, under_lot,
};
use super::state::{Scan, get, row, rows};
use super::{Act, Rule, State, StateError, Table, given_up, lot_reads};
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
    /// The records that made it were voided: there is no such lot.
    Withdrawn,
    /// On hold or recalled, itself or by an ancestor or container.
    Held,
}

/// What is known of one lot, its ancestors included.
#[derive(Debug, Clone)]
pub struct Inherited {
    /// The lot's own row.
    pub row: Arc<LotRow>,
    /// Failed parameters, its own and inherited, cleared ones too.
    pub failures: Arc<Vec<Failure>>,
    /// It failed, or an ancestor did, in more inspections than were read.
    pub more_failed: bool,
    /// Holds on it or above it that are not lifted.
    pub holds: Arc<BTreeSet<RecordId>>,
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
    /// For queries: where it comes from, its own harvests or those of all it was made from.
    pub origins: Arc<BTreeSet<Origin>>,
    /// For queries: what is claimed of it, its own claims or those that all it was made from share.
    pub claims: Arc<BTreeSet<String>>,
    /// For queries: how its origin was kept apart, at the weakest.
    pub mode: Option<Mode>,
}

/// Most failed inspections that are read for one shipment.
const MOST_FAILED: usize = 2_000;

/// Commodity and form.
type Form = Option<(String, String)>;

/// What several lots come to together: those that a process consumed. All that it made inherit the same, which is put together once.
#[derive(Debug, Default)]
struct Above {
    /// Their form, if they have one in common.
    form: Option<Form>,
    tested: bool,
    passed: bool,
    warned: bool,
    deficit: bool,
    more_failed: bool,
    failures: Arc<Vec<Failure>>,
    holds: Arc<BTreeSet<RecordId>>,
    origins: Arc<BTreeSet<Origin>>,
    claims: Arc<BTreeSet<String>>,
    mode: Option<Mode>,
}

impl Inherited {
    /// All that is true of the lot, worst first.
    pub fn states(&self) -> Vec<LotState> {
        let mut states = Vec::new();
        if !self.holds.is_empty() {
            states.push(LotState::Held);
        }
        let withdrawn = self.row.produced.is_zero();
        if withdrawn {
            states.push(LotState::Withdrawn);
        }
        if self.failures.iter().any(|failure| failure.cleared_by.is_none()) {
            states.push(LotState::Failed);
        }
        let failed = states.contains(&LotState::Failed);
        // nobody tests what there is not
        let untested = !self.passed && !withdrawn;
        if untested && !self.inspected {
            states.push(LotState::NotInspected);
        } else if untested && !failed {
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
    /// How many more failed inspections are read.
    failed: usize,
    /// Whether any key or party is marked as compromised; unknown until it matters.
    marks: Option<bool>,
    memo: BTreeMap<LotId, Inherited>,
    /// By what was consumed: one process, or more of a lot that was made again.
    above: BTreeMap<Vec<RecordId>, Arc<Above>>,
    processes: BTreeMap<RecordId, Arc<TransformationRow>>,
    forms: BTreeMap<Gtin, Form>,
}

impl<'a> Lineage<'a> {
    /// For queries: findings are read too.
    pub fn new(state: &'a dyn State) -> Lineage<'a> {
        Lineage {
            state,
            findings: true,
            failed: usize::MAX,
            marks: None,
            memo: BTreeMap::new(),
            above: BTreeMap::new(),
            processes: BTreeMap::new(),
            forms: BTreeMap::new(),
        }
    }

    /// For rules, which need failures, holds and tests only.
    pub fn without_findings(state: &'a dyn State) -> Lineage<'a> {
        Lineage { findings: false, ..Lineage::new(state) }
    }

    /// For a shipment. It needs to know that goods failed, not each time that they did: many failed inspections don't make goods too
    /// much to ship.
    pub fn for_shipment(state: &'a dyn State) -> Lineage<'a> {
        Lineage { failed: MOST_FAILED, ..Lineage::without_findings(state) }
    }

    /// What `lot` has and inherits; `None` when it was never made.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    pub fn of(&mut self, lot: &LotId) -> Result<Option<&Inherited>, StateError> {
        // parents before children, without recursion: lineages may be long
        let mut stack: Vec<(LotId, Option<Arc<LotRow>>)> = vec![(lot.clone(), None)];
        let mut entered = BTreeSet::new();
        while let Some((at, row)) = stack.pop() {
            if self.memo.contains_key(&at) {
                continue;
            }
            if let Some(row) = row {
                let node = self.node(&at, row)?;
                self.memo.insert(at, node);
            } else if entered.insert(at.clone())
                && let Some(row) = super::state::row::<LotRow>(self.state, Table::Lot, &lot_key(&at))?
            {
                stack.push((at, Some(Arc::clone(&row))));
                // of all that one process made, the first finds its inputs in the memo for the others
                if !self.above.contains_key(&row.made_in) {
                    for parent in self.parents(&row)? {
                        if !self.memo.contains_key(&parent) {
                            stack.push((parent, None));
                        }
                    }
                }
            }
        }
        Ok(self.memo.get(lot))
    }

    fn process(&mut self, id: &RecordId) -> Result<Arc<TransformationRow>, StateError> {
        if let Some(known) = self.processes.get(id) {
            return Ok(Arc::clone(known));
        }
        let row = lot_reads::transformation(self.state, id)?;
        self.processes.insert(*id, Arc::clone(&row));
        Ok(row)
    }

    fn parents(&mut self, row: &LotRow) -> Result<BTreeSet<LotId>, StateError> {
        let mut found = BTreeSet::new();
        for id in &row.made_in {
            found.extend(self.process(id)?.inputs.iter().map(|(lot, _)| lot.clone()));
        }
        Ok(found)
    }

    /// What a lot inherits from all that it was made from.
    fn above(&mut self, row: &LotRow) -> Result<Arc<Above>, StateError> {
        if let Some(known) = self.above.get(&row.made_in) {
            return Ok(Arc::clone(known));
        }
        let parents = self.parents(row)?;
        let mut forms = BTreeSet::new();
        for parent in &parents {
            forms.insert(self.form(parent.gtin)?);
        }
        let nodes: Vec<&Inherited> = parents.iter().filter_map(|parent| self.memo.get(parent)).collect();
        let complete = nodes.len() == parents.len();
        // after its making was voided, a lot no longer passes by the inspections of its inputs, and no process cures what failed
        let stands = standing(self.state, &row.created_by)?;
        let mut shared: Option<Arc<BTreeSet<String>>> = None;
        for above in &nodes {
            shared = Some(match shared {
                Some(so_far) if so_far != above.claims => Arc::new(&*so_far & &*above.claims),
                Some(so_far) => so_far,
                None => Arc::clone(&above.claims),
            });
        }
        let first = forms.pop_first();
        let above = Above {
            form: first.filter(|_| forms.is_empty()),
            tested: complete && nodes.iter().all(|above| above.tested),
            passed: complete && nodes.iter().all(|above| above.passed) && (!self.findings || stands),
            warned: nodes.iter().any(|above| above.warned),
            deficit: nodes.iter().any(|above| above.deficit),
            more_failed: nodes.iter().any(|above| above.more_failed),
            failures: Arc::new(self.inherited_failures(row, &nodes, stands)?),
            holds: union(nodes.iter().map(|above| &above.holds)),
            origins: union(nodes.iter().map(|above| &above.origins)),
            claims: shared.unwrap_or_default(),
            mode: nodes.iter().map(|above| above.mode).min().flatten(),
        };
        let above = Arc::new(above);
        self.above.insert(row.made_in.clone(), Arc::clone(&above));
        Ok(above)
    }

    fn node(&mut self, lot: &LotId, row: Arc<LotRow>) -> Result<Inherited, StateError> {
        let made = !row.made_in.is_empty();
        let own_form = self.form(lot.gtin)?;
        let above = if made { self.above(&row)? } else { Arc::default() };
        let same_form = made && above.form == Some(own_form);
        let own_warned = self.findings && (warned(self.state, lot)? || self.signed_by_marked(lot)?);
        let holds = match row.holds.is_empty() {
            true => Arc::clone(&above.holds),
            false => union([&above.holds, &Arc::new(row.holds.clone())].into_iter()),
        };
        // an inspection without a verdict counts as an inspection, and passes nothing; an own check counts as none
        let inspected = row.counts.tested > 0;
        let passed = (same_form && above.passed) || self.passed(lot, &row)?;
        let unread = usize::try_from(row.counts.failures).unwrap_or(usize::MAX) > self.failed;
        let failures = if row.counts.failures == 0 || unread {
            Arc::clone(&above.failures)
        } else {
            self.failed = self.failed.saturating_sub(usize::try_from(row.counts.failures).unwrap_or(usize::MAX));
            Arc::new(with_own(&above.failures, lot_reads::failures(self.state, lot, &row)?))
        };
        // taken from the parents, so that the replacement of a harvest reaches all lots made from it
        let (origins, claims, mode) = match (self.findings, made) {
            (false, _) => (Arc::default(), Arc::default(), None),
            (true, true) => {
                (Arc::clone(&above.origins), Arc::clone(&above.claims), row.provenance.mode().min(above.mode))
            }
            (true, false) => (
                Arc::new(lot_reads::origins(self.state, lot, &row)?),
                Arc::new(row.provenance.claims()),
                row.provenance.mode(),
            ),
        };
        Ok(Inherited {
            failures,
            more_failed: unread || above.more_failed,
            holds,
            tested: inspected || (same_form && above.tested),
            inspected,
            passed,
            warned: own_warned || above.warned,
            deficit: row.deficit || above.deficit,
            origins,
            claims,
            mode,
            row,
        })
    }

    /// Whether an inspection of the lot itself passed it. What a compromised key signed passes nothing.
    fn passed(&mut self, lot: &LotId, row: &LotRow) -> Result<bool, StateError> {
        if row.counts.passed == 0 || !self.findings || !self.any_marked()? {
            return Ok(row.counts.passed > 0);
        }
        for inspection in rows::<InspectionRow>(self.state, Table::Inspection, Scan::prefix(&under_lot(lot, b""))) {
            let (_, inspection) = inspection?;
            let passes = inspection.verdict == Verdict::Pass && !inspection.own && !inspection.voided;
            if passes
                && let Some(record) =
                    super::state::row::<RecordRow>(self.state, Table::Record, inspection.record.as_bytes())?
                && !marked(self.state, &record)?
            {
                return Ok(true);
            }
        }
        Ok(false)
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

    fn form(&mut self, gtin: Gtin) -> Result<Form, StateError> {
        if let Some(form) = self.forms.get(&gtin) {
            return Ok(form.clone());
        }
        let row = row::<ProductRow>(self.state, Table::Product, &gtin.number().to_be_bytes())?;
        let form = row.map(|row| (row.commodity.clone(), row.form.clone()));
        self.forms.insert(gtin, form.clone());
        Ok(form)
    }

    /// A failure travels to every output until a process cures its parameter or a retest clears it.
    fn inherited_failures(
        &self,
        row: &LotRow,
        parents: &[&Inherited],
        stands: bool,
    ) -> Result<Vec<Failure>, StateError> {
        let mut list: BTreeMap<(RecordId, &str), Failure> = BTreeMap::new();
        for failure in parents.iter().flat_map(|above| above.failures.iter()) {
            let entry = list.entry((failure.record, &failure.parameter)).or_insert_with(|| failure.clone());
            // open through one parent is open
            if failure.cleared_by.is_none() {
                entry.cleared_by = None;
            }
        }
        if stands && list.values().any(|failure| failure.cleared_by.is_none()) {
            let process = lot_reads::transformation(self.state, &row.created_by)?;
            for failure in list.values_mut().filter(|failure| failure.cleared_by.is_none()) {
                if process.cures.contains(&failure.parameter) {
                    failure.cleared_by = Some(row.created_by);
                }
            }
        }
        Ok(list.into_values().collect())
    }
}

/// What is in any of these sets; one that all share is not copied.
fn union<'s, T: Ord + Clone + 's>(mut sets: impl Iterator<Item = &'s Arc<BTreeSet<T>>>) -> Arc<BTreeSet<T>> {
    let mut all = sets.next().cloned().unwrap_or_default();
    for set in sets.filter(|set| !set.is_empty()) {
        if all.is_empty() {
            all = Arc::clone(set);
        } else if !Arc::ptr_eq(&all, set) && *all != **set {
            Arc::make_mut(&mut all).extend(set.iter().cloned());
        }
    }
    all
}

/// Inherited failures with a lot's own, which count for the same inspection and parameter.
fn with_own(inherited: &[Failure], own: Vec<Failure>) -> Vec<Failure> {
    let named = |failure: &Failure| (failure.record, failure.parameter.clone());
    let mut list: BTreeMap<_, Failure> = inherited.iter().map(|failure| (named(failure), failure.clone())).collect();
    list.extend(own.into_iter().map(|failure| (named(&failure), failure)));
    list.into_values().collect()
}

/// Whether the record is there and was not voided.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn standing(state: &dyn State, id: &RecordId) -> Result<bool, StateError> {
    Ok(row::<RecordRow>(state, Table::Record, id.as_bytes())?.is_some_and(|row| row.voided_by.is_none()))
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

/// Whether what a finding says is still so: a later record may have cleared it. One that is not is no longer shown.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn still_true(state: &dyn State, finding: &Finding) -> Result<bool, StateError> {
    let values = |name: &'static str| finding.args.iter().filter(move |(arg, _)| arg == name).map(|(_, value)| value);
    match finding.rule {
        Rule::LooksLikeEntry => {
            for id in values(RECORD).filter_map(|id| id.parse::<RecordId>().ok()) {
                if standing(state, &id)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Rule::LotLooksAlike => match values("other").next().and_then(|uri| LotId::from_uri(uri).ok()) {
            Some(other) => {
                Ok(row::<LotRow>(state, Table::Lot, &lot_key(&other))?.is_some_and(|row| !row.produced.is_zero()))
            }
            None => Ok(true),
        },
        Rule::SequenceGap => given_up::is_open(state, finding),
        _ => Ok(true),
    }
}

/// Whether a warning about the lot stands. A finding of a voided record no longer counts; a deficit counts while the lot's row has
/// it. All findings stay listed.
fn warned(state: &dyn State, lot: &LotId) -> Result<bool, StateError> {
    for (_, finding) in findings(state, lot)? {
        let counted_elsewhere = matches!(finding.rule, Rule::Deficit | Rule::AncestorDeficit);
        if finding.severity == Severity::Warning
            && !counted_elsewhere
            && standing(state, &finding.record)?
            && still_true(state, &finding)?
        {
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

/// Whether any key or party is marked as compromised.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn any_marked(state: &dyn State) -> Result<bool, StateError> {
    Ok(row::<LedgerRow>(state, Table::Ledger, b"")?.is_some_and(|ledger| ledger.any_marked))
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
