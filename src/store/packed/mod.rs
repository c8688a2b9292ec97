//! Rows packed into sorted runs of blocks, so that an engine keeps few large values rather than many small rows.
//!
//! A batch of rows becomes one immutable run: its rows in key order, cut into blocks of some 8 kB, each with a checksum. In
//! memory stay a run's first keys ([`run::Run`]) and a filter that says of most absent keys that they are absent
//! ([`filter`]). Runs of like size are joined in the background, four at a time ([`merge`]), so that there are few and each
//! row is written a logarithmic number of times: a row costs a share of a few blocks, where a row of its own would cost the
//! engine a lookup, a node and a log entry. Newer runs hide older ones; a deleted row is a run's word that it is gone.
//!
//! This is a log-structured merge tree (O'Neil et al. 1996) with tiered merging. What it is not: an engine. Where blocks lie
//! is the business of [`files`], behind [`Blocks`]; which runs count is [`super::sled`]'s.

pub(super) mod block;
pub(super) mod files;
pub(crate) mod filter;
pub(super) mod merge;
pub(super) mod run;

use std::ops::Range;

use bytes::Bytes;

use super::IndexError;
use crate::chain::state::group;

/// Where blocks lie: one after the other, run by run. What is read is what was written, or an error: the engine holds a
/// checksum against it.
pub(super) trait Blocks {
    /// Writes a block of `run` at `at`, the end of the one before (0 begins the run); says where it ends.
    ///
    /// # Errors
    /// [`IndexError`] when the engine fails.
    fn write(&self, run: u64, at: u64, bytes: &[u8]) -> Result<u64, IndexError>;

    /// Reads the block of `run` that was written from `at.start` to `at.end`.
    ///
    /// # Errors
    /// [`IndexError`] when it is damaged or not there.
    fn read(&self, run: u64, at: Range<u64>) -> Result<Bytes, IndexError>;
}

/// A row as a run has it: deleted, or its value.
pub(super) type Found = Option<Bytes>;

/// What a filter holds of a row (table byte, then the key): the [`group`] it belongs to, or the row itself.
fn filtered(row: &[u8]) -> &[u8] {
    group(row).and_then(|length| row.get(..length)).unwrap_or(row)
}

/// The hash by which runs are asked for a row.
pub(super) fn hash_of(row: &[u8]) -> u64 {
    filter::hash(filtered(row))
}

pub(super) fn malformed(what: &str) -> IndexError {
    IndexError(format!("a block of packed rows is malformed: {what}"))
}
