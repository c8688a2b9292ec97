//! `jejak record`: sign an event or a registry statement, submit records, read them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Out;
use super::fail::{self, Failure, Kind};
use super::node::Node;
use super::party::record_id;
use super::record_drop;
use super::signing::{Signing, describe};
use crate::log::receipt;
use crate::record::{ContentType, Record, RecordId};

/// What to do with records.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write the event of one act, and sign it
    New(Box<super::record_new::New>),
    /// Sign an event or a registry statement from a file
    Sign(Box<Sign>),
    /// Submit signed records to a node; sending one twice does no harm
    Submit(Submit),
    /// Give up a signed record that the ledger refused: deletes it, and gives its number back while it is the key's last
    Drop(super::record_drop::Drop),
    /// Show what a record says, and whether its signature holds
    Show(Show),
    /// Fetch a record with its receipt in one file, a transparent statement that verifies offline
    Statement(Fetch),
}

/// `record sign`.
#[derive(Debug, Args)]
pub struct Sign {
    /// JSON of the event or statement; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How it is signed
    #[command(flatten)]
    pub signing: Signing,
}

/// `record submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// Files of signed records
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Wait so many seconds for the receipt
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u32>,
}

/// `record show`.
#[derive(Debug, Args)]
pub struct Show {
    /// File of a signed record or a statement, - for standard input, or a record id to ask a node for
    #[arg(value_name = "FILE|ID")]
    pub record: String,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
}

/// `record statement`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Id of the record
    #[arg(value_name = "ID", value_parser = record_id)]
    pub id: RecordId,
    /// Write to this new file, - for standard output; else ID.cose
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::New(verb) => verb.run(out),
            Verb::Sign(verb) => verb.run(out),
            Verb::Submit(verb) => verb.run(out),
            Verb::Drop(verb) => verb.run(out),
            Verb::Show(verb) => verb.run(out),
            Verb::Statement(verb) => verb.run(out),
        }
    }
}

impl Sign {
    fn run(self, out: Out) -> Result<(), Failure> {
        if self.signing.key.is_none() {
            return Err(Failure::usage("--key is needed to sign").next("make one with `jejak key new FILE`"));
        }
        let bytes = fail::read(&self.file)?;
        let bytes = bytes.trim_ascii();
        crate::epcis::strict::check(bytes)
            .map_err(|e| Failure::usage(format!("{} is not strict JSON", self.file.display())).why(e))?;
        // an EPCIS event has a context, a registry statement has none
        let is_event = serde_json::from_slice::<serde_json::Value>(bytes)
            .is_ok_and(|v| v.get("@context").is_some() || v.get("eventTime").is_some());
        self.signing.payload(if is_event { ContentType::Event } else { ContentType::Registry }, bytes, out)
    }
}

impl Submit {
    fn run(self, out: Out) -> Result<(), Failure> {
        let node = Node::new(&self.node)?;
        // all are read before the first is sent: a slip in a name leaves nothing half done
        let mut records = Vec::new();
        for file in &self.files {
            let bytes = fail::read(file)?;
            let id = RecordId::of(&bytes);
            Record::decode(&bytes).and_then(|r| r.verify()).map_err(|e| {
                Failure::usage(format!("{} is not a signed record", file.display()))
                    .why(e)
                    .next("nothing was sent; make one with `jejak record sign`")
            })?;
            records.push((file, id, bytes));
        }
        let mut refused = None;
        let (mut text, mut told) = (String::new(), Vec::new());
        for (file, id, bytes) in &records {
            let sent = record_drop::sending(file, bytes)?;
            let answer = node.submit(bytes, self.wait);
            if let Err(failure) = &answer {
                record_drop::answered(file, id, failure, node.base());
            }
            drop(sent);
            match answer {
                Ok(ack) => {
                    let again = if ack["duplicate"] == true { " (it was there already)" } else { "" };
                    text.push_str(&format!("{}  index {}{again}\n", file.display(), ack["index"]));
                    told.push(json!({ "file": file, "id": id, "ack": ack }));
                }
                // one record that is refused does not hold up the others; a node that is gone does
                Err(failure) if failure.kind == Kind::Refused && records.len() > 1 => {
                    text.push_str(&format!("{}  refused: {}\n", file.display(), failure.what));
                    told.push(json!({ "file": file, "id": id, "refused": failure.what, "why": failure.why }));
                    refused = Some(failure);
                }
                Err(failure) => {
                    if !told.is_empty() {
                        out.print(&text, &told.into());
                    }
                    return Err(failure);
                }
            }
        }
        out.print(&text, &told.into());
        refused.map_or(Ok(()), Err)
    }
}

impl Fetch {
    fn run(self, out: Out) -> Result<(), Failure> {
        let path = format!("/entries/{}/statement", self.id);
        let bytes = Node::new(&self.node)?.get(&path, "application/scitt-statement+cose")?;
        let (record, receipts) = receipt::detach(&bytes).map_err(|e| {
            Failure::not_proven(format!("{} answers with something else than a statement", self.node)).why(e)
        })?;
        another(&self.node, &self.id, &record)?;
        let file = self.out.unwrap_or_else(|| format!("{}.cose", self.id).into());
        fail::write_new(&file, &bytes)?;
        if file != Path::new("-") {
            let text = format!("{}\ncheck it with `jejak verify {0} --trust FILE`", file.display());
            out.print(&text, &json!({ "file": file, "id": self.id, "receipts": receipts.len() }));
        }
        Ok(())
    }
}

/// Refuses bytes that are not those of record `id`.
fn another(node: &str, id: &RecordId, bytes: &[u8]) -> Result<(), Failure> {
    if RecordId::of(bytes) == *id {
        return Ok(());
    }
    Err(Failure::not_proven(format!("{node} answers with another record than {id}"))
        .why("the BLAKE3 hash of the answer is not the id")
        .next("do not trust this answer; ask another node"))
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let bytes = match record_id(&self.record) {
            Ok(id) if !Path::new(&self.record).exists() => {
                let Some(node) = &self.node else {
                    return Err(Failure::usage("which node should be asked for the record?")
                        .next("give --node URL, or set JEJAK_NODE"));
                };
                let bytes = Node::new(node)?.get(&format!("/entries/{id}"), "application/cose")?;
                another(node, &id, &bytes)?;
                bytes
            }
            _ => fail::read(Path::new(&self.record))?,
        };
        // a transparent statement is a record with receipts beside it
        let (bytes, receipts) = match receipt::detach(&bytes) {
            Ok((record, receipts)) => (record, receipts.len()),
            Err(_) => (bytes, 0),
        };
        let record = Record::decode(&bytes).map_err(|e| {
            Failure::usage(format!("{} is not a record", self.record)).why(format!("{e} ({})", e.code()))
        })?;
        let (mut text, mut value) = describe(&record);
        if receipts > 0 {
            text.push_str(&format!(
                "\n\nwith {receipts} receipts, not checked here: `jejak verify {} --trust FILE`",
                self.record
            ));
            value["receipts"] = receipts.into();
        }
        out.print(&text, &value);
        record.verify().map_err(|e| Failure::not_proven(format!("record {}", record.id)).why(e))
    }
}
