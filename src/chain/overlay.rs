//! A state with uncommitted writes on top: what a batch of records changes, kept or dropped as a whole.

use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::sync::Arc;

use bytes::Bytes;

use super::rows::{ENTITY, EntityEntry, EntityRow, entity_key};
use super::state::{
    AnyRow, Change, Changes, DecodeRow, Row, RowIter, Scan, State, StateError, Table, Written, decode, typed,
};

/// Records in one row of the entity index; each has some 35 bytes.
const ENTITY_GROUP: usize = 32;

/// Keys for which a table has room from its first on.
const FIRST_ROOM: usize = 28;

/// The keys of one table that were written, each with its place in [`Overlay::written`].
///
/// Hashed, because nearly all rows are read one by one. Their order is made when the table is first scanned.
#[derive(Default)]
struct Keys {
    places: HashMap<Vec<u8>, usize>,
    order: OnceCell<BTreeMap<Vec<u8>, usize>>,
}

/// What was written at a place: a row, or that there is none (`Some(None)`). `None`: nothing, because it was undone.
type Place = Option<Option<Written>>;

/// A state with uncommitted writes on top. One overlay serves a batch: [`Overlay::mark`] before a record,
/// [`Overlay::undo`] when it is refused.
pub struct Overlay<'a> {
    base: &'a dyn State,
    /// By the byte of the table.
    tables: Vec<Keys>,
    written: Vec<Place>,
    /// What was at a place before each write since [`Overlay::mark`].
    undo: Vec<(usize, Place)>,
    /// Rows read since [`Overlay::mark`].
    reads: Cell<u64>,
    /// Most rows that are read from now on.
    limit: u64,
    groups: HashMap<[u8; ENTITY], u64>,
}

impl<'a> Overlay<'a> {
    /// Nothing written yet.
    pub fn new(base: &'a dyn State) -> Overlay<'a> {
        Overlay {
            base,
            tables: Vec::new(),
            written: Vec::new(),
            undo: Vec::new(),
            reads: Cell::new(0),
            limit: u64::MAX,
            groups: HashMap::new(),
        }
    }

    /// Adds a record to the entity index. The records of this overlay about one entity share a row, up to
    /// [`ENTITY_GROUP`] of them: an entity that every record names costs a batch a few rows.
    ///
    /// # Errors
    /// [`StateError`] as for [`super::state::row`].
    pub fn add_to_entity(&mut self, entity: &str, entry: EntityEntry) -> Result<(), StateError> {
        let mut key = entity_key(entity, entry.index);
        let (name, first) = key.split_at_mut(ENTITY);
        let Ok(name) = <[u8; ENTITY]>::try_from(&*name) else { return Ok(()) };
        let mut group = EntityRow::new();
        if let Some(began) = self.groups.get(&name) {
            let current = began.to_be_bytes();
            let at = [&name[..], &current].concat();
            // not counted: how records share rows depends on the batch
            let there =
                self.peek(Table::Entity, &at, |table, bytes| Ok(Arc::new(decode::<EntityRow>(table, bytes)?)))?;
            let there = there.map(|row| typed::<EntityRow>(Table::Entity, row)).transpose()?;
            if let Some(there) = there.filter(|there| there.len() < ENTITY_GROUP) {
                first.copy_from_slice(&current);
                group.reserve_exact(there.len() + 1);
                group.extend_from_slice(&there);
            }
        }
        if group.is_empty() {
            self.groups.insert(name, entry.index);
            first.copy_from_slice(&entry.index.to_be_bytes());
        }
        group.push(entry);
        self.write(Table::Entity, key, Some(Written::row(Arc::new(group))));
        Ok(())
    }

    /// Forgets how to undo what was written so far, and counts rows from here. A limit under which a rule panicked is gone too.
    pub fn mark(&mut self) {
        self.undo.clear();
        self.reads.set(0);
        self.limit = u64::MAX;
    }

    /// Rows read and written since the last [`Overlay::mark`]. The same for a record on every node, and in every batch.
    pub fn rows(&self) -> u64 {
        self.reads.get().saturating_add(self.undo.len() as u64)
    }

    /// Runs `work` with at most `most` rows to read: beyond, reading fails. The flag is whether it was more.
    pub fn limited<T>(&mut self, most: u64, work: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        self.limit = self.reads.get().saturating_add(most);
        let done = work(self);
        let over = self.reads.get() > self.limit;
        self.limit = u64::MAX;
        (done, over)
    }

    /// Reads what only some who apply the record read, such as a ledger at its admission.
    pub fn uncounted<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        let before = self.reads.get();
        let done = work(self);
        self.reads.set(before);
        done
    }

