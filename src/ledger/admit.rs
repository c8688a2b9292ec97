//! Admission before the sequencer: strict decode, `verify_strict`, and whether the log extends what the signer had seen; in parallel, off
//! the async threads. The last reads tiles, so it is done only for keys that a party has registered: anyone can make other keys.
//!
//! Work on hostile bytes, so it runs before anything is queued. What it is not: the rules (`chain`), which need the
//! order of the log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use rayon::prelude::*;
use tokio::sync::oneshot;

use super::sequence::{Answers, Job, Message};
use super::{Ack, Ledger, Shared, SubmitError};
use crate::chain::{State, Table};
use crate::log::merkle::{Hash, leaf_hash};
use crate::record::{PublicKey, Record};

/// A record whose signature holds, and its leaf.
pub(super) struct Sound {
    pub record: Arc<Record>,
    pub leaf: Hash,
    /// Whether the published log extends the head that the record names; not looked at yet if no party had registered the key.
    pub extends: Option<Result<(), SubmitError>>,
}

pub(super) type Checked = Result<Sound, SubmitError>;

fn check(bytes: &Bytes, shared: &Shared) -> Checked {
    // a panic in the decoder is a bug, but one hostile record must not end the node
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let record = Record::decode(bytes)?;
        // an index that can't be read now is asked again by the sequencer
        let is_registered = |key: &PublicKey| matches!(shared.index.get(Table::Key, &key.0), Ok(Some(_)));
        let registered = shared.verifying_keys.verify(&record, is_registered)?;
        let extends = registered.then(|| shared.extends(&record));
        Ok((record, extends))
    }));
    match checked {
        Ok(Ok((record, extends))) => Ok(Sound { leaf: leaf_hash(&record.bytes), record: Arc::new(record), extends }),
        Ok(Err(error)) => Err(SubmitError::Record(error)),
        Err(_) => {
            tracing::error!(length = bytes.len(), "the record decoder panicked");
            Err(SubmitError::Storage)
        }
    }
}

/// Bounds the number of records that wait.
#[derive(Clone)]
pub(crate) struct Gate(Arc<(AtomicUsize, AtomicBool)>, usize);

/// A place in the queue.
pub(super) struct Permit(Gate, usize);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(self.1, Ordering::AcqRel);
    }
}

impl Gate {
    pub(super) fn new(most: usize) -> Gate {
        Gate(Arc::new((AtomicUsize::new(0), AtomicBool::new(false))), most)
    }

    pub(super) fn waiting(&self) -> usize {
        self.0.0.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.0.1.store(true, Ordering::Release);
    }

    /// Whether no more records are taken.
    pub(super) fn closed(&self) -> bool {
        self.0.1.load(Ordering::Acquire)
    }

    fn enter(&self, records: usize) -> Result<Permit, SubmitError> {
        let before = self.0.0.fetch_add(records, Ordering::AcqRel);
        let permit = Permit(self.clone(), records);
        // checked after entering: the sequencer does not end before all that entered were answered
        if self.0.1.load(Ordering::Acquire) {
            return Err(SubmitError::Closed);
        }
        if before > 0 && before + records > self.1 { Err(SubmitError::Busy) } else { Ok(permit) }
    }
}

impl Ledger {
    /// Submits one record. `Ok` means durable, and sequenced at that index for ever. Submitting the same bytes again returns
    /// the first acknowledgement. The record is sequenced even if the caller stops waiting.
    ///
    /// # Errors
    /// [`SubmitError`]; after `Busy`, `NoRoom`, `Closed` or `Storage` submit the same bytes again.
    pub async fn submit(&self, bytes: Bytes) -> Result<Ack, SubmitError> {
        only(self.enqueue(vec![bytes])?.await.unwrap_or_default())
    }

    /// [`Ledger::submit`] for a thread that may block.
    ///
    /// # Errors
    /// As for [`Ledger::submit`].
    pub fn submit_blocking(&self, bytes: Bytes) -> Result<Ack, SubmitError> {
        only(self.enqueue(vec![bytes])?.blocking_recv().unwrap_or_default())
    }

    /// Submits records in this order; each has its own answer. What exceeds one frame goes into further ones.
    pub async fn submit_many(&self, all: Vec<Bytes>) -> Vec<Result<Ack, SubmitError>> {
        let mut answers = Vec::with_capacity(all.len());
        for part in all.chunks(self.part()) {
            let part_answers = match self.enqueue(part.to_vec()) {
                Ok(reply) => reply.await.unwrap_or_default(),
                Err(error) => part.iter().map(|_| Err(error.clone())).collect(),
            };
            answers.extend(padded(part_answers, part.len()));
        }
        answers
    }

    /// [`Ledger::submit_many`] for a thread that may block.
    pub fn submit_many_blocking(&self, all: Vec<Bytes>) -> Vec<Result<Ack, SubmitError>> {
        let mut answers = Vec::with_capacity(all.len());
        for part in all.chunks(self.part()) {
            let part_answers = match self.enqueue(part.to_vec()) {
                Ok(reply) => reply.blocking_recv().unwrap_or_default(),
                Err(error) => part.iter().map(|_| Err(error.clone())).collect(),
            };
            answers.extend(padded(part_answers, part.len()));
        }
        answers
    }

    fn part(&self) -> usize {
        let limits = &self.inner.shared.config.limits;
        limits.batch().min(limits.queue).max(1)
    }

    fn enqueue(&self, all: Vec<Bytes>) -> Result<oneshot::Receiver<Answers>, SubmitError> {
        let shared = &self.inner.shared;
        if shared.fatal.raised() {
            return Err(SubmitError::Storage);
        }
        let permit = shared.gate.enter(all.len())?;
        let (reply, answer) = oneshot::channel();
        let (queue, shared) = (self.inner.queue.clone(), shared.clone());
        rayon::spawn(move || {
            let records = match all.as_slice() {
                [one] => vec![check(one, &shared)],
                many => many.par_iter().map(|one| check(one, &shared)).collect(),
            };
            // nothing here passed admission: answer without the sequencer
            if records.iter().all(Result::is_err) {
                // before the answer, so that the sender can use the place again
                drop(permit);
                let _ = reply.send(records.into_iter().filter_map(Result::err).map(Err).collect());
                return;
            }
            let _ = queue.send(Message::Job(Job { records, reply, permit }));
        });
        Ok(answer)
    }
}

fn only(answers: Answers) -> Result<Ack, SubmitError> {
    answers.into_iter().next().unwrap_or(Err(SubmitError::Closed))
}

fn padded(mut answers: Answers, count: usize) -> Answers {
    answers.resize_with(count, || Err(SubmitError::Closed));
    answers
}
