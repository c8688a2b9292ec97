//! Views of lots, parties and traces, assembled from the rows: the same for the API, the CLI, the pages and an offline
//! verdict. Amounts are in the base unit of their lot's product.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::walk::After;
pub use crate::chain::lineage::LotState;
pub use crate::chain::market::MarketFrom;
pub use crate::chain::samples::Fit;
use crate::chain::{Act, Finding};
use crate::epcis::Mode;
use crate::gs1::{Amount, BaseUnit, Gln, Gtin, LotId, Sscc};
use crate::quality::{Completeness, Judged, Verdict};
use crate::record::registry::{Names, Region, Role, Standing};
use crate::record::{Hash32, PublicKey, RecordId};

/// A party, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyView {
    /// URI.
    pub party: String,
    /// Names.
    pub name: Names,
    /// Legal form.
    pub legal_form: Option<String>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Country.
    pub country: String,
    /// Region.
    pub region: Option<Region>,
    /// Registration number.
    pub registration: Option<String>,
    /// Its GLN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gln: Option<Gln>,
    /// Whether the GLN, if there is one, is verified with GS1: its prefix is vouched for. Without that the authority merely stated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gln_verified: Option<bool>,
    /// The party that was enrolled before with a name that looks like one of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    /// Contact.
    pub contact: Option<String>,
    /// Standing.
    pub standing: Standing,
    /// Whether it is marked as a demonstration.
    pub demo: bool,
    /// The statement in force.
    pub record: RecordId,
}

/// A place, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceView {
    /// GLN.
    pub gln: Gln,
    /// Names.
    pub name: Names,
    /// Kind.
    pub kind: String,
    /// Country.
    pub country: String,
    /// Region.
    pub region: Option<Region>,
    /// Rough position `lat,lon`.
    pub near: Option<String>,
}

impl PlaceView {
    /// Its rough position, degrees north and east.
    pub fn position(&self) -> Option<(f64, f64)> {
        let (north, east) = self.near.as_deref()?.split_once(',')?;
        let (north, east): (f64, f64) = (north.trim().parse().ok()?, east.trim().parse().ok()?);
        ((-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east)).then_some((north, east))
    }
}

/// A product, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    /// GTIN.
    pub gtin: Gtin,
    /// Names.
    pub name: Names,
    /// Commodity id.
    pub commodity: String,
    /// Form id.
    pub form: String,
    /// Base unit.
    pub unit: BaseUnit,
    /// Net content of a pack.
    pub net_content: Option<Amount>,
    /// HS code.
    pub hs: Option<String>,
    /// Storage advice.
    pub storage: Option<Names>,
}

/// A harvest a lot comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginView {
    /// The harvested lot.
    pub lot: LotId,
    /// Who harvested.
    pub producer: PartyView,
    /// Where.
    pub place: Option<PlaceView>,
    /// Village code.
    pub village: Option<String>,
    /// Gear.
    pub gear: Option<String>,
    /// Number of the catch certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catch_certificate: Option<String>,
    /// First and last day (`YYYY-MM-DD`).
    pub harvest_start: Option<String>,
    /// Last day.
    pub harvest_end: Option<String>,
}

