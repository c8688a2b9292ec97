//! Rows that are durable in the journal and not in the index yet: layers of one batch or more, newest first.
//!
//! A layer never changes, so a reader keeps the layers of its moment by their `Arc`s, and the sequencer adds one without
//! waiting for anybody. Neighbours of like size are joined, as in a counter of base four: there are few, and each row is joined
//! a logarithmic number of times. What it is not: the order of locks (`live`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chain::Table;
use crate::chain::state::{Changes, Rows};
use crate::store::packed::filter::{Filter, hash};
use crate::store::row_key;

/// Bytes shared by a layer, the sequencer's rows at hand and the readers.
pub type Shared = Arc<[u8]>;

/// What stood at a key before the oldest batch of a layer wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// To be asked of the index.
    Unknown,
    /// This, or nothing.
    Known(Option<Shared>),
}

/// A row as a batch left it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Table byte, then the key.
    pub row: Shared,
    /// Its [`hash`].
    hash: u64,
    /// Its table.
    pub table: Table,
    /// Its value; `None` deletes.
    pub value: Option<Shared>,
    /// Its value before.
    pub before: Before,
}

/// Rows in key order, one per key, and a filter that says of most other keys that they are not among them: a new record
/// asks every layer for rows that are nowhere.
#[derive(Debug, Clone)]
pub struct Layer {
    rows: Vec<Row>,
    filter: Filter,
}

impl Layer {
    /// From what a batch changed; `before` is asked for each.
    pub fn new(changes: Changes, mut before: impl FnMut(Table, &Shared, Option<&Shared>) -> Before) -> Layer {
        // tables are ordered by their byte, so the order of the changes is that of the row keys
        let rows = changes.into_iter().map(|((table, key), value)| {
            let row: Shared = row_key(table, &key, |row| Arc::from(row));
            let value: Option<Shared> = value.map(Arc::from);
            let before = match table {
                // their keys hold the index of the record that writes them: nothing stood there
                Table::Touch | Table::Finding => Before::Known(None),
                _ => before(table, &row, value.as_ref()),
            };
            Row { hash: hash(&row), row, table, value, before }
        });
        Layer::of(rows.collect())
    }

    fn of(rows: Vec<Row>) -> Layer {
        let mut filter = Filter::for_rows(rows.len() as u64);
        rows.iter().for_each(|row| filter.insert(row.hash));
        Layer { rows, filter }
    }

    /// `layers`, oldest first, as one. Those that a reader still has are copied, the others moved.
    fn join(layers: impl IntoIterator<Item = Arc<Layer>>) -> Layer {
        let mut rows: Vec<Row> = layers.into_iter().flat_map(|layer| Arc::unwrap_or_clone(layer).rows).collect();
        // stable, so that of one key the oldest comes first; runs that are in order already are merged, not sorted
        rows.sort_by(|a, b| a.row.cmp(&b.row));
        rows.dedup_by(|newer, older| {
            let same = newer.row == older.row;
            if same {
                older.value = newer.value.take();
            }
            same
        });
        Layer::of(rows)
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn get(&self, row: &[u8], hash: u64) -> Option<&Row> {
        if !self.filter.may_hold(hash) {
            return None;
        }
        self.rows.binary_search_by(|r| (*r.row).cmp(row)).ok().and_then(|at| self.rows.get(at))
    }

    fn range(&self, prefix: &[u8]) -> &[Row] {
        let start = self.rows.partition_point(|r| *r.row < *prefix);
        let rest = self.rows.get(start..).unwrap_or_default();
        &rest[..rest.partition_point(|r| r.row.starts_with(prefix))]
    }
}

/// So many layers wait for one of their size before they are joined with it: a row is joined seldom, and who asks for one that
/// is nowhere asks few filters.
const JOINED: usize = 3;

/// The layers of a moment.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// Being moved into the index, oldest first; not joined with what comes.
    frozen: Vec<Arc<Layer>>,
    /// Oldest first.
    fresh: Vec<Arc<Layer>>,
}

impl Layers {
    /// Rows of all layers.
    pub fn len(&self) -> usize {
        self.frozen.iter().chain(&self.fresh).map(|layer| layer.rows.len()).sum()
    }

