//! COSE receipts (RFC 9942) with verifiable data structure 1, RFC9162_SHA256; transparent statements (RFC 9943).
//!
//! ```text
//! 18([ << {1: -8, 4: kid, 15: {1: iss, 2: sub}, 395: 1} >>,
//!      {396: {-1: [ << [tree_size, leaf_index, [hash, ...]] >> ]}},      or {-2: [ << [old, new, [hash, ...]] >> ]}
//!      nil,                                  detached: the payload is the root, which the verifier recomputes
//!      signature ])
//! ```
//! The leaf is the signed statement with an empty unprotected header, the same bytes as in the tiles. The signature covers
//! the root and the protected header, **not** tree size or index: trust those only if size and root are a checkpoint's. Consistency
//! proofs are decoded, so that a receipt that has one is recognised. Not here: issuing (`sign`), other data structures, other algorithms than -8 and -19, certificates.

use std::error::Error;
use std::sync::Arc;

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};

use super::merkle::{Hash, MAX_PATH, VerifyError, inclusion_root, leaf_hash};
use super::note::verify_strict;
use crate::causes::{Source, Whole};
use crate::cbor;

/// Largest receipt: 63 hashes of 34 bytes for each of [`MAX_PROOFS`], and headers.
pub const MAX_RECEIPT: usize = 64 * 1024;

/// Most proofs in one receipt.
pub const MAX_PROOFS: usize = 16;

pub(super) const ALG_EDDSA: i64 = -8;
const ALG_ED25519: i64 = -19;
pub(super) const RECEIPTS: u64 = 394;
pub(super) const VDP: u64 = 396;

/// Why a receipt is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReceiptError {
    /// Not a receipt of this form.
    #[error("not a receipt: {0}")]
    Form(&'static str),
    /// Not CBOR that can be read.
    #[error("not a receipt")]
    Cbor(#[source] Source),
    /// None of its proofs leads to the signed root.
    #[error("proof")]
    Proof(#[from] VerifyError),
    /// The signature does not verify over the recomputed root.
    #[error("the signature does not verify over the root of the entry")]
    Signature,
    /// A one-leaf tree has an empty path, which RFC 9942 does not allow.
    #[error("no receipt is made for a tree of fewer than two entries")]
    TooSmall,
    /// The signer failed.
    #[error("signing failed: {0}")]
    Signer(String),
}

/// One proof of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// -1: an entry is at `index` of the tree of `size` entries.
    Inclusion {
        /// Number of entries.
        size: u64,
        /// Position.
        index: u64,
        /// From the leaf's sibling up.
        path: Vec<Hash>,
    },
    /// -2: the tree of `old` entries is a prefix of that of `new` entries.
    Consistency {
        /// Older size.
        old: u64,
        /// Newer size.
        new: u64,
        /// As RFC 9162 section 2.1.4.
        path: Vec<Hash>,
    },
}

/// A decoded receipt. Do not trust its content before [`Receipt::verify`] has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// `kid`, opaque; this log uses its raw public key.
    pub kid: Option<Vec<u8>>,
    /// `iss` of the CWT claims.
    pub iss: Option<String>,
    /// `sub` of the CWT claims.
    pub sub: Option<String>,
    /// The proofs, all of one kind.
    pub proofs: Vec<Proof>,
    protected: Vec<u8>,
    signature: [u8; 64],
}

/// The result of verifying an inclusion receipt: `root` is signed, `size` and `index` are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Included {
    /// Position claimed.
    pub index: u64,
    /// Tree size claimed.
    pub size: u64,
    /// The signed root.
    pub root: Hash,
}

pub(super) fn form(what: &'static str) -> ReceiptError {
    ReceiptError::Form(what)
}

/// What minicbor refuses.
pub(super) fn not_cbor(error: impl Error + Send + Sync + 'static) -> ReceiptError {
    ReceiptError::Cbor(Arc::new(Whole(error)))
}

/// `Sig_structure` of RFC 9052 section 4.4 with the root as payload.
pub(super) fn to_be_signed(protected: &[u8], root: &Hash) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    // writing to a Vec can't fail
    let _ = out.array(4).and_then(|e| e.str("Signature1")?.bytes(protected)?.bytes(&[])?.bytes(root));
    out.into_writer()
}

