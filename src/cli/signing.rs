//! Signing on the command line: the key, its passphrase, its sequence number, and the record.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Out;
use super::acknowledged;
use super::client::Client;
use super::failure::{self, Failure};
use super::output;
use super::record_drop::{self, sync_parent};
use super::seen;
use super::signed::{self, RequestSigner};
use crate::chain::Rule;
use crate::record::{ContentType, PublicKey, Record, RecordId, Seen, SignerClaims, Statement, sign};
use crate::store::keyfile::{self, KeyFileError};
use crate::store::keyform::NotAKey;

/// How far beyond the counter file the last number that a node reports for a key may be: more than a key signs in a hundred days
/// (`docs/rules.md`, 10,000 a day).
const MOST_AHEAD: u64 = 1_000_000;

/// Environment variable with a passphrase, for scripts.
const PASSPHRASE: &str = "JEJAK_PASSPHRASE";

/// The rule for a sequence number that another record of the key has.
pub(super) const REPEATED: &str = Rule::SequenceRepeated.id();

/// The rule for a record of another ledger. That ledger may still have the record.
pub(super) const ELSEWHERE: &str = Rule::WrongLedger.id();

/// Source of the passphrase; not an argument, which every process can read.
#[derive(Debug, Clone, Args)]
pub struct Passphrase {
    /// File whose first line is the passphrase [default: JEJAK_PASSPHRASE, else a prompt]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    /// The passphrase; prompted for twice when it is `new`.
    ///
    /// # Errors
    /// [`Failure`] when there is none and no terminal to prompt on.
    pub fn get(&self, prompt: &str, new: bool) -> Result<Zeroizing<String>, Failure> {
        if let Some(path) = &self.passphrase_file {
            let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| Failure::file("read", path, e))?);
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        if let Ok(text) = std::env::var(PASSPHRASE) {
            return Ok(Zeroizing::new(text));
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage("a passphrase is required, and there is no terminal to prompt for it")
                .hint(format!("use --passphrase-file, or set {PASSPHRASE}")));
        }
        let ask = |prompt: &str| {
            rpassword::prompt_password(prompt)
                .map(Zeroizing::new)
                .map_err(|e| Failure::usage("cannot read the passphrase").because(e))
        };
        let first = ask(&format!("{prompt}: "))?;
        if new && *ask(&format!("{prompt}, again: "))? != *first {
            return Err(Failure::usage("the two passphrases differ").hint("run the command again"));
        }
        Ok(first)
    }
}

/// Opens a key file.
///
/// # Errors
/// [`Failure`] when the file cannot be read, or the passphrase is wrong.
pub fn open_key(path: &Path, passphrase: &Passphrase) -> Result<SigningKey, Failure> {
    let opened = match keyfile::read(path, None) {
        Err(KeyFileError::Content { source: NotAKey::NeedsPassphrase, .. }) => {
            let given = passphrase.get(&format!("Passphrase of {}", path.display()), false)?;
            keyfile::read(path, Some(given.as_bytes()))
        }
        other => other,
    };
    opened.map_err(|e| Failure::usage(format!("cannot open the key {}", path.display())).because(e))
}

/// How a payload is signed, and what becomes of the record.
#[derive(Debug, Clone, Args)]
pub struct Signing {
    /// Key file to sign with; without it the unsigned payload is printed, to be signed on another device
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// URI of the party that signs
    #[arg(id = "signer", long = "as", value_name = "PARTY", env = "JEJAK_PARTY")]
    pub party: Option<String>,
    /// Id of the ledger, urn:jejak:ledger:…
    #[arg(long, value_name = "ID", env = "JEJAK_LEDGER")]
    pub ledger: Option<String>,
    /// Sequence number of the record [default: the next one, counted in KEY.seq and on the node]
    #[arg(long, value_name = "N")]
    pub seq: Option<u64>,
    /// Write the signed record to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Submit the record to this node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// A client of the node that a run over many rows shares
    #[arg(skip)]
    pub shared: Option<Client>,
}

impl Signing {
    /// Signs a registry statement; writes or submits the record.
    ///
    /// # Errors
    /// [`Failure`] for a statement that is not well formed, and as [`Signing::payload`].
    pub fn statement(&self, statement: &Statement, out: Out) -> Result<(), Failure> {
        let text = statement.to_json().map_err(|e| Failure::usage("the statement is not well formed").because(e))?;
        self.payload(ContentType::Registry, text.as_bytes(), out)
    }

