//! Room for uploads: how many bytes and files it holds in all, and how much of it one owner may have.
//!
//! An owner may hold as much as is still free when it asks. Alone it can fill half of the room, and then waits for others to
//! come or for its own to go; two can fill two thirds, and so on: a newcomer always finds room, and nothing that was accepted is
//! removed for it. No owner is limited while it holds less than what is free, so a mobile carrier's one address serves many
//! villages. What it is not: the room on the disk (`quarantine`).

use std::collections::HashMap;

use crate::record::Hash32;

/// Bytes and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub bytes: u64,
    pub files: u64,
}

impl Load {
    pub(super) fn file(bytes: u64) -> Load {
        Load { bytes, files: 1 }
    }

    fn plus(self, other: Load) -> Load {
        Load { bytes: self.bytes.saturating_add(other.bytes), files: self.files.saturating_add(other.files) }
    }

    fn minus(self, other: Load) -> Load {
        Load { bytes: self.bytes.saturating_sub(other.bytes), files: self.files.saturating_sub(other.files) }
    }

    fn fits(self, into: Load) -> bool {
        self.bytes <= into.bytes && self.files <= into.files
    }
}

/// Whose share an upload counts in: 16 bytes of a hash, since a name may be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// A party that signed the request.
    Party([u8; 16]),
    /// A network address.
    Address([u8; 16]),
    /// Not known any more, or the node itself: counts in no share.
    Nobody,
}

impl Owner {
    fn short(purpose: &str, name: &str) -> [u8; 16] {
        let mut short = [0; 16];
        short.copy_from_slice(&Hash32::tagged(purpose, &[name.as_bytes()]).as_bytes()[..16]);
        short
    }

    pub(super) fn party(uri: &str) -> Owner {
        Owner::Party(Owner::short("upload-party", uri))
    }

    pub(super) fn address(share: &str) -> Owner {
        Owner::Address(Owner::short("upload-address", share))
    }
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// For nobody.
    All,
    /// For this owner: it holds as much as is left.
    Share,
}

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    capacity: Load,
    used: Load,
    owners: HashMap<Owner, Load>,
}

impl Room {
    pub(super) fn new(capacity: Load) -> Room {
        Room { capacity, used: Load::default(), owners: HashMap::new() }
    }

    /// Whether `owner` may add `load`.
    pub(super) fn admits(&self, owner: Owner, load: Load) -> Result<(), Full> {
        let free = self.capacity.minus(self.used);
        if !load.fits(free) {
            return Err(Full::All);
        }
        let own = self.owners.get(&owner).copied().unwrap_or_default();
        if owner != Owner::Nobody && load != Load::default() && !own.plus(load).fits(free) {
            return Err(Full::Share);
        }
        Ok(())
    }

    pub(super) fn add(&mut self, owner: Owner, load: Load) {
        self.used = self.used.plus(load);
        let own = self.owners.entry(owner).or_default();
        *own = own.plus(load);
    }

    pub(super) fn remove(&mut self, owner: Owner, load: Load) {
        self.used = self.used.minus(load);
        if let Some(own) = self.owners.get_mut(&owner) {
            *own = own.minus(load);
            if *own == Load::default() {
                self.owners.remove(&owner);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> Load {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPACITY: Load = Load { bytes: 1 << 30, files: 8_192 };

    fn fill(room: &mut Room, owner: Owner, load: Load) -> u64 {
        let mut taken = 0;
        while room.admits(owner, load).is_ok() {
            room.add(owner, load);
            taken += 1;
        }
        taken
    }

    #[test]
    fn one_address_can_not_take_the_room_of_all_others_by_bytes_or_files() {
        for (load, alone) in [(Load::file(20 << 20), 26), (Load::file(5), 4_096)] {
            let mut room = Room::new(CAPACITY);
            let (one, two) = (Owner::address("192.0.2.1"), Owner::address("2001:db8:1:2::/64"));
            assert_eq!(fill(&mut room, one, load), alone, "half of it");
            assert_eq!(room.admits(one, load), Err(Full::Share));
            assert!(fill(&mut room, two, load) >= alone / 3, "another one still has much room");
            room.remove(one, load);
            let all = (0..).map(|n| fill(&mut room, Owner::address(&n.to_string()), load)).take(40).sum::<u64>();
            assert!(all > 0);
            assert_eq!(room.admits(Owner::party("x"), CAPACITY), Err(Full::All));
        }
    }

    proptest! {
        #[test]
        fn newcomer_finds_as_much_as_the_largest_owner_could_still_add(
            steps in prop::collection::vec((0u8..6, 1u64..40_000_000, any::<bool>()), 1..300),
        ) {
            let mut room = Room::new(CAPACITY);
            let mut held: Vec<(Owner, Load)> = Vec::new();
            for (who, bytes, leaves) in steps {
                let (owner, load) = (Owner::party(&who.to_string()), Load::file(bytes));
                if leaves && let Some((owner, load)) = held.pop() {
                    room.remove(owner, load);
                }
                let newcomer = room.admits(Owner::party("new"), load);
                match room.admits(owner, load) {
                    Ok(()) => {
                        prop_assert_eq!(newcomer, Ok(()));
                        room.add(owner, load);
                        held.push((owner, load));
                    }
                    // an owner that is refused for its share leaves room for a newcomer
                    Err(Full::Share) => prop_assert_eq!(newcomer, Ok(())),
                    Err(Full::All) => prop_assert_eq!(newcomer, Err(Full::All)),
                }
                let sum = held.iter().fold(Load::default(), |sum, (_, load)| sum.plus(*load));
                prop_assert_eq!(room.used(), sum);
                prop_assert!(sum.fits(CAPACITY));
            }
            for (owner, load) in held {
                room.remove(owner, load);
            }
            prop_assert_eq!(room.used(), Load::default());
            prop_assert!(room.owners.is_empty());
        }
    }
}
