//! The rows of the state, and the keys they are found by.
//!
//! Rows are postcard. Their form may change with every version of the program: [`VERSION`] goes up, and an index of another
//! version is rebuilt from the journal.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::acts::Act;
pub use super::effects::{Account, At, Delta, Effects, OwnerRow};
pub use super::lot_rows::{Counts, Failure, FailureRow, HoldingRow, LotRow};
pub use super::provenance::{Origin, Producers, Provenance, ProvenancePart, Source};
pub use super::row_keys::{
    Counted, ENTITY, SEQ_GROUP, Stowed, carrier_key, company_key, container_use_key, enrolled_key, entity_key,
    event_key, evidence_key, evidence_shipment_key, folded_number, handover_key, lot_key, lot_look_key, lot_number_key,
    lot_use_key, mandate_key, monitoring_key, name_key, of_lot, of_monitoring, of_sample, party_key, place_use_key,
    profile_key, sample_key, seq_key, specifications_key, stowed_key, trade_key, trade_signer_key, under_lot,
};
pub use super::usage::{DayUse, Documents, KeyCounts, LotUse};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::registry::{Names, Purpose, Region, Role, Standing};
use crate::record::{Hash32, PublicKey, RecordId};

/// Version of the rows. Raise it with every change of a row, a key or a table.
pub const VERSION: u8 = 20;

/// [`super::Table::Ledger`], key empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// `urn:jejak:ledger:…`, every record's `aud`.
    pub ledger: String,
    /// The authority's URI.
    pub authority: String,
    /// The last `Clock`, Unix seconds; 0 before the first.
    pub clock: i64,
    /// Index of that `Clock` statement, or of the authority's `ClockReset`; 0 before the first.
    pub clock_index: u64,
    /// That `Clock`, or the authority's `ClockReset`.
    pub clock_record: Option<RecordId>,
    /// How far the authority lets the next `Clock` go.
    pub clock_permit: Option<i64>,
    /// The clock when the authority last stated something; before the first clock the `iat` of entry 0.
    pub confirmed: i64,
    /// For each `ClockReset` that names one: the first entry that was logged under the wrong clock, and the reset's own index.
    pub resets: Vec<(u64, u64)>,
    /// The ruleset in force; 0 before the first statement.
    pub ruleset: u32,
    /// Origin of the checkpoints, once `LogKeys` is there.
    pub origin: Option<String>,
    /// The log's verifier keys in force.
    pub log_keys: Vec<String>,
    /// The `LogKeys` statement in force.
    pub log_keys_record: Option<RecordId>,
    /// The witnesses' verifier keys in force.
    pub witnesses: Vec<String>,
    /// Commitment of the authority's next key.
    pub successor: Option<Hash32>,
    /// How many `Profile`, `LogKeys`, `Ruleset` and `ClockReset` statements there are (`entity_index::IN_FORCE` lists them).
    pub statements: u64,
    /// Whether any key or party was ever marked as compromised. Rare: without one nothing more is read.
    pub any_marked: bool,
    /// Whether any party is marked as a demonstration: pages say so.
    pub any_demo: bool,
}

/// [`super::Table::Party`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRow {
    /// The statement in force.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// Who enrolled it.
    pub enroller: String,
    /// Names.
    pub name: Names,
    /// Legal form.
    pub legal_form: Option<String>,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Country.
    pub country: String,
    /// Region.
    pub region: Option<Region>,
    /// Registration number.
    pub registration: Option<String>,
    /// GLN.
    pub gln: Option<crate::gs1::Gln>,
    /// Vouched prefixes.
    pub prefixes: Vec<String>,
    /// Of a region: prefixes within which it may enrol.
    pub enrols: Vec<String>,
    /// Whether its GLN, if it has one, lies in a prefix that the authority vouched for it or for the region that enrolled it.
    pub gln_vouched: bool,
    /// The party that was enrolled before with a name that looks like one of this.
    pub looks_like: Option<String>,
    /// Contact.
    pub contact: Option<String>,
    /// Demonstration.
    pub demo: bool,
    /// May write or not.
    pub standing: Standing,
    /// Its keys, counted.
    pub keys: KeyCounts,
    /// The key that signed its first statement.
    pub enrolled_by: PublicKey,
    /// The clock when that was logged.
    pub enrolled: i64,
    /// Enrolled by a key that was compromised then: what it logged is marked.
    pub marked_since: Option<i64>,
}

