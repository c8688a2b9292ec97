//! How a key is bound to a ledger: the ledger id, proof of possession, the authority's successor (`docs/formats.md`).

use super::{Rejection, Rule};
use crate::record::registry::Key;
use crate::record::{Hash32, PublicKey};

/// The ledger id of an authority key and nonce; `None` when the nonce is not 32 hex digits.
pub(super) fn ledger_id(key: &PublicKey, nonce: &str) -> Option<String> {
    let nonce: [u8; 16] = data_encoding::HEXLOWER.decode(nonce.as_bytes()).ok()?.try_into().ok()?;
    Some(crate::record::ledger_id(key, &nonce))
}

/// Whether `key` is the one committed to.
pub(super) fn is_successor(commitment: &Hash32, key: &PublicKey) -> bool {
    *commitment == crate::record::key::successor_commitment(key)
}

/// Rule `key-not-possessed`: the owner of a new key holds it, proven by the key's signature over its possession message.
pub(super) fn key_not_possessed(ledger: &str, key: &Key) -> Result<(), Rejection> {
    key.key
        .possessed(&key.possession, ledger, &key.party, key.purpose)
        .map_err(|e| Rejection::new(Rule::KeyNotPossessed, e.to_string()).arg("key", key.key))
}
