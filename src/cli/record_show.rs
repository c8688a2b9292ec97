//! `jejak record show`: prints a record and whether its signature verifies.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::Out;
use super::failure::Failure;
use super::input::{self, record_id};
use super::remote;
use crate::causes::causes;
use crate::log::receipt;
use crate::record::{Record, RecordId};

/// `record show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Signed record or transparent statement, - for standard input, or the id of a record on a node
    #[arg(value_name = "FILE|ID")]
    pub record: String,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

impl Show {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let bytes = match record_id(&self.record) {
            Ok(id) if !Path::new(&self.record).exists() => {
                let Some(node) = &self.node else {
                    return Err(Failure::usage("a record id needs a node").hint("give --node URL, or set JEJAK_NODE"));
                };
                let bytes = remote::record(node, &id)?;
                require_id(node, &id, &bytes)?;
                bytes
            }
            _ => input::read(Path::new(&self.record))?,
        };
        // a transparent statement is a record with receipts in its unprotected header
        let (bytes, receipts) = match receipt::detach(&bytes) {
            Ok((record, receipts)) => (record, receipts.len()),
            Err(_) => (bytes, 0),
        };
        let record = Record::decode(&bytes).map_err(|e| {
            Failure::usage(format!("{} is not a record", self.record)).because(format!("{} ({})", causes(&e), e.code()))
        })?;
        let (mut text, mut value) = describe(&record);
        if receipts > 0 {
            text.push_str(&format!(
                "\n\n{receipts} receipts, not verified; run `jejak verify {} --trust FILE`",
                self.record
            ));
            value["receipts"] = receipts.into();
        }
        out.print(&text, &value);
        record.verify().map_err(|e| Failure::not_proven(format!("record {}", record.id)).because(e))
    }
}

/// Refuses bytes that are not those of record `id`.
pub(super) fn require_id(node: &str, id: &RecordId, bytes: &[u8]) -> Result<(), Failure> {
    if RecordId::of(bytes) == *id {
        return Ok(());
    }
    Err(Failure::not_proven(format!("the response of {node} is not record {id}"))
        .because("its BLAKE3 hash is not the id")
        .hint("do not rely on this response; ask another node"))
}

/// A signed record as text and as JSON.
fn describe(record: &Record) -> (String, Value) {
    let payload: Value = serde_json::from_slice(record.payload_bytes()).unwrap_or(Value::Null);
    let c = &record.claims;
    let signature = match record.verify() {
        Ok(()) => "valid".to_owned(),
        Err(e) => format!("INVALID: {}", causes(&e)),
    };
    let when = jiff::Timestamp::from_second(c.iat).map_or_else(|_| c.iat.to_string(), |t| t.to_string());
    let text = format!(
        "record     {}\nsigned by  {}\nkey        {}\nseq        {}\nsubject    {}\nledger     {}\nsigned at  {when} by the device's clock\nsignature  {signature}\n\n{}",
        record.id.uri(),
        c.iss,
        record.kid.uri(),
        c.seq,
        c.sub,
        c.aud,
        serde_json::to_string_pretty(&payload).unwrap_or_default(),
    );
    let value = json!({
        "id": record.id,
        "iss": c.iss,
        "kid": record.kid,
        "seq": c.seq,
        "sub": c.sub,
        "aud": c.aud,
        "iat": c.iat,
        "signature": record.verify().is_ok(),
        "bytes": record.bytes.len(),
        "payload": payload,
    });
    (text, value)
}
