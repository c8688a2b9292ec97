//! Reading and checking registry statements: strict JSON, known members only, every text limited.

use std::sync::Arc;

use super::envelope::RecordError;
use super::registry::{Names, Place, Purpose, Region, Role, Statement};
use crate::epcis::profile::{is_kemendagri_code, is_party};
use crate::epcis::strict;
use crate::gs1::{Gln, plain};

/// Longest name for people, in characters.
const NAME: usize = 120;
/// Longest code or number.
const CODE: usize = 64;
/// Longest free text.
const TEXT: usize = 300;
/// Longest verifier key of a witness, as `log::vkey::MAX_VKEY`: one of ML-DSA-44 has 1,752 characters after its name and id.
const WITNESS_KEY: usize = 2_100;
/// Most characters in all keys of `LogKeys` together: every record is judged with them at hand.
const ALL_LOG_KEYS: usize = 16_384;

fn wrong<T>(what: impl Into<String>) -> Result<T, RecordError> {
    Err(RecordError::Payload(what.into()))
}

fn text(name: &str, value: &str, most: usize) -> Result<(), RecordError> {
    if value.is_empty() || value.chars().count() > most || value.trim() != value {
        return wrong(format!("{name} must be 1 to {most} characters, without outer spaces"));
    }
    crate::text::check(value).map_err(|source| RecordError::Text { name: name.to_owned(), source })
}

fn maybe(name: &str, value: Option<&String>, most: usize) -> Result<(), RecordError> {
    value.map_or(Ok(()), |v| text(name, v, most))
}

fn names(name: &str, value: &Names) -> Result<(), RecordError> {
    value.iter().try_for_each(|(tag, name_in)| text(&format!("{name}.{tag}"), name_in, NAME))
}

fn party(name: &str, uri: &str) -> Result<(), RecordError> {
    if is_party(uri) {
        return Ok(());
    }
    // the error of the GLN in it is the more precise one
    let why = match uri.strip_prefix("https://id.gs1.org/417/").map(str::parse::<Gln>) {
        Some(Err(error)) => error.to_string(),
        _ => "it is https://id.gs1.org/417/ and a GLN, or urn:jejak:party: and 3 to 64 of a-z, 0-9 and -".into(),
    };
    wrong(format!("{name}: {uri} is not a party URI: {why}"))
}

fn country(value: &str) -> Result<(), RecordError> {
    if value.len() == 2 && value.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(())
    } else {
        wrong("country must be two capital letters (ISO 3166-1)")
    }
}

fn code(name: &str, value: &str) -> Result<(), RecordError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'/' | b'.' | b'*');
    if value.is_empty() || value.len() > CODE || !value.bytes().all(plain) {
        return wrong(format!("{name} must be a code of 1 to {CODE} letters, digits and - _ : / ."));
    }
    // a code is part of addresses and file names
    if value.split('/').any(|part| part.bytes().all(|b| b == b'.')) {
        return wrong(format!("{name}: {value} has an empty part, or one of dots only"));
    }
    Ok(())
}

fn region(value: Option<&Region>) -> Result<(), RecordError> {
    let Some(r) = value else { return Ok(()) };
    if !matches!(r.authority.as_str(), "kemendagri" | "bps" | "iso") {
        return wrong("region.authority must be kemendagri, bps or iso");
    }
    text("region.edition", &r.edition, CODE)?;
    text("region.name", &r.name, NAME)?;
    // one form for each code: two spellings of one region would be two regions to the rules
    let (canonical, form) = match r.authority.as_str() {
        "kemendagri" => {
            (is_kemendagri_code(&r.code), "2, 2, 2 and 4 digits separated by points, such as 74.12 or 74.12.05.2003")
        }
        "bps" => (is_bps_code(&r.code), "2, 4, 7 or 10 digits, such as 7412"),
        _ => (is_iso_code(&r.code), "an ISO 3166-2 code, such as ID-SG"),
    };
    if !canonical {
        return wrong(format!("region.code of {} must be {form}", r.authority));
    }
    Ok(())
}

