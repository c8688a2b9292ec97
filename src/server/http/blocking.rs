//! Work that blocks: reading storage, hashing, verifying, drawing. It runs on the blocking threads and never on those that
//! answer the network, a bounded number at a time; who would wait in too long a queue is answered `busy`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::problem::{Kind, Problem};
use crate::chain::{RecordSource, State};
use crate::ledger::PublishedHead;
use crate::server::App;

/// Threads for such work, for the runtime's builder: the reads of [`Limits::reads`], and uploads beside them.
pub const BLOCKING_THREADS: usize = 64;

/// Turns at reading.
pub struct Turns {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

/// Counts a request that waits, also when it is dropped while waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// All free.
    pub fn new(limits: &Limits) -> Turns {
        let turns = limits.reads.clamp(1, BLOCKING_THREADS);
        Turns {
            turns: Arc::new(Semaphore::new(turns)),
            waiting: AtomicUsize::new(0),
            most_waiting: limits.reads_waiting,
        }
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        if let Ok(turn) = self.turns.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if ahead >= self.most_waiting {
            return Err(Problem::new(Kind::Busy, "too many requests wait for an answer; try again in a moment"));
        }
        self.turns.clone().acquire_owned().await.map_err(|e| Problem::internal(&e))
    }
}

/// What one answer is made from: one snapshot of the state, and the checkpoint that was published when it was taken.
pub struct Snapshot<'a> {
    /// The node.
    pub app: &'a App,
    /// The newest published checkpoint; every record that it covers is in the state.
    pub head: Option<PublishedHead>,
    /// So many records are in the state, or more.
    pub size: u64,
    /// The state.
    pub state: &'a dyn State,
    /// Its records.
    pub records: &'a dyn RecordSource,
}

impl App {
    /// Runs `what` when it is its turn. A client that hangs up meanwhile does not free the turn before the work is done.
    ///
    /// # Errors
    /// `busy`, and what `what` answers.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.turns.take().await?;
        self.metrics.turns.inc();
        self.offload(move |app| {
            let done = what(app);
            drop(turn);
            done
        })
        .await
    }

    /// Runs `what` on one snapshot, when it is its turn: every part of an answer that is made there agrees with the others.
    ///
    /// # Errors
    /// As for [`App::blocking`].
    pub async fn read<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&Snapshot<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(move |app| {
            // before the snapshot, so that the state has every record that these cover
            let (head, size) = (app.ledger.checkpoint(), app.ledger.size());
            app.ledger.with_state(|state, records| what(&Snapshot { app, head, size, state, records }))
        })
        .await
    }

    /// Runs `what` at once: for writers, which must not wait behind readers.
    ///
    /// # Errors
    /// What `what` answers.
    pub async fn offload<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        tokio::task::spawn_blocking(move || what(&app)).await.map_err(|e| Problem::internal(&e))?
    }
}