    /// The node, if one is named.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn node(&self) -> Result<Option<Client>, Failure> {
        if self.shared.is_some() {
            return Ok(self.shared.clone());
        }
        self.node.as_deref().filter(|node| !node.is_empty()).map(Client::new).transpose()
    }

    /// Signs a payload, and writes or submits the record. Prints the payload when there is no key.
    ///
    /// # Errors
    /// [`Failure`]; a record that was signed but not acknowledged is kept in a file.
    pub fn payload(&self, kind: ContentType, payload: &[u8], out: Out) -> Result<(), Failure> {
        if self.key.is_none() {
            if self.out.is_some() {
                return Err(Failure::usage("--out needs --key").because("without a key there is no record to write"));
            }
            output::raw(payload);
            output::raw(b"\n");
            if self.node.as_ref().is_some_and(|node| !node.is_empty()) {
                output::warn(
                    "nothing was signed or submitted: without --key the payload is printed, for another device to sign",
                );
            }
            return Ok(());
        }
        // before the passphrase is asked for
        readable(kind, payload)?;
        let (text, result) = self.session()?.sign(kind, payload, self.seq, self.out.as_deref())?;
        if self.out.as_deref() != Some(Path::new("-")) {
            out.print(&text, &result);
        }
        Ok(())
    }

    /// Opens the key, to sign one record or several.
    ///
    /// # Errors
    /// [`Failure`] naming the option that is missing, or for a key that can't be opened.
    pub fn session(&self) -> Result<Session, Failure> {
        let need = |value: &Option<String>, option: &str, variable: &str| {
            value.clone().filter(|value| !value.is_empty()).ok_or_else(|| {
                Failure::usage(format!("{option} is required to sign"))
                    .hint(format!("give {option}, or set {variable}"))
            })
        };
        let file =
            self.key.clone().ok_or_else(|| Failure::usage("--key is required to sign").hint("give --key FILE"))?;
        let party = need(&self.party, "--as", "JEJAK_PARTY")?;
        let ledger = need(&self.ledger, "--ledger", "JEJAK_LEDGER")?;
        if self.out.is_none() && self.node.as_ref().is_none_or(String::is_empty) {
            return Err(Failure::usage("neither --out nor --node is given")
                .hint("give --out FILE to keep it, --node URL to submit it, or both"));
        }
        let node = self.node()?;
        let key = open_key(&file, &self.passphrase)?;
        Ok(Session {
            key,
            file,
            party,
            ledger,
            node,
            used: OnceCell::new(),
            seen: OnceCell::new(),
            requests: OnceCell::new(),
        })
    }
}

/// Refuses a payload that a ledger would refuse: it must not use up a sequence number.
fn readable(kind: ContentType, payload: &[u8]) -> Result<(), Failure> {
    let read = crate::record::Payload::read(kind, payload);
    read.map(drop).map_err(|e| Failure::usage("the payload is not valid").because(e))
}

/// A key that was opened, and for whom and where it signs.
pub struct Session {
    key: SigningKey,
    file: PathBuf,
    party: String,
    ledger: String,
    node: Option<Client>,
    /// The key's last number on the node, from the first time that the node answered.
    used: OnceCell<u64>,
    /// The newest head of the log that this device has seen, from the first record for which there was one.
    seen: OnceCell<Seen>,
    /// Signs the requests to the node, from the first time that the node stated its public address, which a signature is for.
    requests: OnceCell<RequestSigner>,
}

impl Session {
    /// Signs a payload with the next number, or with `seq`; writes the record to `out`, and submits it to the node, if there is one.
    /// Returns what became of it, as text and as JSON.
    ///
    /// # Errors
    /// [`Failure`]; a record that was signed but not acknowledged is kept in a file.
    pub fn sign(
        &self,
        kind: ContentType,
        payload: &[u8],
        seq: Option<u64>,
        out: Option<&Path>,
    ) -> Result<(String, Value), Failure> {
        readable(kind, payload)?;
        let (party, ledger, path) = (self.party.as_str(), self.ledger.as_str(), self.file.as_path());
        let public = PublicKey(self.key.verifying_key().to_bytes());
        let seen = self.seen()?;
        let record = numbered(path, seq, self.used_on_node(&public), |seq| {
            let claims = SignerClaims { iss: party, aud: ledger, iat: jiff::Timestamp::now().as_second(), seq, seen };
            let bytes = sign(&self.key, &claims, kind, payload)
                .map_err(|e| Failure::usage("cannot sign the payload").because(e))?;
            Record::decode(&bytes).map_err(|e| Failure::usage("the record is not valid").because(e))
        })?;
        let (bytes, seq) = (&record.bytes, record.claims.seq);
        let mut sent = None;
        if let Some(file) = out {
            output::write_new(file, bytes)?;
            sent = record_drop::sending(file, bytes)?;
        }
        let mut result = json!({ "id": record.id, "uri": record.id.uri(), "subject": record.claims.sub, "seq": seq });
        let mut text = format!("record   {}\nsubject  {}\nseq      {seq}\n", record.id.uri(), record.claims.sub);
        if let Some(node) = &self.node {
            let ack = match self.submit(node, bytes) {
                Ok(ack) => ack,
                Err(failure) if out.is_none() && is_final(&failure, &record, node) => {
                    // the record is not on any ledger; its number is free unless another record on the ledger has it
                    if failure.rule.as_deref() != Some(REPEATED) {
                        free_number(path, &record);
                    }
                    return Err(failure);
                }
                Err(failure) => return Err(keep(failure, out, &record, node, path)),
            };
            text.push_str(&acknowledged::lines(&ack));
            result["ack"] = ack;
        }
        drop(sent);
        Ok((text, result))
    }

