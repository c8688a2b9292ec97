//! From JSON to [`Event`]: strict JSON first, then EPCIS 2.0's own rules (the JSON Schema's, per event type).
//!
//! Unknown bare member names are refused, members of other vocabularies (a CURIE or URI) are kept, and an unknown `jejak:`
//! name is refused. What it is not: the product's profile of EPCIS, which is [`super::profile`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::event::{
    Action, BizTransaction, ErrorDeclaration, Event, EventType, PersistentDisposition, Place, QuantityElement,
    SensorElement, SensorMetadata, SensorReport, SourceDest,
};
use super::strict::{self, Json};
use crate::gs1::exact_decimal;

/// Why bytes are not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not strict JSON.
    #[error(transparent)]
    Json(#[from] strict::StrictError),
    /// A member that is missing, of the wrong kind, or not allowed.
    #[error("{member}: {what}")]
    Member {
        /// Where, such as `quantityList[0].uom`.
        member: String,
        /// What is wrong.
        what: String,
    },
}

/// The error for a member.
pub(crate) fn wrong<T>(member: impl Into<String>, what: impl Into<String>) -> Result<T, EventError> {
    Err(EventError::Member { member: member.into(), what: what.into() })
}

/// Members of an object, taken one by one; what is left at the end must be an extension.
pub(crate) struct Members<'a> {
    pub(crate) at: String,
    map: Vec<(&'a str, Json<'a>)>,
}

impl<'a> Members<'a> {
    pub(crate) fn of(at: String, value: Json<'a>) -> Result<Members<'a>, EventError> {
        match value {
            Json::Object(map) => Ok(Members { at, map }),
            _ => wrong(at, "must be an object"),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let at = self.map.iter().position(|(member, _)| *member == name)?;
        Some(self.map.remove(at).1)
    }

    pub(crate) fn fail<T>(&self, name: &str, what: &str) -> Result<T, EventError> {
        wrong(self.path(name), what)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Text(text)) if !text.is_empty() => self.readable(name, &text).map(|()| Some(text.into_owned())),
            Some(_) => self.fail(name, "must be a text that is not empty"),
        }
    }

    /// Refuses a text that people could not read as it is written.
    fn readable(&self, name: &str, text: &str) -> Result<(), EventError> {
        crate::text::check(text).or_else(|error| self.fail(name, &error.to_string()))
    }

    pub(crate) fn required(&mut self, name: &str) -> Result<String, EventError> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => self.fail(name, "is required"),
        }
    }

    /// A text, or a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, EventError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Json::List(items)) => items
                .into_iter()
                .map(|item| match item {
                    Json::Text(text) if !text.is_empty() => self.readable(name, &text).map(|()| text.into_owned()),
                    _ => self.fail(name, "must hold texts only"),
                })
                .collect(),
            Some(_) => self.fail(name, "must be a list"),
        }
    }

    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Members<'a>>, EventError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Json::List(items)) => {
                let path = self.path(name);
                items.into_iter().enumerate().map(|(i, item)| Members::of(format!("{path}[{i}]"), item)).collect()
            }
            Some(_) => self.fail(name, "must be a list"),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Members<'a>>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => Members::of(self.path(name), value).map(Some),
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<Option<Decimal>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Number(number)) => match exact_decimal(number) {
                Ok(value) => Ok(Some(value)),
                Err(error) => self.fail(name, &error.to_string()),
            },
            Some(_) => self.fail(name, "must be a number"),
        }
    }

    /// A decimal written as a text, as `jejak:` members state them.
    pub(crate) fn decimal_text(&mut self, name: &str) -> Result<Option<Decimal>, EventError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match exact_decimal(&text) {
                Ok(value) => Ok(Some(value)),
                Err(error) => self.fail(name, &error.to_string()),
            },
        }
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(value)),
            Some(_) => self.fail(name, "must be true or false"),
        }
    }

    pub(crate) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, EventError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match text.parse::<Timestamp>() {
                Ok(time) if rfc3339(&text) => Ok(Some(time)),
                _ => self.fail(name, "must be a date and time with offset, such as 2026-11-03T16:20:00+08:00"),
            },
        }
    }

    pub(crate) fn has_left(&self, name: &str) -> bool {
        self.map.iter().any(|(member, _)| *member == name)
    }

    /// What is left, when every name is an extension of another vocabulary.
    pub(crate) fn rest(self) -> Result<BTreeMap<String, Value>, EventError> {
        let at = self.at;
        let mut rest = BTreeMap::new();
        for (name, value) in self.map {
            let path = || if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            if name.starts_with("jejak:") || name.starts_with("urn:jejak:") {
                return wrong(path(), "no such jejak member here");
            }
            if !name.contains(':') && !matches!(name, "rdfs" | "@context" | "@type" | "@id") {
                return wrong(path(), "no such member in EPCIS 2.0; an extension needs a prefix");
            }
            rest.insert(name.to_owned(), value.into());
        }
        Ok(rest)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), EventError> {
        match self.map.first() {
            None => Ok(()),
            Some((name, _)) => wrong(self.path(name), "no such member here"),
        }
    }
}

