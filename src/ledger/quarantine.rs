//! Uploads that no admitted record names yet (`quarantine/<hash>`): a time limit, a room, and a slot in the register.
//!
//! Uploads by a signed request have a room of their own, and in each kind those whose bytes a record names already, while they are
//! on their way. So a client that sends without a signature can use up only the room of others that do, and of that only a share
//! ([`super::room`]). Room counts bytes and files. Beside it stands a bound on uploads that are on their way at once, and the
//! disk: what is free there, less what is on its way, less a reserve for the journal. Unsigned uploads leave twice the reserve.
//!
//! The sequencer reports which blobs a batch names, and the publisher's thread moves them to `evidence/<hash>`, restricted
//! ones as well. Slot of the register: 32 bytes of hash, 8 bytes of Unix time
//! (big-endian) of the last upload, and for a signed one 16 bytes of the party's hash. After a restart an unsigned upload counts in no
//! share, since addresses are not stored. The order of an upload, and what the next start does after a crash in it:
//! 1. the slot is written. A slot without a file is emptied.
//! 2. the file is written, durably; then the upload is acknowledged. The time of a file without a slot starts again.
//! 3. once a batch names it, the file is copied to `evidence/`, then removed here, then the slot is emptied. A start does
//!    this for all files that are named by then.
//!
//! What it is not: the decision which uploads are accepted (`upload`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::evidence::{EvidenceError, Kept, forget_taken_down, store, taken_down_path};
use super::handed_in::HandedIn;
use super::room::{Full, Load, Owner, Room};
use super::upload::put_or_replace;
use super::{Limits, Shared};
use crate::causes::causes;
use crate::chain::{State, StateError, entity_index};
use crate::record::Hash32;
use crate::store::{Free, ObjectError, Objects, Register, Ring, Staged};

/// Which room an upload is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Sent by a signed request.
    Signed,
    /// The same of a blob that a record names: it stays here only while it is on its way.
    SignedNamed,
    /// Unsigned.
    Unsigned,
    /// The same of a blob that a record names.
    UnsignedNamed,
}

impl Class {
    pub(super) fn of(signed: bool, named: bool) -> Class {
        match (signed, named) {
            (true, false) => Class::Signed,
            (true, true) => Class::SignedNamed,
            (false, false) => Class::Unsigned,
            (false, true) => Class::UnsignedNamed,
        }
    }

    fn is_signed(self) -> bool {
        matches!(self, Class::Signed | Class::SignedNamed)
    }
}

/// Room for an upload that is on its way.
#[derive(Debug)]
pub(super) struct Reservation {
    class: Class,
    owner: Owner,
    /// In the room; nothing for bytes that wait there already.
    kept: Load,
    /// On the way.
    bytes: u64,
}

/// The rooms, by [`Class`].
struct Rooms {
    /// Of what waits and what is on its way.
    kept: [Room; 4],
    /// Of what is on its way: only files count.
    open: [Room; 4],
    /// Bytes on their way, which the disk does not show yet.
    pending: Load,
}

impl Rooms {
    fn new(limits: &Limits) -> Rooms {
        let kept = Load { bytes: limits.quarantine_bytes, files: limits.quarantine_files };
        let open = Load { bytes: u64::MAX, files: limits.uploads_open };
        Rooms {
            kept: [(); 4].map(|()| Room::new(kept)),
            open: [(); 4].map(|()| Room::new(open)),
            pending: Load::default(),
        }
    }
}

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
    class: Class,
    owner: Owner,
}

impl Upload {
    /// The value of its slot.
    fn encode(&self, hash: &Hash32) -> Vec<u8> {
        let mut value = [&hash.as_bytes()[..], &self.time.to_be_bytes()].concat();
        if let Owner::Party(party) = self.owner {
            value.extend_from_slice(&party);
        }
        value
    }
}

struct Waiting {
    uploads: HashMap<Hash32, Upload>,
    /// Empty slots.
    free: Vec<u32>,
    rooms: Rooms,
}

impl Waiting {
    /// Whether the same bytes wait already: they need no more room, unless they move to the room of signed uploads.
    fn renews(&self, hash: &Hash32, class: Class) -> bool {
        self.uploads.get(hash).is_some_and(|known| known.class == class || class != Class::Signed)
    }
}

