//! What a lot inherits from its ancestors: failed parameters, holds, warnings, whether it was tested, and its origins.
//!
//! None of these is copied into descendants. They are found by walking up, each lot once, so that a void, a lift or a late result
//! of an ancestor takes effect at once in all descendants.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entity_index;
use super::market::{self, LotAssessment, Markets};
use super::marks::marked;
use super::monitored::{self, Monitored};
use super::outcome::{Finding, Severity};
use super::rows::{Failure, HoldRow, LedgerRow, LotRow, Origin, ProductRow, RecordRow, TransformationRow, lot_key};
use super::specification::Adopted;
use super::state::row;
use super::tested::{self, Clearing, Now, Own, Results};
use super::{Act, RecordSource, State, StateError, Table, cleared, lot_reads};
use crate::epcis::Mode;
use crate::gs1::{Gtin, LotId};
use crate::quality::Completeness;
use crate::record::RecordId;

mod kept;
mod sets;
mod states;

pub use kept::{below, findings};
pub use states::LotState;

use kept::{KeptFindings, kept};

use sets::{shared, union, with_own};

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
    /// For queries: one of them is a recall.
    pub recalled: bool,
    /// For queries: what is stated of its market.
    pub markets: Markets,
    /// It was inspected, or all it was made from was, in the same commodity and form.
    pub tested: bool,
    /// It was inspected itself.
    pub inspected: bool,
    /// For queries: what was tested of it, and of all that it was made from in the same form.
    pub results: Arc<Results>,
    /// For queries, of a lot that was asked for: whether that is all that its market asks for; `None` when no result counts.
    pub completeness: Option<Completeness>,
    /// For queries, of a lot that was asked for: the monitoring of its places that counts for it.
    pub monitored: Vec<Monitored>,
    /// For queries, of a lot that was asked for: the findings `monitoring-failed` about it, with the index of their record.
    pub place_failed: Vec<(u64, Finding)>,
    /// For queries, of a lot that was asked for: the statements of all specifications that were in force for such goods.
    pub specified: Vec<RecordId>,
    /// For queries, of a lot that was asked for: the specifications that gate it.
    pub specifications: Arc<Vec<Adopted>>,
    /// For queries: who made it, and all that it was made from in the same form.
    pub makers: Arc<BTreeSet<String>>,
    /// For queries: the processes that it went through, by id, and what it was made from.
    pub processes: Arc<BTreeSet<String>>,
    /// For queries: stock was booked on because it was fattened, its own or that of what it was made from.
    pub fattened: bool,
    /// For queries: findings about the lot itself that are looked up, with the index of their record.
    pub looked_up: Arc<Vec<(u64, Finding)>>,
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

/// Most failed inspections that are read for one shipment: with the longest lineage they stay below what one event may read.
const MOST_FAILED: usize = 600;

/// Commodity and form.
type Form = Option<(String, String)>;

/// What several lots come to together: those that a process consumed. All that it made inherit the same, which is put together once.
#[derive(Debug, Default)]
struct Above {
    /// Their form, if they have one in common.
    form: Option<Form>,
    /// The record that made what was made of them was not voided.
    stands: bool,
    markets: Markets,
    tested: bool,
    results: Arc<Results>,
    processes: Arc<BTreeSet<String>>,
    fattened: bool,
    makers: Arc<BTreeSet<String>>,
    warned: bool,
    deficit: bool,
    more_failed: bool,
    failures: Arc<Vec<Failure>>,
    holds: Arc<BTreeSet<RecordId>>,
    recalled: bool,
    origins: Arc<BTreeSet<Origin>>,
    claims: Arc<BTreeSet<String>>,
    mode: Option<Mode>,
}

