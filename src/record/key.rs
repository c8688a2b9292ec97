//! Ed25519 public keys as the ledger admits them, and proof of possession.
//!
//! Admission is `verify_strict`, one by one, under a key that is canonical, not weak and torsion-free: then every other
//! verifier (WebCrypto, OpenSSL, cofactored, batch) agrees on every admitted record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use ed25519_dalek::{Signature, VerifyingKey};

use super::id::{Hash32, NotBase32, base32};
use super::registry::Purpose;

/// A raw Ed25519 public key (RFC 8032), shown as 52 base32 characters. Not yet checked: see [`PublicKey::admit`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// Why a key may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// Not a point of the curve.
    #[error("the key is not a point of the curve")]
    NotAPoint,
    /// Another encoding of the same point exists that is the canonical one.
    #[error("the key is not in canonical encoding")]
    NotCanonical,
    /// Of small order.
    #[error("the key is weak (small order)")]
    Weak,
    /// Has a torsion component.
    #[error("the key is not torsion-free")]
    Torsion,
    /// The possession proof does not verify.
    #[error("the possession proof does not verify under the key")]
    Possession,
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32().encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = NotBase32;

    fn from_str(text: &str) -> Result<PublicKey, NotBase32> {
        let bytes = base32().decode(text.as_bytes()).map_err(|_| NotBase32)?;
        bytes.try_into().map(PublicKey).map_err(|_| NotBase32)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<PublicKey, D::Error> {
        if d.is_human_readable() {
            String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(d).map(PublicKey)
        }
    }
}

impl PublicKey {
    /// As an entity of the registry, `urn:jejak:key:<52 base32 characters>`.
    pub fn uri(&self) -> String {
        format!("urn:jejak:key:{self}")
    }

    /// Checks that the key may be registered: a canonical encoding of a point that is not weak and torsion-free. With that,
    /// whatever `verify_strict` accepts under it, every other verifier accepts too.
    ///
    /// # Errors
    /// [`KeyRefused`] with the first reason found.
    pub fn admit(&self) -> Result<(), KeyRefused> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| KeyRefused::NotAPoint)?;
        let point = key.to_edwards();
        if point.compress().to_bytes() != self.0 {
            return Err(KeyRefused::NotCanonical);
        }
        if key.is_weak() {
            return Err(KeyRefused::Weak);
        }
        if !point.is_torsion_free() {
            return Err(KeyRefused::Torsion);
        }
        Ok(())
    }

    /// Checks a proof of possession: 128 hex digits, the key's own signature over [`possession_message`].
    ///
    /// # Errors
    /// [`KeyRefused::Possession`].
    pub fn possessed(&self, proof: &str, ledger: &str, party: &str, purpose: Purpose) -> Result<(), KeyRefused> {
        let bytes = data_encoding::HEXLOWER.decode(proof.as_bytes()).map_err(|_| KeyRefused::Possession)?;
        let bytes: [u8; 64] = bytes.try_into().map_err(|_| KeyRefused::Possession)?;
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| KeyRefused::Possession)?;
        key.verify_strict(&possession_message(ledger, party, purpose, self), &Signature::from_bytes(&bytes))
            .map_err(|_| KeyRefused::Possession)
    }
}

/// What a new key signs to prove possession: tag `jejak/1/possession`, a zero byte, then ledger id, party URI and purpose,
/// each followed by a zero byte, then the 32 bytes of the key.
pub fn possession_message(ledger: &str, party: &str, purpose: Purpose, key: &PublicKey) -> Vec<u8> {
    let mut message = b"jejak/1/possession\0".to_vec();
    for part in [ledger, party, purpose.name()] {
        message.extend_from_slice(part.as_bytes());
        message.push(0);
    }
    message.extend_from_slice(&key.0);
    message
}

/// Commitment to the authority's next key: BLAKE3-256 of tag `successor` and the key.
pub fn successor_commitment(key: &PublicKey) -> Hash32 {
    Hash32::tagged("successor", &[&key.0])
}

/// The id of the ledger that `authority` founds with `nonce`: `urn:jejak:ledger:` and base32 of BLAKE3-256 of tag `ledger`,
/// the key, and the nonce.
pub fn ledger_id(authority: &PublicKey, nonce: &[u8; 16]) -> String {
    format!("urn:jejak:ledger:{}", Hash32::tagged("ledger", &[&authority.0, nonce]))
}
