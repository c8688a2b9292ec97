//! The floor: the smallest tree that the journal must hold, in a small file beside the journal.
//!
//! A journal that ends between two frames looks whole, however many frames are missing after that place. The floor shows it: it is
//! raised to the head of a batch after the journal's `fdatasync` and **before** anyone is answered. It is therefore never ahead
//! of a journal that lost nothing, and a journal behind it has lost acknowledged records.
//!
//! Layout: two slots at bytes 0 and 4,096, written in turn, so that a torn write leaves the other one. A slot is one sector of
//! 512 bytes: the line `jejak floor 1`, padded with zero to 16 bytes; BLAKE3 of the ledger id; size (8 bytes, big-endian) and root;
//! the first 16 bytes of BLAKE3 over all of these. The file is written in full when it is created: to raise the floor is one
//! synchronous write (`O_DSYNC`) in place, without new blocks and without a change of the file's size, so it needs no free space on
//! file systems that overwrite in place. What it is not: a copy of the journal; it says what is missing, not what it was.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::Head;
use super::files::{is_full, write_durably};
use crate::causes::Cause;

/// Bytes of a slot: what a disk writes or loses as a whole.
const SLOT: usize = 512;
/// Distance of the slots: they are never in one page.
const APART: u64 = 4_096;
const MAGIC: &[u8; 16] = b"jejak floor 1\n\0\0";
/// Magic, ledger, size, root; the checksum follows.
const STATED: usize = 16 + 32 + 8 + 32;

/// What the floor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloorState {
    /// The journal must hold this tree.
    At {
        /// The tree.
        head: Head,
        /// The other slot is damaged. After a torn write the journal is ahead of `head`; otherwise the newest slot is lost.
        torn: bool,
    },
    /// There is no floor: it is not known whether the journal is whole.
    Missing,
    /// It can't be read, or is of another ledger.
    Damaged(String),
}

