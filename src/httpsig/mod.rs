//! Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519, in the one profile that this ledger takes.
//!
//! What it is not: the decision who may do what (`server`), or the signature of a record (`record`), which is on the log for
//! ever while this one is valid for minutes. No I/O, no clock, no random source: the caller gives time and nonce.
//!
//! * Covered, in this order: `@method`, `@target-uri`, `content-digest` (RFC 9530, sha-256; [`digest`]). The target is the
//!   node's *public* address with the path and query of the request, whatever proxy stands between.
//! * Parameters, all of them and no others: `created`, `expires` (at most [`LONGEST`] later), `nonce`, `alg="ed25519"`,
//!   `keyid` (the key, as the ledger writes it), `tag` (the ledger id: a signature is of no use at another ledger).
//! * Of several signatures on a request, the one whose `tag` is this ledger counts; others are ignored (a proxy's own). A request
//!   that has only others is refused: a signer that made a mistake must not be taken for a client that does not sign.
//! * `verify_strict`, so that nobody can make a second signature of the same request without the key.
//!
//! A nonce is remembered while its signature could be valid ([`nonces`]), in memory. A signature made before the node started
//! is refused ([`Params::in_time`]). One that a device whose clock is ahead made in the last [`TOLERANCE`] seconds before a
//! restart could be used once more: what a signed request does must be harmless when it is done twice.

pub mod digest;
pub mod nonces;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, KeyRef, ListEntry, Parser, StringRef, Version};

use crate::record::PublicKey;

/// What is covered, in this order.
pub const COVERED: [&str; 3] = ["@method", "@target-uri", "content-digest"];
/// The label that this program gives its signatures. A reader takes any label.
pub const LABEL: &str = "jejak";
/// Longest time between `created` and `expires`, in seconds.
pub const LONGEST: i64 = 300;
/// How far ahead of the node's a device's clock may be, in seconds. One that is behind has the time until `expires`.
pub const TOLERANCE: i64 = 60;
/// Shortest and longest nonce, in characters: 16 hold 80 bits in base32.
pub const NONCE: std::ops::RangeInclusive<usize> = 16..=64;
/// Longest value of each of the two fields, in bytes: one signature has some 400.
const LONGEST_FIELD: usize = 4_096;
/// The one algorithm (RFC 9421 section 3.3.6).
const ALG: &str = "ed25519";
/// The scheme and name before which a tag is that of a ledger.
const LEDGER: &str = "urn:jejak:ledger:";

/// Why a request counts as not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A field is missing, too long or not a dictionary.
    #[error("the field {0} is missing or can't be read")]
    Field(&'static str),
    /// No signature is for this ledger.
    #[error("no signature has this ledger's id as its tag")]
    NoTag,
    /// A signature is for another ledger.
    #[error("the request is signed for {0}, not for this ledger")]
    OtherLedger(String),
    /// Several signatures are for this ledger.
    #[error("more than one signature has this ledger's id as its tag")]
    Several,
    /// Other components are covered.
    #[error("the signature covers exactly \"@method\" \"@target-uri\" \"content-digest\", in this order")]
    Covered,
    /// A parameter is missing, of another type or out of its bounds.
    #[error("the parameter {0} of the signature is missing or not valid")]
    Parameter(&'static str),
    /// A parameter that this profile does not have.
    #[error("the signature has a parameter that is not known here")]
    UnknownParameter,
    /// The digest.
    #[error(transparent)]
    Digest(#[from] digest::DigestError),
    /// It does not verify.
    #[error("the signature does not verify for this method, address and digest")]
    Signature,
}

/// Why a signature is not valid now. The signer learns the node's time and may sign again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// `created` is in the future.
    #[error("the signature was made in the future by the node's clock")]
    NotYet,
    /// `expires` is over.
    #[error("the signature has expired by the node's clock")]
    Expired,
    /// Which nonces were used before the node started is not known.
    #[error("the signature was made before the node started")]
    BeforeStart,
}

/// The parameters of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// When it was made, Unix seconds by the signer's clock.
    pub created: i64,
    /// Until when it is valid.
    pub expires: i64,
    /// Used once.
    pub nonce: String,
    /// The key.
    pub key: PublicKey,
    /// The ledger id.
    pub ledger: String,
}

