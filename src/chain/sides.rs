//! The parties that have to do with a lot: who made it, held, owned, sent, carried or received it, for themselves or by a mandate,
//! and the same of everything it was made from.
//!
//! The set is kept with the lot, so that asking costs one row however often the goods moved. It only grows: a party that had the
//! goods once is no outsider to them later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Most parties kept with a lot. Beyond it the set is marked as incomplete, and nobody counts as independent of the lot.
pub const MAX_SIDES: usize = 64;

/// The parties of one lot (a field of [`super::rows::LotRow`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    parties: BTreeSet<String>,
    incomplete: bool,
}

impl Sides {
    /// Adds a party.
    pub fn add(&mut self, party: &str) {
        if self.parties.contains(party) {
            return;
        }
        if self.parties.len() < MAX_SIDES {
            self.parties.insert(party.to_owned());
        } else {
            self.incomplete = true;
        }
    }

    /// Adds the parties of a lot that this one was made from.
    pub fn inherit(&mut self, above: &Sides) {
        above.parties.iter().for_each(|party| self.add(party));
        self.incomplete |= above.incomplete;
    }

    /// Whether `party` is among those that are kept.
    pub fn contains(&self, party: &str) -> bool {
        self.parties.contains(party)
    }

    /// Whether there were more parties than are kept.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// The parties that are kept, at most [`MAX_SIDES`].
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.parties.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_parties_than_are_kept_leave_the_set_bounded_and_incomplete() {
        let mut sides = Sides::default();
        for n in 0..MAX_SIDES {
            sides.add(&format!("urn:jejak:party:{n}"));
        }
        sides.add("urn:jejak:party:0");
        assert!(!sides.is_incomplete());
        sides.add("urn:jejak:party:one-more");
        assert!(sides.is_incomplete() && !sides.contains("urn:jejak:party:one-more"));
        assert_eq!(sides.iter().count(), MAX_SIDES);
        let mut made_of_it = Sides::default();
        made_of_it.inherit(&sides);
        assert!(made_of_it.is_incomplete(), "what is made of it inherits the doubt");
    }
}
