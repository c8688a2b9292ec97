//! Raises the floor, then answers the senders: the last step before an acknowledgement.
//!
//! A thread of its own, so that the floor is raised for one batch while the journal of the next is synced. All batches that wait are
//! covered by one write of the newest head (two at most, so that an older copy of the floor differs from what a crash leaves). The
//! order of an acknowledgement:
//! 1. the batch's frame is durable in the journal, and its rows are in the index (`sequence`).
//! 2. the floor is raised to the batch's head, durably (`store::floor`). A crash before leaves a journal that is ahead of the floor by
//!    at most [`AHEAD`] frames, none of them acknowledged: the next start raises the floor.
//! 3. the senders are answered.
//!
//! Without room for the floor it is tried again, and nobody is answered meanwhile: their records are on the log, and a client that
//! submits one again gets its acknowledgement later. If the ledger closes meanwhile, or after any other failure, no more frames are
//! written and nothing is acknowledged any more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::lost::AHEAD;
use super::sequence::{Answers, Job, refuse};
use super::{Shared, SubmitError};
use crate::causes::causes;
use crate::store::{Floor, FloorError, Head};

/// Batches that one write of the floor may cover. With one in the queue and one that the sequencer holds, at most [`AHEAD`] frames
/// are in the journal above the floor.
const TOGETHER: usize = AHEAD as usize - 2;
/// Time between two attempts when there is no room.
const AGAIN: Duration = Duration::from_millis(500);

/// A batch whose frame is durable.
pub(super) struct Written {
    /// The tree after it.
    pub head: Head,
    /// Its senders.
    pub jobs: VecDeque<Job>,
    /// The answer to each.
    pub answers: Vec<Answers>,
}

/// The queue of batches whose frames are durable.
pub(super) fn queue() -> (Sender<Written>, Receiver<Written>) {
    crossbeam_channel::bounded(1)
}

/// Runs until the sequencer has ended and every sender is answered.
pub(super) fn run(shared: &Arc<Shared>, floor: &dyn Floor, mut at: Head, queue: &Receiver<Written>) {
    while let Ok(first) = queue.recv() {
        let mut batches = vec![first];
        while batches.len() < TOGETHER
            && let Ok(next) = queue.try_recv()
        {
            batches.push(next);
        }
        let head = batches.last().map_or(at, |batch| batch.head);
        // a batch of refusals and repetitions has no frame
        let raised = head == at || raise(shared, floor, head);
        if raised {
            at = head;
        }
        for batch in batches {
            for (job, answers) in batch.jobs.into_iter().zip(batch.answers) {
                if !raised {
                    refuse(job, &SubmitError::Storage);
                    continue;
                }
                // before the answer, so that the sender can use the place again
                drop(job.permit);
                // the sender may have gone; the record is written all the same
                let _ = job.reply.send(answers);
            }
        }
    }
}

/// Whether `head` is durable as the floor; false when it will not be.
fn raise(shared: &Shared, floor: &dyn Floor, head: Head) -> bool {
    let mut attempts = 0u64;
    loop {
        // what the sequencer or an engine found in doubt is not acknowledged
        if shared.fatal.raised() {
            return false;
        }
        match floor.raise(head) {
            Ok(()) => return true,
            Err(error @ FloorError::Full(_)) => {
                attempts += 1;
                tracing::error!(error = %causes(&error), attempts, "nothing is acknowledged until the floor can be raised");
                if shared.gate.closed() {
                    // the sequencer writes what still waits: too many frames above the floor are the sign of an older copy of it
                    shared.fatal.raise(&format!("the ledger closed before its floor was raised: {}", causes(&error)));
                    return false;
                }
                std::thread::sleep(AGAIN);
            }
            Err(error) => {
                shared.fatal.raise(&causes(&error).to_string());
                return false;
            }
        }
    }
}
