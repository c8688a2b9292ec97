//! The five event types as one struct: EPCIS 2.0 shares nearly all members between them, and `kind` says which type it
//! is. [`Event::check`] holds the per-type rules of the JSON Schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::ext::{Ext, IlmdExt};
use crate::gs1::{Amount, Gln, Unit};

/// Which of the five EPCIS 2.0 event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// Objects as such: commissioning, inspecting, shipping.
    Object,
    /// Physical packing into or out of a parent.
    Aggregation,
    /// Objects tied to business transactions.
    Transaction,
    /// Inputs consumed, outputs created.
    Transformation,
    /// Lasting association of children with a parent.
    Association,
}

/// What a business transaction that is a sample begins with.
const SAMPLE: &str = "urn:jejak:sample:";

impl Event {
    /// The id of the sample that the event is about: `jejak:sample`, else the sample among its business transactions, which is where
    /// other EPCIS systems look for it.
    pub fn sample_id(&self) -> Option<&str> {
        let document = || self.transactions.iter().find_map(|document| document.id.strip_prefix(SAMPLE));
        self.ext.sample.as_ref().map(|sample| sample.id.as_str()).or_else(document)
    }

    /// The place where it was read, or where the goods are since, if that has a GLN.
    pub fn gln(&self) -> Option<Gln> {
        [&self.read_point, &self.biz_location].into_iter().flatten().find_map(|place| Gln::from_uri(&place.id).ok())
    }

    /// Whether it names any lot, item or container.
    pub fn names_goods(&self) -> bool {
        let classes = [&self.quantities, &self.child_quantities, &self.inputs, &self.outputs];
        let items = [&self.epcs, &self.child_epcs, &self.input_epcs, &self.output_epcs];
        self.parent.is_some()
            || classes.into_iter().any(|list| !list.is_empty())
            || items.into_iter().any(|list| !list.is_empty())
    }
}

impl EventType {
    /// The word of the member `type`.
    pub const fn name(self) -> &'static str {
        match self {
            EventType::Object => "ObjectEvent",
            EventType::Aggregation => "AggregationEvent",
            EventType::Transaction => "TransactionEvent",
            EventType::Transformation => "TransformationEvent",
            EventType::Association => "AssociationEvent",
        }
    }
}

/// The `action` of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Created, added, packed.
    Add,
    /// Seen, without being created or removed.
    Observe,
    /// Destroyed, removed, unpacked.
    Delete,
}

impl Action {
    /// The word of the member `action`.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Add => "ADD",
            Action::Observe => "OBSERVE",
            Action::Delete => "DELETE",
        }
    }
}

/// One EPCIS event. Members are named as in EPCIS 2.0; lists are empty when the member is absent.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Event {
    /// `type`.
    pub kind: EventType,
    /// `@context`, as it stood in the event.
    pub context: Option<Value>,
    /// `eventID`: `urn:uuid:` for admitted records; any URI in foreign documents; absent in some examples.
    pub event_id: Option<String>,
    /// `eventTime`, the instant.
    pub event_time: Timestamp,
    /// `eventTimeZoneOffset`, such as `+08:00`.
    pub offset: String,
    /// `recordTime`, when a repository stated it.
    pub record_time: Option<Timestamp>,
    /// `action`; a transformation has none.
    pub action: Option<Action>,
    /// `bizStep`, bare CBV word or URI.
    pub biz_step: Option<String>,
    /// `disposition`, bare CBV word or URI.
    pub disposition: Option<String>,
    /// `persistentDisposition`.
    pub persistent: Option<PersistentDisposition>,
    /// `readPoint`.
    pub read_point: Option<Place>,
    /// `bizLocation`.
    pub biz_location: Option<Place>,
    /// `epcList`.
    pub epcs: Vec<String>,
    /// `quantityList`.
    pub quantities: Vec<QuantityElement>,
    /// `parentID`.
    pub parent: Option<String>,
    /// `childEPCs`.
    pub child_epcs: Vec<String>,
    /// `childQuantityList`.
    pub child_quantities: Vec<QuantityElement>,
    /// `inputEPCList`.
    pub input_epcs: Vec<String>,
    /// `inputQuantityList`.
    pub inputs: Vec<QuantityElement>,
    /// `outputEPCList`.
    pub output_epcs: Vec<String>,
    /// `outputQuantityList`.
    pub outputs: Vec<QuantityElement>,
    /// `transformationID`.
    pub transformation_id: Option<String>,
    /// `bizTransactionList`.
    pub transactions: Vec<BizTransaction>,
    /// `sourceList`.
    pub sources: Vec<SourceDest>,
    /// `destinationList`.
    pub destinations: Vec<SourceDest>,
    /// `sensorElementList`.
    pub sensors: Vec<SensorElement>,
    /// `errorDeclaration`.
    pub error: Option<ErrorDeclaration>,
    /// `certificationInfo`.
    pub certification: Vec<String>,
    /// `jejak:` members of `ilmd`, typed.
    pub ilmd: Option<IlmdExt>,
    /// Other members of `ilmd`, by their name.
    pub ilmd_other: BTreeMap<String, Value>,
    /// `jejak:` members of the event, typed.
    pub ext: Ext,
    /// Extension members of other vocabularies, kept by their name.
    pub other: BTreeMap<String, Value>,
}

