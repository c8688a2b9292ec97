//! What the records of a region's producers come to: lots, inspections, shipments, findings, holds and recalls by month, and how ready for export
//! the lots are that are still there.
//!
//! Counted when it is asked for, from the newest records of each producer; [`RegionFacts::more`] says that there is more than was read. A
//! lot counts for the region of who made it, and for the month of the ledger's clock when its record was logged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Serialize;

use super::lists::{Briefs, LotBrief, MOST_READ};
use super::parts::{party_view, place_view};
use super::readiness::{Gathered, gather};
use super::regions::{Known, Located};
use super::view::{LotState, PartyView, PlaceView};
use crate::chain::authority::shared_ledger;
use crate::chain::entity_index::newest_records;
use crate::chain::lineage::findings;
use crate::chain::market::HOME;
use crate::chain::outcome::Severity;
use crate::chain::rows::{HoldRow, InspectionRow, LotRow, RecordRow, lot_key, of_lot};
use crate::chain::state::row;
use crate::chain::{Act, RecordSource, State, StateError, Table, cleared};
use crate::gs1::{Gln, LotId};
use crate::guide::readiness::{Asked, readiness};
use crate::guide::view::Outcome;
use crate::guide::{Answers, Guide};
use crate::quality::Verdict;
use crate::record::RecordId;
use crate::record::registry::Standing;
use crate::region::Code;

/// Most producers whose records are read, by URI.
const MOST_PRODUCERS: usize = 500;
/// Records that are read of each producer at least; all together read [`MOST_READ`] when they are few.
const LEAST_READ: usize = 20;
/// Most lots that are looked into: the newest.
pub const MOST_LOTS: usize = 300;
/// Most records that are read of a lot: the newest.
const MOST_OF_LOT: usize = 200;
/// Most lots whose readiness is answered: the newest of those that are still there. For each, all records of its lineage are read.
pub const MOST_OPEN: usize = 40;
/// Months that are shown one by one, up to the ledger's clock.
const MONTHS: usize = 12;

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Lots made.
    pub lots: usize,
    /// Inspections by outsiders that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those without a clear result.
    pub unclear: usize,
    /// Shipments sent.
    pub shipments: usize,
    /// Findings that warn and stand.
    pub findings: usize,
    /// Holds.
    pub holds: usize,
    /// Recalls.
    pub recalls: usize,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Month {
    /// Its first day.
    #[serde(serialize_with = "month")]
    pub month: Date,
    /// What was logged in it.
    #[serde(flatten)]
    pub counts: Counts,
}

fn month<S: serde::Serializer>(first: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&first.strftime("%Y-%m"))
}

/// A producer or processor of the region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Producer {
    /// The party.
    pub party: PartyView,
    /// Lots that it made, of those that were read.
    pub lots: usize,
}

/// A place where lots were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionPlace {
    /// The place.
    pub place: PlaceView,
    /// How many lots.
    pub lots: usize,
}

/// A lot that is still with a party of the region, and how ready it is for the market that it is judged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenLot {
    /// The lot, as in a list.
    #[serde(flatten)]
    pub brief: LotBrief,
    /// Its market.
    #[serde(rename = "market")]
    pub market: String,
    /// The answer; `None` for the home market, for which no guide speaks, and when a guide's bytes are not at hand.
    pub outcome: Option<Outcome>,
    /// How many items block.
    pub missing: usize,
}

/// The facts of a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionFacts {
    /// Producers and processors, by URI.
    pub producers: Vec<Producer>,
    /// Of these, those that are suspended.
    pub suspended: usize,
    /// All that was read.
    pub counts: Counts,
    /// Holds that are not lifted, recalls apart.
    pub held: usize,
    /// Recalls that are not lifted.
    pub recalled: usize,
    /// The lots by the headline of their page.
    pub states: BTreeMap<LotState, usize>,
    /// The last twelve months, the oldest first.
    pub months: Vec<Month>,
    /// Where the lots were made, most lots first.
    pub places: Vec<RegionPlace>,
    /// The newest lots.
    #[serde(skip)]
    pub newest: Vec<LotBrief>,
    /// Lots that are still there, the newest first.
    pub open: Vec<OpenLot>,
    /// There are older records or lots, or more producers, than were read.
    pub more: bool,
    /// The ledger's clock, Unix seconds.
    pub clock: i64,
}

/// The newest lots that are listed.
const NEWEST: usize = 20;
/// Most places.
const MOST_PLACES: usize = 40;

