//! `jejak record drop FILE`: deletes a signed record that the ledger refused, and frees its sequence number.
//!
//! A sequence number must not be used again if the first record may have reached a ledger. So a record is dropped only if the last
//! answer was a refusal by a rule, which is noted in `FILE.refused` with the record's id and the node; if that node serves the record's
//! ledger and does not have the record; and if the given key signed it. Its number is freed only if it is the last in the counter file
//! of the key and no other record has it. The file is deleted first, so that two records with one number never exist together.
//! Not here: voiding a record that is on the ledger.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input;
use super::output;
use super::record_refs;
use super::signing::{ELSEWHERE, Passphrase, REPEATED, free_number, open_key};
use crate::record::{PublicKey, Record, RecordId};
use crate::store::files::sync_dir;

/// `record drop`.
#[derive(Debug, Args)]
pub struct Drop {
    /// Signed record that the ledger refused; the file is deleted
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Key file that signed it
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Node that refused it
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// The file beside a record that notes its refusal.
fn mark(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".refused");
    PathBuf::from(name)
}

/// Makes the directory entry of a file durable.
///
/// # Errors
/// When the system call fails.
pub fn sync_parent(file: &Path) -> std::io::Result<()> {
    sync_dir(file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Removes a file durably: it must not reappear after a power loss.
fn remove(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    sync_parent(file)
}

/// Locks the file of a record against other commands that send or drop it, and checks that it still holds `bytes`.
fn hold(path: &Path, bytes: &[u8]) -> Result<Option<File>, Failure> {
    // standard output and pipes cannot be locked
    if path == Path::new("-") || !std::fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Ok(None);
    }
    let file = File::open(path).map_err(|e| Failure::file("read", path, e))?;
    file.lock().map_err(|e| Failure::file("lock", path, e))?;
    if input::read(path)? != bytes {
        return Err(Failure::usage(format!("{} was changed by another command", path.display()))
            .hint("check it, and run the command again"));
    }
    Ok(Some(file))
}

/// Called before a record is sent: removes the note of an earlier refusal. The lock returned is to be held until the answer arrives.
///
/// # Errors
/// [`Failure`] when the note cannot be removed, or another command has dropped the record.
pub fn sending(file: &Path, bytes: &[u8]) -> Result<Option<File>, Failure> {
    let held = hold(file, bytes)?;
    let mark = mark(file);
    remove(&mark).map_err(|e| Failure::file("remove", &mark, e))?;
    Ok(held)
}

/// Notes that a rule of the ledger refused the record. A refusal by a node of another ledger is not noted.
pub fn answered(file: &Path, id: &RecordId, failure: &Failure, node: &str) {
    let Some(rule) = failure.rule.as_deref().filter(|rule| *rule != ELSEWHERE) else { return };
    if file == Path::new("-") {
        return;
    }
    let text = format!("{}\n", json!({ "record": id, "node": node, "rule": rule }));
    // without the note the number stays used up
    if let Err(error) = std::fs::write(mark(file), text) {
        output::warn(format!("cannot write {}: {error}", mark(file).display()));
    }
}

/// The id of the ledger that a node serves.
///
/// # Errors
/// [`Failure`] when the node does not say.
pub fn ledger_of(node: &Client) -> Result<String, Failure> {
    let about = node.get_json("/.well-known/jejak")?;
    about["ledger"].as_str().map(str::to_owned).ok_or_else(|| {
        Failure::unreachable(format!("{} does not say which ledger it serves", node.base()))
            .hint("check that this is the address of a jejak node")
    })
}

impl Drop {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`]; the record is kept.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let name = self.file.display();
        let bytes = input::read(&self.file)?;
        let record = Record::decode(&bytes).map_err(|e| {
            Failure::usage(format!("{name} is not a signed record")).because(e).hint("nothing was deleted")
        })?;
        let node = Client::new(&self.node)?;
        let _held = hold(&self.file, &bytes)?;
        let refused = std::fs::read_to_string(mark(&self.file)).ok();
        let refused: Option<Value> = refused.and_then(|text| serde_json::from_str(&text).ok());
        // a note about another record that was in this file does not count
        let refused = refused.filter(|mark| mark["record"] == json!(record.id));
        let (Some(by), Some(rule)) =
            (refused.as_ref().and_then(|m| m["node"].as_str()), refused.as_ref().and_then(|m| m["rule"].as_str()))
        else {
            return Err(Failure::usage(format!("{name} was not refused: it may be on its ledger, or arrive there"))
                .because(
                    "only a record that a rule refused can be dropped without the risk of signing its number twice",
                )
                .hint(format!(
                    "submit it to a node of {}: `jejak record submit {name} --node URL`",
                    record.claims.aud
                )));
        };
        let ledger = ledger_of(&node)?;
        if ledger != record.claims.aud {
            return Err(Failure::usage(format!("{} serves another ledger", node.base()))
                .because(format!("it serves {ledger}, and {name} is for {}", record.claims.aud))
                .hint("name a node of that ledger with --node"));
        }
        if by != node.base() {
            return Err(Failure::usage(format!("{} did not refuse {name}", node.base()))
                .because(format!("the last answer came from {by}"))
                .hint(format!(
                    "name that node with --node, or submit it here: `jejak record submit {name} --node {}`",
                    node.base()
                )));
        }
        if node.has(&format!("/entries/{}", record.id))? {
            return Err(Failure::usage(format!("{} is on the ledger", record.id.uri()))
                .because("a record on the ledger cannot be removed")
                .hint(format!("if it is wrong, void it: `jejak record new void {}`", record.id)));
        }
        let key = PublicKey(open_key(&self.key, &self.passphrase)?.verifying_key().to_bytes());
        if key != record.kid {
            return Err(Failure::usage(format!("{} did not sign {name}", self.key.display()))
                .because(format!("it was signed by key {}", record.kid))
                .hint("name that key with --key"));
        }
        remove(&self.file).map_err(|e| Failure::file("delete", &self.file, e))?;
        let mark = mark(&self.file);
        remove(&mark).map_err(|e| Failure::file("delete", &mark, e))?;
        let seq = record.claims.seq;
        let repeated = rule == REPEATED;
        let free = !repeated && free_number(&self.key, &record);
        let number = match (free, repeated) {
            (true, _) => format!("sequence number {seq} is free for the next record of this key"),
            (_, true) => format!("sequence number {seq} belongs to another record on the ledger"),
            _ => format!(
                "sequence number {seq} is not reused: the key has a later one, or another record has it. If no other record has it, give it \
                 up with the next record of this key: {}",
                record_refs::gives_up(&record, "refused")
            ),
        };
        let text = format!("deleted {name}; delete every copy of it, too: it must not be submitted any more\n{number}");
        out.print(&text, &json!({ "id": record.id, "seq": seq, "free": free }));
        Ok(())
    }
}