impl Params {
    /// Whether the signature is valid at `now` on a node that runs since `started` (Unix seconds).
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn in_time(&self, now: i64, started: i64) -> Result<(), TimeError> {
        if self.created > now.saturating_add(TOLERANCE) {
            return Err(TimeError::NotYet);
        }
        if self.expires < now {
            return Err(TimeError::Expired);
        }
        if self.created < started {
            return Err(TimeError::BeforeStart);
        }
        Ok(())
    }

    /// What is signed: the signature base (RFC 9421 section 2.5). `None` when a parameter has characters that no structured field
    /// can hold.
    pub fn base(&self, target: &Target<'_>) -> Option<String> {
        base(&self.list()?, |name| target.component(name))
    }

    /// As the value of `@signature-params`.
    fn list(&self) -> Option<InnerList> {
        let text = |value: &str| StringRef::from_str(value).ok().map(|value| BareItem::from(value.to_owned()));
        let number = |value: i64| sfv::Integer::try_from(value).ok().map(BareItem::from);
        let items = COVERED.iter().map(|name| Some(Item::new(text(name)?))).collect::<Option<Vec<_>>>()?;
        let params = [
            ("created", number(self.created)?),
            ("expires", number(self.expires)?),
            ("nonce", text(&self.nonce)?),
            ("alg", text(ALG)?),
            ("keyid", text(&self.key.to_string())?),
            ("tag", text(&self.ledger)?),
        ];
        let params = params.into_iter().map(|(name, value)| Some((KeyRef::from_str(name).ok()?.to_owned(), value)));
        Some(InnerList::with_params(items, params.collect::<Option<_>>()?))
    }
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The whole address: scheme, authority, path and query.
    pub uri: &'a str,
    /// The value of `Content-Digest`.
    pub digest: &'a str,
}

impl Target<'_> {
    fn component(&self, name: &str) -> Option<String> {
        let value = match name {
            "@method" => self.method,
            "@target-uri" => self.uri,
            // RFC 9421 section 2.1: without white space at either end
            "content-digest" => self.digest.trim(),
            _ => return None,
        };
        Some(value.to_owned())
    }
}

/// The two fields of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// `Signature-Input`.
    pub input: String,
    /// `Signature`.
    pub signature: String,
}

/// Signs a request. `None` when a parameter has characters that no structured field can hold.
pub fn sign(key: &SigningKey, params: &Params, target: &Target<'_>) -> Option<Fields> {
    let list = params.list()?;
    let signature = key.sign(params.base(target)?.as_bytes());
    let label = KeyRef::from_str(LABEL).ok()?;
    let field = |entry: ListEntry| Dictionary::from_iter([(label.to_owned(), entry)]).serialize();
    let signature = BareItem::ByteSequence(signature.to_bytes().to_vec());
    Some(Fields { input: field(list.into())?, signature: field(Item::new(signature).into())? })
}

/// The signature base (RFC 9421 section 2.5): a line for each covered component, then the parameters. `None` when a component
/// has parameters, has no value, has one of several lines, or is named twice.
fn base(list: &InnerList, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut lines: Vec<(String, String)> = Vec::with_capacity(list.items.len() + 1);
    for item in &list.items {
        let BareItem::String(name) = &item.bare_item else { return None };
        let value = value(name.as_str()).filter(|value| !value.contains(['\r', '\n']))?;
        if !item.params.is_empty() || lines.iter().any(|(known, _)| known == name.as_str()) {
            return None;
        }
        lines.push((name.as_str().to_owned(), value));
    }
    lines.push(("@signature-params".to_owned(), params_text(list)?));
    let lines: Vec<String> = lines.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    Some(lines.join("\n"))
}

fn params_text(list: &InnerList) -> Option<String> {
    vec![ListEntry::InnerList(list.clone())].serialize()
}

/// A signature that was read and not yet verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Unverified {
    /// What it says of itself.
    pub params: Params,
    list: InnerList,
    signature: [u8; 64],
}

fn dictionary(name: &'static str, value: &str) -> Result<Dictionary, SignatureError> {
    // an empty dictionary is a valid field, and no signature
    if value.trim().is_empty() || value.len() > LONGEST_FIELD {
        return Err(SignatureError::Field(name));
    }
    // RFC 9421 is written for RFC 8941, whose types are fewer
    Parser::new(value).with_version(Version::Rfc8941).parse().map_err(|_| SignatureError::Field(name))
}

