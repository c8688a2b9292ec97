//! The view of one lot: its state, its journey, its tests, its holds and its findings, ancestors included.

use std::collections::{BTreeMap, BTreeSet};

use super::journey::{self, Journey};
use super::parts::{ViewCache, date};
#[cfg(any(test, feature = "node"))]
use super::view::Step;
use super::view::{Holding, JudgedFor, LotState, LotView, MonitoringView, Omitted, OriginView};
use super::walk::ancestors;
use crate::chain::cleared;
use crate::chain::lineage::{self, Inherited, Lineage};
#[cfg(any(test, feature = "node"))]
use crate::chain::rows::RecordRow;
use crate::chain::rows::{At, ContainerRow, HoldingRow, LotRow, Origin, Stowed, TransitRow, under_lot};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{Act, Finding, RecordSource, Rule, Severity, State, StateError, Table, lot_reads};
use crate::epcis::profile::is_party;
use crate::gs1::{Amount, Gtin, LotId, Sscc};
use crate::record::RecordId;

/// Most lots made from a lot that its view lists. The impact lists all, page by page.
pub const MOST_CHILDREN: usize = 100;
/// Most lots that it was made from. The trace lists all.
const MOST_PARENTS: usize = 100;
/// Most harvests it comes from.
const MOST_ORIGINS: usize = 100;
/// Most places where it is.
const MOST_PLACES: usize = 100;
/// Most specifications that gate it.
pub(super) const MOST_SPECIFICATIONS: usize = 20;
/// Most findings of each severity: the newest.
const MOST_FINDINGS: usize = 100;
/// Most parties that only findings and places name.
const MOST_OTHERS: usize = 200;
/// Most records of monitoring: the newest.
const MOST_MONITORING: usize = 20;
/// Most lots that a finding names.
const MOST_LOTS: usize = 50;

/// What there is to know about a lot, of a bounded size; `None` when it was never made.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn lot_view(state: &dyn State, source: &dyn RecordSource, lot: &LotId) -> Result<Option<LotView>, StateError> {
    let mut lineage = Lineage::new(state, source);
    let Some(known) = lineage.of(lot)?.cloned() else { return Ok(None) };
    let mut parts = ViewCache::new(state);
    let family: Vec<LotId> = ancestors(state, lot)?.into_iter().map(|(lot, _)| lot).collect();
    let product = parts.product(lot.gtin)?;
    let maker = parts.party(&known.row.maker)?;
    let mut omitted = Omitted::default();
    let Journey { steps, inspections, holds } = journey::shown(&mut parts, source, &family, &known, &mut omitted)?;

    // a remark may name goods of which a proof knows nothing
    let made = steps.iter().filter(|step| step.act == Act::Process).flat_map(|step| step.units.keys().copied());
    let gtins: BTreeSet<Gtin> = family.iter().map(|lot| lot.gtin).chain(made).collect();
    let mut commodities = BTreeSet::new();
    for gtin in gtins {
        commodities.insert(parts.product(gtin)?.commodity);
    }

    let states = known.states();
    let row = &known.row;
    let held = whereabouts(state, lot, row, MOST_PLACES)?;
    let counts = [row.counts.holders, row.counts.containers, row.counts.shipments];
    omitted.held = counts.into_iter().map(|count| count as usize).sum::<usize>().saturating_sub(held.len());
    omitted.origins = known.origins.len().saturating_sub(MOST_ORIGINS);
    let mut parents: Vec<LotId> = lot_reads::parents(state, row)?.into_iter().collect();
    omitted.parents = parents.len().saturating_sub(MOST_PARENTS);
    parents.truncate(MOST_PARENTS);
    let findings = findings(&mut lineage, lot, &family, &mut omitted)?;
    let mut named: BTreeSet<&str> = held.iter().map(|held| held.party.as_str()).collect();
    let facts = steps.iter().flat_map(|step| &step.facts);
    let values = findings.iter().flat_map(|finding| &finding.args).chain(facts).map(|(_, value)| value.as_str());
    named.extend(values.filter(|value| is_party(value)));
    let others = named.into_iter().take(MOST_OTHERS).map(|uri| parts.party(uri)).collect::<Result<_, _>>()?;
    let (children, more_children) = lot_reads::children(state, lot, row, MOST_CHILDREN)?;
    Ok(Some(LotView {
        lot: lot.clone(),
        uri: lot.uri(),
        product,
        maker,
        produced: row.produced,
        present: present(row),
        held,
        labelled: row.labelled,
        mode: known.mode,
        claims: known.claims.iter().cloned().collect(),
        best_before: row.provenance.best_before().and_then(date),
        harvested: harvested(&known.origins),
        origins: origins(&mut parts, &known.origins)?,
        parents,
        children: children.into_iter().collect(),
        more_children,
        headline: states.first().copied().unwrap_or(LotState::NotInspected),
        states,
        judged: judged_for(&mut parts, &known, &mut omitted.specifications)?,
        inspections,
        holds,
        findings,
        steps,
        omitted,
        others,
        commodities,
        demo: parts.any_demo(),
    }))
}

