//! `init`: founds a ledger. Fixes its origin and id for ever, writes the node's keys, and signs the first entries.
//!
//! ```text
//! 0  Party         the authority, with the nonce and the commitment to its successor key
//! 1  Key           the authority's second admin key
//! 2  Ruleset       1
//! 3  LogKeys       origin and the log's verifier key
//! 4  Party, Key    the operator of this node, and its clock key
//! 6  Clock         then one Profile statement per built-in commodity profile
//! ```
//! `config.toml` is written last: a directory without it is not a ledger. What it is not: storage of the authority's keys.
//! The founder passes them in and keeps them; the node keeps the log's and the operator's.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use ed25519_dalek::SigningKey;

use super::evidence::profile_path;
use super::open::Start;
use super::{Config, ConfigError, Keys, Ledger, Limits, OpenError, Options, SubmitError, config, sign};
use crate::causes::Source;
use crate::chain::{self, Context, MemState, NoProfiles, Overlay};
use crate::guide;
use crate::log::note::{KeyType, Verifier, name_is_valid};
use crate::quality::{self, Shipped};
use crate::record::key::{ledger_id, successor_commitment};
use crate::record::registry::{Guide, Key, LogKeys, Party, Profile, Purpose, Role, Ruleset};
use crate::record::{Hash32, PublicKey, Record, Statement, prove_possession};
use crate::store::files::create_dirs;
use crate::store::lock::DirLock;

/// What the founder decides.
pub struct InitOptions {
    /// Origin of the checkpoints: host and path without scheme, such as `jejak.example/log`.
    pub origin: String,
    /// What QR codes and links show.
    pub public_url: String,
    /// The authority. `nonce` and `successor` are filled in here.
    pub authority: Party,
    /// Who runs the node.
    pub operator: Party,
    /// The keys.
    pub keys: InitKeys,
    /// Limits of the node.
    pub limits: Limits,
    /// Event times from here on (Unix seconds) may name the built-in profiles.
    pub profiles_from: i64,
}

/// Keys and random bytes of a new ledger.
pub struct InitKeys {
    /// The authority's two admin keys; the first signs entry 0.
    pub authority: [SigningKey; 2],
    /// The key the authority may rotate to, committed to in entry 0. Keep it apart from the others.
    pub successor: SigningKey,
    /// The log's key.
    pub log: SigningKey,
    /// The operator's clock key.
    pub operator: SigningKey,
    /// Makes the ledger id unique.
    pub nonce: [u8; 16],
}

impl InitKeys {
    /// New keys from the system's random source.
    ///
    /// # Errors
    /// When it fails.
    pub fn generate() -> Result<InitKeys, InitError> {
        let mut nonce = [0; 16];
        fill(&mut nonce)?;
        Ok(InitKeys {
            authority: [new_key()?, new_key()?],
            successor: new_key()?,
            log: new_key()?,
            operator: new_key()?,
            nonce,
        })
    }

    /// Keys derived from `seed`: for a reproducible demonstration, never for a real ledger.
    pub fn from_seed(seed: &[u8; 32]) -> InitKeys {
        let derive = |name: &str| SigningKey::from_bytes(Hash32::tagged("demo", &[seed, name.as_bytes()]).as_bytes());
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&Hash32::tagged("demo", &[seed, b"nonce"]).as_bytes()[..16]);
        InitKeys {
            authority: [derive("authority"), derive("authority-2")],
            successor: derive("successor"),
            log: derive("log"),
            operator: derive("operator"),
            nonce,
        }
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), InitError> {
    getrandom::fill(bytes).map_err(InitError::Random)
}

fn new_key() -> Result<SigningKey, InitError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    fill(&mut seed[..])?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The new ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialised {
    /// The ledger id.
    pub ledger: String,
    /// The origin.
    pub origin: String,
    /// The log's verifier key (C2SP vkey).
    pub log_key: String,
    /// How many entries the log has.
    pub size: u64,
    /// The last `seq` used by the authority's first admin key.
    pub authority_seq: u64,
}

