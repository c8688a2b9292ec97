//! Which parties handed in a blob by a signed request (`handed-in/<hash>`): a party's public naming counts only if it did.
//!
//! It is not on the log: who holds bytes is seen by the node that got them, and no auditor can check it. It lives beside the
//! blobs, is copied with them in a backup, and is not derived from anything. If it is lost or damaged, the blob is not public any more,
//! until a party that named it so hands it in again.
//!
//! Format: the line `jejak/1/handed-in`, one line for each party's URI, sorted, and the BLAKE3 (tag `handed-in`, the blob's hash, all
//! lines before) in base32 as the last line. The order of an upload, and what a crash in it leaves:
//! 1. the bytes are stored. They are there, handed in by nobody.
//! 2. this file is replaced, durably; then the upload is acknowledged.
//!
//! When an upload expires or becomes a profile, this file goes first; a blob that was taken down keeps it. What it is not: the decision
//! who may read (`evidence`).

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::evidence::EvidenceError;
use crate::record::Hash32;
use crate::store::{ObjectError, Objects};

const HEAD: &str = "jejak/1/handed-in";
/// Most parties noted for one blob: at some 60 bytes each, 60 kB are rewritten for one more.
const MOST: usize = 1_024;
/// Blobs whose parties are expected in memory.
const KNOWN: usize = 4_096;
/// Bytes of their parties there.
const KNOWN_BYTES: u64 = 4 << 20;
/// Locks, so that a write of one blob's file holds up few others.
const LOCKS: usize = 64;

/// The parties that handed in a blob.
pub(super) type Parties = BTreeSet<String>;

pub(super) fn handed_in_path(hash: &Hash32) -> String {
    format!("handed-in/{hash}")
}

/// The file's content.
fn write(hash: &Hash32, parties: &Parties) -> String {
    let mut text = format!("{HEAD}\n");
    for party in parties {
        text.push_str(party);
        text.push('\n');
    }
    let sum = Hash32::tagged("handed-in", &[hash.as_bytes(), text.as_bytes()]);
    format!("{text}{sum}\n")
}

/// The parties in a file; `None` when it is damaged or of another blob.
pub(super) fn read(hash: &Hash32, bytes: &[u8]) -> Option<Parties> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (lines, _) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let parties: Parties = lines.lines().skip(1).map(str::to_owned).collect();
    (write(hash, &parties) == text).then_some(parties)
}

#[derive(Clone)]
struct Weight;

impl Weighter<Hash32, Arc<Parties>> for Weight {
    fn weight(&self, _: &Hash32, parties: &Arc<Parties>) -> u64 {
        // each text, with its place in the set
        128 + parties.iter().map(|party| party.len() as u64 + 48).sum::<u64>()
    }
}

/// The notes of all blobs.
pub(super) struct HandedIn {
    objects: Arc<dyn Objects>,
    known: Cache<Hash32, Arc<Parties>, Weight>,
    /// Held while a file is replaced or removed, by the first byte of the blob's hash.
    files: [Mutex<()>; LOCKS],
}

impl HandedIn {
    pub(super) fn new(objects: Arc<dyn Objects>) -> HandedIn {
        let known = Cache::with_weighter(KNOWN, KNOWN_BYTES, Weight);
        HandedIn { objects, known, files: [(); LOCKS].map(Mutex::new) }
    }

