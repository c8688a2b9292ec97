//! A run: rows in key order in numbered blocks, with the first key of each block and a filter in memory.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::IndexError;
use super::block::{BLOCK, Packer, Walk, put, shared, take};
use super::filter::{Filter, hash};
use super::{Blocks, Found, filtered, malformed};
use crate::chain::state::group;

/// What is written of a run beside its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Meta {
    /// Its number, never used again.
    pub id: u64,
    /// Rows, deleted ones included.
    pub rows: u64,
    /// Blocks of rows.
    pub blocks: u32,
    /// Where its blocks of rows end, and the block of first keys and filter after them.
    pub ends: (u64, u64),
    /// Bit n: it has rows whose first byte is n.
    pub tables: u32,
}

/// An immutable run.
#[derive(Debug)]
pub(in super::super) struct Run {
    pub meta: Meta,
    fences: Fences,
    filter: Filter,
}

/// For each block the shortest key that is above the block before, and not above its first row; and where the block ends.
#[derive(Debug, Default)]
struct Fences {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    places: Vec<u64>,
}

impl Fences {
    fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        let end = self.ends.get(number).map_or(start, |end| *end as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// From where to where block `number` lies.
    fn place(&self, number: u32) -> Range<u64> {
        let place = |number: u32| self.places.get(number as usize).copied().unwrap_or_default();
        number.checked_sub(1).map_or(0, place)..place(number)
    }

    /// The block that has `row`, if any has.
    fn block_of(&self, row: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle) <= row { low = middle + 1 } else { high = middle }
        }
        low.saturating_sub(1)
    }
}

/// The bit of a row's table; all bits for a table that has none, which costs a read and hides nothing.
fn bit(row: &[u8]) -> u32 {
    row.first().and_then(|table| 1u32.checked_shl(u32::from(*table))).unwrap_or(u32::MAX)
}

/// Rows by what they begin with: a table byte, and perhaps more.
pub(in super::super) struct Prefix<'a> {
    bytes: &'a [u8],
    /// Its hash, when it is a whole [`group`]: a filter without it has none of its rows.
    group: Option<u64>,
}

impl<'a> Prefix<'a> {
    pub(in super::super) fn new(bytes: &'a [u8]) -> Prefix<'a> {
        Prefix { bytes, group: (group(bytes) == Some(bytes.len())).then(|| hash(bytes)) }
    }
}

impl Run {
    /// False: no row of the run begins so.
    pub(in super::super) fn may_begin(&self, prefix: &Prefix<'_>) -> bool {
        self.meta.tables & bit(prefix.bytes) != 0 && prefix.group.is_none_or(|group| self.filter.may_hold(group))
    }

    /// Reads what stays in memory.
    ///
    /// # Errors
    /// [`IndexError`] when it is damaged.
    pub(in super::super) fn open(meta: Meta, blocks: &dyn Blocks) -> Result<Run, IndexError> {
        let bytes = blocks.read(meta.id, meta.ends.0..meta.ends.1)?;
        let (mut at, mut fences) = (0, Fences::default());
        for _ in 0..meta.blocks {
            let (block, length) = (take(&bytes, &mut at)?, take(&bytes, &mut at)?);
            let key = bytes.get(at..at + length).ok_or_else(|| malformed("a first key leaves its block"))?;
            fences.push(key);
            fences.places.push(fences.places.last().copied().unwrap_or_default() + block as u64);
            at += length;
        }
        if fences.places.last().copied().unwrap_or_default() != meta.ends.0 {
            return Err(malformed("the blocks end elsewhere"));
        }
        let filter = Filter::from_bytes(bytes.get(at..).unwrap_or_default());
        Ok(Run { meta, fences, filter: filter.ok_or_else(|| malformed("a filter of no size"))? })
    }

    /// What the run says of `row`, whose [`super::hash_of`] is at hand; `None` when it says nothing.
    ///
    /// # Errors
    /// [`IndexError`] when a block is damaged.
    pub(in super::super) fn get(
        &self,
        blocks: &dyn Blocks,
        row: &[u8],
        hash: u64,
    ) -> Result<Option<Found>, IndexError> {
        if !self.filter.may_hold(hash) {
            return Ok(None);
        }
        let number = u32::try_from(self.fences.block_of(row)).unwrap_or(u32::MAX);
        if number >= self.meta.blocks {
            return Ok(None);
        }
        let block = blocks.read(self.meta.id, self.fences.place(number))?;
        let mut walk = Walk::default();
        while walk.step(&block)? {
            match walk.row().cmp(row) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(walk.value().map(|at| block.slice(at)))),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(None)
    }
}

/// A run being written.
pub(in super::super) struct Writer<'a> {
    blocks: &'a dyn Blocks,
    meta: Meta,
    packer: Packer,
    last: Vec<u8>,
    fences: Fences,
    filter: Filter,
}

