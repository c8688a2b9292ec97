//! Rows packed into sorted runs of blocks, so that an engine keeps few large values rather than many small rows.
//!
//! A batch of rows becomes one immutable run: its rows in key order, cut into blocks of some 8 kB, each with a checksum. In
//! memory stay a run's first keys ([`run::Run`]) and a filter that says of most absent keys that they are absent
//! ([`filter`]). Runs of like size are joined in the background, four at a time ([`merge`]), so that there are few and each
//! row is written a logarithmic number of times: a row costs a share of a few blocks, where a row of its own would cost the
//! engine a lookup, a node and a log entry. Newer runs hide older ones; a deleted row is a run's word that it is gone.
//!
//! This is a log-structured merge tree (O'Neil et al. 1996) with tiered merging. What it is not: an engine. Where blocks lie
//! and which runs count is [`super::sled`]'s business, behind [`Blocks`].

pub(super) mod block;
pub(crate) mod filter;
pub(super) mod merge;
pub(super) mod run;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::IndexError;
use crate::chain::Table;

/// What a block belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Part {
    /// Rows.
    Rows = 1,
    /// A run's first keys and filter.
    Tail = 2,
}

/// A run's name: its number is never used again, its slot is, once nobody looks at the run that had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Name {
    pub id: u64,
    pub slot: u32,
}

/// Where blocks lie. What is read is what was written, or an error: the engine holds a checksum against it.
pub(super) trait Blocks {
    /// Writes a block.
    ///
    /// # Errors
    /// [`IndexError`] when the engine fails.
    fn write(&self, part: Part, run: Name, number: u32, bytes: &[u8]) -> Result<(), IndexError>;

    /// Reads a block.
    ///
    /// # Errors
    /// [`IndexError`] when it is damaged or not there.
    fn read(&self, part: Part, run: Name, number: u32) -> Result<Bytes, IndexError>;
}

/// A row as a run has it: deleted, or its value.
pub(super) type Found = Option<Bytes>;

/// What a filter holds of a row (table byte, then the key): the [`Table::group`] it belongs to, or the row itself.
fn filtered(row: &[u8]) -> &[u8] {
    let group = row.split_first().and_then(|(table, key)| {
        let grouped = [Table::Touch, Table::Holding, Table::Finding, Table::Issue];
        grouped.into_iter().find(|t| *t as u8 == *table)?.group(key)
    });
    group.and_then(|length| row.get(..=length)).unwrap_or(row)
}

/// The hash by which runs are asked for a row.
pub(super) fn hash_of(row: &[u8]) -> u64 {
    filter::hash(filtered(row))
}

pub(super) fn malformed(what: &str) -> IndexError {
    IndexError(format!("a block of packed rows is malformed: {what}"))
}
