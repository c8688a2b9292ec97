//! Blocking work: reading storage, hashing, verifying, drawing. It runs on the blocking threads, never on those of the network,
//! a bounded number at a time; when too many requests wait, further ones are answered `busy`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::problem::{Kind, Problem};
use crate::chain::{RecordSource, State};
use crate::ledger::PublishedHead;
use crate::server::App;

/// Blocking threads of the runtime: for [`Limits::reads`] reads, and for uploads.
pub const BLOCKING_THREADS: usize = 64;

/// Limits the number of concurrent reads; a bounded number of others wait.
pub struct ReadSlots {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

/// Counts a waiting request, until it gets a slot or is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ReadSlots {
    /// All slots free.
    pub fn new(limits: &Limits) -> ReadSlots {
        let slots = limits.reads.clamp(1, BLOCKING_THREADS);
        ReadSlots {
            slots: Arc::new(Semaphore::new(slots)),
            waiting: AtomicUsize::new(0),
            most_waiting: limits.reads_waiting,
        }
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        if let Ok(slot) = self.slots.clone().try_acquire_owned() {
            return Ok(slot);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if ahead >= self.most_waiting {
            return Err(Problem::new(Kind::Busy, "too many requests wait for an answer; try again in a moment"));
        }
        self.slots.clone().acquire_owned().await.map_err(|e| Problem::internal(&e))
    }
}

/// The data of one answer: a snapshot of the state, and the checkpoint that was published when it was taken.
pub struct Snapshot<'a> {
    /// The node.
    pub app: &'a App,
    /// The newest published checkpoint; every record that it covers is in the state.
    pub head: Option<PublishedHead>,
    /// The state has at least this many records.
    pub size: u64,
    /// The state.
    pub state: &'a dyn State,
    /// Its records.
    pub records: &'a dyn RecordSource,
}

impl App {
    /// Runs `what` when a slot is free. The slot is released when the work is done, even if the client has gone.
    ///
    /// # Errors
    /// `busy`, and the errors of `what`.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let slot = self.read_slots.take().await?;
        self.metrics.turns.inc();
        self.offload(move |app| {
            let done = what(app);
            drop(slot);
            done
        })
        .await
    }

    /// Runs `what` on a snapshot when a slot is free, so that all parts of an answer are consistent.
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
    /// The errors of `what`.
    pub async fn offload<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        tokio::task::spawn_blocking(move || what(&app)).await.map_err(|e| Problem::internal(&e))?
    }
}
