//! QR codes and labels for packs and cartons (GS1 General Specifications 5.12.3.1 and 5.4: QR codes of level M with a quiet zone of 4
//! modules and an X-dimension of 0.396 to 0.990 mm; GS1-128 of an SSCC).
//!
//! `layout` lays a label out on its stock, in millimetres, as a `drawing`; `svg` and `pdf` draw the same. What it is not: the issue of serial
//! numbers, nor what a label says (`server::labels`).

pub mod drawing;
pub mod font;
pub mod gs1_128;
pub mod layout;
pub mod page;
pub mod pdf;
pub mod qr;
pub mod stock;
pub mod svg;
mod text;

#[cfg(test)]
mod tests;

pub use layout::{Field, Label};
pub use page::{sheet, test_page};
pub use qr::{LabelError, MAX_SCALE, png, svg as code_svg, terminal};
pub use stock::{STOCKS, Stock};
