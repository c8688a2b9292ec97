//! `jejak log-keys show|set`: the keys of the log and of its witnesses, as the authority states them on the log.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input::record_id;
use super::signing::Signing;
use super::witness;
use crate::record::registry::LogKeys;
use crate::record::{RecordId, Statement};

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show the keys that the authority stated last
    Show(Show),
    /// State the keys of the log and of its witnesses; signed by the authority
    Set(Box<Set>),
}

/// `log-keys show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `log-keys set`.
#[derive(Debug, Args)]
pub struct Set {
    /// Verifier key of the log; repeatable [default: those in force]
    #[arg(long, value_name = "VKEY")]
    pub log: Vec<String>,
    /// Verifier key of a witness; repeatable [default: those in force]
    #[arg(long, value_name = "VKEY", conflicts_with_all = ["policy", "no_witnesses"])]
    pub witness: Vec<String>,
    /// Witness policy whose witnesses are stated, such as witnesses.policy of the ledger's directory
    #[arg(long, value_name = "FILE", conflicts_with = "no_witnesses")]
    pub policy: Option<PathBuf>,
    /// State that the log has no witnesses
    #[arg(long)]
    pub no_witnesses: bool,
    /// Origin of the checkpoints [default: as the node shows it]
    #[arg(long)]
    pub origin: Option<String>,
    /// The LogKeys statement that this one replaces [default: as the node shows it]
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Show(show) => show.run(out),
            Verb::Set(set) => set.run(out),
        }
    }
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let about = Client::new(&self.node)?.get_json("/.well-known/jejak")?;
        let mut text = format!("origin   {}\n", about["origin"].as_str().unwrap_or_default());
        for (label, member) in [("log", "logKeys"), ("witness", "witnessKeys")] {
            for key in texts(&about[member]) {
                text.push_str(&format!("{label:<8} {}\n", super::output::line(&key)));
            }
        }
        if let Some(record) = about["logKeysRecord"].as_str() {
            text.push_str(&format!("record   {record}\n"));
        }
        let shown = ["origin", "logKeys", "witnessKeys", "logKeysRecord"];
        let shown: serde_json::Map<String, Value> =
            shown.into_iter().map(|name| (name.to_owned(), about[name].clone())).collect();
        out.print(&text, &json!(shown));
        Ok(())
    }
}

impl Set {
    fn run(self, out: Out) -> Result<(), Failure> {
        let about = match self.signing.node()? {
            Some(node) => node.get_json("/.well-known/jejak")?,
            None => Value::Null,
        };
        let missing = |what: &str| {
            Failure::usage(format!("{what} is not known")).because("neither the command nor a node says it").hint(
                "give --node URL, or all of --log, --origin, --replaces and one of --witness, --policy, --no-witnesses",
            )
        };
        let origin = self.origin.or_else(|| about["origin"].as_str().map(str::to_owned));
        let origin = origin.ok_or_else(|| missing("the origin of the log"))?;
        let log = if self.log.is_empty() { texts(&about["logKeys"]) } else { self.log };
        let first = log.first().ok_or_else(|| missing("the key of the log"))?;
        let witnesses = match &self.policy {
            Some(file) => {
                let policy = witness::policy(file, first)?;
                policy.witnesses.iter().map(|witness| witness.key.to_string()).collect()
            }
            None if self.no_witnesses => Vec::new(),
            // none given must not end the witnesses in force
            None if self.witness.is_empty() && about.is_null() => return Err(missing("the keys of the witnesses")),
            None if self.witness.is_empty() => texts(&about["witnessKeys"]),
            None => self.witness,
        };
        let replaces = match self.replaces {
            Some(record) => Some(record),
            None => about["logKeysRecord"].as_str().map(record_id).transpose().map_err(Failure::usage)?,
        };
        self.signing.statement(&Statement::LogKeys(LogKeys { origin, log, witnesses, replaces }), out)
    }
}
