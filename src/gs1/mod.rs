//! GS1 identification keys, Digital Link URIs and units of measure (GS1 General Specifications; GS1 Digital Link
//! URI Syntax 1.6). Pure: no I/O.
//!
//! Every Application Identifier is known, from GS1's own dictionary ([`ai`]). What it is not: a resolver (that is `server`). The keys
//! that this product has objects for are listed in [`link`]; any other is refused by name.

pub mod ai;
pub mod amount;
pub mod check;
pub mod compressed;
pub mod element;
pub mod keys;
pub mod link;
mod linter;
pub mod percent;
pub mod plain;
pub mod scan;
pub mod unit;

pub use amount::{Amount, AmountError, BaseUnit, exact_decimal};
pub use keys::{Gln, Gtin, KeyError, Lot, LotId, Serial, Sscc};
pub use link::{DigitalLink, LinkError, PrimaryKey, Resolved};
pub use rust_decimal::Decimal;
pub use scan::{Reading, Scan};
pub use unit::Unit;
