//! The register: local data of this node that should survive a restart, and that nothing signed depends on. The port
//! ([`Register`]) and its engine on sled 0.34.7 ([`SledRegister`]).
//!
//! Known defects of that release, and how this file avoids them:
//! * `flush` and the drop of a database may never return after large values were overwritten or many neighbouring keys were
//!   removed. So the register consists of fixed rings of small slots; a slot is overwritten, never removed; and sled is used
//!   by a single thread, which nobody waits for longer than [`TIMEOUT`].
//! * An unfinished snapshot (`snap.*.generating`) makes every later open fail. Such files are removed first.
//! * It panics on some damaged files. `open` and every call run inside `catch_unwind`.
//!
//! Layout: key = ring (1 byte), slot number (4 bytes, big-endian); value = 8 bytes of BLAKE3 over key and contents, then the
//! contents. What it is not: storage for anything that a record, a proof or an acknowledgement depends on.

use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{io, thread};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError};
use rustix::fs::{FlockOperation, flock};

use super::files::{A_LITTLE, no_room};
use super::move_away::move_away;
use crate::causes::{Cause, Source, causes};

/// A fixed set of numbered slots, for one purpose. The number is the first byte of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Ring {
    /// Ids of records that this node finally refused (`ledger::refused`).
    Refused = 1,
    /// Uploads that wait in quarantine (`ledger::evidence`).
    Uploads = 2,
    /// Enrolment requests (`ledger::enrolments`).
    Enrolments = 3,
}

impl Ring {
    /// Every ring.
    pub const ALL: [Ring; 3] = [Ring::Refused, Ring::Uploads, Ring::Enrolments];

    /// Number of slots. Fixed: 65,536 slots of 40 bytes, 16,384 of 48 and 4,096 of 256 make some 9 MB with keys, checksums and
    /// pages.
    pub const fn slots(self) -> u32 {
        match self {
            Ring::Refused => 65_536,
            Ring::Uploads => 16_384,
            Ring::Enrolments => 4_096,
        }
    }

    /// Name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Ring::Refused => "refused",
            Ring::Uploads => "uploads",
            Ring::Enrolments => "enrolments",
        }
    }

    fn key(self, slot: u32) -> [u8; 5] {
        let [a, b, c, d] = slot.to_be_bytes();
        [self as u8, a, b, c, d]
    }
}

/// Most bytes in a slot.
pub const SLOT_BYTES: usize = 256;

/// The contents of a ring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots {
    /// Number and contents of every filled slot, by number.
    pub filled: Vec<(u32, Vec<u8>)>,
    /// Number of damaged slots, which were left out and emptied.
    pub damaged: u64,
}

/// Why a call of the register failed. Nothing signed depends on it: the caller continues.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegisterError {
    /// No such slot, or more than [`SLOT_BYTES`].
    #[error("slot {slot} of the ring {ring} can't hold {bytes} bytes")]
    Slot {
        /// The ring.
        ring: &'static str,
        /// The slot asked for.
        slot: u32,
        /// Size of the value.
        bytes: usize,
    },
    /// The queue of writes is full. Nothing was written.
    #[error("the register is busy")]
    Busy,
    /// Closed, failed or never opened. The value may have been written.
    #[error("the register is not available")]
    Unavailable(#[source] Cause),
}

/// Small values of one node that survive a restart, in fixed rings of slots.
///
/// * Weak durability: [`Register::put`] returns before the slot is durable. A killed process may lose the puts of its
///   last second; [`Register::close`] makes all of them durable.
/// * Slots are independent: after a crash each has its old or its new contents, or is damaged and left out.
/// * Bounded: a ring never grows past [`Ring::slots`] slots of [`SLOT_BYTES`].
/// * It may be lost or damaged, and is then empty at the next start. Nothing signed is lost with it.
/// * No call blocks longer than a few seconds, whatever the engine does.
pub trait Register: Send + Sync {
    /// The filled slots of `ring`. Damaged slots are left out, counted and emptied.
    ///
    /// # Errors
    /// `Unavailable`: go on as if the ring were empty.
    fn load(&self, ring: Ring) -> Result<Slots, RegisterError>;

    /// Overwrites `slot` with `value`; an empty value empties the slot.
    ///
    /// # Errors
    /// [`RegisterError`]; after `Unavailable` the value may have been written.
    fn put(&self, ring: Ring, slot: u32, value: &[u8]) -> Result<(), RegisterError>;

    /// Makes durable what was put. Later calls fail with `Unavailable`. Safe to repeat.
    ///
    /// # Errors
    /// `Unavailable` when that took too long or failed: some of what was put may be lost.
    fn close(&self) -> Result<(), RegisterError>;
}

/// Checks the limits of a slot, for every engine.
pub(super) fn check_slot(ring: Ring, slot: u32, value: &[u8]) -> Result<(), RegisterError> {
    if slot < ring.slots() && value.len() <= SLOT_BYTES {
        return Ok(());
    }
    Err(RegisterError::Slot { ring: ring.name(), slot, bytes: value.len() })
}

