//! `jejak record statement`: fetches a record with its receipt, a transparent statement (RFC 9943).

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Out;
use super::client::{Ask, Client};
use super::failure::Failure;
use super::input::record_id;
use super::output;
use super::record_show::require_id;
use crate::log::receipt;
use crate::record::RecordId;

/// `record statement`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Id of the record
    #[arg(value_name = "ID", value_parser = record_id)]
    pub id: RecordId,
    /// New file to write, or - for standard output [default: ID.cose]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

impl Fetch {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let path = format!("/entries/{}/statement", self.id);
        let bytes = Client::new(&self.node)?.get(&path, "application/scitt-statement+cose", Ask::Statement)?;
        let (record, receipts) = receipt::detach(&bytes).map_err(|e| {
            Failure::not_proven(format!("the response of {} is not a transparent statement", self.node)).because(e)
        })?;
        require_id(&self.node, &self.id, &record)?;
        let file = self.out.unwrap_or_else(|| format!("{}.cose", self.id).into());
        output::write_new(&file, &bytes)?;
        if file != Path::new("-") {
            let text = format!("{}\nverify it with `jejak verify {0} --trust FILE`", file.display());
            out.print(&text, &json!({ "file": file, "id": self.id, "receipts": receipts.len() }));
        }
        Ok(())
    }
}
