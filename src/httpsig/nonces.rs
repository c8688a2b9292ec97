//! The memory of used nonces: each counts once, for as long as its signature could be valid.
//!
//! Bounded per key and in all. A key that uses more nonces at once than are remembered of it pushes out its own oldest ones, and its
//! signatures that expire no later than those are refused from then on: what is forgotten is never accepted. Other keys don't
//! notice. What it is not: durable; see the contract in [`super`].

use std::collections::{BTreeSet, HashMap};

use crate::record::{Hash32, PublicKey};

/// Nonces remembered of one key: some 10 kB.
pub const PER_KEY: usize = 256;
/// Keys of which nonces are remembered at once: some 40 MB if all of them were busy. Only keys that are in force on the ledger
/// come so far.
pub const KEYS: usize = 4_096;
/// Of these, the keys of one party: a party that has hundreds can't use up the room of all.
pub const PER_PARTY: usize = 64;

/// Why a nonce was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NonceError {
    /// It was used.
    #[error("this signature was used already: sign again")]
    Used,
    /// It may have been used: it is older than what is remembered of the key.
    #[error("the key signs more requests at a time than the node remembers: sign again in a moment")]
    Forgotten,
    /// As many keys as can be remembered, in all or of the party, are in use.
    #[error("too many keys sign requests now: sign again in some minutes")]
    Full,
}

/// The used nonces of one key.
struct Used {
    party: String,
    /// Nothing that expires at this time or before is accepted.
    floor: i64,
    live: BTreeSet<(i64, [u8; 16])>,
}

/// The used nonces of all keys.
#[derive(Default)]
pub struct Nonces {
    keys: HashMap<PublicKey, Used>,
    /// The floor of keys that are not in `keys`.
    floor: i64,
}

impl Nonces {
    /// Uses `nonce` of `key`, which is of `party`, in a signature that is valid at `now` and until `expires`.
    ///
    /// # Errors
    /// [`NonceError`].
    pub fn take(
        &mut self,
        party: &str,
        key: &PublicKey,
        nonce: &str,
        expires: i64,
        now: i64,
    ) -> Result<(), NonceError> {
        if !self.keys.contains_key(key) && self.is_full(party) {
            self.forget_idle(now);
            if self.is_full(party) {
                return Err(NonceError::Full);
            }
        }
        let floor = self.floor;
        let used = self.keys.entry(*key);
        let used = used.or_insert_with(|| Used { party: party.to_owned(), floor, live: BTreeSet::new() });
        let mut short = [0; 16];
        short.copy_from_slice(&Hash32::tagged("nonce", &[nonce.as_bytes()]).as_bytes()[..16]);
        // before the floor: one that was pushed out is refused as used too, if it is asked for at once
        if used.live.contains(&(expires, short)) {
            return Err(NonceError::Used);
        }
        used.expire(now);
        if expires <= used.floor {
            return Err(NonceError::Forgotten);
        }
        while used.live.len() >= PER_KEY {
            let Some((oldest, _)) = used.live.pop_first() else { break };
            used.floor = used.floor.max(oldest);
        }
        if expires <= used.floor {
            return Err(NonceError::Forgotten);
        }
        used.live.insert((expires, short));
        Ok(())
    }

    fn is_full(&self, party: &str) -> bool {
        self.keys.len() >= KEYS || self.keys.values().filter(|used| used.party == party).count() >= PER_PARTY
    }

    /// Forgets keys without a nonce whose signature could still be valid.
    fn forget_idle(&mut self, now: i64) {
        let mut floor = self.floor;
        self.keys.retain(|_, used| {
            used.expire(now);
            let busy = !used.live.is_empty();
            // what expired does not become valid again when the clock is set back
            floor = if busy { floor } else { floor.max(used.floor.min(now.saturating_sub(1))) };
            // a floor that is still ahead must be kept with its key
            busy || used.floor >= now
        });
        self.floor = floor;
    }
}

