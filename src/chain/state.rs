//! Where the rules read and write: typed rows in tables, through an overlay that is kept or dropped as a whole.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rows::ENTITY;

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
    /// By raw public key and seq (u64 big-endian).
    Seq = 4,
    /// By record id.
    Record = 5,
    /// By eventID.
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
    /// By entity and index (u64 big-endian): which records name it.
    Touch = 14,
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
    /// Deltas of a record, by record id: what voiding it takes back.
    Delta = 24,
    /// By document id: trade documents and who signed.
    Trade = 25,
}

impl Table {
    /// How many bytes of `key` name the group that it is scanned by, for tables whose rows are: an entity's touches, a lot's
    /// holdings, findings and label issues. A prefix of exactly that many bytes is a group as a whole.
    pub fn group(self, key: &[u8]) -> Option<usize> {
        match self {
            Table::Touch => (key.len() >= ENTITY).then_some(ENTITY),
            // the zero byte after the lot, whose GTIN comes before
            Table::Holding | Table::Finding | Table::Issue => {
                key.get(8..)?.iter().position(|byte| *byte == 0).map(|zero| 8 + zero + 1)
            }
            _ => None,
        }
    }
}

/// State could not be read or is damaged. Neither a rejection nor a finding: the batch is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("state: {0}")]
pub struct StateError(pub String);

/// Rows as of some log size.
pub trait State {
    /// The row at `key`, or `None`.
    ///
    /// # Errors
    /// [`StateError`] when storage fails or the row's checksum does not hold.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// All rows of `table` whose key starts with `prefix`, in key order.
    ///
    /// # Errors
    /// [`StateError`] as for [`State::get`].
    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError>;
}

/// Rows written on top of a state: `None` deletes.
pub type Changes = BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>;

/// Keys and values of rows, in key order.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// What stood at a key before a write: `None` when the batch had not touched it.
type Before = (Table, Box<[u8]>, Option<Option<Vec<u8>>>);

/// A state in memory: tests, proof bundles, audits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemState {
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
}

impl MemState {
    /// An empty state.
    pub fn new() -> MemState {
        MemState::default()
    }

    /// Writes `changes`.
    pub fn commit(&mut self, changes: Changes) {
        for (key, value) in changes {
            match value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }

    /// Every row, in key order.
    pub fn rows(&self) -> impl Iterator<Item = (&(Table, Vec<u8>), &Vec<u8>)> {
        self.rows.iter()
    }
}

impl State for MemState {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.rows.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        Ok(self
            .rows
            .range((table, prefix.to_vec())..)
            .take_while(|((t, k), _)| *t == table && k.starts_with(prefix))
            .map(|((_, k), v)| (k.clone(), v.clone()))
            .collect())
    }
}

/// Rows of one table. Seeded at random, as hostile keys want it; what comes out is sorted, so no seed is ever seen.
type Written = HashMap<Box<[u8]>, Option<Vec<u8>>, foldhash::fast::RandomState>;

/// A state with uncommitted writes on top. One overlay serves a batch: [`Overlay::mark`] before a record,
/// [`Overlay::undo`] when it is refused.
pub struct Overlay<'a> {
    base: &'a dyn State,
    batch: BTreeMap<Table, Written>,
    undo: Vec<Before>,
}

impl<'a> Overlay<'a> {
    /// Nothing written yet.
    pub fn new(base: &'a dyn State) -> Overlay<'a> {
        Overlay { base, batch: BTreeMap::new(), undo: Vec::new() }
    }

    /// Forgets how to undo what was written so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Takes back every write since the last [`Overlay::mark`].
    pub fn undo(&mut self) {
        while let Some((table, key, before)) = self.undo.pop() {
            let written = self.batch.entry(table).or_default();
            match before {
                Some(value) => written.insert(key, value),
                None => written.remove(&key),
            };
        }
    }

    /// The writes of the batch.
    pub fn into_changes(self) -> Changes {
        let rows = self.batch.into_iter().flat_map(|(table, written)| {
            let mut rows = Vec::from_iter(written);
            rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            rows.into_iter().map(move |(key, value)| ((table, key.into_vec()), value))
        });
        rows.collect()
    }

    /// Writes a row.
    pub fn put_raw(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let written = self.batch.entry(table).or_default();
        let before = match written.get_mut(key) {
            Some(there) => Some(std::mem::replace(there, value)),
            None => written.insert(key.into(), value),
        };
        self.undo.push((table, key.into(), before));
    }

    /// Writes a typed row.
    ///
    /// # Errors
    /// [`StateError`] when the row can't be encoded, which would be a bug.
    pub fn put<T: Serialize>(&mut self, table: Table, key: &[u8], row: &T) -> Result<(), StateError> {
        self.put_raw(table, key, Some(encode(table, row)?));
        Ok(())
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.put_raw(table, key, None);
    }
}

impl State for Overlay<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.batch.get(&table).and_then(|written| written.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(table, key),
        }
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        let below = self.base.scan(table, prefix)?;
        let mut over =
            self.batch.get(&table).into_iter().flatten().filter(|(key, _)| key.starts_with(prefix)).peekable();
        if over.peek().is_none() {
            return Ok(below);
        }
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = below.into_iter().collect();
        for (key, value) in over {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.clone()),
                None => rows.remove(&**key),
            };
        }
        Ok(rows.into_iter().collect())
    }
}

/// Reads a typed row.
///
/// # Errors
/// [`StateError`] when storage fails or the row does not decode.
pub fn get<T: DeserializeOwned>(state: &dyn State, table: Table, key: &[u8]) -> Result<Option<T>, StateError> {
    match state.get(table, key)? {
        None => Ok(None),
        Some(bytes) => decode(table, &bytes).map(Some),
    }
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
