//! Registry statements: who the parties are, their keys, products, places, and what is in force.
//!
//! JSON with a `type` member; unknown members are refused; every string is length-limited ([`Statement::check`]).
//! No personal identity numbers, no prices, no exact plots in clear.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::id::{Hash32, RecordId};
use super::key::PublicKey;
use crate::gs1::{BaseUnit, Gln, Gtin, LotId};
pub use crate::names::Names;

/// One registry statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Statement {
    /// Enrols a party, or updates one.
    Party(Party),
    /// Suspends or reinstates a party.
    PartyStatus(PartyStatus),
    /// Admits a key of a party.
    Key(Key),
    /// Ends a key.
    KeyRevocation(KeyRevocation),
    /// Accredits an inspector.
    Accreditation(Accreditation),
    /// Lets another party act for the issuer.
    Mandate(Mandate),
    /// Registers a product.
    Product(Product),
    /// Registers a place.
    Place(Place),
    /// Puts a commodity profile in force.
    Profile(Profile),
    /// Adopts a specification of a party's own, or withdraws one.
    Specification(Specification),
    /// Puts an export guide in force.
    Guide(Guide),
    /// States a certificate, permit or registration of a party, or withdraws one.
    Certificate(Certificate),
    /// Puts a ruleset in force.
    Ruleset(Ruleset),
    /// Binds the log's own keys.
    LogKeys(LogKeys),
    /// The ledger's clock.
    Clock(Clock),
    /// Lets the operator's next clock go far.
    ClockPermit(ClockPermit),
    /// Sets the ledger's clock.
    ClockReset(ClockReset),
}

/// An optional member that is an object: serde alone would take an array of its members' values for it too.
pub(super) fn some_object<'de, T, D>(d: D) -> Result<Option<T>, D::Error>
where
    T: serde::de::DeserializeOwned,
    D: serde::Deserializer<'de>,
{
    let members = serde_json::Map::<String, serde_json::Value>::deserialize(d)?;
    T::deserialize(serde_json::Value::Object(members)).map(Some).map_err(serde::de::Error::custom)
}

/// An optional day, in its one form `YYYY-MM-DD`.
fn some_day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(d)?;
    let read = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    read.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{text} is no day, such as 2026-09-02")))
}

/// A flag that stands only where it is set: one statement would have two texts.
fn only_true<'de, D: serde::Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    if bool::deserialize(d)? { Ok(true) } else { Err(serde::de::Error::custom("leave it out where it is false")) }
}

/// What a party may be on the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The programme that founds the ledger.
    Authority,
    /// A regional government.
    Region,
    /// Who runs the node.
    Operator,
    /// A village-owned enterprise or another producer.
    Producer,
    /// A processor.
    Processor,
    /// A quality supervisor, laboratory or quarantine officer.
    Inspector,
    /// The export facilitator, a carrier or a dealer.
    Forwarder,
    /// An importer.
    Buyer,
    /// Who checks the ledger.
    Auditor,
}

impl Role {
    /// All, in the order in which they are listed.
    pub const ALL: [Role; 9] = [
        Role::Authority,
        Role::Region,
        Role::Operator,
        Role::Producer,
        Role::Processor,
        Role::Inspector,
        Role::Forwarder,
        Role::Buyer,
        Role::Auditor,
    ];

    /// Its name in JSON, in addresses and options, and in its word (`role-<name>`).
    pub const fn name(self) -> &'static str {
        match self {
            Role::Authority => "authority",
            Role::Region => "region",
            Role::Operator => "operator",
            Role::Producer => "producer",
            Role::Processor => "processor",
            Role::Inspector => "inspector",
            Role::Forwarder => "forwarder",
            Role::Buyer => "buyer",
            Role::Auditor => "auditor",
        }
    }
}

/// An administrative region: a code means nothing without who issued it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// `kemendagri` or `bps`.
    pub authority: String,
    /// Edition of the code list, such as `300.2.2-2430/2025`.
    pub edition: String,
    /// The code, such as `74.12` (regency) or `74.12.05.2003` (village).
    pub code: String,
    /// Its name at that edition.
    pub name: String,
}

