//! Views of parties, places, products and dates, made from rows.

#[cfg(any(test, feature = "node"))]
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::view::{PartyView, PlaceView, ProductView, SpecificationView};
use crate::chain::rows::{PartyRow, PlaceRow, ProductRow, SpecificationRow};
use crate::chain::state::get;
#[cfg(any(test, feature = "node"))]
use crate::chain::{RecordSource, specification, state::Scan};
use crate::chain::{State, StateError, Table};
use crate::epcis::{Event, QuantityElement};
use crate::gs1::{Amount, BaseUnit, Gln, Gtin, LotId};
use crate::quality::Specification;
use crate::record::registry::{Names, Standing};
use crate::record::{Hash32, Payload, Record};

/// The view of a party; of one that is not enrolled it has only the URI.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn party_view(state: &dyn State, uri: &str) -> Result<PartyView, StateError> {
    Ok(match get::<PartyRow>(state, Table::Party, uri.as_bytes())? {
        Some(row) => of_party(uri, row),
        None => PartyView {
            party: uri.to_owned(),
            name: Names::english(uri),
            legal_form: None,
            roles: Vec::new(),
            country: String::new(),
            region: None,
            registration: None,
            gln: None,
            gln_verified: None,
            looks_like: None,
            contact: None,
            standing: Standing::Active,
            demo: false,
            record: Hash32([0; 32]),
        },
    })
}

pub(super) fn of_party(uri: &str, row: PartyRow) -> PartyView {
    let gln = row.gln.or_else(|| Gln::from_party_uri(uri).ok());
    PartyView {
        party: uri.to_owned(),
        name: row.name,
        legal_form: row.legal_form,
        roles: row.roles.into_iter().collect(),
        country: row.country,
        region: row.region,
        registration: row.registration,
        gln,
        gln_verified: gln.map(|_| row.gln_vouched),
        looks_like: row.looks_like,
        contact: row.contact,
        standing: row.standing,
        demo: row.demo,
        record: row.record,
    }
}

/// The view of a place; `None` when it is not registered.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn place_view(state: &dyn State, gln: Gln) -> Result<Option<PlaceView>, StateError> {
    let row: Option<PlaceRow> = get(state, Table::Place, &gln.number().to_be_bytes())?;
    Ok(row.map(|row| of_place(gln, row)))
}

pub(super) fn of_place(gln: Gln, row: PlaceRow) -> PlaceView {
    PlaceView { gln, name: row.name, kind: row.kind, country: row.country, region: row.region, near: row.near }
}

/// The view of a product; `None` when it is not registered.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn product_view(state: &dyn State, gtin: Gtin) -> Result<Option<ProductView>, StateError> {
    let row: Option<ProductRow> = get(state, Table::Product, &gtin.number().to_be_bytes())?;
    Ok(row.map(|row| of_product(gtin, row)))
}

pub(super) fn of_product(gtin: Gtin, row: ProductRow) -> ProductView {
    ProductView {
        gtin,
        name: row.name,
        commodity: row.commodity,
        form: row.form,
        unit: row.unit,
        net_content: row.net_content,
        hs: row.hs,
        storage: row.storage,
    }
}

/// Views read so far: each is read once.
pub(super) struct ViewCache<'a> {
    pub(super) state: &'a dyn State,
    parties: BTreeMap<String, PartyView>,
    products: BTreeMap<Gtin, Option<ProductView>>,
    places: BTreeMap<Gln, Option<PlaceView>>,
}

impl<'a> ViewCache<'a> {
    pub(super) fn new(state: &'a dyn State) -> ViewCache<'a> {
        ViewCache { state, parties: BTreeMap::new(), products: BTreeMap::new(), places: BTreeMap::new() }
    }

    pub(super) fn party(&mut self, uri: &str) -> Result<PartyView, StateError> {
        if let Some(view) = self.parties.get(uri) {
            return Ok(view.clone());
        }
        let view = party_view(self.state, uri)?;
        self.parties.insert(uri.to_owned(), view.clone());
        Ok(view)
    }

    /// A specification that a party adopted, with the names of its file.
    pub(super) fn specification(
        &mut self,
        party: &str,
        row: &SpecificationRow,
        file: Option<&Specification>,
    ) -> Result<SpecificationView, StateError> {
        let name = file.and_then(|file| file.set.names.clone()).unwrap_or_else(|| Names::english(row.id.as_str()));
        let (id, version) = (row.id.clone(), row.version.clone());
        let party = self.party(party)?;
        Ok(SpecificationView { record: row.record, party, id, version, name, blake3: row.blake3 })
    }

    pub(super) fn any_demo(&self) -> bool {
        self.parties.values().any(|party| party.demo)
    }

    /// The product, which every admitted lot has.
    pub(super) fn product(&mut self, gtin: Gtin) -> Result<ProductView, StateError> {
        let view = self.known_product(gtin)?.cloned();
        view.ok_or_else(|| StateError::new(format!("no product row for {gtin}, which has lots")))
    }

    /// The product, if it is known: a proof has only those that it needs.
    pub(super) fn known_product(&mut self, gtin: Gtin) -> Result<Option<&ProductView>, StateError> {
        if !self.products.contains_key(&gtin) {
            let view = product_view(self.state, gtin)?;
            self.products.insert(gtin, view);
        }
        Ok(self.products.get(&gtin).and_then(Option::as_ref))
    }

    /// The base units of amounts of these lots, by product: as the event states them, which may remark on lots of which a proof knows no
    /// product; of what a container holds, that of the product.
    pub(super) fn units<'l>(
        &mut self,
        event: &Event,
        lots: impl Iterator<Item = &'l LotId>,
    ) -> Result<BTreeMap<Gtin, BaseUnit>, StateError> {
        let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
        let stated: BTreeMap<Gtin, BaseUnit> = lists
            .into_iter()
            .flatten()
            .filter(|element| element.quantity.is_some())
            .filter_map(|element| Some((LotId::from_uri(&element.epc_class).ok()?.gtin, element.unit()?.base().0)))
            .collect();
        let mut units = BTreeMap::new();
        for gtin in lots.map(|lot| lot.gtin).collect::<BTreeSet<Gtin>>() {
            let unit = match stated.get(&gtin) {
                Some(unit) => Some(*unit),
                None => self.known_product(gtin)?.map(|product| product.unit),
            };
            units.extend(unit.map(|unit| (gtin, unit)));
        }
        Ok(units)
    }

