//! The HTTP surface: one file per surface. Nothing here decides anything: the ledger and the chain do.

pub mod i18n;
pub mod pages;