/// `Party`. Signed by the enroller (or, for entry 0, by the authority itself).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Party {
    /// The party's URI: `https://id.gs1.org/417/<gln>` or `urn:jejak:party:<a-z0-9->`.
    pub party: String,
    /// Names for people.
    pub name: Names,
    /// Legal form, such as `BUM Desa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_form: Option<String>,
    /// What it may do.
    pub roles: Vec<Role>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Where it belongs; a region enrols producers and processors of its own code only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_object")]
    pub region: Option<Region>,
    /// BUM Desa registration (AHU) number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// Its GLN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gln: Option<Gln>,
    /// GS1 Company Prefixes the enroller vouches for (4 to 12 digits).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<String>,
    /// Of a region: GS1 Company Prefixes within which it may enrol parties, as the authority states it. They are not its own: it
    /// registers no products or places in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enrols: Vec<String>,
    /// Public contact: an office address, never a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Entry 0 only: 16 random bytes as 32 hex digits, part of the ledger id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Entry 0 only: BLAKE3 commitment of the authority's successor key (`key::successor_commitment`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Hash32>,
    /// True marks a demonstration; pages show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

impl Party {
    /// A party with what each must have, and with nothing else.
    pub fn new(uri: impl Into<String>, name: Names, roles: &[Role], country: impl Into<String>) -> Party {
        Party {
            party: uri.into(),
            name,
            legal_form: None,
            roles: roles.to_vec(),
            country: country.into(),
            region: None,
            registration: None,
            gln: None,
            prefixes: Vec::new(),
            enrols: Vec::new(),
            contact: None,
            nonce: None,
            successor: None,
            demo: false,
            replaces: None,
        }
    }
}

/// `PartyStatus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PartyStatus {
    /// The party's URI.
    pub party: String,
    /// Suspended from this index on, or reinstated.
    pub status: Standing,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a party may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// May write.
    Active,
    /// May not.
    Suspended,
}

impl Standing {
    /// Both.
    pub const ALL: [Standing; 2] = [Standing::Active, Standing::Suspended];

    /// Its name in JSON and addresses, and in its word (`standing-<name>`).
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Suspended => "suspended",
        }
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Signs registry statements of the party, and events.
    Admin,
    /// Signs events.
    Event,
    /// The operator's: signs `Clock` and nothing else.
    Operator,
}

/// `Key`. The first admin key of a party is signed by its enroller, later keys by the party's admin key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Key {
    /// The party's URI.
    pub party: String,
    /// The new key.
    pub key: PublicKey,
    /// What it is for.
    pub purpose: Purpose,
    /// Proof of possession: the new key's signature over `key::possession_message`, 128 hex digits.
    pub possession: String,
    /// A name for people, such as `phone of the quality desk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// `KeyRevocation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyRevocation {
    /// The key that ends.
    pub key: PublicKey,
    /// `lost`, `replaced`, `compromised`, `left`.
    pub reason: String,
    /// Unix seconds: what this key logged after the clock at that time is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised_since: Option<i64>,
}

