//! The enrolment requests that wait for an enroller, in a ring of the register: bounded, and gone after [`DAYS`] days.
//!
//! Losing one loses nothing signed: the phone asks again. A request takes one of [`PLACES`] places; a place is [`PIECES`] slots, since a
//! slot is small. Each piece begins with the number of its request (8 bytes, big-endian, from 1), so that pieces of two requests, which a
//! crash may leave side by side, are never read as one. The pieces together are the time (8 bytes, Unix seconds), the address that the
//! request came from ([`Address`]) and the request as JSON. What is removed is overwritten, the first piece first: without it nothing is
//! read of the others, and the next start overwrites those that a crash left.
//!
//! While there is room nobody is limited but by the rate of requests. When all places are taken, a new request takes the place of the
//! oldest of the address that has the most, if that has more than the newcomer's would have; else it is refused. So who floods the inbox
//! displaces itself, and an address with one request keeps it whatever others send.
//!
//! What it is not: who may see or approve a request (`server::enrolments`), or the request ([`crate::record::enrolment`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Ledger;
use crate::causes::causes;
use crate::record::enrolment::{Enrolment, MOST_BYTES};
use crate::record::{Hash32, PublicKey};
use crate::store::register::SLOT_BYTES;
use crate::store::{Register, Ring};

/// Requests at most.
const PLACES: usize = 512;
/// Slots of one.
const PIECES: usize = Ring::Enrolments.slots() as usize / PLACES;
/// Bytes of the number in each slot.
const NUMBER: usize = 8;
/// Bytes of a request in one slot.
const PIECE: usize = SLOT_BYTES - NUMBER;
/// Bytes of the time before a request.
const TIME: usize = 8;
/// Bytes of an address before a request.
const ADDRESS: usize = 16;
// a request fits into its place
const _: () = assert!(TIME + ADDRESS + MOST_BYTES <= PIECES * PIECE);

/// How long a request waits.
const DAYS: i64 = 30;

/// The first bytes of a hash of a network address: of one length, whatever is hashed. It hides nothing: addresses can be tried.
type Address = [u8; ADDRESS];

fn address_of(text: &str) -> Address {
    let hash = Hash32::tagged("enrolment-address", &[text.as_bytes()]);
    std::array::from_fn(|at| hash.0[at])
}

/// Every place is taken, and no address has more of them than this one would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the inbox of enrolment requests is full")]
pub struct InboxFull;

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When it came, Unix seconds.
    pub received: i64,
    /// What it asks for.
    pub request: Enrolment,
}

struct Place {
    number: u64,
    address: Address,
    waiting: Waiting,
}

#[derive(Default)]
struct Places {
    taken: BTreeMap<usize, Place>,
    /// Number of the newest.
    newest: u64,
}

/// The inbox of a node.
pub(super) struct Enrolments {
    register: Arc<dyn Register>,
    places: Mutex<Places>,
}

