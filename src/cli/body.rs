//! Reads the body of an answer of a node that may lie: at most so many bytes, plain or compressed, at a least rate.
//!
//! A compressed body is unpacked as it arrives. Both sides of it are counted: a few bytes may hold gigabytes, and many may hold none.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;

/// Bytes per second, on the average, that a body has at least in both directions: a slow line in a village has more.
pub const LEAST_RATE: u64 = 1_024;

/// What packing adds at most to bytes that do not compress: 5 bytes for a block of 16 KiB and more, and the head (RFC 1951, RFC 1952).
const PACKING: u64 = 64 << 10;

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Cut {
    /// It has more bytes than it can have.
    TooMuch,
    /// After so many bytes.
    TooSlow(u64),
    /// It is not what its `Content-Encoding` says.
    NotPacked(io::Error),
    /// The connection broke.
    Broken(io::Error),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cut::TooMuch => f.write_str("too many bytes"),
            Cut::TooSlow(bytes) => write!(f, "too slow after {bytes} bytes"),
            Cut::NotPacked(error) | Cut::Broken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Cut {}

/// Counts what is read: at most `most` bytes, at [`LEAST_RATE`] or faster after `grace`.
struct Metered<R> {
    from: R,
    began: Instant,
    read: u64,
    most: u64,
    grace: Duration,
}

impl<R: Read> Metered<R> {
    fn new(from: R, most: u64, grace: Duration) -> Metered<R> {
        Metered { from, began: Instant::now(), read: 0, most, grace }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(into)?;
        self.read += n as u64;
        if self.read > self.most {
            return Err(io::Error::other(Cut::TooMuch));
        }
        if n > 0 && self.began.elapsed() > self.grace + Duration::from_millis(self.read * 1_000 / LEAST_RATE) {
            return Err(io::Error::other(Cut::TooSlow(self.read)));
        }
        Ok(n)
    }
}

fn cut(error: io::Error) -> Cut {
    error.downcast::<Cut>().unwrap_or_else(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Cut::NotPacked(error),
        _ => Cut::Broken(error),
    })
}

/// Reads to the end, and hands the bytes over as they come: at most `most`, at [`LEAST_RATE`] or faster after `grace`. With `packed` the
/// bytes are those of gzip, and what is handed over is unpacked.
///
/// # Errors
/// [`Cut`].
pub fn in_parts(
    from: impl Read,
    most: u64,
    grace: Duration,
    packed: bool,
    take: &mut dyn FnMut(&[u8]),
) -> Result<(), Cut> {
    if packed {
        let packed = Metered::new(from, most.saturating_add(most / 1_000 + PACKING), grace);
        each(Metered::new(MultiGzDecoder::new(packed), most, grace), take)
    } else {
        each(Metered::new(from, most, grace), take)
    }
}

fn each(mut from: impl Read, take: &mut dyn FnMut(&[u8])) -> Result<(), Cut> {
    let mut part = vec![0; 16 << 10];
    loop {
        match from.read(&mut part).map_err(cut)? {
            0 => return Ok(()),
            n => take(part.get(..n).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const GRACE: Duration = Duration::from_secs(60);

    fn at_most(from: impl Read, most: u64, grace: Duration, packed: bool) -> Result<Vec<u8>, Cut> {
        let mut bytes = Vec::new();
        in_parts(from, most, grace, packed, &mut |part| bytes.extend_from_slice(part)).map(|()| bytes)
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Sends a byte at a time, each after a pause.
    struct Drip(Duration);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            std::thread::sleep(self.0);
            into[0] = b' ';
            Ok(1)
        }
    }

    /// Repeats some bytes without end, and counts them.
    struct Endless<'a>(&'a [u8], u64);

    impl Read for &mut Endless<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let at = usize::try_from(self.1).unwrap() % self.0.len();
            let n = into.len().min(self.0.len() - at);
            into[..n].copy_from_slice(&self.0[at..at + n]);
            self.1 += n as u64;
            Ok(n)
        }
    }

    #[test]
    fn body_that_drips_ends_with_an_error_after_few_bytes() {
        let cut = at_most(Drip(Duration::from_millis(10)), 1 << 20, Duration::from_millis(50), false);
        assert!(matches!(cut, Err(Cut::TooSlow(1..100))), "{cut:?}");
    }

    #[test]
    fn body_of_the_largest_size_is_read_and_one_byte_more_is_not() {
        for packing in [false, true] {
            let read = |bytes: usize| {
                let body = vec![7; bytes];
                let sent = if packing { packed(&body) } else { body };
                at_most(sent.as_slice(), 100_000, GRACE, packing)
            };
            assert_eq!(read(100_000).unwrap().len(), 100_000);
            assert!(matches!(read(100_001), Err(Cut::TooMuch)));
        }
        // bytes that do not compress
        let mut noise = vec![0; 100_000];
        let mut state = 1u32;
        noise.fill_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        assert_eq!(at_most(packed(&noise).as_slice(), 100_000, GRACE, true).unwrap(), noise);
    }

    #[test]
    fn few_packed_bytes_do_not_become_gigabytes_of_memory() {
        let bomb = packed(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        assert!(matches!(at_most(bomb.as_slice(), 1 << 20, GRACE, true), Err(Cut::TooMuch)));
    }

    #[test]
    fn packed_bytes_that_hold_nothing_end() {
        let nothing = packed(b"");
        let mut endless = Endless(&nothing, 0);
        assert!(matches!(at_most(&mut endless, 1 << 20, GRACE, true), Err(Cut::TooMuch)));
        assert!(endless.1 < 2 << 20, "{} bytes were taken", endless.1);
    }

    #[test]
    fn what_is_not_packed_or_cut_off_is_no_answer() {
        assert!(matches!(at_most(&b"plain text, no gzip"[..], 100, GRACE, true), Err(Cut::NotPacked(_))));
        let whole = packed(&[7; 1_000]);
        let cut = at_most(&whole[..whole.len() - 9], 2_000, GRACE, true);
        assert!(matches!(cut, Err(Cut::Broken(_))), "{cut:?}");
        let mut damaged = whole.clone();
        let at = damaged.len() - 6;
        damaged[at] ^= 1;
        assert!(matches!(at_most(damaged.as_slice(), 2_000, GRACE, true), Err(Cut::NotPacked(_))));
    }
}
