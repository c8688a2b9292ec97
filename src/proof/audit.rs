//! An audit: every entry of a log up to a checkpoint, recomputed with no trust in who runs it. The tree, each record's form and
//! signature, and the chain rules from entry 0, by the same code that admits records.
//!
//! It streams: entries are taken in order, as they come, and forgotten. What stays is the state they make, some kilobytes for
//! each lot. What it is not: I/O; nor a judgement of whether what was signed is true.

use std::collections::BTreeMap;

use bytes::Bytes;
use rayon::prelude::*;
use serde::Serialize;

use super::replay::log_keys;
use super::trust::Trust;
use super::verdict::{Outcome, Verdict};
use super::verify::checkpoint;
use crate::chain::state::decode;
use crate::chain::{Finding, MemState, Overlay, ProfileSource, State, Stopped, Table, Void, authority, replay};
use crate::log::Frontier;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::merkle::{Hash, leaf_hash};
use crate::log::note::{Note, Verifier};
use crate::record::{Record, RecordError};

/// Most entries that are told one by one in a detail.
const TOLD: usize = 5;

/// What was found in a whole log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audited {
    /// Check by check; `lot` is not checked, `completeness` is.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Records that are on the log against a rule, void for ever.
    pub voids: Vec<Void>,
    /// How often each finding was made, by rule, once for each lot it is about.
    pub findings: BTreeMap<String, u64>,
    /// Parties.
    pub parties: u64,
    /// Lots.
    pub lots: u64,
    /// Entries of the log.
    pub entries: u64,
}

/// An audit under way.
pub struct Audit<'a> {
    trust: &'a Trust,
    profiles: &'a dyn ProfileSource,
    note: String,
    /// As the note says, before its signature was checked: whose key it must be may only be known at the end.
    claimed: Checkpoint,
    tree: Frontier,
    /// The size of the trusted earlier checkpoint, and the root there once it was passed.
    earlier: Option<(u64, Option<Hash>)>,
    state: MemState,
    unsigned: Vec<(u64, RecordError)>,
    voids: Vec<Void>,
    stopped: Option<(u64, Stopped)>,
}

