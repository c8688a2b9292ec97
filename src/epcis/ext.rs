//! The `jejak:` extension members (prefix `jejak` = `urn:jejak:v1:`), typed. An unknown `jejak:` name is refused.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::gs1::LotId;

/// `jejak:` members of an event. Record ids are the 52-character base32 form, without `urn:jejak:record:`.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct Ext {
    /// `jejak:after`: the newest records the signer had seen for its lots.
    pub after: Vec<String>,
    /// `jejak:voids`: the record this one voids (with `errorDeclaration`), or the voiding record a replacement cites.
    pub voids: Option<String>,
    /// `jejak:shipment`: the shipping record that is received, refused or voided, or that a document, payment or observation is about.
    pub shipment: Option<String>,
    /// `jejak:retests`: the failed inspections that this one repeats.
    pub retests: Vec<String>,
    /// `jejak:lifts`: the hold that this event lifts.
    pub lifts: Option<String>,
    /// `jejak:process`: the process of a transformation, by its profile id.
    pub process: Option<String>,
    /// `jejak:additives`: what a transformation took that is no lot.
    pub additives: Vec<Additive>,
    /// `jejak:mode`: how origin is kept.
    pub mode: Option<Mode>,
    /// `jejak:reason`: a reason code.
    pub reason: Option<String>,
    /// `jejak:profile`: the commodity profile an inspection is judged by.
    pub profile: Option<ProfileRef>,
    /// `jejak:sample`: the sample that a `sampling` event drew, or that an inspection measured.
    pub sample: Option<Sample>,
    /// `jejak:evidence`: documents, by hash.
    pub evidence: Vec<Evidence>,
    /// `jejak:serials`: a serial commitment.
    pub serials: Option<Serials>,
    /// `jejak:market`: the market that goods are made, sold or shipped for: ISO 3166-1 alpha-2, `EU`, or `INT` for international standards.
    pub market: Option<String>,
    /// `jejak:milestone`: a payment or logistics milestone.
    pub milestone: Option<String>,
    /// `jejak:commitment`: a salted BLAKE3 commitment (52 base32 characters).
    pub commitment: Option<String>,
    /// `jejak:claims`: claims such as `organic` or `gear:pot`.
    pub claims: Vec<String>,
    /// `jejak:transfer`: the goods of this trade pass from the one owning party to the other, once both have signed.
    pub transfer: bool,
    /// `jejak:rejects`: the other side's signature under the same documents that the signer does not accept.
    pub rejects: Option<String>,
    /// `jejak:documents`: kind, number and date of documents of `bizTransactionList`.
    pub documents: Vec<DocumentRef>,
    /// `jejak:visit`: a visit of supervision.
    pub visit: Option<Visit>,
    /// `jejak:leg`: a leg of a transport.
    pub leg: Option<Leg>,
    /// `jejak:handover`: goods pass from one hand to another on their way.
    pub handover: Option<Handover>,
    /// `jejak:confirms`: the other side's record of the same handover.
    pub confirms: Option<String>,
    /// `jejak:monitoring`: the period that results of a place stand for.
    pub monitoring: Option<Period>,
    /// `jejak:givenUp`: records that this key signed and will never hand in, by number.
    pub given_up: Vec<GivenUp>,
    /// `jejak:close`: true on a commissioning event that takes the last addition to its lot.
    pub close: bool,
}

/// `jejak:` members of `ilmd`.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct IlmdExt {
    /// `jejak:commodity`: commodity id, such as `essential-oil`.
    pub commodity: Option<String>,
    /// `jejak:form`: form id within the commodity.
    pub form: Option<String>,
    /// `jejak:harvestStart`.
    pub harvest_start: Option<Date>,
    /// `jejak:harvestEnd`.
    pub harvest_end: Option<Date>,
    /// `jejak:village`: Kemendagri code of the village, such as `74.12.05.2003`.
    pub village: Option<String>,
    /// `jejak:gear`: fishing gear code.
    pub gear: Option<String>,
    /// `jejak:plots`: salted commitments of the plots.
    pub plots: Vec<String>,
    /// `jejak:catchCertificate`: number of the certificate of a catch.
    pub catch_certificate: Option<String>,
    /// `jejak:bestBefore`.
    pub best_before: Option<Date>,
    /// `jejak:claims` of the harvest.
    pub claims: Vec<String>,
}

