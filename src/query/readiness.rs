//! What the log says of a lot and its makers, for what is still missing before it may go to a market (`guide::readiness`).
//!
//! All records of the lot and of what it was made from are read, so that no document is overlooked. What it is not: the answer.

use std::collections::{BTreeMap, BTreeSet};

use super::journey::records;
use super::kit::{enrollers_places, own_places};
use super::parts::{ViewCache, event, party_view};
use super::view::PartyView;
use super::walk::ancestors;
use crate::chain::authority::shared_ledger;
use crate::chain::keys::keys_of;
use crate::chain::lineage::{Inherited, Lineage};
use crate::chain::market::MarketFrom;
use crate::chain::rows::{CertificateRow, KeyRow, LotRow, MandateRow, PartyRow, RecordRow, lot_key, mandate_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::statements::profiles_in_force;
use crate::chain::{Act, RecordSource, State, StateError, Table, certificate, marks, words};
use crate::epcis::Event;
use crate::gs1::LotId;
use crate::guide::condition::{OriginField, PartyField, ProductField, StatedField};
use crate::guide::{Facts, Origin, Paper, Tests};
use crate::quality::Completeness;
use crate::quality::profile::PARAMETER;
use crate::record::RecordId;
use crate::record::registry::Purpose;

/// Most mandates of a maker that are read.
const MOST_MANDATES: usize = 200;
/// Most keys of a party that are read, those in force first.
const MOST_KEYS: usize = 200;

/// What the log says of a lot.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The lot's commodity.
    pub commodity: String,
    /// Its form.
    pub form: String,
    /// The market, and the groups of countries that it is in.
    pub markets: Vec<String>,
    /// The market for which the lot is judged, whichever was asked for.
    pub judged_for: String,
    /// What is said.
    pub facts: Facts,
}

/// What the log says of `lot` for `market`; `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn gather(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    market: &str,
) -> Result<Option<Gathered>, StateError> {
    let mut lineage = Lineage::new(state, source).for_market(market);
    let Some(known) = lineage.of(lot)?.cloned() else { return Ok(None) };
    let mut parts = ViewCache::new(state);
    let family: Vec<LotId> = ancestors(state, lot)?.into_iter().map(|(lot, _)| lot).collect();
    let product = parts.product(lot.gtin)?;
    let maker = parts.party(&known.row.maker)?;

    let mut facts = Facts { claims: known.claims.iter().cloned().collect(), ..Facts::default() };
    facts.specified = !known.specifications.is_empty();
    tested(&known, &mut facts);
    of_records(&mut parts, source, &family, &mut facts)?;
    let mut makers: BTreeSet<String> = BTreeSet::from([known.row.maker.clone()]);
    for ancestor in &family {
        makers.extend(get::<LotRow>(state, Table::Lot, &lot_key(ancestor))?.map(|row| row.maker));
    }
    for party in &makers {
        of_party(&mut parts, party, &mut facts)?;
    }
    facts.party = of_statement(state, &maker)?;
    let said = [(ProductField::Hs, product.hs.is_some()), (ProductField::NetContent, product.net_content.is_some())];
    facts.product = said.into_iter().filter(|(_, there)| *there).map(|(field, _)| field).collect();
    let (judged_for, from) = known.markets.judged();
    let said = [
        (StatedField::Market, from != MarketFrom::Default),
        (StatedField::BestBefore, known.row.provenance.best_before().is_some()),
    ];
    facts.stated = said.into_iter().filter(|(_, there)| *there).map(|(field, _)| field).collect();
    let markets = with_groups(state, source, &product.commodity, market)?;
    let judged_for = judged_for.to_owned();
    Ok(Some(Gathered { commodity: product.commodity, form: product.form, markets, judged_for, facts }))
}

/// The market for which a lot is judged; `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn own_market(state: &dyn State, source: &dyn RecordSource, lot: &LotId) -> Result<Option<String>, StateError> {
    let mut lineage = Lineage::new(state, source);
    Ok(lineage.inherited(lot)?.map(|known| known.markets.judged().0.to_owned()))
}

/// A market, and the groups that the profiles of a commodity count it to.
pub(super) fn with_groups(
    state: &dyn State,
    source: &dyn RecordSource,
    commodity: &str,
    market: &str,
) -> Result<Vec<String>, StateError> {
    let mut found = vec![market.to_owned()];
    let clock = shared_ledger(state)?.clock;
    for profile in profiles_in_force(state, source, commodity, clock)? {
        for (group, countries) in &profile.market_groups {
            if countries.iter().any(|country| country == market) && !found.contains(group) {
                found.push(group.clone());
            }
        }
    }
    Ok(found)
}

fn tested(known: &Inherited, facts: &mut Facts) {
    facts.passed = known.results.counted.passed().map(str::to_owned).collect();
    let open = known.failures.iter().filter(|failure| failure.cleared_by.is_none());
    let id = |uri: &str| uri.strip_prefix(PARAMETER).unwrap_or(uri).to_owned();
    facts.failed = open.map(|failure| id(&failure.parameter)).collect();
    facts.tests = match &known.completeness {
        _ if !facts.failed.is_empty() || known.more_failed => Tests::Failed,
        // a list that only advises is as much as is known of the market
        Some(Completeness::Complete { .. }) => Tests::Complete,
        _ => Tests::Lacking,
    };
}

