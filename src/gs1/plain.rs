//! Which lot, serial and sample numbers the ledger admits: those that come through a URL, a scanner and a file name as they are.
//!
//! GS1 allows 82 characters in AI (10) and (21). Of these the ledger admits letters, digits, `-`, `.` and `_`, which no URL escapes. Each
//! other one is lost somewhere: `%` is decoded twice, `/` and `;` are refused or cut off by servers though they are escaped, `? * : < > "`
//! stand in no file name of Windows, `! ' ( ) *` are escaped by some programs and not by others, `(` and `)` end an identifier in print, `+`
//! comes out of a form as a space, `&` and `=` end a value in a query and `=` an amount on the command line, `,` a cell of a table. What it
//! is not: GS1's own rule, which [`super::Lot`] and [`super::Serial`] hold, so that codes of others are read.

/// Names of devices, which Windows opens in place of a file, whatever extension follows.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Devices with a number, `com1`.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// Why a number is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlainError {
    /// A character that is changed or cut off on its way.
    #[error(
        "{0:?} does not come through every address, scanner and file name: use letters, digits, and - . _ between them"
    )]
    Character(char),
    /// Browsers, scanners and chats cut these off at the ends of an address; a first one makes an option or a hidden file.
    #[error("the first and the last character must be a letter or a digit")]
    Edge,
    /// Opens a device.
    #[error("{0} is the name of a device on some computers, and of no file")]
    Device(String),
}

/// Checks a number that becomes part of an address, a label and a file name. Its length is not looked at.
///
/// # Errors
/// [`PlainError`].
pub fn check(text: &str) -> Result<(), PlainError> {
    let admitted = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if let Some(other) = text.chars().find(|c| !admitted(c)) {
        return Err(PlainError::Character(other));
    }
    let ends = text.bytes().next().zip(text.bytes().next_back());
    if !ends.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric()) {
        return Err(PlainError::Edge);
    }
    let stem = text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |device: &&str| {
        stem.strip_prefix(*device).is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    if DEVICES.contains(&stem.as_str()) || NUMBERED.iter().any(numbered) {
        return Err(PlainError::Device(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gs1::keys::in_cset82;
    use crate::gs1::percent;

    #[test]
    fn number_that_opens_another_page_or_no_file_is_refused() {
        for lot in [".", "..", "...", ".A", "A.", "-A", "A-", "_A", "A_", "", "-"] {
            assert_eq!(check(lot), Err(PlainError::Edge), "{lot:?}");
        }
        for lot in ["CON", "con", "Nul", "AUX.1", "prn.2026.11", "COM1", "lpt9", "com0.A"] {
            assert_eq!(check(lot), Err(PlainError::Device(lot.to_owned())), "{lot}");
        }
        for lot in
            ["A%41", "%2E%2E", "A/1", "A B", "A;1", "A?1", "A#1", "A+1", "(A)", "A=1KGM", "=1+1", "А1", "A\u{200b}"]
        {
            assert!(matches!(check(lot), Err(PlainError::Character(_))), "{lot}");
        }
    }

    #[test]
    fn numbers_that_villages_write_are_admitted() {
        for lot in
            ["BAKAU-2611-02", "2611.03", "L_1", "a", "7", "CONTOH", "COM10", "COMA", "NULL", "A..B", "A--B", "aux1"]
        {
            assert_eq!(check(lot), Ok(()), "{lot}");
        }
    }

    /// The reason for the set: what is admitted is written in an address as it is, so that it has one spelling there.
    #[test]
    fn admitted_characters_are_those_that_no_address_escapes() {
        for byte in (0..=u8::MAX).filter(|byte| in_cset82(*byte)) {
            let text = format!("a{}a", char::from(byte));
            assert_eq!(check(&text).is_ok(), percent::encode_component(&text) == text, "{text}");
        }
    }
}
