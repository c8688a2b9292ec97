//! BLAKE3-256 hashes and record ids, written as lower-case RFC 4648 base32 without padding (52 characters).

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Prefix of a record id as a URI.
pub const RECORD_URI: &str = "urn:jejak:record:";

/// A BLAKE3-256 hash, shown as 52 base32 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash32(pub [u8; 32]);

/// The id of a record: BLAKE3-256 of its bytes.
pub type RecordId = Hash32;

/// The text is not 52 characters of lower-case base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 52 characters of lower-case base32")]
pub struct NotBase32;

/// Lower-case base32 without padding, strict (no upper case, no trailing bits).
pub fn base32() -> &'static Encoding {
    static CELL: std::sync::OnceLock<Encoding> = std::sync::OnceLock::new();
    CELL.get_or_init(|| {
        let mut spec = Specification::new();
        spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
        // the alphabet is a constant; should it ever be refused, upper-case base32 would fail every test
        spec.encoding().unwrap_or(BASE32_NOPAD)
    })
}

impl Hash32 {
    /// BLAKE3-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Hash32 {
        Hash32(*blake3::hash(bytes).as_bytes())
    }

    /// BLAKE3-256 of a domain tag `jejak/1/<purpose>` and a zero byte, then `parts` one after the other.
    pub fn tagged(purpose: &str, parts: &[&[u8]]) -> Hash32 {
        // at once: to hash many short parts one by one costs more than to copy them
        let before: [&[u8]; 3] = [b"jejak/1/", purpose.as_bytes(), &[0]];
        let mut tagged = Vec::with_capacity(before.iter().chain(parts).map(|part| part.len()).sum());
        before.iter().chain(parts).for_each(|part| tagged.extend_from_slice(part));
        Hash32::of(&tagged)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As a record URI, `urn:jejak:record:<id>`.
    pub fn uri(&self) -> String {
        format!("{RECORD_URI}{self}")
    }

    /// From a record URI.
    ///
    /// # Errors
    /// [`NotBase32`] for any other text.
    pub fn from_uri(uri: &str) -> Result<Hash32, NotBase32> {
        uri.strip_prefix(RECORD_URI).ok_or(NotBase32)?.parse()
    }
}

impl fmt::Display for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32().encode(&self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash32 {
    type Err = NotBase32;

    fn from_str(text: &str) -> Result<Hash32, NotBase32> {
        let bytes = base32().decode(text.as_bytes()).map_err(|_| NotBase32)?;
        bytes.try_into().map(Hash32).map_err(|_| NotBase32)
    }
}

impl Serialize for Hash32 {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Hash32 {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Hash32, D::Error> {
        if d.is_human_readable() {
            String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(d).map(Hash32)
        }
    }
}
