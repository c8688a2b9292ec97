//! `jejak init`: founds a ledger in a new directory, and writes the authority's keys and the trust file that verifiers pin.
//!
//! Keys first, durably, then the ledger: a founding that is cut short leaves keys without a ledger, never a ledger whose
//! authority lost its keys.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::SigningKey;
use serde_json::json;

use super::Out;
use super::fail::{self, Failure};
use super::party::{InRegion, Named};
use super::signing::Passphrase;
use crate::ledger::init::check;
use crate::ledger::{InitKeys, InitOptions, Initialised, Ledger, Limits, Options};
use crate::record::registry::{Names, Party, Role};
use crate::store::{files, keyfile};

/// Founds a ledger.
#[derive(Debug, Args)]
pub struct Init {
    /// The ledger's new directory
    #[arg(long, value_name = "DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// Origin of the log's checkpoints, fixed for ever: host and path without scheme, such as jejak.example/log
    #[arg(long)]
    pub origin: String,
    /// What QR codes and links show, such as https://jejak.example
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
    /// Where the authority belongs
    #[command(flatten)]
    pub region: InRegion,
    /// GS1 Company Prefix of the authority, for producers without one; may be given more than once
    #[arg(long = "prefix", value_name = "DIGITS")]
    pub prefixes: Vec<String>,
    /// URI of the party that runs this node; the authority without it
    #[arg(long, value_name = "PARTY", requires = "operator_name")]
    pub operator: Option<String>,
    /// The operator's name
    #[arg(long, value_name = "NAME", requires = "operator")]
    pub operator_name: Option<String>,
    /// New directory for the authority's keys; move it off the node afterwards
    #[arg(long, value_name = "DIR", default_value = "authority-keys")]
    pub keys: PathBuf,
    /// Do not encrypt the authority's keys; for trying out
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
    /// Marks a demonstration
    #[arg(long)]
    pub demo: bool,
    /// Where the passphrase of the authority's keys comes from
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// The trust file of a ledger (`docs/operations.md`): what `jejak verify --trust` reads.
pub fn trust_file(founded: &Initialised) -> String {
    format!(
        "# What to trust beforehand when verifying. Compare these lines with what the authority publishes elsewhere.\n\
         ledger = {:?}\nlog = {:?}\n",
        founded.ledger, founded.log_key
    )
}

/// The record id of entry 0, which an update of the authority's own statement replaces.
fn authoritys_statement(dir: &Path) -> Result<String, Failure> {
    let cant = |why: &dyn std::fmt::Display| Failure::usage("the new ledger can't be read").why(why);
    let ledger = Ledger::open(dir, &Options::default()).map_err(|e| cant(&e))?;
    let record = ledger.record_at(0).map_err(|e| cant(&e))?;
    ledger.shutdown();
    record.map(|record| record.id.uri()).ok_or_else(|| cant(&"it is empty"))
}

/// Whether a directory can be founded in: absent or empty.
fn is_free(dir: &Path, option: &str) -> Result<(), Failure> {
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(Failure::usage(format!("{} is not empty", dir.display()))
            .why("a ledger is founded once, in new directories")
            .next(format!("name another directory with {option}"))),
        Err(e) => Err(Failure::file("read", dir, &e)),
    }
}

impl Init {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        is_free(&self.dir, "--dir")?;
        is_free(&self.keys, "--keys")?;
        // beside the ledger, not among the keys: it is given away
        let mut trust = self.dir.clone().into_os_string();
        trust.push(".trust.toml");
        let trust = PathBuf::from(trust);
        if std::fs::symlink_metadata(&trust).is_ok() {
            return Err(Failure::usage(format!("{} is there already", trust.display()))
                .why("the trust file of the new ledger would go there, and another ledger's may be pinned from it")
                .next(format!("move {} away, or found the ledger in another --dir", trust.display())));
        }
        let url = crate::server::settings::public_url(&self.public_url).map_err(|why| {
            Failure::usage("--public-url is not an address").why(why).next("give it such as https://jejak.example")
        })?;
        let party = |uri: &str, name: Names, role: Role| Party {
            party: uri.to_owned(),
            name,
            legal_form: None,
            roles: vec![role],
            country: self.country.clone(),
            region: None,
            registration: None,
            gln: crate::gs1::Gln::from_party_uri(uri).ok(),
            prefixes: Vec::new(),
            contact: None,
            nonce: None,
            successor: None,
            demo: self.demo,
            replaces: None,
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
        let keys = InitKeys::generate().map_err(|e| Failure::usage("can't make keys").why(e))?;
        let options = InitOptions {
            origin: self.origin,
            public_url: url,
            authority,
            operator,
            keys,
            limits: Limits::default(),
            // profiles of the programme apply to what was made before the node was founded
            profiles_from: 0,
        };
        // everything is checked before the first file is made: what a founding fixes is fixed for ever
        check(&options, jiff::Timestamp::now().as_second()).map_err(|e| {
            Failure::usage("a ledger can't be founded so")
                .why(e)
                .next("put right what is named, and run it again: nothing was written")
        })?;
        let passphrase = match self.no_passphrase {
            true => None,
            false => Some(self.passphrase.get("Passphrase for the authority's keys", true)?),
        };
        if passphrase.as_ref().is_some_and(|p| p.is_empty()) {
            return Err(Failure::usage("the passphrase is empty").next("choose one, or say --no-passphrase to try out"));
        }
        let keys = &options.keys;
        let files: [(&str, &SigningKey); 3] = [
            ("authority-1.pem", &keys.authority[0]),
            ("authority-2.pem", &keys.authority[1]),
            ("successor.pem", &keys.successor),
        ];
        files::create_dirs(&self.keys).map_err(|e| Failure::file("make", &self.keys, &e))?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&self.keys, private).map_err(|e| Failure::file("protect", &self.keys, &e))?;
        for (name, key) in files {
            let path = self.keys.join(name);
            keyfile::write(&path, key, passphrase.as_ref().map(|p| p.as_bytes()))
                .map_err(|e| Failure::usage(format!("can't write {}", path.display())).why(e))?;
        }
        let founded = Ledger::init(&self.dir, &options, &Options::default()).map_err(|e| {
            Failure::usage("the ledger was not founded").why(e).next(format!(
                "put right what is named, delete {} and {}, and run it again",
                self.dir.display(),
                self.keys.display()
            ))
        })?;
        fail::write_new(&self.keys.join("authority-1.pem.seq"), format!("{}\n", founded.authority_seq).as_bytes())?;
        fail::write_new(&trust, trust_file(&founded).as_bytes())?;
        if self.prefixes.is_empty() {
            fail::warn(
                "no --prefix was given: the authority can register no product or place of its own; state it later with \
                 `jejak party AUTHORITY … --prefix DIGITS --replaces RECORD`",
            );
        }
        let entry = authoritys_statement(&self.dir)?;
        let text = format!(
            "ledger   {}\nentry 0  {entry}\norigin   {}\nlog key  {}\nentries  {}\nkeys     {}: move them off this machine, successor.pem apart from the others\ntrust    {}: give it to whoever verifies\n\nnext: jejak serve --dir {}",
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