/// Whether `bytes` are one CBOR item with definite lengths and shortest heads only (RFC 8949 section 4.2.1, except for the order
/// of keys). Receipts have no floats.
fn is_shortest(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut due = 1usize;
    while due > 0 {
        let Some((major, value, tail)) = head(rest) else { return false };
        due -= 1;
        rest = tail;
        // an item has at least one byte: a larger count than the input can hold is refused
        let Ok(count) = usize::try_from(value) else { if major <= 1 { continue } else { return false } };
        match major {
            2 | 3 => match rest.get(count..) {
                Some(tail) => rest = tail,
                None => return false,
            },
            4 | 5 if count > rest.len() => return false,
            4 => due += count,
            5 => due += 2 * count,
            6 => due += 1,
            _ => {}
        }
    }
    rest.is_empty()
}

/// Major type and argument of the next head, and what follows; `None` unless it is the shortest form.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (major, info) = (first >> 5, first & 31);
    let (value, rest, least) = match info {
        0..24 => (u64::from(info), rest, 0),
        24 => rest.split_first_chunk::<1>().map(|(v, rest)| (u64::from(v[0]), rest, 24))?,
        25 => rest.split_first_chunk::<2>().map(|(v, rest)| (u64::from(u16::from_be_bytes(*v)), rest, 1 << 8))?,
        26 => rest.split_first_chunk::<4>().map(|(v, rest)| (u64::from(u32::from_be_bytes(*v)), rest, 1 << 16))?,
        27 => rest.split_first_chunk::<8>().map(|(v, rest)| (u64::from_be_bytes(*v), rest, 1 << 32))?,
        _ => return None,
    };
    (value >= least && (major != 7 || info < 24)).then_some((major, value, rest))
}

fn length(n: Option<u64>, max: usize) -> Result<usize, ReceiptError> {
    let n = n.ok_or_else(|| form("indefinite length"))?;
    usize::try_from(n).ok().filter(|n| *n <= max).ok_or_else(|| form("too many items"))
}

fn ended(decoder: &Decoder<'_>) -> Result<(), ReceiptError> {
    if decoder.position() == decoder.input().len() { Ok(()) } else { Err(form("bytes left over")) }
}

impl Receipt {
    /// Decodes a receipt; its signature and proofs are not yet checked.
    ///
    /// # Errors
    /// [`ReceiptError::Form`] for anything but tag 18, definite shortest CBOR, a detached payload, alg -8 or -19, `vds` 1 in
    /// the protected header and proofs of one kind. Other protected headers are ignored, `crit` is refused.
    pub fn decode(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
        if bytes.len() > MAX_RECEIPT || !is_shortest(bytes) {
            return Err(form("too long, or not in shortest form"));
        }
        let mut d = Decoder::new(bytes);
        if d.tag().map_err(not_cbor)? != Tag::new(18) || d.array().map_err(not_cbor)? != Some(4) {
            return Err(form("not a COSE_Sign1"));
        }
        let protected = d.bytes().map_err(not_cbor)?.to_vec();
        let proofs = unprotected(&mut d)?;
        if d.datatype().map_err(not_cbor)? != Type::Null {
            return Err(form("the payload is not detached"));
        }
        d.null().map_err(not_cbor)?;
        let signature = d.bytes().map_err(not_cbor)?.try_into().map_err(|_| form("signature length"))?;
        ended(&d)?;
        let mut receipt = Receipt { kid: None, iss: None, sub: None, proofs, protected, signature };
        receipt.headers()?;
        Ok(receipt)
    }