    /// Adds the newest; joins it with [`JOINED`] others of its size.
    pub fn push(&mut self, layer: Layer) {
        let mut layer = Arc::new(layer);
        while let Some(first) = self.fresh.len().checked_sub(JOINED)
            && self.fresh[first..].iter().all(|older| older.rows.len() <= 2 * layer.rows.len())
        {
            layer = Arc::new(Layer::join(self.fresh.drain(first..).chain([layer])));
        }
        self.fresh.push(layer);
    }

    /// Sets everything so far aside as one layer, to be moved into the index.
    pub fn freeze(&mut self) -> Arc<Layer> {
        let mut all: Vec<Arc<Layer>> = self.frozen.drain(..).chain(self.fresh.drain(..)).collect();
        let joined = match all.pop() {
            Some(one) if all.is_empty() => one,
            last => Arc::new(Layer::join(all.into_iter().chain(last))),
        };
        self.frozen = vec![joined.clone()];
        joined
    }

    /// What was frozen is in the index.
    pub fn thaw(&mut self) {
        self.frozen.clear();
    }

    fn newest_first(&self) -> impl Iterator<Item = &Arc<Layer>> {
        self.fresh.iter().rev().chain(self.frozen.iter().rev())
    }

    /// The newest value at `row`, when a layer has one.
    pub fn get(&self, row: &[u8]) -> Option<&Option<Shared>> {
        let hash = hash(row);
        self.newest_first().find_map(|layer| layer.get(row, hash)).map(|row| &row.value)
    }

    /// `below` with the layers' rows of `table` and `prefix` on top. `below` is asked once, after the layers were fixed.
    pub fn scan<E>(&self, table: Table, prefix: &[u8], below: impl FnOnce() -> Result<Rows, E>) -> Result<Rows, E> {
        let over: Vec<&[Row]> = row_key(table, prefix, |prefix| {
            self.frozen.iter().chain(&self.fresh).map(|layer| layer.range(prefix)).filter(|r| !r.is_empty()).collect()
        });
        let below = below()?;
        if over.is_empty() {
            return Ok(below);
        }
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = below.into_iter().collect();
        for row in over.into_iter().flatten() {
            let key = row.row.get(1..).unwrap_or_default();
            match &row.value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::{MemState, State};

    proptest! {
        #[test]
        fn layers_are_the_batches_one_after_the_other(
            batches in prop::collection::vec(
                (prop::collection::vec((0u8..20, prop::option::of(any::<u8>())), 1..6), 0u8..6),
                0..40,
            ),
        ) {
            let (mut layers, mut index, mut state) = (Layers::default(), MemState::new(), MemState::new());
            let row = |t: &Row| (t.table, t.row[1..].to_vec());
            let mut moving: Option<Arc<Layer>> = None;
            for (batch, then) in batches {
                let changes: Changes = batch
                    .into_iter()
                    .map(|(key, value)| ((if key < 10 { Table::Lot } else { Table::Holding }, vec![key]), value.map(|v| vec![v])))
                    .collect();
                let known = state.clone();
                state.commit(changes.clone());
                layers.push(Layer::new(changes, |_, row, _| {
                    let table = if row[1] < 10 { Table::Lot } else { Table::Holding };
                    Before::Known(known.get(table, &row[1..]).unwrap().map(Arc::from))
                }));
                match (then, moving.take()) {
                    (0, None) => moving = Some(layers.freeze()),
                    (1, Some(layer)) => {
                        for r in layer.rows() {
                            let (table, key) = row(r);
                            let there = index.get(table, &key).unwrap().map(Arc::from);
                            prop_assert_eq!(&r.before, &Before::Known(there), "what stood there is known");
                            index.commit([((table, key), r.value.as_ref().map(|v| v.to_vec()))].into());
                        }
                        layers.thaw();
                    }
                    (_, before) => moving = before,
                }
                for table in [Table::Lot, Table::Holding] {
                    let all = layers.scan(table, &[], || index.scan(table, &[])).unwrap();
                    prop_assert_eq!(all, state.scan(table, &[]).unwrap());
                    for key in 0u8..20 {
                        let over = row_key(table, &[key], |row| layers.get(row).cloned());
                        let value = over.map_or_else(|| index.get(table, &[key]).unwrap(), |v| v.map(|v| v.to_vec()));
                        prop_assert_eq!(value, state.get(table, &[key]).unwrap());
                    }
                }
            }
            prop_assert!(layers.fresh.len() < 24);
        }
    }
}