impl Used {
    fn expire(&mut self, now: i64) {
        while let Some((expires, _)) = self.live.first().filter(|(expires, _)| *expires < now).copied() {
            self.live.pop_first();
            self.floor = self.floor.max(expires);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u16) -> PublicKey {
        let mut raw = [0; 32];
        raw[..2].copy_from_slice(&n.to_be_bytes());
        PublicKey(raw)
    }

    #[test]
    fn replayed_nonce_is_refused_while_its_signature_is_valid_and_after() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.take("urn:one", &key(1), "a", 100, 10), Ok(()));
        assert_eq!(nonces.take("urn:one", &key(1), "a", 100, 100), Err(NonceError::Used));
        assert_eq!(nonces.take("urn:one", &key(2), "a", 100, 100), Ok(()), "of another key");
        assert_eq!(nonces.take("urn:one", &key(1), "a", 101, 100), Ok(()), "another signature: the time is signed too");
        // the clock goes on, and is set back
        assert_eq!(nonces.take("urn:one", &key(1), "b", 300, 200), Ok(()));
        assert_eq!(nonces.take("urn:one", &key(1), "a", 100, 50), Err(NonceError::Forgotten));
    }

    #[test]
    fn busy_key_forgets_only_its_own_and_nothing_forgotten_is_accepted() {
        let mut nonces = Nonces::default();
        nonces.take("urn:one", &key(9), "of another", 50, 0).unwrap();
        let many = PER_KEY as i64 * 3;
        for n in 0..many {
            nonces.take("urn:one", &key(1), &n.to_string(), 100 + n, 0).unwrap();
        }
        for n in 0..many {
            let again = nonces.take("urn:one", &key(1), &n.to_string(), 100 + n, 0);
            let remembered = n >= many - PER_KEY as i64;
            assert_eq!(again, Err(if remembered { NonceError::Used } else { NonceError::Forgotten }), "{n}");
        }
        assert_eq!(nonces.keys[&key(1)].live.len(), PER_KEY);
        assert_eq!(nonces.take("urn:one", &key(9), "of another", 50, 0), Err(NonceError::Used));
        assert_eq!(nonces.take("urn:one", &key(9), "a new one", 50, 0), Ok(()));
        // as many in one second as are remembered, and no more
        let taken = (0..10_000).filter(|n: &u32| nonces.take("urn:one", &key(2), &n.to_string(), 7, 0).is_ok()).count();
        assert_eq!(taken, PER_KEY);
    }

    #[test]
    fn number_of_keys_is_bounded_and_idle_ones_make_room() {
        let mut nonces = Nonces::default();
        for n in 0..KEYS as u16 {
            nonces.take(&format!("urn:{}", n / 8), &key(n), "a", 100 + i64::from(n % 2), 0).unwrap();
        }
        assert_eq!(nonces.take("urn:one", &key(u16::MAX), "a", 100, 0), Err(NonceError::Full));
        assert_eq!(nonces.take("urn:one", &key(0), "b", 100, 0), Ok(()), "a known key is not affected");
        assert_eq!(
            nonces.take("urn:one", &key(u16::MAX), "a", 200, 101),
            Ok(()),
            "those that expired at 100 are forgotten"
        );
        assert_eq!(nonces.keys.len(), KEYS / 2 + 1);
        assert_eq!(
            nonces.take("urn:one", &key(0), "b", 100, 90),
            Err(NonceError::Forgotten),
            "also when the clock is set back"
        );
    }

    #[test]
    fn party_of_many_keys_does_not_use_up_the_room_of_others() {
        let mut nonces = Nonces::default();
        let taken = (0..500).filter(|n| nonces.take("urn:many", &key(*n), "a", 100, 0).is_ok()).count();
        assert_eq!(taken, PER_PARTY);
        assert_eq!(nonces.take("urn:one", &key(1_000), "a", 100, 0), Ok(()));
        assert_eq!(nonces.take("urn:many", &key(499), "a", 300, 101), Ok(()), "those that expired are forgotten");
    }
}