/// Why an upload has no room.
fn refused(full: Full) -> EvidenceError {
    match full {
        Full::All => EvidenceError::Quota,
        Full::Share => EvidenceError::Share,
    }
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
        limits: &Limits,
        now: i64,
    ) -> Result<Quarantine, ObjectError> {
        let names = objects.list("quarantine")?;
        let mut files: HashMap<Hash32, u64> =
            names.iter().filter_map(|(name, size)| Some((Quarantine::parse(name)?, *size))).collect();
        let loaded = register.load(Ring::Uploads).unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), "the times of the uploads in quarantine can't be read and start again");
            Default::default()
        });
        let free = (0..Ring::Uploads.slots()).rev().collect();
        let mut waiting = Waiting { uploads: HashMap::new(), free, rooms: Rooms::new(limits) };
        let (mut taken, mut damaged) = (HashSet::new(), loaded.damaged);
        for (slot, value) in loaded.filled {
            let Some((hash, time, party)) = decode(&value) else {
                damaged += 1;
                write(&*register, slot, b"");
                continue;
            };
            match files.remove(&hash) {
                Some(size) => {
                    taken.insert(slot);
                    // a time in the future, from a clock that was wrong, must not keep an upload for ever
                    let (class, owner) = match party {
                        Some(party) => (Class::Signed, Owner::Party(party)),
                        None => (Class::Unsigned, Owner::Nobody),
                    };
                    waiting.rooms.kept[class as usize].add(owner, Load::file(size));
                    let upload = Upload { time: time.min(now), size, durable: true, slot: Some(slot), class, owner };
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
            let mut waiting = quarantine.waiting.lock();
            let slot = waiting.free.pop();
            let (class, owner) = (Class::Unsigned, Owner::Nobody);
            quarantine.insert(&mut waiting, hash, Upload { time: now, size, durable: true, slot, class, owner });
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
        self.forget_if(objects, hash, |_| true, || Ok(()));
    }

    /// Does what comes `first`, then removes the file, under the lock, so that a concurrent upload of the same bytes writes them again
    /// afterwards. If `first` fails, the upload stays.
    fn forget_if(
        &self,
        objects: &dyn Objects,
        hash: &Hash32,
        condition: impl Fn(&Upload) -> bool,
        first: impl FnOnce() -> Result<(), ObjectError>,
    ) {
        let mut waiting = self.waiting.lock();
        if !waiting.uploads.get(hash).is_some_and(condition) {
            return;
        }
        if let Err(error) = first() {
            tracing::warn!(error = %causes(&error), "an upload that is too old was not removed; it is tried again");
            return;
        }
        if let Err(error) = objects.forget(&path(hash)) {
            tracing::warn!(error = %causes(&error), "an upload was not removed from quarantine");
        }
        self.release(&mut waiting, hash);
    }

    /// Adds an upload, in its room and its slot.
    fn insert(&self, waiting: &mut Waiting, hash: Hash32, upload: Upload) {
        if let Some(slot) = upload.slot {
            write(&*self.register, slot, &upload.encode(&hash));
        }
        waiting.rooms.kept[upload.class as usize].add(upload.owner, Load::file(upload.size));
        waiting.uploads.insert(hash, upload);
    }

    fn release(&self, waiting: &mut Waiting, hash: &Hash32) {
        let Some(upload) = waiting.uploads.remove(hash) else { return };
        waiting.rooms.kept[upload.class as usize].remove(upload.owner, Load::file(upload.size));
        if let Some(slot) = upload.slot {
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
        let waiting: Vec<(Hash32, u64)> = self.waiting.lock().uploads.iter().map(|(hash, u)| (*hash, u.size)).collect();
        for (hash, size) in waiting {
            if entity_index::names_evidence(state, &hash, size)? {
                self.claimed.lock().insert(hash);
            }
        }
        Ok(())
    }

    /// Moves a blob that is kept for good to `evidence/`, where it does not expire. Whether it did: one for which there is no room, or
    /// that is larger than what was named, goes on waiting.
    pub(super) fn promote(&self, shared: &Shared, hash: &Hash32) -> Result<bool, EvidenceError> {
        let objects = &*shared.objects;
        let size = self.waiting.lock().uploads.get(hash).map(|upload| upload.size);
        if let Some(size) = size
            && shared.keeps(hash, size)? != Kept::Yes
        {
            self.claimed.lock().remove(hash);
            return Ok(false);
        }
        if let Some(bytes) = self.get(objects, hash)? {
            if Hash32::of(&bytes) != *hash {
                tracing::error!(%hash, "an upload in quarantine is damaged: it has to be uploaded again");
            } else if objects.get(&taken_down_path(hash))?.is_none() {
                store(objects, hash, &bytes)?;
                forget_taken_down(objects, hash)?;
            }
        }
        self.forget(objects, hash);
        self.claimed.lock().remove(hash);
        Ok(true)
    }

    /// [`Quarantine::promote`] for all claimed uploads; one that can't be moved now stays claimed.
    pub(super) fn promote_claimed(&self, shared: &Shared) {
        let claimed: Vec<Hash32> = self.claimed.lock().iter().copied().collect();
        for hash in claimed {
            if let Err(error) = self.promote(shared, &hash) {
                tracing::error!(error = %causes(&error), %hash, "a named blob was not moved out of quarantine; it is tried again");
                return;
            }
        }
    }

    /// Removes uploads that were last uploaded before `before` and that `state` does not name.
    pub(super) fn expire(
        &self,
        objects: &dyn Objects,
        handed_in: &HandedIn,
        before: i64,
        state: &dyn State,
    ) -> Result<(), StateError> {
        let old: Vec<(Hash32, u64)> = {
            let waiting = self.waiting.lock();
            let old = waiting.uploads.iter().filter(|(_, upload)| upload.time < before);
            old.map(|(hash, upload)| (*hash, upload.size)).collect()
        };
        for (hash, size) in old {
            if entity_index::names_evidence(state, &hash, size)? {
                self.claimed.lock().insert(hash);
            } else {
                // an upload that was renewed since keeps its note
                self.forget_if(objects, &hash, |upload| upload.time < before, || handed_in.forget(&hash));
            }
        }
        Ok(())
    }

    /// Reserves room for an upload of at most `bytes`, after removing those that are too old.
    pub(super) fn reserve(
        &self,
        shared: &Shared,
        hash: &Hash32,
        class: Class,
        owner: Owner,
        bytes: u64,
    ) -> Result<Reservation, EvidenceError> {
        let (limits, objects, now) = (&shared.config.limits, &*shared.objects, shared.clock.now());
        let before = now.saturating_sub_unsigned(limits.quarantine_seconds);
        self.expire(objects, &shared.profiles.handed_in, before, &shared.index)?;
        let free = objects.free();
        let mut waiting = self.waiting.lock();
        let load = if waiting.renews(hash, class) { Load::default() } else { Load::file(bytes) };
        let rooms = &mut waiting.rooms;
        let shares = [(&rooms.kept, load), (&rooms.open, Load::file(0))];
        for (room, load) in shares {
            room[class as usize].admits(owner, load).map_err(refused)?;
        }
        on_disk(limits, class, free, rooms.pending, bytes)?;
        rooms.kept[class as usize].add(owner, load);
        rooms.open[class as usize].add(owner, Load::file(0));
        rooms.pending = Load { bytes: rooms.pending.bytes + bytes, files: rooms.pending.files + 1 };
        Ok(Reservation { class, owner, kept: load, bytes })
    }

    /// Gives the room back.
    pub(super) fn discharge(&self, reservation: &Reservation) {
        discharge(&mut self.waiting.lock().rooms, reservation);
    }

    /// Stores an upload that no record names, if there is room; durable when it returns. If the bytes wait already, their time starts again,
    /// and a signed upload takes over an unsigned one.
    pub(super) fn store(
        &self,
        shared: &Shared,
        reservation: Option<Reservation>,
        hash: &Hash32,
        size: u64,
        staged: &mut dyn Staged,
    ) -> Result<(), EvidenceError> {
        let now = shared.clock.now();
        let (reserved, owner) = reservation.as_ref().map_or((Class::Unsigned, Owner::Nobody), |r| (r.class, r.owner));
        let class = Class::of(reserved.is_signed(), false);
        let mut waiting = self.waiting.lock();
        // from here on the upload itself takes the room
        if let Some(reservation) = &reservation {
            discharge(&mut waiting.rooms, reservation);
        }
        // its room was that of blobs that records name, but it is larger than they state: it must fit into the room of the others
        if class != reserved && !waiting.renews(hash, class) {
            waiting.rooms.kept[class as usize].admits(owner, Load::file(size)).map_err(refused)?;
        }
        self.enter(&mut waiting, hash, Upload { time: now, size, durable: false, slot: None, class, owner })?;
        drop(waiting);
        let written = put_or_replace(staged, &path(hash));
        let mut waiting = self.waiting.lock();
        match written {
            Ok(()) => {
                if let Some(upload) = waiting.uploads.get_mut(hash) {
                    upload.durable = true;
                } else {
                    // another request for the same bytes failed meanwhile and removed the entry of both
                    let upload = Upload { time: now, size, durable: true, slot: None, class, owner };
                    let entered = self.enter(&mut waiting, hash, upload);
                    if entered.is_err()
                        && let Err(error) = shared.objects.forget(&path(hash))
                    {
                        tracing::warn!(error = %causes(&error), "an upload without a slot was not removed; the next start counts it");
                    }
                    entered?;
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

    /// Forgets all uploads on their way, and leaves no slot for others.
    #[cfg(test)]
    pub(super) fn use_up_slots(&self) {
        let waiting = &mut *self.waiting.lock();
        for upload in std::mem::take(&mut waiting.uploads).into_values() {
            waiting.rooms.kept[upload.class as usize].remove(upload.owner, Load::file(upload.size));
        }
        waiting.free.clear();
    }

    /// Enters an upload, or renews the entry of the same bytes.
    fn enter(&self, waiting: &mut Waiting, hash: &Hash32, upload: Upload) -> Result<(), EvidenceError> {
        let (mut entry, slot) = match waiting.uploads.remove(hash) {
            Some(known) => {
                waiting.rooms.kept[known.class as usize].remove(known.owner, Load::file(known.size));
                (Upload { time: upload.time, ..known }, known.slot)
            }
            None => (upload, Some(waiting.free.pop().ok_or(EvidenceError::Quota)?)),
        };
        if upload.class == Class::Signed && entry.class != Class::Signed {
            (entry.class, entry.owner) = (upload.class, upload.owner);
        }
        entry.slot = slot;
        self.insert(waiting, *hash, entry);
        Ok(())
    }
}

fn discharge(rooms: &mut Rooms, reservation: &Reservation) {
    let Reservation { class, owner, kept, bytes } = *reservation;
    rooms.kept[class as usize].remove(owner, kept);
    rooms.open[class as usize].remove(owner, Load::file(0));
    let Load { bytes: pending, files } = rooms.pending;
    rooms.pending = Load { bytes: pending.saturating_sub(bytes), files: files.saturating_sub(1) };
}

/// Whether the disk has room for an upload beside those on their way and the reserve for the journal.
fn on_disk(limits: &Limits, class: Class, free: Free, pending: Load, bytes: u64) -> Result<(), EvidenceError> {
    // signed uploads go first
    let times = if class.is_signed() { 1 } else { 2 };
    let bytes_wanted = limits.reserve_bytes.saturating_mul(times).saturating_add(pending.bytes).saturating_add(bytes);
    // each upload is a blob and perhaps the note of its party
    let files_wanted = limits.reserve_files.saturating_mul(times).saturating_add(2 * (pending.files + 1));
    if free.bytes.is_some_and(|free| free < bytes_wanted) || free.files.is_some_and(|free| free < files_wanted) {
        tracing::error!(
            free_bytes = free.bytes,
            free_files = free.files,
            bytes_wanted,
            files_wanted,
            "an upload was refused: the disk is nearly full"
        );
        return Err(EvidenceError::NoRoom);
    }
    Ok(())
}

fn write(register: &dyn Register, slot: u32, value: &[u8]) {
    if let Err(error) = register.put(Ring::Uploads, slot, value) {
        tracing::debug!(error = %causes(&error), "the register did not store the time of an upload; it starts again at the next start of the node");
    }
}

/// What a slot holds: hash, time, and the party of a signed upload.
type Slot = (Hash32, i64, Option<[u8; 16]>);

fn decode(value: &[u8]) -> Option<Slot> {
    let (hash, rest) = value.split_first_chunk::<32>()?;
    let (time, party) = rest.split_first_chunk::<8>()?;
    let party = match party {
        [] => None,
        party => Some(party.try_into().ok()?),
    };
    Some((Hash32(*hash), i64::from_be_bytes(*time), party))
}
