//! The application: opens a ledger directory, admits records, sequences them, publishes the tree, answers queries.
//!
//! ```text
//! submit ─ admit (decode, verify_strict; any core) ─► sequence (one thread: rules, frame, fdatasync) ─► floor ─► acknowledged
//!                                                        │ rows and cursor ─► index, in one batch
//!                                                        ▼
//!                                                     journal ─► publisher thread ─► bundles, tiles, head, history, checkpoint
//! ```
//! One file per step: `admit`, `sequence`, `index`, `acknowledge`, `publish`; `open` and `recover` start a ledger with the same code
//! after a stop or a crash; `witnesses` asks for cosignatures of each head; `lost` refuses a journal that lost its tail; `refill` brings it back from published bundles; `query` and `evidence` answer; `doctor` re-checks everything and `reindex` rebuilds the index. What it is not:
//! HTTP (`server`), nor the rules (`chain`).

pub mod config;
pub mod doctor;
pub mod evidence;
pub mod history;
pub mod index;
pub mod init;
pub mod lost;
pub mod open;
pub mod publish;
pub mod query;
pub mod recover;
pub mod refill;
pub mod reindex;
pub mod sequence;
pub mod sign;
pub mod upload;

mod acknowledge;
mod admit;
mod bundle;
mod catch_up;
mod enrolments;
mod guarded;
mod handed_in;
mod quarantine;
mod recent;
mod refused;
mod room;
mod row_cache;
mod seen;
mod stored;
mod verifying_keys;
mod wall_clock;
mod witnesses;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

pub use crate::chain::Void;
pub use bundle::{LARGEST, Planned, ProofPlan};
pub use config::{Config, ConfigError, Limits};
pub use doctor::{Check, DoctorOptions, Part, Report, doctor};
pub use evidence::EvidenceError;
pub use init::{InitError, InitKeys, InitOptions, Initialised};
pub use lost::Lost;
pub use open::{OpenError, Stores};
pub use query::{Proven, QueryError};
pub use recover::Recovered;
pub use refill::{Refilled, refill};
pub use reindex::reindex;
pub use sign::{Keys, KeysError};
pub use stored::{StoredError, StoredFile};
pub use upload::{Incoming, Uploader};
pub use wall_clock::{ClockHold, Waits, readable};
pub use witnesses::{Answer, AskWitness, WitnessOptions, WitnessReport, WitnessStatus};

use crate::causes::causes;
use crate::chain::Rejection;
use crate::record::{RecordError, RecordId};
use crate::store::{Journal, Objects, Register};
use admit::Gate;
use evidence::Profiles;
use index::LedgerIndex;
use sequence::Message;

/// A record is durable, and sequenced at this index for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Ack {
    /// The record's id.
    pub id: RecordId,
    /// Its index in the log.
    pub index: u64,
    /// The last `Clock` before it, Unix seconds; 0 before the first.
    pub clock: i64,
    /// Whether it was on the log already: the first acknowledgement is repeated.
    pub duplicate: bool,
}

/// Why a record was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The bytes are not a record whose signature holds.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A rule refused it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too many records are waiting: submit it again later.
    #[error("too many records are waiting")]
    Busy,
    /// The disk has no room. The record may be on the log all the same: submit the same bytes again later.
    #[error("the ledger's disk is full")]
    NoRoom,
    /// The ledger is closing: submit it again after the restart.
    #[error("the ledger is closing")]
    Closed,
    /// The ledger's clock does not go on: submit it again later.
    #[error("{0}")]
    Clock(ClockHold),
    /// It is a `Clock` that runs ahead of the node's machine, as a stolen operator key would sign it.
    #[error("the clock states {}, the node's machine says {}", readable(*stated), readable(*now))]
    ClockAhead {
        /// What it states, Unix seconds.
        stated: i64,
        /// What the machine says.
        now: i64,
    },
    /// Storage failed. The record may be on the log: submit the same bytes again after the restart.
    #[error("the ledger's storage failed")]
    Storage,
}

/// The newest published head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedHead {
    /// Tree size.
    pub size: u64,
    /// Its root.
    pub root: [u8; 32],
    /// The signed checkpoint (C2SP signed-note).
    pub note: String,
}

