//! Harvest, catch, landing: creates a lot at its maker, or adds to it until it first moves.

use std::collections::{BTreeMap, BTreeSet};

use super::goods::{goods_misplaced, goods_missing};
use super::long_ago::OLDEST;
use super::lot_look::lot_looks_alike;
use super::tx::Tx;
use crate::chain::rows::{Account, Counts, LotRow, Origin, Producers, Provenance, ProvenancePart, Source};
use crate::chain::sides::Sides;
use crate::chain::times::{DAY, days};
use crate::chain::{Act, Refusal, Rejection, Rule};
use crate::epcis::{IlmdExt, Mode};
use crate::gs1::{Amount, LotId};

/// An empty lot made by `maker` with this record.
pub(super) fn new_lot(tx: &Tx<'_>, maker: &str) -> LotRow {
    LotRow {
        maker: maker.to_owned(),
        created_by: tx.record,
        created: tx.index,
        created_at: tx.event.event_time,
        place: tx.event.gln(),
        buyers: BTreeMap::new(),
        produced: Amount::ZERO,
        consumed: Amount::ZERO,
        adjusted: Amount::ZERO,
        lost: Amount::ZERO,
        delivered: Amount::ZERO,
        labelled: Amount::ZERO,
        short: Amount::ZERO,
        deficit: false,
        closed: false,
        provenance: Provenance::default(),
        made_in: Vec::new(),
        ancestors: 0,
        first_use: None,
        holds: BTreeSet::new(),
        sides: Sides::default(),
        counts: Counts::default(),
    }
}

pub(super) fn apply(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let event = tx.event;
    goods_misplaced(&[event.epcs.is_empty(), event.parent.is_none(), event.child_quantities.is_empty()])?;
    goods_missing(event.quantities.is_empty())?;
    let ilmd = require_harvest_days(tx)?;
    let maker = tx.holder();
    let amounts = tx.amounts(&event.quantities, false)?;
    let lots: Vec<LotId> = amounts.iter().map(|(lot, _)| lot.clone()).collect();
    tx.require_mandate(&maker, Act::Harvest, &lots)?;
    let producers = Producers::One(maker.clone());
    for (lot, amount) in amounts {
        not_the_maker(tx, &lot, &maker)?;
        ilmd_of_product(tx, &lot, &ilmd)?;
        let origin = Origin {
            lot: lot.clone(),
            producer: maker.clone(),
            place: event.gln(),
            village: ilmd.village.clone(),
            gear: ilmd.gear.clone(),
            catch_certificate: ilmd.catch_certificate.clone(),
            harvest_start: ilmd.harvest_start.map(days),
            harvest_end: ilmd.harvest_end.map(days),
        };
        let part = ProvenancePart {
            index: tx.index,
            source: Source::Harvest(origin),
            claims: ilmd.claims.iter().chain(&event.ext.claims).cloned().collect(),
            mode: event.ext.mode.map(|mode| kept(mode, &producers)),
            best_before: ilmd.best_before.map(days),
            market: event.ext.market.clone(),
        };
        let known = tx.lot(&lot)?.is_some();
        if known {
            if !tx.remakes.contains(&lot) {
                lot_closed(tx, &lot, &maker)?;
            }
            remade_after_inspection(tx, &lot)?;
            let fresh = new_lot(tx, &maker);
            let row = tx.lot_mut(&lot)?;
            if row.produced.is_zero() {
                // all records that made it were voided: this one makes it again, what refers to it stays
                row.created_at = fresh.created_at;
                row.place = fresh.place;
                row.maker = fresh.maker;
            }
            row.closed |= event.ext.close;
            tx.add_part(&lot, part)?;
        } else {
            lot_looks_alike(tx, &lot)?;
            let mut row = new_lot(tx, &maker);
            row.closed = event.ext.close;
            tx.insert_lot(&lot, row);
            tx.add_part(&lot, part)?;
        }
        tx.join_sides(&lot, &[&maker, tx.signer()])?;
        tx.account(&lot, Account::Produced, amount)?;
        tx.shift(&lot, &maker, amount)?;
        tx.settle_deficit(&lot)?;
    }
    Ok(())
}

/// Finding `remade-after-inspection`: the record that made a lot was voided and replaced after the lot was inspected; the result may
/// not apply to what is there now.
pub(super) fn remade_after_inspection(tx: &mut Tx<'_>, lot: &LotId) -> Result<(), Refusal> {
    if !tx.remakes.contains(lot) {
        return Ok(());
    }
    if tx.require_lot(lot)?.counts.standing > 0 {
        tx.finding(Rule::RemadeAfterInspection, std::slice::from_ref(lot), &[]);
    }
    Ok(())
}

