//! Opening a ledger directory, and assembling a ledger from engines.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use super::acknowledge;
use super::admit::Gate;
use super::enrolments::Enrolments;
use super::evidence::Profiles;
use super::guarded::Guarded;
use super::history::{self, History, HistoryError};
use super::index::LedgerIndex;
use super::lost::{self, Lost};
use super::publish::{Publisher, forget_partials};
use super::recent::Recent;
use super::recover::{self, Recovered, ReplayError};
use super::sequence::Sequencer;
use super::verifying_keys::VerifyingKeys;
use super::wall_clock::ClockState;
use super::witnesses::{self, Witnesses};
use super::{Config, ConfigError, Fatal, Inner, Keys, KeysError, Ledger, Options, PublishedHead, Shared, query};
use crate::causes::causes;
use crate::chain::Table;
use crate::chain::rows::LedgerRow;
use crate::chain::state::get;
use crate::log::Frontier;
use crate::log::checkpoint::CheckpointError;
use crate::log::note::{KeyType, Verifier};
use crate::log::publish::TileBuilder;
use crate::store::files::{A_LITTLE, Files, is_full, no_room, write_durably};
use crate::store::fjall::{FLUSH, Fjall};
use crate::store::floor::FloorFile;
use crate::store::lock::{DirLock, LockError};
use crate::store::register::SledRegister;
use crate::store::segments::{SegmentOptions, Segments};
use crate::store::{
    Floor, FloorError, FloorState, Head, Index, IndexError, Journal, JournalError, ObjectError, Objects, Register,
};

/// The engines of a ledger.
pub struct Stores {
    /// The source of truth.
    pub journal: Box<dyn Journal>,
    /// What the journal must hold.
    pub floor: Box<dyn Floor>,
    /// The published log.
    pub log: Arc<dyn Objects>,
    /// Evidence and profiles.
    pub objects: Arc<dyn Objects>,
    /// The index, derived from the journal.
    pub index: Arc<dyn Index>,
    /// Local data of this node.
    pub register: Arc<dyn Register>,
}

/// Why a ledger was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, or the lock can't be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node's keys.
    #[error("the node's keys can't be used")]
    Keys(#[from] KeysError),
    /// The journal is damaged or can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An object can't be read or written.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The history is damaged.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The published files are of another log.
    #[error("the published files are not of this log: {by}")]
    Published {
        /// Who holds the head.
        by: String,
        /// Why it is none of this log.
        source: CheckpointError,
    },
    /// The journal is an older copy.
    #[error(
        "the published {what} has {published} entries, the journal only {journal}: an older copy was restored. Going on \
         would sign a second history; bring the newer journal back"
    )]
    Ahead {
        /// `checkpoint`, `history`, or who holds it.
        what: String,
        /// Its size.
        published: u64,
        /// The journal's size.
        journal: u64,
    },
    /// Acknowledged records are missing, or it is not known whether they are.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The operator accepted another size.
    #[error("the journal has {journal} entries, not the {accepted} that were accepted")]
    Accepted {
        /// What was accepted.
        accepted: u64,
        /// The journal's size.
        journal: u64,
    },
    /// The floor can't be written.
    #[error(transparent)]
    Floor(#[from] FloorError),
    /// The disk has no room for what a start must write. Nothing was moved or deleted.
    #[error("the disk of {} is full: {what}", .dir.display())]
    Full {
        /// The ledger's directory.
        dir: PathBuf,
        /// What could not be written.
        what: String,
    },
    /// The journal disagrees with a published head.
    #[error(
        "the published {what} of {size} entries is of another tree than the journal's: one of them is not this ledger's"
    )]
    Disagrees {
        /// `checkpoint`, `history`, or who holds it.
        what: String,
        /// Its size.
        size: u64,
    },
    /// The settings are those of another ledger.
    #[error("config.toml says that {what} is {config}, the log says {log}: this is another ledger's file")]
    Other {
        /// The setting.
        what: &'static str,
        /// Its value.
        config: String,
        /// What the log says.
        log: String,
    },
    /// The journal contradicts itself.
    #[error("the journal's tree can't be rebuilt at entry {0}")]
    Tree(u64),
    /// The replay stopped.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// Not even an empty index can be created.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The system call failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The file of the floor.
