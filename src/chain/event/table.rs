//! The closed table: which (type, action, bizStep) is which act (`docs/rules.md`, "Quantities and custody").
//!
//! What it is not: the rules of the acts; each act has its own file beside this one.

use crate::chain::{Act, Rejection, Rule};
use crate::epcis::{Action, Event, EventType};

/// CBV steps that attach facts and evidence to goods without moving them.
pub const OBSERVE_STEPS: [&str; 14] = [
    "accepting",
    "arriving",
    "collecting",
    "departing",
    "entering_exiting",
    "loading",
    "other",
    "sensor_reporting",
    "staging_outbound",
    "stock_taking",
    "storing",
    "transporting",
    "unloading",
    "picking",
];

/// Rule `act-not-in-table`: an event that is not a row of the table is refused.
///
/// # Errors
/// [`Rejection`] naming the three members.
pub fn act_of(event: &Event) -> Result<Act, Rejection> {
    row(event).ok_or_else(|| {
        let action = match event.action {
            Some(Action::Add) => "ADD",
            Some(Action::Observe) => "OBSERVE",
            Some(Action::Delete) => "DELETE",
            None => "none",
        };
        let step = event.biz_step.as_deref().unwrap_or("none");
        Rejection::new(
            Rule::ActNotInTable,
            format!("no act has type {:?}, action {action} and bizStep {step}", event.kind),
        )
        .arg("type", format!("{:?}", event.kind))
        .arg("action", action)
        .arg("step", step)
    })
}

/// The act of `event`, errors declared aside: a voiding event repeats the form of the event it voids.
pub fn form(event: &Event) -> Option<Act> {
    use Action::{Add, Delete, Observe};
    let step = event.biz_step.as_deref()?;
    Some(match (event.kind, event.action, step) {
        (EventType::Object, Some(Add), "commissioning") => Act::Harvest,
        (EventType::Transformation, None, "commissioning") => Act::Process,
        (EventType::Object, Some(Delete), "destroying" | "decommissioning") => Act::Adjust,
        (EventType::Object, Some(Add), "stocking") => Act::Adjust,
        (EventType::Object, Some(Observe), "sampling") => Act::Sample,
        (EventType::Object, Some(Observe), "inspecting") => Act::Inspect,
        (EventType::Aggregation, Some(Add), "packing") => Act::Pack,
        (EventType::Aggregation, Some(Delete), "unpacking") => Act::Unpack,
        (EventType::Object, Some(Observe), "encoding") => Act::Label,
        (EventType::Object, Some(Observe), "shipping") => Act::Ship,
        (EventType::Object, Some(Observe), "receiving") => Act::Receive,
        (EventType::Object, Some(Observe), "void_shipping") => Act::VoidShipment,
        (EventType::Object, Some(Observe), "holding") => Act::Hold,
        (EventType::Object, Some(Observe), step) if OBSERVE_STEPS.contains(&step) => Act::Observe,
        _ => return None,
    })
}

fn row(event: &Event) -> Option<Act> {
    let act = match form(event) {
        Some(act) => Some(act),
        // a trade document needs no step: CBV has none for most of them
        None if event.kind == EventType::Transaction && event.action == Some(Action::Add) => Some(Act::Trade),
        None => None,
    }?;
    Some(if event.error.is_some() { Act::Correct } else { act })
}

/// The act whose form `event` has, a trade document included.
pub fn repeated(event: &Event) -> Option<Act> {
    match form(event) {
        None if event.kind == EventType::Transaction && event.action == Some(Action::Add) => Some(Act::Trade),
        act => act,
    }
}
