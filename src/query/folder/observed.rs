//! What was observed of a shipment: visits of supervision, its way, and handovers.

use rust_decimal::Decimal;
use serde::Serialize;

use super::gather::{Found, Gathered};
use super::papers::{FileView, files};
use super::{Named, Signed, named, signed};
use crate::chain::rows::{LotRow, lot_key};
use crate::chain::state::row;
use crate::chain::{StateError, Table};
use crate::epcis::Event;
use crate::epcis::event::SensorReport;
use crate::epcis::ext::Handover;
use crate::gs1::{Gln, LotId};
use crate::query::parts::ViewCache;
use crate::record::RecordId;
use crate::record::registry::Names;

/// A point of a visit's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Its code.
    pub item: String,
    /// `yes`, `no` or `not-applicable`.
    pub answer: String,
    /// What was seen.
    pub note: Option<String>,
}

/// A visit of supervision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitView {
    /// Its record.
    #[serde(flatten)]
    pub signed: Signed,
    /// What was looked at.
    pub purpose: String,
    /// `in-order`, `advice` or `corrective-action`.
    pub outcome: String,
    /// What was advised.
    pub advice: Option<String>,
    /// Point by point.
    pub checklist: Vec<Point>,
    /// Whether its signer has to do with these goods.
    pub own: bool,
    /// The lots that it names.
    pub lots: Vec<String>,
    /// Its files.
    pub files: Vec<FileView>,
}

/// A place by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At {
    /// GLN.
    pub gln: Gln,
    /// Names.
    pub name: Names,
}

/// Temperatures that a record states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Temperature {
    /// The lowest.
    pub min: String,
    /// The highest.
    pub max: String,
    /// The mean of a series.
    pub mean: Option<String>,
    /// How many values the record lists.
    pub count: usize,
    /// Unit, Rec 20: degrees Celsius.
    pub unit: String,
}

/// A leg, an arrival, a measurement on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TravelView {
    /// Its record.
    #[serde(flatten)]
    pub signed: Signed,
    /// CBV business step.
    pub step: String,
    /// Where.
    pub place: Option<At>,
    /// Mode of transport.
    pub mode: Option<String>,
    /// Vehicle, vessel or flight.
    pub vehicle: Option<String>,
    /// The place that the leg leaves.
    pub from: Option<At>,
    /// The place that it goes to.
    pub to: Option<At>,
    /// Seal number.
    pub seal: Option<String>,
    /// Temperatures.
    pub temperature: Option<Temperature>,
    /// Its files.
    pub files: Vec<FileView>,
}

/// The other side's record of a handover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Its record.
    #[serde(flatten)]
    pub signed: Signed,
    /// The state of the goods that it saw.
    pub condition: Option<String>,
    /// The seal that it saw.
    pub seal: Option<String>,
}

/// Goods of a handover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handed {
    /// URI of the lot, container or item.
    pub goods: String,
    /// How much of a lot, as written.
    pub quantity: Option<String>,
    /// Unit, Rec 20.
    pub uom: Option<String>,
}

/// A handover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HandoverView {
    /// The first record of it.
    #[serde(flatten)]
    pub signed: Signed,
    /// Who hands over.
    pub from: Named,
    /// Who takes over.
    pub to: Named,
    /// The state of the goods.
    pub condition: Option<String>,
    /// Seal number.
    pub seal: Option<String>,
    /// The goods that it names, which a confirmation repeats.
    pub goods: Vec<Handed>,
    /// Whether it names the shipment, as a confirmation then does.
    pub names_shipment: bool,
    /// The other side's record.
    pub confirmed: Option<Confirmed>,
}

impl HandoverView {
    /// Who has not signed it yet, if it waits for one of its two sides.
    pub fn awaits(&self) -> Option<&str> {
        let by = &self.signed.by.party;
        match () {
            () if self.confirmed.is_some() => None,
            () if *by == self.from.party => Some(&self.to.party),
            () if *by == self.to.party => Some(&self.from.party),
            () => None,
        }
    }
}

type Observed = (Vec<VisitView>, Vec<TravelView>, Vec<HandoverView>);

pub(super) fn observed(parts: &mut ViewCache<'_>, found: &Gathered) -> Result<Observed, StateError> {
    let (mut visits, mut travel, mut handovers) = Observed::default();
    for one in found.records.values() {
        let Some(event) = one.event() else { continue };
        if event.kind != crate::epcis::EventType::Object || one.row.act != crate::chain::Act::Observe {
            continue;
        }
        if event.ext.visit.is_some() {
            visits.extend(visit(parts, one, event)?);
        } else if let Some(handover) = &event.ext.handover {
            hand_over(parts, one, event, handover, &mut handovers)?;
        } else if one.of_shipment {
            travel.push(leg(parts, one, event)?);
        }
    }
    restated(&mut handovers);
    travel.sort_by_key(|leg| leg.signed.time);
    handovers.sort_by_key(|handover| handover.signed.time);
    Ok((visits, travel, handovers))
}

fn visit(parts: &mut ViewCache<'_>, one: &Found, event: &Event) -> Result<Option<VisitView>, StateError> {
    let Some(visit) = &event.ext.visit else { return Ok(None) };
    let checklist = visit.checklist.iter().map(|check| Point {
        item: check.item.clone(),
        answer: check.answer.clone(),
        note: check.note.clone(),
    });
    Ok(Some(VisitView {
        signed: signed(parts, one.id, &one.row)?,
        purpose: visit.purpose.clone(),
        outcome: visit.outcome.clone(),
        advice: visit.advice.clone(),
        checklist: checklist.collect(),
        own: own(parts, one)?,
        lots: one.row.lots.iter().map(LotId::uri).collect(),
        files: files(event),
    }))
}