impl<'a> Audit<'a> {
    /// Of the log whose newest checkpoint is `note`.
    ///
    /// # Errors
    /// [`CheckpointError`] when `note` is none.
    pub fn new(note: &str, trust: &'a Trust, profiles: &'a dyn ProfileSource) -> Result<Audit<'a>, CheckpointError> {
        let claimed = Checkpoint::parse(Note::parse(note)?.text())?;
        let earlier = trust.earlier.as_ref().and_then(|earlier| Note::parse(&earlier.checkpoint).ok());
        let earlier = earlier.and_then(|note| Checkpoint::parse(note.text()).ok());
        Ok(Audit {
            trust,
            profiles,
            note: note.to_owned(),
            claimed,
            tree: Frontier::new(),
            earlier: earlier.map(|earlier| (earlier.size, None)),
            state: MemState::new(),
            unsigned: Vec::new(),
            voids: Vec::new(),
            stopped: None,
        })
    }

    /// How many entries the log has, as its checkpoint says.
    pub fn size(&self) -> u64 {
        self.claimed.size
    }

    /// Index of the entry that is to be taken next.
    pub fn next(&self) -> u64 {
        self.tree.size()
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
                self.tree.push(leaf);
                if let Some((size, root)) = &mut self.earlier
                    && *size == self.tree.size()
                {
                    *root = Some(self.tree.root());
                }
                if self.stopped.is_some() {
                    continue;
                }
                if let Err(error) = signed {
                    // no rule speaks of what nobody signed
                    self.unsigned.push((index, error));
                    continue;
                }
                match replay(&mut overlay, index, &record, self.profiles) {
                    Ok(void) => self.voids.extend(void),
                    Err(stopped) => self.stopped = Some((index, stopped)),
                }
            }
            overlay.into_changes()
        };
        self.state.commit(changes);
    }

    /// What came of it. Entries that were not taken are told as missing.
    pub fn finish(self) -> Audited {
        let mut verdict = Verdict::new(self.trust.is_pinned());
        verdict.pass("format", "checkpoint and entry bundles of a C2SP tlog-tiles log");
        verdict.skip("lot", "an audit is of the whole log");
        verdict.skip("completeness", "the entries do not make the signed tree");
        let (mut findings, mut parties, mut lots) = (BTreeMap::new(), 0, 0);
        for ((table, _), value) in self.state.rows() {
            match table {
                Table::Party => parties += 1,
                Table::Lot => lots += 1,
                _ => {}
            }
            if let (Table::Finding, Ok(finding)) = (table, decode::<Finding>(Table::Finding, value)) {
                *findings.entry(finding.rule).or_insert(0u64) += 1;
            }
        }
        if let Some(log) = self.log_key(&mut verdict)
            && let Some(head) = checkpoint(&mut verdict, &self.note, &log, self.trust)
        {
            self.consistency(&mut verdict, &log);
            self.records(&mut verdict, &head);
            log_keys(&mut verdict, &self.state, &log);
        }
        Audited { verdict, voids: self.voids, findings, parties, lots, entries: self.tree.size() }
    }

    /// The trusted log key; without one, the one that the log itself binds and that signed the checkpoint.
    fn log_key(&self, verdict: &mut Verdict) -> Option<Verifier> {
        if let Some(log) = &self.trust.log {
            return Some(log.clone());
        }
        let bound = authority::ledger(&self.state).map(|row| row.log_keys).unwrap_or_default();
        let mut bound = bound.iter().filter_map(|key| key.parse::<Verifier>().ok());
        let signed = bound.find(|key| Checkpoint::open(&self.note, key).is_ok());
        if signed.is_none() {
            verdict.fail("checkpoint", "no log key is trusted, and none that the log binds signed the checkpoint");
        }
        signed
    }

    /// The tree of an earlier checkpoint was recomputed on the way: no proof is asked for.
    fn consistency(&self, verdict: &mut Verdict, log: &Verifier) {
        let Some(earlier) = &self.trust.earlier else { return };
        match (Checkpoint::open(&earlier.checkpoint, log), self.earlier.and_then(|(_, root)| root)) {
            (Err(error), _) => verdict.fail("consistency", format!("the earlier checkpoint: {error}")),
            (Ok((before, _)), Some(root)) if before.root == root => {
                verdict.pass("consistency", format!("extends the tree of {} entries", before.size));
            }
            (Ok((before, _)), Some(_)) => {
                verdict.fail("consistency", format!("the first {} entries were others then", before.size));
            }
            (Ok((before, _)), None) => {
                verdict.fail("consistency", format!("the log has fewer than the {} entries of then", before.size));
            }
        }
    }

    fn records(&self, verdict: &mut Verdict, head: &Checkpoint) {
        let read = self.tree.size();
        if (read, self.tree.root()) == (head.size, head.root) {
            verdict.pass("inclusion", format!("the {read} entries make the signed tree"));
            verdict.pass("completeness", format!("every entry of the log was read, 0 to {}", read.saturating_sub(1)));
        } else if read < head.size {
            verdict.fail("inclusion", format!("entry {read} and what follows it could not be read"));
        } else {
            verdict.fail("inclusion", "the entries are not those of the signed tree");
        }
        let told = |list: &[String]| {
            let more = list.len().saturating_sub(TOLD);
            let said = list.iter().take(TOLD).cloned().collect::<Vec<_>>().join("; ");
            if more > 0 { format!("{said}; and {more} more") } else { said }
        };
        let (forms, rules): (Vec<&Void>, Vec<&Void>) = self.voids.iter().partition(|void| void.id.is_none());
        let forms: Vec<String> = forms.iter().map(|void| format!("entry {}: {}", void.index, void.detail)).collect();
        match forms.is_empty() {
            true => verdict.pass("records", format!("{read} records decode")),
            false => verdict.fail("records", told(&forms)),
        }
        let unsigned: Vec<String> = self.unsigned.iter().map(|(index, e)| format!("entry {index}: {e}")).collect();
        match unsigned.is_empty() {
            true => verdict.pass("signatures", format!("{read} signatures hold")),
            false => verdict.fail("signatures", told(&unsigned)),
        }
        self.ledger(verdict);
        self.profiles(verdict);
        let rules: Vec<String> =
            rules.iter().map(|void| format!("entry {}: {} ({})", void.index, void.rule, void.detail)).collect();
        match (&self.stopped, rules.is_empty()) {
            (Some((index, why)), _) => verdict.fail("rules", format!("stopped at entry {index}: {why}")),
            (None, true) => verdict.pass("rules", format!("{read} records follow the rules")),
            (None, false) => {
                verdict.fail(
                    "rules",
                    format!("{} records are void, admitted against a rule: {}", rules.len(), told(&rules)),
                );
            }
        }
    }

    fn ledger(&self, verdict: &mut Verdict) {
        match (authority::ledger(&self.state), &self.trust.ledger) {
            (Err(error), _) => verdict.fail("ledger", error.to_string()),
            (Ok(row), Some(trusted)) if row.ledger != *trusted => {
                verdict.fail("ledger", format!("the log is of {}, not of {trusted}", row.ledger));
            }
            (Ok(row), _) => verdict.pass("ledger", format!("every record is addressed to {}", row.ledger)),
        }
    }

    fn profiles(&self, verdict: &mut Verdict) {
        match (&self.stopped, self.state.scan(Table::Profile, &[])) {
            (Some((_, Stopped::Profile(missing))), _) => {
                verdict.fail("profiles", format!("the bytes of {missing} are not at hand"));
            }
            (_, Ok(rows)) => verdict.pass("profiles", format!("{} commodity profiles are the ones named", rows.len())),
            (_, Err(error)) => verdict.fail("profiles", error.to_string()),
        }
    }
}

impl Audited {
    /// Whether nothing failed and the whole log was read: it is what its checkpoint says, and follows its rules.
    pub fn is_sound(&self) -> bool {
        self.verdict.is_consistent() && self.verdict.outcome("completeness") == Some(Outcome::Passed)
    }
}
