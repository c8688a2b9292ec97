//! The GS1 check digit (General Specifications 7.9): weights 3 and 1 from the right, modulo 10.

/// The check digit that belongs after `digits` (ASCII digits, check digit not included), as a number 0 to 9.
/// `None` when a character is not an ASCII digit or there is none at all.
pub fn digit(digits: &str) -> Option<u8> {
    if digits.is_empty() {
        return None;
    }
    let mut sum = 0u32;
    for (i, b) in digits.bytes().rev().enumerate() {
        if !b.is_ascii_digit() {
            return None;
        }
        sum += u32::from(b - b'0') * if i % 2 == 0 { 3 } else { 1 };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Whether `digits` ends with its own check digit.
pub fn holds(digits: &str) -> bool {
    let Some(last) = digits.chars().last() else {
        return false;
    };
    if !last.is_ascii_digit() {
        return false;
    }
    digit(&digits[..digits.len() - 1]).is_some_and(|d| char::from(b'0' + d) == last)
}