pub(super) const FLOOR: &str = "floor";

/// Marker file: a running node read a damaged row, or the journal was refilled; the next start rebuilds the index.
pub(super) const REBUILD: &str = "index.rebuild";

impl Ledger {
    /// Opens the ledger in `dir` and starts its threads.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed except a torn tail of the journal, which is kept in a file of its own.
    pub fn open(dir: &Path, options: &Options) -> Result<Ledger, OpenError> {
        let config = Config::load(dir)?;
        let lock = DirLock::acquire(dir)?;
        let keys = Keys::load(dir, &config)?;
        let opened = Ledger::open_checking(dir, config, keys, options, lock, Start::default());
        opened.map_err(|error| full(dir, error))
    }

    pub(super) fn open_checking(
        dir: &Path,
        config: Config,
        keys: Keys,
        options: &Options,
        lock: DirLock,
        start_as: Start,
    ) -> Result<Ledger, OpenError> {
        let home = Home { dir: dir.to_owned(), _lock: lock };
        let check = home.prepare_index(config.limits.index_check_bytes)?;
        let opened = SledRegister::open(&dir.join("register"));
        let register: Arc<dyn Register> = Arc::new(opened.register);
        let accepted = options.accept_lost_tail;
        let (mut stores, mut found) = engines(dir, &config, register.clone(), accepted)?;
        let checks = Checks { index: check, start: start_as };
        let ready = match recover_all(&stores, &config, &keys, options, checks, &mut found) {
            Err(OpenError::Replay(ReplayError::Index(error))) if !no_room(dir, FLUSH) => {
                // too damaged to be emptied: moved away, once
                drop(stores);
                let moved_to = Fjall::move_away(&dir.join("index"))?;
                tracing::warn!(error = %causes(&error), moved_to = %moved_to.display(), "the index was moved away and is rebuilt");
                (stores, found) = engines(dir, &config, register, accepted)?;
                found.rebuilt.get_or_insert_with(|| causes(&error).to_string());
                recover_all(&stores, &config, &keys, options, Checks { index: true, start: start_as }, &mut found)
            }
            ready => ready,
        }?;
        found.register = opened.problem.map(|problem| problem.to_string());
        if let Some(problem) = &found.register {
            tracing::warn!(problem, "the register could not be opened; nothing signed is lost");
        }
        Ok(start(stores, config, keys, options, Some(home), ready, found))
    }

    /// Opens a ledger on given engines, with the same recovery and the same threads.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn assemble(stores: Stores, config: Config, keys: Keys, options: &Options) -> Result<Ledger, OpenError> {
        let mut found = Recovered::default();
        let founding = stores.journal.head().size == 0;
        let checks = Checks { index: true, start: Start { founding, whole: false } };
        let ready = recover_all(&stores, &config, &keys, options, checks, &mut found)?;
        Ok(start(stores, config, keys, options, None, ready, found))
    }
}

/// `error`, or that the disk is full, if that may be what caused it.
fn full(dir: &Path, error: OpenError) -> OpenError {
    let by_room = match &error {
        OpenError::Journal(JournalError::Corrupt { .. }) => false,
        OpenError::Io(error) if is_full(error) => true,
        OpenError::Index(_) | OpenError::Replay(ReplayError::Index(_)) => no_room(dir, FLUSH),
        OpenError::Journal(_) | OpenError::Object(_) | OpenError::Floor(_) | OpenError::Io(_) => no_room(dir, A_LITTLE),
        _ => false,
    };
    if by_room { OpenError::Full { dir: dir.to_owned(), what: causes(&error).to_string() } } else { error }
}

/// The directory of a ledger on files.
pub(super) struct Home {
    dir: PathBuf,
    _lock: DirLock,
}

