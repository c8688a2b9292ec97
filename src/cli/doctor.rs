//! `jejak doctor` checks a ledger directory; `jejak reindex` rebuilds its index.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Out;
use super::failure::Failure;
use super::output;
use crate::ledger::{Check, ConfigError, DoctorOptions, Part, Report, doctor, reindex};

/// Checks a ledger directory for damage, without changing it.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger", env = "JEJAK_DIR")]
    pub dir: PathBuf,
    /// Skip the slow checks: signatures, and the replay of the rules
    #[arg(long)]
    pub quick: bool,
}

/// Rebuilds the index from the journal.
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
    /// [`Failure`] of kind [`super::failure::Kind::NotProven`] when there is damage.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        if !self.dir.join("config.toml").exists() {
            let missing = ConfigError::Missing(self.dir.display().to_string());
            return Err(Failure::usage(format!("{} is not a ledger", self.dir.display()))
                .because("it has no config.toml")
                .hint(super::opening::config(&self.dir, &missing)));
        }
        let terminal = std::io::stderr().is_terminal() && !out.json;
        let progress: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(move |entries| {
            if terminal {
                output::progress(format_args!("\r{entries} entries checked"));
            }
        });
        let report = doctor(&self.dir, &DoctorOptions { signatures: !self.quick, replay: !self.quick, progress });
        if terminal {
            output::progress("\r\x1b[K");
        }
        let mut text = String::new();
        for check in &report.checks {
            let place = check.place.as_ref().map(|p| format!(" at {p}")).unwrap_or_default();
            let state = if check.ok { "ok    " } else { "DAMAGE" };
            text.push_str(&format!("{state} {:<10}{place} {}\n", check.name.name(), check.detail));
        }
        text.push_str(&format!("{} entries", report.entries));
        let value = json!({ "ok": report.ok(), "entries": report.entries, "checks": report.checks });
        out.print(&text, &value);
        if report.ok() {
            return Ok(());
        }
        let count = report.failed().count();
        let problems = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
        Err(Failure::not_proven(format!("{problems} in {}", self.dir.display())).hint(hint(&report)))
    }
}

/// What to do about the problems found, most important first.
fn hint(report: &Report) -> String {
    let found = |parts: &[Part]| report.failed().any(|check| parts.contains(&check.name));
    let mut steps = Vec::new();
    if found(&[Part::Config, Part::Lock]) {
        steps.push("config.toml: correct it; docs/operations.md lists every setting");
    }
    if found(&[Part::Keys]) {
        steps.push("keys: restore them from a backup, readable by the node's user only");
    }
    let journal = found(&[Part::Journal, Part::Records, Part::Tree]);
    if journal {
        steps.push("journal: restore the file named above from a backup, then run `jejak doctor` again");
    }
    if found(&[Part::Rules]) && !journal {
        steps.push("rules: a void record stays on the log and has no effect; restore a missing profile from a backup");
    }
    let stray = |check: &&Check| check.place.as_ref().is_some_and(|place| report.unexpected.contains(place));
    // index and log are rebuilt from the journal, which must be sound
    if report.journal_is_behind {
        steps.push("journal: records are missing; run `jejak recover`, or restore the newer copy");
    } else if !journal
        && report.failed().any(|check| {
            matches!(check.name, Part::Log | Part::Checkpoint | Part::History | Part::Index) && !stray(&check)
        })
    {
        steps.push("index and log: run `jejak reindex`");
    }
    if report.failed().any(|check| stray(&check)) {
        steps.push("files that do not belong in the directory: move it away");
    }
    let damaged = |part: Part| report.failed().any(|check| check.name == part && !stray(&check));
    if damaged(Part::Evidence) {
        steps.push("evidence: upload it again");
    }
    if damaged(Part::Objects) {
        steps.push("objects: restore a backup");
    }
    if found(&[Part::Floor]) && !report.journal_is_behind {
        steps.push("floor: restore it, or see `jejak recover`");
    }
    if found(&[Part::Register]) {
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
            super::opening::failed(format!("cannot rebuild the index of {}", self.dir.display()), &self.dir, e)
        })?;
        let mut text = format!("{} entries replayed\n", done.replayed);
        for path in &done.tiles_restored {
            text.push_str(&format!("log/{path} restored\n"));
        }
        for void in &done.voids {
            text.push_str(&format!("entry {} is void: {} ({})\n", void.index, void.rule, void.detail));
        }
        out.print(&text, &json!({ "replayed": done.replayed, "restored": done.tiles_restored, "voids": done.voids }));
        Ok(())
    }
}