/// Numbers of a running ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Entries that are durable and in the state.
    pub size: u64,
    /// Published entries.
    pub published: u64,
    /// Frames written since the start.
    pub batches: u64,
    /// Records that wait to be sequenced.
    pub waiting: usize,
    /// Snapshots of the state that were read since the start.
    pub snapshots: u64,
    /// Consecutive failures to publish.
    pub publish_failures: u64,
    /// Whether the clock does not go on, and records are not taken.
    pub clock_held: bool,
    /// Consecutive failures to bring the index up to date.
    pub index_failures: u64,
}

/// The wall clock, so that a test can make it jump.
pub trait WallClock: Send + Sync {
    /// Unix seconds.
    fn now(&self) -> i64;

    /// Seconds since an arbitrary moment, by a clock that can't be set and that also counts while the machine sleeps.
    fn monotonic(&self) -> i64 {
        rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second()
    }
}

/// Called once when storage failed and nothing can be acknowledged any more. A server ends its process here
/// (`std::process::exit`): after a failed fsync the page cache can't be trusted, and only opening it again shows what is durable.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

/// How to open a ledger.
#[derive(Clone)]
pub struct Options {
    /// The wall clock.
    pub clock: Arc<dyn WallClock>,
    /// What to do when storage failed.
    pub on_fatal: OnFatal,
    /// Overrides the interval of `config.toml`.
    pub publish_every: Option<Duration>,
    /// Heads of this log that others hold (a witness, a mirror, an auditor). The ledger refuses to start with a smaller or
    /// different tree.
    pub seen: Vec<SeenHead>,
    /// Go on with a journal of exactly this size, although acknowledged records after it are missing, or although it is not known
    /// whether they are. Never below a published head.
    pub accept_lost_tail: Option<u64>,
    /// The witnesses that are asked to cosign each head.
    pub witnesses: Option<WitnessOptions>,
}

/// A signed head of this log that someone else holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHead {
    /// Who holds it.
    pub by: String,
    /// The signed checkpoint.
    pub note: String,
}

impl Default for Options {
    fn default() -> Options {
        let on_fatal: OnFatal = Arc::new(|_| {});
        Options {
            clock: Arc::new(SystemClock),
            on_fatal,
            publish_every: None,
            seen: Vec::new(),
            accept_lost_tail: None,
            witnesses: None,
        }
    }
}

/// The state in which nothing is acknowledged any more.
pub(crate) struct Fatal {
    why: OnceLock<String>,
    call: OnFatal,
}

impl Fatal {
    pub(crate) fn raised(&self) -> bool {
        self.why.get().is_some()
    }

    pub(crate) fn raise(&self, why: &str) {
        if self.why.set(why.to_owned()).is_ok() {
            tracing::error!(why, "storage failed; the ledger takes no more records");
            (self.call)(why);
        }
    }
}

/// What the threads of a ledger share.
pub(crate) struct Shared {
    pub config: Config,
    pub journal: Box<dyn Journal>,
    pub log: Arc<dyn Objects>,
    pub objects: Arc<dyn Objects>,
    pub register: Arc<dyn Register>,
    enrolments: enrolments::Enrolments,
    pub index: LedgerIndex,
    pub keys: Keys,
    pub clock: Arc<dyn WallClock>,
    pub clock_state: wall_clock::ClockState,
    pub fatal: Arc<Fatal>,
    pub gate: Gate,
    pub verifying_keys: verifying_keys::VerifyingKeys,
    pub profiles: Profiles,
    pub records: query::Records,
    checked: stored::Checked,
    recent: recent::Recent,
    /// Roots that the published tree had at earlier sizes.
    earlier_roots: quick_cache::sync::Cache<u64, crate::log::Hash>,
    pub published: watch::Sender<Option<Arc<PublishedHead>>>,
    pub publish_every: Duration,
    /// Entries in the index: never more than it has.
    pub sequenced: AtomicU64,
    pub batches: AtomicU64,
    pub snapshots: AtomicU64,
    pub publish_failures: AtomicU64,
    pub index_failures: AtomicU64,
    /// A proof from the published tiles did not verify.
    log_damaged: AtomicBool,
    /// Held while the checkpoint is replaced.
    checkpoint: Mutex<()>,
    publisher: (Mutex<bool>, Condvar),
    witnesses: Option<Arc<witnesses::Witnesses>>,
    distrust: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    /// Makes the publisher compare the published tree with the journal.
    fn distrust_log(&self) {
        self.log_damaged.store(true, Ordering::Relaxed);
    }