/// Whether a time has the form that EPCIS requires (RFC 3339, capital letters, an offset), which every parser reads alike.
fn rfc3339(text: &str) -> bool {
    let shape = |part: &str, like: &str| {
        part.len() == like.len()
            && part.bytes().zip(like.bytes()).all(|(b, l)| if l == b'0' { b.is_ascii_digit() } else { b == l })
    };
    let Some((head, tail)) = text.split_at_checked(19) else { return false };
    let digits = tail.strip_prefix('.').map_or(0, |t| t.bytes().take_while(u8::is_ascii_digit).count());
    let fraction_ok = digits > 0 || !tail.starts_with('.');
    let zone = if digits > 0 { &tail[digits + 1..] } else { tail };
    shape(head, "0000-00-00T00:00:00")
        && &head[17..] <= "59"
        && fraction_ok
        && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}

/// `eventTimeZoneOffset` by the pattern of the EPCIS JSON Schema: up to 14:00 either way.
fn offset_ok(text: &str) -> bool {
    let [b'+' | b'-', h1, h2, b':', m1, m2] = text.as_bytes() else { return false };
    if ![h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (hours, minutes) = (&text[1..3], &text[4..6]);
    (hours <= "13" && minutes <= "59") || (hours == "14" && minutes == "00")
}

impl Event {
    /// Reads one event.
    ///
    /// # Errors
    /// [`EventError`] when the bytes are not strict JSON or not an EPCIS 2.0 event.
    pub fn from_json(bytes: &[u8]) -> Result<Event, EventError> {
        let mut m = Members::of(String::new(), strict::read(bytes)?)?;
        let context = m.take("@context").map(Value::from);
        let kind = match m.required("type")?.as_str() {
            "ObjectEvent" => EventType::Object,
            "AggregationEvent" => EventType::Aggregation,
            "TransactionEvent" => EventType::Transaction,
            "TransformationEvent" => EventType::Transformation,
            "AssociationEvent" => EventType::Association,
            _ => return m.fail("type", "is not one of the five EPCIS 2.0 event types"),
        };
        let Some(event_time) = m.time("eventTime")? else { return m.fail("eventTime", "is required") };
        let offset = m.required("eventTimeZoneOffset")?;
        if !offset_ok(&offset) {
            return m.fail("eventTimeZoneOffset", "must be like +08:00");
        }
        let action = match m.text("action")?.as_deref() {
            None => None,
            Some("ADD") => Some(Action::Add),
            Some("OBSERVE") => Some(Action::Observe),
            Some("DELETE") => Some(Action::Delete),
            Some(_) => return m.fail("action", "must be ADD, OBSERVE or DELETE"),
        };
        let (ilmd, ilmd_other) = match m.object("ilmd")? {
            None => (None, BTreeMap::new()),
            Some(members) => {
                let (typed, other) = super::ext_parse::ilmd(members)?;
                (Some(typed), other)
            }
        };
        let certification = match m.take("certificationInfo") {
            None => Vec::new(),
            Some(Json::Text(text)) => vec![text.into_owned()],
            Some(value) => {
                m.map.push(("certificationInfo", value));
                m.texts("certificationInfo")?
            }
        };
        let event = Event {
            kind,
            context,
            event_id: m.text("eventID")?,
            event_time,
            offset,
            record_time: m.time("recordTime")?,
            action,
            biz_step: m.text("bizStep")?,
            disposition: m.text("disposition")?,
            persistent: match m.object("persistentDisposition")? {
                None => None,
                Some(mut p) => {
                    let found = PersistentDisposition { set: p.texts("set")?, unset: p.texts("unset")? };
                    p.end()?;
                    Some(found)
                }
            },
            read_point: place(&mut m, "readPoint")?,
            biz_location: place(&mut m, "bizLocation")?,
            epcs: m.texts("epcList")?,
            quantities: quantities(&mut m, "quantityList")?,
            parent: m.text("parentID")?,
            child_epcs: m.texts("childEPCs")?,
            child_quantities: quantities(&mut m, "childQuantityList")?,
            input_epcs: m.texts("inputEPCList")?,
            inputs: quantities(&mut m, "inputQuantityList")?,
            output_epcs: m.texts("outputEPCList")?,
            outputs: quantities(&mut m, "outputQuantityList")?,
            transformation_id: m.text("transformationID")?,
            transactions: transactions(&mut m)?,
            sources: ends(&mut m, "sourceList", "source")?,
            destinations: ends(&mut m, "destinationList", "destination")?,
            sensors: m.list("sensorElementList")?.into_iter().map(sensor).collect::<Result<_, _>>()?,
            error: match m.object("errorDeclaration")? {
                None => None,
                Some(e) => Some(error_declaration(e)?),
            },
            certification,
            ilmd,
            ilmd_other,
            ext: super::ext_parse::event(&mut m)?,
            other: m.rest()?,
        };
        event.check()?;
        Ok(event)
    }

    /// The rules of the EPCIS 2.0 JSON Schema for the event's type.
    fn check(&self) -> Result<(), EventError> {
        let any_epc = !self.epcs.is_empty() || !self.quantities.is_empty();
        let any_child = !self.child_epcs.is_empty() || !self.child_quantities.is_empty();
        let delete = self.action == Some(Action::Delete);
        if (self.kind == EventType::Transformation) != self.action.is_none() {
            return wrong("action", if self.action.is_none() { "is required" } else { "a transformation has none" });
        }
        match self.kind {
            EventType::Object => {
                let sensed = !self.sensors.is_empty() && self.read_point.is_some();
                if !any_epc && !sensed {
                    return wrong("epcList", "an ObjectEvent names objects, or senses at a read point");
                }
                if self.ilmd.is_some() && self.action != Some(Action::Add) {
                    return wrong("ilmd", "an ObjectEvent has ilmd only with action ADD");
                }
            }
            EventType::Aggregation | EventType::Association => {
                if !any_child && !delete {
                    return wrong("childEPCs", "children are required");
                }
                if self.parent.is_none()
                    && (self.kind == EventType::Association || self.action != Some(Action::Observe))
                {
                    return wrong("parentID", "is required");
                }
            }
            EventType::Transaction => {
                if self.transactions.is_empty() {
                    return wrong("bizTransactionList", "is required");
                }
                if !any_epc && !delete {
                    return wrong("epcList", "objects are required");
                }
            }
            EventType::Transformation => {
                let ins = !self.input_epcs.is_empty() || !self.inputs.is_empty();
                let outs = !self.output_epcs.is_empty() || !self.outputs.is_empty();
                if !(ins && outs || self.transformation_id.is_some() && (ins || outs)) {
                    return wrong("inputQuantityList", "a transformation has inputs and outputs");
                }
            }
        }
        let foreign: &[(&str, bool)] = &[
            ("ilmd", self.ilmd.is_some() && !matches!(self.kind, EventType::Object | EventType::Transformation)),
            ("epcList", any_epc && !matches!(self.kind, EventType::Object | EventType::Transaction)),
            ("childEPCs", any_child && !matches!(self.kind, EventType::Aggregation | EventType::Association)),
            ("parentID", self.parent.is_some() && matches!(self.kind, EventType::Object | EventType::Transformation)),
            (
                "inputQuantityList",
                self.kind != EventType::Transformation
                    && !(self.inputs.is_empty()
                        && self.outputs.is_empty()
                        && self.input_epcs.is_empty()
                        && self.output_epcs.is_empty()),
            ),
        ];
        match foreign.iter().find(|(_, there)| *there) {
            Some((member, _)) => wrong(*member, "does not belong to this event type"),
            None => Ok(()),
        }
    }

    /// The subject of the event, by a fixed rule: the first of `epcList`, else of `quantityList`, else `parentID`, else the
    /// first output, else the first business transaction.
    pub fn subject(&self) -> Option<String> {
        let first = |list: &[QuantityElement]| list.first().map(|q| q.epc_class.clone());
        self.epcs
            .first()
            .cloned()
            .or_else(|| first(&self.quantities))
            .or_else(|| self.parent.clone())
            .or_else(|| self.output_epcs.first().cloned())
            .or_else(|| first(&self.outputs))
            .or_else(|| self.transactions.first().map(|t| t.id.clone()))
    }
}

fn place(m: &mut Members<'_>, name: &str) -> Result<Option<Place>, EventError> {
    match m.object(name)? {
        None => Ok(None),
        Some(mut p) => Ok(Some(Place { id: p.required("id")?, other: p.rest()? })),
    }
}

fn quantities(m: &mut Members<'_>, name: &str) -> Result<Vec<QuantityElement>, EventError> {
    m.list(name)?
        .into_iter()
        .map(|mut q| {
            let element = QuantityElement {
                epc_class: q.required("epcClass")?,
                quantity: q.number("quantity")?,
                uom: q.text("uom")?,
            };
            let rec20 =
                |u: &str| (2..=3).contains(&u.len()) && u.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            if element.uom.as_deref().is_some_and(|u| !rec20(u)) {
                return q.fail("uom", "must be a UN/CEFACT Rec 20 code, 2 or 3 capital letters or digits");
            }
            q.end()?;
            Ok(element)
        })
        .collect()
}

fn transactions(m: &mut Members<'_>) -> Result<Vec<BizTransaction>, EventError> {
    m.list("bizTransactionList")?
        .into_iter()
        .map(|mut t| {
            let found = BizTransaction { kind: t.text("type")?, id: t.required("bizTransaction")? };
            t.end()?;
            Ok(found)
        })
        .collect()
}

fn ends(m: &mut Members<'_>, list: &str, name: &str) -> Result<Vec<SourceDest>, EventError> {
    m.list(list)?
        .into_iter()
        .map(|mut e| {
            let found = SourceDest { kind: e.required("type")?, id: e.required(name)? };
            e.end()?;
            Ok(found)
        })
        .collect()
}

fn error_declaration(mut e: Members<'_>) -> Result<ErrorDeclaration, EventError> {
    let Some(declaration_time) = e.time("declarationTime")? else { return e.fail("declarationTime", "is required") };
    let found =
        ErrorDeclaration { declaration_time, reason: e.text("reason")?, corrective: e.texts("correctiveEventIDs")? };
    e.rest()?;
    Ok(found)
}

fn sensor(mut s: Members<'_>) -> Result<SensorElement, EventError> {
    let metadata = match s.object("sensorMetadata")? {
        None => SensorMetadata::default(),
        Some(mut d) => SensorMetadata {
            time: d.time("time")?,
            start_time: d.time("startTime")?,
            end_time: d.time("endTime")?,
            device_id: d.text("deviceID")?,
            other: kept(d, &["deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "dataProcessMethod"])?,
        },
    };
    let reports = s.list("sensorReport")?.into_iter().map(report).collect::<Result<Vec<_>, _>>()?;
    if reports.is_empty() {
        return s.fail("sensorReport", "is required");
    }
    Ok(SensorElement { metadata, reports, other: s.rest()? })
}

/// Other members of EPCIS that this product keeps without reading them.
fn kept(mut m: Members<'_>, names: &[&str]) -> Result<BTreeMap<String, Value>, EventError> {
    let known: Vec<(String, Value)> =
        names.iter().filter_map(|name| m.take(name).map(|value| ((*name).to_owned(), value.into()))).collect();
    let mut other = m.rest()?;
    other.extend(known);
    Ok(other)
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
    Ok(SensorReport {
        parameter: r.required("type")?,
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
                "exception",
                "deviceID",
                "deviceMetadata",
                "rawData",
                "dataProcessingMethod",
                "bizRules",
                "time",
                "microorganism",
                "chemicalSubstance",
                "coordinateReferenceSystem",
                "component",
                "hexBinaryValue",
                "uriValue",
                "sDev",
                "percRank",
                "percValue",
            ],
        )?,
    })
}