/// Longest wait for sled.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long an earlier handle of this process may hold the file lock: sled's threads release it shortly after the drop.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// Commands that may wait for the engine's thread: at some 15 us each, a tenth of a second.
const QUEUE: usize = 8_192;
/// sled's page cache: about the size of the rings.
const CACHE_BYTES: u64 = 8 << 20;
/// How often sled flushes.
const FLUSH_EVERY_MS: u64 = 500;
/// Bytes of the checksum before the contents of a slot.
const CHECKSUM_BYTES: usize = 8;

enum Command {
    Put([u8; 5], Vec<u8>),
    Load(Ring, mpsc::SyncSender<Result<Slots, RegisterError>>),
    Close(mpsc::SyncSender<()>),
}

/// A [`Register`] in a directory, on sled.
pub struct SledRegister {
    /// `None` when it could not be opened: nothing is kept.
    commands: Option<Sender<Command>>,
    closed: AtomicBool,
}

/// The result of opening.
pub struct Opened {
    /// The register; it works even after a problem, or refuses every call.
    pub register: SledRegister,
    /// Why the existing register is not in use.
    pub problem: Option<Problem>,
}

/// A register that could not be opened.
#[derive(Debug)]
pub struct Problem {
    /// What was wrong.
    pub why: Source,
    /// Where the register was moved, and what is used instead.
    pub outcome: String,
}

impl Display for Problem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", causes(&self.why), self.outcome)
    }
}

impl SledRegister {
    /// Opens the register in `dir`. One that can't be opened is moved to `register.broken-<time>` and an empty one is
    /// created; if that fails too, nothing is stored until the next start. A node never fails to start because of its register.
    pub fn open(dir: &Path) -> Opened {
        let why = match start(dir) {
            Ok(commands) => {
                let register = SledRegister { commands: Some(commands), closed: AtomicBool::new(false) };
                return Opened { register, problem: None };
            }
            Err(why) => why,
        };
        let opened = match &why {
            // not damaged, but still open in this process
            OpenError::Locked => Err("it is left where it is".to_owned()),
            // perhaps not damaged: it is tried again at the next start
            _ if dir.parent().is_some_and(|home| no_room(home, A_LITTLE)) => {
                Err("the disk is full and it is left where it is".to_owned())
            }
            _ => restart(dir).map_err(|failed| causes(&failed).to_string()),
        };
        let (commands, outcome) = match opened {
            Ok((commands, moved_to)) => {
                (Some(commands), format!("it was moved to {} and replaced by an empty one", moved_to.display()))
            }
            Err(failed) => (None, format!("{failed}; nothing is stored in it until the next start")),
        };
        let register = SledRegister { commands, closed: AtomicBool::new(false) };
        Opened { register, problem: Some(Problem { why: Arc::new(why), outcome }) }
    }

    fn queue(&self) -> Result<&Sender<Command>, RegisterError> {
        self.commands.as_ref().ok_or_else(|| RegisterError::Unavailable(Cause::new("it could not be opened")))
    }
}

impl Register for SledRegister {
    fn load(&self, ring: Ring) -> Result<Slots, RegisterError> {
        let end = Instant::now() + TIMEOUT;
        let (reply, answer) = mpsc::sync_channel(1);
        send_until(self.queue()?, Command::Load(ring, reply), end)?;
        answer.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| too_long())?
    }

    fn put(&self, ring: Ring, slot: u32, value: &[u8]) -> Result<(), RegisterError> {
        check_slot(ring, slot, value)?;
        let key = ring.key(slot);
        self.queue()?.try_send(Command::Put(key, with_checksum(key, value))).map_err(|error| match error {
            TrySendError::Full(_) => RegisterError::Busy,
            TrySendError::Disconnected(_) => ended(),
        })
    }

    fn close(&self) -> Result<(), RegisterError> {
        let Some(commands) = &self.commands else { return Ok(()) };
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let end = Instant::now() + TIMEOUT;
        let (reply, answer) = mpsc::sync_channel(1);
        send_until(commands, Command::Close(reply), end)?;
        answer.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| too_long())
    }
}

impl Drop for SledRegister {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(error = %causes(&error), "the register was not closed; the next start may lack its last entries");
        }
    }
}

fn ended() -> RegisterError {
    RegisterError::Unavailable(Cause::new("it is closed or failed"))
}

fn no_answer() -> Cause {
    Cause::new(format!("sled did not answer within {} s", TIMEOUT.as_secs()))
}

fn too_long() -> RegisterError {
    RegisterError::Unavailable(no_answer())
}

fn send_until(commands: &Sender<Command>, command: Command, end: Instant) -> Result<(), RegisterError> {
    commands.send_deadline(command, end).map_err(|error| match error {
        SendTimeoutError::Timeout(_) => too_long(),
        SendTimeoutError::Disconnected(_) => ended(),
    })
}

/// Why sled could not be opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("it is already open in this process")]
    Locked,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Sled(#[from] SledError),
    #[error(transparent)]
    NoAnswer(Cause),
}

