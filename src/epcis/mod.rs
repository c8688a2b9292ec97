//! EPCIS 2.0 events and CBV 2.0 vocabulary as serde types, in the form this product admits (GS1 EPCIS 2.0, CBV 2.0;
//! the product's profile of it is `schemas/event.schema.json`).
//!
//! What it is not: a general EPCIS repository. Extension members of other vocabularies are kept; an unknown `jejak:`
//! name is refused. Pure: no I/O.

pub mod cbv;
pub mod documents;
pub mod event;
pub mod ext;
mod ext_parse;
pub mod extension;
mod parse;
mod parse_parts;
pub mod profile;
pub mod strict;
pub mod uri;
#[cfg(any(test, feature = "node"))]
pub mod write;

pub use event::{
    Action, BizTransaction, ErrorDeclaration, Event, EventType, PersistentDisposition, Place, QuantityElement,
    SensorElement, SensorMetadata, SensorReport, SourceDest,
};
pub use ext::{Evidence, Ext, IlmdExt, Mode, ProfileRef, Sample, Serials};
pub(crate) use ext_parse::is_hash;
pub use parse::EventError;
#[cfg(any(test, feature = "node"))]
pub use write::EventBuilder;