    pub(super) fn place_at(&mut self, gln: Gln) -> Result<Option<PlaceView>, StateError> {
        if let Some(view) = self.places.get(&gln) {
            return Ok(view.clone());
        }
        let view = place_view(self.state, gln)?;
        self.places.insert(gln, view.clone());
        Ok(view)
    }

    /// The place of an event: its read point, else its business location.
    pub(super) fn place(&mut self, event: &Event) -> Result<Option<PlaceView>, StateError> {
        for place in [&event.read_point, &event.biz_location].into_iter().flatten() {
            if let Ok(gln) = Gln::from_uri(&place.id)
                && let Some(view) = self.place_at(gln)?
            {
                return Ok(Some(view));
            }
        }
        Ok(None)
    }

    /// The amounts of a list, in base units; elements without a quantity are left out.
    pub(super) fn amounts(&self, list: &[QuantityElement]) -> Vec<(LotId, Amount)> {
        list.iter().filter_map(|element| Some((LotId::from_uri(&element.epc_class).ok()?, element.amount()?))).collect()
    }
}

/// A specification of a party, and what it is for.
#[cfg(any(test, feature = "node"))]
#[derive(Debug, Clone)]
pub struct OfParty {
    /// The commodity it is for.
    pub commodity: String,
    /// What it is.
    pub view: SpecificationView,
    /// When it was replaced or withdrawn, Unix seconds.
    pub until: Option<i64>,
}

/// At most `most` specifications that a party adopted: those in force first, the newest of them first; then those that ended, in the same
/// way. The files of these alone are read.
///
/// # Errors
/// [`StateError`] when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn specifications_of(
    state: &dyn State,
    source: &dyn RecordSource,
    party: &str,
    most: usize,
) -> Result<Vec<OfParty>, StateError> {
    let prefix = [party.as_bytes(), &[0]].concat();
    let mut adopted = specification::listed(state, Scan::prefix(&prefix)).collect::<Result<Vec<_>, StateError>>()?;
    adopted.sort_by_key(|(at, row)| (row.ended.is_some(), Reverse(at.index)));
    adopted.truncate(most);
    let mut parts = ViewCache::new(state);
    let found = adopted.into_iter().map(|(at, row)| {
        let file = source.specification(&row.blake3);
        let view = parts.specification(party, &row, file.as_deref())?;
        Ok(OfParty { commodity: at.commodity, view, until: row.ended.map(|(_, clock)| clock) })
    });
    found.collect()
}

/// The event of a record.
pub(super) fn event(record: &Record) -> Option<&Event> {
    match &record.payload {
        Payload::Event(event) => Some(event),
        Payload::Registry(_) => None,
    }
}

/// `YYYY-MM-DD` of days since 1970-01-01.
pub(super) fn date(days: i32) -> Option<String> {
    crate::chain::times::date(days).map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use super::*;
    use crate::chain::ProfileSource;
    use crate::chain::testing::{MILL, SAMPLED, SPECIFIED, STRICTER, VILLAGE, World};
    use crate::quality::Criteria;
    use crate::record::RecordId;

    /// Counts the files that are read.
    struct Counted<'a>(&'a World, Cell<usize>);

    impl ProfileSource for Counted<'_> {
        fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
            self.1.set(self.1.get() + 1);
            self.0.criteria(blake3)
        }
    }

    impl RecordSource for Counted<'_> {
        fn record(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StateError> {
            self.0.record(id)
        }
    }

    #[test]
    fn specifications_of_a_party_are_listed_newest_first_and_only_their_files_are_read() {
        let mut w = World::new();
        let first = w.adopt(VILLAGE, SPECIFIED, None);
        let second = w.adopt(VILLAGE, STRICTER, Some(first));
        let third = w.adopt(VILLAGE, SAMPLED, Some(second));
        w.adopt(MILL, SPECIFIED, None);
        for (most, wanted) in [(9, vec![third, second, first]), (2, vec![third, second]), (0, vec![])] {
            let source = Counted(&w, Cell::new(0));
            let found = specifications_of(&w.state, &source, VILLAGE, most).unwrap();
            let records: Vec<RecordId> = found.iter().map(|adopted| adopted.view.record).collect();
            assert_eq!((records, source.1.get()), (wanted.clone(), wanted.len()));
            assert!(found.iter().all(|adopted| adopted.until.is_some() == (adopted.view.record != third)));
        }
    }
}