impl Inherited {
    /// All that is true of the lot, worst first.
    pub fn states(&self) -> Vec<LotState> {
        let mut states = Vec::new();
        if !self.holds.is_empty() {
            states.push(if self.recalled { LotState::Recalled } else { LotState::Held });
        }
        let withdrawn = self.row.produced.is_zero();
        if withdrawn {
            states.push(LotState::Withdrawn);
        }
        if self.failures.iter().any(|failure| failure.cleared_by.is_none()) {
            states.push(LotState::Failed);
        }
        let failed = states.contains(&LotState::Failed);
        let passed = self.results.passed;
        if withdrawn {
            // nobody tests what there is not
        } else if passed || (!self.results.uncounted.is_empty() && !failed) {
            states.extend(match self.completeness {
                Some(Completeness::Complete { advisory: false, .. }) if passed => None,
                Some(Completeness::Complete { advisory: true, .. }) if passed => Some(LotState::Tested),
                _ => Some(LotState::PartlyTested),
            });
        } else if !self.inspected {
            states.push(LotState::NotInspected);
        } else if !failed {
            states.push(LotState::NoVerdict);
        }
        if self.warned || self.deficit || !self.place_failed.is_empty() {
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
    /// Of the profiles; rules need none.
    source: Option<&'a dyn RecordSource>,
    findings: bool,
    /// How many more failed inspections are read.
    failed: usize,
    /// What the whole ledger says; unknown until it matters.
    now: Option<Now>,
    memo: BTreeMap<LotId, Inherited>,
    /// The market for which lots are judged, instead of their own.
    market: Option<String>,
    /// The lots of these that were compared with what their market asks for.
    judged: BTreeSet<LotId>,
    /// By what was consumed: one process, or more of a lot that was made again.
    above: BTreeMap<Vec<RecordId>, Arc<Above>>,
    processes: BTreeMap<RecordId, Arc<TransformationRow>>,
    forms: BTreeMap<Gtin, Form>,
}

impl<'a> Lineage<'a> {
    /// For queries: findings are read too.
    pub fn new(state: &'a dyn State, source: &'a dyn RecordSource) -> Lineage<'a> {
        Lineage { findings: true, source: Some(source), ..Lineage::without_findings(state) }
    }

    /// For rules, which need failures, holds and tests only.
    pub fn without_findings(state: &'a dyn State) -> Lineage<'a> {
        Lineage {
            state,
            source: None,
            findings: false,
            failed: usize::MAX,
            now: None,
            memo: BTreeMap::new(),
            market: None,
            judged: BTreeSet::new(),
            above: BTreeMap::new(),
            processes: BTreeMap::new(),
            forms: BTreeMap::new(),
        }
    }

    /// For a shipment. It needs to know that goods failed, not each time that they did: many failed inspections don't make goods too
    /// much to ship.
    pub fn for_shipment(state: &'a dyn State) -> Lineage<'a> {
        Lineage { failed: MOST_FAILED, ..Lineage::without_findings(state) }
    }

    /// With what expires judged at a clock (Unix seconds), if that is later than the ledger's.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    pub fn at(mut self, clock: i64) -> Result<Lineage<'a>, StateError> {
        let now = self.now()?;
        self.now = Some(Now { clock: now.clock.max(clock), ..now });
        Ok(self)
    }

    /// With lots judged for this market, whatever is stated of theirs.
    #[must_use]
    pub fn for_market(mut self, market: &str) -> Lineage<'a> {
        self.market = Some(market.to_owned());
        self
    }

    /// The state that it walks over.
    pub fn state(&self) -> &'a dyn State {
        self.state
    }

