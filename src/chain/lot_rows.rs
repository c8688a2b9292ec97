//! The row of a lot. It is of bounded size, however often the lot is named: what grows with its history lies in rows of its own
//! under the lot, in the order of the log, and the lot's row has their counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::provenance::Provenance;
use super::sides::Sides;
use crate::gs1::{Amount, Gln, LotId};
use crate::record::RecordId;

/// How many rows of each kind there are under a lot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Parties that hold some of it loose ([`super::Table::Holding`]).
    pub holders: u32,
    /// Containers that hold some of it ([`super::Table::Stowed`]).
    pub containers: u32,
    /// Open shipments that carry some of it loose ([`super::Table::Stowed`]).
    pub shipments: u32,
    /// Processes that consumed some of it: the first, and those of [`super::Table::Use`].
    pub uses: u32,
    /// Inspections of it that were not voided ([`super::Table::Inspection`]).
    pub standing: u32,
    /// Of these, those that are no own checks.
    pub tested: u32,
    /// Inspections that failed it, or that failed an ancestor and were cleared here ([`super::Table::Failure`]).
    pub failures: u32,
    /// Standing shipments and trade documents of it that name a market ([`super::Table::Market`]).
    pub markets: u32,
}

/// [`super::Table::Lot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotRow {
    /// Who made it.
    pub maker: String,
    /// The record that created it.
    pub created_by: RecordId,
    /// Its index.
    pub created: u64,
    /// Its event time.
    pub created_at: Timestamp,
    /// Where it was made.
    pub place: Option<Gln>,
    /// Parties that standing shipments and trade documents name as its buyer, and how many of these do ([`super::Table::Buyer`]): the
    /// parties that had adopted a specification for such goods before, at most 64.
    pub buyers: BTreeMap<String, u32>,
    /// All that was ever added by harvest, process and gains. At every index
    /// `produced = held + packed + in transit + consumed + adjusted + lost + delivered`.
    pub produced: Amount,
    /// Taken in by processes.
    pub consumed: Amount,
    /// Booked off by adjustments.
    pub adjusted: Amount,
    /// Shipped and not received.
    pub lost: Amount,
    /// Delivered outside the ledger.
    pub delivered: Amount,
    /// Net content of labels issued.
    pub labelled: Amount,
    /// How far the balances of holders and containers that are below zero lie below it, in sum.
    pub short: Amount,
    /// A voided record left more taken out than was there.
    pub deficit: bool,
    /// No more additions.
    pub closed: bool,
    /// Where it comes from, as stated by the records that made it and were not voided.
    pub provenance: Provenance,
    /// The processes that made it, oldest first: one, or more when it was made again after it had been passed on.
    pub made_in: Vec<RecordId>,
    /// It has no more ancestors than this.
    pub ancestors: u32,
    /// The first process that consumed some of it, with its index.
    pub first_use: Option<(u64, RecordId)>,
    /// Holds on it that are not lifted (its own; those above are found by walking up).
    pub holds: BTreeSet<RecordId>,
    /// The parties that have to do with it or with what it was made from.
    pub sides: Sides,
    /// How many rows there are under it.
    pub counts: Counts,
}

impl LotRow {
    /// Whether nothing of it is anywhere.
    pub fn is_nowhere(&self) -> bool {
        self.counts.holders == 0 && self.counts.containers == 0 && self.counts.shipments == 0
    }
}

/// [`super::Table::Holding`]: what a party has of a lot. It stays when nothing is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingRow {
    /// Loose.
    pub loose: Amount,
    /// In containers at its place.
    pub packed: Amount,
    /// Open shipments that bring it some, loose or in containers.
    pub coming: u32,
    /// The newest record by or for the party whose act moves goods and that changed the lot's row: how forks are seen.
    pub head: Option<RecordId>,
}

/// A failed parameter that sticks to a lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// The inspection that failed.
    pub record: RecordId,
    /// The lot it was made on.
    pub lot: LotId,
    /// The parameter's URI.
    pub parameter: String,
    /// The retest that passed, or the process that cured it.
    pub cleared_by: Option<RecordId>,
}

/// [`super::Table::Failure`]: the parameters of one inspection.
pub type FailureRow = Vec<Failure>;
