//! The closure of a lot: the records that are necessary and sufficient to recompute its view.
//!
//! Beginning with the lot's family (itself and its ancestors), these are added until nothing new is found:
//! 1. every record that names a lot of the family;
//! 2. for every event found:
//!    - if it moves goods or tests them, all records before it that name one of its lots or containers, or an ancestor of those lots: its
//!      findings may depend on them. Not if it only remarks ([`Act::only_remarks`]): what a remark does to one lot does not depend on the
//!      others, and anyone may name a thousand lots beside this one in it;
//!    - the records that it voids, replaces, receives, lifts, retests or rejects, and those of lots whose numbers look like that of one that
//!      it made;
//!    - if it is an inspection that names a sample of other lots, the first record of that sample, which shows that it exists;
//!    - if it is a sample that was voided, the void;
//!    - if it was signed by an inspector after an accreditation had expired, the first record of the key, which shows that the key was in
//!      use before;
//!    - if it is a harvest, the monitoring of its place over a period that may count for it;
//! 3. for every record found: the registry statements of its parties, their keys, products and places, those of the parties
//!    that signed them, up to the authority, all revocations, and mandates between two parties found;
//! 4. of every party and every commodity found, the statements by which the one adopted specifications for the other;
//! 5. entry 0, every `Ruleset`, `Profile` and `LogKeys`, and the last `Clock` before each record.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::event;
use super::walk::ancestors;
use crate::chain::accredited::{self, Standing};
use crate::chain::entity_index::{self, IN_FORCE, entries};
use crate::chain::rows::{
    AccreditationRow, InspectionRow, KeyRow, LedgerRow, LotRow, MandateRow, ProductRow, RecordRow, SampleRow, lot_key,
    mandate_key, of_lot, sample_key, under_lot,
};
use crate::chain::samples::{self, Fit};
use crate::chain::state::{Scan, get, row, rows};
use crate::chain::times::days;
use crate::chain::{Act, Finding, RecordSource, RuleKind, State, StateError, Table, lot_reads, monitored};
use crate::epcis::Event;
use crate::gs1::{LotId, Sscc};
use crate::quality::monitoring::MOST_DAYS;
use crate::record::registry::Statement;
use crate::record::{Payload, Record, RecordId};

/// How much of a closure is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Records.
    pub records: usize,
    /// Bytes of records.
    pub bytes: usize,
}

impl Most {
    /// All of it.
    pub const ALL: Most = Most { records: usize::MAX, bytes: usize::MAX };
}

/// Indices of the closure of `lot`, ascending: empty when it was never made, `None` when it is larger than `most`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn closure(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    most: Most,
) -> Result<Option<Vec<u64>>, StateError> {
    let family = ancestors(state, lot)?;
    if family.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut work = Closure {
        state,
        source,
        most,
        found: BTreeSet::from([0]),
        bounds: BTreeMap::new(),
        parties: BTreeSet::new(),
        commodities: BTreeSet::new(),
        bytes: 0,
        statements: BTreeSet::new(),
        queue: Vec::new(),
    };
    for (lot, _) in family {
        if work.is_full() {
            break;
        }
        work.goods(&lot.uri(), u64::MAX)?;
    }
    if let Some(ledger) = get::<LedgerRow>(state, Table::Ledger, b"")? {
        work.party(&ledger.authority)?;
    }
    for entry in entries(state, IN_FORCE) {
        let entry = entry?;
        work.include(entry.index, entry.record);
    }
    work.run()?;
    Ok((!work.is_full()).then(|| work.found.into_iter().collect()))
}

/// What would have refused a record of a closure, for a lot of the family of `lot`. A remark may name lots that the closure leaves out, and is
/// judged for each of its lots by itself; for the others only the whole log shows it.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn refusal_of(state: &dyn State, lot: &LotId) -> Result<Option<Finding>, StateError> {
    for (lot, _) in ancestors(state, lot)? {
        for found in rows::<Finding>(state, Table::Finding, Scan::prefix(&under_lot(&lot, b""))) {
            let (_, finding) = found?;
            if finding.rule.kind() == RuleKind::Rejection {
                return Ok(Some(finding));
            }
        }
    }
    Ok(None)
}

