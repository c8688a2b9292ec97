//! The product's profile of EPCIS: what an admitted event looks like beyond being valid EPCIS 2.0 (`docs/rules.md`,
//! "Identifiers"; `schemas/event.schema.json` is the same as data).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::event::{Event, QuantityElement};
use super::parse::{EventError, wrong};
use super::{cbv, extension};
use crate::gs1::{Gln, LotId, Serial, Sscc, plain};

static CONTEXT: LazyLock<serde_json::Value> = LazyLock::new(|| {
    json!([
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        { "jejak": "urn:jejak:v1:" }
    ])
});

/// The `@context` of every admitted event, which the contexts of [`extension::VOCABULARIES`] may follow.
pub fn context() -> &'static serde_json::Value {
    &CONTEXT
}

/// A serialised item: `…/01/<gtin>/10/<lot>/21/<serial>`.
pub fn item(uri: &str) -> Option<(LotId, Serial)> {
    let (class, serial) = uri.rsplit_once("/21/")?;
    let lot = LotId::from_uri(class).ok()?;
    let text = crate::gs1::percent::decode_component(serial)?;
    let serial: Serial = text.try_into().ok()?;
    (uri == format!("{}/21/{}", lot.uri(), crate::gs1::percent::encode_component(serial.as_str())))
        .then_some((lot, serial))
}

fn epc(member: &str, uri: &str) -> Result<(), EventError> {
    if Sscc::from_uri(uri).is_ok() {
        return Ok(());
    }
    let Some((lot, serial)) = item(uri) else {
        return wrong(member, format!("{uri} is not a canonical SSCC or serialised item on id.gs1.org"));
    };
    number(member, lot.lot.as_str())?;
    number(member, serial.as_str())
}

/// A lot or serial number of the ledger: one that comes through addresses, scanners and file names as it is.
fn number(member: &str, text: &str) -> Result<(), EventError> {
    plain::check(text).or_else(|error| wrong(member, format!("{text:?}: {error}")))
}

fn word(member: &str, value: Option<&str>, list: &[&str]) -> Result<(), EventError> {
    match value {
        Some(value) if !list.contains(&value) => wrong(member, format!("{value} is not a bare word of CBV 2.0")),
        _ => Ok(()),
    }
}

fn lots(member: &str, list: &[QuantityElement]) -> Result<(), EventError> {
    for q in list {
        match LotId::from_uri(&q.epc_class) {
            Ok(lot) => number(member, lot.lot.as_str())?,
            Err(error) => return wrong(member, format!("{}: {error}", q.epc_class)),
        }
    }
    Ok(())
}

/// Whether `text` is a code of the Ministry of Home Affairs in its one form: province, regency, district and village as digits of two,
/// two, two and four, separated by points, the last ones left out.
pub fn is_kemendagri_code(text: &str) -> bool {
    let mut parts = text.split('.');
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let well_formed =
        [2, 2, 2, 4].into_iter().map_while(|length| parts.next().map(|part| digits(part, length))).all(|ok| ok);
    well_formed && parts.next().is_none()
}