/// [`super::Table::Name`] and [`super::Table::Company`]: who bears a name of this look, or has this number, now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRow {
    /// The parties that do, in the order of the log, each with whether it is an office: the authority, a region or an inspector.
    pub bearers: Vec<(String, bool)>,
    /// There are or were more than are listed.
    pub more: bool,
}

/// [`super::Table::Key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Whose it is, for ever.
    pub party: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The statement that admitted it.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// The key that signed that statement.
    pub enrolled_by: PublicKey,
    /// The clock when it was logged.
    pub enrolled: i64,
    /// A name for people.
    pub label: Option<String>,
    /// Ended at this index, with this reason.
    pub revoked: Option<(u64, String)>,
    /// Compromised since (Unix seconds).
    pub compromised_since: Option<i64>,
    /// The highest `seq` seen.
    pub last_seq: u64,
    /// Its first record, and the clock when that was logged.
    pub first: Option<(RecordId, i64)>,
    /// What it signed on its last day.
    pub used: DayUse,
    /// The same of holds, recalls, voids and the like, which are counted apart.
    pub urgent: DayUse,
}

/// [`super::Table::Record`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// The key that signed it.
    pub kid: PublicKey,
    /// The number that the key gave it.
    pub seq: u64,
    /// Where it is in the log.
    pub index: u64,
    /// The last `Clock` before it, Unix seconds.
    pub clock: i64,
    /// Index of that `Clock` statement.
    pub clock_index: u64,
    /// What it did.
    pub act: Act,
    /// Who stands behind it (`iss`).
    pub party: String,
    /// For whom, when under a mandate.
    pub on_behalf: Option<String>,
    /// Event time, for events.
    pub event_time: Option<Timestamp>,
    /// Hash of what an event states, which its void repeats (`repeats`); zeros for a statement.
    pub states: [u8; 16],
    /// The lots it names.
    pub lots: Vec<LotId>,
    /// Voided by this record.
    pub voided_by: Option<RecordId>,
    /// Findings it caused.
    pub findings: u32,
    /// What voiding it takes back, and what it voided or lifted.
    pub effects: Effects,
}

/// One record in a row of [`super::Table::Entity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityEntry {
    /// Its index.
    pub index: u64,
    /// The record.
    pub record: RecordId,
    /// What it did.
    pub act: Act,
}

/// [`super::Table::Entity`]: a group of records about an entity, by index.
pub type EntityRow = Vec<EntityEntry>;

/// [`super::Table::Seq`]: the used numbers of one group.
pub type SeqRow = Vec<Numbered>;

/// A number of a key that no other record may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The number modulo [`SEQ_GROUP`].
    pub number: u8,
    /// The record that has it.
    pub record: RecordId,
    /// The key gave it up: the record is not on the ledger.
    pub given_up: bool,
}

/// [`super::Table::Enrolled`]: what a key enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolledRow {
    /// Another key.
    Key,
    /// A party.
    Party,
}

/// [`super::Table::Product`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// The statement in force.
    pub record: RecordId,
    /// Who registered it.
    pub owner: String,
    /// Names.
    pub name: Names,
    /// Commodity id.
    pub commodity: String,
    /// Form id.
    pub form: String,
    /// Base unit.
    pub unit: crate::gs1::BaseUnit,
    /// Who may create its lots.
    pub makers: Vec<String>,
    /// Net content of a pack.
    pub net_content: Option<Amount>,
    /// HS code.
    pub hs: Option<String>,
    /// Storage advice.
    pub storage: Option<Names>,
}

/// [`super::Table::Place`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// The statement in force.
    pub record: RecordId,
    /// Who registered it.
    pub owner: String,
    /// Names.
    pub name: Names,
    /// Kind of place.
    pub kind: String,
    /// Country.
    pub country: String,
    /// Region.
    pub region: Option<Region>,
    /// Rough position.
    pub near: Option<String>,
}

