//! `jejak record drop FILE`: gives up a signed record that the ledger refused, and its number with it.
//!
//! A number must never be signed twice if the first record may have reached a ledger. So a record is given up only when the last
//! answer to it was a refusal by a rule, which the mark `FILE.refused` remembers with the record's id and the node; when that node
//! is one of the ledger that the record is for, and does not have it; when the key is the one that signed it. Its number is given
//! back only when the file beside the key says that it is the last, and this record's alone. The file goes first: two records with
//! one number never lie side by side. What it is not: a void, which is for what is on the ledger.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::fail::{self, Failure};
use super::signing::{ELSEWHERE, Passphrase, REPEATED, open_key, put_back};
use crate::record::{PublicKey, Record, RecordId};
use crate::store::files::sync_dir;

/// `record drop`.
#[derive(Debug, Args)]
pub struct Drop {
    /// File of the signed record that the ledger refused; it is deleted
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Key file that signed it: its number is counted beside it
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The node that refused it, which is asked whether it has the record
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Where the key's passphrase comes from
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// The mark beside a record that was refused.
fn mark(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".refused");
    PathBuf::from(name)
}

/// Makes what was done in the directory of a file last.
///
/// # Errors
/// When the system refuses.
pub fn sync_parent(file: &Path) -> std::io::Result<()> {
    sync_dir(file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Removes a file for good: after a power loss it must not be back.
fn remove(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    sync_parent(file)
}

/// Keeps others from sending or dropping the record while the file is held, which must be the record's still.
fn hold(path: &Path, bytes: &[u8]) -> Result<Option<File>, Failure> {
    // neither standard output nor a pipe can be dropped
    if path == Path::new("-") || !std::fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Ok(None);
    }
    let file = File::open(path).map_err(|e| Failure::file("read", path, &e))?;
    file.lock().map_err(|e| Failure::file("lock", path, &e))?;
    if fail::read(path)? != bytes {
        return Err(
            Failure::usage(format!("{} was changed by another command", path.display())).next("look at it again")
        );
    }
    Ok(Some(file))
}

/// The record is about to be sent: until it is answered nobody can say who has it. What is returned is to be kept until then.
///
/// # Errors
/// [`Failure`] when the mark of what was in the file before can't be removed, or the record was dropped meanwhile.
pub fn sending(file: &Path, bytes: &[u8]) -> Result<Option<File>, Failure> {
    let held = hold(file, bytes)?;
    let mark = mark(file);
    remove(&mark).map_err(|e| Failure::file("remove", &mark, &e))?;
    Ok(held)
}

/// Remembers that the ledger refused the record by a rule. The node of another ledger says nothing of that one.
pub fn answered(file: &Path, id: &RecordId, failure: &Failure, node: &str) {
    let Some(rule) = failure.rule.as_deref().filter(|rule| *rule != ELSEWHERE) else { return };
    if file == Path::new("-") {
        return;
    }
    let text = format!("{}\n", json!({ "record": id, "node": node, "rule": rule }));
    // without the mark the number stays used, no more
    if let Err(error) = std::fs::write(mark(file), text) {
        fail::warn(format!("{} can't be written: {error}", mark(file).display()));
    }
}

/// The id of the ledger that a node serves.
///
/// # Errors
/// [`Failure`] when it does not say.
pub fn ledger_of(node: &Client) -> Result<String, Failure> {
    let about = node.get_json("/.well-known/jejak")?;
    about["ledger"].as_str().map(str::to_owned).ok_or_else(|| {
        Failure::unreachable(format!("{} does not say which ledger it serves", node.base()))
            .next("check that this is the address of a jejak node")
    })
}

impl Drop {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`]; the record is kept then.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let name = self.file.display();
        let bytes = fail::read(&self.file)?;
        let record = Record::decode(&bytes)
            .map_err(|e| Failure::usage(format!("{name} is not a signed record")).why(e).next("nothing was deleted"))?;
        let node = Client::new(&self.node)?;
        let _held = hold(&self.file, &bytes)?;
        let refused = std::fs::read_to_string(mark(&self.file)).ok();
        let refused: Option<Value> = refused.and_then(|text| serde_json::from_str(&text).ok());
        // the mark of another record that was in this file says nothing of this one
        let refused = refused.filter(|mark| mark["record"] == json!(record.id));
        let (Some(by), Some(rule)) =
            (refused.as_ref().and_then(|m| m["node"].as_str()), refused.as_ref().and_then(|m| m["rule"].as_str()))
        else {
            return Err(Failure::usage(format!("{name} was not refused: its ledger may have it, or get it yet"))
                .why("only what the ledger refused by a rule can be given up without its number being signed twice")
                .next(format!("ask a node of {}: `jejak record submit {name} --node URL`", record.claims.aud)));
        };
        let ledger = ledger_of(&node)?;
        if ledger != record.claims.aud {
            return Err(Failure::usage(format!("{} is a node of another ledger", node.base()))
                .why(format!("it serves {ledger}, and {name} is for {}", record.claims.aud))
                .next("name a node of that ledger with --node"));
        }
        if by != node.base() {
            return Err(Failure::usage(format!("it was not {} that refused {name}", node.base()))
                .why(format!("the last answer was that of {by}"))
                .next(format!(
                    "name that node with --node, or submit it here: `jejak record submit {name} --node {}`",
                    node.base()
                )));
        }
        if node.has(&format!("/entries/{}", record.id))? {
            return Err(Failure::usage(format!("{} is on the ledger", record.id.uri()))
                .why("what is there stays there")
                .next(format!("if it was wrong, void it: `jejak record new void {}`", record.id)));
        }
        let key = PublicKey(open_key(&self.key, &self.passphrase)?.verifying_key().to_bytes());
        if key != record.kid {
            return Err(Failure::usage(format!("{} did not sign {name}", self.key.display()))
                .why(format!("it was signed by key {}", record.kid))
                .next("name that key with --key"));
        }
        remove(&self.file).map_err(|e| Failure::file("delete", &self.file, &e))?;
        let mark = mark(&self.file);
        remove(&mark).map_err(|e| Failure::file("delete", &mark, &e))?;
        let seq = record.claims.seq;
        let repeated = rule == REPEATED;
        let free = !repeated && put_back(&self.key, &record);
        let number = match (free, repeated) {
            (true, _) => format!("the next record of this key has its number {seq} again"),
            (_, true) => format!("number {seq} is that of another record on the ledger"),
            _ => format!("number {seq} is not given again: the key has a later one, or another record with this one"),
        };
        let text = format!("{name} is deleted: delete every copy, it must not be sent any more\n{number}");
        out.print(&text, &json!({ "id": record.id, "seq": seq, "free": free }));
        Ok(())
    }
}
