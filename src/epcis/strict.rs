//! Strict JSON (RFC 8259): UTF-8, no duplicate keys, depth at most 32, plain decimals without exponent, nothing after the
//! value.
//!
//! [`read`] parses the bytes in one pass; strings without escapes are borrowed. Input on which two JSON parsers could
//! disagree is refused, so every parser reads the same value from the same bytes.

use std::borrow::Cow;

use serde_json::Value;

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 32;
/// Most members of one object: duplicate search stays linear in practice and bounded in malice.
pub const MAX_MEMBERS: usize = 512;
/// The largest whole number that every JSON reader holds exactly, JavaScript's among them (RFC 8259 section 6): 2^53 - 1.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// Why bytes are not strict JSON, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct StrictError {
    /// What is wrong.
    pub what: &'static str,
    /// Offset of the byte.
    pub at: usize,
}

/// A JSON value, as it stood in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, letter by letter: a measured decimal is never turned into a binary float.
    Number(&'a str),
    /// A text, escapes resolved.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, members in their order; names hold no escapes and differ.
    Object(Vec<(&'a str, Json<'a>)>),
}

impl Json<'_> {
    /// Whether any member of any object is `null`.
    pub fn has_null_member(&self) -> bool {
        match self {
            Json::Object(members) => {
                members.iter().any(|(_, value)| matches!(value, Json::Null) || value.has_null_member())
            }
            Json::List(items) => items.iter().any(Json::has_null_member),
            _ => false,
        }
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(text) => text.parse().map_or(Value::Null, Value::Number),
            Json::Text(text) => Value::String(text.into_owned()),
            Json::List(items) => items.into_iter().map(Value::from).collect(),
            Json::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
            }
        }
    }
}

struct Walk<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

/// Reads one strict JSON value.
///
/// # Errors
/// [`StrictError`] naming the first offence.
pub fn read(bytes: &[u8]) -> Result<Json<'_>, StrictError> {
    let text = std::str::from_utf8(bytes).map_err(|e| StrictError { what: "not UTF-8", at: e.valid_up_to() })?;
    let mut walk = Walk { text, bytes, at: 0 };
    walk.space();
    let value = walk.value(0)?;
    walk.space();
    if walk.at == bytes.len() { Ok(value) } else { walk.fail("something follows the value") }
}

/// Checks that `bytes` are one strict JSON value, for another parser to read.
///
/// # Errors
/// [`StrictError`] naming the first offence.
pub fn check(bytes: &[u8]) -> Result<(), StrictError> {
    read(bytes).map(drop)
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

    fn value(&mut self, depth: usize) -> Result<Json<'a>, StrictError> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(|(inside, _)| Json::Text(inside)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true", Json::Bool(true)),
            Some(b'f') => self.word(b"false", Json::Bool(false)),
            Some(b'n') => self.word(b"null", Json::Null),
            Some(_) => self.fail("not a JSON value"),
            None => self.fail("the text ends too early"),
        }
    }

    fn word(&mut self, word: &[u8], value: Json<'a>) -> Result<Json<'a>, StrictError> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            self.fail("not a JSON value")
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, StrictError> {
        if depth == MAX_DEPTH { self.fail("nested deeper than 32") } else { Ok(depth + 1) }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, StrictError> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        self.space();
        let mut members: Vec<(&'a str, Json<'a>)> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("a member name must be a string");
            }
            let (Cow::Borrowed(name), false) = self.string()? else {
                // an escape could spell a name that is already there
                self.at = start;
                return self.fail("a member name may not hold escapes");
            };
            if name.starts_with("$serde_json::private::") {
                // serde_json takes such an object for a number or for more JSON: no other reader sees that there
                self.at = start;
                return self.fail("a member name that is not data");
            }
            if members.iter().any(|(other, _)| *other == name) {
                self.at = start;
                return self.fail("a member name stands twice in one object");
            }
            if members.len() == MAX_MEMBERS {
                return self.fail("more than 512 members in one object");
            }
            self.space();
            self.expect(b':', "a colon must follow a member name")?;
            self.space();
            members.push((name, self.value(depth)?));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return self.fail("a comma or the object's end must follow"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, StrictError> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        self.space();
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(items));
                }
                _ => return self.fail("a comma or the array's end must follow"),
            }
        }
    }

    /// What stands between the quotes, and whether there was an escape.
    fn string(&mut self) -> Result<(Cow<'a, str>, bool), StrictError> {
        self.at += 1;
        let (mut start, mut resolved) = (self.at, String::new());
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            match self.peek() {
                None => return self.fail("the text ends within a string"),
                Some(b'"') => {
                    let inside = self.since(start);
                    self.at += 1;
                    return Ok(if escaped {
                        (Cow::Owned(resolved + inside), true)
                    } else {
                        (Cow::Borrowed(inside), false)
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    resolved.push_str(self.since(start));
                    resolved.push(self.escape()?);
                    start = self.at;
                }
                Some(_) => return self.fail("a control character within a string"),
            }
        }
    }

    /// The text from a character's first byte to here, which is one as well.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn escape(&mut self) -> Result<char, StrictError> {
        self.at += 1;
        let Some(byte) = self.peek() else { return self.fail("not an escape") };
        let plain = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return self.fail("not an escape"),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode(&mut self) -> Result<char, StrictError> {
        let unit = self.hex4()?;
        // U+0000 separates parts of index keys, and ends a string in other languages
        if unit == 0 {
            return self.fail("the character U+0000 within a string");
        }
        let mut scalar = unit;
        if (0xD800..0xDC00).contains(&unit) {
            if !self.bytes[self.at..].starts_with(b"\\u") {
                return self.fail("half of a surrogate pair");
            }
            self.at += 2;
            let low = self.hex4()?;
            if !(0xDC00..0xE000).contains(&low) {
                return self.fail("half of a surrogate pair");
            }
            scalar = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        match char::from_u32(scalar) {
            Some(character) => Ok(character),
            None => self.fail("half of a surrogate pair"),
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

    fn number(&mut self) -> Result<Json<'a>, StrictError> {
        let start = self.at;
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
        Ok(Json::Number(self.since(start)))
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
    fn each_offence_is_refused_by_name() {
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
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn accepted_json_has_the_value_serde_json_reads(text in "[\\[\\]{}\",:0-9a-c.\\\\ue -]{0,40}") {
            if let Ok(json) = read(text.as_bytes()) {
                prop_assert_eq!(Value::from(json), serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn strings_have_the_value_serde_json_reads(text in any::<String>(), units in proptest::collection::vec(any::<u16>(), 0..4)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            for json in [serde_json::to_string(&text).unwrap(), format!("[\"{escaped}\", \"a\\/\\b\\f\\n\\r\\t\\\\{escaped}\"]")] {
                match (read(json.as_bytes()), serde_json::from_str::<Value>(&json)) {
                    (Ok(ours), theirs) => prop_assert_eq!(Value::from(ours), theirs.unwrap()),
                    // U+0000 alone is refused here and not there
                    (Err(error), theirs) => prop_assert!(theirs.is_err() || error.what.contains("U+0000")),
                }
            }
        }
    }
}
