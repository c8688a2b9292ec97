//! Where the rules read and write: typed rows in tables, through an overlay that is kept or dropped as a whole.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

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
type Before = ((Table, Vec<u8>), Option<Option<Vec<u8>>>);

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

/// A state with uncommitted writes on top. One overlay serves a batch: [`Overlay::mark`] before a record,
/// [`Overlay::undo`] when it is refused.
pub struct Overlay<'a> {
    base: &'a dyn State,
    batch: Changes,
    undo: Vec<Before>,
}

impl<'a> Overlay<'a> {
    /// Nothing written yet.
    pub fn new(base: &'a dyn State) -> Overlay<'a> {
        Overlay { base, batch: Changes::new(), undo: Vec::new() }
    }

    /// Forgets how to undo what was written so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Takes back every write since the last [`Overlay::mark`].
    pub fn undo(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.batch.insert(key, value),
                None => self.batch.remove(&key),
            };
        }
    }

    /// The writes of the batch.
    pub fn into_changes(self) -> Changes {
        self.batch
    }

    /// Writes a row.
    pub fn put_raw(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let key = (table, key.to_vec());
        let before = self.batch.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    /// Writes a typed row.
    ///
    /// # Errors
    /// [`StateError`] when the row can't be encoded, which would be a bug.
    pub fn put<T: Serialize>(&mut self, table: Table, key: &[u8], row: &T) -> Result<(), StateError> {
        let value = postcard::to_stdvec(row).map_err(|e| StateError(format!("encode {table:?}: {e}")))?;
        self.put_raw(table, key, Some(value));
        Ok(())
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.put_raw(table, key, None);
    }
}

impl State for Overlay<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.batch.get(&(table, key.to_vec())) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(table, key),
        }
    }

    fn scan(&self, table: Table, prefix: &[u8]) -> Result<Rows, StateError> {
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = self.base.scan(table, prefix)?.into_iter().collect();
        let over =
            self.batch.range((table, prefix.to_vec())..).take_while(|((t, k), _)| *t == table && k.starts_with(prefix));
        for ((_, key), value) in over {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
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

/// Decodes a typed row.
///
/// # Errors
/// [`StateError`] when the row does not decode.
pub fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StateError> {
    postcard::from_bytes(bytes).map_err(|e| StateError(format!("row of {table:?} does not decode: {e}")))
}
