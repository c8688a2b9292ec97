//! Storage: one port (trait) per guarantee, and their engines.
//!
//! | port | guarantee | engine |
//! |---|---|---|
//! | [`Journal`] | linearizable: a batch is durable when `append` returns | [`segments`] |
//! | [`Objects`] | immutable put-if-absent, durable when it returns | [`files`] |
//! | [`Floor`] | the smallest tree that the journal must hold; durable before an acknowledgement | [`floor`] |
//! | [`Index`] | derived; rows and cursor change atomically; may be wiped at any time | [`fjall`] |
//! | [`Register`] | local data of one node in small slots that are overwritten; losing it loses nothing signed | [`register`] |
//!
//! [`memory`] holds an engine of each kind with faults in pairs (failed and not persisted, failed **but** persisted): the
//! ledger is tested on those as well. What it is not: the order in which the ledger uses them (`ledger`).

pub mod files;
pub mod fjall;
pub mod floor;
mod frame;
pub mod keyfile;
pub mod keyform;
pub mod lock;
pub mod memory;
pub(crate) mod move_away;
pub mod register;
pub mod segments;

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;

use crate::causes::{Cause, Source};
use crate::chain::{State, StateError, Table};

pub use floor::{Floor, FloorError, FloorState};
pub use register::{Register, RegisterError, Ring, Slots};

/// Size and RFC 6962 root of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Root at that size.
    pub root: [u8; 32],
}

/// One batch: entries `first .. size`, and the tree head after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Index of the first entry.
    pub first: u64,
    /// The tree after the last.
    pub head: Head,
    /// The entries, at least one, each at most 65,535 bytes.
    pub entries: Vec<Bytes>,
}

impl Frame {
    /// The entry at `index`, if it is in this frame.
    pub fn entry(&self, index: u64) -> Option<&Bytes> {
        usize::try_from(index.checked_sub(self.first)?).ok().and_then(|at| self.entries.get(at))
    }
}