/// [`super::Table::Container`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRow {
    /// Who packed it first.
    pub maker: String,
    /// Where it is.
    pub at: At,
    /// The container it is nested in.
    pub parent: Option<Sscc>,
    /// Containers nested in it.
    pub children: BTreeSet<Sscc>,
    /// Lots in it, directly.
    pub contents: Vec<(LotId, Amount)>,
    /// How much there is to count in it: its contents, the containers in it, and what is to count in those.
    pub load: u32,
    /// Holds on it that are not lifted.
    pub holds: BTreeSet<RecordId>,
}

/// [`super::Table::Transit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitRow {
    /// The source.
    pub from: String,
    /// The destination.
    pub to: String,
    /// Who signed the shipment.
    pub shipped_by: String,
    /// Loose lots under way.
    pub loose: Vec<(LotId, Amount)>,
    /// Containers under way (outermost).
    pub containers: BTreeSet<Sscc>,
    /// Every lot under way, loose or in containers, as shipped.
    pub shipped: Vec<(LotId, Amount)>,
    /// Event time of the shipment.
    pub at: Timestamp,
    /// Market.
    pub market: Option<String>,
    /// The record that closed it (receipt, delivery outside, void), and what was received per lot.
    pub closed: Option<(RecordId, Vec<(LotId, Amount)>)>,
}

/// [`super::Table::Transformation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformationRow {
    /// The process, by its profile id.
    pub process: Option<String>,
    /// What went in.
    pub inputs: Vec<(LotId, Amount)>,
    /// What came out.
    pub outputs: Vec<(LotId, Amount)>,
    /// Parameters that the process cures, by the profile in force then.
    pub cures: Vec<String>,
}

/// [`super::Table::Inspection`]: one of the inspections of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectionRow {
    /// The record.
    pub record: RecordId,
    /// The lot.
    pub lot: LotId,
    /// The inspector.
    pub inspector: String,
    /// Event time.
    pub at: Timestamp,
    /// Profile id and version it was judged by.
    pub profile: (String, String),
    /// Requirement sets judged.
    pub requirements: Vec<String>,
    /// The whole.
    pub verdict: crate::quality::Verdict,
    /// Each value: as judged.
    pub results: Vec<crate::quality::Judged>,
    /// The failed inspections it repeats.
    pub retests: Vec<RecordId>,
    /// Accreditation body and number it was made under.
    pub accreditation: Option<(String, String)>,
    /// It was entered after the accreditation had ended.
    pub late: Option<Late>,
    /// It was entered long after the profile had ended: what passed does not count.
    pub outdated: bool,
    /// An own check: the inspector was no outsider to the lot.
    pub own: bool,
    /// The sample that it names.
    pub sample: Option<String>,
    /// The key that signed it, and the number that the key gave it.
    pub signed: (PublicKey, u64),
    /// Limits that it left out of the sets that it names.
    pub lacking: Vec<String>,
    /// Parameters whose results expire, and when (Unix seconds).
    pub expires: Vec<(String, i64)>,
    /// What it measured on a sample, by the profile: these parameters need one.
    pub laboratory: Vec<String>,
    /// Its `jejak:after`, when its sample was not on the ledger yet: what may show that the sample was drawn first.
    pub after: Vec<RecordId>,
    /// Voided by its signer.
    pub voided: bool,
}

/// An inspection that was entered after its accreditation had ended, as far as the log showed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Late {
    /// Soon after it had expired; the key's first record had been logged before that.
    AfterFirst(RecordId),
    /// Too late, at this clock (Unix seconds): what passed does not count, unless a renewal without a gap is logged later.
    Ended(i64),
}

/// [`super::Table::Sample`]: a sample that was drawn, or sent in, of a lot. A voided one is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleRow {
    /// The record.
    pub record: RecordId,
    /// The key that signed it, and the number that the key gave it.
    pub signed: (PublicKey, u64),
    /// Event time.
    pub at: Timestamp,
    /// Who drew it, or sent it in.
    pub by: String,
    /// Who signed it has to do with the goods: the sample was submitted by the producer, the holder or one that acts for them.
    pub submitted: bool,
}