fn string<'a>(list: &'a InnerList, name: &'static str) -> Result<&'a str, SignatureError> {
    match list.params.get(name) {
        Some(BareItem::String(text)) => Ok(text.as_str()),
        _ => Err(SignatureError::Parameter(name)),
    }
}

fn integer(list: &InnerList, name: &'static str) -> Result<i64, SignatureError> {
    match list.params.get(name) {
        Some(BareItem::Integer(number)) => Ok(i64::from(*number)),
        _ => Err(SignatureError::Parameter(name)),
    }
}

impl Unverified {
    /// Reads the signature that is for `ledger` from the values of `Signature-Input` and `Signature`, each with its lines joined
    /// by commas.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn read(input: &str, signature: &str, ledger: &str) -> Result<Unverified, SignatureError> {
        let inputs = dictionary("Signature-Input", input)?;
        let signatures = dictionary("Signature", signature)?;
        let mut found = None;
        let mut elsewhere = None;
        for (label, entry) in inputs {
            let ListEntry::InnerList(list) = entry else { return Err(SignatureError::Field("Signature-Input")) };
            let Some(BareItem::String(tag)) = list.params.get("tag") else { continue };
            if tag.as_str() != ledger {
                elsewhere = elsewhere.or(tag.as_str().starts_with(LEDGER).then(|| tag.as_str().to_owned()));
            } else if found.replace((label, list)).is_some() {
                return Err(SignatureError::Several);
            }
        }
        let (label, list) = match (found, elsewhere) {
            (Some(found), _) => found,
            (None, Some(other)) => return Err(SignatureError::OtherLedger(other)),
            (None, None) => return Err(SignatureError::NoTag),
        };
        let Some(ListEntry::Item(item)) = signatures.get(&label) else {
            return Err(SignatureError::Field("Signature"));
        };
        let BareItem::ByteSequence(bytes) = &item.bare_item else { return Err(SignatureError::Field("Signature")) };
        let signature = bytes.as_slice().try_into().map_err(|_| SignatureError::Field("Signature"))?;
        let params = params(&list)?;
        Ok(Unverified { params, list, signature })
    }

    /// Verifies it for a request.
    ///
    /// # Errors
    /// [`SignatureError::Signature`].
    pub fn verify(&self, target: &Target<'_>) -> Result<(), SignatureError> {
        let base = base(&self.list, |name| target.component(name)).ok_or(SignatureError::Signature)?;
        verify(&self.params.key, &base, &self.signature)
    }
}

fn verify(key: &PublicKey, base: &str, signature: &[u8; 64]) -> Result<(), SignatureError> {
    let key = VerifyingKey::from_bytes(&key.0).map_err(|_| SignatureError::Signature)?;
    key.verify_strict(base.as_bytes(), &Signature::from_bytes(signature)).map_err(|_| SignatureError::Signature)
}

/// The parameters of a signature, checked against the profile.
fn params(list: &InnerList) -> Result<Params, SignatureError> {
    let names = list.items.iter().map(|item| match &item.bare_item {
        BareItem::String(name) if item.params.is_empty() => Some(name.as_str()),
        _ => None,
    });
    if !names.eq(COVERED.map(Some)) {
        return Err(SignatureError::Covered);
    }
    if string(list, "alg")? != ALG {
        return Err(SignatureError::Parameter("alg"));
    }
    let (created, expires) = (integer(list, "created")?, integer(list, "expires")?);
    if created < 0 {
        return Err(SignatureError::Parameter("created"));
    }
    if !(1..=LONGEST).contains(&expires.saturating_sub(created)) {
        return Err(SignatureError::Parameter("expires"));
    }
    let nonce = string(list, "nonce")?.to_owned();
    if !NONCE.contains(&nonce.len()) {
        return Err(SignatureError::Parameter("nonce"));
    }
    let key = string(list, "keyid")?.parse().map_err(|_| SignatureError::Parameter("keyid"))?;
    let ledger = string(list, "tag")?.to_owned();
    // created, expires, nonce, alg, keyid, tag
    if list.params.len() != 6 {
        return Err(SignatureError::UnknownParameter);
    }
    Ok(Params { created, expires, nonce, key, ledger })
}

#[cfg(test)]
mod tests;
