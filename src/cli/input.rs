//! Input of the verbs: files, record ids, times.

use std::path::Path;

use super::failure::{Cause, Failure};
use crate::record::RecordId;

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// [`Failure`] naming the file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map_err(|e| Failure::file("read", path, e))?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|e| Failure::file("read", path, e))
}

/// A record id, bare or as a URI: a value parser.
///
/// # Errors
/// What is wrong with it.
pub fn record_id(text: &str) -> Result<RecordId, String> {
    let bare = text.strip_prefix(crate::record::id::RECORD_URI).unwrap_or(text);
    bare.parse()
        .map_err(|e| format!("{e}; a record id has 52 characters, with or without urn:jejak:record: before them"))
}

/// A time with its offset, as EPCIS writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    at: jiff::Timestamp,
    offset: jiff::tz::Offset,
}

impl Time {
    /// Now, in the time zone of this machine.
    pub fn now() -> Time {
        let at = jiff::Timestamp::now();
        Time { at, offset: jiff::tz::TimeZone::system().to_offset(at) }
    }

    /// A time of the clocks here, in the time zone of this machine; of a time that a change of clocks skips or repeats, the usual reading.
    ///
    /// # Errors
    /// When it lies outside the range of times.
    pub fn local(at: jiff::civil::DateTime) -> Result<Time, jiff::Error> {
        let zone = jiff::tz::TimeZone::system();
        let at = zone.to_timestamp(at)?;
        Ok(Time { at, offset: zone.to_offset(at) })
    }

    /// The day of it, where it was written.
    pub fn day(self) -> jiff::civil::Date {
        self.offset.to_datetime(self.at).date()
    }

    /// The instant.
    pub fn timestamp(self) -> jiff::Timestamp {
        self.at
    }
}

impl std::fmt::Display for Time {
    /// `2026-11-03T16:20:00+08:00`, to the second.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.offset.to_datetime(self.at).strftime("%Y-%m-%dT%H:%M:%S"))?;
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

/// Reads a time that names its offset.
///
/// # Errors
/// [`Failure`] when it is not such a time.
pub fn time(text: &str) -> Result<Time, Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("{text} is not a time"))
            .because(cause)
            .hint("write date, time and offset, such as 2026-11-03T16:20:00+08:00")
    };
    let at = text.parse::<jiff::Timestamp>().map_err(|e| wrong(e.into()))?;
    let pieces = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).map_err(|e| wrong(e.into()))?;
    let offset = match pieces.to_numeric_offset() {
        Some(offset) => offset,
        None => return Err(wrong("it has no offset".into())),
    };
    Ok(Time { at, offset })
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_keeps_its_offset_and_one_without_is_refused() {
        for text in ["2026-11-03T16:20:00+08:00", "2026-11-03T04:50:00-03:30"] {
            assert_eq!(time(text).unwrap().to_string(), text);
        }
        assert_eq!(time("2026-11-03T16:20:00Z").unwrap().to_string(), "2026-11-03T16:20:00+00:00");
        assert!(time("2026-11-03T16:20:00").is_err());
        assert!(time("yesterday").is_err());
    }
}
