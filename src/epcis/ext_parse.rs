//! Reading the `jejak:` members: each has its type, an unknown one is refused.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::ext::{Additive, Evidence, Ext, IlmdExt, Mode, ProfileRef, Sample, Serials};
use super::parse::{EventError, Members};
use super::profile::is_kemendagri_code;
use super::strict::Json;

const RECORD: &str = "urn:jejak:record:";
/// Characters of a village's code.
const VILLAGE: usize = 13;

/// Whether a text is a BLAKE3-256 hash as records write it: 52 characters of lower-case base32.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 52 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
}

/// A record URI, kept as the bare id.
fn record_id(m: &Members<'_>, name: &str, text: &str) -> Result<String, EventError> {
    match text.strip_prefix(RECORD) {
        Some(id) if is_hash(id) => Ok(id.to_owned()),
        _ => m.fail(name, "must be urn:jejak:record: and 52 base32 characters"),
    }
}

fn records(m: &mut Members<'_>, name: &str) -> Result<Vec<String>, EventError> {
    let texts = m.texts(name)?;
    let mut ids = Vec::with_capacity(texts.len());
    for text in &texts {
        let id = record_id(m, name, text)?;
        if ids.contains(&id) {
            return m.fail(name, "names a record twice");
        }
        ids.push(id);
    }
    Ok(ids)
}

fn record(m: &mut Members<'_>, name: &str) -> Result<Option<String>, EventError> {
    match m.text(name)? {
        None => Ok(None),
        Some(text) => record_id(m, name, &text).map(Some),
    }
}

fn hash(m: &mut Members<'_>, name: &str) -> Result<String, EventError> {
    let text = m.required(name)?;
    if is_hash(&text) { Ok(text) } else { m.fail(name, "must be 52 characters of lower-case base32") }
}

/// A short code: letters, digits, `-`, `_`, `:`, `/` and `.`, at most 64.
fn code(m: &mut Members<'_>, name: &str) -> Result<Option<String>, EventError> {
    match m.text(name)? {
        None => Ok(None),
        Some(text)
            if text.len() <= 64
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'/' | b'.')) =>
        {
            Ok(Some(text))
        }
        Some(_) => m.fail(name, "must be a code of at most 64 letters, digits and - _ : / ."),
    }
}

fn codes(m: &mut Members<'_>, name: &str) -> Result<Vec<String>, EventError> {
    let texts = m.texts(name)?;
    if texts.len() > 32 || texts.iter().any(|t| t.len() > 64) {
        return m.fail(name, "must be at most 32 codes of at most 64 characters");
    }
    Ok(texts)
}

fn limited(m: &mut Members<'_>, name: &str, most: usize) -> Result<Option<String>, EventError> {
    match m.text(name)? {
        Some(text) if text.chars().count() > most => m.fail(name, &format!("has more than {most} characters")),
        other => Ok(other),
    }
}

fn date(m: &mut Members<'_>, name: &str) -> Result<Option<Date>, EventError> {
    match m.text(name)? {
        None => Ok(None),
        Some(text) if text.len() == 10 => match text.parse::<Date>() {
            Ok(date) => Ok(Some(date)),
            Err(_) => m.fail(name, "must be a date such as 2026-11-03"),
        },
        Some(_) => m.fail(name, "must be a date such as 2026-11-03"),
    }
}

fn natural(m: &mut Members<'_>, name: &str) -> Result<u64, EventError> {
    match m.take(name) {
        Some(Json::Number(number)) => match number.parse() {
            Ok(value) => Ok(value),
            Err(_) => m.fail(name, "must be a whole number"),
        },
        _ => m.fail(name, "must be a whole number"),
    }
}

/// The `jejak:` members of an event.
pub(super) fn event(m: &mut Members<'_>) -> Result<Ext, EventError> {
    Ok(Ext {
        after: records(m, "jejak:after")?,
        voids: record(m, "jejak:voids")?,
        shipment: record(m, "jejak:shipment")?,
        retests: records(m, "jejak:retests")?,
        lifts: record(m, "jejak:lifts")?,
        process: code(m, "jejak:process")?,
        additives: additives(m)?,
        mode: match m.text("jejak:mode")?.as_deref() {
            None => None,
            Some("identity-preserved") => Some(Mode::IdentityPreserved),
            Some("segregated") => Some(Mode::Segregated),
            Some("mass-balance") => Some(Mode::MassBalance),
            Some(_) => return m.fail("jejak:mode", "must be identity-preserved, segregated or mass-balance"),
        },
        reason: limited(m, "jejak:reason", 200)?,
        profile: profile(m)?,
        sample: sample(m)?,
        evidence: evidence(m)?,
        serials: serials(m)?,
        market: match m.text("jejak:market")? {
            Some(market)
                if market != "INT" && (market.len() != 2 || !market.bytes().all(|b| b.is_ascii_uppercase())) =>
            {
                return m.fail("jejak:market", "must be two capital letters (ISO 3166-1), EU or INT");
            }
            market => market,
        },
        milestone: code(m, "jejak:milestone")?,
        commitment: if m.has_left("jejak:commitment") { Some(hash(m, "jejak:commitment")?) } else { None },
        claims: codes(m, "jejak:claims")?,
        close: m.boolean("jejak:close")?.unwrap_or(false),
    })
}