    fn count(&self, rows: u64) -> Result<(), StateError> {
        let reads = self.reads.get().saturating_add(rows);
        self.reads.set(reads);
        if reads > self.limit { Err(StateError::new("more rows than one event may read")) } else { Ok(()) }
    }

    fn counted<'s>(&'s self, rows: RowIter<'s>) -> RowIter<'s> {
        // who reads on after an error would be given one for each row that is left
        let mut failed = false;
        Box::new(rows.map_while(move |row| {
            let row = (!failed).then(|| self.count(1).and(row))?;
            failed = row.is_err();
            Some(row)
        }))
    }

    /// What the batch wrote at a key.
    fn at(&self, table: Table, key: &[u8]) -> Option<&Option<Written>> {
        let place = self.tables.get(usize::from(table as u8))?.places.get(key)?;
        self.written.get(*place)?.as_ref()
    }

    fn peek(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        match self.at(table, key) {
            Some(Some(Written::Row(row, _))) => Ok(Some(row.clone())),
            Some(Some(Written::Bytes(bytes))) => decode(table, bytes).map(Some),
            Some(None) => Ok(None),
            None => self.base.decoded(table, key, decode),
        }
    }

    /// Takes back every write since the last [`Overlay::mark`].
    pub fn undo(&mut self) {
        while let Some((place, before)) = self.undo.pop() {
            self.written[place] = before;
        }
    }

    /// The writes of the batch.
    pub fn into_changes(mut self) -> Changes {
        let mut changes = Vec::with_capacity(self.written.len());
        for table in Table::ALL {
            let Some(keys) = self.tables.get_mut(usize::from(table as u8)) else { continue };
            let mut places = Vec::from_iter(std::mem::take(&mut keys.places));
            // neighbours one after the other: an engine that keeps its rows in order finds their places faster
            places.sort_unstable();
            for (key, place) in places {
                if let Some(value) = self.written[place].take() {
                    changes.push(Change { table, key, value });
                }
            }
        }
        changes
    }

    /// Writes a row, or deletes it.
    pub fn write(&mut self, table: Table, key: Vec<u8>, value: Option<Written>) {
        let at = usize::from(table as u8);
        if self.tables.len() <= at {
            self.tables.resize_with(at + 1, Keys::default);
        }
        let keys = &mut self.tables[at];
        // for a small batch, to grow step by step would cost more than all else
        if keys.places.capacity() == 0 {
            keys.places.reserve(FIRST_ROOM);
        }
        let next = self.written.len();
        let place = match keys.places.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(fresh) => {
                if let Some(order) = keys.order.get_mut() {
                    order.insert(fresh.key().clone(), next);
                }
                self.written.push(None);
                *fresh.insert(next)
            }
        };
        let before = self.written[place].replace(value);
        self.undo.push((place, before));
    }

    /// Writes a typed row.
    ///
    /// # Errors
    /// None today; a row that can't be encoded is found when the batch is written.
    pub fn put<T: Row>(&mut self, table: Table, key: &[u8], row: &T) -> Result<(), StateError> {
        self.write(table, key.to_vec(), Some(Written::row(Arc::new(row.clone()))));
        Ok(())
    }

    /// [`Overlay::put`] of a row that nobody needs any more.
    pub fn insert<T: Row>(&mut self, table: Table, key: Vec<u8>, row: T) {
        self.write(table, key, Some(Written::row(Arc::new(row))));
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.write(table, key.to_vec(), None);
    }
}

