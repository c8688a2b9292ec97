//! Where the rules read and write: typed rows in tables, through an overlay that is kept or dropped as a whole.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rows::{ENTITY, EntityEntry, EntityRow, entity_key};

/// A table of rows; the byte is the first of every index key and never changes meaning within a format version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// One row: the ledger's own facts.
    Ledger = 1,
    /// By party URI.
    Party = 2,
    /// By raw public key.
    Key = 3,
    /// By raw public key and group of numbers ([`super::rows::seq_key`]): which of its numbers were used.
    Seq = 4,
    /// By record id.
    Record = 5,
    /// By eventID, as the 16 bytes of its UUID.
    Event = 6,
    /// By GTIN (u64 big-endian).
    Product = 7,
    /// By GLN (u64 big-endian).
    Place = 8,
    /// By lot.
    Lot = 9,
    /// By lot and party: loose stock.
    Holding = 10,
    /// By SSCC (u64 big-endian).
    Container = 11,
    /// By record id of the shipment.
    Transit = 12,
    /// By record id of the transformation.
    Transformation = 13,
    /// The entity index: by entity and index of the first record (u64 big-endian), a group of records about it.
    Entity = 14,
    /// By record id of the inspection.
    Inspection = 15,
    /// By record id of the hold.
    Hold = 16,
    /// By lot, index and number: findings.
    Finding = 17,
    /// By profile id and version.
    Profile = 18,
    /// By party URI.
    Accreditation = 19,
    /// By issuer URI and mandated party URI.
    Mandate = 20,
    /// By lot and index: serial commitments.
    Issue = 21,
    /// By lot or container: who owns it.
    Owner = 22,
    /// By BLAKE3 of an evidence blob: the records that name it.
    Evidence = 23,
    /// By document id: trade documents and who signed.
    Trade = 25,
    /// By party URI, zero byte, raw public key: the keys of a party.
    PartyKey = 26,
    /// By the raw public key that signed the enrolment, then the raw key or the party URI that it enrolled.
    Enrolled = 27,
    /// By lot number in upper case, zero byte, lot: finds lots by (the beginning of) their number.
    LotNumber = 28,
}

impl Table {
    /// Every table, by its byte.
    pub const ALL: [Table; 27] = [
        Table::Ledger,
        Table::Party,
        Table::Key,
        Table::Seq,
        Table::Record,
        Table::Event,
        Table::Product,
        Table::Place,
        Table::Lot,
        Table::Holding,
        Table::Container,
        Table::Transit,
        Table::Transformation,
        Table::Entity,
        Table::Inspection,
        Table::Hold,
        Table::Finding,
        Table::Profile,
        Table::Accreditation,
        Table::Mandate,
        Table::Issue,
        Table::Owner,
        Table::Evidence,
        Table::Trade,
        Table::PartyKey,
        Table::Enrolled,
        Table::LotNumber,
    ];

    /// The table whose byte is `byte`.
    pub fn from_byte(byte: u8) -> Option<Table> {
        Table::ALL.into_iter().find(|table| *table as u8 == byte)
    }
}

/// State could not be read or is damaged. Neither a rejection nor a finding: the batch is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("state: {0}")]
pub struct StateError(pub String);

/// A decoded row of any type, shared by whoever reads it.
pub type AnyRow = Arc<dyn Any + Send + Sync>;

/// Decodes a row of one type.
pub type DecodeRow = fn(Table, &[u8]) -> Result<AnyRow, StateError>;

/// What the type of a row must offer. Each table holds rows of one type (`rows`).
pub trait Row: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Row for T {}

/// Which rows of a table are read, and in which order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scan<'a> {
    /// What their keys start with; empty for all.
    pub prefix: &'a [u8],
    /// The key after which to begin, exclusive, in the direction of the scan.
    pub after: Option<&'a [u8]>,
    /// From the last key to the first.
    pub reverse: bool,
}

