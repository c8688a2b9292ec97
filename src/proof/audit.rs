//! An audit: recomputes every entry of a log up to a checkpoint without trusting its operator. It checks the tree, each
//! record's form and signature, and the chain rules from entry 0, with the code that admits records.
//!
//! It streams: entries are processed in order and dropped. Only the state they build stays in memory, some kilobytes per
//! lot, and 64 bytes of the tree for each entry. What it is not: I/O, nor a judgement whether the signed statements are true.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use rayon::prelude::*;
use serde::Serialize;

mod roots;

pub use roots::Following;
use roots::Roots;

use super::replay::log_keys;
use super::seen::Signers;
use super::trust::Trust;
use super::verdict::{Outcome, Verdict};
use super::verify::checkpoint;
use crate::causes::causes;
use crate::chain::rows::RecordRow;
use crate::chain::state::{Scan, decode, row};
use crate::chain::{
    Finding, MemState, Overlay, ProfileSource, Rule, State, Stopped, Table, Void, authority, cleared, replay,
};
use crate::log::Frontier;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::merkle::{EMPTY_ROOT, Hash, leaf_hash};
use crate::log::nodes::Nodes;
use crate::log::note::{Note, Verifier};
use crate::record::{Hash32, Payload, Record, RecordError, Statement};

/// Detail of a check that needs every entry.
const UNREAD: &str = "not every entry could be read";
/// Entries that are listed in the detail of a check; the rest are counted.
const LISTED: usize = 5;
/// Failing entries that are stored; the rest are counted. Bounds memory for a log full of them.
const STORED: usize = 1_000;

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audited {
    /// Check by check; `lot` is not checked, `completeness` is.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The first records that are on the log against a rule, void for ever.
    pub voids: Vec<Void>,
    /// How many there are.
    pub void: u64,
    /// Of the void entries, those that follow from an earlier one, by its index: they lack what it would have made, or what it lacks too.
    pub following: BTreeMap<u64, Following>,
    /// The log has a ruleset that this program does not know: the rules were not checked from there on.
    pub too_old: bool,
    /// Number of findings by rule, counted once per lot.
    pub findings: BTreeMap<Rule, u64>,
    /// Numbers that keys left out, as far as no later record explains them: the first of them.
    pub gaps: Vec<Gap>,
    /// How many records there are after such a gap.
    pub gap: u64,
    /// The documents that records name, by their hash.
    #[serde(skip)]
    pub named: BTreeMap<Hash32, Named>,
    /// Parties.
    pub parties: u64,
    /// Lots.
    pub lots: u64,
    /// Entries of the log.
    pub entries: u64,
}

/// A number that a key left out: a record that was lost, or is kept back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The entry after it.
    pub index: u64,
    /// The finding, with its key and numbers.
    pub finding: Finding,
}

/// A document that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The first entry that names it.
    pub index: u64,
    /// Whether one that names it says that it is public.
    pub public: bool,
}

/// An audit in progress.
pub struct Audit<'a> {
    trust: &'a Trust,
    profiles: &'a dyn ProfileSource,
    note: String,
    /// The note's checkpoint. Without a trusted key its signature is checked at the end, when the log's keys are known.
    claimed: Checkpoint,
    tree: Frontier,
    nodes: Nodes,
    /// The size of the trusted earlier checkpoint, and the root there once it was reached.
    earlier: Option<(u64, Option<Hash>)>,
    state: MemState,
    /// Every log key that the authority bound so far, the newest last.
    bound: Vec<Verifier>,
    unsigned: Failures<(u64, RecordError)>,
    /// Entries whose signers had seen another history, and who they are.
    splits: Failures<(u64, String)>,
    signers: Signers,
    forms: Failures<Void>,
    rules: Failures<Void>,
    roots: Roots,
    named: BTreeMap<Hash32, Named>,
    stopped: Option<(u64, Stopped)>,
}

/// The first [`STORED`] failures of a kind, and the number of all.
struct Failures<T>(Vec<T>, u64);

impl<T> Failures<T> {
    fn push(&mut self, failure: T) {
        self.1 += 1;
        if self.0.len() < STORED {
            self.0.push(failure);
        }
    }

    /// The first [`LISTED`], described, and how many more there are.
    fn summary(&self, describe: impl Fn(&T) -> String) -> String {
        let listed = self.0.iter().take(LISTED).map(describe).collect::<Vec<_>>().join("; ");
        let more = self.1.saturating_sub(LISTED as u64);
        if more > 0 { format!("{listed}; and {more} more") } else { listed }
    }
}

