//! GS1 Digital Link URIs, both ways (URI Syntax 1.6): parse any stem, write the canonical form on `id.gs1.org`.
//!
//! The right-most key of the path wins; qualifiers stand in their fixed order; an AI that is a qualifier of the key may not
//! stand in the query. A compressed link is read like what it holds ([`super::compressed`]). What it is not: the deprecated words
//! (`/gtin/`).

use std::fmt;

use super::ai::{self, Ai};
use super::compressed;
use super::keys::{Gln, Gtin, Lot, LotId, Serial, Sscc};
pub use super::percent::{decode_component, encode_component};

/// Why a URI is not a Digital Link this product reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not an http or https URI with a host, or a character no URI may hold.
    #[error("not an http or https address")]
    NotUri,
    /// No key.
    #[error("no number of a product, container, place or party, (01), (00), (414) or (417), is in it")]
    NoKey,
    /// An Application Identifier that there is not, or a key that this product has no object for.
    #[error("application identifier ({0}) is not supported")]
    Unsupported(String),
    /// A qualifier out of order or of another key.
    #[error("({0}) is not allowed there")]
    Misplaced(String),
    /// Nothing is wrong with the value but its check digit, which is computed from the others.
    #[error("{}{value} has a wrong check digit: it should be {right}", in_brackets(.ai))]
    CheckDigit {
        /// The identifier; empty for a number that stands alone.
        ai: String,
        /// The value found.
        value: String,
        /// The digit that belongs there.
        right: u8,
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
    #[error("({0}) occurs twice")]
    Twice(String),
    /// An identifier that another one needs, or can't stand beside.
    #[error("({0}) and the other identifiers do not go together")]
    Pairing(String),
    /// A broken percent-escape.
    #[error("a broken percent-escape")]
    Escape,
    /// Looks like a compressed Digital Link, and can't be unpacked.
    #[error("this looks like a compressed address, but nothing can be unpacked from it: it is damaged, or cut off")]
    Compressed,
    /// A GTIN of 8, 12 or 13 digits.
    #[error("a GTIN in an address has 14 digits: put zeros before it ({0:0>14})")]
    ShortGtin(String),
}

fn in_brackets(ai: &str) -> String {
    if ai.is_empty() { String::new() } else { format!("({ai}) ") }
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
    /// Identifiers of the link that were ignored: attributes that are unreadable or unknown, and qualifiers without an object.
    pub ignored: Vec<String>,
    /// Whether the address was another than that of the link: compressed, or with a GTIN of fewer than 14 digits.
    pub moved: bool,
}

/// What a resolver notes that a strict reader refuses.
#[derive(Default)]
struct Notes {
    ignored: Vec<String>,
    moved: bool,
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
    /// that this product has no object for (22, 235, 254, 7040); `ignored` lists both. A GTIN of 8, 12 or 13 digits is that with zeros
    /// before it.
    ///
    /// # Errors
    /// [`LinkError`] when the key or a qualifier can't be read, or stands in the query.
    pub fn resolve(path: &str, query: &str) -> Result<Resolved, LinkError> {
        let mut notes = Notes::default();
        let link = DigitalLink::read(path, query, Some(&mut notes))?;
        let above = link.elements[..link.qualified].iter().map(|(code, _)| code).filter(|code| no_object(code));
        notes.ignored.splice(..0, above.cloned().collect::<Vec<_>>());
        Ok(Resolved { key: link.named()?, link, ignored: notes.ignored, moved: notes.moved })
    }

