//! The guides that ship: the files of `schemas/guides/`, as they are when the program is built.
//!
//! `jejak init` puts them in force on a new ledger. What it is not: what holds on a ledger, which is what is in force on its log.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rust_embed::RustEmbed;

use super::Guide;

#[derive(RustEmbed)]
#[folder = "schemas/guides"]
#[include = "*.json"]
struct Files;

/// A guide that ships.
#[derive(Debug)]
pub struct Shipped {
    /// The guide.
    pub guide: Arc<Guide>,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

/// The guides that ship, by file name.
pub fn builtin() -> &'static [Shipped] {
    static SHIPPED: OnceLock<Vec<Shipped>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort_unstable();
        // a test reads each: one that is no guide does not ship
        let read = |name: Cow<'_, str>| {
            let bytes = Files::get(&name)?.data;
            Some(Shipped { guide: Arc::new(Guide::from_json(&bytes).ok()?), bytes })
        };
        names.into_iter().filter_map(read).collect()
    })
}
