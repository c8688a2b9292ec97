//! `config.toml`: what `init` fixed for ever (origin, ledger id, key names) and what an operator may change.
//!
//! What it is not: the command line. `server` is passed on to the HTTP side unread.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::files::write_durably;

/// The settings of a ledger directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Format version of the directory.
    pub version: u32,
    /// Origin of the checkpoints, and name of the log key. Fixed by `init`.
    pub origin: String,
    /// The ledger id. Fixed by `init`.
    pub ledger: String,
    /// The log's verifier key (C2SP vkey). Fixed by `init`.
    pub log_key: String,
    /// URI of the party that runs this node (signs `Clock`).
    pub operator: String,
    /// What QR codes and links show.
    pub public_url: String,
    /// Limits and intervals.
    #[serde(default)]
    pub limits: Limits,
    /// Settings of the HTTP side.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub server: toml::Table,
}

/// Limits and intervals; each has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest time from a record's acknowledgement to the published head that covers it.
    pub publish_every_ms: u64,
    /// Records that may wait to be sequenced; more are answered `Busy`.
    pub queue: usize,
    /// Most records in one journal frame.
    pub batch_records: usize,
    /// A journal segment of this size is closed.
    pub segment_bytes: u64,
    /// Block cache of the index, bytes.
    pub index_cache_bytes: u64,
    /// An index up to this size (bytes) is read completely at every start, to find damaged blocks.
    pub index_check_bytes: u64,
    /// Largest evidence blob.
    pub evidence_bytes: u64,
    /// Room for uploads that no record names yet: so much for signed ones, and so much for the others.
    pub quarantine_bytes: u64,
    /// The same in files.
    pub quarantine_files: u64,
    /// Uploads that may arrive at once: so many signed ones and so many others, and the same again of blobs that a record names.
    pub uploads_open: u64,
    /// How long an upload may wait for the record that names it.
    pub quarantine_seconds: u64,
    /// Free disk space kept for the journal: signed uploads that would leave less are refused, and others that would leave less than
    /// twice as much.
    pub reserve_bytes: u64,
    /// The same in files (inodes).
    pub reserve_files: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            publish_every_ms: 1_000,
            // at 10,000 records a second this is less than half a second of waiting
            queue: 4_096,
            batch_records: 1_024,
            segment_bytes: crate::store::segments::SEGMENT_BYTES,
            index_cache_bytes: 32 << 20,
            index_check_bytes: 256 << 20,
            evidence_bytes: 20 << 20,
            quarantine_bytes: 1 << 30,
            // two rooms of these fill the ring of the register (`store::register`)
            quarantine_files: 8_192,
            // each takes a file descriptor of the ledger's, and a piece of memory of the server's
            uploads_open: 64,
            // a phone uploads its photo, then its record, perhaps a day later
            quarantine_seconds: 3 * 86_400,
            reserve_bytes: 256 << 20,
            // an hour of heads, each with some tiles and bundles that a later one supersedes
            reserve_files: 4_096,
        }
    }
}

/// A frame holds fewer than twice this many records of at most 65,535 bytes: 2 x 2,048 fit the longest frame.
const MOST_BATCH: usize = 2_048;

impl Limits {
    /// Records of one journal frame, within what a frame can hold.
    pub fn batch(&self) -> usize {
        self.batch_records.clamp(1, MOST_BATCH)
    }
}

/// The directory's format version.
pub const VERSION: u32 = 1;

/// The configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a ledger directory.
    #[error("{0} has no config.toml: not a ledger (see `jejak init`)")]
    Missing(String),
    /// Can't be read or written.
    #[error("config.toml can't be used")]
    Io(#[from] io::Error),
    /// Not valid.
    #[error("config.toml can't be used")]
    Form(#[from] toml::de::Error),
    /// Of another version.
    #[error("config.toml has version {0}; this program knows {VERSION}")]
    Version(u32),
    /// Can't be written as TOML.
    #[error("config.toml can't be written")]
    Write(#[from] toml::ser::Error),
}

impl Config {
    /// Reads `dir/config.toml`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(dir: &Path) -> Result<Config, ConfigError> {
        let text = match std::fs::read_to_string(dir.join("config.toml")) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(ConfigError::Missing(dir.display().to_string()));
            }
            Err(e) => return Err(e.into()),
        };
        let config: Config = toml::from_str(&text)?;
        if config.version != VERSION {
            return Err(ConfigError::Version(config.version));
        }
        Ok(config)
    }

    /// Writes `dir/config.toml`, durably.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn save(&self, dir: &Path) -> Result<(), ConfigError> {
        let text = toml::to_string_pretty(self)?;
        Ok(write_durably(&dir.join("config.toml"), text.as_bytes(), 0o644)?)
    }

    /// How often a head is published.
    pub fn publish_every(&self) -> Duration {
        Duration::from_millis(self.limits.publish_every_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::causes;

    fn config() -> Config {
        Config {
            version: VERSION,
            origin: "example.org/jejak".into(),
            ledger: "urn:jejak:ledger:x".into(),
            log_key: "example.org/jejak+0+x".into(),
            operator: "urn:jejak:party:node".into(),
            public_url: "https://example.org".into(),
            limits: Limits::default(),
            server: toml::Table::new(),
        }
    }

    #[test]
    fn config_round_trips_and_errors_name_the_setting() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Config::load(dir.path()), Err(ConfigError::Missing(_))));
        config().save(dir.path()).unwrap();
        assert_eq!(Config::load(dir.path()).unwrap(), config());
        let text = std::fs::read_to_string(dir.path().join("config.toml")).unwrap();
        std::fs::write(dir.path().join("config.toml"), text.replace("version = 1", "version = 9")).unwrap();
        assert!(Config::load(dir.path()).unwrap_err().to_string().contains("version 9"));
        std::fs::write(dir.path().join("config.toml"), text.replace("[limits]", "[limits]\nquue = 1")).unwrap();
        assert!(causes(&Config::load(dir.path()).unwrap_err()).to_string().contains("quue"));
    }
}
