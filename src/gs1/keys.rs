//! GTIN, GLN, SSCC, lot and serial numbers as types that can't hold a wrong value.
//!
//! A lot or serial is compared byte for byte (`CSET 82`, General Specifications figure 7.11-1): no case folding, no
//! Unicode, so a look-alike letter is refused rather than confused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check;

/// Why a text is not a GS1 key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Wrong number of digits.
    #[error("{key} must have {want} digits, not {got}")]
    Length {
        /// The key's name, such as `GTIN`.
        key: &'static str,
        /// Digits it must have.
        want: usize,
        /// Characters it has.
        got: usize,
    },
    /// A character that is not a digit.
    #[error("{key} may hold digits only")]
    NotDigits {
        /// The key's name.
        key: &'static str,
    },
    /// The check digit does not fit the digits before it.
    #[error("{key} has check digit {got}, it should be {want}")]
    CheckDigit {
        /// The key's name.
        key: &'static str,
        /// The digit computed.
        want: u8,
        /// The digit found.
        got: char,
    },
    /// A lot or serial outside CSET 82, empty, or longer than 20 characters.
    #[error("{key} must be 1 to 20 characters of the GS1 set of 82 (letters, digits and !\"%&'()*+,-./:;<=>?_)")]
    Characters {
        /// `lot` or `serial`.
        key: &'static str,
    },
    /// Not a URI of the kind wanted.
    #[error("not a canonical {0} URI")]
    Uri(&'static str),
}

macro_rules! numeric_key {
    ($(#[$doc:meta])* $name:ident, $label:literal, $width:literal, $uri:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Digits of the key, check digit included.
            pub const WIDTH: usize = $width;

            /// The key's number, leading zeros dropped.
            pub const fn number(self) -> u64 {
                self.0
            }

            /// The canonical GS1 Digital Link URI on `id.gs1.org`.
            pub fn uri(self) -> String {
                format!(concat!($uri, "{}"), self)
            }

            /// Reads the canonical URI back.
            ///
            /// # Errors
            /// [`KeyError`] when the URI is another, or its digits are wrong.
            pub fn from_uri(uri: &str) -> Result<$name, KeyError> {
                uri.strip_prefix($uri).ok_or(KeyError::Uri($label))?.parse()
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<$name, KeyError> {
                if !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(KeyError::NotDigits { key: $label });
                }
                if text.len() != $width {
                    return Err(KeyError::Length { key: $label, want: $width, got: text.len() });
                }
                let (body, last) = text.split_at($width - 1);
                match (check::digit(body), last.chars().next()) {
                    (Some(want), Some(got)) if char::from(b'0' + want) == got => {}
                    (Some(want), Some(got)) => return Err(KeyError::CheckDigit { key: $label, want, got }),
                    _ => return Err(KeyError::NotDigits { key: $label }),
                }
                text.parse().map($name).map_err(|_| KeyError::NotDigits { key: $label })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:0", $width, "}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($label, "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                if d.is_human_readable() {
                    let text = String::deserialize(d)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    u64::deserialize(d).map($name)
                }
            }
        }
    };
}

numeric_key!(
    /// Global Trade Item Number, 14 digits, AI (01).
    Gtin, "GTIN", 14, "https://id.gs1.org/01/"
);
numeric_key!(
    /// Global Location Number of a place, 13 digits, AI (414). As a party it is AI (417): see [`Gln::party_uri`].
    Gln, "GLN", 13, "https://id.gs1.org/414/"
);
numeric_key!(
    /// Serial Shipping Container Code, 18 digits, AI (00).
    Sscc, "SSCC", 18, "https://id.gs1.org/00/"
);

impl Gtin {
    /// Whether it lies in the GS1 Company Prefix `prefix` (the indicator digit is not part of the prefix).
    pub fn in_prefix(self, prefix: &str) -> bool {
        self.to_string()[1..].starts_with(prefix)
    }
}

impl Gln {
    /// Whether it lies in the GS1 Company Prefix `prefix`.
    pub fn in_prefix(self, prefix: &str) -> bool {
        self.to_string().starts_with(prefix)
    }

    /// The canonical Digital Link URI of a party, AI (417).
    pub fn party_uri(self) -> String {
        format!("https://id.gs1.org/417/{self}")
    }

    /// Reads a party URI back.
    ///
    /// # Errors
    /// [`KeyError`] when the URI is another, or its digits are wrong.
    pub fn from_party_uri(uri: &str) -> Result<Gln, KeyError> {
        uri.strip_prefix("https://id.gs1.org/417/").ok_or(KeyError::Uri("party GLN"))?.parse()
    }
}

impl Sscc {
    /// Whether it lies in the GS1 Company Prefix `prefix` (the extension digit is not part of the prefix).
    pub fn in_prefix(self, prefix: &str) -> bool {
        self.to_string()[1..].starts_with(prefix)
    }
}

/// Whether `b` is one of the 82 characters of GS1 CSET 82.
pub const fn in_cset82(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'!' | b'"'
                | b'%'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b'-'
                | b'.'
                | b'/'
                | b':'
                | b';'
                | b'<'
                | b'='
                | b'>'
                | b'?'
                | b'_'
        )
}

macro_rules! text_key {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The characters as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<$name, KeyError> {
                if text.is_empty() || text.len() > 20 || !text.bytes().all(in_cset82) {
                    return Err(KeyError::Characters { key: $label });
                }
                Ok($name(text))
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<$name, KeyError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_key!(
    /// Batch or lot number, AI (10): 1 to 20 characters of CSET 82.
    Lot, "lot"
);
text_key!(
    /// Serial number, AI (21): 1 to 20 characters of CSET 82.
    Serial, "serial"
);

/// A batch: a GTIN and a lot number of it. This is what the chain's quantities, findings and recalls are about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotId {
    /// The product.
    pub gtin: Gtin,
    /// The batch of it.
    pub lot: Lot,
}

impl LotId {
    /// The canonical Digital Link URI, `https://id.gs1.org/01/<gtin>/10/<lot>`, percent-encoded where needed.
    pub fn uri(&self) -> String {
        format!("{}/10/{}", self.gtin.uri(), super::percent::encode_component(self.lot.as_str()))
    }

    /// Reads the canonical URI back; any other form of the same lot is refused.
    ///
    /// # Errors
    /// [`KeyError`] when the URI is not canonical, or a part of it is wrong.
    pub fn from_uri(uri: &str) -> Result<LotId, KeyError> {
        let rest = uri.strip_prefix("https://id.gs1.org/01/").ok_or(KeyError::Uri("lot"))?;
        let (gtin, lot) = rest.split_once("/10/").ok_or(KeyError::Uri("lot"))?;
        let lot = super::percent::decode_component(lot).ok_or(KeyError::Uri("lot"))?;
        let id = LotId { gtin: gtin.parse()?, lot: lot.try_into()? };
        if id.uri() != uri {
            return Err(KeyError::Uri("lot"));
        }
        Ok(id)
    }
}

impl fmt::Display for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(01){}(10){}", self.gtin, self.lot)
    }
}

impl fmt::Debug for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