/// Why a call of the journal failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The journal does not have the size that the writer expected: there is another writer. Nothing was written.
    #[error("the journal has {size} entries, the writer expected {expected}")]
    Lost {
        /// What the writer expected.
        expected: u64,
        /// The journal's size.
        size: u64,
    },
    /// The batch **may** be durable; only reopening shows whether it is. The engine accepts no more writes.
    #[error("the journal write ended in doubt")]
    Unknown(#[source] Cause),
    /// Nothing was written, for lack of space. The same batch may be written later.
    #[error("there is no room for the journal")]
    Full(#[source] Cause),
    /// Nothing was written, or the journal can't be read now. The engine accepts no more writes.
    #[error("the journal is not available")]
    Unavailable(#[source] Cause),
    /// A complete frame has changed since it was written. Never repaired silently.
    #[error("the journal is damaged in {file} at byte {offset}: {what}")]
    Corrupt {
        /// File name.
        file: String,
        /// Byte offset of the frame.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

/// The entries of the log, in their final order.
///
/// * Durable: when [`Journal::append`] returns `Ok`, the batch survives a power loss.
/// * Linearizable: a batch is accepted only on top of exactly `expected` entries.
/// * All or nothing: after a crash a batch is complete or absent.
/// * One writer; any number of readers, who see only what is durable.
pub trait Journal: Send + Sync {
    /// The tree after the last durable batch; size 0 (and the root of the empty tree) before the first.
    fn head(&self) -> Head;

    /// Appends `frame` after `expected` entries.
    ///
    /// # Errors
    /// See [`JournalError`]. After `Unknown` the caller must stop and reopen.
    fn append(&self, expected: u64, frame: &Frame) -> Result<(), JournalError>;

    /// The frame that holds entry `index`, checked against its checksum; `None` past the end.
    ///
    /// # Errors
    /// `Corrupt` with the place, or `Unavailable`.
    fn frame(&self, index: u64) -> Result<Option<Frame>, JournalError>;
}

/// Why an object was not written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ObjectError {
    /// An object of that name exists and has other bytes. Nothing was written.
    #[error("{0} exists with other bytes")]
    Different(String),
    /// Not a valid object name.
    #[error("{0:?} is not an object name")]
    Name(String),
    /// The write **may** have happened. Safe to repeat: equal bytes are success.
    #[error("writing {path} ended in doubt")]
    Unknown {
        /// The object.
        path: String,
        /// The error.
        source: Source,
    },
    /// It can't be read now, or nothing was written: may succeed later.
    #[error("{path} is not available")]
    Unavailable {
        /// The object.
        path: String,
        /// The error.
        source: Source,
    },
}

/// Named bytes. Names are `/`-separated parts of `[A-Za-z0-9._-]`, none starting with a dot.
///
/// * When [`Objects::put`] returns, the bytes and the name survive a power loss.
/// * An object never changes, except the few that [`Objects::publish`] replaces.
/// * Readers may see an object before `put` returns.
///
/// No function has a body here: an engine that wraps another one would silently lose what that one does better.
pub trait Objects: Send + Sync {
    /// Creates `path`. Existing equal bytes are success (and durable when this returns).
    ///
    /// # Errors
    /// `Different` when the name has other bytes; `Unavailable` when nothing was written (disk full, no file descriptor);
    /// `Unknown` when it may have been written.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError>;

    /// The object's bytes; `None` when there is none (never an error).
    ///
    /// # Errors
    /// `Unavailable` when it can't be read.
    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError>;

    /// Size of the object, and at most `most` of its bytes from byte `from`, none past its end; `None` when there is no object.
    ///
    /// # Errors
    /// `Unavailable` when it can't be read.
    fn part(&self, path: &str, from: u64, most: usize) -> Result<Option<(u64, Bytes)>, ObjectError>;

    /// Replaces a published pointer (the checkpoint, the newest page of the history): a crash leaves the old or the new bytes.
    ///
    /// # Errors
    /// `Unavailable`: the object is unchanged; `Unknown`: it has the old or the new bytes.
    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError>;

    /// Removes an object; succeeds if there is none. Need not be durable.
    ///
    /// # Errors
    /// `Unknown` when a system call failed.
    fn forget(&self, path: &str) -> Result<(), ObjectError>;

    /// Names that start with the parts of `under` (a folder; empty for all), sorted, with the size of each.
    ///
    /// # Errors
    /// `Unavailable` when the folder can't be read.
    fn list(&self, under: &str) -> Result<Vec<(String, u64)>, ObjectError>;

    /// Begins an object that arrives in pieces, such as an upload. Dropped without an end, it leaves nothing.
    ///
    /// # Errors
    /// `Unavailable`: nothing was written.
    fn stage(self: Arc<Self>) -> Result<Box<dyn Staged>, ObjectError>;

    /// What is free, as far as the engine knows it.
    fn free(&self) -> Free;
}

/// The free space of a file system; `None` where it is not known or has no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Free {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Files (inodes).
    pub files: Option<u64>,
}

/// An object that is being written. Nobody sees it before [`Staged::put`] or [`Staged::publish`], which keep the contract of
/// [`Objects`] and may be called one after the other when the first says `Different`.
pub trait Staged: Send {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// `Unavailable`: drop it.
    fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError>;

    /// As [`Objects::put`], with the bytes that were written.
    ///
    /// # Errors
    /// As for [`Objects::put`].
    fn put(&mut self, path: &str) -> Result<(), ObjectError>;

    /// As [`Objects::publish`], with the bytes that were written.
    ///
    /// # Errors
    /// As for [`Objects::publish`].
    fn publish(&mut self, path: &str) -> Result<(), ObjectError>;
}

/// The position of the index in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The tree whose entries are applied.
    pub head: Head,
    /// Sibling hashes of the right edge (`log::merkle::Frontier`), so that a start need not read the whole log.
    pub frontier: Vec<[u8; 32]>,
}

/// The index could not be read or written. It is derived: rebuild it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IndexError {
    /// The engine failed, or its files are not those of this program.
    #[error("index: {what}")]
    Engine {
        /// What failed.
        what: String,
        /// Why.
        source: Option<Source>,
    },
    /// A reader holds a view: the index was not opened again, and nothing is wrong with it.
    #[error("index: a reader holds a view of it")]
    Held,
    /// A row could not be read or encoded.
    #[error(transparent)]
    Row(#[from] StateError),
}

impl IndexError {
    /// The first cause.
    pub fn new(what: impl Into<String>) -> IndexError {
        IndexError::Engine { what: what.into(), source: None }
    }

    /// `what` failed because of `source`.
    pub fn of(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> IndexError {
        IndexError::Engine { what: what.into(), source: Some(Arc::new(source)) }
    }
}

/// Called with each row: table byte, key, value.
pub type EachRow<'a> = dyn FnMut(u8, &[u8], &[u8]) + 'a;

/// A row to be written.
#[derive(Debug, Clone)]
pub struct Write {
    /// Table byte, then the key: see [`row_key`].
    pub row: Vec<u8>,
    /// Its value; `None` deletes.
    pub value: Option<Bytes>,
}

/// Calls `then` with the whole key of a row: table byte, then `key`. Short keys need no allocation.
pub fn row_key<T>(table: Table, key: &[u8], then: impl FnOnce(&[u8]) -> T) -> T {
    let mut short = [0; 128];
    if let Some(row) = short.get_mut(..=key.len()) {
        row[0] = table as u8;
        row[1..].copy_from_slice(key);
        return then(row);
    }
    then(&[&[table as u8], key].concat())
}

/// A snapshot of the rows.
pub type View = Arc<dyn State + Send + Sync>;

/// Rows derived from the log.
///
/// * [`Index::apply`] is atomic: rows and cursor change together or not at all, also after a crash.
/// * Reads of the index return the newest rows; an [`Index::view`] does not change while rows are applied.
/// * `apply` need **not** be durable when it returns: the journal is replayed from the cursor.
/// * Any read may fail because of a damaged row. The index is then rebuilt.
pub trait Index: State + Send + Sync {
    /// A snapshot of the rows. Do not hold it for long: the engine can't free rows that it shows.
    fn view(&self) -> View;

    /// Its position in the log; `None` when it is empty.
    ///
    /// # Errors
    /// [`IndexError`] when it can't be read, or its rows were written by another version of the program.
    fn cursor(&self) -> Result<Option<Cursor>, IndexError>;

    /// Writes `rows` (one per key) and moves the cursor, atomically.
    ///
    /// # Errors
    /// [`IndexError`]: all or nothing was applied.
    fn apply(&self, rows: Vec<Write>, cursor: &Cursor) -> Result<(), IndexError>;

    /// Every row, in key order, for a full check.
    ///
    /// # Errors
    /// [`IndexError`] for a damaged row.
    fn each(&self, each: &mut EachRow<'_>) -> Result<(), IndexError>;

    /// Makes durable what was applied so far.
    ///
    /// # Errors
    /// [`IndexError`] when a system call fails or takes too long.
    fn sync(&self) -> Result<(), IndexError>;

    /// Deletes everything.
    ///
    /// # Errors
    /// [`IndexError`] when it can't be emptied.
    fn wipe(&self) -> Result<(), IndexError>;

    /// Opens its files again after a failed write, at the last cursor that is durable. Reads wait meanwhile.
    ///
    /// # Errors
    /// [`IndexError::Held`]: nothing was done. Others: it could not be opened, and every call fails until this one succeeds.
    fn reopen(&self) -> Result<(), IndexError>;

    /// Whether there is room to write a little. An engine that finds none must not be opened again.
    fn has_room(&self) -> bool;

    /// Whether there is room for all that the engine writes at once. Without it a failure need not be damage: the index must not be
    /// emptied or moved.
    fn has_room_to_flush(&self) -> bool;
}

/// Whether `path` is a valid object name.
pub fn is_object_name(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 512
        && path.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        })
}

/// SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1).
pub const EMPTY_ROOT: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_stay_inside() {
        for good in ["checkpoint", "tile/0/x001/067.p/5", "evidence/abc", "history/000001"] {
            assert!(is_object_name(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".tmp/x", "a/.hidden", "a b", "a\0b", "é"] {
            assert!(!is_object_name(bad), "{bad:?}");
        }
    }
}
