//! The proof bundle in CBOR, as the page fetches it (`application/vnd.jejak.proof+cbor`). It has bytes as bytes, since base64 hides from
//! compression that records repeat each other; one proof for the places of all records and for the heads that their signers had seen,
//! without the hashes that follow from others; and of the profiles their hashes alone: a browser keeps their files
//! (`/profiles/{blake3}`) for other lots of the same goods.
//!
//! ```text
//! [ format, version, ledger, lot, checkpoint,
//!   [ [index, record], … ],                     records
//!   [ hash, … ],                                subtrees of the log (crate::log::prove::subtrees)
//!   [ blake3, … ],                              profiles
//!   null / [number, of] ]                       part
//! ```
//! Deterministic (RFC 8949 section 4.2.1). Not a file format: `jejak verify` reads the JSON form.

use minicbor::Encoder;

use super::bundle::{Bundle, FORMAT, VERSION};
use crate::log::Hash;

/// Its media type.
pub const MEDIA_TYPE: &str = "application/vnd.jejak.proof+cbor";

type Encoded = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn hashes<'a>(out: &mut Encoder<Vec<u8>>, list: impl ExactSizeIterator<Item = &'a Hash>) -> Encoded {
    out.array(list.len() as u64)?;
    for hash in list {
        out.bytes(hash)?;
    }
    Ok(())
}

fn written(out: &mut Encoder<Vec<u8>>, bundle: &Bundle, subtrees: &[Hash]) -> Encoded {
    out.array(9)?.str(FORMAT)?.u32(VERSION)?.str(&bundle.ledger)?.str(&bundle.lot.uri())?.str(&bundle.checkpoint)?;
    out.array(bundle.records.len() as u64)?;
    for record in &bundle.records {
        out.array(2)?.u64(record.index)?.bytes(&record.record)?;
    }
    hashes(out, subtrees.iter())?;
    hashes(out, bundle.profiles.iter().map(|profile| &profile.blake3.0))?;
    match bundle.part {
        None => out.null()?,
        Some(part) => out.array(2)?.u32(part.number)?.u32(part.of)?,
    };
    Ok(())
}

/// The bundle in CBOR; `subtrees` are those of its log without its records, cut where the heads end that their signers had seen.
pub fn to_cbor(bundle: &Bundle, subtrees: &[Hash]) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    // encoding into a vector can't fail
    let _ = written(&mut out, bundle, subtrees);
    out.into_writer()
}

#[cfg(test)]
mod tests {
    use minicbor::Decoder;

    use super::*;
    use crate::gs1::LotId;
    use crate::proof::bundle::{Part, SeenProof};
    use crate::proof::{BundleProfile, BundleRecord};
    use crate::record::Hash32;

    #[test]
    fn bundle_in_cbor_has_what_the_page_needs_of_the_bundle() {
        let lot = LotId { gtin: "08991234000015".parse().unwrap(), lot: "A/1".parse().unwrap() };
        let record = BundleRecord { index: 300, record: vec![5; 70], path: vec![[7; 32]] };
        let profile = BundleProfile { blake3: Hash32::of(b"x"), bytes: b"x".to_vec() };
        let mut bundle = Bundle::new("urn:jejak:ledger:x".into(), lot, "note".into(), vec![record], vec![profile]);
        bundle.seen.push(SeenProof { size: 9, proof: vec![[6; 32]] });
        for part in [None, Some(Part { number: 1, of: 2 })] {
            bundle.part = part;
            let bytes = to_cbor(&bundle, &[[8; 32], [9; 32]]);
            let mut d = Decoder::new(&bytes);
            assert_eq!(d.array().unwrap(), Some(9));
            assert_eq!((d.str().unwrap(), d.u32().unwrap()), (FORMAT, VERSION));
            let texts = [d.str().unwrap(), d.str().unwrap(), d.str().unwrap()];
            assert_eq!(texts, ["urn:jejak:ledger:x", &bundle.lot.uri(), "note"]);
            assert_eq!((d.array().unwrap(), d.array().unwrap(), d.u64().unwrap()), (Some(1), Some(2), 300));
            assert_eq!(d.bytes().unwrap(), [5; 70]);
            let subtrees = (d.array().unwrap(), d.bytes().unwrap(), d.bytes().unwrap());
            assert_eq!(subtrees, (Some(2), &[8; 32][..], &[9; 32][..]));
            assert_eq!((d.array().unwrap(), d.bytes().unwrap()), (Some(1), &Hash32::of(b"x").0[..]));
            match part {
                None => d.null().unwrap(),
                Some(_) => assert_eq!((d.array().unwrap(), d.u32().unwrap(), d.u32().unwrap()), (Some(2), 1, 2)),
            }
            assert_eq!(d.position(), bytes.len());
        }
    }
}
