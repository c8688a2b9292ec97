//! The public keys of a demonstration, by number: a newcomer's phone signs with one as a person of the demo.
//!
//! Anybody can make these keys, so that nothing signed with one says who signed it. A key is made for one ledger, which has to enrol it like
//! any other; the demo does, and a node hands one out only on a ledger whose first entry says that it is a demonstration.

use ed25519_dalek::SigningKey;

use super::id::Hash32;

/// The label of these keys on the ledger.
pub const LABEL: &str = "public demo key";

/// The secret of the demo's `number`-th key on a ledger.
pub fn secret(ledger: &str, number: u32) -> [u8; 32] {
    Hash32::tagged("public-demo-key", &[ledger.as_bytes(), b"\0", &number.to_be_bytes()]).0
}

/// The demo's `number`-th key on a ledger.
pub fn key(ledger: &str, number: u32) -> SigningKey {
    SigningKey::from_bytes(&secret(ledger, number))
}
