//! `jejak record new void RECORD`: fetches an event that was wrong, and writes the event that voids it: the same again, with an
//! `errorDeclaration` and `jejak:voids` (`docs/rules.md`, "Correct").

use serde_json::{Value, json};

use super::Out;
use super::failure::Failure;
use super::input::Time;
use super::record_new::Act;
use super::signing::Signing;
use crate::record::{ContentType, Payload, Record, RecordId};

/// Runs the verb.
///
/// # Errors
/// [`Failure`], also when another act is named with a record, or the record is no event.
pub fn run(act: Act, voided: &RecordId, reason: Option<&str>, signing: &Signing, out: Out) -> Result<(), Failure> {
    if act != Act::Void {
        return Err(Failure::usage(format!("{} has no place here", voided.uri()))
            .because("only void takes a record")
            .hint("see `jejak record new --help`"));
    }
    let reason = reason.unwrap_or("incorrect_data");
    if !matches!(reason, "incorrect_data" | "did_not_occur") {
        return Err(Failure::usage(format!("{reason} is no reason for a void"))
            .hint("--reason incorrect_data, or did_not_occur"));
    }
    let Some(node) = signing.node()? else {
        return Err(Failure::usage("which node has the record?").hint("give --node URL, or set JEJAK_NODE"));
    };
    let bytes = node.get(&format!("/entries/{voided}"), "application/cose")?;
    let record = Record::decode(&bytes).ok().filter(|record| record.id == *voided).ok_or_else(|| {
        Failure::not_proven(format!("{} answers with another record than {voided}", node.base()))
            .hint("do not trust this answer; ask another node")
    })?;
    let Payload::Event(_) = &record.payload else {
        return Err(Failure::usage(format!("{voided} is no event"))
            .because("a statement of the registry is replaced, not voided")
            .hint("make a new one with --replaces"));
    };
    let cant = |e: serde_json::Error| Failure::usage("the record can't be read").because(e);
    let mut event: Value = serde_json::from_slice(record.payload_bytes()).map_err(cant)?;
    event["eventID"] = format!("urn:uuid:{}", uuid::Uuid::now_v7()).into();
    event["errorDeclaration"] = json!({ "declarationTime": Time::now().to_string(), "reason": reason });
    event["jejak:voids"] = voided.uri().into();
    signing.payload(ContentType::Event, event.to_string().as_bytes(), out)
}
