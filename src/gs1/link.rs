//! GS1 Digital Link URIs, both ways (URI Syntax 1.6): parse any stem, write the canonical form on `id.gs1.org`.
//!
//! The right-most key of the path wins; qualifiers stand in their fixed order; an AI that is a qualifier of the key may not
//! stand in the query. What it is not: decompression of compressed URIs, or the deprecated words (`/gtin/`).

use std::fmt;

use super::ai::{self, Ai};
use super::keys::{Gln, Gtin, LotId, Serial, Sscc};
pub use super::percent::{decode_component, encode_component};

/// Why a URI is not a Digital Link this product reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not an http or https URI with a host, or a character no URI may hold.
    #[error("not an http or https address")]
    NotUri,
    /// No key of this product in the path.
    #[error("no GS1 key of this product (00, 01, 414, 417) in the path")]
    NoKey,
    /// An Application Identifier this product does not read.
    #[error("application identifier ({0}) is not supported")]
    Unsupported(String),
    /// A qualifier out of order or of another key.
    #[error("({0}) may not stand there")]
    Misplaced(String),
    /// Nothing is wrong with the value but its last digit, which is computed from the others.
    #[error("({ai}) {value} has a wrong check digit")]
    CheckDigit {
        /// The identifier.
        ai: String,
        /// The value found.
        value: String,
    },
    /// A value that the identifier does not allow.
    #[error("({ai}) does not allow the value {value}")]
    Value {
        /// The identifier.
        ai: String,
        /// The value found.
        value: String,
    },
    /// The same identifier twice.
    #[error("({0}) stands twice")]
    Twice(String),
    /// An identifier that another one needs, or can't stand beside.
    #[error("({0}) and the other identifiers do not go together")]
    Pairing(String),
    /// A broken percent-escape.
    #[error("a broken percent-escape")]
    Escape,
    /// Looks like a compressed Digital Link (GS1 Digital Link 1.1, section 6), which this product does not read.
    #[error("this looks like a compressed address; it is not unpacked here: use the address with (01) in it")]
    Compressed,
    /// A GTIN of 8, 12 or 13 digits.
    #[error("a GTIN in an address has 14 digits: put zeros before it ({0:0>14})")]
    ShortGtin(String),
}

/// A parsed Digital Link: the key first, then its qualifiers in path order, then the attributes in query order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalLink {
    /// (AI, decoded value) pairs.
    pub elements: Vec<(String, String)>,
    /// How many of them are the key and its qualifiers.
    qualified: usize,
    /// Query parameters that are not identifiers, as written (`linkType=…`).
    pub extra: Vec<(String, String)>,
}

/// A Digital Link as the resolver reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The link, without the attributes that can't be read.
    pub link: DigitalLink,
    /// What it names.
    pub key: PrimaryKey,
    /// Identifiers of the link that were ignored: unreadable attributes, and qualifiers without an object.
    pub ignored: Vec<String>,
}

/// What a Digital Link names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrimaryKey {
    /// A product.
    Gtin(Gtin),
    /// A lot of a product.
    Lot(LotId),
    /// One pack of a lot.
    Item(LotId, Serial),
    /// One pack of a product, the lot not named.
    Serial(Gtin, Serial),
    /// A container.
    Sscc(Sscc),
    /// A place.
    Place(Gln),
    /// A party.
    Party(Gln),
}