/// `readPoint` or `bizLocation`.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Place {
    /// URI; `https://id.gs1.org/414/<gln>` in admitted records.
    pub id: String,
    /// Extension members.
    pub other: BTreeMap<String, Value>,
}

/// An element of a quantity list.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct QuantityElement {
    /// Class URI; a lot URI in admitted records.
    pub epc_class: String,
    /// The number, exact; `None` when the event names the class only.
    pub quantity: Option<Decimal>,
    /// UN/CEFACT Rec 20 code; `None` means a count.
    pub uom: Option<String>,
}

impl QuantityElement {
    /// Its unit; `None` for one that is not converted.
    pub fn unit(&self) -> Option<Unit> {
        self.uom.as_deref().map_or(Some(Unit::Piece), Unit::from_code)
    }

    /// The amount in its base unit; `None` without a quantity, or for one that can't be converted exactly.
    pub fn amount(&self) -> Option<Amount> {
        self.unit()?.to_base(self.quantity?).ok()
    }
}

/// `persistentDisposition`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct PersistentDisposition {
    /// Set from this event on.
    pub set: Vec<String>,
    /// No longer so from this event on.
    pub unset: Vec<String>,
}

/// An element of `bizTransactionList`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BizTransaction {
    /// CBV business transaction type.
    pub kind: Option<String>,
    /// URI of the transaction document.
    pub id: String,
}

/// An element of `sourceList` or `destinationList`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceDest {
    /// `owning_party`, `possessing_party` or `location`.
    pub kind: String,
    /// URI of the party or place.
    pub id: String,
}

/// An element of `sensorElementList`.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct SensorElement {
    /// `sensorMetadata`.
    pub metadata: SensorMetadata,
    /// `sensorReport`.
    pub reports: Vec<SensorReport>,
    /// Extension members.
    pub other: BTreeMap<String, Value>,
}

/// `sensorMetadata`: the members this product reads; the rest is kept in `other`.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct SensorMetadata {
    /// When measured.
    pub time: Option<Timestamp>,
    /// Start of a period of measuring.
    pub start_time: Option<Timestamp>,
    /// End of a period of measuring.
    pub end_time: Option<Timestamp>,
    /// The instrument.
    pub device_id: Option<String>,
    /// Other members.
    pub other: BTreeMap<String, Value>,
}

/// One measured value.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct SensorReport {
    /// URI of the parameter (`type`), such as `urn:jejak:param:acid-value`.
    pub parameter: String,
    /// `stringValue`: the decimal (or `<LOQ`, or a word) exactly as measured. It governs.
    pub string_value: Option<String>,
    /// `value`, exact; must equal `stringValue` when both are there.
    pub value: Option<Decimal>,
    /// `booleanValue`.
    pub boolean_value: Option<bool>,
    /// `minValue`, `maxValue`, `meanValue`.
    pub min_value: Option<Decimal>,
    /// Largest value of a series.
    pub max_value: Option<Decimal>,
    /// Mean of a series.
    pub mean_value: Option<Decimal>,
    /// UN/CEFACT Rec 20 code, or a UCUM unit for what Rec 20 lacks.
    pub uom: Option<String>,
    /// `jejak:uncertainty`: expanded uncertainty U, same unit.
    pub uncertainty: Option<Decimal>,
    /// `jejak:loq`: limit of quantification, same unit.
    pub loq: Option<Decimal>,
    /// `jejak:method`: the test method.
    pub method: Option<String>,
    /// `jejak:units`: units of the lot for which the value stands, such as 5 sample units without Salmonella; 1 when absent.
    pub units: Option<u32>,
    /// Other members.
    pub other: BTreeMap<String, Value>,
}

/// `errorDeclaration`.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct ErrorDeclaration {
    /// When the error was declared.
    pub declaration_time: Timestamp,
    /// `did_not_occur` or `incorrect_data`.
    pub reason: Option<String>,
    /// `correctiveEventIDs`.
    pub corrective: Vec<String>,
    /// Extension members.
    pub other: BTreeMap<String, Value>,
}
