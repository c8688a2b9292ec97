//! The COSE_Sign1 envelope (RFC 9052 section 4.2) with CWT claims (RFC 9597), in the one form the ledger admits.
//!
//! Strictness by construction: what decodes is encoded again by [`encode`], and must be the same bytes. So there is exactly
//! one encoding of each record (RFC 8949 section 4.2.1), and no byte of it is without meaning.

use std::ops::Range;
use std::sync::Arc;

use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};

use super::id::RecordId;
use super::key::PublicKey;
use super::registry::Statement;
use crate::causes::{Cause, Source, Whole};
use crate::epcis::strict::{MAX_SAFE, StrictError};
use crate::epcis::{Event, EventError};
use crate::text::TextError;

/// The longest record, in bytes: a tlog-tiles entry has a 16-bit length.
pub const MAX_RECORD: usize = 65_535;
/// Longest `iss`, `sub` or `aud`, in bytes.
pub const MAX_URI: usize = 512;

/// COSE algorithm -8 (EdDSA, RFC 9053) and -19 (Ed25519, RFC 9864).
pub(super) const ALGS: [i64; 2] = [-8, -19];
const EVENT_TYPE: &str = "application/ld+json";
const REGISTRY_TYPE: &str = "application/vnd.jejak.registry+json";
/// Tag of a COSE_Sign1.
const SIGN1: u64 = 18;
/// More than the bytes of a COSE_Sign1 or its Sig_structure beside header and payload: 66 of signature, heads of at most 5.
const OVERHEAD: usize = 96;

/// The CWT claims of a record; all but the last are required.
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
    /// `"seen"`: the newest head of the log that the signer's device had seen, if any.
    pub seen: Option<Seen>,
}

/// A head of the log that a signer's device has seen: `[size, root]`. By signing it the signer witnesses the log's history up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    /// Number of entries; a head is signed for two and more.
    pub size: u64,
    /// Root of their tree.
    pub root: [u8; 32],
}

/// Header 3 of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentType {
    /// `application/ld+json`: an EPCIS event.
    Event,
    /// `application/vnd.jejak.registry+json`: a registry statement.
    Registry,
}

impl ContentType {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            ContentType::Event => EVENT_TYPE,
            ContentType::Registry => REGISTRY_TYPE,
        }
    }
}

/// The payload of a record, decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// An EPCIS event.
    Event(Box<Event>),
    /// A registry statement.
    Registry(Box<Statement>),
}

impl Payload {
    /// Reads the JSON of a payload.
    ///
    /// # Errors
    /// [`RecordError::Json`], [`RecordError::Event`], or an error of [`Statement::from_json`].
    pub fn read(kind: ContentType, json: &[u8]) -> Result<Payload, RecordError> {
        match kind {
            ContentType::Event => {
                let event = Event::from_json(json).map_err(|error| match error {
                    EventError::Json(error) => RecordError::Json(error),
                    error @ EventError::Member { .. } => RecordError::Event(error),
                })?;
                event.check_profile().map_err(RecordError::Event)?;
                Ok(Payload::Event(Box::new(event)))
            }
            ContentType::Registry => Statement::from_json(json).map(|s| Payload::Registry(Box::new(s))),
        }
    }

    /// The subject, by a fixed rule: [`Event::subject`], or what the registry statement is about; the ledger (`aud`) for
    /// `Ruleset`, `LogKeys` and `Clock`.
    pub fn subject(&self, aud: &str) -> Option<String> {
        match self {
            Payload::Event(event) => event.subject(),
            Payload::Registry(statement) => Some(statement.subject(aud)),
        }
    }
}

/// A decoded record: its exact bytes and the values read from them. The signature is not yet checked: [`Record::verify`].
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
    /// The kind of the payload.
    pub content_type: ContentType,
    /// The payload, decoded.
    pub payload: Payload,
    protected: Range<usize>,
    body: Range<usize>,
    signature: [u8; 64],
}

