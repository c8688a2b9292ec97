//! Reading the `jejak:` members: each has its type, an unknown one is refused.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::documents;
use super::ext::{
    Additive, Check, DocumentRef, Evidence, Ext, GivenUp, Handover, IlmdExt, Leg, Mode, Period, ProfileRef, Sample,
    Serials, Visit,
};
use super::parse::{EventError, Members};
use super::profile::{is_kemendagri_code, is_party};
use super::strict::{Json, MAX_SAFE};
use crate::gs1::{Gln, LotId, plain};

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
    let ext = members(m)?;
    if ext.commitment.is_some() && ext.milestone.is_none() {
        return m.fail("jejak:commitment", "is what a jejak:milestone commits to: name the milestone");
    }
    if let Some(code) = ext.milestone.as_deref()
        && code.starts_with("payment-")
        && !documents::PAYMENTS.contains(&code)
    {
        return m.fail("jejak:milestone", &format!("of a payment is one of {}", documents::PAYMENTS.join(", ")));
    }
    if ext.confirms.is_some() && ext.handover.is_none() {
        return m.fail("jejak:confirms", "is another record of the same jejak:handover: repeat it");
    }
    Ok(ext)
}

fn members(m: &mut Members<'_>) -> Result<Ext, EventError> {
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
        transfer: m.boolean("jejak:transfer")?.unwrap_or(false),
        rejects: record(m, "jejak:rejects")?,
        documents: documents_of(m)?,
        visit: visit(m)?,
        leg: leg(m)?,
        handover: handover(m)?,
        confirms: record(m, "jejak:confirms")?,
        monitoring: monitoring(m)?,
        given_up: given_up(m)?,
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
        catch_certificate: limited(&mut m, "jejak:catchCertificate", NUMBER)?,
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
    // it stands on the seal, in the id of a document, and in names of files
    if let Err(error) = plain::check(&id) {
        return s.fail("jejak:id", &error.to_string());
    }
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
            let bytes = natural(&mut e, "jejak:bytes")?;
            if bytes > MAX_SAFE {
                return e.fail("jejak:bytes", "must be at most 9007199254740991 (2^53 - 1)");
            }
            let found = Evidence {
                blake3: hash(&mut e, "jejak:blake3")?,
                media_type,
                bytes,
                document_type,
                title,
                public: match e.text("jejak:access")?.as_deref() {
                    None | Some("public") => true,
                    Some("restricted") => false,
                    Some(_) => return e.fail("jejak:access", "must be public or restricted"),
                },
                number: limited(&mut e, "jejak:number", NUMBER)?,
                issuer: limited(&mut e, "jejak:issuer", ISSUER)?,
                from: date(&mut e, "jejak:from")?,
                until: date(&mut e, "jejak:until")?,
            };
            if found.from.zip(found.until).is_some_and(|(from, until)| until < from) {
                return e.fail("jejak:until", "is before jejak:from");
            }
            e.end()?;
            Ok(found)
        })
        .collect()
}

/// Longest number of a document or certificate, in characters.
const NUMBER: usize = 64;

/// Longest name of an issuer.
const ISSUER: usize = 120;

fn documents_of(m: &mut Members<'_>) -> Result<Vec<DocumentRef>, EventError> {
    let list = m.list("jejak:documents")?;
    if list.len() > 32 {
        return m.fail("jejak:documents", "must name at most 32 documents");
    }
    let mut found: Vec<DocumentRef> = Vec::with_capacity(list.len());
    for mut d in list {
        let document = d.required("jejak:document")?;
        if found.iter().any(|other| other.document == document) {
            return d.fail("jejak:document", "is named twice");
        }
        let kind = code(&mut d, "jejak:kind")?;
        let number = limited(&mut d, "jejak:number", NUMBER)?;
        let (date, until) = (date(&mut d, "jejak:date")?, date(&mut d, "jejak:until")?);
        if date.zip(until).is_some_and(|(date, until)| until < date) {
            return d.fail("jejak:until", "is before jejak:date");
        }
        let issuer = limited(&mut d, "jejak:issuer", ISSUER)?;
        found.push(DocumentRef { document, kind, number, date, issuer, until });
        d.end()?;
    }
    Ok(found)
}

