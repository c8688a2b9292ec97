//! Which void entries follow from an earlier one: what a record that is void would have made does not exist, so later records that need it
//! are void too, by any signer. One fraud is named once, with the entries that build on it.

use std::collections::BTreeMap;

use crate::chain::entity_index;
use crate::record::{Payload, Record};

/// Most things of void records that are remembered: bounds memory for a log full of them.
const MOST: usize = 100_000;

/// What void records were about, each with the first void entry that it goes back to.
#[derive(Default)]
pub(super) struct Roots {
    of: BTreeMap<String, u64>,
    following: BTreeMap<u64, Vec<u64>>,
}

impl Roots {
    /// Takes the next void record. Returns the entry that it follows from, if it is no root itself.
    pub(super) fn take(&mut self, index: u64, record: &Record) -> Option<u64> {
        let about = about(record);
        let root = entity_index::entities(record).iter().chain(&about).find_map(|thing| self.of.get(thing).copied());
        if let Some(root) = root {
            self.following.entry(root).or_default().push(index);
        }
        for thing in about.into_iter().chain([record.id.uri()]) {
            if self.of.len() < MOST {
                self.of.entry(thing).or_insert(root.unwrap_or(index));
            }
        }
        root
    }

    /// The entries that follow from each root.
    pub(super) fn following(self) -> BTreeMap<u64, Vec<u64>> {
        self.following
    }
}

/// The lots and containers of an event; the subject of a statement.
fn about(record: &Record) -> Vec<String> {
    match &record.payload {
        Payload::Registry(_) => vec![record.claims.sub.clone()],
        Payload::Event(_) => {
            let goods = |entity: &String| entity.contains("/10/") || entity.contains("/00/");
            entity_index::entities(record).into_iter().filter(goods).collect()
        }
    }
}
