//! Ed25519 public keys as the ledger admits them, and proof of possession.
//!
//! Admission is `verify_strict`, one by one, under a key that is canonical, not weak and torsion-free: then every other
//! verifier (WebCrypto, OpenSSL, cofactored, batch) agrees on every admitted record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::{NotBase32, base32};

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
