//! Blocking work: reading storage, hashing, verifying, drawing. It runs on the blocking threads, never on those of the network,
//! a bounded number at a time; when too many requests wait, further ones are answered `busy`.

use std::sync::Arc;

use super::client;
use super::limits::Limits;
use super::problem::{Kind, Problem};
use super::turns::Turns;
use crate::chain::{RecordSource, State};
use crate::ledger::PublishedHead;
use crate::server::App;

/// Blocking threads of the runtime: for [`Limits::reads`] reads, and for uploads.
pub const BLOCKING_THREADS: usize = 64;

/// The turns at reading; a bounded number of requests wait.
pub fn read_turns(limits: &Limits) -> Turns {
    Turns::new(limits.reads.clamp(1, BLOCKING_THREADS), limits.reads_waiting)
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
    /// Runs `what` when it is this client's turn. The turn ends when the work is done, even if the client has gone.
    ///
    /// # Errors
    /// `busy`, and the errors of `what`.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<App>,
        what: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.reads.take(client::owner(), 1).await;
        let turn =
            turn.map_err(|_| Problem::new(Kind::Busy, "too many requests wait for an answer; try again in a moment"))?;
        self.metrics.turns.inc();
        self.offload(move |app| {
            let done = what(app);
            drop(turn);
            done
        })
        .await
    }

    /// Runs `what` on a snapshot when it is this client's turn, so that all parts of an answer are consistent.
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
