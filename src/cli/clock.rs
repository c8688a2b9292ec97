//! `jejak clock show|permit|reset`: the ledger's clock, and what the authority states about it.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input::{record_id, time};
use super::signing::Signing;
use crate::ledger::readable;
use crate::record::registry::{ClockPermit, ClockReset};
use crate::record::{RecordId, Statement};

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show the last clock on the ledger, and for whom it waits
    Show(Show),
    /// Let the next clock of the operator go far, after a long stop; signed by the authority
    Permit(Box<Permit>),
    /// Set the ledger's clock, also back, after it went wrong; signed by the authority
    Reset(Box<Reset>),
}

/// `clock show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

/// `clock permit`.
#[derive(Debug, Args)]
pub struct Permit {
    /// How far the clock may go, with offset, such as 2026-11-04T00:00:00+08:00: a day after now is enough
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Record of the last clock on the ledger [default: as the node shows it]
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub after: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `clock reset`.
#[derive(Debug, Args)]
pub struct Reset {
    /// The time it is, with offset, such as 2026-11-03T16:20:00+08:00
    #[arg(long, value_name = "TIME")]
    pub to: String,
    /// Index of the first entry that was logged under the wrong clock: such entries are shown as that
    #[arg(long, value_name = "INDEX")]
    pub since: Option<u64>,
    /// Record of the last clock on the ledger [default: as the node shows it]
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub after: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// The record that set the clock, as given or as the node shows it. Without either the statement is for a ledger without a clock.
fn last(after: Option<RecordId>, signing: &Signing) -> Result<Option<RecordId>, Failure> {
    match (after, signing.node()?) {
        (None, Some(node)) => {
            let clock = node.get_json("/.well-known/jejak")?["clock"].take();
            let record = clock["record"].as_str().map(record_id).transpose();
            match (clock["time"].as_i64(), record) {
                (Some(0), Ok(None)) => Ok(None),
                (Some(time), Ok(Some(record))) if time != 0 => Ok(Some(record)),
                _ => Err(Failure::unreachable(format!("{} does not show its clock", node.base())).hint(
                    "check that this is the address of a jejak node, or name the record of the last clock with --after",
                )),
            }
        }
        (None, None) => Err(Failure::usage("neither --after nor --node is given")
            .because("the statement is for the last clock on the ledger")
            .hint("give --node URL, or the record that `jejak clock show` prints with --after")),
        (after, _) => Ok(after),
    }
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Show(show) => show.run(out),
            Verb::Permit(permit) => {
                let after = last(permit.after, &permit.signing)?;
                let until = time(&permit.until)?.timestamp().as_second();
                permit.signing.statement(&Statement::ClockPermit(ClockPermit { until, after }), out)
            }
            Verb::Reset(reset) => {
                let after = last(reset.after, &reset.signing)?;
                let time = time(&reset.to)?.timestamp().as_second();
                reset.signing.statement(&Statement::ClockReset(ClockReset { time, after, since: reset.since }), out)
            }
        }
    }
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let clock = Client::new(&self.node)?.get_json("/.well-known/jejak")?["clock"].take();
        let time = clock["time"].as_i64().unwrap_or_default();
        let mut text = format!("clock   {}\n", if time == 0 { "none yet".to_owned() } else { readable(time) });
        if let Some(record) = clock["record"].as_str() {
            text.push_str(&format!("record  {record}\n"));
        }
        if let Some(waits) = clock["waits"].as_str() {
            text.push_str(&format!("waits   for the {waits}: no records are taken\n"));
        }
        out.print(&text, &json!({ "clock": clock }));
        Ok(())
    }
}
