//! The single writer: makes one journal frame of the queued records.
//!
//! The order of a batch, and what recovery does after a crash in it:
//! 1. a `Clock` if one is due, then `chain::apply` for each record, on an overlay. Nothing is written yet: nothing to do.
//! 2. one frame, one `fdatasync`. A partly written frame is a torn tail, which the next open cuts. A complete frame is on the
//!    log without having been acknowledged; a sender who submits its record again gets the acknowledgement.
//! 3. rows and cursor go into the index ([`super::index`]) as one batch. The next open replays the frame.
//! 4. another thread raises the floor and answers the senders ([`super::acknowledge`]).
//!
//! If the disk has no room for the frame in 2, the batch leaves no trace, its senders are asked to try again, and so are those after
//! them until there is room. If the index can't be written in 3, the batch is on the log, and its senders and later ones are asked to
//! try again until the index has caught up from the journal ([`super::catch_up`]). Any other failure in 2 ends the ledger ([`super::Fatal`]): whether the frame was written is known only
//! after the next open.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use super::acknowledge::Written;
use super::admit::{Checked, Permit, Sound};
use super::catch_up::{CatchUp, Progress};
use super::refused::Refused;
use super::row_cache::RowCache;
use super::wall_clock::{self, CheckedClock, ClockHold};
use super::{Ack, Shared, SubmitError, sign};
use crate::causes::causes;
use crate::chain::rows::{KeyRow, LedgerRow, RecordRow};
use crate::chain::state::row;
use crate::chain::{self, Context, Overlay, Refusal, Rule, StateError, Table};
use crate::log::Frontier;
use crate::log::merkle::{Hash, leaf_hash};
use crate::record::{Hash32, Payload, PublicKey, Record, Statement};
use crate::store::{Frame, Head, IndexError, JournalError};

/// A batch more than this many seconds after the last `Clock` begins with one (ruleset 1).
pub const CLOCK_EVERY: i64 = chain::clock::EVERY;
/// A frame of this size is closed even if more records could be added.
const BATCH_BYTES: usize = 4 << 20;

/// The answers to one sender.
pub(super) type Answers = Vec<Result<Ack, SubmitError>>;

/// Records of one sender, in order.
pub(super) struct Job {
    pub records: Vec<Checked>,
    pub reply: oneshot::Sender<Answers>,
    pub permit: Permit,
}

/// A message to the sequencer.
pub(super) enum Message {
    Job(Job),
    Stop,
}

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

pub(super) struct Sequencer {
    shared: Arc<Shared>,
    acknowledge: Sender<Written>,
    /// The batch that the index could not take.
    behind: Option<CatchUp>,
    tree: Frontier,
    rows: RowCache,
    refused: Refused,
    wall: CheckedClock,
    /// When the age of the last clock is looked at next, by the monotonic clock.
    look: i64,
}

/// A batch being assembled.
struct Batch<'a> {
    overlay: Overlay<'a>,
    tree: Frontier,
    entries: Vec<Bytes>,
    leaves: Vec<Hash>,
    clock: i64,
    /// The clock does not go on: only what this authority states to put it right is taken.
    held: Option<(ClockHold, String)>,
}

impl Sequencer {
    pub(super) fn new(shared: Arc<Shared>, tree: Frontier, acknowledge: Sender<Written>) -> Sequencer {
        let wall = CheckedClock::new(shared.clock.clone());
        let refused = Refused::open(shared.register.clone());
        let look = wall.monotonic().saturating_add(CLOCK_EVERY);
        Sequencer { shared, acknowledge, behind: None, tree, rows: RowCache::new(), refused, wall, look }
    }

    /// Runs until `Stop` has come and every sender is answered.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        let mut stopping = false;
        loop {
            let mut jobs = VecDeque::new();
            match queue.recv_timeout(Duration::from_millis(if stopping { 5 } else { 500 })) {
                Ok(Message::Job(job)) => jobs.push_back(job),
                Ok(Message::Stop) => stopping = true,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.gather(queue, &mut jobs, &mut stopping);
            if !jobs.is_empty() {
                self.batch(jobs, false);
            } else if !stopping {
                self.alone();
            }
            self.catch_up();
            // records that are still in admission will arrive
            if stopping && self.shared.gate.waiting() == 0 {
                break;
            }
        }
    }