/// The facts of the region of this code and of what lies in it. `guides` are those in force; without all of them nothing is said of
/// readiness, because what a missing one asks for would not be missing.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn region_facts(
    state: &dyn State,
    source: &dyn RecordSource,
    (known, code): (&Known, &Code),
    guides: Option<&[&Guide]>,
    today: Date,
) -> Result<RegionFacts, StateError> {
    let clock = shared_ledger(state)?.clock;
    let inside: BTreeMap<&str, &Located> = known
        .parties
        .iter()
        .filter(|(_, party)| code.holds(&party.code))
        .map(|(uri, party)| (uri.as_str(), party))
        .collect();
    let makers: Vec<&str> = inside.iter().filter(|(_, party)| party.makes).map(|(uri, _)| *uri).collect();
    let mut read = Reading { state, totals: Counts::default(), months: BTreeMap::new(), more: known.more };
    read.more |= makers.len() > MOST_PRODUCERS;

    let (mut lots, mut producers) = (Vec::new(), Vec::new());
    let each = (MOST_READ / makers.len().max(1)).max(LEAST_READ);
    for maker in makers.iter().take(MOST_PRODUCERS) {
        let made = read.records_of(maker, each)?;
        producers.push(Producer { party: party_view(state, maker)?, lots: made.len() });
        lots.extend(made);
    }
    lots.sort_unstable_by(|(a, ..), (b, ..)| b.cmp(a));
    read.more |= lots.len() > MOST_LOTS;
    lots.truncate(MOST_LOTS);

    let mut briefs = Briefs::new(state, source);
    let (mut states, mut places) = (BTreeMap::new(), BTreeMap::<Gln, usize>::new());
    let (mut newest, mut open) = (Vec::new(), Vec::new());
    let mut holds = Holds::default();
    for (_, made, lot) in &lots {
        read.count(*made, |counts| counts.lots += 1);
        let Some(brief) = briefs.of(lot)? else { continue };
        *states.entry(brief.headline).or_default() += 1;
        if let Some(row) = row::<LotRow>(state, Table::Lot, &lot_key(lot))?
            && let Some(gln) = row.place
        {
            *places.entry(gln).or_default() += 1;
        }
        read.about(lot, &mut holds)?;
        let here = brief.held.iter().any(|held| held.shipment.is_none() && inside.contains_key(held.party.as_str()));
        if here {
            if open.len() < MOST_OPEN {
                open.push(open_lot(state, source, brief.clone(), guides, today)?);
            } else {
                read.more = true;
            }
        }
        if newest.len() < NEWEST {
            newest.push(brief);
        }
    }
    let suspended = inside.values().filter(|party| party.makes && party.standing == Standing::Suspended).count();
    Ok(RegionFacts {
        suspended,
        producers,
        counts: read.totals,
        held: holds.standing.values().filter(|recall| !**recall).count(),
        recalled: holds.standing.values().filter(|recall| **recall).count(),
        states,
        months: read.last_months(clock),
        places: shown(state, places)?,
        newest,
        open,
        more: read.more,
        clock,
    })
}

/// Counts what is read.
struct Reading<'a> {
    state: &'a dyn State,
    totals: Counts,
    /// By year and month.
    months: BTreeMap<(i16, i8), Counts>,
    more: bool,
}

/// Holds of the lots that were read.
#[derive(Default)]
struct Holds {
    seen: BTreeSet<RecordId>,
    /// Those that are not lifted: whether each is a recall.
    standing: BTreeMap<RecordId, bool>,
    inspections: BTreeSet<RecordId>,
    findings: BTreeSet<(RecordId, String)>,
}

/// Index of the record that made it, the clock then, and the lot.
type Made = (u64, i64, LotId);