/// The mode that goods of these producers can have: identity is not preserved once there is more than one.
pub(super) fn kept(mode: Mode, producers: &Producers) -> Mode {
    if *producers == Producers::Several { mode.min(Mode::Segregated) } else { mode }
}

/// Rule `origin-missing`: a harvest states its days (`ilmd` with `jejak:harvestStart` and `jejak:harvestEnd`, in order, not after the
/// day of the event).
fn require_harvest_days(tx: &Tx<'_>) -> Result<IlmdExt, Rejection> {
    let missing = |why: &str| Rejection::new(Rule::OriginMissing, why.to_owned());
    let ilmd = tx.event.ilmd.clone().ok_or_else(|| missing("a harvest states its first and last day in ilmd"))?;
    let (start, end) = match (ilmd.harvest_start, ilmd.harvest_end) {
        (Some(start), Some(end)) => (start, end),
        (None, _) => return Err(missing("a harvest states its first day in ilmd, jejak:harvestStart")),
        (_, None) => return Err(missing("a harvest states its last day in ilmd, jejak:harvestEnd")),
    };
    let day_of_event = i32::try_from(tx.event.event_time.as_second().div_euclid(86_400)).unwrap_or(i32::MAX);
    if start > end {
        return Err(missing("the last day of a harvest is not before its first"));
    }
    // a day of grace: the event's own time zone may be ahead of UTC
    if days(end) > day_of_event.saturating_add(1) {
        return Err(missing("the last day of a harvest is not after the day of its event"));
    }
    harvest_implausible(days(start), days(end), day_of_event)?;
    Ok(ilmd)
}

/// Most days between the first and the last day of a harvest: a year.
const LONGEST: i32 = 366;

/// Rule `harvest-implausible`: a harvest lies within the five years before its event, and takes a year at most. Its event lies within five
/// years of the log's clock (`event-time-implausible`), so that a wrong century is found in whatever of the dates it is.
fn harvest_implausible(start: i32, end: i32, day_of_event: i32) -> Result<(), Rejection> {
    let oldest = i64::from(day_of_event) - OLDEST / DAY;
    if i64::from(start) >= oldest && end.saturating_sub(start) <= LONGEST {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::HarvestImplausible,
        "a harvest lies within the five years before its event, and takes a year at most: correct its days",
    ))
}

/// Rule `not-the-maker`: only the makers a product names create its lots, and a lot has one maker.
pub(super) fn not_the_maker(tx: &mut Tx<'_>, lot: &LotId, maker: &str) -> Result<(), Refusal> {
    let named = tx.require_product(lot.gtin)?.makers.iter().any(|m| m == maker);
    let other = tx.lot(lot)?.is_some_and(|row| row.maker != maker && !row.produced.is_zero());
    if !named || other {
        return Err(Rejection::new(Rule::NotTheMaker, format!("{maker} may not make lot {lot}"))
            .arg("party", maker)
            .arg("lot", lot)
            .into());
    }
    Ok(())
}

/// Rule `ilmd-of-product`: commodity and form, where an event repeats them, are those of the product.
pub(super) fn ilmd_of_product(tx: &mut Tx<'_>, lot: &LotId, ilmd: &IlmdExt) -> Result<(), Refusal> {
    let product = tx.require_product(lot.gtin)?;
    let differs = |stated: &Option<String>, registered: &str| stated.as_deref().is_some_and(|s| s != registered);
    if differs(&ilmd.commodity, &product.commodity) || differs(&ilmd.form, &product.form) {
        return Err(Rejection::new(
            Rule::IlmdOfProduct,
            format!("product {} is {} / {}", lot.gtin, product.commodity, product.form),
        )
        .arg("gtin", lot.gtin)
        .arg("commodity", &product.commodity)
        .arg("form", &product.form)
        .into());
    }
    Ok(())
}

/// Most records that make some of a lot: each states where its part comes from.
pub const MAX_PARTS: u32 = 1_000;

/// Rule `lot-closed`: only its maker adds to a lot, until its first outflow, inspection, `jejak:close` or [`MAX_PARTS`] records.
fn lot_closed(tx: &mut Tx<'_>, lot: &LotId, maker: &str) -> Result<(), Refusal> {
    let row = tx.require_lot(lot)?;
    if row.closed || row.maker != maker || row.provenance.parts() >= MAX_PARTS {
        return Err(Rejection::new(Rule::LotClosed, format!("lot {lot} is closed to additions"))
            .arg("lot", lot)
            .conflicts(row.created_by)
            .into());
    }
    Ok(())
}
