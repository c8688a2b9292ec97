//! `c2sp.org/tlog-proof@v1`: one entry's inclusion path and the signed checkpoint, as a text file (`.tlog-proof`).
//!
//! ```text
//! c2sp.org/tlog-proof@v1\n
//! [extra <base64>\n]
//! index <decimal>\n
//! <base64 hash>\n            none or more: the leaf's sibling first
//! \n
//! <signed checkpoint>
//! ```
//! Not here: the entry, which is a separate file. `extra` is not authenticated.

use std::fmt;

use data_encoding::BASE64;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::{Hash, MAX_PATH, VerifyError, inclusion_verify, leaf_hash};
use super::note::Verifier;
use super::policy::{Policy, Quorum};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not the form of a tlog-proof.
    #[error("not a tlog-proof: {0}")]
    Form(&'static str),
    /// The checkpoint in it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The inclusion path.
    #[error("inclusion")]
    Inclusion(#[from] VerifyError),
    /// Too few witnesses, or a cosignature that does not verify.
    #[error("the witness quorum is not reached")]
    Quorum,
}

/// A tlog-proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Opaque and unauthenticated.
    pub extra: Option<Vec<u8>>,
    /// Position of the entry.
    pub index: u64,
    /// Inclusion path, the leaf's sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl TlogProof {
    /// Reads a proof. Writing it back gives the same bytes.
    ///
    /// # Errors
    /// [`TlogProofError::Form`].
    pub fn parse(text: &str) -> Result<TlogProof, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofError::Form("no empty line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofError::Form("first line"));
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => {
                let extra = BASE64.decode(extra.as_bytes()).map_err(|_| TlogProofError::Form("extra"))?;
                lines.next();
                Some(extra)
            }
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(TlogProofError::Form("index"))?;
        let plain = index == "0" || !index.starts_with('0') && index.bytes().all(|b| b.is_ascii_digit());
        let index = index.parse().ok().filter(|_| plain).ok_or(TlogProofError::Form("index"))?;
        let mut path = Vec::new();
        for line in lines {
            let hash = BASE64.decode(line.as_bytes()).ok().and_then(|hash| Hash::try_from(hash).ok());
            path.push(hash.filter(|_| path.len() < MAX_PATH).ok_or(TlogProofError::Form("path"))?);
        }
        Ok(TlogProof { extra, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Checks the log's signature, the witness policy, and that `entry` is at the index.
    ///
    /// # Errors
    /// [`TlogProofError`] with the first that fails.
    pub fn verify(
        &self,
        entry: &[u8],
        log: &Verifier,
        policy: &Policy,
    ) -> Result<(Checkpoint, Quorum), TlogProofError> {
        let (checkpoint, note) = Checkpoint::open(&self.checkpoint, log)?;
        inclusion_verify(&leaf_hash(entry), self.index, checkpoint.size, &self.path, &checkpoint.root)?;
        let quorum = policy.check(&note, log);
        if quorum.reached && quorum.invalid.is_empty() { Ok((checkpoint, quorum)) } else { Err(TlogProofError::Quorum) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::checkpoint::tests::MemoryKey;
    use crate::log::merkle::node_hash;
    use crate::log::note::KeyType;

    #[test]
    fn every_flipped_bit_of_a_proof_is_refused() {
        let log = MemoryKey::new("log.example", 1);
        let key = Verifier::of(&log, KeyType::Ed25519).unwrap();
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let head = Checkpoint { origin: "log.example".into(), size: 2, root: node_hash(&a, &b) };
        let checkpoint = head.sign(&log).unwrap().to_string();
        let text = TlogProof { extra: None, index: 0, path: vec![b], checkpoint }.to_string();
        let proof = TlogProof::parse(&text).unwrap();
        assert_eq!(proof.to_string(), text);
        assert_eq!(proof.verify(b"a", &key, &Policy::none()).unwrap().0, head);
        for bit in 0..text.len() * 8 {
            let mut bad = text.clone().into_bytes();
            bad[bit / 8] ^= 1 << (bit % 8);
            let holds = String::from_utf8(bad)
                .is_ok_and(|t| TlogProof::parse(&t).is_ok_and(|p| p.verify(b"a", &key, &Policy::none()).is_ok()));
            assert!(!holds, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn parsed_proof_is_written_back_unchanged(text in "c2sp.org/tlog-proof@v1\n(extra (AA==|AB==)\n)?index [0-9]{1,2}\n([A-P]{43}=\n){0,2}\n\\PC{0,9}") {
            if let Ok(proof) = TlogProof::parse(&text) {
                prop_assert_eq!(proof.to_string(), text);
            }
        }
    }
}
