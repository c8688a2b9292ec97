//! Uploads that no admitted record names yet (`quarantine/<hash>`): a time limit, a quota, and a slot in the register.
//!
//! The sequencer reports which blobs a batch names, and the publisher's thread moves them to `evidence/<hash>`, restricted
//! ones as well. Slot of the register: 32 bytes of hash, then 8 bytes of Unix time
//! (big-endian) of the last upload. The order of an upload, and what the next start does after a crash in it:
//! 1. the slot is written. A slot without a file is emptied.
//! 2. the file is written, durably; then the upload is acknowledged. The time of a file without a slot starts again.
//! 3. once a batch names it, the file is copied to `evidence/`, then removed here, then the slot is emptied. A start does
//!    this for all files that are named by then.
//!
//! What it is not: the decision which uploads are accepted (`evidence`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::Shared;
use super::evidence::{EvidenceError, store, taken_down_path};
use crate::causes::causes;
use crate::chain::{State, StateError, entity_index};
use crate::record::Hash32;
use crate::store::{ObjectError, Objects, Register, Ring};

/// An upload that waits.
#[derive(Clone, Copy)]
struct Upload {
    /// Unix seconds of the last upload of these bytes.
    time: i64,
    size: u64,
    /// Its bytes are stored; until then only its share of the quota is reserved.
    durable: bool,
    /// Its slot in the register; `None` when more files were found at the start than there are slots.
    slot: Option<u32>,
}

struct Waiting {
    uploads: HashMap<Hash32, Upload>,
    /// Empty slots.
    free: Vec<u32>,
}

/// The uploads that wait, and those of them that a record names by now.
pub(crate) struct Quarantine {
    register: Arc<dyn Register>,
    waiting: Mutex<Waiting>,
    claimed: Mutex<HashSet<Hash32>>,
}

fn path(hash: &Hash32) -> String {
    format!("quarantine/{hash}")
}

impl Quarantine {
    /// The hash of the upload with this object name.
    pub(super) fn parse(name: &str) -> Option<Hash32> {
        name.strip_prefix("quarantine/")?.parse().ok()
    }

