//! `jejak init`: founds a ledger in a new directory, and writes the authority's keys and the trust file for verifiers.
//!
//! The keys are durable before the ledger is written: an interrupted founding leaves keys without a ledger, never a ledger whose
//! authority lost its keys.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::SigningKey;
use serde_json::json;

use super::Out;
use super::failure::{Cause, Failure};
use super::output;
use super::party::{InRegion, Named};
use super::signing::Passphrase;
use crate::ledger::init::check;
use crate::ledger::{InitKeys, InitOptions, Ledger, Limits, Options};
use crate::record::registry::{Names, Party, Role};
use crate::store::{files, keyfile};

/// Founds a ledger.
#[derive(Debug, Args)]
pub struct Init {
    /// The ledger's new directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// Origin of the log's checkpoints, permanent: host and path without scheme, such as jejak.example/log
    #[arg(long)]
    pub origin: String,
    /// Address in links and QR codes, such as https://jejak.example
    #[arg(long, value_name = "URL")]
    pub public_url: String,
    /// URI of the authority: https://id.gs1.org/417/<GLN>, or urn:jejak:party:<name>
    #[arg(long, value_name = "PARTY")]
    pub authority: String,
    /// The authority's names
    #[command(flatten)]
    pub name: Named,
    /// Country of the authority, two capital letters
    #[arg(long, value_name = "CC", default_value = "ID")]
    pub country: String,
    /// Administrative region of the authority
    #[command(flatten)]
    pub region: InRegion,
    /// GS1 Company Prefix of the authority, for producers without one; repeatable
    #[arg(long = "prefix", value_name = "DIGITS")]
    pub prefixes: Vec<String>,
    /// URI of the party that runs this node [default: the authority]
    #[arg(long, value_name = "PARTY", requires = "operator_name")]
    pub operator: Option<String>,
    /// The operator's name
    #[arg(long, value_name = "NAME", requires = "operator")]
    pub operator_name: Option<String>,
    /// New directory for the authority's keys; move it off the node afterwards
    #[arg(long, value_name = "DIR", default_value = "authority-keys")]
    pub keys: PathBuf,
    /// Do not encrypt the authority's keys: only to try things out
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
    /// Mark it as a demonstration
    #[arg(long)]
    pub demo: bool,
    /// Passphrase options, for the authority's keys
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// The record id of entry 0, the authority's own statement.
fn entry_zero(dir: &Path) -> Result<String, Failure> {
    let cant = |cause: Cause| Failure::usage("cannot read the new ledger").because(cause);
    let ledger = Ledger::open(dir, &Options::default()).map_err(|e| cant(e.into()))?;
    let record = ledger.record_at(0).map_err(|e| cant(e.into()))?;
    ledger.shutdown();
    record.map(|record| record.id.uri()).ok_or_else(|| cant("it is empty".into()))
}

/// Refuses a directory that exists and is not empty.
fn require_new(dir: &Path, option: &str) -> Result<(), Failure> {
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(Failure::usage(format!("{} is not empty", dir.display()))
            .because("a ledger is founded in new directories")
            .hint(format!("name another directory with {option}"))),
        Err(e) => Err(Failure::file("read", dir, e)),
    }
}

