//! The COSE_Sign1 envelope (RFC 9052 section 4.2) with CWT claims (RFC 9597), in the one form the ledger admits.

use std::sync::Arc;

use super::id::RecordId;
use super::key::PublicKey;
use super::registry::Statement;
use crate::epcis::Event;

/// The longest record, in bytes: a tlog-tiles entry has a 16-bit length.
pub const MAX_RECORD: usize = 65_535;

/// The CWT claims of a record; all are required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss` (1): the party's URI.
    pub iss: String,
    /// `sub` (2): the subject, derived from the payload ([`Payload::subject`]).
    pub sub: String,
    /// `aud` (3): the ledger id.
    pub aud: String,
    /// `iat` (6): when it was signed, by the device's clock, Unix seconds.
    pub iat: i64,
    /// `"seq"`: this key's running number, from 1.
    pub seq: u64,
}

/// Header 3 of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentType {
    /// `application/ld+json`: an EPCIS event.
    Event,
    /// `application/vnd.jejak.registry+json`: a registry statement.
    Registry,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// An EPCIS event.
    Event(Box<Event>),
    /// A registry statement.
    Registry(Box<Statement>),
}

/// A decoded record: its exact bytes and what they say. The signature is not yet checked: [`Record::verify`].
#[derive(Debug, Clone)]
pub struct Record {
    /// The bytes of the COSE_Sign1, tag 18 included.
    pub bytes: Arc<[u8]>,
    /// BLAKE3-256 of the bytes.
    pub id: RecordId,
    /// The signer's key (`kid`).
    pub kid: PublicKey,
    /// The claims.
    pub claims: Claims,
    /// What the payload is.
    pub content_type: ContentType,
    /// What it says.
    pub payload: Payload,
}

/// Why bytes are not a record. Closed: each has a stable code ([`RecordError::code`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than [`MAX_RECORD`].
    #[error("{0} bytes; a record has at most 65,535")]
    TooLong(usize),
    /// Not the one CBOR form that is admitted.
    #[error("not a deterministic COSE_Sign1: {0}")]
    Cbor(String),
    /// A header that is missing, unknown or of the wrong kind.
    #[error("header: {0}")]
    Header(String),
    /// The payload is not strict JSON.
    #[error("payload is not strict JSON: {0}")]
    Json(String),
    /// The payload is JSON, but not of the schema.
    #[error("payload: {0}")]
    Payload(String),
    /// `sub` is not the subject of the payload.
    #[error("sub is {got}, the payload's subject is {want}")]
    Subject {
        /// As claimed.
        got: String,
        /// As derived.
        want: String,
    },
    /// The signature does not verify (strictly) under `kid`.
    #[error("the signature does not verify under the key it names")]
    Signature,
}
