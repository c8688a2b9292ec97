//! Export guides: what a good needs before it may go to a market, and what of it is still missing for a lot.
//!
//! A guide is one JSON file of a commodity, beside one, `common`, for what holds for all; `schemas/guide.schema.json` is its published
//! form. Nothing is admitted or refused by it. Pure: the bytes of guides and what the log says of a lot come in, an answer goes out. What it
//! is not: how the log is read (`query::readiness`), nor limits and verdicts (`quality`).

mod check;
pub mod condition;
pub mod file;
pub mod path;
pub mod readiness;
mod shipped;
#[cfg(test)]
mod tests;
pub mod view;

pub use condition::{Condition, Facts, Origin, Paper, Tests};
pub use file::Guide;
pub use readiness::Answers;
pub use shipped::{Shipped, builtin};
pub use view::Readiness;

/// Id of the guide that holds for every commodity.
pub const COMMON: &str = "common";