    /// What would be wrong is collected in `notes`; without them it is an error.
    fn read(path: &str, query: &str, mut notes: Option<&mut Notes>) -> Result<DigitalLink, LinkError> {
        let parts: Vec<&str> = path.split('/').collect();
        // the right-most key wins: what is left of it is the stem
        let key = (0..parts.len().saturating_sub(1))
            .rev()
            .filter(|at| (parts.len() - at).is_multiple_of(2))
            .find_map(|at| Some((at, ai::find(parts[at]).filter(|ai| !ai.orders.is_empty())?)));
        let Some((at, key)) = key else {
            if let Some((path, query)) = compressed::expand(&parts, query) {
                if let Some(notes) = notes.as_deref_mut() {
                    notes.moved = true;
                }
                return DigitalLink::read(&path, &query, notes);
            }
            if parts.last().is_some_and(|last| compressed::may_be(last)) {
                return Err(LinkError::Compressed);
            }
            let unsupported =
                parts.iter().rev().nth(1).filter(|p| p.len() >= 2 && p.bytes().all(|b| b.is_ascii_digit()));
            return Err(unsupported.map_or(LinkError::NoKey, |ai| LinkError::Unsupported((*ai).to_owned())));
        };
        let mut elements = Vec::new();
        for pair in parts[at..].chunks_exact(2) {
            elements.push(element(pair[0], pair[1], notes.as_deref_mut())?);
        }
        let qualified = elements.len();
        let qualifiers: Vec<&str> = elements[1..].iter().map(|(ai, _)| ai.as_str()).collect();
        let in_order = |order: &[&str]| {
            let mut left = order.iter();
            qualifiers.iter().all(|q| left.any(|o| o == q))
        };
        if !key.orders.iter().any(|order| in_order(order)) {
            return Err(LinkError::Misplaced(qualifiers.first().unwrap_or(&"").to_string()));
        }
        let mut extra = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(known) = ai::find(name) else {
                if let Some(notes) = notes.as_deref_mut().filter(|_| is_code(name)) {
                    notes.ignored.push(name.to_owned());
                }
                extra.push((name.to_owned(), value.to_owned()));
                continue;
            };
            // in the query, and only there, a plus is a space
            let value = value.replace('+', "%20");
            let of_key = name == parts[at] || key.orders.iter().any(|order| order.contains(&name));
            let misplaced = of_key || !known.attribute;
            if let Some(notes) = notes.as_deref_mut().filter(|_| !of_key || no_object(name)) {
                let before = elements.len();
                elements.extend(element(name, &value, None).ok().filter(|_| !misplaced));
                if elements.len() == before || pairing(&elements).is_err() {
                    elements.truncate(before);
                    notes.ignored.push(name.to_owned());
                }
                continue;
            }
            let found = element(name, &value, None)?;
            if misplaced && name != parts[at] {
                return Err(LinkError::Misplaced(name.to_owned()));
            }
            elements.push(found);
        }
        pairing(&elements)?;
        Ok(DigitalLink { elements, qualified, extra })
    }

    /// From element-string pairs: the first key among them is that of the link, qualifiers are put in order.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_elements(pairs: Vec<(String, String)>) -> Result<DigitalLink, LinkError> {
        let mut key = None;
        for (code, value) in &pairs {
            let known = ai::find(code).ok_or_else(|| LinkError::Unsupported(code.clone()))?;
            check_value(known, value)?;
            key = key.or(Some(known).filter(|known| !known.orders.is_empty()));
        }
        pairing(&pairs)?;
        let key = key.ok_or(LinkError::NoKey)?;
        let has = |code: &str| pairs.iter().any(|(c, _)| c == code);
        let orders = &key.orders;
        let order = orders.iter().find(|o| o.iter().any(|q| has(q))).or(orders.first()).map_or(&[][..], Vec::as_slice);
        let place = |code: &str| {
            if code == key.code { 0 } else { order.iter().position(|q| *q == code).map_or(usize::MAX, |i| i + 1) }
        };
        let attribute = |code: &str| {
            ai::find(code).is_some_and(|known| known.attribute) && !orders.iter().any(|order| order.contains(&code))
        };
        if let Some((code, _)) = pairs.iter().find(|(code, _)| place(code) == usize::MAX && !attribute(code)) {
            return Err(LinkError::Misplaced(code.clone()));
        }
        let mut elements = pairs;
        // attributes of predefined length come first, as in an element string
        let fnc1 = |code: &str| place(code) == usize::MAX && ai::find(code).is_none_or(|known| known.fnc1);
        elements.sort_by_key(|(code, _)| (place(code), fnc1(code)));
        let qualified = elements.iter().filter(|(code, _)| place(code) != usize::MAX).count();
        Ok(DigitalLink { elements, qualified, extra: Vec::new() })
    }

    /// The attributes that can be read, in query order.
    pub fn attributes(&self) -> &[(String, String)] {
        self.elements.get(self.qualified..).unwrap_or_default()
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
    /// [`LinkError::Unsupported`] for a key or qualifier that this product has no object for (22, 235, 254, 7040).
    pub fn key(&self) -> Result<PrimaryKey, LinkError> {
        match self.elements[..self.qualified].iter().find(|(code, _)| no_object(code)) {
            Some((other, _)) => Err(LinkError::Unsupported(other.clone())),
            None => self.named(),
        }
    }

    /// What it names, qualifiers without an object ignored.
    ///
    /// # Errors
    /// [`LinkError::Unsupported`] for a key that this product has no object for.
    pub fn named(&self) -> Result<PrimaryKey, LinkError> {
        let Some((code, value)) = self.elements.first() else { return Err(LinkError::NoKey) };
        PrimaryKey::of(code, value, self.get("10"), self.get("21"))
    }
}

