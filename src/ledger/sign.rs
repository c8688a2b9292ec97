//! The node's own keys: the log's, which signs heads, and the operator's, which signs `Clock`.
//!
//! What it is not: how a key file looks (`store::keyfile`), nor the authority's keys, which never come near the node.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};

use zeroize::Zeroizing;

use super::{Config, InitError, OpenError};
use crate::log::Signer;
use crate::log::note::{KeyType, Verifier};
use crate::record::envelope::{Stated, sign};
use crate::record::id::base32;
use crate::record::registry::Clock;
use crate::record::{ContentType, Record, RecordError, Statement};
use crate::store::files::create_dirs;
use crate::store::keyfile;

/// The file whose text opens the key files.
const CREDENTIAL: &str = "credential";

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
    let stated = Stated { iss, aud: ledger, iat, seq };
    sign(key, &stated, ContentType::Registry, statement.to_json()?.as_bytes())
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
    /// From their parts.
    pub fn new(origin: &str, log: SigningKey, operator: SigningKey) -> Keys {
        Keys { log: LogKey::new(origin, log), operator }
    }

    /// Writes `keys/log.pem` and `keys/operator.pem`, encrypted under a new credential `keys/credential` (mode 0600) that
    /// opens them unattended. Whoever can read the credential can use the keys: keep it on another disk if that matters.
    ///
    /// # Errors
    /// [`InitError`].
    pub fn save(&self, dir: &Path) -> Result<(), InitError> {
        let keys = dir.join("keys");
        create_dirs(&keys)?;
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o700))?;
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|e| InitError::Random(e.to_string()))?;
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
    /// [`OpenError::Keys`].
    pub fn load(dir: &Path, config: &Config) -> Result<Keys, OpenError> {
        let keys = dir.join("keys");
        let fail = |e: &dyn std::fmt::Display| OpenError::Keys(e.to_string());
        let credential = std::fs::read_to_string(keys.join(CREDENTIAL));
        let credential = Zeroizing::new(credential.map_err(|e| fail(&format!("keys/{CREDENTIAL}: {e}")))?);
        let read =
            |name: &str| keyfile::read(&keys.join(name), Some(credential.trim().as_bytes())).map_err(|e| fail(&e));
        let keys = Keys::new(&config.origin, read("log.pem")?, read("operator.pem")?);
        let verifier = Verifier::of(&keys.log, KeyType::Ed25519).map_err(|e| fail(&e))?;
        if verifier.to_string() != config.log_key {
            return Err(OpenError::Keys("keys/log.pem is not the key that config.toml names".into()));
        }
        Ok(keys)
    }
}