fn is_bps_code(text: &str) -> bool {
    matches!(text.len(), 2 | 4 | 7 | 10) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_iso_code(text: &str) -> bool {
    let Some((country, part)) = text.split_once('-') else { return false };
    let upper = |b: u8| b.is_ascii_uppercase();
    country.len() == 2
        && country.bytes().all(upper)
        && (1..=3).contains(&part.len())
        && part.bytes().all(|b| upper(b) || b.is_ascii_digit())
}

fn unique<T: PartialEq>(name: &str, list: &[T], most: usize) -> Result<(), RecordError> {
    if list.len() > most {
        return wrong(format!("{name} holds more than {most}"));
    }
    if list.iter().enumerate().any(|(i, item)| list[..i].contains(item)) {
        return wrong(format!("{name} lists an item twice"));
    }
    Ok(())
}

fn seconds(name: &str, value: i64) -> Result<(), RecordError> {
    if (0..=253_402_300_799).contains(&value) {
        return Ok(());
    }
    wrong(format!("{name} must be Unix seconds before the year 10000"))
}

/// The time of a clock: 0 stands for none yet.
fn clock(name: &str, value: i64) -> Result<(), RecordError> {
    if value == 0 {
        return wrong(format!("{name} must be above 0"));
    }
    seconds(name, value)
}

fn prefixes(name: &str, list: &[String]) -> Result<(), RecordError> {
    match list.iter().find(|p| !(4..=12).contains(&p.len()) || !p.bytes().all(|b| b.is_ascii_digit())) {
        Some(bad) => wrong(format!("{name}: {bad} is not a GS1 Company Prefix of 4 to 12 digits")),
        None => Ok(()),
    }
}

fn place(p: &Place) -> Result<(), RecordError> {
    names("name", &p.name)?;
    country(&p.country)?;
    region(p.region.as_ref())?;
    const KINDS: &[&str] =
        &["village", "collection", "processing", "laboratory", "port", "warehouse", "airport", "office"];
    if !KINDS.contains(&p.kind.as_str()) {
        return wrong(format!("kind must be one of {}", KINDS.join(", ")));
    }
    let Some(near) = &p.near else { return Ok(()) };
    let degrees = |text: &str, most: i64| {
        let value = crate::gs1::exact_decimal(text).ok()?;
        (value.scale() <= 2 && value.abs() <= most.into()).then_some(())
    };
    match near.split_once(',') {
        Some((lat, lon)) if degrees(lat, 90).is_some() && degrees(lon, 180).is_some() => Ok(()),
        _ => wrong("near must be latitude,longitude with at most two decimals: a village, not a house"),
    }
}

impl Purpose {
    /// The name in JSON and in the possession message.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Admin => "admin",
            Purpose::Event => "event",
            Purpose::Operator => "operator",
        }
    }
}

impl Statement {
    /// Reads a registry statement.
    ///
    /// # Errors
    /// [`RecordError::Json`] when it is not strict JSON, [`RecordError::Statement`] when it is not a statement, and as
    /// [`Statement::to_json`].
    pub fn from_json(json: &[u8]) -> Result<Statement, RecordError> {
        let strict = strict::read(json).map_err(RecordError::Json)?;
        // serde reads null as absent, so one statement would have two encodings
        if strict.has_null_member() {
            return wrong("null is not a value here: leave the member out");
        }
        let statement: Statement = serde_json::from_slice(json).map_err(|e| RecordError::Statement(Arc::new(e)))?;
        statement.check()?;
        Ok(statement)
    }

    /// The statement as JSON, members in the order of the struct.
    ///
    /// # Errors
    /// [`RecordError::Payload`] or [`RecordError::Text`] when it would not be read back.
    pub fn to_json(&self) -> Result<String, RecordError> {
        self.check()?;
        serde_json::to_string(self).map_err(|e| RecordError::Statement(Arc::new(e)))
    }

