//! Submits the demo's records over the HTTP interface. Each is stored before it is sent, so that an interrupted start continues with
//! the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use ed25519_dalek::SigningKey;
use jiff::{Timestamp, ToSpan, civil};

use crate::cli::signed::RequestSigner;
use crate::epcis::EventBuilder;
use crate::log::{Checkpoint, Note};
use crate::record::registry::{Key, Purpose, Statement};
use crate::record::{ContentType, PublicKey, Record, RecordId, Seen, SignerClaims, prove_possession, sign};
use crate::store::keyfile;

/// Where records go.
pub trait Submitter {
    /// Submits one record; `Ok` when it is durable and sequenced, now or earlier.
    ///
    /// # Errors
    /// The answer of the ledger, if it refused.
    fn submit(&mut self, bytes: &[u8]) -> Result<()>;

    /// Submits one evidence blob, by a request that `key` of `party` signs.
    ///
    /// # Errors
    /// The answer of the ledger, if it refused.
    fn upload(&mut self, hash: &str, bytes: &[u8], party: &str, key: &SigningKey) -> Result<()>;

    /// The newest head of the log, as its signers see it.
    fn head(&self) -> Option<Seen> {
        None
    }
}

/// The ledger's own HTTP interface.
pub struct Http {
    agent: ureq::Agent,
    base: String,
    ledger: String,
    public_url: String,
}

impl Http {
    /// A client of the node of `ledger` at `base`, such as `http://127.0.0.1:8080`, whose public address is `public_url`.
    pub fn new(base: &str, ledger: &str, public_url: &str) -> Http {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Http {
            agent: config.into(),
            base: base.to_owned(),
            ledger: ledger.to_owned(),
            public_url: public_url.to_owned(),
        }
    }
}

impl Submitter for Http {
    fn submit(&mut self, bytes: &[u8]) -> Result<()> {
        let answer = self
            .agent
            .post(format!("{}/entries", self.base))
            .content_type("application/cose")
            .send(bytes)
            .context("the node does not answer")?;
        accepted(answer)
    }

    fn upload(&mut self, hash: &str, bytes: &[u8], _: &str, key: &SigningKey) -> Result<()> {
        let path = format!("/evidence/{hash}");
        let (ledger, public_url) = (self.ledger.clone(), self.public_url.clone());
        let signer = RequestSigner { key: key.clone(), ledger, public_url };
        let headers = signer.headers("PUT", &path, bytes, Timestamp::now().as_second());
        let headers = headers.map_err(|failure| anyhow!(failure.message))?;
        let request = self.agent.put(format!("{}{path}", self.base)).content_type("application/octet-stream");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        accepted(request.send(bytes).context("the node does not answer")?)
    }

    fn head(&self) -> Option<Seen> {
        let mut answer = self.agent.get(format!("{}/checkpoint", self.base)).call().ok()?;
        let note = Note::parse(&answer.body_mut().read_to_string().ok()?).ok()?;
        let head = Checkpoint::parse(note.text()).ok()?;
        Some(Seen { size: head.size, root: head.root })
    }
}

fn accepted(mut answer: ureq::http::Response<ureq::Body>) -> Result<()> {
    if answer.status().is_success() {
        return Ok(());
    }
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    bail!("the node answered {}: {text}", answer.status())
}

/// The day of the demo's last event in `chains`.
const LAST_DAY: civil::Date = civil::Date::constant(2026, 11, 21);
const EPOCH: civil::Date = civil::Date::constant(1970, 1, 1);

/// Moves the demo's dates so that its last event was the day before the demo was first started.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    days: i64,
}

impl Calendar {
    /// Begins on the day stored in `dir`, or today.
    fn open(dir: &Path) -> Result<Calendar> {
        let path = dir.join("started");
        let started: civil::Date = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().with_context(|| format!("{} is not a date", path.display()))?,
            Err(_) => {
                let today = EPOCH.checked_add((Timestamp::now().as_second().div_euclid(86_400)).days())?;
                fs::write(&path, format!("{today}\n"))?;
                today
            }
        };
        Ok(Calendar { days: i64::from(LAST_DAY.until(started.yesterday()?)?.get_days()) })
    }

    /// When the demo began, Unix seconds at midnight UTC.
    pub fn start_second(self) -> i64 {
        let day = EPOCH.until(LAST_DAY).map_or(0, |span| i64::from(span.get_days()));
        (day + self.days + 1) * 86_400
    }

    /// A date, moved.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn day(self, date: &str) -> Result<String> {
        let date: civil::Date = date.parse().with_context(|| format!("{date} is not a date"))?;
        Ok(date.checked_add(self.days.days())?.to_string())
    }

    /// A time with its offset, moved by whole days.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn time(self, time: &str) -> Result<String> {
        let (date, rest) = time.split_once('T').with_context(|| format!("{time} is not a time"))?;
        Ok(format!("{}T{rest}", self.day(date)?))
    }
}

/// A key of the demo, with its party and its last sequence number.
struct DemoKey {
    iss: String,
    key: SigningKey,
    seq: u64,
}

/// Signs and sends the demo's records in order.
pub struct Seeder<'a> {
    submitter: &'a mut dyn Submitter,
    dir: PathBuf,
    ledger: String,
    keys: BTreeMap<String, DemoKey>,
    step: u32,
    /// The demo's calendar.
    pub calendar: Calendar,
}

