//! QR codes and label sheets for packs (GS1 General Specifications 5.12.3.1: level M, quiet zone of 4 modules, X-dimension
//! 0.396 to 0.990 mm).
//!
//! What it is not: the issue of serial numbers, nor a page: a sheet is one file that any printer driver takes.

pub mod qr;
pub mod sheet;

pub use qr::{LabelError, MAX_SCALE, png, svg, terminal};
pub use sheet::{Label, Sheet, Stock};