    /// What the statement is about; `ledger` for those about the ledger itself.
    pub fn subject(&self, ledger: &str) -> String {
        match self {
            Statement::Party(s) => s.party.clone(),
            Statement::PartyStatus(s) => s.party.clone(),
            Statement::Key(s) => s.party.clone(),
            Statement::KeyRevocation(s) => s.key.uri(),
            Statement::Accreditation(s) => s.party.clone(),
            Statement::Mandate(s) => s.to.clone(),
            Statement::Product(s) => s.gtin.uri(),
            Statement::Place(s) => s.gln.uri(),
            Statement::Profile(s) => format!("urn:jejak:profile:{}", s.id),
            Statement::Specification(s) => format!("urn:jejak:specification:{}", s.id),
            Statement::Guide(s) => format!("urn:jejak:guide:{}", s.id),
            Statement::Certificate(s) => s.party.clone(),
            Statement::Ruleset(_)
            | Statement::LogKeys(_)
            | Statement::Clock(_)
            | Statement::ClockPermit(_)
            | Statement::ClockReset(_) => ledger.to_owned(),
        }
    }

    /// Checks what the types alone can't: lengths, codes, forms.
    ///
    /// # Errors
    /// [`RecordError::Payload`] naming the member.
    pub fn check(&self) -> Result<(), RecordError> {
        match self {
            Statement::Party(s) => {
                party("party", &s.party)?;
                names("name", &s.name)?;
                maybe("legalForm", s.legal_form.as_ref(), CODE)?;
                country(&s.country)?;
                region(s.region.as_ref())?;
                maybe("registration", s.registration.as_ref(), CODE)?;
                maybe("contact", s.contact.as_ref(), TEXT)?;
                unique("roles", &s.roles, 9)?;
                unique("prefixes", &s.prefixes, 8)?;
                unique("enrols", &s.enrols, 64)?;
                if s.roles.is_empty() {
                    return wrong("roles must name at least one");
                }
                prefixes("prefixes", &s.prefixes)?;
                prefixes("enrols", &s.enrols)?;
                if !s.enrols.is_empty() && !s.roles.contains(&Role::Region) {
                    return wrong("enrols is for a region: no other party enrols");
                }
                if s.gln.is_some_and(|gln| Gln::from_party_uri(&s.party).is_ok_and(|named| named != gln)) {
                    return wrong("gln must be the one in the party's URI");
                }
                if s.nonce
                    .as_ref()
                    .is_some_and(|n| n.len() != 32 || !n.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                {
                    return wrong("nonce must be 32 lower-case hex digits");
                }
                if s.nonce.is_some() != s.roles.contains(&Role::Authority) && s.replaces.is_none() {
                    return wrong("nonce belongs to the authority's own statement, entry 0, and to no other");
                }
                Ok(())
            }
            Statement::PartyStatus(s) => {
                party("party", &s.party)?;
                maybe("reason", s.reason.as_ref(), TEXT)
            }
            Statement::Key(s) => {
                party("party", &s.party)?;
                maybe("label", s.label.as_ref(), NAME)?;
                if s.possession.len() != 128 || !s.possession.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    return wrong("possession must be 128 lower-case hex digits");
                }
                Ok(())
            }
            Statement::KeyRevocation(s) => match s.reason.as_str() {
                "lost" | "replaced" | "compromised" | "left" => Ok(()),
                _ => wrong("reason must be lost, replaced, compromised or left"),
            },
            Statement::Accreditation(s) => {
                party("party", &s.party)?;
                unique("scope", &s.scope, 32)?;
                s.scope.iter().try_for_each(|c| code("scope", c))?;
                text("body", &s.body, CODE)?;
                text("number", &s.number, CODE)?;
                if s.scope.is_empty() || s.from >= s.until {
                    return wrong("an accreditation has a scope, and begins before it ends");
                }
                Ok(())
            }
            Statement::Mandate(s) => {
                party("to", &s.to)?;
                unique("acts", &s.acts, 32)?;
                s.acts.iter().try_for_each(|a| code("acts", a))?;
                let Some(lots) = &s.lots else { return Ok(()) };
                unique("lots", lots, 256)?;
                lots.iter().try_for_each(|lot| {
                    plain::check(lot.lot.as_str()).or_else(|error| wrong(format!("lots: {lot}: {error}")))
                })
            }
            Statement::Product(s) => {
                names("name", &s.name)?;
                code("commodity", &s.commodity)?;
                code("form", &s.form)?;
                unique("makers", &s.makers, 256)?;
                s.makers.iter().try_for_each(|m| party("makers", m))?;
                if s.makers.is_empty() {
                    return wrong("makers must name at least one party");
                }
                if s.net_content.is_some_and(|n| !n.is_positive()) {
                    return wrong("netContent must be above zero");
                }
                if s.hs.as_ref().is_some_and(|h| !(4..=10).contains(&h.len()) || !h.bytes().all(|b| b.is_ascii_digit()))
                {
                    return wrong("hs must be 4 to 10 digits");
                }
                s.storage.as_ref().map_or(Ok(()), |n| names("storage", n))
            }
            Statement::Place(s) => place(s),
            Statement::Profile(s) => {
                code("id", &s.id)?;
                code("version", &s.version)?;
                if s.bytes > strict::MAX_SAFE {
                    return wrong("bytes must be at most 9007199254740991 (2^53 - 1)");
                }
                if s.until.is_some_and(|until| until <= s.from) {
                    return wrong("a profile's period begins before it ends");
                }
                Ok(())
            }
            Statement::Specification(s) => {
                code("id", &s.id)?;
                code("version", &s.version)?;
                code("commodity", &s.commodity)?;
                if s.blake3.is_none() && s.replaces.is_none() {
                    return wrong("a specification without blake3 withdraws another, which it names in replaces");
                }
                Ok(())
            }
            Statement::Guide(s) => {
                code("id", &s.id)?;
                code("version", &s.version)?;
                if s.bytes > strict::MAX_SAFE {
                    return wrong("bytes must be at most 9007199254740991 (2^53 - 1)");
                }
                Ok(())
            }
            Statement::Certificate(s) => {
                party("party", &s.party)?;
                code("kind", &s.kind)?;
                maybe("number", s.number.as_ref(), CODE)?;
                text("issuer", &s.issuer, NAME)?;
                if s.from.zip(s.until).is_some_and(|(from, until)| until < from) {
                    return wrong("a certificate begins before it ends");
                }
                if s.withdrawn && s.replaces.is_none() {
                    return wrong("a withdrawn certificate names the statement that it withdraws in replaces");
                }
                Ok(())
            }
            Statement::Ruleset(_) => Ok(()),
            Statement::LogKeys(s) => {
                text("origin", &s.origin, 200)?;
                unique("log", &s.log, 8)?;
                unique("witnesses", &s.witnesses, 32)?;
                s.log.iter().try_for_each(|key| text("log", key, TEXT))?;
                s.witnesses.iter().try_for_each(|key| text("witnesses", key, WITNESS_KEY))?;
                if s.log.iter().chain(&s.witnesses).map(String::len).sum::<usize>() > ALL_LOG_KEYS {
                    return wrong(format!("the keys hold more than {ALL_LOG_KEYS} characters in all"));
                }
                if s.log.is_empty() {
                    return wrong("log must name at least one key");
                }
                Ok(())
            }
            Statement::Clock(s) => clock("time", s.time),
            Statement::ClockPermit(s) => seconds("until", s.until),
            Statement::ClockReset(s) => clock("time", s.time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Hash32;
    use crate::record::registry::{Clock, ClockReset, Profile};

    #[test]
    fn clock_of_zero_which_stands_for_none_yet_is_refused() {
        for (time, admitted) in [(-1, false), (0, false), (1, true)] {
            let reset = ClockReset { time, after: None, since: None };
            assert_eq!(Statement::Clock(Clock { time }).check().is_ok(), admitted);
            assert_eq!(Statement::ClockReset(reset).check().is_ok(), admitted);
        }
    }

    #[test]
    fn witness_key_has_one_limit_in_statements_and_policies() {
        assert_eq!(WITNESS_KEY, crate::log::vkey::MAX_VKEY);
    }

    #[test]
    fn profile_of_more_bytes_than_every_reader_holds_exactly_is_refused() {
        for (bytes, admitted) in [(strict::MAX_SAFE, true), (strict::MAX_SAFE + 1, false)] {
            let (id, version) = ("essential-oil".to_owned(), "1".to_owned());
            let profile = Profile { id, version, blake3: Hash32([1; 32]), bytes, from: 0, until: None };
            assert_eq!(Statement::Profile(profile).check().is_ok(), admitted, "{bytes}");
        }
    }
}