impl Init {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        require_new(&self.dir, "--dir")?;
        require_new(&self.keys, "--keys")?;
        // beside the ledger, not among the keys, because it is published
        let mut trust = self.dir.clone().into_os_string();
        trust.push(".trust.toml");
        let trust = PathBuf::from(trust);
        if std::fs::symlink_metadata(&trust).is_ok() {
            return Err(Failure::usage(format!("{} exists", trust.display()))
                .because("the trust file of the new ledger would replace another ledger's")
                .hint(format!("move {} away, or found the ledger in another --dir", trust.display())));
        }
        let url = crate::server::settings::public_url(&self.public_url).map_err(|why| {
            Failure::usage("--public-url is not a valid address")
                .because(why)
                .hint("give an address such as https://jejak.example")
        })?;
        let party = |uri: &str, name: Names, role: Role| Party {
            gln: crate::gs1::Gln::from_party_uri(uri).ok(),
            demo: self.demo,
            ..Party::new(uri, name, &[role], &self.country)
        };
        let mut authority = party(&self.authority, self.name.clone().into(), Role::Authority);
        authority.region = self.region.clone().region();
        authority.prefixes.clone_from(&self.prefixes);
        let operator = match (&self.operator, &self.operator_name) {
            (Some(uri), Some(name)) => party(uri, Names::english(name), Role::Operator),
            _ => {
                authority.roles.push(Role::Operator);
                authority.clone()
            }
        };
        let keys = InitKeys::generate().map_err(|e| Failure::usage("cannot generate keys").because(e))?;
        let options = InitOptions {
            origin: self.origin,
            public_url: url,
            authority,
            operator,
            keys,
            limits: Limits::default(),
            // the built-in profiles also apply to events before the founding
            profiles_from: 0,
        };
        // everything is checked before the first file is written, because it cannot be changed later
        check(&options, jiff::Timestamp::now().as_second()).map_err(|e| {
            Failure::usage("the ledger cannot be founded like this")
                .because(e)
                .hint("nothing was written; correct it, and run the command again")
        })?;
        let passphrase = match self.no_passphrase {
            true => None,
            false => Some(self.passphrase.get("Passphrase for the authority's keys", true)?),
        };
        if passphrase.as_ref().is_some_and(|p| p.is_empty()) {
            return Err(
                Failure::usage("the passphrase is empty").hint("choose one, or give --no-passphrase to try things out")
            );
        }
        let keys = &options.keys;
        let files: [(&str, &SigningKey); 3] = [
            ("authority-1.pem", &keys.authority[0]),
            ("authority-2.pem", &keys.authority[1]),
            ("successor.pem", &keys.successor),
        ];
        files::create_dirs(&self.keys).map_err(|e| Failure::file("make", &self.keys, e))?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&self.keys, private).map_err(|e| Failure::file("protect", &self.keys, e))?;
        for (name, key) in files {
            let path = self.keys.join(name);
            keyfile::write(&path, key, passphrase.as_ref().map(|p| p.as_bytes()))
                .map_err(|e| Failure::usage(format!("can't write {}", path.display())).because(e))?;
        }
        let founded = Ledger::init(&self.dir, &options, &Options::default()).map_err(|e| {
            Failure::usage("founding the ledger failed").because(e).hint(format!(
                "correct it, delete {} and {}, and run the command again",
                self.dir.display(),
                self.keys.display()
            ))
        })?;
        output::write_new(&self.keys.join("authority-1.pem.seq"), format!("{}\n", founded.authority_seq).as_bytes())?;
        output::write_new(&trust, crate::proof::trust::file(&founded.ledger, &founded.log_key, None).as_bytes())?;
        if self.prefixes.is_empty() {
            output::warn(
                "no --prefix given: the authority cannot register products or places of its own; add one later with \
                 `jejak party AUTHORITY … --prefix DIGITS --replaces RECORD`",
            );
        }
        let entry = entry_zero(&self.dir)?;
        let text = format!(
            "ledger   {}\nentry 0  {entry}\norigin   {}\nlog key  {}\nentries  {}\nkeys     {}: move them off this machine, successor.pem apart from the others\ntrust    {}: publish it for verifiers\n\nnext: jejak serve --dir {}",
            founded.ledger,
            founded.origin,
            founded.log_key,
            founded.size,
            self.keys.display(),
            trust.display(),
            self.dir.display(),
        );
        let value = json!({
            "ledger": founded.ledger,
            "record": entry,
            "origin": founded.origin,
            "logKey": founded.log_key,
            "size": founded.size,
            "dir": self.dir,
            "keys": self.keys,
            "trust": trust,
        });
        out.print(&text, &value);
        Ok(())
    }
}