impl Enrolments {
    /// Reads the ring; each request is verified again. What can't be read, or has waited for too long at `now`, is overwritten.
    pub(super) fn open(register: Arc<dyn Register>, ledger: &str, now: i64) -> Enrolments {
        let loaded = register.load(Ring::Enrolments).unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), "the enrolment requests of earlier runs can't be read");
            Default::default()
        });
        let mut pieces: BTreeMap<usize, BTreeMap<usize, Vec<u8>>> = BTreeMap::new();
        for (slot, value) in loaded.filled {
            let slot = slot as usize;
            pieces.entry(slot / PIECES).or_default().insert(slot % PIECES, value);
        }
        let inbox = Enrolments { register, places: Mutex::default() };
        let mut places = inbox.places.lock();
        for (at, pieces) in pieces {
            match assembled(&pieces, ledger) {
                Some(place) => {
                    places.newest = places.newest.max(place.number);
                    places.taken.insert(at, place);
                }
                None => inbox.empty(&mut places, at),
            }
        }
        inbox.expire(&mut places, now);
        drop(places);
        inbox
    }

    /// Keeps a request from an address; one of the same key is replaced.
    fn add(&self, address: Address, request: Enrolment, now: i64) -> Result<(), InboxFull> {
        let mut places = self.places.lock();
        self.expire(&mut places, now);
        let at = places.room_for(&address, &request.key).ok_or(InboxFull)?;
        places.newest += 1;
        let place = Place { number: places.newest, address, waiting: Waiting { received: now, request } };
        self.write(at, &place);
        places.taken.insert(at, place);
        Ok(())
    }

    fn write(&self, at: usize, place: &Place) {
        let json = serde_json::to_vec(&place.waiting.request).unwrap_or_default();
        let bytes = [&place.waiting.received.to_be_bytes()[..], &place.address, &json].concat();
        let mut pieces = bytes.chunks(PIECE);
        for piece in 0..PIECES {
            let value = pieces.next().map(|bytes| [&place.number.to_be_bytes()[..], bytes].concat());
            self.put(at, piece, &value.unwrap_or_default());
        }
    }

    fn put(&self, at: usize, piece: usize, value: &[u8]) {
        // below the slots of the ring, which are 4,096
        let slot = u32::try_from(at * PIECES + piece).unwrap_or(u32::MAX);
        if let Err(error) = self.register.put(Ring::Enrolments, slot, value) {
            tracing::debug!(error = %causes(&error), "an enrolment request was not stored; it is unknown after the next restart");
        }
    }

    fn expire(&self, places: &mut Places, now: i64) {
        let old = |place: &Place| now.saturating_sub(place.waiting.received) > DAYS * 86_400;
        let gone: Vec<usize> = places.taken.iter().filter(|(_, place)| old(place)).map(|(at, _)| *at).collect();
        gone.into_iter().for_each(|at| self.empty(places, at));
    }

    fn empty(&self, places: &mut Places, at: usize) {
        places.taken.remove(&at);
        (0..PIECES).for_each(|piece| self.put(at, piece, b""));
    }

    /// What waits, the newest first.
    fn list(&self, now: i64) -> Vec<Waiting> {
        let mut places = self.places.lock();
        self.expire(&mut places, now);
        let mut found: Vec<&Place> = places.taken.values().collect();
        found.sort_by_key(|place| std::cmp::Reverse(place.number));
        found.into_iter().map(|place| place.waiting.clone()).collect()
    }

    fn get(&self, key: &PublicKey, now: i64) -> Option<Enrolment> {
        let mut places = self.places.lock();
        self.expire(&mut places, now);
        let at = places.of(key)?;
        places.taken.get(&at).map(|place| place.waiting.request.clone())
    }

    fn remove(&self, key: &PublicKey) -> bool {
        let mut places = self.places.lock();
        let at = places.of(key);
        at.inspect(|at| self.empty(&mut places, *at)).is_some()
    }
}

impl Places {
    fn of(&self, key: &PublicKey) -> Option<usize> {
        self.taken.iter().find(|(_, place)| place.waiting.request.key == *key).map(|(at, _)| *at)
    }

    /// The place for a request: that of the same key, a free one, or one that is given up.
    fn room_for(&self, address: &Address, key: &PublicKey) -> Option<usize> {
        let free = || (0..PLACES).find(|at| !self.taken.contains_key(at));
        self.of(key).or_else(free).or_else(|| {
            let mut of_addresses: BTreeMap<&Address, usize> = BTreeMap::new();
            for place in self.taken.values() {
                *of_addresses.entry(&place.address).or_default() += 1;
            }
            // with the new one
            let own = of_addresses.get(address).copied().unwrap_or_default() + 1;
            let most = of_addresses.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > own);
            self.oldest_of(most?.0)
        })
    }

    fn oldest_of(&self, address: &Address) -> Option<usize> {
        let own = self.taken.iter().filter(|(_, place)| place.address == *address);
        own.min_by_key(|(_, place)| place.number).map(|(at, _)| *at)
    }
}

