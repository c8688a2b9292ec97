//! `jejak record drop FILE`: gives up a signed record that the ledger refused, and its number with it.
//!
//! A number must never be signed twice if the first record may have reached a ledger. So it is given back only when the last
//! answer to this record was a refusal by a rule, which the mark `FILE.refused` remembers; when the node does not have the record;
//! when the key is the one that signed it, and its number is that key's newest. The file goes first: two records with one number
//! never lie side by side. What it is not: a void, which is for what is on the ledger.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Out;
use super::fail::{self, Failure};
use super::node::Node;
use super::signing::{Passphrase, REPEATED, open_key, put_back};
use crate::record::{PublicKey, Record};
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
    /// The node, which is asked whether it has the record
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

/// Removes a file for good: after a power loss it must not be back.
fn remove(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    sync_dir(file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// The record is about to be sent again: until it is answered nobody can say who has it.
///
/// # Errors
/// [`Failure`] when the mark can't be removed.
pub fn sending(file: &Path) -> Result<(), Failure> {
    let mark = mark(file);
    remove(&mark).map_err(|e| Failure::file("remove", &mark, &e))
}

/// Remembers that the ledger refused the record by a rule.
pub fn answered(file: &Path, failure: &Failure, node: &str) {
    let Some(rule) = &failure.rule else { return };
    // without the mark the number stays used, no more
    if let Err(error) = std::fs::write(mark(file), format!("{}\n", json!({ "node": node, "rule": rule }))) {
        fail::warn(format!("{} can't be written: {error}", mark(file).display()));
    }
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
        let node = Node::new(&self.node)?;
        let Ok(refused) = std::fs::read_to_string(mark(&self.file)) else {
            return Err(Failure::usage(format!("{name} was not refused: a ledger may have it, or get it yet"))
                .why("only what the ledger refused by a rule can be given up without its number being signed twice")
                .next(format!("ask the ledger: `jejak record submit {name} --node {}`", node.base())));
        };
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
        let rule = serde_json::from_str::<serde_json::Value>(&refused).map(|said| said["rule"] == REPEATED);
        let repeated = rule.unwrap_or(true);
        let free = !repeated && put_back(&self.key, seq, seq.saturating_sub(1));
        let number = match (free, repeated) {
            (true, _) => format!("the next record of this key has its number {seq} again"),
            (_, true) => format!("number {seq} is that of another record on the ledger"),
            _ => format!("number {seq} stays unused, later ones were given: the ledger shows a gap"),
        };
        let text = format!("{name} is deleted: delete every copy, it must not be sent any more\n{number}");
        out.print(&text, &json!({ "id": record.id, "seq": seq, "free": free }));
        Ok(())
    }
}
