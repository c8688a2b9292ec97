//! Records that arrive after others of their key, or never.

use serde_json::Value;

use super::World;
use crate::chain::{Outcome, Rejection};
use crate::record::Record;

impl World {
    /// The key of a party signs so many records that are not here yet.
    pub fn skip(&mut self, party: &str, records: u64) {
        *self.seqs.entry(party.to_owned()).or_default() += records;
    }

    /// The record that a party would sign with this number.
    pub fn with_number(&mut self, party: &str, seq: u64, members: Value) -> Record {
        let next = self.seqs.insert(party.to_owned(), seq - 1);
        let record = self.record(party, members);
        self.seqs.insert(party.to_owned(), next.unwrap_or_default());
        record
    }

    /// Admits a record that was signed earlier than others of its key.
    pub fn try_late(&mut self, record: Record) -> Result<Outcome, Rejection> {
        let party = record.claims.iss.clone();
        let newest = self.seqs.get(&party).copied().unwrap_or_default();
        let outcome = self.admit(&party, record);
        self.seqs.insert(party, newest);
        outcome
    }

    #[track_caller]
    pub fn admitted_late(&mut self, record: Record) {
        self.try_late(record).unwrap();
    }
}
