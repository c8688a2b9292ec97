//! The records of a shipment's folder, in the order of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::looked_through;
use crate::chain::entity_index::{newest_records, shipment_uri};
use crate::chain::rows::{RecordRow, TransitRow};
use crate::chain::state::get;
use crate::chain::{Act, RecordSource, State, StateError, Table, marks};
use crate::epcis::Event;
use crate::gs1::LotId;
use crate::query::parts::event;
use crate::query::walk::ancestors;
use crate::record::{Record, RecordId};

/// Most records that name the shipment.
const MOST_OF_SHIPMENT: usize = 1_000;
/// Most records of one lot or container that are read.
const MOST_OF_GOODS: usize = 200;
/// Most records of goods that are read in all.
const MOST_READ: usize = 3_000;
/// Most lots that the goods were made of, whose visits are read.
const MOST_ANCESTORS: usize = 100;

/// A record of a folder.
pub(super) struct Found {
    pub(super) id: RecordId,
    pub(super) row: Arc<RecordRow>,
    record: Arc<Record>,
    /// It names the shipment, or goods that it carries: not only what these were made of.
    pub(super) of_shipment: bool,
}

/// What a rejection took back, under the documents that it names: the record and the document.
pub(super) type Rejected = BTreeSet<(RecordId, String)>;

impl Found {
    pub(super) fn event(&self) -> Option<&Event> {
        event(&self.record)
    }
}

/// What was found of a shipment.
pub(super) struct Gathered {
    /// By index.
    pub(super) records: BTreeMap<u64, Found>,
    pub(super) more: bool,
}

struct Gathering<'a> {
    state: &'a dyn State,
    source: &'a dyn RecordSource,
    any_marked: bool,
    id: RecordId,
    transit: &'a TransitRow,
    /// From the shipment to what closed it.
    way: (u64, u64),
    found: Gathered,
    read: usize,
}

pub(super) fn gather(
    state: &dyn State,
    source: &dyn RecordSource,
    id: RecordId,
    row: &RecordRow,
    transit: &TransitRow,
) -> Result<Gathered, StateError> {
    let closed = match &transit.closed {
        Some((by, _)) => get::<RecordRow>(state, Table::Record, by.as_bytes())?.map(|row| row.index),
        None => None,
    };
    let found = Gathered { records: BTreeMap::new(), more: false };
    let any_marked = marks::any_marked(state)?;
    let way = (row.index, closed.unwrap_or(u64::MAX));
    let mut gathering = Gathering { state, source, any_marked, id, transit, way, found, read: 0 };
    gathering.of_shipment()?;
    gathering.of_goods()?;
    gathering.of_ancestors()?;
    Ok(gathering.found)
}

impl Gathered {
    /// What the other side did not accept.
    pub(super) fn rejected(&self) -> Rejected {
        let mut rejected = Rejected::new();
        for event in self.records.values().filter_map(Found::event) {
            let Some(id) = event.ext.rejects.as_deref().and_then(|id| id.parse().ok()) else { continue };
            rejected.extend(event.transactions.iter().map(|document| (id, document.id.clone())));
        }
        rejected
    }
}

impl Gathering<'_> {
    /// A record, unless it was voided, signed with a stolen key, or is the void of another.
    fn standing(&self, id: &RecordId, row: &RecordRow) -> Result<Option<Arc<Record>>, StateError> {
        let counts =
            row.act != Act::Correct && row.voided_by.is_none() && !(self.any_marked && marks::marked(self.state, row)?);
        if counts { self.source.record(id) } else { Ok(None) }
    }

    fn add(&mut self, id: RecordId, row: Arc<RecordRow>, record: Arc<Record>, of_shipment: bool) {
        let index = row.index;
        let kept = self.found.records.entry(index).or_insert(Found { id, row, record, of_shipment });
        kept.of_shipment |= of_shipment;
    }

    fn of_shipment(&mut self) -> Result<(), StateError> {
        for (read, named) in newest_records(self.state, &shipment_uri(&self.id.to_string()), u64::MAX).enumerate() {
            let (entry, row) = named?;
            if read == MOST_OF_SHIPMENT {
                self.found.more = true;
                break;
            }
            let Some(record) = self.standing(&entry.record, &row)? else { continue };
            self.add(entry.record, row, record, true);
        }
        Ok(())
    }

    fn of_goods(&mut self) -> Result<(), StateError> {
        let lots = looked_through(self.transit).into_iter().map(LotId::uri);
        let containers = self.transit.containers.iter().map(|sscc| sscc.uri()).take(super::MOST_LOTS);
        for uri in lots.collect::<Vec<String>>() {
            self.about(&uri, |this, event, act, index| this.goes_with_it(event, act, index), true)?;
        }
        // a container may have carried other goods before, and others after
        for uri in containers.collect::<Vec<String>>() {
            let on_its_way = |this: &Self, index| this.way.0 < index && index < this.way.1;
            self.about(
                &uri,
                |this, event, act, index| on_its_way(this, index) && this.goes_with_it(event, act, index),
                true,
            )?;
        }
        Ok(())
    }

    /// Visits to what the goods were made of.
    fn of_ancestors(&mut self) -> Result<(), StateError> {
        let mut above: BTreeSet<LotId> = BTreeSet::new();
        for lot in looked_through(self.transit) {
            for (ancestor, depth) in ancestors(self.state, lot)? {
                if depth > 0 && above.len() < MOST_ANCESTORS {
                    above.insert(ancestor);
                } else if depth > 0 {
                    self.found.more |= !above.contains(&ancestor);
                }
            }
        }
        for lot in above {
            self.about(&lot.uri(), |_, event, _, _| event.ext.visit.is_some(), false)?;
        }
        Ok(())
    }

    fn about(
        &mut self,
        uri: &str,
        fits: impl Fn(&Self, &Event, Act, u64) -> bool,
        of_shipment: bool,
    ) -> Result<(), StateError> {
        for (read, named) in newest_records(self.state, uri, u64::MAX).enumerate() {
            let (entry, row) = named?;
            if read == MOST_OF_GOODS || self.read == MOST_READ {
                self.found.more = true;
                break;
            }
            self.read += 1;
            if self.found.records.contains_key(&entry.index) {
                continue;
            }
            let Some(record) = self.standing(&entry.record, &row)? else { continue };
            if event(&record).is_some_and(|event| fits(self, event, entry.act, entry.index)) {
                self.add(entry.record, row, record, of_shipment);
            }
        }
        Ok(())
    }

    /// Whether a record about goods of the shipment, which does not name it, goes with it.
    fn goes_with_it(&self, event: &Event, act: Act, index: u64) -> bool {
        if event.ext.shipment.is_some() && matches!(act, Act::Trade | Act::Observe) {
            return false;
        }
        let ext = &event.ext;
        match act {
            // a sum that was paid for other goods of the lot is none of this shipment
            Act::Trade if event.is_payment() => false,
            // an order or a contract may come before the shipment
            Act::Trade => {
                let buyer = event.destinations.iter().find(|end| end.kind == "owning_party");
                buyer.is_none_or(|end| end.id == self.transit.to)
            }
            Act::Observe if ext.visit.is_some() => true,
            Act::Observe => self.way.0 < index && index < self.way.1,
            // a certificate that was attached to another record
            _ => ext.evidence.iter().any(|file| file.number.is_some() || file.issuer.is_some()),
        }
    }
}