/// A document of trade that a record names, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeDocument {
    /// Its URI.
    pub id: String,
    /// Its kind, such as `invoice` ([`crate::epcis::documents::KINDS`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its date (`YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// An evidence reference, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceView {
    /// BLAKE3 of the blob.
    pub blake3: Hash32,
    /// Media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Document type.
    pub document_type: String,
    /// Title.
    pub title: String,
    /// Whether its record names it as public. It is served once that party handed it in itself.
    pub public: bool,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The first day on which it is valid (`YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The record that names it.
    pub record: RecordId,
}

/// One record of a lot's journey.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Index in the log.
    pub index: u64,
    /// Record id.
    pub record: RecordId,
    /// The act.
    pub act: Act,
    /// CBV business step.
    pub biz_step: Option<String>,
    /// Event time.
    pub event_time: Timestamp,
    /// Its offset, such as `+08:00`.
    pub offset: String,
    /// The last clock before it, Unix seconds.
    pub logged_after: i64,
    /// Whether the authority reset the clock afterwards, because it was wrong.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clock_wrong: bool,
    /// Who signed.
    pub party: PartyView,
    /// For whom.
    pub on_behalf: Option<PartyView>,
    /// The key it was signed with.
    pub key: PublicKey,
    /// Where.
    pub place: Option<PlaceView>,
    /// Lots that it consumed or moved, with amounts.
    pub inputs: Vec<(LotId, Amount)>,
    /// Lots that it made, with amounts.
    pub outputs: Vec<(LotId, Amount)>,
    /// The base units of those amounts, by product.
    pub units: BTreeMap<Gtin, BaseUnit>,
    /// Containers named.
    pub containers: Vec<Sscc>,
    /// Counterparty of a shipment or receipt.
    pub counterparty: Option<PartyView>,
    /// Process, reason, milestone or market, as `(name, value)`.
    pub facts: Vec<(String, String)>,
    /// Documents of trade that it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trade: Vec<TradeDocument>,
    /// Documents.
    pub evidence: Vec<EvidenceView>,
    /// How many more lots, containers, facts and documents the record has: a step lists some of each.
    #[serde(skip_serializing_if = "none")]
    pub more: usize,
    /// Voided by.
    pub voided_by: Option<RecordId>,
    /// Key compromised at that time.
    pub marked: bool,
}

/// A specification that a party adopted, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecificationView {
    /// The statement that adopted it. An inspection names it by `SPEC/` and this id.
    pub record: RecordId,
    /// Whose it is.
    pub party: PartyView,
    /// Its id among those of the party for the commodity.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Names.
    pub name: Names,
    /// BLAKE3 of its bytes.
    pub blake3: Hash32,
}

/// An inspection, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectionView {
    /// Record id.
    pub record: RecordId,
    /// The lot it was made on (an ancestor's, when inherited).
    pub lot: LotId,
    /// Index.
    pub index: u64,
    /// Event time.
    pub event_time: Timestamp,
    /// Who.
    pub inspector: PartyView,
    /// Accreditation body and number in force then.
    pub accreditation: Option<(String, String)>,
    /// Profile id and version.
    pub profile: (String, String),
    /// Requirement sets.
    pub requirements: Vec<String>,
    /// The adopted specifications among them, the first four.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub specifications: Vec<SpecificationView>,
    /// The overall verdict.
    pub verdict: Verdict,
    /// The verdict on each value.
    pub results: Vec<Judged>,
    /// Voided by its issuer.
    pub voided_by: Option<RecordId>,
    /// What cleared its last failure for this lot, once none is open: a retest that passed, or a process that cured it.
    pub superseded_by: Option<RecordId>,
    /// All that cleared its failures, each once; empty while one is open.
    pub cleared_by: Vec<Cleared>,
    /// It was entered after the accreditation or the profile had ended: what passed does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub too_late: bool,
    /// The sample that it measured; absent where all was measured on site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleView>,
    /// An own check: its inspector had to do with the goods. It is shown, and passes nothing.
    pub own: bool,
    /// Signed with a key that was compromised at that time: it does not count as a pass.
    pub marked: bool,
}

impl InspectionView {
    /// Whether results do not count: it was entered too late, or they were measured on a sample and none fits.
    pub fn is_uncounted(&self) -> bool {
        self.too_late || self.lacks_sample()
    }

    /// Whether results were measured on a sample, and none fits.
    pub fn lacks_sample(&self) -> bool {
        self.sample.as_ref().is_some_and(|sample| sample.fit != Fit::Fits && !sample.parameters.is_empty())
    }
}

/// The sample of an inspection, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleView {
    /// The id that the inspection names.
    pub id: Option<String>,
    /// How it fits. Without a sample that fits, `parameters` do not count; what failed counts all the same.
    pub fit: Fit,
    /// The parameters that were measured on it.
    pub parameters: Vec<String>,
    /// The sampling record that fits, or that came too late.
    pub drawn: Option<DrawnView>,
}

/// A sampling record, as shown with an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrawnView {
    /// The record.
    pub record: RecordId,
    /// Who drew it, or sent it in.
    pub by: PartyView,
    /// Event time.
    pub event_time: Timestamp,
    /// Whether it was submitted by a party to the goods, rather than drawn by an inspector who has nothing to do with them.
    pub submitted_by_producer: bool,
}

/// A record that cleared a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cleared {
    /// The record.
    pub record: RecordId,
    /// `inspect`: a retest that passed; `process`: one that cures what failed.
    pub act: Act,
}

/// A hold, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldView {
    /// Record id.
    pub record: RecordId,
    /// Recall, or hold only.
    pub recall: bool,
    /// Who.
    pub issuer: PartyView,
    /// Why.
    pub reason: Option<String>,
    /// On which lot: this one or an ancestor.
    pub lots: Vec<LotId>,
    /// Lifted by.
    pub lifted_by: Option<RecordId>,
    /// Event time.
    pub event_time: Timestamp,
}

/// A part of a lot's quantity, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    /// Who holds it, or the consignee while in transit.
    pub party: String,
    /// The container it is in.
    pub container: Option<Sscc>,
    /// The shipment it is in.
    pub shipment: Option<RecordId>,
    /// How much.
    pub amount: Amount,
}

/// How many things a view leaves out of its lists. Each list has what decides about the lot first, then the newest, so that a view is of a bounded
/// size, however much is about the lot: `/lots/…/steps` has all records, `/trace` and `/impact` all lots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Omitted {
    /// Records of the journey, between the first and the last.
    #[serde(skip_serializing_if = "none")]
    pub steps: usize,
    /// Inspections.
    #[serde(skip_serializing_if = "none")]
    pub inspections: usize,
    /// Holds.
    #[serde(skip_serializing_if = "none")]
    pub holds: usize,
    /// Findings that are warnings.
    #[serde(skip_serializing_if = "none")]
    pub warnings: usize,
    /// Findings that are notices.
    #[serde(skip_serializing_if = "none")]
    pub notices: usize,
    /// Harvests.
    #[serde(skip_serializing_if = "none")]
    pub origins: usize,
    /// Lots it was made from.
    #[serde(skip_serializing_if = "none")]
    pub parents: usize,
    /// Places where it is.
    #[serde(skip_serializing_if = "none")]
    pub held: usize,
    /// Documents of the steps shown.
    #[serde(skip_serializing_if = "none")]
    pub documents: usize,
    /// Specifications that gate it.
    #[serde(skip_serializing_if = "none")]
    pub specifications: usize,
}

fn none(count: &usize) -> bool {
    *count == 0
}

/// The market that a lot is judged for, and what was tested of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedFor {
    /// The market: ISO 3166-1 alpha-2, or a group such as `EU`.
    pub market: String,
    /// Where that is stated.
    pub market_from: MarketFrom,
    /// The specifications that its makers and its buyers adopted, the first 20: it must keep to them as well as to what its market asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub specifications: Vec<SpecificationView>,
    /// The parameters whose results count, by id.
    pub tested: Vec<String>,
    /// Whether that is all that the market asks for, and what is lacking; `None` when no result counts.
    pub completeness: Option<Completeness>,
    /// Monitoring of the places of its harvests that counts for it, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monitoring: Vec<MonitoringView>,
}

/// A record of monitoring of a place, as it counts for a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringView {
    /// The record.
    pub record: RecordId,
    /// The inspector.
    pub by: PartyView,
    /// The place.
    pub place: Option<PlaceView>,
    /// First day that was monitored (`YYYY-MM-DD`).
    pub from: String,
    /// Last day.
    pub until: String,
    /// Ids of the parameters that it covers for the lot's harvests there.
    pub covers: Vec<String>,
    /// Ids of those that were outside a limit of the lot's market.
    pub failed: Vec<String>,
}

/// What there is to know about a lot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LotView {
    /// The lot.
    pub lot: LotId,
    /// Its URI.
    pub uri: String,
    /// The product.
    pub product: ProductView,
    /// Who made it.
    pub maker: PartyView,
    /// All that was made.
    pub produced: Amount,
    /// How much there is of it now, in all places.
    pub present: Amount,
    /// Where it is now.
    pub held: Vec<Holding>,
    /// Label issues: net content.
    pub labelled: Amount,
    /// Chain-of-custody mode.
    pub mode: Option<Mode>,
    /// Claims.
    pub claims: Vec<String>,
    /// Best before (`YYYY-MM-DD`).
    pub best_before: Option<String>,
    /// First and last day of all harvests it comes from (`YYYY-MM-DD`).
    pub harvested: Option<(String, String)>,
    /// Harvests it comes from.
    pub origins: Vec<OriginView>,
    /// Direct parents.
    pub parents: Vec<LotId>,
    /// Direct children: the first 100.
    pub children: Vec<LotId>,
    /// Whether there are more; `impact` lists all.
    pub more_children: bool,
    /// The worst state that applies.
    pub headline: LotState,
    /// All states that apply, worst first.
    pub states: Vec<LotState>,
    /// What the tests are compared with.
    pub judged: JudgedFor,
    /// Inspections, newest first; of ancestors too.
    pub inspections: Vec<InspectionView>,
    /// Holds, of ancestors too.
    pub holds: Vec<HoldView>,
    /// Findings, of ancestors too.
    pub findings: Vec<Finding>,
    /// The journey: its own records and its ancestors', in log order.
    pub steps: Vec<Step>,
    /// What its lists leave out.
    pub omitted: Omitted,
    /// Parties that only findings or places name.
    pub others: Vec<PartyView>,
    /// The commodities of it, its ancestors and what was made of them: whose profiles have words for them.
    #[serde(skip)]
    pub commodities: BTreeSet<String>,
    /// Whether any party in it is marked as a demonstration.
    pub demo: bool,
}

/// A node of a trace or an impact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceNode {
    /// The lot.
    pub lot: LotId,
    /// Distance in processes from the lot asked for.
    pub depth: u32,
    /// Product names.
    pub product: Names,
    /// Base unit.
    pub unit: BaseUnit,
    /// Who made it.
    pub maker: PartyView,
    /// All that was made.
    pub produced: Amount,
    /// Where.
    pub place: Option<PlaceView>,
    /// Headline.
    pub headline: LotState,
}

/// A process that links lots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceEdge {
    /// The transformation's record.
    pub record: RecordId,
    /// The process.
    pub process: Option<String>,
    /// What went in.
    pub inputs: Vec<(LotId, Amount)>,
    /// What came out.
    pub outputs: Vec<(LotId, Amount)>,
}

/// A shipment of a traced lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceShipment {
    /// The shipping record.
    pub record: RecordId,
    /// Source.
    pub from: PartyView,
    /// Consignee.
    pub to: PartyView,
    /// Market.
    pub market: Option<String>,
    /// Event time.
    pub event_time: Timestamp,
    /// The traced lots in it, with amounts.
    pub shipped: Vec<(LotId, Amount)>,
    /// What was received; `None` before that.
    pub received: Option<Vec<(LotId, Amount)>>,
}

/// Result of `trace` (up to every harvest) or `impact` (down to every shipment, consignee and label issue).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The lot asked for.
    pub lot: LotId,
    /// Lots, nearest first.
    pub nodes: Vec<TraceNode>,
    /// Processes.
    pub edges: Vec<TraceEdge>,
    /// Shipments (impact only).
    pub shipments: Vec<TraceShipment>,
    /// Label issues: lot, count, net content (impact only).
    pub labels: Vec<(LotId, u32, Amount)>,
    /// The last lot of this page, when more follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<After>,
}
