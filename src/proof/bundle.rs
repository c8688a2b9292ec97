//! The proof bundle (`.jejak`, `application/vnd.jejak.proof+json`, docs/formats.md "Proof bundle"): one JSON file with everything
//! needed to verify a lot offline.
//!
//! Not here: verification (`verify`), and which records belong in it (`query::closure`). A bundle has exactly one valid
//! text, the one that [`Bundle::to_json`] writes: any other is refused.

use std::sync::Arc;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::causes::Source;
use crate::gs1::LotId;
use crate::log::merkle::{Hash, MAX_PATH};
use crate::record::Hash32;

/// Value of `format`.
pub const FORMAT: &str = "jejak-proof";

/// Value of `version`; readers refuse another.
pub const VERSION: u32 = 1;

/// Media type of the file.
pub const MEDIA_TYPE: &str = "application/vnd.jejak.proof+json";

/// Largest file.
pub const MAX_BUNDLE: usize = 64 * 1024 * 1024;

/// Records of one file; a proof with more comes in parts.
pub const PART_RECORDS: usize = 4_096;

/// Bytes of records in one file, by the same rule. In base64 with their paths they are about twice as many.
pub const PART_BYTES: usize = 4 * 1024 * 1024;

/// Most parts of a proof: for more records an audit of the log is the better proof.
pub const MAX_PARTS: u32 = 32;

/// Why bytes are not a proof bundle.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BundleError {
    /// Longer than [`MAX_BUNDLE`], or a part with more than [`PART_RECORDS`] or [`PART_BYTES`].
    #[error("{0} bytes; a bundle has at most 64 MiB, a part 4,096 records of 4 MiB")]
    TooLong(usize),
    /// Not JSON of this shape.
    #[error("not a proof bundle")]
    Json(#[source] Source),
    /// Another format or version.
    #[error("format {format} version {version}; this reads {FORMAT} version {VERSION}")]
    Version {
        /// As read.
        format: String,
        /// As read.
        version: u32,
    },
    /// Not the canonical text of the bundle.
    #[error("not the canonical text of a bundle")]
    NotCanonical,
    /// Records are out of order, or there are none.
    #[error("records must come by rising index")]
    Order,
    /// A part is numbered wrong.
    #[error("part {} of {}: a proof has 2 to {MAX_PARTS} parts, numbered from 1", .0.number, .0.of)]
    Part(Part),
    /// Profiles or specifications in another part than the first.
    #[error("part {} of {} has profiles, which are in the first", .0.number, .0.of)]
    Profiles(Part),
    /// Files of different proofs, or one of them twice.
    #[error("these files are not the parts of one proof")]
    OtherProof,
    /// Parts are missing.
    #[error("of the {of} parts of this proof, these are missing: {}", .missing.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))]
    Missing {
        /// How many there are.
        of: u32,
        /// The numbers of those that are missing.
        missing: Vec<u32>,
    },
}

/// Which part of a proof a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// How many there are: 2 to [`MAX_PARTS`].
    pub of: u32,
}

/// A record with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleRecord {
    /// Index in the log.
    pub index: u64,
    /// The record's bytes.
    #[serde(with = "base64url")]
    pub record: Vec<u8>,
    /// Inclusion path in the tree of the checkpoint.
    #[serde(with = "hashes")]
    pub path: Vec<Hash>,
}

/// A commodity profile or a specification by which records are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleProfile {
    /// BLAKE3-256 of the bytes, as the `Profile` or `Specification` statement names it.
    pub blake3: Hash32,
    /// The bytes.
    #[serde(with = "base64url")]
    pub bytes: Vec<u8>,
}

/// The proof that the checkpoint's tree extends one that the signers of some records had seen ([`crate::record::Seen`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenProof {
    /// Size of the tree that was seen.
    pub size: u64,
    /// Consistency proof (RFC 9162 section 2.1.4) from there to the checkpoint.
    #[serde(with = "hashes")]
    pub proof: Vec<Hash>,
}