impl<'a> Scan<'a> {
    /// Every row whose key starts with `prefix`, in key order.
    pub fn prefix(prefix: &'a [u8]) -> Scan<'a> {
        Scan { prefix, ..Scan::default() }
    }

    /// From the last key to the first.
    #[must_use]
    pub fn reversed(self) -> Scan<'a> {
        Scan { reverse: true, ..self }
    }

    /// Beginning after `key`, in the direction of the scan.
    #[must_use]
    pub fn after(self, key: &'a [u8]) -> Scan<'a> {
        Scan { after: Some(key), ..self }
    }

    /// The bounds of the keys, as a range in ascending order. The upper bound of the prefix is exclusive.
    pub fn bounds(&self) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        let mut from = Bound::Included(self.prefix.to_vec());
        let mut to = after_prefix(self.prefix).map_or(Bound::Unbounded, Bound::Excluded);
        match self.after {
            Some(key) if self.reverse && to_holds(&to, key) => to = Bound::Excluded(key.to_vec()),
            Some(key) if !self.reverse && key >= self.prefix => from = Bound::Excluded(key.to_vec()),
            _ => {}
        }
        // an empty range, rather than one that starts after its end
        if let (Bound::Included(first) | Bound::Excluded(first), Bound::Excluded(last)) = (&from, &to)
            && first >= last
        {
            return (Bound::Included(last.clone()), Bound::Excluded(last.clone()));
        }
        (from, to)
    }
}

/// The first key after all that start with `prefix`; `None` when there is none.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.get_mut(last)? += 1;
    Some(end)
}

fn to_holds(to: &Bound<Vec<u8>>, key: &[u8]) -> bool {
    match to {
        Bound::Excluded(end) => key < end.as_slice(),
        _ => true,
    }
}

/// Keys (without the table) and values of rows, read one by one.
pub type RowIter<'a> = Box<dyn Iterator<Item = Result<(Bytes, Bytes), StateError>> + 'a>;

/// Rows as of some log size.
pub trait State {
    /// The row at `key`, encoded, or `None`.
    ///
    /// # Errors
    /// [`StateError`] when storage fails or a checksum does not hold.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError>;

    /// Rows of `table`, read as the iterator is advanced. After an error it ends.
    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_>;

    /// The row at `key`, decoded. A state that keeps decoded rows answers from those.
    ///
    /// # Errors
    /// [`StateError`] as for [`State::get`], or when the row does not decode.
    fn decoded(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        self.get(table, key)?.map(|bytes| decode(table, &bytes)).transpose()
    }
}

/// A row that was written: as it was given, encoded when somebody needs the bytes.
#[derive(Clone)]
pub enum Written {
    /// A typed row and how it is encoded.
    Row(AnyRow, fn(Table, &AnyRow) -> Result<Vec<u8>, StateError>),
    /// Encoded already.
    Bytes(Bytes),
}

impl Written {
    /// A typed row.
    pub fn row<T: Row>(row: Arc<T>) -> Written {
        Written::Row(row, |table, any| match any.downcast_ref::<T>() {
            Some(row) => encode(table, row),
            None => Err(StateError(format!("a row of {table:?} has another type than it was written with"))),
        })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`StateError`] when it can't be encoded, which would be a bug.
    pub fn encoded(&self, table: Table) -> Result<Bytes, StateError> {
        match self {
            Written::Row(row, encode) => Ok(encode(table, row)?.into()),
            Written::Bytes(bytes) => Ok(bytes.clone()),
        }
    }
}

/// One row that a batch wrote; no value deletes.
#[derive(Clone)]
pub struct Change {
    /// Its table.
    pub table: Table,
    /// Its key within the table.
    pub key: Vec<u8>,
    /// The row.
    pub value: Option<Written>,
}

/// What a batch wrote: one change per key, by table and key.
pub type Changes = Vec<Change>;

/// What stood at a key before a write: `None` when the batch had not written it.
type Before = (Table, Vec<u8>, Option<Option<Written>>);

