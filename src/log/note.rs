//! Signed notes (C2SP signed-note), verifier keys and key ids; signature types 0x01 (Ed25519) and 0x04 (timestamped
//! Ed25519 cosignature, C2SP tlog-cosignature).
//!
//! ```text
//! <text, ends in \n>
//! \n
//! — <key name> <base64(u32be key id || signature)>\n      one or more
//! ```
//! Not here: making signatures (`sign`), the meaning of the text (`checkpoint`), other signature types (kept, but ignored), key
//! storage.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// Largest note: a checkpoint with every witness of a large policy has a few kilobytes.
pub const MAX_NOTE: usize = 64 * 1024;

/// Most signature lines; the specification requires at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// Why text is not a note, or a note does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a signed note.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// Not a verifier key.
    #[error("not a verifier key: {0}")]
    Key(&'static str),
    /// A signature that names this key does not verify.
    #[error("the signature of {0} does not verify")]
    Signature(String),
    /// No signature by this key.
    #[error("not signed by {0}")]
    Unsigned(String),
    /// The signer failed.
    #[error("signing failed: {0}")]
    Signer(String),
}

/// What a key signs: the type byte of signed notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyType {
    /// 0x01: Ed25519 over the note's text.
    Ed25519 = 1,
    /// 0x04: Ed25519 over `cosignature/v1`, a time and the note's text.
    Cosignature = 4,
}

/// `SHA-256(name || 0x0A || type || key)[:4]`.
pub fn key_id(name: &str, kind: KeyType, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind as u8]).chain_update(key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Whether `name` may name a key: not empty, no Unicode space, no `+`, no control characters, below 256 bytes.
pub fn name_is_valid(name: &str) -> bool {
    !name.is_empty() && name.len() < 256 && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// A verifier key (`vkey`): `<name>+<8 hex of key id>+<base64(type || key)>`. Its key is a canonical point, not of small order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Verifier {
    pub(super) name: String,
    kind: KeyType,
    key: [u8; 32],
}

impl Verifier {
    /// A verifier key from its parts.
    ///
    /// # Errors
    /// [`NoteError::Key`] for an invalid name or key.
    pub fn new(name: &str, kind: KeyType, key: [u8; 32]) -> Result<Verifier, NoteError> {
        if !name_is_valid(name) {
            return Err(NoteError::Key("name"));
        }
        let point = VerifyingKey::from_bytes(&key).map_err(|_| NoteError::Key("not a point of the curve"))?;
        if point.is_weak() || point.to_edwards().compress().to_bytes() != key {
            return Err(NoteError::Key("weak or not canonical"));
        }
        Ok(Verifier { name: name.to_owned(), kind, key })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The raw Ed25519 public key.
    pub fn public_key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Its key id.
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.key)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = vec![self.kind as u8];
        blob.extend_from_slice(&self.key);
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id()), BASE64.encode(&blob))
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Verifier, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(blob)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("form is <name>+<id>+<key>"));
        };
        let blob = BASE64.decode(blob.as_bytes()).map_err(|_| NoteError::Key("base64"))?;
        let (kind, key) = match blob.split_first() {
            Some((1, key)) => (KeyType::Ed25519, key),
            Some((4, key)) => (KeyType::Cosignature, key),
            _ => return Err(NoteError::Key("type is neither 0x01 nor 0x04")),
        };
        let key = key.try_into().map_err(|_| NoteError::Key("length"))?;
        let verifier = Verifier::new(name, kind, key)?;
        if HEXLOWER.encode(&verifier.id()) != id {
            return Err(NoteError::Key("the key id is not the key's"));
        }
        Ok(verifier)
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: [u8; 4],
    /// What follows the id.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    pub(super) fn parse(line: &str) -> Result<NoteSignature, NoteError> {
        const FORM: NoteError = NoteError::Form("signature line");
        let (name, blob) = line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or(FORM)?;
        let blob = BASE64.decode(blob.as_bytes()).map_err(|_| FORM)?;
        let (id, bytes) = blob.split_first_chunk::<4>().ok_or(FORM)?;
        if !name_is_valid(name) || bytes.is_empty() {
            return Err(FORM);
        }
        Ok(NoteSignature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = self.id.to_vec();
        blob.extend_from_slice(&self.bytes);
        writeln!(f, "\u{2014} {} {}", self.name, BASE64.encode(&blob))
    }
}

/// A signed note. Its signatures are not checked before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub(super) text: String,
    pub(super) signatures: Vec<NoteSignature>,
}

