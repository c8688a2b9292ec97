//! `jejak record sign`: signs the JSON of an event or a registry statement.

use std::path::PathBuf;

use clap::Args;

use super::Out;
use super::failure::Failure;
use super::input;
use super::signing::Signing;
use crate::record::ContentType;

/// `record sign`.
#[derive(Debug, Args)]
pub struct Sign {
    /// JSON of the event or statement, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl Sign {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        if self.signing.key.is_none() {
            return Err(Failure::usage("--key is required").hint("create a key with `jejak key new FILE`"));
        }
        let bytes = input::read(&self.file)?;
        let bytes = bytes.trim_ascii();
        crate::epcis::strict::check(bytes)
            .map_err(|e| Failure::usage(format!("{} is not strict JSON", self.file.display())).because(e))?;
        // an EPCIS event has a context, a registry statement has none
        let is_event = serde_json::from_slice::<serde_json::Value>(bytes)
            .is_ok_and(|v| v.get("@context").is_some() || v.get("eventTime").is_some());
        self.signing.payload(if is_event { ContentType::Event } else { ContentType::Registry }, bytes, out)
    }
}
