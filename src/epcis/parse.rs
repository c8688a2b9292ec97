//! From JSON to [`Event`]: strict JSON first, then EPCIS 2.0's own rules (the JSON Schema's, per event type).
//!
//! Unknown bare member names are refused, members of other vocabularies (a CURIE or URI) are kept, and an unknown `jejak:`
//! name is refused. What it is not: the product's profile of EPCIS, which is [`super::profile`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::event::{
    Action, BizTransaction, Event, EventType, PersistentDisposition, Place, QuantityElement, SourceDest,
};
use super::strict::{self, Json};
use super::uri::is_uri;
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

const NOT_URI: &str = "must be an absolute URI";

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

    /// An absolute URI.
    pub(crate) fn uri(&mut self, name: &str) -> Result<Option<String>, EventError> {
        match self.text(name)? {
            Some(text) if !is_uri(&text) => self.fail(name, NOT_URI),
            other => Ok(other),
        }
    }

    /// A list of absolute URIs.
    pub(crate) fn uris(&mut self, name: &str) -> Result<Vec<String>, EventError> {
        let found = self.texts(name)?;
        if found.iter().all(|text| is_uri(text)) { Ok(found) } else { self.fail(name, NOT_URI) }
    }

    /// A list in which nothing stands twice.
    fn distinct(&self, name: &str, list: Vec<String>) -> Result<Vec<String>, EventError> {
        let repeated = (1..list.len()).any(|i| list[..i].contains(&list[i]));
        if repeated { self.fail(name, "names something twice") } else { Ok(list) }
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

    /// A number that is kept as it is written.
    pub(crate) fn number_as_written(&mut self, name: &str) -> Result<Option<Value>, EventError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Number(number)) => match exact_decimal(number) {
                Ok(_) => Ok(Some(Json::Number(number).into())),
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
        Ok(self.moment(name)?.map(|(_, time)| time))
    }

    /// A time as it is written.
    pub(crate) fn time_text(&mut self, name: &str) -> Result<Option<String>, EventError> {
        Ok(self.moment(name)?.map(|(text, _)| text))
    }

    fn moment(&mut self, name: &str) -> Result<Option<(String, Timestamp)>, EventError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.parse::<Timestamp>() {
            Ok(time) if rfc3339(&text) => Ok(Some((text, time))),
            _ => self.fail(name, "must be a date and time with offset, such as 2026-11-03T16:20:00+08:00"),
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
            // a nested context may stand in a document of others; the profile refuses it
            if !is_uri(name) && name != "@context" {
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

/// Whether a member may stand in an event of this type: one of EPCIS in those that it lists, any other name everywhere.
fn belongs(kind: EventType, name: &str) -> bool {
    use EventType::{Aggregation, Association, Object, Transaction, Transformation};
    match name {
        "action" => kind != Transformation,
        "epcList" | "quantityList" => matches!(kind, Object | Transaction),
        "parentID" => matches!(kind, Aggregation | Association | Transaction),
        "childEPCs" | "childQuantityList" => matches!(kind, Aggregation | Association),
        "inputEPCList" | "inputQuantityList" | "outputEPCList" | "outputQuantityList" | "transformationID" => {
            kind == Transformation
        }
        "ilmd" | "persistentDisposition" => matches!(kind, Object | Transformation),
        _ => true,
    }
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
        if let Some((name, _)) = m.map.iter().find(|(name, _)| !belongs(kind, name)) {
            return m.fail(name, "does not belong to this event type");
        }
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
            Some(one @ Json::Text(_)) => {
                m.map.push(("certificationInfo", one));
                m.uri("certificationInfo")?.into_iter().collect()
            }
            Some(value) => {
                m.map.push(("certificationInfo", value));
                m.uris("certificationInfo")?
            }
        };
        let event = Event {
            kind,
            context,
            event_id: m.uri("eventID")?,
            event_time,
            offset,
            record_time: m.time("recordTime")?,
            action,
            biz_step: m.text("bizStep")?,
            disposition: m.text("disposition")?,
            persistent: match m.object("persistentDisposition")? {
                None => None,
                Some(mut p) => {
                    let found =
                        PersistentDisposition { set: changed(&mut p, "set")?, unset: changed(&mut p, "unset")? };
                    if found == PersistentDisposition::default() {
                        return m.fail("persistentDisposition", "must set or unset something");
                    }
                    p.end()?;
                    Some(found)
                }
            },
            read_point: place(&mut m, "readPoint")?,
            biz_location: place(&mut m, "bizLocation")?,
            epcs: epc_list(&mut m, "epcList", kind == EventType::Object)?,
            quantities: quantities(&mut m, "quantityList")?,
            parent: m.uri("parentID")?,
            child_epcs: m.uris("childEPCs")?,
            child_quantities: quantities(&mut m, "childQuantityList")?,
            input_epcs: epc_list(&mut m, "inputEPCList", true)?,
            inputs: quantities(&mut m, "inputQuantityList")?,
            output_epcs: epc_list(&mut m, "outputEPCList", true)?,
            outputs: quantities(&mut m, "outputQuantityList")?,
            transformation_id: m.uri("transformationID")?,
            transactions: transactions(&mut m)?,
            sources: ends(&mut m, "sourceList", "source")?,
            destinations: ends(&mut m, "destinationList", "destination")?,
            sensors: m
                .list("sensorElementList")?
                .into_iter()
                .map(super::parse_parts::sensor)
                .collect::<Result<_, _>>()?,
            error: match m.object("errorDeclaration")? {
                None => None,
                Some(e) => Some(super::parse_parts::error_declaration(e)?),
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
        Ok(())
    }

    /// The subject of the event, by a fixed rule: the first of `epcList`, else of `quantityList`, else `parentID`, else the
    /// first output, else the first business transaction, else the read point.
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
            .or_else(|| self.read_point.as_ref().map(|place| place.id.clone()))
    }
}

fn place(m: &mut Members<'_>, name: &str) -> Result<Option<Place>, EventError> {
    match m.object(name)? {
        None => Ok(None),
        Some(mut p) => {
            let Some(id) = p.uri("id")? else { return p.fail("id", "is required") };
            Ok(Some(Place { id, other: p.rest()? }))
        }
    }
}

fn epc_list(m: &mut Members<'_>, name: &str, distinct: bool) -> Result<Vec<String>, EventError> {
    let list = m.uris(name)?;
    if distinct { m.distinct(name, list) } else { Ok(list) }
}

/// Dispositions that an event sets or takes back.
fn changed(p: &mut Members<'_>, name: &str) -> Result<Vec<String>, EventError> {
    let there = p.has_left(name);
    let list = p.texts(name)?;
    if there && list.is_empty() {
        return p.fail(name, "must not be empty");
    }
    p.distinct(name, list)
}

fn required_uri(m: &mut Members<'_>, name: &str) -> Result<String, EventError> {
    match m.uri(name)? {
        Some(uri) => Ok(uri),
        None => m.fail(name, "is required"),
    }
}

fn quantities(m: &mut Members<'_>, name: &str) -> Result<Vec<QuantityElement>, EventError> {
    m.list(name)?
        .into_iter()
        .map(|mut q| {
            let element = QuantityElement {
                epc_class: required_uri(&mut q, "epcClass")?,
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
            let found = BizTransaction { kind: t.text("type")?, id: required_uri(&mut t, "bizTransaction")? };
            t.end()?;
            Ok(found)
        })
        .collect()
}

fn ends(m: &mut Members<'_>, list: &str, name: &str) -> Result<Vec<SourceDest>, EventError> {
    m.list(list)?
        .into_iter()
        .map(|mut e| {
            let found = SourceDest { kind: e.required("type")?, id: required_uri(&mut e, name)? };
            e.end()?;
            Ok(found)
        })
        .collect()
}