struct Closure<'a> {
    state: &'a dyn State,
    source: &'a dyn RecordSource,
    most: Most,
    /// Of the records read.
    bytes: usize,
    found: BTreeSet<u64>,
    /// Lots and containers, with the index up to which their records are included.
    bounds: BTreeMap<String, u64>,
    parties: BTreeSet<String>,
    /// Commodities of the lots found.
    commodities: BTreeSet<String>,
    /// Registry entities (parties, keys, products, places) whose statements are included.
    statements: BTreeSet<String>,
    queue: Vec<(u64, RecordId)>,
}

impl Closure<'_> {
    fn is_full(&self) -> bool {
        self.found.len() > self.most.records || self.bytes > self.most.bytes
    }

    fn include(&mut self, index: u64, id: RecordId) {
        if self.found.insert(index) || index == 0 {
            self.queue.push((index, id));
        }
    }

    fn run(&mut self) -> Result<(), StateError> {
        while let Some((index, id)) = self.queue.pop() {
            if self.is_full() {
                break;
            }
            self.record(index, &id)?;
            if self.queue.is_empty() {
                self.mandates()?;
                self.specifications()?;
            }
        }
        Ok(())
    }

    /// Includes the mandates between two parties found.
    fn mandates(&mut self) -> Result<(), StateError> {
        let parties = Vec::from_iter(self.parties.iter().cloned());
        for from in &parties {
            for to in self.mandated(from)? {
                // once for each pair
                let mandate = entity_index::registry_uri(&entity_index::mandate_uri(from, &to));
                if self.is_full() || !self.statements.insert(mandate.clone()) {
                    continue;
                }
                for entry in entries(self.state, &mandate) {
                    let entry = entry?;
                    self.include(entry.index, entry.record);
                }
            }
        }
        Ok(())
    }

    /// Includes the statements by which the parties found adopted specifications for the commodities found.
    fn specifications(&mut self) -> Result<(), StateError> {
        let pairs = self.parties.iter().flat_map(|party| {
            self.commodities.iter().map(|commodity| entity_index::specifications_uri(party, commodity))
        });
        for entity in pairs.collect::<Vec<_>>() {
            self.about(&entity)?;
        }
        Ok(())
    }

    /// The parties found that have or had a mandate of `from`. A party may have given any number to others: no more rows are read than
    /// twice the parties found.
    fn mandated(&self, from: &str) -> Result<Vec<String>, StateError> {
        let (prefix, mut found) = (mandate_key(from, ""), Vec::new());
        for (read, mandate) in rows::<MandateRow>(self.state, Table::Mandate, Scan::prefix(&prefix)).enumerate() {
            let (key, _) = mandate?;
            if read == self.parties.len() {
                found.clear();
                for to in &self.parties {
                    if row::<MandateRow>(self.state, Table::Mandate, &mandate_key(from, to))?.is_some() {
                        found.push(to.clone());
                    }
                }
                break;
            }
            let to = String::from_utf8_lossy(&key[prefix.len()..]);
            if self.parties.contains(&*to) {
                found.push(to.into_owned());
            }
        }
        Ok(found)
    }

    /// Includes every record up to `bound` that names a lot, an ancestor of it, or a container.
    fn goods(&mut self, uri: &str, bound: u64) -> Result<(), StateError> {
        let mut work = vec![uri.to_owned()];
        while let Some(uri) = work.pop() {
            let before = self.bounds.get(&uri).copied();
            // its ancestors too then
            if before.is_some_and(|before| before >= bound) {
                continue;
            }
            for entry in entries(self.state, &uri) {
                let entry = entry?;
                if self.is_full() {
                    return Ok(());
                }
                if entry.index <= bound && before.is_none_or(|before| entry.index > before) {
                    self.include(entry.index, entry.record);
                }
            }
            if let Ok(lot) = LotId::from_uri(&uri) {
                self.about(&lot.gtin.uri())?;
                let product = row::<ProductRow>(self.state, Table::Product, &lot.gtin.number().to_be_bytes())?;
                self.commodities.extend(product.map(|row| row.commodity.clone()));
                if let Some(row) = row::<LotRow>(self.state, Table::Lot, &lot_key(&lot))? {
                    work.extend(lot_reads::parents(self.state, &row)?.iter().map(LotId::uri));
                }
            }
            self.bounds.insert(uri, bound);
        }
        Ok(())
    }

    fn record(&mut self, index: u64, id: &RecordId) -> Result<(), StateError> {
        let Some(record) = self.source.record(id)? else {
            return Err(StateError::new(format!("record {id} at {index} is missing")));
        };
        self.bytes += record.bytes.len();
        let remarks = event(&record).is_some_and(Act::only_remarks);
        self.party(&record.claims.iss)?;
        self.about(&entity_index::key_uri(&record.kid))?;
        if let Some(row) = row::<RecordRow>(self.state, Table::Record, id.as_bytes())? {
            self.clock(&row)?;
            self.party(&row.party)?;
            if let Some(party) = &row.on_behalf {
                self.party(party)?;
            }
            if !remarks && row.act != Act::Registry && row.act != Act::Clock {
                for lot in &row.lots {
                    self.goods(&lot.uri(), index)?;
                }
                // whether a lot looks like another depends on the other, now
                for lot in &row.effects.alike {
                    self.goods(&lot.uri(), u64::MAX)?;
                }
            }
            // whether there is a sample of an id does not depend on its lot alone
            if let Some(by) = row.voided_by.filter(|_| row.act == Act::Sample)
                && let Some(voiding) = get::<RecordRow>(self.state, Table::Record, by.as_bytes())?
            {
                self.include(voiding.index, by);
            }
            match row.act {
                Act::Inspect => self.inspection(&row)?,
                Act::Monitor | Act::Hold | Act::Observe | Act::Sample | Act::Correct => self.signed_late(&row)?,
                _ => {}
            }
        }
        if let Some(event) = event(&record).filter(|event| Act::of_form(event) == Some(Act::Harvest)) {
            self.monitoring(event)?;
        }
        // records that it cites may be about other lots: a replacement under another lot number, a hold on other goods
        if let Some(event) = event(&record) {
            let ext = &event.ext;
            for cited in ext
                .voids
                .iter()
                .chain(&ext.shipment)
                .chain(&ext.lifts)
                .chain(&ext.retests)
                .chain(&ext.rejects)
                .chain(&ext.confirms)
            {
                let Ok(cited) = cited.parse::<RecordId>() else { continue };
                if let Some(row) = get::<RecordRow>(self.state, Table::Record, cited.as_bytes())?
                    && row.index < index
                {
                    self.include(row.index, cited);
                }
            }
        }
        for uri in entity_index::entities(&record) {
            self.entity(&record, &uri, index)?;
        }
        Ok(())
    }

    /// Includes what an inspection counts by: the first record of a key that signed it late, and the first record of the sample that it
    /// names, where the sample does not fit it.
    fn inspection(&mut self, row: &RecordRow) -> Result<(), StateError> {
        let Some(lot) = row.lots.first() else { return Ok(()) };
        let inspection = get::<InspectionRow>(self.state, Table::Inspection, &of_lot(lot, row.index))?;
        let Some(inspection) = inspection else { return Ok(()) };
        if let Standing::Late(first) = accredited::of_test(self.state, &inspection)?
            && let Some(row) = get::<RecordRow>(self.state, Table::Record, first.as_bytes())?
        {
            self.include(row.index, first);
        }
        let Some(id) = &inspection.sample else { return Ok(()) };
        if samples::find(self.state, &inspection, row.index)?.fit == Fit::OtherLot
            && let Some(first) = rows::<SampleRow>(self.state, Table::Sample, Scan::prefix(&sample_key(id))).next()
        {
            let (key, sample) = first?;
            if let Some((_, index)) = key.split_last_chunk() {
                self.include(u64::from_be_bytes(*index), sample.record);
            }
        }
        Ok(())
    }

    /// Includes the first record of an inspector's key that signed after an accreditation had expired: it shows that the key was at work before,
    /// without which the event would be refused.
    fn signed_late(&mut self, row: &RecordRow) -> Result<(), StateError> {
        let Some(at) = row.event_time.map(|at| at.as_second()) else { return Ok(()) };
        let held: Option<Vec<AccreditationRow>> = get(self.state, Table::Accreditation, row.party.as_bytes())?;
        let late = |one: &AccreditationRow| one.from <= at && at < one.until && one.until <= row.clock;
        if !held.is_some_and(|held| held.iter().any(late)) {
            return Ok(());
        }
        let key: Option<KeyRow> = get(self.state, Table::Key, &row.kid.0)?;
        if let Some((first, _)) = key.and_then(|key| key.first)
            && let Some(first_row) = get::<RecordRow>(self.state, Table::Record, first.as_bytes())?
        {
            self.include(first_row.index, first);
        }
        Ok(())
    }

    /// Includes what was measured of the place of a harvest over a period that may count for it.
    fn monitoring(&mut self, harvest: &Event) -> Result<(), StateError> {
        let days = harvest.ilmd.as_ref().and_then(|ilmd| Some((days(ilmd.harvest_start?), days(ilmd.harvest_end?))));
        let (Some(place), Some((first, last))) = (harvest.gln(), days) else { return Ok(()) };
        let mut commodities = BTreeSet::new();
        for lot in entity_index::lots_of(harvest) {
            let product = row::<ProductRow>(self.state, Table::Product, &lot.gtin.number().to_be_bytes())?;
            commodities.extend(product.map(|product| product.commodity.clone()));
        }
        for commodity in commodities {
            for found in monitored::of_place(self.state, place, &commodity) {
                let (index, row) = found?;
                if row.from <= first && i64::from(last) <= i64::from(row.until) + i64::from(MOST_DAYS) {
                    self.include(index, row.record);
                }
            }
        }
        Ok(())
    }

    fn entity(&mut self, record: &Record, uri: &str, index: u64) -> Result<(), StateError> {
        let of_event = event(record);
        if let Some(event) = of_event.filter(|_| Sscc::from_uri(uri).is_ok()) {
            return if Act::only_remarks(event) { Ok(()) } else { self.goods(uri, index) };
        }
        let of_event = of_event.is_some();
        if uri.starts_with("https://id.gs1.org/417/") || uri.starts_with("urn:jejak:party:") {
            return self.party(uri);
        }
        if uri.starts_with("https://id.gs1.org/414/") || (!of_event && uri.starts_with("https://id.gs1.org/01/")) {
            return self.about(uri);
        }
        Ok(())
    }

    /// Includes the last clock before a record.
    fn clock(&mut self, row: &RecordRow) -> Result<(), StateError> {
        if row.clock_index == 0 || self.found.contains(&row.clock_index) {
            return Ok(());
        }
        self.found.insert(row.clock_index);
        Ok(())
    }

    fn party(&mut self, uri: &str) -> Result<(), StateError> {
        if self.parties.insert(uri.to_owned()) {
            self.about(uri)?;
        }
        Ok(())
    }

    /// Includes the registry statements about an entity.
    fn about(&mut self, uri: &str) -> Result<(), StateError> {
        if !self.statements.insert(uri.to_owned()) {
            return Ok(());
        }
        for entry in entries(self.state, &entity_index::registry_uri(uri)) {
            let entry = entry?;
            let index = entry.index;
            let Some(record) = self.source.record(&entry.record)? else {
                return Err(StateError::new(format!("record {} at {index} is missing", entry.record)));
            };
            self.include(index, record.id);
            if let Payload::Registry(statement) = &record.payload
                && let Statement::Key(key) = &**statement
            {
                self.about(&entity_index::key_uri(&key.key))?;
            }
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }
}
