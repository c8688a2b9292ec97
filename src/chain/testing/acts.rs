//! The acts of the tests, as events without id and time.

use serde_json::{Value, json};

use super::{PRESSING, PROFILE, grams, leaf, sscc};
use crate::gs1::{Gln, LotId};
use crate::record::{Hash32, RecordId};

pub fn harvest(lot: &LotId, qty: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active",
        "quantityList": [grams(lot, qty)],
        "ilmd": { "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03", "jejak:claims": ["organic"] },
        "jejak:mode": "identity-preserved",
    })
}

/// A process; where the form changes, by [`PRESSING`].
pub fn process(inputs: &[(&LotId, &str)], outputs: &[(&LotId, &str)]) -> Value {
    let leaf = |(lot, _): &&(&LotId, &str)| lot.gtin == leaf("X").gtin;
    let leaves = inputs.iter().chain(outputs).filter(leaf).count();
    let bare = unnamed(inputs, outputs);
    if leaves == 0 || leaves == inputs.len() + outputs.len() {
        return bare;
    }
    with(bare, "jejak:process", json!(PRESSING))
}

/// A transformation that names no process.
pub fn unnamed(inputs: &[(&LotId, &str)], outputs: &[(&LotId, &str)]) -> Value {
    let list = |of: &[(&LotId, &str)]| of.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>();
    json!({
        "type": "TransformationEvent", "bizStep": "commissioning",
        "inputQuantityList": list(inputs), "outputQuantityList": list(outputs),
    })
}

pub fn adjust(lot: &LotId, qty: &str, reason: &str) -> Value {
    let (action, step) =
        if crate::chain::event::GAINS.contains(&reason) { ("ADD", "stocking") } else { ("DELETE", "destroying") };
    json!({
        "type": "ObjectEvent", "action": action, "bizStep": step, "quantityList": [grams(lot, qty)], "jejak:reason": reason,
    })
}

pub fn pack(parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    aggregation("ADD", "packing", parent, lots, children)
}

pub fn unpack(parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    aggregation("DELETE", "unpacking", parent, lots, children)
}

fn aggregation(action: &str, step: &str, parent: u32, lots: &[(&LotId, &str)], children: &[u32]) -> Value {
    json!({
        "type": "AggregationEvent", "action": action, "bizStep": step, "parentID": sscc(parent),
        "childQuantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "childEPCs": children.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
    })
}

pub fn ship(from: &str, to: &str, lots: &[(&LotId, &str)], containers: &[u32]) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
        "quantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "epcList": containers.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
        "sourceList": [{ "type": "possessing_party", "source": from }],
        "destinationList": [{ "type": "possessing_party", "destination": to }],
    })
}

pub fn receive(shipment: RecordId, lots: &[(&LotId, &str)], containers: &[u32]) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress",
        "quantityList": lots.iter().map(|(lot, qty)| grams(lot, qty)).collect::<Vec<_>>(),
        "epcList": containers.iter().map(|c| sscc(*c)).collect::<Vec<_>>(),
        "jejak:shipment": shipment.uri(),
    })
}

/// The consignee refuses a shipment of a lot.
pub fn refusal(shipment: RecordId, lot: &LotId) -> Value {
    with(receive(shipment, &[(lot, "0")], &[]), "disposition", json!("returned"))
}

pub fn void_shipment(shipment: RecordId, lot: &LotId) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "void_shipping",
        "quantityList": [{ "epcClass": lot.uri() }], "jejak:shipment": shipment.uri(),
    })
}

pub fn hold(lot: &LotId, class: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding",
        "quantityList": [{ "epcClass": lot.uri() }], "persistentDisposition": { "set": [class] }, "jejak:reason": "doubt",
    })
}

pub fn lift(hold: RecordId, lot: &LotId) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding",
        "quantityList": [{ "epcClass": lot.uri() }], "persistentDisposition": { "unset": ["recalled"] },
        "jejak:lifts": hold.uri(),
    })
}

pub fn label(lot: &LotId, stated: &str, count: u32, net: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "encoding", "disposition": "encoded",
        "quantityList": [grams(lot, stated)],
        "jejak:serials": {
            "jejak:count": count, "jejak:root": Hash32([5; 32]).to_string(),
            "jejak:net": { "jejak:value": net, "jejak:uom": "GRM" },
        },
    })
}

/// Measured iron and acid value, judged against the profile of the tests.
pub fn inspect(lot: &LotId, iron: &str, acid: &str) -> Value {
    let report = |parameter: &str, value: &str, uom: &str| {
        json!({
            "type": format!("urn:jejak:param:{parameter}"), "stringValue": value, "uom": uom, "jejak:uncertainty": "0.01",
        })
    };
    let good = iron.parse::<f64>().unwrap() <= 10.0 && acid.parse::<f64>().unwrap() <= 8.0;
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting",
        "disposition": if good { "conformant" } else { "non_conformant" },
        "quantityList": [{ "epcClass": lot.uri() }],
        "sensorElementList": [{ "sensorReport": [report("iron", iron, "NA"), report("acid-value", acid, "GK")] }],
        "jejak:profile": {
            "jejak:id": "essential-oil", "jejak:version": "1", "jejak:blake3": PROFILE.to_string(),
            "jejak:requirements": ["TEST"],
        },
    })
}

/// Measured ester value, in a laboratory, judged against the set LAB of the profile of the tests; of a sample, if one is named.
pub fn analyse(lot: &LotId, ester: &str, sample: Option<&str>) -> Value {
    let mut event = inspect(lot, "1", "1");
    let good = ester.parse::<f64>().unwrap() <= 10.0;
    event["disposition"] = json!(if good { "conformant" } else { "non_conformant" });
    event["sensorElementList"] = json!([{ "sensorReport": [{
        "type": "urn:jejak:param:ester-value", "stringValue": ester, "uom": "GK", "jejak:uncertainty": "0.01",
    }] }]);
    event["jejak:profile"]["jejak:requirements"] = json!(["LAB"]);
    if let Some(id) = sample {
        event["jejak:sample"] = json!({ "jejak:id": id });
    }
    event
}

/// Ester value measured of a place from June to the end of July.
pub fn monitor(place: Gln, ester: &str) -> Value {
    let mut event = analyse(&leaf("X"), ester, None);
    let members = event.as_object_mut().unwrap();
    members.remove("quantityList");
    members.remove("disposition");
    event["readPoint"] = json!({ "id": place.uri() });
    event["jejak:monitoring"] = json!({ "jejak:from": "2026-06-01", "jejak:until": "2026-07-31" });
    event
}

/// A sample of a lot, of what `holder` has.
pub fn draw(id: &str, lots: &[&LotId], holder: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sampling",
        "quantityList": lots.iter().map(|lot| grams(lot, "1")).collect::<Vec<_>>(),
        "jejak:sample": { "jejak:id": id, "jejak:holder": holder },
    })
}

/// The voiding form of an event.
pub fn void(of: RecordId, mut event: Value) -> Value {
    event["jejak:voids"] = json!(of.uri());
    event["errorDeclaration"] = json!({ "declarationTime": "2026-11-04T08:00:00Z", "reason": "incorrect_data" });
    event
}

/// The event with another member.
pub fn with(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}
