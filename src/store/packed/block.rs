//! A block: rows in key order, each without the bytes it shares with the one before.
//!
//! Row: LEB128 shared length, LEB128 length of the rest, LEB128 value length + 1 (0: deleted), the rest of the key, value.

use std::ops::Range;

use super::super::IndexError;
use super::malformed;

/// A block is closed once it has this many bytes; a row that is longer has one of its own.
pub(in super::super) const BLOCK: usize = 8 << 10;

/// Rows being packed.
#[derive(Default)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    last: Vec<u8>,
}

/// Length of what two keys begin with.
pub(super) fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl Packer {
    pub(super) fn push(&mut self, row: &[u8], value: Option<&[u8]>) {
        let same = shared(&self.last, row);
        put(&mut self.bytes, same);
        put(&mut self.bytes, row.len() - same);
        put(&mut self.bytes, value.map_or(0, |v| v.len() + 1));
        self.bytes.extend_from_slice(&row[same..]);
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.last.truncate(same);
        self.last.extend_from_slice(&row[same..]);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The block; the next one begins.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.last.clear();
        std::mem::replace(&mut self.bytes, Vec::with_capacity(BLOCK + 1024))
    }
}

/// A place in a block: before its first row, at one, or after the last.
#[derive(Debug, Clone, Default)]
pub(super) struct Walk {
    at: usize,
    row: Vec<u8>,
    value: Option<Range<usize>>,
}

impl Walk {
    /// Goes to the next row; false after the last.
    pub(super) fn step(&mut self, block: &[u8]) -> Result<bool, IndexError> {
        if self.at == block.len() {
            return Ok(false);
        }
        let (same, rest, value) = (self.number(block)?, self.number(block)?, self.number(block)?);
        let key = self.slice(block, rest)?;
        if same > self.row.len() {
            return Err(malformed("a row shares more than there is"));
        }
        self.row.truncate(same);
        self.row.extend_from_slice(&block[key]);
        self.value = match value.checked_sub(1) {
            None => None,
            Some(length) => Some(self.slice(block, length)?),
        };
        Ok(true)
    }

    pub(super) fn row(&self) -> &[u8] {
        &self.row
    }

    pub(super) fn value(&self) -> Option<Range<usize>> {
        self.value.clone()
    }

    fn slice(&mut self, block: &[u8], length: usize) -> Result<Range<usize>, IndexError> {
        let end = self.at.checked_add(length).filter(|end| *end <= block.len());
        let range = self.at..end.ok_or_else(|| malformed("a length leaves the block"))?;
        self.at = range.end;
        Ok(range)
    }

    fn number(&mut self, block: &[u8]) -> Result<usize, IndexError> {
        take(block, &mut self.at)
    }
}

/// Writes a number as LEB128.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a LEB128 number of at most 32 bits.
pub(super) fn take(bytes: &[u8], at: &mut usize) -> Result<usize, IndexError> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let byte = *bytes.get(*at).ok_or_else(|| malformed("a number ends too early"))?;
        *at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(malformed("a number is too long"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_walked(rows in prop::collection::btree_map(
            prop::collection::vec(any::<u8>(), 0..200), prop::option::of(prop::collection::vec(any::<u8>(), 0..300)), 0..30,
        )) {
            let rows: BTreeMap<Vec<u8>, Option<Vec<u8>>> = rows;
            let mut packer = Packer::default();
            rows.iter().for_each(|(row, value)| packer.push(row, value.as_deref()));
            let block = packer.take();
            let (mut walk, mut seen) = (Walk::default(), BTreeMap::new());
            while walk.step(&block).unwrap() {
                seen.insert(walk.row().to_vec(), walk.value().map(|at| block[at].to_vec()));
            }
            prop_assert_eq!(seen, rows);
            prop_assert_eq!(packer.len(), 0);
        }

        #[test]
        fn arbitrary_bytes_never_panic(block in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut walk = Walk::default();
            while walk.step(&block).unwrap_or(false) {}
        }

        #[test]
        fn numbers_come_back(number in 0usize..1 << 32) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            let mut at = 0;
            prop_assert_eq!(take(&bytes, &mut at).unwrap(), number);
            prop_assert_eq!(at, bytes.len());
        }
    }
}