impl Home {
    /// Moves the index away if a running node found it damaged. Returns whether the index is small enough to be read
    /// completely.
    fn prepare_index(&self, check_bytes: u64) -> std::io::Result<bool> {
        let index = self.dir.join("index");
        if self.dir.join(REBUILD).exists() {
            if no_room(&self.dir, FLUSH) {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::StorageFull,
                    "the index is damaged, and there is no room to rebuild it",
                ));
            }
            if index.exists() {
                Fjall::move_away(&index).map_err(std::io::Error::other)?;
            }
            fs::remove_file(self.dir.join(REBUILD))?;
        }
        Ok(size_of(&index)? <= check_bytes)
    }
}

fn size_of(dir: &Path) -> std::io::Result<u64> {
    if !dir.exists() {
        return Ok(0);
    }
    let mut size = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        size += if meta.is_dir() { size_of(&entry.path())? } else { meta.len() };
    }
    Ok(size)
}

fn engines(
    dir: &Path,
    config: &Config,
    register: Arc<dyn Register>,
    accepted: Option<u64>,
) -> Result<(Stores, Recovered), OpenError> {
    let opened = Fjall::open(&dir.join("index"), config.limits.index_cache_bytes)?;
    let verified = opened.index.cursor().ok().flatten().map_or(0, |cursor| cursor.head.size);
    let log = Files::open(&dir.join("log"))?;
    let published = config.log_key.parse::<Verifier>().map_or(0, |key| recover::signed_size(&log, &key));
    let floor = FloorFile::at(&dir.join(FLOOR), &config.ledger);
    let below = if let FloorState::At { head, .. } = floor.stated() { head.size } else { 0 };
    let options = SegmentOptions {
        segment_bytes: config.limits.segment_bytes,
        verify_from: verified,
        durable: verified.max(published).max(below),
        accepted,
    };
    let journal = Segments::open(&dir.join("journal"), options)?;
    let rebuilt = opened.broken.map(|(moved_to, why)| {
        let why = causes(&why).to_string();
        tracing::warn!(why, moved_to = %moved_to.display(), "the index could not be opened and is rebuilt");
        why
    });
    let found = Recovered { torn: journal.torn().cloned(), rebuilt, ..Recovered::default() };
    let stores = Stores {
        journal: Box::new(journal),
        floor: Box::new(floor),
        log: Arc::new(log),
        objects: Arc::new(Files::open(&dir.join("objects"))?),
        index: Arc::new(opened.index),
        register,
    };
    Ok((stores, found))
}

/// What recovery passes to the threads.
struct Ready {
    index: LedgerIndex,
    tree: Frontier,
    profiles: Profiles,
    head: Option<PublishedHead>,
    history: History,
    tiles: TileBuilder,
}

/// Full checks of what is probably sound.
#[derive(Clone, Copy)]
struct Checks {
    /// Read every row of the index.
    index: bool,
    start: Start,
}

/// What kind of start it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    /// The ledger has no entries yet: a missing floor begins here.
    pub founding: bool,
    /// Compare every published tile with the journal, not the right edge alone.
    pub whole: bool,
}

