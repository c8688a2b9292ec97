//! Making records: what a signer's device does. A verifier has no use for it.

use ed25519_dalek::{Signer, SigningKey};

use super::envelope::{
    ALGS, Claims, ContentType, Headers, Payload, Record, RecordError, encode, encode_headers, to_be_signed,
};
use super::key::{PublicKey, possession_message};
use super::registry::Purpose;

/// What a signer states; `sub` follows from the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<'a> {
    /// The party's URI.
    pub iss: &'a str,
    /// The ledger id.
    pub aud: &'a str,
    /// Unix seconds by the device's clock.
    pub iat: i64,
    /// This key's running number, from 1.
    pub seq: u64,
}

/// Makes a record: reads `payload` as [`Record::decode`] will, derives `sub`, and signs with alg -8.
///
/// # Errors
/// [`RecordError`] when the payload or the claims would be refused on decoding.
pub fn sign(key: &SigningKey, stated: &Stated<'_>, kind: ContentType, payload: &[u8]) -> Result<Vec<u8>, RecordError> {
    let sub = Payload::read(kind, payload)?.subject(stated.aud).unwrap_or_default();
    let kid = key.verifying_key().to_bytes();
    let claims =
        Claims { iss: stated.iss.to_owned(), sub, aud: stated.aud.to_owned(), iat: stated.iat, seq: stated.seq };
    let protected = encode_headers(&Headers { alg: ALGS[0], content_type: kind, kid, claims });
    let signature = key.sign(&to_be_signed(&protected, payload)).to_bytes();
    let bytes = encode(&protected, payload, &signature);
    Record::decode(&bytes)?;
    Ok(bytes)
}

/// Proof of possession of `key`, as 128 hex digits.
pub fn prove_possession(key: &SigningKey, ledger: &str, party: &str, purpose: Purpose) -> String {
    let public = PublicKey(key.verifying_key().to_bytes());
    let signature = key.sign(&possession_message(ledger, party, purpose, &public));
    data_encoding::HEXLOWER.encode(&signature.to_bytes())
}