impl<'a> Audit<'a> {
    /// Starts an audit of the log whose newest checkpoint is `note`.
    ///
    /// # Errors
    /// [`CheckpointError`] when `note` is not a checkpoint, or the trusted log key did not sign it.
    pub fn new(note: &str, trust: &'a Trust, profiles: &'a dyn ProfileSource) -> Result<Audit<'a>, CheckpointError> {
        let claimed = match &trust.log {
            Some(log) => Checkpoint::open(note, log)?.0,
            None => Checkpoint::parse(Note::parse(note)?.text())?,
        };
        let earlier = trust.earlier.as_ref().and_then(|earlier| Note::parse(&earlier.checkpoint).ok());
        let earlier = earlier.and_then(|note| Checkpoint::parse(note.text()).ok());
        Ok(Audit {
            trust,
            profiles,
            note: note.to_owned(),
            claimed,
            tree: Frontier::new(),
            nodes: Nodes::default(),
            earlier: earlier.map(|earlier| (earlier.size, (earlier.size == 0).then_some(EMPTY_ROOT))),
            bound: Vec::new(),
            state: MemState::new(),
            unsigned: Failures(Vec::new(), 0),
            splits: Failures(Vec::new(), 0),
            signers: Signers::default(),
            forms: Failures(Vec::new(), 0),
            rules: Failures(Vec::new(), 0),
            roots: Roots::default(),
            named: BTreeMap::new(),
            stopped: None,
        })
    }

    /// How many entries the log has, as its checkpoint says.
    pub fn size(&self) -> u64 {
        self.claimed.size
    }

    /// Index of the next entry to be taken.
    pub fn next(&self) -> u64 {
        self.tree.size()
    }

    /// Whether so many entries break their form, a signature or a rule, each for itself, that the rest need not be read: a node that lies about
    /// the size of its log could make them without end.
    pub fn is_hopeless(&self) -> bool {
        self.forms.1 + self.unsigned.1 + self.rules.1 + self.splits.1 > STORED as u64
    }

    /// Takes the next entries.
    pub fn take(&mut self, entries: &[Bytes]) {
        let first = self.tree.size();
        let read = |entry: &Bytes| {
            let record = Record::decode(entry);
            let signed = record.as_ref().map_or(Ok(()), Record::verify);
            (leaf_hash(entry), record, signed)
        };
        let records: Vec<_> = entries.par_iter().map(read).collect();
        let changes = {
            let mut overlay = Overlay::new(&self.state);
            for (index, (leaf, record, signed)) in (first..).zip(records) {
                if let (Ok(record), Ok(())) = (&record, &signed)
                    && let Some(seen) = record.claims.seen
                {
                    // before this entry is in the tree
                    match self.nodes.root(seen.size) {
                        Some(root) if root == seen.root => self.signers.add(record),
                        _ => {
                            let by = format!("{} of {}, {} entries", record.kid, record.claims.iss, seen.size);
                            self.splits.push((index, by));
                        }
                    }
                }
                self.nodes.push(&mut self.tree, leaf);
                if let Some((size, root)) = &mut self.earlier
                    && *size == self.tree.size()
                {
                    *root = Some(self.tree.root());
                }
                if self.stopped.is_some() {
                    continue;
                }
                if let Err(error) = signed {
                    // the rules apply to signed records only
                    self.unsigned.push((index, error));
                    continue;
                }
                match replay(&mut overlay, index, &record, self.profiles) {
                    Ok(None) => {
                        self.bound.extend(record.iter().flat_map(bound_keys));
                        record.iter().for_each(|record| name_evidence(&mut self.named, index, record));
                    }
                    Ok(Some(void)) if void.id.is_none() => self.forms.push(void),
                    Ok(Some(void)) => {
                        // what follows from an earlier one is counted with it
                        if record.as_ref().map_or(None, |record| self.roots.take(&void, record)).is_none() {
                            self.rules.push(void);
                        }
                    }
                    Err(stopped) => self.stopped = Some((index, stopped)),
                }
            }
            overlay.into_changes()
        };
        if let Err(error) = self.state.commit(changes) {
            self.stopped.get_or_insert((first, error.into()));
        }
    }

    /// The result. Entries that were not taken are reported as missing.
    pub fn finish(self) -> Audited {
        let mut verdict = Verdict::new(self.trust.is_pinned());
        verdict.pass("format", "checkpoint and entry bundles of a C2SP tlog-tiles log");
        verdict.skip("lot", "an audit is of the whole log");
        verdict.skip("completeness", "the entries do not give the signed root");
        let (mut findings, mut parties, mut lots, mut gaps) = (BTreeMap::new(), 0, 0, Vec::new());
        // counted once per lot, named once
        let mut after_gap = BTreeSet::new();
        for ((table, _), value) in self.state.rows() {
            match table {
                Table::Party => parties += 1,
                Table::Lot => lots += 1,
                _ => {}
            }
            // what a later record cleared is no finding of the log as it is now
            if let (Table::Finding, Ok(finding)) = (table, decode::<Finding>(Table::Finding, value))
                && cleared::still_true(&self.state, &finding).unwrap_or(true)
            {
                *findings.entry(finding.rule).or_insert(0u64) += 1;
                if finding.rule == Rule::SequenceGap
                    && after_gap.insert(finding.record)
                    && gaps.len() < STORED
                    && let Ok(Some(row)) = row::<RecordRow>(&self.state, Table::Record, finding.record.as_bytes())
                {
                    gaps.push(Gap { index: row.index, finding });
                }
            }
        }
        if let Some(log) = self.log_key(&mut verdict)
            && let Some(head) = checkpoint(&mut verdict, &self.note, &log, self.trust)
        {
            self.consistency(&mut verdict, &log);
            self.records(&mut verdict, &head);
            if self.whole() {
                log_keys(&mut verdict, &self.state, &log);
            } else {
                verdict.skip("log-keys", UNREAD);
            }
        }
        let too_old = matches!(self.stopped, Some((_, Stopped::Ruleset(_))));
        let following = self.roots.following();
        let void = self.forms.1 + self.rules.1 + following.values().map(|all| all.count).sum::<u64>();
        let voids = self.forms.0.into_iter().chain(self.rules.0).collect();
        let entries = self.tree.size();
        let (named, gap) = (self.named, after_gap.len() as u64);
        Audited { verdict, voids, void, following, too_old, findings, gaps, gap, named, parties, lots, entries }
    }

    /// The trusted log key; without one, the key that the log binds and that signed the checkpoint.
    fn log_key(&self, verdict: &mut Verdict) -> Option<Verifier> {
        if let Some(log) = &self.trust.log {
            return Some(log.clone());
        }
        let signed = self.bound.iter().rev().find(|key| Checkpoint::open(&self.note, key).is_ok());
        match signed {
            None if self.whole() || self.is_hopeless() => {
                verdict.fail("checkpoint", "no log key is trusted, and none that the log binds signed the checkpoint");
            }
            None => verdict.skip("checkpoint", UNREAD),
            Some(_) => {}
        }
        signed.cloned()
    }

    /// Whether every entry was taken.
    fn whole(&self) -> bool {
        self.tree.size() >= self.claimed.size
    }

    /// Compares an earlier checkpoint with the recomputed tree: no proof is needed.
    fn consistency(&self, verdict: &mut Verdict, log: &Verifier) {
        let Some(earlier) = &self.trust.earlier else { return };
        // an earlier log key may have signed it
        let opened = Checkpoint::open(&earlier.checkpoint, log);
        let older = || self.bound.iter().rev().find_map(|key| Checkpoint::open(&earlier.checkpoint, key).ok());
        let opened = opened.or_else(|error| older().ok_or(error));
        match (opened, self.earlier.and_then(|(_, root)| root)) {
            (Err(error), _) if !self.whole() => verdict.skip("consistency", format!("{UNREAD}: {}", causes(&error))),
            (Err(error), _) => verdict.fail("consistency", format!("the earlier checkpoint: {}", causes(&error))),
            (Ok((before, _)), Some(root)) if before.root == root => {
                verdict.pass("consistency", format!("extends the tree of {} entries", before.size));
            }
            (Ok((before, _)), Some(_)) => {
                verdict.fail("consistency", format!("the first {} entries were different then", before.size));
            }
            (Ok(_), None) if !self.whole() => verdict.skip("consistency", UNREAD),
            (Ok((before, _)), None) => {
                let now = self.claimed.size;
                verdict.fail(
                    "consistency",
                    format!(
                        "entries are gone: the earlier checkpoint is of {} entries, this one of {now}",
                        before.size
                    ),
                );
            }
        }
    }

    fn records(&self, verdict: &mut Verdict, head: &Checkpoint) {
        let read = self.tree.size();
        if (read, self.tree.root()) == (head.size, head.root) {
            verdict.pass("inclusion", format!("the {read} entries give the signed root"));
            verdict.pass("completeness", format!("every entry of the log was read, 0 to {}", read.saturating_sub(1)));
        } else if read < head.size {
            verdict.skip("inclusion", format!("entry {read} and what follows it could not be read"));
        } else {
            verdict.fail("inclusion", "the entries do not give the signed root");
        }
        match self.forms.1 {
            0 => verdict.pass("records", format!("{read} records decode")),
            _ => verdict.fail("records", self.forms.summary(|void| format!("entry {}: {}", void.index, void.detail))),
        }
        match self.unsigned.1 {
            0 => verdict.pass("signatures", format!("{read} signatures verify")),
            _ => verdict.fail(
                "signatures",
                self.unsigned.summary(|(index, error)| format!("entry {index}: {}", causes(error))),
            ),
        }
        match self.splits.1 {
            0 => self.signers.state(verdict),
            _ => {
                let listed = self.splits.summary(|(index, by)| format!("entry {index} (key {by})"));
                verdict.fail("seen", format!("signers had seen another history than this one: {listed}"));
            }
        }
        self.ledger(verdict);
        self.profiles(verdict);
        let void = |void: &Void| format!("entry {}: {} ({})", void.index, void.rule, void.detail);
        match (&self.stopped, self.rules.1) {
            (_, broken @ 1..) => {
                let listed = self.rules.summary(void);
                let records = match broken {
                    1 => "1 record breaks a rule and is void".to_owned(),
                    _ => format!("{broken} records break a rule and are void"),
                };
                verdict.fail("rules", format!("{records}: {listed}"));
            }
            (Some((index, why)), 0) => verdict.skip("rules", format!("stopped at entry {index}: {}", causes(why))),
            (None, 0) => verdict.pass("rules", format!("{read} records follow the rules")),
        }
    }

    fn ledger(&self, verdict: &mut Verdict) {
        match (authority::ledger(&self.state), &self.trust.ledger) {
            (Err(_), _) if !self.whole() => verdict.skip("ledger", UNREAD),
            (Err(error), _) => verdict.fail("ledger", causes(&error).to_string()),
            (Ok(row), Some(trusted)) if row.ledger != *trusted => {
                verdict.fail("ledger", format!("the log is of {}, not of {trusted}", row.ledger));
            }
            (Ok(row), _) => verdict.pass("ledger", format!("every record is addressed to {}", row.ledger)),
        }
    }

    fn profiles(&self, verdict: &mut Verdict) {
        match &self.stopped {
            Some((_, Stopped::Profile(missing))) => {
                verdict
                    .skip("profiles", format!("profiles/{missing}, which a statement on the log names, was not read"));
            }
            _ => {
                let rows = |table| self.state.scan(table, Scan::default()).count();
                verdict.pass_profiles(rows(Table::Profile), rows(Table::Specification));
            }
        }
    }
}