/// Parameters whose results count for a lot by the ledger's last clock, and have expired at `now` (Unix seconds): what a proof that was
/// made some time ago can't show by itself.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn expired(state: &dyn State, source: &dyn RecordSource, lot: &LotId, now: i64) -> Result<Vec<String>, StateError> {
    let counted = |mut lineage: Lineage<'_>| -> Result<BTreeSet<String>, StateError> {
        let known = lineage.of(lot)?;
        Ok(known.into_iter().flat_map(|known| known.results.counted.measured().map(str::to_owned)).collect())
    };
    let then = counted(Lineage::new(state, source))?;
    let now = counted(Lineage::new(state, source).at(now)?)?;
    Ok(then.difference(&now).cloned().collect())
}

/// The statements of the specifications that were in force for the goods of a lot: their bytes belong to its proof.
///
/// # Errors
/// [`StateError`] when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn specifications(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
) -> Result<BTreeSet<RecordId>, StateError> {
    let mut lineage = Lineage::new(state, source);
    let known = lineage.of(lot)?;
    Ok(known.iter().flat_map(|known| known.specified.iter().copied()).collect())
}

fn judged_for(parts: &mut ViewCache<'_>, known: &Inherited, omitted: &mut usize) -> Result<JudgedFor, StateError> {
    let (market, market_from) = known.markets.judged();
    let mut monitoring = Vec::new();
    let skipped = known.monitored.len().saturating_sub(MOST_MONITORING);
    for record in known.monitored.iter().skip(skipped) {
        let (Some(from), Some(until)) = (date(record.from), date(record.until)) else { continue };
        monitoring.push(MonitoringView {
            record: record.record,
            by: parts.party(&record.by)?,
            place: parts.place_at(record.place)?,
            from,
            until,
            covers: record.passed.clone(),
            failed: record.failed.clone(),
        });
    }
    let gating = known.specifications.iter().take(MOST_SPECIFICATIONS);
    *omitted = known.specifications.len().saturating_sub(MOST_SPECIFICATIONS);
    let specifications = gating
        .map(|adopted| parts.specification(&adopted.party, &adopted.row, adopted.file.as_deref()))
        .collect::<Result<_, _>>()?;
    Ok(JudgedFor {
        market: market.to_owned(),
        market_from,
        specifications,
        tested: known.results.counted.measured().map(str::to_owned).collect(),
        completeness: known.completeness.clone(),
        monitoring,
    })
}

/// Some records of a journey, and the last of them if there are more.
#[cfg(any(test, feature = "node"))]
pub type StepsPage = (Vec<Step>, Option<u64>);