    fn headers(&mut self) -> Result<(), ReceiptError> {
        let protected = self.protected.clone();
        if !is_shortest(&protected) {
            return Err(form("protected header not in shortest form"));
        }
        let mut d = Decoder::new(&protected);
        let (mut alg, mut vds) = (None, None);
        let mut seen = Vec::new();
        for _ in 0..length(d.map().map_err(not_cbor)?, 32)? {
            let start = d.position();
            cbor::skip(&mut d).map_err(not_cbor)?;
            let label = &protected[start..d.position()];
            if seen.contains(&label) {
                return Err(form("a header twice"));
            }
            seen.push(label);
            match Decoder::new(label).i64() {
                Ok(1) => alg = Some(d.i64().map_err(not_cbor)?),
                Ok(2) => return Err(form("crit")),
                Ok(4) => self.kid = Some(d.bytes().map_err(not_cbor)?.to_vec()),
                Ok(15) => self.claims(&mut d)?,
                Ok(395) => vds = Some(d.i64().map_err(not_cbor)?),
                _ => cbor::skip(&mut d).map_err(not_cbor)?,
            }
        }
        ended(&d)?;
        if !matches!(alg, Some(ALG_EDDSA | ALG_ED25519)) {
            return Err(form("alg is neither -8 nor -19"));
        }
        if vds != Some(1) {
            return Err(form("vds is not 1"));
        }
        Ok(())
    }

    fn claims(&mut self, d: &mut Decoder<'_>) -> Result<(), ReceiptError> {
        for _ in 0..length(d.map().map_err(not_cbor)?, 32)? {
            let start = d.position();
            cbor::skip(d).map_err(not_cbor)?;
            let slot = match Decoder::new(&d.input()[start..d.position()]).i64() {
                Ok(1) => &mut self.iss,
                Ok(2) => &mut self.sub,
                _ => {
                    cbor::skip(d).map_err(not_cbor)?;
                    continue;
                }
            };
            if slot.replace(d.str().map_err(not_cbor)?.to_owned()).is_some() {
                return Err(form("a claim twice"));
            }
        }
        Ok(())
    }

    fn signs(&self, root: &Hash, key: &[u8; 32]) -> bool {
        verify_strict(key, &to_be_signed(&self.protected, root), &self.signature)
    }

