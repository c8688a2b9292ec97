//! Absolute URIs (RFC 3986), as EPCIS requires them: what passes here, every parser of URIs takes. IPv6 literals do not, as nothing that
//! an event names has one.

/// Whether `text` is an absolute URI.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(scheme_ok) {
        return false;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match hierarchy.strip_prefix("//") {
        Some(rest) => rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, "")),
        None => ("", hierarchy),
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    spelt(user, b":")
        && spelt(host, b"")
        && port.bytes().all(|b| b.is_ascii_digit())
        && spelt(path, b":@/")
        && spelt(query, b":@/?")
        && spelt(fragment, b":@/?")
}

/// Whether a part holds unreserved characters, sub-delimiters, whole escapes and `more` only.
fn spelt(part: &str, more: &[u8]) -> bool {
    let mut bytes = part.bytes();
    while let Some(b) = bytes.next() {
        let good = match b {
            b'%' => [bytes.next(), bytes.next()].into_iter().all(|hex| hex.is_some_and(|b| b.is_ascii_hexdigit())),
            _ => b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&b) || more.contains(&b),
        };
        if !good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_uri;

    #[test]
    fn only_absolute_uris_pass() {
        for good in [
            "urn:jejak:doc:po:AB-772190",
            "https://id.gs1.org/01/09521321001015/10/A%2FB?x=1#top",
            "ni:///sha-256;a15e0b457cfc9530?ver=CBV2.0",
            "http://user:pw@x.example:8080/a",
            "cbvmda:lotNumber",
            "a:",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "",
            "x",
            "/a",
            "//a/b",
            ":a",
            "1a:b",
            "é:b",
            "a b:c",
            "urn:a b",
            "urn:a%2",
            "urn:a%zz",
            "urn:ä",
            "http://[::1]/",
            "http://a:b/",
            "http://a@b@c/",
            "urn:a#b#c",
            "urn:<x>",
            "urn:a\"",
            "urn:a\\b",
            "urn:{a}",
            "urn:a^b",
            "urn:a`b",
            "urn:a|b",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
    }
}