impl<'a> Writer<'a> {
    /// Run `id` of at most `rows` rows.
    pub(in super::super) fn new(blocks: &'a dyn Blocks, id: u64, rows: u64) -> Writer<'a> {
        let meta = Meta { id, rows: 0, blocks: 0, ends: (0, 0), tables: 0 };
        let (packer, fences) = (Packer::default(), Fences::default());
        Writer { blocks, meta, packer, last: Vec::new(), fences, filter: Filter::for_rows(rows) }
    }

    /// The next row in key order; `None` deletes.
    ///
    /// # Errors
    /// [`IndexError`] when the engine fails.
    pub(in super::super) fn push(&mut self, row: &[u8], value: Option<&[u8]>) -> Result<(), IndexError> {
        if self.packer.len() >= BLOCK {
            self.close()?;
        }
        if self.packer.len() == 0 {
            let short = if self.meta.rows == 0 { 0 } else { (shared(&self.last, row) + 1).min(row.len()) };
            self.fences.push(&row[..short]);
        }
        self.packer.push(row, value);
        let filtered = filtered(row);
        if self.meta.rows == 0 || !self.last.starts_with(filtered) {
            self.filter.insert(hash(filtered));
        }
        self.meta.tables |= bit(row);
        self.meta.rows += 1;
        self.last.clear();
        self.last.extend_from_slice(row);
        Ok(())
    }

    fn close(&mut self) -> Result<(), IndexError> {
        self.meta.ends.0 = self.blocks.write(self.meta.id, self.meta.ends.0, &self.packer.take())?;
        self.fences.places.push(self.meta.ends.0);
        self.meta.blocks += 1;
        Ok(())
    }

    /// Writes what is left. The run is whole; whether it counts is the engine's word.
    ///
    /// # Errors
    /// [`IndexError`] when the engine fails.
    pub(in super::super) fn finish(mut self) -> Result<Arc<Run>, IndexError> {
        if self.packer.len() > 0 {
            self.close()?;
        }
        let mut tail = Vec::with_capacity(self.fences.bytes.len() + self.filter.as_bytes().len() + 64);
        for number in 0..self.meta.blocks {
            let (key, place) = (self.fences.get(number as usize), self.fences.place(number));
            put(&mut tail, usize::try_from(place.end - place.start).unwrap_or_default());
            put(&mut tail, key.len());
            tail.extend_from_slice(key);
        }
        tail.extend_from_slice(self.filter.as_bytes());
        self.meta.ends.1 = self.blocks.write(self.meta.id, self.meta.ends.0, &tail)?;
        Ok(Arc::new(Run { meta: self.meta, fences: self.fences, filter: self.filter }))
    }
}

/// A place in a run.
pub(super) struct Place {
    run: Arc<Run>,
    next: u32,
    block: Bytes,
    walk: Walk,
}

impl Place {
    /// Before the first row that is not below `start`; the caller steps onto it.
    pub(super) fn new(run: Arc<Run>, start: &[u8]) -> Place {
        let next = u32::try_from(run.fences.block_of(start)).unwrap_or(u32::MAX);
        Place { run, next, block: Bytes::new(), walk: Walk::default() }
    }

    /// Goes to the next row; false after the last.
    pub(super) fn step(&mut self, blocks: &dyn Blocks) -> Result<bool, IndexError> {
        while !self.walk.step(&self.block)? {
            if self.next >= self.run.meta.blocks {
                return Ok(false);
            }
            self.block = blocks.read(self.run.meta.id, self.run.fences.place(self.next))?;
            self.walk = Walk::default();
            self.next += 1;
        }
        Ok(true)
    }

    pub(super) fn row(&self) -> &[u8] {
        self.walk.row()
    }

    pub(super) fn value(&self) -> Option<&[u8]> {
        self.walk.value().and_then(|at| self.block.get(at))
    }
}
