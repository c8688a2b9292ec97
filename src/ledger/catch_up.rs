//! The index after a batch that it could not take, usually because the disk is full: it is opened again and catches up from the
//! journal, with growing intervals between two attempts, as publishing does. Nothing ends meanwhile.
//!
//! The batch is durable in the journal, so nothing can be lost. It is not acknowledged, because every reader sees an acknowledged record:
//! its senders are asked to send it again, and get the first acknowledgement once the rows are there. What it is not: a repair. If
//! there is room for all that the index writes at once and it still can't be written, it is damaged: the ledger ends, and its next start
//! rebuilds it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Shared;
use super::recover::{self, ReplayError};
use crate::causes::causes;
use crate::log::Frontier;
use crate::store::{Head, IndexError};

/// Time before the second attempt; doubled for each further one.
const FIRST: Duration = Duration::from_millis(100);
/// Longest time between two attempts.
const SLOWEST: Duration = Duration::from_secs(10);
/// Attempts that may fail although there is room to flush.
const MOST: u32 = 5;

/// A batch that the index lacks.
pub(super) struct CatchUp {
    /// The tree after it.
    pub head: Head,
    next: Instant,
    wait: Duration,
    /// Attempts that failed although there was room to flush.
    failed: u32,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The index has every durable batch.
    Done,
    /// There is no room yet, a reader holds a snapshot, or it is not time for the next attempt.
    Waiting,
    /// The ledger has ended.
    Failed,
}

impl CatchUp {
    pub(super) fn new(head: Head) -> CatchUp {
        CatchUp { head, next: Instant::now(), wait: FIRST, failed: 0 }
    }

    /// Brings the index to `tree`, if it is time to try.
    pub(super) fn attempt(&mut self, shared: &Shared, tree: &Frontier) -> Progress {
        if shared.fatal.raised() {
            return Progress::Failed;
        }
        if Instant::now() < self.next {
            return Progress::Waiting;
        }
        self.next = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(SLOWEST);
        shared.index_failures.fetch_add(1, Ordering::Relaxed);
        if !shared.index.has_room() {
            tracing::error!("the index waits for room on the disk");
            return Progress::Waiting;
        }
        match replay(shared, tree) {
            Ok(()) => {
                shared.index_failures.store(0, Ordering::Relaxed);
                tracing::info!("the index has caught up");
                Progress::Done
            }
            Err(ReplayError::Index(IndexError::Held)) => {
                tracing::warn!("the index waits for a reader");
                Progress::Waiting
            }
            Err(error @ ReplayError::Index(_)) if !shared.index.has_room_to_flush() => {
                tracing::error!(error = %causes(&error), "the index waits for more room on the disk");
                Progress::Waiting
            }
            Err(error @ ReplayError::Index(_)) if self.failed < MOST => {
                self.failed += 1;
                tracing::error!(error = %causes(&error), failed = self.failed, "the index could not be brought up to date");
                Progress::Waiting
            }
            Err(error) => {
                shared.distrust_index();
                shared.fatal.raise(&format!("{}; the next start rebuilds the index", causes(&error)));
                Progress::Failed
            }
        }
    }
}

fn replay(shared: &Shared, tree: &Frontier) -> Result<(), ReplayError> {
    shared.index.catch_up(|index, engine| {
        let mut at = recover::usable(engine, &*shared.journal, false)
            .map_err(|why| IndexError::of("it is not of this journal", why))?;
        recover::replay(&*shared.journal, index, &mut at, &shared.profiles, &|_, _| {})?;
        if at.root() == tree.root() { Ok(()) } else { Err(ReplayError::Tree(tree.size())) }
    })
}
