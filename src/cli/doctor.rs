//! `jejak doctor` and `jejak reindex`: check a ledger directory, and rebuild its index.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Out;
use super::fail::Failure;
use crate::ledger::{DoctorOptions, OpenError, doctor, reindex};

/// Re-checks everything a ledger directory holds, and changes nothing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger", env = "JEJAK_DIR")]
    pub dir: PathBuf,
    /// Leave out what takes longest: signatures, and the replay of the rules
    #[arg(long)]
    pub quick: bool,
}

/// Throws the index away and rebuilds it from the journal.
#[derive(Debug, Args)]
pub struct Reindex {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger", env = "JEJAK_DIR")]
    pub dir: PathBuf,
}

impl Doctor {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] of kind "verification failed" when there is damage.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        if !self.dir.join("config.toml").exists() {
            return Err(Failure::usage(format!("{} is not a ledger", self.dir.display()))
                .why("it has no config.toml")
                .next("name its directory with --dir"));
        }
        let watched = std::io::stderr().is_terminal() && !out.json;
        let progress: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(move |entries| {
            if watched {
                eprint!("\r{entries} entries checked");
                let _ = std::io::stderr().flush();
            }
        });
        let report = doctor(&self.dir, &DoctorOptions { signatures: !self.quick, replay: !self.quick, progress });
        if watched {
            eprint!("\r\x1b[K");
        }
        let mut text = String::new();
        for check in &report.checks {
            let place = check.place.as_ref().map(|p| format!(" at {p}")).unwrap_or_default();
            let state = if check.ok { "ok    " } else { "DAMAGE" };
            text.push_str(&format!("{state} {:<10}{place} {}\n", check.name, check.detail));
        }
        text.push_str(&format!("{} entries", report.entries));
        let value = json!({ "ok": report.ok(), "entries": report.entries, "checks": report.checks });
        out.print(&text, &value);
        if report.ok() {
            return Ok(());
        }
        Err(Failure::not_proven(format!("{} damages in {}", report.damages().count(), self.dir.display())).next(
            "index and log: run `jejak reindex`; journal, keys or profiles: restore a backup; evidence: hand it in again",
        ))
    }
}

impl Reindex {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let done = reindex(&self.dir).map_err(|e| {
            let usage = matches!(e, OpenError::Lock(_) | OpenError::Config(_) | OpenError::Keys(_));
            let what = format!("can't rebuild the index of {}", self.dir.display());
            if usage { Failure::usage(what) } else { Failure::not_proven(what) }
                .why(e)
                .next("stop the node that uses the directory; `jejak doctor` says what is damaged")
        })?;
        let mut text = format!("{} entries replayed\n", done.replayed);
        for void in &done.voids {
            text.push_str(&format!("entry {} is void: {} ({})\n", void.index, void.rule, void.detail));
        }
        out.print(&text, &json!({ "replayed": done.replayed, "voids": done.voids }));
        Ok(())
    }
}