/// [`super::Table::Monitoring`]: results of a place. Voided ones are removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoringRow {
    /// The record.
    pub record: RecordId,
    /// The inspector.
    pub by: String,
    /// First day, days since 1970-01-01.
    pub from: i32,
    /// Last day.
    pub until: i32,
}

/// [`super::Table::Hold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// Recall, or hold only.
    pub recall: bool,
    /// Who issued it.
    pub issuer: String,
    /// Reason, for people.
    pub reason: Option<String>,
    /// Lots held.
    pub lots: Vec<LotId>,
    /// Containers held.
    pub containers: Vec<Sscc>,
    /// Lifted by.
    pub lifted_by: Option<RecordId>,
}

/// [`super::Table::Accreditation`], a list of these by party: one party may hold several, with different scopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccreditationRow {
    /// The statement.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// Commodity ids it covers; `*` for all.
    pub scope: Vec<String>,
    /// Accreditation body.
    pub body: String,
    /// Its number.
    pub number: String,
    /// Unix seconds, inclusive.
    pub from: i64,
    /// Unix seconds, exclusive.
    pub until: i64,
    /// It took the place of one that went on longer: it was ended early.
    pub cut: bool,
}

/// [`super::Table::Mandate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateRow {
    /// The statement in force.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// The acts; none when it was ended.
    pub acts: Vec<String>,
    /// The lots, or all.
    pub lots: Option<Vec<LotId>>,
    /// Unix seconds, exclusive.
    pub until: i64,
    /// The last time that an earlier one between the two was in force, Unix seconds by the log's clock.
    pub ended: Option<i64>,
}

/// [`super::Table::Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRow {
    /// The statement.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// BLAKE3 of the bytes.
    pub blake3: Hash32,
    /// In force from (Unix seconds).
    pub from: i64,
    /// Until, exclusive.
    pub until: Option<i64>,
}

/// [`super::Table::Guide`]: the export guide of an id that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideRow {
    /// The statement.
    pub record: RecordId,
    /// Its index.
    pub index: u64,
    /// The guide's version.
    pub version: String,
    /// BLAKE3 of its bytes.
    pub blake3: Hash32,
    /// Size of its bytes.
    pub bytes: u64,
}

/// [`super::Table::Certificate`], a list of these by party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// The statement.
    pub record: RecordId,
    /// Who made it.
    pub by: String,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// The office that issued it.
    pub issuer: String,
    /// First day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last day.
    pub until: Option<String>,
    /// BLAKE3 of a copy.
    pub document: Option<Hash32>,
}

/// [`super::Table::Specification`]: a version of a specification that a party adopted. It stays when it was replaced: what was judged by it
/// is read for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationRow {
    /// The statement.
    pub record: RecordId,
    /// Its id among those of the party for the commodity.
    pub id: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of the bytes.
    pub blake3: Hash32,
    /// Index of the statement.
    pub index: u64,
    /// The clock when it was adopted, Unix seconds: in force from then on.
    pub from: i64,
    /// Index of the statement that replaced or withdrew it, and the clock then.
    pub ended: Option<(u64, i64)>,
}

/// [`super::Table::Issue`]: one label issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueRow {
    /// The record.
    pub record: RecordId,
    /// Who issued the labels.
    pub issuer: String,
    /// How many.
    pub count: u32,
    /// Net content of one pack.
    pub net: Amount,
    /// Root of the serial commitment, 52 base32 characters.
    pub root: String,
    /// The record that voided the issue (spoiled sheets).
    pub voided_by: Option<RecordId>,
}

/// [`super::Table::Evidence`]: that a party named a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// Its first record that names the blob.
    pub record: RecordId,
    /// Its first record that names the blob as public.
    pub public: Option<RecordId>,
    /// The largest size that its records state.
    pub bytes: u64,
}

/// [`super::Table::Trade`]: the signatures of the two owners under the same document and terms. A later signature of the same
/// side takes the place of one that was voided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeRow {
    /// Of the owner before.
    pub from: Option<RecordId>,
    /// Of the owner after.
    pub to: Option<RecordId>,
}

/// [`super::Table::Done`]: the newest records that did the same and were not voided, oldest first, each with its index.
pub type DoneRow = Vec<(u64, RecordId)>;
