//! Entry bundles (C2SP tlog-tiles): up to 256 entries, each `u16 big-endian length || bytes`.
//!
//! Not here: paths (`tile`), what an entry means.

/// Why bytes are not an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry is longer than 65,535 bytes: its length has 16 bits.
    #[error("an entry of {0} bytes; 65,535 is the limit")]
    TooLong(usize),
    /// The bytes end inside an entry.
    #[error("the bundle ends inside entry {0}")]
    Truncated(usize),
    /// Not 1 to 256 entries, or fewer or more than asked for.
    #[error("{0} entries")]
    Count(usize),
}

/// Appends one entry.
///
/// # Errors
/// [`BundleError::TooLong`].
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), BundleError> {
    let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong(entry.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The bytes of a bundle.
///
/// # Errors
/// [`BundleError::TooLong`], and [`BundleError::Count`] unless there are 1 to 256 entries.
pub fn encode<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    if !(1..=256).contains(&entries.len()) {
        return Err(BundleError::Count(entries.len()));
    }
    let mut out = Vec::with_capacity(entries.iter().map(|entry| entry.as_ref().len() + 2).sum());
    entries.iter().try_for_each(|entry| push(&mut out, entry.as_ref()))?;
    Ok(out)
}

/// The entries of a bundle: 1 to 256, no byte left over.
///
/// # Errors
/// [`BundleError`] otherwise.
pub fn decode(bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let truncated = BundleError::Truncated(entries.len());
        let (length, tail) = rest.split_first_chunk::<2>().ok_or(truncated)?;
        let (entry, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(truncated)?;
        entries.push(entry);
        if entries.len() > 256 {
            return Err(BundleError::Count(entries.len()));
        }
        rest = tail;
    }
    if entries.is_empty() { Err(BundleError::Count(0)) } else { Ok(entries) }
}

/// As [`decode`], for a bundle that must have `width` entries.
///
/// # Errors
/// [`BundleError`], and [`BundleError::Count`] when there are fewer or more.
pub fn decode_width(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let entries = decode(bytes)?;
    if entries.len() == usize::from(width) { Ok(entries) } else { Err(BundleError::Count(entries.len())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoding_matches_the_bytes_of_tessera() {
        let bytes = encode(&["one", "two", "three"]).unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(&bytes), "00036f6e65000374776f00057468726565");
        assert!(encode(&[vec![0; 65_535]]).is_ok());
        assert_eq!(encode(&[vec![0; 65_536]]), Err(BundleError::TooLong(65_536)));
        assert_eq!(encode::<&[u8]>(&[]), Err(BundleError::Count(0)));
    }

    proptest! {
        #[test]
        fn entries_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..=256)) {
            let bytes = encode(&entries).unwrap();
            prop_assert_eq!(decode(&bytes).unwrap(), entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert!(decode_width(&bytes, entries.len() as u16 + 1).is_err());
        }

        #[test]
        fn decoded_bundle_is_encoded_unchanged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(entries) = decode(&bytes) {
                prop_assert_eq!(encode(&entries).unwrap(), bytes);
            }
        }
    }
}
