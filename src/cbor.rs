//! Skipping an item of CBOR (RFC 8949) that is not read.
//!
//! The decoder's own `skip` keeps a stack that grows with the nesting: 8 MiB of nested arrays took 250 MB.

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;

/// Deepest nesting that is skipped. A COSE_Sign1 with its headers has five levels.
const MAX_DEPTH: usize = 16;

/// Moves past one item, whatever it is.
///
/// # Errors
/// [`Error`] when it is not well-formed, ends early, or is nested deeper than 16 levels.
pub fn skip(decoder: &mut Decoder<'_>) -> Result<(), Error> {
    skip_within(decoder, MAX_DEPTH)
}

fn skip_within(decoder: &mut Decoder<'_>, depth: usize) -> Result<(), Error> {
    let Some(below) = depth.checked_sub(1) else {
        return Err(Error::message("nested too deep").at(decoder.position()));
    };
    match decoder.datatype()? {
        Type::Tag => {
            decoder.tag()?;
            skip_within(decoder, below)
        }
        Type::Array | Type::ArrayIndef => match decoder.array()? {
            Some(items) => (0..items).try_for_each(|_| skip_within(decoder, below)),
            None => skip_to_break(decoder, below),
        },
        Type::Map | Type::MapIndef => match decoder.map()? {
            Some(pairs) => (0..pairs).try_for_each(|_| {
                skip_within(decoder, below)?;
                skip_within(decoder, below)
            }),
            None => skip_to_break(decoder, below),
        },
        Type::Break => Err(Error::message("a break without its beginning").at(decoder.position())),
        _ => decoder.skip(),
    }
}

fn skip_to_break(decoder: &mut Decoder<'_>, depth: usize) -> Result<(), Error> {
    while decoder.datatype()? != Type::Break {
        skip_within(decoder, depth)?;
    }
    let after = decoder.position() + 1;
    decoder.set_position(after);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn deep_nesting_is_refused_at_its_beginning_however_long_it_is() {
        for start in [&[0x9f][..], &[0x82], &[0xbf], &[0xd2], &[0x82, 0x9f]] {
            let bytes: Vec<u8> =
                start.iter().copied().chain(std::iter::repeat_n(start[start.len() - 1], 8 << 20)).collect();
            let mut decoder = Decoder::new(&bytes);
            assert!(skip(&mut decoder).is_err());
            assert!(decoder.position() < 32, "read up to {}", decoder.position());
        }
        // an array that says it has 2^64 - 1 items ends where its bytes end
        assert!(skip(&mut Decoder::new(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255])).is_err());
    }

    proptest! {
        #[test]
        fn what_is_not_nested_deep_is_skipped_as_the_decoder_does(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let (mut ours, mut theirs) = (Decoder::new(&bytes), Decoder::new(&bytes));
            // theirs also lets a stray break pass
            if skip(&mut ours).is_ok() {
                prop_assert!(theirs.skip().is_ok());
                prop_assert_eq!(ours.position(), theirs.position());
            }
        }
    }
}