/// Why bytes are not a record. Closed: each has a stable code ([`RecordError::code`]).
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    /// Longer than [`MAX_RECORD`].
    #[error("{0} bytes; a record has at most 65,535")]
    TooLong(usize),
    /// Not the one CBOR form that is admitted.
    #[error("not a deterministic COSE_Sign1")]
    Cbor(#[source] Source),
    /// A header that is missing, unknown or of the wrong kind.
    #[error("header: {0}")]
    Header(String),
    /// The payload is not strict JSON.
    #[error("payload is not strict JSON")]
    Json(#[source] StrictError),
    /// The payload is JSON, but not of the schema.
    #[error("payload: {0}")]
    Payload(String),
    /// The payload is not an event, or not one of the product's profile of EPCIS.
    #[error("payload: not a valid event")]
    Event(#[source] EventError),
    /// The payload is not a registry statement.
    #[error("payload: not a registry statement")]
    Statement(#[source] Source),
    /// A text in the payload.
    #[error("payload: {name}")]
    Text {
        /// The member.
        name: String,
        /// What its text holds.
        source: TextError,
    },
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

impl RecordError {
    /// Stable code, kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            RecordError::TooLong(_) => "record-too-long",
            RecordError::Cbor(_) => "record-cbor",
            RecordError::Header(_) => "record-header",
            RecordError::Json(_) => "record-json",
            RecordError::Payload(_) | RecordError::Event(_) | RecordError::Statement(_) | RecordError::Text { .. } => {
                "record-payload"
            }
            RecordError::Subject { .. } => "record-subject",
            RecordError::Signature => "record-signature",
        }
    }
}

/// What minicbor refuses.
fn cbor(error: minicbor::decode::Error) -> RecordError {
    RecordError::Cbor(Arc::new(Whole(error)))
}

/// What it would admit, and this format does not.
fn form(what: &str) -> RecordError {
    RecordError::Cbor(Arc::new(Cause::new(what)))
}

fn header<T>(what: impl Into<String>) -> Result<T, RecordError> {
    Err(RecordError::Header(what.into()))
}

/// The headers of a record, as decoded.
pub(super) struct Headers {
    pub(super) alg: i64,
    pub(super) content_type: ContentType,
    pub(super) kid: [u8; 32],
    pub(super) claims: Claims,
}

fn fixed_map(d: &mut Decoder<'_>, members: u64, what: &str) -> Result<(), RecordError> {
    match d.map().map_err(cbor)? {
        Some(n) if n == members => Ok(()),
        Some(_) => header(format!("{what} must have exactly {members} members")),
        None => Err(form("indefinite length")),
    }
}

/// The value of `"seen"`.
fn seen(d: &mut Decoder<'_>) -> Result<Seen, RecordError> {
    if d.str().map_err(cbor)? != "seen" {
        return header("the sixth claim must be \"seen\"");
    }
    if d.array().map_err(cbor)? != Some(2) {
        return header("seen must be an array of size and root");
    }
    let size = d.u64().map_err(cbor)?;
    if !(2..=MAX_SAFE).contains(&size) {
        return header("the size in seen counts from 2 and stays below 2^53");
    }
    let Ok(root) = d.bytes().map_err(cbor)?.try_into() else { return header("the root in seen must have 32 bytes") };
    Ok(Seen { size, root })
}

fn label(d: &mut Decoder<'_>, want: i64) -> Result<(), RecordError> {
    if !matches!(d.datatype().map_err(cbor)?, Type::U8 | Type::U16 | Type::U32 | Type::U64) {
        return header(format!("label {want} expected"));
    }
    if d.i64().map_err(cbor)? == want { Ok(()) } else { header(format!("label {want} expected")) }
}

fn text(d: &mut Decoder<'_>, name: &str) -> Result<String, RecordError> {
    let text = d.str().map_err(cbor)?;
    if text.is_empty() || text.len() > MAX_URI || text.chars().any(char::is_control) {
        return header(format!("{name} must be 1 to {MAX_URI} bytes without control characters"));
    }
    Ok(text.to_owned())
}

fn headers(bytes: &[u8]) -> Result<Headers, RecordError> {
    let mut d = Decoder::new(bytes);
    fixed_map(&mut d, 4, "the protected header")?;
    label(&mut d, 1)?;
    let alg = d.i64().map_err(cbor)?;
    if !ALGS.contains(&alg) {
        return header("alg must be -8 (EdDSA) or -19 (Ed25519)");
    }
    label(&mut d, 3)?;
    let content_type = match d.str().map_err(cbor)? {
        EVENT_TYPE => ContentType::Event,
        REGISTRY_TYPE => ContentType::Registry,
        _ => return header(format!("content type must be {EVENT_TYPE} or {REGISTRY_TYPE}")),
    };
    label(&mut d, 4)?;
    let kid = d.bytes().map_err(cbor)?;
    let Ok(kid) = kid.try_into() else { return header("kid must be the 32 bytes of the public key") };
    label(&mut d, 15)?;
    let claims = d.map().map_err(cbor)?.ok_or_else(|| form("indefinite length"))?;
    if !matches!(claims, 5 | 6) {
        return header("the CWT claims must have 5 members, or 6 with \"seen\"");
    }
    label(&mut d, 1)?;
    let iss = text(&mut d, "iss")?;
    label(&mut d, 2)?;
    let sub = text(&mut d, "sub")?;
    label(&mut d, 3)?;
    let aud = text(&mut d, "aud")?;
    label(&mut d, 6)?;
    let iat = d.i64().map_err(cbor)?;
    if d.str().map_err(cbor)? != "seq" {
        return header("the fifth claim must be \"seq\"");
    }
    let seq = d.u64().map_err(cbor)?;
    if !u64::try_from(iat).is_ok_and(|iat| iat <= MAX_SAFE) {
        return header("iat must be Unix seconds below 2^53");
    }
    if seq == 0 || seq > MAX_SAFE {
        return header("seq counts from 1 and stays below 2^53");
    }
    let seen = if claims == 6 { Some(seen(&mut d)?) } else { None };
    if d.position() != bytes.len() {
        return Err(form("bytes follow the protected header"));
    }
    Ok(Headers { alg, content_type, kid, claims: Claims { iss, sub, aud, iat, seq, seen } })
}

/// Encoding into a vector can't fail; should it, the result is empty, which equals no record. `capacity` in bytes.
fn written<E>(capacity: usize, write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), E>) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    if write(&mut Encoder::new(&mut out)).is_err() {
        out.clear();
    }
    out
}