impl DigitalLink {
    /// Reads a Digital Link with any stem.
    ///
    /// # Errors
    /// [`LinkError`] saying what is wrong, by identifier.
    pub fn parse(uri: &str) -> Result<DigitalLink, LinkError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
        if !uri.bytes().all(allowed) {
            return Err(LinkError::NotUri);
        }
        // all lower or all upper case, as the GS1 syntax engine reads it
        let rest = ["https://", "http://", "HTTPS://", "HTTP://"]
            .iter()
            .find_map(|scheme| uri.strip_prefix(scheme))
            .ok_or(LinkError::NotUri)?;
        let rest = rest.split('#').next().unwrap_or_default();
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = address.split_once('/').ok_or(LinkError::NoKey)?;
        let host_ok = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]%@".contains(&b);
        if host.is_empty() || !host.bytes().all(host_ok) {
            return Err(LinkError::NotUri);
        }
        let link = DigitalLink::from_path_and_query(path, query)?;
        match link.extra.iter().find(|(name, _)| is_code(name)) {
            Some((unknown, _)) => Err(LinkError::Unsupported(unknown.chars().take(8).collect())),
            None => Ok(link),
        }
    }

    /// Reads the path (without its first slash) and query of a Digital Link. An unknown identifier in the query is kept as it
    /// is: it describes the pack, but does not identify it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_path_and_query(path: &str, query: &str) -> Result<DigitalLink, LinkError> {
        DigitalLink::read(path, query, None)
    }

    /// Reads path and query as a resolver does, by the key. Attributes that can't be read are ignored, and so are qualifiers
    /// that this product has no object for (22, 235, 254); `ignored` lists both.
    ///
    /// # Errors
    /// [`LinkError`] when the key or a qualifier can't be read, or stands in the query.
    pub fn resolve(path: &str, query: &str) -> Result<Resolved, LinkError> {
        let mut ignored = Vec::new();
        let link = DigitalLink::read(path, query, Some(&mut ignored))?;
        let above = link.elements[..link.qualified].iter().map(|(code, _)| code).filter(|code| no_object(code));
        ignored.splice(..0, above.cloned().collect::<Vec<_>>());
        Ok(Resolved { key: link.named()?, link, ignored })
    }

    /// Collects the names of invalid attributes in `ignored`; without it they are errors.
    fn read(path: &str, query: &str, mut ignored: Option<&mut Vec<String>>) -> Result<DigitalLink, LinkError> {
        let parts: Vec<&str> = path.split('/').collect();
        // the right-most key wins: what is left of it is the stem
        let at = (0..parts.len().saturating_sub(1))
            .rev()
            .find(|i| (parts.len() - i).is_multiple_of(2) && ai::KEYS.iter().any(|(key, _)| *key == parts[*i]));
        let Some(at) = at else {
            if parts.last().is_some_and(|last| looks_compressed(last)) {
                return Err(LinkError::Compressed);
            }
            let unsupported =
                parts.iter().rev().nth(1).filter(|p| p.len() >= 2 && p.bytes().all(|b| b.is_ascii_digit()));
            return Err(unsupported.map_or(LinkError::NoKey, |ai| LinkError::Unsupported((*ai).to_owned())));
        };
        let mut elements = Vec::new();
        for pair in parts[at..].chunks_exact(2) {
            elements.push(element(pair[0], pair[1])?);
        }
        let qualified = elements.len();
        let (_, orders) = ai::KEYS.iter().find(|(key, _)| *key == parts[at]).ok_or(LinkError::NoKey)?;
        let qualifiers: Vec<&str> = elements[1..].iter().map(|(ai, _)| ai.as_str()).collect();
        let in_order = |order: &[&str]| {
            let mut left = order.iter();
            qualifiers.iter().all(|q| left.any(|o| o == q))
        };
        if !orders.iter().any(|order| in_order(order)) {
            return Err(LinkError::Misplaced(qualifiers.first().unwrap_or(&"").to_string()));
        }
        let mut extra = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !is_code(name) || ai::find(name).is_none() {
                extra.push((name.to_owned(), value.to_owned()));
                continue;
            }
            // in the query, and only there, a plus is a space
            let found = element(name, &value.replace('+', "%20"));
            let of_key = name == parts[at] || orders.iter().any(|order| order.contains(&name));
            if let Some(ignored) = ignored.as_deref_mut().filter(|_| !of_key) {
                let known = elements.len();
                elements.extend(found.ok());
                if elements.len() == known || pairing(&elements).is_err() {
                    elements.truncate(known);
                    ignored.push(name.to_owned());
                }
                continue;
            }
            let found = found?;
            if orders.iter().any(|order| order.contains(&name)) {
                return Err(LinkError::Misplaced(name.to_owned()));
            }
            elements.push(found);
        }
        pairing(&elements)?;
        Ok(DigitalLink { elements, qualified, extra })
    }

    /// From element-string pairs in any order: the key is found, qualifiers are put in order.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_elements(pairs: Vec<(String, String)>) -> Result<DigitalLink, LinkError> {
        for (code, value) in &pairs {
            let known = ai::find(code).ok_or_else(|| LinkError::Unsupported(code.clone()))?;
            check(known, value)?;
        }
        pairing(&pairs)?;
        let (key, orders) =
            ai::KEYS.iter().find(|(key, _)| pairs.iter().any(|(code, _)| code == key)).ok_or(LinkError::NoKey)?;
        let has = |code: &str| pairs.iter().any(|(c, _)| c == code);
        let order = orders.iter().find(|o| o.iter().any(|q| has(q))).or(orders.first()).copied().unwrap_or_default();
        let place = |code: &str| {
            if code == *key { 0 } else { order.iter().position(|q| *q == code).map_or(usize::MAX, |i| i + 1) }
        };
        let stray = |code: &str| place(code) == usize::MAX && orders.iter().any(|o| o.contains(&code));
        if let Some((code, _)) = pairs.iter().find(|(code, _)| stray(code)) {
            return Err(LinkError::Misplaced(code.clone()));
        }
        let mut elements = pairs;
        elements.sort_by_key(|(code, _)| place(code));
        let qualified = elements.iter().filter(|(code, _)| place(code) != usize::MAX).count();
        Ok(DigitalLink { elements, qualified, extra: Vec::new() })
    }

    /// The value of an identifier.
    pub fn get(&self, code: &str) -> Option<&str> {
        self.elements.iter().find(|(c, _)| c == code).map(|(_, v)| v.as_str())
    }

    /// The URI under `stem` (without a trailing slash), attributes in the query.
    pub fn uri(&self, stem: &str) -> String {
        let mut out = stem.to_owned();
        for (code, value) in &self.elements[..self.qualified] {
            out.push_str(&format!("/{code}/{}", encode_component(value)));
        }
        for (i, (code, value)) in self.elements[self.qualified..].iter().enumerate() {
            let mark = if i == 0 { '?' } else { '&' };
            out.push_str(&format!("{mark}{code}={}", encode_component(value)));
        }
        out
    }

    /// The canonical form: on `id.gs1.org`, key and qualifiers only.
    pub fn canonical(&self) -> String {
        let bare = DigitalLink {
            elements: self.elements[..self.qualified].to_vec(),
            qualified: self.qualified,
            extra: Vec::new(),
        };
        bare.uri("https://id.gs1.org")
    }

    /// What it names.
    ///
    /// # Errors
    /// [`LinkError::Misplaced`] for a key or qualifier that this product has no object for (22, 235, 254).
    pub fn key(&self) -> Result<PrimaryKey, LinkError> {
        match self.elements[..self.qualified].iter().find(|(code, _)| no_object(code)) {
            Some((other, _)) => Err(LinkError::Unsupported(other.clone())),
            None => self.named(),
        }
    }

    /// What it names, qualifiers without an object (22, 235, 254) ignored.
    fn named(&self) -> Result<PrimaryKey, LinkError> {
        let Some((code, value)) = self.elements.first() else { return Err(LinkError::NoKey) };
        let bad = || LinkError::Value { ai: code.clone(), value: value.clone() };
        match code.as_str() {
            "00" => value.parse().map(PrimaryKey::Sscc).map_err(|_| bad()),
            "414" => value.parse().map(PrimaryKey::Place).map_err(|_| bad()),
            "417" => value.parse().map(PrimaryKey::Party).map_err(|_| bad()),
            _ => {
                let gtin: Gtin = value.parse().map_err(|_| bad())?;
                let lot = self.get("10").map(str::parse).transpose().map_err(|_| bad())?;
                let serial = self.get("21").map(str::parse).transpose().map_err(|_| bad())?;
                Ok(match (lot, serial) {
                    (Some(lot), Some(serial)) => PrimaryKey::Item(LotId { gtin, lot }, serial),
                    (Some(lot), None) => PrimaryKey::Lot(LotId { gtin, lot }),
                    (None, Some(serial)) => PrimaryKey::Serial(gtin, serial),
                    (None, None) => PrimaryKey::Gtin(gtin),
                })
            }
        }
    }
}

