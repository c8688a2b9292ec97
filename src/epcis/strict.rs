//! Strict JSON (RFC 8259): UTF-8, no duplicate keys, depth at most 32, plain decimals without exponent, nothing after the
//! value.
//!
//! What it is not: a parser. It walks the bytes once, keeps nothing but the keys of the open objects, and says whether two
//! readers could disagree about them; serde_json then reads the same bytes.

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 32;
/// Most members of one object: duplicate search stays linear in practice and bounded in malice.
pub const MAX_MEMBERS: usize = 512;

/// Why bytes are not strict JSON, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct StrictError {
    /// What is wrong.
    pub what: &'static str,
    /// Offset of the byte.
    pub at: usize,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Checks that `bytes` are one strict JSON value.
///
/// # Errors
/// [`StrictError`] naming the first offence.
pub fn check(bytes: &[u8]) -> Result<(), StrictError> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(StrictError { what: "not UTF-8", at: error.valid_up_to() });
    }
    let mut walk = Walk { bytes, at: 0 };
    walk.space();
    walk.value(0)?;
    walk.space();
    if walk.at == bytes.len() { Ok(()) } else { walk.fail("something follows the value") }
}

impl<'a> Walk<'a> {
    fn fail<T>(&self, what: &'static str) -> Result<T, StrictError> {
        Err(StrictError { what, at: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), StrictError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.fail(what)
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), StrictError> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(_) => self.fail("not a JSON value"),
            None => self.fail("the text ends too early"),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), StrictError> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            self.fail("not a JSON value")
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, StrictError> {
        if depth == MAX_DEPTH { self.fail("nested deeper than 32") } else { Ok(depth + 1) }
    }

    fn object(&mut self, depth: usize) -> Result<(), StrictError> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut keys: Vec<&'a [u8]> = Vec::with_capacity(16);
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("a member name must be a string");
            }
            let (key, escaped) = self.string()?;
            if escaped {
                // an escape could spell a name that is already there
                self.at = start;
                return self.fail("a member name may not hold escapes");
            }
            if key.starts_with(b"$serde_json::private::") {
                // serde_json takes such an object for a number or for more JSON: no other reader sees that there
                self.at = start;
                return self.fail("a member name that is not data");
            }
            if keys.contains(&key) {
                self.at = start;
                return self.fail("a member name stands twice in one object");
            }
            if keys.len() == MAX_MEMBERS {
                return self.fail("more than 512 members in one object");
            }
            keys.push(key);
            self.space();
            self.expect(b':', "a colon must follow a member name")?;
            self.space();
            self.value(depth)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or the object's end must follow"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), StrictError> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            self.value(depth)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or the array's end must follow"),
            }
        }
    }

    /// The bytes between the quotes, and whether there was an escape.
    fn string(&mut self) -> Result<(&'a [u8], bool), StrictError> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                None => return self.fail("the text ends within a string"),
                Some(b'"') => {
                    let inside = &self.bytes[start..self.at];
                    self.at += 1;
                    return Ok((inside, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return self.fail("a control character within a string"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), StrictError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                let unit = self.hex4()?;
                // it ends keys of the index and strings of other languages
                if unit == 0 {
                    return self.fail("the character U+0000 within a string");
                }
                if (0xDC00..0xE000).contains(&unit) {
                    return self.fail("half of a surrogate pair");
                }
                if (0xD800..0xDC00).contains(&unit) {
                    if !self.bytes[self.at..].starts_with(b"\\u") {
                        return self.fail("half of a surrogate pair");
                    }
                    self.at += 2;
                    if !(0xDC00..0xE000).contains(&self.hex4()?) {
                        return self.fail("half of a surrogate pair");
                    }
                }
                Ok(())
            }
            _ => self.fail("not an escape"),
        }
    }

    fn hex4(&mut self) -> Result<u32, StrictError> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return self.fail("four hex digits must follow \\u");
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<(), StrictError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => {
                self.at += 1;
                if matches!(self.peek(), Some(b'0'..=b'9')) {
                    return self.fail("a number may not begin with a needless zero");
                }
            }
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fail("digits must follow"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return self.fail("digits must follow the point");
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            return self.fail("a number may not have an exponent");
        }
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_and_refuses() {
        for good in ["{}", "[]", " {\"a\":[1,-2.50,0,true,null,\"\\u00e9\\ud83d\\ude00\"]} ", "\"x\"", "0.1"] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        let bad: &[(&str, &str)] = &[
            ("{\"a\":1,\"a\":2}", "twice"),
            ("{\"a\":1,\"\\u0061\":2}", "escapes"),
            ("1e3", "exponent"),
            ("1E3", "exponent"),
            ("NaN", "not a JSON value"),
            ("01", "needless zero"),
            ("1.", "point"),
            ("-", "digits"),
            ("{} {}", "follows"),
            ("[1,]", "not a JSON value"),
            ("{\"a\" 1}", "colon"),
            ("\"\\ud800x\"", "surrogate"),
            ("\"a\nb\"", "control"),
            ("\"a", "ends"),
            ("", "early"),
        ];
        for (text, why) in bad {
            let error = check(text.as_bytes()).unwrap_err();
            assert!(error.what.contains(why), "{text}: {error}");
        }
        assert!(check(b"\"\xff\"").is_err());
        let deep = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert!(check(&deep(32)).is_ok());
        assert!(check(&deep(33)).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn what_it_accepts_serde_reads(text in "[\\[\\]{}\",:0-9a-c.\\\\ue -]{0,40}") {
            if check(text.as_bytes()).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
