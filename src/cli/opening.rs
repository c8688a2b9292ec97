//! Failures to open a ledger directory, each with its hint.

use std::path::Path;

use super::failure::{Failure, Kind};
use crate::ledger::{ConfigError, KeysError, Lost, OpenError};
use crate::store::keyfile::KeyFileError;
use crate::store::lock::LockError;

/// The failure `message` about the ledger in `dir`, caused by `error`.
pub fn failed(message: String, dir: &Path, error: OpenError) -> Failure {
    let usage = matches!(error, OpenError::Lock(_) | OpenError::Config(_) | OpenError::Keys(_));
    let kind = match error {
        OpenError::Full { .. } => Kind::Unreachable,
        _ if usage => Kind::Usage,
        _ => Kind::NotProven,
    };
    let hint = hint(dir, &error);
    Failure { kind, ..Failure::usage(message) }.because(error).hint(hint)
}

fn hint(dir: &Path, error: &OpenError) -> String {
    match error {
        OpenError::Lock(LockError::Held(_)) => "stop the other process, or use another directory".into(),
        OpenError::Lock(LockError::Io(_)) => {
            format!("run it as the owner of {}", dir.display())
        }
        OpenError::Config(error) => config(dir, error),
        OpenError::Keys(error) => keys(error),
        OpenError::Full { dir, .. } => format!(
            "free space or files on the disk of {} and start again; nothing was moved or deleted",
            dir.display()
        ),
        OpenError::Ahead { .. } => format!(
            "run `jejak recover --dir {0}`: it looks for the missing entries in {1}, and with --from in copies of the log's files \
             (mirrors, backups); otherwise restore {2} from the newest copy",
            dir.display(),
            dir.join("log").display(),
            dir.join("journal").display()
        ),
        OpenError::Lost(lost) => lost_tail(dir, lost),
        OpenError::Accepted { journal, .. } => {
            format!("give the size that the journal has: --accept-lost-tail {journal}")
        }
        OpenError::Other { .. } => "restore the config.toml that `jejak init` wrote for this ledger".into(),
        _ => "run `jejak doctor` on it; docs/operations.md explains each kind of damage".into(),
    }
}

/// The hint for a journal that lost its end, or may have.
fn lost_tail(dir: &Path, lost: &Lost) -> String {
    let journal = match lost {
        Lost::Tail { journal, .. } | Lost::NoFloor { journal, .. } => journal.to_string(),
        Lost::Other { .. } => "SIZE".into(),
    };
    let dir = dir.display();
    match lost {
        Lost::NoFloor { .. } => format!(
            "restore {dir}/floor if it can be found. Otherwise compare the newest checkpoint of witnesses and mirrors \
             (--seen FILE), then run `jejak recover --dir {dir} --accept-lost-tail {journal}`"
        ),
        _ => format!(
            "bring them back: run `jejak recover --dir {dir}`, with --from for each mirror or backup of the log's files; look for \
             {dir}/journal/*.torn and newer copies of {dir}/journal. Only if they can't be found: \
             `jejak recover --dir {dir} --accept-lost-tail {journal}`"
        ),
    }
}

/// The hint for a `config.toml` that cannot be used.
pub fn config(dir: &Path, error: &ConfigError) -> String {
    let file = dir.join("config.toml");
    match error {
        // an interrupted founding leaves no config.toml either
        ConfigError::Missing(_) if dir.join("journal").exists() => format!(
            "the directory has a journal: restore {} from a backup; delete the directory and found the ledger again only if \
             `jejak init` was interrupted",
            file.display()
        ),
        ConfigError::Missing(_) => {
            "name the ledger's directory with --dir, found a ledger with `jejak init`, or try `jejak demo`".into()
        }
        ConfigError::Io(_) => format!("make {} readable by this user", file.display()),
        ConfigError::Form(_) | ConfigError::Version(_) | ConfigError::Write(_) => {
            format!("correct {}; docs/operations.md, \"Configuration\", lists every setting", file.display())
        }
    }
}

/// The hint for a node's keys that cannot be used.
pub fn keys(error: &KeysError) -> String {
    match error {
        KeysError::Missing(file) => {
            format!(
                "restore {} from a backup: only a `LogKeys` statement of the authority can name another log key",
                file.display()
            )
        }
        KeysError::File(KeyFileError::Exposed(file)) => format!("chmod 600 {}", file.display()),
        KeysError::File(KeyFileError::Io { path, .. }) => {
            format!("run it as the owner of {}", path.display())
        }
        KeysError::File(_) => "restore keys/ from a backup: the credential and the key files belong together".into(),
        KeysError::Origin { named, .. } => {
            format!("set `origin = {named:?}` in config.toml: `jejak init` fixed it permanently")
        }
        KeysError::Another(_) => {
            "restore keys/ and config.toml from the same backup: one of them belongs to another ledger".into()
        }
        KeysError::Form(_) => "restore config.toml from a backup".into(),
    }
}