impl State for Overlay<'_> {
    fn charge(&self, rows: usize) -> Result<(), StateError> {
        self.count(rows as u64)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.count(1)?;
        match self.at(table, key) {
            Some(value) => value.as_ref().map(|value| value.encoded(table)).transpose(),
            None => self.base.get(table, key),
        }
    }

    fn decoded(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        self.count(1)?;
        self.peek(table, key, decode)
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        let below = self.base.scan(table, scan);
        let Some(keys) = self.tables.get(usize::from(table as u8)).filter(|keys| !keys.places.is_empty()) else {
            return self.counted(below);
        };
        let order = keys.order.get_or_init(|| keys.places.iter().map(|(key, place)| (key.clone(), *place)).collect());
        let range = order.range(scan.bounds());
        let written = |(key, place): (_, &usize)| Some((key, self.written.get(*place)?.as_ref()?));
        let above: Box<dyn Iterator<Item = WrittenRow<'_>>> =
            if scan.reverse { Box::new(range.rev().filter_map(written)) } else { Box::new(range.filter_map(written)) };
        self.counted(Box::new(Merged {
            table,
            reverse: scan.reverse,
            below: below.peekable(),
            above: above.peekable(),
        }))
    }
}

/// A key with what was written there.
type WrittenRow<'a> = (&'a Vec<u8>, &'a Option<Written>);

/// The rows of a scan below an overlay with its writes on top, both in the order of the scan.
struct Merged<'a> {
    table: Table,
    reverse: bool,
    below: Peekable<RowIter<'a>>,
    above: Peekable<Box<dyn Iterator<Item = WrittenRow<'a>> + 'a>>,
}

