//! `jejak record submit`: sends signed records to a node, each from a file of its own or all of the outbox file of a phone.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Out;
use super::acknowledged;
use super::client::Client;
use super::failure::{Failure, Kind};
use super::input;
use super::outbox_file;
use super::record_drop;
use crate::record::{Record, RecordId};

/// `record submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// Signed records, or the outbox file that the field app shared
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Wait up to this many seconds for the receipt
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u32>,
}

impl Submit {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let node = Client::new(&self.node)?;
        // all are read before the first is sent, so that a wrong file name stops the command early
        let mut records = Vec::new();
        for file in &self.files {
            records.extend(read(file)?);
        }
        let mut refused = None;
        let (mut text, mut results) = (String::new(), Vec::new());
        for record in &records {
            let Signed { name, file, id, bytes } = record;
            // the note of a refusal stands beside the file of a single record
            let alone = file.as_deref();
            let sent = alone.map(|file| record_drop::sending(file, bytes)).transpose()?;
            let answer = node.submit(bytes, self.wait, &[]);
            if let (Err(failure), Some(file)) = (&answer, alone) {
                record_drop::answered(file, id, failure, node.base());
            }
            drop(sent);
            match answer {
                Ok(ack) => {
                    text.push_str(&format!("{name}\n{}", acknowledged::lines(&ack)));
                    results.push(json!({ "file": name, "id": id, "ack": ack }));
                }
                // a refused record does not stop the others; a node that does not answer does
                Err(failure) if failure.kind == Kind::Refused && records.len() > 1 => {
                    text.push_str(&format!("{name}  refused: {}\n", failure.message));
                    results
                        .push(json!({ "file": name, "id": id, "refused": failure.message, "causes": failure.causes }));
                    refused = Some(failure);
                }
                Err(failure) => {
                    if !results.is_empty() {
                        out.print(&text, &results.into());
                    }
                    return Err(failure);
                }
            }
        }
        out.print(&text, &results.into());
        refused.map_or(Ok(()), Err)
    }
}

/// A record to send.
struct Signed {
    /// The file, and of an outbox file the line.
    name: String,
    /// The file, if it holds this record alone.
    file: Option<PathBuf>,
    id: RecordId,
    bytes: Vec<u8>,
}

/// The records of a file.
fn read(file: &Path) -> Result<Vec<Signed>, Failure> {
    let bytes = input::read(file)?;
    let name = file.display().to_string();
    let found = match outbox_file::records(&bytes, &name)? {
        Some(lines) => lines.into_iter().map(|(line, bytes)| (format!("{name} line {line}"), None, bytes)).collect(),
        None => vec![(name, Some(file.to_owned()), bytes)],
    };
    let signed = found.into_iter().map(|(name, file, bytes)| {
        Record::decode(&bytes).and_then(|r| r.verify()).map_err(|e| {
            Failure::usage(format!("{name} is not a signed record"))
                .because(e)
                .hint("nothing was sent; create one with `jejak record sign`")
        })?;
        Ok(Signed { name, file, id: RecordId::of(&bytes), bytes })
    });
    signed.collect()
}