    /// The newest head of the log that this device has seen, asked for until there is one.
    fn seen(&self) -> Result<Option<Seen>, Failure> {
        if let Some(seen) = self.seen.get() {
            return Ok(Some(*seen));
        }
        let newest = seen::newest(self.node.as_ref(), &self.file, &self.ledger)?;
        Ok(remembered(&self.seen, || newest).copied())
    }

    /// The key's last number on the node; 0 without a node, or while it does not answer.
    fn used_on_node(&self, key: &PublicKey) -> u64 {
        let ask = || self.node.as_ref().and_then(|node| used(node, key, &self.file));
        remembered(&self.used, ask).copied().unwrap_or_default()
    }

    /// Submits a record of this key, by a request that the same key signs.
    fn submit(&self, node: &Client, record: &[u8]) -> Result<Value, Failure> {
        let of_node = || RequestSigner::of_node(node, self.key.clone(), Some(&self.ledger)).ok();
        signed::submit(node, remembered(&self.requests, of_node), record)
    }
}

/// The value of `cell`, set by `ask` if it is empty. When `ask` has no answer the cell stays empty: a node that is busy now may answer
/// later.
fn remembered<T>(cell: &OnceCell<T>, ask: impl FnOnce() -> Option<T>) -> Option<&T> {
    if cell.get().is_none() {
        let _ = cell.set(ask()?);
    }
    cell.get()
}

/// Whether a rule of the record's own ledger refused it, finally. A refusal without a rule may come from a proxy that has forwarded
/// the record.
fn is_final(failure: &Failure, record: &Record, node: &Client) -> bool {
    let judged = failure.rule.as_deref().is_some_and(|rule| rule != ELSEWHERE);
    judged && !failure.retryable && record_drop::ledger_of(node).is_ok_and(|ledger| ledger == record.claims.aud)
}

/// Keeps a signed record that was not acknowledged in a file, and adds a hint that names the file.
fn keep(failure: Failure, already: Option<&Path>, record: &Record, node: &Client, key: &Path) -> Failure {
    let file = match already {
        Some(file) if file != Path::new("-") => file.to_owned(),
        _ => {
            let file = PathBuf::from(format!("{}.cose", record.id));
            if let Err(e) = output::write_new(&file, &record.bytes) {
                return failure.hint(format!("the signed record could not be written to a file: {}", e.message));
            }
            file
        }
    };
    let (name, base) = (file.display(), node.base());
    let submit = format!("jejak record submit {name} --node {base}");
    record_drop::answered(&file, &record.id, &failure, base);
    let drop = format!("jejak record drop {name} --key {} --node {base}", key.display());
    let hint = match (failure.rule.as_deref(), failure.retryable || failure.kind == failure::Kind::Unreachable) {
        (Some(ELSEWHERE), _) => format!(
            "the signed record is for {} and kept in {name}: submit it to a node of that ledger, or sign again with --ledger; its \
             sequence number {} is used up",
            record.claims.aud, record.claims.seq
        ),
        (Some(REPEATED), _) => format!(
            "sign again, with the next sequence number; `{drop}` deletes the file and does not free its number, which another \
             record on the ledger has"
        ),
        (Some(_), true) => format!(
            "the signed record is kept in {name}: run `{submit}` once the record it depends on is on the ledger, or `{drop}` to give \
             it up"
        ),
        (None, _) => format!("the signed record is kept in {name}: run `{submit}`"),
        (Some(_), false) => {
            format!(
                "correct it and sign again; `{drop}` deletes the record and frees its sequence number if it is the key's last"
            )
        }
    };
    failure.hint(hint)
}