    /// Takes queued jobs, as many as fit one frame.
    fn gather(&self, queue: &Receiver<Message>, jobs: &mut VecDeque<Job>, stopping: &mut bool) {
        let size = |job: &Job| job.records.iter().flatten().map(|r| r.record.bytes.len()).sum::<usize>();
        let mut records: usize = jobs.iter().map(|job| job.records.len()).sum();
        let mut bytes: usize = jobs.iter().map(size).sum();
        while records < self.shared.config.limits.batch() && bytes < BATCH_BYTES {
            match queue.try_recv() {
                Ok(Message::Job(job)) => {
                    records += job.records.len();
                    bytes += size(&job);
                    jobs.push_back(job);
                }
                Ok(Message::Stop) => *stopping = true,
                Err(_) => return,
            }
        }
    }

    /// Signs a clock without records when the last one is a day old, unless the disk is nearly full: nobody waits for it.
    fn alone(&mut self) {
        let monotonic = self.wall.monotonic();
        if monotonic < self.look || self.shared.fatal.raised() || self.behind.is_some() {
            return;
        }
        self.look = monotonic.saturating_add(CLOCK_EVERY);
        let now = self.wall.now();
        let ledger = row::<LedgerRow>(&self.rows.over(&self.shared.index), Table::Ledger, &[]);
        let Ok(Some(ledger)) = ledger else { return };
        let held = self.shared.clock_state.judge(&ledger, now.max(ledger.clock)).is_some();
        let old = ledger.clock != 0 && now.saturating_sub(ledger.clock) > wall_clock::ALONE;
        let room = self.shared.objects.free().bytes.unwrap_or(u64::MAX) > self.shared.config.limits.reserve_bytes;
        if old && room && !held {
            self.batch(VecDeque::new(), true);
        }
    }

    /// Ends the ledger.
    fn fail(&self, why: &WriteError) {
        // the index can't be trusted: the next start rebuilds it
        if !matches!(why, WriteError::Journal(_)) {
            self.shared.distrust_index();
        }
        self.shared.fatal.raise(&causes(why).to_string());
    }

    /// Writes a batch, and hands it over to be acknowledged; a clock that is to stand `alone` has no jobs.
    fn batch(&mut self, jobs: VecDeque<Job>, alone: bool) {
        if self.shared.fatal.raised() {
            jobs.into_iter().for_each(|job| refuse(job, &SubmitError::Storage));
            return;
        }
        if self.behind.is_some() {
            jobs.into_iter().for_each(|job| refuse(job, &SubmitError::NoRoom));
            return;
        }
        match self.write(&jobs, alone) {
            Ok((answers, applied)) => {
                let head = Head { size: self.tree.size(), root: self.tree.root() };
                match applied {
                    Ok(()) => self.acknowledge(Written { head, jobs, answers }),
                    Err(error) => {
                        tracing::error!(error = %causes(&error), "the index could not be written; records are refused until it can");
                        self.shared.index.fell_behind();
                        // durable, but no reader would see it: sent again later, it gets its acknowledgement
                        jobs.into_iter().for_each(|job| refuse(job, &SubmitError::NoRoom));
                        self.behind = Some(CatchUp::new(head));
                    }
                }
            }
            Err(WriteError::Journal(error @ JournalError::Full(_))) => {
                tracing::error!(error = %causes(&error), "records are refused until there is room");
                jobs.into_iter().for_each(|job| refuse(job, &SubmitError::NoRoom));
            }
            Err(why) => {
                self.fail(&why);
                jobs.into_iter().for_each(|job| refuse(job, &SubmitError::Storage));
            }
        }
    }

    fn acknowledge(&self, written: Written) {
        if let Err(unsent) = self.acknowledge.send(written) {
            // the other thread panicked
            unsent.0.jobs.into_iter().for_each(|job| refuse(job, &SubmitError::Storage));
        }
    }

    /// If the index is behind, lets it catch up.
    fn catch_up(&mut self) {
        let Some(mut behind) = self.behind.take() else { return };
        match behind.attempt(&self.shared, &self.tree) {
            // what is cached may be of a batch that the engine had
            Progress::Done => {
                self.rows = RowCache::new();
                self.shared.sequenced.store(behind.head.size, Ordering::Release);
                // nobody to answer, but the floor is raised
                self.acknowledge(Written { head: behind.head, jobs: VecDeque::new(), answers: Vec::new() });
            }
            Progress::Waiting => self.behind = Some(behind),
            Progress::Failed => {}
        }
    }