    /// What `lot` has and inherits; `None` when it was never made.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    pub fn of(&mut self, lot: &LotId) -> Result<Option<&Inherited>, StateError> {
        self.inherited(lot)?;
        self.judge(lot)?;
        Ok(self.memo.get(lot))
    }

    /// [`Lineage::of`], but for what it comes to in its market.
    ///
    /// # Errors
    /// [`StateError`] when storage fails.
    pub fn inherited(&mut self, lot: &LotId) -> Result<Option<&Inherited>, StateError> {
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

    /// Compares what was tested of a lot with what its market asks for.
    fn judge(&mut self, lot: &LotId) -> Result<(), StateError> {
        let Some(source) = self.source.filter(|_| !self.judged.contains(lot)) else { return Ok(()) };
        let Some((commodity, form)) = self.form(lot.gtin)? else { return Ok(()) };
        let clock = self.now()?.clock;
        if let Some(known) = self.memo.get_mut(lot) {
            self.judged.insert(lot.clone());
            let stated = market::Stated {
                claims: known
                    .claims
                    .iter()
                    .cloned()
                    .chain(known.fattened.then(|| market::FATTENED.to_owned()))
                    .collect(),
                processes: known.processes.iter().cloned().collect(),
                gear: !known.origins.is_empty() && known.origins.iter().all(|origin| origin.gear.is_some()),
                origins: Arc::clone(&known.origins),
                makers: known.makers.iter().cloned().collect(),
            };
            let of = (commodity.as_str(), form.as_str());
            let market = self.market.as_deref().unwrap_or(known.markets.judged().0);
            let goods = (&*known.row, market);
            let found = market::judged(self.state, source, goods, of, &known.results, &stated, clock)?;
            let LotAssessment { completeness, specifications, needed, monitored } = found;
            known.place_failed = monitored::failed(lot, &monitored, &known.results.counted);
            known.completeness = completeness;
            known.specifications = Arc::new(specifications);
            known.specified = needed;
            known.monitored = monitored;
        }
        Ok(())
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
        let stands = cleared::standing(self.state, &row.created_by)?;
        let first = forms.pop_first();
        let mut processes = union(nodes.iter().map(|above| &above.processes));
        if self.findings {
            for id in &row.made_in {
                if let Some(name) = self.processes.get(id).and_then(|process| process.process.clone())
                    && !processes.contains(&name)
                {
                    Arc::make_mut(&mut processes).insert(name);
                }
            }
        }
        let above = Above {
            form: first.filter(|_| forms.is_empty()),
            stands,
            markets: if self.findings { self.markets_of_inputs(row)? } else { Markets::default() },
            tested: complete && nodes.iter().all(|above| above.tested),
            results: if complete && stands {
                Results::common(nodes.iter().map(|above| &above.results))
            } else {
                Arc::default()
            },
            processes,
            fattened: nodes.iter().any(|above| above.fattened),
            makers: if complete { shared(nodes.iter().map(|above| &above.makers)) } else { Arc::default() },
            warned: nodes.iter().any(|above| above.warned),
            deficit: nodes.iter().any(|above| above.deficit),
            more_failed: nodes.iter().any(|above| above.more_failed),
            failures: Arc::new(self.inherited_failures(row, &nodes, stands)?),
            holds: union(nodes.iter().map(|above| &above.holds)),
            recalled: nodes.iter().any(|above| above.recalled),
            origins: union(nodes.iter().map(|above| &above.origins)),
            claims: shared(nodes.iter().map(|above| &above.claims)),
            mode: nodes.iter().map(|above| above.mode).min().flatten(),
        };
        let above = Arc::new(above);
        self.above.insert(row.made_in.clone(), Arc::clone(&above));
        Ok(above)
    }

    /// What is stated of the market of all that the last process which made a lot took in.
    fn markets_of_inputs(&self, lot: &LotRow) -> Result<Markets, StateError> {
        let Some(process) = lot.made_in.last() else { return Ok(Markets::default()) };
        let Some(record) = row::<RecordRow>(self.state, Table::Record, process.as_bytes())? else {
            return Ok(Markets::default());
        };
        let inputs = self.processes.get(process).into_iter().flat_map(|process| &process.inputs);
        let inputs = inputs.filter_map(|(lot, _)| self.memo.get(lot).map(|known| (lot, &*known.row, &known.markets)));
        Markets::of_inputs(self.state, record.index, inputs)
    }

    fn node(&mut self, lot: &LotId, row: Arc<LotRow>) -> Result<Inherited, StateError> {
        let made = !row.made_in.is_empty();
        let own_form = self.form(lot.gtin)?;
        let above = if made { self.above(&row)? } else { Arc::default() };
        let same_form = made && above.form == Some(own_form);
        let own = if self.findings && row.counts.standing > 0 {
            tested::of(self.state, lot, self.now()?)?
        } else {
            Own::default()
        };
        let results = match (same_form, own.results == Results::default()) {
            (true, true) => Arc::clone(&above.results),
            (true, false) => Arc::new(own.results.with(&above.results)),
            (false, _) => Arc::new(own.results),
        };
        let makers = match self.findings {
            false => Arc::default(),
            true => {
                let own = Arc::new(BTreeSet::from([row.maker.clone()]));
                if same_form { union([&own, &above.makers].into_iter()) } else { own }
            }
        };
        let mut looked_up = own.findings;
        for (index, record, lacking) in &own.lacking {
            let open = tested::incomplete(lot, *record, lacking, &results.counted);
            looked_up.extend(open.map(|finding| (*index, finding)));
        }
        let kept = if self.findings { kept(self.state, lot)? } else { KeptFindings::default() };
        let own_warned = self.findings
            && (looked_up.iter().any(|(_, found)| found.severity == Severity::Warning)
                || kept.warned
                || self.signed_by_marked(lot)?);
        let holds = match row.holds.is_empty() {
            true => Arc::clone(&above.holds),
            false => union([&above.holds, &Arc::new(row.holds.clone())].into_iter()),
        };
        let recalled = above.recalled || (self.findings && self.has_recall(&row.holds)?);
        let mut markets = above.markets.clone();
        if self.findings {
            // what a voided process states is not so
            let own = row.provenance.market().filter(|_| !made || above.stands);
            markets.made = own.or(markets.made);
            markets.contract = market::newest(self.state, lot, &row, u64::MAX)?;
        }
        // an inspection without a verdict counts as an inspection, and passes nothing; an own check counts as none
        let inspected = row.counts.tested > 0;
        let unread = usize::try_from(row.counts.failures).unwrap_or(usize::MAX) > self.failed;
        let failures = if row.counts.failures == 0 || unread {
            Arc::clone(&above.failures)
        } else {
            self.failed = self.failed.saturating_sub(usize::try_from(row.counts.failures).unwrap_or(usize::MAX));
            Arc::new(with_own(&above.failures, self.own_failures(lot, &row)?))
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
            recalled,
            markets,
            tested: inspected || (same_form && above.tested),
            inspected,
            results,
            completeness: None,
            monitored: Vec::new(),
            place_failed: Vec::new(),
            specified: Vec::new(),
            specifications: Arc::default(),
            makers,
            processes: Arc::clone(&above.processes),
            looked_up: Arc::new(looked_up),
            fattened: kept.fattened || above.fattened,
            warned: own_warned || above.warned,
            deficit: row.deficit || above.deficit,
            origins,
            claims,
            mode,
            row,
        })
    }

    /// Whether one of these holds is a recall.
    fn has_recall(&self, holds: &BTreeSet<RecordId>) -> Result<bool, StateError> {
        for id in holds {
            if row::<HoldRow>(self.state, Table::Hold, id.as_bytes())?.is_some_and(|hold| hold.recall) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The failures of a lot itself. What a retest cleared is open while the retest does not count: for rules as for pages, so that an
    /// honest laboratory can repeat what a stolen key cleared.
    fn own_failures(&mut self, lot: &LotId, row: &LotRow) -> Result<Vec<Failure>, StateError> {
        let (mut found, mut clearing) = (Vec::new(), BTreeMap::new());
        for mut failure in lot_reads::failures(self.state, lot, row)? {
            if let Some(by) = failure.cleared_by {
                // each is read once, however many parameters it clears
                let by = match clearing.entry(by) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(Clearing::of(self.state, lot, &by, self.now()?.marks)?),
                };
                if !by.clears(&failure.parameter) {
                    // what an ancestor failed is found there
                    if failure.lot != *lot {
                        continue;
                    }
                    failure.cleared_by = None;
                }
            }
            found.push(failure);
        }
        Ok(found)
    }

    /// What the whole ledger says.
    fn now(&mut self) -> Result<Now, StateError> {
        if let Some(known) = self.now {
            return Ok(known);
        }
        let ledger = row::<LedgerRow>(self.state, Table::Ledger, b"")?;
        let now = ledger.map_or(Now { clock: 0, marks: false }, |row| Now { clock: row.clock, marks: row.any_marked });
        self.now = Some(now);
        Ok(now)
    }

    /// Whether a compromised key signed a record about the lot.
    fn signed_by_marked(&mut self, lot: &LotId) -> Result<bool, StateError> {
        if !self.now()?.marks {
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