/// One page of a lot's journey: at most `most` records after entry `after`, oldest first, and the last entry if there are more.
///
/// # Errors
/// [`StateError`] when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn steps(
    state: &dyn State,
    source: &dyn RecordSource,
    lot: &LotId,
    after: Option<u64>,
    most: usize,
) -> Result<Option<StepsPage>, StateError> {
    let family: Vec<LotId> = ancestors(state, lot)?.into_iter().map(|(lot, _)| lot).collect();
    if family.is_empty() {
        return Ok(None);
    }
    journey::page(&mut ViewCache::new(state), source, &family, after, most).map(Some)
}

/// At most `most` places where a lot's quantity is now. The rows of parties that have nothing of it stay: what is read ends with the last one that has some.
pub(super) fn whereabouts(
    state: &dyn State,
    lot: &LotId,
    known: &LotRow,
    most: usize,
) -> Result<Vec<Holding>, StateError> {
    let prefix = under_lot(lot, b"");
    let counts = &known.counts;
    let mut held = Vec::new();
    let mut holders = counts.holders;
    let mut holdings = rows::<HoldingRow>(state, Table::Holding, Scan::prefix(&prefix));
    while holders > 0
        && held.len() < most
        && let Some(row) = holdings.next()
    {
        let (key, holding) = row?;
        if holding.loose.is_zero() {
            continue;
        }
        holders -= 1;
        let party = String::from_utf8_lossy(&key[prefix.len()..]).into_owned();
        held.push(Holding { party, container: None, shipment: None, amount: holding.loose });
    }
    let stowed = counts.containers.saturating_add(counts.shipments) as usize;
    let stowed = stowed.min(most - held.len());
    for row in rows::<Amount>(state, Table::Stowed, Scan::prefix(&prefix)).take(stowed) {
        let (key, amount) = row?;
        match key.get(prefix.len()..).and_then(Stowed::of_key) {
            Some(Stowed::Container(sscc)) => {
                let Some(container) = container(state, sscc)? else { continue };
                let (party, shipment) = match outermost(state, container)?.at {
                    At::Party(party) => (party, None),
                    At::Transit(id) => (consignee(state, &id)?, Some(id)),
                    At::Gone => continue,
                };
                held.push(Holding { party, container: Some(sscc), shipment, amount });
            }
            Some(Stowed::Shipment(id)) => {
                let Some(transit) = get::<TransitRow>(state, Table::Transit, id.as_bytes())? else { continue };
                held.push(Holding { party: transit.to, container: None, shipment: Some(id), amount });
            }
            None => {}
        }
    }
    Ok(held)
}

/// The row of a container.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn container(state: &dyn State, sscc: Sscc) -> Result<Option<ContainerRow>, StateError> {
    get(state, Table::Container, &sscc.number().to_be_bytes())
}

/// The container that a container is in, directly or through others, or itself. It alone has the place of all in it.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn outermost(state: &dyn State, mut row: ContainerRow) -> Result<ContainerRow, StateError> {
    while let Some(parent) = row.parent {
        let Some(above) = container(state, parent)? else { break };
        row = above;
    }
    Ok(row)
}

fn consignee(state: &dyn State, id: &RecordId) -> Result<String, StateError> {
    Ok(get::<TransitRow>(state, Table::Transit, id.as_bytes())?.map(|row| row.to).unwrap_or_default())
}

fn origins(parts: &mut ViewCache<'_>, found: &BTreeSet<Origin>) -> Result<Vec<OriginView>, StateError> {
    found
        .iter()
        .take(MOST_ORIGINS)
        .map(|origin| {
            let place = match origin.place {
                Some(gln) => parts.place_at(gln)?,
                None => None,
            };
            Ok(OriginView {
                lot: origin.lot.clone(),
                producer: parts.party(&origin.producer)?,
                place,
                village: origin.village.clone(),
                gear: origin.gear.clone(),
                catch_certificate: origin.catch_certificate.clone(),
                harvest_start: origin.harvest_start.and_then(date),
                harvest_end: origin.harvest_end.and_then(date),
            })
        })
        .collect()
}

