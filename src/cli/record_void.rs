//! `jejak record new void RECORD`: fetches a wrong event and signs the event that voids it, which repeats it with an
//! `errorDeclaration` and `jejak:voids` (`docs/rules.md`, "Correct").

use serde_json::{Value, json};

use super::Out;
use super::client::Ask;
use super::failure::Failure;
use super::input::Time;
use super::record_new::Word;
use super::signing::Signing;
use crate::chain::Act;
use crate::record::{ContentType, Payload, Record, RecordId};

/// Runs the verb.
///
/// # Errors
/// [`Failure`], also when the act is not void, or the record is not an event.
pub fn run(word: Word, voided: &RecordId, reason: Option<&str>, signing: &Signing, out: Out) -> Result<(), Failure> {
    if word != Word::Act(Act::Correct) {
        return Err(Failure::usage(format!("{} is not allowed here", voided.uri()))
            .because("only void has a record as argument")
            .hint("see `jejak record new --help`"));
    }
    let reason = reason.unwrap_or("incorrect_data");
    if !matches!(reason, "incorrect_data" | "did_not_occur") {
        return Err(Failure::usage(format!("{reason} is not a reason for a void"))
            .hint("give --reason incorrect_data or --reason did_not_occur"));
    }
    let Some(node) = signing.node()? else {
        return Err(
            Failure::usage("void needs the node that has the record").hint("give --node URL, or set JEJAK_NODE")
        );
    };
    let bytes = node.get(&format!("/entries/{voided}"), "application/cose", Ask::Record)?;
    let record = Record::decode(&bytes).ok().filter(|record| record.id == *voided).ok_or_else(|| {
        Failure::not_proven(format!("the response of {} is not record {voided}", node.base()))
            .hint("do not rely on this response; ask another node")
    })?;
    let Payload::Event(_) = &record.payload else {
        return Err(Failure::usage(format!("{voided} is not an event"))
            .because("registry statements are replaced, not voided")
            .hint("sign a new statement with --replaces"));
    };
    let (id, now) = (format!("urn:uuid:{}", uuid::Uuid::now_v7()), Time::now().to_string());
    let event = event(record.payload_bytes(), &id, &now, reason, voided)?;
    signing.payload(ContentType::Event, event.to_string().as_bytes(), out)
}

/// The event that voids another: it again, with what says so.
///
/// # Errors
/// [`Failure`] when the payload is no JSON.
pub(super) fn event(payload: &[u8], id: &str, time: &str, reason: &str, voids: &RecordId) -> Result<Value, Failure> {
    let cant = |e: serde_json::Error| Failure::usage("cannot read the event").because(e);
    let mut event: Value = serde_json::from_slice(payload).map_err(cant)?;
    event["eventID"] = id.into();
    event["errorDeclaration"] = json!({ "declarationTime": time, "reason": reason });
    event["jejak:voids"] = voids.uri().into();
    // what the record gave up is given up
    if let Some(members) = event.as_object_mut() {
        members.remove("jejak:givenUp");
    }
    Ok(event)
}