    /// Steps 1 to 3, and whether the index took the batch. A clock without records gets a frame only when it is to stand `alone`.
    fn write(
        &mut self,
        jobs: &VecDeque<Job>,
        alone: bool,
    ) -> Result<(Vec<Answers>, Result<(), IndexError>), WriteError> {
        let (shared, now) = (self.shared.clone(), self.wall.now());
        let state = self.rows.over(&shared.index);
        let mut batch = Batch {
            overlay: Overlay::new(&state),
            tree: self.tree.clone(),
            entries: Vec::new(),
            leaves: Vec::new(),
            clock: 0,
            held: None,
        };
        self.clock(&mut batch, now)?;
        let clocks = batch.entries.len();
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut outcomes = Vec::with_capacity(job.records.len());
            for checked in &job.records {
                outcomes.push(match checked {
                    Err(error) => Err(error.clone()),
                    Ok(checked) => self.one_of_batch(&mut batch, checked, now)?,
                });
            }
            answers.push(outcomes);
        }
        if batch.entries.len() == clocks && !(alone && clocks > 0) {
            self.refused.settle();
            return Ok((answers, Ok(())));
        }
        let head = Head { size: batch.tree.size(), root: batch.tree.root() };
        let frame = Frame { first: self.tree.size(), head, entries: batch.entries };
        if let Err(error) = shared.journal.append(self.tree.size(), &frame) {
            // a record may have been refused because of one that is not on the log
            self.refused.forget();
            return Err(error.into());
        }
        self.refused.settle();
        let changes = batch.overlay.into_changes();
        let evidence = changes.iter().filter(|change| change.table == Table::Evidence);
        let named: Vec<Hash32> = evidence.filter_map(|change| change.key.first_chunk().copied().map(Hash32)).collect();
        self.rows.update(&changes);
        let applied = shared.index.apply(changes, &batch.tree);
        if !named.is_empty() {
            shared.profiles.quarantine.claim(named.iter());
        }
        shared.recent.push(frame, batch.leaves);
        self.tree = batch.tree;
        // what a head or a reader may count on is in the state
        if applied.is_ok() {
            shared.sequenced.store(self.tree.size(), Ordering::Release);
        }
        shared.batches.fetch_add(1, Ordering::Relaxed);
        Ok((answers, applied))
    }

    /// Applies one record of a sender. While the clock does not go on, its sender has to wait; only statements of the authority that
    /// put the clock right are applied.
    fn one_of_batch(
        &self,
        batch: &mut Batch<'_>,
        checked: &Sound,
        now: i64,
    ) -> Result<Result<Ack, SubmitError>, StateError> {
        let record = &checked.record;
        if let Some(ahead) = clock_ahead(record, now) {
            return Ok(Err(ahead));
        }
        let Some((hold, authority)) = &batch.held else {
            return self.one(batch, record, checked.leaf, checked.extends.as_ref());
        };
        if record.claims.iss == *authority && puts_right(record) {
            let answer = self.one(batch, record, checked.leaf, checked.extends.as_ref())?;
            if answer.is_ok() {
                self.clock(batch, now)?;
            }
            return Ok(answer);
        }
        let hold = *hold;
        let first = row::<RecordRow>(&batch.overlay, Table::Record, record.id.as_bytes())?;
        Ok(first.map(|row| first_ack(record, &row)).ok_or(SubmitError::Clock(hold)))
    }

    /// Applies one record: a new acknowledgement, the first one again, or the refusal. `extends`: whether the log extends what its signer
    /// had seen; one that is on the log gets its acknowledgement whatever that says. If that was not looked at, because the key was registered
    /// after the record came, it is looked at once the rules have admitted the record.
    fn one(
        &self,
        batch: &mut Batch<'_>,
        record: &Record,
        leaf: Hash,
        extends: Option<&Result<(), SubmitError>>,
    ) -> Result<Result<Ack, SubmitError>, StateError> {
        let index = batch.tree.size();
        batch.overlay.mark();
        let context = Context::admission(&self.shared.profiles, &self.refused);
        let overlay = &mut batch.overlay;
        let applied = catch_unwind(AssertUnwindSafe(|| chain::apply(overlay, index, record, &context)));
        let Ok(applied) = applied else {
            // a bug, but one record must not end the node: it is not written, and its changes are undone
            tracing::error!(id = %record.id, "a rule panicked");
            batch.overlay.undo();
            return Ok(Err(SubmitError::Storage));
        };
        match applied {
            Ok(_) => {
                if let Err(error) = extends.cloned().unwrap_or_else(|| self.shared.extends(record)) {
                    batch.overlay.undo();
                    if let SubmitError::Rejected(rejection) = &error {
                        self.refused.note(&batch.overlay, record, rejection)?;
                    }
                    return Ok(Err(error));
                }
                batch.tree.push(leaf);
                batch.leaves.push(leaf);
                batch.entries.push(Bytes::from_owner(record.bytes.clone()));
                Ok(Ok(Ack { id: record.id, index, clock: batch.clock, duplicate: false }))
            }
            Err(Refusal::Rejected(rejection)) if rejection.rule == Rule::DuplicateRecord => {
                let row = row::<RecordRow>(&batch.overlay, Table::Record, record.id.as_bytes())?;
                let row = row.ok_or_else(|| StateError::new(format!("no row of duplicate record {}", record.id)))?;
                Ok(Ok(first_ack(record, &row)))
            }
            Err(Refusal::Rejected(rejection)) => {
                self.refused.note(&batch.overlay, record, &rejection)?;
                Ok(Err(SubmitError::Rejected(rejection)))
            }
            Err(Refusal::Storage(error)) => Err(error),
        }
    }

    /// Puts the operator's `Clock` first, when one is due: node time is the later of the wall clock and the last `Clock`.
    fn clock(&self, batch: &mut Batch<'_>, now: i64) -> Result<(), StateError> {
        let Some(ledger) = row::<LedgerRow>(&batch.overlay, Table::Ledger, &[])? else { return Ok(()) };
        batch.clock = ledger.clock;
        batch.held = None;
        let operator = PublicKey(self.shared.keys.operator.verifying_key().to_bytes());
        let Some(key) = row::<KeyRow>(&batch.overlay, Table::Key, &operator.0)? else { return Ok(()) };
        let now = now.max(ledger.clock);
        batch.held = self.shared.clock_state.judge(&ledger, now).map(|hold| (hold, ledger.authority.clone()));
        let fresh = ledger.clock != 0 && now - ledger.clock <= CLOCK_EVERY;
        if fresh || batch.held.is_some() {
            return Ok(());
        }
        let record = match sign::clock(&self.shared.keys.operator, &key.party, &ledger.ledger, now, key.last_seq + 1) {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(error = %causes(&error), "the clock could not be signed");
                return Ok(());
            }
        };
        match self.one(batch, &record, leaf_hash(&record.bytes), Some(&Ok(())))? {
            Ok(_) => batch.clock = now,
            // a suspended operator or a revoked key: records are still accepted, so that the authority can correct it
            Err(error) => tracing::error!(error = %causes(&error), "the ledger's clock was refused"),
        }
        Ok(())
    }
}

