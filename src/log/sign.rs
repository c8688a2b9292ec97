//! Signing with the key of a log or a witness: notes and checkpoints, cosignatures, receipts, and transparent statements. The
//! key itself is only accessed through [`Signer`].
//!
//! Not here: verification, which needs none of this (`note`, `checkpoint`, `receipt`).

use minicbor::Encoder;
use minicbor::data::Tag;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::Hash;
use super::note::{
    KeyType, MAX_NOTE, MAX_SIGNATURES, Note, NoteError, NoteSignature, Verifier, cosigned, name_is_valid,
};
use super::receipt::{ALG_EDDSA, RECEIPTS, ReceiptError, VDP, form, not_cbor, to_be_signed, unprotected_range};

/// Header label of the verifiable data structure (RFC 9942).
const VDS: u64 = 395;

/// Holds a private key.
pub trait Signer: Send + Sync {
    /// The key's name; for a log, its origin.
    fn name(&self) -> &str;
    /// The raw Ed25519 public key.
    fn public_key(&self) -> [u8; 32];
    /// An Ed25519 signature (RFC 8032) over `message`.
    ///
    /// # Errors
    /// A message when the key can't be used.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String>;
}

impl Verifier {
    /// The verifier key of a signer.
    ///
    /// # Errors
    /// [`NoteError::Key`] for an invalid name or key.
    pub fn of(signer: &dyn Signer, kind: KeyType) -> Result<Verifier, NoteError> {
        Verifier::new(signer.name(), kind, signer.public_key())
    }
}

impl Note {
    /// Signs the text (type 0x01) and appends the signature line.
    ///
    /// # Errors
    /// [`NoteError::Signer`] when the signer fails, [`NoteError::Key`] when its name or key may not be used.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), NoteError> {
        let verifier = Verifier::of(signer, KeyType::Ed25519)?;
        let bytes = signer.sign(self.text.as_bytes()).map_err(NoteError::Signer)?.to_vec();
        self.signatures.push(NoteSignature { name: verifier.name.clone(), id: verifier.id(), bytes });
        Ok(())
    }

    /// Cosigns the text (type 0x04) as of `time`, Unix seconds; not 0.
    ///
    /// # Errors
    /// As [`Note::sign`].
    pub fn cosign(&mut self, signer: &dyn Signer, time: u64) -> Result<NoteSignature, NoteError> {
        let verifier = Verifier::of(signer, KeyType::Cosignature)?;
        let signature = signer.sign(cosigned(&self.text, time).as_bytes()).map_err(NoteError::Signer)?;
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend_from_slice(&signature);
        let line = NoteSignature { name: verifier.name.clone(), id: verifier.id(), bytes };
        self.signatures.push(line.clone());
        Ok(line)
    }

    /// Adds the signature line of `verifier` from the answer of a witness, if it verifies: the newest, if there are several. Other lines are
    /// dropped.
    ///
    /// # Errors
    /// [`NoteError::Form`], also when the note would be larger than [`Note::parse`] reads, and as [`Note::verify`].
    pub fn add(&mut self, lines: &str, verifier: &Verifier) -> Result<u64, NoteError> {
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form("no newline at the end"))?;
        let mut added = Note::new(self.text.clone())?;
        for line in lines.split('\n').take(MAX_SIGNATURES) {
            let line = NoteSignature::parse(line)?;
            if (line.name.as_str(), line.id) == (verifier.name(), verifier.id()) {
                added.signatures.push(line);
            }
        }
        let time = added.verify(verifier)?;
        // a cosignature begins with its time, big-endian
        let newest = added.signatures.into_iter().max_by(|a, b| a.bytes.cmp(&b.bytes));
        let of_others = |s: &&NoteSignature| (s.name.as_str(), s.id) != (verifier.name(), verifier.id());
        let signatures: Vec<NoteSignature> = self.signatures.iter().filter(of_others).cloned().chain(newest).collect();
        let with = Note { text: self.text.clone(), signatures };
        if with.signatures.len() > MAX_SIGNATURES || with.to_string().len() > MAX_NOTE {
            return Err(NoteError::Form("there is no room for another signature"));
        }
        *self = with;
        Ok(time)
    }
}

impl Checkpoint {
    /// The signed note. The signer's name must be the origin.
    ///
    /// # Errors
    /// [`CheckpointError`] when the origin is not a valid key name or not the signer's, or the signer fails.
    pub fn sign(&self, log: &dyn Signer) -> Result<Note, CheckpointError> {
        if !name_is_valid(&self.origin) || log.name() != self.origin {
            return Err(CheckpointError::Origin { got: self.origin.clone(), want: log.name().to_owned() });
        }
        let mut note = Note::new(self.to_text())?;
        note.sign(log)?;
        Ok(note)
    }
}

/// Adds the cosignature of a witness as of `time` (Unix seconds) to a signed checkpoint.
///
/// # Errors
/// [`CheckpointError`] when the note holds no checkpoint or the signer fails.
pub fn cosign(note: &mut Note, witness: &dyn Signer, time: u64) -> Result<(), CheckpointError> {
    Checkpoint::parse(note.text())?;
    note.cosign(witness, time)?;
    Ok(())
}

