//! The `jejak:` extension members (prefix `jejak` = `urn:jejak:v1:`), typed. An unknown `jejak:` name is refused.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// `jejak:` members of an event. Record ids are the 52-character base32 form, without `urn:jejak:record:`.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct Ext {
    /// `jejak:after`: the newest records the signer had seen for its lots.
    pub after: Vec<String>,
    /// `jejak:voids`: the record this one voids (with `errorDeclaration`), or the voiding record a replacement cites.
    pub voids: Option<String>,
    /// `jejak:shipment`: the shipping record that is received, refused, returned or voided.
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