fn recover_all(
    stores: &Stores,
    config: &Config,
    keys: &Keys,
    options: &Options,
    checks: Checks,
    found: &mut Recovered,
) -> Result<Ready, OpenError> {
    let log = Verifier::of(&keys.log, KeyType::Ed25519).map_err(KeysError::from)?;
    let journal = &*stores.journal;
    recover::seen(journal, &log, &options.seen)?;
    if let Some(witnesses) = &options.witnesses {
        recover::seen(journal, &log, &witnesses::kept(witnesses, &*stores.objects, &log))?;
    }
    recover::this_ledger(journal, config)?;
    if checks.start.whole {
        found.tiles_restored.extend(history::repair(&*stores.log, journal, &keys.log)?);
    }
    let (head, history) = recover::published(stores, &log, &mut found.tiles_restored)?;
    let accepted = options.accept_lost_tail;
    // the index first: an operator who accepts begins a new floor, which would hide what is missing
    let lost = lost::by_index(journal, &*stores.index);
    let lost = if lost.is_some() { lost } else { by_floor(stores, checks.start)? };
    if lost::judge(lost, accepted, &*stores.floor, journal.head())? {
        wipe(&*stores.index, "the operator accepted that the end of the journal is lost")?;
    }
    // durable since the journal was opened; never acknowledged, or above a floor that was just begun
    if !matches!(stores.floor.stated(), FloorState::At { head, .. } if head == journal.head()) {
        stores.floor.raise(journal.head())?;
    }
    let (objects, register) = (stores.objects.clone(), stores.register.clone());
    let profiles = Profiles::open(objects, register, &config.limits, options.clock.now())?;
    let index = LedgerIndex::new(stores.index.clone());
    let mut tree = match recover::usable(&*stores.index, journal, checks.index) {
        Ok(at) => at,
        Err(why) => {
            let why = causes(&why).to_string();
            tracing::warn!(why, "the index is emptied and rebuilt");
            wipe(&*stores.index, &why)?;
            found.rebuilt = Some(why);
            Frontier::new()
        }
    };
    // if a row turns out to be damaged: once more, from an empty index
    let (from, voids) = loop {
        let from = tree.size();
        let progress = |done, of| tracing::info!(done, of, "replaying the journal into the index");
        match recover::replay(journal, &index, &mut tree, &profiles, &progress) {
            Ok(voids) => break (from, voids),
            Err(ReplayError::Index(error)) if from > 0 => {
                let why = causes(&error).to_string();
                wipe(&*stores.index, &why)?;
                found.rebuilt = Some(why);
                tree = Frontier::new();
            }
            Err(error) => return Err(error.into()),
        }
    };
    profiles.quarantine.claim_named(&index).map_err(IndexError::from)?;
    found.replayed = tree.size() - from;
    found.voids = voids;
    recover::this_operator(&index, config, keys)?;
    found.clock = recover::clock(&index, options.clock.now());
    let (tiles, restored) = recover::edge(journal, &*stores.log, head.as_ref(), checks.start.whole)?;
    found.tiles_restored.extend(restored);
    // after a crash between steps 4 and 5 of a publication: the partials that it superseded
    if let (Some(head), Ok(Some(before))) = (&head, history.before_last(&*stores.log)) {
        forget_partials(&*stores.log, before.size, head.size);
    }
    Ok(Ready { index, tree, profiles, head, history, tiles })
}

/// Empties the index because of `why`, if there is room to fill it again.
fn wipe(index: &dyn Index, why: &str) -> Result<(), ReplayError> {
    if !index.has_room_to_flush() {
        return Err(IndexError::new(format!("there is no room to rebuild it: {why}")).into());
    }
    Ok(index.wipe()?)
}

/// Compares the journal with the floor. A new ledger begins one.
fn by_floor(stores: &Stores, start: Start) -> Result<Option<Lost>, OpenError> {
    let stated = stores.floor.stated();
    if start.founding && stated == FloorState::Missing {
        stores.floor.begin(stores.journal.head())?;
        return Ok(None);
    }
    lost::by_floor(&*stores.journal, stated)
}

