//! What a record costs, in rows and bytes, counted by a state of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::chain::company::LOOKED_AT;
use crate::chain::state::{Changes, RowIter, Scan};
use crate::chain::{Act, MemState, Outcome, State, StateError, Table, specification};
use crate::gs1::Gln;
use crate::record::registry::Statement;
use crate::record::{Payload, Record};

/// Rows that a company prefix of a party reads at most. One of four digits reads most: itself, the first longer ones that lie in it, of each
/// of eight lengths, and its own row again, to write it.
pub const PREFIX_READS: u64 = 1 + 8 * LOOKED_AT as u64 + 1;
/// Rows that the GLN of a party reads at most: the company prefixes of four to twelve digits that may hold it, and its own row.
pub const GLN_READS: u64 = 9 + 1;

/// What it cost to apply a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub act: Act,
    /// Rows read.
    pub reads: u64,
    /// Rows written.
    pub writes: u64,
    /// Bytes of their keys and values, but for the numbers of the key: 32 numbers share a row, which is full or empty by chance.
    pub bytes: usize,
    /// Places that the record takes: in the entity index, and for its documents.
    pub places: u64,
    /// Rows of its findings: one for each lot that a finding is about.
    pub findings: u64,
    /// Records and documents that it cites; of a product its makers.
    pub cited: u64,
    /// The type of a statement of the registry.
    pub statement: Option<&'static str>,
    /// Words that something is found by, old and new, of which rows were written.
    pub words: u64,
    /// Looks of names, old and new, of which rows were written.
    pub looks: u64,
    /// Company prefixes of a party, and its GLN, be it in its URI or beside it.
    pub companies: u64,
}

fn named(statement: &Statement) -> &'static str {
    match statement {
        Statement::Party(_) => "Party",
        Statement::PartyStatus(_) => "PartyStatus",
        Statement::Key(_) => "Key",
        Statement::KeyRevocation(_) => "KeyRevocation",
        Statement::Accreditation(_) => "Accreditation",
        Statement::Mandate(_) => "Mandate",
        Statement::Product(_) => "Product",
        Statement::Place(_) => "Place",
        Statement::Profile(_) => "Profile",
        Statement::Specification(_) => "Specification",
        Statement::Guide(_) => "Guide",
        Statement::Certificate(_) => "Certificate",
        Statement::Ruleset(_) => "Ruleset",
        Statement::LogKeys(_) => "LogKeys",
        Statement::Clock(_) => "Clock",
        Statement::ClockPermit(_) => "ClockPermit",
        Statement::ClockReset(_) => "ClockReset",
    }
}

impl Cost {
    pub fn of(record: &Record, outcome: &Outcome, reads: u64, changes: &Changes) -> Cost {
        let (mut documents, mut cited, mut companies, mut statement) = (0, 0, 0, None);
        match &record.payload {
            Payload::Event(event) => {
                documents = (event.transactions.len() + event.ext.evidence.len() + event.ext.given_up.len()) as u64;
                // a specification is named by the record that adopted it
                let named = event.ext.profile.iter().flat_map(|profile| &profile.requirements);
                let adopted = named.filter(|named| specification::record_of(named).is_some()).count();
                cited = documents + (event.ext.after.len() + event.ext.retests.len() + adopted) as u64;
            }
            Payload::Registry(stated) => {
                statement = Some(named(stated));
                match &**stated {
                    Statement::Product(product) => cited = product.makers.len() as u64,
                    // who has a company prefix that overlaps, or the GLN
                    Statement::Party(party) => {
                        let prefixes = party.prefixes.len() as u64;
                        let gln = u64::from(party.gln.is_some() || Gln::from_party_uri(&party.party).is_ok());
                        companies = prefixes + gln;
                        cited = PREFIX_READS * prefixes + GLN_READS * gln;
                    }
                    _ => {}
                }
            }
        }
        let of = |table: Table| changes.iter().filter(|change| change.table == table).count() as u64;
        let bytes = changes.iter().filter(|change| change.table != Table::Seq).map(|change| {
            change.key.len() + change.value.as_ref().map_or(0, |value| value.encoded(change.table).unwrap().len())
        });
        Cost {
            act: outcome.act,
            reads,
            writes: changes.len() as u64,
            bytes: bytes.sum(),
            places: of(Table::Entity) + documents,
            findings: of(Table::Finding),
            cited,
            statement,
            words: of(Table::Word),
            looks: of(Table::Name),
            companies,
        }
    }
}

/// A state that counts the rows that are read from it, by table.
pub struct Counting<'a> {
    state: &'a MemState,
    reads: RefCell<BTreeMap<Table, u64>>,
}

impl<'a> Counting<'a> {
    pub fn new(state: &'a MemState) -> Counting<'a> {
        Counting { state, reads: RefCell::default() }
    }

    /// Rows read so far.
    pub fn reads(&self) -> u64 {
        self.reads.borrow().values().sum()
    }

    /// Rows of a table read since the last time.
    pub fn take(&self, table: Table) -> u64 {
        self.reads.borrow_mut().remove(&table).unwrap_or_default()
    }

    fn count(&self, table: Table) {
        *self.reads.borrow_mut().entry(table).or_default() += 1;
    }
}

impl State for Counting<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<bytes::Bytes>, StateError> {
        self.count(table);
        self.state.get(table, key)
    }

    fn scan(&self, table: Table, scan: Scan<'_>) -> RowIter<'_> {
        Box::new(self.state.scan(table, scan).inspect(move |_| self.count(table)))
    }
}