    fn file(&self, hash: &Hash32) -> MutexGuard<'_, ()> {
        self.files[usize::from(hash.as_bytes()[0]) % LOCKS].lock()
    }

    /// The parties that handed in this blob; nobody when the note is damaged.
    pub(super) fn parties(&self, hash: &Hash32) -> Result<Arc<Parties>, ObjectError> {
        // what a writer puts or removes meanwhile is not replaced by what is read here
        self.known.get_or_insert_with(hash, || self.load(hash))
    }

    fn load(&self, hash: &Hash32) -> Result<Arc<Parties>, ObjectError> {
        let parties = match self.objects.get(&handed_in_path(hash))? {
            None => Parties::new(),
            Some(bytes) => read(hash, &bytes).unwrap_or_else(|| {
                tracing::error!(%hash, "the note who handed in this blob is damaged: it is not public until it is handed in again");
                Parties::new()
            }),
        };
        Ok(Arc::new(parties))
    }

    /// Notes that `party` handed in the blob; durable when it returns.
    pub(super) fn note(&self, hash: &Hash32, party: &str) -> Result<(), EvidenceError> {
        let _file = self.file(hash);
        let known = self.load(hash)?;
        if known.contains(party) {
            return Ok(());
        }
        if known.len() >= MOST || party.contains('\n') {
            return Err(EvidenceError::Parties(MOST));
        }
        let mut parties = Parties::clone(&known);
        parties.insert(party.to_owned());
        let written = self.objects.publish(&handed_in_path(hash), write(hash, &parties).as_bytes());
        // after the write: a reader may have read the file before it
        self.known.remove(hash);
        written?;
        self.known.insert(*hash, Arc::new(parties));
        Ok(())
    }

    /// Removes the note, before the blob.
    pub(super) fn forget(&self, hash: &Hash32) -> Result<(), ObjectError> {
        let _file = self.file(hash);
        let removed = self.objects.forget(&handed_in_path(hash));
        // after it: a reader may have read the file before
        self.known.remove(hash);
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Disk;

    #[test]
    fn note_is_read_back_and_counts_for_nobody_once_it_is_changed() {
        let disk = Disk::new();
        let objects: Arc<dyn Objects> = Arc::new(disk.objects("objects"));
        let hash = Hash32::of(b"certificate");
        let notes = HandedIn::new(objects.clone());
        assert!(notes.parties(&hash).unwrap().is_empty());
        for party in ["urn:jejak:party:lab", "urn:jejak:party:farm", "urn:jejak:party:lab"] {
            notes.note(&hash, party).unwrap();
        }
        let both = Parties::from(["urn:jejak:party:farm".to_owned(), "urn:jejak:party:lab".to_owned()]);
        assert_eq!(*notes.parties(&hash).unwrap(), both);
        let again = || HandedIn::new(objects.clone()).parties(&hash).unwrap();
        assert_eq!(*again(), both, "after a restart");
        let sound = objects.get(&handed_in_path(&hash)).unwrap().unwrap();
        assert_eq!(read(&Hash32::of(b"another"), &sound), None, "of another blob");
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut flipped = sound.to_vec();
                flipped[at] ^= 1 << bit;
                assert_eq!(read(&hash, &flipped), None, "byte {at}, bit {bit}");
            }
            assert_eq!(read(&hash, &sound[..at]), None, "cut at {at}");
        }
        objects.publish(&handed_in_path(&hash), b"x").unwrap();
        assert!(again().is_empty());
        notes.forget(&hash).unwrap();
        assert!(notes.parties(&hash).unwrap().is_empty() && again().is_empty());
    }

    #[test]
    fn notes_with_many_long_names_are_kept_in_memory_up_to_a_number_of_bytes() {
        let disk = Disk::new();
        let objects: Arc<dyn Objects> = Arc::new(disk.objects("objects"));
        let parties: Parties = (0..MOST).map(|n| format!("urn:jejak:party:{n:01000}")).collect();
        let notes = HandedIn::new(objects.clone());
        for n in 0..20u8 {
            let hash = Hash32::of(&[n]);
            objects.publish(&handed_in_path(&hash), write(&hash, &parties).as_bytes()).unwrap();
            assert_eq!(*notes.parties(&hash).unwrap(), parties);
        }
        assert!(notes.known.weight() <= KNOWN_BYTES, "{} bytes", notes.known.weight());
    }

    #[test]
    fn note_that_is_read_while_it_is_written_is_not_remembered_as_it_was_before() {
        let disk = Disk::new();
        let objects: Arc<dyn Objects> = Arc::new(disk.objects("objects"));
        let (notes, hash) = (Arc::new(HandedIn::new(objects)), Hash32::of(b"certificate"));
        // a reader comes in the middle of each write
        let (reading, weak) = (hash, Arc::downgrade(&notes));
        disk.script(move |_| {
            weak.upgrade().map(|notes| notes.parties(&reading).unwrap().len());
            None
        });
        for n in 1..4 {
            notes.note(&hash, &format!("urn:jejak:party:{n}")).unwrap();
            assert_eq!(notes.parties(&hash).unwrap().len(), n);
        }
        notes.forget(&hash).unwrap();
        assert!(notes.parties(&hash).unwrap().is_empty());
    }

    #[test]
    fn number_of_parties_of_one_blob_is_bounded() {
        let disk = Disk::new();
        let notes = HandedIn::new(Arc::new(disk.objects("objects")));
        let hash = Hash32::of(b"x");
        for n in 0..MOST {
            notes.note(&hash, &format!("urn:jejak:party:p{n:05}")).unwrap();
        }
        assert!(matches!(notes.note(&hash, "urn:jejak:party:late"), Err(EvidenceError::Parties(MOST))));
        assert!(notes.note(&hash, "urn:jejak:party:p00007").is_ok(), "one that is noted may repeat it");
    }
}
