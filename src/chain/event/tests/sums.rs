//! What is kept as a sum or count, against the rows that it counts.

use std::collections::BTreeMap;

use crate::chain::rows::*;
use crate::chain::state::{Scan, rows};
use crate::chain::testing::World;
use crate::chain::{State, Table};
use crate::gs1::{Amount, Sscc};
use crate::record::Hash32;

impl World {
    /// `produced = held + packed + in transit + consumed + adjusted + lost + delivered`, for every lot; and what is kept as a sum or
    /// count is that of the rows.
    pub fn assert_conserved(&self) {
        let containers: BTreeMap<Sscc, ContainerRow> = self
            .all::<ContainerRow>(Table::Container)
            .into_iter()
            .map(|(key, row)| {
                let number = u64::from_be_bytes(key.try_into().unwrap());
                (format!("{number:018}").parse().unwrap(), row)
            })
            .collect();
        let root = |mut sscc: Sscc| {
            while let Some(parent) = containers[&sscc].parent {
                sscc = parent;
            }
            &containers[&sscc].at
        };
        for (sscc, row) in &containers {
            let nested = row.children.iter().map(|child| containers[child].load + 1).sum::<u32>();
            assert_eq!(row.load, row.contents.len() as u32 + nested, "load of {sscc}");
        }
        let transits = self.all::<TransitRow>(Table::Transit);
        let stowed = self.all::<Amount>(Table::Stowed);
        for (key, row) in self.all::<LotRow>(Table::Lot) {
            let lot = crate::query::lot_of_key(&key).unwrap();
            let prefix = under_lot(&lot, b"");
            let mut sum = row.consumed.micros() + row.adjusted.micros() + row.lost.micros() + row.delivered.micros();
            let (mut counts, mut short, mut packed) = (Counts::default(), 0, BTreeMap::<String, i128>::new());
            let mut found = BTreeMap::new();
            for held in rows::<HoldingRow>(&self.state, Table::Holding, Scan::prefix(&prefix)) {
                let (key, held) = held.unwrap();
                sum += held.loose.micros();
                short += (-held.loose.micros()).max(0);
                counts.holders += u32::from(!held.loose.is_zero());
                packed.insert(String::from_utf8(key[prefix.len()..].to_vec()).unwrap(), -held.packed.micros());
            }
            for (sscc, container) in &containers {
                for (_, amount) in container.contents.iter().filter(|(of, _)| *of == lot) {
                    sum += amount.micros();
                    short += (-amount.micros()).max(0);
                    counts.containers += 1;
                    found.insert(stowed_key(&lot, Stowed::Container(*sscc)), *amount);
                    if let At::Party(party) = root(*sscc) {
                        *packed.entry(party.clone()).or_default() += amount.micros();
                    }
                }
            }
            for (id, transit) in &transits {
                for (_, amount) in transit.loose.iter().filter(|(of, _)| *of == lot) {
                    sum += amount.micros();
                    counts.shipments += 1;
                    let id = Hash32(id.as_slice().try_into().unwrap());
                    found.insert(stowed_key(&lot, Stowed::Shipment(id)), *amount);
                }
            }
            assert_eq!(row.produced.micros(), sum, "lot {lot} is out of balance: {row:?}");
            assert_eq!(row.short.micros(), short, "what lot {lot} has below zero: {row:?}");
            assert!(
                packed.values().all(|gap| *gap == 0),
                "packed of {lot}, at its place less what is kept: {packed:?}"
            );
            let listed = stowed.iter().filter(|(key, _)| key.starts_with(&prefix)).cloned().collect();
            assert_eq!(found, listed, "where lot {lot} is stowed");
            let under = |table: Table| State::scan(&self.state, table, Scan::prefix(&prefix)).count() as u32;
            counts.uses = under(Table::Use) + u32::from(row.first_use.is_some());
            counts.failures = under(Table::Failure);
            let of_lot = |(key, _): &(Vec<u8>, InspectionRow)| key.starts_with(&prefix);
            for (_, inspection) in self.all::<InspectionRow>(Table::Inspection).iter().filter(|row| of_lot(row)) {
                let (stands, tests) = (!inspection.voided, !inspection.voided && !inspection.own);
                counts.standing += u32::from(stands);
                counts.tested += u32::from(tests);
            }
            assert_eq!(row.counts, counts, "lot {lot}: {row:?}");
            let parts = under(Table::Part) + u32::from(row.provenance.first().is_some());
            assert_eq!(row.provenance.parts(), parts, "parts of the provenance of lot {lot}");
            let mut others = row.provenance.clone();
            let further: Vec<ProvenancePart> =
                rows(&self.state, Table::Part, Scan::prefix(&prefix)).map(|row| row.unwrap().1).collect();
            others.set_others(&further);
            assert_eq!(row.provenance, others, "provenance of lot {lot}");
            let seen = crate::query::walk::ancestors(&self.state, &lot).unwrap().len() - 1;
            assert!(seen <= row.ancestors as usize, "lot {lot} has {seen} ancestors: {row:?}");
        }
    }
}