impl Iterator for Merged<'_> {
    type Item = Result<(Bytes, Bytes), StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = match (self.below.peek(), self.above.peek()) {
                (Some(Err(_)), _) | (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
                (Some(Ok((below, _))), Some((above, _))) => {
                    let order = below[..].cmp(above);
                    if self.reverse { order.reverse() } else { order }
                }
            };
            if order == Ordering::Less {
                return self.below.next();
            }
            if order == Ordering::Equal {
                self.below.next();
            }
            let (key, value) = self.above.next()?;
            if let Some(value) = value {
                let row = value.encoded(self.table);
                return Some(row.map(|row| (Bytes::copy_from_slice(key), row)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::MemState;
    use crate::record::Hash32;

    proptest! {
        #[test]
        fn an_overlay_is_the_rows_below_with_what_was_kept_on_top(
            below in prop::collection::btree_map(prop::collection::vec(0u8..3, 0..4), any::<u8>(), 0..12),
            records in prop::collection::vec(
                (prop::collection::vec((prop::collection::vec(0u8..3, 0..4), prop::option::of(any::<u8>())), 0..6), any::<bool>()),
                0..12,
            ),
        ) {
            let tables = [Table::Lot, Table::Holding];
            let bytes = |value: Option<u8>| value.map(|value| Bytes::from(vec![value]));
            let mut state = MemState::new();
            below.into_iter().for_each(|(key, value)| state.write(tables[key.len() % 2], key, bytes(Some(value))));
            let mut want = state.clone();
            let mut overlay = Overlay::new(&state);
            for (writes, kept) in records {
                overlay.mark();
                for (key, value) in &writes {
                    overlay.write(tables[key.len() % 2], key.clone(), bytes(*value).map(Written::Bytes));
                }
                if kept {
                    writes.into_iter().for_each(|(key, value)| want.write(tables[key.len() % 2], key, bytes(value)));
                } else {
                    overlay.undo();
                }
                for table in tables {
                    for prefix in [&[][..], &[0], &[1, 2]] {
                        for after in [None, Some(&[0u8, 1][..]), Some(&[1, 2])] {
                            for reverse in [false, true] {
                                let scan = Scan { prefix, after, reverse };
                                let rows = |state: &dyn State| state.scan(table, scan).collect::<Result<Vec<_>, _>>().unwrap();
                                let got = rows(&overlay);
                                prop_assert_eq!(&got, &rows(&want));
                                let inside = got.iter().all(|(key, _)| key.starts_with(prefix));
                                prop_assert!(inside);
                                let ordered = got.is_sorted_by(|a, b| if reverse { a.0 > b.0 } else { a.0 < b.0 });
                                prop_assert!(ordered);
                            }
                        }
                    }
                    prop_assert_eq!(overlay.get(table, &[1, 2]).unwrap(), want.get(table, &[1, 2]).unwrap());
                }
            }
            let changes = overlay.into_changes();
            state.commit(changes).unwrap();
            prop_assert_eq!(state, want);
        }
    }

    #[test]
    fn scan_beyond_the_limit_ends_with_one_error() {
        let mut state = MemState::new();
        for key in 0..9u8 {
            state.write(Table::Lot, vec![key], Some(Bytes::new()));
        }
        let mut overlay = Overlay::new(&state);
        let (read, over) = overlay
            .limited(4, |overlay| overlay.scan(Table::Lot, Scan::default()).map(|row| row.is_ok()).collect::<Vec<_>>());
        assert_eq!((read, over), (vec![true, true, true, true, false], true));
    }

    #[test]
    fn limit_of_a_rule_that_panicked_does_not_bind_the_next_record() {
        let state = MemState::new();
        let mut overlay = Overlay::new(&state);
        let limited = std::panic::AssertUnwindSafe(|| overlay.limited(0, |_| panic!("a rule")));
        assert!(std::panic::catch_unwind(limited).is_err());
        overlay.undo();
        overlay.mark();
        assert_eq!(overlay.get(Table::Lot, &[1]).unwrap(), None);
    }

    #[test]
    fn row_of_another_type_is_an_error_and_loses_no_entries() {
        let state = MemState::new();
        let mut overlay = Overlay::new(&state);
        let entry = |index| EntityEntry { index, record: Hash32([1; 32]), act: crate::chain::Act::Harvest };
        overlay.add_to_entity("lots", entry(1)).unwrap();
        overlay.put(Table::Entity, &entity_key("lots", 1), &7u64).unwrap();
        assert!(overlay.add_to_entity("lots", entry(2)).is_err());
    }

    #[test]
    fn the_entity_index_keeps_its_order_over_groups_batches_and_refused_records() {
        use crate::chain::entity_index::{entries, newest_entries};
        let entry = |index| EntityEntry { index, record: Hash32([index as u8; 32]), act: crate::chain::Act::Harvest };
        let mut state = MemState::new();
        let mut index = 0;
        for batch in [1u64, 70, 3, 32, 33] {
            let mut overlay = Overlay::new(&state);
            for _ in 0..batch {
                overlay.mark();
                overlay.add_to_entity("lots", entry(index)).unwrap();
                overlay.undo();
                overlay.mark();
                overlay.add_to_entity("lots", entry(index)).unwrap();
                index += 1;
            }
            let changes = overlay.into_changes();
            assert!(changes.len() as u64 <= batch.div_ceil(ENTITY_GROUP as u64));
            state.commit(changes).unwrap();
        }
        let all: Vec<u64> = entries(&state, "lots").map(|entry| entry.unwrap().index).collect();
        assert_eq!(all, (0..index).collect::<Vec<_>>());
        for before in [0, 1, 40, 72, index, u64::MAX] {
            let newest: Vec<u64> = newest_entries(&state, "lots", before).map(|entry| entry.unwrap().index).collect();
            assert_eq!(newest, (0..index.min(before)).rev().collect::<Vec<_>>());
        }
        assert_eq!(entries(&state, "lot").count(), 0);
    }
}
