//! Signs records: what a signer's device does. Verifiers do not need it.

use ed25519_dalek::{Signer, SigningKey};

use super::envelope::{
    ALGS, Claims, ContentType, Headers, Payload, Record, RecordError, Seen, encode, encode_headers, to_be_signed,
};
use super::key::{PublicKey, possession_message};
use super::registry::Purpose;

/// The claims that the signer chooses; `sub` is derived from the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerClaims<'a> {
    /// The party's URI.
    pub iss: &'a str,
    /// The ledger id.
    pub aud: &'a str,
    /// Unix seconds by the device's clock.
    pub iat: i64,
    /// Sequence number of the key, from 1.
    pub seq: u64,
    /// The newest head of the log that this device has seen.
    pub seen: Option<Seen>,
}

/// Signs a record: checks `payload` as [`Record::decode`] does, derives `sub`, and signs with alg -8.
///
/// # Errors
/// [`RecordError`] when the payload or the claims would be refused on decoding.
pub fn sign(
    key: &SigningKey,
    claims: &SignerClaims<'_>,
    kind: ContentType,
    payload: &[u8],
) -> Result<Vec<u8>, RecordError> {
    let sub = Payload::read(kind, payload)?.subject(claims.aud).unwrap_or_default();
    let kid = key.verifying_key().to_bytes();
    let SignerClaims { iss, aud, iat, seq, seen } = *claims;
    let claims = Claims { iss: iss.to_owned(), sub, aud: aud.to_owned(), iat, seq, seen };
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