fn start(
    stores: Stores,
    config: Config,
    keys: Keys,
    options: &Options,
    home: Option<Home>,
    ready: Ready,
    recovered: Recovered,
) -> Ledger {
    let distrust: Box<dyn Fn() + Send + Sync> = match &home {
        Some(home) => {
            let marker = home.dir.join(REBUILD);
            Box::new(move || {
                // the process ends soon after
                let _ = write_durably(&marker, b"", 0o644);
            })
        }
        None => Box::new(|| {}),
    };
    let fatal = Arc::new(Fatal { why: OnceLock::new(), call: options.on_fatal.clone() });
    // from here on a write whose result is unknown ends the ledger
    let guarded = |inner| -> Arc<dyn Objects> { Arc::new(Guarded::new(inner, fatal.clone())) };
    let (log, objects) = (guarded(stores.log), guarded(stores.objects));
    let profiles = ready.profiles.with_objects(objects.clone());
    // recovery opened the published head with this key
    let log_key = Verifier::of(&keys.log, KeyType::Ed25519).ok();
    let asked = options.witnesses.as_ref().zip(log_key);
    let asked = asked.map(|(options, key)| Arc::new(Witnesses::new(options, key, &*objects, ready.head.as_ref())));
    let shared = Arc::new(Shared {
        publish_every: options.publish_every.unwrap_or(config.publish_every()),
        gate: Gate::new(config.limits.queue),
        verifying_keys: VerifyingKeys::new(),
        journal: stores.journal,
        log,
        objects,
        enrolments: Enrolments::open(stores.register.clone(), &config.ledger, options.clock.now()),
        register: stores.register,
        index: ready.index,
        keys,
        clock: options.clock.clone(),
        clock_state: ClockState::default(),
        fatal,
        profiles,
        records: query::Records::default(),
        checked: super::stored::Checked::default(),
        recent: Recent::default(),
        earlier_roots: quick_cache::sync::Cache::new(super::seen::KEPT),
        published: watch::Sender::new(ready.head.map(Arc::new)),
        sequenced: AtomicU64::new(ready.tree.size()),
        batches: AtomicU64::new(0),
        snapshots: AtomicU64::new(0),
        log_damaged: AtomicBool::new(false),
        publish_failures: AtomicU64::new(0),
        index_failures: AtomicU64::new(0),
        checkpoint: Mutex::new(()),
        publisher: (Mutex::new(false), Condvar::new()),
        witnesses: asked,
        distrust,
        config,
    });
    // known before the first record comes
    if let Ok(Some(ledger)) = get::<LedgerRow>(&shared.index, Table::Ledger, &[])
        && let Some(hold) = shared.clock_state.judge(&ledger, options.clock.now())
    {
        tracing::warn!(last = hold.last, now = hold.now, "{hold}");
    }
    let damaged = Arc::downgrade(&shared);
    shared.index.on_damage(Box::new(move |error| {
        if let Some(shared) = damaged.upgrade() {
            shared.distrust_index();
            shared.fatal.raise(&format!("{}; the next start rebuilds the index", causes(error)));
        }
    }));
    // unbounded, because the gate bounds what is sent
    let (queue, jobs) = crossbeam_channel::unbounded();
    let (acknowledged, written) = acknowledge::queue();
    let (floor, at) = (stores.floor, Head { size: ready.tree.size(), root: ready.tree.root() });
    let answering = shared.clone();
    let sequencer = Sequencer::new(shared.clone(), ready.tree, acknowledged);
    let publisher = Publisher::new(shared.clone(), ready.tiles, ready.history);
    let threads = vec![
        spawn("jejak-sequence", &shared, move || sequencer.run(&jobs)),
        spawn("jejak-acknowledge", &shared, move || acknowledge::run(&answering, &*floor, at, &written)),
        spawn("jejak-publish", &shared, move || publisher.run()),
    ];
    ask_witnesses(&shared);
    Ledger { inner: Arc::new(Inner { shared, queue, threads: Mutex::new(threads), recovered, _home: home }) }
}

/// Starts a thread for each witness. They don't hold the ledger, and nobody waits for them: an answer that never comes delays no close.
fn ask_witnesses(shared: &Arc<Shared>) {
    let Some(witnesses) = &shared.witnesses else { return };
    for at in 0..witnesses.count() {
        let (witnesses, ledger) = (witnesses.clone(), Arc::downgrade(shared));
        let asked = std::thread::Builder::new().name("jejak-witness".to_owned());
        if let Err(error) = asked.spawn(move || witnesses::run(&witnesses, &ledger, at)) {
            tracing::error!(%error, "no thread for a witness: it is not asked");
        }
    }
}

/// Starts a thread whose panic is a failure of the ledger.
fn spawn(name: &str, shared: &Arc<Shared>, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let (guard, shared) = (name.to_owned(), shared.clone());
    let body = move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            shared.fatal.raise(&format!("the thread {guard} panicked"));
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(body).unwrap_or_else(|error| {
        // no thread at the start: nothing was acknowledged yet
        std::panic::resume_unwind(Box::new(format!("no thread for {name}: {error}")))
    })
}
