//! Where the rules read and write: typed rows in tables, through an overlay that is kept or dropped as a whole.

use std::collections::BTreeMap;

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

/// How many bytes of a row (table byte, then the key) name the group that it is scanned by: an entity's touches, a lot's
/// holdings, findings and label issues. A prefix of exactly that many bytes is a group as a whole. `None` for other tables.
pub fn group(row: &[u8]) -> Option<usize> {
    const TOUCH: u8 = Table::Touch as u8;
    const OF_LOTS: [u8; 3] = [Table::Holding as u8, Table::Finding as u8, Table::Issue as u8];
    let (table, key) = row.split_first()?;
    let length = match *table {
        TOUCH => (key.len() >= ENTITY).then_some(ENTITY)?,
        // the zero byte after the lot, whose GTIN comes before
        table if OF_LOTS.contains(&table) => 8 + key.get(8..)?.iter().position(|byte| *byte == 0)? + 1,
        _ => return None,
    };
    Some(length + 1)
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
type Before = (Table, Vec<u8>, Option<Option<Vec<u8>>>);

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

/// Rows of one table; `None` deletes.
type Written = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

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
        let tables = self.batch.into_iter();
        tables.flat_map(|(table, rows)| rows.into_iter().map(move |(key, value)| ((table, key), value))).collect()
    }

    /// Writes a row.
    pub fn put_raw(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let written = self.batch.entry(table).or_default();
        let before = match written.get_mut(key) {
            Some(there) => Some(std::mem::replace(there, value)),
            None => written.insert(key.to_vec(), value),
        };
        self.undo.push((table, key.to_vec(), before));
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
        let from = self.batch.get(&table).into_iter().flat_map(|written| written.range(prefix.to_vec()..));
        let mut over = from.take_while(|(key, _)| key.starts_with(prefix)).peekable();
        if over.peek().is_none() {
            return Ok(below);
        }
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = below.into_iter().collect();
        for (key, value) in over {
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
            let mut state = MemState::new();
            state.commit(below.into_iter().map(|(key, value)| ((tables[key.len() % 2], key), Some(vec![value]))).collect());
            let mut want = state.clone();
            let mut overlay = Overlay::new(&state);
            for (writes, kept) in records {
                overlay.mark();
                for (key, value) in &writes {
                    overlay.put_raw(tables[key.len() % 2], key, value.map(|v| vec![v]));
                }
                if kept {
                    for (key, value) in writes {
                        want.commit([((tables[key.len() % 2], key), value.map(|v| vec![v]))].into());
                    }
                } else {
                    overlay.undo();
                }
                for table in tables {
                    for prefix in [&[][..], &[0], &[1, 2]] {
                        prop_assert_eq!(overlay.scan(table, prefix).unwrap(), want.scan(table, prefix).unwrap());
                    }
                    prop_assert_eq!(overlay.get(table, &[1, 2]).unwrap(), want.get(table, &[1, 2]).unwrap());
                }
            }
            let changes = overlay.into_changes();
            state.commit(changes);
            prop_assert_eq!(state, want);
        }

        #[test]
        fn every_row_of_a_group_begins_with_it_and_no_other(
            lot in "[a-z0-9/.-]{1,20}", other in "[a-z0-9/.-]{1,20}", rest in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let gtin = 9_521_321_001_015u64.to_be_bytes();
            let prefix = |lot: &str| [&[Table::Holding as u8], &gtin[..], lot.as_bytes(), &[0]].concat();
            let row = [prefix(&lot), rest].concat();
            prop_assert_eq!(group(&row).and_then(|length| row.get(..length)), Some(&prefix(&lot)[..]));
            prop_assert_eq!(group(&prefix(&lot)), Some(prefix(&lot).len()), "a group as a whole");
            prop_assert_eq!(row.starts_with(&prefix(&other)), lot == other);
            prop_assert_eq!(group(&row[..9 + lot.len()]), None, "less than a group");
        }
    }
}