/// A state in memory: tests, proof bundles, audits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemState {
    rows: BTreeMap<(Table, Vec<u8>), Bytes>,
}

impl MemState {
    /// An empty state.
    pub fn new() -> MemState {
        MemState::default()
    }

    /// Writes `changes`.
    ///
    /// # Errors
    /// [`StateError`] when a row can't be encoded, which would be a bug.
    pub fn commit(&mut self, changes: Changes) -> Result<(), StateError> {
        for change in changes {
            let value = change.value.map(|value| value.encoded(change.table)).transpose()?;
            self.write(change.table, change.key, value);
        }
        Ok(())
    }

    /// Writes one encoded row; `None` deletes it.
    pub fn write(&mut self, table: Table, key: Vec<u8>, value: Option<Bytes>) {
        match value {
            Some(value) => self.rows.insert((table, key), value),
            None => self.rows.remove(&(table, key)),
        };
    }

    /// Every row, in key order.
    pub fn rows(&self) -> impl Iterator<Item = (&(Table, Vec<u8>), &Bytes)> {
        self.rows.iter()
    }
}

impl State for MemState {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.rows.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        let of = |bound: Bound<Vec<u8>>| bound.map(|key| (table, key));
        let (from, to) = scan.bounds();
        let to = if to == Bound::Unbounded { Bound::Included((table, vec![u8::MAX; MAX_KEY])) } else { of(to) };
        let rows =
            self.rows.range((of(from), to)).map(|((_, key), value)| Ok((Bytes::copy_from_slice(key), value.clone())));
        if scan.reverse { Box::new(rows.rev()) } else { Box::new(rows) }
    }
}

/// No key is longer than this, bytes: texts in keys are limited by the schemas.
const MAX_KEY: usize = 4096;

/// Records in one row of the entity index; each has some 35 bytes.
const ENTITY_GROUP: usize = 32;

/// Rows of one table; `None` deletes.
type TableWrites = BTreeMap<Vec<u8>, Option<Written>>;

/// A state with uncommitted writes on top. One overlay serves a batch: [`Overlay::mark`] before a record,
/// [`Overlay::undo`] when it is refused.
pub struct Overlay<'a> {
    base: &'a dyn State,
    batch: BTreeMap<Table, TableWrites>,
    undo: Vec<Before>,
    groups: BTreeMap<[u8; ENTITY], u64>,
}

