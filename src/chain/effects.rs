//! What a record changed, so that its void can take it back.

use serde::{Deserialize, Serialize};

use crate::gs1::{Amount, LotId, Sscc};
use crate::record::RecordId;

/// Where a container or a shipment's goods are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum At {
    /// With a party.
    Party(String),
    /// Under way, in this shipment.
    Transit(RecordId),
    /// Outside the ledger, or emptied.
    Gone,
}

/// [`super::Table::Owner`], by lot or container URI: absent while the maker owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerRow {
    /// Who owns it.
    pub owner: String,
    /// The record with which the second party signed.
    pub record: RecordId,
}

/// An account of a lot (a field of `LotRow`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// `LotRow::produced`.
    Produced,
    /// `LotRow::consumed`.
    Consumed,
    /// `LotRow::adjusted`.
    Adjusted,
    /// `LotRow::lost`.
    Lost,
    /// `LotRow::delivered`.
    Delivered,
    /// `LotRow::labelled`.
    Labelled,
}

/// One reversible change that an act made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delta {
    /// Loose stock of a party.
    Held(LotId, String, Amount),
    /// An account of a lot.
    Account(LotId, Account, Amount),
    /// Contents of a container.
    Packed(Sscc, LotId, Amount),
    /// Loose goods of a shipment.
    Loose(RecordId, LotId, Amount),
    /// A container came into use.
    Made(Sscc),
    /// A container moved.
    Located(Sscc, At, At),
    /// A container was nested or taken out.
    Nested(Sscc, Option<Sscc>, Option<Sscc>),
    /// A shipment was opened.
    Opened(RecordId),
    /// A shipment was closed.
    Closed(RecordId),
    /// A lot or container (by URI) changed owner.
    Owned(String, Option<OwnerRow>, OwnerRow),
    /// The shipment or trade document at this index names this market for a lot (true), or no longer does.
    Market(LotId, u64, String, bool),
    /// The document at this index names this party as the buyer of a lot (true), or no longer does.
    Buyer(LotId, u64, String, bool),
    /// This signature of a sale was countersigned by that record: the two moved ownership.
    Countersigned(RecordId),
}

/// What a record changed (a field of `RecordRow`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// In the order they were made; voiding takes them back from the last.
    pub deltas: Vec<Delta>,
    /// The record this one voided.
    pub voids: Option<RecordId>,
    /// Under a voiding record: the replacement that cites it.
    pub replaced_by: Option<RecordId>,
    /// The hold this one lifted.
    pub lifts: Option<RecordId>,
    /// Other lots that its findings are about: those that the lots it made look like.
    pub alike: Vec<LotId>,
}