/// What is in a place, from its pieces; `None` when they are not those of one request.
fn assembled(pieces: &BTreeMap<usize, Vec<u8>>, ledger: &str) -> Option<Place> {
    let (mut number, mut bytes) = (None, Vec::new());
    for (expected, (at, value)) in pieces.iter().enumerate() {
        let (head, piece) = value.split_first_chunk::<NUMBER>()?;
        let of = u64::from_be_bytes(*head);
        if *at != expected || number.is_some_and(|number| number != of) {
            return None;
        }
        number = Some(of);
        bytes.extend_from_slice(piece);
    }
    let (time, rest) = bytes.split_first_chunk::<TIME>()?;
    let (address, json) = rest.split_first_chunk::<ADDRESS>()?;
    let request = Enrolment::read(json, ledger).ok()?;
    let waiting = Waiting { received: i64::from_be_bytes(*time), request };
    Some(Place { number: number?, address: *address, waiting })
}

impl Ledger {
    /// Keeps an enrolment request that came from `address`, until an enroller has dealt with it. One of the same key is replaced.
    ///
    /// # Errors
    /// [`InboxFull`].
    pub fn enrolment_add(&self, address: &str, request: Enrolment) -> Result<(), InboxFull> {
        let now = self.now();
        self.inner.shared.enrolments.add(address_of(address), request, now)
    }

    /// The request of a key, if one waits.
    pub fn enrolment(&self, key: &PublicKey) -> Option<Enrolment> {
        self.inner.shared.enrolments.get(key, self.now())
    }

    /// The enrolment requests that wait, the newest first.
    pub fn enrolments(&self) -> Vec<Waiting> {
        self.inner.shared.enrolments.list(self.now())
    }

