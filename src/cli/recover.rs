//! `jejak recover`: brings a lost tail of the journal back, or accepts that it is lost.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Out;
use super::failure::Failure;
use crate::ledger::{Ledger, OpenError, Options, refill};

/// Brings back records that the journal lost, from published files.
#[derive(Debug, Args)]
pub struct Recover {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger", env = "JEJAK_DIR")]
    pub dir: PathBuf,
    /// A directory with a copy of the log's files, such as a mirror's, in addition to the ledger's own log/; repeatable
    #[arg(long = "from", value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// A checkpoint that a witness, a mirror or a reader has; the ledger is not opened below it; repeatable
    #[arg(long = "seen", value_name = "FILE")]
    pub seen: Vec<PathBuf>,
    /// Go on with a journal of exactly SIZE entries, although records after it are missing or it is not known whether they are
    #[arg(long, value_name = "SIZE")]
    pub accept_lost_tail: Option<u64>,
}

impl Recover {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        super::serve::logging();
        let failed = |error: OpenError| {
            super::opening::failed(format!("cannot recover the ledger in {}", self.dir.display()), &self.dir, error)
        };
        let seen = super::serve::seen(&self.seen)?;
        let refilled = refill(&self.dir, &self.from).map_err(failed)?;
        let options = Options { seen, accept_lost_tail: self.accept_lost_tail, ..Options::default() };
        let ledger = Ledger::open(&self.dir, &options).map_err(failed)?;
        ledger.shutdown();
        let text = match &refilled.source {
            Some(source) => format!(
                "brought back {} of {} entries from {}",
                refilled.to - refilled.from,
                ledger.size(),
                source.display()
            ),
            None => format!("nothing to bring back; the ledger opens with {} entries", ledger.size()),
        };
        out.print(
            &text,
            &json!({ "from": refilled.from, "to": refilled.to, "source": refilled.source, "size": ledger.size() }),
        );
        Ok(())
    }
}