/// The file beside a key that counts its sequence numbers.
fn counter(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".seq");
    PathBuf::from(name)
}

/// The content of the counter file: the last number; on a second line, while only one record has that number, the number before it and
/// the record's id. Only that record can free the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    last: u64,
    newest: Option<(u64, RecordId)>,
}

impl Count {
    fn read(text: &str) -> std::io::Result<Count> {
        let mut lines = text.lines();
        let last = match lines.next().unwrap_or_default().trim() {
            "" if text.trim().is_empty() => 0,
            number => number.parse().map_err(|_| std::io::Error::other("it holds no number"))?,
        };
        let newest = lines.next().and_then(|line| {
            let (before, id) = line.trim().split_once(' ')?;
            Some((before.parse().ok().filter(|before| *before < last)?, id.parse().ok()?))
        });
        Ok(Count { last, newest })
    }

    fn text(&self) -> String {
        let newest = self.newest.map(|(before, id)| format!("{before} {id}\n")).unwrap_or_default();
        format!("{}\n{newest}", self.last)
    }
}

/// Changes the counter of a key under a file lock. The change is durable before this returns.
fn count<T, E: From<std::io::Error>>(key: &Path, change: impl FnOnce(Count) -> Result<(Count, T), E>) -> Result<T, E> {
    let path = counter(key);
    let mut file: File = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let was = Count::read(&text)?;
    let (now, answer) = change(was)?;
    if now != was {
        // overwritten before it is truncated: the file holds a number at every moment
        let written = now.text();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(written.as_bytes())?;
        file.set_len(written.len() as u64)?;
        file.sync_all()?;
        if was == Count::default() {
            sync_parent(&path)?;
        }
    }
    Ok(answer)
}

/// Frees the sequence number of a record that is on no ledger, if it is the last one and no other record was signed with it. Otherwise
/// it stays a gap, which the ledger shows as a notice. Returns whether it was freed.
pub(super) fn free_number(key: &Path, record: &Record) -> bool {
    let seq = record.claims.seq;
    let freed: std::io::Result<bool> = count(key, |was| match was.newest {
        Some((last, id)) if was.last == seq && id == record.id => Ok((Count { last, newest: None }, true)),
        _ => Ok((was, false)),
    });
    freed.unwrap_or_else(|error| {
        output::warn(format!("sequence number {seq} of this key stays unused: {error}"));
        false
    })
}

/// Why a record got no sequence number.
enum NumberError {
    File(std::io::Error),
    Signing(Failure),
}

impl From<std::io::Error> for NumberError {
    fn from(error: std::io::Error) -> NumberError {
        NumberError::File(error)
    }
}

/// The highest number of a key on a node's ledger: another device may have used it, or the counter file was lost. `None` when the node does
/// not answer; 0 when it does not know the key, or reports a number that is too far ahead: a false one would use up the numbers of the key.
fn used(node: &Client, key: &PublicKey, file: &Path) -> Option<u64> {
    let answer = node.find_json(&format!("/keys/{key}")).ok()?;
    let used = answer.as_ref().and_then(|answer| answer["seq"].as_u64()).unwrap_or_default();
    let last =
        std::fs::read_to_string(counter(file)).ok().and_then(|text| Count::read(&text).ok()).unwrap_or_default().last;
    if used > last.saturating_add(MOST_AHEAD) {
        output::warn(format!(
            "{} reports {used} as this key's last number, which is too far ahead: not used",
            node.base()
        ));
        return Some(0);
    }
    if used > last && last > 0 {
        output::warn(format!("this key has signed {} records elsewhere: going on after number {used}", used - last));
    }
    Some(used)
}

