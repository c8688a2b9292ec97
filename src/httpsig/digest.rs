//! `Content-Digest` (RFC 9530) with sha-256: what binds a body to its signature. Other algorithms beside it are ignored.
//!
//! What it is not: the hashing itself, which is done while the body arrives.

use sfv::{BareItem, Dictionary, FieldType, Item, KeyRef, ListEntry, Parser, Version};
use sha2::{Digest, Sha256};

/// The algorithm's name in the field.
const SHA_256: &str = "sha-256";
/// Longest value of the field: sha-256 and sha-512 have some 170 characters.
const LONGEST: usize = 512;

/// Why the field does not name a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Content-Digest is missing, or has no sha-256 of 32 bytes (RFC 9530)")]
pub struct DigestError;

/// The value of the field for a body with this SHA-256.
pub fn field(sha256: &[u8; 32]) -> String {
    let value = ListEntry::Item(Item::new(BareItem::ByteSequence(sha256.to_vec())));
    let key = KeyRef::from_str(SHA_256).map(ToOwned::to_owned);
    // the name is a constant; were it refused, the empty value would be refused by every reader
    key.ok().and_then(|key| Dictionary::from_iter([(key, value)]).serialize()).unwrap_or_default()
}

/// The value of the field for `body`.
pub fn of(body: &[u8]) -> String {
    field(&Sha256::digest(body).into())
}

/// The SHA-256 in a value of the field.
///
/// # Errors
/// [`DigestError`].
pub fn read(value: &str) -> Result<[u8; 32], DigestError> {
    if value.len() > LONGEST {
        return Err(DigestError);
    }
    let digests: Dictionary = Parser::new(value).with_version(Version::Rfc8941).parse().map_err(|_| DigestError)?;
    match digests.get(SHA_256) {
        Some(ListEntry::Item(Item { bare_item: BareItem::ByteSequence(bytes), .. })) => {
            bytes.as_slice().try_into().map_err(|_| DigestError)
        }
        _ => Err(DigestError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530 appendix B.1: `{"hello": "world"}` and a line feed; and section 6.3 of its draft history, the empty body, whose
    /// SHA-256 is that of FIPS 180.
    #[test]
    fn digest_is_written_and_read_as_in_rfc_9530() {
        let hello = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        assert_eq!(of(b"{\"hello\": \"world\"}\n"), hello);
        assert_eq!(read(hello).unwrap(), <[u8; 32]>::from(Sha256::digest(b"{\"hello\": \"world\"}\n")));
        assert_eq!(of(b""), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
        // beside another algorithm
        assert_eq!(read(&format!("sha-512=:AAAA:, {hello}")), read(hello));
    }

    #[test]
    fn digest_that_names_no_body_is_refused() {
        for wrong in ["", "sha-256", "sha-256=:AAAA:", "sha-512=:AAAA:", "sha-256=AAAA", "sha-256=\"x\"", "x\n", "é"] {
            assert_eq!(read(wrong), Err(DigestError), "{wrong}");
        }
        assert_eq!(read(&"a=1, ".repeat(200)), Err(DigestError));
    }
}
