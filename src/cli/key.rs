//! `jejak key`: creates, shows, enrols and revokes signing keys. Invitations and requests of phones are in `enrolments`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Out;
use super::enrolments::{Approve, Invite, Refuse, Requests};
use super::failure::Failure;
use super::signing::{Passphrase, Signing, open_key};
use crate::record::prove_possession;
use crate::record::registry::{Key, KeyRevocation, Purpose};
use crate::record::{PublicKey, Statement};
use crate::store::keyfile;

/// The verbs of `jejak key`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Create a signing key: an encrypted PKCS#8 file, readable by you only
    New(New),
    /// Show the public key of a key file
    Show(Show),
    /// Enrol a key of a party, with proof of possession; signed by an admin key of the party, or by its enroller
    Enrol(Box<Enrol>),
    /// Revoke a key
    Revoke(Box<Revoke>),
    /// Print the link and the code by which a party's phone asks to be enrolled
    Invite(Box<Invite>),
    /// List the enrolment requests that wait on the node and that your key may approve
    Requests(Box<Requests>),
    /// Enrol the key of a request, after its eight words were compared with the phone's
    Approve(Box<Approve>),
    /// Remove a request; nothing is signed
    Refuse(Box<Refuse>),
}

/// `key new`.
#[derive(Debug, Args)]
pub struct New {
    /// Key file to write
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Do not encrypt it: only on an encrypted disk, or to try things out
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `key show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Key file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// Purpose of a key.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum For {
    /// Registry statements and events
    Admin,
    /// Events
    Event,
    /// The clock of a node
    Operator,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Purpose {
        match purpose {
            For::Admin => Purpose::Admin,
            For::Event => Purpose::Event,
            For::Operator => Purpose::Operator,
        }
    }
}

/// `key enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    /// Key file to enrol
    #[arg(value_name = "NEW_KEY")]
    pub file: PathBuf,
    /// URI of the party the key belongs to
    #[arg(long, value_name = "PARTY")]
    pub party: String,
    /// Purpose of the key
    #[arg(long = "for", value_enum, default_value = "event")]
    pub purpose: For,
    /// Label, such as "phone of the quality desk"
    #[arg(long)]
    pub label: Option<String>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `key revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The key: 52 characters, or urn:jejak:key:…
    #[arg(value_name = "KEY")]
    pub revoked: String,
    /// Reason
    #[arg(long, value_parser = ["lost", "replaced", "compromised", "left"])]
    pub reason: String,
    /// Time from which others may have had it, such as 2026-11-03T16:20:00+08:00; records logged since then are marked
    #[arg(long, value_name = "TIME")]
    pub compromised_since: Option<String>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::New(verb) => verb.run(out),
            Verb::Show(verb) => verb.run(out),
            Verb::Enrol(verb) => verb.run(out),
            Verb::Revoke(verb) => verb.run(out),
            Verb::Invite(verb) => verb.run(out),
            Verb::Requests(verb) => verb.run(out),
            Verb::Approve(verb) => verb.run(out),
            Verb::Refuse(verb) => verb.run(out),
        }
    }
}

fn show(key: &PublicKey, file: &std::path::Path, out: Out) {
    let text = format!("public key  {key}\nas URI      {}\nfile        {}", key.uri(), file.display());
    let hex = data_encoding::HEXLOWER.encode(&key.0);
    out.print(&text, &json!({ "key": key, "uri": key.uri(), "hex": hex, "file": file }));
}

impl New {
    fn run(self, out: Out) -> Result<(), Failure> {
        let cant = |e: keyfile::KeyFileError| {
            Failure::usage(format!("cannot create the key {}", self.file.display()))
                .because(e)
                .hint("a key is never overwritten: name another file")
        };
        if self.file.exists() {
            return Err(Failure::usage(format!("{} exists", self.file.display()))
                .hint("a key is never overwritten: name another file"));
        }
        let passphrase = if self.no_passphrase {
            None
        } else {
            let given = self.passphrase.get("Passphrase for the new key", true)?;
            if given.is_empty() {
                return Err(Failure::usage("the passphrase is empty")
                    .hint("choose one, or give --no-passphrase to leave the key unencrypted"));
            }
            Some(given)
        };
        let key = keyfile::generate().map_err(cant)?;
        keyfile::write(&self.file, &key, passphrase.as_ref().map(|p| p.as_bytes())).map_err(cant)?;
        show(&PublicKey(key.verifying_key().to_bytes()), &self.file, out);
        Ok(())
    }
}

impl Show {
    fn run(self, out: Out) -> Result<(), Failure> {
        let key = open_key(&self.file, &self.passphrase)?;
        show(&PublicKey(key.verifying_key().to_bytes()), &self.file, out);
        Ok(())
    }
}

impl Enrol {
    fn run(self, out: Out) -> Result<(), Failure> {
        let Some(ledger) = &self.signing.ledger else {
            return Err(Failure::usage("--ledger is required")
                .because("the proof of possession names the ledger, so that it is not valid on another")
                .hint("give --ledger, or set JEJAK_LEDGER"));
        };
        let key = open_key(&self.file, &self.signing.passphrase)?;
        let purpose = self.purpose.into();
        let statement = Statement::Key(Key {
            party: self.party.clone(),
            key: PublicKey(key.verifying_key().to_bytes()),
            purpose,
            possession: prove_possession(&key, ledger, &self.party, purpose),
            label: self.label,
        });
        self.signing.statement(&statement, out)
    }
}

impl Revoke {
    fn run(self, out: Out) -> Result<(), Failure> {
        let text = self.revoked.strip_prefix("urn:jejak:key:").unwrap_or(&self.revoked);
        let key: PublicKey = text.parse().map_err(|e| {
            Failure::usage(format!("{} is not a public key", self.revoked)).because(e).hint("see `jejak key show FILE`")
        })?;
        let since = self.compromised_since.as_deref().map(super::input::time).transpose()?;
        if since.is_some() && self.reason != "compromised" {
            return Err(Failure::usage("--compromised-since requires --reason compromised"));
        }
        let compromised_since = since.map(|t| t.timestamp().as_second());
        self.signing
            .statement(&Statement::KeyRevocation(KeyRevocation { key, reason: self.reason, compromised_since }), out)
    }
}