/// Whether who signed a record made, held, carried or owned any lot that it names.
fn own(parts: &ViewCache<'_>, one: &Found) -> Result<bool, StateError> {
    for lot in &one.row.lots {
        let row = row::<LotRow>(parts.state, Table::Lot, &lot_key(lot))?;
        if row.is_some_and(|row| row.sides.contains(&one.row.party)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn at(parts: &mut ViewCache<'_>, uri: Option<&str>) -> Result<Option<At>, StateError> {
    let Some(gln) = uri.and_then(|uri| Gln::from_uri(uri).ok()) else { return Ok(None) };
    Ok(parts.place_at(gln)?.map(|place| At { gln, name: place.name }))
}

fn leg(parts: &mut ViewCache<'_>, one: &Found, event: &Event) -> Result<TravelView, StateError> {
    let leg = event.ext.leg.as_ref();
    Ok(TravelView {
        signed: signed(parts, one.id, &one.row)?,
        step: event.biz_step.clone().unwrap_or_default(),
        place: at(parts, event.read_point.as_ref().map(|place| place.id.as_str()))?,
        mode: leg.map(|leg| leg.mode.clone()),
        vehicle: leg.and_then(|leg| leg.vehicle.clone()),
        from: at(parts, leg.and_then(|leg| leg.from.as_deref()))?,
        to: at(parts, leg.and_then(|leg| leg.to.as_deref()))?,
        seal: leg.and_then(|leg| leg.seal.clone()),
        temperature: temperature(event),
        files: files(event),
    })
}

/// The lowest and highest temperature that an event states.
fn temperature(event: &Event) -> Option<Temperature> {
    let reports = event.sensors.iter().flat_map(|sensor| &sensor.reports);
    let of: Vec<_> = reports.filter(|report| report.parameter.ends_with("Temperature")).collect();
    let shown = |value: Decimal| value.round_dp(2).normalize().to_string();
    let values: Vec<Decimal> = of
        .iter()
        .flat_map(|report| [report.value, report.min_value, report.max_value].map(|value| celsius(value?, report)))
        .flatten()
        .collect();
    let (min, max) = (*values.iter().min()?, *values.iter().max()?);
    Some(Temperature {
        min: shown(min),
        max: shown(max),
        mean: of.iter().find_map(|report| celsius(report.mean_value?, report)).map(shown),
        count: of.iter().filter(|report| report.value.is_some()).count(),
        unit: "CEL".to_owned(),
    })
}

/// A temperature in degrees Celsius (Rec 20: `CEL`, `FAH`, `KEL`); none in another unit.
fn celsius(value: Decimal, report: &SensorReport) -> Option<Decimal> {
    match report.uom.as_deref() {
        None | Some("CEL") => Some(value),
        Some("FAH") => value.checked_sub(dec(32, 0))?.checked_mul(dec(5, 0))?.checked_div(dec(9, 0)),
        Some("KEL") => value.checked_sub(dec(27_315, 2)),
        Some(_) => None,
    }
}

fn dec(digits: i64, places: u32) -> Decimal {
    Decimal::new(digits, places)
}

/// Leaves out what waits for nobody: a handover that a later record states again, or that both signed by another.
fn restated(handovers: &mut Vec<HandoverView>) {
    let same = |a: &HandoverView, b: &HandoverView| {
        (&a.from.party, &a.to.party, &a.goods) == (&b.from.party, &b.to.party, &b.goods)
    };
    let last = |one: &HandoverView| one.confirmed.as_ref().map_or(one.signed.index, |by| by.signed.index);
    let all = std::mem::take(handovers);
    let kept = |one: &HandoverView| {
        let again = |other: &HandoverView| {
            let by_same = other.signed.by == one.signed.by || other.confirmed.is_some();
            last(other) > one.signed.index && same(other, one) && by_same
        };
        one.confirmed.is_some() || !all.iter().any(again)
    };
    *handovers = all.iter().filter(|one| kept(one)).cloned().collect();
}

fn hand_over(
    parts: &mut ViewCache<'_>,
    one: &Found,
    event: &Event,
    handover: &Handover,
    found: &mut Vec<HandoverView>,
) -> Result<(), StateError> {
    if let Some(confirms) = event.ext.confirms.as_deref() {
        let confirms = confirms.parse::<RecordId>().ok();
        // one that confirms what was voided, or is of no folder, is no handover of its own
        let first = found.iter_mut().find(|first| Some(first.signed.record) == confirms);
        let Some(first) = first else { return Ok(()) };
        first.confirmed = Some(Confirmed {
            signed: signed(parts, one.id, &one.row)?,
            condition: handover.condition.clone(),
            seal: handover.seal.clone(),
        });
        return Ok(());
    }
    let whole = event.epcs.iter().map(|uri| Handed { goods: uri.clone(), quantity: None, uom: None });
    let measured = event.quantities.iter().map(|element| Handed {
        goods: element.epc_class.clone(),
        quantity: element.quantity.map(|quantity| quantity.to_string()),
        uom: element.uom.clone(),
    });
    let goods = whole.chain(measured).collect();
    found.push(HandoverView {
        signed: signed(parts, one.id, &one.row)?,
        from: named(parts, &handover.from)?,
        to: named(parts, &handover.to)?,
        condition: handover.condition.clone(),
        seal: handover.seal.clone(),
        goods,
        names_shipment: event.ext.shipment.is_some(),
        confirmed: None,
    });
    Ok(())
}