impl<'a> Overlay<'a> {
    /// Nothing written yet.
    pub fn new(base: &'a dyn State) -> Overlay<'a> {
        Overlay { base, batch: BTreeMap::new(), undo: Vec::new(), groups: BTreeMap::new() }
    }

    /// Adds a record to the entity index. The records of this overlay about one entity share a row, up to
    /// [`ENTITY_GROUP`] of them: an entity that every record names costs a batch a few rows.
    ///
    /// # Errors
    /// [`StateError`] as for [`row`].
    pub fn add_to_entity(&mut self, entity: &str, entry: EntityEntry) -> Result<(), StateError> {
        let mut key = entity_key(entity, entry.index);
        let (name, first) = key.split_at_mut(ENTITY);
        let Ok(name) = <[u8; ENTITY]>::try_from(&*name) else { return Ok(()) };
        let mut group = EntityRow::new();
        if let Some(began) = self.groups.get(&name) {
            let current = began.to_be_bytes();
            let at = [&name[..], &current].concat();
            let there = row::<EntityRow>(self, Table::Entity, &at)?.map(Arc::unwrap_or_clone).unwrap_or_default();
            if there.len() < ENTITY_GROUP {
                first.copy_from_slice(&current);
                group = there;
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

    /// Forgets how to undo what was written so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Takes back every write since the last [`Overlay::mark`].
    pub fn undo(&mut self) {
        while let Some((table, key, before)) = self.undo.pop() {
            let writes = self.batch.entry(table).or_default();
            match before {
                Some(value) => writes.insert(key, value),
                None => writes.remove(&key),
            };
        }
    }

    /// The writes of the batch.
    pub fn into_changes(self) -> Changes {
        let tables = self.batch.into_iter();
        tables
            .flat_map(|(table, rows)| rows.into_iter().map(move |(key, value)| Change { table, key, value }))
            .collect()
    }

    /// Writes a row, or deletes it.
    pub fn write(&mut self, table: Table, key: Vec<u8>, value: Option<Written>) {
        let before = self.batch.entry(table).or_default().insert(key.clone(), value);
        self.undo.push((table, key, before));
    }

    /// Writes a typed row.
    ///
    /// # Errors
    /// None today; a row that can't be encoded is found when the batch is written.
    pub fn put<T: Row>(&mut self, table: Table, key: &[u8], row: &T) -> Result<(), StateError> {
        self.write(table, key.to_vec(), Some(Written::row(Arc::new(row.clone()))));
        Ok(())
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.write(table, key.to_vec(), None);
    }
}

impl State for Overlay<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        match self.batch.get(&table).and_then(|writes| writes.get(key)) {
            Some(value) => value.as_ref().map(|value| value.encoded(table)).transpose(),
            None => self.base.get(table, key),
        }
    }

    fn decoded(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        match self.batch.get(&table).and_then(|writes| writes.get(key)) {
            Some(Some(Written::Row(row, _))) => Ok(Some(row.clone())),
            Some(Some(Written::Bytes(bytes))) => decode(table, bytes).map(Some),
            Some(None) => Ok(None),
            None => self.base.decoded(table, key, decode),
        }
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        let below = self.base.scan(table, scan);
        let Some(writes) = self.batch.get(&table).filter(|writes| !writes.is_empty()) else { return below };
        let range = writes.range(scan.bounds());
        let above: Box<dyn Iterator<Item = WrittenRow<'_>>> =
            if scan.reverse { Box::new(range.rev()) } else { Box::new(range) };
        Box::new(Merged { table, reverse: scan.reverse, below: below.peekable(), above: above.peekable() })
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

/// Reads a typed row.
///
/// # Errors
/// [`StateError`] when storage fails or the row does not decode.
pub fn row<T: Row>(state: &dyn State, table: Table, key: &[u8]) -> Result<Option<Arc<T>>, StateError> {
    let any = state.decoded(table, key, |table, bytes| Ok(Arc::new(decode::<T>(table, bytes)?)))?;
    let typed =
        |any: AnyRow| any.downcast::<T>().map_err(|_| StateError(format!("a row of {table:?} has another type")));
    any.map(typed).transpose()
}

/// Reads a typed row to change it or to keep it.
///
/// # Errors
/// [`StateError`] as for [`row`].
pub fn get<T: Row>(state: &dyn State, table: Table, key: &[u8]) -> Result<Option<T>, StateError> {
    Ok(row(state, table, key)?.map(Arc::unwrap_or_clone))
}

/// The keys and decoded rows of a scan.
pub fn rows<'s, T: Row>(
    state: &'s dyn State,
    table: Table,
    scan: Scan<'_>,
) -> impl Iterator<Item = Result<(Bytes, T), StateError>> + use<'s, T> {
    state.scan(table, scan).map(move |row| row.and_then(|(key, value)| Ok((key, decode(table, &value)?))))
}

/// Encodes a typed row.
///
/// # Errors
/// [`StateError`] when it can't be encoded, which would be a bug.
pub fn encode<T: Serialize>(table: Table, row: &T) -> Result<Vec<u8>, StateError> {
    postcard::to_stdvec(row).map_err(|e| StateError(format!("encode {table:?}: {e}")))
}

/// Decodes a typed row.
///
/// # Errors
/// [`StateError`] when the row does not decode.
pub fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StateError> {
    postcard::from_bytes(bytes).map_err(|e| StateError(format!("row of {table:?} does not decode: {e}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
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