/// What is left of a lot; nothing when more was taken out than was there.
fn present(row: &LotRow) -> Amount {
    let gone = [row.consumed, row.adjusted, row.lost, row.delivered];
    let left = gone.into_iter().try_fold(row.produced, |left, gone| left.checked_sub(gone));
    left.unwrap_or_default()
}

/// The first and the last day of all harvests.
fn harvested(origins: &BTreeSet<Origin>) -> Option<(String, String)> {
    let days = || origins.iter().flat_map(|origin| [origin.harvest_start, origin.harvest_end]).flatten();
    Some((date(days().min()?)?, date(days().max()?)?))
}

fn findings(
    lineage: &mut Lineage<'_>,
    own: &LotId,
    family: &[LotId],
    omitted: &mut Omitted,
) -> Result<Vec<Finding>, StateError> {
    // a finding about several of the lots is listed once: its key is its place in the log
    let mut found: BTreeMap<Vec<u8>, Finding> = BTreeMap::new();
    for lot in family {
        for (key, finding) in lineage::findings(lineage.state(), lot)? {
            if !cleared::still_true(lineage.state(), &finding)? {
                continue;
            }
            if finding.rule == Rule::Deficit && lot != own {
                found.insert([&key[..], &[0]].concat(), of_ancestor(&finding, own, lot));
            }
            match found.get_mut(&key) {
                Some(known) => known.lots.extend(finding.lots),
                None => drop(found.insert(key, finding)),
            }
        }
    }
    for lot in family {
        // what monitoring of a place found is of the lot that is judged, with all its harvests
        let known = if lot == own { lineage.of(lot)? } else { lineage.inherited(lot)? };
        let Some(known) = known else { continue };
        for (number, (index, finding)) in known.looked_up.iter().chain(&known.place_failed).enumerate() {
            // after those that are kept of the record
            let number = u32::MAX.saturating_sub(u32::try_from(number).unwrap_or_default());
            found.insert([&index.to_be_bytes()[..], &number.to_be_bytes()].concat(), finding.clone());
        }
    }
    let mut room = BTreeMap::from([(Severity::Warning, MOST_FINDINGS), (Severity::Notice, MOST_FINDINGS)]);
    let mut shown = Vec::new();
    for mut finding in found.into_values().rev() {
        match room.get_mut(&finding.severity).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None if finding.severity == Severity::Warning => {
                omitted.warnings += 1;
                continue;
            }
            None => {
                omitted.notices += 1;
                continue;
            }
        }
        finding.lots.truncate(MOST_LOTS);
        shown.push(finding);
    }
    shown.reverse();
    Ok(shown)
}

/// The findings about the inspection of a record that are looked up, and not kept.
///
/// # Errors
/// [`StateError`] when storage fails.
#[cfg(any(test, feature = "node"))]
pub fn looked_up(state: &dyn State, source: &dyn RecordSource, row: &RecordRow) -> Result<Vec<Finding>, StateError> {
    let Some(lot) = row.lots.first() else { return Ok(Vec::new()) };
    let mut lineage = Lineage::new(state, source);
    let known = lineage.of(lot)?.map(|known| known.looked_up.clone()).unwrap_or_default();
    Ok(known.iter().filter(|(index, _)| *index == row.index).map(|(_, finding)| finding.clone()).collect())
}

/// The finding `ancestor-deficit` of a lot, from the deficit of an ancestor.
fn of_ancestor(deficit: &Finding, lot: &LotId, ancestor: &LotId) -> Finding {
    Finding {
        rule: Rule::AncestorDeficit,
        lots: vec![lot.clone()],
        args: vec![("ancestor".to_owned(), ancestor.to_string())],
        ..deficit.clone()
    }
}
