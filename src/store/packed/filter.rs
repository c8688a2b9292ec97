//! Says of most absent keys that they are absent: the split block Bloom filter of Apache Parquet (Parquet format
//! specification, "Bloom filter"), over SipHash-1-3 instead of xxHash. Who chooses keys can make it useless for them, not
//! wrong: it never denies a key that is there.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// Bytes of a block of eight words.
const LINE: usize = 32;
/// Bits a key: some 1.5 % of absent keys are taken for present.
const BITS: u64 = 10;
const SALT: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

/// A filter over the keys of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter(Vec<u8>);

/// The hash of a key, the same on every machine.
pub(crate) fn hash(row: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(row);
    hasher.finish()
}

impl Filter {
    /// For at most so many keys.
    pub(crate) fn for_rows(rows: u64) -> Filter {
        let lines = (rows * BITS).div_ceil(8 * LINE as u64).max(1);
        Filter(vec![0; usize::try_from(lines).unwrap_or(usize::MAX / LINE) * LINE])
    }

    /// From its bytes; `None` when they are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Filter> {
        (!bytes.is_empty() && bytes.len().is_multiple_of(LINE)).then(|| Filter(bytes.to_vec()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn line(&self, hash: u64) -> usize {
        let lines = (self.0.len() / LINE) as u64;
        (((hash >> 32) * lines) >> 32) as usize * LINE
    }

    /// Bit of each word.
    fn bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
        SALT.iter().enumerate().map(move |(word, salt)| {
            let bit = (hash as u32).wrapping_mul(*salt) >> 27;
            (word * 4 + bit as usize / 8, 1 << (bit % 8))
        })
    }

    pub(crate) fn insert(&mut self, hash: u64) {
        let line = self.line(hash);
        if let Some(bytes) = self.0.get_mut(line..line + LINE) {
            Filter::bits(hash).for_each(|(byte, bit)| bytes[byte] |= bit);
        }
    }

    /// False: no such key was inserted.
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        let line = self.line(hash);
        let Some(bytes) = self.0.get(line..line + LINE) else { return true };
        Filter::bits(hash).all(|(byte, bit)| bytes[byte] & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_denies_a_key_that_is_there_and_denies_most_others() {
        let key = |n: u64| hash(&n.to_be_bytes());
        for rows in [1, 100, 20_000] {
            let mut filter = Filter::for_rows(rows);
            (0..rows).for_each(|n| filter.insert(key(n)));
            let filter = Filter::from_bytes(filter.as_bytes()).unwrap();
            assert!((0..rows).all(|n| filter.may_hold(key(n))));
            let taken = (rows..rows + 100_000).filter(|n| filter.may_hold(key(*n))).count();
            assert!(taken < 3_000, "{taken} of 100,000 absent keys taken for present among {rows}");
        }
        assert!(Filter::from_bytes(&[]).is_none() && Filter::from_bytes(&[0; 33]).is_none());
        // the hash is part of the format: it must not change with a version of its crate
        assert_eq!(hash(b"jejak"), 2_512_897_967_477_721_933);
    }
}
