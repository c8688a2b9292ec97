//! `jejak record submit`: sends signed records to a node.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Out;
use super::acknowledged;
use super::client::Client;
use super::failure::{Failure, Kind};
use super::input;
use super::record_drop;
use crate::record::{Record, RecordId};

/// `record submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// Signed records
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
            let bytes = input::read(file)?;
            let id = RecordId::of(&bytes);
            Record::decode(&bytes).and_then(|r| r.verify()).map_err(|e| {
                Failure::usage(format!("{} is not a signed record", file.display()))
                    .because(e)
                    .hint("nothing was sent; create one with `jejak record sign`")
            })?;
            records.push((file, id, bytes));
        }
        let mut refused = None;
        let (mut text, mut results) = (String::new(), Vec::new());
        for (file, id, bytes) in &records {
            let sent = record_drop::sending(file, bytes)?;
            let answer = node.submit(bytes, self.wait, &[]);
            if let Err(failure) = &answer {
                record_drop::answered(file, id, failure, node.base());
            }
            drop(sent);
            match answer {
                Ok(ack) => {
                    text.push_str(&format!("{}\n{}", file.display(), acknowledged::lines(&ack)));
                    results.push(json!({ "file": file, "id": id, "ack": ack }));
                }
                // a refused record does not stop the others; a node that does not answer does
                Err(failure) if failure.kind == Kind::Refused && records.len() > 1 => {
                    text.push_str(&format!("{}  refused: {}\n", file.display(), failure.message));
                    results
                        .push(json!({ "file": file, "id": id, "refused": failure.message, "causes": failure.causes }));
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