impl<'a> Seeder<'a> {
    /// Keeps keys and records under `dir`.
    ///
    /// # Errors
    /// When the directory can't be made.
    pub fn new(submitter: &'a mut dyn Submitter, dir: &Path, ledger: &str) -> Result<Seeder<'a>> {
        for sub in ["keys", "records"] {
            fs::create_dir_all(dir.join(sub)).with_context(|| format!("{}", dir.join(sub).display()))?;
        }
        let calendar = Calendar::open(dir)?;
        Ok(Seeder {
            submitter,
            dir: dir.to_owned(),
            ledger: ledger.to_owned(),
            keys: BTreeMap::new(),
            step: 0,
            calendar,
        })
    }

    /// Adds an existing key (the authority's), with its last sequence number.
    pub fn adopt(&mut self, name: &str, iss: &str, key: SigningKey, seq: u64) {
        self.keys.insert(name.to_owned(), DemoKey { iss: iss.to_owned(), key, seq });
    }

    /// Creates a key, or reads the one of an earlier start. The demo's keys are not encrypted, because they protect nothing of
    /// value.
    fn make(&mut self, name: &str, iss: &str) -> Result<SigningKey> {
        let path = self.dir.join("keys").join(format!("{name}.pem"));
        if !path.exists() {
            keyfile::write(&path, &keyfile::generate()?, None)?;
        }
        let key = keyfile::read(&path, None)?;
        self.keys.insert(name.to_owned(), DemoKey { iss: iss.to_owned(), key: key.clone(), seq: 0 });
        Ok(key)
    }

    /// Registers a new key of `iss`, the statement signed with the key `by`.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub fn key(&mut self, name: &str, iss: &str, purpose: Purpose, label: &str, by: &str) -> Result<RecordId> {
        let key = self.make(name, iss)?;
        self.enrol(key, iss, purpose, label, by)
    }

    /// Registers a key of `iss` that the demo does not sign with itself.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub fn enrol(&mut self, key: SigningKey, iss: &str, purpose: Purpose, label: &str, by: &str) -> Result<RecordId> {
        let statement = Statement::Key(Key {
            party: iss.to_owned(),
            key: PublicKey(key.verifying_key().to_bytes()),
            purpose,
            possession: prove_possession(&key, &self.ledger, iss, purpose),
            label: Some(label.to_owned()),
        });
        self.state(by, &statement)
    }

    /// The public half of the key `name`.
    ///
    /// # Errors
    /// When the demo has no such key.
    pub fn public(&self, name: &str) -> Result<PublicKey> {
        let held = self.keys.get(name).with_context(|| format!("the demo has no key {name}"))?;
        Ok(PublicKey(held.key.verifying_key().to_bytes()))
    }

    /// Sends a registry statement signed with the key `by`.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub fn state(&mut self, by: &str, statement: &Statement) -> Result<RecordId> {
        let json = statement.to_json()?;
        self.send(by, ContentType::Registry, &json, None)
    }

    /// Sends an event signed with the key `by`.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub fn event(&mut self, by: &str, event: &EventBuilder) -> Result<RecordId> {
        self.send(by, ContentType::Event, &event.build(), None)
    }

    /// Uploads an evidence blob, signed with the key `by`; returns its hash.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub fn evidence(&mut self, by: &str, bytes: &[u8]) -> Result<String> {
        let hash = RecordId::of(bytes).to_string();
        let held = self.keys.get(by).with_context(|| format!("the demo has no key {by}"))?;
        self.submitter.upload(&hash, bytes, &held.iss, &held.key)?;
        Ok(hash)
    }

    fn send(&mut self, by: &str, kind: ContentType, json: &str, iat: Option<i64>) -> Result<RecordId> {
        self.step += 1;
        let seen = self.submitter.head();
        let path = self.dir.join("records").join(format!("{:04}.cose", self.step));
        let held = self.keys.get_mut(by).with_context(|| format!("the demo has no key {by}"))?;
        held.seq += 1;
        let bytes = if path.exists() {
            fs::read(&path)?
        } else {
            let iat = iat.unwrap_or_else(|| jiff::Timestamp::now().as_second());
            let claims = SignerClaims { iss: &held.iss, aud: &self.ledger, iat, seq: held.seq, seen };
            let bytes = sign(&held.key, &claims, kind, json.as_bytes())
                .with_context(|| format!("step {} of the demo, signed by {by}: {json}", self.step))?;
            let whole = path.with_extension("part");
            fs::write(&whole, &bytes)?;
            fs::rename(&whole, &path)?;
            bytes
        };
        self.submitter
            .submit(&bytes)
            .with_context(|| format!("step {} of the demo, signed by {by}: {json}", self.step))?;
        Ok(Record::decode(&bytes)?.id)
    }
}

/// An event id that is the same at every start: a version 4 UUID made of the demo's name for the event and its ledger.
pub fn event_id(ledger: &str, name: &str) -> String {
    let hash = RecordId::tagged("demo-event", &[ledger.as_bytes(), b"\0", name.as_bytes()]);
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    format!("urn:uuid:{}", id.hyphenated())
}
