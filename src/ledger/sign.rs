//! The node's own keys: the log's, which signs heads, and the operator's, which signs `Clock`.
//!
//! What it is not: the format of key files (`store::keyfile`), nor the authority's keys, which the node never has.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};

use zeroize::Zeroizing;

use super::{Config, InitError};
use crate::log::Signer;
use crate::log::note::{KeyType, NoteError, Verifier};
use crate::record::id::base32;
use crate::record::registry::Clock;
use crate::record::{ContentType, Record, RecordError, Statement};
use crate::record::{SignerClaims, sign};
use crate::store::files::create_dirs;
use crate::store::keyfile::{self, KeyFileError};

/// The file with the passphrase of the key files.
const CREDENTIAL: &str = "credential";

/// Why the node's keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file of `keys/` is not there.
    #[error("{0} is missing")]
    Missing(PathBuf),
    /// Others may read it, the credential does not open it, or it can't be read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// `log_key` has another name than the origin.
    #[error("the origin in config.toml is {origin}, but its log_key is of {named}")]
    Origin {
        /// The setting.
        origin: String,
        /// The name in `log_key`.
        named: String,
    },
    /// The log's key is not `log_key`.
    #[error("{0} is not the key that log_key of config.toml names")]
    Another(PathBuf),
    /// The settings can't name a key.
    #[error("the name and the key don't make a verifier key")]
    Form(#[from] NoteError),
}

/// The log's key, named by the origin.
pub struct LogKey {
    origin: String,
    key: SigningKey,
}

impl LogKey {
    /// Names `key` by `origin`.
    pub fn new(origin: &str, key: SigningKey) -> LogKey {
        LogKey { origin: origin.to_owned(), key }
    }
}

impl Signer for LogKey {
    fn name(&self) -> &str {
        &self.origin
    }

    fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        Ok(self.key.sign(message).to_bytes())
    }
}

/// The keys of a running node.
pub struct Keys {
    /// Signs heads and receipts.
    pub log: LogKey,
    /// Signs `Clock`.
    pub operator: SigningKey,
}

/// Signs a registry statement.
///
/// # Errors
/// [`RecordError`] when the statement is not one the ledger's schema allows.
pub fn statement(
    key: &SigningKey,
    iss: &str,
    ledger: &str,
    iat: i64,
    seq: u64,
    statement: &Statement,
) -> Result<Vec<u8>, RecordError> {
    let claims = SignerClaims { iss, aud: ledger, iat, seq, seen: None };
    sign(key, &claims, ContentType::Registry, statement.to_json()?.as_bytes())
}

/// Signs the operator's `Clock`.
///
/// # Errors
/// [`RecordError`], which would be a bug.
pub fn clock(key: &SigningKey, iss: &str, ledger: &str, time: i64, seq: u64) -> Result<Arc<Record>, RecordError> {
    let bytes = statement(key, iss, ledger, time, seq, &Statement::Clock(Clock { time }))?;
    Record::decode(&bytes).map(Arc::new)
}

impl Keys {
    /// Keys from their parts.
    pub fn new(origin: &str, log: SigningKey, operator: SigningKey) -> Keys {
        Keys { log: LogKey::new(origin, log), operator }
    }

    /// Writes `keys/log.pem` and `keys/operator.pem`, encrypted under a new credential `keys/credential` (mode 0600) that
    /// opens them unattended. A process that can read the credential can use the keys: keep it on another disk if that matters.
    ///
    /// # Errors
    /// [`InitError`].
    pub fn save(&self, dir: &Path) -> Result<(), InitError> {
        let keys = dir.join("keys");
        create_dirs(&keys)?;
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o700))?;
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(InitError::Random)?;
        let credential = Zeroizing::new(base32().encode(&*secret));
        keyfile::create_private(&keys.join(CREDENTIAL), format!("{}\n", *credential).as_bytes())?;
        for (name, key) in [("log.pem", &self.log.key), ("operator.pem", &self.operator)] {
            keyfile::write(&keys.join(name), key, Some(credential.as_bytes())).map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    /// Reads the keys of the node in `dir`; the log's must be the one of `config.toml`.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn load(dir: &Path, config: &Config) -> Result<Keys, KeysError> {
        let keys = dir.join("keys");
        let credential = keys.join(CREDENTIAL);
        let text = std::fs::read_to_string(&credential).map_err(|source| KeyFileError::Io { path: credential, source });
        let credential = Zeroizing::new(text.map_err(KeysError::file)?);
        let read =
            |name: &str| keyfile::read(&keys.join(name), Some(credential.trim().as_bytes())).map_err(KeysError::file);
        let read = Keys::new(&config.origin, read("log.pem")?, read("operator.pem")?);
        let verifier = Verifier::of(&read.log, KeyType::Ed25519).map_err(KeysError::from)?;
        if verifier.to_string() == config.log_key {
            return Ok(read);
        }
        match config.log_key.parse::<Verifier>() {
            Ok(named) if named.name() != config.origin => {
                Err(KeysError::Origin { origin: config.origin.clone(), named: named.name().to_owned() })
            }
            _ => Err(KeysError::Another(keys.join("log.pem"))),
        }
    }

    /// Checks that the key files can be read, without decrypting them, which is slow by design.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn look(dir: &Path) -> Result<(), KeysError> {
        let keys = dir.join("keys");
        let credential = keys.join(CREDENTIAL);
        let opened = std::fs::File::open(&credential).map(drop);
        opened.map_err(|source| KeysError::file(KeyFileError::Io { path: credential, source }))?;
        ["log.pem", "operator.pem"].iter().try_for_each(|name| keyfile::look(&keys.join(name)).map_err(KeysError::file))
    }
}

impl KeysError {
    fn file(error: KeyFileError) -> KeysError {
        match error {
            KeyFileError::Io { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
                KeysError::Missing(path)
            }
            error => KeysError::File(error),
        }
    }
}