/// Acts, harvests and documents of the records about the lot and what it was made from.
fn of_records(
    parts: &mut ViewCache<'_>,
    source: &dyn RecordSource,
    family: &[LotId],
    facts: &mut Facts,
) -> Result<(), StateError> {
    let mut standing = Vec::new();
    for (id, act) in records(parts.state, family)?.into_values() {
        let Some(row) = get::<RecordRow>(parts.state, Table::Record, id.as_bytes())? else { continue };
        // what was voided, or a thief signed, closes nothing
        if act == Act::Correct || row.voided_by.is_some() || marks::marked(parts.state, &row)? {
            continue;
        }
        standing.push((id, act, row, source.record(&id)?));
    }
    // nor does a signature that the other side rejected, with its files, nor the rejection
    let events = || standing.iter().filter_map(|(_, _, _, record)| event(record.as_deref()?));
    let rejected: BTreeSet<RecordId> =
        events().filter_map(|event| event.ext.rejects.as_deref()?.parse().ok()).collect();
    let mut acts: BTreeMap<Act, RecordId> = BTreeMap::new();
    for (id, act, row, record) in &standing {
        let (id, event) = (*id, record.as_deref().and_then(event));
        if rejected.contains(&id) || event.is_some_and(|event| event.ext.rejects.is_some()) {
            continue;
        }
        acts.insert(*act, id);
        let Some(event) = event else { continue };
        let by = parts.party(row.on_behalf.as_deref().unwrap_or(&row.party))?.name;
        if *act == Act::Harvest {
            facts.origins.push(origin(event));
        }
        facts.documents.extend(event.ext.evidence.iter().map(|evidence| Paper {
            kind: evidence.document_type.clone(),
            title: Some(evidence.title.clone()),
            number: evidence.number.clone(),
            issuer: evidence.issuer.clone(),
            from: evidence.from,
            until: evidence.until,
            by: by.clone(),
            record: id,
        }));
        facts.documents.extend(event.documents().filter_map(|document| {
            Some(Paper {
                kind: document.kind?.to_owned(),
                title: None,
                number: document.more.and_then(|more| more.number.clone()),
                issuer: document.more.and_then(|more| more.issuer.clone()),
                from: None,
                until: document.more.and_then(|more| more.until),
                by: by.clone(),
                record: id,
            })
        }));
    }
    facts.acts = acts.into_iter().map(|(act, id)| (act.name().to_owned(), id)).collect();
    Ok(())
}

fn origin(event: &Event) -> Origin {
    let Some(ilmd) = &event.ilmd else { return Origin::default() };
    let said = [
        (OriginField::Village, ilmd.village.is_some()),
        (OriginField::Gear, ilmd.gear.is_some()),
        (OriginField::Dates, ilmd.harvest_start.is_some() && ilmd.harvest_end.is_some()),
        (OriginField::Plots, !ilmd.plots.is_empty()),
        (OriginField::CatchCertificate, ilmd.catch_certificate.is_some()),
    ];
    let stated = said.into_iter().filter(|(_, there)| *there).map(|(field, _)| field).collect();
    Origin { stated, gear: ilmd.gear.clone() }
}

/// The certificates of a party, oldest first.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn certificates(state: &dyn State, party: &str) -> Result<Vec<Paper>, StateError> {
    let day = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    let paper = |row: CertificateRow| {
        Ok(Paper {
            from: day(&row.from),
            until: day(&row.until),
            kind: row.kind,
            title: None,
            number: row.number,
            issuer: Some(row.issuer),
            by: party_view(state, &row.by)?.name,
            record: row.record,
        })
    };
    certificate::of_party(state, party)?.into_iter().map(paper).collect()
}

/// What the ledger has of a party that is enrolled; nothing of another.
fn of_statement(state: &dyn State, party: &PartyView) -> Result<BTreeSet<PartyField>, StateError> {
    let Some(row) = get::<PartyRow>(state, Table::Party, party.party.as_bytes())? else { return Ok(BTreeSet::new()) };
    let keys: Vec<KeyRow> = keys_of(state, &party.party, MOST_KEYS)?.into_iter().map(|(_, key)| key).collect();
    let in_force = || keys.iter().filter(|key| key.revoked.is_none());
    let place = party.gln.is_some()
        || !own_places(state, &party.party, &row, 1)?.is_empty()
        || !enrollers_places(state, &party.party, &row, 1)?.is_empty();
    let said = [
        (PartyField::Enrolled, true),
        (PartyField::Key, in_force().next().is_some()),
        (PartyField::SecondPhone, in_force().filter(|key| key.purpose == Purpose::Admin).nth(1).is_some()),
        (PartyField::Product, words::products_of(state, &party.party).next().transpose()?.is_some()),
        (PartyField::Place, place),
        (PartyField::LegalForm, party.legal_form.is_some()),
        (PartyField::Registration, party.registration.is_some()),
        (PartyField::Region, party.region.is_some()),
        (PartyField::Gln, party.gln.is_some()),
    ];
    Ok(said.into_iter().filter(|(_, there)| *there).map(|(field, _)| field).collect())
}

/// What the log says of a party alone, without any lot.
pub(super) fn of_party_alone(state: &dyn State, party: &str) -> Result<Facts, StateError> {
    let mut parts = ViewCache::new(state);
    let view = parts.party(party)?;
    let mut facts = Facts { party: of_statement(state, &view)?, ..Facts::default() };
    of_party(&mut parts, party, &mut facts)?;
    Ok(facts)
}

/// Certificates and mandates of a maker.
fn of_party(parts: &mut ViewCache<'_>, party: &str, facts: &mut Facts) -> Result<(), StateError> {
    facts.certificates.extend(certificates(parts.state, party)?);
    let clock = shared_ledger(parts.state)?.clock;
    let prefix = mandate_key(party, "");
    for row in rows::<MandateRow>(parts.state, Table::Mandate, Scan::prefix(&prefix)).take(MOST_MANDATES) {
        let (_, mandate) = row?;
        if clock < mandate.until {
            facts.mandates.extend(mandate.acts);
        }
    }
    Ok(())
}