    /// Reads the files, and their times from the register. A register that can't be read counts as empty.
    pub(super) fn open(
        objects: &dyn Objects,
        register: Arc<dyn Register>,
        now: i64,
    ) -> Result<Quarantine, ObjectError> {
        let names = objects.list("quarantine")?;
        let mut files: HashMap<Hash32, u64> =
            names.iter().filter_map(|(name, size)| Some((Quarantine::parse(name)?, *size))).collect();
        let loaded = register.load(Ring::Uploads).unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), "the times of the uploads in quarantine can't be read and start again");
            Default::default()
        });
        let mut waiting = Waiting { uploads: HashMap::new(), free: (0..Ring::Uploads.slots()).rev().collect() };
        let (mut taken, mut damaged) = (HashSet::new(), loaded.damaged);
        for (slot, value) in loaded.filled {
            let Some((hash, time)) = decode(&value) else {
                damaged += 1;
                write(&*register, slot, b"");
                continue;
            };
            match files.remove(&hash) {
                Some(size) => {
                    taken.insert(slot);
                    // a time in the future, from a clock that was wrong, must not keep an upload for ever
                    let upload = Upload { time: time.min(now), size, durable: true, slot: Some(slot) };
                    waiting.uploads.insert(hash, upload);
                }
                None => write(&*register, slot, b""),
            }
        }
        if damaged > 0 {
            tracing::warn!(
                damaged,
                "slots of uploads in the register are damaged: the times of those uploads start again"
            );
        }
        waiting.free.retain(|slot| !taken.contains(slot));
        let quarantine = Quarantine { register, waiting: Mutex::new(waiting), claimed: Mutex::default() };
        for (hash, size) in files {
            quarantine.insert(&mut quarantine.waiting.lock(), hash, now, size);
        }
        Ok(quarantine)
    }

    /// The bytes of an upload in quarantine.
    pub(super) fn get(&self, objects: &dyn Objects, hash: &Hash32) -> Result<Option<Bytes>, ObjectError> {
        let waits = self.waiting.lock().uploads.contains_key(hash);
        if waits { objects.get(&path(hash)) } else { Ok(None) }
    }

    /// Size of an upload in quarantine, and a part of it ([`Objects::part`]).
    pub(super) fn part(
        &self,
        objects: &dyn Objects,
        hash: &Hash32,
        from: u64,
        most: usize,
    ) -> Result<Option<(u64, Bytes)>, ObjectError> {
        let waits = self.waiting.lock().uploads.contains_key(hash);
        if waits { objects.part(&path(hash), from, most) } else { Ok(None) }
    }

    /// Removes an upload.
    pub(super) fn forget(&self, objects: &dyn Objects, hash: &Hash32) {
        self.forget_if(objects, hash, |_| true);
    }

    /// Removes the file under the lock, so that a concurrent upload of the same bytes writes them again afterwards.
    fn forget_if(&self, objects: &dyn Objects, hash: &Hash32, condition: impl Fn(&Upload) -> bool) {
        let mut waiting = self.waiting.lock();
        if !waiting.uploads.get(hash).is_some_and(condition) {
            return;
        }
        if let Err(error) = objects.forget(&path(hash)) {
            tracing::warn!(error = %causes(&error), "an upload was not removed from quarantine");
        }
        self.release(&mut waiting, hash);
    }

    /// Adds an upload whose bytes are stored.
    fn insert(&self, waiting: &mut Waiting, hash: Hash32, time: i64, size: u64) {
        let slot = waiting.free.pop();
        if let Some(slot) = slot {
            write(&*self.register, slot, &encode(&hash, time));
        }
        waiting.uploads.insert(hash, Upload { time, size, durable: true, slot });
    }

    fn release(&self, waiting: &mut Waiting, hash: &Hash32) {
        if let Some(slot) = waiting.uploads.remove(hash).and_then(|upload| upload.slot) {
            write(&*self.register, slot, b"");
            waiting.free.push(slot);
        }
    }

    /// A durable batch names these blobs: those in quarantine no longer expire.
    pub(super) fn claim<'a>(&self, named: impl Iterator<Item = &'a Hash32>) {
        let waiting = self.waiting.lock();
        let here: Vec<Hash32> = named.filter(|hash| waiting.uploads.contains_key(hash)).copied().collect();
        drop(waiting);
        if !here.is_empty() {
            self.claimed.lock().extend(here);
        }
    }

    /// [`Quarantine::claim`] for everything that `state` names, after a crash between a batch and its promotion.
    pub(super) fn claim_named(&self, state: &dyn State) -> Result<(), StateError> {
        let waiting: Vec<Hash32> = self.waiting.lock().uploads.keys().copied().collect();
        for hash in waiting {
            if entity_index::names_evidence(state, &hash)? {
                self.claimed.lock().insert(hash);
            }
        }
        Ok(())
    }

    /// Moves a blob that a record names to `evidence/`, where it does not expire.
    pub(super) fn promote(&self, objects: &dyn Objects, hash: &Hash32) -> Result<(), ObjectError> {
        if let Some(bytes) = self.get(objects, hash)? {
            if Hash32::of(&bytes) != *hash {
                tracing::error!(%hash, "an upload in quarantine is damaged: it has to be uploaded again");
            } else if objects.get(&taken_down_path(hash))?.is_none() {
                store(objects, hash, &bytes)?;
            }
        }
        self.forget(objects, hash);
        self.claimed.lock().remove(hash);
        Ok(())
    }

    /// [`Quarantine::promote`] for all claimed uploads; one that can't be moved now stays claimed.
    pub(super) fn promote_claimed(&self, objects: &dyn Objects) {
        let claimed: Vec<Hash32> = self.claimed.lock().iter().copied().collect();
        for hash in claimed {
            if let Err(error) = self.promote(objects, &hash) {
                tracing::error!(error = %causes(&error), %hash, "a named blob was not moved out of quarantine; it is tried again");
                return;
            }
        }
    }

    /// Removes uploads that were last uploaded before `before` and that `state` does not name.
    fn expire(&self, objects: &dyn Objects, before: i64, state: &dyn State) -> Result<(), StateError> {
        let old: Vec<Hash32> = {
            let waiting = self.waiting.lock();
            waiting.uploads.iter().filter(|(_, upload)| upload.time < before).map(|(hash, _)| *hash).collect()
        };
        for hash in old {
            if entity_index::names_evidence(state, &hash)? {
                self.claimed.lock().insert(hash);
            } else {
                self.forget_if(objects, &hash, |upload| upload.time < before);
            }
        }
        Ok(())
    }

    /// Stores an upload; durable when it returns. If it has the bytes already, their time starts again.
    pub(super) fn put(&self, shared: &Shared, hash: &Hash32, bytes: &[u8]) -> Result<(), EvidenceError> {
        let (limits, objects, now) = (&shared.config.limits, &*shared.objects, shared.clock.now());
        self.expire(objects, now.saturating_sub_unsigned(limits.quarantine_seconds), &shared.index)?;
        if self.reserve(hash, bytes.len() as u64, limits.quarantine_bytes, now)? {
            return Ok(());
        }
        let written = objects.put(&path(hash), bytes);
        let mut waiting = self.waiting.lock();
        match written {
            Ok(()) => {
                if let Some(upload) = waiting.uploads.get_mut(hash) {
                    upload.durable = true;
                } else {
                    // another request for the same bytes failed meanwhile and released their reservation
                    self.insert(&mut waiting, *hash, now, bytes.len() as u64);
                }
                Ok(())
            }
            Err(error) => {
                if waiting.uploads.get(hash).is_some_and(|upload| !upload.durable) {
                    self.release(&mut waiting, hash);
                }
                Err(error.into())
            }
        }
    }

    /// Reserves quota and a slot for an upload; true when its bytes are stored already.
    fn reserve(&self, hash: &Hash32, size: u64, quota: u64, now: i64) -> Result<bool, EvidenceError> {
        let mut waiting = self.waiting.lock();
        if let Some(upload) = waiting.uploads.get_mut(hash) {
            upload.time = now;
            if let Some(slot) = upload.slot {
                write(&*self.register, slot, &encode(hash, now));
            }
            // not durable: another request is writing the same bytes to the same name, and this one does so too
            return Ok(upload.durable);
        }
        let used: u64 = waiting.uploads.values().map(|upload| upload.size).sum();
        if used.saturating_add(size) > quota {
            return Err(EvidenceError::Quota);
        }
        let slot = waiting.free.pop().ok_or(EvidenceError::Quota)?;
        write(&*self.register, slot, &encode(hash, now));
        waiting.uploads.insert(*hash, Upload { time: now, size, durable: false, slot: Some(slot) });
        Ok(false)
    }
}

fn write(register: &dyn Register, slot: u32, value: &[u8]) {
    if let Err(error) = register.put(Ring::Uploads, slot, value) {
        tracing::debug!(error = %causes(&error), "the register did not store the time of an upload; it starts again at the next start of the node");
    }
}

fn encode(hash: &Hash32, time: i64) -> Vec<u8> {
    [&hash.as_bytes()[..], &time.to_be_bytes()].concat()
}

fn decode(value: &[u8]) -> Option<(Hash32, i64)> {
    let (hash, time) = value.split_first_chunk::<32>()?;
    Some((Hash32(*hash), i64::from_be_bytes(time.try_into().ok()?)))
}
