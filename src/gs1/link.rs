//! GS1 Digital Link URIs, both ways (URI Syntax 1.6).

/// Percent-encodes one path component: every byte that is not an RFC 3986 unreserved character.
pub fn encode_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// Decodes the percent-escapes of one path component; `None` for a broken escape or bytes that are not UTF-8.
pub fn decode_component(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            let hex = text.get(i + 1..i + 3)?;
            if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            out.push(u8::from_str_radix(hex, 16).ok()?);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(out).ok()
}

/// A parsed Digital Link: its Application Identifiers in URI order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalLink {
    /// (AI, decoded value) pairs, the primary key first.
    pub elements: Vec<(String, String)>,
}
