//! A ledger directory that does not open: each cause with its own next step. What it is not: a repair.

use std::path::Path;

use super::fail::{Failure, Kind};
use crate::ledger::{ConfigError, KeysError, OpenError};
use crate::store::keyfile::KeyFileError;
use crate::store::lock::LockError;

/// Why the ledger in `dir` could not be opened, or what else `what` says was to be done with it.
pub fn failed(what: String, dir: &Path, error: &OpenError) -> Failure {
    let usage = matches!(error, OpenError::Lock(_) | OpenError::Config(_) | OpenError::Keys(_));
    let kind = if usage { Kind::Usage } else { Kind::NotProven };
    Failure { kind, ..Failure::usage(what) }.why(error).next(next(dir, error))
}

fn next(dir: &Path, error: &OpenError) -> String {
    match error {
        OpenError::Lock(LockError::Held(_)) => "stop the other process, or give this one a directory of its own".into(),
        OpenError::Lock(LockError::Io(_)) => {
            format!("run it as the user whose directory {} is", dir.display())
        }
        OpenError::Config(error) => config(dir, error),
        OpenError::Keys(error) => keys(error),
        OpenError::Other { .. } => "bring back the config.toml that `jejak init` wrote for this ledger".into(),
        _ => "run `jejak doctor` on it; docs/operations.md says what each damage means".into(),
    }
}

/// What to do about a `config.toml` that can't be used.
pub fn config(dir: &Path, error: &ConfigError) -> String {
    let file = dir.join("config.toml");
    match error {
        // a founding that was cut short left no config.toml either
        ConfigError::Missing(_) if dir.join("journal").exists() => format!(
            "there is a journal: bring {} back from a backup; only where `jejak init` was cut short, delete the directory \
             and found it anew",
            file.display()
        ),
        ConfigError::Missing(_) => {
            "name the ledger's directory with --dir; or found one with `jejak init`, or try `jejak demo`".into()
        }
        ConfigError::Io(_) => format!("make {} readable for this user", file.display()),
        ConfigError::Form(_) => {
            format!("put right {}: docs/operations.md, \"Configuration\", lists what may stand there", file.display())
        }
    }
}

/// What to do about keys of a node that can't be used.
pub fn keys(error: &KeysError) -> String {
    match error {
        KeysError::Missing(file) => {
            format!(
                "bring {} back from a backup: only a `LogKeys` statement of the authority can name another log key",
                file.display()
            )
        }
        KeysError::File(KeyFileError::Exposed(file)) => format!("chmod 600 {}", file.display()),
        KeysError::File(KeyFileError::Io { path, .. }) => {
            format!("run it as the user whose file {} is", path.display())
        }
        KeysError::File(_) => "bring keys/ back from a backup, credential and key files of the same founding".into(),
        KeysError::Origin { named, .. } => {
            format!("write `origin = {named:?}` again in config.toml: `jejak init` fixed it for ever")
        }
        KeysError::Another(_) => {
            "bring keys/ and config.toml back from the same backup: one of them is another ledger's".into()
        }
        KeysError::Form(_) => "bring config.toml back from a backup".into(),
    }
}