impl Reading<'_> {
    /// Counts something that was logged when the ledger's clock was `at`.
    fn count(&mut self, at: i64, add: impl Fn(&mut Counts)) {
        add(&mut self.totals);
        if let Some(month) = month_of(at) {
            add(self.months.entry(month).or_default());
        }
    }

    /// The lots that a party made, from its newest records; its shipments are counted.
    fn records_of(&mut self, maker: &str, most: usize) -> Result<Vec<Made>, StateError> {
        let mut made = Vec::new();
        for (read, named) in newest_records(self.state, maker, u64::MAX).enumerate() {
            let (entry, record) = named?;
            if read == most {
                self.more = true;
                break;
            }
            let by = record.on_behalf.as_deref().unwrap_or(&record.party);
            match entry.act {
                Act::Ship if by == maker && record.voided_by.is_none() => {
                    self.count(record.clock, |counts| counts.shipments += 1)
                }
                Act::Harvest | Act::Process => {
                    for lot in &record.lots {
                        let row = row::<LotRow>(self.state, Table::Lot, &lot_key(lot))?;
                        let made_here = |row: &LotRow| row.created == entry.index && row.maker == maker;
                        // of one whose records were voided nothing was made
                        if row.is_some_and(|row| made_here(&row) && !row.produced.is_zero()) {
                            made.push((entry.index, record.clock, lot.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(made)
    }

    /// Counts inspections, holds and findings of a lot.
    fn about(&mut self, lot: &LotId, known: &mut Holds) -> Result<(), StateError> {
        for (read, named) in newest_records(self.state, &lot.uri(), u64::MAX).enumerate() {
            let (entry, record) = named?;
            if read == MOST_OF_LOT {
                self.more = true;
                break;
            }
            if record.voided_by.is_some() {
                continue;
            }
            match entry.act {
                Act::Inspect if known.inspections.insert(entry.record) => {
                    let row = row::<InspectionRow>(self.state, Table::Inspection, &of_lot(lot, entry.index))?;
                    match row.filter(|row| !row.own && !row.voided).map(|row| row.verdict) {
                        Some(Verdict::Pass) => self.count(record.clock, |counts| counts.passed += 1),
                        Some(Verdict::Fail) => self.count(record.clock, |counts| counts.failed += 1),
                        Some(_) => self.count(record.clock, |counts| counts.unclear += 1),
                        None => {}
                    }
                }
                Act::Hold if known.seen.insert(entry.record) => {
                    let Some(hold) = row::<HoldRow>(self.state, Table::Hold, entry.record.as_bytes())? else {
                        continue;
                    };
                    if hold.lifted_by.is_none() {
                        known.standing.insert(entry.record, hold.recall);
                    }
                    let recall = hold.recall;
                    self.count(record.clock, |counts| {
                        counts.recalls += usize::from(recall);
                        counts.holds += usize::from(!recall);
                    });
                }
                _ => {}
            }
        }
        for (_, finding) in findings(self.state, lot)? {
            // one finding has a row under each of its lots
            let first = known.findings.insert((finding.record, finding.rule.to_string()));
            if first
                && finding.severity == Severity::Warning
                && let Some(record) = row::<RecordRow>(self.state, Table::Record, finding.record.as_bytes())?
                && record.voided_by.is_none()
                && cleared::still_true(self.state, &finding)?
            {
                self.count(record.clock, |counts| counts.findings += 1);
            }
        }
        Ok(())
    }

    /// The months up to that of `clock`, those without anything among them.
    fn last_months(&self, clock: i64) -> Vec<Month> {
        let Some((year, month)) = month_of(clock) else { return Vec::new() };
        let Ok(mut first) = Date::new(year, month, 1) else { return Vec::new() };
        let mut months = Vec::with_capacity(MONTHS);
        for _ in 0..MONTHS {
            let counts = self.months.get(&(first.year(), first.month())).copied().unwrap_or_default();
            months.push(Month { month: first, counts });
            let Ok(before) = first.yesterday().map(jiff::civil::Date::first_of_month) else { break };
            first = before;
        }
        months.reverse();
        months
    }
}

/// The month of Unix seconds in UTC; `None` before the first clock.
fn month_of(clock: i64) -> Option<(i16, i8)> {
    let at = Timestamp::from_second(clock).ok().filter(|_| clock > 0)?;
    let date = Offset::UTC.to_datetime(at).date();
    Some((date.year(), date.month()))
}

/// How ready a lot is.
fn open_lot(
    state: &dyn State,
    source: &dyn RecordSource,
    brief: LotBrief,
    guides: Option<&[&Guide]>,
    today: Date,
) -> Result<OpenLot, StateError> {
    let market = brief.market.clone();
    let mut open = OpenLot { market, brief, outcome: None, missing: 0 };
    let Some(guides) = guides.filter(|_| open.market != HOME) else { return Ok(open) };
    let Some(gathered) = gather(state, source, &open.brief.lot, &open.market)? else { return Ok(open) };
    let Gathered { commodity, form, markets, facts, .. } = &gathered;
    let answers = Answers::default();
    let answer = readiness(guides, &Asked { commodity, form, markets, today, answers: &answers }, facts);
    (open.outcome, open.missing) = (Some(answer.outcome), answer.missing);
    Ok(open)
}

/// The places, most lots first.
fn shown(state: &dyn State, places: BTreeMap<Gln, usize>) -> Result<Vec<RegionPlace>, StateError> {
    let mut places: Vec<(Gln, usize)> = places.into_iter().collect();
    places.sort_by_key(|(gln, lots)| (std::cmp::Reverse(*lots), *gln));
    let mut found = Vec::new();
    for (gln, lots) in places.into_iter().take(MOST_PLACES) {
        found.extend(place_view(state, gln)?.map(|place| RegionPlace { place, lots }));
    }
    Ok(found)
}
