//! Percent-encoding of one path component (RFC 3986 section 2.1), as the URIs of lots and items use it.

/// Whether a byte is an RFC 3986 unreserved character, which stands for itself.
pub fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~')
}

/// Percent-encodes one path component: every byte that is not an RFC 3986 unreserved character.
pub fn encode_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

/// [`encode_component`], at the end of `out`.
pub fn encode_into(out: &mut String, text: &str) {
    for b in text.bytes() {
        if is_unreserved(b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
}

/// Decodes the percent-escapes of one path component; `None` for a broken escape or bytes that are not UTF-8.
pub fn decode_component(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let mut hex = || bytes.next().and_then(|b| char::from(b).to_digit(16));
        let (high, low) = (hex()?, hex()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}