    /// Makes the next start rebuild the index.
    fn distrust_index(&self) {
        (self.distrust)();
    }
}

/// An open ledger. Cheap to clone; closed by [`Ledger::shutdown`] or with its last clone.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    queue: Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    recovered: Recovered,
    /// Holds the directory lock until the last thread has ended.
    _home: Option<open::Home>,
}

impl Inner {
    /// Answers all waiting senders, publishes once more, and ends the threads.
    fn close(&self) {
        let mut threads = self.threads.lock();
        if threads.is_empty() {
            return;
        }
        self.shared.gate.close();
        let _ = self.queue.send(Message::Stop);
        // in this order: no more batches, every sender answered, then the last head
        let mut ended = threads.drain(..);
        let _ = ended.next().map(JoinHandle::join);
        let _ = ended.next().map(JoinHandle::join);
        *self.shared.publisher.0.lock() = true;
        self.shared.publisher.1.notify_all();
        let _ = ended.next().map(JoinHandle::join);
        if let Some(witnesses) = &self.shared.witnesses {
            witnesses.close();
            // a thread that has an answer may be writing it
            drop(self.shared.checkpoint.lock());
        }
        // what is not flushed is replayed from the journal at the next start
        if !self.shared.fatal.raised()
            && let Err(error) = self.shared.index.sync()
        {
            tracing::warn!(error = %causes(&error), "the index was not flushed: the next start replays more of the journal");
        }
        if let Err(error) = self.shared.register.close() {
            tracing::warn!(error = %causes(&error), "the register was not closed; the next start may lack its last entries");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Ledger {
    /// Stops taking records, answers every waiting sender, publishes what was acknowledged, and ends the threads. Blocks.
    /// Reads still work; the directory lock is released with the last clone.
    pub fn shutdown(&self) {
        self.inner.close();
    }

    /// Why storage failed, when it did.
    pub fn failure(&self) -> Option<&str> {
        self.inner.shared.fatal.why.get().map(String::as_str)
    }

    /// What opening found and did.
    pub fn recovered(&self) -> &Recovered {
        &self.inner.recovered
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.inner.shared.config
    }

    /// The ledger id.
    pub fn id(&self) -> &str {
        &self.inner.shared.config.ledger
    }

    /// The node's time, Unix seconds.
    pub fn now(&self) -> i64 {
        self.inner.shared.clock.now()
    }

    /// Number of entries that are durable and in the state.
    pub fn size(&self) -> u64 {
        self.inner.shared.sequenced.load(Ordering::Acquire)
    }

    /// Numbers for `/metrics`.
    pub fn stats(&self) -> Stats {
        let shared = &self.inner.shared;
        Stats {
            size: self.size(),
            published: shared.published.borrow().as_ref().map_or(0, |head| head.size),
            batches: shared.batches.load(Ordering::Relaxed),
            waiting: self.waiting(),
            snapshots: shared.snapshots.load(Ordering::Relaxed),
            publish_failures: shared.publish_failures.load(Ordering::Relaxed),
            clock_held: self.clock_hold().is_some(),
            index_failures: shared.index_failures.load(Ordering::Relaxed),
        }
    }

    /// The witnesses that are asked, and what they cosigned; `None` without a witness policy.
    pub fn witnesses(&self) -> Option<WitnessReport> {
        let head = self.checkpoint();
        self.inner.shared.witnesses.as_ref().map(|witnesses| witnesses.report(head.as_ref()))
    }

    /// The trust file that pins this ledger, with the node's witness policy.
    pub fn trust_file(&self) -> String {
        let config = self.config();
        let policy = self.inner.shared.witnesses.as_ref().map(|witnesses| witnesses.text.as_str());
        crate::proof::trust::file(&config.ledger, &config.log_key, policy)
    }

    /// Why the clock does not go on, and no records are taken but those of the authority that put it right.
    pub fn clock_hold(&self) -> Option<ClockHold> {
        self.inner.shared.clock_state.held()
    }

    /// The operator says that the machine's clock is right. What then still holds the clock, if anything, is the authority's to permit.
    pub fn confirm_clock(&self) -> Option<ClockHold> {
        self.inner.shared.clock_state.confirm();
        self.clock_hold()
    }

    /// Records that wait to be sequenced now.
    pub fn waiting(&self) -> usize {
        self.inner.shared.gate.waiting()
    }
}