/// Why the floor was not raised.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FloorError {
    /// Nothing was written, for lack of space: may succeed later.
    #[error("there is no room for the floor")]
    Full(#[source] Cause),
    /// It **may** have been raised. Nothing more may be acknowledged.
    #[error("raising the floor ended in doubt")]
    Unknown(#[source] Cause),
}

/// The smallest tree that the journal must hold.
///
/// * Durable: when [`Floor::raise`] returns `Ok`, the head survives a power loss.
/// * A failed `raise` leaves the floor where it was, or raised.
pub trait Floor: Send + Sync {
    /// What it says.
    fn stated(&self) -> FloorState;

    /// Raises it to `head`, which is durable in the journal.
    ///
    /// # Errors
    /// [`FloorError`].
    fn raise(&self, head: Head) -> Result<(), FloorError>;

    /// Starts a new floor at `head`, whatever the old one says, which is kept beside it. Only for a new ledger, or when its operator
    /// accepted what the old one says.
    ///
    /// # Errors
    /// [`FloorError`].
    fn begin(&self, head: Head) -> Result<(), FloorError>;
}

/// A [`Floor`] in a file.
pub struct FloorFile {
    path: PathBuf,
    ledger: [u8; 32],
    open: Mutex<Option<Slots>>,
}

/// The open file, and the slot to write next.
struct Slots {
    file: File,
    next: u64,
}

impl FloorFile {
    fn of(read: io::Result<[Result<Head, String>; 2]>) -> FloorState {
        match read {
            Ok([Ok(a), Ok(b)]) => FloorState::At { head: if a.size > b.size { a } else { b }, torn: false },
            Ok([Ok(head), Err(_)] | [Err(_), Ok(head)]) => FloorState::At { head, torn: true },
            Ok([Err(why), Err(_)]) => FloorState::Damaged(why),
            Err(e) if e.kind() == io::ErrorKind::NotFound => FloorState::Missing,
            Err(e) => FloorState::Damaged(e.to_string()),
        }
    }

    /// The floor in the file `path`, of the ledger with this id. Nothing is created or changed.
    pub fn at(path: &Path, ledger: &str) -> FloorFile {
        let ledger = *blake3::hash(ledger.as_bytes()).as_bytes();
        FloorFile { path: path.to_owned(), ledger, open: Mutex::new(None) }
    }

    fn slot(&self, head: Head) -> [u8; SLOT] {
        let mut slot = [0; SLOT];
        slot[..16].copy_from_slice(MAGIC);
        slot[16..48].copy_from_slice(&self.ledger);
        slot[48..56].copy_from_slice(&head.size.to_be_bytes());
        slot[56..STATED].copy_from_slice(&head.root);
        let sum = blake3::hash(&slot[..STATED]);
        slot[STATED..STATED + 16].copy_from_slice(&sum.as_bytes()[..16]);
        slot
    }

    /// The head in a slot, or why there is none.
    fn parse(&self, slot: &[u8]) -> Result<Head, String> {
        let stated = slot.get(..STATED).ok_or("it is too short")?;
        let sum = blake3::hash(stated);
        if !stated.starts_with(MAGIC) || slot.get(STATED..STATED + 16) != Some(&sum.as_bytes()[..16]) {
            return Err("its checksum does not hold".into());
        }
        if stated[16..48] != self.ledger {
            return Err("it is the floor of another ledger".into());
        }
        let (mut size, mut root) = ([0; 8], [0; 32]);
        size.copy_from_slice(&stated[48..56]);
        root.copy_from_slice(&stated[56..STATED]);
        Ok(Head { size: u64::from_be_bytes(size), root })
    }

    /// Both slots.
    fn read(&self) -> io::Result<[Result<Head, String>; 2]> {
        let bytes = std::fs::read(&self.path)?;
        let slot = |at: usize| self.parse(bytes.get(at..).unwrap_or_default());
        Ok([slot(0), slot(APART as usize)])
    }

    fn write(&self, head: Head) -> io::Result<()> {
        let mut open = self.open.lock();
        let slots = match &mut *open {
            Some(slots) => slots,
            closed => {
                // overwrites the slot that is not the newest
                let next = match self.read()? {
                    [Ok(first), Ok(second)] => u64::from(first.size > second.size),
                    [Ok(_), Err(_)] => 1,
                    _ => 0,
                };
                let dsync = rustix::fs::OFlags::DSYNC.bits() as i32;
                let file = OpenOptions::new().write(true).custom_flags(dsync).open(&self.path)?;
                closed.insert(Slots { file, next })
            }
        };
        slots.file.write_all_at(&self.slot(head), slots.next * APART)?;
        slots.next = 1 - slots.next;
        Ok(())
    }

    fn create(&self, head: Head) -> io::Result<()> {
        let mut open = self.open.lock();
        *open = None;
        if self.path.exists() {
            let mut kept = self.path.with_extension(format!("accepted-{}", head.size));
            let mut n = 1;
            while kept.exists() {
                kept = self.path.with_extension(format!("accepted-{}-{n}", head.size));
                n += 1;
            }
            // a copy: at no moment is there no floor
            std::fs::copy(&self.path, &kept)?;
        }
        let mut bytes = vec![0; APART as usize + SLOT];
        for at in [0, APART as usize] {
            bytes[at..at + SLOT].copy_from_slice(&self.slot(head));
        }
        write_durably(&self.path, &bytes, 0o600)
    }
}

fn failed(path: &Path, error: io::Error) -> FloorError {
    let full = is_full(&error);
    let why = Cause::of(path.display().to_string(), error);
    if full { FloorError::Full(why) } else { FloorError::Unknown(why) }
}

impl Floor for FloorFile {
    fn stated(&self) -> FloorState {
        FloorFile::of(self.read())
    }

    fn raise(&self, head: Head) -> Result<(), FloorError> {
        self.write(head).map_err(|e| failed(&self.path, e))
    }

    fn begin(&self, head: Head) -> Result<(), FloorError> {
        self.create(head).map_err(|e| failed(&self.path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = "urn:jejak:ledger:x";

    fn head(size: u64) -> Head {
        Head { size, root: [size as u8; 32] }
    }

    fn begun(dir: &Path) -> PathBuf {
        let path = dir.join("floor");
        FloorFile::at(&path, LEDGER).begin(head(0)).unwrap();
        path
    }

    fn at(size: u64) -> FloorState {
        FloorState::At { head: head(size), torn: false }
    }

    #[test]
    fn raised_floor_is_read_by_the_next_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = begun(dir.path());
        let mut size = 0;
        for raises in [1, 2, 3] {
            let floor = FloorFile::at(&path, LEDGER);
            assert_eq!(floor.stated(), at(size));
            for _ in 0..raises {
                size += 3;
                floor.raise(head(size)).unwrap();
                assert_eq!(FloorFile::at(&path, LEDGER).stated(), at(size));
            }
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), APART + SLOT as u64, "it is overwritten in place");
    }

    #[test]
    fn torn_write_leaves_the_head_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = begun(dir.path());
        let floor = FloorFile::at(&path, LEDGER);
        (1..=4).for_each(|size| floor.raise(head(size)).unwrap());
        let sound = std::fs::read(&path).unwrap();
        let newest = usize::from(floor.read().unwrap()[1] == Ok(head(4))) * APART as usize;
        for flip in (newest..newest + STATED + 16).step_by(7) {
            let mut bytes = sound.clone();
            bytes[flip] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(FloorFile::at(&path, LEDGER).stated(), FloorState::At { head: head(3), torn: true });
            // the next raise does not touch the slot that is left
            FloorFile::at(&path, LEDGER).raise(head(5)).unwrap();
            assert_eq!(FloorFile::at(&path, LEDGER).stated(), at(5));
        }
    }

    #[test]
    fn missing_short_and_foreign_floor_say_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = begun(dir.path());
        assert!(
            matches!(FloorFile::at(&path, "urn:jejak:ledger:y").stated(), FloorState::Damaged(why) if why.contains("another"))
        );
        std::fs::write(&path, b"").unwrap();
        assert!(matches!(FloorFile::at(&path, LEDGER).stated(), FloorState::Damaged(_)));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(FloorFile::at(&path, LEDGER).stated(), FloorState::Missing);
        assert!(FloorFile::at(&path, LEDGER).raise(head(1)).is_err(), "a missing floor is not created in passing");
        assert!(!path.exists());
    }

    #[test]
    fn new_floor_keeps_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = begun(dir.path());
        let floor = FloorFile::at(&path, LEDGER);
        floor.raise(head(9)).unwrap();
        floor.begin(head(7)).unwrap();
        assert_eq!(floor.stated(), at(7));
        assert_eq!(FloorFile::at(&dir.path().join("floor.accepted-7"), LEDGER).stated(), at(9));
        floor.raise(head(8)).unwrap();
        assert_eq!(floor.stated(), at(8));
    }
}
