//! Checkpoints (C2SP tlog-checkpoint): `<origin>\n<size>\n<base64 root>\n`, signed as a note by the log (type 0x01) and
//! cosigned by witnesses (type 0x04).
//!
//! Not here: whether enough witnesses cosigned (`policy`), whether two checkpoints are consistent (`merkle`).

use data_encoding::BASE64;

use super::merkle::{EMPTY_ROOT, Hash, MAX_SIZE};
use super::note::{Note, NoteError, Verifier};

/// A tree head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: its prefix without scheme; also the name of its key.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Form(&'static str),
    /// It is of another log.
    #[error("the checkpoint is of {got}, not of {want}")]
    Origin {
        /// As read.
        got: String,
        /// The trusted log's.
        want: String,
    },
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The note text.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// Reads a note text. Extension lines are refused: this log has none, and an unknown line must not be skipped.
    ///
    /// # Errors
    /// [`CheckpointError::Form`].
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Form("no newline at the end"))?.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Form("three lines: origin, size, root"));
        };
        if origin.is_empty() || origin.len() >= 256 {
            return Err(CheckpointError::Form("origin"));
        }
        let plain = size == "0" || !size.starts_with('0') && size.bytes().all(|b| b.is_ascii_digit());
        let number = size.parse().ok().filter(|size| plain && *size <= MAX_SIZE);
        let size = number.ok_or(CheckpointError::Form("size"))?;
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|root| Hash::try_from(root).ok());
        let root = root.ok_or(CheckpointError::Form("root"))?;
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::Form("the root of an empty tree"));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }

    /// Opens a signed checkpoint: the log's signature must be there and verify, and the origin be the log's name.
    ///
    /// # Errors
    /// [`CheckpointError`] otherwise.
    pub fn open(signed: &str, log: &Verifier) -> Result<(Checkpoint, Note), CheckpointError> {
        let note = Note::parse(signed)?;
        note.verify(log)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != log.name() {
            return Err(CheckpointError::Origin { got: checkpoint.origin, want: log.name().to_owned() });
        }
        Ok((checkpoint, note))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    use super::*;
    use crate::log::note::KeyType;
    use crate::log::sign::{Signer, cosign};

    /// A key in memory.
    pub(crate) struct MemoryKey(pub &'static str, pub SigningKey);

    impl MemoryKey {
        pub(crate) fn new(name: &'static str, seed: u8) -> MemoryKey {
            MemoryKey(name, SigningKey::from_bytes(&[seed; 32]))
        }
    }

    impl Signer for MemoryKey {
        fn name(&self) -> &str {
            self.0
        }
        fn public_key(&self) -> [u8; 32] {
            self.1.verifying_key().to_bytes()
        }
        fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
            Ok(self.1.sign(message).to_bytes())
        }
    }

    #[test]
    fn signed_checkpoint_opens_under_its_own_key_only() {
        let log = MemoryKey::new("log.example/jejak", 1);
        let witness = MemoryKey::new("witness.example", 2);
        let head = Checkpoint { origin: "log.example/jejak".into(), size: 7, root: [9; 32] };
        let mut note = head.sign(&log).unwrap();
        cosign(&mut note, &witness, 1_800_000_000).unwrap();
        let signed = note.to_string();
        let key = Verifier::of(&log, KeyType::Ed25519).unwrap();
        let (opened, note) = Checkpoint::open(&signed, &key).unwrap();
        assert_eq!(opened, head);
        assert_eq!(note.verify(&Verifier::of(&witness, KeyType::Cosignature).unwrap()), Ok(1_800_000_000));
        let other = MemoryKey::new("log.example/jejak", 3);
        assert!(Checkpoint::open(&signed, &Verifier::of(&other, KeyType::Ed25519).unwrap()).is_err());
        assert!(head.sign(&MemoryKey::new("log.example/other", 1)).is_err());
        // a witness's line is not accepted as the log's, and the other way round
        assert!(Checkpoint::open(&signed, &Verifier::of(&witness, KeyType::Cosignature).unwrap()).is_err());
        assert!(note.verify(&Verifier::of(&log, KeyType::Cosignature).unwrap()).is_err());
    }

    #[test]
    fn malformed_checkpoints_are_refused() {
        let root = BASE64.encode(&[1; 32]);
        for text in [
            format!("a\n01\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n\n{root}\n"),
            format!("\n1\n{root}\n"),
            format!("a\n1\n{root}"),
            format!("a\n1\n{root}\nextension\n"),
            format!("a\n0\n{root}\n"),
            format!("a\n9223372036854775808\n{root}\n"),
            "a\n1\nAQ==\n".to_owned(),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsed_checkpoint_is_written_back_unchanged(text in "[a-z/ ]{0,3}\n[0-9]{0,3}\n[A-Za-z0-9+/]{42,44}=?\n?") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_text(), text);
            }
        }
    }
}