/// Why a call of sled failed.
#[derive(Debug, Clone, thiserror::Error)]
enum SledError {
    #[error(transparent)]
    Failed(#[from] sled::Error),
    #[error("sled panicked: {0}")]
    Panicked(String),
}

/// Moves a damaged register away and starts an empty one.
fn restart(dir: &Path) -> Result<(Sender<Command>, PathBuf), Cause> {
    let moved_to = move_away(dir).map_err(|error| Cause::of("it can't be moved away", error))?;
    let commands = start(dir).map_err(|error| Cause::of("no empty one could be created", error))?;
    Ok((commands, moved_to))
}

/// Opens sled in `dir` on a thread of its own, reads every slot once to find damage, and then serves commands.
fn start(dir: &Path) -> Result<Sender<Command>, OpenError> {
    wait_for_lock(dir)?;
    remove_unfinished_snapshots(dir)?;
    let (commands, queue) = crossbeam_channel::bounded(QUEUE);
    let (ready, opened) = mpsc::sync_channel(1);
    let path = dir.to_owned();
    thread::Builder::new().name("jejak-register".into()).spawn(move || match catch_panic(|| open_and_read(&path)) {
        Ok(db) => {
            if ready.send(Ok(())).is_ok() {
                serve(db, queue);
            }
        }
        Err(why) => drop(ready.send(Err(why))),
    })?;
    match opened.recv_timeout(TIMEOUT) {
        Ok(Ok(())) => Ok(commands),
        Ok(Err(why)) => Err(why.into()),
        Err(_) => Err(OpenError::NoAnswer(no_answer())),
    }
}

/// Waits until the file `db` is not locked. sled fails at once when it is, with an error that can't be distinguished.
fn wait_for_lock(dir: &Path) -> Result<(), OpenError> {
    let file = match File::open(dir.join("db")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let end = Instant::now() + LOCK_WAIT;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // released when `file` is closed
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => thread::sleep(LOCK_WAIT / 40),
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(OpenError::Locked),
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
}

/// A crash while sled writes a snapshot leaves `snap.*.generating`, which its next open would read as the newest snapshot.
/// The previous one still exists.
fn remove_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn open_and_read(dir: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS));
    let db = config.mode(sled::Mode::HighThroughput).open()?;
    for row in db.iter() {
        row?;
    }
    Ok(db)
}

/// Executes commands in order, until it is closed or sled fails.
fn serve(db: sled::Db, queue: Receiver<Command>) {
    let mut closing = None;
    for command in &queue {
        match command {
            Command::Put(key, value) => {
                if let Err(error) = catch_panic(|| db.insert(key, value)) {
                    tracing::warn!(error = %causes(&error), "the register failed; nothing more is stored in it until the next start");
                    break;
                }
            }
            Command::Load(ring, reply) => drop(reply.send(read(&db, ring))),
            Command::Close(reply) => {
                closing = Some(reply);
                break;
            }
        }
    }
    // from here on callers are refused, even if the drop below never returns
    drop(queue);
    // flushes and fsyncs
    let dropped = catch_panic(|| {
        drop(db);
        Ok(())
    });
    if let Some(reply) = closing.filter(|_| dropped.is_ok()) {
        let _ = reply.send(());
    }
}

fn read(db: &sled::Db, ring: Ring) -> Result<Slots, RegisterError> {
    let rows = catch_panic(|| db.scan_prefix([ring as u8]).collect::<Result<Vec<_>, _>>());
    let mut slots = Slots::default();
    for (key, value) in rows.map_err(unreadable)? {
        // not a key of this file
        let Ok(key) = <[u8; 5]>::try_from(&key[..]) else { continue };
        match verified(ring, key, &value) {
            Some((_, [])) => {}
            Some((slot, contents)) => slots.filled.push((slot, contents.to_vec())),
            None => {
                slots.damaged += 1;
                catch_panic(|| db.insert(key, with_checksum(key, b""))).map_err(unreadable)?;
            }
        }
    }
    Ok(slots)
}

fn unreadable(error: SledError) -> RegisterError {
    RegisterError::Unavailable(Cause::of("a ring can't be read", error))
}

fn checksum(key: [u8; 5], contents: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key).update(contents);
    let mut sum = [0; CHECKSUM_BYTES];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

fn with_checksum(key: [u8; 5], contents: &[u8]) -> Vec<u8> {
    [&checksum(key, contents), contents].concat()
}

/// Slot number and contents; `None` when the checksum or the limits are wrong.
fn verified(ring: Ring, key: [u8; 5], value: &[u8]) -> Option<(u32, &[u8])> {
    let [_, a, b, c, d] = key;
    let slot = u32::from_be_bytes([a, b, c, d]);
    let (sum, contents) = value.split_at_checked(CHECKSUM_BYTES)?;
    (sum == checksum(key, contents) && check_slot(ring, slot, contents).is_ok()).then_some((slot, contents))
}

/// Turns a panic of sled into an error.
fn catch_panic<T>(work: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, SledError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Ok(done?),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(SledError::Panicked(text))
        }
    }
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
