//! Work that blocks: reading storage, hashing, verifying, drawing. It runs on the blocking threads and never on those that
//! answer the network, a bounded number at a time; who waits too long in the queue is told that the node is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::problem::Problem;
use crate::chain::{RecordSource, State, StateError};
use crate::server::App;

/// Threads for such work, for who builds the runtime: the reads of [`Limits::reads`], and uploads beside them.
pub const BLOCKING_THREADS: usize = 64;

/// Turns at reading.
pub struct Turns {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

/// Counts one who waits, also when it is dropped while waiting.
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
            return Err(Problem::new("busy", "more is asked than the node can answer; ask again in a moment"));
        }
        self.turns.clone().acquire_owned().await.map_err(|e| Problem::internal(&e))
    }
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
        self.offload(move |app| {
            let done = what(app);
            drop(turn);
            done
        })
        .await
    }

    /// Runs `what` on one snapshot of the state, off the async threads, when it is its turn.
    ///
    /// # Errors
    /// `busy`; `internal` when storage fails.
    pub async fn read<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&dyn State, &dyn RecordSource) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(move |app| app.ledger.with_state(what).map_err(|e| Problem::internal(&e))).await
    }

    /// Runs `what` at once: for writers, who must not wait behind readers.
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