impl PrimaryKey {
    /// What a key with its qualifiers names. Content (02) and a piece of a product (8006) name the product or its lot.
    ///
    /// # Errors
    /// [`LinkError::Unsupported`] for a key without an object, [`LinkError::Value`] for a wrong value.
    pub(super) fn of(
        code: &str,
        value: &str,
        lot: Option<&str>,
        serial: Option<&str>,
    ) -> Result<PrimaryKey, LinkError> {
        let bad = || LinkError::Value { ai: code.to_owned(), value: value.to_owned() };
        match code {
            "00" => value.parse().map(PrimaryKey::Sscc).map_err(|_| bad()),
            "414" => value.parse().map(PrimaryKey::Place).map_err(|_| bad()),
            "417" => value.parse().map(PrimaryKey::Party).map_err(|_| bad()),
            "01" | "02" | "03" | "8006" | "8026" => {
                let gtin: Gtin = value.get(..14).unwrap_or(value).parse().map_err(|_| bad())?;
                let lot = lot.map(str::parse).transpose().map_err(|_| bad())?;
                let serial = serial.map(str::parse).transpose().map_err(|_| bad())?;
                Ok(match (lot, serial) {
                    (Some(lot), Some(serial)) => PrimaryKey::Item(LotId { gtin, lot }, serial),
                    (Some(lot), None) => PrimaryKey::Lot(LotId { gtin, lot }),
                    (None, Some(serial)) => PrimaryKey::Serial(gtin, serial),
                    (None, None) => PrimaryKey::Gtin(gtin),
                })
            }
            _ => Err(LinkError::Unsupported(code.to_owned())),
        }
    }

    /// The path of its canonical Digital Link.
    pub fn path(&self) -> String {
        let item = |gtin: &Gtin, lot: Option<&Lot>, serial: Option<&Serial>| {
            let lot = lot.map(|lot| format!("/10/{}", encode_component(lot.as_str())));
            let serial = serial.map(|serial| format!("/21/{}", encode_component(serial.as_str())));
            format!("/01/{gtin}{}{}", lot.unwrap_or_default(), serial.unwrap_or_default())
        };
        match self {
            PrimaryKey::Gtin(gtin) => item(gtin, None, None),
            PrimaryKey::Lot(id) => item(&id.gtin, Some(&id.lot), None),
            PrimaryKey::Item(id, serial) => item(&id.gtin, Some(&id.lot), Some(serial)),
            PrimaryKey::Serial(gtin, serial) => item(gtin, None, Some(serial)),
            PrimaryKey::Sscc(sscc) => format!("/00/{sscc}"),
            PrimaryKey::Place(gln) => format!("/414/{gln}"),
            PrimaryKey::Party(gln) => format!("/417/{gln}"),
        }
    }
}

pub(super) fn check_value(known: &Ai, value: &str) -> Result<(), LinkError> {
    if known.accepts(value) {
        return Ok(());
    }
    let (ai, found) = (known.code.clone(), value.chars().take(90).collect());
    Err(match known.right_check_digit(value) {
        Some(right) => LinkError::CheckDigit { ai, value: found, right },
        None => LinkError::Value { ai, value: found },
    })
}

/// Why an element could not be read.
pub fn unread(code: &str, value: &str) -> LinkError {
    match ai::find(code) {
        None => LinkError::Unsupported(code.to_owned()),
        Some(known) => check_value(known, value).err().unwrap_or_else(|| LinkError::Twice(code.to_owned())),
    }
}

/// A qualifier that this product has no object for: a variant of a product, a third party's serial, part of a place, and the importer
/// index that makes the GLN of a place or party a facility or economic operator of the EU's rules on tobacco.
pub(super) fn no_object(code: &str) -> bool {
    matches!(code, "22" | "235" | "254" | "7040")
}

/// Whether the value of an identifier is a GTIN.
pub(super) fn is_gtin(code: &str) -> bool {
    matches!(code, "01" | "02" | "03")
}

/// A GTIN that stands without the zeros before it, with them.
pub(super) fn padded_gtin(code: &str, value: &str) -> Option<String> {
    let short = is_gtin(code) && matches!(value.len(), 8 | 12 | 13) && value.bytes().all(|b| b.is_ascii_digit());
    short.then(|| format!("{value:0>14}"))
}

fn element(code: &str, value: &str, notes: Option<&mut Notes>) -> Result<(String, String), LinkError> {
    let known = ai::find(code).ok_or_else(|| LinkError::Unsupported(code.chars().take(8).collect()))?;
    let mut value = decode_component(value).ok_or(LinkError::Escape)?;
    if let Some(padded) = padded_gtin(code, &value) {
        let Some(notes) = notes else { return Err(LinkError::ShortGtin(value)) };
        value = padded;
        notes.moved = true;
    }
    check_value(known, &value)?;
    Ok((code.to_owned(), value))
}

/// Whether a query parameter is named like an Application Identifier.
fn is_code(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())
}

/// The rules between identifiers: none twice, required and excluded ones.
pub(super) fn pairing(elements: &[(String, String)]) -> Result<(), LinkError> {
    for (i, (code, _)) in elements.iter().enumerate() {
        if elements[..i].iter().any(|(c, _)| c == code) {
            return Err(LinkError::Twice(code.clone()));
        }
        let Some(known) = ai::find(code) else { return Err(LinkError::Unsupported(code.clone())) };
        if !known.goes_with(elements.iter().map(|(code, _)| code.as_str())) {
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
