//! GTIN, GLN, SSCC, lot and serial numbers as types that can't hold a wrong value.
//!
//! A lot or serial is compared byte for byte (`CSET 82`, General Specifications figure 7.11-1): no case folding, no
//! Unicode, so a look-alike letter is refused rather than confused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{check, percent};

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

/// Most characters of a lot or serial number (AI 10 and AI 21).
const MOST_CHARACTERS: usize = 20;

macro_rules! text_key {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        // in place: the rules copy and compare lots many times for each record
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// Zeros after the last character: they sort before every character.
            characters: [u8; MOST_CHARACTERS],
            length: u8,
        }

        impl $name {
            /// The characters as written.
            pub fn as_str(&self) -> &str {
                let characters = self.characters.get(..usize::from(self.length)).unwrap_or_default();
                // ASCII, since it was made
                std::str::from_utf8(characters).unwrap_or_default()
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<$name, KeyError> {
                let mut characters = [0; MOST_CHARACTERS];
                match characters.get_mut(..text.len()) {
                    Some(part) if !text.is_empty() && text.bytes().all(in_cset82) => {
                        part.copy_from_slice(text.as_bytes());
                        // at most 20
                        Ok($name { characters, length: text.len() as u8 })
                    }
                    _ => Err(KeyError::Characters { key: $label }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<$name, KeyError> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                d.deserialize_str(Text)
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
        let mut uri = self.gtin.uri();
        uri.push_str("/10/");
        percent::encode_into(&mut uri, self.lot.as_str());
        uri
    }

    /// Reads the canonical URI back; any other form of the same lot is refused.
    ///
    /// # Errors
    /// [`KeyError`] when the URI is not canonical, or a part of it is wrong.
    pub fn from_uri(uri: &str) -> Result<LotId, KeyError> {
        let rest = uri.strip_prefix("https://id.gs1.org/01/").ok_or(KeyError::Uri("lot"))?;
        let (gtin, text) = rest.split_once("/10/").ok_or(KeyError::Uri("lot"))?;
        if text.bytes().all(percent::is_unreserved) {
            return Ok(LotId { gtin: gtin.parse()?, lot: text.parse()? });
        }
        let lot = percent::decode_component(text).ok_or(KeyError::Uri("lot"))?;
        let id = LotId { gtin: gtin.parse()?, lot: lot.try_into()? };
        // a GTIN is written in one way only
        if percent::encode_component(id.lot.as_str()) != text {
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