/// A proof bundle as read. Do not trust its content before [`super::verify`] has succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    format: String,
    version: u32,
    /// Ledger id.
    pub ledger: String,
    /// The lot it is about.
    #[serde(with = "lot_uri")]
    pub lot: LotId,
    /// The signed checkpoint, with every signature line.
    pub checkpoint: String,
    /// Which part it is, of a proof that has more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The closure, by rising index; a part has a range of it.
    pub records: Vec<BundleRecord>,
    /// Profiles and specifications, by rising hash; of a proof in parts, in the first.
    pub profiles: Vec<BundleProfile>,
    /// One for each tree that a signer of these records had seen, by rising size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<SeenProof>,
}

#[derive(Deserialize)]
struct Versioned {
    format: String,
    version: u32,
}

impl Bundle {
    /// A bundle from its parts; records and profiles are sorted.
    pub fn new(
        ledger: String,
        lot: LotId,
        checkpoint: String,
        mut records: Vec<BundleRecord>,
        mut profiles: Vec<BundleProfile>,
    ) -> Bundle {
        records.sort_by_key(|record| record.index);
        records.dedup_by_key(|record| record.index);
        profiles.sort_by_key(|profile| profile.blake3);
        profiles.dedup_by_key(|profile| profile.blake3);
        Bundle {
            format: FORMAT.to_owned(),
            version: VERSION,
            ledger,
            lot,
            checkpoint,
            part: None,
            records,
            profiles,
            seen: Vec::new(),
        }
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`BundleError`] for anything but the canonical text of a bundle of this version.
    pub fn from_json(bytes: &[u8]) -> Result<Bundle, BundleError> {
        let json = |error: serde_json::Error| BundleError::Json(Arc::new(error));
        if bytes.len() > MAX_BUNDLE {
            return Err(BundleError::TooLong(bytes.len()));
        }
        // the version first: a later one may have other members, and "unknown field" would be a poor message for it
        let Versioned { format, version } = serde_json::from_slice(bytes).map_err(json)?;
        if format != FORMAT || version != VERSION {
            return Err(BundleError::Version { format, version });
        }
        let bundle: Bundle = serde_json::from_slice(bytes).map_err(json)?;
        if bundle.to_json()? != bytes {
            return Err(BundleError::NotCanonical);
        }
        let rising = bundle.records.windows(2).all(|pair| pair[0].index < pair[1].index)
            && bundle.profiles.windows(2).all(|pair| pair[0].blake3 < pair[1].blake3)
            && bundle.seen.windows(2).all(|pair| pair[0].size < pair[1].size);
        if !rising || bundle.records.is_empty() {
            return Err(BundleError::Order);
        }
        match bundle.part {
            Some(_) if bundle.records.len() > PART_RECORDS || bundle.bytes() > PART_BYTES => {
                Err(BundleError::TooLong(bytes.len()))
            }
            Some(part) if !(2..=MAX_PARTS).contains(&part.of) || !(1..=part.of).contains(&part.number) => {
                Err(BundleError::Part(part))
            }
            Some(part) if part.number > 1 && !bundle.profiles.is_empty() => Err(BundleError::Profiles(part)),
            _ => Ok(bundle),
        }
    }

    fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.record.len()).sum()
    }

    /// Puts the parts of a proof together, in any order; a whole proof is one part.
    ///
    /// # Errors
    /// [`BundleError::OtherProof`], [`BundleError::Missing`], or [`BundleError::Order`] when the parts do not continue each other.
    pub fn join(mut parts: Vec<Bundle>) -> Result<Bundle, BundleError> {
        parts.sort_by_key(|bundle| bundle.part.map_or(0, |part| part.number));
        let mut parts = parts.into_iter();
        let mut whole = parts.next().ok_or(BundleError::Order)?;
        let Some(Part { number, of }) = whole.part.take() else {
            return if parts.next().is_none() { Ok(whole) } else { Err(BundleError::OtherProof) };
        };
        let mut there = vec![number];
        for next in parts {
            let number =
                next.part.filter(|part| part.of == of && !there.contains(&part.number)).map(|part| part.number);
            let same = next.ledger == whole.ledger && next.lot == whole.lot && next.checkpoint == whole.checkpoint;
            there.push(number.filter(|_| same).ok_or(BundleError::OtherProof)?);
            let last = whole.records.last().map(|record| record.index);
            if last.is_some_and(|last| next.records.first().is_none_or(|first| first.index <= last)) {
                return Err(BundleError::Order);
            }
            whole.records.extend(next.records);
            whole.profiles.extend(next.profiles);
            whole.seen.extend(next.seen);
        }
        // records of several parts may have been signed under one head
        whole.seen.sort_by_key(|seen| seen.size);
        whole.seen.dedup_by_key(|seen| seen.size);
        let missing: Vec<u32> = (1..=of).filter(|number| !there.contains(number)).collect();
        if missing.is_empty() { Ok(whole) } else { Err(BundleError::Missing { of, missing }) }
    }

    /// The canonical text of the bundle.
    ///
    /// # Errors
    /// [`BundleError::Json`] if serialising fails, which it does not for these types.
    pub fn to_json(&self) -> Result<Vec<u8>, BundleError> {
        serde_json::to_vec(self).map_err(|error| BundleError::Json(Arc::new(error)))
    }
}

mod base64url {
    use super::*;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64URL_NOPAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(d)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}

mod hashes {
    use super::*;