/// Signs with the next sequence number of a key, after those `used` elsewhere, or with `wanted`. The counter is durable before the record
/// leaves this function: a crash leaves a gap, which the ledger accepts with a notice, and never two records with one number, which it
/// refuses.
fn numbered(
    key: &Path,
    wanted: Option<u64>,
    used: u64,
    sign: impl Fn(u64) -> Result<Record, Failure>,
) -> Result<Record, Failure> {
    let signed = count(key, |was| {
        let seq = wanted.unwrap_or(was.last.max(used).saturating_add(1));
        let record = sign(seq).map_err(NumberError::Signing)?;
        let now = match seq.cmp(&was.last) {
            Ordering::Greater => {
                let before = if wanted.is_some() { was.last } else { was.last.max(used) };
                Count { last: seq, newest: Some((before, record.id)) }
            }
            // two records have this number: neither may free it
            Ordering::Equal => Count { newest: was.newest.filter(|(_, id)| *id == record.id), ..was },
            // freeing the last number must not free one that is taken
            Ordering::Less => Count { newest: was.newest.map(|(before, id)| (before.max(seq), id)), ..was },
        };
        Ok((now, record))
    });
    match (signed, wanted) {
        (Ok(record), _) => Ok(record),
        (Err(NumberError::Signing(failure)), _) => Err(failure),
        // without the counter a number could be freed that this record has
        (Err(NumberError::File(error)), Some(seq)) if !can_be_freed(key) => {
            output::warn(format!("sequence number {seq} was not recorded in {}: {error}", counter(key).display()));
            sign(seq)
        }
        (Err(NumberError::File(error)), Some(_)) => {
            Err(Failure::file("count in", &counter(key), error).hint("make the file writable"))
        }
        (Err(NumberError::File(error)), None) => Err(Failure::file("count in", &counter(key), error)
            .hint("give the number with --seq: one more than this key's last")),
    }
}

/// Whether the counter file lets a record free its number.
fn can_be_freed(key: &Path) -> bool {
    let text = std::fs::read_to_string(counter(key));
    text.and_then(|text| Count::read(&text)).is_ok_and(|count| count.newest.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, name: &str) -> Record {
        let key = SigningKey::from_bytes(&[7; 32]);
        let party = format!(
            r#"{{"type":"Party","party":"urn:jejak:party:mill-{name}","name":{{"en":"{name}"}},"roles":["producer"],"country":"ID"}}"#
        );
        let claims = SignerClaims { iss: "urn:jejak:party:mill", aud: "urn:jejak:ledger:x", iat: 1, seq, seen: None };
        Record::decode(&sign(&key, &claims, ContentType::Registry, party.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn what_a_node_did_not_answer_is_asked_again() {
        let cell = OnceCell::<u64>::new();
        assert_eq!(remembered(&cell, || None), None);
        assert_eq!(remembered(&cell, || Some(41)), Some(&41));
        assert_eq!(remembered(&cell, || Some(42)), Some(&41), "an answer is remembered");
    }

    #[test]
    fn sequence_number_is_never_used_for_two_records() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let take = |wanted, name: &str| numbered(&key, wanted, 0, |seq| Ok(record(seq, name)));
        let next = || take(None, "a").unwrap().claims.seq;
        assert_eq!((next(), next()), (1, 2));
        std::fs::write(dir.path().join("key.pem.seq"), "41\n").unwrap();
        assert!(!free_number(&key, &record(41, "a")), "its record is unknown");
        assert_eq!(next(), 42);
        assert!(!free_number(&key, &record(42, "b")), "another record");
        assert!(free_number(&key, &record(42, "a")));
        assert!(!free_number(&key, &record(42, "a")), "once");
        assert_eq!((next(), next()), (42, 43));
        assert!(!free_number(&key, &record(42, "a")), "someone took the next");
        assert_eq!(next(), 44);
        // a number given with --seq is counted, and freed as any other
        assert_eq!(take(Some(60), "a").unwrap().claims.seq, 60);
        assert_eq!(next(), 61);
        assert_eq!(take(Some(50), "b").unwrap().claims.seq, 50);
        assert_eq!(next(), 62);
        take(Some(70), "a").unwrap();
        assert!(free_number(&key, &record(70, "a")));
        assert_eq!(next(), 63);
        // two records with one number: neither frees it
        take(Some(63), "b").unwrap();
        assert!(!free_number(&key, &record(63, "b")) && !free_number(&key, &record(63, "a")));
        // a number between the last two is not used again
        take(Some(80), "a").unwrap();
        take(Some(75), "b").unwrap();
        assert!(free_number(&key, &record(80, "a")));
        assert_eq!(next(), 76);
        // a failed signature uses up no number
        assert!(numbered(&key, None, 0, |_| Err(Failure::usage("no"))).is_err());
        assert_eq!(next(), 77);
        // another device went on with the key
        assert_eq!(numbered(&key, None, 90, |seq| Ok(record(seq, "a"))).unwrap().claims.seq, 91);
        assert_eq!(numbered(&key, None, 5, |seq| Ok(record(seq, "a"))).unwrap().claims.seq, 92);
        for damaged in ["x", "\n76 x\n"] {
            std::fs::write(dir.path().join("key.pem.seq"), damaged).unwrap();
            assert_eq!(take(None, "a").unwrap_err().kind, failure::Kind::Usage);
        }
    }
}
