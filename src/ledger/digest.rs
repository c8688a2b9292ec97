//! The state digest: one number for all rows, kept up to date row by row.
//!
//! Sum modulo 2^256 of BLAKE3-256(`jejak/1/row` 0x00, table, key length, key, value) over all rows, as big-endian words.
//! The order of writing does not matter, so an index grown row by row and one rebuilt from nothing agree. It finds damage
//! and mistakes; who can choose rows freely could search for a collision, and an auditor replays instead.

use crate::chain::Table;
use crate::record::Hash32;

/// A multiset hash of rows; all zero for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest([u64; 4]);

fn words(table: u8, key: &[u8], value: &[u8]) -> [u64; 4] {
    let hash = Hash32::tagged("row", &[&[table], &(key.len() as u64).to_be_bytes(), key, value]);
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(hash.as_bytes().as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    words
}

impl Digest {
    /// Adds a row.
    pub fn add(&mut self, table: u8, key: &[u8], value: &[u8]) {
        let mut carry = false;
        for (mine, theirs) in self.0.iter_mut().zip(words(table, key, value)).rev() {
            let (sum, over) = mine.overflowing_add(theirs);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*mine, carry) = (sum, over | again);
        }
    }

    /// Takes a row away.
    pub fn remove(&mut self, table: u8, key: &[u8], value: &[u8]) {
        let mut borrow = false;
        for (mine, theirs) in self.0.iter_mut().zip(words(table, key, value)).rev() {
            let (rest, under) = mine.overflowing_sub(theirs);
            let (rest, again) = rest.overflowing_sub(u64::from(borrow));
            (*mine, borrow) = (rest, under | again);
        }
    }

    /// A row changed from `old` to `new`.
    pub fn change(&mut self, table: Table, key: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.remove(table as u8, key, old);
        }
        if let Some(new) = new {
            self.add(table as u8, key, new);
        }
    }

    /// As 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *chunk = word.to_be_bytes();
        }
        bytes
    }

    /// From 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Digest {
        let mut words = [0; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_be_bytes(*chunk);
        }
        Digest(words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_does_not_matter_and_removal_undoes(rows in prop::collection::vec((1u8..20, any::<Vec<u8>>(), any::<Vec<u8>>()), 0..20)) {
            let mut forth = Digest::default();
            rows.iter().for_each(|(t, k, v)| forth.add(*t, k, v));
            let mut back = Digest::default();
            rows.iter().rev().for_each(|(t, k, v)| back.add(*t, k, v));
            prop_assert_eq!(forth, back);
            prop_assert_eq!(Digest::from_bytes(&forth.to_bytes()), forth);
            rows.iter().for_each(|(t, k, v)| forth.remove(*t, k, v));
            prop_assert_eq!(forth, Digest::default());
        }
    }

    #[test]
    fn every_part_of_a_row_counts() {
        let of = |t: u8, k: &[u8], v: &[u8]| {
            let mut d = Digest::default();
            d.add(t, k, v);
            d
        };
        let one = of(1, b"ab", b"c");
        assert!(
            [of(2, b"ab", b"c"), of(1, b"a", b"bc"), of(1, b"ab", b"d"), of(1, b"ab", b"")].iter().all(|d| *d != one)
        );
    }
}
