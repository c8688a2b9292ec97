//! Reading the parts of an event that hold members of their own: `sensorElementList` and `errorDeclaration`. What this product does not read
//! is kept, once it is of the kind that the EPCIS 2.0 JSON Schema asks for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cbv;
use super::event::{ErrorDeclaration, SensorElement, SensorMetadata, SensorReport};
use super::parse::{EventError, Members};
use super::strict::Json;
use super::uri::is_uri;

/// `errorDeclaration`.
pub(super) fn error_declaration(mut e: Members<'_>) -> Result<ErrorDeclaration, EventError> {
    let Some(declaration_time) = e.time("declarationTime")? else { return e.fail("declarationTime", "is required") };
    Ok(ErrorDeclaration {
        declaration_time,
        reason: e.text("reason")?,
        corrective: e.uris("correctiveEventIDs")?,
        other: e.rest()?,
    })
}

/// An element of `sensorElementList`.
pub(super) fn sensor(mut s: Members<'_>) -> Result<SensorElement, EventError> {
    let metadata = match s.object("sensorMetadata")? {
        None => SensorMetadata::default(),
        Some(mut d) => SensorMetadata {
            time: d.time("time")?,
            start_time: d.time("startTime")?,
            end_time: d.time("endTime")?,
            device_id: d.uri("deviceID")?,
            other: kept(d, &["deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"])?,
        },
    };
    let reports = s.list("sensorReport")?.into_iter().map(report).collect::<Result<Vec<_>, _>>()?;
    if reports.is_empty() {
        return s.fail("sensorReport", "is required");
    }
    Ok(SensorElement { metadata, reports, other: s.rest()? })
}

/// Extension members, and these members of EPCIS, which are URIs.
fn kept(mut m: Members<'_>, uris: &[&str]) -> Result<BTreeMap<String, Value>, EventError> {
    let mut known = Vec::new();
    for name in uris {
        known.extend(m.uri(name)?.map(|uri| ((*name).to_owned(), Value::String(uri))));
    }
    let mut other = m.rest()?;
    other.extend(known);
    Ok(other)
}

/// A word of a list, or a URI outside the vocabularies that have their words in lists.
fn word(m: &mut Members<'_>, name: &str, list: &[&str]) -> Result<Option<String>, EventError> {
    let own = ["urn:epcglobal:cbv", "://ns.gs1.org/cbv/", "://gs1.org/voc/", "://www.gs1.org/voc/"];
    match m.text(name)? {
        Some(text) if list.contains(&text.as_str()) => Ok(Some(text)),
        Some(text) if is_uri(&text) && !own.iter().any(|own| text.contains(own)) => Ok(Some(text)),
        Some(_) => m.fail(name, "must be a word of its list, or a URI of another vocabulary"),
        None => Ok(None),
    }
}

/// Units of the lot for which a value stands.
fn units(r: &mut Members<'_>) -> Result<Option<u32>, EventError> {
    const MOST: u32 = 100_000;
    match r.take("jejak:units") {
        None => Ok(None),
        Some(Json::Number(number)) if number.parse().is_ok_and(|units: u32| (1..=MOST).contains(&units)) => {
            Ok(number.parse().ok())
        }
        Some(_) => r.fail("jejak:units", "must be a whole number from 1 to 100000"),
    }
}

fn report(mut r: Members<'_>) -> Result<SensorReport, EventError> {
    let Some(parameter) = word(&mut r, "type", cbv::MEASUREMENTS)? else { return r.fail("type", "is required") };
    let mut known: Vec<(&str, Value)> = Vec::new();
    known.extend(word(&mut r, "exception", cbv::ALERTS)?.map(|text| ("exception", text.into())));
    known.extend(word(&mut r, "component", cbv::COMPONENTS)?.map(|text| ("component", text.into())));
    known.extend(r.time_text("time")?.map(|text| ("time", text.into())));
    if let Some(hex) = r.text("hexBinaryValue")? {
        if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return r.fail("hexBinaryValue", "must be hexadecimal digits");
        }
        known.push(("hexBinaryValue", hex.into()));
    }
    for name in ["sDev", "percRank", "percValue"] {
        known.extend(r.number_as_written(name)?.map(|number| (name, number)));
    }
    let mut report = SensorReport {
        parameter,
        string_value: r.text("stringValue")?,
        value: r.number("value")?,
        boolean_value: r.boolean("booleanValue")?,
        min_value: r.number("minValue")?,
        max_value: r.number("maxValue")?,
        mean_value: r.number("meanValue")?,
        uom: r.text("uom")?,
        uncertainty: r.decimal_text("jejak:uncertainty")?,
        loq: r.decimal_text("jejak:loq")?,
        method: r.text("jejak:method")?,
        units: units(&mut r)?,
        other: kept(
            r,
            &[
                "deviceID",
                "deviceMetadata",
                "rawData",
                "dataProcessingMethod",
                "bizRules",
                "microorganism",
                "chemicalSubstance",
                "coordinateReferenceSystem",
                "uriValue",
            ],
        )?,
    };
    report.other.extend(known.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(report)
}
