//! `jejak doctor` and `jejak reindex`: check a ledger directory, and rebuild its index.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Out;
use super::fail::Failure;
use crate::ledger::{Check, ConfigError, DoctorOptions, Report, doctor, reindex};

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
            let missing = ConfigError::Missing(self.dir.display().to_string());
            return Err(Failure::usage(format!("{} is not a ledger", self.dir.display()))
                .why("it has no config.toml")
                .next(super::opening::config(&self.dir, &missing)));
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
        let count = report.damages().count();
        let damages = if count == 1 { "1 damage".to_owned() } else { format!("{count} damages") };
        Err(Failure::not_proven(format!("{damages} in {}", self.dir.display())).next(next(&report)))
    }
}

/// What is said of a file that is none of a ledger's.
const STRAY: &str = "nothing of that name belongs here";

/// What to do about the damages found, most important first.
fn next(report: &Report) -> String {
    let found = |names: &[&str]| report.damages().any(|check| names.contains(&check.name));
    let mut steps = Vec::new();
    if found(&["config", "lock"]) {
        steps.push("config.toml: put right what is named; docs/operations.md lists what may stand there");
    }
    if found(&["keys"]) {
        steps.push("keys: bring them back from a backup, readable for the node's user alone");
    }
    let journal = found(&["journal", "records", "tree"]);
    if journal {
        steps.push("journal: restore the file named from a backup, then run `jejak doctor` again for what rests on it");
    }
    if found(&["rules"]) && !journal {
        steps.push(
            "rules: a void record stays on the log and counts for nothing; a missing profile comes from a backup",
        );
    }
    let stray = |check: &&Check| check.detail == STRAY;
    // without a sound journal there is nothing to rebuild them from
    let ahead = report.damages().any(|check| check.detail.starts_with("has ") && check.detail.contains("the journal"));
    if ahead {
        steps.push("journal: it is an older copy than what is published; bring the newer one back");
    } else if !journal
        && report
            .damages()
            .any(|check| matches!(check.name, "log" | "checkpoint" | "history" | "index") && !stray(&check))
    {
        steps.push("index and log: run `jejak reindex`");
    }
    if report.damages().any(|check| stray(&check)) {
        steps.push("what does not belong into the directory: move it away");
    }
    let objects = |evidence: bool| {
        report.damages().filter(|check| check.name == "objects" && !stray(check)).any(|check| {
            let place = check.place.as_deref().unwrap_or_default();
            evidence == (place.starts_with("objects/evidence") || place.starts_with("objects/quarantine"))
        })
    };
    if objects(true) {
        steps.push("evidence: hand it in again");
    }
    if objects(false) {
        steps.push("objects: restore a backup");
    }
    if found(&["register"]) {
        steps.push("register: nothing to do; the next start leaves out what is damaged");
    }
    steps.join("; ")
}

impl Reindex {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let done = reindex(&self.dir).map_err(|e| {
            super::opening::failed(format!("can't rebuild the index of {}", self.dir.display()), &self.dir, &e)
        })?;
        let mut text = format!("{} entries replayed\n", done.replayed);
        for path in &done.tiles_restored {
            text.push_str(&format!("log/{path} put right\n"));
        }
        for void in &done.voids {
            text.push_str(&format!("entry {} is void: {} ({})\n", void.index, void.rule, void.detail));
        }
        out.print(&text, &json!({ "replayed": done.replayed, "restored": done.tiles_restored, "voids": done.voids }));
        Ok(())
    }
}