/// The `jejak:` members of `ilmd`, and the others.
pub(super) fn ilmd(mut m: Members<'_>) -> Result<(IlmdExt, BTreeMap<String, Value>), EventError> {
    let typed = IlmdExt {
        commodity: code(&mut m, "jejak:commodity")?,
        form: code(&mut m, "jejak:form")?,
        harvest_start: date(&mut m, "jejak:harvestStart")?,
        harvest_end: date(&mut m, "jejak:harvestEnd")?,
        village: village(&mut m)?,
        gear: code(&mut m, "jejak:gear")?,
        plots: codes(&mut m, "jejak:plots")?,
        best_before: date(&mut m, "jejak:bestBefore")?,
        claims: codes(&mut m, "jejak:claims")?,
    };
    if let (Some(start), Some(end)) = (typed.harvest_start, typed.harvest_end)
        && end < start
    {
        return m.fail("jejak:harvestEnd", "is before the start of the harvest");
    }
    Ok((typed, m.rest()?))
}

/// A village's code, in its one form.
fn village(m: &mut Members<'_>) -> Result<Option<String>, EventError> {
    match m.text("jejak:village")? {
        Some(code) if code.len() != VILLAGE || !is_kemendagri_code(&code) => {
            m.fail("jejak:village", "must be the code of a village, such as 74.12.05.2003")
        }
        village => Ok(village),
    }
}

fn profile(m: &mut Members<'_>) -> Result<Option<ProfileRef>, EventError> {
    let Some(mut p) = m.object("jejak:profile")? else { return Ok(None) };
    let found = ProfileRef {
        id: code(&mut p, "jejak:id")?.unwrap_or_default(),
        version: code(&mut p, "jejak:version")?.unwrap_or_default(),
        blake3: hash(&mut p, "jejak:blake3")?,
        requirements: codes(&mut p, "jejak:requirements")?,
    };
    if found.id.is_empty() || found.version.is_empty() {
        return p.fail("jejak:id", "id and version are required");
    }
    p.end()?;
    Ok(Some(found))
}

fn sample(m: &mut Members<'_>) -> Result<Option<Sample>, EventError> {
    let Some(mut s) = m.object("jejak:sample")? else { return Ok(None) };
    let Some(id) = code(&mut s, "jejak:id")? else { return s.fail("jejak:id", "is required") };
    let found = Sample {
        id,
        seal: code(&mut s, "jejak:seal")?,
        plan: code(&mut s, "jejak:plan")?,
        holder: s.text("jejak:holder")?,
    };
    s.end()?;
    Ok(Some(found))
}

fn additives(m: &mut Members<'_>) -> Result<Vec<Additive>, EventError> {
    let list = m.list("jejak:additives")?;
    if list.len() > 32 {
        return m.fail("jejak:additives", "must name at most 32 substances");
    }
    list.into_iter()
        .map(|mut a| {
            let Some(substance) = code(&mut a, "jejak:substance")? else {
                return a.fail("jejak:substance", "is required");
            };
            let Some(value) = a.decimal_text("jejak:value")? else { return a.fail("jejak:value", "is required") };
            let uom = a.required("jejak:uom")?;
            a.end()?;
            Ok(Additive { substance, value, uom })
        })
        .collect()
}

fn evidence(m: &mut Members<'_>) -> Result<Vec<Evidence>, EventError> {
    let list = m.list("jejak:evidence")?;
    if list.len() > 32 {
        return m.fail("jejak:evidence", "must name at most 32 documents");
    }
    list.into_iter()
        .map(|mut e| {
            let Some(title) = limited(&mut e, "jejak:title", 120)? else { return e.fail("jejak:title", "is required") };
            let Some(media_type) = code(&mut e, "jejak:mediaType")? else {
                return e.fail("jejak:mediaType", "is required");
            };
            let Some(document_type) = code(&mut e, "jejak:documentType")? else {
                return e.fail("jejak:documentType", "is required");
            };
            let found = Evidence {
                blake3: hash(&mut e, "jejak:blake3")?,
                media_type,
                bytes: natural(&mut e, "jejak:bytes")?,
                document_type,
                title,
                public: match e.text("jejak:access")?.as_deref() {
                    None | Some("public") => true,
                    Some("restricted") => false,
                    Some(_) => return e.fail("jejak:access", "must be public or restricted"),
                },
            };
            e.end()?;
            Ok(found)
        })
        .collect()
}

fn serials(m: &mut Members<'_>) -> Result<Option<Serials>, EventError> {
    let Some(mut s) = m.object("jejak:serials")? else { return Ok(None) };
    let count = natural(&mut s, "jejak:count")?;
    let Ok(count) = u32::try_from(count) else { return s.fail("jejak:count", "is too large") };
    if count == 0 {
        return s.fail("jejak:count", "must be at least 1");
    }
    let root = hash(&mut s, "jejak:root")?;
    let Some(mut net) = s.object("jejak:net")? else { return s.fail("jejak:net", "is required") };
    let Some(value) = net.decimal_text("jejak:value")? else { return net.fail("jejak:value", "is required") };
    let net_uom = net.required("jejak:uom")?;
    net.end()?;
    s.end()?;
    Ok(Some(Serials { count, root, net: value, net_uom }))
}
