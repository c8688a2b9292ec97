//! The outbox file of the field app: one plain line, then a signed record a line in base64url. Whoever gets it hands its records in.
//!
//! What it is not: trusted. Its records are checked as those of any file.

use data_encoding::BASE64URL_NOPAD;

use super::failure::Failure;

/// How its first line begins.
const FIRST: &[u8] = b"Jejak outbox:";
/// Programs of some systems write this before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the file, from 1, and the bytes on it.
pub type Line = (usize, Vec<u8>);

/// The records of an outbox file; `None` when the bytes are no such file.
///
/// # Errors
/// [`Failure`] naming a line that is not base64url, or a file without a record.
pub fn records(bytes: &[u8], name: &str) -> Result<Option<Vec<Line>>, Failure> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if !text.starts_with(FIRST) {
        return Ok(None);
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).zip(1..).skip(1);
    let records = lines.filter(|(line, _)| !line.is_empty()).map(|(line, number)| {
        let record = BASE64URL_NOPAD.decode(line).map_err(|e| {
            Failure::usage(format!("line {number} of {name} is not a record"))
                .because(e)
                .hint("nothing was sent; get the file anew, as it was shared")
        })?;
        Ok((number, record))
    });
    let records = records.collect::<Result<Vec<_>, Failure>>()?;
    if records.is_empty() {
        return Err(Failure::usage(format!("{name} holds no record")));
    }
    Ok(Some(records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outbox_file_is_read_line_by_line_and_no_other_file_is_taken_for_one() {
        let read = |text: &str| records(text.as_bytes(), "a.txt").map_err(|failure| failure.message);
        let first = "Jejak outbox: 2 signed records";
        let two = vec![(2, vec![0xfb, 0xff]), (4, b"b".to_vec())];
        assert_eq!(read(&format!("{first}\n-_8\n\nYg\n")), Ok(Some(two.clone())));
        assert_eq!(read(&format!("\u{feff}{first}\r\n-_8\r\n\r\n Yg ")), Ok(Some(two)));
        assert_eq!(read("-_8\n"), Ok(None));
        assert_eq!(read(&format!("{first}\n")), Err("a.txt holds no record".into()));
        for wrong in ["+/8", "-_8=", "-_9", "-_8 Yg"] {
            assert_eq!(read(&format!("{first}\nYg\n{wrong}\n")), Err("line 3 of a.txt is not a record".into()));
        }
    }
}
