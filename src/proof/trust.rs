//! What a verifier trusts before it reads a bundle: ledger id, log key, witness policy, and an earlier checkpoint.
//!
//! ```toml
//! ledger = "urn:jejak:ledger:…"
//! log = "<vkey of the log>"
//! policy = """<tlog-policy>"""          # optional: witnesses
//! [earlier]                             # optional: an earlier checkpoint
//! checkpoint = """<signed checkpoint>"""
//! proof = ["<base64 hash>", …]          # consistency from there to the bundle's checkpoint; an audit needs none
//! ```
//! Not here: reading files. Without a ledger id and a log key nothing is pinned, and no verdict counts as proven.

use std::sync::Arc;

use data_encoding::BASE64;
use serde::Deserialize;

use crate::causes::Source;
use crate::log::merkle::Hash;
use crate::log::note::{KeyType, NoteError, Verifier};
use crate::log::policy::{Policy, PolicyError};

/// An earlier checkpoint, and the proof that the bundle's tree extends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The signed checkpoint.
    pub checkpoint: String,
    /// Consistency proof (RFC 9162 section 2.1.4) from its size to the size of the bundle's checkpoint.
    pub proof: Vec<Hash>,
}

/// What is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Ledger id.
    pub ledger: Option<String>,
    /// The log's verifier key, type 0x01.
    pub log: Option<Verifier>,
    /// Witness policy; `None` requires no witness, and the verdict says so.
    pub policy: Option<Policy>,
    /// An earlier checkpoint.
    pub earlier: Option<Earlier>,
}

/// Why text is not a trust file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrustError {
    /// Not TOML of this shape.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// Not JSON of this shape.
    #[error(transparent)]
    Json(Source),
    /// The witness policy.
    #[error("trust: the witness policy")]
    Policy(#[from] PolicyError),
    /// The key of the log.
    #[error("trust: the log key")]
    Log(#[from] NoteError),
    /// The key named as the log's is a cosigner's.
    #[error("trust: the log key is a cosigner's")]
    Cosigner,
    /// The consistency proof from the earlier checkpoint.
    #[error("trust: a hash in the proof")]
    Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ledger: Option<String>,
    log: Option<String>,
    policy: Option<String>,
    earlier: Option<EarlierFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierFile {
    checkpoint: String,
    #[serde(default)]
    proof: Vec<String>,
}

/// A trust file that pins a ledger id and a log key, with a witness policy (C2SP tlog-policy) if there is one.
#[cfg(feature = "node")]
pub fn file(ledger: &str, log: &str, policy: Option<&str>) -> String {
    let mut text = format!(
        "# The log to trust when verifying. Compare it with what the authority publishes elsewhere.\n\
         ledger = {}\nlog = {}\n",
        toml::Value::from(ledger),
        toml::Value::from(log),
    );
    if let Some(policy) = policy {
        let policy = toml::Value::from(policy.trim_end().to_owned() + "\n");
        text.push_str(&format!("# Heads that too few witnesses cosigned are refused.\npolicy = {policy}\n"));
    }
    text
}

impl Trust {
    /// Nothing is pinned: a bundle can only be checked for consistency with itself.
    pub fn none() -> Trust {
        Trust::default()
    }

    /// Pins a ledger id and a log key.
    pub fn pinned(ledger: &str, log: Verifier) -> Trust {
        Trust { ledger: Some(ledger.to_owned()), log: Some(log), ..Trust::default() }
    }

    /// Whether a ledger id and a log key are pinned.
    pub fn is_pinned(&self) -> bool {
        self.ledger.is_some() && self.log.is_some()
    }

    /// From TOML.
    ///
    /// # Errors
    /// [`TrustError`] with what is wrong.
    pub fn from_toml(text: &str) -> Result<Trust, TrustError> {
        Trust::from_file(toml::from_str(text)?)
    }

    /// From JSON with the same members.
    ///
    /// # Errors
    /// [`TrustError`] with what is wrong.
    pub fn from_json(text: &str) -> Result<Trust, TrustError> {
        Trust::from_file(serde_json::from_str(text).map_err(|e| TrustError::Json(Arc::new(e)))?)
    }

    fn from_file(file: File) -> Result<Trust, TrustError> {
        let policy = file.policy.map(|text| Policy::parse(&text)).transpose()?;
        let mut log: Option<Verifier> = file.log.map(|text| text.parse()).transpose()?;
        if let (None, Some([(only, _)])) = (&log, policy.as_ref().map(|policy| policy.logs.as_slice())) {
            log = Some(only.clone());
        }
        if log.as_ref().is_some_and(|key| key.kind() != KeyType::Ed25519) {
            return Err(TrustError::Cosigner);
        }
        let earlier = file.earlier.map(|earlier| -> Result<_, TrustError> {
            let hash = |text: &String| BASE64.decode(text.as_bytes()).ok().and_then(|hash| Hash::try_from(hash).ok());
            let proof: Option<Vec<Hash>> = earlier.proof.iter().map(hash).collect();
            Ok(Earlier { checkpoint: earlier.checkpoint, proof: proof.ok_or(TrustError::Hash)? })
        });
        Ok(Trust { ledger: file.ledger, log, policy, earlier: earlier.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn trust_read_from_toml_and_json_is_equal() {
        let toml = format!("ledger = \"urn:jejak:ledger:x\"\nlog = \"{LOG}\"\npolicy = \"quorum none\\n\"\n");
        let json = format!(r#"{{"ledger":"urn:jejak:ledger:x","log":"{LOG}","policy":"quorum none\n"}}"#);
        let trust = Trust::from_toml(&toml).unwrap();
        assert_eq!(trust, Trust::from_json(&json).unwrap());
        assert!(trust.is_pinned());
        // a policy that names one log pins it
        let policy = format!("log {LOG}\nquorum none\n");
        let trust = Trust::from_json(&serde_json::json!({"ledger": "x", "policy": policy}).to_string()).unwrap();
        assert!(trust.is_pinned());
        for wrong in ["leger = \"x\"", "log = \"x\"", "policy = \"\"", "[earlier]\ncheckpoint=\"\"\nproof=[\"AA==\"]"] {
            assert!(Trust::from_toml(wrong).is_err(), "{wrong}");
        }
        assert!(!Trust::from_toml("").unwrap().is_pinned());
    }

    #[cfg(feature = "node")]
    #[test]
    fn written_trust_file_is_read_back() {
        let policy = format!("# \"quoted\" \u{e9}\nlog {LOG}\nquorum none");
        for policy in [None, Some(policy.as_str())] {
            let trust = Trust::from_toml(&file("urn:jejak:ledger:x", LOG, policy)).unwrap();
            assert!(trust.is_pinned());
            assert_eq!(trust.policy, policy.map(|text| Policy::parse(text).unwrap()));
        }
    }
}