pub(super) fn encode_headers(h: &Headers) -> Vec<u8> {
    written(512, |e| {
        e.map(4)?
            .i64(1)?
            .i64(h.alg)?
            .i64(3)?
            .str(h.content_type.media_type())?
            .i64(4)?
            .bytes(&h.kid)?
            .i64(15)?
            .map(if h.claims.seen.is_some() { 6 } else { 5 })?;
        e.i64(1)?.str(&h.claims.iss)?.i64(2)?.str(&h.claims.sub)?.i64(3)?.str(&h.claims.aud)?;
        e.i64(6)?.i64(h.claims.iat)?.str("seq")?.u64(h.claims.seq)?;
        if let Some(seen) = &h.claims.seen {
            e.str("seen")?.array(2)?.u64(seen.size)?.bytes(&seen.root)?;
        }
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    })
}

pub(super) fn encode(protected: &[u8], payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    written(protected.len() + payload.len() + OVERHEAD, |e| {
        e.tag(Tag::new(SIGN1))?.array(4)?.bytes(protected)?.map(0)?.bytes(payload)?.bytes(signature)?;
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    })
}

/// `Sig_structure` (RFC 9052 section 4.4): the bytes that are signed.
pub(super) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    written(protected.len() + payload.len() + OVERHEAD, |e| {
        e.array(4)?.str("Signature1")?.bytes(protected)?.bytes(&[])?.bytes(payload)?;
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    })
}

impl Record {
    /// Reads a record: envelope, headers, payload, subject. Does not check the signature: see [`Record::verify`].
    ///
    /// # Errors
    /// [`RecordError`] for bytes that are not exactly one record in the one form admitted.
    pub fn decode(bytes: &[u8]) -> Result<Record, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLong(bytes.len()));
        }
        let mut d = Decoder::new(bytes);
        if d.tag().map_err(cbor)?.as_u64() != SIGN1 {
            return Err(form("tag 18 expected"));
        }
        if d.array().map_err(cbor)? != Some(4) {
            return Err(form("an array of four expected"));
        }
        let protected = bstr(&mut d)?;
        fixed_map(&mut d, 0, "the unprotected header")?;
        let body = bstr(&mut d)?;
        let signature: [u8; 64] = d.bytes().map_err(cbor)?.try_into().map_err(|_| form("a signature has 64 bytes"))?;
        if d.position() != bytes.len() {
            return Err(form("bytes follow the record"));
        }
        let headers = headers(&bytes[protected.clone()])?;
        if encode_headers(&headers) != bytes[protected.clone()]
            || encode(&bytes[protected.clone()], &bytes[body.clone()], &signature) != bytes
        {
            return Err(form("it does not encode to the same bytes again (RFC 8949 section 4.2.1)"));
        }
        let Headers { content_type, kid, claims, .. } = headers;
        let payload = Payload::read(content_type, &bytes[body.clone()])?;
        let want = payload.subject(&claims.aud).unwrap_or_default();
        if want != claims.sub {
            return Err(RecordError::Subject { got: claims.sub, want });
        }
        Ok(Record {
            id: RecordId::of(bytes),
            bytes: bytes.into(),
            kid: PublicKey(kid),
            claims,
            content_type,
            payload,
            protected,
            body,
            signature,
        })
    }

    /// The payload, byte for byte as it was signed.
    pub fn payload_bytes(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }

    /// The 64 bytes of the signature.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Checks the signature under `kid`, strictly (RFC 8032 section 5.1.7, cofactorless; small orders refused).
    ///
    /// # Errors
    /// [`RecordError::Signature`].
    pub fn verify(&self) -> Result<(), RecordError> {
        let key = VerifyingKey::from_bytes(&self.kid.0).map_err(|_| RecordError::Signature)?;
        self.verify_with(&key)
    }

    /// [`Record::verify`] with `kid` already decompressed: saves a twentieth of the work.
    ///
    /// # Errors
    /// [`RecordError::Signature`], also when `key` is not `kid`.
    pub fn verify_with(&self, key: &VerifyingKey) -> Result<(), RecordError> {
        if key.as_bytes() != &self.kid.0 {
            return Err(RecordError::Signature);
        }
        let message = to_be_signed(&self.bytes[self.protected.clone()], self.payload_bytes());
        key.verify_strict(&message, &Signature::from_bytes(&self.signature)).map_err(|_| RecordError::Signature)
    }
}

fn bstr(d: &mut Decoder<'_>) -> Result<Range<usize>, RecordError> {
    let bytes = d.bytes().map_err(cbor)?;
    let end = d.position();
    Ok(end - bytes.len()..end)
}
