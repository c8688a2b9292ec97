//! Where the rules read and write: typed rows in tables. The writes of a batch are in an [`super::Overlay`].

use std::any::Any;
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::causes::Source;

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
    /// By lot and party: what the party has of it.
    Holding = 10,
    /// By SSCC (u64 big-endian).
    Container = 11,
    /// By record id of the shipment.
    Transit = 12,
    /// By record id of the transformation.
    Transformation = 13,
    /// The entity index: by entity and index of the first record (u64 big-endian), a group of records about it.
    Entity = 14,
    /// By lot and index: inspections.
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
    /// By BLAKE3 of an evidence blob and party: its first records that name it.
    Evidence = 23,
    /// By trade document and terms: the sale and the signatures of both owners.
    Trade = 25,
    /// By party URI, zero byte, whether it has been ended, raw public key: the keys of a party.
    PartyKey = 26,
    /// By the raw public key that signed the enrolment, then the raw key or the party URI that it enrolled.
    Enrolled = 27,
    /// By lot number in upper case, zero byte, lot: finds lots by (the beginning of) their number.
    LotNumber = 28,
    /// By trade document and party: how many times it signed.
    TradeSigner = 29,
    /// By lot or container, kind of record, and party: what the party signed about it.
    LotUse = 30,
    /// By lot and index: the processes that consumed some of it, after the first, which is in the lot's row.
    Use = 31,
    /// By lot and index: what the records that made some of it state of its provenance, after the first.
    Part = 32,
    /// By lot and index of the inspection that failed: its failed parameters.
    Failure = 33,
    /// By lot, then container or shipment: how much of the lot is there.
    Stowed = 34,
    /// By the look of a party's name: who bears it.
    Name = 35,
    /// By sample id, zero byte, lot, zero byte, index: the samples that were drawn.
    Sample = 36,
    /// By product and the look of a lot number: the first lot that has it.
    LotLook = 37,
    /// By what an act does (20 bytes of a hash): the records that did it and were not voided.
    Done = 38,
    /// By a word or a party, then a party, product or place that is found by it ([`super::words`]).
    Word = 39,
    /// By lot and index: the markets that standing shipments and trade documents of it name.
    Market = 40,
    /// By record id: the record on the log by which it was given up. The ledger can't check whose it was.
    GivenUp = 41,
    /// By GLN (u64 big-endian), commodity, zero byte and index: what was measured of a place.
    Monitoring = 42,
    /// By GLN or GS1 Company Prefix ([`super::rows::company_key`]): the parties that have it.
    Company = 43,
    /// By party URI, commodity and index: the specifications that it adopted.
    Specification = 44,
    /// By party URI: the evidence that it named.
    Named = 45,
    /// By lot and index: the buyers that standing shipments and trade documents of it name, of those that are kept with the lot.
    Buyer = 46,
    /// By id: the export guide that is in force.
    Guide = 47,
    /// By party URI: its certificates.
    Certificate = 48,
    /// By shipment and party: the record by which it took goods over, signed by both sides.
    Carrier = 49,
    /// By BLAKE3 of an evidence blob, party, zero byte and shipment: its first record that names it for that shipment.
    EvidenceShipment = 50,
}

impl Table {
    /// Every table, by its byte.
    pub const ALL: [Table; 49] = [
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
        Table::TradeSigner,
        Table::LotUse,
        Table::Use,
        Table::Part,
        Table::Failure,
        Table::Stowed,
        Table::Name,
        Table::Sample,
        Table::LotLook,
        Table::Done,
        Table::Word,
        Table::Market,
        Table::GivenUp,
        Table::Monitoring,
        Table::Company,
        Table::Specification,
        Table::Named,
        Table::Buyer,
        Table::Guide,
        Table::Certificate,
        Table::Carrier,
        Table::EvidenceShipment,
    ];

    /// The table whose byte is `byte`.
    pub fn from_byte(byte: u8) -> Option<Table> {
        Table::ALL.into_iter().find(|table| *table as u8 == byte)
    }
}

/// State could not be read or is damaged. Neither a rejection nor a finding: the batch is not written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("state: {what}")]
pub struct StateError {
    what: String,
    source: Option<Source>,
}

impl StateError {
    /// Rows that contradict each other, or a row that is missing.
    pub fn new(what: impl Into<String>) -> StateError {
        StateError { what: what.into(), source: None }
    }

    /// `what` failed because of `source`, such as an error of the engine.
    pub fn of(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> StateError {
        StateError { what: what.into(), source: Some(Arc::new(source)) }
    }
}

/// A decoded row of any type, shared by its readers.
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

    /// Counts work beside the rows that are read: a long row is more work than a short one. Only an [`super::Overlay`] counts.
    ///
    /// # Errors
    /// [`StateError`] when it is more than one event may take.
    fn charge(&self, rows: usize) -> Result<(), StateError> {
        let _ = rows;
        Ok(())
    }