/// Whether `uri` can be a party's: `https://id.gs1.org/417/<gln>` or `urn:jejak:party:<name>`.
pub fn is_party(uri: &str) -> bool {
    if let Some(name) = uri.strip_prefix("urn:jejak:party:") {
        return (3..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    }
    Gln::from_party_uri(uri).is_ok()
}

impl Event {
    /// Checks that the event is of the form the ledger admits.
    ///
    /// # Errors
    /// [`EventError::Member`] naming the first member that is not.
    pub fn check_profile(&self) -> Result<(), EventError> {
        let Some(declared) = self.context.as_ref().and_then(extension::declared) else {
            return wrong(
                "@context",
                "must be the two entries of docs/formats.md, then only contexts that are bundled",
            );
        };
        for (at, members) in self.others() {
            for (name, value) in members.iter().filter(|(name, _)| name.contains(':') || name.starts_with('@')) {
                extension::check(&at, name, value, &declared)?;
            }
        }
        let id = self.event_id.as_deref().unwrap_or_default();
        let uuid = id.strip_prefix("urn:uuid:").and_then(|u| uuid::Uuid::try_parse(u).ok().map(|parsed| (u, parsed)));
        match uuid {
            Some((text, parsed))
                if matches!(parsed.get_version_num(), 4 | 7) && parsed.hyphenated().to_string() == text => {}
            _ => return wrong("eventID", "must be urn:uuid: and a version 4 or 7 UUID in lower case"),
        }
        if self.record_time.is_some() {
            return wrong("recordTime", "is not stated by the signer: the log's clock says when");
        }
        if self.kind == super::EventType::Association {
            return wrong("type", "an AssociationEvent is not an act of this ledger");
        }
        word("bizStep", self.biz_step.as_deref(), cbv::BIZ_STEPS)?;
        word("disposition", self.disposition.as_deref(), cbv::DISPOSITIONS)?;
        if let Some(p) = &self.persistent {
            for d in p.set.iter().chain(&p.unset) {
                word("persistentDisposition", Some(d), cbv::DISPOSITIONS)?;
            }
        }
        for t in &self.transactions {
            word("bizTransactionList.type", t.kind.as_deref(), cbv::TRANSACTION_TYPES)?;
        }
        for e in self.sources.iter().chain(&self.destinations) {
            word("sourceList.type", Some(&e.kind), cbv::SOURCE_DEST_TYPES)?;
            if e.kind == "location" {
                if Gln::from_uri(&e.id).is_err() {
                    return wrong("sourceList", format!("{} is not a canonical place", e.id));
                }
            } else if !is_party(&e.id) {
                return wrong("sourceList", format!("{} is not a party", e.id));
            }
        }
        if self.error.is_some() && self.ext.voids.is_none() {
            return wrong("errorDeclaration", "needs jejak:voids beside it: the record that it declares wrong");
        }
        if let Some(error) = &self.error {
            word("errorDeclaration.reason", error.reason.as_deref(), cbv::ERROR_REASONS)?;
        }
        for (member, list) in [
            ("epcList", &self.epcs),
            ("childEPCs", &self.child_epcs),
            ("inputEPCList", &self.input_epcs),
            ("outputEPCList", &self.output_epcs),
        ] {
            for uri in list {
                epc(member, uri)?;
            }
        }
        if let Some(parent) = &self.parent
            && Sscc::from_uri(parent).is_err()
        {
            return wrong("parentID", "must be a canonical SSCC on id.gs1.org");
        }
        lots("quantityList", &self.quantities)?;
        lots("childQuantityList", &self.child_quantities)?;
        lots("inputQuantityList", &self.inputs)?;
        lots("outputQuantityList", &self.outputs)?;
        for place in [&self.read_point, &self.biz_location].into_iter().flatten() {
            if Gln::from_uri(&place.id).is_err() {
                return wrong("readPoint", format!("{} is not a canonical place on id.gs1.org", place.id));
            }
        }
        self.check_documents()?;
        self.check_values()
    }

    /// The members of other vocabularies, by where they stand.
    pub fn others(&self) -> Vec<(String, &BTreeMap<String, Value>)> {
        let mut all = vec![(String::new(), &self.other), ("ilmd".to_owned(), &self.ilmd_other)];
        all.extend(self.read_point.as_ref().map(|place| ("readPoint".to_owned(), &place.other)));
        all.extend(self.biz_location.as_ref().map(|place| ("bizLocation".to_owned(), &place.other)));
        all.extend(self.error.as_ref().map(|error| ("errorDeclaration".to_owned(), &error.other)));
        for (i, sensor) in self.sensors.iter().enumerate() {
            let at = format!("sensorElementList[{i}]");
            all.push((format!("{at}.sensorMetadata"), &sensor.metadata.other));
            let reports = sensor.reports.iter().enumerate();
            all.extend(reports.map(|(n, report)| (format!("{at}.sensorReport[{n}]"), &report.other)));
            all.push((at, &sensor.other));
        }
        all
    }

    /// `stringValue` governs: a `value` beside it must be the same number.
    fn check_values(&self) -> Result<(), EventError> {
        for report in self.sensors.iter().flat_map(|s| &s.reports) {
            if let (Some(text), Some(value)) = (&report.string_value, report.value)
                && crate::gs1::exact_decimal(text).ok() != Some(value)
            {
                return wrong("sensorReport.value", format!("{value} is not the stringValue {text}"));
            }
            if report.string_value.as_ref().is_some_and(|t| t.len() > 40) {
                return wrong("sensorReport.stringValue", "is longer than 40 characters");
            }
        }
        Ok(())
    }
}