    pub(super) fn serialize<S: Serializer>(path: &[Hash], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(path.iter().map(|hash| BASE64.encode(hash)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Hash>, D::Error> {
        use serde::de::Error;
        let texts = Vec::<String>::deserialize(d)?;
        if texts.len() > MAX_PATH {
            return Err(D::Error::custom("the path is too long"));
        }
        let hash = |text: &String| BASE64.decode(text.as_bytes()).ok().and_then(|hash| Hash::try_from(hash).ok());
        texts.iter().map(|text| hash(text).ok_or_else(|| D::Error::custom("not a hash in base64"))).collect()
    }
}

mod lot_uri {
    use super::*;

    pub(super) fn serialize<S: Serializer>(lot: &LotId, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&lot.uri())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<LotId, D::Error> {
        LotId::from_uri(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bundle() -> Bundle {
        let lot = LotId { gtin: "08991234000015".parse().unwrap(), lot: "A/1".parse().unwrap() };
        let record = |index| BundleRecord { index, record: vec![index as u8; 5], path: vec![[7; 32], [8; 32]] };
        let profile = BundleProfile { blake3: Hash32::of(b"x"), bytes: b"x".to_vec() };
        let head = "log\n9\nx\n\n\u{2014} log AAAA\n".to_owned();
        Bundle::new("urn:jejak:ledger:x".into(), lot, head, vec![record(3), record(0)], vec![profile])
    }

    #[test]
    fn only_the_canonical_text_of_a_bundle_is_read() {
        let bundle = bundle();
        let text = String::from_utf8(bundle.to_json().unwrap()).unwrap();
        assert!(text.starts_with(
            r#"{"format":"jejak-proof","version":1,"ledger":"urn:jejak:ledger:x","lot":"https://id.gs1.org/01/"#
        ));
        assert_eq!(Bundle::from_json(text.as_bytes()).unwrap(), bundle);
        let refused = |text: String| Bundle::from_json(text.as_bytes()).unwrap_err();
        assert!(matches!(refused(format!("{text}\n")), BundleError::NotCanonical));
        assert!(matches!(refused(text.replacen(':', ": ", 1)), BundleError::NotCanonical));
        assert!(matches!(refused(text.replace("\u{2014}", "\\u2014")), BundleError::NotCanonical));
        assert!(matches!(refused(text.replace("\"version\":1", "\"version\":2")), BundleError::Version { .. }));
        assert!(matches!(refused(text.replace("\"version\":1", "\"version\":1,\"version\":1")), BundleError::Json(_)));
        assert!(matches!(refused(text.replace("\"version\":1", "\"version\":1,\"more\":1")), BundleError::Json(_)));
        // the last base64url character of 5 bytes has two unused bits
        let short = BASE64URL_NOPAD.encode(&[3; 5]);
        let loose = format!("{}N", &short[..short.len() - 1]);
        assert!(text.contains(&short) && short != loose);
        assert!(matches!(refused(text.replace(&short, &loose)), BundleError::Json(_)));
        let mut swapped = bundle;
        swapped.records.reverse();
        assert!(matches!(Bundle::from_json(&swapped.to_json().unwrap()), Err(BundleError::Order)));
    }

    fn parts(of: u32) -> Vec<Bundle> {
        let part = |number| {
            let mut part = bundle();
            part.part = Some(Part { number, of });
            part.records.iter_mut().for_each(|record| record.index += u64::from(number) * 10);
            part.profiles.retain(|_| number == 1);
            part
        };
        (1..=of).map(part).collect()
    }

    #[test]
    fn parts_of_a_proof_join_in_any_order_and_only_if_all_are_there() {
        let whole = Bundle::join(parts(3)).unwrap();
        let indices: Vec<u64> = whole.records.iter().map(|record| record.index).collect();
        assert_eq!((indices, whole.profiles.len(), whole.part), (vec![10, 13, 20, 23, 30, 33], 1, None));
        for part in parts(3) {
            let text = part.to_json().unwrap();
            assert_eq!(Bundle::from_json(&text).unwrap(), part);
        }
        let mut reversed = parts(3);
        reversed.reverse();
        assert_eq!(Bundle::join(reversed).unwrap(), whole);
        assert_eq!(Bundle::join(vec![bundle()]).unwrap(), bundle());

        let refused = |parts: Vec<Bundle>| Bundle::join(parts).unwrap_err();
        let mut some = parts(4);
        some.remove(3);
        some.remove(1);
        let missing = refused(some);
        assert!(matches!(&missing, BundleError::Missing { of: 4, missing } if *missing == [2, 4]), "{missing}");
        assert_eq!(missing.to_string(), "of the 4 parts of this proof, these are missing: 2, 4");
        assert!(matches!(refused(vec![]), BundleError::Order));
        assert!(matches!(refused(vec![bundle(), bundle()]), BundleError::OtherProof));
        assert!(matches!(refused([parts(2), vec![parts(2).remove(0)]].concat()), BundleError::OtherProof), "one twice");
        assert!(matches!(refused(vec![parts(2).remove(0), parts(3).remove(1)]), BundleError::OtherProof));
        let changes: [fn(&mut Bundle); 3] = [
            |part| part.ledger.push('y'),
            |part| part.checkpoint.push('y'),
            |part| part.lot.lot = "B".parse().unwrap(),
        ];
        for change in changes {
            let mut other = parts(2);
            change(&mut other[1]);
            assert!(matches!(refused(other), BundleError::OtherProof));
        }
        let mut overlapping = parts(2);
        overlapping[1].records[0].index = 13;
        assert!(matches!(refused(overlapping), BundleError::Order));
        let mut profiled = parts(2).remove(1);
        profiled.profiles = bundle().profiles;
        assert!(matches!(Bundle::from_json(&profiled.to_json().unwrap()), Err(BundleError::Profiles(_))));
        for (number, of) in [(0, 2), (3, 2), (1, 1), (1, MAX_PARTS + 1)] {
            let mut wrong = parts(2).remove(0);
            wrong.part = Some(Part { number, of });
            let text = wrong.to_json().unwrap();
            assert!(matches!(Bundle::from_json(&text), Err(BundleError::Part(_))), "{number} of {of}");
        }
    }

    #[test]
    fn flipped_bit_never_reads_as_the_same_bundle() {
        let bundle = bundle();
        let text = bundle.to_json().unwrap();
        for bit in 0..text.len() * 8 {
            let mut bad = text.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!Bundle::from_json(&bad).is_ok_and(|read| read == bundle), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Bundle::from_json(&bytes).is_err());
        }
    }
}