/// A code that is one of `words`.
fn word(m: &mut Members<'_>, name: &str, words: &[&str]) -> Result<String, EventError> {
    let text = m.required(name)?;
    if words.contains(&text.as_str()) {
        Ok(text)
    } else {
        m.fail(name, &format!("must be one of {}", words.join(", ")))
    }
}

/// Outcomes of a visit.
const OUTCOMES: [&str; 3] = ["in-order", "advice", "corrective-action"];

fn visit(m: &mut Members<'_>) -> Result<Option<Visit>, EventError> {
    let Some(mut v) = m.object("jejak:visit")? else { return Ok(None) };
    let Some(purpose) = code(&mut v, "jejak:purpose")? else { return v.fail("jejak:purpose", "is required") };
    let outcome = word(&mut v, "jejak:outcome", &OUTCOMES)?;
    let found =
        Visit { purpose, outcome, advice: limited(&mut v, "jejak:advice", 200)?, checklist: checklist(&mut v)? };
    if found.outcome == "in-order"
        && let Some(check) = found.checklist.iter().find(|check| check.answer == "no")
    {
        return v.fail("jejak:outcome", &format!("is in-order, and {} was answered no", check.item));
    }
    v.end()?;
    Ok(Some(found))
}

/// Answers to a point of a checklist.
const ANSWERS: [&str; 3] = ["yes", "no", "not-applicable"];

/// Most points of a checklist.
const MOST_CHECKS: usize = 64;

fn checklist(m: &mut Members<'_>) -> Result<Vec<Check>, EventError> {
    let list = m.list("jejak:checklist")?;
    if list.len() > MOST_CHECKS {
        return m.fail("jejak:checklist", &format!("must have at most {MOST_CHECKS} points"));
    }
    let mut found: Vec<Check> = Vec::with_capacity(list.len());
    for mut c in list {
        let Some(item) = code(&mut c, "jejak:item")? else { return c.fail("jejak:item", "is required") };
        if found.iter().any(|other| other.item == item) {
            return c.fail("jejak:item", "is answered twice");
        }
        let answer = word(&mut c, "jejak:answer", &ANSWERS)?;
        found.push(Check { item, answer, note: limited(&mut c, "jejak:note", 200)? });
        c.end()?;
    }
    Ok(found)
}

/// Modes of transport (UN/CEFACT Recommendation 19), by word.
const MODES: [&str; 6] = ["road", "sea", "inland-water", "air", "rail", "on-foot"];

fn leg(m: &mut Members<'_>) -> Result<Option<Leg>, EventError> {
    let Some(mut l) = m.object("jejak:leg")? else { return Ok(None) };
    let mode = word(&mut l, "jejak:mode", &MODES)?;
    let vehicle = limited(&mut l, "jejak:vehicle", NUMBER)?;
    let (from, to) = (place(&mut l, "jejak:from")?, place(&mut l, "jejak:to")?);
    let found = Leg { mode, vehicle, from, to, seal: code(&mut l, "jejak:seal")? };
    l.end()?;
    Ok(Some(found))
}

fn place(m: &mut Members<'_>, name: &str) -> Result<Option<String>, EventError> {
    match m.text(name)? {
        Some(uri) if Gln::from_uri(&uri).is_err() => m.fail(name, "must be a canonical place on id.gs1.org"),
        place => Ok(place),
    }
}

fn party(m: &mut Members<'_>, name: &str) -> Result<String, EventError> {
    let uri = m.required(name)?;
    if is_party(&uri) { Ok(uri) } else { m.fail(name, "must be a party") }
}