/// Seconds that two machines' clocks may differ.
const APART: i64 = 60;

/// A clock of another device that runs ahead of this machine's. It would be the ledger's clock until the authority has reset it; the rules
/// only bound how far it goes.
fn clock_ahead(record: &Record, now: i64) -> Option<SubmitError> {
    let Payload::Registry(statement) = &record.payload else { return None };
    let Statement::Clock(clock) = &**statement else { return None };
    (clock.time > now.saturating_add(APART)).then_some(SubmitError::ClockAhead { stated: clock.time, now })
}

/// Whether it is a statement that lets the clock go on, sets it, or ends a key or party: nothing else is dated by a clock that stands
/// still.
fn puts_right(record: &Record) -> bool {
    let Payload::Registry(statement) = &record.payload else { return false };
    matches!(
        **statement,
        Statement::ClockPermit(_)
            | Statement::ClockReset(_)
            | Statement::KeyRevocation(_)
            | Statement::PartyStatus(_)
            | Statement::Key(_)
    )
}

/// The first acknowledgement of a record that is on the ledger, again.
fn first_ack(record: &Record, row: &RecordRow) -> Ack {
    Ack { id: record.id, index: row.index, clock: row.clock, duplicate: true }
}

pub(super) fn refuse(job: Job, why: &SubmitError) {
    let _ = job.reply.send(job.records.iter().map(|_| Err(why.clone())).collect());
}
