//! Verifier keys of any kind (C2SP signed-note), so that a policy or a list of witnesses that names a kind which this version does not
//! verify stays readable. ML-DSA-44 cosigners (type 0x06, C2SP tlog-cosignature v1.1) are such a kind: their keys and signatures are
//! read and kept, and count for nothing.
//!
//! Not here: keys that verify (`note::Verifier`).

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::note::{NoteError, Verifier, name_is_valid};

/// Type byte of an ML-DSA-44 cosigner.
pub const ML_DSA_44: u8 = 6;
/// Length of an ML-DSA-44 public key (FIPS 204, table 2).
const ML_DSA_44_KEY: usize = 1312;
/// Most characters of a verifier key: one of ML-DSA-44 has 1,752 after a name of at most 255 and a key id. A statement on the log has the
/// same limit.
pub const MAX_VKEY: usize = 2_100;

/// A verifier key, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AnyVerifier {
    /// An Ed25519 key, which can be verified with.
    Known(Verifier),
    /// A key of another kind.
    Other(OtherKey),
}

/// A key of a kind that this version does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherKey {
    name: String,
    id: [u8; 4],
    /// Type byte and key.
    typed: Vec<u8>,
}

impl AnyVerifier {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            AnyVerifier::Known(key) => key.name(),
            AnyVerifier::Other(key) => &key.name,
        }
    }

    /// Its key id.
    pub fn id(&self) -> [u8; 4] {
        match self {
            AnyVerifier::Known(key) => key.id(),
            AnyVerifier::Other(key) => key.id,
        }
    }

    /// The type byte.
    pub fn kind(&self) -> u8 {
        match self {
            AnyVerifier::Known(key) => key.kind() as u8,
            AnyVerifier::Other(key) => key.typed.first().copied().unwrap_or_default(),
        }
    }

    /// The key without its type byte.
    pub fn raw(&self) -> &[u8] {
        match self {
            AnyVerifier::Known(key) => key.public_key(),
            AnyVerifier::Other(key) => key.typed.get(1..).unwrap_or_default(),
        }
    }

    /// The Ed25519 key, if it is one.
    pub fn known(&self) -> Option<&Verifier> {
        match self {
            AnyVerifier::Known(key) => Some(key),
            AnyVerifier::Other(_) => None,
        }
    }

    /// What its kind is called.
    pub fn algorithm(&self) -> String {
        match self.kind() {
            1 | 4 => "Ed25519".to_owned(),
            ML_DSA_44 => "ML-DSA-44".to_owned(),
            kind => format!("type {kind:#04x}"),
        }
    }
}

impl FromStr for AnyVerifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<AnyVerifier, NoteError> {
        if text.len() > MAX_VKEY {
            return Err(NoteError::Key("length"));
        }
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(blob)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("form is <name>+<id>+<key>"));
        };
        let typed = BASE64.decode(blob.as_bytes()).map_err(|_| NoteError::Key("base64"))?;
        let (kind, key) = typed.split_first().ok_or(NoteError::Key("length"))?;
        if matches!(kind, 1 | 4) {
            return Ok(AnyVerifier::Known(text.parse()?));
        }
        if key.is_empty() || (*kind == ML_DSA_44 && key.len() != ML_DSA_44_KEY) {
            return Err(NoteError::Key("length"));
        }
        let id = HEXLOWER.decode(id.as_bytes()).ok().and_then(|id| <[u8; 4]>::try_from(id).ok());
        let id = id.ok_or(NoteError::Key("key id"))?;
        if !name_is_valid(name) {
            return Err(NoteError::Key("name"));
        }
        let hash = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(&typed).finalize();
        // other kinds may derive theirs in another way
        if *kind == ML_DSA_44 && hash[..4] != id {
            return Err(NoteError::Key("the key id is not the key's"));
        }
        Ok(AnyVerifier::Other(OtherKey { name: name.to_owned(), id, typed }))
    }
}

impl fmt::Display for AnyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnyVerifier::Known(key) => key.fmt(f),
            AnyVerifier::Other(key) => {
                write!(f, "{}+{}+{}", key.name, HEXLOWER.encode(&key.id), BASE64.encode(&key.typed))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The verifier key of an ML-DSA-44 cosigner. Its key is of the right length and no more: nothing here verifies with it.
    pub(crate) fn ml_dsa_44(name: &str) -> String {
        let mut typed = vec![ML_DSA_44];
        typed.extend((0..ML_DSA_44_KEY).map(|at| at as u8));
        let hash = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(&typed).finalize();
        format!("{name}+{}+{}", HEXLOWER.encode(&hash[..4]), BASE64.encode(&typed))
    }

    #[test]
    fn keys_of_other_kinds_are_read_and_written_back_unchanged() {
        let unknown = format!("w.example+01020304+{}", BASE64.encode(&[0xfe, 1, 2, 3]));
        for (text, kind, algorithm, length) in [
            (ml_dsa_44("w.example"), 6, "ML-DSA-44", 1312),
            (unknown, 0xfe, "type 0xfe", 3),
            ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".to_owned(), 1, "Ed25519", 32),
        ] {
            let key: AnyVerifier = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
            assert_eq!((key.kind(), key.algorithm().as_str(), key.raw().len()), (kind, algorithm, length));
            assert_eq!(key.known().is_some(), kind == 1);
        }
    }

    #[test]
    fn malformed_keys_of_other_kinds_are_refused() {
        let good = ml_dsa_44("w.example");
        let (head, blob) = good.rsplit_once('+').unwrap();
        for text in [
            good.replacen("w.example", "v.example", 1),
            good.replacen("w.example", "w example", 1),
            format!("{head}+{}", &blob[..blob.len() - 4]),
            "w.example+01020304+".to_owned(),
            format!("w.example+0102030+{}", BASE64.encode(&[9, 1])),
            format!("w.example+01020304+{}", BASE64.encode(&[9])),
            format!("w.example+01020304+{}", BASE64.encode(&vec![9; MAX_VKEY])),
            format!("w.example+0102030G+{}", BASE64.encode(&[9, 1])),
        ] {
            assert!(text.parse::<AnyVerifier>().is_err(), "{}", &text[..40.min(text.len())]);
        }
    }
}
