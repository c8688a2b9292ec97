//! Writing events: the JSON text a signer signs, in the form the ledger admits.
//!
//! What it is not: a check. What it writes is read back by [`super::Event::from_json`] when it is signed.

use std::str::FromStr;

use serde_json::{Map, Number, Value, json};

use super::profile::context;

/// An event under construction. Members are EPCIS 2.0's, values are given as they will stand.
#[derive(Debug, Clone)]
pub struct EventBuilder {
    members: Map<String, Value>,
}

/// A quantity element: class URI, exact decimal as text, Rec 20 unit.
pub fn quantity(class: &str, amount: &str, uom: &str) -> Value {
    let mut element = json!({ "epcClass": class });
    if let Ok(number) = Number::from_str(amount) {
        element["quantity"] = Value::Number(number);
        element["uom"] = uom.into();
    }
    element
}

/// A measured value: parameter URI, decimal as measured, unit, expanded uncertainty, method.
pub fn measured(
    parameter: &str,
    value: &str,
    uom: Option<&str>,
    uncertainty: Option<&str>,
    method: Option<&str>,
) -> Value {
    let mut report = json!({ "type": parameter, "stringValue": value });
    if let Ok(number) = Number::from_str(value) {
        report["value"] = Value::Number(number);
    }
    for (name, text) in [("uom", uom), ("jejak:uncertainty", uncertainty), ("jejak:method", method)] {
        if let Some(text) = text {
            report[name] = text.into();
        }
    }
    report
}

impl EventBuilder {
    /// An event of `kind` (`ObjectEvent`, …) with this `eventID` (`urn:uuid:…`) at `time`, which must carry an offset, such
    /// as `2026-11-03T16:20:00+08:00`.
    pub fn new(kind: &str, event_id: &str, time: &str) -> EventBuilder {
        let offset = time.get(time.len().saturating_sub(6)..).unwrap_or_default();
        let members = json!({
            "@context": context(),
            "type": kind,
            "eventID": event_id,
            "eventTime": time,
            "eventTimeZoneOffset": offset,
        });
        EventBuilder { members: members.as_object().cloned().unwrap_or_default() }
    }

    /// Sets any member.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> EventBuilder {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn push(mut self, list: &str, value: Value) -> EventBuilder {
        match self.members.get_mut(list) {
            Some(Value::Array(items)) => items.push(value),
            _ => {
                self.members.insert(list.to_owned(), Value::Array(vec![value]));
            }
        }
        self
    }

    /// `action` and `bizStep`.
    #[must_use]
    pub fn act(self, action: &str, biz_step: &str) -> EventBuilder {
        self.set("action", action).set("bizStep", biz_step)
    }

    /// `readPoint`.
    #[must_use]
    pub fn at(self, place: &str) -> EventBuilder {
        self.set("readPoint", json!({ "id": place }))
    }

    /// Adds to `list` (`quantityList`, `childQuantityList`, `inputQuantityList`, `outputQuantityList`).
    #[must_use]
    pub fn quantity(self, list: &str, class: &str, amount: &str, uom: &str) -> EventBuilder {
        self.push(list, quantity(class, amount, uom))
    }

    /// Adds to `list` (`epcList`, `childEPCs`).
    #[must_use]
    pub fn epc(self, list: &str, uri: &str) -> EventBuilder {
        self.push(list, uri.into())
    }

    /// Adds a party to `sourceList`.
    #[must_use]
    pub fn from(self, kind: &str, party: &str) -> EventBuilder {
        self.push("sourceList", json!({ "type": kind, "source": party }))
    }

    /// Adds a party to `destinationList`.
    #[must_use]
    pub fn to(self, kind: &str, party: &str) -> EventBuilder {
        self.push("destinationList", json!({ "type": kind, "destination": party }))
    }

    /// Adds a business transaction.
    #[must_use]
    pub fn transaction(self, kind: &str, id: &str) -> EventBuilder {
        self.push("bizTransactionList", json!({ "type": kind, "bizTransaction": id }))
    }

    /// Adds a business transaction of a kind that CBV has no type for.
    #[must_use]
    pub fn untyped(self, id: &str) -> EventBuilder {
        self.push("bizTransactionList", json!({ "bizTransaction": id }))
    }

    /// Adds a record id to a list of them (`jejak:after`, `jejak:retests`).
    #[must_use]
    pub fn record(self, list: &str, uri: &str) -> EventBuilder {
        self.push(list, uri.into())
    }

    /// Adds measured values of one time.
    #[must_use]
    pub fn sensed(self, time: &str, reports: Vec<Value>) -> EventBuilder {
        self.push("sensorElementList", json!({ "sensorMetadata": { "time": time }, "sensorReport": reports }))
    }

    /// The JSON text, member names in order.
    pub fn build(&self) -> String {
        Value::Object(self.members.clone()).to_string()
    }
}
