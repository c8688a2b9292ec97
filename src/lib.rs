//! Jejak: a product quality and traceability ledger.

pub mod chain;
pub mod cli;
pub mod epcis;
pub mod gs1;
pub mod label;
pub mod ledger;
pub mod log;
pub mod proof;
pub mod quality;
pub mod record;
pub mod server;
pub mod store;