/// Why no ledger was founded.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The directory is not empty.
    #[error("{0} is not empty: a ledger is founded in a new directory")]
    NotEmpty(String),
    /// The origin can't name a key.
    #[error(
        "{0:?} can't be an origin: a host and a path without scheme, spaces or plus sign, such as jejak.example/log"
    )]
    Origin(String),
    /// The system's random source.
    #[error("no randomness")]
    Random(#[source] getrandom::Error),
    /// The system call failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Opening the new directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A founding record was refused.
    #[error("founding record {0} was refused")]
    Refused(usize, #[source] SubmitError),
    /// The rules refuse what the founder states.
    #[error(transparent)]
    NotAdmitted(Source),
}

/// Whether `origin` is a host and a path, without a scheme. It can't be changed later.
fn origin_is_plain(origin: &str) -> bool {
    let (host, path) = origin.split_once('/').unwrap_or((origin, "x"));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    name_is_valid(origin)
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
        && path.split('/').all(|part| !part.is_empty())
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>'))
}

/// Checks the founder's options by the rules that apply to the founding records. Writes nothing.
///
/// # Errors
/// [`InitError::Origin`], [`InitError::NotAdmitted`].
pub fn check(init: &InitOptions, now: i64) -> Result<(), InitError> {
    if !origin_is_plain(&init.origin) {
        return Err(InitError::Origin(init.origin.clone()));
    }
    let ledger = ledger_id(&PublicKey(init.keys.authority[0].verifying_key().to_bytes()), &init.keys.nonce);
    let log = log_verifier(&init.origin, &init.keys.log)?.to_string();
    let (mut state, mut index) = (MemState::new(), 0);
    for statement in founding(init, &ledger, &log) {
        let (key, party) = (&init.keys.authority[0], &init.authority.party);
        let bytes = sign::statement(key, party, &ledger, now, index + 1, &statement).map_err(not_admitted)?;
        let record = Record::decode(&bytes).map_err(not_admitted)?;
        let mut overlay = Overlay::new(&state);
        chain::apply(&mut overlay, index, &record, &Context::replay(&NoProfiles)).map_err(not_admitted)?;
        let changes = overlay.into_changes();
        state.commit(changes).map_err(not_admitted)?;
        index += 1;
    }
    Ok(())
}

fn not_admitted(error: impl Error + Send + Sync + 'static) -> InitError {
    InitError::NotAdmitted(Arc::new(error))
}

impl Ledger {
    /// Founds a ledger in `dir`, a new or empty directory.
    ///
    /// # Errors
    /// [`InitError`]; without `config.toml` the directory is not a ledger and may be deleted.
    pub fn init(dir: &Path, init: &InitOptions, options: &Options) -> Result<Initialised, InitError> {
        check(init, options.clock.now())?;
        create_dirs(dir)?;
        if fs::read_dir(dir)?.next().is_some() {
            return Err(InitError::NotEmpty(dir.display().to_string()));
        }
        let lock = DirLock::acquire(dir).map_err(OpenError::from)?;
        let authority = PublicKey(init.keys.authority[0].verifying_key().to_bytes());
        let config = Config {
            version: config::VERSION,
            origin: init.origin.clone(),
            ledger: ledger_id(&authority, &init.keys.nonce),
            log_key: log_verifier(&init.origin, &init.keys.log)?.to_string(),
            operator: init.operator.party.clone(),
            public_url: init.public_url.clone(),
            limits: init.limits.clone(),
            server: toml::Table::new(),
        };
        let keys = Keys::new(&init.origin, init.keys.log.clone(), init.keys.operator.clone());
        keys.save(dir)?;
        let ledger =
            Ledger::open_checking(dir, config.clone(), keys, options, lock, Start { founding: true, whole: false })?;
        let founded = ledger.found(init, options.clock.now());
        ledger.shutdown();
        let founded = founded?;
        config.save(dir)?;
        Ok(founded)
    }

    /// Submits the first entries to an empty ledger whose keys and id are those of `init`.
    ///
    /// # Errors
    /// [`InitError::Refused`] with the number of the record.
    pub fn found(&self, init: &InitOptions, now: i64) -> Result<Initialised, InitError> {
        let log = log_verifier(&self.config().origin, &init.keys.log)?;
        let founding = founding(init, self.id(), &log.to_string());
        let mut profiles = Vec::new();
        for Shipped { profile, bytes } in quality::builtin() {
            let blake3 = Hash32::of(bytes);
            self.inner.shared.objects.put(&profile_path(&blake3), bytes).map_err(OpenError::from)?;
            profiles.push(Statement::Profile(Profile {
                id: profile.id.clone(),
                version: profile.version.clone(),
                blake3,
                bytes: bytes.len() as u64,
                from: init.profiles_from,
                until: None,
            }));
        }
        for guide::Shipped { guide, bytes } in guide::builtin() {
            let blake3 = Hash32::of(bytes);
            self.inner.shared.objects.put(&profile_path(&blake3), bytes).map_err(OpenError::from)?;
            profiles.push(Statement::Guide(Guide {
                id: guide.id.clone(),
                version: guide.version.clone(),
                blake3,
                bytes: bytes.len() as u64,
            }));
        }
        let mut seq = 0;
        // in two parts: the clock comes before the profiles, and can only be signed once the operator's key is on the log
        for part in [founding, profiles] {
            let mut records = Vec::new();
            for statement in part {
                seq += 1;
                let signed =
                    sign::statement(&init.keys.authority[0], &init.authority.party, self.id(), now, seq, &statement);
                records.push(Bytes::from(signed.map_err(|e| InitError::Refused(records.len(), e.into()))?));
            }
            for (number, answer) in self.submit_many_blocking(records).into_iter().enumerate() {
                answer.map_err(|e| InitError::Refused(number, e))?;
            }
        }
        Ok(Initialised {
            ledger: self.id().to_owned(),
            origin: init.origin.clone(),
            log_key: log.to_string(),
            size: self.size(),
            authority_seq: seq,
        })
    }
}

fn founding(init: &InitOptions, ledger: &str, log_key: &str) -> Vec<Statement> {
    let mut authority = init.authority.clone();
    authority.nonce = Some(data_encoding::HEXLOWER.encode(&init.keys.nonce));
    authority.successor = Some(successor_commitment(&PublicKey(init.keys.successor.verifying_key().to_bytes())));
    let key = |party: &str, key: &SigningKey, purpose: Purpose, label: &str| {
        Statement::Key(Key {
            party: party.to_owned(),
            key: PublicKey(key.verifying_key().to_bytes()),
            purpose,
            possession: prove_possession(key, ledger, party, purpose),
            label: Some(label.to_owned()),
        })
    };
    let mut operator = init.operator.clone();
    if !operator.roles.contains(&Role::Operator) {
        operator.roles.push(Role::Operator);
    }
    let (authority_uri, operator_uri) = (authority.party.clone(), operator.party.clone());
    let mut statements = vec![
        Statement::Party(authority),
        key(&authority_uri, &init.keys.authority[1], Purpose::Admin, "second admin key"),
        Statement::Ruleset(Ruleset { version: crate::chain::RULESET }),
        Statement::LogKeys(LogKeys {
            origin: init.origin.clone(),
            log: vec![log_key.to_owned()],
            witnesses: Vec::new(),
            replaces: None,
        }),
    ];
    // the authority may run the node itself
    if operator_uri != authority_uri {
        statements.push(Statement::Party(operator));
    }
    statements.push(key(&operator_uri, &init.keys.operator, Purpose::Operator, "clock of the node"));
    statements
}

/// The verifier key of a log key, as `init` prints it.
///
/// # Errors
/// When the origin can't name a key.
pub fn log_verifier(origin: &str, key: &SigningKey) -> Result<Verifier, InitError> {
    Verifier::new(origin, KeyType::Ed25519, key.verifying_key().to_bytes())
        .map_err(|_| InitError::Origin(origin.to_owned()))
}