    /// Removes the request of a key; whether there was one.
    pub fn enrolment_remove(&self, key: &PublicKey) -> bool {
        self.inner.shared.enrolments.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::record::prove_possession;
    use crate::record::registry::Purpose;
    use crate::store::memory::Disk;

    const LEDGER: &str = "urn:jejak:ledger:x";
    const PARTY: &str = "urn:jejak:party:maju";

    fn request(n: u16, label: &str) -> Enrolment {
        let mut seed = [9; 32];
        seed[..2].copy_from_slice(&n.to_be_bytes());
        let key = SigningKey::from_bytes(&seed);
        let json = serde_json::json!({
            "type": "enrolment", "ledger": LEDGER, "party": PARTY, "purpose": "event", "label": label,
            "key": PublicKey(key.verifying_key().to_bytes()),
            "possession": prove_possession(&key, LEDGER, PARTY, Purpose::Event),
        });
        Enrolment::read(json.to_string().as_bytes(), LEDGER).unwrap()
    }

    fn labels(inbox: &Enrolments, now: i64) -> Vec<String> {
        inbox.list(now).into_iter().filter_map(|waiting| waiting.request.label).collect()
    }

    const A: Address = [1; ADDRESS];
    const B: Address = [2; ADDRESS];

    fn open(disk: &Disk, now: i64) -> Enrolments {
        Enrolments::open(Arc::new(disk.register()), LEDGER, now)
    }

    fn stored(disk: &Disk) -> usize {
        disk.register().load(Ring::Enrolments).unwrap().filled.len()
    }

    #[test]
    fn requests_survive_a_restart_and_the_same_key_replaces_its_own() {
        let disk = Disk::default();
        let inbox = open(&disk, 100);
        inbox.add(A, request(1, "first"), 100).unwrap();
        // longer than a slot
        let long = "l".repeat(120);
        inbox.add(B, request(2, &long), 200).unwrap();
        inbox.add(A, request(1, "again"), 300).unwrap();
        assert_eq!(labels(&inbox, 300), ["again", &long]);
        assert!(inbox.remove(&request(2, "x").key) && !inbox.remove(&request(3, "x").key));
        drop(inbox);
        let inbox = open(&disk, 300);
        assert_eq!(labels(&inbox, 300), ["again"]);
        assert_eq!(inbox.list(300)[0].received, 300);
        assert_eq!(inbox.get(&request(1, "x").key, 300), Some(request(1, "again")));
        assert!(labels(&inbox, 301 + DAYS * 86_400).is_empty(), "expired");
        assert_eq!(inbox.get(&request(1, "x").key, 301 + DAYS * 86_400), None);
    }

    #[test]
    fn nothing_is_left_on_the_disk_of_a_request_that_was_removed_or_expired() {
        let disk = Disk::default();
        let inbox = open(&disk, 100);
        inbox.add(A, request(1, &"l".repeat(120)), 100).unwrap();
        assert!(stored(&disk) > 1, "of several pieces");
        assert!(inbox.remove(&request(1, "x").key));
        assert_eq!(stored(&disk), 0);
        inbox.add(A, request(2, "waits for too long"), 100).unwrap();
        let left = open(&disk, 101 + DAYS * 86_400);
        assert_eq!(stored(&disk), 0, "while the node did not run");
        assert!(left.places.lock().taken.is_empty());
        // of another ledger, as after a directory was copied
        inbox.add(A, request(3, "x"), 100).unwrap();
        let other = Enrolments::open(Arc::new(disk.register()), "urn:jejak:ledger:y", 100);
        assert!(labels(&other, 100).is_empty());
        assert_eq!(stored(&disk), 0);
    }

    #[test]
    fn pieces_of_two_requests_are_never_read_as_one() {
        let disk = Disk::default();
        let inbox = open(&disk, 100);
        inbox.add(A, request(1, "first"), 100).unwrap();
        // a crash left the first slot of a later request in the same place
        let register = disk.register();
        let first = register.load(Ring::Enrolments).unwrap().filled[0].1.clone();
        let newer = [&7_u64.to_be_bytes()[..], &first[NUMBER..]].concat();
        register.put(Ring::Enrolments, 0, &newer).unwrap();
        assert!(labels(&open(&disk, 100), 100).is_empty());
        assert_eq!(stored(&disk), 0);
    }

    /// An inbox without a free place: so many of each address, the keys numbered from 0 on.
    fn full(disk: &Disk, of: &[(Address, usize)]) -> Enrolments {
        let inbox = open(disk, 1);
        let mut number = 0;
        for (address, count) in of {
            for _ in 0..*count {
                inbox.add(*address, request(number, &format!("r{number}")), 1).unwrap();
                number += 1;
            }
        }
        assert_eq!(usize::from(number), PLACES);
        inbox
    }

    #[test]
    fn address_that_floods_the_inbox_displaces_itself_also_after_a_restart() {
        let disk = Disk::default();
        drop(full(&disk, &[(A, 1), (B, PLACES - 1)]));
        let inbox = open(&disk, 2);
        inbox.add([3; ADDRESS], request(1000, "newcomer"), 2).unwrap();
        let kept = labels(&inbox, 2);
        assert_eq!(kept.len(), PLACES);
        let has = |label: &str| kept.iter().any(|kept| kept == label);
        assert!(has("newcomer") && has("r0") && !has("r1") && has("r2"), "the oldest of the flood goes");
        assert_eq!(inbox.add(B, request(1001, "more of the flood"), 2), Err(InboxFull));
        inbox.add(B, request(2, "the same key"), 2).unwrap();
    }

    #[test]
    fn no_address_takes_the_place_of_one_that_has_no_more_than_it() {
        // as from a thousand addresses with one request each
        let disk = Disk::default();
        let of: Vec<(Address, usize)> = (0..PLACES).map(|n| (address_of(&n.to_string()), 1)).collect();
        let inbox = full(&disk, &of);
        assert_eq!(inbox.add(A, request(1000, "one more address"), 2), Err(InboxFull));
        assert_eq!(inbox.add(of[0].0, request(1000, "one that is there"), 2), Err(InboxFull));
        inbox.remove(&request(7, "x").key);
        inbox.add(A, request(1000, "in a place that is free"), 2).unwrap();
        // phones of a village go on to ask while another address has more
        let disk = Disk::default();
        let inbox = full(&disk, &[(A, 30), (B, PLACES - 30)]);
        for n in 1000..1040 {
            let _ = inbox.add(A, request(n, "of the village"), 2);
        }
        assert_eq!(inbox.places.lock().taken.values().filter(|place| place.address == A).count(), 70);
    }
}