pub(super) fn check(known: &Ai, value: &str) -> Result<(), LinkError> {
    let (ai, found) = (known.code.to_owned(), || value.chars().take(90).collect());
    match known.accepts(value) {
        true => Ok(()),
        false if known.wrong_check_digit(value) => Err(LinkError::CheckDigit { ai, value: found() }),
        false => Err(LinkError::Value { ai, value: found() }),
    }
}

/// A qualifier that this product has no object for: a variant of a product, a third party's serial, part of a place.
fn no_object(code: &str) -> bool {
    matches!(code, "22" | "235" | "254")
}

fn element(code: &str, value: &str) -> Result<(String, String), LinkError> {
    let known = ai::find(code).ok_or_else(|| LinkError::Unsupported(code.chars().take(8).collect()))?;
    let value = decode_component(value).ok_or(LinkError::Escape)?;
    if code == "01" && matches!(value.len(), 8 | 12 | 13) && value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(LinkError::ShortGtin(value));
    }
    check(known, &value)?;
    Ok((code.to_owned(), value))
}

/// Whether a query parameter is named like an Application Identifier.
fn is_code(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a path component can be a compressed link: base64url of both cases, longer than any word.
fn looks_compressed(last: &str) -> bool {
    last.len() >= 10
        && last.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && last.bytes().any(|b| b.is_ascii_lowercase())
        && last.bytes().any(|b| b.is_ascii_uppercase())
}

/// The rules between identifiers: none twice, required and excluded ones.
pub(super) fn pairing(elements: &[(String, String)]) -> Result<(), LinkError> {
    let has = |code: &&str| elements.iter().any(|(c, _)| c == code);
    for (i, (code, _)) in elements.iter().enumerate() {
        if elements[..i].iter().any(|(c, _)| c == code) {
            return Err(LinkError::Twice(code.clone()));
        }
        let Some(known) = ai::find(code) else { return Err(LinkError::Unsupported(code.clone())) };
        if (!known.requires.is_empty() && !known.requires.iter().any(has)) || known.excludes.iter().any(has) {
            return Err(LinkError::Pairing(code.clone()));
        }
    }
    Ok(())
}

impl fmt::Display for DigitalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements.iter().try_for_each(|(code, value)| write!(f, "({code}){value}"))
    }
}