/// `Accreditation` of an inspector, by the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Accreditation {
    /// The inspector's URI.
    pub party: String,
    /// Commodity ids it covers, such as `essential-oil`; `*` for all.
    pub scope: Vec<String>,
    /// Accreditation body, such as `KAN`.
    pub body: String,
    /// Its number.
    pub number: String,
    /// Unix seconds, inclusive.
    pub from: i64,
    /// Unix seconds, exclusive.
    pub until: i64,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Mandate`: the issuer lets `to` act for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mandate {
    /// The party that may act.
    pub to: String,
    /// The acts, by their rule name: `harvest`, `process`, `adjust`, `pack`, `unpack`, `label`, `ship`, `receive`, `void-shipment`, `trade`, `hold`, `correct`.
    pub acts: Vec<String>,
    /// The lots, or all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Vec<LotId>>,
    /// Unix seconds, exclusive.
    pub until: i64,
    /// The statement this one replaces; `acts` empty ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Product`, registered by its owner within a vouched prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Product {
    /// Its GTIN.
    pub gtin: Gtin,
    /// Names for people.
    pub name: Names,
    /// Commodity id, such as `crab`.
    pub commodity: String,
    /// Form id within the commodity, such as `live-mud-crab`.
    pub form: String,
    /// What its quantities are measured in.
    pub unit: BaseUnit,
    /// The parties that may create its lots.
    pub makers: Vec<String>,
    /// Net content of one pack in the base unit, for a consumer pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_content: Option<crate::gs1::Amount>,
    /// Harmonised System code, digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs: Option<String>,
    /// Storage advice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Names>,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Place`, registered by its owner within a vouched prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Place {
    /// Its GLN.
    pub gln: Gln,
    /// Names for people.
    pub name: Names,
    /// `village`, `collection`, `processing`, `laboratory`, `port`, `warehouse`, `airport`, `office`.
    pub kind: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The region it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_object")]
    pub region: Option<Region>,
    /// Latitude and longitude of the village or town centre in degrees, two decimals at most, such as `-4.05,122.97`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// Commitment to the exact point (`docs/formats.md`, "Privacy").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Hash32>,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Profile`: puts a commodity profile in force. Its bytes are an object of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Profile {
    /// Profile id, such as `essential-oil/patchouli`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// BLAKE3-256 of its bytes.
    pub blake3: Hash32,
    /// Size of its bytes.
    pub bytes: u64,
    /// Unix seconds: event times from here on may name it.
    pub from: i64,
    /// Unix seconds, exclusive; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// `Specification`: a producer, processor or buyer adopts limits of its own, which gate as contract. Their bytes are an object of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Specification {
    /// Its id among those of the signer for the commodity, such as `flour`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The commodity it is for, such as `banana-flour`.
    pub commodity: String,
    /// BLAKE3-256 of its bytes. Without it the version that `replaces` names is withdrawn, and none takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<Hash32>,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Guide`: puts an export guide in force: what a commodity needs before it may go to a market. No record is refused by it. Its bytes are an object
/// of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Guide {
    /// The commodity, such as `crab`, or `common` for what holds for all.
    pub id: String,
    /// Its version.
    pub version: String,
    /// BLAKE3-256 of its bytes.
    pub blake3: Hash32,
    /// Size of its bytes.
    pub bytes: u64,
}

/// `Certificate`: a certificate, permit or registration of a party by an office outside the ledger, as the party, its enroller or the
/// authority states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Certificate {
    /// Whose it is.
    pub party: String,
    /// Its kind, such as `nib` or `haccp`: what the items of a guide name.
    pub kind: String,
    /// Its number, where it may be known to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The office that issued it.
    pub issuer: String,
    /// The first day on which it is valid, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_day")]
    pub from: Option<Date>,
    /// The last day; without it, it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_day")]
    pub until: Option<Date>,
    /// BLAKE3-256 of a copy of it, for those who have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Hash32>,
    /// Nothing of this kind holds any more: the statement that `replaces` names is withdrawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "only_true")]
    pub withdrawn: bool,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Ruleset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// The version in force from this index on.
    pub version: u32,
}

/// `LogKeys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogKeys {
    /// Origin of the checkpoints.
    pub origin: String,
    /// The log's verifier keys (C2SP signed-note vkeys).
    pub log: Vec<String>,
    /// The witnesses' verifier keys.
    #[serde(default)]
    pub witnesses: Vec<String>,
    /// The statement this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RecordId>,
}

/// `Clock`, by the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Unix seconds.
    pub time: i64,
}

/// `ClockPermit`, by the authority: the next `Clock` may go as far as `until`, however long the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockPermit {
    /// Unix seconds, inclusive.
    pub until: i64,
    /// The last `Clock` or `ClockReset` on the ledger, for which alone the permit is; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RecordId>,
}

/// `ClockReset`, by the authority: the ledger's clock is `time` now, also when it goes back. The remedy after a wrong clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockReset {
    /// Unix seconds.
    pub time: i64,
    /// The last `Clock` or `ClockReset` on the ledger; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RecordId>,
    /// Index of the first entry that was logged under the wrong clock: those from it up to this statement are shown as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_and_standing_have_one_name_in_json_and_elsewhere() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        for standing in Standing::ALL {
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.name());
        }
    }
}