/// Chain-of-custody model (`jejak:mode`); the meet over inputs is the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Volume balanced only.
    MassBalance,
    /// Of certified origins, mixed among them.
    Segregated,
    /// One origin kept apart.
    IdentityPreserved,
}

/// `jejak:profile`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileRef {
    /// Profile id, such as `essential-oil/patchouli`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// BLAKE3-256 of the profile's bytes, 52 base32 characters.
    pub blake3: String,
    /// Ids of the requirement sets judged.
    pub requirements: Vec<String>,
}

/// `jejak:sample`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sample {
    /// Sample id.
    pub id: String,
    /// Seal number.
    pub seal: Option<String>,
    /// Sampling plan id.
    pub plan: Option<String>,
    /// Party URI of the holder of the lot sampled; an inspection need not repeat it.
    pub holder: Option<String>,
}

/// An element of `jejak:additives`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Additive {
    /// Its id in the profile, such as `salt`.
    pub substance: String,
    /// How much of it.
    pub value: Decimal,
    /// Unit, Rec 20.
    pub uom: String,
}

/// An element of `jejak:evidence`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// BLAKE3-256 of the blob, 52 base32 characters.
    pub blake3: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Document type id.
    pub document_type: String,
    /// Title for people.
    pub title: String,
    /// Whether anyone may fetch it.
    pub public: bool,
    /// Its number, as its issuer wrote it.
    pub number: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// The first day on which it is valid.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

/// An element of `jejak:documents`: what `bizTransactionList` has no room for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentRef {
    /// The document, as in `bizTransactionList`.
    pub document: String,
    /// Its kind, where the type of `bizTransactionList` does not say it: one of [`super::documents::KINDS`], or another code, such as an
    /// export guide asks for.
    pub kind: Option<String>,
    /// Its number, as its issuer wrote it.
    pub number: Option<String>,
    /// Its date. Of a payment: the day by which it is due, and once it took place that day.
    pub date: Option<Date>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// The last day on which it is valid.
    pub until: Option<Date>,
}

/// `jejak:visit`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Visit {
    /// What was looked at, such as `quality-supervision`.
    pub purpose: String,
    /// `in-order`, `advice` or `corrective-action`.
    pub outcome: String,
    /// What was advised or is to be mended, for people.
    pub advice: Option<String>,
    /// What was looked at, point by point.
    pub checklist: Vec<Check>,
}

/// An element of `jejak:checklist`: a point of a visit's list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Check {
    /// Its code, such as `scales-checked`.
    pub item: String,
    /// `yes`, `no` or `not-applicable`.
    pub answer: String,
    /// What was seen, for people.
    pub note: Option<String>,
}

/// `jejak:leg`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leg {
    /// `road`, `sea`, `inland-water`, `air`, `rail` or `on-foot`.
    pub mode: String,
    /// Vehicle, vessel or flight.
    pub vehicle: Option<String>,
    /// Place it leaves, by its URI.
    pub from: Option<String>,
    /// Place it goes to.
    pub to: Option<String>,
    /// Seal number.
    pub seal: Option<String>,
}

/// `jejak:handover`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handover {
    /// Party that hands over.
    pub from: String,
    /// Party that takes over.
    pub to: String,
    /// State of the goods, such as `intact`.
    pub condition: Option<String>,
    /// Seal number.
    pub seal: Option<String>,
}

/// `jejak:monitoring`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Period {
    /// First day on which samples were drawn.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// An element of `jejak:givenUp`: a record of the key that will never arrive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GivenUp {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub record: String,
    /// `refused`, `mistake` or `lost`.
    pub reason: String,
    /// Its act, by the name of the rules; an inspection names its act.
    pub act: Option<String>,
    /// The lots it was about.
    pub lots: Vec<LotId>,
}

/// `jejak:serials`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Serials {
    /// How many were issued.
    pub count: u32,
    /// RFC 6962 root of the sorted leaves, 52 base32 characters.
    pub root: String,
    /// Net content of one pack.
    pub net: Decimal,
    /// Unit of the net content, Rec 20.
    pub net_uom: String,
}
