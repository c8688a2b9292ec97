//! The enrolment requests that wait for an enroller, in a ring of the register: bounded, and gone after [`DAYS`] days.
//!
//! Losing one loses nothing signed: the phone asks again. A request takes one of [`PLACES`] places; a place is [`PIECES`] slots, since a
//! slot is small. Each piece begins with the number of its request (8 bytes, big-endian, from 1), so that pieces of two requests, which a
//! crash may leave side by side, are never read as one. When all places are taken, the address that has the most requests gives up its
//! oldest, as it does when it has more than [`OF_ADDRESS`]: who floods the inbox displaces itself. Addresses are in memory only.
//!
//! What it is not: who may see or approve a request (`server::enrolments`), or the request ([`crate::record::enrolment`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Ledger;
use crate::causes::causes;
use crate::record::PublicKey;
use crate::record::enrolment::{Enrolment, MOST_BYTES};
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
// a request fits into its place
const _: () = assert!(TIME + MOST_BYTES <= PIECES * PIECE);

/// Requests of one address.
const OF_ADDRESS: usize = 16;
/// How long a request waits.
const DAYS: i64 = 30;

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
    /// Of this run; empty for one of an earlier run.
    address: String,
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
    /// Reads the ring. What can't be read counts as empty; each request is verified again.
    pub(super) fn open(register: Arc<dyn Register>, ledger: &str) -> Enrolments {
        let loaded = register.load(Ring::Enrolments).unwrap_or_else(|error| {
            tracing::warn!(error = %causes(&error), "the enrolment requests of earlier runs can't be read");
            Default::default()
        });
        let mut pieces: BTreeMap<usize, BTreeMap<usize, Vec<u8>>> = BTreeMap::new();
        for (slot, value) in loaded.filled {
            let slot = slot as usize;
            pieces.entry(slot / PIECES).or_default().insert(slot % PIECES, value);
        }
        let mut places = Places::default();
        for (at, pieces) in pieces {
            if let Some((number, waiting)) = assembled(&pieces, ledger) {
                places.newest = places.newest.max(number);
                places.taken.insert(at, Place { number, address: String::new(), waiting });
            }
        }
        Enrolments { register, places: Mutex::new(places) }
    }

    /// Keeps a request from an address; one of the same key is replaced.
    fn add(&self, address: &str, request: Enrolment, now: i64) {
        let mut places = self.places.lock();
        self.expire(&mut places, now);
        let at = places.room_for(address, &request.key);
        places.newest += 1;
        let waiting = Waiting { received: now, request };
        let place = Place { number: places.newest, address: address.to_owned(), waiting };
        self.write(at, &place);
        places.taken.insert(at, place);
    }

    fn write(&self, at: usize, place: &Place) {
        let json = serde_json::to_vec(&place.waiting.request).unwrap_or_default();
        let bytes = [&place.waiting.received.to_be_bytes()[..], &json].concat();
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
        // without its first piece nothing is read of it
        self.put(at, 0, b"");
    }

    /// What waits, the newest first.
    fn list(&self, now: i64) -> Vec<Waiting> {
        let mut places = self.places.lock();
        self.expire(&mut places, now);
        let mut found: Vec<&Place> = places.taken.values().collect();
        found.sort_by_key(|place| std::cmp::Reverse(place.number));
        found.into_iter().map(|place| place.waiting.clone()).collect()
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
    fn room_for(&self, address: &str, key: &PublicKey) -> usize {
        if let Some(at) = self.of(key) {
            return at;
        }
        let mut of_addresses: BTreeMap<&str, usize> = BTreeMap::new();
        for place in self.taken.values() {
            *of_addresses.entry(place.address.as_str()).or_default() += 1;
        }
        if of_addresses.get(address).is_some_and(|own| *own >= OF_ADDRESS) {
            return self.oldest_of(address);
        }
        let free = (0..PLACES).find(|at| !self.taken.contains_key(at));
        free.unwrap_or_else(|| {
            let most = of_addresses.into_iter().max_by_key(|(_, count)| *count);
            self.oldest_of(most.map_or("", |(address, _)| address))
        })
    }

    fn oldest_of(&self, address: &str) -> usize {
        let own = self.taken.iter().filter(|(_, place)| place.address == address);
        own.min_by_key(|(_, place)| place.number).map_or(0, |(at, _)| *at)
    }
}

/// A request from the pieces of its place; `None` when they are not those of one.
fn assembled(pieces: &BTreeMap<usize, Vec<u8>>, ledger: &str) -> Option<(u64, Waiting)> {
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
    let (time, json) = bytes.split_first_chunk::<TIME>()?;
    let request = Enrolment::read(json, ledger).ok()?;
    Some((number?, Waiting { received: i64::from_be_bytes(*time), request }))
}

impl Ledger {
    /// Keeps an enrolment request that came from `address`, until an enroller has dealt with it. One of the same key is replaced.
    pub fn enrolment_add(&self, address: &str, request: Enrolment) {
        let now = self.now();
        self.inner.shared.enrolments.add(address, request, now);
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

    #[test]
    fn requests_survive_a_restart_and_the_same_key_replaces_its_own() {
        let disk = Disk::default();
        let inbox = Enrolments::open(Arc::new(disk.register()), LEDGER);
        inbox.add("a", request(1, "first"), 100);
        // longer than a slot
        let long = "l".repeat(120);
        inbox.add("b", request(2, &long), 200);
        inbox.add("c", request(1, "again"), 300);
        assert_eq!(labels(&inbox, 300), ["again", &long]);
        assert!(inbox.remove(&request(2, "x").key) && !inbox.remove(&request(3, "x").key));
        drop(inbox);
        let inbox = Enrolments::open(Arc::new(disk.register()), LEDGER);
        assert_eq!(labels(&inbox, 300), ["again"]);
        assert_eq!(inbox.list(300)[0].received, 300);
        // of another ledger, as after a directory was copied
        assert!(labels(&Enrolments::open(Arc::new(disk.register()), "urn:jejak:ledger:y"), 300).is_empty());
        assert!(labels(&inbox, 301 + DAYS * 86_400).is_empty(), "expired");
    }

    #[test]
    fn pieces_of_two_requests_are_never_read_as_one() {
        let disk = Disk::default();
        let inbox = Enrolments::open(Arc::new(disk.register()), LEDGER);
        inbox.add("a", request(1, "first"), 100);
        // a crash left the first slot of a later request in the same place
        let register = disk.register();
        let first = register.load(Ring::Enrolments).unwrap().filled[0].1.clone();
        let newer = [&7_u64.to_be_bytes()[..], &first[NUMBER..]].concat();
        register.put(Ring::Enrolments, 0, &newer).unwrap();
        assert!(labels(&Enrolments::open(Arc::new(disk.register()), LEDGER), 100).is_empty());
    }

    #[test]
    fn address_that_floods_the_inbox_displaces_itself() {
        let inbox = Enrolments::open(Arc::new(Disk::default().register()), LEDGER);
        inbox.add("honest", request(0, "honest"), 1);
        for n in 1..=40 {
            inbox.add("flood", request(n, &format!("f{n}")), 2);
        }
        let kept = labels(&inbox, 2);
        assert_eq!(kept.len(), 1 + OF_ADDRESS);
        assert!(
            kept.contains(&"honest".to_owned()) && kept.contains(&"f40".to_owned()) && !kept.contains(&"f1".to_owned())
        );
    }
}