    /// The row at `key`, decoded. A state that keeps decoded rows answers from those.
    ///
    /// # Errors
    /// [`StateError`] as for [`State::get`], or when the row does not decode.
    fn decoded(&self, table: Table, key: &[u8], decode: DecodeRow) -> Result<Option<AnyRow>, StateError> {
        self.get(table, key)?.map(|bytes| decode(table, &bytes)).transpose()
    }
}

/// Appends the encoding of a row of one type to bytes.
pub type EncodeRow = fn(Table, &AnyRow, Vec<u8>) -> Result<Vec<u8>, StateError>;

/// A row that was written: as it was given, encoded when somebody needs the bytes.
#[derive(Clone)]
pub enum Written {
    /// A typed row and how it is encoded.
    Row(AnyRow, EncodeRow),
    /// Encoded already.
    Bytes(Bytes),
}

impl Written {
    /// A typed row.
    pub fn row<T: Row>(row: Arc<T>) -> Written {
        Written::Row(row, |table, any, to| match any.downcast_ref::<T>() {
            Some(row) => append(table, row, to),
            None => Err(StateError::new(format!("a row of {table:?} has another type than it was written with"))),
        })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`StateError`] when it can't be encoded, which would be a bug.
    pub fn encoded(&self, table: Table) -> Result<Bytes, StateError> {
        self.encoded_in(table, &mut Vec::new())
    }

    /// [`Written::encoded`], with room for the bytes that many rows use one after the other.
    ///
    /// # Errors
    /// As for [`Written::encoded`].
    pub fn encoded_in(&self, table: Table, room: &mut Vec<u8>) -> Result<Bytes, StateError> {
        match self {
            Written::Row(row, encode) => {
                room.clear();
                *room = encode(table, row, std::mem::take(room))?;
                Ok(Bytes::copy_from_slice(room))
            }
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

/// A state in memory: tests, proof bundles, audits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemState {
    /// No table is empty.
    tables: BTreeMap<Table, BTreeMap<Vec<u8>, Bytes>>,
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
        let mut room = Vec::new();
        for change in changes {
            let value = change.value.map(|value| value.encoded_in(change.table, &mut room)).transpose()?;
            self.write(change.table, change.key, value);
        }
        Ok(())
    }

    /// Writes one encoded row; `None` deletes it.
    pub fn write(&mut self, table: Table, key: Vec<u8>, value: Option<Bytes>) {
        let rows = self.tables.entry(table).or_default();
        match value {
            Some(value) => rows.insert(key, value),
            None => rows.remove(&key),
        };
        if rows.is_empty() {
            self.tables.remove(&table);
        }
    }

    /// Every row, in key order.
    pub fn rows(&self) -> impl Iterator<Item = ((&Table, &Vec<u8>), &Bytes)> {
        self.tables.iter().flat_map(|(table, rows)| rows.iter().map(move |(key, value)| ((table, key), value)))
    }
}

impl State for MemState {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.tables.get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        let rows = self.tables.get(&table).map(|rows| rows.range(scan.bounds())).into_iter().flatten();
        let rows = rows.map(|(key, value)| Ok((Bytes::copy_from_slice(key), value.clone())));
        if scan.reverse { Box::new(rows.rev()) } else { Box::new(rows) }
    }
}

/// Reads a typed row.
///
/// # Errors
/// [`StateError`] when storage fails or the row does not decode.
pub fn row<T: Row>(state: &dyn State, table: Table, key: &[u8]) -> Result<Option<Arc<T>>, StateError> {
    let any = state.decoded(table, key, |table, bytes| Ok(Arc::new(decode::<T>(table, bytes)?)))?;
    any.map(|any| typed(table, any)).transpose()
}

/// A row of the type that its table holds.
///
/// # Errors
/// [`StateError`] when it is of another type, which would be a bug.
pub fn typed<T: Row>(table: Table, row: AnyRow) -> Result<Arc<T>, StateError> {
    row.downcast().map_err(|_| StateError::new(format!("a row of {table:?} has another type")))
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

/// Appends the encoding of a typed row to bytes.
fn append<T: Serialize>(table: Table, row: &T, to: Vec<u8>) -> Result<Vec<u8>, StateError> {
    postcard::to_extend(row, to).map_err(|e| StateError::of(format!("a row of {table:?} can't be encoded"), e))
}

/// The encoding of a typed row.
#[cfg(test)]
pub fn encode<T: Serialize>(table: Table, row: &T) -> Result<Vec<u8>, StateError> {
    append(table, row, Vec::new())
}

/// Decodes a typed row.
///
/// # Errors
/// [`StateError`] when the row does not decode.
pub fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StateError> {
    postcard::from_bytes(bytes).map_err(|e| StateError::of(format!("a row of {table:?} does not decode"), e))
}