/// Notes the documents that an event names.
fn name_evidence(named: &mut BTreeMap<Hash32, Named>, index: u64, record: &Record) {
    let Payload::Event(event) = &record.payload else { return };
    for evidence in &event.ext.evidence {
        let Ok(hash) = evidence.blake3.parse::<Hash32>() else { continue };
        named.entry(hash).or_insert(Named { index, public: false }).public |= evidence.public;
    }
}

/// The log keys that a statement in force binds.
fn bound_keys(record: &Record) -> Vec<Verifier> {
    match &record.payload {
        Payload::Registry(statement) => match &**statement {
            Statement::LogKeys(keys) => keys.log.iter().filter_map(|key| key.parse().ok()).collect(),
            _ => Vec::new(),
        },
        Payload::Event(_) => Vec::new(),
    }
}

impl Audited {
    /// Whether a check failed: neither more entries nor a newer program could change the result.
    pub fn is_refuted(&self) -> bool {
        self.verdict.failed().next().is_some()
    }

    /// Whether the whole log was read and nothing failed: it is the log of its checkpoint, and follows its rules.
    pub fn is_sound(&self) -> bool {
        let made = |name| self.verdict.outcome(name) == Some(Outcome::Passed);
        self.verdict.is_consistent() && ["completeness", "profiles", "rules"].into_iter().all(made)
    }
}