fn handover(m: &mut Members<'_>) -> Result<Option<Handover>, EventError> {
    let Some(mut h) = m.object("jejak:handover")? else { return Ok(None) };
    let (from, to) = (party(&mut h, "jejak:from")?, party(&mut h, "jejak:to")?);
    let condition = code(&mut h, "jejak:condition")?;
    let found = Handover { from, to, condition, seal: code(&mut h, "jejak:seal")? };
    h.end()?;
    Ok(Some(found))
}

fn monitoring(m: &mut Members<'_>) -> Result<Option<Period>, EventError> {
    let Some(mut p) = m.object("jejak:monitoring")? else { return Ok(None) };
    let Some(from) = date(&mut p, "jejak:from")? else { return p.fail("jejak:from", "is required") };
    let Some(until) = date(&mut p, "jejak:until")? else { return p.fail("jejak:until", "is required") };
    if until < from {
        return p.fail("jejak:until", "is before the first day");
    }
    p.end()?;
    Ok(Some(Period { from, until }))
}

/// Most records that one gives up, and lots that each of them was about.
const MOST_GIVEN_UP: usize = 8;

fn given_up(m: &mut Members<'_>) -> Result<Vec<GivenUp>, EventError> {
    let list = m.list("jejak:givenUp")?;
    if list.len() > MOST_GIVEN_UP {
        return m.fail("jejak:givenUp", "must name at most 8 records; the next record names the others");
    }
    let mut found: Vec<GivenUp> = Vec::with_capacity(list.len());
    for mut g in list {
        let seq = natural(&mut g, "jejak:seq")?;
        if !(1..=MAX_SAFE).contains(&seq) || found.iter().any(|other| other.seq == seq) {
            return g.fail("jejak:seq", "must be the number of a record, each once");
        }
        let Some(record) = record(&mut g, "jejak:record")? else { return g.fail("jejak:record", "is required") };
        let reason = g.required("jejak:reason")?;
        if !matches!(reason.as_str(), "refused" | "mistake" | "lost") {
            return g.fail("jejak:reason", "must be refused, mistake or lost");
        }
        let act = code(&mut g, "jejak:act")?;
        let mut lots = Vec::new();
        for uri in g.texts("jejak:lots")? {
            match LotId::from_uri(&uri) {
                Ok(lot)
                    if !lots.contains(&lot) && lots.len() < MOST_GIVEN_UP && plain::check(lot.lot.as_str()).is_ok() =>
                {
                    lots.push(lot);
                }
                _ => return g.fail("jejak:lots", "must be at most 8 lots, each once"),
            }
        }
        g.end()?;
        found.push(GivenUp { seq, record, reason, act, lots });
    }
    Ok(found)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::epcis::strict::MAX_SAFE;
    use crate::epcis::{Event, EventBuilder};

    #[test]
    fn evidence_of_more_bytes_than_every_reader_holds_exactly_is_malformed() {
        let read = |bytes: u64| {
            let evidence = json!([{
                "jejak:blake3": "7gmqihs72j6oomcen6brayrwc4z3qvactmnzskd4fp33cw2nxpeq", "jejak:mediaType": "image/jpeg",
                "jejak:bytes": bytes, "jejak:documentType": "photo", "jejak:title": "Harvest",
            }]);
            let lot = "https://id.gs1.org/01/09521321001015/10/NILAM-2611-02";
            let event = EventBuilder::new(
                "ObjectEvent",
                "urn:uuid:0190d5c0-0000-7000-8000-000000000001",
                "2026-11-03T16:20:00+08:00",
            )
            .act("OBSERVE", "storing")
            .quantity("quantityList", lot, "1", "KGM")
            .set("jejak:evidence", evidence);
            Event::from_json(event.build().as_bytes())
        };
        assert_eq!(read(MAX_SAFE).unwrap().ext.evidence[0].bytes, MAX_SAFE);
        for bytes in [MAX_SAFE + 1, u64::MAX] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains("jejak:bytes"), "{error}");
        }
    }
}