/// CWT claims of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptClaims<'a> {
    /// `iss`: the log's origin.
    pub iss: &'a str,
    /// `sub`: the record's URI.
    pub sub: &'a str,
}

/// Builds and signs the receipt of the entry at `index` of the tree of `size` entries with this `root`.
///
/// # Errors
/// [`ReceiptError::TooSmall`] below two entries, [`ReceiptError::Signer`] when the signer fails.
pub fn inclusion_receipt(
    signer: &dyn Signer,
    claims: ReceiptClaims<'_>,
    (index, size): (u64, u64),
    path: &[Hash],
    root: &Hash,
) -> Result<Vec<u8>, ReceiptError> {
    if size < 2 {
        return Err(ReceiptError::TooSmall);
    }
    let (protected, proof) = encode_parts(&signer.public_key(), claims, (size, index), path).map_err(not_cbor)?;
    let signature = signer.sign(&to_be_signed(&protected, root)).map_err(ReceiptError::Signer)?;
    encode(&protected, &proof, &signature).map_err(not_cbor)
}

/// Label of inclusion proofs in the map of proofs (RFC 9942).
const INCLUSION: i64 = -1;

type Encoded<T> = Result<T, minicbor::encode::Error<std::convert::Infallible>>;

fn encode_parts(
    kid: &[u8; 32],
    claims: ReceiptClaims<'_>,
    (size, index): (u64, u64),
    path: &[Hash],
) -> Encoded<(Vec<u8>, Vec<u8>)> {
    let mut protected = Encoder::new(Vec::new());
    protected.map(4)?.u8(1)?.i64(ALG_EDDSA)?.u8(4)?.bytes(kid)?;
    protected.u8(15)?.map(2)?.u8(1)?.str(claims.iss)?.u8(2)?.str(claims.sub)?;
    protected.u64(VDS)?.u8(1)?;
    let mut proof = Encoder::new(Vec::new());
    proof.array(3)?.u64(size)?.u64(index)?.array(path.len() as u64)?;
    for hash in path {
        proof.bytes(hash)?;
    }
    Ok((protected.into_writer(), proof.into_writer()))
}

fn encode(protected: &[u8], proof: &[u8], signature: &[u8; 64]) -> Encoded<Vec<u8>> {
    let mut out = Encoder::new(Vec::new());
    out.tag(Tag::new(18))?.array(4)?.bytes(protected)?;
    out.map(1)?.u64(VDP)?.map(1)?.i64(INCLUSION)?.array(1)?.bytes(proof)?;
    out.null()?.bytes(signature)?;
    Ok(out.into_writer())
}

/// A transparent statement: the signed statement with `receipts` in its unprotected header (394).
///
/// # Errors
/// [`ReceiptError::Form`] unless `statement` is a COSE_Sign1 with an empty unprotected header.
pub fn attach(statement: &[u8], receipts: &[&[u8]]) -> Result<Vec<u8>, ReceiptError> {
    let range = unprotected_range(statement)?;
    if &statement[range.clone()] != b"\xa0" {
        return Err(form("the unprotected header is not empty"));
    }
    let header = || -> Encoded<Vec<u8>> {
        let mut out = Encoder::new(Vec::new());
        out.map(1)?.u64(RECEIPTS)?.array(receipts.len() as u64)?;
        for receipt in receipts {
            out.bytes(receipt)?;
        }
        Ok(out.into_writer())
    };
    Ok([&statement[..range.start], &header().map_err(not_cbor)?, &statement[range.end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::checkpoint::tests::MemoryKey;

    fn checkpoint() -> Note {
        let head = Checkpoint { origin: "log.example".into(), size: 3, root: [1; 32] };
        head.sign(&MemoryKey::new("log.example", 1)).unwrap()
    }

    /// The signature line of a witness.
    fn line(witness: &MemoryKey, time: u64) -> String {
        checkpoint().cosign(witness, time).unwrap().to_string()
    }

    #[test]
    fn witness_that_repeats_its_line_adds_one_signature() {
        let witness = MemoryKey::new("w.example", 2);
        let verifier = Verifier::of(&witness, KeyType::Cosignature).unwrap();
        let mut note = checkpoint();
        let lines = format!("{}{}{}", line(&witness, 5), line(&witness, 300), line(&witness, 7).repeat(90));
        assert_eq!(note.add(&lines, &verifier).unwrap(), 300, "the newest");
        assert_eq!(note.signatures.len(), 2);
        assert_eq!(note.add(&line(&witness, 400), &verifier).unwrap(), 400, "a later one takes its place");
        let read = Note::parse(&note.to_string()).unwrap();
        assert_eq!((read.signatures.len(), read.verify(&verifier).unwrap()), (2, 400));
    }

    #[test]
    fn signatures_beyond_what_is_read_are_not_added() {
        let mut note = checkpoint();
        for seed in 1..=u8::MAX {
            let witness = MemoryKey::new("w.example", seed);
            let verifier = Verifier::of(&witness, KeyType::Cosignature).unwrap();
            let added = note.add(&line(&witness, 5), &verifier).is_ok();
            assert_eq!(added, usize::from(seed) < MAX_SIGNATURES, "{seed}");
            assert_eq!(Note::parse(&note.to_string()).unwrap(), note);
        }
    }
}
