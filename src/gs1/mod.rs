//! GS1 identification keys, Digital Link URIs and units of measure (GS1 General Specifications; GS1 Digital Link
//! URI Syntax 1.6). Pure: no I/O.
//!
//! What it is not: a resolver (that is `server`), nor a table of every Application Identifier. The keys this product
//! uses are listed in [`link`]; any other is refused by name.

pub mod ai;
pub mod amount;
pub mod check;
pub mod element;
pub mod keys;
pub mod link;
pub mod percent;
pub mod plain;
pub mod unit;

pub use amount::{Amount, AmountError, BaseUnit, exact_decimal};
pub use keys::{Gln, Gtin, KeyError, Lot, LotId, Serial, Sscc};
pub use link::{DigitalLink, LinkError, PrimaryKey, Resolved};
pub use rust_decimal::Decimal;
pub use unit::Unit;