impl Note {
    /// An unsigned note over `text`.
    ///
    /// # Errors
    /// [`NoteError::Form`] unless the text ends in a newline and has no other control characters.
    pub fn new(text: String) -> Result<Note, NoteError> {
        if !text.ends_with('\n') || text.len() > MAX_NOTE {
            return Err(NoteError::Form("text"));
        }
        if text.bytes().any(|b| b < 0x20 && b != b'\n') {
            return Err(NoteError::Form("control character"));
        }
        Ok(Note { text, signatures: Vec::new() })
    }

    /// Reads a note; the text is everything up to the last empty line. Writing it back gives the same bytes.
    ///
    /// # Errors
    /// [`NoteError::Form`].
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::Form("too long"));
        }
        let end = note.rfind("\n\n").ok_or(NoteError::Form("no empty line"))?;
        let mut parsed = Note::new(note[..=end].to_owned())?;
        let lines = note[end + 2..].strip_suffix('\n').ok_or(NoteError::Form("no newline at the end"))?;
        for line in lines.split('\n') {
            if parsed.signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Form("too many signatures"));
            }
            parsed.signatures.push(NoteSignature::parse(line)?);
        }
        Ok(parsed)
    }

    /// What is signed, final newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The note with the signature lines of `verifier` alone.
    pub fn signed_by(&self, verifier: &Verifier) -> Note {
        let id = verifier.id();
        let of = |line: &&NoteSignature| line.name == verifier.name && line.id == id;
        Note { text: self.text.clone(), signatures: self.signatures.iter().filter(of).cloned().collect() }
    }

    /// Whether a signature line names this key.
    pub fn names(&self, name: &str, id: [u8; 4]) -> bool {
        self.signatures.iter().any(|line| line.name == name && line.id == id)
    }

    /// Checks the signature of `verifier`; returns the time of a cosignature, 0 for a plain signature.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] when it did not sign; [`NoteError::Signature`] when any line of this name and id does not
    /// verify.
    pub fn verify(&self, verifier: &Verifier) -> Result<u64, NoteError> {
        let id = verifier.id();
        let mut found = None;
        for line in self.signatures.iter().filter(|line| line.name == verifier.name && line.id == id) {
            let wrong = || NoteError::Signature(verifier.name.clone());
            let (time, message) = match verifier.kind {
                KeyType::Ed25519 => (0, self.text.clone()),
                KeyType::Cosignature => {
                    let time = line.bytes.first_chunk::<8>().map(|time| u64::from_be_bytes(*time));
                    let time = time.filter(|time| *time > 0).ok_or_else(wrong)?;
                    (time, cosigned(&self.text, time))
                }
            };
            let skip = if verifier.kind == KeyType::Cosignature { 8 } else { 0 };
            let signature = line.bytes.get(skip..).and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
            if !verify_strict(&verifier.key, message.as_bytes(), signature) {
                return Err(wrong());
            }
            found = Some(found.unwrap_or(0).max(time));
        }
        found.ok_or_else(|| NoteError::Unsigned(verifier.name.clone()))
    }
}

/// Whether `signature` over `message` verifies strictly under the raw Ed25519 `key` (RFC 8032, nothing of small order).
pub fn verify_strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// What a cosignature/v1 signs.
pub(super) fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| fmt::Display::fmt(line, f))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    #[test]
    fn example_of_the_specification_verifies() {
        let verifier: Verifier = VKEY.parse().unwrap();
        assert_eq!(verifier.to_string(), VKEY);
        let note = Note::parse(NOTE).unwrap();
        assert_eq!(note.verify(&verifier), Ok(0));
        assert_eq!(note.to_string(), NOTE);
    }

    #[test]
    fn every_flipped_bit_of_a_note_is_refused() {
        let verifier: Verifier = VKEY.parse().unwrap();
        for at in 0..NOTE.len() * 8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            let holds = String::from_utf8(bytes)
                .is_ok_and(|text| Note::parse(&text).is_ok_and(|n| n.verify(&verifier).is_ok()));
            assert!(!holds, "bit {at}");
        }
    }

    #[test]
    fn malformed_and_weak_keys_are_refused() {
        for vkey in [
            "",
            "example.com/foo+530d903a",
            "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        ] {
            assert!(vkey.parse::<Verifier>().is_err(), "{vkey}");
        }
        assert!(Verifier::new("weak", KeyType::Ed25519, [0; 32]).is_err());
        let mut one = [0; 32];
        one[0] = 1;
        assert!(Verifier::new("weak", KeyType::Ed25519, one).is_err());
    }

    proptest! {
        #[test]
        fn parsed_note_is_written_back_unchanged(text in "(\\PC|\n|\u{2014} ){0,60}") {
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text);
            }
        }
    }
}