    /// Checks that `entry` is in a tree whose root `key` signed. Size and index in the result are not signed.
    ///
    /// # Errors
    /// [`ReceiptError`] unless one of the inclusion proofs leads to the signed root.
    pub fn verify(&self, entry: &[u8], key: &[u8; 32]) -> Result<Included, ReceiptError> {
        let leaf = leaf_hash(entry);
        let mut last = form("no inclusion proof");
        for proof in &self.proofs {
            let Proof::Inclusion { size, index, path } = proof else { continue };
            match inclusion_root(&leaf, *index, *size, path) {
                Ok(root) if self.signs(&root, key) => return Ok(Included { index: *index, size: *size, root }),
                Ok(_) => last = ReceiptError::Signature,
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// `{396: {-1 or -2: [ bstr, ... ]}}` and nothing else.
fn unprotected(d: &mut Decoder<'_>) -> Result<Vec<Proof>, ReceiptError> {
    if d.map().map_err(not_cbor)? != Some(1)
        || d.u64().map_err(not_cbor)? != VDP
        || d.map().map_err(not_cbor)? != Some(1)
    {
        return Err(form("unprotected header is not proofs alone"));
    }
    let kind = d.i64().map_err(not_cbor)?;
    let count = length(d.array().map_err(not_cbor)?, MAX_PROOFS)?;
    if count == 0 {
        return Err(form("no proof"));
    }
    (0..count).map(|_| proof(kind, d.bytes().map_err(not_cbor)?)).collect()
}

fn proof(kind: i64, bytes: &[u8]) -> Result<Proof, ReceiptError> {
    if !is_shortest(bytes) {
        return Err(form("proof not in shortest form"));
    }
    let mut d = Decoder::new(bytes);
    if d.array().map_err(not_cbor)? != Some(3) {
        return Err(form("a proof has three parts"));
    }
    let (first, second) = (d.u64().map_err(not_cbor)?, d.u64().map_err(not_cbor)?);
    let mut path = Vec::new();
    for _ in 0..length(d.array().map_err(not_cbor)?, MAX_PATH)? {
        path.push(d.bytes().map_err(not_cbor)?.try_into().map_err(|_| form("a hash is not 32 bytes"))?);
    }
    ended(&d)?;
    match kind {
        -1 => Ok(Proof::Inclusion { size: first, index: second, path }),
        -2 => Ok(Proof::Consistency { old: first, new: second, path }),
        _ => Err(form("unknown kind of proof")),
    }
}

/// The byte range of the unprotected header of a COSE_Sign1.
pub(super) fn unprotected_range(statement: &[u8]) -> Result<std::ops::Range<usize>, ReceiptError> {
    let mut d = Decoder::new(statement);
    if d.tag().map_err(not_cbor)? != Tag::new(18) || d.array().map_err(not_cbor)? != Some(4) {
        return Err(form("not a COSE_Sign1"));
    }
    d.bytes().map_err(not_cbor)?;
    let start = d.position();
    cbor::skip(&mut d).map_err(not_cbor)?;
    let range = start..d.position();
    d.bytes().map_err(not_cbor)?;
    d.bytes().map_err(not_cbor)?;
    ended(&d)?;
    Ok(range)
}

/// Splits a transparent statement into the signed statement, as it is in the log, and its receipts.
///
/// # Errors
/// [`ReceiptError::Form`] unless the unprotected header has only receipts.
pub fn detach(transparent: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>), ReceiptError> {
    if !is_shortest(transparent) {
        return Err(form("not in shortest form"));
    }
    let range = unprotected_range(transparent)?;
    let mut d = Decoder::new(&transparent[range.clone()]);
    if d.map().map_err(not_cbor)? != Some(1) || d.u64().map_err(not_cbor)? != RECEIPTS {
        return Err(form("unprotected header is not receipts alone"));
    }
    let count = length(d.array().map_err(not_cbor)?, MAX_PROOFS)?;
    let receipts: Result<Vec<Vec<u8>>, _> =
        (0..count).map(|_| d.bytes().map(<[u8]>::to_vec).map_err(not_cbor)).collect();
    let statement = [&transparent[..range.start], b"\xa0", &transparent[range.end..]].concat();
    Ok((statement, receipts?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::checkpoint::tests::MemoryKey;
    use crate::log::merkle::node_hash;
    use crate::log::sign::{ReceiptClaims, Signer, attach, inclusion_receipt};

    #[test]
    fn receipt_verifies_and_every_flipped_bit_is_refused() {
        let key = MemoryKey::new("log.example", 4);
        let public = key.public_key();
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let root = node_hash(&a, &b);
        let claims = ReceiptClaims { iss: "log.example", sub: "urn:jejak:record:x" };
        let bytes = inclusion_receipt(&key, claims, (1, 2), &[a], &root).unwrap();
        let receipt = Receipt::decode(&bytes).unwrap();
        let included = Included { index: 1, size: 2, root };
        assert_eq!(receipt.verify(b"b", &public).unwrap(), included);
        assert_eq!(receipt.sub.as_deref(), Some("urn:jejak:record:x"));
        assert!(receipt.verify(b"c", &public).is_err());
        assert!(receipt.verify(b"b", &MemoryKey::new("log.example", 5).public_key()).is_err());
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            // size and index are not signed: a flip there may verify, but never with another root
            // what a reader compares with the checkpoint that it trusts: size, root and origin
            let holds = Receipt::decode(&bad).is_ok_and(|receipt| {
                let same = receipt.verify(b"b", &public).is_ok_and(|it| (it.size, it.root) == (included.size, root));
                same && receipt.iss.as_deref() == Some("log.example")
            });
            assert!(!holds, "bit {bit}");
        }
        assert!(matches!(inclusion_receipt(&key, claims, (0, 1), &[], &a), Err(ReceiptError::TooSmall)));
    }

    #[test]
    fn statement_round_trips_through_attach_and_detach() {
        let statement = b"\xd2\x84\x41\xa0\xa0\x41\x01\x41\x02";
        let transparent = attach(statement, &[b"one", b"two"]).unwrap();
        assert_eq!(detach(&transparent).unwrap(), (statement.to_vec(), vec![b"one".to_vec(), b"two".to_vec()]));
        assert!(attach(&transparent, &[b"three"]).is_err());
        assert!(detach(statement).is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = detach(&bytes);
            prop_assert!(Receipt::decode(&bytes).is_err());
            let _ = Receipt::decode(&[b"\xd2\x84", bytes.as_slice()].concat());
        }
    }
}
